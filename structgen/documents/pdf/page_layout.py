"""The characters of a page with their places -> its text: lines as a reader sees them, cells in columns.

A PDF contains no lines, and no spaces that can be relied on: only characters at places, in any order. The cells of a
row are at least three spaces apart, and cells that begin at the same place of the page begin at the same column of the
text. Pure; n log n in the number of characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from structgen.documents.pdf.prose_columns import in_reading_order
from structgen.documents.pdf.segments import Glyph, Segment, rows_of

_BETWEEN = 3
"""The least number of spaces between two cells."""
_DEEPEST = 300
"""The last column that cells are aligned at, so that a few characters cannot become a huge text."""
_PARAGRAPH = 1.8
"""The distance between two rows, in heights of a line, from which on a blank line separates them."""


def page_text(glyphs: Iterable[Glyph]) -> str:
    """Return the text of a page. `glyphs` come in the order of the file; white space among them separates words."""
    blocks = in_reading_order(rows_of(glyphs))
    return "\n\n".join("\n".join(_grid(block)) for block in blocks)


def _grid(rows: Sequence[Sequence[Segment]]) -> Iterator[str]:
    """Yield the lines of a block of rows, with a blank one between rows that are far apart."""
    above: Segment | None = None
    for row, starts in zip(rows, _columns(rows), strict=True):
        if above and above.base - row[0].base > _PARAGRAPH * max(above.height, row[0].height):
            yield ""
        parts: list[str] = []
        end = 0
        for segment, start in zip(row, starts, strict=True):
            parts += [" " * (start - end), segment.text]
            end = start + len(segment.text)
        above = row[0]
        yield "".join(parts)


def _columns(rows: Sequence[Sequence[Segment]]) -> list[list[int]]:
    """Return the column of the text at which each segment of each row begins.

    It is behind the longest cell further left in any of the rows that have a cell here, and no further right than that.
    """
    placed = sorted((segment.left, number, at) for number, row in enumerate(rows) for at, segment in enumerate(row))
    width = _char_width(rows)
    ends = [-_BETWEEN] * len(rows)
    starts = [[0] * len(row) for row in rows]
    column, left = 0, placed[0][0]
    for group in _alike(placed, width / 2):
        # an empty space of the page says no more if it is wide
        step = min(round((group[0][0] - left) / width), _BETWEEN)
        needed = max(ends[number] for _, number, _ in group) + _BETWEEN
        column, left = min(max(column + step, needed), _DEEPEST), group[0][0]
        for _, number, at in group:
            starts[number][at] = max(column, ends[number] + _BETWEEN)
            ends[number] = starts[number][at] + len(rows[number][at].text)
    return starts


def _alike(placed: Sequence[tuple[float, int, int]], most: float) -> Iterator[list[tuple[float, int, int]]]:
    """Yield groups of segments that begin at almost the same place."""
    group: list[tuple[float, int, int]] = []
    for one in placed:
        if group and one[0] - group[0][0] > most:
            yield group
            group = []
        group.append(one)
    yield group


def _char_width(rows: Sequence[Sequence[Segment]]) -> float:
    """Return the average width of a character, in points."""
    width = sum(max(0.0, segment.right - segment.left) for row in rows for segment in row)
    return max(width / sum(len(segment.text) for row in rows for segment in row), 0.1)
