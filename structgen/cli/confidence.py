"""Calibrated confidence on the command line: of existing rows, and of the rows of a run with --accept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structgen.cli.console import say
from structgen.core.errors import ConfigurationError

if TYPE_CHECKING:
    from structgen.batch import Row
    from structgen.core.records import Conventions, Document, Task
    from structgen.evaluate.confidence.calibration import Calibration
    from structgen.schema import Schema

Judge = Callable[["Row", "str | None"], Mapping[str, float]]
"""Return the calibrated probability of each field of a row with this text, by path."""


def row_confidence(task: Task[Any] | None, model: str, rows: Sequence[Row], *, quiet: bool) -> Judge | None:
    """Return what tells the confidence of rows, or None if their task and model have no calibration.

    A file of rows names its models itself; only one that answered all rows has a calibration. Nothing is said about a
    missing one if `quiet`.
    """
    from structgen.evaluate.confidence import calibration_for
    from structgen.schema import Schema

    models = {model} if model else {row.model for row in rows if row.model}
    if task is None or len(models) != 1:
        return None
    schema = Schema.of(task)
    found = calibration_for(task.name, schema, models.pop())
    if found.calibration is None:
        if not quiet or found.stale:
            say(f"{found.reason}.")
        return None
    return _judge(found.calibration, schema)


def _judge(calibration: Calibration, schema: Schema[Any], conventions: Conventions | None = None) -> Judge:
    from structgen.evaluate.confidence import signals_of

    def judge(row: Row, text: str | None) -> Mapping[str, float]:
        return calibration.probabilities(signals_of(row.to_json(), text, schema, conventions))

    return judge


@dataclass(slots=True)
class Acceptance:
    """Marks the fields of each row for review whose calibrated probability is below the threshold, and counts them."""

    judge: Judge
    threshold: float
    fields: int = 0
    below: int = 0
    rows: int = 0

    def __call__(self, document: Document, row: Row) -> Row:
        """Return the row with its confidence. A row without a value has none: its status says enough."""
        if row.value is None:
            return replace(row, confidence={}, review=())
        confidence = self.judge(row, document.text)
        review = tuple(path for path, likely in confidence.items() if likely < self.threshold)
        self.fields += len(confidence)
        self.below += len(review)
        self.rows += bool(review)
        return replace(row, confidence=confidence, review=review)

    def report(self, output: Path | None) -> None:
        """Report how many fields a person should check, and how."""
        how = f"; `structgen review {output}` shows them" if output is not None and self.below else ""
        say(f"{self.below} of {self.fields} fields in {self.rows} rows are below {self.threshold:g}{how}.")


def acceptance(task: Task[Any], model: str, threshold: float, conventions: Conventions | None = None) -> Acceptance:
    """Return what marks fields for review.

    Raises ConfigurationError if there is no calibration for the task, its schema and the model: a threshold for
    numbers that mean nothing would be worse than none.
    """
    from structgen.evaluate.confidence import calibration_for
    from structgen.schema import Schema

    schema = Schema.of(task)
    found = calibration_for(task.name, schema, model)
    if found.calibration is None:
        raise ConfigurationError(f"--accept needs calibrated confidence, and {found.reason}.")
    return Acceptance(_judge(found.calibration, schema, conventions), threshold)
