"""Quotes on request, over the wire: the real SDK against the emulator, in every mode."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Literal

import pytest
from pydantic import BaseModel

import structgen
from structgen import (
    Budget,
    BudgetExceeded,
    Evidence,
    EvidenceMode,
    Example,
    Extraction,
    ExtractionFailed,
    Extractor,
    Message,
    Mode,
    Options,
    Partial,
    Task,
)
from structgen.testing import Emulator, reply, streamed

STRICT = "groq/openai/gpt-oss-20b"
PLAIN = "groq/openai/gpt-oss-safeguard-20b"
QUOTES = Options(evidence=EvidenceMode.QUOTES)


class Dish(BaseModel):
    name: str
    minutes: int


class Visit(BaseModel):
    place: str
    mood: Literal["good", "bad"]
    dishes: list[Dish]
    note: str | None = None


TEXT = "We came to the Blue Door.\nLeek soup took 10 minutes, the pie 25 minutes. We loved every bite."


def pair(quote: str | None, value: Any) -> dict[str, Any]:
    return {"quote": quote, "value": value}


def answer(**changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "place": pair("the Blue Door", "Blue Door"),
        "mood": pair("We loved every bite", "good"),
        "dishes": [
            {"name": pair("Leek soup", "Leek soup"), "minutes": pair("took 10 minutes", 10)},
            {"name": pair("the pie", "pie"), "minutes": pair("25 minutes", 25)},
        ],
        "note": None,
    }
    return told | changes


VALUE = Visit(place="Blue Door", mood="good", dishes=[Dish(name="Leek soup", minutes=10), Dish(name="pie", minutes=25)])
FOUND = {
    "/place": ("Blue Door", "exact"),
    "/mood": ("We loved every bite", "quoted"),
    "/dishes/0/name": ("Leek soup", "exact"),
    "/dishes/0/minutes": ("10", "exact"),
    "/dishes/1/name": ("pie", "exact"),
    "/dishes/1/minutes": ("25", "exact"),
}


def told(result: Extraction[Any]) -> dict[str, tuple[str | None, str]]:
    return {piece.path: (piece.text, str(piece.status)) for piece in result.evidence}


def schema_of(body: dict[str, Any]) -> Any:
    if "tools" in body:
        return body["tools"][0]["function"]["parameters"]
    return body.get("response_format", {}).get("json_schema", {}).get("schema")


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, groq_emulator: Emulator) -> Callable[..., Extraction[Any]]:
    def blocking(model: str, options: Options, schema: Any = Visit, text: Any = TEXT) -> Extraction[Any]:
        with Extractor(model, options) as extractor:
            return extractor.extract(schema, text)

    async def awaited(model: str, options: Options, schema: Any = Visit, text: Any = TEXT) -> Extraction[Any]:
        async with Extractor(model, options) as extractor:
            return await extractor.aextract(schema, text)

    return blocking if request.param == "sync" else lambda *args, **more: asyncio.run(awaited(*args, **more))


@pytest.mark.parametrize(
    ("model", "mode"),
    [
        (STRICT, Mode.JSON_SCHEMA),
        (STRICT, Mode.AUTO),
        (PLAIN, Mode.JSON_SCHEMA),
        (PLAIN, Mode.JSON),
        (PLAIN, Mode.TOOLS),
        (PLAIN, Mode.TEXT),
    ],
)
def test_in_every_mode_quotes_are_asked_for_taken_out_and_grounded(
    run: Callable[..., Extraction[Any]], groq_emulator: Emulator, model: str, mode: Mode
) -> None:
    groq_emulator.script(reply(json.dumps(answer())))
    result = run(model, Options(mode=mode, evidence=EvidenceMode.QUOTES))
    assert result.value == VALUE
    assert told(result) == FOUND
    assert result.repairs == ()
    assert result.unsupported == ()
    body = groq_emulator.requests[-1].body
    system = body["messages"][0]["content"]
    assert "place: {quote: string | null, value: string}" in system
    assert "copied word for word" in system
    sent = schema_of(body)
    if sent is not None:
        assert list(sent["properties"]["place"]["properties"]) == ["quote", "value"]
    assert result.attempts[0].why.endswith("with quotes")


def test_an_answer_in_a_fence_with_odd_keys_and_trailing_commas_is_read_too(groq_emulator: Emulator) -> None:
    text = json.dumps(answer()).replace('"minutes"', '"Minutes"').replace('"quote"', '"Quote"')
    groq_emulator.script(reply(f"Here it is:\n```json\n{text[:-1]},}}\n```", as_is=True))
    result = structgen.extract(Visit, TEXT, model=PLAIN, options=Options(Mode.TEXT, evidence=EvidenceMode.QUOTES))
    assert result.value == VALUE
    assert told(result) == FOUND
    assert {repair.path for repair in result.repairs} == {"", "/dishes/0/minutes", "/dishes/1/minutes"}


def test_what_the_model_cannot_quote_is_unsupported_wherever_it_stands(groq_emulator: Emulator) -> None:
    dishes = [{"name": pair(None, "Leek soup"), "minutes": pair("ready in ten", 10)}, {"name": "pie", "minutes": 25}]
    groq_emulator.script(reply(json.dumps(answer(dishes=dishes)), as_is=True))
    result = structgen.extract(Visit, TEXT, model=PLAIN, options=QUOTES)
    assert result.value == VALUE
    assert result.unsupported == ("/dishes/0/name", "/dishes/0/minutes", "/dishes/1/name", "/dishes/1/minutes")


def test_a_quote_of_another_field_does_not_pass_for_the_value_itself(groq_emulator: Emulator) -> None:
    dishes = [{"name": pair("Leek soup", "Leek soup"), "minutes": pair("the pie", 10)}]
    groq_emulator.script(reply(json.dumps(answer(dishes=dishes))))
    result = structgen.extract(Visit, TEXT, model=STRICT, options=QUOTES)
    assert told(result)["/dishes/0/minutes"] == (None, "unsupported")


def test_values_without_a_quote_are_asked_for_again_where_evidence_is_required(
    run: Callable[..., Extraction[Any]], groq_emulator: Emulator
) -> None:
    groq_emulator.script(
        reply(json.dumps(answer(place=pair("at the blue portal of dreams", "Blue Door")))),
        reply(json.dumps({"/place": pair("the Blue Door", "Blue Door")})),
    )
    result = run(STRICT, Options(evidence=EvidenceMode.QUOTES, require_evidence=True))
    assert result.value == VALUE
    assert told(result) == FOUND
    assert [attempt.why for attempt in result.attempts][1] == "asked again for 1 field: /place"
    asked = groq_emulator.requests[-1].body["messages"][-1]["content"]
    assert "- /place: {quote: string | null, value: string}" in asked
    assert "has no quote from the document" in asked
    assert "copied word for word" in asked
    sent = schema_of(groq_emulator.requests[-1].body)
    assert set(sent["properties"]["/place"]["properties"]) == {"quote", "value"}


def test_values_that_stay_without_a_quote_are_refused_where_evidence_is_required(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(answer(place=pair(None, "Blue Door"))), as_is=True), repeat_last=True)
    options = Options(evidence=EvidenceMode.QUOTES, require_evidence=True, budget=Budget(max_attempts=2))
    with pytest.raises(BudgetExceeded) as caught:
        structgen.extract(Visit, TEXT, model=STRICT, options=options)
    assert [(issue.path, issue.code) for issue in caught.value.issues] == [("/place", "unsupported")]
    assert caught.value.partial == VALUE.model_dump()


def test_null_needs_no_quote(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(answer(note=pair(None, None))), as_is=True))
    result = structgen.extract(
        Visit, TEXT, model=PLAIN, options=Options(require_evidence=True, evidence=EvidenceMode.QUOTES)
    )
    assert result.value.note is None
    assert told(result) == FOUND


def test_the_whole_is_asked_again_with_quotes(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply("I cannot do that.", as_is=True), reply(json.dumps(answer())))
    result = structgen.extract(Visit, TEXT, model=PLAIN, options=QUOTES)
    assert told(result) == FOUND


def test_the_rest_of_an_answer_that_was_cut_off_keeps_the_quotes_of_both(groq_emulator: Emulator) -> None:
    whole = answer()
    text = json.dumps(
        {"place": whole["place"], "mood": whole["mood"], "dishes": [*whole["dishes"], whole["dishes"][0]]}
    )
    cut = text[: text.rindex("took 10")]
    rest = {"dishes": [whole["dishes"][1], {"name": pair("every bite", "bite"), "minutes": pair(None, 5)}]}
    groq_emulator.script(reply(cut, finish_reason="length", as_is=True), reply(json.dumps(rest)))
    result = structgen.extract(Visit, TEXT, model=PLAIN, options=QUOTES)
    assert result.attempts[1].why.startswith("asked for the rest")
    assert [dish.name for dish in result.value.dishes] == ["Leek soup", "pie", "bite"]
    assert told(result) == FOUND | {"/dishes/2/name": ("bite", "exact"), "/dishes/2/minutes": (None, "unsupported")}
    assert '"quote": "the pie"' in groq_emulator.requests[-1].body["messages"][-1]["content"]


@pytest.mark.parametrize("model", [STRICT, PLAIN])
def test_a_stream_shows_values_and_no_quotes(groq_emulator: Emulator, model: str) -> None:
    groq_emulator.script(streamed(json.dumps(answer())))
    *partials, result = structgen.Extractor(model, QUOTES).stream(Visit, TEXT)
    assert isinstance(result, Extraction)
    assert told(result) == FOUND
    shown = [partial for partial in partials if isinstance(partial, Partial)]
    assert shown[-1].value == VALUE.model_dump()
    assert not any("quote" in json.dumps(partial.value) or "quote" in "".join(partial.open) for partial in shown)
    assert {"place": "Blue Door"} in [partial.value for partial in shown]


def test_streamed_items_come_without_quotes(groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed(json.dumps({"value": answer()["dishes"]})))
    items = list(structgen.Extractor(STRICT, QUOTES).stream_items(Dish, TEXT))
    assert items == VALUE.dishes


def test_streamed_items_may_be_single_values(groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed(json.dumps([pair("10 minutes", 10), pair("25 minutes", 25)])))
    options = Options(Mode.TEXT, evidence=EvidenceMode.QUOTES)
    assert list(structgen.Extractor(PLAIN, options).stream_items(int, TEXT)) == [10, 25]


def test_the_chunks_of_a_long_document_have_quotes_with_offsets_of_the_whole(groq_emulator: Emulator) -> None:
    filler = "Nothing happens on this line of the long text.\n" * 6
    text = f"{filler}Leek soup took 10 minutes.\n{filler}The pie took 25 minutes.\n{filler}"

    def read(body: Any) -> str:
        said = body["messages"][-1]["content"]
        found = [
            {"name": pair(f"{name} took", name), "minutes": pair(f"{minutes} minutes" if quoted else None, minutes)}
            for name, minutes, quoted in (("Leek soup", 10, True), ("pie", 25, False))
            if f"{name} took" in said
        ]
        return json.dumps({"dishes": found})

    class Menu(BaseModel):
        dishes: list[Dish]

    groq_emulator.answer_with(read)
    options = Options(Mode.JSON, evidence=EvidenceMode.QUOTES, chunk_chars=400)
    result = structgen.extract(Menu, text, model=PLAIN, options=options)
    assert len(result.chunks) > 1
    assert [dish.name for dish in result.value.dishes] == ["Leek soup", "pie"]
    placed = {piece.path: piece for piece in result.evidence}
    soup = placed["/dishes/0/name"]
    assert text[soup.start : soup.end] == soup.text == "Leek soup"
    assert result.unsupported == ("/dishes/1/minutes",)


def test_rules_need_no_quotes() -> None:
    quoted = structgen.extract(structgen.fields("total float"), "Total: 12.50", model="rules", options=QUOTES)
    located = structgen.extract(structgen.fields("total float"), "Total: 12.50", model="rules")
    assert quoted.evidence == located.evidence != ()
    assert quoted.attempts[0].request == located.attempts[0].request


def test_a_prompt_without_a_document_is_asked_without_quotes(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Leek soup", "minutes": 10}'))
    result = structgen.generate(Dish, "Invent a dish", model=STRICT, options=QUOTES)
    assert result.evidence == ()
    assert "quote" not in json.dumps(schema_of(groq_emulator.requests[-1].body))


def test_a_chat_is_quoted_from_what_the_user_said(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps({"name": pair("the pie", "pie"), "minutes": pair("ten past", 10)})))
    chat = [Message("user", "I had the pie."), Message("assistant", "At ten past?"), Message("user", "Yes.")]
    result = structgen.extract(Dish, chat, model=STRICT, options=QUOTES)
    assert told(result) == {"/name": ("pie", "exact"), "/minutes": (None, "unsupported")}


def test_a_schema_that_cannot_be_quoted_is_asked_for_as_ever(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply('{"name": "Leek soup"}'))
    result = structgen.extract({"type": "object"}, TEXT, model=PLAIN, options=QUOTES)
    assert result.value == {"name": "Leek soup"}
    assert told(result) == {"/name": ("Leek soup", "exact")}
    assert "without quotes: it contains no value of a known type" in result.attempts[0].why


def test_a_schema_that_is_no_longer_strict_with_quotes_falls_back_on_the_record(groq_emulator: Emulator) -> None:
    schema = {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}
    groq_emulator.script(reply(json.dumps({"answer": [pair("Leek soup", "Leek soup"), pair("10 minutes", 10)]})))
    result = structgen.extract(schema, TEXT, model=STRICT, options=QUOTES)
    assert result.value == ["Leek soup", 10]
    assert told(result) == {"/0": ("Leek soup", "exact"), "/1": ("10", "exact")}
    assert "the schema has no strict form" in result.attempts[0].why
    assert result.attempts[0].request.mode is Mode.JSON


def test_worked_examples_show_quotes(groq_emulator: Emulator) -> None:
    example = Example("Pie, baked 30 minutes. Awful.", {"name": "Pie", "minutes": 30}, {"/name": "Pie, baked"})
    groq_emulator.script(reply(json.dumps({"name": pair("the pie", "pie"), "minutes": pair("25", 25)})))
    task = Task("dish", Dish, examples=(example,))
    with Extractor(STRICT, QUOTES) as extractor:
        extractor.extract(task, TEXT)
        shown = groq_emulator.requests[-1].body["messages"][2]
        assert json.loads(shown["content"]) == {
            "name": pair("Pie, baked", "Pie"),
            "minutes": pair("Pie, baked 30 minutes.", 30),
        }
        assert extractor._plan(structgen.stages.resolve(task), None) is extractor._plan(
            structgen.stages.resolve(task), None
        )


def test_an_incomplete_answer_says_what_of_it_is_quoted(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps({"name": pair("never said", "pie")}), as_is=True), repeat_last=True)
    with pytest.raises(ExtractionFailed) as caught:
        structgen.extract(Dish, TEXT, model=PLAIN, options=QUOTES)
    assert caught.value.locate is not None
    assert caught.value.locate() == (Evidence("/name", None, None, None, structgen.Status.UNSUPPORTED),)


def test_the_room_for_the_answer_grows_with_the_quotes() -> None:
    text = TEXT * 100
    plain = structgen.compile_request(Visit, text, model=STRICT)
    quoted = structgen.compile_request(Visit, text, model=STRICT, options=QUOTES)
    assert quoted.parameters.max_completion_tokens is not None
    assert plain.parameters.max_completion_tokens is not None
    assert quoted.parameters.max_completion_tokens > 1.5 * plain.parameters.max_completion_tokens


def test_the_stages_by_themselves_read_and_ground_quotes() -> None:
    parsed = structgen.parse_response(Visit, json.dumps(answer()), evidence=EvidenceMode.QUOTES)
    assert parsed.value == VALUE
    assert parsed.quotes["/mood"] == "We loved every bite"
    pieces = structgen.ground_value(parsed.value, TEXT, parsed.quotes)
    assert {piece.path: (piece.text, str(piece.status)) for piece in pieces} == FOUND
