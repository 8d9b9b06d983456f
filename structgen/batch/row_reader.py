"""Read a Row from JSON, the inverse of `Row.to_json`. Other programs may have written it, so everything is checked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from structgen.batch.row import Row, RowStatus
from structgen.core.json import Json, JsonObject, as_number, as_object
from structgen.core.options import Risk
from structgen.core.records import Evidence, Status, Usage
from structgen.core.results import ChunkReport, Claim, Conflict, Issue, Repair
from structgen.engine.budget import Told

T = TypeVar("T")


class NoRow(ValueError):
    """A JSON value that is not a row. The message says why."""


def row_from_json(value: Json) -> Row:
    """Return the row that `Row.to_json` wrote. Parts that other versions of structgen add are ignored.

    Raises NoRow for anything else.
    """
    row = as_object(value)
    status = row.get("status")
    if not isinstance(status, str) or status not in set(RowStatus):
        raise NoRow("its `status` is not ok, incomplete or failed")
    chunks, conflicts = _chunks(as_object(row.get("chunks")))
    usage = as_object(row.get("usage"))
    return Row(
        _text(row, "id"),
        _text(row, "source"),
        RowStatus(status),
        value=row.get("value"),
        evidence=_each(row.get("evidence"), _evidence),
        repairs=_each(row.get("repairs"), _repair),
        issues=_each(row.get("issues"), _issue),
        usage=_usage(usage),
        cost=as_number(usage.get("cost")),
        model=_text(row, "model", ""),
        error=_optional_text(row.get("error")),
        chunks=chunks,
        conflicts=conflicts,
        partial=row.get("partial"),
        notes=_each(row.get("notes"), str),
        models={path: str(model) for path, model in as_object(row.get("models")).items()},
        asked_again=_each(row.get("asked_again"), str),
        confidence={
            path: likely
            for path, said in as_object(row.get("confidence")).items()
            if (likely := as_number(said)) is not None
        },
        told=_told(usage),
        review=None if row.get("review") is None else _each(row.get("review"), str),
    )


def _each(several: Json, read: Callable[[Json], T]) -> tuple[T, ...]:
    """Read each item of a list; an absent list is empty."""
    if several is None:
        return ()
    if not isinstance(several, list):
        raise NoRow("one of its lists is not a list")
    return tuple(map(read, several))


_REQUIRED = "\0"


def _text(record: JsonObject, name: str, default: str = _REQUIRED) -> str:
    found = record.get(name)
    if isinstance(found, str):
        return found
    if found is None and default != _REQUIRED:
        return default
    raise NoRow(f"its `{name}` is not a string")


def _optional_text(value: Json) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise NoRow("one of its texts is not a string")


def _whole(value: Json) -> int | None:
    number = as_number(value)
    return int(number) if number is not None and number == number // 1 else None


def _evidence(value: Json) -> Evidence:
    piece = as_object(value)
    start, end, seconds = _whole(piece.get("start")), _whole(piece.get("end")), piece.get("seconds")
    status = piece.get("status")
    if not isinstance(status, str) or status not in set(Status):
        raise NoRow("a piece of its evidence has an unknown status")
    return Evidence(
        _text(piece, "path"),
        start,
        end if start is not None else None,
        _optional_text(piece.get("text")),
        Status(status),
        as_number(piece.get("score")),
        _whole(piece.get("page")),
        _pair(seconds) if isinstance(seconds, list) else None,
    )


def _pair(value: Json) -> tuple[float, float]:
    numbers = [as_number(number) for number in value] if isinstance(value, list) else []
    if len(numbers) == 2 and numbers[0] is not None and numbers[1] is not None:
        return numbers[0], numbers[1]
    raise NoRow("one of its spans is not a pair of numbers")


def _span(value: Json) -> tuple[int, int]:
    start, end = _pair(value)
    return int(start), int(end)


def _repair(value: Json) -> Repair:
    repair = as_object(value)
    risk = str(repair.get("risk")).upper()
    if risk not in Risk.__members__:
        raise NoRow("one of its repairs has an unknown risk")
    places = _each(repair.get("places"), _span)
    return Repair(
        _text(repair, "rule"), _text(repair, "path"), repair.get("before"), repair.get("after"), Risk[risk], places
    )


def _issue(value: Json) -> Issue:
    issue = as_object(value)
    repair = issue.get("repair")
    return Issue(
        _text(issue, "path"),
        _text(issue, "message"),
        _text(issue, "code"),
        issue.get("found"),
        _text(issue, "expected", ""),
        None if repair is None else _repair(repair),
    )


def _usage(usage: JsonObject) -> Usage:
    names = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
    return Usage(*(_whole(usage.get(name)) for name in names), calls=_whole(usage.get("calls")) or 0)


def _told(usage: JsonObject) -> Told | None:
    """Return the lower bound of what the calls cost; a row does not say that of their tokens."""
    untold = _whole(usage.get("untold_calls")) or 0
    return Told(cost=as_number(usage.get("cost_at_least")), untold_calls=untold) if untold > 0 else None


MOST_CHUNKS = 100_000
"""Maximum chunks of a row: a larger number is not believed."""


def _chunks(found: JsonObject) -> tuple[tuple[ChunkReport, ...], tuple[Conflict, ...]]:
    """Return the chunks as far as a row tells them, and the conflicts. Chunks without a claim have no known span."""
    conflicts = _each(found.get("conflicts"), _conflict)
    failed = _each(found.get("failed"), _failed_chunk)
    known = {
        number: span
        for claim, spans in (pair for _, claims in conflicts for pair in claims)
        for number, span in zip(claim.chunks, spans, strict=False)
    }
    count = min(_whole(found.get("count")) or 0, MOST_CHUNKS)
    good = [ChunkReport(*known.get(number, (0, 0)), "ok") for number in range(max(0, count - len(failed)))]
    return (*good, *failed), tuple(Conflict(path, tuple(claim for claim, _ in claims)) for path, claims in conflicts)


def _failed_chunk(value: Json) -> ChunkReport:
    chunk = as_object(value)
    start, end = _span([chunk.get("start"), chunk.get("end")])
    return ChunkReport(start, end, "failed", _optional_text(chunk.get("error")))


def _conflict(value: Json) -> tuple[str, tuple[tuple[Claim, tuple[tuple[int, int], ...]], ...]]:
    conflict = as_object(value)
    return _text(conflict, "path"), _each(conflict.get("claims"), _claim)


def _claim(value: Json) -> tuple[Claim, tuple[tuple[int, int], ...]]:
    """Return a claim, and the spans of its chunks."""
    claim = as_object(value)
    numbers = tuple(number for number in _each(claim.get("chunks"), _whole) if number is not None)
    return Claim(claim.get("value"), numbers, _each(claim.get("evidence"), _evidence)), _each(claim.get("spans"), _span)
