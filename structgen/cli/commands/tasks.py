"""``structgen tasks``, ``prompt`` and ``schema``: what can be extracted, and what a model gets to read for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from structgen.cli import arguments as args
from structgen.cli.completion import task_then_inputs, words_of_tasks
from structgen.cli.console import Exit, display, display_json, say
from structgen.cli.selection import RULES, choose_model, load_task, read_instructions
from structgen.core.errors import ConfigurationError, DocumentError
from structgen.core.json import JsonObject
from structgen.core.options import EvidenceMode, Mode, Options, Style
from structgen.core.records import Document, Request, Task
from structgen.core.screen import json_text, visible

if TYPE_CHECKING:
    from structgen.documents import ReadingOptions

WORDS = (
    "A task to explain; or `new NAME`, to write a starter template to schemas/NAME.py, with --from one that is "
    "drafted from examples; or `check [TASK...]`, to lint "
    "templates (default: every registered task); or `learn TASK corrections.jsonl`, to turn the corrections of "
    "`structgen review` into gold rows, worked examples and regression cases; or `calibrate TASK GOLD.jsonl`, to learn "
    "how sure each field of the task is; or `improve TASK GOLD.jsonl --budget N`, to try other prompts on gold. "
    "Without arguments, list all tasks. "
    f"{args.RUNS_CODE}; so do the templates in ./schemas."
)


SUBCOMMANDS = frozenset({"new", "learn", "calibrate", "improve"})
METAVAR = (
    "[NAME|new NAME|check [TASK...]|learn TASK corrections.jsonl|calibrate TASK GOLD.jsonl|improve TASK GOLD.jsonl]"
)


def tasks(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar=METAVAR, autocompletion=words_of_tasks, help=WORDS),
    ] = None,
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="The folder that `learn` writes, by default learned/TASK; or the file (.json or .py) that `improve` "
            "writes, by default learned/TASK/TASK.json.",
        ),
    ] = None,
    drafted_from: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="ROWS|SAMPLES",
            help="What `new` drafts the template from: rows (.jsonl, .json, .csv; objects, gold, or what `structgen "
            "extract` wrote), or sample documents (files, a folder, a glob) with labels or tables. Repeatable.",
        ),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(
            "--budget",
            min=1,
            metavar="N",
            help="How many calls `improve` may make at most, with those that ask again, retries and chunks.",
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", help="How `improve` splits gold, and what it tries: the same seed, the same.")
    ] = 0,
    instructions: Annotated[
        list[Path] | None,
        typer.Option(
            "--instructions",
            metavar="FILE",
            help="A text file with other instructions for `improve` to try, beside the `variants` of the task. "
            "Repeatable.",
        ),
    ] = None,
    rows: Annotated[
        Path | None,
        typer.Option("--rows", help="The rows to compare with the gold of `calibrate`. Default: extract them now."),
    ] = None,
    model: args.Model = None,
    example_tokens: Annotated[
        int, typer.Option("--example-tokens", min=0, help="Tokens that the worked examples of `learn` may take.")
    ] = 1_500,
    max_cost: args.MaxCost = None,
    store: args.StorePath = None,
    no_store: args.NoStore = False,
    as_json: args.AsJson = False,
) -> None:
    """List the registered tasks, explain one, create one, lint them, teach one, calibrate one, or improve one.

    `learn` writes gold.jsonl, regression.jsonl and examples.jsonl: the first two are for `structgen eval`, the last one
    for --examples. A correction of another task, of a text that changed since, or that contradicts another one is
    refused with its row.

    `calibrate` compares what a model finds with gold, and keeps for the task and the model what shows that a field is
    right; `structgen extract --accept` and `structgen review` use it. It is bound to the schema.

    `new NAME --from rows.jsonl` (or samples/) drafts the fields, types, choices and optional parts from examples, with
    comments where these leave a doubt.

    `improve` tries other styles of the prompt, instructions and worked examples on one half of gold, measures the best
    one on the other half, and writes it as a task: `structgen tasks improve invoice gold.jsonl --budget 200`.
    """
    match words or []:
        case []:
            _list(as_json=as_json)
        case ["new", name]:
            _write(name, drafted_from)
        case ["check", *names]:
            _check(names, as_json=as_json)
        case ["learn", name, corrections]:
            from structgen.cli.task_learning import learn_from

            learn_from(name, corrections, output, example_tokens)
        case ["calibrate", name, gold]:
            from structgen.cli.task_calibration import CalibrationOptions, calibrate_task

            calibrate_task(name, gold, CalibrationOptions(rows, model, store, no_store, max_cost, as_json))
        case ["improve", name, gold]:
            from structgen.cli.task_improvement import ImprovementOptions, improve_task

            improve_task(
                name,
                gold,
                ImprovementOptions(budget, seed, instructions or [], output, model, store, no_store, as_json),
            )
        case ["new", *_]:
            raise ConfigurationError("Name the new task, in one word: structgen tasks new NAME")
        case [name] if name not in SUBCOMMANDS:
            _explain(name, as_json=as_json)
        case _:
            raise ConfigurationError(
                "Give one task to explain, or `new NAME`, `check [TASK...]`, `learn TASK corrections.jsonl`, "
                "`calibrate TASK GOLD.jsonl` or `improve TASK GOLD.jsonl --budget N`."
            )


def _list(*, as_json: bool) -> None:
    from structgen.tasks import list_tasks

    registry = list_tasks()
    if as_json:
        for name in registry.names:
            task = registry.get(name) if name not in registry.broken else None
            about = (task.version, task.description) if task else (None, None)
            entry = {"task": name, "version": about[0], "description": about[1]}
            display_json({**entry, "error": registry.broken.get(name)})
        return
    width = max((len(name) for name in registry.names), default=0)
    for name, task in registry.items():
        display(f"{name:{width}}  {task.description}")
    for name, reason in registry.broken.items():
        typer.echo(visible(f"{name:{width}}  cannot be loaded: {reason}"), err=True)


def _explain(name: str, *, as_json: bool) -> None:
    from structgen.evaluate.lint import prompt_size
    from structgen.schema import Schema
    from structgen.tasks import find_task

    task = find_task(name)
    if as_json:
        display_json(_entry(task))
        return
    display(f"{task.name} (version {task.version})")
    if task.description:
        display(task.description)
    display(f"\n{Schema.of(task).outline()}")
    if task.instructions:
        display(f"\nInstructions: {task.instructions}")
    if task.generate_instructions:
        display(f"\nInstructions for generating: {task.generate_instructions}")
    size = prompt_size(task)
    display(f"\nWorked examples: {len(task.examples)}")
    display(
        f"Prompt: about {size.total} tokens before the document "
        f"(schema {size.schema}, instructions {size.instructions}, examples {size.examples})"
    )


def _entry(task: Task[Any]) -> JsonObject:
    """Return a task as JSON. `prompt_tokens` is an estimate of what is sent before the document."""
    from structgen.evaluate.lint import prompt_size
    from structgen.schema import Schema

    return {
        "task": task.name,
        "version": task.version,
        "description": task.description,
        "instructions": task.instructions,
        "examples": len(task.examples),
        "prompt_tokens": prompt_size(task).total,
        "schema": Schema.of(task).json_schema,
    }


def _write(name: str, drafted_from: list[str] | None) -> None:
    """Write a starter template that passes `check`, or one drafted from examples. Never overwrite a file."""
    from structgen.cli.task_draft import write_draft, write_template
    from structgen.tasks import starter

    if drafted_from:
        write_draft(name, drafted_from)
        return
    path = write_template(name, starter(name))
    display(str(path))
    say(f"edit it, then run: structgen tasks check {name}; structgen extract {name} INPUT...")


def _check(names: list[str], *, as_json: bool) -> None:
    """Print every finding on its own line. Exit status 1 if one of them is an error."""
    from structgen.evaluate.lint import Severity, lint_task
    from structgen.tasks import find_task, list_tasks

    registry = list_tasks()
    chosen: dict[str, Task[Any]] = {name: find_task(name) for name in names} or dict(registry)
    # a template that is named but broken raises in find_task
    broken = {} if names else dict(registry.broken)
    for name, reason in broken.items():
        _show_finding(name, "error", "", f"cannot be loaded: {reason}", as_json=as_json)
    worst = Severity.ERROR if broken else None
    for name, task in chosen.items():
        findings = lint_task(task)
        for finding in findings:
            _show_finding(name, finding.severity.name.lower(), finding.path, finding.message, as_json=as_json)
        worst = max([found.severity for found in findings] + ([worst] if worst else []), default=None)
    say(f"{len(chosen) + len(broken)} checked, {'no findings' if worst is None else 'see above'}.")
    if worst is Severity.ERROR:
        raise typer.Exit(Exit.SOME_NOT_OK)


def _show_finding(task: str, severity: str, path: str, message: str, *, as_json: bool) -> None:
    if as_json:
        display_json({"task": task, "severity": severity, "path": path, "message": message})
    else:
        display(f"{task}: {severity}: {f'{path}: ' if path else ''}{message}")


PLACEHOLDER = "(the text of the document)"


_TaskAndInput: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TASK [INPUT]",
        autocompletion=task_then_inputs,
        help=f"What to extract ({args.TASK}), and an input file.",
        show_default=False,
    ),
]


def prompt(
    words: _TaskAndInput = None,
    *,
    model: args.Model = None,
    fields: args.Fields = None,
    mode: args.ModeName = Mode.AUTO,
    style: args.StyleName = Style.OUTLINE,
    instructions: args.Instructions = None,
    examples: args.Examples = None,
    text_field: args.TextField = "text",
    encoding: args.Encoding = None,
    input_format: args.FormatName = None,
    evidence: args.Evidence = EvidenceMode.LOCATE,
    date_order: args.DatesInOrder = None,
    currency: args.Currency = None,
    language: args.Language = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the request body as JSON.")] = False,
) -> None:
    """Print the request that `extract` would send for the first document of INPUT, without sending it."""
    from structgen.documents import ReadingOptions
    from structgen.send.factory import DEFAULT_GROQ_MODEL
    from structgen.stages import compile_request

    task, inputs = load_task(words or [], fields, examples)
    chosen = choose_model(model)
    if chosen == RULES:
        # the prompt of the default model, because the rules have none to show
        chosen = DEFAULT_GROQ_MODEL
        say(f"the rules need no prompt; this is the prompt for {chosen}.")
    reading = ReadingOptions(text_field, encoding=encoding, format=input_format)
    document = _document(inputs, reading)
    options = Options(mode, style, evidence=evidence, date_order=date_order, currency=currency, language=language)
    request = compile_request(
        task, document, model=chosen, options=options, instructions=read_instructions(instructions)
    )
    display(json_text(request.to_groq(), indent=2) if as_json else _readable(request))


def _document(inputs: list[str], reading: ReadingOptions) -> str | Document:
    """Return the first document, or a placeholder without one."""
    from structgen.documents import DocumentProblem, read_documents

    if len(inputs) > 1:
        raise ConfigurationError("Give at most one INPUT: the prompt is the same for every document.")
    for document in read_documents(inputs, reading, notice=say):
        if isinstance(document, DocumentProblem):
            raise DocumentError(str(document))
        return document
    return PLACEHOLDER


def _readable(request: Request) -> str:
    """Format the messages, each below its role."""
    head = f"=== {request.provider}/{request.model}, mode {request.mode}"
    return "\n".join([head, *(f"=== {message.role}\n{message.text}" for message in request.messages)])


def schema(
    task: args.TaskName,
    outline: Annotated[
        bool, typer.Option("--outline", help="Print the compact outline that models read instead.")
    ] = False,
) -> None:
    """Print the JSON Schema of a task."""
    from structgen.schema import Schema
    from structgen.tasks import find_task

    found = Schema.of(find_task(task))
    display(found.outline() if outline else json_text(found.annotated, indent=2))
