"""``structgen eval``: score answers against gold, field by field, with intervals; one setting or two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from structgen.cli.argument_records import takes
from structgen.cli.console import Exit, display, say
from structgen.cli.eval_settings import CommandSetting, EvalArguments, options_of, settings_of
from structgen.cli.text_files import check_text_file, write_text
from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject

if TYPE_CHECKING:
    from structgen.batch import RunBudget
    from structgen.evaluate.evaluation import Evaluation, SettingResult
    from structgen.evaluate.gold.gold_source import GoldSource
    from structgen.evaluate.scoring.scorer import Scorer


@takes(EvalArguments)
def evaluate(arguments: EvalArguments) -> None:
    """Score a task on documents with known answers: precision, recall, F1 and more for each field.

    Each field is compared by the rule that the task declares (`Field(json_schema_extra={"compare": "fuzzy"})`), or by
    that of its type: numbers, dates and times by value, texts apart from case and white space, lists by the best
    matching of their items. Every figure has a 95 % interval. A second setting (--against) is compared on the same
    documents. Responses are stored, as in `extract`.

    Exit status: 0 done, 1 a figure is below --fail-under, 2 usage error, 3 stopped, 130 interrupted.
    """
    raise typer.Exit(_run(arguments))


def _run(arguments: EvalArguments) -> Exit:
    from structgen.evaluate.evaluation import compared

    floors = _floors(arguments.fail_under or [])
    settings = settings_of(arguments)
    source = _source(arguments, settings)
    for file in (arguments.json_file, arguments.html_file):
        if file is not None:
            check_text_file(file)
    if arguments.dry_run:
        return _estimate(arguments, settings, source)
    results: list[SettingResult] = []
    left, status = _budget(arguments), Exit.OK
    for setting in settings:
        result, left, status = _score(setting, source, left, first=settings[0], keep=len(settings) > 1)
        results.append(result)
        if status != Exit.OK:
            break
    evaluation = compared(source.count, results, arguments.seed)
    _report(arguments, evaluation)
    return _judged(evaluation, floors) if status == Exit.OK else status


def _estimate(arguments: EvalArguments, settings: Sequence[CommandSetting], source: GoldSource) -> Exit:
    """Print the estimate for each setting. Nothing is sent or stored."""
    from structgen.batch.dry_run import DryExtractor, estimate_run
    from structgen.cli.dry_run_command import opened_store, print_words
    from structgen.cli.selection import RULES, choose_model, read_instructions
    from structgen.core.records import Document
    from structgen.core.screen import json_text

    found: list[JsonObject] = []
    for setting in settings:
        if setting.rows is not None:
            continue
        own = setting.arguments
        model, instructions = choose_model(own.model), read_instructions(own.instructions)
        with (
            opened_store(model, own.store, off=own.no_store) as store,
            DryExtractor(model, options_of(own), base_url=own.base_url, store=store) as extractor,
        ):
            documents = (Document(row.text or "", row.id, row.place) for row in source.rows())
            estimate = estimate_run(
                extractor,
                setting.task,
                documents,
                instructions,
                repeats=not own.no_store,
                concurrency=own.concurrency,
            )
        name = setting.name or f"{setting.task.name} with {extractor.model}"
        found.append({"setting": name, "task": setting.task.name, **estimate.to_json()})
        if arguments.json_file != Path("-"):
            display(name)
            print_words(estimate, only_rules=extractor.models == (RULES,))
    if arguments.json_file is not None:
        write_text(arguments.json_file, json_text({"settings": list(found)}, indent=2) + "\n")
    return Exit.OK


def _source(arguments: EvalArguments, settings: Sequence[CommandSetting]) -> GoldSource:
    """Return gold, checked before anything is paid for."""
    from structgen.evaluate.gold.gold_rows import GoldFormat
    from structgen.evaluate.gold.gold_source import GoldSource
    from structgen.stages import resolve

    needs_text = any(setting.rows is None for setting in settings)
    form = GoldFormat(arguments.text_field, arguments.id_field, needs_text)
    words = arguments.words or []
    gold = Path(words[0] if arguments.fields else words[1])
    schema = resolve(settings[0].task).schema
    source = GoldSource(gold, schema, form, arguments.limit, arguments.sample, arguments.seed)
    source.check()
    for problem in source.count.problems[:_SHOWN]:
        say(f"{problem.place} ({problem.id}) is not scored: {problem.reason.rstrip('.')}.")
    if len(source.count.problems) > _SHOWN:
        say(f"{len(source.count.problems)} rows of gold are not scored; --json lists all of them.")
    return source


_SHOWN = 5
"""Rows of gold that are named on stderr; the JSON contains all of them."""


def _budget(arguments: EvalArguments) -> RunBudget:
    from structgen.batch import RunBudget

    return RunBudget(arguments.max_cost, arguments.max_tokens, arguments.max_time)


def _score(
    setting: CommandSetting, source: GoldSource, budget: RunBudget, *, first: CommandSetting, keep: bool
) -> tuple[SettingResult, RunBudget, Exit]:
    """Score one setting; return its result, what is left of the budget, and whether the run was complete."""
    from structgen.evaluate.run_evaluation import Setting, from_rows, new_scorer

    arguments = first.arguments
    scorer = new_scorer(
        first.task, _rules(arguments.compare or []), in_text=arguments.in_text, keep=keep, seed=arguments.seed
    )
    if setting.rows is not None:
        named = Setting(task=setting.task, rows=setting.rows, name=setting.name)
        return from_rows(named, source, scorer), budget, Exit.OK
    return _ask(setting, source, scorer, budget, output=arguments.output if setting is first else None)


def _ask(
    setting: CommandSetting, source: GoldSource, scorer: Scorer, budget: RunBudget, *, output: Path | None
) -> tuple[SettingResult, RunBudget, Exit]:
    """Ask the model of a setting about every document, as `extract` does."""
    from structgen.batch import Batch, open_output
    from structgen.cli.run_batch import Manner, run_batch
    from structgen.cli.run_store import open_run_store, record_run, request_spec
    from structgen.cli.selection import choose_model, read_instructions
    from structgen.engine.budget import Prices
    from structgen.evaluate.run_evaluation import left_of
    from structgen.evaluate.setting_run import ScoringOutput
    from structgen.extractor import Extractor
    from structgen.stages import resolve

    arguments, task = setting.arguments, setting.task
    model, instructions = choose_model(arguments.model), read_instructions(arguments.instructions)
    with open_run_store(model, arguments.store, off=arguments.no_store) as store:
        manner = Manner(arguments.quiet, allow_incomplete=True, stored=store is not None)
        with Extractor(
            model,
            options_of(arguments),
            base_url=arguments.base_url,
            store=store,
            limits=arguments.limits,
            observers=[manner.observer],
        ) as extractor:
            file = None if output is None else open_output(output, resolve(task).schema)
            scoring = ScoringOutput(scorer, Prices.of(extractor.models), file)
            batch = Batch(
                extractor,
                task,
                instructions=instructions,
                concurrency=arguments.concurrency,
                budget=budget,
                seen=scoring.see,
            )
            with record_run(store, task.name, extractor.model, batch, [request_spec(task, instructions)]):
                status = run_batch(batch, scoring.documents(source.rows()), scoring, manner)
            result = _scored(setting, extractor.model, scorer, batch.summary.seconds, status)
            return result, left_of(budget, batch, result.seconds), status if result.stopped else Exit.OK


def _scored(setting: CommandSetting, model: str, scorer: Scorer, seconds: float, status: Exit) -> SettingResult:
    """Return the result of a run, which says if the run was stopped."""
    from structgen.evaluate.evaluation import SettingResult

    task = setting.task.name
    stopped = "" if status in {Exit.OK, Exit.SOME_NOT_OK} else "the run was stopped before all documents"
    return SettingResult(setting.name or f"{task} with {model}", model, task, scorer, seconds, stopped)


def _rules(given: Sequence[str]) -> Mapping[str, str]:
    """Read PATH=RULE. Several rules for one path are joined with a comma."""
    rules: dict[str, str] = {}
    for one in given:
        path, sign, rule = one.rpartition("=")
        if not sign or (path and not path.startswith("/")):
            raise ConfigurationError(f"--compare {one}: write a path and a rule, such as /items/*/name=fuzzy.")
        rules[path] = rule
    return rules


Floors = Sequence[tuple[str, float]]


def _floors(given: Sequence[str]) -> Floors:
    """Read FIGURE=VALUE. Raises ConfigurationError for what cannot be a figure."""
    from structgen.evaluate.evaluation import NUMBERS
    from structgen.evaluate.scoring.figures import FIGURES

    floors: list[tuple[str, float]] = []
    for one in given:
        name, sign, value = one.rpartition("=")
        floor = _finite(value)
        if not sign or not name or floor is None:
            raise ConfigurationError(f"--fail-under {one}: write a figure and a number, such as macro_f1=0.9.")
        if "." not in name and name not in (*FIGURES, *NUMBERS):  # now, because asking the model costs money
            raise _no_figure(name)
        floors.append((name, floor))
    return floors


def _finite(text: str) -> float | None:
    """Return a number, or None. Nothing is below "nan", so it would be a floor that every figure passes."""
    try:
        number = float(text)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _no_figure(name: str, evaluation: Evaluation | None = None) -> ConfigurationError:
    """Return the error that names what there is: the fields if a figure of a field was asked for."""
    from structgen.evaluate.scoring.figures import FIGURES

    if evaluation is not None and name.startswith("/"):
        there_are = f"The fields are {', '.join(evaluation.fields)}; each has f1, precision, recall and others"
    else:
        there_are = f"There are {', '.join(FIGURES)}; and /PATH.f1, /PATH.recall and others of each field"
    return ConfigurationError(f"--fail-under {name}: there is no such figure. {there_are}.")


def _judged(evaluation: Evaluation, floors: Floors) -> Exit:
    """Compare the figures with their floors; name those that are below. A figure without a value is below any."""
    status = Exit.OK
    for name, floor in floors:
        try:
            value = evaluation.figure(name)
        except KeyError as error:
            raise _no_figure(name, evaluation) from error
        if value is None or value < floor:
            said = "has no value" if value is None else f"is {value:.4f}"
            say(f"{name} {said}, which is below {floor}.")
            status = Exit.SOME_NOT_OK
    return status


def _report(arguments: EvalArguments, evaluation: Evaluation) -> None:
    """Write the figures wherever they are asked for, and a table for people."""
    from structgen.core.screen import json_text
    from structgen.report.evaluation_table import print_evaluation

    if arguments.json_file != Path("-"):
        print_evaluation(evaluation.figures)
    if arguments.json_file is not None:
        write_text(arguments.json_file, json_text(evaluation.figures, indent=2) + "\n")
    if arguments.html_file is not None:
        write_text(arguments.html_file, evaluation.html())
