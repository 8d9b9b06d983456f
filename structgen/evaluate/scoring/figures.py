"""The figures of an evaluation, from the counts of its documents. All of them are shares of 1, or None without a case.

macro_f1          the mean F1 of the fields; a list is one field, scored by item. Fields within lists have their own
                  figures and are not in the mean
micro_*           precision, recall and F1 over all values of these fields together
exact_match       documents that are right as a whole
false_answers     answers where gold is null
coverage          fields with an answer where gold says something
value_*           precision, recall and F1 by cells, as in ExtractBench: the mean over documents
grounding_*       the same for cells whose evidence overlaps that of gold, over documents whose gold has evidence
entity_f1         KIEval: entities, counted within the pair of their group
group_f1          KIEval: groups that are right as a whole
evidence_*        overlap of evidence with that of gold: precision and recall by half, and the mean overlap
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from structgen.core.json import Json, JsonObject
from structgen.evaluate.comparison.scored_fields import ANY
from structgen.evaluate.scoring.bootstrap import Figures, Interval, intervals
from structgen.evaluate.scoring.field_counts import (
    EACH,
    FIXED,
    SCALE,
    FieldLane,
    Lane,
    Totals,
    packed_lanes,
    unpacked_lanes,
)
from structgen.evaluate.scoring.scorer import Scorer


def share(part: float, whole: float) -> float | None:
    """Return part of whole, or None if there is nothing to divide by."""
    return part / whole if whole else None


def f1(tp: int, fp: int, fn: int) -> float | None:
    """Return the F1 of these counts, or None if neither gold nor an answer says anything."""
    return share(2 * tp, 2 * tp + fp + fn)


@dataclass(frozen=True, slots=True)
class ScoredNames:
    """The fields of a scorer by what they count for: `top` are in the means, `nested` are within lists."""

    top: Mapping[str, int]
    nested: Mapping[str, int]
    not_in_gold: tuple[str, ...]

    @classmethod
    def of(cls, *scorers: Scorer) -> ScoredNames:
        """Return the fields that any of these scorers has, by the indexes of the first."""
        first = scorers[0]
        for scorer in scorers[1:]:
            for path in scorer.names:
                first.names.setdefault(path, len(first.names))
        mentioned = {path: null for scorer in scorers for path, null in scorer.mentioned.items()}
        judged = {path: index for path, index in first.names.items() if _is_judged(path, mentioned)}
        top = {path: index for path, index in judged.items() if ANY not in path.split("/")}
        nested = {path: index for path, index in judged.items() if path not in top}
        return cls(top, nested, tuple(path for path in first.names if path not in judged))


def _is_judged(path: str, mentioned: Mapping[str, bool]) -> bool:
    """Whether gold says something about a field: it has the field, or null for what it is part of."""
    above = path.split("/")
    return path in mentioned or any(mentioned.get("/".join(above[:count]), False) for count in range(1, len(above)))


def overall(totals: Totals, top: Iterable[int]) -> dict[str, float | None]:
    """Return the figures of all fields together."""
    fields = [*top]
    tp, fp, fn, _, _, null, false, said, answered = (
        sum(totals.field(index, lane) for index in fields) for lane in _SHOWN
    )
    known = [one for index in fields if (one := _f1_of(totals, index)) is not None]
    documents, cells, grounded = (
        totals.of(lane) for lane in (Lane.DOCUMENTS, Lane.CELL_DOCUMENTS, Lane.PLACED_DOCUMENTS)
    )
    return {
        "macro_f1": share(sum(known), len(known)),
        "micro_f1": f1(tp, fp, fn),
        "micro_precision": share(tp, tp + fp),
        "micro_recall": share(tp, tp + fn),
        "exact_match": share(totals.of(Lane.RIGHT_DOCUMENTS), documents),
        "false_answers": share(false, null),
        "coverage": share(answered, said),
        "value_f1": share(totals.of(Lane.VALUE_F1) / SCALE, cells),
        "value_precision": share(totals.of(Lane.VALUE_PRECISION) / SCALE, cells),
        "value_recall": share(totals.of(Lane.VALUE_RECALL) / SCALE, cells),
        "grounding_f1": share(totals.of(Lane.GROUNDING_F1) / SCALE, grounded),
        "grounding_precision": share(totals.of(Lane.GROUNDING_PRECISION) / SCALE, grounded),
        "grounding_recall": share(totals.of(Lane.GROUNDING_RECALL) / SCALE, grounded),
        "entity_f1": f1(*(totals.of(lane) for lane in _ENTITIES)),
        "group_f1": f1(*(totals.of(lane) for lane in _GROUPS)),
    }


_ENTITIES = (Lane.ENTITIES_RIGHT, Lane.ENTITIES_SURPLUS, Lane.ENTITIES_MISSING)
_GROUPS = (Lane.GROUPS_RIGHT, Lane.GROUPS_SURPLUS, Lane.GROUPS_MISSING)


def _f1_of(totals: Totals, index: int) -> float | None:
    return f1(*(totals.field(index, lane) for lane in (FieldLane.TP, FieldLane.FP, FieldLane.FN)))


def evidence_figures(totals: Totals, fields: Iterable[int]) -> dict[str, float | None]:
    """Return how the evidence of these fields overlaps that of gold; empty if gold has none."""
    lanes = (FieldLane.PLACES, FieldLane.CLAIMED, FieldLane.PLACED, FieldLane.OVERLAP)
    indexes = [*fields]
    places, claimed, placed, near = (sum(totals.field(index, lane) for index in indexes) for lane in lanes)
    if not places:
        return {}
    return {
        "evidence_overlap": near / SCALE / places,
        "evidence_precision": share(placed, claimed),
        "evidence_recall": share(placed, places),
        "evidence_f1": share(2 * placed, places + claimed),
    }


def of_field(totals: Totals, index: int) -> dict[str, Json]:
    """Return the figures of one field."""
    tp, fp, fn, judged, right, null, false, said, answered = (totals.field(index, lane) for lane in _SHOWN)
    return {
        "n": judged,
        "precision": share(tp, tp + fp),
        "recall": share(tp, tp + fn),
        "f1": f1(tp, fp, fn),
        "exact_match": share(right, judged),
        "false_answers": share(false, null),
        "coverage": share(answered, said),
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "null_in_gold": null,
        "false": false,
        **evidence_figures(totals, [index]),
    }


_SHOWN = (
    FieldLane.TP,
    FieldLane.FP,
    FieldLane.FN,
    FieldLane.JUDGED,
    FieldLane.RIGHT,
    FieldLane.NULL,
    FieldLane.FALSE,
    FieldLane.SAID,
    FieldLane.ANSWERED,
)


def drawn_figures(total: int, fields: int, names: ScoredNames) -> Figures:
    """Return every figure that has an interval, for one draw."""
    totals = unpacked_lanes(total, fields)
    by_field = {f"{path}.f1": _f1_of(totals, index) for path, index in {**names.top, **names.nested}.items()}
    everywhere = evidence_figures(totals, [*names.top.values(), *names.nested.values()])
    return {**overall(totals, names.top.values()), **everywhere, **by_field}


def scored_figures(scorer: Scorer, names: ScoredNames, seed: int) -> JsonObject:
    """Return the figures of a setting as JSON, with the 95 % intervals under ``NAME_95``."""
    fields = len(scorer.names)
    totals = unpacked_lanes(scorer.blocks.total, fields)

    def draw(total: int) -> Figures:
        return drawn_figures(total, fields, names)

    ranges = intervals([*scorer.blocks.sums.values()], draw, seed)
    whole = drawn_figures(scorer.blocks.total, fields, names)
    figures: JsonObject = {}
    for name, value in whole.items():
        if "." not in name:
            figures[name] = value
            figures[f"{name}_95"] = _pair(ranges.get(name))
    shown: JsonObject = {}
    for path, index in sorted({**names.top, **names.nested}.items()):
        rule = scorer.fields.rule_at(path)
        shown[path] = {
            "compare": rule,
            **of_field(totals, index),
            "f1_95": _pair(ranges.get(f"{path}.f1")),
            "in_macro": path in names.top,
        }
    return {"documents": totals.of(Lane.DOCUMENTS), **figures, "fields": shown}


def _pair(interval: Interval | None) -> Json:
    return None if interval is None else [*interval]


def differences(one: Scorer, other: Scorer, names: ScoredNames, seed: int) -> JsonObject:
    """Return the difference (`other` minus `one`) of every figure on the same documents, with its 95 % interval."""
    fields = len(one.names)
    order = [other.names.get(path) for path in one.names]
    bits = unpacked_lanes(0, fields)
    shift = 64 * len(bits.lanes)
    keys = sorted({*one.blocks.sums, *other.blocks.sums})
    mine = [one.blocks.sums.get(key, 0) for key in keys]
    theirs = [_reordered(other.blocks.sums.get(key, 0), len(other.names), order) for key in keys]
    mask = (1 << shift) - 1

    def draw(total: int) -> Figures:
        before, after = drawn_figures(total & mask, fields, names), drawn_figures(total >> shift, fields, names)
        return {name: _minus(after.get(name), before.get(name)) for name in {**before, **after}}

    pairs = [first | (second << shift) for first, second in zip(mine, theirs, strict=True)]
    ranges, whole = intervals(pairs, draw, seed), draw(sum(pairs))
    return {
        name: {"difference": value, "interval": _pair(ranges.get(name)), "certain": _is_certain(ranges.get(name))}
        for name, value in whole.items()
    }


def _minus(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _is_certain(interval: Interval | None) -> bool:
    """Whether the interval of a difference does not include zero."""
    return interval is not None and (interval[0] > 0 or interval[1] < 0)


def _reordered(counts: int, fields: int, order: Sequence[int | None]) -> int:
    """Return counts with their fields in another order; None is a field that they do not have."""
    lanes = unpacked_lanes(counts, fields).lanes
    made = list(lanes[:FIXED])
    for index in order:
        start = FIXED + EACH * index if index is not None else 0
        made += lanes[start : start + EACH] if index is not None else [0] * EACH
    return packed_lanes(made)


EVIDENCE = ("evidence_overlap", "evidence_precision", "evidence_recall", "evidence_f1")
FIGURES = (*overall(Totals(()), ()), *EVIDENCE)
"""The names of all figures of an evaluation as a whole."""
