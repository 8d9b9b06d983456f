"""What the chunks of a document gave -> the extraction of the whole, or the failure with all that there is."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple, NoReturn, TypeVar

from structgen.compile import Plan
from structgen.core.errors import (
    BudgetExceeded,
    ConfigurationError,
    DeadlinePassed,
    ExtractionFailed,
    StructgenError,
    TaskError,
)
from structgen.core.json import Json, steps
from structgen.core.options import EvidenceMode, Risk
from structgen.core.records import Evidence, Passage, Status
from structgen.core.results import Attempt, ChunkReport, Extraction, Issue, Parsed, Repair
from structgen.documents.chunks import Chunk, branch_names
from structgen.documents.merge import Merged, Part, merge
from structgen.engine.budget import cost_of
from structgen.engine.claims import as_dumped, constants, said, unclaimed
from structgen.engine.drive import Outcome
from structgen.engine.flow import UNFOUND, UNQUOTED, usage_of
from structgen.ground import locate, locate_in_part
from structgen.ground.queries import leaves
from structgen.parse import parse_tree
from structgen.report import extraction_html, failure_html
from structgen.schema import Schema

T = TypeVar("T")

_NO_MATCH = "does not match the schema as a whole"


@dataclass(frozen=True, slots=True)
class ReadChunk:
    """A chunk and what became of it. `halved`: only what was paid for it counts, for its halves stand in its place."""

    chunk: Chunk
    outcome: Outcome[Json]
    halved: bool = False

    @property
    def failed(self) -> bool:
        """Whether it gave nothing that was accepted."""
        return isinstance(self.outcome, ExtractionFailed)

    @property
    def cause(self) -> BaseException | None:
        """What made it fail, where that was no refused answer."""
        return self.outcome.__cause__ if isinstance(self.outcome, ExtractionFailed) else None

    def report(self) -> ChunkReport:
        """The line about it in the result."""
        error = " ".join(str(self.outcome).split()) if isinstance(self.outcome, ExtractionFailed) else None
        return ChunkReport(self.chunk.start, self.chunk.end, "failed" if error is not None else "ok", error)

    def part(self, number: int, text: str) -> Part:
        """What it gave, with its places in the whole text; of a chunk that failed what could be read of it."""
        start, end = self.chunk.start, self.chunk.end
        above = tuple(Passage(begin - start, text[begin:stop]) for begin, stop in self.chunk.above)
        value, found = self._given(text[start:end], above)
        evidence = {
            one.path: replace(one, start=one.start + start, end=one.end + start)
            for one in found
            if one.start is not None and one.end is not None
        }
        return Part(number, start, end, value, evidence)

    def _given(self, text: str, above: tuple[Passage, ...]) -> tuple[Json, tuple[Evidence, ...]]:
        if isinstance(self.outcome, ExtractionFailed):
            return self.outcome.partial, ()
        return self.outcome.value, self.outcome.evidence or locate_in_part(self.outcome.value, text, above, {})


def whole_of(plan: Plan[T], text: str, read: Sequence[ReadChunk]) -> Extraction[T]:
    """The value that all chunks together give, with all that was paid for and the chunks that failed.

    Raises ExtractionFailed where none gave anything, or where what they gave is refused as a whole; and what every
    chunk met (a wrong key, a wrong task) as it is.
    """
    read = sorted(read, key=lambda one: (one.chunk.start, one.chunk.end))
    attempts = tuple(attempt for one in read for attempt in one.outcome.attempts)
    read = [one for one in read if not one.halved]
    _raise_common(read)
    reports = tuple(one.report() for one in read)
    if all(one.failed for one in read):
        _raise_all_failed(read, text, reports, attempts)
    max_risk = plan.brief.options.max_risk
    parts = [one.part(number, text) for number, one in enumerate(read) if not one.failed]
    branches = branch_names(plan.brief.schema.node)
    merged = merge(parts, by_likeness=max_risk >= Risk.INTERPRETIVE, branches=branches)
    parsed = _validated(plan.brief.schema, merged.value, max_risk)
    if not parsed.ok:
        apart = constants(plan.brief.schema, merged.value)
        where = partial(_evidence, merged.value, text, merged.evidence, plan, apart)
        raise _refused(_Refusal(_NO_MATCH, parsed.issues, merged.value), text, reports, attempts, where)
    accepted = _accepted(plan, text, merged, parsed)
    if plan.brief.options.require_evidence and accepted.unsupported:
        raise _refused(_unsupported_in(accepted, plan, parsed.given), text, reports, attempts, accepted.locate)
    usage = usage_of(attempts)
    return replace(
        accepted,
        repairs=(*_moved(read, merged), *accepted.repairs),
        attempts=attempts,
        usage=usage,
        cost=cost_of(usage, plan.brief.card),
        chunks=reports,
    )


def _accepted(plan: Plan[T], text: str, merged: Merged, parsed: Parsed[T]) -> Extraction[T]:
    """The whole value with its evidence, conflicts and repairs."""
    value: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
    return Extraction(
        value=value,
        repairs=(*merged.repairs, *parsed.repairs),
        conflicts=merged.conflicts,
        locate=partial(_evidence_of, parsed, text, _known(merged, parsed), plan),
        view=partial(extraction_html, document=text),
    )


def _raise_common(read: Sequence[ReadChunk]) -> None:
    """Raise what is wrong with the task or the options: it is no fault of a chunk."""
    for one in read:
        if isinstance(one.cause, TaskError | ConfigurationError):
            raise one.cause


def _raise_all_failed(
    read: Sequence[ReadChunk], text: str, reports: tuple[ChunkReport, ...], attempts: tuple[Attempt, ...]
) -> NoReturn:
    """No chunk gave a value: the failure of all, or what kept the first from being sent where nothing came back."""
    first = read[0].cause
    if not attempts and isinstance(first, StructgenError) and not isinstance(first, DeadlinePassed):
        raise first
    spent = all(isinstance(one.outcome, BudgetExceeded) for one in read)
    issues = tuple(Issue("", f"characters {one.start} to {one.end}: {one.error}", "chunk_failed") for one in reports)
    raise (BudgetExceeded if spent else ExtractionFailed)(
        f"All {len(reports)} chunks of the document failed; the first one: {reports[0].error}",
        attempts=attempts,
        partial=merge(one.part(number, text) for number, one in enumerate(read)).value,
        usage=usage_of(attempts),
        chunks=reports,
        view=partial(failure_html, document=text),
        issues=issues,
    )


class _Refusal(NamedTuple):
    """Why the whole is refused, and what of it could be read."""

    why: str
    issues: tuple[Issue, ...]
    partial: Json


def _unsupported_in(accepted: Extraction[T], plan: Plan[T], given: Json) -> _Refusal:
    """The refusal of a whole that says something for which no chunk has evidence."""
    words = UNQUOTED if plan.form.quoted else UNFOUND
    issues = tuple(Issue(path, words, "unsupported") for path in accepted.unsupported)
    return _Refusal("is not all found in the text", issues, said(plan.brief.schema, accepted.value, given))


def _refused(
    refusal: _Refusal,
    text: str,
    reports: tuple[ChunkReport, ...],
    attempts: tuple[Attempt, ...],
    where: Callable[[], tuple[Evidence, ...]],
) -> ExtractionFailed:
    """The failure of a whole although some chunks gave what was accepted of each."""
    failed = sum(one.status == "failed" for one in reports)
    first, more = refusal.issues[0], len(refusal.issues) - 1
    return ExtractionFailed(
        f"What {len(reports) - failed} of {len(reports)} chunks gave {refusal.why}: "
        f"{first.path or 'the whole'}: {first.message}{f' (and {more} more)' if more else ''}. "
        "See .issues, .partial, .chunks and .attempts of this error.",
        attempts=attempts,
        partial=refusal.partial,
        usage=usage_of(attempts),
        chunks=reports,
        view=partial(failure_html, document=text),
        issues=refusal.issues,
        locate=where,
    )


def _validated(schema: Schema[T], value: Json, max_risk: Risk) -> Parsed[T]:
    """The merged value, held to the whole schema, with all checks across fields.

    A field that no chunk gives is missing; where the schema takes null for it, it is null.
    """
    parsed = parse_tree(schema, value, max_risk=max_risk)
    missing = [issue.path for issue in parsed.issues if issue.code == "missing"]
    if not missing:
        return parsed
    filled = parse_tree(schema, _with_nulls(value, missing), max_risk=max_risk)
    refused = {issue.path for issue in filled.issues}
    fitting = [path for path in missing if path not in refused]
    return filled if fitting == missing else parse_tree(schema, _with_nulls(value, fitting), max_risk=max_risk)


def _with_nulls(value: Json, paths: Sequence[str]) -> Json:
    """A copy of the value with null at each path that ends in a key of an object."""
    copy: Json = json.loads(json.dumps(value))
    for path in paths:
        *above, last = steps(path)
        holder = copy
        for step in above:
            holder = holder.get(step) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            holder[last] = None
    return copy


def _moved(read: Sequence[ReadChunk], merged: Merged) -> Iterator[Repair]:
    """The repairs of all chunks, at their paths in the whole; those that two chunks share once."""
    told: set[str] = set()
    for number, one in enumerate(read):
        for repair in one.outcome.repairs if isinstance(one.outcome, Extraction) else ():
            here = replace(repair, path=merged.moved(number, repair.path))
            if repr(here) not in told:
                told.add(repr(here))
                yield here


def _known(merged: Merged, parsed: Parsed[T]) -> Mapping[str, Evidence] | None:
    """The evidence that chunks gave; None where items were dropped since, because then others stand at their paths."""
    dropped = any(repair.risk is Risk.LOSSY for repair in parsed.repairs)
    return None if dropped else merged.evidence


def _evidence_of(
    parsed: Parsed[T], text: str, known: Mapping[str, Evidence] | None, plan: Plan[T]
) -> tuple[Evidence, ...]:
    """Where the claims of an accepted value stand."""
    value: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
    schema = plan.brief.schema
    return _evidence(as_dumped(schema, value), text, known, plan, unclaimed(schema, value, parsed.given))


def _evidence(
    value: object, text: str, known: Mapping[str, Evidence] | None, plan: Plan[T], apart: Container[str]
) -> tuple[Evidence, ...]:
    """Where the value stands in the whole text: where its chunks say; only what no chunk placed is looked for.

    What no chunk could quote is unsupported, wherever else it may stand.
    """
    options = plan.brief.options
    if options.evidence is EvidenceMode.NONE and not options.require_evidence:
        return ()
    if known is None or not plan.form.quoted:
        return locate(value, text, known or {}, apart)
    return tuple(known.get(leaf.path) or _unsupported(leaf.path) for leaf in leaves(value, apart))


def _unsupported(path: str) -> Evidence:
    return Evidence(path, None, None, None, Status.UNSUPPORTED)
