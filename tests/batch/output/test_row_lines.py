"""How the rows of two runs are joined: compared with lists in memory, and counted in bytes of memory."""

from __future__ import annotations

import json
import tracemalloc
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from structgen.batch.output import open_output
from structgen.batch.output.row_lines import RowLines, document_key, jsonl_keys, read_lines, row_index
from structgen.batch.row import Row, RowStatus


class Said(NamedTuple):
    """A row as a test writes it: few documents, so that many are equal."""

    id: str
    status: str
    value: int

    @property
    def good(self) -> bool:
        return self.status != "failed"

    @property
    def line(self) -> bytes:
        row = {"id": self.id, "source": "texts.csv", "status": self.status, "value": self.value, "model": "m"}
        return json.dumps(row).encode() + b"\n"


ROWS = st.lists(
    st.builds(Said, st.sampled_from("ABC"), st.sampled_from(["ok", "failed"]), st.integers(0, 1)), max_size=6
)


def without(rows: list[Said], others: list[Said]) -> list[Said]:
    done, left = Counter(one.id for one in others), list[Said]()
    for row in rows:
        done[row.id] -= 1
        left += [row] if done[row.id] < 0 else []
    return left


def joined(new: list[Said], old: list[Said]) -> list[Said]:
    good = {one.id for one in old if one.good}
    kept = [one for one in new if one.good or one.id not in good]
    return [*kept, *without(old, kept)]


def continues(new: list[Said], old: list[Said]) -> bool:
    said = {one.id: one.value for one in old if one.good}
    both = [one.value == said[one.id] for one in new if one.good and one.id in said]
    return bool(both) and all(both)


def covers(new: list[Said], old: list[Said]) -> bool:
    return all(
        Counter(one.id for one in old if one.good >= good) <= Counter(one.id for one in new if one.good >= good)
        for good in (False, True)
    )


def lines(rows: list[Said]) -> list[bytes]:
    return [one.line for one in rows]


def read(rows: RowLines) -> list[bytes]:
    return list(read_lines(rows))


@given(ROWS, ROWS)
def test_the_rows_of_two_files_are_joined_as_lists_would_be(new: list[Said], old: list[Said]) -> None:
    with TemporaryDirectory() as folder, row_index() as index:
        paths = (Path(folder) / "new", Path(folder) / "old")
        for path, rows in zip(paths, (new, old), strict=True):
            path.write_bytes(b"".join(lines(rows)))
        ours, theirs = map(index.rows_of, paths)
        assert read(ours.without(theirs)) == lines(without(new, old))
        assert read(ours.joined(theirs)) == lines(joined(new, old))
        assert read(ours.followed_by(theirs)) == lines([*new, *old])
        assert ours.continues(theirs) == continues(new, old)
        assert ours.covers(jsonl_keys(paths[1])) == covers(new, old)
        assert bool(ours) == bool(new)


def test_the_source_and_the_id_of_a_document_are_told_apart_whatever_is_in_them() -> None:
    names: list[Any] = ["a", "b", "a', 'b", "ab", "", "\0", "\ud800", None, 1, "1", "é", "e\u0301"]
    keys = {document_key(name, source, "ok") for name in names for source in names}
    assert len(keys) == len(names) ** 2


def peak(target: Path, count: int) -> int:
    """Return the most bytes that Python needs to take over the rows of a killed run and to join them."""
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(b"".join(Said(f"recipes/dish-{number}.txt", "ok", 4).line for number in range(count)))
    tracemalloc.start()
    try:
        output = open_output(target)
        output.write(output.fit(Row("recipes/dish-1.txt", "texts.csv", RowStatus.OK, 4, model="m")))
        assert output.finish(complete=False) == target
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("suffix", [".jsonl", ".csv"])
def test_the_rows_of_a_killed_run_never_sit_in_memory(tmp_path: Path, suffix: str) -> None:
    few, many = peak(tmp_path / f"few{suffix}", 300), peak(tmp_path / f"many{suffix}", 6_000)
    assert many < few + 100_000
    with (tmp_path / f"many{suffix}").open() as rows:
        assert sum(1 for _ in rows) == 6_000 + (suffix == ".csv")
