"""HTML as a reader sees it, with the way back to the source, and its linked data (JSON-LD and microdata).

`SourceParser` says where each piece of text was written.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from json import JSONDecoder
from typing import cast

from structgen.documents.html_text.source_parser import VOID, Attributes, SourceParser
from structgen.rules.document.page import Chunk, Page, Span, lines_of

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
_STRUCK = frozenset({"s", "del", "strike"})
_TAGGED = _names("h1 h2 h3 h4 h5 h6 li th dt ")


_OPEN_GRAPH = {
    f"{prefix}:{written}": name
    for prefix in ("product", "og")
    for written, name in {
        "price:amount": "price",
        "price:currency": "priceCurrency",
        "brand": "brand",
        "availability": "availability",
        "condition": "itemCondition",
        "retailer_item_id": "sku",
        "retailer_part_no": "sku",
        "mfr_part_no": "mpn",
        "ean": "gtin",
        "upc": "gtin",
        "isbn": "gtin",
    }.items()
}
"""Tags of the Open Graph protocol about a product -> the property of schema.org that means the same."""


@dataclass(frozen=True, slots=True)
class LinkedValue:
    """A single value as text, and its span in the document."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class LinkedItem:
    """An item with a type and properties, each with its values in order."""

    kind: str
    props: dict[str, list[LinkedValue | LinkedItem]]


@dataclass(frozen=True, slots=True)
class Markup:
    """An HTML page, and its items of linked data."""

    page: Page
    items: tuple[LinkedItem, ...]


def looks_like_html(text: str) -> bool:
    """Whether a text is an HTML document or part of one, and not a text that quotes a tag or two."""
    return (
        bool(_STRUCTURE.search(text)) or sum(1 for _, _ in zip(range(4), _BLOCK_END.finditer(text), strict=False)) == 4
    )


def read_html(text: str) -> Markup:
    """Return the visible text and the linked data of an HTML page."""
    reader = _Reader(text)
    reader.run()
    reader.finish()
    visible = "".join(reader.text)
    page = Page(text, visible, lines_of(visible, reader.tags), tuple(reader.chunks), tuple(reader.struck))
    scripts = [node for start, end in reader.scripts for node in read_json_ld(text, start, end)]
    return Markup(page, (*scripts, *reader.items))


@dataclass(slots=True)
class _Open:
    """An open element: its tag, its microdata, and the offset of its visible text."""

    tag: str
    prop: str = ""
    node: LinkedItem | None = None
    at: int = 0
    value: LinkedValue | None = None


@dataclass(slots=True)
class _State:
    """The elements that are open, and the items that properties belong to."""

    stack: list[_Open] = field(default_factory=list[_Open])
    owners: list[LinkedItem] = field(default_factory=list[LinkedItem])
    hidden: int = 0
    length: int = 0


class _Reader(SourceParser):
    """Collects the visible text with its place in the source, the JSON-LD scripts, and the microdata."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self.text: list[str] = []
        self.chunks: list[Chunk] = []
        self.tags: dict[int, str] = {}
        self.struck: list[Span] = []
        self.scripts: list[Span] = []
        self.items: list[LinkedItem] = []
        self.state = _State()
        self.product = LinkedItem("Product", {})
        self.is_rdfa = False
        self.done = 0

    def opened(self, tag: str, given: Attributes, at: int) -> None:
        """Take a start tag."""
        self._break(tag, at)
        # "2<sup>1</sup>&frasl;<sub>2</sub>" is no 21⁄2.
        if tag == "sup" and self.text and self.text[-1][-1:].isdigit() and self._visible():
            self._mark(" ", at)
        if tag in _TAGGED and not self.state.hidden:
            self.tags[self.state.length] = tag
        opened = _Open(tag, given.get("itemprop") or self._rdfa_property(given), None, self.state.length)
        # JSON-LD is read for its items. All other scripts are code.
        if tag == "script" and "ld+json" in given.get("type", ""):
            opened.prop = "ld+json"
        elif "itemscope" in given:
            opened.node = LinkedItem(given.get("itemtype", "").rstrip("/").rpartition("/")[2], {})
        elif kind := self._rdfa_type(given):
            opened.node = LinkedItem(kind, {})
        elif tag == "meta":
            self._read_meta(at, given)
        if opened.prop and opened.prop != "ld+json":
            opened.value = self._attribute(at, given)
        if tag in VOID:
            self._close(opened)
            return
        self.state.stack.append(opened)
        if opened.node:
            self.state.owners.append(opened.node)
        self.state.hidden += tag in _HIDDEN and tag != "title"

    def _rdfa_type(self, given: dict[str, str]) -> str:
        """Return the type of an item of schema.org in RDFa, or an empty text."""
        self.is_rdfa = self.is_rdfa or "schema.org" in given.get("vocab", "")
        prefix, colon, name = given.get("typeof", "").rpartition(":")
        return name if (colon and prefix == "schema") or (not colon and self.is_rdfa) else ""

    def _rdfa_property(self, given: dict[str, str]) -> str:
        """Return the property of the RDFa item that is open, or an empty text."""
        inside = self.is_rdfa and bool(self.state.owners)
        return given.get("property", "").removeprefix("schema:") if inside else ""

    def _read_meta(self, at: int, given: dict[str, str]) -> None:
        """Keep a tag of the Open Graph protocol that is about a product."""
        name = _OPEN_GRAPH.get(given.get("property") or given.get("name", ""))
        if name and (value := self._attribute(at, given)):
            self.product.props.setdefault(name, []).append(value)

    def closed(self, tag: str, at: int) -> None:
        """Take an end tag."""
        if tag in VOID:
            return
        stack = self.state.stack
        # An end tag without a start tag is ignored. The search is bounded, since hostile pages nest deeply.
        depth = next(
            (depth for depth in range(len(stack) - 1, max(-1, len(stack) - 40), -1) if stack[depth].tag == tag), None
        )
        if depth is not None:
            while len(stack) > depth:
                self._close(stack.pop())
        self._break(tag, at)

    def shown(self, text: str, start: int, end: int) -> None:
        """Take text, or the character of a reference."""
        if self.state.stack and self.state.stack[-1].prop == "ld+json":
            self.scripts.append((start, end))
        if not self._visible():
            return
        if text != self.source[start:end]:
            self._show(text, start, end, whole=True)
            return
        # White space is folded as browsers do, and every word keeps its own place in the source.
        for match in re.finditer(r"\s+|\S+", text):
            self._show(" " if match.group().isspace() else match.group(), start + match.start(), start + match.end())

    def _visible(self) -> bool:
        return not self.state.hidden or (bool(self.state.stack) and self.state.stack[-1].tag in _SHOWN)

    def _show(self, text: str, start: int, end: int, *, whole: bool = False) -> None:
        if text == " " and (not self.text or self.text[-1][-1:] in " \n\t"):
            return
        self.chunks.append(Chunk(self.state.length, start, end, whole))
        self.text.append(text)
        self.state.length += len(text)

    def _break(self, tag: str, at: int) -> None:
        """Start a new line around blocks. Cells, and a term and its description, are separated by a tab."""
        if tag in ("td", "th", "dd"):
            self._mark("\t", at)
        elif tag in _BLOCKS:
            self._mark("\n", at)

    def _mark(self, char: str, at: int) -> None:
        # Nested blocks and cells end together, and leave one mark.
        if self.text and self.text[-1] not in ("\n", char):
            if self.text[-1] in (" ", "\t") and char == "\n":
                self.text[-1] = "\n"
                return
            self._show(char, at, at)

    def _attribute(self, at: int, given: dict[str, str]) -> LinkedValue | None:
        """Return the value of a property that is an attribute of its tag, or None."""
        for name in ("content", "datetime", "href", "src", "value"):
            start, end = self.attribute_span(given.get(name, ""), at)
            if start < end:
                return LinkedValue(given[name], start, end)
        return None

    def _close(self, opened: _Open) -> None:
        self.state.hidden -= opened.tag in _HIDDEN and opened.tag != "title" and opened.tag not in VOID
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

    def _add(self, owner: LinkedItem, opened: _Open) -> None:
        value = opened.node or opened.value or self._shown(opened)
        for name in opened.prop.split()[:4]:
            if value:
                owner.props.setdefault(name, []).append(value)

    def _shown(self, opened: _Open) -> LinkedValue | None:
        """Return the visible text of an element as the value of its property."""
        # Bounded: an itemprop on <body> would copy the page for every property.
        first = bisect_right(self.chunks, opened.at - 1, key=lambda chunk: chunk.at)
        kept = [chunk for chunk in self.chunks[first : first + 2000] if chunk.end > chunk.start]
        text = " ".join("".join(self.text[first : first + 2000]).split())
        return LinkedValue(text, kept[0].start, kept[-1].end) if text and kept else None

    def finish(self) -> None:
        """Close open elements."""
        while self.state.stack:
            self._close(self.state.stack.pop())
        if self.product.props:
            self.items.append(self.product)


_DEEPEST = 40
_SPACE = re.compile(r"(?:[\s\ufeff]+|/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*|<!--|-->|<!\[CDATA\[|\]\]>)*")
"""White space, comments, and the marks with which pages hide a script from old browsers."""
_SEPARATORS = re.compile(r"[;,\s]*")
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = frozenset('"\\/bfnrtu')
_SCALAR = re.compile(r"-?\d{1,20}(?:\.\d{1,20})?(?:[eE][+-]?\d{1,3})?|true|false|null")


_DECODER = JSONDecoder(strict=False)


class _NotJson(ValueError):
    """The text is not JSON, or is nested too deeply."""


def read_json_ld(source: str, start: int, end: int) -> list[LinkedItem]:
    """Return the items of a JSON-LD script, or an empty list if it is not JSON.

    Comments, trailing commas, raw line breaks in strings, and several values in a row are read as pages mean them.
    """
    text, at = source[:end], _skip(source, start, end)
    found: list[LinkedValue | LinkedItem] = []
    # An unclosed bracket ends with an IndexError at the end of the script.
    try:
        while at < end:
            values, at = _value(text, at, 0)
            found.extend(values)
            separated = _SEPARATORS.match(text, _skip(text, at))
            at = _skip(text, separated.end() if separated else at)
    except (_NotJson, ValueError, IndexError):
        return []
    return [node for node in _items(found) if node.props]


def _items(values: list[LinkedValue | LinkedItem]) -> Iterator[LinkedItem]:
    for value in values:
        if isinstance(value, LinkedItem):
            yield value
            yield from _items(value.props.get("@graph", []))


def _skip(text: str, at: int, end: int | None = None) -> int:
    match = _SPACE.match(text, at, len(text) if end is None else end)
    return match.end() if match else at


def _value(text: str, at: int, depth: int) -> tuple[list[LinkedValue | LinkedItem], int]:
    """Return the value at an offset, a list as its items, and where it ends."""
    if depth > _DEEPEST:
        raise _NotJson
    if text[at] == "{":
        return _object(text, at + 1, depth)
    if text[at] == "[":
        return _array(text, at + 1, depth)
    if text[at] == '"':
        value, end = _string(text, at)
        return [LinkedValue(value, at + 1, end - 1)], end
    match = _SCALAR.match(text, at)
    if match is None:
        raise _NotJson
    kept: list[LinkedValue | LinkedItem] = (
        [] if match.group() == "null" else [LinkedValue(match.group(), at, match.end())]
    )
    return kept, match.end()


def _string(text: str, at: int) -> tuple[str, int]:
    """Return the string at a quote, and where it ends."""
    match = _STRING.match(text, at)
    if match is None:
        raise _NotJson
    # A wrong escape (``\\'``), which is valid in JavaScript, loses its backslash. The decoder gets the string alone,
    # because it counts all lines before an error.
    written = _ESCAPE.sub(lambda one: one[0] if one[1] in _ESCAPED else one[1], match.group())
    return cast(str, _DECODER.decode(written)), match.end()


def _array(text: str, at: int, depth: int) -> tuple[list[LinkedValue | LinkedItem], int]:
    items: list[LinkedValue | LinkedItem] = []
    at = _skip(text, at)
    while text[at] != "]":
        found, at = _value(text, at, depth + 1)
        items.extend(found)
        at = _after(text, at, "]")
    return items, at + 1


def _object(text: str, at: int, depth: int) -> tuple[list[LinkedValue | LinkedItem], int]:
    props: dict[str, list[LinkedValue | LinkedItem]] = {}
    at = _skip(text, at)
    while text[at] != "}":
        if text[at] != '"':
            raise _NotJson
        name, at = _string(text, at)
        at = _skip(text, at)
        if text[at] != ":":
            raise _NotJson
        found, at = _value(text, _skip(text, at + 1), depth + 1)
        props.setdefault(name, []).extend(found)
        at = _after(text, at, "}")
    kind = next((one.text for one in props.get("@type", []) if isinstance(one, LinkedValue)), "")
    return [LinkedItem(kind, props)], at + 1


def _after(text: str, at: int, closing: str) -> int:
    """Return the offset behind a comma, or that of the closing bracket."""
    at = _skip(text, at)
    if text[at] == ",":
        return _skip(text, at + 1)
    if text[at] != closing:
        raise _NotJson
    return at
