"""The words of a text with their offsets, folded so that two spellings of one word are equal.

A word is a run of letters, with the combining marks that belong to it, or a number with its separators ("400g" is two).
Scripts without spaces between words (Han, kana, Hangul, Thai, Lao, Khmer, Burmese) give one word for each letter.
Symbols such as ``%`` and ``€`` are words too, while punctuation is between words. Offsets are those of the original
text, so nothing has to be mapped back.
"""

from __future__ import annotations

import html
import re
import unicodedata
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from structgen.notation.digits import ways_to_read

_TONES, _TAGS = "\U0001f3fb-\U0001f3ff", "\U000e0020-\U000e007f"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
VARIANTS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Selectors between two pictures of a character."""
KEYCAP = "[0-9#*]\ufe0f?\u20e3"
HANGUL = r"(?:[\u1100-\u115f]++[\u1160-\u11a7]*+|[\uac00-\ud7a3][\u1160-\u11a7]*+)[\u11a8-\u11ff]*+"
"""A Korean syllable, as one character or as its letters."""
VOWELS = "\u0e33\u0eb3"
"""Thai and Lao letters that belong to the letter before them."""
STACKED = "(?<=[\u1039\u17d2])"
"""After the Burmese or Khmer sign that puts the next letter below the previous one."""


def pictures(symbol: str, marks: str) -> str:
    """Return the pattern of symbols, single or joined: flags, people with a skin tone, families, keycaps."""
    one = f"{symbol}[{marks}{VARIANTS}{_TONES}{_TAGS}]*+"
    return rf"{_FLAG}|{one}(?:\u200d{one})*+"


def cuts_character(text: str, start: int, end: int) -> bool:
    """Whether a stretch begins or ends within a character."""
    return (start > 0 and _extends(text[start])) or (end < len(text) and _extends(text[end]))


def _extends(sign: str) -> bool:
    """Whether a character belongs to the one before it."""
    return sign >= "\u0300" and (unicodedata.category(sign)[0] == "M" or "\U0001f3fb" <= sign <= "\U0001f3ff")


_UNSPACED = (
    "\u0e01-\u0e30\u0e32-\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2-\u0eb3\u0ec0-\u0ec6\u1000-\u102a\u1100-\u11ff"
    "\u1780-\u17b3\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3131-\u318e\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff"
)
_FORMAT = "\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff"
_PUNCTUATION = (
    r"!\"'()*,\-./:;<>?\[\\\]^_`{|}~¡§«¶·»¿´"
    "\u037e\u0387\u055a-\u055f\u0589\u058a\u05be\u05c0\u05c3\u05c6\u05f3\u05f4\u060c\u060d\u061b\u061e\u061f\u066b"
    "\u066c\u06d4\u0964\u0965\u104a-\u104f\u17d4-\u17da\u2010-\u2027\u2032-\u203a\u2212\u3001-\u3003\u3008-\u3011"
    "\u3014-\u301f\u3030\u30fb\ufe10-\ufe19\ufe30-\ufe63\uff01-\uff03\uff07-\uff0a\uff0c-\uff0f\uff1a\uff1b\uff1f"
    "\uff3b-\uff3d\uff5b-\uff65"
)
MARKS = "".join(
    chr(point)
    for low, high in ((0x300, 0x3100), (0xA600, 0xAC00), (0xFB1E, 0xFE30))  # every block of the BMP that has marks
    for point in range(low, high)
    if unicodedata.category(chr(point)).startswith("M")
)
_LETTER = rf"[^\W\d_{_UNSPACED}]"
_WORD = rf"{_LETTER}++(?:[{MARKS}]++{_LETTER}*+|[{_FORMAT}]++(?={_LETTER}|[{MARKS}]){_LETTER}*+)*+"
_ENTITY = r"&(?:[a-zA-Z]{2,8}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});"
TAG = r"</?(?i:a|abbr|b|br|cite|code|em|font|i|mark|q|s|small|span|strong|sub|sup|u)(?:\s[^<>]{0,200})?/?>"
"""HTML tags within a sentence, which are not words."""
NUMERAL = r"\d++(?:[.\u066b]\d++|[,\u066c]\d{1,3}+(?!\d))*+"
_SIGN = rf"[{_UNSPACED}][{MARKS}{VARIANTS}{VOWELS}]*+"
_SYMBOL = rf"[^\w\s{_PUNCTUATION}{_FORMAT}{MARKS}]"
_TOKEN = re.compile(
    rf"{_WORD}(?:[-\u2010\u00ad][^\S\n]*+\n\s*+{_WORD})?|{KEYCAP}|{NUMERAL}(?![{MARKS}])|{HANGUL}[{MARKS}]*+"
    rf"|{_SIGN}(?:{STACKED}{_SIGN})*+|{_ENTITY}|{TAG}|{pictures(_SYMBOL, MARKS)}"
)
_PLAIN_TOKEN = re.compile(rf"[a-z]++(?:-[^\S\n]*+\n\s*+[a-z]++)?|{NUMERAL}|{_ENTITY}|{TAG}|[#$%&+=@]")
"""The same for ASCII text in lower case, several times as fast."""
_UNSPACED_LETTER = re.compile(rf"[{_UNSPACED}]")
_FORMAT_CHARACTER = re.compile(rf"[{_FORMAT}]")
_BROKEN = re.compile(r"[-\u2010\u00ad]\s*\n\s*")
"""A word broken at the end of a line."""
_IGNORED = re.compile(rf"[{_FORMAT}{VARIANTS}\u0640\u0591-\u05bd\u05bf\u05c1\u05c2\u05c7\u064b-\u065f\u0670]")
"""Characters that may be left out: format characters, picture selectors, the Arabic filler, vowel signs."""

_PLAIN_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "ё": "е"})
_ACCENTED = re.compile(r"[\u00df-\u024f\u0370-\u03ff\u1e00-\u1fff]|[a-z][\u0300-\u036f]")
"""Latin and Greek letters with or without accents. A missing accent is another spelling, not another word."""
_ACCENT = re.compile(r"[\u0300-\u036f]")
_SYNONYMS = {"&": "and", "percent": "%", "€": "eur", "£": "gbp"}
"""Signs and words with the same meaning."""

Vocabulary = dict[str, int]
"""Folded word -> its number, from 1 on; 0 is any word that no value has."""


@dataclass(frozen=True, slots=True)
class Words:
    """The words of `text` as numbers of a vocabulary, and their offsets."""

    text: str
    ids: array[int]
    starts: array[int]
    ends: array[int]


@lru_cache(maxsize=1 << 16)
def _folded(word: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", word).casefold())
    folded = (_IGNORED.sub("", folded) or folded).translate(_PLAIN_LETTERS)
    if _ACCENTED.search(folded):
        folded = unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFD", folded)))
    return "".join(str(unicodedata.decimal(c, c)) for c in folded) if folded[:1].isdecimal() else folded


def _number(written: str) -> str:
    """Return a number without thousands separators and without a fraction of zeros.

    If it has two readings, a comma counts as thousands separator here; `match` checks the readings later.
    """
    ways = ways_to_read(written)
    if not ways or (len(ways) > 1 and "." in written):
        return written
    plain = next(iter(ways)).plain
    whole, _, fraction = plain.partition(".")
    return plain if fraction.strip("0") else whole


def is_unspaced(character: str) -> bool:
    """Whether the script of this letter has no spaces between words, so that a word may end anywhere."""
    return _UNSPACED_LETTER.match(character) is not None


def without_format(text: str) -> str:
    """Return the text without characters that only affect its display."""
    return text if text.isascii() else _FORMAT_CHARACTER.sub("", text)


def fold(word: str) -> str:
    """Return a word without insignificant differences: case, accents, Unicode form, digits of another script."""
    folded = word.lower() if word.isascii() else _folded(word)
    if folded.isalnum():
        return _SYNONYMS.get(folded, folded)
    return _number(folded) if folded[:1].isdecimal() else _SYNONYMS.get(folded, folded)


def learn(text: str, vocabulary: Vocabulary) -> Words:
    """Return the words of a value, and add new ones to the vocabulary."""
    ids, starts, ends = array("l"), array("l"), array("l")
    for piece, start, end in _short_pieces(text) if len(text) <= _SHORT else _all_pieces(text):
        ids.append(vocabulary.setdefault(piece, len(vocabulary) + 1))
        starts.append(start)
        ends.append(end)
    return Words(text, ids, starts, ends)


def _all_pieces(text: str) -> Iterator[Piece]:
    for match in _TOKEN.finditer(text):
        raw = match.group()
        yield from ((fold(raw), *match.span()),) if raw.isalnum() else _pieces(match, {})


# The words for yes and no, and the values of enums, are learned again for every document.
@lru_cache(maxsize=1 << 14)
def _short_pieces(text: str) -> tuple[Piece, ...]:
    return tuple(_all_pieces(text))


def read(text: str, vocabulary: Mapping[str, int]) -> Words:
    """Return the words of a text as numbers of a vocabulary, which is not changed."""
    same = {word: vocabulary[other] for word, other in _SYNONYMS.items() if other in vocabulary}
    known, plain = {**vocabulary, **same}.get, text.isascii()
    ids, spans = array("l"), array("l")
    add, extend = ids.append, spans.extend
    for match in _PLAIN_TOKEN.finditer(text.lower()) if plain else _TOKEN.finditer(text):
        raw = match[0]
        if raw.isalnum():
            add(known(raw if plain else fold(raw), 0))
            extend(match.span())
            continue
        for word, *span in _pieces(match, vocabulary):
            add(known(word, 0))
            extend(span)
    return Words(text, ids, spans[::2], spans[1::2])


Piece = tuple[str, int, int]
"""A folded word and its offsets."""

_SHORT = 64
"""The maximum length of a text whose words are remembered."""


def _pieces(match: re.Match[str], vocabulary: Mapping[str, int]) -> Iterable[Piece]:
    """Return the words of a match: usually one, a character for an entity, or two for a word broken over lines."""
    raw, start, end = match.group(), match.start(), match.end()
    if raw[0] == "<" and len(raw) > 1:
        return ()
    if "\n" in raw:
        return _unbroken(match, vocabulary)
    if len(raw) > 1 and raw[0] == "&":
        character = html.unescape(raw)
        return ((fold(character), start, end),) if _TOKEN.fullmatch(character) else ()
    return ((fold(raw), start, end),)


def _halves(match: re.Match[str]) -> Iterator[Piece]:
    raw, offset = match.group(), match.start()
    first, second = _BROKEN.split(raw, maxsplit=1)
    yield first, offset, offset + len(first)
    yield second, match.end() - len(second), match.end()


def _unbroken(match: re.Match[str], vocabulary: Mapping[str, int]) -> list[Piece]:
    """Return a word broken at the end of a line: one word if a value contains it, else two."""
    halves = list(_halves(match))
    whole = fold("".join(raw for raw, _, _ in halves))
    if whole in vocabulary:
        return [(whole, match.start(), match.end())]
    return [(fold(raw), start, end) for raw, start, end in halves]
