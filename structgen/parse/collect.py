"""Collect several values into the one list that the schema wants, as its items or its parts, on record."""

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
from structgen.parse.judge import CUT, Outcome, Target, judge
from structgen.parse.quote_paths import follow_repairs
from structgen.parse.reading import Reading

T = TypeVar("T")


def collect_list(target: Target[T], readings: Sequence[Reading], cut: bool) -> list[Outcome]:
    """Judge several values together as the list that the schema wants; empty if they cannot be one."""
    if len(readings) < 2 or not _wants_list(target.shape):
        return []
    joined = all(one.joined for one in readings[1:])
    readings = [_unwrapped(target, one) for one in readings] if joined else readings
    objects = [one for one in readings if isinstance(one.value, dict)]
    if objects:
        return _items(target, objects, [one for one in readings if not isinstance(one.value, dict)], cut)
    if all(isinstance(one.value, list) and not one.issues for one in readings):
        return _lists(target, readings, cut)
    return []


def _unwrapped(target: Target[T], reading: Reading) -> Reading:
    """Return the list within an object that contains nothing else, as JSON mode and function calls require one."""
    if not isinstance(reading.value, dict) or reading.issues:
        return reading
    fit, _ = target.fit(reading.value, None)
    if not isinstance(fit.value, list) or fit.misfits or is_item(fit):
        return reading
    repairs, quotes = (*reading.repairs, *fit.repairs), follow_repairs(reading.quotes, fit.repairs)
    return replace(reading, value=fit.value, repairs=repairs, quotes=quotes)


def is_item(made: Fit | Outcome) -> bool:
    """Whether a value is one item that was wrapped in a list."""
    return any(repair.rule == "one_for_list" and not repair.path for repair in made.repairs)


def _wants_list(shape: Shape) -> bool:
    """Whether the schema allows a list and no object."""
    root = shape.place(shape.root)
    kinds = [shape.place(branch).types for branch in root.branches] or [root.types]
    return all(kinds) and any("array" in one for one in kinds) and not any("object" in one for one in kinds)


def _items(target: Target[T], objects: Sequence[Reading], others: Sequence[Reading], cut: bool) -> list[Outcome]:
    """Judge all objects together as the items of the list, and the other values on their own."""
    if any(one.corrects for one in objects[1:]):  # "Corrected:" makes the second object a replacement, not an item
        return []
    fits = [target.fit(one.value, None)[0] for one in objects]
    wraps = any(isinstance(fit.value, list) and not is_item(fit) for fit in fits)
    if wraps or len(objects) == 1 or not any(is_item(fit) for fit in fits):
        return []
    return [_as_items(target, objects, cut), *judge_each(target, others)]


def _lists(target: Target[T], readings: Sequence[Reading], cut: bool) -> list[Outcome]:
    """Judge lists as the items of the one that is wanted, or as its parts if only commas separate them.

    Lists on separate lines, with prose between them, or equal ones may as well be a draft and its final version.
    """
    # Several ways are tried, and a user validator may run only twice, so they are tried without it.
    tried = target.without_validators
    alone = [judge(tried, one) for one in readings]
    fitting = [outcome for outcome in alone if not outcome.issues]
    items = _as_items(tried, readings, cut)
    if not fitting:  # no list is the answer on its own, so they can only be its items
        return [_as_items(target, readings, cut)] if not items.issues else judge_each(target, readings)
    equal = any(same(one.value, other.value) for n, one in enumerate(readings) for other in readings[:n])
    if equal or len(fitting) < len(alone) or not all(one.joined for one in readings[1:]):
        return judge_each(target, readings)
    parts = _as_parts(tried, readings, cut)
    # If an item must be taken out of a one-item list to fit, the lists are parts: [1], [2] for list[int].
    apart = items.issues or any(repair.rule == "only_item" for repair in items.repairs)
    ways = [
        way for way, one in ((_as_parts, parts), (_as_items, items)) if not one.issues and (one is parts or not apart)
    ]
    together = [way(target, readings, cut) for way in ways]
    return together or ([_as_parts(target, readings, cut)] if cut else judge_each(target, readings))


def judge_each(target: Target[T], readings: Sequence[Reading]) -> list[Outcome]:
    """Judge each value on its own. The user's validators see only the first of equal values."""
    made: list[Outcome] = []
    for reading in readings:
        tried = judge(target.without_validators, reading) if made and target.schema.runs else None
        known = tried and next((one for one in made if not tried.issues and same(one.tree, tried.tree)), None)
        if tried and known:
            # Issues of risk are about repairs that the first of the equal values needed, and this one may not.
            issues = tuple(issue for issue in known.issues if issue.code != "risk")
            made.append(replace(tried, value=known.value, issues=issues))
        else:
            made.append(judge(target, reading))
    return made


def _as_items(target: Target[T], readings: Sequence[Reading], cut: bool) -> Outcome:
    """Judge the list that has these values as items."""
    items = [_relocated(one, f"/{n}".__add__) for n, one in enumerate(readings)]
    return _judge_collected(target, [one.value for one in readings], items, cut)


def _as_parts(target: Target[T], readings: Sequence[Reading], cut: bool) -> Outcome:
    """Judge the concatenation of these lists."""
    whole: list[Json] = []
    parts: list[Reading] = []
    for one in readings:
        parts.append(_relocated(one, partial(_shifted, len(whole))))
        whole += cast("list[Json]", one.value)
    return _judge_collected(target, whole, parts, cut)


def _shifted(count: int, path: str) -> str:
    """Return a path into a list after `count` items were put before its own."""
    if not path:
        return path
    index, *below = steps(path)
    return pointer([int(index) + count, *below])


def _relocated(reading: Reading, place: Callable[[str], str]) -> Reading:
    """Return the reading with all its paths mapped into the whole list."""
    return replace(
        reading,
        repairs=tuple(replace(one, path=place(one.path)) for one in reading.repairs),
        issues=tuple(replace(one, path=place(one.path)) for one in reading.issues),
        quotes={place(path): quote for path, quote in reading.quotes.items()},
    )


def _judge_collected(target: Target[T], items: list[Json], readings: Sequence[Reading], cut: bool) -> Outcome:
    """Judge the collected list. If the response may be cut off, the next item may be missing, which is an issue."""
    gathered = Repair("collected", "", [one.value for one in readings], items, Risk.INTERPRETIVE)
    repairs = (*(repair for one in readings for repair in one.repairs), gathered)
    issues = (*(issue for one in readings for issue in one.issues), *([CUT] if cut else []))
    quotes = {path: quote for one in readings for path, quote in one.quotes.items()}
    # A broken item may have swallowed the ones behind it, so the list is open as a whole.
    broken = cut or any(one.open for one in readings)
    outcome = judge(target, Reading(items, 0, 0, repairs, issues, ("",) if broken else (), quotes=quotes))
    return replace(outcome, issues=(*outcome.issues, *issues)) if issues and not outcome.issues else outcome
