"""Run a batch for the command line: write its rows, print messages on stderr, and return an exit status."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from structgen.batch import Batch, Output, Row, open_output
from structgen.batch.row_view import view_of_row
from structgen.batch.run_record import RunRecord
from structgen.cli.console import LIVE, Exit, say
from structgen.cli.run_display.run_watch import RunObserver, RunWatch, Total
from structgen.core.errors import BudgetExceeded, OutputError, RateLimited, ServerDown, StoreError, StructgenError
from structgen.core.records import Document
from structgen.documents import DocumentOrProblem
from structgen.report import print_view
from structgen.schema import Schema


@dataclass(frozen=True, slots=True)
class Manner:
    """How a run reports, and what counts as success. `observer` observes its Extractor."""

    quiet: bool = False
    allow_incomplete: bool = False
    bar: bool = True
    """Whether to show the progress; not with --show, because it would interrupt the printed rows."""
    observer: RunObserver = field(default_factory=RunObserver)
    total: Total = lambda: None
    """Counts the documents, if they need not be read for it."""
    retry: str = ""
    """The command that retries the rows that are not ok, or "" if there is none."""
    stored: bool = True
    """Whether responses are stored, so that the same command continues where this run stopped."""

    @property
    def next_step(self) -> str:
        """What the user can do after a run that was stopped."""
        return f"the same command {'continues from here' if self.stored else 'starts over: no responses are stored'}."


COUNT_SECONDS = 2.0
"""Seconds to spend on counting the documents that a stopped run left over."""


def run_batch(
    batch: Batch,
    documents: Iterable[DocumentOrProblem],
    output: Output,
    manner: Manner,
    record: RunRecord | None = None,
) -> Exit:
    """Write every row and return the exit status. Whatever ends the run early, all its rows are in the output.

    `record` takes the rows that were written. Raises OutputError, AuthenticationFailed, ModelUnavailable and
    ConfigurationError.
    """
    # one iterator for both, so that counting the rest continues where writing stopped
    ahead = iter(documents)
    try:
        interrupted = _write_rows(batch, ahead, output, manner, record)
    except BudgetExceeded as error:
        say(f"{error} {_left(batch, ahead, manner)}")
        return Exit.BUDGET
    except (RateLimited, ServerDown, StoreError) as error:
        left = _left(batch, ahead, manner) or f"T{manner.next_step[1:]}"
        say(f"{error} No further document was started. {left}")
        return Exit.BUDGET
    if batch.left_over and not manner.quiet:
        say(_left(batch, ahead, manner))
    if interrupted and batch.left_over:
        return Exit.TERMINATED if interrupted == signal.SIGTERM else Exit.INTERRUPTED
    # a stopped run that nevertheless finished everything counts as complete
    incomplete = 0 if manner.allow_incomplete else batch.summary.incomplete
    return Exit.SOME_NOT_OK if batch.summary.failed or incomplete else Exit.OK


def _left(batch: Batch, ahead: Iterator[DocumentOrProblem], manner: Manner) -> str:
    """Return how many documents a stopped run left over, and how to continue; "" if none."""
    if not batch.left_over:
        return ""
    count, exact = batch.count_left(ahead, COUNT_SECONDS)
    documents = "document is" if count == 1 else "documents are"
    return f"{'' if exact else 'At least '}{count} {documents} left over: {manner.next_step}"


def _write_rows(
    batch: Batch, documents: Iterator[DocumentOrProblem], output: Output, manner: Manner, record: RunRecord | None
) -> int:
    """Write every row; return the signal that stopped the run, or 0.

    Whatever happens, finish the output and print the summary.
    """
    complete = False
    watch = RunWatch(quiet=manner.quiet, bar=manner.bar, models=batch.models, total=manner.total)
    with graceful_interrupt(batch, output, manner) as interruption:
        try:
            with watch:
                manner.observer.watch = watch
                _write_each(batch, documents, output, watch, record)
            complete = not batch.left_over
        finally:
            interruption.ending = True
            where = output.finish(complete=complete)
            # the reader of a closed pipe has seen enough, like `head`, and wants no summary
            if not (manner.quiet or isinstance(sys.exception(), BrokenPipeError)):
                lost = batch.summary.rows - watch.seen
                unwritten = f"; {lost} of them could not be written" if lost else ""
                # if the server is down, the final message says enough
                if not batch.server_is_down:
                    watch.say_groups(manner.retry, record.run if record else None)
                say(f"{batch.summary}{unwritten}{f'; in {where}' if where else ''}")
    return interruption.signal


def _write_each(
    batch: Batch,
    documents: Iterator[DocumentOrProblem],
    output: Output,
    watch: RunWatch,
    record: RunRecord | None,
) -> None:
    rows = batch.rows(documents, output.fit)
    try:
        for row in rows:
            with watch.room():
                output.write(row)
            if record is not None:
                record.add(row)
            # the message at the end says what a server that is down said
            watch.see(row, naming=not batch.server_is_down)
    except (OutputError, OSError):  # with --show, a full disk behind stdout is an OSError
        _abandon(batch, rows)
        raise


def _abandon(batch: Batch, rows: Iterable[Row]) -> None:
    """Stop a run whose rows cannot be written, but not before the responses in flight are stored: they are paid for."""
    batch.stop()
    with suppress(StructgenError):
        for _ in rows:
            pass


@dataclass(slots=True)
class Interruption:
    """The signal that asked the run to stop, SIGINT (Ctrl-C) or SIGTERM, or 0; and whether only the output is left."""

    signal: int = 0
    ending: bool = False


@contextmanager
def graceful_interrupt(batch: Batch, output: Output, manner: Manner) -> Generator[Interruption]:
    """Let the first Ctrl-C or SIGTERM finish requests in flight, which may be paid for, and give up those that wait.

    The second one ends the process immediately.
    """
    interruption = Interruption()
    if threading.current_thread() is not threading.main_thread():
        yield interruption  # only the main thread may handle signals
        return

    def interrupt(number: int, _frame: FrameType | None) -> None:
        if interruption.signal:
            try:
                LIVE.end()
                where = output.finish(complete=False)
                rows = f"; the rows so far are in {where}" if where else ""
                say(f"stopped{rows}: {manner.next_step}")
            finally:
                # not sys.exit: threads that wait for the network would keep the process alive
                os._exit(Exit.TERMINATED if number == signal.SIGTERM else Exit.INTERRUPTED)
        interruption.signal = number
        # called within a signal handler, so it only sets a flag
        batch.stop()
        now = "the output" if interruption.ending else "requests in flight, giving up those still waiting"
        say(f"stopping: finishing {now}; Ctrl-C again stops immediately.")

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield interruption
    finally:
        for number, handler in before.items():
            signal.signal(number, handler or signal.SIG_DFL)


class ShownOutput:
    """Prints each row for people, and passes it on to the output file if there is one.

    A row does not contain its text. Rows arrive in the order of the documents, so the texts wait here for their rows.
    """

    def __init__(self, file: Output | None) -> None:
        self._file = file
        self._waiting: deque[DocumentOrProblem] = deque()

    def remember(self, documents: Iterable[DocumentOrProblem]) -> Iterator[DocumentOrProblem]:
        """Yield the documents, remembering each until its row arrives."""
        for document in documents:
            self._waiting.append(document)
            yield document

    def fit(self, row: Row) -> Row:
        """Return the row as the file can hold it."""
        return row if self._file is None else self._file.fit(row)

    def write(self, row: Row) -> None:
        """Write a row to the file, then print it."""
        if self._file is not None:
            self._file.write(row)
        # every document and every problem yields one row, in order
        source = self._waiting.popleft()
        print_view(view_of_row(row), source.text if isinstance(source, Document) else None)

    def finish(self, *, complete: bool) -> Path | None:
        """Finish the output file."""
        return self._file.finish(complete=complete) if self._file is not None else None


def with_output(
    documents: Iterable[DocumentOrProblem],
    output: Path | None,
    schema: Schema[Any],
    *,
    show: bool,
    patch: bool = False,
) -> tuple[Iterable[DocumentOrProblem], Output]:
    """Return the documents, and the output for their rows, which with `show` prints them too.

    With `patch`, a file keeps its rows of other documents.
    Raises ConfigurationError if the file cannot be written.
    """
    if not show:
        return documents, open_output(output, schema, patch=patch)
    shown = ShownOutput(open_output(output, schema, patch=patch) if output is not None else None)
    return shown.remember(documents), shown
