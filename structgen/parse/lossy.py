"""Repairs that lose an item, a key or the end of a string: made only if the caller allows them, else only offered."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from structgen.core.json import MISSING, Json, JsonObject, at, pointer, steps
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair

_AT_MOST = re.compile(r"at most (\d+) characters?")


def with_offers(issues: Sequence[Issue], tree: Json) -> tuple[Issue, ...]:
    """Return the issues, each with the lossy repair that would settle it, if there is one."""
    return tuple(issue if issue.repair else replace(issue, repair=_offer(issue, tree)) for issue in issues)


def _json_at(tree: Json, path: Sequence[str]) -> Json:
    found = at(tree, path)
    return None if found is MISSING else cast(Json, found)


def _offer(issue: Issue, tree: Json) -> Repair | None:
    path = steps(issue.path)
    found = _json_at(tree, path)
    if issue.code == "unknown_key":
        return Repair("dropped_key", issue.path, found, None, Risk.LOSSY)
    limit = _AT_MOST.search(issue.expected) if issue.code == "length" else None
    if limit and isinstance(found, str):
        return Repair("cut_string", issue.path, found, found[: int(limit[1])], Risk.LOSSY)
    for depth in range(len(path), 0, -1):  # the innermost list item loses the least
        if isinstance(_json_at(tree, path[: depth - 1]), list) and path[depth - 1].isdecimal():
            item = path[:depth]
            return Repair("dropped_item", pointer(item), _json_at(tree, item), None, Risk.LOSSY)
    return None


def apply_repairs(repairs: Sequence[Repair], tree: Json) -> Json:
    """Return the tree after these repairs."""
    ordered = sorted({repair.path: repair for repair in repairs}.values(), key=lambda one: _order(one.path))
    # Dropping an item shifts the indexes behind it, so the last item of a list goes first.
    for repair in reversed(ordered):
        tree = _apply(tree, steps(repair.path), repair)
    return tree


def _order(path: str) -> list[tuple[int, str]]:
    return [(int(step), "") if step.isdecimal() else (-1, step) for step in steps(path)]


def _apply(tree: Json, path: Sequence[str], repair: Repair) -> Json:
    if not path:
        return repair.after
    if isinstance(tree, list):
        index, items = int(path[0]), list(tree)
        if len(path) == 1 and repair.rule == "dropped_item":
            del items[index]
        else:
            items[index] = _apply(items[index], path[1:], repair)
        return items
    held: JsonObject = dict(cast(JsonObject, tree))
    if len(path) == 1 and repair.rule == "dropped_key":
        held.pop(path[0], None)
    else:
        held[path[0]] = _apply(held.get(path[0]), path[1:], repair)
    return held
