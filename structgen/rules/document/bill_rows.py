"""The rows of a bill: what each line names, and the amount that belongs to it.

The amount is on the same line, on the line below, or, if a scanner read labels and amounts as two columns, in a
separate column further down, in the same order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from structgen.notation.style import Style
from structgen.rules.document.page import Line, Page
from structgen.rules.document.vocabulary import Vocabulary
from structgen.rules.unambiguous import Amount, find_amounts

CENTS = re.compile(r"(?<!\d)\d{0,9}[.,]\d{2}(?!\d)")
_BILLING = frozenset(
    {"total", "subtotal", "tax", "rounding", "paid", "change", "discount", "service_charge", "quantity_total"}
)
_FILLED = re.compile(r"[^\W\d_]{4,}|\d")
_FILLER = re.compile(r"^[\s:()]*(?:RM|MYR|USD|EUR|GBP|CHF|[$€£])?[\s:()]*$")
_ONLY_PROPOSED = re.compile(
    r"[\W_]*(?:suggested|recommended|optional|estimated|approximate|expected|projected|average|typical|sample|example)\b",
    re.IGNORECASE,
)
"""Words before a label that make its amounts proposals: "Suggested tip: 1.91"."""
_RANGE = re.compile(r"\s*(?:[-–—]|to|and|or|bis|und|oder|à|et|ou|y|e)\s*", re.IGNORECASE)
_COLUMN = 20
"""Maximum lines of a column of labels or amounts. It bounds the work for each label."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a bill: its concepts, its label as printed, its amount in the visible text, and its line number."""

    keys: frozenset[str]
    label: str
    amount: Amount
    line: int


def bill_rows(page: Page, vocabulary: Vocabulary, style: Style) -> list[Row]:
    """Return every row of a bill that has a label and an amount, or an empty list if no amount has decimals."""
    if not CENTS.search(page.text):
        return []
    labels = [_label(vocabulary, line) for line in page.lines]
    found: list[Row] = []
    for number, label in enumerate(labels):
        if label is None:
            continue
        line = page.lines[number]
        # "Net 10.00 - VAT 2.00 - Total 12.00" must not become one row that ends with the last amount.
        if several := _rows_on_line(page, vocabulary, style, line, number):
            found.extend(several)
            continue
        amounts = _amounts(page, style, line, label[1]) or _amount_in_column(page, style, labels, number)
        if amounts:
            last = amounts[-1]
            end = last.start if line.start < last.start < line.end else line.end
            found.append(Row(label[0], page.text[_cell_start(page.text, line.start, label[1]) : end], last, number))
    return found


def _rows_on_line(page: Page, vocabulary: Vocabulary, style: Style, line: Line, number: int) -> list[Row]:
    """Return the rows of a line that has several, such as "Net 10.00 - VAT 2.00 - Total 12.00", else an empty list."""
    named = [one for one in vocabulary.of_line(line.text, line.start) if one.keys & _BILLING]
    ends = [*(one.start for one in named[1:]), line.end]
    rows: list[Row] = []
    for mention, end in zip(named, ends, strict=True):
        amounts = _amounts(page, style, Line(line.start, end, ""), mention.end)
        if amounts:
            label = page.text[mention.start : min(end, max(amounts[-1].signed, mention.end))]
            rows.append(Row(mention.keys, label, amounts[-1], number))
    return rows if len(rows) > 1 else []


def line_names(vocabulary: Vocabulary, line: Line, key: str) -> bool:
    """Whether a line of a bill names a concept."""
    label = _label(vocabulary, line)
    return label is not None and key in label[0]


def amount_column(page: Page, style: Style, number: int) -> list[Amount]:
    """Return the amounts of a column: consecutive lines from line `number` on that are one amount and nothing else."""
    values: list[Amount] = []
    for line in page.lines[number : number + _COLUMN]:
        if _FILLER.match(line.text) and not values:
            continue
        found = list(find_amounts(line.text, style, line.start))
        if len(found) != 1 or not found[0].cents or sum(char.isalpha() for char in line.text) > 3:
            break
        values.append(found[0])
    return values


def _cell_start(text: str, start: int, at: int) -> int:
    """Return the start of the cell that contains the offset `at`."""
    return max(start, text.rfind("\t", start, at) + 1)


def _label(vocabulary: Vocabulary, line: Line) -> tuple[frozenset[str], int] | None:
    """Return the concepts that a line names, and where its amount may begin. None if it names none."""
    if len(line.text) > 90:
        return None
    mentions = vocabulary.of_line(line.text, line.start)
    named = [mention for mention in mentions if mention.keys & _BILLING]
    # A concept further right is more likely a word in the name of a product.
    if not named or named[0].start - line.start > 14 or _ONLY_PROPOSED.match(line.text):
        return None
    return named[0].keys, named[0].end


def _amounts(page: Page, style: Style, line: Line, at: int) -> list[Amount]:
    """Return the amounts of a line after the offset `at`, without percentages and bare integers."""
    found = [one for one in find_amounts(page.text[at : line.end], style, at) if one.cents or one.currency]
    # Neither end of a range is the amount: "between 40.00 and 50.00".
    ranged = any(_RANGE.fullmatch(page.text, one.signed_end, other.signed) for one, other in pairwise(found[-3:]))
    return [] if ranged else found


def _amount_in_column(
    page: Page, style: Style, labels: list[tuple[frozenset[str], int] | None], number: int
) -> list[Amount]:
    """Return the amount of a label that has none on its line: on the line below, or in a separate column."""
    lines = page.lines
    last = number
    while last + 1 < len(lines) and not CENTS.search(lines[last + 1].text) and last < number + _COLUMN:
        last += 1
    values = amount_column(page, style, last + 1)
    # "Tax: 2.00" below a bare "Total:" is not a column: its amount has a label.
    named = next((lines[at].start for at in range(last + 1, len(lines[: last + _COLUMN])) if labels[at]), None)
    values = [one for one in values if named is None or one.start < named]
    if not values:
        below = last == number and number + 1 < len(lines) and labels[number + 1] is None
        return _amount_below(style, lines[number + 1]) if below else []
    # The last n labels belong to the n amounts. If a label right above them has no amount either, labels and amounts
    # do not match up, and any pairing would be a guess.
    known = [at for at in range(max(0, last - 2 * _COLUMN), last + 1) if not _FILLER.match(lines[at].text)]
    paired, above = known[-len(values) :], known[: -len(values)][-1:]
    if number not in paired or any(CENTS.search(lines[at].text) for at in paired):
        return []
    if above and (label := labels[above[0]]) and not _amounts(page, style, lines[above[0]], label[1]):
        return []
    return [values[paired.index(number)]]


def _amount_below(style: Style, line: Line) -> list[Amount]:
    """Return the amount that a line begins with, if it is the only one."""
    amounts = list(find_amounts(line.text, style, line.start))
    if len(amounts) != 1 or not amounts[0].cents or _FILLED.search(line.text[: amounts[0].start - line.start]):
        return []
    return amounts
