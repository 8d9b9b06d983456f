"""Tally: what a run that reads an earlier one again had to ask for."""

from __future__ import annotations

from collections import Counter
from typing import Any

from structgen.core.errors import ExtractionFailed
from structgen.core.results import Attempt, Extraction
from structgen.engine.reparse.request_match import asked_paths

READ = "read again"
REST = "asked for the rest"
WHOLE = "asked whole"
UNANSWERED = "without an answer"


class Tally:
    """Counts documents by what was asked for them; only what was paid now counts as asked."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, outcome: Extraction[Any] | ExtractionFailed) -> None:
        """Count a document."""
        self._counts[_kind(outcome)] += 1

    @property
    def total(self) -> int:
        """How many were counted."""
        return self._counts.total()

    def __str__(self) -> str:
        """One line for people, the most frequent first."""
        kinds = ", ".join(f"{count} {kind}" for kind, count in self._counts.most_common())
        return f"{self.total} document{'' if self.total == 1 else 's'}: {kinds}"


def _kind(outcome: Extraction[Any] | ExtractionFailed) -> str:
    paid = [attempt for attempt in outcome.attempts if not attempt.completion.stored]
    if not paid:
        return UNANSWERED if isinstance(outcome, ExtractionFailed) else READ
    paths = sorted({path for attempt in paid for path in _places(attempt)})
    if any(attempt.request.schema_name not in {"fields", "rest"} for attempt in paid):
        return WHOLE
    return f"asked for {', '.join(paths)}" if paths else REST


def _places(attempt: Attempt) -> set[str]:
    """The fields that were asked for, the places in lists as one."""
    steps = (path.split("/") for path in asked_paths(attempt.request))
    return {"/".join("*" if step.isdecimal() else step for step in path) for path in steps}
