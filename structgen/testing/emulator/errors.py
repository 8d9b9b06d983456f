"""Groq's error bodies, from the table in errors.json."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from string import Template
from types import MappingProxyType
from typing import Any, cast

from structgen.core.json import Json, JsonObject, steps

_SAMPLES = {
    "detail": "/name: a string is expected",
    "feature": "tool calling",
    "generation": "",
    "index": "0",
    "keyword": "minItems",
    "limit": "65536",
    "method": "POST",
    "name": "name",
    "names": "name",
    "path": "",
    "role": "user",
    "schema": "answer",
    "tool": "answer",
}
_ALIASES = {"rate_limit": "rate_limit_tpm", "json_validate_failed": "json_validate_failed_syntax"}


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One error: `error` is the body's object, its texts templates (``$model``); `page` the title of an HTML page.

    `samples` are words for its texts, where those that all errors share will not do.
    """

    status: int
    error: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    page: str | None = None
    samples: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def fill(self, *, path: str | None = None, **words: str) -> JsonObject:
        """The error object with the words put in, samples where none are given; ``$model`` waits for the request.

        `path` is where in a schema the error is, as a JSON Pointer.
        """
        at = {} if path is None else {"path": path}
        known = {**_SAMPLES, **self.samples, **words, **at}
        filled: JsonObject = {
            name: Template(value).safe_substitute(known) if isinstance(value, str) else value
            for name, value in self.error.items()
        }
        if path is not None and "schema_kind" in filled:
            filled["schema_path"] = path
            filled["schema_path_segments"] = ["$", *steps(path)]
        return filled


def find_error(name: str) -> ErrorEntry:
    """The error of that name; a KeyError that lists the names where there is none."""
    name = _ALIASES.get(name, name)
    table = _table()
    if name not in table:
        raise KeyError(f"no error is called {name!r}; there are {', '.join(table)}")
    return table[name]


def error_names() -> tuple[str, ...]:
    """Every name that `find_error` knows, without the short ones."""
    return tuple(_table())


@cache
def _table() -> Mapping[str, ErrorEntry]:
    text = (files("structgen.testing.emulator") / "errors.json").read_text("utf-8")
    entries = cast("dict[str, dict[str, Any]]", json.loads(text))
    return MappingProxyType({name: ErrorEntry(**entry) for name, entry in entries.items()})
