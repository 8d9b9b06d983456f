"""Which items of several lists are the same: by their place in the text, by key fields, by likeness. Pure.

Two items of one answer are never merged. A repeated name is the same thing, but a number repeated at another place
("5.00" on two lines of a bill) is not, unless a key field says so.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from structgen.documents.merge.chunk_values import ChunkValue, Leaf, Part, is_sure, key_of, likeness

_MOST_CANDIDATES = 16
"""How many groups an item is compared with, which keeps thousands of items that share a name linear."""


@dataclass(slots=True, eq=False)
class Group:
    """The items that are the same, in the order of their parts.

    `uncertain` are items that only likeness assigned, although they differ or contain numbers; `repeated` are items
    that say the same at another place. Both are reported as repairs.
    """

    order: tuple[int, int, int]
    whole: Hashable
    nodes: list[ChunkValue] = field(default_factory=list[ChunkValue])
    leaves: dict[str, Leaf] = field(default_factory=dict[str, Leaf])
    parts: dict[int, Part] = field(default_factory=dict[int, Part])
    uncertain: list[ChunkValue] = field(default_factory=list[ChunkValue])
    repeated: list[ChunkValue] = field(default_factory=list[ChunkValue])

    def add(self, item: _Item) -> None:
        """Add an item. Values that only it has are compared with later items."""
        self.nodes.append(item.node)
        self.parts[item.node.part.number] = item.node.part
        for path, leaf in item.leaves.items():
            known = self.leaves.get(path)
            if known is None or known.place is None:
                self.leaves[path] = leaf


@dataclass(frozen=True, slots=True)
class _Item:
    node: ChunkValue
    leaves: dict[str, Leaf]
    key: tuple[str, Hashable] | None
    whole: Hashable
    figures: bool

    @classmethod
    def of(cls, node: ChunkValue) -> _Item:
        found = list(node.leaves())
        everything = frozenset((path, leaf.like) for path, leaf, _ in found)
        leaves = {path: leaf for path, leaf, listed in found if not listed or isinstance(node.value, list)}
        key = key_of(node.value) if isinstance(node.value, dict) else None
        figures = any(isinstance(leaf.value, int | float) for _, leaf, _ in found)
        return cls(node, leaves, key, everything or likeness(node.value), figures)

    def anchors(self) -> Iterator[Hashable]:
        """Yield where its leaves start and end: an item with the same mark may be the same."""
        for path, leaf in self.leaves.items():
            if leaf.place:
                yield "start", path, leaf.place[0]
                yield "end", path, leaf.place[1]

    def likenesses(self) -> Iterator[Hashable]:
        """Yield what the same item at another place would share."""
        yield "whole", self.whole
        if self.key:
            yield "key", self.key


def group_items(lists: Iterable[ChunkValue], *, by_likeness: bool = True) -> list[Group]:
    """Group the items that are the same, in the order of the text.

    `lists` are in the order of their parts, and the items of one answer keep their order. If one answer contains the
    same item twice, repetitions are meant in this list (the votes of a meeting, the lines of a log).
    """
    groups: list[Group] = []
    index: dict[Hashable, list[Group]] = defaultdict(list)
    answers = [(whole.part.start, [_Item.of(node) for _, node in whole.children()]) for whole in lists]
    # one answer that repeats itself shows that repetitions are meant in this list
    counting = any(_repeats(items) for _, items in answers)
    for start, items in answers:
        at = start
        for item in items:
            # an item without a place follows its predecessor; order within an answer is never changed
            at = max(at, min((leaf.place[0] for leaf in item.leaves.values() if leaf.place), default=at))
            # the place is proof and comes first; likeness is only tried without it
            group = _same_place(item, index) or (_alike(item, index, counting=counting) if by_likeness else None)
            if group is None:
                group = Group((at, item.node.part.number, len(groups)), item.whole)
                groups.append(group)
            group.add(item)
            for mark in (*item.anchors(), *item.likenesses()):
                # the newest group is enough to avoid most duplicates, and cheap
                if group not in index[mark][-1:]:
                    index[mark].append(group)
    return sorted(groups, key=lambda group: group.order)


def _repeats(items: Sequence[_Item]) -> bool:
    """Whether an answer contains the same item without a key field more than once."""
    found = [item.whole for item in items if item.key is None]
    return len(set(found)) < len(found)


def _candidates(item: _Item, marks: Iterable[Hashable], index: dict[Hashable, list[Group]]) -> list[Group]:
    """Return the groups that share a mark with the item and contain no item of its own answer."""
    found = {id(group): group for mark in marks for group in index.get(mark, ())[-_MOST_CANDIDATES:]}
    return [group for group in found.values() if item.node.part.number not in group.parts][:_MOST_CANDIDATES]


def _same_place(item: _Item, index: dict[Hashable, list[Group]]) -> Group | None:
    """Return the group at the same place: every leaf with a place in both must overlap."""
    fitting = [(_common(group, item), group) for group in _candidates(item, item.anchors(), index)]
    return max((pair for pair in fitting if pair[0]), key=lambda pair: pair[0], default=(0, None))[1]


def _common(group: Group, item: _Item) -> int:
    """Count the places that group and item share; 0 if a place differs, or a value without a place."""
    shared = 0
    for path, leaf in item.leaves.items():
        known = group.leaves.get(path)
        if known is None:
            continue
        if known.place is not None and leaf.place is not None:
            # one leaf at another place: these are two items that share words
            if not _overlap(known.place, leaf.place):
                return 0
            shared += 1
        # without places only equal values agree
        elif known.like != leaf.like:
            return 0
    return shared


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _alike(item: _Item, index: dict[Hashable, list[Group]], *, counting: bool) -> Group | None:
    """Return the group that is the same by its key or by all its values."""
    for mark in item.likenesses():
        for group in _candidates(item, (mark,), index):
            if is_same(group, item, counting=counting or item.figures):
                # merged by key although the values differ, or contain numbers that may be meant twice
                if item.whole != group.whole or (item.figures and item.key):
                    group.uncertain.append(item.node)
                # the same values outside the shared text: a repetition that was merged
                elif counting or item.figures or not _may_be_shared(group, item):
                    group.repeated.append(item.node)
                return group
    return None


def is_same(group: Group, item: _Item, *, counting: bool) -> bool:
    """Whether an item that shares its key or all its values with a group belongs to it.

    `counting`: equal items at two places are two, unless a key field identifies them.
    """
    agreeing = all(leaf.like == item.leaves[path].like for path, leaf in group.leaves.items() if path in item.leaves)
    if item.key is not None:
        return agreeing or is_sure(item.key[0])
    if not agreeing or not counting:
        return agreeing
    return _may_be_shared(group, item)


def _may_be_shared(group: Group, item: _Item) -> bool:
    """Whether an item may be in text that its chunk shares with one of the group: chunks overlap, places agree."""
    apart = any(leaf.place and group.leaves[path].place for path, leaf in item.leaves.items() if path in group.leaves)
    return not apart and any(part.overlaps(item.node.part) for part in group.parts.values())
