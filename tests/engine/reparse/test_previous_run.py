"""An earlier run in front of the wire, as Python users have it: sync and async."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field

from structgen import Budget, Extraction, ExtractionFailed, Extractor, Mode, Options
from structgen.core.errors import ConfigurationError, StoreError
from structgen.core.options import EvidenceMode
from structgen.engine.reparse.previous_run import PreviousRun, run_spec_of
from structgen.schema import Schema
from structgen.store import Store
from structgen.testing import Emulator, reply

TEXT = "Leek soup, done in 10 minutes, for 4."
Run = Callable[..., Extraction[Any]]


class Soup(BaseModel):
    title: str
    minutes: int


class TaggedSoup(Soup):
    tags: list[str]


class FedSoup(Soup):
    serves: int | None = Field(None, description="how many it feeds")


class LateSoup(Soup):
    minutes: int = Field(ge=60)


class Pot(BaseModel):
    soups: list[Soup]


class FedPot(BaseModel):
    soups: list[FedSoup]


@pytest.fixture
def store(tmp_path: Path, groq_emulator: Emulator) -> Store:
    return Store(tmp_path / "store.sqlite")


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, store: Store) -> Run:
    def blocking(schema: Any, earlier: PreviousRun | None = None, **settings: Any) -> Extraction[Any]:
        with Extractor(store=store, previous_run=earlier, **settings) as extractor:
            return extractor.extract(schema, TEXT)

    async def awaited(schema: Any, earlier: PreviousRun | None = None, **settings: Any) -> Extraction[Any]:
        async with Extractor(store=store, previous_run=earlier, **settings) as extractor:
            return await extractor.aextract(schema, TEXT)

    if request.param == "sync":
        return blocking
    return lambda *args, **settings: asyncio.run(awaited(*args, **settings))


def recorded(run: Run, store: Store, schema: Any, **settings: Any) -> PreviousRun:
    """A run of one text."""
    number = store.start_run("a script", "soup", "groq", [run_spec_of(Schema.of(schema), "", ())])
    run(schema, **settings)
    store.finish_run(number, 1)
    return PreviousRun(store, store.runs()[0])


def test_what_was_kept_is_read_by_the_schema_of_now(run: Run, store: Store, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"title": "Leek soup", "minutes": 10}'), reply('{"/serves": 4}'))
    earlier = recorded(run, store, Soup)
    result = run(FedSoup, earlier)
    assert result.value == FedSoup(title="Leek soup", minutes=10, serves=4)
    assert [attempt.completion.stored for attempt in result.attempts] == [True, False]
    assert [attempt.why for attempt in result.attempts] == [
        "the answer of run 1 is read again",
        "asked again for 1 field: /serves",
    ]
    assert result.usage.calls == 1
    assert [piece.text for piece in result.evidence] == ["Leek soup", "10", "4"]


def test_without_anything_kept_the_whole_is_asked(run: Run, store: Store, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"title": "Leek soup", "minutes": 10}'))
    number = store.start_run("a script", "soup", "groq", [])
    result = run(Soup, PreviousRun(store, next(one for one in store.runs() if one.id == number)))
    assert [attempt.completion.stored for attempt in result.attempts] == [False]


def test_what_is_refused_and_cannot_be_mended_in_part_is_asked_whole(
    run: Run, store: Store, groq_emulator: Emulator
) -> None:
    good = '{"title": "Leek soup", "minutes": 10}'
    groq_emulator.script(reply(good), reply('{"/minutes": 20}'), reply(good.replace("10", "70")))
    earlier = recorded(run, store, Soup)
    result = run(LateSoup, earlier)
    assert result.value.minutes == 70
    assert [attempt.why.partition(" ")[0] for attempt in result.attempts] == ["the", "asked", "asked"]
    assert run(LateSoup, earlier).usage.calls == 0


def test_a_value_that_is_read_in_doubt_now_is_not_taken_though_another_field_was_answered(
    run: Run, store: Store, groq_emulator: Emulator
) -> None:
    kept = '{"title": "Leek soup", "tags": ["hot", "leek"], "minutes": "soon"}'
    groq_emulator.script(reply(kept), reply('{"/minutes": 10}'))
    groq_emulator.script(reply('{"/tags": ["hot", "leek"]}'), reply(kept.replace('"soon"', "10")))
    earlier = recorded(run, store, TaggedSoup)
    whole = next(iter(store.entries()))
    store.put(whole.request, replace(whole.completion, text=kept.replace('"leek"', '"t62, "u62"')))
    result = run(TaggedSoup, earlier)
    assert [attempt.why.rpartition(": ")[2] for attempt in result.attempts[1:]] == [
        "/tags",
        "asked again for the whole value",
    ]
    assert result.value.tags == ["hot", "leek"]


def test_the_earlier_answer_counts_as_one_attempt(run: Run, store: Store, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"title": "Leek soup"}'), reply('{"/minutes": 10}'), reply('{"/serves": 4}'))
    earlier = recorded(run, store, Soup)
    result = run(FedSoup, earlier, options=Options(budget=Budget(max_attempts=2)))
    assert result.value.serves == 4


CUT = '{"soups": [{"title": "Leek soup", "minutes": 10}, {"title": "Le'
REST = '{"soups": [{"title": "Leek soup", "minutes": 10}, {"title": "Leek pie", "minutes": 50}]}'
PLAIN = Options(mode=Mode.JSON)


def test_a_cut_off_answer_and_its_rest_are_read_as_one(run: Run, store: Store, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(CUT, finish_reason="length", as_is=True), reply(REST))
    earlier = recorded(run, store, Pot, options=PLAIN)
    groq_emulator.script(reply('{"/soups/0/serves": 4, "/soups/1/serves": null}'))
    result = run(FedPot, earlier, options=PLAIN)
    assert [(soup.title, soup.serves) for soup in result.value.soups] == [("Leek soup", 4), ("Leek pie", None)]
    assert result.usage.calls == 1


def test_of_a_cut_off_answer_with_new_fields_in_what_came_the_whole_is_asked(
    run: Run, store: Store, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(CUT, finish_reason="length", as_is=True))
    once = replace(PLAIN, budget=Budget(max_attempts=1))
    number = store.start_run("a script", "soup", "groq", [run_spec_of(Schema.of(Pot), "", ())])
    with pytest.raises(ExtractionFailed):
        run(Pot, options=once)
    store.finish_run(number, 1)
    groq_emulator.script(reply('{"soups": [{"title": "Leek soup", "minutes": 10, "serves": 4}]}'))
    result = run(FedPot, PreviousRun(store, store.runs()[0]), options=PLAIN)
    assert [attempt.why.split()[-1] for attempt in result.attempts] == ["again", "value"]
    assert result.value.soups[0].serves == 4


@pytest.mark.parametrize("kind", [Soup, FedSoup])
def test_of_answers_with_quotes_only_what_is_new_is_asked_for(
    run: Run, store: Store, groq_emulator: Emulator, kind: Any
) -> None:
    options = Options(evidence=EvidenceMode.QUOTES)
    groq_emulator.answer_with(lambda body: quoted(body, {"title": "Leek soup", "minutes": 10}))
    earlier = recorded(run, store, Soup, options=options)
    groq_emulator.answer_with(lambda _: '{"/serves": {"quote": "for 4", "value": 4}}')
    result = run(kind, earlier, options=options)
    assert result.value.title == "Leek soup"
    assert [piece.text for piece in result.evidence] == ["Leek soup", "10", "4"][: len(result.evidence)]
    assert [attempt.why for attempt in result.attempts][1:] == (
        [] if kind is Soup else ["asked again for 1 field: /serves"]
    )


def test_answers_without_quotes_are_no_answers_where_quotes_are_asked_for(
    run: Run, store: Store, groq_emulator: Emulator
) -> None:
    groq_emulator.answer_with(lambda body: quoted(body, {"title": "Leek soup", "minutes": 10}))
    earlier = recorded(run, store, Soup)
    assert run(Soup, earlier, options=Options(evidence=EvidenceMode.QUOTES)).usage.calls == 1


def test_answers_with_quotes_are_read_where_none_are_asked_for(run: Run, store: Store, groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda body: quoted(body, {"title": "Leek soup", "minutes": 10}))
    earlier = recorded(run, store, Soup, options=Options(evidence=EvidenceMode.QUOTES))
    result = run(Soup, earlier)
    assert (result.value, result.usage.calls) == (Soup(title="Leek soup", minutes=10), 0)
    assert [piece.text for piece in result.evidence] == ["Leek soup", "10"]


def quoted(body: Any, values: dict[str, Any]) -> str:
    """An answer that gives a quote with each value, in whatever form the request wants it."""
    properties = body["response_format"]["json_schema"]["schema"]["properties"]
    return json.dumps(
        {
            name: {key: values[name] if key == "value" else str(values[name]) for key in part["properties"]}
            if "properties" in part
            else values.get(name, "")
            for name, part in properties.items()
        }
    )


class Rated(BaseModel):
    title: str
    stars: dict[str, int] = {}


class WellRated(Rated):
    stars: dict[str, int] = Field({}, min_length=1)


def test_an_answer_in_the_strict_form_is_read_by_the_schema_it_was_asked_with(
    run: Run, store: Store, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply('{"title": "Leek soup", "stars": [{"key": "Ines", "value": 5}]}'))
    earlier = recorded(run, store, Rated)
    result = run(WellRated, earlier)
    assert result.value.stars == {"Ines": 5}
    assert result.usage.calls == 0


def test_a_store_that_was_named_by_its_file_is_closed_with_its_extractor(
    tmp_path: Path, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply('{"title": "Leek soup", "minutes": 10}'))
    with Extractor(store=tmp_path / "own.sqlite") as own:
        own.extract(Soup, TEXT)
    with pytest.raises(StoreError, match="is closed"):
        own.extract(Soup, TEXT)

    async def awaited() -> Extractor:
        async with Extractor(store=str(tmp_path / "own.sqlite")) as extractor:
            await extractor.aextract(Soup, TEXT)
            return extractor

    closed = asyncio.run(awaited())
    with pytest.raises(StoreError, match="is closed"):
        closed.extract(Soup, TEXT)


def test_a_store_of_the_users_own_stays_open(store: Store, groq_emulator: Emulator) -> None:
    with Extractor(store=store):
        pass
    assert store.runs() == ()


class Weighed(BaseModel):
    title: str
    weight: float = Field(json_schema_extra={"unit": "kg"})


class WeighedInPounds(BaseModel):
    title: str
    weight: float = Field(json_schema_extra={"unit": "lb"})


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.JSON, Mode.TOOLS])
def test_another_unit_is_another_question_also_in_a_form_that_does_not_send_it(
    run: Run, store: Store, groq_emulator: Emulator, mode: Mode
) -> None:
    options = Options(mode=mode)
    groq_emulator.script(reply('{"title": "Leek soup", "weight": 2}'), reply('{"/weight": 4.4}'))
    earlier = recorded(run, store, Weighed, options=options)
    assert run(WeighedInPounds, earlier, options=options).value.weight == 4.4
    assert run(Weighed, earlier, options=options).usage.calls == 0


class Tagged(BaseModel):
    title: str
    tags: list[Soup] = []
    by: dict[str, int] = {}


class WiderTagged(BaseModel):
    title: str
    tags: list[FedSoup] = []
    by: dict[str, float] = {}


def test_of_empty_answers_too_what_is_wider_is_asked_for(run: Run, store: Store, groq_emulator: Emulator) -> None:
    options = Options(mode=Mode.JSON)
    groq_emulator.script(reply('{"title": "Leek soup", "tags": [], "by": {}}'))
    earlier = recorded(run, store, Tagged, options=options)
    groq_emulator.script(reply('{"/tags": [{"title": "Leek", "minutes": 1, "serves": 4}], "/by": {"Ines": 1.5}}'))
    result = run(WiderTagged, earlier, options=options)
    assert (result.value.tags[0].serves, result.value.by) == (4, {"Ines": 1.5})
    assert result.attempts[-1].why.endswith("2 fields: /by, /tags")


@pytest.mark.parametrize("old", ["[]", '[{"title": "Leek soup", "minutes": 10}]'])
def test_a_list_as_the_whole_is_asked_for_whole_or_by_item(
    run: Run, store: Store, groq_emulator: Emulator, old: str
) -> None:
    options = Options(mode=Mode.JSON)
    groq_emulator.script(reply(old))
    earlier = recorded(run, store, list[Soup], options=options)
    whole = '[{"title": "Leek soup", "minutes": 10, "serves": 4}]'
    groq_emulator.script(reply(whole if old == "[]" else '{"/0/serves": 4}'))
    assert run(list[FedSoup], earlier, options=options).value[0].serves == 4


def test_answers_of_another_model_are_refused(run: Run, store: Store, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"title": "Leek soup", "minutes": 10}'))
    earlier = recorded(run, store, Soup, model="groq/openai/gpt-oss-20b")
    with pytest.raises(ConfigurationError, match="Run 1 used groq/openai/gpt-oss-20b, and what is missing"):
        run(Soup, earlier, model="groq/openai/gpt-oss-120b")
    assert run(Soup, earlier, model="replay").usage.calls == 0
    assert len(groq_emulator.requests) == 1


def test_what_cannot_read_a_previous_run_refuses_it(run: Run, store: Store, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"title": "Leek soup", "minutes": 10}'))
    earlier = recorded(run, store, Soup)
    chat = [{"role": "user", "content": TEXT}]
    extractor = Extractor(store=store, previous_run=earlier)

    async def awaited() -> None:
        with pytest.raises(ConfigurationError, match="previous_run= reads the answers"):
            await extractor.agenerate(Soup, TEXT)
        with pytest.raises(ConfigurationError, match="previous_run= reads the answers"):
            await extractor.aextract(Soup, chat)

    asyncio.run(awaited())
    calls: list[Callable[[], object]] = [
        lambda: extractor.extract(Soup, chat),
        lambda: extractor.generate(Soup, TEXT),
        lambda: list(extractor.stream(Soup, TEXT)),
        lambda: list(extractor.stream_items(Soup, TEXT)),
    ]
    for call in calls:
        with pytest.raises(ConfigurationError, match="previous_run= reads the answers"):
            call()
    assert len(groq_emulator.requests) == 1


def test_an_answer_counts_for_the_words_that_it_followed(run: Run, store: Store, groq_emulator: Emulator) -> None:
    """A run that kept old answers does not hand them on as answers to its own words."""
    groq_emulator.script(reply('{"title": "Leek soup", "weight": 2}'))
    earlier = recorded(run, store, Weighed)
    later = run_spec_of(Schema.of(WeighedInPounds), "", ())
    number = store.start_run("a script", "soup", "groq", [later, *earlier.run.asked])
    assert run(WeighedInPounds, replace(earlier, keep=True)).usage.calls == 0
    store.finish_run(number, 1)
    second = PreviousRun(store, store.runs()[0])
    groq_emulator.script(reply('{"/weight": 4.4}'))
    assert run(WeighedInPounds, second).value.weight == 4.4
    assert run(Weighed, second).usage.calls == 0
    assert len(groq_emulator.requests) == 2


class Pie(BaseModel):
    title: str
    crust: str | None = None


class Broth(BaseModel):
    title: str
    minutes: int | None = None


class Meal(BaseModel):
    dish: Broth | Pie


class BrothMeal(BaseModel):
    dish: Broth


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.JSON])
def test_a_value_of_a_branch_that_is_gone_is_asked_for_again(
    run: Run, store: Store, groq_emulator: Emulator, mode: Mode
) -> None:
    options = Options(mode=mode)
    groq_emulator.script(reply('{"dish": {"title": "Leek pie", "crust": "thin"}}'))
    earlier = recorded(run, store, Meal, options=options)
    groq_emulator.script(reply('{"/dish": {"title": "Leek soup", "minutes": 10}}'))
    assert run(BrothMeal, earlier, options=options).value.dish == Broth(title="Leek soup", minutes=10)


@pytest.mark.parametrize(
    ("old", "new", "kept", "answer", "why"),
    [
        (int, float, "4", "4.5", "first"),
        (Soup, Soup | Pot, '{"title": "Leek soup", "minutes": 10}', '{"soups": []}', "first"),
        (Soup | None, FedSoup | None, "null", '{"title": "Leek soup", "minutes": 10, "serves": 4}', "whole"),
        (dict[str, int], dict[str, float], '{"Ines": 5}', '{"Ines": 4.5}', "whole"),
    ],
)
def test_of_a_whole_that_is_wider_the_whole_is_asked_for(
    run: Run, store: Store, groq_emulator: Emulator, old: Any, new: Any, kept: str, answer: str, why: str
) -> None:
    options = Options(mode=Mode.JSON)
    groq_emulator.script(reply(kept), reply(answer))
    earlier = recorded(run, store, old, options=options)
    result = run(new, earlier, options=options)
    assert result.usage.calls == 1
    assert why in result.attempts[-1].why
    assert run(old, earlier, options=options).usage.calls == 0
