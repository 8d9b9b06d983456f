"""Value F1 and grounding F1 as ExtractBench (arXiv 2607.29677) defines them, for one document.

A value is flattened into cells: one for each scalar field, and one for each field of a record that has a partner. A
list of scalars is one cell. Records are paired so that as few cells as possible differ. A cell is right if it equals
gold: texts apart from white space, dates in eight notations by their day (a time is left out), everything else as JSON;
case and numbers are strict. A key that is absent says its default, or null, and a null that gold has too is right. A
cell is grounded if it is right and its evidence overlaps that of gold by at least half (intersection over union of
characters, in place of boxes).
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TypeAlias

from structgen.core.json import Json, pointer
from structgen.core.options import DateOrder
from structgen.evaluate.comparison.list_pairs import Items, pair_unordered
from structgen.notation.dates import read_dates
from structgen.notation.readings import covering
from structgen.notation.times import read_datetimes
from structgen.schema.node import Node

Spans: TypeAlias = Mapping[str, Sequence[tuple[int, int]]]
"""The spans of the evidence for each path of a value."""

HALF = 0.5
"""The overlap of spans that counts as the same place."""
_SPACE = re.compile(r"\s+")
_DATE = re.compile(
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}([/-])\d{1,2}\1(?:\d{4}|\d\d)|[A-Za-z]+ \d{1,2}, ?\d{4}|[A-Za-z]+ \d{1,2} \d{4}"
    r"|[A-Za-z]+\.?,? [A-Za-z]+\.? \d{1,2},? \d{4}|\d{1,2} [A-Za-z]+ \d{4}"
)
_LONG_NUMBER = re.compile(r"\d{10}")
"""Digits of an id, and of no date."""
_FIRST_YEAR, _LAST_YEAR, _PIVOT = 1900, 2100, 75


@dataclass(slots=True)
class CellCounts:
    """Cells of one document: right ones, those of gold, those of the value; and the same with evidence."""

    right: int = 0
    gold: int = 0
    value: int = 0
    grounded: int = 0
    gold_places: int = 0
    claimed_places: int = 0

    @property
    def value_scores(self) -> tuple[float, float, float]:
        """Precision, recall and F1 of the values."""
        return scores(self.right, self.value, self.gold)

    @property
    def grounding_scores(self) -> tuple[float, float, float] | None:
        """Precision, recall and F1 of the grounded values; None if gold has no evidence."""
        return scores(self.grounded, self.claimed_places, self.gold_places) if self.gold_places else None


def scores(right: int, claimed: int, expected: int) -> tuple[float, float, float]:
    """Return precision, recall and F1; 0 if there is nothing to divide by."""
    precision, recall = right / claimed if claimed else 0.0, right / expected if expected else 0.0
    both = precision + recall
    return precision, recall, 2 * precision * recall / both if both else 0.0


def overlap(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Return the intersection over the union of two spans."""
    shared = min(one[1], other[1]) - max(one[0], other[0])
    whole = max(one[1], other[1]) - min(one[0], other[0])
    return max(0, shared) / whole if whole > 0 else 0.0


def best_overlap(gold: Sequence[tuple[int, int]], value: Sequence[tuple[int, int]]) -> float:
    """Return the largest overlap of any two of these spans."""
    return max((overlap(one, other) for one in gold for other in value), default=0.0)


def count_cells(gold: Json, value: Json, root: Node, there: Spans, here: Spans) -> CellCounts:
    """Count the cells of a document. `there` and `here` are the evidence of gold and of the value."""
    walk = _Cells(there, here)
    walk.node(gold, value, root.leaves(), "", "")
    return walk.counts


@dataclass(slots=True)
class _Cells:
    there: Spans
    here: Spans
    counts: CellCounts = field(default_factory=CellCounts)

    def node(self, gold: Json, value: Json, nodes: Sequence[Node], at: str, other: str) -> None:
        """Count the cells below a place: `at` is its pointer in gold, `other` in the value."""
        records = _records(nodes, gold, value)
        if records is not None:
            self._array(_list(gold), _list(value), records, at, other)
        elif names := _names(nodes, gold, value):
            one, two = _dict(gold), _dict(value)
            for name in names:
                step, inner = pointer([name]), _children(nodes, name)
                self.node(_said(one, name, inner), _said(two, name, inner), inner, f"{at}{step}", f"{other}{step}")
        else:
            self._cell(gold, value, at, other)

    def _cell(self, gold: Json, value: Json, at: str, other: str) -> None:
        counts, right = self.counts, same_cell(gold, value)
        counts.gold += 1
        counts.value += 1
        counts.right += right
        if gold_spans := self.there.get(at):
            claims = self.here.get(other) or ()
            counts.gold_places += 1
            counts.claimed_places += bool(claims)
            counts.grounded += right and best_overlap(gold_spans, claims) >= HALF

    def _array(self, gold: list[Json], value: list[Json], nodes: Sequence[Node], at: str, other: str) -> None:
        pairs = dict(paired(gold, value, nodes))
        for place, one in enumerate(gold):
            partner = pairs.get(place)
            if partner is None:
                self._alone(one, nodes, f"{at}/{place}", in_gold=True)
            else:
                self.node(one, value[partner], nodes, f"{at}/{place}", f"{other}/{partner}")
        for place in {*range(len(value))} - {*pairs.values()}:
            self._alone(value[place], nodes, f"{other}/{place}", in_gold=False)

    def _alone(self, item: Json, nodes: Sequence[Node], at: str, *, in_gold: bool) -> None:
        """Count the cells of a record without a partner: they are missing, or surplus."""
        for path, _ in cells_of(item, nodes, at):
            self.counts.gold += in_gold
            self.counts.value += not in_gold
            self.counts.gold_places += in_gold and bool(self.there.get(path))


def paired(gold: list[Json], value: list[Json], nodes: Sequence[Node]) -> tuple[tuple[int, int], ...]:
    """Return which records belong together: equal ones first, then so that most cells agree."""
    mine = [dict(cells_of(one, nodes, "")) for one in gold]
    his = [dict(cells_of(one, nodes, "")) for one in value]

    def likeness(row: int, column: int) -> int:
        return sum(key == his[column].get(path) for path, key in mine[row].items())

    def items(cells: list[dict[str, Hashable]], values: list[Json]) -> Items:
        keys = [frozenset(one.items()) for one in cells]
        texts = [repr(sorted((path, repr(key)) for path, key in one.items())) for one in cells]
        return Items(values, keys, texts.__getitem__, lambda place: tuple(cells[place].items()))

    return pair_unordered(items(mine, gold), items(his, value), likeness).pairs


def cells_of(value: Json, nodes: Sequence[Node], at: str) -> Iterator[tuple[str, Hashable]]:
    """Yield the path and the key of each cell of one value."""
    records = _records(nodes, value, None)
    if records is not None:
        for place, item in enumerate(_list(value)):
            yield from cells_of(item, records, f"{at}/{place}")
    elif names := _names(nodes, value, None):
        inner = _dict(value)
        for name in names:
            below = _children(nodes, name)
            yield from cells_of(_said(inner, name, below), below, f"{at}{pointer([name])}")
    else:
        yield at, cell_key(value)


def same_cell(gold: Json, value: Json) -> bool:
    """Return whether two cells are equal."""
    return cell_key(gold) == cell_key(value)


def cell_key(value: Json) -> Hashable:
    """Return a key that is the same for equal cells. Texts within lists keep their white space, as in ExtractBench."""
    if isinstance(value, str):
        return ("text", _SPACE.sub(" ", _day(value)).strip())
    return _strict(value)


def _strict(value: Json) -> Hashable:
    if isinstance(value, dict):
        return ("object", frozenset((name, _strict(part)) for name, part in value.items()))
    if isinstance(value, list):
        return ("list", tuple(map(_strict, value)))
    return ("text", _day(value)) if isinstance(value, str) else ("value", value)


@lru_cache(maxsize=4096)
def _day(text: str) -> str:
    """Return the day of a date, or of a date with a time, in ISO form; any other text as it is.

    In 03/04/2024 the month comes first.
    """
    if not 4 <= len(text) <= 50 or not _DATE.search(text) or _LONG_NUMBER.search(text):
        return text
    found = covering(text, read_dates(text))
    if len({one.value for one in found}) > 1:
        found = tuple(one for one in found if one.order in (None, DateOrder.MDY)) or found
    days = [one.value for one in found if not one.short_year or _near(one.value)]
    days = days or [one.value.date() for one in covering(text, read_datetimes(text))]
    return days[0].isoformat() if days and _FIRST_YEAR <= days[0].year <= _LAST_YEAR else text


def _near(day: date) -> bool:
    """Return whether a two-digit year belongs to this century: 00 to 75 is after 2000."""
    return (day.year % 100 <= _PIVOT) == (day.year >= 2000)


def _records(nodes: Sequence[Node], gold: Json, value: Json) -> tuple[Node, ...] | None:
    """Return the nodes of the items if this is a list of objects, by the schema; else None."""
    items = tuple(leaf for node in nodes if node.items is not None for leaf in node.items.leaves())
    if any(item.properties or "object" in item.types for item in items):
        return items
    if not items and not any(node.types or node.properties for node in nodes):  # the schema does not say
        listed = [one for several in (gold, value) if isinstance(several, list) for one in several]
        return () if listed and all(isinstance(one, dict) for one in listed) else None
    return None


def _names(nodes: Sequence[Node], gold: Json, value: Json) -> list[str]:
    """Return the keys here: those of the schema, and those that gold or the value has."""
    known = [name for node in nodes for name in node.properties]
    return [*dict.fromkeys([*known, *_dict(gold), *_dict(value)])]


def _children(nodes: Sequence[Node], name: str) -> tuple[Node, ...]:
    found = (child for node in nodes if (child := node.child(name)) is not None)
    return tuple(dict.fromkeys(leaf for child in found for leaf in child.leaves()))


def _said(value: Mapping[str, Json], name: str, nodes: Sequence[Node]) -> Json:
    """Return what a key says; an absent one says the default of its schema, or null."""
    if name in value:
        return value[name]
    return next((node.default[0] for node in nodes if node.default), None)


def _dict(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [] if value is None else [value]
