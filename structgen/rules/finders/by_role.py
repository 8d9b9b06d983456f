"""Fields whose place in a document says what they are: titles, authors, issuers, addresses, totals, dates."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from structgen.rules.document.bill_rows import CENTS, Row
from structgen.rules.document.visible_text import Line
from structgen.rules.fields import Field, Kind
from structgen.rules.finders.authors import find_author, find_yields
from structgen.rules.finders.by_label import labelled
from structgen.rules.finders.document_titles import find_title
from structgen.rules.finders.issuers import find_address, find_company, find_phone
from structgen.rules.finders.totals import find_row, find_total
from structgen.rules.findings import Finding, leaf
from structgen.rules.search import Search
from structgen.rules.unambiguous import Amount, Figure, find_amounts, find_date, leading_duration
from structgen.rules.values import date_leaf, read_value

Role = Callable[[Search, Field], Finding | None]
_TEXTS = (Kind.STRING, Kind.ANY)
_FIGURES = (Kind.STRING, Kind.NUMBER, Kind.INTEGER)


def find_role(field: Field) -> Role | None:
    """How a field is found by the shape of a document; None where its label alone can tell."""
    for concepts, kinds, role in _ROLES if field.placed else ():
        if field.concepts & concepts and field.kind in kinds and not (concepts & _FREE and field.format):
            return role
    return None


def _company(search: Search, field: Field) -> Finding | None:
    for pair in search.pairs_of(field.keys):
        if pair.score == 1.0 and any(char.isalpha() for char in search.page.text[slice(*pair.value)]):
            return read_value(search, field, *pair.value)
    return find_company(search)


def _address(search: Search, field: Field) -> Finding | None:
    return labelled(search, field, 1.0) or find_address(search)


def _title(search: Search, field: Field) -> Finding | None:
    return None if field.siblings & {"first_name", "last_name", "phone", "email", "full_name"} else find_title(search)


def _date(search: Search, field: Field) -> Finding | None:
    """The labelled date, else the first that the document prints."""
    if found := labelled(search, field):
        return found
    first = find_date(search.page.text)
    return None if first is None else date_leaf(search, field, first)


def _time(search: Search, field: Field) -> Finding | None:
    """The labelled time of day, else the one that is printed with the date."""
    if found := labelled(search, field):
        return found
    first = find_date(search.page.text)
    if first is None:
        return None
    end = search.page.text.find("\n", first.end)
    return read_value(search, field, first.end, end if end > 0 else len(search.page.text))


def _total(search: Search, field: Field) -> Finding | None:
    row = find_total(replace(search, rows=tuple(row for row in search.rows if not _of_sibling(field, row))))
    if row is None and not CENTS.search(search.page.text):
        return labelled(search, field)
    return _amount(search, field, row)


def _of_sibling(field: Field, row: Row) -> bool:
    """Whether a row names a field beside this one, and not this one: "Amount due" where that is asked for as well."""
    parent = field.key.rpartition("/")[0]
    return field.key not in row.keys and any(key.rpartition("/")[0] == parent for key in row.keys if "/" in key)


def _billed(search: Search, field: Field) -> Finding | None:
    return _amount(search, field, find_row(search, field.keys)) if search.rows else labelled(search, field)


def _amount(search: Search, field: Field, row: Row | None) -> Finding | None:
    return read_value(search, field, row.amount.signed, row.amount.signed_end) if row else None


def _currency(search: Search, field: Field) -> Finding | None:
    """The labelled currency, else the one beside the total or the price."""
    if found := labelled(search, field, 0.9):
        return found
    row = find_total(search) if search.rows else None
    amount = row.amount if row else find_price(search)
    return (
        leaf(search.page, search.page.text[slice(*amount.currency)], *amount.currency)
        if amount and amount.currency
        else None
    )


def _price(search: Search, field: Field) -> Finding | None:
    if found := labelled(search, field, 0.55):
        return found
    amount = find_price(search)
    return read_value(search, field, amount.signed, amount.signed_end) if amount else None


def _phone(search: Search, field: Field) -> Finding | None:
    return labelled(search, field) or find_phone(search)


_OLD = re.compile(
    r"\b(?:rrp|msrp|was|uvp|statt|list|regular|before|save|saved?|from|ab|per|payments?|x|/|month|shipping|delivery)\b",
    re.IGNORECASE,
)
_HEAD = 400


def find_price(search: Search) -> Amount | None:
    """The price that stands alone on a line, with its currency; None where different ones do, or none does."""
    alone = [amount for line in search.page.lines[:_HEAD] if (amount := _alone(search, line.start, line.end))]
    values = {amount.written for amount in alone}
    return alone[0] if len(values) == 1 else None


def _alone(search: Search, start: int, end: int) -> Amount | None:
    """The amount that a line is, and nothing else; none that is struck through."""
    text = search.page.text[start:end]
    amounts = list(find_amounts(text, search.style, start)) if len(text) <= 24 else []
    if len(amounts) != 1 or not amounts[0].currency or _OLD.search(text):
        return None
    amount = amounts[0]
    struck = any(a <= amount.start < b for a, b in search.page.struck)
    sign = search.page.text[slice(*amounts[0].currency)]
    letters = sum(char.isalpha() for char in text) - sum(char.isalpha() for char in sign)
    return None if struck or letters > 2 else amount


def find_total_time(search: Search, field: Field) -> Finding | None:
    """The labelled time; else the only duration that stands alone in the head, or the one that sums up the others."""
    if found := labelled(search, field):
        return found
    line = _standing(search)
    return read_value(search, field, line.start, line.end) if line else None


def _standing(search: Search) -> Line | None:
    body = search.body
    if body is None:
        return None
    alone = [(line, found.value) for line in search.page.lines[:body] if (found := _lone_duration(search, line))]
    seconds = sorted({length for _, length in alone})
    if not seconds or (len(seconds) > 1 and seconds[-1] != sum(seconds[:-1])):
        return None
    return next(line for line, length in alone if length == seconds[-1])


def _lone_duration(search: Search, line: Line) -> Figure | None:
    """The duration that a line is, and nothing else."""
    if len(line.text) > 30 or not line.text[0].isdigit():
        return None
    found = leading_duration(line.text, search.style)
    return found if found and found.end >= len(line.text.rstrip(".")) else None


_FREE = frozenset({"title", "author", "company", "address", "yields"})
"""Roles of plain text, which a field with a format of its own does not have."""
_ROLES: tuple[tuple[frozenset[str], tuple[Kind, ...], Role], ...] = (
    (frozenset({"company"}), _TEXTS, _company),
    (frozenset({"address"}), _TEXTS, _address),
    (frozenset({"author"}), _TEXTS, lambda search, _: find_author(search)),
    (frozenset({"yields"}), _TEXTS, find_yields),
    (frozenset({"title"}), _TEXTS, _title),
    (frozenset({"date"}), _TEXTS, _date),
    (frozenset({"time"}), _TEXTS, _time),
    (frozenset({"phone"}), _TEXTS, _phone),
    (frozenset({"currency"}), _TEXTS, _currency),
    (frozenset({"total"}), _FIGURES, _total),
    (frozenset({"subtotal", "tax", "discount", "service_charge", "rounding", "paid", "change"}), _FIGURES, _billed),
    (frozenset({"price"}), _FIGURES, _price),
    (frozenset({"total_time"}), (Kind.NUMBER, Kind.INTEGER), find_total_time),
)
