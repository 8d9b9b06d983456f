"""A JSON Schema whose values come with quotes, and values there and back.

Every value that is read out of a text becomes a pair, the quote first: a model that has just copied the words is more
often right about the value. Nothing else changes, so a value keeps its path:

    {"total": 11.85, "tags": ["a"]}
    {"total": {"quote": "TOTAL RM 11.85", "value": 11.85}, "tags": [{"quote": "an a", "value": "a"}]}

Null needs no quote, and neither does what the schema fixes: a constant, the tag of a union. What may be anything (a
part without a type, one under ``not`` or ``if``) stays as it is. The keys of a pair are names that no property has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject
from structgen.forms.quotes.quote_writer import write
from structgen.forms.quotes.quoted_shapes import Keys, Shapes
from structgen.forms.quotes.quoted_values import Forward, Split, Splitter
from structgen.schema.json_schema import compile_json_schema
from structgen.schema.keywords import walk
from structgen.schema.schema import Schema

T = TypeVar("T")

_QUOTE = ("quote", "words", "source_quote")
_VALUE = ("value", "is", "quoted_value")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A schema with quotes: `schema` is what is sent, in its plain form; values are converted by `forward`, `split`."""

    schema: Schema[Json]
    keys: Keys
    shapes: Shapes = field(repr=False)

    def forward(self, value: Json, quotes: Mapping[str, str | None]) -> Json:
        """A value with its quotes, by path. What does not fit the schema stays as it is."""
        return Forward(self.shapes, self.keys, quotes)(self.shapes.root, value)

    def split(self, answer: Json, opened: str = "") -> Split:
        """The value of an answer, its quotes by path, and where its parts have gone. Never refuses anything.

        `opened` is the deepest path that was never closed, where the answer was cut off: a pair without its value is
        left out. A value that was written without its quote has the quote None. What does not fit the schema is split
        where it looks like a pair, so that it can be repaired like any other value.
        """
        return Splitter(self.shapes, self.keys, open=opened).split(answer)

    def asked(self, value: Json) -> dict[str, None]:
        """The paths in a value that should have a quote."""
        return dict.fromkeys(self.split(value).quotes)


@dataclass(frozen=True, slots=True)
class QuotesRefusal:
    """Why a schema cannot have quotes, in plain words."""

    reason: str


def with_quotes(schema: Schema[T], keys: Keys | None = None) -> Quoted | QuotesRefusal:
    """The schema with quotes; `keys` are those of a pair, for a part of a schema that has them already.

    Never raises for what the schema says.
    """
    plain = schema.json_schema
    keys = keys or free_keys(plain)
    try:
        written, shapes = write(plain, keys)
        if not shapes.quotes_anything:
            return QuotesRefusal("it holds no value of a known type that a text could be quoted for")
        checked, validator = compile_json_schema(written, assert_formats=False)
    except (SchemaError, RecursionError):
        return QuotesRefusal("it refers to itself or is nested in a way that quotes cannot be added to")
    return Quoted(Schema(schema.name, checked, None, {}, validator), keys, shapes)


def free_keys(schema: JsonObject | bool) -> Keys:
    """Names for the two keys of a pair that no property of the schema has."""
    taken = {name.casefold() for name in _properties(schema)}

    def free(names: tuple[str, ...]) -> str:
        longer = (f"{names[-1]}_{number}" for number in range(2, len(taken) + 3))
        return next(name for name in (*names, *longer) if name not in taken)

    return Keys(free(_QUOTE), free(_VALUE))


def _properties(schema: JsonObject | bool) -> set[str]:
    """Every name that a property of the schema has, and every key of a constant."""
    found: set[str] = set()
    for _, part in walk(schema):
        if isinstance(part, dict):
            for key in ("properties", "dependentSchemas", "dependencies"):
                found |= cast(JsonObject, part[key]).keys() if isinstance(part.get(key), dict) else set()
            required = part.get("required")
            found |= {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()
    return found
