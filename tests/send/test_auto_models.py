"""Models by difficulty, chosen from the cards."""

import json
from pathlib import Path

import pytest

from structgen import ConfigurationError, Extractor, compile_request, fields
from structgen.send import named_model
from structgen.testing import Emulator

SMALL, LARGE = "groq/openai/gpt-oss-20b", "groq/openai/gpt-oss-120b"


@pytest.fixture
def prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [
        {
            "id": f"m{price}",
            "provider": "local",
            "status": "production",
            "modes": ["json"],
            "price_in": price,
            "price_out": price,
        }
        for price in (3, 1, 2)
    ]
    odd = [
        {**cards[0], "id": "old", "status": "retired", "price_in": 0.1},
        {**cards[0], "id": "text", "modes": ["text"], "price_in": 0.1},
        {"id": "unpriced", "provider": "local", "status": "production", "modes": ["json"]},
    ]
    path = tmp_path / "cards.json"
    path.write_text(json.dumps({"cards": [*cards, *odd]}))
    monkeypatch.setenv("STRUCTGEN_CARDS", str(path))


@pytest.mark.usefixtures("prices")
@pytest.mark.parametrize(("difficulty", "model"), [("simple", "m1"), ("medium", "m2"), ("complex", "m3")])
def test_a_difficulty_chooses_by_price_among_the_models_in_production(difficulty: str, model: str) -> None:
    assert named_model(f"local/auto:{difficulty}") == f"local/{model}"


def test_of_two_models_the_medium_one_is_the_better() -> None:
    assert [named_model(f"groq/auto:{word}") for word in ("simple", "medium", "complex")] == [SMALL, LARGE, LARGE]


def test_other_names_stay_as_they_are() -> None:
    assert named_model(SMALL) == SMALL
    assert named_model("compatible/openrouter/auto") == "compatible/openrouter/auto"


def test_the_extractor_names_the_model_that_was_chosen(groq_emulator: Emulator) -> None:
    assert Extractor("groq/auto:simple").model == SMALL
    assert compile_request(fields("name"), "A text", model="groq/auto:complex").model == LARGE[5:]


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("groq/auto:hard", "write one of groq/auto:simple, groq/auto:medium"),
        ("nobody/auto:simple", "no model card of nobody"),
    ],
)
def test_what_cannot_be_chosen_is_refused(model: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        named_model(model)
