"""What a bill comes to: its most specific total, checked against cash less change where both are known."""

from __future__ import annotations

import re

from structgen.rules.document.bill_rows import CENTS, Row, column, names
from structgen.rules.document.vocabulary import fold, lexicon, tokens
from structgen.rules.search import Search

_BEST = re.compile(r"\b(?:grand|rounded|payable|due|nett?|pay|balance)\b", re.IGNORECASE)
_WITH_TAX = re.compile(r"\bincl", re.IGNORECASE)
_WITHOUT_TAX = re.compile(r"\b(?:excl|ex|before|sub|without|netto|ht)", re.IGNORECASE)
_NO_MONEY = re.compile(
    r"\b(?:qty|quant\w*|items?|point|points|count|saving\w*|discount|disc|weight|tax|gst|vat)\b", re.IGNORECASE
)
_CONTAINED = re.compile(r"\binclude[sd]?\b", re.IGNORECASE)
_SUMMARY = re.compile(r"\b(?:summary|summ?ary|analysis|breakdown)\b|tax\s?code", re.IGNORECASE)


def find_total(search: Search) -> Row | None:
    """The row that says what is to be paid; None where no row says so."""
    rows = search.rows
    due = _cash_less_change(rows)
    if due is None and (column := _column_total(search)):
        return column
    totals = [row for row in rows if "total" in row.keys and _is_total(search, row, due)]
    if due is None or any(_cents(row) == due for row in totals):
        return max(totals, key=lambda row: (_rank(row, due), row.line), default=None)
    paid = [row for row in rows if _cents(row) == due and row.keys & _CONFIRMED]
    return max(paid or totals, key=lambda row: (not row.keys & {"paid"}, _rank(row, due), row.line), default=None)


def find_row(search: Search, concepts: frozenset[str]) -> Row | None:
    """The row of a concept outside of tax tables; None where rows that fit differ in their amounts."""
    fitting = [row for row in search.rows if row.keys & concepts and not _summarised(search, row.line)]
    amounts = {_cents(row) for row in fitting}
    return fitting[0] if len(amounts) == 1 else None


def _is_total(search: Search, row: Row, due: int | None) -> bool:
    """Whether a row states the total: with tax, not for a part or a count, and with no words that say of what."""
    if _CONTAINED.search(row.label) or _WITHOUT_TAX.search(row.label):
        return False
    if due is not None and _cents(row) == due:
        return True
    extra = {word.word for word in tokens(row.label)} - _TOTAL_WORDS
    extra = {word for word in extra if not word.isdigit()}
    counted = _NO_MONEY.search(row.label) and not _WITH_TAX.search(row.label)
    return not extra and not counted and not _summarised(search, row.line)


_CONFIRMED = frozenset({"total", "subtotal", "rounding", "paid"})
_TAX_WORDS = """rm myr usd eur gbp chf sale incl inclusive including inc of gst tax vat sst mwst tva iva ttc with after
disc discount rounding adj sr the in for your cash s and svc charge a de la qty"""
_TOTAL_WORDS = frozenset(
    fold(word)
    for label in (*lexicon().labels["total"], *lexicon().labels["currency"], _TAX_WORDS)
    for word in re.findall(r"[^\W\d_]+", label)
)
"""What the label of a total may say besides: any other word says of what it is the total."""


def _rank(row: Row, due: int | None) -> float:
    """How well a row says what was to be paid: the check, its words, and whether a tax table holds it."""
    rank = 4.0 * (due is not None and _cents(row) == due)
    rank += 1.0 * bool(_BEST.search(row.label)) + 0.5 * bool(_WITH_TAX.search(row.label))
    return rank - 1.0 * (not row.amount.cents) - 2.0 * (_cents(row) == 0)


def _summarised(search: Search, line: int) -> bool:
    """Whether a line stands under the heading of a tax summary."""
    return any(_SUMMARY.search(above.text) for above in search.page.lines[max(0, line - 8) : line + 1])


def _cash_less_change(rows: tuple[Row, ...]) -> int | None:
    """What was handed over less what was handed back, in cents; None where it is not known."""
    change = [row for row in rows if "change" in row.keys and row.amount.cents]
    paid = [row for row in rows if "paid" in row.keys and row.amount.cents and change and row.line <= change[0].line]
    if not paid:
        return None
    gave, back = _cents(paid[-1]), _cents(change[0])
    if gave is None or back is None:
        return None
    # Some tills print what was handed over as a deduction: "CASH -50.00".
    return abs(gave) - abs(back) if abs(gave) >= abs(back) else None


def _cents(row: Row) -> int | None:
    value = row.amount.value
    return None if value is None else round(value * 100)


def _column_total(search: Search) -> Row | None:
    """The total in a column of amounts read apart from its labels: the one that cash less change comes to."""
    lines = search.page.lines
    for number, line in enumerate(lines):
        if not names(search.vocabulary, line, "change") or CENTS.search(line.text):
            continue
        start = next(
            (at for at in range(number + 1, min(number + 20, len(lines))) if CENTS.search(lines[at].text)), None
        )
        values = column(search.page, search.style, start) if start else []
        worth = [round((one.value or 0) * 100) for one in values]
        for at in range(len(values) - 1, 1, -1):
            before = [place for place in range(at - 1) if worth[place] == worth[at - 1] - worth[at] > 0]
            if before:
                return Row(frozenset({"total"}), line.text, values[before[-1]], number)
    return None
