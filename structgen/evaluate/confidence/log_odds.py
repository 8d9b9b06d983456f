"""Score a field by its signals: the sum of their weights, in log-odds. The weights are fitted to gold from a prior.

The prior comes from documents with planted errors: `python tests/benchmarks/planted_errors.py --prior` writes
prior_weights.json, and a test beside that script compares the two. With gold of a task the weights move away from the
prior as far as that gold is evidence: logistic regression with a ridge around the prior.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp
from typing import cast

Signals = frozenset[str]

_RIDGE = 1.0
"""How many fields' worth of evidence the prior of each weight is."""
_SWEEPS = 25
_MOST = 12.0
"""The largest change of a score in one step: Newton's step overshoots where all fields agree."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A field of a document with gold: its signals, and whether its value is right."""

    signals: Signals
    right: bool
    document: str = ""


@dataclass(frozen=True, slots=True)
class Weights:
    """The weight of each signal; `base` is that of every field."""

    base: float
    of: Mapping[str, float]

    def score(self, signals: Iterable[str]) -> float:
        """Return the score of a field. The order of the signals does not matter, not even for the last bit."""
        return self.base + sum(sorted(self.of.get(name, 0.0) for name in signals))


@cache
def prior() -> Weights:
    """Return the weights before any gold is seen."""
    read = json.loads(files("structgen.evaluate.confidence").joinpath("prior_weights.json").read_text("utf-8"))
    return Weights(float(read["base"]), cast("dict[str, float]", read["of"]))


def fit(samples: Iterable[Sample], start: Weights | None = None, ridge: float = _RIDGE) -> Weights:
    """Return the weights that explain the samples best, near those that it starts from.

    One weight after the other takes a Newton step. Equal sets of signals are one pattern, of which there are few, so
    that the time hardly depends on the number of samples.
    """
    start = start or prior()
    patterns = _patterns(samples)
    names = sorted({name for signals, _, _ in patterns for name in signals})
    having = defaultdict[str, list[int]](list)
    for number, (signals, _, _) in enumerate(patterns):
        for name in signals:
            having[name].append(number)
    weights, base = {name: start.of.get(name, 0.0) for name in names}, start.base
    scores = [base + sum(weights[name] for name in signals) for signals, _, _ in patterns]
    everywhere = range(len(patterns))
    for _ in range(_SWEEPS):
        base += _step(patterns, scores, everywhere, base - start.base, ridge)
        for name in names:
            weights[name] += _step(patterns, scores, having[name], weights[name] - start.of.get(name, 0.0), ridge)
    return Weights(base, {**start.of, **weights})


_Pattern = tuple[Signals, int, int]


def _patterns(samples: Iterable[Sample]) -> list[_Pattern]:
    """Return each set of signals with the number of its fields and of those that are right."""
    count, right = Counter[Signals](), Counter[Signals]()
    for sample in samples:
        count[sample.signals] += 1
        right[sample.signals] += sample.right
    return sorted(
        ((signals, number, right[signals]) for signals, number in count.items()), key=lambda one: sorted(one[0])
    )


def _step(patterns: list[_Pattern], scores: list[float], where: Iterable[int], away: float, ridge: float) -> float:
    """Change the scores of some patterns by the best change of one weight, and return that."""
    slope, curvature = ridge * away, ridge
    for number in where:
        _, count, right = patterns[number]
        likely = logistic(scores[number])
        slope += count * likely - right
        curvature += count * likely * (1 - likely)
    change = max(-_MOST, min(_MOST, -slope / curvature))
    for number in where:
        scores[number] += change
    return change


def logistic(score: float) -> float:
    """Return the probability of log-odds."""
    return 1 / (1 + exp(-score)) if score > -700 else 0.0
