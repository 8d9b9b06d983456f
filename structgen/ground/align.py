"""The part of a text that is most like a phrase: approximate matching by bit vectors.

After G. Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic programming" (J. ACM 46,
1999), over words in place of letters. Python's integers are the vectors, so a phrase may have any length.
"""

from __future__ import annotations

from collections.abc import Sequence

_FURTHER = 4
_MOST_EDITS = 0.6
"""Edits for one word of the phrase beyond which nothing is alike."""


def align(ours: Sequence[int], theirs: Sequence[int]) -> list[tuple[int, int]]:
    """The stretches of `theirs`, first and last word, that may be what `ours` was.

    One has the fewest edits: of several such the one that begins and ends with the phrase's own first and last word,
    else the one that leaves out what is foreign. Another reaches on to these words where they stand a little further
    out. Empty where nothing is near.
    """
    last = _nearest_end(ours, theirs)
    back = None if last is None else _nearest_end(ours[::-1], theirs[last::-1])
    if last is None or back is None:
        return []
    first = last - back
    further = _FURTHER + len(ours) // 4
    wide_first = _next(ours[0], theirs, range(first, max(-1, first - further), -1))
    wide_last = _next(ours[-1], theirs, range(last, min(len(theirs), last + further)))
    return list(dict.fromkeys(((first, last), (wide_first, wide_last))))


def _next(word: int, theirs: Sequence[int], places: range) -> int:
    return next((place for place in places if theirs[place] == word), places.start)


def _nearest_end(ours: Sequence[int], theirs: Sequence[int]) -> int | None:
    """Where a stretch with the fewest edits ends."""
    edits = distances(ours, theirs)
    fewest = min(edits, default=len(ours))
    if fewest > _MOST_EDITS * len(ours):
        return None
    ends = [place for place, count in enumerate(edits) if count == fewest]
    known = set(ours)
    own = [place for place in ends if theirs[place] == ours[-1]] or [place for place in ends if theirs[place] in known]
    return min(own or ends)


def distances(ours: Sequence[int], theirs: Sequence[int]) -> list[int]:
    """For each word of `theirs` the edits between `ours` and the best stretch that ends there."""
    every, top = (1 << len(ours)) - 1, 1 << (len(ours) - 1)
    where: dict[int, int] = {}
    for place, word in enumerate(ours):
        where[word] = where.get(word, 0) | 1 << place
    up, down, edits = every, 0, len(ours)
    found: list[int] = []
    for word in theirs:
        equal = where.get(word, 0)
        across = (((equal & up) + up) ^ up) | equal
        more, less = down | (every & ~(across | up)), up & across
        edits += bool(more & top) - bool(less & top)
        found.append(edits)
        more, less, along = more << 1 & every, less << 1 & every, equal | down
        up, down = less | (every & ~(along | more)), more & along
    return found
