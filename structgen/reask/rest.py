"""Ask for the rest of a response that was cut off. Its complete parts are kept."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast

from structgen.compile.parameters import answer_tokens, frame_tokens
from structgen.core.json import MISSING, Json, JsonObject, at, pointer, steps
from structgen.core.records import Message, Request
from structgen.core.results import Issue, Parsed, Repair
from structgen.forms import AnswerForm
from structgen.parse.json_values import same
from structgen.parse.reading import BREAKS_OFF
from structgen.parse.unrecorded import FLOAT
from structgen.reask.question import ExtractionScope, Joined, Question
from structgen.reask.value_paths import put, schema_at
from structgen.schema import Schema
from structgen.schema.node import Node, Raw
from structgen.schema.resolve import standalone

T = TypeVar("T")

NAME = "rest"
"""The name of the answer's schema or function."""
WHY = "asked for the rest: the response was cut off"

ASK = """\
Your last answer was cut off. These complete parts of it are kept:
{kept}
Answer with a JSON object of the same form that contains only what is missing. Do not repeat what is kept."""

ANCHOR = """\
The list at {path} was cut off after {count} complete items. Continue it from the last complete item: first that item \
unchanged, {last}, then all items that follow."""


@dataclass(frozen=True, slots=True)
class Cut(Generic[T]):
    """A response that was cut off: its complete parts, and where it continues.

    `path` leads to the outermost open list, whose complete items are kept, or else to the innermost open object.
    `begun`: the next item of that list had begun when the response was cut off, so at least one more must come.
    """

    scope: ExtractionScope[T]
    kept: JsonObject
    path: tuple[str, ...]
    repairs: tuple[Repair, ...]
    begun: bool = False
    quotes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])

    @property
    def shown(self) -> JsonObject:
        """What is kept, in the form in which it was answered."""
        return cast(JsonObject, self.scope.form.prompt_form.encode(self.kept, self.quotes))

    def join(self, answer: Parsed[Any]) -> Joined | Parsed[T]:
        """Join what was kept with the rest, or refuse a rest that does not fit."""
        if not answer.ok:
            return self._refused(*answer.issues)
        rest = answer.given
        joined = _misplaced(self, rest) or _list_missing(self, rest) or join(self.kept, rest, self.path)
        if isinstance(joined, Issue):
            return self._refused(joined)
        # The type of the whole may keep every digit of a number that the answer's schema took for a float.
        own = tuple(one for one in answer.repairs if one.rule != FLOAT)
        return Joined(joined, (*self.repairs, *own), _joined_quotes(self, answer.quotes))

    def _refused(self, *issues: Issue) -> Parsed[T]:
        return Parsed(False, None, issues, self.repairs, self.kept, quotes=self.quotes)


def rest_question(scope: ExtractionScope[T], parsed: Parsed[T]) -> Question[T] | None:
    """Return a question for what is missing, or None if nothing was complete or the root is not an object.

    Also None if anything but the end is wrong: a value that was refused must not be kept.
    """
    # The reader broke off at an issue of these codes, so everything before it was read without an issue.
    if (
        not parsed.open
        or not isinstance(parsed.partial, dict)
        or not {issue.code for issue in parsed.issues} <= BREAKS_OFF
    ):
        return None
    schema = scope.schema.node
    kept, path = complete_parts(parsed.partial, parsed.open)
    part = _rest_schema(schema, kept, path)
    if not kept or part is None:
        return None
    begun = any(len(steps(place)) > len(path) for place in parsed.open)
    quotes = {place: quote for place, quote in parsed.quotes.items() if at(kept, steps(place)) is not MISSING}
    cut = Cut(scope, kept, path, parsed.repairs, begun, quotes)
    missing = Schema.of(standalone(schema.raw, part))
    form = scope.form.for_part(missing)
    return Question(scope, _request(cut, form), WHY, missing, form, cut, part=True)


def _request(cut: Cut[T], form: AnswerForm) -> Request:
    """Return the first request, followed by what is kept of its answer and what to answer now."""
    first, card = cut.scope.first, cut.scope.card
    estimate = answer_tokens(frame_tokens(form.schema), first.document, card, quoted=form.quoted)
    whole = first.parameters.max_completion_tokens
    # A part gets no higher limit than the whole had, which the user may have set.
    limit = estimate if whole is None else min(estimate, whole)
    return replace(
        first,
        messages=(*first.messages, Message("user", _words(cut))),
        strict=False,
        json_schema=form.schema,
        schema_name=NAME,
        parameters=replace(first.parameters, max_completion_tokens=limit),
    )


def complete_parts(partial: JsonObject, opened: Sequence[str]) -> tuple[JsonObject, tuple[str, ...]]:
    """Return the partial value without the part that was cut off, and the path where it continues.

    `opened` names the containers (and the value) that were never closed. The outermost open list keeps its complete
    items and loses the open one; a list without a complete item is left out.
    """
    deepest = max((steps(path) for path in opened), key=len)
    for depth in range(1, len(deepest) + 1):
        path = deepest[:depth]
        held = at(partial, path)
        if isinstance(held, dict):
            continue
        items = _complete_items(held, deepest[depth:])
        if not items:
            return _without(partial, path), path[:-1]
        return cast(JsonObject, put(partial, path, items)), path
    return partial, deepest


def _complete_items(held: object, below: tuple[str, ...]) -> list[Json]:
    """Return the items of a list before the open one; none if it is not a list."""
    if not isinstance(held, list):
        return []
    items = cast("list[Json]", held)
    return items[: int(below[0])] if below else items


def _without(tree: JsonObject, path: tuple[str, ...]) -> JsonObject:
    """Return a copy of the tree without one key."""
    held = at(tree, path[:-1])
    left: JsonObject = {key: value for key, value in cast(JsonObject, held).items() if key != path[-1]}
    return cast(JsonObject, put(tree, path[:-1], left))


def _words(cut: Cut[T]) -> str:
    """Tell the model what is kept and where to continue. Of an open list it sees only the last complete item."""
    kept = cut.shown
    held = at(kept, cut.path)
    if not isinstance(held, list):
        return ASK.format(kept=json.dumps(kept, ensure_ascii=False))
    items = cast("list[Json]", held)
    shown = json.dumps(put(kept, cut.path, items[-1:]), ensure_ascii=False)
    last = json.dumps(items[-1], ensure_ascii=False)
    anchor = ANCHOR.format(path=pointer(cut.path), count=len(items), last=last)
    return f"{ASK.format(kept=shown)}\n{anchor}"


def _rest_schema(node: Node, kept: Json, path: tuple[str, ...]) -> Raw | None:
    """Return the schema of what is missing: the missing keys of each object on the path, and the whole open list."""
    if not isinstance(kept, dict):
        return node.raw
    leaf = next((leaf for leaf in node.leaves() if leaf.properties), None)
    if leaf is None:
        return None
    left: JsonObject = {key: child.raw for key, child in leaf.properties.items() if key not in kept}
    if path and path[0] in leaf.properties:
        inner = _rest_schema(leaf.properties[path[0]], kept.get(path[0]), path[1:])
        if inner is None:
            return None
        left[path[0]] = inner
    # The part that continues is not required: the response may have been cut off just after its last member.
    needed: list[Json] = [name for name in left if name in leaf.required and name not in path[:1]]
    return {"type": "object", "properties": left, "required": needed}


def _joined_quotes(cut: Cut[T], rest: Mapping[str, str | None]) -> dict[str, str | None]:
    """Return the quotes of both parts. The list of the rest begins with the last item that was kept."""
    held, start = at(cut.kept, cut.path), f"{pointer(cut.path)}/"
    shift = len(cast("list[Json]", held)) - 1 if isinstance(held, list) else None

    def moved(path: str) -> str:
        if shift is None or not path.startswith(start):
            return path
        number, slash, below = path.removeprefix(start).partition("/")
        return f"{start}{int(number) + shift}{slash}{below}"

    found = {moved(path): quote for path, quote in rest.items()}
    # The item that both parts share keeps its first quote, unless it had none.
    return found | {path: quote for path, quote in cut.quotes.items() if quote is not None}


def _misplaced(cut: Cut[T], rest: Json) -> Issue | None:
    """Return an issue if the rest uses paths as keys for values that differ from the kept ones, or None."""
    for key, value in rest.items() if isinstance(rest, dict) else ():
        known = key.startswith("/") and schema_at(cut.scope.schema.node, key) is not None
        if known and not same(value, cast(Json, at(cut.kept, steps(key)))):
            return Issue(key, "has another value, under its path, than the one that was kept", "misfit", value)
    return None


def _list_missing(cut: Cut[T], rest: Json) -> Issue | None:
    """Return an issue if the rest does not continue the list that was cut off: an item that had begun would be lost."""
    if not isinstance(at(cut.kept, cut.path), list):
        return None
    items = at(rest, cut.path)
    # The first item repeats a kept one, so a list whose next item had begun needs at least two.
    if isinstance(items, list) and len(cast("list[Json]", items)) > int(cut.begun):
        return None
    return Issue(pointer(cut.path), "the rest does not continue the list that was cut off", "misfit", found=rest)


def join(kept: Json, rest: Json, path: tuple[str, ...], here: tuple[str, ...] = ()) -> Json | Issue:
    """Join both parts, or return why they do not fit: no item may be lost, repeated or changed."""
    if isinstance(kept, list) and isinstance(rest, list):
        if not rest or not same(rest[0], kept[-1]):
            return Issue(pointer(here), "the rest does not begin with the last complete item", "misfit")
        # If several kept items at the end equal the beginning of the rest, the overlap is not known, and joining could
        # repeat or drop an item.
        if any(same(rest[:count], kept[-count:]) for count in range(2, min(len(kept), len(rest)) + 1)):
            return Issue(pointer(here), "the rest may begin with one complete item or with several", "misfit")
        return [*kept, *rest[1:]]
    if not isinstance(kept, dict) or not isinstance(rest, dict):
        return Issue(pointer(here), "the rest is of another type than the complete part", "misfit", found=rest)
    joined: JsonObject = dict(kept)
    for key, value in rest.items():
        inside = (*here, key)
        if key not in kept:
            joined[key] = value
        elif path[:1] == (key,):
            whole = join(kept[key], value, path[1:], inside)
            if isinstance(whole, Issue):
                return whole
            joined[key] = whole
        elif not same(value, kept[key]):
            return Issue(pointer(inside), "the rest changes a complete part", "misfit", found=value)
    return joined
