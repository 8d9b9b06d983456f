"""How long an answer may become, in tokens, before anything is known about it but the schema and the text."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from structgen.core.json import JsonObject
from structgen.core.records import Card, Message

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
