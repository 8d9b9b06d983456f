"""Where a phrase stands that was changed a little: a word in four at most dropped, added or replaced.

Two neighbouring words of such a phrase are always unchanged. So the rarest pairs of neighbours point at the few stretches
of the text worth a look, and each of these is aligned with the phrase word by word.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from structgen.ground.places import Grade, Place
from structgen.ground.words import Words, fold, is_unspaced

LONGEST = 5_000
"""Words of the longest phrase that is aligned; the work for one word grows with the length of its phrase."""
_FEWEST = 4.0
_MOST_CHANGED = 0.25
_PAIRS, _PLACES, _WINDOWS = 12, 400, 6
"""How many pairs of a phrase are followed, to how many places in all, and how many stretches are aligned."""

_SHORTEST_ALIKE, _ALIKE = 4, 0.75
"""Letters, and share of them that agree, of a word that counts as nearly the same."""

Pair = tuple[int, int]


def long_enough(words: Words) -> bool:
    """Whether so many words cannot agree by chance. A letter of a script without spaces counts as half a word."""
    if len(words.ids) > LONGEST:
        return False
    size = sum(0.5 if is_unspaced(words.text[start]) else 1.0 for start in words.starts)
    return size >= _FEWEST


def find_near(phrases: Sequence[Words], text: Words) -> list[tuple[Place, ...]]:
    """For each phrase the places of its best likeness, empty where nothing is like it."""
    pairs = {pair for phrase in phrases for pair in pairwise(phrase.ids)}
    index: dict[Pair, array[int]] = {}
    for place, pair in enumerate(pairwise(text.ids)):
        if pair in pairs:
            index.setdefault(pair, array("l")).append(place)
    return [_places(phrase, text, index) for phrase in phrases]


def _places(phrase: Words, text: Words, index: Mapping[Pair, array[int]]) -> tuple[Place, ...]:
    found = [near for at in _windows(phrase, index) if (near := _aligned(phrase, text, at)) is not None]
    score = max((place.score or 0.0 for place in found), default=0.0)
    return tuple(sorted({place for place in found if place.score == score}))


def _windows(phrase: Words, index: Mapping[Pair, array[int]]) -> list[int]:
    """Where in the text the phrase may begin, the likeliest first: where the rarest of its pairs agree on it."""
    ranked = sorted((len(index[pair]), offset, pair) for offset, pair in enumerate(pairwise(phrase.ids)) if pair in index)
    slack = _slack(phrase)
    votes: Counter[int] = Counter()
    seen = 0
    for count, offset, pair in ranked[:_PAIRS]:
        if seen and seen + count > _PLACES:
            break
        seen += count
        votes.update({(place - offset) // slack for place in index[pair][:_PLACES]})
    merged = {bucket: votes[bucket] + votes.get(bucket + 1, 0) for bucket in votes}
    likely = sorted(merged, key=lambda bucket: (-merged[bucket], bucket))[:_WINDOWS]
    return [bucket * slack for bucket in likely]


def _aligned(phrase: Words, text: Words, begin: int) -> Place | None:
    """The phrase laid beside the text around word `begin`: from the first word that agrees to the last."""
    slack = _slack(phrase)
    low, high = max(0, begin - slack), begin + len(phrase.ids) + 3 * slack
    ours, theirs = list(phrase.ids), list(text.ids[low:high])
    stretch = _stretch(ours, theirs)
    if stretch is None:
        return None
    first, last = low + stretch[0], low + stretch[1]
    cost = _cost(phrase, text, first, last)
    if cost is None or cost > len(ours) * _MOST_CHANGED:
        return None
    return Place(text.starts[first], text.ends[last], Grade.NEAR, round(1 - cost / len(ours), 4))


def _stretch(ours: list[int], theirs: list[int]) -> tuple[int, int] | None:
    """The part of `theirs`, first and last word, in which most words agree and the fewest are foreign."""
    from rapidfuzz.distance import LCSseq  # noqa: PLC0415  only a phrase that stands nowhere as it is needs it

    agreeing = [
        (block.src_start + i, block.dest_start + i)
        for block in LCSseq.opcodes(ours, theirs)
        if block.tag == "equal"
        for i in range(block.src_end - block.src_start)
    ]
    best, found, total, begin = 0, None, 0, 0
    for place, (mine, yours) in enumerate(agreeing):
        before = agreeing[place - 1] if place else (mine, yours)
        total -= max(0, (yours - before[1]) - (mine - before[0]))
        if total <= 0:
            total, begin = 0, yours
        total += 1
        if total > best:
            best, found = total, (begin, yours)
    return found


def _cost(phrase: Words, text: Words, first: int, last: int) -> float | None:
    """How many words differ, half for a word that is nearly the same; None where a number of the phrase is not there."""
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415  as above

    cost = 0.0
    for change in Levenshtein.editops(list(phrase.ids), list(text.ids[first : last + 1])):
        if change.tag == "insert":
            cost += 1
            continue
        mine = _word(phrase, change.src_pos)
        if mine.isdecimal():
            return None
        close = change.tag == "replace" and _similar(mine, _word(text, first + change.dest_pos))
        cost += 0.5 if close else 1
    return cost


def _similar(mine: str, yours: str) -> bool:
    """Whether two words are one but for an ending or a slip."""
    from rapidfuzz.distance import Levenshtein  # noqa: PLC0415  as above

    return min(len(mine), len(yours)) >= _SHORTEST_ALIKE and Levenshtein.normalized_similarity(mine, yours) >= _ALIKE


def _word(words: Words, place: int) -> str:
    return fold(words.text[words.starts[place] : words.ends[place]])


def _slack(phrase: Words) -> int:
    return max(1, round(len(phrase.ids) * _MOST_CHANGED))
