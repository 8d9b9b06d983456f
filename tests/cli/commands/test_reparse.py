"""`structgen runs reparse`: stored responses are parsed with a changed schema, and only the rest is requested."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from structgen.store import Store
from structgen.testing import Emulator, reply

GROQ = "groq/openai/gpt-oss-20b"
STORE = Path(".structgen") / "store.sqlite"
NAME: dict[str, Any] = {"type": "string", "description": "what it is called"}
SERVES: dict[str, Any] = {"type": "integer"}
PREP: dict[str, Any] = {"type": ["integer", "null"], "description": "minutes of preparation"}
MODES = pytest.mark.parametrize("mode", ["auto", "json", "tools", "text"])
Start = Callable[..., "subprocess.Popen[str]"]


def model(body: dict[str, Any]) -> str:
    """Answer like a good model: the value after each label in the document, null if there is none."""
    words = "\n".join(str(message["content"]) for message in body["messages"])
    said = dict(re.findall(r"^(\w+): (.+)$", words.rpartition("<document>")[2], re.MULTILINE))
    asked = re.findall(r"^- (/\w+):", words, re.MULTILINE)
    names = asked or re.findall(r"[{,\s](\w+)\??: (?:string|integer|\d)", words.partition("Rules:")[0])
    return json.dumps({name: plain(said.get(name.removeprefix("/"))) for name in names})


def plain(text: str | None) -> Any:
    return int(text) if text and text.isdigit() else text


def write_schema(required: dict[str, Any], optional: dict[str, Any] | None = None, **more: Any) -> None:
    properties = {**required, **(optional or {})}
    schema = {"type": "object", "properties": properties, "required": list(required), **more}
    Path("dish.json").write_text(json.dumps(schema))


@pytest.fixture
def kitchen(folder: Path, groq_emulator: Emulator) -> Emulator:
    """A folder ``in`` with three documents, and a server that reads them."""
    groq_emulator.answer_with(model)
    write_schema({"name": NAME, "serves": SERVES})
    (folder / "in").mkdir()
    for number in range(3):
        text = f"name: soup {number}\nserves: {number + 2}\nprep: {number + 10}\nauthor: Ines"
        (folder / "in" / f"{number}.txt").write_text(text)
    return groq_emulator


def extract(structgen, *more: str) -> Any:
    ran = structgen("extract", "dish.json", "in", "--model", GROQ, *more)
    assert ran.status == 0, ran.err
    return ran


def paths_asked(emulator: Emulator, since: int = 3) -> list[list[str]]:
    """Return the fields of each later request; empty if it requested the whole value."""
    return [
        re.findall(r"^- (/\S+):", request.body["messages"][-1]["content"], re.MULTILINE)
        for request in emulator.requests[since:]
    ]


@MODES
def test_what_fits_is_read_again_without_a_call(structgen, kitchen: Emulator, mode: str) -> None:
    first = extract(structgen, "--mode", mode)
    write_schema({"name": NAME, "serves": {"type": "integer", "minimum": 1}})
    again = structgen("runs", "reparse", "1")
    assert again.status == 0
    assert [row["value"] for row in again.rows] == [row["value"] for row in first.rows]
    assert [(row["id"], row["usage"]["calls"]) for row in again.rows] == [("0.txt", 0), ("1.txt", 0), ("2.txt", 0)]
    assert again.said[-1] == "structgen: run 1: 3 documents: 3 from stored answers."
    assert len(kitchen.requests) == 3


@MODES
@pytest.mark.parametrize("needed", [True, False])
def test_a_new_field_is_asked_for_alone_also_where_it_may_be_left_out(
    structgen, kitchen: Emulator, mode: str, needed: bool
) -> None:
    extract(structgen, "--mode", mode)
    write_schema({"name": NAME, "serves": SERVES, **({"prep": PREP} if needed else {})}, {"prep": PREP})
    again = structgen("runs", "reparse", "1")
    assert again.status == 0
    assert [row["value"] for row in again.rows] == [
        {"name": f"soup {number}", "serves": number + 2, "prep": number + 10} for number in range(3)
    ]
    assert paths_asked(kitchen) == [["/prep"]] * 3
    assert again.said[-1] == "structgen: run 1: 3 documents: 3 requested /prep."


@MODES
def test_only_what_a_tighter_schema_refuses_is_asked_for_again(structgen, kitchen: Emulator, mode: str) -> None:
    extract(structgen, "--mode", mode)
    kitchen.answer_with(lambda _: '{"/serves": 3}')
    write_schema({"name": NAME, "serves": {"type": "integer", "maximum": 3}})
    again = structgen("runs", "reparse", "1")
    assert [row["value"]["serves"] for row in again.rows] == [2, 3, 3]
    assert [row["usage"]["calls"] for row in again.rows] == [0, 0, 1]
    assert again.said[-1] == "structgen: run 1: 3 documents: 2 from stored answers, 1 requested /serves."


@MODES
def test_a_field_that_is_gone_is_dropped_without_a_call_and_on_the_record(
    structgen, kitchen: Emulator, mode: str
) -> None:
    extract(structgen, "--mode", mode)
    write_schema({"name": NAME}, additionalProperties=False)
    again = structgen("runs", "reparse", "1")
    assert [row["value"] for row in again.rows] == [{"name": f"soup {number}"} for number in range(3)]
    assert [(one["rule"], one["path"], one["before"]) for one in again.rows[0]["repairs"]] == [
        ("removed_field", "/serves", 2)
    ]
    assert len(kitchen.requests) == 3


def test_a_key_that_nobody_ever_asked_for_stays_an_error(structgen, kitchen: Emulator) -> None:
    write_schema({"name": NAME, "serves": SERVES})
    kitchen.answer_with(lambda _: '{"name": "soup", "serves": 4, "stars": 5}')
    extract(structgen, "--mode", "json")
    write_schema({"name": NAME, "serves": SERVES}, additionalProperties=False)
    kitchen.answer_with(lambda _: '{"name": "soup", "serves": 4}')
    structgen("runs", "reparse", "1")
    assert len(kitchen.requests) == 6


@MODES
def test_a_field_that_was_renamed_is_gone_and_new(structgen, kitchen: Emulator, mode: str) -> None:
    extract(structgen, "--mode", mode)
    write_schema({"name": NAME}, {"author": {"type": ["string", "null"]}}, additionalProperties=False)
    again = structgen("runs", "reparse", "1")
    assert [row["value"] for row in again.rows] == [{"name": f"soup {n}", "author": "Ines"} for n in range(3)]
    assert paths_asked(kitchen) == [["/author"]] * 3


@pytest.mark.parametrize(
    "serves",
    [
        {**SERVES, "description": "how many it feeds"},
        {**SERVES, "title": "Guests"},
        {"enum": [2, 3, 4, 5]},
    ],
)
def test_a_field_with_other_words_or_more_choices_is_asked_for_again_unless_answers_are_to_be_kept(
    structgen, kitchen: Emulator, serves: dict[str, Any]
) -> None:
    write_schema({"name": NAME, "serves": {"enum": [2, 3, 4]} if "enum" in serves else SERVES})
    extract(structgen)
    write_schema({"name": NAME, "serves": serves})
    assert structgen("runs", "reparse", "1").status == 0
    assert paths_asked(kitchen) == [["/serves"]] * 3
    kept = structgen("runs", "reparse", "1", "--keep")
    assert kept.status == 0
    assert len(kitchen.requests) == 6


def test_with_keep_other_words_ask_nothing(structgen, kitchen: Emulator) -> None:
    extract(structgen)
    write_schema({"name": NAME, "serves": {**SERVES, "description": "how many it feeds"}}, description="A dish.")
    kept = structgen("runs", "reparse", "1", "--keep")
    assert (kept.status, len(kitchen.requests)) == (0, 3)
    assert kept.said[-1] == "structgen: run 1: 3 documents: 3 from stored answers."


@pytest.mark.parametrize("what", ["instructions", "examples", "description"])
def test_where_the_task_as_a_whole_is_told_otherwise_each_document_is_asked_whole(
    structgen, kitchen: Emulator, folder: Path, what: str
) -> None:
    (folder / "how.txt").write_text("Read it.")
    (folder / "examples.jsonl").write_text('{"text": "Tea", "value": {"name": "Tea", "serves": 2}}')
    extract(structgen, "--instructions", "how.txt", "--examples", "examples.jsonl")
    (folder / "how.txt").write_text("Read it well." if what == "instructions" else "Read it.")
    if what == "examples":
        (folder / "examples.jsonl").write_text('{"text": "Tea", "value": {"name": "Tea", "serves": 1}}')
    write_schema({"name": NAME, "serves": SERVES}, **({"description": "A dish."} if what == "description" else {}))
    kept = structgen("runs", "reparse", "1", "--keep")
    assert len(kitchen.requests) == 3
    assert "whole" not in kept.err
    again = structgen("runs", "reparse", "1")
    assert f"the {what} changed since run 1: requesting every value whole (--keep uses the answers)." in again.said[0]
    assert again.said[-1] == "structgen: run 1: 3 documents: 3 requested whole."
    assert paths_asked(kitchen) == [[]] * 3


@pytest.mark.parametrize("what", ["instructions", "examples", "description"])
@MODES
def test_what_was_kept_still_follows_the_old_words_in_a_later_run(
    structgen, kitchen: Emulator, folder: Path, what: str, mode: str
) -> None:
    (folder / "how.txt").write_text("Read it.")
    (folder / "examples.jsonl").write_text('{"text": "Tea", "value": {"name": "Tea", "serves": 2}}')
    extract(structgen, "--instructions", "how.txt", "--examples", "examples.jsonl", "--mode", mode)
    if what == "instructions":
        (folder / "how.txt").write_text("Read it. Count guests and cooks.")
    if what == "examples":
        (folder / "examples.jsonl").write_text('{"text": "Tea", "value": {"name": "Tea", "serves": 1}}')
    write_schema({"name": NAME, "serves": SERVES}, **({"description": "A dish."} if what == "description" else {}))
    assert structgen("runs", "reparse", "1", "--keep").status == 0
    assert structgen("runs", "reparse", "2", "--keep").status == 0
    assert len(kitchen.requests) == 3
    again = structgen("runs", "reparse", "3")
    assert again.said[0].endswith("reparsed a run with another prompt: requesting whole what still has its answers.")
    assert again.said[-1] == "structgen: run 3: 3 documents: 3 requested whole."
    assert len(kitchen.requests) == 6
    assert structgen("runs", "reparse", "4").said[-1] == "structgen: run 4: 3 documents: 3 from stored answers."


def test_what_was_asked_again_in_the_run_counts_too(structgen, kitchen: Emulator) -> None:
    kitchen.script(*(step for n in range(3) for step in (reply('{"name": "soup"}'), reply('{"/serves": 4}'))))
    extract(structgen, "--mode", "json", "--concurrency", "1")
    write_schema({"name": NAME, "serves": {"type": "integer", "minimum": 1}}, {"prep": PREP})
    again = structgen("runs", "reparse", "1")
    assert [(row["value"]["serves"], row["value"]["prep"]) for row in again.rows] == [(4, 10), (4, 11), (4, 12)]
    assert paths_asked(kitchen, 6) == [["/prep"]] * 3


def test_an_answer_that_was_cut_off_is_joined_with_its_rest(structgen, kitchen: Emulator) -> None:
    items = {"type": "array", "items": {"type": "string"}}
    write_schema({"name": NAME, "items": items})
    cut = reply('{"name": "soup", "items": ["leek", "salt", "wa', finish_reason="length", as_is=True)
    kitchen.script(*(step for _ in range(3) for step in (cut, reply('{"items": ["salt", "water"]}'))))
    first = extract(structgen, "--mode", "json", "--concurrency", "1")
    write_schema({"name": NAME, "items": {**items, "minItems": 1}})
    again = structgen("runs", "reparse", "1")
    assert [row["value"] for row in again.rows] == [row["value"] for row in first.rows]
    assert again.rows[0]["value"]["items"] == ["leek", "salt", "water"]
    assert len(kitchen.requests) == 6


def test_new_fields_in_the_items_of_a_list_are_asked_for_where_they_are(structgen, kitchen: Emulator) -> None:
    def listed(**more: Any) -> dict[str, Any]:
        item = {"type": "object", "properties": {"what": {"type": "string"}, **more}, "required": ["what"]}
        return {"type": "array", "items": item}

    write_schema({"items": listed()})
    kitchen.answer_with(lambda _: '{"items": [{"what": "leek"}, {"what": "salt"}]}')
    extract(structgen, "--mode", "json")
    write_schema({"items": listed(grams={"type": "integer"})})
    kitchen.answer_with(lambda _: '{"/items/0/grams": 200, "/items/1/grams": 5}')
    again = structgen("runs", "reparse", "1")
    assert again.rows[0]["value"] == {"items": [{"what": "leek", "grams": 200}, {"what": "salt", "grams": 5}]}
    assert again.said[-1] == "structgen: run 1: 3 documents: 3 requested /items/*/grams."


def test_a_reparse_can_be_read_again_and_pays_for_no_field_twice(structgen, kitchen: Emulator) -> None:
    extract(structgen)
    write_schema({"name": NAME, "serves": SERVES}, {"prep": PREP})
    structgen("runs", "reparse", "1", "-o", "second.jsonl")
    author = {"type": ["string", "null"]}
    write_schema({"name": NAME}, {"prep": PREP, "author": author})
    third = structgen("runs", "reparse", "2", "-o", "third.jsonl")
    assert third.said[-1] == "structgen: run 2: 3 documents: 3 requested /author."
    write_schema({"name": NAME}, {"prep": {**PREP, "minimum": 1}, "author": author})
    structgen("runs", "reparse", "3")
    rows = [json.loads(line) for line in Path("third.jsonl").read_text().splitlines()]
    assert rows[0]["value"] == {"name": "soup 0", "serves": 2, "prep": 10, "author": "Ines"}
    assert paths_asked(kitchen) == [["/prep"]] * 3 + [["/author"]] * 3


def test_after_kill_9_the_same_command_pays_only_for_what_is_not_there_yet(
    structgen, start: Start, kitchen: Emulator, folder: Path
) -> None:
    for number in range(3, 40):
        (folder / "in" / f"{number}.txt").write_text(f"name: soup {number}\nserves: 4\nprep: {number}")
    extract(structgen, "-o", "out.jsonl", "--concurrency", "4")
    write_schema({"name": NAME, "serves": SERVES}, {"prep": PREP})
    kitchen.script(reply('{"/prep": 7}', delay=0.03), repeat_last=True)
    for more in (4, 9):
        begun = len(kitchen.requests)
        process = start("runs", "reparse", "1", "-o", "new.jsonl")
        until = time.monotonic() + 120
        while len(kitchen.requests) < begun + more and time.monotonic() < until:
            time.sleep(0.005)
        process.kill()
        process.communicate()
    with Store(STORE) as store:
        done = store.sizes().completions
    before = len(kitchen.requests)
    process = start("runs", "reparse", "1", "-o", "new.jsonl")
    process.communicate(timeout=300)
    assert process.returncode == 0
    rows = [json.loads(line) for line in (folder / "new.jsonl").read_text().splitlines()]
    assert [row["value"]["prep"] for row in rows] == [7] * 40
    assert len(kitchen.requests) - before == 80 - done
    assert 44 <= done < 80


def test_with_replay_nobody_is_asked_and_what_is_missing_is_said(
    structgen, kitchen: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract(structgen)
    monkeypatch.delenv("GROQ_API_KEY")
    monkeypatch.delenv("GROQ_BASE_URL")
    same = structgen("runs", "reparse", "1", "--model", "replay")
    assert (same.status, [row["status"] for row in same.rows]) == (0, ["ok"] * 3)
    write_schema({"name": NAME, "serves": SERVES}, {"prep": PREP})
    lacking = structgen("runs", "reparse", "1", "--model", "replay")
    assert lacking.status == 1
    assert [row["status"] for row in lacking.rows] == ["incomplete"] * 3
    assert lacking.rows[0]["value"] == {"name": "soup 0", "serves": 2}
    assert [(issue["path"], issue["code"]) for issue in lacking.rows[0]["issues"]] == [("/prep", "new")]
    assert "has no response" in lacking.rows[0]["error"]
    assert lacking.said[-1] == "structgen: run 1: 3 documents: 3 without an answer."
    assert len(kitchen.requests) == 3


def test_a_budget_of_nothing_reads_what_is_there_and_stops_where_something_is_new(structgen, kitchen: Emulator) -> None:
    extract(structgen)
    assert structgen("runs", "reparse", "1", "--max-cost", "0").status == 0
    write_schema({"name": NAME, "serves": SERVES}, {"prep": PREP})
    assert structgen("runs", "reparse", "1", "--max-cost", "0").status == 3
    assert len(kitchen.requests) == 3
    assert structgen("runs", "reparse", "1", "--max-cost", "1").status == 0
    assert paths_asked(kitchen) == [["/prep"]] * 3


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "sqlite"])
def test_every_output_takes_the_rows(structgen, kitchen: Emulator, suffix: str) -> None:
    extract(structgen, "-o", f"out.{suffix}")
    write_schema({"name": NAME, "serves": SERVES}, {"prep": PREP})
    assert structgen("runs", "reparse", "1").status == 0
    found: list[Any]
    if suffix == "jsonl":
        found = [json.loads(line)["value"]["prep"] for line in Path("out.jsonl").read_text().splitlines()]
    elif suffix == "csv":
        with Path("out.csv").open(newline="") as file:
            found = [int(row["value.prep"]) for row in csv.DictReader(file)]
    elif suffix == "parquet":
        pyarrow = pytest.importorskip("pyarrow.parquet")
        found = pyarrow.read_table("out.parquet").column("value.prep").to_pylist()
    else:
        with closing(sqlite3.connect("out.sqlite")) as database:
            found = [prep for (prep,) in database.execute('SELECT "value.prep" FROM rows')]
    assert found == [10, 11, 12]


def test_documents_in_chunks_are_read_again_chunk_by_chunk(structgen, kitchen: Emulator, folder: Path) -> None:
    lines = "".join(f"{number}. It is a long soup that says nothing of itself at all.\n" for number in range(30))
    text = f"name: long soup\nserves: 8\n{lines}\nprep: 90\n{lines}"
    (folder / "long.txt").write_text(text)
    command = ("extract", "dish.json", "long.txt", "--model", GROQ, "--chunk-chars", "900")
    first = structgen(*command)
    assert first.status == 0, first.err
    asked = len(kitchen.requests)
    assert asked == first.rows[0]["chunks"]["count"] > 3
    write_schema({"name": {**NAME, "minLength": 1}, "serves": SERVES})
    again = structgen("runs", "reparse", "1")
    assert again.rows[0]["value"] == first.rows[0]["value"] == {"name": "long soup", "serves": 8}
    assert len(kitchen.requests) == asked
    write_schema({"name": NAME, "serves": SERVES, "prep": PREP})
    more = structgen("runs", "reparse", "1")
    assert more.rows[0]["value"] == {"name": "long soup", "serves": 8, "prep": 90}
    assert paths_asked(kitchen, asked) == [["/prep"]] * asked


def test_a_pydantic_model_is_loaded_as_it_is_now(structgen, kitchen: Emulator, folder: Path) -> None:
    code = "from pydantic import BaseModel\n\n\nclass Dish(BaseModel):\n    name: str\n    serves: int\n"
    (folder / "then.py").write_text(code)
    (folder / "now.py").write_text(f"{code}    prep: int | None = None\n")
    assert structgen("extract", "then.py:Dish", "in", "--model", GROQ).status == 0
    again = structgen("runs", "reparse", "1", "now.py:Dish")
    assert [row["value"]["prep"] for row in again.rows] == [10, 11, 12]
    assert paths_asked(kitchen) == [["/prep"]] * 3


def test_other_inputs_and_fields_can_be_named(structgen, kitchen: Emulator) -> None:
    structgen("extract", "--fields", "name, serves int", "in", "--model", GROQ)
    one = structgen("runs", "reparse", "1", "--fields", "name, serves int", "in/1.txt")
    assert [row["id"] for row in one.rows] == ["1.txt"]
    more = structgen("runs", "reparse", "1", "--fields", "name, serves int, prep int?")
    assert [row["value"]["prep"] for row in more.rows] == [10, 11, 12]
    other = structgen("runs", "reparse", "1", "dish.json", "in/2.txt")
    assert [row["id"] for row in other.rows] == ["2.txt"]


def test_a_document_that_the_run_did_not_see_is_asked_whole(structgen, kitchen: Emulator, folder: Path) -> None:
    extract(structgen)
    (folder / "in" / "3.txt").write_text("name: bread\nserves: 1")
    (folder / "in" / "1.txt").write_text("name: other soup\nserves: 9")
    again = structgen("runs", "reparse", "1")
    assert [row["value"]["name"] for row in again.rows] == ["soup 0", "other soup", "soup 2", "bread"]
    assert again.said[-1] == "structgen: run 1: 4 documents: 2 from stored answers, 2 requested whole."


def test_two_tasks_over_the_same_documents_are_not_mixed_up(structgen, kitchen: Emulator) -> None:
    extract(structgen)
    write_schema({"name": {**NAME, "description": "who wrote it"}})
    kitchen.answer_with(lambda _: '{"name": "Ines"}')
    extract(structgen)
    write_schema({"name": {**NAME, "minLength": 1}, "serves": SERVES})
    again = structgen("runs", "reparse", "1")
    assert [row["value"]["name"] for row in again.rows] == ["soup 0", "soup 1", "soup 2"]
    assert len(kitchen.requests) == 6


def test_another_model_is_wrong_usage(structgen, kitchen: Emulator) -> None:
    extract(structgen)
    ran = structgen("runs", "reparse", "1", "--model", "groq/openai/gpt-oss-120b")
    assert ran.status == 2
    assert "Omit --model, or give --model replay" in ran.err


def test_a_run_that_is_not_there_says_why_it_may_be_so(structgen, kitchen: Emulator) -> None:
    extract(structgen)
    assert structgen("extract", "dish.json", "in", "--model", "rules").status == 0
    ran = structgen("runs", "reparse", "2")
    assert ran.status == 2
    assert "Runs with the rules or with --no-store are not recorded" in ran.err


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        ("structgen eval dish.json", "was not made by a command that extracts"),
        ("structgen extract dish.json in/***", "looked like a key and was not stored"),
        ("structgen extract dish.json in --nonsense", "the stored command cannot be parsed"),
        ("structgen extract dish.json in -o in/0.txt", "in/0.txt"),
    ],
)
def test_a_command_that_cannot_be_carried_out_again_is_named(
    structgen, kitchen: Emulator, kept: str, said: str
) -> None:
    extract(structgen)
    with Store(STORE) as store:
        store.start_run(kept, "dish", GROQ)
    ran = structgen("runs", "reparse", "2")
    assert ran.status == 2
    assert said in ran.err


def test_a_run_of_the_first_version_is_asked_whole_and_that_is_said(structgen, kitchen: Emulator) -> None:
    extract(structgen)
    with closing(sqlite3.connect(STORE)) as store:
        store.execute("UPDATE run SET asked = NULL")
        store.commit()
    write_schema({"name": NAME, "serves": SERVES}, {"prep": PREP})
    again = structgen("runs", "reparse", "1")
    assert "run 1 is from an older structgen, which stored no schema: requesting every value whole." in again.said[0]
    assert again.said[-1] == "structgen: run 1: 3 documents: 3 requested whole."


def test_answers_of_another_server_are_not_taken(structgen, kitchen: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    extract(structgen)
    monkeypatch.setenv("GROQ_BASE_URL", kitchen.base_url.replace("127.0.0.1", "localhost"))
    again = structgen("runs", "reparse", "1")
    assert again.status == 2
    assert "Set the base URL of that run" in again.err
    assert len(kitchen.requests) == 3


def quoted_fields(body: dict[str, Any]) -> str:
    """Answer like a good model that must quote: each value with its line of the document."""
    names = body["response_format"]["json_schema"]["schema"]["properties"]
    words = body["messages"][-1]["content"]
    said = dict(re.findall(r"^(\w+): (.+)$", words.rpartition("<document>")[2], re.MULTILINE))
    found = {name: said.get(name.removeprefix("/")) for name in names}
    pairs = {name: {"quote": f"{name.removeprefix('/')}: {text}", "value": plain(text)} for name, text in found.items()}
    return json.dumps({name: pairs[name] if text else None for name, text in found.items()})


@pytest.fixture
def quoted_run(structgen, kitchen: Emulator) -> Emulator:
    """A run over the three documents with quotes."""
    kitchen.answer_with(quoted_fields)
    extract(structgen, "--evidence", "quotes")
    return kitchen


def spans(row: dict[str, Any]) -> dict[str, str]:
    return {piece["path"]: piece["text"] for piece in row["evidence"]}


def test_of_a_run_with_quotes_a_new_field_is_asked_for_alone_with_its_quote(structgen, quoted_run: Emulator) -> None:
    write_schema({"name": NAME, "serves": SERVES}, {"prep": PREP})
    again = structgen("runs", "reparse", "1")
    assert again.status == 0, again.err
    assert [row["value"]["prep"] for row in again.rows] == [10, 11, 12]
    assert paths_asked(quoted_run) == [["/prep"]] * 3
    assert all('"quote"' in json.dumps(request.body) for request in quoted_run.requests[3:])
    assert spans(again.rows[0]) == {"/name": "soup 0", "/serves": "2", "/prep": "10"}
    assert not again.rows[0]["unsupported"]
    assert again.said[-1] == "structgen: run 1: 3 documents: 3 requested /prep."


def test_of_a_run_with_quotes_what_fits_keeps_its_quotes_and_costs_nothing(structgen, quoted_run: Emulator) -> None:
    write_schema({"name": NAME}, additionalProperties=False)
    again = structgen("runs", "reparse", "1")
    assert again.status == 0, again.err
    assert [row["value"] for row in again.rows] == [{"name": f"soup {number}"} for number in range(3)]
    assert spans(again.rows[0]) == {"/name": "soup 0"}
    assert len(quoted_run.requests) == 3


def test_of_a_run_with_quotes_what_a_tighter_schema_refuses_is_asked_for_alone(structgen, quoted_run: Emulator) -> None:
    write_schema({"name": NAME, "serves": {"type": "integer", "maximum": 3}})
    quoted_run.answer_with(lambda _: '{"/serves": {"quote": "serves: 4", "value": 3}}')
    again = structgen("runs", "reparse", "1")
    assert [row["value"]["serves"] for row in again.rows] == [2, 3, 3]
    assert paths_asked(quoted_run) == [["/serves"]]
    assert spans(again.rows[2])["/name"] == "soup 2"
    assert again.rows[2]["unsupported"] == ["/serves"]


def test_a_reparse_of_a_run_with_quotes_can_be_read_again(structgen, quoted_run: Emulator) -> None:
    write_schema({"name": NAME, "serves": SERVES}, {"prep": PREP})
    structgen("runs", "reparse", "1")
    paid = len(quoted_run.requests)
    write_schema({"name": NAME}, {"prep": PREP, "author": {"type": ["string", "null"]}})
    again = structgen("runs", "reparse", "2")
    assert again.status == 0, again.err
    assert again.rows[0]["value"] == {"name": "soup 0", "serves": 2, "prep": 10, "author": "Ines"}
    assert paths_asked(quoted_run, paid) == [["/author"]] * 3
    assert spans(again.rows[0]) == {"/name": "soup 0", "/serves": "2", "/prep": "10", "/author": "Ines"}
    assert structgen("runs", "reparse", "3").said[-1] == "structgen: run 3: 3 documents: 3 from stored answers."


def test_a_new_property_by_the_name_of_a_quote_does_not_hide_the_old_ones(structgen, quoted_run: Emulator) -> None:
    quote: dict[str, Any] = {"type": ["string", "null"]}
    write_schema({"name": NAME, "serves": SERVES}, {"quote": quote})
    quoted_run.answer_with(lambda _: '{"/quote": null}')
    again = structgen("runs", "reparse", "1")
    assert again.rows[0]["value"] == {"name": "soup 0", "serves": 2, "quote": None}
    assert spans(again.rows[0]) == {"/name": "soup 0", "/serves": "2"}
    assert again.said[-1] == "structgen: run 1: 3 documents: 3 requested /quote."


@pytest.mark.parametrize("evidence", ["locate", "quotes"])
def test_what_may_be_left_out_but_not_be_null_is_answered_with_null_where_the_text_lacks_it(
    structgen, kitchen: Emulator, evidence: str
) -> None:
    kitchen.answer_with(quoted_fields if evidence == "quotes" else model)
    extract(structgen, "--evidence", evidence)
    write_schema({"name": NAME, "serves": SERVES}, {"rating": {"type": "integer"}, "prep": {"type": "integer"}})
    again = structgen("runs", "reparse", "1")
    assert again.status == 0, again.err
    assert [row["value"] for row in again.rows] == [
        {"name": f"soup {number}", "serves": number + 2, "prep": number + 10} for number in range(3)
    ]
    assert paths_asked(kitchen) == [["/prep", "/rating"]] * 3
    assert structgen("runs", "reparse", "2").said[-1] == "structgen: run 2: 3 documents: 3 from stored answers."
