"""Streams through structgen.instructor: partial values and items while they arrive, sync and async."""

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any

import groq
import instructor as stock
import pytest
from instructor.core.exceptions import InstructorRetryException
from pydantic import BaseModel, Field

from structgen import ConfigurationError
from structgen import instructor as door
from structgen.instructor.partial_models import PartialModels
from structgen.testing import Emulator, reply

Open = Callable[..., Any]
instructor: Any = door
ASKED: dict[str, Any] = {"model": "openai/gpt-oss-20b", "messages": [{"role": "user", "content": "A soup for four"}]}


class Step(BaseModel):
    text: str
    minutes: int | None = None


class Recipe(BaseModel):
    title: str
    servings: int = Field(ge=1)
    first: Step
    steps: list[Step] = []


SOUP = {
    "title": "Soup of the day",
    "servings": 4,
    "first": {"text": "wash", "minutes": 2},
    "steps": [{"text": "boil", "minutes": 9}, {"text": "eat", "minutes": None}],
}
SAID = json.dumps(SOUP)
ITEMS = '[{"text": "boil", "minutes": 9}, {"text": "eat", "minutes": 1}]'
WRONG = reply(json.dumps({**SOUP, "servings": 0}), as_is=True)


@pytest.fixture
def client(open_groq: Open) -> Any:
    return instructor.from_groq(open_groq(), mode=stock.Mode.JSON)


def test_partials_grow_into_the_validated_value(groq_emulator: Emulator, client: Any) -> None:
    groq_emulator.script(reply(SAID))
    shown = list(client.chat.completions.create_partial(response_model=Recipe, **ASKED))
    assert len(shown) > 5
    assert all(isinstance(one, Recipe) for one in shown)
    assert shown[0].servings is None
    assert isinstance(shown[0].first, Step)
    titles = [one.title for one in shown if one.title]
    assert all("Soup of the day".startswith(title) for title in titles)
    assert shown[-1] == Recipe.model_validate(SOUP)
    assert shown[-1]._raw_response.usage.total_tokens > 0
    assert any(one.steps and isinstance(one.steps[0], Step) for one in shown[:-1])


def test_the_stream_begins_before_the_response_ends(groq_emulator: Emulator, client: Any) -> None:
    groq_emulator.script(reply(SAID, seconds=0.6))
    growing = client.create_partial(response_model=Recipe, **ASKED)
    assert next(growing).steps == []
    growing.close()


def test_a_refused_stream_is_asked_again(groq_emulator: Emulator, client: Any) -> None:
    groq_emulator.script(WRONG, reply('{"/servings": 4}', as_is=True))
    shown = list(client.create_partial(response_model=Recipe, max_retries=1, **ASKED))
    assert shown[-2].servings == 0
    assert shown[-1].servings == 4


def test_a_stream_that_stays_refused_ends_with_instructors_exception(groq_emulator: Emulator, client: Any) -> None:
    groq_emulator.script(WRONG)
    growing = client.create_partial(response_model=Recipe, max_retries=0, **ASKED)
    with pytest.raises(InstructorRetryException) as raised:
        list(growing)
    assert raised.value.n_attempts == 1


@pytest.mark.parametrize("model", [Recipe, stock.Partial[Recipe]], ids=["the model", "Partial"])
def test_create_with_stream_is_the_same(groq_emulator: Emulator, client: Any, model: Any) -> None:
    groq_emulator.script(reply(SAID))
    *_, last = client.create(response_model=model, stream=True, **ASKED)
    assert last == Recipe.model_validate(SOUP)


def test_a_partial_model_without_a_stream_needs_no_field(groq_emulator: Emulator, client: Any) -> None:
    groq_emulator.script(reply('{"title": "Soup"}', as_is=True))
    assert client.create(response_model=stock.Partial[Recipe], **ASKED).title == "Soup"


def test_items_arrive_one_by_one(groq_emulator: Emulator, client: Any) -> None:
    groq_emulator.script(reply(ITEMS, as_is=True))
    items = client.create_iterable(response_model=Step, **ASKED)
    assert next(items) == Step(text="boil", minutes=9)
    assert [one.text for one in items] == ["eat"]


@pytest.mark.parametrize("model", [list[Step], Iterable[Step]], ids=str)
def test_a_list_is_streamed_by_its_items(groq_emulator: Emulator, client: Any, model: Any) -> None:
    groq_emulator.script(reply(ITEMS, as_is=True), reply(ITEMS, as_is=True))
    assert [one.text for one in client.create(response_model=model, stream=True, **ASKED)] == ["boil", "eat"]
    assert [one.text for one in client.create_iterable(response_model=model, **ASKED)] == ["boil", "eat"]


def test_what_cannot_be_streamed_is_said(client: Any) -> None:
    with pytest.raises(ConfigurationError, match="needs a Pydantic model"):
        next(client.create_partial(response_model=int, **ASKED))
    with pytest.raises(ConfigurationError, match="do not stream"):
        next(client.create(response_model=Recipe, stream=True, token_budget=5, **ASKED))


def test_an_async_client_streams_too(groq_emulator: Emulator) -> None:
    items = [reply(ITEMS, as_is=True)] * 3
    groq_emulator.script(reply(SAID), *items)

    async def run() -> tuple[Any, list[Any], list[Any], list[Any]]:
        address: dict[str, Any] = {"api_key": groq_emulator.api_key, "base_url": groq_emulator.base_url}
        async with groq.AsyncGroq(**address) as opened:
            client = instructor.from_groq(opened, mode=stock.Mode.JSON)
            grown = [one async for one in client.create_partial(response_model=Recipe, **ASKED)]
            listed = [one async for one in client.create_iterable(response_model=Step, **ASKED)]
            lazy = [one async for one in await client.create(response_model=Iterable[Step], **ASKED)]
            whole = await client.create(response_model=list[Step], **ASKED)
            return grown[-1], listed, lazy, whole

    grown, *lists = asyncio.run(run())
    assert grown == Recipe.model_validate(SOUP)
    assert all([one.text for one in steps] == ["boil", "eat"] for steps in lists)


def test_a_part_that_has_not_changed_is_not_built_again() -> None:
    models = PartialModels(Recipe)
    done: Any = {"text": "boil", "minutes": 9}
    first = models.build({"steps": [done]})
    second = models.build({"steps": [done, {"text": "e"}]})
    assert first.steps[0] is second.steps[0]
    assert second.steps[1].minutes is None


def test_partial_values_are_found_by_alias_and_in_optional_models() -> None:
    class Box(BaseModel):
        inner: Step | None = Field(alias="innerStep")
        tags: dict[str, int] = {}

    built = PartialModels(Box).build({"innerStep": {"text": "a"}, "tags": {"b": 1}, "more": 2})
    assert built.inner.text == "a"
    assert built.tags == {"b": 1}
    assert PartialModels(Box).build(None).inner is None
