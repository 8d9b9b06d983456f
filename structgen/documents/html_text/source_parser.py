"""A tokenizer for HTML that knows where in the source each piece was written.

The stdlib's html.parser tokenizes: no other parser for Python places each text and attribute. It is fed once
and never closed, because its recovery at the end of broken input takes quadratic time. What it leaves unread is passed
on as text.
"""

from __future__ import annotations

import html
import re
from abc import ABC, abstractmethod
from contextlib import suppress
from html.parser import HTMLParser
from typing import TypeAlias

Attributes: TypeAlias = dict[str, str]


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


VOID = _names("area base br col embed hr img input link meta source track wbr")
"""Elements without an end tag."""

_UNREAD = re.compile(r"[^<>]+")


class SourceParser(HTMLParser, ABC):
    """Calls `opened`, `closed` and `shown` in the order of the source, with offsets in it."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self.source = source
        self._lines = [0, *(match.end() for match in re.finditer("\n", source))]

    def run(self) -> None:
        """Read the whole source."""
        with suppress(AssertionError, ValueError):  # html.parser gives up like this on unknown declarations
            self.feed(self.source)
        start = len(self.source) - len(self.rawdata)
        for match in _UNREAD.finditer(self.rawdata):
            self.shown(match.group(), start + match.start(), start + match.end())

    @abstractmethod
    def opened(self, tag: str, given: Attributes, at: int) -> None:
        """Take a start tag that begins at an offset. A void element is closed at once."""

    @abstractmethod
    def closed(self, tag: str, at: int) -> None:
        """Take an end tag, which may have no start tag."""

    @abstractmethod
    def shown(self, text: str, start: int, end: int) -> None:
        """Take text. It is longer or shorter than its source if it is a character reference."""

    def attribute_span(self, value: str, at: int) -> tuple[int, int]:
        """Return where the start tag at an offset contains a value; the start of the tag if it is written otherwise."""
        place = (self.get_starttag_text() or "").find(value) if value else -1
        return (at, at) if place < 0 else (at + place, at + place + len(value))

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Pass on a start tag. Of an attribute that is given twice, browsers take the first."""
        given: Attributes = {}
        for name, value in attrs:
            given.setdefault(name, value or "")
        at = self._at()
        self.opened(tag, given, at)
        if tag in VOID:
            self.closed(tag, at)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Pass on a start tag that ends with a slash. Browsers ignore the slash, but it is common in XHTML."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.closed(tag, self._at())

    def handle_endtag(self, tag: str) -> None:
        """Pass on an end tag. Browsers take ``</br>`` for a line break."""
        if tag == "br":
            self.opened(tag, {}, self._at())
        if tag not in VOID or tag == "br":
            self.closed(tag, self._at())

    def handle_data(self, data: str) -> None:
        """Pass on text."""
        at = self._at()
        self.shown(data, at, at + len(data))

    def handle_entityref(self, name: str) -> None:
        """Pass on a named character reference as its character."""
        self._reference(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """Pass on a numeric character reference as its character."""
        self._reference(f"&#{name};")

    def _reference(self, written: str) -> None:
        at = self._at()
        # The semicolon of a reference may be missing in the source: "&amp" is valid.
        end = at + len(written) - (not self.source.startswith(written, at))
        self.shown(html.unescape(written), at, end)
