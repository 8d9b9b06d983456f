"""What stands behind a label, where the label may say more than a name: the unit that a number is counted in."""

from __future__ import annotations

import re
from itertools import islice

from structgen.notation.durations import UNITS
from structgen.rules.document.key_values import Pair
from structgen.rules.fields import Field, Kind
from structgen.rules.findings import Finding
from structgen.rules.search import Search
from structgen.rules.values import read_count_of, read_value

_COUNTED = 0.5
"""The score of a pair whose number stands before its label."""
_MOST = 40
_FIGURES = (Kind.NUMBER, Kind.INTEGER)
_WORD = re.compile(r"[^\W\d_]{2,}")
_NO_UNITS = frozenset({"time", "an", "dia"})
"""Units of one language that are other words in the labels of another: a Norwegian hour is a "time"."""


def read_pair(search: Search, field: Field, pair: Pair) -> Finding | None:
    """The value of a pair; a bare number is a duration where its label names the unit ("Minutes: 10")."""
    if found := read_value(search, field, *pair.value):
        return found
    size = _unit(search, pair) if field.seconds else 0
    if not size:
        return None
    return read_count_of(search, field, size / field.seconds, pair.value)


def labelled(search: Search, field: Field, least: float = 0.0) -> Finding | None:
    """The first value behind a label of the field that is as sure as asked."""
    pairs = [pair for pair in search.pairs_of(field.keys) if pair.score >= least]
    found = next(((one, pair) for pair in pairs if (one := read_pair(search, field, pair))), None)
    if found is None:
        return None
    return None if found[1].score <= _COUNTED and _contradicted(search, field, *found, pairs) else found[0]


def _contradicted(search: Search, field: Field, found: Finding, pair: Pair, pairs: list[Pair]) -> bool:
    """Whether others say something else, where a number merely stands before a label: "5 stars", "3 stars"."""
    others = (one for one in pairs if one.score == pair.score and one.value[0] >= pair.label[1])
    return field.kind in _FIGURES and any(
        other.value != found.value for one in islice(others, _MOST) if (other := read_pair(search, field, one))
    )


def _unit(search: Search, pair: Pair) -> int:
    """The seconds of the one unit of time that a label names, or 0."""
    words = [word.casefold() for word in _WORD.findall(search.page.text, *pair.label)]
    named = {UNITS[word].seconds for word in words if word in UNITS and word not in _NO_UNITS} - {0}
    return int(named.pop()) if len(named) == 1 else 0
