"""What the end of a response, in the server's words, means for what was read in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from structgen.core.finish_reasons import Ending, ending_of
from structgen.core.options import Risk
from structgen.core.results import Issue, Parsed, Repair

T = TypeVar("T")

RULE = "finish_reason"


def is_cut(finish_reason: str | None) -> bool:
    """Whether more may have been meant to follow: then only a value that is closed counts, and no bare number."""
    return ending_of(finish_reason) is not Ending.WHOLE


def ended(parsed: Parsed[T], finish_reason: str | None, max_risk: Risk) -> Parsed[T]:
    """The same with a word on an end that is not the usual one.

    A whole value was not cut off, whatever the server calls the end: where it does not say, that is all there is to
    tell. A filter may have taken something out of the value too, so that taking it as it is interprets it. A response
    that is refused because something is missing says why it may be.
    """
    ending = ending_of(finish_reason)
    if ending not in _SAID:
        return parsed
    words, risk = _SAID[ending]
    said = words.format(repr(finish_reason) if finish_reason else "nothing")
    if parsed.ok:
        return noted(parsed, Repair(RULE, "", finish_reason or None, None, risk), said, max_risk)
    missing = bool(parsed.open) or parsed.partial is None
    return replace(parsed, issues=(Issue("", said, "cut_off", finish_reason), *parsed.issues)) if missing else parsed


_SAID = {
    Ending.FILTERED: ("was stopped by a filter of the server (finish_reason {})", Risk.INTERPRETIVE),
    Ending.UNKNOWN: ("may be cut off: the server says {} of why it ends", Risk.LOSSLESS),
}


def noted(parsed: Parsed[T], note: Repair, words: str, max_risk: Risk) -> Parsed[T]:
    """An accepted value with one more repair of the whole; refused in these words where its risk is not allowed."""
    if note.risk > max_risk:
        issue = Issue("", words, "risk", note.before, repair=note)
        return Parsed(False, None, (issue,), parsed.repairs, parsed.given, quotes=parsed.quotes)
    return replace(parsed, repairs=(note, *parsed.repairs))
