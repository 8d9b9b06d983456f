"""Patterns of an answer: objects that show its form with words in place of values, as models like to repeat them."""

from __future__ import annotations

import re

from structgen.core.json import Json
from structgen.parse.judge import Outcome

_TAG = r"<[^\W\d][^<>\n]{0,80}>"
_BEGINS = re.compile(_TAG)
_PLACEHOLDER = re.compile(
    rf"{_TAG}|\.\.\.|…|str(?:ing)?|text|num(?:ber)?|int(?:eger)?|float|bool(?:ean)?|array|list|object|date|null",
    re.IGNORECASE,
)


def is_pattern(outcome: Outcome) -> bool:
    """Whether a value that does not fit holds nothing but placeholders: ``<name>``, dots, a kind, or its own key."""
    words = list(_words(outcome.tree))
    plain = all(isinstance(word, str) and (word == key or _PLACEHOLDER.fullmatch(word)) for key, word in words)
    if outcome.unreadable:
        return plain and all(
            issue.code == "syntax" and isinstance(issue.found, str) and _BEGINS.match(issue.found) is not None
            for issue in outcome.issues
        )
    return plain and bool(words) and isinstance(outcome.tree, dict | list)


def _words(tree: Json) -> list[tuple[str, Json]]:
    """Every scalar of a tree with the key that it stands under."""
    found: list[tuple[str, Json]] = []
    todo: list[tuple[str, Json]] = [("", tree)]
    while todo:
        key, here = todo.pop()
        if isinstance(here, dict):
            todo.extend(here.items())
        elif isinstance(here, list):
            todo.extend((key, item) for item in here)
        else:
            found.append((key, here))
    return found
