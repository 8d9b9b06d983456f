from __future__ import annotations

import json
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from structgen.testing import Emulator, error, reply

GROQ = "groq/openai/gpt-oss-20b"


@contextmanager
def serving(body: str) -> Generator[str]:
    """Run a server that answers everything with this body; yield its base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_request(self, *_: object) -> None:
            """Log nothing, to keep the test output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(autouse=True)
def no_local_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at no port of this machine."""
    monkeypatch.setattr("structgen.send.local_servers.PORTS", {})


def verdicts(out: str) -> dict[str, str]:
    """Return the verdict of each check."""
    return {line[7:].partition(":")[0]: line[:5].strip() for line in out.splitlines()}


def test_all_is_well_with_a_key_and_a_server(structgen, groq_emulator: Emulator) -> None:
    ran = structgen("doctor")
    assert ran.status == 0, ran.out
    assert set(verdicts(ran.out).values()) == {"ok"}
    extras = {f"extra {name}" for name in ("parquet", "documents", "testing", "rules")}
    assert set(verdicts(ran.out)) == {"Python", "packages", "key", "server", "model"} | extras
    assert groq_emulator.api_key not in ran.out


def test_without_a_key_it_says_how_to_get_on(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY")
    ran = structgen("doctor")
    assert ran.status == 0
    found = verdicts(ran.out)
    assert (found["model"], found["key"], found["server"]) == ("ok", "note", "ok")
    assert "set GROQ_API_KEY in the environment or in a .env file" in ran.out


def test_a_model_that_needs_a_key_is_wrong_without_one(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY")
    ran = structgen("doctor", "--model", GROQ)
    assert ran.status == 1
    assert verdicts(ran.out)["model"] == "wrong"


def test_a_refused_key_is_wrong(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_wrong_and_secret")
    ran = structgen("doctor")
    assert ran.status == 1
    assert "rejects the key; create a new GROQ_API_KEY" in ran.out
    assert "gsk_wrong_and_secret" not in ran.out


def test_a_model_that_the_server_does_not_have_is_wrong(structgen, groq_emulator: Emulator) -> None:
    ran = structgen("doctor", "--model", "groq/nosuchmodel")
    assert ran.status == 1
    assert "the server does not have nosuchmodel; it has: " in ran.out


def test_a_server_that_is_not_there_is_wrong(structgen, monkeypatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_any")
    monkeypatch.setenv("GROQ_BASE_URL", "http://127.0.0.1:9")
    ran = structgen("doctor")
    assert ran.status == 1
    assert "http://127.0.0.1:9 cannot be reached" in ran.out
    assert "is it running, and is GROQ_BASE_URL correct?" in ran.out


def test_a_server_is_only_noted_where_none_is_needed(structgen, monkeypatch) -> None:
    monkeypatch.setenv("GROQ_BASE_URL", "http://127.0.0.1:9")
    ran = structgen("doctor", "--model", "rules")
    assert ran.status == 0
    assert verdicts(ran.out)["server"] == "note"


def test_something_else_at_the_address_is_wrong(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    monkeypatch.setenv("STRUCTGEN_BASE_URL", groq_emulator.base_url)
    ran = structgen("doctor", "--model", "compatible/llama")
    assert ran.status == 1
    assert f"most servers need /v1 at the end: set STRUCTGEN_BASE_URL={groq_emulator.base_url}/v1" in ran.out
    monkeypatch.setenv("STRUCTGEN_BASE_URL", f"{groq_emulator.base_url}/v1/elsewhere")
    ran = structgen("doctor", "--model", "compatible/llama")
    assert ran.status == 1
    assert "responds with status 404; does STRUCTGEN_BASE_URL name the right server?" in ran.out


def test_a_server_of_ones_own_needs_no_key(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    monkeypatch.setenv("STRUCTGEN_BASE_URL", f"{groq_emulator.base_url}/openai/v1")
    assert "STRUCTGEN_API_KEY is not set, but not needed" in structgen("doctor", "--model", "compatible/llama").out


def test_a_model_string_that_is_none_is_wrong(structgen) -> None:
    ran = structgen("doctor", "--model", "gpt")
    assert ran.status == 1
    assert "is not a model" in ran.out


def test_packages_that_are_missing_are_named_with_what_to_do(structgen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        import_module("structgen.cli.commands.doctor"),
        "_installed",
        lambda name: name not in {"pydantic", "pyarrow", "usaddress"},
    )
    ran = structgen("doctor", "--model", "rules")
    assert ran.status == 1
    assert "packages: missing pydantic; run: pip install structgen" in ran.out
    assert "extra rules: missing usaddress for addresses in the United States; installed: phonenumbers for" in ran.out
    assert "run: pip install 'structgen[rules]'" in ran.out
    assert "extra parquet: missing pyarrow; for Parquet files run: pip install 'structgen[parquet]'" in ran.out


@pytest.mark.parametrize("listing", ["not JSON", '{"data": [{"name": "llama"}]}', '{"models": []}', "[]"])
def test_a_server_without_a_list_of_models_leaves_the_question_open(
    structgen, monkeypatch: pytest.MonkeyPatch, listing: str
) -> None:
    with serving(listing) as url:
        monkeypatch.setenv("STRUCTGEN_BASE_URL", url)
        ran = structgen("doctor", "--model", "compatible/llama")
    assert ran.status == 0
    assert verdicts(ran.out)["model"] == "note"
    assert "llama may or may not exist" in ran.out


def test_another_provider_is_reached_through_instructor(structgen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-any-and-secret")
    ran = structgen("doctor", "--model", "openai/gpt-4o-mini")
    assert ran.status == 0
    assert "through instructor; the server is not checked" in ran.out
    assert "sk-any-and-secret" not in ran.out


def test_what_is_installed_is_told_from_what_is_not() -> None:
    assert import_module("structgen.cli.commands.doctor")._installed("pydantic")
    assert not import_module("structgen.cli.commands.doctor")._installed("no-such-package-anywhere")


def test_a_store_to_be_replayed_is_looked_at_and_no_server(structgen, groq_emulator: Emulator, monkeypatch) -> None:
    lacking = structgen("doctor", "--model", "replay")
    assert (lacking.status, verdicts(lacking.out)["store"]) == (1, "wrong")
    assert "`structgen extract` with a model creates one" in lacking.out
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'))
    structgen("extract", "dish.json", "soup.txt", "--model", GROQ)
    monkeypatch.delenv("GROQ_API_KEY")
    ran = structgen("doctor", "--model", "replay")
    assert ran.status == 0, ran.out
    assert f"model: replay of {GROQ}, which needs neither key nor server" in ran.out
    assert "contains 1 completion\n" in ran.out
    other = structgen("doctor", "--model", "replay/groq/other")
    assert (other.status, verdicts(other.out)["store"]) == (1, "wrong")


def answer(body: Any) -> str:
    return '{"name": "Ada"}' if body.get("response_format") or body.get("tools") else "Ada " * 40


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """A server in place of Groq that behaves as documented."""
    with Emulator(answer=answer) as emulator:
        monkeypatch.setenv("GROQ_API_KEY", emulator.api_key)
        monkeypatch.setenv("GROQ_BASE_URL", emulator.base_url)
        yield emulator


def test_twelve_calls_after_the_price_and_all_is_well(structgen, api: Emulator) -> None:
    ran = structgen("doctor", "--live", "--yes")
    assert ran.status == 0, ran.out + ran.err
    assert "12 calls to http://127.0.0.1:" in ran.said[0]
    assert "USD." in ran.said[0]
    assert ran.said[-1] == "structgen: 12 behaviours checked; none differ from the documentation."
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
    assert lines[at + 1] == "       status 500 (Internal Server Error), but 200 was expected"
    assert ran.said[-1] == "structgen: 3 behaviours checked; 1 differ from the documentation."


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
    assert "status 500 (Internal Server Error), but 200 was expected" in again.out


def test_only_groq_is_compared_with_its_documentation(structgen) -> None:
    ran = structgen("doctor", "--live", "--yes", "--model", "rules")
    assert ran.status == 2
    assert "rules is not a Groq model" in ran.said[-1]


def test_a_model_without_prices_says_so(structgen, api: Emulator) -> None:
    ran = structgen("doctor", "--live", "--yes", "--calls", "1", "--model", "groq/minimaxai/minimax-m2.7")
    assert "price unknown" in ran.said[0]


def test_no_call_is_made_where_something_is_wrong_already(structgen, api: Emulator) -> None:
    ran = structgen("doctor", "--live", "--yes", "--model", "groq/no/such")
    assert ran.status == 1
    assert len(api.requests) == 1


def test_options_of_live_need_it(structgen) -> None:
    assert "give --live too" in structgen("doctor", "--yes").said[-1]


@pytest.mark.parametrize("base", ["http://ada:s3cr3t-pass@{}", "http://{}?key=s3cr3t-pass"])
def test_credentials_of_a_base_url_are_not_shown(base: str, structgen, unused_port: int, monkeypatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_0123456789")
    monkeypatch.setenv("GROQ_BASE_URL", base.format(f"127.0.0.1:{unused_port}"))
    for command in (("doctor",), ("doctor", "--model", GROQ), ("models", "--refresh")):
        ran = structgen(*command)
        assert f"127.0.0.1:{unused_port}" in ran.out + ran.err
        assert "s3cr3t" not in ran.out + ran.err


def test_a_dead_proxy_is_named(structgen, unused_port: int, monkeypatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "gsk_0123456789")
    monkeypatch.setenv("HTTPS_PROXY", f"http://ada:s3cr3t-pass@127.0.0.1:{unused_port}")
    ran = structgen("doctor")
    assert verdicts(ran.out)["server"] in {"note", "wrong"}
    assert f"is the proxy http://***@127.0.0.1:{unused_port} (HTTPS_PROXY) running?" in ran.out
    assert "s3cr3t" not in ran.out + ran.err


LISTING = (
    '{"object": "list", "data": [{"id": "llama3.2:latest", "object": "model", "owned_by": "library"}, {"id": "b"}]}'
)


def test_a_server_on_this_machine_is_found_with_the_line_that_uses_it(
    structgen, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(LISTING) as url:
        port = int(url.rpartition(":")[2])
        monkeypatch.setattr("structgen.send.local_servers.PORTS", {port: "vLLM"})
        ran = structgen("doctor", "--model", "rules")
        monkeypatch.setenv("STRUCTGEN_BASE_URL", f"http://localhost:{port}/v1")
        again = structgen("doctor", "--model", "compatible/b")
    base = f"http://127.0.0.1:{port}/v1"
    assert f"local server: Ollama at {base} has llama3.2:latest, b; to use it: STRUCTGEN_BASE_URL={base} " in ran.out
    assert "structgen extract TASK INPUT --model compatible/llama3.2:latest" in ran.out
    assert f"local server: Ollama at {base} has llama3.2:latest, b\n" in again.out


@pytest.mark.parametrize("body", ["<html>a web site</html>", "{}", '{"data": 3}', ""])
def test_something_else_on_a_usual_port_is_no_server(structgen, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    with serving(body) as url:
        monkeypatch.setattr("structgen.send.local_servers.PORTS", {int(url.rpartition(":")[2]): "vLLM"})
        ran = structgen("doctor", "--model", "rules")
    assert "local server: none on the usual ports of this machine (vLLM " in ran.out


def test_names_of_models_cannot_leave_the_line_to_type(structgen, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving('{"data": [{"id": "a; rm -rf x\\u001b[2J"}]}') as url:
        monkeypatch.setattr("structgen.send.local_servers.PORTS", {int(url.rpartition(":")[2]): "vLLM"})
        out = structgen("doctor", "--model", "rules").out
    assert "--model 'compatible/a; rm -rf x" in out
    assert "\x1b" not in out
