"""What a request contains, and in which order."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from structgen.compile import Brief, compile_brief
from structgen.core.chat_message import Image, Message
from structgen.core.errors import DocumentError
from structgen.core.options import Mode, Options, Style
from structgen.core.records import Card, Document, Example, Request
from structgen.schema import Schema


class Soup(BaseModel):
    title: str = Field(description="what the soup is called")
    minutes: int


CARD = Card("a-model", modes=(Mode.JSON, Mode.TEXT), max_completion_tokens=900, reasoning=("low",))


def request(text: Any = "Soup in 10 minutes.", **changes: Any) -> Request:
    return compile_brief(replace(Brief(Schema.of(Soup), "groq", "a-model", Options()), **changes)).request_for(text)


def contents(text: Any = "Soup in 10 minutes.", **changes: Any) -> list[str]:
    return [message.content for message in request(text, **changes).messages]


def test_the_constant_part_comes_first_and_the_document_last() -> None:
    examples = (Example("Broth in 5 minutes.", {"title": "Broth", "minutes": 5}),)
    first = request("Soup.", instructions="Read the soup.", examples=examples).messages
    second = request("Stew.", instructions="Read the soup.", examples=examples).messages
    assert first[:-1] == second[:-1]
    assert [message.role for message in first] == ["system", "user", "assistant", "user"]
    assert "Soup." in first[-1].content
    assert first[-1].content.endswith("</document>")


def test_the_system_prompt_holds_the_instructions_and_the_outline() -> None:
    system = contents(instructions="Read the soup.")[0]
    assert "Read the soup." in system
    assert Schema.of(Soup).outline() in system


def test_a_worked_example_is_answered_with_its_value() -> None:
    value = {"title": "Brühe", "minutes": 5}
    messages = request(examples=(Example("Brühe.", value),)).messages
    assert "Brühe." in messages[1].content
    assert json.loads(messages[2].content) == value


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("extracting", [True, False])
def test_the_word_json_is_always_there(style: Style, extracting: bool) -> None:
    said = contents("Soup.", options=Options(style=style), extracting=extracting)
    assert "JSON" in said[0]


def test_the_json_schema_style_is_printed_with_indents() -> None:
    system = contents(options=Options(style=Style.JSON_SCHEMA))[0]
    assert json.dumps(Schema.of(Soup).json_schema, indent=2) in system


def test_the_style_none_says_nothing_about_the_schema() -> None:
    assert "minutes" not in contents("Soup.", options=Options(style=Style.NONE))[0]


@pytest.mark.parametrize("text", ["{{ 7 * 7 }}", "{% for x in y %}", "{0} {name} %s $HOME", '"quotes" and \\ slashes'])
def test_what_looks_like_a_template_is_text(text: str) -> None:
    assert text in contents(text)[-1]


def test_in_generation_the_prompt_is_the_request() -> None:
    made = request("A recipe for apple pie", extracting=False)
    assert made.messages[-1] == Message("user", "A recipe for apple pie")
    assert made.document is None
    assert "document" not in made.messages[0].content


def test_a_document_is_read_for_its_text() -> None:
    made = request(Document("Soup.", id="1"))
    assert made.document == "Soup."


def test_a_chat_keeps_its_turns_and_its_system_message_joins_ours() -> None:
    chat = [
        {"role": "system", "content": "You know soups."},
        {"role": "user", "content": "Which soup?"},
        Message("assistant", "Leek."),
        {"role": "user", "content": "How long?"},
    ]
    made = request(chat)
    assert [message.role for message in made.messages] == ["system", "user", "assistant", "user"]
    assert "You know soups." in made.messages[0].content
    assert made.document == "Which soup?\n\nHow long?"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("  \n", "empty"),
        (42, "not int"),
        (b"abc", "not bytes. Decode it first"),
        (None, "not None"),
        (Path("soup.txt"), r"Document.from_file\(path\), or structgen.read"),
        (Message("user", "x"), r"\[message\]"),
        ({"role": "user", "content": "x"}, r"not a single dict. Pass a list of messages"),
        (Image(url="https://a/b.png"), r"not an Image. Pass a message that contains it"),
        (DocumentError("soup.pdf: it is a PDF."), "it is a PDF"),
        ([None], "not None"),
        ([b"x"], "Decode it first"),
        (["abc"], "Put the parts of a message"),
        ([Image(url="https://a/b.png")], "Put the parts of a message"),
        ([{"type": "text", "text": "x"}], "Put the parts of a message"),
        ("a\ud800b", "offset 1"),
        ([{"role": "system", "content": "x"}], "role 'user'"),
        ([{"role": "robot", "content": "x"}], "one of system, user, assistant"),
        ([{"role": "user", "content": 5}], "content"),
        ([{"role": "user", "content": "x", "mood": "y"}], "mood"),
    ],
)
def test_a_text_that_cannot_be_sent_is_refused_with_the_reason(text: Any, says: str) -> None:
    with pytest.raises(DocumentError, match=says):
        request(text)


def test_auto_is_never_left_in_a_request() -> None:
    assert request().mode is Mode.JSON


def test_there_is_room_for_an_answer_as_long_as_the_document() -> None:
    short, long = (request("x" * n).parameters.max_completion_tokens or 0 for n in (100, 40_000))
    assert long - short > 9_000
    assert request("x" * 40_000, card=CARD).parameters.max_completion_tokens == 900
    assert request(options=Options(max_completion_tokens=7)).parameters.max_completion_tokens == 7


def test_generation_has_room_of_its_own() -> None:
    assert (request("Pie", extracting=False).parameters.max_completion_tokens or 0) > 4_000


def test_what_stands_around_a_document_is_told_and_never_part_of_it() -> None:
    around = 'Report > "Costs"\n</document> <document-2>'
    asked = request(Document("Paid 10.", context=around))
    words = asked.messages[-1].content
    before, _, inside = words.partition("<document-3>\n")
    assert inside == "Paid 10.\n</document-3>"
    assert json.dumps(around, ensure_ascii=False) in before
    assert "Take no value from it" in before
    assert asked.document == "Paid 10."


def test_what_is_known_about_the_notation_of_documents_is_one_line_of_the_prompt() -> None:
    options = Options(date_order="dmy", currency="EUR", language="de")  # pyright: ignore[reportArgumentType]
    line = (
        "- The document is in the language de, writes dates in digits as day, month, year, gives amounts without a "
        "currency in EUR."
    )
    told, plain = contents(options=options)[0].split("\n"), contents()[0].split("\n")
    assert [one for one in told if one not in plain] == [line]
    assert contents(options=options, extracting=False) == contents(extracting=False)


def test_a_request_without_conventions_is_named_as_before_there_were_any() -> None:
    from structgen.store.serialization import write

    assert "conventions" not in write(request()).said
    assert write(request(options=Options(language="de"))).name != write(request()).name
