"""``structgen extract --via groq-batch``: send the documents in batches, report their state, and cancel them."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Any

from structgen.cli.arguments import EngineName, ExtractArguments
from structgen.cli.console import Exit, say
from structgen.cli.retry_failed import command_line
from structgen.cli.run_store import begin_run
from structgen.core.batch_states import BatchRetry, BatchState
from structgen.core.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    ModelUnavailable,
    RequestRejected,
    RequestTooLarge,
    StoreError,
    TransportError,
)
from structgen.core.json import JsonObject
from structgen.core.records import Document

if TYPE_CHECKING:
    from structgen.batch import Batch, RunBudget
    from structgen.batch.run import Sum
    from structgen.core.records import Task
    from structgen.documents import DocumentOrProblem
    from structgen.engine.provider_batches.request_collector import OpenRequests
    from structgen.engine.provider_batches.submission import Submission
    from structgen.extractor import Extractor
    from structgen.store import RunSpec, Store
    from structgen.store.batch_ledger import BatchRecord


def check_via(arguments: ExtractArguments) -> None:
    """Raise ConfigurationError for options that do not go together."""
    if arguments.via is None:
        given = [name for name, on in (("--wait", arguments.wait), ("--retry", arguments.retry is not None)) if on]
        if given:
            raise ConfigurationError(f"{given[0]} only applies to batches: add --via groq-batch, or omit it.")
        return
    if arguments.no_store:
        raise ConfigurationError("--via needs the store, which keeps the ids of the batches: omit --no-store.")
    if arguments.engine is EngineName.DAFT:
        raise ConfigurationError("--engine daft uses single calls: omit --via or --engine.")
    if arguments.retry_failed:
        raise ConfigurationError(
            "--retry-failed uses single calls: omit --via; or omit --retry-failed and give --retry batch."
        )


@dataclass(frozen=True, slots=True)
class Question:
    """The request of a command about each document, and the Extractor that sends it."""

    extractor: Extractor
    task: Task[Any]
    instructions: str | None


class Rereader:
    """Reads the inputs, from the beginning each time. Standard input is read once and kept."""

    def __init__(self, read: Callable[[bool], Iterable[DocumentOrProblem]], inputs: Sequence[str]) -> None:
        """`read` reads the inputs; its argument says whether to say nothing about them."""
        from structgen.documents.inputs import STANDARD_INPUT

        self._read = read
        self._keeps = STANDARD_INPUT in inputs
        self._kept: list[DocumentOrProblem] | None = None

    def read(self, *, quiet: bool, again: bool = False) -> Iterator[DocumentOrProblem]:
        """Return the documents and problems. `again` says that they will be read once more."""
        if self._kept is None and again and self._keeps:
            self._kept = list(self._read(quiet))
        return iter(self._read(quiet) if self._kept is None else self._kept)


@dataclass(slots=True)
class Sent:
    """The documents of a command in batches; without --via, nothing.

    `status` is that of the command if it writes no rows now, else None. `run` is the run of the batches, or None if
    every answer was in the store. `answering` is the Extractor that has the answers of the batches.
    """

    status: Exit | None = None
    run: int | None = None
    submission: Submission | None = None
    answering: Extractor | None = None

    def budget(self, arguments: ExtractArguments) -> RunBudget:
        """Return the limits for writing the rows. Without single calls, nothing more is paid."""
        from structgen.batch import RunBudget

        if self.submission is not None and arguments.retry in {BatchRetry.BATCH, BatchRetry.NONE}:
            return RunBudget(max_seconds=arguments.max_time)
        return RunBudget(arguments.max_cost, arguments.max_tokens, arguments.max_time)

    def spent(self) -> Sum | None:
        """Return what the batches took, or None without any."""
        from structgen.batch.run import Sum
        from structgen.engine.budget import tokens_of

        if self.submission is None:
            return None
        spent = self.submission.spent()
        return Sum(self.submission.cost(spent), tokens_of(spent))

    def close(self, batch: Batch) -> None:
        """Record that the rows are written, unless documents are left over."""
        if self.submission is not None and not batch.left_over:
            self.submission.close()


def send_in_batches(
    arguments: ExtractArguments, question: Question, store: Store | None, specs: Sequence[RunSpec], reader: Rereader
) -> Sent:
    """Send what is not answered yet and fetch what is; with --wait, until everything is. Without --via, do nothing.

    Says how far the batches are. Raises the errors that the same command would meet again.
    """
    if arguments.via is None:
        if store is not None and not (store.read_only or arguments.quiet):
            _warn_of_batches(arguments, question, store)
        return Sent()
    sent = Sent()
    try:
        with _sigterm_as_ctrl_c():
            sent.submission = _submission(arguments, question, store, specs)
            pending = _advance(arguments, question, sent.submission, reader)
    except BudgetExceeded as error:
        say(error)
        sent.status = Exit.BUDGET
    except (AuthenticationFailed, ModelUnavailable, RequestRejected, RequestTooLarge):
        raise
    except (TransportError, StoreError) as error:
        say(f"{error} Nothing is lost: the same command continues from here.")
        sent.status = Exit.BUDGET
    except KeyboardInterrupt as stop:
        say("stopped: batches that were sent keep running, and the same command continues from here.")
        sent.status = Exit.TERMINATED if isinstance(stop, _Terminated) else Exit.INTERRUPTED
    else:
        sent.run = _run_of(sent.submission)
        sent.answering = question.extractor.answered_by(sent.submission)
        sent.status = Exit.OK if pending else None
        _explain(sent.submission, pending, sent.run, quiet=arguments.quiet)
    return sent


class _Terminated(KeyboardInterrupt):
    """SIGTERM, where it ends the sending and the wait in the same way as Ctrl-C."""


@contextmanager
def _sigterm_as_ctrl_c() -> Generator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return

    def terminate(_number: int, _frame: FrameType | None) -> None:
        raise _Terminated

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before or signal.SIG_DFL)


def _warn_of_batches(arguments: ExtractArguments, question: Question, store: Store) -> None:
    """Say that batches under way may have the same documents, which are left to them: nothing is paid for twice."""
    from structgen.engine.answers import REPLAY

    if (arguments.model or "").partition("/")[0] == REPLAY:
        return  # the extractor names the recorded model, but sends nothing
    model = question.extractor.model.partition("/")[2]
    under_way = {one.run for one in store.batches.open() if one.model == model and one.state is not BatchState.FETCHED}
    runs = [run for run in store.runs() if run.id in under_way and run.task == question.task.name]
    if runs:
        say(
            f"run {runs[0].id} has a batch under way for this task and model. Documents that are in it are not sent "
            f"again, because they would be paid for twice: they fail here. To fetch the batch: {runs[0].command}"
        )


def _submission(
    arguments: ExtractArguments, question: Question, store: Store | None, specs: Sequence[RunSpec]
) -> Submission:
    from structgen.engine.provider_batches.batch_terms import BatchTerms

    terms = BatchTerms(arguments.retry, arguments.max_cost, arguments.max_tokens)
    submission = question.extractor.submission(terms)

    def run() -> int:
        if store is None:
            return 0
        # another command, such as one with --limit, may have sent some of the documents
        earlier, command = _run_of(submission), command_line()
        if earlier is not None and any(run.id == earlier and run.command == command for run in store.runs()):
            return earlier
        return begin_run(store, question.task.name, question.extractor.model, specs)

    submission.run = run
    return submission


def _advance(
    arguments: ExtractArguments, question: Question, submission: Submission, reader: Rereader
) -> tuple[BatchRecord, ...]:
    """Send and fetch; with --wait, until every batch has ended. Return the batches that have not."""

    def documents() -> Iterator[OpenRequests]:
        texts = (one for one in reader.read(quiet=True, again=True) if isinstance(one, Document))
        return question.extractor.open_requests(question.task, texts, question.instructions)

    pending = submission.send(documents)
    while pending and arguments.wait:
        _tell(pending, quiet=arguments.quiet)
        before = pending
        for now in submission.wait(pending):
            if now != before:
                _tell(now, quiet=arguments.quiet)
            before = now
        # a refused answer may have to be requested again in another batch
        pending = submission.send(documents)
    return pending


def _run_of(submission: Submission) -> int | None:
    """Return the latest run with batches of these documents, or None."""
    return max((one.run for one in submission.records() if one.run), default=None)


def _tell(pending: Iterable[BatchRecord], *, quiet: bool) -> None:
    for record in () if quiet else pending:
        say(f"{words_of(record)}.")


def _explain(submission: Submission, pending: tuple[BatchRecord, ...], run: int | None, *, quiet: bool) -> None:
    """Report what was sent, and what the user can do until the batches end."""
    if pending and not quiet:
        if submission.sent:
            most = submission.cost(submission.most)
            requests = f"{submission.sent:,} request{'' if submission.sent == 1 else 's'}"
            say(f"sent {requests} for at most {most:.6f} USD, {submission.share:.0%} of the price of single calls.")
        _tell(pending, quiet=quiet)
        cancel = f"; `structgen runs cancel {run}` cancels it" if run else ""
        say(
            "no row is written yet: the same command fetches the answers once the batch is done, within 24 hours, and "
            f"waits for that with --wait{cancel}."
        )


def cancel_batches(store: Store, run: int, base_url: str | None) -> tuple[BatchRecord, ...]:
    """Cancel the batches of a run that have not ended. Return their new state.

    Raises ConfigurationError if there is none.
    """
    from structgen.engine.provider_batches.batch_terms import VIA, BatchTerms
    from structgen.extractor import Extractor

    records = store.batches.open(run=run)
    if not records:
        raise ConfigurationError(f"Run {run} has no batch in progress: `structgen runs` shows which runs have one.")
    ended: list[BatchRecord] = []
    for record in records:
        # if the URL has a secret, the name of its server is not the URL
        known = record.endpoint if record.endpoint.startswith("http") else None
        with Extractor(f"{VIA}/{record.model}", base_url=base_url or known, store=store) as extractor:
            extractor.submission(BatchTerms()).cancel([record])
        now = store.batches.get(record.id)
        if now is not None:
            ended.append(now)
    return tuple(ended)


def words_of(record: BatchRecord) -> str:
    """Describe the state of a batch in one line."""
    name = record.batch_id or record.file_name
    failed = f", {record.refused:,} failed" if record.refused else ""
    said = f": {record.said}" if record.said else ""
    done = f"{record.answered:,} of {record.requests:,} answered"
    return f"batch {name}: {record.status or record.state}{said}, {done}{failed}"


def batch_entry(record: BatchRecord) -> JsonObject:
    """Return a batch as JSON: the provider's id (or null), its status, and the counts of its requests."""
    return {
        "batch": record.batch_id,
        "file": record.file_id,
        "status": record.status or str(record.state),
        "requests": record.requests,
        "answered": record.answered,
        "failed": record.refused,
        "run": record.run,
        "model": record.model,
        "error": record.said or None,
    }
