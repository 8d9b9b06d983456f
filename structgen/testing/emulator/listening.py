"""The socket and the HTTP server of an emulator."""

from __future__ import annotations

import asyncio
import socket

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from structgen.core.errors import ConfigurationError
from structgen.testing.emulator.app import build_app
from structgen.testing.emulator.state import Connections, State


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens already: clients may connect before the server has got so far as to answer."""
    try:
        return socket.create_server((host, port), backlog=2048)
    except OSError as problem:
        raise ConfigurationError(
            f"The emulator cannot listen at {host}:{port}: {problem}. Name another port."
        ) from None


def url_of(listener: socket.socket) -> str:
    """The address that clients are to be told."""
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


def make_server(state: State) -> uvicorn.Server:
    """The server of this state, to be run on a socket that listens."""
    config = uvicorn.Config(
        build_app(state),
        http=_protocol(state.connections),
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def _protocol(connections: Connections) -> type[H11Protocol]:
    """The protocol of uvicorn, which also says what connections are open: ASGI itself has no way to reset one."""

    class Tracked(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._address = transport.get_extra_info("peername")[:2]
            connections.add(self._address, transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.remove(self._address)
            super().connection_lost(exc)

    return Tracked
