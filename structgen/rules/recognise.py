"""Values that show what they are without a label: an address of the web, one of a list of choices."""

from __future__ import annotations

import re

from structgen.rules.fields import Field, Kind
from structgen.rules.findings import Finding, leaf
from structgen.rules.search import Search
from structgen.rules.values import EMAIL, URL, read_value

_SHOWN = frozenset({"email", "url"})
_SHORT = 5_000
"""Choices are looked for without a label in texts of so many characters: in longer ones any word comes up."""


def recognise(search: Search, field: Field) -> Finding | None:
    """The only value of its sort in a document; None where there are several that differ."""
    if not field.concepts & _SHOWN <= field.keys:
        return None  # a part of the whole that only its own labels can tell, such as an invoice's customer
    if field.concepts & {"email"} or field.format == "email":
        return _only(search, EMAIL)
    if field.concepts & {"url"} or field.format in ("uri", "url"):
        return _only(search, URL)
    if field.kind is Kind.CHOICE and len(search.page.text) <= _SHORT and _wordy(field):
        return read_value(search, field, 0, len(search.page.text))
    return None


def _only(search: Search, pattern: re.Pattern[str]) -> Finding | None:
    found = list(pattern.finditer(search.page.text))
    if len({match.group().casefold() for match in found}) != 1:
        return None
    text = found[0].group().rstrip(".,;)")
    return leaf(search.page, text, found[0].start(), found[0].start() + len(text))


def _wordy(field: Field) -> bool:
    """Whether the choices are words that say something by themselves, and no single letters or numbers."""
    return all(
        choice is None or (isinstance(choice, str) and len(choice) > 2 and choice[0].isalpha())
        for choice in field.choices
    )
