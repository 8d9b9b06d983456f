"""Images over HTTP: what a model with vision is sent, also in follow-up questions."""

import asyncio
from typing import Any

import groq
import pytest
from pydantic import BaseModel

from structgen import Budget, Extractor, Message, Mode, Options, RequestRejected, aextract, extract
from structgen.core.chat_message import Image
from structgen.core.errors import ConfigurationError
from structgen.store.serialization import read, write
from structgen.testing import Emulator, reply

SEES = "groq/qwen/qwen3.8-27b"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
QUESTION = [Message("user", ("What is on it?", Image(data=PNG)))]


class Photo(BaseModel):
    animal: str
    legs: int


def images_in(body: Any) -> list[str]:
    parts = [
        part for message in body["messages"] if isinstance(message["content"], list) for part in message["content"]
    ]
    return [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]


def test_a_model_that_sees_is_shown_the_image(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"animal": "cat", "legs": 4}'))
    result = extract(Photo, QUESTION, model=SEES)
    assert result.value == Photo(animal="cat", legs=4)
    assert result.evidence == ()
    (url,) = images_in(groq_emulator.requests[0].body)
    assert url.startswith("data:image/png;base64,iVBORw0KGgo")


def test_the_same_awaited(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"animal": "cat", "legs": 4}'))
    assert asyncio.run(aextract(Photo, QUESTION, model=SEES)).value.legs == 4


def test_who_is_asked_again_sees_it_again(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"animal": "cat", "legs": "many"}', as_is=True), repeat_last=True)
    with Extractor(SEES, Options(mode=Mode.JSON, budget=Budget(max_attempts=3))) as extractor, pytest.raises(Exception):  # noqa: B017, PT011 - whatever it ends with
        extractor.extract(Photo, QUESTION)
    assert [len(images_in(received.body)) for received in groq_emulator.requests] == [1, 1, 1]


def test_plain_chat_may_show_images_too(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("A cat."))
    with Extractor(SEES) as extractor:
        assert extractor.complete(QUESTION).text == "A cat."
    assert len(images_in(groq_emulator.requests[0].body)) == 1


def test_a_model_that_does_not_see_is_sent_nothing(groq_emulator: Emulator) -> None:
    with pytest.raises(ConfigurationError, match="does not accept images"):
        extract(Photo, QUESTION, model="groq/openai/gpt-oss-20b")
    assert groq_emulator.requests == []


def test_the_rules_see_no_images() -> None:
    with pytest.raises(ConfigurationError, match="does not accept images"):
        extract(Photo, QUESTION, model="rules")


def test_the_emulator_refuses_images_for_a_model_that_does_not_see(groq_emulator: Emulator) -> None:
    content: Any = [{"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}}]
    client = groq.Groq(max_retries=0)
    with pytest.raises(groq.BadRequestError, match="value must be a string"):
        client.chat.completions.create(model="openai/gpt-oss-20b", messages=[{"role": "user", "content": content}])


def test_a_request_with_an_image_is_stored_and_read_back() -> None:
    from structgen import compile_request

    request = compile_request(Photo, QUESTION, model=SEES)
    written = write(request)
    assert read(written.said, written.rest) == request


def test_the_server_may_still_refuse_it(groq_emulator: Emulator) -> None:
    from structgen.testing import error

    groq_emulator.script(error("content_not_string"))
    with pytest.raises(RequestRejected):
        extract(Photo, QUESTION, model=SEES)
