"""Check the built site without a network: python docs/_extensions/check_links.py build/site.

Each link to a page, a file or an anchor of the site must lead there, and the reference must have each public name.
Links to other hosts are not fetched.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

MODULES = ("", ".batch", ".daft", ".evaluate", ".frames", ".instructor", ".testing")
"""The modules whose public names the reference has."""


class Page(HTMLParser):
    """The anchors and the links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the id of an element, and where it leads."""
        for name, value in attrs:
            if name == "id" and value:
                self.anchors.add(value)
            elif name in {"href", "src"} and value:
                self.links.append(value)


def read_site(folder: Path) -> dict[Path, Page]:
    """Return the pages of a site."""
    return {path.resolve(): Page(path.read_text("utf-8")) for path in folder.rglob("*.html")}


def dead_links(site: Mapping[Path, Page]) -> Iterator[str]:
    """Yield a sentence for each link that leads nowhere."""
    for path, page in site.items():
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                yield f"{path.name}: {link} leads nowhere."
            elif parts.fragment and target in site and unquote(parts.fragment) not in site[target].anchors:
                yield f"{path.name}: {link}: that page has no such anchor."


def missing_names(site: Mapping[Path, Page]) -> Iterator[str]:
    """Yield a sentence for each public name that the reference lacks."""
    anchors = {anchor for page in site.values() for anchor in page.anchors}
    for module in MODULES:
        home = import_module(f"structgen{module}")
        for name in getattr(home, "__all__", ["extract"]):
            if f"{home.__name__}.{name}" not in anchors:
                yield f"The reference has no {home.__name__}.{name}."


def main(folder: str) -> int:
    """Print what is wrong with the site. Return the exit status."""
    site = read_site(Path(folder))
    wrong = [*dead_links(site), *missing_names(site)] if site else [f"There are no pages in {folder}."]
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
