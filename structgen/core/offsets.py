"""Map offsets in one text to offsets in the text that it was made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from structgen.core.records import Evidence
from structgen.core.results import ChunkReport, Conflict, Repair


@dataclass(frozen=True, slots=True)
class OffsetMap:
    """Maps the records that contain offsets in one text to another text.

    `span` returns where a span of the first text lies in `text`, or None if it has no place there. `page` returns the
    page of an offset in `text`, `seconds` the seconds in which a span of it was said.
    """

    text: str
    span: Callable[[int, int], tuple[int, int] | None]
    page: Callable[[int], int | None] | None = None
    seconds: Callable[[int, int], tuple[float, float] | None] | None = None

    def evidence(self, pieces: Iterable[Evidence]) -> tuple[Evidence, ...]:
        """Return evidence whose offsets and text are those of the other text."""
        return tuple(map(self._piece, pieces))

    def _piece(self, piece: Evidence) -> Evidence:
        if piece.start is None or piece.end is None:
            return piece
        moved = self.span(piece.start, piece.end)
        if moved is None:
            return replace(piece, start=None, end=None, text=None)
        page = self.page(moved[0]) if self.page else piece.page
        seconds = self.seconds(*moved) if self.seconds else piece.seconds
        return replace(piece, start=moved[0], end=moved[1], text=self.text[slice(*moved)], page=page, seconds=seconds)

    def chunks(self, reports: Iterable[ChunkReport]) -> tuple[ChunkReport, ...]:
        """Return the reports of chunks with the offsets of the other text."""
        moved = ((report, self.span(report.start, report.end)) for report in reports)
        return tuple(replace(report, start=span[0], end=span[1]) if span else report for report, span in moved)

    def conflicts(self, conflicts: Iterable[Conflict]) -> tuple[Conflict, ...]:
        """Return conflicts with the evidence of their claims moved."""
        return tuple(
            replace(one, claims=tuple(replace(claim, evidence=self.evidence(claim.evidence)) for claim in one.claims))
            for one in conflicts
        )

    def repairs(self, repairs: Iterable[Repair]) -> tuple[Repair, ...]:
        """Return repairs with their places moved. Places that the other text does not have are left out."""
        return tuple(
            replace(repair, places=tuple(moved for place in repair.places if (moved := self.span(*place))))
            if repair.places
            else repair
            for repair in repairs
        )
