"""The options -> the parameters of a request, checked against what is known about the API and the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any, cast

from structgen.core.errors import ConfigurationError, RequestTooLarge
from structgen.core.json import JsonObject
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


CHARS_PER_TOKEN = 4
"""The usual estimate for English text and JSON; no tokenizer is at hand without the network."""

IMAGE_TOKENS = 2_000
"""For one image: what it takes depends on its size and the model, and is not published."""

ROOM_TO_THINK = 1024
"""Reasoning counts as output; a model that thinks gets this much on top."""

SMALLEST = 512
WITHOUT_DOCUMENT = 4096


def tokens_of(chars: int) -> int:
    """An estimate of the tokens in so many characters, rounded up."""
    return -(-chars // CHARS_PER_TOKEN)


def message_tokens(messages: Iterable[Message]) -> int:
    """An estimate of the tokens that messages take, their images included."""
    chars = images = 0
    for message in messages:
        if isinstance(message.content, str):
            chars += len(message.content)
        else:
            chars += len(message.text)
            images += len(message.images)
    return tokens_of(chars) + IMAGE_TOKENS * images


def frame_tokens(json_schema: JsonObject | bool) -> int:
    """The tokens of the keys and the punctuation around the values of an answer, each key twice."""
    return 2 * tokens_of(sum(len(key) + 6 for key in _keys(json_schema)))


def answer_tokens(frame: int, document: str | None, card: Card | None, *, quoted: bool = False) -> int:
    """Room for an answer: its frame, and every word of the document once; never more than the model gives.

    An answer that is extracted repeats at most the text and the keys around it; with quotes it repeats the text twice.
    Groq counts the whole of ``max_completion_tokens`` against the limits, so the room is not simply the largest there
    is.
    """
    words = WITHOUT_DOCUMENT if document is None else max(SMALLEST, tokens_of(len(document)))
    answer = frame + (2 * words if quoted else words)
    if card is None or card.reasoning:
        answer += ROOM_TO_THINK
    most = card.max_completion_tokens if card else None
    return answer if most is None else min(answer, most)


def _keys(json_schema: JsonObject | bool) -> Iterator[str]:
    """Every property name in a schema, definitions included."""
    todo: list[Any] = [json_schema]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            held = cast(JsonObject, node)
            properties = held.get("properties")
            if isinstance(properties, dict):
                yield from properties
            todo.extend(held.values())
        elif isinstance(node, list):
            todo.extend(cast("list[Any]", node))
