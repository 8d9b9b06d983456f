"""The files endpoints, through the groq SDK and over raw HTTP."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import suppress

import groq
import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from structgen.testing import Clock, Emulator, error
from structgen.testing.emulator.batches import batch_endpoints as endpoints
from structgen.testing.emulator.batches.lifecycle import is_json_lines

LINE = b'{"custom_id": "one"}\n'
PATH = "/openai/v1/files"


def upload(client: groq.Groq, content: bytes = LINE, name: str = "in.jsonl") -> str:
    found = client.files.create(file=(name, content), purpose="batch").id
    assert found is not None
    return found


def post(emulator: Emulator, **arguments: object) -> httpx.Response:
    headers = {"authorization": f"Bearer {emulator.api_key}", **arguments.pop("headers", {})}  # type: ignore[dict-item]
    return httpx.post(emulator.base_url + PATH, headers=headers, timeout=20, verify=False, **arguments)  # type: ignore[arg-type]


def test_an_uploaded_file_is_described(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.limit_with(None, clock=Clock(speed=0))
    found = client.files.create(file=("in.jsonl", LINE), purpose="batch")
    assert found.id is not None
    assert found.id.startswith("file_")
    assert (found.object, found.bytes, found.filename, found.purpose) == ("file", len(LINE), "in.jsonl", "batch")
    groq_emulator.clock.advance(60)
    later = client.files.create(file=("in.jsonl", LINE), purpose="batch")
    assert (later.created_at or 0) - (found.created_at or 0) == 60


def test_a_file_is_listed_shown_read_and_deleted(client: groq.Groq) -> None:
    first, second = upload(client), upload(client, LINE * 2)
    assert [file.id for file in client.files.list().data] == [second, first]
    assert client.files.info(second).bytes == 2 * len(LINE)
    assert client.files.content(second).read() == LINE * 2
    deleted = client.files.delete(second)
    assert deleted.model_dump() == {"id": second, "object": "file", "deleted": True}
    assert [file.id for file in client.files.list().data] == [first]


def test_the_asynchronous_client_does_the_same(groq_emulator: Emulator) -> None:
    async def work() -> None:
        async with groq.AsyncGroq(max_retries=0, timeout=60) as client:
            file = await client.files.create(file=("in.jsonl", LINE), purpose="batch")
            assert file.id is not None
            assert await (await client.files.content(file.id)).read() == LINE
            assert (await client.files.info(file.id)).id == file.id
            assert (await client.files.list()).data[0].id == file.id
            assert (await client.files.delete(file.id)).deleted

    asyncio.run(work())


@pytest.mark.parametrize("method", ["info", "content", "delete"])
def test_an_unknown_file_is_not_found(method: str, client: groq.Groq) -> None:
    with pytest.raises(groq.NotFoundError, match="`file_none` does not exist") as caught:
        getattr(client.files, method)("file_none")
    assert caught.value.body == {
        "error": {
            "message": "The file `file_none` does not exist or you do not have access to it.",
            "type": "invalid_request_error",
            "code": "file_not_found",
        }
    }


def test_the_log_has_names_and_sizes_and_no_bytes(client: groq.Groq, groq_emulator: Emulator) -> None:
    upload(client)
    client.files.list()
    sent, listed = groq_emulator.requests
    assert (sent.method, sent.path, listed.method, listed.body) == ("POST", PATH, "GET", {})
    assert (sent.status, listed.status) == (200, 200)
    assert sent.body == {"purpose": "batch", "file": {"name": "in.jsonl", "size": len(LINE)}}


def test_a_reset_forgets_files(client: groq.Groq, groq_emulator: Emulator) -> None:
    upload(client)
    groq_emulator.reset()
    assert client.files.list().data == []


def test_a_scripted_error_waits_for_the_next_chat_request(client: groq.Groq, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("internal"))
    upload(client)
    with pytest.raises(groq.InternalServerError):
        client.chat.completions.create(model="openai/gpt-oss-20b", messages=[{"role": "user", "content": "Hi"}])


def test_without_the_key_nothing_is_shown_or_read(groq_emulator: Emulator) -> None:
    with groq.Groq(api_key="gsk_wrong", max_retries=0, timeout=60) as client:
        for call in (client.files.list, lambda: upload(client), lambda: client.files.content("file_none")):
            with pytest.raises(groq.AuthenticationError, match="Invalid API Key"):
                call()
    assert [(request.body, request.status) for request in groq_emulator.requests] == [({}, 401)] * 3


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("in.json", LINE),
        ("in", LINE),
        ("in.jsonl", b""),
        ("in.jsonl", b"\n \n"),
        ("in.jsonl", b"%PDF-1.7\n"),
        ("in.jsonl", b"[1]\n"),
        ("in.jsonl", b"\xff\xfe{"),
        ("in.jsonl", b"[" * 100_000),
        ("in.jsonl", b'{"custom_id": NaN}'),
    ],
)
def test_what_is_no_json_lines_is_refused(name: str, content: bytes, client: groq.Groq) -> None:
    with pytest.raises(groq.BadRequestError, match=r"\[jsonl\]"):
        upload(client, content, name)
    assert client.files.list().data == []


def test_the_name_of_a_file_is_only_shown(client: groq.Groq) -> None:
    name = "../../etc/näme <b>.jsonl"
    assert client.files.info(upload(client, LINE, name)).filename == name


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"files": {"file": ("in.jsonl", LINE)}}, "'purpose' is missing"),
        ({"files": {"file": ("in.jsonl", LINE)}, "data": {"purpose": "fine-tune"}}, "'purpose' : value is not"),
        ({"files": {"other": ("in.jsonl", LINE)}, "data": {"purpose": "batch"}}, "'file' is missing"),
        ({"files": {"purpose": (None, "batch"), "file": (None, "text")}}, "'file' is missing"),
        ({"json": {"purpose": "batch"}}, "isn't multipart"),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, "boundary"),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=b"}}, "cannot be read"),
        (
            {
                "content": b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
                "headers": {"content-type": "multipart/form-data; boundary=b"},
            },
            "name",
        ),
        ({"files": [("file", (f"{number}.jsonl", LINE)) for number in range(9)]}, "Too many files"),
        ({"files": {f"field{number}": (None, "x") for number in range(65)}}, "Too many fields"),
    ],
)
def test_a_bad_form_is_a_bad_request(fields: dict[str, object], words: str, groq_emulator: Emulator) -> None:
    answer = post(groq_emulator, **fields)
    assert answer.status_code == 400
    assert words in answer.json()["error"]["message"]
    assert answer.json()["error"]["type"] == "invalid_request_error"


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(
            [
                b"--b",
                b"--b--",
                b"\r\n",
                b"\n",
                b"Content-Disposition: form-data; ",
                b'name="file"; filename="in.jsonl"',
                b'name="purpose"',
                b"batch",
                LINE,
                b"\xff\x00",
            ]
        ),
        max_size=14,
    )
)
def test_no_body_at_all_breaks_the_server(groq_emulator: Emulator, parts: list[bytes]) -> None:
    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert post(groq_emulator, content=b"".join(parts), headers=headers).status_code in {200, 400}


@pytest.mark.parametrize("size", [5_000, 3_000_000])
def test_a_file_that_is_too_large_is_refused(
    size: int, client: groq.Groq, groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoints, "FILE_LIMIT", 4_000)
    with pytest.raises(groq.APIStatusError, match="Request Entity Too Large") as caught:
        upload(client, LINE * (size // len(LINE)))
    assert caught.value.status_code == 413
    assert upload(client, LINE * (4_000 // len(LINE)))


def test_a_body_without_end_is_cut_off(groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "FILE_LIMIT", 1_000)
    sent = 0

    def endless() -> object:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="in.jsonl"\r\n\r\n'
        while sent < 2**30:
            sent += 2**16
            yield b"x" * 2**16

    headers = {"content-type": "multipart/form-data; boundary=b"}
    with suppress(httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):  # it may go before the answer is read
        assert post(groq_emulator, content=endless(), headers=headers).status_code == 413
    assert sent < 2**28
    assert [request.body for request in groq_emulator.requests] == [{}]


def test_a_client_that_hangs_up_leaves_the_server_whole(
    client: groq.Groq, groq_emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> object:
        yield b"--b\r\n"
        raise KeyboardInterrupt

    headers = {"content-type": "multipart/form-data; boundary=b"}
    with pytest.raises(KeyboardInterrupt):
        post(groq_emulator, content=broken(), headers=headers)
    started = time.monotonic()
    while not groq_emulator.requests and time.monotonic() - started < 5:
        time.sleep(0.01)
    assert [request.body for request in groq_emulator.requests] == [{}]
    assert upload(client)
    assert not caplog.records


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: json.dumps({"a": text}).encode()))
def test_any_bytes_are_json_lines_or_not(content: bytes) -> None:
    assert is_json_lines(content) in {True, False}
