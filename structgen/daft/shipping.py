"""Serialize documents for the processes of a cluster, and their rows, as bytes in columns of Daft."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace
from typing import Any

from structgen.batch.row import Row
from structgen.batch.run import was_given_up
from structgen.core.errors import ExtractionFailed, StructgenError
from structgen.core.records import Document
from structgen.core.results import Attempt, Extraction
from structgen.daft.job import Job
from structgen.daft.worker import failure_of, worker_of
from structgen.engine.drive import Outcome


@dataclass(frozen=True, slots=True)
class Answered:
    """The row of a document, and what else the run needs: the attempts without their texts, and the cause.

    `given_up` says that a request was not sent because the run was stopped.
    """

    row: Row
    attempts: tuple[Attempt, ...] = ()
    accepted: bool = False
    cause: StructgenError | None = None
    given_up: bool = False

    @property
    def outcome(self) -> Outcome[Any]:
        """The outcome, as far as the run needs it."""
        if self.accepted:
            return Extraction(self.row.value, attempts=self.attempts, usage=self.row.usage)
        failed = ExtractionFailed(self.row.error or "", attempts=self.attempts, usage=self.row.usage)
        failed.__cause__ = self.cause
        return failed


def pack(document: Document) -> bytes:
    """Return a document as bytes."""
    return pickle.dumps(document)


def unpack(packed: bytes) -> Answered:
    """Return what a worker of this run has answered."""
    found = pickle.loads(packed)  # noqa: S301  written by our own workers
    if not isinstance(found, Answered):
        raise TypeError(f"A worker returned {type(found).__name__}: do all processes have the same structgen?")
    return found


async def answer_packed(job: Job, packed: list[bytes]) -> list[bytes]:
    """Return the packed answers to packed documents, in order. Raises nothing."""
    documents = [_document(one) for one in packed]
    worker = worker_of(job)
    if isinstance(worker, BaseException):
        return [_failed(document, worker) for document in documents]
    found = await worker.work(documents)
    return [_packed(worker.row(document, outcome), outcome) for document, outcome in found]


def _document(packed: bytes) -> Document:
    return pickle.loads(packed)  # noqa: S301  written by `pack`


def _failed(document: Document, error: StructgenError) -> bytes:
    from structgen.batch.row import row_of_failure

    failed = failure_of(error)
    return _packed(row_of_failure(document, failed, 0.0, ""), failed)


def _packed(row: Row, outcome: Outcome[Any]) -> bytes:
    cause = outcome.__cause__ if isinstance(outcome, ExtractionFailed) else None
    # Other exceptions may not be picklable, and the run does not need them.
    kept = cause if isinstance(cause, StructgenError) and not isinstance(cause, ExtractionFailed) else None
    attempts = tuple(map(_light, outcome.attempts))
    return pickle.dumps(Answered(row, attempts, isinstance(outcome, Extraction), kept, was_given_up(outcome)))


def _light(attempt: Attempt) -> Attempt:
    """Return an attempt without what only its reader needs: the texts of its request and of its completion."""
    request = replace(attempt.request, messages=(), json_schema=True, document=None, names={}, above=())
    completion = replace(attempt.completion, text="", reasoning=None, evidence=None, notes=())
    return Attempt(request, completion, (), attempt.why, attempt.at_most)
