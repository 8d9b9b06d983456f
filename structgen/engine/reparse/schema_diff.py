"""What a schema asks for that an earlier one did not: new fields, and fields whose words or choices are others now.

An old answer says nothing about them, also where the new schema would do without: a null would be silently wrong.
What is only held to other types or bounds is left to validation, and what is gone needs no question.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.reask.fields import MOST_FIELDS
from structgen.reask.place import alternatives, schema_at

Part: TypeAlias = JsonObject | bool
"""A JSON Schema, or a part of one that can refer to what its root defines."""


@dataclass(frozen=True, slots=True)
class AskedParts:
    """What was asked for: the schema of the whole and, by path, the answers' schemas of later questions for parts."""

    schema: Part
    later: Mapping[str, Part]

    def at(self, path: str) -> Part | None:
        """What was asked for at a path, None where nothing was."""
        way = steps(path)
        for depth in range(len(way), 0, -1):
            prefix = pointer(way[:depth])
            if prefix in self.later:
                return schema_at(self.later[prefix], pointer([prefix, *way[depth:]]))
        return schema_at(self.schema, path)


@dataclass(frozen=True, slots=True)
class Change:
    """From what was asked for to another schema. `words`: whether other descriptions are another question."""

    asked: Callable[[str], Part | None]
    schema: Part
    words: bool = True

    def unasked(self, tree: Json) -> tuple[str, ...]:
        """The paths in an answer (plain JSON) that nobody has asked for as the schema does now.

        In a list it is the list itself, where an item as such is another one now or too many places in it are new.
        """
        return tuple(self._walk("", tree))

    def is_other(self, path: str) -> bool:
        """Whether the schema asks for something else at a path."""
        new, old = schema_at(self.schema, path), self.asked(path)
        if new is None or old is None:
            return new is not None
        return (self.words and _words(new) != _words(old)) or _has_more_choices(new, old)

    def _walk(self, path: str, value: Json) -> Iterator[str]:
        if self.is_other(path):
            yield path
        elif isinstance(value, dict):
            for name in dict.fromkeys([*self._declared(path, value), *value]):
                yield from self._walk(path + pointer([name]), value.get(name))
        elif isinstance(value, list):
            items = [f"{path}/{number}" for number in range(len(value))]
            found = [one for place, item in zip(items, value, strict=True) for one in self._walk(place, item)]
            yield from [path] if len(found) > MOST_FIELDS or not set(items).isdisjoint(found) else found

    def _declared(self, path: str, value: JsonObject) -> Iterator[str]:
        """The keys that an object may have: those of the branch of a union that it is of, where that can be told."""
        part = schema_at(self.schema, path)
        several = alternatives(True if part is None else part, True if part is None else part)
        fitting = [one for one in several if self._fits(path, one, value)]
        joined = any("allOf" in one for one in several)
        for one in several if joined or not fitting else fitting:
            properties = one.get("properties")
            yield from properties if isinstance(properties, dict) else ()

    def _fits(self, path: str, one: JsonObject, value: JsonObject) -> bool:
        """Whether an object has what this branch fixes and requires; what was never asked for it cannot have."""
        properties, required = one.get("properties"), one.get("required")
        if not isinstance(properties, dict):
            return False
        for name, part in properties.items():
            if name in value and isinstance(part, dict) and "const" in part and part["const"] != value[name]:
                return False
        names = (name for name in (required if isinstance(required, list) else []) if isinstance(name, str))
        return all(name in value or self.asked(path + pointer([name])) is None for name in names)


def _words(part: Part) -> frozenset[tuple[Json, Json]]:
    """What a part says about its meaning, in all its branches."""
    said = ((one.get("title"), one.get("description")) for one in alternatives(part, part))
    return frozenset((_text(title), _text(words)) for title, words in said if title or words)


def _text(words: Json) -> str:
    return words if isinstance(words, str) else ""


def _has_more_choices(new: Part, old: Part) -> bool:
    """Whether both name their choices, and the new one some that could not be chosen before."""
    before, now = _choices(old), _choices(new)
    return bool(before) and not now <= before


def _choices(part: Part) -> frozenset[str]:
    """The values that a part allows, as JSON; none where it names none. That of nothing is no choice."""
    named: list[Json] = []
    for one in alternatives(part, part):
        several = one.get("enum")
        named.extend(several if isinstance(several, list) else [])
        named.extend([one["const"]] if "const" in one else [])
    return frozenset(json.dumps(value, sort_keys=True) for value in named if value is not None)
