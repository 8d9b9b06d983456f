"""What several processes take of the limits of one key, on a clock that the test turns."""

import heapq
import random
from collections.abc import Callable
from typing import Any

import pytest

from structgen.core.records import Usage
from structgen.send.limits import limiter_state as limits
from structgen.send.limits.allotment import LIFETIME, Account, Allotment, Exhausted, Known, allot, decode, encode
from structgen.send.limits.buckets import DAY, Amount, Bucket, Measure, read_headers
from structgen.send.limits.limiter_state import Grant, Need
from structgen.send.limits.purse import Purse

CALL = Amount(1.0, 100.0, 300.0)


def known(sure: bool = True, **named: float) -> Known:
    return Known(tuple(Bucket(Measure(name), limit) for name, limit in named.items()), sure)


def used(account: Account, measure: Measure, now: float) -> float:
    return next(line.bucket.used(now) for line in account if line.bucket.measure is measure)


def test_an_allotment_is_about_a_second_of_calls() -> None:
    _, found = allot((), 0.0, known(rpm=1_200, tpm=240_000), CALL, Amount())
    assert found == Allotment(Amount(10.0, 1_000.0, 3_000.0), (Measure.RPM, Measure.TPM))


def test_a_small_limit_allots_one_call() -> None:
    _, found = allot((), 0.0, known(rpm=30, tpm=8_000), CALL, Amount())
    assert isinstance(found, Allotment)
    assert found.amount == CALL


def test_a_limit_of_a_day_does_not_make_the_allotments_small() -> None:
    _, found = allot((), 0.0, known(rpm=1_200, rpd=14_400), CALL, Amount())
    assert isinstance(found, Allotment)
    assert found.amount.requests == 20


def test_what_is_left_when_the_limit_is_nearly_used_up_is_allotted_in_smaller_parts_until_none_fits() -> None:
    account: Account = ()
    parts: list[float] = []
    while True:
        account, found = allot(account, 0.0, known(rpm=600), Amount(1.0), Amount())
        if isinstance(found, Exhausted):
            break
        parts.append(found.amount.requests)
    assert parts == sorted(parts, reverse=True)
    assert parts[-1] < 10
    # a second for calls that were allotted and not sent yet, and the 1.8 that every limiter leaves
    assert sum(parts) == 600 - 10 * LIFETIME - 18
    assert found.why is Measure.RPM
    assert 0 < found.seconds < 1


def test_what_a_process_leaves_is_given_back_and_what_it_used_beyond_is_charged() -> None:
    account, _ = allot((), 0.0, known(tpm=60_000), CALL, Amount())
    before = used(account, Measure.TPM, 0.0)
    account, found = allot(account, 0.0, known(tpm=60_000), CALL, Amount(0.0, 0.0, before))
    assert isinstance(found, Allotment)
    assert used(account, Measure.TPM, 0.0) == pytest.approx(found.amount.tokens)
    account, more = allot(account, 0.0, known(tpm=60_000), CALL, Amount(0.0, -500.0, 0.0))
    assert isinstance(more, Allotment)
    assert used(account, Measure.TPM, 0.0) == pytest.approx(found.amount.tokens + 500 + more.amount.tokens)


def test_an_allotment_of_a_process_that_died_comes_back_by_time() -> None:
    account, _ = allot((), 0.0, known(rpm=600), Amount(1.0), Amount())
    assert used(account, Measure.RPM, 0.0) == 10
    assert used(account, Measure.RPM, 1.0) == 0


def test_what_the_server_shows_replaces_the_guess_and_a_guess_replaces_nothing() -> None:
    account, _ = allot((), 0.0, known(sure=False, rpm=30, tpm=8_000), CALL, Amount())
    account, _ = allot(account, 0.0, known(tpm=300_000), CALL, Amount())
    assert [(line.bucket.measure, line.bucket.limit) for line in account] == [(Measure.TPM, 300_000)]
    assert used(account, Measure.TPM, 0.0) >= 2 * CALL.tokens  # what was used before still counts
    again, _ = allot(account, 0.0, known(sure=False, rpm=30, tpm=8_000), CALL, Amount())
    assert [line.bucket.limit for line in again] == [300_000]


def test_without_known_limits_everything_is_allotted_for_a_while() -> None:
    account, found = allot((), 0.0, Known((), True), CALL, Amount())
    assert account == ()
    assert found == Allotment(CALL, ())


def test_a_clock_that_was_set_back_blocks_nobody_for_longer_than_the_limit_lasts() -> None:
    account, _ = allot((), 1e9, known(rpd=1_000), Amount(900.0), Amount())
    _, found = allot(account, 0.0, known(rpd=1_000), Amount(200.0), Amount())
    assert isinstance(found, Exhausted)
    assert found.seconds < 2 * DAY


@pytest.mark.parametrize("text", ["", "[]", "{", '{"rpm": 3}', '{"other": [1, 2, true]}', None])
def test_an_account_that_cannot_be_read_is_empty(text: str | None) -> None:
    assert decode(text) == ()


def test_an_account_survives_its_text() -> None:
    account, _ = allot((), 1.7e9, known(rpm=30, tpm=8_000), CALL, Amount())
    assert decode(encode(account)) == account


# Several processes and a server


class Held:
    """A ledger whose clock the test turns."""

    def __init__(self) -> None:
        self.now = 0.0
        self.changes = 0
        self.account: Account = ()

    def change(self, name: str, change: Callable[[Account, float], Any]) -> Any:
        self.changes += 1
        self.account, result = change(self.account, self.now)
        return result


class Server:
    """Groq's buckets: a call is charged what it asks for when it arrives, and what it used when it ends."""

    def __init__(self, rpm: float, tpm: float) -> None:
        self.limits = {Measure.RPM: rpm, Measure.TPM: tpm}
        self.used = dict.fromkeys(self.limits, 0.0)
        self.at = 0.0
        self.refused = self.served = 0

    def charge(self, now: float, amount: Amount) -> bool:
        for measure, limit in self.limits.items():
            self.used[measure] = max(self.used[measure] - limit * (now - self.at) / 60, 0.0)
        self.at = now
        if any(self.used[measure] + max(amount.of(measure), 0) > limit for measure, limit in self.limits.items()):
            return False
        for measure in self.limits:
            self.used[measure] = max(self.used[measure] + amount.of(measure), 0.0)
        return True


def run(processes: int, rpm: float, tpm: float, seconds: float, *, shared: bool = True, dies: float = 0.0) -> Server:
    """Let processes with more work than the limits allow run for some time, each on a connection as slow as any."""
    chance, ledger, server = random.Random(7), Held(), Server(rpm, tpm)
    tier = {"free": {"rpm": int(rpm), "tpm": int(tpm)}}
    states = [limits.start(0.0, 32, tier, counts=True) for _ in range(processes)]
    purses = [Purse(ledger, "k", clock=lambda: ledger.now) for _ in range(processes)]
    events: list[tuple[float, int, int, str, Any]] = []
    count = 0

    def put(at: float, process: int, kind: str, with_: Any = None) -> None:
        nonlocal count
        count += 1
        heapq.heappush(events, (at, count, process, kind, with_))

    for process in range(processes):
        put(0.01 * process, process, "look")
    while events and events[0][0] < seconds:
        now, _, process, kind, grant = heapq.heappop(events)
        ledger.now = now
        if kind == "look":
            state, answer = limits.acquire(states[process], now, Need(200.0, 800.0))
            if isinstance(answer, Grant) and shared:
                total = states[process].total
                assert total is not None
                if purses[process].wait_for(answer.amount, total, state.buckets, sure=state.trial is None):
                    answer = None
            if not isinstance(answer, Grant):
                put(now + 0.25, process, "look")
                continue
            states[process] = state
            put(now + chance.uniform(0.0, 0.5), process, "arrives", answer)
            if dies and process and now > dies:
                continue  # it takes an allotment and is not heard of again
            put(now + 0.001, process, "look")
        elif kind == "arrives":
            fits = server.charge(now, Amount(1.0, 200.0, 800.0))
            server.refused += not fits
            put(now + chance.uniform(0.1, 2.0), process, "ends" if fits else "refused", grant)
        elif kind == "ends":
            server.charge(now, Amount(0.0, 0.0, -700.0))
            server.served += 1
            left = server.limits[Measure.TPM] - server.used[Measure.TPM]
            shown = {"x-ratelimit-limit-tokens": str(int(tpm)), "x-ratelimit-remaining-tokens": str(int(left))}
            seen = read_headers(shown)
            states[process] = limits.settle(states[process], now, grant, Usage(200, 100, calls=1), seen)
        else:
            states[process] = limits.refuse(states[process], now, grant, 1.0)
    assert not shared or ledger.changes < 8 * processes * seconds + 200
    return server


@pytest.mark.parametrize(("rpm", "tpm"), [(30, 100_000), (600, 60_000), (6_000, 300_000), (120, 1_000_000)])
@pytest.mark.parametrize("processes", [2, 5])
def test_processes_never_exceed_the_limits_that_they_share_and_use_them(processes: int, rpm: int, tpm: int) -> None:
    server = run(processes, rpm, tpm, 90)
    assert server.refused == 0
    most = min(rpm * 2.5, tpm * 2.5 / 300)  # all there at the start, and what comes back in a minute and a half
    assert server.served > 0.75 * most


def test_without_sharing_they_do() -> None:
    assert run(5, 600, 1_000_000, 30, shared=False).refused > 0


def test_a_process_that_dies_takes_nothing_from_the_others_for_long() -> None:
    server = run(2, 60, 1_000_000, 150, dies=20.0)
    assert server.refused == 0
    assert server.served > 0.75 * 60 * 3.5
