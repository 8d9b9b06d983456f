"""The input of a request as messages: images and chats, how they are sent, and which are refused."""

import base64
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen import Document, Message, Options, compile_request
from structgen.compile.messages import parts_of, with_images
from structgen.core.chat_message import Image
from structgen.core.errors import ConfigurationError, DocumentError
from structgen.core.options import Mode
from structgen.core.records import Card, Request

SEES = "groq/qwen/qwen3.8-27b"
CARD = Card("m", vision=True, max_image_mb=0.001)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
KINDS = {
    "png": PNG,
    "jpeg": b"\xff\xd8\xff\xe0" + bytes(9),
    "gif": b"GIF89a" + bytes(9),
    "webp": b"RIFF\x00\x00\x00\x00WEBP" + bytes(9),
}
SCHEMA = {"type": "object", "properties": {"animal": {"type": "string"}}, "required": ["animal"]}


def asked(*parts: str | Image, model: str = SEES, **options: Any) -> Request:
    return compile_request(SCHEMA, [Message("user", parts)], model=model, options=Options(**options))


def address(image: Image, card: Card | None = CARD) -> str | None:
    (message,) = with_images((Message("user", (image,)),), "m", card)
    return message.images[0].url


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_become_a_data_url_of_their_kind(kind: str) -> None:
    written = base64.b64encode(KINDS[kind]).decode()
    assert address(Image(data=KINDS[kind])) == f"data:image/{kind};base64,{written}"


def test_a_file_is_read_and_its_name_counts_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(PNG)
    for path in (tmp_path / "photo.jpg", str(tmp_path / "photo.jpg")):
        assert address(Image(path)) == address(Image(data=PNG))


@pytest.mark.parametrize("url", ["https://example.org/cat.png", "http://example.org/", "data:image/png;base64,AAAA"])
def test_an_address_is_sent_as_it_is(url: str) -> None:
    assert address(Image(url=url)) == url


def test_the_request_holds_texts_and_images_in_their_order() -> None:
    image = Image(url="https://example.org/cat.png")
    content = asked("Which animal", image, "do you see?").to_groq()["messages"][-1]["content"]  # type: ignore[index,call-overload]
    assert content == [
        {"type": "text", "text": "Which animal"},
        {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}},
        {"type": "text", "text": "do you see?"},
    ]


def test_messages_as_sdks_write_them_are_understood() -> None:
    ours = asked("What?", Image(url="https://example.org/cat.png"))
    content = [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}},
    ]
    assert compile_request(SCHEMA, [{"role": "user", "content": content}], model=SEES) == ours


def test_values_of_an_image_are_not_looked_for_in_the_words_beside_it() -> None:
    assert asked("What?", Image(url="https://example.org/cat.png")).document is None
    assert asked("Only words").document == "Only words"


def test_text_alone_stays_as_it_is() -> None:
    messages = (Message("system", "Be brief."), Message("user", "Hello"))
    assert with_images(messages, "m", Card("m")) is messages


def test_a_model_that_does_not_see_refuses_images_before_anything_is_sent() -> None:
    with pytest.raises(
        ConfigurationError, match=r"openai/gpt-oss-20b does not accept images\. Use a model with vision"
    ):
        asked("What?", Image(data=PNG), model="groq/openai/gpt-oss-20b")


def test_of_a_model_that_nobody_knows_it_is_not_known_either() -> None:
    assert asked("What?", Image(data=PNG), model="compatible/llava").messages[-1].images


@pytest.mark.parametrize("image", [Image(), Image("a.png", data=PNG), Image(data=PNG, url="https://example.org")])
def test_an_image_is_one_thing(image: Image) -> None:
    with pytest.raises(ConfigurationError, match="takes exactly one of"):
        address(image)


@pytest.mark.parametrize("url", ["ftp://example.org/cat.png", "cat.png", "data:text/html,x", "javascript:alert(1)"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="must begin with"):
        address(Image(url=url))


def test_an_image_that_is_too_large_is_refused_with_the_numbers() -> None:
    with pytest.raises(DocumentError, match=r"has 0\.0 MB, but the model accepts at most 0\.001"):
        address(Image(data=PNG + bytes(1000)))
    assert address(Image(data=PNG + bytes(1000)), None)


def test_the_card_of_a_model_that_sees_says_how_large_an_image_may_be() -> None:
    with pytest.raises(DocumentError, match=r"has 20\.0 MB, but the model accepts at most 20"):
        asked("What?", Image(data=PNG + bytes(20_000_000)))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"<svg/>", b"RIFF\x00\x00\x00\x00WAVE"])
def test_what_is_no_image_is_refused(data: bytes) -> None:
    with pytest.raises(DocumentError, match="is not a PNG, JPEG, GIF or WebP file"):
        address(Image(data=data))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"Cannot read the image .*gone\.png: No such file"):
        address(Image(tmp_path / "gone.png"))
    with pytest.raises(DocumentError, match=r"Cannot read the image .*: Is a directory"):
        address(Image(tmp_path))


def test_only_the_user_shows_images() -> None:
    messages = [Message("assistant", (Image(data=PNG),)), Message("user", "What?")]
    with pytest.raises(DocumentError, match="role 'assistant'"):
        compile_request(SCHEMA, messages, model=SEES)


def test_an_image_takes_room_in_the_context() -> None:
    with_one, with_none = (
        asked("x" * 4 * 110_000, *images, max_completion_tokens=None) for images in ([Image(data=PNG)] * 5, [])
    )
    assert with_one.parameters.max_completion_tokens is not None
    assert with_none.parameters.max_completion_tokens is not None
    assert with_one.parameters.max_completion_tokens < 131072 - 110_000 - 5 * 2000


@pytest.mark.parametrize(
    "content",
    [(), [], None, 3, [3], [{"type": "image_url"}], [{"type": "image_url", "image_url": {"url": 3}}], [{"text": None}]],
)
def test_parts_that_are_none_are_refused(content: Any) -> None:
    with pytest.raises(DocumentError, match="A chat message must be"):
        compile_request(SCHEMA, [{"role": "user", "content": content}], model=SEES)


def test_a_message_without_parts_is_refused() -> None:
    with pytest.raises(DocumentError, match="A chat message must be"):
        compile_request(SCHEMA, [Message("user", ())], model=SEES)


def test_an_empty_text_beside_an_image_is_refused() -> None:
    with pytest.raises(DocumentError, match="The text is empty"):
        asked(" ", Image(data=PNG))


def test_a_message_tells_its_words_from_its_images() -> None:
    image = Image(data=PNG)
    assert (Message("user", ("a", image, "b")).text, Message("user", ("a", image, "b")).images) == ("a\n\nb", (image,))
    assert (Message("user", "a").text, Message("user", "a").images) == ("a", ())


KEYS = st.sampled_from(["text", "image_url", "url"])


@settings(deadline=None, max_examples=100)
@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda held: st.lists(held) | st.dictionaries(KEYS, held), max_leaves=8
    )
)
def test_nothing_that_stands_for_content_makes_reading_fail(content: Any) -> None:
    read = parts_of(content)
    assert read is None or isinstance(read, str) or all(isinstance(part, str | Image) for part in read)


def test_a_document_is_no_image() -> None:
    request = compile_request(SCHEMA, Document("A cat."), model=SEES, mode=Mode.JSON)
    assert all(isinstance(message.content, str) for message in request.messages)
