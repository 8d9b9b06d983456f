"""What keeping every completion costs: durable completions a second, and the share of a run.

The floor is what cannot be left out: the same rows, written as JSON and hashed by one thread, in commits of as many as
there are submitters. A busy machine and its disk slow both sides, so what is asserted are ratios; rates are printed.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from pydantic import BaseModel

from structgen import Extractor, Options, compile_request
from structgen.core.records import Completion, Request, Usage
from structgen.store import Store

COUNT, SUBMITTERS, ROUNDS = 3_000, 64, 3
ANSWER = '{"title": "Soup", "minutes": 10, "serves": 4}'
PAID = Completion(ANSWER, usage=Usage(300, 30, calls=1), model="canned", seconds=0.5)
MODEL = "openai/gpt-oss-20b"


class Soup(BaseModel):
    title: str
    minutes: int
    serves: int


def requests() -> list[Request]:
    base = compile_request(Soup, "S" * 600)
    system, user = base.messages
    return [replace(base, messages=(system, replace(user, content=f"{user.text} {n}"))) for n in range(COUNT)]


def floor(asked: list[Request], path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE kept (a, b, c)")
    connection.execute("CREATE INDEX kept_a ON kept (a)")
    for begin in range(0, COUNT, SUBMITTERS):
        said = [json.dumps(request.to_groq()) for request in asked[begin : begin + SUBMITTERS]]
        connection.execute("BEGIN IMMEDIATE")
        rows = [(hashlib.sha256(text.encode()).digest(), text, ANSWER) for text in said]
        connection.executemany("INSERT INTO kept VALUES (?, ?, ?)", rows)
        connection.execute("COMMIT")
    connection.close()


def on_threads(asked: list[Request], path: Path) -> None:
    with Store(path) as store, ThreadPoolExecutor(SUBMITTERS) as pool:
        assert all(answer.paid for answer in pool.map(lambda one: store.once(one, lambda: PAID), asked))


def on_a_loop(asked: list[Request], path: Path) -> None:
    async def ask() -> Completion:
        return PAID

    async def work(store: Store, ahead: Iterator[Request]) -> None:
        for request in ahead:
            await store.aonce(request, ask)

    async def all_of(store: Store) -> None:
        ahead = iter(asked)
        await asyncio.gather(*(work(store, ahead) for _ in range(SUBMITTERS)))

    with Store(path) as store:
        asyncio.run(all_of(store))


@pytest.mark.parametrize("way", [on_threads, on_a_loop])
def test_keeping_completions_costs_a_small_multiple_of_writing_them(
    tmp_path: Path, way: Callable[[list[Request], Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    asked, ratios, rates = requests(), list[float](), list[float]()
    for number in range(ROUNDS):
        began = time.process_time()
        floor(asked, tmp_path / f"floor{number}.sqlite")
        least = time.process_time() - began
        began, clock = time.process_time(), time.perf_counter()
        way(asked, tmp_path / f"store{number}.sqlite")
        ratios.append((time.process_time() - began) / least)
        rates.append(COUNT / (time.perf_counter() - clock))
    with capsys.disabled():
        rate, ratio = median(rates), median(ratios)
        sys.stdout.write(f"\n{way.__name__}: {rate:,.0f} durable completions/s, {ratio:.1f} times the floor's CPU\n")
    assert median(ratios) < 8


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    script = Path(__file__).with_name("canned_server.py")
    texts = json.dumps({MODEL: ANSWER})
    process = subprocess.Popen(
        [sys.executable, str(script), texts], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}" if process.stdout else ""
    finally:
        process.communicate(timeout=20)


def test_a_run_takes_little_longer_with_a_store(
    tmp_path: Path, server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server answers at once, so nothing overlaps; with a model, eight at once end one in 100 ms: 5 % are 5 ms."""
    texts = [f"document {number} {'D' * 1_000}" for number in range(300)]

    def run(store: Path | None) -> float:
        settings = {"base_url": server, "api_key": "gsk_any", "store": store}
        with Extractor(f"groq/{MODEL}", Options(), **settings) as extractor:  # type: ignore[arg-type]
            began = time.perf_counter()
            assert sum(1 for _ in extractor.map(Soup, texts, concurrency=8)) == len(texts)
            return (time.perf_counter() - began) / len(texts)

    run(None)
    pairs = [(run(tmp_path / f"{number}.sqlite"), run(None)) for number in range(ROUNDS)]
    more = median(kept - bare for kept, bare in pairs)
    with capsys.disabled():
        sys.stdout.write(f"\na store adds {more * 1e3:.2f} ms to each document\n")
    assert more < 0.005
