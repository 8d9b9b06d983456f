"""The status of a text's outcome: ok, incomplete or failed."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from structgen.core.errors import ExtractionFailed
from structgen.core.json import MISSING, Json, at, steps
from structgen.core.results import Extraction, Issue
from structgen.engine.drive import Outcome
from structgen.parse.reading import BREAKS_OFF


class RowStatus(StrEnum):
    """The outcome of a document."""

    OK = "ok"
    INCOMPLETE = "incomplete"
    """The only fault is missing parts: required ones, or those of chunks that failed. The value is what was found."""
    FAILED = "failed"


def status_of(outcome: Outcome[Any]) -> RowStatus:
    """Return the status of an outcome."""
    if isinstance(outcome, Extraction):
        lacking = any(chunk.status == "failed" for chunk in outcome.chunks)
        return RowStatus.INCOMPLETE if lacking else RowStatus.OK
    return RowStatus.INCOMPLETE if is_incomplete(outcome) else RowStatus.FAILED


def is_incomplete(failure: ExtractionFailed) -> bool:
    """Whether the only fault is that required parts are missing or null."""
    return (
        isinstance(failure.partial, dict | list)
        and bool(failure.issues)
        and all(_is_absent(failure.partial, issue) for issue in failure.issues)
    )


def _is_absent(value: Json, issue: Issue) -> bool:
    """Whether the issue concerns a part that is null, or a key that its object lacks."""
    # where the reader broke off something is there, though it may lack anything, and a refused repair means that
    # something is there but doubtful
    if issue.code in BREAKS_OFF or issue.repair is not None:
        return False
    *above, last = steps(issue.path) or ("",)
    parent = at(value, above)
    if isinstance(parent, dict) and last not in parent:
        return issue.code in {"missing", "new"}
    # the root itself is never an absent part: then nothing was found at all
    found = at(value, [*above, last])
    return issue.path != "" and (found is None or found is MISSING)
