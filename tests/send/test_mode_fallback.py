"""Compatible servers that refuse or ignore modes, each with the bodies that it really sends, over loopback HTTP."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from structgen import Extractor, Mode, Options, StructgenError, Style, compile_request
from structgen.core.errors import ModelUnavailable, RequestRejected, ServerFailed
from structgen.core.mode_support import Learned, Support
from structgen.core.results import Extraction
from structgen.store import Store

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
}
TEXT = "Ada is 36."
ANSWER = '{"name": "Ada", "age": 36}'
Answer = Callable[[str, str, Any], tuple[int, Any]]


def mode_of(body: Any) -> Mode:
    """The mode of a request, by its body."""
    if body.get("tools"):
        return Mode.TOOLS
    named = {"json_object": Mode.JSON, "json_schema": Mode.JSON_SCHEMA}
    return named.get(body.get("response_format", {}).get("type"), Mode.TEXT)


def completion(body: Any, text: str = ANSWER, **extra: Any) -> dict[str, Any]:
    """A chat completion as all of these servers send it, with what each adds."""
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if mode_of(body) is Mode.TOOLS:
        call = {"id": "c1", "type": "function", "function": {"name": "answer", "arguments": text}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    message.update(extra.pop("message", {}))
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    named = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body["model"]}
    return {**named, "choices": [choice], "usage": usage, **extra}


def refusing(refusals: dict[Mode, tuple[int, Any]], **extra: Any) -> Answer:
    """A server that refuses these modes in these words, and answers all others well."""

    def answer(method: str, path: str, body: Any) -> tuple[int, Any]:
        return refusals.get(mode_of(body)) or (200, completion(body, **extra))

    return answer


def error(message: str, code: Any = None, kind: str = "invalid_request_error", **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code, **more}}


FORMAT = "'response_format.type' must be 'json_schema' or 'text'"
GRAMMAR = {
    "code": 400,
    "message": "Failed to initialize samplers: failed to parse grammar",
    "type": "invalid_request_error",
}
VLLM = {"object": "error", "message": "guided decoding is not supported here", "type": "BadRequestError", "param": None}
ENDPOINTS = "No endpoints found that can handle the requested parameters: response_format."
DETAIL = {
    "detail": [{"type": "extra_forbidden", "loc": ["body", "response_format"], "msg": "Extra inputs are not permitted"}]
}
SERVERS: dict[str, tuple[dict[Mode, tuple[int, Any]], Mode, dict[str, Any]]] = {
    "ollama": ({}, Mode.JSON_SCHEMA, {"system_fingerprint": "fp_ollama"}),
    "lm studio": ({Mode.JSON: (400, {"error": FORMAT})}, Mode.JSON_SCHEMA, {"stats": {}}),
    "vllm": ({Mode.JSON_SCHEMA: (400, {**VLLM, "code": 400})}, Mode.JSON, {"prompt_logprobs": None}),
    "llama-server": ({Mode.JSON_SCHEMA: (400, GRAMMAR)}, Mode.JSON, {"timings": {"predicted_n": 5}}),
    "llama-server in an object": ({Mode.JSON_SCHEMA: (400, {"error": GRAMMAR})}, Mode.JSON, {}),
    "openrouter": (
        {mode: (404, {"error": {"message": ENDPOINTS, "code": 404}}) for mode in (Mode.JSON_SCHEMA, Mode.JSON)},
        Mode.TOOLS,
        {"provider": "Somebody"},
    ),
    "a host behind openrouter": (
        {
            Mode.JSON_SCHEMA: (
                400,
                {"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": "no json_schema"}}},
            )
        },
        Mode.JSON,
        {},
    ),
    "groq": (
        {Mode.JSON_SCHEMA: (400, error("This model does not support response format `json_schema`."))},
        Mode.JSON,
        {"x_groq": {"id": "req_1"}},
    ),
    "deepseek": (
        {Mode.JSON_SCHEMA: (400, error("This response_format type is unavailable now", "invalid_request_error"))},
        Mode.JSON,
        {},
    ),
    "a server on fastapi": (dict.fromkeys((Mode.JSON_SCHEMA, Mode.JSON), (422, DETAIL)), Mode.TOOLS, {}),
    "a server without anything": (
        {
            Mode.JSON_SCHEMA: (400, error("unsupported", param="response_format")),
            Mode.JSON: (501, error("response_format is not implemented")),
            Mode.TOOLS: (400, error("llava does not support tools", kind="api_error")),
        },
        Mode.TEXT,
        {},
    ),
    "llama-server without jinja": (
        {
            Mode.JSON_SCHEMA: (400, error("response_format is unknown")),
            Mode.JSON: (400, error("response_format is unknown")),
            Mode.TOOLS: (500, error("tools param requires --jinja flag", 500, "server_error")),
        },
        Mode.TEXT,
        {},
    ),
}


def extract(
    url: str, *, options: Options | None = None, store: Store | None = None, text: str = TEXT
) -> Extraction[Any]:
    with Extractor("compatible/m", options, base_url=f"{url}/v1", store=store, timeout=5) as extractor:
        return extractor.extract(SCHEMA, text)


@pytest.mark.parametrize("name", SERVERS)
def test_a_refused_mode_is_followed_by_the_next_on_the_record(name: str, serve: Callable[..., Any]) -> None:
    refusals, used, extra = SERVERS[name]
    server = serve(refusing(refusals, **extra))
    found = extract(server.url)
    assert found.value == {"name": "Ada", "age": 36}
    assert mode_of(server.requests[-1][1]) is used
    (attempt,) = found.attempts
    assert attempt.completion.usage.calls == 1
    if used is Mode.JSON_SCHEMA:
        assert attempt.completion.notes == ()
    else:
        assert attempt.completion.notes[0].startswith(
            f"asked in mode {used}, because the server refused mode json_schema"
        )


def test_the_record_has_the_servers_words_and_not_our_advice(serve: Callable[..., Any]) -> None:
    server = serve(refusing({Mode.JSON_SCHEMA: (400, {"error": "response_format must be text"})}))
    (note,) = extract(server.url).attempts[0].completion.notes
    said = "response_format must be text"
    assert note == f"asked in mode json, because the server refused mode json_schema: {said}"


def test_words_about_a_parameter_are_not_about_the_mode(serve: Callable[..., Any]) -> None:
    server = serve(lambda method, path, body: (400, error("Invalid value for 'temperature'", param="temperature")))
    with pytest.raises(RequestRejected):
        extract(server.url)
    assert len(server.requests) == 1


def test_what_was_refused_is_not_sent_again(serve: Callable[..., Any]) -> None:
    server = serve(refusing({Mode.JSON_SCHEMA: (400, error("response_format json_schema is unknown"))}))
    with Extractor("compatible/m", base_url=f"{server.url}/v1") as extractor:
        results = [extractor.extract(SCHEMA, f"{TEXT} {number}") for number in range(3)]
    assert [mode_of(body) for _, body in server.requests] == [Mode.JSON_SCHEMA, *[Mode.JSON] * 3]
    assert "is known to have refused mode json_schema" in results[-1].attempts[0].completion.notes[0]


def test_the_store_keeps_what_was_learned_and_finds_the_answers(serve: Callable[..., Any], tmp_path: Path) -> None:
    server = serve(refusing({Mode.JSON_SCHEMA: (400, error("response_format json_schema is unknown"))}))
    for _ in range(2):
        with Store(tmp_path / "store.sqlite") as store:
            extract(server.url, store=store)
    assert len(server.requests) == 2  # the second run was answered from the store
    with Store(tmp_path / "store.sqlite") as store:
        extract(server.url, store=store, text="Grace is 85.")
        kept = store.modes_of(f"{server.url}/v1", "m").known()
    assert len(server.requests) == 3
    assert {one.mode: one.support for one in kept} == {Mode.JSON_SCHEMA: Support.REFUSED, Mode.JSON: Support.TAKEN}


def test_a_server_that_ignores_the_schema_is_noticed(serve: Callable[..., Any]) -> None:
    def answer(method: str, path: str, body: Any) -> tuple[int, Any]:
        prose = "Ada? She is 36 years old." if mode_of(body) is Mode.JSON_SCHEMA else ANSWER
        return 200, completion(body, prose)

    server = serve(answer)
    found = extract(server.url)
    assert found.value == {"name": "Ada", "age": 36}
    assert [mode_of(body) for _, body in server.requests] == [Mode.JSON_SCHEMA, Mode.JSON]
    first, second = found.attempts
    assert "the server ignored mode json_schema" in first.completion.notes[0]
    assert "is known to have ignored mode json_schema" in second.completion.notes[0]


def test_thoughts_before_the_answer_show_nothing(serve: Callable[..., Any], tmp_path: Path) -> None:
    server = serve(lambda method, path, body: (200, completion(body, f"<think>Hm.</think>{ANSWER}")))
    with Store(tmp_path / "store.sqlite") as store:
        assert extract(server.url, store=store).value["age"] == 36
        assert store.modes_of(f"{server.url}/v1", "m").known() == ()


@pytest.mark.parametrize("field", ["reasoning", "reasoning_content"])
def test_reasoning_is_read_under_both_names(field: str, serve: Callable[..., Any]) -> None:
    server = serve(lambda method, path, body: (200, completion(body, message={field: "Hm."})))
    assert extract(server.url).attempts[0].completion.reasoning == "Hm."


def test_a_content_of_parts_is_joined_without_its_thoughts(serve: Callable[..., Any]) -> None:
    parts = [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "text", "text": ANSWER[:9]},
        {"type": "text", "text": ANSWER[9:]},
    ]
    server = serve(lambda method, path, body: (200, completion(body, message={"content": parts})))
    assert extract(server.url).value == {"name": "Ada", "age": 36}


def test_missing_usage_is_unknown_and_not_zero(serve: Callable[..., Any]) -> None:
    server = serve(lambda method, path, body: (200, completion(body, usage=None)))
    usage = extract(server.url).usage
    assert (usage.input_tokens, usage.output_tokens, usage.calls) == (None, None, 1)


def test_an_error_about_something_else_is_raised_at_once_and_teaches_nothing(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    server = serve(lambda method, path, body: (404, error("The model `m` does not exist.", "model_not_found")))
    with Store(tmp_path / "store.sqlite") as store, pytest.raises(ModelUnavailable):
        extract(server.url, store=store)
    assert len(server.requests) == 1


def test_if_every_mode_is_refused_the_first_refusal_is_raised_and_nothing_is_learned(
    serve: Callable[..., Any], tmp_path: Path
) -> None:
    server = serve(lambda method, path, body: (400, error(f"the json schema of {mode_of(body)} is odd")))
    with Store(tmp_path / "store.sqlite") as store:
        with pytest.raises(RequestRejected, match="of json_schema is odd"):
            extract(server.url, store=store)
        assert store.modes_of(f"{server.url}/v1", "m").known() == ()
    assert [mode_of(body) for _, body in server.requests] == [Mode.JSON_SCHEMA, Mode.JSON, Mode.TOOLS, Mode.TEXT]


def test_a_refused_schema_says_nothing_about_other_schemas(serve: Callable[..., Any], tmp_path: Path) -> None:
    def answer(method: str, path: str, body: Any) -> tuple[int, Any]:
        if mode_of(body) is Mode.JSON_SCHEMA and "pattern" in json.dumps(body["response_format"]):
            return 400, error("Unsupported pattern in the grammar")
        return 200, completion(body)

    server = serve(answer)
    odd = {**SCHEMA, "properties": {**SCHEMA["properties"], "name": {"type": "string", "pattern": "^A"}}}  # type: ignore[dict-item]
    with (
        Store(tmp_path / "store.sqlite") as store,
        Extractor("compatible/m", base_url=f"{server.url}/v1", store=store) as extractor,
    ):
        for number, schema in enumerate((odd, odd, SCHEMA)):
            extractor.extract(schema, f"{TEXT} {number}")
        kept = store.modes_of(f"{server.url}/v1", "m").known()
    used = [mode_of(body) for _, body in server.requests]
    assert used == [Mode.JSON_SCHEMA, Mode.JSON, Mode.JSON, Mode.JSON_SCHEMA]
    assert all(one.support is Support.TAKEN for one in kept)


def test_a_mode_that_was_named_is_not_replaced(serve: Callable[..., Any]) -> None:
    server = serve(refusing({Mode.JSON_SCHEMA: (400, error("response_format json_schema is unknown"))}))
    with pytest.raises(RequestRejected):
        extract(server.url, options=Options(mode=Mode.JSON_SCHEMA))
    assert len(server.requests) == 1


def test_without_the_schema_in_the_prompt_no_mode_may_lose_it(serve: Callable[..., Any]) -> None:
    server = serve(refusing({Mode.JSON_SCHEMA: (400, error("response_format json_schema is unknown"))}))
    with pytest.raises(RequestRejected):
        extract(server.url, options=Options(style=Style.NONE))
    assert len(server.requests) == 1


def test_a_root_that_is_no_object_is_read_in_every_mode(serve: Callable[..., Any]) -> None:
    def answer(method: str, path: str, body: Any) -> tuple[int, Any]:
        if mode_of(body) is Mode.JSON_SCHEMA:
            return 400, error("response_format json_schema is unknown")
        return 200, completion(body, '["a", "b"]')

    server = serve(answer)
    with Extractor("compatible/m", base_url=f"{server.url}/v1") as extractor:
        assert extractor.extract(list[str], "a, b").value == ["a", "b"]


def test_the_async_call_falls_back_too(serve: Callable[..., Any]) -> None:
    server = serve(refusing({Mode.JSON_SCHEMA: (400, error("response_format json_schema is unknown"))}))

    async def run() -> Extraction[Any]:
        async with Extractor("compatible/m", base_url=f"{server.url}/v1") as extractor:
            return await extractor.aextract(SCHEMA, TEXT)

    found = asyncio.run(run())
    assert found.value == {"name": "Ada", "age": 36}
    assert found.attempts[0].completion.notes


def streamed(body: Any) -> str:
    """A stream as OpenRouter sends it, with comments between the events."""
    pieces = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in (ANSWER[:9], ANSWER[9:])]
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    events = "".join(f"data: {json.dumps(one)}\n\n" for one in (*pieces, end))
    return f": OPENROUTER PROCESSING\n\n{events}data: [DONE]\n\n"


def test_streams_fall_back_before_their_first_piece(serve: Callable[..., Any]) -> None:
    refusal = {"error": {"message": ENDPOINTS, "code": 404}}
    server = serve(
        lambda method, path, body: (404, refusal) if mode_of(body) is Mode.JSON_SCHEMA else (200, streamed(body))
    )
    with Extractor("compatible/m", base_url=f"{server.url}/v1") as extractor:
        *_, last = extractor.stream(SCHEMA, TEXT)

        async def run() -> Any:
            return [piece async for piece in extractor.astream(SCHEMA, f"{TEXT} Again.")][-1]

        again = asyncio.run(run())
    assert isinstance(last, Extraction)
    assert last.value == again.value == {"name": "Ada", "age": 36}
    assert [mode_of(body) for _, body in server.requests] == [Mode.JSON_SCHEMA, Mode.JSON, Mode.JSON]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (404, "404 page not found"),
        (404, {"detail": "Not Found"}),
        (200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"}),
        (405, "<html><title>405</title></html>"),
        (200, "<!DOCTYPE html><title>Home</title>"),
    ],
)
def test_a_base_url_without_its_version_is_said(status: int, body: Any, serve: Callable[..., Any]) -> None:
    server = serve(lambda method, path, received: (status, body))
    with (
        Extractor("compatible/m", base_url=server.url) as extractor,
        pytest.raises(StructgenError, match=f"try {server.url}/v1"),
    ):
        extractor.extract(SCHEMA, TEXT)
    assert len(server.requests) == 1


@pytest.mark.parametrize("body", ["<!DOCTYPE html><title>Home</title>", {"hello": "world"}, [1], "hello", ""])
def test_a_server_that_speaks_something_else_is_described(body: Any, serve: Callable[..., Any]) -> None:
    server = serve(lambda method, path, received: (200, body))
    with pytest.raises(ServerFailed) as caught:
        extract(server.url)
    assert "try http" not in str(caught.value)
    assert len(server.requests) == 1


def test_a_compiled_request_is_what_the_extractor_sends_first(serve: Callable[..., Any]) -> None:
    server = serve(refusing({}))
    extract(server.url)
    request = compile_request(SCHEMA, TEXT, model="compatible/m")
    sent = server.requests[0][1]
    assert (request.mode, request.strict) == (Mode.JSON_SCHEMA, False)
    assert sent["response_format"] == request.to_groq()["response_format"]


def test_what_is_known_expires(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store(tmp_path / "store.sqlite") as store:
        kept = store.modes_of("here", "m")
        kept.learn(Learned(Mode.JSON, Support.REFUSED, "no"))
    with Store(tmp_path / "store.sqlite") as store:
        assert store.modes_of("here", "m").known() == (Learned(Mode.JSON, Support.REFUSED, "no"),)
        assert store.modes_of("here", "other").known() == ()
        monkeypatch.setattr("structgen.store.stored_modes.KEPT", -1.0)
        assert store.modes_of("here", "m").known() == ()
