"""Turn options into the parameters of a request, check them against API and model card, and estimate tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any, cast

from structgen.core.errors import ConfigurationError, RequestTooLarge
from structgen.core.json import JsonObject
from structgen.core.options import Mode, Options
from structgen.core.records import Card, Message, Parameters

MIN_ANSWER_TOKENS = 512
"""In tokens. An estimate is never reduced below this, because the answer would be cut off."""


def parameters_for(options: Options, mode: Mode, card: Card | None) -> Parameters:
    """Return the parameters that the options set. Raises ConfigurationError naming all that the API would reject."""
    chosen: dict[str, Any] = {field.name: getattr(options, field.name) for field in fields(Parameters)}
    parameters = Parameters(**chosen)
    wrong = [*_not_together(parameters, mode), *_beyond_the_model(parameters, card)]
    if wrong:
        raise ConfigurationError(f"These options cannot be sent: {'; '.join(wrong)}.")
    return parameters


def _not_together(parameters: Parameters, mode: Mode) -> Iterator[str]:
    if parameters.reasoning_format == "raw" and mode is not Mode.TEXT:
        yield f"reasoning_format 'raw' needs mode 'text', not {mode.value!r}: use 'parsed' or 'hidden'"


def _beyond_the_model(parameters: Parameters, card: Card | None) -> Iterator[str]:
    if card is None:
        return
    effort, limit = parameters.reasoning_effort, parameters.max_completion_tokens
    if effort is not None and card.reasoning and effort not in card.reasoning:
        yield f"reasoning_effort {effort!r} is not supported by {card.id}: use one of {', '.join(card.reasoning)}"
    if effort is not None and card.modes and not card.reasoning:
        yield f"{card.id} does not reason: leave out reasoning_effort"
    if limit is not None and card.max_completion_tokens is not None and limit > card.max_completion_tokens:
        yield f"max_completion_tokens is {limit}, but {card.id} allows at most {card.max_completion_tokens}"


def answer_limit(parameters: Parameters, messages: tuple[Message, ...], estimate: int, card: Card | None) -> int:
    """Return ``max_completion_tokens``: the user's limit, else the estimate as far as it fits in the context window.

    Raises RequestTooLarge, with the numbers, if the messages leave no room for an answer.
    """
    requested = parameters.max_completion_tokens
    limit = estimate if requested is None else requested
    if card is None or card.context_window is None:
        return limit
    prompt = message_tokens(messages)
    left = card.context_window - prompt
    # A limit that the user set is sent unchanged. Only our own estimate, which is generous, may shrink to fit.
    if left < (limit if requested is not None else min(limit, MIN_ANSWER_TOKENS)):
        raise RequestTooLarge(
            f"The request has about {prompt:,} tokens and its answer needs {limit:,}, but the context window of "
            f"{card.id} is {card.context_window:,}. Shorten the document, or use a model with a larger context window."
        )
    return min(limit, left)


CHARS_PER_TOKEN = 4
"""The usual estimate for English text and JSON. Tokenizers would have to be downloaded."""

IMAGE_TOKENS = 2_000
"""Per image. The real number depends on the size and the model, and providers do not publish it."""

REASONING_TOKENS = 1024
"""Reasoning counts as output, so a reasoning model gets this much on top."""

MIN_DOCUMENT_TOKENS = 512
WITHOUT_DOCUMENT = 4096


def tokens_of(chars: int) -> int:
    """Return the estimated tokens of a number of characters, rounded up."""
    return -(-chars // CHARS_PER_TOKEN)


def message_tokens(messages: Iterable[Message]) -> int:
    """Return the estimated tokens of messages, images included."""
    chars = images = 0
    for message in messages:
        if isinstance(message.content, str):
            chars += len(message.content)
        else:
            chars += len(message.text)
            images += len(message.images)
        chars += sum(len(call.name) + len(call.arguments) for call in message.tool_calls)
    return tokens_of(chars) + IMAGE_TOKENS * images


def frame_tokens(json_schema: JsonObject | bool) -> int:
    """Return the estimated tokens of an answer's keys and punctuation, each key counted twice."""
    return 2 * tokens_of(sum(len(key) + 6 for key in _keys(json_schema)))


def answer_tokens(frame: int, document: str | None, card: Card | None, *, quoted: bool = False) -> int:
    """Return the most tokens that an answer should need: its `frame`, and every word of the document once.

    An extracted answer repeats at most the text and the keys around it; with quotes it repeats the text twice. The
    estimate matters because Groq counts the whole of ``max_completion_tokens`` against the rate limit, so that simply
    allowing the model's maximum would let few calls through. It never exceeds that maximum.
    """
    words = WITHOUT_DOCUMENT if document is None else max(MIN_DOCUMENT_TOKENS, tokens_of(len(document)))
    answer = frame + (2 * words if quoted else words)
    if card is None or card.reasoning:  # an unknown model may be a reasoning model
        answer += REASONING_TOKENS
    most = card.max_completion_tokens if card else None
    return answer if most is None else min(answer, most)


def _keys(json_schema: JsonObject | bool) -> Iterator[str]:
    """Yield every property name in a schema, including its definitions."""
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
