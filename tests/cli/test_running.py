from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest

from structgen.batch import Batch, Row, RowStatus, open_output
from structgen.cli.command import Exit
from structgen.cli.running import Manner, Waits, Watch, run_batch
from structgen.core.errors import StructgenError
from structgen.core.events import Failed, WaitingForLimit
from structgen.core.records import Document, Task
from structgen.extractor import Extractor


def test_a_run_outside_the_main_thread_leaves_signals_alone(tmp_path: Path) -> None:
    batch = Batch(Extractor("rules"), Task("dish", {"type": "object", "properties": {"name": {"type": "string"}}}))
    ended: list[Exit] = []

    def run() -> None:
        documents = [Document("Name: Soup", "soup", "soup.txt")]
        ended.append(run_batch(batch, documents, open_output(tmp_path / "out.jsonl"), Manner()))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    assert ended == [Exit.OK]
    assert (tmp_path / "out.jsonl").exists()


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


WAIT = WaitingForLimit("the limit of 8,000 tokens a minute", 12.3)


def test_a_terminal_shows_what_is_waited_for_until_the_next_row(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Watch(quiet=False) as watch:
        watch.wait(WAIT)
        assert "waiting for the limit of 8,000 tokens a minute: 12 s" in terminal.getvalue()
        before = len(terminal.getvalue())
        watch.see(Row("soup", "soup.txt", RowStatus.OK))
        watch.tell("on it goes")
    assert "waiting" not in terminal.getvalue()[before:]


def test_one_row_is_counted_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with Watch(quiet=False) as watch:
        for count in ("1 row [", "2 rows ["):
            watch.see(Row("soup", "soup.txt", RowStatus.FAILED, error="it is burnt."))
            assert count in terminal.getvalue()
    assert "1 rows" not in terminal.getvalue()


def test_without_a_terminal_the_first_wait_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with Watch(quiet=False) as watch:
        watch.wait(WAIT)
        watch.wait(WAIT)
    assert capsys.readouterr().err.count("waiting for the limit of 8,000 tokens a minute: 12 s") == 1


def test_of_all_events_the_waits_alone_are_handed_on() -> None:
    shown: list[WaitingForLimit] = []
    waits = Waits()
    waits(WAIT)
    waits.show = shown.append
    waits(WAIT)
    waits(Failed(StructgenError("gone")))
    assert shown == [WAIT]
