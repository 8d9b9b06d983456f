"""Several calls of a function in one response: over the wire, blocking, awaited and streamed alike."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from structgen import Budget, Extraction, ExtractionFailed, Extractor, Mode, Options, Risk
from structgen.core.records import Call
from structgen.testing import EMULATOR_KEY, Emulator, error, raw, reply

TEXT = "Leek soup takes 10 minutes, pea soup 20."
LEEK = '{"title": "Leek soup", "minutes": 10}'
PEA = '{"title": "Pea soup", "minutes": 20}'
TOOLS = Options(mode=Mode.TOOLS)
ONCE = Options(mode=Mode.TOOLS, budget=Budget(max_attempts=1))


class Soup(BaseModel):
    title: str
    minutes: int


SOUPS = [Soup.model_validate_json(one) for one in (LEEK, PEA)]
Run = Callable[..., Extraction[Any]]


@pytest.fixture(params=["extract", "aextract", "stream", "astream"])
def run(request: pytest.FixtureRequest, groq_emulator: Emulator) -> Run:
    """One extraction in each way that there is: ``run(schema, options, store=...)``."""

    def blocking(schema: Any, options: Options, **settings: Any) -> Extraction[Any]:
        with Extractor(options=options, **settings) as extractor:
            if request.param == "extract":
                return extractor.extract(schema, TEXT)
            return list(extractor.stream(schema, TEXT))[-1]

    async def awaited(schema: Any, options: Options, **settings: Any) -> Any:
        async with Extractor(options=options, **settings) as extractor:
            if request.param == "aextract":
                return await extractor.aextract(schema, TEXT)
            return [one async for one in extractor.astream(schema, TEXT)][-1]

    if not request.param.startswith("a"):
        return blocking
    return lambda *args, **settings: asyncio.run(awaited(*args, **settings))


def rules(result: Extraction[Any]) -> list[str]:
    return [repair.rule for repair in result.repairs]


def test_calls_that_differ_are_refused_and_both_are_shown(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK, calls=[PEA]))
    with pytest.raises(ExtractionFailed) as caught:
        run(Soup, ONCE)
    (attempt,) = caught.value.attempts
    assert attempt.completion.text == LEEK
    assert attempt.completion.more_calls == (Call("Soup", PEA),)
    assert [issue.code for issue in attempt.issues] == ["ambiguous"]
    assert attempt.issues[0].found == [json.loads(LEEK), json.loads(PEA)]


def test_the_question_after_several_calls_shows_all_of_them(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK, calls=[PEA], content="Two soups:"), reply(LEEK))
    assert run(Soup, TOOLS).value == SOUPS[0]
    assert groq_emulator.requests[1].body["messages"][-2]["content"] == f"Two soups:\n{LEEK}\n{PEA}"


def test_equal_calls_are_one(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK, calls=['{"minutes": 10, "title": "Leek soup"}', LEEK]))
    result = run(Soup, TOOLS)
    assert result.value == SOUPS[0]
    assert set(rules(result)) == {"repeated"}


@pytest.mark.parametrize(
    ("first", "others"),
    [
        (LEEK, [PEA]),
        (LEEK, [PEA, LEEK]),
        (f'{{"value": [{LEEK}]}}', [f'{{"value": [{PEA}]}}']),
        (f'{{"soups": [{LEEK}]}}', [f'{{"soups": [{PEA}]}}']),
        (f"[{LEEK}]", [f"[{PEA}]"]),
        (f"[{LEEK}, {PEA}]", [f"[{LEEK}, {PEA}]"]),
    ],
)
def test_calls_are_collected_for_a_list(first: str, others: list[str], run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(first, calls=others, as_is=True))
    result = run(list[Soup], TOOLS)
    assert result.value == SOUPS
    assert "collected" in rules(result) or set(rules(result)) == {"repeated"}
    assert len(result.attempts) == 1


def test_collecting_is_a_risk_that_may_be_refused(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK, calls=[PEA], as_is=True))
    with pytest.raises(ExtractionFailed):
        run(list[Soup], Options(mode=Mode.TOOLS, max_risk=Risk.LOSSLESS, budget=Budget(max_attempts=1)))


@pytest.mark.parametrize("method", ["stream_items", "astream_items"])
def test_the_items_of_all_calls_come_once(method: str, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(f'{{"value": [{LEEK}]}}', calls=[f'{{"value": [{PEA}]}}'], as_is=True))

    async def awaited() -> list[Any]:
        async with Extractor(options=TOOLS) as extractor:
            return [item async for item in extractor.astream_items(Soup, TEXT)]

    if method == "stream_items":
        assert list(Extractor(options=TOOLS).stream_items(Soup, TEXT)) == SOUPS
    else:
        assert asyncio.run(awaited()) == SOUPS


def test_a_call_that_cannot_be_read_is_not_dropped(run: Run, groq_emulator: Emulator) -> None:
    for broken in ("oops", '{"title": "Pea soup", "minu', '{"title": "Pea soup", "minutes": 1,299}'):
        groq_emulator.script(reply(LEEK, calls=[broken], as_is=True))
        with pytest.raises(ExtractionFailed):
            run(Soup, ONCE)


def test_a_call_without_arguments_says_nothing(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("", calls=[LEEK, ""], as_is=True))
    assert run(Soup, TOOLS).value == SOUPS[0]


@pytest.mark.parametrize(
    ("content", "repairs"),
    [("I call it now.", ["prose"]), (f"So it is {LEEK}.", ["prose", "repeated"]), (" \n", [])],
)
def test_content_beside_a_call_is_on_record(
    content: str, repairs: list[str], run: Run, groq_emulator: Emulator
) -> None:
    groq_emulator.script(reply(LEEK, content=content))
    result = run(Soup, TOOLS)
    assert result.value == SOUPS[0]
    assert result.attempts[0].completion.beside == content
    assert rules(result) == repairs
    assert not repairs or result.repairs[0].before == content.replace(LEEK, "")


def test_content_beside_a_call_that_says_another_thing_is_a_reason_to_refuse(run: Run, groq_emulator: Emulator) -> None:
    for schema in (Soup, list[Soup]):
        groq_emulator.script(reply(LEEK, content=f"It is {PEA}.", as_is=True))
        with pytest.raises(ExtractionFailed) as caught:
            run(schema, ONCE)
        assert caught.value.attempts[0].issues[0].code == "ambiguous"


def test_the_answer_may_stand_in_the_content_beside_an_empty_call(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("{}", content=LEEK, as_is=True))
    assert run(Soup, TOOLS).value == SOUPS[0]


def test_a_call_of_another_tool_is_never_taken_in_silence(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK, tool="cook", as_is=True))
    result = run(Soup, TOOLS)
    assert [(one.rule, one.before, one.after) for one in result.repairs] == [("other_tool", "cook", "Soup")]
    assert result.attempts[0].completion.called == "cook"


def test_a_call_of_another_tool_that_is_not_taken_is_named(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK, tool="cook", as_is=True))
    with pytest.raises(ExtractionFailed, match="is a call of 'cook', not of 'Soup'"):
        run(Soup, Options(mode=Mode.TOOLS, max_risk=Risk.LOSSLESS, budget=Budget(max_attempts=1)))


@pytest.mark.parametrize("schema", [Soup, list[Soup]])
def test_a_call_of_another_tool_beside_the_answer_is_a_reason_to_refuse(
    schema: Any, run: Run, groq_emulator: Emulator
) -> None:
    own = LEEK if schema is Soup else f"[{LEEK}]"
    for arguments in (PEA, '{"weight": 5}'):
        groq_emulator.script(reply(own, calls=[("cook", arguments)], as_is=True))
        with pytest.raises(ExtractionFailed):
            run(schema, ONCE)
    groq_emulator.script(reply(own, calls=[("cook", LEEK)], as_is=True))
    if schema is Soup:
        assert run(schema, ONCE).value == SOUPS[0]


def test_calls_that_the_server_refused_are_read_all_the_same(run: Run, groq_emulator: Emulator) -> None:
    made = [json.dumps({"name": "Soup", "arguments": json.loads(one)}) for one in (LEEK, PEA)]
    for generation in ("\n".join(made), f"[{', '.join(made)}]"):
        groq_emulator.script(error("tool_use_failed_args", failed_generation=generation))
        with pytest.raises(ExtractionFailed) as caught:
            run(Soup, ONCE)
        assert caught.value.attempts[0].completion.more_calls == (Call("Soup", PEA),)
        groq_emulator.script(error("tool_use_failed_args", failed_generation=generation))
        assert run(list[Soup], ONCE).value == SOUPS


def body_with(message: dict[str, Any]) -> str:
    return json.dumps({"model": "m", "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]})


def test_a_call_of_the_older_protocol_is_read(groq_emulator: Emulator) -> None:
    older = {"name": "Soup", "arguments": LEEK}
    newer = {"id": "1", "type": "function", "function": {"name": "Soup", "arguments": PEA}}
    groq_emulator.script(
        raw(body_with({"content": None, "function_call": older})),
        raw(body_with({"function_call": older, "tool_calls": [newer]})),
    )
    with Extractor(options=ONCE) as extractor:
        assert extractor.extract(Soup, TEXT).value == SOUPS[0]
        with pytest.raises(ExtractionFailed):
            extractor.extract(Soup, TEXT)


def test_the_store_keeps_every_call(run: Run, groq_emulator: Emulator, tmp_path: Path) -> None:
    groq_emulator.script(reply(LEEK, calls=[PEA], content="Two:", as_is=True))
    first = run(list[Soup], TOOLS, store=tmp_path / "store.db")
    again = run(list[Soup], TOOLS, store=tmp_path / "store.db")
    assert len(groq_emulator.requests) == 1
    assert again.value == first.value == SOUPS
    assert again.attempts[0].completion.more_calls == first.attempts[0].completion.more_calls != ()
    assert again.attempts[0].completion.beside == "Two:"
    assert again.repairs == first.repairs


# parallel_tool_calls


@pytest.mark.parametrize(("option", "sent"), [(None, False), (True, True), (False, False)])
def test_groq_is_told_to_make_one_call(option: bool | None, sent: bool, run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK))
    run(Soup, Options(mode=Mode.TOOLS, parallel_tool_calls=option))
    assert groq_emulator.requests[0].body["parallel_tool_calls"] is sent


@pytest.mark.parametrize("mode", [Mode.JSON, Mode.JSON_SCHEMA, Mode.TEXT])
def test_without_tools_nothing_is_said_of_calls(mode: Mode, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK))
    with Extractor(options=Options(mode=mode)) as extractor:
        extractor.extract(Soup, TEXT)
    assert "parallel_tool_calls" not in groq_emulator.requests[0].body


@pytest.mark.parametrize("option", [None, False])
def test_other_servers_are_told_only_what_the_user_says(option: bool | None, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(LEEK))
    options = Options(mode=Mode.TOOLS, parallel_tool_calls=option)
    base_url = f"{groq_emulator.base_url}/openai/v1"
    with Extractor("compatible/openai/gpt-oss-20b", options, base_url=base_url, api_key=EMULATOR_KEY) as extractor:
        extractor.extract(Soup, TEXT)
    assert groq_emulator.requests[0].body.get("parallel_tool_calls") is option
