"""Lists of objects: ingredients, rows of a table, names with values, line items of a bill."""

from __future__ import annotations

from dataclasses import replace

from structgen.rules.document.key_values import Table, find_tables
from structgen.rules.document.page import Span
from structgen.rules.document.vocabulary import phrase
from structgen.rules.fields import Field
from structgen.rules.finders.bills import find_line_items
from structgen.rules.finders.ingredient_objects import find_ingredients, lists_ingredients
from structgen.rules.finders.line_tables import find_line_table, has_line_table
from structgen.rules.finders.list_items import Item
from structgen.rules.finders.string_lists import best_section
from structgen.rules.findings import Finding, build, child_of, collect, leaf
from structgen.rules.search import Search
from structgen.rules.values import read_value

_AMOUNTS = frozenset({"line_total", "unit_price"})


def find_objects(search: Search, field: Field) -> Finding | None:
    """Return the objects of a list, or None if nothing in the document has their structure."""
    item = field.item
    if item is None:
        return None
    if lists_ingredients(field, item) and (ingredients := find_ingredients(search, field, item)):
        return ingredients
    table = child_of(item, _AMOUNTS) is not None and has_line_table(search)
    if table and (lines := find_line_table(search, item)):
        return lines
    if rows := _table(search, item):
        return rows
    if _is_name_and_value(item) and (section := best_section(search, field)):
        return _named_values(search, item, section[1])
    # What a table of items does not prove, the shape of single lines does not either.
    return find_line_items(search, item) if field.concepts & {"items"} and not table else None


def _table(search: Search, item: Field) -> Finding | None:
    """Return the rows of the table whose header names the most fields of the object. It has to name two."""
    best = max(
        ((_columns(search, item, table), table) for table in find_tables(search.page)),
        key=lambda one: len(one[0]),
        default=None,
    )
    if best is None or len(best[0]) < 2:
        return None
    columns, table = best
    rows = [_row(search, columns, row) for row in table.rows]
    found = [one for row in rows if (one := build(item, row))]
    # A table of which some rows do not fit is another table. A part of it would look like all of it.
    return collect(found) if len(found) == len(rows) else None


def _columns(search: Search, item: Field, table: Table) -> dict[int, Field]:
    """Return the field that each column of a table holds."""
    columns: dict[int, Field] = {}
    for place, span in enumerate(table.header):
        keys = search.vocabulary.of(search.page.text[slice(*span)])
        taken = {child.name for child in columns.values()}
        child = next((one for one in item.children if one.name not in taken and keys & one.keys), None)
        if child:
            columns[place] = child
    return columns


def _row(search: Search, columns: dict[int, Field], row: tuple[Span, ...]) -> dict[str, Finding]:
    found = {
        child.name: read_value(search, replace(child, siblings=frozenset()), *row[place])
        for place, child in columns.items()
    }
    return {name: one for name, one in found.items() if one}


def _is_name_and_value(item: Field) -> bool:
    """Whether an object consists of a name and a value, without any other required field."""
    needed = {child.name for child in item.children if child.required}
    return {phrase(name) for name in needed} == {("name",), ("value",)} or {child.name for child in item.children} == {
        "key",
        "value",
    }


def _named_values(search: Search, item: Field, items: list[Item]) -> Finding | None:
    """Return lines such as "Weight: 268 g" as objects with a name and a value."""
    found: list[Finding] = []
    for one in items:
        cut = next((one.text.find(mark) for mark in (":", "\t") if 0 < one.text.find(mark) <= 40), None)
        text = search.page.text[slice(*one.span)]
        if cut is None or len(text) != len(one.text):
            return None
        start = one.span[0]
        value = start + cut + 1 + (len(text[cut + 1 :]) - len(text[cut + 1 :].lstrip()))
        names = [child.name for child in item.children][:2]
        parts = {names[0]: (start, start + cut), names[1]: (value, one.span[1])}
        built = build(
            item, {name: leaf(search.page, search.page.text[slice(*span)], *span) for name, span in parts.items()}
        )
        if built is None or value >= one.span[1]:
            return None
        found.append(built)
    return collect(found) if found else None
