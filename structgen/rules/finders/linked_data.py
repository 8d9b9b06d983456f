"""Values from linked data (JSON-LD, microdata), mapped to fields by the names of their properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from structgen.notation.style import Style
from structgen.rules.document.markup import LinkedItem, LinkedValue
from structgen.rules.document.page import Chunk, Page, lines_of
from structgen.rules.document.vocabulary import phrase
from structgen.rules.fields import Field, Kind, concepts_of
from structgen.rules.finders.ingredient_objects import ingredient_parts, read_line
from structgen.rules.finders.linked_items import choose_item, referred, steps_of, texts_of
from structgen.rules.finders.list_items import without_mark
from structgen.rules.finders.products import read_state
from structgen.rules.finders.string_lists import read_parts
from structgen.rules.findings import Finding, build, collect, leaf
from structgen.rules.search import Search
from structgen.rules.values import read_value

_MERGED_ITEMS = ("offers", "aggregateRating", "brand", "nutrition", "mainEntity", "priceSpecification")
"""Items inside an item whose properties count as those of the outer one."""
_JOINED_LISTS = frozenset({"category", "keywords"})
"""Lists that schema.org writes as one text with separators: breadcrumbs and keywords."""
_LONGEST = 400
_LISTED = frozenset({"instructions", "ingredients"})
"""Lists that pages write as one text with a line for each item, and schemas may ask for as one text."""
_ALTERNATIVES = frozenset({"url", "uri", "uri-reference", "iri"})
"""Formats of which several values are other forms of the same: the sizes of an image."""
_MANY = 40


def main_item(search: Search, root: Field) -> LinkedItem | None:
    """Return the item of a page that has the most fields of the schema. None if none has two, or several are alike."""
    counted = [
        (sum(any(True for _ in _values(child, item)) for child in root.children), item) for item in search.linked_items
    ]
    # One matching property is a coincidence: every item of schema.org has a name.
    return choose_item(search, [(count, item) for count, item in counted if count >= 2])


def find_linked(search: Search, field: Field, item: LinkedItem) -> Finding | None:
    """Return the value of a field among the properties of an item, or None."""
    return next((found for values in _values(field, item) if (found := _read(search, field, values))), None)


def _read(search: Search, field: Field, values: list[LinkedValue | LinkedItem]) -> Finding | None:
    if not values:
        return None
    if field.kind is Kind.ARRAY and field.item:
        return _read_list(search, field.item, values)
    if field.kind is Kind.OBJECT:
        return _read_object(search, field, values[0]) if isinstance(values[0], LinkedItem) else None
    texts = list(islice(texts_of(search, values), _MANY))
    if field.concepts & _LISTED and field.kind is Kind.STRING and len(texts) > 1:
        return _joined(search, texts)
    return _agreed(search, field, texts)


def _agreed(search: Search, field: Field, texts: list[LinkedValue]) -> Finding | None:
    """Return the value of all texts, or the longest if it begins with the others: "8", "8 servings". Else None."""
    found = [one for text in texts if (one := _read_leaf(search, field, text))]
    if field.format in _ALTERNATIVES or not found:
        return found[0] if found else None
    longest = max(found, key=lambda one: len(str(one.value)))
    alike = all(str(longest.value).startswith(str(one.value)) for one in found)
    return (
        longest if alike and (field.kind is Kind.STRING or all(one.value == longest.value for one in found)) else None
    )


def _joined(search: Search, texts: list[LinkedValue]) -> Finding:
    """Return the items of a list as one text with a line for each."""
    whole = LinkedValue("\n".join(text.text for text in texts), texts[0].start, texts[-1].end)
    page = _page(search, whole).page
    return leaf(page, whole.text, 0, len(whole.text))


def _read_list(search: Search, item: Field, values: list[LinkedValue | LinkedItem]) -> Finding | None:
    values = list(steps_of(values))
    if item.kind is Kind.OBJECT and all(isinstance(value, LinkedValue) for value in values):
        return _ingredients(search, item, list(_lines(texts_of(search, values))))
    if item.kind is Kind.OBJECT:
        found = [
            one for value in values if isinstance(value, LinkedItem) and (one := _read_object(search, item, value))
        ]
        return collect(found) if len(found) == len(values) else None
    texts = list(texts_of(search, values))
    if len(texts) == 1 and item.kind is Kind.STRING and not item.concepts & _JOINED_LISTS:
        texts = list(_lines(texts))
    if len(texts) == 1 and item.concepts & _JOINED_LISTS and len(texts[0].text) <= _LONGEST:
        return read_parts(_page(search, texts[0]), item, (0, len(texts[0].text)))
    found = [one for text in texts if (one := _read_leaf(search, item, text))]
    return collect(found) if found else None


def _ingredients(search: Search, item: Field, texts: list[LinkedValue]) -> Finding | None:
    """Return ingredients as objects that are written as lines of text."""
    if not ingredient_parts(item):
        return None
    found = [read_line(_page(search, text), item) for text in texts]
    kept = [one for one in found if one]
    return collect(kept) if len(kept) == len(found) else None


def _read_object(search: Search, field: Field, value: LinkedValue | LinkedItem) -> Finding | None:
    """Return an item as an object, or None if a required field is missing."""
    if not isinstance(value, LinkedItem):
        return None
    value = referred(search, value)
    parts = {child.name: found for child in field.children if (found := find_linked(search, child, value))}
    return build(field, parts)


def _values(field: Field, item: LinkedItem) -> Iterator[list[LinkedValue | LinkedItem]]:
    """Yield the values of each property that names the field: those of the item, then those of the items inside."""
    for name, values in item.props.items():
        if not name.startswith("@") and (concepts_of(name) & field.keys or phrase(name) in map(phrase, field.labels)):
            yield values
    # The name of an offer or a brand is not the name of the product.
    if not field.concepts & {"title", "description", "author", "date", "url"}:
        within = [one for name in _MERGED_ITEMS for one in item.props.get(name, []) if isinstance(one, LinkedItem)]
        for one in within[:4]:
            yield from _values(field, one)


def _lines(texts: Iterable[LinkedValue]) -> Iterator[LinkedValue]:
    """Yield the lines of texts without bullets and numbers, each with the span of its text."""
    for text in texts:
        lines = [bare for line in text.text.splitlines() if (bare := without_mark(line.strip()))]
        yield from (LinkedValue(line, text.start, text.end) for line in lines) if len(lines) > 1 else (text,)


def _read_leaf(search: Search, field: Field, value: LinkedValue) -> Finding | None:
    page = _page(search, value)
    if field.concepts & {"availability"} and (state := read_state(page, field)):
        return state
    return read_value(page, field, 0, len(value.text))


def _page(search: Search, value: LinkedValue) -> Search:
    """Return the search on a text of the data alone, whose numbers have a point before their decimals."""
    # A value with escapes or entities differs from its source, so no offset inside it leads back.
    exact = search.page.source[value.start : value.end] == value.text
    chunk = Chunk(0, value.start, value.end, whole=not exact)
    return replace(search, page=Page(search.page.source, value.text, lines_of(value.text), (chunk,)), style=Style("."))
