"""The models that a server lists, and how they differ from the cards."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from structgen.core.errors import AuthenticationFailed, ConnectionFailed, ModelUnavailable, ServerFailed, TransportError
from structgen.core.json import JsonObject
from structgen.core.records import Card
from structgen.send import list_cards
from structgen.send.http.providers import COMPATIBLE, GROQ, Endpoint
from structgen.send.remote_models import (
    Difference,
    RemoteModel,
    compare_with_cards,
    list_remote_models,
    read_list,
    retrieve_remote_model,
    updated_cards,
)
from structgen.testing import Emulator

CARDS = (
    Card("small", status="production", context_window=1000, max_completion_tokens=100, price_in=1.0),
    Card("old", status="retired"),
)
SMALL = RemoteModel("small", True, 1000, 100)


def endpoint(emulator: Emulator, key: str = "") -> Endpoint:
    return Endpoint(emulator.base_url, key or emulator.api_key)


def test_the_server_lists_its_models_with_their_sizes(groq_emulator: Emulator) -> None:
    served = list_remote_models(GROQ, endpoint(groq_emulator))
    assert RemoteModel("openai/gpt-oss-20b", True, 131072, 65536) in served
    assert [received.path for received in groq_emulator.requests] == ["/openai/v1/models"]


def test_the_emulator_lists_what_the_cards_say(groq_emulator: Emulator) -> None:
    own = [card for card in list_cards() if card.provider == "groq"]
    assert [*compare_with_cards(list_remote_models(GROQ, endpoint(groq_emulator)), own)] == []


def test_one_model_is_retrieved_by_its_id(groq_emulator: Emulator) -> None:
    found = retrieve_remote_model(GROQ, endpoint(groq_emulator), "openai/gpt-oss-20b")
    assert found == RemoteModel("openai/gpt-oss-20b", True, 131072, 65536)
    assert groq_emulator.requests[0].path == "/openai/v1/models/openai/gpt-oss-20b"


def test_a_model_that_the_server_does_not_have_is_unavailable(groq_emulator: Emulator) -> None:
    with pytest.raises(ModelUnavailable, match="no/such"):
        retrieve_remote_model(GROQ, endpoint(groq_emulator), "no/such")


def test_an_id_cannot_leave_the_models_address(groq_emulator: Emulator) -> None:
    with pytest.raises(ModelUnavailable):
        retrieve_remote_model(GROQ, endpoint(groq_emulator), "x?key=1#/y z")
    assert groq_emulator.requests[0].path == "/openai/v1/models/x%3Fkey=1%23/y z"


def test_a_wrong_key_is_said_and_masked(groq_emulator: Emulator) -> None:
    with pytest.raises(AuthenticationFailed, match="GROQ_API_KEY") as caught:
        list_remote_models(GROQ, endpoint(groq_emulator, "gsk_wrong0123456789"))
    assert "gsk_wrong0123456789" not in f"{caught.value!r} {vars(caught.value)}"


def test_a_server_that_is_not_there_is_said(unused_port: int) -> None:
    with pytest.raises(ConnectionFailed, match="refused"):
        list_remote_models(GROQ, Endpoint(f"http://127.0.0.1:{unused_port}", "gsk_x"))


def test_another_address_has_no_list(groq_emulator: Emulator) -> None:
    with pytest.raises(TransportError, match="base URL"):
        list_remote_models(COMPATIBLE, endpoint(groq_emulator))


def test_models_that_agree_are_not_mentioned() -> None:
    assert [*compare_with_cards([SMALL], CARDS)] == []


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (RemoteModel("new", True, 2000), "new: it has no card (context_window 2,000)"),
        (RemoteModel("new"), "new: it has no card"),
        (RemoteModel("small", True, 2000, 100), "context_window 2,000, but 1,000 on its card"),
        (RemoteModel("small", True, 1000, 99), "max_completion_tokens 99, but 100 on its card"),
        (RemoteModel("small", False, 1000, 100), "not active, but production on its card"),
        (RemoteModel("old", True), "in service, but retired on its card"),
        (RemoteModel("old", True, 5), "in service, but retired on its card, context_window 5, but unknown on its card"),
    ],
)
def test_what_differs_is_named_with_both_sides(model: RemoteModel, words: str) -> None:
    assert [*compare_with_cards([model], CARDS, whole=False)] == [Difference(model.id, words)]
    assert str(Difference(model.id, words)) == f"{model.id}: {words}"


def test_a_card_that_the_whole_list_does_not_have_is_gone() -> None:
    (gone,) = compare_with_cards([], CARDS)
    assert gone == Difference("small", "gone: production on its card, but the server does not list it")
    assert [*compare_with_cards([], CARDS, whole=False)] == []


def test_updated_cards_have_the_servers_sizes_and_keep_the_rest() -> None:
    served = [
        RemoteModel("small", True, 2000),
        RemoteModel("new", True, 3000, 30),
        RemoteModel("old", True),
        RemoteModel("off", False),
    ]
    assert updated_cards(served, CARDS, "groq") == (
        dataclasses.replace(CARDS[0], context_window=2000),
        Card("new", context_window=3000, max_completion_tokens=30),
        Card("old", status="unknown"),
    )


def test_what_agrees_needs_no_new_card() -> None:
    assert updated_cards([SMALL], CARDS, "groq") == ()


def test_a_listing_of_another_shape_is_no_list(groq_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("structgen.send.remote_models._ask", lambda *_: {"data": "none"})
    with pytest.raises(ServerFailed, match="does not list its models"):
        list_remote_models(GROQ, endpoint(groq_emulator))


@pytest.mark.parametrize(
    ("status", "body"), [(404, "404 page not found"), (200, {"error": "Unexpected endpoint"}), (200, "<html></html>")]
)
def test_a_base_url_without_its_version_is_said(status: int, body: object, serve: Callable[..., Any]) -> None:
    server = serve(lambda method, path, received: (status, body))
    with pytest.raises(TransportError, match=f"most servers need /v1 at its end, as in {server.url}/v1"):
        list_remote_models(COMPATIBLE, Endpoint(server.url, "none"))


@pytest.mark.parametrize(
    ("entry", "window"),
    [
        ({"id": "a", "object": "model", "owned_by": "library"}, None),
        ({"id": "a", "max_model_len": 4096}, 4096),
        ({"id": "a", "context_length": 8192, "top_provider": {"context_length": 1}}, 8192),
        ({"id": "a", "meta": {"n_ctx": 16384, "n_ctx_train": 131072}}, 16384),
        ({"id": "a", "meta": None, "max_model_len": "many"}, None),
    ],
)
def test_the_context_window_is_read_under_every_servers_name(entry: JsonObject, window: int | None) -> None:
    assert read_list({"object": "list", "data": [entry]}) == (RemoteModel("a", True, window),)
