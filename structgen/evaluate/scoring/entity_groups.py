"""Entity F1 and group F1 as KIEval (arXiv 2503.05488) defines them, for one document.

Every value that is not null is an entity with the path of its field. The objects of a list are groups: they are paired
so that most of their entities agree, and an entity counts as right only within its pair. A group is right if all of its
entities are. Values are compared character by character. Both figures are micro averages over all documents.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from structgen.core.json import Json, pointer
from structgen.core.screen import json_text
from structgen.evaluate.comparison.leaf_rules import is_void
from structgen.evaluate.comparison.list_pairs import Items, pair_unordered

Entity: TypeAlias = tuple[str, str]
"""The path of the field and the value as text."""


@dataclass(slots=True)
class EntityCounts:
    """Right, surplus and missing entities and groups of one document."""

    right: int = 0
    surplus: int = 0
    missing: int = 0
    groups_right: int = 0
    groups_surplus: int = 0
    groups_missing: int = 0

    def add(self, gold: Counter[Entity], value: Counter[Entity]) -> bool:
        """Count the entities of one group, or of all outside of groups; return whether they are the same."""
        right = (gold & value).total()
        self.right += right
        self.surplus += value.total() - right
        self.missing += gold.total() - right
        return gold == value


def count_entities(gold: Json, value: Json) -> EntityCounts:
    """Count the entities and groups of a document."""
    counts = EntityCounts()
    mine, his = _Split.of(gold), _Split.of(value)
    counts.add(mine.outside, his.outside)
    for path in dict.fromkeys([*mine.groups, *his.groups]):
        _count_groups(mine.groups.get(path, ()), his.groups.get(path, ()), counts)
    return counts


def _count_groups(gold: Sequence[Counter[Entity]], value: Sequence[Counter[Entity]], counts: EntityCounts) -> None:
    def likeness(row: int, column: int) -> int:
        return (gold[row] & value[column]).total()

    pairs = dict(pair_unordered(_items(gold), _items(value), likeness).pairs)
    for place, group in enumerate(gold):
        partner = pairs.get(place)
        right = counts.add(group, Counter() if partner is None else value[partner])
        counts.groups_right += right and partner is not None
        counts.groups_missing += not right or partner is None
        counts.groups_surplus += partner is not None and not right
    for place in {*range(len(value))} - {*pairs.values()}:
        counts.add(Counter(), value[place])
        counts.groups_surplus += 1


def _items(groups: Sequence[Counter[Entity]]) -> Items:
    keys = [frozenset(group.items()) for group in groups]
    texts = [repr(sorted(group.items())) for group in groups]
    return Items((), keys, texts.__getitem__, lambda place: tuple(groups[place]))


@dataclass(frozen=True, slots=True)
class _Split:
    """The entities of a value: those outside of groups, and the groups by the path of their list."""

    outside: Counter[Entity]
    groups: Mapping[str, list[Counter[Entity]]]

    @classmethod
    def of(cls, value: Json) -> _Split:
        outside: Counter[Entity] = Counter()
        groups: dict[str, list[Counter[Entity]]] = {}
        todo: list[tuple[str, Json]] = [("", value)]
        while todo:
            path, here = todo.pop()
            if isinstance(here, dict):
                todo += [(f"{path}{pointer([name])}", part) for name, part in here.items()]
            elif isinstance(here, list) and any(isinstance(item, dict) for item in here):
                groups.setdefault(path, []).extend(Counter(_entities(path, item)) for item in here if not is_void(item))
            else:
                outside.update(_entities(path, here))
        return cls(outside, {path: [group for group in found if group] for path, found in groups.items()})


def _entities(path: str, value: Json) -> Iterator[Entity]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _entities(f"{path}{pointer([name])}", part)
    elif isinstance(value, list):
        for item in value:
            yield from _entities(path, item)
    elif not is_void(value):
        yield path, value if isinstance(value, str) else json_text(value)
