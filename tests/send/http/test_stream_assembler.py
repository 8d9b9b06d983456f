"""Streamed completions, reassembled. The chunks have the shapes that were recorded from Groq."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import RequestRejected, ServerFailed
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.records import Call, Completion, Usage
from structgen.send.http.failures import Failure
from structgen.send.http.providers import COMPATIBLE, GROQ, ChatApi
from structgen.send.http.stream_assembler import Origin, StreamAssembler

USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "completion_tokens_details": {"reasoning_tokens": 1}}
DONE = b"data: [DONE]\n\n"


def chunk(delta: dict[str, Any], reason: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    whole = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "a-model", "choices": [choice], **more}
    return b"data: " + json.dumps(whole).encode() + b"\n\n"


ROLE = chunk({"role": "assistant", "content": ""}, x_groq={"id": "req_1", "seed": 7})
END = chunk({}, "stop", x_groq={"id": "req_1", "usage": USAGE}, usage=USAGE)


def failing(status: int | None, name: str = "error", **error: Any) -> bytes:
    named = {**error, "status_code": status} if status else error
    return f"event: {name}\ndata: {json.dumps({'error': named})}\n\n".encode()


def gather(*pieces: bytes, lost: Failure | None = None, api: ChatApi = GROQ) -> tuple[list[str], Completion | Failure]:
    gathering = StreamAssembler(Origin(api, "a-model", "gsk_secret"))
    texts = [text for piece in pieces for text in gathering.feed(piece)]
    texts.extend(gathering.finish(lost))
    return texts, gathering.outcome


def completed(*pieces: bytes, lost: Failure | None = None, api: ChatApi = GROQ) -> Completion:
    outcome = gather(*pieces, lost=lost, api=api)[1]
    assert isinstance(outcome, Completion)
    return outcome


def failed(*pieces: bytes, api: ChatApi = GROQ) -> Failure:
    outcome = gather(*pieces, api=api)[1]
    assert isinstance(outcome, Failure)
    return outcome


def test_the_pieces_are_handed_on_and_the_whole_is_their_sum() -> None:
    texts, outcome = gather(ROLE, chunk({"content": "Hel"}), chunk({"content": "lo"}), END, DONE)
    assert texts == ["Hel", "lo"]
    assert outcome == Completion("Hello", "stop", Usage(9, 4, None, 1, 1), "a-model", "chatcmpl-1")


def test_a_character_that_comes_in_two_halves_is_handed_on_whole() -> None:
    texts, outcome = gather(ROLE, chunk({"content": "a\ud83d"}), chunk({"content": "\ude00"}), END, DONE)
    assert texts == ["a", "😀"]
    assert isinstance(outcome, Completion)
    assert outcome.text == "a😀"


def test_half_a_character_is_kept_for_the_end_to_judge() -> None:
    texts, outcome = gather(ROLE, chunk({"content": "a\ud83d"}), chunk({"content": "b\ud83d"}), END, DONE)
    assert texts == ["a", "\ud83db"]
    assert isinstance(outcome, Completion)
    assert outcome.text == "a\ud83db\ud83d"


def test_only_the_answer_that_was_asked_for_is_read() -> None:
    def other(content: str) -> dict[str, Any]:
        return {"index": 1, "delta": {"content": content}, "finish_reason": "length"}

    def mine(content: str) -> dict[str, Any]:
        return {"index": 0, "delta": {"content": content}, "finish_reason": None}

    together = chunk({}, choices=[other("x"), mine("Hel")])
    texts, outcome = gather(ROLE, together, chunk({}, choices=[other("y")]), chunk({"content": "lo"}), END, DONE)
    assert texts == ["Hel", "lo"]
    assert isinstance(outcome, Completion)
    assert (outcome.text, outcome.finish_reason) == ("Hello", "stop")


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content"])
def test_reasoning_is_kept_apart(name: str) -> None:
    texts, outcome = gather(ROLE, chunk({name: "I "}), chunk({name: "see"}), chunk({"content": "{}"}), END, DONE)
    assert texts == ["{}"]
    assert isinstance(outcome, Completion)
    assert outcome.reasoning == "I see"


def test_a_refusal_is_one() -> None:
    assert (
        completed(ROLE, chunk({"refusal": "I will "}), chunk({"refusal": "not."}), END, DONE).refusal == "I will not."
    )


def test_the_arguments_of_the_first_function_are_the_text_whole_or_in_parts() -> None:
    def call(arguments: str, index: int = 0) -> bytes:
        return chunk({"tool_calls": [{"index": index, "function": {"name": "answer", "arguments": arguments}}]})

    ending = chunk({}, "tool_calls", usage=USAGE)
    texts, outcome = gather(ROLE, call('{"a"'), call(": 1}"), call('{"b": 2}', 1), ending, DONE)
    assert texts == ['{"a"', ": 1}"]
    assert isinstance(outcome, Completion)
    assert (outcome.text, outcome.finish_reason) == ('{"a": 1}', "tool_calls")


def test_usage_may_come_in_a_chunk_of_its_own_after_the_end() -> None:
    usage = b'data: {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}\n\n'
    found = completed(chunk({"content": "{}"}), chunk({}, "stop"), usage, DONE)
    assert found.usage == Usage(3, 2, None, None, 1)


def test_a_stream_without_done_is_whole_once_it_said_why_it_ends() -> None:
    assert completed(ROLE, chunk({"content": "{}"}), END).finish_reason == "stop"
    assert completed(ROLE, chunk({"content": "{}"}), END.rstrip()).usage.output_tokens == 4


@pytest.mark.parametrize("rest", [(), (DONE,), (END[:40],), (b"data: 3\n\n",), (b"data: {\n\n", END, DONE)])
def test_a_stream_that_breaks_off_keeps_what_came(rest: tuple[bytes, ...]) -> None:
    found = completed(ROLE, chunk({"content": '{"a": '}), *rest)
    assert (found.text, found.finish_reason) == ('{"a": ', INTERRUPTED)
    assert found.usage == Usage(calls=1)


@pytest.mark.parametrize("rest", [(), (DONE,), (b"data: {\n\n",), (chunk({"reasoning": "Hm"}),)])
def test_a_stream_that_breaks_off_before_any_text_may_be_tried_again(rest: tuple[bytes, ...]) -> None:
    failure = failed(ROLE, *rest)
    assert failure.transient
    assert isinstance(failure.error, ServerFailed)


def test_a_fault_of_the_wire_is_the_failure_where_no_text_came() -> None:
    lost = Failure(ServerFailed("gone"), transient=True)
    assert gather(lost=lost)[1] is lost
    assert gather(ROLE, lost=lost)[1] == replace(lost, paid=True)  # an answer had begun
    assert completed(ROLE, chunk({"content": "{"}), lost=lost).finish_reason == INTERRUPTED


def test_a_fault_after_the_end_changes_nothing() -> None:
    lost = Failure(ServerFailed("gone"), transient=True)
    assert completed(ROLE, chunk({"content": "{}"}), END, DONE, lost=lost).finish_reason == "stop"


def test_an_error_that_carries_the_whole_text_replaces_what_came() -> None:
    found = completed(
        ROLE, chunk({"content": "{'a"}), failing(400, code="json_validate_failed", failed_generation="{'a': 1}")
    )
    assert (found.text, found.finish_reason, found.failure) == ("{'a': 1}", "error", "json_validate_failed")


def test_an_error_that_carries_no_text_leaves_what_came() -> None:
    found = completed(ROLE, chunk({"content": "{'a"}), failing(400, code="json_validate_failed", failed_generation=""))
    assert (found.text, found.finish_reason, found.failure) == ("{'a", INTERRUPTED, "json_validate_failed")


def test_an_error_for_want_of_tokens_leaves_what_came_as_cut_off() -> None:
    words = "max completion tokens reached before generating a valid document"
    error = failing(400, code="json_validate_failed", failed_generation=words)
    assert completed(ROLE, chunk({"content": "{'a"}), error).finish_reason == "length"
    assert completed(ROLE, error).text == ""


def test_any_other_error_leaves_what_came_or_is_raised() -> None:
    error = failing(400, code="bad", message="I cannot, gsk_secret.")
    found = completed(ROLE, chunk({"content": "{"}), error, END, DONE)
    assert (found.text, found.finish_reason, found.failure) == ("{", INTERRUPTED, "bad")
    failure = failed(ROLE, error)
    assert isinstance(failure.error, RequestRejected)
    assert not failure.transient
    assert "gsk_secret" not in str(failure.error)


@pytest.mark.parametrize("status", [None, 200])
def test_an_error_without_a_status_is_the_servers_fault(status: int | None) -> None:
    assert failed(ROLE, failing(status, message="overloaded")).transient


def test_compatible_servers_send_errors_as_ordinary_events() -> None:
    assert failed(b'data: {"error": {"message": "no", "code": 404}}\n\n', api=COMPATIBLE).error.status == 404
    assert failed(b'data: {"error": "out of memory"}\n\n', api=COMPATIBLE).error.status == 500
    assert completed(b'data: {"error": null, "choices": []}\n\n', chunk({"content": "{}"}), END, DONE).text == "{}"


def test_the_words_of_a_server_for_the_end_are_translated() -> None:
    assert completed(chunk({"content": "{}"}), chunk({}, "eos"), DONE, api=COMPATIBLE).finish_reason == "stop"


def test_an_unknown_end_is_kept_with_its_text() -> None:
    found = completed(chunk({"content": "some text"}), chunk({}, "mystery"), DONE)
    assert (found.text, found.finish_reason) == ("some text", "mystery")


def test_an_empty_answer_is_an_answer() -> None:
    assert completed(ROLE, END, DONE).text == ""


def test_an_event_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("structgen.send.http.sse.LONGEST_EVENT", 1000)
    assert not failed(ROLE, b"data: " + b"x" * 1000, END, DONE).transient


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([ROLE, END, DONE, chunk({"content": "ab"}), b"data: {", b"\n\n", b"event: error\n"])))
def test_whatever_comes_there_is_an_outcome_with_the_text_that_was_handed_on(pieces: list[bytes]) -> None:
    texts, outcome = gather(*pieces)
    assert isinstance(outcome, Failure) or outcome.text == "".join(texts)


def piece(index: int | None, arguments: str, **more: Any) -> dict[str, Any]:
    """A piece of a call; `name` comes with its first one."""
    name = {"name": more.pop("name")} if "name" in more else {}
    given = {} if index is None else {"index": index}
    return {**given, **more, "function": {**name, "arguments": arguments}}


def test_every_call_is_put_together_and_the_first_is_handed_on() -> None:
    texts, outcome = gather(
        ROLE,
        chunk({"content": "Two: "}),
        chunk({"tool_calls": [piece(0, '{"a"', name="answer"), piece(1, '{"b"', name="cook")]}),
        chunk({"tool_calls": [piece(1, ": 2}"), piece(0, ": 1}")]}),
        END,
        DONE,
    )
    assert texts == ["Two: ", '{"a"', ": 1}"]
    assert isinstance(outcome, Completion)
    assert (outcome.called, outcome.text, outcome.beside) == ("answer", '{"a": 1}', "Two: ")
    assert outcome.more_calls == (Call("cook", '{"b": 2}'),)


def test_calls_without_an_index_are_told_apart_by_their_ids() -> None:
    found = completed(
        chunk({"tool_calls": [piece(None, '{"a"', id="x", name="answer")]}),
        chunk({"tool_calls": [piece(None, ": 1}")]}),
        chunk({"tool_calls": [piece(None, '{"b": 2}', id="y", name="answer")]}),
        END,
        DONE,
    )
    assert (found.text, found.more_calls) == ('{"a": 1}', (Call("answer", '{"b": 2}'),))


def test_the_call_of_the_older_protocol_is_put_together_too() -> None:
    deltas = [{"name": "answer", "arguments": ""}, {"arguments": '{"a"'}, {"arguments": ": 1}"}]
    texts, outcome = gather(*(chunk({"function_call": delta}) for delta in deltas), END, DONE)
    assert texts == ['{"a"', ": 1}"]
    assert isinstance(outcome, Completion)
    assert (outcome.called, outcome.text) == ("answer", '{"a": 1}')


def test_a_second_call_that_breaks_off_is_kept_as_interrupted() -> None:
    found = completed(chunk({"tool_calls": [piece(0, "{}"), piece(1, '{"b"', name="answer")]}))
    assert (found.text, found.more_calls, found.finish_reason) == ("{}", (Call("answer", '{"b"'),), INTERRUPTED)


def test_a_call_that_has_only_a_name_is_no_text_that_came() -> None:
    assert isinstance(gather(chunk({"tool_calls": [piece(0, "", name="answer")]}))[1], Failure)


def test_content_before_a_call_that_failed_is_kept() -> None:
    failure = failing(400, code="tool_use_failed", failed_generation='{"name": "answer", "arguments": {"a": 1}}')
    found = completed(ROLE, chunk({"content": "I call."}), failure)
    assert (found.text, found.called, found.beside) == ('{"a": 1}', "answer", "I call.")


def test_content_in_parts_is_put_together() -> None:
    texts, found = gather(
        ROLE, chunk({"content": [{"type": "text", "text": '{"a"'}]}), chunk({"content": ": 1}"}), END, DONE
    )
    assert isinstance(found, Completion)
    assert ("".join(texts), found.text) == ('{"a": 1}', '{"a": 1}')
