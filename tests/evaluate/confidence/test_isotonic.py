"""Isotonic regression: rising steps, as scipy finds them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.evaluate.confidence.isotonic import Counted, isotonic

POINTS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 40), st.integers(0, 40)).map(
        lambda one: Counted(one[0] / 10, one[1], min(one[1], one[2]))
    ),
    min_size=1,
    max_size=40,
)


@given(POINTS, st.integers(1, 30))
def test_probabilities_rise_with_the_score_and_every_field_is_counted(points: list[Counted], least: int) -> None:
    curve = isotonic(points, least)
    likely = [block.probability for block in curve.blocks]
    assert likely == sorted(set(likely))
    assert all(0 < one < 1 for one in likely)
    assert sum(block.number for block in curve.blocks) == sum(point.number for point in points)
    *lower, highest = curve.blocks
    assert not lower or highest.number >= least
    # only what is clearly worse may be less: the intervals of 3 standard deviations need this distance at least
    assert all(block.number >= least or highest.probability - block.probability > 0.25 for block in lower)


@settings(deadline=None)  # the first example imports scipy
@given(POINTS)
def test_the_steps_are_those_of_scipy_but_for_the_prior(points: list[Counted]) -> None:
    optimize = pytest.importorskip("scipy.optimize")
    by_score: dict[float, tuple[int, int]] = {}
    for score, number, right in points:
        held = by_score.get(score, (0, 0))
        by_score[score] = (held[0] + 1_000 * number, held[1] + 1_000 * right)  # the prior weighs half a field
    scores = sorted(by_score)
    shares = [by_score[score][1] / by_score[score][0] for score in scores]
    expected = optimize.isotonic_regression(shares, weights=[by_score[score][0] for score in scores]).x
    curve = isotonic(Counted(score, *by_score[score]) for score in scores)
    assert [curve(score) for score in scores] == pytest.approx(list(expected), abs=0.001)


def test_a_score_below_all_others_is_as_likely_as_the_lowest() -> None:
    curve = isotonic([Counted(1.0, 10, 2), Counted(2.0, 10, 9)])
    assert curve(-5) == curve(1.0) < curve(2.0) == curve(99)


def test_few_fields_never_reach_a_high_probability() -> None:
    assert isotonic([Counted(1.0, 40, 40)])(1.0) < 0.99 < isotonic([Counted(1.0, 60, 60)])(1.0)


def test_without_points_there_is_no_curve() -> None:
    with pytest.raises(ValueError, match="no curve"):
        isotonic([])
