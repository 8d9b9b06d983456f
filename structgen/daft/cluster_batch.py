"""A batch that runs on Daft, partition by partition. Its rows are in the order of the documents."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from structgen.batch import Batch, Row
from structgen.batch.row import row_of_problem
from structgen.batch.run import RunBudget
from structgen.core.errors import ServerDown
from structgen.core.records import Document, Task
from structgen.daft.job import Job, load_daft, ship_by_value
from structgen.daft.pump import pumped
from structgen.daft.shipping import Answered, answer_packed, pack, unpack
from structgen.daft.worker import StopSign
from structgen.documents import DocumentOrProblem, DocumentProblem
from structgen.engine.budget import is_paid
from structgen.engine.drive import Outcome
from structgen.extractor import Extractor

PARTITION = 4_096
"""Maximum documents of a partition, all of which are in memory at once."""

CHARACTERS = 32_000_000
"""Maximum characters of a partition, not counting its last document."""

BATCH = 64
"""Documents that Daft hands over at once; fewer, if the documents are to reach all processes."""


class ClusterBatch(Batch):
    """One run over many documents on Daft: on this machine, or on the Ray cluster that Daft uses.

    `extractor` only says what applies to the whole run, such as prices; the processes open their own for `job`.
    `processes` is how many of them there are.
    """

    def __init__(
        self,
        extractor: Extractor,
        task: Task[Any],
        job: Job,
        *,
        processes: int = 1,
        budget: RunBudget | None = None,
        seen: Callable[[Outcome[Any]], None] | None = None,
        elsewhere: Callable[[], float] = float,
    ) -> None:
        super().__init__(
            extractor,
            task,
            instructions=job.instructions,
            concurrency=job.concurrency,
            budget=budget,
            seen=seen,
            elsewhere=elsewhere,
        )
        ship_by_value(task)
        self._job = job
        self._sign = StopSign(job)
        self._processes = processes

    def in_run(self, run: int | None) -> None:
        """Record what the processes pay under this run in the ledger of the store."""
        self._job = replace(self._job, run=run)

    def stop(self) -> None:
        """Start no further document, and give up requests that wait, in all processes."""
        super().stop()
        with suppress(OSError):
            self._sign.set()

    def rows(self, documents: Any, fit: Callable[[Row], Row] | None = None) -> Generator[Row, None, None]:
        """Yield a row for each document and each problem, in order, as `Batch.rows` does."""
        try:
            yield from super().rows(documents, fit)
        finally:
            with suppress(OSError):
                self._sign.clear()

    def _round(self, documents: Iterator[DocumentOrProblem]) -> Iterator[Row]:
        while True:
            waiting: deque[DocumentOrProblem] = deque()
            feed = self._feed(documents, waiting)
            partition = list(_taken(feed))
            if partition:
                yield from self._answered(partition, waiting)
            yield from (row_of_problem(item) for item in waiting if isinstance(item, DocumentProblem))
            self._left += sum(isinstance(item, Document) for item in waiting)
            # A run that was stopped looks for one more document, to know whether it has left any over.
            if not partition or self._postponed is not None:
                return

    def _answered(self, partition: list[Document], waiting: deque[DocumentOrProblem]) -> Iterator[Row]:
        """Yield the rows of a partition, with those of the problems between its documents."""
        for answered in self._through_daft(partition):
            while isinstance(item := waiting.popleft(), DocumentProblem):
                yield row_of_problem(item)
            outcome = answered.outcome
            self._spending.settle(outcome.attempts)
            if self._given_up and (answered.given_up or self._is_like_the_reason(answered)):
                self._left += 1
                if not is_paid(outcome.attempts):
                    continue
            if self._seen is not None:
                self._seen(outcome)
            self._stop_if_hopeless(outcome)
            yield answered.row

    def _is_like_the_reason(self, answered: Answered) -> bool:
        """Whether a document failed with the error that stopped the run, before its process learned of the stop."""
        return self._reason is not None and type(answered.cause) is type(self._reason) and not answered.attempts

    def _through_daft(self, partition: list[Document]) -> Iterator[Answered]:
        """Yield the answers in the order of the documents. An error from Daft stops the run and becomes its reason."""
        arrived: dict[int, bytes] = {}
        due = 0
        results = pumped(partial(self._results, partition))
        try:
            for number, packed in results:
                arrived[number] = packed
                while due in arrived:
                    yield unpack(arrived.pop(due))
                    due += 1
        except Exception as error:  # Daft has several kinds, and Ray others
            self._end_with(next(iter(str(error).splitlines()), type(error).__name__))
            deque(results, maxlen=0)  # requests in flight are paid for: store their responses first
            return
        if due < len(partition):
            self._end_with(f"it returned {due:,} of {len(partition):,} rows")

    def _end_with(self, why: str) -> None:
        """Stop the run because Daft has failed."""
        self._reason = self._reason or ServerDown(f"Daft has stopped: {why.rstrip('.')}.")
        self.stop()

    def _results(self, partition: list[Document]) -> Iterator[tuple[int, bytes]]:
        daft, job = load_daft(), self._job

        async def structgen_rows(column: Any) -> Any:
            packed = await answer_packed(job, column.to_pylist())
            return load_daft().Series.from_pylist(packed, dtype=load_daft().DataType.binary())

        size = max(1, min(BATCH, len(partition) // (2 * self._processes)))
        make = daft.func.batch(return_dtype=daft.DataType.binary(), batch_size=size, use_process=False)
        columns = {"number": list(range(len(partition))), "document": list(map(pack, partition))}
        frame = daft.from_pydict(columns)
        if self._processes > 1:
            frame = frame.into_partitions(2 * self._processes)
        frame = frame.select(daft.col("number"), make(structgen_rows)(daft.col("document")).alias("row"))
        for batch in frame.to_arrow_iter(results_buffer_size=None):
            yield from zip(batch.column("number").to_pylist(), batch.column("row").to_pylist(), strict=True)


def _taken(feed: Iterator[Document]) -> Iterator[Document]:
    """Yield the documents of a partition."""
    characters = 0
    for number, document in enumerate(feed, 1):
        yield document
        characters += len(document.text)
        if number == PARTITION or characters >= CHARACTERS:
            return
