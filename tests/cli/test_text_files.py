"""Text files that commands write whole."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Thread

import pytest

from structgen.cli.text_files import check_text_file, write_text
from structgen.core.errors import ConfigurationError, OutputError


def test_a_file_is_replaced_and_its_folder_created(tmp_path: Path) -> None:
    path = tmp_path / "new" / "figures.json"
    for text in ("first, and longer\n", "second\r\n"):
        write_text(path, text)
        assert path.read_bytes() == text.encode()
    assert [one.name for one in path.parent.iterdir()] == ["figures.json"]


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_standard_output_is_written_to_and_is_no_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_text(Path(name), "text\n")
    assert capsys.readouterr().out == "text\n"
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe, read = tmp_path / "pipe.json", list[str]()
    os.mkfifo(pipe)
    reader = Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    write_text(pipe, "text\n")
    reader.join(60)
    assert (read, pipe.is_fifo()) == (["text\n"], True)


def test_half_characters_are_written_as_question_marks(tmp_path: Path) -> None:
    write_text(tmp_path / "a.html", "a\ud800b")
    assert (tmp_path / "a.html").read_text() == "a?b"


def test_a_full_disk_is_an_error_with_advice() -> None:
    with pytest.raises(OutputError, match=r"^Cannot write /dev/full: No space left on device\. Rows are kept\.$"):
        write_text(Path("/dev/full"), "text", " Rows are kept.")


@pytest.mark.parametrize(("name", "reason"), [("", "is a folder"), ("none/a.json", "does not exist. Create it first")])
def test_what_cannot_be_written_is_found_before_the_work(name: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=reason):
        check_text_file(tmp_path / name)


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_figures_of_eval_can_go_to_a_device(structgen, folder: Path, option: str) -> None:
    (folder / "gold.jsonl").write_text('{"id": "1", "text": "Name: Soup", "gold": {"name": "Soup", "serves": 4}}\n')
    ran = structgen("eval", "dish.json", "gold.jsonl", "--model", "rules", option, "/dev/full", "-q")
    assert (ran.status, ran.said) == (1, ["structgen: Cannot write /dev/full: No space left on device."])
    assert "macro" in ran.out.lower()
    refused = structgen("eval", "dish.json", "gold.jsonl", "--model", "rules", option, ".", "-q")
    assert (refused.status, "is a folder" in refused.err) == (2, True)
