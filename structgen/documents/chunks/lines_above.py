"""The lines above a place in a text that give the text below its meaning, for a chunk that starts there. Pure.

They are the header row of a table, the line that introduces a list, the items around a nested one, the date or speaker
above a block, and the line that names the units of all numbers. Without them a model confuses columns, for example.
The text is read once, however many chunks it has.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from structgen.documents.chunks.blocks import LIST_ITEM, Block, Line, Span, lines_of, read_blocks
from structgen.notation.dates import read_dates

MAX_CHARS = 2_000
"""Maximum characters of lines in the context of a chunk; the most important ones come first."""


class Kind(IntEnum):
    """The role of a line for those below it, the most important kind first."""

    HEADER = 0
    SECTION = 1
    DATE = 2
    LABEL = 3
    UNITS = 4
    LEAD = 5
    PARENT = 6


@dataclass(slots=True)
class _Label:
    """A line such as "Anna:" or "These are excluded:". A blank line ends it unless it is `lasting`."""

    span: Span
    lasting: bool
    after_blank: bool = False


@dataclass(slots=True)
class _Section:
    """What applies from a heading until the next one of its level."""

    level: int
    units: list[Span] = field(default_factory=list[Span])
    date: Span | None = None
    label: _Label | None = None


class Heads:
    """The headings for `LinesAbove`: the offsets of their lines, and their levels."""

    def __init__(self, starts: Sequence[int], levels: Sequence[int]) -> None:
        self.starts, self.levels = starts, levels

    def within(self, start: int, end: int) -> Iterator[int]:
        """Yield the levels of the headings that start on a line."""
        at = bisect_right(self.starts, start - 1)
        while at < len(self.starts) and self.starts[at] <= end:
            yield self.levels[at]
            at += 1


_MAX_UNITS = 3
_LONGEST_LABEL, _LONGEST_LINE = 80, 300
_LONGEST_SENTENCE = 200
PLAIN = 7
"""The level of a heading without markup, which only blank lines set apart."""
_NO_LABEL = tuple(".,;!?…。！？；،؛؟۔।")


class LinesAbove:
    """Reads a text from top to bottom, and returns for each place (ascending) the lines above it that matter."""

    def __init__(self, text: str, heads: Heads) -> None:
        self._text, self._heads = text, heads
        self._lines = lines_of(text)
        self._blocks = read_blocks(text, self._lines)
        self._speakers = _speakers(self._lines)
        self._next = 0
        self._sections = [_Section(0)]
        self._lead: Span | None = None
        self._parents: list[tuple[int, Span]] = []
        self._open: list[Block] = []
        self._next_block = 0

    def at(self, place: int) -> tuple[Span, ...]:
        """Return the lines that matter at a place, in the order of the text. None extends beyond the place."""
        self._read_to(place)
        found = [(kind, (start, min(end, place))) for kind, (start, end) in self._found(place) if start < place]
        chosen: list[Span] = []
        left = MAX_CHARS
        for _, (start, end) in sorted(found, key=lambda one: (one[0], -one[1][0])):
            if end - start <= left and not any(start < other[1] and other[0] < end for other in chosen):
                chosen.append((start, end))
                left -= end - start
        return tuple(sorted(chosen))

    def is_in_block(self, start: int) -> bool:
        """Whether a line is in a table or list."""
        at = bisect_right(self._blocks, start, key=lambda block: block.start) - 1
        return at >= 0 and start < self._blocks[at].end

    def _found(self, place: int) -> Iterator[tuple[Kind, Span]]:
        begun = min(self._heads.within(place, place), default=PLAIN + 1)
        sections = [section for section in self._sections if section.level < begun]
        for section in sections:
            yield from ((Kind.UNITS, span) for span in section.units)
            if section.date:
                yield Kind.DATE, section.date
        label = next((section.label for section in reversed(sections) if section.label), None)
        if label:
            yield Kind.LABEL, label.span
        for block in self._open:
            yield from ((Kind.HEADER, span) for span in block.above[-1:])
            yield from ((Kind.LEAD, span) for span in block.above[:-1])
            last = bisect_right(block.sections, (place, 0)) - 1
            if last >= 0 and self._is_valid(block.sections[last], place):
                yield Kind.SECTION, block.sections[last]
        if self._lead:
            yield Kind.LEAD, self._lead
        line = self._lines[max(0, self._next - 1)]
        indent = _indent(line.text) if line.start < place <= line.end else self._indent_of_next()
        yield from ((Kind.PARENT, span) for depth, span in self._parents if depth < indent)

    def _is_valid(self, section: Span, place: int) -> bool:
        """Whether a cell with a rowspan still covers the next row. Other sections apply until the next section."""
        rows = re.search(r"rowspan\W{0,3}(\d{1,3})", self._text[slice(*section)], re.IGNORECASE)
        return not rows or len(re.findall(r"</tr", self._text[section[1] : place][:10_000])) < int(rows[1])

    def _indent_of_next(self) -> int:
        line = next((line for line in self._lines[self._next : self._next + 3] if not line.blank), None)
        return _indent(line.text) if line else 0

    def _read_to(self, place: int) -> None:
        while self._next < len(self._lines) and self._lines[self._next].start < place:
            self._read(self._next)
            self._next += 1
        while self._next_block < len(self._blocks) and self._blocks[self._next_block].start < place:
            self._open.append(self._blocks[self._next_block])
            self._next_block += 1
        self._open = [block for block in self._open if block.end > place]

    def _read(self, number: int) -> None:
        line = self._lines[number]
        if line.blank:
            self._lead = None
            self._end_labels()
            return
        levels = list(self._heads.within(line.start, line.start + len(line.text)))
        for level in levels:
            while len(self._sections) > 1 and self._sections[-1].level >= level:
                self._sections.pop()
            self._sections.append(_Section(level))
        item = LIST_ITEM.match(line.text) is not None
        self._nest(line, item=item, opens=number == 0 or self._lines[number - 1].blank)
        self._label(number, line, item=item, heading=bool(levels))

    def _end_labels(self) -> None:
        for section in self._sections:
            if section.label and not section.label.lasting:
                section.label.after_blank = True

    def _nest(self, line: Line, *, item: bool, opens: bool) -> None:
        """Remember the lines below which this one is indented."""
        if opens and not item:
            self._parents = []
        indent, (start, end) = _indent(line.text), line.span
        while self._parents and self._parents[-1][0] >= indent:
            self._parents.pop()
        self._parents.append((indent, (start, min(end, start + _LONGEST_SENTENCE))))

    def _label(self, number: int, line: Line, *, item: bool, heading: bool) -> None:
        section = self._sections[-1]
        # a line on its own is a heading of the lowest level, but what it says applies beyond the next of these
        around = self._sections[-2] if heading and section.level == PLAIN else section
        around.units = [*around.units, *_units(line)][-_MAX_UNITS:]
        row = item or "|" in line.text or "\t" in line.text
        if section.label and section.label.after_blank and not row and not line.text[0].isspace():
            section.label = None  # the list that it introduced has ended
        if row:
            return
        if _is_date(line):
            around.date, section.label = line.span, None
        elif name := _name_in(line):
            words = self._lines[number].text.strip()
            speaks = words[: name[1] - name[0]] in self._speakers
            if name[1] == line.end or speaks or len(words) > _LONGEST_LABEL:
                self._sections[-1].label = _Label(name, lasting=speaks or not self._introduces(number))
        if not heading and (number == 0 or self._lines[number - 1].blank) and self._heads_block(number, line):
            self._lead = line.span

    def _introduces(self, number: int) -> bool:
        """Whether a line is followed by a list, a table or indented text."""
        after = next((line for line in self._lines[number + 1 : number + 3] if not line.blank), None)
        return after is not None and (bool(LIST_ITEM.match(after.text)) or after.text[0].isspace() or "|" in after.text)

    def _heads_block(self, number: int, line: Line) -> bool:
        """Whether the first line of a paragraph is short enough to describe the lines below it."""
        after = self._lines[number + 1] if number + 1 < len(self._lines) else None
        words = line.text.strip()
        if after is None or after.blank or len(words) > _LONGEST_LABEL or words.endswith(_NO_LABEL):
            return False
        return not any(map(str.isdigit, words)) or _is_date(line) or len(after.text) > 2 * len(words)


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


_NAME = re.compile(r"\s*(?:\*\*|__|<[bi]>|<strong>)?([^\W\d_][^\n:：<>|]{0,60})[:：](?=\s|\*|_|<|\Z|[^\W\d])")


def _name_in(line: Line) -> Span | None:
    """Return the name or words at the start of a line before a colon, including the colon."""
    if line.text.rstrip().endswith((":", "：")) and len(line.text.strip()) <= _LONGEST_LINE:
        return line.span
    match = _NAME.match(line.text)
    return (
        (line.span[0], line.start + match.end())
        if match and "://" not in match[0] + line.text[match.end() :][:2]
        else None
    )


def _speakers(lines: Sequence[Line]) -> frozenset[str]:
    """Return line starts such as "Anna:" that repeat and are followed by sentences, as in a transcript."""
    counts = Counter[str]()
    for line in lines:
        name = _name_in(line) if ":" in line.text or "：" in line.text else None
        if name and (name[1] == line.end or line.text.rstrip().endswith((*_NO_LABEL, '"', "”", "»", "」"))):
            counts[line.text.strip()[: name[1] - name[0]]] += 1
    return frozenset(name for name, count in counts.items() if count > 1)


_DAY_WORDS = 24
"""Maximum further characters on a line that is a date: "Sitting of", "(continued)"."""


def _is_date(line: Line) -> bool:
    """Whether a line consists of a date and hardly anything else."""
    words = line.text.strip()
    if len(words) > _LONGEST_LABEL or not any(map(str.isdigit, words)):
        return False
    longest = max((written.end - written.start for written in read_dates(words)), default=0)
    others = sum(map(str.isalnum, words)) - longest
    return longest > 0 and others <= min(_DAY_WORDS, longest)


_UNIT = "|".join((
    r"thousands?|millions?|billions?|bn|mn|'?000s?|lakhs?|crores?|euros?|dollars?|pounds?|yen|rupees?|per ?cent",
    r"EUR|USD|GBP|CHF|JPY|CNY|INR|RUB|SEK|NOK|DKK|PLN|[€$£¥₹%‰]|kilograms?|grams?|kilometres?|met(?:re|er)s?|miles?",
    r"lit(?:re|er)s?|tonnes?|hours?|minutes?|seconds?|days?|years?|degrees?|°[CF]|k[gmWV]|mg|cm|mm|m[²³]|[kM]Wh|ha",
    r"Tsd\.?|Mio\.?|Mrd\.?|Tausend|Millionen|milliers|millones|miles|migliaia|milioni|milhares|milhões",
))  # fmt: skip
_COUNTED = "|".join((
    r"units?|currency|unless otherwise|expressed|stated|given|measured|quoted",
    r"(?:figures|amounts?|values?|prices?|weights?|times?|lengths?|sizes?|numbers?|sums?|distances?|temperatures?)",
    r"Angaben|Betr[äa]ge|Preise|Werte|Einheit(?:en)?|montants?|prix|chiffres|unit[ée]s?|importes|precios|cifras",
    r"unidad(?:es)?|importi|prezzi|valori|valores",
))  # fmt: skip
_OTHER_SCRIPTS = "|".join((
    r"单位|單位|単位|金额|단위|единиц|в (?:тыс|млн|млрд|рублях)",
    r"الوحدة|الأرقام|المبالغ|الأسعار|بالآلاف|بالملايين|באלפי|במיליוני|הסכומים|המחירים",
))  # fmt: skip
_UNITS = re.compile(
    rf"\b(?:{_COUNTED})\b[^.\n]{{0,80}}?(?<!\w)(?:{_UNIT})(?!\w)"
    rf"|[(\[](?:all )?(?:in )?[^()\[\]\n]{{0,20}}(?<!\w)(?:{_UNIT})(?!\w)[^()\[\]\n]{{0,30}}[)\]]\s*\Z"
    rf"|\A\W*(?:in|en|in den)\s+(?:{_UNIT})\b.{{0,40}}\Z"
    rf"|{_OTHER_SCRIPTS}",
    re.IGNORECASE,
)
_HINTS = re.compile(r"[€$£¥₹%‰()\[\]:：]|\b(?:in|en|all|figures|amounts|Angaben|units?)\b|[^\x00-\x7f]", re.IGNORECASE)


def _units(line: Line) -> Iterator[Span]:
    """Yield the sentence that names the units of the numbers below it."""
    words = line.text if len(line.text) <= 2_000 else line.text[:2_000]
    if "|" in words or "\t" in words or not _HINTS.search(words):
        return
    match = _UNITS.search(words)
    if match is None or any(char.isdigit() and char != "0" for char in match[0]):
        return  # "at prices of 3 euros" is a price, not a unit
    start = max((words.rfind(mark, 0, match.start()) for mark in (". ", "! ", "? ", "。")), default=-1)
    end = min((at for mark in (". ", "。") if (at := words.find(mark, match.end())) >= 0), default=len(words.rstrip()))
    first, last = line.span[0] if start < 0 else line.start + start + 2, line.start + end + 1
    if last - first <= _LONGEST_SENTENCE:
        yield first, min(last, line.end)
