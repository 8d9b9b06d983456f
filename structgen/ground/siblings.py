"""Choose the place of a value that occurs in several items: the place beside the rest of its own item.

Values that occur once are the anchors of their items. The places of a value that several items have are assigned to
these items, each near its own anchors, and none twice if there are enough. What is certain then becomes an anchor for
the rest. An item is an object in a list, or an object within one. The fields of the root may be anywhere: a field is
at the place that its own name directly precedes, if there is exactly one.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from math import inf, log2
from typing import NamedTuple

from structgen.core.json import pointer
from structgen.ground.choose import Choice
from structgen.ground.places import Place
from structgen.ground.queries import Leaf

Places = tuple[Place, ...]

_ROUNDS = 4
_ANCHORS, _NEAR = 3, 3
"""Maximum anchors of a value, and places that are considered on either side of each."""
_MARGIN = 1.5
"""Bits by which every other assignment of the places must be less likely."""
_BREAKS = (
    (r"\n", 4.5, 3),
    (r"\n[^\S\n]*\n", 6.0, 1),
    (r"[.!?。！？](?=\s)|[。！？]", 2.0, 1),
    (r"[,;](?=\s)|[、，；]", 1.5, 1),
)
"""Cost of leaving the line, paragraph, sentence or clause of an anchor, and how often each counts at most."""
_LABELLED = 16.0
"""Bonus if the name of the field directly precedes a value."""
_LONGEST_LABEL = 40
_MOST_NAMED = 200
_BETWEEN = " \t:=|*_#\"'([-–—.,"
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|[\W_]+")
_OVER = 5.0
"""Cost of a place within an anchor."""
_SHARED = 40.0
"""Cost of sharing the place of another item, or of a place before that of an earlier item."""


class _Option(NamedTuple):
    """A place for a leaf, and its cost in bits."""

    place: Place
    cost: float


class _Seeker(NamedTuple):
    """A leaf with several places: the middle of its anchors, its number, and its options in order."""

    middle: float
    number: int
    options: tuple[_Option, ...]


def settle(found: Sequence[Leaf], places: Sequence[Places], text: str) -> dict[int, Choice]:
    """Return the places of leaves that have anchors, by their numbers. Equal values share one tuple of places.

    Linear in the leaves and the places, except for binary searches.
    """
    named = {
        number: Choice(place, certain=True)
        for number, several in enumerate(places)
        if len(several) > 1 and (place := _labelled(found[number], several, text)) is not None
    }
    groups: dict[int, list[int]] = {}
    for number, several in enumerate(places):
        if len(several) > 1 and next(_items(found[number]), None) is not None:
            groups.setdefault(id(several), []).append(number)
    if not groups:
        return named
    anchors = _Anchors(found, places, text)
    settled: dict[int, Choice] = {}
    for _ in range(_ROUNDS):
        certain: dict[int, Choice] = {}
        for group in groups.values():
            left = [number for number in group if number not in settled or not settled[number].certain]
            taken = {settled[number].place for number in group if number in settled and settled[number].certain}
            free = [place for place in places[group[0]] if place not in taken] if left else []
            round_ = _shared_out(found, left, free or places[group[0]], anchors)
            settled |= round_
            certain |= {number: one for number, one in round_.items() if one.certain}
        if not certain:
            break
        anchors.add((number, one.place) for number, one in certain.items())
    return named | settled


def _labelled(leaf: Leaf, several: Places, text: str) -> Place | None:
    """Return the only place of a field of the root that its name directly precedes, or None.

    A value that the text has more often than `_MOST_NAMED` times says little, and looking at all of it takes long.
    """
    if len(several) > _MOST_NAMED:
        return None
    label = " ".join(_HUMP.split(leaf.name)).strip().lower() if leaf.path == pointer([leaf.name]) else ""
    if not label:
        return None
    name = re.compile(rf"(?<!\w){re.escape(label)}$")
    after = [one for one in several if name.search(_before(text, one))]
    return after[0] if len(after) == 1 else None


def _before(text: str, place: Place) -> str:
    return text[max(0, place.start - _LONGEST_LABEL) : place.start].rstrip(_BETWEEN).lower()


def _items(leaf: Leaf) -> Iterator[str]:
    """Yield the paths of the objects around a leaf, up to the nearest one in a list, without the root."""
    above = _object(leaf)
    while above:
        yield above
        above, _, step = above.rpartition("/")
        if step.isdecimal():
            return


def _object(leaf: Leaf) -> str:
    """Return the path of the object or list that directly contains a leaf."""
    path, key = leaf.path, pointer([leaf.name])[1:]
    while path:
        path, _, step = path.rpartition("/")
        if step == key:
            break
    return path


class _Anchors:
    """The leaves with one place, by the objects that contain them."""

    def __init__(self, found: Sequence[Leaf], places: Sequence[Places], text: str) -> None:
        self._found = found
        self._inside: dict[str, list[int]] = {}
        self._places: dict[int, Place] = {}
        self._text = text
        self._breaks = [
            ([match.start() for match in re.finditer(mark, text)], bits, most) for mark, bits, most in _BREAKS
        ]
        self.add((number, several[0]) for number, several in enumerate(places) if len(several) == 1)
        self._spans = sorted((place.start, place.end) for place in self._places.values())

    def add(self, anchors: Iterator[tuple[int, Place]]) -> None:
        """Add leaves that now have one place."""
        for number, place in anchors:
            self._places[number] = place
            above = _object(self._found[number])
            while above:
                insort(self._inside.setdefault(above, []), number)
                above = above.rpartition("/")[0]

    def of(self, number: int) -> list[Place]:
        """Return the anchors of a leaf: those nearest to it in the innermost object that has any."""
        own = (self._inside[item] for item in _items(self._found[number]) if item in self._inside)
        inside = next(own, list[int]())
        at = bisect_left(inside, number)
        near = sorted(inside[max(0, at - _ANCHORS) : at + _ANCHORS], key=lambda other: abs(other - number))
        return [self._places[other] for other in near[:_ANCHORS]]

    def cost(self, place: Place, anchors: Sequence[Place], label: str) -> float:
        """Return the cost of this place for a value with these anchors."""
        at = bisect_left(self._spans, (place.end,))
        over = _OVER if at and self._spans[at - 1][1] > place.start else 0.0
        before = self._text[max(0, place.start - _LONGEST_LABEL) : place.start].rstrip(_BETWEEN).lower()
        labelled = _LABELLED if label and before.endswith(label) else 0.0
        return sum(self._way(place, anchor) for anchor in anchors) + over - labelled

    def _way(self, place: Place, anchor: Place) -> float:
        way = log2(2 + max(0, place.start - anchor.end, anchor.start - place.end))
        first, last = min(place.start, anchor.start), max(place.start, anchor.start)
        for breaks, bits, most in self._breaks:
            way += bits * min(bisect_left(breaks, last) - bisect_left(breaks, first), most)
        return way


def _shared_out(
    found: Sequence[Leaf], numbers: Sequence[int], free: Sequence[Place], anchors: _Anchors
) -> dict[int, Choice]:
    """Return the places of leaves with the same value, assigned at the lowest cost."""
    seekers: list[_Seeker] = []
    for number in numbers:
        around = anchors.of(number)
        if around:
            middle = sum(place.start for place in around) / len(around)
            label = " ".join(_HUMP.split(found[number].name)).strip().lower()
            options = tuple(_Option(place, anchors.cost(place, around, label)) for place in _near(free, around))
            seekers.append(_Seeker(middle, number, options))
    seekers.sort()
    ahead = _ways(seekers)
    behind = _ways([seeker._replace(options=seeker.options[::-1]) for seeker in reversed(seekers)], backward=True)
    settled: dict[int, Choice] = {}
    for seeker, before, after in zip(seekers, ahead, reversed(behind), strict=True):
        costs = [a + b - one.cost for a, b, one in zip(before, reversed(after), seeker.options, strict=True)]
        best = min(range(len(costs)), key=costs.__getitem__)
        others = min((cost for n, cost in enumerate(costs) if n != best), default=inf)
        settled[seeker.number] = Choice(seeker.options[best].place, others - costs[best] >= _MARGIN)
    for before, after in pairwise(seekers):
        if _may_change_places(found[before.number], found[after.number]):
            for seeker in (before, after):
                settled[seeker.number] = settled[seeker.number]._replace(certain=False)
    return settled


def _near(free: Sequence[Place], around: Sequence[Place]) -> list[Place]:
    """Return the places next to any of the anchors, in order."""
    if len(free) <= 2 * _NEAR:
        return list(free)
    near: set[int] = set()
    for anchor in around:
        at = bisect_left(free, (anchor.start,))
        near.update(range(max(0, at - _NEAR), min(len(free), at + _NEAR)))
    return [free[n] for n in sorted(near)]


def _ways(seekers: Sequence[_Seeker], *, backward: bool = False) -> list[list[float]]:
    """Return for each option of each leaf the cost of the best path to it from the first leaf."""
    layers: list[list[float]] = []
    for n, seeker in enumerate(seekers):
        if not n:
            layers.append([one.cost for one in seeker.options])
            continue
        last = list(zip(seekers[n - 1].options, layers[-1], strict=True))
        layers.append(
            [
                one.cost
                + min(
                    cost + (0.0 if (one.place < other.place if backward else other.place < one.place) else _SHARED)
                    for other, cost in last
                )
                for one in seeker.options
            ]
        )
    return layers


def _may_change_places(one: Leaf, other: Leaf) -> bool:
    """Whether two leaves are different fields of one object. Equal items of a list follow its order instead."""
    return one.name != other.name and _object(one) == _object(other)


def apart(choices: Mapping[int, Choice], settled: Mapping[int, Choice], places: Sequence[Places]) -> dict[int, Choice]:
    """Return all choices, `settled` ones first, without two leaves in one place while another place is free.

    The later leaf moves to the next free place. Both are uncertain then, unless siblings decided.
    """
    found = {**choices, **settled}
    first: dict[tuple[int, Place], int] = {}
    again: dict[int, list[int]] = {}
    for number in sorted(found, key=lambda number: not found[number].certain):
        several, place = places[number], found[number].place
        if len(several) > 1 and first.setdefault((id(several), place), number) != number:
            again.setdefault(id(several), []).append(number)
    for group in again.values():
        several = places[group[0]]
        taken = {place for known, place in first if known == id(several)}
        free = iter([place for place in several if place not in taken])
        for number, place in zip(sorted(group), free, strict=False):
            other = first[id(several), found[number].place]
            found[other] = found[other]._replace(certain=found[other].certain and other in settled)
            found[number] = Choice(place, certain=False)
    return found
