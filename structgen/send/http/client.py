"""The groq SDK's clients behind one server: one for blocking calls, and one for every event loop.

An async client belongs to the loop that it was first used on. Nobody is asked to close it: asyncio closes the
asynchronous generators of a loop when the loop ends, and one of ours closes the client as it is closed itself.
"""

from __future__ import annotations

import asyncio
import http.cookiejar
import os
import ssl
import threading
import urllib.request
import weakref
from collections.abc import AsyncGenerator
from functools import cache

import groq
import httpx

from structgen.core.errors import ConfigurationError
from structgen.send.http.providers import Endpoint


class Clients:
    """Opens clients when they are first needed; safe in threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._sync: groq.Groq | None = None
        self._end: weakref.finalize[[], Clients] | None = None
        self._loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopClient] = weakref.WeakKeyDictionary()

    def sync(self) -> groq.Groq:
        """The client for blocking calls."""
        client = self._sync
        if client is not None and self._process == os.getpid():
            return client
        with self._lock:
            if self._process != os.getpid():
                self._leave_to_parent()
            if self._sync is None:
                self._sync = _open_sync(self._endpoint)
                if self._endpoint.http_client is None:
                    self._end = weakref.finalize(self, self._sync.close)
            return self._sync

    async def of_loop(self) -> groq.AsyncGroq:
        """The client of the running event loop."""
        loop = asyncio.get_running_loop()
        kept = self._loops.get(loop)
        if kept is None:
            with self._lock:
                self._forget_closed_loops()
                kept = self._loops[loop] = _LoopClient(self._endpoint)
            await kept.start()
        return kept.client

    def close(self) -> None:
        """Close the client for blocking calls."""
        with self._lock:
            end, self._end, self._sync = self._end, None, None
        if end is not None:
            end()

    async def aclose(self) -> None:
        """Close the running loop's client, and the one for blocking calls."""
        with self._lock:
            kept = self._loops.pop(asyncio.get_running_loop(), None)
        if kept is not None:
            await kept.close()
        self.close()

    def _leave_to_parent(self) -> None:
        """In a fork: two processes on one connection would read each other's replies."""
        self._process, self._sync = os.getpid(), None
        if self._end is not None:
            self._end.detach()
            self._end = None

    def _forget_closed_loops(self) -> None:
        """A client holds on to its loop, so that the weak reference alone would keep both for ever."""
        for loop in [loop for loop in self._loops if loop.is_closed()]:
            del self._loops[loop]


class _LoopClient:
    """One loop's client, and the generator that closes it with the loop."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.client = _open_async(endpoint)
        self._guard = _close_at_end(None if endpoint.http_client is not None else self.client)

    async def start(self) -> None:
        """Step into the generator: from now on the loop knows it."""
        await anext(self._guard)

    async def close(self) -> None:
        await self._guard.aclose()


async def _close_at_end(client: groq.AsyncGroq | None) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        if client is not None:
            await client.close()


def _open_sync(endpoint: Endpoint) -> groq.Groq:
    own = endpoint.http_client
    if own is not None and not isinstance(own, httpx.Client):
        raise ConfigurationError("http_client is an httpx.AsyncClient: blocking calls need an httpx.Client.")
    http_client = own or groq.DefaultHttpxClient(verify=_certificates(), cookies=_NoCookies())
    return groq.Groq(api_key=endpoint.key, base_url=endpoint.base_url, max_retries=0, http_client=http_client)


def _open_async(endpoint: Endpoint) -> groq.AsyncGroq:
    own = endpoint.http_client
    if own is not None and not isinstance(own, httpx.AsyncClient):
        raise ConfigurationError("http_client is an httpx.Client: calls on an event loop need an httpx.AsyncClient.")
    http_client = own or groq.DefaultAioHttpClient(verify=_certificates(), cookies=_NoCookies())
    return groq.AsyncGroq(
        api_key=endpoint.key, base_url=endpoint.base_url, max_retries=0, timeout=None, http_client=http_client
    )


class _NoCookies(http.cookiejar.CookieJar):
    """Keeps none: the API wants none, and looking for them in every reply would take 5 % of a call's CPU."""

    def extract_cookies(self, response: object, request: urllib.request.Request) -> None:
        """Take nothing."""


@cache
def _certificates() -> ssl.SSLContext:
    """The trusted certificates, read once: that takes 30 ms, and every event loop opens a client of its own."""
    return httpx.create_ssl_context()
