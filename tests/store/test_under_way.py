"""Marks of documents under way, which outlive their process."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from structgen.core.errors import StoreError
from structgen.store.under_way import SIZE, UnderWay

A, B, C = (bytes([number]) * SIZE for number in (1, 2, 3))

PROCESS = """
import sys, time
from pathlib import Path
from structgen.store.under_way import SIZE, UnderWay
marks = UnderWay(Path(sys.argv[1]))
slots = {name: marks.begin(bytes([name]) * SIZE) for name in (1, 2, 3)}
marks.end(slots[2], bytes([2]) * SIZE)
print("ready", flush=True)
sys.stdin.readline()
marks.close()
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


def test_only_what_was_under_way_when_its_process_died_counts(store: Path) -> None:
    command = [sys.executable, "-c", PROCESS, str(store)]
    mine = UnderWay(store)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        mine.look()
        assert [mine.deaths(name) for name in (A, B, C)] == [0, 0, 0]  # it is alive
        other.send_signal(signal.SIGKILL)
    mine.look()
    assert [mine.deaths(name) for name in (A, B, C)] == [1, 0, 1]
    later = UnderWay(store)
    assert [later.deaths(name) for name in (A, B, C)] == [1, 0, 1]
    # an outcome shows that the document was not to blame
    later.end(later.begin(A), A)
    assert [later.deaths(name) for name in (A, C)] == [0, 1]
    mine.look()
    assert [mine.deaths(name) for name in (A, C)] == [0, 1]
    mine.close()
    later.close()


def test_a_process_that_ends_well_leaves_nothing(store: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.communicate("\n")[0] == "ready\n"
    marks = UnderWay(store)
    assert [marks.deaths(name) for name in (A, B, C)] == [0, 0, 0]
    marks.close()
    assert list(marks.folder.iterdir()) == []


def died(store: Path, *names: bytes) -> None:
    """Leave the marks of a process that is not there any more."""
    folder = store.with_name(f"{store.name}-started")
    folder.mkdir(exist_ok=True)
    (folder / f"process-{len(list(folder.iterdir()))}").write_bytes(b"".join(names))


def test_every_death_counts_once_however_many_look(store: Path) -> None:
    died(store, A, B, A)
    died(store, bytes(SIZE), A)
    first, second = UnderWay(store), UnderWay(store)
    first.look()
    assert [[marks.deaths(name) for name in (A, B)] for marks in (first, second)] == [[2, 1], [2, 1]]
    first.close()
    second.close()


def test_slots_are_used_again(store: Path) -> None:
    marks = UnderWay(store)
    for _ in range(1_000):
        first, second = marks.begin(A), marks.begin(B)
        marks.end(first, A)
        marks.end(second, B)
    assert sum(path.stat().st_size for path in marks.folder.iterdir()) == 2 * SIZE
    marks.close()


def test_files_that_are_cut_short_or_strange_are_read_as_far_as_they_go(store: Path) -> None:
    died(store, A, b"short")
    died(store)
    (store.with_name(f"{store.name}-started") / "other").write_text("not ours")
    marks = UnderWay(store)
    assert marks.deaths(A) == 1
    marks.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "store-started").write_text("a file")
    with pytest.raises(StoreError, match="Cannot write to"):
        UnderWay(tmp_path / "store")
