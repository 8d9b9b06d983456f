"""What a whole run may take, what it has taken, and what the documents under way may still take."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from structgen.core.argument_checks import Check, checked, number, optional, whole
from structgen.core.records import Card, Usage
from structgen.core.results import Attempt
from structgen.engine.budget import spent_at_most, tokens_of
from structgen.engine.cost import cost_of


@dataclass(frozen=True, slots=True)
class RunBudget:
    """The limits of a run, None where there is none.

    Cost and tokens are never gone over: a document is taken only where the most that it may take still fits. What is
    under way when the time is over is finished, because it is paid for anyway.
    """

    max_cost: float | None = None
    """USD."""
    max_tokens: int | None = None
    """Input and output together."""
    max_seconds: float | None = None

    def __post_init__(self) -> None:
        """Raise ConfigurationError for what is no limit."""
        checked(self, _LIMITS)


_LIMITS: Mapping[str, Check] = MappingProxyType(
    {"max_cost": optional(number(0)), "max_tokens": optional(whole(0)), "max_seconds": optional(number(0))}
)


@dataclass(frozen=True, slots=True)
class Sum:
    """An amount of money (USD) and tokens."""

    cost: float = 0.0
    tokens: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.cost + other.cost, self.tokens + other.tokens)


@dataclass(slots=True)
class Purse:
    """What a run has spent, and what it holds back for each document under way, in their order."""

    budget: RunBudget
    card: Card | None
    spent: Sum = field(default_factory=Sum)
    held: deque[Sum] = field(default_factory=deque[Sum])

    def hold(self, most: Usage) -> bool:
        """Hold back the most that a document may take; False where that does not fit beside all the rest."""
        wanted = self.wanted(most)
        if self.beyond(wanted):
            return False
        self.held.append(wanted)
        return True

    def settle(self, attempts: tuple[Attempt, ...]) -> None:
        """The first document under way is done: what it took counts, what was held back for it is free again."""
        self.held.popleft()
        self.spent += self._sum(spent_at_most(attempt) for attempt in attempts)

    def wanted(self, most: Usage) -> Sum:
        """So many tokens with their price."""
        return self._sum([most])

    def beyond(self, wanted: Sum) -> str | None:
        """Why so much more does not fit, None where it does."""
        whole = sum(self.held, self.spent) + wanted
        if self.budget.max_cost is not None and whole.cost > self.budget.max_cost:
            limit, spent = self.budget.max_cost, self.spent.cost
            return f"may cost {wanted.cost:.6f} USD; of {limit} USD, {spent:.6f} are spent"
        if self.budget.max_tokens is not None and whole.tokens > self.budget.max_tokens:
            limit, taken = self.budget.max_tokens, self.spent.tokens
            return f"may take {wanted.tokens:,} tokens; of {limit:,}, {taken:,} are spent"
        return None

    def _sum(self, usages: Iterable[Usage]) -> Sum:
        return sum((Sum(cost_of(usage, self.card) or 0.0, tokens_of(usage)) for usage in usages), Sum())
