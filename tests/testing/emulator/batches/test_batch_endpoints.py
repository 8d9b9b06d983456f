"""The batches endpoints through the groq SDK: what they accept, refuse and return."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import groq
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.testing import Emulator, reply
from structgen.testing.emulator.batches import lifecycle
from structgen.testing.emulator.batches.lifecycle import read_lines

MODEL = "openai/gpt-oss-20b"
URL = "/v1/chat/completions"
DAY = 24 * 3600

Batcher = Any  # the class stands in conftest.py


def test_a_batch_is_created_as_documented(groq_emulator: Emulator, batcher: Batcher) -> None:
    file = batcher.upload(batcher.line("a"))
    with httpx.Client(headers={"authorization": f"Bearer {groq_emulator.api_key}"}) as http:
        body = {"input_file_id": file, "endpoint": URL, "completion_window": "24h"}
        found = http.post(f"{groq_emulator.base_url}/openai/v1/batches", json=body).json()
    assert found.pop("id").startswith("batch_")
    assert found.pop("expires_at") - found.pop("created_at") == DAY
    assert found == {
        "object": "batch",
        "endpoint": URL,
        "errors": None,
        "input_file_id": file,
        "completion_window": "24h",
        "status": "validating",
        "output_file_id": None,
        "error_file_id": None,
        "finalizing_at": None,
        "failed_at": None,
        "expired_at": None,
        "cancelled_at": None,
        "request_counts": {"total": 0, "completed": 0, "failed": 0},
        "metadata": None,
        "cancelling_at": None,
        "completed_at": None,
        "in_progress_at": None,
    }


def test_by_default_a_batch_is_done_when_it_is_looked_at(
    client: groq.Groq, groq_emulator: Emulator, batcher: Batcher
) -> None:
    groq_emulator.script(reply("one"), reply("two"), reply("three"))
    done = client.batches.retrieve(batcher.start(batcher.line("a"), batcher.line("b"), batcher.line("c")))
    assert done.status == "completed"
    assert done.request_counts is not None
    assert done.request_counts.model_dump() == {"total": 3, "completed": 3, "failed": 0}
    assert done.error_file_id is None
    found = batcher.results(done.output_file_id)
    assert {name: batcher.content(result) for name, result in found.items()} == {"a": "one", "b": "two", "c": "three"}


@pytest.mark.parametrize(
    ("bad", "code", "param"),
    [
        (b"{", "invalid_json_line", None),
        (b"[]", "invalid_json_line", None),
        (b'{"custom_id": Infinity}', "invalid_json_line", None),
        (b"[" * 100_000, "invalid_json_line", None),
        ({"method": ...}, "missing_required_parameter", "method"),
        ({"custom_id": ...}, "missing_required_parameter", "custom_id"),
        ({"custom_id": 7}, "invalid_custom_id", "custom_id"),
        ({"custom_id": ""}, "invalid_custom_id", "custom_id"),
        ({"custom_id": "a"}, "duplicate_custom_id", "custom_id"),
        ({"method": "GET"}, "invalid_method", "method"),
        ({"url": "/v1/embeddings"}, "url_mismatch", "url"),
        ({"body": "text"}, "invalid_body", "body"),
    ],
)
def test_a_bad_line_fails_the_whole_batch(
    bad: dict[str, Any] | bytes,
    code: str,
    param: str | None,
    client: groq.Groq,
    groq_emulator: Emulator,
    batcher: Batcher,
) -> None:
    groq_emulator.script(reply("never asked"))
    if not isinstance(bad, bytes):
        bad = {name: value for name, value in {**batcher.line("b"), **bad}.items() if value is not ...}
    name = batcher.start(batcher.line("a"), b"", bad)
    done = client.batches.retrieve(name)
    assert (done.status, done.output_file_id, done.completed_at) == ("failed", None, None)
    assert done.failed_at == done.created_at
    assert done.errors is not None
    assert done.errors.object == "list"
    assert done.errors.data is not None
    (found,) = done.errors.data
    assert (found.code, found.line, found.param) == (code, 3, param)
    assert found.message
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": "Hi"}])
    assert answer.choices[0].message.content == "never asked"


def test_lines_may_end_as_on_any_system_and_be_empty(client: groq.Groq, batcher: Batcher) -> None:
    lines = [json.dumps(each).encode() for each in (batcher.line("a"), batcher.line("b"))]
    done = client.batches.retrieve(batcher.start(b"\r\n".join([*lines, b"", b" ", b""])))
    assert batcher.results(done.output_file_id).keys() == {"a", "b"}


def test_too_many_lines_fail_a_batch(client: groq.Groq, monkeypatch: pytest.MonkeyPatch, batcher: Batcher) -> None:
    monkeypatch.setattr(lifecycle, "MAX_LINES", 2)
    assert client.batches.retrieve(batcher.start(batcher.line("a"), batcher.line("b"))).status == "completed"
    failed = client.batches.retrieve(batcher.start(batcher.line("a"), batcher.line("b"), batcher.line("c")))
    assert failed.errors is not None
    assert failed.errors.data is not None
    assert failed.errors.data[0].code == "too_many_tasks"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"endpoint": "/v1/embeddings"}, "'endpoint'"),
        ({"endpoint": ""}, "'endpoint' is missing"),
        ({"completion_window": ""}, "'completion_window' is missing"),
        ({"completion_window": "1h"}, "'completion_window'"),
        ({"completion_window": "8d"}, "'completion_window'"),
        ({"completion_window": "24 hours"}, "'completion_window'"),
        ({"completion_window": "٢٤h"}, "'completion_window'"),
        ({"completion_window": 24}, "'completion_window'"),
        ({"metadata": {"a": 1}}, "'metadata'"),
        ({"metadata": "text"}, "'metadata'"),
        ({"extra_body": {"priority": "high"}}, "property 'priority' is unsupported"),
    ],
)
def test_a_wrong_request_makes_no_batch(
    fields: dict[str, Any], words: str, client: groq.Groq, batcher: Batcher
) -> None:
    given = {"input_file_id": batcher.upload(batcher.line("a")), "endpoint": URL, "completion_window": "24h", **fields}
    with pytest.raises(groq.BadRequestError, match=words):
        client.batches.create(**given)
    assert client.batches.list().data == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"input_file_id": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_object_makes_no_batch(body: bytes, groq_emulator: Emulator) -> None:
    headers = {"authorization": f"Bearer {groq_emulator.api_key}"}
    answer = httpx.post(f"{groq_emulator.base_url}/openai/v1/batches", headers=headers, content=body)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "The request body is not a JSON object")


def test_an_unknown_file_makes_no_batch(client: groq.Groq) -> None:
    with pytest.raises(groq.NotFoundError, match="The file `file_none`"):
        client.batches.create(input_file_id="file_none", endpoint=URL, completion_window="24h")


@pytest.mark.parametrize("method", ["retrieve", "cancel"])
def test_an_unknown_batch_is_not_found(method: str, client: groq.Groq) -> None:
    with pytest.raises(groq.NotFoundError, match="The batch `batch_none`"):
        getattr(client.batches, method)("batch_none")


def test_batches_are_listed_the_newest_first(client: groq.Groq, batcher: Batcher) -> None:
    names = [batcher.start(batcher.line("a")) for _ in range(3)]
    listed = client.batches.list()
    assert [batch.id for batch in listed.data] == names[::-1]
    assert {batch.status for batch in listed.data} == {"completed"}


def test_metadata_comes_back(client: groq.Groq, batcher: Batcher) -> None:
    file = batcher.upload(batcher.line("a"))
    made = client.batches.create(input_file_id=file, endpoint=URL, completion_window="24h", metadata={"of": "😀"})
    assert client.batches.retrieve(made.id).metadata == {"of": "😀"}


def test_the_asynchronous_client_does_the_same(timed: Emulator, batcher: Batcher) -> None:
    file = batcher.upload(batcher.line("a"))

    async def work() -> None:
        async with groq.AsyncGroq(max_retries=0, timeout=60) as aclient:
            made = await aclient.batches.create(input_file_id=file, endpoint=URL, completion_window="24h")
            timed.clock.advance(1000)
            assert (await aclient.batches.retrieve(made.id)).status == "completed"
            assert (await aclient.batches.list()).data[0].id == made.id
            other = await aclient.batches.create(input_file_id=file, endpoint=URL, completion_window="24h")
            assert (await aclient.batches.cancel(other.id)).status == "cancelling"

    asyncio.run(work())


def test_requests_are_logged_and_need_the_key(client: groq.Groq, groq_emulator: Emulator, batcher: Batcher) -> None:
    name = batcher.start(batcher.line("a"))
    client.batches.retrieve(name)
    _, made, seen = groq_emulator.requests
    assert (made.method, made.path, made.body["endpoint"]) == ("POST", "/openai/v1/batches", URL)
    assert (seen.method, seen.path, seen.body) == ("GET", f"/openai/v1/batches/{name}", {})
    with groq.Groq(api_key="gsk_wrong", max_retries=0, timeout=60) as stranger:
        for call in (stranger.batches.list, lambda: stranger.batches.cancel(name)):
            with pytest.raises(groq.AuthenticationError):
                call()


def test_a_reset_forgets_batches_and_their_time(client: groq.Groq, groq_emulator: Emulator, batcher: Batcher) -> None:
    groq_emulator.batch_seconds = 60
    batcher.start(batcher.line("a"))
    groq_emulator.reset()
    assert client.batches.list().data == []
    assert groq_emulator.batch_seconds == 0


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300) | st.lists(st.dictionaries(st.sampled_from(["custom_id", "url", "body"]), st.none())))
def test_any_bytes_give_lines_or_issues(content: bytes | list[dict[str, None]]) -> None:
    given = content if isinstance(content, bytes) else "\n".join(map(json.dumps, content)).encode()
    lines, issues = read_lines(given)
    assert lines or issues
    assert len(lines) + len(issues) <= len(given.split(b"\n"))
