"""Which rows of gold teach, which choose, and which are only for the report."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass

from structgen.core.errors import ConfigurationError
from structgen.evaluate.gold.gold_rows import GoldRow

LEAST = 2
"""Documents that a side needs: an interval needs two."""

ENOUGH_TO_TEACH = 6
"""With fewer documents for training, all of them choose and none becomes a worked example."""


@dataclass(frozen=True, slots=True)
class GoldSplit:
    """Gold in three parts without a common text. The training split is `teaching` and `choosing`.

    A row that becomes a worked example must not choose: a model copies the answer that it has just been shown.
    """

    teaching: tuple[GoldRow, ...]
    choosing: tuple[GoldRow, ...]
    report: tuple[GoldRow, ...]


def split_gold(rows: Iterable[GoldRow], seed: int) -> GoldSplit:
    """Split gold at random: half for the report, a sixth to teach, a third to choose.

    One row is taken of equal texts, because otherwise one side would know those of the other. Raises
    ConfigurationError if gold is too small.
    """
    texts = {row.text or "": row for row in rows}
    shuffled = [*texts.values()]
    random.Random(f"{seed}:split").shuffle(shuffled)  # noqa: S311  no secret
    half = len(shuffled) // 2
    training, report = shuffled[half:], shuffled[:half]
    if half < LEAST:
        raise ConfigurationError(
            f"Gold has {len(shuffled)} usable rows with different texts, which is too small for a split: give at least "
            f"{2 * LEAST}, half of them to choose by and half for the report."
        )
    taught = len(training) // 3 if len(training) >= ENOUGH_TO_TEACH else 0
    return GoldSplit(tuple(training[:taught]), tuple(training[taught:]), tuple(report))
