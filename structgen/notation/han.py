"""Numbers in Han characters, alone (``三十五``, ``一億二千万``) and behind digits (``15万``, ``1億2000万``).

One digit alone counts only before a counter (``三人``), because it is a part of many words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from structgen.notation.digits import ascii_digits
from structgen.notation.exact import Value, plus, power_of_ten
from structgen.notation.readings import Kind, Number, Reading

_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_SMALL = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12}
_ANY = "".join((*_DIGITS, *_SMALL, *_LARGE))
_COUNTERS = "年月日人個个本枚回時时分秒円元歳岁才名件台冊册杯匹只隻张張条條次天週周章条位級级階层層歩步番第倍割点點"
RUN = rf"[{_ANY}]"
"""One character of a number."""
_RUN = re.compile(rf"{RUN}{{2,24}}(?!{RUN})|(?<!{RUN}){RUN}(?=[{_COUNTERS}])")

_POWERS = {"十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "億": 8, "亿": 8, "兆": 12}
_ALL_POWERS = _POWERS | {"십": 1, "백": 2, "천": 3, "만": 4, "억": 8, "조": 12}
# 千葉 and 千代 are names; single Korean syllables are scales where money or people are counted.
_HAN_SCALE = rf"(?:[{''.join(_POWERS)}]{{1,2}}(?![葉代]))"
_KOREAN_SCALE = r"(?:[십백천]?[만억]|[백천조](?=\s?(?:원|달러|엔|유로|명|만|억)))"
SCALE = rf"(?:{_HAN_SCALE}|{_KOREAN_SCALE})"
"""The characters that multiply digits before them, as the source of a regular expression."""
CHAIN = rf"{SCALE}(?:\s?\d[\d,]*+{SCALE})*+(?:\d{{1,4}}(?!\d|[.,]\d))?"
"""What follows the first digits of a number in digits and Han characters: the ``億2000万`` of ``1億2000万``."""
_LINK = re.compile(rf"(\d[\d,.]*)?({SCALE})?\s?")


def han_numbers(text: str) -> Iterator[Number]:
    """Every number that is all in Han characters."""
    if text.isascii():
        return
    for match in _RUN.finditer(text):
        value = han_value(match.group())
        if value is not None and not text[match.start() - 1 : match.start()].isdecimal():
            start, end = match.span()
            yield Number(start, end, start, end, (Reading(Decimal(value), start, end),), kind=Kind.HAN)


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


def chain_value(first: Value, chain: str) -> Value | None:
    """The sum of ``1億2000万``, whose digits before the chain are `first`; None where its scales do not go down."""
    total: Value = Decimal(0)
    last = 100
    for digits, scale in _LINK.findall(chain):
        if digits or scale:
            amount = Decimal(ascii_digits(digits).replace(",", "")) if digits else first
            power = sum(_ALL_POWERS[character] for character in scale)
            if power >= last:
                return None
            total, last = plus(total, power_of_ten(amount, power)), power
    return total
