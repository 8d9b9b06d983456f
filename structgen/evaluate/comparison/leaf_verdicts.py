"""Compare a value with gold: a verdict for every leaf, and for every item of a list.

A key that is absent says null. Lists are compared item by item, the best matching ones in pairs, so that an item is
right wherever it is; with the rule ``ordered`` only in its order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from structgen.core.json import Json, pointer
from structgen.evaluate.comparison.leaf_rules import Compare, LeafRule, is_void
from structgen.evaluate.comparison.list_pairs import Items, Pairing, equal_items, pair_in_order, pair_unordered
from structgen.evaluate.comparison.scored_fields import ANY, ScoredField, ScoredFields


class Verdict(StrEnum):
    """What gold says about a leaf or an item of a value."""

    RIGHT = "right"
    """As in gold. Also null where gold is null."""
    WRONG = "wrong"
    """Gold says something else."""
    MISSING = "missing"
    """Null or absent, while gold says something."""
    SPURIOUS = "spurious"
    """A false answer: gold is null, or has no such item."""
    UNANSWERED = "unanswered"
    """Gold is null, and there is no answer at all that could agree: the document failed."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """The verdict about one leaf, or about one item of a list.

    `field` is its path with ``*`` for every index; the items of a list have the path of the list. `gold_path` and
    `value_path` are the pointers on both sides; items may be at different places. `whole`: an item that has leaves of
    its own, which follow it. `item`: the verdict about an item of a list.
    """

    field: str
    verdict: Verdict
    gold: Json
    value: Json
    gold_path: str | None
    value_path: str | None
    whole: bool = False
    item: bool = False

    @property
    def void(self) -> bool:
        """Whether gold is null. An empty item of a list in gold is not: gold says that it is there."""
        return is_void(self.gold) and not (self.item and self.gold_path is not None)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdicts about a value. `approximate`: a list was too long to pair its items in the best way."""

    leaves: tuple[Leaf, ...]
    approximate: bool = False

    @property
    def right(self) -> bool:
        """Whether the whole value is right."""
        return all(leaf.verdict is Verdict.RIGHT for leaf in self.leaves)


Alternatives = Mapping[str, Sequence[Json]]


def judge(
    gold: Json,
    value: Json,
    fields: ScoredFields,
    *,
    answered: bool = True,
    alternatives: Alternatives | None = None,
) -> Judgement:
    """Return the verdicts about a value (plain JSON). `alternatives` are other right answers, by pointer into gold.

    Without an answer every leaf of gold is missing, also where gold is null.
    """
    walk = _Walk(fields, alternatives or {}, answered)
    return Judgement(tuple(walk.verdicts(gold, value if answered else None, fields.root, "", "")), walk.approximate)


@dataclass(slots=True)
class _Walk:
    """Walks gold and value together."""

    fields: ScoredFields
    alternatives: Alternatives
    answered: bool = True
    approximate: bool = False
    _likeness: dict[tuple[int, int, str], int] = field(default_factory=dict[tuple[int, int, str], int])

    def verdicts(self, gold: Json, value: Json, at: ScoredField, there: str | None, here: str | None) -> Iterator[Leaf]:
        """Yield the verdicts below one place. `there` is its pointer in gold, `here` in the value, None if alone."""
        if at.ignored:
            return
        if _is_open(gold, dict) or _is_open(value, dict):
            yield from self._objects(gold, value, at, there, here)
        elif _is_open(gold, list) or _is_open(value, list):
            yield from self._lists(_as_list(gold), _as_list(value), at, there, here)
        elif (verdict := self._verdict(gold, value, at.rule, there, here)) is not None:
            yield Leaf(at.path, verdict, gold, value, there, here)

    def _verdict(self, gold: Json, value: Json, rule: LeafRule, there: str | None, here: str | None) -> Verdict | None:
        if is_void(gold) and is_void(value):
            if there is None or here is None:  # nothing to say about the nulls of an item without a partner
                return None
            return Verdict.RIGHT if self.answered else Verdict.UNANSWERED
        if is_void(gold) or is_void(value):
            return Verdict.SPURIOUS if is_void(gold) else Verdict.MISSING
        options = [gold, *(self.alternatives.get(there, ()) if there is not None else ())]
        return Verdict.RIGHT if any(rule.same(one, value) for one in options) else Verdict.WRONG

    def _objects(self, gold: Json, value: Json, at: ScoredField, there: str | None, here: str | None) -> Iterator[Leaf]:
        one, other = _as_dict(gold), _as_dict(value)
        for name in dict.fromkeys([*one, *other]):
            step = pointer([name])
            below = self.fields.child(at, name)
            yield from self.verdicts(one.get(name), other.get(name), below, _join(there, step), _join(here, step))
        # something else where the other side has an object
        for lone in (gold, value):
            if not isinstance(lone, dict) and not is_void(lone):
                wrong = Verdict.MISSING if lone is gold else Verdict.SPURIOUS
                yield Leaf(at.path, wrong, *((lone, None) if lone is gold else (None, lone)), there, here)

    def _lists(
        self, gold: list[Json], value: list[Json], at: ScoredField, there: str | None, here: str | None
    ) -> Iterator[Leaf]:
        item = self.fields.child(at, ANY)
        if item.ignored:
            return
        structured = any(isinstance(one, dict | list) for one in (*gold, *value))
        pairing = self.pair(gold, value, at, item, structured=structured)
        partner = dict(pairing.pairs)
        for place, one in enumerate(gold):
            other = partner.get(place)
            found = None if other is None else value[other]
            mine = _join(there, f"/{place}")
            his = None if other is None or here is None else f"{here}/{other}"
            yield from self._item(one, found, (at.path, item), mine, his, structured=structured)
        used = set(partner.values())
        for place, one in enumerate(value):
            if place not in used:
                yield from self._item(None, one, (at.path, item), None, _join(here, f"/{place}"), structured=structured)

    def _item(
        self,
        gold: Json,
        value: Json,
        of: tuple[str, ScoredField],
        there: str | None,
        here: str | None,
        *,
        structured: bool,
    ) -> Iterator[Leaf]:
        """Yield the verdict about an item as a whole, then those about its leaves."""
        path, item = of
        leaves = [*self.verdicts(gold, value, item, there, here)] if structured else []
        if there is None or here is None:
            verdict = Verdict.SPURIOUS if there is None else Verdict.MISSING
        elif structured:
            right = all(leaf.verdict is Verdict.RIGHT for leaf in leaves)
            verdict = Verdict.RIGHT if right else Verdict.WRONG
        else:
            verdict = Verdict.RIGHT
        yield Leaf(path, verdict, gold, value, there, here, whole=structured, item=True)
        yield from leaves

    def pair(
        self, gold: list[Json], value: list[Json], at: ScoredField, item: ScoredField, *, structured: bool
    ) -> Pairing:
        """Return which items belong together."""
        mine, his = self._items(gold, item), self._items(value, item)
        if not structured and not at.ordered and not _needs_pairs(item.rule, (*gold, *value)):
            # items with other keys are different, so there is nothing to compare
            return Pairing(tuple(equal_items(mine, his)[0]))

        def likeness(row: int, column: int) -> int:
            one, other = gold[row], value[column]
            return self._likeness_of(one, other, item) if structured else int(_same(item.rule, one, other))

        pairing = (pair_in_order if at.ordered else pair_unordered)(mine, his, likeness)
        self.approximate = self.approximate or pairing.approximate
        if structured:
            return pairing
        kept = tuple((row, column) for row, column in pairing.pairs if _same(item.rule, gold[row], value[column]))
        return Pairing(kept, pairing.approximate)

    def _items(self, values: list[Json], item: ScoredField) -> Items:
        @cache
        def order(place: int) -> str:
            return self._content(values[place], item)

        def parts(place: int) -> Iterable[Hashable]:
            return self._parts(values[place], item)

        return Items(values, [self.key(one, item) for one in values], order, parts)

    def _likeness_of(self, gold: Json, value: Json, item: ScoredField) -> int:
        """Return how many leaves of two items agree, and much more if all of them do."""
        known = (id(gold), id(value), item.path)
        if known not in self._likeness:
            walk = _Walk(self.fields, {}, _likeness=self._likeness)
            leaves = [leaf for leaf in walk.verdicts(gold, value, item, "", "") if not leaf.whole]
            right = sum(leaf.verdict is Verdict.RIGHT and not leaf.void for leaf in leaves)
            perfect = all(leaf.verdict is Verdict.RIGHT for leaf in leaves)
            self._likeness[known] = right + (_PERFECT if perfect else 0)
        return self._likeness[known]

    def key(self, value: Json, at: ScoredField) -> Hashable | None:
        """Return a key that is equal for values that are the same; None if they have to be compared in pairs."""
        if at.ignored or is_void(value):
            return _VOID
        if isinstance(value, dict):
            named = {name: self.key(part, self.fields.child(at, name)) for name, part in value.items()}
            if None in named.values():
                return None
            said = frozenset((name, part) for name, part in named.items() if part != _VOID)
            return ("object", said) if said else _VOID
        if isinstance(value, list):
            item = self.fields.child(at, ANY)
            keys = [self.key(one, item) for one in value]
            if None in keys:
                return None
            return ("list", tuple(keys) if at.ordered else frozenset(Counter(keys).items()))
        return at.rule.key(value)

    def _content(self, value: Json, at: ScoredField) -> str:
        """Return a text that sorts values by their leaves, nulls too, whatever the order of lists and keys."""
        if at.ignored or is_void(value):
            return ""
        if isinstance(value, dict):
            return repr(
                sorted((name, self._content(part, self.fields.child(at, name))) for name, part in value.items())
            )
        if isinstance(value, list):
            said = [self._content(one, self.fields.child(at, ANY)) for one in value]
            return repr(said if at.ordered else sorted(said))
        return repr(at.rule.key(value) or value)

    def _parts(self, value: Json, at: ScoredField) -> Iterator[Hashable]:
        """Yield a key for every leaf, with its path."""
        if isinstance(value, dict):
            for name, part in value.items():
                yield from self._parts(part, self.fields.child(at, name))
        elif isinstance(value, list):
            for one in value:
                yield from self._parts(one, self.fields.child(at, ANY))
        elif not is_void(value) and not at.ignored and (key := at.rule.key(value)) is not None:
            yield (at.path, key)


_VOID = ("void",)
_PERFECT = 1_000_000
"""Weight of a pair whose leaves all agree: more such pairs are better than any number of leaves that agree."""


def _needs_pairs(rule: LeafRule, values: Sequence[Json]) -> bool:
    """Return whether scalars with different keys may still be the same."""
    texts = {isinstance(one, str) for one in values}
    read = rule.compare not in {Compare.EXACT, Compare.NORMALISED} and True in texts
    return read or (len(texts) > 1 and rule.compare is not Compare.EXACT)


def _same(rule: LeafRule, gold: Json, value: Json) -> bool:
    """Return whether two scalar items say the same. Nothing is the same as nothing, as in `_Walk.key`."""
    if is_void(gold) or is_void(value):
        return is_void(gold) and is_void(value)
    return rule.same(gold, value)


def _is_open(value: Json, kind: type) -> bool:
    return isinstance(value, kind) and bool(value)


def _as_dict(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}


def _as_list(value: Json) -> list[Json]:
    if isinstance(value, list):
        return value
    return [] if is_void(value) else [value]


def _join(above: str | None, step: str) -> str | None:
    return None if above is None else f"{above}{step}"
