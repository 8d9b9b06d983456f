"""Why no reply came at all: the causes below the SDK's one connection error, in words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from structgen.core.errors import ConnectionFailed
from structgen.send.clients import Endpoint
from structgen.send.faults import Failure
from structgen.send.keys import mask
from structgen.send.wire import Wire


def lost_connection(error: BaseException, endpoint: Endpoint, wire: Wire) -> Failure:
    """The failure for an exception of the HTTP library.

    The SDK calls nearly all of them a timeout, a dropped connection included: only the causes tell them apart.
    """
    causes = tuple(_causes(error))
    what, advice, transient = _explain(causes)
    detail = " ".join(mask(str(causes[-1]), endpoint.key)[:300].split()).rstrip(".")
    detail = f" ({type(causes[-1]).__name__}: {detail})" if detail else f" ({type(causes[-1]).__name__})"
    message = f"{wire.provider} at {endpoint.base_url}: {what}{detail}. {advice}"
    return Failure(ConnectionFailed(message), transient)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _explain(causes: tuple[BaseException, ...]) -> tuple[str, str, bool]:
    """What happened, what to do, and whether another try may help."""
    names = {name for cause in causes for name in (kind.__name__ for kind in type(cause).__mro__)}
    for kinds, what, advice, transient in _KINDS:
        if any(isinstance(cause, kinds) for cause in causes):
            return what, advice, transient
    if names & _DROPPED:
        return "the connection was dropped before the reply was complete", "Try again.", True
    if names & _UNREACHED:
        return "the server could not be reached", "Check the base URL, the network and the proxy settings.", True
    if names & _SLOW:
        return "no reply within the timeout", "Allow a longer timeout, or ask for less at once.", True
    return "the connection failed", "Check the base URL, the network and the proxy settings.", True


_KINDS: tuple[tuple[type[BaseException], str, str, bool], ...] = (
    (
        ssl.SSLCertVerificationError,
        "its certificate is not trusted",
        "Check the clock and the proxy's certificate.",
        False,
    ),
    (socket.gaierror, "there is no server of that name", "Check the base URL and the network.", True),
    (ConnectionRefusedError, "the connection was refused", "Check that the server runs, and the base URL.", True),
    (ConnectionResetError, "the connection was dropped", "Try again.", True),
)
# Class names of httpx and aiohttp, as names so that neither is imported for this.
_DROPPED = frozenset(
    {"ServerDisconnectedError", "ClientPayloadError", "RemoteProtocolError", "ReadError", "WriteError"}
)
_UNREACHED = frozenset({"ConnectError", "ClientConnectorError"})
_SLOW = frozenset({"TimeoutException", "TimeoutError"})
