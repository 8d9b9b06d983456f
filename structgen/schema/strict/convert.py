"""Any JSON Schema -> the subset that strict mode takes, and values there and back.

Strict mode wants every object closed and every property required. So a left-out property is null on the wire, an
object with free keys a list of ``{"key", "value"}`` entries, a root that is no object stands in ``{"value": ...}``, and
what the server does not know (bounds, lengths, patterns, formats, ``not``, ``if``) is left to the validation that
follows. What cannot be said without a guess is refused, with the reason: then the schema is asked for without strict.

Three readings, the usual ones: an object that says nothing about other keys has none, a schema without a type is of the
type that its keywords speak of, and a tuple has the places that it names.

A property that may be left out, may be null and has a default (``x: int | None = 5``) has three states, and the wire
has two. There null means null, and a left-out one is filled with its default before it is sent as an example. Without
a default the two cannot be told apart: null comes back as null.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from structgen.core.json import Json, JsonObject, pointer
from structgen.schema.strict.merge import Refused
from structgen.schema.strict.read import ROOT, Reader
from structgen.schema.strict.shapes import Named, Record, Shapes
from structgen.schema.strict.unions import link
from structgen.schema.strict.values import Back, Forward
from structgen.schema.strict.wire import write

WRAPPER = "value"
"""The only key of the object around a root that is none itself."""


@dataclass(frozen=True, slots=True)
class StrictRefusal:
    """Why strict mode cannot say a schema, in plain words, and where in the schema (a JSON Pointer)."""

    reason: str
    path: str


@dataclass(frozen=True, slots=True)
class StrictSchema:
    """A schema in the strict subset. `json_schema` goes on the wire. `wrapped`: its root is in ``{"value": ...}``."""

    json_schema: JsonObject
    wrapped: bool
    shapes: Shapes = field(repr=False)

    def forward(self, value: Json) -> Json:
        """The strict form of a plain value, as worked examples show it. What does not fit the schema stays as it is."""
        strict = Forward(self.shapes)(Named(ROOT), value)
        return {WRAPPER: strict} if self.wrapped else strict

    def back(self, value: Json) -> Json:
        """The plain form of a strict value. What does not fit stays as it is, for validation to refuse."""
        if self.wrapped and isinstance(value, dict) and value.keys() == {WRAPPER}:
            value = value[WRAPPER]
        return Back(self.shapes)(Named(ROOT), value)


def to_strict(json_schema: JsonObject | bool) -> StrictSchema | StrictRefusal:
    """The strict form of a schema, or why there is none. Never raises for what the schema says.

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
