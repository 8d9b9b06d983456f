"""Tokens and a price list -> USD."""

from structgen.core.records import Card, Usage


def cost_of(usage: Usage, card: Card | None) -> float | None:
    """What the tokens cost in USD, None where a price or a count is unknown.

    Cached input counts at its own price where the server reports it and the card has one, else at the full price.
    Reasoning is part of the output and paid as such.
    """
    if not usage.calls:
        return 0.0
    if card is None or card.price_in is None or card.price_out is None:
        return None
    if usage.input_tokens is None or usage.output_tokens is None:
        return None
    cached = usage.cached_tokens or 0
    cached_price = card.price_in if card.price_cached_in is None else card.price_cached_in
    paid = (usage.input_tokens - cached) * card.price_in + cached * cached_price + usage.output_tokens * card.price_out
    return paid / 1_000_000
