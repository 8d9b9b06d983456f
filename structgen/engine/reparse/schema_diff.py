"""What a schema asks for that an earlier one did not: new fields, and fields with changed descriptions or choices.

An old answer says nothing about them. That includes optional fields, because a null would be silently wrong. Changed
types and bounds are left to validation, and removed fields need no question.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.core.records import Request
from structgen.forms import AnswerForm, PlainForm
from structgen.reask.failing_fields import MOST_FIELDS, fields_schema
from structgen.schema import Schema
from structgen.schema.node import Node

Nodes: TypeAlias = tuple[Node, ...]
"""What a schema says about one path into a value: a node for each way through the unions."""


@dataclass(frozen=True, slots=True)
class RequestedSchema:
    """What was asked for: the schema of the whole and, by path, the schemas of later questions for parts."""

    schema: Node
    later: Mapping[str, Node]

    def at(self, path: str) -> Nodes:
        """Return what was asked for at a path; empty if nothing was."""
        way = steps(path)
        for depth in range(len(way), 0, -1):
            prefix = pointer(way[:depth])
            if prefix in self.later:
                return self.later[prefix].along(pointer([prefix, *way[depth:]]))
        return self.schema.along(path)


@dataclass(frozen=True, slots=True)
class Change:
    """The change from what was asked for to another schema. `words`: whether a new description counts as a change."""

    asked: Callable[[str], Nodes]
    schema: Node
    words: bool = True

    def unasked(self, tree: Json) -> tuple[str, ...]:
        """Return the paths in an answer (plain JSON) that the schema asks for and no question has asked for yet.

        It is the path of a whole list if its items have changed, or if too many paths in it are new.
        """
        return tuple(self._walk("", tree))

    def is_other(self, path: str) -> bool:
        """Whether the schema asks for something else at a path."""
        new, old = self.schema.along(path), self.asked(path)
        if not new or not old:
            return bool(new)
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
        """Yield the keys that an object may have: those of its branch of a union, if that is known."""
        leaves = [leaf for node in self.schema.along(path) for leaf in node.leaves()]
        fitting = [leaf for leaf in leaves if self._fits(path, leaf, value)]
        for leaf in fitting or leaves:
            yield from leaf.properties

    def _fits(self, path: str, leaf: Node, value: JsonObject) -> bool:
        """Whether an object has the constants and required keys of a branch, except keys that were never asked for."""
        held = ((value[name], child.choices or ()) for name, child in leaf.properties.items() if name in value)
        if not leaf.properties or any(len(choices) == 1 and choices[0] != item for item, choices in held):
            return False
        return all(name in value or not self.asked(path + pointer([name])) for name in leaf.required)


def _parts(nodes: Nodes) -> Iterator[JsonObject]:
    """Yield every schema that may apply to a path."""
    return (part for node in nodes for form in node.spread() for part in form.parts)


def _words(nodes: Nodes) -> frozenset[tuple[Json, Json]]:
    """Return the titles and descriptions of all branches."""
    said = ((part.get("title"), part.get("description")) for part in _parts(nodes))
    return frozenset((_text(title), _text(words)) for title, words in said if title or words)


def _text(words: Json) -> str:
    return words if isinstance(words, str) else ""


def _has_more_choices(new: Nodes, old: Nodes) -> bool:
    """Whether both list their choices, and the new list has choices that the old one lacks."""
    before, now = _choices(old), _choices(new)
    return bool(before) and not now <= before


def _choices(nodes: Nodes) -> frozenset[str]:
    """Return the listed values as JSON. Null does not count: it says that there is no value."""
    named: list[Json] = []
    for one in _parts(nodes):
        several = one.get("enum")
        named.extend(several if isinstance(several, list) else [])
        named.extend([one["const"]] if "const" in one else [])
    return frozenset(json.dumps(value, sort_keys=True) for value in named if value is not None)


@dataclass(frozen=True, slots=True)
class FieldsRequest:
    """Single fields that a stored request asked for: the schema of the answer, by path, and its form."""

    schema: JsonObject
    form: AnswerForm

    @classmethod
    def by(cls, request: Request, forms: Iterable[AnswerForm]) -> FieldsRequest | None:
        """Return the fields that a request asked for, or None if it asked for something else.

        `forms` are the forms of the whole values that the fields may belong to.
        """
        paths = requested_paths(request)
        if not paths:
            return None
        for form in forms:
            schema = fields_schema(form.plain.node, paths)
            part = form.for_part(Schema.of(schema))
            if part.schema == request.json_schema:
                return cls(schema, part)
        schema = cast(JsonObject, request.json_schema)
        return cls(schema, PlainForm(Schema.of(schema)))

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths of the fields."""
        return tuple(cast(JsonObject, self.schema["properties"]))

    def only(self, paths: Sequence[str]) -> FieldsRequest:
        """Return the request for only some of the fields."""
        properties = cast(JsonObject, self.schema["properties"])
        left: JsonObject = {path: properties[path] for path in paths}
        schema: JsonObject = {**self.schema, "properties": left, "required": list(paths)}
        return FieldsRequest(schema, self.form.for_part(Schema.of(schema)))


def requested_paths(request: Request) -> tuple[str, ...]:
    """Return the paths that a question for single fields asked for; none for any other question."""
    schema = request.json_schema
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if request.schema_name != "fields" or not isinstance(properties, dict):
        return ()
    return tuple(properties) if all(path.startswith("/") for path in properties) else ()
