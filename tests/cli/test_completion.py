"""What the shells offer, asked as their scripts ask it."""

from __future__ import annotations

from pathlib import Path

import pytest

from structgen.store import Store
from structgen.tasks import list_tasks

MODEL = "groq/openai/gpt-oss-20b"


@pytest.fixture
def offered(structgen, monkeypatch: pytest.MonkeyPatch):
    """``offered(line)``: the words that bash gets for the last word of a line."""

    def complete(line: str) -> list[str]:
        words = line.split(" ")
        monkeypatch.setenv("_STRUCTGEN_COMPLETE", "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        ran = structgen()
        assert (ran.status, ran.err) == (0, "")
        return ran.out.split()

    return complete


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("structgen ext", ["extract"]),
        ("structgen extract reci", ["recipe"]),
        ("structgen extract --model rules reci", ["recipe"]),
        ("structgen extract recipe reci", []),  # inputs are files, which the shell knows
        ("structgen extract --fields name reci", []),
        ("structgen extract nosuch", []),
        ("structgen prompt reci", ["recipe"]),
        ("structgen schema reci", ["recipe"]),
        ("structgen tasks reci", ["recipe"]),
        ("structgen tasks ch", ["check"]),
        ("structgen tasks check reci", ["recipe"]),
        ("structgen tasks new reci", []),
        ("structgen tasks impr", ["improve"]),
        ("structgen tasks improve reci", ["recipe"]),
        ("structgen tasks learn recipe reci", []),
        ("structgen tasks improve recipe gold.jsonl --bud", ["--budget"]),
        ("structgen extract --date-order ", ["dmy", "mdy", "ymd"]),
        ("structgen extract --max-at", ["--max-attempts"]),
        ("structgen extract --model rul", ["rules"]),
        (f"structgen extract --model {MODEL}", [MODEL]),
        (f"structgen doctor --model rules,{MODEL}", [f"rules,{MODEL}"]),
        (f"structgen models {MODEL}", [MODEL]),
        ("structgen runs sho", ["show"]),
        ("structgen runs show ", []),
    ],
)
def test_a_word_is_completed(offered, line: str, words: list[str]) -> None:
    assert offered(line) == words


def test_all_tasks_are_offered_also_those_of_the_project(offered, folder: Path) -> None:
    (folder / "schemas").mkdir()
    (folder / "schemas" / "ticket.toml").write_text('fields = "customer"\n')
    assert set(offered("structgen extract ")) == {*list_tasks().names, "ticket"}
    assert "ticket" in offered("structgen tasks ")


@pytest.mark.parametrize("command", ["show", "reparse"])
def test_the_runs_of_a_store_are_offered(offered, folder: Path, command: str) -> None:
    with Store(folder / "kept.sqlite") as store:
        for _ in range(2):
            store.start_run("structgen extract", "dish", MODEL)
    assert offered(f"structgen runs {command} --store kept.sqlite ") == ["2", "1"]
    (folder / "structgen.toml").write_text('store = "kept.sqlite"\n')
    assert offered(f"structgen runs {command} ") == ["2", "1"]


def test_what_is_broken_offers_nothing_and_says_nothing(offered, folder: Path) -> None:
    (folder / "broken.sqlite").write_text("no database")
    assert offered("structgen runs show --store broken.sqlite ") == []
    (folder / "structgen.toml").write_text("no TOML")
    assert offered("structgen runs show ") == []
    assert "recipe" in offered("structgen extract ")


@pytest.mark.parametrize(
    ("shell", "said"), [("zsh", '"recipe"'), ("fish", "recipe"), ("bash", "recipe"), ("powershell", "recipe:::")]
)
def test_every_shell_is_answered_in_its_own_form(
    structgen, monkeypatch: pytest.MonkeyPatch, shell: str, said: str
) -> None:
    monkeypatch.setenv("_STRUCTGEN_COMPLETE", f"complete_{shell}")
    for name, value in {
        "COMP_WORDS": "structgen extract reci",
        "COMP_CWORD": "2",
        "_TYPER_COMPLETE_ARGS": "structgen extract reci",
        "_TYPER_COMPLETE_WORD_TO_COMPLETE": "reci",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }.items():
        monkeypatch.setenv(name, value)
    ran = structgen()
    assert said in ran.out
    assert ran.err == ""


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_shown(structgen, monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    ran = structgen("--show-completion", shell)
    assert ran.status == 0
    assert "_STRUCTGEN_COMPLETE" in ran.out
