"""Waiting for the limiter, in threads and on event loops."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from structgen.core.errors import NotSent, RateLimited
from structgen.core.records import Card, Usage
from structgen.send.limits import limiter_state as limits
from structgen.send.limits.buckets import Measure, Sighting
from structgen.send.limits.limiter import Limiter, Place
from structgen.send.limits.limiter_state import Grant, Need
from structgen.send.sender import Allowance, DocumentClock

FOREVER = Allowance()
CARD = Card("a", limits={"free": {"rpm": 6_000, "tpm": 60_000}})
LIMIT = Sighting(Measure.TPM, 60_000, 0)
SETTLED = partial(limits.settle, usage=Usage(10, 10, calls=1))
KEPT = partial(limits.settle, usage=Usage(calls=1))
Waiting = Callable[[Limiter, float, Allowance], Place]


def wait_blocking(limiter: Limiter, tokens: float, allowance: Allowance = FOREVER) -> Place:
    limiter.wait(place := Place(Need(tokens)), allowance)
    return place


async def wait_awaiting(limiter: Limiter, tokens: float, allowance: Allowance = FOREVER) -> Place:
    await limiter.async_wait(place := Place(Need(tokens)), allowance)
    return place


def wait_on_a_loop(limiter: Limiter, tokens: float, allowance: Allowance = FOREVER) -> Place:
    return asyncio.run(wait_awaiting(limiter, tokens, allowance))


@pytest.fixture(params=[wait_blocking, wait_on_a_loop])
def wait(request: pytest.FixtureRequest) -> Waiting:
    return request.param


def limiter_that_knows(most: int = 256) -> Limiter:
    """A limiter that was shown its limits."""
    limiter = Limiter(CARD, most)
    limiter.replied((LIMIT,))
    return limiter


def unlimited(most: int) -> Limiter:
    return Limiter(most=most, shows=False)


def test_leave_comes_at_once_where_there_is_room(wait: Waiting) -> None:
    limiter = limiter_that_knows()
    assert isinstance(wait(limiter, 10, FOREVER).answer, Grant)
    assert limiter.state.under_way == 1


def test_a_call_waits_for_the_limit(wait: Waiting) -> None:
    limiter = limiter_that_knows()
    limiter.end(wait(limiter, 58_000, FOREVER), KEPT)
    began = time.monotonic()
    wait(limiter, 500, FOREVER)
    assert 0.2 < time.monotonic() - began < 2


def test_a_wait_beyond_the_deadline_is_an_error_that_says_how_long(wait: Waiting) -> None:
    limiter = limiter_that_knows()
    limiter.end(wait(limiter, 58_000, FOREVER), KEPT)
    with pytest.raises(
        RateLimited, match="limit of 60,000 tokens a minute, which is more than the time left"
    ) as caught:
        wait(limiter, 58_000, Allowance(deadline=time.monotonic() + 5))
    assert caught.value.wait == pytest.approx(58, abs=1)
    wait_blocking(limiter, 1)


def test_a_pause_that_the_server_asks_for_is_no_limit_of_ours(wait: Waiting) -> None:
    limiter = limiter_that_knows()
    limiter.end(wait(limiter, 1, FOREVER), partial(limits.refuse, wait=30.0))
    with pytest.raises(RateLimited, match="for the server"):
        wait(limiter, 1, Allowance(deadline=time.monotonic() + 5))


def test_the_time_may_run_out_while_others_are_under_way(wait: Waiting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("structgen.send.limits.limiter.LOOK", 30.0)
    limiter = unlimited(1)
    wait(limiter, 1, FOREVER)
    began = time.monotonic()
    with pytest.raises(RateLimited, match="ahead of this one"):
        wait(limiter, 1, Allowance(deadline=began + 0.05))
    assert time.monotonic() - began < 10


def test_the_time_may_run_out_for_somebody_further_back() -> None:
    limiter = unlimited(1)
    wait_blocking(limiter, 1)

    async def main() -> None:
        first = asyncio.ensure_future(wait_awaiting(limiter, 1))
        await asyncio.sleep(0)
        with pytest.raises(RateLimited, match="ahead of this one"):
            await wait_awaiting(limiter, 1, Allowance(deadline=time.monotonic() + 0.05))
        first.cancel()

    asyncio.run(main())
    assert limiter.waiting == 0


def test_a_stopped_run_gives_up_its_place_in_the_line_and_the_others_keep_theirs(wait: Waiting) -> None:
    limiter, stopped = unlimited(1), threading.Event()
    held = wait_blocking(limiter, 1)
    with ThreadPoolExecutor(3) as pool:
        stoppable = [pool.submit(wait, limiter, 1, Allowance(stopped=stopped.is_set)) for _ in range(2)]
        while limiter.waiting < 2:
            time.sleep(0.01)
        other = pool.submit(wait_blocking, limiter, 1)
        began = time.monotonic()
        stopped.set()
        for one in stoppable:
            with pytest.raises(NotSent, match="it was not sent"):
                one.result(10)
        assert time.monotonic() - began < 2
        limiter.end(held, SETTLED)
        assert isinstance(other.result(10).answer, Grant)
    assert limiter.waiting == 0


def test_a_stopped_run_still_sends_what_has_leave_without_waiting(wait: Waiting) -> None:
    assert isinstance(wait(unlimited(1), 1, Allowance(stopped=lambda: True)).answer, Grant)


def test_a_long_wait_is_told_once_and_a_short_one_is_not(wait: Waiting) -> None:
    limiter, waits = limiter_that_knows(), list[tuple[float, str]]()
    allowance = Allowance(on_wait=lambda seconds, what: waits.append((seconds, what)))
    limiter.end(wait(limiter, 58_000, allowance), KEPT)
    limiter.end(wait(limiter, 400, allowance), KEPT)
    assert waits == []
    wait(limiter, 700, allowance)
    ((seconds, what),) = waits
    assert 0.5 <= seconds < 1
    assert what == "the limit of 60,000 tokens a minute"


@pytest.mark.parametrize(
    "end", [SETTLED, partial(limits.refuse, wait=0.0), limits.lose, limits.abandon, limits.withdraw]
)
def test_every_end_of_a_call_lets_the_next_go_at_once(wait: Waiting, end: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("structgen.send.limits.limiter.LOOK", 30.0)
    limiter = unlimited(1)
    timer = threading.Timer(0.05, limiter.end, (wait(limiter, 1, FOREVER), end))
    timer.start()
    began = time.monotonic()
    wait(limiter, 1, FOREVER)
    assert time.monotonic() - began < 10
    timer.join()


def test_a_call_ends_once(wait: Waiting) -> None:
    limiter = limiter_that_knows()
    place, _ = wait(limiter, 10, FOREVER), wait(limiter, 10, FOREVER)
    limiter.end(place, SETTLED)
    limiter.end(place, SETTLED)
    assert limiter.state.under_way == 1


def test_the_first_reply_lets_those_go_that_waited_for_it(wait: Waiting) -> None:
    limiter = Limiter(CARD)
    wait(limiter, 50_000, FOREVER)
    timer = threading.Timer(0.05, limiter.replied, ((Sighting(Measure.TPM, 1_000_000, 50_000),),))
    timer.start()
    wait(limiter, 50_000, FOREVER)
    timer.join()
    assert limiter.state.under_way == 2


def test_a_clock_may_be_given() -> None:
    now = [0.0]
    limiter = Limiter(CARD, clock=lambda: now[0])
    limiter.replied((LIMIT,))
    wait_blocking(limiter, 58_000)
    now[0] = 60.0
    wait_blocking(limiter, 58_000)


def in_threads(work: Callable[[int], None], count: int) -> None:
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(work, range(count)))


def test_a_small_call_does_not_overtake_a_large_one() -> None:
    limiter, numbers, end = limiter_that_knows(), dict[int, int](), time.monotonic() + 60
    limiter.end(wait_blocking(limiter, 58_000), KEPT)

    def work(place: int) -> None:
        while limiter.waiting < place and time.monotonic() < end:
            time.sleep(0.001)
        answer = wait_blocking(limiter, 1_500 if place == 0 else 1).answer
        assert isinstance(answer, Grant)
        numbers[place] = answer.number

    in_threads(work, 3)
    assert numbers == {0: 1, 1: 2, 2: 3}


def test_threads_and_loops_share_one_line_and_never_exceed_the_bound() -> None:
    limiter, now, most = unlimited(3), [0], [0]
    lock = threading.Lock()

    def count(step: int) -> None:
        with lock:
            now[0] += step
            most[0] = max(most[0], now[0])

    def blocking(_: int) -> None:
        place = wait_blocking(limiter, 1)
        count(1)
        time.sleep(0.01)
        count(-1)
        limiter.end(place, SETTLED)

    async def one() -> None:
        place = await wait_awaiting(limiter, 1)
        count(1)
        await asyncio.sleep(0.01)
        count(-1)
        limiter.end(place, SETTLED)

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
    limiter = unlimited(1)

    async def work() -> None:
        place = await wait_awaiting(limiter, 1)
        first, second = (asyncio.ensure_future(wait_awaiting(limiter, 1)) for _ in range(2))
        await asyncio.sleep(0.02)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        limiter.end(place, SETTLED)
        await asyncio.wait_for(second, 2)

    run(work)


def test_a_loop_that_ended_keeps_nobody_waiting() -> None:
    limiter = unlimited(1)
    place = wait_blocking(limiter, 1)

    async def work() -> None:
        waiting = [asyncio.ensure_future(wait_awaiting(limiter, 1)) for _ in range(3)]
        await asyncio.sleep(0.02)
        assert not any(one.done() for one in waiting)

    run(work)
    limiter.end(place, SETTLED)
    wait_blocking(limiter, 1, Allowance(deadline=time.monotonic() + 2))


@pytest.mark.parametrize("elsewhere", [False, True])
def test_a_task_left_on_a_closed_loop_holds_nobody_up(elsewhere: bool) -> None:
    limiter = unlimited(1)
    place, loop = wait_blocking(limiter, 1), asyncio.new_event_loop()
    left = loop.create_task(wait_awaiting(limiter, 1))
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    assert limiter.waiting == 1
    if elsewhere:
        in_threads(lambda _: limiter.end(place, SETTLED), 1)
    else:
        limiter.end(place, SETTLED)
    wait_blocking(limiter, 1, Allowance(deadline=time.monotonic() + 2))
    assert limiter.waiting == 0
    left.get_coro().close()  # type: ignore[union-attr]  its end must not disturb anybody either
    assert limiter.waiting == 0


def test_who_waits_behind_a_loop_that_is_closed_then_gets_its_turn() -> None:
    limiter, loop = unlimited(1), asyncio.new_event_loop()
    place = wait_blocking(limiter, 1)
    left = loop.create_task(wait_awaiting(limiter, 1))
    loop.run_until_complete(asyncio.sleep(0.01))
    behind = threading.Thread(target=wait_blocking, args=(limiter, 1))
    behind.start()
    while limiter.waiting < 2:
        time.sleep(0.001)
    loop.close()
    limiter.end(place, SETTLED)
    behind.join(2)
    assert not behind.is_alive()
    left.get_coro().close()  # type: ignore[union-attr]


def test_a_blocking_call_on_a_loop_passes_the_tasks_that_it_keeps_from_running() -> None:
    limiter = unlimited(1)

    async def main() -> None:
        place = await wait_awaiting(limiter, 1)
        waiting = asyncio.ensure_future(wait_awaiting(limiter, 1))
        await asyncio.sleep(0.01)
        timer = threading.Timer(0.02, limiter.end, (place, SETTLED))
        timer.start()
        blocking = wait_blocking(limiter, 1, Allowance(deadline=time.monotonic() + 3))
        limiter.end(blocking, SETTLED)
        await asyncio.wait_for(waiting, 2)
        timer.join()

    asyncio.run(main())


def test_who_is_cancelled_just_as_it_is_called_hands_its_turn_on() -> None:
    limiter = unlimited(1)

    async def work() -> None:
        place = await wait_awaiting(limiter, 1)
        first, second = (asyncio.ensure_future(wait_awaiting(limiter, 1)) for _ in range(2))
        await asyncio.sleep(0.01)
        limiter.end(place, SETTLED)
        first.cancel()
        await asyncio.wait_for(second, 0.2)
        assert first.cancelled()

    run(work)


def test_an_interrupt_in_a_waiting_thread_gives_up_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            raise KeyboardInterrupt

    limiter = unlimited(1)
    place = wait_blocking(limiter, 1)
    with monkeypatch.context() as patched:
        patched.setattr(threading, "Event", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            wait_blocking(limiter, 1)
    assert (limiter.waiting, limiter.state.under_way) == (0, 1)
    limiter.end(place, SETTLED)
    wait_blocking(limiter, 1)


def test_a_call_that_ends_within_a_step_of_the_same_thread_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the garbage collector closes a forgotten stream in the middle of it."""
    limiter = unlimited(4)
    forgotten, another, under_way = [wait_blocking(limiter, 1) for _ in range(3)]

    def collecting(step: Any, stream: Place) -> Any:
        def performed(*given: Any) -> Any:
            result = step(*given)
            limiter.end(stream, limits.abandon)
            return result

        return performed

    with monkeypatch.context() as patched:
        patched.setattr(limits, "acquire", collecting(limits.acquire, forgotten))
        wait_blocking(limiter, 1)
    assert limiter.state.under_way == 3
    limiter.end(under_way, collecting(limits.lose, another))
    assert limiter.state.under_way == 1


def test_each_end_wakes_one_of_thousands_who_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    limiter, most, looks = unlimited(1), 2_000, list[float]()
    look = limiter._look

    def counted(*given: Any) -> float | None:
        looks.append(1)
        return look(*given)

    monkeypatch.setattr(limiter, "_look", counted)

    async def one() -> None:
        limiter.end(await wait_awaiting(limiter, 1), SETTLED)

    async def work() -> None:
        await asyncio.gather(*(one() for _ in range(most)))

    run(work)
    assert len(looks) < 4 * most
    assert limiter.state.number == most


def test_the_time_of_a_document_stands_still_while_its_call_is_in_the_queue() -> None:
    now = [0.0]
    clock, limiter = DocumentClock(lambda: now[0]), unlimited(1)
    allowance = Allowance(deadline=clock() + 10, clock=clock)
    ahead = wait_blocking(limiter, 1)
    with ThreadPoolExecutor(1) as pool:
        behind = pool.submit(wait_blocking, limiter, 1, allowance)
        while not limiter.waiting:
            time.sleep(0.001)
        now[0] += 1_000
        limiter.end(ahead, SETTLED)
        assert isinstance(behind.result(5).answer, Grant)
    assert allowance.has_time_for(9)
    now[0] += 10
    assert not allowance.has_time_for(0)


def test_stops_of_a_clock_that_overlap_count_once() -> None:
    now = [0.0]
    clock = DocumentClock(lambda: now[0])
    with clock.stopped():
        now[0] += 1
        with clock.stopped():
            now[0] += 1
        now[0] += 1
        assert clock() == 0
    now[0] += 1
    assert clock() == 1
