"""structgen's failures -> instructor's exceptions, with the attempts as instructor's users read them."""

from __future__ import annotations

from typing import Any

from instructor.core.exceptions import (
    FailedAttempt,
    InstructorRetryException,
    TokenBudgetExceeded,
    TokenUsageUnavailableError,
)
from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from structgen.core.errors import ExtractionFailed, TransportError
from structgen.core.json import steps
from structgen.core.records import Request, Usage
from structgen.core.results import Attempt, Issue
from structgen.instructor.sdk_completions import SdkRecords, cumulative, sdk_usage


def validation_error(issues: tuple[Issue, ...], title: str) -> ValidationError:
    """Return the issues of a refused response as Pydantic's ValidationError, each with its place."""
    details: list[InitErrorDetails] = [
        {
            # Pydantic's type wants a literal because it translates messages; these are not translated.
            "type": PydanticCustomError(issue.code, issue.message),  # type: ignore[arg-type]
            "loc": tuple(int(step) if step.isdecimal() else step for step in steps(issue.path)),
            "input": issue.found,
        }
        for issue in issues
    ]
    return ValidationError.from_exception_data(title, details)


def retry_exception(
    error: ExtractionFailed | TransportError, title: str, records: SdkRecords, token_budget: int | None = None
) -> InstructorRetryException:
    """Return instructor's exception for a failure, with its cause. `token_budget` is the one that is spent, if any."""
    attempts = error.attempts if isinstance(error, ExtractionFailed) else ()
    shown = cumulative(attempts, records)
    refused = [
        FailedAttempt(number, validation_error(attempt.issues, title), completion)
        for number, (attempt, completion) in enumerate(zip(attempts, shown, strict=True), 1)
    ]
    wire = isinstance(error, TransportError) or isinstance(error.__cause__, TransportError)
    cause: Exception = error if wire or not refused else refused[-1].exception
    if cause is not error:
        cause.__cause__ = error
    sent = attempts[-1].request.to_groq() if attempts else None
    usage = sum((attempt.completion.usage for attempt in attempts), Usage())
    facts: dict[str, Any] = {
        "last_completion": shown[-1] if shown else None,
        "messages": sent["messages"] if sent else None,
        "n_attempts": len(attempts) + wire,
        "total_usage": sdk_usage(usage, records),
        "create_kwargs": sent,
        "failed_attempts": refused,
    }
    if token_budget is None:
        made = InstructorRetryException(str(cause if cause is error else error), **facts)
    else:
        kind = TokenUsageUnavailableError if facts["total_usage"] is None else TokenBudgetExceeded
        made = kind(str(error), budget=token_budget, **facts)
    made.__cause__ = cause
    return made


def title_of(request: Request | None) -> str:
    """Return the name of what was asked for."""
    return request.schema_name if request else "response"


def attempts_in(error: ExtractionFailed | TransportError) -> tuple[Attempt, ...]:
    """Return the attempts before a failure."""
    return error.attempts if isinstance(error, ExtractionFailed) else ()
