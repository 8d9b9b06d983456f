"""``structgen tasks``, ``prompt`` and ``schema``: what can be extracted, and what a model gets to read for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer
from typer.core import TyperGroup

from structgen.cli import arguments as args
from structgen.cli.completion import task_names, task_or_command, task_then_inputs
from structgen.cli.console import Exit, command, display, display_json, say
from structgen.cli.selection import RULES, choose_model, load_task, read_instructions
from structgen.cli.task_calibration import calibrate
from structgen.cli.task_improvement import improve
from structgen.cli.task_learning import learn
from structgen.core.errors import ConfigurationError, DocumentError
from structgen.core.json import JsonObject
from structgen.core.options import EvidenceMode, Mode, Options, Style
from structgen.core.records import Document, Request, Task
from structgen.core.screen import json_text, visible

if TYPE_CHECKING:
    from structgen.documents import ReadingOptions


class TaskGroup(TyperGroup):
    """The group `tasks`: `tasks`, `tasks NAME` and `tasks --json` are short for `tasks show ...`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the words behind `tasks`. The class of `ctx` has no public name: typer includes its own click."""
        first = next((word for word in args if not word.startswith("-")), None)
        short = first not in self.commands and args != ["--help"]
        return super().parse_args(ctx, ["show", *args] if short else args)


tasks = typer.Typer(cls=TaskGroup, rich_markup_mode=None)


@tasks.callback(epilog="Example: structgen tasks recipe")
def explain_tasks() -> None:
    """List the registered tasks, explain one, create one, lint them, teach one, calibrate one, or improve one.

    `structgen tasks` lists them, and `structgen tasks NAME` explains one. file.py:Model runs the code in file.py, so
    name only a file that you trust; so do the templates in ./schemas.
    """


TaskWord: TypeAlias = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME", autocompletion=task_or_command, help=f"The task to explain: {args.TASK}. Default: list all."
    ),
]


@command(tasks, "structgen tasks show recipe")
def show(name: TaskWord = None, *, as_json: args.AsJson = False) -> None:
    """List the registered tasks, or explain one: its fields, instructions and size. `show` may be omitted."""
    if name is None:
        _list(as_json=as_json)
    else:
        _explain(name, as_json=as_json)


@command(tasks, "structgen tasks new order --from orders.jsonl")
def new(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The name of the task. The template is written to schemas/NAME.py.")
    ],
    *,
    drafted_from: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="ROWS|SAMPLES",
            help="What to draft the template from: rows (.jsonl, .json, .csv; objects, gold, or what `structgen "
            "extract` wrote), or sample documents (files, a folder, a glob) with labels or tables. Repeatable.",
        ),
    ] = None,
) -> None:
    """Write a starter template, or one that is drafted from examples. No file is overwritten.

    With --from, the fields, types, choices and optional parts are drafted from rows or sample documents, with comments
    on what these leave in doubt.
    """
    from structgen.cli.task_draft import write_draft, write_starter

    if drafted_from:
        write_draft(name, drafted_from)
    else:
        write_starter(name)


@command(tasks, "structgen tasks check recipe")
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TASK",
            autocompletion=task_names,
            help=f"The tasks to lint, each {args.TASK}. Default: every registered task.",
        ),
    ] = None,
    *,
    as_json: args.AsJson = False,
) -> None:
    """Lint task templates: fields without a description, invalid examples, obstacles to strict mode and more.

    Exit status: 0 no errors, 1 one of the findings is an error, 2 usage error.
    """
    _check(names or [], as_json=as_json)


command(tasks, "structgen tasks learn recipe corrections.jsonl")(learn)
command(tasks, "structgen tasks calibrate recipe gold.jsonl --model rules")(calibrate)
command(tasks, "structgen tasks improve recipe gold.jsonl --budget 200")(improve)


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
