"""A JSON Schema -> its shapes. What no shape can say is refused, with the reason and the place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count, groupby
from typing import cast

from structgen.core.json import Json, JsonObject, steps
from structgen.forms.strict.all_of import HINTS, SHAPING, Merger, Refused, types_of
from structgen.forms.strict.strict_shapes import (
    AnyOf,
    Entries,
    Field,
    Items,
    Named,
    Record,
    Scalar,
    Shape,
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
