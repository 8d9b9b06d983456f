"""Convert any JSON Schema to the subset that strict mode accepts, and values to that form and back.

Strict mode wants every object closed and every property required. So an absent property is null on the wire, an object
with free keys is a list of ``{"key", "value"}`` entries, and a root that is not an object is wrapped in
``{"value": ...}``. Keywords that the server does not support (bounds, lengths, patterns, formats, ``not``, ``if``) are
left to local validation. What cannot be expressed without a guess is refused, with the reason; such a schema is sent
without strict mode.

The conversion assumes three things, as is usual: an object that does not mention other keys has none, a schema without
a type has the type that its keywords imply, and a tuple has exactly the items that it lists.

A property that is optional, may be null and has a default (``x: int | None = 5``) has three states, but only two on the
wire. There, null means null, and an absent property is sent with its default in examples. Without a default the two
states cannot be told apart, and null is converted back to null.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any, cast
from weakref import WeakKeyDictionary

from structgen.core.json import Json, JsonObject, pointer
from structgen.forms.strict.shape_reader import ROOT, Reader, Refused, link
from structgen.forms.strict.strict_shapes import (
    AnyOf,
    Back,
    Described,
    Entries,
    Field,
    Forward,
    Items,
    Named,
    Record,
    Scalar,
    Shape,
    Shapes,
    bare,
    described,
    joined_words,
)
from structgen.schema import Schema
from structgen.schema.node import Node, Raw
from structgen.schema.resolve import canonical

WRAPPER = "value"
"""The only key of the object around a root that is not an object."""


@dataclass(frozen=True, slots=True)
class StrictRefusal:
    """Why strict mode cannot express a schema, and where in the schema (a JSON Pointer)."""

    reason: str
    path: str


@dataclass(frozen=True, slots=True)
class SentSchema:
    """A schema as it is sent: `json_schema` is on the wire. `wrapped`: its root is in ``{"value": ...}``."""

    json_schema: JsonObject
    wrapped: bool
    shapes: Shapes = field(repr=False)

    def forward(self, value: Json) -> Json:
        """Return a plain value in the form that is sent. What does not fit the schema stays as it is."""
        sent = Forward(self.shapes)(Named(ROOT), value)
        return {WRAPPER: sent} if self.wrapped else sent

    def back(self, value: Json) -> Json:
        """Return the plain form of a received value. What does not fit stays as it is, for validation to refuse."""
        if self.wrapped and isinstance(value, dict) and value.keys() == {WRAPPER}:
            value = value[WRAPPER]
        return Back(self.shapes)(Named(ROOT), value)


class StrictSchema(SentSchema):
    """A schema in the strict subset."""

    __slots__ = ()


_AS_IT_IS = Shapes({ROOT: Scalar({})}, {})
"""Shapes that change no part of a value."""


def in_object(json_schema: JsonObject | bool) -> SentSchema | None:
    """Return the schema with an object at its root, or None if it has one already. Nothing else changes.

    The parameters of a function are an object, and servers that enforce a schema require one.
    """
    node = Node.of(json_schema)
    own, named = (node.raw if isinstance(node.raw, dict) else {}), node.reference
    if named is None and own.get("type") == "object":
        return None
    if named is not None and named.types == frozenset({"object"}) and own.keys() - {"$ref"} <= _BESIDE:
        beside: JsonObject = {key: part for key, part in own.items() if key != "$ref"}
        return SentSchema({**cast(JsonObject, named.raw), **beside}, False, _AS_IT_IS)
    if "type" not in own and "$ref" not in own and isinstance(own.get("properties"), dict):
        return SentSchema({"type": "object", **own}, False, _AS_IT_IS)
    root: Raw = {"$id": "urn:structgen:root", **own} if own else node.raw  # so that `#` is still the root
    return SentSchema(cast(JsonObject, canonical(closed({WRAPPER: root}))), True, _AS_IT_IS)


_BESIDE = frozenset({"$defs", "$schema", "title", "description"})


_strict_forms: WeakKeyDictionary[Schema[Any], StrictSchema | StrictRefusal] = WeakKeyDictionary()


def strict_of(schema: Schema[Any]) -> StrictSchema | StrictRefusal:
    """Return the strict form of a schema, or the reason why it has none. It is cached for each schema."""
    free = schema.free
    if free not in _strict_forms:
        _strict_forms[free] = to_strict(free.json_schema)
    return _strict_forms[free]


def to_strict(json_schema: JsonObject | bool) -> StrictSchema | StrictRefusal:
    """Return the strict form of a schema, or the reason why it has none. Never raises for its contents.

    For every plain value that the schema accepts, ``forward(value)`` fits the strict schema and
    ``back(forward(value)) == value``, save for defaults that were filled in.
    """
    try:
        shapes = link(Reader.read(json_schema))
    except Refused as refused:
        return StrictRefusal(refused.reason, pointer(refused.at))
    except RecursionError:
        return StrictRefusal("the schema is nested too deep", "")
    wrapped = not isinstance(shapes.resolve(Named(ROOT)), Record)
    return StrictSchema(write(shapes, WRAPPER if wrapped else None), wrapped, shapes)


def write(shapes: Shapes, wrapper: str | None) -> JsonObject:
    """Return the whole strict schema, with its root inside an object if a wrapper is named."""
    writer = _Writer(shapes, root_is_object=wrapper is None)
    written = writer.shape(shapes.definitions[ROOT])
    if wrapper is not None:
        written = closed({wrapper: written})
    definitions: JsonObject = {}
    while missing := [name for name in writer.used if name not in definitions]:
        definitions.update((name, writer.definition(name)) for name in missing)
    return {**written, "$defs": definitions} if definitions else written


@dataclass(slots=True)
class _Writer:
    shapes: Shapes
    root_is_object: bool
    used: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    """The definitions that are referred to, in order: name on the wire -> own name, and an added description."""
    names: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """The reverse mapping of `used`."""
    numbers: count[int] = field(default_factory=lambda: count(2))

    def definition(self, name: str) -> JsonObject:
        """Write a definition."""
        own, words = self.used[name]
        return _with_words(self.shape(self.shapes.definitions[own]), words)

    def shape(self, shape: Shape) -> JsonObject:
        """Write one shape."""
        match shape:
            case Scalar(wire):
                return dict(wire)
            case Named():
                return self._reference(shape)
            case AnyOf(options):
                return {"anyOf": [self.shape(option) for option in options]}
            case Items(item):
                return {"type": "array", "items": self.shape(item)}
            case Entries(key, value):
                return {"type": "array", "items": closed({"key": self.shape(key), "value": self.shape(value)})}
            case Record(fields, words):
                return _with_words(closed({name: self._field(one) for name, one in fields.items()}), words)
            case Described(Named() as named, words):
                return self._reference(named, words)
            case Described(held, words):
                return _with_words(self.shape(held), words)

    def _reference(self, shape: Named, words: str = "") -> JsonObject:
        """Write a reference; to the whole schema if the definition is its root.

        Strict mode allows neither a description beside a reference nor a reference in an `allOf`, so a reference with a
        description becomes a definition.
        """
        if not words and self.root_is_object and self.shapes.resolve(shape) is bare(self.shapes.definitions[ROOT]):
            return {"$ref": "#"}
        wanted = (shape.name, words)
        if wanted not in self.names:
            free = (f"{shape.name}_{number}" for number in self.numbers)
            name = next(name for name in free if name not in self.shapes.definitions) if words else shape.name
            self.names[wanted], self.used[name] = name, wanted
        return {"$ref": f"#/$defs/{self.names[wanted]}"}

    def _field(self, one: Field) -> JsonObject:
        """Write a property. Null is added if it is optional."""
        if not one.optional or self.shapes.accepts_null(one.shape):
            return self.shape(described(one.shape, one.description))
        held = bare(one.shape)
        options = held.options if isinstance(held, AnyOf) else (held,)
        either: list[Json] = [*map(self.shape, options), {"type": "null"}]
        return _with_words({"anyOf": either}, one.description)


def _with_words(written: JsonObject, words: str) -> JsonObject:
    """Return a schema with words before its own description."""
    own = written.get("description")
    joined = joined_words(words, own if isinstance(own, str) else "")
    return (
        {"description": joined, **{key: part for key, part in written.items() if key != "description"}}
        if joined
        else written
    )


def closed(properties: JsonObject) -> JsonObject:
    """Return the schema of an object with exactly these properties."""
    required: list[Json] = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
