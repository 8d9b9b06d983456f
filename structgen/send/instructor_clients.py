"""The clients that instructor opens for one provider: one for sync calls, and one for each event loop."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
import weakref
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager
from typing import Any, cast

import instructor

from structgen.core.errors import ConfigurationError
from structgen.core.masking import Secrets, mask
from structgen.send.instructor_dialects import Dialect


class InstructorClients:
    """Opens clients when they are first needed, and the sync one at once, to report a missing key or package early."""

    def __init__(self, open_client: Callable[[bool], Any]) -> None:
        """`open_client(asynchronous)` returns what ``instructor.from_provider`` returns."""
        self._open = open_client
        self._lock = threading.Lock()
        self._sync: Any = open_client(False)
        self._loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopClient] = weakref.WeakKeyDictionary()

    def sync(self) -> Any:
        """Return the client for sync calls."""
        with self._lock:
            if self._sync is None:
                self._sync = self._open(False)
            return self._sync

    async def of_loop(self) -> Any:
        """Return the client of the running event loop. It is closed with the loop."""
        loop = asyncio.get_running_loop()
        found = self._loops.get(loop)
        if found is None:
            with self._lock:
                for ended in [one for one in self._loops if one.is_closed()]:
                    del self._loops[ended]
                found = self._loops[loop] = _LoopClient(self._open(True))
            await anext(found.guard)
        return found.client

    def close(self) -> None:
        """Close the client for sync calls, if it can be closed. A later call opens a new one."""
        with self._lock:
            client, self._sync = self._sync, None
        for close in _closers(client, "close", "client"):
            close()

    async def aclose(self) -> None:
        """Close the running loop's client, and the one for sync calls."""
        with self._lock:
            found = self._loops.pop(asyncio.get_running_loop(), None)
        if found is not None:
            await found.guard.aclose()
        self.close()


class _LoopClient:
    """The client of one loop, and the generator that closes it: a loop closes its generators when it ends."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.guard = _close_at_end(client)


async def _close_at_end(client: Any) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        for close in _closers(client, "aclose", "async_client"):
            ended = close()
            if inspect.isawaitable(ended):
                await ended


def _closers(client: Any, name: str, mistral: str) -> Generator[Callable[[], Any]]:
    """Yield what closes a client. Google keeps its async client apart, and Mistral both of its HTTP clients."""
    if client is None:
        return
    own = client.client
    parts = [own, getattr(own, "aio", None) if name == "aclose" else None]
    parts.append(getattr(getattr(own, "sdk_configuration", None), mistral, None))
    for part in parts:
        close = getattr(part, name, None) or getattr(part, "close", None)
        if callable(close) and inspect.iscoroutinefunction(close) == (name == "aclose"):
            yield cast("Callable[[], Any]", close)


def opener(provider: str, model: str, key: str, base_url: str | None, dialect: Dialect) -> Callable[[bool], Any]:
    """Return a function that opens a client. It raises ConfigurationError, with the pip line for a missing package."""
    given: dict[str, Any] = {"api_key": key} if key else {}
    given |= dialect.opening(base_url) if base_url else {}
    secrets: Secrets = (key,)

    def open_client(asynchronous: bool) -> Any:
        from_provider = cast("Callable[..., Any]", instructor.from_provider)
        try:
            with _quiet():
                client = from_provider(f"{provider}/{model}", async_client=asynchronous, **given)
            if base_url:
                dialect.redirect(client.client, base_url)
        except Exception as error:
            said = mask(str(error), secrets)[:500]
            raise ConfigurationError(f"instructor cannot open a client for {provider}: {said}") from None
        return client

    return open_client


@contextmanager
def _quiet() -> Generator[None]:
    """Keep instructor from logging the traceback of an error that it also raises."""
    logger = logging.getLogger("instructor.auto_client")
    logger.addFilter(_no_error)
    try:
        yield
    finally:
        logger.removeFilter(_no_error)


def _no_error(record: logging.LogRecord) -> bool:
    return record.levelno < logging.ERROR
