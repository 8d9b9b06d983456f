"""Does a server do what the emulator and the cards say? Documented behaviours, each provoked by one request.

The cases are data (conformance.json). Each goes to the server and to an emulator, and the two answers are compared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from structgen.core.json import Json, JsonObject
from structgen.core.records import Card
from structgen.send.http.providers import Endpoint, mask
from structgen.send.model_cards import list_cards
from structgen.send.remote_models import compare, read_list
from structgen.testing.compare import Response, differences
from structgen.testing.emulator.bodies import prompt_tokens
from structgen.testing.emulator.replies import reply
from structgen.testing.emulator.server import Emulator
from structgen.testing.recordings import Exchange

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
