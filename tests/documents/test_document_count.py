"""How many documents there are, where that needs no reading."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from structgen.core.options import InputFormat
from structgen.documents import ReadingOptions, count_documents, read_documents


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "deep").mkdir(parents=True)
    for name in ("a.txt", "b.md", "deep/c.html", "deep/d.unknown"):
        (tmp_path / "in" / name).write_text("Soup.")
    pq.write_table(pa.table({"text": ["a", "b", "c"]}), tmp_path / "three.parquet")
    (tmp_path / "rows.jsonl").write_text('{"text": "a"}\n')
    return tmp_path


@pytest.mark.parametrize(
    ("inputs", "count"),
    [
        (["in"], 3),
        (["in", "in/a.txt"], 4),
        (["in/*.txt", "three.parquet"], 4),
        (["missing.txt", "in/a.txt"], 2),
        (["in", "rows.jsonl"], None),
        (["-"], None),
        ([], 0),
    ],
)
def test_files_are_counted_by_name_and_parquet_by_its_footer(
    folder: Path, inputs: list[str], count: int | None
) -> None:
    assert count_documents(inputs) == count
    if count is not None:
        assert len(list(read_documents(inputs))) == count


def test_a_file_that_is_no_parquet_is_not_counted(folder: Path) -> None:
    (folder / "broken.parquet").write_bytes(b"no")
    assert count_documents(["broken.parquet"]) is None


def test_a_named_format_counts_instead_of_the_suffix(folder: Path) -> None:
    assert count_documents(["in/a.txt"], ReadingOptions(format=InputFormat.CSV)) is None
