"""The limits of a submission in batches, and whether an Extractor's model supports batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from structgen.core.batch_states import BatchRetry
from structgen.core.errors import ConfigurationError
from structgen.core.records import Card
from structgen.send import list_cards, split_model
from structgen.store import Store

MOST_LINES = 50_000
MOST_BYTES = 100_000_000
"""Maximum lines and bytes of one file. Groq's sources give 100 or 200 MB; this is the lower one."""

VIA = "groq"
"""The provider whose batches structgen supports."""


@dataclass(frozen=True, slots=True)
class BatchTerms:
    """The terms of a submission. `retry` is None for the default: live for what the server failed at or refused to
    accept, and not at all for a batch that was cancelled or refused as a whole.

    `max_cost` (USD) and `max_tokens` limit what is uploaded, by upper bounds. `on_step` is called after each durable
    step, with its name.
    """

    retry: BatchRetry | None = None
    max_cost: float | None = None
    max_tokens: int | None = None
    most_lines: int = MOST_LINES
    most_bytes: int = MOST_BYTES
    new: bool = True
    """Whether requests that were in no batch yet are sent."""
    on_step: Callable[[str], None] = field(default=lambda _: None)

    def asks_live(self, *, whole: bool) -> bool:
        """Whether a request without an answer is asked by a single call. `whole`: its whole batch came to nothing."""
        return self.retry is BatchRetry.LIVE or (self.retry is None and not whole)


def batch_share(models: tuple[str, ...], card: Card | None, store: Store | None) -> float:
    """Return the share of the prices that a batch costs. Raises ConfigurationError if the model takes no batches."""
    if len(models) > 1:
        raise ConfigurationError(
            "A cascade asks one model after the other, and a batch asks one. Name a single model, such as "
            f"{_taking()[0]}."
        )
    model = ",".join(models)
    provider = split_model(model)[0]
    if provider != VIA or card is None or card.batch_share is None:
        raise ConfigurationError(
            f"{model} takes no batches. Use {' or '.join(_taking())}, or use single calls, without a batch."
        )
    if store is None:
        raise ConfigurationError(
            "A batch needs a store, which keeps its ids and its answers: pass store=..., or omit --no-store."
        )
    if store.read_only:
        raise ConfigurationError(f"The store {store.path} is read-only, but a batch must be recorded. Use another.")
    return card.batch_share


def _taking() -> list[str]:
    return [f"{card.provider}/{card.id}" for card in list_cards() if card.batch_share is not None]
