"""``structgen eval``: figures on the terminal, as JSON and HTML, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from structgen.testing import Emulator, reply

GOLD = [
    {"id": "soup", "text": "Name: Soup\nServes: 4\n", "gold": {"name": "Soup", "serves": 4}},
    {"id": "pie", "text": "Name: Pie\nServes: 6\n", "gold": {"name": "Apple pie", "serves": 6}},
]


@pytest.fixture
def gold(folder: Path) -> str:
    """A file of gold; the rules answer all of it but one name."""
    (folder / "gold.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in GOLD))
    return "gold.jsonl"


def written(name: str) -> Any:
    return json.loads(Path(name).read_text(encoding="utf-8"))


def test_the_figures_are_a_table_and_a_file_of_json(structgen, gold: str) -> None:
    ran = structgen("eval", "dish.json", gold, "--model", "rules", "--json", "found.json", "-q")
    found = written("found.json")
    assert ran.status == 0, ran.err
    assert (found["documents"], found["macro_f1"], found["fields"]["/serves"]["f1"]) == (2, 0.75, 1.0)
    assert "/name" in ran.out
    assert "macro F1" in ran.out
    assert ran.err == "structgen: no LLM used, fields not found are null.\n" or not ran.err


def test_with_a_dash_the_json_goes_to_standard_output(structgen, gold: str) -> None:
    ran = structgen("eval", "dish.json", gold, "--model", "rules", "--json", "-", "-q")
    assert json.loads(ran.out)["macro_f1"] == 0.75


@pytest.mark.parametrize(
    ("floors", "status", "says"),
    [
        (["macro_f1=0.7"], 0, ""),
        (["macro_f1=0.9"], 1, "macro_f1 is 0.7500, which is below 0.9"),
        (["macro_f1=0.7", "/name.f1=0.9"], 1, "/name.f1 is 0.5000"),
        (["/serves.recall=1", "per_document.calls=0"], 0, ""),
        (["grounding_f1=0.1"], 1, "grounding_f1 has no value"),
        (["makro_f1=0.9"], 2, "there is no such figure"),
        (["/nothing.f1=0.9"], 2, "there is no such figure"),
        (["macro_f1"], 2, "write a figure and a number"),
        (["macro_f1=nan"], 2, "write a figure and a number"),
        (["documents=2", "name.f1=0.5"], 0, ""),
        (["documents=3"], 1, "documents is 2.0000"),
        (["/nothing.f1=0.9"], 2, "The fields are /name, /serves"),
    ],
)
def test_a_figure_below_its_floor_fails_the_command(
    floors: list[str], status: int, says: str, structgen, gold: str
) -> None:
    words = [word for floor in floors for word in ("--fail-under", floor)]
    ran = structgen("eval", "dish.json", gold, "--model", "rules", "-q", *words)
    assert (ran.status, says in ran.err) == (status, True), ran.err


def test_rows_are_scored_without_asking_anybody(structgen, folder: Path, gold: str) -> None:
    structgen("extract", "dish.json", gold, "--model", "rules", "-o", "rows.jsonl", "-q")
    ran = structgen("eval", "dish.json", gold, "--rows", "rows.jsonl", "--json", "found.json")
    assert (ran.status, written("found.json")["macro_f1"]) == (0, 0.75)
    (folder / "rows.jsonl").write_text((folder / "rows.jsonl").read_text().splitlines()[0] + "\n")
    ran = structgen("eval", "dish.json", gold, "--rows", "rows.jsonl", "--json", "found.json")
    assert written("found.json")["status"] == {"ok": 1, "missing": 1}
    assert "1 document without a row, which counts as wrong" in ran.out


def test_the_second_setting_may_be_rows_a_task_or_other_options(structgen, folder: Path, gold: str) -> None:
    rows = [{"id": row["id"], "value": row["gold"]} for row in GOLD]
    (folder / "good.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    (folder / "other.toml").write_text('fields = "name, serves int"\n')
    base = ("eval", "dish.json", gold, "--model", "rules", "--json", "found.json", "-q", "--against")
    structgen(*base, "good.jsonl")
    comparison = written("found.json")["comparison"]
    assert comparison["difference"]["macro_f1"]["difference"] == 0.25
    assert comparison["changed"] == [{"id": "pie", "better": ["/name"], "worse": []}]
    structgen(*base, "other.toml")
    assert written("found.json")["against"]["task"] == "other"
    for words in (["--style", "json_schema"], ["--style json_schema"], ["--style=json_schema"]):
        assert structgen(*base, *words).status == 0
        assert written("found.json")["against"]["setting"].startswith("--style")
    assert "neither a model" in structgen(*base, "nothing").err


def test_models_are_compared_and_paid_for_once(structgen, gold: str, groq_emulator: Emulator) -> None:
    answers = [reply(json.dumps(row["gold"])) for row in GOLD]
    groq_emulator.script(*answers, reply('{"name": "Soup", "serves": 4}'), reply('{"name": "Pie", "serves": 1}'))
    words = ("eval", "dish.json", gold, "--model", "groq/openai/gpt-oss-20b", "--concurrency", "1", "--json", "f.json")
    ran = structgen(*words, "--against", "groq/openai/gpt-oss-120b")
    found = written("f.json")
    assert ran.status == 0, ran.err
    assert (found["macro_f1"], found["against"]["macro_f1"]) == (1.0, 0.5)
    assert found["comparison"]["worse"] == 1
    assert found["cost"] > 0
    structgen(*words, "--against", "groq/openai/gpt-oss-120b", "--html", "page.html")
    assert len(groq_emulator.requests) == 4
    assert written("f.json")["from_store"] == 2
    assert "gpt-oss-120b" in Path("page.html").read_text(encoding="utf-8")


def test_a_budget_stops_the_run_and_scores_what_was_answered(structgen, gold: str, groq_emulator: Emulator) -> None:
    ran = structgen("eval", "dish.json", gold, "--model", "groq/openai/gpt-oss-20b", "--max-tokens", "1")
    assert ran.status == 3
    assert groq_emulator.requests == []
    assert "not all documents were read" in ran.out


def test_rules_of_comparison_can_be_given(structgen, gold: str) -> None:
    words = ("eval", "dish.json", gold, "--model", "rules", "--json", "found.json", "-q")
    structgen(*words, "--compare", "/name=ignore")
    assert list(written("found.json")["fields"]) == ["/serves"]
    assert "not a rule of comparison" in structgen(*words, "--compare", "/name=fuzy").err
    assert "write a path and a rule" in structgen(*words, "--compare", "fuzzy").err


def test_unusable_gold_is_named_and_counted_apart(structgen, folder: Path, gold: str) -> None:
    with (folder / gold).open("a") as more:
        more.write('{"id": "odd", "text": "Name: Tea", "gold": {"name": "Tea", "serves": "many"}}\n')
    ran = structgen("eval", "dish.json", gold, "--model", "rules", "--json", "found.json")
    assert "gold.jsonl:3 (odd) is not scored: /serves" in ran.err
    assert "1 row of gold not scored: their gold does not fit the task" in ran.out
    assert written("found.json")["documents"] == 2
    assert written("found.json")["gold"]["invalid"][0]["id"] == "odd"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["dish.json"], "then one file of gold"),
        ([], "Name a TASK"),
        (["dish.json", "empty.jsonl"], "empty.jsonl is empty"),
        (["dish.json", "none.jsonl"], "Cannot read gold from none.jsonl"),
        (["dish.json", "other.jsonl"], "Is it gold of another task"),
        (["dish.json", "gold.csv"], "gold.csv is a table: gold is JSON Lines"),
        (["dish.json", "gold.jsonl", "--json", "none/figures.json"], "the folder none does not exist"),
        (["dish.json", "gold.jsonl", "--compare", "/nothing=fuzzy"], "The value has name, serves"),
        (["dish.json", "gold.jsonl", "more.jsonl"], "then one file of gold"),
    ],
)
def test_wrong_usage_is_one_line(words: list[str], says: str, structgen, folder: Path, gold: str) -> None:
    (folder / "empty.jsonl").write_text("\n")
    (folder / "other.jsonl").write_text('{"id": "1", "text": "t", "gold": {"total": 1}}\n')
    ran = structgen("eval", *words, "--model", "rules")
    assert (ran.status, len(ran.said), says in ran.err) == (2, 1, True), ran.err


def test_rows_are_written_if_they_are_asked_for(structgen, gold: str) -> None:
    ran = structgen("eval", "dish.json", gold, "--model", "rules", "-o", "rows.jsonl", "--limit", "1")
    assert ran.status == 0, ran.err
    row = json.loads(Path("rows.jsonl").read_text())
    assert (row["id"], row["value"]) == ("soup", {"name": "Soup", "serves": 4})


def test_a_dry_run_says_what_both_settings_would_take_and_sends_nothing(
    structgen, folder: Path, gold: str, groq_emulator: Emulator
) -> None:
    words = ("eval", "dish.json", gold, "--model", "groq/openai/gpt-oss-20b", "--against", "--style json_schema", "-q")
    ran = structgen(*words, "--dry-run", "--json", "plan.json")
    assert ran.status == 0, ran.err
    assert groq_emulator.requests == []
    assert not (folder / ".structgen").exists()
    assert ran.out.count("requests       2") == 2
    settings = written("plan.json")["settings"]
    assert [one["setting"] for one in settings] == ["dish with groq/openai/gpt-oss-20b", "--style json_schema"]
    assert all(one["documents"] == 2 for one in settings)


def test_a_limit_and_a_sample_choose_rows_of_gold(structgen, gold: str) -> None:
    words = ("eval", "dish.json", gold, "--model", "rules", "--json", "found.json", "-q")
    structgen(*words, "--limit", "1")
    assert written("found.json")["macro_f1"] == 1.0
    structgen(*words, "--sample", "1", "--seed", "4")
    assert written("found.json")["documents"] == 1
