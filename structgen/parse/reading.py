"""What a decoder makes of one place in a response."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from structgen.core.json import Json
from structgen.core.results import Issue, Repair


@dataclass(frozen=True, slots=True)
class Reading:
    """One value found in a text, from `start` to `end` (offsets in characters).

    `issues` say why it cannot be a final value (repeated keys that differ, a lone surrogate, the end of the text);
    `open` are the paths that were never closed. `json_like` tells a broken value from brackets in prose.
    `quotes` are those that were taken out of the value, by its paths.
    """

    value: Json
    start: int
    end: int
    repairs: tuple[Repair, ...] = ()
    issues: tuple[Issue, ...] = ()
    open: tuple[str, ...] = ()
    json_like: bool = True
    quotes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
