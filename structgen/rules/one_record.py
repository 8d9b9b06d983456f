"""Two records in one text: the values of an object come from one of them, or are none."""

from __future__ import annotations

from bisect import bisect_right

from structgen.rules.fields import Field, Kind
from structgen.rules.findings import Finding
from structgen.rules.search import STRONG, Search

_NAMES = frozenset({"title", "full_name", "first_name", "last_name", "company", "organization"}) | frozenset(
    {"customer", "sku", "invoice_number", "order_number"}
)
"""Concepts that tell one record from the next."""


def without_mixture(search: Search, root: Field, found: dict[str, Finding]) -> dict[str, Finding]:
    """Return the values of an object's fields without those that come from several records of the text."""
    starts = _starts(search, root)
    if not starts:
        return found
    records = {
        name: {bisect_right(starts, place.visible[0]) for _, place in one.places if place.page is search.page}
        for name, one in found.items()
        if not isinstance(one.value, list)
    }
    if len({number for numbers in records.values() for number in numbers if number}) < 2:
        return found
    return {name: one for name, one in found.items() if not any(records.get(name, ()))}


def _starts(search: Search, root: Field) -> list[int]:
    """Return where the records of a text begin: at the first label of all, if it comes again with another value."""
    text = search.page.text
    own = {child.own_key: child for child in root.children}
    pairs = sorted(
        (one for one in search.pairs if one.score >= STRONG and one.keys & own.keys()), key=lambda one: one.label
    )
    if not pairs:
        return []
    first = next(own[key] for key in sorted(pairs[0].keys) if key in own)
    if first.kind is not Kind.STRING or first.format or (first.concepts and not first.concepts & _NAMES):
        return []
    same = [one for one in pairs if first.own_key in one.keys]
    values = {" ".join(text[slice(*one.value)].casefold().split()) for one in same}
    return [one.label[0] for one in same] if len(values) > 1 else []
