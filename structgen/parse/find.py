"""Where in a response the answer may stand: outside the thoughts, at brackets, inside whatever surrounds them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace

from structgen.core.options import Risk
from structgen.core.results import Issue, Repair
from structgen.parse.exact import LONG_NUMBER, exact_json
from structgen.parse.reading import Reading
from structgen.parse.strict import strict_json
from structgen.parse.tolerant import read_tolerant

_OPEN_TAG = (
    r"<(?P<tag>think(?:ing)?|thoughts?|reasoning|reflection|scratchpad)>|\[think\]"
    r"|<\|channel\|>\s{0,5}analysis\b[^<]{0,80}<\|message\|>"
)
_CLOSE_TAG = r"</(?:think(?:ing)?|thoughts?|reasoning|reflection|scratchpad)>|\[/think\]|<\|(?:end|start|return)\|>"
_THOUGHT = re.compile(rf"(?P<open>{_OPEN_TAG})|(?P<close>{_CLOSE_TAG})", re.IGNORECASE)
_SIGNS_OF_THOUGHT = ("<", "[THINK]", "[think]", "[/THINK]", "[/think]")
OPEN_THOUGHT = re.compile(_OPEN_TAG, re.IGNORECASE)
CLOSE_THOUGHT = re.compile(_CLOSE_TAG, re.IGNORECASE)
_OBJECT = r"\{\s{0,200}(?:[\"'“‘`}\\]|[\w$][\w$-]{0,200}\s{0,20}:|//|/\*|\#|-?\d|\Z)"
_ANY_ROOT = re.compile(rf"{_OBJECT}|\[|\A\(")
_OBJECT_ROOT = re.compile(rf"{_OBJECT}|\[\s{{0,200}}[{{\[(]|\A\(")
"""Where a value may begin: with any list, or only with lists that hold more than scalars (footnotes, for one)."""
_AROUND = (
    ("fence", re.compile(r"```|~~~")),
    (
        "tool_call_tags",
        re.compile(r"<\|?/?(?:tool_call|function|python_tag|invoke|tool)|\[TOOL_CALLS\]", re.IGNORECASE),
    ),
    ("prose", re.compile(r"\S")),
)
"""What may stand around the value -> how to know it."""

MOST_READINGS = 64
MOST_BRACKETS = 20_000
"""So many brackets are looked at; a response of more is no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response without its thoughts. `unclosed`: the thoughts never end, so what came of them is no answer."""

    text: str
    unclosed: bool = False
    thoughts: bool = False


def without_thoughts(text: str) -> Answer:
    """Drop everything between thinking tags; also what stands before a closing tag that nobody opened."""
    first = _THOUGHT.search(text) if any(sign in text for sign in _SIGNS_OF_THOUGHT) else None
    if first is None or _is_quoted(text, first):
        return Answer(text)
    kept: list[str] = []
    at, inside, found, looked = 0, False, False, False
    for tag in _THOUGHT.finditer(text):
        if at and not inside and not looked:
            looked = True
            if _is_quoted(text, tag, at):
                break
        found = found or tag["open"] is not None or "|" not in tag[0]
        if tag["open"] is not None and not inside:
            kept.append(text[at : tag.start()])
            inside = True
        elif tag["close"] is not None:
            if not inside and "|" in tag[0]:
                continue
            kept = kept if inside else []
            inside, at = False, tag.end()
    if not inside:
        kept.append(text[at:])
    return Answer("\n".join(kept), inside, found)


def _is_quoted(text: str, first: re.Match[str], at: int = 0) -> bool:
    """Whether all the tags from an offset on stand inside of values, in their strings."""
    tag: re.Match[str] | None = first
    for _ in range(MOST_READINGS):
        root = _ANY_ROOT.search(text, at, tag.start())
        reading = read_tolerant(text, root.start()) if root else None
        if reading is None or reading.open or tag.start() >= reading.end:
            return False
        at = reading.end
        tag = _THOUGHT.search(text, at)
        if tag is None:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Found:
    """The values found in an answer, in order, and what stands around them. `crowded`: there were too many."""

    readings: tuple[Reading, ...]
    around: tuple[Repair, ...]
    crowded: bool = False


def find_values(text: str, *, lists: bool = True, exact: bool = False) -> Found:
    """Every value that begins with a bracket, disjoint, in order.

    Brackets in prose are skipped one by one. A value that breaks off in the middle is skipped as a whole, so that no
    part of it passes for the answer; what is never closed holds all that follows it. `lists`: a list may be the
    answer; `exact` keeps the digits that a float does not hold.
    """
    roots = _ANY_ROOT if lists else _OBJECT_ROOT
    readings: list[Reading] = []
    outside: list[str] = []
    at = brackets = 0
    while match := roots.search(text, at):
        brackets += 1
        strict = brackets <= MOST_READINGS  # an error of the strict decoder counts the lines of all the text before
        reading = read_value(text, match.start(), exact) if strict else read_tolerant(text, match.start())
        end = _end_of(text, reading)
        answers = reading.json_like and (lists or _holds_object(reading)) and not _is_aside(text, reading)
        if answers:
            readings.append(reading if reading.open else torn(text, reading))
        outside.append(text[at : match.start() if answers else end])
        at = end
        if len(readings) > MOST_READINGS or brackets > MOST_BRACKETS:
            return Found((), (), True)
    outside.append(text[at:])
    return Found(tuple(readings), _around("".join(outside)))


def _is_aside(text: str, reading: Reading) -> bool:
    """Whether a reading is a word in brackets amid other text, as in ``as said [sic]``."""
    value = reading.value
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], str):
        return False
    bare = any(repair.rule == "unquoted" for repair in reading.repairs)
    return bare and (reading.start > 0 or reading.end < len(text))


def _holds_object(reading: Reading) -> bool:
    """Whether a reading may be an object, or a list of one."""
    value = reading.value
    if any(issue.code == "depth" for issue in reading.issues):
        return True
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value[:2]))


def read_value(text: str, start: int, exact: bool) -> Reading:
    """The value whose bracket stands at `start`, by the cheapest decoder that reads it."""
    try:
        _, end = _DECODER.raw_decode(text, start)
        data = text[start:end].encode()
        value = strict_json(data)
        return Reading(exact_json(text[start:end]) if exact and LONG_NUMBER.search(data) else value, start, end)
    except (ValueError, RecursionError):
        return read_tolerant(text, start)


_DECODER = json.JSONDecoder()
_BEFORE = re.compile(r"[\"']\s{0,20}:\s{0,20}\Z")
_QUOTED = r"(?:\"(?:[^\"\\\n]|\\.){0,200}\"|'(?:[^'\\\n]|\\.){0,200}')"
_MEMBER = rf"(?:{_QUOTED}\s*[:,\]}}]|-?\d[\d.]{{0,30}}\s*[,\]}}])"
_GOES_ON = re.compile(
    rf"[}}\])]*(?:[\w\[]|[\"'][^\s\"'.,;:)]|\.\d)|[}}\]\s]*(?:{_MEMBER}|,\s*(?:[\"'\d\[-]|null\b|true\b|false\b))"
)
"""Behind the end: what touches it, or a member or item (but not an object, which may be one of several)."""
_CLOSES = re.compile(r"\s*[}\],]")


def torn(text: str, reading: Reading) -> Reading:
    """A value that is part of something larger whose own brackets are missing or closed too early is no answer."""
    inside = _BEFORE.search(text, max(reading.start - 42, 0), reading.start) and _CLOSES.match(text, reading.end)
    if not inside and not _GOES_ON.match(text, reading.end):
        return reading
    shown = text[reading.end : reading.end + 40]
    issue = Issue("", "the text goes on as if this were closed too early", "syntax", shown)
    return replace(reading, issues=(*reading.issues, issue))


def _end_of(text: str, reading: Reading) -> int:
    """Where to look for the next value."""
    if not reading.open:
        return reading.end
    if any(issue.code == "cut_off" for issue in reading.issues):
        return max(reading.end, reading.start + 1)
    if not reading.json_like:
        return reading.start + 1
    return balanced_end(text, reading.start) or len(text)


def balanced_end(text: str, start: int) -> int | None:
    """The offset behind the bracket that closes the one at `start`, by counting alone; None where there is none."""
    opener = text[start]
    depth = 0
    for bracket in re.compile(r"[{}]" if opener == "{" else r"[\[\]]").finditer(text, start):
        depth += 1 if bracket[0] == opener else -1
        if depth == 0:
            return bracket.end()
    return None


def _around(outside: str) -> tuple[Repair, ...]:
    """The one thing worth naming in what stands around the values."""
    for rule, sign in _AROUND:
        if sign.search(outside):
            return (Repair(rule, "", outside.strip()[:200], None, Risk.LOSSLESS),)
    return ()
