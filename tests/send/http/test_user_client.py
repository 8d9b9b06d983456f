import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import groq
import httpx
import openai
import pytest

from structgen import AuthenticationFailed, ConfigurationError, ConnectionFailed, Extractor, ModelUnavailable, fields
from structgen.send.http.user_client import NO_TIMEOUT, user_client
from structgen.testing import Emulator, raw, reply

NAMED = fields("name")
SOUP = reply('{"name": "Soup"}')
COMPATIBLE = "compatible/openai/gpt-oss-20b"


OPEN: list[Any] = []


def groq_client(server: Emulator, **more: Any) -> Any:
    arguments: dict[str, Any] = {"api_key": server.api_key, "base_url": server.base_url, **more}
    OPEN.append(groq.Groq(**arguments))
    return OPEN[-1]


def openai_client(server: Emulator, **more: Any) -> Any:
    arguments: dict[str, Any] = {"api_key": server.api_key, "base_url": f"{server.base_url}/openai/v1", **more}
    OPEN.append(openai.OpenAI(**arguments))
    return OPEN[-1]


OPENED: tuple[tuple[str | None, Callable[..., Any]], ...] = ((None, groq_client), (COMPATIBLE, openai_client))
each_sdk = pytest.mark.parametrize(("model", "opened"), OPENED, ids=["groq", "openai"])


@pytest.fixture(autouse=True)
def without_variables(groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Only the client knows the server. The clients are closed at the end, because structgen does not."""
    monkeypatch.delenv("GROQ_API_KEY")
    monkeypatch.delenv("GROQ_BASE_URL")
    yield
    while OPEN:
        OPEN.pop().close()


@each_sdk
def test_the_clients_own_key_server_and_headers_are_used(
    groq_emulator: Emulator, model: str | None, opened: Callable[..., Any]
) -> None:
    groq_emulator.script(SOUP)
    client = opened(groq_emulator, default_headers={"x-team": "kitchen"})
    assert Extractor(model, client=client).extract(NAMED, "Soup, for four").value == {"name": "Soup"}
    assert groq_emulator.requests[0].headers["x-team"] == "kitchen"


@each_sdk
def test_a_stream_uses_it_too(groq_emulator: Emulator, model: str | None, opened: Callable[..., Any]) -> None:
    groq_emulator.script(SOUP)
    *partials, last = Extractor(model, client=opened(groq_emulator)).stream(NAMED, "Soup, for four")
    assert partials
    assert last.value == {"name": "Soup"}


@pytest.mark.parametrize(("model", "sdk"), [(None, groq.AsyncGroq), (COMPATIBLE, openai.AsyncOpenAI)])
def test_an_async_client_serves_async_calls_and_streams(
    groq_emulator: Emulator, model: str | None, sdk: type[Any]
) -> None:
    groq_emulator.script(SOUP, SOUP)
    base_url = groq_emulator.base_url if model is None else f"{groq_emulator.base_url}/openai/v1"

    async def both() -> tuple[object, object]:
        async with sdk(api_key=groq_emulator.api_key, base_url=base_url) as client:
            extractor = Extractor(model, client=client)
            once = await extractor.aextract(NAMED, "Soup, for four")
            streamed = [part async for part in extractor.astream(NAMED, "Soup, for two")]
            return once.value, streamed[-1].value

    assert asyncio.run(both()) == ({"name": "Soup"}, {"name": "Soup"})


@each_sdk
def test_a_rate_limit_is_waited_for_by_structgen_alone(
    groq_emulator: Emulator, model: str | None, opened: Callable[..., Any]
) -> None:
    groq_emulator.script(raw(b'{"error": {"message": "wait"}}', status=429, headers={"retry-after": "0"}), SOUP)
    result = Extractor(model, client=opened(groq_emulator, max_retries=9)).extract(NAMED, "Soup, for four")
    assert result.attempts[0].completion.transport_retries == 1
    assert len(groq_emulator.requests) == 2


@each_sdk
def test_a_wrong_key_is_said_without_the_key(
    groq_emulator: Emulator, model: str | None, opened: Callable[..., Any]
) -> None:
    extractor = Extractor(model, client=opened(groq_emulator, api_key="gsk_of_somebody_else"))
    with pytest.raises(AuthenticationFailed) as raised:
        extractor.extract(NAMED, "Soup, for four")
    assert "somebody" not in str(raised.value)


@each_sdk
def test_a_server_that_is_not_there_is_a_connection_that_failed(
    unused_port: int, model: str | None, opened: Callable[..., Any], groq_emulator: Emulator
) -> None:
    client = opened(groq_emulator, base_url=f"http://127.0.0.1:{unused_port}/openai/v1".removesuffix("/openai/v1"))
    extractor = Extractor(model, client=client, retrying=_Once())  # type: ignore[arg-type]
    with pytest.raises(ConnectionFailed, match="the connection was refused"):
        extractor.extract(NAMED, "Soup, for four")


class _Once:
    """A policy that never retries."""

    def stop(self, state: object) -> bool:
        del state
        return True

    def wait(self, state: object) -> float:
        del state
        return 0.0


def test_the_server_decides_whether_it_has_a_retired_model(groq_emulator: Emulator) -> None:
    extractor = Extractor("groq/llama-3.3-70b-versatile", client=groq_client(groq_emulator))
    with pytest.raises(ModelUnavailable, match="answered 400"):
        extractor.extract(NAMED, "Soup, for four")
    assert len(groq_emulator.requests) == 1


def test_it_is_never_closed_by_structgen(groq_emulator: Emulator) -> None:
    groq_emulator.script(SOUP, SOUP)
    client = groq_client(groq_emulator)
    with Extractor(client=client) as extractor:
        extractor.extract(NAMED, "Soup, for four")
    assert not client.is_closed()


def test_its_timeout_limits_a_request_unless_one_is_given() -> None:
    assert user_client(groq.Groq(api_key="k", timeout=7)).timeout == 7
    assert user_client(groq.Groq(api_key="k", timeout=httpx.Timeout(9, connect=1))).timeout == 9
    assert user_client(openai.OpenAI(api_key="k", timeout=None)).timeout == NO_TIMEOUT


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"client": 3}, "client is int, but must be a client of the groq or the openai SDK"),
        ({"client": groq.Groq}, "client is the class Groq"),
        ({"client": groq.Groq(api_key="k"), "api_key": "other", "base_url": "http://h"}, "omit api_key, base_url"),
        ({"client": groq.Groq(api_key="k"), "model": "openai/gpt-4o"}, "does not serve 'openai/gpt-4o'"),
        ({"client": groq.Groq(api_key="k"), "model": "rules"}, "does not serve 'rules'"),
        ({"client": openai.OpenAI(api_key="k"), "model": "groq/x"}, "name a model compatible/<id>"),
        ({"client": openai.OpenAI(api_key="k")}, "name one, as in Extractor"),
    ],
)
def test_a_client_that_cannot_be_used_is_refused_at_once(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        Extractor(**arguments)


def test_a_sync_client_refuses_async_calls_and_the_other_way_round(groq_emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match="call the sync methods"):
        asyncio.run(Extractor(client=groq_client(groq_emulator)).aextract(NAMED, "Soup"))
    with pytest.raises(ConfigurationError, match="await the async methods"):
        Extractor(client=groq.AsyncGroq(api_key="k")).extract(NAMED, "Soup")
