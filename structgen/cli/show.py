"""``--show``: rows for people, each with its text highlighted, where else lines of JSON are printed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from structgen.batch import Output, Row, open_output
from structgen.core.records import Document
from structgen.documents import DocumentProblem
from structgen.report import View, print_view

Read: TypeAlias = Document | DocumentProblem


class Shown:
    """Prints each row, and hands it on to the output that keeps it, where there is one.

    A row does not hold its text. Rows come in the order of the documents, so the texts wait here for theirs.
    """

    def __init__(self, kept: Output | None) -> None:
        self._kept = kept
        self._waiting: deque[Read] = deque()

    def following(self, documents: Iterable[Read]) -> Iterator[Read]:
        """The documents, each remembered until its row comes."""
        for document in documents:
            self._waiting.append(document)
            yield document

    def write(self, row: Row) -> None:
        """Keep a row, then show it."""
        if self._kept is not None:
            self._kept.write(row)
        source = self._waiting.popleft()
        print_view(_view_of(row), source.text if isinstance(source, Document) else None)

    def finish(self, *, complete: bool) -> Path | None:
        """Bring the rows to where they are kept."""
        return self._kept.finish(complete=complete) if self._kept is not None else None


def with_output(documents: Iterable[Read], output: Path | None, *, show: bool) -> tuple[Iterable[Read], Output]:
    """The documents, and where their rows go; those that are shown go to a file too, where one is named.

    Raises ConfigurationError where a file cannot be written.
    """
    if not show:
        return documents, open_output(output)
    shown = Shown(open_output(output) if output is not None else None)
    return shown.following(documents), shown


def _view_of(row: Row) -> View:
    """What is shown of a row."""
    return View(
        row.value,
        name=row.source if row.source.endswith(row.id) else f"{row.source} ({row.id})",
        evidence=row.evidence,
        repairs=row.repairs,
        issues=row.issues,
        chunks=row.chunks,
        conflicts=row.conflicts,
        usage=row.usage,
        cost=row.cost,
        model=row.model,
        error=row.error,
    )
