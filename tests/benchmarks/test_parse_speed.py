"""Speed side by side, in one run: valid JSON against Pydantic alone, broken JSON against json_repair, growing text.

Each figure is the best of several rounds of processor time, the two sides taking turns. A busy machine slows both
sides, but not evenly: what is asserted is a fifth below what is promised, and the measured figures are printed.
"""

import json
import math
import re
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import json_repair
import pytest
from pydantic import BaseModel, TypeAdapter

from structgen.parse import parse_text
from structgen.parse.stream.partial_reader import PartialReader
from structgen.schema import Schema

SLACK = 0.8


class Row(BaseModel):
    name: str
    qty: int
    price: float
    note: str
    ok: bool


ADAPTER = TypeAdapter(list[Row])
SCHEMA = Schema.of(list[Row])


def rows(count: int) -> str:
    one = {"qty": 7, "price": 1.5, "note": "some note here, more text", "ok": True}
    return json.dumps([{"name": f"Widget {number}", **one} for number in range(count)])


def say(capsys: pytest.CaptureFixture[str], figure: str) -> None:
    """Show a figure although the test passes."""
    with capsys.disabled():
        sys.stdout.write(f"\n{figure}\n")


def best(*sides: Callable[[], Any], rounds: int = 7) -> list[float]:
    """The best processor time of each side, in seconds."""
    found = [math.inf] * len(sides)
    for _ in range(rounds):
        for index, side in enumerate(sides):
            start = time.process_time()
            side()
            found[index] = min(found[index], time.process_time() - start)
    return found


@pytest.mark.parametrize(("count", "promised"), [(20, 0.35), (200, 0.35), (1100, 0.45), (4000, 0.45)])
def test_valid_json_against_pydantic_alone(count: int, promised: float, capsys: pytest.CaptureFixture[str]) -> None:
    text = rows(count)
    times = range(max(4000 // count, 1))
    alone, ours = best(
        lambda: [ADAPTER.validate_json(text) for _ in times],
        lambda: [parse_text(SCHEMA, text) for _ in times],
    )
    say(capsys, f"{len(text):>7} characters: {alone / ours:.2f} of Pydantic's speed")
    assert alone / ours >= promised * SLACK


BROKEN: dict[str, Callable[[str], str]] = {
    "trailing commas": lambda text: text.replace("true}", "true,}"),
    "missing commas": lambda text: text.replace("}, ", "}\n"),
    "missing commas between members": lambda text: text.replace('", "', '" "'),
    "single quotes": lambda text: text.replace('"', "'"),
    "smart quotes": lambda text: re.sub(r'"([^"]*)"', r"“\1”", text),
    "keys without quotes": lambda text: re.sub(r'"(\w+)":', r"\1:", text),
    "comments": lambda text: text.replace("}, ", "}, // next\n"),
    "raw newlines": lambda text: text.replace("here, ", "here,\n"),
    "quotes inside": lambda text: text.replace("note here", '"note" here'),
    "Python words": lambda text: text.replace("true", "True"),
    "Python": lambda text: repr(json.loads(text)),
}


def test_broken_json_against_json_repair(capsys: pytest.CaptureFixture[str]) -> None:
    ratios: dict[str, float] = {}
    for kind, dress in BROKEN.items():
        text = dress(rows(200))
        assert parse_text(SCHEMA, text).ok
        theirs, ours = best(
            lambda text=text: json_repair.loads(text), lambda text=text: parse_text(SCHEMA, text), rounds=5
        )
        ratios[kind] = theirs / ours
    say(capsys, "times json_repair's speed: " + ", ".join(f"{kind} {ratio:.1f}" for kind, ratio in ratios.items()))
    assert median(ratios.values()) >= 4 * SLACK
    assert min(ratios.values()) >= 3 * SLACK


def test_growing_text(capsys: pytest.CaptureFixture[str]) -> None:
    def run(text: str) -> None:
        reader = PartialReader()
        for start in range(0, len(text), 4):
            reader.feed(text[start : start + 4])
            _ = reader.value

    points: list[tuple[float, float]] = []
    for count in (100, 1000, 4000):
        text = rows(count)
        (seconds,) = best(lambda text=text: run(text), rounds=3)
        points.append((len(text), seconds))
        say(capsys, f"{len(text):>7} characters: {1e6 * seconds / len(text):.2f} us each")
    (size, first), *_, (large, last) = points
    assert last / large * 1e6 <= 1 / SLACK
    assert math.log(last / first) / math.log(large / size) <= 1.1 / SLACK
