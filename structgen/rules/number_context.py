"""The words around a number or an amount that make it another value than its label asks for.

A label and a number are not enough: "max 20" is a limit, "BA 123" a code, "6 months" no age in years, "2 for $10" no
price. Words that nobody knows are a doubt before a number, because they may name anything.
"""

from __future__ import annotations

import re

from structgen.notation.affixes import BEFORE, LETTERS
from structgen.notation.dates import MONTHS
from structgen.notation.durations import UNITS
from structgen.notation.measures import MEASURES, measure_at
from structgen.rules.document.vocabulary import lexicon, phrase
from structgen.rules.fields import Field
from structgen.rules.label_units import is_version, unit_of

_MAY_LEAD = """
about approx approximately around roughly circa ca c etwa ungefähr environ cerca aprox circa ongeveer około
no nr num number n nº n° only just in since of the a an is was are were total for currently now usually year years
serves makes feeds pour für per age aged est version level lvl size row seat page floor grade rank position score
"""
_LEADS = frozenset(word for word in _MAY_LEAD.split()) | {one.lower() for one in LETTERS}
_WORD = re.compile(r"[^\W\d_]+")
_CODE_BEFORE = re.compile(r"['’]$|[^\W\d_][-\u2010\u2011]$")
_LIMIT_BEHIND = re.compile(
    r"\s*(?:\(?\s?(?:max|maximum|minimum|at most|at least)\b|(?:or|and|oder|und|ou|o)\s"
    r"(?:more|less|fewer|over|under|above|below|up|older|younger|mehr|weniger|plus|más)\b|out\sof\s\d|(?:→|->|=>|➔)|plus\s\d|B\.?C\.?(?:E\b)?)"
)
_GLUED = re.compile(r"[-\u2010\u2011]?([^\W\d_]+)")
_HYPHENED = re.compile(r"[-\u2010\u2011][^\W\d_]")
_NEXT_WORD = re.compile(r"[\s,.]{1,2}(?:of\s)?([^\W\d_]{3,12})")
_SECOND_PART = re.compile(r",?\s?(?:and\s)?\d{1,4}(?:[.,]\d{1,2})?[ \u00a0-]?[^\W\d_\s]")
_LEADING_ZERO = re.compile(r"0\d{2}")
_UNSPACED = "\u0e00"
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_NO_PRICE = re.compile(
    r"\b(?:off|for|x|from|ab|was|save|saved?|saving|savings|starting|buy|deposit|down|each for|partir|desde"
    r"|rabatt|remise|statt|instead|up to|extra|additional|discount|rebate|cashback|pcs|pieces|pack|rrp|msrp"
    r"|uvp)\b|[@×]|\bx\s?\d|\d\s?x\b",
    re.IGNORECASE,
)
_TAX_RATE = re.compile(
    r"\d{1,2}(?:[.,]\d{1,2})?\s?%(?=[^\d]{0,12}\b(?:vat|tax|gst|mwst|ust|tva|iva|btw|moms)\b)", re.IGNORECASE
)
_CURRENCIES = {
    "usd": "$ us$ usd dollar dollars",
    "eur": "€ eur euro euros",
    "gbp": "£ gbp",
    "jpy": "¥ ￥ jpy yen 円",
    "cny": "¥ ￥ cny rmb yuan renminbi 元",
    "inr": "₹ ₨ inr rs rs. rupee rupees",
    "chf": "chf fr fr.",
    "cad": "$ c$ ca$ cad dollar dollars",
    "aud": "$ a$ au$ aud dollar dollars",
    "nzd": "$ nz$ nzd dollar dollars",
    "sek": "kr kr. sek kronor",
    "nok": "kr kr. nok kroner",
    "dkk": "kr kr. dkk kroner",
}
"""Currency in the name of a field (``price_usd``) -> how documents write it."""


def is_another_number(field: Field, text: str, start: int, end: int) -> bool:
    """Whether the words of a value make the number from `start` to `end` another one than the field asks for."""
    if _CODE_BEFORE.search(text, max(0, start - 2), start) or _LEADING_ZERO.match(text, start):
        return True
    if any(word.lower() not in _LEADS for word in _WORD.findall(text[:start])):
        return True
    if is_version(field) and re.search(r"[.,]", text[start:end]):
        return True
    return _goes_on(text, end, rating="rating" in field.concepts) or _has_other_unit(field, text, end)


def _goes_on(text: str, end: int, *, rating: bool) -> bool:
    """Whether what follows a number belongs to it: "or more", "12-A", "12abc", "5 ft 10 in", "3 May"."""
    if (_LIMIT_BEHIND.match(text, end) and not rating) or _HYPHENED.match(text, end):
        return True
    glued = _GLUED.match(text, end)
    if glued and text[end] < _UNSPACED and not _is_unit(glued[1]):
        return True
    following = _NEXT_WORD.match(text, end)
    if following and following[1].casefold() in MONTHS and following[1][0].isupper():
        return True
    measure = measure_at(text, end)
    return measure is not None and _SECOND_PART.match(text, measure[1]) is not None


def _is_unit(word: str) -> bool:
    known = word.lower()
    return (
        known in MEASURES or known in UNITS or known in _ORDINALS or phrase(word)[:1] in _MEASURES or len(known) < 2
    ) or word in LETTERS


_MEASURES = frozenset((word,) for word in lexicon().measures)


def _has_other_unit(field: Field, text: str, end: int) -> bool:
    """Whether the unit behind a number is another one than that in the name of the field."""
    own, measure = unit_of(field), measure_at(text, end)
    return own is not None and measure is not None and measure[0] != own


def is_no_price(text: str, start: int, end: int) -> bool:
    """Whether the words of a value make the amount from `start` to `end` no price: "$5 off", "2 for $10"."""
    rest = f"{text[:start]} | {_TAX_RATE.sub('', text[end:])}"
    return _NO_PRICE.search(rest) is not None or any(char.isdecimal() for char in rest)


_OFFER_BEFORE = re.compile(
    r"(?:\b(?:for|x|from|ab|starting at|partir de|desde|buy|save|free|pcs|pieces|pack|was|rrp|msrp|uvp)|[@×])[^\S\n]?$"
    r"|\b\d for [^\n]{0,24}$",
    re.IGNORECASE,
)
_OFFER_BEHIND = re.compile(r"[^\S\n]?(?:off|down|deposit|discount|rebate|cashback|each for|[x×]\s?\d)\b", re.IGNORECASE)


def is_part_of_offer(text: str, start: int, end: int) -> bool:
    """Whether the words around an amount make it a discount, a deposit, or the price of several things."""
    before = _OFFER_BEFORE.search(text, max(0, start - 2 * _FAR), start)
    return before is not None or _OFFER_BEHIND.match(text, end) is not None


def is_other_currency(field: Field, written: str) -> bool:
    """Whether an amount has another currency than that in the name of the field."""
    return bool(field.currency) and written.lower() not in _CURRENCIES.get(field.currency, field.currency).split()


_IN_DOUBT = re.compile(
    rf"(?:^|[:=|\t]|[^\S\n]{{2}}|[^\W\d_)][^\S\n])[^\S\n]*[-–—\u2212][^\S\n]+(?:{BEFORE})?$|[<>~≈±][^\S\n]?$"
)
"""A dash that may be a minus or part of the layout, or a sign that makes an amount a bound or an estimate."""
_FAR = 24
_CREDIT = re.compile(r"\s?(?:credit|in credit|debit|owed|haben|soll)\b(?!\s(?:card|note|memo))", re.IGNORECASE)


def is_doubtful_amount(text: str, start: int, end: int) -> bool:
    """Whether the sign of an amount is uncertain, which is written with its currency from `start` to `end`."""
    return _IN_DOUBT.search(text, max(0, start - _FAR), start) is not None or _CREDIT.match(text, end) is not None
