"""An answer of an earlier run, read again by a schema that may be another one now: pure.

It stands in for the answer to the first question. From there the straight line goes on as ever: what is new or invalid
is asked for, by the cheapest question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from structgen.core.json import Json, steps
from structgen.core.options import Risk
from structgen.core.results import Issue, Parsed, Repair
from structgen.engine.claims import said
from structgen.engine.flow import parse_answer
from structgen.engine.reparse.request_match import AskedFields
from structgen.engine.reparse.schema_diff import AskedParts, Change
from structgen.forms import AnswerForm
from structgen.parse import parse_tree
from structgen.reask import Asking, Joined, Question
from structgen.reask.fields import Draft, answer_part, involved, takes_null
from structgen.reask.rest import rest_question
from structgen.reask.value_paths import can_put, without
from structgen.schema import Schema
from structgen.schema.node import Node
from structgen.store import Entry

T = TypeVar("T")

NEW = "was not asked for before"
OR_NULL = "; null where the document does not say it"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept for one text: the last answer for the whole, and those for parts of it that came after it.

    `form` is the one that the whole was asked in, `forms` those that the parts may be of. `words`: whether a field with
    another description is to be asked for again.
    """

    whole: Entry
    parts: tuple[Entry, ...]
    form: AnswerForm
    forms: tuple[AnswerForm, ...]
    words: bool
    run: int

    def change(self, schema: Node) -> Change:
        """From what was asked for to a schema."""
        later: dict[str, Node] = {}
        for entry in self.parts:
            if asked := AskedFields.by(entry.request, self.forms):
                later |= dict.fromkeys(asked.paths, Node.of(asked.schema))
        return Change(AskedParts(self.form.plain.node, later).at, schema, self.words)


@dataclass(frozen=True, slots=True)
class StoredValue(Generic[T]):
    """Makes the value of the current schema out of a stored answer to the whole and the stored answers to parts."""

    kept: Kept
    asking: Asking[T]

    def join(self, answer: Parsed[Any]) -> Joined | Parsed[T]:
        """Return the value so far; what the stored answers do not say is refused, so that it is asked for."""
        kept, asking = self.kept, self.asking
        parsed: Parsed[T] = _without_removed(kept, asking, _with_own_quotes(asking, answer))
        for entry in kept.parts:
            parsed = _with_part(kept, asking, parsed, entry)
        return _with_new(kept, asking, parsed)


def kept_question(kept: Kept, asking: Asking[T]) -> Question[T]:
    """The question that the stored answer was given to; its answer is read by the current schema."""
    why, joining = f"what run {kept.run} got is read again", StoredValue(kept, asking)
    return Question(asking, kept.whole.request, why, asking.schema, kept.form, joining)


def _with_own_quotes(asking: Asking[T], parsed: Parsed[T]) -> Parsed[T]:
    """The same with a quote, or None, for what the schema of now wants quotes for."""
    wanted = asking.form.quotable(_tree(asking, parsed))
    return replace(parsed, quotes={path: parsed.quotes.get(path) for path in wanted})


def _tree(asking: Asking[T], parsed: Parsed[T]) -> Json:
    """What was read, as plain JSON."""
    value: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
    return said(asking.schema, value, parsed.given) if parsed.ok else parsed.partial


def _without_removed(kept: Kept, asking: Asking[T], parsed: Parsed[T]) -> Parsed[T]:
    """The value without the keys that the schema had then and forbids now."""
    then = kept.form.plain.node
    gone = [
        issue.repair
        for issue in parsed.issues
        if issue.code == "unknown_key" and issue.repair and then.along(issue.path)
    ]
    if not gone or parsed.open or parsed.readings:
        return parsed
    left = without(parsed.partial, [repair.path for repair in gone])
    again = parse_tree(asking.schema, left, quotes=parsed.quotes, form=asking.form, max_risk=asking.max_risk)
    removed = (Repair("removed_field", repair.path, repair.before, None, Risk.LOSSLESS) for repair in gone)
    return replace(again, repairs=(*parsed.repairs, *removed, *again.repairs))


def _with_part(kept: Kept, asking: Asking[T], parsed: Parsed[T], entry: Entry) -> Parsed[T]:
    """The value with the answer to a question for a part of it, where that still helps."""
    if asked := AskedFields.by(entry.request, kept.forms):
        return _with_fields(asking, parsed, entry, asked)
    rest = rest_question(asking, parsed)
    joined = None if parsed.ok or rest is None else parse_answer(rest, entry.completion)
    return joined if joined is not None and joined.ok else parsed


def _with_fields(asking: Asking[T], parsed: Parsed[T], entry: Entry, asked: AskedFields) -> Parsed[T]:
    """The value with those of the answered fields that the schema still has and that have a place in it."""
    tree, schema = _tree(asking, parsed), asking.schema.node
    if parsed.open or parsed.readings or not isinstance(tree, dict | list):
        return parsed
    fitting = [path for path in asked.paths if schema.along(path) and can_put(tree, steps(path))]
    if not fitting:
        return parsed
    left = asked.only(fitting)
    draft = Draft(asking, tree, parsed.repairs, left.paths, parsed.quotes)
    question = Question(asking, entry.request, "", left.form.plain, left.form, draft, part=True)
    after = parse_answer(question, entry.completion)
    unread = after.partial is tree
    return parsed if unread or (parsed.ok and not after.ok) or _forgets(parsed, after, fitting) else after


def _forgets(parsed: Parsed[T], after: Parsed[T], answered: Sequence[str]) -> bool:
    """Whether something was refused that was not answered, and is not refused any more: a doubt of the reading.

    What could be read in two ways stands in the tree in one of them, which validation alone would accept.
    """
    known = {issue.path for issue in after.issues}
    return any(
        issue.path not in known and not all(_within(path, answered) for path in involved(issue, parsed.partial))
        for issue in parsed.issues
    )


def _with_new(kept: Kept, asking: Asking[T], parsed: Parsed[T]) -> Parsed[T]:
    """The same; refused where the schema asks for what nobody has asked for yet."""
    tree = _tree(asking, parsed)
    if not isinstance(tree, dict | list):
        return parsed
    paths = kept.change(asking.schema.node).unasked(tree)
    if not paths:
        return parsed
    if parsed.open or parsed.readings:  # asking for the rest of it would not ask for what is new within
        return replace(parsed, partial=None, open=(), readings=())
    issues = (
        *(issue for issue in parsed.issues if not _within(issue.path, paths)),
        *(Issue(path, _new_words(asking.schema, path), "new") for path in paths),
    )
    repairs = tuple(repair for repair in parsed.repairs if not _within(repair.path, paths))
    quotes = {path: quote for path, quote in parsed.quotes.items() if not _within(path, paths)}
    return Parsed(False, None, issues, repairs, without(tree, paths), quotes=quotes)


def _new_words(schema: Schema[T], path: str) -> str:
    """Why a new field is asked for, and what to answer where the text has none."""
    part = answer_part(schema.node, path)
    return f"{NEW}{OR_NULL}" if part is not None and takes_null(part) else NEW


def _within(path: str, paths: Sequence[str]) -> bool:
    return any(path == one or path.startswith(f"{one}/") for one in paths)
