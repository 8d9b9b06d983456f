"""The totals of a run: Summary counts its rows, ReparseStats what a reparse had to request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from structgen.batch.row import Row, RowStatus
from structgen.core.errors import ExtractionFailed
from structgen.core.json import Json, at, pointer, steps
from structgen.core.records import Usage
from structgen.core.results import Alone, Attempt, Extraction
from structgen.core.screen import usd
from structgen.engine.budget import Told
from structgen.engine.reparse.schema_diff import requested_paths
from structgen.report.notebook_parts import Totals, totals_html
from structgen.report.overview import folded_path
from structgen.report.view import counted, line_of

MOST_PATHS, LONGEST_PATH = 8, 80
"""How many paths of unsupported values the summary line names, and how many characters of each."""


@dataclass(frozen=True, slots=True)
class Summary:
    """The number of rows by outcome, and their usage. `cost` is in USD, or None if a price is unknown."""

    ok: int = 0
    incomplete: int = 0
    failed: int = 0
    unsupported: int = 0
    """Values that were not found in the text, or that the model could not quote."""
    unsupported_at: Mapping[str, int] = field(default_factory=dict[str, int])
    """Their number by path; ``*`` stands for every index of a list, as in ``/items/*/price``."""
    conflicts: int = 0
    """Parts of values about which chunks of one document disagree."""
    merged: int = 0
    """Items that were merged with an equal one of their list."""
    dropped: int = 0
    """List items and keys that a lossy repair left out."""
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0
    told: Told = field(default_factory=Told)
    """The usage of the calls that reported tokens, and the number of calls that reported none."""
    seconds: float = 0.0
    fields_by: Mapping[str, int] = field(default_factory=dict[str, int])
    """The number of fields that each model of a cascade answered."""
    alone: Alone | None = None
    """The usage and cost if the last model of a cascade had been asked alone."""

    @property
    def rows(self) -> int:
        """The number of all rows."""
        return self.ok + self.incomplete + self.failed

    def add(self, row: Row, seconds: float) -> Summary:
        """Return the summary with one more row, `seconds` after the start."""
        counts = Counter({row.status: 1})
        return replace(
            self,
            ok=self.ok + counts[RowStatus.OK],
            incomplete=self.incomplete + counts[RowStatus.INCOMPLETE],
            failed=self.failed + counts[RowStatus.FAILED],
            unsupported=self.unsupported + len(row.unsupported),
            unsupported_at=self._counted(row),
            conflicts=self.conflicts + len(row.conflicts),
            merged=self.merged + row.merged,
            dropped=self.dropped + row.dropped,
            usage=self.usage + row.usage,
            cost=None if self.cost is None or row.cost is None else self.cost + row.cost,
            told=self.told + (row.told or _all_told(row)),
            seconds=seconds,
            fields_by=Counter(self.fields_by) + Counter(row.models.values()) if row.models else self.fields_by,
            alone=_together(self.alone, row.alone),
        )

    def _counted(self, row: Row) -> Mapping[str, int]:
        """Return the counts of unsupported paths with those of one more row."""
        if not row.unsupported:
            return self.unsupported_at
        return Counter(self.unsupported_at) + Counter(folded(path, row.value) for path in row.unsupported)

    def __str__(self) -> str:
        """Return one line for people."""
        parts = [f"{self.rows} {'row' if self.rows == 1 else 'rows'}: {self.ok} ok"]
        parts += [f"{self.incomplete} incomplete"] if self.incomplete else []
        parts += [f"{self.failed} failed"] if self.failed else []
        return "; ".join(
            [
                ", ".join(parts),
                *self._unsupported(),
                *self._doubtful(),
                *self._spent(),
                *self._saved(),
                f"{self.seconds:.1f} s",
            ]
        )

    def _repr_html_(self) -> str:
        """Return HTML for notebooks."""
        statuses = {"ok": self.ok, "incomplete": self.incomplete, "failed": self.failed}
        facts = (*self._doubtful(), *self._spent(), *self._saved(), f"{self.seconds:.1f} s")
        return totals_html(Totals(statuses, self.unsupported_at, facts))

    def _unsupported(self) -> list[str]:
        """Name the paths without evidence, the most frequent first."""
        if not self.unsupported:
            return []
        ranked = sorted(self.unsupported_at.items(), key=lambda entry: (-entry[1], entry[0]))
        named = [f"{line_of(path, LONGEST_PATH) or 'the whole value'}: {count}" for path, count in ranked[:MOST_PATHS]]
        named += [f"{len(ranked) - MOST_PATHS} more paths"] if len(ranked) > MOST_PATHS else []
        values = "1 value" if self.unsupported == 1 else f"{self.unsupported:,} values"
        return [f"{values} unsupported ({', '.join(named)})"]

    def _doubtful(self) -> list[str]:
        """Count the conflicts, and the merged and dropped items: a row with any of them is ok, but worth a check."""
        found = [counted(self.conflicts, "conflict")] if self.conflicts else []
        found += [f"{counted(self.merged, 'item')} merged"] if self.merged else []
        found += [f"{counted(self.dropped, 'value')} dropped"] if self.dropped else []
        return [", ".join(found)] if found else []

    def _spent(self) -> list[str]:
        """Return tokens and cost, if a model was called."""
        if not self.usage.calls:
            return []
        calls = counted(self.usage.calls, "call")
        return [calls, *spent_words(self.told, self.cost)]

    def _saved(self) -> list[str]:
        """Say which model of a cascade answered how many fields, and what the last one would have taken alone."""
        if not self.fields_by:
            return []
        ranked = sorted(self.fields_by.items(), key=lambda entry: -entry[1])
        told = [f"fields answered: {', '.join(f'{count:,} by {model}' for model, count in ranked)}"]
        if self.alone is not None:
            usage, cost = self.alone.usage, self.alone.cost
            price = "at an unknown cost" if cost is None else usd(cost)
            tokens = f"{usage.input_tokens or 0:,} tokens in, {usage.output_tokens or 0:,} out"
            told.append(f"{self.alone.model} alone would have taken about {tokens}, {price}")
        return told


def _all_told(row: Row) -> Told:
    inwards, outwards = row.usage.input_tokens, row.usage.output_tokens
    if row.usage.calls and (inwards is None or outwards is None):
        return Told(untold_calls=row.usage.calls)
    return Told(inwards or 0, outwards or 0, row.cost)


def spent_words(told: Told, cost: float | None) -> list[str]:
    """Return tokens and cost in words. They are lower bounds if some calls reported no tokens."""
    tokens = f"{told.input_tokens:,} tokens in, {told.output_tokens:,} out"
    if not told.untold_calls:
        return [tokens, "cost unknown" if cost is None else usd(cost)]
    least = "cost unknown" if told.cost is None else f"at least {usd(told.cost)}"
    return [f"at least {tokens}", least, f"{counted(told.untold_calls, 'call')} told no tokens"]


def _together(one: Alone | None, other: Alone | None) -> Alone | None:
    if one is None or other is None:
        return one or other
    cost = None if one.cost is None or other.cost is None else one.cost + other.cost
    return Alone(other.model, one.usage + other.usage, cost)


def folded(path: str, value: Json) -> str:
    """Replace the list indexes in a path by ``*``. Object keys may be digits too, so the value is walked."""
    found: list[str] = []
    here: object = value
    for step in steps(path):
        found.append("*" if isinstance(here, list) else step)
        # MISSING if a repair has moved items since the path was recorded
        here = at(cast(object, here), [step])
    return pointer(found)


STORED = "from stored answers"
REST = "requested the rest"
WHOLE = "requested whole"
UNANSWERED = "without an answer"


class ReparseStats:
    """Counts documents by what a reparse requested for them. What the store answers was not requested."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, outcome: Extraction[Any] | ExtractionFailed) -> None:
        """Count a document."""
        self._counts[_kind(outcome)] += 1

    @property
    def total(self) -> int:
        """The number of documents."""
        return self._counts.total()

    def __str__(self) -> str:
        """Return one line for people, the most frequent kind first."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self._counts.most_common())
        return f"{self.total} document{'' if self.total == 1 else 's'}: {kinds}"


def _kind(outcome: Extraction[Any] | ExtractionFailed) -> str:
    # stored responses were paid for by the earlier run
    paid = [attempt for attempt in outcome.attempts if not attempt.completion.stored]
    if not paid:
        return UNANSWERED if isinstance(outcome, ExtractionFailed) else STORED
    paths = sorted({path for attempt in paid for path in _requested_paths(attempt)})
    # a request for fields or for the rest names its schema so; any other asks for the whole value
    if any(attempt.request.schema_name not in {"fields", "rest"} for attempt in paid):
        return WHOLE
    return f"requested {', '.join(paths)}" if paths else REST


def _requested_paths(attempt: Attempt) -> set[str]:
    """Return the requested fields, with ``*`` for list indexes."""
    return set(map(folded_path, requested_paths(attempt.request)))
