"""The live panel at the bottom of a terminal. Everything else is printed above it.

The cursor is never hidden, so that no way to end the process can leave it so.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from datetime import datetime
from shutil import get_terminal_size
from typing import IO

from structgen.cli.console import LIVE
from structgen.cli.run_display.panel_lines import LEAST_BAR, bar_words, panel_lines
from structgen.core.progress import Progress

REFRESH = 0.5
"""Seconds between two updates of the panel."""


class Panel:
    """Draws the progress twice a second, from a separate thread. `read` returns the progress."""

    def __init__(self, stream: IO[str], read: Callable[[], Progress]) -> None:
        self._stream, self._read = stream, read
        self._lock = threading.RLock()  # reentrant: a signal handler may print while the panel is being drawn
        self._cleared = 0
        self._text, self._widths = "", list[int]()
        self._drawn = False
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="structgen-panel", daemon=True)

    def open(self) -> None:
        """Begin to draw."""
        LIVE.clear, LIVE.end = self.clear, self.close
        self._thread.start()

    def close(self) -> None:
        """Remove the panel."""
        self._ended.set()
        with self._lock:
            self._erase()
        if LIVE.end == self.close:
            LIVE.reset()

    @contextmanager
    def clear(self) -> Generator[None]:
        """Make room for something else that is printed on the terminal."""
        with self._lock:
            self._cleared += 1
            self._erase()
            try:
                yield
            finally:
                self._cleared -= 1
                self._show()

    def _run(self) -> None:
        while not self._ended.wait(REFRESH):
            self.draw()

    def draw(self) -> None:
        """Draw the panel as it is now."""
        columns, rows = self._size()
        text, widths = rendered(self._read(), columns - 1, rows - 1)
        with self._lock:
            self._erase()
            self._text, self._widths = text, widths
            self._show()

    def _show(self) -> None:
        if self._text and not (self._cleared or self._drawn or self._ended.is_set()):
            self._write(self._text)
            self._drawn = True

    def _erase(self) -> None:
        if not self._drawn:
            return
        # A terminal that has become narrower has wrapped the lines.
        columns, _ = self._size()
        rows = sum(max(1, -(-width // columns)) for width in self._widths)
        self._write(f"\r\x1b[{rows}A\x1b[J")
        self._drawn = False

    def _write(self, text: str) -> None:
        # A failure to draw must not end a run.
        with suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()

    def _size(self) -> tuple[int, int]:
        with suppress(OSError, ValueError):
            columns, rows = os.get_terminal_size(self._stream.fileno())
            if columns and rows:  # some terminals report 0 by 0
                return columns, rows
        size = get_terminal_size()
        return size.columns, size.lines


def rendered(shown: Progress, width: int, most: int) -> tuple[str, list[int]]:
    """Return the panel with its styles, and the width of each line, at most `most` lines."""
    from rich.console import Console
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    console = Console(file=io.StringIO(), force_terminal=True, width=max(width, 1), legacy_windows=False)
    words, lines = bar_words(shown), panel_lines(shown, max(width, 1), datetime.now().astimezone())[: max(most - 1, 0)]
    space = width - len(words) - 2
    with console.capture() as captured:
        if space >= LEAST_BAR and shown.total:
            head = Table.grid(padding=(0, 2, 0, 0))
            head.add_row(ProgressBar(shown.total, min(shown.done, shown.total), width=min(space, 60)), Text(words))
            console.print(head, no_wrap=True, crop=True)
        else:
            console.print(Text(words[: max(width, 1)], style="bold"))
        for line in lines:
            console.print(Text(line, style=_style(line)), no_wrap=True, crop=True)
    return captured.get(), [width] * (1 + len(lines))


def _style(line: str) -> str:
    return "yellow" if line.startswith("waiting for") else ""


def can_draw(stream: IO[str]) -> bool:
    """Whether a stream is a terminal that can move its cursor."""
    if not stream.isatty() or os.environ.get("TERM", "").lower() in {"", "dumb", "unknown"}:
        return False
    return sys.platform != "win32" or "WT_SESSION" in os.environ
