"""Limits of response bodies, over HTTP: their size, also after decompression, and their time."""

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from structgen import Budget, Extractor, Options
from structgen.core.errors import ConnectionFailed, ExtractionFailed, ServerFailed, StructgenError
from structgen.testing import Emulator, raw, slow, streamed

ONCE = Options(budget=Budget(max_attempts=1, max_transport_retries=0))
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
MOST = 20_000
GROQ = "groq/openai/gpt-oss-20b"


def body(name: str = "Ada") -> bytes:
    choice = {"message": {"role": "assistant", "content": json.dumps({"name": name})}, "finish_reason": "stop"}
    return json.dumps({"choices": [choice]}).encode()


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


async def _astream(extractor: Extractor) -> list[object]:
    return [piece async for piece in extractor.astream(SCHEMA, "Ada")]


RUNS: dict[str, Callable[[Extractor], object]] = {
    "sync": lambda extractor: extractor.extract(SCHEMA, "Ada").value,
    "async": lambda extractor: asyncio.run(extractor.aextract(SCHEMA, "Ada")).value,
    "stream": lambda extractor: list(extractor.stream(SCHEMA, "Ada"))[-1].value,  # pyright: ignore
    "async stream": lambda extractor: asyncio.run(_astream(extractor))[-1].value,  # pyright: ignore
}

Run = Callable[[Extractor], object]


@pytest.fixture(params=list(RUNS))
def run(request: pytest.FixtureRequest) -> Run:
    return RUNS[request.param]


LARGE = body("x" * 2 * MOST)
PACKED = {
    "as it is": (LARGE, {}),
    "gzip": (gzip.compress(LARGE), {"content-encoding": "gzip"}),
    "deflate": (zlib.compress(LARGE), {"content-encoding": "deflate"}),
    "raw deflate": (raw_deflate(LARGE), {"content-encoding": "deflate"}),
    "a bomb": (gzip.compress(b" " * 50_000_000), {"content-encoding": "gzip"}),
}


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("packed", PACKED)
def test_a_body_that_is_too_large_is_refused(packed: str, status: int, run: Run, groq_emulator: Emulator) -> None:
    content, headers = PACKED[packed]
    groq_emulator.script(raw(content, status=status, headers=headers))
    with Extractor(GROQ, ONCE, max_response_bytes=MOST) as extractor, pytest.raises(ServerFailed) as caught:
        run(extractor)
    assert "the response is too large (BodyTooLarge: more than 20,000 bytes)" in str(caught.value)
    assert "max_response_bytes" in str(caught.value)


@pytest.mark.parametrize(
    ("pack", "encoding"),
    [(gzip.compress, "gzip"), (zlib.compress, "deflate"), (raw_deflate, "deflate"), (bytes, "identity")],
)
def test_a_compressed_body_is_read(
    pack: Callable[[bytes], bytes], encoding: str, run: Run, groq_emulator: Emulator
) -> None:
    groq_emulator.script(raw(pack(body()), headers={"content-encoding": encoding}))
    with Extractor(GROQ, ONCE) as extractor:
        assert run(extractor) == {"name": "Ada"}


def test_an_encoding_that_was_not_asked_for_is_refused(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(raw(b"\x0b\x02\x80", headers={"content-encoding": "br"}))
    with Extractor(GROQ, ONCE) as extractor, pytest.raises(ServerFailed, match=r"cannot be decompressed .*'br'"):
        run(extractor)


@pytest.mark.parametrize("status", [200, 500])
def test_a_body_that_trickles_has_a_deadline(status: int, run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(replace(slow(body(), seconds=3.0), status=status))
    with Extractor(GROQ, ONCE, timeout=0.4) as extractor, pytest.raises(ConnectionFailed, match="timeout"):
        run(extractor)


@pytest.mark.parametrize("way", ["stream", "async stream"])
def test_a_stream_of_nothing_but_comments_has_a_deadline(way: str, groq_emulator: Emulator) -> None:
    events = {"content-type": "text/event-stream"}
    groq_emulator.script(replace(slow(b": still here\n\n" * 10, seconds=3.0), headers=events))
    with Extractor(GROQ, ONCE, timeout=0.4) as extractor, pytest.raises(ConnectionFailed, match="empty lines"):
        RUNS[way](extractor)


@pytest.mark.parametrize("way", ["stream", "async stream"])
def test_a_streamed_text_that_is_too_long_is_cut_off(way: str, groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed(json.dumps({"name": "abcdefghij " * 300})))
    with Extractor(GROQ, ONCE, max_response_bytes=1000) as extractor, pytest.raises(ExtractionFailed) as caught:
        RUNS[way](extractor)
    (attempt,) = caught.value.attempts
    assert 900 <= len(attempt.completion.text) <= 1100


def test_a_client_of_the_user_has_the_same_limit_for_answers(groq_emulator: Emulator) -> None:
    groq_emulator.script(raw(LARGE), raw(LARGE))
    with (
        httpx.Client() as client,
        Extractor(GROQ, ONCE, http_client=client, max_response_bytes=MOST) as extractor,
        pytest.raises(ServerFailed, match="too large"),
    ):
        extractor.extract(SCHEMA, "Ada")

    async def own() -> None:
        async with httpx.AsyncClient() as client:
            await Extractor(GROQ, ONCE, http_client=client, max_response_bytes=MOST).aextract(SCHEMA, "Ada")

    with pytest.raises(ServerFailed, match="too large"):
        asyncio.run(own())


def test_the_limit_is_checked_when_the_extractor_is_made() -> None:
    with pytest.raises(StructgenError, match="max_response_bytes"):
        Extractor(GROQ, api_key="gsk_12345678", max_response_bytes=0)
