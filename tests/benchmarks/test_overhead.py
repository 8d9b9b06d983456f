"""What a call costs in this process beyond the wire, side by side in one run, and that many calls leave nothing behind.

The server is another process. "groq" is the plain SDK with one Pydantic validation; "floor" the same over aiohttp with
an unparsed response. The sides take turns, and each figure is the median of its rounds of processor time. A busy
machine slows both sides, but not evenly: what is asserted is a fifth above what is promised, and all is printed.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import groq
import httpx
import pytest
from pydantic import BaseModel, create_model

from structgen import Extractor

SLACK = 1.2
ROUNDS = 5
SMALL, LARGE = "openai/gpt-oss-20b", "openai/gpt-oss-120b"
SERIAL = itertools.count()


class Three(BaseModel):
    title: str
    minutes: int
    done: bool


FIELDS: Mapping[str, Any] = {f"field_{n}": ((str, int, bool)[n % 3], ...) for n in range(15)}
Fifteen = create_model("Fifteen", **FIELDS)
TEXTS = {
    SMALL: json.dumps({"title": "a", "minutes": 3, "done": True}),
    LARGE: json.dumps({f"field_{n}": ("a", 3, True)[n % 3] for n in range(15)}),
}
KINDS: Mapping[str, type[BaseModel]] = {SMALL: Three, LARGE: Fifteen}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server in another process."""
    script = Path(__file__).with_name("canned_server.py")
    process = subprocess.Popen(
        [sys.executable, str(script), json.dumps(TEXTS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}" if process.stdout else ""
    finally:
        process.communicate(timeout=20)


@pytest.fixture(autouse=True)
def environment(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_BASE_URL", server)
    monkeypatch.setenv("GROQ_API_KEY", "gsk_any")


def text() -> str:
    """A document that no cache has seen."""
    return f"document {next(SERIAL)} " + "D" * 1950


def body(model: str) -> dict[str, Any]:
    return {
        "model": model,
        "messages": [{"role": "user", "content": text()}],
        "response_format": {"type": "json_object"},
    }


def shown(title: str, taken: Mapping[str, list[float]], base: str) -> Mapping[str, float]:
    """The medians, printed with their ratios to one of them."""
    found = {way: median(rounds) for way, rounds in taken.items()}
    cells = [f"{way} {seconds * 1e3:.3f} ms ({seconds / found[base]:.2f}x)" for way, seconds in found.items()]
    sys.stdout.write(f"\n{title}, CPU a call: {', '.join(cells)}\n")
    return found


@pytest.mark.parametrize("model", [SMALL, LARGE], ids=["3 fields", "15 fields"])
def test_a_blocking_call_costs_no_more_than_the_sdk_alone(model: str) -> None:
    kind = KINDS[model]
    with groq.Groq(max_retries=0) as plain, Extractor(f"groq/{model}") as extractor:

        def by_groq() -> BaseModel:
            said = plain.chat.completions.create(**body(model)).choices[0].message.content
            return kind.model_validate_json(said or "")

        ways: dict[str, Callable[[], BaseModel]] = {
            "groq": by_groq,
            "structgen": lambda: extractor.extract(kind, text()).value,
        }
        taken: dict[str, list[float]] = {way: [] for way in ways}
        for turn, way in itertools.product(range(ROUNDS + 1), ways):
            started = time.process_time()
            assert all(isinstance(ways[way](), kind) for _ in range(50))
            if turn:
                taken[way].append((time.process_time() - started) / 50)
    found = shown(f"blocking, {kind.__name__}", taken, "groq")
    assert found["structgen"] <= found["groq"] * SLACK


@pytest.mark.parametrize("at_once", [50, 300])
def test_calls_on_a_loop_cost_little_more_than_the_bare_transport(at_once: int) -> None:
    found = asyncio.run(_side_by_side(at_once))
    assert found["structgen"] <= 1.3 * found["floor"] * SLACK


async def _side_by_side(at_once: int) -> Mapping[str, float]:
    async with (
        groq.AsyncGroq(max_retries=0, http_client=groq.DefaultAioHttpClient()) as bare,
        Extractor(f"groq/{SMALL}") as extractor,
    ):

        async def floor() -> BaseModel:
            response = await bare.post("/openai/v1/chat/completions", body=body(SMALL), cast_to=httpx.Response)
            return Three.model_validate_json(json.loads(response.content)["choices"][0]["message"]["content"])

        async def ours() -> BaseModel:
            return (await extractor.aextract(Three, text())).value

        ways = {"floor": floor, "structgen": ours}
        taken: dict[str, list[float]] = {way: [] for way in ways}
        for turn, way in itertools.product(range(ROUNDS + 1), ways):
            started = time.process_time()
            await _drive(ways[way], 600, at_once)
            if turn:
                taken[way].append((time.process_time() - started) / 600)
    return shown(f"{at_once} at once", taken, "floor")


async def _drive(call: Callable[[], Awaitable[object]], calls: int, at_once: int) -> None:
    """So many calls, so many at once."""
    left = iter(range(calls))

    async def work() -> None:
        for _ in left:
            await call()

    await asyncio.gather(*(work() for _ in range(at_once)))


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory of a process is read from /proc")
def test_twenty_thousand_calls_leave_nothing_behind() -> None:
    async def run() -> list[float]:
        held: list[float] = []
        async with Extractor(f"groq/{SMALL}") as extractor:
            for _ in range(5):
                await _drive(lambda: extractor.aextract(Three, text()), 4000, 50)
                gc.collect()
                held.append(_resident())
        return held

    held = asyncio.run(run())
    sys.stdout.write(f"\nMB after each 4,000 of 20,000 calls: {', '.join(f'{size:.1f}' for size in held)}\n")
    assert held[-1] - held[0] < 5


def _resident() -> float:
    """Resident memory of this process, in MB of 1,000,000 bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
