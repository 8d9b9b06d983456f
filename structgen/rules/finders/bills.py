"""The total of a bill and its line items.

Both are checked against other amounts of the bill: the total against the cash paid less the change, the line items
against a total or subtotal that they have to add up to. A receipt seldom has a clean table, so the arithmetic is what
tells a line item from other lines that end with an amount.
"""

from __future__ import annotations

import re

from structgen.notation.style import Style
from structgen.rules.document.bill_rows import CENTS, Row, amount_column, line_names
from structgen.rules.document.page import Line, Span
from structgen.rules.document.vocabulary import fold, lexicon, tokens
from structgen.rules.fields import Field
from structgen.rules.findings import Finding, build, child_of, collect
from structgen.rules.search import Search
from structgen.rules.unambiguous import Amount, Figure, find_amounts, find_number
from structgen.rules.values import read_part

_BEST = re.compile(r"\b(?:grand|rounded|payable|due|nett?|pay|balance)\b", re.IGNORECASE)
_WITH_TAX = re.compile(r"\bincl", re.IGNORECASE)
_WITHOUT_TAX = re.compile(r"\b(?:excl|ex|before|sub|without|netto|ht)", re.IGNORECASE)
_NO_MONEY = re.compile(
    r"\b(?:qty|quant\w*|items?|point|points|count|saving\w*|discount|disc|weight|tax|gst|vat)\b", re.IGNORECASE
)
_CONTAINED = re.compile(r"\binclude[sd]?\b", re.IGNORECASE)
_SUMMARY = re.compile(r"\b(?:summary|summ?ary|analysis|breakdown)\b|tax\s?code", re.IGNORECASE)


def find_total(search: Search) -> Row | None:
    """Return the row that states the amount to pay, or None."""
    rows = search.rows
    due = _cash_less_change(rows)
    # Labels and amounts in separate columns are not paired by rows, so only the arithmetic finds the total.
    if due is None and (column := _column_total(search)):
        return column
    totals = [row for row in rows if "total" in row.keys and _is_total(search, row, due)]
    if due is None:
        return _grand_total(rows, totals)
    if any(_cents(row) == due for row in totals):
        return max(totals, key=lambda row: (_rank(row, due), row.line))
    # No row called a total agrees with the cash. A subtotal or the paid amount that does is a better witness.
    paid = [row for row in rows if _cents(row) == due and row.keys & _CONFIRMED]
    return max(paid or totals, key=lambda row: (not row.keys & {"paid"}, _rank(row, due), row.line), default=None)


def _grand_total(rows: tuple[Row, ...], totals: list[Row]) -> Row | None:
    """Return the total of a bill that says nothing of cash. None if several differ and no other amount explains it."""
    totals = [row for row in totals if not _is_part_of_other(rows, totals, row)]
    best = max((_rank(row, None) for row in totals), default=0.0)
    first = [row for row in totals if _rank(row, None) == best]
    last = max(first, key=lambda row: row.line, default=None)
    others = {_cents(row) for row in first} - {_cents(last) if last else None}
    single = [_cents(row) or 0 for row in rows if row.keys & _ADDED][:_MOST_ADDED]
    added = {abs(one + sign * other) for one in single for other in (0, *single) for sign in (1, -1)}
    # A second total is plainly the last one if tax, a discount or rounding lies between the two.
    explained = all(other is not None and last and abs((_cents(last) or 0) - other) in added for other in others)
    return last if explained else None


_MOST_ADDED = 8
_ADDED = frozenset({"tax", "discount", "rounding", "service_charge"})
_NET = re.compile(r"\bnett?o?\b", re.IGNORECASE)
_LEFT = re.compile(r"\b(?:due|balance|outstanding)\b", re.IGNORECASE)
_PAID = re.compile(r"\bpaid\b", re.IGNORECASE)


def _is_part_of_other(rows: tuple[Row, ...], totals: list[Row], row: Row) -> bool:
    """Whether a row is another total before tax, what was paid of it, or what is left to pay."""
    amount = _cents(row)
    others = {_cents(one) for one in totals if one is not row and not _NET.search(one.label)} - {None, amount}
    if amount is None or not others:
        return False
    if _PAID.search(row.label):
        return True
    if _NET.search(row.label):
        return any(amount + (_cents(one) or 0) in others for one in rows if "tax" in one.keys)
    paid = {_cents(one) or 0 for one in rows if "paid" in one.keys or _PAID.search(one.label)} - {0}
    return _LEFT.search(row.label) is not None and any(amount + one in others for one in paid)


def find_row(search: Search, concepts: frozenset[str]) -> Row | None:
    """Return the row of a concept outside tax summaries, or None if several rows differ in their amounts."""
    fitting = [row for row in search.rows if row.keys & concepts and not _is_in_tax_summary(search, row.line)]
    amounts = {_cents(row) for row in fitting}
    return fitting[0] if len(amounts) == 1 else None


def _is_total(search: Search, row: Row, due: int | None) -> bool:
    """Whether a row states the total of the bill, and not that of a part, of a count, or before tax."""
    if _CONTAINED.search(row.label) or _WITHOUT_TAX.search(row.label):
        return False
    if due is not None and _cents(row) == due:
        return True
    extra = {word.word for word in tokens(row.label)} - _TOTAL_WORDS
    extra = {word for word in extra if not word.isdigit()}
    counted = _NO_MONEY.search(row.label) and not _WITH_TAX.search(row.label)
    return not extra and not counted and not _is_in_tax_summary(search, row.line)


_CONFIRMED = frozenset({"total", "subtotal", "rounding", "paid"})
_TAX_WORDS = """rm myr usd eur gbp chf sale incl inclusive including inc of gst tax vat sst mwst tva iva ttc with after
disc discount rounding adj sr the in for your cash s and svc charge a de la qty"""
_TOTAL_WORDS = frozenset(
    fold(word)
    for label in (*lexicon().labels["total"], *lexicon().labels["currency"], _TAX_WORDS)
    for word in re.findall(r"[^\W\d_]+", label)
)
"""Words that the label of a total may contain. Any other word names the part that it is the total of."""


def _rank(row: Row, due: int | None) -> float:
    """How likely a row is the amount to pay: by the cash paid, by its words, and by its amount."""
    rank = 4.0 * (due is not None and _cents(row) == due)
    rank += 1.0 * bool(_BEST.search(row.label)) + 0.5 * bool(_WITH_TAX.search(row.label))
    return rank - 1.0 * (not row.amount.cents) - 2.0 * (_cents(row) == 0)


def _is_in_tax_summary(search: Search, line: int) -> bool:
    """Whether the heading of a tax summary is on this line or shortly above."""
    return any(_SUMMARY.search(above.text) for above in search.page.lines[max(0, line - 8) : line + 1])


def _cash_less_change(rows: tuple[Row, ...]) -> int | None:
    """Return the cash paid less the change, in cents. None if either is missing."""
    change = [row for row in rows if "change" in row.keys and row.amount.cents]
    paid = [row for row in rows if "paid" in row.keys and row.amount.cents and change and row.line <= change[0].line]
    if not paid:
        return None
    gave, back = _cents(paid[-1]), _cents(change[0])
    if gave is None or back is None:
        return None
    # Some tills print the cash as a deduction: "CASH -50.00".
    return abs(gave) - abs(back) if abs(gave) >= abs(back) else None


def _cents(row: Row) -> int | None:
    value = row.amount.value
    return None if value is None else round(value * 100)


def _column_total(search: Search) -> Row | None:
    """Return the total from a column of amounts that a scanner separated from its labels.

    Somewhere in the column, cash less change has to equal an earlier amount. That amount is the total.
    """
    lines = search.page.lines
    for number, line in enumerate(lines):
        if not line_names(search.vocabulary, line, "change") or CENTS.search(line.text):
            continue
        start = next(
            (at for at in range(number + 1, min(number + 20, len(lines))) if CENTS.search(lines[at].text)), None
        )
        values = amount_column(search.page, search.style, start) if start else []
        worth = [round((one.value or 0) * 100) for one in values]
        for at in range(len(values) - 1, 1, -1):
            before = [place for place in range(at - 1) if worth[place] == worth[at - 1] - worth[at] > 0]
            if before:
                return Row(frozenset({"total"}), line.text, values[before[-1]], number)
    return None


_LINE_ITEM = re.compile(
    r"^(?:(?P<count>\d{1,3})\s*(?:[xX×]\s?|\s))?(?P<name>[^\W\d_][^\t@]{1,60}?)"
    r"(?:\s+(?:[xX×]\s?(?P<times>\d{1,3})|@\s?(?P<each>[^\s]{1,12})))?\s*$"
)
_CELL = re.compile(r"\S+(?:[^\S\n\t]\S+)*")
_COUNTED = re.compile(r"(\d{1,4}(?:[.,]\d{1,3})?)(?:\s?([^\W\d_]{1,8}))?")
_LEFT_OVER = re.compile(r"(?:\s{2}|\t)[\d.,]{1,12}$")
"""A column of numbers without a name, which is not part of the product's name."""
_TAIL = re.compile(r"^\s*[A-Z*]{0,3}$")
_BILL = frozenset(
    {"total", "subtotal", "tax", "paid", "change", "discount", "rounding", "service_charge", "quantity_total"}
)


def find_line_items(search: Search, item: Field) -> Finding | None:
    """Return the line items of a bill as a list of objects, or None if they do not add up to a stated sum."""
    rows = search.rows
    # Line items come before the first row that names a total or tax.
    end = min((row.line for row in rows), default=0)
    found = [one for line in search.page.lines[:end] if (one := _line_item(search, line))]
    worth = sum(round((amount.value or 0) * 100) for _, amount in found)
    stated = {round((row.amount.value or 0) * 100) for row in rows if row.keys & {"total", "subtotal"}}
    if not found or worth not in stated:
        return None
    # All or none: a list of some of the items would look complete.
    built = [one for parts, amount in found if (one := _build(search, item, parts, amount))]
    return collect(built) if len(built) == len(found) else None


def _line_item(search: Search, line: Line) -> tuple[dict[str, Span], Amount] | None:
    """Return the parts of a line item and its amount. None if the line is not one."""
    amounts = list(find_amounts(line.text, search.style, line.start))
    last = amounts[-1] if amounts else None
    if last is None or not last.cents or not _TAIL.match(line.text[last.signed_end - line.start :]):
        return None
    before = line.text[: last.signed - line.start].rstrip()
    columns = _columns(before, last, search.style)
    if columns is None and _LEFT_OVER.search(before):
        return None
    match = _LINE_ITEM.match(before[: columns["name"][1]] if columns else before)
    if match is None or _is_labelled(search, line):
        return None
    if any(one.currency for one in find_amounts(match["name"], search.style)):
        return None
    spans = {
        name: (line.start + match.start(name), line.start + match.end(name))
        for name in match.groupdict()
        if match[name]
    }
    for name, (start, end) in (columns or {}).items():
        spans.setdefault(name, (line.start + start, line.start + end))
    if "times" in spans:
        spans["count"] = spans.pop("times")
    return spans, last


def _columns(before: str, amount: Amount, style: Style) -> dict[str, Span] | None:
    """Return the name, count, unit, and unit price before an amount. None if they do not multiply to it."""
    cells = [(match.start(), match.end()) for match in _CELL.finditer(before)]
    counted = _COUNTED.fullmatch(before, *cells[1]) if len(cells) in (2, 3) else None
    if counted is None:
        return None
    found = {"name": cells[0], "count": counted.span(1)}
    if counted.group(2):
        found["unit"] = counted.span(2)
    if len(cells) == 3:
        each = next(iter(find_amounts(before[slice(*cells[2])], style)), None)
        if each is None or not _multiply_to(find_number(counted.group(1), style), each.value, amount.value):
            return None
        found["each"] = (cells[2][0] + each.start, cells[2][0] + each.end)
    return found


def _multiply_to(count: Figure | None, each: float | None, amount: float | None) -> bool:
    """Whether a count times a unit price is the amount, to the cent."""
    if count is None or each is None or amount is None:
        return False
    return abs(count.value * each - amount) < 0.006


def _is_labelled(search: Search, line: Line) -> bool:
    """Whether a line is a label with its value rather than a product."""
    mentions = search.vocabulary.of_line(line.text, line.start)
    return bool(mentions) and mentions[0].start == line.start and (":" in line.text or bool(mentions[0].keys & _BILL))


def _build(search: Search, item: Field, spans: dict[str, Span], amount: Amount) -> Finding | None:
    """Return a line item as the object that the schema asks for."""
    parts: dict[str, Finding] = {}
    wanted = (
        ({"title", "description", "items"}, spans.get("name")),
        ({"quantity"}, spans.get("count")),
        ({"unit"}, spans.get("unit")),
        ({"unit_price"}, spans.get("each")),
        ({"line_total", "total", "price"}, (amount.start, amount.end)),
    )
    for concepts, span in wanted:
        child = child_of(
            item, frozenset(concepts) - ({"price"} if child_of(item, frozenset({"line_total"})) else set())
        )
        if child and span and child.name not in parts and (read := read_part(search, child, span)):
            parts[child.name] = read
    return build(item, parts)
