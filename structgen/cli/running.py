"""Runs a batch for the command line: rows to their output, words to stderr, and an exit status."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from shutil import get_terminal_size
from types import FrameType
from typing import NoReturn

from structgen.batch import Batch, Output, Row, RowStatus
from structgen.cli.command import Exit, say
from structgen.core.errors import BudgetExceeded, RateLimited
from structgen.core.events import Event, WaitingForLimit
from structgen.core.records import Document
from structgen.documents import DocumentProblem

_FAILURES = 10
"""How many failed rows are named on stderr; the others can be seen in the output alone."""


@dataclass(slots=True)
class Waits:
    """An observer that hands the waits for limits on to whoever shows the run, once there is somebody."""

    show: Callable[[WaitingForLimit], None] | None = None

    def __call__(self, event: Event) -> None:
        """Of all events, these alone."""
        if isinstance(event, WaitingForLimit) and self.show is not None:
            self.show(event)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run speaks, and what it calls a success. `waits` observes its Extractor."""

    quiet: bool = False
    allow_incomplete: bool = False
    bar: bool = True
    """Whether a line shows the progress; not where rows are printed for people, which it would tear apart."""
    waits: Waits = field(default_factory=Waits)
    kept: bool = True
    """Whether answers are kept, so that the same command goes on where this run stopped."""

    @property
    def onward(self) -> str:
        """What the same command does after a run that was stopped."""
        return f"the same command {'goes on from here' if self.kept else 'begins anew, as no answers are kept'}."


LOOKING = 2.0
"""Seconds for counting what a stopped run has left over."""


def run_batch(batch: Batch, documents: Iterable[Document | DocumentProblem], output: Output, manner: Manner) -> Exit:
    """Write every row; the exit status. What ends the run early ends it with all its rows in place.

    Raises what `Batch.rows` raises but BudgetExceeded and RateLimited, and OutputError.
    """
    ahead = iter(documents)
    try:
        interrupted = _write_rows(batch, ahead, output, manner)
    except BudgetExceeded as error:
        say(f"{error} {_left(batch, ahead, manner)}")
        return Exit.BUDGET
    except RateLimited as error:
        say(f"{error} No further document was taken. {_left(batch, ahead, manner)}")
        return Exit.BUDGET
    if batch.left_over and not manner.quiet:
        say(_left(batch, ahead, manner))
    if interrupted and batch.left_over:
        return Exit.INTERRUPTED
    incomplete = 0 if manner.allow_incomplete else batch.summary.incomplete
    return Exit.SOME_NOT_OK if batch.summary.failed or incomplete else Exit.OK


def _left(batch: Batch, ahead: Iterator[Document | DocumentProblem], manner: Manner) -> str:
    """How many documents a run that was stopped has left over, and how to go on."""
    if not batch.left_over:
        return ""
    count, exact = batch.count_left(ahead, LOOKING)
    documents = "document is" if count == 1 else "documents are"
    return f"{'' if exact else 'At least '}{count} {documents} left over: {manner.onward}"


def _write_rows(batch: Batch, documents: Iterator[Document | DocumentProblem], output: Output, manner: Manner) -> bool:
    """Every row to the output; whether Ctrl-C came. The rows get to their place, and are summed up, in any case."""
    complete = False
    try:
        with stopping_gently(batch, output, manner) as interruption, Watch(manner.quiet or not manner.bar) as watch:
            manner.waits.show = None if manner.quiet else watch.wait
            for row in batch.rows(documents):
                output.write(row)
                watch.see(row)
        complete = not batch.left_over
    finally:
        where = output.finish(complete=complete)
        if not (manner.quiet or isinstance(sys.exception(), BrokenPipeError)):
            say(f"{batch.summary}{f'; in {where}' if where else ''}")
    return interruption.came


class Watch:
    """What a user sees while a run goes on: a line with the count where stderr is a terminal, and what failed."""

    def __init__(self, quiet: bool) -> None:
        from tqdm import tqdm

        size = get_terminal_size()  # some terminals say 0 by 0, and tqdm, asking by itself, then shows nothing
        self._bar: tqdm[NoReturn] = tqdm(
            None,
            unit=" rows",
            bar_format="{n_fmt}{unit} [{elapsed}{postfix}]",  # no rate: what a wait is for needs the room
            file=sys.stderr,
            disable=quiet or not sys.stderr.isatty(),
            leave=False,
            ncols=size.columns,
            nrows=size.lines,
        )
        self._failed = 0
        self._waited = False

    def wait(self, event: WaitingForLimit) -> None:
        """Show what is waited for; where there is no line to show it in, say it once."""
        words = f"waiting for {event.limit}: {event.wait:.0f} s"
        if not self._bar.disable:
            self._bar.set_postfix_str(words)
        elif not self._waited:
            self.tell(f"{words}. The run goes on by itself, now and at every later wait.")
        self._waited = True

    def see(self, row: Row) -> None:
        """Count a row; name it where it failed."""
        self._bar.set_postfix_str(f"{self._failed} failed" if self._failed else "", refresh=False)
        self._bar.unit = " row" if self._bar.n == 0 else " rows"
        self._bar.update()
        if row.status is not RowStatus.FAILED:
            return
        self._failed += 1
        self._bar.set_postfix_str(f"{self._failed} failed")
        if self._failed <= _FAILURES:
            self.tell(f"{_name(row)}: {row.error}")
        if self._failed == _FAILURES + 1:
            self.tell("more rows failed; their errors are in the rows.")

    def tell(self, message: object) -> None:
        """Say something without tearing the line of the progress apart."""
        self._bar.clear()
        say(message)
        self._bar.refresh()

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()


def _name(row: Row) -> str:
    """What to call a row: its source, and its id where that says more."""
    return row.source if row.source.endswith(row.id) else f"{row.source} ({row.id})"


@dataclass(slots=True)
class Interruption:
    """Whether the user has pressed Ctrl-C."""

    came: bool = False


@contextmanager
def stopping_gently(batch: Batch, output: Output, manner: Manner) -> Generator[Interruption]:
    """Let the first Ctrl-C finish what is under way, which may be paid for, and give up what waits to be sent.

    The second ends the process at once.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption  # signals are for the main thread alone
        return

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        if interruption.came:
            try:
                where = output.finish(complete=False)
                rows = f"; the rows so far are in {where}" if where else ""
                say(f"stopped{rows}: {manner.onward}")
            finally:
                os._exit(Exit.INTERRUPTED)
        interruption.came = True
        batch.stop()
        say("stopping: what is under way is finished first, what waits is given up; Ctrl-C again stops at once.")

    before = signal.signal(signal.SIGINT, interrupt)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGINT, before)
