"""Which items of several lists are the same: by their places in the text, their key fields or their likeness. Pure.

Identity is place first. Items at the same place are one item. Of records, items at different places are two, however
alike they are; the things of a set are the same wherever they are mentioned. Two items of one answer are the same only
in a set.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from structgen.documents.merge.chunk_values import ChunkValue, Leaf, Part, is_sure, key_of, likeness
from structgen.documents.merge.schema_place import ListKind

_MOST_CANDIDATES = 16
"""An item is compared with at most this many others, so that thousands of items with one name take linear time."""

Span = tuple[int, int]


@dataclass(slots=True, eq=False)
class Group:
    """Items that are the same, in the order of their parts.

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
        """Add an item. What it says beyond the others is compared with later items."""
        self.nodes.append(item.node)
        self.parts[item.node.part.number] = item.node.part
        for path, leaf in item.leaves.items():
            known = self.leaves.get(path)
            if known is None or known.place is None:
                self.leaves[path] = leaf


@dataclass(slots=True, eq=False)
class _Item:
    """An item of one answer. `reach` is the part of the text in which it may be."""

    node: ChunkValue
    leaves: dict[str, Leaf]
    key: tuple[str, Hashable] | None
    whole: Hashable
    figures: bool
    own: dict[str, Span] = field(default_factory=dict[str, Span])
    """The places of its leaves that no other item of its answer shares, certain ones and others."""
    reach: Span = (0, 0)
    start: int | None = None
    """Where it begins in its own chunk, or None if that is not known."""
    group: Group | None = None

    @classmethod
    def of(cls, node: ChunkValue) -> _Item:
        found = list(node.leaves())
        everything = frozenset((path, leaf.like) for path, leaf, _ in found)
        leaves = {path: leaf for path, leaf, listed in found if not listed or isinstance(node.value, list)}
        key = key_of(node.value) if isinstance(node.value, dict) else None
        figures = any(isinstance(leaf.value, int | float) for _, leaf, _ in found)
        return cls(node, leaves, key, everything or likeness(node.value), figures)

    @property
    def part(self) -> Part:
        """The answer that it is in."""
        return self.node.part

    def begins(self, *, certain: bool) -> int | None:
        """Where it begins in its own chunk, or None. What it takes from above the chunk says nothing about that."""
        found = [leaf.place if certain else leaf.guess for path, leaf in self.leaves.items() if path in self.own]
        if not found and not certain:
            found = [leaf.guess for leaf in self.leaves.values()]
        return min((span[0] for span in found if span and span[0] >= self.part.start), default=None)

    def anchors(self) -> Iterator[Hashable]:
        """Yield marks for the starts and ends of its leaves. Items that share one may be the same."""
        for path, (start, end) in self.own.items():
            yield "start", path, start
            yield "end", path, end

    def likenesses(self) -> Iterator[Hashable]:
        """Yield marks that the same item would share if it were mentioned elsewhere."""
        yield "whole", self.whole
        if self.key:
            yield "key", self.key


def group_items(
    lists: Iterable[ChunkValue], kind: ListKind, *, by_likeness: bool = True, within: bool = False
) -> list[Group]:
    """Group the items of several lists of one kind, in the order of the text.

    `lists` come in the order of their parts; the items of one answer keep their order.
    Without `by_likeness` only the place makes items the same. `within`: also items of one answer may be the same.
    """
    grouping = _Grouping(kind, by_likeness, within)
    for whole in lists:
        grouping.take([_Item.of(node) for _, node in whole.children()])
    return sorted(grouping.groups, key=lambda group: group.order)


def repeats(lists: Iterable[ChunkValue]) -> bool:
    """Whether an answer itself says something without a key field more than once."""
    for whole in lists:
        said = [item.whole for item in map(_Item.of, (node for _, node in whole.children())) if item.key is None]
        if len(set(said)) < len(said):
            return True
    return False


@dataclass(slots=True)
class _Grouping:
    kind: ListKind
    by_likeness: bool
    within: bool
    groups: list[Group] = field(default_factory=list[Group])
    index: dict[Hashable, list[Group]] = field(default_factory=lambda: defaultdict[Hashable, list[Group]](list))
    earlier: list[list[_Item]] = field(default_factory=list[list[_Item]])

    def take(self, items: list[_Item]) -> None:
        """Put each item of one answer into a group."""
        if not items:
            return
        _place(items)
        self._by_place(items)
        if self.by_likeness and self.kind is ListKind.RECORDS:
            self._by_order(items)
        at = items[0].part.start
        for item in items:
            at = max(at, at if item.start is None else item.start)
            group = item.group or (
                self._liked(item) if self.by_likeness and self.kind is not ListKind.RECORDS else None
            )
            if group is None:
                group = Group((at, item.part.number, len(self.groups)), item.whole)
                self.groups.append(group)
            self._add(item, group)
        self.earlier = [others for others in self.earlier if others[0].part.end > items[0].part.start]
        self.earlier.append(items)

    def _add(self, item: _Item, group: Group) -> None:
        item.group = group
        group.add(item)
        for mark in (*item.anchors(), *item.likenesses()):
            if group not in self.index[mark][-1:]:
                self.index[mark].append(group)

    def _by_place(self, items: Sequence[_Item]) -> None:
        """Find the groups that were read at the places of the items, the best fit first, each at most once."""
        fits = [
            (fit, -number, group)
            for number, item in enumerate(items)
            for group in self._candidates(item, item.anchors())
            if (fit := _common(group, item))
        ]
        taken: set[int] = set()
        for _, number, group in sorted(fits, key=lambda one: one[:2], reverse=True):
            item = items[-number]
            if item.group is None and id(group) not in taken:
                taken.add(id(group))
                item.group = group

    def _candidates(self, item: _Item, marks: Iterable[Hashable]) -> list[Group]:
        """Return groups that share a mark with the item and contain no item of the same answer."""
        found = {id(group): group for mark in marks for group in self.index.get(mark, ())[-_MOST_CANDIDATES:]}
        return [group for group in found.values() if item.part.number not in group.parts][:_MOST_CANDIDATES]

    def _liked(self, item: _Item) -> Group | None:
        """Return the group of a set with the same key or the same values."""
        for mark in item.likenesses():
            for group in self.index.get(mark, ())[-_MOST_CANDIDATES:]:
                if not self.within and item.part.number in group.parts:
                    continue
                if self.kind is ListKind.MENTIONS and _are_apart(group, item):
                    continue
                if is_same(group, item):
                    if item.whole != group.whole or (item.figures and item.key):
                        group.uncertain.append(item.node)
                    elif item.figures or not _may_be_shared(group, item):
                        group.repeated.append(item.node)
                    return group
        return None

    def _by_order(self, items: Sequence[_Item]) -> None:
        """Match equal records whose places are not certain, in the text that two chunks share, in their order."""
        for others in self.earlier:
            one, other = others[0].part, items[0].part
            if not one.overlaps(other) or all(item.group for item in items):
                continue
            shared = (max(one.start, other.start), min(one.end, other.end))
            self._match_in_order(others, items, shared)

    def _match_in_order(self, others: Sequence[_Item], items: Sequence[_Item], shared: Span) -> None:
        numbers = {id(item.group): number for number, item in enumerate(others)}
        waiting: dict[Hashable, deque[tuple[int, _Item]]] = defaultdict(deque)
        for number, item in enumerate(others):
            if _reaches(item, shared) and item.group and items[0].part.number not in item.group.parts:
                waiting[item.whole].append((number, item))
        taken = {id(item.group) for item in items if item.group}
        # What was matched by its place keeps what is before it apart from what is behind it.
        limits, limit = list[int](), len(others)
        for item in reversed(items):
            limit = min(limit, numbers.get(id(item.group), limit)) if item.group else limit
            limits.append(limit)
        last = -1
        for item, limit in zip(items, reversed(limits), strict=True):
            if item.group:
                last = max(last, numbers.get(id(item.group), last))
                continue
            queue = waiting.get(item.whole) if _reaches(item, shared) else None
            while queue and queue[0][0] <= last:
                queue.popleft()
            match = queue[0][1].group if queue and queue[0][0] < limit else None
            if queue and match and id(match) not in taken and _may_be_shared(match, item):
                last = queue.popleft()[0]
                taken.add(id(match))
                item.group = match
                match.repeated.append(item.node)


def _place(items: Sequence[_Item]) -> None:
    """Find the places that are an item's own, and where those without any may be: between their neighbours."""
    uses = Counter((path, leaf.guess) for item in items for path, leaf in item.leaves.items() if leaf.guess)
    for item in items:
        item.own = {
            path: leaf.guess
            for path, leaf in item.leaves.items()
            if leaf.guess and uses[path, leaf.guess] == 1 and leaf.guess[0] >= item.part.start
        }
    starts = [item.begins(certain=True) for item in items]
    number = 0
    while number < len(items):
        start = starts[number]
        if start is not None:
            items[number].start, items[number].reach = start, (start, start + 1)
            number += 1
            continue
        after = next((n for n in range(number, len(items)) if starts[n] is not None), len(items))
        low = (starts[number - 1] if number else None) or items[0].part.start
        high = max(low, (starts[after] if after < len(items) else None) or items[0].part.end)
        _spread(items[number:after], low, high)
        number = after


def _spread(items: Sequence[_Item], low: int, high: int) -> None:
    """Say where items may be of which none has a certain place: where they probably are, else evenly between."""
    guesses = [item.begins(certain=False) for item in items]
    ordered = all(guess is not None and low <= guess <= high for guess in guesses)
    step = (high - low) / (len(items) + 1)
    for number, (item, guess) in enumerate(zip(items, guesses, strict=True)):
        middle = low + step * (number + 1)  # give or take one item
        item.reach = (int(middle - step), int(middle + step) + 1)
        if guess is not None and ordered:
            item.start, item.reach = guess, (guess, guess + 1)


def _reaches(item: _Item, shared: Span) -> bool:
    return item.reach[0] < shared[1] and shared[0] < item.reach[1]


def _common(group: Group, item: _Item) -> tuple[int, int, int] | None:
    """Return how well the places agree: exact ones, certain ones, all; None if the two are at different places.

    A value that differs and has no place, or that is the same elsewhere, counts against a place that they share: it may
    be another item with the same date.
    """
    exact = certain = shared = against = 0
    for path, leaf in item.leaves.items():
        known = group.leaves.get(path)
        if known is None:
            continue
        if known.place is not None and leaf.place is not None and not _overlap(known.place, leaf.place):
            # of equal values one may have been found in the wrong row; different ones say that there are two items
            if known.like != leaf.like or not path:
                return None
            against += 1
            continue
        if known.like != leaf.like and (known.place is None or leaf.place is None):
            against += 1
            continue
        if path in item.own and known.guess and leaf.guess and _overlap(known.guess, leaf.guess):
            shared += 1
            certain += known.place is not None and leaf.place is not None
            exact += known.guess == leaf.guess
    return (exact, certain, shared) if shared > against else None


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def is_same(group: Group, item: _Item) -> bool:
    """Whether an item that shares its key or all its values with a group of a set belongs to it."""
    if item.key is not None and is_sure(item.key[0]):
        return True
    return all(leaf.like == item.leaves[path].like for path, leaf in group.leaves.items() if path in item.leaves)


def _may_be_shared(group: Group, item: _Item) -> bool:
    """Whether an item may be in text that its chunk shares with one of the group: no two places contradict it."""
    return not _are_apart(group, item) and any(part.overlaps(item.part) for part in group.parts.values())


def _are_apart(group: Group, item: _Item) -> bool:
    """Whether a value of the item certainly is at another place than that of the group."""
    return any(
        leaf.place and (known := group.leaves.get(path)) and known.place and not _overlap(leaf.place, known.place)
        for path, leaf in item.leaves.items()
    )
