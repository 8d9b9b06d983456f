"""The extractor that uses no LLM: fields in, values with their places out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import islice
from types import MappingProxyType

from structgen.core.json import Json, JsonObject
from structgen.core.records import Evidence
from structgen.rules.document.json_ld import Node
from structgen.rules.fields import MONEY, Field, Kind, read_fields
from structgen.rules.finders.by_label import labelled
from structgen.rules.finders.by_role import find_role
from structgen.rules.finders.linked_data import find_linked, main_item
from structgen.rules.finders.object_lists import find_records
from structgen.rules.finders.string_lists import body_start, find_inline, find_strings
from structgen.rules.findings import Finding, evidence, leaf
from structgen.rules.search import Search, start_search
from structgen.rules.unambiguous import find_amounts
from structgen.rules.values import EMAIL, URL, fits, read_value


@dataclass(frozen=True, slots=True)
class Found:
    """What the rules found: a value (plain JSON) and where each of its leaves stands in the text."""

    value: Json
    evidence: tuple[Evidence, ...]


def extract_by_rules(
    json_schema: JsonObject | bool,
    text: str,
    names: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> Found:
    """Find the values of a schema's fields in a text, without a model.

    `names` maps pointers into the schema to other names of that property. What is not found is null where the schema
    allows it or asks for the field, and left out where the field may be missing, so that its own default applies.
    """
    root = read_fields(json_schema, names)
    search = start_search(text, root)
    search = replace(search, body=body_start(search, root))
    found = _find(search, root, main_item(search, root)) or Finding(None)
    return Found(found.value, evidence(found, text))


def _find(search: Search, field: Field, item: Node | None) -> Finding | None:
    if field.key and item and (linked := find_linked(search, field, item)):
        return linked
    if field.kind is Kind.OBJECT:
        return _find_object(search, field, item)
    if field.kind is Kind.ARRAY:
        return _find_list(search, field)
    found = _find_leaf(search, field)
    return found if found and fits(field.limits, found.value) else None


def _find_object(search: Search, field: Field, item: Node | None) -> Finding | None:
    value: dict[str, Json] = {}
    places: list[tuple[tuple[str | int, ...], tuple[int, int]]] = []
    for child in field.children:
        found = _find(search, child, None if field.key else item)
        if found is not None:
            value[child.name] = found.value
            places.extend(found.under(child.name))
        elif child.nullable or child.required:
            value[child.name] = None
    if field.key and (not places or _lacking(field, value)):
        return None
    return Finding(value, tuple(places))


def _lacking(field: Field, value: dict[str, Json]) -> bool:
    """Whether an object that may be missing lacks what it must have: then it had better be missing."""
    optional = field.nullable or not field.required
    return optional and any(one.required and not one.nullable and value[one.name] is None for one in field.children)


def _find_leaf(search: Search, field: Field) -> Finding | None:
    """A single value: by its role where it has one, else behind its label, else where it is all that is said."""
    if role := find_role(field):
        return role(search, field) or _all_there_is(search, field)
    least = _WORDY if field.kind is Kind.STRING else 0.0
    return labelled(search, field, least) or recognise(search, field) or _all_there_is(search, field)


def _all_there_is(search: Search, field: Field) -> Finding | None:
    """A text of a few words that is a value of the field's kind, as cells and answers to forms are."""
    lines = search.page.lines
    if not field.concepts & _TELLING or len(lines) != 1 or len(lines[0].text) > 60:
        return None
    several = len(list(islice(find_amounts(lines[0].text, search.style), 2))) > 1
    return None if field.concepts & MONEY and several else read_value(search, field, lines[0].start, lines[0].end)


_TELLING = MONEY | {"date", "phone", "currency", "time"}
_WORDY = 0.55
"""Text needs a label that is set off: any words may follow one that is not."""


def _find_list(search: Search, field: Field) -> Finding | None:
    if field.item is None:
        return None
    if field.item.kind is Kind.OBJECT:
        return find_records(search, field)
    if found := find_inline(search, field):
        return found
    return find_strings(search, field) if field.item.kind is Kind.STRING else None


_SHOWN = frozenset({"email", "url"})
_SHORT = 5_000
"""Choices are looked for without a label in texts of so many characters: in longer ones any word comes up."""


def recognise(search: Search, field: Field) -> Finding | None:
    """The only value of its sort in a document; None where there are several that differ."""
    if not field.concepts & _SHOWN <= field.keys:
        return None  # a part of the whole that only its own labels can tell, such as an invoice's customer
    if field.concepts & {"email"} or field.format == "email":
        return _only(search, EMAIL)
    if field.concepts & {"url"} or field.format in ("uri", "url"):
        return _only(search, URL)
    if field.kind is Kind.CHOICE and len(search.page.text) <= _SHORT and _wordy(field):
        return read_value(search, field, 0, len(search.page.text))
    return None


def _only(search: Search, pattern: re.Pattern[str]) -> Finding | None:
    found = list(pattern.finditer(search.page.text))
    if len({match.group().casefold() for match in found}) != 1:
        return None
    text = found[0].group().rstrip(".,;)")
    return leaf(search.page, text, found[0].start(), found[0].start() + len(text))


def _wordy(field: Field) -> bool:
    """Whether the choices are words that say something by themselves, and no single letters or numbers."""
    return all(
        choice is None or (isinstance(choice, str) and len(choice) > 2 and choice[0].isalpha())
        for choice in field.choices
    )
