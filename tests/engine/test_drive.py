"""Many texts at once: bounded, in order, lazily."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from structgen.core.errors import ConfigurationError, ConnectionFailed, ExtractionFailed
from structgen.core.results import Extraction
from structgen.engine.drive import aattempted, amap_ordered, attempted, map_ordered


class Gauge:
    """Counts how many are inside at once."""

    def __init__(self) -> None:
        self.now = self.most = 0
        self.lock = threading.Lock()

    def __enter__(self) -> None:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self.lock:
            self.now -= 1


def counted(taken: list[int], upto: int) -> Iterator[int]:
    for n in range(upto):
        taken.append(n)
        yield n


def test_results_keep_the_order_and_the_bound() -> None:
    gauge, barrier = Gauge(), threading.Barrier(3)

    def work(n: int) -> int:
        with gauge:
            barrier.wait(5)
            return n * n

    assert list(map_ordered(work, range(9), 3)) == [n * n for n in range(9)]
    assert gauge.most == 3


def test_items_are_taken_only_as_needed() -> None:
    taken: list[int] = []
    results = map_ordered(lambda n: n, counted(taken, 100), 2)
    assert taken == []
    assert next(results) == 0
    assert taken == [0, 1]
    results.close()


def test_closing_early_starts_nothing_more() -> None:
    started: list[int] = []
    results = map_ordered(started.append, range(100), 2)
    next(results)
    results.close()
    assert len(started) <= 2


def test_async_results_keep_the_order_and_the_bound() -> None:
    gauge = Gauge()

    async def work(n: int) -> int:
        with gauge:
            await asyncio.sleep(0.001 * (5 - n % 5))
            return n * n

    async def all_of() -> list[int]:
        return [result async for result in amap_ordered(work, range(20), 4)]

    assert asyncio.run(all_of()) == [n * n for n in range(20)]
    assert gauge.most == 4


def test_async_items_may_come_from_an_async_iterator() -> None:
    async def items() -> AsyncIterator[int]:
        for n in range(3):
            yield n

    async def work(n: int) -> int:
        return -n

    async def all_of() -> list[int]:
        return [result async for result in amap_ordered(work, items(), 2)]

    assert asyncio.run(all_of()) == [0, -1, -2]


def test_leaving_an_async_map_cancels_what_is_under_way() -> None:
    cancelled: list[int] = []

    async def work(n: int) -> int:
        try:
            await asyncio.sleep(0 if n == 0 else 60)
        except asyncio.CancelledError:
            cancelled.append(n)
            raise
        return n

    async def first() -> int:
        results = amap_ordered(work, range(10), 3)
        async for result in results:
            await results.aclose()
            return result
        raise AssertionError("no result")

    assert asyncio.run(first()) == 0
    assert cancelled == [1, 2]


@pytest.mark.parametrize("start", [map_ordered, amap_ordered])
def test_a_concurrency_below_one_is_refused_at_once(start: object) -> None:
    with pytest.raises(ConfigurationError, match="at least 1"):
        start(lambda n: n, [1], 0)  # type: ignore[operator]  both functions, called alike


def test_a_failure_is_a_value_with_its_cause() -> None:
    cause = ConnectionFailed("no answer")

    def run() -> Extraction[str]:
        raise cause

    async def arun() -> Extraction[str]:
        raise cause

    for result in (attempted(run), asyncio.run(aattempted(arun()))):
        assert isinstance(result, ExtractionFailed)
        assert result.__cause__ is cause
        assert str(result) == "no answer"


def test_an_extraction_that_failed_is_handed_on_as_it_is() -> None:
    failed = ExtractionFailed("refused", partial={"a": 1})

    def run() -> Extraction[str]:
        raise failed

    assert attempted(run) is failed
