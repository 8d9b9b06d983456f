"""``structgen models``: the model cards, and how they differ from what the provider lists now."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from structgen.cli.commands.probe_server import probe_server
from structgen.cli.completion import card_names
from structgen.cli.console import display, say
from structgen.cli.selection import load_environment
from structgen.core.errors import ConfigurationError
from structgen.core.records import Card

if TYPE_CHECKING:
    from structgen.send.remote_models import RemoteModel


_LIMITS = ("rpm", "rpd", "tpm", "tpd")
_HEAD = ("MODEL", "STATUS", "CONTEXT", "OUTPUT", "IN", "CACHED", "OUT", "MODES", f"LIMITS {'/'.join(_LIMITS).upper()}")


_Id: TypeAlias = Annotated[
    str | None,
    typer.Argument(metavar="ID", autocompletion=card_names, help="Show only this model, even if it is retired."),
]
_Every: TypeAlias = Annotated[bool, typer.Option("--all", help="Include retired models.")]
_Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the whole cards, as JSON Lines.")]
_Refresh: TypeAlias = Annotated[
    bool, typer.Option("--refresh", help="Request Groq's list and show how it differs from the cards.")
]
_Save: TypeAlias = Annotated[
    bool, typer.Option("--save", help="With --refresh: save the differences in your own cards.")
]
_Probe: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--probe", help="List the models of the server at STRUCTGEN_BASE_URL; with ID, show which modes it takes."
    ),
]
_Store: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="With --probe: where the modes are kept. [.structgen/store.sqlite]"),
]


def models(
    model: _Id = None,
    every: _Every = False,
    as_json: _Json = False,
    refresh: _Refresh = False,
    save: _Save = False,
    probe: _Probe = False,
    store: _Store = None,
) -> None:
    """List the known models: sizes in tokens, prices in USD per million tokens, modes, rate limits of each tier.

    --probe asks a compatible server: its list of models, or for one model up to four tiny requests. Runs learn the same
    from the answers to their own requests, and keep it in the store for a week; what is known is not asked again.

    Your own cards, in ~/.config/structgen/cards.json or the file named by STRUCTGEN_CARDS, replace the built-in ones or
    add to them: {"cards": [{"id": ..., "price_in": ...}]}, with the keys that --json prints.
    """
    from structgen.send import list_cards

    load_environment()
    if save and not refresh:
        raise ConfigurationError("--save saves what --refresh finds: give both.")
    if store and not probe:
        raise ConfigurationError("--store only applies to --probe: give both.")
    if probe:
        if refresh or every:
            raise ConfigurationError("--probe asks a compatible server, --refresh and --all are about cards: give one.")
        probe_server(model, store, as_json=as_json)
        return
    cards = list_cards()
    if refresh:
        _refresh(model, cards, save=save)
        return
    shown = [_named(model, cards)] if model else [card for card in cards if every or card.status != "retired"]
    for line in map(_json, shown) if as_json else _table(shown):
        display(line)


def _named(model: str, cards: tuple[Card, ...]) -> Card:
    """Return the card with this ``provider/id`` or this id."""
    found = next((card for card in cards if model in {f"{card.provider}/{card.id}", card.id}), None)
    if found is None:
        raise ConfigurationError(f"No card for model {model!r}: `structgen models --all` lists the cards.")
    return found


def _refresh(model: str | None, cards: tuple[Card, ...], *, save: bool) -> None:
    """Request Groq's list, or one model, and print the differences from the cards."""
    from structgen.send.factory import find_endpoint
    from structgen.send.http.providers import GROQ
    from structgen.send.remote_models import (
        compare_with_cards,
        list_remote_models,
        retrieve_remote_model,
        updated_cards,
    )

    own = [card for card in cards if card.provider == GROQ.provider]
    endpoint = find_endpoint(GROQ)
    # if one model was requested, the absence of the others is not a difference
    name = None if model is None else _plain_id(model, own)
    served = list_remote_models(GROQ, endpoint) if name is None else (retrieve_remote_model(GROQ, endpoint, name),)
    differences = [*compare_with_cards(served, own, whole=name is None)]
    for difference in differences:
        display(difference)
    say(f"{endpoint.shown} lists {len(served)} models; {len(differences) or 'none'} differ from the cards.")
    if save:
        _save(updated_cards(served, own, GROQ.provider), served)


def _plain_id(model: str, cards: list[Card]) -> str:
    """Return the provider's own id: the name if a card has it (ids may contain slashes), else without ``groq/``."""
    return model if any(card.id == model for card in cards) else model.removeprefix("groq/")


def _save(changed: tuple[Card, ...], served: tuple[RemoteModel, ...]) -> None:
    """Write the changed cards to the user's file, next to the other cards in it."""
    from structgen.send.model_cards import read_cards, user_file, write_cards

    path = user_file()
    # the file may contain cards for other providers, and those must not be lost
    others = read_cards(path) if path.exists() else ()
    replaced = {(card.provider, card.id) for card in changed}
    write_cards(path, (*(card for card in others if (card.provider, card.id) not in replaced), *changed))
    say(f"{len(changed)} of {len(served)} models saved in {path}. The list contains no prices: add them yourself.")


def _json(card: Card) -> str:
    limits = {tier: dict(limits) for tier, limits in card.limits.items()}
    return json.dumps({**{name: getattr(card, name) for name in Card.__dataclass_fields__}, "limits": limits})


def _table(cards: list[Card]) -> list[str]:
    rows = [_HEAD, *(_row(card) for card in cards)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(card: Card) -> tuple[str, ...]:
    status = f"retired: use {card.replacement}" if card.replacement else card.status
    modes = [*(f"{mode} (strict)" if card.strict and mode == "json_schema" else str(mode) for mode in card.modes)]
    limits = [f"{tier} {'/'.join(_number(each.get(name)) for name in _LIMITS)}" for tier, each in card.limits.items()]
    return (
        f"{card.provider}/{card.id}",
        status,
        *(_number(size) for size in (card.context_window, card.max_completion_tokens)),
        *(_price(price) for price in (card.price_in, card.price_cached_in, card.price_out)),
        ", ".join([*modes, *(["vision"] if card.vision else [])]),
        "; ".join(limits),
    )


def _number(size: int | None) -> str:
    return "?" if size is None else f"{size:,}"


def _price(price: float | None) -> str:
    """Format a price with at least two decimals, and as many as it has."""
    if price is None:
        return "?"
    short = f"{price:.2f}"
    return short if float(short) == price else f"{price:.6g}"
