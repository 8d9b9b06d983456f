"""Isotonic regression (pool adjacent violators): turn scores into probabilities that rise with the score.

Written here, because the libraries that have it are a hundred times the size of structgen. Tests compare it
with `scipy.optimize.isotonic_regression`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from typing import NamedTuple


class Counted(NamedTuple):
    """Fields with one score: how many there are, and how many of them are right."""

    score: float
    number: int
    right: int


class Block(NamedTuple):
    """Fields with the scores from `low` on, up to that of the next block."""

    low: float
    number: int
    right: int

    @property
    def probability(self) -> float:
        """The share of right ones with Jeffreys' prior: never 0 or 1, and never surer than their number allows."""
        return (self.right + 0.5) / (self.number + 1)


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising step function from scores to probabilities."""

    blocks: tuple[Block, ...]

    def __call__(self, score: float) -> float:
        """Return the probability of a score. One below all blocks has that of the first."""
        at = bisect_right(self.blocks, score, key=lambda block: block.low) - 1
        return self.blocks[max(0, at)].probability


def isotonic(points: Iterable[Counted], least: int = 1) -> Curve:
    """Return the rising curve that fits the points best.

    Each of its steps is from at least `least` fields, or from fewer that are clearly worse than all with higher scores.
    Raises ValueError without points.
    """
    blocks: list[Block] = []
    for binned in _binned(points, least):
        blocks.append(binned)
        while len(blocks) > 1 and not _rises(*blocks[-2:]):
            blocks[-2:] = [_joined(blocks[-2], blocks[-1])]
    if not blocks:
        raise ValueError("There is no curve without points.")
    return Curve(tuple(blocks))


def _rises(lower: Block, upper: Block) -> bool:
    """Whether both the shares and the probabilities rise: a small block is less certain than its share says.

    Blocks in which everything is right are one, or the smaller of them would count as worse.
    """
    return lower.right * upper.number < upper.right * lower.number and lower.probability < upper.probability


def _joined(one: Block, other: Block) -> Block:
    return Block(one.low, one.number + other.number, one.right + other.right)


def _binned(points: Iterable[Counted], least: int) -> Iterable[Block]:
    """Return the points in order of their scores, as many together as `least` asks for; equal scores always are.

    Fewer are enough if they are clearly worse than all that follow: joined with those they would hide each other.
    """
    bins: list[Block] = []
    full = True
    blocks = _by_score(points)
    number, right = sum(block.number for block in blocks), sum(block.right for block in blocks)
    for block in blocks:
        number, right = number - block.number, right - block.right
        bins[-1:] = [block] if not bins else [bins[-1], block] if full else [_joined(bins[-1], block)]
        full = bins[-1].number >= least or _clearly_worse(bins[-1], Block(block.low, number, right))
    while len(bins) > 1 and bins[-1].number < least:
        bins[-2:] = [_joined(bins[-2], bins[-1])]
    return bins


def _by_score(points: Iterable[Counted]) -> list[Block]:
    found: list[Block] = []
    for score, several in groupby(sorted(points), key=lambda point: point.score):
        group = list(several)
        found.append(Block(score, sum(point.number for point in group), sum(point.right for point in group)))
    return found


_DEVIATIONS = 3.0
"""Standard deviations between shares that differ for certain."""


def _clearly_worse(lower: Block, rest: Block) -> bool:
    """Whether the intervals (Wilson) of both shares do not meet."""
    return bool(rest.number) and _wilson(lower)[1] < _wilson(rest)[0]


def _wilson(block: Block) -> tuple[float, float]:
    share, square = block.right / block.number, _DEVIATIONS**2
    middle = share + square / (2 * block.number)
    reach = _DEVIATIONS * sqrt(share * (1 - share) / block.number + square / (4 * block.number**2))
    whole = 1 + square / block.number
    return (middle - reach) / whole, (middle + reach) / whole
