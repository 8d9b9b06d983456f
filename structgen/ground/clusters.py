"""What a reader takes for one character (a grapheme cluster of UAX 29) is found as a whole or not at all.

The patterns are parts of the one by which words are read (words.py), so that no word ends within a character.
`cuts_character` is for places that were found in another way, and for the marks of scripts beyond the first plane.
"""

from __future__ import annotations

import unicodedata

_TONES, _TAGS = "\U0001f3fb-\U0001f3ff", "\U000e0020-\U000e007f"
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
VARIANTS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""They choose between two pictures of one character."""
KEYCAP = "[0-9#*]\ufe0f?\u20e3"
HANGUL = r"(?:[\u1100-\u115f]++[\u1160-\u11a7]*+|[\uac00-\ud7a3][\u1160-\u11a7]*+)[\u11a8-\u11ff]*+"
"""A syllable, as one sign or in its letters."""
VOWELS = "\u0e33\u0eb3"
"""Letters (of Thai, Lao) that belong to the letter before them."""
STACKED = "(?<=[\u1039\u17d2])"
"""Behind the sign that puts the next letter (of Burmese, Khmer) below the one before."""


def pictures(symbol: str, marks: str) -> str:
    """The pattern of symbols, one or several joined: flags, people with a tone of skin, families, keycaps."""
    one = f"{symbol}[{marks}{VARIANTS}{_TONES}{_TAGS}]*+"
    return rf"{_FLAG}|{one}(?:\u200d{one})*+"


def cuts_character(text: str, start: int, end: int) -> bool:
    """Whether a stretch begins or ends within a character."""
    return (start > 0 and _extends(text[start])) or (end < len(text) and _extends(text[end]))


def _extends(sign: str) -> bool:
    """Whether a sign belongs to the one before it."""
    return sign >= "\u0300" and (unicodedata.category(sign)[0] == "M" or "\U0001f3fb" <= sign <= "\U0001f3ff")
