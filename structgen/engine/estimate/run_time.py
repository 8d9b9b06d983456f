"""How long requests take at least under rate limits. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from structgen.engine.estimate.usage_history import Pace
from structgen.send.limits.buckets import Measure


def limited_seconds(limits: Mapping[str, int], requests: float, tokens_in: float, tokens_out: float) -> float:
    """Return the seconds that these requests take at least under the limits of a tier, beginning with full limits."""
    longest = 0.0
    for measure in Measure:
        if limit := limits.get(measure):
            amount = _amount(measure, requests, tokens_in, tokens_out)
            # what drains while the others are sent was used before: the first `limit` need not wait
            longest = max(longest, (amount - limit) * measure.period / limit)
    return longest


def _amount(measure: Measure, requests: float, tokens_in: float, tokens_out: float) -> float:
    if not measure.of_tokens:
        return requests
    return {Measure.ITPM: tokens_in, Measure.OTPM: tokens_out}.get(measure, tokens_in + tokens_out)


def tier_of(tiers: Mapping[str, Mapping[str, int]], pace: Pace | None) -> str | None:
    """Return the smallest tier that allows what the last run took, or None if that exceeded all tiers."""
    if not tiers:
        return None
    ranked = sorted(tiers, key=lambda name: tiers[name].get(Measure.TPM, 0) or tiers[name].get(Measure.RPM, 0))
    if pace is None:
        return ranked[0]
    fitting = (
        name
        for name in ranked
        if limited_seconds(tiers[name], pace.requests, 0, pace.tokens) <= pace.seconds * _TOLERANCE + 1
    )
    return next(fitting, None)


_TOLERANCE = 1.2
"""Tolerance, because servers count slightly differently from what they report."""
