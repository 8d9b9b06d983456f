"""The models that a server lists, and how they differ from the model cards."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from urllib.parse import quote

import groq
import httpx

from structgen.core.errors import ServerFailed
from structgen.core.json import Json, JsonObject, as_object
from structgen.core.records import Card
from structgen.send.http.client import Clients
from structgen.send.http.failures import connection_failure, describe_page, read_refusal
from structgen.send.http.http_response import Reply, decode, refused
from structgen.send.http.providers import ChatApi, Endpoint

_SECONDS = 20.0
SIZES = ("context_window", "max_completion_tokens")


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """A model as the server lists it. Sizes are in tokens, or None if the server does not state them."""

    id: str
    active: bool = True
    context_window: int | None = None
    max_completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between the server's list and the cards."""

    id: str
    words: str

    def __str__(self) -> str:
        return f"{self.id}: {self.words}"


def list_remote_models(api: ChatApi, endpoint: Endpoint) -> tuple[RemoteModel, ...]:
    """Return every model that the server lists. Raises a TransportError if the request fails."""
    listed = read_list(_ask(api, endpoint, ""))
    if listed is None:
        raise ServerFailed(
            f"{api.provider} at {endpoint.shown} does not list its models. Check the base URL{_hint(api, endpoint)}."
        )
    return listed


def read_list(body: Json) -> tuple[RemoteModel, ...] | None:
    """Return the models in a response body, or None if the body is not a list of models."""
    listed = as_object(body).get("data")
    if not isinstance(listed, list):
        return None
    return tuple(model for entry in listed if (model := _read(as_object(entry))))


def retrieve_remote_model(api: ChatApi, endpoint: Endpoint, model: str) -> RemoteModel:
    """Return one model. Raises ModelUnavailable if the server does not have it."""
    found = _read(as_object(_ask(api, endpoint, f"/{quote(model)}")))
    if found is None:
        raise ServerFailed(f"{api.provider} at {endpoint.shown} does not describe {model}. Check the base URL.")
    return found


def compare_with_cards(
    served: Iterable[RemoteModel], cards: Sequence[Card], *, whole: bool = True
) -> Iterator[Difference]:
    """Yield the differences between server and cards. `whole`: the server listed all its models, so others are gone."""
    known, listed = {card.id: card for card in cards}, {model.id: model for model in served}
    for model in listed.values():
        card = known.get(model.id)
        words = _new(model) if card is None else ", ".join(_changes(model, card))
        if words:
            yield Difference(model.id, words)
    if whole:
        yield from (
            Difference(card.id, f"gone: {card.status} on its card, but the server does not list it")
            for card in cards
            if card.status != "retired" and card.id not in listed
        )


def updated_cards(served: Iterable[RemoteModel], cards: Sequence[Card], provider: str) -> tuple[Card, ...]:
    """Return new cards for the models that differ: with the server's sizes, and otherwise unchanged."""
    known = {card.id: card for card in cards}
    changed: list[Card] = []
    for model in served:
        card = known.get(model.id)
        if not model.active or (card is not None and not any(_changes(model, card))):
            continue
        base = card or Card(model.id, provider)
        sizes = {name: value for name in SIZES if (value := getattr(model, name)) is not None}
        changed.append(replace(base, status="unknown" if base.status == "retired" else base.status, **sizes))
    return tuple(changed)


def _ask(api: ChatApi, endpoint: Endpoint, tail: str) -> Json:
    """Return the JSON from the server's models endpoint."""
    url = endpoint.url(api.path.replace("chat/completions", "models") + tail)
    clients = Clients(endpoint)
    try:
        with closing(clients):
            response = clients.sync().get(url, cast_to=httpx.Response, options={"timeout": _SECONDS})
    except groq.APIStatusError as error:
        reply = Reply(error.response.status_code, error.response.headers, error.response.content)
        refusal = read_refusal(decode(reply.content), error.response.text)
        failure = refused(reply, refusal, api, endpoint.secrets).error
        if reply.status == 404 and (hint := _hint(api, endpoint)):
            failure.args = (f"{failure} Is it the base URL?{hint.removeprefix(':')}.",)
        raise failure from None
    except (groq.APIError, httpx.HTTPError, TimeoutError) as error:
        raise connection_failure(error, endpoint, api).error from None
    body = decode(response.content)
    if body is None:
        page = describe_page(response.text)
        raise ServerFailed(
            f"{api.provider} at {endpoint.shown} answered with {page}. Check the base URL{_hint(api, endpoint)}."
        )
    return body


def _hint(api: ChatApi, endpoint: Endpoint) -> str:
    """Return how to write the base URL if it lacks the version that most servers need, else an empty text."""
    better = endpoint.with_version if api.schema_first else None
    return "" if better is None else f": most servers need /v1 at its end, as in {better}"


def _read(entry: JsonObject) -> RemoteModel | None:
    name = entry.get("id")
    if not isinstance(name, str):
        return None
    window = next(filter(None, map(_size, _windows(entry))), None)
    return RemoteModel(name, entry.get("active") is not False, window, _size(entry.get("max_completion_tokens")))


def _windows(entry: JsonObject) -> tuple[Json, ...]:
    """Return what an entry may say about its context window: Groq's, OpenRouter's, vLLM's and llama-server's names."""
    names = ("context_window", "context_length", "max_model_len")
    return (*(entry.get(name) for name in names), as_object(entry.get("meta")).get("n_ctx"))


def _size(value: Json) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _new(model: RemoteModel) -> str:
    sizes = ", ".join(f"{name} {value:,}" for name in SIZES if (value := getattr(model, name)) is not None)
    return " ".join(filter(None, ["new: it has no card", f"({sizes})" if sizes else ""]))


def _changes(model: RemoteModel, card: Card) -> Iterator[str]:
    if not model.active and card.status != "retired":
        yield f"not active, but {card.status} on its card"
    if model.active and card.status == "retired":
        yield "in service, but retired on its card"
    for name in SIZES:
        theirs, ours = getattr(model, name), getattr(card, name)
        if theirs is not None and theirs != ours and model.active:
            yield f"{name} {theirs:,}, but {'unknown' if ours is None else format(ours, ',')} on its card"
