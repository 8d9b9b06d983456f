"""A previous run read again: its stored answers are read by the current schema before anything is sent.

Nothing is paid twice. What the stored answers do not contain is asked for as if they had just arrived.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar, cast

from structgen.compile import Brief, Input, Plan, delimited
from structgen.compile.prompt_text import conventions_text, example_answer, system_prompt
from structgen.core.errors import ConfigurationError, StructgenError
from structgen.core.json import Json, is_within, steps
from structgen.core.options import Risk, Style
from structgen.core.records import Document, Example, Request
from structgen.core.results import Issue, Parsed, Repair
from structgen.documents.chunks import ChunkSchema
from structgen.engine.claims import said
from structgen.engine.flow import parse_answer
from structgen.engine.reparse.schema_diff import Change, FieldsRequest, RequestedSchema
from structgen.engine.reparse.widening import asks_more
from structgen.forms import AnswerForm, prompt_forms, sent_by
from structgen.parse import parse_tree
from structgen.reask import ExtractionScope, Joined, Question
from structgen.reask.failing_fields import Draft, answer_part, involved, takes_null
from structgen.reask.rest import rest_question
from structgen.reask.value_paths import can_put, without
from structgen.schema import Schema
from structgen.schema.node import Node
from structgen.store import Entry, Run, RunSpec, Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PreviousRun:
    """A run in a store whose answers are read again before anything is sent.

    A text is asked about as a whole if the run did not see it, or if the instructions, the examples or the description
    of the schema differ from those that its answer followed. With `keep`, answers are used although the wording has
    changed, also of fields. It serves `extract` and `map`; other calls refuse it.
    """

    store: Store
    run: Run
    keep: bool = False
    endpoint: str = ""
    """The server that is used now, as `Request.endpoint` names it."""
    _known: dict[tuple[int, bool], tuple[AnswerForm, ...]] = field(default_factory=dict[Any, Any], repr=False)

    def at(self, endpoint: str) -> PreviousRun:
        """Return this run for use with another server."""
        return replace(self, endpoint=endpoint)

    def question(self, plan: Plan[T], text: Input) -> Question[T] | None:
        """The question whose stored answer replaces the first question, or None if the run has none for this text.

        Raises ConfigurationError for a chat, and if the run asked another model or server.
        """
        document = text.text if isinstance(text, Document) else text
        if not isinstance(document, str):
            raise only_extract("a chat", "Pass a text or a Document")
        entries = self.store.answers(self.run.id, document)
        self._check_model(entries, plan.brief)
        kept = self._kept(plan, text, entries)
        if kept is None:
            return None
        for entry in (kept.whole, *kept.parts):
            self.store.note(entry)
        return reread_question(kept, ExtractionScope(plan, plan.request_for(text)))

    def _check_model(self, entries: Sequence[Entry], brief: Brief[Any]) -> None:
        models = {f"{entry.request.provider}/{entry.request.model}" for entry in entries}
        if other := models - {f"{brief.provider}/{brief.model}"}:
            raise ConfigurationError(
                f"Run {self.run.id} used {min(other)}, and what is missing is requested from the same model. Use that "
                f"model instead of {brief.provider}/{brief.model}, or the model replay, which sends nothing."
            )
        servers = {entry.request.endpoint for entry in entries} - {self.endpoint}
        if servers:
            there, here = (name or "the provider's own server" for name in (min(servers), self.endpoint))
            raise ConfigurationError(
                f"Run {self.run.id} used {there}, and this one would use {here}. Set the base URL of that run, or use "
                "the model replay, which reads the store alone."
            )

    def _kept(self, plan: Plan[Any], text: Input, entries: Sequence[Entry]) -> StoredAnswers | None:
        """Return the stored answers for a text, or None if they do not answer the current question."""
        if not entries or self._is_answered(plan, text, entries):
            return None
        chunk = isinstance(plan.brief.schema, ChunkSchema)
        # The last answer for the whole counts; later entries are answers for parts of it.
        for number in reversed(range(len(entries))):
            followed = self._followed(entries[number].request, chunk=chunk)
            if not followed:
                continue
            if any(self._is_other(plan, asked, form) for asked, form in followed):
                return None
            forms = tuple(one for each in self.run.asked for one in self._forms(each, chunk=chunk))
            later = tuple(entries[number + 1 :])
            return StoredAnswers(entries[number], later, followed[-1][1], forms, not self.keep, self.run.id)
        return None

    def _followed(self, request: Request, *, chunk: bool) -> Sequence[tuple[RunSpec, AnswerForm]]:
        """Return what a request for a whole value asked for, with the form that it sent; empty if it did not.

        A run that kept the answers of another one was itself asked for something else. The prompt of the request shows
        which of the two an answer followed. If it cannot be told, because an older version worded the prompt, both are
        returned: neither may then differ from what is asked for now.
        """
        found = [(asked, self._sent(request, asked, chunk=chunk)) for asked in self.run.asked]
        fitting = [(asked, form) for asked, form in found if form is not None]
        shown = [(asked, form) for asked, form in fitting if is_shown(request, form, asked)]
        return shown or fitting

    def _sent(self, request: Request, asked: RunSpec, *, chunk: bool) -> AnswerForm | None:
        return next(filter(None, (sent_by(request, form) for form in self._forms(asked, chunk=chunk))), None)

    def _is_other(self, plan: Plan[Any], asked: RunSpec, form: AnswerForm) -> bool:
        """Whether any answer could differ now, so that the whole value is asked for again."""
        root = Change(RequestedSchema(form.plain.node, {}), plan.brief.schema.node, words=not self.keep)
        if root.is_other(""):
            return True
        told = (plan.brief.instructions, _pairs(plan.brief.examples))
        other = told != (asked.instructions, asked.examples or [])
        return not self.keep and (other or (plan.form.quoted and not form.quoted))

    def _is_answered(self, plan: Plan[Any], text: Input, entries: Sequence[Entry]) -> bool:
        """Whether the store has another answer to exactly the current request."""
        request = replace(plan.request_for(text), endpoint=self.endpoint)
        return request not in [entry.request for entry in entries] and self.store.get(request) is not None

    def _forms(self, asked: RunSpec, *, chunk: bool) -> tuple[AnswerForm, ...]:
        """Return the forms in which a whole text or a chunk was asked for; none if its schema is no longer usable."""
        key = (id(asked), chunk)
        if key not in self._known:
            then = Schema[Json]("then", asked.json_schema, None, {})
            try:
                self._known[key] = prompt_forms(ChunkSchema(then) if chunk else then)
            except StructgenError:
                self._known[key] = ()
        return self._known[key]


def stored_question(previous: PreviousRun | None, plan: Plan[T], text: Input) -> Question[T] | None:
    """Return the question of the previous run that replaces the first question for a text, if there is one."""
    return previous.question(plan, text) if previous else None


def run_spec_of(schema: Schema[Any], instructions: str, examples: Sequence[Example]) -> RunSpec:
    """Return the record of what a run asks for."""
    return RunSpec(schema.json_schema, instructions, _pairs(examples))


def _pairs(examples: Sequence[Example]) -> Json:
    """Return worked examples as plain JSON."""
    return json.loads(json.dumps([[example.text, example.value] for example in examples]))


def is_shown(request: Request, form: AnswerForm, asked: RunSpec) -> bool:
    """Whether a request shows the instructions, the schema and the examples of this specification."""
    examples = cast("list[list[Json]]", asked.examples or [])
    system, *rest = request.messages
    if len(rest) < 2 * len(examples):
        return False
    known = conventions_text(request.conventions)
    prompts = (
        system_prompt(form.shown, style, asked.instructions, extracting=True, quoted=form.quoted, known=known)
        for style in Style
    )
    for number, (text, value) in enumerate(examples):
        question, answer = rest[2 * number].text, rest[2 * number + 1].text
        # the quotes of an example are not recorded
        told = form.quoted or answer == example_answer(Example(str(text), value), form)
        if not told or delimited(str(text)) not in question:
            return False
    return system.text in prompts


def only_extract(what: str, instead: str) -> ConfigurationError:
    """Return the error for a call that cannot use the answers of a previous run."""
    return ConfigurationError(
        f"previous_run= reads the answers to the texts and documents of extract and map again, not those to {what}. "
        f"{instead}, or use an Extractor without previous_run."
    )


def other_words(then: RunSpec, now: RunSpec) -> tuple[str, ...]:
    """Return which texts about the task as a whole have changed."""
    new, old = (Node.of(now.json_schema),), (Node.of(then.json_schema),)
    differs = {
        "instructions": then.instructions != now.instructions,
        "examples": (then.examples or []) != now.examples,
        "description": asks_more(new, old, words=True) and not asks_more(new, old, words=False),
    }
    return tuple(what for what, other in differs.items() if other)


_DROPPED = frozenset({"ignored_key", "removed_field"})
"""The rules of the repairs that drop a key."""
NEW = "was not asked for before"
OR_NULL = "; null if the document does not contain it"


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """The stored answers for one text: the last one for the whole value, and those for parts that came after it.

    `form` is that of the answer for the whole, `forms` are those that the parts may have. `words`: whether a field with
    a changed description is asked for again.
    """

    whole: Entry
    parts: tuple[Entry, ...]
    form: AnswerForm
    forms: tuple[AnswerForm, ...]
    words: bool
    run: int

    def change(self, schema: Node) -> Change:
        """Return what a schema asks for that these answers do not contain."""
        later: dict[str, Node] = {}
        for entry in self.parts:
            if asked := FieldsRequest.by(entry.request, self.forms):
                later |= dict.fromkeys(asked.paths, Node.of(asked.schema))
        return Change(RequestedSchema(self.form.plain.node, later), schema, self.words)


@dataclass(frozen=True, slots=True)
class StoredValue(Generic[T]):
    """Builds the value of the current schema from the stored answers to the whole and to parts of it."""

    kept: StoredAnswers
    scope: ExtractionScope[T]

    def join(self, answer: Parsed[Any]) -> Joined | Parsed[T]:
        """Return the value so far. What the stored answers lack is an issue, so that it is asked for."""
        kept, scope = self.kept, self.scope
        parsed: Parsed[T] = _without_removed(kept, scope, _with_own_quotes(scope, answer))
        for entry in kept.parts:
            parsed = _with_part(kept, scope, parsed, entry)
        return _with_new(kept, scope, parsed)


def reread_question(kept: StoredAnswers, scope: ExtractionScope[T]) -> Question[T]:
    """Return the question that was asked then. Its answer is read by the current schema."""
    why, joining = f"the answer of run {kept.run} is read again", StoredValue(kept, scope)
    return Question(scope, kept.whole.request, why, scope.schema, kept.form, joining)


def _with_own_quotes(scope: ExtractionScope[T], parsed: Parsed[T]) -> Parsed[T]:
    """Return the value with a quote, or None, for each path that the current schema wants quotes for."""
    wanted = scope.form.quotable(_tree(scope, parsed))
    return replace(parsed, quotes={path: parsed.quotes.get(path) for path in wanted})


def _tree(scope: ExtractionScope[T], parsed: Parsed[T]) -> Json:
    """Return what was read as plain JSON."""
    value: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
    return said(scope.schema, value, parsed.given) if parsed.ok else parsed.partial


def _without_removed(kept: StoredAnswers, scope: ExtractionScope[T], parsed: Parsed[T]) -> Parsed[T]:
    """Return the value without the keys that the schema had then and forbids now."""
    then = kept.form.plain.node
    gone = [
        issue.repair
        for issue in parsed.issues
        if issue.code == "unknown_key" and issue.repair and then.along(issue.path)
    ]
    if not gone or parsed.open or parsed.readings:
        return parsed
    left = without(parsed.partial, [repair.path for repair in gone])
    again = parse_tree(scope.schema, left, quotes=parsed.quotes, form=scope.form, max_risk=scope.max_risk)
    removed = (Repair("removed_field", repair.path, repair.before, None, Risk.LOSSLESS) for repair in gone)
    return replace(again, repairs=(*parsed.repairs, *removed, *again.repairs))


def _with_part(kept: StoredAnswers, scope: ExtractionScope[T], parsed: Parsed[T], entry: Entry) -> Parsed[T]:
    """Return the value with the answer to a question for a part of it, if that improves it."""
    if asked := FieldsRequest.by(entry.request, kept.forms):
        return _with_fields(scope, parsed, entry, asked)
    rest = rest_question(scope, parsed)
    joined = None if parsed.ok or rest is None else parse_answer(rest, entry.completion)
    return joined if joined is not None and joined.ok else parsed


def _with_fields(scope: ExtractionScope[T], parsed: Parsed[T], entry: Entry, asked: FieldsRequest) -> Parsed[T]:
    """Return the value with the answered fields that the schema still has and that fit into the value."""
    tree, schema = _tree(scope, parsed), scope.schema.node
    if parsed.open or parsed.readings or not isinstance(tree, dict | list):
        return parsed
    fitting = [path for path in asked.paths if schema.along(path) and can_put(tree, steps(path))]
    if not fitting:
        return parsed
    left = asked.only(fitting)
    draft = Draft(scope, tree, parsed.repairs, left.paths, parsed.quotes)
    question = Question(scope, entry.request, "", left.form.plain, left.form, draft, part=True)
    after = parse_answer(question, entry.completion)
    unread = after.partial is tree
    return parsed if unread or (parsed.ok and not after.ok) or _forgets(parsed, after, fitting) else after


def _forgets(parsed: Parsed[T], after: Parsed[T], answered: Sequence[str]) -> bool:
    """Whether an issue disappeared that no answered field explains: the value could be read in two ways.

    The tree contains only one of the two readings, and validation alone would accept it.
    """
    known = {issue.path for issue in after.issues}
    return any(
        issue.path not in known and not all(is_within(path, answered) for path in involved(issue, parsed.partial))
        for issue in parsed.issues
    )


def _with_new(kept: StoredAnswers, scope: ExtractionScope[T], parsed: Parsed[T]) -> Parsed[T]:
    """Refuse the value if the schema asks for something that no stored answer was asked for."""
    tree = _tree(scope, parsed)
    if not parsed.ok and not isinstance(tree, dict | list):
        return parsed
    dropped = [repair.path for repair in parsed.repairs if repair.rule in _DROPPED]
    paths = kept.change(scope.schema.node).unasked(tree, dropped)
    if not paths:
        return parsed
    if parsed.open or parsed.readings:  # a question for the rest would not include what is new in the part before
        return replace(parsed, partial=None, open=(), readings=())
    issues = (
        *(issue for issue in parsed.issues if not is_within(issue.path, paths)),
        *(Issue(path, _new_words(scope.schema, path), "new") for path in paths),
    )
    repairs = tuple(repair for repair in parsed.repairs if not is_within(repair.path, paths))
    quotes = {path: quote for path, quote in parsed.quotes.items() if not is_within(path, paths)}
    return Parsed(False, None, issues, repairs, without(tree, paths), quotes=quotes)


def _new_words(schema: Schema[T], path: str) -> str:
    """Return why a new field is asked for, and what to answer if the text does not contain it."""
    part = answer_part(schema.node, path)
    return f"{NEW}{OR_NULL}" if part is not None and takes_null(part) else NEW
