"""Place the items of a list that follow each other in the text, one on each line, or in each sentence or paragraph.

A table repeats its values: "3" is in every second row. But the rows of an answer come in the order of the text, and all
cells of a row are together. If only one way to lay the answer over the text satisfies both, each value of the answer
has one place, and no other place is considered.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from sys import maxsize

from structgen.ground.choose import Choice
from structgen.ground.places import Place
from structgen.ground.queries import Leaf

Places = tuple[Place, ...]

_UNITS = (
    re.compile(r"\n|</(?:tr|li|p|div|dd)\s*>|(?<=[.!?؟])\s+|(?<=[。！？])", re.IGNORECASE),
    re.compile(r"\n[^\S\n]*\n"),
)
"""What separates the stretches that items may have to themselves: first lines and sentences, then paragraphs."""
_SAMPLE, _MOST_PLACES = 50, 200
_LOCAL = 0.5
"""The minimum share of items in which a field must be beside the other fields to count as a cell of the row."""


@dataclass(frozen=True, slots=True)
class _List:
    """The leaves of one list: for each item its fields, each with its number among all leaves."""

    items: tuple[dict[str, int], ...]

    @property
    def is_plain(self) -> bool:
        """Whether the items are scalars."""
        return all(set(item) == {""} for item in self.items)


@dataclass(frozen=True, slots=True)
class _Text:
    """A text, the places of all leaves in it, and tables derived from them, each computed once.

    Equal values share one tuple of places, and thousands of small lists may need the table of one long tuple.
    """

    text: str
    places: Sequence[Places]
    _breaks: dict[re.Pattern[str], list[int]] = field(default_factory=dict[re.Pattern[str], list[int]])
    _starts: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    _stretches: dict[tuple[re.Pattern[str], int], list[int]] = field(
        default_factory=dict[tuple[re.Pattern[str], int], list[int]]
    )
    _mirrored: dict[int, list[int]] = field(default_factory=dict[int, list[int]])
    _members: dict[int, frozenset[int]] = field(default_factory=dict[int, frozenset[int]])

    def breaks(self, unit: re.Pattern[str]) -> list[int]:
        """Return where the stretches of the text begin, except for the first."""
        if unit not in self._breaks:
            self._breaks[unit] = [match.end() for match in unit.finditer(self.text)]
        return self._breaks[unit]

    def starts(self, number: int) -> list[int]:
        """Return where the places of a leaf start."""
        several = self.places[number]
        if id(several) not in self._starts:
            self._starts[id(several)] = [place.start for place in several]
        return self._starts[id(several)]

    def stretches(self, number: int, unit: re.Pattern[str]) -> list[int]:
        """Return the stretches of the text, by number, in which the places of a leaf are."""
        several, breaks = self.places[number], self.breaks(unit)
        key = (unit, id(several))
        if key not in self._stretches:
            self._stretches[key] = sorted({bisect_right(breaks, place.start) for place in several})
        return self._stretches[key]

    def mirrored(self, cell: list[int]) -> list[int]:
        """Return the places of a cell counted from the end of the text."""
        if id(cell) not in self._mirrored:
            self._mirrored[id(cell)] = [-at for at in reversed(cell)]
        return self._mirrored[id(cell)]

    def members(self, cell: list[int]) -> frozenset[int]:
        """Return the places of a cell as a set."""
        if id(cell) not in self._members:
            self._members[id(cell)] = frozenset(cell)
        return self._members[id(cell)]


def lay_out(found: Sequence[Leaf], places: Sequence[Places], text: str) -> list[Places]:
    """Return the places of each leaf; only the place in its row if the rows can be laid over the text in one way alone.

    Equal values still share one tuple of places. Linear in the leaves and the places, except for searches.
    """
    places = _within_lines(places, text)
    lists = _lists(found, places)
    if not any(len(places[number]) > 1 for one in lists for item in one.items for number in item.values()):
        return list(places)
    placed: dict[int, Places] = {}
    labels: dict[int, Places] = {}
    whole = _Text(text, places)
    for one in lists:
        if one.is_plain:
            placed |= _plain_items(one, whole)
        else:
            cells, above = _rows(one, whole, _UNITS[0])
            if not cells:
                cells, above = _rows(one, whole, _UNITS[1])
            placed |= cells
            labels |= above
    return _narrowed(places, placed | labels, labels)


def _within_lines(places: Sequence[Places], text: str) -> list[Places]:
    """Return the places without those that cross the end of a line, for values that also occur within a line."""
    known: dict[int, Places] = {}
    for several in {id(one): one for one in places if len(one) > 1}.values():
        within = tuple(place for place in several if "\n" not in text[place.start : place.end])
        if within and len(within) < len(several):
            known[id(several)] = within
    return [known.get(id(several), several) for several in places]


def _lists(found: Sequence[Leaf], places: Sequence[Places]) -> list[_List]:
    """Return the lists with at least two items that were found, by the innermost index in the paths of the leaves."""
    lists: dict[str, dict[str, dict[str, int]]] = {}
    for number, leaf in enumerate(found):
        steps = leaf.path.split("/")
        index = next((n for n in range(len(steps) - 1, 0, -1) if steps[n].isdecimal()), 0)
        if index and places[number]:
            items = lists.setdefault("/".join(steps[:index]), {})
            items.setdefault(steps[index], {})["/".join(steps[index + 1 :])] = number
    return [_List(tuple(items.values())) for items in lists.values() if len(items) > 1]


def _plain_items(one: _List, whole: _Text) -> dict[int, Places]:
    """Return the places of scalar items, each behind the one before it."""
    numbers = [item[""] for item in one.items]
    chosen = _only_way([[whole.starts(number)] for number in numbers], whole)
    return {
        number: (whole.places[number][bisect_left(whole.starts(number), start)],)
        for number, start in zip(numbers, chosen, strict=True)
        if start is not None
    }


def _rows(one: _List, whole: _Text, unit: re.Pattern[str]) -> tuple[dict[int, Places], dict[int, Places]]:
    """Return the places of the cells, each in its row, and of values above the rows; both empty if it has no rows."""
    places, breaks = whole.places, whole.breaks(unit)
    fields = _cells(one, partial(whole.stretches, unit=unit))
    rows = [{name: number for name, number in item.items() if name in fields} for item in one.items]
    chosen = _only_way([[whole.stretches(number, unit) for number in row.values()] for row in rows], whole)
    if chosen.count(None) > len(chosen) // 2:  # too few rows are certain for this to be a table
        return {}, {}
    held: dict[tuple[int, int], Places] = {}
    inside: dict[int, Places] = {}
    begins = [None if stretch is None else breaks[stretch - 1] if stretch else 0 for stretch in chosen]
    labels = _above(one, places, fields, begins)
    for row, stretch in zip(rows, chosen, strict=True):
        for number in row.values() if stretch is not None else ():
            key = (id(places[number]), stretch or 0)
            if key not in held:
                low = breaks[key[1] - 1] if key[1] else 0
                high = breaks[key[1]] if key[1] < len(breaks) else len(whole.text) + 1
                held[key] = _between(places[number], low, high)
            inside[number] = held[key]
    return _in_columns(rows, inside), labels


def _above(
    one: _List, places: Sequence[Places], fields: frozenset[str], begins: Sequence[int | None]
) -> dict[int, Places]:
    """Return the places of values that are not in the rows, such as a date: the nearest place above their row.

    A field that most items have below their first line is left out: it belongs to items of several lines.
    """
    rows = [(item, begin) for item, begin in zip(one.items, begins, strict=True) if begin is not None]
    ends = [*(begin for _, begin in rows[1:]), maxsize]
    found: dict[int, Places] = {}
    for name in {name for item, _ in rows for name in item} - fields:
        below, labels = 0, dict[int, Places]()
        for (item, begin), after in zip(rows, ends, strict=True):
            if name in item:
                several = places[item[name]]
                first, last = _span(several, begin, after)
                below += first < last
                labels |= {item[name]: several[first - 1 : first]} if first else {}
        found |= labels if 2 * below < sum(name in item for item, _ in rows) else {}
    return found


def in_order(found: Sequence[Leaf], choices: Mapping[int, Choice]) -> dict[int, Choice]:
    """Return the choices, with the places of items that are equal in all fields in the order of these items."""
    sorted_choices = dict(choices)
    for one in _lists(found, [(choices[n].place,) if n in choices else () for n in range(len(found))]):
        alike: dict[str, list[dict[str, int]]] = defaultdict(list)
        for item in one.items:
            alike[repr(sorted((name, repr(found[number].value)) for name, number in item.items()))].append(item)
        for items in alike.values():
            for name in items[0] if len(items) > 1 else ():
                numbers = [item[name] for item in items]
                placed = sorted((choices[number] for number in numbers), key=lambda choice: choice.place)
                sorted_choices |= dict(zip(numbers, placed, strict=True))
    return sorted_choices


def _between(several: Places, low: int, high: int) -> Places:
    first, last = _span(several, low, high)
    return several[first:last]


def _span(several: Places, low: int, high: int) -> tuple[int, int]:
    """Return the indices of the first place from `low` on and of the first one from `high` on."""
    first, last = (bisect_left(several, at, key=lambda place: place.start) for at in (low, high))
    return first, last


def _cells(one: _List, stretches: Callable[[int], list[int]]) -> frozenset[str]:
    """Return the fields that are usually in the same stretch of the text as the rest of their item."""
    beside, counted = Counter[str](), Counter[str]()
    sample = one.items[:_SAMPLE]
    values: dict[str, set[int]] = defaultdict(set)
    for item in sample:
        for name, number in item.items():
            values[name].add(id(stretches(number)))
    telling = max(values, key=lambda name: len(values[name]))
    for item in sample:
        where = {name: stretches(number)[:_MOST_PLACES] for name, number in item.items()}
        together = Counter(at for several in where.values() for at in several)
        most = max(together.values())
        best = {at for at, count in together.items() if count == most}
        if most == 1 and telling in where:  # no fields are together: the field with most values marks the row
            best = set(where[telling])
        counted.update(list(where))
        beside.update(name for name, several in where.items() if not best.isdisjoint(several))
    return frozenset(name for name in counted if beside[name] >= _LOCAL * counted[name])


def _only_way(rows: Sequence[Sequence[list[int]]], whole: _Text) -> list[int | None]:
    """Return for each row the only place for all of its cells, if every row is behind the one before it.

    None for a row with several such places or without cells. All are None if some row with cells has no such place.
    """
    # Forward, each row gets its earliest place, and backward its latest. If both are equal, there is no other.
    forward = _walk(rows, whole)
    backward = _walk([[whole.mirrored(cell) for cell in row] for row in reversed(rows)], whole)
    if forward is None or backward is None:
        return [None] * len(rows)
    pairs = zip(forward, reversed(backward), strict=True)
    return [first if first is not None and last is not None and first == -last else None for first, last in pairs]


def _walk(rows: Sequence[Sequence[list[int]]], whole: _Text) -> list[int | None] | None:
    """Return the first place for each row behind that of the row before it; None if some row has no such place."""
    found: list[int | None] = []
    last: int | None = None
    for row in rows:
        if not row:
            found.append(None)
            continue
        shortest = min(row, key=len)
        others = [whole.members(cell) for cell in row if cell is not shortest]
        begin = 0 if last is None else bisect_right(shortest, last)
        at = next((at for at in _from(shortest, begin) if all(at in other for other in others)), None)
        if at is None:
            return None
        last = at
        found.append(at)
    return found


def _from(cells: Sequence[int], begin: int) -> Iterable[int]:
    return (cells[n] for n in range(begin, len(cells)))


def _in_columns(rows: Sequence[dict[str, int]], inside: dict[int, Places]) -> dict[int, Places]:
    """Return the places of cells; equal values in one row get theirs by the order of the columns in other rows."""
    before = Counter[tuple[str, str]]()
    for row in rows:
        single = sorted((inside[n][0].start, name) for name, n in row.items() if len(inside.get(n, ())) == 1)
        before.update((one[1], other[1]) for one, other in pairwise(single))
    found = dict(inside)
    for row in rows:
        twins: dict[int, list[str]] = defaultdict(list)
        for name, number in row.items():
            if len(inside.get(number, ())) > 1:
                twins[id(inside[number])].append(name)
        for names in twins.values():
            several = inside[row[names[0]]]
            if len(names) == len(several):
                order = sorted(names, key=lambda name: sum(before[other, name] for other in names))
                found |= {row[name]: (place,) for name, place in zip(order, several, strict=True)}
    return found


def _narrowed(places: Sequence[Places], placed: dict[int, Places], shared: Container[int]) -> list[Places]:
    """Return the places, narrowed to the chosen ones. Equal values lose a taken place, unless it is their last."""
    taken: dict[int, set[Place]] = defaultdict(set)
    for number, chosen in placed.items():
        if len(chosen) == 1 and number not in shared:
            taken[id(places[number])].update(chosen)
    left: dict[int, Places] = {}
    for several in {id(one): one for one in places}.values():
        if id(several) in taken:
            free = tuple(place for place in several if place not in taken[id(several)])
            left[id(several)] = free or several
    return [placed.get(number) or left.get(id(several), several) for number, several in enumerate(places)]
