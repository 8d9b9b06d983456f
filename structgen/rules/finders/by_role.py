"""Fields that need no label, because the shape of a document tells them: titles, issuers, totals, dates.

`find_role` chooses the finder of a field. Most finders try the label first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from structgen.rules.document.bill_rows import CENTS, Row
from structgen.rules.document.vocabulary import phrase
from structgen.rules.fields import Field, Kind
from structgen.rules.finders.authors import find_author
from structgen.rules.finders.bills import find_row, find_total
from structgen.rules.finders.codes import CODED, find_code, find_iban
from structgen.rules.finders.issuers import find_address, find_company, find_phone
from structgen.rules.finders.left_to_pay import find_left_to_pay, is_left_to_pay
from structgen.rules.finders.parties import find_party, party_lines
from structgen.rules.finders.products import (
    find_availability,
    find_brand,
    find_offer,
    find_old_price,
    find_price,
    lone_price,
)
from structgen.rules.finders.recipes import find_total_time, find_yields
from structgen.rules.finders.titles import find_title
from structgen.rules.findings import Finding, leaf
from structgen.rules.labelled import find_labelled, read_labels
from structgen.rules.search import Search
from structgen.rules.unambiguous import find_date
from structgen.rules.values import amount_leaf, date_leaf, read_value

Role = Callable[[Search, Field], Finding | None]
_TEXTS = (Kind.STRING, Kind.ANY)
_FIGURES = (Kind.STRING, Kind.NUMBER, Kind.INTEGER)


def find_role(field: Field) -> Role | None:
    """Return the finder of a field, or None if only a label can identify it."""
    for concepts, kinds, role in _ROLES if field.placed else ():
        if field.concepts & concepts and field.kind in kinds and not (concepts & _FREE and field.format):
            return role
    return None


def _company(search: Search, field: Field) -> Finding | None:
    """Return the labelled issuer if it has any letters, so that no registration number is taken, else by its place."""
    if party := find_party(search, field):
        return party
    for pair in search.pairs_for(field):
        if pair.score == 1.0 and any(char.isalpha() for char in search.page.text[slice(*pair.value)]):
            return read_value(search, field, *pair.value)
    return find_company(search, frozenset(party_lines(search, _CUSTOMER)))


def _customer(search: Search, field: Field) -> Finding | None:
    # "Billing address" and "shipping address" are two fields about one customer.
    return find_party(search, field) or find_labelled(search, field, 1.0)


def _address(search: Search, field: Field) -> Finding | None:
    # A single line is prose, which may have a street in it, and has no block of lines.
    return find_labelled(search, field, 1.0) or (find_address(search) if len(search.page.lines) > 1 else None)


_POSTS = frozenset({"job", "position", "role", "vacancy"})
_TIME_OF_A_BILL = frozenset(
    {"time", "of", "day", "clock", "hour", "order", "purchase", "transaction", "receipt", "invoice", "sale", "bill"}
)
"""The words in the names of fields that take the time of a bill."""


def _title(search: Search, field: Field) -> Finding | None:
    # Next to a first name or a phone number, "title" is that of a person ("Dr.").
    if field.siblings & {"first_name", "last_name", "phone", "email", "full_name"}:
        return find_labelled(search, field, 1.0)
    said = read_labels(search, field, 0.9)
    if said.found or said.doubt:
        return said.found
    # A recipe or a shop has no position that somebody may apply for.
    if _POSTS & set(phrase(field.name)):
        return None
    found = find_title(search)
    # The first cell of a table may be the label of a title.
    return None if found and search.vocabulary.of(str(found.value)) & {"title"} else found


def _date(search: Search, field: Field) -> Finding | None:
    """Return the labelled date, else the first one of a bill. In other documents any date may be the first."""
    said = read_labels(search, field)
    if said.found or said.doubt:
        return said.found
    first = find_date(search.page.text) if search.rows else None
    return None if first is None else date_leaf(search, field, first)


def _time(search: Search, field: Field) -> Finding | None:
    """Return the labelled time of day, else the one on the same line as the first date of a bill."""
    said = read_labels(search, field)
    if said.found or said.doubt:
        return said.found
    # The departure of a flight is another time than that of a bill.
    first = find_date(search.page.text) if search.rows and not set(phrase(field.name)) - _TIME_OF_A_BILL else None
    if first is None:
        return None
    end = search.page.text.find("\n", first.end)
    return read_value(search, field, first.end, end if end > 0 else len(search.page.text))


def _total(search: Search, field: Field) -> Finding | None:
    if is_left_to_pay(field) and (left := find_left_to_pay(search)) is not None:
        return _amount(search, field, left.row)
    # "Amount due" is not the bill's total if the schema has a field for it. The tax of a sibling still explains totals.
    rows = tuple(replace(row, keys=row.keys - {"total"}) if _of_sibling(field, row) else row for row in search.rows)
    row = find_total(replace(search, rows=rows))
    if row is None and not CENTS.search(search.page.text):
        return find_labelled(search, field)
    return _amount(search, field, row)


def _of_sibling(field: Field, row: Row) -> bool:
    """Whether a row names a sibling of the field by its own label, and not the field."""
    parent = field.key.rpartition("/")[0]
    return field.key not in row.keys and any(key.rpartition("/")[0] == parent for key in row.keys if "/" in key)


def _billed(search: Search, field: Field) -> Finding | None:
    return _amount(search, field, find_row(search, field.keys)) if search.rows else find_labelled(search, field)


def _amount(search: Search, field: Field, row: Row | None) -> Finding | None:
    return amount_leaf(search, field, row.amount) if row else None


def _currency(search: Search, field: Field) -> Finding | None:
    """Return the labelled currency, else that of the total or the price."""
    if found := find_labelled(search, field, 0.9):
        return found
    if field.siblings & {"price"} and (offer := find_offer(search)):
        amount = offer.price
    else:
        row = find_total(search) if search.rows else None
        amount = row.amount if row else lone_price(search)
    return (
        leaf(search.page, search.page.text[slice(*amount.currency)], *amount.currency)
        if amount and amount.currency
        else None
    )


def _availability(search: Search, field: Field) -> Finding | None:
    if (found := find_availability(search, field)) or field.kind is not Kind.STRING:
        return found
    # Of a product with codes a term of schema.org is wanted, and of others what a clear label says.
    return None if field.siblings & _CODES else find_labelled(search, field, 0.8)


def _phone(search: Search, field: Field) -> Finding | None:
    said = read_labels(search, field)
    if said.found or said.doubt:
        return said.found
    return find_phone(search) if search.rows else None


_CODES = frozenset({"sku", "mpn", "gtin"})
_CUSTOMER = frozenset({"customer"})
_FREE = frozenset({"title", "author", "company", "address", "yields"})
"""Roles of plain text. A field with a format does not have them."""
_ROLES: tuple[tuple[frozenset[str], tuple[Kind, ...], Role], ...] = (
    (frozenset({"company"}), _TEXTS, _company),
    (frozenset({"address"}), _TEXTS, _address),
    (frozenset({"author"}), _TEXTS, lambda search, _: find_author(search)),
    (frozenset({"yields"}), _TEXTS, find_yields),
    (frozenset({"title"}), _TEXTS, _title),
    (frozenset({"date"}), _TEXTS, _date),
    (frozenset({"due_date"}), _TEXTS, find_labelled),
    (frozenset({"customer"}), _TEXTS, _customer),
    (frozenset({"time"}), _TEXTS, _time),
    (frozenset({"phone"}), _TEXTS, _phone),
    (frozenset({"currency"}), _TEXTS, _currency),
    (frozenset({"total"}), _FIGURES, _total),
    (frozenset({"subtotal", "tax", "discount", "service_charge", "rounding", "paid", "change"}), _FIGURES, _billed),
    (frozenset({"price"}), _FIGURES, find_price),
    (frozenset({"old_price"}), _FIGURES, find_old_price),
    (frozenset({"availability"}), (Kind.STRING, Kind.CHOICE, Kind.BOOLEAN), _availability),
    (CODED, (Kind.STRING,), find_code),
    (frozenset({"iban"}), (Kind.STRING,), find_iban),
    (frozenset({"brand"}), (Kind.STRING,), find_brand),
    (frozenset({"total_time"}), (Kind.NUMBER, Kind.INTEGER), find_total_time),
)
