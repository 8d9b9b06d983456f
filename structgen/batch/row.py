"""The row: the outcome of one document, as a flat record that every output format can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any, cast

from structgen.core.errors import ExtractionFailed
from structgen.core.json import Json, JsonObject
from structgen.core.records import Document, Evidence, Status, Usage
from structgen.core.results import Alone, Attempt, ChunkReport, Claim, Conflict, Extraction, Issue, Repair
from structgen.core.screen import cell_text, escaped
from structgen.documents import DocumentProblem
from structgen.engine.budget import Prices, Told
from structgen.engine.drive import Outcome
from structgen.engine.outcome_status import RowStatus, is_incomplete
from structgen.ground import locate
from structgen.schema import Schema

_MERGED = frozenset({"repeated_item", "repeated_list"})
"""Rules of repairs whose `before` lists every mention that was merged into one."""
_DROPPED = frozenset({"dropped_item", "dropped_key"})


@dataclass(frozen=True, slots=True)
class Row:
    """The outcome of one document. `cost` is in USD, or None if unknown; `error` is one sentence.

    `partial` is what could be read of a refused response. It is not a value: some part of it is wrong.
    """

    id: str
    source: str
    status: RowStatus
    value: Json = None
    evidence: tuple[Evidence, ...] = ()
    repairs: tuple[Repair, ...] = ()
    issues: tuple[Issue, ...] = ()
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0
    model: str = ""
    error: str | None = None
    chunks: tuple[ChunkReport, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    partial: Json = None
    notes: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    """Which model of a cascade answered each field, by path."""
    alone: Alone | None = None
    asked_again: tuple[str, ...] = ()
    """The paths whose values an earlier response got wrong: they were requested more than once."""
    confidence: Mapping[str, float] = field(default_factory=dict[str, float])
    """The calibrated probability that each field is right, by path; empty unless `--accept` asks for it."""
    review: tuple[str, ...] | None = None
    """The paths of the fields whose probability is below that of `--accept`; None without it."""
    told: Told | None = None
    """A lower bound of what the calls used, if some of them reported no tokens."""
    asked: tuple[str, ...] = field(default=(), repr=False)
    """The texts whose answers were refused: that of the document, or those of its chunks; empty if it is ok."""

    @property
    def unsupported(self) -> tuple[str, ...]:
        """The paths of the values that the text does not support."""
        return tuple(piece.path for piece in self.evidence if piece.status is Status.UNSUPPORTED)

    @property
    def merged(self) -> int:
        """The number of items that were merged with an equal one."""
        alike = sum(repair.rule == "same_item" for repair in self.repairs)
        again = [repair.before for repair in self.repairs if repair.rule in _MERGED]
        return alike + sum(len(before) if isinstance(before, list) else 1 for before in again)

    @property
    def dropped(self) -> int:
        """The number of list items and keys that a lossy repair left out."""
        return sum(repair.rule in _DROPPED for repair in self.repairs)

    def to_json(self) -> JsonObject:
        """Return the row as JSON, its keys in this order.

        `partial` comes only if there is one, `models` only for a cascade, `asked_again` only if fields were requested
        more than once, `confidence` and `review` only with `--accept`, `chunks` only if the document was split,
        `notes` only if something about the document was not read for certain, or something in a response was not
        believed; a piece of evidence has a `page` only if the document has pages, and `seconds` only
        if it is a transcript.
        """
        row: JsonObject = {
            "id": self.id,
            "source": self.source,
            "status": str(self.status),
            "value": self.value,
            "evidence": [_piece(piece) for piece in self.evidence],
            "unsupported": list(self.unsupported),
            "repairs": [_repair(repair) for repair in self.repairs],
            "issues": [_issue(issue) for issue in self.issues],
            "usage": {**_flat(self.usage), "cost": self.cost, **_at_least(self.told)},
            "model": self.model,
            "error": self.error,
        }
        if self.partial is not None:
            row["partial"] = self.partial
        if self.models:
            row["models"] = dict(self.models)
        if self.asked_again:
            row["asked_again"] = list(self.asked_again)
        if self.review is not None:
            row["confidence"] = dict(self.confidence)
            row["review"] = list(self.review)
        if self.notes:
            row["notes"] = list(self.notes)
        if len(self.chunks) > 1:
            row["chunks"] = _chunks(self.chunks, self.conflicts)
        return row


def _at_least(told: Told | None) -> JsonObject:
    """Return the additional keys of a row's usage if some calls reported no tokens."""
    return {} if told is None else {"cost_at_least": told.cost, "untold_calls": told.untold_calls}


def _flat(record: Any) -> JsonObject:
    """Return the fields of a record. dataclasses.asdict would copy their contents, which takes ten times as long."""
    return {name: getattr(record, name) for name in _names_in(cast("type[object]", type(record)))}


@cache
def _names_in(kind: Any) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


_OPTIONAL = frozenset({"page", "seconds"})
"""The keys of a piece of evidence that depend on the kind of document."""


def _piece(piece: Evidence) -> JsonObject:
    """Return a piece of evidence as JSON."""
    return {key: part for key, part in _flat(piece).items() if part is not None or key not in _OPTIONAL}


def _repair(repair: Repair) -> JsonObject:
    """Return a repair as JSON; with places only if it merged items that were found in the text."""
    row: JsonObject = {**_flat(repair), "risk": repair.risk.name.lower()}
    return row if repair.places else {key: part for key, part in row.items() if key != "places"}


def _issue(issue: Issue) -> JsonObject:
    return {
        **_flat(issue),
        "repair": _repair(issue.repair) if issue.repair else None,
    }


def _chunks(chunks: tuple[ChunkReport, ...], conflicts: tuple[Conflict, ...]) -> JsonObject:
    """Return the number of chunks, which of them failed, and where they contradict each other."""
    failed = [chunk for chunk in chunks if chunk.status == "failed"]
    return {
        "count": len(chunks),
        "failed": [{"start": chunk.start, "end": chunk.end, "error": chunk.error} for chunk in failed],
        "conflicts": [
            {"path": conflict.path, "claims": [_claim(claim, chunks) for claim in conflict.claims]}
            for conflict in conflicts
        ],
    }


def _claim(claim: Claim, chunks: tuple[ChunkReport, ...]) -> JsonObject:
    """Return a claim as JSON, with the spans of the chunks that made it: it may have no evidence."""
    spans: Json = [[chunks[number].start, chunks[number].end] for number in claim.chunks if number < len(chunks)]
    evidence: Json = [_piece(piece) for piece in claim.evidence]
    return {**_flat(claim), "evidence": evidence, "spans": spans}


def row_for(document: Document, outcome: Outcome[Any], schema: Schema[Any], prices: Prices, model: str) -> Row:
    """Return the row of any outcome, with a lower bound of its usage if some calls reported no tokens."""
    if isinstance(outcome, Extraction):
        row = row_of(document, outcome, schema)
    else:
        row = row_of_failure(document, outcome, prices.cost(outcome.attempts), model)
    told = row.usage.input_tokens is not None and row.usage.output_tokens is not None
    return row if told or not row.usage.calls else replace(row, told=prices.told(outcome.attempts))


def row_of(document: Document, found: Extraction[Any], schema: Schema[Any]) -> Row:
    """Return the row of an accepted value, which becomes plain JSON under the names in the JSON Schema.

    The row is incomplete if chunks of the document failed, because their contents are unknown. It is failed, with the
    last response as `partial`, if a serializer of the type raises.
    """
    failed, broken = _failed_chunks(found.chunks), None
    value, evidence = None, ()
    try:
        value, evidence = plain(found.value, schema), found.evidence
    except Exception as error:  # a serializer may raise anything, and the other rows must not be lost
        broken = f"The value was accepted, but it cannot be written as JSON: {' '.join(str(error).split())}"
    return Row(
        document.id,
        document.source,
        RowStatus.FAILED if broken else RowStatus.INCOMPLETE if failed else RowStatus.OK,
        value=value,
        evidence=evidence,
        partial=found.attempts[-1].completion.text if broken and found.attempts else None,
        repairs=found.repairs,
        usage=found.usage,
        cost=found.cost,
        model=found.model,
        chunks=found.chunks,
        conflicts=found.conflicts,
        error=broken or failed,
        notes=_notes(document, found.attempts),
        models=found.models,
        alone=found.alone,
        asked=_asked_in_vain(found.attempts, found.chunks) if failed else (),
        asked_again=_asked_again(found.attempts, found.chunks),
    )


def _asked_again(attempts: tuple[Attempt, ...], chunks: tuple[ChunkReport, ...]) -> tuple[str, ...]:
    """Return the paths that were refused before the last answer. Paths within a chunk are not those of the value."""
    if chunks:
        return ()
    return tuple(dict.fromkeys(issue.path for attempt in attempts[:-1] for issue in attempt.issues))


def _asked_in_vain(attempts: tuple[Attempt, ...], chunks: tuple[ChunkReport, ...]) -> tuple[str, ...]:
    """Return the texts whose last answer was refused; of chunks that were read well, if all were, those too."""
    last = {attempt.request.document: attempt for attempt in attempts}
    refused = tuple(text for text, attempt in last.items() if text is not None and attempt.issues)
    # Only what the chunks were merged into is wrong, so any of them may be the cause.
    if not refused and all(chunk.status == "ok" for chunk in chunks):
        return tuple(text for text in last if text is not None)
    return refused


def _failed_chunks(chunks: tuple[ChunkReport, ...]) -> str | None:
    """Return the sentence about failed chunks, or None."""
    failed = [chunk for chunk in chunks if chunk.status == "failed"]
    if not failed:
        return None
    first = f"characters {failed[0].start} to {failed[0].end}: {failed[0].error}"
    return f"{len(failed)} of {len(chunks)} chunks failed, so parts may be missing; the first, {first}"


def row_of_failure(document: Document, failure: ExtractionFailed, cost: float | None, model: str) -> Row:
    """Return the row of a refused response: incomplete if parts are missing but nothing else is wrong, else failed."""
    incomplete = is_incomplete(failure)
    # only the last response belongs to `failure.partial`
    completion = failure.attempts[-1].completion if failure.attempts else None
    evidence: tuple[Evidence, ...] = ()
    if incomplete and completion is not None:
        evidence = failure.locate() if failure.locate else locate(failure.partial, document.text)
    return Row(
        document.id,
        document.source,
        RowStatus.INCOMPLETE if incomplete else RowStatus.FAILED,
        value=failure.partial if incomplete else None,
        evidence=evidence,
        issues=failure.issues,
        usage=failure.usage or Usage(),
        cost=cost,
        model=completion.model if completion and completion.model else model,
        error=" ".join(str(failure).split()),
        chunks=failure.chunks,
        conflicts=failure.conflicts,
        repairs=failure.repairs,
        partial=None if incomplete else failure.partial,
        notes=_notes(document, failure.attempts),
        models=failure.models,
        alone=failure.alone,
        asked=_asked_in_vain(failure.attempts, failure.chunks),
    )


def _notes(document: Document, attempts: tuple[Attempt, ...]) -> tuple[str, ...]:
    """Return the notes about the document, then those about its responses, each once."""
    said = (note for attempt in attempts for note in attempt.completion.notes)
    return tuple(dict.fromkeys([*document.notes, *said]))


def row_of_problem(problem: DocumentProblem) -> Row:
    """Return the row of an input that could not be read."""
    return Row(problem.id, problem.source, RowStatus.FAILED, error=problem.reason)


def refused(row: Row, reason: str, *, keep: bool = True) -> Row:
    """Return the failed row in place of one that an output cannot hold.

    With `keep`, `partial` has its value, and lists and counts stay. Every output can hold the rest: texts without
    characters that act, and usage without counts of more than 64 bits, which no server can have meant.
    """
    why = escaped(f"{reason}. {row.error}" if row.error else f"{reason}.")
    kept = row if keep else Row("", "", RowStatus.FAILED, cost=row.cost)
    return replace(
        kept,
        id=escaped(row.id),
        source=escaped(row.source),
        status=RowStatus.FAILED,
        value=None,
        partial=kept.value if kept.partial is None else kept.partial,
        usage=_bounded(row.usage),
        told=row.told,
        asked=row.asked,
        model=escaped(row.model),
        error=why,
    )


def _bounded(usage: Usage) -> Usage:
    """Return the usage with None for each count of more than 64 bits."""
    return Usage(
        _counted(usage.input_tokens),
        _counted(usage.output_tokens),
        _counted(usage.cached_tokens),
        _counted(usage.reasoning_tokens),
        calls=usage.calls,
    )


def _counted(count: int | None) -> int | None:
    return None if count is None or count >= 2**63 else count


def plain(value: object, schema: Schema[Any]) -> Json:
    """Return an instance of the schema's type as plain JSON, under the names (aliases) in its JSON Schema."""
    if schema.adapter is None:
        return cast(Json, value)
    # without warnings: a value that a validator changed may not match its type, and is shown as it is
    return cast(Json, schema.adapter.dump_python(cast(Any, value), mode="json", by_alias=True, warnings="none"))


def to_line(row: Row) -> str:
    """Return the row as one line of JSON with its newline: always valid UTF-8, valid JSON and safe to print."""
    return cell_text(row.to_json()) + "\n"
