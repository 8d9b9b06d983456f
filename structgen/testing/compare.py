"""Two answers to one request: in what they differ, in words. Pure: what was sent and received comes in as records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from structgen.core.json import Json
from structgen.core.records import Card

OPTIONAL = (
    "/choices/*/message/reasoning",
    "/choices/*/message/content",
    "/usage/completion_tokens_details",
    "/usage/prompt_tokens_details",
)
"""Parts of a body that come and go with what the model does, and so are no difference."""

LITERAL = (
    "/object",
    "/model",
    "/choices/*/finish_reason",
    "/choices/*/message/role",
    "/choices/*/message/tool_calls/*/function/name",
    "/error/code",
    "/error/type",
    "/error/param",
    "/error/message",
)
"""Values that must be equal; of all others only the type counts."""

DOCUMENTED = frozenset(
    {"retry-after", "x-request-id"}
    | {f"x-ratelimit-{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")}
)
"""Headers that a client reads. Others are the business of networks in between."""


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response: header names in lower case, the body as JSON, or as text where it is none."""

    status: int
    headers: Mapping[str, str]
    body: Json


def differences(theirs: Response, ours: Response, card: Card, also: tuple[int, ...] = ()) -> Iterator[str]:
    """What the server answers otherwise than the emulator and the card. `also`: statuses that are documented too."""
    if theirs.status != ours.status:
        if theirs.status not in also:
            yield f"status {theirs.status}{_said(theirs.body)}, where {ours.status} was expected"
        return
    if _kind(theirs.body) != _kind(ours.body):
        yield f"the body is {_either({_kind(theirs.body)})}, where {_either({_kind(ours.body)})} was expected"
    yield from _of_shape(shape(theirs.body), shape(ours.body))
    yield from _of_values(_leaves(theirs.body), _leaves(ours.body))
    yield from _of_headers(theirs.headers, ours.headers)
    yield from _of_limits(theirs.headers, card)


def shape(body: Json) -> dict[str, set[str]]:
    """Where in a body which types of JSON stand: ``/choices/*/index`` -> number."""
    found: dict[str, set[str]] = {}
    for path, value in _walk(body):
        found.setdefault(path, set()).add(_kind(value))
    return found


def _of_shape(theirs: Mapping[str, set[str]], ours: Mapping[str, set[str]]) -> Iterator[str]:
    """A part that only one of the two has counts where both have what it is a part of: each is said once."""
    nothing: set[str] = set()
    for path in sorted({*theirs, *ours}):
        parent = path.rpartition("/")[0]
        together = theirs.get(parent, nothing) & ours.get(parent, nothing) - {"null"}
        if path.startswith(OPTIONAL) or not together:
            continue
        if path not in ours:
            yield f"{path} is there, {_either(theirs[path])}, and was not expected"
        elif path not in theirs:
            yield f"{path} is not there, where {_either(ours[path])} was expected"
        elif not _compatible(theirs[path], ours[path]):
            yield f"{path} is {_either(theirs[path])}, where {_either(ours[path])} was expected"


def _compatible(theirs: set[str], ours: set[str]) -> bool:
    """Null says nothing about a type."""
    known, expected = theirs - {"null"}, ours - {"null"}
    return not known or not expected or known == expected


def _of_values(theirs: Mapping[str, Json], ours: Mapping[str, Json]) -> Iterator[str]:
    for path in LITERAL:
        if path in theirs and path in ours and theirs[path] != ours[path]:
            yield f"{path} is {theirs[path]!r}, where {ours[path]!r} was expected"


def _of_headers(theirs: Mapping[str, str], ours: Mapping[str, str]) -> Iterator[str]:
    kinds = [headers.get("content-type", "none").partition(";")[0] for headers in (theirs, ours)]
    if kinds[0] != kinds[1]:
        yield f"the content type is {kinds[0]}, where {kinds[1]} was expected"
    for name in sorted(DOCUMENTED & set(ours) - set(theirs)):
        yield f"the header {name} is not there"
    for name in sorted(set(theirs) - DOCUMENTED - set(ours)):
        if name.startswith("x-ratelimit-"):
            yield f"the header {name} is there, and not documented"


def _of_limits(headers: Mapping[str, str], card: Card) -> Iterator[str]:
    """The limits that the server names must be those of a tier on the card."""
    named = [(of, headers.get(f"x-ratelimit-limit-{name}")) for of, name in (("rpd", "requests"), ("tpm", "tokens"))]
    shown = {of: int(value) for of, value in named if value is not None and value.isdecimal()}
    if not shown or not card.limits:
        return
    if not any(all(tier.get(of, value) == value for of, value in shown.items()) for tier in card.limits.values()):
        words = ", ".join(f"{of} {value:,}" for of, value in shown.items())
        yield f"the limits ({words}) are those of no tier on the card of {card.id}"


def _walk(body: Json) -> Iterator[tuple[str, Json]]:
    """Every part of a body with its path, all items of a list under one. No recursion: anybody sends bodies."""
    waiting: list[tuple[str, Json]] = [("", body)]
    while waiting:
        path, value = waiting.pop()
        yield path, value
        if isinstance(value, dict):
            waiting.extend((f"{path}/{name}", held) for name, held in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{path}/*", item) for item in value)


def _leaves(body: Json) -> dict[str, Json]:
    return {path: value for path, value in _walk(body) if not isinstance(value, (dict, list))}


_KINDS: dict[type[object], str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "list",
    dict: "object",
}


def _kind(value: Json) -> str:
    return _KINDS[type(value)]


def _either(kinds: set[str]) -> str:
    return " or ".join(f"an {kind}" if kind == "object" else f"a {kind}" for kind in sorted(kinds))


def _said(body: Json) -> str:
    """The message of an error body, in brackets."""
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return f" ({message[:200]})" if isinstance(message, str) else ""
