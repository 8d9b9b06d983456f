"""What to look for in a text for one scalar: the ways in which its value may be written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum

from structgen.ground.addresses import bare_url
from structgen.ground.codes import code_of
from structgen.ground.dates import date_of
from structgen.ground.durations import Duration, duration_of
from structgen.ground.elided import pieces
from structgen.ground.leaves import Leaf
from structgen.ground.numerals import exact
from structgen.ground.times import time_of

_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[-+]\d\d:?\d\d)?)?")
_TIME = re.compile(r"\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[-+]\d\d:?\d\d)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CURRENCY, _AMOUNT = r"([^\w\s]|[A-Z]{3})", r"(\d[\d.,]*)"
_MONEY = re.compile(rf"{_CURRENCY}\s?{_AMOUNT}|{_AMOUNT}\s?{_CURRENCY}")
_SPECIAL = re.compile(r"[\d.\u2026〇一二三四五六七八九十]")
"""What every number, date, time, code or elided quote has; durations may do without."""
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z\d]{11,30}")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_YES = {True: ("true", "yes", "y", "on"), False: ("false", "no", "n", "off")}
_ASKING = frozenset({"is", "has", "was", "are", "can", "should", "does", "did", "flag"})
"""Words of a field's name that a text does not repeat: ``is_vegan`` stands there as "vegan"."""


@dataclass(frozen=True, slots=True)
class Query:
    """The ways to find one value.

    `own` is the value's own text, which evidence must equal to be exact. `phrases` are looked up in this order until
    one is found; of an `answer` phrase only the last word is the evidence (the "yes" of "vegan: yes"). What else the
    value may be (a number, a day, a time of day, a duration, a code of digits, a quote in pieces) is looked for where
    no phrase is found.
    """

    own: str
    phrases: tuple[str, ...] = ()
    number: Decimal | None = None
    day: date | None = None
    moment: time | None = None
    duration: Duration | None = None
    code: str | None = None
    pieces: tuple[str, ...] = ()
    text: bool = False
    answer: bool = False


def query(leaf: Leaf) -> Query:
    """What to look for. Never raises: a value without a written form gives a query that finds nothing."""
    value = leaf.value
    if isinstance(value, Enum):
        return _enum(value)
    if isinstance(value, bool):
        return _boolean(value, leaf.name)
    if isinstance(value, (int, float, Decimal)):
        return _number(value)
    if isinstance(value, datetime):
        return Query(value.isoformat(), (value.isoformat(),), day=value.date(), moment=_moment(value.time()))
    if isinstance(value, date):
        return Query(value.isoformat(), (value.isoformat(),), day=value)
    if isinstance(value, time):
        return Query(value.isoformat(), (value.isoformat(),), moment=_whole(value))
    if isinstance(value, timedelta):
        return Query(str(value), duration=duration_of(value))
    if isinstance(value, (bytes, bytearray)):
        value = value.decode("utf-8", "replace")
    return _string(str(value))


def _enum(member: Enum) -> Query:
    """A member by the words of its value; by its name where the value is no text or is not found."""
    own = str(member.value)
    words = [own] if isinstance(member.value, str) else []
    spelled = [*words, member.name, *(_HUMP.sub(" ", word) for word in (*words, member.name))]
    return Query(own, tuple(dict.fromkeys(spelled)))


def _boolean(value: bool, name: str) -> Query:
    """A written answer right behind the field's name; no other form could be told from chance."""
    words = [word for word in re.split(r"[\W_]+", _HUMP.sub(" ", name).lower()) if word]
    bare = [word for word in words if word not in _ASKING] or words
    names = dict.fromkeys((" ".join(words), " ".join(bare)))
    phrases = tuple(f"{said}{mark} {yes}" for said in names if said for yes in _YES[value] for mark in ("", "?", " ="))
    in_json = tuple(f'"{name}": {answer}' for answer in _YES[value][:1] if name)
    return Query(str(value).lower(), (*phrases, *in_json), answer=True)


def _number(value: float | Decimal) -> Query:
    try:
        return Query(str(value), number=exact(value))
    except ValueError:  # more digits than Python turns into text
        return Query("")


def _string(value: str) -> Query:
    """A text, which may also be something that JSON has no type for."""
    stripped = value.strip()
    phrases = tuple(dict.fromkeys((value, *_spellings(stripped))))
    if not _SPECIAL.search(stripped):
        return Query(value, phrases, duration=duration_of(stripped), text=True)
    number = exact(stripped) if _NUMBER.fullmatch(stripped) else None
    day, moment = _date(stripped)
    if number is not None or day is not None or moment is not None:
        return Query(value, phrases, number, day, moment, code=code_of(stripped), text=True)
    own_pieces, code = pieces(stripped), code_of(stripped)
    text = not own_pieces and code is None
    return Query(value, phrases, duration=duration_of(stripped), code=code, pieces=own_pieces, text=text)


def _spellings(value: str) -> Iterator[str]:
    """Other ways to write a text of one piece: a name in camel case, a URL, a UUID, an amount of money."""
    if " " not in value:
        yield _HUMP.sub(" ", value)
        url = bare_url(value) if "." in value else None
        if url is not None:
            yield url
        if _UUID.fullmatch(value):
            yield value.replace("-", "")
    bare = value.replace(" ", "")
    if _IBAN.fullmatch(bare):
        yield bare
        yield " ".join(bare[at : at + 4] for at in range(0, len(bare), 4))
    money = _MONEY.fullmatch(value)
    if money is not None:
        sign, amount = (money[1], money[2]) if money[1] else (money[4], money[3])
        if unicodedata.category(sign[0]) in ("Sc", "Lu"):
            yield f"{sign} {amount}"
            yield f"{amount} {sign}"


def _date(value: str) -> tuple[date | None, time | None]:
    try:
        if _DATE.fullmatch(value):
            found = datetime.fromisoformat(value)
            return found.date(), _moment(found.time())
        if _TIME.fullmatch(value):
            return None, _whole(time.fromisoformat(value))
    except ValueError:
        pass
    return date_of(value), time_of(value)


def _whole(value: time) -> time:
    return value.replace(microsecond=0, tzinfo=None)


def _moment(value: time) -> time | None:
    """The time of day that must be written beside a date; midnight is what a bare date has."""
    return _whole(value) if _whole(value) != time() else None
