"""The value of a field by its label: which of several labels counts, and when none of them does.

A field's own name is the surest label, then its title, description and other names, then words that mean the same. Two
labels of one rank with different values are a doubt, and a doubt is not a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from structgen.core.json import Json
from structgen.notation.durations import UNITS
from structgen.rules.document.key_values import Pair
from structgen.rules.fields import Field, Kind
from structgen.rules.finders.issuers import address_below
from structgen.rules.findings import Finding
from structgen.rules.label_units import counts_otherwise
from structgen.rules.search import STRONG, Rank, Search, rank_of, tier_of
from structgen.rules.short_labels import suits_short_label
from structgen.rules.values import is_nothing, read_count_of, read_value

_MOST = 40
_PREPOSITIONS = frozenset({"from", "to", "von", "an", "de", "à", "da", "van"})
_FIGURES = (Kind.NUMBER, Kind.INTEGER)
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]{2,}")
_NO_UNITS = frozenset({"time", "an", "dia"})
"""Units of one language that are other words in another: "time" is Norwegian for an hour."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """What the labels of a field say. `doubt`: they say something that cannot be read, or different things."""

    found: Finding | None = None
    doubt: bool = False


def find_labelled(search: Search, field: Field, least: float = 0.0) -> Finding | None:
    """Return the value of the surest label of a field, with a score of at least `least`. None if there is a doubt."""
    return read_labels(search, field, least).found


def read_labels(search: Search, field: Field, least: float = 0.0) -> Labelled:
    """Return what the surest labels of a field say, whose score is at least `least`."""
    pairs = (pair for pair in search.pairs_for(field) if pair.score >= least)
    for _, group in groupby(pairs, key=lambda pair: tier_of(field, pair)):
        said = _agreed(search, field, list(group))
        if said.found or said.doubt:
            return said
    return Labelled()


def agreed(field: Field, read: Iterable[tuple[Pair, Finding | None]]) -> Finding | None:
    """Return the first value that was read, the surest pairs first. None if a pair of its tier has another one."""
    first: tuple[Pair, Finding] | None = None
    for pair, found in read:
        if first is not None and tier_of(field, pair) != tier_of(field, first[0]):
            break
        if found is not None and first is not None and _same(found.value) != _same(first[1].value):
            return None
        first = first or (None if found is None else (pair, found))
    return first[1] if first else None


def _agreed(search: Search, field: Field, pairs: list[Pair]) -> Labelled:
    """Return the value that all pairs of one tier have. Those that cannot be read are a doubt if they are figures."""
    read = [(pair, _read_pair(search, field, pair)) for pair in islice(pairs, _MOST)]
    found = [one for _, one in read if one]
    if len({_same(one.value) for one in found}) > 1:
        return Labelled(doubt=True)
    unread = [pair for pair, one in read if one is None and _is_figure(search, field, pair)]
    if unread and (rank_of(field, unread[0]) is Rank.OWN or found):
        return Labelled(doubt=True)
    return Labelled(found[0]) if found else Labelled()


def _same(value: Json) -> str:
    """Return a value without differences that do not matter between two mentions of it."""
    return " ".join(value.casefold().split()).rstrip(".") if isinstance(value, str) else repr(value)


def _is_figure(search: Search, field: Field, pair: Pair) -> bool:
    """Whether a strong label of a number or date is followed by digits."""
    wanted = field.kind in _FIGURES or field.format in ("date", "date-time", "time")
    return wanted and pair.score >= STRONG and _DIGIT.search(search.page.text, *pair.value) is not None


def _read_pair(search: Search, field: Field, pair: Pair) -> Finding | None:
    """Return the value of a pair. A label may name the unit of a duration: "Minutes: 10"."""
    page = search.page.text
    if field.kind is Kind.STRING and is_nothing(page[slice(*pair.value)]):
        return None
    # A label that lacks the noun at the end of the field's name counts only if the value looks like that noun.
    if not pair.keys & (field.keys | field.shared) and not (
        pair.value[0] > pair.label[0] and suits_short_label(field, page[slice(*pair.value)])
    ):
        return None
    if field.kind in _FIGURES and counts_otherwise(field, page[slice(*pair.label)]):
        return None
    # "3 ratings" counts them.
    if (
        pair.value[0] < pair.label[0]
        and "rating" in field.concepts
        and page[slice(*pair.label)].casefold() == "ratings"
    ):
        return None
    # "From: 1 July 2024" begins a time, and names nobody.
    if page[slice(*pair.label)].strip(" :").casefold() in _PREPOSITIONS and page[pair.value[0]].isdigit():
        return None
    # The value of a pair is one line, and an address below its label has several.
    if field.kind is Kind.STRING and "address" in field.concepts and "\n" in page[pair.label[1] : pair.value[0]]:
        return address_below(search, pair.value[0])
    if found := read_value(search, field, *pair.value):
        return found
    size = _unit(search, pair) if field.seconds else 0
    return read_count_of(search, field, size / field.seconds, pair.value) if size else None


def _unit(search: Search, pair: Pair) -> int:
    """Return the seconds of the only unit of time that a label names, or 0."""
    words: Iterator[str] = (word.casefold() for word in _WORD.findall(search.page.text, *pair.label))
    named = {UNITS[word].seconds for word in words if word in UNITS and word not in _NO_UNITS} - {0}
    return int(named.pop()) if len(named) == 1 else 0
