"""Transport errors as values: which exception each becomes, whether to retry, and what to tell the user.

The first half reads error responses. The second half, for when no response arrived, looks below the SDK's one
connection error for its cause.
"""

from __future__ import annotations

import math
import re
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple, cast

from structgen.core.errors import (
    AuthenticationFailed,
    ConnectionFailed,
    ModelUnavailable,
    RateLimited,
    RequestRejected,
    RequestTooLarge,
    ServerFailed,
    TransportError,
)
from structgen.core.json import Json, as_object
from structgen.core.masking import mask
from structgen.send.http.providers import ChatApi, Endpoint
from structgen.send.http.proxies import proxy_for


@dataclass(frozen=True, slots=True)
class Failure:
    """An attempt without a completion. `wait` is how many seconds the server asks to wait, or None.

    `transient` says whether a retry may help, `paid` whether the server generated an answer that did not arrive whole
    and may be billed.
    """

    error: TransportError
    transient: bool = False
    wait: float | None = None
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of error response. A response matches if its status, its code and its message all match."""

    error: type[TransportError]
    advice: str
    statuses: range | tuple[int, ...] = range(400, 600)
    codes: tuple[str, ...] = ()
    words: str = ""
    transient: bool = False

    def fits(self, status: int, code: str | None, message: str) -> bool:
        """Return whether an error response is of this kind."""
        return (
            status in self.statuses and (not self.codes or code in self.codes) and self.words.lower() in message.lower()
        )


_SCHEMA = "The server supports only part of JSON Schema here: use mode=Mode.JSON, or turn strict off."
_LATER = "Try again later. The provider's status page shows known outages (Groq: https://groqstatus.com)."

# The order matters: the first row that fits wins, so codes come before words, and words before bare statuses.
ROWS: tuple[Row, ...] = (
    Row(
        AuthenticationFailed,
        'Check the key in {key_variable}, or use model="rules", which needs no key.',
        codes=("invalid_api_key",),
    ),
    Row(AuthenticationFailed, "Contact the provider's support.", codes=("organization_restricted",)),
    Row(ModelUnavailable, "Use another model.", codes=("model_decommissioned",)),
    Row(ModelUnavailable, "An administrator must accept the terms at the URL above.", codes=("model_terms_required",)),
    Row(
        ModelUnavailable,
        "An administrator must enable it at the URL above; or use another model.",
        codes=("model_permission_blocked_project", "model_permission_blocked_org"),
    ),
    Row(ModelUnavailable, "Check its name; `structgen models` lists the known ones.", codes=("model_not_found",)),
    Row(RequestRejected, "Check the base URL: it must be the host only, without a path.", codes=("unknown_url",)),
    Row(
        RequestTooLarge,
        "Split the text, or lower max_completion_tokens.",
        codes=("context_length_exceeded", "request_too_large"),
    ),
    Row(
        RequestTooLarge,
        "One request may not exceed the rate limit: split the text, lower max_completion_tokens (which counts), "
        "or upgrade the tier.",
        statuses=(413,),
    ),
    Row(RateLimited, "Wait, or lower the concurrency.", statuses=(429,), transient=True),
    Row(
        RateLimited, "The flex tier is at capacity: wait, or use another service_tier.", statuses=(498,), transient=True
    ),
    Row(RequestRejected, _SCHEMA, statuses=(400,), words="invalid JSON schema"),
    Row(RequestRejected, _SCHEMA, statuses=(400,), words="invalid schema for response format"),
    Row(RequestRejected, "Use mode=Mode.JSON.", statuses=(400,), words="does not support response format"),
    # llama-server's status for it is 500, but trying again cannot help
    Row(RequestRejected, "Start llama-server with --jinja, or use mode=Mode.JSON.", words="requires --jinja"),
    Row(RequestRejected, "Use mode=Mode.TOOLS or mode=Mode.JSON, not both.", words="cannot be combined with"),
    Row(
        RequestRejected,
        "Lower max_completion_tokens to the model's maximum.",
        statuses=(400,),
        words="`max_completion_tokens` must be",
    ),
    Row(
        RequestRejected,
        "Remove what this model does not support, or use another model.",
        statuses=(400,),
        words="is not supported with this model",
    ),
    Row(
        ServerFailed,
        "A proxy or a login page answered instead: check the network, the proxy settings and the base URL.",
        statuses=range(400, 500),
        words="an HTML page",
    ),
    Row(AuthenticationFailed, "Check the key in {key_variable}.", statuses=(401,)),
    Row(AuthenticationFailed, "Check the permissions of the key in {key_variable}.", statuses=(403,)),
    Row(ModelUnavailable, "Check the model's name and the base URL.", statuses=(404,)),
    Row(ConnectionFailed, "The server timed out waiting for the request: try again.", statuses=(408,), transient=True),
    Row(ServerFailed, "The server reported a conflict: try again.", statuses=(409,), transient=True),
    Row(ConnectionFailed, "The request was cancelled on the way.", statuses=(499,)),
    Row(RequestRejected, "Change the request: the same one would be rejected again.", statuses=range(400, 500)),
    Row(RequestRejected, "The server does not implement this: use another mode or server.", statuses=(501,)),
    Row(ServerFailed, _LATER, statuses=range(500, 600), transient=True),
    Row(ServerFailed, "Check the base URL: no chat completions server answers like this.", statuses=range(1000)),
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The fields of an error body. `message` is the body's plain text if it has no such fields."""

    message: str
    code: str | None = None
    failed_generation: str | None = None


def read_refusal(body: Json, text: str) -> Refusal:
    """Return the fields of an error body ``{"error": {"message", "code", "failed_generation", ...}}``.

    vLLM and llama-server may omit the object around them; servers on FastAPI have `detail` instead. OpenRouter gives
    the words of the provider behind it in `metadata`.
    """
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, str):
        return Refusal(error)
    error = error if isinstance(error, dict) else body
    if not isinstance(error, dict):
        return Refusal(describe_page(text))
    message, code, generation = (error.get(name) for name in ("message", "code", "failed_generation"))
    message = _detail(message if message is not None else error.get("detail"))
    behind = as_object(error.get("metadata")).get("raw")
    if message is not None and isinstance(behind, str) and behind.strip():
        message = f"{message}: {behind[:500]}"
    return Refusal(
        message or describe_page(text),
        code if isinstance(code, str) else None,
        generation if isinstance(generation, str) else None,
    )


def _detail(found: Json) -> str | None:
    """Return an error message: a text, or FastAPI's list of ``{"loc": [...], "msg": ...}``; else None."""
    if isinstance(found, dict):
        found = found.get("detail")
    if isinstance(found, str):
        return found
    listed = map(as_object, found if isinstance(found, list) else ())
    return (
        "; ".join(f"{_place(one.get('loc'))}{msg}" for one in listed if isinstance(msg := one.get("msg"), str)) or None
    )


def _place(loc: Json) -> str:
    """Return where FastAPI found a mistake: ``["body", "model"]`` as ``body.model: ``."""
    steps = [str(step) for step in loc if isinstance(step, str | int)] if isinstance(loc, list) else []
    return f"{'.'.join(steps)}: " if steps else ""


def describe_page(text: str) -> str:
    """Describe an unexpected body briefly: by the title of an HTML page, or by its first characters."""
    title = re.search(r"<title[^>]{0,200}>([^<]{0,200})", text[:5000], re.IGNORECASE)
    if title:
        return f"an HTML page titled {title[1].strip()!r}"
    if text.lstrip()[:1] == "<":
        return "an HTML page"
    return f"{text[:200]!r}" if text.strip() else "an empty body"


_OWNERS = (
    ("gsk_", "Groq"),
    ("sk-or-", "OpenRouter"),
    ("sk-ant-", "Anthropic"),
    ("AIza", "Google"),
    ("xai-", "xAI"),
    ("hf_", "Hugging Face"),
    ("nvapi-", "NVIDIA"),
    ("pplx-", "Perplexity"),
    ("sk-", "OpenAI"),
)
"""How the keys of providers begin; several servers have keys like OpenAI's."""


def key_owner(key: str) -> str | None:
    """Return the provider whose keys begin like this one, or None."""
    return next((owner for prefix, owner in _OWNERS if key.startswith(prefix)), None)


def find_row(status: int, refusal: Refusal) -> Row:
    """Return the first row that matches. The last row matches everything."""
    return next(row for row in ROWS if row.fits(status, refusal.code, refusal.message))


LONGEST_WAIT = 86_400.0
"""In seconds. No rate limit lasts longer than a day, so a longer wait in a header is cut to this."""


def requested_wait(headers: Mapping[str, str], message: str) -> float | None:
    """Return the seconds that the server asks to wait, by its retry-after header or its message, or None."""
    header = headers.get("retry-after", "").strip()
    wait = _seconds(header) if header else None
    if wait is None:
        wait = _said_wait(message)
    return wait if wait is None else min(wait, LONGEST_WAIT)


def _said_wait(message: str) -> float | None:
    words = re.search(r"try again in ([0-9.]{1,20}[a-zµμ]{1,2}(?:[0-9.]{1,20}[a-zµμ]{1,2}){0,5})", message)
    return go_duration(words[1]) if words else None


def _seconds(header: str) -> float | None:
    try:
        wait = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
        except ValueError:
            return None
        wait = (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
        return max(wait, 0.0)
    return wait if math.isfinite(wait) and wait >= 0 else None


_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ns": 1e-9}


def go_duration(text: str) -> float | None:
    """Return the seconds of a duration in Go's format (``1m2.5s``, ``982.5ms``), or None."""
    if not re.fullmatch(r"(?:[0-9]{1,12}(?:\.[0-9]{0,12})?(?:ms|us|µs|μs|ns|h|m|s))+", text):
        return None
    parts = cast("list[tuple[str, str]]", re.findall(r"([0-9.]+)([a-zµμ]+)", text))
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def connection_failure(error: BaseException, endpoint: Endpoint, api: ChatApi) -> Failure:
    """Return the failure for an exception of the HTTP library.

    The SDK reports nearly all of them as a timeout, even a dropped connection. Only their causes distinguish them.
    """
    # If the body of an error response cannot be read, its HTTPStatusError is in the chain, but does not say why.
    chain = tuple(cause for cause in causes(error) if type(cause).__name__ != "HTTPStatusError")
    fault = _explain(chain)
    detail = " ".join(mask(str(chain[-1]), endpoint.secrets)[:300].split()).rstrip(".")
    detail = f" ({type(chain[-1]).__name__}: {detail})" if detail else f" ({type(chain[-1]).__name__})"
    # The user's own client has its own proxies, which structgen does not know.
    proxy = None if endpoint.is_users else proxy_for(endpoint.address)
    through = f", through the proxy {proxy.shown}" if proxy is not None else ""
    if proxy is not None and fault.at_connecting:
        message = (
            f"{api.provider} at {endpoint.shown}: the proxy {proxy.shown} failed: {fault.what}{detail}. Check that the "
            "proxy is running and takes this connection, or unset the variable; NO_PROXY lists hosts that need none."
        )
    else:
        message = f"{api.provider} at {endpoint.shown}: {fault.what}{through}{detail}. {fault.advice}"
    return Failure(fault.error(message), fault.transient, paid=fault.paid or any(map(_is_half, chain)))


def _is_half(cause: BaseException) -> bool:
    """Return whether the response had begun to arrive. Then the server had generated an answer, which may be billed."""
    return type(cause).__name__ == "ClientPayloadError" or "complete message body" in str(cause)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the exception and its causes, in the order of a traceback."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


class Fault(NamedTuple):
    """What went wrong with a connection: what happened, what to do, and whether a retry may help.

    `at_connecting` says that no connection was made, so that a proxy is the first suspect. `paid` is as in `Failure`.
    """

    what: str
    advice: str
    transient: bool = True
    at_connecting: bool = False
    error: type[TransportError] = ConnectionFailed
    paid: bool = False


def _explain(chain: tuple[BaseException, ...]) -> Fault:
    names = {name for cause in chain for name in (kind.__name__ for kind in type(cause).__mro__)}
    # Types first: the operating system's own errors are more specific than any wrapper of an HTTP library.
    for kinds, fault in _KINDS:
        if any(isinstance(cause, kinds) for cause in chain):
            return fault
    return next((fault for known, fault in _NAMES if names & known), _OTHER)


_CHECK = "Check the base URL, the network and the proxy settings."
_KINDS: tuple[tuple[type[BaseException], Fault], ...] = (
    (
        ssl.SSLCertVerificationError,
        Fault("its certificate is not trusted", "Check the clock and the proxy's certificate.", transient=False),
    ),
    (
        socket.gaierror,
        Fault("the host name could not be resolved", "Check the base URL and the network.", at_connecting=True),
    ),
    (
        ConnectionRefusedError,
        Fault("the connection was refused", "Check that the server is running, and the base URL.", at_connecting=True),
    ),
    (ConnectionResetError, Fault("the connection was dropped", "Try again.")),
)
# Class names of httpx and aiohttp, as strings so that neither library is imported for this.
_NAMES: tuple[tuple[frozenset[str], Fault], ...] = (
    (
        frozenset({"BodyTooLarge"}),
        Fault(
            "the response is too large",
            "No answer has that size: check the base URL, or raise max_response_bytes.",
            transient=False,
            error=ServerFailed,
            paid=True,
        ),
    ),
    (frozenset({"ProxyError"}), Fault("it refused to connect", _CHECK, at_connecting=True)),
    (
        frozenset({"ServerDisconnectedError", "ClientPayloadError", "RemoteProtocolError", "ReadError", "WriteError"}),
        Fault("the connection was dropped before the response was complete", "Try again."),
    ),
    (
        frozenset({"ConnectError", "ClientConnectorError"}),
        Fault("the server is unreachable", _CHECK, at_connecting=True),
    ),
    (
        frozenset({"DecodingError"}),
        Fault(
            "the response cannot be decompressed",
            "Check the base URL and the proxy settings.",
            transient=False,
            error=ServerFailed,
            paid=True,
        ),
    ),
    (
        frozenset({"TimeoutException", "TimeoutError"}),
        Fault("no response within the timeout", "Set a longer timeout, or request less at once."),
    ),
)
_OTHER = Fault("the connection failed", _CHECK)
