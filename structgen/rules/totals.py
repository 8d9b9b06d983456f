"""What a bill comes to: the amount of its most specific total, checked against cash less change where both are known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.rules.labels import fold, tokens
from structgen.rules.lexicon import lexicon
from structgen.rules.money import Amount, find_amounts, moved
from structgen.rules.page import Line
from structgen.rules.search import Search

_BILLING = frozenset(
    {"total", "subtotal", "tax", "rounding", "paid", "change", "discount", "service_charge", "quantity_total"}
)
_BEST = re.compile(r"\b(?:grand|rounded|payable|due|nett?|pay|balance)\b", re.IGNORECASE)
_WITH_TAX = re.compile(r"\bincl", re.IGNORECASE)
_WITHOUT_TAX = re.compile(r"\b(?:excl|ex|before|sub|without|netto|ht)", re.IGNORECASE)
_NO_MONEY = re.compile(
    r"\b(?:qty|quant\w*|items?|point|points|count|saving\w*|discount|disc|weight|tax|gst|vat)\b", re.IGNORECASE
)
_CONTAINED = re.compile(r"\binclude[sd]?\b", re.IGNORECASE)
_SUMMARY = re.compile(r"\b(?:summary|summ?ary|analysis|breakdown)\b|tax\s?code", re.IGNORECASE)
_CENTS = re.compile(r"(?<!\d)\d{0,9}[.,]\d{2}(?!\d)")
_FILLED = re.compile(r"[^\W\d_]{4,}|\d")
_FILLER = re.compile(r"^[\s:()]*(?:RM|MYR|USD|EUR|GBP|CHF|[$€£])?[\s:()]*$")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the bill: its concepts, its label as printed, its amount (in offsets of the visible text), its line."""

    keys: frozenset[str]
    label: str
    amount: Amount
    line: int


def find_total(search: Search) -> Row | None:
    """The row that says what is to be paid; None where no row says so."""
    rows = bill_rows(search)
    due = _cash_less_change(search, rows)
    if due is None and (column := _column_total(search)):
        return column
    totals = [row for row in rows if "total" in row.keys and _is_total(search, row, due)]
    if due is None or any(_cents(search, row) == due for row in totals):
        return max(totals, key=lambda row: (_rank(search, row, due), row.line), default=None)
    paid = [row for row in rows if _cents(search, row) == due and row.keys & _CONFIRMED]
    return max(
        paid or totals, key=lambda row: (not row.keys & {"paid"}, _rank(search, row, due), row.line), default=None
    )


def find_row(search: Search, rows: list[Row], concepts: frozenset[str]) -> Row | None:
    """The row of a concept outside of tax tables; None where rows that fit differ in their amounts."""
    fitting = [row for row in rows if row.keys & concepts and not _summarised(search, row.line)]
    amounts = {_cents(search, row) for row in fitting}
    return fitting[0] if len(amounts) == 1 else None


def _is_total(search: Search, row: Row, due: int | None) -> bool:
    """Whether a row states the total: with tax, not for a part or a count, and with no words that say of what."""
    if _CONTAINED.search(row.label) or _WITHOUT_TAX.search(row.label):
        return False
    if due is not None and _cents(search, row) == due:
        return True
    extra = {word.word for word in tokens(row.label)} - _TOTAL_WORDS
    extra = {word for word in extra if not word.isdigit()}
    counted = _NO_MONEY.search(row.label) and not _WITH_TAX.search(row.label)
    return not extra and not counted and not _summarised(search, row.line)


_CONFIRMED = frozenset({"total", "subtotal", "rounding", "paid"})
_TOTAL_WORDS = frozenset(
    fold(word)
    for label in (*lexicon().labels["total"], *lexicon().labels["currency"])
    for word in re.findall(r"[^\W\d_]+", label)
) | frozenset({"rm", "myr", "usd", "eur", "gbp", "chf", "sale", "incl", "inclusive", "including", "inc", "of", "gst", "tax",
               "vat", "sst", "mwst", "tva", "iva", "ttc", "with", "after", "disc", "discount", "rounding", "adj", "sr", "the",
               "in", "for", "your", "cash", "s", "and", "svc", "charge", "a", "de", "la", "qty"})  # fmt: skip


def _rank(search: Search, row: Row, due: int | None) -> float:
    """How well a row says what was to be paid: the check, its words, and whether a tax table holds it."""
    rank = 4.0 * (due is not None and _cents(search, row) == due)
    rank += 1.0 * bool(_BEST.search(row.label)) + 0.5 * bool(_WITH_TAX.search(row.label))
    return rank - 1.0 * (not row.amount.cents) - 2.0 * (_cents(search, row) == 0)


def _summarised(search: Search, line: int) -> bool:
    """Whether a line stands under the heading of a tax summary."""
    return any(_SUMMARY.search(above.text) for above in search.page.lines[max(0, line - 8) : line + 1])


def _cash_less_change(search: Search, rows: list[Row]) -> int | None:
    """What was handed over less what was handed back, in cents; None where it is not known."""
    change = [row for row in rows if "change" in row.keys and row.amount.cents]
    paid = [row for row in rows if "paid" in row.keys and row.amount.cents and change and row.line <= change[0].line]
    if not paid:
        return None
    gave, back = _cents(search, paid[-1]), _cents(search, change[0])
    return gave - back if gave is not None and back is not None and gave >= back else None


def _cents(search: Search, row: Row) -> int | None:
    value = row.amount.value(search.mark)
    return None if value is None else round(value * 100)


def bill_rows(search: Search) -> list[Row]:
    """Every line of a bill that names something of money, with the amount beside it, below it, or across from it."""
    lines = search.page.lines
    found: list[Row] = []
    for number, line in enumerate(lines):
        label = _label(search, line)
        if label is None:
            continue
        keys, at = label
        amounts = _amounts(search, line, at)
        if not amounts:
            amounts = _across(search, number)
        if amounts:
            words = search.page.text[
                _cell_start(search.page.text, line.start, at) : min(amounts[-1].start, line.end)
                if amounts[-1].start > line.start
                else line.end
            ]
            found.append(Row(keys, words, amounts[-1], number))
    return found


def _cell_start(text: str, start: int, at: int) -> int:
    """Where the cell of a line begins that holds a place."""
    return max(start, text.rfind("\t", start, at) + 1)


def _label(search: Search, line: Line) -> tuple[frozenset[str], int] | None:
    """What of a bill a line names, and where its amount may begin."""
    if len(line.text) > 90:
        return None
    mentions = search.vocabulary.mentions(tokens(line.text, line.start))
    named = [mention for mention in mentions if mention.keys & _BILLING]
    if not named or named[0].start - line.start > 14:
        return None
    return named[0].keys, named[0].end


def _amounts(search: Search, line: Line, at: int) -> list[Amount]:
    """The amounts of a line after its label, percentages left out, those with cents before whole numbers."""
    text = search.page.text[at : line.end]
    found = [moved(one, at) for one in find_amounts(text) if not text[one.end :].lstrip().startswith("%")]
    return [one for one in found if one.cents or one.currency]


def _across(search: Search, number: int) -> list[Amount]:
    """The amount of a label without one: on the line below, or, where labels and amounts were read apart, across."""
    lines = search.page.lines
    last = number
    while last + 1 < len(lines) and not _CENTS.search(lines[last + 1].text) and last < number + 20:
        last += 1
    values = _column(search, last + 1)
    known = [at for at in range(max(0, last - 40), last + 1) if not _FILLER.match(lines[at].text)]
    labels = known[-len(values) :]
    if not values and last == number and number + 1 < len(lines):
        return _begins(lines[number + 1])
    if not values or number not in labels or any(_CENTS.search(lines[at].text) for at in labels):
        return []
    above = known[: -len(values)][-1:]
    if above and (label := _label(search, lines[above[0]])) and not _amounts(search, lines[above[0]], label[1]):
        return []
    return [values[labels.index(number)]]


def _begins(line: Line) -> list[Amount]:
    """The amount that a line begins with, where no other number follows."""
    amounts = list(find_amounts(line.text))
    first = amounts[0] if len(amounts) == 1 and amounts[0].cents else None
    return [moved(first, line.start)] if first and not _FILLED.search(line.text[: first.start]) else []


def _column_total(search: Search) -> Row | None:
    """The total in a column of amounts read apart from its labels: the one that cash less change comes to."""
    lines = search.page.lines
    for number, line in enumerate(lines):
        if not _label_of(search, line, "change") or _CENTS.search(line.text):
            continue
        start = next(
            (at for at in range(number + 1, min(number + 20, len(lines))) if _CENTS.search(lines[at].text)), None
        )
        values = _column(search, start) if start else []
        worth = [round((one.value(search.mark) or 0) * 100) for one in values]
        for at in range(len(values) - 1, 1, -1):
            before = [place for place in range(at - 1) if worth[place] == worth[at - 1] - worth[at] > 0]
            if before:
                return Row(frozenset({"total"}), line.text, values[before[-1]], number)
    return None


def _label_of(search: Search, line: Line, key: str) -> bool:
    label = _label(search, line)
    return label is not None and key in label[0]


def _column(search: Search, number: int) -> list[Amount]:
    """The lines from a number on that hold one amount and nothing else."""
    values: list[Amount] = []
    for line in search.page.lines[number : number + 20]:
        found = [moved(one, line.start) for one in find_amounts(line.text)]
        if _FILLER.match(line.text) and not values:
            continue
        if len(found) != 1 or not found[0].cents or sum(char.isalpha() for char in line.text) > 3:
            break
        values.append(found[0])
    return values
