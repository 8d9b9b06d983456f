"""Merge the results of the chunks into the extraction of the whole document, or into its failure."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple, NoReturn, TypeVar, cast

from structgen.compile import Plan
from structgen.core.errors import (
    BudgetExceeded,
    ConfigurationError,
    DeadlinePassed,
    ExtractionFailed,
    StructgenError,
    TaskError,
)
from structgen.core.json import MISSING, Json, at, steps
from structgen.core.options import EvidenceMode, Risk
from structgen.core.records import Evidence, Passage, Status
from structgen.core.results import Attempt, ChunkReport, Conflict, Extraction, Issue, Parsed, Repair
from structgen.documents.chunks import Chunk, branch_names
from structgen.documents.merge import Merged, Part, merge
from structgen.engine.budget import cost_of_attempts
from structgen.engine.claims import as_dumped, constants, said, unclaimed
from structgen.engine.drive import Outcome
from structgen.engine.flow import UNFOUND, UNQUOTED, usage_of
from structgen.ground import locate, locate_in_part
from structgen.ground.queries import leaves
from structgen.parse import parse_tree
from structgen.parse.json_values import same
from structgen.report import extraction_html, failure_html
from structgen.schema import Schema

T = TypeVar("T")

_NO_MATCH = "does not match the schema"


@dataclass(frozen=True, slots=True)
class ReadChunk:
    """A chunk and its result. `halved`: it was read again in halves, so only its attempts still count."""

    chunk: Chunk
    outcome: Outcome[Json]
    halved: bool = False

    @property
    def failed(self) -> bool:
        """Whether no value was accepted."""
        return isinstance(self.outcome, ExtractionFailed)

    @property
    def value(self) -> Json:
        """The value, or what could be read of a refused one."""
        return self.outcome.partial if isinstance(self.outcome, ExtractionFailed) else self.outcome.value

    @property
    def cause(self) -> BaseException | None:
        """The error that made it fail, if it was not a refused answer."""
        return self.outcome.__cause__ if isinstance(self.outcome, ExtractionFailed) else None

    def report(self) -> ChunkReport:
        """Return its entry in `.chunks` of the result."""
        error = " ".join(str(self.outcome).split()) if isinstance(self.outcome, ExtractionFailed) else None
        return ChunkReport(self.chunk.start, self.chunk.end, "failed" if error is not None else "ok", error)

    def part(self, number: int, text: str) -> Part:
        """Return its value with evidence placed in the whole text; the partial value if it failed."""
        start, end = self.chunk.start, self.chunk.end
        above = tuple(Passage(begin - start, text[begin:stop]) for begin, stop in self.chunk.above)
        value, found = self._given(text[start:end], above)
        evidence = {
            one.path: replace(one, start=one.start + start, end=one.end + start)
            for one in found
            if one.start is not None and one.end is not None
        }
        return Part(number, start, end, value, evidence, text[start:end])

    def _given(self, text: str, above: tuple[Passage, ...]) -> tuple[Json, tuple[Evidence, ...]]:
        if isinstance(self.outcome, ExtractionFailed):
            return self.outcome.partial, ()
        return self.outcome.value, self.outcome.evidence or locate_in_part(self.outcome.value, text, above, {})


def whole_of(plan: Plan[T], text: str, read: Sequence[ReadChunk]) -> Extraction[T]:
    """Return the merged value of all chunks, with every attempt and the chunks that failed.

    Raises ExtractionFailed if no chunk has a value or the merged value is refused. An error that every chunk would meet
    (a wrong key, a wrong task) is raised as it is.
    """
    read = sorted(read, key=lambda one: (one.chunk.start, one.chunk.end))
    attempts = tuple(attempt for one in read for attempt in one.outcome.attempts)
    # Attempts count even for chunks that were halved later: they were paid for.
    read = [one for one in read if not one.halved]
    _raise_common(read)
    reports = tuple(one.report() for one in read)
    if all(one.failed for one in read):
        _raise_all_failed(read, text, reports, attempts)
    max_risk = plan.brief.options.max_risk
    parts = [one.part(number, text) for number, one in enumerate(read) if not one.failed]
    branches = branch_names(plan.brief.schema.node)
    merged = merge(parts, plan.brief.schema.node, by_likeness=max_risk >= Risk.INTERPRETIVE, branches=branches)
    repairs = (*_moved(read, merged), *merged.repairs)
    parsed = _validated(plan.brief.schema, merged.value, max_risk)
    if not parsed.ok:
        apart = constants(plan.brief.schema, merged.value)
        where = partial(_evidence, merged.value, text, merged.evidence, plan, apart)
        refusal = _Refusal(_NO_MATCH, parsed.issues, merged.value)
        raise _refused(refusal, text, reports, attempts, merged.conflicts, repairs, where)
    accepted = _accepted(plan, text, merged, parsed)
    if plan.brief.options.require_evidence and accepted.unsupported:
        refusal, repairs = _unsupported_in(accepted, plan, parsed.given), (*repairs, *parsed.repairs)
        raise _refused(refusal, text, reports, attempts, merged.conflicts, repairs, accepted.locate)
    return replace(
        accepted,
        repairs=(*repairs, *parsed.repairs),
        attempts=attempts,
        usage=usage_of(attempts),
        cost=cost_of_attempts(attempts, plan.brief.card),
        chunks=reports,
        models=_models(read, merged),
    )


def _models(read: Sequence[ReadChunk], merged: Merged) -> Mapping[str, str]:
    """Return which model answered each field of the merged value: that of the first chunk with this value."""
    found: dict[str, str] = {}
    for number, one in enumerate(read):
        models: Mapping[str, str] = one.outcome.models
        for path, model in models.items():
            here = merged.moved(number, path)
            value = at(merged.value, steps(here))
            if value is not MISSING and same(cast("Json", value), cast("Json", at(one.value, steps(path)))):
                found.setdefault(here, model)
    return found


def _accepted(plan: Plan[T], text: str, merged: Merged, parsed: Parsed[T]) -> Extraction[T]:
    """Return the merged value with its evidence and conflicts."""
    value: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
    return Extraction(
        value=value,
        conflicts=merged.conflicts,
        locate=partial(_evidence_of, parsed, text, _known(merged, parsed), plan),
        view=partial(extraction_html, document=text),
    )


def _raise_common(read: Sequence[ReadChunk]) -> None:
    """Raise an error in the task or the options as it is: no chunk is to blame for it."""
    for one in read:
        if isinstance(one.cause, TaskError | ConfigurationError):
            raise one.cause


def _raise_all_failed(
    read: Sequence[ReadChunk], text: str, reports: tuple[ChunkReport, ...], attempts: tuple[Attempt, ...]
) -> NoReturn:
    """Raise the failure of all chunks; or the first transport error, if no chunk received a completion."""
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
    """Why the merged value is refused, and what could be read of it."""

    why: str
    issues: tuple[Issue, ...]
    partial: Json


def _unsupported_in(accepted: Extraction[T], plan: Plan[T], given: Json) -> _Refusal:
    """Return the refusal of a merged value that contains something without evidence in any chunk."""
    words = UNQUOTED if plan.form.quoted else UNFOUND
    issues = tuple(Issue(path, words, "unsupported") for path in accepted.unsupported)
    return _Refusal("is not all found in the text", issues, said(plan.brief.schema, accepted.value, given))


def _refused(
    refusal: _Refusal,
    text: str,
    reports: tuple[ChunkReport, ...],
    attempts: tuple[Attempt, ...],
    conflicts: tuple[Conflict, ...],
    repairs: tuple[Repair, ...],
    where: Callable[[], tuple[Evidence, ...]],
) -> ExtractionFailed:
    """Return the failure of a merged value, although some chunks were accepted."""
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
        conflicts=conflicts,
        repairs=repairs,
        view=partial(failure_html, document=text),
        issues=refusal.issues,
        locate=where,
    )


def _validated(schema: Schema[T], value: Json, max_risk: Risk) -> Parsed[T]:
    """Validate the merged value against the whole schema, with all checks across fields.

    A field that no chunk contains is null if the schema allows that; otherwise it is missing.
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
    """Return a copy of the value with null at each path that ends in a key of an object."""
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
    """Yield the repairs of all chunks at their paths in the merged value, each once."""
    seen: set[str] = set()
    for number, one in enumerate(read):
        for repair in one.outcome.repairs if isinstance(one.outcome, Extraction) else ():
            here = replace(repair, path=merged.moved(number, repair.path))
            if repr(here) not in seen:
                seen.add(repr(here))
                yield here


def _known(merged: Merged, parsed: Parsed[T]) -> Mapping[str, Evidence] | None:
    """Return the evidence of the chunks, or None if items were dropped: their paths belong to other items now."""
    dropped = any(repair.risk is Risk.LOSSY for repair in parsed.repairs)
    return None if dropped else merged.evidence


def _evidence_of(
    parsed: Parsed[T], text: str, known: Mapping[str, Evidence] | None, plan: Plan[T]
) -> tuple[Evidence, ...]:
    """Return the evidence of an accepted value."""
    value: T = parsed.value  # pyright: ignore[reportAssignmentType]  an accepted None is a T
    schema = plan.brief.schema
    return _evidence(as_dumped(schema, value), text, known, plan, unclaimed(schema, value, parsed.given))


def _evidence(
    value: object, text: str, known: Mapping[str, Evidence] | None, plan: Plan[T], apart: Container[str]
) -> tuple[Evidence, ...]:
    """Return the evidence of a value in the whole text. Only what no chunk has placed is searched for.

    With quotes, a value that no chunk could quote is unsupported, even if it occurs somewhere in the text.
    """
    options = plan.brief.options
    if options.evidence is EvidenceMode.NONE and not options.require_evidence:
        return ()
    if known is None or not plan.form.quoted:
        return locate(value, text, known or {}, apart)
    return tuple(known.get(leaf.path) or _unsupported(leaf.path) for leaf in leaves(value, apart))


def _unsupported(path: str) -> Evidence:
    return Evidence(path, None, None, None, Status.UNSUPPORTED)
