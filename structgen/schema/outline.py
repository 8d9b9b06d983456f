"""Write a JSON Schema in a compact notation that models read well, with nothing lost.

    {
      name: string (1..80 chars) // The name of the dish
      servings?: integer (>= 1) | null = null
      level: "easy" | "hard"
      steps: Step[] (>= 1 items)
    }
    type Step = {text: string, minutes?: number}

`?` marks what may be absent, `=` a default, `|` any of, `&` all of, `one of (...)` exactly one of. Notes in
parentheses follow what they limit. A keyword without a notation becomes a note in minified JSON.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.schema.keywords import ONE, Steps, children
from structgen.schema.outline_words import (
    Level,
    Text,
    both,
    comment,
    either,
    key,
    limits,
    literal,
    noted,
    regex_key,
    remarks,
)
from structgen.schema.resolve import canonical, find, part_at, referred

_ADDRESSES = frozenset({"$schema", "$id", "$anchor", "$comment", "$vocabulary", "$defs", "definitions"})
"""Keywords that identify a schema and say nothing about a value."""


def outline(schema: JsonObject | bool, name: str) -> str:
    """Return the outline of a schema; `name` is the name of the root in a recursive schema."""
    root = canonical(schema)
    return _Writer(root, names_of(root, name)).document()


@dataclass(slots=True)
class _Writer:
    """Writes one outline. `used` are the pointers of the named schemas in order of their use."""

    root: JsonObject | bool
    names: dict[str, str]
    used: list[str] = field(default_factory=list[str])

    def document(self) -> str:
        """Write the root, then every named type that is used."""
        named = self._name("")
        written = [named.words if named else self._whole("", self.root, ())]
        for place in self.used:
            found = part_at(self.root, place)
            if found is not None:
                written.append(self._whole(f"type {self.names[place]} = ", found[1], steps(place)))
        return "\n".join(written)

    def _name(self, place: str) -> Text | None:
        if place not in self.names:
            return None
        if place not in self.used:
            self.used.append(place)
        return Text(self.names[place])

    def line(self, head: str, schema: JsonObject | bool, at: Steps) -> str:
        """Write a property: its type by name if it is referred to, else in full."""
        named = self._name(pointer(at))
        return head + named.words if named else self._whole(head, schema, at)

    def _whole(self, head: str, schema: JsonObject | bool, at: Steps) -> str:
        """Write a type or property with its default at the end and its description at the end of the first line."""
        said = tail = ""
        if isinstance(schema, dict):
            schema = dict(schema)
            if isinstance(schema.get("description"), str):
                said = comment(cast(str, schema.pop("description")))
            if "default" in schema:
                tail = f" = {literal(schema.pop('default'))}"
        first, *rest = (head + self._write(schema, at).words + tail).split("\n")
        return "\n".join([first + said, *rest])

    def schema(self, schema: JsonObject | bool, at: Steps, known: Json = None) -> Text:
        """Write a nested schema, by name if it is referred to.

        `known` is the type that an outer schema has already stated for the same value.
        """
        return self._name(pointer(at)) or self._write(schema, at, known)

    def _write(self, schema: JsonObject | bool, at: Steps, known: Json = None) -> Text:
        if isinstance(schema, bool):
            return Text("any" if schema else "never")
        left = {key: value for key, value in schema.items() if key not in _ADDRESSES}
        if left.get("merge") in ("records", "set"):
            del left["merge"]  # it says how chunks are merged, which is no concern of the model
        parts = [*self._reference(left)]
        if is_implied(left.get("title"), at, self.names):
            del left["title"]
        value = value_of(left, at, known, self)
        parts += self._applied(left, at, schema.get("type", known))
        notes = [*self._tag(left), *limits(left), *self._asides(left, at), *remarks(left)]
        notes += [f"{key(name)}: {literal(rest)}" for name, rest in left.items()]
        if value is not None:
            return both([noted(value, notes), *parts])
        return noted(both(parts), notes)

    def _reference(self, left: JsonObject) -> Iterator[Text]:
        found = referred(self.root, left)
        name = self._name(found[0]) if found else None
        if name:
            del left["$ref"]
            yield name

    def _applied(self, left: JsonObject, at: Steps, known: Json) -> Iterator[Text]:
        """Write the schemas that apply to the same value."""
        for keyword in ("anyOf", "oneOf", "allOf"):
            members = left.get(keyword)
            if not isinstance(members, list) or not members:
                continue
            del left[keyword]
            texts = [
                self.schema(cast(JsonObject, member), (*at, keyword, i), known) for i, member in enumerate(members)
            ]
            if keyword == "oneOf":
                yield Text(f"one of ({' | '.join(text.at(Level.BOTH) for text in texts)})")
            else:
                yield from texts if keyword == "allOf" else [either(texts)]
        if isinstance(left.get("not"), (dict, bool)):
            yield Text(f"not ({self._part(left, 'not', at, known)})")
        if isinstance(left.get("if"), (dict, bool)):
            cases = [word for word in ("if", "then", "else") if isinstance(left.get(word), (dict, bool))]
            yield Text(" ".join(f"{word} ({self._part(left, word, at, known)})" for word in cases))

    def _part(self, left: JsonObject, keyword: str, at: Steps, known: Json = None) -> str:
        return self.schema(cast("JsonObject | bool", left.pop(keyword)), (*at, keyword), known).words

    def _tag(self, left: JsonObject) -> Iterator[str]:
        """Write Pydantic's `discriminator`: only its key if every branch states its own tag."""
        found = left.get("discriminator")
        tag = found.get("propertyName") if isinstance(found, dict) else None
        if isinstance(found, dict) and isinstance(tag, str) and self._says_tags(found.get("mapping", {}), tag):
            del left["discriminator"]
            yield f"by {key(tag)}"

    def _says_tags(self, mapping: Json, tag: str) -> bool:
        for value, ref in mapping.items() if isinstance(mapping, dict) else ():
            branch = find(self.root, ref)
            properties = branch[1].get("properties") if branch and isinstance(branch[1], dict) else None
            said = properties.get(tag) if isinstance(properties, dict) else None
            if not isinstance(said, dict) or value not in [
                said.get("const"),
                *cast("list[Json]", said.get("enum", [])),
            ]:
                return False
        return True

    def _asides(self, left: JsonObject, at: Steps) -> Iterator[str]:
        """Write the notes with nested schemas, such as `contains`, `propertyNames` and `dependentSchemas`."""
        if isinstance(needed := left.get("required"), list) and needed:
            yield f"requires {literal(left.pop('required'))}"
        for keyword in [name for name in left if name in ONE]:
            if isinstance(left[keyword], dict):
                yield f"{keyword} ({self._part(left, keyword, at)})"
        for keyword in ("dependentSchemas", "dependencies"):
            for name, schema in cast(JsonObject, left.pop(keyword, {})).items():
                here = (*at, keyword, name)
                if isinstance(schema, list):
                    yield f"if {key(name)} requires {literal(schema)}"
                else:
                    yield f"if {key(name)} then ({self.schema(cast(JsonObject, schema), here).words})"


_WIDTH = 60
"""The maximum number of characters of an object on one line."""

_OBJECT = ("properties", "patternProperties", "additionalProperties")
_ARRAY = ("prefixItems", "items", "additionalItems")
_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str, "boolean": bool, "null": type(None), "object": dict, "array": list, "number": (int, float),
}  # fmt: skip


def value_of(left: JsonObject, at: Steps, known: Json, writer: _Writer) -> Text | None:
    """Write the type of a value. Removes the keywords that it has written from `left`."""
    kinds = _kinds(left)
    shapes = {"object": object_of(left, at, writer), "array": array_of(left, at, writer)}
    parts: list[Text] = []
    found = _literals(left)
    if found is not None:
        if kinds and not all(any(_is_a(value, kind) for kind in kinds) for value in found):
            parts.append(either([Text(kind) for kind in kinds]))
        parts.append(either([_exactly(value) for value in found]))
    elif kinds:
        parts.append(either([shapes.pop(kind, None) or Text(kind) for kind in kinds]))
    for kind, shape in shapes.items():
        if shape is not None:
            parts.append(shape if kind == known else noted(shape, [f"if {kind}"]))
    return both(parts) if parts else None


def _kinds(left: JsonObject) -> list[str]:
    found = left.get("type")
    kinds = [found] if isinstance(found, str) else found
    if not isinstance(kinds, list) or not kinds or not all(isinstance(kind, str) for kind in kinds):
        return []
    del left["type"]
    return cast("list[str]", kinds)


def _literals(left: JsonObject) -> list[Json] | None:
    """Return the values of `const` or `enum`. An empty enum becomes a note."""
    if "const" in left:
        return [left.pop("const")]
    values = left.get("enum")
    return cast("list[Json]", left.pop("enum")) if isinstance(values, list) and values else None


def _exactly(value: Json) -> Text:
    """Write a literal. A list or an object gets the word `exactly`, or it would look like a type."""
    return Text(f"exactly {literal(value)}" if isinstance(value, (dict, list)) else literal(value))


def _is_a(value: Json, kind: str) -> bool:
    if kind == "integer":
        return not isinstance(value, bool) and isinstance(value, (int, float)) and value == int(value)
    return isinstance(value, _KINDS.get(kind, ())) and not (kind == "number" and isinstance(value, bool))


def object_of(left: JsonObject, at: Steps, writer: _Writer) -> Text | None:
    """Write ``{name: string, age?: integer}``; return None if nothing is said about keys."""
    properties = left.get("properties")
    named = properties if isinstance(properties, dict) else {}
    required = left.get("required")
    needed = set(cast("list[str]", left.pop("required"))) if isinstance(required, list) else set[str]()
    if others := [name for name in required if name not in named] if isinstance(required, list) else []:
        left["required"] = others
    if not any(isinstance(left.get(keyword), (dict, bool)) for keyword in _OBJECT):
        return None
    lines: list[str] = []
    for name, schema in cast(JsonObject, left.pop("properties", {})).items():
        head = f"{key(name)}{'' if name in needed else '?'}: "
        lines.append(writer.line(head, cast(JsonObject, schema), (*at, "properties", name)))
    for pattern, schema in cast(JsonObject, left.pop("patternProperties", {})).items():
        there = (*at, "patternProperties", pattern)
        lines.append(writer.line(f"[{regex_key(pattern)}]: ", cast(JsonObject, schema), there))
    rest = left.pop("additionalProperties", None)
    if isinstance(rest, (dict, bool)) and rest is not False:
        lines.append(writer.line("[key]: ", rest, (*at, "additionalProperties")))
    return noted(_braced(lines), ["no other keys"] if rest is False else [])


def _braced(lines: Sequence[str]) -> Text:
    """Write lines in braces, on one line if they are short and have no comments."""
    if sum(len(line) + 2 for line in lines) <= _WIDTH and not any("\n" in line or " // " in line for line in lines):
        return Text(f"{{{', '.join(lines)}}}")
    return Text("\n".join(("{", *("  " + line.replace("\n", "\n  ") for line in lines), "}")))


def array_of(left: JsonObject, at: Steps, writer: _Writer) -> Text | None:
    """Write ``string[]`` or ``[string, integer]``; return None if nothing is said about items."""
    tuple_key, rest_key = ("prefixItems", "items") if "prefixItems" in left else ("items", "additionalItems")
    first = left.get(tuple_key)
    if isinstance(first, (dict, bool)):
        del left[tuple_key]
        return Text(f"{writer.schema(first, (*at, tuple_key)).at(Level.ATOM)}[]")
    if not isinstance(first, list):
        return None
    del left[tuple_key]
    items = [writer.schema(cast(JsonObject, item), (*at, tuple_key, i)) for i, item in enumerate(first)]
    rest = left.pop(rest_key, None)
    least, closed = _lengths(left, len(items), rest)
    written = [item.at(Level.ATOM) + ("" if i < least else "?") for i, item in enumerate(items)]
    if not closed:
        known = isinstance(rest, (dict, bool))
        end = f"{writer.schema(cast(JsonObject, rest), (*at, rest_key)).at(Level.ATOM)}[]" if known else ""
        written.append(f"...{end}")
    return Text(f"[{', '.join(written)}]")


def _lengths(left: JsonObject, count: int, rest: Json) -> tuple[int, bool]:
    """Return how many items of a tuple are required and whether others are forbidden; remove both from `left`."""
    least, most = left.get("minItems"), left.get("maxItems")
    closed = rest is False or (rest is None and most == count)
    if closed and most == count:
        del left["maxItems"]
    if isinstance(least, int) and 0 <= least <= count:
        del left["minItems"]
        return least, closed
    return 0, closed


_TAKEN = frozenset({
    "any", "array", "boolean", "else", "if", "integer", "never", "not", "null", "number", "object", "of", "one",
    "string", "then", "true", "false", "type",
})  # fmt: skip


def names_of(root: JsonObject | bool, root_name: str) -> dict[str, str]:
    """Return the pointers and names of all schemas that references reachable from the root name."""
    names: dict[str, str] = {}
    seen: set[str] = set()
    pending: deque[tuple[Steps, JsonObject | bool]] = deque([((), root)])
    while pending:
        at, schema = pending.popleft()
        if pointer(at) in seen or not isinstance(schema, dict):
            continue
        seen.add(pointer(at))
        found = referred(root, schema)
        if found:
            names.setdefault(found[0], "")
            pending.append((steps(found[0]), found[1]))
        pending += [((*at, *below), child) for below, child in children(schema) if below[0] != "$defs"]
    taken = set(_TAKEN)
    for place in names:
        names[place] = _free(steps(place)[-1] if place else root_name, taken)
    return names


def _free(wanted: str, taken: set[str]) -> str:
    """Return a free name of letters, digits and ``_``."""
    stem = re.sub(r"[^A-Za-z0-9_]+", "_", wanted).strip("_") or "type"
    stem = stem if not stem[0].isdigit() else f"_{stem}"
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    taken.add(name)
    return name


def is_implied(title: Json, at: Steps, names: dict[str, str]) -> bool:
    """Whether a title only repeats the name beside it: ``Prep Time`` for ``prep_time``."""
    if not isinstance(title, str):
        return False
    names_here = [names.get(pointer(at))]
    if at[-2:-1] in {("properties",), ("$defs",)}:
        names_here.append(str(at[-1]))
    return any(name is not None and _bare(name) == _bare(title) for name in names_here)


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum()) or text
