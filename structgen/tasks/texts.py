"""Reads text, JSON, JSON Lines and TOML from a file; what is wrong with it becomes one line that names the place."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

from structgen.core.errors import TaskError
from structgen.core.json import Json, JsonObject


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, with or without a byte order mark."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise TaskError(f"{path}: no such file.") from None
    except OSError as error:
        raise TaskError(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise TaskError(f"{path}: not UTF-8 at byte {error.start}: save the file as UTF-8.") from None


def read_json(path: Path) -> Json:
    """The JSON value of a file; a key given twice is an error, because one of the two would be lost."""
    return decode(read_text(path), str(path))


def read_json_lines(path: Path) -> Iterator[tuple[str, Json]]:
    """Each line's place and value; blank lines are passed over."""
    for number, line in enumerate(read_text(path).split("\n"), 1):
        if line.strip():
            place = f"{path}, line {number}"
            yield place, decode(line, place)


def read_toml(path: Path) -> JsonObject:
    """The table of a TOML file as JSON: its dates and times become ISO text."""
    try:
        return cast("JsonObject", _plain(tomllib.loads(read_text(path))))
    except tomllib.TOMLDecodeError as error:
        raise TaskError(f"{path}: not TOML: {error}.") from None


def decode(text: str, place: str) -> Json:
    """The JSON value of `text`; `place` names it in an error."""
    try:
        return cast("Json", json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=_no_constant))
    except json.JSONDecodeError as error:
        raise TaskError(f"{place}: not JSON at line {error.lineno}, column {error.colno}: {error.msg}.") from None
    except RecursionError:
        raise TaskError(f"{place}: nested too deep to be read.") from None
    except ValueError as error:
        raise TaskError(f"{place}: not JSON: {error}.") from None


def _no_key_twice(pairs: list[tuple[str, Json]]) -> JsonObject:
    found: JsonObject = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r} stands twice in one object")
        found[key] = value
    return found


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON number")


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, list):
        return [_plain(item) for item in cast("Sequence[object]", value)]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value
