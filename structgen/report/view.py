"""View: everything that is shown of a result, within limits, with its texts made safe to display."""

from __future__ import annotations

import json
import re
import reprlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, cast

from structgen.core.errors import ExtractionFailed
from structgen.core.json import Json
from structgen.core.offsets import OffsetMap
from structgen.core.records import Evidence, Status, Usage
from structgen.core.results import Attempt, ChunkReport, Claim, Conflict, Extraction, Issue, Repair
from structgen.core.screen import visible
from structgen.documents.html_text import is_page, page_text


@dataclass(frozen=True, slots=True)
class View:
    """Everything that is shown of a result. `value` is plain JSON, `cost` is in USD, `error` says what went wrong.

    If `untold_calls` reported no tokens, the cost is unknown, and `cost_at_least` is that of the other calls.
    """

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
    cost_at_least: float | None = None
    untold_calls: int = 0
    model: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is shown: maximum numbers of rows and of listed items, and maximum lengths in characters.

    Unsupported values are shown beyond the maximum of rows. `others` is the maximum number of other places of ambiguous
    values, of all together; of each it is `listed`.
    If a text is longer than `text`, only the places of the values are shown, each with `context` on both sides.
    """

    rows: int = 300
    listed: int = 100
    value: int = 500
    text: int = 50_000
    context: int = 120
    place: int = 1_000
    others: int = 1_000


def view_of(extraction: Extraction[Any]) -> View:
    """Return the view of an accepted value. Its evidence is located now."""
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
    """Return the view of a refused response: what could be read of it, its evidence, and why it was refused."""
    completion = failure.attempts[-1].completion if failure.attempts else None
    own = completion.evidence if completion and not failure.chunks else None
    return View(
        failure.partial,
        evidence=failure.locate() if failure.locate else own or (),
        issues=failure.issues,
        attempts=failure.attempts,
        chunks=failure.chunks,
        conflicts=failure.conflicts,
        repairs=failure.repairs,
        usage=failure.usage or Usage(),
        model=completion.model if completion else "",
        error=str(failure),
    )


def as_readable(view: View, document: str | None) -> tuple[View, str | None]:
    """Return a view of an HTML page as one of its text, which people read instead of its source; others unchanged."""
    if document is None or not is_page(document):
        return view, document
    page = page_text(document)
    shown = OffsetMap(page.text, page.text_span)
    return replace(
        view,
        evidence=shown.evidence(view.evidence),
        repairs=shown.repairs(view.repairs),
        chunks=shown.chunks(view.chunks),
        conflicts=shown.conflicts(view.conflicts),
    ), page.text


def plain(value: object) -> Json:
    """Return an instance of any type as plain JSON, with the names that evidence paths use.

    A value without a JSON form is shown by its repr, cut short: a view that fails would show nothing at all.
    """
    from pydantic_core import to_jsonable_python

    try:
        jsonable = to_jsonable_python(value, by_alias=True, bytes_mode="base64", serialize_unknown=True)
    except ValueError:  # nested too deeply, or its own serializer fails
        return reprlib.repr(value)
    return cast(Json, jsonable)


def cut(text: str, most: int) -> str:
    """Return at most `most` characters of the visible text, and the number of those left out."""
    if len(text) <= most:
        return visible(text)
    return f"{visible(text[:most])}… ({len(text) - most:,} more characters)"


def line_of(text: str, most: int) -> str:
    """Return the visible text on one line, cut like `cut`."""
    return " ".join(cut(text, most).split())


MEANING: Mapping[Status, str] = MappingProxyType(
    {
        Status.EXACT: "is in the text exactly like this",
        Status.NORMALIZED: "is in the text, written differently",
        Status.QUOTED: "is what the model concluded from these words",
        Status.DERIVED: "is what the rules concluded from these words, without a label for it",
        Status.FUZZY: "is in the text almost like this",
        Status.AMBIGUOUS: "is in the text more than once, or can be read in two ways; all its places are marked",
        Status.UNSUPPORTED: "is not in the text",
    }
)


_MOST_CLAIMS = 5
_MOST_PLACES = 5


def counted(number: int, what: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def counts(view: View) -> list[tuple[Status, int]]:
    """Return how many values have each status, best status first."""
    found = Counter(piece.status for piece in view.evidence)
    return [(status, found[status]) for status in Status if found[status]]


def facts(view: View) -> list[str]:
    """Return the model, the calls, the tokens and the cost as short phrases."""
    model = [line_of(view.model, 80)] if view.model else []
    if not view.usage.calls:
        return model
    return [*model, counted(view.usage.calls, "call"), tokens(view.usage), *_cost_words(view)]


def _cost_words(view: View) -> list[str]:
    if not view.untold_calls:
        return ["cost unknown" if view.cost is None else _dollars(view.cost)]
    least = "cost unknown" if view.cost_at_least is None else f"at least {_dollars(view.cost_at_least)}"
    return [least, f"{counted(view.untold_calls, 'call')} told no tokens"]


def _dollars(cost: float) -> str:
    return f"{cost:.6f}".rstrip("0").rstrip(".") + " USD"


def tokens(usage: Usage) -> str:
    """Return the tokens of one or more completions in words."""
    if usage.input_tokens is None or usage.output_tokens is None:
        return "tokens unknown"
    return f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out"


def clock_time(seconds: float) -> str:
    """Return a time in audio as people read it: ``1:05``, or ``1:02:05`` after an hour."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Places:
    """Names places of a text: by ``line:column``, both from 1, if the text is known, else by offsets in characters."""

    def __init__(self, document: str | None, chunks: Sequence[ChunkReport] = ()) -> None:
        self._document = document or ""
        self._chunks = chunks
        self._starts = [0, *(found.end() for found in re.finditer("\n", self._document))]

    def line(self, at: int) -> int:
        """Return the line of a character offset."""
        return bisect_right(self._starts, at)

    def position(self, at: int) -> str:
        """Return a character offset as ``line:column``; as it is if the text is not known."""
        if not self._document:
            return f"{at:,}"
        line = self.line(at)
        return f"{line}:{at - self._starts[line - 1] + 1}"

    def named(self, spans: Iterable[tuple[int, int]]) -> str:
        """Name places in words, the first ones of many; empty if there are none."""
        several = list(dict.fromkeys(spans))
        first, more = several[:_MOST_PLACES], len(several) - _MOST_PLACES
        # the offsets may belong to a longer text than this one, or to none
        if self._document and all(start >= 0 and end <= len(self._document) for start, end in first):
            what, words = "line", [self.position(start) for start, _ in first]
        else:
            what, words = "characters", [f"{start:,} to {end:,}" for start, end in first]
        words += [f"and {more} more"] if more > 0 else []
        plural = "s" if what == "line" and len(several) > 1 else ""
        return f"{what}{plural} {', '.join(words)}" if several else ""

    def of_claim(self, claim: Claim) -> str:
        """Name where a claim is made: its evidence, else the chunks that made it."""
        found = [
            (piece.start, piece.end) for piece in claim.evidence if piece.start is not None and piece.end is not None
        ]
        if found:
            same = all(self._document[piece.start : piece.end] == piece.text for piece in claim.evidence)
            return (self if same else Places(None)).named(found)
        made = [self._chunks[number] for number in claim.chunks if number < len(self._chunks)]
        return Places(None).named((chunk.start, chunk.end) for chunk in made)


def repaired(repair: Repair, places: Places) -> str:
    """Return a repair in one line."""
    where = places.named(repair.places)
    change = f"{line_of(repair.rule, 60).replace('_', ' ')}: {_short(repair.before)} → {_short(repair.after)}"
    return f"{change} ({where})" if where else change


def claimed(conflict: Conflict, places: Places) -> str:
    """Return in one line what chunks say about one part of a value, and where. The first claim was accepted."""
    return ", not ".join(_claim(claim, places) for claim in conflict.claims[:_MOST_CLAIMS])


def others(conflict: Conflict, places: Places) -> str:
    """Return in one line what other chunks say instead of a value, and where."""
    return ", ".join(_claim(claim, places) for claim in conflict.claims[1:_MOST_CLAIMS])


def _claim(claim: Claim, places: Places) -> str:
    value = claim.value if isinstance(claim.value, str) else json.dumps(claim.value, ensure_ascii=False)
    more = ", …" if len(claim.chunks) > _MOST_CLAIMS else ""
    chunks = f"chunk {', '.join(map(str, claim.chunks[:_MOST_CLAIMS]))}{more}"
    where = places.of_claim(claim)
    return f"{line_of(value, 120)} ({chunks}{f', {where}' if where else ''})"


def _short(value: object) -> str:
    return line_of(repr(value) if isinstance(value, str) else str(value), 60)
