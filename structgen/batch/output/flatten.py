"""A row as one line of a table: nested objects become dotted columns, lists become cells of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from structgen.core.json import Json, JsonObject

Cell: TypeAlias = None | bool | int | float | str

_NESTED = frozenset({"value", "usage"})
_LIMIT = 500  # columns; a value with more (a dict with open keys) is one cell of JSON


def columns_of(rows: Iterable[JsonObject]) -> list[str]:
    """The columns that a table of these rows needs.

    A part that is an object in one row and null in another has the columns of the object alone. Columns that differ
    only in case would be one to SQLite and spreadsheets; then, or where there are too many, `value` is one column.
    """
    found: dict[str, bool] = {}
    for row in rows:
        for name, cell in _cells(row):
            found[name] = found.get(name, False) or cell is not None
    above = {name[:at] for name in found for at in range(len(name)) if name[at] == "."}
    names = [name for name, used in found.items() if used or name not in above]
    if len(names) <= _LIMIT and len({name.lower() for name in names}) == len(names):
        return names
    return list(dict.fromkeys("value" if name.startswith("value.") else name for name in names))


def cells_of(row: JsonObject, columns: list[str]) -> list[Cell]:
    """The row's cells for these columns, None where it has nothing there."""
    cells = dict(_cells(row))
    if "value" in columns:
        cells["value"] = _scalar(row["value"])
    return [cells.get(name) for name in columns]


def _cells(row: JsonObject) -> Iterator[tuple[str, Cell]]:
    for key, value in row.items():
        yield from _leaves(key, value) if key in _NESTED else ((key, _scalar(value)),)


def _leaves(name: str, value: Json) -> Iterator[tuple[str, Cell]]:
    r"""The dotted names below `name`; a dot inside a key is written ``\.``, so that no two keys share a column."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            escaped = key.replace(".", r"\.")
            yield from _leaves(f"{name}.{escaped}", item)
    else:
        yield name, _scalar(value)


def _scalar(value: Json) -> Cell:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
