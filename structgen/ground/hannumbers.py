"""Numbers in Han characters: ``三十五``, ``二〇二〇``, ``一億二千万``.

One digit alone counts only before a counter (``三人``), because it is a part of many words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from structgen.ground.places import Grade, Place

_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12}
_ANY = "".join((*_DIGITS, *_SMALL, *_LARGE))
_COUNTERS = "年月日人個个本枚回時时分秒円元歳岁才名件台冊册杯匹只隻张張条條次天週周章条位級级階层層歩步番第倍割点點"
RUN = rf"[{_ANY}]"
_RUN = re.compile(rf"{RUN}{{2,24}}(?!{RUN})|(?<!{RUN}){RUN}(?=[{_COUNTERS}])")


def han_numbers(text: str) -> Iterator[tuple[str, Place]]:
    """Every number in Han characters, as the digits of its canonical form."""
    if text.isascii():
        return
    for match in _RUN.finditer(text):
        value = han_value(match.group())
        if value is not None:
            yield str(value), Place(match.start(), match.end(), Grade.WRITTEN)


def han_value(written: str) -> int | None:
    """The number that the characters say, digit by digit or by powers of ten; None where they say none."""
    if all(character in _DIGITS for character in written):
        return int("".join(str(_DIGITS[character]) for character in written))
    total, group, digit, scale, power = 0, 0, None, 10**16, 10**4
    for character in written:
        if character in _DIGITS:
            if digit:
                return None
            digit = _DIGITS[character]
        elif character in _SMALL:
            if _SMALL[character] >= power:
                return None
            power = _SMALL[character]
            group, digit = group + (1 if digit is None else digit) * power, None
        elif character not in _LARGE:
            return None
        else:
            if _LARGE[character] >= scale or not (group or digit):
                return None
            scale = _LARGE[character]
            total, group, digit, power = total + (group + (digit or 0)) * scale, 0, None, 10**4
    return total + group + (digit or 0)
