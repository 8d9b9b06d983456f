"""Plain text as it arrives: an iterator over its pieces, which knows the completion after the last one."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from types import TracebackType
from typing import Self

from structgen.core.errors import ConnectionFailed
from structgen.core.records import INTERRUPTED, Completion
from structgen.send import Streamed


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
