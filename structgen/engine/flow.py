"""The straight line as one generator: compile -> send -> parse -> ground, and reask while an answer is refused.

It yields effects (`Send`) and receives completions. It performs no I/O, so that the same line runs under a sync and an
async driver, and tests need neither. A refused response is a value here. A transport error is an exception that the
driver throws into the generator.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias, TypeVar, cast

from structgen.compile import Input, Plan
from structgen.core.errors import (
    BudgetExceeded,
    DeadlinePassed,
    ExtractionFailed,
    StoreError,
    StructgenError,
    TransportError,
)
from structgen.core.json import Json, at, steps
from structgen.core.options import EvidenceMode
from structgen.core.records import Completion, Evidence, Passage, Request, Status, Usage
from structgen.core.results import Attempt, Extraction, Issue, Parsed
from structgen.engine.budget import FREE, all_tried, beyond, cost_of_attempts
from structgen.engine.claims import as_dumped, chosen, constants, restated, said, unclaimed
from structgen.ground import locate_in_part
from structgen.parse import parse_completion, parse_tree
from structgen.parse.json_values import same
from structgen.reask import ExtractionScope, Question, first_question, reask
from structgen.report import extraction_html, failure_html
from structgen.schema import Schema

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """The effect of sending a request. `attempt` counts from 1, `at_most` is the maximum usage.

    `refused` are the issues of the answer before, which is why it is sent; empty for the first. `beyond` is the reason
    why the request could exceed the budget. Then only a stored answer may be used, and the driver throws BudgetExceeded
    if there is none.
    """

    request: Request
    attempt: int
    why: str
    at_most: Usage
    beyond: str | None = None
    refused: tuple[Issue, ...] = ()


FAULTS = (TransportError, StoreError, BudgetExceeded)
"""What a driver throws into the line if no completion arrived, or if it could not be stored."""

UNFOUND = "does not occur in the document: give what the document says, or null"
UNQUOTED = "has no quote from the document: give what the document says and quote its words, or give null"
"""Why a value is unsupported. The model reads this when it is asked again."""

Line: TypeAlias = Generator[Send, Completion, Extraction[T]]


@dataclass(frozen=True, slots=True)
class SideBySide:
    """The effect of a document that is read in chunks: run these lines concurrently.

    It is answered with the outcome of each line, in their order.
    """

    lines: tuple[Line[Any], ...]


DocumentLine: TypeAlias = Generator[Send | SideBySide, Any, Extraction[T]]
"""The line for a document of any length. What it receives depends on the effect."""


def extraction(plan: Plan[T], text: Input, first: Question[T] | None = None) -> Line[T]:
    """Ask until a response is accepted or the budget is spent. Nothing that was paid for is ever dropped.

    `first` replaces the first question, if a stored answer is read again. Raises ExtractionFailed with every attempt
    and the last partial value, BudgetExceeded if the next question could exceed the budget, and TransportError if not
    even the first completion arrived.
    """
    question = first or first_question(compile_text(plan, text))
    scope = question.scope
    attempts: tuple[Attempt, ...] = ()
    parsed: Parsed[T] | None = None
    while True:
        at_most = question.at_most
        unaffordable = _check_budget(plan, attempts, parsed, at_most)
        try:
            refused = attempts[-1].issues if attempts else ()
            completion = yield Send(question.request, len(attempts) + 1, question.why, at_most, unaffordable, refused)
        # The driver raises it only if the store has no answer: a stored one costs nothing and is always allowed.
        except BudgetExceeded as error:
            raise _failed(plan, str(error), attempts, parsed, BudgetExceeded) from None
        except TransportError as error:
            failed = _interrupted(plan, error, attempts, parsed)
            raise failed from failed.__cause__
        except StoreError as error:
            raise _without_store(plan, error, attempts, parsed) from error
        parsed = ground_answer(scope, parse_answer(question, completion), completion)
        attempts = (*attempts, Attempt(question.request, completion, parsed.issues, question.why, at_most))
        if parsed.ok:
            return _accepted(scope, parsed, attempts)
        # Nothing more is paid for that cannot be stored.
        if completion.unstored:
            said = completion.unstored.rstrip(".")
            raise _failed(plan, said, attempts, parsed) from StoreError(completion.unstored)
        # Rules and other deterministic senders would give the same answer again.
        if completion.final:
            raise _failed(plan, "The answer does not match the schema", attempts, parsed)
        question = reask(question, attempts[-1], parsed)


def compile_text(plan: Plan[T], text: Input) -> ExtractionScope[T]:
    """Return the request for the whole value, with all that later questions about the text need."""
    return ExtractionScope(plan, plan.request_for(text))


def parse_answer(question: Question[T], completion: Completion) -> Parsed[T]:
    """Parse an answer in the form in which it was asked for. The answer to a part is joined with what was kept."""
    max_risk = question.scope.max_risk
    answer: Parsed[T] = parse_completion(
        question.schema, completion, question.request, form=question.form, max_risk=max_risk
    )
    if question.joining is None:
        return answer
    joined = question.joining.join(answer)
    if isinstance(joined, Parsed):
        return joined
    # Checks across fields can only be made on the whole, so it is validated again with its new part.
    scope = question.scope
    whole = parse_tree(
        scope.schema,
        joined.tree,
        quotes=joined.quotes,
        form=scope.form,
        max_risk=max_risk,
        date_order=question.request.conventions.date_order,
    )
    return replace(whole, repairs=(*joined.repairs, *whole.repairs))


def ground_answer(scope: ExtractionScope[T], parsed: Parsed[T], completion: Completion) -> Parsed[T]:
    """Refuse an accepted value if evidence is required and the text does not support a part of the value.

    Without that option there is nothing to do yet: evidence is looked up when somebody reads it.
    """
    if not parsed.ok or not scope.plan.brief.options.require_evidence:
        return parsed
    found = _evidence(scope, parsed, completion)
    unsupported = [piece.path for piece in found if piece.status is Status.UNSUPPORTED]
    if not unsupported:
        return parsed
    value: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
    tree = said(scope.schema, value, parsed.given)
    issues = tuple(
        Issue(path, UNQUOTED if path in parsed.quotes else UNFOUND, "unsupported")
        for path in unsupported
        if path not in scope.supported or not same(scope.supported[path], cast(Json, at(tree, steps(path))))
    )
    if not issues:
        return parsed
    return Parsed(False, None, issues, parsed.repairs, tree, quotes=parsed.quotes)


def _accepted(scope: ExtractionScope[T], parsed: Parsed[T], attempts: tuple[Attempt, ...]) -> Extraction[T]:
    """Return the result. Evidence is located when it is first read: many users never do, and it takes time."""
    usage = usage_of(attempts)
    value: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
    return Extraction(
        value=value,
        repairs=parsed.repairs,
        attempts=attempts,
        usage=usage,
        cost=cost_of_attempts(attempts, scope.card),
        locate=partial(_evidence, scope, parsed, attempts[-1].completion),
        view=partial(extraction_html, document=scope.first.document),
    )


def _evidence(scope: ExtractionScope[T], parsed: Parsed[T], completion: Completion) -> tuple[Evidence, ...]:
    """Return the sender's own evidence if it has any; otherwise locate the quotes, or the values themselves."""
    document, options = scope.first.document, scope.plan.brief.options
    if document is None or (options.evidence is EvidenceMode.NONE and not options.require_evidence):
        return ()
    if completion.evidence is not None:
        return completion.evidence
    return locate_claims(scope.schema, parsed, document, scope.first.above)


def locate_claims(
    schema: Schema[T], parsed: Parsed[T], document: str, above: Sequence[Passage] = ()
) -> tuple[Evidence, ...]:
    """Locate what an accepted value claims about a document, by its quotes if it has some."""
    value: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
    apart = unclaimed(schema, value, parsed.given) | restated(schema, parsed.given, parsed.quotes)
    listed = chosen(schema, parsed.given) if parsed.quotes else frozenset[str]()
    return locate_in_part(as_dumped(schema, value), document, above, parsed.quotes, apart, listed)


def _check_budget(plan: Plan[T], attempts: tuple[Attempt, ...], parsed: Parsed[T] | None, at_most: Usage) -> str | None:
    """Return the reason why the next question may not be paid for, or None. Raise if no attempt is left."""
    budget = plan.brief.options.budget
    if reason := all_tried(budget, attempts):
        raise _failed(plan, reason, attempts, parsed, BudgetExceeded)
    if plan.brief.provider == FREE:
        return None
    return beyond(budget, attempts, at_most, plan.brief.card)


def _interrupted(
    plan: Plan[T], error: TransportError, attempts: tuple[Attempt, ...], parsed: Parsed[T] | None
) -> TransportError | ExtractionFailed:
    """Return the error to raise for a transport error: one with all attempts, if a completion arrived before it."""
    if isinstance(error, DeadlinePassed):
        failed = _failed(plan, "The time budget ran out", attempts, parsed, BudgetExceeded)
    elif parsed is None:
        return error
    else:
        failed = _failed(plan, f"Asking again failed: {error}", attempts, parsed)
    failed.__cause__ = error
    return failed


def _without_store(
    plan: Plan[T], error: StoreError, attempts: tuple[Attempt, ...], parsed: Parsed[T] | None
) -> StructgenError:
    """Return the error for a store that cannot be used, with the attempts before it."""
    return _failed(plan, str(error).rstrip("."), attempts, parsed) if attempts else StoreError(str(error))


def _failed(
    plan: Plan[T],
    what: str,
    attempts: tuple[Attempt, ...],
    parsed: Parsed[T] | None,
    kind: type[ExtractionFailed] = ExtractionFailed,
) -> ExtractionFailed:
    """Return the exception with all attempts. Its message says what happened and names the first issue."""
    issues, document = parsed.issues if parsed else (), attempts[0].request.document if attempts else None
    wrong = f": {issues[0].path or 'the whole'}: {issues[0].message}" if issues else ""
    more = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
    # after the sentences of another error, the issue needs one of its own
    before = ". The answer before was refused" if wrong and what.endswith(".") else ""
    return kind(
        f"{what.rstrip('.')}{before}{wrong.rstrip('.')}{more}.",
        attempts=attempts,
        partial=parsed.partial if parsed else None,
        repairs=parsed.repairs if parsed else (),
        usage=usage_of(attempts),
        view=partial(failure_html, document=document),
        locate=partial(_where, plan, attempts, parsed) if attempts and parsed else None,
    )


def _where(plan: Plan[T], attempts: tuple[Attempt, ...], parsed: Parsed[T]) -> tuple[Evidence, ...]:
    """Locate the partial value of a refused answer in the text."""
    completion, request = attempts[-1].completion, attempts[0].request
    if completion.evidence is not None:
        return completion.evidence
    if request.document is None:
        return ()
    schema, tree = plan.brief.schema, parsed.partial
    listed = chosen(schema, tree) if parsed.quotes else frozenset[str]()
    apart = constants(schema, tree) | restated(schema, tree, parsed.quotes)
    return locate_in_part(tree, request.document, request.above, parsed.quotes, apart, listed)


def usage_of(attempts: tuple[Attempt, ...]) -> Usage:
    """Return the usage of all attempts together."""
    return sum((attempt.completion.usage for attempt in attempts), Usage())
