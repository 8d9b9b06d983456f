"""Several values where one list is wanted: its items, or its parts, all of them on the record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar, cast

from structgen.core.json import Json, pointer, steps
from structgen.core.options import Risk
from structgen.core.results import Repair
from structgen.parse.align import Fit, Shape
from structgen.parse.json_values import same
from structgen.parse.judge import CUT, Job, Outcome, judge
from structgen.parse.quotes import moved
from structgen.parse.reading import Reading

T = TypeVar("T")


def collected(job: Job[T], readings: Sequence[Reading], cut: bool) -> list[Outcome]:
    """What becomes of several values that may together be the list that is wanted; empty where they cannot be."""
    if len(readings) < 2 or not _wants_list(job.shape):
        return []
    joined = all(one.joined for one in readings[1:])
    readings = [_unwrapped(job, one) for one in readings] if joined else readings
    objects = [one for one in readings if isinstance(one.value, dict)]
    if objects:
        return _items(job, objects, [one for one in readings if not isinstance(one.value, dict)], cut)
    if all(isinstance(one.value, list) and not one.issues for one in readings):
        return _lists(job, readings, cut)
    return []


def _unwrapped(job: Job[T], reading: Reading) -> Reading:
    """The list that an object holds alone, as answers in JSON mode and calls of functions do; else the same."""
    if not isinstance(reading.value, dict) or reading.issues:
        return reading
    fit, _ = job.fit(reading.value, None)
    if not isinstance(fit.value, list) or fit.misfits or is_item(fit):
        return reading
    repairs, quotes = (*reading.repairs, *fit.repairs), moved(reading.quotes, fit.repairs)
    return replace(reading, value=fit.value, repairs=repairs, quotes=quotes)


def is_item(made: Fit | Outcome) -> bool:
    """Whether a value is one item that was made a list."""
    return any(repair.rule == "one_for_list" and not repair.path for repair in made.repairs)


def _wants_list(shape: Shape) -> bool:
    """Whether the answer is a list (or a scalar), and never an object."""
    root = shape.place(shape.root)
    kinds = [shape.place(branch).types for branch in root.branches] or [root.types]
    return all(kinds) and any("array" in one for one in kinds) and not any("object" in one for one in kinds)


def _items(job: Job[T], objects: Sequence[Reading], others: Sequence[Reading], cut: bool) -> list[Outcome]:
    """All objects as the items of the list, together or not at all, beside what is no object.

    Where somebody says something between two of them, the later one may be a correction of the other.
    """
    if any(one.corrects for one in objects[1:]):
        return []
    fits = [job.fit(one.value, None)[0] for one in objects]
    wraps = any(isinstance(fit.value, list) and not is_item(fit) for fit in fits)
    if wraps or len(objects) == 1 or not any(is_item(fit) for fit in fits):
        return []
    return [_as_items(job, objects, cut), *judged(job, others)]


def _lists(job: Job[T], readings: Sequence[Reading], cut: bool) -> list[Outcome]:
    """Lists as the items of the one that is wanted, or as its parts where a comma alone stands between them.

    Lists on lines of their own, or with prose between them, may as well be a draft and what came of it; so may equal
    ones.
    """
    tried = job.trial
    alone = [judge(tried, one) for one in readings]
    fitting = [outcome for outcome in alone if not outcome.issues]
    items = _as_items(tried, readings, cut)
    if not fitting:
        return [_as_items(job, readings, cut)] if not items.issues else judged(job, readings)
    equal = any(same(one.value, other.value) for n, one in enumerate(readings) for other in readings[:n])
    if equal or len(fitting) < len(alone) or not all(one.joined for one in readings[1:]):
        return judged(job, readings)
    parts = _as_parts(tried, readings, cut)
    apart = items.issues or any(repair.rule == "only_item" for repair in items.repairs)
    ways = [
        way for way, one in ((_as_parts, parts), (_as_items, items)) if not one.issues and (one is parts or not apart)
    ]
    together = [way(job, readings, cut) for way in ways]
    return together or ([_as_parts(job, readings, cut)] if cut else judged(job, readings))


def judged(job: Job[T], readings: Sequence[Reading]) -> list[Outcome]:
    """What becomes of each of several values. Of equal ones the user's validators are shown the first alone."""
    made: list[Outcome] = []
    for reading in readings:
        tried = judge(job.trial, reading) if made and job.schema.runs else None
        known = tried and next((one for one in made if not tried.issues and same(one.tree, tried.tree)), None)
        if tried and known:
            issues = tuple(
                issue for issue in known.issues if issue.code != "risk"
            )  # of repairs that this one may not need
            made.append(replace(tried, value=known.value, issues=issues))
        else:
            made.append(judge(job, reading))
    return made


def _as_items(job: Job[T], readings: Sequence[Reading], cut: bool) -> Outcome:
    """What becomes of a list that has these values for items."""
    items = [_moved(one, f"/{n}".__add__) for n, one in enumerate(readings)]
    return _judged(job, [one.value for one in readings], items, cut)


def _as_parts(job: Job[T], readings: Sequence[Reading], cut: bool) -> Outcome:
    """What becomes of these lists one behind the other."""
    whole: list[Json] = []
    parts: list[Reading] = []
    for one in readings:
        parts.append(_moved(one, partial(_behind, len(whole))))
        whole += cast("list[Json]", one.value)
    return _judged(job, whole, parts, cut)


def _behind(count: int, path: str) -> str:
    """The path of what stands in a list, behind so many items that came before its own."""
    if not path:
        return path
    index, *below = steps(path)
    return pointer([int(index) + count, *below])


def _moved(reading: Reading, place: Callable[[str], str]) -> Reading:
    """A reading with everything at its place in the whole."""
    return replace(
        reading,
        repairs=tuple(replace(one, path=place(one.path)) for one in reading.repairs),
        issues=tuple(replace(one, path=place(one.path)) for one in reading.issues),
        quotes={place(path): quote for path, quote in reading.quotes.items()},
    )


def _judged(job: Job[T], items: list[Json], readings: Sequence[Reading], cut: bool) -> Outcome:
    """What becomes of the list. The response that gave it may lack the next item where it was stopped at its length.

    What a value that breaks off would have held may be of other items.
    """
    gathered = Repair("collected", "", [one.value for one in readings], items, Risk.INTERPRETIVE)
    repairs = (*(repair for one in readings for repair in one.repairs), gathered)
    issues = (*(issue for one in readings for issue in one.issues), *([CUT] if cut else []))
    quotes = {path: quote for one in readings for path, quote in one.quotes.items()}
    broken = cut or any(one.open for one in readings)
    outcome = judge(job, Reading(items, 0, 0, repairs, issues, ("",) if broken else (), quotes=quotes))
    return replace(outcome, issues=(*outcome.issues, *issues)) if issues and not outcome.issues else outcome
