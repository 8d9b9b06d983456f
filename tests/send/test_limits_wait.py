"""Waiting in threads and on event loops."""

import asyncio
import gc
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from structgen.core.errors import RateLimited
from structgen.core.records import Card, Usage
from structgen.send.base import Allowance
from structgen.send.limits import Grant, Measure, Need
from structgen.send.limits_wait import Limiter, shared_limiter

FOREVER = Allowance()
CARD = Card("a", limits={"free": {"rpm": 6_000, "tpm": 60_000}})
USED = Usage(10, 10, calls=1)
Waiting = Callable[[Limiter, Need, Allowance], Grant]


def wait_blocking(limiter: Limiter, need: Need, allowance: Allowance) -> Grant:
    return limiter.wait(need, allowance)


def wait_on_a_loop(limiter: Limiter, need: Need, allowance: Allowance) -> Grant:
    return asyncio.run(limiter.await_turn(need, allowance))


@pytest.fixture(params=[wait_blocking, wait_on_a_loop])
def wait(request: pytest.FixtureRequest) -> Waiting:
    return request.param


def test_leave_comes_at_once_where_there_is_room(wait: Waiting) -> None:
    limiter = Limiter(CARD)
    wait(limiter, Need(10), FOREVER)
    assert limiter.state.under_way == 1


def test_a_call_waits_for_the_limit(wait: Waiting) -> None:
    limiter = Limiter(CARD)
    limiter.settle(wait(limiter, Need(58_000), FOREVER), Usage(calls=1), {})
    began = time.monotonic()
    wait(limiter, Need(500), FOREVER)
    assert 0.2 < time.monotonic() - began < 2


def test_a_wait_beyond_the_deadline_is_an_error_that_says_how_long(wait: Waiting) -> None:
    limiter = Limiter(CARD)
    wait(limiter, Need(58_000), FOREVER)
    with pytest.raises(RateLimited, match="60000 tokens a minute, which is more than the time left") as caught:
        wait(limiter, Need(58_000), Allowance(deadline=time.monotonic() + 5))
    assert caught.value.wait == pytest.approx(58, abs=1)
    limiter.wait(Need(1), FOREVER)


def test_a_pause_that_the_server_asks_for_is_no_limit_of_ours(wait: Waiting) -> None:
    limiter = Limiter(CARD)
    limiter.refuse(wait(limiter, Need(1), FOREVER), 30.0, "over capacity", {})
    with pytest.raises(RateLimited, match="for the server"):
        wait(limiter, Need(1), Allowance(deadline=time.monotonic() + 5))


def test_the_time_may_run_out_while_others_are_under_way(wait: Waiting) -> None:
    limiter = Limiter(most=1)
    wait(limiter, Need(1), FOREVER)
    with pytest.raises(RateLimited, match="while other calls were under way"):
        wait(limiter, Need(1), Allowance(deadline=time.monotonic() + 0.05))


@pytest.mark.parametrize(
    "end",
    [
        lambda limiter, grant: limiter.settle(grant, USED, {}),
        lambda limiter, grant: limiter.refuse(grant, 0.0, "", {}),
        lambda limiter, grant: limiter.lose(grant),
        lambda limiter, grant: limiter.withdraw(grant),
    ],
)
def test_every_end_of_a_call_makes_room_for_the_next(wait: Waiting, end: Callable[[Limiter, Grant], None]) -> None:
    limiter = Limiter(most=1)
    timer = threading.Timer(0.05, end, (limiter, wait(limiter, Need(1), FOREVER)))
    timer.start()
    wait(limiter, Need(1), FOREVER)
    timer.join()


def test_headers_and_refusals_teach_the_limits() -> None:
    limiter = Limiter()
    headers = {"x-ratelimit-limit-tokens": "9000", "x-ratelimit-remaining-tokens": "8000"}
    limiter.settle(limiter.wait(Need(1), FOREVER), USED, headers)
    assert limiter.state.buckets[Measure.TPM].limit == 9_000
    limiter.refuse(limiter.wait(Need(1), FOREVER), 1.0, "(RPM): Limit 30, Used 30, Requested 1.", headers)
    assert limiter.state.buckets[Measure.RPM].used == pytest.approx(30, abs=0.1)


def in_threads(work: Callable[[int], None], count: int) -> None:
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(work, range(count)))


def test_a_small_call_does_not_overtake_a_large_one() -> None:
    limiter, numbers, end = Limiter(CARD), dict[int, int](), time.monotonic() + 5
    limiter.settle(limiter.wait(Need(58_000), FOREVER), Usage(calls=1), {})

    def work(place: int) -> None:
        while limiter.waiting < place and time.monotonic() < end:
            time.sleep(0.001)
        numbers[place] = limiter.wait(Need(1_500 if place == 0 else 1), FOREVER).number

    in_threads(work, 3)
    assert numbers == {0: 1, 1: 2, 2: 3}


def test_threads_and_loops_share_one_line_and_never_exceed_the_bound() -> None:
    limiter, now, most = Limiter(most=3), [0], [0]
    lock = threading.Lock()

    def count(step: int) -> None:
        with lock:
            now[0] += step
            most[0] = max(most[0], now[0])

    def blocking(_: int) -> None:
        grant = limiter.wait(Need(1), FOREVER)
        count(1)
        time.sleep(0.01)
        count(-1)
        limiter.settle(grant, USED, {})

    async def one() -> None:
        grant = await limiter.await_turn(Need(1), FOREVER)
        count(1)
        await asyncio.sleep(0.01)
        count(-1)
        limiter.settle(grant, USED, {})

    async def many() -> None:
        await asyncio.gather(*(one() for _ in range(20)))

    loop = threading.Thread(target=lambda: asyncio.run(many()))
    loop.start()
    in_threads(blocking, 20)
    loop.join()
    assert most[0] == 3
    assert limiter.state.under_way == 0
    assert limiter.state.number == 40


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        return await work()

    return asyncio.run(main())


def test_who_is_cancelled_gives_up_its_place() -> None:
    limiter = Limiter(most=1)

    async def work() -> None:
        grant = await limiter.await_turn(Need(1), FOREVER)
        first, second = (asyncio.ensure_future(limiter.await_turn(Need(1), FOREVER)) for _ in range(2))
        await asyncio.sleep(0.02)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        limiter.settle(grant, USED, {})
        await asyncio.wait_for(second, 2)

    run(work)


def test_a_loop_that_ended_keeps_nobody_waiting() -> None:
    limiter = Limiter(most=1)
    grant = limiter.wait(Need(1), FOREVER)

    async def work() -> None:
        waiting = [asyncio.ensure_future(limiter.await_turn(Need(1), FOREVER)) for _ in range(3)]
        await asyncio.sleep(0.02)
        assert not any(one.done() for one in waiting)

    run(work)
    limiter.settle(grant, USED, {})
    limiter.wait(Need(1), Allowance(deadline=time.monotonic() + 2))


def test_one_limiter_serves_a_key_and_model_as_long_as_somebody_holds_it() -> None:
    first = shared_limiter("https://a", "key", "m", CARD)
    assert shared_limiter("https://a", "key", "m") is first
    assert shared_limiter("https://a", "other", "m") is not first
    assert shared_limiter("https://a", "key", "n") is not first
    first.wait(Need(1), FOREVER)
    del first
    gc.collect()
    assert shared_limiter("https://a", "key", "m").state.number == 0
