"""`structgen report`: from a run or a file of rows to one HTML file."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from structgen.store import Store
from structgen.testing import Emulator, reply

GROQ = "groq/openai/gpt-oss-20b"
STORE = ".structgen/store.sqlite"


class Report:
    """A report as its script reads it."""

    def __init__(self, path: Path | str = "report.html") -> None:
        self.html = Path(path).read_text(encoding="utf-8")
        self.index = self._unpacked("index")
        numbers = re.findall(r'id="block(\d+)"', self.html)
        documents = [one for number in numbers for one in self._unpacked(f"block{number}")]
        self.shown = [html for html, _ in documents]
        self.rows = [json.loads(row) for _, row in documents]
        self.notices = re.findall(r'<p class="notice" dir="auto">(.*)</p>', self.html)

    def _unpacked(self, name: str) -> Any:
        found = re.search(rf'id="{name}">([^<]*)<', self.html)
        assert found
        return json.loads(gzip.decompress(b64decode(found[1])))


@pytest.fixture
def dishes(folder: Path, groq_emulator: Emulator) -> Path:
    """Three texts in a folder, and a model that finds a dish in each."""
    (folder / "notes").mkdir()
    for number in range(3):
        (folder / "notes" / f"{number}.txt").write_text(f"Name: Soup {number}\nServes: 4\n")
    groq_emulator.script(*(reply(f'{{"name": "Soup {number}", "serves": "4"}}') for number in range(3)))
    return folder


def extract(structgen, *more: str) -> None:
    assert structgen("extract", "dish.json", "notes", "--model", GROQ, "--concurrency", "1", *more).status == 0


def test_a_file_of_rows_becomes_a_report_with_the_texts_of_its_sources(structgen, dishes) -> None:
    structgen("extract", "dish.json", "notes", "-o", "rows.jsonl", "--model", "rules")
    ran = structgen("report", "rows.jsonl")
    assert (ran.status, ran.out) == (0, "")
    assert re.fullmatch(r"structgen: report\.html: 3 documents, \d+ kB\.", ran.said[0])
    report = Report()
    assert report.rows == [json.loads(line) for line in Path("rows.jsonl").read_text().splitlines()]
    assert all("<mark" in shown for shown in report.shown)
    assert report.notices == []


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "sqlite"])
def test_a_run_is_reported_with_its_requests_whatever_its_output_is(suffix, structgen, dishes) -> None:
    extract(structgen, "-o", f"rows.{suffix}")
    assert structgen("report", "1", "-o", "one.html").status == 0
    by_number = Report("one.html")
    assert "Run 1: dish" in by_number.html
    assert all("<mark" in shown and "Requests and responses: 1<" in shown for shown in by_number.shown)
    assert structgen("report", f"rows.{suffix}", "-o", "two.html").status == 0
    assert Report("two.html").shown == by_number.shown


def test_a_run_whose_rows_went_to_the_screen_is_read_again_from_the_store(structgen, dishes) -> None:
    extract(structgen)
    assert structgen("report", "1").status == 0
    report = Report()
    assert [row["value"] for row in report.rows] == [{"name": f"Soup {number}", "serves": 4} for number in range(3)]
    assert [row["usage"]["calls"] for row in report.rows] == [1, 1, 1]
    assert all("<mark" in shown for shown in report.shown)
    assert "read again from the stored responses" in report.notices[0]
    assert len(structgen("runs").out.splitlines()) == 1


def test_of_several_models_without_a_file_of_rows_it_says_why_values_are_unknown(structgen, dishes) -> None:
    structgen("extract", "dish.json", "notes", "--model", f"rules,{GROQ}")
    assert structgen("report", "1").status == 0
    assert all("the answers of several models are not joined again" in shown for shown in Report().shown)
    assert "no response in the store" not in "".join(Report().shown)


def test_of_a_model_on_several_servers_the_answers_of_the_run_are_read(
    structgen, dishes, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract(structgen)
    groq_emulator.script(reply('{"name": "Stew", "serves": "9"}'), repeat_last=True)
    monkeypatch.setenv("GROQ_BASE_URL", groq_emulator.base_url.replace("127.0.0.1", "localhost"))
    extract(structgen)
    for run, name in (("1", "Soup 0"), ("2", "Stew")):
        assert structgen("report", run).status == 0
        assert Report().rows[0]["value"]["name"] == name


def test_a_run_whose_file_a_later_run_replaced_is_not_shown_with_the_rows_of_that(structgen, dishes) -> None:
    extract(structgen, "-o", "rows.jsonl")
    assert structgen("extract", "dish.json", "soup.txt", "-o", "rows.jsonl", "--model", GROQ).status == 0
    structgen("report", "1")
    assert [row["id"] for row in Report().rows] == ["0.txt", "1.txt", "2.txt"]
    structgen("report", "2")
    assert [row["id"] for row in Report().rows] == ["soup.txt"]


def test_texts_come_from_the_store_if_their_sources_are_gone_or_have_changed(structgen, dishes) -> None:
    extract(structgen, "-o", "rows.jsonl")
    (dishes / "notes" / "0.txt").unlink()
    (dishes / "notes" / "1.txt").write_text("Something else.")
    structgen("report", "rows.jsonl")
    report = Report()
    assert all("<mark" in shown for shown in report.shown)
    assert report.notices == []


def test_a_text_that_changed_is_not_shown_and_its_values_are(structgen, dishes) -> None:
    structgen("extract", "dish.json", "notes", "-o", "rows.jsonl", "--model", "rules")
    (dishes / "notes" / "0.txt").unlink()
    (dishes / "notes" / "1.txt").write_text("Something else.")
    structgen("report", "rows.jsonl")
    report = Report()
    gone, changed, same = report.shown
    assert "notes/0.txt can no longer be read here" in gone
    assert "notes/1.txt has changed since it was read" in changed
    assert "<mark" in same
    assert "Soup 0" in gone
    assert "Soup 1" in changed
    assert "Something else" not in changed
    assert report.notices == ["The texts of 2 of 3 documents are not available: each document says why."]


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet", "sqlite"])
def test_a_refused_document_shows_the_text_that_was_asked_about(
    suffix, structgen, folder, groq_emulator: Emulator
) -> None:
    for name in ("gone", "changed", "same"):
        (folder / f"{name}.txt").write_text(f"This is {name}.\n")
    groq_emulator.script(reply("I cannot do that."), repeat_last=True)
    structgen("extract", "dish.json", "gone.txt", "changed.txt", "same.txt", "-o", f"rows.{suffix}", "--model", GROQ)
    (folder / "gone.txt").unlink()
    (folder / "changed.txt").write_text("Something else.")
    assert structgen("report", f"rows.{suffix}").status == 0
    report = Report()
    for name, shown in zip(("gone", "changed", "same"), report.shown, strict=True):
        assert f"This is {name}." in shown
        assert "I cannot do that." in shown
    assert "Something else" not in "".join(report.shown)
    assert report.notices == []


def test_a_chunk_of_a_refused_document_is_not_shown_as_its_text(structgen, folder, groq_emulator: Emulator) -> None:
    (folder / "long.txt").write_text("\n\n".join(f"Paragraph {number} says nothing of a dish." for number in range(40)))
    groq_emulator.script(reply("I cannot do that."), repeat_last=True)
    structgen("extract", "dish.json", "long.txt", "-o", "rows.jsonl", "--model", GROQ, "--chunk-chars", "700")
    assert json.loads(Path("rows.jsonl").read_text())["chunks"]["count"] > 1
    (folder / "long.txt").unlink()
    assert structgen("report", "rows.jsonl").status == 0
    (shown,) = Report().shown
    assert "Paragraph" not in shown
    assert "can no longer be read here" in shown


def test_the_rows_of_a_table_find_their_texts(structgen, folder) -> None:
    texts = [{"key": f"k{number}", "body": f"Name: Pie {number}\nServes: {number}\n"} for number in range(1, 4)]
    (folder / "table.jsonl").write_text("".join(json.dumps(text) + "\n" for text in texts))
    columns = ["--text-field", "body", "--id-field", "key"]
    structgen("extract", "dish.json", "table.jsonl", *columns, "-o", "rows.jsonl", "--model", "rules")
    assert structgen("report", "rows.jsonl", *columns).status == 0
    assert all("<mark" in shown for shown in Report().shown)


def test_two_runs_are_compared(structgen, dishes, groq_emulator: Emulator) -> None:
    extract(structgen, "-o", "one.jsonl")
    rows = [json.loads(line) for line in Path("one.jsonl").read_text().splitlines()]
    rows[1]["value"]["serves"] = 9
    Path("two.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[1:]))
    assert structgen("report", "1", "--against", "two.jsonl").status == 0
    report = Report()
    assert "Run 1: dish against two.jsonl" in report.html
    lacking, changed, same = (" ".join(re.sub("<[^>]*>", " ", shown).split()) for shown in report.shown)
    assert "two.jsonl has no row for this document" in lacking
    assert "/serves 4 9" in changed
    assert "change" not in same
    assert structgen("report", "two.jsonl", "--against", "one.jsonl").status == 0
    assert [row.get("id") for row in Report().rows] == ["1.txt", "2.txt", None]


def test_a_csv_does_not_differ_from_the_same_rows_with_types(structgen, dishes) -> None:
    for name in ("rows.csv", "rows.jsonl"):
        structgen("extract", "dish.json", "notes", "-o", name, "--model", "rules")
    structgen("report", "rows.csv", "--against", "rows.jsonl")
    assert not any("Fields that changed" in shown for shown in Report().shown)


def test_a_run_that_goes_on_is_marked_as_such(structgen, dishes) -> None:
    extract(structgen, "-o", "rows.jsonl")
    Path("rows.jsonl.part").write_text(Path("rows.jsonl").read_text().splitlines()[0] + '\n{"half')
    with Store(STORE) as store:
        store.start_run(f"structgen extract dish.json notes -o rows.jsonl --model {GROQ}", "dish", GROQ)
        assert structgen("report", "2").status == 0
        notices = Report().notices
        assert notices[0] == "Run 2 is still running: this report shows its first 1 row."
        assert notices[1].startswith("1 of its lines")
    structgen("report", "2")
    assert Report().notices[0] == "Run 2 was interrupted: this report shows its first 1 row."


def test_failed_rows_only_make_a_report_too(structgen, folder, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("no JSON"), repeat_last=True)
    assert structgen("extract", "dish.json", "soup.txt", "-o", "rows.jsonl", "--model", GROQ).status == 1
    assert structgen("report", "1").status == 0
    (shown,) = Report().shown
    assert "Requests and responses: 2<" in shown
    assert "Refused" in shown


def test_a_large_document_is_cut_around_its_places(structgen, folder) -> None:
    structgen("extract", "dish.json", "soup.txt", "-o", "rows.jsonl", "--model", "rules")
    with (folder / "soup.txt").open("a") as file:
        file.write("Nothing of interest is in this line.\n" * 300_000)
    assert structgen("report", "rows.jsonl").status == 0
    report = Report()
    assert len(report.html) < 200_000
    assert "This text has 11,100,021 characters: it is shown around the places of its values." in report.shown[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["7"], "No run 7 in"),
        (["nothing.jsonl"], "No file nothing.jsonl: give the number of a run"),
        (["."], ". is a folder: give the number of a run"),
        (["soup.txt"], "soup.txt contains no rows of structgen (row 1: it is not a line of JSON)"),
        (["notes"], "Cannot read notes as rows: Is a directory."),
        (["rows.jsonl", "-o", "notes"], "notes is a folder: name a file in it."),
        (["rows.jsonl", "-o", "no/report.html"], "the folder no does not exist. Create it first."),
        (["rows.jsonl", "-o", "rows.jsonl"], "rows.jsonl is the file of rows itself"),
        (["rows.jsonl", "-o", "soup.txt"], "soup.txt exists and is not a report"),
        (["rows.jsonl", "--against", "7"], "No run 7 in"),
    ],
)
def test_what_cannot_be_reported_is_said_in_one_sentence(arguments, said, structgen, dishes) -> None:
    extract(structgen, "-o", "rows.jsonl")
    before = Path("rows.jsonl").read_bytes()
    ran = structgen("report", *arguments)
    assert ran.status == 2
    assert len(ran.said) == 1
    assert said in ran.err
    assert Path("rows.jsonl").read_bytes() == before
    assert Path("soup.txt").read_text() == "Name: Soup\nServes: 4\n"


def test_an_earlier_report_is_replaced(structgen, dishes) -> None:
    structgen("extract", "dish.json", "notes", "-o", "rows.jsonl", "--model", "rules")
    assert structgen("report", "rows.jsonl").status == 0
    assert structgen("report", "rows.jsonl").status == 0
    assert not list(Path().glob("report.html.*"))


def test_a_full_disk_is_said(structgen, dishes) -> None:
    structgen("extract", "dish.json", "notes", "-o", "rows.jsonl", "--model", "rules")
    ran = structgen("report", "rows.jsonl", "-o", "/dev/full")
    assert ran.status == 1
    assert ran.said == ["structgen: Cannot write /dev/full: No space left on device."]
