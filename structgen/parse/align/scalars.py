"""Scalars written in another form: the few conversions that have one meaning only."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal

from structgen.core.json import Json
from structgen.parse.json_values import whole_of

_SIGNS = "$€£¥₹₩₽₺₫₴₪฿"
_MONEY = re.compile(rf"([+-]?) ?([{_SIGNS}]?) ?([+-]?)([\d.,'’\s]*\d)\s?([{_SIGNS}]?)\Z")
_DECIMAL = re.compile(r"(?:\d+(?:\.\d+)?|\.\d+)\Z", re.ASCII)
_EXPONENT = re.compile(r"([+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,3})\Z", re.ASCII)
_GROUPED = tuple(
    re.compile(rf"\d{{1,3}}(?:{group}\d{{3}}){times}(?:{point}\d+)?\Z", re.ASCII)
    for group, point, times in ((",", r"\.", "{2,}"), (r"\.", ",", "{2,}"), ("['’  ]", "[.,]", "{2,}"))
)
_ONE_GROUP = tuple(
    re.compile(rf"\d{{1,3}}{group}\d{{3}}{point}\d+\Z", re.ASCII)
    for group, point in ((",", r"\."), (r"\.", ","), ("['’  ]", "[.,]"))
)
_THOUSAND = re.compile(r"[1-9]\d{0,2}\.\d{3}\Z", re.ASCII)
_DOLLARS = re.compile(r"\d{1,3},\d{3}\Z", re.ASCII)
_ONE_WHOLE_GROUP = re.compile("([+-]?[1-9][0-9]{0,2})([,.'’ \u00a0\u202f])([0-9]{3})\\Z")
_MOST_CHARS = 400
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")

_TRUTH = {"yes": True, "true": True, "no": False, "false": False}


def number_in(text: str) -> str | None:
    """The number that a text is, as JSON writes it, or None: ``"$1,299.00"`` -> ``"1299.00"``.

    Grouped digits are taken only where one reading is left: a second separator, or two groups. ``1,299`` and ``1.299``
    may each be a thousand or one and a fraction. A number inside other words is none.
    """
    text = text.strip()
    if len(text) > _MOST_CHARS:
        return None
    if match := _EXPONENT.match(text):
        return match[1].lstrip("+")
    match = _MONEY.match(text)
    if match is None or (match[2] and match[5]) or (match[1] and match[3]):
        return None
    digits = _ungrouped(match[4].strip(), match[2])
    if digits is None:
        return None
    return ("-" if "-" in {match[1], match[3]} else "") + digits


def _ungrouped(digits: str, sign: str) -> str | None:
    if _DECIMAL.match(digits):
        whole, point, rest = digits.partition(".")
        if _THOUSAND.match(digits):
            return None  # how half of Europe writes a thousand
        return f"{whole.lstrip('0') or '0'}{point}{rest}"
    if sign in {"$", "£"} and _DOLLARS.match(digits):
        return digits.replace(",", "")
    if any(form.match(digits) for form in (*_GROUPED, *_ONE_GROUP)):
        return _plain(digits)
    return None


def _plain(digits: str) -> str:
    """Grouped digits without their groups; the last separator is the point where it stands there only once."""
    last = next(char for char in reversed(digits) if not char.isdigit())
    if digits.count(last) > 1:
        return re.sub(r"\D", "", digits)
    whole, _, rest = digits.rpartition(last)
    return f"{re.sub(r'[^0-9]', '', whole)}.{rest}"


def integer_in(value: str | float) -> int | None:
    """The integer that a text or a float is, None where it is none or has a fraction."""
    if not isinstance(value, str):
        return whole_of(value)
    digits = number_in(value)
    if digits is None and (group := _ONE_WHOLE_GROUP.match(value.strip())):
        # As one and a fraction it would be no integer: one reading is left, unless the fraction is nothing.
        return None if group[3] == "000" and group[2] in ",." else int(f"{group[1]}{group[3]}")
    if digits is None or "e" in digits.lower():
        return None
    whole, _, rest = digits.partition(".")
    return None if rest.strip("0") else int(whole)


def float_in(text: str) -> int | float | None:
    """The number that a text is: an integer where it is written as one."""
    digits = number_in(text)
    if digits is None:
        return None
    if digits.lstrip("-").isdigit():
        return int(digits)
    value = float(digits)
    vanished = value == 0 and Decimal(digits) != 0
    return None if vanished or math.isinf(value) else value


def is_base64(text: str) -> bool:
    """Whether a text is Base64 to its last character; line breaks mean nothing in it."""
    return _BASE64.fullmatch("".join(text.split())) is not None


def truth_in(text: str) -> bool | None:
    """Yes or no, true or false, in any case."""
    return _TRUTH.get(text.strip().rstrip(".").casefold())


def choice_in(text: str, choices: Sequence[Json]) -> tuple[Json, ...]:
    """The choices that a text equals but for case, spaces and punctuation; more than one is no answer.

    A word inside another is none ("disapproved" is not "approved"), and signs with a meaning (+, #, %) stay.
    """
    texts = [choice for choice in choices if isinstance(choice, str)]
    if len(text) > 4 * max(map(len, texts), default=0) + 20:
        return ()
    exact = tuple(choice for choice in texts if choice.strip().casefold() == text.strip().casefold())
    if exact:
        return exact
    wanted = _words(text)
    if not wanted:
        return ()
    return tuple(choice for choice in texts if _words(choice) == wanted)


_SEPARATORS = re.compile(r"(?<!\d)[\s_.,;:!?'\"’“”()\[\]-]+|[\s_.,;:!?'\"’“”()\[\]-]+(?!\d)")


def _words(text: str) -> str:
    """Letters and digits alone. Separators between digits count (1.5 is not 15), and so does a minus sign."""
    kept = _SEPARATORS.sub("", text).casefold()
    return f"-{kept}" if re.match(r"\s*[-−]\s*\d", text) else kept
