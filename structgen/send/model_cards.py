"""Model cards: dated data about the models of each provider. The user's own cards take precedence.

Both files of cards follow the JSON Schema beside this module, ``cards.schema.json``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

from structgen.core.errors import ConfigurationError
from structgen.core.json import Json, refuse_constant
from structgen.core.options import Mode
from structgen.core.records import Card
from structgen.send.http.providers import CHAT_APIS

_Cards = Mapping[tuple[str, str], Card]


def find_card(provider: str, model: str) -> Card | None:
    """Return the card of a model, or None if the model is unknown.

    Every model of a compatible server has a card: it says at least that mode AUTO begins with JSON_SCHEMA there.
    """
    card = _cards().get((provider, model))
    if (api := CHAT_APIS.get(provider)) is None or not api.schema_first:
        return card
    # Nobody knows what a model without a card can see, so images are left to the server.
    card = card or Card(model, provider, vision=True)
    return replace(card, schema_first=not card.modes or Mode.JSON_SCHEMA in card.modes)


def list_cards() -> tuple[Card, ...]:
    """Return every card: models in service first, then retired ones with their replacements."""
    return tuple(sorted(_cards().values(), key=lambda card: card.status == "retired"))


def list_models(*, retired: bool = False) -> tuple[Card, ...]:
    """Return the cards of the known models: sizes, prices, modes and rate limits. Retired models only on request.

    Raises ConfigurationError if the user's own file of cards is invalid.
    """
    return tuple(card for card in list_cards() if retired or card.status != "retired")


def _cards() -> _Cards:
    """Return all cards; the user's replace the bundled ones. A file that changed is read again.

    Raises ConfigurationError for an invalid file. Falling back to the bundled cards would report wrong costs.
    """
    path = user_file()
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        if os.environ.get(VARIABLE, "").strip():
            raise ConfigurationError(
                f"There is no file of model cards at {path}: correct {VARIABLE}, or unset it."
            ) from None
        return _merged(None, 0)
    return _merged(path, changed)


@lru_cache(maxsize=4)
def _merged(path: Path | None, changed: int) -> _Cards:  # noqa: ARG001 - the time of the change is part of the key
    own = read_cards(path) if path else ()
    return MappingProxyType({(card.provider, card.id): card for card in (*bundled_cards(), *own)})


VARIABLE = "STRUCTGEN_CARDS"


def user_file(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the path of the user's cards: STRUCTGEN_CARDS, else ``structgen/cards.json`` in the settings folder."""
    named = environ.get(VARIABLE, "").strip()
    settings = environ.get("XDG_CONFIG_HOME", "").strip() or "~/.config"
    written = named or f"{settings}/structgen/cards.json"
    return Path(os.path.expanduser(written))  # noqa: PTH111 - Path.expanduser raises if the user has no home


def bundled_cards() -> tuple[Card, ...]:
    """Return the cards that come with structgen."""
    data = json.loads((files("structgen.send") / "cards.json").read_text("utf-8"))
    return tuple(map(_card, data["cards"]))


def read_cards(path: Path) -> tuple[Card, ...]:
    """Return the cards of a user's file. Raises ConfigurationError, with a message of one line, if it is invalid."""
    data = _decode(path)
    _check(data, path)
    cards = tuple(map(_card, cast("dict[str, Any]", data)["cards"]))
    names = [f"{card.provider}/{card.id}" for card in cards]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ConfigurationError(f"The model cards in {path} contain {twice} twice. Keep one of them.")
    return cards


def write_cards(path: Path, cards: tuple[Card, ...]) -> None:
    """Write a user's file atomically. Raises ConfigurationError if it cannot be written."""
    text = json.dumps({"cards": [entry_of(card) for card in cards]}, indent=1, ensure_ascii=False)
    # Written beside the file and then renamed: a reader sees the old file or the new one, never half of one.
    beside = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text + "\n", "utf-8")
        beside.replace(path)
    except OSError as problem:
        raise ConfigurationError(f"Cannot write the model cards to {path}: {problem.strerror}.") from None


def entry_of(card: Card) -> dict[str, Any]:
    """Return a card as JSON, without the fields that are unknown."""
    entry = {name: getattr(card, name) for name in Card.__dataclass_fields__ if name != "schema_first"}
    entry["limits"] = {tier: dict(limits) for tier, limits in card.limits.items()}
    return {name: value for name, value in entry.items() if value not in (None, (), {}, False)}


def _decode(path: Path) -> Json:
    try:
        return cast("Json", json.loads(path.read_bytes(), parse_constant=refuse_constant))
    except OSError as problem:
        raise ConfigurationError(f"Cannot read the model cards in {path}: {problem.strerror}.") from None
    except (ValueError, RecursionError) as problem:
        raise ConfigurationError(f"The model cards in {path} are not JSON: {problem}.") from None


def _check(data: Json, path: Path) -> None:
    from jsonschema import Draft202012Validator, ValidationError, validate

    schema = json.loads((files("structgen.send") / "cards.schema.json").read_text("utf-8"))
    try:
        validate(data, schema, Draft202012Validator)
    except ValidationError as wrong:
        words = wrong.message if len(wrong.message) < 300 else f"{wrong.message[:300]} ..."
        where = wrong.json_path.replace("$", "root", 1)
        raise ConfigurationError(f"The model cards in {path}, {where}: {words}.") from None


def _card(entry: dict[str, Any]) -> Card:
    """Return a card from its JSON. The schema has ensured that every key is a field of Card."""
    entry = dict(entry)
    entry["modes"] = tuple(Mode(mode) for mode in entry.get("modes", ()))
    entry["reasoning"] = tuple(entry.get("reasoning", ()))
    entry["limits"] = MappingProxyType(
        {tier: MappingProxyType(limits) for tier, limits in entry.get("limits", {}).items()}
    )
    return Card(**entry)
