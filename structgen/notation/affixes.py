"""What may precede and follow the digits of a number: signs, currencies, scale words, percent signs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

SIGNS = "$€£¥￥₹₨₽₩₪฿₫₴₦₱₺₿₡₲₵₸₾₼₭₮"
_BEFORE_A_SIGN = "US|CA|AU|NZ|HK|NT|MX|[ACRSU]"
"""Letters before a dollar sign: ``US$``, ``R$``."""
# Codes that are also English words are left out: ALL, TOP, PEN, CUP, MOP, GEL, MAD, BAM, SOS.
_CODES = (
    "AED AFN AMD AOA ARS AUD AWG AZN BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNH CNY "
    "COP CRC CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR "
    "IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MDL MGA MKD MMK MNT MRU MUR "
    "MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PGK PHP PKR PLN PYG QAR RMB RON RSD RUB RWF SAR SBD SCR SDG "
    "SEK SGD SHP SLE SRD SSP STN SYP SZL THB TJS TMT TND TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD "
    "XOF XPF YER ZAR ZMW HRK NTD"
)
_ABBREVIATIONS = "Rs Rp RM kr Kr Fr zł Kč Ft лв"
_CURRENCY_WORDS = (
    "dollars? euros? yen yuan renminbi rupees? rupiah pesos? francs? kron[aeo]r? kroner roubles? rubles? baht ringgit "
    "złoty(?:ch)? forint lei leu руб(?:л[ейья]{1,2}|ля)? грн"
)
_UNSPACED = "円元원"
LETTERS = frozenset([*_CODES.split(), *_ABBREVIATIONS.split()])
"""Currencies written in letters."""
_LETTERS = rf"(?:{'|'.join(sorted(LETTERS, key=len, reverse=True))})"

BEFORE = rf"(?:(?<![^\W\d_])(?:(?:{_BEFORE_A_SIGN})?[{SIGNS}]|{_LETTERS}\.?))"
"""A currency before an amount (source of a regular expression)."""
AFTER = re.compile(
    rf"[ \u00a0\u202f]?(?P<currency>[{SIGNS}]|(?:{_BEFORE_A_SIGN})\$|[{_UNSPACED}]"
    rf"|(?:{_LETTERS}|(?i:{'|'.join(_CURRENCY_WORDS.split())}))(?![^\W\d_])\.?)"
)
_COMMA_BETWEEN_THOUSANDS = re.compile(
    r".*[$£¥￥₹₨₩₪฿₫円元원]|(?:USD|GBP|JPY|CNY|RMB|INR|KRW|AUD|CAD|NZD|HKD|SGD|TWD|THB|MYR|PHP|PKR|LKR|BDT|NPR|AED|SAR|ILS"
    r"|MXN|NGN|KES|EGP|GHS|Rs|RM)\.?"
)


_RUPEES = re.compile(r"₹|₨|(?:INR|PKR|NPR|LKR|Rs)\.?")


def counts_in_lakhs(currency: str) -> bool:
    """Whether people count this currency in lakhs and crores."""
    return _RUPEES.fullmatch(currency) is not None


def groups_by_comma(currency: str) -> bool:
    """Whether this currency always has a comma between thousands, or never has decimals: ``$1,299``."""
    return _COMMA_BETWEEN_THOUSANDS.fullmatch(currency) is not None


HYPHENS = "-\u2010\u2011\u2012\u2013"
"""Dashes that are also used between the ends of a range."""
MINUSES = f"{HYPHENS}\u2212\ufe63\uff0d"
"""Characters used as a minus before a number."""
_PLUSES = "+\uff0b"
_CLOSERS = frozenset("%٪％‰°)]}\"'’”″′_" + SIGNS + MINUSES + _PLUSES)
"""Characters after which a dash is not a sign, because something else ends or begins there: ``5%-10%``, ``--5``."""
_HEAD = re.compile(
    rf"(?P<outer>[{MINUSES}{_PLUSES}]|(?<!\w)(?i:minus|negative)[ \u00a0])?"
    rf"(?:(?P<currency>{BEFORE})(?P<gap>[ \u00a0\u202f]?)(?P<inner>[{MINUSES}{_PLUSES}])?)?(?P<point>\.)?$"
)
_LONGEST = 20
_LONGEST_WORD = len("negative") + 1
_SPACES = " \u00a0\u202f"
_LAST_OF_A_HEAD = frozenset(f".{MINUSES}{_PLUSES}{SIGNS}")
_MINUS_WORDS = frozenset(["minus", "negative"])
_NO_POINT_BEHIND = re.compile(rf"[^{MINUSES}{_PLUSES}{SIGNS}\s(\[]")


class Head(NamedTuple):
    """What precedes a number.

    `sign` is where its minus begins, in ``-$20`` before the currency. `either`: the dash may also be that of a
    range, as in ``10 -20``. `point`: the digits are decimals, as in ``.5``.
    """

    start: int
    sign: int | None = None
    either: bool = False
    currency: tuple[int, int] | None = None
    point: bool = False


def head_at(text: str, start: int, *, simple: bool) -> Head:
    """Return what precedes the number that begins at `start`. `simple`: the number consists of digits alone."""
    if start == 0:
        return Head(start)
    end = start - 1 if text[start - 1] in _SPACES else start
    if end == 0 or not (text[end - 1] in _LAST_OF_A_HEAD or _is_word_of_a_head(text, end)):
        return Head(start)
    match = _HEAD.search(text, max(0, start - _LONGEST), start)
    if match is None:
        return Head(start)
    point = match["point"] is not None
    if point and not (simple and not (start > 1 and _NO_POINT_BEHIND.match(text, start - 2))):
        return Head(start)
    currency = match.span("currency") if match["currency"] else None
    first = currency[0] if currency else start - point
    if match["inner"] and (match["gap"] or not match["currency"][-1].isalpha()):
        return _signed(text, match.start("inner"), first, Head(first, currency=currency, point=point))
    if match["outer"]:
        return _signed(text, match.start("outer"), match.start("outer"), Head(first, currency=currency, point=point))
    return Head(first, currency=currency, point=point)


def _is_word_of_a_head(text: str, end: int) -> bool:
    """Whether the letters that end here are a currency or a word for a minus. Mostly they are neither."""
    low, start = max(0, end - _LONGEST_WORD), end
    while start > low and text[start - 1].isalpha():
        start -= 1
    word = text[start:end]
    return word in LETTERS or word.lower() in _MINUS_WORDS


def _signed(text: str, at: int, first: int, head: Head) -> Head:
    """Return the head with the sign, or the word for it, at an offset; unchanged if it is not a sign."""
    before = text[at - 1] if at else ""
    if first == at and (before.isalnum() or before in _CLOSERS):
        return head
    if text[at] in _PLUSES:
        return head._replace(start=min(first, head.start))
    either = text[at] in HYPHENS and before.isspace() and text[at - 2 : at - 1].isdecimal()
    return head._replace(start=first, sign=at, either=either)


_SCALE_WORDS: Mapping[int, str] = {
    2: "hundred hundert honderd",
    3: "thousand thousands tausend tsd mille mila mil tusen tusind duizend tys tysięcy tysiące тыс тысяч тысячи тысяча "
    "тис nghìn ngàn ribu ezer bin हज़ार हजार হাজার ألف آلاف",
    5: "lakh lakhs lac lacs लाख লাখ",
    6: "million millions mn mio mln millionen millón millones milhão milhões milione milioni miljoen miljon miljoner "
    "millioner milijon milion miliony milionów milyon млн миллион миллиона миллионов мільйон мільйонів millió triệu "
    "juta mkr مليون ملايين מיליון",
    7: "crore crores करोड़ কোটি",
    9: "billion billions bn mrd mld mlrd milliarde milliarden milliard milliards miljard miljarder milliarder miliardo "
    "miliardi miliard miliardy miliardów milyar bilhão bilhões млрд миллиард миллиарда миллиардов мільярд мільярдів "
    "milliárd tỷ miliar مليار מיליארד",
    12: "trillion trillions billionen billones trilhão trilhões трлн триллион триллиона триллионов trilyun",
}
_THAI: Mapping[int, str] = {3: "พัน", 4: "หมื่น", 5: "แสน", 6: "ล้าน"}
"""Other letters may follow these, because Thai has no spaces between words."""
_DOTTED = frozenset(["tsd", "tys", "тыс", "тис", "mio", "mln", "mrd", "mld", "mlrd", "млн", "млрд", "трлн"])
"""Abbreviations that may end with a full stop."""
_RATHER_WORDS = frozenset({"mil", "bin"})
"""Scale words that mean something else in another language."""
_RATHER_SCALES = frozenset({"mn"})
"""Scale words that may be units: French writes "mn" for minutes."""
_DOZENS = ("dozens", "dozen", "dutzend")
_SCALE_LETTERS: Mapping[str, int] = {"k": 3, "K": 3, "M": 6, "B": 9}
_OF_MONEY: Mapping[str, int] = {
    **_SCALE_LETTERS,
    "m": 6,
    "mm": 6,
    "MM": 6,
    "mn": 6,
    "b": 9,
    "bn": 9,
    "T": 12,
    "t": 12,
    "tn": 12,
}
"""What letters mean after an amount of money. After other numbers most of them are units."""
_OF_RUPEES: Mapping[str, int] = {"L": 5, "cr": 7, "Cr": 7}
_OF_A_CURRENCY: Mapping[str, int] = {"k": 3, "K": 3, "T": 3, "M": 6}
"""What letters mean right before a currency: ``5 T€``, ``5 MEUR``."""

_POWERS = {word: power for power, words in (*_SCALE_WORDS.items(), *_THAI.items()) for word in words.split()}
_LONGEST_FIRST = sorted({*_POWERS, *_DOZENS} - {*_THAI.values()}, key=len, reverse=True)
_SCALE_WORD = "|".join(rf"{word}\b\.?" if word in _DOTTED else word for word in _LONGEST_FIRST)
_SCALE = re.compile(
    r"(?P<gap>[ \u00a0\u2009\u202f-]?|[ \t]?\r?\n[ \t]?)"
    rf"(?:(?P<of>[kKTM])(?=[€$£]|EUR\b|USD\b|GBP\b)|(?P<word>(?i:{_SCALE_WORD}))(?![^\W\d_])|(?P<thai>{'|'.join(_THAI.values())})"
    r"|(?P<letters>[kKMBmbTtL]|mm|MM|tn|[cC]r)(?![^\W_]))"
)
_PERCENT = r"(?:[%٪％﹪]|(?i:per\s?cent|pct|prozent|procent|procento?)\b)"
_PER_MILLE = r"(?:[‰؉]|(?i:per\s?mille|promille)\b)"
_HUNDREDTH = re.compile(rf"[ \u00a0\u202f]?(?:(?P<percent>{_PERCENT})|{_PER_MILLE})")


class Force(IntEnum):
    """How likely the number without its scale remains."""

    SURE = 0
    """The number without its scale is never meant: "1.2 million", "1.5k"."""
    LIKELY = 1
    """The number alone is unlikely: 300 in "300K", as degrees Kelvin."""
    EVEN = 2
    """Both are equally likely: "3B" is three billion, or a house number."""
    UNLIKELY = 3
    """The number alone is usually meant: "300 K"."""


class Scale(NamedTuple):
    """What multiplies a number: a factor (12 for a dozen) and a power of ten. It ends at `end` in the text."""

    end: int
    power: int
    force: Force = Force.SURE
    factor: int = 1


def scale_at(text: str, at: int, currency: str = "") -> Scale | None:
    """Return the scale after a number that ends at `at`, or None. With a currency, more letters are scales."""
    match = _SCALE.match(text, at)
    if match is None:
        return None
    broken = "\n" in match["gap"]
    if match["letters"]:
        return None if broken else _scale_of_letters(match, currency)
    if match["of"]:
        return None if broken else Scale(match.end(), _OF_A_CURRENCY[match["of"]])
    word = (match["word"] or match["thai"]).lower().rstrip(".")
    force = Force.UNLIKELY if word in _RATHER_WORDS else Force.LIKELY if word in _RATHER_SCALES else Force.SURE
    if currency and word in _RATHER_SCALES:
        force = Force.SURE
    if word in _DOZENS:
        return Scale(match.end(), 0, force, 12)
    return Scale(match.end(), _POWERS[word], max(force, Force.LIKELY) if broken else force)


def _scale_of_letters(match: re.Match[str], currency: str) -> Scale | None:
    letters, glued = match["letters"], not match["gap"]
    if currency:
        power = _OF_RUPEES.get(letters) if counts_in_lakhs(currency) else None
        power = _OF_MONEY.get(letters) if power is None else power
        return None if power is None else Scale(match.end(), power)
    if letters not in _SCALE_LETTERS:
        return None
    force = {"k": Force.SURE, "B": Force.EVEN}.get(letters, Force.LIKELY) if glued else Force.UNLIKELY
    return Scale(match.end(), _SCALE_LETTERS[letters], force)


def hundredth_at(text: str, at: int) -> tuple[int, int] | None:
    """Return the end of a percent or per mille sign after a number and its power of ten, or None."""
    match = _HUNDREDTH.match(text, at)
    return None if match is None else (match.end(), -2 if match["percent"] else -3)
