"""The tables and lists in a text: the start and end of each, its header row, and the line that introduces it. Pure.

A table row or list item means little on its own: its meaning comes from the lines above it, and a chunk that starts in
the middle of a block needs them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

Span: TypeAlias = tuple[int, int]
"""Offsets in the text."""


class Line(NamedTuple):
    """A line of the text without its line ending. `blank`: it contains only white space."""

    start: int
    text: str
    blank: bool

    @property
    def end(self) -> int:
        """The end of its text."""
        return self.start + len(self.text.rstrip())

    @property
    def span(self) -> Span:
        """The place of its text without the surrounding white space."""
        return self.end - len(self.text.strip()), self.end


@dataclass(frozen=True, slots=True)
class Block:
    """``text[start:end]`` is a table or a list. `above` are its introduction and its header rows.

    `sections` are the rows within it that describe those below them, such as a row with one cell for the whole width.
    """

    start: int
    end: int
    above: tuple[Span, ...]
    sections: tuple[Span, ...] = ()


LIST_ITEM = re.compile(
    r"[ \t\u3000]*(?:[-*•‣◦▪·–—](?=\s)|\(?\d{1,3}[.)](?=\s)|\(?[a-zA-Z][.)](?=\s)"
    r"|[（(]?[\d一二三四五六七八九十]{1,3}[）)、．])[ \t\u3000]*\S"
)
_LONGEST_LEAD = 300
"""A longer line above a block is a paragraph, and only its last sentence may introduce the block."""
_MAX_HEADER_ROWS = 4
_LONGEST_HEADER = 2_000


def lines_of(text: str) -> list[Line]:
    """Return the lines of a text, in order."""
    found: list[Line] = []
    start = 0
    for line in text.split("\n"):
        found.append(Line(start, line, not line or line.isspace()))
        start += len(line) + 1
    return found


def read_blocks(text: str, lines: Sequence[Line]) -> list[Block]:
    """Return the tables and lists in a text, by their start. A nested list is part of the outer one. Linear."""
    return sorted([*_tables(text, lines), *_lists(lines), *_markup(text)], key=lambda block: block.start)


# Tables whose rows are lines

_PIPES = re.compile(r"[|｜│┃║]")
_RULE = frozenset(" \t\u3000|｜│:+-=─━┼├┤┌┐└┘┬┴╞╡═╪")
"""The characters of a row that only separates others."""
_GAP = re.compile(r"\S(?: {2,}|\u3000+)\S")
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_MAX_LINES_PER_ROW = 20


def _is_rule(words: str) -> bool:
    return len(words) > 2 and _RULE.issuperset(words) and any(mark in words for mark in ("--", "==", "──", "━━", "══"))


def _separators(line: Line) -> dict[str, int]:
    """Count each character that may separate columns in a line."""
    words = line.text.strip()
    if line.blank or words.startswith("<"):
        return {}
    if _is_rule(words):
        return {"|": 1} if any(mark in words for mark in "|｜+┼╪") else {}
    plain = _QUOTED.sub("", words) if '"' in words else words
    found = {"|": len(_PIPES.findall(words)), "\t": words.count("\t"), ";": plain.count(";"), ",": plain.count(",")}
    if "  " in words or "\u3000" in words:
        found[" "] = len(_GAP.findall(words))
    # "Tea, green" is prose, "Tea,3" may be a row: with a single comma or semicolon it must be a bare one.
    for mark in ",;":
        if found[mark] == 1 and f"{mark} " in plain:
            found[mark] = 0
    return {mark: count for mark, count in found.items() if count}


def _tables(text: str, lines: Sequence[Line]) -> Iterator[Block]:
    counts = [_separators(line) for line in lines]
    number = 0
    while number < len(lines):
        ends = (_end_of_table(lines, counts, number, mark) for mark in ("|", "\t", ";", ",", " "))
        end = next((end for end in ends if end), 0)
        if end:
            header = _header(lines[number:end], text)
            sections = tuple(line.span for line in lines[number:end] if _has_one_cell(line))
            last = lines[end - 1]
            yield Block(lines[number].start, last.start + len(last.text), (*_lead(lines, number), *header), sections)
        number = max(end, number + 1)


def _end_of_table(lines: Sequence[Line], counts: Sequence[dict[str, int]], first: int, mark: str) -> int:
    """Return the number of the line after the table that starts here with this separator, or 0 if none does."""
    if not counts[first].get(mark):
        return 0
    columns, at, rows = _row(lines, counts, first, mark)[1], first, 0
    while at < len(lines):
        after, found = _row(lines, counts, at, mark)
        same = found == columns if mark in ",;" else found >= 1
        if not same:
            break
        at, rows = after, rows + 1
    least = 3 if mark == " " or (mark == "," and ", " in lines[first].text) else 2
    return at if rows >= least else 0


def _row(lines: Sequence[Line], counts: Sequence[dict[str, int]], at: int, mark: str) -> tuple[int, int]:
    """Return the line after the row that starts here, and its separators. A quoted cell may contain line breaks."""
    found = counts[at].get(mark, 0)
    if mark not in ",;" or lines[at].text.count('"') % 2 == 0:
        return at + 1, found
    for after in range(at + 1, min(len(lines), at + _MAX_LINES_PER_ROW)):
        if lines[after].text.count('"') % 2:
            whole = "\n".join(line.text for line in lines[at : after + 1])
            return after + 1, _QUOTED.sub("", whole).count(mark)
    return at + 1, found


def _header(rows: Sequence[Line], text: str) -> tuple[Span, ...]:
    """Return the header rows: those above the first rule, else the first row, and a row of units below it."""
    last = next((n for n, row in enumerate(rows[:_MAX_HEADER_ROWS]) if n and _is_rule(row.text.strip())), None)
    if last is None:
        has_digits = [any(char.isdigit() for char in row.text) for row in rows[:3]]
        last = 1 if has_digits == [False, False, True] else 0
    end = min(rows[last].end, rows[0].start + _LONGEST_HEADER)
    if '"' in rows[last].text and rows[last].text.count('"') % 2:  # a quoted cell continues on the next line
        closing = text.find('"', rows[last].end, rows[0].start + _LONGEST_HEADER)
        end = text.find("\n", closing) if closing > 0 and text.find("\n", closing) > 0 else end
    return ((rows[0].span[0], end),)


def _has_one_cell(row: Line) -> bool:
    """Whether a table row has several cells but only the first is not empty."""
    cells = [cell.strip() for cell in _PIPES.split(row.text.strip().strip("|"))] if "|" in row.text else []
    return len(cells) > 1 and bool(cells[0]) and not any(cells[1:]) and not _is_rule(row.text.strip())


# Lists whose items are lines


def _lists(lines: Sequence[Line]) -> Iterator[Block]:
    number = 0
    while number < len(lines):
        if not LIST_ITEM.match(lines[number].text):
            number += 1
            continue
        first, last, least = number, number, _indent(lines[number].text)
        while number < len(lines) and _continues(lines, number, last, least):
            last = last if lines[number].blank else number
            number += 1
        if last > first:
            end = lines[last].start + len(lines[last].text)
            yield Block(lines[first].start, end, _lead(lines, first))


def _continues(lines: Sequence[Line], number: int, last: int, least: int) -> bool:
    """Whether a line still belongs to the list whose last line so far is `last`."""
    line = lines[number]
    if line.blank:
        return number - last <= 1
    if LIST_ITEM.match(line.text):
        return True
    return _indent(line.text) > least if number - last > 1 else not line.text.lstrip().startswith(("#", "<h"))


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _lead(lines: Sequence[Line], first: int) -> tuple[Span, ...]:
    """Return the line that introduces the block starting here: directly above it, or above one blank line."""
    above = first - 1
    if above >= 0 and lines[above].blank:
        above -= 1
    if above < 0 or lines[above].blank:
        return ()
    start, end = lines[above].span
    if end - start > _LONGEST_LEAD:
        sentence = max(lines[above].text.rfind(mark, 0, len(lines[above].text.rstrip()) - 1) for mark in ".!?。")
        start = max(start, lines[above].start + sentence + 1)
    return ((start, end),) if end - start <= _LONGEST_LEAD else ()


# Tables and lists in HTML

_TAG = re.compile(r"<(/?)(table|ul|ol|dl)\b[^<>]{0,300}>", re.IGNORECASE)
_FIRST_ROW_END = re.compile(r"</(?:tr|thead)\s*>|<tbody\b", re.IGNORECASE)
_HEAD = re.compile(r"<thead\b", re.IGNORECASE)
_HEAD_END = re.compile(r"</thead\s*>|<tbody\b", re.IGNORECASE)
_SECTION = re.compile(
    r"<tr\b[^<>]{0,300}>\s*<t[hd]\b[^<>]{0,200}\bcolspan\b[^<>]{0,200}>(?:(?!</?t[rhd]\b).){1,300}</t[hd]\s*>\s*</tr\s*>"
    r"|<dt\b[^<>]{0,200}>(?:(?!</?d[td]\b).){1,300}</dt\s*>"
    r"|<t[hd]\b[^<>]{0,200}\browspan\b[^<>]{0,200}>(?:(?!</?t[rhd]\b).){1,300}</t[hd]\s*>",
    re.IGNORECASE | re.DOTALL,
)
_MAX_TAGS = 4
_MAX_DEPTH = 40
"""Elements nested deeper than this count as part of the surrounding ones."""


def _markup(text: str) -> Iterator[Block]:
    sections = [match.span() for match in _SECTION.finditer(text)] if "<" in text else []
    opened: list[re.Match[str]] = []
    deeper = 0
    for tag in _TAG.finditer(text):
        if not tag[1]:
            if len(opened) < _MAX_DEPTH:
                opened.append(tag)
            else:
                deeper += 1
        elif deeper:
            deeper -= 1
        elif opened and opened[-1][2].lower() == tag[2].lower():
            yield _element(text, opened.pop(), tag.end(), sections)
    yield from (_element(text, tag, len(text), sections) for tag in opened)


def _element(text: str, tag: re.Match[str], end: int, sections: Sequence[Span]) -> Block:
    start, limit = tag.start(), min(end, tag.end() + _LONGEST_HEADER)
    inside = tuple(sections[bisect_left(sections, (start, 0)) : bisect_left(sections, (end, 0))])
    above = _lead_before(text, start)
    if tag[2].lower() == "table":
        headed = _HEAD.search(text, tag.end(), min(end, tag.end() + _LONGEST_LEAD))
        found = (_HEAD_END if headed else _FIRST_ROW_END).search(text, tag.end(), limit)
        if found:
            above = (*above, (start, found.end() if found[0].startswith("</") else found.start()))
    return Block(start, end, above, inside)


def _lead_before(text: str, start: int) -> tuple[Span, ...]:
    """Return the words directly before a tag, without the tags around them."""
    low = max(0, start - _LONGEST_LEAD)
    before = text[low:start].rstrip()
    for _ in range(_MAX_TAGS):
        if not before.endswith(">") or not before[before.rfind("<") :].startswith("</"):
            break
        before = before[: before.rfind("<")].rstrip()
    begin = max(before.rfind(">"), before.rfind("\n")) + 1
    words = before[begin:].strip()
    end = low + len(before)
    return ((end - len(words), end),) if any(map(str.isalnum, words)) else ()
