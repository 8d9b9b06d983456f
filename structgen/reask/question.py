"""A question: the request that asks it, and how its answer is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from structgen.compile.parameters import message_tokens
from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.records import Call, Completion, Request, Usage
from structgen.core.results import Parsed
from structgen.forms import AnswerForm
from structgen.parse import Parts, parse_parts, parse_text
from structgen.parse.json_values import write_json
from structgen.schema import Schema

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Question(Generic[T]):
    """What is sent, why, and how the completion becomes the whole value again."""

    request: Request
    why: str
    read: Callable[[Completion], Parsed[T]]
    part: bool = False
    """Whether only a part of the value is asked for."""

    @property
    def at_most(self) -> Usage:
        """The most that it may take: the input by its characters, the output by the room for the answer."""
        return Usage(message_tokens(self.request.messages), self.request.parameters.max_completion_tokens or 0, calls=1)

    @property
    def size(self) -> int:
        """The most tokens that it may take, input and output together."""
        return (self.at_most.input_tokens or 0) + (self.at_most.output_tokens or 0)


def part_room(estimate: int, first: Request) -> int:
    """Room for the answer to a question for a part: no more than the whole had, which may be the user's own limit."""
    whole = first.parameters.max_completion_tokens
    return estimate if whole is None else min(estimate, whole)


def whole_question(
    schema: Schema[T],
    request: Request,
    max_risk: Risk,
    why: str,
    form: AnswerForm,
) -> Question[T]:
    """A question for the whole value, answered in this form."""

    def read(completion: Completion) -> Parsed[T]:
        return read_completion(schema, completion, request.schema_name, max_risk, form, request.document)

    return Question(request, why, read)


def read_completion(
    schema: Schema[T],
    completion: Completion,
    name: str,
    max_risk: Risk,
    form: AnswerForm,
    document: str | None,
) -> Parsed[T]:
    """All that a completion says, read as one answer: a call of the function `name`, or several.

    Calls of other functions stand beside those, or in their place where there are none.
    """
    calls = (Call(completion.called, completion.text), *completion.more_calls)
    asked = [call for call in calls if call.name in {"", name}]
    others = [call for call in calls if call not in asked]
    parts = Parts(
        tuple(call.arguments for call in asked or others),
        (completion.beside, *(call.arguments for call in others if asked)),
        other="" if asked else others[0].name,
        asked=name,
    )
    return parse_parts(
        schema,
        parts,
        finish_reason=completion.finish_reason,
        max_risk=max_risk,
        form=form,
        document=document,
    )


def read_again(
    schema: Schema[T], tree: Json, quotes: Mapping[str, str | None], max_risk: Risk, form: AnswerForm
) -> Parsed[T]:
    """A value that was put together from several answers, validated as a whole; its quotes stay with their values."""
    described = form.prompt_form
    written = write_json(described.encode(tree, quotes))
    return parse_text(schema, written, max_risk=max_risk, form=described)
