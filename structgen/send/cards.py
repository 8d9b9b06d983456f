"""Model cards: what is known about a provider's models, as dated data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from structgen.core.options import Mode
from structgen.core.records import Card


def find_card(provider: str, model: str) -> Card | None:
    """The card of a model, None where nothing is known about it."""
    return _cards().get((provider, model))


def list_cards() -> tuple[Card, ...]:
    """Every card: models in service first, then retired ones with their replacements."""
    return tuple(_cards().values())


@cache
def _cards() -> Mapping[tuple[str, str], Card]:
    data: dict[str, Any] = json.loads((files("structgen.send") / "cards.json").read_text("utf-8"))
    cards = (_card(entry) for entry in data["cards"])
    return MappingProxyType({(card.provider, card.id): card for card in cards})


def _card(entry: dict[str, Any]) -> Card:
    """A card from its JSON, in which every key is a field of the record."""
    entry = dict(entry)
    entry["modes"] = tuple(Mode(mode) for mode in entry.get("modes", ()))
    entry["reasoning"] = tuple(entry.get("reasoning", ()))
    entry["limits"] = MappingProxyType(
        {tier: MappingProxyType(limits) for tier, limits in entry.get("limits", {}).items()}
    )
    return Card(**entry)
