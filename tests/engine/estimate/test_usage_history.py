from __future__ import annotations

from dataclasses import replace

import pytest

from structgen.core.records import Completion, Usage
from structgen.engine.estimate.run_time import limited_seconds, tier_of
from structgen.engine.estimate.usage_history import Pace, Rates, rates_of, rates_of_model
from structgen.store.usage_samples import UsageSample


def sample(
    chars: int, tokens_in: int | None, tokens_out: int | None, *, messages: int = 1, at: float = 0.0
) -> UsageSample:
    said = [{"role": "user", "content": "x" * (chars if number == 0 else 0)} for number in range(messages)]
    return UsageSample(
        {"messages": said}, f"text {at}", Completion("", usage=Usage(tokens_in, tokens_out, calls=1)), at, 1
    )


def test_prompts_lie_on_a_line_and_answers_at_their_mean() -> None:
    rates = rates_of(0, [sample(100 * n, 10 + 30 * n, 20 + n % 2, at=n) for n in range(1, 9)], ())
    assert rates is not None
    assert rates.input.at(1000) == pytest.approx(310)
    assert rates.output is not None
    assert rates.output.at(100_000) == pytest.approx(20.5)


def test_answers_that_grow_with_their_texts_do_so_in_the_estimate() -> None:
    rates = rates_of(0, [sample(100 * n, 30 * n, 5 * n, at=n) for n in range(1, 9)], ())
    assert rates is not None
    assert rates.output is not None
    assert rates.output.at(2000) == pytest.approx(100)


def test_what_asked_again_counts_on_top() -> None:
    firsts = [sample(100, 40, 10, at=n) for n in range(4)]
    again = sample(100, 80, 20, messages=3, at=9)
    rates = rates_of(0, [again, *firsts], ())
    assert rates is not None
    assert (rates.calls, rates.more_in, rates.more_out) == (1.25, 1.5, 1.5)


def test_the_latency_is_the_mean_of_the_responses_that_tell_it() -> None:
    told = [replace(sample(100, 40, 10, at=n), completion=said(seconds)) for n, seconds in enumerate((1.0, None, 3.0))]
    rates = rates_of(0, told, ())
    assert rates is not None
    assert rates.latency == 2.0
    assert rates_of_model([sample(100, 40, 10)]) == replace(rates_of_model(told) or Rates(), latency=None, samples=1)


def said(seconds: float | None) -> Completion:
    return Completion("", usage=Usage(40, 10, calls=1), seconds=seconds)


def test_responses_without_counts_tell_nothing() -> None:
    assert rates_of(0, [sample(100, None, None)], ()) is None
    assert rates_of_model([sample(100, None, 4)]) is None


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [({"rpm": 30}, 140), ({"tpm": 1000}, 540), ({"rpm": 1000}, 0), ({}, 0), ({"rpm": 30, "tpm": 1000}, 540)],
)
def test_the_strictest_limit_decides_and_begins_full(limits: dict[str, int], seconds: float) -> None:
    assert limited_seconds(limits, 100, 8000, 2000) == pytest.approx(seconds)


def test_a_run_that_was_faster_than_a_tier_allows_had_a_larger_one() -> None:
    tiers = {"free": {"tpm": 1000}, "dev": {"tpm": 100_000}}
    assert tier_of(tiers, None) == "free"
    assert tier_of(tiers, Pace(0.1, 10.0, 100, 50_000)) == "dev"
    assert tier_of(tiers, Pace(0.1, 1.0, 100, 50_000_000)) is None
