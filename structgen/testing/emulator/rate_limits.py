"""The server's side of rate limits: what each request is charged, the headers that show it, and the errors.

As Groq's messages have it (``Limit 8000, Used 4867, Requested 3264. Please try again in 982.5ms``), a limit is a leaky
bucket that drains completely within its period, a minute or a day. A request that does not fit has to wait (used +
requested - limit) * period / limit seconds. On arrival a request is charged its estimated prompt plus
``max_completion_tokens``; once answered, what it really used. A refused request is charged nothing.

Groq has limits of input and of output tokens a minute (ITPM, OTPM) for some organizations, but documents no headers and
no messages for them. Here they are in no header, and their messages are those of TPM with the other name.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TypeAlias

from structgen.compile.parameters import tokens_of
from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject, as_object
from structgen.send.limits.buckets import NO_LIMITS, Amount, Measure
from structgen.send.model_cards import find_card, list_cards
from structgen.testing.emulator.bodies import ChatRequest, prompt_tokens
from structgen.testing.emulator.replies import ErrorReply, groq_error


class Clock:
    """A clock that tests control. Its seconds pass `speed` times as fast as those of `source`; at 0 they stand still.

        clock = Clock(speed=0)
        with Emulator(limits="free", clock=clock) as emulator:
            ...
            clock.advance(60)  # the minute has passed

    It may be read and advanced from any thread, also backwards, because a server's clock may jump. Rate limits and
    batches follow it. Latency and slow bodies take real time, because the client waits for them in real time.
    """

    def __init__(self, speed: float = 1.0, *, source: Callable[[], float] = time.monotonic) -> None:
        if not (math.isfinite(speed) and speed >= 0):
            raise ConfigurationError(f"The speed of a clock must be 0 or more, not {speed}.")
        self._lock = threading.Lock()
        self._speed, self._source = speed, source
        self._started, self._turned = source(), 0.0

    def now(self) -> float:
        """Return the seconds since the clock was created, plus those it was advanced by."""
        return (self._source() - self._started) * self._speed + self._turned

    def advance(self, seconds: float) -> None:
        """Advance the clock by this many seconds; a negative number turns it back."""
        with self._lock:
            self._turned += seconds


_SECOND = 1_000_000_000  # nanoseconds, Go's resolution
_UNITS = (("ms", 1_000_000), ("µs", 1_000), ("ns", 1))


def format_duration(seconds: float) -> str:
    """Format a duration (0 or more seconds) as Go prints it, which is how Groq writes its waits.

    ``2m59.56s``, ``7.66s``, ``172ms``: below a second in the largest unit that fits, else in h, m and s.
    """
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
    """Format `amount` / `size`, where `size` is a power of ten, without trailing zeros."""
    whole, part = divmod(amount, size)
    digits = str(size + part)[1:].rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


_SHOWN = {"requests": Measure.RPD, "tokens": Measure.TPM}  # the two limits that appear in headers


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests and tokens per minute and per day that a model accepts, and input and output tokens per minute.

    None means no limit.
    """

    rpm: int | None = None
    rpd: int | None = None
    tpm: int | None = None
    tpd: int | None = None
    itpm: int | None = None
    otpm: int | None = None

    def __post_init__(self) -> None:
        for name, limit in self.named().items():
            if limit < 1:
                raise ConfigurationError(f"The limit {name} must be 1 or more, not {limit}. Leave it out for no limit.")

    def named(self) -> dict[Measure, int]:
        """Return the limits that are set."""
        return {Measure(name): limit for name, limit in asdict(self).items() if limit is not None}


LimitsLike: TypeAlias = Limits | str | None
"""Limits for every model; or a tier of the model cards (``"free"``), with limits for each model; or None."""


ORGANIZATION = "org_emulator"
"""The organization of every key that has no other one."""


class Meters:
    """The usage of each model's limits by each organization. The keys of one share it."""

    def __init__(self, limits: LimitsLike = None, clock: Clock | None = None) -> None:
        if isinstance(limits, str):
            check_tier(limits)
        self._limits = limits
        self.clock = clock or Clock()
        self._meters: dict[tuple[str, str], Meter] = {}

    def arrive(self, body: JsonObject, organization: str = ORGANIZATION) -> Charge | ErrorReply:
        """Charge a chat request, or return the error that tells it to wait."""
        model, requested = str(body.get("model")), requested_amount(body)
        meter = self._meters.setdefault((organization, model), Meter(self._of(model), self.clock, organization))
        refused = meter.take(requested, str(body.get("service_tier") or "on_demand"))
        return refused or Charge(meter, requested)

    def _of(self, model: str) -> Mapping[Measure, int]:
        if not isinstance(self._limits, str):
            return self._limits.named() if self._limits else {}
        card = find_card("groq", model)
        # a model without a card, or whose card lacks the tier, has no limits
        tier = card.limits.get(self._limits, NO_LIMITS) if card else NO_LIMITS
        return {measure: tier[measure] for measure in Measure if measure in tier}


class Meter:
    """The buckets of one model and organization. Thread-safe. A clock that goes backwards drains nothing."""

    def __init__(self, limits: Mapping[Measure, int], clock: Clock, organization: str = ORGANIZATION) -> None:
        self.organization = organization
        self._lock = threading.Lock()
        self._limits, self._clock = limits, clock
        self._used = dict.fromkeys(limits, 0.0)
        self._at = clock.now()

    def limit(self, measure: Measure) -> int | None:
        """Return the limit of this measure, or None."""
        return self._limits.get(measure)

    def take(self, requested: Amount, tier: str) -> ErrorReply | None:
        """Charge one request, or return the error of the limit with the longest wait."""
        with self._lock:
            self._drain()
            for measure in self._limits:
                # no wait makes it fit, so Groq answers 413 instead of 429
                limit, amount = self._limits[measure], int(requested.of(measure))
                if measure.of_tokens and amount > limit:
                    return _too_large(measure, limit, amount, tier, self.organization)
            waits = {measure: self._wait(measure, requested) for measure in self._limits}
            # the message names one limit; the longest wait satisfies all of them
            longest = max(waits, key=lambda measure: waits[measure], default=None)
            if longest is not None and waits[longest] > 0:
                return self._refuse(longest, requested, tier)
            self._add(requested)
        return None

    def add(self, amount: Amount) -> None:
        """Charge more, or refund with negative numbers."""
        with self._lock:
            self._drain()
            self._add(amount)

    def headers(self) -> dict[str, str]:
        """Return the headers of a response: each limit, what remains, and when all of it will be available again."""
        with self._lock:
            self._drain()
            return self._headers()

    def _drain(self) -> None:
        now = self._clock.now()
        # a clock that was turned back must not refill what was used
        passed, self._at = max(now - self._at, 0.0), now
        for measure, limit in self._limits.items():
            self._used[measure] = max(self._used[measure] - limit * passed / measure.period, 0.0)

    def _add(self, amount: Amount) -> None:
        for measure in self._limits:
            self._used[measure] = max(self._used[measure] + amount.of(measure), 0.0)

    def _wait(self, measure: Measure, requested: Amount) -> float:
        """Return the seconds until the request fits. Counts are rounded as in the messages, so the wait suffices."""
        limit, amount = self._limits[measure], requested.of(measure)
        return max(self._counted(measure) + amount - limit, 0) * measure.period / limit

    def _counted(self, measure: Measure) -> int:
        # draining leaves rounding errors, which must not count as a whole token
        return math.ceil(self._used[measure] - 1e-6)

    def _refuse(self, measure: Measure, requested: Amount, tier: str) -> ErrorReply:
        limit, used, amount = self._limits[measure], self._counted(measure), int(requested.of(measure))
        words = {"tier": tier, "organization": self.organization}
        return refuse_for(measure, limit, used, amount, words=words, headers=self._headers())

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
    """What an admitted request was charged: one request, and tokens of its prompt and its answer."""

    meter: Meter
    requested: Amount

    def settle(self, used: Amount) -> None:
        """Replace the charge by what was really used."""
        asked = self.requested
        self.meter.add(Amount(0.0, used.prompt - asked.prompt, used.answer - asked.answer))

    def refund(self) -> None:
        """Refund the whole charge."""
        self.meter.add(self.requested.negative())

    def headers(self) -> dict[str, str]:
        """Return what remains, as headers."""
        return self.meter.headers()


FREE = Charge(Meter({}, Clock()), Amount())
"""The charge of a request that no limit applies to."""


def refuse_for(
    measure: Measure, limit: int, used: int, requested: int, *, words: Mapping[str, str], headers: Mapping[str, str]
) -> ErrorReply:
    """Return the 429 of a limit, with the wait in its message and, in whole seconds, in a header.

    `words` are the ``tier`` and the ``organization`` of the request.
    """
    wait = max(used + requested - limit, 0) * measure.period / limit
    counts = {"limit": str(limit), "used": str(used), "requested": str(requested), "wait": format_duration(wait)}
    # rounded up, so that a client that waits this long does not come too early
    made = groq_error(f"rate_limit_{measure}", **counts, **words)
    return ErrorReply(made.status, made.error, {**headers, "retry-after": str(math.ceil(wait))})


def _too_large(measure: Measure, limit: int, requested: int, tier: str, organization: str) -> ErrorReply:
    """Return the 413 of a request that is too large for the limit, however long it waits."""
    counts = {"limit": str(limit), "requested": str(requested)}
    return groq_error(f"request_too_large_{measure}", **counts, tier=tier, organization=organization)


def requested_amount(body: JsonObject) -> Amount:
    """Return what a request is charged on arrival; without ``max_completion_tokens`` no tokens of an answer."""
    return Amount(1, prompt_tokens(body), max(ChatRequest(body, None).max_tokens or 0, 0))


def used_amount(body: JsonObject, made: JsonObject | ErrorReply) -> Amount:
    """Return what a request really used, without cached tokens. A refused answer was generated too."""
    if isinstance(made, ErrorReply):
        return Amount(1, prompt_tokens(body), tokens_of(len(str(made.error.get("failed_generation") or ""))))
    usage = as_object(made.get("usage"))
    cached = _count(as_object(usage.get("prompt_tokens_details")), "cached_tokens")
    return Amount(1, _count(usage, "prompt_tokens") - cached, _count(usage, "completion_tokens"))


def _count(usage: JsonObject, name: str) -> int:
    value = usage.get(name)
    return value if isinstance(value, int) else 0


def check_tier(name: str) -> None:
    """Raise ConfigurationError, which lists the tiers, if no model card has this one."""
    tiers = sorted({tier for card in list_cards() if card.provider == "groq" for tier in card.limits})
    if name not in tiers:
        raise ConfigurationError(f"No model card has limits for the tier {name!r}: choose from {', '.join(tiers)}.")
