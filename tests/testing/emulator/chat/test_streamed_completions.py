"""The emulator's streams as the groq and the openai SDK read them, and their chunks as they were recorded."""

from __future__ import annotations

import json
import time
from typing import Any

import groq
import httpx
import openai
import pytest

from structgen.testing import Emulator, cut, error, page, raw, reply, slow, streamed

MODEL = "openai/gpt-oss-20b"
ASK: Any = [{"role": "user", "content": "Answer in JSON."}]
TOOL = {
    "type": "function",
    "function": {
        "name": "answer",
        "parameters": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
    },
}


def stream(emulator: Emulator, **arguments: object) -> httpx.Response:
    """Yield the bytes as they arrive."""
    body = {"model": MODEL, "messages": ASK, "stream": True, **arguments}
    headers = {"authorization": f"Bearer {emulator.api_key}"}
    return httpx.post(f"{emulator.base_url}/openai/v1/chat/completions", json=body, headers=headers, timeout=60)


def events(response: httpx.Response) -> list[Any]:
    """Return the decoded events of a stream, an error with its name in front."""
    assert response.headers["content-type"].startswith("text/event-stream")
    *blocks, rest = response.text.split("\n\n")
    assert rest == ""
    return [_event(block) for block in blocks]


def _event(block: str) -> Any:
    name, _, data = block.rpartition("data: ")
    return data if data == "[DONE]" else (name, json.loads(data)) if name else json.loads(data)


def deltas(found: list[Any]) -> list[Any]:
    return [event["choices"][0]["delta"] for event in found]


def test_a_stream_has_the_recorded_shapes(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Good evening", reasoning="Polite."))
    first, *middle, last, done = events(stream(groq_emulator, seed=7))
    about = {"id", "object", "created", "model", "system_fingerprint", "choices"}
    assert set(first) == about | {"x_groq"}
    assert first["x_groq"]["seed"] == 7
    assert first["object"] == "chat.completion.chunk"
    assert all(set(event) == about for event in middle)
    assert set(last) == about | {"x_groq", "usage"}
    assert last["x_groq"] == {"id": first["x_groq"]["id"], "usage": last["usage"]}
    assert deltas([first, *middle, last]) == [
        {"role": "assistant", "content": ""},
        {"reasoning": "Poli", "channel": "analysis"},
        {"reasoning": "te.", "channel": "analysis"},
        {"content": "Good"},
        {"content": " eve"},
        {"content": "ning"},
        {},
    ]
    assert [event["choices"][0]["finish_reason"] for event in (first, *middle)] == [None] * 6
    assert last["choices"][0] == {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}
    assert done == "[DONE]"


def test_a_function_call_comes_whole_in_one_delta(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Ada Lovelace"}'))
    _, call, last, _ = events(stream(groq_emulator, tools=[TOOL]))
    (made,) = call["choices"][0]["delta"]["tool_calls"]
    assert made["index"] == 0
    assert made["function"] == {"name": "answer", "arguments": '{"name": "Ada Lovelace"}'}
    assert last["choices"][0]["finish_reason"] == "tool_calls"


def test_several_calls_come_one_after_the_other(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Ada"}', calls=['{"name": "Bo"}'], content="Two"))
    _, said, *calls, _, _ = events(stream(groq_emulator, tools=[TOOL]))
    assert deltas([said]) == [{"content": "Two"}]
    made = [call["choices"][0]["delta"]["tool_calls"][0] for call in calls]
    assert [(one["index"], one["function"]["arguments"]) for one in made] == [
        (0, '{"name": "Ada"}'),
        (1, '{"name": "Bo"}'),
    ]


def test_arguments_that_do_not_fit_end_the_stream_with_an_error(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"nam": 1}', reasoning="Hm."))
    *before, (name, failed) = events(stream(groq_emulator, tools=[TOOL]))
    assert deltas(before) == [{"role": "assistant", "content": ""}, {"reasoning": "Hm.", "channel": "analysis"}]
    assert name == "event: error\n"
    assert failed["error"]["status_code"] == 400
    assert failed["error"]["code"] == "tool_use_failed"
    assert json.loads(failed["error"]["failed_generation"]) == {"name": "answer", "arguments": {"nam": 1}}


def test_content_that_does_not_fit_was_on_its_way_before_the_error(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("no json"))
    *before, (_, failed) = events(stream(groq_emulator, response_format={"type": "json_object"}))
    assert deltas(before)[1:] == [{"content": "no j"}, {"content": "son"}]
    assert failed["error"]["code"] == "json_validate_failed"


def test_an_answer_beyond_its_limit_is_cut_and_then_refused(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Ada"}'))
    *before, (_, failed) = events(
        stream(groq_emulator, response_format={"type": "json_object"}, max_completion_tokens=2)
    )
    assert deltas(before)[1:] == [{"content": '{"na'}, {"content": 'me":'}]
    assert "max completion tokens reached" in failed["error"]["failed_generation"]


def test_what_is_refused_before_the_model_speaks_is_no_stream(groq_emulator: Emulator) -> None:
    groq_emulator.script(error("rate_limit", retry_after=1))
    assert stream(groq_emulator).status_code == 429
    assert stream(groq_emulator, n=2).status_code == 400


def test_both_sdks_read_the_stream(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Good evening"), repeat_last=True)
    chunks = list(client.chat.completions.create(model=MODEL, messages=ASK, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Good evening"
    assert chunks[-1].usage is not None
    assert chunks[-1].x_groq is not None
    base = f"{groq_emulator.base_url}/openai/v1"
    with openai.OpenAI(api_key=groq_emulator.api_key, base_url=base, max_retries=0) as other:
        seen = other.chat.completions.create(model=MODEL, messages=ASK, stream=True)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in seen) == "Good evening"


def test_the_sdk_meets_an_error_in_the_middle(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed("Good evening", share=0.6, error=error("internal")))
    arriving, seen = client.chat.completions.create(model=MODEL, messages=ASK, stream=True), list[str]()
    with pytest.raises(groq.APIError):
        seen.extend(chunk.choices[0].delta.content or "" for chunk in arriving)
    assert "".join(seen) == "Good eve"


def test_an_error_page_cannot_stand_in_a_stream() -> None:
    with pytest.raises(ValueError, match="error page"):
        streamed("x", error=page("Bad gateway"))


def test_a_streamed_answer_to_a_request_that_asks_for_none_comes_whole(
    client: groq.Groq, groq_emulator: Emulator
) -> None:
    groq_emulator.script(streamed("Good evening", share=0.5))
    made = client.chat.completions.create(model=MODEL, messages=ASK)
    assert made.choices[0].message.content == "Good evening"


def test_the_rules_answer_a_stream_too(client: groq.Groq, groq_emulator: Emulator) -> None:
    assert events(stream(groq_emulator))[1]["choices"][0]["delta"] == {"content": "{}"}


@pytest.mark.parametrize("step", [cut("Good evening", share=0.7), streamed("Good evening", share=0.7)])
def test_a_connection_may_go_in_the_middle(step: Any, groq_emulator: Emulator) -> None:
    groq_emulator.script(step)
    with pytest.raises(httpx.HTTPError):
        stream(groq_emulator)
    assert groq_emulator.hung_up == 0


def test_a_stream_may_stall_and_then_go(groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed("Good evening", share=0.7, stall=0.2))
    started = time.monotonic()
    with pytest.raises(httpx.HTTPError):
        stream(groq_emulator)
    assert time.monotonic() - started > 0.2


def test_a_stream_may_be_slow_end_without_a_word_and_be_cut_anywhere(groq_emulator: Emulator) -> None:
    groq_emulator.script(
        streamed("Good evening", pause=0.05), streamed("Good", done=False), streamed("Gøød", at_once=1)
    )
    started = time.monotonic()
    whole = events(stream(groq_emulator))
    assert time.monotonic() - started > 0.25
    assert events(stream(groq_emulator))[-1]["choices"][0]["finish_reason"] == "stop"
    assert len(whole) == 6
    assert deltas(events(stream(groq_emulator))[:-1])[1] == {"content": "Gøød"}


def test_any_bytes_may_be_streamed(groq_emulator: Emulator) -> None:
    groq_emulator.script(
        raw(": hi\n\n", headers={"content-type": "text/event-stream"}), slow(b"data: 1\n\n", seconds=0.1)
    )
    assert stream(groq_emulator).text == ": hi\n\n"
    assert stream(groq_emulator).content == b"data: 1\n\n"


def test_the_server_notes_who_leaves_early(groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed("Good evening, all of you", pause=0.03))
    with groq.Groq(max_retries=0) as client:
        arriving = client.chat.completions.create(model=MODEL, messages=ASK, stream=True)
        next(iter(arriving))
        arriving.close()
    ends = time.monotonic() + 60
    while not groq_emulator.hung_up and time.monotonic() < ends:
        time.sleep(0.01)
    assert groq_emulator.hung_up == 1
    groq_emulator.reset()
    assert groq_emulator.hung_up == 0
