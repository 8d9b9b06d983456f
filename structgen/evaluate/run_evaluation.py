"""`evaluate`: answers against gold, field by field; one setting, or two on the same documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from structgen.batch import Batch, RunBudget
from structgen.core.errors import ConfigurationError, TaskNotFound
from structgen.core.options import Options, Style
from structgen.core.records import Task
from structgen.engine.budget import Prices
from structgen.engine.drive import Outcome
from structgen.engine.map_api import CONCURRENCY
from structgen.evaluate.answer_rows import open_answers
from structgen.evaluate.comparison import ScoredFields
from structgen.evaluate.evaluation import Evaluation, SettingResult, compared
from structgen.evaluate.gold.gold_rows import GoldFormat
from structgen.evaluate.gold.gold_source import GoldSource
from structgen.evaluate.scoring.bootstrap import Blocks
from structgen.evaluate.scoring.scorer import Scorer
from structgen.evaluate.setting_run import run_setting, score_rows
from structgen.extractor import Extractor
from structgen.schema import Schema
from structgen.stages import resolve
from structgen.store import Store

Rows = Path | str | Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Setting:
    """How documents are answered: by a model with a task and options, or by `rows` that were written before.

    None takes what the first setting has. `name` is what reports call it.
    """

    model: str | None = None
    task: object = None
    options: Options | None = None
    instructions: str | None = None
    rows: Rows | None = None
    name: str = ""


def evaluate(
    task: object,
    gold: Rows,
    *,
    model: str | None = None,
    against: Setting | Task[Any] | Style | str | None = None,
    rows: Rows | None = None,
    options: Options | None = None,
    instructions: str | None = None,
    compare: Mapping[str, str] | None = None,
    in_text: bool = False,
    limit: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    concurrency: int = CONCURRENCY,
    budget: RunBudget | None = None,
    store: Store | Path | str | None = None,
    form: GoldFormat | None = None,
    extractor: Extractor | None = None,
) -> Evaluation:
    """Score answers against gold, field by field, with 95 % intervals.

    `gold` is a file of JSON Lines, or objects: ``{"text": ..., "gold": ...}`` (see gold/gold_rows.py). The answers
    come from `model` (or an `extractor`), or from `rows` that were written before, matched by id. `against` is a second
    setting on the same documents: another model, task, style, or a `Setting`. `compare` maps paths to rules that
    replace those that the task declares (``{"/items/*/name": "fuzzy"}``).

    `limit` and `sample` choose some rows of gold, `seed` the sample and the draws. `budget` applies to both settings
    together.

    Raises ConfigurationError if gold is empty or does not fit the task, TaskError for a wrong task or rule, and the
    errors of an Extractor if no document could be answered at all.
    """
    first = Setting(model, task, options, instructions, rows)
    settings = [first, *([] if against is None else [second_setting(first, against)])]
    schema = resolve(task).schema
    needs_text = any(setting.rows is None for setting in settings)
    reading = GoldFormat(needs_text=needs_text) if form is None else replace(form, needs_text=needs_text)
    source = GoldSource(gold, schema, reading, limit, sample, seed)
    source.check()
    results: list[SettingResult] = []
    left = budget or RunBudget()
    for setting in settings:
        scorer = new_scorer(task, compare, in_text=in_text, keep=len(settings) > 1, seed=seed)
        if setting.rows is not None:
            results.append(from_rows(setting, source, scorer))
            continue
        chosen = extractor if extractor is not None and setting is first else None
        opened = chosen or Extractor(setting.model, setting.options, store=store)
        try:
            result, left = _asked(setting, opened, source, scorer, concurrency, left, first=setting is first)
        finally:
            if chosen is None:
                opened.close()
        results.append(result)
    return compared(source.count, results, seed)


def new_scorer(
    task: object, compare: Mapping[str, str] | None, *, in_text: bool = False, keep: bool = False, seed: int = 0
) -> Scorer:
    """Return an empty scorer for the values of a task. Raises TaskError for a wrong task or rule.

    Two settings are scored with the rules of the first task, so that only their answers differ.
    """
    schema: Schema[Any] = resolve(task).schema
    fields = ScoredFields.of(schema, compare)
    return Scorer(fields, schema.node, in_text=in_text, keep=keep, blocks=Blocks(seed))


def second_setting(first: Setting, against: Setting | Task[Any] | Style | str) -> Setting:
    """Return the setting that is compared with the first: it takes everything else from the first."""
    if isinstance(against, Setting):
        return replace(
            against,
            model=against.model or first.model,
            task=first.task if against.task is None else against.task,
            options=against.options or first.options,
            instructions=first.instructions if against.instructions is None else against.instructions,
        )
    if isinstance(against, Style):
        style = replace(first.options or Options(), style=against)
        return replace(first, options=style, rows=None, name=f"style {against}")
    if isinstance(against, Task):
        return replace(first, task=against, instructions=None, rows=None)
    return named_setting(first, against)


def named_setting(first: Setting, name: str) -> Setting:
    """Return the setting that a word on the command line names: rows, a task, or else a model."""
    from structgen.tasks import find_task

    if Path(name).suffix.lower() in {".jsonl", ".csv", ".parquet", ".sqlite"}:
        return replace(first, rows=name)
    if _is_model(name):
        return replace(first, model=name, rows=None)
    try:
        return replace(first, task=find_task(name), instructions=None, rows=None)
    except TaskNotFound as error:
        raise ConfigurationError(
            f"{name} is neither a model (groq/<id>, rules), a task, nor a file of rows: {error}"
        ) from error


def _is_model(name: str) -> bool:
    """Return whether a word is a model string, not a file: files of tasks may have a folder before them."""
    path = name.split(":", maxsplit=1)[0]
    is_file = path.endswith((".py", ".toml", ".json")) or Path(path).exists()
    return name in {"rules", "replay"} or "," in name or ("/" in name and not is_file)


def from_rows(setting: Setting, source: GoldSource, scorer: Scorer) -> SettingResult:
    """Score the rows that a setting names."""
    answers = open_answers(cast(Rows, setting.rows))
    try:
        score_rows(answers, source, scorer)
    finally:
        answers.close()
    shown = str(setting.rows) if isinstance(setting.rows, str | Path) else "rows"
    result = SettingResult(setting.name or shown, "", task_name(setting.task), scorer)
    result.notes = {
        "rows_missing": scorer.status["missing"],
        "rows_not_in_gold": answers.unused,
        "rows_repeated": answers.repeated,
        "lines_that_are_no_rows": answers.wrong,
    }
    return result


def _asked(
    setting: Setting,
    extractor: Extractor,
    source: GoldSource,
    scorer: Scorer,
    concurrency: int,
    budget: RunBudget,
    *,
    first: bool,
) -> tuple[SettingResult, RunBudget]:
    """Ask the model of a setting; return its result, and what is left of the budget."""
    batches: list[Batch] = []

    def make(seen: Callable[[Outcome[Any]], None]) -> Batch:
        task = as_task(setting.task)
        made = Batch(
            extractor, task, instructions=setting.instructions, concurrency=concurrency, budget=budget, seen=seen
        )
        batches.append(made)
        return made

    prices = Prices.of(extractor.models)
    seconds, stopped = run_setting(make, source, scorer, prices, must_answer=first)
    name = setting.name or f"{task_name(setting.task)} with {extractor.model}"
    result = SettingResult(name, extractor.model, task_name(setting.task), scorer, seconds, stopped)
    return result, left_of(budget, batches[0], seconds)


def left_of(budget: RunBudget, batch: Batch, seconds: float) -> RunBudget:
    """Return what a run left of the budget of several."""
    used = batch.summary.usage
    tokens = (used.input_tokens or 0) + (used.output_tokens or 0)
    return RunBudget(
        None if budget.max_cost is None else max(0.0, budget.max_cost - batch.most_spent),
        None if budget.max_tokens is None else max(0, budget.max_tokens - tokens),
        None if budget.max_seconds is None else max(0.0, budget.max_seconds - seconds),
    )


def as_task(task: object) -> Task[Any]:
    """Return a task as such: a type or a schema becomes one without instructions."""
    from structgen.tasks import find_task

    if isinstance(task, Task):
        return cast("Task[Any]", task)
    if isinstance(task, str):
        return cast("Task[Any]", find_task(task))
    return Task(Schema.of(task).name, cast(Any, task))


def task_name(task: object) -> str:
    """Return the name of a task in reports."""
    return as_task(task).name
