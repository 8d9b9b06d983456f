"""Why no reply came at all: the causes below the SDK's one connection error, in words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

from structgen.core.errors import ConnectionFailed
from structgen.send.faults import Failure
from structgen.send.keys import mask
from structgen.send.wire import Endpoint, Wire


def lost_connection(error: BaseException, endpoint: Endpoint, wire: Wire) -> Failure:
    """The failure for an exception of the HTTP library.

    The SDK calls nearly all of them a timeout, a dropped connection included: only the causes tell them apart.
    """
    chain = tuple(causes(error))
    what, advice, transient = _explain(chain)
    detail = " ".join(mask(str(chain[-1]), endpoint.key)[:300].split()).rstrip(".")
    detail = f" ({type(chain[-1]).__name__}: {detail})" if detail else f" ({type(chain[-1]).__name__})"
    message = f"{wire.provider} at {endpoint.base_url}: {what}{detail}. {advice}"
    return Failure(ConnectionFailed(message), transient, paid=any(map(_is_half, chain)))


def _is_half(cause: BaseException) -> bool:
    """Whether the reply had begun to arrive: then there was an answer."""
    return type(cause).__name__ == "ClientPayloadError" or "complete message body" in str(cause)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and those below it, as a traceback shows them."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _explain(chain: tuple[BaseException, ...]) -> tuple[str, str, bool]:
    """What happened, what to do, and whether another try may help."""
    names = {name for cause in chain for name in (kind.__name__ for kind in type(cause).__mro__)}
    for kinds, what, advice, transient in _KINDS:
        if any(isinstance(cause, kinds) for cause in chain):
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
