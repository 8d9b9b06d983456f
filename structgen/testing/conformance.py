"""Does a server do what the emulator and the cards say? Documented behaviours, each provoked by one request.

The cases are data (conformance.json). Each goes to the server and to an emulator, and the two answers are compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from structgen.core.json import Json, JsonObject
from structgen.core.records import Card
from structgen.send.http.providers import Endpoint, mask
from structgen.send.model_cards import list_cards
from structgen.send.remote_models import compare, read_list
from structgen.testing.emulator.bodies import prompt_tokens
from structgen.testing.emulator.replies import reply
from structgen.testing.emulator.server import Emulator
from structgen.testing.recordings import DOCUMENTED, Exchange, Response

if TYPE_CHECKING:
    import httpx


ROOM = 400
"""Tokens that an answer may take, thinking included."""

_PREFIX = "/openai/v1/"
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Case:
    """A request that provokes one documented behaviour.

    `answer` is what the emulator's model says to it, None where no model is to be asked; `needs` are modes that the
    model must have; `also` are statuses that are documented beside the one that the emulator gives.
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
    """What a case brought: nothing in `differs` where all is as expected; no exchange where no answer came."""

    case: Case
    differs: tuple[str, ...]
    exchange: Exchange | None = None


def cases_for(card: Card, calls: int) -> tuple[Case, ...]:
    """The cases that fit the model, the most telling first, and no more than may be called."""
    entries = cast("list[JsonObject]", json.loads((files("structgen.testing") / "conformance.json").read_text("utf-8")))
    cases = (_case(entry, card) for entry in entries)
    return tuple(case for case in cases if all(_has(card, need) for need in case.needs))[:calls]


def price_of(cases: Sequence[Case], card: Card) -> tuple[int, int, float | None]:
    """The most that the cases may take: tokens in, tokens out, and USD (None where a price is unknown)."""
    asked = [case.body for case in cases if case.body is not None and case.answer is not None]
    tokens_in = sum(prompt_tokens(body) + len(json.dumps(body)) // 4 for body in asked)
    tokens_out = sum(cast("int", body["max_completion_tokens"]) for body in asked)
    if card.price_in is None or card.price_out is None:
        return tokens_in, tokens_out, None
    return tokens_in, tokens_out, (tokens_in * card.price_in + tokens_out * card.price_out) / 1e6


def conform(cases: Sequence[Case], card: Card, endpoint: Endpoint) -> Iterator[Finding]:
    """Each case in turn: asked there, asked of the emulator, compared. A server that is not reached is a difference."""
    import httpx

    with Emulator(models=(card.id,)) as twin, httpx.Client(timeout=_SECONDS) as client:
        for case in cases:
            try:
                theirs = _ask(client, case, endpoint)
            except httpx.HTTPError as error:
                words = mask(str(error), endpoint.key) or type(error).__name__
                yield Finding(case, (f"no answer: {words}",))
                continue
            yield _compared(case, card, theirs, _expected(client, case, twin))


def _compared(case: Case, card: Card, theirs: Response, ours: Response) -> Finding:
    if theirs.status == 429 and ours.status != 429:
        differs = ("a rate limit kept it from being answered: try again in a minute",)
    elif case.path == "models":
        differs = (*differences(theirs, ours, card), *_listed(theirs.body))
    else:
        differs = tuple(differences(theirs, ours, card, case.also))
    method = "GET" if case.body is None else "POST"
    return Finding(case, differs, Exchange(case.name, method, _PREFIX + case.path, case.body, theirs))


def _listed(body: Json) -> Iterator[str]:
    """Where the list of models differs from the cards."""
    own = [card for card in list_cards() if card.provider == "groq"]
    return (str(difference) for difference in compare(read_list(body) or (), own))


def _expected(client: httpx.Client, case: Case, twin: Emulator) -> Response:
    """What the emulator answers."""
    twin.reset()
    if case.answer is not None:
        twin.script(reply(case.answer))
    return _ask(client, case, Endpoint(twin.base_url, twin.api_key))


def _ask(client: httpx.Client, case: Case, endpoint: Endpoint) -> Response:
    """One exchange, without retries: what is answered is what is looked at."""
    from urllib.parse import quote

    headers = {"Authorization": f"Bearer {case.key or endpoint.key}"}
    url = f"{endpoint.base_url}{_PREFIX}{quote(case.path)}"
    answer = client.request("GET" if case.body is None else "POST", url, headers=headers, json=case.body)
    try:
        body = cast("Json", answer.json())
    except (ValueError, RecursionError):
        body = answer.text
    return Response(answer.status_code, dict(answer.headers), body)


def _has(card: Card, need: str) -> bool:
    """Whether the model has a mode, as far as its card knows any."""
    return card.strict if need == "strict" else not card.modes or need in card.modes


def _case(entry: JsonObject, card: Card) -> Case:
    """A case from its JSON, in which every key is a field of the record, with the model's name put in."""
    words = {"$model": card.id, "$retired": _retired()}
    text = re.sub(r"\$(?:model|retired)", lambda found: json.dumps(words[found[0]])[1:-1], json.dumps(entry))
    made = cast("dict[str, Any]", json.loads(text))
    if "body" in made:
        effort = {"reasoning_effort": "low"} if "low" in card.reasoning else {}
        made["body"] = {"model": card.id, "temperature": 0, "max_completion_tokens": ROOM, **effort, **made["body"]}
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
