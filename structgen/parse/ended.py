"""Judge a parsed response by its finish reason: whether it may be cut off, and what goes on record."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from structgen.core.finish_reasons import Ending, ending_of
from structgen.core.options import Risk
from structgen.core.results import Issue, Parsed, Repair

T = TypeVar("T")

RULE = "finish_reason"


def is_cut(finish_reason: str | None) -> bool:
    """Whether the response may be cut off: then only a closed value counts, and a bare number may lack digits."""
    return ending_of(finish_reason) is not Ending.WHOLE


def ended(parsed: Parsed[T], finish_reason: str | None, max_risk: Risk) -> Parsed[T]:
    """Record an unusual finish reason, or add it to the issues of a response that lacks something.

    A closed value was not cut off, whatever the finish reason. But a filter may also have removed something inside the
    value, so accepting it is an interpretation.
    """
    ending = ending_of(finish_reason)
    if ending not in _SAID:
        return parsed
    words, risk = _SAID[ending]
    message = words.format(f"finish_reason {finish_reason!r}" if finish_reason else "no finish_reason")
    if parsed.ok:
        return noted(parsed, Repair(RULE, "", finish_reason or None, None, risk), message, max_risk)
    missing = bool(parsed.open) or parsed.partial is None
    return replace(parsed, issues=(Issue("", message, "cut_off", finish_reason), *parsed.issues)) if missing else parsed


_SAID = {
    Ending.FILTERED: ("was stopped by a content filter ({})", Risk.INTERPRETIVE),
    Ending.UNKNOWN: ("may be cut off ({})", Risk.LOSSLESS),
}


def noted(parsed: Parsed[T], note: Repair, words: str, max_risk: Risk) -> Parsed[T]:
    """Add a repair of the whole to an accepted value; refuse it with the message `words` if the risk is not allowed."""
    if note.risk > max_risk:
        issue = Issue("", words, "risk", note.before, repair=note)
        return Parsed(False, None, (issue,), parsed.repairs, parsed.given, quotes=parsed.quotes)
    return replace(parsed, repairs=(note, *parsed.repairs))
