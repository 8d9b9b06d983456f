"""When a batch does what, on a clock that stands still, through the groq SDK."""

import threading
import time
from typing import Any

import groq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import ConfigurationError
from structgen.testing import Emulator
from structgen.testing.emulator import batch_lines
from structgen.testing.emulator.batch_run import Batch, Status

URL = "/v1/chat/completions"
DAY = 24 * 3600

Batcher = Any  # the class stands in conftest.py


def test_statuses_follow_the_clock(client: groq.Groq, timed: Emulator, batcher: Batcher) -> None:
    name = batcher.start(*(batcher.line(str(number)) for number in range(8)))
    seen: list[tuple[str, int, int]] = []
    for seconds in (0, 99, 2, 399, 399, 2, 98, 2):
        timed.clock.advance(seconds)
        found = client.batches.retrieve(name)
        assert found.request_counts is not None
        seen.append((found.status, found.request_counts.completed, found.request_counts.total))
    assert seen == [
        ("validating", 0, 0),
        ("validating", 0, 0),
        ("in_progress", 0, 8),
        ("in_progress", 4, 8),
        ("in_progress", 7, 8),
        ("finalizing", 8, 8),
        ("finalizing", 8, 8),
        ("completed", 8, 8),
    ]
    done = client.batches.retrieve(name)
    times = [done.in_progress_at, done.finalizing_at, done.completed_at]
    assert [at - done.created_at for at in times if at] == [100, 900, 1000]


def test_nothing_is_out_before_the_end(client: groq.Groq, timed: Emulator, batcher: Batcher) -> None:
    name = batcher.start(batcher.line("a"))
    timed.clock.advance(950)
    found = client.batches.retrieve(name)
    assert (found.output_file_id, found.completed_at) == (None, None)
    assert [file.purpose for file in client.files.list().data] == ["batch"]


def test_a_clock_that_goes_back_undoes_nothing(client: groq.Groq, timed: Emulator, batcher: Batcher) -> None:
    name = batcher.start(batcher.line("a"), batcher.line("b"))
    timed.clock.advance(600)
    before = client.batches.retrieve(name)
    timed.clock.advance(-5000)
    assert client.batches.retrieve(name) == before
    timed.clock.advance(6000)
    assert client.batches.retrieve(name).status == "completed"


def test_a_line_is_answered_once_however_often_one_looks(client: groq.Groq, timed: Emulator, batcher: Batcher) -> None:
    asked: list[str] = []

    def answer(body: dict[str, Any]) -> str:
        asked.append(body["messages"][0]["content"])
        return "yes"

    timed.answer_with(answer)
    name = batcher.start(*(batcher.line(str(number), f"{number}") for number in range(10)))
    for _ in range(12):
        timed.clock.advance(100)
        client.batches.retrieve(name)
        client.batches.list()
    assert asked == [str(number) for number in range(10)]


def test_two_who_look_at_once_see_one_run(client: groq.Groq, groq_emulator: Emulator, batcher: Batcher) -> None:
    asked: list[str] = []
    gate = threading.Barrier(2, timeout=5)

    def answer(body: dict[str, Any]) -> str:
        time.sleep(0.005)  # long enough for the other to come by
        asked.append("once")
        return "yes"

    groq_emulator.answer_with(answer)
    name = batcher.start(*(batcher.line(str(number)) for number in range(20)))

    def look() -> None:
        gate.wait()
        client.batches.retrieve(name)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 20


def test_a_batch_that_takes_too_long_expires(client: groq.Groq, timed: Emulator, batcher: Batcher) -> None:
    timed.batch_seconds = 4 * DAY
    name = batcher.start(*(batcher.line(str(number)) for number in range(10)))
    timed.clock.advance(DAY - 1)
    assert client.batches.retrieve(name).status == "in_progress"
    timed.clock.advance(2)
    done = client.batches.retrieve(name)
    assert (done.status, done.completed_at) == ("expired", None)
    assert done.expired_at == done.expires_at == done.created_at + DAY
    found, late = batcher.results(done.output_file_id), batcher.results(done.error_file_id)
    assert found
    assert late
    assert found.keys() | late.keys() == {str(number) for number in range(10)}
    assert {each["error"]["code"] for each in late.values()} == {"batch_expired"}
    assert all(each["response"] is None for each in late.values())
    assert done.request_counts is not None
    assert (done.request_counts.completed, done.request_counts.failed) == (len(found), len(late))


def test_a_longer_window_gives_more_time(client: groq.Groq, timed: Emulator, batcher: Batcher) -> None:
    timed.batch_seconds = 4 * DAY
    name = batcher.start(batcher.line("a"), window="7d")
    timed.clock.advance(4 * DAY)
    assert client.batches.retrieve(name).status == "completed"


def test_a_cancelled_batch_keeps_what_is_done(client: groq.Groq, timed: Emulator, batcher: Batcher) -> None:
    name = batcher.start(*(batcher.line(str(number)) for number in range(8)))
    timed.clock.advance(500)
    stopping = client.batches.cancel(name)
    assert (stopping.status, stopping.output_file_id) == ("cancelling", None)
    assert client.batches.cancel(name).status == "cancelling"
    timed.clock.advance(99)
    assert client.batches.retrieve(name).status == "cancelling"
    timed.clock.advance(2)
    done = client.batches.retrieve(name)
    assert done.status == "cancelled"
    assert [at - done.created_at for at in (done.cancelling_at, done.cancelled_at) if at] == [500, 600]
    assert batcher.results(done.output_file_id).keys() == {"0", "1", "2", "3"}
    assert done.request_counts is not None
    assert done.request_counts.model_dump() == {"total": 8, "completed": 4, "failed": 0}


def test_a_batch_can_be_cancelled_before_anybody_looks(client: groq.Groq, batcher: Batcher) -> None:
    name = batcher.start(batcher.line("a"))
    assert client.batches.cancel(name).status == "cancelling"
    done = client.batches.retrieve(name)
    assert (done.status, done.output_file_id, done.error_file_id) == ("cancelled", None, None)


@pytest.mark.parametrize("seconds", [0, 1000])
def test_what_has_ended_cannot_be_cancelled(
    seconds: float, client: groq.Groq, timed: Emulator, batcher: Batcher
) -> None:
    timed.batch_seconds = seconds
    name = batcher.start(batcher.line("a"))
    timed.clock.advance(1000)
    if not seconds:
        client.batches.retrieve(name)
    with pytest.raises(groq.BadRequestError, match="status 'completed'"):
        client.batches.cancel(name)
    assert client.batches.retrieve(name).status == "completed"


def test_a_failed_batch_says_so_in_its_time(client: groq.Groq, timed: Emulator, batcher: Batcher) -> None:
    name = batcher.start(batcher.line("a"), b"{")
    validating = client.batches.retrieve(name)
    assert (validating.status, validating.errors) == ("validating", None)
    timed.clock.advance(100)
    assert client.batches.retrieve(name).status == "failed"


def test_a_batch_outlives_its_input_file(client: groq.Groq, timed: Emulator, batcher: Batcher) -> None:
    file = batcher.upload(batcher.line("a"))
    name = client.batches.create(input_file_id=file, endpoint=URL, completion_window="24h").id
    client.files.delete(file)
    timed.clock.advance(1000)
    assert client.batches.retrieve(name).status == "completed"


def test_an_emulator_may_be_made_with_slow_batches(batcher: Batcher) -> None:
    with Emulator(batch_seconds=60) as emulator:
        with groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url, max_retries=0) as client:
            assert client.batches.retrieve(batcher.using(client).start(batcher.line("a"))).status == "validating"
        emulator.batch_seconds = 0
        emulator.reset()
        assert emulator.batch_seconds == 60


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_no_batch_takes_less_than_no_time(seconds: float, groq_emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match="batch_seconds"):
        groq_emulator.batch_seconds = seconds
    with pytest.raises(ConfigurationError, match="batch_seconds"):
        Emulator(batch_seconds=seconds)


@settings(deadline=None, max_examples=100)
@given(
    st.floats(0, 1e6),
    st.floats(1, 1e6),
    st.integers(1, 20),
    st.lists(st.floats(-1e6, 3e6), max_size=8),
)
def test_a_batch_only_ever_goes_forward(seconds: float, window: float, count: int, times: list[float]) -> None:
    lines = tuple(batch_lines.Line(str(number), {}) for number in range(count))
    kept: list[str] = []

    def keep(name: str, results: list[Any]) -> str:
        kept.append(name)
        return name

    batch = Batch(
        "file", "24h", window, None, 0.0, seconds, lines, (), lambda each: batch_lines.answered(each, 200, {}), keep
    )
    done, order = 0, list(Status)
    stage = order.index(batch.status)
    for now in times:
        batch.advance(now)
        assert len(batch.completed) >= done
        assert order.index(batch.status) >= stage
        done, stage = len(batch.completed), order.index(batch.status)
    batch.advance(max(seconds, window) + 1)
    assert batch.status is (Status.COMPLETED if seconds <= window else Status.EXPIRED)
    assert [each["custom_id"] for each in (*batch.completed, *batch.failed)] == [each.custom_id for each in lines]
    assert kept == [f"{batch.id}_output.jsonl", f"{batch.id}_error.jsonl"]
