"""One line for each of many texts: side by side up to a bound, in order, lazily; one failure stops nobody."""

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
    Mapping,
)
from concurrent.futures import Future, ThreadPoolExecutor
from os import PathLike
from typing import TypeAlias, TypeVar, cast

from structgen.core.argument_checks import argument, kind_of, whole
from structgen.core.errors import ConfigurationError, DocumentError, ExtractionFailed, StructgenError
from structgen.core.records import Document, Image, Message
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
    return argument("concurrency", concurrency, whole(1))


def check_texts(texts: object, *, awaited: bool = False) -> None:
    """Raise ConfigurationError where these are no texts but one, whose letters would be taken for texts.

    `awaited`: they may come from an async iterable.
    """
    match texts:
        case str() | Document() | Message() | Image() | DocumentError():
            advice = "write [text], or call extract"
        case bytes() | bytearray() | memoryview():
            advice = "decode them, and write [text]"
        case PathLike():
            advice = "structgen.read(path) gives the texts of a file or folder"
        case Mapping():
            advice = "a chat is a list of messages, and several chats a list of those"
        case AsyncIterable() if not awaited:
            advice = "amap takes async iterables"
        case Iterable() | AsyncIterable():
            return
        case _:
            advice = "write a list of them"
    raise ConfigurationError(f"texts is {kind_of(cast(object, texts))}, and must be an iterable of texts: {advice}.")
