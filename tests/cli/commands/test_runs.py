"""`structgen runs`: the ledger, sizes and pruning."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from structgen import compile_request
from structgen.core.records import Completion, Usage
from structgen.store import Store
from structgen.testing import Emulator, reply

GROQ = "groq/openai/gpt-oss-20b"
NONE = (
    "structgen: No store at .structgen/store.sqlite: `structgen extract` with a model creates one (runs with the rules "
    "are not stored), or name it with --store."
)


@pytest.fixture
def ran(structgen, folder: Path, groq_emulator: Emulator) -> Path:
    """A store with one run over one document."""
    groq_emulator.script(reply('{"name": "Soup", "serves": 4}'), repeat_last=True)
    assert structgen("extract", "dish.json", "soup.txt", "--model", GROQ).status == 0
    return folder


def test_runs_are_listed_the_newest_first(structgen, ran: Path) -> None:
    structgen("extract", "dish.json", "soup.txt", "soup.txt", "--model", GROQ)
    listed = structgen("runs").out.splitlines()
    assert [line.split()[0] for line in listed] == ["2", "1"]
    assert listed[1].endswith(f"1 row  dish  {GROQ}")
    assert "2 rows" in listed[0]


def test_a_run_is_shown_with_what_it_paid(structgen, ran: Path) -> None:
    shown = structgen("runs", "show", "1")
    assert f"command   structgen extract dish.json soup.txt --model {GROQ}" in shown.out
    assert "paid      1 completion, " in shown.out
    assert "rows      1" in shown.out


def test_a_run_that_was_stopped_is_shown_as_such(structgen, ran: Path) -> None:
    with Store(".structgen/store.sqlite") as store:
        store.start_run("structgen extract again", "dish", GROQ)
        assert " going  " in structgen("runs").out.splitlines()[0]
        assert "ended     not yet: it is still running" in structgen("runs", "show", "2").out
    assert "interrupted" in structgen("runs").out.splitlines()[0]
    shown = structgen("runs", "show", "2").out
    assert "command   structgen extract again" in shown
    assert "ended     interrupted; to continue it, run the command again" in shown


def test_each_run_counts_what_it_paid_itself(structgen, ran: Path) -> None:
    request = compile_request("recipe", "Soup.", model=GROQ)
    other = replace(request, document="Stew.")
    with (
        Store(".structgen/store.sqlite") as store,
        Store(".structgen/store.sqlite") as second,
        Store(".structgen/store.sqlite") as library,
    ):
        runs = [one.start_run("structgen extract", "dish", GROQ) for one in (store, second)]
        store.once(request, lambda: Completion("{}", usage=Usage(1, 2, calls=1)))
        second.once(request, lambda: Completion("{}"))
        second.once(replace(request, model="m2"), lambda: Completion("{}", usage=Usage(10, 20, calls=1)))
        second.once(replace(request, model="m3"), lambda: Completion("{}", usage=Usage(10, 20, calls=1)))
        library.put(replace(other, model="m4"), Completion("{}"))
    assert "paid      1 completion, 1 tokens in, 2 out" in structgen("runs", "show", str(runs[0])).out
    assert "paid      2 completions, 20 tokens in, 40 out" in structgen("runs", "show", str(runs[1])).out


def test_the_folder_of_the_store_is_closed_to_others(ran: Path) -> None:
    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in [ran / ".structgen", *(ran / ".structgen").iterdir()]
    }
    assert modes[".structgen"] == 0o700
    assert {mode for name, mode in modes.items() if name.startswith("store")} == {0o600}


def test_an_unknown_run_is_wrong_usage(structgen, ran: Path) -> None:
    shown = structgen("runs", "show", "7")
    assert (shown.status, shown.out) == (2, "")
    assert "No run 7" in shown.err


def test_sizes_count_what_is_kept(structgen, ran: Path) -> None:
    shown = structgen("runs", "sizes").out
    assert "completions  1\n" in shown
    assert "runs         1\n" in shown


@pytest.mark.parametrize(("age", "left"), [("30d", 1), ("1w", 1), ("0m", 0), ("0h", 0)])
def test_what_is_older_is_pruned(structgen, ran: Path, groq_emulator: Emulator, age: str, left: int) -> None:
    pruned = structgen("runs", "prune", "--older-than", age)
    assert pruned.said == [f"structgen: {1 - left} completion{'s' if left else ''} deleted."]
    assert f"completions  {left}\n" in structgen("runs", "sizes").out
    structgen("extract", "dish.json", "soup.txt", "--model", GROQ)
    assert len(groq_emulator.requests) == 2 - left


@pytest.mark.parametrize("age", ["30", "d", "-1d", "1y", "9999999d", "1 d", ""])
def test_an_age_that_is_none_deletes_nothing(structgen, ran: Path, age: str) -> None:
    assert structgen("runs", "prune", f"--older-than={age}").status == 2
    assert "completions  1\n" in structgen("runs", "sizes").out


@pytest.mark.parametrize("words", [["prune"], ["sizes", "--older-than", "30d"], ["--older-than", "30d"]])
def test_prune_and_an_age_belong_together(structgen, ran: Path, words: list[str]) -> None:
    shown = structgen("runs", *words)
    assert shown.status == 2
    assert "--older-than" in shown.err
    assert "completions  1\n" in structgen("runs", "sizes").out


def test_a_run_that_never_ended_is_pruned_when_it_is_old(structgen, ran: Path) -> None:
    with Store(".structgen/store.sqlite") as store:
        store.start_run("structgen extract", "dish", GROQ)
    structgen("runs", "prune", "--older-than", "30d")
    assert len(structgen("runs").out.splitlines()) == 2
    structgen("runs", "prune", "--older-than", "0m")
    assert structgen("runs").out == ""


@pytest.mark.parametrize("words", [["show"], ["list"], ["sizes", "now"], ["show", "soup"], ["reparse"]])
def test_other_words_are_wrong_usage(structgen, ran: Path, words: list[str]) -> None:
    assert structgen("runs", *words).status == 2


def test_without_a_store_nothing_is_made(structgen, folder: Path) -> None:
    shown = structgen("runs")
    assert (shown.status, shown.said) == (2, [NONE])
    assert not (folder / ".structgen").exists()


def test_an_empty_store_says_that_it_holds_no_run(structgen, folder: Path) -> None:
    with Store("empty.sqlite"):
        pass
    shown = structgen("runs", "--store", "empty.sqlite")
    assert (shown.status, shown.out) == (0, "")
    assert "empty.sqlite contains no run yet" in shown.err


def test_a_run_that_read_another_again_is_marked(structgen, ran: Path) -> None:
    assert structgen("runs", "reparse", "1").status == 0
    again, first = structgen("runs").out.splitlines()
    assert again.endswith(f"  {GROQ}  reparse")
    assert first.endswith(f"  {GROQ}")
