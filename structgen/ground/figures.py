"""How the digits of a number stand in what is written around them: alone, as an end of a range, or in another thing.

The two ends of ``5-10``, both sides of ``120/80`` and the parts of a date are numbers that the text gives. The digits
of a time (``12:30``), of a phone number (``555-1234``), of a code (``A12``, ``COVID-19``) and of a kitchen fraction
(``1/3``) are not.
"""

from __future__ import annotations

import re

from structgen.ground.places import Grade
from structgen.notation.affixes import BEFORE
from structgen.notation.affixes import MINUSES as DASHES

_ONE = r"\d++(?:[.,'’\u066b\u066c]\d++)*+"
"""A number with its separators, forwards and backwards."""
_CHAINED = re.compile(rf"(?:[{DASHES}/:]{_ONE})*+")
_LONGEST_PIECE = 24
_JOINTS_BUT_SLASHES = frozenset(f"{DASHES}:")
_JOINT = re.compile(rf"[{DASHES}/:]")
_LONGEST_CHAIN = 64
"""Characters looked at on either side; more make no thing that has a name."""
_PREFIX = re.compile(rf"(?:{BEFORE}|(?<![^\W\d_])(?:US|CA|AU|NZ|HK|[RSQxX]))$")
"""Letters that stand right before a number without being part of it: currencies, the Q of a quarter, the x of "x2"."""
_UNIT_AFTER = re.compile(
    r"\s?(?:%|°|€|\$|(?:min|mins|minuten?|minutes?|hours?|hrs?|h|std|sec|seconds?|days?|weeks?|months?|years?|[kmµ]?g|m?l|[cmk]?m"
    r"|kcal|cal|oz|lbs?|cups?|tsp|tbsp|people|persons|servings?)(?![^\W_]))"
)
"""What tells that a number measures something, even where the word before it is glued on: "Total time40 min"."""
_CAPITALS = re.compile(r"(?<![^\W_])(?:[^\W\d_a-z]{1,6}|[a-z])$")
_CODE_AFTER = re.compile(r"(?![eE]\d{1,3}(?!\w))[^\W\d_]+\d")
_TIME = re.compile(r"\d{1,2}:[0-5]\d(?::[0-5]\d)?")
_PHONE = re.compile(r"\d{3}-\d{4}")
_DIALLED = re.compile(
    r"(?:\+|(?<!\w)(?i:tel(?:ephone|efon)?|phone|fax|mobile)[.:]{0,2}\s\(?)\d{1,5}(?:[ \u00a0().-]{1,3}\d{1,5}){2,7}"
)
"""A phone number in groups, behind what tells that it is one."""
_FEWEST_DIALLED, _LONGEST_DIALLED = 9, 48
_MODEL = re.compile(r"(?<![^\W_])[^\W\d_a-z][a-z]++[ \u00a0]([1-9]\d\d)[-\u2010\u2011]$")
"""A name with a number of three digits and a hyphen: the "Boeing 737-" of "Boeing 737-19", where no range goes up."""
_DATE = re.compile(r"(\d{1,4})(\D)(\d{1,2})\2(\d{1,4})")
_KITCHEN = frozenset({2, 3, 4, 6, 8, 16, 32, 64})
"""What measures are divided by; below another number (``4/5``, ``3/10``) stands one that counts."""


def standing(text: str, start: int, end: int) -> Grade | None:
    """How good a place the number ``text[start:end]`` is for its value; None where it is part of another thing."""
    before = text[max(0, start - _LONGEST_CHAIN) : start]
    after = text[end : end + _LONGEST_CHAIN]
    grade = _glued(before, after)
    if grade is None:
        return None
    if _is_dialled(text, start, end):
        return None
    left, right = _reach(before[::-1]), _reach(after)
    if (model := _MODEL.search(before)) and text[start:end].isdecimal() and int(model[1]) > int(text[start:end][:4]):
        return Grade.EITHER
    if not left and not right:
        return grade
    return _in_chain(before[len(before) - left :], text[start:end], after[:right])


def glued(text: str, start: int, end: int) -> Grade | None:
    """The same by what is right before and right after it alone, without dashes, slashes and colons."""
    return _glued(text[max(0, start - _LONGEST_CHAIN) : start], text[end : end + _LONGEST_CHAIN])


def chain(text: str, start: int, end: int) -> tuple[int, int]:
    """The offsets of all that is joined to these digits by dashes, slashes and colons: the whole ``415-555-1234``."""
    left, right = text[max(0, start - _LONGEST_CHAIN) : start], text[end : end + _LONGEST_CHAIN]
    return start - _reach(left[::-1]), end + _reach(right)


def _is_dialled(text: str, start: int, end: int) -> bool:
    """Whether this is one group of a phone number; all of its digits may also be a number, "+12 345 678"."""
    low, high = max(0, start - _LONGEST_DIALLED), end + _LONGEST_DIALLED
    if text[end : end + 1].isalnum():
        return False
    for match in _DIALLED.finditer(text, low, high):
        if match.start() < start < match.end() or match.start() < end < match.end():
            digits = sum(map(str.isdecimal, match.group()))
            return digits >= _FEWEST_DIALLED and not (match.end() == end and match.start() + 1 >= start)
    return False


def _reach(around: str) -> int:
    """How many characters of more digits, each group behind a joint, come next."""
    match = _CHAINED.match(around)
    return match.end() if match else 0


def _glued(before: str, after: str) -> Grade | None:
    """What letters right before or right after the number make of it."""
    if before[-1:] == "_" or _CODE_AFTER.match(after):
        return Grade.INSIDE if _is_size(after) else None
    if before[-1:].isalpha() and before[-1] < "\u0e00":  # scripts from Thai on put no space before a number
        known = _PREFIX.search(before) and not after[:1].isalpha()
        return Grade.INSIDE if known or _UNIT_AFTER.match(after) else None
    if before[-1:] and before[-1] in DASHES and before[-2:-1].isalpha():
        return None if _CAPITALS.search(before[:-1]) else Grade.INSIDE
    return Grade.WRITTEN


def _is_size(after: str) -> bool:
    """Whether this is the first number of ``1920x1080``."""
    return after.startswith(("x", "X", "\u00d7")) and after[1:2].isdecimal()


def _in_chain(left: str, own: str, right: str) -> Grade | None:
    """What a number is within several that are joined."""
    written = left + own + right
    if _TIME.fullmatch(written) or _PHONE.fullmatch(written):
        round_ends = _PHONE.fullmatch(written) and written[2] == written[-1] == "0"  # ``500-1000`` is a range
        return Grade.INSIDE if round_ends else None
    pieces = [piece for piece in (*_JOINT.split(left), own, *_JOINT.split(right)) if piece]
    if max(map(len, pieces)) > _LONGEST_PIECE:
        return None
    if len(pieces) == 2:
        return None if _is_fraction(written, *pieces) else Grade.INSIDE
    sizes = "/" in written and _JOINTS_BUT_SLASHES.isdisjoint(written) and not all(map(str.isdecimal, pieces))
    return Grade.INSIDE if sizes or _is_date(written) else None


def _is_fraction(written: str, first: str, second: str) -> bool:
    """Whether two joined numbers are a fraction of the kitchen, ``1/3``; decimals are no part of one."""
    if "/" not in written or not (first.isdecimal() and second.isdecimal()):
        return False
    return int(first) < int(second) and int(second) in _KITCHEN


def _is_date(written: str) -> bool:
    match = _DATE.fullmatch(written)
    if match is None or match[2] == ":":
        return False
    first, middle, last = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) > 2:
        return len(match[4]) <= 2 and 1 <= middle <= 12 and 1 <= last <= 31
    return 1 <= min(first, middle) <= 12 and 1 <= max(first, middle) <= 31
