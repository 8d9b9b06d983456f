"""Parses HTML as a browser does, so that tests see what a reader sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest

from structgen.core.records import Evidence, Status

VOID = {"br", "img", "hr", "input", "meta", "link"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    parts: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())

    def all(self, tag: str = "", of: str = "") -> list[Element]:
        """Every element below, in order, of a tag and of a class where these are given."""
        found: list[Element] = []
        for part in self.parts:
            if isinstance(part, Element):
                found += [part] if part.tag == (tag or part.tag) and (not of or of in part.classes) else []
                found += part.all(tag, of)
        return found

    def one(self, tag: str = "", of: str = "") -> Element:
        (found,) = self.all(tag, of)
        return found


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("page", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].parts.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")


def read_html(html: str) -> Element:
    reader = Reader()
    reader.feed(html)
    reader.close()
    (page,) = reader.open
    return page


@pytest.fixture(scope="session")
def read() -> Callable[[str], Element]:
    return read_html


@pytest.fixture(scope="session")
def at() -> Callable[..., Evidence]:
    """Evidence for a path, at the first place of some words in a text."""

    def place(path: str, words: str, text: str, status: Status = Status.EXACT) -> Evidence:
        start = text.index(words)
        return Evidence(path, start, start + len(words), words, status)

    return place
