"""Gold: rows with a text and the value that it should give.

A row is an object with these keys; only the value is required, and the text if a model has to read it:

    id            names the row in reports; else its line does
    text          the document (another key: `text_field`)
    gold          the right value; `value` is read if there is no `gold`, so rows that structgen wrote are gold too
    evidence      pieces with `path`, `start`, `end` (and `text`): where the text says it
    quotes        {path: passage}, as in worked examples: evidence without offsets
    alternatives  {path: [other right values]}
    unjudged      paths about which gold says nothing
    gold_in_text  {field: false} for what the text does not say; left out if the caller asks for that
    digest        `text_digest(text)` of the text that gold was made for

A row that cannot be used is a GoldProblem, never skipped silently.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from structgen.core.errors import ConfigurationError, DocumentError
from structgen.core.json import MISSING, Json, JsonObject, as_object, at, pointer, steps
from structgen.documents.streams import open_bytes
from structgen.documents.tabular import read_jsonl
from structgen.evaluate.comparison.leaf_rules import is_void
from structgen.schema import Schema

Span = tuple[int, int]
Spans = Mapping[str, tuple[Span, ...]]


class Fault(StrEnum):
    """Why a row of gold cannot be used."""

    UNREADABLE = "unreadable"
    """It is not JSON, has no gold, or no text."""
    INVALID = "invalid"
    """Its gold does not fit the task."""
    CHANGED = "changed"
    """Its text is not the one that gold was made for: its digest or its offsets no longer fit."""


@dataclass(frozen=True, slots=True)
class GoldProblem:
    """A row of gold that cannot be used. `place` says where it is, `reason` what is wrong with it."""

    fault: Fault
    place: str
    id: str
    reason: str

    def to_json(self) -> JsonObject:
        """Return the problem as JSON."""
        return {"id": self.id, "place": self.place, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class GoldRow:
    """One row of gold. `number` counts the usable rows from 0; `text` is None if the row has none."""

    number: int
    place: str
    id: str
    text: str | None
    value: Json
    evidence: Spans = field(default_factory=dict[str, tuple[Span, ...]])
    alternatives: Mapping[str, list[Json]] = field(default_factory=dict[str, "list[Json]"])
    unjudged: frozenset[str] = frozenset()
    in_text: Mapping[str, Json] = field(default_factory=dict[str, Json])


@dataclass(frozen=True, slots=True)
class GoldFormat:
    """How rows of gold are read: the key of the text, that of the id, and whether every row needs a text."""

    text_field: str = "text"
    id_field: str = "id"
    needs_text: bool = True


_TABLES = frozenset({".csv", ".tsv", ".parquet", ".sqlite", ".xlsx"})


def text_digest(text: str) -> str:
    """Return the digest by which gold remembers its text."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def read_gold(
    gold: Path | str | Iterable[Mapping[str, Any]], schema: Schema[Any], form: GoldFormat
) -> Iterator[GoldRow | GoldProblem]:
    """Yield the rows of a file of JSON Lines (also .gz), or of objects, one at a time.

    Raises ConfigurationError if the file cannot be read.
    """
    number = 0
    for place, found in _numbered(gold):
        made = _row(number, place, found, schema, form)
        yield made
        number += isinstance(made, GoldRow)


def _numbered(gold: Path | str | Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any] | str]]:
    if not isinstance(gold, str | Path):
        for number, row in enumerate(cast("Iterable[object]", gold), 1):
            # callers may have other objects than the types say, and each is on the record
            is_row = isinstance(row, Mapping)
            yield f"row {number}", cast("Mapping[str, Any]", row) if is_row else f"it is no object: {row!r:.60}"
        return
    path = Path(gold)
    if path.suffix.lower() in _TABLES:
        raise ConfigurationError(
            f'{path} is a table: gold is JSON Lines, one object {{"id": ..., "text": ..., "gold": {{...}}}} a line.'
        )
    try:
        with open_bytes(path, compressed=path.suffix.lower() == ".gz") as stream:
            lines = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape")
            for number, row in read_jsonl(lines, float):
                yield f"{path.name}:{number}", row
    except (OSError, DocumentError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error).rstrip(".")
        raise ConfigurationError(f"Cannot read gold from {path}: {said}. Give a file of JSON Lines.") from error


def _row(
    number: int, place: str, found: Mapping[str, Any] | str, schema: Schema[Any], form: GoldFormat
) -> GoldRow | GoldProblem:
    if isinstance(found, str):
        return GoldProblem(Fault.UNREADABLE, place, place, found)
    row_id = id_of(found, form.id_field) or place
    fault, reason = Fault.UNREADABLE, _unreadable(found, form)
    if reason is None:
        value = _fitting(_given(found), schema)
        if isinstance(value, _Misfit):
            fault, reason = Fault.INVALID, value.reason
        else:
            text = cast("str | None", found.get(form.text_field))
            evidence: Pieces = _evidence(found, text, value)
            fault, reason = Fault.CHANGED, _changed(found, text, evidence, value)
            if reason is None:
                spans = {path: tuple((start, end) for start, end, _ in pieces) for path, pieces in evidence.items()}
                return GoldRow(number, place, row_id, text, value, spans, *_remarks(found))
    return GoldProblem(fault, place, row_id, reason)


def id_of(row: Mapping[str, Any], key: str = "id") -> str | None:
    """Return the id of a row as text, or None if it has none: gold and answers are matched by it."""
    name = row.get(key)
    return str(name) if isinstance(name, str | int | float) and not isinstance(name, bool) else None


def _given(row: Mapping[str, Any]) -> Json:
    return _plain(row["gold"] if "gold" in row else row["value"])


def _plain(value: object) -> Json:
    """Return a value with plain containers: the reader of tables makes objects of its own."""
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in cast("Mapping[object, object]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in cast("Sequence[object]", value)]
    return cast(Json, value)


def _unreadable(row: Mapping[str, Any], form: GoldFormat) -> str | None:
    if "gold" not in row and "value" not in row:
        keys = ", ".join(map(str, row)) or "none"
        return f"it has neither 'gold' nor 'value' (its keys: {keys})"
    text = row.get(form.text_field)
    if text is None and not form.needs_text:
        return None
    if not isinstance(text, str) or not text.strip():
        return f"it has no text under {form.text_field!r}: name the key with the text (--text-field)"
    return None


@dataclass(frozen=True, slots=True)
class _Misfit:
    reason: str


def _fitting(given: Json, schema: Schema[Any]) -> Json | _Misfit:
    """Return gold as the task writes values, with the defaults that say something; or why it does not fit."""
    try:
        json.dumps(given, allow_nan=False)
        issues = schema.check(given)
    except (ValueError, TypeError, RecursionError) as error:
        return _Misfit(f"its gold is not plain JSON: {error}")
    for issue in issues:
        more = f" (and {len(issues) - 1} more)" if len(issues) > 1 else ""
        return _Misfit(f"{issue.path or 'the value'} {issue.message}{more}")
    if schema.adapter is None:
        return given
    made = schema.adapter.validate_json(json.dumps(given))
    dumped = cast(Json, schema.adapter.dump_python(made, mode="json", by_alias=True, warnings="none"))
    unset = schema.adapter.dump_python(made, mode="json", by_alias=True, exclude_unset=True, warnings="none")
    return _said(dumped, cast(Json, unset))


def _said(full: Json, given: Json) -> Json:
    """Return what gold gives, and those defaults of the rest that are not null: a value has them too."""
    if isinstance(full, dict) and isinstance(given, dict):
        return {
            name: _said(part, given[name]) if name in given else part
            for name, part in full.items()
            if name in given or not is_void(part)
        }
    if isinstance(full, list) and isinstance(given, list) and len(full) == len(given):
        return [_said(one, other) for one, other in zip(full, given, strict=True)]
    return full


Pieces = dict[str, list[tuple[int, int, str | None]]]
"""Spans with the text that gold says is there, if it says so, by path."""


def _evidence(row: Mapping[str, Any], text: str | None, value: Json) -> Pieces:
    """Return the evidence of gold: its pieces, its quotes, and the passages with offsets within its value."""
    found: Pieces = {}
    pieces = row.get("evidence")
    for one in cast("list[Json]", pieces) if isinstance(pieces, list) else []:
        piece = as_object(one)
        _add(found, piece.get("path"), piece.get("start"), piece.get("end"), piece.get("text"))
    quotes = row.get("quotes")
    for path, quote in as_object(cast("Json", quotes)).items():
        start = text.find(quote) if text is not None and isinstance(quote, str) and quote else -1
        if start >= 0 and isinstance(quote, str) and path not in found:
            _add(found, path, start, start + len(quote), quote)
    for path, passage in passages_in(value):
        _add(found, f"{path}/text", passage["start"], passage["end"], passage["text"])
    return found


def _add(found: Pieces, path: object, start: object, end: object, said: object) -> None:
    if isinstance(path, str) and isinstance(start, int) and isinstance(end, int) and 0 <= start < end:
        found.setdefault(path, []).append((start, end, said if isinstance(said, str) else None))


def passages_in(value: Json, path: str = "") -> Iterator[tuple[str, JsonObject]]:
    """Yield the objects of a value that are passages: a text with its `start` and `end`."""
    if isinstance(value, dict):
        if isinstance(value.get("text"), str) and all(type(value.get(name)) is int for name in ("start", "end")):
            yield path, value
        for name, part in value.items():
            yield from passages_in(part, f"{path}{pointer([name])}")
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from passages_in(part, f"{path}/{place}")


def _changed(row: Mapping[str, Any], text: str | None, evidence: Pieces, value: Json) -> str | None:
    """Return why the text is not that of gold, or None."""
    if text is None:
        return None
    as_given = _given(row)
    digest = row.get("digest")
    if isinstance(digest, str) and digest != text_digest(text):
        return "its text has changed since gold was made: its digest is another one"
    for path, pieces in evidence.items():
        if at(value, steps(path)) is MISSING and at(as_given, steps(path)) is MISSING:
            return f"its evidence for {path} belongs to another value: gold has no such path"
        for start, end, said in pieces:
            if end > len(text) or (said is not None and text[start:end] != said):
                return f"its text has changed since gold was made: the evidence for {path} is not at {start} to {end}"
    return None


def _remarks(row: Mapping[str, Any]) -> tuple[Mapping[str, list[Json]], frozenset[str], Mapping[str, Json]]:
    """Return what else gold says: other right values, fields that it does not judge, and what the text lacks."""
    others = row.get("alternatives")
    alternatives = {
        _path(name): several for name, several in as_object(cast("Json", others)).items() if isinstance(several, list)
    }
    unjudged = row.get("unjudged")
    paths = frozenset(map(str, cast("list[Json]", unjudged))) if isinstance(unjudged, list) else frozenset[str]()
    in_text = row.get("gold_in_text")
    return alternatives, paths, as_object(cast("Json", in_text))


def _path(name: str) -> str:
    """Return a path that is written as a pointer, or with dots."""
    return name if name.startswith("/") or not name else pointer(name.split("."))
