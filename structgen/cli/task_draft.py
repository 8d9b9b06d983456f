"""``structgen tasks new``: the file of a new template, a starter or one that is drafted from examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from structgen.cli.console import display, say
from structgen.core.errors import ConfigurationError

if TYPE_CHECKING:
    from structgen.evaluate.draft import Draft


def write_starter(name: str) -> None:
    """Write a starter template that passes `check`."""
    from structgen.tasks import starter

    path = _write_template(name, starter(name))
    display(str(path))
    say(f"edit it, then run: structgen tasks check {name}; structgen extract {name} INPUT...")


def write_draft(name: str, inputs: Sequence[str]) -> None:
    """Draft a template from rows or documents, and write it. Say which rows it does not accept, if there are any."""
    from structgen.evaluate.draft import draft_task

    draft = draft_task(name, inputs, say)
    path = _write_template(name, draft.source)
    display(str(path))
    say(f"{draft.fields} fields, drafted from {draft.origin}; the comments in the file say what is in doubt.")
    _check_values(path, draft)
    shown = str(path) if _is_taken(name) else name
    say(f"edit it, then run: structgen tasks check {shown}; structgen extract {shown} INPUT...")


def _write_template(name: str, source: str) -> Path:
    """Write a template to schemas/NAME.py, and return its path. Raises ConfigurationError if there is such a file."""
    path = Path("schemas") / f"{name}.py"
    try:
        path.parent.mkdir(exist_ok=True)
        # "x" fails if the file exists, also if it was created a moment ago
        with path.open("x", encoding="utf-8") as file:
            file.write(source)
    except FileExistsError as error:
        raise ConfigurationError(f"{path} already exists: choose another name, or edit that file.") from error
    except OSError as error:
        raise ConfigurationError(f"Cannot write {path}: {error.strerror}.") from error
    return path


def _check_values(path: Path, draft: Draft) -> None:
    """Say which values the drafted schema does not accept: none, unless a type was drafted too narrowly."""
    from structgen.schema import Schema
    from structgen.tasks import find_task

    schema = Schema.of(find_task(str(path)))
    wrong = [(number, issues[0]) for number, one in enumerate(draft.values, 1) if (issues := schema.check(one))]
    for number, issue in wrong[:5]:
        say(f"row {number} does not fit the draft: {issue.path or 'the value'} {issue.message}")
    if wrong:
        say(f"{len(wrong)} rows do not fit the draft: widen the types of these fields.")


def _is_taken(name: str) -> bool:
    """Whether structgen, or an installed package, has a template of this name too."""
    from structgen.core.errors import TaskError
    from structgen.tasks import list_tasks

    try:
        list_tasks().source(name)
    except TaskError:
        return True
    return False
