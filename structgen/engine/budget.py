"""What attempts cost, and whether the budget allows the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from structgen.core.errors import ConfigurationError
from structgen.core.options import Budget
from structgen.core.records import Card, Completion, Request, Usage
from structgen.core.results import Attempt
from structgen.send import find_card, split_model


def cost_of(usage: Usage, card: Card | None) -> float | None:
    """Return the cost of the tokens in USD, or None if a price or a count is unknown.

    Cached input has its own price if the server reports it and the card lists one; otherwise it costs the full price.
    Reasoning tokens are billed as output.
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


def cost_of_attempts(attempts: Iterable[Attempt], card: Card | None) -> float | None:
    """Return the cost of attempts that all asked the model of this card, or None if a price or a count is unknown."""
    return _cost(((attempt.completion.usage, attempt.completion.price_share) for attempt in attempts), card)


def _cost(spent: Iterable[tuple[Usage, float]], card: Card | None) -> float | None:
    """Return the cost of usages, each with the share of the prices that it costs."""
    # One sum for each share, because a sum of prices would differ from the price of the sum in its last digits.
    used: dict[float, Usage] = {}
    for usage, share in spent:
        used[share] = used.get(share, Usage()) + usage
    total = 0.0
    for share, usage in used.items():
        if (cost := cost_of(usage, card)) is None:
            return None
        total += cost * share
    return total


@dataclass(frozen=True, slots=True)
class Told:
    """Tokens and cost (USD) of the calls that reported tokens; `cost` is None if a price is unknown.

    If `untold_calls` reported none, all of it is a lower bound.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = 0.0
    untold_calls: int = 0

    def __add__(self, other: Told) -> Told:
        """Return the sum. The cost is unknown if it is unknown in either one."""
        return Told(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            None if self.cost is None or other.cost is None else self.cost + other.cost,
            self.untold_calls + other.untold_calls,
        )


@dataclass(frozen=True, slots=True)
class Prices:
    """The cards of the models that are asked for one value, by provider and model id."""

    cards: Mapping[tuple[str, str], Card | None]

    @classmethod
    def of(cls, models: Iterable[str]) -> Prices:
        """Return the prices of these models."""
        names = map(split_model, models)
        return cls({name: find_card(*name) for name in names if name[0] != FREE})

    def cost(self, attempts: Iterable[Attempt], spent: Callable[[Attempt], Usage] | None = None) -> float | None:
        """Return the cost of attempts in USD, or None if a price or a count is unknown.

        `spent` replaces the reported usage of an attempt.
        """
        used: dict[tuple[str, str], list[tuple[Usage, float]]] = {}
        for attempt in attempts:
            model = (attempt.request.provider, attempt.request.model)
            usage = attempt.completion.usage if spent is None else spent(attempt)
            used.setdefault(model, []).append((usage, attempt.completion.price_share))
        costs = [_cost(usages, self.cards.get(model)) for model, usages in used.items()]
        return None if None in costs else sum(cost for cost in costs if cost is not None)

    def told(self, attempts: Iterable[Attempt]) -> Told:
        """Return what the calls that reported tokens took, and how many reported none."""
        return sum((self.told_by(attempt.request, attempt.completion) for attempt in attempts), Told())

    def told_by(self, request: Request, completion: Completion) -> Told:
        """Return the same for one completion. A stored one took nothing."""
        used = completion.usage
        if not used.calls or request.provider == FREE:
            return Told()
        # Of a call that was sent again the response may have told its tokens, although an earlier one did not.
        usage = completion.told or used
        if usage.input_tokens is None or usage.output_tokens is None:
            return Told(untold_calls=used.calls)
        cost = _cost([(usage, completion.price_share)], self.cards.get((request.provider, request.model)))
        return Told(usage.input_tokens, usage.output_tokens, cost, used.calls - usage.calls)

    @property
    def dearest(self) -> Card | None:
        """A card with the highest prices of all; None if a price is unknown."""
        priced = [(card.price_in, card.price_out) for card in self.cards.values() if card is not None]
        known = [(inwards, outwards) for inwards, outwards in priced if inwards is not None and outwards is not None]
        if not known or len(known) < len(self.cards):
            return None
        return Card("dearest", price_in=max(one for one, _ in known), price_out=max(one for _, one in known))


FREE = "rules"
"""The provider that costs nothing."""


def is_paid(attempts: Iterable[Attempt]) -> bool:
    """Whether a model has answered: what the rules answer tells nothing about a server, and costs nothing."""
    return any(attempt.request.provider != FREE for attempt in attempts)


def all_tried(budget: Budget, attempts: tuple[Attempt, ...]) -> str | None:
    """Return the reason why no attempt is left, or None."""
    most = budget.max_attempts
    if attempts and most is not None and len(attempts) >= most:
        return f"No answer was accepted in {_counted(len(attempts), 'attempt')}"
    return None


def beyond(budget: Budget, attempts: tuple[Attempt, ...], next_at_most: Usage, card: Card | None) -> str | None:
    """Return the reason why the next question could exceed the budget, or None.

    `next_at_most` is the maximum usage of the question. An attempt with unknown usage counts with its maximum. Raises
    ConfigurationError for a budget in USD if the price of the model is not known.
    """
    usages = [*(spent_at_most(attempt) for attempt in attempts), next_at_most]
    if budget.max_tokens is not None:
        *spent, coming = (tokens_of(usage) for usage in usages)
        if sum(spent) + coming > budget.max_tokens:
            return f"The next question may take {coming} tokens; {sum(spent)} of {budget.max_tokens} are spent"
    if budget.max_cost is not None:
        *paid, price = (_priced(usage, card) for usage in usages)
        if sum(paid) + price > budget.max_cost:
            return f"The next question may cost {price:.6f} USD; {sum(paid):.6f} of {budget.max_cost} USD are spent"
    return None


def spent_at_most(attempt: Attempt) -> Usage:
    """Return the reported usage of an attempt, or its maximum if the report is incomplete; nothing if it was free."""
    usage, most = attempt.completion.usage, attempt.at_most
    free = attempt.completion.stored or attempt.request.provider == FREE
    if free or (usage.input_tokens is not None and usage.output_tokens is not None):
        return usage
    # Several calls: a response arrived broken and the request was sent again.
    return sum([most] * usage.calls, Usage()) if usage.calls > 1 else most


def tokens_of(usage: Usage) -> int:
    """Return input and output together. Unknown counts are 0."""
    return (usage.input_tokens or 0) + (usage.output_tokens or 0)


def _priced(usage: Usage, card: Card | None) -> float:
    cost = cost_of(usage, card)
    if cost is None:
        raise ConfigurationError(
            "max_cost is set, but the price of this model is unknown. Set max_tokens instead, or use a model that "
            "`structgen models` lists with a price."
        )
    return cost


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
