"""Which code page a text has that is not Unicode: a guess, by the letters that the languages of each page use.

General detectors look at how often characters occur, which says little in a short text: they read "Le Marché" in cp1252
as "Le Marchķ". Here a page counts as likely if one language that it was made for has all the letters that come out, and
if no sign and no capital comes out in the middle of a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple, cast
from unicodedata import category

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatches

_WESTERN = (
    "àâæçéèêëîïôœùûüÿ",  # French
    "äöüß",  # German
    "áéíñóúüªº",  # Spanish
    "áâãàçéêíóôõúüªº",  # Portuguese
    "àèéìíîòóùú",  # Italian
    "áàäéèêëïîóöôúüû",  # Dutch
    "æøåéèêóòâôäö",  # Danish, Norwegian
    "åäöéàüšž",  # Swedish, Finnish
    "áðéíóúýþæö",  # Icelandic
    "àçèéíïòóúü",  # Catalan
)
_CENTRAL = (
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "ăâîşţșț",  # Romanian
    "čćđšž",  # Croatian, Slovene
)
_TURKISH = ("âçğıîöşüûİ",)
_BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž", "äöõüšž")

_LATIN: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cp1252": _WESTERN,
        "cp1250": _CENTRAL,
        "iso8859_2": _CENTRAL,
        "cp1254": _TURKISH,
        "cp1257": _BALTIC,
    }
)
"""Pages for Latin letters and the letters of their languages beyond ASCII. Of equally likely ones the first wins."""

_OLD: Mapping[str, tuple[str, ...]] = MappingProxyType({"cp850": _WESTERN, "mac_roman": _WESTERN, "cp852": _CENTRAL})
"""The same for DOS and old Macs. They only come into question if cp1252, far more common, makes no sense."""

_RUSSIAN, _GREEK, _HEBREW = map(frozenset, ("оеаинтсрвлкмпу", "αοιετσνηυρπλκ", "יוהלאמתרבשנעם"))
_OTHER_LETTERS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "cp1251": _RUSSIAN,
        "koi8_r": _RUSSIAN,
        "cp866": _RUSSIAN,
        "iso8859_5": _RUSSIAN,
        "mac_cyrillic": _RUSSIAN,
        "cp1253": _GREEK,
        "cp1255": _HEBREW,
    }
)
"""Pages for other alphabets and the most frequent letters in them."""
_WORDS = re.compile(rb"[\x80-\xff]{3,}")
_LINES = re.compile(rb"[^\r\n]*[\x80-\xff][^\r\n]*")
_SAMPLE = 64 * 1024
_CLEAR = 0.6
"""The share of frequent letters in a text in another alphabet."""
_PENALTY = 2.0


class _Reading(NamedTuple):
    """What comes out of a text in one code page."""

    page: str
    score: float


def code_page_of(data: bytes) -> str | None:
    """Return the most likely code page of a text, or of the start of one; None if nothing fits."""
    # lines in ASCII say nothing, and would outvote a few letters
    sample = b"\n".join(_LINES.findall(data))[:_SAMPLE]
    high = sum(byte > 0x7F for byte in sample)
    if sum(len(word) for word in _WORDS.findall(sample)) > high / 2:
        return _other_letters(sample) or _by_statistics(sample)
    readings = [reading for page, languages in _LATIN.items() if (reading := _read(sample, page, languages))]
    if not any(reading.page == "cp1252" and reading.score >= 0 for reading in readings):
        readings += [reading for page, languages in _OLD.items() if (reading := _read(sample, page, languages))]
    best = max(readings, key=lambda reading: reading.score, default=None)
    return best.page if best is not None and best.score >= 0 else _by_statistics(sample)


def _read(sample: bytes, page: str, languages: tuple[str, ...]) -> _Reading | None:
    """Return how likely a page is, from 1 downwards; 0 if nothing speaks for it or against it.

    Return None if a byte has no character in it.
    """
    try:
        text = sample.decode(page)
    except UnicodeDecodeError:
        return None
    # a letter without another letter beside it may as well be a sign of another page
    found = Counter(
        char
        for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False)
        if char > "\x7f" and char.isalpha() and (before.isalpha() or after.isalpha())
    )
    letters = Counter[str]()
    for char, count in found.items():
        letters[char.lower() if len(char.lower()) == 1 else char] += count
    signs = _misplaced(text)
    known = max(sum(letters[char] for char in language) for language in languages)
    return _Reading(page, (known - _PENALTY * signs) / max(1, letters.total() + signs))


def _misplaced(text: str) -> int:
    """Count the signs and digits beyond ASCII inside words, and capitals behind small letters: "m¹ka", "cafŽ"."""
    count = 0
    for before, char, after in zip(" " + text, text, text[1:] + " ", strict=False):
        if char <= "\x7f":
            continue
        kind = category(char)
        if kind == "Lu":
            count += before.islower()
        elif kind[0] in "SNC" or kind == "Po" or char in "‚„ˆ":
            count += (before.isalpha() and after.isalpha()) or kind == "Cc"
    return count


def _other_letters(sample: bytes) -> str | None:
    """Return the page in which most letters are frequent ones of Cyrillic, Greek or Hebrew texts; or None."""
    readings: list[_Reading] = []
    for page, frequent in _OTHER_LETTERS.items():
        try:
            text = sample.decode(page)
        except UnicodeDecodeError:
            continue
        letters = Counter(char.lower() for char in text if char > "\x7f" and not char.isspace())
        common = sum(letters[char] for char in frequent)
        readings.append(_Reading(page, (common - _PENALTY * _misplaced(text)) / max(1, letters.total())))
    best = max(readings, key=lambda reading: reading.score, default=None)
    return best.page if best is not None and best.score >= _CLEAR else None


def _by_statistics(sample: bytes) -> str | None:
    """Return what charset-normalizer finds most likely: it also knows Chinese, Japanese, Korean, Greek, Arabic, ..."""
    charset_normalizer = import_module("charset_normalizer")  # slow to import, and most texts are UTF-8
    best = cast("CharsetMatches", charset_normalizer.from_bytes(sample)).best()
    return None if best is None else best.encoding
