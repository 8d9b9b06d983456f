"""A value as a flat list of entries, one a line, in the order of the value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import NamedTuple, TypeVar

from structgen.core.json import Json, pointer
from structgen.core.records import Evidence, Status
from structgen.core.results import Conflict, Issue, Repair
from structgen.report.view import Limits, View
from structgen.report.visible import cut, line_of

Told = TypeVar("Told", Conflict, Issue, Repair)


class Kind(StrEnum):
    """What kind of value an entry has."""

    TEXT = "text"
    LITERAL = "literal"
    """A number, true or false."""
    NOTHING = "nothing"
    """null, or a container with nothing in it."""
    GROUP = "group"
    """An object or a list whose parts follow."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a value. `found` is what the text says, where that is not the value's own words."""

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


@dataclass(frozen=True, slots=True)
class Entries:
    """The entries that are shown, and what is left out: numbers of lines, and of values by their status."""

    shown: tuple[Entry, ...]
    left_out: int
    left_out_by: Mapping[Status, int]


class _Node(NamedTuple):
    path: str
    depth: int
    name: str
    value: Json


def entries_of(view: View, limits: Limits) -> Entries:
    """The value of a view as entries. Time is linear in the value, what is kept is not more than the limits say."""
    nodes = iter(()) if view.error is not None and view.value is None else _walk(view.value)
    first = list(islice(nodes, limits.rows))
    wanted = {node.path for node in first}
    evidence = {piece.path: piece for piece in view.evidence if piece.path in wanted}
    repairs, issues, conflicts = _by_path(view.repairs), _by_path(view.issues), _by_path(view.conflicts)
    shown = (
        replace(
            _entry(node, evidence.get(node.path), limits),
            repairs=repairs.get(node.path, ()),
            issues=issues.get(node.path, ()),
            conflicts=conflicts.get(node.path, ()),
        )
        for node in first
    )
    return Entries(
        tuple(shown),
        sum(1 for _ in nodes),
        Counter(piece.status for piece in view.evidence if piece.path not in wanted),
    )


def _by_path(told: Iterable[Told]) -> dict[str, tuple[Told, ...]]:
    found: dict[str, list[Told]] = {}
    for one in told:
        found.setdefault(one.path, []).append(one)
    return {path: tuple(several) for path, several in found.items()}


def _walk(value: Json) -> Iterator[_Node]:
    """Every part of a value, a container before what is in it. A root that is a container is no line of its own."""
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
    """A value in words."""
    if isinstance(value, str):
        return cut(value, limits.value), Kind.TEXT
    if isinstance(value, dict | list) and value:
        what = "field" if isinstance(value, dict) else "item"
        return f"{len(value):,} {what}{'' if len(value) == 1 else 's'}", Kind.GROUP
    if isinstance(value, bool | int | float):
        return cut(str(value).lower(), limits.value), Kind.LITERAL
    return ("null" if value is None else "empty object" if isinstance(value, dict) else "empty list"), Kind.NOTHING
