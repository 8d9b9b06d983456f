"""Check that a server behaves like the emulator and the model cards. Each case provokes one documented behaviour.

The cases are data (conformance.json). Each request is sent to the server and to an emulator, and the two responses are
compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from structgen.compile.parameters import tokens_of
from structgen.core.json import Json, JsonObject
from structgen.core.masking import mask
from structgen.core.records import Card, Usage
from structgen.engine.budget import cost_of
from structgen.send.http.providers import Endpoint
from structgen.send.http.proxies import proxies_checked
from structgen.send.model_cards import list_cards
from structgen.send.remote_models import compare_with_cards, read_list
from structgen.testing.emulator.bodies import prompt_tokens
from structgen.testing.emulator.replies import reply
from structgen.testing.emulator.server import Emulator
from structgen.testing.recordings import DOCUMENTED, Exchange, Response

if TYPE_CHECKING:
    import httpx


MAX_TOKENS = 400
"""The maximum number of tokens for an answer, reasoning included."""

_PREFIX = "/openai/v1/"
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Case:
    """A request that provokes one documented behaviour.

    `answer` is the answer of the emulator's model, or None if no model should see the request; `needs` are modes that
    the model must support; `also` are other documented statuses than the emulator's.
    """

    name: str
    says: str
    path: str = "chat/completions"
    body: JsonObject | None = None
    needs: tuple[str, ...] = ()
    answer: str | None = None
    key: str = ""
    also: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of a case: its differences, empty if all is as expected. No exchange if there was no response."""

    case: Case
    differs: tuple[str, ...]
    exchange: Exchange | None = None


def cases_for(card: Card, calls: int) -> tuple[Case, ...]:
    """Return the cases that fit the model, the most telling first, at most `calls` of them."""
    entries = cast("list[JsonObject]", json.loads((files("structgen.testing") / "conformance.json").read_text("utf-8")))
    cases = (_case(entry, card) for entry in entries)
    return tuple(case for case in cases if all(_has(card, need) for need in case.needs))[:calls]


def price_of(cases: Sequence[Case], card: Card) -> tuple[int, int, float | None]:
    """Return upper bounds for the cases: tokens in, tokens out, and USD (None if a price is unknown)."""
    bodies = [case.body for case in cases if case.body is not None and case.answer is not None]
    # the schema is part of the prompt too, but not of its messages
    tokens_in = sum(prompt_tokens(body) + tokens_of(len(json.dumps(body))) for body in bodies)
    tokens_out = sum(cast("int", body["max_completion_tokens"]) for body in bodies)
    return tokens_in, tokens_out, cost_of(Usage(tokens_in, tokens_out, calls=len(cases)), card)


def conform(cases: Sequence[Case], card: Card, endpoint: Endpoint) -> Iterator[Finding]:
    """Yield the finding of each case. A server that cannot be reached is a difference."""
    import httpx

    with proxies_checked():
        opened = httpx.Client(timeout=_SECONDS)
    with Emulator(models=(card.id,)) as twin, opened as client:
        for case in cases:
            try:
                theirs = _send(client, case, endpoint)
            except httpx.HTTPError as error:
                words = mask(str(error), endpoint.secrets) or type(error).__name__
                yield Finding(case, (f"no response: {words}",))
                continue
            yield _compared(case, card, theirs, _expected(client, case, twin))


def _compared(case: Case, card: Card, theirs: Response, ours: Response) -> Finding:
    # a rate limit says nothing about the behaviour that the case is about
    if theirs.status == 429 and ours.status != 429:
        differs = ("a rate limit refused the request: try again in a minute",)
    elif case.path == "models":
        differs = (*differences(theirs, ours, card), *_listed(theirs.body))
    else:
        differs = tuple(differences(theirs, ours, card, case.also))
    method = "GET" if case.body is None else "POST"
    return Finding(case, differs, Exchange(case.name, method, _PREFIX + case.path, case.body, theirs))


def _listed(body: Json) -> Iterator[str]:
    """Return how the list of models differs from the cards."""
    own = [card for card in list_cards() if card.provider == "groq"]
    return (str(difference) for difference in compare_with_cards(read_list(body) or (), own))


def _expected(client: httpx.Client, case: Case, twin: Emulator) -> Response:
    """Return the emulator's response."""
    # each case starts from the same state, or an earlier script could answer it
    twin.reset()
    if case.answer is not None:
        twin.script(reply(case.answer))
    return _send(client, case, Endpoint(twin.base_url, twin.api_key))


def _send(client: httpx.Client, case: Case, endpoint: Endpoint) -> Response:
    """Send one request without retries, because an error response may be what the case is about."""
    from urllib.parse import quote

    headers = {"Authorization": f"Bearer {case.key or endpoint.key}", **endpoint.headers}
    url = endpoint.url(f"{_PREFIX}{quote(case.path)}")
    answer = client.request("GET" if case.body is None else "POST", url, headers=headers, json=case.body)
    try:
        body = cast("Json", answer.json())
    except (ValueError, RecursionError):
        # an error page is compared as text
        body = answer.text
    return Response(answer.status_code, dict(answer.headers), body)


def _has(card: Card, need: str) -> bool:
    """Whether the model supports a mode. A card without modes rules nothing out."""
    # a card without modes is one that nobody has filled in
    return card.strict if need == "strict" else not card.modes or need in card.modes


def _case(entry: JsonObject, card: Card) -> Case:
    """Build a case from its JSON, whose keys are the fields of the record, and fill in the model's name."""
    words = {"$model": card.id, "$retired": _retired()}
    text = re.sub(r"\$(?:model|retired)", lambda found: json.dumps(words[found[0]])[1:-1], json.dumps(entry))
    made = cast("dict[str, Any]", json.loads(text))
    if "body" in made:
        # reasoning would use up the few tokens that a case may cost
        effort = {"reasoning_effort": "low"} if "low" in card.reasoning else {}
        made["body"] = {
            "model": card.id,
            "temperature": 0,
            "max_completion_tokens": MAX_TOKENS,
            **effort,
            **made["body"],
        }
    made.update({name: tuple(made[name]) for name in ("needs", "also") if name in made})
    return Case(**made)


def _retired() -> str:
    return next(card.id for card in list_cards() if card.provider == "groq" and card.status == "retired")


OPTIONAL = (
    "/choices/*/message/reasoning",
    "/choices/*/message/content",
    "/usage/completion_tokens_details",
    "/usage/prompt_tokens_details",
)
"""Parts of a body that depend on what the model does, so that their absence is not a difference."""

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
"""Values that must be equal; for all others only the type counts."""


def differences(theirs: Response, ours: Response, card: Card, also: tuple[int, ...] = ()) -> Iterator[str]:
    """Yield how the server's response differs from the emulator's and the card. `also`: other documented statuses."""
    if theirs.status != ours.status:
        # with another status the body is another too, so nothing else is compared
        if theirs.status not in also:
            yield f"status {theirs.status}{_message(theirs.body)}, but {ours.status} was expected"
        return
    if _kind(theirs.body) != _kind(ours.body):
        yield f"the body is {_either({_kind(theirs.body)})}, but {_either({_kind(ours.body)})} was expected"
    yield from _of_shape(shape(theirs.body), shape(ours.body))
    yield from _of_values(_leaves(theirs.body), _leaves(ours.body))
    yield from _of_headers(theirs.headers, ours.headers)
    yield from _of_limits(theirs.headers, card)


def shape(body: Json) -> dict[str, set[str]]:
    """Return the JSON types at each path of a body: ``/choices/*/index`` -> number."""
    found: dict[str, set[str]] = {}
    for path, value in _walk(body):
        found.setdefault(path, set()).add(_kind(value))
    return found


def _of_shape(theirs: Mapping[str, set[str]], ours: Mapping[str, set[str]]) -> Iterator[str]:
    """Compare types by path. A missing part is only reported if both bodies have its parent, so that it counts once."""
    nothing: set[str] = set()
    for path in sorted({*theirs, *ours}):
        parent = path.rpartition("/")[0]
        together = theirs.get(parent, nothing) & ours.get(parent, nothing) - {"null"}
        # below a missing part every part is missing; only the topmost is reported
        if path.startswith(OPTIONAL) or not together:
            continue
        if path not in ours:
            yield f"{path} is {_either(theirs[path])}, but was not expected"
        elif path not in theirs:
            yield f"{path} is missing, but {_either(ours[path])} was expected"
        elif not _compatible(theirs[path], ours[path]):
            yield f"{path} is {_either(theirs[path])}, but {_either(ours[path])} was expected"


def _compatible(theirs: set[str], ours: set[str]) -> bool:
    """Whether the types agree. A null is compatible with any type."""
    known, expected = theirs - {"null"}, ours - {"null"}
    return not known or not expected or known == expected


def _of_values(theirs: Mapping[str, Json], ours: Mapping[str, Json]) -> Iterator[str]:
    for path in LITERAL:
        if path in theirs and path in ours and theirs[path] != ours[path]:
            yield f"{path} is {theirs[path]!r}, but {ours[path]!r} was expected"


def _of_headers(theirs: Mapping[str, str], ours: Mapping[str, str]) -> Iterator[str]:
    kinds = [headers.get("content-type", "none").partition(";")[0] for headers in (theirs, ours)]
    if kinds[0] != kinds[1]:
        yield f"the content type is {kinds[0]}, but {kinds[1]} was expected"
    for name in sorted(DOCUMENTED & set(ours) - set(theirs)):
        yield f"the header {name} is missing"
    for name in sorted(set(theirs) - DOCUMENTED - set(ours)):
        if name.startswith("x-ratelimit-"):
            yield f"the header {name} is not documented"


def _of_limits(headers: Mapping[str, str], card: Card) -> Iterator[str]:
    """The limits in the headers must be those of a tier on the card."""
    named = [(of, headers.get(f"x-ratelimit-limit-{name}")) for of, name in (("rpd", "requests"), ("tpm", "tokens"))]
    shown = {of: int(value) for of, value in named if value is not None and value.isdecimal()}
    # nothing to compare
    if not shown or not card.limits:
        return
    if not any(all(tier.get(of, value) == value for of, value in shown.items()) for tier in card.limits.values()):
        words = ", ".join(f"{of} {value:,}" for of, value in shown.items())
        yield f"the limits ({words}) match no tier on the card of {card.id}"


def _walk(body: Json) -> Iterator[tuple[str, Json]]:
    """Yield every part of a body with its path, all items of a list under the same. Not recursive, for deep bodies."""
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


def _message(body: Json) -> str:
    """Return the message of an error body in parentheses, or ""."""
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return f" ({message[:200]})" if isinstance(message, str) else ""
