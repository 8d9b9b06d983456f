"""Numbers in English words ("twenty-five", "half a dozen") and in Han characters (``三十五``, ``1億2000万``)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal

from structgen.notation.affixes import hundredth_at
from structgen.notation.readings import (
    Kind,
    Number,
    NumberReading,
    Value,
    matches,
    minus,
    plus,
    power_of_ten,
    product,
    ratio,
)

_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SMALL = {word: value for value, word in enumerate(_UNITS.split())} | {
    word: 10 * value for value, word in enumerate(_TENS.split(), 2)
}
_LAST = {word: value for value, word in enumerate(_ORDINALS.split()) if value} | {
    f"{word[:-1]}ieth": 10 * value for value, word in enumerate(_TENS.split(), 2)
}
_LARGE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_MANY = {"dozen": 12, "hundred": 100, **_LARGE}
"""Numbers that a fraction may precede: "half a million"."""
_BOTTOMS = {word: value for word, value in _LAST.items() if 3 <= value <= 10} | {"half": 2, "halve": 2, "quarter": 4}
_OTHER = {"once": 1, "twice": 2, "dozen": 12}
CARDINALS = frozenset({*_SMALL, *_MANY})
"""Words in which a cardinal number may end."""
COUNTING_WORDS = frozenset({*_SMALL, *_LAST})
"""Words that are a number alone and another one with their neighbours: "two" in "two hundred"."""
NUMBER_WORDS = frozenset({*COUNTING_WORDS, *_LARGE, "hundred", "dozen", "half", "quarter", "once", "twice"})
"""Words that make two statements differ in a number."""

_TOP = "|".join(_UNITS.split()[1:10])
_PLURALS = r"(?:halves|quarters|(?:third|fourth|fifth|sixth|seventh|eighth|ninth|tenth)s)"
AND_A_PART = (
    r"\s{1,3}(?:and|&)\s{1,3}(?:an?\s{1,3}(?P<part>half|third|quarter|fifth|eighth|tenth)"
    rf"|(?P<above>{_TOP})[\s-](?P<below>{_PLURALS}))\b"
)
"""What adds to the number before it: "and a half", "and two thirds" (source of a regular expression)."""
_ANY = "|".join([*_SMALL, "hundred", *_LARGE])
_ORDINAL = "|".join(_LAST)
# The text is in lower case. The pattern is matched only at words that may begin a number, because looking up each word
# is faster than searching for the pattern.
_SPELLED = re.compile(
    rf"(?:(?P<top>{_TOP})[\s-](?P<bottom>{'|'.join(_BOTTOMS)})(?P<plural>s?)"
    r"|(?P<half>half)|(?<=a\s)(?P<quarter>quarter))\b"
    rf"(?:\s(?:of\s)?(?:an?\s)?(?P<many>{'|'.join(_MANY)})\b)?"
    rf"|(?P<run>(?:{_ANY})\b(?:[\s-]{{1,3}}(?:and\s{{1,3}})?(?!\w+[\s-]{_PLURALS}\b)(?:{_ANY})\b)*)"
    rf"(?:(?P<last>(?:-|\s{{1,3}})(?:and\s{{1,3}})?(?:{_ORDINAL})\b)|\s{{1,3}}(?P<dozen>dozen)\b|{AND_A_PART})?"
    rf"|(?P<other>{'|'.join(_OTHER)})\b|(?P<ordinal>{_ORDINAL})\b"
)
_HUNDREDS = ("hundred", *_LARGE)
_AFTER_AN_ARTICLE = (*_HUNDREDS, "quarter")
_WORD = re.compile(r"[a-z]+")
_A = re.compile(r"\ba\s{1,3}$")
_MINUS = re.compile(r"\b(?:minus|negative)\s$")
_ONE_OF = re.compile(r"\s+(?:of|another|day|who|whose|can|could|may|might|must|should|would|will|is|has)\b")
_NO_ONE = re.compile(r"\b(?:no|any|every|each|some|this|that|the|which|another)[\s-]+$")
_BEHIND_A_NUMBER = re.compile(
    r"(?:\d|[\u00bc-\u00be\u2150-\u215e])[\s-]{0,2}$|\d\s(?:and|&)\s(?:an?\s|half\s|(?:a|three)\squarters?\s)?$"
    r"|\b(?:half|quarter)\s$|\b(?:few|several|many|couple|of)\s$"
)
"""What makes words a part of the number before them, or no number: "1.2 million", "2 and a half", "a few million"."""
_LOOK_BACK = 24
_LONGEST = 400
"""Maximum characters of a number in words beyond the stretch in which it begins."""
_DIVIDED = re.compile(r"\b(?:a|an|one|two|three|four|five|per)[\s-]+$")
_UNIT_OF_TIME = "second"


def lowered(text: str) -> str:
    """Return the text in lower case, or as it is if that would change offsets."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text


def word_numbers(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[Number]:
    """Yield every number in words that begins from `start` to before `end`. Words that form no number yield nothing."""
    low = max(0, start - _LOOK_BACK)
    lower, last = lowered(text[low : min(len(text), end + _LONGEST)]), start - low
    for word in _WORD.finditer(lower, start - low):
        if word.start() >= end - low:
            return
        if word[0] not in NUMBER_WORDS or word.start() < last or lower[word.start() - 1 : word.start()].isalnum():
            continue
        match = _SPELLED.match(lower, word.start())
        if match is None:
            continue
        last = match.end()
        before = lower[max(0, match.start() - _LOOK_BACK) : match.start()]
        value = _value(lower, match, before)
        if value is not None:
            number = _number(lower, match, before, value)
            yield number.moved(low) if low else number


def _number(lower: str, match: re.Match[str], before: str, value: Value) -> Number:
    """Return the number with the article or the minus before it, and its reading as a percentage if it is one."""
    start, end = match.span()
    article = _A.search(before) if match.group().startswith(_AFTER_AN_ARTICLE) else None
    sign = _MINUS.search(before)
    start -= len((article or sign or [""])[0])
    reading = NumberReading(minus(value) if sign else value, start, end)
    readings, hundredth = (reading,), hundredth_at(lower, end)
    if hundredth:
        share = power_of_ten(reading.value, hundredth[1])
        readings = (reading, reading._replace(value=share, end=hundredth[0], percent=True))
    whole = hundredth[0] if hundredth else end
    return Number(start, whole, start, end, readings, kind=Kind.WORDS, ordinal=bool(match["ordinal"] or match["last"]))


def _value(lower: str, match: re.Match[str], before: str) -> Value | None:
    """Return the value of the words; None if they belong to something else, or form no number."""
    if match["run"]:
        return _of_run(lower, match, before)
    if match["ordinal"]:
        return None if _is_share(match["ordinal"], before) else Decimal(_LAST[match["ordinal"]])
    if _BEHIND_A_NUMBER.search(before):
        return None
    return Decimal(_OTHER[match["other"]]) if match["other"] else _of_fraction(match)


def _of_fraction(match: re.Match[str]) -> Value | None:
    """Return the value of "two thirds" or "half a million"; None for "two third"."""
    top = _SMALL[match["top"]] if match["top"] else 1
    if top > 1 and not match["plural"] and match["bottom"] != "quarter":
        return None
    part = ratio(top, _BOTTOMS[match["bottom"] or match["half"] or match["quarter"]])
    return product(part, _MANY[match["many"]]) if match["many"] else part


def _of_run(lower: str, match: re.Match[str], before: str) -> Value | None:
    """Return the value of consecutive words and of what is added to them."""
    if match["run"].startswith(_HUNDREDS) and _BEHIND_A_NUMBER.search(before):
        return None
    if match.group() == "one" and _is_pronoun(lower, match, before):
        return None
    spelled = match["run"] + (match["last"] or "")
    whole = value_of([word for word in _WORD.findall(spelled) if word != "and"])
    if whole is None:
        return None
    value: Value = Decimal(whole)
    if match["dozen"]:
        return product(value, 12)
    return plus(value, part_of(match)) if match["part"] or match["above"] else value


def part_of(match: re.Match[str]) -> Value:
    """Return what a match with the groups of `AND_A_PART` adds."""
    if match["part"]:
        return ratio(1, _BOTTOMS[match["part"].lower()])
    return ratio(_SMALL[match["above"].lower()], _BOTTOMS[match["below"].lower().removesuffix("s")])


def _is_pronoun(text: str, one: re.Match[str], before: str) -> bool:
    """Whether this "one" is not a number: "no one", "one of them", "one another"."""
    return _ONE_OF.match(text, one.end()) is not None or _NO_ONE.search(before) is not None


def _is_share(ordinal: str, before: str) -> bool:
    """Whether this is the "third" of "a third", the end of "twenty-first", or a second of time."""
    if ordinal == _UNIT_OF_TIME and not before.endswith("the "):
        return True
    return before.endswith("-") or _DIVIDED.search(before) is not None


def value_of(words: Sequence[str]) -> int | None:
    """Return the number that the words form; None if they form none, or several ("one two")."""
    year = _year(words)
    if year is not None:
        return year
    total, group, last, scale = 0, 0, 0, 10**15
    for word in words:
        if word in _LARGE:
            if _LARGE[word] >= scale:
                return None
            scale = _LARGE[word]
            total, group, last = total + (group or 1) * scale, 0, 0
        elif word == "hundred":
            if group > 99:
                return None
            group, last = (group or 1) * 100, 100
        elif (last := _joined(last, _small(word))) == 0 and word != "zero":
            return None
        else:
            group += _small(word)
    return total + group


def _small(word: str) -> int:
    return _SMALL[word] if word in _SMALL else _LAST[word]


def _year(words: Sequence[str]) -> int | None:
    """Return a year in two halves ("nineteen eighty-four", "twenty twenty"), or None."""
    if not 2 <= len(words) <= 3 or not all(word in _SMALL for word in words):
        return None
    century, *rest = (_SMALL[word] for word in words)
    if not 11 <= century <= 20 or rest[0] < 10 or (len(rest) == 2 and not (rest[0] >= 20 and 0 < rest[1] < 10)):
        return None
    return 100 * century + sum(rest)


def _joined(last: int, value: int) -> int:
    """Return `value` if it may follow the word `last` (0: none), else 0: "twenty five" is valid, "five twenty" not."""
    if last in (0, 100) or (20 <= last < 100 and value < 10):
        return value
    return 0


_HAN_DIGITS = {character: value for value, character in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2, "兩": 2}
_HAN_SMALL = {"十": 10, "百": 100, "千": 1000}
_HAN_LARGE = {"万": 10**4, "萬": 10**4, "億": 10**8, "亿": 10**8, "兆": 10**12}
_HAN_ANY = "".join((*_HAN_DIGITS, *_HAN_SMALL, *_HAN_LARGE))
_COUNTERS = "年月日人個个本枚回時时分秒円元歳岁才名件台冊册杯匹只隻张張条條次天週周章条位級级階层層歩步番第倍割点點"
HAN = rf"[{_HAN_ANY}]"
"""A Han character of a number (source of a regular expression)."""
_HAN_RUN = re.compile(rf"{HAN}{{2,24}}(?!{HAN})|(?<!{HAN}){HAN}(?=[{_COUNTERS}])")

_POWERS = {"十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "億": 8, "亿": 8, "兆": 12}
_ALL_POWERS = _POWERS | {"십": 1, "백": 2, "천": 3, "만": 4, "억": 8, "조": 12}
# 千葉 and 千代 are names. Single Korean syllables are scales only if money or people are counted.
_HAN_SCALE = rf"(?:[{''.join(_POWERS)}]{{1,2}}(?![葉代]))"
_KOREAN_SCALE = r"(?:[십백천]?[만억]|[백천조](?=\s?(?:원|달러|엔|유로|명|만|억)))"
SCALE = rf"(?:{_HAN_SCALE}|{_KOREAN_SCALE})"
"""Characters that multiply the digits before them (source of a regular expression)."""
CHAIN = rf"{SCALE}(?:\s?\d[\d,]*+{SCALE})*+(?:\d{{1,4}}(?!\d|[.,]\d))?"
"""What follows the first digits of a number with Han characters: ``億2000万`` in ``1億2000万``."""
_LINK = re.compile(rf"(\d[\d,.]*)?({SCALE})?\s?")


def han_numbers(text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[Number]:
    """Yield every number in Han characters alone that begins from `start` to before `end`."""
    if text.isascii():
        return
    for match in matches(_HAN_RUN, text, start, end):
        value = han_value(match.group())
        if value is not None and not text[match.start() - 1 : match.start()].isdecimal():
            span, values = match.span(), (value, *_in_next_place(match.group(), value))
            yield Number(*span, *span, tuple(NumberReading(Decimal(one), *span) for one in values), kind=Kind.HAN)


def _in_next_place(written: str, value: int) -> tuple[int, ...]:
    """Return what a last digit makes of a number in Chinese: 二百五 is 250 there, and 205 in Japanese."""
    last = _HAN_DIGITS.get(written[-1], 0)
    unit = {**_HAN_SMALL, **_HAN_LARGE}.get(written[-2:-1], 0)
    return (value - last + last * unit // 10,) if last and unit > 10 else ()


def han_value(written: str) -> int | None:
    """Return the number that the characters form, digit by digit or by powers of ten, or None."""
    if all(character in _HAN_DIGITS for character in written):
        return int("".join(str(_HAN_DIGITS[character]) for character in written))
    total, group, digit, scale, power = 0, 0, None, 10**16, 10**4
    for character in written:
        if character in _HAN_DIGITS:
            if digit:
                return None
            digit = _HAN_DIGITS[character]
        elif character in _HAN_SMALL:
            if _HAN_SMALL[character] >= power:
                return None
            power = _HAN_SMALL[character]
            group, digit = group + (1 if digit is None else digit) * power, None
        elif character not in _HAN_LARGE:
            return None
        else:
            if _HAN_LARGE[character] >= scale or not (group or digit):
                return None
            scale = _HAN_LARGE[character]
            total, group, digit, power = total + (group + (digit or 0)) * scale, 0, None, 10**4
    return total + group + (digit or 0)


def chain_values(first: Value, chain: str) -> tuple[Value, ...]:
    """Return the sum of ``1億2000万``, whose first digits are `first`; empty if its scales do not decrease.

    A last digit gives two sums: ``3万5`` is 35,000 in Chinese, and may be 30,005 in Japanese.
    """
    total: Value = Decimal(0)
    last = 100
    for digits, scale in _LINK.findall(chain):
        if digits or scale:
            amount = Decimal(digits.replace(",", "")) if digits else first
            power = sum(_ALL_POWERS[character] for character in scale)
            if power >= last:
                return ()
            if not scale and len(digits) == 1 and last > 1 and amount:
                return plus(total, amount), plus(total, power_of_ten(amount, last - 1))
            total, last = plus(total, power_of_ten(amount, power)), power
    return (total,)
