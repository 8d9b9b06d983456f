"""The turns of a conversation: made from a history, and how many of the oldest have to be left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from structgen.compile.messages import chat_messages
from structgen.compile.parameters import message_tokens
from structgen.core.chat_message import Message
from structgen.core.errors import DocumentError
from structgen.core.records import Card

Turn: TypeAlias = tuple[Message, ...]
"""What a user said and everything after it until the user speaks again."""

ANSWER_TOKENS = 4096
"""Tokens that are kept free for an answer without a limit, if the context window allows for so many."""


def turns_of(messages: Iterable[Message]) -> tuple[Turn, ...]:
    """Return the turns of messages without system prompts. What precedes the first user is a turn too."""
    turns: list[list[Message]] = []
    for message in messages:
        if message.role == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return tuple(map(tuple, turns))


def history_of(given: Sequence[Message | Mapping[str, object]]) -> tuple[str, tuple[Turn, ...]]:
    """Return the system prompt and the turns of a history. Raises DocumentError for what is not a history."""
    if not isinstance(given, list | tuple):
        raise DocumentError(f"The history must be a list of chat messages, not {type(given).__name__}.")
    # checked together with a question, because a history may consist of the system prompt alone
    *messages, _ = chat_messages([*given, Message("user", "?")])
    system = "\n\n".join(message.text for message in messages if message.role == "system")
    return system, turns_of(message for message in messages if message.role != "system")


def turns_too_many(system: Turn, turns: Sequence[Turn], asked: Turn, card: Card | None, limit: int | None) -> int:
    """Return how many of the oldest turns do not fit in the context window beside the question and its answer.

    Sizes are estimates; `limit` is the maximum of the answer in tokens, or None.
    """
    if card is None or card.context_window is None:
        return 0
    window = card.context_window
    left = window - message_tokens((*system, *asked)) - (limit or min(ANSWER_TOKENS, window // 4))
    for back, turn in enumerate(reversed(turns)):
        left -= message_tokens(turn)
        if left < 0:
            return len(turns) - back
    return 0
