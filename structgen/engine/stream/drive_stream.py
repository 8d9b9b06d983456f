"""The two drivers of a line whose first answer is shown while it arrives; what is asked again comes in one piece.

Like those in drive.py they perform the line and nothing else: what is checked, repaired and asked again is the same.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable
from contextlib import aclosing, closing
from typing import TypeVar

from structgen.core.errors import ServerFailed
from structgen.core.records import Completion
from structgen.engine.flow import FAULTS, Send
from structgen.send import Streamed

P = TypeVar("P")
R = TypeVar("R")

Show = Callable[[str], Iterable[P]]
"""A piece of text -> what is shown for it."""


def drive_shown(
    line: Generator[Send, Completion, R],
    arrive: Callable[[Send], Generator[Streamed, None, None]],
    perform: Callable[[Send], Completion],
    show: Show[P],
) -> Generator[P | R, None, None]:
    """Run the line: what `show` makes of the first answer as it arrives, and at last its result."""
    try:
        effect = next(line)
        while True:
            try:
                completion = (yield from _shown(arrive(effect), show)) if effect.attempt == 1 else perform(effect)
            except FAULTS as error:
                effect = line.throw(error)
            else:
                effect = line.send(completion)
    except StopIteration as done:
        result: R = done.value
    yield result


def _shown(pieces: Generator[Streamed, None, None], show: Show[P]) -> Generator[P, None, Completion]:
    with closing(pieces):
        for piece in pieces:
            if isinstance(piece, Completion):
                return piece
            yield from show(piece)
    raise ServerFailed(UNENDED)


async def adrive_shown(
    line: Generator[Send, Completion, R],
    arrive: Callable[[Send], AsyncGenerator[Streamed, None]],
    perform: Callable[[Send], Awaitable[Completion]],
    show: Show[P],
) -> AsyncGenerator[P | R, None]:
    """The same, awaited."""
    try:
        effect = next(line)
        while True:
            try:
                completion = None if effect.attempt == 1 else await perform(effect)
                if completion is None:
                    async with aclosing(arrive(effect)) as pieces:
                        async for piece in pieces:
                            if isinstance(piece, Completion):
                                completion = piece
                                break
                            for shown in show(piece):
                                yield shown
                if completion is None:
                    raise ServerFailed(UNENDED)
            except FAULTS as error:
                effect = line.throw(error)
            else:
                effect = line.send(completion)
    except StopIteration as done:
        result: R = done.value
    yield result


UNENDED = "The stream ended without saying how. Send the request again."
