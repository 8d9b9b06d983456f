"""Compare rows with gold, and make the samples that a calibration is fitted to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from structgen.core.json import Json, JsonObject, is_within
from structgen.core.records import Conventions
from structgen.evaluate.comparison import ScoredFields, Verdict, judge
from structgen.evaluate.confidence.field_signals import signals_of
from structgen.evaluate.confidence.log_odds import Sample
from structgen.schema import Schema


def samples_of(
    row: JsonObject,
    gold: Json,
    text: str | None,
    schema: Schema[object],
    conventions: Conventions | None = None,
    unjudged: Iterable[str] = (),
) -> Iterator[Sample]:
    """Yield a sample for each field of a row that gold says something about.

    `unjudged` are paths about which gold says nothing. A null is right if gold has none either. What the row lacks
    altogether is not one of its fields, and has no sample.
    """
    if row.get("value") is None:
        return
    unjudged = frozenset(unjudged)
    signals = signals_of(row, text, schema, conventions)
    name = f"{row.get('source')} {row.get('id')}"
    for leaf in judge(gold, row.get("value"), ScoredFields.of(schema)).leaves:
        if leaf.whole or leaf.value_path is None or leaf.verdict is Verdict.UNANSWERED:
            continue
        if leaf.gold_path is not None and is_within(leaf.gold_path, unjudged):
            continue
        if leaf.value_path in signals:
            yield Sample(signals[leaf.value_path], leaf.verdict is Verdict.RIGHT, name)
