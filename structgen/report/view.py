"""View: all that is shown of a result, whatever it comes from, and how much of it at most."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass, field
from typing import Any, cast

from structgen.core.errors import ExtractionFailed
from structgen.core.json import Json
from structgen.core.records import Evidence, Usage
from structgen.core.results import Attempt, ChunkReport, Conflict, Extraction, Issue, Repair


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of a result. `value` is plain JSON, `cost` in USD, `error` why there is no better value."""

    value: Json = None
    name: str = ""
    evidence: tuple[Evidence, ...] = ()
    repairs: tuple[Repair, ...] = ()
    issues: tuple[Issue, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    chunks: tuple[ChunkReport, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    model: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is shown at most: numbers of rows and of listed things, numbers of characters.

    A text that is longer than `text` is shown as the places of the values, each with `context` on both sides.
    """

    rows: int = 300
    listed: int = 100
    value: int = 500
    text: int = 50_000
    context: int = 120
    place: int = 1_000


def view_of(extraction: Extraction[Any]) -> View:
    """What is shown of an accepted value. Its evidence is looked up now."""
    return View(
        plain(extraction.value),
        evidence=extraction.evidence,
        repairs=extraction.repairs,
        attempts=extraction.attempts,
        chunks=extraction.chunks,
        conflicts=extraction.conflicts,
        usage=extraction.usage,
        cost=extraction.cost,
        model=extraction.model,
    )


def view_of_failure(failure: ExtractionFailed) -> View:
    """What is shown of a refused response: what could be read of it, where that stands, and why it was refused."""
    completion = failure.attempts[-1].completion if failure.attempts else None
    own = completion.evidence if completion and not failure.chunks else None
    return View(
        failure.partial,
        evidence=failure.locate() if failure.locate else own or (),
        issues=failure.issues,
        attempts=failure.attempts,
        chunks=failure.chunks,
        usage=failure.usage or Usage(),
        model=completion.model if completion else "",
        error=str(failure),
    )


def plain(value: object) -> Json:
    """An instance of any type as plain JSON, its parts named as in the paths of the evidence.

    What has no JSON form is shown as Python writes it, in short, because a view that fails shows nothing at all.
    """
    from pydantic_core import to_jsonable_python

    try:
        jsonable = to_jsonable_python(value, by_alias=True, bytes_mode="base64", serialize_unknown=True)
    except ValueError:  # deeper than the serializer goes, or a value that its own type cannot write
        return reprlib.repr(value)
    return cast(Json, jsonable)
