"""Flatten a value into rows, and cut its text into pieces at the places of the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from heapq import heappop, heappush
from itertools import groupby, pairwise
from typing import NamedTuple, TypeVar

from structgen.core.json import Json, pointer
from structgen.core.records import Evidence, Status
from structgen.core.results import Conflict, Issue, Repair
from structgen.ground import other_places
from structgen.report.view import Limits, View, cut, line_of

Located = TypeVar("Located", Conflict, Issue, Repair)


class Kind(StrEnum):
    """The kind of value of an entry."""

    TEXT = "text"
    LITERAL = "literal"
    """A number, true or false."""
    NOTHING = "nothing"
    """null, or an empty container."""
    GROUP = "group"
    """A container whose parts follow as entries."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a value. `found` is the wording of the text if it differs from the value, else empty.

    `skipped` is the number of rows directly before it that are left out. `also` are the other places of an ambiguous
    value that are marked, and `unmarked` is the number of those that are not.
    """

    path: str
    depth: int
    name: str
    text: str
    kind: Kind
    evidence: Evidence | None = None
    found: str = ""
    repairs: tuple[Repair, ...] = ()
    issues: tuple[Issue, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    skipped: int = 0
    also: tuple[tuple[int, int], ...] = ()
    unmarked: int = 0


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries that are shown, and the number of those left out, in total and by the status of their evidence."""

    shown: tuple[Entry, ...]
    left_out: int
    left_out_by: Mapping[Status, int]


class _Node(NamedTuple):
    path: str
    depth: int
    name: str
    value: Json


def entries_of(view: View, limits: Limits, document: str | None = None) -> Entries:
    """Return the value of a view as entries: the first ones, and each unsupported value with the containers around it.

    In `document`, the text that was read, ambiguous values have all their places.
    Takes linear time, and memory for as many entries as are shown.
    """
    nodes = iter(()) if view.error is not None and view.value is None else _walk(view.value)
    chosen, left_out = _chosen(nodes, limits.rows, _unsupported(view))
    wanted = {node.path for node, _ in chosen}
    evidence = {piece.path: piece for piece in view.evidence if piece.path in wanted}
    repairs, issues, conflicts = _by_path(view.repairs), _by_path(view.issues), _by_path(view.conflicts)
    shown = [
        replace(
            _entry(node, evidence.get(node.path), limits),
            repairs=repairs.get(node.path, ()),
            issues=issues.get(node.path, ()),
            conflicts=conflicts.get(node.path, ()),
            skipped=skipped,
        )
        for node, skipped in chosen
    ]
    return Entries(
        tuple(_with_others(shown, view.value, document, limits)) if document else tuple(shown),
        left_out,
        Counter(piece.status for piece in view.evidence if piece.path not in wanted),
    )


def _with_others(shown: Sequence[Entry], value: Json, document: str, limits: Limits) -> Iterator[Entry]:
    """Yield the entries with the other places of their ambiguous values, within the limits."""
    evidence = [entry.evidence for entry in shown if entry.evidence]
    others, left = other_places(value, evidence, document, limits.listed), limits.others
    for entry in shown:
        found = others.get(entry.evidence.path) if entry.evidence else None
        if found is None:
            yield entry
            continue
        also = found.places[:left]
        left -= len(also)
        yield replace(entry, also=also, unmarked=found.more + len(found.places) - len(also))


def _chosen(nodes: Iterable[_Node], most: int, always: Container[str]) -> tuple[list[tuple[_Node, int]], int]:
    """Return the first nodes and those at the paths `always`, each with the number left out before it; and their sum.

    What a reader must check is never among what is left out, however large the value is.
    """
    chosen: list[tuple[_Node, int]] = []
    skipped = left_out = 0
    for number, node in enumerate(nodes):
        if number < most or node.path in always:
            chosen.append((node, skipped))
            skipped = 0
        else:
            skipped += 1
            left_out += 1
    return chosen, left_out


def _unsupported(view: View) -> set[str]:
    """Return the paths of the unsupported values and of all containers around them."""
    found: set[str] = set()
    for piece in view.evidence:
        path = piece.path if piece.status is Status.UNSUPPORTED else ""
        # the containers of a path that is known are known too, which keeps this linear
        while path and path not in found:
            found.add(path)
            path = path.rpartition("/")[0]
    return found


def _by_path(items: Iterable[Located]) -> dict[str, tuple[Located, ...]]:
    found: dict[str, list[Located]] = {}
    for one in items:
        found.setdefault(one.path, []).append(one)
    return {path: tuple(several) for path, several in found.items()}


def _walk(value: Json) -> Iterator[_Node]:
    """Yield every part of a value, containers before their parts. A root that is a container gets no row."""
    if not (isinstance(value, dict | list) and value):
        yield _Node("", 0, "value", value)
        return
    open_parts = [_parts(_Node("", -1, "", value))]
    while open_parts:
        node = next(open_parts[-1], None)
        if node is None:
            open_parts.pop()
            continue
        yield node
        if isinstance(node.value, dict | list):
            open_parts.append(_parts(node))


def _parts(node: _Node) -> Iterator[_Node]:
    if isinstance(node.value, dict):
        return (_Node(node.path + pointer([key]), node.depth + 1, key, part) for key, part in node.value.items())
    parts = enumerate(node.value) if isinstance(node.value, list) else ()
    return (_Node(f"{node.path}/{number}", node.depth + 1, str(number), part) for number, part in parts)


def _entry(node: _Node, evidence: Evidence | None, limits: Limits) -> Entry:
    text, kind = _text(node.value, limits)
    found = line_of(evidence.text, limits.value) if evidence and evidence.text else ""
    return Entry(
        line_of(node.path, limits.value),
        node.depth,
        line_of(node.name, limits.value) or "(no name)",
        text,
        kind,
        evidence,
        "" if found == " ".join(text.split()) else found,
    )


def _text(value: Json, limits: Limits) -> tuple[str, Kind]:
    """Return the text and the kind of a value."""
    if isinstance(value, str):
        return cut(value, limits.value), Kind.TEXT
    if isinstance(value, dict | list) and value:
        what = "field" if isinstance(value, dict) else "item"
        return f"{len(value):,} {what}{'' if len(value) == 1 else 's'}", Kind.GROUP
    if isinstance(value, bool | int | float):
        return cut(str(value).lower(), limits.value), Kind.LITERAL
    return ("null" if value is None else "empty object" if isinstance(value, dict) else "empty list"), Kind.NOTHING


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the document, `document[start:end]`, which may be left out.

    `owner` is the index of the entry whose place it is (the innermost of several), or None. `mark` numbers the pieces
    that have an owner.
    """

    start: int
    end: int
    owner: int | None = None
    mark: int | None = None
    left_out: bool = False


@dataclass(frozen=True, slots=True)
class Passages:
    """The pieces of a text. `reach` maps an entry to the first and the last mark of its place, `also` of its others.

    `misplaced` counts the entries whose place has other words in this text: it is not the text that was read.
    """

    pieces: tuple[Piece, ...]
    reach: Mapping[int, tuple[int, int]]
    misplaced: int = 0
    also: Mapping[int, tuple[tuple[int, int], ...]] = field(default_factory=dict[int, tuple[tuple[int, int], ...]])


class _Span(NamedTuple):
    """A place of an entry. `other`: it is one of the others of an ambiguous value, and comes after one of its own."""

    start: int
    end: int
    other: bool
    entry: int


def passages_of(document: str, entries: Sequence[Entry], limits: Limits) -> Passages:
    """Return the text around the places of the entries, or all of a short text. n log n in the number of entries."""
    placed = [(number, entry.evidence) for number, entry in enumerate(entries) if entry.evidence]
    found = [(n, piece.start, piece.end, piece.text) for n, piece in placed if piece.start is not None]
    own = [
        _Span(start, min(end, start + limits.place), False, number)
        for number, start, end, text in found
        if end is not None and 0 <= start < end and document[start:end] == text
    ]
    others = [
        _Span(start, min(end, start + limits.place), True, number)
        for number, entry in enumerate(entries)
        for start, end in entry.also
    ]
    spans = sorted([*own, *others])
    pieces = tuple(_pieces(spans, _windows(document, spans, limits), len(document)))
    marks = [piece for piece in pieces if piece.mark is not None]
    first = {piece.start: number for number, piece in enumerate(marks)}
    last = {piece.end: number for number, piece in enumerate(marks)}
    reach = {span.entry: (first[span.start], last[span.end]) for span in own}
    also: dict[int, tuple[tuple[int, int], ...]] = {}
    for number, several in groupby(others, key=lambda span: span.entry):
        also[number] = tuple((first[span.start], last[span.end]) for span in several)
    return Passages(pieces, reach, len(found) - len(own), also)


def _windows(document: str, spans: Sequence[_Span], limits: Limits) -> list[tuple[int, int]]:
    """Return the spans to show, in order. A gap that is shorter than the notice about it is not left out."""
    if len(document) <= limits.text:
        return [(0, len(document))]
    windows = [_window(document, 0, limits.context, limits.context)]
    for span in spans:
        start, end = _window(document, span.start, span.end, limits.context)
        if start <= windows[-1][1] + limits.context:
            windows[-1] = (windows[-1][0], max(windows[-1][1], end))
        else:
            windows.append((start, end))
    return windows


def _window(document: str, start: int, end: int, context: int) -> tuple[int, int]:
    """Return a span extended by its context, to the bounds of a line, or of a word, if there are any."""
    low, high = max(0, start - context), min(len(document), end + context)
    for between in "\n ":
        if low and (at := document.find(between, low, start)) >= 0:
            low = at + 1
            break
    for between in "\n ":
        if high < len(document) and (at := document.rfind(between, end, high)) >= 0:
            high = at
            break
    return low, high


def _pieces(spans: Sequence[_Span], windows: Sequence[tuple[int, int]], length: int) -> Iterator[Piece]:
    """Yield the pieces of the windows and of the gaps between them."""
    edges = {edge for window in windows for edge in window}
    shown = {start for start, _ in windows}
    cuts = sorted(edges.union({0, length}, *((span.start, span.end) for span in spans)))
    owners = _Owners(spans)
    mark, inside = 0, False
    for start, end in pairwise(cuts):
        if start in edges:
            inside = start in shown
        owner = owners.at(start)
        if not inside or owner is None:
            yield Piece(start, end, left_out=not inside)
            continue
        yield Piece(start, end, owner, mark)
        mark += 1


class _Owners:
    """Finds the innermost span at each position, for positions in ascending order."""

    def __init__(self, spans: Sequence[_Span]) -> None:
        self._coming = spans
        self._next = 0
        self._open: list[tuple[int, int, bool, int]] = []

    def at(self, place: int) -> int | None:
        """Return the entry of the span that began last or, of several, the one that ends first."""
        while self._next < len(self._coming) and self._coming[self._next].start <= place:
            span = self._coming[self._next]
            heappush(self._open, (-span.start, span.end, span.other, span.entry))
            self._next += 1
        while self._open and self._open[0][1] <= place:
            heappop(self._open)
        return self._open[0][3] if self._open else None
