"""The rows of a bill: what each line names, and the amount that goes with it.

The amount stands on the line, on the line below, or, where a scanner read labels and amounts as two columns, in a
column of its own further down, in the same order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.notation.style import Style
from structgen.rules.document.visible_text import Line, Page
from structgen.rules.document.vocabulary import Vocabulary, tokens
from structgen.rules.unambiguous import Amount, find_amounts

CENTS = re.compile(r"(?<!\d)\d{0,9}[.,]\d{2}(?!\d)")
_BILLING = frozenset(
    {"total", "subtotal", "tax", "rounding", "paid", "change", "discount", "service_charge", "quantity_total"}
)
_FILLED = re.compile(r"[^\W\d_]{4,}|\d")
_FILLER = re.compile(r"^[\s:()]*(?:RM|MYR|USD|EUR|GBP|CHF|[$€£])?[\s:()]*$")
_COLUMN = 20
"""So many lines of labels, and of amounts, are held against each other at most."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a bill: its concepts, its label as printed, its amount (in offsets of the visible text), its line."""

    keys: frozenset[str]
    label: str
    amount: Amount
    line: int


def bill_rows(page: Page, vocabulary: Vocabulary, style: Style) -> list[Row]:
    """Every line of a bill that names something of money, with its amount; none where no amount has decimals."""
    if not CENTS.search(page.text):
        return []
    labels = [_label(vocabulary, line) for line in page.lines]
    found: list[Row] = []
    for number, label in enumerate(labels):
        if label is None:
            continue
        line = page.lines[number]
        if several := _several(page, vocabulary, style, line, number):
            found.extend(several)
            continue
        amounts = _amounts(page, style, line, label[1]) or _across(page, style, labels, number)
        if amounts:
            last = amounts[-1]
            end = last.start if line.start < last.start < line.end else line.end
            found.append(Row(label[0], page.text[_cell_start(page.text, line.start, label[1]) : end], last, number))
    return found


def _several(page: Page, vocabulary: Vocabulary, style: Style, line: Line, number: int) -> list[Row]:
    """The rows of a line that states more than one: "Net 10.00 - VAT 2.00 - Total 12.00"; none where it is one."""
    named = [one for one in vocabulary.mentions(tokens(line.text, line.start)) if one.keys & _BILLING]
    ends = [*(one.start for one in named[1:]), line.end]
    rows: list[Row] = []
    for mention, end in zip(named, ends, strict=True):
        amounts = _amounts(page, style, Line(line.start, end, ""), mention.end)
        if amounts:
            label = page.text[mention.start : min(end, max(amounts[-1].signed, mention.end))]
            rows.append(Row(mention.keys, label, amounts[-1], number))
    return rows if len(rows) > 1 else []


def names(vocabulary: Vocabulary, line: Line, key: str) -> bool:
    """Whether a line of a bill names a concept."""
    label = _label(vocabulary, line)
    return label is not None and key in label[0]


def column(page: Page, style: Style, number: int) -> list[Amount]:
    """The amounts of the lines, from a number on, that hold one amount and nothing else."""
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
    """Where the cell of a line begins that holds a place."""
    return max(start, text.rfind("\t", start, at) + 1)


def _label(vocabulary: Vocabulary, line: Line) -> tuple[frozenset[str], int] | None:
    """What of a bill a line names, and where its amount may begin."""
    if len(line.text) > 90:
        return None
    mentions = vocabulary.mentions(tokens(line.text, line.start))
    named = [mention for mention in mentions if mention.keys & _BILLING]
    if not named or named[0].start - line.start > 14:
        return None
    return named[0].keys, named[0].end


def _amounts(page: Page, style: Style, line: Line, at: int) -> list[Amount]:
    """The amounts of a line after its label, percentages left out."""
    found = find_amounts(page.text[at : line.end], style, at)
    return [one for one in found if one.cents or one.currency]


def _across(page: Page, style: Style, labels: list[tuple[frozenset[str], int] | None], number: int) -> list[Amount]:
    """The amount of a label that has none on its line: on the line below, or across from it in a column of its own."""
    lines = page.lines
    last = number
    while last + 1 < len(lines) and not CENTS.search(lines[last + 1].text) and last < number + _COLUMN:
        last += 1
    values = column(page, style, last + 1)
    if not values:
        return _begins(style, lines[number + 1]) if last == number and number + 1 < len(lines) else []
    known = [at for at in range(max(0, last - 2 * _COLUMN), last + 1) if not _FILLER.match(lines[at].text)]
    paired, above = known[-len(values) :], known[: -len(values)][-1:]
    if number not in paired or any(CENTS.search(lines[at].text) for at in paired):
        return []
    if above and (label := labels[above[0]]) and not _amounts(page, style, lines[above[0]], label[1]):
        return []
    return [values[paired.index(number)]]


def _begins(style: Style, line: Line) -> list[Amount]:
    """The amount that a line begins with, where no other number follows."""
    amounts = list(find_amounts(line.text, style, line.start))
    if len(amounts) != 1 or not amounts[0].cents or _FILLED.search(line.text[: amounts[0].start - line.start]):
        return []
    return amounts
