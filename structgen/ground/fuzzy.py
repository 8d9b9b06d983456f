"""Find a phrase that was slightly changed: words left out, misspelled or inflected, at most one in four.

Some neighbouring words of such a phrase are unchanged. So its rarest pairs of neighbours lead to a few stretches of the
text, and each of these is aligned with the phrase. The changes must not contradict the text.

The alignment is after G. Myers, "A fast bit-vector algorithm for approximate string matching based on dynamic
programming" (J. ACM 46, 1999), over words in place of letters. Python's integers are the vectors, so that a phrase may
have any length.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import pairwise

from structgen.ground.contradictions import contradicts, has_case
from structgen.ground.match import is_other
from structgen.ground.numerals import Figures
from structgen.ground.places import Grade, Place
from structgen.ground.words import Words, fold, is_unspaced

LONGEST = 5_000
"""Maximum words of a phrase that is aligned, because the work for each word grows with the length of the phrase."""
_FEWEST = 4.0
_MOST_CHANGED = 0.25
_PAIRS, _PLACES, _WINDOWS = 12, 400, 6
"""Maximum pairs of a phrase that are looked up, their places in all, and stretches that are aligned."""
_WIDER = 4
"""Words on either side that are considered beyond those that the share of changes allows."""
_ADDED = 0.9
"""Weight of a word that only the text has: slightly less than of one that only the value has."""
_SHORTEST_ALIKE, _ALIKE = 4, 0.75
"""Minimum letters, and share of them that agree, of words that are nearly the same."""

Pair = tuple[int, int]

Change = tuple[tuple[int, int], tuple[int, int]]
"""A stretch (from, to) of a phrase, and the stretch of the text in its place."""


def long_enough(words: Words) -> bool:
    """Whether the words are so many that they cannot agree by chance."""
    return len(words.ids) <= LONGEST and _size(words, 0, len(words.ids)) >= _FEWEST


def find_near(phrases: Sequence[Words], text: Words, figures: Figures) -> list[tuple[Place, ...]]:
    """Return for each phrase the places with the best likeness; empty if nothing is similar."""
    pairs = {pair for phrase in phrases for pair in pairwise(phrase.ids)}
    index: dict[Pair, array[int]] = {}
    for place, pair in enumerate(pairwise(text.ids)):
        if pair in pairs:
            index.setdefault(pair, array("l")).append(place)
    there = frozenset(text.ids)
    return [_places(phrase, text, index, figures, there) for phrase in phrases]


def _places(
    phrase: Words, text: Words, index: Mapping[Pair, array[int]], figures: Figures, there: frozenset[int]
) -> tuple[Place, ...]:
    """Return the places that are most like a phrase; `there` are the words of the text."""
    size = _size(phrase, 0, len(phrase.ids))
    known = {fold(_written(phrase, place)) for place, word in enumerate(phrase.ids) if word in there}
    likely = [near for at in _windows(phrase, index) for near in _around(phrase, size, text, at, known)]
    found = [near for near in likely if _says_the_numbers(phrase, near, figures)]
    score = max((place.score or 0.0 for place in found), default=0.0)
    return tuple(sorted({place for place in found if place.score == score}))


def _says_the_numbers(phrase: Words, place: Place, figures: Figures) -> bool:
    """Whether a place splits no number and contains all numbers of the phrase, with their signs."""
    if figures.bounds(place.start, place.end) is None:
        return False
    own = Figures(phrase.text)
    ours = [own.values_at(start) for start in phrase.starts if phrase.text[start].isdecimal()]
    if not ours:
        return True
    theirs = figures.values_between(place.start, place.end)
    return all(not values or not values.isdisjoint(theirs) for values in ours)


def _windows(phrase: Words, index: Mapping[Pair, array[int]]) -> list[int]:
    """Return where in the text the phrase may begin, as enough of its rarest pairs agree. Likeliest first."""
    numbered = enumerate(pairwise(phrase.ids))
    ranked = sorted((len(index[pair]), offset, pair) for offset, pair in numbered if pair in index)
    slack = _slack(phrase)
    # Each changed word breaks at most two pairs, so that this many pairs must remain.
    needed = max(1, len(phrase.ids) - 2 - 2 * (len(phrase.ids) // 4))
    if len(ranked) < needed:
        return []
    votes: Counter[int] = Counter()
    asked = seen = 0
    for count, offset, pair in ranked[:_PAIRS]:
        if seen and seen + count > _PLACES:  # the remaining pairs are too frequent to tell anything
            break
        asked, seen = asked + 1, seen + count
        votes.update({(place - offset) // slack for place in index[pair][:_PLACES]})
    # A beginning near the border of a bucket gives votes to the next one as well.
    merged = {bucket: votes[bucket] + votes.get(bucket + 1, 0) for bucket in votes}
    needed = max(1, needed - (len(phrase.ids) - 1 - asked))
    likely = sorted((bucket for bucket in merged if merged[bucket] >= needed), key=lambda b: (-merged[b], b))
    return [bucket * slack for bucket in likely[:_WINDOWS]]


def _around(phrase: Words, size: float, text: Words, begin: int, known: Set[str]) -> Iterator[Place]:
    """Yield the places around word `begin` of the text that are similar enough to the phrase."""
    slack = _slack(phrase)
    low, high = max(0, begin - slack - _WIDER), begin + len(phrase.ids) + 3 * slack + _WIDER
    for start, end in align(phrase.ids, text.ids[low:high]):
        cost = _cost(phrase, text, low + start, low + end, known)
        if cost is not None and cost <= size * _MOST_CHANGED:
            yield Place(text.starts[low + start], text.ends[low + end], Grade.NEAR, round(1 - cost / size, 4))


def _cost(phrase: Words, text: Words, first: int, last: int, known: Set[str]) -> float | None:
    """Return the difference in words; None if the text says something else.

    `known` are those words of the phrase, folded, that are anywhere in the text.
    """
    cost = 0.0
    cased = has_case(phrase.text)
    changes = list(_changes(phrase.ids, text.ids[first : last + 1]))
    if any(
        _is_other_between(phrase, mine, text, first + yours) for mine, yours in _neighbours(changes, len(phrase.ids))
    ):
        return None
    for (mine, mine_end), (yours, yours_end) in changes:
        ours = [_written(phrase, place) for place in range(mine, mine_end)]
        theirs = [_written(text, first + place) for place in range(yours, yours_end)]
        if contradicts(ours if cased else [word.lower() for word in ours], theirs, known):
            return None
        added = _size(text, first + yours, first + yours_end)
        size = max(_size(phrase, mine, mine_end), _ADDED * added)
        # A typo or another ending costs half as much as another word.
        cost += size / 2 if _similar(ours, theirs) else size
    return cost


def _neighbours(changes: Sequence[Change], length: int) -> Iterator[tuple[int, int]]:
    """Yield the indices in both of words that agree and precede another one that agrees."""
    mine = yours = 0
    for (start, end), (_, next_yours) in (*changes, ((length, length), (0, 0))):
        yield from ((mine + n, yours + n) for n in range(start - mine - 1))
        mine, yours = end, next_yours


def _is_other_between(phrase: Words, mine: int, text: Words, yours: int) -> bool:
    """Whether what follows a word that agrees changes the meaning of it and the next one."""
    ours = phrase.text[phrase.ends[mine] : phrase.starts[mine + 1]]
    theirs = text.text[text.ends[yours] : text.starts[yours + 1]]
    return ours != theirs and is_other(ours, theirs, _written(text, yours), _written(text, yours + 1))


def _changes(ours: Sequence[int], theirs: Sequence[int]) -> Iterator[Change]:
    """Yield the stretches (from, to) of both between words that agree."""
    from rapidfuzz.distance import Levenshtein  # imported late: only a changed phrase needs it

    mine = yours = 0
    for block in Levenshtein.opcodes(list(ours), list(theirs)):
        if block.tag == "equal":
            if block.src_start > mine or block.dest_start > yours:
                yield (mine, block.src_start), (yours, block.dest_start)
            mine, yours = block.src_end, block.dest_end
    if mine < len(ours) or yours < len(theirs):
        yield (mine, len(ours)), (yours, len(theirs))


def _similar(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    """Whether two stretches are the same except for an ending, a typo or a space."""
    from rapidfuzz.distance import Levenshtein  # as above

    mine, yours = "".join(map(fold, ours)), "".join(map(fold, theirs))
    return min(len(mine), len(yours)) >= _SHORTEST_ALIKE and Levenshtein.normalized_similarity(mine, yours) >= _ALIKE


def _size(words: Words, first: int, end: int) -> float:
    """Return the words that a reader would count: "C-2" is one, a letter of a script without spaces half a word."""
    size = 0.0
    for place in range(first, end):
        start = words.starts[place]
        if is_unspaced(words.text[start]):
            size += 0.5
        elif place == first or words.text[start - 1].isspace() or _spaced(words, place):
            size += 1
    return size


def _spaced(words: Words, place: int) -> bool:
    return any(character.isspace() for character in words.text[words.ends[place - 1] : words.starts[place]])


def _written(words: Words, place: int) -> str:
    return words.text[words.starts[place] : words.ends[place]]


def _slack(phrase: Words) -> int:
    return max(1, round(len(phrase.ids) * _MOST_CHANGED))


_FURTHER = 4
_MOST_EDITS = 0.6
"""Maximum edits for each word of a phrase."""


def align(ours: Sequence[int], theirs: Sequence[int]) -> list[tuple[int, int]]:
    """Return the stretches of `theirs` (first and last word) that may have been `ours`.

    The first has the fewest edits. Of several such, it is the one that begins and ends with the first and last word of
    the phrase, else the one without words that are not in the phrase. The second extends to these words, if they are a
    little further out. Empty if nothing is similar.
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
    """Return where a stretch with the fewest edits ends, or None."""
    edits = distances(ours, theirs)
    fewest = min(edits, default=len(ours))
    if fewest > _MOST_EDITS * len(ours):
        return None
    ends = [place for place, count in enumerate(edits) if count == fewest]
    known = set(ours)
    own = [place for place in ends if theirs[place] == ours[-1]] or [place for place in ends if theirs[place] in known]
    return min(own or ends)


def distances(ours: Sequence[int], theirs: Sequence[int]) -> list[int]:
    """Return for each word of `theirs` the edits between `ours` and the best stretch that ends there."""
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
