"""Give no two items of a list the same place: the text mentions an item for each of them, or it supports fewer.

Equal items take successive mentions in the order of the answer. What a text mentions twice is listed twice; of an item
that is listed more often, the surplus has no place. Different fields may share a place ("city" and "birthplace"), and
so may the fields of different records, as long as these records are not equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from itertools import islice

from structgen.ground.choose import Choice
from structgen.ground.places import Grade, Place
from structgen.ground.queries import Leaf

Span = tuple[int, int]


class Form(IntEnum):
    """How a value is in the text: in its own characters, in another form, or only shown by a quote."""

    OWN = 0
    OTHER = 1
    SHOWN = 2


_LEVELS = 9
"""Maximum containers around a leaf, the innermost ones, that are compared if they are items of a list."""


def spread(
    found: Sequence[Leaf], choices: Mapping[int, Choice], places: Sequence[tuple[Place, ...]]
) -> dict[int, Choice]:
    """Return the choices with the items of each list at different places where the text has enough of them.

    Equal values share one tuple of places. Linear in the leaves and the places.
    """
    spread_out = dict(choices)
    for numbers in _lists(found, choices).values():
        equal: dict[int, list[int]] = {}
        for number in numbers:
            equal.setdefault(id(places[number]), []).append(number)
        for several in equal.values():
            if len(several) > 1:
                spread_out |= _in_order(several, spread_out, places[several[0]])
        if len(equal) > 1:
            spread_out |= _moved(numbers, spread_out, places)
    return spread_out


def _lists(found: Sequence[Leaf], numbers: Iterable[int]) -> dict[str, list[int]]:
    """Return the scalar items of each list with more than one, by its path."""
    lists: dict[str, list[int]] = {}
    for number in sorted(numbers):
        above, slash, step = found[number].path.rpartition("/")
        if slash and step.isdecimal():
            lists.setdefault(above, []).append(number)
    return {path: several for path, several in lists.items() if len(several) > 1}


def _in_order(
    numbers: Sequence[int], choices: Mapping[int, Choice], places: tuple[Place, ...]
) -> Iterator[tuple[int, Choice]]:
    """Yield the choices of equal items in the order of the text."""
    if len(places) <= len(numbers):  # every mention is one of the items
        yield from zip(numbers, (Choice(place, certain=True) for place in places), strict=False)
        return
    chosen = {choices[number].place: choices[number] for number in numbers}
    if len(chosen) < len(numbers):  # leaves outside of this list hold the other places
        free = (place for place in places if place not in chosen)
        more = islice(free, len(numbers) - len(chosen))
        chosen |= {place: Choice(place, certain=False) for place in list(more)}
    yield from zip(numbers, (chosen[place] for place in sorted(chosen)), strict=True)


def _moved(
    numbers: Sequence[int], choices: Mapping[int, Choice], places: Sequence[tuple[Place, ...]]
) -> Iterator[tuple[int, Choice]]:
    """Yield a free place for each item at the place of another value: "Red" and "red", 5 and "5"."""
    taken: set[Span] = set()
    others: dict[int, Iterator[Place]] = {}
    for number in sorted(numbers, key=lambda number: choices[number].place.grade is not Grade.OWN):
        place = choices[number].place
        if place[:2] in taken:
            rest = others.setdefault(id(places[number]), iter(places[number]))
            free = next((other for other in rest if other[:2] not in taken), None)
            if free is None:
                continue
            place = free
            yield number, Choice(place, certain=False)
        taken.add(place[:2])


def surplus(
    found: Sequence[Leaf],
    spans: Mapping[int, Span],
    value_of: Callable[[int], Hashable],
    form_of: Callable[[int], Form],
) -> set[int]:
    """Return the leaves of items at the place of another item of the same list.

    A scalar item is surplus if another one has its place, and either its value or, for values that are written in the
    text, any value. A record is surplus if an earlier one has equal values at the same places.
    """
    if len(set(spans.values())) == len(spans):  # usual: nothing is shared
        return set()
    gone: set[int] = set()
    for numbers in _lists(found, spans).values():
        seen: set[Hashable] = set()
        for number in sorted(numbers, key=form_of):  # "red" keeps the place of "red", and "Red" has none
            there: Hashable = spans[number]
            marks = {(there, value_of(number)), *([there] if form_of(number) is not Form.SHOWN else [])}
            if not seen.isdisjoint(marks):
                gone.add(number)
            seen.update(marks)
    return gone.union(_equal_records(found, spans, value_of))


def _equal_records(
    found: Sequence[Leaf], spans: Mapping[int, Span], value_of: Callable[[int], Hashable]
) -> Iterator[int]:
    """Yield the leaves of records that are equal to an earlier one at the same places."""
    items: dict[str, list[int]] = {}
    for number, leaf in enumerate(found):
        for item in _items(leaf.path):
            items.setdefault(item, []).append(number)
    shared = Counter(spans.values())
    seen: set[Hashable] = set()
    for item, numbers in items.items():
        if not all(shared[spans[number]] > 1 for number in numbers if number in spans):
            continue
        marks = tuple((found[n].path[len(item) :], value_of(n), spans.get(n)) for n in numbers)
        mark = item.rpartition("/")[0], marks
        if mark in seen and any(number in spans for number in numbers):
            yield from numbers
        seen.add(mark)


def _items(path: str) -> Iterator[str]:
    """Yield the paths of the items around a leaf that are not scalars, the innermost first."""
    above = path.rpartition("/")[0]
    for _ in range(_LEVELS):
        higher, _, step = above.rpartition("/")
        if step.isdecimal():
            yield above
        above = higher
