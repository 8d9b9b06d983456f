"""Extractor over the wire: the real SDK against the emulator, sync and async alike."""

import asyncio
import gc
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import BaseModel
from tenacity import Retrying, stop_after_attempt, wait_fixed

from structgen import (
    AuthenticationFailed,
    Budget,
    BudgetExceeded,
    ConfigurationError,
    Document,
    Extraction,
    ExtractionFailed,
    Extractor,
    Mode,
    Options,
    RateLimited,
    Risk,
    SchemaError,
    ServerFailed,
    Task,
    TaskNotFound,
    Usage,
    aextract,
    agenerate,
    extract,
    generate,
)
from structgen.core.events import Accepted, Event, TransportRetried, WaitingForLimit
from structgen.testing import Emulator, cut, error, plain, raw, reply

GOOD = '{"title": "Leek soup", "minutes": 10}'


class Soup(BaseModel):
    title: str
    minutes: int


TEXT = "Leek soup, done in 10 minutes."
Run = Callable[..., Extraction[Any]]


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, groq_emulator: Emulator) -> Run:
    """One extraction, blocking or awaited: ``run("extract", schema, text, options=..., ...)``."""

    def blocking(method: str, *args: Any, **settings: Any) -> Extraction[Any]:
        with Extractor(**settings) as extractor:
            return getattr(extractor, method)(*args)

    async def awaited(method: str, *args: Any, **settings: Any) -> Extraction[Any]:
        async with Extractor(**settings) as extractor:
            return await getattr(extractor, f"a{method}")(*args)

    if request.param == "sync":
        return blocking
    return lambda *args, **settings: asyncio.run(awaited(*args, **settings))


def test_a_text_becomes_a_value_with_its_evidence(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD))
    result = run("extract", Soup, TEXT)
    assert result.value == Soup(title="Leek soup", minutes=10)
    assert [piece.text for piece in result.evidence] == ["Leek soup", "10"]
    assert result.usage.calls == 1
    assert result.cost is not None
    assert result.model == "openai/gpt-oss-20b"


def test_a_prompt_becomes_a_value(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD))
    result = run("generate", Soup, "Invent a soup")
    assert result.value.title == "Leek soup"
    assert result.evidence == ()
    assert groq_emulator.requests[0].body["messages"][-1]["content"] == "Invent a soup"


def test_an_extractor_keeps_the_prompts_for_extracting_and_generating_apart(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD), repeat_last=True)
    soup = Task("soup", Soup, instructions="Find it.", generate_instructions="Invent it.")
    extractor = Extractor()
    for call in (extractor.extract, extractor.generate, extractor.extract):
        call(soup, TEXT)
    systems = [request.body["messages"][0]["content"] for request in groq_emulator.requests]
    assert [("Find it." in system, "Invent it." in system) for system in systems] == [
        (True, False),
        (False, True),
        (True, False),
    ]


def test_a_missing_field_is_asked_for_alone(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"title": "Leek soup"}'), reply('{"/minutes": 10}'))
    result = run("extract", Soup, TEXT)
    assert result.value == Soup(title="Leek soup", minutes=10)
    assert [len(attempt.issues) for attempt in result.attempts] == [1, 0]
    assert "/minutes" in result.attempts[1].why
    assert result.usage.calls == 2


def test_nothing_accepted_raises_with_everything(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"title": "Leek soup"}'), repeat_last=True)
    with pytest.raises(BudgetExceeded) as caught:
        run("extract", Soup, TEXT, options=Options(budget=Budget(max_attempts=2)))
    assert len(caught.value.attempts) == 2
    assert caught.value.partial == {"title": "Leek soup"}


def test_a_wrong_key_says_so_and_never_shows_it(run: Run, groq_emulator: Emulator) -> None:
    with pytest.raises(AuthenticationFailed) as caught:
        run("extract", Soup, TEXT, api_key="gsk_secretsecretsecret")
    assert "gsk_secret" not in repr(caught.value)
    assert "GROQ_API_KEY" in str(caught.value)


def test_a_busy_server_is_asked_again_and_observers_hear_of_it(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("rate_limit", retry_after=0.01), reply(GOOD))
    events: list[Event] = []
    result = run("extract", Soup, TEXT, observers=[events.append])
    assert result.attempts[0].completion.transport_retries == 1
    assert [event.wait for event in events if isinstance(event, TransportRetried)] == [pytest.approx(0.01)]
    assert isinstance(events[-1], Accepted)


def test_usage_counts_every_answer_of_every_attempt(run: Run, groq_emulator: Emulator) -> None:
    bad = '{"title": "Leek soup", "minutes": "long"}'
    groq_emulator.script(reply(bad), reply('{"/minutes": "longer"}'), reply(GOOD))
    result = run("extract", Soup, TEXT, options=Options(mode=Mode.JSON))
    assert result.usage.calls == 3
    each = [attempt.completion.usage for attempt in result.attempts]
    assert result.usage == each[0] + each[1] + each[2]
    assert result.usage.input_tokens == sum(usage.input_tokens or 0 for usage in each)
    groq_emulator.script(reply(bad), reply('{"/minutes": "longer"}'), reply(bad))
    with pytest.raises(ExtractionFailed) as raised:
        run("extract", Soup, TEXT, options=Options(mode=Mode.JSON))
    assert raised.value.usage is not None
    assert raised.value.usage.calls == 3
    assert (raised.value.usage.output_tokens or 0) > 0


def test_a_reply_that_broke_off_and_was_sent_again_took_an_unknown_number_of_tokens(
    run: Run, groq_emulator: Emulator
) -> None:
    for broken in (raw('{"choices": [{"message": {"con'), cut(GOOD)):
        groq_emulator.script(broken, reply(GOOD))
        result = run("extract", Soup, TEXT)
        assert (result.usage, result.cost) == (Usage(calls=2), None)
        assert result.attempts[0].completion.transport_retries == 1


def test_a_busy_server_took_nothing(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("rate_limit", retry_after=0.01), reply(GOOD))
    assert run("extract", Soup, TEXT).usage.calls == 1


def test_a_policy_of_ones_own_decides_about_transport_retries(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("internal"), repeat_last=True)
    policy = Retrying(stop=stop_after_attempt(3), wait=wait_fixed(0.01))
    events: list[Event] = []
    with pytest.raises(ServerFailed):
        run("extract", Soup, TEXT, retrying=policy, observers=[events.append])
    assert len(groq_emulator.requests) == 3
    assert [event.wait for event in events if isinstance(event, TransportRetried)] == [0.01, 0.01]


@pytest.mark.parametrize(
    "refusal", [error("rate_limit", retry_after=30), error("rate_limit_tpm"), error("over_capacity")]
)
def test_the_wait_of_ones_own_policy_is_the_whole_wait(refusal: Any, run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(refusal, refusal, reply(GOOD))
    policy = Retrying(stop=stop_after_attempt(3), wait=wait_fixed(0.01))
    events: list[Event] = []
    run("extract", Soup, TEXT, retrying=policy, observers=[events.append])
    assert [event.wait for event in events if isinstance(event, TransportRetried)] == [0.01, 0.01]
    assert not [event for event in events if isinstance(event, WaitingForLimit)]


def test_a_wait_beyond_the_time_budget_is_refused_at_once(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("rate_limit", retry_after=3_600))
    started = time.monotonic()
    with pytest.raises(RateLimited, match="3600"):
        run("extract", Soup, TEXT, options=Options(budget=Budget(max_seconds=300)))
    assert time.monotonic() - started < 240


def test_a_deadline_ends_a_call_under_way(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD, delay=30))
    started = time.monotonic()
    with pytest.raises(BudgetExceeded, match="time budget"):
        run("extract", Soup, TEXT, options=Options(budget=Budget(max_seconds=0.3)))
    assert time.monotonic() - started < 10


def test_tools_mode_reads_the_arguments_of_the_function(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD))
    result = run("extract", Soup, TEXT, options=Options(mode=Mode.TOOLS))
    assert result.value.minutes == 10
    assert "response_format" not in groq_emulator.requests[0].body


@pytest.mark.parametrize(
    ("schema", "value", "shown"),
    [
        (list[Soup], [{"title": "Leek soup", "minutes": 10}], [Soup(title="Leek soup", minutes=10)]),
        (str, "Leek soup", "Leek soup"),
        (Soup | None, {"title": "Leek soup", "minutes": 10}, Soup(title="Leek soup", minutes=10)),
    ],
)
def test_tools_mode_has_an_object_around_what_is_none(
    run: Run, groq_emulator: Emulator, schema: Any, value: Any, shown: Any
) -> None:
    for answer in ({"value": value}, value):
        groq_emulator.script(reply(json.dumps(answer)))
        assert run("extract", schema, TEXT, options=Options(mode=Mode.TOOLS)).value == shown
    asked = groq_emulator.requests[0].body["tools"][0]["function"]["parameters"]
    assert (asked["type"], list(asked["properties"])) == ("object", ["value"])


def test_the_object_around_an_answer_is_no_repair(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"value": ["leek"]}'))
    options = Options(mode=Mode.TOOLS, max_risk=Risk.LOSSLESS)
    assert run("extract", list[str], TEXT, options=options).repairs == ()


def test_text_mode_reads_plain_text(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(plain(f"Here it is:\n```json\n{GOOD}\n```"))
    result = run("extract", Soup, TEXT, options=Options(mode=Mode.TEXT))
    assert result.value.minutes == 10
    assert {repair.risk.name for repair in result.repairs} == {"LOSSLESS"}


def test_a_response_that_the_server_refused_is_read_before_anybody_is_asked_again(
    run: Run, groq_emulator: Emulator
) -> None:
    broken = GOOD[:-1] + ",}"
    groq_emulator.script(error("json_validate_failed_syntax", failed_generation=broken))
    result = run("extract", Soup, TEXT)
    assert result.value.minutes == 10
    assert result.usage == Usage(calls=1)
    assert result.cost is None


def test_rules_need_no_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY")
    result = run("extract", Soup, "Title: Leek soup\nMinutes: 10", model="rules")
    assert result.value == Soup(title="Leek soup", minutes=10)
    assert result.usage.calls == 0
    assert result.cost == 0.0


def test_rules_are_never_asked_twice(run: Run) -> None:
    with pytest.raises(ExtractionFailed) as caught:
        run("extract", Soup, "Title: Leek soup", model="rules")
    assert len(caught.value.attempts) == 1
    assert caught.value.partial == {"title": "Leek soup", "minutes": None}


def test_a_document_and_a_chat_are_texts_too(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD), reply(GOOD))
    assert run("extract", Soup, Document(TEXT, id="1")).value.minutes == 10
    chat = [
        {"role": "user", "content": TEXT},
        {"role": "assistant", "content": "Soup."},
        {"role": "user", "content": "?"},
    ]
    assert run("extract", Soup, chat).value.minutes == 10
    assert [message["role"] for message in groq_emulator.requests[1].body["messages"]][1:] == [
        "user",
        "assistant",
        "user",
    ]


def test_instructions_of_the_call_replace_those_of_the_task(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("invalid_api_key"))
    with pytest.raises(AuthenticationFailed):
        run("extract", "recipe", TEXT, "Only the title.")
    said = groq_emulator.requests[0].body["messages"][0]["content"]
    assert "Only the title." in said
    assert "navigation" not in said


def test_the_one_call_functions_do_the_same(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD), repeat_last=True)
    assert extract(Soup, TEXT).value == generate(Soup, TEXT).value
    assert asyncio.run(aextract(Soup, TEXT)).value == asyncio.run(agenerate(Soup, TEXT)).value


def answer_with_the_number(body: Any) -> str:
    """The number in the document as minutes; no answer to number 3."""
    number = int(body["messages"][-1]["content"].split("soup ")[1].split("\n")[0].rstrip("."))
    time.sleep(0.02 if number % 2 else 0)
    return json.dumps({"title": "soup"} if number == 3 else {"title": "soup", "minutes": number})


TEXTS = [f"soup {n}." for n in range(8)]


def check_many(outcomes: list[Any]) -> None:
    assert [n for n, outcome in enumerate(outcomes) if isinstance(outcome, ExtractionFailed)] == [3]
    minutes = [outcome.value.minutes for outcome in outcomes if isinstance(outcome, Extraction)]
    assert minutes == [0, 1, 2, 4, 5, 6, 7]


def test_many_texts_keep_their_order_and_one_failure_stops_nobody(groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(answer_with_the_number)
    extractor = Extractor(options=Options(budget=Budget(max_attempts=1)))
    check_many(list(extractor.map(Soup, TEXTS, concurrency=3)))

    async def all_of() -> list[Any]:
        return [outcome async for outcome in extractor.amap(Soup, TEXTS, concurrency=3)]

    check_many(asyncio.run(all_of()))


def test_a_wrong_schema_stops_a_map_before_its_first_text(groq_emulator: Emulator) -> None:
    with pytest.raises(SchemaError):
        Extractor().map(object(), TEXTS)  # type: ignore[call-overload]  wrong on purpose
    with pytest.raises(TaskNotFound):
        Extractor().amap("no-such-task", TEXTS)
    assert groq_emulator.requests == []


def test_sync_calls_work_where_a_loop_already_runs(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD), repeat_last=True)

    async def cell() -> list[Any]:
        extractor = Extractor()
        return [extractor.extract(Soup, TEXT).value, *(one.value for one in extractor.map(Soup, TEXTS[:2]))]

    assert len(asyncio.run(cell())) == 3


def test_one_extractor_serves_several_loops_and_leaves_nothing_open(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD), repeat_last=True)
    extractor = Extractor()
    for _ in range(2):
        assert asyncio.run(extractor.aextract(Soup, TEXT)).value.minutes == 10
    del extractor
    gc.collect()


def test_a_client_of_ones_own_is_used(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(GOOD))
    seen: list[str] = []
    with httpx.Client(event_hooks={"request": [lambda request: seen.append(request.url.path)]}) as client:
        assert Extractor(http_client=client).extract(Soup, TEXT).value.minutes == 10
    assert seen == ["/openai/v1/chat/completions"]


def test_no_key_and_no_model_names_the_way_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    monkeypatch.delenv("STRUCTGEN_MODEL", raising=False)
    with pytest.raises(ConfigurationError, match='model="rules"'):
        Extractor()


def test_the_model_of_the_environment_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRUCTGEN_MODEL", "rules")
    assert repr(Extractor()) == "Extractor('rules')"
