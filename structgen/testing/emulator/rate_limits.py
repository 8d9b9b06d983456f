"""The server's side of rate limits: what each request takes of them, the headers that show it, and the refusals.

As Groq's messages have it (``Limit 8000, Used 4867, Requested 3264. Please try again in 982.5ms``), a limit is a bucket
that drains all the time, the whole of it in a minute or a day: what does not fit has to wait for (used + requested -
limit) * period / limit seconds. A request is charged when it arrives, with its prompt as estimated and with
``max_completion_tokens``; when it is answered, with what it really used. A refused one is charged nothing.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TypeAlias

from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject
from structgen.send.limits.limiter_state import NO_LIMITS, Measure
from structgen.send.model_cards import find_card, list_cards
from structgen.testing.emulator.bodies import Asked, as_object, prompt_tokens, tokens
from structgen.testing.emulator.replies import Refusal, filled


class Clock:
    """Seconds that pass `speed` times as fast as those of `source`: at 60 a second is a minute, at 0 time stands still.

        clock = Clock(speed=0)
        with Emulator(limits="free", clock=clock) as emulator:
            ...
            clock.advance(60)  # the minute has passed

    It may be read and turned from any thread, backwards too: a server's clock does jump. Only limits follow it;
    latency and slow bodies take real time, because the client waits in real time for them.
    """

    def __init__(self, speed: float = 1.0, *, source: Callable[[], float] = time.monotonic) -> None:
        if not (math.isfinite(speed) and speed >= 0):
            raise ConfigurationError(f"The speed of a clock must be 0 or more, not {speed}.")
        self._lock = threading.Lock()
        self._speed, self._source = speed, source
        self._started, self._turned = source(), 0.0

    def now(self) -> float:
        """Seconds since the clock was made, and those it was turned by."""
        return (self._source() - self._started) * self._speed + self._turned

    def advance(self, seconds: float) -> None:
        """Turn it forward by so many seconds; back, where they are negative."""
        with self._lock:
            self._turned += seconds


_SECOND = 1_000_000_000  # nanoseconds, Go's resolution
_UNITS = (("ms", 1_000_000), ("µs", 1_000), ("ns", 1))


def format_duration(seconds: float) -> str:
    """Go's words for so many seconds, 0 or more: below one in the largest unit that fits, else in h, m and s."""
    nanoseconds = round(seconds * _SECOND)
    if nanoseconds <= 0:
        return "0s"
    if nanoseconds < _SECOND:
        name, size = next(unit for unit in _UNITS if nanoseconds >= unit[1])
        return _decimal(nanoseconds, size) + name
    minutes, rest = divmod(nanoseconds, 60 * _SECOND)
    hours, minutes = divmod(minutes, 60)
    larger = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
    return f"{larger}{_decimal(rest, _SECOND)}s"


def _decimal(amount: int, size: int) -> str:
    """`amount` / `size`, `size` being a power of ten, without a digit too many."""
    whole, part = divmod(amount, size)
    digits = str(size + part)[1:].rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


_SHOWN = {"requests": Measure.RPD, "tokens": Measure.TPM}  # the two limits that stand in headers


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests and tokens, each in a minute and in a day, that a model takes; None is no limit."""

    rpm: int | None = None
    rpd: int | None = None
    tpm: int | None = None
    tpd: int | None = None

    def __post_init__(self) -> None:
        for name, limit in self.named().items():
            if limit < 1:
                raise ConfigurationError(f"The limit {name} must be 1 or more, not {limit}. Leave it out for no limit.")

    def named(self) -> dict[Measure, int]:
        """The limits that there are."""
        return {Measure(name): limit for name, limit in asdict(self).items() if limit is not None}


LimitsLike: TypeAlias = Limits | str | None
"""Limits for every model; or a tier of the model cards (``"free"``), each model then having its own; or none."""


class Meters:
    """What is used of the limits, of each model apart. Keys make no difference: they are of one organization."""

    def __init__(self, limits: LimitsLike = None, clock: Clock | None = None) -> None:
        if isinstance(limits, str):
            check_tier(limits)
        self._limits = limits
        self.clock = clock or Clock()
        self._meters: dict[str, Meter] = {}

    def arrive(self, body: JsonObject) -> Charge | Refusal:
        """Charge a chat request, or say why it has to wait."""
        model, asked = str(body.get("model")), requested_tokens(body)
        meter = self._meters.setdefault(model, Meter(self._of(model), self.clock))
        refused = meter.take(asked, str(body.get("service_tier") or "on_demand"))
        return refused or Charge(meter, asked)

    def _of(self, model: str) -> Mapping[Measure, int]:
        if not isinstance(self._limits, str):
            return self._limits.named() if self._limits else {}
        card = find_card("groq", model)
        tier = card.limits.get(self._limits, NO_LIMITS) if card else NO_LIMITS
        return {measure: tier[measure] for measure in Measure if measure in tier}


class Meter:
    """The buckets of one model, for any number of threads. A clock that goes backwards drains nothing."""

    def __init__(self, limits: Mapping[Measure, int], clock: Clock) -> None:
        self._lock = threading.Lock()
        self._limits, self._clock = limits, clock
        self._used = dict.fromkeys(limits, 0.0)
        self._at = clock.now()

    def limit(self, measure: Measure) -> int | None:
        """The limit of this measure, None where there is none."""
        return self._limits.get(measure)

    def take(self, asked: int, tier: str) -> Refusal | None:
        """Charge one request of so many tokens, or refuse it for the limit that it would have to wait longest for."""
        with self._lock:
            self._drain()
            for measure in self._limits:
                if measure.of_tokens and asked > self._limits[measure]:
                    return _too_large(measure, self._limits[measure], asked, tier)
            waits = {measure: self._wait(measure, asked) for measure in self._limits}
            longest = max(waits, key=lambda measure: waits[measure], default=None)
            if longest is not None and waits[longest] > 0:
                return self._refuse(longest, asked, tier)
            self._add(1, asked)
        return None

    def add(self, requests: int, tokens_used: int) -> None:
        """Charge more; or give back, with numbers below zero."""
        with self._lock:
            self._drain()
            self._add(requests, tokens_used)

    def headers(self) -> dict[str, str]:
        """The headers of a response: limit, what remains of it, and when all of it will be there again."""
        with self._lock:
            self._drain()
            return self._headers()

    def _drain(self) -> None:
        now = self._clock.now()
        passed, self._at = max(now - self._at, 0.0), now
        for measure, limit in self._limits.items():
            self._used[measure] = max(self._used[measure] - limit * passed / measure.period, 0.0)

    def _add(self, requests: int, tokens_used: int) -> None:
        for measure in self._limits:
            self._used[measure] = max(self._used[measure] + (tokens_used if measure.of_tokens else requests), 0.0)

    def _wait(self, measure: Measure, asked: int) -> float:
        """Seconds until the request fits. Counts are whole numbers, as in the messages, so the wait is enough."""
        limit, amount = self._limits[measure], asked if measure.of_tokens else 1
        return max(self._counted(measure) + amount - limit, 0) * measure.period / limit

    def _counted(self, measure: Measure) -> int:
        return math.ceil(self._used[measure] - 1e-6)

    def _refuse(self, measure: Measure, asked: int, tier: str) -> Refusal:
        limit, amount = self._limits[measure], asked if measure.of_tokens else 1
        return refuse_for(measure, limit, self._counted(measure), amount, tier=tier, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, measure in _SHOWN.items():
            if measure in self._limits:
                limit, used = self._limits[measure], self._used[measure]
                found[f"x-ratelimit-limit-{name}"] = str(limit)
                found[f"x-ratelimit-remaining-{name}"] = str(max(limit - self._counted(measure), 0))
                found[f"x-ratelimit-reset-{name}"] = format_duration(round(used * measure.period / limit, 3))
        return found


@dataclass(frozen=True, slots=True)
class Charge:
    """What a request that was let in has been charged for: one request and so many tokens."""

    meter: Meter
    asked: int

    def settle(self, used: int) -> None:
        """Charge what was used in place of what was asked for."""
        self.meter.add(0, used - self.asked)

    def give_back(self) -> None:
        """Take nothing after all."""
        self.meter.add(-1, -self.asked)

    def headers(self) -> dict[str, str]:
        """What is left, as headers."""
        return self.meter.headers()


FREE = Charge(Meter({}, Clock()), 0)
"""The charge of a request that no limit is asked about."""


def refuse_for(
    measure: Measure, limit: int, used: int, asked: int, *, tier: str, headers: Mapping[str, str]
) -> Refusal:
    """The 429 of a limit: its words, and the wait in whole seconds as a header."""
    wait = max(used + asked - limit, 0) * measure.period / limit
    words = {"limit": limit, "used": used, "requested": asked, "wait": format_duration(wait), "tier": tier}
    made = filled(f"rate_limit_{measure}", **{name: str(word) for name, word in words.items()})
    return Refusal(made.status, made.error, {**headers, "retry-after": str(math.ceil(wait))})


def _too_large(measure: Measure, limit: int, asked: int, tier: str) -> Refusal:
    """The 413 of a request that no wait makes fit."""
    return filled(f"request_too_large_{measure}", limit=str(limit), requested=str(asked), tier=tier)


def requested_tokens(body: JsonObject) -> int:
    """What a request is charged for on arrival. Without ``max_completion_tokens`` that is its prompt alone."""
    return prompt_tokens(body) + max(Asked(body, None).limit or 0, 0)


def used_tokens(body: JsonObject, made: JsonObject | Refusal) -> int:
    """What a request really used: as its completion says, without cached tokens; or up to what it was refused for."""
    if isinstance(made, Refusal):
        return prompt_tokens(body) + tokens(str(made.error.get("failed_generation") or ""))
    usage = as_object(made.get("usage"))
    total, cached = usage.get("total_tokens"), as_object(usage.get("prompt_tokens_details")).get("cached_tokens")
    return (total if isinstance(total, int) else 0) - (cached if isinstance(cached, int) else 0)


def check_tier(name: str) -> None:
    """Raise ConfigurationError, with the tiers that there are, where no model card has this one."""
    tiers = sorted({tier for card in list_cards() if card.provider == "groq" for tier in card.limits})
    if name not in tiers:
        raise ConfigurationError(f"No model card has limits for the tier {name!r}; there are {', '.join(tiers)}.")
