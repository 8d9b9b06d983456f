"""The extractor that uses no LLM: fields in, values with their places out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from structgen.core.json import Json, JsonObject
from structgen.core.records import Evidence
from structgen.rules.fields import Field, Kind, read_fields
from structgen.rules.readings import Reading, evidence
from structgen.rules.search import Search, start_search
from structgen.rules.linked import Node
from structgen.rules.machine import find_linked, main_item
from structgen.rules.lists import body_start, find_strings
from structgen.rules.values import read_value
from structgen.rules.roles import find_by_role, has_role


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
    found = _find(search, root, main_item(search, root)) or Reading(None)
    return Found(found.value, evidence(found, text))


def _find(search: Search, field: Field, item: Node | None) -> Reading | None:
    if field.key and item and (linked := find_linked(search, field, item)):
        return linked
    if field.kind is Kind.OBJECT:
        return _find_object(search, field, item)
    if field.kind is Kind.ARRAY:
        return _find_list(search, field)
    return _find_leaf(search, field)


def _find_object(search: Search, field: Field, item: Node | None) -> Reading | None:
    value: dict[str, Json] = {}
    places: list[tuple[tuple[str | int, ...], tuple[int, int]]] = []
    for child in field.children:
        found = _find(search, child, None if field.key else item)
        if found is not None:
            value[child.name] = found.value
            places.extend(found.under(child.name))
        elif child.nullable or child.required:
            value[child.name] = None
    return Reading(value, tuple(places)) if places or not field.key else None


def _find_leaf(search: Search, field: Field) -> Reading | None:
    if (role := find_by_role(search, field)) or has_role(search, field):
        return role
    for pair in search.pairs_of(field.keys):
        if found := read_value(search, field, *pair.value):
            return found
    return None


def _find_list(search: Search, field: Field) -> Reading | None:
    if field.item is not None and field.item.kind is Kind.STRING:
        return find_strings(search, field)
    return None
