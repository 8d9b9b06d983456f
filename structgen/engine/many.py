"""One line for each of many texts: side by side up to a bound, in order, lazily; one failure stops nobody."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeAlias, TypeVar

from structgen.core.errors import ConfigurationError, ExtractionFailed, StructgenError
from structgen.core.results import Extraction

A = TypeVar("A")
B = TypeVar("B")
T = TypeVar("T")

Outcome: TypeAlias = Extraction[T] | ExtractionFailed
"""What became of one text."""


def attempted(run: Callable[[], Extraction[T]]) -> Outcome[T]:
    """The extraction, or its failure as a value; the error behind it is the ``__cause__``."""
    try:
        return run()
    except StructgenError as error:
        return _failure(error)


async def aattempted(run: Awaitable[Extraction[T]]) -> Outcome[T]:
    """`attempted`, awaited."""
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


def map_ordered(work: Callable[[A], B], items: Iterable[A], concurrency: int) -> Generator[B, None, None]:
    """``work(item)`` for each item, in threads, at most `concurrency` at once; the results in the items' order."""
    return _threaded(work, items, _checked(concurrency))


def _threaded(work: Callable[[A], B], items: Iterable[A], concurrency: int) -> Generator[B, None, None]:
    under_way: deque[Future[B]] = deque()
    with ThreadPoolExecutor(concurrency, thread_name_prefix="structgen") as pool:
        try:
            for item in items:
                under_way.append(pool.submit(work, item))
                if len(under_way) == concurrency:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()


def amap_ordered(
    work: Callable[[A], Awaitable[B]], items: Iterable[A] | AsyncIterable[A], concurrency: int
) -> AsyncGenerator[B, None]:
    """`map_ordered` with tasks of the running loop."""
    return _awaited(work, items, _checked(concurrency))


async def _awaited(
    work: Callable[[A], Awaitable[B]], items: Iterable[A] | AsyncIterable[A], concurrency: int
) -> AsyncGenerator[B, None]:
    under_way: deque[asyncio.Future[B]] = deque()
    try:
        async for item in _each(items):
            under_way.append(asyncio.ensure_future(work(item)))
            if len(under_way) == concurrency:
                yield await under_way.popleft()
        while under_way:
            yield await under_way.popleft()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _each(items: Iterable[A] | AsyncIterable[A]) -> AsyncIterator[A]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


def _checked(concurrency: int) -> int:
    """Raise before the first item is taken."""
    if concurrency < 1:
        raise ConfigurationError(f"concurrency is {concurrency}: it must be at least 1.")
    return concurrency
