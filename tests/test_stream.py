"""Streaming over the wire: the real SDK against the emulator, sync and async alike."""

import asyncio
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import structgen
from structgen import (
    Budget,
    BudgetExceeded,
    ConfigurationError,
    ConnectionFailed,
    Example,
    Extraction,
    ExtractionFailed,
    Extractor,
    Mode,
    ModelUnavailable,
    Options,
    Partial,
    Reask,
    SchemaError,
    Task,
    TaskNotFound,
    fields,
)
from structgen.core.events import Accepted, CompletionReceived, Event, Failed, RequestSent
from structgen.testing import Emulator, error, reply, streamed

GOOD = '{"title": "Leek soup", "minutes": 10}'
TEXT = "Leek soup, done in 10 minutes."


class Soup(BaseModel):
    title: str
    minutes: int


LEEK, PEA = Soup(title="Leek", minutes=10), Soup(title="Pea", minutes=20)
LIST = json.dumps({"value": [LEEK.model_dump(), PEA.model_dump()]})
Run = Callable[..., list[Any]]


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, groq_emulator: Emulator) -> Run:
    """All that a streamed call gives: ``run("stream", schema, text, options=..., ...)``."""

    def blocking(method: str, *args: Any, **settings: Any) -> list[Any]:
        with Extractor(**settings) as extractor:
            return list(getattr(extractor, method)(*args))

    async def awaited(method: str, *args: Any, **settings: Any) -> list[Any]:
        async with Extractor(**settings) as extractor:
            return [one async for one in getattr(extractor, f"a{method}")(*args)]

    if request.param == "sync":
        return blocking
    return lambda *args, **settings: asyncio.run(awaited(*args, **settings))


def test_the_object_around_a_list_of_tools_mode_is_not_shown(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LIST), repeat_last=True)
    options = Options(mode=Mode.TOOLS)
    *partials, result = run("stream", list[Soup], TEXT, options=options)
    assert (result.value, result.repairs) == ([LEEK, PEA], ())
    assert all(isinstance(one.value, list) for one in partials)
    assert partials[-1] == Partial([LEEK.model_dump(), PEA.model_dump()], ())
    assert run("stream_items", Soup, TEXT, options=options) == [LEEK, PEA]


def test_a_list_that_comes_without_its_object_is_read_at_the_end(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(json.loads(LIST)["value"])), repeat_last=True)
    options = Options(mode=Mode.TOOLS)
    assert run("stream", list[Soup], TEXT, options=options)[-1].value == [LEEK, PEA]
    assert run("stream_items", Soup, TEXT, options=options) == [LEEK, PEA]


@pytest.mark.parametrize("mode", [Mode.AUTO, Mode.JSON, Mode.JSON_SCHEMA, Mode.TOOLS, Mode.TEXT])
def test_in_every_mode_the_value_grows_and_ends_as_the_extraction(
    mode: Mode, run: Run, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(GOOD), reply(GOOD))
    options = Options(mode=mode)
    *partials, result = run("stream", Soup, TEXT, options=options)
    assert all(isinstance(one, Partial) for one in partials)
    assert partials[-1] == Partial(json.loads(GOOD), ())
    whole = Extractor(options=options).extract(Soup, TEXT)
    assert isinstance(result, Extraction)
    assert (result.value, result.usage, result.cost) == (whole.value, whole.usage, whole.cost)
    assert [piece.text for piece in result.evidence] == ["Leek soup", "10"]
    first, second = (received.body for received in groq_emulator.requests)
    assert first == {**second, "stream": True}


def test_a_list_in_prose_is_not_shown_where_an_object_is_asked_for(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(f"As the recipe [1] says: {GOOD}"))
    *partials, result = run("stream", Soup, TEXT, options=Options(mode=Mode.TEXT))
    assert partials[0].value == {}
    assert partials[-1] == Partial(json.loads(GOOD), ())
    assert result.value == Soup.model_validate_json(GOOD)


def test_the_first_value_comes_long_before_the_last_byte(groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed(GOOD, pause=0.03), streamed(GOOD, pause=0.03))

    def times(values: list[float]) -> None:
        assert values[0] < values[-1] / 2

    started = time.monotonic()
    times([time.monotonic() - started for _ in Extractor().stream(Soup, TEXT)])

    async def look() -> list[float]:
        begun = time.monotonic()
        return [time.monotonic() - begun async for _ in Extractor().astream(Soup, TEXT)]

    times(asyncio.run(look()))


def test_a_response_is_repaired_as_without_streaming(run: Run, groq_emulator: Emulator) -> None:
    broken = "Here:\n```json\n{'title': 'Leek soup', minutes: \"10\",}\n```"
    groq_emulator.script(reply(broken, as_is=True))
    result = run("stream", Soup, TEXT, options=Options(mode=Mode.TEXT))[-1]
    assert result.value.minutes == 10
    assert "INTERPRETIVE" in {repair.risk.name for repair in result.repairs}


def test_a_missing_field_is_asked_for_alone_and_not_streamed(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"title": "Leek soup"}', as_is=True), reply('{"/minutes": 10}'))
    result = run("stream", Soup, TEXT)[-1]
    assert result.value.minutes == 10
    assert ["stream" in received.body for received in groq_emulator.requests] == [True, False]


@pytest.mark.parametrize("broken", [{}, {"stall": 3.0}, {"error": error("internal")}])
def test_what_came_of_a_broken_stream_is_kept_and_the_rest_asked_for(
    broken: dict[str, Any], run: Run, groq_emulator: Emulator
) -> None:
    groq_emulator.script(streamed(GOOD, share=0.8, **broken), reply(GOOD))
    result = run("stream", Soup, TEXT, timeout=0.7)[-1]
    first = result.attempts[0]
    assert result.value.minutes == 10
    assert (first.completion.finish_reason, first.issues[0].code) == ("interrupted", "cut_off")
    assert len(first.completion.text) > 10
    assert result.usage.calls == 2


def test_a_broken_stream_without_a_second_attempt_keeps_its_part(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed(GOOD, share=0.8))
    with pytest.raises(BudgetExceeded) as caught:
        run("stream", Soup, TEXT, options=Options(budget=Budget(max_attempts=1)))
    assert caught.value.partial == {"title": "Leek soup"}


def test_a_value_that_was_whole_before_the_break_counts(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed(f"{GOOD}{' ' * 40}", share=0.9))
    (*_, result) = run("stream", Soup, TEXT)
    assert result.value.minutes == 10
    assert result.attempts[0].completion.finish_reason == "interrupted"


def test_half_a_word_is_not_taken_for_a_whole_one(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed("12345678", share=0.5), repeat_last=True)
    with pytest.raises(ExtractionFailed):
        run("stream", int, TEXT, options=Options(mode=Mode.TEXT, budget=Budget(max_attempts=1)))


def test_the_time_budget_ends_a_stream_and_keeps_what_came(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed(GOOD, pause=0.1), repeat_last=True)
    with pytest.raises(BudgetExceeded, match="time budget") as caught:
        run("stream", Soup, TEXT, options=Options(budget=Budget(max_seconds=0.7)))
    (attempt,) = caught.value.attempts
    assert attempt.completion.text == GOOD[: len(attempt.completion.text)]
    assert caught.value.partial is not None


def test_observers_hear_of_a_streamed_call_as_of_any_other(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD))
    events: list[Event] = []
    run("stream", Soup, TEXT, observers=[events.append])
    assert [type(event) for event in events] == [RequestSent, CompletionReceived, Accepted]


def take_one(method: str, *args: Any, awaited: bool, **settings: Any) -> None:
    """Take the first piece of a streamed call, and close the stream."""

    async def look() -> None:
        async with Extractor(**settings) as extractor:
            shown = getattr(extractor, f"a{method}")(*args)
            await anext(shown)
            await shown.aclose()

    if awaited:
        return asyncio.run(look())
    with Extractor(**settings) as extractor:
        shown = getattr(extractor, method)(*args)
        next(shown)
        shown.close()
    return None


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize(
    ("method", "args"), [("stream", (Soup, TEXT)), ("stream_items", (Soup, TEXT)), ("stream_text", (TEXT,))]
)
def test_observers_hear_of_a_stream_that_is_left_early(
    method: str, args: tuple[Any, ...], awaited: bool, groq_emulator: Emulator
) -> None:
    groq_emulator.script(streamed(LIST * 9 if method == "stream_items" else GOOD * 9, pause=0.01))
    events: list[Event] = []
    take_one(method, *args, awaited=awaited, observers=[events.append])
    assert [type(event) for event in events] == [RequestSent, Failed]
    assert "abandoned" in str(getattr(events[-1], "error", None))


def hold(method: str, seconds: float, *args: Any, awaited: bool, **settings: Any) -> list[Any]:
    """Consume a streamed call, holding the first piece for some time."""

    async def look() -> list[Any]:
        taken: list[Any] = []
        async with Extractor(**settings) as extractor:
            async for one in getattr(extractor, f"a{method}")(*args):
                if not taken:
                    await asyncio.sleep(seconds)
                taken.append(one)
        return taken

    if awaited:
        return asyncio.run(look())
    taken: list[Any] = []
    with Extractor(**settings) as extractor:
        for one in getattr(extractor, method)(*args):
            if not taken:
                time.sleep(seconds)
            taken.append(one)
    return taken


@pytest.mark.parametrize("awaited", [False, True])
@pytest.mark.parametrize("method", ["stream", "stream_items"])
def test_a_slow_consumer_does_not_use_up_the_time_budget(
    method: str, awaited: bool, groq_emulator: Emulator, tmp_path: Path
) -> None:
    groq_emulator.script(streamed(LIST if method == "stream_items" else GOOD, pause=0.001))
    options = Options(budget=Budget(max_seconds=1.5, max_attempts=1))
    settings: dict[str, Any] = {"options": options, "store": tmp_path / "answers.sqlite", "awaited": awaited}
    taken = hold(method, 2.0, Soup, TEXT, **settings)
    assert (taken == [LEEK, PEA]) if method == "stream_items" else (taken[-1].value.minutes == 10)
    hold(method, 0.0, Soup, TEXT, **settings)
    assert len(groq_emulator.requests) == 1


def minutes_of(extractor: Extractor) -> int:
    (*_, result) = extractor.stream(Soup, TEXT)
    return result.value.minutes


async def aminutes_of(extractor: Extractor) -> int:
    return [part async for part in extractor.astream(Soup, TEXT)][-1].value.minutes


def test_equal_streams_of_several_threads_are_paid_for_once(groq_emulator: Emulator, tmp_path: Path) -> None:
    groq_emulator.script(streamed(GOOD, pause=0.01), repeat_last=True)
    with Extractor(store=tmp_path / "answers.sqlite") as extractor, ThreadPoolExecutor(3) as pool:
        assert list(pool.map(minutes_of, [extractor] * 3)) == [10, 10, 10]
    assert len(groq_emulator.requests) == 1


def test_equal_streams_of_several_tasks_are_paid_for_once(groq_emulator: Emulator, tmp_path: Path) -> None:
    groq_emulator.script(streamed(GOOD, pause=0.01), repeat_last=True)

    async def several() -> list[int]:
        async with Extractor(store=tmp_path / "answers.sqlite") as extractor:
            return await asyncio.gather(*(aminutes_of(extractor) for _ in range(3)))

    assert asyncio.run(several()) == [10, 10, 10]
    assert len(groq_emulator.requests) == 1


def test_a_stream_inside_an_equal_one_does_not_wait_for_it(groq_emulator: Emulator, tmp_path: Path) -> None:
    groq_emulator.script(streamed(GOOD, pause=0.01), repeat_last=True)

    async def inside() -> int:
        async with (
            Extractor(store=tmp_path / "tasks.sqlite") as extractor,
            aclosing(extractor.astream(Soup, TEXT)) as outer,
        ):
            await anext(outer)
            return await aminutes_of(extractor)

    with Extractor(store=tmp_path / "threads.sqlite") as extractor, closing(extractor.stream(Soup, TEXT)) as outer:
        next(outer)
        assert minutes_of(extractor) == 10
    assert asyncio.run(inside()) == 10


def test_an_equal_stream_goes_on_when_the_first_is_left_early_or_held_for_long(
    groq_emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groq_emulator.script(streamed(GOOD, pause=0.01), repeat_last=True)
    with Extractor(store=tmp_path / "left.sqlite") as extractor, ThreadPoolExecutor(1) as pool:
        outer = extractor.stream(Soup, TEXT)
        next(outer)
        other = pool.submit(minutes_of, extractor)
        outer.close()
        assert other.result(20) == 10
    monkeypatch.setattr("structgen.engine.answers.PATIENCE", 0.3)
    with (
        Extractor(store=tmp_path / "held.sqlite") as extractor,
        ThreadPoolExecutor(1) as pool,
        closing(extractor.stream(Soup, TEXT)) as held,
    ):
        next(held)
        assert pool.submit(minutes_of, extractor).result(20) == 10


INVENTED = json.dumps({"value": [LEEK.model_dump(), {"title": "Beetroot", "minutes": 55}]})
MENU = "Leek soup, done in 10 minutes. Pea soup, done in 20 minutes."


@pytest.mark.parametrize("mode", [Mode.JSON, Mode.JSON_SCHEMA])
def test_an_item_that_the_text_does_not_support_is_not_yielded_early(
    mode: Mode, run: Run, groq_emulator: Emulator
) -> None:
    groq_emulator.script(streamed(INVENTED), reply(LIST))
    options = Options(mode=mode, require_evidence=True, reask=Reask.WHOLE)
    assert run("stream_items", Soup, MENU, options=options) == [LEEK, PEA]
    groq_emulator.script(streamed(INVENTED), repeat_last=True)
    given: list[Soup] = []
    with pytest.raises(ExtractionFailed), Extractor(options=options) as extractor:
        given.extend(extractor.stream_items(Soup, MENU))
    assert Soup(title="Beetroot", minutes=55) not in given


def test_leaving_early_closes_the_connection(groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed(GOOD * 9, pause=0.02), repeat_last=True)
    extractor = Extractor()
    for _ in extractor.stream(Soup, TEXT):
        break
    with extractor.stream_text("Say something.") as pieces:
        assert next(pieces) == '{"ti'

    async def look() -> None:
        shown = extractor.astream(Soup, TEXT)
        await anext(shown)
        await shown.aclose()
        async with extractor.astream_text("Say something.") as arriving:
            await anext(arriving)
        await extractor.aclose()

    asyncio.run(look())
    ends = time.monotonic() + 60
    while groq_emulator.hung_up < 4 and time.monotonic() < ends:
        time.sleep(0.01)
    assert groq_emulator.hung_up == 4


def test_a_wrong_schema_is_refused_before_anything_is_sent(groq_emulator: Emulator) -> None:
    extractor = Extractor()
    with pytest.raises(SchemaError):
        extractor.stream(object(), TEXT)  # type: ignore[call-overload]  wrong on purpose
    with pytest.raises(TaskNotFound):
        extractor.astream_items("no-such-task", TEXT)
    assert groq_emulator.requests == []


def test_rules_stream_in_one_piece(run: Run) -> None:
    partial, result = run("stream", Soup, "Title: Leek soup\nMinutes: 10", model="rules")
    assert partial.value == {"title": "Leek soup", "minutes": 10}
    assert result.cost == 0.0
    assert [piece.text for piece in result.evidence] == ["Leek soup", "10"]


def test_items_come_one_by_one(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LIST))
    assert run("stream_items", Soup, TEXT) == [LEEK, PEA]
    assert groq_emulator.requests[0].body["response_format"]["type"] == "json_schema"  # type: ignore[index, call-overload]


def test_the_first_item_comes_long_before_the_last(groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed(LIST, pause=0.02))
    started = time.monotonic()
    first, last = (time.monotonic() - started for _ in Extractor().stream_items(Soup, TEXT))
    assert last - first > 0.1


def test_an_item_that_does_not_fit_is_mended_and_comes_last(run: Run, groq_emulator: Emulator) -> None:
    text = '{"value": [{"title": "Pea"}, {"title": "Leek", "minutes": 10}]}'
    groq_emulator.script(reply(text, as_is=True), reply('{"/0/minutes": 20}'))
    assert run("stream_items", Soup, TEXT) == [LEEK, PEA]


def test_an_item_that_cannot_be_mended_is_not_dropped(run: Run, groq_emulator: Emulator) -> None:
    text = '{"value": [{"title": "Pea"}, {"title": "Leek", "minutes": 10}]}'
    groq_emulator.script(reply(text, as_is=True))
    with pytest.raises(BudgetExceeded, match="/0/minutes"):
        run("stream_items", Soup, TEXT, options=Options(budget=Budget(max_attempts=1)))


def test_items_of_a_broken_stream_come_once(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed(LIST, share=0.8), reply(LIST), reply(LIST))
    assert run("stream_items", Soup, TEXT) == [LEEK, PEA]
    assert len(groq_emulator.requests) >= 2


def test_a_second_answer_without_the_items_given_is_an_error(run: Run, groq_emulator: Emulator) -> None:
    other = LIST.replace("Leek", "Carrot")
    groq_emulator.script(streamed(LIST[:-2] + ', {"title"'), reply(other), repeat_last=True)
    options = Options(reask=structgen.core.options.Reask.WHOLE)
    with pytest.raises(ExtractionFailed, match="already yielded") as caught:
        run("stream_items", Soup, TEXT, options=options)
    assert len(caught.value.attempts) == 2


ITEM = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#"}}},
    "required": ["name"],
}


def test_items_may_be_described_in_every_way(run: Run, groq_emulator: Emulator) -> None:
    nested = {"name": "a", "parts": [{"name": "b"}]}
    groq_emulator.script(*(reply(json.dumps([value]), as_is=True) for value in (nested, {"name": "a"}, 7)))
    plain = Options(mode=Mode.TEXT)
    assert run("stream_items", ITEM, TEXT, options=plain) == [nested]
    assert run("stream_items", fields("name"), TEXT, options=plain) == [{"name": "a"}]
    assert run("stream_items", True, TEXT, options=plain) == [7]


def test_the_examples_of_a_task_become_lists_of_one(run: Run, groq_emulator: Emulator) -> None:
    task = Task("soups", Soup, "Find soups.", (Example("Pea soup, 20 minutes", PEA.model_dump()),))
    groq_emulator.script(reply(json.dumps([LEEK.model_dump()]), as_is=True))
    assert run("stream_items", task, TEXT, options=Options(mode=Mode.TEXT)) == [LEEK]
    said = [message["content"] for message in groq_emulator.requests[0].body["messages"]]  # type: ignore[union-attr, index, call-overload]
    assert json.loads(str(said[2])) == [PEA.model_dump()]


def test_a_compiled_schema_that_does_not_tell_its_type_is_refused() -> None:
    with pytest.raises(SchemaError, match="Pass the type itself"):
        Extractor("rules").stream_items(structgen.Schema.of(Soup), TEXT)


def test_text_comes_in_pieces_and_then_its_completion(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Good evening."), reply("Good evening."))
    pieces = Extractor(options=Options(stop=("!",))).stream_text("Say something.")
    assert pieces.completion is None
    assert list(pieces) == ["Good", " eve", "ning", "."]
    assert pieces.completion is not None
    assert (pieces.completion.text, pieces.completion.usage.output_tokens) == ("Good evening.", 4)
    assert groq_emulator.requests[0].body["stop"] == ["!"]

    async def look() -> None:
        arriving = Extractor().astream_text([{"role": "user", "content": "Say something."}])
        assert [piece async for piece in arriving] == ["Good", " eve", "ning", "."]
        assert arriving.completion is not None
        assert arriving.completion.finish_reason == "stop"

    asyncio.run(look())


def test_half_a_text_never_looks_like_a_whole_one(groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed("Good evening.", share=0.6), repeat_last=True)
    pieces, seen = Extractor().stream_text("Say something."), list[str]()
    with pytest.raises(ConnectionFailed, match="interrupted after 12 characters") as caught:
        seen.extend(pieces)
    assert caught.value.body == "Good evening"

    async def look() -> None:
        async for piece in Extractor().astream_text("Say something."):
            seen.append(piece)

    with pytest.raises(ConnectionFailed, match="interrupted"):
        asyncio.run(look())
    assert "".join(seen).endswith("Good evening")


def test_a_text_that_never_begins_is_its_own_error(groq_emulator: Emulator) -> None:
    groq_emulator.script(error("model_decommissioned"))
    with pytest.raises(ModelUnavailable):
        next(Extractor().stream_text("Say something."))


@pytest.fixture(params=["complete", "acomplete", "stream_text", "astream_text"])
def say(request: pytest.FixtureRequest, groq_emulator: Emulator) -> Callable[..., str]:
    """Plain text in each of the four ways: ``say(options=..., ...)``."""

    async def awaited(extractor: Extractor) -> str:
        if request.param == "acomplete":
            return (await extractor.acomplete("Say something.")).text
        return "".join([piece async for piece in extractor.astream_text("Say something.")])

    def run(**settings: Any) -> str:
        extractor = Extractor(**settings)
        if request.param.startswith("a"):
            return asyncio.run(awaited(extractor))
        if request.param == "complete":
            return extractor.complete("Say something.").text
        return "".join(extractor.stream_text("Say something."))

    return run


def test_observers_hear_of_plain_text(say: Callable[..., str], groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("Good evening."))
    events: list[Event] = []
    assert say(observers=[events.append]) == "Good evening."
    sent, received = events
    assert isinstance(sent, RequestSent)
    assert isinstance(received, CompletionReceived)
    assert received.completion.text == "Good evening."


def test_observers_hear_of_plain_text_that_never_came(say: Callable[..., str], groq_emulator: Emulator) -> None:
    groq_emulator.script(error("model_decommissioned"))
    events: list[Event] = []
    with pytest.raises(ModelUnavailable):
        say(observers=[events.append])
    assert [type(event) for event in events] == [RequestSent, Failed]


@pytest.mark.parametrize("budget", [Budget(max_tokens=100), Budget(max_cost=0.000_001)])
def test_plain_text_keeps_to_the_budget(budget: Budget, say: Callable[..., str], groq_emulator: Emulator) -> None:
    with pytest.raises(BudgetExceeded, match="Set max_completion_tokens"):
        say(options=Options(budget=budget))
    assert groq_emulator.requests == []
    groq_emulator.script(reply("Good evening."))
    assert say(options=Options(budget=Budget(max_tokens=100), max_completion_tokens=50)) == "Good evening."


def test_an_empty_text_has_no_pieces_from_the_store_either(groq_emulator: Emulator, tmp_path: Path) -> None:
    groq_emulator.script(reply(""))
    extractor = Extractor(store=tmp_path / "store.sqlite")
    assert [list(extractor.stream_text("Say nothing.")) for _ in range(2)] == [[], []]
    assert len(groq_emulator.requests) == 1


def test_sync_streams_work_where_a_loop_already_runs(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD))

    async def cell() -> list[Any]:
        return list(Extractor().stream(Soup, TEXT))

    assert asyncio.run(cell())[-1].value.minutes == 10


@pytest.mark.parametrize(
    ("options", "words"), [(Options(passes=2), "passes=2"), (Options(chunk_chars=200), "more than chunk_chars=200")]
)
def test_what_a_stream_does_not_do_is_refused_before_anything_is_sent(
    groq_emulator: Emulator, options: Options, words: str
) -> None:
    extractor = Extractor(options=options)
    for stream in (extractor.stream, extractor.astream, extractor.stream_items, extractor.astream_items):
        with pytest.raises(ConfigurationError, match=words):
            stream(Soup, TEXT * 40)
    assert groq_emulator.requests == []
