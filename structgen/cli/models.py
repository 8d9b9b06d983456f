"""``structgen models``: what is known about models."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from structgen.core.records import Card


def models(
    every: Annotated[bool, typer.Option("--all", help="Retired models too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All that is known, as JSON Lines.")] = False,
) -> None:
    """List the known models: sizes in tokens, prices in USD for a million tokens, the modes they answer in."""
    from structgen.send import list_cards

    cards = [card for card in list_cards() if every or card.status != "retired"]
    for line in map(_json, cards) if as_json else _table(cards):
        typer.echo(line)


def _json(card: Card) -> str:
    limits = {tier: dict(limits) for tier, limits in card.limits.items()}
    return json.dumps({**{name: getattr(card, name) for name in Card.__dataclass_fields__}, "limits": limits})


def _table(cards: list[Card]) -> list[str]:
    head = ("MODEL", "STATUS", "WINDOW", "OUTPUT", "IN", "OUT", "MODES")
    rows = [head, *(_row(card) for card in cards)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(card: Card) -> tuple[str, ...]:
    status = f"retired: take {card.replacement}" if card.replacement else card.status
    modes = [*(f"{mode} (strict)" if card.strict and mode == "json_schema" else str(mode) for mode in card.modes)]
    return (
        f"{card.provider}/{card.id}",
        status,
        *("?" if size is None else f"{size:,}" for size in (card.context_window, card.max_completion_tokens)),
        *("?" if price is None else f"{price:.2f}" for price in (card.price_in, card.price_out)),
        ", ".join(modes),
    )
