"""Recorded exchanges with a server, saved without anything that identifies the account, and replayed by the emulator.

A file is one JSON object: ``{"interactions": [{"request": {"method", "path", "body"}, "response": {"status", "headers",
"body"}}]}``; a body is JSON, or text if it is not JSON.
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from structgen.core.errors import ConfigurationError
from structgen.core.json import Json, JsonObject
from structgen.core.masking import Secrets, mask

DOCUMENTED = frozenset(
    {"retry-after", "x-request-id"}
    | {f"x-ratelimit-{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")}
)
"""Headers that a client reads. All others may come from proxies."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response: header names in lower case, the body as JSON, or as text if it is not JSON."""

    status: int
    headers: Mapping[str, str]
    body: Json


_ACCOUNT = re.compile(
    r"\b(org|proj|project|user|req|acct|key)_[A-Za-z0-9]{8,64}\b|[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{2,64}"
)
_KEPT = DOCUMENTED | {"content-type"}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response. `body` is None for a request without one."""

    name: str
    method: str
    path: str
    body: JsonObject | None
    response: Response


def redacted(text: str, secrets: Secrets = ()) -> str:
    """Remove keys, email addresses and the ids of accounts, projects, users and requests from a text."""
    return _ACCOUNT.sub(lambda found: f"{found[1]}_redacted" if found[1] else "redacted", mask(text, secrets))


def save_recordings(path: Path, exchanges: Iterable[Exchange], secrets: Secrets) -> None:
    """Write the exchanges, redacted. Raises ConfigurationError if the file cannot be written."""
    interactions = [_entry(exchange) for exchange in exchanges]
    text = redacted(json.dumps({"interactions": interactions}, indent=1, ensure_ascii=False), secrets)
    try:
        path.write_text(text + "\n", "utf-8")
    except OSError as problem:
        raise ConfigurationError(f"Cannot write the recordings to {path}: {problem.strerror}.") from None


def _entry(exchange: Exchange) -> dict[str, object]:
    response = exchange.response
    # other headers may identify the account or the network
    headers = {name: value for name, value in sorted(response.headers.items()) if name in _KEPT}
    return {
        "name": exchange.name,
        "request": {"method": exchange.method, "path": exchange.path, "body": exchange.body},
        "response": {"status": response.status, "headers": headers, "body": response.body},
    }


def read_recordings(path: Path) -> tuple[Exchange, ...]:
    """Read the exchanges in a file. Raises ConfigurationError if it contains no recordings."""
    try:
        data = cast("Json", json.loads(path.read_bytes()))
    except OSError as problem:
        raise ConfigurationError(f"Cannot read the recordings in {path}: {problem.strerror}.") from None
    except (ValueError, RecursionError) as problem:
        raise ConfigurationError(f"The recordings in {path} are not JSON: {problem}.") from None
    interactions = data.get("interactions") if isinstance(data, dict) else None
    if not isinstance(interactions, list) or not interactions:
        raise ConfigurationError(f'{path} contains no recordings: it must be {{"interactions": [...]}}.')
    return tuple(_read(entry, f"{path}, interaction {number}") for number, entry in enumerate(interactions, 1))


def _read(entry: Json, where: str) -> Exchange:
    parts = [entry.get(name) if isinstance(entry, dict) else None for name in ("request", "response")]
    request, response = (part if isinstance(part, dict) else {} for part in parts)
    path, status, body = request.get("path"), response.get("status"), request.get("body")
    if not isinstance(path, str) or not isinstance(status, int) or not 200 <= status <= 599:
        raise ConfigurationError(f"{where}: request.path and response.status (200 to 599) are required.")
    name = entry.get("name") if isinstance(entry, dict) else None
    return Exchange(
        str(name or path),
        str(request.get("method", "POST")),
        path,
        body if isinstance(body, dict) else None,
        Response(status, _headers(response.get("headers")), response.get("body")),
    )


def _headers(given: Json) -> dict[str, str]:
    """Return the headers by name; some recorders store a list of values for a name."""
    pairs = given.items() if isinstance(given, dict) else ()
    return {name.lower(): str(value[0] if isinstance(value, list) and value else value) for name, value in pairs}


class Recordings:
    """Finds the response recorded for a request. Several responses to the same request are returned in order."""

    def __init__(self, exchanges: Iterable[Exchange] = ()) -> None:
        self._lock = threading.Lock()
        self._held: dict[str, deque[Response]] = {}
        for exchange in exchanges:
            self._held.setdefault(_key(exchange.method, exchange.path, exchange.body), deque()).append(
                exchange.response
            )

    def find(self, method: str, path: str, body: JsonObject | None) -> Response | None:
        """Return the next response to this request, the last one repeatedly, or None if none was recorded."""
        held = self._held.get(_key(method, path, body)) if self._held else None
        if held is None:
            return None
        with self._lock:
            # the last response is repeated, because a client may retry
            return held.popleft() if len(held) > 1 else held[0]


def _key(method: str, path: str, body: Mapping[str, Json] | None) -> str:
    return json.dumps([method, path, body or None], sort_keys=True)
