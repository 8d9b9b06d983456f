import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest

from structgen.core.errors import ConnectionFailed, NotSent, RateLimited, RequestRejected, ServerFailed, TransportError
from structgen.core.records import Completion, Usage
from structgen.send import Allowance
from structgen.send.http import retries
from structgen.send.http.failures import Failure
from structgen.send.http.retries import Outcome, asend_with_retries, send_with_retries

BROKEN = Failure(ServerFailed("groq answered 500.", status=500), transient=True)
DONE = Completion("{}")
Persist = Callable[[Callable[[], Outcome], Allowance], Completion]


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries, none of which is really spent."""
    asked: list[float] = []

    async def nap(seconds: float) -> None:
        asked.append(seconds)

    monkeypatch.setattr(retries, "time", SimpleNamespace(sleep=asked.append))
    monkeypatch.setattr(retries, "asyncio", SimpleNamespace(sleep=nap))
    return asked


@pytest.fixture(params=["sync", "async"])
def retry(request: pytest.FixtureRequest) -> Persist:
    """`send_with_retries`, or `asend_with_retries` over the same function."""
    if request.param == "sync":
        return send_with_retries

    def run(once: Callable[[], Outcome], allowance: Allowance) -> Completion:
        async def aonce() -> Outcome:
            return once()

        def start() -> Awaitable[Outcome]:
            return aonce()

        return asyncio.run(asend_with_retries(start, allowance))

    return run


def script(*outcomes: Outcome) -> Callable[[], Outcome]:
    """A function with these outcomes, one a call."""
    waiting = iter(outcomes)
    return lambda: next(waiting)


def test_a_first_success_waits_for_nothing(retry: Persist, waits: list[float]) -> None:
    assert retry(script(DONE), Allowance()).transport_retries == 0
    assert waits == []


def test_retries_are_counted_in_the_completion(retry: Persist, waits: list[float]) -> None:
    assert retry(script(BROKEN, BROKEN, DONE), Allowance()).transport_retries == 2
    assert len(waits) == 2


def test_an_answer_that_nobody_can_read_was_paid_for(retry: Persist, waits: list[float]) -> None:
    done = replace(DONE, usage=Usage(10, 5, None, None, 1))
    half = replace(BROKEN, paid=True)
    assert retry(script(BROKEN, BROKEN, done), Allowance()).usage == done.usage
    assert retry(script(half, BROKEN, half, done), Allowance()).usage == Usage(calls=3)
    assert retry(script(BROKEN, half, done), Allowance()).usage == Usage(calls=2)


def test_the_back_off_doubles_with_jitter(retry: Persist, waits: list[float]) -> None:
    retry(script(*[BROKEN] * 4, DONE), Allowance())
    assert all(low <= wait <= low + 0.5 for low, wait in zip((0.5, 1, 2, 4), waits, strict=True))


def test_a_wait_that_the_server_names_is_kept_to_the_letter(retry: Persist, waits: list[float]) -> None:
    hour = Failure(RateLimited("slow down", wait=3600.5), True, 3600.5)
    assert retry(script(hour, DONE), Allowance()).transport_retries == 1
    assert waits == [3600.5]


def test_a_wait_that_does_not_fit_is_named_at_once(retry: Persist, waits: list[float]) -> None:
    hour = Failure(RateLimited("Slow down.", wait=3600.5), True, 3600.5)
    with pytest.raises(RateLimited, match=r"Slow down\. The next attempt would start in 3600\.5 s") as caught:
        retry(script(hour), Allowance(deadline=time.monotonic() + 60))
    assert waits == []
    assert caught.value.wait == 3600.5


def test_the_last_failure_is_raised_with_the_number_of_tries(retry: Persist, waits: list[float]) -> None:
    last = Failure(ConnectionFailed("dropped."), transient=True)
    with pytest.raises(ConnectionFailed, match=r"dropped\. Gave up after 3 attempts\."):
        retry(script(BROKEN, BROKEN, last), Allowance(transport_retries=2))
    assert len(waits) == 2


def test_without_a_limit_it_is_tried_as_long_as_there_is_time(retry: Persist, waits: list[float]) -> None:
    assert retry(script(*[BROKEN] * 9, DONE), Allowance(transport_retries=None)).transport_retries == 9


def test_without_retries_the_first_failure_is_raised_as_it_is(retry: Persist, waits: list[float]) -> None:
    with pytest.raises(ServerFailed, match=r"^groq answered 500\.$"):
        retry(script(BROKEN), Allowance(transport_retries=0))


def test_what_can_never_work_is_not_tried_again(retry: Persist, waits: list[float]) -> None:
    final = Failure(RequestRejected("no"))
    with pytest.raises(RequestRejected):
        retry(script(final), Allowance())
    with pytest.raises(RequestRejected):
        retry(script(BROKEN, final), Allowance())
    assert len(waits) == 1


def test_an_unforeseen_exception_ends_the_retries(retry: Persist, waits: list[float]) -> None:
    outcomes = iter([BROKEN])

    def once() -> Outcome:
        for outcome in outcomes:
            return outcome
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        retry(once, Allowance())


def test_an_error_that_was_raised_is_not_changed_by_the_next_call(waits: list[float]) -> None:
    with pytest.raises(ServerFailed):
        send_with_retries(script(BROKEN, BROKEN), Allowance(transport_retries=1))
    assert str(BROKEN.error) == "groq answered 500."


def test_each_wait_is_told_with_its_fault(retry: Persist, waits: list[float]) -> None:
    told: list[tuple[TransportError, float]] = []
    allowance = Allowance(on_retry=lambda error, wait: told.append((error, wait)))
    retry(script(BROKEN, BROKEN, DONE), allowance)
    assert told == [(BROKEN.error, wait) for wait in waits]
    assert len(told) == 2


def test_a_wait_that_may_be_stopped_is_as_long_as_any_other(retry: Persist, waits: list[float]) -> None:
    limited = Failure(RateLimited("groq answered 429.", wait=0.6, status=429), transient=True, wait=0.6)
    assert retry(script(limited, DONE), Allowance(stopped=lambda: False)).transport_retries == 1
    assert waits == pytest.approx([0.25, 0.25, 0.1])


def test_a_stopped_run_ends_a_wait_for_another_try(retry: Persist, waits: list[float]) -> None:
    limited = Failure(RateLimited("groq answered 429.", wait=30.0, status=429), transient=True, wait=30.0)
    with pytest.raises(NotSent, match="it was not sent"):
        retry(script(limited), Allowance(stopped=lambda: len(waits) == 2))
    assert waits == [0.25, 0.25]


def test_a_stopped_run_takes_no_try_after_a_wait_of_no_time(retry: Persist, waits: list[float]) -> None:
    limited = Failure(RateLimited("groq answered 429.", wait=0.0, status=429), transient=True, wait=0.0)
    with pytest.raises(NotSent):
        retry(script(limited), Allowance(stopped=lambda: True))


def test_calls_at_the_same_time_do_not_share_their_counts(waits: list[float]) -> None:
    async def one(failures: int) -> int:
        outcomes = iter([*[BROKEN] * failures, DONE])

        async def once() -> Outcome:
            return next(outcomes)

        return (await asend_with_retries(once, Allowance())).transport_retries

    async def all_of_them() -> list[int]:
        return list(await asyncio.gather(*(one(count) for count in (3, 0, 4, 1, 2))))

    assert asyncio.run(all_of_them()) == [3, 0, 4, 1, 2]
