"""An hour against a server with Groq's limits, on a clock that the test turns.

Run as a script it prints the table that compares the limiter with fixed and sliding windows.
"""

import heapq
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import Any, Protocol

import pytest

from structgen.core.records import Usage
from structgen.send.limits import limiter_state as limits
from structgen.send.limits.buckets import Sighting, read_headers, read_rate_limit_error
from structgen.send.limits.limiter_state import Grant, Need, Wait

RPM, TPM, HOUR = 30, 8_000, 3_600.0
FREE = {"free": {"rpm": RPM, "tpm": TPM}}
CONCURRENCY = 8


@dataclass
class Bucket:
    """A limit as the server keeps it: continuous, full at `limit`, drained in a minute."""

    limit: float
    used: float = 0.0
    at: float = 0.0

    def take(self, now: float, amount: float) -> float:
        """0 where it fits and was taken, else the seconds until it would."""
        self.used = max(self.used - self.limit * (now - self.at) / 60, 0.0)
        self.at = now
        over = self.used + amount - self.limit
        if over > 1e-9:
            return over * 60 / self.limit
        self.used += amount
        return 0.0


@dataclass
class Answer:
    """What the server said: a usage, or the text of a 429."""

    usage: int
    refusal: str = ""
    wait: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


class Back(StrEnum):
    """Whether the server gives back what was asked for and not used: what it does is not documented."""

    BEFORE = "before it writes the headers"
    AFTER = "after it wrote the headers"
    NEVER = "never"


class Server:
    """Counts requests, and tokens as asked for."""

    def __init__(self, gives_back: Back, already_used: float = 0.0) -> None:
        self.requests, self.tokens = Bucket(RPM), Bucket(TPM, already_used)
        self.gives_back = gives_back
        self.refused: list[float] = []

    def arrive(self, now: float, asked: int) -> Answer | None:
        """None where the call is let in."""
        wait = self.requests.take(now, 1)
        if wait:
            return self.refuse(now, "requests per minute (RPM)", self.requests, 1, wait)
        wait = self.tokens.take(now, asked)
        if wait:
            self.requests.used -= 1
            return self.refuse(now, "tokens per minute (TPM)", self.tokens, asked, wait)
        return None

    def refuse(self, now: float, what: str, bucket: Bucket, asked: int, wait: float) -> Answer:
        self.refused.append(now)
        text = (
            f"Rate limit reached on {what}: Limit {bucket.limit:.0f}, Used {bucket.used:.0f}, Requested {asked}. "
            f"Please try again in {wait * 1000:.0f}ms. Need more?"
        )
        return Answer(0, text, wait)

    def leave(self, now: float, asked: int, used: int) -> Answer:
        self.tokens.take(now, 0)
        given_back = asked - used if self.gives_back is not Back.NEVER else 0
        shown = self.tokens.used - (given_back if self.gives_back is Back.BEFORE else 0)
        self.tokens.used -= given_back
        remaining = int(TPM - shown)
        return Answer(
            used, headers={"x-ratelimit-limit-tokens": f"{TPM}", "x-ratelimit-remaining-tokens": f"{remaining}"}
        )


class Policy(Protocol):
    def acquire(self, now: float, need: Need) -> Any:
        """Something with `.seconds` to wait, or anything else for leave to send."""

    def end(self, now: float, grant: Any, answer: Answer) -> None: ...


class Ours:
    def __init__(self) -> None:
        self.state = limits.start(0.0, CONCURRENCY, FREE)

    def acquire(self, now: float, need: Need) -> Grant | Wait:
        self.state, answer = limits.acquire(self.state, now, need)
        return answer

    def end(self, now: float, grant: Grant, answer: Answer) -> None:
        if answer.refusal:
            seen: tuple[Sighting, ...] = read_rate_limit_error(answer.refusal)
            self.state = limits.refuse(self.state, now, grant, answer.wait, seen)
        else:
            usage = Usage(answer.usage - answer.usage // 8, answer.usage // 8, calls=1)
            self.state = limits.settle(self.state, now, grant, usage, read_headers(answer.headers))


class Windowed:
    """What most do: count what was sent in this minute (fixed), or in the last 60 seconds (sliding)."""

    def __init__(self, *, fixed: bool) -> None:
        self.fixed = fixed
        self.sent: deque[list[float]] = deque()
        self.pause = 0.0

    def acquire(self, now: float, need: Need) -> Any:
        begin = now // 60 * 60 if self.fixed else now - 60
        while self.sent and self.sent[0][0] < begin - 1e-9:
            self.sent.popleft()
        tokens = need.prompt + need.answer
        if now < self.pause:
            return Wait(self.pause - now)
        if len(self.sent) >= RPM or sum(entry[1] for entry in self.sent) + tokens > TPM:
            until = begin + 60 if self.fixed else self.sent[0][0] + 60
            return Wait(max(until - now, 0.01))
        self.sent.append([now, tokens])
        return self.sent[-1]

    def end(self, now: float, grant: list[float], answer: Answer) -> None:
        grant[1] = answer.usage
        if answer.refusal:
            self.pause = now + answer.wait


@dataclass(frozen=True)
class Outcome:
    """Of the limit that binds: the share used in the hour. And when the server refused."""

    used: float
    refused: int
    late: int
    done: int


class Hour:
    """Sends documents in order, `CONCURRENCY` at once. A call takes 0.2 to 2 seconds, part of it to arrive."""

    def __init__(self, policy: Policy, server: Server, sizes: Callable[[], int], room: int) -> None:
        self.policy, self.server, self.sizes, self.room = policy, server, sizes, room
        self.rng = random.Random(1)
        self.events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self.free, self.tokens, self.requests = CONCURRENCY, 0.0, 0
        self.waiting = deque([sizes()])
        self.number, self.looking = 0, 0.0

    def run(self) -> Outcome:
        self.look(0.0)
        while self.events and self.events[0][0] <= HOUR:
            now, _, happen, data = heapq.heappop(self.events)
            happen(now, *data)
        unused = self.room * self.requests if self.server.gives_back is Back.NEVER else 0
        share = max((self.tokens + unused) / (TPM * 60), self.requests / (RPM * 60))
        refused = self.server.refused
        return Outcome(share, len(refused), sum(moment > 60 for moment in refused), self.requests)

    def at(self, moment: float, happen: Callable[..., None], *data: Any) -> None:
        self.number += 1
        heapq.heappush(self.events, (moment, self.number, happen, data))

    def look(self, now: float) -> None:
        while self.free:
            document = self.waiting[0]
            answer = self.policy.acquire(now, Need(document * self.rng.uniform(0.85, 1.15), document // 7 + self.room))
            if isinstance(answer, Wait):
                if self.looking <= now:
                    self.looking = now + min(max(answer.seconds or 0.05, 0.001), 0.25)
                    self.at(self.looking, self.look)
                return
            self.waiting.popleft()
            if not self.waiting:
                self.waiting.append(self.sizes())
            self.free -= 1
            self.at(now + self.rng.uniform(0.01, 0.2), self.arrive, answer, document)

    def arrive(self, now: float, grant: Any, document: int) -> None:
        asked = document + document // 7 + self.room
        refusal = self.server.arrive(now, asked)
        seconds = 0.05 if refusal else self.rng.uniform(0.2, 1.8)
        self.at(now + seconds, self.end, grant, document, asked, refusal)

    def end(self, now: float, grant: Any, document: int, asked: int, refusal: Answer | None) -> None:
        self.free += 1
        used = document + document // 7
        if refusal:
            self.waiting.appendleft(document)
        else:
            self.tokens, self.requests = self.tokens + used, self.requests + 1
        self.policy.end(now, grant, refusal or self.server.leave(now, asked, used))
        self.look(now)


def simulate(policy: Policy, server: Server, sizes: Callable[[], int], room: int = 256) -> Outcome:
    return Hour(policy, server, sizes, room).run()


WORKLOADS = {"50 to 3,000 tokens": (50, 3_000), "50 to 120 tokens": (50, 120), "2,000 to 3,000 tokens": (2_000, 3_000)}
POLICIES: dict[str, Callable[[], Policy]] = {
    "structgen": Ours,
    "fixed window": lambda: Windowed(fixed=True),
    "sliding window": lambda: Windowed(fixed=False),
}


ROOMS = (256, 4_000)
"""Tokens that a call asks for its answer beyond those that it takes."""


def sizes(workload: str, seed: int) -> Callable[[], int]:
    rng = random.Random(seed)
    return lambda: rng.randint(*WORKLOADS[workload])


@pytest.mark.parametrize("gives_back", Back)
@pytest.mark.parametrize("workload", WORKLOADS)
@pytest.mark.parametrize("room", ROOMS)
def test_an_hour_uses_the_limit_that_binds_and_meets_no_refusal(workload: str, gives_back: Back, room: int) -> None:
    outcome = simulate(Ours(), Server(gives_back), sizes(workload, 7), room)
    assert outcome.used >= 0.97
    assert outcome.late == 0


def test_a_limit_that_others_have_used_is_learnt_within_a_minute() -> None:
    outcome = simulate(Ours(), Server(Back.BEFORE, already_used=6_000), sizes("50 to 3,000 tokens", 7))
    assert outcome.used >= 0.97
    assert outcome.refused > 0
    assert outcome.late == 0


def table() -> str:
    lines = ["| documents | room | server gives back | limiter | used of what binds | 429 in all | after a minute |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- |")
    for workload, room, gives_back, name in product(WORKLOADS, ROOMS, Back, POLICIES):
        one = simulate(POLICIES[name](), Server(gives_back), sizes(workload, 7), room)
        cells = [workload, room, gives_back.value, name, f"{one.used:.1%}", one.refused, one.late]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201  a script's output
