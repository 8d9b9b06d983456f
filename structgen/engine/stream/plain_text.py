"""Plain text: the line that asks for it, and an iterator over its pieces that knows the completion after the last."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from types import TracebackType
from typing import Self, TypeAlias

from structgen.compile.parameters import message_tokens
from structgen.core.errors import ConnectionFailed, StructgenError
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.options import Budget
from structgen.core.records import Card, Completion, Request, Usage
from structgen.engine.budget import beyond
from structgen.engine.flow import Send
from structgen.engine.observers import Observers, effects_observed
from structgen.send import Streamed

TextLine: TypeAlias = Generator[Send, Completion, Completion]


def text_line(request: Request, budget: Budget, card: Card | None, observers: Observers) -> TextLine:
    """One question, and nothing to check in its answer; observers are told of both, and of a failure.

    Without `max_completion_tokens` the answer may take as much as the model ever writes, and the budget must allow it.
    """
    room = request.parameters.max_completion_tokens or (card.max_completion_tokens if card else None) or 0
    at_most = Usage(message_tokens(request.messages), room, calls=1)
    reason = beyond(budget, (), at_most, card)
    reason = f"{reason}. Set max_completion_tokens, or allow more." if reason else None
    try:
        return (yield from effects_observed(_asked(Send(request, 1, "plain text", at_most, reason)), observers))
    except StructgenError as error:
        observers.failed(error)
        raise


def _asked(effect: Send) -> TextLine:
    return (yield effect)


def whole(piece: str) -> tuple[str, ...]:
    """A piece of the text as it is; a stored answer may be empty, and is no piece then."""
    return (piece,) if piece else ()


class TextStream(Iterator[str]):
    """The pieces of a text. After the last one, `completion` says what they took and why the text ends there.

    Closing it, or leaving its ``with`` block, closes the connection. Raises ConnectionFailed at the end of what came
    where the stream broke off: half a text never looks like a whole one.
    """

    completion: Completion | None = None

    def __init__(self, pieces: Generator[Streamed, None, None]) -> None:
        self._pieces = pieces

    def __next__(self) -> str:
        for piece in self._pieces:
            if isinstance(piece, str):
                return piece
            self.completion = piece
            _check(piece)
        raise StopIteration

    def close(self) -> None:
        """Take no more of it."""
        self._pieces.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncTextStream(AsyncIterator[str]):
    """`TextStream`, awaited."""

    completion: Completion | None = None

    def __init__(self, pieces: AsyncGenerator[Streamed, None]) -> None:
        self._pieces = pieces

    async def __anext__(self) -> str:
        async for piece in self._pieces:
            if isinstance(piece, str):
                return piece
            self.completion = piece
            _check(piece)
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Take no more of it."""
        await self._pieces.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _check(completion: Completion) -> None:
    if completion.finish_reason == INTERRUPTED:
        raise ConnectionFailed(
            f"The stream broke off after {len(completion.text)} characters, which were all handed on. Ask again.",
            body=completion.text,
        )
