"""Model cards: what is known about a provider's models, as dated data, with the user's own on top."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from structgen.core.errors import ConfigurationError
from structgen.core.records import Card
from structgen.send.card_files import VARIABLE, bundled_cards, read_cards, user_file

_Cards = Mapping[tuple[str, str], Card]


def find_card(provider: str, model: str) -> Card | None:
    """The card of a model, None where nothing is known about it."""
    return _cards().get((provider, model))


def list_cards() -> tuple[Card, ...]:
    """Every card: models in service first, then retired ones with their replacements."""
    return tuple(sorted(_cards().values(), key=lambda card: card.status == "retired"))


def _cards() -> _Cards:
    """The cards, those of the user's file instead of ours. A file that changed is read again.

    Raises ConfigurationError for a file that cannot be used: a price that is not the user's would be a wrong one.
    """
    path = user_file()
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        if os.environ.get(VARIABLE, "").strip():
            raise ConfigurationError(f"There are no model cards at {path}: correct {VARIABLE}, or unset it.") from None
        return _merged(None, 0)
    return _merged(path, changed)


@lru_cache(maxsize=4)
def _merged(path: Path | None, changed: int) -> _Cards:  # noqa: ARG001 - the time of the change is part of the key
    own = read_cards(path) if path else ()
    return MappingProxyType({(card.provider, card.id): card for card in (*bundled_cards(), *own)})
