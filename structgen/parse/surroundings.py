"""Judge the text before, between and behind the values of a response: a part of them, another value, or prose."""

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
"""The start and end offsets of a part of the text that belongs to no value."""

_AROUND = (
    ("fence", re.compile(r"```|~~~")),
    (
        "tool_call_tags",
        re.compile(r"<\|?/?(?:tool_call|function|python_tag|invoke|tool)|\[TOOL_CALLS\]", re.IGNORECASE),
    ),
    ("prose", re.compile(r"\S")),
)
"""Rule of the repair -> the sign that a surrounding text falls under it, the most telling first."""

_KEY_BEFORE = re.compile(r"[\"']\s{0,20}:\s{0,20}\Z")
_QUOTED = r"(?:\"(?:[^\"\\\n]|\\.){0,200}\"|'(?:[^'\\\n]|\\.){0,200}')"
_MEMBER = rf"(?:{_QUOTED}\s*[:,\]}}]|-?\d[\d.]{{0,30}}\s*[,\]}}])"
_CONTINUES = re.compile(
    rf"[}}\])]*(?:[\w\[]|[\"'][^\s\"'.,;:)]|\.\d)|[}}\]\s]*(?:{_MEMBER}|,\s*(?:[\"'\d\[-]|null\b|true\b|false\b))"
)
"""Text behind a value that continues it: a word that touches it, or a member or item. An object does not continue it,
because it may be one of several."""
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


def surroundings_repair(outside: str) -> tuple[Repair, ...]:
    """Return the repair that records all text around the values, named after the most telling part of it."""
    for rule, sign in _AROUND:
        if sign.search(outside):
            return (Repair(rule, "", outside.strip(), None, Risk.LOSSLESS),)
    return ()


def has_prose(outside: str) -> bool:
    """Whether there are words around the values; tags and the label of a fence do not count."""
    return _WORD.search(_MARKUP.sub("", outside)) is not None


def mark_if_fragment(text: str, reading: Reading) -> Reading:
    """Add an issue to a value that is only a part of something larger, whose bracket is missing or closed too early."""
    if reading.open or not (_is_member(text, reading) or _CONTINUES.match(text, reading.end)):
        return reading
    excerpt = text[reading.end : reading.end + 40]
    issue = Issue("", "is followed by text that continues it, as if it were closed too early", "syntax", excerpt)
    return replace(reading, issues=(*reading.issues, issue))


def _is_member(text: str, reading: Reading) -> bool:
    """Whether a value has a key before it, and a comma or the end of an object behind it."""
    # The window keeps this linear for thousands of values.
    before = _KEY_BEFORE.search(text, max(reading.start - 42, 0), reading.start)
    return before is not None and _CLOSES.match(text, reading.end) is not None


def relate_neighbours(text: str, readings: Sequence[Reading]) -> list[Reading]:
    """Mark each reading that is a fragment, and state how each relates to the one before it (joined, corrects)."""
    found: list[Reading] = []
    joined = corrects = False
    for index, reading in enumerate(readings):
        gap = (reading.end, readings[index + 1].start) if index + 1 < len(readings) else None
        comma = gap is not None and _COMMA.fullmatch(text, *gap) is not None
        # Before a comma, or a comma and a number (`1. {...}, 2. {...}`), the value is one of several, not a fragment.
        listed = comma or (gap is not None and _NUMBERING.fullmatch(text, *gap))
        marked = reading if listed and not _is_member(text, reading) else mark_if_fragment(text, reading)
        found.append(replace(marked, joined=joined, corrects=corrects))
        joined, corrects = comma, gap is not None and has_prose(_COUNTING.sub("", text[slice(*gap)]))
    return found


def merge_tool_calls(readings: Sequence[Reading]) -> tuple[list[Reading], tuple[Repair, ...]]:
    """Merge equal values of several tool calls, on record; mark the rest as joined, so that a list can collect them."""
    calls: list[Reading] = []
    for reading in readings:
        # Of a broken call only a part was read, so it is equal to no other.
        sound = (one for one in calls if not one.issues and not reading.issues)
        if not any(same(reading.value, one.value) for one in sound):
            calls.append(replace(reading, joined=bool(calls)))
    repeated = (Repair("repeated", "", None, None, Risk.LOSSLESS),) if len(calls) < len(readings) else ()
    return calls, repeated


def fold_unreadable_lists(text: str, readings: Sequence[Reading], pieces: Sequence[Piece]) -> list[Reading]:
    """Replace the readings within square brackets that no decoder could read as a list by one unreadable list.

    A part of a list is not an answer. `pieces` are the texts before, between and behind the readings.
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
                    kept[count:] = [_unreadable_list(text, start, bracket.end())]
        kept.extend(readings[index : index + 1])
    for start, count in opened:  # a list that is never closed, if what follows its bracket is not prose
        if len(kept) > count and _LIST_BEGUN.match(text, start):
            kept[count:] = [_unreadable_list(text, start, len(text))]
    return kept


def _unreadable_list(text: str, start: int, end: int) -> Reading:
    issue = Issue("", "is within brackets that cannot be read as a list", "syntax", text[start : start + 40])
    return Reading(None, start, end, (), (issue,), ("",))


def bare_values(text: str, pieces: Sequence[Piece]) -> list[Reading]:
    """Return the scalars, tuples and lists around the other values; none if there is anything else, which is prose."""
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
    """Return the scalar, tuple or list that begins here, or None."""
    if text[at] in "([":
        reading = read_lenient(text, at)
        # Unquoted words in brackets are prose, as in `as said [sic]`.
        sound = reading.json_like and not reading.open and reading.end <= end
        return reading if sound and not any(repair.rule == "unquoted" for repair in reading.repairs) else None
    scalar = _SCALAR.match(text, at, end)
    try:
        return Reading(strict_json(scalar[0].encode()).value, at, scalar.end()) if scalar else None
    except ValueError:
        return None
