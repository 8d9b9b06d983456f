"""Watch a run: count its rows, report failed ones, and show the progress."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from structgen.batch import Row, RowStatus
from structgen.batch.failure_reasons import FailureGroups, named, reason_of
from structgen.cli.console import say
from structgen.cli.run_display.panel import Panel, can_draw
from structgen.cli.run_display.panel_lines import plain_line
from structgen.core.events import Event, WaitingForLimit
from structgen.core.progress import Progress
from structgen.core.screen import visible_line
from structgen.engine.budget import Prices
from structgen.engine.progress.progress_count import ProgressCount

FAILURES = 10
"""How many failed rows are reported during the run; the output contains all of them."""

GROUPS = 10
"""How many reasons the summary names."""

PLAIN = 10.0
"""Seconds between two plain lines."""

COUNTING = 1.0
"""Seconds for which the first display waits for the number of documents."""

Total = Callable[[], int | None]
"""Counts the documents of a run; None if that would take too long."""


@dataclass(slots=True)
class RunObserver:
    """An observer that passes events to the watch of the run, once that exists."""

    watch: RunWatch | None = None

    def __call__(self, event: Event) -> None:
        """Pass on an event."""
        if self.watch is not None:
            self.watch.observe(event)


class PlainLines:
    """Prints the progress every few seconds if no panel can be drawn."""

    def __init__(self, read: Callable[[], Progress], seconds: float = PLAIN) -> None:
        self._read, self._seconds = read, seconds
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="structgen-progress", daemon=True)

    def open(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """Say nothing more."""
        self._ended.set()

    def _run(self) -> None:
        while not self._ended.wait(self._seconds):
            self.draw()

    def draw(self) -> None:
        """Say how far the run is."""
        say(plain_line(self._read(), datetime.now().astimezone()))


class RunWatch:
    """Counts the rows and events of a run, and shows them unless it is `quiet`. `bar` is False if rows are shown."""

    def __init__(
        self, *, quiet: bool = False, bar: bool = True, models: Iterable[str] = (), total: Total = lambda: None
    ) -> None:
        self.seen = 0
        """The number of rows that were written."""
        self.groups = FailureGroups()
        self._quiet = quiet
        self._total = total
        self._count = ProgressCount(None, Prices.of(models), time.monotonic())
        self._panel = Panel(sys.stderr, self.read) if not quiet and bar and can_draw(sys.stderr) else None
        shows = not quiet and bar
        self._display = self._panel or (PlainLines(self.read) if shows else None)
        self._room = self._panel.clear if self._panel is not None and _is_terminal(sys.stdout) else nullcontext[None]
        self._said: str | None = None
        self._waited = False

    def read(self) -> Progress:
        """Return how far the run is. The first call begins to count the documents."""
        total, self._total = self._total, _uncounted
        if total is not _uncounted:
            counting = threading.Thread(target=lambda: self._count.set_total(total()), daemon=True)
            counting.start()
            counting.join(COUNTING)  # most counts take less, and the display begins with them
        return self._count.read(time.monotonic())

    def observe(self, event: Event) -> None:
        """Count an event, from any thread. Without a panel, report the first wait."""
        self._count.observe(event, time.monotonic())
        if isinstance(event, WaitingForLimit) and self._panel is None and not (self._quiet or self._waited):
            self._waited = True
            words = f"waiting for {event.limit}: {event.wait:.0f} s"  # servers name their limits
            say(f"{visible_line(words)}. The run continues by itself, now and after every later wait.")

    def room(self) -> AbstractContextManager[None]:
        """Make room for a row on standard output, if that is the same terminal."""
        return self._room()

    def see(self, row: Row, *, naming: bool = True) -> None:
        """Count a row; name it if it failed, unless told not to."""
        self.seen += 1
        self._count.end(row.status, repaired=bool(row.repairs), paid=row.usage.calls > 0)
        reason = reason_of(row)
        if reason is not None:
            self.groups.add(str(row.status), reason, id=row.id, source=row.source, error=row.error or "")
        if row.status is RowStatus.FAILED and naming:
            self._name(row)

    def _name(self, row: Row) -> None:
        failed = self._count.failed
        # a server that is down fails many documents with the same sentence
        repeated = row.error == self._said and bool(row.model)
        self._said = row.error
        if failed <= FAILURES and not repeated:
            say(f"{named(row.source, row.id)}: {row.error}")
        if failed == FAILURES + 1:
            say("more rows failed; the output contains their errors.")

    def say_groups(self, retry: str, number: int | None) -> None:
        """Report why rows are not ok, the most frequent reasons first, and the command that retries them, if any."""
        groups = self.groups.ranked
        for group in groups[:GROUPS]:
            say(f"{group.count:,} {group.status}: {group.reason} The first: {group.example}")
        if len(groups) > GROUPS:
            where = f": `structgen runs failures {number}` lists them" if number is not None else ""
            say(f"{len(groups) - GROUPS} more reasons{where}.")
        if groups and retry:
            say(f"to retry only these: {retry}")

    def __enter__(self) -> Self:
        if self._display is not None:
            self._display.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._display is not None:
            self._display.close()


def _uncounted() -> int | None:
    return None


def _is_terminal(stream: object) -> bool:
    isatty = getattr(stream, "isatty", None)
    return callable(isatty) and bool(isatty())
