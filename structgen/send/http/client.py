"""The groq SDK's clients for one server: one for sync calls, and one for each event loop.

An async client belongs to the loop that first used it. Users need not close it: when a loop ends, asyncio closes the
loop's async generators, and a generator started here closes the client as it is closed.
"""

from __future__ import annotations

import asyncio
import http.cookiejar
import logging
import os
import re
import ssl
import threading
import urllib.request
import weakref
from collections.abc import AsyncGenerator
from functools import cache
from typing import cast

import groq
import httpx

from structgen.core.errors import ConfigurationError
from structgen.core.masking import MASK, mask
from structgen.send.http.body_limits import ENCODINGS, alimit_body, limit_body
from structgen.send.http.providers import Endpoint
from structgen.send.http.proxies import proxies_checked, proxy_for
from structgen.send.http.user_client import UserClient


class Clients:
    """Opens clients when they are first needed. Safe to use from several threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._sync: groq.Groq | None = None
        self._end: weakref.finalize[[], Clients] | None = None
        self._loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopClient] = weakref.WeakKeyDictionary()

    def sync(self) -> groq.Groq:
        """Return the client for sync calls."""
        # The common case takes no lock: a client, once opened, is replaced only in a forked process.
        client = self._sync
        if client is not None and self._process == os.getpid():
            return client
        if self._endpoint.client is not None:
            self._sync = _users_sync(self._endpoint.client)
            return self._sync
        with self._lock:
            if self._process != os.getpid():
                self._leave_to_parent()
            if self._sync is None:
                self._sync = _open_sync(self._endpoint)
                if self._endpoint.http_client is None:  # the user's own client is the user's to close
                    self._end = weakref.finalize(self, self._sync.close)
            return self._sync

    async def of_loop(self) -> groq.AsyncGroq:
        """Return the client of the running event loop."""
        if self._endpoint.client is not None:
            return _users_async(self._endpoint.client)
        loop = asyncio.get_running_loop()
        loop_client = self._loops.get(loop)
        if loop_client is None:
            # No other task of this loop can come in between: there is no await before the client is stored.
            with self._lock:
                self._forget_closed_loops()
                loop_client = self._loops[loop] = _LoopClient(self._endpoint)
            await loop_client.start()
        return loop_client.client

    def close(self) -> None:
        """Close the client for sync calls."""
        with self._lock:
            end, self._end, self._sync = self._end, None, None
        if end is not None:
            end()

    async def aclose(self) -> None:
        """Close the running loop's client, and the one for sync calls."""
        with self._lock:
            loop_client = self._loops.pop(asyncio.get_running_loop(), None)
        if loop_client is not None:
            await loop_client.close()
        self.close()

    def _leave_to_parent(self) -> None:
        """Leave the connection to the parent process: after a fork, both would read each other's responses."""
        self._process, self._sync = os.getpid(), None
        if self._end is not None:
            self._end.detach()
            self._end = None

    def _forget_closed_loops(self) -> None:
        """Drop clients of closed loops. Each client references its loop, so a weak dictionary keeps both alive."""
        for loop in [loop for loop in self._loops if loop.is_closed()]:
            del self._loops[loop]


class _LoopClient:
    """The client of one loop, and the generator that closes it with the loop."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.client = _open_async(endpoint)
        self._guard = _close_at_end(None if endpoint.http_client is not None else self.client)

    async def start(self) -> None:
        """Start the generator: the loop closes only generators that were started on it."""
        await anext(self._guard)

    async def close(self) -> None:
        await self._guard.aclose()


async def _close_at_end(client: groq.AsyncGroq | None) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        if client is not None:
            await client.close()


def _users_sync(given: UserClient) -> groq.Groq:
    if not given.is_async:
        return cast("groq.Groq", given.client)
    raise ConfigurationError(
        f"client is an async client of {given.sdk}: await the async methods (aextract, agenerate, ...), or pass a sync "
        "client."
    )


def _users_async(given: UserClient) -> groq.AsyncGroq:
    if given.is_async:
        return cast("groq.AsyncGroq", given.client)
    raise ConfigurationError(
        f"client is a sync client of {given.sdk}: call the sync methods (extract, generate, ...), or pass an async "
        "client."
    )


def _open_sync(endpoint: Endpoint) -> groq.Groq:
    own = endpoint.http_client
    if own is not None and not isinstance(own, httpx.Client):
        raise ConfigurationError("http_client is an httpx.AsyncClient, but sync calls need an httpx.Client.")
    _keep_out_of_logs(endpoint)
    with proxies_checked():
        http_client = own or groq.DefaultHttpxClient(
            verify=_certificates(), cookies=_NoCookies(), event_hooks={"response": [limit_body(endpoint.max_bytes)]}
        )
    return groq.Groq(
        api_key=endpoint.key,
        base_url=endpoint.address,
        max_retries=0,
        http_client=http_client,
        default_headers=_headers(endpoint),
    )


def _open_async(endpoint: Endpoint) -> groq.AsyncGroq:
    own = endpoint.http_client
    if own is not None and not isinstance(own, httpx.AsyncClient):
        raise ConfigurationError("http_client is an httpx.Client, but async calls need an httpx.AsyncClient.")
    _keep_out_of_logs(endpoint)
    proxy = proxy_for(endpoint.address)
    # aiohttp cannot use a SOCKS proxy, which httpx itself can.
    kind = groq.DefaultAsyncHttpxClient if proxy is not None and proxy.is_socks else groq.DefaultAioHttpClient
    with proxies_checked():
        http_client = own or kind(
            verify=_certificates(), cookies=_NoCookies(), event_hooks={"response": [alimit_body(endpoint.max_bytes)]}
        )
    return groq.AsyncGroq(
        api_key=endpoint.key,
        base_url=endpoint.address,
        max_retries=0,
        timeout=None,  # asyncio.timeout limits each request; limiting each read as well would cost CPU
        http_client=http_client,
        default_headers=_headers(endpoint),
    )


def _headers(endpoint: Endpoint) -> dict[str, str]:
    return {"Accept-Encoding": ENCODINGS, **endpoint.headers}


_LOGS = ("httpx", "groq._base_client")


def _keep_out_of_logs(endpoint: Endpoint) -> None:
    """Mask the parameters of the base URL where the HTTP libraries log the URLs of requests."""
    if "?" in endpoint.base_url:
        for name in _LOGS:
            logging.getLogger(name).addFilter(_masked)  # adding it again does nothing


def _masked(record: logging.LogRecord) -> bool:
    try:
        said = record.getMessage()
    except (TypeError, ValueError):  # logging itself reports the wrong arguments
        return True
    record.msg, record.args = _without_query(said), ()
    if record.exc_info:
        record.exc_text = _without_query(logging.Formatter().formatException(record.exc_info))
    return True


def _without_query(text: str) -> str:
    return _QUERY.sub(f"?{MASK}", mask(text))


_QUERY = re.compile(r"(?<=\S)\?[^\s\"'?]+=[^\s\"']*")


class _NoCookies(http.cookiejar.CookieJar):
    """A jar that stores nothing: the API sets no cookies, and looking for them takes 5 % of a call's CPU."""

    def extract_cookies(self, response: object, request: urllib.request.Request) -> None:
        """Store nothing."""


@cache
def _certificates() -> ssl.SSLContext:
    """Return the trusted certificates, loaded once: it takes 30 ms, and every event loop opens its own client."""
    return httpx.create_ssl_context()
