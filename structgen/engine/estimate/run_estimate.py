"""The estimate of a run: the record that users get, with its JSON."""

from __future__ import annotations

from dataclasses import dataclass, field

from structgen.core.json import Json, JsonObject
from structgen.core.records import Request
from structgen.engine.estimate.usage_history import Basis


@dataclass(frozen=True, slots=True)
class ModelEstimate:
    """What one model would be asked. Costs are in USD, None if the price is unknown; `batch_cost` also without batches.

    `seconds` is the time under the known limits and at the pace of the last run or, without one, with the latency of
    stored responses or the speed on the model's card; None if none of these is known. `seconds_by_tier` is the time in
    each tier: that which its limits require, or the calls themselves if they take longer.
    """

    model: str
    requests: int
    input_tokens: int
    output_tokens: int
    cost: float | None
    batch_cost: float | None
    seconds: float | None
    seconds_by_tier: dict[str, float] = field(default_factory=dict[str, float])
    basis: Basis = Basis.ROUGH
    history: int = 0
    """How many stored responses the estimate rests on."""

    def to_json(self) -> JsonObject:
        """Return the estimate as plain JSON."""
        return {
            "model": self.model,
            "requests": self.requests,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost": self.cost,
            "batch_cost": self.batch_cost,
            "seconds": self.seconds,
            "seconds_by_tier": {**self.seconds_by_tier},
            "basis": self.basis.value,
            "history": self.history,
        }


@dataclass(frozen=True, slots=True)
class Estimate:
    """What many documents would take. Nothing was sent for it and nothing was stored.

    `documents` counts those that can be read, `unreadable` the others, whose `problems` are the first few sentences.
    `stored` counts the documents whose whole answer is in the store already, `chunked` those that are split.
    `prompt` is the first request, or None if no model would be asked. `notes` say what is not estimated.
    """

    model: str
    documents: int = 0
    characters: int = 0
    stored: int = 0
    unreadable: int = 0
    chunked: int = 0
    images: int = 0
    models: tuple[ModelEstimate, ...] = ()
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    prompt: Request | None = None

    @property
    def requests(self) -> int:
        """The requests, those that ask again included as far as the history tells of them."""
        return sum(one.requests for one in self.models)

    @property
    def input_tokens(self) -> int:
        """The tokens of all requests."""
        return sum(one.input_tokens for one in self.models)

    @property
    def output_tokens(self) -> int:
        """The tokens of all answers."""
        return sum(one.output_tokens for one in self.models)

    @property
    def cost(self) -> float | None:
        """The cost in USD by live calls, or None if a price is unknown. What costs nothing costs 0."""
        return _sum([one.cost for one in self.models])

    @property
    def batch_cost(self) -> float | None:
        """The cost in USD by the provider's batches, or None if a price is unknown or it takes no batches."""
        return _sum([one.batch_cost for one in self.models])

    @property
    def seconds(self) -> float | None:
        """The time of the slowest model: their limits drain side by side. None if neither limits nor pace are known."""
        known = [one.seconds for one in self.models]
        return None if None in known or not known else max(one for one in known if one is not None)

    @property
    def seconds_by_tier(self) -> dict[str, float]:
        """The time of the slowest model in each tier."""
        found: dict[str, float] = {}
        for one in self.models:
            for name, seconds in one.seconds_by_tier.items():
                found[name] = max(seconds, found.get(name, 0.0))
        return found

    @property
    def basis(self) -> Basis:
        """The worst basis of all models."""
        return max((one.basis for one in self.models if one.requests), key=list(Basis).index, default=Basis.HISTORY)

    def to_json(self) -> JsonObject:
        """Return the estimate as plain JSON, with the keys in docs/folder.md."""
        notes: list[Json] = [*self.notes]
        problems: list[Json] = [*self.problems]
        return {
            "model": self.model,
            "documents": self.documents,
            "characters": self.characters,
            "stored": self.stored,
            "unreadable": self.unreadable,
            "problems": problems,
            "chunked": self.chunked,
            "images": self.images,
            "requests": self.requests,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cost": self.cost,
            "batch_cost": self.batch_cost,
            "seconds": self.seconds,
            "seconds_by_tier": {**self.seconds_by_tier},
            "basis": self.basis.value,
            "history": sum(one.history for one in self.models),
            "models": [one.to_json() for one in self.models],
            "notes": notes,
            "prompt": None if self.prompt is None else self.prompt.to_groq(),
        }


def _sum(costs: list[float | None]) -> float | None:
    return None if None in costs else sum(cost for cost in costs if cost is not None)
