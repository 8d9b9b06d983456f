"""The progress and the results of a batch on a stopped clock, through the groq SDK."""

from __future__ import annotations

import json
import threading
import time
from contextlib import suppress
from typing import Any

import groq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import ConfigurationError
from structgen.testing import Clock, Emulator, FaultPlan, dropped, error, page, raw, reply, streamed
from structgen.testing.emulator.batches import lifecycle
from structgen.testing.emulator.batches.lifecycle import Batch, Status, shuffled

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
    gate = threading.Barrier(2, timeout=60)

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
    lines = tuple(lifecycle.Line(str(number), {}) for number in range(count))
    kept: list[str] = []

    def keep(name: str, results: list[Any]) -> str:
        kept.append(name)
        return name

    batch = Batch(
        "file",
        "24h",
        window,
        None,
        0.0,
        seconds,
        lines,
        (),
        lambda each: lifecycle.result_with_response(each, 200, {}),
        keep,
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


MODEL = "openai/gpt-oss-20b"


def test_a_result_holds_a_whole_completion(groq_emulator: Emulator, batcher: Batcher) -> None:
    groq_emulator.script(reply("one"))
    found = batcher.run(batcher.line("a"))[0]["a"]
    assert found["error"] is None
    assert found["response"]["status_code"] == 200
    assert found["response"]["request_id"].startswith("req_")
    body = found["response"]["body"]
    assert (body["object"], body["model"], body["choices"][0]["finish_reason"]) == ("chat.completion", MODEL, "stop")
    assert body["usage"]["total_tokens"] > 0


def test_the_files_of_a_batch_are_listed_as_its_output(client: groq.Groq, batcher: Batcher) -> None:
    done = client.batches.retrieve(batcher.start(batcher.line("a")))
    listed = {file.id: file for file in client.files.list().data}
    made = listed[done.output_file_id]
    assert (made.purpose, made.filename) == ("batch_output", f"{done.id}_output.jsonl")
    with pytest.raises(groq.BadRequestError, match="must be `batch`"):
        client.batches.create(input_file_id=str(made.id), endpoint=URL, completion_window="24h")


@pytest.mark.parametrize("count", [2, 3, 20])
def test_results_come_in_another_order_than_the_lines(count: int, batcher: Batcher) -> None:
    names = [f"line-{number}" for number in range(count)]
    found, again = (list(batcher.run(*map(batcher.line, names))[0]) for _ in range(2))
    assert sorted(found) == sorted(names)
    assert found != names
    assert found == again


def test_a_function_or_the_rules_answer_where_the_script_has_nothing(groq_emulator: Emulator, batcher: Batcher) -> None:
    groq_emulator.answer_with(lambda body: str(body["seed"]))
    found, _ = batcher.run(batcher.line("a", seed=1), batcher.line("b", seed=2))
    assert (batcher.content(found["a"]), batcher.content(found["b"])) == ("1", "2")
    groq_emulator.reset()
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    asked = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    found, _ = batcher.run(batcher.line("a", "<document>\nName: Ada Lovelace\n</document>", response_format=asked))
    assert json.loads(batcher.content(found["a"])) == {"name": "Ada Lovelace"}


def test_a_line_is_refused_as_the_request_would_be(groq_emulator: Emulator, batcher: Batcher) -> None:
    groq_emulator.answer_with(lambda _: "not JSON")
    lines = [
        batcher.line("unknown", model="no-such-model"),
        batcher.line("retired", model="llama3-8b-8192"),
        batcher.line("other", model="qwen/qwen3.8-27b"),
        batcher.line("several", n=2),
        batcher.line("streamed", stream=True),
        batcher.line("answer", "JSON, please.", response_format={"type": "json_object"}),
        {**batcher.line("empty"), "body": {}},
        batcher.line("fine"),
    ]
    found, wrong = batcher.run(*lines)
    assert list(found) == ["fine"]
    assert all(result["error"] is None for result in wrong.values())
    said = {name: (each["response"]["status_code"], each["response"]["body"]["error"]) for name, each in wrong.items()}
    assert said["unknown"][0] == 404
    assert said["unknown"][1]["code"] == "model_not_found"
    assert said["retired"][1]["code"] == "model_decommissioned"
    assert said["other"][1]["message"] == "`batch processing` is not supported with this model"
    assert said["several"][1]["message"] == "'n' : number must be at most 1"
    assert said["streamed"][1]["message"] == "`stream` is not supported in a batch"
    assert (said["answer"][1]["code"], said["answer"][1]["failed_generation"]) == ("json_validate_failed", "not JSON")
    assert said["empty"][0] == 400


def test_a_model_of_the_tests_own_takes_batches(batcher: Batcher) -> None:
    with Emulator(models=("house/model",)) as emulator:
        client = groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url, max_retries=0)
        with client:
            assert list(batcher.using(client).run(batcher.line("a", model="house/model"))[0]) == ["a"]


def test_every_kind_of_step_has_its_result(groq_emulator: Emulator, batcher: Batcher) -> None:
    groq_emulator.script(
        error("over_capacity"),
        dropped(),
        page("502 Bad Gateway", status=502),
        raw('{"choices": 1}'),
        raw(b"\xff"),
        streamed("streamed"),
        reply(None),
    )
    names = ("gone", "page", "odd", "bytes", "stream", "none")
    found, wrong = batcher.run(batcher.line("busy", stream=True), *map(batcher.line, names))
    assert wrong["busy"]["response"]["status_code"] == 503
    assert wrong["busy"]["response"]["body"]["error"]["message"].startswith(MODEL)
    assert wrong["gone"]["response"] is None
    assert wrong["gone"]["error"]["code"] == "internal_error"
    assert "502 Bad Gateway" in wrong["page"]["response"]["body"]
    assert found["odd"]["response"]["body"] == {"choices": 1}
    assert found["bytes"]["response"]["body"] == "\ufffd"
    assert batcher.content(found["stream"]) == "streamed"
    assert batcher.content(found["none"]) is None


def test_a_batch_does_not_count_against_the_limits(groq_emulator: Emulator, batcher: Batcher) -> None:
    groq_emulator.limit_with("free", clock=Clock(speed=0))
    found, wrong = batcher.run(*(batcher.line(str(number)) for number in range(100)))
    assert (len(found), wrong) == (100, {})


def test_a_plan_of_faults_reaches_batches(batcher: Batcher) -> None:
    lines = [batcher.line(str(number)) for number in range(40)]
    with (
        Emulator(answer=lambda _: "yes") as emulator,
        groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url, max_retries=0) as client,
    ):
        using = batcher.using(client)
        batch = using.start(*lines)
        emulator.fail_with(FaultPlan(seed=1, server_error=0.3, dropped=0.3))
        while True:  # the first look that succeeds runs the lines
            with suppress(groq.APIError):
                client.batches.list()
                break
        emulator.fail_with(None)
        done = client.batches.retrieve(batch)
        found, wrong = using.results(done.output_file_id), using.results(done.error_file_id)
    statuses = {each["response"] and each["response"]["status_code"] >= 500 for each in wrong.values()}
    assert statuses == {None, True}
    assert len(found) + len(wrong) == 40
    assert {batcher.content(each) for each in found.values()} == {"yes"}


def test_half_a_character_breaks_nothing(client: groq.Groq, groq_emulator: Emulator, batcher: Batcher) -> None:
    half = json.dumps(batcher.line("x")).replace('"x"', '"\\ud83d"').encode()
    done = client.batches.retrieve(batcher.start(half, batcher.line("b")))
    assert batcher.results(done.output_file_id).keys() == {"\ud83d", "b"}
    failed = client.batches.retrieve(batcher.start(half, half))
    assert failed.errors is not None
    assert failed.errors.data is not None
    assert "'?'" in str(failed.errors.data[0].message)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(), unique=True))
def test_mixing_loses_nothing_and_never_keeps_the_order(names: list[str]) -> None:
    given = [{"custom_id": name} for name in names]
    found = shuffled(given)
    assert sorted(str(each["custom_id"]) for each in found) == sorted(names)
    assert len(names) < 2 or found != given
