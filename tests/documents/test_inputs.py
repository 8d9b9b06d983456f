from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from structgen.core.errors import DocumentError
from structgen.core.records import Document
from structgen.documents import DocumentProblem, Outputs, read_documents


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "deep/b.txt", "deep/deeper/c.md", "deep/d.csv", "deep/.hidden/e.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("text,n\nx,1\n" if name.endswith(".csv") else name)
    return tmp_path


def sources(*inputs: str, outputs: Outputs | None = None) -> tuple[list[str], list[str]]:
    """Return the sources of what is read, and what is told."""
    told: list[str] = []
    found = list(read_documents(inputs, outputs=outputs or Outputs(), notice=told.append))
    return [one.source for one in found], told


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("**/*.txt", ["a.txt", "deep/b.txt"]),
        ("./**/*.txt", ["a.txt", "deep/b.txt"]),
        ("**", ["a.txt", "deep/b.txt", "deep/d.csv", "deep/deeper/c.md"]),
        ("deep/**", ["deep/b.txt", "deep/d.csv", "deep/deeper/c.md"]),
        ("deep/**/*", ["deep/b.txt", "deep/d.csv", "deep/deeper/c.md"]),
        ("d*p/**/[bc].*", ["deep/b.txt", "deep/deeper/c.md"]),
        ("**/deeper/**/*.md", ["deep/deeper/c.md"]),
        ("**/deep/*", ["deep/b.txt", "deep/d.csv"]),
        ("*/deeper/*", ["deep/deeper/c.md"]),
    ],
)
def test_two_stars_are_any_number_of_folders(folder: Path, pattern: str, wanted: list[str]) -> None:
    assert sources(pattern)[0] == wanted
    assert sources(str(folder / pattern))[0] == [f"{folder}/{source}" for source in wanted]


def test_links_that_make_a_loop_are_followed_once(folder: Path) -> None:
    for name in ("loop", "deep/loop", "deep/deeper/loop"):
        (folder / name).symlink_to(folder)
    assert sources("**/*.txt") == (["a.txt", "deep/b.txt"], [])
    assert sources(".")[0] == ["a.txt", "deep/b.txt", "deep/d.csv", "deep/deeper/c.md"]


def test_a_file_that_two_inputs_name_is_read_once_and_that_is_told(folder: Path) -> None:
    found, told = sources("a.txt", "*.txt", str(folder / "*.txt"), "deep", "deep/**/*.md")
    assert found == ["a.txt", "deep/b.txt", "deep/d.csv", "deep/deeper/c.md"]
    assert told == [
        f"{name}: skipped, because it was read already."
        for name in ("a.txt", str(folder / "a.txt"), "deep/deeper/c.md")
    ]


def test_a_file_that_is_named_twice_is_read_twice_and_that_is_told(folder: Path) -> None:
    assert sources("a.txt", "./a.txt") == (
        ["a.txt", "a.txt"],
        [
            "a.txt: it was read already, and is read again because it is named again.",
            "a.txt: the id 'a.txt' is not unique; it became 'a.txt#2' here.",
        ],
    )


def test_a_link_to_a_file_that_was_read_is_skipped_and_one_to_another_is_read(folder: Path) -> None:
    (folder / "z.txt").symlink_to("a.txt")
    (folder / "y.txt").symlink_to("deep/.hidden/e.txt")
    assert sources("*.txt") == (["a.txt", "y.txt"], ["z.txt: skipped, because it was read already."])


@pytest.mark.parametrize("pattern", [".", "*", "**/*"])
def test_what_is_no_file_is_skipped_and_told(folder: Path, pattern: str) -> None:
    os.mkfifo(folder / "deep" / "pipe.txt")
    with socket.socket(socket.AF_UNIX) as open_socket:
        open_socket.bind("socket.txt")
        found, told = sources(pattern)
    assert found == ["a.txt", "deep/b.txt", "deep/d.csv", "deep/deeper/c.md"]
    assert sorted(told) == [
        "deep/pipe.txt: skipped, because it is a named pipe.",
        "socket.txt: skipped, because it is a socket.",
    ]


def test_a_pipe_or_a_device_that_is_named_itself_is_a_problem(folder: Path) -> None:
    os.mkfifo("pipe")
    for name, kind in (("pipe", "a named pipe"), ("/dev/zero", "a device")):
        (found,) = read_documents([name])
        assert isinstance(found, DocumentProblem)
        assert f"it is {kind}, not a file" in found.reason
        with pytest.raises(DocumentError, match=f"{name} is {kind}"):
            Document.from_file(name)


def test_what_a_shell_makes_of_a_command_is_read(folder: Path) -> None:
    reading, writing = os.pipe()
    os.write(writing, b"From a command")
    os.close(writing)
    (found,) = read_documents([f"/dev/fd/{reading}"])
    os.close(reading)
    assert isinstance(found, Document)
    assert found.text == "From a command"


def test_what_the_run_writes_is_no_input(folder: Path) -> None:
    (folder / ".structgen").mkdir()
    for name in ("rows.jsonl", "rows.jsonl.part", "rows.jsonl.part2", "rows.jsonl.new", "own.sqlite", "own.sqlite-wal"):
        (folder / name).write_text('{"text": "x"}')
    (folder / "rows.jsonl.txt").write_text("x")
    (folder / ".structgen" / "store.sqlite").write_text("x")
    outputs = Outputs(Path("rows.jsonl"), (Path("own.sqlite"),))
    found, told = sources("*.*", ".structgen/*", outputs=outputs)
    assert found == ["a.txt", "rows.jsonl.txt"]
    assert [line.partition(":")[0] for line in told] == [
        "own.sqlite",
        "own.sqlite-wal",
        "rows.jsonl",
        "rows.jsonl.new",
        "rows.jsonl.part",
        "rows.jsonl.part2",
        ".structgen/store.sqlite",
    ]
    assert told[2] == "rows.jsonl: skipped, because rows are written to it."


def test_an_output_that_is_a_link_is_recognised(folder: Path) -> None:
    (folder / "deep" / "rows.jsonl").write_text('{"text": "x"}')
    (folder / "rows.jsonl").symlink_to("deep/rows.jsonl")
    assert sources("deep/*.jsonl", outputs=Outputs(Path("rows.jsonl")))[0] == []
