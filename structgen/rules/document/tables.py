"""Tables: rows of cells under a header, as HTML, markdown, tabs, bars, or columns set with spaces."""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.rules.document.visible_text import Line, Page, Span

_BARS = re.compile(r"\|")
_GAPS = re.compile(r"\t|\s{2,}")
_RULE = re.compile(r"^[\s|:+=_-]+$")
_WIDEST = 30


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows, each cell a span of the visible text; `line` is the header's number."""

    line: int
    header: tuple[Span, ...]
    rows: tuple[tuple[Span, ...], ...]


def find_tables(page: Page) -> list[Table]:
    """Every run of lines that have as many cells as the line above them; the first of a run is the header."""
    split = [cells_of(line) for line in page.lines]
    tables: list[Table] = []
    number = 0
    while number < len(split):
        end = _run_end(page, split, number)
        if end > number + 1:
            rows = [cells for at, cells in enumerate(split[number + 1 : end], number + 1) if not _ruled(page.lines[at])]
            tables.append(Table(number, split[number], tuple(rows)))
        number = max(end, number + 1)
    return [table for table in tables if table.rows]


def _run_end(page: Page, split: list[tuple[Span, ...]], number: int) -> int:
    width = len(split[number])
    if width < 2:
        return number
    end = number + 1
    while end < len(split) and (len(split[end]) == width or _ruled(page.lines[end])):
        end += 1
    return end


def _ruled(line: Line) -> bool:
    """Whether a line only draws a rule between rows."""
    return bool(_RULE.match(line.text))


def cells_of(line: Line) -> tuple[Span, ...]:
    """The cells of a line, by its bars where it has any, else by tabs and gaps."""
    bars = line.text.count("|") > 1
    cuts = [match.span() for match in (_BARS if bars else _GAPS).finditer(line.text)][: _WIDEST + 1]
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(line.text)]
    cells = [_stripped(line, start, end) for start, end in zip(starts, ends, strict=True)]
    if bars:
        cells = cells[line.text.startswith("|") : len(cells) - line.text.endswith("|")]
    return tuple(cells)


def _stripped(line: Line, start: int, end: int) -> Span:
    text = line.text[start:end]
    left, right = len(text) - len(text.lstrip(" *_")), len(text.rstrip(" *_"))
    return line.start + start + left, line.start + start + max(left, right)
