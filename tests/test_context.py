"""The context of validators: told to every one of them on every way, and to nobody else."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationInfo, field_serializer, field_validator, model_validator
from pydantic_core.core_schema import FieldSerializationInfo

import structgen
from structgen import ConfigurationError, Extraction, ExtractionFailed, Extractor, Mode, Options, parse_response
from structgen.schema import Schema
from structgen.store import Store
from structgen.testing import Emulator, reply

SECRET = "only-for-validators"
CONTEXT: dict[str, Any] = {"known": {"Leek", "Pea"}, "note": SECRET}
TEXT = "Leek soup and pea soup, each for 4."
LEEK, PEA, FISH = ('{"name": "Leek", "serves": 4}', '{"name": "Pea", "serves": 4}', '{"name": "Fish", "serves": 4}')


class Soup(BaseModel):
    name: str
    serves: int

    @field_validator("name")
    @classmethod
    def is_known(cls, name: str, info: ValidationInfo) -> str:
        if name not in (info.context or {}).get("known", ()):
            raise ValueError(f"{name} is not known")
        return name


class Stew(BaseModel):
    name: str
    serves: int

    @model_validator(mode="before")
    @classmethod
    def is_a_stew(cls, given: Any, info: ValidationInfo) -> Any:
        if not (info.context or {}).get("stews"):
            raise ValueError("there are no stews")
        return given


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest) -> Callable[..., list[Any]]:
    """All that a call of an Extractor gives: ``run("map", schema, texts, context=...)``."""

    async def all_of(method: str, *args: Any, options: Options, **told: Any) -> list[Any]:
        async with Extractor(options=options) as extractor:
            given = getattr(extractor, f"a{method}")(*args, **told)
            return [one async for one in given] if hasattr(given, "__aiter__") else [await given]

    def blocking(method: str, *args: Any, options: Options | None = None, **told: Any) -> list[Any]:
        options = options or Options()
        if request.param == "async":
            return asyncio.run(all_of(method, *args, options=options, **told))
        with Extractor(options=options) as extractor:
            given = getattr(extractor, method)(*args, **told)
            return [given] if isinstance(given, Extraction) else list(given)

    return blocking


def test_one_value_is_validated_within_its_context(run: Callable[..., list[Any]], groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK), repeat_last=True)
    for method in ("extract", "generate", "stream"):
        assert run(method, Soup, TEXT, context=CONTEXT)[-1].value == Soup.model_construct(name="Leek", serves=4)
        with pytest.raises(ExtractionFailed, match="leek is not known"):
            run(method, Soup, TEXT)


def test_many_texts_share_a_context(run: Callable[..., list[Any]], groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK), repeat_last=True)
    assert [one.value.name for one in run("map", Soup, [TEXT, TEXT], context=CONTEXT)] == ["Leek", "Leek"]
    assert all(isinstance(one, ExtractionFailed) for one in run("map", Soup, [TEXT]))


def test_each_item_of_a_list_is_validated_within_the_context(
    run: Callable[..., list[Any]], groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(f'{{"value": [{LEEK}, {PEA}]}}'), repeat_last=True)
    assert [one.name for one in run("stream_items", Soup, TEXT, context=CONTEXT)] == ["Leek", "Pea"]
    with pytest.raises(ExtractionFailed):
        run("stream_items", Soup, TEXT)


def test_the_functions_for_one_call_take_it(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK), repeat_last=True)
    assert structgen.extract(Soup, TEXT, context=CONTEXT).value.name == "Leek"
    assert structgen.generate(Soup, TEXT, context=CONTEXT).value.name == "Leek"
    assert asyncio.run(structgen.aextract(Soup, TEXT, context=CONTEXT)).value.name == "Leek"
    assert asyncio.run(structgen.agenerate(Soup, TEXT, context=CONTEXT)).value.name == "Leek"


def test_what_is_asked_again_is_validated_within_the_context(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(FISH), reply('{"/name": "Pea"}'))
    result = structgen.extract(Soup, TEXT, context=CONTEXT)
    assert (result.value.name, len(result.attempts)) == ("Pea", 2)
    assert "ish is not known" in groq_emulator.requests[1].body["messages"][-1]["content"]


def test_the_rest_of_a_response_that_was_cut_off_is_too(groq_emulator: Emulator) -> None:
    class Menu(BaseModel):
        title: str
        soups: list[Soup]

    groq_emulator.script(
        reply(f'{{"title": "M", "soups": [{LEEK}, {{"na', finish_reason="length", as_is=True),
        reply(f'{{"soups": [{LEEK}, {PEA}]}}'),
    )
    result = structgen.extract(Menu, TEXT, context=CONTEXT, options=Options(mode=Mode.JSON))
    assert [soup.name for soup in result.value.soups] == ["Leek", "Pea"]


def test_chunks_and_the_whole_of_them_are_validated_within_the_context(groq_emulator: Emulator) -> None:
    class Menu(BaseModel):
        soups: list[Soup]

    text = "\n\n".join(["Leek soup, for four people and for nobody else." * 3, "Pea soup, for four people alone." * 4])
    groq_emulator.script(reply(f'{{"soups": [{LEEK}]}}'), reply(f'{{"soups": [{PEA}]}}'), repeat_last=True)
    options = Options(chunk_chars=200)
    result = structgen.extract(Menu, text, context=CONTEXT, options=options)
    assert {soup.name for soup in result.value.soups} == {"Leek", "Pea"}
    assert len(result.chunks) > 1
    with pytest.raises(ExtractionFailed, match="is not known"):
        structgen.extract(Menu, text, options=options)


@pytest.mark.parametrize("text", [LEEK, f"Here it is:\n```json\n{LEEK}\n```", '{"Name": "Leek", "serves": "4"}'])
def test_a_response_is_read_within_a_context(text: str) -> None:
    assert parse_response(Soup, text, context=CONTEXT).ok
    refused = parse_response(Soup, text)
    assert [issue.message for issue in refused.issues] == ["leek is not known"]


def test_members_of_a_union_are_told_the_context() -> None:
    told: Any = parse_response(Soup | Stew, LEEK, context={**CONTEXT, "stews": False})
    assert isinstance(told.value, Soup)
    told = parse_response(Soup | Stew, LEEK, context={"stews": True})
    assert isinstance(told.value, Stew)
    assert not parse_response(Soup | Stew, LEEK).ok


def test_serializers_are_told_the_context_where_a_value_is_written() -> None:
    class Tag(BaseModel):
        name: str

        @field_serializer("name")
        def short(self, name: str, info: FieldSerializationInfo) -> str:
            return name[: info.context["most"]]  # type: ignore[call-overload, index]

    schema: Schema[Tag] = Schema.of(Tag)
    assert schema.within({"most": 2}).dump(Tag(name="leek")) == {"name": "le"}


def test_a_schema_within_a_context_is_the_same_schema() -> None:
    schema: Schema[Soup] = Schema.of(Soup)
    bound = schema.within(CONTEXT)
    assert (bound.free, bound.within(None), schema.within(None)) == (schema, schema, schema)
    assert bound.within({"other": 1}).context == {"other": 1}
    assert (schema.context, bound.json_schema) == (None, schema.json_schema)
    assert not bound.check(json.loads(LEEK))
    assert schema.check(json.loads(LEEK))


def test_no_request_tells_the_context_and_no_store_keeps_it(groq_emulator: Emulator, tmp_path: Path) -> None:
    groq_emulator.script(reply(FISH), reply('{"/name": "Pea"}'))
    path = tmp_path / "kept.sqlite"
    with Store(path) as store, Extractor(store=store) as extractor:
        extractor.extract(Soup, TEXT, context=CONTEXT)
    assert SECRET not in json.dumps([request.body for request in groq_emulator.requests])
    assert all(SECRET.encode() not in part.read_bytes() for part in tmp_path.iterdir())


def test_the_same_request_is_answered_once_and_judged_by_each_context(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK), repeat_last=True)
    with Extractor() as extractor:
        assert extractor.extract(Soup, TEXT, context=CONTEXT).value.name == "Leek"
        with pytest.raises(ExtractionFailed):
            extractor.extract(Soup, TEXT, context={"known": ()})
        assert extractor.extract(Soup, TEXT, context=CONTEXT).value.name == "Leek"


@pytest.mark.parametrize("context", [[("known", 1)], "known", 5, {"Leek"}])
def test_a_context_is_a_mapping(context: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"context is .* must be a mapping"):
        parse_response(Soup, LEEK, context=context)
    with pytest.raises(ConfigurationError, match=r"context is .* must be a mapping"):
        Extractor("rules").map(Soup, [TEXT], context=context)
    with pytest.raises(ConfigurationError, match=r"context is .* must be a mapping"):
        structgen.extract(Soup, TEXT, context=context, model="rules")
