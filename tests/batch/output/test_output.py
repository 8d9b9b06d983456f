from __future__ import annotations

import csv
import io
import json
import resource
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from structgen.batch import OutputError, Row, RowStatus, open_output
from structgen.batch.output import Lines
from structgen.core.errors import ConfigurationError
from structgen.core.json import Json

SUFFIXES = [".jsonl", ".csv", ".parquet", ".sqlite"]

ROWS = [
    Row("a", "a.txt", RowStatus.OK, value={"name": "Käse", "price": 5, "fresh": True, "tags": ["x", "y"]}),
    Row("b", "b.txt", RowStatus.INCOMPLETE, value={"name": None, "price": 2.5, "fresh": None, "tags": []}),
    Row("c", "c.txt", RowStatus.FAILED, error="it is empty."),
]


def row(value: Json, name: str = "a") -> Row:
    return Row(name, f"{name}.txt", RowStatus.OK, value=value)


def write(path: Path, *rows: Row, complete: bool = True) -> Path | None:
    output = open_output(path)
    for one in rows:
        output.write(one)
    return output.finish(complete=complete)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_sqlite(path: Path) -> list[dict[str, object]]:
    with closing(sqlite3.connect(path)) as database:
        database.row_factory = sqlite3.Row
        return [dict(one) for one in database.execute("SELECT * FROM rows")]


def read_jsonl(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_json_lines_hold_the_rows_whole(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    assert write(path, *ROWS) == path
    assert read_jsonl(path) == [one.to_json() for one in ROWS]


def test_csv_has_a_column_for_each_part(tmp_path: Path) -> None:
    write(tmp_path / "out.csv", *ROWS)
    first, second, third = read_csv(tmp_path / "out.csv")
    assert (first["id"], first["status"], first["value.name"], first["value.price"]) == ("a", "ok", "Käse", "5")
    assert (first["value.fresh"], first["value.tags"]) == ("true", '["x", "y"]')
    assert (second["value.name"], second["value.price"], second["value.tags"]) == ("", "2.5", "[]")
    assert (third["status"], third["value.name"], third["error"]) == ("failed", "", "it is empty.")


def test_sqlite_keeps_numbers_as_numbers(tmp_path: Path) -> None:
    write(tmp_path / "out.sqlite", *ROWS)
    first, second, third = read_sqlite(tmp_path / "out.sqlite")
    assert (first["value.name"], first["value.price"], first["value.fresh"]) == ("Käse", 5, 1)
    assert (second["value.price"], second["value.name"]) == (2.5, None)
    assert (third["error"], third["value.price"]) == ("it is empty.", None)


def test_parquet_has_typed_columns(tmp_path: Path) -> None:
    write(tmp_path / "out.parquet", *ROWS)
    table = pq.read_table(tmp_path / "out.parquet")
    types = {field.name: str(field.type) for field in table.schema}
    assert (types["value.price"], types["value.fresh"], types["value.name"]) == ("double", "bool", "string")
    assert table.column("value.price").to_pylist() == [5.0, 2.5, None]
    assert table.column("value.tags").to_pylist() == ['["x", "y"]', "[]", None]


def test_a_parquet_column_of_several_types_is_text(tmp_path: Path) -> None:
    write(tmp_path / "out.parquet", row({"a": 1, "n": 2**70}), row({"a": "x", "n": 1}), row({"a": True, "n": None}))
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.column("value.a").to_pylist() == ["1", "x", "true"]
    assert table.column("value.n").to_pylist() == [str(2**70), "1", None]


def test_an_integer_that_sqlite_cannot_hold_is_text(tmp_path: Path) -> None:
    write(tmp_path / "out.sqlite", row({"n": 2**70, 'a"b': -(2**63)}))
    (found,) = read_sqlite(tmp_path / "out.sqlite")
    assert found["value.n"] == str(2**70)
    assert found['value.a"b'] == -(2**63)


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "\t=1", "\r=1", "＝1", "-"])
def test_a_text_that_a_spreadsheet_would_run_is_quoted_in_csv(tmp_path: Path, text: str) -> None:
    write(tmp_path / "out.csv", row({"note": text}, name=text))
    (found,) = read_csv(tmp_path / "out.csv")
    harmless = text == "-"
    assert found["value.note"] == (text if harmless else f"'{text}")
    assert found["id"] == found["value.note"]


@pytest.mark.parametrize("text", ["+49 (30) 12-34.5", "-5", "-12,50", "a=b", "'=1"])
def test_signed_and_telephone_numbers_stay_as_they_are_in_csv(tmp_path: Path, text: str) -> None:
    write(tmp_path / "out.csv", row({"note": text, "n": -5}))
    (found,) = read_csv(tmp_path / "out.csv")
    assert (found["value.note"], found["value.n"]) == (text, "-5")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_but_the_target_is_left(tmp_path: Path, suffix: str) -> None:
    write(tmp_path / f"out{suffix}", *ROWS)
    assert [path.name for path in tmp_path.iterdir()] == [f"out{suffix}"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_row_is_on_disk_before_the_next_is_there(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out{suffix}"
    output = open_output(target)
    for count, one in enumerate(ROWS, start=1):
        output.write(one)
        assert len(read_jsonl(tmp_path / f"out{suffix}.part")) == count
    assert not target.exists()
    output.finish(complete=True)
    assert target.exists()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_run_that_was_stopped_keeps_what_is_done(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out{suffix}"
    assert write(target, *ROWS[:1], complete=False) == target
    assert target.exists()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_run_that_was_stopped_never_replaces_a_file(tmp_path: Path, suffix: str) -> None:
    target, part = tmp_path / f"out{suffix}", tmp_path / f"out{suffix}.part"
    write(target, *ROWS)
    before = target.read_bytes()
    assert write(target, *ROWS[:1], complete=False) == part
    assert target.read_bytes() == before
    assert len(read_jsonl(part)) == 1


def test_a_complete_run_replaces_the_file_of_an_earlier_one(tmp_path: Path) -> None:
    write(tmp_path / "out.csv", *ROWS)
    write(tmp_path / "out.csv", *ROWS[:1])
    assert len(read_csv(tmp_path / "out.csv")) == 1


def test_a_run_that_was_stopped_before_its_first_row_leaves_nothing(tmp_path: Path) -> None:
    assert write(tmp_path / "out.jsonl", complete=False) is None
    assert list(tmp_path.iterdir()) == []


def test_the_rows_of_a_killed_run_are_not_touched_by_the_next(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl.part").write_text('{"id": "paid"}\n{"id": "cut o')
    write(tmp_path / "out.jsonl", *ROWS)
    assert (tmp_path / "out.jsonl.part").read_text() == '{"id": "paid"}\n{"id": "cut o'
    assert len(read_jsonl(tmp_path / "out.jsonl")) == 3


def test_other_tables_of_an_sqlite_file_stay(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE mine (a)")
    write(path, *ROWS)
    write(path, *ROWS)
    with closing(sqlite3.connect(path)) as database:
        names = {str(name) for (name,) in database.execute("SELECT name FROM sqlite_master")}
    assert names == {"mine", "rows"}
    assert len(read_sqlite(path)) == 3


def test_a_table_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE rows (mine)")
    with pytest.raises(ConfigurationError, match="did not write"):
        open_output(path)


def test_a_file_that_is_no_database_is_refused_before_any_work(tmp_path: Path) -> None:
    path = tmp_path / "mine.sqlite"
    path.write_text("no database" * 100)
    with pytest.raises(ConfigurationError, match=r"Cannot write .* as SQLite"):
        open_output(path)


def test_a_locked_database_leaves_the_rows_in_the_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.sqlite"
    output = open_output(path)
    output.write(ROWS[0])
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *args, **more: connect(*args, timeout=0.05, **more))
    with closing(connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(OutputError, match=r"locked.*The rows so far are in .*out\.sqlite\.part, as JSON Lines"):
            output.finish(complete=True)
    assert len(read_jsonl(tmp_path / "out.sqlite.part")) == 1


@pytest.mark.parametrize("name", ["out.xlsx", "out", "out.json"])
def test_an_unknown_suffix_is_refused_with_those_that_are_known(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"\.jsonl, \.csv, \.parquet or \.sqlite"):
        open_output(tmp_path / name)


def test_a_folder_and_a_place_that_is_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in.csv").mkdir()
    with pytest.raises(ConfigurationError, match="is a folder"):
        open_output(tmp_path / "in.csv")
    with pytest.raises(ConfigurationError, match=r"the folder .*nowhere does not exist\. Create it first"):
        open_output(tmp_path / "nowhere" / "out.csv")
    with pytest.raises(ConfigurationError, match="File name too long"):
        open_output(tmp_path / f"{'x' * 248}.csv")


def test_parquet_without_pyarrow_is_refused_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'structgen\[parquet\]'"):
        open_output(tmp_path / "out.parquet")


def test_a_full_disk_is_an_error_that_names_the_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out.jsonl.part").symlink_to("/dev/full")
    monkeypatch.setattr("structgen.batch.output.create_beside", lambda target, word: tmp_path / f"{target.name}.{word}")
    output = open_output(tmp_path / "out.jsonl")
    with pytest.raises(OutputError, match=r"No space left on device.*out\.jsonl\.part"):
        output.write(ROWS[0])
    with pytest.raises(OutputError):
        output.finish(complete=False)


def test_half_a_line_is_cut_off(tmp_path: Path) -> None:
    output = open_output(tmp_path / "out.jsonl")
    output.write(ROWS[0])
    size = (tmp_path / "out.jsonl.part").stat().st_size
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, before[1]))
        with pytest.raises(OutputError, match="File too large"):
            output.write(ROWS[1])
        assert (tmp_path / "out.jsonl.part").stat().st_size == size + 20
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    output.finish(complete=False)
    assert [one["id"] for one in read_jsonl(tmp_path / "out.jsonl")] == ["a"]


def test_without_a_file_rows_go_to_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    output = open_output(None)
    output.write(ROWS[0])
    assert json.loads(capsys.readouterr().out) == ROWS[0].to_json()
    assert output.finish(complete=True) is None


def test_each_line_is_flushed() -> None:
    class Stream(io.StringIO):
        flushed = ""

        def flush(self) -> None:
            self.flushed = self.getvalue()

    stream = Stream()
    Lines(stream).write(ROWS[0])
    assert json.loads(stream.flushed)["id"] == "a"
