from __future__ import annotations

import json
import re
import threading
from pathlib import Path

import pytest

from structgen.batch import Batch, open_output
from structgen.cli.console import Exit
from structgen.cli.run_batch import Manner, run_batch
from structgen.core.json import JsonObject
from structgen.core.records import Document, Task
from structgen.extractor import Extractor
from structgen.send.http import retries
from structgen.testing import Emulator


def test_a_run_outside_the_main_thread_leaves_signals_alone(tmp_path: Path) -> None:
    batch = Batch(Extractor("rules"), Task("dish", {"type": "object", "properties": {"name": {"type": "string"}}}))
    ended: list[Exit] = []

    def run() -> None:
        documents = [Document("Name: Soup", "soup", "soup.txt")]
        ended.append(run_batch(batch, documents, open_output(tmp_path / "out.jsonl"), Manner()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert ended == [Exit.OK]
    assert (tmp_path / "out.jsonl").exists()


def shown(structgen, *arguments: str):
    return structgen("extract", "dish.json", *arguments, "--model", "rules", "--show")


def test_rows_are_printed_for_people_with_their_text(structgen) -> None:
    ran = shown(structgen, "soup.txt")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert ran.status == 0
    assert lines[0].startswith("soup.txt ─")
    assert lines[1:] == [
        "rules 2 exact",
        "name Soup exact 1:7",
        "serves 4 exact 2:9",
        "",
        "1 Name: Soup",
        "2 Serves: 4",
        "",
    ]
    assert ran.said[-1].startswith("structgen: 1 row: 1 ok")


def test_no_character_of_a_shown_row_acts_on_the_terminal(structgen, folder: Path) -> None:
    hostile = "So\x1b]0;gone\x07up \x9b2J\u202e\u2028\x00\r"
    (folder / "t.csv").write_text(
        f'id,text\n"{hostile}","Name: {hostile}\nServes: 4"\n9,"{hostile}"\n', "utf-8", newline=""
    )
    ran = shown(structgen, "t.csv")
    assert ran.out.count("]0;gone") >= 4  # the names of the rows, the value and both texts
    assert not set(ran.out + ran.err) & set("\x1b\x07\x9b\u202e\u2028\x00\r")


def test_each_row_has_the_text_of_its_own_document(structgen, folder: Path) -> None:
    (folder / "t.csv").write_text('id,text\n7,"Name: A\nServes: 2"\n8,\n9,"Name: C\nServes: 3"\n')
    ran = shown(structgen, "gone.txt", "t.csv", "soup.txt")
    views = ran.out.split("\n\n")
    assert ran.status == 1
    assert [line.split(" ─")[0] for line in ran.out.splitlines() if "──" in line] == [
        "gone.txt",
        "t.csv (7)",
        "t.csv (8)",
        "t.csv (9)",
        "soup.txt",
    ]
    assert "there is no such file" in views[0]
    assert ran.out.index("1  Name: A") < ran.out.index("1  Name: C") < ran.out.index("1  Name: Soup")


def test_chunks_that_failed_and_conflicts_are_shown_and_the_row_is_incomplete(
    structgen, folder: Path, groq_emulator: Emulator
) -> None:
    def answer(body: JsonObject) -> str:
        words = json.dumps(body["messages"])
        serves = [number for number in (4, 5) if f"Serves: {number}" in words]
        return "no" if "BROKEN" in words else json.dumps({"name": "Soup", "serves": serves[0] if serves else None})

    filler = "Nothing else is said here. " * 20
    (folder / "long.txt").write_text(f"Name: Soup\nServes: 4\n\n{filler}\n\nBROKEN {filler}\n\nServes: 5 {filler}")
    groq_emulator.answer_with(answer)
    arguments = ("extract", "dish.json", "long.txt", "--chunk-chars", "500", "--model", "groq/openai/gpt-oss-20b")
    ran = structgen(*arguments, "--mode", "text", "--max-attempts", "1", "--show")
    words = " ".join(ran.out.split())
    assert ran.status == 1
    assert "chunks failed, so parts may be missing" in words
    assert "failed: No answer was accepted in 1 attempt" in words
    assert re.search(r"conflict at /serves: 4 \(chunk 0, line 2:9\), not 5 \(chunk [1-9], line 8:9\)", words)
    assert ran.said[-1].startswith("structgen: 1 row: 0 ok, 1 incomplete; 1 conflict; ")
    assert structgen(*arguments, "--mode", "text", "--max-attempts", "1", "--show", "--allow-incomplete").status == 0


def test_rows_go_to_a_file_as_well_where_one_is_named(structgen, folder: Path) -> None:
    ran = shown(structgen, "soup.txt", "-o", "out.jsonl")
    assert "Soup" in ran.out
    assert json.loads((folder / "out.jsonl").read_text())["value"] == {"name": "Soup", "serves": 4}
    assert ran.said[-1].endswith("; in out.jsonl")


def test_a_file_that_cannot_be_written_is_said_before_anything_is_read(structgen) -> None:
    ran = shown(structgen, "soup.txt", "-o", "out.xlsx")
    assert (ran.status, ran.out) == (2, "")


def test_a_dead_server_ends_the_command_with_one_message_and_it_goes_on_later(
    structgen, folder: Path, unused_port: int, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "_FIRST", 0.0)
    monkeypatch.setattr(retries, "_JITTER", 0.0)
    (folder / "many.jsonl").write_text(
        "".join(f'{{"id": "{n}", "text": "Name: {n}\\nServes: 4"}}\n' for n in range(40))
    )
    command = ("extract", "dish.json", "many.jsonl", "--model", "groq/openai/gpt-oss-20b", "-o", "out.jsonl")
    alive = groq_emulator.base_url
    monkeypatch.setenv("GROQ_BASE_URL", f"http://127.0.0.1:{unused_port}")
    ran = structgen(*command)
    assert ran.status == 3
    said = [line for line in ran.said if "the connection was refused" in line]
    assert said[-1] == ran.said[-1]
    assert len(said) <= 2  # and of the first row, if that ended before the server was known to be down
    assert "calls in a row got no answer" in ran.said[-1]
    assert "left over: the same command continues from here." in ran.said[-1]
    monkeypatch.setenv("GROQ_BASE_URL", alive)
    assert structgen(*command).status == 0
    rows = [json.loads(line) for line in (folder / "out.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == [str(n) for n in range(40)]
