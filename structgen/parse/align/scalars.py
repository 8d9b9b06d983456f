"""Convert scalars that are written in another form, if the form has only one meaning."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from structgen.core.json import Json
from structgen.parse.json_values import MAX_DIGITS, decimal_of, is_bounded, whole_of

if TYPE_CHECKING:
    from structgen.notation.readings import Number

_PLAIN = re.compile(r"([+-]?)(\d+(?:\.\d+)?|\.\d+)\Z", re.ASCII)
"""A number as programming languages write it, which needs no reader of notation."""
_THOUSAND = re.compile(r"[1-9]\d{0,2}\.\d{3}\Z", re.ASCII)
"""A thousand, as half of Europe writes it."""
_EXPONENT = re.compile(r"([+-]?\d+(?:\.\d+)?[eE][+-]?\d{1,3})\Z", re.ASCII)
_MAY_BE_NUMBER = re.compile(
    r"[^\da-z]*(?:\d|[^\W\d_a-z]|[^\W\d_]{1,4}[.$€£]?[ \u00a0\u202f]?[-+\u2212]?\d"
    r"|minus|negative|an?\b|half|zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thir|fif|twen|for|eigh"
    r"|once|twice|dozen|hundred|thousand|million|billion|trillion|quarter)",
    re.IGNORECASE,
)
"""How every number begins; most other texts do not, and need not be read."""
_SIGN_BEHIND = re.compile(r"[$€£¥₹₩₽₺₫₴₪฿]")
_MOST_CHARS = 400
_TOO_LARGE = 10**MAX_DIGITS
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")

_TRUTH = {"yes": True, "true": True, "no": False, "false": False}


def number_in(text: str) -> str | None:
    """Return the number that a whole text is, as JSON writes it, or None: ``"$1,299.00"`` -> ``"1299.00"``.

    The text must have exactly one reading in `structgen.notation`: ``12,5``, ``1.2 million``, "twelve". ``1,299`` may
    be a thousand or one and a fraction, ``(20.00)`` an amount or a loss.
    """
    text = text.strip()
    if len(text) > _MOST_CHARS:
        return None
    if (plain := _plain(text)) is not None:
        return plain
    number = _number(text)
    if number is None or len(number.parts) == 2:  # "12 000" may be two numbers
        return None
    value, *others = {one.value for one in number.readings}
    return format(value, "f") if isinstance(value, Decimal) and not others else None


def _plain(text: str) -> str | None:
    """Return the number of a text that has no groups of digits, as JSON writes it, or None."""
    if match := _EXPONENT.match(text):
        return match[1].lstrip("+")
    match = _PLAIN.match(text)
    if match is None or _THOUSAND.match(match[2]):
        return None
    whole, point, rest = match[2].partition(".")
    return f"{match[1].strip('+')}{whole.lstrip('0') or '0'}{point}{rest}"


def _number(text: str) -> Number | None:
    """Return the number that a whole text is; None for a percentage, an ordinal, or a fraction like 4/5."""
    if not _MAY_BE_NUMBER.match(text):
        return None
    from structgen.notation.numbers import whole_number  # here, because most responses have no such text

    number = whole_number(text)
    if number is None or number.ordinal or any(one.percent for one in number.readings):
        return None
    if number.currency and number.currency[0] < number.digits and _SIGN_BEHIND.search(text, number.digits_end):
        return None  # two currencies
    joints = {text[part.digits_end] for part in number.parts[:-1]}
    return number if joints <= {" "} else None


def integer_in(value: str | float) -> int | None:
    """Return the integer that a text or a float is; None if it has a fraction or may be one of two integers.

    ``1,200`` is 1200, because one and a fraction is not an integer. ``12,000`` may be twelve thousand or twelve.
    """
    if not isinstance(value, str):
        return whole_of(value)
    text = value.strip()
    if len(text) > _MOST_CHARS:
        return None
    if (plain := _plain(text)) is not None:
        values = {Decimal(plain)} if is_bounded(plain) else set[Decimal]()
    else:
        number = _number(text)
        values = {one.value for one in number.readings} if number else set[Decimal]()
    wholes = {int(one) for one in values if abs(one) < _TOO_LARGE and one == int(one)}
    return wholes.pop() if len(wholes) == 1 else None


def float_in(text: str) -> int | float | None:
    """Return the number that a text is, as an int if it is written as one, or None."""
    digits = number_in(text)
    if digits is None:
        return None
    if digits.lstrip("-").isdigit():
        return int(digits)
    value = float(digits)
    vanished = value == 0 and Decimal(digits) != 0
    return None if vanished or math.isinf(value) else value


def is_base64(text: str) -> bool:
    """Whether a whole text is Base64, apart from white space."""
    return _BASE64.fullmatch("".join(text.split())) is not None


def truth_in(text: str) -> bool | None:
    """Return the boolean for yes, no, true or false in any case, or None."""
    return _TRUTH.get(text.strip().rstrip(".").casefold())


def choice_in(text: str, choices: Sequence[Json]) -> tuple[Json, ...]:
    """Return the choices that equal a text apart from case, spaces and punctuation.

    A word within another does not count ("disapproved" is not "approved"), and signs with a meaning (+, #, %) do.
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


def is_other_form_of(value: Json, choice: Json) -> bool:
    """Whether a value is this choice in another form: ``"10"`` is 10, ``10.0`` is 10, ``"yes"`` is true."""
    if isinstance(choice, bool):
        return isinstance(value, str) and truth_in(value) is choice
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not isinstance(choice, int | float):
        return False
    written = number_in(value) if isinstance(value, str) else decimal_of(value)
    return written is not None and Decimal(written) == decimal_of(choice)


_SEPARATORS = re.compile(r"(?<!\d)[\s_.,;:!?'\"’“”()\[\]-]+|[\s_.,;:!?'\"’“”()\[\]-]+(?!\d)")


_GRADED = re.compile(r"\s*[A-Za-z]{1,2}[-\u2212]\s*\Z")
"""A grade or blood group with a minus, which is not the one without: "A-"."""


def _words(text: str) -> str:
    """Return the text without separators, except those between digits (1.5 is not 15) and a minus sign."""
    kept = _SEPARATORS.sub("", text).casefold()
    if _GRADED.match(text):
        return f"{kept}-"
    return f"-{kept}" if re.match(r"\s*[-−]\s*\d", text) else kept
