"""How many documents there are."""

import gzip
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from structgen.core.options import InputFormat
from structgen.documents import ReadingOptions, count_documents, document_count, read_documents


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a.txt", "b.md", "deep/c.html", "deep/d.unknown"):
        (tmp_path / "in" / name).write_text("Soup.")
    pq.write_table(pa.table({"text": ["a", "b", "c"]}), tmp_path / "three.parquet")
    (tmp_path / "rows.jsonl").write_text('{"text": "a"}\n')
    (tmp_path / "odd.jsonl").write_bytes(b'\n{"text": "a"}\r\n  \t\n{"text": 5}\rno json\n\xff\xff')
    (tmp_path / "sixteen.jsonl").write_text('{"text": "a"}\n\n{"text": "b"}\n', "utf-16")
    (tmp_path / "quoted.csv").write_text('id,text\n1,"two\nlines"\n\n2,b,c\n')
    (tmp_path / "two.tsv").write_text("text\ta\n1\t2\n3\t4\n")
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "empty.csv").write_text("text\n")
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}\n'))
    return tmp_path


@pytest.mark.parametrize(
    ("inputs", "count"),
    [
        (["in"], 3),
        (["in", "in/a.txt"], 4),
        (["in/*.txt", "three.parquet"], 4),
        (["missing.txt", "in/a.txt"], 2),
        (["in", "rows.jsonl"], 4),
        (["odd.jsonl"], 4),
        (["sixteen.jsonl", "quoted.csv", "two.tsv"], 6),
        (["empty.jsonl", "empty.csv"], 2),
        (["-"], None),
        (["rows.jsonl", "packed.jsonl.gz"], None),
        ([], 0),
    ],
)
def test_documents_are_counted_as_they_are_read(folder: Path, inputs: list[str], count: int | None) -> None:
    assert count_documents(inputs) == count
    if count is not None:
        assert len(list(read_documents(inputs))) == count


def test_a_file_that_is_no_parquet_is_not_counted(folder: Path) -> None:
    (folder / "broken.parquet").write_bytes(b"no")
    assert count_documents(["broken.parquet"]) is None


def test_a_named_format_counts_instead_of_the_suffix(folder: Path) -> None:
    (folder / "rows.txt").write_text('{"text": "a"}\n{"text": "b"}\n')
    assert count_documents(["rows.txt"], ReadingOptions(format=InputFormat.JSONL)) == 2


def test_lines_are_counted_across_the_pieces_in_which_they_are_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_count, "_CHUNK", 3)
    (folder / "many.jsonl").write_text('\n\n{"text": "abcdef"}\n   \n \n{"text": "b"}\n     ')
    assert count_documents(["many.jsonl"]) == 2


def test_a_pipe_is_left_to_the_run(folder: Path) -> None:
    reader, writer = os.pipe()
    os.write(writer, b'{"text": "a"}\n')
    os.close(writer)
    try:
        assert count_documents([f"/dev/fd/{reader}"], ReadingOptions(format=InputFormat.JSONL)) is None
        assert os.read(reader, 100) == b'{"text": "a"}\n'
    finally:
        os.close(reader)
