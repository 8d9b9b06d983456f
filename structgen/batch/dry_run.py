"""Dry run: read the documents and estimate what a run would take. Nothing is sent or stored."""

from __future__ import annotations

from collections.abc import Iterable

from structgen.core.records import Document, Task
from structgen.documents import DocumentOrProblem
from structgen.documents.sampling import Unheard
from structgen.engine.estimate.run_estimate import Estimate
from structgen.engine.map_api import CONCURRENCY
from structgen.extractor import Extractor
from structgen.send.unsent_sender import open_unsent


class DryExtractor(Extractor):
    """An Extractor that only estimates: it needs no key, and its senders send nothing."""

    _open_sender = staticmethod(open_unsent)


def estimate_run(
    extractor: Extractor,
    task: Task[object],
    documents: Iterable[DocumentOrProblem],
    instructions: str | None = None,
    *,
    repeats: bool,
    concurrency: int = CONCURRENCY,
) -> Estimate:
    """Return what a run over these documents would take. Unreadable documents and recordings are counted separately.

    `repeats`: the run would answer the second of two equal requests from its store.
    """
    estimator = extractor.estimator(task, instructions, repeats=repeats, concurrency=concurrency)
    for item in documents:
        if isinstance(item, Unheard):
            estimator.add_recording()
        elif isinstance(item, Document):
            estimator.add(item)
        else:
            estimator.add_problem(str(item))
    return estimator.result()
