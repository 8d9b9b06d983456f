"""The usage and cost of a conversation, and what is left of its budget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from structgen.compile.parameters import message_tokens, tokens_of
from structgen.core.chat_message import Message
from structgen.core.errors import BudgetExceeded
from structgen.core.options import Budget
from structgen.core.records import Card, Usage
from structgen.engine.budget import cost_of


class Spending:
    """The sums over all answers of a conversation."""

    def __init__(self) -> None:
        self.usage = Usage()
        self.cost: float | None = 0.0
        self._tokens, self._paid = 0, 0.0

    def add(self, usage: Usage, cost: float | None) -> None:
        """Add the usage of an answer, and its cost in USD or None."""
        self.usage += usage
        self.cost = None if cost is None or self.cost is None else self.cost + cost
        self._tokens += (usage.input_tokens or 0) + (usage.output_tokens or 0)
        self._paid += cost or 0.0

    def add_stopped(self, sent: Iterable[Message], text: str, card: Card | None) -> None:
        """Add an estimate for an answer that was stopped, because the server reports usage only at the end."""
        usage = Usage(message_tokens(sent), tokens_of(len(text)), calls=1)
        self.add(usage, cost_of(usage, card))

    def left(self, budget: Budget) -> Budget:
        """Return what is left of a budget for the whole conversation."""
        tokens, cost = budget.max_tokens, budget.max_cost
        return replace(
            budget,
            max_tokens=None if tokens is None else max(tokens - self._tokens, 0),
            max_cost=None if cost is None else max(cost - self._paid, 0.0),
        )

    def exceeded(self, error: BudgetExceeded) -> BudgetExceeded:
        """Return the error with what the conversation has taken so far."""
        return BudgetExceeded(f"{error} The chat has taken {self._tokens:,} tokens and {self._paid:.6f} USD so far.")
