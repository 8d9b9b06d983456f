import json
from importlib.resources import files

import pytest

from structgen.core.options import Mode
from structgen.send import find_card, list_cards


def test_a_card_tells_sizes_prices_modes_and_limits() -> None:
    card = find_card("groq", "openai/gpt-oss-20b")
    assert card is not None
    assert (card.context_window, card.max_completion_tokens) == (131072, 65536)
    assert (card.price_in, card.price_cached_in, card.price_out) == (0.075, 0.0375, 0.3)
    assert card.modes == (Mode.JSON, Mode.JSON_SCHEMA, Mode.TOOLS, Mode.TEXT)
    assert card.strict
    assert card.limits["free"] == {"rpm": 30, "rpd": 1000, "tpm": 8000, "tpd": 200000}


def test_nothing_is_known_about_other_models() -> None:
    assert find_card("groq", "no/such") is None
    assert find_card("compatible", "openai/gpt-oss-20b") is None


def test_no_two_cards_are_of_one_model() -> None:
    names = [(card.provider, card.id) for card in list_cards()]
    assert len(names) == len(set(names)) > 40


@pytest.mark.parametrize("card", [card for card in list_cards() if card.replacement], ids=lambda card: card.id)
def test_a_replacement_is_a_model_in_service_or_none_of_ours(card: object) -> None:
    retired = card
    assert getattr(retired, "status") == "retired"  # noqa: B009 - parametrize gives an object
    replacement = find_card("groq", getattr(retired, "replacement"))  # noqa: B009 - the same
    assert replacement is None or replacement.status in {"production", "preview"}


def test_only_retired_models_are_without_a_size() -> None:
    assert all(card.context_window for card in list_cards() if card.status != "retired")


def test_a_strict_model_has_the_mode_for_it() -> None:
    assert all(Mode.JSON_SCHEMA in card.modes for card in list_cards() if card.strict)


def test_limits_cannot_be_changed_by_a_reader() -> None:
    card = find_card("groq", "openai/gpt-oss-20b")
    assert card is not None
    with pytest.raises(TypeError):
        card.limits["free"]["rpm"] = 1  # pyright: ignore[reportIndexIssue] - what the test is about


def test_the_data_says_when_it_was_collected() -> None:
    assert json.loads((files("structgen.send") / "cards.json").read_text("utf-8"))["collected"] == "2026-11-21"
