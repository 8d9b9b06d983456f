"""``structgen emulate`` with limits, faults and latency."""

import json
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

BODY = {"model": "openai/gpt-oss-20b", "messages": [{"role": "user", "content": "Answer in JSON."}]}


@contextmanager
def served(start: Any, *arguments: str) -> Generator[httpx.Client]:
    """A client of an emulator that was started with these arguments."""
    process = start("emulate", "--port", "0", *arguments)
    try:
        url = process.stderr.readline().split()[3].rstrip(".")
        with httpx.Client(base_url=url, headers={"authorization": "Bearer gsk_any"}, timeout=5) as client:
            yield client
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def ask(client: httpx.Client) -> httpx.Response:
    return client.post("/openai/v1/chat/completions", json=BODY)


def test_limits_and_latency_hold_for_every_client(start: Any) -> None:
    with served(start, "--limits", "rpm=1,tpm=8000", "--latency", "0.2") as client:
        started = time.monotonic()
        first, second = ask(client), ask(client)
        assert time.monotonic() - started >= 0.4
    assert (first.status_code, second.status_code) == (200, 429)
    assert first.headers["x-ratelimit-limit-tokens"] == "8000"
    assert "(RPM): Limit 1, Used 1, Requested 1." in second.json()["error"]["message"]


def test_faults_befall_replies_too(start: Any, folder: Path) -> None:
    (folder / "replies.jsonl").write_text('"one"\n"two"\n')
    with served(start, "--replies", "replies.jsonl", "--faults", "seed=7,flex=0.5") as client:
        found = [ask(client) for _ in range(12)]
    texts = [each.json()["choices"][0]["message"]["content"] for each in found if each.status_code == 200]
    assert {each.status_code for each in found} == {200, 498}
    assert texts == ["one", *["two"] * (len(texts) - 1)]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--limits", "gold"], "there are dev, free"),
        (["--limits", "rpm=x"], "rpm must be a whole number, not 'x'"),
        (["--limits", "none.json"], "none.json cannot be read"),
        (["--faults", "dropt=0.1"], "no 'dropt' among the faults; there are seed, rate_limited"),
        (["--faults", "dropped=0.9,cut=0.9"], "add up to 1.8, more than 1"),
        (["--latency", "-1"], "--latency"),
        (["--batch-seconds", "-1"], "--batch-seconds"),
    ],
)
def test_what_is_no_limit_and_no_fault_is_wrong_usage(structgen: Any, arguments: list[str], words: str) -> None:
    ran = structgen("emulate", *arguments)
    assert ran.status == 2
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_the_help_shows_how_both_are_written(structgen: Any) -> None:
    shown = " ".join(structgen("emulate", "--help").out.split())
    assert "rpm=30,tpm=8000" in shown
    assert "seed=7,dropped=0.1" in shown
    assert "wrong_type" in shown


def test_a_batch_takes_the_time_it_is_given(start: Any) -> None:
    line = {"custom_id": "one", "method": "POST", "url": "/v1/chat/completions", "body": BODY}
    with served(start, "--batch-seconds", "1000") as client:
        form = {"files": {"file": ("in.jsonl", json.dumps(line).encode())}, "data": {"purpose": "batch"}}
        name = client.post("/openai/v1/files", **form).json()["id"]
        asked = {"input_file_id": name, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        made = client.post("/openai/v1/batches", json=asked).json()
        assert client.get(f"/openai/v1/batches/{made['id']}").json()["status"] == "validating"
