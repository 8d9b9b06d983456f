"""Documents that are too long for one request, over the wire: the real SDK against the emulator, sync and async."""

import asyncio
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, Field, model_validator

from structgen import (
    AuthenticationFailed,
    Budget,
    BudgetExceeded,
    Extraction,
    ExtractionFailed,
    Extractor,
    Options,
    RequestTooLarge,
    Status,
)
from structgen.core.events import Accepted, Event, Failed, RequestSent
from structgen.core.json import JsonObject
from structgen.testing import Emulator, error

ITEM = re.compile(r"The (\w+) lamp (L-\d+) costs (\d+) crowns\.")
TITLE = re.compile(r"# (.+)")
STORE = re.compile(r"It was founded in (\d{4})\.")
DOCUMENT = re.compile(r"<document>\n(.*)\n</document>", re.DOTALL)
COLOURS = ("red", "blue", "green", "black", "white")
FILLER = "Nobody remembers why this page was printed, and it does not matter in the least. "


class Lamp(BaseModel):
    code: str
    colour: str
    price: int


class Catalog(BaseModel):
    title: str
    founded: int
    owner: str | None
    lamps: list[Lamp] = Field(min_length=2)

    @model_validator(mode="after")
    def founded_late(self) -> "Catalog":
        if self.founded < 1800:
            raise ValueError("founded is before there were lamps")
        return self


def catalog(chars: int, *, founded: int = 1923) -> tuple[str, list[Lamp]]:
    """A catalog of about so many characters, and the lamps in it."""
    lamps: list[Lamp] = []
    text = "# Lamps of the north\n\n"
    while len(text) < chars:
        number = len(lamps)
        if number % 40 == 0:
            text += f"\n\n## Page {number // 40 + 1}\n\n"
        lamp = Lamp(code=f"L-{number}", colour=COLOURS[number % 5], price=10 + number % 7)
        lamps.append(lamp)
        text += FILLER + f"The {lamp.colour} lamp {lamp.code} costs {lamp.price} crowns. "
    return text + f"\n\n## Imprint\n\nIt was founded in {founded}.\n", lamps


def read(text: str) -> JsonObject:
    """What a good model says about a part of the catalog."""
    found: JsonObject = {
        "lamps": [{"code": code, "colour": colour, "price": int(price)} for colour, code, price in ITEM.findall(text)]
    }
    if title := TITLE.match(text):
        found["title"] = title[1]
    if founded := STORE.search(text):
        found["founded"] = int(founded[1])
    return found


def answer(body: JsonObject) -> str:
    return json.dumps({"title": None, "founded": None, "owner": None, **read(document_of(body))})


def document_of(body: JsonObject) -> str:
    said: Any = body["messages"]
    found = [match[1] for message in said for match in DOCUMENT.finditer(message["content"])]
    return found[-1]


Run = Callable[..., Extraction[Any]]
OPTIONS = Options(chunk_chars=4_000)


@pytest.fixture(params=["sync", "async"])
def run(request: pytest.FixtureRequest, groq_emulator: Emulator) -> Run:
    """One extraction, blocking or awaited."""
    groq_emulator.answer_with(answer)

    def blocking(schema: Any, text: Any, options: Options = OPTIONS, **settings: Any) -> Extraction[Any]:
        with Extractor(options=options, **settings) as extractor:
            return extractor.extract(schema, text)

    async def awaited(schema: Any, text: Any, options: Options = OPTIONS, **settings: Any) -> Extraction[Any]:
        async with Extractor(options=options, **settings) as extractor:
            return await extractor.aextract(schema, text)

    if request.param == "sync":
        return blocking
    return lambda *args, **settings: asyncio.run(awaited(*args, **settings))


def test_a_long_document_gives_every_item_once_with_its_place_in_the_whole(run: Run, groq_emulator: Emulator) -> None:
    text, gold = catalog(150_000)
    result = run(Catalog, text, Options(chunk_chars=10_000))
    assert result.value == Catalog(title="Lamps of the north", founded=1923, owner=None, lamps=gold)
    assert len(result.chunks) >= 15
    assert {chunk.status for chunk in result.chunks} == {"ok"}
    assert result.conflicts == result.repairs == ()
    placed = {piece.path: piece for piece in result.evidence}
    for index, lamp in enumerate(gold):
        piece = placed[f"/lamps/{index}/code"]
        assert piece.status is Status.EXACT
        assert piece.start == text.index(f"{lamp.code} ")
    assert all(text[piece.start : piece.end] == piece.text for piece in result.evidence)
    assert result.usage.calls == len(result.attempts) == len(groq_emulator.requests) == len(result.chunks)
    assert result.cost is not None


def test_a_chunk_that_fails_is_named_and_the_others_are_kept(run: Run, groq_emulator: Emulator) -> None:
    text, gold = catalog(60_000)
    lost = gold[100].code

    def failing(body: JsonObject) -> str:
        return "I would rather not." if f"{lost} " in document_of(body) else answer(body)

    groq_emulator.answer_with(failing)
    result = run(Catalog, text, Options(chunk_chars=10_000, budget=Budget(max_attempts=2)))
    bad = [chunk for chunk in result.chunks if chunk.status == "failed"]
    assert 1 <= len(bad) <= 2
    assert all(f"{lost} " in text[chunk.start : chunk.end] for chunk in bad)
    assert all("2 attempts" in (chunk.error or "") for chunk in bad)
    found = {lamp.code for lamp in result.value.lamps}
    assert {lamp.code for lamp in gold} - found <= {
        code for chunk in bad for _, code, _ in ITEM.findall(text[chunk.start : chunk.end])
    }
    assert lost not in found
    assert len(result.attempts) == len(result.chunks) + len(bad)


def test_the_requests_name_what_stands_above_a_chunk(run: Run, groq_emulator: Emulator) -> None:
    text, _ = catalog(20_000)
    run(Catalog, text, Options(chunk_chars=2_000))
    said = [str(received.body["messages"]) for received in groq_emulator.requests]
    assert sum("Lamps of the north > Page 2" in words for words in said) >= 1
    assert sum("are only context" in words for words in said) == len(said) - 1


def test_what_all_chunks_leave_out_is_refused_by_the_whole(run: Run, groq_emulator: Emulator) -> None:
    text, gold = catalog(12_000)
    with pytest.raises(ExtractionFailed, match="/founded: is required but missing") as caught:
        run(Catalog, text.replace("It was founded", "It began"))
    assert [issue.path for issue in caught.value.issues] == ["/founded"]
    partial: Any = caught.value.partial
    assert len(partial["lamps"]) == len(gold)
    assert len(caught.value.chunks) == len(caught.value.attempts) == len(groq_emulator.requests)
    assert caught.value.usage is not None


def test_checks_across_fields_are_those_of_the_whole(run: Run) -> None:
    text, _ = catalog(30_000, founded=1700)
    with pytest.raises(ExtractionFailed, match="before there were lamps"):
        run(Catalog, text)


def test_where_every_chunk_fails_the_error_holds_all_of_them(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(lambda body: '{"lamps": [{"code": "L"}]}')
    text, _ = catalog(12_000)
    with pytest.raises(ExtractionFailed, match="All 4 chunks") as caught:
        run(Catalog, text, Options(chunk_chars=4_000, budget=Budget(max_attempts=1)))
    assert len(caught.value.attempts) == 4
    assert [chunk.status for chunk in caught.value.chunks] == ["failed"] * 4
    assert [issue.code for issue in caught.value.issues] == ["chunk_failed"] * 4
    assert caught.value.partial == {"lamps": [{"code": "L"}]}


def test_what_every_chunk_meets_is_raised_as_it_is(run: Run) -> None:
    text, _ = catalog(12_000)
    with pytest.raises(AuthenticationFailed):
        run(Catalog, text, api_key="gsk_wrong")


def test_several_passes_find_what_one_pass_misses(run: Run, groq_emulator: Emulator) -> None:
    text, gold = catalog(12_000)

    def forgetful(body: JsonObject) -> str:
        """Forgets the first lamp of every chunk."""
        said = json.loads(answer(body))
        return json.dumps({**said, "lamps": said["lamps"][1:]})

    groq_emulator.answer_with(forgetful)
    once = run(Catalog, text).value.lamps
    twice = run(Catalog, text, Options(chunk_chars=4_000, passes=2)).value.lamps
    assert len(once) < len(twice) == len(gold) - 1
    assert twice == gold[1:]


def test_a_document_that_the_server_does_not_take_whole_is_halved_until_it_does(
    run: Run, groq_emulator: Emulator
) -> None:
    text, gold = catalog(12_000)
    groq_emulator.script(error("request_too_large_body"), error("request_too_large_body"))
    result = run(Catalog, text, Options())
    assert result.value.lamps == gold
    assert len(groq_emulator.requests) == len(result.chunks) + 2
    assert len(result.chunks) >= 3


def test_a_text_too_short_to_be_cut_is_refused_as_the_server_refused_it(run: Run, groq_emulator: Emulator) -> None:
    groq_emulator.script(error("request_too_large_body"), repeat_last=True)
    with pytest.raises(RequestTooLarge):
        run(Catalog, "The red lamp L-1 costs 3 crowns.", Options())


@pytest.mark.parametrize("kind", ["max_tokens", "max_cost"])
def test_all_chunks_together_keep_to_the_budget(run: Run, groq_emulator: Emulator, kind: str) -> None:
    text, _ = catalog(16_000)
    whole = run(Catalog, text, Options(chunk_chars=4_000))
    spent = (whole.usage.input_tokens or 0) + (whole.usage.output_tokens or 0)
    limit = spent // 2 if kind == "max_tokens" else (whole.cost or 0) / 2
    groq_emulator.requests.clear()
    budget = Budget(max_tokens=limit) if kind == "max_tokens" else Budget(max_cost=limit)  # type: ignore[arg-type]
    with pytest.raises(BudgetExceeded):
        run(Catalog, text, Options(chunk_chars=4_000, budget=budget))
    assert groq_emulator.requests == []


def test_observers_hear_of_every_request_and_of_one_end(run: Run) -> None:
    text, _ = catalog(12_000)
    events: list[Event] = []
    result = run(Catalog, text, observers=[events.append])
    assert sum(isinstance(event, RequestSent) for event in events) == len(result.chunks)
    assert [event for event in events if isinstance(event, Accepted | Failed)] == [Accepted(result)]
    events.clear()
    with pytest.raises(ExtractionFailed):
        run(Catalog, text.replace("It was founded", "It began"), observers=[events.append])
    assert sum(isinstance(event, Failed) for event in events) == 1


def test_many_documents_may_be_long(groq_emulator: Emulator) -> None:
    groq_emulator.answer_with(answer)
    texts = [catalog(chars)[0] for chars in (2_000, 15_000, 10_000)]
    with Extractor(options=OPTIONS) as extractor:
        outcomes = list(extractor.map(Catalog, texts))
    counts = [len(outcome.chunks) for outcome in outcomes]
    assert counts[0] == 0
    assert min(counts[1:]) >= 3


def test_rules_read_long_documents_too() -> None:
    people = [(f"Person {n}", f"p{n}@mail.example") for n in range(600)]
    text = "\n\n".join(f"Contact\n\nName: {name}\nEmail: {mail}\n\n{FILLER * 3}" for name, mail in people)
    with Extractor("rules", Options(chunk_chars=20_000)) as extractor:
        result = extractor.extract("contact", text)
    assert len(text) > 150_000
    assert len(result.chunks) > 8
    assert result.usage.calls == 0
    assert all(text[piece.start : piece.end] == piece.text for piece in result.evidence if piece.start is not None)
