"""Join the transcripts of pieces of one recording. Neighbours overlap, so what was said there is in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from structgen.core.errors import DocumentError
from structgen.core.spoken import Spoken
from structgen.speech.response_body import Heard
from structgen.speech.transcript import Segment, Word
from structgen.speech.word_offsets import Timed, places

NEAR = 1.5
"""The seconds by which two pieces may differ about the time of the same word."""

_SURE = 4
"""A run of this many words that both pieces have in their overlap is the same speech, even if its times differ."""

_MOST = 200
"""How many words of an overlap are compared: comparing takes time that grows with their square."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What was heard in a piece, with times from the start of the recording. `start` and `end` are in seconds."""

    start: float
    end: float
    heard: Heard


@dataclass(frozen=True, slots=True)
class Joined:
    """The transcript of all pieces, and notes about the seams that are not certain."""

    heard: Heard
    end: float
    notes: tuple[str, ...] = ()


def join(pieces: Sequence[Piece]) -> Joined:
    """Join pieces in their order, of which there is at least one.

    In an overlap the earlier piece is followed up to the middle of the longest run of words that both have in common,
    at about the same times, and the later piece from there. Without such a run they meet at the middle of the overlap,
    and a note says so. Raises DocumentError if a piece has no times.
    """
    first = pieces[0]
    return reduce(_add, pieces[1:], Joined(first.heard, first.end))


def _add(so_far: Joined, piece: Piece) -> Joined:
    before, after = so_far.heard, piece.heard
    if not before.text or not after.text:
        return Joined(after if not before.text else before, piece.end, so_far.notes)
    left, right = _parts(before), _parts(after)
    cut, doubtful = _seam(_within(left, piece.start, so_far.end), _within(right, piece.start, so_far.end))
    if cut is None:
        middle = (piece.start + so_far.end) / 2
        cut = _by_time(left, right, middle)
    note = (
        f"the pieces share no words at {piece.start:.1f} to {so_far.end:.1f} s: there words may be missing or double.",
    )
    heard = _joined(before, after, *cut)
    return Joined(heard, piece.end, so_far.notes + (note if doubtful else ()))


@dataclass(frozen=True, slots=True)
class _Part:
    """A word (or a segment, if there are no words) with its place in the text of its piece."""

    place: Spoken
    key: str

    @property
    def middle(self) -> float:
        return (self.place.begins + self.place.ends) / 2


def _parts(heard: Heard) -> list[_Part]:
    given: Sequence[Timed] = heard.words or heard.segments
    if not given:
        raise DocumentError(
            "the server gave no times for a piece of the audio, so its pieces cannot be joined: use another model, or "
            "send a file below the limit."
        )
    found = zip(given, places(heard.text, given), strict=True)
    return [_Part(place, _key(one.text)) for one, place in found if place is not None]


def _key(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _within(parts: list[_Part], start: float, end: float) -> list[_Part]:
    return [one for one in parts if one.place.ends > start - NEAR and one.place.begins < end + NEAR]


Cut = tuple[int, int]
"""Where the text of the earlier piece ends, and where that of the later one begins: offsets in their texts."""


def _seam(left: list[_Part], right: list[_Part]) -> tuple[Cut | None, bool]:
    """Return the cut in the middle of the longest run of words in common, and whether the seam is doubtful.

    If only one of the pieces has words in the overlap nothing can be double, and both are kept whole.
    """
    if not left or not right:
        return (_END, 0), False
    run = _best_run(left[-_MOST:], right[:_MOST])
    if not run:
        return None, True
    last, following = run[len(run) // 2]
    after = right.index(following) + 1
    begins = right[after].place.start if after < len(right) else following.place.end
    return (last.place.end, begins), False


def _best_run(left: list[_Part], right: list[_Part]) -> list[tuple[_Part, _Part]]:
    """Return the longest run of words that both have in a row, at times that fit best; empty if there is none.

    If somebody says one word again and again, its times alone tell which is which, so they count more than the length.
    """
    best, best_score = (0, 0, 0), 0.0
    above: list[tuple[float, int]] = [(0.0, 0)] * (len(right) + 1)
    for row, one in enumerate(left):
        now: list[tuple[float, int]] = [(0.0, 0)]
        for column, other in enumerate(right):
            if not one.key or one.key != other.key:
                now.append((0.0, 0))
                continue
            apart = abs(one.middle - other.middle)
            score, length = above[column][0] + (1 - apart / (2 * NEAR) if apart <= NEAR else 0.1), above[column][1] + 1
            now.append((score, length))
            # a longer run is the same words, even if the two pieces time them differently
            sure = length >= _SURE and left[row - 1].key != one.key
            if score > best_score and (apart <= NEAR or sure):
                best, best_score = (row, column, length), score
        above = now
    row, column, length = best
    return [(left[row - back], right[column - back]) for back in range(length - 1, -1, -1)]


_END = -1
"""The end of a text, as an offset."""


def _by_time(left: list[_Part], right: list[_Part], middle: float) -> Cut:
    """Return the cut at a moment: words before it are those of the earlier piece, the others of the later one."""
    end = max((one.place.end for one in left if one.middle < middle), default=0)
    begin = min((one.place.start for one in right if one.middle >= middle), default=_END)
    return end, begin


def _joined(before: Heard, after: Heard, end: int, begin: int) -> Heard:
    end = len(before.text) if end == _END else _after_signs(before.text, end)
    begin = len(after.text) if begin == _END else begin
    begin = _after_signs(after.text, begin) if begin and not after.text[begin - 1].isspace() else begin
    text = " ".join(filter(None, (before.text[:end].rstrip(), after.text[begin:].lstrip())))
    segments = (*_segments(before, 0, end), *_segments(after, begin, len(after.text)))
    words = (*_words(before, 0, end), *_words(after, begin, len(after.text)))
    return Heard(text, segments, words, before.language or after.language)


def _after_signs(text: str, at: int) -> int:
    """Return the offset behind the punctuation that follows a word: servers may leave it out of their words."""
    while at < len(text) and not text[at].isspace() and not text[at].isalnum():
        at += 1
    return at


def _words(heard: Heard, start: int, end: int) -> list[Word]:
    """Return the words in a part of the text. A word without a place goes where the word before it goes."""
    kept: list[Word] = []
    inside = start == 0
    for word, place in zip(heard.words, places(heard.text, heard.words), strict=True):
        inside = inside if place is None else start <= place.start < end
        kept += [word] if inside else []
    return kept


def _segments(heard: Heard, start: int, end: int) -> list[Segment]:
    """Return the segments in a part of the text. One that the cut divides keeps the part of its text that is inside."""
    kept: list[Segment] = []
    inside = start == 0
    timed = [place for place in places(heard.text, heard.words) if place is not None]
    for segment, place in zip(heard.segments, places(heard.text, heard.segments), strict=True):
        if place is None:
            kept += [segment] if inside else []
            continue
        first, last = max(start, place.start), min(end, place.end)
        inside = first < last
        text = heard.text[first:last].strip() if inside else ""
        if not text:
            continue
        own = [one for one in timed if first <= one.start < last] if (first, last) != (place.start, place.end) else []
        begins = own[0].begins if own and first > place.start else segment.start
        ends = own[-1].ends if own and last < place.end else segment.end
        kept.append(replace(segment, text=text, start=begins, end=ends))
    return kept
