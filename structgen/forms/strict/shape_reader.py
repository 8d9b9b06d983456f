"""A JSON Schema -> its shapes. What no shape can say is refused, with the reason and the place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import count, groupby
from typing import cast

from structgen.core.json import Json, JsonObject, steps
from structgen.forms.strict.all_of import HINTS, SHAPING, Merger, Refused, types_of
from structgen.forms.strict.strict_shapes import (
    AnyOf,
    Bare,
    Choice,
    Entries,
    Field,
    Items,
    Named,
    Record,
    Scalar,
    Shape,
    Shapes,
    bare,
    described,
    joined_words,
    words_of,
)
from structgen.schema.keywords import Steps
from structgen.schema.resolve import canonical, part_at

ROOT = "root"
"""The name of the definition that the whole schema is."""

_ANYTHING = "anything may stand here, and strict needs a type"


@dataclass(slots=True)
class Reader:
    """Reads one schema: definitions one after another as they are referred to, so that recursion has an end."""

    merger: Merger
    definitions: dict[str, Shape] = field(default_factory=dict[str, Shape])
    unions: dict[int, tuple[AnyOf, Steps]] = field(default_factory=dict[int, "tuple[AnyOf, Steps]"])
    names: dict[str, str] = field(default_factory=dict[str, str])
    """Pointer -> name."""
    taken: set[str] = field(default_factory=set[str])
    todo: list[str] = field(default_factory=list[str])
    """The pointers in the order in which they came up."""

    @classmethod
    def read(cls, schema: JsonObject | bool) -> Reader:
        """Everything that the schema defines; the schema itself under the name `ROOT`. Raises Refused."""
        reader = cls(Merger(canonical(schema)))
        reader._named("")
        for place in reader.todo:  # grows while definitions are read
            found = part_at(reader.merger.root, place)
            shape = reader.shape(found[1] if found else True, tuple(steps(place)), 0)
            reader.definitions[reader.names[place]] = shape
        return reader

    def _named(self, place: str) -> Named:
        """A reference to the definition at a pointer, under a name that is free."""
        if place not in self.names:
            stem = re.sub(r"[^A-Za-z0-9_-]", "_", place.rpartition("/")[2]) or ROOT
            free = (f"{stem}_{number}" for number in count(len(self.taken) + 1))
            name = stem if stem not in self.taken else next(one for one in free if one not in self.taken)
            self.names[place] = name
            self.taken.add(name)
            self.todo.append(place)
        return Named(self.names[place])

    def shape(self, schema: Json, at: Steps, depth: int) -> Shape:
        """The shape of a schema that stands at a place."""
        self.merger.step(at, depth)
        merged = self.merger.merged(schema, at)
        if isinstance(merged, str):
            return described(self._named(merged), _words(_dict(schema)))
        shape = self._of_merged(merged, at, depth)
        return shape if isinstance(shape, Record) else described(shape, _words(merged))

    def _of_merged(self, merged: JsonObject, at: Steps, depth: int) -> Shape:
        if "anyOf" in merged:
            return self._any_of(merged, at, depth)
        types = types_of(merged.get("type")) or [kind for kind, words in HINTS.items() if merged.keys() & set(words)]
        if "enum" in merged:
            return self._union(_choices(merged["enum"], types if "type" in merged else [], at), at)
        if not types:
            raise Refused(_ANYTHING, at)
        return self._union([self._of_type(kind, merged, at, depth) for kind in types], at)

    def _any_of(self, merged: JsonObject, at: Steps, depth: int) -> Shape:
        """A union; what stands beside it holds for each of its members."""
        base = {key: value for key, value in merged.items() if key in SHAPING - {"anyOf"}}
        members = merged["anyOf"] if isinstance(merged["anyOf"], list) else []
        found = [
            self.shape({"allOf": [base, member]} if base else member, (*at, "anyOf", number), depth + 1)
            for number, member in enumerate(members)
            if member is not False
        ]
        return self._union(found, at)

    def _of_type(self, kind: str, merged: JsonObject, at: Steps, depth: int) -> Shape:
        if kind == "object":
            return self._object(merged, at, depth)
        if kind == "array":
            return self._array(merged, at, depth)
        if kind not in {"string", "number", "integer", "boolean", "null"}:
            raise Refused(f"{kind!r} is no type of JSON Schema", (*at, "type"))
        return Scalar({"type": kind})

    def _array(self, merged: JsonObject, at: Steps, depth: int) -> Shape:
        prefix = merged.get("prefixItems")
        members = prefix if isinstance(prefix, list) else []
        places: list[tuple[Steps, Json]] = [((*at, "prefixItems", i), member) for i, member in enumerate(members)]
        if merged.get("items", False) is not False or not places:
            places.append(((*at, "items"), merged.get("items", True)))
        return Items(self._union([self.shape(item, here, depth + 1) for here, item in places], at))

    def _object(self, merged: JsonObject, at: Steps, depth: int) -> Shape:
        """A record, or entries where the keys are free. Without ``additionalProperties`` only the named keys count."""
        properties, patterns = _dict(merged.get("properties")), _dict(merged.get("patternProperties"))
        more = merged.get("additionalProperties", False)
        if properties and (patterns or more is not False):
            place = "patternProperties" if patterns else "additionalProperties"
            raise Refused("strict cannot say that an object has named keys and free ones", (*at, place))
        if patterns or more is not False:
            return self._entries(merged, at, depth)
        required = merged.get("required")
        names = [str(name) for name in required] if isinstance(required, list) else []
        unknown = [name for name in names if name not in properties]
        if unknown:
            raise Refused(f"{unknown[0]!r} is required, but nothing says what it is", (*at, "required"))
        fields = {
            name: self._field(part, name not in names, (*at, "properties", name), depth + 1)
            for name, part in properties.items()
            if part is not False or name in names
        }
        if not fields:
            raise Refused("an object without a single known property; strict wants at least one", at)
        return Record(fields, _words(merged))

    def _field(self, schema: Json, optional: bool, at: Steps, depth: int) -> Field:
        """A property. One that can only be its default (a tag) need not be null: it is filled in instead."""
        found = self.shape(schema, at, depth)
        shape, written = bare(found), _dict(schema)
        default = (written["default"],) if "default" in written else ()
        constant = isinstance(shape, Scalar) and default and shape.wire.get("enum") == list(default)
        return Field(shape, optional and not constant, default, _words(written) or words_of(found))

    def _entries(self, merged: JsonObject, at: Steps, depth: int) -> Shape:
        """Entries; patterns of keys are checked locally, choices of keys are kept."""
        patterns = _dict(merged.get("patternProperties"))
        values: list[tuple[Steps, Json]] = [((*at, "patternProperties", key), part) for key, part in patterns.items()]
        if (more := merged.get("additionalProperties", False)) is not False:
            values.append(((*at, "additionalProperties"), more))
        value = self._union([self.shape(part, here, depth + 1) for here, part in values if part is not False], at)
        keys: JsonObject = {"allOf": [{"type": "string"}, merged.get("propertyNames", True)]}
        return Entries(self.shape(keys, (*at, "propertyNames"), depth + 1), value)

    def _union(self, shapes: Iterable[Shape], at: Steps) -> Shape:
        """The shapes as one: unions opened, lists joined to one list of the union of their items, each once."""
        flat = [one for shape in shapes for one in _opened(shape)]
        lists = [(held, words_of(shape)) for shape in flat if isinstance(held := bare(shape), Items)]
        if len(lists) > 1:
            joined = Items(self._union([held.item for held, _ in lists], at))
            rest = [shape for shape in flat if not isinstance(bare(shape), Items)]
            flat = [*rest, described(joined, joined_words(*(words for _, words in lists)))]
        found: dict[str, Shape] = {}
        for shape in flat:
            held = bare(shape)
            known = words_of(found.get(repr(held), held))
            found[repr(held)] = described(held, joined_words(known, words_of(shape)))
        options = tuple(found.values())
        if not options:
            raise Refused("no value fits here", at)
        if len(options) == 1:
            return options[0]
        union = AnyOf(options, len(self.unions))
        self.unions[union.number] = (union, at)
        return union


def _opened(shape: Shape) -> tuple[Shape, ...]:
    """The options of a union, each with the words about it; any other shape by itself."""
    held = bare(shape)
    return tuple(described(one, words_of(shape)) for one in held.options) if isinstance(held, AnyOf) else (shape,)


def _choices(values: Json, types: list[str], at: Steps) -> list[Shape]:
    """Fixed values as one scalar for each of their types."""
    typed = [(_type_of(value, at), value) for value in (values if isinstance(values, list) else [])]
    allowed = [(kind, value) for kind, value in typed if not types or kind in types or _is_number(kind, types)]
    return [
        Scalar({"type": kind} if kind == "null" else {"type": kind, "enum": [value for _, value in group]})
        for kind, group in groupby(sorted(allowed, key=lambda pair: pair[0]), key=lambda pair: pair[0])
    ]


def _is_number(kind: str, types: list[str]) -> bool:
    return kind in {"integer", "number"} and "number" in types


def _type_of(value: Json, at: Steps) -> str:
    for kinds, name in ((bool, "boolean"), (str, "string"), (int, "integer"), (float, "number")):
        if isinstance(value, kinds):
            return name
    if value is not None:
        raise Refused("a fixed value is a list or an object, which strict cannot hold the model to", (*at, "enum"))
    return "null"


def _words(schema: JsonObject) -> str:
    words = schema.get("description")
    return words if isinstance(words, str) else ""


def _dict(value: Json) -> JsonObject:
    return cast(JsonObject, value) if isinstance(value, dict) else {}


MOST_OPTIONS = 200
Plain = Scalar | Items | Entries | Record


def link(reader: Reader) -> Shapes:
    """All shapes of a schema, every reference resolved and every union decided. Raises Refused."""
    flat: dict[str, tuple[Plain, ...]] = {}
    definitions: dict[str, Shape] = {}
    for name in _in_order(reader):
        shape = reader.definitions[name]
        flat[name] = _flatten(shape, flat)
        held = bare(shape)
        definitions[name] = _behind(definitions[held.name], words_of(shape)) if isinstance(held, Named) else shape
    choices: dict[int, Choice] = {}
    for number, (union, at) in reader.unions.items():
        options = _flatten(union, flat)
        if len(options) > MOST_OPTIONS:
            raise Refused(f"a union of {len(options)} forms is more than strict is asked to tell apart", at)
        choices[number] = choose(options, definitions, at)
    return Shapes(definitions, choices)


def _behind(found: Shape, words: str) -> Shape:
    """What a definition stands for that is a mere reference; of a chain of them the first words count."""
    return described(bare(found), words) if words else found


def _in_order(reader: Reader) -> Sequence[str]:
    """The names of the definitions, those first that others stand for. Refuses one that stands for itself."""
    direct = {
        name: {one.name for one in _parts(shape) if isinstance(one, Named)}
        for name, shape in reader.definitions.items()
    }
    try:
        return tuple(TopologicalSorter(direct).static_order())
    except CycleError as error:
        name: str = error.args[1][0]
        place = next(place for place, known in reader.names.items() if known == name)
        raise Refused("this schema refers to itself with nothing in between", tuple(steps(place))) from None


def _parts(shape: Shape) -> tuple[Bare, ...]:
    held = bare(shape)
    return tuple(map(bare, held.options)) if isinstance(held, AnyOf) else (held,)


def _flatten(shape: Shape, known: Mapping[str, tuple[Plain, ...]]) -> tuple[Plain, ...]:
    """The options of a union with references resolved, each once."""
    found: dict[str | int, Plain] = {}
    for part in _parts(shape):
        for one in known[part.name] if isinstance(part, Named) else (part,):
            if not isinstance(one, AnyOf):
                found[repr(one.wire) if isinstance(one, Scalar) else id(one)] = one
    return tuple(found.values())


def choose(options: Sequence[Plain], definitions: Mapping[str, Shape], at: Steps) -> Choice:
    """How to tell the options apart. Raises Refused where that is not sure."""
    records = [one for one in options if isinstance(one, Record)]
    sequences = [one for one in options if isinstance(one, (Items, Entries))]
    free = any(isinstance(one, Entries) for one in sequences)
    if len(sequences) > 1 or (free and records):
        raise Refused(
            "an object with free keys is sent as a list of entries and cannot be told from what is beside it", at
        )
    null = any(isinstance(one, Scalar) and one.wire["type"] == "null" for one in options)
    tag, by = _separate(records, definitions, at)
    empty = next(
        (one for one in records if all(field.optional or field.default for field in one.fields.values())), None
    )
    return Choice(null, sequences[0] if sequences else None, empty, tag, by)


def _separate(
    records: Sequence[Record], definitions: Mapping[str, Shape], at: Steps
) -> tuple[str, Mapping[str, Record]]:
    """The discriminator ("" where it is the keys) and what it, or each key, leads to."""
    keys = [(key, record) for record in records for key in record.fields]
    if len(by_key := dict(keys)) == len(keys):
        return "", by_key
    tags = [key for key in records[0].fields if all(_fixed(record, key, definitions) for record in records)]
    if len(tags) == 1 and all(_tags(record, tags[0], definitions) for record in records):
        values = [(value, record) for record in records for value in _tags(record, tags[0], definitions)]
        if len(by_value := dict(values)) == len(values):
            return tags[0], by_value
        raise Refused(
            f"two of the objects in this union may have the same {tags[0]!r}, so it does not tell them apart", at
        )
    if len(tags) > 1:
        raise Refused(f"several properties could tell these objects apart ({', '.join(tags)}); strict wants one", at)
    seen: set[str] = set()
    common = next(key for key, _ in keys if key in seen or seen.add(key))
    raise Refused(
        f"objects in this union share the key {common!r}, and no property of fixed values tells them apart", at
    )


def _tags(record: Record, key: str, definitions: Mapping[str, Shape]) -> list[str]:
    """The fixed strings of a property that is always there; empty where it is none of these."""
    return [value for value in _fixed(record, key, definitions) if isinstance(value, str)]


def _fixed(record: Record, key: str, definitions: Mapping[str, Shape]) -> list[Json]:
    """The fixed values of a property that is always there. Of any kind: a server may take it for a discriminator."""
    field = record.fields.get(key)
    if field is None or field.optional:
        return []
    held = bare(field.shape)
    shape = bare(definitions[held.name]) if isinstance(held, Named) else held
    if not isinstance(shape, Scalar):
        return []
    values = shape.wire.get("enum")
    return values if isinstance(values, list) else []
