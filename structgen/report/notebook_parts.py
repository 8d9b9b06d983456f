"""Schemas, tasks, runs and evaluations as parts of a notebook: HTML with its own style, in the colours of its theme.

A part contains no script and requests nothing. The templates escape everything. Notebooks that are not trusted remove
the style, and what is left is still readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from structgen.core.errors import TaskError
from structgen.core.json import Json
from structgen.core.masking import mask, mask_command
from structgen.core.records import Task
from structgen.core.screen import json_text
from structgen.report.overview import MOST_BARS, Bar, Bars, Overview
from structgen.report.templating import render
from structgen.report.view import counted, cut, line_of
from structgen.schema import Schema

_OUTLINE, _JSON, _EXAMPLES, _EXAMPLE = 20_000, 20_000, 5, 2_000


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is shown of a run in the ledger. `state` is "finished", or why it has no end; times are in words."""

    title: str
    state: str
    finished: bool
    facts: tuple[tuple[str, str], ...]
    command: str


@dataclass(frozen=True, slots=True)
class Totals:
    """What is shown of the totals of a run: numbers of rows by status and of unsupported values by path, and facts."""

    statuses: Mapping[str, int]
    unsupported: Mapping[str, int]
    facts: tuple[str, ...]


def part_html(name: str, context: Mapping[str, object], label: str, style: str = "part") -> str:
    """Return NAME.html.jinja as a section with STYLE.css.jinja. `label` is its name for screen readers."""
    files = {"body": f"{name}.html.jinja", "style": f"{style}.css.jinja"}
    return render("part.html.jinja", {**context, **files, "label": label})


def schema_html(schema: Schema[Any]) -> str:
    """Return a schema: its outline, which models read, and its JSON Schema."""
    context = {**_schema(schema), "title": line_of(schema.name, 200), "facts": _schema_facts(schema)}
    return part_html("schema_part", context, "Schema")


def task_html(task: Task[Any]) -> str:
    """Return a task: its description, its instructions, the outline of its schema, and its first examples.

    A schema that cannot be used is named as an error instead of its outline.
    """
    examples = [
        (cut(one.text, _EXAMPLE), cut(_written(one.value), _EXAMPLE)) for one in task.examples[:_EXAMPLES]
    ]  # fmt: skip
    context: dict[str, object] = {
        "task": task,
        "examples": examples,
        "more_examples": max(0, len(task.examples) - _EXAMPLES),
        "title": line_of(task.name, 200),
        "facts": [f"version {line_of(task.version, 40)}", counted(len(task.examples), "worked example")],
        "error": "",
        "outline": "",
        "json_schema": "",
    }
    try:
        context |= _schema(Schema.of(task))
    except TaskError as error:
        context["error"] = str(error)
    return part_html("task_part", context, "Task")


def outline_of(task: Task[Any]) -> str:
    """Return the outline of a task's schema, or why it cannot be used."""
    try:
        return Schema.of(task).outline()
    except TaskError as error:
        return str(error)


def run_html(run: RunFacts) -> str:
    """Return what the ledger knows about a run. Keys in its command are masked."""
    context = {"run": run, "command": mask_command(mask(run.command)), "title": line_of(run.title, 200)}
    return part_html("run_part", context, "Run")


def totals_html(totals: Totals) -> str:
    """Return the totals of a run as plots."""
    rows, missed = sum(totals.statuses.values()), sum(totals.unsupported.values())
    kinds = tuple(Bar(name, count, rows, kind=f"is-{name}") for name, count in totals.statuses.items() if count)
    ranked = sorted(totals.unsupported.items(), key=lambda entry: (-entry[1], entry[0]))
    places = tuple(
        Bar(line_of(path, 80) or "the whole value", count, missed, kind="unsupported")
        for path, count in ranked[:MOST_BARS]
    )
    plots = (Bars("Rows by status", kinds), Bars("Unsupported values", places, more=max(0, len(ranked) - MOST_BARS)))
    overview = Overview(tuple(plot for plot in plots if plot.bars), ())
    context = {"title": counted(rows, "row"), "facts": totals.facts, "overview": overview}
    return part_html("totals_part", context, "Totals of a run")


def _schema(schema: Schema[Any]) -> dict[str, object]:
    return {
        "outline": cut(schema.outline(), _OUTLINE),
        "json_schema": cut(_written(schema.json_schema), _JSON),
    }


def _schema_facts(schema: Schema[Any]) -> list[str]:
    properties = schema.json_schema.get("properties") if isinstance(schema.json_schema, dict) else None
    return [counted(len(properties), "field")] if isinstance(properties, dict) else []


def _written(value: Json | Any) -> str:
    """Return a value as indented JSON; a value that is no JSON by its repr."""
    try:
        return json_text(value, indent=2)
    except (TypeError, ValueError, RecursionError):
        return repr(value)
