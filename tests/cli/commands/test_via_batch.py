"""``structgen extract --via groq-batch`` and ``structgen runs cancel``, against the emulator."""

from __future__ import annotations

import json
import shlex
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from structgen.engine.provider_batches import submission
from structgen.testing import Clock, Emulator, dropped, error
from structgen.testing.emulator.batches import lifecycle

Command = Callable[..., Any]


@pytest.fixture
def timed(groq_emulator: Emulator) -> Emulator:
    """The emulator, with batches of 1,000 seconds and a stopped clock."""
    groq_emulator.limit_with(None, clock=Clock(speed=0))
    groq_emulator.batch_seconds = 1000
    return groq_emulator


@pytest.fixture
def extract(structgen: Command, folder: Path) -> Command:
    """``extract(*options)``: the command on five documents."""
    for number in range(1, 5):
        (folder / f"dish{number}.txt").write_text(f"Name: Dish {number}\nServes: {number}\n")

    def run(*options: str) -> Any:
        return structgen("extract", "dish.json", "*.txt", "--via", "groq-batch", *options)

    return run


def sent(emulator: Emulator) -> list[str]:
    """Return the paths of the successful POSTs, without the part that all share."""
    return [
        one.path.removeprefix("/openai/v1/") for one in emulator.requests if (one.method, one.status) == ("POST", 200)
    ]


def test_the_command_sends_then_says_how_far_it_is_then_writes_the_rows(
    timed: Emulator, extract: Command, structgen: Command
) -> None:
    first = extract()
    assert (first.status, first.out, sent(timed)) == (0, "", ["files", "batches"])
    assert any("sent 5 requests for at most" in line and "50% of the price" in line for line in first.said)
    assert "validating, 0 of 5 answered" in first.err
    assert "the same command fetches the answers" in first.said[-1]
    assert "structgen runs cancel 1" in first.said[-1]
    assert "in a batch" in structgen("runs").out
    shown = json.loads(structgen("runs", "show", "1", "--json").out)
    assert (shown["status"], shown["batches"][0]["requests"]) == ("batch", 5)
    timed.clock.advance(500)
    second = extract()
    assert (second.status, second.out) == (0, "")
    assert "in_progress, 2 of 5 answered" in second.err
    timed.clock.advance(600)
    third = extract()
    assert third.status == 0
    assert [row["value"]["serves"] for row in third.rows] == [1, 2, 3, 4, 4]
    assert all(row["usage"]["cost"] > 0 for row in third.rows)
    assert sent(timed) == ["files", "batches"]
    assert [json.loads(line)["status"] for line in structgen("runs", "--json").out.splitlines()] == ["finished"]
    again = extract()
    assert [row["usage"]["cost"] for row in again.rows] == [0.0] * 5


def test_a_row_costs_half_of_that_of_a_single_call(
    groq_emulator: Emulator, extract: Command, structgen: Command
) -> None:
    half = extract("--wait").rows[0]["usage"]
    full = structgen("extract", "dish.json", "dish1.txt", "--no-store").rows[0]["usage"]
    assert half["cost"] == pytest.approx(full["cost"] / 2)
    assert half["input_tokens"] == full["input_tokens"]


def test_waiting_shows_progress_and_ends_with_the_rows(
    groq_emulator: Emulator, extract: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submission, "SHORTEST_WAIT", 0.01)
    groq_emulator.batch_seconds = 0.2
    ran = extract("--wait", "-o", "out.csv")
    assert ran.status == 0
    assert any("of 5 answered" in line for line in ran.said)
    assert len(Path("out.csv").read_text().splitlines()) == 6


@pytest.mark.parametrize(("signalled", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupting_the_wait_stops_no_batch(
    signalled: signal.Signals, status: int, timed: Emulator, extract: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(submission.Submission, "_sleep", lambda *_: signal.raise_signal(signalled))
    ran = extract("--wait")
    assert ran.status == status
    assert "the same command continues" in ran.said[-1]
    assert signal.getsignal(signal.SIGTERM) == before
    timed.clock.advance(1100)
    assert len(extract().rows) == 5
    assert sent(timed) == ["files", "batches"]


def test_a_cancelled_run_keeps_its_answers_and_names_the_reason_of_the_rest(
    timed: Emulator, extract: Command, structgen: Command
) -> None:
    extract()
    timed.clock.advance(500)
    cancelled = structgen("runs", "cancel", "1")
    assert (cancelled.status, "cancelling" in cancelled.out) == (0, True)
    timed.clock.advance(200)
    ran = extract()
    assert ran.status == 1
    assert [row["status"] for row in ran.rows].count("ok") == 2
    assert all("was cancelled" in row["error"] for row in ran.rows if row["status"] == "failed")
    refused = structgen("runs", "cancel", "1")
    assert refused.status == 2
    assert "has no batch in progress" in refused.err


def test_a_batch_that_was_never_sent_can_be_cancelled(timed: Emulator, extract: Command, structgen: Command) -> None:
    timed.script_batches("upload", *[error("invalid_api_key")])
    assert extract().status == 2
    assert json.loads(structgen("runs", "cancel", "1", "--json").out or "{}") == {}
    assert structgen("runs", "cancel", "1").status == 2
    assert sent(timed) == []


@pytest.mark.parametrize(("retry", "calls"), [("live", 1), ("batch", 0), ("none", 0)])
def test_what_failed_is_asked_again_as_chosen(
    groq_emulator: Emulator, extract: Command, retry: str, calls: int
) -> None:
    groq_emulator.script(error("over_capacity"))
    ran = extract("--retry", retry)
    assert ran.status == (1 if retry == "none" else 0)
    assert len(ran.rows) == 5
    assert sent(groq_emulator).count("chat/completions") == calls
    assert sent(groq_emulator).count("batches") == (2 if retry == "batch" else 1)


def test_a_whole_batch_that_the_server_refuses_gives_every_document_a_row(
    groq_emulator: Emulator, extract: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "MAX_LINES", 3)
    ran = extract()
    assert (ran.status, len(ran.rows)) == (1, 5)
    assert all("refused the whole batch" in row["error"] for row in ran.rows)
    assert "chat/completions" not in sent(groq_emulator)


def test_an_upload_that_fails_is_one_sentence_and_the_same_command_goes_on(
    groq_emulator: Emulator, extract: Command, structgen: Command
) -> None:
    groq_emulator.script_batches("upload", error("request_too_large_body"))
    refused = extract()
    assert (refused.status, len(refused.said)) == (2, 1)
    assert "Request Entity Too Large" in refused.err
    ran = extract()
    assert (ran.status, len(ran.rows)) == (0, 5)
    assert sent(groq_emulator) == ["files", "batches"]


def test_a_server_that_is_down_ends_with_status_3(
    extract: Command, monkeypatch: pytest.MonkeyPatch, groq_emulator: Emulator, unused_port: int
) -> None:
    monkeypatch.setattr("structgen.send.http.retries._FIRST", 0.001)
    monkeypatch.setattr("structgen.send.http.retries._JITTER", 0.001)
    ran = extract("--base-url", f"http://127.0.0.1:{unused_port}")
    assert ran.status == 3
    assert "Nothing is lost: the same command continues from here." in ran.err


def test_the_limit_holds_before_the_upload(groq_emulator: Emulator, extract: Command) -> None:
    refused = extract("--max-cost", "0.000001")
    assert (refused.status, groq_emulator.requests) == (3, [])
    assert "Nothing was uploaded" in refused.err
    assert extract("--max-cost", "1").status == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--via", "groq-batch", "--no-store"], "omit --no-store"),
        (["--via", "groq-batch", "--retry-failed"], "--retry-failed uses single calls"),
        (["--via", "groq-batch", "--model", "rules"], "rules takes no batches"),
        (["--via", "groq-batch", "--model", "groq/qwen/qwen3.8-27b"], "takes no batches. Use groq/openai/gpt-oss"),
        (["--wait"], "--wait only applies to batches"),
        (["--retry", "live"], "--retry only applies to batches"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    groq_emulator: Emulator, structgen: Command, options: list[str], words: str
) -> None:
    ran = structgen("extract", "dish.json", "soup.txt", *options)
    assert (ran.status, len(ran.said)) == (2, 1)
    assert words in ran.err


def test_a_run_in_batches_can_be_reparsed(groq_emulator: Emulator, extract: Command, structgen: Command) -> None:
    extract("--wait")
    ran = structgen("runs", "reparse", "1")
    assert (ran.status, [row["usage"]["cost"] for row in ran.rows]) == (0, [0.0] * 5)


def test_lost_connections_and_unreadable_inputs_lose_no_row(
    groq_emulator: Emulator, extract: Command, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("structgen.send.http.retries._FIRST", 0.001)
    monkeypatch.setattr("structgen.send.http.retries._JITTER", 0.001)
    (folder / "empty.txt").write_text("")
    groq_emulator.script_batches("upload", dropped(), processed=True)
    groq_emulator.script_batches("create", dropped(), processed=True)
    ran = extract()
    assert sorted(row["status"] for row in ran.rows) == ["failed", *["ok"] * 5]
    assert [one.path for one in groq_emulator.requests if one.method == "POST"] == [
        "/openai/v1/files",
        "/openai/v1/batches",
    ]


def test_the_command_that_retries_what_a_batch_left_can_be_typed_as_it_is_printed(
    timed: Emulator, extract: Command, structgen: Command
) -> None:
    extract("--retry", "none", "-o", "out.jsonl")
    structgen("runs", "cancel", "1")
    timed.clock.advance(600)
    ran = extract("--retry", "none", "-o", "out.jsonl")
    assert ran.status == 1
    printed = next(line for line in ran.said if "to retry only these" in line)
    words = shlex.split(printed.partition(": structgen ")[2])
    assert words == ["extract", "dish.json", "*.txt", "-o", "out.jsonl", "--retry-failed"]
    assert structgen(*words).status == 0
    assert [json.loads(line)["status"] for line in Path("out.jsonl").read_text().splitlines()] == ["ok"] * 5


@pytest.mark.parametrize("lost", ["file", "batch"])
def test_what_the_provider_has_lost_is_named_and_can_be_given_up(
    timed: Emulator, extract: Command, structgen: Command, lost: str
) -> None:
    if lost == "file":
        timed.script_batches("create", error("invalid_api_key"))
    extract()
    timed.reset()
    ran = extract()
    assert (ran.status, len(ran.said)) == (2, 1)
    assert f"groq has no {lost}" in ran.err
    assert "structgen runs cancel" in ran.err
    assert sent(timed) == []  # with another key it could be under way
    assert structgen("runs", "cancel", "1").status == 0
    given_up = extract()
    assert (given_up.status, [row["status"] for row in given_up.rows]) == (1, ["failed"] * 5)
    assert extract().status == 0
    assert sent(timed) == ["files", "batches"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_for_temporary_files_is_one_sentence_and_nothing_is_lost(
    timed: Emulator, extract: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def full(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:
        return opened(Path("/dev/full") if path.parent.name.startswith("structgen-") else path, mode, *rest, **more)

    for moment in ("upload", "download"):
        with monkeypatch.context() as patched:
            patched.setattr(Path, "open", full)
            ran = extract()
        assert (ran.status, ran.out, len(ran.said)) == (3, "", 1), moment
        assert "temporary file of a batch cannot be written (No space left on device)" in ran.err
        assert "TMPDIR" in ran.err
        assert "Nothing is lost" in ran.err
        ran = extract()
        timed.clock.advance(1100)
    assert [row["status"] for row in ran.rows] == ["ok"] * 5
    assert sent(timed) == ["files", "batches"]


def test_a_live_run_leaves_the_documents_of_a_batch_to_it_and_sends_the_others(
    timed: Emulator, extract: Command, structgen: Command, folder: Path
) -> None:
    extract()
    (folder / "new.txt").write_text("Name: Dish 9\nServes: 9\n")
    live = structgen("extract", "dish.json", "*.txt")
    assert live.status == 1
    assert [row["source"] for row in live.rows if row["status"] == "ok"] == ["new.txt"]
    failed = [row["error"] for row in live.rows if row["status"] == "failed"]
    assert len(failed) == 5
    assert all("is under way, so it was not sent" in said and "structgen runs cancel 1" in said for said in failed)
    assert sent(timed) == ["files", "batches", "chat/completions"]
    assert "run 1 has a batch under way for this task and model" in live.err
    assert "paid for twice" in live.err
    assert "under way" not in structgen("extract", "dish.json", "*.txt", "--model", "replay").err
    assert json.loads(structgen("runs", "show", "1", "--json").out)["command"] in live.err
    timed.clock.advance(1100)
    late = extract()
    assert Counter(row["usage"]["cost"] > 0 for row in late.rows) == {True: 5, False: 1}
    after = structgen("extract", "dish.json", "*.txt")
    assert [row["status"] for row in after.rows] == ["ok"] * 6
    assert "under way" not in after.err
    assert sent(timed) == ["files", "batches", "chat/completions"]


def test_a_batch_beyond_the_limit_enters_no_run(groq_emulator: Emulator, extract: Command, structgen: Command) -> None:
    assert extract("--max-cost", "0").status == 3
    assert structgen("runs", "--json").out == ""


def test_documents_that_are_added_later_go_into_the_run_of_the_same_command_alone(
    timed: Emulator, extract: Command, structgen: Command
) -> None:
    extract()
    extract("--limit", "2")
    Path("added.txt").write_text("Name: Added\nServes: 9\n")
    Path("dish1.txt").unlink()
    extract()
    Path("more.txt").write_text("Name: More\nServes: 9\n")
    extract("--limit", "9")
    timed.clock.advance(1100)
    assert [row["id"] for row in extract().rows] == [
        "added.txt",
        *(f"dish{n}.txt" for n in (2, 3, 4)),
        "more.txt",
        "soup.txt",
    ]
    runs = [json.loads(line) for line in structgen("runs", "--json").out.splitlines()]
    assert [shlex.split(run["command"])[-1] for run in runs] == ["9", "groq-batch"]
    assert sent(timed) == ["files", "batches"] * 3
