"""Lists on one line: `Tags: a, b, c`, one value behind a label, and the breadcrumbs of a page."""

from __future__ import annotations

import re
from collections.abc import Iterator

from structgen.rules.document.key_values import Pair
from structgen.rules.document.visible_text import Span
from structgen.rules.fields import Field, Kind
from structgen.rules.findings import Finding, collect
from structgen.rules.search import Search
from structgen.rules.values import read_value

_CRUMBS = re.compile(r"\s[>›»/]\s")
_SEMICOLONS = re.compile(r";")
_COMMAS = re.compile(r",(?!\d)")
_SPACED = re.compile(r",\s")
_BARS = re.compile(r"\s[|·•]\s")
_AND = re.compile(r"^(?:and|und|et|y|e|en|og|och|or|oder)\s+", re.IGNORECASE)
_TOLD = re.compile(r"[^\W\d_]{3}[.!?](?:\s|$)")
_CELL_END = re.compile(r"\t|[^\S\n]{3,}")
_NEXT_LABEL = re.compile(r"[;|·]\s?[^\W\d_][^,;:|·\n]{0,30}:\s")
_LONGEST = 60
"""An item of a list on one line has so many characters at most: what is longer is a sentence with commas."""
_LISTED = frozenset({"instructions", "ingredients"})
"""Lists whose items have commas of their own."""
_EDGES = " \t*_\"'“”[]"


def find_inline(search: Search, field: Field) -> Finding | None:
    """The list that stands behind a label of the field on its own line."""
    if field.item is None or field.concepts & _LISTED:
        return None
    for pair in search.pairs_of(field.keys):
        if pair.score == 1.0 and "\n" not in search.page.text[pair.label[0] : pair.value[1]]:
            return read_parts(search, field.item, _value(search, pair))
    return None


def read_parts(search: Search, item: Field, span: Span) -> Finding | None:
    """The items of a list on one line; None where one of them cannot be one, so that no list comes in part."""
    if _TOLD.search(search.page.text[slice(*span)]) and item.kind is Kind.STRING:
        return None
    found = [_item(search, item, part) for part in parts_of(search.page.text, span)]
    kept = [one for one in found if one]
    return collect(kept) if kept and len(kept) == len(found) else None


def _item(search: Search, item: Field, span: Span) -> Finding | None:
    if span[1] - span[0] > _LONGEST and not item.concepts & {"url", "email"}:
        return None
    return read_value(search, item, *span)


def parts_of(text: str, span: Span) -> Iterator[Span]:
    """The spans between the separators of a list: breadcrumbs first, then semicolons, bars, commas."""
    commas = _SPACED if "://" in text[slice(*span)] else _COMMAS
    pattern = next((one for one in (_CRUMBS, _SEMICOLONS, _BARS) if one.search(text, *span)), commas)
    start = span[0]
    cuts = [match.span() for match in pattern.finditer(text, *span)]
    for a, b in (*(cut for cut in cuts if not _inside(text, span[0], cut[0])), (span[1], span[1])):
        part = _trimmed(text, start, a)
        if part[0] < part[1]:
            yield part
        start = b


def _inside(text: str, start: int, at: int) -> bool:
    """Whether a place stands within brackets that were opened before it."""
    before = text[start:at]
    return before.count("(") > before.count(")")


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    listed = _AND.match(text[start:end])
    return (start + listed.end() if listed else start), end


def _follows(search: Search, pair: Pair, other: Pair) -> bool:
    """Whether a pair is the next on the line of another, its label closed by a colon."""
    after = other.line == pair.line and other.score == 1.0 and other.label[0] > pair.value[0]
    return after and ":" in search.page.text[slice(*other.label)]


def _value(search: Search, pair: Pair) -> Span:
    """All that stands behind a label on its line, up to the next label that is closed by a colon."""
    line = search.page.lines[pair.line]
    start = pair.value[0]
    later = [other.label[0] for other in search.pairs if _follows(search, pair, other)]
    end = min(later, default=line.end)
    if closed := _NEXT_LABEL.search(search.page.text, start, end):
        end = closed.start()
    cut = _CELL_END.search(search.page.text, start, end)
    end = cut.start() if cut else end
    return start, end - (len(search.page.text[start:end]) - len(search.page.text[start:end].rstrip(" \t;,|·•")))
