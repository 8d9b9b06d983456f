"""Turn rows and their texts into the documents of a report, alone or beside the rows of another run."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from structgen.batch.row import Row
from structgen.batch.row_texts import RowText, RowTexts
from structgen.batch.row_view import view_of_row
from structgen.core.masking import mask
from structgen.report.changes import Change, changes
from structgen.report.reported import Reported, exchange, seconds_of
from structgen.report.view import View


@dataclass(frozen=True, slots=True)
class RunRows:
    """The rows of one run and where their texts are. `typed` is False for CSV, which has no types."""

    rows: Sequence[Row]
    texts: RowTexts
    typed: bool = True
    name: str = ""


def reported_rows(run: RunRows, against: RunRows | None = None) -> Iterator[Reported]:
    """Yield the documents of a run in the order of its rows; with `against`, each with its row there.

    Documents that only the other run has come last.
    """
    if against is None:
        yield from (reported(row, run.texts.of(row)) for row in run.rows)
        return
    others = _ByDocument(against.rows)
    by_text = not (run.typed and against.typed)
    for row in run.rows:
        other = others.take(row)
        yield _compared(run, against, row, other, by_text=by_text)
    for other in others.left():
        yield _only_there(run, against, other)


def _compared(run: RunRows, against: RunRows, row: Row, other: Row | None, *, by_text: bool) -> Reported:
    """Return a document of this run beside that of the other run."""
    found = _named(reported(row, run.texts.of(row)), run)
    if other is None:
        return replace(found, changes=(Change("", _said(row), None),), other=_absent(found, against.name))
    there = _named(reported(other, against.texts.of(other)), against)
    status = (Change("status", str(row.status), str(other.status)),) if row.status is not other.status else ()
    return replace(found, other=there, changes=status + changes(row.value, other.value, by_text=by_text))


def _only_there(run: RunRows, against: RunRows, other: Row) -> Reported:
    """Return a document that only the other run has."""
    there = _named(reported(other, against.texts.of(other)), against)
    return replace(_absent(there, run.name), changes=(Change("", None, _said(other)),), other=there)


def _said(row: Row) -> str:
    return f"a row that is {row.status}"


def _absent(found: Reported, name: str) -> Reported:
    """Return what to show of a document for the run of this name, which has no row for it."""
    view = View(name=name, error=f"{name} has no row for this document.")
    return Reported(found.id, found.source, "absent", view, {}, text_note="See the other run.")


def _named(found: Reported, run: RunRows) -> Reported:
    return replace(found, view=replace(found.view, name=run.name)) if run.name else found


def reported(row: Row, found: RowText) -> Reported:
    """Return one row as a document of a report. Keys in messages are masked; text and value stay as they are."""
    completions = [entry.completion for entry in found.answers]
    return Reported(
        row.id,
        row.source,
        str(row.status),
        replace(view_of_row(row), name=""),  # the page names the document above its view
        row.to_json(),
        row.value,
        found.text,
        found.note,
        tuple(exchange(entry.request, entry.completion) for entry in found.answers),
        seconds_of(completions),
        notes=tuple(map(mask, row.notes)),
    )


class _ByDocument:
    """Finds the row of a document in another run: that of the same id and source, else the only one of this id."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = list(rows)
        self._exact: defaultdict[tuple[str, str], deque[int]] = defaultdict(deque)
        self._by_id: defaultdict[str, deque[int]] = defaultdict(deque)
        for number, row in enumerate(self._rows):
            self._exact[row.source, row.id].append(number)
            self._by_id[row.id].append(number)
        self._taken: set[int] = set()

    def take(self, row: Row) -> Row | None:
        """Return the row of the same document, once."""
        exact = self._exact[row.source, row.id]
        while exact and exact[0] in self._taken:
            exact.popleft()
        alike = [number for number in self._by_id[row.id] if number not in self._taken] if not exact else []
        number = exact.popleft() if exact else alike[0] if len(alike) == 1 else None
        if number is None:
            return None
        self._taken.add(number)
        return self._rows[number]

    def left(self) -> list[Row]:
        """Return the rows that were not taken."""
        return [row for number, row in enumerate(self._rows) if number not in self._taken]
