"""Reads a page into tokens: which tag means which break, mark or text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from structgen.documents.html_text.grids import Grids, number_in
from structgen.documents.html_text.linked_json import shortened
from structgen.documents.html_text.source_parser import VOID, Attributes, SourceParser
from structgen.documents.html_text.tokens import Kind, Token


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_HIDDEN = _names("script style template noscript svg iframe object canvas audio video")
_HEADINGS = _names("h1 h2 h3 h4 h5 h6")
_LISTS = _names("ul ol menu")
_STRUCK = _names("s del strike")
_BLOCKS = _HEADINGS | _names(
    "address article aside blockquote details dialog dl fieldset figure footer form header hr main nav ol p pre "
    "section table ul"
)
_LINES = _names("body br caption dd div figcaption head html legend li menu option select summary textarea")
_MEDIA = _names("hr img input meta")

_CLOSED_BY = {
    **dict.fromkeys(_BLOCKS | {"div"}, _names("p")),
    "li": _names("li p"),
    "option": _names("option"),
    "dt": _names("dt dd p"),
    "dd": _names("dt dd p"),
    "td": _names("td th p"),
    "th": _names("td th p"),
    "tr": _names("td th tr p"),
    "tbody": _names("td th tr thead tbody p"),
    "a": _names("a"),
}
"""Elements whose end tag may be missing, by the start tag that ends them."""

_DEEPEST = 40
"""How many open elements an end tag may close. Hostile pages nest deeply."""

_MOST_TOKENS = 200
_MOST_FACTS = 50

_RUN = re.compile(r"\S+(?: \S+)*|\s+")
_VALUED = {"time": "datetime", "data": "value", "meter": "value", "abbr": "title"}
"""Elements with a value for machines, which people do not see."""
_FACTS = re.compile(
    r"description|keywords|author|date|(?:og|article|product|book|profile|music|video):.+", re.IGNORECASE
)
_NO_FACTS = re.compile(r"og:(?:type|site_name|locale|image:.+)", re.IGNORECASE)
_UNSEEN_INPUTS = _names("hidden password file image reset color range")
_TO_NOWHERE = ("#", "javascript:", "data:")


@dataclass(slots=True)
class _Element:
    """An open element. `first` is the index of its first token; `value` is shown at its end; its source is `span`."""

    tag: str
    first: int
    value: str = ""
    span: tuple[int, int] = (0, 0)


class PageReader(SourceParser):
    """Collects the tokens of a page."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._tokens: list[Token] = []
        self._facts: dict[str, Token] = {}
        self._scripts: list[tuple[int, int]] = []
        self._stack: list[_Element] = []
        self._grids = Grids(self._tokens)
        self._lists: list[int | None] = []  # the number of the last item; None in a list without numbers
        self._hidden = 0

    def finish(self) -> Iterator[Token]:
        """Yield the tokens: what the page says about itself, what it shows, and its linked data."""
        while self._stack:
            self._close(len(self.source))
        for name, fact in self._facts.items():
            yield Token(Kind.LINE)
            yield Token(Kind.OPEN, f"{name}: ", fact.start, fact.start)
            yield fact
        yield Token(Kind.BLOCK)
        yield from self._tokens
        for start, end in self._scripts:
            yield Token(Kind.BLOCK)
            yield Token(Kind.OPEN, "JSON-LD: ", start, start)
            for text, at, stop in shortened(self.source, start, end):
                yield Token(Kind.TEXT, text, at, stop, text != self.source[at:stop])

    def shown(self, text: str, start: int, end: int) -> None:
        """Take text."""
        if self._stack and self._stack[-1].tag == "script" and self._stack[-1].value:
            self._scripts.append((start, end))
        if self._hidden:
            return
        if len(text) != end - start:
            self._add(Kind.SPACE if text.isspace() else Kind.TEXT, text, (start, end), whole=True)
        elif any(element.tag == "pre" for element in self._stack[-3:]):
            self._add(Kind.TEXT, text, (start, end))
        else:
            for match in _RUN.finditer(text):
                kind = Kind.SPACE if match.group().isspace() else Kind.TEXT
                self._add(kind, match.group(), (start + match.start(), start + match.end()))

    def opened(self, tag: str, given: Attributes, at: int) -> None:
        """Take a start tag."""
        closed = _CLOSED_BY.get(tag, frozenset[str]())
        while self._stack and self._stack[-1].tag in closed:
            self._close(at)
        element = _Element(tag, len(self._tokens))
        if tag == "script" and "ld+json" in given.get("type", ""):
            element.value = "ld+json"
        self._stack.append(element)
        if self._hidden or tag in _HIDDEN:
            self._hidden += tag in _HIDDEN
            return
        self._break(tag, at)
        if tag in _MEDIA:
            self._show_media(tag, given, at)
        elif tag == "a":
            self._open_link(element, given, at)
        elif tag in ("table", "tr", "td", "th"):
            self._open_grid(tag, given, at)
        else:
            self._mark(tag, given, at)
            self._keep_value(element, given, at)

    def closed(self, tag: str, at: int) -> None:
        """Take an end tag. One without a start tag is ignored."""
        lowest = max(-1, len(self._stack) - _DEEPEST - 1)
        depth = next((i for i in range(len(self._stack) - 1, lowest, -1) if self._stack[i].tag == tag), None)
        while depth is not None and len(self._stack) > depth:
            self._close(at)

    def _close(self, at: int) -> None:
        """Close the innermost element."""
        element = self._stack.pop()
        tag = element.tag
        if self._hidden:
            self._hidden -= tag in _HIDDEN
            return
        if tag in _HEADINGS:
            self._add(Kind.HEADING)
        elif tag in _LISTS:
            self._lists[-1:] = []
        elif tag == "li":
            self._add(Kind.ITEM)
        elif tag == "dt":
            self._add(Kind.MEANS)
        elif tag in _STRUCK:
            self._strike(element, at)
        elif tag == "a":
            self._close_link(element)
        elif tag == "title":
            self._keep_title(element)
        elif tag in ("table", "tr", "td", "th"):
            self._close_grid(tag, at)
        elif element.value:
            self._show_value(element)
        if tag not in VOID:
            self._break(tag, at)

    def _add(self, kind: Kind, text: str = "", span: tuple[int, int] = (0, 0), *, whole: bool = False) -> None:
        self._tokens.append(Token(kind, text, *span, whole, self._grids.inner))

    def _add_attribute(self, value: str, at: int, before: str = "", after: str = "") -> None:
        """Add the value of an attribute of the start tag at an offset, between other texts."""
        start, end = self.attribute_span(value, at)
        self._add(Kind.OPEN, before, (start, start))
        self._add(Kind.TEXT, value, (start, end), whole=end - start != len(value))
        self._add(Kind.CLOSE, after, (end, end))

    def _tokens_of(self, element: _Element) -> list[Token]:
        """Return the first tokens of an element. Elements nest, and hostile pages nest deeply."""
        return self._tokens[element.first : element.first + _MOST_TOKENS]

    def _said(self, element: _Element) -> str:
        """Return what an element showed so far."""
        words = (token.text if token.kind is Kind.TEXT else " " for token in self._tokens_of(element))
        return "".join(words).strip()

    def _break(self, tag: str, at: int) -> None:
        # A list in a list goes on with it. Two line breaks are how many pages write a paragraph.
        nested = tag in _LISTS and self._lists
        doubled = tag == "br" and self._tokens and self._tokens[-1].kind is Kind.LINE
        if doubled or (tag in _BLOCKS and not nested):
            self._add(Kind.BLOCK, "", (at, at))
        elif nested or tag in _LINES:
            self._add(Kind.LINE, "", (at, at))

    # What tags mean

    def _mark(self, tag: str, given: Attributes, at: int) -> None:
        """Add the mark of an element."""
        if tag in _HEADINGS:
            self._grids.mark_layout()
            self._add(Kind.HEADING, "#" * int(tag[1]) + " ", (at, at))
        elif tag in _LISTS:
            self._grids.mark_layout()
            self._lists.append(number_in(given, "start", 1) - 1 if tag == "ol" else None)
        elif tag == "li":
            self._add(Kind.ITEM, self._item_mark(), (at, at))
        elif tag == "dt":
            self._add(Kind.TERM, "", (at, at))
        elif tag == "option" and "selected" in given:
            self._add(Kind.OPEN, "[x] ", (at, at))
        elif tag in _STRUCK:
            self._add(Kind.OPEN, "~~", (at, at))
        elif tag == "sup":
            self._raise(at)

    def _item_mark(self) -> str:
        """Return the mark of the next item of the innermost list, indented by its depth."""
        indent = "  " * (min(len(self._lists), _DEEPEST) - 1)
        last = self._lists[-1] if self._lists else None
        if last is None:
            return f"{indent}- "
        self._lists[-1] = last + 1
        return f"{indent}{last + 1}. "

    def _raise(self, at: int) -> None:
        """Add a caret before a superscript: "10<sup>3</sup>" is not 103. A fraction with its own slash has none."""
        last = self._tokens[-1] if self._tokens else None
        if last is not None and last.kind is Kind.TEXT and last.text[-1:].isalnum():
            end = self.source.find("</sup>", at, at + 200)
            if not self.source.startswith(("&frasl;", "⁄", "/", "&#8260;"), end + len("</sup>")) or end < 0:
                self._add(Kind.TEXT, "^", (at, at))
            else:
                self._add(Kind.SPACE, "", (at, at))  # "1<sup>1</sup>⁄<sub>2</sub>" is one and a half

    def _strike(self, element: _Element, at: int) -> None:
        opened = self._tokens[element.first]
        if not self._said(element):
            opened.text = ""
        else:
            self._add(Kind.CLOSE, opened.text, (at, at))

    def _open_grid(self, tag: str, given: Attributes, at: int) -> None:
        if tag == "table":
            self._grids.start_table(given)
        elif tag == "tr":
            self._grids.start_row(at)
        else:
            self._grids.start_cell(tag, given, at)

    def _close_grid(self, tag: str, at: int) -> None:
        if tag == "table":
            self._grids.end_table(at)
        elif tag == "tr":
            self._grids.end_row(at)
        else:
            self._grids.end_cell()

    def _open_link(self, element: _Element, given: Attributes, at: int) -> None:
        href = given.get("href", "").strip()
        if href and not href.lower().startswith(_TO_NOWHERE):
            element.value, element.span = href, self.attribute_span(href, at)
        self._add(Kind.OPEN, "[" if element.value else "", (at, at))

    def _close_link(self, element: _Element) -> None:
        """Write where a link leads. A link that is a whole block of the page gets it at its end."""
        opened, said, (start, end) = self._tokens[element.first], self._said(element), element.span
        if not element.value:
            return
        block = any(token.kind in (Kind.LINE, Kind.BLOCK) for token in self._tokens_of(element))
        if not said or said == element.value or block:
            opened.text = ""
        if said == element.value or (not said and element.value[:1] in "/?."):
            return
        if not said:
            self._add(Kind.SPACE)
        self._add(Kind.CLOSE if said else Kind.OPEN, "](" if opened.text else " (" if said else "(", (start, start))
        self._add(Kind.CLOSE, element.value, (start, end), whole=end - start != len(element.value))
        self._add(Kind.CLOSE, ")", (end, end))

    def _show_media(self, tag: str, given: Attributes, at: int) -> None:
        """Show an element that has no content."""
        if tag == "img" and (alt := " ".join(given.get("alt", "").split())):
            src = given.get("src", "")
            self._add_attribute(alt, at, "![", "]" if not src or src.startswith("data:") else f"]({src})")
        elif tag == "hr":
            self._add(Kind.TEXT, "---", (at, at))
            self._add(Kind.BLOCK, "", (at, at))
        elif tag == "input":
            self._show_input(given, at)
        elif tag == "meta":
            self._show_fact(given, at)

    def _show_input(self, given: Attributes, at: int) -> None:
        kind = given.get("type", "text").lower()
        if kind in ("checkbox", "radio"):
            self._add(Kind.TEXT, "[x]" if "checked" in given else "[ ]", (at, at))
        elif kind not in _UNSEEN_INPUTS and given.get("value", "").strip():
            self._add_attribute(given["value"], at)
        self._add(Kind.SPACE, "", (at, at))

    def _show_fact(self, given: Attributes, at: int) -> None:
        """Keep what a meta tag says about the page; show the value of a property in its place."""
        content, name = given.get("content", "").strip(), given.get("property") or given.get("name", "")
        if not content:
            return
        start, end = self.attribute_span(content, at)
        if prop := given.get("itemprop"):
            self._add(Kind.LINE, "", (at, at))
            self._add_attribute(content, at, f"{prop}: ")
            self._add(Kind.LINE, "", (at, at))
        elif _FACTS.fullmatch(name) and not _NO_FACTS.fullmatch(name):
            self._fact(name, Token(Kind.TEXT, content, start, end, end - start != len(content)))

    def _fact(self, name: str, fact: Token) -> None:
        # Pages repeat most facts for several readers.
        if len(self._facts) < _MOST_FACTS and not any(known.text == fact.text for known in self._facts.values()):
            self._facts.setdefault(name, fact)

    def _keep_title(self, element: _Element) -> None:
        """Move the page's title to its facts."""
        read = [token for token in self._tokens[element.first :] if token.kind in (Kind.TEXT, Kind.SPACE)]
        del self._tokens[element.first :]
        shown = [token for token in read if token.kind is Kind.TEXT]  # a space has no place in the source
        if shown and "title" not in self._facts:
            span = shown[0].start, shown[-1].end
            text = " ".join("".join(token.text for token in read).split())
            whole = span[1] - span[0] != len(text)
            self._facts = {"title": Token(Kind.TEXT, text, *span, whole), **self._facts}

    def _keep_value(self, element: _Element, given: Attributes, at: int) -> None:
        """Remember a value that machines read in an attribute, to show it if the text says it otherwise."""
        value = given.get(_VALUED.get(element.tag, ""), "") or ("itemprop" in given and given.get("content", "")) or ""
        if value.strip():
            element.value, element.span = value, self.attribute_span(value, at)

    def _show_value(self, element: _Element) -> None:
        said, (start, end) = self._said(element), element.span
        if element.value not in said:
            self._add(Kind.CLOSE, " (" if said else "(", (start, start))
            self._add(Kind.CLOSE, element.value, (start, end), whole=end - start != len(element.value))
            self._add(Kind.CLOSE, ")", (end, end))
