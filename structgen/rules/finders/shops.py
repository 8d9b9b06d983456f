"""What a shop's page offers its product for."""

from __future__ import annotations

import re

from structgen.rules.money import Amount, find_amounts, moved
from structgen.rules.search import Search

_OLD = re.compile(
    r"\b(?:rrp|msrp|was|uvp|statt|list|regular|before|save|saved?|from|ab|per|payments?|x|/|month|shipping|delivery)\b",
    re.IGNORECASE,
)
_HEAD = 400


def find_price(search: Search) -> Amount | None:
    """The price that stands alone on a line, with its currency; None where different ones do, or none does."""
    alone = [amount for line in search.page.lines[:_HEAD] if (amount := _alone(search, line.start, line.end))]
    values = {amount.written for amount in alone}
    return alone[0] if len(values) == 1 else None


def _alone(search: Search, start: int, end: int) -> Amount | None:
    """The amount that a line is, and nothing else; none that is struck through."""
    text = search.page.text[start:end]
    amounts = list(find_amounts(text)) if len(text) <= 24 else []
    if len(amounts) != 1 or not amounts[0].currency or _OLD.search(text):
        return None
    amount = moved(amounts[0], start)
    struck = any(a <= amount.start < b for a, b in search.page.struck)
    letters = sum(char.isalpha() for char in text) - sum(char.isalpha() for char in text[slice(*amounts[0].currency)])
    return None if struck or letters > 2 else amount
