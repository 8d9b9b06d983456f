"""The panel on a terminal, as a screen shows it: rows and messages above it, and nothing of it left at the end."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from structgen.batch import Row, RowStatus
from structgen.cli.console import LIVE, say
from structgen.cli.run_display.panel import Panel, can_draw
from structgen.cli.run_display.panel_lines import bar_words, panel_lines, plain_line
from structgen.cli.run_display.run_watch import PlainLines, RunWatch
from structgen.core.events import WaitingForLimit
from structgen.core.progress import Progress
from structgen.testing import Emulator, reply

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
FULL = Progress(
    done=312,
    total=500,
    ok=300,
    incomplete=2,
    failed=10,
    repaired=41,
    calls=330,
    asked_again=12,
    input_tokens=80_000,
    output_tokens=9_000,
    cost=0.0123,
    projected_cost=0.0197,
    documents_a_second=12.3,
    tokens_a_minute=81_200,
    waiting_for="the limit of 8,000 tokens a minute",
    waiting_left=12.2,
    seconds=25.0,
    seconds_left=31.0,
)
WAIT = WaitingForLimit("the limit of 8,000 tokens a minute", 12.3)


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


class Screen:
    """What a terminal shows after some output: the lines, as far as they were not erased."""

    def __init__(self, width: int) -> None:
        self._width, self._lines, self._row, self._column = width, [""], 0, 0

    def feed(self, text: str) -> Screen:
        for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\s\S]", text):
            if part.startswith("\x1b["):
                self._obey(part)
            elif part == "\n":
                self._down()
            elif part == "\r":
                self._column = 0
            else:
                self._put(part)
        return self

    def _obey(self, code: str) -> None:
        if code.endswith("A"):
            self._row = max(0, self._row - int(code[2:-1] or 1))
        elif code.endswith("J"):
            self._lines[self._row :] = [self._lines[self._row][: self._column]]
        else:
            assert code.endswith("m"), f"the panel uses {code!r}"

    def _down(self) -> None:
        self._row, self._column = self._row + 1, 0
        if self._row == len(self._lines):
            self._lines.append("")

    def _put(self, char: str) -> None:
        if self._column == self._width:
            self._down()
        line = self._lines[self._row].ljust(self._column)
        self._lines[self._row] = line[: self._column] + char + line[self._column + 1 :]
        self._column += 1

    @property
    def shown(self) -> list[str]:
        return [line.rstrip() for line in self._lines if line.strip()]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    stream = Terminal()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    monkeypatch.setattr("sys.stderr", stream)
    return stream


@pytest.fixture
def panel(terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
    """An open panel, which is drawn only when a test says so."""
    monkeypatch.setattr("typer.echo", lambda text, err=False: print(text, file=terminal))
    drawn = Panel(terminal, lambda: FULL)
    LIVE.clear, LIVE.end = drawn.clear, drawn.close
    yield drawn
    drawn.close()


@pytest.mark.parametrize("width", [10, 24, 40, 80, 200])
def test_no_line_is_wider_than_the_terminal(
    terminal: Terminal, panel: Panel, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    panel.draw()
    shown = Screen(10_000).feed(terminal.getvalue()).shown
    assert all(len(line) < width for line in shown)
    assert "312/500"[: width - 1] in shown[0]


def test_everything_is_shown_at_40_columns(terminal: Terminal, panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    panel.draw()
    text = " ".join(" ".join(Screen(40).feed(terminal.getvalue()).shown).split())
    for part in (
        "312/500", "62 %", "0:31 left", "300 ok", "2 incomplete", "10 failed", "41 repaired", "12 asked again",
        "12 documents/s", "81,200 tokens/min", "0.0123 USD so far", "about 0.0197 USD in all",
        "waiting for the limit of 8,000 tokens a minute: 12 s, until",
    ):  # fmt: skip
        assert part in text, part


def test_a_low_terminal_shows_the_first_lines(
    terminal: Terminal, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINES", "3")
    panel.draw()
    assert len(Screen(80).feed(terminal.getvalue()).shown) == 2


def test_rows_and_messages_appear_above_the_panel(terminal: Terminal, panel: Panel) -> None:
    for number in range(3):
        panel.draw()
        with panel.clear():
            terminal.write(f"row {number}\n")
    say("something happened")
    shown = Screen(80).feed(terminal.getvalue()).shown
    assert shown[:4] == ["row 0", "row 1", "row 2", "structgen: something happened"]
    assert "312/500" in shown[4]
    assert sum("312/500" in line for line in shown) == 1


def test_nothing_of_the_panel_is_left_at_its_end(terminal: Terminal, panel: Panel) -> None:
    say("before")
    panel.draw()
    panel.close()
    panel.draw()
    say("after")
    assert Screen(80).feed(terminal.getvalue()).shown == ["structgen: before", "structgen: after"]


def test_a_message_within_a_message_does_not_tear_the_panel(terminal: Terminal, panel: Panel) -> None:
    panel.draw()
    with panel.clear():
        terminal.write("row\n")
        say("a signal came")
    shown = Screen(80).feed(terminal.getvalue()).shown
    assert shown[:2] == ["row", "structgen: a signal came"]
    assert sum("312/500" in line for line in shown) == 1


def test_lines_that_a_narrower_terminal_has_wrapped_are_erased_too(
    terminal: Terminal, panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.draw()
    before = len(Screen(80).feed(terminal.getvalue()).shown)
    monkeypatch.setenv("COLUMNS", "40")
    start = len(terminal.getvalue())
    panel.close()
    assert f"\x1b[{2 * before}A\x1b[J" in terminal.getvalue()[start:]


def test_the_cursor_is_never_hidden(terminal: Terminal, panel: Panel) -> None:
    panel.draw()
    assert "\x1b[?25l" not in terminal.getvalue()


def test_without_colours_there_are_none(terminal: Terminal, panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    panel.draw()
    assert not re.search(r"\x1b\[[0-9;]*(?:3[0-7]|9[0-7]|38;)", terminal.getvalue())


def test_a_terminal_that_is_gone_ends_no_run(panel: Panel, terminal: Terminal) -> None:
    terminal.close()
    panel.draw()


@pytest.mark.parametrize(("term", "drawn"), [("xterm", True), ("dumb", False), ("DUMB", False), ("", False)])
def test_a_panel_needs_a_terminal_that_moves_its_cursor(
    term: str, drawn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", term)
    assert can_draw(Terminal()) is drawn
    assert not can_draw(io.StringIO())


def test_the_plain_line_says_the_same() -> None:
    assert plain_line(FULL, NOON) == (
        "312/500 documents: 300 ok, 2 incomplete, 10 failed, 41 repaired, 12 asked again; 12 documents/s, 81,200 "
        "tokens/min, 0.0123 USD so far, about 0.0197 USD in all; waiting for the limit of 8,000 tokens a minute: 12 s, "
        "until 12:00:12; 0:31 left"
    )


def test_what_is_not_known_is_left_out() -> None:
    unknown = Progress(done=3, ok=3, documents_a_second=1.5, seconds=2.0)
    assert plain_line(unknown, NOON) == "3 documents: 3 ok; 1.5 documents/s"
    assert bar_words(unknown) == "3  0:02"
    assert panel_lines(unknown, 80, NOON) == ["3 ok", "1.5 documents/s"]


def test_a_limit_named_by_a_server_acts_on_no_terminal() -> None:
    hostile = replace(FULL, waiting_for="\x1b[2J\u202e limit")
    assert not set("".join([plain_line(hostile, NOON), *panel_lines(hostile, 40, NOON)])) & {"\x1b", "\u202e"}


def test_without_a_terminal_lines_are_said_and_the_first_wait_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with RunWatch(total=lambda: 2) as watch:
        watch.observe(WAIT)
        watch.observe(WAIT)
        watch.see(Row("soup", "soup.txt", RowStatus.OK))
        PlainLines(watch.read).draw()
    said = capsys.readouterr().err
    assert said.count("12 s. The run continues by itself") == 1
    assert "structgen: 1/2 documents: 1 ok; " in said


def test_a_quiet_run_shows_no_progress(terminal: Terminal) -> None:
    with RunWatch(quiet=True) as watch:
        watch.observe(WAIT)
        watch.see(Row("soup", "soup.txt", RowStatus.OK))
    assert terminal.getvalue() == ""


def test_the_documents_are_counted_once_and_not_by_the_run_itself(terminal: Terminal) -> None:
    counted: list[int] = []

    def total() -> int:
        counted.append(1)
        return 7

    watch = RunWatch(total=total)
    assert counted == []
    assert [watch.read().total for _ in range(3)] == [7, 7, 7]
    assert counted == [1]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_ctrl_c_leaves_a_clean_terminal_with_all_rows(folder: Path, groq_emulator: Emulator) -> None:
    groq_emulator.script(
        reply('{"name": "Soup", "serves": 4}'), reply('{"name": "Soup", "serves": 4}', delay=0.5), repeat_last=True
    )
    (folder / "many.jsonl").write_text(
        "".join(json.dumps({"id": f"d{number}", "text": f"Name: {number}"}) + "\n" for number in range(40))
    )
    mine, theirs = os.openpty()
    command = "extract", "dish.json", "many.jsonl", "--model", "groq/openai/gpt-oss-20b", "--concurrency", "1"
    process = subprocess.Popen(
        [sys.executable, "-m", "structgen", *command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"},
    )
    os.close(theirs)
    seen, interrupted = "", False
    try:
        while piece := _read(mine):
            seen += piece
            if "documents/s" in seen and not interrupted:
                interrupted = True
                process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    finally:
        process.kill()
        process.wait()
        os.close(mine)
    shown = Screen(100_000).feed(seen.replace("\r\n", "\n")).shown
    rows = [line for line in shown if line.startswith('{"id"')]
    assert [json.loads(row)["id"] for row in rows] == [f"d{number}" for number in range(len(rows))]
    assert [line for line in shown if "documents/s" in line] == []
    assert "\x1b[?25l" not in seen
    assert any("same command continues" in line for line in shown)


def _read(descriptor: int) -> str:
    try:
        return os.read(descriptor, 65_536).decode("utf-8", "replace")
    except OSError:  # the other end is closed
        return ""
