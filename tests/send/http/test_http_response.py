import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import RateLimited, RequestRejected, ServerFailed
from structgen.core.records import Call, Completion, Usage
from structgen.send.http.failures import Failure
from structgen.send.http.http_response import Reply, read_reply, read_usage
from structgen.send.http.providers import GROQ, ChatApi

KEY = "gsk_0123456789abcdef"


def read(
    body: object, status: int = 200, api: ChatApi = GROQ, headers: dict[str, str] | None = None
) -> Completion | Failure:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_reply(Reply(status, headers or {}, content), api, "asked-model", KEY)


def completed(body: object, api: ChatApi = GROQ) -> Completion:
    found = read(body, api=api)
    assert isinstance(found, Completion)
    return found


def failed(body: object, status: int = 200, headers: dict[str, str] | None = None) -> Failure:
    found = read(body, status, headers=headers)
    assert isinstance(found, Failure)
    return found


def body_with(message: object, reason: object = "stop", **others: object) -> dict[str, object]:
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason}
    return {"id": "chatcmpl-1", "object": "chat.completion", "model": "m", "choices": [choice], **others}


def test_content_reasoning_model_and_id_are_taken_over() -> None:
    found = completed(body_with({"role": "assistant", "content": '{"a":1}', "reasoning": "Easy."}))
    assert found == Completion('{"a":1}', "stop", Usage(calls=1), "m", "chatcmpl-1", reasoning="Easy.")


def test_the_text_of_a_tool_call_is_its_arguments_as_the_model_wrote_them() -> None:
    call = {"id": "fc_1", "type": "function", "function": {"name": "answer", "arguments": '{"a": 1, "a": 2}'}}
    found = completed(body_with({"role": "assistant", "tool_calls": [call]}, "tool_calls"))
    assert (found.text, found.finish_reason) == ('{"a": 1, "a": 2}', "tool_calls")


def call(arguments: object, name: object = "answer") -> dict[str, object]:
    return {"id": "fc_1", "type": "function", "function": {"name": name, "arguments": arguments}}


def test_every_call_is_kept_with_its_name_and_so_is_the_content() -> None:
    message = {"content": "I call.", "tool_calls": [call("{}"), call("[1]", "other"), call("")]}
    found = completed(body_with(message, "tool_calls"))
    assert (found.text, found.called, found.beside) == ("{}", "answer", "I call.")
    assert found.more_calls == (Call("other", "[1]"), Call("answer", ""))
    assert found.said == "I call.\n{}\n[1]"


def test_arguments_that_are_an_object_already_are_written_as_json() -> None:
    assert completed(body_with({"tool_calls": [call({"a": "é"})]})).text == '{"a": "é"}'


@pytest.mark.parametrize("calls", [[None], [{}], [{"function": None}], {}, "x", [{"function": {"arguments": 3}}]])
def test_what_is_no_call_is_none(calls: object) -> None:
    found = completed(body_with({"content": "words", "tool_calls": calls}))
    assert (found.text, found.called, found.beside) == ("words", "", "")


def test_the_call_of_the_older_protocol_is_one_too() -> None:
    older = {"name": "answer", "arguments": "{}"}
    assert completed(body_with({"content": None, "function_call": older}, "function_call")).text == "{}"
    both = completed(body_with({"function_call": older, "tool_calls": [call("[1]"), call("{}")]}))
    assert (both.text, both.more_calls) == ("[1]", (Call("answer", "{}"),))
    apart = completed(body_with({"function_call": older, "tool_calls": [call("[1]")]}))
    assert apart.more_calls == (Call("answer", "{}"),)


def test_content_counts_where_the_model_called_no_tool() -> None:
    assert completed(body_with({"content": "words", "tool_calls": []})).text == "words"


def test_a_refusal_is_no_failure() -> None:
    found = completed(body_with({"content": None, "refusal": "I cannot help with that."}))
    assert (found.text, found.refusal) == ("", "I cannot help with that.")


def test_every_token_count_is_read() -> None:
    usage = {
        "prompt_tokens": 301,
        "completion_tokens": 52,
        "total_tokens": 353,
        "prompt_tokens_details": {"cached_tokens": 256},
        "completion_tokens_details": {"reasoning_tokens": 22},
        "queue_time": 0.005,
    }
    assert completed(body_with({"content": "x"}, usage=usage)).usage == Usage(301, 52, 256, 22, 1)


@pytest.mark.parametrize(
    "usage", [None, {}, [], "many", {"prompt_tokens": "3"}, {"prompt_tokens": True}, {"prompt_tokens": -1}]
)
def test_counts_that_are_absent_or_no_counts_are_unknown_not_zero(usage: object) -> None:
    assert read_usage(usage)[0] == Usage(calls=1)  # pyright: ignore[reportArgumentType] - hostile on purpose


@pytest.mark.parametrize("count", [-1, True, 2**63, 2**63 - 1, 10**300, 1.5, "12", [3], {"n": 1}, float("inf")])
@pytest.mark.parametrize("name", ["prompt_tokens", "completion_tokens"])
def test_a_count_that_nobody_can_believe_is_unknown_and_noted(name: str, count: object) -> None:
    completion = completed(body_with({"content": "x"}, usage={"prompt_tokens": 5, "completion_tokens": 6, name: count}))
    unknown = "input_tokens" if name == "prompt_tokens" else "output_tokens"
    assert getattr(completion.usage, unknown) is None
    assert name in completion.notes[0]
    assert len(completion.notes) == 1


def test_a_count_of_thousands_of_digits_does_not_lose_the_answer_beside_it() -> None:
    body = json.dumps(body_with({"content": "x"}, usage={"prompt_tokens": 5, "completion_tokens": 6}))
    completion = completed(body.replace('"prompt_tokens": 5', f'"prompt_tokens": {"9" * 5000}').encode())
    assert (completion.text, completion.usage) == ("x", Usage(None, 6, calls=1))
    assert "prompt_tokens" in completion.notes[0]


@pytest.mark.parametrize("content", [b'{"n": %s' % (b"9" * 5000), b'{"n": %s}' % (b"9" * 400_000)])
def test_long_numbers_in_other_bodies_are_no_completion(content: bytes) -> None:
    assert isinstance(read(content), Failure)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ([{"type": "text", "text": '{"a"'}, {"type": "text", "text": ": 1}"}], '{"a": 1}'),
        ([{"type": "thinking", "thinking": []}, {"type": "text", "text": '{"a": 1}'}], '{"a": 1}'),
        ({"a": 1}, '{"a": 1}'),
    ],
)
def test_content_in_parts_or_as_an_object_is_the_answer_too(content: object, text: str) -> None:
    assert completed(body_with({"content": content})).text == text


def test_more_cached_tokens_than_tokens_are_not_believed() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 6, "prompt_tokens_details": {"cached_tokens": 9}}
    completion = completed(body_with({"content": "x"}, usage=usage))
    assert completion.usage == Usage(5, 6, None, calls=1)
    assert "more cached tokens" in completion.notes[0]


def test_an_ordinary_usage_has_no_notes() -> None:
    usage = {"prompt_tokens": 5, "completion_tokens": 6, "prompt_tokens_details": None}
    assert completed(body_with({"content": "x"}, usage=usage)).notes == ()


@pytest.mark.parametrize("message", [{}, {"content": None}, {"content": 3}, {"content": ["text"]}])
def test_a_message_without_content_is_its_own_error(message: object) -> None:
    failure = failed(body_with(message))
    assert isinstance(failure.error, ServerFailed)
    assert "a message without content" in str(failure.error)
    assert not failure.transient


@pytest.mark.parametrize("reason", ["length", "content_filter", "safety"])
def test_no_content_is_an_empty_text_where_the_reason_explains_it(reason: str) -> None:
    found = completed(body_with({"content": None}, reason))
    assert (found.text, found.finish_reason) == ("", reason)


def test_a_model_that_only_thought_said_nothing() -> None:
    assert completed(body_with({"content": None, "reasoning": "Hm."})).text == ""


@pytest.mark.parametrize("choices", [[], None, {}, [None], [{}], [{"message": None}], "x"])
def test_an_empty_list_of_choices_is_its_own_error(choices: object) -> None:
    assert "an empty list of choices" in str(failed({"choices": choices}).error)


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("because", "because"),
        ("Because ", "because"),
        (None, ""),
        (3, ""),
        ("", ""),
        ("error", ""),
        ("safety", "safety"),
    ],
)
def test_an_answer_that_ends_for_another_reason_is_an_answer(reason: object, kept: str) -> None:
    found = completed(body_with({"content": "precious"}, reason))
    assert (found.text, found.finish_reason) == ("precious", kept)


@pytest.mark.parametrize(
    ("reason", "common"),
    [
        ("eos", "stop"),
        ("eos_token", "stop"),
        ("end_turn", "stop"),
        ("STOP", "stop"),
        ("max_tokens", "length"),
        ("MAX_TOKENS", "length"),
        ("model_length", "length"),
        ("tool_use", "tool_calls"),
        ("function_call", "tool_calls"),
    ],
)
def test_another_servers_words_for_a_reason_are_understood(reason: str, common: str) -> None:
    assert completed(body_with({"content": "x"}, reason)).finish_reason == common


def test_html_with_status_200_names_the_page_and_is_not_tried_again() -> None:
    failure = failed(b"<!DOCTYPE html><html><title>Sign in</title>")
    assert "an HTML page titled 'Sign in'" in str(failure.error)
    assert not failure.transient
    assert "instead of JSON" in str(failed(b"login", headers={"content-type": "text/html"}).error)


def test_a_cut_body_is_its_own_error_and_is_tried_again() -> None:
    failure = failed(b'{"id": "chatcmpl-1", "choi')
    assert "broken or cut off after 26 characters" in str(failure.error)
    assert failure.transient


@pytest.mark.parametrize("content", [b"", b"ok", b"[1]", b"null", b'"text"', b"\xff\xfe"])
def test_other_bodies_are_no_completions(content: bytes) -> None:
    assert "not JSON" in str(failed(content).error)


def test_json_without_choices_says_what_it_says() -> None:
    assert "not a chat completion: quota" in str(failed({"error": {"message": "quota"}}).error)


def test_an_error_names_provider_status_code_words_and_what_to_do() -> None:
    failure = failed({"error": {"message": "Invalid API Key", "code": "invalid_api_key"}}, 401)
    message = (
        'groq answered 401 (invalid_api_key): Invalid API Key. Check the key in GROQ_API_KEY, or use model="rules"'
    )
    assert str(failure.error).startswith(message)
    assert (failure.error.status, failure.error.code) == (401, "invalid_api_key")


def test_a_key_that_the_server_quotes_is_struck_out_everywhere() -> None:
    error = failed({"error": {"message": f"Incorrect key {KEY} given"}}, 401).error
    assert KEY not in str(error) + error.body + repr(error) + repr(vars(error))
    assert "***" in str(error)
    assert KEY not in failed(f"<html><title>{KEY}</title>".encode()).error.body


def test_a_rate_limit_carries_the_wait() -> None:
    body = {"error": {"message": "Rate limit reached. Please try again in 1m2.5s.", "code": "rate_limit_exceeded"}}
    failure = failed(body, 429)
    assert isinstance(failure.error, RateLimited)
    assert failure.error.wait == failure.wait == 62.5
    assert failed(body, 429, {"retry-after": "3"}).wait == 3.0


def test_an_overloaded_server_may_ask_for_a_wait_too() -> None:
    assert failed({"error": {"message": "busy"}}, 503, {"retry-after": "11"}).wait == 11.0


def salvaged(code: str, generation: object) -> Completion:
    found = read({"error": {"message": "m", "code": code, "failed_generation": generation}}, 400)
    assert isinstance(found, Completion)
    return found


@pytest.mark.parametrize("code", ["json_validate_failed", "tool_use_failed", "output_parse_failed"])
def test_what_the_model_wrote_is_salvaged_from_the_error(code: str) -> None:
    found = salvaged(code, '{"a": 1')
    assert found == Completion('{"a": 1', "error", Usage(calls=1), "asked-model", failure=code)


@pytest.mark.parametrize("generation", ["", None])
def test_an_empty_generation_is_an_empty_completion(generation: str | None) -> None:
    found = salvaged("json_validate_failed", generation)
    assert (found.text, found.finish_reason, found.failure) == ("", "error", "json_validate_failed")


def test_a_generation_that_ran_out_of_tokens_is_cut_off() -> None:
    found = salvaged("json_validate_failed", "max completion tokens reached before generating a valid document")
    assert (found.text, found.finish_reason) == ("", "length")


@pytest.mark.parametrize(
    ("generation", "text"),
    [
        ('{"name": "answer", "arguments": {\n  "foo": "bar"\n}}', '{\n  "foo": "bar"\n}'),
        (' {"name":"answer","arguments":{"a":1,"a":2} }\n', '{"a":1,"a":2}'),
        ('{"name": "answer", "arguments": [1, 2]}', "[1, 2]"),
        ('{"name": "answer", "arguments": "{\\"a\\": 1}"}', '"{\\"a\\": 1}"'),
        ('{"name": "answer", "arguments": {"a": [1', '{"a": [1'),
        ('{"name": "Ada", "age": 36}', '{"name": "Ada", "age": 36}'),
        ('{"name": "x", "arguments": 3}', '{"name": "x", "arguments": 3}'),
        ("maybe", "maybe"),
    ],
)
def test_a_failed_call_is_unwrapped_to_its_arguments_and_nothing_else_is_touched(generation: str, text: str) -> None:
    assert salvaged("tool_use_failed", generation).text == text


def test_every_call_of_a_failed_answer_is_kept() -> None:
    one, other = '{"name": "answer", "arguments": {"a": 1, "a": 2}}', '{"name": "cook", "arguments": {"b": 3}}'
    for generation in (f"{one}\n{other}", f"{one}, {other}", f"[{one}, {other}]", one + other):
        found = salvaged("tool_use_failed", generation)
        assert (found.text, found.called) == ('{"a": 1, "a": 2}', "answer")
        assert found.more_calls == (Call("cook", '{"b": 3}'),)


@pytest.mark.parametrize(
    "generation",
    [
        '{"name": "answer", "arguments": {"a": 1}} and more',
        'First: {"name": "answer", "arguments": {"a": 1}}',
        '{"name": "answer", "arguments": {"a": 1}, "id": 5}',
    ],
)
def test_what_is_more_than_calls_is_left_to_the_parser(generation: str) -> None:
    assert salvaged("tool_use_failed", generation).text == generation


def test_an_object_that_only_looks_like_a_call_is_an_answer() -> None:
    text = '{"name": "Ada", "arguments": ["one", "two"]}'
    assert salvaged("json_validate_failed", text).text == text


def test_other_errors_are_not_salvaged() -> None:
    failure = failed({"error": {"message": "m", "code": "other", "failed_generation": "x"}}, 400)
    assert isinstance(failure.error, RequestRejected)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "error", "finish_reason", "tool_calls", "function", "usage"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON, st.sampled_from([200, 400, 429, 500]))
@settings(deadline=None, max_examples=300)
def test_no_json_makes_the_reader_fail(body: object, status: int) -> None:
    assert isinstance(read(body, status), (Completion, Failure))


@given(st.binary(max_size=50), st.sampled_from([200, 404, 502]))
@settings(deadline=None, max_examples=100)
def test_no_bytes_make_the_reader_fail(content: bytes, status: int) -> None:
    assert isinstance(read(content, status), (Completion, Failure))


def test_nesting_beyond_the_decoder_is_a_broken_body() -> None:
    assert isinstance(read(b'{"a":' + b"[" * 200_000), Failure)


@pytest.mark.parametrize(("code", "kind"), [(502, ServerFailed), (403, RequestRejected)])
def test_an_error_in_place_of_the_answer_of_a_choice_is_an_error(code: int, kind: type[Exception]) -> None:
    broken = body_with({"role": "assistant", "content": ""}, "error")
    broken["choices"][0]["error"] = {"message": "upstream is down", "code": code}  # type: ignore[index]
    found = failed(broken)
    assert "upstream is down" in str(found.error)
    assert isinstance(found.error, ServerFailed) or kind is RequestRejected


def test_an_answer_beside_an_error_is_still_an_answer() -> None:
    body = body_with({"role": "assistant", "content": "{}"})
    body["choices"][0]["error"] = {"message": "a warning", "code": 502}  # type: ignore[index]
    assert completed(body).text == "{}"
