"""What stands behind a number and multiplies it: ``1.2 million``, ``3 Mio.``, ``$5bn``, ``1.5k``, ``5 %``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import NamedTuple

from structgen.notation.currencies import counts_in_lakhs

_WORDS: Mapping[int, str] = {
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
"""These may be followed by other letters: Thai puts no spaces between words."""
_DOTTED = frozenset(["tsd", "tys", "тыс", "тис", "mio", "mln", "mrd", "mld", "mlrd", "млн", "млрд", "трлн"])
"""Abbreviations to which a full stop belongs."""
_RATHER_WORDS = frozenset({"mil", "bin"})
"""Scale words of one language that are other words in others."""
_RATHER_SCALES = frozenset({"mn"})
"""Scale words that may be units: the minutes of French."""
_DOZENS = ("dozens", "dozen", "dutzend")
_LETTERS: Mapping[str, int] = {"k": 3, "K": 3, "M": 6, "B": 9}
_OF_MONEY: Mapping[str, int] = {
    **_LETTERS,
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
"""What letters mean behind an amount of money; behind another number most of them are units."""
_OF_RUPEES: Mapping[str, int] = {"L": 5, "cr": 7, "Cr": 7}
_OF_A_CURRENCY: Mapping[str, int] = {"k": 3, "K": 3, "T": 3, "M": 6}
"""What letters mean right before a currency: ``5 T€``, ``5 MEUR``."""

_POWERS = {word: power for power, words in (*_WORDS.items(), *_THAI.items()) for word in words.split()}
_LONGEST_FIRST = sorted({*_POWERS, *_DOZENS} - {*_THAI.values()}, key=len, reverse=True)
_WORD = "|".join(rf"{word}\b\.?" if word in _DOTTED else word for word in _LONGEST_FIRST)
_SCALE = re.compile(
    r"(?P<gap>[ \u00a0\u2009\u202f-]?|[ \t]?\r?\n[ \t]?)"
    rf"(?:(?P<of>[kKTM])(?=[€$£]|EUR\b|USD\b|GBP\b)|(?P<word>(?i:{_WORD}))(?![^\W\d_])|(?P<thai>{'|'.join(_THAI.values())})"
    r"|(?P<letters>[kKMBmbTtL]|mm|MM|tn|[cC]r)(?![^\W_]))"
)
_PERCENT = r"(?:[%٪％﹪]|(?i:per\s?cent|pct|prozent|procent|procento?)\b)"
_PER_MILLE = r"(?:[‰؉]|(?i:per\s?mille|promille)\b)"
_HUNDREDTH = re.compile(rf"[ \u00a0\u202f]?(?:(?P<percent>{_PERCENT})|{_PER_MILLE})")


class Force(IntEnum):
    """How far a scale takes away the reading of the number without it."""

    SURE = 0
    """Nobody means the number without its scale: "1.2 million", "1.5k"."""
    LIKELY = 1
    """The number alone is unlikely: the 300 of "300K", which are degrees in Kelvin."""
    EVEN = 2
    """Nobody can tell: "3B" is three billion, or a house."""
    UNLIKELY = 3
    """The number alone is meant, most often: "300 K"."""


class Scale(NamedTuple):
    """What multiplies a number, up to `end` in the text: a factor (12: dozen) and a power of ten."""

    end: int
    power: int
    force: Force = Force.SURE
    factor: int = 1


def scale_at(text: str, at: int, currency: str = "") -> Scale | None:
    """The scale that follows a number which ends at `at`; behind a currency more letters are scales."""
    match = _SCALE.match(text, at)
    if match is None:
        return None
    broken = "\n" in match["gap"]
    if match["letters"]:
        return None if broken else _letters(match, currency)
    if match["of"]:
        return None if broken else Scale(match.end(), _OF_A_CURRENCY[match["of"]])
    word = (match["word"] or match["thai"]).lower().rstrip(".")
    force = Force.UNLIKELY if word in _RATHER_WORDS else Force.LIKELY if word in _RATHER_SCALES else Force.SURE
    if currency and word in _RATHER_SCALES:
        force = Force.SURE
    if word in _DOZENS:
        return Scale(match.end(), 0, force, 12)
    return Scale(match.end(), _POWERS[word], max(force, Force.LIKELY) if broken else force)


def _letters(match: re.Match[str], currency: str) -> Scale | None:
    letters, glued = match["letters"], not match["gap"]
    if currency:
        power = _OF_RUPEES.get(letters) if counts_in_lakhs(currency) else None
        power = _OF_MONEY.get(letters) if power is None else power
        return None if power is None else Scale(match.end(), power)
    if letters not in _LETTERS:
        return None
    force = {"k": Force.SURE, "B": Force.EVEN}.get(letters, Force.LIKELY) if glued else Force.UNLIKELY
    return Scale(match.end(), _LETTERS[letters], force)


def hundredth_at(text: str, at: int) -> tuple[int, int] | None:
    """The end of a percent or per mille sign behind a number, and its power of ten; None where there is none."""
    match = _HUNDREDTH.match(text, at)
    return None if match is None else (match.end(), -2 if match["percent"] else -3)
