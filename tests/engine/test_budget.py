"""Tokens and prices -> USD, and None where either is unknown."""

import pytest

from structgen.core.options import Mode
from structgen.core.records import Card, Completion, Request, Usage
from structgen.core.results import Attempt
from structgen.engine.budget import Prices, cost_of, cost_of_attempts

CARD = Card("a-model", price_in=1.0, price_cached_in=0.5, price_out=2.0)


def test_input_and_output_have_their_prices() -> None:
    assert cost_of(Usage(1_000_000, 500_000, None, None, 1), CARD) == pytest.approx(2.0)


def test_cached_input_has_its_own_price() -> None:
    assert cost_of(Usage(1_000_000, 0, 400_000, None, 1), CARD) == pytest.approx(0.6 + 0.2)


def test_cached_input_is_paid_in_full_where_it_has_no_price() -> None:
    card = Card("a-model", price_in=1.0, price_out=2.0)
    assert cost_of(Usage(1_000_000, 0, 400_000, None, 1), card) == pytest.approx(1.0)


@pytest.mark.parametrize("usage", [Usage(None, 5, calls=1), Usage(5, None, calls=1)])
def test_an_unknown_count_has_no_cost(usage: Usage) -> None:
    assert cost_of(usage, CARD) is None


@pytest.mark.parametrize("card", [None, Card("a-model"), Card("a-model", price_in=1.0), Card("a-model", price_out=1.0)])
def test_an_unknown_price_has_no_cost(card: Card | None) -> None:
    assert cost_of(Usage(5, 5, calls=1), card) is None


def test_no_call_costs_nothing() -> None:
    assert cost_of(Usage(), None) == 0.0


def attempt(usage: Usage, share: float = 1.0) -> Attempt:
    request = Request("groq", "a-model", (), Mode.JSON, {})
    return Attempt(request, Completion("{}", usage=usage, price_share=share), (), "")


def test_an_answer_of_a_batch_costs_its_share_beside_answers_at_the_full_price() -> None:
    usage = Usage(1_000_000, 500_000, calls=1)
    attempts = (attempt(usage, 0.5), attempt(usage))
    assert cost_of_attempts(attempts, CARD) == pytest.approx(1.0 + 2.0)
    assert Prices({("groq", "a-model"): CARD}).cost(attempts) == pytest.approx(1.0 + 2.0)


def test_one_unknown_count_makes_the_cost_of_all_attempts_unknown() -> None:
    attempts = (attempt(Usage(5, 5, calls=1)), attempt(Usage(5, None, calls=1), 0.5))
    assert cost_of_attempts(attempts, CARD) is None
