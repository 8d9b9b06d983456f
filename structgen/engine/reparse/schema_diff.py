"""What a schema asks for that an earlier one did not: new fields, and fields with other words or more values.

An old answer says nothing about them. That includes optional fields, because a null would be silently wrong, and empty
values of which only the contents changed. Narrower types and bounds are left to validation, and removed fields need no
question.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import cast

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.core.records import Request
from structgen.engine.reparse.widening import Nodes, asks_more, asks_more_below, lost_keys, may_lack, takes_nothing
from structgen.forms import AnswerForm, PlainForm
from structgen.reask.failing_fields import MOST_FIELDS, fields_schema
from structgen.schema import Schema
from structgen.schema.node import Node


@dataclass(frozen=True, slots=True)
class RequestedSchema:
    """What was asked for: the schema of the whole and, by path, the schemas of later questions for parts."""

    schema: Node
    later: Mapping[str, Node]

    def at(self, path: str) -> Nodes:
        """Return what was asked for at a path; empty if nothing was."""
        asked, below = self._asked(path)
        return asked.along(below)

    def takes_nothing(self, path: str) -> bool:
        """Whether null or a missing key was a valid answer."""
        asked, below = self._asked(path)
        return _takes_nothing(asked, below)

    def _asked(self, path: str) -> tuple[Node, str]:
        """Return the last schema that was asked for at a path, and the path within its answers."""
        way = steps(path)
        for depth in range(len(way), 0, -1):
            prefix = pointer(way[:depth])
            if prefix in self.later:
                return self.later[prefix], pointer([prefix, *way[depth:]])
        return self.schema, path


def _takes_nothing(schema: Node, path: str) -> bool:
    *above, name = steps(path) or ("",)
    return takes_nothing(schema.along(path)) or (bool(path) and may_lack(schema.along(pointer(above)), name))


@dataclass(frozen=True, slots=True)
class Change:
    """The change from what was asked for to another schema. `words`: whether other words count as a change."""

    asked: RequestedSchema
    schema: Node
    words: bool = True

    def unasked(self, tree: Json, dropped: Sequence[str] = ()) -> tuple[str, ...]:
        """Return the paths in an answer (plain JSON) that the schema asks for and no question has asked for yet.

        It is the path of a whole list or dict if its items have changed, or if too many paths in a list are new.
        `dropped` are the paths of the answer that the schema does not have.
        """
        lost = frozenset(map(self._of_lost_branch, dropped)) - {None}
        return tuple(self._walk("", tree, lost))

    def is_other(self, path: str) -> bool:
        """Whether the schema asks for something else at a path, or admits more values there."""
        new, old = self.schema.along(path), self.asked.at(path)
        if not new or not old:
            return bool(new)
        return asks_more(new, old, self.words) or self._may_now_be_missing(path)

    def _may_now_be_missing(self, path: str) -> bool:
        """Whether null or a missing key is a valid answer now and was none before: a value may have been made up."""
        return bool(self.asked.at(path)) and not self.asked.takes_nothing(path) and _takes_nothing(self.schema, path)

    def _of_lost_branch(self, path: str) -> str | None:
        """Return the path of the object that held a dropped key, if only a branch that is gone had that key."""
        *above, name = steps(path) or ("",)
        around = pointer(above)
        return around if name in lost_keys(self.schema.along(around), self.asked.at(around)) else None

    def _walk(self, path: str, value: Json, lost: Set[str | None]) -> Iterator[str]:
        if path in lost or self.is_other(path) or (self._is_empty(path, value) and self._is_other_below(path)):
            yield path
        elif isinstance(value, dict):
            declared = dict.fromkeys(self._declared(path, value))
            found = [one for name in declared for one in self._walk(path + pointer([name]), value.get(name), lost)]
            free = [path + pointer([name]) for name in value if name not in declared]
            more = [one for place in free for one in self._walk(place, value[steps(place)[-1]], lost)]
            # other values of a dict may come with other keys
            yield from [path] if not set(free).isdisjoint(more) else [*found, *more]
        elif isinstance(value, list):
            items = [f"{path}/{number}" for number in range(len(value))]
            found = [one for place, item in zip(items, value, strict=True) for one in self._walk(place, item, lost)]
            # an item that lacks what was required may have been left out
            whole = not set(items).isdisjoint(found) or any(map(self._may_now_be_missing, found[:MOST_FIELDS]))
            yield from [path] if len(found) > MOST_FIELDS or whole else found

    def _is_empty(self, path: str, value: Json) -> bool:
        """Whether a value has no contents that could be looked at one by one, as those of a record can."""
        return value is None or value == [] or (value == {} and not [*self._declared(path, {})])

    def _is_other_below(self, path: str) -> bool:
        roots = (self.schema, self.asked.schema)
        return asks_more_below(self.schema.along(path), self.asked.at(path), self.words, roots)

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
        return all(name in value or not self.asked.at(path + pointer([name])) for name in leaf.required)


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
