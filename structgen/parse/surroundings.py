"""What stands before, between and behind the values of a response: a part of them, a value itself, or prose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from structgen.core.options import Risk
from structgen.core.results import Issue, Repair
from structgen.parse.json_values import same
from structgen.parse.lenient.reader import read_lenient
from structgen.parse.reading import Reading
from structgen.parse.strict_json import strict_json

Piece = tuple[int, int]
"""A part of the text that belongs to no value, by its offsets."""

_AROUND = (
    ("fence", re.compile(r"```|~~~")),
    (
        "tool_call_tags",
        re.compile(r"<\|?/?(?:tool_call|function|python_tag|invoke|tool)|\[TOOL_CALLS\]", re.IGNORECASE),
    ),
    ("prose", re.compile(r"\S")),
)
"""What may stand around the value -> how to know it."""

_BEFORE = re.compile(r"[\"']\s{0,20}:\s{0,20}\Z")
_QUOTED = r"(?:\"(?:[^\"\\\n]|\\.){0,200}\"|'(?:[^'\\\n]|\\.){0,200}')"
_MEMBER = rf"(?:{_QUOTED}\s*[:,\]}}]|-?\d[\d.]{{0,30}}\s*[,\]}}])"
_GOES_ON = re.compile(
    rf"[}}\])]*(?:[\w\[]|[\"'][^\s\"'.,;:)]|\.\d)|[}}\]\s]*(?:{_MEMBER}|,\s*(?:[\"'\d\[-]|null\b|true\b|false\b))"
)
"""Behind the end: what touches it, or a member or item (but not an object, which may be one of several)."""
_CLOSES = re.compile(r"\s*[}\],]")
_COMMA = re.compile(r"\s*,\s*")
_NUMBERING = re.compile(r"\s*,\s*\d{1,4}[.)]\s*")
_SQUARE = re.compile(r"(?<!\\)[\[\]]")
_LIST_BEGUN = re.compile(r"\[\s{0,200}[\d\"'{\[(-]")
_MARKUP = re.compile(r"(?:```|~~~)\w*|<[^<>\n]{1,100}>|\[TOOL_CALLS\]")
_SEPARATORS = re.compile(r"(?:[\s,;]|(?:```|~~~)\w*)+")
_SCALAR = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|(?:true|false|null)\b")
_WORD = re.compile(r"[^\W\d_]{2}")
_COUNTING = re.compile(
    r"\b(?:and|then|next|also|finally|first|second|third|fourth|fifth|last|item|entry|object|record|number|no|nr)\b",
    re.IGNORECASE,
)
"""Words between values that only lead from one to the next."""


def named(outside: str) -> tuple[Repair, ...]:
    """The one thing worth naming in what stands around the values, with all of it."""
    for rule, sign in _AROUND:
        if sign.search(outside):
            return (Repair(rule, "", outside.strip(), None, Risk.LOSSLESS),)
    return ()


def has_words(outside: str) -> bool:
    """Whether anybody says something around the values; tags and the label of a fence are no words."""
    return _WORD.search(_MARKUP.sub("", outside)) is not None


def torn(text: str, reading: Reading) -> Reading:
    """A value that is part of something larger whose own brackets are missing or closed too early is no answer."""
    if reading.open or not (_is_member(text, reading) or _GOES_ON.match(text, reading.end)):
        return reading
    shown = text[reading.end : reading.end + 40]
    issue = Issue("", "the text goes on as if this were closed too early", "syntax", shown)
    return replace(reading, issues=(*reading.issues, issue))


def _is_member(text: str, reading: Reading) -> bool:
    """Whether a value stands behind a key, and the end of an object behind it."""
    before = _BEFORE.search(text, max(reading.start - 42, 0), reading.start)
    return before is not None and _CLOSES.match(text, reading.end) is not None


def told_apart(text: str, readings: Sequence[Reading]) -> list[Reading]:
    """The values, each torn where it is. One that is followed by a comma and the next value is not torn: it is one of
    several. So it is where the next one has a number of its own, as in ``1. {...}, 2. {...}``.
    """
    found: list[Reading] = []
    joined = corrects = False
    for index, reading in enumerate(readings):
        gap = (reading.end, readings[index + 1].start) if index + 1 < len(readings) else None
        comma = gap is not None and _COMMA.fullmatch(text, *gap) is not None
        whole = (comma or (gap is not None and _NUMBERING.fullmatch(text, *gap))) and not _is_member(text, reading)
        kept = reading if whole else torn(text, reading)
        found.append(replace(kept, joined=joined, corrects=corrects))
        joined, corrects = comma, gap is not None and has_words(_COUNTING.sub("", text[slice(*gap)]))
    return found


def as_calls(readings: Sequence[Reading]) -> tuple[list[Reading], tuple[Repair, ...]]:
    """The values that different calls of a tool gave: equal ones are one, and the rest may be parts of one list."""
    calls: list[Reading] = []
    for reading in readings:
        sound = (one for one in calls if not one.issues and not reading.issues)
        if not any(same(reading.value, one.value) for one in sound):
            calls.append(replace(reading, joined=bool(calls)))
    again = (Repair("repeated", "", None, None, Risk.LOSSLESS),) if len(calls) < len(readings) else ()
    return calls, again


def without_enclosed(text: str, readings: Sequence[Reading], pieces: Sequence[Piece]) -> list[Reading]:
    """The values; those that stand in brackets which nobody could read as a list give way to that list.

    A part of it is no answer. `pieces` stand before, between and behind the values. The bracket of such a list may also
    be missing at its end.
    """
    kept: list[Reading] = []
    opened: list[tuple[int, int]] = []
    for index, piece in enumerate(pieces):
        for bracket in _SQUARE.finditer(text, *piece):
            if bracket[0] == "[":
                opened.append((bracket.start(), len(kept)))
            elif opened:
                start, count = opened.pop()
                if len(kept) > count:
                    kept[count:] = [_unreadable(text, start, bracket.end())]
        kept.extend(readings[index : index + 1])
    for start, count in opened:
        if len(kept) > count and _LIST_BEGUN.match(text, start):
            kept[count:] = [_unreadable(text, start, len(text))]
    return kept


def _unreadable(text: str, start: int, end: int) -> Reading:
    """A list that holds values and cannot be read."""
    issue = Issue("", "is within brackets that cannot be read as a list", "syntax", text[start : start + 40])
    return Reading(None, start, end, (), (issue,), ("",))


def bare_values(text: str, pieces: Sequence[Piece]) -> list[Reading]:
    """The scalars, tuples and lists around the other values, if nothing else stands there: they are no prose then."""
    found: list[Reading] = []
    for start, end in pieces:
        at = start
        while at < end:
            if gap := _SEPARATORS.match(text, at, end):
                at = gap.end()
                continue
            reading = _bare_value(text, at, end)
            if reading is None:
                return []
            found.append(reading)
            at = reading.end
    return found


def _bare_value(text: str, at: int, end: int) -> Reading | None:
    """The scalar, tuple or list that stands here; None where something else does."""
    if text[at] in "([":
        reading = read_lenient(text, at)
        sound = reading.json_like and not reading.open and reading.end <= end
        return reading if sound and not any(repair.rule == "unquoted" for repair in reading.repairs) else None
    scalar = _SCALAR.match(text, at, end)
    try:
        return Reading(strict_json(scalar[0].encode()).value, at, scalar.end()) if scalar else None
    except ValueError:
        return None
