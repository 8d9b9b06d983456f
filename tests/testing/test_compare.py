"""Two responses side by side: what counts as a difference, and what does not."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.records import Card
from structgen.testing.compare import Response, differences, shape

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
        ({"a": 1, "b": {"c": 2}}, {"a": 1}, "/b is there, a object, and was not expected"),
        ({}, {"b": {"c": 2}}, "/b is not there, where a object was expected"),
        ({"a": "1"}, {"a": 1}, "/a is a string, where a number was expected"),
        ("<html>", {"a": 1}, "the body is a string, where a object was expected"),
        ({"choices": []}, {"choices": [{"a": 1}]}, "/choices/* is not there, where a object was expected"),
        ({"object": "x"}, {"object": "y"}, "/object is 'x', where 'y' was expected"),
        ({"error": {"message": "No"}}, {"error": {"message": "no"}}, "/error/message is 'No', where 'no' was expected"),
    ],
)
def test_what_differs_is_said_once_with_both_sides(theirs: Any, ours: Any, words: str) -> None:
    assert differ(theirs, ours) == [words.replace("a object", "an object")]


def test_another_status_is_said_with_the_servers_words_and_ends_the_matter() -> None:
    theirs = Response(404, {}, {"error": {"message": "It is gone."}, "more": 1})
    ours = Response(400, JSON, {})
    assert [*differences(theirs, ours, CARD)] == ["status 404 (It is gone.), where 400 was expected"]
    assert [*differences(theirs, ours, CARD, also=(404,))] == []


def test_headers_that_clients_read_are_compared() -> None:
    ours = Response(200, {**JSON, "x-request-id": "req_1"}, {})
    theirs = Response(200, {"content-type": "text/html", "x-ratelimit-limit-audio": "1", "cf-ray": "1"}, {})
    assert [*differences(theirs, ours, CARD)] == [
        "the content type is text/html, where application/json was expected",
        "the header x-request-id is not there",
        "the header x-ratelimit-limit-audio is there, and not documented",
    ]


@pytest.mark.parametrize(
    ("requests", "tokens", "agrees"),
    [("1000", "8000", True), ("500000", "250000", True), ("1000", "6000", False), ("no", "8000", True)],
)
def test_limits_must_be_those_of_a_tier_on_the_card(requests: str, tokens: str, agrees: bool) -> None:
    found = differ({}, {}, **{"x-ratelimit-limit-requests": requests, "x-ratelimit-limit-tokens": tokens})
    assert not found if agrees else found == ["the limits (rpd 1,000, tpm 6,000) are those of no tier on the card of m"]


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
