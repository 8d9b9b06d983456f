"""Which question comes next: the cheapest one that can mend what is wrong."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from structgen.compile import Plan
from structgen.compile.parameters import message_tokens, tokens_of
from structgen.core.options import Reask, Risk
from structgen.core.records import Card, Request, Usage
from structgen.core.results import Attempt, Parsed
from structgen.reask.fields import fields_question
from structgen.reask.question import Question, whole_question
from structgen.reask.rest import rest_question
from structgen.reask.whole import MOST_ISSUES, ask_whole
from structgen.reask.words import MOST_CHARS
from structgen.schema import Schema

T = TypeVar("T")

FIRST = "first question"
AGAIN = "asked again whole"


@dataclass(frozen=True, slots=True)
class Asking(Generic[T]):
    """What all questions of one extraction have in common. `first` is the request that asks for the whole."""

    plan: Plan[T]
    first: Request

    @property
    def schema(self) -> Schema[T]:
        """What the whole must be."""
        return self.plan.brief.schema

    @property
    def max_risk(self) -> Risk:
        """The highest risk of a repair that is taken."""
        return self.plan.brief.options.max_risk

    @property
    def card(self) -> Card | None:
        """What is known about the model."""
        return self.plan.brief.card


def first_question(asking: Asking[T]) -> Question[T]:
    """The whole, asked for the first time."""
    why = f"{FIRST}; {asking.plan.why}"
    return whole_question(asking.schema, asking.first, asking.max_risk, why, asking.plan.form)


def next_question(asking: Asking[T], last: Question[T], attempt: Attempt, parsed: Parsed[T]) -> Question[T]:
    """The question after a refused response.

    A part is asked for where the rest of the response can be kept, and where that costs less than the whole. A part
    that was asked for in vain is not asked for again: then the whole is.
    """
    whole = _whole(asking, attempt)
    if last.part or asking.plan.brief.options.reask is Reask.WHOLE:
        return whole
    parts = (
        rest_question(asking.schema, asking.first, parsed, asking.max_risk, asking.card, asking.plan.form),
        fields_question(asking.schema, asking.first, parsed, asking.max_risk, asking.card, asking.plan.form),
    )
    return min([*(part for part in parts if part is not None), whole], key=lambda question: question.size)


def _whole(asking: Asking[T], attempt: Attempt) -> Question[T]:
    """The whole again. An answer that was cut off gets more room this time, where the room was our own estimate."""
    request = ask_whole(asking.first, attempt)
    room = request.parameters.max_completion_tokens
    ours = asking.plan.brief.options.max_completion_tokens is None
    if attempt.completion.finish_reason == "length" and ours and room is not None:
        most = asking.card.max_completion_tokens if asking.card else None
        wider = 2 * room if most is None else min(2 * room, most)
        request = replace(request, parameters=replace(request.parameters, max_completion_tokens=wider))
    return whole_question(asking.schema, request, asking.max_risk, AGAIN, asking.plan.form)


def most_of_all(first: Request, attempts: int, begin: Usage | None = None) -> Usage:
    """The most that so many attempts may take: asking again repeats the whole, its last answer and the issues.

    An answer that was cut off may get twice the room when it is asked for again. `begin` is the most that the first of
    the attempts may take, where it is not the first question.
    """
    said, room = message_tokens(first.messages), first.parameters.max_completion_tokens or 0
    again = Usage(said + room + tokens_of(MOST_ISSUES * 2 * MOST_CHARS), 2 * room, calls=1)
    return sum([again] * (attempts - 1), begin or Usage(said, room, calls=1))
