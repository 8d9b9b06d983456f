"""What people hand to the public functions by mistake: named, with what to write instead, before anything is sent."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

import structgen
from structgen import (
    Budget,
    ConfigurationError,
    Document,
    DocumentError,
    EvidenceMode,
    ExtractionFailed,
    Extractor,
    Image,
    Message,
    Mode,
    Options,
    Style,
    compile_request,
    ground_value,
    parse_response,
)

FIELDS = structgen.fields("title?")


async def _async_observer(event: object) -> None: ...


class _AsyncObserver:
    async def __call__(self, event: object) -> None: ...


def extractor(**settings: Any) -> Extractor:
    return Extractor(**{"model": "rules", **settings})


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"model": 5}, "model is int, but must be a str"),
        ({"model": ""}, "'' is not a model"),
        ({"options": Mode.JSON}, r"options is .*must be Options: write Options\(mode=Mode.JSON\)"),
        ({"options": {"mode": "json"}}, "must be Options"),
        ({"options": Budget()}, "must be Options"),
        ({"options": Options}, "options is the class Options"),
        ({"timeout": 0}, "timeout is 0, but must be a number above 0"),
        ({"timeout": None}, "timeout is None"),
        ({"timeout": "60"}, "timeout is '60'"),
        ({"timeout": float("nan")}, "timeout is nan"),
        ({"timeout": True}, "timeout is True"),
        ({"base_url": Path("x")}, "base_url is PosixPath"),
        ({"store": 5}, "store is 5, but must be a file or an open Store"),
        ({"store": True}, "store is True"),
        ({"store": ""}, "store is ''"),
        ({"observers": print}, r"observers is .*must be a list of callables: write \[observer\]"),
        ({"observers": ["print"]}, "must be a list of callables"),
        ({"observers": None}, "observers is None"),
        ({"observers": [_async_observer]}, "observers contains .*_async_observer.* is async: pass a plain function"),
        ({"observers": [_AsyncObserver()]}, "observers contains .*_AsyncObserver.* is async: pass a plain function"),
        ({"retrying": 3}, "retrying is 3, but must be a tenacity policy"),
        ({"model": "groq/openai/gpt-oss-20b", "api_key": 5}, "api_key is int, but must be a str"),
        ({"model": "groq/openai/gpt-oss-20b", "api_key": "k" * 20, "http_client": object()}, "an httpx.Client or"),
    ],
)
def test_an_extractor_is_not_made_of_anything_else(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        extractor(**settings)


def test_a_key_of_another_kind_is_not_shown() -> None:
    with pytest.raises(ConfigurationError) as raised:
        Extractor("groq/openai/gpt-oss-20b", api_key=b"gsk_secret_secret")  # type: ignore[arg-type]
    assert "secret" not in str(raised.value)


async def later() -> AsyncGenerator[str, None]:
    yield "Soup."


NO_TEXTS: list[tuple[Any, str]] = [
    ("one string", r"texts is str, but must be an iterable of texts: write \[text\]"),
    (b"bytes", "decode them"),
    (Path("soup.txt"), r"structgen.read\(path\)"),
    (Document("Soup."), r"write \[text\]"),
    (Message("user", "Soup."), r"write \[text\]"),
    (Image(url="https://a/b.png"), r"write \[text\]"),
    (DocumentError("no"), r"write \[text\]"),
    ({"role": "user", "content": "x"}, "a chat is a list of messages"),
    (None, "texts is None"),
    (5, "texts is int"),
]


@pytest.mark.parametrize(("texts", "says"), NO_TEXTS)
@pytest.mark.parametrize("method", ["map", "amap"])
def test_one_text_is_not_taken_for_many(method: str, texts: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        getattr(extractor(), method)(FIELDS, texts)


def test_an_async_iterable_is_for_amap() -> None:
    with pytest.raises(ConfigurationError, match="amap takes async iterables"):
        extractor().map(FIELDS, later())  # type: ignore[call-overload]

    async def read() -> list[Any]:
        return [outcome async for outcome in extractor().amap(FIELDS, later())]

    assert len(asyncio.run(read())) == 1


@pytest.mark.parametrize("concurrency", [0, -1, True, 2.0, "8", None])
def test_a_concurrency_is_a_whole_number(concurrency: Any) -> None:
    with pytest.raises(ConfigurationError, match="concurrency is"):
        extractor().map(FIELDS, ["Soup."], concurrency=concurrency)


@pytest.mark.parametrize("wrong", [Path("soup.txt"), b"Soup.", None, 5, [Image(url="https://a/b.png")], ["Soup."]])
def test_a_text_of_another_kind_is_refused_wherever_it_is_given(wrong: Any) -> None:
    calls: list[Callable[[], Any]] = [
        lambda: structgen.extract(FIELDS, wrong, model="rules"),
        lambda: structgen.generate(FIELDS, wrong, model="rules"),
        lambda: list(extractor().stream(FIELDS, wrong)),
        lambda: list(extractor().stream_items(FIELDS, wrong)),
        lambda: extractor().complete(wrong),
        lambda: extractor().estimate_usage(FIELDS, wrong),
        lambda: compile_request(FIELDS, wrong),
    ]
    for call in calls:
        with pytest.raises(DocumentError):
            call()


def test_a_text_of_another_kind_among_others_fails_alone() -> None:
    texts: Any = ["Soup.", Path("soup.txt"), "Stew."]
    outcomes = list(extractor().map(FIELDS, texts))
    assert [isinstance(outcome, ExtractionFailed) for outcome in outcomes] == [False, True, False]


@pytest.mark.parametrize("instructions", [5, ["Be brief."], b"Be brief."])
def test_instructions_are_a_str(instructions: Any) -> None:
    with pytest.raises(ConfigurationError, match="instructions is"):
        structgen.extract(FIELDS, "Soup.", instructions, model="rules")
    with pytest.raises(ConfigurationError, match="instructions is"):
        compile_request(FIELDS, "Soup.", instructions=instructions)


def test_a_request_takes_strings_for_enums() -> None:
    told: Any = {"mode": "text", "style": "JSON_SCHEMA"}
    assert compile_request(FIELDS, "Soup.", **told) == compile_request(
        FIELDS, "Soup.", mode=Mode.TEXT, style=Style.JSON_SCHEMA
    )


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"mode": "none"}, "mode is 'none', but must be one of 'auto', 'json'"),
        ({"mode": ""}, "mode is ''"),
        ({"style": "outlin"}, "style is 'outlin', but must be one of 'outline'"),
        ({"options": {"mode": "json"}}, "must be Options"),
        ({"model": None}, "model is None"),
    ],
)
def test_a_request_of_other_choices_is_refused(told: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        compile_request(FIELDS, "Soup.", **told)


def test_a_response_is_read_with_strings_for_enums() -> None:
    told: Any = {"max_risk": "LOSSY", "evidence": "quotes"}
    parsed = parse_response(FIELDS, '{"title": {"quote": "a", "value": "b"}, "x": 1}', **told)
    assert (parsed.value, dict(parsed.quotes)) == ({"title": "b"}, {"/title": "a"})
    assert parse_response(FIELDS, '{"title": "b"}', evidence=EvidenceMode.LOCATE).ok


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"max_risk": "low"}, "max_risk is 'low', but must be one of 'lossless', 'interpretive', 'lossy'"),
        ({"evidence": "quote"}, "evidence is 'quote', but must be one of 'none', 'locate', 'quotes'"),
        ({"response_text": None}, "response_text is None, but must be a str"),
        ({"response_text": b"{}"}, "response_text is bytes, but must be a str"),
        ({"response_text": {"title": "a"}}, "response_text is dict"),
    ],
)
def test_a_response_of_another_kind_is_refused(told: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        parse_response(**{"schema": FIELDS, "response_text": "{}", **told})


def test_a_value_is_looked_for_in_a_str() -> None:
    with pytest.raises(ConfigurationError, match="text is bytes"):
        ground_value({"title": "a"}, b"a")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: structgen.parse_response(int, "1", document=5), "document is int, but must be a str"),
        (lambda: structgen.parse_response(int, "1", finish_reason=5), "finish_reason is int"),
        (lambda: structgen.ground_value({"a": 1}, "1", quotes=[1]), "must be a mapping of paths to quotes"),
        (lambda: structgen.ground_value({"a": 1}, "1", quotes={"a": "1"}), "which must be a path like '/total'"),
        (lambda: structgen.ground_value({"a": 1}, "1", quotes={"/a": 5}), "has int under '/a'"),
        (lambda: structgen.fields(5), "fields\\(\\) takes a text such as"),
        (lambda: structgen.Extractor("rules", previous_run=5), "previous_run is 5, but must be PreviousRun"),
        (lambda: structgen.Extractor("rules", api_key=5), "api_key is int"),
        (lambda: structgen.compile_request(int, "x", extracting="no"), "extracting is 'no'"),
    ],
)
def test_what_a_function_cannot_take_is_named(call: Any, words: str) -> None:
    with pytest.raises((structgen.ConfigurationError, structgen.SchemaError), match=words):
        call()


def test_a_document_is_taken_where_its_text_is() -> None:
    assert structgen.parse_response(str, '"x"', document=structgen.Document("x")).value == "x"
    assert structgen.ground_value({"a": 1}, structgen.Document("1"))[0].text == "1"
