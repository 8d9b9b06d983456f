"""Find the places of a response that may hold the answer.

Candidates lie outside thinking tags, begin at brackets that the schema allows for its root, and end where a decoder
ends. Fences, tags and prose around them are left to `surroundings.py`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from enum import IntEnum

from structgen.core.options import Risk
from structgen.core.results import Repair
from structgen.parse.align import Shape
from structgen.parse.lenient.escapes import Source
from structgen.parse.lenient.reader import read_lenient
from structgen.parse.reading import Reading
from structgen.parse.strict_json import strict_json
from structgen.parse.surroundings import Piece, as_calls, bare_values, has_words, named, told_apart, without_enclosed
from structgen.schema.node import Node

# Brackets at which a value may begin

OBJECT = r"\{\s{0,200}(?:[\"'“‘`}\\]|[\w$][\w$-]{0,200}\s{0,20}:|//|/\*|\#|-?\d|\Z)"
_FULL_LIST = r"\[\s{0,200}(?:[{\[(]|-|\d+\.\d)|(?<![\w)\]])\[(?=\s{0,200}[\"'“])"
ANY_ROOT = re.compile(rf"{OBJECT}|\[|\A\(")


class Lists(IntEnum):
    """Which lists may be the answer; all others are prose (footnotes, subscripts), unless they may hide a value."""

    NONE = 0
    OF_OBJECTS = 1
    ANY = 2

    @property
    def roots(self) -> re.Pattern[str]:
        """Where a value may begin."""
        return _ROOTS[self]


_ROOTS = (
    re.compile(rf"{OBJECT}|{_FULL_LIST}|\A\("),
    re.compile(rf"{OBJECT}|{_FULL_LIST}|\[\s{{0,200}}\]|\A\("),
    ANY_ROOT,
)


def lists_in(shape: Shape) -> Lists:
    """Which lists may be an answer that has this shape."""
    places = (shape.place(leaf) for leaf in shape.root.leaves() if not leaf.never)
    kinds = (
        Lists.OF_OBJECTS if _only_objects(shape, place.items) and not place.first else Lists.ANY
        for place in places
        if place.takes("array")
    )
    return max(kinds, default=Lists.NONE)


def _only_objects(shape: Shape, items: Node | None) -> bool:
    """Whether the items of a list can be nothing but objects."""
    return items is not None and all(shape.place(leaf).types == frozenset({"object"}) for leaf in items.leaves())


_OPEN_TAG = (
    r"<(?P<tag>think(?:ing)?|thoughts?|reasoning|reflection|scratchpad)>|\[think\]"
    r"|<\|channel\|>\s{0,5}analysis\b[^<]{0,80}<\|message\|>"
)
_CLOSE_TAG = r"</(?:think(?:ing)?|thoughts?|reasoning|reflection|scratchpad)>|\[/think\]|<\|(?:end|start|return)\|>"
_THOUGHT = re.compile(rf"(?P<open>{_OPEN_TAG})|(?P<close>{_CLOSE_TAG})", re.IGNORECASE)
_SIGNS_OF_THOUGHT = ("<", "[THINK]", "[think]", "[/THINK]", "[/think]")
OPEN_THOUGHT = re.compile(_OPEN_TAG, re.IGNORECASE)
CLOSE_THOUGHT = re.compile(_CLOSE_TAG, re.IGNORECASE)
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
        root = ANY_ROOT.search(text, at, tag.start())
        reading = read_lenient(text, root.start()) if root else None
        if reading is None or reading.open or tag.start() >= reading.end:
            return False
        at = reading.end
        tag = _THOUGHT.search(text, at)
        if tag is None:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Found:
    """The values found in an answer, in order, and what stands around them. `crowded`: there were too many.

    `words`: somebody says something around them, so that not everything in brackets need be meant as an answer.
    `beside` are values that were not given as the answer, but may say another thing.
    """

    readings: tuple[Reading, ...]
    around: tuple[Repair, ...] = ()
    crowded: bool = False
    words: bool = False
    beside: Found | None = None

    @property
    def tags(self) -> bool:
        """Whether tags say that there is a call of a tool."""
        return any(repair.rule == "tool_call_tags" for repair in self.around)


def find_values(text: str, *, lists: Lists = Lists.ANY, source: Source | None = None) -> Found:
    """Every value that begins with a bracket, disjoint, in order; scalars too, where nothing but values is written.

    Brackets in prose are skipped one by one. A value that breaks off in the middle is skipped as a whole, so that no
    part of it passes for the answer; what is never closed holds all that follows it. `lists` may be the answer;
    `source` is the document.
    """
    readings: list[Reading] = []
    pieces: list[Piece] = []
    at = begin = brackets = 0
    while match := lists.roots.search(text, at):
        brackets += 1
        strict = brackets <= MOST_READINGS  # an error of the strict decoder counts the lines of all the text before
        start = match.start()
        reading = read_value(text, start, source) if strict else read_lenient(text, start, source)
        at = _end_of(text, reading)
        if reading.json_like and not _is_prose(text, reading, lists):
            readings.append(reading)
            pieces.append((begin, reading.start))
            begin = at
        if len(readings) > MOST_READINGS or brackets > MOST_BRACKETS:
            return Found((), (), True)
    return _with_edges(text, readings, [*pieces, (begin, len(text))])


def _with_edges(text: str, readings: list[Reading], pieces: list[Piece]) -> Found:
    """What was found, in view of what stands before, between and behind it: `pieces`, one more than there are values.

    The text of a value that cannot be read is kept with what stands around the others.
    """
    outside: list[str] = []
    for index, (start, end) in enumerate(pieces):
        unread = index < len(readings) and readings[index].open
        outside.append(text[start : pieces[index + 1][0] if unread else end])
    bare = bare_values(text, pieces) if readings else []
    whole = sorted([*without_enclosed(text, readings, pieces), *bare], key=lambda reading: reading.start)
    said = "".join(outside)
    found = Found(tuple(told_apart(text, whole)), named(said), len(whole) > MOST_READINGS, has_words(said))
    if not found.tags or found.words or found.crowded:
        return found
    calls, again = as_calls(found.readings)
    return replace(found, readings=tuple(calls), around=(*found.around, *again))


def _is_prose(text: str, reading: Reading, lists: Lists) -> bool:
    """Whether brackets belong to the text around: a word, as in ``as said [sic]``, or a list that is hardly one."""
    value = reading.value
    if not isinstance(value, list) or any(issue.code == "depth" for issue in reading.issues):
        return False
    if reading.open and lists is not Lists.ANY:
        return not any(isinstance(item, dict) for item in value)
    if len(value) != 1 or not isinstance(value[0], str):
        return False
    bare = any(repair.rule == "unquoted" for repair in reading.repairs)
    return bare and (reading.start > 0 or reading.end < len(text))


def read_value(text: str, start: int, source: Source | None) -> Reading:
    """The value whose bracket stands at `start`, by the cheapest decoder that reads it."""
    try:
        _, end = _DECODER.raw_decode(text, start)
        clean = strict_json(text[start:end].encode(), source)
        return Reading(clean.value, start, end, long=clean.more)
    except (ValueError, RecursionError):
        reading = read_lenient(text, start, source)
        return _from_latex(text, reading) or reading


def _from_latex(text: str, reading: Reading) -> Reading | None:
    r"""The value whose braces are escaped as LaTeX wants it, as in ``\boxed{\{"a": 1\}}``; None where none is."""
    start = reading.start
    if text[max(start - 1, 0) : start] != "\\" or [issue.code for issue in reading.issues] != ["syntax"]:
        return None
    end = balanced_end(text, start) or start
    try:
        value = strict_json(text[start:end].replace("\\{", "{").replace("\\}", "}").encode()).value
    except ValueError:
        return None
    return Reading(value, start, end, (Repair("escaped_braces", "", text[start - 1 : end], None, Risk.LOSSLESS),))


_DECODER = json.JSONDecoder()


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
