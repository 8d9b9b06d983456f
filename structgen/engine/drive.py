"""The drivers: they perform the effects of a line, in threads or on an event loop, and decide nothing.

Each driver comes twice, because Python cannot leave out an `await`. All that could differ otherwise is in the flow or
in the sender.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterable,
)
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, closing
from functools import partial
from typing import Any, TypeAlias, TypeVar

from structgen.core.argument_checks import argument, whole
from structgen.core.errors import ExtractionFailed, ServerFailed, StructgenError
from structgen.core.records import Completion
from structgen.core.results import Extraction
from structgen.engine.flow import FAULTS, Send, SideBySide
from structgen.send import Streamed

A = TypeVar("A")
B = TypeVar("B")
P = TypeVar("P")
R = TypeVar("R")
T = TypeVar("T")

Outcome: TypeAlias = Extraction[T] | ExtractionFailed
"""The result of one text."""

CONCURRENT_CHUNKS = 8
"""Maximum concurrent chunk requests per document."""

Perform: TypeAlias = Callable[[Send], Completion]
APerform: TypeAlias = Callable[[Send], Awaitable[Completion]]


def drive(line: Generator[Send | SideBySide, Any, R], perform: Perform) -> R:
    """Run a line. Each request is performed in this thread, lines side by side in threads of their own."""
    try:
        effect = next(line)
        while True:
            try:
                result = _side_by_side(effect, perform) if isinstance(effect, SideBySide) else perform(effect)
            except FAULTS as error:
                effect = line.throw(error)
            else:
                effect = line.send(result)
    except StopIteration as done:
        return done.value


async def adrive(line: Generator[Send | SideBySide, Any, R], perform: APerform) -> R:
    """Async version of `drive`. Lines side by side are tasks on the running loop."""
    try:
        effect = next(line)
        while True:
            try:
                result = (
                    await _aside_by_side(effect, perform) if isinstance(effect, SideBySide) else await perform(effect)
                )
            except FAULTS as error:
                effect = line.throw(error)
            else:
                effect = line.send(result)
    except StopIteration as done:
        return done.value


def _side_by_side(effect: SideBySide, perform: Perform) -> list[Outcome[Any]]:
    run = partial(_attempt, perform=perform)
    return list(map_ordered(run, effect.lines, CONCURRENT_CHUNKS))


async def _aside_by_side(effect: SideBySide, perform: APerform) -> list[Outcome[Any]]:
    outcomes = amap_ordered(lambda line: aattempted(adrive(line, perform)), effect.lines, CONCURRENT_CHUNKS)
    return [outcome async for outcome in outcomes]


def _attempt(line: Generator[Send, Completion, Extraction[T]], perform: Perform) -> Outcome[T]:
    return attempted(lambda: drive(line, perform))


# A line whose first answer is shown while it arrives

Show = Callable[[str], Iterable[P]]
"""Turns a piece of text into what is shown for it."""


def drive_shown(
    line: Generator[Send, Completion, R],
    arrive: Callable[[Send], Generator[Streamed, None, None]],
    perform: Callable[[Send], Completion],
    show: Show[P],
) -> Generator[P | R, None, None]:
    """Run the line: yield what `show` makes of the first answer as it arrives, and at the end the result.

    An answer that is asked for again comes in one piece. Closing the generator closes the line.
    """
    with closing(line):
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
    """Async version of `drive_shown`."""
    with closing(line):
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


UNENDED = "The stream ended without a finish reason. Send the request again."


# Many lines at once


def attempted(run: Callable[[], Extraction[T]]) -> Outcome[T]:
    """Return the extraction, or its failure as a value with the original error as its ``__cause__``."""
    try:
        return run()
    except StructgenError as error:
        return _failure(error)


async def aattempted(run: Awaitable[Extraction[T]]) -> Outcome[T]:
    """Async version of `attempted`."""
    try:
        return await run
    except StructgenError as error:
        return _failure(error)


def _failure(error: StructgenError) -> ExtractionFailed:
    if isinstance(error, ExtractionFailed):
        return error
    failed = ExtractionFailed(str(error))
    failed.__cause__ = error
    return failed


def _nothing() -> None:
    """Do nothing at the end."""


def map_ordered(
    work: Callable[[A], B], items: Iterable[A], concurrency: int, *, at_end: Callable[[], None] = _nothing
) -> Generator[B, None, None]:
    """Yield ``work(item)`` for each item, in their order, with at most `concurrency` threads at work.

    `at_end` is called once no thread is working.
    """
    return _threaded(work, items, _checked(concurrency), at_end)


def _threaded(
    work: Callable[[A], B], items: Iterable[A], concurrency: int, at_end: Callable[[], None]
) -> Generator[B, None, None]:
    try:
        yield from _in_threads(work, items, concurrency)
    finally:
        at_end()


def _in_threads(work: Callable[[A], B], items: Iterable[A], concurrency: int) -> Generator[B, None, None]:
    pending: deque[Future[B]] = deque()
    with ThreadPoolExecutor(concurrency, thread_name_prefix="structgen") as pool:
        try:
            for item in items:
                pending.append(pool.submit(work, item))
                if len(pending) == concurrency:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()


def amap_ordered(
    work: Callable[[A], Awaitable[B]],
    items: Iterable[A] | AsyncIterable[A],
    concurrency: int,
    *,
    at_end: Callable[[], None] = _nothing,
) -> AsyncGenerator[B, None]:
    """Async version of `map_ordered`, with tasks on the running loop."""
    return _awaited(work, items, _checked(concurrency), at_end)


async def _awaited(
    work: Callable[[A], Awaitable[B]],
    items: Iterable[A] | AsyncIterable[A],
    concurrency: int,
    at_end: Callable[[], None],
) -> AsyncGenerator[B, None]:
    pending: deque[asyncio.Future[B]] = deque()
    try:
        async for item in _each(items):
            pending.append(asyncio.ensure_future(work(item)))
            if len(pending) == concurrency:
                yield await pending.popleft()
        while pending:
            yield await pending.popleft()
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        at_end()


async def _each(items: Iterable[A] | AsyncIterable[A]) -> AsyncIterator[A]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


def _checked(concurrency: int) -> int:
    """Check the argument before the first item is taken."""
    return argument("concurrency", concurrency, whole(1))
