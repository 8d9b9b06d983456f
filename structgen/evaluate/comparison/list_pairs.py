"""Which items of two lists belong together: the equal ones first, then those that have the most in common.

The pairs do not depend on the order of the lists, unless order is asked for, nor on which list is gold: where several
ways to pair are equally good, the contents of the items decide.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from structgen.core.json import Json
from structgen.evaluate.comparison.assignment import best_pairs

Pair: TypeAlias = tuple[int, int]
MOST_CELLS = 90_000
"""Pairs of items that are compared one by one. In longer lists only items that share a value are."""
_MOST_SHARING = 16
"""A value that more items share tells none of them apart, so they are not compared because of it."""


@dataclass(frozen=True, slots=True)
class Items:
    """The items of one list. Items with equal keys are the same; one without a key has to be compared in pairs.

    `order` sorts items by their contents, whatever their place in the list. `parts` are keys of the parts of an item.
    """

    values: Sequence[Json]
    keys: Sequence[Hashable | None]
    order: Callable[[int], str]
    parts: Callable[[int], Iterable[Hashable]]


Likeness: TypeAlias = Callable[[int, int], int]
"""How much two items (of gold, of the value) have in common; 0 if nothing."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """The pairs, by their place in gold. `approximate`: the lists were too long to compare all of their items."""

    pairs: tuple[Pair, ...]
    approximate: bool = False


def equal_items(gold: Items, value: Items) -> tuple[list[Pair], list[int], list[int]]:
    """Return the pairs of items with equal keys, and the places of the other items of both lists. n log n."""
    mine, his = _by_key(gold), _by_key(value)
    pairs = [pair for key, rows in mine.items() for pair in _equal_pairs(gold, value, rows, his.get(key, ()))]
    used_rows, used_columns = {row for row, _ in pairs}, {column for _, column in pairs}
    return (
        pairs,
        [place for place in range(len(gold.keys)) if place not in used_rows],
        [place for place in range(len(value.keys)) if place not in used_columns],
    )


def _by_key(items: Items) -> Mapping[Hashable, list[int]]:
    places: dict[Hashable, list[int]] = defaultdict(list)
    for place, key in enumerate(items.keys):
        if key is not None:
            places[key].append(place)
    return places


def _equal_pairs(gold: Items, value: Items, rows: Sequence[int], columns: Sequence[int]) -> list[Pair]:
    """Return the pairs of items that all have the same key: as many as there are in the shorter list."""
    if len(rows) <= 1 and len(columns) <= 1:
        return list(zip(rows, columns, strict=False))
    # null and {"x": null} have the same key but not the same leaves, so their places must not decide which is paired
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for column in sorted(columns, key=value.order):
        waiting[value.order(column)].append(column)
    pairs: list[Pair] = []
    rest: list[int] = []
    for row in sorted(rows, key=gold.order):
        alike = waiting.get(gold.order(row))
        if alike:
            pairs.append((row, alike.popleft()))
        else:
            rest.append(row)
    left = [column for alike in waiting.values() for column in alike]
    return [*pairs, *zip(rest, left, strict=False)]


def pair_unordered(gold: Items, value: Items, likeness: Likeness) -> Pairing:
    """Return the pairs of two lists whose order does not count."""
    pairs, left, right = equal_items(gold, value)
    if not left or not right:
        return Pairing(tuple(sorted(pairs)))
    first, second = sorted(left, key=gold.order), sorted(right, key=value.order)
    approximate = len(first) * len(second) > MOST_CELLS
    if approximate:
        found = _sharing(gold, value, first, second, likeness)
    elif (len(first), [gold.order(at) for at in first]) <= (len(second), [value.order(at) for at in second]):
        weights = [[likeness(row, column) for column in second] for row in first]
        found = [(first[row], second[column]) for row, column in best_pairs(weights)]
    else:  # the same problem whichever list is gold, so that equally good ways are decided alike
        weights = [[likeness(row, column) for row in first] for column in second]
        found = [(first[row], second[column]) for column, row in best_pairs(weights)]
    return Pairing(tuple(sorted([*pairs, *found])), approximate)


def _sharing(gold: Items, value: Items, first: Sequence[int], second: Sequence[int], likeness: Likeness) -> list[Pair]:
    """Return the pairs of long lists: of the items that share a part, those most alike first."""
    having: dict[Hashable, list[int]] = defaultdict(list)
    for column in second:
        for part in value.parts(column):
            having[part].append(column)
    rank = {column: number for number, column in enumerate(second)}
    found: list[tuple[int, int, int, int, int]] = []
    for number, row in enumerate(first):
        sharing = (having.get(part, ()) for part in gold.parts(row))
        near = {column for columns in sharing if len(columns) <= _MOST_SHARING for column in columns}
        found += [(-likeness(row, column), number, rank[column], row, column) for column in near]
    rows: set[int] = set()
    columns: set[int] = set()
    pairs: list[Pair] = []
    for _, _, _, row, column in sorted(found):
        if row not in rows and column not in columns:
            rows.add(row)
            columns.add(column)
            pairs.append((row, column))
    return pairs


def pair_in_order(gold: Items, value: Items, likeness: Likeness) -> Pairing:
    """Return the pairs of two lists whose order counts: no two of them cross, and they have the most in common."""
    start, most = 0, min(len(gold.keys), len(value.keys))
    while start < most and gold.keys[start] is not None and gold.keys[start] == value.keys[start]:
        start += 1
    end = 0
    while end < most - start and gold.keys[-1 - end] is not None and gold.keys[-1 - end] == value.keys[-1 - end]:
        end += 1
    rows, columns = range(start, len(gold.keys) - end), range(start, len(value.keys) - end)
    same = [(at, at) for at in range(start)]
    same += [(len(gold.keys) - at, len(value.keys) - at) for at in range(1, end + 1)]
    approximate = len(rows) * len(columns) > MOST_CELLS
    between = list(zip(rows, columns, strict=False)) if approximate else _longest(rows, columns, likeness)
    return Pairing(tuple(sorted([*same, *between])), approximate)


def _longest(rows: range, columns: range, likeness: Likeness) -> list[Pair]:
    """Return the pairs without a crossing whose likeness is greatest, as for a longest common subsequence."""
    weights = [[likeness(row, column) for column in columns] for row in rows]
    best = [[0] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for row in range(len(rows) - 1, -1, -1):
        for column in range(len(columns) - 1, -1, -1):
            paired = weights[row][column] + best[row + 1][column + 1]
            best[row][column] = max(paired, best[row + 1][column], best[row][column + 1])
    pairs: list[Pair] = []
    row = column = 0
    while row < len(rows) and column < len(columns):
        weight = weights[row][column]
        if weight and best[row][column] == weight + best[row + 1][column + 1]:
            pairs.append((rows[row], columns[column]))
            row, column = row + 1, column + 1
        elif best[row + 1][column] >= best[row][column + 1]:
            row += 1
        else:
            column += 1
    return pairs
