"""A shape -> the Python source of a template, with plain notes where the rows leave a doubt. Pure.

Nothing of a row becomes code: keys and values are quoted by repr, and names are made of letters and digits.
"""

from __future__ import annotations

import builtins
import pprint
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import indent

from structgen.core.records import Example
from structgen.evaluate.draft.python_names import USED, class_name, field_names, quoted, unique, words_of
from structgen.evaluate.draft.text_types import TextType, text_type
from structgen.evaluate.draft.value_shapes import Shape
from structgen.schema.spelling import near_form
from structgen.tasks.starter import model_name

FEW = 5
"""With fewer rows it is not certain that a field is always there."""

_SAMPLES, _LONGEST_SAMPLE = 3, 40


@dataclass(frozen=True, slots=True)
class Samples:
    """What a template is drafted from: its shape, what it is called ("12 rows of a.jsonl"), and worked examples.

    `labels` are the labels that documents have for a key.
    """

    shape: Shape
    origin: str
    examples: tuple[Example, ...] = ()
    from_documents: bool = False
    labels: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class _Type:
    """The type of a place: its code, and what to say about it."""

    code: str
    text: TextType = field(default_factory=TextType)
    notes: list[str] = field(default_factory=list[str])
    is_list: bool = False


@dataclass(slots=True)
class _Writer:
    """Writes classes, the nested ones before those that use them."""

    samples: Samples
    taken: set[str]
    classes: list[str] = field(default_factory=list[str])

    def model(self, shape: Shape, name: str, doc: str) -> None:
        """Write the class for objects."""
        names = field_names(shape.keys)
        fields = [self._field(key, names[key], part, shape.objects) for key, part in shape.keys.items()]
        self.classes.append(f'class {name}(BaseModel):\n    """{doc}"""\n\n' + "\n".join(fields) + "\n")

    def _field(self, key: str, name: str, part: Shape, objects: int) -> str:
        found = self._type(part, name)
        absent = objects - part.seen
        nullable = part.kinds["null"] > 0 or found.code == "None"
        optional = absent > 0 or nullable or self.samples.from_documents
        is_list = found.is_list and not nullable
        code = found.code if is_list or not optional else _or_none(found.code)
        default = "..." if not optional else f"default_factory={found.code}" if is_list else "None"
        arguments = [*([default] if default != "..." else []), *self._arguments(key, name, found.text)]
        notes = [*self._counts(part, absent, objects), *found.notes]
        lines = [f"    # {_one_line(note)}" for note in notes]
        return "\n".join([*lines, f"    {name}: {code} = Field({', '.join(arguments)})"])

    def _arguments(self, key: str, name: str, text: TextType) -> Iterator[str]:
        if key != name and not self.samples.from_documents:
            yield f"alias={quoted(key)}"
        label = self.samples.labels.get(key, "")
        if label and label.casefold() != words_of(name).casefold():
            yield f"title={quoted(label)}"
        words = words_of(name.strip("_"))
        says = text.says if not words.casefold().endswith(text.says) else ""
        description = f"{words} ({says})" if says else words
        yield f"description={quoted(description)}"
        if text.format:
            yield f'json_schema_extra={{"format": {quoted(text.format)}}}'

    def _counts(self, part: Shape, absent: int, objects: int) -> Iterator[str]:
        what = "samples" if self.samples.from_documents else "objects"
        if absent:
            yield f"Absent in {absent} of {objects} {what}."
        if part.kinds["null"] == part.seen:
            yield "Always null: say what it is."
        elif part.kinds["null"]:
            yield f"Null in {part.kinds['null']} of {part.seen} {what}."

    def _type(self, part: Shape, name: str) -> _Type:
        if part.too_deep:
            return _Type("JsonValue", notes=["Nested too deeply to be drafted: say what it is."])
        found = [*self._kinds(part, name)]
        if not found:
            return _Type("None" if part.kinds["null"] else "JsonValue")
        if len(found) == 1:
            return found[0]
        counts = ", ".join(f"{kind} {count} times" for kind, count in part.kinds.most_common() if kind != "null")
        notes = [f"Of several kinds: {counts}.", *(note for one in found for note in one.notes)]
        return _Type(" | ".join(one.code for one in found), notes=notes)

    def _kinds(self, part: Shape, name: str) -> Iterator[_Type]:
        """Yield the type for each kind of value. Whole numbers beside others are numbers."""
        kinds = part.kinds
        if kinds["bool"]:
            yield _Type("bool")
        if kinds["int"] or kinds["float"]:
            yield _Type("float" if kinds["float"] else "int")
        if kinds["str"]:
            text = text_type(part.texts, from_documents=self.samples.from_documents)
            notes = [_sentence(text.note)] if text.note else []
            samples = ", ".join(repr(one[:_LONGEST_SAMPLE]) for one in [*part.texts][:_SAMPLES] if one.strip())
            shown = not text.code.startswith("Literal") and not text.note
            yield _Type(text.code, text, [*notes, *([f"Such as {samples}."] if shown and samples else [])])
        if kinds["object"]:
            yield self._object(part, name)
        if kinds["list"]:
            items = self._items(part.items, name)
            yield _Type(f"list[{items.code}]", items.text, items.notes, is_list=True)

    def _items(self, items: Shape | None, name: str) -> _Type:
        if items is None:
            return _Type("JsonValue", notes=["Always empty: say what its items are."])
        found = self._type(items, _singular(name))
        if found.code == "None":
            return _Type("JsonValue", notes=["Its items are always null: say what they are."])
        return _Type(_or_none(found.code), found.text, found.notes) if items.kinds["null"] else found

    def _object(self, part: Shape, name: str) -> _Type:
        if not part.keys:
            return _Type("dict[str, JsonValue]", notes=["Always empty: say what its fields are."])
        if part.is_map or "" in part.keys:
            values = self._items(part.merged_values(), name)
            note = f"Its {len(part.keys)} keys look like data rather than fields."
            return _Type(f"dict[str, {values.code}]", notes=[note, *values.notes])
        own = unique(class_name(name), self.taken)
        self.taken.add(own)
        self.model(part, own, f"{words_of(name.strip('_'))}.")
        return _Type(own)


def template_source(name: str, samples: Samples) -> str:
    """Return the source of a template for this shape. Raises TaskError for a name that is no module."""
    model = model_name(name)
    shape = samples.shape
    names = {one for keys in _all_keys(shape) for one in field_names(keys).values()}
    model = unique(model, {*names, *USED})
    writer = _Writer(samples, {*names, *USED, *dir(builtins), model})
    writer.model(shape, model, f"{words_of(name)}.")
    body = "\n\n".join(writer.classes)
    task = _task(name, model, samples)
    few = (
        "\nThese are few: fields without a default may be absent elsewhere.\n"
        if shape.objects < FEW and not samples.from_documents
        else ""
    )
    head = (
        f'"""{words_of(name)}: drafted by `structgen tasks new` from {samples.origin}, to be edited.\n{few}\n'
        'The comments say where the samples leave a doubt.\n"""\n\n'
    )
    return f"{head}{_imports(body, task)}\n\n\n{body}\n\n{task}"


def _imports(body: str, task: str) -> str:
    lines = ["import datetime as dt"] if "dt." in body else []
    lines += ["from typing import Literal"] if "Literal[" in body else []
    pydantic = ["BaseModel", "Field", *(["JsonValue"] if "JsonValue" in body else [])]
    own = [*(["Example"] if "Example(" in task else []), "Task"]
    groups = [
        "\n".join(lines),
        f"from pydantic import {', '.join(pydantic)}",
        f"from structgen import {', '.join(own)}",
    ]
    return "\n\n".join(group for group in groups if group)


def _task(name: str, model: str, samples: Samples) -> str:
    examples = "".join(
        f"        Example(\n            text={_literal(one.text, 12)},\n"
        f"            value={_literal(one.value, 12)},\n        ),\n"
        for one in samples.examples
    )
    return (
        f"task: Task[{model}] = Task(\n"
        f"    name={quoted(name)},\n"
        f"    schema={model},\n"
        f"    description={quoted(words_of(name))},\n"
        '    instructions="Use the words of the text. Use null for what it does not say.",\n'
        + (f"    examples=(\n{examples}    ),\n" if examples else "")
        + ")\n"
    )


def _literal(value: object, spaces: int) -> str:
    """Return a value as Python. A text in it has no raw line break, so that indenting changes none."""
    return indent(pprint.pformat(value, width=100, sort_dicts=False), " " * spaces).lstrip()


def _all_keys(shape: Shape) -> Iterator[Sequence[str]]:
    if shape.keys:
        yield [*shape.keys]
    for part in (*shape.keys.values(), *([shape.items] if shape.items else [])):
        yield from _all_keys(part)


def _or_none(code: str) -> str:
    return code if code in {"None", "JsonValue"} else f"{code} | None"


def _one_line(note: str) -> str:
    """Return a note that stays within its comment, whatever a value contains."""
    return " ".join("".join(char if char.isprintable() else " " for char in note).split())[:160]


def _sentence(note: str) -> str:
    return f"{note[:1].upper()}{note[1:]}" + ("" if note.endswith("?") else ".")


def _singular(name: str) -> str:
    words = near_form(name)
    one = "_".join(words)
    return one if one.isidentifier() and one != name else f"{name.strip('_')}_item"
