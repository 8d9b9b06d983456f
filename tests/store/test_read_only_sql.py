"""Queries of the user's own: everything can be read, and nothing changed."""

import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from structgen.core.errors import ConfigurationError
from structgen.core.records import Completion, Request
from structgen.store import RunRow, Store
from structgen.store.read_only_sql import VIEWS, query

Ask = Callable[..., Request]
PAGE = Path(__file__).parents[2] / "docs" / "store.md"


@pytest.fixture
def filled(path: Path, ask: Ask, soup: Completion) -> Path:
    """A store with one run: one completion, and a row that failed."""
    with Store(path) as store:
        run = store.start_run("structgen extract dish.json", "dish", "groq/m")
        store.once(ask(), lambda: soup)
        store.add_rows([RunRow(run, 0, "a", "in/a.txt", "failed", reason="No #.", error="No 1.")])
        store.finish_run(run, 1)
    return path


def rows(path: Path, text: str) -> list[tuple]:
    with query(path, text) as found:
        return [tuple(row) for row in found.rows]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT id, command, rows FROM runs", [(1, "structgen extract dish.json", 1)]),
        ("SELECT id, source, status, reason FROM documents", [("a", "in/a.txt", "failed", "No #.")]),
        ("SELECT run, completions FROM usage", [(1, 1)]),
        ("SELECT count(*) FROM completions WHERE text LIKE '%Soup%'", [(1,)]),
        ("WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 3) SELECT x FROM n", [(1,), (2,), (3,)]),
        ("SELECT name FROM sqlite_schema WHERE name = 'run_row'", [("run_row",)]),
    ],
)
def test_the_views_can_be_queried(filled: Path, text: str, expected: list[tuple]) -> None:
    assert rows(filled, text) == expected


def test_the_columns_of_a_table_and_the_plan_of_a_query_can_be_read(filled: Path) -> None:
    assert rows(filled, "PRAGMA table_info(run)")[0][1] == "id"
    assert rows(filled, "EXPLAIN QUERY PLAN SELECT 1")


@pytest.mark.parametrize(
    "text",
    [
        "DELETE FROM run",
        "UPDATE completion SET model = 'x'",
        "INSERT INTO run (command) VALUES ('x')",
        "REPLACE INTO run (id, command) VALUES (1, 'x')",
        "WITH old AS (SELECT 1) DELETE FROM run",
        "DROP TABLE run",
        "ALTER TABLE run ADD COLUMN x",
        "CREATE TABLE mine (a)",
        "CREATE TEMP TABLE mine (a)",
        "CREATE TEMP TRIGGER t INSTEAD OF INSERT ON runs BEGIN SELECT 1; END",
        "ATTACH 'other.sqlite' AS other",
        "DETACH main",
        "VACUUM",
        "VACUUM INTO 'copy.sqlite'",
        "REINDEX",
        "ANALYZE",
        "BEGIN IMMEDIATE",
        "SAVEPOINT s",
        "PRAGMA user_version = 9",
        "PRAGMA query_only = OFF",
        "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = ON",
        "PRAGMA wal_checkpoint",
        "SELECT load_extension('x')",
        "SELECT 1; DELETE FROM run",
        "SELECT * FROM nowhere",
        "SELEC 1",
        "",
        "-- nothing",
        "SELECT zeroblob(2000000000)",
        "SELECT ?",
    ],
)
def test_what_is_more_than_reading_is_refused_and_changes_nothing(
    filled: Path, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = dump(filled)
    with pytest.raises(ConfigurationError):
        rows(filled, text)
    assert dump(filled) == before
    assert not (tmp_path / "other.sqlite").exists()
    assert not (tmp_path / "copy.sqlite").exists()


def dump(path: Path) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return [*connection.iterdump(), str(connection.execute("PRAGMA user_version").fetchone())]
    finally:
        connection.close()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no timer signals")
@pytest.mark.parametrize("text", ["SELECT x FROM n WHERE x < 0", "SELECT count(*) FROM n"])
def test_a_query_without_an_end_is_ended_by_ctrl_c(filled: Path, text: str) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(KeyboardInterrupt):
            rows(filled, f"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) {text}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_columns_of_one_name_are_told_apart(filled: Path) -> None:
    with query(filled, "SELECT 1 AS a, 2 AS a, 3 AS a") as found:
        assert found.columns == ("a", "a~2", "a~3")


def test_text_that_is_no_utf8_is_read_all_the_same(filled: Path) -> None:
    assert rows(filled, "SELECT CAST(x'ff41' AS TEXT)") == [("\ufffdA",)]


def test_a_store_may_be_written_while_it_is_queried(filled: Path, ask: Ask, soup: Completion) -> None:
    with query(filled, "SELECT id FROM completions") as found, Store(filled) as store:
        next(found.rows)
        store.put(ask(), soup)


def test_the_page_about_the_store_names_every_table_view_and_column(filled: Path) -> None:
    said = PAGE.read_text(encoding="utf-8")
    connection = sqlite3.connect(filled)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    columns = {table: [row[1] for row in connection.execute(f"PRAGMA table_info({table})")] for table in tables}
    connection.close()
    for view in VIEWS:
        with query(filled, f"SELECT * FROM {view} LIMIT 0") as found:
            columns[view] = list(found.columns)
    for table, names in columns.items():
        heading = said.index(f"### {table}\n")
        section = said[heading : said.find("\n### ", heading + 1) % (len(said) + 1)]
        assert [name for name in names if f"| {name} |" not in section] == [], table
