"""Bootstrap intervals over documents: how much figures would vary with other documents of the same kind.

Documents are drawn with replacement, many times. Beyond a thousand documents, groups of documents are drawn in their
place: as many groups as before, to which the documents belong at random.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

BLOCKS, TIMES = 1_000, 1_000
"""Maximum groups of documents, and how often they are drawn."""
_LOW, _HIGH = 0.025, 0.975

Figures = Mapping[str, float | None]
Interval = tuple[float, float]


@dataclass(slots=True)
class Blocks:
    """The counts of documents, as integers that can be added, in at most `BLOCKS` groups.

    The group of a document depends on its number and the seed alone, so that two settings have the same groups.
    """

    seed: int = 0
    sums: dict[int, int] = field(default_factory=dict[int, int])
    _round: int = 0
    _order: list[int] = field(default_factory=lambda: [*range(BLOCKS)])

    def add(self, number: int, counts: int) -> None:
        """Add the counts of the document with this number."""
        block = self._of(number)
        self.sums[block] = self.sums.get(block, 0) + counts

    def _of(self, number: int) -> int:
        turn, place = divmod(number, BLOCKS)
        if turn != self._round:
            self._round, self._order = turn, [*range(BLOCKS)]
            random.Random(f"{self.seed}:{turn}").shuffle(self._order)  # noqa: S311  no secret
        return self._order[place] if turn else place

    @property
    def total(self) -> int:
        """The counts of all documents."""
        return sum(self.sums.values())


def intervals(blocks: Sequence[int], figures: Callable[[int], Figures], seed: int) -> dict[str, Interval]:
    """Return the 95 % interval of each figure. A figure without a value in most of the draws has none."""
    rng = random.Random(seed)  # noqa: S311  no secret
    drawn: dict[str, list[float]] = {}
    for _ in range(TIMES if len(blocks) > 1 else 0):
        for name, value in figures(sum(rng.choices(blocks, k=len(blocks)))).items():
            if value is not None:
                drawn.setdefault(name, []).append(value)
    return {name: _interval(sorted(found)) for name, found in drawn.items() if len(found) * 2 > TIMES}


def _interval(drawn: Sequence[float]) -> Interval:
    return drawn[int(_LOW * len(drawn))], drawn[int(_HIGH * (len(drawn) - 1))]
