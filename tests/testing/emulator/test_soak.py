"""Many documents through an emulator with every fault: each row is right, or says clearly why it failed."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from tenacity import Retrying, stop_after_attempt, wait_none

from structgen import Extraction, ExtractionFailed, Extractor, Mode, Options
from structgen.core.errors import StoreError, TransportError
from structgen.core.json import JsonObject
from structgen.send.limits import buckets
from structgen.send.limits import limiter_state as limits
from structgen.testing import Emulator, FaultKind, FaultPlan

DOCUMENTS = 120
"""Enough for each kind of fault."""
PLAN = FaultPlan(
    seed=11,
    rate_limited=0.05,
    flex=0.02,
    server_error=0.04,
    dropped=0.03,
    slow=0.03,
    cut=0.04,
    malformed=0.12,
    wrong_type=0.12,
    retry_after=0,
    seconds=0.02,
)


class Address(BaseModel):
    """An address."""

    street: str
    zip: int


class Person(BaseModel):
    """A row."""

    name: str
    born: int
    tall: float
    tags: list[str]
    address: Address


def truth(number: int) -> Person:
    address = Address(street=f"Lane {number}", zip=10_000 + number)
    tags = [f"t{number}", f"u{number}"]
    return Person(name=f"Person {number}", born=1900 + number, tall=1.5 + number / 1000, tags=tags, address=address)


def text(number: int) -> str:
    return f"Record {number}. {truth(number)}"


def answer(body: JsonObject) -> str:
    """Answer with the whole record of the request; the client uses the parts that it requested."""
    found = re.search(r"Record (\d+)\.", json.dumps(body["messages"]))
    assert found
    return truth(int(found[1])).model_dump_json()


def wrong_fields(value: Person, number: int) -> set[str]:
    expected, found = truth(number).model_dump(), value.model_dump()
    return {name for name in expected if found[name] != expected[name]}


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A limiter without reserve and without back-off after an overload, because the faults here are simulated."""
    monkeypatch.setattr(buckets, "SPARE", 0.0)
    monkeypatch.setattr(limits, "REST", 0.0)


def run(numbers: Iterable[int], store: Path, concurrency: int) -> dict[int, Extraction[Any] | ExtractionFailed]:
    retrying = Retrying(stop=stop_after_attempt(3), wait=wait_none())
    numbers = list(numbers)
    with Extractor("groq/openai/gpt-oss-20b", Options(mode=Mode.JSON), store=store, retrying=retrying) as extractor:
        found = extractor.map(Person, [text(number) for number in numbers], concurrency=concurrency)
        return dict(zip(numbers, found, strict=True))


def told(outcome: Extraction[Any] | ExtractionFailed) -> tuple[str, object]:
    """Return an outcome without what differs between runs: ids, times, the number of bytes."""
    if isinstance(outcome, ExtractionFailed):
        return type(outcome.__cause__ or outcome).__name__, outcome.partial
    return "ok", outcome.value


@pytest.mark.usefixtures("unhurried")
def test_every_row_is_right_or_says_why_it_is_not(groq_emulator: Emulator, tmp_path: Path) -> None:
    groq_emulator.answer_with(answer)
    groq_emulator.fail_with(PLAN)
    first = run(range(DOCUMENTS), tmp_path / "first.sqlite", 16)
    befallen = Counter(received.fault for received in groq_emulator.faults)
    assert befallen.keys() == set(FaultKind)
    for number, outcome in first.items():
        if isinstance(outcome, ExtractionFailed):
            assert not isinstance(outcome.__cause__, StoreError)
            assert isinstance(outcome.__cause__, TransportError) or outcome.attempts
            assert len(str(outcome)) > 20
        else:
            assert wrong_fields(outcome.value, number) <= {
                repair.path.split("/")[1] for repair in outcome.repairs if repair.path
            }, f"silently wrong: {outcome.value}"
    right = [number for number, outcome in first.items() if told(outcome) == ("ok", truth(number))]
    assert len(right) > 0.9 * DOCUMENTS
    groq_emulator.fail_with(PLAN)
    again = run(range(DOCUMENTS - 1, 0, -8), tmp_path / "again.sqlite", 3)
    assert {number: told(outcome) for number, outcome in again.items()} == {
        number: told(first[number]) for number in again
    }
