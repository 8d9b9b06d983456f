"""Choose the cheapest question that can fix a refused answer: the rest, the failing fields, or the whole again."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from structgen.compile.parameters import message_tokens, tokens_of
from structgen.core.options import Reask
from structgen.core.records import Message, Request, Usage
from structgen.core.results import Attempt, Parsed
from structgen.reask.failing_fields import fields_question
from structgen.reask.question import MAX_SHOWN_CHARS, ExtractionScope, Question, describe, whole_question
from structgen.reask.remaining_fields import Remaining, remaining_question
from structgen.reask.rest import rest_question

T = TypeVar("T")

FIRST = "first question"
AGAIN = "asked again for the whole value"

MAX_ISSUES = 20
MAX_REFUSED_CHARS = 20_000
"""A longer refused response is not repeated: it costs more than it helps."""


def first_question(scope: ExtractionScope[T]) -> Question[T]:
    """Return the first question, which asks for the whole value."""
    return whole_question(scope, scope.first, f"{FIRST}; {scope.plan.why}")


def reask(last: Question[T], attempt: Attempt, parsed: Parsed[T]) -> Question[T]:
    """Return the question to ask after a refused response.

    It asks for a part if the rest of the response can be kept and that costs less than the whole.
    """
    scope = last.scope
    whole = _whole_again(scope, attempt)
    # The answers of other models are kept for as long as the open fields can be asked for alone.
    if isinstance(last.joining, Remaining):
        return remaining_question(scope, parsed) or whole
    # A part that was asked for in vain is not asked for again: a model that fails twice at the same part needs the
    # whole document once more.
    if last.part or scope.plan.brief.options.reask is Reask.WHOLE:
        return whole
    parts = (rest_question(scope, parsed), fields_question(scope, parsed))
    return min([*(part for part in parts if part is not None), whole], key=lambda question: question.size)


def _whole_again(scope: ExtractionScope[T], attempt: Attempt) -> Question[T]:
    """Ask for the whole again. If the answer was cut off at a limit that we estimated, the limit is raised."""
    request = ask_whole(scope.first, attempt)
    limit = request.parameters.max_completion_tokens
    ours = scope.plan.brief.options.max_completion_tokens is None
    if attempt.completion.finish_reason == "length" and ours and limit is not None:
        most = scope.card.max_completion_tokens if scope.card else None
        wider = 2 * limit if most is None else min(2 * limit, most)
        request = replace(request, parameters=replace(request.parameters, max_completion_tokens=wider))
    return whole_question(scope, request, AGAIN)


def ask_whole(first: Request, attempt: Attempt) -> Request:
    """Return the first request, followed by the last refused response and its issues.

    The history stays bounded: earlier refused responses are not repeated.
    """
    said = attempt.completion.said
    refused = (Message("assistant", said),) if 0 < len(said) <= MAX_REFUSED_CHARS and said.strip() else ()
    return replace(first, messages=(*first.messages, *refused, Message("user", _words(attempt, shown=bool(refused)))))


def _words(attempt: Attempt, *, shown: bool) -> str:
    """Tell the model what was wrong and what to answer now."""
    head = "That answer was rejected:" if shown else "Your last answer was rejected:"
    lines = [f"- {describe(issue)}" for issue in attempt.issues[:MAX_ISSUES]]
    left = len(attempt.issues) - MAX_ISSUES
    if left > 0:
        lines.append(f"- and {left} more")
    return "\n".join([head, *lines, "Answer again with the whole corrected JSON value, and nothing else."])


def most_of_all(first: Request, attempts: int, begin: Usage | None = None) -> Usage:
    """Return the maximum usage of a number of attempts. Each repeats the request, the last answer and its issues.

    An answer that was cut off may get twice the limit the next time. `begin` is the maximum usage of the first of the
    attempts, if it is not the first question.
    """
    said, limit = message_tokens(first.messages), first.parameters.max_completion_tokens or 0
    again = Usage(said + limit + tokens_of(MAX_ISSUES * 2 * MAX_SHOWN_CHARS), 2 * limit, calls=1)
    return sum([again] * (attempts - 1), begin or Usage(said, limit, calls=1))
