"""Everything that is known about a document before the first field is looked for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from structgen.notation.dates import DateOrder, order_of, read_dates
from structgen.notation.style import Style, style_of
from structgen.rules.document.bill_rows import Row, bill_rows
from structgen.rules.document.key_values import Pair, find_pairs
from structgen.rules.document.label_columns import column_pairs
from structgen.rules.document.markup import LinkedItem, looks_like_html, read_html
from structgen.rules.document.page import Page, lines_of
from structgen.rules.document.sections import Section, find_sections
from structgen.rules.document.vocabulary import Vocabulary, lexicon
from structgen.rules.fields import Field, leaves


@dataclass(frozen=True, slots=True)
class Search:
    """A page with its pairs, sections and rows of amounts, and how it writes numbers and dates."""

    page: Page
    vocabulary: Vocabulary
    pairs: tuple[Pair, ...]
    sections: tuple[Section, ...]
    rows: tuple[Row, ...]
    root: Field
    style: Style
    date_order: DateOrder | None
    linked_items: tuple[LinkedItem, ...] = ()
    """The linked data of an HTML page."""
    body: int | None = None
    """The line where the first list of the schema begins, or None."""

    def pairs_of(self, keys: frozenset[str]) -> list[Pair]:
        """Return the pairs whose label names any of the keys, the surest first."""
        return sorted((pair for pair in self.pairs if pair.keys & keys), key=lambda pair: -pair.score)


def start_search(text: str, root: Field) -> Search:
    """Analyze a document, HTML or plain text, for the fields of a schema."""
    page, items = _read(text)
    style = style_of(page.text)
    vocabulary = lexicon().vocabulary.extended(_entries(root))
    return Search(
        page,
        vocabulary,
        (*find_pairs(page, vocabulary), *column_pairs(page, vocabulary)),
        tuple(find_sections(page, vocabulary)),
        tuple(bill_rows(page, vocabulary, style)),
        root,
        style,
        order_of(read_dates(page.text)),
        items,
    )


def _read(text: str) -> tuple[Page, tuple[LinkedItem, ...]]:
    if looks_like_html(text):
        markup = read_html(text)
        return markup.page, markup.items
    # Markdown strikes old prices through, as HTML does.
    struck = tuple(match.span() for match in _STRUCK.finditer(text))
    return Page(text, text, lines_of(text), (), struck), ()


_STRUCK = re.compile(r"~~[^~\n]{1,200}~~")


def _entries(root: Field) -> Iterable[tuple[str, str]]:
    """Yield the labels of the schema, each with the pointer of its field."""
    for field in leaves(root):
        for label in field.labels:
            yield label, field.key
