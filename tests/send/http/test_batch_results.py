"""Lines of results: ours are read, and nothing that a server writes breaks the reader or is taken for an answer."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.batch_states import RequestOutcome
from structgen.core.records import Completion
from structgen.send.http import batch_results
from structgen.send.http.batch_results import LineResult, ResultReader, lines_in
from structgen.send.http.providers import GROQ

READER = ResultReader(GROQ, "openai/gpt-oss-20b", ("gsk_secret",), 0.5)
BODY = {
    "id": "chatcmpl-1",
    "model": "openai/gpt-oss-20b",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "{}"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 7, "completion_tokens": 2},
}


def read(**fields: Any) -> LineResult | None:
    entry = {"id": "batch_req_1", "custom_id": "request-3", "response": None, "error": None, **fields}
    return READER.read(json.dumps(entry).encode())


def test_an_answer_is_that_of_a_live_call_at_its_share_of_the_price() -> None:
    found = read(response={"status_code": 200, "request_id": "req_1", "body": BODY})
    assert found is not None
    completion = found.completion
    assert completion is not None
    assert (found.number, found.outcome, completion.text) == (3, RequestOutcome.ANSWERED, "{}")
    assert (completion.usage.input_tokens, completion.usage.calls, completion.price_share) == (7, 1, 0.5)


def test_the_text_in_an_error_is_kept_as_in_a_live_call() -> None:
    error = {"message": "Failed", "code": "json_validate_failed", "failed_generation": '{"a": 1'}
    found = read(response={"status_code": 400, "body": {"error": error}})
    assert found is not None
    assert isinstance(found.completion, Completion)
    assert (found.completion.text, found.completion.failure) == ('{"a": 1', "json_validate_failed")


@pytest.mark.parametrize(
    ("status", "body", "outcome"),
    [
        (400, {"error": {"message": "no such parameter"}}, RequestOutcome.REJECTED),
        (404, {"error": {"message": "gone", "code": "model_not_found"}}, RequestOutcome.REJECTED),
        (413, {}, RequestOutcome.REJECTED),
        (422, "wrong", RequestOutcome.REJECTED),
        (429, {"error": {"message": "slow down"}}, RequestOutcome.FAILED),
        (498, {}, RequestOutcome.FAILED),
        (500, None, RequestOutcome.FAILED),
        (503, "<html><title>Busy</title></html>", RequestOutcome.FAILED),
        (200, {"choices": []}, RequestOutcome.REJECTED),
        (200, '{"choices": [{"mess', RequestOutcome.FAILED),
    ],
)
def test_the_status_says_what_became_of_a_request_whatever_error_says(
    status: int, body: object, outcome: RequestOutcome
) -> None:
    found = read(response={"status_code": status, "body": body})
    assert found is not None
    assert (found.completion, found.outcome) == (None, outcome)
    assert str(status) in found.reason


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        ({"code": "batch_expired", "message": "Too late."}, RequestOutcome.EXPIRED),
        ({"code": "batch_cancelled", "message": "Cancelled."}, RequestOutcome.CANCELLED),
        ({"code": "server_error", "message": "Broken."}, RequestOutcome.FAILED),
        ("a sentence", RequestOutcome.FAILED),
        (None, RequestOutcome.FAILED),
    ],
)
def test_a_result_without_a_response_has_the_reason_of_its_error(error: object, outcome: RequestOutcome) -> None:
    found = read(error=error)
    assert found is not None
    assert (found.completion, found.outcome) == (None, outcome)
    assert "gave no answer in the batch" in found.reason


def test_no_reason_shows_the_key() -> None:
    found = read(response={"status_code": 400, "body": {"error": {"message": "the key gsk_secret is wrong"}}})
    assert found is not None
    assert "gsk_secret" not in found.reason


@pytest.mark.parametrize("name", [None, 7, "", "request-", "request-x", "request-٣", "request-" + "9" * 30, "line-3"])
def test_a_line_with_another_id_is_no_result(name: object) -> None:
    assert read(custom_id=name, response={"status_code": 200, "body": BODY}) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
responses = st.none() | json_values | st.fixed_dictionaries({"status_code": json_values, "body": json_values})


@settings(max_examples=50)
@given(response=responses, error=json_values)
def test_any_response_has_an_outcome_and_a_reason(response: object, error: object) -> None:
    found = read(response=response, error=error)
    assert found is not None
    assert (found.completion is None) == bool(found.reason)


@settings(max_examples=50)
@given(line=st.binary(max_size=200))
def test_any_bytes_are_read_or_passed_over(line: bytes) -> None:
    found = READER.read(line)
    assert found is None or found.number >= 0


@settings(max_examples=50)
@given(number=st.integers(0, 10**18 - 1), rest=st.dictionaries(st.text(max_size=6), json_values, max_size=4))
def test_the_number_of_a_request_comes_back(number: int, rest: dict[str, object]) -> None:
    found = READER.read(json.dumps({**rest, "custom_id": f"request-{number}"}).encode())
    assert found is not None
    assert found.number == number


def test_a_line_that_is_too_long_is_passed_over_and_the_next_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_results, "MOST_LINE", 10)
    lines = list(lines_in(BytesIO(b"short\n" + b"x" * 35 + b"\n\n  \nlast")))
    assert lines == [b"short\n", None, b"last"]


@settings(max_examples=50)
@given(content=st.lists(st.sampled_from([b"{}", b"", b" ", b"x" * 25]), max_size=8))
def test_each_line_is_read_once(content: list[bytes]) -> None:
    found = list(lines_in(BytesIO(b"\n".join(content))))
    assert len(found) == sum(bool(line.strip()) for line in content)
