"""Judge a parsed response by its finish reason: whether it may be cut off, and what goes on record."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from structgen.core.finish_reasons import Ending, ending_of
from structgen.core.options import Risk
from structgen.core.results import Issue, Parsed, Repair

T = TypeVar("T")

RULE = "finish_reason"


def may_be_cut(finish_reason: str | None) -> bool:
    """Whether the response may be cut off: then only a closed value counts, and a bare number may lack digits."""
    return ending_of(finish_reason) is not Ending.WHOLE


def judge_finish(parsed: Parsed[T], finish_reason: str | None, max_risk: Risk) -> Parsed[T]:
    """Record an unusual finish reason, or add it to the issues of a response that lacks something.

    A closed value was not cut off, even if the finish reason says so. But a filter may also have removed something
    inside the value, so accepting it is an interpretation.
    """
    ending = ending_of(finish_reason)
    if ending not in _UNUSUAL:
        return parsed
    template, risk = _UNUSUAL[ending]
    message = template.format(f"finish_reason {finish_reason!r}" if finish_reason else "no finish_reason")
    if parsed.ok:
        return with_repair(parsed, Repair(RULE, "", finish_reason or None, None, risk), message, max_risk)
    missing = bool(parsed.open) or parsed.partial is None
    return replace(parsed, issues=(Issue("", message, "cut_off", finish_reason), *parsed.issues)) if missing else parsed


_UNUSUAL = {
    Ending.FILTERED: ("was stopped by a content filter ({})", Risk.INTERPRETIVE),
    Ending.UNKNOWN: ("may be cut off ({})", Risk.LOSSLESS),
}


def with_repair(parsed: Parsed[T], repair: Repair, message: str, max_risk: Risk) -> Parsed[T]:
    """Add a repair of the whole response to an accepted value; refuse it with this message if its risk is too high."""
    if repair.risk > max_risk:
        issue = Issue("", message, "risk", repair.before, repair=repair)
        return Parsed(False, None, (issue,), parsed.repairs, parsed.given, quotes=parsed.quotes)
    return replace(parsed, repairs=(repair, *parsed.repairs))
