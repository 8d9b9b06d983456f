"""HTML as what a reader sees of it, with the way back to the source, and the data that pages carry for machines.

The stdlib's html.parser tokenizes (the parser that Beautiful Soup drives elsewhere): it alone says where each piece of
text was written. It is fed once and never closed, because its recovery at the end of broken input takes quadratic
time; what it leaves unread is taken as plain text.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser

from structgen.rules.document.json_ld import Leaf, Node, read_json_ld
from structgen.rules.document.visible_text import Chunk, Page, Span, lines_of

_STRUCTURE = re.compile(r"<!doctype html|<html[\s>]|<body[\s>]|application/ld\+json", re.IGNORECASE)
_BLOCK_END = re.compile(r"</(?:p|div|li|tr|td|h[1-6]|table|ul|ol|section|article|dl)\s*>|<br\s*/?>", re.IGNORECASE)


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_BLOCKS = _names(
    "address article aside blockquote body dd details div dl dt fieldset figcaption figure footer form h1 "
    "h2 h3 h4 h5 h6 header hr html legend li main ol option p pre section summary table tbody tfoot thead "
    "tr ul br title "
)
_HIDDEN = _names("script style template noscript svg nav button select textarea iframe head ")
_SHOWN = frozenset({"title"})
_VOID = _names("area base br col embed hr img input link meta source track wbr ")
_STRUCK = frozenset({"s", "del", "strike"})
_TAGGED = _names("h1 h2 h3 h4 h5 h6 li th dt ")


@dataclass(frozen=True, slots=True)
class Markup:
    """A page of HTML, and the items of linked data in it (JSON-LD and microdata)."""

    page: Page
    items: tuple[Node, ...]


def looks_like_html(text: str) -> bool:
    """Whether a text is an HTML document or a good part of one, and no text that quotes a tag or two."""
    return (
        bool(_STRUCTURE.search(text)) or sum(1 for _, _ in zip(range(4), _BLOCK_END.finditer(text), strict=False)) == 4
    )


def read_html(text: str) -> Markup:
    """Read a page of HTML."""
    reader = _Reader(text)
    with suppress(AssertionError, ValueError):  # html.parser's way of giving up on a declaration it does not know
        reader.feed(text)
    reader.finish()
    visible = "".join(reader.text)
    page = Page(text, visible, lines_of(visible, reader.tags), tuple(reader.chunks), tuple(reader.struck))
    scripts = [node for start, end in reader.scripts for node in read_json_ld(text, start, end)]
    return Markup(page, (*scripts, *reader.items))


@dataclass(slots=True)
class _Open:
    """An open element: its name, what it says it is in microdata, and where its text begins."""

    tag: str
    prop: str = ""
    node: Node | None = None
    at: int = 0
    value: Leaf | None = None


@dataclass(slots=True)
class _State:
    """What is being built."""

    stack: list[_Open] = field(default_factory=list[_Open])
    owners: list[Node] = field(default_factory=list[Node])
    hidden: int = 0
    length: int = 0


class _Reader(HTMLParser):
    """Collects the visible text with its origin, the JSON-LD scripts, and the microdata."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.source = source
        self.starts = [0, *(match.end() for match in re.finditer("\n", source))]
        self.text: list[str] = []
        self.chunks: list[Chunk] = []
        self.tags: dict[int, str] = {}
        self.struck: list[Span] = []
        self.scripts: list[Span] = []
        self.items: list[Node] = []
        self.state = _State()
        self.done = 0

    def _at(self) -> int:
        line, column = self.getpos()
        return self.starts[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at, given = self._at(), {name: value or "" for name, value in attrs}
        self._break(tag, at)
        if tag in _TAGGED and not self.state.hidden:
            self.tags[self.state.length] = tag
        opened = _Open(tag, given.get("itemprop", ""), None, self.state.length)
        if tag == "script" and "ld+json" in given.get("type", ""):
            opened.prop = "ld+json"
        elif "itemscope" in given:
            opened.node = Node(given.get("itemtype", "").rstrip("/").rpartition("/")[2], {})
        if opened.prop and opened.prop != "ld+json":
            opened.value = self._attribute(at, given)
        if tag in _VOID:
            self._close(opened)
            return
        self.state.stack.append(opened)
        if opened.node:
            self.state.owners.append(opened.node)
        self.state.hidden += tag in _HIDDEN and tag != "title"

    def handle_endtag(self, tag: str) -> None:
        at, stack = self._at(), self.state.stack
        depth = next(
            (depth for depth in range(len(stack) - 1, max(-1, len(stack) - 40), -1) if stack[depth].tag == tag), None
        )
        if depth is not None:
            while len(stack) > depth:
                self._close(stack.pop())
        self._break(tag, at)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        at = self._at()
        if self.state.stack and self.state.stack[-1].prop == "ld+json":
            self.scripts.append((at, at + len(data)))
        if self._visible():
            for match in re.finditer(r"\s+|\S+", data):
                self._show(" " if match.group().isspace() else match.group(), at + match.start(), at + match.end())

    def handle_entityref(self, name: str) -> None:
        self._reference(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._reference(f"&#{name};")

    def _reference(self, written: str) -> None:
        at = self._at()
        end = at + len(written) - (not self.source.startswith(written, at))
        if self._visible():
            self._show(html.unescape(written), at, end, whole=True)

    def _visible(self) -> bool:
        return not self.state.hidden or (bool(self.state.stack) and self.state.stack[-1].tag in _SHOWN)

    def _show(self, text: str, start: int, end: int, *, whole: bool = False) -> None:
        if text == " " and (not self.text or self.text[-1][-1:] in " \n\t"):
            return
        self.chunks.append(Chunk(self.state.length, start, end, whole))
        self.text.append(text)
        self.state.length += len(text)

    def _break(self, tag: str, at: int) -> None:
        """A new line around blocks, a tab between the cells of a row and between a term and its description."""
        if tag in ("td", "th", "dd"):
            self._mark("\t", at)
        elif tag in _BLOCKS:
            self._mark("\n", at)

    def _mark(self, char: str, at: int) -> None:
        if self.text and self.text[-1] not in ("\n", char):
            if self.text[-1] in (" ", "\t") and char == "\n":
                self.text[-1] = "\n"
                return
            self._show(char, at, at)

    def _attribute(self, at: int, given: dict[str, str]) -> Leaf | None:
        """The value of a property that stands in an attribute of its tag."""
        written = self.get_starttag_text() or ""
        for name in ("content", "datetime", "href", "src", "value"):
            value = given.get(name, "")
            place = written.find(value) if value else -1
            if place >= 0:
                return Leaf(value, at + place, at + place + len(value))
        return None

    def _close(self, opened: _Open) -> None:
        self.state.hidden -= opened.tag in _HIDDEN and opened.tag != "title" and opened.tag not in _VOID
        if opened.tag in _STRUCK:
            self.struck.append((opened.at, self.state.length))
        if opened.prop == "ld+json":
            return
        if opened.node and self.state.owners and self.state.owners[-1] is opened.node:
            self.state.owners.pop()
        owner = self.state.owners[-1] if self.state.owners else None
        if opened.node and not (opened.prop and owner):
            self.items.append(opened.node)
        elif opened.prop and owner:
            self._add(owner, opened)

    def _add(self, owner: Node, opened: _Open) -> None:
        value = opened.node or opened.value or self._shown(opened)
        for name in opened.prop.split()[:4]:
            if value:
                owner.props.setdefault(name, []).append(value)

    def _shown(self, opened: _Open) -> Leaf | None:
        """The visible text of an element as the value of its property."""
        first = bisect_right(self.chunks, opened.at - 1, key=lambda chunk: chunk.at)
        kept = [chunk for chunk in self.chunks[first : first + 2000] if chunk.end > chunk.start]
        text = " ".join("".join(self.text[first : first + 2000]).split())
        return Leaf(text, kept[0].start, kept[-1].end) if text and kept else None

    def finish(self) -> None:
        """Take what the parser left unread as text, and close what is open."""
        rest = self.rawdata
        start = len(self.source) - len(rest)
        if rest and self._visible():
            for match in re.finditer(r"\s+|[^\s<>]+", rest):
                self._show(
                    " " if match.group().isspace() else match.group(), start + match.start(), start + match.end()
                )
        while self.state.stack:
            self._close(self.state.stack.pop())
