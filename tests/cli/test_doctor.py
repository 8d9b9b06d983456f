from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from structgen.cli import doctor
from structgen.testing import Emulator, reply

GROQ = "groq/openai/gpt-oss-20b"


@contextmanager
def serving(body: str) -> Generator[str]:
    """A server that answers everything with this body; its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_request(self, *_: object) -> None:
            """Nothing: the log is no part of a test."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def verdicts(out: str) -> dict[str, str]:
    """What was checked -> the verdict."""
    return {line[7:].partition(":")[0]: line[:5].strip() for line in out.splitlines()}


def test_all_is_well_with_a_key_and_a_server(structgen, groq_emulator: Emulator) -> None:
    ran = structgen("doctor")
    assert ran.status == 0, ran.out
    assert set(verdicts(ran.out).values()) == {"ok"}
    assert set(verdicts(ran.out)) == {
        "Python", "packages", "extra parquet", "extra testing", "key", "server", "model"
    }  # fmt: skip
    assert groq_emulator.api_key not in ran.out


def test_without_a_key_it_says_how_to_get_on(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY")
    ran = structgen("doctor")
    assert ran.status == 0
    found = verdicts(ran.out)
    assert (found["model"], found["key"], found["server"]) == ("ok", "note", "ok")
    assert "put GROQ_API_KEY=... into the environment or a file .env" in ran.out


def test_a_model_that_needs_a_key_is_wrong_without_one(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY")
    ran = structgen("doctor", "--model", GROQ)
    assert ran.status == 1
    assert verdicts(ran.out)["model"] == "wrong"


def test_a_refused_key_is_wrong(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_wrong_and_secret")
    ran = structgen("doctor")
    assert ran.status == 1
    assert "refuses the key; make a new GROQ_API_KEY" in ran.out
    assert "gsk_wrong_and_secret" not in ran.out


def test_a_model_that_the_server_does_not_have_is_wrong(structgen, groq_emulator: Emulator) -> None:
    ran = structgen("doctor", "--model", "groq/nosuchmodel")
    assert ran.status == 1
    assert "the server has no nosuchmodel; it has: " in ran.out


def test_a_server_that_is_not_there_is_wrong(structgen, monkeypatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_any")
    monkeypatch.setenv("GROQ_BASE_URL", "http://127.0.0.1:9")
    ran = structgen("doctor")
    assert ran.status == 1
    assert "http://127.0.0.1:9 cannot be reached" in ran.out
    assert "does it run, and is GROQ_BASE_URL right?" in ran.out


def test_a_server_is_only_noted_where_none_is_needed(structgen, monkeypatch) -> None:
    monkeypatch.setenv("GROQ_BASE_URL", "http://127.0.0.1:9")
    ran = structgen("doctor", "--model", "rules")
    assert ran.status == 0
    assert verdicts(ran.out)["server"] == "note"


def test_something_else_at_the_address_is_wrong(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    monkeypatch.setenv("STRUCTGEN_BASE_URL", f"{groq_emulator.base_url}/elsewhere")
    ran = structgen("doctor", "--model", "compatible/llama")
    assert ran.status == 1
    assert "answers with status 404; is STRUCTGEN_BASE_URL the right server?" in ran.out


def test_a_server_of_ones_own_needs_no_key(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    monkeypatch.setenv("STRUCTGEN_BASE_URL", f"{groq_emulator.base_url}/openai/v1")
    assert "STRUCTGEN_API_KEY is not set, and not needed" in structgen("doctor", "--model", "compatible/llama").out


def test_a_model_string_that_is_none_is_wrong(structgen) -> None:
    ran = structgen("doctor", "--model", "gpt")
    assert ran.status == 1
    assert "names no model" in ran.out


def test_packages_that_are_missing_are_named_with_what_to_do(structgen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_installed", lambda name: name not in {"pydantic", "pyarrow"})
    ran = structgen("doctor", "--model", "rules")
    assert ran.status == 1
    assert "packages: without pydantic; run: pip install structgen" in ran.out
    assert "extra parquet: without pyarrow; for Parquet files run: pip install 'structgen[parquet]'" in ran.out


@pytest.mark.parametrize("listing", ["no JSON", '{"data": [{"name": "llama"}]}', '{"models": []}', "[]"])
def test_a_server_without_a_list_of_models_leaves_the_question_open(
    structgen, monkeypatch: pytest.MonkeyPatch, listing: str
) -> None:
    with serving(listing) as url:
        monkeypatch.setenv("STRUCTGEN_BASE_URL", url)
        ran = structgen("doctor", "--model", "compatible/llama")
    assert ran.status == 0
    assert verdicts(ran.out)["model"] == "note"
    assert "llama may or may not be there" in ran.out


def test_another_provider_is_reached_through_instructor(structgen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any-and-secret")
    ran = structgen("doctor", "--model", "openai/gpt-4o-mini")
    assert ran.status == 0
    assert "through instructor; its server is not checked" in ran.out
    assert "sk-any-and-secret" not in ran.out


def test_what_is_installed_is_told_from_what_is_not() -> None:
    assert doctor._installed("pydantic")
    assert not doctor._installed("no-such-package-anywhere")


def test_a_store_to_be_replayed_is_looked_at_and_no_server(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    lacking = structgen("doctor", "--model", "replay")
    assert (lacking.status, verdicts(lacking.out)["store"]) == (1, "wrong")
    assert "`structgen extract` makes one" in lacking.out
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'))
    structgen("extract", "dish.json", "soup.txt", "--model", GROQ)
    monkeypatch.delenv("GROQ_API_KEY")
    ran = structgen("doctor", "--model", "replay")
    assert ran.status == 0, ran.out
    assert f"model: replay of {GROQ}, which needs no key and no server" in ran.out
    assert "holds 1 completion\n" in ran.out
    other = structgen("doctor", "--model", "replay/groq/other")
    assert (other.status, verdicts(other.out)["store"]) == (1, "wrong")
