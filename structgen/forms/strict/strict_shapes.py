"""Shapes: a JSON Schema reduced to what strict mode can express, and how values differ between the two forms.

A value has two forms. In the *plain* form it fits the schema that was given. In the *strict* form every property of an
object is there (a left-out one as null), and an object with free keys is a list of ``{"key", "value"}`` entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from structgen.core.json import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Scalar:
    """A string, number, boolean or null; `wire` is its strict schema. The same in both forms."""

    wire: JsonObject


@dataclass(frozen=True, slots=True)
class Items:
    """A list. A tuple is a list of the union of its items; their order is validated locally."""

    item: Shape


@dataclass(frozen=True, slots=True)
class Entries:
    """An object with free keys; in the strict form a list of entries."""

    key: Shape
    value: Shape


@dataclass(frozen=True, slots=True)
class Field:
    """A property. `default` is a tuple with one value, or empty (null is a value)."""

    shape: Shape
    optional: bool
    default: tuple[Json, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """An object with named properties."""

    fields: Mapping[str, Field]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A reference to a definition."""

    name: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A union of at least two shapes, none of them a union itself; `number` finds its `Choice`."""

    options: tuple[Shape, ...]
    number: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Described:
    """A shape with a description of this place, for the wire. A property and a record have descriptions themselves."""

    shape: Scalar | Items | Entries | Record | Named | AnyOf
    words: str


Bare: TypeAlias = Scalar | Items | Entries | Record | Named | AnyOf
Shape: TypeAlias = Bare | Described


def bare(shape: Shape) -> Bare:
    """Return the shape without the description of its place."""
    return shape.shape if isinstance(shape, Described) else shape


def words_of(shape: Shape) -> str:
    """Return the description of its place, or an empty string."""
    return shape.words if isinstance(shape, Described) else ""


def described(shape: Shape, words: str) -> Shape:
    """Return the shape with words before its own description."""
    joined = joined_words(words, words_of(shape))
    return Described(bare(shape), joined) if joined else shape


def joined_words(*words: str) -> str:
    """Join several descriptions, each once."""
    return "\n".join(dict.fromkeys(filter(None, words)))


@dataclass(frozen=True, slots=True)
class Choice:
    """How to tell the options of a union apart, in both forms.

    Only one option can be a list. An object is the record that `by` names: by the value of its `tag` or, if `tag` is
    empty, by any key that it has. An object without keys is `empty`, the record that needs none.
    """

    null: bool = False
    sequence: Items | Entries | None = None
    empty: Record | None = None
    tag: str = ""
    by: Mapping[str, Record] = field(default_factory=dict[str, Record])

    def pick(self, value: Json) -> Shape | None:
        """Return the option that a list or an object belongs to, or None for scalars and for no match."""
        if isinstance(value, list):
            return self.sequence
        if not isinstance(value, dict):
            return None
        if self.tag:
            tag = value.get(self.tag)
            return self.by.get(tag) if isinstance(tag, str) else None
        return next((self.by[key] for key in value if key in self.by), self.empty or self.sequence)


@dataclass(frozen=True, slots=True)
class Shapes:
    """The definitions (none of them just a reference) and the choices of all unions, by their numbers."""

    definitions: Mapping[str, Shape]
    choices: Mapping[int, Choice]

    def resolve(self, shape: Shape) -> Scalar | Items | Entries | Record | AnyOf:
        """Return the shape behind a reference, without a description."""
        shape = bare(shape)
        found = bare(self.definitions[shape.name]) if isinstance(shape, Named) else shape
        return cast("Scalar | Items | Entries | Record | AnyOf", found)

    def pick(self, shape: Shape, value: Json) -> Shape | None:
        """Return the shape of a value, with references and unions resolved."""
        shape = self.resolve(shape)
        return self.choices[shape.number].pick(value) if isinstance(shape, AnyOf) else shape

    def accepts_null(self, shape: Shape) -> bool:
        """Whether a shape accepts null."""
        shape = self.resolve(shape)
        if isinstance(shape, AnyOf):
            return self.choices[shape.number].null
        return isinstance(shape, Scalar) and shape.wire["type"] == "null"


DEEPEST = 200
"""Deeper parts stay as they are and are left to validation, so that recursion is bounded."""


@dataclass(frozen=True, slots=True)
class Forward:
    """Plain -> strict. An absent property becomes null, or its default if null would be mistaken for a value."""

    shapes: Shapes

    def __call__(self, shape: Shape, value: Json, depth: int = 0) -> Json:
        """Return the strict form. What does not fit the shape stays as it is."""
        form = self.shapes.pick(shape, value)
        if depth > DEEPEST:
            return value
        if isinstance(form, Record) and isinstance(value, dict):
            return self._record(form, value, depth + 1)
        if isinstance(form, Items) and isinstance(value, list):
            return [self(form.item, item, depth + 1) for item in value]
        if isinstance(form, Entries) and isinstance(value, dict):
            return [{"key": key, "value": self(form.value, item, depth + 1)} for key, item in value.items()]
        return value

    def _record(self, record: Record, value: JsonObject, depth: int) -> JsonObject:
        made: JsonObject = {}
        for name, known in record.fields.items():
            if name in value:
                made[name] = self(known.shape, value[name], depth)
            elif known.default and (not known.optional or self.shapes.accepts_null(known.shape)):
                made[name] = self(known.shape, known.default[0], depth)
            elif known.optional:
                made[name] = None
        return made


@dataclass(frozen=True, slots=True)
class Back:
    """Strict -> plain. A null that means an absent property is removed; validation adds the defaults again."""

    shapes: Shapes

    def __call__(self, shape: Shape, value: Json, depth: int = 0) -> Json:
        """Return the plain form. What does not fit the shape stays as it is, so that validation refuses it."""
        form = self.shapes.pick(shape, value)
        if depth > DEEPEST:
            return value
        if isinstance(form, Record) and isinstance(value, dict):
            return self._record(form, value, depth + 1)
        if isinstance(form, Items) and isinstance(value, list):
            return [self(form.item, item, depth + 1) for item in value]
        if isinstance(form, Entries) and isinstance(value, list):
            return self._entries(form, value, depth + 1)
        return value

    def _record(self, record: Record, value: JsonObject, depth: int) -> JsonObject:
        made: JsonObject = {}
        for name, item in value.items():
            known = record.fields.get(name)
            if known is None:
                made[name] = item
            elif item is not None or not known.optional or self.shapes.accepts_null(known.shape):
                made[name] = self(known.shape, item, depth)
        return made

    def _entries(self, entries: Entries, value: list[Json], depth: int) -> Json:
        """Return the object; or the list itself if it contains anything but entries, or a key twice."""
        made: JsonObject = {}
        for entry in value:
            if not isinstance(entry, dict) or entry.keys() != {"key", "value"}:
                return value
            key = entry["key"]
            if not isinstance(key, str) or key in made:
                return value
            made[key] = self(entries.value, entry["value"], depth)
        return made
