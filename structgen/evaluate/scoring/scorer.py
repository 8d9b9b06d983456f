"""Score answers against gold, one document at a time, in nearly constant memory."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from structgen.core.json import Json, JsonObject, is_within, pointer, steps
from structgen.core.records import Usage
from structgen.evaluate.comparison import Leaf, ScoredFields, Verdict, judge
from structgen.evaluate.comparison.leaf_rules import is_void
from structgen.evaluate.comparison.scored_fields import ANY
from structgen.evaluate.gold.gold_rows import GoldRow, Spans, passages_in
from structgen.evaluate.scoring.bootstrap import Blocks
from structgen.evaluate.scoring.entity_groups import count_entities
from structgen.evaluate.scoring.field_counts import EACH, FIXED, SCALE, FieldLane, Lane, packed_lanes
from structgen.evaluate.scoring.value_cells import HALF, best_overlap, count_cells
from structgen.schema.node import Node

MISTAKES = 500
"""Mistakes that are kept as examples; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a setting answered for one document. `status` is that of its row, or "missing".

    `usage` is what it took, or took earlier if it came from the store; `cost` is in USD, None if unknown. If
    `untold_calls` reported no tokens, `cost_at_least` is that of the other calls.
    """

    status: str
    value: Json = None
    evidence: Spans = field(default_factory=dict[str, tuple[tuple[int, int], ...]])
    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0
    seconds: float | None = None
    from_store: bool = False
    cost_at_least: float | None = None
    untold_calls: int = 0

    @property
    def answered(self) -> bool:
        """Whether there is a value to compare."""
        return self.status not in {"failed", "missing"} and self.value is not None


@dataclass(frozen=True, slots=True)
class Mistake:
    """One leaf or item that is not right."""

    id: str
    leaf: Leaf

    def to_json(self) -> JsonObject:
        """Return the mistake as JSON."""
        leaf = self.leaf
        path = leaf.value_path if leaf.gold_path is None else leaf.gold_path
        shown: JsonObject = {"id": self.id, "path": path, "field": leaf.field, "verdict": str(leaf.verdict)}
        return {**shown, "gold": leaf.gold, "value": leaf.value}


@dataclass(slots=True)
class Spent:
    """What the documents took. A sum is None if one of its parts is unknown; `cost_at_least` counts what is known."""

    usage: Usage = field(default_factory=Usage)
    cost: float | None = 0.0
    seconds: float = 0.0
    timed: int = 0
    from_store: int = 0
    cost_at_least: float | None = 0.0
    untold_calls: int = 0

    def add(self, answer: Answer) -> None:
        """Add one document."""
        self.usage += answer.usage
        self.cost = None if self.cost is None or answer.cost is None else self.cost + answer.cost
        least = answer.cost_at_least if answer.untold_calls else answer.cost
        self.cost_at_least = None if self.cost_at_least is None or least is None else self.cost_at_least + least
        self.untold_calls += answer.untold_calls
        self.seconds += answer.seconds or 0.0
        self.timed += answer.seconds is not None
        self.from_store += answer.from_store


@dataclass(slots=True)
class Scorer:
    """The scores of one setting. `node` is the root of the schema, for the cells of value F1.

    `in_text`: leave out what gold says is not in the text. `keep`: remember the outcome of every document, to compare
    it with that of another setting.
    """

    fields: ScoredFields
    node: Node
    in_text: bool = False
    keep: bool = False
    blocks: Blocks = field(default_factory=Blocks)
    names: dict[str, int] = field(default_factory=dict[str, int])
    """The index of each field."""
    mentioned: dict[str, bool] = field(default_factory=dict[str, bool])
    """The fields that gold has, and whether it is null in one of them."""
    status: Counter[str] = field(default_factory=Counter[str])
    spent: Spent = field(default_factory=Spent)
    mistakes: list[Mistake] = field(default_factory=list[Mistake])
    mistaken: int = 0
    approximate: int = 0
    """Documents with lists that were too long to pair in the best way."""
    outcomes: dict[int, bytes] = field(default_factory=dict[int, bytes])
    ids: dict[int, str] = field(default_factory=dict[int, str])

    def add(self, gold: GoldRow, answer: Answer) -> None:
        """Score one document."""
        judgement = judge(
            gold.value, answer.value, self.fields, answered=answer.answered, alternatives=gold.alternatives
        )
        leaves = [leaf for leaf in judgement.leaves if self._counts(leaf, gold)]
        self._mention(gold.value, "")
        by_field: dict[str, list[Leaf]] = {}
        for leaf in leaves:
            by_field.setdefault(leaf.field, []).append(leaf)
        lanes = [0] * FIXED
        self._document_lanes(gold, answer, leaves, lanes)
        for path, found in by_field.items():
            place = FIXED + EACH * self.names.setdefault(path, len(self.names))
            lanes += [0] * (place + EACH - len(lanes))
            lanes[place : place + EACH] = _field_lanes(path, found, gold, answer)
        self.blocks.add(gold.number, packed_lanes(lanes))
        self.status[answer.status] += 1
        self.spent.add(answer)
        self.approximate += judgement.approximate
        self._remember(gold, leaves)

    def _counts(self, leaf: Leaf, gold: GoldRow) -> bool:
        """Whether gold judges this leaf."""
        path = leaf.value_path if leaf.gold_path is None else leaf.gold_path
        if gold.unjudged and (is_within(path or "", gold.unjudged) or is_within(leaf.field, gold.unjudged)):
            return False
        if self.in_text and gold.in_text and not leaf.void:
            first = steps(leaf.field)[:1]
            return not first or gold.in_text.get(first[0]) is not False
        return True

    def _mention(self, value: Json, path: str) -> None:
        """Note which fields gold has, so that those it never has are not judged."""
        if isinstance(value, dict) and value:
            for name, part in value.items():
                self._mention(part, f"{path}{pointer([name])}")
        elif isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
            self.mentioned.setdefault(path, False)
            for item in value:
                self._mention(item, f"{path}/{ANY}")
        elif is_void(value) or path not in self.mentioned:
            self.mentioned[path] = is_void(value) or self.mentioned.get(path, False)

    def _document_lanes(self, gold: GoldRow, answer: Answer, leaves: Sequence[Leaf], lanes: list[int]) -> None:
        value = answer.value if answer.answered else None
        lanes[Lane.DOCUMENTS] = 1
        lanes[Lane.RIGHT_DOCUMENTS] = int(answer.answered and all(leaf.verdict is Verdict.RIGHT for leaf in leaves))
        cells = count_cells(gold.value, value, self.node, gold.evidence, _places(answer))
        lanes[Lane.CELL_DOCUMENTS] = 1
        lanes[Lane.PLACED_DOCUMENTS] = int(cells.gold_places > 0)
        if answer.answered:  # a document that failed scores zero, even where gold is null
            lanes[Lane.VALUE_PRECISION : Lane.VALUE_F1 + 1] = map(_scaled, cells.value_scores)
            lanes[Lane.GROUNDING_PRECISION : Lane.GROUNDING_F1 + 1] = map(_scaled, cells.grounding_scores or (0, 0, 0))
        entities = count_entities(gold.value, value)
        lanes[Lane.ENTITIES_RIGHT : Lane.GROUPS_MISSING + 1] = (
            entities.right,
            entities.surplus,
            entities.missing,
            entities.groups_right,
            entities.groups_surplus,
            entities.groups_missing,
        )

    def _remember(self, gold: GoldRow, leaves: Sequence[Leaf]) -> None:
        # an item that is wrong is shown by the leaves that are wrong in it
        wrong = [leaf for leaf in leaves if leaf.verdict is not Verdict.RIGHT]
        shown = [leaf for leaf in wrong if not leaf.whole or leaf.gold_path is None or leaf.value_path is None]
        kept = [leaf for leaf in shown if not _within_alone(leaf)]
        self.mistaken += len(kept)
        self.mistakes += [Mistake(gold.id, leaf) for leaf in kept[: MISTAKES - len(self.mistakes)]]
        if self.keep:
            counts = Counter(leaf.field for leaf in wrong)
            pairs = sorted((self.names[path], count) for path, count in counts.items())
            self.outcomes[gold.number] = b"".join(struct.pack("<II", *pair) for pair in pairs)
            self.ids[gold.number] = gold.id


def _within_alone(leaf: Leaf) -> bool:
    """Whether a leaf belongs to an item that is missing or surplus as a whole, which is shown instead."""
    alone = leaf.gold_path is None or leaf.value_path is None
    return alone and not leaf.whole and ANY in steps(leaf.field)


def wrong_fields(outcome: bytes) -> Mapping[int, int]:
    """Return how many leaves of each field were wrong in a document."""
    return dict(struct.iter_unpack("<II", outcome))


def _scaled(share: float) -> int:
    return round(share * SCALE)


def _places(answer: Answer) -> Spans:
    """Return where the value says it was found: by its evidence, else by its own offsets."""
    own = {
        f"{path}/text": ((passage["start"], passage["end"]),)
        for path, passage in passages_in(answer.value)
        if isinstance(passage["start"], int) and isinstance(passage["end"], int)
    }
    return {**own, **answer.evidence}


def _field_lanes(path: str, leaves: Sequence[Leaf], gold: GoldRow, answer: Answer) -> list[int]:
    verdicts = Counter(leaf.verdict for leaf in leaves)
    lanes = [0] * EACH
    lanes[FieldLane.TP] = sum(leaf.verdict is Verdict.RIGHT and not leaf.void for leaf in leaves)
    lanes[FieldLane.FP] = verdicts[Verdict.WRONG] + verdicts[Verdict.SPURIOUS]
    lanes[FieldLane.FN] = verdicts[Verdict.WRONG] + verdicts[Verdict.MISSING]
    lanes[FieldLane.JUDGED : FieldLane.ANSWERED + 1] = (
        _each_leaf(leaves, answered=answer.answered)
        if ANY in steps(path)
        else _as_a_whole(leaves, answered=answer.answered)
    )
    here: Spans = _places(answer) if gold.evidence else dict[str, tuple[tuple[int, int], ...]]()
    for leaf in leaves:
        there = gold.evidence.get(leaf.gold_path) if leaf.gold_path is not None and not leaf.whole else None
        if there:
            claims = here.get(leaf.value_path or "\0", ()) if answer.answered else ()
            shared = best_overlap(there, claims)
            lanes[FieldLane.PLACES] += 1
            lanes[FieldLane.CLAIMED] += bool(claims)
            lanes[FieldLane.PLACED] += shared >= HALF
            lanes[FieldLane.OVERLAP] += _scaled(shared)
    return lanes


def _as_a_whole(leaves: Iterable[Leaf], *, answered: bool) -> tuple[int, ...]:
    """Count one document: judged, right, null, false, said, answered."""
    found = [*leaves]
    said = any(not leaf.void for leaf in found)
    given = any(leaf.verdict in {Verdict.RIGHT, Verdict.WRONG, Verdict.SPURIOUS} for leaf in found)
    right = all(leaf.verdict is Verdict.RIGHT for leaf in found)
    null = answered and not said
    return 1, int(right), int(null), int(null and not right), int(said), int(said and given)


def _each_leaf(leaves: Iterable[Leaf], *, answered: bool) -> tuple[int, ...]:
    """Count the leaves of items, with those of items that gold does not have."""
    found = [*leaves]
    null = [leaf for leaf in found if leaf.void and leaf.gold_path is not None and answered]
    said = [leaf for leaf in found if not leaf.void]
    return (
        len(found),
        sum(leaf.verdict is Verdict.RIGHT for leaf in found),
        len(null),
        sum(leaf.verdict is Verdict.SPURIOUS for leaf in null),
        len(said),
        sum(leaf.verdict in {Verdict.RIGHT, Verdict.WRONG} for leaf in said),
    )
