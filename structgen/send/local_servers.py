"""Finds servers for models on this machine, on the ports that they usually have. Only `structgen doctor` looks.

Nothing but the list of models is requested, from the loopback address alone, without a key and without a proxy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import MappingProxyType

import httpx

from structgen.core.json import Json, as_object
from structgen.send.http.http_response import decode
from structgen.send.remote_models import RemoteModel, read_list

PORTS: Mapping[int, str] = MappingProxyType({11434: "Ollama", 1234: "LM Studio", 8000: "vLLM", 8080: "llama-server"})
"""The usual port of each server."""

SECONDS = 0.5
"""The timeout: a server on this machine answers at once, or is busy."""

_MOST_BYTES = 1_000_000
_OWNERS: Mapping[object, str] = MappingProxyType(
    {"library": "Ollama", "organization_owner": "LM Studio", "vllm": "vLLM", "llamacpp": "llama-server"}
)
"""`owned_by` in the list of models -> the server that writes it."""


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server on this machine. `name` is what it is, by its list of models if that tells, else by its port."""

    name: str
    base_url: str
    models: tuple[RemoteModel, ...]


def find_local_servers(ports: Mapping[int, str] = PORTS) -> tuple[LocalServer, ...]:
    """Return the servers that answer, in the order of `ports` (port -> name). Takes at most about a second."""
    with ThreadPoolExecutor(max(len(ports), 1)) as pool:
        return tuple(found for found in pool.map(_ask, ports.keys(), ports.values()) if found is not None)


def _ask(port: int, usual: str) -> LocalServer | None:
    """Return the server on a port, or None if nothing there lists models."""
    base = f"http://127.0.0.1:{port}/v1"
    try:
        with (
            httpx.Client(timeout=SECONDS, trust_env=False) as client,
            client.stream("GET", f"{base}/models") as response,
        ):
            if not response.is_success:
                return None
            body = decode(b"".join(_limited(response)))
    except (httpx.HTTPError, ValueError):
        return None
    models = read_list(body)
    return None if models is None else LocalServer(_OWNERS.get(_owner(body), usual), base, models)


def _limited(response: httpx.Response) -> Iterator[bytes]:
    """Yield the body. Raises ValueError if it is too long for a list of models."""
    size = 0
    for piece in response.iter_bytes():
        size += len(piece)
        if size > _MOST_BYTES:
            raise ValueError("no list of models is so long")
        yield piece


def _owner(body: Json) -> Json:
    listed = as_object(body).get("data")
    owner = as_object(listed[0]).get("owned_by") if isinstance(listed, list) and listed else None
    return owner if isinstance(owner, str) else None
