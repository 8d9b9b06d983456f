from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from structgen.testing import Emulator, error


def answer(body: Any) -> str:
    return '{"name": "Ada"}' if body.get("response_format") or body.get("tools") else "Ada " * 40


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A server in the place of Groq that does as documented."""
    with Emulator(answer=answer) as emulator:
        monkeypatch.setenv("GROQ_API_KEY", emulator.api_key)
        monkeypatch.setenv("GROQ_BASE_URL", emulator.base_url)
        yield emulator


def test_twelve_calls_after_the_price_and_all_is_well(structgen, api: Emulator) -> None:
    ran = structgen("doctor", "--live", "--yes")
    assert ran.status == 0, ran.out + ran.err
    assert "12 calls to http://127.0.0.1:" in ran.said[0]
    assert "USD." in ran.said[0]
    assert ran.said[-1] == "structgen: 12 behaviours were looked at; none differ from what is documented."
    assert len(api.requests) == 1 + 12  # the first is doctor's own, for the list of models
    assert api.api_key not in ran.out + ran.err


def test_nothing_is_called_without_a_yes(structgen, api: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typer.confirm", _no)
    ran = structgen("doctor", "--live")
    assert ran.status == 1
    assert "calls to" in ran.err
    assert [received.path for received in api.requests] == ["/openai/v1/models"]


def _no(*_: object, **__: object) -> None:
    import typer

    raise typer.Abort


def test_a_server_that_deviates_is_status_1_with_the_difference(structgen, api: Emulator) -> None:
    api.script(error("internal"))
    ran = structgen("doctor", "--live", "--yes", "--calls", "3")
    assert ran.status == 1
    lines = ran.out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("wrong  json_object: "))
    assert lines[at + 1] == "       status 500 (Internal Server Error), where 200 was expected"
    assert ran.said[-1] == "structgen: 3 behaviours were looked at; 1 differ from what is documented."


def test_what_was_saved_is_played_and_agrees(structgen, api: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    api.script(error("internal"))
    structgen("doctor", "--live", "--yes", "--calls", "18", "--save", "live.json")
    text = Path("live.json").read_text()
    assert api.api_key not in text
    assert "key_wrong" not in text
    assert len(json.loads(text)["interactions"]) == 17
    with Emulator(recordings=Path("live.json")) as played:
        monkeypatch.setenv("GROQ_BASE_URL", played.base_url)
        again = structgen("doctor", "--live", "--yes", "--calls", "2")
    assert "status 500 (Internal Server Error), where 200 was expected" in again.out


def test_only_groq_is_compared_with_its_documentation(structgen) -> None:
    ran = structgen("doctor", "--live", "--yes", "--model", "rules")
    assert ran.status == 2
    assert "rules is not Groq's" in ran.said[-1]


def test_a_model_without_prices_says_so(structgen, api: Emulator) -> None:
    ran = structgen("doctor", "--live", "--yes", "--calls", "1", "--model", "groq/minimaxai/minimax-m2.7")
    assert "a price that is not known" in ran.said[0]


def test_no_call_is_made_where_something_is_wrong_already(structgen, api: Emulator) -> None:
    ran = structgen("doctor", "--live", "--yes", "--model", "groq/no/such")
    assert ran.status == 1
    assert len(api.requests) == 1


def test_options_of_live_need_it(structgen) -> None:
    assert "give it too" in structgen("doctor", "--yes").said[-1]
