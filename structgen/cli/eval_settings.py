"""The command line of `eval`, and the one or two settings that it names."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from structgen.cli import arguments as args
from structgen.cli.argument_records import parse_words
from structgen.cli.completion import task_then_inputs
from structgen.core.errors import ConfigurationError
from structgen.core.options import HtmlMode, Options


@dataclass(frozen=True, kw_only=True)
class EvalArguments(args.ExtractionArguments):
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
    seed: Annotated[
        int,
        typer.Option("--seed", help="Which --sample, and the draws of the intervals: the same seed, the same ones."),
    ] = 0


@dataclass(frozen=True, slots=True)
class CommandSetting:
    """One setting as the command line gives it. `rows` replaces asking a model."""

    arguments: EvalArguments
    task: Any
    rows: Path | None = None
    name: str = ""


def settings_of(arguments: EvalArguments) -> list[CommandSetting]:
    """Return the first setting, and the second one if there is one."""
    words = list(arguments.words or [])
    against = arguments.against
    if against is not None and against.startswith("--") and " " not in against and "=" not in against:
        # `--against --style json_schema`: the shell has taken the value for another word
        against = f"{against} {words.pop()}" if len(words) > (1 if arguments.fields else 2) else against
    first = CommandSetting(arguments, _task(arguments, words), arguments.rows)
    return [first] if against is None else [first, _second(first, against)]


def _task(arguments: EvalArguments, words: list[str]) -> Any:
    from structgen.cli.selection import load_task

    # without any word, the message of load_task would not say that gold is needed
    task, inputs = load_task(words, arguments.fields, arguments.examples) if words else (None, [])
    if len(inputs) != 1:
        raise ConfigurationError(
            "Name a TASK (`structgen tasks` lists them), then one file of gold: structgen eval TASK GOLD.jsonl"
        )
    return task


def _second(first: CommandSetting, against: str) -> CommandSetting:
    """Return the setting that is compared with the first: it takes everything else from the first."""
    from structgen.evaluate.run_evaluation import Setting, named_setting

    if against.startswith("--"):
        words = shlex.split(against)
        changed = parse_words(EvalArguments, words)
        known = {one.name for one in fields(EvalArguments)}
        named = {word[2:].split("=", 1)[0].replace("-", "_") for word in words if word.startswith("--")} & known
        values: dict[str, Any] = {name: getattr(changed, name) for name in named}
        return CommandSetting(replace(first.arguments, **values), first.task, changed.rows, against)
    found = named_setting(Setting(None, first.task), against)
    if found.rows is not None:
        return replace(first, rows=Path(against), name=against)
    if found.model is not None:
        return replace(first, arguments=replace(first.arguments, model=found.model), rows=None)
    instructions = replace(first.arguments, instructions=None)  # they belong to the first task
    return replace(first, arguments=instructions, task=found.task, rows=None)


def options_of(arguments: EvalArguments) -> Options:
    """Return the options of an extraction that a command line names. --html is not among them: it names the report."""
    from structgen.cli.selection import load_environment

    html = load_environment().get("html")
    return arguments.options(HtmlMode(str(html.value)) if html else HtmlMode.TEXT)
