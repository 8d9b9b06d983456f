"""The leaves of a value in document order, and for each of them the ways in which it may be written in a text."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from bisect import bisect_left
from collections import deque
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Any, cast

from pydantic import BaseModel

from structgen.core.json import pointer
from structgen.ground.identifiers import bare_url, code_of
from structgen.ground.numerals import exact
from structgen.ground.places import Grade, Place
from structgen.ground.temporal import date_of, time_of
from structgen.notation.durations import Duration, duration_of
from structgen.schema.typed_dump import typed_dump


class Relation(IntEnum):
    """The relation of a leaf to the one before it: in the same object (or one around both), or in another item."""

    SIBLING = 0
    ITEM = 1


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar of the value. `name` is its key, or the key of its list."""

    path: str
    value: object
    name: str
    relation: Relation


@dataclass(slots=True)
class _Open:
    """A container whose children are being visited."""

    source: object
    path: str
    name: str
    relation: Relation
    children: Iterator[tuple[str | int, object]]
    begun: bool = False


def leaves(value: object, apart: Container[str] = ()) -> Iterator[Leaf]:
    """Yield the scalars of a value without None, blank strings, and everything at or within the paths `apart`.

    Models are dumped by alias, so that paths are those of the JSON that the schema describes. A value may be nested
    deeper than Python's stack. Raises ValueError for a container that contains itself.
    """
    stack = [_Open(None, "", "", Relation.SIBLING, iter([("", value)]))]
    inside: set[int] = set()
    highest, relation = 0, Relation.SIBLING
    while stack:
        top = stack[-1]
        step, child = next(top.children, (None, None))
        if step is None:
            inside.discard(id(stack.pop().source))
            continue
        if top.begun and len(stack) < highest:
            highest, relation = len(stack), top.relation
        top.begun = True
        path = top.path + pointer([step]) if len(stack) > 1 else ""
        if path in apart:
            continue
        name = step if isinstance(step, str) else top.name
        opened = _opened(child, path, name)
        if opened is not None:
            _enter(child, path, inside)
            stack.append(opened)
        elif child is not None and not (isinstance(child, str) and not child.strip()):
            yield Leaf(path, child, name, relation)
            highest = len(stack) + 1


def _enter(child: object, path: str, inside: set[int]) -> None:
    if id(child) in inside:
        raise ValueError(f"The value at {path or 'the root'} contains itself; only a tree can be grounded.")
    inside.add(id(child))


def _opened(value: object, path: str, name: str) -> _Open | None:
    """Return the container to visit, or None for a scalar."""
    if value is None or isinstance(value, (str, int, float)):
        return None
    plain = _plain(value)
    if isinstance(plain, Mapping):
        items = cast("Mapping[object, object]", plain).items()
        return _Open(value, path, name, Relation.SIBLING, ((_key(key), item) for key, item in items))
    if isinstance(plain, (list, tuple, Set, deque)):
        return _Open(value, path, name, Relation.ITEM, iter(enumerate(cast("Iterable[object]", plain))))
    return None


def _plain(value: object) -> object:
    """Return a model or dataclass as a dict, and anything else as it is."""
    if isinstance(value, BaseModel):
        return typed_dump(value.__pydantic_serializer__, value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        serializer: Any = getattr(value, "__pydantic_serializer__", None)
        if serializer is not None:
            return typed_dump(serializer, value)
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return value


def _key(key: object) -> str:
    """Return a key as JSON writes it."""
    if isinstance(key, Enum):
        return _key(key.value)
    if isinstance(key, bool) or key is None:
        return str(key).lower().replace("none", "null")
    return key.isoformat() if hasattr(key, "isoformat") else str(key)  # pyright: ignore  dates; the type of a key is not known


_ELLIPSIS = re.compile(r"[ \t]?(?:[\[(](?:\.{3}|\u2026)[\])]|\.{3,4}|\u2026)[ \t]?")
_FARTHEST = 2_000
"""Maximum characters that an ellipsis may replace."""
_FEWEST_WORDS, _MOST_PIECES = 2, 8


def pieces(value: str) -> tuple[str, ...]:
    """Return the pieces between the ellipses of a quote; empty if it has none, or a piece is too short."""
    found = tuple(piece for piece in _ELLIPSIS.split(value) if piece.strip())
    short = any(len(piece.split()) < _FEWEST_WORDS and piece.isascii() for piece in found)
    return () if short or not 2 <= len(found) <= _MOST_PIECES else found


def joined(parts: Sequence[Sequence[Place]]) -> list[Place]:
    """Return the stretches that include all pieces in order, the shortest one for each end."""
    if not parts or not all(parts):
        return []
    shortest: dict[int, Place] = {}
    for first in sorted(parts[0]):
        last = first
        for places in parts[1:]:
            at = bisect_left(places, (last.end,))
            if at == len(places) or places[at].start - last.end > _FARTHEST:
                break
            last = places[at]
        else:
            shortest[last.end] = Place(first.start, last.end, Grade.WRITTEN)
    return list(shortest.values())


_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[-+]\d\d:?\d\d)?)?")
_LENGTH_OF_DATE = len("2024-05-03")
_TIME = re.compile(r"\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?:Z|[-+]\d\d:?\d\d)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CURRENCY, _AMOUNT = r"([^\w\s]|[A-Z]{3})", r"(\d[\d.,]*)"
_MONEY = re.compile(rf"{_CURRENCY}\s?{_AMOUNT}|{_AMOUNT}\s?{_CURRENCY}")
_SPECIAL = re.compile(r"[\d.\u2026〇一二三四五六七八九十]")
"""What every number, date, time, code or elided quote contains. Durations may lack it."""
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z\d]{11,30}")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_YES = {True: ("true", "yes", "y", "on"), False: ("false", "no", "n", "off")}
_ASKING = frozenset({"is", "has", "was", "are", "can", "should", "does", "did", "flag"})
"""Words of a field's name that a text does not repeat: ``is_vegan`` is written there as "vegan"."""


@dataclass(frozen=True, slots=True)
class Query:
    """The ways to find one value.

    `own` is the value's own text, which evidence must equal to be exact. `phrases` are searched in this order until one
    is found. Of an `answer` phrase only the last word is the evidence ("yes" in "vegan: yes"). If no phrase is found,
    the search continues for what else the value may be: a number, a day, a time of day, a duration, a code of digits,
    a quote in pieces. `zone` is the distance from UTC that the value gives.
    """

    own: str
    phrases: tuple[str, ...] = ()
    number: Decimal | None = None
    day: date | None = None
    moment: time | None = None
    zone: timedelta | None = None
    duration: Duration | None = None
    code: str | None = None
    pieces: tuple[str, ...] = ()
    text: bool = False
    answer: bool = False


def query(leaf: Leaf) -> Query:
    """Return what to look for. Never raises: a value without a written form gives a query that finds nothing."""
    value = leaf.value
    if isinstance(value, Enum):
        return _enum(value)
    if isinstance(value, bool):
        return _boolean(value, leaf.name)
    if isinstance(value, (int, float, Decimal)):
        return _number(value)
    if isinstance(value, datetime):
        return Query(
            value.isoformat(), (value.isoformat(),), None, value.date(), _whole(value.time()), value.utcoffset()
        )
    if isinstance(value, date):
        return Query(value.isoformat(), (value.isoformat(),), day=value)
    if isinstance(value, time):
        return Query(value.isoformat(), (value.isoformat(),), moment=_whole(value), zone=value.utcoffset())
    if isinstance(value, timedelta):
        return Query(str(value), duration=Duration.of(value))
    if isinstance(value, (bytes, bytearray)):
        value = value.decode("utf-8", "replace")
    return _string(str(value))


def _enum(member: Enum) -> Query:
    """Return the query for a member: by the words of its value, or by its name if the value is no text or not found."""
    own = str(member.value)
    words = [own] if isinstance(member.value, str) else []
    spelled = [*words, member.name, *(_HUMP.sub(" ", word) for word in (*words, member.name))]
    return Query(own, tuple(dict.fromkeys(spelled)))


def _boolean(value: bool, name: str) -> Query:
    """Return the query for an answer directly after the name of the field. Any other form may be coincidence."""
    words = [word for word in re.split(r"[\W_]+", _HUMP.sub(" ", name).lower()) if word]
    bare = [word for word in words if word not in _ASKING] or words
    names = dict.fromkeys((" ".join(words), " ".join(bare)))
    phrases = tuple(f"{said}{mark} {yes}" for said in names if said for yes in _YES[value] for mark in ("", "?", " ="))
    in_json = tuple(f'"{name}": {answer}' for answer in _YES[value][:1] if name)
    return Query(str(value).lower(), (*phrases, *in_json), answer=True)


def _number(value: float | Decimal) -> Query:
    try:
        return Query(str(value), number=exact(value))
    except ValueError:  # more digits than Python converts to text
        return Query("")


def _string(value: str) -> Query:
    """Return the query for a text, which may also be something for which JSON has no type."""
    stripped = value.strip()
    phrases = tuple(dict.fromkeys((value, *_spellings(stripped))))
    if not _SPECIAL.search(stripped):
        return Query(value, phrases, duration=duration_of(stripped), text=True)
    number = exact(stripped) if _NUMBER.fullmatch(stripped) else None
    day, moment, zone = _date(stripped)
    if number is not None or day is not None or moment is not None:
        return Query(value, phrases, number, day, moment, zone, code=code_of(stripped), text=True)
    own_pieces, code = pieces(stripped), code_of(stripped)
    text = not own_pieces and code is None
    return Query(value, phrases, duration=duration_of(stripped), code=code, pieces=own_pieces, text=text)


def _spellings(value: str) -> Iterator[str]:
    """Yield other spellings of a name in camel case, a URL, a UUID, an account number, or an amount of money."""
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


def _date(value: str) -> tuple[date | None, time | None, timedelta | None]:
    try:
        if _DATE.fullmatch(value):
            found = datetime.fromisoformat(value)
            bare = len(value) == _LENGTH_OF_DATE
            return found.date(), None if bare else _whole(found.time()), found.utcoffset()
        if _TIME.fullmatch(value):
            moment = time.fromisoformat(value)
            return None, _whole(moment), moment.utcoffset()
    except ValueError:
        pass
    return date_of(value), time_of(value), None


def _whole(value: time) -> time:
    return value.replace(microsecond=0, tzinfo=None)
