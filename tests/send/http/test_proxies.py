import asyncio
import builtins
from collections.abc import Callable

import pytest

from structgen import Budget, Extractor, Options
from structgen.core.errors import ConfigurationError, ConnectionFailed
from structgen.send.http.proxies import proxy_for

ONCE = Options(budget=Budget(max_attempts=1, max_transport_retries=0))
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
GROQ, KEY = "groq/openai/gpt-oss-20b", "gsk_0123456789abcdef"

Run = Callable[[Extractor], object]


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Run:
    if request.param == "sync":
        return lambda extractor: extractor.extract(SCHEMA, "Ada")
    return lambda extractor: asyncio.run(extractor.aextract(SCHEMA, "Ada"))


@pytest.fixture
def without_socks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The optional package for SOCKS is not installed."""
    real = builtins.__import__

    def guarded(name: str, *rest: object, **more: object) -> object:
        if name == "socksio":
            raise ImportError(name)
        return real(name, *rest, **more)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(builtins, "__import__", guarded)


@pytest.mark.parametrize("variable", ["ALL_PROXY", "HTTPS_PROXY"])
@pytest.mark.usefixtures("without_socks")
def test_a_socks_proxy_without_its_package_names_the_line_to_type(
    variable: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "socks5://ada:s3cr3t-pass@127.0.0.1:1")
    with pytest.raises(ConfigurationError) as caught:
        run(Extractor(GROQ, ONCE, api_key=KEY, base_url="https://api.invalid"))
    assert 'pip install "httpx[socks]"' in str(caught.value)
    assert "socks5://***@127.0.0.1:1" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://ada:s3cr3t-pass@127.0.0.1:1", "http://ada:s3cr3t-pass@127.0.0.1:port"])
def test_a_proxy_that_cannot_be_one_is_a_wrong_configuration(
    url: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", url)
    with pytest.raises(ConfigurationError, match="A proxy of the environment") as caught:
        run(Extractor(GROQ, ONCE, api_key=KEY, base_url="https://api.invalid"))
    assert "s3cr3t" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # a use of aiohttp's by httpx-aiohttp
@pytest.mark.parametrize("base", ["http://api.invalid", "https://api.invalid"])
def test_a_dead_proxy_is_named_without_its_password(
    base: str, run: Run, unused_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", f"http://ada:s3cr3t-pass@127.0.0.1:{unused_port}")
    with pytest.raises(ConnectionFailed) as caught:
        run(Extractor(GROQ, ONCE, api_key=KEY, base_url=base))
    assert f"the proxy http://***@127.0.0.1:{unused_port} (ALL_PROXY) failed" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)


def test_a_host_that_needs_no_proxy_takes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.invalid:3128")
    monkeypatch.setenv("NO_PROXY", "inside.invalid")
    assert proxy_for("https://inside.invalid/v1") is None
    assert proxy_for("http://outside.invalid") is None
    found = proxy_for("https://outside.invalid")
    assert found is not None
    assert found.shown == "http://proxy.invalid:3128 (HTTPS_PROXY)"
