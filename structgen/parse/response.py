"""A response of several parts: the calls of a function that the model made, and what it said beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from structgen.core.options import Risk
from structgen.core.results import Issue, Parsed, Repair
from structgen.forms import AnswerForm
from structgen.parse.answer import choose
from structgen.parse.candidates import MOST_READINGS, Found
from structgen.parse.ended import ended, is_cut, noted
from structgen.parse.judge import Job
from structgen.parse.read import MAX_CHARS, crowded, job_for, parse_one, too_deep, too_large, unwrapped, values_in
from structgen.parse.reading import Reading
from structgen.parse.surroundings import merge_tool_calls
from structgen.schema import Schema

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Parts:
    """The texts of one response: `answers`, each of which should hold the answer, and what was said `beside` them.

    `other` is the name of the function that was called in place of the one that was asked for, `asked`.
    """

    answers: tuple[str, ...]
    beside: tuple[str, ...] = ()
    other: str = ""
    asked: str = ""


def parse_parts(
    schema: Schema[T],
    parts: Parts,
    *,
    finish_reason: str | None = "stop",
    max_risk: Risk = Risk.INTERPRETIVE,
    form: AnswerForm | None = None,
    document: str | None = None,
) -> Parsed[T]:
    """Read a response of several parts as `parse_text` reads one.

    Equal answers are one; where a list is wanted, several are collected for it; else they are refused, and all are
    shown. Values beside the answers must say the same.
    """
    try:
        parsed = _parsed(job_for(schema, max_risk, form, document), parts, is_cut(finish_reason))
    except RecursionError:
        parsed = too_deep()
    parsed = ended(parsed, finish_reason, max_risk)
    if not parts.other or not parsed.ok:
        return parsed
    note = Repair("other_tool", "", parts.other, parts.asked, Risk.INTERPRETIVE)
    return noted(parsed, note, f"is a call of {parts.other!r}, not of {parts.asked!r}", max_risk)


def _parsed(job: Job[T], parts: Parts, cut: bool) -> Parsed[T]:
    beside = tuple(text for text in parts.beside if text.strip())
    answers = tuple(text for text in parts.answers if text.strip()) or parts.answers[:1]
    if sum(map(len, (*answers, *beside))) > MAX_CHARS:
        return too_large(MAX_CHARS)
    said = [values_in(unwrapped(job), text) for text in beside]
    if len(answers) == 1 and not any(one.readings or one.crowded for one in said):
        parsed = parse_one(job, answers[0], cut)
        around = tuple(repair for one in said for repair in one.around)
        return replace(parsed, repairs=(*around, *parsed.repairs)) if parsed.ok and around else parsed
    found = _together([_one(text, values_in(job, text)) for text in answers], said)
    if found.crowded:
        return crowded()
    return choose(replace(job, tags=found.tags), found, cut)


def _one(text: str, found: Found) -> Found:
    """The values of a call; a text that holds none is one that cannot be read."""
    if found.readings or found.crowded:
        return found
    issue = Issue("", "holds no JSON", "syntax", text[:40])
    return replace(found, readings=(Reading(None, 0, len(text), (), (issue,), ("",)),))


def _together(calls: Sequence[Found], said: Sequence[Found]) -> Found:
    """The values of all parts. Those of several calls may be parts of one list; equal ones are one."""
    around = [repair for one in (*said, *calls) for repair in one.around]
    beside = Found(tuple(one for part in said for one in part.readings), words=any(part.words for part in said))
    readings = [reading for call in calls for reading in call.readings]
    full = any(one.crowded for one in (*calls, *said)) or len(readings) + len(beside.readings) > MOST_READINGS
    if not full and len(readings) == len(calls):
        readings, again = merge_tool_calls(readings)
        around += again
    return Found(tuple(readings), tuple(around), full, any(one.words for one in calls), beside)
