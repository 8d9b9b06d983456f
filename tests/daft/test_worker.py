"""One process at work: how many documents at once, which one alone, and which one never again."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel

from structgen.core.errors import ExtractionFailed
from structgen.core.records import Document
from structgen.core.results import Extraction
from structgen.daft.job import DEATHS, ExtractorSettings, Job
from structgen.daft.worker import StopSign, Turns, Worker
from structgen.testing import Emulator

T = TypeVar("T")
MODEL = "groq/openai/gpt-oss-20b"


class Soup(BaseModel):
    name: str


def test_no_more_documents_than_allowed_run_side_by_side_and_one_alone_runs_alone() -> None:
    turns, running, seen = Turns(3), set[int](), dict[int, set[int]]()

    async def one(number: int, alone: bool) -> None:
        async with turns.turn(alone=alone):
            running.add(number)
            for _ in range(3):
                await asyncio.sleep(0)
                seen[number] = seen.get(number, set()) | running
            running.discard(number)

    async def all_of() -> None:
        await asyncio.gather(*(one(number, number in (4, 5)) for number in range(12)))

    asyncio.run(all_of())
    assert seen.keys() == set(range(12))
    assert [seen[number] for number in (4, 5)] == [{4}, {5}]
    assert max(map(len, seen.values())) > 1


def test_a_turn_that_is_cancelled_leaves_its_room() -> None:
    async def run() -> bool:
        turns = Turns(2)
        async with turns.turn(alone=False):
            waits = asyncio.create_task(_hold(turns))
            await asyncio.sleep(0)
            waits.cancel()
            await asyncio.gather(waits, return_exceptions=True)
        async with asyncio.timeout(30), turns.turn(alone=True):
            return True

    assert asyncio.run(run())


async def _hold(turns: Turns) -> None:
    async with turns.turn(alone=True):
        raise AssertionError("never alone")


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(coroutine)


def died(store: Path, names: list[bytes], times: int) -> None:
    """Leave the marks of processes that died with these documents under way."""
    folder = store.with_name(f"{store.name}-started")
    folder.mkdir(exist_ok=True)
    for number in range(times):
        (folder / f"dead-{number}").write_bytes(b"".join(names))


@pytest.mark.parametrize("deaths", range(DEATHS + 1))
def test_a_document_that_was_under_way_at_several_deaths_is_a_failed_row(
    deaths: int, emulator: Emulator, tmp_path: Path
) -> None:
    store = tmp_path / "store.sqlite"
    job = Job(Soup, ExtractorSettings(MODEL), store=str(store))
    documents = [Document("Name: Poison"), Document("Name: Leek")]

    async def outcomes() -> list[Any]:
        worker = Worker(job)
        died(store, [worker._name(documents[0])], deaths)
        found = await worker.work(documents)
        await worker.disconnect()
        worker._store and worker._store.close()
        return [outcome for _, outcome in found]

    poison, other = run(outcomes())
    assert isinstance(other, Extraction)
    if deaths < DEATHS:
        assert isinstance(poison, Extraction)
        return
    assert isinstance(poison, ExtractionFailed)
    assert str(poison).startswith("3 processes died while they worked on this document")
    assert str(store.with_name("store.sqlite-started")) in str(poison)
    assert len(emulator.requests) == 1


def test_after_the_sign_to_stop_nothing_waits_any_more_and_nothing_is_lost(tmp_path: Path) -> None:
    job = Job(Soup, ExtractorSettings(MODEL), store=str(tmp_path / "store.sqlite"))
    (tmp_path / "store.sqlite-started").mkdir()
    here, there = StopSign(job), StopSign(Job(Soup, ExtractorSettings(MODEL), store=job.store, id=job.id))
    assert not there.is_set()
    here.set()
    StopSign._here.clear()  # another process does not have it
    assert StopSign(job).is_set()
    here.clear()
    assert not StopSign(job).is_set()
