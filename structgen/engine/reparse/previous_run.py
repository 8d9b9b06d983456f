"""An earlier run in front of the wire: each text begins with what that run got for it, read again by the schema of now.

Nothing that was paid for is paid for again. What the old answers cannot say is asked as if they had just come in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from structgen.compile import Input, Plan
from structgen.core.errors import ConfigurationError, StructgenError
from structgen.core.json import Json, steps
from structgen.core.options import Risk
from structgen.core.records import Document, Example
from structgen.core.results import Issue, Parsed, Repair
from structgen.documents.chunks import ChunkSchema
from structgen.engine.claims import said
from structgen.engine.flow import parse_answer
from structgen.engine.reparse.schema_diff import AskedFields, AskedParts, Change
from structgen.forms import AnswerForm, prompt_forms, sent_by
from structgen.parse import parse_tree
from structgen.reask import Asking, Joined, Question
from structgen.reask.fields import Draft, answer_part, involved, takes_null
from structgen.reask.rest import rest_question
from structgen.reask.value_paths import can_put, without
from structgen.schema import Schema
from structgen.schema.node import Node
from structgen.store import Entry, Run, RunSpec, Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PreviousRun:
    """A run in a store whose answers are read again before anything is asked.

    A text that the run did not see, or was asked about in other words (instructions, examples, what the schema says of
    itself), is asked about whole; with `keep` such answers, and those to fields with other descriptions, count on.
    """

    store: Store
    run: Run
    keep: bool = False
    endpoint: str = ""
    """The server that is asked now, as `Request.endpoint` names it."""
    _known: dict[tuple[int, bool], tuple[AnswerForm, ...]] = field(default_factory=dict[Any, Any], repr=False)

    def at(self, endpoint: str) -> PreviousRun:
        """The same, where this server is asked now."""
        return replace(self, endpoint=endpoint)

    def question(self, plan: Plan[T], text: Input) -> Question[T] | None:
        """The question whose stored answer replaces the first question, or None if the run has none for this text.

        Raises ConfigurationError if the run asked another server.
        """
        document = text.text if isinstance(text, Document) else text
        entries = self.store.answers(self.run.id, document) if isinstance(document, str) else ()
        self._check_server(entries)
        kept = self._kept(plan, text, entries)
        if kept is None:
            return None
        for entry in (kept.whole, *kept.parts):
            self.store.note(entry)
        return kept_question(kept, Asking(plan, plan.request_for(text)))

    def _check_server(self, entries: Sequence[Entry]) -> None:
        others = {entry.request.endpoint for entry in entries} - {self.endpoint}
        if others:
            there, here = (name or "the provider's own server" for name in (others.pop(), self.endpoint))
            raise ConfigurationError(
                f"Run {self.run.id} asked {there}, and now it would be {here}. Set the base URL as it was then, or "
                "read what is kept alone with the model replay."
            )

    def _kept(self, plan: Plan[Any], text: Input, entries: Sequence[Entry]) -> Kept | None:
        """What is kept for a text, None where it is no answer to what is asked now."""
        if not entries or self._is_answered(plan, text, entries):
            return None
        chunk = isinstance(plan.brief.schema, ChunkSchema)
        for number in reversed(range(len(entries))):
            entry = entries[number]
            for asked in self.run.asked:
                sent = (sent_by(entry.request, one) for one in self._forms(asked, chunk=chunk))
                form = next(filter(None, sent), None)
                if form is not None:
                    if not self.keep and (
                        other_words(asked, _asked_now(plan)) or (plan.form.quoted and not form.quoted)
                    ):
                        return None
                    forms = tuple(one for each in self.run.asked for one in self._forms(each, chunk=chunk))
                    return Kept(entry, tuple(entries[number + 1 :]), form, forms, not self.keep, self.run.id)
        return None

    def _is_answered(self, plan: Plan[Any], text: Input, entries: Sequence[Entry]) -> bool:
        """Whether the very question of now has an answer in the store that is none of those."""
        request = replace(plan.request_for(text), endpoint=self.endpoint)
        return request not in [entry.request for entry in entries] and self.store.get(request) is not None

    def _forms(self, asked: RunSpec, *, chunk: bool) -> tuple[AnswerForm, ...]:
        """How was asked for a whole text or a chunk; nothing where that schema cannot be used any more."""
        key = (id(asked), chunk)
        if key not in self._known:
            then = Schema[Json]("then", asked.json_schema, None, {})
            try:
                self._known[key] = prompt_forms(ChunkSchema(then) if chunk else then)
            except StructgenError:
                self._known[key] = ()
        return self._known[key]


def stored_question(previous: PreviousRun | None, plan: Plan[T], text: Input) -> Question[T] | None:
    """The question of a previous run that replaces the first question for a text, if there is one."""
    return previous.question(plan, text) if previous else None


def asked_of(schema: Schema[Any], instructions: str, examples: Sequence[Example]) -> RunSpec:
    """What a run notes of what it asks for."""
    return RunSpec(schema.json_schema, instructions, _pairs(examples))


def _pairs(examples: Sequence[Example]) -> Json:
    """Worked examples as plain JSON."""
    return json.loads(json.dumps([[example.text, example.value] for example in examples]))


def _asked_now(plan: Plan[Any]) -> RunSpec:
    return asked_of(plan.brief.schema, plan.brief.instructions, plan.brief.examples)


def other_words(then: RunSpec, now: RunSpec) -> tuple[str, ...]:
    """What is told in other words now, of that which is said of the task as a whole."""
    schema = Change(AskedParts(Node.of(then.json_schema), {}).at, Node.of(now.json_schema))
    differs = {
        "instructions": then.instructions != now.instructions,
        "examples": (then.examples or []) != now.examples,
        "description": schema.is_other(""),
    }
    return tuple(what for what, other in differs.items() if other)


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
