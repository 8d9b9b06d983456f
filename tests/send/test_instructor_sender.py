"""Other providers through instructor: its OpenAI client over loopback HTTP against the emulator."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from enum import Enum
from types import SimpleNamespace
from types import SimpleNamespace as Object

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.chat_message import Image, Message
from structgen.core.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectionFailed,
    RateLimited,
    ServerFailed,
)
from structgen.core.options import Mode
from structgen.core.records import Card, Completion, Parameters, Request, Usage
from structgen.send import Allowance, Sender, open_sender
from structgen.send.http.providers import Endpoint
from structgen.send.instructor_replies import read_response
from structgen.send.instructor_sender import InstructorSender
from structgen.testing import Emulator, dropped, error, page, refusal, reply

KEY = "sk-emulator-0123456789"
NO_RETRIES = Allowance(transport_retries=0, timeout=5)
Deliver = Callable[[Sender, Request, Allowance], Completion]


@pytest.fixture(scope="module")
def shared_server() -> Iterator[Emulator]:
    with Emulator(api_key=KEY, models=("gpt-x",)) as emulator:
        yield emulator


@pytest.fixture
def server(shared_server: Emulator) -> Emulator:
    shared_server.reset()
    return shared_server


@pytest.fixture
def other(server: Emulator) -> Iterator[Sender]:
    opened = open_sender("openai/gpt-x", api_key=KEY, base_url=f"{server.base_url}/openai/v1", timeout=5)
    yield opened
    opened.close()


@pytest.fixture
def question(make_request: Callable[..., Request]) -> Request:
    limits = Parameters(temperature=0.0, max_completion_tokens=50, stop=("END",))
    return make_request(Mode.TEXT, "gpt-x", "openai", "{{ braces }} {% are %} text", limits)


def test_the_raw_text_comes_back_with_its_usage(
    other: Sender, deliver: Deliver, question: Request, server: Emulator
) -> None:
    server.script(reply('Here: {"name": "Ada"}'))
    found = deliver(other, question, Allowance())
    assert (found.text, found.finish_reason, found.model) == ('Here: {"name": "Ada"}', "stop", "gpt-x")
    assert found.usage == Usage(19, 6, None, None, 1)


def test_messages_and_parameters_arrive_unchanged(
    other: Sender, deliver: Deliver, question: Request, server: Emulator
) -> None:
    server.script(reply("{}"))
    deliver(other, question, Allowance())
    assert server.requests[0].body == {
        "model": "gpt-x",
        "messages": [
            {"role": "system", "content": "Answer in JSON."},
            {"role": "user", "content": "{{ braces }} {% are %} text"},
        ],
        "temperature": 0.0,
        "max_completion_tokens": 50,
        "stop": ["END"],
    }


def test_a_provider_of_no_known_family_takes_plain_text_alone(make_request: Callable[..., Request]) -> None:
    client = SimpleNamespace(client=object(), create=None)
    sender = InstructorSender(lambda asynchronous: client, Endpoint("odd", ""), Card("m", provider="odd"), 5.0)
    with pytest.raises(ConfigurationError, match=r"supports only mode=Mode\.TEXT"):
        sender.send(make_request(Mode.TOOLS), Allowance())
    with pytest.raises(ConfigurationError, match="has no streaming here"):
        next(sender.stream(make_request(Mode.TEXT), Allowance()))
    shown = replace(make_request(Mode.TEXT), messages=(Message("user", ("What?", Image(url="https://x.org/a.png"))),))
    with pytest.raises(ConfigurationError, match="Images cannot be sent"):
        sender.send(shown, Allowance())


def test_faults_are_tried_again_by_us_and_not_by_the_sdk(
    other: Sender, deliver: Deliver, question: Request, server: Emulator
) -> None:
    server.script(error("rate_limit", retry_after=0.1), error("internal", retry_after=0.1), reply("{}"))
    assert deliver(other, question, Allowance(timeout=5)).transport_retries == 2
    assert len(server.requests) == 3


def test_errors_are_ours(other: Sender, deliver: Deliver, question: Request, server: Emulator) -> None:
    server.script(error("rate_limit", retry_after=3), page("Down", status=502), dropped(), page("Sign in"))
    with pytest.raises(RateLimited, match="openai answered 429") as limited:
        deliver(other, question, NO_RETRIES)
    assert limited.value.wait == 3.0
    with pytest.raises(ServerFailed, match="an HTML page titled 'Down'"):
        deliver(other, question, NO_RETRIES)
    with pytest.raises(ConnectionFailed, match="the connection was dropped"):
        deliver(other, question, NO_RETRIES)
    with pytest.raises(ServerFailed, match="returned no text"):
        deliver(other, question, NO_RETRIES)


def test_the_timeout_is_ours(other: Sender, deliver: Deliver, question: Request, server: Emulator) -> None:
    server.script(reply("{}", delay=2))
    with pytest.raises(ConnectionFailed, match="no response within the timeout"):
        deliver(other, question, Allowance(transport_retries=0, timeout=0.1))


def test_a_refusal_comes_back_as_one(other: Sender, question: Request, server: Emulator) -> None:
    server.script(refusal("No."))
    found = other.send(question, NO_RETRIES)
    assert (found.text, found.refusal) == ("", "No.")


def test_a_wrong_key_stands_in_no_error(server: Emulator, question: Request) -> None:
    key = "sk-wrong-0123456789"
    sender = open_sender("openai/gpt-x", api_key=key, base_url=f"{server.base_url}/openai/v1")
    with pytest.raises(AuthenticationFailed) as caught:
        sender.send(question, NO_RETRIES)
    assert key not in f"{caught.value!r} {caught.value.body} {sender!r}"
    sender.close()


def test_what_the_sdk_does_not_take_is_a_wrong_setting(
    other: Sender, make_request: Callable[..., Request], server: Emulator
) -> None:
    request = make_request(Mode.TEXT, "gpt-x", "openai", parameters=Parameters(reasoning_format="raw"))
    with pytest.raises(ConfigurationError, match=r"openai through instructor: TypeError.*reasoning_format"):
        other.send(request, NO_RETRIES)


def test_a_missing_key_is_said_once_and_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR), pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        open_sender("openai/gpt-x")
    assert caplog.text == ""


def test_closing_closes_and_a_later_call_opens_again(
    other: Sender, deliver: Deliver, question: Request, server: Emulator
) -> None:
    server.script(reply("{}"), repeat_last=True)
    deliver(other, question, NO_RETRIES)
    other.close()
    other.close()
    assert deliver(other, question, NO_RETRIES).text == "{}"
    asyncio.run(other.aclose())


class OddError(Exception):
    """An SDK's error that has a status and keeps no reply."""

    code = 429


def test_an_error_without_its_reply_is_read_from_its_words(
    question: Request,
) -> None:
    def create(**arguments: object) -> object:
        raise OddError("Slow down. Please try again in 2s.")

    client = SimpleNamespace(client=object(), create=create)
    sender = InstructorSender(lambda asynchronous: client, Endpoint("odd", ""), Card("m", provider="odd"), 5.0)
    with pytest.raises(RateLimited, match="odd answered 429: Slow down") as caught:
        sender.send(question, NO_RETRIES)
    assert caught.value.wait == 2.0
    sender.close()


ANTHROPIC = Object(
    content=[
        Object(type="thinking", thinking="Hm."),
        Object(type="text", text='{"a"'),
        Object(type="text", text=": 1}"),
    ],
    stop_reason="end_turn",
    model="claude",
    usage=Object(input_tokens=5, output_tokens=7, cache_read_input_tokens=2),
)
BEDROCK = {
    "output": {"message": {"content": [{"text": '{"a": 1}'}]}},
    "stopReason": "max_tokens",
    "usage": {"inputTokens": 5, "outputTokens": 7},
}
COHERE = Object(message=Object(content=[Object(type="text", text='{"a": 1}')]), finish_reason="COMPLETE")


class Finish(Enum):
    """As google's SDK has it."""

    STOP = 1


GOOGLE = Object(
    text='{"a": 1}',
    candidates=[Object(finish_reason=Finish.STOP)],
    usage_metadata=Object(prompt_token_count=5, candidates_token_count=7, thoughts_token_count=3),
)
OPENAI = Object(
    choices=[Object(message=Object(content='{"a": 1}', refusal=None), finish_reason="length")],
    model="gpt",
    usage=Object(prompt_tokens=5, completion_tokens=7, prompt_tokens_details=Object(cached_tokens=0)),
)


@pytest.mark.parametrize(
    ("response", "completion"),
    [
        (ANTHROPIC, Completion('{"a": 1}', "stop", Usage(5, 7, 2, None, 1), "claude")),
        (BEDROCK, Completion('{"a": 1}', "length", Usage(5, 7, None, None, 1), "asked")),
        (COHERE, Completion('{"a": 1}', "stop", Usage(calls=1), "asked")),
        (GOOGLE, Completion('{"a": 1}', "stop", Usage(5, 7, None, 3, 1), "asked")),
        (OPENAI, Completion('{"a": 1}', "length", Usage(5, 7, 0, None, 1), "gpt")),
    ],
)
def test_the_responses_of_every_family_are_read(response: object, completion: Completion) -> None:
    assert read_response(response, "asked") == completion


@pytest.mark.parametrize("response", [None, "<html>", 3, {}, [], Object(choices=[]), Object(content=None)])
def test_a_response_without_text_is_none(response: object) -> None:
    assert read_response(response, "asked") is None


def test_an_empty_text_that_was_cut_off_is_a_completion() -> None:
    cut = Object(choices=[Object(message=Object(content=None), finish_reason="length")])
    assert read_response(cut, "asked") == Completion("", "length", Usage(calls=1), "asked")


NAMES = st.sampled_from(["choices", "message", "content", "text", "usage", "model", "finish_reason", "output"])


@given(
    st.recursive(
        st.none() | st.text(max_size=3) | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
        max_leaves=10,
    )
)
@settings(deadline=None, max_examples=200)
def test_no_response_makes_the_reader_fail(response: object) -> None:
    found = read_response(response, "asked")
    assert found is None or isinstance(found.text, str)
