"""What comes of the lines of a batch, through the groq SDK."""

import json
from typing import Any

import groq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.testing import Clock, Emulator, FaultPlan, dropped, error, page, raw, reply, streamed
from structgen.testing.emulator.batch_lines import mixed

MODEL = "openai/gpt-oss-20b"
URL = "/v1/chat/completions"

Batcher = Any  # the class stands in conftest.py


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
    groq_emulator.answer_with(lambda _: "no JSON")
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
    assert (said["answer"][1]["code"], said["answer"][1]["failed_generation"]) == ("json_validate_failed", "no JSON")
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
        Emulator(faults=FaultPlan(seed=1, server_error=0.3, dropped=0.3), answer=lambda _: "yes") as emulator,
        groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url, max_retries=0) as client,
    ):
        found, wrong = batcher.using(client).run(*lines)
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
    found = mixed(given)
    assert sorted(str(each["custom_id"]) for each in found) == sorted(names)
    assert len(names) < 2 or found != given
