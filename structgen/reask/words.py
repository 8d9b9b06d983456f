"""Issues and values in words that a model reads."""

import json
from typing import cast

from structgen.core.json import Json
from structgen.core.results import Issue
from structgen.parse.json_values import exact_text, has_exact

MOST_CHARS = 200


def describe(issue: Issue) -> str:
    """One issue: where, what is wrong, what was found, what belongs there."""
    where = f"at {issue.path}: " if issue.path else ""
    found = "" if issue.found is None else f" (found {brief_json(issue.found)})"
    expected = f" Expected {issue.expected.rstrip('.')}." if issue.expected else ""
    return f"{where}{issue.message.rstrip('.')}{found}.{expected}"


def brief_json(value: object) -> str:
    """A value as JSON, cut where it is long."""
    plain = cast(Json, value)
    text = exact_text(plain) if has_exact(plain) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MOST_CHARS else f"{text[:MOST_CHARS]}..."
