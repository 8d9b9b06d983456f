"""The line of a cascade: the lines of its models in turn, each asked only for what the ones before it left open."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Generic, TypeVar, cast

from structgen.compile import Plan
from structgen.compile.parameters import message_tokens, tokens_of
from structgen.core.errors import (
    BudgetExceeded,
    ExtractionFailed,
    RequestTooLarge,
    StoreError,
    StructgenError,
    TransportError,
)
from structgen.core.json import MISSING, Json, is_within
from structgen.core.options import Budget
from structgen.core.records import Completion, Evidence, Status, Usage
from structgen.core.results import Alone, Attempt, Extraction, Issue, Parsed, Repair
from structgen.engine.budget import FREE, Prices, cost_of, is_paid, spent_at_most
from structgen.engine.budget import tokens_of as tokens_spent
from structgen.engine.cascade.model_order import attempts_of
from structgen.engine.cascade.open_fields import fields_of, unfound
from structgen.engine.claims import said, unclaimed
from structgen.engine.document_input import ReadableInput
from structgen.engine.flow import FAULTS, Line, extraction, usage_of
from structgen.parse.json_values import same
from structgen.reask import ExtractionScope, first_question
from structgen.reask.failing_fields import NAME
from structgen.reask.remaining_fields import remaining_question
from structgen.report import failure_html

T = TypeVar("T")

NOT_FOUND = "was not found by the rules: give it if the document says it"
_UNFINISHED = frozenset({"cut_off", "syntax", "depth", "stopped"})
"""Codes of issues that leave open what the response would have said."""


@dataclass(frozen=True, slots=True)
class Turn(Generic[T]):
    """A model of a cascade: what it is asked, and what it reads."""

    plan: Plan[T]
    readable: ReadableInput

    @property
    def model(self) -> str:
        """The name of the model, as in the cascade."""
        brief = self.plan.brief
        return FREE if brief.provider == FREE else f"{brief.provider}/{brief.model}"


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """What the models so far have left: the value with an issue for each open field, or None if no model answered.

    `values`, `models` and `evidence` are those of the fields that stand, by path. `model` left the others open.
    """

    parsed: Parsed[T] | None = None
    model: str = ""
    values: Mapping[str, Json] = field(default_factory=dict[str, Json])
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    evidence: Mapping[str, Evidence] = field(default_factory=dict[str, Evidence])

    def model_of(self, path: str, value: Json, model: str) -> str:
        """Return who answered a field: the model that first gave this value, or else `model`."""
        return self.models[path] if self._holds(path, value) else model

    def evidence_of(self, found: Iterable[Evidence], tree: Mapping[str, Json]) -> tuple[Evidence, ...]:
        """Return evidence in which the fields that stand have that of their own model."""
        return tuple(
            self.evidence[one.path]
            if one.path in self.evidence and self._holds(one.path, tree.get(one.path, MISSING))
            else one
            for one in found
        )

    @property
    def stands(self) -> bool:
        """Whether any model has found something."""
        return any(value is not None for value in self.values.values())

    def supports(self, path: str) -> bool:
        """Whether the text supports the value of a field that stands."""
        return path in self.evidence and self.evidence[path].status is not Status.UNSUPPORTED

    def _holds(self, path: str, value: object) -> bool:
        return path in self.values and same(self.values[path], cast(Json, value))

    def after(self, model: str, tree: Json, issues: Sequence[Issue], found: _Found) -> Kept[T]:
        """Return what stands after another model."""
        open_paths = {issue.path for issue in issues}
        fields = {path: value for path, value in fields_of(tree) if not is_within(path, open_paths)}
        unfinished = any(issue.code in _UNFINISHED for issue in issues)
        placed = {one.path: one for one in found.evidence}
        own = {path: one for path, one in self.evidence.items() if self._holds(path, fields.get(path, MISSING))}
        evidence = {path: (placed | own)[path] for path in fields if path in placed or path in own}
        return Kept(
            # An unfinished value is asked for whole: nobody knows what it would have contained.
            Parsed(False, None, tuple(issues), found.repairs, tree, open=("",) if unfinished else ()),
            model,
            fields,
            {path: self.model_of(path, value, model) for path, value in fields.items()},
            evidence,
        )


@dataclass(frozen=True, slots=True)
class _Found:
    """What belongs to an answer: its repairs and its evidence in the document."""

    repairs: tuple[Repair, ...]
    evidence: tuple[Evidence, ...]


def cascade_extraction(
    turns: Sequence[Turn[T]], prices: Prices, budget: Budget, can_cut: Callable[[], bool]
) -> Line[T]:
    """Ask the models in turn until nothing is open. What a model answered is kept, with its evidence.

    `budget` is that of all models together; `can_cut` says whether the text can be read in chunks. Raises the errors of
    `extraction`: ExtractionFailed with the attempts of all models and with what stands, TransportError if not even the
    first completion arrived.
    """
    kept: Kept[T] = Kept()
    attempts: tuple[Attempt, ...] = ()
    failed = ExtractionFailed("The rules did not find every field.")
    for number, turn in enumerate(turns):
        left = _left(budget, tuple(one.model for one in turns), number, attempts, prices)
        try:
            result = yield from _numbered(_line(turn, left, kept), len(attempts))
        except ExtractionFailed as error:
            failed, attempts = error, (*attempts, *error.attempts)
            kept = _after_failure(turn, kept, error)
            # A model that cannot be reached has not judged the text: that is no reason to pay for a better one.
            if isinstance(error.__cause__, TransportError | StoreError):
                break
        except (TransportError, StoreError) as error:
            # The caller reads the document in chunks.
            too_large = isinstance(error, RequestTooLarge) and not is_paid(attempts) and can_cut()
            if kept.parsed is None or too_large:
                raise
            failed = _unreached(turn, error)
            break
        else:
            attempts = (*attempts, *result.attempts)
            after = _after_rules(turn, result) if turn.model == FREE else None
            if after is None:
                return _accepted(turns, turn, kept, replace(result, attempts=attempts), prices)
            kept = after
    raise _refused(turns, failed, kept, attempts) from failed.__cause__


def _unreached(turn: Turn[T], error: TransportError | StoreError) -> ExtractionFailed:
    failed = ExtractionFailed(f"Asking {turn.model} failed: {error}")
    failed.__cause__ = error
    return failed


def _line(turn: Turn[T], budget: Budget, kept: Kept[T]) -> Line[T]:
    """Return the line of one model: the whole value, or what is open."""
    brief, text = turn.plan.brief, turn.readable.input
    plan = replace(turn.plan, brief=replace(brief, options=replace(brief.options, budget=budget)))
    supported = {path: value for path, value in kept.values.items() if kept.supports(path)}
    scope = ExtractionScope(plan, plan.request_for(text), supported)
    question = None
    # If nothing stands, the whole costs less: its prompt is the one that servers have cached.
    if kept.parsed is not None and kept.stands:
        question = remaining_question(scope, kept.parsed, by=kept.model)
    return turn.readable.placed(extraction(plan, text, question or first_question(scope)))


def _numbered(line: Line[T], before: int) -> Line[T]:
    """Count the attempts on from those of the models before."""
    effect = next(line)
    try:
        while True:
            try:
                completion: Completion = yield replace(effect, attempt=effect.attempt + before)
            except FAULTS as error:
                effect = line.throw(error)
            else:
                effect = line.send(completion)
    except StopIteration as done:
        return done.value


def _left(
    budget: Budget, models: tuple[str, ...], number: int, attempts: tuple[Attempt, ...], prices: Prices
) -> Budget:
    """Return what a model may spend of the budget of the cascade; `number` is its index."""
    used = sum(attempt.request.provider != FREE for attempt in attempts)
    tokens, cost = budget.max_tokens, budget.max_cost
    if tokens is not None:
        tokens = max(0, tokens - sum(tokens_spent(spent_at_most(one)) for one in attempts))
    if cost is not None:
        cost = max(0.0, cost - (prices.cost(attempts, spent_at_most) or 0.0))
    most = attempts_of(number, models, budget.max_attempts, used)
    return replace(budget, max_attempts=most, max_tokens=tokens, max_cost=cost)


def _after_rules(turn: Turn[T], result: Extraction[T]) -> Kept[T] | None:
    """Return what the rules have left open of an accepted value, or None if they found everything."""
    schema = turn.plan.brief.schema
    tree = said(schema, result.value, json.loads(result.attempts[-1].completion.text))
    # The rules are not sure either that the root is empty.
    paths = [""] if tree in (None, "", [], {}) else unfound(schema.node, tree)
    issues = [Issue(path, NOT_FOUND, "missing") for path in paths]
    if not issues:
        return None
    nothing: Kept[T] = Kept()
    return nothing.after(turn.model, tree, issues, _Found(result.repairs, result.evidence))


def _after_failure(turn: Turn[T], kept: Kept[T], error: ExtractionFailed) -> Kept[T]:
    """Return what stands after a model whose answer was refused."""
    if not error.attempts:
        return kept
    part = error.attempts[-1].request.schema_name == NAME
    # A refused answer for the whole value replaces nothing that stands.
    if kept.stands and not (part and isinstance(error.partial, dict | list)):
        return kept
    issues = list(error.issues)
    if turn.model == FREE:
        wrong = [issue.path for issue in issues]
        open_paths = unfound(turn.plan.brief.schema.node, error.partial)
        issues += [Issue(path, NOT_FOUND, "missing") for path in open_paths if not is_within(path, wrong)]
    found = _Found(error.repairs, error.locate() if error.locate else ())
    return kept.after(turn.model, error.partial, issues, found)


def _accepted(
    turns: Sequence[Turn[T]], turn: Turn[T], kept: Kept[T], result: Extraction[T], prices: Prices
) -> Extraction[T]:
    """Return the result of the cascade: its value, who answered which field, and what all models took."""
    schema = turn.plan.brief.schema
    try:
        tree = schema.dump(result.value)
    except ValueError:  # the value has no JSON form
        tree = None
    apart = unclaimed(schema, result.value, None)
    fields = {path: value for path, value in fields_of(tree) if not is_within(path, apart)}
    return replace(
        result,
        usage=usage_of(result.attempts),
        cost=prices.cost(result.attempts),
        locate=lambda: kept.evidence_of(result.locate(), fields),
        models={path: kept.model_of(path, value, turn.model) for path, value in fields.items()},
        alone=_alone(turns[-1], tree),
    )


def _alone(last: Turn[T], tree: Json) -> Alone | None:
    """Estimate what the last model would have used alone: the first question, and an answer of this length."""
    try:
        request = last.plan.request_for(last.readable.input)
    except StructgenError:
        return None
    answer = tokens_of(len(json.dumps(tree, ensure_ascii=False, default=str)))
    usage = Usage(message_tokens(request.messages), answer, calls=1)
    return Alone(last.model, usage, cost_of(usage, last.plan.brief.card))


def _refused(
    turns: Sequence[Turn[T]], failed: ExtractionFailed, kept: Kept[T], attempts: tuple[Attempt, ...]
) -> ExtractionFailed:
    """Return the failure of the cascade, with what stands."""
    document = attempts[0].request.document if attempts else None
    parsed = kept.parsed
    kind = BudgetExceeded if isinstance(failed, BudgetExceeded) else ExtractionFailed
    last = f"{failed.attempts[-1].request.provider}/{failed.attempts[-1].request.model}: " if failed.attempts else ""
    error = kind(
        f"{last}{failed}",
        attempts=attempts,
        partial=parsed.partial if parsed else failed.partial,
        usage=usage_of(attempts),
        repairs=parsed.repairs if parsed else failed.repairs,
        issues=parsed.issues if parsed else failed.issues,
        view=partial(failure_html, document=document),
        locate=lambda: tuple(kept.evidence.values()),
    )
    error.models = kept.models
    error.alone = _alone(turns[-1], error.partial)
    return error
