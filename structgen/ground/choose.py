"""Choose among several places of a leaf by the leaves before and after it.

The choice is the path through the places on which each leaf is near the one before it, and the items of a list follow
each other in the text. Order counts only if the leaves with a single place follow it. A place is certain if no other
one is nearly as good.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log2
from typing import NamedTuple

from structgen.ground.places import Place
from structgen.ground.queries import Relation

_WIDTH = 4
"""Paths that are kept at each step."""
_MARGIN = 1.5
"""Bits by which every other place must be less likely."""
_BACK = {Relation.SIBLING: 0.5, Relation.ITEM: 8.0}
"""Cost in bits of going back in the text."""
_NEARNESS = {Relation.SIBLING: 1.0, Relation.ITEM: 0.35}
"""Weight of the distance: high within an object, low from one item to the next."""
_LINE, _MOST_LINES = 4.5, 3
"""Cost of leaving a line of the text within an object, and the maximum lines that count."""
_BREAK = re.compile(r"\n|[.!?](?= [A-Z])|。")
_AGAIN = 6.0
"""Cost of using a place twice."""
_OVER = 5.0
"""Cost of overlapping another item's only place, in lists whose items do not overlap."""
_RARELY = 0.02
_ORDERLY = 0.8
"""Minimum share of steps forward in a list that follows the order of the text."""


class Choice(NamedTuple):
    """The place of a leaf, and whether no other place is nearly as good."""

    place: Place
    certain: bool


class Spot(NamedTuple):
    """A leaf that was found: all its places in order, and its relation to the spot before it."""

    places: tuple[Place, ...]
    relation: Relation


class _Step(NamedTuple):
    """The best path that ends at a place: its cost, and the index of the place before it in the previous step."""

    cost: float
    place: Place
    line: int
    back: int


@dataclass(frozen=True, slots=True)
class _Habits:
    """How the items of lists are arranged in this text, judged by those with a single place."""

    ordered: bool
    apart: tuple[Place, ...]
    """The single places of items, in order; empty if these overlap."""
    breaks: tuple[int, ...]
    """The offsets at which lines and sentences of the text end."""

    @classmethod
    def of(cls, spots: Sequence[Spot], text: str) -> _Habits:
        steps = [
            after.places[0].start >= before.places[0].start
            for before, after in pairwise(spots)
            if after.relation is Relation.ITEM and len(before.places) == len(after.places) == 1
        ]
        single = sorted(s.places[0] for s in spots if s.relation is Relation.ITEM and len(s.places) == 1)
        overlaps = sum(after.start < before.end for before, after in pairwise(single))
        apart = tuple(single) if overlaps <= _RARELY * len(single) else ()
        breaks = tuple(match.start() for match in _BREAK.finditer(text))
        return cls(sum(steps) >= _ORDERLY * len(steps), apart, breaks)

    def line(self, place: Place) -> int:
        """Return the number of the line on which a place begins."""
        return bisect_left(self.breaks, place.start)

    def alone(self, place: Place, spot: Spot) -> float:
        """Return the cost in bits of a place alone."""
        if not self.apart or spot.relation is not Relation.ITEM or len(spot.places) == 1:
            return 0.0
        at = bisect_left(self.apart, (place.end,))
        return _OVER if at and self.apart[at - 1].end > place.start else 0.0

    def way(self, before: Place, after: Place, relation: Relation, lines: int) -> float:
        """Return the cost in bits of the step from one place to the next, which is `lines` lines further on."""
        if before.start == after.start and before.end == after.end:
            return _AGAIN
        if relation is Relation.ITEM:
            if not self.ordered:
                return 0.0
            left = 0.0
        else:
            left = _LINE * min(abs(lines), _MOST_LINES)
        if after.start >= before.start:
            return left + _NEARNESS[relation] * log2(2 + max(0, after.start - before.end))
        return left + _BACK[relation] + log2(2 + max(0, before.start - after.end))


def choose(spots: Sequence[Spot], text: str) -> list[Choice]:
    """Return one place for each leaf. Linear in the leaves; many places of a leaf add only a binary search."""
    if all(len(spot.places) == 1 for spot in spots):  # usual for short texts
        return [Choice(spot.places[0], certain=True) for spot in spots]
    habits = _Habits.of(spots, text)
    following = _next_single(spots)
    layers: list[list[_Step]] = []
    for number, spot in enumerate(spots):
        layers.append(_layer(spot, layers[-1] if layers else [], following[number], habits))
    path, sure = _trace(layers), _sure(layers, spots, habits)
    return [Choice(place, sure[n] and _certain(n, path, spots, habits)) for n, place in enumerate(path)]


def _next_single(spots: Sequence[Spot]) -> list[Place | None]:
    """Return for each leaf the place of the next leaf that has only one."""
    found: list[Place | None] = []
    following: Place | None = None
    for spot in reversed(spots):
        found.append(following)
        if len(spot.places) == 1:
            following = spot.places[0]
    return found[::-1]


def _layer(spot: Spot, before: Sequence[_Step], following: Place | None, habits: _Habits) -> list[_Step]:
    """Return the best path to each place that is considered, the cheapest first."""
    around = [*(step.place for step in before), *([following] if following else [])]
    steps: list[_Step] = []
    for place in _candidates(spot.places, around):
        line = habits.line(place)
        ways = (
            (step.cost + habits.way(step.place, place, spot.relation, line - step.line), n)
            for n, step in enumerate(before)
        )
        cost, back = min(ways, default=(0.0, 0))
        steps.append(_Step(cost + habits.alone(place, spot), place, line, back))
    return sorted(steps)[:_WIDTH]


def _candidates(places: tuple[Place, ...], around: Iterable[Place]) -> Iterable[Place]:
    """Return all places if they are few, else those next to the ends of the paths and to where these must lead."""
    if len(places) <= _WIDTH:
        return places
    near: set[int] = {0}  # the first place wins if nothing else decides
    for other in around:
        at = bisect_left(places, (other.start,))
        near.update(n for n in range(at - 1, at + 2) if 0 <= n < len(places))
    return [places[n] for n in sorted(near)]


def _trace(layers: Sequence[Sequence[_Step]]) -> list[Place]:
    path: list[Place] = []
    at = 0
    for layer in reversed(layers):
        path.append(layer[at].place)
        at = layer[at].back
    return path[::-1]


def _sure(layers: Sequence[Sequence[_Step]], spots: Sequence[Spot], habits: _Habits) -> list[bool]:
    """Return for each leaf whether every path through another of its places is much worse than the best path."""
    found: list[bool] = []
    rest = [0.0] * len(layers[-1])
    for number in reversed(range(len(layers))):
        costs = sorted(step.cost + cost for step, cost in zip(layers[number], rest, strict=True))
        found.append(len(costs) < 2 or costs[1] - costs[0] >= _MARGIN)
        if number:
            rest = [_onward(step, layers[number], rest, spots[number], habits) for step in layers[number - 1]]
    return found[::-1]


def _onward(step: _Step, after: Sequence[_Step], rest: Sequence[float], spot: Spot, habits: _Habits) -> float:
    """Return the cost of the best path from a place through the next leaf to the last one."""
    return min(
        habits.way(step.place, one.place, spot.relation, one.line - step.line) + habits.alone(one.place, spot) + cost
        for one, cost in zip(after, rest, strict=True)
    )


def _certain(number: int, path: Sequence[Place], spots: Sequence[Spot], habits: _Habits) -> bool:
    """Whether every other place of this leaf fits much worse between its neighbours."""
    spot, chosen = spots[number], path[number]
    if len(spot.places) == 1:
        return True
    if _twin(number, spots) or _twin(number + 1, spots):  # no distance tells which of the two comes first
        return False
    before = path[number - 1] if number else None
    after = path[number + 1] if number + 1 < len(path) else None

    def fit(place: Place) -> float:
        cost, line = habits.alone(place, spot), habits.line(place)
        cost += habits.way(before, place, spot.relation, line - habits.line(before)) if before else 0.0
        relation = spots[number + 1].relation if after else Relation.SIBLING
        return cost + (habits.way(place, after, relation, habits.line(after) - line) if after else 0.0)

    around = [place for place in (before, chosen, after) if place]
    others = [fit(place) for place in _candidates(spot.places, around) if place != chosen]
    return min(others, default=0.0) - fit(chosen) >= _MARGIN


def _twin(number: int, spots: Sequence[Spot]) -> bool:
    """Whether a leaf and the one before it are fields of one object with the same value, which may be swapped."""
    if not 0 < number < len(spots) or spots[number].relation is Relation.ITEM:
        return False
    mine, others = spots[number].places, spots[number - 1].places
    return (len(mine), mine[0], mine[-1]) == (len(others), others[0], others[-1])
