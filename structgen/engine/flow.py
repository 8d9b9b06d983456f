"""The straight line as one generator: compile -> send -> parse -> reask -> ground.

It yields effects (`Send`) and receives Completions. It performs nothing itself, so the same line runs under a sync and
an async driver, and tests run it with neither. A response that is refused is a value here; a fault of the wire is an
exception that the driver throws into the generator.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeAlias, TypeVar

from structgen.core.errors import BudgetExceeded, ExtractionFailed, TransportError
from structgen.core.options import EvidenceMode, Options
from structgen.core.records import (
    Attempt,
    Card,
    Completion,
    Evidence,
    Extraction,
    Parsed,
    Request,
    Usage,
)
from structgen.engine.cost import cost_of
from structgen.ground import locate
from structgen.reask import Asking, first_question, next_question
from structgen.schema import Schema

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Send:
    """The only effect: have this request answered. `attempt` counts from 1."""

    request: Request
    attempt: int


@dataclass(frozen=True, slots=True)
class Job(Generic[T]):
    """One extraction: what to ask first, what the answer must be, and what it may cost."""

    schema: Schema[T]
    request: Request
    options: Options
    card: Card | None = None


Line: TypeAlias = Generator[Send, Completion, Extraction[T]]


def extraction(job: Job[T]) -> Line[T]:
    """Ask until a response is accepted or the budget is spent; nothing that was paid for is ever dropped.

    Raises ExtractionFailed with every attempt and the last partial value, BudgetExceeded where asking again would go
    over the budget, and TransportError where not even the first completion arrived.
    """
    asking = Asking(job.schema, job.request, job.options.max_risk, job.options.reask, job.card)
    question = first_question(asking)
    attempts: tuple[Attempt, ...] = ()
    parsed: Parsed[T] | None = None
    while True:
        try:
            completion = yield Send(question.request, len(attempts) + 1)
        except TransportError as error:
            if parsed is None:
                raise
            raise _failed(f"Asking again failed: {error}", attempts, parsed) from error
        parsed = question.read(completion)
        attempts = (*attempts, Attempt(question.request, completion, parsed.issues, question.why))
        if parsed.ok:
            return _accepted(job, parsed, attempts)
        _check_budget(job, attempts, parsed)
        question = next_question(asking, question, attempts[-1], parsed)


def _accepted(job: Job[T], parsed: Parsed[T], attempts: tuple[Attempt, ...]) -> Extraction[T]:
    """The accepted value with all that belongs to it. Evidence is looked up when somebody asks for it."""
    usage = usage_of(attempts)
    value: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
    return Extraction(
        value=value,
        repairs=parsed.repairs,
        attempts=attempts,
        usage=usage,
        cost=cost_of(usage, job.card),
        locate=partial(_evidence, job, value, attempts[-1].completion),
    )


def _evidence(job: Job[T], value: T, completion: Completion) -> tuple[Evidence, ...]:
    """Where the value stands in the text: the sender's own word where it has one, else a search."""
    if job.options.evidence is EvidenceMode.NONE or job.request.document is None:
        return ()
    return completion.evidence if completion.evidence is not None else locate(value, job.request.document)


def _check_budget(job: Job[T], attempts: tuple[Attempt, ...], parsed: Parsed[T]) -> None:
    """Raise where asking again is pointless or would go over the budget."""
    usage, budget = usage_of(attempts), job.options.budget
    cost = cost_of(usage, job.card)
    tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0)
    if attempts[-1].completion.final:
        raise _failed("The answer does not match the schema", attempts, parsed)
    if len(attempts) >= budget.max_attempts:
        raise _failed(f"No answer was accepted in {len(attempts)} attempts", attempts, parsed, BudgetExceeded)
    if budget.max_tokens is not None and tokens >= budget.max_tokens:
        raise _failed(f"The budget of {budget.max_tokens} tokens is spent", attempts, parsed, BudgetExceeded)
    if budget.max_cost is not None and cost is not None and cost >= budget.max_cost:
        raise _failed(f"The budget of {budget.max_cost} USD is spent", attempts, parsed, BudgetExceeded)


def _failed(
    what: str, attempts: tuple[Attempt, ...], parsed: Parsed[T], kind: type[ExtractionFailed] = ExtractionFailed
) -> ExtractionFailed:
    """The exception with all its evidence: what happened, the first thing that was wrong, what to look at."""
    first = parsed.issues[0] if parsed.issues else None
    wrong = f": {first.path or 'the whole'}: {first.message}" if first else ""
    more = f" (and {len(parsed.issues) - 1} more)" if len(parsed.issues) > 1 else ""
    return kind(
        f"{what}{wrong}{more}. See .issues, .partial and .attempts of this error.",
        attempts=attempts,
        partial=parsed.partial,
        usage=usage_of(attempts),
    )


def usage_of(attempts: tuple[Attempt, ...]) -> Usage:
    """The tokens of all attempts together."""
    return sum((attempt.completion.usage for attempt in attempts), Usage())
