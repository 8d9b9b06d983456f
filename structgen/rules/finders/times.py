"""The time that something takes in all, where the document prints it without a label."""

from __future__ import annotations

from structgen.rules.document.visible_text import Line
from structgen.rules.durations import Duration, find_duration
from structgen.rules.fields import Field
from structgen.rules.finders.by_label import labelled
from structgen.rules.findings import Finding
from structgen.rules.search import Search
from structgen.rules.values import read_value


def find_total_time(search: Search, field: Field) -> Finding | None:
    """The labelled time; else the only duration that stands alone in the head, or the one that sums up the others."""
    if found := labelled(search, field):
        return found
    line = _standing(search)
    return read_value(search, field, line.start, line.end) if line else None


def _standing(search: Search) -> Line | None:
    body = search.body
    if body is None:
        return None
    alone = [(line, found.seconds) for line in search.page.lines[:body] if (found := _alone(line))]
    seconds = sorted({length for _, length in alone})
    if not seconds or (len(seconds) > 1 and seconds[-1] != sum(seconds[:-1])):
        return None
    return next(line for line, length in alone if length == seconds[-1])


def _alone(line: Line) -> Duration | None:
    """The duration that a line is, and nothing else."""
    if len(line.text) > 30 or not line.text[0].isdigit():
        return None
    found = find_duration(line.text)
    return found if found and found.end >= len(line.text.rstrip(".")) else None
