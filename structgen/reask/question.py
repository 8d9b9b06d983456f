"""A question to the model: its request, and how its answer becomes the whole value."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, cast

from structgen.compile import Plan
from structgen.compile.parameters import message_tokens
from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.records import Card, Request, Usage
from structgen.core.results import Issue, Parsed, Repair
from structgen.forms import AnswerForm
from structgen.parse.json_values import exact_text, has_exact
from structgen.schema import Schema

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

MAX_SHOWN_CHARS = 200
"""Longer values are shortened when an issue is described to the model."""


@dataclass(frozen=True, slots=True)
class ExtractionScope(Generic[T]):
    """What all questions of one extraction have in common. `first` is the request that asks for the whole.

    `supported` are the values of other models, by path, that are known to be supported by the text.
    """

    plan: Plan[T]
    first: Request
    supported: Mapping[str, Json] = field(default_factory=dict[str, Json])

    @property
    def schema(self) -> Schema[T]:
        """The schema of the whole value."""
        return self.plan.brief.schema

    @property
    def form(self) -> AnswerForm:
        """The form of an answer that is the whole value."""
        return self.plan.form

    @property
    def max_risk(self) -> Risk:
        """The highest risk of a repair that is accepted."""
        return self.plan.brief.options.max_risk

    @property
    def card(self) -> Card | None:
        """What is known about the model."""
        return self.plan.brief.card


@dataclass(frozen=True, slots=True)
class Joined:
    """A whole value put together from several answers, which still has to be validated."""

    tree: Json
    repairs: tuple[Repair, ...]
    quotes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])


class Join(Protocol[T_co]):
    """Puts the answer to a question where it belongs."""

    def join(self, answer: Parsed[Any]) -> Joined | Parsed[T_co]:
        """Return the whole value, or the refusal of an answer that does not fit."""
        ...


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What is sent and why, what the answer must look like, and how it becomes the whole value.

    `schema` and `form` are those of the answer. `joining` is None if the answer is the whole value itself.
    """

    scope: ExtractionScope[T]
    request: Request
    why: str
    schema: Schema[Any]
    form: AnswerForm
    joining: Join[T] | None = None
    part: bool = False
    """Whether only a part of the value is asked for."""

    @property
    def at_most(self) -> Usage:
        """The maximum usage: input estimated from its characters, output by the limit of the answer."""
        return Usage(message_tokens(self.request.messages), self.request.parameters.max_completion_tokens or 0, calls=1)

    @property
    def size(self) -> int:
        """The maximum tokens, input and output together."""
        return (self.at_most.input_tokens or 0) + (self.at_most.output_tokens or 0)


def whole_question(scope: ExtractionScope[T], request: Request, why: str) -> Question[T]:
    """Return a question for the whole value."""
    return Question(scope, request, why, scope.schema, scope.form)


def describe(issue: Issue) -> str:
    """Describe an issue to the model: where it is, what is wrong, what was found and what was expected."""
    where = f"at {issue.path}: " if issue.path else ""
    found = "" if issue.found is None else f" (found {brief_json(issue.found)})"
    expected = f" Expected {issue.expected.rstrip('.')}." if issue.expected else ""
    return f"{where}{issue.message.rstrip('.')}{found}.{expected}"


def brief_json(value: object) -> str:
    """Return a value as JSON, shortened if it is long."""
    plain = cast(Json, value)
    text = exact_text(plain) if has_exact(plain) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MAX_SHOWN_CHARS else f"{text[:MAX_SHOWN_CHARS]}..."
