"""``structgen eval``: answers against gold, field by field, with intervals; one setting or two."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from structgen.cli import arguments as args
from structgen.cli.completion import task_then_inputs
from structgen.cli.console import Exit, say
from structgen.core.errors import ConfigurationError
from structgen.core.options import Budget, EvidenceMode, HtmlMode, Mode, Options, Style

if TYPE_CHECKING:
    from structgen.batch import RunBudget
    from structgen.evaluate.evaluation import Evaluation, SettingResult
    from structgen.evaluate.gold_source import GoldSource
    from structgen.evaluate.scorer import Scorer


@dataclass(frozen=True, kw_only=True)
class EvalArguments:
    """The command line of `eval`."""

    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TASK GOLD",
            autocompletion=task_then_inputs,
            help=f"What to extract ({args.TASK}; omit it with --fields), then gold: JSON Lines of "
            '{"text", "gold"}, or {"text", "value"} as in worked examples; also "id", "evidence", "quotes", '
            '"alternatives", "unjudged" and "digest".',
            show_default=False,
        ),
    ] = None
    model: args.Model = None
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="MODEL|TASK|ROWS|OPTIONS",
            help="A second setting on the same documents: another model, another task, a file of rows, or options in "
            'quotation marks, such as "--style json_schema --evidence quotes".',
        ),
    ] = None
    rows: Annotated[
        Path | None,
        typer.Option(
            "--rows", metavar="FILE", help="Score the rows of this file, matched by id, instead of asking a model."
        ),
    ] = None
    fail_under: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-under",
            metavar="FIGURE=VALUE",
            help="Exit with status 1 if a figure is below this value: macro_f1=0.9, /total.f1=0.95, or any other key "
            "of the JSON. Repeatable.",
        ),
    ] = None
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write all figures as JSON; - for standard output.")
    ] = None
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page with the figures and the mistakes.")
    ] = None
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the rows too, as `structgen extract` does.")
    ] = None
    compare: Annotated[
        list[str] | None,
        typer.Option(
            "--compare",
            metavar="PATH=RULE",
            help="How a field is compared, in place of what the task declares: exact, normalised, fuzzy, number, "
            "amount, date, time, duration, ordered or ignore, such as /items/*/name=fuzzy. Repeatable.",
        ),
    ] = None
    in_text: Annotated[
        bool, typer.Option("--in-text", help="Leave out what gold says is not in the text (`gold_in_text`).")
    ] = False
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Use only the first rows of gold.")] = None
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="Use as many rows of gold at random.")] = None
    seed: Annotated[int, typer.Option("--seed", help="Decides the sample, and the draws of the intervals.")] = 0
    base_url: args.BaseUrl = None
    fields: args.Fields = None
    mode: args.ModeName = Mode.AUTO
    style: args.StyleName = Style.OUTLINE
    instructions: args.Instructions = None
    examples: args.Examples = None
    text_field: args.TextField = "text"
    id_field: args.IdField = "id"
    concurrency: args.Concurrency = 8
    chunk_chars: args.ChunkChars = None
    passes: args.Passes = 1
    max_attempts: args.MaxAttempts = 3
    max_cost: args.MaxCost = None
    max_tokens: args.MaxTokens = None
    max_time: args.MaxTime = None
    max_risk: args.MaxRisk = args.RiskName.INTERPRETIVE
    evidence: args.Evidence = EvidenceMode.LOCATE
    require_evidence: args.RequireEvidence = False
    date_order: args.DatesInOrder = None
    currency: args.Currency = None
    language: args.Language = None
    limits: args.Limits = None
    store: args.StorePath = None
    no_store: args.NoStore = False
    quiet: args.Quiet = False


@args.takes(EvalArguments)
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
    settings = _settings(arguments)
    source = _source(arguments, settings)
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


@dataclass(frozen=True, slots=True)
class _CommandSetting:
    """One setting as the command line gives it. `rows` replaces asking a model."""

    arguments: EvalArguments
    task: Any
    rows: Path | None = None
    name: str = ""


def _settings(arguments: EvalArguments) -> list[_CommandSetting]:
    """Return the first setting, and the second one if there is one."""
    words = list(arguments.words or [])
    against = arguments.against
    if against is not None and against.startswith("--") and " " not in against and "=" not in against:
        # `--against --style json_schema`: the shell has taken the value for another word
        against = f"{against} {words.pop()}" if len(words) > (1 if arguments.fields else 2) else against
    first = _CommandSetting(arguments, _task(arguments, words), arguments.rows)
    return [first] if against is None else [first, _second(first, against)]


def _task(arguments: EvalArguments, words: list[str]) -> Any:
    from structgen.cli.selection import load_task

    task, inputs = load_task(words, arguments.fields, arguments.examples)
    if len(inputs) != 1:
        raise ConfigurationError("Name the TASK, then one file of gold: structgen eval TASK GOLD.jsonl")
    return task


def _second(first: _CommandSetting, against: str) -> _CommandSetting:
    """Return the setting that is compared with the first: what it does not say is as there."""
    from structgen.evaluate.run_evaluation import Setting, named_setting

    if against.startswith("--"):
        words = shlex.split(against)
        changed = args.parse_words(EvalArguments, words)
        known = {one.name for one in fields(EvalArguments)}
        named = {word[2:].split("=", 1)[0].replace("-", "_") for word in words if word.startswith("--")} & known
        values: dict[str, Any] = {name: getattr(changed, name) for name in named}
        return _CommandSetting(replace(first.arguments, **values), first.task, changed.rows, against)
    found = named_setting(Setting(None, first.task), against)
    if found.rows is not None:
        return replace(first, rows=Path(against), name=against)
    if found.model is not None:
        return replace(first, arguments=replace(first.arguments, model=found.model), rows=None)
    instructions = replace(first.arguments, instructions=None)  # they belong to the first task
    return replace(first, arguments=instructions, task=found.task, rows=None)


def _source(arguments: EvalArguments, settings: Sequence[_CommandSetting]) -> GoldSource:
    """Return gold, checked before anything is paid for."""
    from structgen.evaluate.gold_rows import GoldFormat
    from structgen.evaluate.gold_source import GoldSource
    from structgen.stages import resolve

    needs_text = any(setting.rows is None for setting in settings)
    form = GoldFormat(arguments.text_field, arguments.id_field, needs_text)
    words = arguments.words or []
    gold = Path(words[0] if arguments.fields else words[1])
    schema = resolve(settings[0].task).schema
    source = GoldSource(gold, schema, form, arguments.limit, arguments.sample, arguments.seed)
    source.check()
    for problem in source.count.problems[:_SHOWN]:
        say(f"{problem.place} ({problem.id}) is not scored: {problem.reason}.")
    if len(source.count.problems) > _SHOWN:
        say(f"{len(source.count.problems)} rows of gold are not scored; --json lists all of them.")
    return source


_SHOWN = 5
"""Rows of gold that are named on stderr; the JSON contains all of them."""


def _budget(arguments: EvalArguments) -> RunBudget:
    from structgen.batch import RunBudget

    return RunBudget(arguments.max_cost, arguments.max_tokens, arguments.max_time)


def _score(
    setting: _CommandSetting, source: GoldSource, budget: RunBudget, *, first: _CommandSetting, keep: bool
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
    setting: _CommandSetting, source: GoldSource, scorer: Scorer, budget: RunBudget, *, output: Path | None
) -> tuple[SettingResult, RunBudget, Exit]:
    """Ask the model of a setting about every document, as `extract` does."""
    from structgen.batch import Batch, open_output
    from structgen.cli.run_batch import Manner, run_batch
    from structgen.cli.run_store import open_run_store, record_run
    from structgen.cli.selection import choose_model, read_instructions
    from structgen.engine.budget import Prices
    from structgen.engine.reparse.previous_run import run_spec_of
    from structgen.evaluate.evaluation import SettingResult
    from structgen.evaluate.run_evaluation import left_of
    from structgen.evaluate.setting_run import ScoringOutput
    from structgen.extractor import Extractor
    from structgen.stages import resolve

    arguments, task = setting.arguments, setting.task
    model, instructions = choose_model(arguments.model), read_instructions(arguments.instructions)
    resolved = resolve(task)
    words = resolved.instructions if instructions is None else instructions
    with open_run_store(model, arguments.store, off=arguments.no_store) as store:
        manner = Manner(arguments.quiet, allow_incomplete=True, stored=store is not None)
        with Extractor(
            model,
            _options(arguments),
            base_url=arguments.base_url,
            store=store,
            limits=arguments.limits,
            observers=[manner.waits],
        ) as extractor:
            file = None if output is None else open_output(output, resolved.schema)
            scoring = ScoringOutput(scorer, Prices.of(extractor.models), file)
            batch = Batch(
                extractor,
                task,
                instructions=instructions,
                concurrency=arguments.concurrency,
                budget=budget,
                seen=scoring.see,
            )
            spec = run_spec_of(resolved.schema, words, resolved.examples)
            with record_run(store, task.name, extractor.model, batch, [spec]):
                status = run_batch(batch, scoring.documents(source.rows()), scoring, manner)
            name = setting.name or f"{task.name} with {extractor.model}"
            stopped = "" if status in {Exit.OK, Exit.SOME_NOT_OK} else "the run was stopped before all documents"
            seconds = batch.summary.seconds
            result = SettingResult(name, extractor.model, task.name, scorer, seconds, stopped)
            return result, left_of(budget, batch, seconds), Exit.OK if not stopped else status


def _options(arguments: EvalArguments) -> Options:
    from structgen.cli.selection import load_environment

    html = load_environment().get("html")  # the option of `extract`: --html names the report here
    return Options(
        arguments.mode,
        arguments.style,
        arguments.max_risk.risk,
        Budget(max_attempts=arguments.max_attempts),
        evidence=arguments.evidence,
        require_evidence=arguments.require_evidence,
        chunk_chars=arguments.chunk_chars,
        passes=arguments.passes,
        html=HtmlMode(str(html.value)) if html else HtmlMode.TEXT,
        date_order=arguments.date_order,
        currency=arguments.currency,
        language=arguments.language,
    )


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
    from structgen.evaluate.figures import FIGURES

    floors: list[tuple[str, float]] = []
    for one in given:
        name, sign, value = one.rpartition("=")
        try:
            floors.append((name, float(value)))
        except ValueError:
            sign = ""
        if not sign or not name:
            raise ConfigurationError(f"--fail-under {one}: write a figure and a number, such as macro_f1=0.9.")
        if "." not in name and name not in FIGURES:  # now, because asking the model costs money
            raise _no_figure(name)
    return floors


def _no_figure(name: str) -> ConfigurationError:
    from structgen.evaluate.figures import FIGURES

    return ConfigurationError(
        f"--fail-under {name}: there is no such figure. There are {', '.join(FIGURES)}; and /PATH.f1, /PATH.recall and "
        "others of each field."
    )


def _judged(evaluation: Evaluation, floors: Floors) -> Exit:
    """Compare the figures with their floors; name those that are below. A figure without a value is below any."""
    status = Exit.OK
    for name, floor in floors:
        try:
            value = evaluation.figure(name)
        except KeyError as error:
            raise _no_figure(name) from error
        if value is None or value < floor:
            said = "has no value" if value is None else f"is {value:.4f}"
            say(f"{name} {said}, which is below {floor}.")
            status = Exit.SOME_NOT_OK
    return status


def _report(arguments: EvalArguments, evaluation: Evaluation) -> None:
    """Write the figures wherever they are asked for, and a table for people."""
    from structgen.core.screen import json_text
    from structgen.report.evaluation_table import print_evaluation

    if arguments.json_file is not None:
        _write(arguments.json_file, lambda: json_text(evaluation.figures, indent=2) + "\n")
    if arguments.html_file is not None:
        _write(arguments.html_file, evaluation.html)
    if arguments.json_file != Path("-"):
        print_evaluation(evaluation.figures)


def _write(path: Path, text: Callable[[], str]) -> None:
    from structgen.batch.output.atomic_write import replacing

    if path == Path("-"):
        typer.echo(text(), nl=False)
        return
    try:
        with replacing(path) as new:
            new.write_text(text(), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"Cannot write {path}: {error.strerror}.") from error
