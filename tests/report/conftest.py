"""HTML as a reader sees it: parsed as a browser parses it, and opened in a real browser."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

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


CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One headless Chromium for the tests of a file.

    Not for all: while it is open, Playwright has an event loop running in this thread, and no other test can start one.
    """
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing: install Debian's chromium")
        pytest.skip(f"{CHROMIUM} is missing")
    sync_api = pytest.importorskip("playwright.sync_api")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


WINDOW = {"width": 1400, "height": 900}


@pytest.fixture(scope="module")
def window(browser: Any) -> Any:
    """The window of all pages that need no other one."""
    return browser.new_context(viewport=WINDOW)


@pytest.fixture
def open_page(browser: Any, window: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open HTML, or a file, as a page. At the end it must have said nothing on its console and requested nothing.

    With options, it gets a window for itself, whose storage is empty.
    """
    opened_things: list[Any] = []
    wrong: list[str] = []

    def opened(html: str | Path, fragment: str = "", **options: Any) -> Any:
        if isinstance(html, str):
            path = tmp_path / f"page-{len(opened_things)}.html"
            path.write_text(html, encoding="utf-8")
        else:
            path = html
        context = browser.new_context(**{"viewport": WINDOW, **options}) if options else window
        page = context.new_page()
        opened_things.append(context if options else page)
        page.on("console", lambda said: wrong.append(said.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda shown: (wrong.append(shown.message), shown.dismiss()))
        page.on("request", lambda request: None if request.is_navigation_request() else wrong.append(request.url))
        page.goto(path.as_uri() + fragment)
        return page

    yield opened
    for thing in opened_things:
        thing.close()
    assert not wrong
