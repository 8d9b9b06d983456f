"""The conformance cases, with emulators in place of Groq: one that conforms, and some that deviate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.records import Card
from structgen.send import find_card
from structgen.send.http.providers import Endpoint
from structgen.testing import Emulator, error, page, raw
from structgen.testing.conformance import Case, Finding, cases_for, conform, differences, price_of, shape
from structgen.testing.recordings import Response

ALL = 1000


def answer(body: Any) -> str:
    """The answers of an obedient model to the cases."""
    return '{"name": "Ada"}' if body.get("response_format") or body.get("tools") else "Ada " * 40


@pytest.fixture(scope="module")
def api() -> Iterator[Emulator]:
    with Emulator(answer=answer) as emulator:
        yield emulator


@pytest.fixture
def card() -> Card:
    found = find_card("groq", "openai/gpt-oss-20b")
    assert found is not None
    return found


def named(card: Card, *names: str) -> list[Case]:
    return [case for case in cases_for(card, ALL) if case.name in names]


def findings(api: Emulator, card: Card, *names: str) -> list[Finding]:
    return [*conform(named(card, *names), card, Endpoint(api.base_url, api.api_key))]


def test_a_server_that_does_as_documented_differs_nowhere(api: Emulator, card: Card) -> None:
    api.reset()
    found = [*conform(cases_for(card, ALL), card, Endpoint(api.base_url, api.api_key))]
    assert [(finding.case.name, finding.differs) for finding in found if finding.differs] == []
    assert len(found) == len(api.requests) == len(cases_for(card, ALL)) >= 18


def test_the_cases_provoke_what_their_names_say(api: Emulator, card: Card) -> None:
    found = [*conform(cases_for(card, ALL), card, Endpoint(api.base_url, api.api_key))]
    statuses = {finding.case.name: finding.exchange.response.status for finding in found if finding.exchange}
    accepted = {name for name, status in statuses.items() if status == 200}
    assert accepted == {
        "models_list", "json_object", "json_schema_strict", "json_schema_best_effort", "tools_forced",
        "model_retrieved", "text_out_of_tokens",
    }  # fmt: skip
    assert statuses["key_wrong"] == 401
    assert statuses["model_unknown"] == statuses["url_unknown"] == 404
    assert set(statuses.values()) == {200, 400, 401, 404}


def test_another_status_is_found(api: Emulator, card: Card) -> None:
    api.reset()
    api.script(error("internal"))
    (finding,) = findings(api, card, "json_object")
    assert finding.differs == ("status 500 (Internal Server Error), but 200 was expected",)


def test_a_page_in_the_place_of_json_is_found(api: Emulator, card: Card) -> None:
    api.reset()
    api.script(page("Sign in"))
    (finding,) = findings(api, card, "json_object")
    assert "the body is a string, but an object was expected" in finding.differs
    assert "the content type is text/html, but application/json was expected" in finding.differs


def test_another_body_is_found(api: Emulator, card: Card) -> None:
    api.reset()
    api.script(raw('{"choices": [], "model": "other", "extra": 1}'))
    (finding,) = findings(api, card, "json_object")
    assert "/extra is a number, but was not expected" in finding.differs
    assert "/usage is missing, but an object was expected" in finding.differs
    assert "/model is 'other', but 'openai/gpt-oss-20b' was expected" in finding.differs


def test_other_words_of_an_error_are_found(api: Emulator, card: Card) -> None:
    api.reset()
    api.script(error("n_not_one", message="Only one, please."))
    (finding,) = findings(api, card, "n_is_2")
    assert finding.differs == (
        "/error/message is 'Only one, please.', but \"'n' : number must be at most 1\" was expected",
    )


def test_a_request_that_should_be_refused_and_is_not_is_found(api: Emulator, card: Card) -> None:
    api.reset()
    api.script(raw('{"choices": []}'))
    (finding,) = findings(api, card, "tools_with_response_format")
    assert finding.differs == ("status 200, but 400 was expected",)


def test_limits_of_another_tier_are_found(api: Emulator, card: Card) -> None:
    api.reset()
    api.script(raw('{"error": {}}', status=400, headers={"x-ratelimit-limit-tokens": "6000", "x-request-id": "r"}))
    (finding,) = findings(api, card, "n_is_2")
    assert "the limits (tpm 6,000) match no tier on the card of openai/gpt-oss-20b" in finding.differs


def test_models_that_no_card_knows_are_found(card: Card) -> None:
    with Emulator(models=("brand/new",)) as api:
        (finding,) = findings(api, card, "models_list")
    assert finding.differs == ("brand/new: new: it has no card",)


def test_a_rate_limit_is_said_as_such(api: Emulator, card: Card) -> None:
    api.reset()
    api.script(error("rate_limit"))
    (finding,) = findings(api, card, "json_object")
    assert finding.differs == ("a rate limit refused the request: try again in a minute",)


def test_a_server_that_is_not_reached_is_a_difference_and_not_the_end(card: Card) -> None:
    cases = named(card, "n_is_2", "models_list")
    found = [*conform(cases, card, Endpoint("http://127.0.0.1:9", "gsk_x"))]
    assert [finding.differs[0][:13] for finding in found] == ["no response: "] * 2
    assert [finding.exchange for finding in found] == [None, None]


def test_calls_are_capped(card: Card) -> None:
    assert [case.name for case in cases_for(card, 2)] == ["models_list", "json_object"]


def test_a_model_is_asked_only_for_what_it_can() -> None:
    guard = find_card("groq", "meta-llama/llama-prompt-guard-2-22m")
    assert guard is not None
    names = {case.name for case in cases_for(guard, ALL)}
    assert "n_is_2" in names
    assert not names & {"json_object", "tools_forced", "json_schema_strict"}
    unknown = {case.name for case in cases_for(Card("some/model"), ALL)}
    assert "json_object" in unknown
    assert "json_schema_strict" not in unknown


def test_the_price_counts_what_a_model_is_asked(card: Card) -> None:
    cases = named(card, "json_object", "n_is_2", "models_list")
    tokens_in, tokens_out, cost = price_of(cases, card)
    assert (tokens_in > 20, tokens_out) == (True, 400)
    assert cost == pytest.approx((tokens_in * 0.075 + tokens_out * 0.3) / 1e6)
    assert price_of(cases, replace(card, price_in=None))[2] is None


def test_a_name_cannot_break_out_of_its_case() -> None:
    cases = cases_for(Card('x"}, {"n": "'), ALL)
    assert {case.body["model"] for case in cases if case.body and case.name == "json_object"} == {'x"}, {"n": "'}


CARD = Card("m", limits={"free": {"rpd": 1000, "tpm": 8000}, "dev": {"tpm": 250000}})
JSON = {"content-type": "application/json"}


def differ(theirs: Any, ours: Any, **headers: str) -> list[str]:
    return [*differences(Response(200, {**JSON, **headers}, theirs), Response(200, JSON, ours), CARD)]


def test_the_shape_of_a_body_is_its_paths_and_types() -> None:
    found = shape({"a": [{"b": 1}, {"b": None}], "c": True})
    assert found == {
        "": {"object"},
        "/a": {"list"},
        "/a/*": {"object"},
        "/a/*/b": {"number", "null"},
        "/c": {"boolean"},
    }


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"id": "x", "n": 1}, {"id": "y", "n": 2.5}),
        ({"a": None}, {"a": {"b": 1}}),
        ({"a": {"b": 1}}, {"a": None}),
        ({"choices": [{"message": {"reasoning": "x"}}]}, {"choices": [{"message": {}}]}),
        ({"usage": {}}, {"usage": {"completion_tokens_details": {"reasoning_tokens": 1}}}),
        ({"error": {"failed_generation": "x"}}, {"error": {"failed_generation": "y"}}),
    ],
)
def test_what_comes_and_goes_is_no_difference(theirs: Any, ours: Any) -> None:
    assert differ(theirs, ours) == []


@pytest.mark.parametrize(
    ("theirs", "ours", "words"),
    [
        ({"a": 1, "b": {"c": 2}}, {"a": 1}, "/b is a object, but was not expected"),
        ({}, {"b": {"c": 2}}, "/b is missing, but a object was expected"),
        ({"a": "1"}, {"a": 1}, "/a is a string, but a number was expected"),
        ("<html>", {"a": 1}, "the body is a string, but a object was expected"),
        ({"choices": []}, {"choices": [{"a": 1}]}, "/choices/* is missing, but a object was expected"),
        ({"object": "x"}, {"object": "y"}, "/object is 'x', but 'y' was expected"),
        ({"error": {"message": "No"}}, {"error": {"message": "no"}}, "/error/message is 'No', but 'no' was expected"),
    ],
)
def test_what_differs_is_said_once_with_both_sides(theirs: Any, ours: Any, words: str) -> None:
    assert differ(theirs, ours) == [words.replace("a object", "an object")]


def test_another_status_is_said_with_the_servers_words_and_ends_the_matter() -> None:
    theirs = Response(404, {}, {"error": {"message": "It is gone."}, "more": 1})
    ours = Response(400, JSON, {})
    assert [*differences(theirs, ours, CARD)] == ["status 404 (It is gone.), but 400 was expected"]
    assert [*differences(theirs, ours, CARD, also=(404,))] == []


def test_headers_that_clients_read_are_compared() -> None:
    ours = Response(200, {**JSON, "x-request-id": "req_1"}, {})
    theirs = Response(200, {"content-type": "text/html", "x-ratelimit-limit-audio": "1", "cf-ray": "1"}, {})
    assert [*differences(theirs, ours, CARD)] == [
        "the content type is text/html, but application/json was expected",
        "the header x-request-id is missing",
        "the header x-ratelimit-limit-audio is not documented",
    ]


@pytest.mark.parametrize(
    ("requests", "tokens", "agrees"),
    [("1000", "8000", True), ("500000", "250000", True), ("1000", "6000", False), ("no", "8000", True)],
)
def test_limits_must_be_those_of_a_tier_on_the_card(requests: str, tokens: str, agrees: bool) -> None:
    found = differ({}, {}, **{"x-ratelimit-limit-requests": requests, "x-ratelimit-limit-tokens": tokens})
    assert not found if agrees else found == ["the limits (rpd 1,000, tpm 6,000) match no tier on the card of m"]


def test_a_card_without_limits_says_nothing_about_them() -> None:
    theirs = Response(200, {"x-ratelimit-limit-tokens": "1"}, {})
    assert [*differences(theirs, Response(200, {}, {}), Card("m"))] == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda held: st.lists(held, max_size=3) | st.dictionaries(st.text(max_size=3), held, max_size=3),
    max_leaves=12,
)


@settings(deadline=None, max_examples=60)
@given(VALUES)
def test_nothing_differs_from_itself(body: Any) -> None:
    assert differ(body, body) == []


def test_depth_is_no_harm() -> None:
    deep: Any = 1
    for _ in range(5000):
        deep = [deep]
    assert differ(deep, {"a": 1})
