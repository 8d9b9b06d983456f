"""The shapes of a schema: which of its parts have quotes, for converting values in both directions.

Several shapes may describe the same part of a value, one for each branch of a union. So shapes come in tuples. An empty
tuple means that the schema does not describe the part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from structgen.core.json import Json, JsonObject
from structgen.schema.spelling import letters


@dataclass(frozen=True, slots=True)
class Keys:
    """The two keys of a pair."""

    quote: str = "quote"
    value: str = "value"

    @property
    def schema(self) -> JsonObject:
        """The schema of a quote."""
        return {"type": ["string", "null"]}


class Leaf(Enum):
    """A value without members."""

    QUOTED = "quoted"
    """A scalar with a quote."""
    FIXED = "fixed"
    """A constant, null, or the tag of a union: it has no quote."""
    PLAIN = "plain"
    """A value of any type; it stays as it is, with everything in it."""


@dataclass(frozen=True, slots=True)
class Named:
    """A definition, by its pointer in the original schema."""

    place: str


@dataclass(frozen=True, slots=True)
class Record:
    """An object: its named properties, and the values of other keys."""

    fields: Mapping[str, tuple[Shape, ...]]
    others: tuple[Shape, ...] = ()
    tags: Mapping[str, tuple[Json, ...]] = field(default_factory=dict[str, "tuple[Json, ...]"])
    """The constant properties and their values."""
    spelled: Mapping[str, str] = field(default_factory=dict[str, str])
    """The letters of a property name -> the name, because a model may spell a key differently."""

    def fits(self, value: JsonObject) -> bool:
        """Whether no tag of an object contradicts this shape."""
        return all(key not in value or value[key] in fixed for key, fixed in self.tags.items())

    def under(self, key: str) -> tuple[Shape, ...]:
        """Return the shapes of the value under a key."""
        name = key if key in self.fields else self.spelled.get(letters(key), key)
        return self.fields.get(name, self.others)


@dataclass(frozen=True, slots=True)
class Items:
    """A list: its first items, each with its shapes, and all other items."""

    first: tuple[tuple[Shape, ...], ...] = ()
    others: tuple[Shape, ...] = ()

    def at(self, index: int) -> tuple[Shape, ...]:
        """Return the shapes of one item."""
        return self.first[index] if index < len(self.first) else self.others


Shape: TypeAlias = Leaf | Named | Record | Items


@dataclass(slots=True)
class Shapes:
    """The shapes of one schema: those of its root, and those of its definitions."""

    root: tuple[Shape, ...] = ()
    definitions: dict[str, tuple[Shape, ...]] = field(default_factory=dict[str, "tuple[Shape, ...]"])
    quotes_anything: bool = False

    def resolve(self, shapes: tuple[Shape, ...]) -> tuple[Leaf | Record | Items, ...]:
        """Return the shapes with references resolved, each definition once."""
        found: list[Leaf | Record | Items] = []
        todo, seen = list(reversed(shapes)), set[str]()
        while todo:
            shape = todo.pop()
            if not isinstance(shape, Named):
                found.append(shape)
            elif shape.place not in seen:
                seen.add(shape.place)
                todo.extend(reversed(self.definitions.get(shape.place, ())))
        return tuple(found)
