"""Signals from places: whether a field of an object is found far from the others, or where another one is."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from structgen.core.json import pointer, steps

Span = tuple[int, int]

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n")
_MOST = 0.6
"""The share of an object's fields in one paragraph that makes it the object's own."""


def place_signals(spans: Mapping[str, Span], text: str | None) -> dict[str, set[str]]:
    """Return the signals of the places, by path. n log n in the number of places."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in _shared(spans):
        found[path].add("place:shared")
    records = _records(spans)
    for path in _with_neighbours(records, spans):
        found[path].add("place:neighbour")
    for path in _out_of_order(records, spans):
        found[path].add("place:order")
    if text is not None:
        for path in _apart(records, spans, [match.start() for match in _PARAGRAPH.finditer(text)]):
            found[path].add("place:apart")
    return dict(found)


def _shared(spans: Mapping[str, Span]) -> Iterator[str]:
    """Yield the fields whose place another field of the same object has too: one of them has the other's value."""
    count = Counter((_parent(path), span) for path, span in spans.items())
    return (path for path, span in spans.items() if count[_parent(path), span] > 1)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _records(spans: Mapping[str, Span]) -> dict[str, list[str]]:
    """Return the fields of each record by the path of the record: the item of the outermost list, else the root."""
    records: defaultdict[str, list[str]] = defaultdict(list)
    for path in spans:
        way = steps(path)
        at = next((number for number, step in enumerate(way) if step.isdecimal()), None)
        records["" if at is None or at == len(way) - 1 else pointer(way[: at + 1])].append(path)
    return dict(records)


def _with_neighbours(records: Mapping[str, Sequence[str]], spans: Mapping[str, Span]) -> Iterator[str]:
    """Yield the fields of list items that are nearer to another item's fields than to those of their own item."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for record in records:
        if record:
            groups[_parent(record)].append(record)
    for several in groups.values():
        if len(several) < 2:
            continue
        placed = sorted((spans[path], record) for record in several for path in records[record])
        starts = [span[0] for span, _ in placed]
        for record in several:
            own = sorted(spans[path][0] for path in records[record])
            for path in records[record]:
                if len(own) > 1 and _is_neighbour(spans[path], record, own, placed, starts):
                    yield path


def _is_neighbour(
    span: Span, record: str, own: Sequence[int], placed: Sequence[tuple[Span, str]], starts: Sequence[int]
) -> bool:
    """Whether the places on both sides are of one other item, and the next one of the own item is further away."""
    low, high = bisect_left(starts, span[0]), bisect_right(starts, span[0])
    around = [placed[at][1] for at in (low - 1, high) if 0 <= at < len(placed)]
    same_place = [owner for _, owner in placed[low:high] if owner != record]
    if same_place:
        return True
    others = {owner for owner in around if owner != record}
    if len(others) != 1 or record in around:
        return False
    before, after = bisect_left(own, span[0]), bisect_right(own, span[0])
    nearest = min((abs(own[at] - span[0]) for at in (before - 1, after) if 0 <= at < len(own)), default=0)
    gap = min(abs(starts[at] - span[0]) for at in (low - 1, high) if 0 <= at < len(placed))
    return gap < nearest


def _out_of_order(records: Mapping[str, Sequence[str]], spans: Mapping[str, Span]) -> Iterator[str]:
    """Yield the fields of list items that lie otherwise to the field before them than in most items of the list."""
    steps_of: defaultdict[tuple[str, str, str], list[tuple[bool, str]]] = defaultdict(list)
    for record, paths in records.items():
        if record:
            for before, after in pairwise(paths):
                key = (_parent(record), before[len(record) :], after[len(record) :])
                steps_of[key].append((spans[before] <= spans[after], after))
    for several in steps_of.values():
        forward = sum(ahead for ahead, _ in several)
        usual = forward * 2 >= len(several)
        if len(several) > 2 and max(forward, len(several) - forward) >= _USUAL * len(several):
            yield from (path for ahead, path in several if ahead is not usual)


_USUAL = 0.7
"""The share of a list's items that makes an order the usual one."""


def _apart(records: Mapping[str, Sequence[str]], spans: Mapping[str, Span], breaks: Sequence[int]) -> Iterator[str]:
    """Yield the fields outside of the paragraph in which most fields of their record are."""
    for paths in records.values():
        if len(paths) < 3:
            continue
        home, count = Counter(bisect_left(breaks, spans[path][0]) for path in paths).most_common(1)[0]
        if count >= _MOST * len(paths):
            yield from (path for path in paths if bisect_left(breaks, spans[path][0]) != home)
