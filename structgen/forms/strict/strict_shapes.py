"""Shapes: what a JSON Schema says, cut down to what strict mode can say, and how values differ between the two.

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
    """A list. A tuple is one too, of the union of its places: which stands where is checked locally."""

    item: Shape


@dataclass(frozen=True, slots=True)
class Entries:
    """An object with free keys; in the strict form a list of entries."""

    key: Shape
    value: Shape


@dataclass(frozen=True, slots=True)
class Field:
    """A property. `default` is a tuple of one value, empty where there is none (null is a value)."""

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
    """A shape with words about this place. They matter on the wire alone; a property and a record have their own."""

    shape: Scalar | Items | Entries | Record | Named | AnyOf
    words: str


Bare: TypeAlias = Scalar | Items | Entries | Record | Named | AnyOf
Shape: TypeAlias = Bare | Described


def bare(shape: Shape) -> Bare:
    """The shape without the words about its place."""
    return shape.shape if isinstance(shape, Described) else shape


def words_of(shape: Shape) -> str:
    """The words about its place, empty where there are none."""
    return shape.words if isinstance(shape, Described) else ""


def described(shape: Shape, words: str) -> Shape:
    """The shape with these words before its own."""
    joined = joined_words(words, words_of(shape))
    return Described(bare(shape), joined) if joined else shape


def joined_words(*words: str) -> str:
    """Several descriptions as one, each once."""
    return "\n".join(dict.fromkeys(filter(None, words)))


@dataclass(frozen=True, slots=True)
class Choice:
    """How to tell the options of a union apart, in either form.

    A list can be of one option only, and an object is the record that `by` names: by the value of its `tag`, or,
    where that is empty, by any key that it holds; one without keys is `empty`, the record that needs none.
    """

    null: bool = False
    sequence: Items | Entries | None = None
    empty: Record | None = None
    tag: str = ""
    by: Mapping[str, Record] = field(default_factory=dict[str, Record])

    def pick(self, value: Json) -> Shape | None:
        """The option that a list or an object belongs to; None for scalars and what fits nothing."""
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
    """The definitions (none of them a mere reference) and the choices of all unions, by their numbers."""

    definitions: Mapping[str, Shape]
    choices: Mapping[int, Choice]

    def resolve(self, shape: Shape) -> Scalar | Items | Entries | Record | AnyOf:
        """The shape behind a reference, without words."""
        shape = bare(shape)
        found = bare(self.definitions[shape.name]) if isinstance(shape, Named) else shape
        return cast("Scalar | Items | Entries | Record | AnyOf", found)

    def pick(self, shape: Shape, value: Json) -> Shape | None:
        """The shape of a value, with references and unions resolved."""
        shape = self.resolve(shape)
        return self.choices[shape.number].pick(value) if isinstance(shape, AnyOf) else shape

    def accepts_null(self, shape: Shape) -> bool:
        """Whether null is a value of the shape."""
        shape = self.resolve(shape)
        if isinstance(shape, AnyOf):
            return self.choices[shape.number].null
        return isinstance(shape, Scalar) and shape.wire["type"] == "null"
