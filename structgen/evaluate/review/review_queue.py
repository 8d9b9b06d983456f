"""The review queue: the fields of rows that need a check, each once with every reason, the least sure first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from structgen.batch import Row
from structgen.batch.row import RowStatus
from structgen.core.json import MISSING, Json, at, steps
from structgen.core.options import Risk
from structgen.core.records import Evidence, Status
from structgen.core.results import Conflict, Repair
from structgen.core.screen import visible_line


class Concern(StrEnum):
    """Why a field needs a check, the most serious reason first."""

    FAILED = "failed"
    """No value of the document was accepted."""
    REFUSED = "refused"
    """This value was refused, or is missing although the schema requires it."""
    CONFLICTING = "conflicting"
    UNSUPPORTED = "unsupported"
    AMBIGUOUS = "ambiguous"
    UNSURE = "unsure"
    """Its calibrated confidence is below the threshold."""
    REPAIRED = "repaired"


_ORDER = {concern: number for number, concern in enumerate(Concern)}


@dataclass(frozen=True, slots=True)
class ReviewDocument:
    """A row, its text or None if it can no longer be read, and the calibrated probability of each field, by path."""

    row: Row
    text: str | None = None
    confidence: Mapping[str, float] = field(default_factory=dict[str, float])
    below: float | None = None
    """Fields with a probability below this are unsure; None if only the row's own `review` counts."""

    @property
    def value(self) -> Json:
        """The value, or what could be read of a refused one."""
        return self.row.value if self.row.value is not None else self.row.partial


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """A field to look at. `document` is the number of its document, `value` is plain JSON, None if there is none.

    `reasons` has a sentence for each concern. `missing` says that the value has no such part. `confidence` is the
    calibrated probability that the value is right, or None if it is not calibrated.
    """

    document: int
    path: str
    value: Json
    concerns: tuple[Concern, ...]
    reasons: tuple[str, ...]
    evidence: Evidence | None = None
    confidence: float | None = None
    missing: bool = False


def review_queue(documents: Iterable[ReviewDocument]) -> list[ReviewItem]:
    """Return the fields to look at: refused ones first, then by confidence if there is any, else by concern.

    Fields without a confidence come before those with one in the order of their concerns, because nothing says that
    they are right.
    """
    found = [item for number, document in enumerate(documents) for item in _items(number, document)]
    return sorted(found, key=lambda item: (*_urgency(item), item.document))


def _urgency(item: ReviewItem) -> tuple[int, float, int]:
    first = _ORDER[item.concerns[0]]
    refused = first <= _ORDER[Concern.REFUSED]
    return (0 if refused else 1, -1.0 if refused or item.confidence is None else item.confidence, first)


def _items(number: int, document: ReviewDocument) -> Iterator[ReviewItem]:
    """Yield the items of one document, each path once."""
    said: dict[str, list[tuple[Concern, str]]] = {}
    for path, concern, reason in _concerns(document):
        said.setdefault(path, []).append((concern, reason))
    places = {piece.path: piece for piece in document.row.evidence}
    for path, several in said.items():
        several.sort(key=lambda one: _ORDER[one[0]])
        found = at(document.value, steps(path))
        yield ReviewItem(
            number,
            path,
            None if found is MISSING else cast(Json, found),
            tuple(dict.fromkeys(concern for concern, _ in several)),
            tuple(dict.fromkeys(reason for _, reason in several)),
            places.get(path),
            document.confidence.get(path),
            found is MISSING,
        )


def _concerns(document: ReviewDocument) -> Iterator[tuple[str, Concern, str]]:
    """Yield each path with a concern and its reason."""
    row = document.row
    if row.status is RowStatus.FAILED and not any(issue.path for issue in row.issues):
        yield "", Concern.FAILED, _line(row.error or "no value was accepted")
    for issue in row.issues:
        if issue.path or row.status is not RowStatus.FAILED:
            yield issue.path, Concern.REFUSED, _line(issue.message)
    for conflict in row.conflicts:
        yield conflict.path, Concern.CONFLICTING, _claims(conflict)
    for piece in row.evidence:
        if piece.status is Status.UNSUPPORTED:
            yield piece.path, Concern.UNSUPPORTED, "the text does not contain this value"
        elif piece.status is Status.AMBIGUOUS:
            yield piece.path, Concern.AMBIGUOUS, "the text contains it more than once, or it can be read in two ways"
    for repair in row.repairs:
        # a repair that changed no value needs no check, and a dropped part cannot be checked
        if repair.risk is not Risk.LOSSLESS and (at(document.value, steps(repair.path)) is not MISSING):
            yield repair.path, Concern.REPAIRED, _repair(repair)
    for path in _unsure(document):
        yield path, Concern.UNSURE, "its calibrated confidence is low"


def _unsure(document: ReviewDocument) -> Iterable[str]:
    if document.below is None:
        return document.row.review or ()
    return (path for path, likely in document.confidence.items() if likely < document.below)


def _claims(conflict: Conflict) -> str:
    claims = [visible_line(str(claim.value))[:120] for claim in conflict.claims[:5]]
    return f"parts of the document say different things: {', '.join(claims)}"


def _repair(repair: Repair) -> str:
    rule = repair.rule.replace("_", " ")
    return f"repaired ({rule}): {visible_line(str(repair.before))[:80]} became {visible_line(str(repair.after))[:80]}"


def _line(text: str) -> str:
    return visible_line(text)[:400]
