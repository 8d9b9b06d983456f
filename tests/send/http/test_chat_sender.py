"""The sender against the emulator over loopback HTTP, sync and async."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from structgen.core.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectionFailed,
    ModelUnavailable,
    RateLimited,
    RequestRejected,
    RequestTooLarge,
    ServerFailed,
    StructgenError,
    TransportError,
)
from structgen.core.options import Mode
from structgen.core.records import Completion, Parameters, Request, Usage
from structgen.send import Allowance, Sender, open_sender
from structgen.testing import Emulator, cut, dropped, error, error_names, page, raw, refusal, reply, slow

NO_RETRIES = Allowance(transport_retries=0, timeout=60)
Deliver = Callable[[Sender, Request, Allowance], Completion]


def test_a_completion_comes_back_with_its_usage_and_its_time(
    sender: Sender, deliver: Deliver, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply('{"name": "Ada"}', reasoning="The text says so."))
    found = deliver(sender, request_, Allowance())
    assert (found.text, found.finish_reason, found.model) == ('{"name": "Ada"}', "stop", "openai/gpt-oss-20b")
    assert found.reasoning == "The text says so."
    assert found.usage == Usage(13, 9, None, 5, 1)
    assert found.id is not None
    assert found.id.startswith("chatcmpl-")
    assert found.seconds is not None
    assert 0 < found.seconds < 5


def test_the_wire_carries_just_what_to_groq_says(
    sender: Sender, deliver: Deliver, make_request: Callable[..., Request], groq_emulator: Emulator
) -> None:
    request = make_request(parameters=Parameters(temperature=0.0, seed=7, stop=("a", "b"), max_completion_tokens=99))
    deliver(sender, request, Allowance())
    (received,) = groq_emulator.requests
    assert received.path == "/openai/v1/chat/completions"
    assert received.body == request.to_groq()


def test_the_arguments_of_the_forced_function_are_the_text(
    sender: Sender, deliver: Deliver, make_request: Callable[..., Request], groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply('{"name": "Ada"}'))
    found = deliver(sender, make_request(Mode.TOOLS), Allowance())
    assert (found.text, found.finish_reason) == ('{"name": "Ada"}', "tool_calls")


def test_a_refusal_comes_back_as_one(
    sender: Sender, deliver: Deliver, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(refusal("I will not."))
    assert deliver(sender, request_, Allowance()).refusal == "I will not."


@pytest.mark.parametrize(
    ("mode", "text", "failure"),
    [
        (Mode.JSON, "no json", "json_validate_failed"),
        (Mode.JSON_SCHEMA, '{"age": 3}', "json_validate_failed"),
        (Mode.TOOLS, "no json", "tool_use_failed"),
    ],
)
def test_what_the_server_would_not_deliver_is_salvaged(
    mode: Mode,
    text: str,
    failure: str,
    sender: Sender,
    deliver: Deliver,
    make_request: Callable[..., Request],
    groq_emulator: Emulator,
) -> None:
    groq_emulator.script(reply(text))
    found = deliver(sender, make_request(mode), NO_RETRIES)
    assert (found.text, found.failure, found.finish_reason) == (text, failure, "error")
    assert found.usage == Usage(calls=1)


def test_an_answer_beyond_the_limit_of_tokens_is_cut_off(
    sender: Sender, deliver: Deliver, make_request: Callable[..., Request], groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply('{"name": "Ada Lovelace"}'), reply("Ada Lovelace"))
    short = Parameters(max_completion_tokens=2)
    found = deliver(sender, make_request(parameters=short), NO_RETRIES)
    assert (found.text, found.finish_reason) == ("", "length")
    found = deliver(sender, make_request(Mode.TEXT, parameters=short), NO_RETRIES)
    assert (found.text, found.finish_reason) == ("Ada Love", "length")


SALVAGED = {name for name in error_names() if name.startswith(("json_validate", "tool_use", "output_parse"))}
KINDS: dict[int, type[TransportError]] = {
    400: RequestRejected,
    401: AuthenticationFailed,
    403: ModelUnavailable,
    404: ModelUnavailable,
    413: RequestTooLarge,
    422: RequestRejected,
    424: RequestRejected,
    429: RateLimited,
    498: RateLimited,
    499: ConnectionFailed,
    500: ServerFailed,
    502: ServerFailed,
    503: ServerFailed,
}
SPECIAL: dict[str, type[TransportError]] = {
    "context_length": RequestTooLarge,
    "model_decommissioned": ModelUnavailable,
    "model_terms_required": ModelUnavailable,
    "organization_restricted": AuthenticationFailed,
    "unknown_url": RequestRejected,
}


@pytest.mark.parametrize("name", sorted(set(error_names()) - SALVAGED))
def test_every_error_of_groq_is_one_of_ours(
    name: str, sender: Sender, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(error(name))
    with pytest.raises(TransportError) as caught:
        sender.send(request_, NO_RETRIES)
    status = caught.value.status
    assert status is not None
    assert type(caught.value) is SPECIAL.get(name, KINDS[status])
    assert str(caught.value).startswith(f"groq answered {status}")
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("name", sorted(SALVAGED))
def test_every_error_that_carries_the_models_words_is_salvaged(
    name: str, sender: Sender, deliver: Deliver, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(error(name, failed_generation='{"name": "Ada"}'))
    assert deliver(sender, request_, NO_RETRIES).text == '{"name": "Ada"}'


def test_a_rate_limit_is_waited_out_and_counted(
    sender: Sender, deliver: Deliver, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(error("rate_limit", retry_after=0.2), error("flex_capacity", retry_after=0.1))
    started = time.monotonic()
    assert deliver(sender, request_, Allowance()).transport_retries == 2
    assert time.monotonic() - started >= 0.3
    assert len(groq_emulator.requests) == 3


def test_a_wait_beyond_the_deadline_is_raised_at_once_and_named(
    sender: Sender, deliver: Deliver, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(error("rate_limit_tpd"))
    with pytest.raises(RateLimited, match=r"attempt would start in 414\.7 s") as caught:
        deliver(sender, request_, Allowance(deadline=time.monotonic() + 20))
    assert caught.value.wait == pytest.approx(414.72)
    assert len(groq_emulator.requests) == 1


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (dropped(), "the connection was dropped"),
        (cut('{"name": "Ada"}'), "the connection was dropped"),
        (page("Sign in"), "an HTML page titled 'Sign in'"),
        (page("Bad gateway", status=502), "groq answered 502: an HTML page titled 'Bad gateway'"),
        (raw('{"id": "chatcmpl-1", "cho'), "broken or cut off after 25 characters"),
        (raw('{"choices": []}'), "an empty list of choices"),
        (reply(None, as_is=True), "a message without content"),
    ],
)
def test_every_broken_reply_is_its_own_error(
    step: object, words: str, sender: Sender, deliver: Deliver, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(step)  # pyright: ignore[reportArgumentType] - a step, as the parameters show
    with pytest.raises(TransportError, match=words):
        deliver(sender, request_, NO_RETRIES)


def test_a_dropped_connection_is_tried_again(
    sender: Sender, deliver: Deliver, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(dropped(), reply('{"name": "Ada"}'))
    assert deliver(sender, request_, Allowance(timeout=60)).transport_retries == 1


def test_a_server_that_does_not_answer_runs_into_the_timeout(
    sender: Sender, deliver: Deliver, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply("{}", delay=2), repeat_last=True)
    with pytest.raises(ConnectionFailed, match="no response within the timeout"):
        deliver(sender, request_, Allowance(transport_retries=0, timeout=0.1))


def test_the_deadline_bounds_a_single_try_too(
    sender: Sender, deliver: Deliver, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply("{}", delay=30), repeat_last=True)
    started = time.monotonic()
    with pytest.raises(ConnectionFailed):
        deliver(sender, request_, Allowance(deadline=started + 0.2))
    assert time.monotonic() - started < 15


def test_a_body_that_goes_on_and_on_runs_into_the_timeout_too(
    sender: Sender, deliver: Deliver, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(slow(b"{" + b" " * 100, seconds=5))
    started = time.monotonic()
    with pytest.raises(ConnectionFailed, match="no response within the timeout"):
        deliver(sender, request_, Allowance(transport_retries=0, timeout=0.7))
    assert time.monotonic() - started < 3


def test_a_slow_body_is_no_error(sender: Sender, deliver: Deliver, request_: Request, groq_emulator: Emulator) -> None:
    body = {"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}
    groq_emulator.script(slow(json.dumps(body).encode(), seconds=0.3))
    assert deliver(sender, request_, Allowance(timeout=60)).text == "{}"


def test_a_server_that_is_not_there_is_a_refused_connection(
    request_: Request, deliver: Deliver, unused_port: int
) -> None:
    sender = open_sender("groq/openai/gpt-oss-20b", api_key="gsk_x", base_url=f"http://127.0.0.1:{unused_port}")
    with pytest.raises(ConnectionFailed, match=r"127\.0\.0\.1:\d+: the connection was refused"):
        deliver(sender, request_, NO_RETRIES)


def test_a_name_that_is_no_server_says_so(request_: Request, deliver: Deliver) -> None:
    sender = open_sender("groq/openai/gpt-oss-20b", api_key="gsk_x", base_url="http://nowhere.invalid")
    with pytest.raises(ConnectionFailed, match="host name could not be resolved"):
        deliver(sender, request_, NO_RETRIES)


def test_a_wrong_key_is_not_tried_again_and_stands_nowhere(
    groq_emulator: Emulator, request_: Request, deliver: Deliver, caplog: pytest.LogCaptureFixture
) -> None:
    key = "gsk_wrong0123456789"
    sender = open_sender("groq/openai/gpt-oss-20b", api_key=key)
    with caplog.at_level(logging.DEBUG), pytest.raises(AuthenticationFailed) as caught:
        deliver(sender, request_, Allowance())
    assert len(groq_emulator.requests) == 1
    shown = f"{caught.value!r} {vars(caught.value)} {sender!r} {caplog.text}"
    assert key not in shown


def test_a_key_that_the_server_echoes_is_masked(
    sender: Sender, deliver: Deliver, request_: Request, groq_emulator: Emulator
) -> None:
    key = groq_emulator.api_key
    groq_emulator.script(error("internal", message=f"cannot use {key}"))
    with pytest.raises(ServerFailed) as caught:
        deliver(sender, request_, NO_RETRIES)
    assert key not in f"{caught.value} {caught.value.body}"


def test_an_unknown_model_is_the_servers_to_refuse(
    groq_emulator: Emulator, make_request: Callable[..., Request], deliver: Deliver
) -> None:
    sender = open_sender("groq/no/such-model")
    assert sender.card is None
    with pytest.raises(ModelUnavailable, match=r"no/such-model.*structgen models"):
        deliver(sender, make_request(model="no/such-model"), Allowance())


def test_a_users_own_client_is_used_and_left_open(groq_emulator: Emulator, request_: Request) -> None:
    seen: list[str] = []
    with httpx.Client(event_hooks={"request": [lambda sent: seen.append(sent.url.path)]}) as client:
        sender = open_sender("groq/openai/gpt-oss-20b", http_client=client)
        sender.send(request_, Allowance())
        sender.close()
        assert not client.is_closed
        sender.send(request_, Allowance())
    assert seen == ["/openai/v1/chat/completions"] * 2


def test_a_users_own_async_client_is_used_and_left_open(groq_emulator: Emulator, request_: Request) -> None:
    seen: list[str] = []

    async def note(sent: httpx.Request) -> None:
        seen.append(sent.url.path)

    async def run() -> None:
        async with httpx.AsyncClient(event_hooks={"request": [note]}) as client:
            sender = open_sender("groq/openai/gpt-oss-20b", http_client=client)
            await sender.asend(request_, Allowance())
            await sender.aclose()
            assert not client.is_closed

    asyncio.run(run())
    assert len(seen) == 1


def test_a_client_of_the_other_kind_is_refused(groq_emulator: Emulator, request_: Request) -> None:
    with httpx.Client() as client:
        sender = open_sender("groq/openai/gpt-oss-20b", http_client=client)
        with pytest.raises(ConfigurationError, match=r"need an httpx\.AsyncClient"):
            asyncio.run(sender.asend(request_, Allowance()))
    sender = open_sender("groq/openai/gpt-oss-20b", http_client=httpx.AsyncClient())
    with pytest.raises(ConfigurationError, match=r"need an httpx\.Client"):
        sender.send(request_, Allowance())


def test_a_compatible_server_gets_the_names_that_it_knows(
    groq_emulator: Emulator, make_request: Callable[..., Request], deliver: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRUCTGEN_BASE_URL", f"{groq_emulator.base_url}/openai/v1")
    monkeypatch.setenv("STRUCTGEN_API_KEY", groq_emulator.api_key)
    sender = open_sender("compatible/openai/gpt-oss-20b")
    request = make_request(provider="compatible", parameters=Parameters(max_completion_tokens=50))
    groq_emulator.script(reply('{"name": "Ada"}'))
    assert deliver(sender, request, Allowance()).text == '{"name": "Ada"}'
    body = groq_emulator.requests[0].body
    assert body["max_tokens"] == 50
    assert "max_completion_tokens" not in body


def test_a_compatible_server_needs_no_key(make_request: Callable[..., Request], deliver: Deliver) -> None:
    with Emulator(api_key=None) as server:
        sender = open_sender("compatible/openai/gpt-oss-20b", base_url=f"{server.base_url}/openai/v1")
        server.script(reply("{}"))
        assert deliver(sender, make_request(), Allowance()).text == "{}"


def test_threads_share_one_sender(sender: Sender, request_: Request, groq_emulator: Emulator) -> None:
    async def many() -> list[Completion]:
        return list(await asyncio.gather(*(asyncio.to_thread(sender.send, request_, Allowance()) for _ in range(8))))

    assert len(asyncio.run(many())) == len(groq_emulator.requests) == 8


def test_calls_on_one_loop_run_at_the_same_time(sender: Sender, request_: Request, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("{}", delay=0.3), repeat_last=True)

    async def many() -> None:
        await asyncio.gather(*(sender.asend(request_, Allowance()) for _ in range(20)))

    started = time.monotonic()
    asyncio.run(many())
    assert time.monotonic() - started < 3.0


def test_a_cancelled_call_leaves_the_sender_usable(sender: Sender, request_: Request, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("{}", delay=1))

    async def run() -> Completion:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sender.asend(request_, Allowance()), 0.05)
        return await sender.asend(request_, Allowance())

    assert asyncio.run(run()).text == "{}"


def test_every_error_is_of_the_one_tree() -> None:
    assert all(issubclass(kind, StructgenError) for kind in {*KINDS.values(), *SPECIAL.values()})


def test_the_request_is_not_changed_by_sending(sender: Sender, request_: Request) -> None:
    before = replace(request_)
    sender.send(request_, Allowance())
    assert request_ == before
