"""Parameters: passed on, and refused if the API would reject them."""

from dataclasses import replace
from typing import Any

import pytest
from pydantic import BaseModel

from structgen.compile import Brief, compile_brief
from structgen.core.errors import ConfigurationError, RequestTooLarge
from structgen.core.options import Mode, Options
from structgen.core.records import Card, Request
from structgen.schema import Schema


class Soup(BaseModel):
    title: str


MODES = (Mode.JSON, Mode.TEXT, Mode.TOOLS)
CARD = Card("a-model", modes=MODES, reasoning=("low", "high"), max_completion_tokens=4_000, context_window=8_000)


def request(text: str = "Leek soup.", card: Card | None = CARD, **options: Any) -> Request:
    return compile_brief(Brief(Schema.of(Soup), "groq", "a-model", Options(**options), card=card)).request_for(text)


def test_every_parameter_that_is_set_is_sent() -> None:
    given: dict[str, Any] = {
        "temperature": 0.5,
        "top_p": 0.9,
        "max_completion_tokens": 99,
        "stop": ("a", "b"),
        "seed": 7,
        "presence_penalty": 0.1,
        "frequency_penalty": -0.1,
        "service_tier": "flex",
        "reasoning_effort": "low",
        "reasoning_format": "hidden",
        "parallel_tool_calls": False,
        "disable_tool_validation": True,
        "user": "u",
        "metadata": {"k": "v"},
        "store": False,
    }
    body = request(**given).to_groq()
    assert {name: body[name] for name in given} == {**given, "stop": ["a", "b"]}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"temperature": 2.1}, "between 0 and 2"),
        ({"top_p": -0.1}, "between 0 and 1"),
        ({"stop": ("a", "b", "c", "d", "e")}, "may have at most 4"),
        ({"max_completion_tokens": 0}, "at least 1"),
        ({"max_completion_tokens": 4_001}, "at most 4000"),
        ({"reasoning_effort": "medium"}, "low, high"),
        ({"reasoning_format": "raw"}, "needs mode 'text', not 'json'"),
        ({"reasoning_format": "hidden", "include_reasoning": True}, "mutually exclusive"),
    ],
)
def test_what_the_api_would_refuse_is_refused_before_it_is_sent(options: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        request(**options)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"temperature .*; top_p"):
        request(temperature=9, top_p=9)


def test_an_effort_for_a_model_that_does_not_reason_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="does not reason"):
        request(card=replace(CARD, reasoning=()), reasoning_effort="low")


def test_raw_reasoning_goes_with_plain_text() -> None:
    assert request(mode=Mode.TEXT, reasoning_format="raw").parameters.reasoning_format == "raw"


def test_an_unknown_model_is_given_what_was_asked_for() -> None:
    assert request(card=None, max_completion_tokens=1_000_000).parameters.max_completion_tokens == 1_000_000


def test_the_room_is_cut_to_what_the_context_leaves() -> None:
    card = replace(CARD, max_completion_tokens=None)
    room = request("x" * 20_000, card=card).parameters.max_completion_tokens
    assert 512 <= (room or 0) < 3_000


def test_a_text_that_leaves_no_room_is_refused_with_the_numbers() -> None:
    with pytest.raises(RequestTooLarge, match=r"about 10,1\d\d tokens .* is 8,000"):
        request("x" * 40_000)
    with pytest.raises(RequestTooLarge):
        request("x" * 20_000, max_completion_tokens=4_000)
