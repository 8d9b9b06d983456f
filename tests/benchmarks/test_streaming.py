"""Streaming beside the SDK's own loop over its chunks: less work, and work that grows with the text alone.

Counted in calls of Python functions, which no busy machine changes; the seconds behind them differ likewise.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import groq
import pytest
from pydantic import BaseModel

from structgen import Extraction, Extractor, Partial
from structgen.core.options import Risk
from structgen.engine.stream.stream_views import Finished, Growing
from structgen.forms import PlainForm, strict_form
from structgen.schema import Schema
from structgen.send.http.providers import GROQ
from structgen.send.http.stream_assembler import Origin, StreamAssembler
from structgen.testing import Emulator, reply

MODEL = "openai/gpt-oss-20b"


class Row(BaseModel):
    name: str
    quantity: int
    note: str | None = None
    scores: dict[str, int] = {}


class Table(BaseModel):
    title: str
    rows: list[Row]


def value_of(size: int) -> dict[str, Any]:
    """A table of about so many characters."""
    rows = [
        {"name": f"item {n}", "quantity": n, "note": "some words or other", "scores": {"first": n, "second": n + 1}}
        for n in range(size // 130)
    ]
    return {"title": "a table", "rows": rows}


def text_of(size: int) -> str:
    """The table as a model held to the strict schema writes it."""
    strict: Any = strict_form(PlainForm(Schema.of(Table)))
    return json.dumps(strict.encode(value_of(size)))


def calls(work: Callable[[], object]) -> int:
    """How many calls, of Python and of C functions, this takes in this thread."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def exponent(work: Callable[[int], Callable[[], object]], small: int = 6_000, large: int = 48_000) -> float:
    """The slope of the logarithm of the work over that of the size: 1 is linear."""
    return math.log(calls(work(large)) / calls(work(small))) / math.log(large / small)


def pieces(text: str) -> list[str]:
    return [text[start : start + 4] for start in range(0, len(text), 4)]


def growing(size: int) -> Callable[[], object]:
    parts, strict = pieces(text_of(size)), strict_form(PlainForm(Schema.of(Table)))
    shown: Any = Growing(strict)  # type: ignore[arg-type]  the schema has a strict form
    return lambda: [one for part in parts for one in shown.show(part)]


def items(size: int) -> Callable[[], object]:
    parts = pieces(json.dumps(value_of(size)["rows"]))
    finished = Finished[Row](Schema.of(Row), PlainForm(Schema.of(list[Row])), Risk.INTERPRETIVE)
    return lambda: [one for part in parts for one in finished.show(part)]


def one_long_string(size: int) -> Callable[[], object]:
    parts, shown = pieces(json.dumps({"title": "x" * size})), Growing(PlainForm(Schema.of(True)))
    return lambda: [one for part in parts for one in shown.show(part)]


def gathered(size: int) -> Callable[[], object]:
    body = b"".join(
        b"data: " + json.dumps({"choices": [{"delta": {"content": part}}]}).encode() + b"\n\n"
        for part in pieces("x" * size)
    )
    gathering = StreamAssembler(Origin(GROQ, "m", "k"))
    return lambda: [text for start in range(0, len(body), 1000) for text in gathering.feed(body[start : start + 1000])]


@pytest.mark.parametrize("work", [growing, items, one_long_string, gathered])
def test_work_grows_with_the_text_alone(work: Callable[[int], Callable[[], object]]) -> None:
    assert exponent(work) <= 1.15


def test_copies_of_growing_values_are_paid_for_by_the_text() -> None:
    """What Python copies for snapshots is no call: so count the references that fresh containers hold."""

    def copied(size: int) -> int:
        shown, seen, total = Growing(PlainForm(Schema.of(True))), set[int](), 0
        kept: list[Partial] = []
        for part in pieces(json.dumps(value_of(size))):
            for one in shown.show(part):
                kept.append(one)
                todo = [one.value]
                while todo:
                    here = todo.pop()
                    if isinstance(here, (dict, list)) and id(here) not in seen:
                        seen.add(id(here))
                        total += len(here)
                        todo.extend(here.values() if isinstance(here, dict) else here)
        return total

    assert all(copied(size) <= 9 * size for size in (5_000, 20_000, 80_000))


def test_a_stream_takes_less_work_than_the_sdks_own_loop(groq_emulator: Emulator) -> None:
    text = text_of(5_000)
    groq_emulator.script(reply(text), repeat_last=True)
    with groq.Groq(max_retries=0) as client, Extractor() as extractor:
        seen: list[Any] = []

        def drain() -> None:
            messages: Any = [{"role": "user", "content": "a table"}]
            arriving = client.chat.completions.create(model=MODEL, messages=messages, stream=True)
            seen.extend(chunk.choices[0].delta.content for chunk in arriving)

        def shown() -> None:
            seen.extend(extractor.stream(Table, "a table"))

        drain()
        shown()
        assert isinstance(seen[-1], Extraction)
        assert seen[-1].value == Table.model_validate(value_of(5_000))
        assert calls(shown) <= 1.6 * calls(drain)
