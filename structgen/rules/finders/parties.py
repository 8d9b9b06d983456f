"""The parties of an invoice or order by their labels: "Bill to", "Seller", with the name beside or below."""

from __future__ import annotations

import re
from collections.abc import Iterator

from structgen.rules.document.bill_rows import CENTS
from structgen.rules.document.label_columns import CODED, cell_below, cells_of
from structgen.rules.document.page import Line, Span
from structgen.rules.document.vocabulary import Mention, lexicon, phrase, tokens
from structgen.rules.fields import Field
from structgen.rules.finders.issuers import address_score
from structgen.rules.findings import Finding, leaf
from structgen.rules.search import Search

_LONGEST = 80
_FAR = 300
"""Maximum lines in which parties are looked for."""
_CLOSED = re.compile(r"[^\S\n]*[:：]?[^\S\n]*")
_COLON = re.compile(r"[^\S\n]*[:：]")


def find_party(search: Search, field: Field) -> Finding | None:
    """Return the name beside or below a label of a party. None if several labels have different names."""
    found = list(_parties(search, field.keys))
    billed = [span for label, span in found if not _is_delivered(search, label)] or [span for _, span in found]
    names = {" ".join(search.page.text[slice(*span)].split()).casefold() for span in billed}
    if len(names) != 1:
        return None
    start, end = billed[0]
    return leaf(search.page, " ".join(search.page.text[start:end].split()), start, end)


def party_lines(search: Search, keys: frozenset[str]) -> Iterator[Span]:
    """Yield the name of each labelled party of these keys, as a span."""
    return (span for _, span in _parties(search, keys))


def _is_delivered(search: Search, label: Mention) -> bool:
    return any(one.word in lexicon().deliveries for one in tokens(search.page.text[label.start : label.end]))


def _parties(search: Search, keys: frozenset[str]) -> Iterator[tuple[Mention, Span]]:
    """Yield the labels of parties that begin a cell, with the name of the party."""
    for number, line in enumerate(search.page.lines[:_FAR]):
        if len(line.text) > 2 * _LONGEST:
            continue
        mentions = search.vocabulary.of_line(line.text, line.start)
        for mention in mentions:
            cell = next((one for one in cells_of(line) if one[0] == mention.start), None)
            if cell and mention.keys & keys and (name := _name(search, number, mention, mentions, cell)):
                yield mention, name


def _name(search: Search, number: int, label: Mention, mentions: list[Mention], cell: Span) -> Span | None:
    """Return the name of the party in the rest of the label's cell, else in the cell below."""
    text = search.page.text
    closed = _CLOSED.match(text, label.end, cell[1])
    rest = (closed.end() if closed else label.end, cell[1])
    other = any(one.start == rest[0] for one in mentions)
    if rest[0] < rest[1] and not other:
        # Without a colon, other words may continue the label: "Customer service".
        return _checked(search, search.page.lines[number], rest) if _COLON.match(text, label.end) else None
    below = cell_below(search.page, number, cell)
    if below is None:
        return None
    start, end = below[1]
    # A reader of PDFs may print the next column behind a single space: "Oakfield School Invoice date 1 May 2024".
    cut = next((one for one in search.vocabulary.mentions(tokens(text[start:end], start)) if one.keys & CODED), None)
    return _checked(search, search.page.lines[below[0]], (start, cut.start if cut and other else end))


def _checked(search: Search, line: Line, span: Span) -> Span | None:
    """Return the span of a name, or None if it looks more like a label, an address, or an amount."""
    start, end = span
    text = search.page.text[start:end].rstrip(" ,;:|\t")
    words = phrase(text)
    if not text or len(text) > _LONGEST or sum(map(str.isalpha, text)) < 3 or CENTS.search(text):
        return None
    mentions = search.vocabulary.mentions(tokens(text))
    labelled = mentions and mentions[0].start == 0 and (mentions[0].end == len(text) or ":" in text)
    if labelled or words in lexicon().documents or text[0].isdigit() or "@" in text:
        return None
    if start == line.start and end >= line.end and address_score(line) >= 3:
        return None
    return start, start + len(text)
