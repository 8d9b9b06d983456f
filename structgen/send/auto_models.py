"""Names such as ``groq/auto:simple`` -> a model, by the cards of the provider."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from structgen.core.errors import ConfigurationError
from structgen.core.options import Mode
from structgen.core.records import Card
from structgen.send.model_cards import list_cards

AUTO = "auto:"

_PLACES: Mapping[str, float] = MappingProxyType({"simple": 0.0, "medium": 0.5, "complex": 1.0})
"""Where the model for each difficulty is among the models from the cheapest to the most expensive."""


def named_model(model: str) -> str:
    """Return the model that a string names: ``groq/auto:simple`` becomes ``groq/<id>``, any other stays as it is."""
    provider, _, name = model.strip().partition("/")
    return f"{provider}/{auto_model(provider, name)}" if name.startswith(AUTO) else model.strip()


def auto_model(provider: str, name: str) -> str:
    """Return the id of the provider's model for ``auto:simple``, ``auto:medium`` or ``auto:complex``.

    The models in production that answer in JSON are put in the order of their prices: simple is the cheapest, complex
    the most expensive, medium the one in the middle, of two the more expensive. Raises ConfigurationError for another
    word, and if no card of the provider has a price.
    """
    difficulty = name.removeprefix(AUTO)
    if difficulty not in _PLACES:
        words = ", ".join(f"{provider}/{AUTO}{word}" for word in _PLACES)
        raise ConfigurationError(f"{provider}/{name} is not a difficulty: write one of {words}.")
    ranked = sorted(filter(lambda card: _is_eligible(card, provider), list_cards()), key=_price)
    if not ranked:
        raise ConfigurationError(
            f"{provider}/{name} cannot be chosen: no model card of {provider} is in production and has a price. Name a "
            "model; `structgen models` lists the cards."
        )
    return ranked[round(_PLACES[difficulty] * (len(ranked) - 1) + 0.01)].id


def _is_eligible(card: Card, provider: str) -> bool:
    answers = {Mode.JSON, Mode.JSON_SCHEMA, Mode.TOOLS} & set(card.modes)
    priced = card.price_in is not None and card.price_out is not None
    return card.provider == provider and card.status == "production" and bool(answers) and priced


def _price(card: Card) -> tuple[float, str]:
    """Return what a typical call costs, with twice as much input as output; the id settles equal prices."""
    return 2 * (card.price_in or 0.0) + (card.price_out or 0.0), card.id
