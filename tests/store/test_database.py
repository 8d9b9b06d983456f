"""Files that cannot be used: each error says what is wrong and what to do, and nothing is lost."""

import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from structgen.core.errors import StoreError
from structgen.core.records import Completion, Request
from structgen.store import RunSpec, Store
from structgen.store import database as files

Ask = Callable[..., Request]


def test_a_store_of_another_version_is_left_alone(path: Path, ask: Ask, soup: Completion) -> None:
    with Store(path) as store:
        store.put(ask(), soup)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(
        StoreError, match=r"has version 99, but this structgen reads version 6.*Nothing in it was changed"
    ):
        Store(path)
    assert path.read_bytes() == before


def test_a_store_of_the_first_version_is_brought_up_to_this_one(path: Path, ask: Ask, soup: Completion) -> None:
    with Store(path) as store:
        store.put(ask(), soup)
        run = store.start_run("structgen extract", "dish", "groq/m", [RunSpec(True)])
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE answered")
        connection.execute("DROP TABLE server")
        for table in ("run_row", "provider_batch", "batch_request", "batch_text"):
            connection.execute(f"DROP TABLE {table}")
        connection.execute("ALTER TABLE run DROP COLUMN asked")
        connection.execute("ALTER TABLE completion DROP COLUMN run")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with Store(path) as store, Store(path) as other:
        assert store.get(ask()) == other.get(ask()) == soup
        assert [(one.id, one.asked) for one in store.runs()] == [(run, ())]
        assert store.answers(run, "Soup.") == ()
        store.start_run("structgen extract", "dish", "groq/m", [RunSpec(True)])
        assert store.once(ask(), lambda: soup).paid is False
        store.finish_run(run + 1, 1)
        assert [entry.completion for entry in other.answers(run + 1, "Soup.")] == [soup]


def test_a_store_is_readable_by_its_owner_alone(path: Path, ask: Ask, soup: Completion) -> None:
    before = os.umask(0o022)
    try:
        with Store(path) as store:
            store.put(ask(), soup)
            store.start_run("structgen extract", "dish", "groq/m")
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(before)
    assert len(modes) >= 3
    assert set(modes.values()) == {0o600}


def test_a_file_of_another_program_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="of another program"):
        Store(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("not a database " * 100)
    with pytest.raises(StoreError, match="not an SQLite file, or it is damaged"):
        Store(path)
    assert path.read_text().startswith("not a database")


def test_an_empty_file_becomes_a_store(path: Path, ask: Ask, soup: Completion) -> None:
    path.parent.mkdir()
    path.touch()
    with Store(path) as store:
        store.put(ask(), soup)
        assert store.get(ask()) == soup


def damage(path: Path) -> None:
    """Overwrite all but the first page."""
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))


def test_a_damaged_file_says_so_when_it_is_read(path: Path, ask: Ask, soup: Completion) -> None:
    with Store(path) as store:
        for number in range(50):
            store.put(ask(number), soup)
    damage(path)
    with Store(path) as store, pytest.raises(StoreError, match=r"is damaged. Move it away"):
        store.get(ask(1))


def test_a_damaged_file_keeps_nobody_waiting_who_writes(path: Path, ask: Ask, soup: Completion) -> None:
    with Store(path) as store:
        for number in range(50):
            store.put(ask(number), soup)
    damage(path)
    with Store(path) as store, pytest.raises(StoreError) as caught:
        store.put(ask(), soup)
    assert caught.value.completion is soup


def test_an_entry_that_cannot_be_read_says_so(path: Path, store: Store, ask: Ask, soup: Completion) -> None:
    store.put(ask(), soup)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE completion SET completion = '{}', rest = '7'")
    connection.close()
    with pytest.raises(StoreError, match="cannot be read"):
        store.get(ask())
    with pytest.raises(StoreError, match="cannot be read"):
        list(store.entries())


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="its folder cannot be created"):
        Store(tmp_path / "file" / "store.sqlite")


def test_a_folder_in_place_of_the_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path)


def shrink(connection: sqlite3.Connection, pages: list[int]) -> list[None]:
    """As if the disk had room for so many pages only."""
    connection.execute(f"PRAGMA max_page_count = {pages[-1]}")
    return [None]


def test_a_full_disk_hands_the_completion_back_and_keeps_what_was_kept(
    store: Store, ask: Ask, soup: Completion
) -> None:
    store.put(ask(1), soup)
    store._writer.submit(shrink, 1).result()
    large = Completion("x" * 50_000)
    with pytest.raises(StoreError, match=r"the disk is full\. Free some space") as caught:
        store.put(ask(2), large)
    assert caught.value.completion == large
    with pytest.raises(StoreError) as caught:
        store.once(ask(3), lambda: large)
    assert caught.value.completion == large
    store._writer.submit(shrink, 100_000).result()
    store.put(ask(2), large)
    assert (store.get(ask(1)), store.get(ask(2))) == (soup, large)


def test_who_waits_gets_the_completion_that_only_could_not_be_kept(store: Store, ask: Ask) -> None:
    store._writer.submit(shrink, 1).result()
    large, under_way, found = Completion("x" * 50_000), threading.Event(), list[Completion]()

    def answer() -> Completion:
        thread.start()
        under_way.wait(5)
        return large

    def second() -> None:
        threading.Timer(0.1, under_way.set).start()
        found.append(store.once(ask(), lambda: pytest.fail("asked twice")).completion)

    thread = threading.Thread(target=second)
    with pytest.raises(StoreError):
        store.once(ask(), answer)
    thread.join()
    assert found == [large]


def test_of_jobs_in_one_commit_only_the_one_that_fails_fails(store: Store, ask: Ask, soup: Completion) -> None:
    begin, go = threading.Event(), threading.Event()

    def block(connection: sqlite3.Connection, arguments: list[None]) -> list[None]:
        begin.set()
        go.wait(5)
        return arguments

    def fail(connection: sqlite3.Connection, arguments: list[None]) -> list[None]:
        raise ZeroDivisionError

    store._writer.submit(block, None)
    begin.wait(5)
    futures = [store.submit(ask(1), soup), store._writer.submit(fail, None), store.submit(ask(2), soup)]
    go.set()
    assert isinstance(futures[1].exception(5), ZeroDivisionError)
    assert (futures[0].exception(5), futures[2].exception(5)) == (None, None)
    assert len(list(store.entries())) == 2


def test_another_process_that_holds_the_file_for_too_long_is_named(
    path: Path, ask: Ask, soup: Completion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PATIENCE", 0.1)
    with Store(path) as store:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="another process has been writing") as caught:
            store.put(ask(), soup)
        assert caught.value.completion is soup
        other.execute("ROLLBACK")
        other.close()
        store.put(ask(), soup)
        assert store.get(ask()) == soup


def test_a_file_that_was_replaced_before_the_first_write_keeps_nobody_waiting(
    path: Path, ask: Ask, soup: Completion
) -> None:
    with Store(path) as store:
        path.unlink()
        path.write_text("not a database " * 100)
        for _ in range(2):
            with pytest.raises(StoreError, match="not an SQLite file, or it is damaged") as caught:
                store.put(ask(), soup)
            assert caught.value.completion is soup


@pytest.fixture
def read_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the file were on a read-only file system, which root too cannot write."""
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)


def test_a_read_only_store_is_read_and_nothing_is_written(
    tmp_path: Path, ask: Ask, soup: Completion, read_only: None
) -> None:
    path = tmp_path / "a store?.sqlite"
    with Store(path) as store:
        assert not store.read_only  # it is new
        store.put(ask(1), soup)
        store.start_run("extract", "soup", "groq/x")
    held = path.read_bytes()
    with Store(path) as store:
        assert store.read_only
        assert store.get(ask(1)) == soup
        assert not store.once(ask(1), lambda: pytest.fail("asked")).paid
        assert [run.task for run in store.runs()] == ["soup"]
        for write in (lambda: store.put(ask(2), soup), lambda: store.start_run("", "", ""), lambda: store.prune(0)):
            with pytest.raises(StoreError, match=r"is read-only: .* Copy it to a folder that is writable"):
                write()
    assert path.read_bytes() == held


def test_a_read_only_store_of_an_older_version_is_replayed_but_has_no_ledger(
    tmp_path: Path, ask: Ask, soup: Completion, read_only: None
) -> None:
    path = tmp_path / "old.sqlite"
    with Store(path) as store:
        store.put(ask(), soup)
    with sqlite3.connect(path) as old:
        old.executescript("DROP TABLE run; PRAGMA user_version = 1;")
    with Store(path) as store:
        assert store.get(ask()) == soup
        with pytest.raises(StoreError, match="SQLite cannot use it"):
            store.runs()


def test_a_read_only_file_that_is_no_store_says_so(tmp_path: Path, read_only: None) -> None:
    path = tmp_path / "none.sqlite"
    path.write_text("no database at all, but some text " * 50)
    with pytest.raises(StoreError, match="not an SQLite file"):
        Store(path)
