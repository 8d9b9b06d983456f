"""Shapes -> the strict JSON Schema that goes on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field

from structgen.core.json import Json, JsonObject
from structgen.schema.strict.read import ROOT
from structgen.schema.strict.shapes import AnyOf, Entries, Field, Items, Named, Record, Scalar, Shape, Shapes


def write(shapes: Shapes, wrapper: str | None) -> JsonObject:
    """The whole schema; with its root as the only property of an object where a wrapper is named."""
    writer = _Writer(shapes, root_is_object=wrapper is None)
    written = writer.shape(shapes.resolve(Named(ROOT)))
    if wrapper is not None:
        written = closed({wrapper: written})
    definitions: JsonObject = {}
    while missing := [name for name in writer.used if name not in definitions]:
        definitions.update((name, writer.shape(shapes.definitions[name])) for name in missing)
    return {**written, "$defs": definitions} if definitions else written


@dataclass(slots=True)
class _Writer:
    shapes: Shapes
    root_is_object: bool
    used: dict[str, None] = field(default_factory=dict[str, None])
    """The definitions that are referred to, in order."""

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
                described: JsonObject = {"description": words} if words else {}
                return {**described, **closed({name: self._field(one) for name, one in fields.items()})}

    def _reference(self, shape: Named) -> JsonObject:
        """A reference; to the whole schema where the definition is what stands at the root."""
        if self.root_is_object and self.shapes.resolve(shape) is self.shapes.definitions[ROOT]:
            return {"$ref": "#"}
        self.used.setdefault(shape.name)
        return {"$ref": f"#/$defs/{shape.name}"}

    def _field(self, one: Field) -> JsonObject:
        """A property: null is added where it may be left out; words cannot stand beside a reference."""
        written: JsonObject = self.shape(one.shape)
        if one.optional and not self.shapes.accepts_null(one.shape):
            options = one.shape.options if isinstance(one.shape, AnyOf) else (one.shape,)
            either: list[Json] = [*map(self.shape, options), {"type": "null"}]
            written = {"anyOf": either}
        if one.description and "$ref" not in written:
            return {**written, "description": one.description}
        return written


def closed(properties: JsonObject) -> JsonObject:
    """An object of these properties, all of them and no others."""
    required: list[Json] = list(properties)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
