"""Streamed responses from the emulator over loopback HTTP, sync and async."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from structgen.core.errors import ConnectionFailed, RateLimited, ServerFailed, TransportError
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.options import Mode
from structgen.core.records import Completion, Request, Usage
from structgen.send import Allowance, Sender, open_sender
from structgen.send.factory import RulesSender
from structgen.testing import Emulator, cut, dropped, error, page, raw, reply, slow, streamed

TEXT = '{"name": "Ada Lovelace"}'
MODEL = "openai/gpt-oss-20b"
ONCE = Allowance(transport_retries=0, timeout=60)
Collect = Callable[[Sender, Request, Allowance], list[Any]]


@pytest.fixture(params=["sync", "async"])
def collect(request: pytest.FixtureRequest) -> Collect:
    """Every piece of a streamed answer, blocking or on an event loop of its own."""

    async def arrived(sender: Sender, question: Request, allowance: Allowance) -> list[Any]:
        return [piece async for piece in sender.astream(question, allowance)]

    if request.param == "sync":
        return lambda sender, question, allowance: list(sender.stream(question, allowance))
    return lambda sender, question, allowance: asyncio.run(arrived(sender, question, allowance))


def test_the_pieces_come_and_then_the_completion(
    sender: Sender, collect: Collect, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(TEXT, reasoning="It says so."))
    *texts, completion = collect(sender, request_, Allowance())
    assert texts == ['{"na', 'me":', ' "Ad', "a Lo", "vela", 'ce"}']
    assert (completion.text, completion.finish_reason, completion.reasoning) == (TEXT, "stop", "It says so.")
    assert completion.usage == Usage(13, 9, None, 3, 1)
    assert 0 < completion.seconds < 5
    assert groq_emulator.requests[0].body == {**request_.to_groq(), "stream": True}


def test_the_arguments_of_the_forced_function_are_the_text(
    sender: Sender, collect: Collect, make_request: Callable[..., Request], groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(TEXT))
    *texts, completion = collect(sender, make_request(Mode.TOOLS), Allowance())
    assert texts == [completion.text] == [TEXT]
    assert completion.finish_reason == "tool_calls"


@pytest.mark.parametrize("at_once", [1, 7, 1000])
def test_lines_cut_anywhere_are_read(
    at_once: int, sender: Sender, collect: Collect, request_: Request, groq_emulator: Emulator
) -> None:
    text = '{"name": "Adélaïde 愛"}'
    groq_emulator.script(streamed(text, at_once=at_once))
    *texts, completion = collect(sender, request_, ONCE)
    assert "".join(texts) == completion.text == text


def test_a_stream_without_done_is_no_error(
    sender: Sender, collect: Collect, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(streamed(TEXT, done=False))
    assert collect(sender, request_, ONCE)[-1].finish_reason == "stop"


@pytest.mark.parametrize(
    ("step", "timeout"),
    [
        (cut(TEXT, share=0.6), 5),
        (streamed(TEXT, share=0.6, stall=3), 0.6),
        (streamed(TEXT, share=0.6, error=error("internal")), 5),
    ],
)
def test_a_stream_that_breaks_in_the_middle_keeps_what_came(
    step: Any, timeout: float, sender: Sender, collect: Collect, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(step)
    *texts, completion = collect(sender, request_, Allowance(timeout=timeout))
    assert completion.finish_reason == INTERRUPTED
    assert "".join(texts) == completion.text == TEXT[: len(completion.text)]
    assert 0 < len(completion.text) < len(TEXT)
    assert completion.usage == Usage(calls=1)
    assert len(groq_emulator.requests) == 1


def test_an_error_in_the_middle_may_bring_the_whole_text(
    sender: Sender, collect: Collect, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply("no json at all"))
    *texts, completion = collect(sender, request_, ONCE)
    assert "".join(texts) == completion.text == "no json at all"
    assert (completion.failure, completion.finish_reason) == ("json_validate_failed", "error")


def test_the_deadline_ends_a_stream_that_goes_on_and_on(
    sender: Sender, collect: Collect, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(TEXT), streamed("x" * 4000, pause=0.02))
    collect(sender, request_, ONCE)  # the client is built and connected before the clock starts
    started = time.monotonic()
    *texts, completion = collect(sender, request_, Allowance(deadline=started + 1.5))
    assert time.monotonic() - started < 20  # the whole stream takes 80 s
    assert completion.finish_reason == INTERRUPTED
    assert 0 < len(texts) < 100


@pytest.mark.parametrize("broken", [dropped(), error("rate_limit", retry_after=0), cut(TEXT, share=0.0)])
def test_before_the_first_piece_a_fault_is_tried_again(
    broken: Any, sender: Sender, collect: Collect, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(broken, reply(TEXT))
    told: list[TransportError] = []
    allowance = Allowance(timeout=60, on_retry=lambda fault, wait: told.append(fault))
    completion = collect(sender, request_, allowance)[-1]
    assert (completion.text, completion.transport_retries) == (TEXT, 1)
    assert len(told) == 1


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        (error("rate_limit_tpd"), RateLimited, "tokens per day"),
        (page("Sign in"), ServerFailed, "an HTML page titled 'Sign in'"),
        (raw("data: {}\n\n", headers={"content-type": "text/event-stream"}), ServerFailed, "ended before the answer"),
    ],
)
def test_every_broken_stream_is_its_own_error(
    step: Any,
    kind: type[TransportError],
    words: str,
    sender: Sender,
    collect: Collect,
    request_: Request,
    groq_emulator: Emulator,
) -> None:
    groq_emulator.script(step)
    with pytest.raises(kind, match=words):
        collect(sender, request_, ONCE)


def test_a_server_that_never_begins_runs_into_the_timeout(
    sender: Sender, collect: Collect, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(TEXT, delay=1))
    with pytest.raises(ConnectionFailed, match="no response within the timeout"):
        collect(sender, request_, Allowance(transport_retries=0, timeout=0.1))


def test_a_page_that_is_cut_off_is_a_lost_connection(
    sender: Sender, collect: Collect, request_: Request, groq_emulator: Emulator
) -> None:
    groq_emulator.script(raw("{}", headers={"content-length": "100"}))
    with pytest.raises(ConnectionFailed):
        collect(sender, request_, ONCE)


def test_a_server_that_does_not_stream_answers_in_one_piece(
    sender: Sender, collect: Collect, request_: Request, groq_emulator: Emulator
) -> None:
    body = {"choices": [{"message": {"content": TEXT}, "finish_reason": "stop"}]}
    groq_emulator.script(raw(json.dumps(body)))
    text, completion = collect(sender, request_, ONCE)
    assert text == completion.text == TEXT


def test_closing_early_closes_the_connection(sender: Sender, request_: Request, groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed(TEXT * 20, pause=0.02), repeat_last=True)
    pieces = sender.stream(request_, ONCE)
    assert next(pieces) == '{"na'
    pieces.close()
    assert left(groq_emulator, 1)

    async def look() -> None:
        arriving = sender.astream(request_, ONCE)
        assert await anext(arriving) == '{"na'
        await arriving.aclose()

    asyncio.run(look())
    assert left(groq_emulator, 2)


def left(emulator: Emulator, times: int) -> bool:
    """Whether the server hears soon that so many clients have gone."""
    ends = time.monotonic() + 60
    while emulator.hung_up < times and time.monotonic() < ends:
        time.sleep(0.01)
    return emulator.hung_up == times


def test_a_connection_is_used_again_after_a_whole_stream(groq_emulator: Emulator, request_: Request) -> None:
    groq_emulator.script(reply(TEXT), repeat_last=True)
    opened: list[object] = []
    with httpx.Client(event_hooks={"response": [lambda response: opened.append(_peer(response))]}) as client:
        sender = open_sender("groq/openai/gpt-oss-20b", http_client=client)
        for _ in range(3):
            assert list(sender.stream(request_, ONCE))[-1].text == TEXT  # type: ignore[union-attr]  the completion
    assert len(set(opened)) == 1


def _peer(response: httpx.Response) -> object:
    return response.extensions["network_stream"].get_extra_info("client_addr")


def test_what_follows_the_end_is_not_read(
    sender: Sender, collect: Collect, request_: Request, groq_emulator: Emulator
) -> None:
    end = b'data: {"choices": [{"delta": {"content": "{}"}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
    more = b'data: {"choices": [{"delta": {"content": "more"}}]}\n\n' * 10
    step = slow(end + more, seconds=0.2)
    groq_emulator.script(replace(step, headers={"content-type": "text/event-stream"}))
    assert collect(sender, request_, ONCE)[-1].text == "{}"


def closed_meanwhile(sender: Sender, question: Request) -> list[Any]:
    """What still comes of a stream whose sender is closed after its first piece, or before one where none has come."""

    async def main() -> list[Any]:
        pieces = sender.astream(question, Allowance(transport_retries=0, timeout=1))
        first = asyncio.ensure_future(anext(pieces))
        await asyncio.wait([first], timeout=0.3)
        await sender.aclose()
        return [await first, *[piece async for piece in pieces]]

    return asyncio.run(main())


def own_sender(emulator: Emulator) -> Sender:
    return open_sender(f"groq/{MODEL}", api_key=emulator.api_key, base_url=emulator.base_url)


def events(text: str, seconds: float) -> Any:
    """One event, then nothing for a while."""
    event = json.dumps({"choices": [{"delta": {"content": text}}]}).encode()
    step = slow(b"data: " + event + b"\n\n" + b": wait\n" * 9 * (len(event) // 6), seconds=seconds)
    return replace(step, headers={"content-type": "text/event-stream"})


def test_a_stream_whose_sender_is_closed_breaks_off(groq_emulator: Emulator, request_: Request) -> None:
    groq_emulator.script(events(TEXT, 2))
    *texts, completion = closed_meanwhile(own_sender(groq_emulator), request_)
    assert texts == [TEXT]
    assert (completion.text, completion.finish_reason) == (TEXT, INTERRUPTED)


def test_a_stream_whose_sender_is_closed_before_any_text_is_a_failed_connection(
    groq_emulator: Emulator, request_: Request
) -> None:
    groq_emulator.script(events("", 2))
    with pytest.raises(ConnectionFailed):
        closed_meanwhile(own_sender(groq_emulator), request_)


def test_a_compatible_server_is_asked_for_the_usage(
    groq_emulator: Emulator, make_request: Callable[..., Request], collect: Collect
) -> None:
    sender = open_sender(
        "compatible/openai/gpt-oss-20b",
        base_url=f"{groq_emulator.base_url}/openai/v1",
        api_key=groq_emulator.api_key,
    )
    groq_emulator.script(reply(TEXT))
    assert collect(sender, make_request(provider="compatible"), ONCE)[-1].text == TEXT
    assert groq_emulator.requests[0].body["stream_options"] == {"include_usage": True}


def test_rules_give_their_answer_in_one_piece(collect: Collect, make_request: Callable[..., Request]) -> None:
    text, completion = collect(RulesSender(), make_request(provider="rules", document="Name: Ada"), ONCE)
    assert json.loads(text) == {"name": "Ada"}
    assert isinstance(completion, Completion)
    assert completion.final
