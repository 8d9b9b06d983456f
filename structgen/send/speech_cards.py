"""Speech cards: what is known about the models that turn speech into text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from structgen.core.records import Card

FREE_MAX_MB = 25.0
"""Groq's maximum size of an audio file on the free plan, in MB of 2**20 bytes. It is 100 on the developer plan."""


@dataclass(frozen=True, slots=True)
class SpeechCard:
    """What is known about a speech model. Prices are in USD per hour of audio, None if unknown.

    `billed_from` is the shortest audio that is billed, in seconds: a shorter one costs as much as that.
    """

    id: str
    provider: str = "groq"
    translates: bool = True
    price_hour: float | None = None
    billed_from: float = 10.0
    limits: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def card(self) -> Card:
        """The card as the rate limiter reads it."""
        return Card(self.id, self.provider, "production", limits=self.limits)

    def cost(self, seconds: float) -> float | None:
        """Return the cost of transcribing these seconds of audio in USD, or None if the price is unknown."""
        return None if self.price_hour is None else self.price_hour * max(seconds, self.billed_from) / 3600


def _limits(dev_rpm: int) -> Mapping[str, Mapping[str, int]]:
    return MappingProxyType({"free": {"rpm": 20, "rpd": 2000}, "dev": {"rpm": dev_rpm}})


SPEECH_CARDS: Mapping[tuple[str, str], SpeechCard] = MappingProxyType(
    {
        (card.provider, card.id): card
        for card in (
            SpeechCard("whisper-large-v3", price_hour=0.111, limits=_limits(300)),
            SpeechCard("whisper-large-v3-turbo", translates=False, price_hour=0.04, limits=_limits(400)),
        )
    }
)
"""The cards by provider and model."""
