"""``structgen emulate`` with limits, faults and latency."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.cli.commands.emulate import read_faults, read_limits
from structgen.core.errors import ConfigurationError
from structgen.testing import FaultPlan, Limits

BODY = {"model": "openai/gpt-oss-20b", "messages": [{"role": "user", "content": "Answer in JSON."}]}


@contextmanager
def served(start: Any, *arguments: str) -> Generator[httpx.Client]:
    """Yield a client of an emulator started with these arguments."""
    process = start("emulate", "--port", "0", *arguments)
    try:
        url = process.stderr.readline().split()[3].rstrip(".")
        with httpx.Client(base_url=url, headers={"authorization": "Bearer gsk_any"}, timeout=60) as client:
            yield client
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=300)


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
        (["--limits", "gold"], "choose from dev, free"),
        (["--limits", "rpm=x"], "rpm must be an integer, not 'x'"),
        (["--limits", "none.json"], "Cannot read the limits in none.json"),
        (["--faults", "dropt=0.1"], "Unknown fault 'dropt': choose from seed, rate_limited"),
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


def test_limits_are_pairs() -> None:
    assert read_limits("rpm=30, tpm=8000") == Limits(rpm=30, tpm=8000)


def test_limits_are_a_tier() -> None:
    assert read_limits("free") == "free"


def test_limits_are_a_file(tmp_path: Path) -> None:
    (tmp_path / "limits.json").write_text('{"rpd": 1000, "tpd": 200000}', "utf-8")
    assert read_limits(str(tmp_path / "limits.json")) == Limits(rpd=1000, tpd=200_000)


def test_faults_are_pairs() -> None:
    assert read_faults("seed=7,dropped=0.1,retry_after=0,seconds=2") == FaultPlan(
        seed=7, dropped=0.1, retry_after=0, seconds=2.0
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gold", r"tier 'gold': choose from dev, free"),
        ("rps=1", r"Unknown limit 'rps': choose from rpm, rpd, tpm, tpd, itpm, otpm"),
        ("rpm=1,30", r"'30' is not name=number"),
        ("rpm=many", r"rpm must be an integer, not 'many'"),
        ("rpm=1.5", r"rpm must be an integer, not '1\.5'"),
        ("rpm=1,rpm=2", r"rpm is given twice"),
        ("rpm=0", r"limit rpm must be 1 or more"),
        ("none.json", r"Cannot read the limits in none\.json: No such file"),
    ],
)
def test_limits_that_are_none_say_why(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        read_limits(text)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[30]", r"contains no limits: write"),
        ("{", r"are not JSON"),
        ("[" * 100_000, r"are not JSON"),
        ('{"rpm": "x"}', r"rpm must be an integer"),
    ],
)
def test_a_file_that_holds_no_limits_says_so(content: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "limits.json").write_text(content, "utf-8")
    with pytest.raises(ConfigurationError, match=words):
        read_limits(str(tmp_path / "limits.json"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dropt=0.1", r"Unknown fault 'dropt': choose from seed, rate_limited, flex,"),
        ("dropped=often", r"dropped must be a number, not 'often'"),
        ("dropped=1.5", r"share dropped must be between 0 and 1"),
        ("seed=0.5", r"seed must be an integer"),
        ("dropped", r"'dropped' is not name=number"),
    ],
)
def test_faults_that_are_none_say_why(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        read_faults(text)


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="rpmtdse=,.0123456789-eE x", max_size=30))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    for read in (read_limits, read_faults):
        with suppress(ConfigurationError):
            read(text)
