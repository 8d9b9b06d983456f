"""An answer of an earlier run, read again by a schema that may be another one now: pure.

It stands in for the answer to the first question. From there the straight line goes on as ever: what is new or invalid
is asked for, by the cheapest question.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TypeVar, cast

from structgen.core.json import Json, JsonObject, steps
from structgen.core.options import Risk
from structgen.core.records import Completion, Request
from structgen.core.results import Issue, Parsed, Repair
from structgen.engine.changes import AskedParts, Change, Part
from structgen.parse import parse_text
from structgen.parse.places import MISSING, at
from structgen.reask import Asking, Question
from structgen.reask.fields import Draft, read_fields
from structgen.reask.place import can_put, put, schema_at
from structgen.reask.question import plain_form
from structgen.reask.rest import rest_question
from structgen.schema import Schema
from structgen.schema.strict import StrictSchema
from structgen.store import Entry

T = TypeVar("T")

NEW = "was not asked for before"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept for one text: the last answer for the whole, and those for parts of it that came after it.

    `schema` is the one that the whole was asked with, `strict` its form on the wire where that is another one. `words`:
    whether a field with another description is to be asked for again.
    """

    whole: Entry
    parts: tuple[Entry, ...]
    schema: Part
    strict: StrictSchema | None
    words: bool
    run: int

    def change(self, schema: Part) -> Change:
        """From what was asked for to a schema."""
        later: dict[str, Part] = {}
        for entry in self.parts:
            later |= dict.fromkeys(asked_paths(entry.request), entry.request.json_schema)
        return Change(AskedParts(self.schema, later).at, schema, self.words)


def asked_paths(request: Request) -> tuple[str, ...]:
    """The paths that a question for single fields asked for; none where it was another question."""
    schema = request.json_schema
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if request.schema_name != "fields" or not isinstance(properties, dict):
        return ()
    return tuple(properties) if all(path.startswith("/") for path in properties) else ()


def kept_question(kept: Kept, asking: Asking[T]) -> Question[T]:
    """The question that the kept answer was given to; its answer is read by the schema of now."""

    def read(completion: Completion) -> Parsed[T]:
        text = completion.text if kept.strict is None else plain_form(kept.strict, completion.text)
        parsed = parse_text(asking.schema, text, finish_reason=completion.finish_reason, max_risk=asking.max_risk)
        parsed = _without_removed(kept, asking, parsed)
        for entry in kept.parts:
            parsed = _with_part(asking, parsed, entry)
        return _with_new(kept, asking, parsed)

    return Question(kept.whole.request, f"what run {kept.run} got is read again", read)


def _tree(asking: Asking[T], parsed: Parsed[T]) -> Json:
    """What was read, as plain JSON."""
    value: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
    return asking.schema.dump(value) if parsed.ok else parsed.partial


def _without_removed(kept: Kept, asking: Asking[T], parsed: Parsed[T]) -> Parsed[T]:
    """The value without the keys that the schema had then and forbids now."""
    gone = [
        issue.repair
        for issue in parsed.issues
        if issue.code == "unknown_key" and issue.repair and schema_at(kept.schema, issue.path) is not None
    ]
    if not gone or parsed.open or parsed.readings:
        return parsed
    again = _validated(asking, without(parsed.partial, [repair.path for repair in gone]))
    removed = (Repair("removed_field", repair.path, repair.before, None, Risk.LOSSLESS) for repair in gone)
    return replace(again, repairs=(*parsed.repairs, *removed, *again.repairs))


def _with_part(asking: Asking[T], parsed: Parsed[T], entry: Entry) -> Parsed[T]:
    """The value with the answer to a question for a part of it, where that still helps."""
    if paths := asked_paths(entry.request):
        return _with_fields(asking, parsed, entry, paths)
    rest = rest_question(asking.schema, asking.first, parsed, asking.max_risk, asking.card)
    joined = None if parsed.ok or rest is None else rest.read(entry.completion)
    return joined if joined is not None and joined.ok else parsed


def _with_fields(asking: Asking[T], parsed: Parsed[T], entry: Entry, paths: tuple[str, ...]) -> Parsed[T]:
    """The value with those of the answered fields that the schema still has and that have a place in it."""
    tree, patch = _tree(asking, parsed), entry.request.json_schema
    if parsed.open or parsed.readings or not isinstance(tree, dict | list) or not isinstance(patch, dict):
        return parsed
    fitting = [
        path for path in paths if schema_at(asking.schema.json_schema, path) is not None and can_put(tree, steps(path))
    ]
    properties = patch["properties"]
    if not fitting or not isinstance(properties, dict):
        return parsed
    left: JsonObject = {**patch, "properties": {path: properties[path] for path in fitting}, "required": [*fitting]}
    draft = Draft(asking.schema, tree, parsed.repairs, asking.max_risk)
    after = read_fields(draft, Schema.of(left), entry.completion)
    unread = after.partial is tree
    return parsed if unread or (parsed.ok and not after.ok) else after


def _with_new(kept: Kept, asking: Asking[T], parsed: Parsed[T]) -> Parsed[T]:
    """The same; refused where the schema asks for what nobody has asked for yet."""
    tree = _tree(asking, parsed)
    if not isinstance(tree, dict | list):
        return parsed
    paths = kept.change(asking.schema.json_schema).unasked(tree)
    if not paths:
        return parsed
    if parsed.open or parsed.readings:  # asking for the rest of it would not ask for what is new within
        return replace(parsed, partial=None, open=(), readings=())
    issues = (
        *(issue for issue in parsed.issues if not _within(issue.path, paths)),
        *(Issue(path, NEW, "new") for path in paths),
    )
    repairs = tuple(repair for repair in parsed.repairs if not _within(repair.path, paths))
    return Parsed(False, None, issues, repairs, without(tree, paths))


def _validated(asking: Asking[T], tree: Json) -> Parsed[T]:
    return parse_text(asking.schema, json.dumps(tree, ensure_ascii=False), max_risk=asking.max_risk)


def _within(path: str, paths: tuple[str, ...]) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in paths)


def without(tree: Json, paths: list[str] | tuple[str, ...]) -> Json:
    """A copy of the tree without these keys of its objects."""
    for path in paths:
        *above, last = steps(path) or ("",)
        held = at(tree, above)
        if isinstance(held, dict) and at(tree, steps(path)) is not MISSING:
            left = {key: value for key, value in cast(JsonObject, held).items() if key != last}
            tree = put(tree, above, left)
    return tree
