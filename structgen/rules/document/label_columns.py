"""Labels and values in columns: labels above their values, a block of labels before a block of values.

Text out of PDFs has them so: the labels of an invoice are a separate row or column, and its reader prints them
with wide gaps, with single spaces, or one below the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from structgen.notation.dates import read_dates
from structgen.rules.document.key_values import IN_CODE, Pair
from structgen.rules.document.page import Line, Page, Span
from structgen.rules.document.vocabulary import Mention, Vocabulary

_SURE = 0.9
_LIKELY = 0.56
_LONGEST = 200
_CELL = re.compile(r"\S+(?:[^\S\n\t]{1,2}\S+)*")
_BETWEEN = re.compile(r"[\s:#.°º]*")
_MOST = 8
"""Maximum labels of a row or a column of labels."""
_REACH = 2
"""Maximum lines from a label to the value below it."""
_DATES = frozenset({"date", "due_date", "other_date"})
CODED = frozenset({"invoice_number", "order_number", "customer_number", "tax_id"}) | _DATES
_CODE_AT_END = re.compile(r"\s*[:#.°º]{0,2}\s*(?=\S{0,30}\d|[A-Z]{1,4} \d)(?:[A-Z]{1,4} )?\S{1,30}\s*$")
_LONG_WORD = 10


def column_pairs(page: Page, vocabulary: Vocabulary) -> list[Pair]:
    """Return the pairs of labels and values that are arranged in columns."""
    mentions = [_labels(page, vocabulary, line) if len(line.text) <= _LONGEST else [] for line in page.lines]
    return [
        *_rows_of_labels(page, mentions),
        *_blocks_of_labels(page, mentions),
        *_labels_before_codes(page, mentions),
    ]


def _labels(page: Page, vocabulary: Vocabulary, line: Line) -> list[Mention]:
    found = vocabulary.of_line(line.text, line.start)
    return [one for one in found if not IN_CODE.match(page.text, one.end)]


def cells_of(line: Line) -> list[Span]:
    """Return the cells of a line, which tabs and gaps of three spaces separate, as spans of the page."""
    return [(line.start + match.start(), line.start + match.end()) for match in _CELL.finditer(line.text)]


def cell_below(page: Page, number: int, cell: Span) -> tuple[int, Span] | None:
    """Return the cell below another one in the same column, and its line, or None."""
    line = page.lines[number]
    left, right = cell[0] - _margin(page.text, line), cell[1] - _margin(page.text, line)
    for at in range(number + 1, min(number + 1 + _REACH, len(page.lines))):
        other = page.lines[at]
        margin = _margin(page.text, other)
        below = [one for one in cells_of(other) if one[0] - margin < right and one[1] - margin > left]
        if below:
            return (at, below[0]) if len(below) == 1 else None
    return None


def _margin(text: str, line: Line) -> int:
    """Return where the printed line begins, white space included."""
    return text.rfind("\n", 0, line.start) + 1


def _rows_of_labels(page: Page, mentions: list[list[Mention]]) -> Iterator[Pair]:
    """Yield the pairs of a line of labels and a line of values below it."""
    for number, found in enumerate(mentions[:-1]):
        if not 2 <= len(found) <= _MOST:
            continue
        cells = cells_of(page.lines[number])
        labels = [(cell, one) for cell in cells for one in found if _fills(page.text, one, cell)]
        if len(labels) > 1 and "\t" not in page.lines[number].text:
            for cell, one in labels:
                below = cell_below(page, number, cell)
                if below and not _is_label(page.text, mentions[below[0]], below[1]):
                    yield Pair(one.keys, cell, below[1], number, _SURE)
        elif len(cells) == 1 and _covers(page.text, found, page.lines[number]):
            values = _values(page.lines[number + 1])
            if len(values) == len(found) and _has_date(page, found, values):
                for one, value in zip(found, values, strict=True):
                    yield Pair(one.keys, (one.start, one.end), value, number, _SURE)


def _fills(text: str, mention: Mention, cell: Span) -> bool:
    """Whether a label is all of a cell."""
    return cell[0] == mention.start and _BETWEEN.fullmatch(text, mention.end, cell[1]) is not None


def _is_label(text: str, mentions: list[Mention], cell: Span) -> bool:
    return any(_fills(text, one, cell) for one in mentions)


def _covers(text: str, found: list[Mention], line: Line) -> bool:
    """Whether labels are all that a line says."""
    starts = [*(one.start for one in found[1:]), line.end]
    return found[0].start == line.start and all(
        _BETWEEN.fullmatch(text, one.end, start) for one, start in zip(found, starts, strict=True)
    )


def _values(line: Line) -> list[Span]:
    """Return the words of a line as values, with the words of a date as one."""
    dates = [(one.start, one.end) for one in read_dates(line.text)]
    found: list[Span] = []
    for match in re.finditer(r"\S+", line.text):
        inside = next(((start, end) for start, end in dates if start <= match.start() < end), match.span())
        span = (line.start + inside[0], line.start + max(inside[1], match.end()))
        if found and found[-1][0] == span[0]:
            span = (span[0], max(span[1], found.pop()[1]))
        found.append(span)
    return found


def _has_date(page: Page, labels: list[Mention], values: list[Span]) -> bool:
    """Whether the value of every label for a date is one, and there is such a label: so labels and values match."""
    dated = [value for one, value in zip(labels, values, strict=True) if one.keys & _DATES]
    return bool(dated) and all(any(True for _ in read_dates(page.text[slice(*value)])) for value in dated)


def _blocks_of_labels(page: Page, mentions: list[list[Mention]]) -> Iterator[Pair]:
    """Yield the pairs of labels one below the other, with as many values one below the other after them."""
    lines, number = page.lines, 0
    alone = [bool(found) and _covers(page.text, found[:1], line) for found, line in zip(mentions, lines, strict=True)]
    while number < len(lines):
        end = number
        while end < len(lines) and alone[end]:
            end += 1
        size = end - number
        if 2 <= size <= _MOST and end + size <= len(lines):
            labels = [mentions[at][0] for at in range(number, end)]
            values = [(line.start, line.end) for line in lines[end : end + size]]
            if _has_date(page, labels, values):
                for at, (one, value) in enumerate(zip(labels, values, strict=True), number):
                    yield Pair(one.keys, (one.start, one.end), value, at, _SURE)
        number = max(end, number + 1)


def _labels_before_codes(page: Page, mentions: list[list[Mention]]) -> Iterator[Pair]:
    """Yield the last label of a line that text of another column precedes: "Bill to Invoice no. 77-1"."""
    for line, (number, found) in zip(page.lines, enumerate(mentions), strict=True):
        if not found or found[-1].start == line.start or not found[-1].keys & CODED:
            continue
        last = found[-1]
        dated = last.keys & _DATES and any(
            not line.text[one.end :].strip() and not line.text[last.end - line.start : one.start].strip(" :")
            for one in read_dates(line.text)
        )
        # A short label of one word is more likely a part of a sentence or of a longer label.
        specific = last.words > 1 or last.end - last.start >= _LONG_WORD
        if dated or (specific and _CODE_AT_END.match(page.text, last.end, line.end)):
            start = line.end - len(page.text[last.end : line.end].lstrip(" \t:#.°º"))
            yield Pair(last.keys, (last.start, last.end), (start, line.end), number, _LIKELY)
