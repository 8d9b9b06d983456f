"""How many jobs share a commit, and who is woken after it."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from structgen.core.errors import StoreError
from structgen.store.writer import LONGEST, Writer


@pytest.fixture
def make_writer(tmp_path: Path) -> Iterator[Callable[[int], Writer]]:
    opened: list[Writer] = []

    def make(expected: int) -> Writer:
        opened.append(Writer(tmp_path / "s.sqlite", lambda: expected))
        opened[-1].submit(sizes, 0).result()
        return opened[-1]

    yield make
    for writer in opened:
        writer.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> float:
    """The longest patience, here longer than any machine takes for what a job could wait for."""
    monkeypatch.setattr("structgen.store.writer.LONGEST", 300.0)
    return 300.0


def sizes(_: sqlite3.Connection, arguments: list[Any]) -> list[int]:
    """For each job: how many were done with it."""
    return [len(arguments)] * len(arguments)


def failing(_: sqlite3.Connection, arguments: list[Any]) -> list[int]:
    raise ValueError(arguments[0])


def test_a_commit_waits_for_as_many_as_are_expected(make_writer: Callable[[int], Writer], patient: float) -> None:
    writer = make_writer(3)
    first = writer.submit(sizes, 1, patient)
    time.sleep(0.005)
    others = [writer.submit(sizes, number, patient) for number in (2, 3)]
    assert [job.result(100) for job in (first, *others)] == [3, 3, 3]


def test_nobody_waits_who_is_alone_or_has_no_patience(make_writer: Callable[[int], Writer], patient: float) -> None:
    for expected, patience in ((1, patient), (9, 0.0)):
        writer = make_writer(expected)
        for number in range(20):
            assert writer.submit(sizes, number, patience).result(100) == 1


def test_who_has_no_patience_takes_those_along_who_wait(make_writer: Callable[[int], Writer], patient: float) -> None:
    writer = make_writer(9)
    first = writer.submit(sizes, 1, patient)
    time.sleep(0.02)
    assert [job.result(100) for job in (writer.submit(sizes, 2), first)] == [2, 2]


@pytest.mark.parametrize("patience", [0.01, 300.0])
def test_patience_ends_and_soon(make_writer: Callable[[int], Writer], patience: float) -> None:
    assert make_writer(9).submit(sizes, 1, patience).result(100) == 1


def test_what_waits_is_written_when_the_writer_is_closed(make_writer: Callable[[int], Writer]) -> None:
    writer = make_writer(9)
    job = writer.submit(sizes, 1, LONGEST)
    writer.close()
    assert job.result(0) == 1


def test_a_loop_is_woken_once_for_a_commit(make_writer: Callable[[int], Writer]) -> None:
    writer, calls = make_writer(5), list[object]()

    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        wake = loop.call_soon_threadsafe

        def counted(*given: Any) -> Any:
            calls.append(given)
            return wake(*given)

        loop.call_soon_threadsafe = counted  # type: ignore[method-assign]
        return await asyncio.gather(*(writer.asubmit(sizes, number, LONGEST) for number in range(5)))

    assert asyncio.run(main()) == [5] * 5
    assert len(calls) == 1


def test_on_a_loop_each_job_fails_alone_and_one_that_was_given_up_hurts_nobody(
    make_writer: Callable[[int], Writer],
) -> None:
    writer = make_writer(3)

    async def main() -> None:
        given_up, bad, good = (writer.asubmit(work, 1, LONGEST) for work in (sizes, failing, sizes))
        given_up.cancel()
        with pytest.raises(ValueError, match="1"):
            await bad
        assert await good == 1

    asyncio.run(main())


def test_who_gave_up_keeps_no_result_from_the_others(make_writer: Callable[[int], Writer]) -> None:
    writer = make_writer(2)

    async def main() -> int:
        given_up = writer.asubmit(sizes, 1, LONGEST)
        given_up.cancel()
        return await asyncio.wait_for(writer.asubmit(sizes, 2, LONGEST), 2)

    assert asyncio.run(main()) == 2


def test_a_loop_that_was_closed_meanwhile_hurts_nobody(make_writer: Callable[[int], Writer]) -> None:
    writer = make_writer(9)

    async def leave() -> None:
        writer.asubmit(sizes, 1, LONGEST)

    asyncio.run(leave())
    assert writer.submit(sizes, 2, LONGEST).result(1) in {1, 2}
    assert writer.submit(sizes, 3).result(1) == 1


def test_on_a_loop_a_closed_writer_says_so(make_writer: Callable[[int], Writer]) -> None:
    writer = make_writer(1)
    writer.close()

    async def ask() -> None:
        await writer.asubmit(sizes, 1)

    with pytest.raises(StoreError, match="is closed"):
        asyncio.run(ask())
