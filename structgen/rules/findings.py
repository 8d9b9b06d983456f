"""What a finder returns: a value, and where its leaves are in the original document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

from structgen.core.json import Json, pointer
from structgen.core.records import Evidence, Status
from structgen.rules.document.page import Page, Span, lines_of
from structgen.rules.fields import Field

Step = str | int
Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leaf was read: its span in a page's visible text, and that in the original document."""

    page: Page
    visible: Span
    source: Span
    translated: bool = False
    """Whether the value is a term for the words there, from a table of words: ``InStock`` for "sofort lieferbar"."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A value (plain JSON) and, for each of its leaves, its path and its place."""

    value: Json
    places: tuple[tuple[Path, Place], ...] = ()

    def under(self, step: Step) -> tuple[tuple[Path, Place], ...]:
        """Return the places as seen from a container that holds this value under `step`."""
        return tuple(((step, *path), place) for path, place in self.places)


def leaf(page: Page, value: Json, start: int, end: int) -> Finding:
    """Return a single value that is written from `start` to `end` of the visible text."""
    return Finding(value, (((), Place(page, (start, end), page.span(start, end))),))


def term(page: Page, value: Json, start: int, end: int) -> Finding:
    """Return a value that a table of words gives for the words from `start` to `end` of the visible text."""
    return Finding(value, (((), Place(page, (start, end), page.span(start, end), translated=True)),))


def apart(found: Finding) -> Finding:
    """Return a finding whose leaves are cells of a table: the numbers beside them are known to be other values."""
    places: list[tuple[Path, Place]] = []
    for path, place in found.places:
        cell = place.page.text[slice(*place.visible)]
        alone = Place(Page(cell, cell, lines_of(cell)), (0, len(cell)), place.source, place.translated)
        places.append((path, alone))
    return Finding(found.value, tuple(places))


def collect(items: Iterable[Finding]) -> Finding:
    """Return findings as one list."""
    found = list(items)
    return Finding(
        [one.value for one in found], tuple(place for at, one in enumerate(found) for place in one.under(at))
    )


def evidence(found: Finding, source: str) -> tuple[Evidence, ...]:
    """Return the places of a finding as public records, exact if the text is the value itself."""
    return tuple(
        Evidence(pointer(path), start, end, source[start:end], _status_of(found, path, place, source))
        for path, place in found.places
        for start, end in (place.source,)
    )


def _status_of(found: Finding, path: Path, place: Place, source: str) -> Status:
    if place.translated:
        return Status.DERIVED
    return _status(_at(found.value, path), source[slice(*place.source)])


def derived_evidence(page: Page, places: Iterable[tuple[tuple[Step, ...], int, int]]) -> tuple[Evidence, ...]:
    """Return the passages of the visible text that values were derived from as public records."""
    spans = ((path, page.span(start, end)) for path, start, end in places)
    return tuple(Evidence(pointer(path), a, b, page.source[a:b], Status.DERIVED) for path, (a, b) in spans)


def _status(value: Json, text: str) -> Status:
    # `1 == True` in Python, but "1" is not how a text says true.
    return Status.EXACT if value == text or (_number(value) and str(value) == text) else Status.NORMALIZED


def _number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at(value: Json, path: tuple[Step, ...]) -> Json:
    for step in path:
        value = cast("dict[Step, Json]", value)[step]
    return value


def build(item: Field, found: dict[str, Finding]) -> Finding | None:
    """Return an object of these parts, or None if a required part is missing."""
    value: dict[str, Json] = {}
    places: list[tuple[Path, Place]] = []
    for child in item.children:
        part = found.get(child.name)
        if part is None and child.required and not child.nullable:
            return None
        if part is not None:
            value[child.name] = part.value
            places.extend(part.under(child.name))
        elif child.nullable:
            value[child.name] = None
    return Finding(value, tuple(places)) if places else None


def child_of(item: Field, concepts: frozenset[str]) -> Field | None:
    """Return the first field of an object that has one of the concepts, or None."""
    return next((one for one in item.children if one.concepts & concepts), None)
