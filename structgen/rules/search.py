"""Everything that is known about a document before the first field is looked for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from structgen.core.options import DateOrder
from structgen.core.records import Conventions
from structgen.notation.dates import order_of, read_dates
from structgen.notation.languages import habits_of
from structgen.notation.style import Style, style_of
from structgen.rules.document.bill_rows import Row, bill_rows
from structgen.rules.document.key_values import Pair, find_pairs
from structgen.rules.document.label_columns import column_pairs
from structgen.rules.document.markup import LinkedItem, looks_like_html, read_html
from structgen.rules.document.page import Page, lines_of
from structgen.rules.document.sections import Section, find_sections
from structgen.rules.document.vocabulary import Vocabulary, lexicon
from structgen.rules.fields import Field, is_name, leaves, single
from structgen.rules.label_owners import owners_of_lines
from structgen.rules.short_labels import short_label

STRONG = 0.8
"""Minimum score of a pair that is certainly a label with its value: "Doors: 5", "Doors 5"."""


class Rank(IntEnum):
    """How a label names a field: by the field's own name, another name or its title, or a word that means the same."""

    OWN = 0
    NAMED = 1
    SYNONYM = 2


def rank_of(field: Field, pair: Pair) -> Rank:
    """Return how the label of a pair names a field."""
    if field.own_key in pair.keys:
        return Rank.OWN
    return Rank.NAMED if field.key in pair.keys else Rank.SYNONYM


def _is_name_of_another(field: Field, pair: Pair) -> bool:
    """Whether a label is the name of another field, and for this one only a word that means the same."""
    own = {field.key, field.own_key, field.shared_key}
    if not own.isdisjoint(pair.keys):
        return False
    if any(is_name(key) for key in pair.keys):
        return True
    # A label that names another field or object in any way is not a short one.
    return not pair.keys & field.keys and any(key.startswith("/") and key != field.short_key for key in pair.keys)


def tier_of(field: Field, pair: Pair) -> tuple[float, Rank]:
    """Return what pairs are compared by. Weak ones are compared only with those that are as weak."""
    return (0.0 if pair.score >= STRONG else 1 - pair.score, rank_of(field, pair))


NOT_KNOWN = Conventions()


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
    owners: tuple[str, ...] = ()
    """The key of the nested object that each line belongs to; empty if the schema has none."""
    conventions: Conventions = NOT_KNOWN
    """What the user states about the documents."""
    libraries: frozenset[str] = frozenset()
    """The optional libraries that may be used."""
    known: dict[tuple[object, ...], Any] = field(default_factory=dict[tuple[object, ...], Any], repr=False)
    """What `remembered` functions returned."""

    def pairs_of(self, keys: frozenset[str]) -> list[Pair]:
        """Return the pairs whose label names any of the keys, the surest first."""
        return sorted((pair for pair in self.pairs if pair.keys & keys), key=lambda pair: -pair.score)

    def pairs_for(self, field: Field) -> list[Pair]:
        """Return the pairs whose label names a field and no other object's field, the surest first.

        Labels without a doubt come before others, and the name of the field before words that mean the same.
        """
        found = (
            pair
            for pair in self.pairs_of(field.keys | field.shared | {field.short_key})
            if ((pair.keys & field.keys and field.shared) or self.may_own(field, pair.label[0]))
            and not _is_name_of_another(field, pair)
        )
        return sorted(found, key=lambda pair: (tier_of(field, pair), -pair.score))

    def may_own(self, field: Field, at: int) -> bool:
        """Whether a line, given by an offset in it, may be about a field, and not only about another object's."""
        if not field.owners or not self.owners:
            return True
        number = bisect_right(self.page.lines, at, key=lambda line: line.start) - 1
        return self.owners[max(0, number)] in field.owners


P = ParamSpec("P")
R = TypeVar("R")


def remembered(find: Callable[Concatenate[Search, P], R]) -> Callable[Concatenate[Search, P], R]:
    """Remember what a function finds on a page: the finders of several fields look for the same lists and titles."""

    @wraps(find)
    def found(search: Search, *args: P.args, **kwargs: P.kwargs) -> R:
        key = (find, id(search.page), search.body, args, *kwargs.values())
        if key not in search.known:
            # The page is kept beside the result, so that no other page can get its id.
            search.known[key] = (find(search, *args, **kwargs), search.page)
        return search.known[key][0]

    return found


def start_search(text: str, root: Field, conventions: Conventions = NOT_KNOWN) -> Search:
    """Analyze a document, HTML or plain text, for the fields of a schema."""
    page, items = read_page(text)
    style, habits = style_of(page.text), habits_of(conventions.language)
    # What a text shows is surer than the habits of its language, but not than the order that the user states.
    style = style if style.point else replace(style, point=habits.point)
    vocabulary = lexicon().vocabulary.extended(_entries(root))
    return Search(
        page,
        vocabulary,
        (*find_pairs(page, vocabulary), *column_pairs(page, vocabulary)),
        tuple(find_sections(page, vocabulary)),
        tuple(bill_rows(page, vocabulary, style)),
        root,
        style,
        conventions.date_order or order_of(read_dates(page.text)) or habits.order,
        items,
        owners=owners_of_lines(page, vocabulary, root),
        conventions=conventions,
    )


def read_page(text: str) -> tuple[Page, tuple[LinkedItem, ...]]:
    """Return the page of a document, HTML or plain text, and the linked data of HTML."""
    if looks_like_html(text):
        markup = read_html(text)
        return markup.page, markup.items
    # Markdown strikes old prices through, as HTML does.
    struck = tuple(match.span() for match in _STRUCK.finditer(text))
    return Page(text, text, lines_of(text), (), struck), ()


_STRUCK = re.compile(r"~~[^~\n]{1,200}~~")


def _entries(root: Field) -> Iterable[tuple[str, str]]:
    """Yield the labels of the schema, each with what `Field` calls it."""
    for one in leaves(root):
        for label in one.labels:
            yield label, one.key
        for label in one.bare if one.shared else ():
            yield label, one.shared_key
    for one in single(root):
        for label in one.own:
            yield label, one.own_key
        if short := short_label(one):
            yield short, one.short_key
