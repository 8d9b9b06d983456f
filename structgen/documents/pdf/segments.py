"""The characters of a page -> segments (characters without a wide gap) -> rows (the segments at one height)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

CELL_GAP = 0.85
"""A wider gap than this, in heights of a line, separates two cells. The spaces of justified text are narrower."""
_UNDRAWN_GAP = 0.6
"""The same for a gap without a space: there, only the place of the next word says that it is another word."""
_OTHER_GAP = 0.45
"""The same for texts that were not drawn one after the other, and so are less likely to be one text."""
_WORD_GAP = 0.12
_SAME_LINE = 0.6
_SAME_ROW = 0.33
"""The share of the lower one's height that two segments of a line, or of a row of a table, have in common.

Cells of a table may be centred, so that a short one is half a line below the first line of a long one.
"""
_EQUAL = 0.05


class Glyph(NamedTuple):
    """A character: its left and right end, its baseline (upwards) and the height of its line, in points.

    A space that is not `drawn` is none in the file: the words around it are only at a distance.
    """

    char: str
    left: float
    right: float
    base: float
    height: float
    drawn: bool = True


@dataclass(slots=True)
class Segment:
    """Characters of one line without a wide gap between them."""

    text: str
    left: float
    right: float
    base: float
    height: float

    @property
    def top(self) -> float:
        """The upper end of the line. About a fifth of its height is below the baseline."""
        return self.base + 0.8 * self.height

    @property
    def bottom(self) -> float:
        """The lower end of the line."""
        return self.base - 0.2 * self.height


@dataclass(slots=True)
class _Line:
    """Segments at one height, from left to right, and the one of them that was the highest."""

    first: Segment
    segments: list[Segment]


def rows_of(glyphs: Iterable[Glyph]) -> list[list[Segment]]:
    """Return the rows of a page from top to bottom, each from left to right.

    `glyphs` come in the order of the file; white space among them separates words. Two segments of one row never share
    a place. n log n in the number of characters.
    """
    lines: list[_Line] = []
    for segment in sorted(_segments(glyphs), key=lambda one: (-one.base, one.left)):
        if not lines or _common(lines[-1].first, segment) < _SAME_LINE or not _put(lines[-1].segments, segment):
            lines.append(_Line(segment, [segment]))
    return [_joined(line.segments) for line in _merged(lines)]


def _merged(lines: list[_Line]) -> list[_Line]:
    """Put each line that is only somewhat lower than the one above it into the row of that one, if it fits there."""
    near = [_common(above.first, below.first) for above, below in pairwise(lines)]
    merged: list[_Line] = []
    whole = True  # whether nothing was put into the last row yet
    for number, line in enumerate(lines):
        below = lines[number + 1] if number < len(near) else None
        beside = number > 0 and _is_beside(near[number - 1], near[number] if below else -1.0, line, below)
        whole = not (beside and whole and _fits(merged[-1].segments, line.segments))
        if whole:
            merged.append(line)
        else:
            merged[-1].segments = sorted([*merged[-1].segments, *line.segments], key=lambda one: one.left)
    return merged


def _is_beside(above: float, below: float, line: _Line, next_line: _Line | None) -> bool:
    """Whether a line belongs to the row above it. `above` and `below` are the shares it has in common with both."""
    if next_line is not None and abs(above - below) < _EQUAL and _fits(next_line.segments, line.segments):
        return above >= 0.0  # halfway between two lines: a centred cell
    return above >= _SAME_ROW and above >= below


def _fits(row: Sequence[Segment], others: Sequence[Segment]) -> bool:
    """Whether no two segments of both are at the same place."""
    together = sorted([*row, *others], key=lambda one: one.left)
    return all(one.right <= other.left + 0.3 * other.height for one, other in pairwise(together))


def _segments(glyphs: Iterable[Glyph]) -> Iterator[Segment]:
    """Yield the segments in the order of the file."""
    segment: Segment | None = None
    parts: list[str] = []
    spaced = drawn = False
    for glyph in glyphs:
        if glyph.char.isspace():
            spaced, drawn = True, drawn or glyph.drawn
            continue
        if segment is not None and _continues(segment, glyph, CELL_GAP if drawn else _UNDRAWN_GAP):
            parts += [" ", glyph.char] if spaced else [glyph.char]
            segment.right = max(segment.right, glyph.right)
        else:
            if segment is not None:
                segment.text = "".join(parts)
                yield segment
            parts = [glyph.char]
            segment = Segment("", glyph.left, glyph.right, glyph.base, glyph.height)
        spaced = drawn = False
    if segment is not None:
        segment.text = "".join(parts)
        yield segment


def _continues(segment: Segment, glyph: Glyph, widest: float) -> bool:
    """Whether a character is on the line of a segment and behind it, at most that many heights away."""
    height = max(segment.height, glyph.height)
    gap = glyph.left - segment.right
    return abs(glyph.base - segment.base) <= 0.2 * height and -0.5 * height <= gap <= widest * height


def _common(one: Segment, other: Segment) -> float:
    """Return the share of the lower segment's height that is beside the other one."""
    common = min(one.top, other.top) - max(one.bottom, other.bottom)
    return common / max(min(one.height, other.height), 0.01)


def _put(row: list[Segment], segment: Segment) -> bool:
    """Put a segment in its place in a row. Return False if another one is there."""
    at = bisect_left(row, segment.left, key=lambda one: one.left)
    slack = 0.3 * segment.height
    if at > 0 and row[at - 1].right > segment.left + slack:
        return False
    if at < len(row) and segment.right > row[at].left + slack:
        return False
    row.insert(at, segment)
    return True


def _joined(row: list[Segment]) -> list[Segment]:
    """Join the neighbours of a row without a wide gap between them: words that were drawn one by one."""
    groups: list[list[Segment]] = []
    for segment in row:
        last = groups[-1][-1] if groups else None
        if last and segment.left - last.right <= _OTHER_GAP * max(segment.height, last.height):
            groups[-1].append(segment)
        else:
            groups.append([segment])
    return [group[0] if len(group) == 1 else _together(group) for group in groups]


def _together(group: Sequence[Segment]) -> Segment:
    parts = [group[0].text]
    for before, segment in pairwise(group):
        parts.append(" " if segment.left - before.right > _WORD_GAP * segment.height else "")
        parts.append(segment.text)
    tallest = max(group, key=lambda one: one.height)
    return Segment("".join(parts), group[0].left, max(one.right for one in group), tallest.base, tallest.height)
