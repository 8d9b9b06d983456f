"""Show the records of the lower layers with the views of report/, which is imported when a record is shown.

A notebook asks a record for its `_repr_html_`, but modules of the lower layers cannot import report/, which imports
them. So this module alone imports from a higher layer, inside its functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from structgen.core.records import Task
    from structgen.core.results import Extraction
    from structgen.schema import Schema


def extraction_text(extraction: Extraction[Any]) -> str:
    """Return an extraction as a table in plain text."""
    from structgen.report.plain_text import extraction_text

    return extraction_text(extraction)


def schema_html(schema: Schema[Any]) -> str:
    """Return a schema as HTML for notebooks."""
    from structgen.report.notebook_parts import schema_html

    return schema_html(schema)


def task_html(task: Task[Any]) -> str:
    """Return a task as HTML for notebooks."""
    from structgen.report.notebook_parts import task_html

    return task_html(task)


def task_text(task: Task[Any]) -> str:
    """Return a task in plain text: its description, its instructions and the outline of its schema."""
    from structgen.report.plain_text import task_text

    return task_text(task)
