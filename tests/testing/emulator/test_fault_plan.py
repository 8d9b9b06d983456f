"""Faults from a seed: what each does on the wire, that they repeat, and the log of them."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import threading
import time
from collections import Counter
from typing import Any

import groq
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import ConfigurationError
from structgen.core.json import Json, JsonObject
from structgen.send.http.failures import requested_wait
from structgen.send.limits.buckets import read_rate_limit_error
from structgen.testing import Clock, Emulator, FaultKind, FaultPlan, Limits, dropped, reply
from structgen.testing.emulator.fault_plan import Faults, malform, mistype

MODEL = "openai/gpt-oss-20b"
TLS = ssl.create_default_context()
"""Created once: httpx would create one for each call, which takes longer than the call."""

ANSWER = '{"name": "Ada", "born": 1815}'


def body(number: int = 0, **fields: Any) -> JsonObject:
    return {"model": MODEL, "messages": [{"role": "user", "content": f"Question {number}"}], **fields}


def ask(emulator: Emulator, number: int = 0, **fields: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {emulator.api_key}"}
    url = f"{emulator.base_url}/openai/v1/chat/completions"
    return httpx.post(url, headers=headers, json=body(number, **fields), timeout=60, verify=TLS)


def outcome(emulator: Emulator, number: int, **fields: Any) -> tuple[int, str]:
    """Return status and text of one call, without what differs between calls; -1 if the connection was reset."""
    try:
        response = ask(emulator, number, **fields)
    except httpx.HTTPError:
        return -1, ""
    if response.status_code != 200:
        return response.status_code, response.text
    return 200, "" if fields else response.json()["choices"][0]["message"]["content"]


@pytest.fixture
def emulator(groq_emulator: Emulator) -> Emulator:
    groq_emulator.answer_with(lambda _: ANSWER)
    return groq_emulator


def test_without_a_plan_nothing_fails(emulator: Emulator) -> None:
    assert [ask(emulator, number).status_code for number in range(5)] == [200] * 5
    assert emulator.faults == []


def test_a_limited_request_reads_as_a_bucket_that_is_full(emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(rate_limited=1))
    response = ask(emulator, max_completion_tokens=493)
    assert response.status_code == 429
    message = response.json()["error"]["message"]
    assert "(TPM): Limit 30000000, Used 30000000, Requested 500. Please try again in 1ms." in message
    assert response.headers["retry-after"] == "1"
    assert read_rate_limit_error(message)[0].used == 30_000_000


def test_a_limited_request_goes_by_the_limits_that_there_are(emulator: Emulator) -> None:
    emulator.limit_with(Limits(tpm=8_000, rpd=10), clock=Clock(speed=0))
    emulator.fail_with(FaultPlan(rate_limited=1, retry_after=7))
    for _ in range(2):
        response = ask(emulator, max_completion_tokens=393)
        assert "Limit 8000, Used 8000, Requested 400. Please try again in 3s." in response.json()["error"]["message"]
        assert response.headers["retry-after"] == "7"
        assert response.headers["x-ratelimit-limit-tokens"] == "8000"
    emulator.fail_with(None)
    assert ask(emulator).headers["x-ratelimit-remaining-requests"] == "9"


def test_a_test_in_a_hurry_may_be_let_in_at_once(emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(rate_limited=1, retry_after=0))
    response = ask(emulator)
    message = response.json()["error"]["message"]
    assert requested_wait(response.headers, message) == 0
    assert "Limit 30000000, Used 29999994, Requested 7. Please try again in 2µs." in message


def test_a_full_flex_tier_is_a_498(emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(flex=1))
    response = ask(emulator)
    assert response.status_code == 498
    assert response.json()["error"]["code"] == "capacity_exceeded"


def test_a_server_fails_in_three_ways(emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(server_error=1))
    found = [ask(emulator, number) for number in range(20)]
    assert {response.status_code for response in found} == {500, 502, 503}
    pages = {response.status_code for response in found if "<html>" in response.text}
    assert pages == {502}
    over = next(response for response in found if response.status_code == 503)
    assert over.json()["error"]["message"].startswith(f"{MODEL} is currently over capacity.")


def test_a_stream_fails_before_it_or_in_the_middle(emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(server_error=1))
    found = [ask(emulator, number, stream=True) for number in range(20)]
    broken = [response.text for response in found if response.status_code == 200]
    assert 3 < len(broken) < 17
    assert all('event: error\ndata: {"error": ' in text and "[DONE]" not in text for text in broken)
    assert len({len(text) for text in broken}) > 3


def test_a_dropped_connection_brings_nothing(emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(dropped=1))
    with pytest.raises(httpx.HTTPError):
        ask(emulator)
    (received,) = emulator.faults
    assert (received.fault, received.status) == (FaultKind.DROPPED, None)


@pytest.mark.parametrize("stream", [False, True])
def test_a_slow_answer_takes_its_time_and_is_whole(stream: bool, emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(slow=1, seconds=0.3))
    started = time.monotonic()
    response = ask(emulator, stream=stream)
    assert 0.3 <= time.monotonic() - started < 3
    assert "Ada" in response.text if not stream else "[DONE]" in response.text
    assert response.headers["content-type"].startswith("text/event-stream" if stream else "application/json")


@pytest.mark.parametrize("stream", [False, True])
def test_a_cut_answer_ends_in_the_middle(stream: bool, emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(cut=1))
    with pytest.raises(httpx.RemoteProtocolError):
        ask(emulator, stream=stream)
    (received,) = emulator.faults
    assert (received.fault, received.status) == (FaultKind.CUT, 200)


def strict(**fields: Any) -> JsonObject:
    schema: JsonObject = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "born": {"type": "integer"}},
        "required": ["name", "born"],
        "additionalProperties": False,
    }
    described: JsonObject = {"name": "person", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": described}, **fields}


def text_of(response: httpx.Response) -> str:
    assert response.status_code == 200
    return response.json()["choices"][0]["message"]["content"]


def test_a_malformed_text_passes_the_servers_own_check(emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(malformed=1))
    for number in range(10):
        with pytest.raises(ValueError, match=r"."):
            json.loads(text_of(ask(emulator, number, **strict())))


def test_a_value_of_another_type_passes_it_too(emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(wrong_type=1))
    for number in range(10):
        found = json.loads(text_of(ask(emulator, number, **strict())))
        assert list(found) == ["name", "born"]
        assert (found["name"] == "Ada") != (found["born"] == 1815)


def test_a_streamed_text_is_spoiled_too(client: groq.Groq, emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(wrong_type=1))
    question: Any = [{"role": "user", "content": "Who?"}]
    pieces = client.chat.completions.create(model=MODEL, messages=question, stream=True)
    found = json.loads("".join(piece.choices[0].delta.content or "" for piece in pieces))
    assert found != json.loads(ANSWER)


HEAVY = FaultPlan(
    seed=7, rate_limited=0.1, flex=0.1, server_error=0.1, dropped=0.1, cut=0.1, malformed=0.1, wrong_type=0.1
)


def run(emulator: Emulator, plan: FaultPlan, numbers: list[int]) -> list[tuple[int, str]]:
    emulator.reset()
    emulator.answer_with(lambda _: ANSWER)
    emulator.fail_with(plan)
    found = {number: outcome(emulator, number) for number in numbers}
    return [found[number] for number in sorted(found)]


def test_the_same_seed_brings_the_same_faults_in_any_order(emulator: Emulator) -> None:
    numbers = list(range(60))
    first = run(emulator, HEAVY, numbers)
    assert len(set(first)) > 6
    assert run(emulator, HEAVY, numbers[::-1]) == first


def test_another_seed_brings_others(emulator: Emulator) -> None:
    numbers = list(range(30))
    assert run(emulator, HEAVY, numbers) != run(emulator, FaultPlan(seed=8, dropped=0.7), numbers)


def test_the_same_request_again_has_a_fate_of_its_own() -> None:
    def fates() -> list[FaultKind | None]:
        faults = Faults(FaultPlan(seed=1, dropped=0.5))
        return [mishap.kind if (mishap := faults.draw(body())) else None for _ in range(50)]

    assert len(set(fates())) == 2
    assert fates() == fates()


def test_clients_at_once_meet_the_same_faults_as_one_after_the_other(emulator: Emulator) -> None:
    def fates(order: list[int], *, at_once: bool) -> Counter[tuple[str, FaultKind | None]]:
        emulator.reset()
        emulator.fail_with(HEAVY)
        threads = [threading.Thread(target=outcome, args=(emulator, number)) for number in order]
        for thread in threads:
            thread.start()
            if not at_once:
                thread.join()
        for thread in threads:
            thread.join()
        return Counter((json.dumps(received.body), received.fault) for received in emulator.requests)

    order = [*range(12)] * 2
    assert fates(order, at_once=True) == fates(order[::-1], at_once=False)


def test_shares_are_kept_in_the_long_run() -> None:
    faults = Faults(FaultPlan(seed=3, rate_limited=0.05, malformed=0.2))
    found = Counter(mishap.kind for number in range(4000) if (mishap := faults.draw(body(number))))
    assert found.keys() == {FaultKind.RATE_LIMITED, FaultKind.MALFORMED}
    assert 160 < found[FaultKind.RATE_LIMITED] < 240
    assert 720 < found[FaultKind.MALFORMED] < 880


def test_a_script_is_left_alone(emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(dropped=1))
    emulator.script(reply("scripted"))
    assert text_of(ask(emulator)) == "scripted"
    assert emulator.faults == []
    assert outcome(emulator, 0)[0] == -1


def test_the_log_says_what_each_request_got(emulator: Emulator) -> None:
    emulator.script(reply("fine"), dropped())
    assert ask(emulator).status_code == 200
    assert outcome(emulator, 0)[0] == -1
    assert ask(emulator, n=2).status_code == 400
    emulator.fail_with(FaultPlan(flex=1))
    assert ask(emulator).status_code == 498
    httpx.get(f"{emulator.base_url}/nowhere")
    assert [received.status for received in emulator.requests] == [200, None, 400, 498, 404]
    assert [received.fault for received in emulator.requests] == [None, None, None, FaultKind.FLEX, None]
    assert emulator.faults == [emulator.requests[3]]


def test_a_reset_brings_the_first_plan_back() -> None:
    with Emulator(faults=FaultPlan(flex=1)) as emulator:
        assert ask(emulator).status_code == 498
        emulator.fail_with(None)
        assert ask(emulator).status_code == 200
        emulator.reset()
        assert emulator.faults == []
        assert ask(emulator).status_code == 498


def test_a_request_that_is_refused_anyway_has_no_fault(emulator: Emulator) -> None:
    emulator.fail_with(FaultPlan(flex=1))
    assert ask(emulator, n=2).status_code == 400
    assert emulator.faults == []


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ConfigurationError, match=f"share dropped must be between 0 and 1, not {share}"):
        FaultPlan(dropped=share)


def test_shares_that_add_up_to_more_than_everything_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"add up to 1\.1, more than 1"):
        FaultPlan(dropped=0.6, cut=0.5)
    FaultPlan(rate_limited=0.1, flex=0.2, server_error=0.3, dropped=0.4)


@pytest.mark.parametrize("fields", [{"seconds": -1.0}, {"seconds": float("inf")}, {"retry_after": -1}])
def test_times_below_nothing_are_refused(fields: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"`seconds` and `retry_after` .* must be 0 or more"):
        FaultPlan(**fields)


def test_a_slow_reply_can_be_scripted(client: groq.Groq, emulator: Emulator) -> None:
    emulator.script(reply("slow", seconds=0.2))
    started = time.monotonic()
    question: Any = [{"role": "user", "content": "Who?"}]
    assert client.chat.completions.create(model=MODEL, messages=question).choices[0].message.content == "slow"
    assert time.monotonic() - started >= 0.2


def test_an_event_loop_meets_faults_like_a_thread(emulator: Emulator) -> None:
    emulator.fail_with(HEAVY)

    async def statuses() -> list[object]:
        async with groq.AsyncGroq(max_retries=0, timeout=60) as client:
            question: list[Any] = [[{"role": "user", "content": f"Question {number}"}] for number in range(12)]
            calls = (client.chat.completions.create(model=MODEL, messages=messages) for messages in question)
            return [type(found).__name__ for found in await asyncio.gather(*calls, return_exceptions=True)]

    assert {"ChatCompletion", "APIConnectionError"} <= set(asyncio.run(statuses()))


VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@settings(deadline=None, max_examples=120)
@given(VALUES, st.integers())
def test_a_malformed_text_is_never_json(value: Json, seed: int) -> None:
    assert not is_json(malform(json.dumps(value), random.Random(seed)))


@settings(deadline=None, max_examples=100)
@given(st.text(), st.integers())
def test_any_text_can_be_malformed(text: str, seed: int) -> None:
    assert not is_json(malform(text, random.Random(seed)))


def test_texts_are_malformed_in_several_ways() -> None:
    text = '{"name": "Ada", "tags": ["a", "b"]}'
    lengths = {len(malform(text, random.Random(seed))) - len(text) for seed in range(50)}
    assert {1, -1} <= lengths
    assert min(lengths) < -5


def kind(value: Json) -> str:
    return "number" if type(value) in {int, float} else type(value).__name__


def changes(before: Json, after: Json) -> list[tuple[str, str]]:
    """Return the types of the values that differ, only the outermost ones."""
    if kind(before) != kind(after):
        return [(kind(before), kind(after))]
    if isinstance(before, dict) and isinstance(after, dict):
        assert list(before) == list(after)
        return [found for name in before for found in changes(before[name], after[name])]
    if isinstance(before, list) and isinstance(after, list):
        assert len(before) == len(after)
        return [found for pair in zip(before, after, strict=True) for found in changes(*pair)]
    assert before == after
    return []


@settings(deadline=None, max_examples=120)
@given(VALUES, st.integers())
def test_exactly_one_value_has_another_type_and_it_is_not_null(value: Json, seed: int) -> None:
    ((before, after),) = changes(value, json.loads(mistype(json.dumps(value), random.Random(seed))))
    assert before != after
    assert after != "NoneType"


def test_every_value_may_be_hit() -> None:
    value: Json = {"name": "Ada", "tags": ["a", {"deep": 1}]}
    found = {mistype(json.dumps(value), random.Random(seed)) for seed in range(200)}
    assert any('"name": "Ada"' in text and '"deep": 1' in text for text in found)
    assert any('"deep": "n/a"' in text for text in found)
    assert any('"name": 17' in text for text in found)
    assert any('"tags": true' in text for text in found)


def test_the_root_of_a_value_with_nothing_in_it_is_replaced() -> None:
    for text in ("[]", "{}", "12", "not JSON"):
        assert mistype(text, random.Random(1)) != text


def test_a_text_that_is_very_deep_is_survived() -> None:
    assert is_json(mistype("[" * 200_000, random.Random(1)))
