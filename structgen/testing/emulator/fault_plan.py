"""Faults from a seed: which requests fail, and how.

The fault of a request depends on the seed, on the request's body and on how often that body was seen, but neither on
the order in which requests arrive nor on the time. So concurrent clients meet the same faults in every run, as long as
they send the same requests and retry in the same cases.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import partial
from typing import cast

from structgen.core.errors import ConfigurationError
from structgen.core.json import Json, JsonObject
from structgen.send.limits.buckets import Measure
from structgen.testing.emulator.rate_limits import Charge, refuse_for
from structgen.testing.emulator.replies import Answer, ErrorReply, Fault, Step, Streamed, error

_TPM = 30_000_000
"""The tokens per minute in the message of a 429 if the model has no such limit: too many to slow a client down."""
_ERRORS = ("internal", "bad_gateway", "over_capacity")


class FaultKind(StrEnum):
    """The kinds of faults; the values are the names of the shares of a `FaultPlan`."""

    RATE_LIMITED = "rate_limited"
    FLEX = "flex"
    SERVER_ERROR = "server_error"
    DROPPED = "dropped"
    SLOW = "slow"
    CUT = "cut"
    MALFORMED = "malformed"
    WRONG_TYPE = "wrong_type"

    @property
    def spoils_json(self) -> bool:
        """Whether it changes the JSON that a model writes."""
        return self in {FaultKind.MALFORMED, FaultKind.WRONG_TYPE}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPlan:
    """The share of requests, 0 to 1, for each fault; all other requests are answered normally.

    - `rate_limited`: 429, with `retry_after` in whole seconds, or if that is None the wait of a full bucket
    - `flex`: 498, the flex tier is full
    - `server_error`: 500, 502 with a page, or 503; half of them in the middle of a stream, if there is one
    - `dropped`: the connection is reset before the first byte
    - `slow`: the body, or the stream, takes `seconds`
    - `cut`: the connection is reset somewhere in the body
    - `malformed`: the model's text is not quite JSON
    - `wrong_type`: one value in the model's JSON has another type, never null

    The last two skip the server's checks of the model's output, which would refuse such texts. Requests for
    transcriptions and speech meet all but these two. Requests for files and batches meet all but `flex`: for them the
    last two spoil the body, and half of the dropped connections and server errors come after the server has carried
    out the request, so that a file may exist although its upload failed.
    """

    seed: int = 0
    rate_limited: float = 0.0
    flex: float = 0.0
    server_error: float = 0.0
    dropped: float = 0.0
    slow: float = 0.0
    cut: float = 0.0
    malformed: float = 0.0
    wrong_type: float = 0.0
    retry_after: int | None = None
    seconds: float = 1.0

    def __post_init__(self) -> None:
        shares = self.shares()
        for kind, share in shares.items():
            if not 0 <= share <= 1:
                raise ConfigurationError(f"The share {kind} must be between 0 and 1, not {share}.")
        # a little more than 1 is a rounding error of shares such as 0.1
        if math.fsum(shares.values()) > 1 + 1e-9:
            raise ConfigurationError(f"The shares of faults add up to {math.fsum(shares.values()):g}, more than 1.")
        if not (math.isfinite(self.seconds) and self.seconds >= 0) or (self.retry_after or 0) < 0:
            raise ConfigurationError("`seconds` and `retry_after` of a fault plan must be 0 or more.")

    def shares(self) -> dict[FaultKind, float]:
        """Return the share of each kind."""
        fields = asdict(self)
        return {kind: fields[kind] for kind in FaultKind}


@dataclass(frozen=True, slots=True)
class RequestFault:
    """The fault of one request. `chance` decides its details."""

    kind: FaultKind
    plan: FaultPlan
    chance: random.Random

    def refuse(self, body: JsonObject, charge: Charge) -> Step | None:
        """Return the step that replaces an answer, or None if the fault needs an answer, which `spoil` then changes."""
        match self.kind:
            case FaultKind.RATE_LIMITED:
                return self._limited(body, charge)
            case FaultKind.FLEX:
                return error("flex_capacity")
            case FaultKind.DROPPED:
                return Fault()
            # half of the streams break in the middle instead, which `spoil` does
            case FaultKind.SERVER_ERROR if not body.get("stream") or self.chance.random() < 0.5:
                return error(self.chance.choice(_ERRORS))
            case _:
                return None

    def spoil(self, answer: Answer) -> Step:
        """Return the step that sends this answer with the fault."""
        text, unchecked = answer.text or "", replace(answer, as_is=True)
        match self.kind:
            case FaultKind.SLOW:
                return replace(answer, seconds=self.plan.seconds)
            case FaultKind.CUT:
                return Fault(unchecked, self.chance.random())
            case FaultKind.MALFORMED:
                return replace(unchecked, text=malform(text, self.chance))
            case FaultKind.WRONG_TYPE:
                return replace(unchecked, text=mistype(text, self.chance))
            case _:
                # a server error in the middle of a stream; `refuse` has sent the other half
                broken = cast("ErrorReply", error(self.chance.choice(("internal", "over_capacity"))))
                return Streamed(unchecked, self.chance.random(), error=broken)

    def _limited(self, body: JsonObject, charge: Charge) -> ErrorReply:
        """Return the 429 of a full bucket of tokens, or of one as full as the wait in the plan implies."""
        limit, wait = charge.meter.limit(Measure.TPM) or _TPM, self.plan.retry_after
        # how far the bucket must be exceeded for the wait of the plan to be the one that the limit implies
        asked = int(charge.requested.tokens)
        over = asked if wait is None else max(math.ceil(wait * limit / Measure.TPM.period), 1)
        words = {
            "tier": str(body.get("service_tier") or "on_demand"),
            "organization": charge.meter.organization,
        }
        used = min(limit - asked + over, limit)
        made = refuse_for(Measure.TPM, limit, used, asked, words=words, headers=charge.headers())
        header = {} if wait is None else {"retry-after": str(wait)}
        return ErrorReply(made.status, made.error, {**made.headers, **header})


class Faults:
    """Carries out a plan, counting how often each body was seen."""

    def __init__(self, plan: FaultPlan | None = None) -> None:
        self._plan = plan
        self._lock = threading.Lock()
        self._seen: Counter[str] = Counter()

    def draw(self, body: JsonObject) -> RequestFault | None:
        """Return the fault of this request, or None."""
        if self._plan is None:
            return None
        name = json.dumps(body, sort_keys=True)
        with self._lock:
            self._seen[name] += 1
            times = self._seen[name]
        return _draw(self._plan, name, times)


def _draw(plan: FaultPlan, name: str, times: int) -> RequestFault | None:
    # a retry of the same body draws again, or it would fail forever
    digest = hashlib.blake2b(json.dumps([plan.seed, times, name]).encode(), digest_size=16).digest()
    chance = random.Random(digest)  # noqa: S311 - repeatable by intention
    point = chance.random()
    for kind, share in plan.shares().items():
        if point < share:
            return RequestFault(kind, plan, chance)
        # walk the shares like segments of a line from 0 to 1; what is left of it means no fault
        point -= share
    return None


_MARKS = '{}[]:,"'
_TRIES = 20
_OTHERS: tuple[Json, ...] = (True, 17, "n/a", [17], {"value": 17})


def malform(text: str, chance: random.Random) -> str:
    """Cut the text off, or remove or add a punctuation mark, so that it is no longer JSON."""
    # some changes leave valid JSON, such as a cut within trailing white space
    tries = (chance.choice(_WAYS)(text, chance) for _ in range(_TRIES))
    return next((spoiled for spoiled in tries if not _is_json(spoiled)), "{" + text)


def mistype(text: str, chance: random.Random) -> str:
    """Replace a random value in the text by one of another JSON type, never null.

    A text without a non-empty object or list is replaced as a whole.
    """
    try:
        root = cast("Json", json.loads(text))
    except (ValueError, RecursionError):
        root = text
    box: list[Json] = [root]
    # an empty or scalar root has no place inside, so the root itself is replaced
    places = [*_places(root)] or [_Place(root, partial(box.__setitem__, 0))]
    place = chance.choice(places)
    place.put(chance.choice([other for other in _OTHERS if _kind(other) is not _kind(place.value)]))
    return json.dumps(box[0], ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Place:
    """A value within a JSON tree, and how to replace it."""

    value: Json
    put: Callable[[Json], None]


def _places(root: Json) -> Iterator[_Place]:
    """Yield every value within the root. Not recursive, because replies may be nested deeply."""
    waiting = [root]
    while waiting:
        holder = waiting.pop()
        if isinstance(holder, dict):
            yield from (_Place(value, partial(holder.__setitem__, name)) for name, value in holder.items())
            waiting.extend(holder.values())
        elif isinstance(holder, list):
            yield from (_Place(value, partial(holder.__setitem__, index)) for index, value in enumerate(holder))
            waiting.extend(holder)


def _kind(value: Json) -> type[object]:
    """Return the JSON type of a value; integers and other numbers are one type."""
    return float if type(value) is int else type(value)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _cut_off(text: str, chance: random.Random) -> str:
    return text[: int(len(text) * chance.random())]


def _drop_mark(text: str, chance: random.Random) -> str:
    marks = [place for place, letter in enumerate(text) if letter in _MARKS]
    if not marks:
        return text
    place = chance.choice(marks)
    return text[:place] + text[place + 1 :]


def _add_mark(text: str, chance: random.Random) -> str:
    place = int(len(text) * chance.random())
    return text[:place] + chance.choice(_MARKS) + text[place:]


_WAYS: tuple[Callable[[str, random.Random], str], ...] = (_cut_off, _drop_mark, _add_mark)
