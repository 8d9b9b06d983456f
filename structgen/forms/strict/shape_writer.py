"""Shapes -> the strict JSON Schema that goes on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from structgen.core.json import Json, JsonObject
from structgen.forms.strict.shape_reader import ROOT
from structgen.forms.strict.strict_shapes import (
    AnyOf,
    Described,
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
)


def write(shapes: Shapes, wrapper: str | None) -> JsonObject:
    """The whole schema; with its root as the only property of an object where a wrapper is named."""
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
    """The definitions that are referred to, in order: name on the wire -> own name, and the words before its own."""
    names: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    """The same the other way round."""
    numbers: count[int] = field(default_factory=lambda: count(2))

    def definition(self, name: str) -> JsonObject:
        """The strict schema of a definition."""
        own, words = self.used[name]
        return _with_words(self.shape(self.shapes.definitions[own]), words)

    def shape(self, shape: Shape) -> JsonObject:
        """The strict schema of one shape."""
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
        """A reference; to the whole schema where the definition is what stands at the root.

        Words cannot stand beside a reference, nor can it stand in an `allOf`: they become a definition with it.
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
        """A property: null is added where it may be left out."""
        if not one.optional or self.shapes.accepts_null(one.shape):
            return self.shape(described(one.shape, one.description))
        held = bare(one.shape)
        options = held.options if isinstance(held, AnyOf) else (held,)
        either: list[Json] = [*map(self.shape, options), {"type": "null"}]
        return _with_words({"anyOf": either}, one.description)


def _with_words(written: JsonObject, words: str) -> JsonObject:
    """A schema with words before its own; none of it is changed."""
    own = written.get("description")
    joined = joined_words(words, own if isinstance(own, str) else "")
    return (
        {"description": joined, **{key: part for key, part in written.items() if key != "description"}}
        if joined
        else written
    )


def closed(properties: JsonObject) -> JsonObject:
    """An object of these properties, all of them and no others."""
    required: list[Json] = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
