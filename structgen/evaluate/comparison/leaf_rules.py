"""The rules for comparing two leaves: which values each rule treats as equal.

A rule turns most values into a key, and two values with keys are the same if these are equal. A text that may mean
several numbers or dates has no key, and neither has a text under FUZZY: such values are compared in pairs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from structgen.core.json import Json
from structgen.notation.currencies import may_be_same_currency
from structgen.notation.dates import read_dates
from structgen.notation.durations import duration_of
from structgen.notation.numbers import read_money, whole_number
from structgen.notation.readings import covering
from structgen.notation.times import read_datetimes, read_times


class Compare(StrEnum):
    """The rules by the names that a task declares: ``Field(json_schema_extra={"compare": "fuzzy"})``."""

    EXACT = "exact"
    """The same JSON value, character by character."""
    NORMALISED = "normalised"
    """Texts apart from case, white space and the Unicode form. The rule of all texts that declare nothing."""
    FUZZY = "fuzzy"
    """Texts that are alike: `compare_threshold` (0 to 1, default 0.9) of their characters agree."""
    NUMBER = "number"
    """By value: 1299 and "1,299.00"."""
    AMOUNT = "amount"
    """By value and currency: "$1,299.00" and "1299 USD". A currency that one of them omits is not compared."""
    DATE = "date"
    """The same day, and the same time if both have one: "3 May 2024" and "2024-05-03"."""
    TIME = "time"
    DURATION = "duration"
    """The same length: "90 min" and "PT1H30M"."""
    ORDERED = "ordered"
    """A list whose order counts. Its items have the rule that they declare, or that of their type."""
    IGNORE = "ignore"
    """Not compared at all."""


NULLS: tuple[Json, ...] = (None, "", [], {})


def is_void(value: Json) -> bool:
    """Return whether a value says nothing: null, or an empty text, list or object."""
    return value is None or (isinstance(value, str | list | dict) and not value)


class Key(NamedTuple):
    """What a leaf means. Leaves with equal keys are the same. `unit` is the currency of an amount, or ""."""

    kind: str
    value: Hashable
    unit: str = ""


@dataclass(frozen=True, slots=True)
class LeafRule:
    """How two leaves are compared. `threshold` is the least likeness (0 to 1) of texts under FUZZY."""

    compare: Compare = Compare.NORMALISED
    threshold: float = 0.9

    def key(self, value: Json) -> Key | None:
        """Return a key that is equal for the same values, or None if the value has to be compared in pairs."""
        if isinstance(value, bool):
            return Key("bool", value)
        if self.compare is Compare.FUZZY and isinstance(value, str):
            return None
        meant = self.meanings(value)
        return next(iter(meant)) if len(meant) == 1 else None

    def same(self, first: Json, second: Json) -> bool:
        """Return whether two leaves say the same."""
        if isinstance(first, bool) or isinstance(second, bool):
            return first is second
        if self.compare is Compare.FUZZY and isinstance(first, str) and isinstance(second, str):
            return self._alike(first, second)
        if isinstance(first, str) is not isinstance(second, str) and self.compare is not Compare.EXACT:
            return _number_in(first) == _number_in(second) is not None or bool(_agree(self, first, second))
        return _agree(self, first, second)

    def meanings(self, value: Json) -> frozenset[Key]:
        """Return what a leaf may mean, as keys: several if its text has several readings."""
        reader = _READERS.get(self.compare)
        if reader is None or not isinstance(value, str):
            return frozenset({_plain_key(value, exact=self.compare is Compare.EXACT)})
        return reader(value) or frozenset({Key("text", normalised(value))})

    def _alike(self, first: str, second: str) -> bool:
        one, other = normalised(first), normalised(second)
        if one == other or max(len(one), len(other)) > _LONGEST_ALIKE:
            return one == other
        from rapidfuzz.distance import Indel  # imported late: only this rule needs it

        return Indel.normalized_similarity(one, other, score_cutoff=self.threshold) >= self.threshold


_LONGEST_ALIKE = 20_000
"""Maximum characters of a text that is compared by likeness, because the work grows with the square of its length."""
_DIGITS = 12
"""Significant digits of a fraction that count: computing with floats changes those after them."""
_LONGEST_NUMBER = 400
_SPACE = re.compile(r"\s+")


def _agree(rule: LeafRule, first: Json, second: Json) -> bool:
    """Return whether two leaves may mean the same. If both have several readings, their texts decide."""
    one, other = rule.meanings(first), rule.meanings(second)
    if len(one) > 1 and len(other) > 1:
        return isinstance(first, str) and isinstance(second, str) and normalised(first) == normalised(second)
    compatible = _same_amount if rule.compare is Compare.AMOUNT else _same_moment
    return not one.isdisjoint(other) or any(compatible(a, b) for a in one for b in other)


@lru_cache(maxsize=1024)
def normalised(text: str) -> str:
    """Return a text without the differences that NORMALISED ignores: case, white space, Unicode form."""
    folded = _SPACE.sub(" ", unicodedata.normalize("NFC", text)).strip().casefold()
    return unicodedata.normalize("NFC", folded)


def _plain_key(value: Json, *, exact: bool) -> Key:
    if isinstance(value, str):
        return Key("text", value if exact else normalised(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Key("number", value if exact else number_key(value))
    return Key("other", repr(value))


def number_key(value: int | float | Decimal | Fraction) -> Hashable:
    """Return the key of a number: whole numbers exactly, all others by their first 12 digits."""
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    if isinstance(value, int):
        return value
    found = Decimal(repr(value)) if isinstance(value, float) else value
    if not found.is_finite():
        return str(found)
    if abs(found.adjusted()) > _LONGEST_NUMBER:
        return str(found.normalize())
    if found == found.to_integral_value():
        return int(found)
    rounded = Decimal(f"{found:.{_DIGITS - 1}e}")
    return int(rounded) if rounded == rounded.to_integral_value() else rounded.normalize()


def _number_in(value: Json) -> Hashable | None:
    """Return the key of a number, also of one in the plain digits of a text, or None."""
    if isinstance(value, str):
        try:
            return number_key(Decimal(value.strip())) if len(value) <= _LONGEST_NUMBER else None
        except InvalidOperation:
            return None
    return number_key(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _numbers(text: str) -> frozenset[Key]:
    found = whole_number(text)
    readings = () if found is None else found.readings
    # "5 %" is 5 in a field of percentages; as 0.05 it would have been written as a number
    likely = [one for one in readings if not one.unlikely and not one.percent] or list(readings)
    if not likely and (plain := _number_in(text)) is not None:
        return frozenset({Key("number", plain)})
    return frozenset(Key("number", number_key(one.value)) for one in likely)


def _amounts(text: str) -> frozenset[Key]:
    likely = [one for one in covering(text, read_money(text)) if not one.unlikely]
    found = frozenset(Key("amount", number_key(one.value.amount), one.value.currency.casefold()) for one in likely)
    return found or _numbers(text)


def _same_amount(first: Key, second: Key) -> bool:
    """Return whether two amounts are equal, in currencies that may be the same."""
    kinds = {first.kind, second.kind}
    return (
        kinds <= {"amount", "number"} and first.value == second.value and may_be_same_currency(first.unit, second.unit)
    )


def _dates(text: str) -> frozenset[Key]:
    """Return the days, or moments, that a text may be. Midnight says nothing about a time: it is the day."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        days = frozenset(
            Key("day", one.value.isoformat()) for one in covering(text, read_dates(text)) if not one.unlikely
        )
        moments = covering(text, read_datetimes(text)) if ":" in text or not days else ()
        return days or frozenset(_moment(one.value) for one in moments if not one.unlikely)
    return frozenset({_moment(found)})


def _moment(found: datetime) -> Key:
    if found.tzinfo is not None:
        found = found.astimezone(UTC) if 1 < found.year < 9999 else found
    elif not (found.hour or found.minute or found.second or found.microsecond):
        return Key("day", found.date().isoformat())
    return Key("moment", found.isoformat())


def _same_moment(first: Key, second: Key) -> bool:
    """Return whether one is a day without a zone, and the other its midnight in UTC."""
    if {first.kind, second.kind} != {"day", "moment"}:
        return False
    day, moment = (first, second) if first.kind == "day" else (second, first)
    return moment.value == f"{day.value}T00:00:00+00:00"


def _times(text: str) -> frozenset[Key]:
    found = [one for one in covering(text, read_times(text)) if not one.unlikely]
    return frozenset(Key("time", one.value.isoformat()) for one in found)


def _durations(text: str) -> frozenset[Key]:
    found = duration_of(text, labelled=True)
    return frozenset() if found is None else frozenset({Key("duration", found)})


def _exact(text: str) -> frozenset[Key]:
    return frozenset({Key("text", text)})


_READERS: Mapping[Compare, Callable[[str], frozenset[Key]]] = MappingProxyType(
    {
        Compare.EXACT: _exact,
        Compare.NUMBER: _numbers,
        Compare.AMOUNT: _amounts,
        Compare.DATE: _dates,
        Compare.TIME: _times,
        Compare.DURATION: _durations,
    }
)
