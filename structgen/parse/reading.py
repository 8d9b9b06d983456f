"""What a decoder makes of one place in a response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair

UNSURE_END = "string_end"
"""The code of a string that may end elsewhere: what stands around it is in doubt with it."""
ESCAPE = "escape"
"""The code of a string whose backslashes may be escapes or a part of it; what is found are both readings."""
ESCAPED_KEY = "escaped_key"
"""The same for a key; the path is that of its object."""
UNSURE_WORD = "word"
"""The code of a word without quotes that is text only where nothing but text may stand."""


def holds_structure(text: Json) -> bool:
    """Whether a text whose end is not sure may have taken in more than items of one list: a key, or a bracket."""
    return not isinstance(text, str) or not _STRUCTURE.isdisjoint(text)


_STRUCTURE = frozenset(":[]{}")


def let_stand(issue: Issue) -> tuple[Repair, ...]:
    """What is put on record of an issue that does not refuse the value: what was left out, or how it was read."""
    before, after = issue.found, None
    if issue.code in {ESCAPE, ESCAPED_KEY}:
        after, before = cast("list[Json]", issue.found)
    elif issue.code != "left_out":
        return ()
    rule = ESCAPE if issue.code == ESCAPED_KEY else issue.code
    return (Repair(rule, issue.path, before, after, Risk.INTERPRETIVE),)


@dataclass(frozen=True, slots=True)
class Reading:
    """One value found in a text, from `start` to `end` (offsets in characters).

    `issues` say why it cannot be a final value (repeated keys that differ, a lone surrogate, the end of the text);
    `open` are the paths that were never closed. `json_like` tells a broken value from brackets in prose.
    `quotes` are those that were taken out of the value, by its paths. `joined`: nothing but a comma stands between the
    value before and this one; `corrects`: there are words between them that do more than count, so that this one may
    stand in the place of the one before. `long`: a number in it may say more than a float.
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
