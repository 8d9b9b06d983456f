"""Format a Progress as the lines of the panel, or as one plain line. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from structgen.core.progress import Progress
from structgen.engine.progress.progress_words import (
    cost_words,
    count_words,
    done_words,
    duration,
    left_words,
    speed_words,
    wait_words,
)

LEAST_BAR = 10
"""Minimum columns of a useful bar."""


def plain_line(shown: Progress, now: datetime) -> str:
    """Return everything on one line."""
    counts = f"{done_words(shown)} documents: {', '.join(count_words(shown))}"
    parts = [counts, ", ".join([*speed_words(shown), *cost_words(shown)]), wait_words(shown, _until(shown, now))]
    return "; ".join(filter(None, [*parts, left_words(shown)]))


def panel_lines(shown: Progress, width: int, now: datetime) -> list[str]:
    """Return the lines below the bar, none of them longer than `width`."""
    lines = [*packed(count_words(shown), width), *packed([*speed_words(shown), *cost_words(shown)], width)]
    wait = wait_words(shown, _until(shown, now))
    return [*lines, *packed(wait.split(), width, between=" ")]


def bar_words(shown: Progress) -> str:
    """Return the text beside the bar."""
    percent = f"{100 * shown.done // shown.total} %" if shown.total else ""
    return "  ".join(filter(None, [done_words(shown), percent, left_words(shown) or duration(shown.seconds)]))


def packed(parts: list[str], width: int, between: str = "  ") -> list[str]:
    """Put as many parts on each line as fit. A part that is too long is cut."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(between) + len(part) <= width:
            lines[-1] += between + part
        else:
            lines.append(part if len(part) <= width else part[: width - 1] + "…")
    return lines


def _until(shown: Progress, now: datetime) -> str:
    return (now + timedelta(seconds=shown.waiting_left)).strftime("%H:%M:%S") if shown.waiting_for else ""
