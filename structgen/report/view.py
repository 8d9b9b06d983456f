"""View: all that is shown of a result, whatever it comes from, and how much of it at most."""

from __future__ import annotations

import json
import reprlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

from structgen.core.errors import ExtractionFailed
from structgen.core.json import Json
from structgen.core.records import Evidence, Status, Usage
from structgen.core.results import Attempt, ChunkReport, Claim, Conflict, Extraction, Issue, Repair


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


_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
"""Control characters as the symbols that Unicode has for them."""

_MEANINGLESS = (*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000))
"""C1 controls, embeddings and overrides of the writing direction, and halves of surrogate pairs."""

_SHOWN = _PICTURES | dict.fromkeys(_MEANINGLESS, 0xFFFD) | {ord(char): ord(char) for char in "\t\n"}


def visible(text: str) -> str:
    """The text with every character that would act instead of being seen replaced by one that is seen."""
    return text.replace("\r\n", "\n").translate(_SHOWN)


def cut(text: str, most: int) -> str:
    """The visible text, at most so many characters of it; what is left out is counted."""
    if len(text) <= most:
        return visible(text)
    return f"{visible(text[:most])}… ({len(text) - most:,} more characters)"


def line_of(text: str, most: int) -> str:
    """The visible text on one line."""
    return " ".join(cut(text, most).split())


MEANING: Mapping[Status, str] = MappingProxyType(
    {
        Status.EXACT: "stands in the text just like this",
        Status.NORMALIZED: "stands in the text, written in another way",
        Status.QUOTED: "is what the model read out of these words",
        Status.FUZZY: "the text says nearly this",
        Status.AMBIGUOUS: "stands in several places of the text, of which one is marked",
        Status.UNSUPPORTED: "was not found in the text",
    }
)


_MOST_CLAIMS = 5


def counted(number: int, what: str) -> str:
    """A number with its noun."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def counts(view: View) -> list[tuple[Status, int]]:
    """How many values have which status, the best status first."""
    found = Counter(piece.status for piece in view.evidence)
    return [(status, found[status]) for status in Status if found[status]]


def facts(view: View) -> list[str]:
    """The model and what it took, as short phrases."""
    model = [line_of(view.model, 80)] if view.model else []
    if not view.usage.calls:
        return model
    cost = "cost not known" if view.cost is None else f"{view.cost:.6f}".rstrip("0").rstrip(".") + " USD"
    return [*model, counted(view.usage.calls, "call"), tokens(view.usage), cost]


def tokens(usage: Usage) -> str:
    """The tokens of one or several completions."""
    if usage.input_tokens is None or usage.output_tokens is None:
        return "tokens not known"
    return f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"


def repaired(repair: Repair) -> str:
    """A repair in one line."""
    return f"{line_of(repair.rule, 60).replace('_', ' ')}: {_short(repair.before)} → {_short(repair.after)}"


def claimed(conflict: Conflict) -> str:
    """What the chunks say of one part of a value, in one line; the first claim is the one that was taken."""
    return ", not ".join(map(_claim, conflict.claims[:_MOST_CLAIMS]))


def others(conflict: Conflict) -> str:
    """What other chunks say in the place of a value, in one line."""
    return ", ".join(map(_claim, conflict.claims[1:_MOST_CLAIMS]))


def _claim(claim: Claim) -> str:
    value = claim.value if isinstance(claim.value, str) else json.dumps(claim.value, ensure_ascii=False)
    more = ", …" if len(claim.chunks) > _MOST_CLAIMS else ""
    return f"{line_of(value, 120)} (chunk {', '.join(map(str, claim.chunks[:_MOST_CLAIMS]))}{more})"


def _short(value: object) -> str:
    return line_of(repr(value) if isinstance(value, str) else str(value), 60)
