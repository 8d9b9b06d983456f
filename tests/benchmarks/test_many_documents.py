"""What a document of a large run costs in this process, as a multiple of the SDK's bare call in the same run.

    .venv/bin/python -m pytest -s tests/benchmarks/test_many_documents.py        MANY_DOCUMENTS=20000 for more of them
                                                                                 LATENCY=0.005 for slower responses

The server is another process. "floor" is the plain SDK over aiohttp with an unparsed response and one Pydantic
validation. All ways take turns; each figure is the least of its rounds of processor time, because a busy machine only
ever adds to it. What is asserted is loose; all is printed.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import groq
import httpx
import pytest
from pydantic import BaseModel

from structgen import Document, Extractor, Task
from structgen.batch import Batch, open_output

COUNT, LATENCY = int(os.environ.get("MANY_DOCUMENTS", "1000")), os.environ.get("LATENCY", "0")
ROUNDS, AT_ONCE = 3, 32
MODEL = "openai/gpt-oss-20b"
SERIAL = itertools.count()


class Soup(BaseModel):
    title: str
    minutes: int
    vegan: bool


ANSWER = Soup(title="Leek soup", minutes=30, vegan=True).model_dump_json()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server in another process."""
    script = Path(__file__).with_name("canned_server.py")
    texts = json.dumps({MODEL: ANSWER})
    process = subprocess.Popen(
        [sys.executable, str(script), texts, LATENCY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}" if process.stdout else ""
    finally:
        process.communicate(timeout=20)


@pytest.fixture(autouse=True)
def environment(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_BASE_URL", server)
    monkeypatch.setenv("GROQ_API_KEY", "gsk_any")


def texts(tag: object, count: int = COUNT) -> Iterator[str]:
    return (f"Document {tag}.{n}. Leek soup, vegan, in 30 minutes. " + "Stir it well. " * 10 for n in range(count))


def by_sdk(tag: object) -> None:
    async def work(client: groq.AsyncGroq, ahead: Iterator[str]) -> None:
        for text in ahead:
            messages = [{"role": "user", "content": text}]
            body = {"model": MODEL, "messages": messages, "response_format": {"type": "json_object"}}
            response = await client.post("/openai/v1/chat/completions", body=body, cast_to=httpx.Response)
            Soup.model_validate_json(json.loads(response.content)["choices"][0]["message"]["content"])

    async def run() -> None:
        async with groq.AsyncGroq(max_retries=0, http_client=groq.DefaultAioHttpClient()) as client:
            ahead = texts(tag)
            await asyncio.gather(*(work(client, ahead) for _ in range(AT_ONCE)))

    asyncio.run(run())


def by_map(tag: object, store: Path | None = None) -> None:
    with Extractor(f"groq/{MODEL}", store=store) as extractor:
        assert sum(bool(one.value) for one in extractor.map(Soup, texts(tag), concurrency=AT_ONCE)) == COUNT


def by_rows(
    tag: object, folder: Path, store: Path | None = None, *, count: int = COUNT, seen: Callable[[], None] | None = None
) -> None:
    with Extractor(f"groq/{MODEL}", store=store) as extractor:
        batch = Batch(extractor, Task("soup", Soup), concurrency=AT_ONCE)
        output = open_output(folder / "out.jsonl", batch.schema)
        documents = (Document(text, id=str(n), source="soups") for n, text in enumerate(texts(tag, count)))
        for row in batch.rows(documents, output.fit):
            output.write(row)
            if seen is not None:
                seen()
        output.finish(complete=True)
        assert batch.summary.ok == count


def taken(work: Callable[[int], None], turn: int) -> tuple[float, float]:
    """Milliseconds for each document: of processor time, and by the clock."""
    began, clock = time.process_time(), time.perf_counter()
    work(turn)
    return (time.process_time() - began) / COUNT * 1e3, (time.perf_counter() - clock) / COUNT * 1e3


def test_what_a_document_costs_beside_the_bare_call(tmp_path: Path) -> None:
    ways: Mapping[str, Callable[[int], None]] = {
        "floor": by_sdk,
        "map": by_map,
        "map with a store": lambda turn: by_map(turn, tmp_path / f"map{turn}.sqlite"),
        "map from the store": lambda turn: by_map(turn, tmp_path / f"map{turn}.sqlite"),
        "rows": lambda turn: by_rows(turn, tmp_path),
        "rows with a store": lambda turn: by_rows(turn, tmp_path, tmp_path / f"rows{turn}.sqlite"),
        "rows from the store": lambda turn: by_rows(turn, tmp_path, tmp_path / f"rows{turn}.sqlite"),
    }
    rounds = [{way: taken(run, turn) for way, run in ways.items()} for turn in range(ROUNDS)]
    least = {way: min(times[way][0] for times in rounds) for way in ways}
    quickest = {way: min(times[way][1] for times in rounds) for way in ways}
    floor = least["floor"]
    cells = [f"{way}: {cost:.3f} ms ({cost / floor:.2f}x), {1e3 / quickest[way]:.0f}/s" for way, cost in least.items()]
    shown = "\n  ".join(cells)
    sys.stdout.write(f"\nCPU a document, {COUNT} of them, load {os.getloadavg()[0]:.1f}\n  {shown}\n")
    assert least["map"] < 6 * floor
    assert least["rows with a store"] < 10 * floor
    assert least["map from the store"] < floor


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory of a process is read from /proc")
def test_memory_does_not_grow_with_the_number_of_documents(tmp_path: Path) -> None:
    count, held = itertools.count(1), list[float]()

    def seen() -> None:
        if next(count) % COUNT == 0:
            gc.collect()
            held.append(int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6)

    by_rows("memory", tmp_path, tmp_path / "memory.sqlite", count=6 * COUNT, seen=seen)
    sys.stdout.write(f"\nMB after each {COUNT} of {6 * COUNT} documents: {', '.join(f'{one:.0f}' for one in held)}\n")
    assert held[-1] - held[1] < 10
