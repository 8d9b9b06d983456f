"""The batches endpoints, through the groq SDK: what runs, when, and what comes of it."""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import groq
import httpx
import pytest
from groq.types import BatchRetrieveResponse
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import ConfigurationError
from structgen.testing import Clock, Emulator, FaultPlan, dropped, error, page, raw, reply, streamed
from structgen.testing.emulator import batch_lines
from structgen.testing.emulator.batch_lines import mixed, read_lines
from structgen.testing.emulator.batch_run import Batch, Status

MODEL = "openai/gpt-oss-20b"
URL = "/v1/chat/completions"
DAY = 24 * 3600

Line = dict[str, Any]
Run = Callable[..., BatchRetrieveResponse]


def line(name: str, text: str = "Say something.", **fields: object) -> Line:
    body = {"model": MODEL, "messages": [{"role": "user", "content": text}], **fields}
    return {"custom_id": name, "method": "POST", "url": URL, "body": body}


def upload(client: groq.Groq, *lines: Line | bytes) -> str:
    content = b"\n".join(each if isinstance(each, bytes) else json.dumps(each).encode() for each in lines)
    return str(client.files.create(file=("in.jsonl", content), purpose="batch").id)


def start(client: groq.Groq, *lines: Line | bytes, window: str = "24h") -> str:
    file = upload(client, *lines)
    return client.batches.create(input_file_id=file, endpoint=URL, completion_window=window).id


def results(client: groq.Groq, file: str | None) -> dict[str, Any]:
    """The lines of an output or an error file by their custom_id; none where there is no file."""
    if file is None:
        return {}
    lines = [json.loads(text) for text in client.files.content(file).text().splitlines()]
    assert all(each.keys() == {"id", "custom_id", "response", "error"} for each in lines)
    assert all(each["id"].startswith("batch_req_") for each in lines)
    return {each["custom_id"]: each for each in lines}


def run(client: groq.Groq, *lines: Line) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a batch of these lines puts out, and its errors."""
    done = client.batches.retrieve(start(client, *lines))
    assert done.status == "completed"
    return results(client, done.output_file_id), results(client, done.error_file_id)


def content(result: dict[str, Any]) -> str:
    return result["response"]["body"]["choices"][0]["message"]["content"]


@pytest.fixture
def timed(groq_emulator: Emulator) -> Emulator:
    """The emulator, with batches of 1,000 seconds and a clock that stands still."""
    groq_emulator.limit_with(None, clock=Clock(speed=0))
    groq_emulator.batch_seconds = 1000
    return groq_emulator


def test_a_batch_is_created_as_documented(client: groq.Groq, groq_emulator: Emulator) -> None:
    file = upload(client, line("a"))
    with httpx.Client(headers={"authorization": f"Bearer {groq_emulator.api_key}"}) as http:
        body = {"input_file_id": file, "endpoint": URL, "completion_window": "24h"}
        found = http.post(f"{groq_emulator.base_url}/openai/v1/batches", json=body).json()
    assert found.pop("id").startswith("batch_")
    assert found.pop("expires_at") - found.pop("created_at") == DAY
    assert found == {
        "object": "batch",
        "endpoint": URL,
        "errors": None,
        "input_file_id": file,
        "completion_window": "24h",
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "finalizing_at": None,
        "failed_at": None,
        "expired_at": None,
        "cancelled_at": None,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": None,
        "cancelling_at": None,
        "completed_at": None,
        "in_progress_at": None,
    }


def test_by_default_a_batch_is_done_when_it_is_looked_at(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("one"), reply("two"), reply("three"))
    done = client.batches.retrieve(start(client, line("a"), line("b"), line("c")))
    assert done.status == "completed"
    assert done.request_counts is not None
    assert done.request_counts.model_dump() == {"total": 3, "completed": 3, "failed": 0}
    assert done.error_file_id is None
    found = results(client, done.output_file_id)
    assert {name: content(result) for name, result in found.items()} == {"a": "one", "b": "two", "c": "three"}


def test_a_result_holds_a_whole_completion(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("one"))
    found = run(client, line("a"))[0]["a"]
    assert found["error"] is None
    assert found["response"]["status_code"] == 200
    assert found["response"]["request_id"].startswith("req_")
    body = found["response"]["body"]
    assert (body["object"], body["model"], body["choices"][0]["finish_reason"]) == ("chat.completion", MODEL, "stop")
    assert body["usage"]["total_tokens"] > 0


def test_the_files_of_a_batch_are_listed_as_its_output(client: groq.Groq) -> None:
    done = client.batches.retrieve(start(client, line("a")))
    listed = {file.id: file for file in client.files.list().data}
    made = listed[done.output_file_id]
    assert (made.purpose, made.filename) == ("batch_output", f"{done.id}_output.jsonl")
    with pytest.raises(groq.BadRequestError, match="must be `batch`"):
        client.batches.create(input_file_id=str(made.id), endpoint=URL, completion_window="24h")


@pytest.mark.parametrize("count", [2, 3, 20])
def test_results_come_in_another_order_than_the_lines(count: int, client: groq.Groq) -> None:
    names = [f"line-{number}" for number in range(count)]
    found, again = (list(run(client, *map(line, names))[0]) for _ in range(2))
    assert sorted(found) == sorted(names)
    assert found != names
    assert found == again


def test_a_function_or_the_rules_answer_where_the_script_has_nothing(
    client: groq.Groq, groq_emulator: Emulator
) -> None:
    groq_emulator.answer_with(lambda body: str(body["seed"]))
    found, _ = run(client, line("a", seed=1), line("b", seed=2))
    assert (content(found["a"]), content(found["b"])) == ("1", "2")
    groq_emulator.reset()
    schema = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
    asked = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    found, _ = run(client, line("a", "<document>\nName: Ada Lovelace\n</document>", response_format=asked))
    assert json.loads(content(found["a"])) == {"name": "Ada Lovelace"}


def test_a_line_is_refused_as_the_request_would_be(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda _: "no JSON")
    lines = [
        line("unknown", model="no-such-model"),
        line("retired", model="llama3-8b-8192"),
        line("other", model="qwen/qwen3.8-27b"),
        line("several", n=2),
        line("streamed", stream=True),
        line("answer", "JSON, please.", response_format={"type": "json_object"}),
        {**line("empty"), "body": {}},
        line("fine"),
    ]
    found, wrong = run(client, *lines)
    assert list(found) == ["fine"]
    assert all(result["error"] is None for result in wrong.values())
    said = {name: (each["response"]["status_code"], each["response"]["body"]["error"]) for name, each in wrong.items()}
    assert said["unknown"][0] == 404
    assert said["unknown"][1]["code"] == "model_not_found"
    assert said["retired"][1]["code"] == "model_decommissioned"
    assert said["other"][1]["message"] == "`batch processing` is not supported with this model"
    assert said["several"][1]["message"] == "'n' : number must be at most 1"
    assert said["streamed"][1]["message"] == "`stream` is not supported in a batch"
    assert (said["answer"][1]["code"], said["answer"][1]["failed_generation"]) == ("json_validate_failed", "no JSON")
    assert said["empty"][0] == 400


def test_a_model_of_the_tests_own_takes_batches() -> None:
    with Emulator(models=("house/model",)) as emulator:
        client = groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url, max_retries=0)
        with client:
            assert list(run(client, line("a", model="house/model"))[0]) == ["a"]


def test_every_kind_of_step_has_its_result(client: groq.Groq, groq_emulator: Emulator) -> None:
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
    found, wrong = run(client, line("busy", stream=True), *map(line, names))
    assert wrong["busy"]["response"]["status_code"] == 503
    assert wrong["busy"]["response"]["body"]["error"]["message"].startswith(MODEL)
    assert wrong["gone"]["response"] is None
    assert wrong["gone"]["error"]["code"] == "internal_error"
    assert "502 Bad Gateway" in wrong["page"]["response"]["body"]
    assert found["odd"]["response"]["body"] == {"choices": 1}
    assert found["bytes"]["response"]["body"] == "\ufffd"
    assert content(found["stream"]) == "streamed"
    assert content(found["none"]) is None


def test_a_batch_does_not_count_against_the_limits(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.limit_with("free", clock=Clock(speed=0))
    found, wrong = run(client, *(line(str(number)) for number in range(100)))
    assert (len(found), wrong) == (100, {})


def test_a_plan_of_faults_reaches_batches() -> None:
    lines = [line(str(number)) for number in range(40)]
    with (
        Emulator(faults=FaultPlan(seed=1, server_error=0.3, dropped=0.3), answer=lambda _: "yes") as emulator,
        groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url, max_retries=0) as client,
    ):
        found, wrong = run(client, *lines)
    statuses = {each["response"] and each["response"]["status_code"] >= 500 for each in wrong.values()}
    assert statuses == {None, True}
    assert len(found) + len(wrong) == 40
    assert {content(each) for each in found.values()} == {"yes"}


def test_statuses_follow_the_clock(client: groq.Groq, timed: Emulator) -> None:
    name = start(client, *(line(str(number)) for number in range(8)))
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


def test_nothing_is_out_before_the_end(client: groq.Groq, timed: Emulator) -> None:
    name = start(client, line("a"))
    timed.clock.advance(950)
    found = client.batches.retrieve(name)
    assert (found.output_file_id, found.completed_at) == (None, None)
    assert [file.purpose for file in client.files.list().data] == ["batch"]


def test_a_clock_that_goes_back_undoes_nothing(client: groq.Groq, timed: Emulator) -> None:
    name = start(client, line("a"), line("b"))
    timed.clock.advance(600)
    before = client.batches.retrieve(name)
    timed.clock.advance(-5000)
    assert client.batches.retrieve(name) == before
    timed.clock.advance(6000)
    assert client.batches.retrieve(name).status == "completed"


def test_a_line_is_answered_once_however_often_one_looks(client: groq.Groq, timed: Emulator) -> None:
    asked: list[str] = []

    def answer(body: dict[str, Any]) -> str:
        asked.append(body["messages"][0]["content"])
        return "yes"

    timed.answer_with(answer)
    name = start(client, *(line(str(number), f"{number}") for number in range(10)))
    for _ in range(12):
        timed.clock.advance(100)
        client.batches.retrieve(name)
        client.batches.list()
    assert asked == [str(number) for number in range(10)]


def test_two_who_look_at_once_see_one_run(client: groq.Groq, groq_emulator: Emulator) -> None:
    asked: list[str] = []
    gate = threading.Barrier(2, timeout=5)

    def answer(body: dict[str, Any]) -> str:
        time.sleep(0.005)  # long enough for the other to come by
        asked.append("once")
        return "yes"

    groq_emulator.answer_with(answer)
    name = start(client, *(line(str(number)) for number in range(20)))

    def look() -> None:
        gate.wait()
        client.batches.retrieve(name)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 20


def test_a_batch_that_takes_too_long_expires(client: groq.Groq, timed: Emulator) -> None:
    timed.batch_seconds = 4 * DAY
    name = start(client, *(line(str(number)) for number in range(10)))
    timed.clock.advance(DAY - 1)
    assert client.batches.retrieve(name).status == "in_progress"
    timed.clock.advance(2)
    done = client.batches.retrieve(name)
    assert (done.status, done.completed_at) == ("expired", None)
    assert done.expired_at == done.expires_at == done.created_at + DAY
    found, late = results(client, done.output_file_id), results(client, done.error_file_id)
    assert found
    assert late
    assert found.keys() | late.keys() == {str(number) for number in range(10)}
    assert {each["error"]["code"] for each in late.values()} == {"batch_expired"}
    assert all(each["response"] is None for each in late.values())
    assert done.request_counts is not None
    assert (done.request_counts.completed, done.request_counts.failed) == (len(found), len(late))


def test_a_longer_window_gives_more_time(client: groq.Groq, timed: Emulator) -> None:
    timed.batch_seconds = 4 * DAY
    name = start(client, line("a"), window="7d")
    timed.clock.advance(4 * DAY)
    assert client.batches.retrieve(name).status == "completed"


def test_a_cancelled_batch_keeps_what_is_done(client: groq.Groq, timed: Emulator) -> None:
    name = start(client, *(line(str(number)) for number in range(8)))
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
    assert results(client, done.output_file_id).keys() == {"0", "1", "2", "3"}
    assert done.request_counts is not None
    assert done.request_counts.model_dump() == {"total": 8, "completed": 4, "failed": 0}


def test_a_batch_can_be_cancelled_before_anybody_looks(client: groq.Groq) -> None:
    name = start(client, line("a"))
    assert client.batches.cancel(name).status == "cancelling"
    done = client.batches.retrieve(name)
    assert (done.status, done.output_file_id, done.error_file_id) == ("cancelled", None, None)


@pytest.mark.parametrize("seconds", [0, 1000])
def test_what_has_ended_cannot_be_cancelled(seconds: float, client: groq.Groq, timed: Emulator) -> None:
    timed.batch_seconds = seconds
    name = start(client, line("a"))
    timed.clock.advance(1000)
    if not seconds:
        client.batches.retrieve(name)
    with pytest.raises(groq.BadRequestError, match="status 'completed'"):
        client.batches.cancel(name)
    assert client.batches.retrieve(name).status == "completed"


@pytest.mark.parametrize(
    ("bad", "code", "param"),
    [
        (b"{", "invalid_json_line", None),
        (b"[]", "invalid_json_line", None),
        (b'{"custom_id": Infinity}', "invalid_json_line", None),
        (b"[" * 100_000, "invalid_json_line", None),
        ({"custom_id": "b", "url": URL, "body": {}}, "missing_required_parameter", "method"),
        ({"method": "POST", "url": URL, "body": {}}, "missing_required_parameter", "custom_id"),
        ({**line("b"), "custom_id": 7}, "invalid_custom_id", "custom_id"),
        ({**line("b"), "custom_id": ""}, "invalid_custom_id", "custom_id"),
        (line("a"), "duplicate_custom_id", "custom_id"),
        ({**line("b"), "method": "GET"}, "invalid_method", "method"),
        ({**line("b"), "url": "/v1/embeddings"}, "url_mismatch", "url"),
        ({**line("b"), "body": "text"}, "invalid_body", "body"),
    ],
)
def test_a_bad_line_fails_the_whole_batch(
    bad: Line | bytes, code: str, param: str | None, client: groq.Groq, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply("never asked"))
    name = start(client, line("a"), b"", bad)
    done = client.batches.retrieve(name)
    assert (done.status, done.output_file_id, done.completed_at) == ("failed", None, None)
    assert done.failed_at == done.created_at
    assert done.errors is not None
    assert done.errors.object == "list"
    assert done.errors.data is not None
    (found,) = done.errors.data
    assert (found.code, found.line, found.param) == (code, 3, param)
    assert found.message
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}])
    assert answer.choices[0].message.content == "never asked"


def test_lines_may_end_as_on_any_system_and_be_empty(client: groq.Groq) -> None:
    lines = [json.dumps(each).encode() for each in (line("a"), line("b"))]
    done = client.batches.retrieve(start(client, b"\r\n".join([*lines, b"", b" ", b""])))
    assert results(client, done.output_file_id).keys() == {"a", "b"}


def test_a_failed_batch_says_so_in_its_time(client: groq.Groq, timed: Emulator) -> None:
    name = start(client, line("a"), b"{")
    validating = client.batches.retrieve(name)
    assert (validating.status, validating.errors) == ("validating", None)
    timed.clock.advance(100)
    assert client.batches.retrieve(name).status == "failed"


def test_too_many_lines_fail_a_batch(client: groq.Groq, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_lines, "MOST_LINES", 2)
    assert client.batches.retrieve(start(client, line("a"), line("b"))).status == "completed"
    failed = client.batches.retrieve(start(client, line("a"), line("b"), line("c")))
    assert failed.errors is not None
    assert failed.errors.data is not None
    assert failed.errors.data[0].code == "too_many_tasks"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"endpoint": "/v1/embeddings"}, "'endpoint'"),
        ({"endpoint": ""}, "'endpoint' is missing"),
        ({"completion_window": ""}, "'completion_window' is missing"),
        ({"completion_window": "1h"}, "'completion_window'"),
        ({"completion_window": "8d"}, "'completion_window'"),
        ({"completion_window": "24 hours"}, "'completion_window'"),
        ({"completion_window": "٢٤h"}, "'completion_window'"),
        ({"completion_window": 24}, "'completion_window'"),
        ({"metadata": {"a": 1}}, "'metadata'"),
        ({"metadata": "text"}, "'metadata'"),
    ],
)
def test_a_wrong_request_makes_no_batch(fields: dict[str, Any], words: str, client: groq.Groq) -> None:
    given = {"input_file_id": upload(client, line("a")), "endpoint": URL, "completion_window": "24h", **fields}
    with pytest.raises(groq.BadRequestError, match=words):
        client.batches.create(**given)
    assert client.batches.list().data == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"input_file_id": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_object_makes_no_batch(body: bytes, groq_emulator: Emulator) -> None:
    headers = {"authorization": f"Bearer {groq_emulator.api_key}"}
    answer = httpx.post(f"{groq_emulator.base_url}/openai/v1/batches", headers=headers, content=body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "The request body is not a JSON object")


def test_an_unknown_file_makes_no_batch(client: groq.Groq) -> None:
    with pytest.raises(groq.NotFoundError, match="The file `file_none`"):
        client.batches.create(input_file_id="file_none", endpoint=URL, completion_window="24h")


@pytest.mark.parametrize("method", ["retrieve", "cancel"])
def test_an_unknown_batch_is_not_found(method: str, client: groq.Groq) -> None:
    with pytest.raises(groq.NotFoundError, match="The batch `batch_none`"):
        getattr(client.batches, method)("batch_none")


def test_batches_are_listed_the_newest_first(client: groq.Groq) -> None:
    names = [start(client, line("a")) for _ in range(3)]
    listed = client.batches.list()
    assert [batch.id for batch in listed.data] == names[::-1]
    assert {batch.status for batch in listed.data} == {"completed"}


def test_metadata_comes_back(client: groq.Groq) -> None:
    file = upload(client, line("a"))
    made = client.batches.create(input_file_id=file, endpoint=URL, completion_window="24h", metadata={"of": "😀"})
    assert client.batches.retrieve(made.id).metadata == {"of": "😀"}


def test_half_a_character_breaks_nothing(client: groq.Groq, groq_emulator: Emulator) -> None:
    half = json.dumps(line("x")).replace('"x"', '"\\ud83d"').encode()
    done = client.batches.retrieve(start(client, half, line("b")))
    assert results(client, done.output_file_id).keys() == {"\ud83d", "b"}
    failed = client.batches.retrieve(start(client, half, half))
    assert failed.errors is not None
    assert failed.errors.data is not None
    assert "'?'" in str(failed.errors.data[0].message)


def test_a_batch_outlives_its_input_file(client: groq.Groq, timed: Emulator) -> None:
    file = upload(client, line("a"))
    name = client.batches.create(input_file_id=file, endpoint=URL, completion_window="24h").id
    client.files.delete(file)
    timed.clock.advance(1000)
    assert client.batches.retrieve(name).status == "completed"


def test_the_asynchronous_client_does_the_same(client: groq.Groq, timed: Emulator) -> None:
    file = upload(client, line("a"))

    async def work() -> None:
        async with groq.AsyncGroq(max_retries=0, timeout=5) as aclient:
            made = await aclient.batches.create(input_file_id=file, endpoint=URL, completion_window="24h")
            timed.clock.advance(1000)
            assert (await aclient.batches.retrieve(made.id)).status == "completed"
            assert (await aclient.batches.list()).data[0].id == made.id
            other = await aclient.batches.create(input_file_id=file, endpoint=URL, completion_window="24h")
            assert (await aclient.batches.cancel(other.id)).status == "cancelling"

    asyncio.run(work())


def test_requests_are_logged_and_need_the_key(client: groq.Groq, groq_emulator: Emulator) -> None:
    name = start(client, line("a"))
    client.batches.retrieve(name)
    _, made, seen = groq_emulator.requests
    assert (made.method, made.path, made.body["endpoint"]) == ("POST", "/openai/v1/batches", URL)
    assert (seen.method, seen.path, seen.body) == ("GET", f"/openai/v1/batches/{name}", {})
    with groq.Groq(api_key="gsk_wrong", max_retries=0, timeout=5) as stranger:
        for call in (stranger.batches.list, lambda: stranger.batches.cancel(name)):
            with pytest.raises(groq.AuthenticationError):
                call()


def test_a_reset_forgets_batches_and_their_time(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.batch_seconds = 60
    start(client, line("a"))
    groq_emulator.reset()
    assert client.batches.list().data == []
    assert groq_emulator.batch_seconds == 0


def test_an_emulator_may_be_made_with_slow_batches() -> None:
    with Emulator(batch_seconds=60) as emulator:
        with groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url, max_retries=0) as client:
            assert client.batches.retrieve(start(client, line("a"))).status == "validating"
        emulator.batch_seconds = 0
        emulator.reset()
        assert emulator.batch_seconds == 60


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_no_batch_takes_less_than_no_time(seconds: float, groq_emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match="batch_seconds"):
        groq_emulator.batch_seconds = seconds
    with pytest.raises(ConfigurationError, match="batch_seconds"):
        Emulator(batch_seconds=seconds)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300) | st.lists(st.dictionaries(st.sampled_from(["custom_id", "url", "body"]), st.none())))
def test_any_bytes_give_lines_or_issues(content: bytes | list[dict[str, None]]) -> None:
    given = content if isinstance(content, bytes) else "\n".join(map(json.dumps, content)).encode()
    lines, issues = read_lines(given)
    assert lines or issues
    assert len(lines) + len(issues) <= len(given.split(b"\n"))


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(), unique=True))
def test_mixing_loses_nothing_and_never_keeps_the_order(names: list[str]) -> None:
    given = [{"custom_id": name} for name in names]
    found = mixed(given)
    assert sorted(str(each["custom_id"]) for each in found) == sorted(names)
    assert len(names) < 2 or found != given


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
