"""Calibration: learn from gold the probability that a field with certain signals is right.

A raw score means nothing to a user, so it is never shown. Only a `Calibration` turns it into a probability, and that
requires enough gold.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby

from structgen.core.errors import ConfigurationError
from structgen.evaluate.confidence.isotonic import Counted, Curve, isotonic
from structgen.evaluate.confidence.log_odds import Sample, Signals, Weights, fit, prior

LEAST_DOCUMENTS = 5
LEAST_FIELDS = 60
"""Minimum gold for a calibration: a share of fewer fields is too uncertain to be called a probability."""
FULL_FIELDS = 400
FULL_ERRORS = 15
"""Minimum gold to fit the weights: below either, they stay those of the prior, and the curve has wide steps."""
_STEP, _WIDE_STEP = 20, 40
"""The fewest fields of a step of the curve."""
_FOLDS = 5
_BINS = 10


class Uncalibrated(ConfigurationError):
    """The gold is not enough for probabilities."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How good the probabilities are on documents that they were not fitted to (cross-validation by document).

    `error` is the expected calibration error over ten bins. `kept` is the share of fields with a probability of at
    least .99 and `precision` the share of these that is right (None without any). `found` is the share of all errors
    among the least sure tenth of the fields (None without errors).
    """

    error: float
    kept: float
    precision: float | None
    found: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """The weights and the curve of a task, and the gold behind them.

    `pooled` says that there was too little gold to fit the weights: they are those of the prior. `quality` is None
    then, if there are too few documents for cross-validation.
    """

    weights: Weights
    curve: Curve
    documents: int
    fields: int
    errors: int
    pooled: bool
    quality: Quality | None = None

    def probability(self, signals: Iterable[str]) -> float:
        """Return the probability that a field with these signals is right."""
        return self.curve(self.weights.score(signals))

    def probabilities(self, signals: Mapping[str, Signals]) -> dict[str, float]:
        """Return the probability of each field, by path, in four digits."""
        return {path: round(self.probability(names), 4) for path, names in signals.items()}


def calibrate(samples: Sequence[Sample]) -> Calibration:
    """Return the calibration by these fields of documents with gold. Raises Uncalibrated if they are too few."""
    documents = {sample.document for sample in samples}
    errors = sum(not sample.right for sample in samples)
    if len(documents) < LEAST_DOCUMENTS or len(samples) < LEAST_FIELDS:
        raise Uncalibrated(
            f"The gold has {len(samples)} fields of {len(documents)} documents that can be compared, and calibration "
            f"needs at least {LEAST_FIELDS} of {LEAST_DOCUMENTS}: add gold rows."
        )
    pooled = len(samples) < FULL_FIELDS or errors < FULL_ERRORS
    weights, curve = _fitted(samples, pooled=pooled)
    quality = quality_of(_held_out(samples, pooled=pooled))
    return Calibration(weights, curve, len(documents), len(samples), errors, pooled, quality)


def _fitted(samples: Sequence[Sample], *, pooled: bool) -> tuple[Weights, Curve]:
    """Return the weights and the curve. The scores for the curve come from weights that were fitted without them."""
    if pooled:
        return prior(), isotonic(_counted((prior().score(one.signals), one.right) for one in samples), _WIDE_STEP)
    scored: list[tuple[float, bool]] = []
    for rest, fold in _folds(samples):
        weights = fit(rest)
        scored += [(weights.score(one.signals), one.right) for one in fold]
    return fit(samples), isotonic(_counted(scored), _STEP)


def _counted(scored: Iterable[tuple[float, bool]]) -> list[Counted]:
    groups = groupby(sorted(scored), key=lambda one: one[0])
    counts = ((score, [right for _, right in several]) for score, several in groups)
    return [Counted(score, len(rights), sum(rights)) for score, rights in counts]


def _folds(samples: Sequence[Sample]) -> Iterable[tuple[list[Sample], list[Sample]]]:
    """Yield the samples outside and inside of each fold. A document is in one fold as a whole.

    Which one depends on its name alone: in their order, documents of one kind may come at regular distances.
    """
    mixed = sorted({one.document for one in samples}, key=lambda name: sha256(name.encode("utf-8", "replace")).digest())
    number = {document: at % _FOLDS for at, document in enumerate(mixed)}
    for fold in range(_FOLDS):
        inside = [one for one in samples if number[one.document] == fold]
        if inside:
            yield [one for one in samples if number[one.document] != fold], inside


def _held_out(samples: Sequence[Sample], *, pooled: bool) -> list[tuple[float, bool]]:
    """Return each field with the probability that it gets from the other documents."""
    found: list[tuple[float, bool]] = []
    for rest, fold in _folds(samples):
        weights, curve = _fitted(rest, pooled=pooled)
        found += [(curve(weights.score(one.signals)), one.right) for one in fold]
    return found


def quality_of(judged: Sequence[tuple[float, bool]], accept: float = 0.99) -> Quality:
    """Return how good probabilities are, given for fields of which it is known whether they are right."""
    kept = [right for likely, right in judged if likely >= accept]
    errors = sum(not right for _, right in judged)
    return Quality(
        expected_error(judged),
        len(kept) / max(1, len(judged)),
        sum(kept) / len(kept) if kept else None,
        _found(judged) / errors if errors else None,
    )


def _found(judged: Sequence[tuple[float, bool]]) -> float:
    """Return how many errors are among the least sure tenth. Of fields with equal probabilities it is a part."""
    room = len(judged) / 10
    found = 0.0
    for _, several in groupby(sorted(judged, key=lambda one: one[0]), key=lambda one: one[0]):
        rights = [right for _, right in several]
        part = min(1.0, room / len(rights))
        found += part * sum(not right for right in rights)
        room -= part * len(rights)
        if room <= 0:
            break
    return found


def expected_error(judged: Sequence[tuple[float, bool]]) -> float:
    """Return the expected calibration error: by how much probabilities and shares differ, over ten bins."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for likely, right in judged:
        bins.setdefault(min(_BINS - 1, int(likely * _BINS)), []).append((likely, right))
    gaps = (abs(sum(likely - right for likely, right in held)) for held in bins.values())
    return sum(gaps) / max(1, len(judged))
