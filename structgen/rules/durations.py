"""Durations: "1 hr 20 min", "2 hours hrs 30 minutes mins", "1h30", ISO 8601's PT1H20M."""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.rules.document.vocabulary import fold, lexicon

_ISO = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})(?:\.\d+)?S)?)?(?!\w)")
_CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)\s?(?:h\b|hrs?\b|hours?\b|std\b|uur\b)")
_PART = re.compile(
    r"(?<![\d.,/-])(\d{1,4}(?:[.,]\d{1,2})?)?\s?([½¼¾])?[ \u00a0-]?([^\W\d_]{1,9})(?![^\W\d_])\.?|(?<=h)(\d{2})(?!\d)"
)
_BETWEEN = re.compile(r"[\s,&+]*(?:(?:and|und|et|y|e|en|og|och)\b\s*)?", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:[-–—]|to|bis|à|a|tot|or|of)\s*\d", re.IGNORECASE)
_LOOSE = re.compile(r"\s+[0-5]?\d(?![\d.,/:]|\s?[^\W\d_])")
"""A number without a unit after hours: minutes perhaps, and perhaps something else."""
_VULGAR = {"½": 0.5, "¼": 0.25, "¾": 0.75}


@dataclass(frozen=True, slots=True)
class Duration:
    """A duration in seconds and where it stands."""

    seconds: float
    start: int
    end: int


def find_duration(text: str) -> Duration | None:
    """The duration that a text begins with, but for signs; None where it is a range or names no unit."""
    start = len(text) - len(text.lstrip(" \t\u00a0:~≈.-–"))
    for pattern in (_ISO, _CLOCK):
        match = pattern.match(text, start)
        if match and any(match.groups()):
            return Duration(_seconds(match), match.start(), match.end())
    return _spoken(text, start)


def _seconds(match: re.Match[str]) -> float:
    parts = [int(part or 0) for part in match.groups()]
    return (
        parts[0] * 3600 + parts[1] * 60
        if len(parts) == 2
        else sum(part * size for part, size in zip(parts, (86400, 3600, 60, 1), strict=True))
    )


def _spoken(text: str, start: int) -> Duration | None:
    """Numbers with units, added up; a unit said twice ("minutes mins") counts once."""
    at = end = start
    total, seen = 0.0, list[int]()
    while match := _PART.match(text, at):
        count, size = _count(match), _size(match, seen)
        if not size or (count is None and not seen):
            break
        if count is not None:
            if size in seen:
                break
            total, seen = total + count * size, [*seen, size]
        elif size != seen[-1]:
            break
        end = match.end()
        at = _after(text, end)
    if not seen or _RANGE.match(text, end) or (seen[-1] == 3600 and _LOOSE.match(text, end)):
        return None
    return Duration(total, start, end)


def _after(text: str, at: int) -> int:
    gap = _BETWEEN.match(text, at)
    return gap.end() if gap else at


def _count(match: re.Match[str]) -> float | None:
    if match.group(4):
        return float(match.group(4))
    if not match.group(1) and not match.group(2):
        return None
    value = float((match.group(1) or "0").replace(",", "."))
    return value + _VULGAR.get(match.group(2) or "", 0)


def _size(match: re.Match[str], seen: list[int]) -> int:
    if match.group(4):
        return 60 if seen and seen[-1] == 3600 else 0
    return lexicon().units.get(fold(match.group(3)), 0)
