"""Fields whose place in a document says what they are: titles, authors, issuers, addresses, totals, dates."""

from __future__ import annotations

import re

from structgen.rules.bylines import find_author, find_yields
from structgen.rules.dates import find_compact_dates, find_dates
from structgen.rules.fields import Field, Kind
from structgen.rules.readings import Reading
from structgen.rules.search import Search
from structgen.rules.senders import find_address, find_company
from structgen.rules.times import find_total_time
from structgen.rules.titles import find_title
from structgen.rules.totals import find_total
from structgen.rules.values import date_leaf, read_value


_CENTS = re.compile(r"\d[.,]\d{2}(?!\d)")


def find_by_role(search: Search, field: Field) -> Reading | None:
    """What the shape of the document says about a field; None where it has no such role, or nothing fits it."""
    if field.kind in (Kind.STRING, Kind.ANY):
        for concept, role in _TEXT_ROLES.items():
            if concept in field.concepts and not field.format:
                return role(search, field)
    if "total_time" in field.concepts and field.seconds:
        return find_total_time(search, field)
    if "total" in field.concepts and field.kind in (Kind.STRING, Kind.NUMBER, Kind.INTEGER):
        row = find_total(search)
        return read_value(search, field, row.amount.signed, row.amount.signed_end) if row else None
    if "date" in field.concepts and field.kind is Kind.STRING:
        return _date(search, field)
    return None


def has_role(search: Search, field: Field) -> bool:
    """Whether the role of a field settles it, so that a label alone gives it no value."""
    if "total" in field.concepts and _CENTS.search(search.page.text):
        return True
    return field.kind in (Kind.STRING, Kind.ANY) and not field.format and bool(field.concepts & _TEXT_ROLES.keys())


def _date(search: Search, field: Field) -> Reading | None:
    """The labelled date, else the first that the document prints."""
    for pair in search.pairs_of(field.keys):
        if found := read_value(search, field, *pair.value):
            return found
    text = search.page.text
    first = next(find_dates(text), None) or next(find_compact_dates(text), None)
    return None if first is None else date_leaf(search, field, first)


def _labelled_or(role):
    def find(search: Search, field: Field) -> Reading | None:
        for pair in search.pairs_of(field.keys):
            if pair.score == 1.0 and any(char.isalpha() for char in search.page.text[slice(*pair.value)]):
                return read_value(search, field, *pair.value)
        return role(search)

    return find


_TEXT_ROLES = {
    "company": _labelled_or(find_company),
    "address": _labelled_or(find_address),
    "title": lambda search, field: find_title(search),
    "author": lambda search, field: find_author(search),
    "yields": find_yields,
}
