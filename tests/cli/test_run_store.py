"""Responses are stored: the same command again only pays for what is missing, even after kill -9."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from structgen.store import Store
from structgen.testing import Emulator, reply

GROQ = "groq/openai/gpt-oss-20b"
GOOD = '{"name": "Soup", "serves": 4}'
STORE = Path(".structgen") / "store.sqlite"
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def two(folder: Path, groq_emulator: Emulator) -> Path:
    """A folder ``in`` with two documents, and a server that answers both."""
    groq_emulator.script(reply(GOOD), repeat_last=True)
    (folder / "in").mkdir()
    for name in ("a", "b"):
        (folder / "in" / f"{name}.txt").write_text(f"Name: {name}\nServes: 4")
    return folder


def test_the_same_command_again_pays_nothing(structgen, two: Path, groq_emulator: Emulator) -> None:
    first, second = (structgen("extract", "dish.json", "in", "--model", GROQ) for _ in range(2))
    assert [row["usage"]["calls"] for row in first.rows] == [1, 1]
    assert [row["usage"]["calls"] for row in second.rows] == [0, 0]
    assert [row["value"] for row in second.rows] == [row["value"] for row in first.rows]
    assert (first.status, second.status, len(groq_emulator.requests)) == (0, 0, 2)
    assert "call" not in second.said[-1]


def test_a_new_document_is_the_only_one_that_is_paid_for(structgen, two: Path, groq_emulator: Emulator) -> None:
    structgen("extract", "dish.json", "in", "--model", GROQ)
    (two / "in" / "c.txt").write_text("Name: c\nServes: 4")
    again = structgen("extract", "dish.json", "in", "--model", GROQ)
    assert [row["usage"]["calls"] for row in again.rows] == [0, 0, 1]


def test_the_folder_of_the_store_keeps_itself_out_of_repositories(structgen, two: Path) -> None:
    structgen("extract", "dish.json", "in", "--model", GROQ)
    assert (two / ".structgen" / ".gitignore").read_text() == "*\n"


def test_another_place_can_be_named_and_none(structgen, two: Path, groq_emulator: Emulator) -> None:
    structgen("extract", "dish.json", "in", "--model", GROQ, "--store", "kept/s.sqlite")
    assert structgen("extract", "dish.json", "in", "--model", GROQ, "--store", "kept/s.sqlite").status == 0
    assert len(groq_emulator.requests) == 2
    structgen("extract", "dish.json", "in", "--model", GROQ, "--no-store")
    assert len(groq_emulator.requests) == 4
    assert not STORE.parent.exists()


def test_the_rules_need_no_store(structgen, two: Path) -> None:
    structgen("extract", "dish.json", "in", "--model", "rules")
    assert not STORE.parent.exists()


def test_both_options_at_once_are_wrong_usage(structgen, two: Path) -> None:
    ran = structgen("extract", "dish.json", "in", "--model", GROQ, "--store", "s.sqlite", "--no-store")
    assert (ran.status, ran.said) == (
        2,
        ["structgen: --store and --no-store exclude each other: give only one of them."],
    )


def test_a_place_that_cannot_be_made_is_named_with_what_to_do(structgen, two: Path) -> None:
    Path(".structgen").write_text("in the way")
    ran = structgen("extract", "dish.json", "in", "--model", GROQ)
    assert ran.status == 2
    assert "name another file with --store FILE, or store nothing with --no-store" in ran.said[0]


def test_kept_answers_are_replayed_without_a_server(
    structgen, two: Path, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    structgen("extract", "dish.json", "in", "--model", GROQ)
    monkeypatch.delenv("GROQ_API_KEY")
    monkeypatch.delenv("GROQ_BASE_URL")
    ran = structgen("extract", "dish.json", "in", "soup.txt", "--model", "replay")
    assert [row["status"] for row in ran.rows] == ["ok", "ok", "failed"]
    assert "Run it once with model=" in ran.rows[2]["error"]
    assert len(groq_emulator.requests) == 2


def test_the_ledger_has_the_run(structgen, two: Path) -> None:
    structgen("extract", "dish.json", "in", "--model", GROQ)
    with Store(STORE) as store:
        (run,) = store.runs()
    assert run.command == f"structgen extract dish.json in --model {GROQ}"
    assert (run.task, run.model, run.rows) == ("dish", GROQ, 2)
    assert run.finished is not None


def test_a_run_that_was_killed_has_no_end_in_the_ledger(start: Start, two: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD, delay=5.0), repeat_last=True)
    process = start("extract", "dish.json", "in", "--model", GROQ)
    wait_until(lambda: len(groq_emulator.requests) > 0)
    process.kill()
    process.communicate()
    with Store(STORE) as store:
        assert [run.finished for run in store.runs()] == [None]


def test_after_kill_9_every_row_comes_and_nothing_that_was_kept_is_asked_again(
    start: Start, folder: Path, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(GOOD, delay=0.02), repeat_last=True)
    (folder / "in").mkdir()
    for number in range(60):
        (folder / "in" / f"{number:03}.txt").write_text(f"Name: soup {number}\nServes: 4")
    command = ("extract", "dish.json", "in", "--model", GROQ, "-o", "out.jsonl", "--concurrency", "4")
    for more in (5, 12, 20):
        begun = len(groq_emulator.requests)
        process = start(*command)
        wait_until(lambda begun=begun, more=more: len(groq_emulator.requests) >= begun + more)
        process.kill()
        process.communicate()
    done = kept_messages()
    asked = run_spec_of(groq_emulator)
    process = start(*command)
    process.communicate(timeout=300)
    assert process.returncode == 0
    rows: list[dict[str, Any]] = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == [f"{number:03}.txt" for number in range(60)]
    assert {row["status"] for row in rows} == {"ok"}
    again = run_spec_of(groq_emulator) - asked
    assert set(again).isdisjoint(done)
    assert len(again) == 60 - len(done)


def wait_until(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 120
    while not true():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.005)


def run_spec_of(emulator: Emulator) -> Counter[str]:
    """Return how often each document was requested."""
    return Counter(received.body["messages"][-1]["content"] for received in emulator.requests)


def kept_messages() -> set[str]:
    """Return the documents whose response is in the store."""
    with Store(STORE) as store:
        return {str(entry.request.messages[-1].content) for entry in store.entries()}


@pytest.mark.parametrize("limit", [("--max-cost", "0"), ("--max-tokens", "1")])
def test_a_budget_of_nothing_gives_every_row_that_is_kept(
    structgen, two: Path, groq_emulator: Emulator, limit: tuple[str, str]
) -> None:
    groq_emulator.reset()
    groq_emulator.script(reply('{"name": "Soup"}'), reply('{"/serves": 4}'), reply(GOOD))
    first = structgen("extract", "dish.json", "in", "--model", GROQ, "--concurrency", "1")
    assert first.status == 0
    again = structgen("extract", "dish.json", "in", "--model", GROQ, *limit)
    assert (again.status, [row["value"] for row in again.rows]) == (0, [row["value"] for row in first.rows])
    (two / "in" / "c.txt").write_text("Name: c\nServes: 4")
    more = structgen("extract", "dish.json", "in", "--model", GROQ, *limit)
    assert (more.status, len(more.rows), len(groq_emulator.requests)) == (3, 2, 3)
    assert "1 document is left over" in more.err


def test_a_budget_covers_what_a_half_answered_document_still_needs(
    structgen, two: Path, groq_emulator: Emulator
) -> None:
    groq_emulator.reset()
    groq_emulator.script(reply('{"name": "Soup"}'), repeat_last=True)
    structgen("extract", "dish.json", "in/a.txt", "--model", GROQ, "--max-attempts", "1", "--mode", "json")
    groq_emulator.reset()
    groq_emulator.script(reply('{"/serves": 4}'))
    command = ("extract", "dish.json", "in/a.txt", "--model", GROQ, "--max-attempts", "2", "--mode", "json")
    assert structgen(*command, "--max-tokens", "10").status == 3
    assert structgen(*command, "--max-tokens", "3000").status == 0


def test_a_text_that_cannot_be_sent_is_a_failed_row_also_under_a_budget(structgen, two: Path) -> None:
    (two / "in" / "a.txt").write_text(" ")
    ran = structgen("extract", "dish.json", "in", "--model", GROQ, "--max-cost", "1")
    assert [row["status"] for row in ran.rows] == ["failed", "ok"]


@pytest.mark.parametrize("more", [(), ("--allow-incomplete",)])
def test_a_refused_answer_that_only_lacks_something_is_shown_with_what_there_is(
    structgen, two: Path, groq_emulator: Emulator, more: tuple[str, ...]
) -> None:
    groq_emulator.reset()
    groq_emulator.script(reply('{"name": "Soup"}'), reply('{"name": "Soup", "serves": "many"}'))
    command = ("extract", "dish.json", "in", "--model", GROQ, "--max-attempts", "1", "--concurrency", "1")
    ran = structgen(*command, "--mode", "json", *more)
    assert [(row["status"], row["value"]) for row in ran.rows] == [("incomplete", {"name": "Soup"}), ("failed", None)]
    assert [issue["found"] for issue in ran.rows[1]["issues"]] == ["many"]
    assert ran.status == 1
    groq_emulator.reset()
    groq_emulator.script(reply('{"name": "Bread"}'))
    (two / "in" / "b.txt").unlink()
    assert structgen(*command, "--mode", "text", *more).status == (0 if more else 1)
