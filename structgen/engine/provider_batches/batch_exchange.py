"""Send batches and fetch the answers of those that have ended. Every step is durable before the next one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from structgen.core.batch_states import BatchState, RequestOutcome
from structgen.core.errors import ModelUnavailable, StoreError
from structgen.engine.provider_batches.batch_terms import BatchTerms
from structgen.send import Allowance
from structgen.send.http.batch_client import BatchClient, BatchReport
from structgen.send.http.batch_results import LineResult, ResultReader, line_of, lines_in
from structgen.store.batch_ledger import BatchLedger, BatchRecord
from structgen.store.batch_tables import BatchChange, Settlement

_GROUP = 200
_DOWNLOADS = 3
"""How often a damaged file of results is downloaded. After that, its good lines are used."""


@dataclass(frozen=True, slots=True)
class BatchExchange:
    """The exchange with one server about the batches of one ledger. All methods raise TransportError and StoreError."""

    client: BatchClient
    ledger: BatchLedger
    terms: BatchTerms
    share: float
    allowance: Allowance

    def advance(self, batches: Iterable[int], beside: Iterable[int] = ()) -> tuple[BatchRecord, ...]:
        """Bring batches as far as they can come now. Return those whose answers are not there yet.

        Those `beside` are only looked at: they are not needed, but what they answer is paid for.
        """
        with self.ledger.exclusive():
            # send first, so that the provider works on the new batches during slow downloads
            for batch in sorted(batches):
                self._send(batch)
            for batch in sorted({*batches, *beside}):
                self._look(batch)
        return self.pending(batches)

    def pending(self, batches: Iterable[int]) -> tuple[BatchRecord, ...]:
        """Return those of these batches whose answers are not in the store yet."""
        records = filter(None, map(self.ledger.get, sorted(batches)))
        return tuple(one for one in records if one.state not in {BatchState.FETCHED, BatchState.CLOSED})

    def cancel(self, batch: int) -> BatchRecord | None:
        """Cancel a batch and return it. If nothing of it was sent, delete it and return None."""
        with self.ledger.exclusive():
            record = self.ledger.get(batch)
            if record is not None and record.state in {BatchState.WRITING, BatchState.PLANNED}:
                # its upload may have succeeded without being recorded
                found = self.client.find_file(record.file_name, self.allowance)
                if found is None:
                    self.ledger.drop([batch])
                    return None
                self.ledger.change(BatchChange(batch, BatchState.UPLOADED, file_id=found))
            self._cancel_sent(batch)
        return self.ledger.get(batch)

    def _cancel_sent(self, batch: int) -> None:
        record = self.ledger.get(batch)
        if record is None or record.file_id is None:
            return
        number = record.batch_id
        if number is None:
            found = self.client.find_batch(record.file_id, self.allowance)
            if found is None:
                with suppress(ModelUnavailable):  # a 404: the provider has deleted it already
                    self.client.delete(record.file_id, self.allowance)
                self._give_up(batch, "The batch was cancelled before it was created.")
                return
            number = found.id
            self.ledger.change(BatchChange(batch, BatchState.CREATED, batch_id=number))
        try:
            report = self.client.report(number, self.allowance)
            if not report.ended:
                report = self.client.cancel(number, self.allowance)
        except ModelUnavailable:  # a 404: nothing is left to cancel, and nothing will ever be fetched
            self._give_up(batch, f"{self.client.api.provider} has no batch {number} any more, so it was given up.")
            return
        self._note(batch, report)

    def _give_up(self, batch: int, why: str) -> None:
        """End a batch that will answer nothing."""
        self.ledger.fail(batch, RequestOutcome.CANCELLED, why)
        self.ledger.change(BatchChange(batch, BatchState.FETCHED, "cancelled"))

    def _send(self, batch: int) -> None:
        """Upload the file of a batch and create the batch, continuing where the last process stopped."""
        record = self.ledger.get(batch)
        if record is not None and record.state is BatchState.PLANNED:
            self._upload(record)
            record = self.ledger.get(batch)
        if record is not None and record.state is BatchState.UPLOADED and record.file_id is not None:
            try:
                report = self.client.create(record.file_id, record.file_name, self.allowance)
            except ModelUnavailable as error:
                raise self._lost(
                    error, f"file {record.file_id}, which was uploaded for a batch of this store"
                ) from error
            self.terms.on_step("created")
            self.ledger.change(BatchChange(batch, BatchState.CREATED, report.status, batch_id=report.id))
            self.terms.on_step("create recorded")

    def _upload(self, record: BatchRecord) -> None:
        with _temporary(record.file_name) as path:
            with path.open("wb") as file:
                for number, request in self.ledger.requests(record.id):
                    file.write(line_of(number, request))
            self.terms.on_step("written")
            file_id = self.client.upload(path, record.file_name, self.allowance)
        self.terms.on_step("uploaded")
        self.ledger.change(BatchChange(record.id, BatchState.UPLOADED, file_id=file_id))
        self.terms.on_step("upload recorded")

    def _look(self, batch: int) -> None:
        """Ask how a batch is, and fetch its answers if it has ended."""
        record = self.ledger.get(batch)
        if record is None or record.state is not BatchState.CREATED or record.batch_id is None:
            return
        try:
            report = self.client.report(record.batch_id, self.allowance)
        except ModelUnavailable as error:
            raise self._lost(error, f"batch {record.batch_id}, which was sent from the store here") from error
        self._note(batch, report)
        if report.ended:
            self._fetch(record, report)

    def _lost(self, error: ModelUnavailable, what: str) -> ModelUnavailable:
        """Return the error for a 404. With another key, a batch may be under way: nothing is sent again unasked."""
        return ModelUnavailable(
            f"{self.client.api.provider} has no {what}. Use the key and the server that it was sent with, or give it "
            "up with `structgen runs cancel` (in Python `cancel_batch`).",
            status=error.status,
            code=error.code,
        )

    def _note(self, batch: int, report: BatchReport) -> None:
        said = " ".join(report.errors[:3])
        self.ledger.change(BatchChange(batch, None, report.status, said or None, report.answered, report.refused))

    def _fetch(self, record: BatchRecord, report: BatchReport) -> None:
        """Store the answers of a batch that has ended, and the reason of every request without one."""
        counted = report.answered + report.refused
        if report.status != "failed":
            files = tuple(filter(None, (report.output, report.error_output)))
            for _ in range(_DOWNLOADS):
                found, spoilt = self._take(record, files)
                if not spoilt and found >= counted:
                    break
        self.ledger.fail(record.id, *self._why_unanswered(report))
        self.ledger.change(BatchChange(record.id, BatchState.FETCHED))
        self.terms.on_step("fetched")

    def _why_unanswered(self, report: BatchReport) -> tuple[RequestOutcome, str]:
        """Return the outcome of the requests that have no line in the results."""
        provider = self.client.api.provider
        if report.status == "failed":
            said = " ".join(report.errors[:3]) or "it gave no reason"
            return RequestOutcome.INVALID, f"{provider} refused the whole batch {report.id}: {said}"
        if report.status == "expired":
            return RequestOutcome.EXPIRED, f"The window of the batch {report.id} closed before it was answered."
        if report.status == "cancelled":
            return RequestOutcome.CANCELLED, f"The batch {report.id} was cancelled before it was answered."
        return RequestOutcome.FAILED, f"The results of the batch {report.id} lack this document."

    def _take(self, record: BatchRecord, files: tuple[str, ...]) -> tuple[int, bool]:
        """Store the results in files. Return how many there are, and whether a line was spoilt."""
        found, spoilt = 0, False
        for file_id in files:
            for results, broken in self._groups(record, file_id):
                self.ledger.settle([_settlement(record.id, one) for one in results])
                found, spoilt = found + len(results), spoilt or broken
                self.terms.on_step("settled")
        return found, spoilt

    def _groups(self, record: BatchRecord, file_id: str) -> Iterator[tuple[list[LineResult], bool]]:
        """Yield the results in a file in groups, each with whether a line of it was spoilt."""
        reader = ResultReader(self.client.api, record.model, self.client.secrets, self.share)
        with _temporary("results.jsonl") as path:
            try:
                self.client.download(file_id, path, self.allowance)
            except ModelUnavailable:  # a 404: the provider has deleted it, so no more results can be fetched
                return
            self.terms.on_step("downloaded")
            group, broken = list[LineResult](), False
            with path.open("rb") as file:
                for line in lines_in(file):
                    result = None if line is None else reader.read(line)
                    if result is None:
                        broken = True
                    else:
                        group.append(result)
                    if len(group) == _GROUP:
                        yield group, broken
                        group, broken = [], False
            yield group, broken


@contextmanager
def _temporary(name: str) -> Generator[Path]:
    """Yield a path for a file of this name, which is deleted afterwards. Raises StoreError for a full disk."""
    try:
        with tempfile.TemporaryDirectory(prefix="structgen-") as folder:
            yield Path(folder) / name
    except OSError as error:
        raise StoreError(
            f"The temporary file of a batch cannot be written ({error.strerror or error}). Make room for it, or name "
            "another folder in TMPDIR."
        ) from error


def _settlement(batch: int, result: LineResult) -> Settlement:
    return Settlement(result.number, batch, result.completion, result.outcome, result.reason, time.time())
