"""The emulator's rate limits: what is charged, the headers, the errors, and the clock that they follow."""

from __future__ import annotations

import json
import ssl
import threading
from pathlib import Path
from typing import Any

import groq
import httpx
import pytest

from structgen.core.errors import ConfigurationError
from structgen.core.json import JsonObject
from structgen.send.http.failures import go_duration
from structgen.send.limits.buckets import Amount, read_rate_limit_error
from structgen.testing import EMULATOR_KEY, Clock, Emulator, Limits, dropped, error, reply, streamed
from structgen.testing.emulator.rate_limits import Charge, Meters, used_amount
from structgen.testing.emulator.replies import ErrorReply

MODEL = "openai/gpt-oss-20b"
TLS = ssl.create_default_context()
"""Created once: httpx would create one for each call, which takes longer than the call."""

PROMPT = "word " * 40
"""200 characters: 50 tokens, and 4 for the message."""


def body(most: int | None = 100, model: str = MODEL, **fields: Any) -> JsonObject:
    given: JsonObject = {} if most is None else {"max_completion_tokens": most}
    return {"model": model, "messages": [{"role": "user", "content": PROMPT}], **given, **fields}


@pytest.fixture
def clock() -> Clock:
    return Clock(speed=0)


def ask(emulator: Emulator, most: int | None = 100, **fields: Any) -> httpx.Response:
    headers = {"authorization": f"Bearer {emulator.api_key}"}
    return httpx.post(
        f"{emulator.base_url}/openai/v1/chat/completions",
        headers=headers,
        json=body(most, **fields),
        timeout=60,
        verify=TLS,
    )


def refused(response: httpx.Response) -> str:
    """The message of a 429."""
    assert response.status_code == 429
    return response.json()["error"]["message"]


def shown(response: httpx.Response) -> dict[str, str]:
    return {name[12:]: value for name, value in response.headers.items() if name.startswith("x-ratelimit-")}


def test_without_limits_no_header_speaks_of_them(groq_emulator: Emulator) -> None:
    response = ask(groq_emulator)
    assert response.status_code == 200
    assert shown(response) == {}
    assert "retry-after" not in response.headers


def test_a_response_shows_requests_a_day_and_tokens_a_minute(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(rpm=30, rpd=14_400, tpm=6_000, tpd=100_000), clock=clock)
    groq_emulator.script(reply("x" * 24))
    response = ask(groq_emulator)
    assert response.json()["usage"]["total_tokens"] == 60
    assert shown(response) == {
        "limit-requests": "14400",
        "remaining-requests": "14399",
        "reset-requests": "6s",
        "limit-tokens": "6000",
        "remaining-tokens": "5940",
        "reset-tokens": "600ms",
    }
    assert "retry-after" not in response.headers


def test_what_was_used_drains_as_the_clock_goes(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(tpm=6_000), clock=clock)
    groq_emulator.script(reply("x" * 24), repeat_last=True)
    ask(groq_emulator)
    clock.advance(0.25)
    assert shown(ask(groq_emulator))["remaining-tokens"] == "5905"
    clock.advance(60)
    assert shown(ask(groq_emulator))["remaining-tokens"] == "5940"


def test_the_words_of_a_refusal_are_its_arithmetic(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(tpm=8_000), clock=clock)
    groq_emulator.script(reply("x" * 4 * (4867 - 54)))
    assert ask(groq_emulator, 5000).status_code == 200
    response = ask(groq_emulator, 3264 - 54)
    assert refused(response) == (
        f"Rate limit reached for model `{MODEL}` in organization `org_emulator` service tier `on_demand` on tokens per "
        "minute (TPM): Limit 8000, Used 4867, Requested 3264. Please try again in 982.5ms. Need more tokens? Upgrade "
        "to Dev Tier today at https://console.groq.com/settings/billing"
    )
    assert response.json()["error"]["type"] == "tokens"
    assert response.json()["error"]["code"] == "rate_limit_exceeded"
    assert response.headers["retry-after"] == "1"
    assert shown(response)["remaining-tokens"] == "3133"


def test_after_the_wait_it_fits_and_not_before(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(tpm=8_000), clock=clock)
    groq_emulator.script(reply("x" * 4 * (4867 - 54)))
    ask(groq_emulator, 5000)
    clock.advance(0.97)
    assert ask(groq_emulator, 3264 - 54).status_code == 429
    clock.advance(0.0125)
    assert ask(groq_emulator, 3264 - 54).status_code == 200


@pytest.mark.parametrize(
    ("limits", "name", "numbers", "retry_after"),
    [
        (Limits(rpm=2), "requests per minute (RPM)", "Limit 2, Used 2, Requested 1. Please try again in 30s.", 30),
        (Limits(rpd=2), "requests per day (RPD)", "Limit 2, Used 2, Requested 1. Please try again in 12h0m0s.", 43200),
        (
            Limits(tpm=200),
            "tokens per minute (TPM)",
            "Limit 200, Used 108, Requested 154. Please try again in 18.6s.",
            19,
        ),
        (
            Limits(tpd=200),
            "tokens per day (TPD)",
            "Limit 200, Used 108, Requested 154. Please try again in 7h26m24s.",
            26_784,
        ),
    ],
)
def test_each_limit_has_its_words(
    limits: Limits, name: str, numbers: str, retry_after: int, groq_emulator: Emulator, clock: Clock
) -> None:
    groq_emulator.limit_with(limits, clock=clock)
    groq_emulator.script(reply(""), reply(""))
    assert [ask(groq_emulator, 92).status_code for _ in range(2)] == [200, 200]
    response = ask(groq_emulator, 100)
    assert f" on {name}: {numbers} Need more tokens?" in refused(response)
    assert response.json()["error"]["type"] == name.partition(" ")[0]
    assert response.headers["retry-after"] == str(retry_after)
    (seen,) = read_rate_limit_error(refused(response))
    assert (seen.measure, seen.limit) == next(iter(limits.named().items()))
    clock.advance(retry_after)
    assert ask(groq_emulator, 92).status_code == 200


def test_of_several_limits_the_longest_wait_is_named(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(rpm=1, rpd=1), clock=clock)
    ask(groq_emulator)
    assert "(RPD)" in refused(ask(groq_emulator))


def test_a_refusal_names_the_service_tier_of_the_request(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(rpm=1), clock=clock)
    ask(groq_emulator)
    assert "service tier `flex`" in refused(ask(groq_emulator, service_tier="flex"))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(tpm=100, rpm=1), "on tokens per minute (TPM): Limit 100, Requested 154, please reduce"),
        (Limits(tpd=100), "on tokens per day (TPD): Limit 100, Requested 154, please reduce"),
    ],
)
def test_more_than_the_limit_in_one_request_is_too_large(
    limits: Limits, words: str, groq_emulator: Emulator, clock: Clock
) -> None:
    groq_emulator.limit_with(limits, clock=clock)
    for _ in range(2):
        response = ask(groq_emulator)
        assert response.status_code == 413
        assert words in response.json()["error"]["message"]
        assert response.json()["error"]["type"] == "tokens"
        assert "retry-after" not in response.headers


def test_a_refused_request_costs_nothing(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(rpm=2), clock=clock)
    assert [ask(groq_emulator).status_code for _ in range(4)] == [200, 200, 429, 429]
    clock.advance(30)
    assert ask(groq_emulator).status_code == 200


def test_tokens_that_were_asked_for_and_not_used_are_given_back(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(tpm=1_000), clock=clock)
    groq_emulator.script(reply("x" * 24), repeat_last=True)
    for used in (60, 120, 180):
        assert shown(ask(groq_emulator, 800))["remaining-tokens"] == str(1_000 - used)


def test_a_request_without_a_bound_is_charged_for_its_prompt(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(tpm=100), clock=clock)
    groq_emulator.script(reply("x" * 24), reply("late"))
    assert ask(groq_emulator, None).status_code == 200
    assert "Used 60, Requested 54." in refused(ask(groq_emulator, None))


def test_an_answer_that_the_server_refuses_was_paid_for(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(tpm=1_000), clock=clock)
    groq_emulator.script(reply("not JSON" * 4))
    message = {"role": "user", "content": "JSON" * 50}
    response = ask(groq_emulator, messages=[message], response_format={"type": "json_object"})
    assert response.status_code == 400
    assert shown(response)["remaining-tokens"] == str(1_000 - 54 - 8)


def test_what_is_wrong_with_a_request_is_said_before_limits_are_looked_at(
    groq_emulator: Emulator, clock: Clock
) -> None:
    groq_emulator.limit_with(Limits(rpm=1), clock=clock)
    assert [ask(groq_emulator, n=2).status_code for _ in range(2)] == [400, 400]
    assert ask(groq_emulator).status_code == 200


def test_a_scripted_error_takes_nothing_of_a_limit_and_comes_whatever_is_left(
    groq_emulator: Emulator, clock: Clock
) -> None:
    groq_emulator.limit_with(Limits(rpm=1), clock=clock)
    groq_emulator.script(error("internal"), reply("fine"), error("over_capacity"), dropped())
    assert [ask(groq_emulator).status_code for _ in range(3)] == [500, 200, 503]
    with pytest.raises(httpx.HTTPError):
        ask(groq_emulator)
    assert ask(groq_emulator).status_code == 429


def test_a_stream_shows_what_was_charged_and_is_settled_at_its_end(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(tpm=1_000), clock=clock)
    groq_emulator.script(streamed("x" * 24), reply("x" * 24))
    assert shown(ask(groq_emulator, 400, stream=True))["remaining-tokens"] == str(1_000 - 454)
    assert shown(ask(groq_emulator, 400))["remaining-tokens"] == str(1_000 - 60 - 60)


def test_a_stream_is_refused_with_a_status(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(rpm=1), clock=clock)
    assert [ask(groq_emulator, stream=True).status_code for _ in range(2)] == [200, 429]


def test_each_model_has_its_own_bucket(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(rpm=1), clock=clock)
    models = [MODEL, "openai/gpt-oss-120b", MODEL]
    assert [ask(groq_emulator, model=model).status_code for model in models] == [200, 200, 429]


def test_a_tier_gives_each_model_the_limits_of_its_card(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with("free", clock=clock)
    free = shown(ask(groq_emulator))
    assert (free["limit-requests"], free["limit-tokens"]) == ("1000", "8000")
    groq_emulator.limit_with("dev", clock=clock)
    dev = shown(ask(groq_emulator))
    assert dev["limit-tokens"] == "250000"
    assert "limit-requests" not in dev
    assert shown(ask(groq_emulator, model="qwen/qwen3.8-27b")) == {}


def test_the_thirty_first_request_of_a_free_minute_waits(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with("free", clock=clock)
    assert [ask(groq_emulator, 1).status_code for _ in range(30)] == [200] * 30
    assert "Limit 30, Used 30, Requested 1. Please try again in 2s." in refused(ask(groq_emulator, 1))
    clock.advance(2)
    assert [ask(groq_emulator, 1).status_code for _ in range(2)] == [200, 429]


def test_a_model_that_no_card_knows_has_no_limits_of_a_tier(clock: Clock) -> None:
    with Emulator(models=("some/model",), limits="free", clock=clock) as emulator:
        assert shown(ask(emulator, model="some/model")) == {}
        assert emulator.clock is clock


def test_an_unknown_tier_is_refused_and_the_known_ones_listed() -> None:
    with pytest.raises(ConfigurationError, match=r"No model card has limits for the tier 'gold'.*dev, free"):
        Emulator(limits="gold")


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_that_lets_nothing_through_is_refused(limit: int) -> None:
    with pytest.raises(ConfigurationError, match=f"limit tpm must be 1 or more, not {limit}"):
        Limits(tpm=limit)


def test_a_reset_brings_the_first_limits_back_and_empties_them(clock: Clock) -> None:
    with Emulator(limits=Limits(rpm=1), clock=clock) as emulator:
        assert [ask(emulator).status_code for _ in range(2)] == [200, 429]
        emulator.limit_with(None)
        assert [ask(emulator).status_code for _ in range(2)] == [200, 200]
        emulator.reset()
        assert [ask(emulator).status_code for _ in range(2)] == [200, 429]


def test_the_clock_of_a_test_stays_until_the_reset(groq_emulator: Emulator, clock: Clock) -> None:
    first = groq_emulator.clock
    groq_emulator.limit_with("free", clock=clock)
    groq_emulator.limit_with("dev")
    assert groq_emulator.clock is clock
    groq_emulator.reset()
    assert groq_emulator.clock is first


def test_a_clock_that_goes_backwards_drains_nothing_and_goes_on_from_there() -> None:
    clock = Clock(speed=0)
    meters = Meters(Limits(rpm=2), clock)
    clock.advance(1000)
    assert isinstance(meters.arrive(body()), Charge)
    clock.advance(-900)
    assert isinstance(meters.arrive(body()), Charge)
    assert isinstance(meters.arrive(body()), ErrorReply)
    clock.advance(30)
    assert isinstance(meters.arrive(body()), Charge)


def test_real_time_drains_without_being_turned() -> None:
    meters = Meters(Limits(rpm=1), Clock(speed=1e6))
    assert all(isinstance(_settled(meters), Charge) for _ in range(3))


def _settled(meters: Meters) -> Charge | ErrorReply:
    """Return the first admitted request within a few tries."""
    tries = (meters.arrive(body()) for _ in range(10_000))
    return next((found for found in tries if isinstance(found, Charge)), meters.arrive(body()))


def test_threads_are_never_let_in_beyond_the_limit() -> None:
    meters = Meters(Limits(rpm=500), Clock(speed=0))
    let_in: list[bool] = []

    def arrive() -> None:
        let_in.extend(isinstance(meters.arrive(body()), Charge) for _ in range(100))

    threads = [threading.Thread(target=arrive) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(let_in), sum(let_in)) == (800, 500)


def test_cached_tokens_are_free() -> None:
    usage: JsonObject = {
        "prompt_tokens": 80,
        "completion_tokens": 10,
        "prompt_tokens_details": {"cached_tokens": 60},
    }
    assert used_amount(body(), {"usage": usage}) == Amount(1, 20, 10)
    assert used_amount(body(), {}) == Amount(1, 0, 0)


def test_the_sender_reads_the_durations_that_the_server_writes(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with("free", clock=clock)
    groq_emulator.script(reply("x" * 24), repeat_last=True)
    found = shown(ask(groq_emulator))
    assert go_duration(found["reset-tokens"]) == 0.45
    assert go_duration(found["reset-requests"]) == 86.4


def test_the_sdk_raises_a_rate_limit_as_such(client: groq.Groq, groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(rpm=1), clock=clock)
    question: Any = [{"role": "user", "content": "Hi"}]
    client.chat.completions.create(model=MODEL, messages=question)
    with pytest.raises(groq.RateLimitError) as caught:
        client.chat.completions.create(model=MODEL, messages=question)
    assert caught.value.response.headers["retry-after"] == "60"


def test_a_recorded_response_is_none_of_the_limits_business(tmp_path: Path) -> None:
    asked = body()
    entry: JsonObject = {
        "request": {"method": "POST", "path": "/openai/v1/chat/completions", "body": asked},
        "response": {"status": 200, "headers": {}, "body": {"choices": []}},
    }
    (tmp_path / "recorded.json").write_text(json.dumps({"interactions": [entry]}), "utf-8")
    with Emulator(recordings=tmp_path / "recorded.json", limits=Limits(rpm=1)) as emulator:
        assert [ask(emulator).status_code for _ in range(3)] == [200] * 3


@pytest.mark.parametrize(
    ("limits", "words", "wait"),
    [
        # a prompt of 54 tokens, and an answer of 100
        (Limits(itpm=100), "input tokens per minute (ITPM): Limit 100, Used 54, Requested 54. ", 4.8),
        (Limits(otpm=150), "output tokens per minute (OTPM): Limit 150, Used 100, Requested 100. ", 20),
    ],
)
def test_input_and_output_tokens_have_limits_of_their_own(
    limits: Limits, words: str, wait: float, groq_emulator: Emulator, clock: Clock
) -> None:
    groq_emulator.limit_with(limits, clock=clock)
    groq_emulator.script(*[reply("x" * 400)] * 3)
    assert shown(ask(groq_emulator, 100)) == {}
    message = refused(ask(groq_emulator, 100))
    assert f"on {words}" in message
    # the sender knows these limits by the same names
    assert [(seen.measure, seen.limit) for seen in read_rate_limit_error(message)] == [*limits.named().items()]
    clock.advance(wait - 0.1)
    assert ask(groq_emulator, 100).status_code == 429
    clock.advance(0.2)
    assert ask(groq_emulator, 100).status_code == 200


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(itpm=50), "on input tokens per minute (ITPM): Limit 50, Requested 54, please reduce"),
        (Limits(otpm=50), "on output tokens per minute (OTPM): Limit 50, Requested 100, please reduce"),
    ],
)
def test_more_input_or_output_than_the_limit_is_too_large(
    limits: Limits, words: str, groq_emulator: Emulator, clock: Clock
) -> None:
    groq_emulator.limit_with(limits, clock=clock)
    response = ask(groq_emulator, 100)
    assert response.status_code == 413
    assert words in response.json()["error"]["message"]


def test_output_tokens_that_were_not_used_are_given_back(groq_emulator: Emulator, clock: Clock) -> None:
    groq_emulator.limit_with(Limits(otpm=100), clock=clock)
    groq_emulator.script(*[reply("x" * 40)] * 2)
    assert [ask(groq_emulator, 90).status_code for _ in range(2)] == [200, 200]


def test_keys_of_one_organization_share_its_limits(clock: Clock) -> None:
    keys = {"gsk_one": "org_a", "gsk_two": "org_a", "gsk_three": "org_b"}
    with Emulator(limits=Limits(rpm=1), clock=clock, organizations=keys) as emulator:
        emulator.script(*[reply("")] * 3)

        def answered(key: str) -> httpx.Response:
            emulator.api_key = key
            return ask(emulator)

        assert answered("gsk_one").status_code == 200
        assert "in organization `org_a` service tier" in refused(answered("gsk_two"))
        assert answered("gsk_three").status_code == 200
        assert answered(EMULATOR_KEY).status_code == 200
        assert "in organization `org_emulator` service tier" in refused(answered(EMULATOR_KEY))
        assert answered("gsk_four").status_code == 401


def test_keys_that_a_test_adds_are_forgotten_at_the_reset(groq_emulator: Emulator) -> None:
    def asked(key: str) -> int:
        url = f"{groq_emulator.base_url}/openai/v1/models"
        return httpx.get(url, headers={"authorization": f"Bearer {key}"}, timeout=60, verify=TLS).status_code

    groq_emulator.accept_keys({"gsk_one": "org_a"})
    assert (asked("gsk_one"), asked(EMULATOR_KEY)) == (200, 200)
    groq_emulator.reset()
    assert asked("gsk_one") == 401
