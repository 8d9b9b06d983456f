"""What sort of value a field takes, if values of that sort show by themselves what they are: dates, prices, links.

A sort comes from the type or the format of the field, or from its name if that is plain: ``price``, ``due_date``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum, auto

from structgen.core.json import Json
from structgen.notation.measures import MEASURES, NAMES_OF
from structgen.rules.document.vocabulary import Phrase, fold, phrase
from structgen.rules.fields import MIXED, TIMES, Field, Kind, leaves

_FIGURES = (Kind.NUMBER, Kind.INTEGER)
_TEXTS = (Kind.STRING,)


class Sort(Enum):
    """A sort of value that can be told from other text by its form or its words."""

    DATE = auto()
    TIME = auto()
    EMAIL = auto()
    URL = auto()
    PHONE = auto()
    MONEY = auto()
    CURRENCY = auto()
    PERCENT = auto()
    QUANTITY = auto()
    DURATION = auto()
    SENTIMENT = auto()
    ADDRESS = auto()
    CHOICE = auto()
    YES = auto()


@dataclass(frozen=True, slots=True)
class Sought:
    """The sort of a field.

    `of` tells fields of one sort apart: the spellings of a unit, the words of a choice. `qualifiers` are the words of
    its name that say which value is meant: "due" in ``due_date``.
    """

    sort: Sort
    of: frozenset[str] = frozenset()
    qualifiers: frozenset[str] = frozenset()


_FORMATS = {
    "date": Sort.DATE,
    "date-time": Sort.DATE,
    "time": Sort.TIME,
    "email": Sort.EMAIL,
    "idn-email": Sort.EMAIL,
    "uri": Sort.URL,
    "url": Sort.URL,
    "iri": Sort.URL,
    "phone": Sort.PHONE,
    "duration": Sort.DURATION,
}
_NOUNS: tuple[tuple[Sort, tuple[Kind, ...], str], ...] = (
    (Sort.PERCENT, _FIGURES, "percent percentage pct"),
    (Sort.MONEY, (*_FIGURES, Kind.STRING), "price amount cost fee total salary rent"),
    (Sort.DATE, _TEXTS, "date day deadline birthday datetime timestamp"),
    (Sort.EMAIL, _TEXTS, "email mail"),
    (Sort.URL, _TEXTS, "url link website homepage uri"),
    (Sort.PHONE, _TEXTS, "phone telephone tel mobile fax"),
    (Sort.CURRENCY, _TEXTS, "currency"),
    (Sort.TIME, _TEXTS, "time"),
)
"""The nouns of plain names, with the kinds of field that they are plain for."""
_SORTS = {(noun, kind): sort for sort, kinds, nouns in _NOUNS for noun in nouns.split() for kind in kinds}
_SPECIAL = frozenset({"salary", "rent", "deadline", "birthday"})
_FILLERS = """
the a an of on in at by for is field value text string str raw iso format address number no list usd eur gbp chf jpy cad
aud inr dollar euro pound has was are e code 8601
"""
_BESIDE = frozenset(_FILLERS.split())
"""Words beside the noun that do not say which of several values is meant."""
_MEASURED = frozenset({"mass", "length", "volume", "speed", "data", "energy", "power", "area"})
_SPELLINGS = {
    fold(name): frozenset(fold(other) for other in NAMES_OF[unit] if other.isalpha())
    for name, unit in MEASURES.items()
    if name.isalpha() and unit[0] in _MEASURED
}
"""A unit that a name may end with (``weight_kg``) -> its spellings."""
_SENTIMENTS = frozenset({"sentiment", "polarity"})
_MOODS = frozenset({"positive", "negative", "neutral", "mixed", "pos", "neg", "very positive", "very negative"})


def sort_of(field: Field) -> Sought | None:
    """Return the sort of a field, or of the items of a list. None if only labels can identify its values."""
    # Only a label identifies the mail address of an invoice's customer.
    if not field.placed or not field.concepts - MIXED <= field.keys | field.shared:
        return None
    if field.kind is Kind.ARRAY:
        return sort_of(field.item) if field.item and field.item.kind is not Kind.ARRAY else None
    if field.verbatim and field.kind not in (Kind.CHOICE, Kind.BOOLEAN):
        return None
    if is_sentiment(field):
        return Sought(Sort.SENTIMENT)
    if field.kind is Kind.CHOICE:
        named = frozenset(phrase(field.name)) - _BESIDE
        return Sought(Sort.CHOICE, frozenset(str(one) for one in field.choices), named) if _are_words(field) else None
    if field.kind is Kind.BOOLEAN:
        words = phrase(field.name)
        return Sought(Sort.YES, frozenset({" ".join(words)})) if words else None
    if field.kind is Kind.STRING and (sort := _FORMATS.get(field.format)):
        return Sought(sort, qualifiers=_qualifiers(_own_words(field), sort))
    return _by_unit(field) or _by_name(field)


def is_sentiment(field: Field) -> bool:
    """Whether a field asks for the sentiment of a text, as a choice of moods or as a score."""
    named = bool(_SENTIMENTS & frozenset(phrase(field.name)))
    if field.kind is Kind.CHOICE:
        moods = {str(one).casefold() for one in field.choices if one is not None}
        return {"positive", "negative"} <= moods <= _MOODS or (named and bool(moods & _MOODS))
    return named and field.kind in (Kind.NUMBER, Kind.STRING)


def _own_words(field: Field) -> Phrase:
    # The item of a list has the name of the list.
    return phrase(field.name)


def _by_unit(field: Field) -> Sought | None:
    if field.kind not in _FIGURES:
        return None
    words = _own_words(field)
    if field.seconds:
        return Sought(Sort.DURATION, qualifiers=frozenset(words[:-1]) - {"duration", "length", "time"})
    spellings = _SPELLINGS.get(words[-1]) if len(words) > 1 else None
    return Sought(Sort.QUANTITY, spellings, frozenset(words[:-1])) if spellings else None


def _by_name(field: Field) -> Sought | None:
    """Return the sort that the noun in the name tells: the last word, or the first in "date of birth"."""
    if field.format or field.concepts & TIMES:
        return None
    if field.kind is Kind.STRING and "address" in field.concepts:
        return Sought(Sort.ADDRESS)
    for label in field.labels:
        words = tuple(word for word in phrase(label) if word not in _BESIDE)
        for noun in (*words[-1:], *words[:1]):
            if sort := _SORTS.get((noun, field.kind)):
                return Sought(sort, qualifiers=_qualifiers(words, sort))
    return None


def is_qualified(label: str, sort: Sort) -> bool:
    """Whether a label names a value of a sort, and says which one: "Date of last visit", "Price drop"."""
    words = phrase(label)
    return bool(_qualifiers(words, sort)) and len(_qualifiers(words, sort)) < len(set(words))


def _qualifiers(words: Phrase, sort: Sort) -> frozenset[str]:
    # A salary is a special amount, and a deadline a special date. A price is any amount.
    nouns = {noun for (noun, _), of in _SORTS.items() if of is sort} - _SPECIAL
    return frozenset(words) - nouns - _BESIDE


def _are_words(field: Field) -> bool:
    """Whether the choices are words that mean something by themselves, not letters or numbers."""
    return all(_is_word(choice) for choice in field.choices)


def _is_word(choice: Json) -> bool:
    return choice is None or (isinstance(choice, str) and len(choice) > 2 and choice[0].isalpha())


def alone(root: Field) -> dict[str, Sought]:
    """Return the sorts of the fields that are the only one of their sort, by the pointer of the field."""
    sought = {field.key: found for field in leaves(root) if (found := sort_of(field)) is not None}
    # The items of a list have the same sort as the list. It counts once.
    items = {field.item.key for field in leaves(root) if field.item is not None and field.key in sought}
    counted = Counter((one.sort, one.of) for key, one in sought.items() if key not in items)
    return {key: one for key, one in sought.items() if key not in items and counted[one.sort, one.of] == 1}
