"""What is left to pay of a bill: "Balance due", below a total and what was paid of it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.rules.document.bill_rows import Row
from structgen.rules.document.vocabulary import phrase
from structgen.rules.fields import Field
from structgen.rules.search import Search

_NAMES = frozenset({"balance", "outstanding", "remaining", "open", "owed", "owing", "left"})
_LEFT = re.compile(
    r"\b(?:balance|outstanding|remaining|owed|owing|left to pay|still (?:due|to pay)|reste|restant|solde|restbetrag"
    r"|restzahlung|offener|offen|pendiente|restante|saldo|resterend|openstaand)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Left:
    """The row of what is left to pay. `row` is None if several differ."""

    row: Row | None


def is_left_to_pay(field: Field) -> bool:
    """Whether a field asks for what is left to pay, and not for the whole total."""
    return bool(_NAMES & set(phrase(field.name)))


def find_left_to_pay(search: Search) -> Left | None:
    """Return what rows say is left to pay. None if no row says it and nothing was paid, so that all is left."""
    left = [row for row in search.rows if "total" in row.keys and _LEFT.search(row.label)]
    if left:
        return Left(left[0] if len({row.amount.value for row in left}) == 1 else None)
    return Left(None) if any("paid" in row.keys for row in search.rows) else None
