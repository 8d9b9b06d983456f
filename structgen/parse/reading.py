"""The value that a decoder read at one place of a response, and the issue codes that later stages may tolerate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair

BREAKS_OFF = frozenset({"cut_off", "syntax", "depth"})
"""The codes of an issue at which the reader broke off: the value lacks what was there, and what may have followed."""
UNSURE_END = "string_end"
"""The code of a string that may end elsewhere, so that its neighbours are in doubt too."""
ESCAPE = "escape"
"""The code of a string whose backslashes may be escapes or text; `found` has both readings."""
ESCAPED_KEY = "escaped_key"
"""The code of a key whose backslashes may be escapes or text; the path is that of its object."""
UNSURE_WORD = "word"
"""The code of an unquoted word that may be a misspelt literal. It is a string if the schema allows nothing else."""


def holds_structure(text: Json) -> bool:
    """Whether a string whose end is in doubt may contain a key or a bracket, and not just items of its own list."""
    return not isinstance(text, str) or not _STRUCTURE.isdisjoint(text)


_STRUCTURE = frozenset(":[]{}")


def repairs_for_tolerated(issue: Issue) -> tuple[Repair, ...]:
    """Return the repairs that record a tolerated issue: members left out, or one of two readings of a backslash."""
    before, after = issue.found, None
    if issue.code in {ESCAPE, ESCAPED_KEY}:
        after, before = cast("list[Json]", issue.found)
    elif issue.code != "left_out":
        return ()
    rule = ESCAPE if issue.code == ESCAPED_KEY else issue.code
    return (Repair(rule, issue.path, before, after, Risk.INTERPRETIVE),)


@dataclass(frozen=True, slots=True)
class Reading:
    """One value read from a text, from `start` to `end` (offsets in characters).

    `issues`: why it cannot be a final value (repeated keys that differ, a lone surrogate, the end of the text).
    `open`: the paths that were never closed.
    `json_like`: it is a broken value rather than brackets in prose.
    `quotes`: the quotes that were taken out of the value, by its paths.
    `joined`: only a comma separates it from the value before.
    `corrects`: words that do more than count separate it from the value before, so it may be a correction of that one.
    `long`: a number in it may have more digits than a float holds.
    """

    value: Json
    start: int
    end: int
    repairs: tuple[Repair, ...] = ()
    issues: tuple[Issue, ...] = ()
    open: tuple[str, ...] = ()
    json_like: bool = True
    quotes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    joined: bool = False
    corrects: bool = False
    long: bool = True
