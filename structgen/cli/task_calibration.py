"""``structgen tasks calibrate``: learn from gold how likely each field of a task is right, for one model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from structgen.cli import arguments as args
from structgen.cli.argument_records import takes
from structgen.cli.console import display, display_json, say
from structgen.core.errors import ConfigurationError
from structgen.core.records import Document, Task

if TYPE_CHECKING:
    from structgen.batch import Row
    from structgen.evaluate.confidence.calibration import Calibration
    from structgen.evaluate.gold.gold_rows import GoldRow
    from structgen.schema import Schema


@dataclass(frozen=True, kw_only=True)
class CalibrateArguments:
    """The command line of `tasks calibrate`."""

    task: args.TaskName
    gold: args.GoldFile
    rows: Annotated[
        Path | None,
        typer.Option("--rows", metavar="FILE", help="The rows to compare with the gold. Default: extract them now."),
    ] = None
    model: args.Model = None
    max_cost: args.MaxCost = None
    store: args.StorePath = None
    no_store: args.NoStore = False
    as_json: args.AsJson = False


@takes(CalibrateArguments)
def calibrate(arguments: CalibrateArguments) -> None:
    """Learn from gold how likely each field of a task is right, for one model.

    `structgen extract --accept` and `structgen review` use the calibration. It is bound to the schema and the model.
    """
    from structgen.evaluate.confidence import calibrate as calibrate_samples
    from structgen.evaluate.confidence import save_calibration
    from structgen.evaluate.confidence.calibration_file import as_json
    from structgen.schema import Schema
    from structgen.tasks import find_task

    task: Task[Any] = find_task(arguments.task)
    schema = Schema.of(task)
    gold = _gold(arguments.gold, schema)
    rows, model = _rows_of(arguments.rows, arguments.model) if arguments.rows else _extracted(task, gold, arguments)
    calibration = calibrate_samples(_samples(gold, rows, schema))
    path = save_calibration(calibration, task.name, schema, model)
    if arguments.as_json:
        display_json({"file": str(path), "task": task.name, "model": model, **as_json(calibration)})
        return
    display(str(path))
    _report(calibration, task.name, model)


def _gold(path: Path, schema: Schema[Any]) -> Mapping[str, GoldRow]:
    """Return the gold rows by id. Say which cannot be used."""
    from structgen.evaluate.gold.gold_rows import GoldFormat, GoldRow, read_gold

    good: dict[str, GoldRow] = {}
    wrong: list[str] = []
    for row in read_gold(path, schema, GoldFormat()):
        if isinstance(row, GoldRow):
            good[row.id] = row
        else:
            wrong.append(f"{row.place}: {row.reason}")
    for line in wrong[:20]:
        say(line)
    if wrong:
        say(f"{len(wrong)} gold row{'' if len(wrong) == 1 else 's'} cannot be used.")
    if not good:
        raise ConfigurationError(f"{path}: no gold row can be used, so there is nothing to calibrate on.")
    return good


def _rows_of(path: Path, model: str | None) -> tuple[Mapping[str, Row], str]:
    """Return the rows of a file by id, and the model that they are of."""
    from structgen.batch.output.read_rows import read_row_file

    rows = read_row_file(path).rows
    models = {row.model for row in rows if row.model}
    if model is None and len(models) != 1:
        names = ", ".join(sorted(models)) or "none"
        raise ConfigurationError(f"The rows of {path} name these models: {names}. Say with --model whose they are.")
    return {row.id: row for row in rows}, model or models.pop()


def _extracted(
    task: Task[Any], gold: Mapping[str, GoldRow], arguments: CalibrateArguments
) -> tuple[Mapping[str, Row], str]:
    """Extract from the texts of the gold. Stored responses are used, so that a second time costs nothing."""
    from structgen.batch import Batch, RunBudget
    from structgen.cli.run_store import open_run_store
    from structgen.cli.selection import choose_model
    from structgen.extractor import Extractor

    model = choose_model(arguments.model)
    documents = [Document(row.text or "", row.id) for row in gold.values()]
    with (
        open_run_store(model, arguments.store, off=arguments.no_store) as store,
        Extractor(model, store=store) as extractor,
    ):
        batch = Batch(extractor, task, budget=RunBudget(arguments.max_cost))
        rows = {row.id: row for row in batch.rows(documents)}
        say(str(batch.summary))
        return rows, extractor.model


def _samples(gold: Mapping[str, GoldRow], rows: Mapping[str, Row], schema: Schema[Any]) -> Sequence[Any]:
    """Return the fields of all rows that have gold. Raises ConfigurationError if none has."""
    from structgen.evaluate.confidence.gold_samples import samples_of

    both = [(gold[name], row) for name, row in rows.items() if name in gold]
    if not both:
        raise ConfigurationError(
            "No row has the id of a gold row: extract from the gold file itself (structgen extract TASK GOLD.jsonl -o "
            "rows.jsonl), or omit --rows."
        )
    unmatched = len(gold) - len(both)
    if unmatched:
        say(f"{unmatched} gold rows have no extracted row and are left out.")
    return [
        sample
        for known, row in both
        for sample in samples_of(row.to_json(), known.value, known.text, schema, unjudged=known.unjudged)
    ]


def _report(calibration: Calibration, task: str, model: str) -> None:
    right = calibration.fields - calibration.errors
    say(
        f"{task} with {model}: {calibration.fields} fields of {calibration.documents} documents, "
        f"{right / calibration.fields:.1%} of them right."
    )
    if calibration.pooled:
        say("this is little gold: confidence has wide steps and may never reach .99. More gold rows make it finer.")
    quality = calibration.quality
    if quality is not None:
        kept = f"{quality.kept:.0%} of the fields reach .99"
        kept += "" if quality.precision is None else f", and {quality.precision:.1%} of these are right"
        found = "" if quality.found is None else f"; the least sure tenth has {quality.found:.0%} of all errors"
        say(f"cross-validation by document: calibration error {quality.error:.3f}; {kept}{found}.")
