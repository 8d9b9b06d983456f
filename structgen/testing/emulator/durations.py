"""Durations as Go prints them, which is how Groq writes its waits: ``2m59.56s``, ``7.66s``, ``172ms``."""

from __future__ import annotations

_SECOND = 1_000_000_000  # nanoseconds, Go's resolution
_UNITS = (("ms", 1_000_000), ("µs", 1_000), ("ns", 1))


def format_duration(seconds: float) -> str:
    """Go's words for so many seconds, 0 or more: below one in the largest unit that fits, else in h, m and s."""
    nanoseconds = round(seconds * _SECOND)
    if nanoseconds <= 0:
        return "0s"
    if nanoseconds < _SECOND:
        name, size = next(unit for unit in _UNITS if nanoseconds >= unit[1])
        return _decimal(nanoseconds, size) + name
    minutes, rest = divmod(nanoseconds, 60 * _SECOND)
    hours, minutes = divmod(minutes, 60)
    larger = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{larger}{_decimal(rest, _SECOND)}s"


def _decimal(amount: int, size: int) -> str:
    """`amount` / `size`, `size` being a power of ten, without a digit too many."""
    whole, part = divmod(amount, size)
    digits = str(size + part)[1:].rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)
