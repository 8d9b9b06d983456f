"""The extractor that uses no LLM: a schema and a text in, values with their evidence out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType

from structgen.core.json import Json, JsonObject
from structgen.core.records import Conventions, Evidence
from structgen.rules.document.markup import LinkedItem
from structgen.rules.document.page import Span
from structgen.rules.fields import MONEY, Field, Kind, leaves, read_fields
from structgen.rules.finders.by_role import find_role
from structgen.rules.finders.ingredient_objects import find_ingredient
from structgen.rules.finders.linked_data import find_linked, main_item
from structgen.rules.finders.object_lists import find_objects
from structgen.rules.finders.several_recipes import first_recipe
from structgen.rules.finders.string_lists import body_start, find_inline, find_strings
from structgen.rules.findings import Finding, Path, Place, derived_evidence, evidence
from structgen.rules.guard import keep_supported
from structgen.rules.label_owners import share_labels
from structgen.rules.labelled import find_labelled
from structgen.rules.libraries.installed import installed, used_for
from structgen.rules.one_record import without_mixture
from structgen.rules.only_candidate import derive
from structgen.rules.search import NOT_KNOWN, Search, start_search
from structgen.rules.sorts import is_sentiment
from structgen.rules.unambiguous import find_amounts
from structgen.rules.values import fits, read_value


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules found: a value (plain JSON) and where each of its leaves is in the text."""

    value: Json
    evidence: tuple[Evidence, ...]
    libraries: tuple[str, ...] = ()
    """The optional libraries that knew something about a field of the schema."""


def extract_by_rules(
    json_schema: JsonObject | bool,
    text: str,
    names: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
    conventions: Conventions = NOT_KNOWN,
    libraries: frozenset[str] | None = None,
) -> Found:
    """Find the values of a schema's fields in a text, without a model.

    `names` maps pointers into the schema to other names of that property. `conventions` settle what a date or a number
    means if the text does not show it. A field that is not found is null if it is required or may be null. Otherwise it
    is left out, so that its default applies. `libraries` are the optional ones to use; by default, those installed.
    """
    root = share_labels(read_fields(json_schema, names))
    search = first_recipe(start_search(text, root, conventions), root)
    # Titles and total times are looked for above the first list, which is found by the same search.
    used = used_for(root, installed() if libraries is None else libraries)
    search = replace(search, body=body_start(search, root), libraries=frozenset(used))
    # A text of one line may be what the whole schema describes.
    whole = find_ingredient(search, root) or _find(search, root, main_item(search, root)) or Finding(None)
    value, concluded = derive(search, whole.value)
    derived = tuple((path, _derived_place(search, path, (start, end))) for path, start, end in concluded)
    found = keep_supported(Finding(value, (*whole.places, *derived)), root)
    kept, paths = dict(found.places), {path for path, _ in derived}
    read = Finding(found.value, tuple(one for one in found.places if one[0] not in paths))
    concluded = tuple(one for one in concluded if one[0] in kept)
    return Found(found.value, (*evidence(read, text), *derived_evidence(search.page, concluded)), used)


def _derived_place(search: Search, path: Path, span: Span) -> Place:
    """Return the place of a derived value. Numbers and dates have to be written there; others are judged."""
    field: Field | None = search.root
    for step in path:
        children = {child.name: child for child in field.children} if field else {}
        field = children.get(step) if isinstance(step, str) else field.item if field else None
    written = field is not None and (field.kind in (Kind.NUMBER, Kind.INTEGER) or field.format in ("date", "date-time"))
    judged = not written or (field is not None and is_sentiment(field))
    return Place(search.page, span, search.page.span(*span), translated=judged)


def _find(search: Search, field: Field, item: LinkedItem | None) -> Finding | None:
    # Data that a page publishes for machines is surer than anything read from its text.
    if field.key and item and (linked := find_linked(search, field, item)):
        return linked
    if field.kind is Kind.OBJECT:
        return _find_object(search, field, item)
    if field.kind is Kind.ARRAY:
        return _find_list(search, field)
    found = _find_leaf(search, field)
    return found if found and fits(field.limits, found.value) else None


def _find_object(search: Search, field: Field, item: LinkedItem | None) -> Finding | None:
    value: dict[str, Json] = {}
    places: list[tuple[Path, Place]] = []
    # Linked data is about the whole page. Objects inside the root find theirs through their own property.
    several = {child.name: _find(search, child, None if field.key else item) for child in field.children}
    parts = {name: found for name, found in several.items() if found}
    parts = parts if field.key else without_mixture(search, field, parts)
    for child in field.children:
        if found := parts.get(child.name):
            value[child.name] = found.value
            places.extend(found.under(child.name))
        elif child.nullable or child.required:
            value[child.name] = None
    if field.key and (not places or _lacks_required_part(field, value)):
        return None
    return Finding(value, tuple(places))


def _lacks_required_part(field: Field, value: dict[str, Json]) -> bool:
    """Whether an optional object lacks a required part, so that it is better left out."""
    optional = field.nullable or not field.required
    return optional and any(one.required and not one.nullable and value[one.name] is None for one in field.children)


def _find_leaf(search: Search, field: Field) -> Finding | None:
    """Find a single value: by its role if it has one, else by its label, else as the whole text."""
    if role := find_role(field):
        found = role(search, field) or _whole_text(search, field)
        if found or field.kind not in (Kind.CHOICE, Kind.BOOLEAN):
            return found
    least = _MIN_TEXT_SCORE if field.kind is Kind.STRING else 0.0
    return find_labelled(search, field, least) or _whole_text(search, field)


def _whole_text(search: Search, field: Field) -> Finding | None:
    """Read the whole text as the value, if it is as short as a cell of a table or an answer in a form."""
    lines = search.page.lines
    if not field.concepts & _CONCEPTS_OF_CELLS or len(lines) != 1 or len(lines[0].text) > 60:
        return None
    # "Tax: 5.00" says what its amount is.
    if _names_another(search, field, lines[0].text) or (field.concepts & MONEY and _shares_money(search.root, field)):
        return None
    words = sum(word[0].isalpha() for word in lines[0].text.split())
    # A sentence is not a cell, and a number behind a word is more likely an order number than a phone number.
    if words > _MOST_WORDS or (words and "phone" in field.concepts):
        return None
    # Two amounts in one cell are a price and an old price, or a range.
    several = len(list(islice(find_amounts(lines[0].text, search.style), 2))) > 1
    return None if field.concepts & MONEY and several else read_value(search, field, lines[0].start, lines[0].end)


def _names_another(search: Search, field: Field, line: str) -> bool:
    """Whether a label before a colon is another one than that of a price or total, which any amount may be."""
    label = _LABEL.search(line)
    if label is None:
        return False
    named = search.vocabulary.of(line[: label.start() + 1])
    return not (named & _PLAIN_AMOUNTS and field.concepts & _PLAIN_AMOUNTS)


_PLAIN_AMOUNTS = frozenset({"price", "total", "line_total"})


def _shares_money(root: Field, field: Field) -> bool:
    """Whether a schema has fields for several amounts. Then an amount alone is none of them."""
    return any(one.concepts & MONEY and one.concepts.isdisjoint(field.concepts) for one in leaves(root))


_LABEL = re.compile(r"[^\W\d_]\s{0,2}[:：]")
_CONCEPTS_OF_CELLS = MONEY | {"phone", "currency"}
_MOST_WORDS = 4
_MIN_TEXT_SCORE = 0.55
"""Minimum score of a pair whose value is text. Any words may follow a label without a colon."""


def _find_list(search: Search, field: Field) -> Finding | None:
    if field.item is None:
        return None
    if field.item.kind is Kind.OBJECT:
        return find_objects(search, field)
    if found := find_inline(search, field):
        return found
    return find_strings(search, field) if field.item.kind is Kind.STRING else None
