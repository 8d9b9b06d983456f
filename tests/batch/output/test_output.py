from __future__ import annotations

import csv
import io
import json
import os
import resource
import signal
import sqlite3
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from structgen.batch import OutputError, Row, RowStatus, open_output
from structgen.batch.output import Lines
from structgen.batch.row import to_line
from structgen.core.errors import ConfigurationError
from structgen.core.json import Json
from structgen.core.records import Usage
from structgen.schema import Schema

SUFFIXES = [".jsonl", ".csv", ".parquet", ".sqlite"]

ROWS = [
    Row("a", "a.txt", RowStatus.OK, value={"name": "Käse", "price": 5, "fresh": True, "tags": ["x", "y"]}),
    Row("b", "b.txt", RowStatus.INCOMPLETE, value={"name": None, "price": 2.5, "fresh": None, "tags": []}),
    Row("c", "c.txt", RowStatus.FAILED, error="it is empty."),
]


def row(value: Json, name: str = "a") -> Row:
    return Row(name, f"{name}.txt", RowStatus.OK, value=value)


def properties(**named: Json) -> Schema[Any]:
    return Schema.of({"type": "object", "properties": named, "additionalProperties": False})


DISH = properties(
    name={"type": ["string", "null"]},
    price={"type": "number"},
    fresh={"type": ["boolean", "null"]},
    tags={"type": "array"},
)
NOTE = properties(note={"type": "string"}, n={"type": "integer"})


def write(path: Path, *rows: Row, complete: bool = True, schema: Schema[Any] = DISH) -> Path | None:
    output = open_output(path, schema)
    for one in rows:
        output.write(output.fit(one))
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


def read_parquet(path: Path) -> list[dict[str, object]]:
    return pq.read_table(path).to_pylist()


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a file as cells; a null of CSV is an empty text."""
    readers = {".jsonl": read_jsonl, ".csv": read_csv, ".sqlite": read_sqlite, ".parquet": read_parquet}
    return readers[path.suffix](path)


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


@pytest.mark.parametrize("suffix", [".parquet", ".sqlite"])
def test_a_row_that_a_format_cannot_hold_fails_alone(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    write(path, row({"n": 2**70, "note": "a"}), row({"n": 1, "note": "b"}, "b"), schema=NOTE)
    first, second = read(path)
    assert (first["status"], first["value.n"], first["value.note"]) == ("failed", None, None)
    assert first["partial"] == f'{{"n": {2**70}, "note": "a"}}'
    assert "/value/n is an integer of more than 64 bits. Its value is in `partial`" in str(first["error"])
    assert (second["status"], second["value.n"]) == ("ok", 1)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".sqlite"])
def test_half_a_character_in_an_id_or_a_text_fails_its_row_alone(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    write(path, row({"note": "x"}, "a\ud800"), row({"note": "y\udfff"}, "b"), row({"note": "z"}, "c"), schema=NOTE)
    found = read(path)
    assert [one["status"] for one in found] == ["failed", "failed", "ok"]
    assert [one["id"] for one in found] == [r"a\ud800", "b", "c"]
    assert json.loads(str(found[1]["partial"])) == {"note": "y\udfff"}
    assert "U+DFFF" in str(found[1]["error"])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_count_of_tokens_that_nobody_can_have_meant_fails_its_row_alone(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    huge = replace(row({"note": "x"}), usage=Usage(2**63, 1, calls=1))
    write(path, huge, row({"note": "y"}, "b"), schema=NOTE)
    assert [one["status"] for one in read(path)] == ["ok" if suffix in {".jsonl", ".csv"} else "failed", "ok"]


def test_a_number_that_python_cannot_write_fails_its_row_alone(tmp_path: Path) -> None:
    write(tmp_path / "out.jsonl", row({"n": 10**5000}), row({"n": 1}, "b"))
    assert [one["status"] for one in read_jsonl(tmp_path / "out.jsonl")] == ["failed", "ok"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".sqlite"])
def test_open_keys_are_one_cell_whatever_is_in_them(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    value: Json = {"open": {"a\x00b": 1, "\ud800": 2}}
    write(path, row(value), schema=properties(open={"type": "object"}))
    (found,) = read(path)
    assert json.loads(str(found["value.open"])) == value["open"]
    assert found["status"] == "ok"


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".sqlite"])
def test_the_columns_are_the_same_whatever_the_rows(tmp_path: Path, suffix: str) -> None:
    names: list[list[str]] = []
    for number, rows in enumerate([ROWS, ROWS[2:], ROWS[1:2]]):
        write(tmp_path / f"{number}{suffix}", *rows)
        names.append(list(read(tmp_path / f"{number}{suffix}")[0]))
    assert names[0] == names[1] == names[2]


@pytest.mark.parametrize(("suffix", "single"), [(".csv", False), (".parquet", False), (".sqlite", True)])
def test_a_schema_of_2000_fields_can_be_written(tmp_path: Path, suffix: str, single: bool) -> None:
    path = tmp_path / f"out{suffix}"
    value: Json = {f"f{number}": number for number in range(2_000)}
    write(path, row(value), schema=properties(**{name: {"type": "integer"} for name in value}))
    (found,) = read(path)
    assert ("value" in found, "value.f1999" in found) == (single, not single)


def test_sqlite_columns_have_declared_types(tmp_path: Path) -> None:
    write(tmp_path / "out.sqlite", *ROWS)
    with closing(sqlite3.connect(tmp_path / "out.sqlite")) as database:
        types = {name: kind for _, name, kind, *_ in database.execute("PRAGMA table_info(rows)")}
    assert (types["value.price"], types["value.fresh"], types["value.name"]) == ("REAL", "BOOLEAN", "TEXT")
    assert types["usage.calls"] == "INTEGER"


def test_an_empty_text_is_told_from_a_null_in_csv(tmp_path: Path) -> None:
    write(tmp_path / "out.csv", row({"note": "", "n": None}), schema=NOTE)
    assert ',ok,"",,' in (tmp_path / "out.csv").read_text()


def test_texts_that_differ_in_an_apostrophe_stay_apart_in_csv(tmp_path: Path) -> None:
    texts = ["=1", "'=1", "''=1", "'", "'tis", ""]
    write(tmp_path / "out.csv", *(row({"note": text}) for text in texts), schema=NOTE)
    found = [one["value.note"] for one in read_csv(tmp_path / "out.csv")]
    assert found == ["'=1", "''=1", "'''=1", "''", "''tis", ""]
    assert [cell.removeprefix("'") for cell in found] == texts


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd", "\t=1", "\r=1", "＝1", "-"])
def test_a_text_that_a_spreadsheet_would_run_is_quoted_in_csv(tmp_path: Path, text: str) -> None:
    write(tmp_path / "out.csv", row({"note": text}, name=text), schema=NOTE)
    (found,) = read_csv(tmp_path / "out.csv")
    harmless = text == "-"
    assert found["value.note"] == (text if harmless else f"'{text}")
    assert found["id"] == found["value.note"]


@pytest.mark.parametrize("text", ["+49 (30) 12-34.5", "-5", "-12,50", "a=b", "o'clock"])
def test_signed_and_telephone_numbers_stay_as_they_are_in_csv(tmp_path: Path, text: str) -> None:
    write(tmp_path / "out.csv", row({"note": text, "n": -5}), schema=NOTE)
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


OTHERS = [replace(one, value=None) for one in ROWS]
"""Rows of the same documents that say something else: those of another command."""


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_run_that_was_stopped_never_replaces_rows_of_documents_that_it_did_not_reach(
    tmp_path: Path, suffix: str
) -> None:
    target, part = tmp_path / f"out{suffix}", tmp_path / f"out{suffix}.part"
    write(target, *ROWS)
    before = target.read_bytes()
    assert write(target, *OTHERS[:1], complete=False) == part
    assert target.read_bytes() == before
    assert len(read_jsonl(part)) == 1


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_run_that_was_stopped_replaces_what_it_covers(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out{suffix}"
    for count in (1, 2, 3):
        assert write(target, *ROWS[:count], complete=False) == target
        assert [one["id"] for one in read(target)] == ["a", "b", "c"][:count]
        assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_good_row_is_not_given_up_for_a_failed_one(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out{suffix}"
    write(target, ROWS[0], complete=False)
    write(target, replace(ROWS[0], status=RowStatus.FAILED), ROWS[1], complete=False)
    assert ("a", "ok") in {(str(one["id"]), str(one["status"])) for one in read(target)}


def test_rows_of_one_command_are_joined_whichever_run_reached_them(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    new = row({"name": "Stew"}, "new")
    write(target, *ROWS, complete=False)
    assert write(target, new, ROWS[0], complete=False) == target
    assert [one["id"] for one in read_jsonl(target)] == ["new", "a", "b", "c"]
    assert [path.name for path in tmp_path.iterdir()] == ["out.jsonl"]


def test_rows_that_are_joined_keep_the_good_one_of_each_document(tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    write(target, *ROWS[:2], complete=False)
    write(target, replace(ROWS[0], status=RowStatus.FAILED), ROWS[1], row({"name": "Stew"}, "new"), complete=False)
    found = [(one["id"], one["status"]) for one in read_jsonl(target)]
    assert found == [("b", "incomplete"), ("new", "ok"), ("a", "ok")]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_somebody_elses_file_is_not_replaced_by_a_run_that_was_stopped(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out{suffix}"
    if suffix == ".sqlite":
        pytest.skip("only its table rows is written")
    target.write_text("mine,too\n1,2\n")
    assert write(target, *ROWS, complete=False) == tmp_path / f"out{suffix}.part"
    assert target.read_text() == "mine,too\n1,2\n"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_next_run_takes_over_the_rows_of_one_that_was_killed(tmp_path: Path, suffix: str) -> None:
    target, part = tmp_path / f"out{suffix}", tmp_path / f"out{suffix}.part"
    lines = "".join(map(to_line, ROWS[:2]))
    part.write_text(lines + '{"id": "cut o')
    assert write(target, ROWS[0], complete=False) == target
    assert [one["id"] for one in read(target)] == ["a", "b"]
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_rows_of_killed_runs_are_kept_until_a_run_has_their_documents(tmp_path: Path, suffix: str) -> None:
    target, part = tmp_path / f"out{suffix}", tmp_path / f"out{suffix}.part"
    earlier = tmp_path / f"out{suffix}.earlier.part"
    for name in ("paid", "also"):
        part.write_text(to_line(row({"name": name}, name)) + to_line(ROWS[0]))
        open_output(target, DISH).finish(complete=False)
    assert [one["id"] for one in read_jsonl(earlier)] == ["also", "a", "paid"]
    write(target, ROWS[0], row({"name": "new"}, "paid"))
    assert [one["id"] for one in read(target)] == ["a", "paid"]
    assert [one["id"] for one in read_jsonl(earlier)] == ["also"]
    write(target, row({"name": "new"}, "also"))
    assert [path.name for path in tmp_path.iterdir()] == [target.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_two_runs_cannot_write_one_file_at_once(tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"out{suffix}"
    first = open_output(target, DISH)
    first.write(ROWS[0])
    with pytest.raises(ConfigurationError, match="is being written by another run"):
        open_output(target, DISH)
    first.finish(complete=True)
    write(target, *ROWS)
    assert len(read(target)) == 3


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_a_file_keeps_its_mode(tmp_path: Path, suffix: str, mode: int) -> None:
    target, part = tmp_path / f"out{suffix}", tmp_path / f"out{suffix}.part"
    write(target, *ROWS)
    target.chmod(mode)
    output = open_output(target, DISH)
    assert stat.S_IMODE(part.stat().st_mode) == mode
    output.write(ROWS[0])
    output.finish(complete=True)
    assert stat.S_IMODE(target.stat().st_mode) == mode


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(("umask", "mode"), [(0o002, 0o664), (0o077, 0o600)])
def test_a_new_file_has_the_mode_that_the_umask_says(tmp_path: Path, suffix: str, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write(tmp_path / f"out{suffix}", *ROWS)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / f"out{suffix}").stat().st_mode) == mode


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_stays_a_link(tmp_path: Path, suffix: str, exists: bool) -> None:
    (tmp_path / "real").mkdir()
    link, real = tmp_path / f"out{suffix}", tmp_path / "real" / f"file{suffix}"
    link.symlink_to(real)
    if exists:
        write(real, ROWS[2])
    assert write(link, *ROWS) == link
    assert link.is_symlink()
    assert len(read(real)) == 3
    assert [path.name for path in real.parent.iterdir()] == [real.name]


def test_a_link_in_the_place_of_the_part_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "out.jsonl.part").symlink_to(victim)
    with pytest.raises(ConfigurationError, match="Cannot write"):
        open_output(tmp_path / "out.jsonl")
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ""])
def test_rows_go_into_a_pipe_one_by_one(tmp_path: Path, suffix: str) -> None:
    path, copy = tmp_path / f"pipe{suffix}", tmp_path / f"copy{suffix or '.jsonl'}"
    os.mkfifo(path)
    with ThreadPoolExecutor(1) as reader:
        content = reader.submit(path.read_bytes)
        write(path, *ROWS)
        copy.write_bytes(content.result(10))
    assert [one["id"] for one in read(copy)] == ["a", "b", "c"]
    assert stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.parametrize("suffix", [".parquet", ".sqlite"])
def test_a_format_that_is_no_sequence_of_lines_is_refused_for_a_pipe(tmp_path: Path, suffix: str) -> None:
    os.mkfifo(tmp_path / f"pipe{suffix}")
    with pytest.raises(ConfigurationError, match="cannot be written row by row"):
        open_output(tmp_path / f"pipe{suffix}")


def test_a_device_takes_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    write(Path("/dev/null"), *ROWS)
    write(Path("/dev/stdout"), ROWS[0])
    assert json.loads(capsys.readouterr().out)["id"] == "a"


@pytest.mark.parametrize("complete", [True, False])
def test_a_full_device_is_an_output_error(complete: bool) -> None:
    output = open_output(Path("/dev/full"))
    with pytest.raises(OutputError, match=r"Cannot write to /dev/full: No space left on device\. Make room"):
        output.write(ROWS[0])
    output.finish(complete=complete)


def test_finishing_twice_does_nothing(tmp_path: Path) -> None:
    output = open_output(tmp_path / "out.jsonl")
    output.write(ROWS[0])
    assert output.finish(complete=True) == output.finish(complete=False) == tmp_path / "out.jsonl"


def test_a_complete_run_replaces_the_file_of_an_earlier_one(tmp_path: Path) -> None:
    write(tmp_path / "out.csv", *ROWS)
    write(tmp_path / "out.csv", *ROWS[:1])
    assert len(read_csv(tmp_path / "out.csv")) == 1


def test_a_run_that_was_stopped_before_its_first_row_leaves_nothing(tmp_path: Path) -> None:
    assert write(tmp_path / "out.jsonl", complete=False) is None
    assert list(tmp_path.iterdir()) == []


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


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_on_a_full_disk_half_a_line_is_cut_off_and_the_rows_so_far_are_named(tmp_path: Path, suffix: str) -> None:
    target, part = tmp_path / f"out{suffix}", tmp_path / f"out{suffix}.part"
    output = open_output(target, DISH)
    output.write(ROWS[0])
    place = target if suffix in {".jsonl", ".csv"} else part  # a Parquet or SQLite file of one row is larger
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (part.stat().st_size + 60, before[1]))
        with pytest.raises(OutputError, match=rf"(?s)Cannot write .*rows so far are in {place}"):
            output.write(replace(ROWS[1], error="x" * 5_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert [one["id"] for one in (read(place) if place == target else read_jsonl(place))] == ["a"]
    assert [path.name for path in tmp_path.iterdir()] == [place.name]
    output.finish(complete=False)


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
