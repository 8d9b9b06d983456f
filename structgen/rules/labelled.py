"""What stands behind a label, where the label may say more than a name: the unit that a number is counted in."""

from __future__ import annotations

import re

from structgen.rules.fields import Field
from structgen.rules.labels import tokens
from structgen.rules.lexicon import lexicon
from structgen.rules.pairs import Pair
from structgen.rules.readings import Reading
from structgen.rules.search import Search
from structgen.rules.values import read_count_of, read_value

_BARE = re.compile(r"\d{1,6}(?:[.,]\d{1,2})?")

_NO_UNITS = {"time"}
"""Units of one language that are other words in the labels of another: a Norwegian hour is a "time"."""


def read_pair(search: Search, field: Field, pair: Pair) -> Reading | None:
    """The value of a pair; a bare number is a duration where its label names the unit ("Minutes: 10")."""
    if found := read_value(search, field, *pair.value):
        return found
    size = _unit(search, pair) if field.seconds else 0
    if not size or not _BARE.fullmatch(search.page.text, *pair.value):
        return None
    return read_count_of(search, field, size / field.seconds, pair.value)


def labelled(search: Search, field: Field, least: float = 0.0) -> Reading | None:
    """The first value behind a label of the field that is as sure as asked."""
    pairs = (pair for pair in search.pairs_of(field.keys) if pair.score >= least)
    return next((found for pair in pairs if (found := read_pair(search, field, pair))), None)


def _unit(search: Search, pair: Pair) -> int:
    """The seconds of the one unit of time that a label names; 0 where it names none."""
    words = [token.word for token in tokens(search.page.text[slice(*pair.label)]) if len(token.word) > 1]
    named = {lexicon().units[word] for word in words if word in lexicon().units and word not in _NO_UNITS}
    return named.pop() if len(named) == 1 else 0
