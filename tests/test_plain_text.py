"""Plain text without a schema: the parameters of one call, its cost, and histories with tool calls, over the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from groq.types.chat import ChatCompletionMessage

import structgen
from structgen import (
    BudgetExceeded,
    Call,
    Completion,
    ConfigurationError,
    DocumentError,
    Extractor,
    Message,
    Options,
    acomplete,
    compile_request,
    complete,
    list_models,
)
from structgen.testing import Emulator, plain

CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"town": "Oslo"}'}}
HISTORY: list[dict[str, Any]] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "How is the weather in Oslo?", "name": "ann"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "name": "weather", "content": "Snow, -4 °C"},
]
Text = Callable[..., Completion]


def streamed(messages: Any, **parameters: Any) -> Completion:
    with Extractor().stream_text(messages, **parameters) as pieces:
        text = "".join(pieces)
    assert pieces.completion is not None
    assert pieces.completion.text == text
    return pieces.completion


async def astreamed(messages: Any, **parameters: Any) -> Completion:
    async with Extractor() as extractor, extractor.astream_text(messages, **parameters) as pieces:
        _ = [piece async for piece in pieces]
    assert pieces.completion is not None
    return pieces.completion


WAYS: dict[str, Text] = {
    "complete": complete,
    "acomplete": lambda *given, **parameters: asyncio.run(acomplete(*given, **parameters)),
    "stream_text": streamed,
    "astream_text": lambda *given, **parameters: asyncio.run(astreamed(*given, **parameters)),
}


@pytest.fixture(params=list(WAYS))
def text(request: pytest.FixtureRequest, groq_emulator: Emulator) -> Text:
    groq_emulator.script(plain("It snows."), repeat_last=True)
    return WAYS[request.param]


def test_a_call_sets_its_own_parameters_and_has_its_cost(text: Text, groq_emulator: Emulator) -> None:
    answer = text("How is it?", temperature=0.7, max_completion_tokens=50, stop=["END"], seed=3, top_p=0.5)

    body = groq_emulator.requests[0].body
    sent = {name: body[name] for name in ("temperature", "max_completion_tokens", "stop", "seed", "top_p")}
    assert sent == {"temperature": 0.7, "max_completion_tokens": 50, "stop": ["END"], "seed": 3, "top_p": 0.5}
    card = next(card for card in list_models() if card.id == body["model"])
    assert card.price_in is not None
    assert card.price_out is not None
    usage = answer.usage
    assert usage.input_tokens
    assert usage.output_tokens
    paid = usage.input_tokens * card.price_in + usage.output_tokens * card.price_out
    assert answer.cost == pytest.approx(paid / 1_000_000)


def test_a_history_with_tool_calls_is_sent_as_the_sdk_writes_it(text: Text, groq_emulator: Emulator) -> None:
    text(HISTORY)

    sent = groq_emulator.requests[0].body["messages"]
    assert sent == [HISTORY[0], HISTORY[1], {**HISTORY[2], "content": ""}, HISTORY[3]]


def test_the_message_object_of_a_response_can_be_appended(groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Snow."))
    said: Any = ChatCompletionMessage.model_validate(
        {"role": "assistant", "tool_calls": [CALL], "reasoning": "I need the weather.", "content": None}
    )

    assert complete([*HISTORY[:2], said, HISTORY[3]]).text == "Snow."
    assert groq_emulator.requests[0].body["messages"][2] == {"role": "assistant", "content": "", "tool_calls": [CALL]}


def test_messages_with_calls_can_be_built_as_records(groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Snow."))
    call = Call("weather", '{"town": "Oslo"}', "c1")

    complete(
        [Message("user", "Weather?"), Message("assistant", "", tool_calls=(call,)), Message("tool", "", None, (), "c1")]
    )

    assert groq_emulator.requests[0].body["messages"][1:] == [
        {"role": "assistant", "content": "", "tool_calls": [CALL]},
        {"role": "tool", "content": "", "tool_call_id": "c1"},
    ]


def test_what_a_tool_returned_is_a_source_for_extraction() -> None:
    request = compile_request(structgen.fields("weather"), HISTORY)

    assert request.document == "How is the weather in Oslo?\n\nSnow, -4 °C"
    assert [message.role for message in request.messages] == ["system", "user", "assistant", "tool"]


USER = {"role": "user", "content": "Hello"}


@pytest.mark.parametrize(
    ("history", "says"),
    [
        ([USER, {"role": "tool", "content": "5"}], "tool_call_id"),
        ([USER, {"role": "tool", "content": "5", "tool_call_id": "c9"}], "'c9', which no message"),
        ([USER, {"role": "assistant", "tool_calls": [CALL]}, {"role": "tool", "tool_call_id": "c1"}], "content"),
        ([USER, {"role": "assistant", "content": ""}], "empty"),
        ([USER, {"role": "assistant"}], "content"),
        ([USER, {"role": "assistant", "content": "x", "tool_call_id": "c1"}], "tool_call_id"),
        ([{**USER, "tool_calls": [CALL]}], "role 'assistant'"),
        ([USER, {"role": "assistant", "tool_calls": [{"id": "c1"}]}], "A tool call must be"),
        ([USER, {"role": "assistant", "tool_calls": [5]}], "A tool call must be"),
        ([USER, {"role": "assistant", "tool_calls": "weather"}], "tool call"),
        ([USER, {"role": "assistant", "content": "x", "function_call": {"name": "f"}}], "function_call"),
        ([{**USER, "name": 5}], "name"),
        ([{**USER, "role": ["user"]}], "role"),
        ([{"user": "Hello"}], "role"),
        ([("user", "Hello")], "tuple"),
        ([7], "int"),
        ({"messages": [USER]}, "list"),
    ],
)
def test_what_is_no_history_is_refused_before_anything_is_sent(
    history: Any, says: str, groq_emulator: Emulator
) -> None:
    with pytest.raises(DocumentError, match=says):
        complete(history)
    assert groq_emulator.requests == []


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"temperatur": 1}, "Did you mean 'temperature'"),
        ({"mode": "json"}, "Unknown parameter 'mode'"),
        ({"temperature": 3}, "between 0 and 2"),
        ({"stop": list("abcde")}, "at most 4"),
    ],
)
def test_a_wrong_parameter_is_named(parameters: Any, says: str, text: Text, groq_emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match=says):
        text("Hello", **parameters)
    assert groq_emulator.requests == []


def test_other_options_share_the_connection_and_keep_the_old_ones_as_they_are(groq_emulator: Emulator) -> None:
    groq_emulator.script(plain("Hi."), repeat_last=True)
    extractor = Extractor(options=Options(temperature=0.2))
    other = extractor.with_options(Options(temperature=0.9, budget=structgen.Budget(max_tokens=1)))

    extractor.complete("Hello")
    with pytest.raises(BudgetExceeded):
        other.complete("Hello")

    assert [received.body["temperature"] for received in groq_emulator.requests] == [0.2]


def test_prices_and_cards_are_public() -> None:
    assert all(card.status != "retired" for card in list_models())
    assert {card.status for card in list_models(retired=True)} > {card.status for card in list_models()}
    assert all(isinstance(card, structgen.Card) for card in list_models())
