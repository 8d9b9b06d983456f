from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from structgen.testing import Emulator

GPT = "openai/gpt-oss-20b"
SAME = {"id": GPT, "active": True, "context_window": 131072, "max_completion_tokens": 65536}


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], None]]:
    """``listing(body)``: set GROQ_BASE_URL to a server that answers with this JSON or text."""
    with ExitStack() as stack:

        def serve(body: Any) -> None:
            content = (body if isinstance(body, str) else json.dumps(body)).encode()

            class Handler(BaseHTTPRequestHandler):
                def do_GET(self) -> None:
                    self.send_response(200)
                    self.send_header("content-length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

                def log_request(self, *_: object) -> None:
                    """Log nothing, to keep the test output clean."""

            server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), Handler))
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
            monkeypatch.setenv("GROQ_BASE_URL", f"http://127.0.0.1:{server.server_port}")
            monkeypatch.setenv("GROQ_API_KEY", "gsk_any")

        yield serve


def test_the_table_shows_prices_sizes_modes_and_limits(structgen) -> None:
    line = next(line for line in structgen("models").out.splitlines() if line.startswith(f"groq/{GPT} "))
    assert "131,072  65,536   0.075  0.0375  0.30" in line
    assert "json, json_schema (strict), tools, text" in line
    assert "free 30/1,000/8,000/200,000; dev 1,000/?/250,000/?" in line


@pytest.mark.parametrize("name", [GPT, f"groq/{GPT}"])
def test_one_model_is_shown_alone(structgen, name: str) -> None:
    lines = structgen("models", name).out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(f"groq/{GPT} ")


def test_a_retired_model_is_shown_by_its_name(structgen) -> None:
    assert "retired: use openai/gpt-oss-20b" in structgen("models", "llama3-8b-8192").out


def test_a_model_that_nobody_knows_is_wrong_usage(structgen) -> None:
    ran = structgen("models", "no/such")
    assert ran.status == 2
    assert "No card for model 'no/such'" in ran.said[-1]


def test_cards_of_ones_own_are_listed(structgen, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "own.json").write_text(
        json.dumps({"cards": [{"id": "llama", "provider": "compatible", "price_in": 0.123}]})
    )
    monkeypatch.setenv("STRUCTGEN_CARDS", "own.json")
    assert any(line.split()[:5] == ["compatible/llama", "unknown", "?", "?", "0.123"]
               for line in structgen("models").out.splitlines())  # fmt: skip


def test_broken_cards_are_wrong_usage_in_one_line(structgen, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "own.json").write_text('{"cards": [{"price_in": 1}]}')
    monkeypatch.setenv("STRUCTGEN_CARDS", "own.json")
    ran = structgen("models")
    assert ran.status == 2
    assert len(ran.said) == 1
    assert "own.json" in ran.said[0]


def test_a_refresh_that_finds_nothing_says_so(structgen, groq_emulator: Emulator) -> None:
    ran = structgen("models", "--refresh")
    assert (ran.status, ran.out) == (0, "")
    assert "lists 7 models; none differ from the cards" in ran.err
    assert [received.path for received in groq_emulator.requests] == ["/openai/v1/models"]


def test_a_refresh_shows_what_is_new_gone_and_other(structgen, listing: Callable[[Any], None]) -> None:
    listing({"data": [{**SAME, "context_window": 200000}, {"id": "new/one", "max_completion_tokens": 5}]})
    out = structgen("models", "--refresh").out.splitlines()
    assert out[:2] == [
        f"{GPT}: context_window 200,000, but 131,072 on its card",
        "new/one: new: it has no card (max_completion_tokens 5)",
    ]
    assert "openai/gpt-oss-120b: gone: production on its card, but the server does not list it" in out


def test_a_refresh_of_one_model_retrieves_it_alone(structgen, groq_emulator: Emulator) -> None:
    assert structgen("models", f"groq/{GPT}", "--refresh").status == 0
    assert [received.path for received in groq_emulator.requests] == [f"/openai/v1/models/{GPT}"]


def test_a_refresh_of_a_model_that_the_server_does_not_have_is_said(structgen, groq_emulator: Emulator) -> None:
    ran = structgen("models", "groq/no/such", "--refresh")
    assert ran.status == 2
    assert "`no/such` does not exist" in ran.said[-1]


def test_what_a_refresh_finds_can_be_kept(
    structgen, listing: Callable[[Any], None], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "settings"))
    listing({"data": [{**SAME, "context_window": 200000}, {"id": "new/one"}]})
    ran = structgen("models", "--refresh", "--save")
    assert "2 of 2 models saved in" in ran.said[-1]
    assert "200,000" in structgen("models", GPT).out.split()
    listing({"data": [{**SAME, "context_window": 300000}, {"id": "new/one"}]})
    structgen("models", "--refresh", "--save")
    kept = json.loads((folder / "settings" / "structgen" / "cards.json").read_text())["cards"]
    assert {card["id"]: card.get("context_window") for card in kept} == {GPT: 300000, "new/one": None}


def test_keeping_needs_something_new(structgen) -> None:
    assert "give both" in structgen("models", "--save").said[-1]


@pytest.mark.parametrize("body", ["<html><title>Sign in</title>", {"models": []}])
def test_something_else_at_the_address_is_no_list(structgen, listing: Callable[[Any], None], body: Any) -> None:
    listing(body)
    ran = structgen("models", "--refresh")
    assert ran.status == 2
    assert "Check the base URL" in ran.said[-1]


def test_a_refresh_needs_a_key(structgen) -> None:
    ran = structgen("models", "--refresh")
    assert ran.status == 2
    assert "GROQ_API_KEY" in ran.said[-1]
