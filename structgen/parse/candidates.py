"""Find the candidates for the answer in a response.

A candidate lies outside thinking tags, begins with a bracket that the schema allows for its root, and ends where a
decoder ends. `surroundings.py` judges the fences, tags and prose around the candidates.
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
from structgen.parse.surroundings import (
    Piece,
    bare_values,
    fold_unreadable_lists,
    has_prose,
    merge_tool_calls,
    relate_neighbours,
    surroundings_repair,
)
from structgen.schema.node import Node

# Brackets at which a value may begin

OBJECT = r"\{\s{0,200}(?:[\"'“‘`}\\]|[\w$][\w$-]{0,200}\s{0,20}:|//|/\*|\#|-?\d|\Z)"
"""A brace that may open an object: a key, a closing brace, a comment or the end of the text follows."""
_FULL_LIST = r"\[\s{0,200}(?:[{\[(]|-|\d+\.\d)|(?<![\w)\]])\[(?=\s{0,200}[\"'“])"
"""A square bracket that prose does not have: before a container, a minus sign, a number with a point, or a string
unless it is an index (``d["a"]``)."""
ANY_ROOT = re.compile(rf"{OBJECT}|\[|\A\(")


class Lists(IntEnum):
    """Which lists may be the answer. All others are prose (footnotes, subscripts) unless they may contain a value."""

    NONE = 0
    OF_OBJECTS = 1
    ANY = 2

    @property
    def roots(self) -> re.Pattern[str]:
        """The pattern of a place at which a value may begin."""
        return _ROOTS[self]


_ROOTS = (
    re.compile(rf"{OBJECT}|{_FULL_LIST}|\A\("),
    re.compile(rf"{OBJECT}|{_FULL_LIST}|\[\s{{0,200}}\]|\A\("),
    ANY_ROOT,
)


def lists_allowed_by(shape: Shape) -> Lists:
    """Return which lists may be an answer of this shape."""
    places = (shape.place(leaf) for leaf in shape.root.leaves() if not leaf.never)
    kinds = (
        Lists.OF_OBJECTS if _only_objects(shape, place.items) and not place.prefix else Lists.ANY
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
_THINKING_TAG = re.compile(rf"(?P<open>{_OPEN_TAG})|(?P<close>{_CLOSE_TAG})", re.IGNORECASE)
_SIGNS_OF_THINKING = ("<", "[THINK]", "[think]", "[/THINK]", "[/think]")
OPEN_THINKING = re.compile(_OPEN_TAG, re.IGNORECASE)
CLOSE_THINKING = re.compile(_CLOSE_TAG, re.IGNORECASE)
MAX_CANDIDATES = 64
_MAX_BRACKETS = 20_000
"""Maximum number of brackets at which a value may begin; a response with more is refused."""


@dataclass(frozen=True, slots=True)
class StrippedText:
    """A response without its thinking. `unclosed`: the thinking never ends, so the response contains no answer."""

    text: str
    unclosed: bool = False
    had_thinking: bool = False


def strip_thinking(text: str) -> StrippedText:
    """Drop everything between thinking tags, and everything before a closing tag without an opening one."""
    first = _THINKING_TAG.search(text) if any(sign in text for sign in _SIGNS_OF_THINKING) else None
    if first is None or _is_quoted(text, first):
        return StrippedText(text)
    kept: list[str] = []
    at, inside, found, checked = 0, False, False, False
    for tag in _THINKING_TAG.finditer(text):
        # The answer behind the thinking may contain the tags in its strings. One check is enough: it covers the rest.
        if at and not inside and not checked:
            checked = True
            if _is_quoted(text, tag, at):
                break
        found = found or tag["open"] is not None or "|" not in tag[0]
        if tag["open"] is not None and not inside:
            kept.append(text[at : tag.start()])
            inside = True
        elif tag["close"] is not None:
            # `<|end|>` and the like also end other messages than the thinking.
            if not inside and "|" in tag[0]:
                continue
            # A closing tag alone: some chat templates put the opening one into the prompt.
            kept = kept if inside else []
            inside, at = False, tag.end()
    if not inside:
        kept.append(text[at:])
    return StrippedText("\n".join(kept), inside, found)


def _is_quoted(text: str, first: re.Match[str], at: int = 0) -> bool:
    """Whether all thinking tags from an offset on are within values, in their strings."""
    tag: re.Match[str] | None = first
    for _ in range(MAX_CANDIDATES):
        root = ANY_ROOT.search(text, at, tag.start())
        reading = read_lenient(text, root.start()) if root else None
        if reading is None or reading.open or tag.start() >= reading.end:
            return False
        at = reading.end
        tag = _THINKING_TAG.search(text, at)
        if tag is None:
            return True
    return False


@dataclass(frozen=True, slots=True)
class Candidates:
    """The candidates of a response, in order. `too_many`: there were more than `MAX_CANDIDATES`.

    `around` records the text around them. `has_prose`: this text has words, so a value may belong to them.
    `beside`: the candidates in the text beside a tool call, which must not contradict the answer.
    """

    readings: tuple[Reading, ...]
    around: tuple[Repair, ...] = ()
    too_many: bool = False
    has_prose: bool = False
    beside: Candidates | None = None

    @property
    def has_tool_tags(self) -> bool:
        """Whether the response has the tags of a tool call."""
        return any(repair.rule == "tool_call_tags" for repair in self.around)


def find_candidates(text: str, *, lists: Lists = Lists.ANY, source: Source | None = None) -> Candidates:
    """Find the values that begin with a bracket, disjoint and in order; scalars too if there are only values.

    Brackets in prose are skipped one by one. A broken value is skipped as a whole, so that no part of it passes for the
    answer; one that is never closed contains everything behind it. `source` is the document.
    """
    readings: list[Reading] = []
    pieces: list[Piece] = []
    at = begin = brackets = 0
    while match := lists.roots.search(text, at):
        brackets += 1
        # Each failure of the strict decoder counts the lines of all text before it, which takes quadratic time.
        try_strict = brackets <= MAX_CANDIDATES
        start = match.start()
        reading = _read_value(text, start, source) if try_strict else read_lenient(text, start, source)
        at = _end_of(text, reading)
        if reading.json_like and not _is_prose(text, reading, lists):
            readings.append(reading)
            pieces.append((begin, reading.start))
            begin = at
        if len(readings) > MAX_CANDIDATES or brackets > _MAX_BRACKETS:
            return Candidates((), (), True)
    return _in_context(text, readings, [*pieces, (begin, len(text))])


def _in_context(text: str, readings: list[Reading], pieces: list[Piece]) -> Candidates:
    """Judge the readings by the text before, between and behind them: `pieces`, one more than there are readings."""
    outside: list[str] = []
    for index, (start, end) in enumerate(pieces):
        # An unreadable value goes on record as text, with the prose around it.
        unreadable = index < len(readings) and readings[index].open
        outside.append(text[start : pieces[index + 1][0] if unreadable else end])
    bare = bare_values(text, pieces) if readings else []
    whole = sorted([*fold_unreadable_lists(text, readings, pieces), *bare], key=lambda reading: reading.start)
    around = "".join(outside)
    repairs, too_many = surroundings_repair(around), len(whole) > MAX_CANDIDATES
    found = Candidates(tuple(relate_neighbours(text, whole)), repairs, too_many, has_prose(around))
    # Amid words, a value in brackets may belong to the prose and not to a call.
    if not found.has_tool_tags or found.has_prose or found.too_many:
        return found
    calls, repeated = merge_tool_calls(found.readings)
    return replace(found, readings=tuple(calls), around=(*found.around, *repeated))


def _is_prose(text: str, reading: Reading, lists: Lists) -> bool:
    """Whether brackets belong to prose: a single word, as in ``as said [sic]``, or a broken list without an object."""
    value = reading.value
    # No prose has brackets hundreds of levels deep.
    if not isinstance(value, list) or any(issue.code == "depth" for issue in reading.issues):
        return False
    if reading.open and lists is not Lists.ANY:
        return not any(isinstance(item, dict) for item in value)
    if len(value) != 1 or not isinstance(value[0], str):
        return False
    bare = any(repair.rule == "unquoted" for repair in reading.repairs)
    return bare and (reading.start > 0 or reading.end < len(text))


def _read_value(text: str, start: int, source: Source | None) -> Reading:
    """Read the value whose bracket is at `start`, with the cheapest decoder that can."""
    try:
        _, end = _DECODER.raw_decode(text, start)
        clean = strict_json(text[start:end].encode(), source)
        return Reading(clean.value, start, end, long=clean.inexact)
    except (ValueError, RecursionError):
        reading = read_lenient(text, start, source)
        return _from_latex(text, reading) or reading


def _from_latex(text: str, reading: Reading) -> Reading | None:
    r"""Read a value whose braces are escaped for LaTeX, as in ``\boxed{\{"a": 1\}}``; None if this one's are not."""
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
    """Return the offset from which to search for the next value."""
    if not reading.open:
        return reading.end
    if any(issue.code == "cut_off" for issue in reading.issues):
        return max(reading.end, reading.start + 1)
    if not reading.json_like:  # a bracket in prose may have a value right behind it
        return reading.start + 1
    return balanced_end(text, reading.start) or len(text)


def balanced_end(text: str, start: int) -> int | None:
    """Return the offset behind the bracket that closes the one at `start`, by counting alone; None if it is missing."""
    opener = text[start]
    depth = 0
    for bracket in re.compile(r"[{}]" if opener == "{" else r"[\[\]]").finditer(text, start):
        depth += 1 if bracket[0] == opener else -1
        if depth == 0:
            return bracket.end()
    return None
