"""The progress of a run in words, the same for every display."""

from __future__ import annotations

from structgen.core.progress import Progress
from structgen.core.screen import usd, visible_line


def count_words(shown: Progress) -> list[str]:
    """Return how many texts ended in which way."""
    parts = [f"{shown.ok:,} ok"]
    named = (("incomplete", shown.incomplete), ("failed", shown.failed), ("repaired", shown.repaired))
    parts += [f"{count:,} {name}" for name, count in (*named, ("asked again", shown.asked_again)) if count]
    return parts


def done_words(shown: Progress) -> str:
    """Return how many texts of how many have ended."""
    return f"{shown.done:,}" if shown.total is None else f"{shown.done:,}/{shown.total:,}"


def speed_words(shown: Progress) -> list[str]:
    """Return the rates of the last minute."""
    rate = shown.documents_a_second
    parts = [f"{rate:,.0f} documents/s" if rate >= 10 else f"{rate:.2g} documents/s"]
    return [*parts, f"{shown.tokens_a_minute:,.0f} tokens/min"] if shown.calls else parts


def cost_words(shown: Progress) -> list[str]:
    """Return the cost so far and that of the whole run, if a model was called."""
    if not shown.calls:
        return []
    if shown.cost is None:
        return ["cost unknown"]
    least = "at least " if shown.untold_calls else ""
    parts = [f"{least}{usd(shown.cost)} so far"]
    return parts if shown.projected_cost is None else [*parts, f"about {usd(shown.projected_cost)} in all"]


def wait_words(shown: Progress, clock: str = "") -> str:
    """Return what the next call waits for, or "". `clock` is the time of day at which the wait ends."""
    if shown.waiting_for is None:
        return ""
    until = f", until {clock}" if clock else ""
    return visible_line(f"waiting for {shown.waiting_for}: {shown.waiting_left:.0f} s{until}")  # servers name limits


def left_words(shown: Progress) -> str:
    """Return how long the run still takes, or "" if that is not known."""
    return "" if shown.seconds_left is None or not shown.total else f"{duration(shown.seconds_left)} left"


def duration(seconds: float) -> str:
    """Return a duration as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
