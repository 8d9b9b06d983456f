"""The options -> the parameters of a request, checked against what is known about the API and the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from structgen.compile.estimate import message_tokens
from structgen.core.errors import ConfigurationError, RequestTooLarge
from structgen.core.options import Mode, Options
from structgen.core.records import Card, Message, Parameters

LEAST_ROOM = 512
"""With less room than this an estimate is not cut down any more: the answer would be cut off."""


def parameters_for(options: Options, mode: Mode, card: Card | None) -> Parameters:
    """The parameters that the options set. Raises ConfigurationError with every one that the API would refuse."""
    chosen: dict[str, Any] = {field.name: getattr(options, field.name) for field in fields(Parameters)}
    parameters = Parameters(**chosen)
    wrong = [*_not_together(parameters, mode), *_beyond_the_model(parameters, card)]
    if wrong:
        raise ConfigurationError(f"These options cannot be sent: {'; '.join(wrong)}.")
    return parameters


def _not_together(parameters: Parameters, mode: Mode) -> Iterator[str]:
    if parameters.reasoning_format == "raw" and mode is not Mode.TEXT:
        yield f"reasoning_format 'raw' does not go with mode {mode.value!r}: use 'parsed' or 'hidden', or mode 'text'"


def _beyond_the_model(parameters: Parameters, card: Card | None) -> Iterator[str]:
    if card is None:
        return
    effort, room = parameters.reasoning_effort, parameters.max_completion_tokens
    if effort is not None and card.reasoning and effort not in card.reasoning:
        yield f"reasoning_effort {effort!r} is not known to {card.id}, which has {', '.join(card.reasoning)}"
    if effort is not None and card.modes and not card.reasoning:
        yield f"{card.id} does not reason: leave out reasoning_effort"
    if room is not None and card.max_completion_tokens is not None and room > card.max_completion_tokens:
        yield f"max_completion_tokens is {room}, and {card.id} gives at most {card.max_completion_tokens}"


def room_for_answer(parameters: Parameters, messages: tuple[Message, ...], estimate: int, card: Card | None) -> int:
    """Tokens for the answer: as many as were asked for, else the estimate as far as it fits into the model's context.

    Raises RequestTooLarge, with the numbers, where the messages leave no room for an answer.
    """
    asked = parameters.max_completion_tokens
    room = estimate if asked is None else asked
    if card is None or card.context_window is None:
        return room
    said = message_tokens(messages)
    left = card.context_window - said
    if left < (room if asked is not None else min(room, LEAST_ROOM)):
        raise RequestTooLarge(
            f"The request has about {said:,} tokens and its answer needs {room:,}; {card.id} takes "
            f"{card.context_window:,} together. Cut the document, or name a model with a larger context."
        )
    return min(room, left)
