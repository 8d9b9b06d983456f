"""A row as one line of a table: nested objects become dotted columns, lists become cells with JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from structgen.core.json import Json, JsonObject

Cell: TypeAlias = None | bool | int | float | str

_NESTED = frozenset({"value", "usage"})
_MAX_COLUMNS = 500  # columns; a value with more, such as a dict with arbitrary keys, becomes one cell


def columns_of(rows: Iterable[JsonObject]) -> list[str]:
    """Return the columns for a table of these rows.

    A part that is an object in one row and null in another only gets the columns of the object. If columns differ only
    in case, which SQLite and spreadsheets ignore, or if there are too many, `value` becomes a single column.
    """
    found: dict[str, bool] = {}
    for row in rows:
        for name, cell in _cells(row):
            found[name] = found.get(name, False) or cell is not None
    # the dotted columns of an object make a column for the object itself unnecessary
    above = {name[:at] for name in found for at in range(len(name)) if name[at] == "."}
    names = [name for name, used in found.items() if used or name not in above]
    if len(names) <= _MAX_COLUMNS and len({name.lower() for name in names}) == len(names):
        return names
    return list(dict.fromkeys("value" if name.startswith("value.") else name for name in names))


def cells_of(row: JsonObject, columns: list[str]) -> list[Cell]:
    """Return the row's cells for these columns, None for those that it lacks."""
    cells = dict(_cells(row))
    if "value" in columns:
        cells["value"] = _scalar(row["value"])
    return [cells.get(name) for name in columns]


def _cells(row: JsonObject) -> Iterator[tuple[str, Cell]]:
    for key, value in row.items():
        yield from _leaves(key, value) if key in _NESTED else ((key, _scalar(value)),)


def _leaves(name: str, value: Json) -> Iterator[tuple[str, Cell]]:
    r"""Yield the dotted names below `name`. A dot inside a key becomes ``\.``, so that no two keys share a column."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            escaped = key.replace(".", r"\.")
            yield from _leaves(f"{name}.{escaped}", item)
    else:
        yield name, _scalar(value)


def _scalar(value: Json) -> Cell:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
