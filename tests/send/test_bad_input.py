"""What goes wrong for users, over HTTP and through the public functions: each its own error, with what to do."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from structgen import Budget, Extractor, Options
from structgen.core.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectionFailed,
    RequestRejected,
    ServerFailed,
    StructgenError,
)
from structgen.testing import Emulator, cut, dropped, error, page, raw, reply

GROQ = "groq/openai/gpt-oss-20b"
ONCE = Options(budget=Budget(max_attempts=1, max_transport_retries=0))
SCHEMA: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
KEY = "gsk_0123456789abcdef"

Extract = Callable[[Extractor], object]


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Extract:
    if request.param == "sync":
        return lambda extractor: extractor.extract(SCHEMA, "Ada")
    return lambda extractor: asyncio.run(extractor.aextract(SCHEMA, "Ada"))


def body(**changes: object) -> str:
    choice = {"index": 0, "message": {"role": "assistant", "content": '{"name": "Ada"}'}, "finish_reason": "stop"}
    return json.dumps({"choices": [{**choice, **changes}]})


WIRE = {
    "a proxy's page": (page("Sign in"), ServerFailed, "an HTML page titled 'Sign in'", "A proxy or a login page"),
    "a page without a title": (raw("<div>"), ServerFailed, "an HTML page instead of JSON", "the base URL is wrong"),
    "a proxy that says no": (page("Blocked", status=403), ServerFailed, "page titled 'Blocked'", "check the network"),
    "a proxy that wants a login": (page("Login", status=401), ServerFailed, "titled 'Login'", "the proxy settings"),
    "a proxy without a server": (page("Bad gateway", status=502), ServerFailed, "'Bad gateway'", "Try again later"),
    "plain words": (raw("out of order"), ServerFailed, "'out of order', which is not JSON", "Check the base URL"),
    "an empty body": (raw(""), ServerFailed, "an empty body", "Check the base URL"),
    "a body cut by the connection": (cut('{"name": "Ada"}'), ConnectionFailed, "dropped", "Try again"),
    "a body cut by a proxy": (raw('{"choices": [{"mess'), ServerFailed, "cut off after 19", "unreliable"),
    "a connection that goes": (dropped(), ConnectionFailed, "the connection was dropped", "Try again"),
    "an empty list of choices": (raw('{"choices": []}'), ServerFailed, "an empty list of choices", "Send the request"),
    "choices of nothing": (raw('{"choices": [null]}'), ServerFailed, "an empty list of choices", "Send the request"),
    "a message without content": (reply(None, as_is=True), ServerFailed, "a message without content", "Send the"),
    "JSON of something else": (raw('{"status": "ok"}'), ServerFailed, "not a chat completion", "Check the base URL"),
    "another path": (error("unknown_url"), RequestRejected, "Unknown request URL", "the host only"),
}


@pytest.mark.parametrize("name", WIRE)
def test_what_comes_over_the_wire_is_an_error_of_its_own(name: str, groq_emulator: Emulator, run: Extract) -> None:
    step, kind, what, advice = WIRE[name]
    groq_emulator.script(step)
    with Extractor(GROQ, ONCE) as extractor, pytest.raises(kind) as caught:
        run(extractor)
    assert type(caught.value) is kind
    assert what in str(caught.value)
    assert advice in str(caught.value)
    assert str(caught.value).startswith("groq ")
    assert len(str(caught.value)) < 400
    assert len(groq_emulator.requests) == 1


def test_no_two_of_them_say_the_same(groq_emulator: Emulator) -> None:
    said: set[str] = set()
    with Extractor(GROQ, ONCE) as extractor:
        for name, (step, *_) in WIRE.items():
            groq_emulator.script(step)
            with pytest.raises(StructgenError) as caught:
                extractor.extract(SCHEMA, "Ada")
            assert str(caught.value) not in said or name in {"choices of nothing", "a connection that goes"}
            said.add(str(caught.value))


def test_a_wrong_key_says_where_it_is_and_shows_it_nowhere(groq_emulator: Emulator, run: Extract) -> None:
    extractor = Extractor(GROQ, api_key=KEY)
    with pytest.raises(AuthenticationFailed, match="Check the key in GROQ_API_KEY") as caught:
        run(extractor)
    assert KEY not in f"{caught.value!r} {vars(caught.value)} {extractor!r}"
    assert len(groq_emulator.requests) == 1


def test_a_missing_key_is_said_before_anything_is_sent() -> None:
    with pytest.raises(ConfigurationError, match=r"No API key for groq: set GROQ_API_KEY"):
        Extractor(GROQ)


def test_without_a_network_the_address_is_named(run: Extract, unused_port: int) -> None:
    for base, what in (
        (f"http://127.0.0.1:{unused_port}", "the connection was refused"),
        ("http://nowhere.invalid", "the host name could not be resolved"),
    ):
        with Extractor(GROQ, ONCE, api_key=KEY, base_url=base) as extractor, pytest.raises(ConnectionFailed) as caught:
            run(extractor)
        assert f"groq at {base}: {what}" in str(caught.value)
        assert "base URL" in str(caught.value)


@pytest.mark.parametrize("tail", ["/openai/v1", "/openai/v1/", "/openai/v1/chat/completions"])
def test_a_base_url_with_the_path_says_how_to_write_it(
    tail: str, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = groq_emulator.base_url
    with pytest.raises(ConfigurationError, match=f"write '{host}'"):
        Extractor(GROQ, base_url=host + tail)
    monkeypatch.setenv("GROQ_BASE_URL", host + tail)
    with pytest.raises(ConfigurationError, match=f"write '{host}'"):
        Extractor(GROQ)
    assert groq_emulator.requests == []


def test_a_base_url_with_another_path_is_said_by_the_server(groq_emulator: Emulator, run: Extract) -> None:
    extractor = Extractor(GROQ, ONCE, base_url=f"{groq_emulator.base_url}/v1")
    with pytest.raises(RequestRejected, match="the host only"):
        run(extractor)


SECRET = "s3cr3t-pass"


@pytest.mark.parametrize("base", ["http://ada:{}@{}", "http://{}@{}", "http://{1}?key={0}", "http://{1}/v1?x={0}"])
def test_credentials_of_a_base_url_are_in_no_error_event_log_or_repr(
    base: str, run: Extract, unused_port: int, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level("DEBUG")
    events: list[object] = []
    once_more = Options(budget=Budget(max_attempts=1, max_transport_retries=1))
    base = base.format(SECRET, f"127.0.0.1:{unused_port}")
    with Extractor(GROQ, once_more, api_key=KEY, base_url=base, observers=[events.append]) as extractor:
        with pytest.raises(ConnectionFailed) as caught:
            run(extractor)
        shown = [str(caught.value), repr(extractor), repr(extractor._senders), str(events), repr(caught.value.body)]
    said = "".join((*shown, caplog.text, *capsys.readouterr()))
    assert f"127.0.0.1:{unused_port}" in said
    assert SECRET not in said


@pytest.mark.parametrize("base", ["http://ada:{}@{}", "http://{1}?key={0}"])
def test_credentials_of_a_base_url_reach_the_server_and_no_message(
    base: str, run: Extract, groq_emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    groq_emulator.script(raw(json.dumps({"error": {"message": f"no {SECRET} here"}}), status=400))
    base = base.format(SECRET, groq_emulator.base_url[7:])
    with Extractor(GROQ, ONCE, base_url=base) as extractor, pytest.raises(StructgenError) as caught:
        run(extractor)
    assert SECRET not in str(caught.value)
    formatted = [caplog.handler.format(record) for record in caplog.records if not record.name.startswith("uvicorn")]
    assert SECRET not in "".join(formatted)
    (received,) = groq_emulator.requests
    assert received.status in {400, 401}  # a user in the URL takes the place of the key


@pytest.mark.parametrize(
    "base", ["ada:{}@host", "http://ada:{}@:80", "https://ada:{}@host:port", "https://a:{}@h/openai/v1"]
)
def test_a_base_url_that_is_refused_is_quoted_without_its_credentials(base: str) -> None:
    with pytest.raises(ConfigurationError, match="base URL") as caught:
        Extractor(GROQ, api_key=KEY, base_url=base.format(SECRET))
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("reason", ["tired", None, "content_filter"])
def test_a_whole_answer_counts_whatever_the_server_says_of_its_end(
    reason: str | None, groq_emulator: Emulator, run: Extract
) -> None:
    groq_emulator.script(raw(body(finish_reason=reason)))
    with Extractor(GROQ, ONCE) as extractor:
        result = run(extractor)
    assert [(repair.rule, repair.before) for repair in result.repairs] == [("finish_reason", reason)]
    assert result.attempts[0].completion.finish_reason == (reason or "")
