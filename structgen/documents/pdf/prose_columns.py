"""Finds prose that is set in columns, as in an article or a contract in two languages, which is read column by column.

Tables and address blocks are read row by row. Prose differs from them: most of its lines fill their column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from structgen.documents.pdf.segments import CELL_GAP, Segment

Rows = list[list[Segment]]

_LINES = 5
"""The least number of lines in a column."""
_FILLED = 0.7
"""The share of lines that fill their column, and the share of a column that such a line takes."""
_LONG = 25
"""The least number of characters in a line that fills its column."""
_NEXT_LINE = 3.0
"""The longest distance between two rows of one block, in heights of a line."""


@dataclass(slots=True)
class _Column:
    """A column of a block of prose: where its text begins and ends, and its lines."""

    left: float
    right: float
    lines: list[Segment]


def in_reading_order(rows: Rows) -> list[Rows]:
    """Return the rows in blocks. A column of prose is a block of one segment a row. Linear."""
    blocks: list[Rows] = []
    plain: Rows = []
    at = 0
    while at < len(rows):
        end, columns = _columns_from(rows, at)
        if columns and all(_is_prose(column) for column in columns):
            blocks += [plain, *([[line] for line in column.lines] for column in columns)]
            plain = []
        else:
            # all of these rows at once: starting further down would not make them prose
            plain += rows[at:end]
        at = end
    return [block for block in [*blocks, plain] if block]


def _columns_from(rows: Rows, at: int) -> tuple[int, list[_Column]]:
    """Return the columns that begin in a row, and the number of the first row that does not keep to them."""
    seed = rows[at]
    if len(seed) == 1 and at + 1 < len(rows):
        seed = rows[at + 1]  # one column may begin a line further up
    columns = [_Column(segment.left, segment.right, []) for segment in seed]
    if len(columns) < 2:
        return at + 1, []
    end = at
    while end < len(rows) and (end == at or _follows(rows[end - 1][0], rows[end][0])):
        places = [_column_of(columns, segment) for segment in rows[end]]
        if None in places or len(set(places)) < len(places):
            break
        for place, segment in zip(places, rows[end], strict=True):
            column = columns[place or 0]
            column.left, column.right = min(column.left, segment.left), max(column.right, segment.right)
            column.lines.append(segment)
        end += 1
    return max(end, at + 1), columns


def _follows(before: Segment, after: Segment) -> bool:
    """Whether a row is close enough below another one to belong to the same block."""
    return before.base - after.base <= _NEXT_LINE * max(before.height, after.height)


def _column_of(columns: Sequence[_Column], segment: Segment) -> int | None:
    """Return the number of the column that a segment belongs to, or None if it reaches into two, or near a second."""
    gap = CELL_GAP * segment.height
    near = [n for n, one in enumerate(columns) if segment.left < one.right + gap and one.left - gap < segment.right]
    return near[0] if len(near) == 1 else None


def _is_prose(column: _Column) -> bool:
    """Whether a column has many lines, and most of them fill it with words."""
    width = column.right - column.left
    filled = [
        line
        for line in column.lines
        if len(line.text) >= _LONG and line.right - line.left >= _FILLED * width and _wordy(line.text)
    ]
    return len(column.lines) >= _LINES and len(filled) >= _FILLED * len(column.lines)


def _wordy(text: str) -> bool:
    """Whether a line consists of words rather than of numbers."""
    return sum(char.isalpha() for char in text) >= 0.7 * len(text.replace(" ", ""))
