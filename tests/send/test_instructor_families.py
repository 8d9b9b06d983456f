"""The families of clients behind instructor: the real SDKs, on loopback servers that speak each provider's format."""

import asyncio
import base64
import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from structgen import Extractor, Image, Message, Mode, Options, Partial
from structgen.core.errors import (
    AuthenticationFailed,
    ConfigurationError,
    ConnectionFailed,
    ExtractionFailed,
    RateLimited,
    ServerFailed,
    StructgenError,
)
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.options import Budget
from structgen.core.records import Completion, Usage
from structgen.core.results import Extraction

# google-genai derives from a class of aiohttp's that warns of it
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")

KEY = "key-0123456789abcdef"
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
ANSWER = '{"name": "Ada"}'
ONCE = Options(budget=Budget(max_transport_retries=0))
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

Answer = Callable[[str, str, Any], tuple[int, Any]]


def sse(events: list[tuple[str, Any]], end: str = "") -> str:
    return (
        "".join((f"event: {name}\n" if name else "") + f"data: {json.dumps(data)}\n\n" for name, data in events) + end
    )


def halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def openai(method: str, path: str, body: Any, text: str = ANSWER) -> tuple[int, Any]:
    """OpenAI's and Mistral's server."""
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    head = {"id": "c1", "created": 1, "model": body["model"]}
    called = bool(body.get("tools"))
    if body.get("stream"):
        chunks: list[dict[str, Any]] = []
        for at, piece in enumerate(halves(text)):
            call = {
                "index": 0,
                "id": "call12345",
                "type": "function",
                "function": {"name": "answer" if not at else "", "arguments": piece},
            }
            delta: dict[str, Any] = {"tool_calls": [call]} if called else {"content": piece}
            chunks.append({"choices": [{"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": None}]})
        end = {"index": 0, "delta": {"content": ""}, "finish_reason": "tool_calls" if called else "stop"}
        chunks.append(
            {"choices": [end], **({"usage": usage} if body.get("stream_options") or "mistral" in body["model"] else {})}
        )
        return 200, sse(
            [("", {**head, "object": "chat.completion.chunk", **one}) for one in chunks], "data: [DONE]\n\n"
        )
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if called:
        call = {"id": "call12345", "type": "function", "function": {"name": "answer", "arguments": text}}
        message = {"role": "assistant", "content": "", "tool_calls": [call]}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if called else "stop"}
    return 200, {**head, "object": "chat.completion", "choices": [choice], "usage": usage}


def anthropic(method: str, path: str, body: Any, text: str = ANSWER) -> tuple[int, Any]:
    called = bool(body.get("tools"))
    usage = {"input_tokens": 11, "output_tokens": 7, "cache_read_input_tokens": 2}
    head = {"id": "msg_1", "type": "message", "role": "assistant", "model": body["model"], "stop_sequence": None}
    reason = "tool_use" if called else "end_turn"
    if body.get("stream"):
        start = (
            {"type": "tool_use", "id": "t1", "name": "answer", "input": {}} if called else {"type": "text", "text": ""}
        )
        begun = {**head, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
        events: list[tuple[str, Any]] = [
            ("message_start", {"type": "message_start", "message": begun}),
            ("content_block_start", {"type": "content_block_start", "index": 0, "content_block": start}),
        ]
        for piece in halves(text):
            delta = (
                {"type": "input_json_delta", "partial_json": piece} if called else {"type": "text_delta", "text": piece}
            )
            events.append(("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}))
        ended = {"stop_reason": reason, "stop_sequence": None}
        events += [
            ("content_block_stop", {"type": "content_block_stop", "index": 0}),
            ("message_delta", {"type": "message_delta", "delta": ended, "usage": {"output_tokens": 7}}),
            ("message_stop", {"type": "message_stop"}),
        ]
        return 200, sse(events)
    content: list[dict[str, Any]] = [{"type": "text", "text": "Sure." if called else text}]
    if called:
        content.append({"type": "tool_use", "id": "t1", "name": "answer", "input": json.loads(text)})
    return 200, {**head, "content": content, "stop_reason": reason, "usage": usage}


def google(method: str, path: str, body: Any, text: str = ANSWER) -> tuple[int, Any]:
    usage = {"promptTokenCount": 11, "candidatesTokenCount": 7, "thoughtsTokenCount": 3, "totalTokenCount": 21}

    def reply(parts: list[dict[str, Any]], **end: Any) -> dict[str, Any]:
        candidate = {"content": {"role": "model", "parts": parts}, "index": 0, **end}
        return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "m-001"}

    thought = {"text": "Hm.", "thought": True}
    call = {"functionCall": {"name": "answer", "args": json.loads(text)}} if body.get("tools") else None
    if "streamGenerateContent" in path:
        pieces = [[call]] if call else [[thought], *([{"text": piece}] for piece in halves(text))]
        return 200, sse([("", reply(one)) for one in pieces[:-1]] + [("", reply(pieces[-1], finishReason="STOP"))])
    return 200, reply([call] if call else [thought, {"text": text}], finishReason="STOP")


FAMILIES: dict[str, tuple[str, Answer, str]] = {
    "openai/m": ("/v1", openai, "m"),
    "deepseek/m": ("/v1", openai, "m"),
    "anthropic/m": ("", anthropic, "m"),
    "google/m": ("", google, "m-001"),
    "mistral/mistral": ("", openai, "mistral"),
}
MODES = {
    "anthropic/m": (Mode.AUTO, Mode.TOOLS, Mode.JSON_SCHEMA, Mode.TEXT),
    "deepseek/m": (Mode.AUTO,),
}
ALL = [
    (model, mode)
    for model in FAMILIES
    for mode in MODES.get(model, (Mode.AUTO, Mode.JSON, Mode.JSON_SCHEMA, Mode.TOOLS, Mode.TEXT))
]
USAGES = {"anthropic/m": Usage(11, 7, 2, None, 1), "google/m": Usage(11, 7, None, 3, 1)}


@pytest.fixture
def opened(serve: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """``opened(model, answer=None, options=None)``: an Extractor on a server of the family, and that server."""
    extractors: list[Extractor] = []

    def make(model: str, answer: Answer | None = None, options: Options | None = None) -> tuple[Extractor, Any]:
        tail, usual, _ = FAMILIES[model]
        server = serve(answer or usual)
        extractors.append(Extractor(model, options, api_key=KEY, base_url=server.url + tail, timeout=10))
        return extractors[-1], server

    yield make
    for extractor in extractors:
        extractor.close()


def in_loop(extractor: Extractor, text: str = "Ada") -> Extraction[Any]:
    async def run() -> Extraction[Any]:
        async with extractor:
            return await extractor.aextract(SCHEMA, text)

    return asyncio.run(run())


@pytest.mark.parametrize(("model", "mode"), ALL)
def test_every_mode_of_every_family_is_answered_sync_and_async(
    model: str, mode: Mode, opened: Callable[..., Any]
) -> None:
    extractor, server = opened(model, None, Options(mode=mode))
    for found in (extractor.extract(SCHEMA, "Ada"), in_loop(extractor)):
        (attempt,) = found.attempts
        assert found.value == {"name": "Ada"}
        assert found.usage == USAGES.get(model, Usage(11, 7, None, None, 1))
        assert found.model == FAMILIES[model][2]
        assert bool(attempt.completion.called) == (attempt.request.mode is Mode.TOOLS)
        assert attempt.completion.finish_reason in {"stop", "tool_calls"}
    assert len(server.requests) == 2


@pytest.mark.parametrize(("model", "mode"), ALL)
def test_every_mode_of_every_family_streams_sync_and_async(model: str, mode: Mode, opened: Callable[..., Any]) -> None:
    extractor, _ = opened(model, None, Options(mode=mode))

    async def run() -> list[Any]:
        async with extractor:
            return [piece async for piece in extractor.astream(SCHEMA, "Ada")]

    for pieces in ([*extractor.stream(SCHEMA, "Ada")], asyncio.run(run())):
        *partials, last = pieces
        assert partials
        assert all(isinstance(one, Partial) for one in partials)
        assert last.value == {"name": "Ada"}
        assert last.usage == USAGES.get(model, Usage(11, 7, None, None, 1))


def body_of(server: Any) -> Any:
    return server.requests[0][1]


def test_a_tool_call_is_asked_for_in_each_format(opened: Callable[..., Any]) -> None:
    sent: dict[str, Any] = {}
    for model in FAMILIES:
        extractor, server = opened(model, None, Options(mode=Mode.TOOLS))
        extractor.extract(SCHEMA, "Ada")
        sent[model] = body_of(server)
    assert sent["anthropic/m"]["tools"][0]["input_schema"] == SCHEMA
    assert sent["anthropic/m"]["tool_choice"] == {"type": "tool", "name": "answer", "disable_parallel_tool_use": True}
    assert sent["google/m"]["toolConfig"]["functionCallingConfig"]["mode"] == "ANY"
    assert sent["mistral/mistral"]["tools"][0]["function"]["parameters"] == SCHEMA
    assert sent["openai/m"]["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in sent["deepseek/m"]


def test_a_schema_is_sent_in_each_format(opened: Callable[..., Any]) -> None:
    sent: dict[str, Any] = {}
    for model in FAMILIES:
        extractor, server = opened(model, None, Options(mode=Mode.JSON_SCHEMA, stop="END", max_completion_tokens=99))
        extractor.extract(SCHEMA, "Ada")
        sent[model] = body_of(server)
    assert sent["anthropic/m"]["output_config"]["format"] == {"type": "json_schema", "schema": SCHEMA}
    assert (sent["anthropic/m"]["max_tokens"], sent["anthropic/m"]["stop_sequences"]) == (99, ["END"])
    config = sent["google/m"]["generationConfig"]
    assert (config["responseJsonSchema"], config["responseMimeType"]) == (SCHEMA, "application/json")
    assert (config["maxOutputTokens"], config["stopSequences"], config["temperature"]) == (99, ["END"], 0.0)
    assert sent["mistral/mistral"]["response_format"]["json_schema"]["schema"] == SCHEMA
    assert sent["mistral/mistral"]["max_tokens"] == sent["deepseek/m"]["max_tokens"] == 99
    assert sent["openai/m"]["max_completion_tokens"] == 99


CHAT = [Message("user", "Who?"), Message("assistant", "Ada."), Message("user", "In JSON: {{ name }}, please.")]


@pytest.mark.parametrize("model", FAMILIES)
def test_a_chat_arrives_unchanged_with_its_system_message(model: str, opened: Callable[..., Any]) -> None:
    extractor, server = opened(model)
    extractor.extract(SCHEMA, CHAT)
    sent = json.dumps(body_of(server))
    assert all(text in sent for text in ("Who?", "Ada.", "In JSON: {{ name }}, please.", "You extract data"))


@pytest.mark.parametrize("model", FAMILIES)
def test_an_image_is_sent_in_each_format(model: str, opened: Callable[..., Any]) -> None:
    extractor, server = opened(model)
    found = extractor.extract(SCHEMA, [Message("user", ("Who is it?", Image(data=PNG)))])
    assert found.value == {"name": "Ada"}
    encoded = base64.b64encode(PNG).decode()
    sent = json.dumps(body_of(server))
    assert encoded in sent or encoded.replace("+", "-").replace("/", "_") in sent
    assert "Who is it?" in sent


def test_an_image_by_its_url_is_passed_on_or_refused(opened: Callable[..., Any]) -> None:
    message = [Message("user", ("Who?", Image(url="https://example.org/a.png")))]
    extractor, server = opened("anthropic/m")
    extractor.extract(SCHEMA, message)
    assert {"type": "url", "url": "https://example.org/a.png"} in [
        part.get("source") for part in body_of(server)["messages"][0]["content"]
    ]
    extractor, server = opened("google/m")
    with pytest.raises(ConfigurationError, match="no image by its URL"):
        extractor.extract(SCHEMA, message)
    assert server.requests == []


def refused(status: int, body: Any) -> Answer:
    return lambda method, path, received: (status, body)


ERRORS: list[tuple[int, type[StructgenError]]] = [
    (401, AuthenticationFailed),
    (429, RateLimited),
    (500, ServerFailed),
]


@pytest.mark.parametrize("model", FAMILIES)
@pytest.mark.parametrize(("status", "kind"), ERRORS)
def test_errors_are_ours_and_the_clients_never_try_again(
    model: str, status: int, kind: type[StructgenError], opened: Callable[..., Any]
) -> None:
    body = {"type": "error", "error": {"type": "some_error", "code": status, "message": "That is wrong."}}
    extractor, server = opened(model, refused(status, body), ONCE)
    with pytest.raises(kind, match="That is wrong") as caught:
        extractor.extract(SCHEMA, "Ada")
    with pytest.raises(kind, match="That is wrong"):
        in_loop(extractor)
    with pytest.raises(kind, match="That is wrong"):
        [*extractor.stream(SCHEMA, "Ada")]
    assert len(server.requests) == 3
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("model", FAMILIES)
@pytest.mark.parametrize("page", ["<!DOCTYPE html><title>Sign in</title>", {"hello": "world"}, "[1]"])
def test_a_server_that_speaks_something_else_is_said(model: str, page: Any, opened: Callable[..., Any]) -> None:
    extractor, server = opened(model, refused(200, page), ONCE)
    with pytest.raises((ServerFailed, ConfigurationError)) as caught:
        extractor.extract(SCHEMA, "Ada")
    assert "Traceback" not in str(caught.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize("model", FAMILIES)
def test_a_server_that_is_not_there_is_said(model: str, unused_port: int) -> None:
    with (
        Extractor(model, ONCE, api_key=KEY, base_url=f"http://127.0.0.1:{unused_port}") as extractor,
        pytest.raises(ConnectionFailed),
    ):
        extractor.extract(SCHEMA, "Ada")


@pytest.mark.parametrize("model", FAMILIES)
def test_what_instructor_could_not_parse_reaches_our_parser(model: str, opened: Callable[..., Any]) -> None:
    answer = FAMILIES[model][1]
    text = "Here you are:\n```json\n{'name': 'Ada',}\n```"
    extractor, _ = opened(model, lambda *asked: answer(*asked, text), Options(mode=Mode.TEXT))
    found = extractor.extract(SCHEMA, "Ada")
    assert found.value == {"name": "Ada"}
    assert found.repairs


@pytest.mark.parametrize("model", FAMILIES)
def test_a_refused_answer_is_asked_again_and_both_count(model: str, opened: Callable[..., Any]) -> None:
    answer = FAMILIES[model][1]
    extractor, _ = opened(
        model, lambda *asked: answer(*asked, '{"name": 1.5}'), Options(mode=Mode.TEXT, budget=Budget(max_attempts=2))
    )
    with pytest.raises(ExtractionFailed) as caught:
        extractor.extract(SCHEMA, "Ada")
    assert caught.value.usage is not None
    assert caught.value.usage.calls == 2


@pytest.mark.parametrize("model", FAMILIES)
def test_a_stream_that_breaks_off_is_interrupted(model: str, opened: Callable[..., Any]) -> None:
    answer = FAMILIES[model][1]

    def broken(method: str, path: str, body: Any) -> tuple[int, Any]:
        status, whole = answer(method, path, body)
        if not isinstance(whole, str):
            return 500, {"error": {"message": "Down.", "code": 500, "type": "api_error"}}
        events = whole.split("\n\n")
        kept = 3 if model.startswith("anthropic") else 2 if model.startswith("google") else 1
        return status, "\n\n".join(events[:kept]) + "\n\n"

    extractor, _ = opened(model, broken, Options(mode=Mode.TEXT, budget=Budget(max_attempts=1)))
    with pytest.raises(ExtractionFailed) as caught:
        [*extractor.stream(SCHEMA, "Ada")]
    completion: Completion = caught.value.attempts[0].completion
    assert completion.finish_reason == INTERRUPTED
    assert completion.text == halves(ANSWER)[0]


def test_async_calls_run_at_once_and_not_one_after_the_other(opened: Callable[..., Any]) -> None:
    gate: list[float] = []

    def slow(method: str, path: str, body: Any) -> tuple[int, Any]:
        gate.append(time.monotonic())
        end = time.monotonic() + 30
        while len(gate) < 3 and time.monotonic() < end:
            time.sleep(0.01)  # a server, not a test: it answers when all three have asked
        return anthropic(method, path, body)

    extractor, _ = opened("anthropic/m", slow)

    async def run() -> list[Any]:
        async with extractor:
            return list(await asyncio.gather(*(extractor.aextract(SCHEMA, f"Ada {at}") for at in range(3))))

    assert len(asyncio.run(run())) == len(gate) == 3


@pytest.mark.parametrize("model", ["anthropic/m", "google/m", "mistral/mistral"])
def test_a_parameter_that_the_family_lacks_is_refused(model: str, opened: Callable[..., Any]) -> None:
    extractor, server = opened(model, None, Options(mode=Mode.TEXT, reasoning_format="raw"))
    with pytest.raises(ConfigurationError, match="has no parameter reasoning_format: leave it unset"):
        extractor.extract(SCHEMA, "Ada")
    assert server.requests == []


def test_a_base_url_without_a_scheme_is_said() -> None:
    with pytest.raises(ConfigurationError, match="must begin with http"):
        Extractor("anthropic/m", api_key=KEY, base_url="localhost:1")


@pytest.mark.parametrize(
    ("model", "module", "line"),
    [
        ("anthropic/m", "anthropic", "pip install anthropic"),
        ("google/m", "google.genai", "pip install google-genai"),
        ("cohere/m", "cohere", "pip install cohere"),
    ],
)
def test_a_package_that_is_missing_is_said_with_the_line_to_type(
    model: str, module: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=line):
        Extractor(model, api_key=KEY)


def test_a_provider_that_nobody_knows_is_said_with_those_that_are_known() -> None:
    with pytest.raises(
        ConfigurationError, match=r"Unsupported provider: nobody\. Supported providers are: .*anthropic"
    ):
        Extractor("nobody/m", api_key=KEY)


def test_a_key_of_another_provider_is_recognized(serve: Callable[..., Any]) -> None:
    server = serve(refused(401, {"error": {"message": "invalid key", "type": "authentication_error"}}))
    with (
        Extractor("mistral/mistral", ONCE, api_key="gsk_0123456789abcdef", base_url=server.url) as extractor,
        pytest.raises(AuthenticationFailed, match="begins like a key of Groq") as caught,
    ):
        extractor.extract(SCHEMA, "Ada")
    assert "gsk_0123456789abcdef" not in str(caught.value)
