"""``structgen tasks learn``: turn the corrections of a review into gold rows, worked examples and regression cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from structgen.cli import arguments as args
from structgen.cli.argument_records import takes
from structgen.cli.console import Exit, display, say
from structgen.cli.text_files import write_text
from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject
from structgen.core.screen import json_text

if TYPE_CHECKING:
    from structgen.core.records import Task
    from structgen.evaluate.review import Lessons, Refusal
    from structgen.evaluate.review.corrections import CurrentText

GOLD, EXAMPLES, REGRESSION = "gold.jsonl", "examples.jsonl", "regression.jsonl"


@dataclass(frozen=True, kw_only=True)
class LearnArguments:
    """The command line of `tasks learn`."""

    task: args.TaskName
    corrections: Annotated[
        Path, typer.Argument(metavar="corrections.jsonl", help="What the page of `structgen review` saved.")
    ]
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The folder to write. Default: learned/TASK.")
    ] = None
    example_tokens: Annotated[
        int, typer.Option("--example-tokens", min=0, help="Maximum tokens of the worked examples together.")
    ] = 1_500


@takes(LearnArguments)
def learn(arguments: LearnArguments) -> None:
    """Turn the corrections of `structgen review` into gold rows, worked examples and regression cases.

    gold.jsonl and regression.jsonl are for `structgen eval`, examples.jsonl is for --examples. Rows of earlier reviews
    stay in the files, unless this one has the same document. A correction of another task, of a text that changed
    since, or that contradicts another one is refused with its row.

    Exit status: 0 every correction used, 1 some refused, 2 usage error.
    """
    from structgen.evaluate.review import learn as learn_lessons
    from structgen.evaluate.review import read_corrections
    from structgen.schema import Schema
    from structgen.tasks import find_task

    task: Task[Any] = find_task(arguments.task)
    path = arguments.corrections
    good, refused = read_corrections(path, task.name, _current_texts(path))
    lessons = learn_lessons(good, Schema.of(task), arguments.example_tokens)
    refused = sorted([*refused, *lessons.refused], key=lambda one: one.line)
    _report_refused(refused)
    if not lessons.rows:
        raise ConfigurationError(
            f"{path}: no correction can be used, so nothing is written. The page of `structgen review RUN` saves "
            "corrections."
        )
    _write_all(arguments.output or Path("learned") / task.name, lessons, arguments.task)
    if refused:
        raise typer.Exit(Exit.SOME_NOT_OK)


def _current_texts(path: Path) -> CurrentText:
    """Return a function from a source and an id to the current text of that document, or None."""
    from structgen.batch import Row, RowStatus
    from structgen.batch.row_texts import RowTexts
    from structgen.documents import ReadingOptions

    texts = RowTexts(ReadingOptions(), (Path(), path.parent))

    def current(source: str, name: str) -> str | None:
        return texts.of(Row(name, source, RowStatus.OK)).text

    return current


def _report_refused(refused: Sequence[Refusal]) -> None:
    for one in refused[:50]:
        say(one)
    if len(refused) > 50:
        say(f"{len(refused) - 50} more lines are refused.")


def _write_all(folder: Path, lessons: Lessons, task: str) -> None:
    from structgen.report.view import counted

    gold = _merged(folder / GOLD, [row.gold() for row in lessons.gold])
    regressions = _merged(folder / REGRESSION, [row.regression() for row in lessons.regressions])
    examples = [row.example() for row in lessons.examples]
    for name, rows in ((GOLD, gold), (REGRESSION, regressions), (EXAMPLES, examples)):
        if rows:
            write_text(folder / name, "".join(json_text(row) + "\n" for row in rows))
            display(str(folder / name))
    for row in lessons.rows:
        if row not in lessons.gold:
            say(f"row {row.id}: left out of the gold, because its fields {', '.join(row.open)} are still undecided.")
    undecided = sum(len(row.open) for row in lessons.gold)
    later = f" {undecided} undecided fields of them are not compared." if undecided else ""
    spent = sum(row.tokens for row in lessons.examples)
    say(
        f"{counted(len(lessons.gold), 'gold row')}, {counted(len(lessons.regressions), 'regression case')}, "
        f"{counted(len(lessons.examples), 'worked example')} (about {spent} tokens).{later}"
    )
    if examples:
        say(f"next: structgen extract {task} INPUT... --examples {folder / EXAMPLES}")
    if regressions:
        say(f"check: structgen eval {task} {folder / REGRESSION} --fail-under macro_f1=1")


def _merged(path: Path, rows: Sequence[JsonObject]) -> list[JsonObject]:
    """Return the rows of the file that are of other documents, then these."""
    from structgen.tasks.task_files import read_json_lines

    own = {_key(row) for row in rows}
    before = [row for _, row in read_json_lines(path)] if path.exists() else []
    return [*(row for row in before if isinstance(row, dict) and _key(row) not in own), *rows]


def _key(row: JsonObject) -> tuple[object, object]:
    return (row.get("source"), row.get("id"))
