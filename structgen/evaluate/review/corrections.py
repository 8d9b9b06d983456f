"""Read the corrections that a review page saved: those to learn from, and why every other line is refused.

A correction is self-contained: it has the task, the text and its digest, the value of the row, and the other fields
that were flagged. All of it is checked, because the file may have been edited, and because the task, the schema and
the texts may have changed since.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from structgen.core.errors import TaskError
from structgen.core.json import MISSING, Json, at, steps
from structgen.evaluate.confidence.calibration_file import digest_of
from structgen.evaluate.gold.gold_rows import text_digest
from structgen.tasks.task_files import decode, read_text

CurrentText = Callable[[str, str], str | None]
"""Return the text that a source and an id have now, or None if it cannot be read."""


class Decision(StrEnum):
    """What a reviewer says about a value."""

    ACCEPT = "accept"
    CORRECT = "correct"
    REJECT = "reject"
    """It is wrong, and the text has no such value."""


class _Line(BaseModel):
    """A line of a file of corrections. Further keys are allowed: they are for people."""

    model_config = ConfigDict(extra="ignore")

    task: str = ""
    schema_: str = ""
    id: str
    source: str = ""
    path: str
    decision: Decision
    before: JsonValue = None
    value: JsonValue = None
    flagged: list[str] = []
    row_value: JsonValue = None
    text: str | None = None
    text_digest: str | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """A decision about one field of a row. `value` is the right value, None if it was rejected; all in plain JSON.

    `line` is its number in the file. `flagged` are the paths of all fields of the row that deserved a look.
    """

    line: int
    id: str
    source: str
    path: str
    decision: Decision
    before: Json
    value: Json
    flagged: tuple[str, ...]
    row_value: Json
    text: str

    @property
    def document(self) -> tuple[str, str]:
        """What tells its document from others."""
        return (self.source, self.id)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A line that is not learnt from: its number, its row, its path, and a sentence that says why."""

    line: int
    id: str
    path: str
    reason: str

    def __str__(self) -> str:
        """Return the line that a user reads."""
        row = f", row {self.id}" if self.id else ""
        where = f", {self.path or 'the whole value'}" if self.id else ""
        return f"line {self.line}{row}{where}: {self.reason}"


def read_corrections(
    path: Path, task: str, current: CurrentText | None = None
) -> tuple[list[Correction], list[Refusal]]:
    """Read a file of corrections of a task. Return those to learn from, and why each other line is refused.

    `current` returns the texts as they are now; a correction of a text that has changed since is refused. Equal lines
    count once. Raises TaskError if the file cannot be read, or has no line.
    """
    lines = [(number, line) for number, line in enumerate(read_text(path).split("\n"), 1) if line.strip()]
    if not lines:
        raise TaskError(f"{path}: the file is empty. Save the corrections of a page of `structgen review` into it.")
    read = [_read(number, line, task, current or (lambda _source, _id: None)) for number, line in lines]
    refused = [one for one in read if isinstance(one, Refusal)]
    good, contradicting = _without_contradictions([one for one in read if isinstance(one, Correction)])
    return good, sorted([*refused, *contradicting], key=lambda one: one.line)


def _read(number: int, text: str, task: str, current: CurrentText) -> Correction | Refusal:
    """Return the correction of a line, or why it is refused."""
    try:
        found = decode(text, f"line {number}")
        line = _Line.model_validate(
            {**found, "schema_": found.get("schema") or ""} if isinstance(found, dict) else found
        )
    except TaskError as error:
        return Refusal(number, "", "", str(error).removeprefix(f"line {number}: "))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = "/".join(map(str, first["loc"])) or "the line"
        return Refusal(number, "", "", f"it is not a correction: {place}: {first['msg']}.")
    reason = _why_not(line, task, current)
    if reason:
        return Refusal(number, line.id, line.path, reason)
    value = line.before if line.decision is Decision.ACCEPT else line.value
    return Correction(
        number,
        line.id,
        line.source,
        line.path,
        line.decision,
        line.before,
        None if line.decision is Decision.REJECT else value,
        tuple(line.flagged),
        line.row_value,
        line.text or "",
    )


def _why_not(line: _Line, task: str, current: CurrentText) -> str:
    """Return why a line is refused, or ""."""
    if line.task and line.task != task:
        return f"it is a correction of the task {line.task}, not of {task}: name that task."
    if not line.text:
        return "it has no text: give `structgen review` the texts with --texts, and save the corrections again."
    if line.text_digest is not None and text_digest(line.text) != line.text_digest:
        return "its text is not the one that was reviewed: save the corrections again."
    now = current(line.source, line.id)
    if now is not None and text_digest(now) != text_digest(line.text):
        return "the text changed since: extract and review this document again."
    if line.path and not line.path.startswith("/"):
        return "its path is not a JSON Pointer, such as /items/0/name."
    kept = at(line.row_value, steps(line.path))
    if kept is not MISSING and digest_of(_plain(kept)) != digest_of(_plain(line.before)):
        return "the value of its row differs from the value that was reviewed: save the corrections again."
    return ""


def _plain(value: object) -> Json:
    """Return a value as JSON has it: 1.0 and 1 are the same number."""
    return json.loads(json.dumps(value), parse_float=_number)


def _number(written: str) -> Json:
    number = float(written)
    return int(number) if number == number // 1 else number


def _without_contradictions(corrections: Sequence[Correction]) -> tuple[list[Correction], list[Refusal]]:
    """Return each decision once, and the lines that say different things about one field. Neither is believed."""
    fields: defaultdict[tuple[object, ...], list[Correction]] = defaultdict(list)
    for one in corrections:
        fields[(*one.document, text_digest(one.text), one.path)].append(one)
    good: list[Correction] = []
    refused: list[Refusal] = []
    for several in fields.values():
        if len({digest_of(_plain(one.value)) for one in several}) == 1:
            good.append(several[0])
            continue
        refused += [_contradiction(one, several) for one in several]
    return good, [*refused, *_of_two_texts(good)]


def _contradiction(one: Correction, several: Iterable[Correction]) -> Refusal:
    others = ", ".join(str(other.line) for other in several if other is not one)
    return Refusal(one.line, one.id, one.path, f"line {others} contradicts it: keep one of them.")


def _of_two_texts(good: list[Correction]) -> list[Refusal]:
    """Take the corrections of rows with one id but two texts or two values out of `good`; return them as refusals."""
    versions: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in good:
        versions[one.document].add(digest_of([text_digest(one.text), _plain(one.row_value)]))
    mixed = [one for one in good if len(versions[one.document]) > 1]
    good[:] = [one for one in good if len(versions[one.document]) == 1]
    reason = "the file has this row with another text or another value too: keep the corrections of one review."
    return [Refusal(one.line, one.id, one.path, reason) for one in mixed]
