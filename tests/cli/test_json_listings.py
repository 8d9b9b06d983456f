"""With --json every listing is JSON Lines, with the keys that docs/rows.md names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from structgen.core.records import Completion, Usage
from structgen.store import Store

PAGE = (Path(__file__).parents[2] / "docs" / "rows.md").read_text("utf-8")
MODEL = "groq/openai/gpt-oss-20b"


@pytest.fixture
def ran(folder: Path) -> Path:
    """A store with a finished run and one that was interrupted."""
    from structgen import compile_request

    with Store(folder / ".structgen" / "store.sqlite") as store:
        run = store.start_run("structgen extract dish.json", "dish", MODEL)
        store.once(
            compile_request("recipe", "Soup.", model=MODEL), lambda: Completion("{}", usage=Usage(1, 2, calls=1))
        )
        store.finish_run(run, 3)
    with Store(folder / ".structgen" / "store.sqlite") as store:
        store.start_run("structgen extract again", "dish", MODEL)
    return folder


def documented(command: str) -> set[str]:
    """The keys in the page's row for a command."""
    row = next(line for line in PAGE.splitlines() if line.startswith("| `") and f"`{command}`" in line.split("|")[1])
    return set(re.findall(r"`(\w+)`", row.split("|")[3]))


@pytest.mark.parametrize(
    ("words", "row", "more"),
    [
        ("tasks", "tasks --json", set()),
        ("tasks recipe", "tasks NAME --json", set()),
        ("tasks check loose.json", "tasks check --json", set()),
        ("runs", "runs --json", {"paid", "show"}),
        ("runs show 1", "runs show RUN --json", {"show"}),
        ("runs sizes", "runs sizes --json", set()),
        ("doctor --model rules", "doctor --json", set()),
        ("doctor --config", "doctor --config --json", set()),
    ],
)
def test_a_listing_has_the_documented_keys(structgen, ran: Path, words: str, row: str, more: set[str]) -> None:
    (ran / "loose.json").write_text('{"type": "object", "properties": {"a": {"type": "string"}}}')
    printed = structgen(*words.split(), "--json")
    assert printed.rows
    assert all(set(entry) == documented(row) - more for entry in printed.rows)


def test_model_cards_have_the_documented_keys(structgen) -> None:
    assert documented("models --json") <= set(structgen("models", "--json").rows[0])


def test_a_run_is_listed_with_its_times_in_utc(structgen, ran: Path) -> None:
    interrupted, finished = structgen("runs", "--json").rows
    assert (finished["run"], finished["status"], finished["rows"]) == (1, "finished", 3)
    assert (interrupted["status"], interrupted["finished"], interrupted["rows"]) == ("interrupted", None, None)
    assert finished["started"].endswith("+00:00")
    (shown,) = structgen("runs", "show", "1", "--json").rows
    paid = {"completions": 1, "input_tokens": 1, "output_tokens": 2, "cost": shown["paid"]["cost"]}
    assert shown == {**finished, "paid": paid}
    assert 0 < paid["cost"] < 0.001


def test_a_broken_task_is_listed_with_the_reason(structgen, folder: Path) -> None:
    (folder / "schemas").mkdir()
    (folder / "schemas" / "broken.py").write_text("import nosuchmodule\n\ntask = nosuchmodule.task\n")
    (broken,) = [row for row in structgen("tasks", "--json").rows if row["error"]]
    assert broken["task"] == "broken"
    assert broken["version"] is None
    assert "nosuchmodule" in broken["error"]


def test_live_checks_are_no_listing(structgen) -> None:
    ran = structgen("doctor", "--live", "--json")
    assert ran.status == 2
    assert "--live prints no JSON" in ran.said[-1]
