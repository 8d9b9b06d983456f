"""``structgen models``: what is known about models, and what the provider says about them now."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from structgen.cli.choose import load_environment
from structgen.cli.command import say
from structgen.core.errors import ConfigurationError
from structgen.core.records import Card

if TYPE_CHECKING:
    from structgen.send.remote_models import Served

_LIMITS = ("rpm", "rpd", "tpm", "tpd")
_HEAD = ("MODEL", "STATUS", "CONTEXT", "OUTPUT", "IN", "CACHED", "OUT", "MODES", f"LIMITS {'/'.join(_LIMITS).upper()}")


def models(
    model: Annotated[str | None, typer.Argument(metavar="ID", help="One model alone, retired or not.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Retired models too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All that is known, as JSON Lines.")] = False,
    refresh: Annotated[bool, typer.Option("--refresh", help="Ask Groq, and show what differs instead.")] = False,
    save: Annotated[bool, typer.Option("--save", help="With --refresh: keep what differs in your own cards.")] = False,
) -> None:
    """List the known models: sizes in tokens, prices in USD for a million tokens, modes, limits of each tier.

    Cards of your own, in ~/.config/structgen/cards.json or the file that STRUCTGEN_CARDS names, replace ours or add to
    them: {"cards": [{"id": ..., "price_in": ...}]}, with the keys that --json shows.
    """
    from structgen.send import list_cards

    load_environment()
    if save and not refresh:
        raise ConfigurationError("--save keeps what --refresh finds: give both.")
    cards = list_cards()
    if refresh:
        _refresh(model, cards, save=save)
        return
    shown = [_named(model, cards)] if model else [card for card in cards if every or card.status != "retired"]
    for line in map(_json, shown) if as_json else _table(shown):
        typer.echo(line)


def _named(model: str, cards: tuple[Card, ...]) -> Card:
    """The card of ``provider/id``, or of an id alone."""
    found = next((card for card in cards if model in {f"{card.provider}/{card.id}", card.id}), None)
    if found is None:
        raise ConfigurationError(f"Nothing is known about a model {model!r}: `structgen models --all` lists the cards.")
    return found


def _refresh(model: str | None, cards: tuple[Card, ...], *, save: bool) -> None:
    """Ask Groq for its list, or for one model, and say what differs from the cards."""
    from structgen.send.factory import find_endpoint
    from structgen.send.http.providers import GROQ
    from structgen.send.remote_models import compare, list_served, retrieve_served, updated

    own = [card for card in cards if card.provider == GROQ.provider]
    endpoint = find_endpoint(GROQ)
    name = None if model is None else _plain_id(model, own)
    served = list_served(GROQ, endpoint) if name is None else (retrieve_served(GROQ, endpoint, name),)
    differences = [*compare(served, own, whole=name is None)]
    for difference in differences:
        typer.echo(difference)
    say(f"{endpoint.base_url} lists {len(served)} models; {len(differences) or 'none'} differ from the cards.")
    if save:
        _save(updated(served, own, GROQ.provider), served)


def _plain_id(model: str, cards: list[Card]) -> str:
    """The provider's own id: as it stands where a card has it, else without ``groq/`` in front."""
    return model if any(card.id == model for card in cards) else model.removeprefix("groq/")


def _save(changed: tuple[Card, ...], served: tuple[Served, ...]) -> None:
    """Put the changed cards into the user's file; what else stands there is kept."""
    from structgen.send.model_cards import read_cards, user_file, write_cards

    path = user_file()
    kept = read_cards(path) if path.exists() else ()
    replaced = {(card.provider, card.id) for card in changed}
    write_cards(path, (*(card for card in kept if (card.provider, card.id) not in replaced), *changed))
    say(f"{len(changed)} of {len(served)} models are now in {path}. Prices are in no list: look them up.")


def _json(card: Card) -> str:
    limits = {tier: dict(limits) for tier, limits in card.limits.items()}
    return json.dumps({**{name: getattr(card, name) for name in Card.__dataclass_fields__}, "limits": limits})


def _table(cards: list[Card]) -> list[str]:
    rows = [_HEAD, *(_row(card) for card in cards)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(_HEAD))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(card: Card) -> tuple[str, ...]:
    status = f"retired: take {card.replacement}" if card.replacement else card.status
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
    """At least two digits after the point, and as many as the price has."""
    if price is None:
        return "?"
    short = f"{price:.2f}"
    return short if float(short) == price else f"{price:.6g}"
