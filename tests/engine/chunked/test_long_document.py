"""When a document is read in chunks, and how what they give becomes one result: no wire, no clock."""

import asyncio
import json
import re
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, Self

import pytest
from pydantic import BaseModel, Field, field_validator, model_validator

from structgen.compile import Brief, Plan, compile_brief
from structgen.core.errors import (
    ConfigurationError,
    ConnectionFailed,
    DeadlinePassed,
    DocumentError,
    ExtractionFailed,
    RequestTooLarge,
    SchemaError,
    TaskError,
)
from structgen.core.options import SHORTEST_CHUNK, Budget, EvidenceMode, Options, Risk
from structgen.core.records import Card, Completion, Document, Message, Status, Usage
from structgen.engine import Send, adrive, drive, extraction
from structgen.engine.chunked.long_document import Long, chunked_extraction, plan_chunks, share
from structgen.engine.flow import DocumentLine
from structgen.engine.observers import Observers
from structgen.schema import Schema

CARD = Card("a-model", context_window=2_000, max_completion_tokens=1_000, price_in=1.0, price_out=2.0)
DOCUMENT = re.compile(r"<document>\n(.*)\n</document>", re.DOTALL)
GUEST = re.compile(r"Guest (\w+) pays (\d+)\.")


class Guest(BaseModel):
    name: str
    pays: float


class Evening(BaseModel):
    place: str
    host: str | None
    guests: list[Guest]

    @field_validator("place")
    @classmethod
    def breaks(cls, place: str) -> str:
        if place == "nowhere":
            raise KeyError(place)
        return place


TEXT = "Place: Ulm\n\n" + "".join(f"Guest G{n} pays {n}. It was a long evening for all of them.\n" for n in range(60))


def plan(options: Options | None = None, card: Card | None = None, kind: Any = Evening) -> Plan[Any]:
    return compile_brief(Brief(Schema.of(kind), "groq", "a-model", options or Options(), card=card))


def reply(effect: Send) -> Completion:
    """What a good model says, as far as the text goes."""
    found = DOCUMENT.findall("".join(str(message.content) for message in effect.request.messages))[-1]
    value = {"guests": [{"name": name, "pays": int(pays)} for name, pays in GUEST.findall(found)]}
    place = re.search(r"Place: (\w+)", found)
    text = json.dumps({**value, **({"place": place[1]} if place else {})})
    return Completion(text, usage=Usage(10, 10, None, None, 1), model="a-model")


def extract(options: Options, text: Any = TEXT, perform: Any = reply, **changes: Any) -> Any:
    made = plan(options, **changes)
    line, again = lines(made, text)
    try:
        return drive(line, perform)
    except RequestTooLarge:
        return drive(again(), perform)


def lines(made: Plan[Any], text: Any) -> tuple[DocumentLine[Any], Callable[[], DocumentLine[Any]]]:
    """The line for a text, and the one for the same text if the server finds it too large."""
    long = plan_chunks(made, text)

    def halved() -> DocumentLine[Any]:
        smaller = plan_chunks(made, text, refused=True)
        if long is not None or smaller is None:
            raise RequestTooLarge("too large")
        return chunked_extraction(smaller, Observers())

    return extraction(made, text) if long is None else chunked_extraction(long, Observers()), halved


def failure(options: Options, perform: Any = reply, **changes: Any) -> ExtractionFailed:
    with pytest.raises(ExtractionFailed) as caught:
        extract(options, perform=perform, **changes)
    return caught.value


CHUNKED = Options(chunk_chars=1_000)


def chunks_of(options: Options, text: Any, card: Card | None = None) -> list[tuple[int, int]]:
    long: Long[Any] | None = plan_chunks(plan(options, card), text)
    return [(chunk.start, chunk.end) for chunk in long.chunks] if long else []


def test_a_text_that_fits_is_read_whole() -> None:
    assert chunks_of(Options(), TEXT) == []
    assert chunks_of(Options(), "x" * 1_000, CARD) == []
    assert chunks_of(Options(), "x" * 3_000, CARD) == []
    assert chunks_of(Options(chunk_chars=len(TEXT)), TEXT) == []
    with_host = replace(reply(Send(plan().request_for(TEXT), 1, "", Usage())))
    whole = replace(with_host, text=with_host.text.replace("{", '{"host": "Eva", ', 1))
    assert extract(Options(chunk_chars=len(TEXT)), perform=lambda _: whole).chunks == ()


def test_a_text_beyond_the_window_is_cut_to_what_the_window_holds_with_its_answer() -> None:
    text = TEXT * 5
    chunks = chunks_of(Options(), text, CARD)
    assert len(chunks) > 3
    for start, end in chunks:
        plan(card=CARD).request_for(text[start:end])
    asked = chunks_of(Options(max_completion_tokens=800), text, CARD)
    for start, end in asked:
        plan(Options(max_completion_tokens=800), CARD).request_for(text[start:end])


def test_the_smaller_of_window_and_chunk_chars_counts() -> None:
    assert max(end - start for start, end in chunks_of(Options(chunk_chars=50_000), TEXT * 5, CARD)) < 8_000
    assert max(end - start for start, end in chunks_of(Options(chunk_chars=900), TEXT * 5, CARD)) <= 900


def test_a_chat_and_a_prompt_are_never_cut() -> None:
    assert plan_chunks(plan(CHUNKED), [Message("user", TEXT)]) is None
    prompt = compile_brief(Brief(Schema.of(Evening), "groq", "a-model", CHUNKED, extracting=False))
    assert plan_chunks(prompt, TEXT) is None


def test_a_document_is_cut_like_its_text() -> None:
    assert chunks_of(CHUNKED, Document(TEXT)) == chunks_of(CHUNKED, TEXT)


def test_an_empty_text_is_refused_as_ever() -> None:
    assert plan_chunks(plan(CHUNKED), " " * 5_000) is None
    with pytest.raises(DocumentError, match="empty"):
        extract(CHUNKED, " " * 5_000)


def test_what_no_chunk_gives_is_null_where_it_may_be() -> None:
    result = extract(CHUNKED)
    assert result.value.host is None
    assert result.value.place == "Ulm"
    assert [guest.name for guest in result.value.guests] == [f"G{n}" for n in range(60)]


def test_evidence_has_the_offsets_of_the_whole_and_its_order_is_that_of_the_value() -> None:
    result = extract(CHUNKED)
    assert [piece.path for piece in result.evidence][:3] == ["/place", "/guests/0/name", "/guests/0/pays"]
    for piece in result.evidence:
        assert piece.status in {Status.EXACT, Status.NORMALIZED}
        assert TEXT[piece.start : piece.end] == piece.text
    assert extract(replace(CHUNKED, evidence=EvidenceMode.NONE)).evidence == ()


def test_only_what_no_chunk_placed_is_looked_for_in_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def hosted(effect: Send) -> Completion:
        answer = reply(effect)
        return replace(answer, text=answer.text.replace("{", '{"host": "Eva", ', 1)) if "Ulm" in answer.text else answer

    text = TEXT + "The bill went to Eva.\n"
    result = extract(CHUNKED, text, perform=hosted)
    assert [text[piece.start : piece.end] for piece in result.evidence if piece.path == "/host"] == ["Eva"]
    assert [piece for piece in result.evidence if piece.path != "/host"] == list(extract(CHUNKED).evidence)
    placed = extract(CHUNKED)
    monkeypatch.setattr(sys.modules["structgen.ground.locate"], "read", None)
    assert len(placed.evidence) == 121


def test_repairs_of_chunks_stand_at_their_paths_in_the_whole() -> None:
    def quoted(effect: Send) -> Completion:
        return replace(reply(effect), text=re.sub(r'"pays": 20\b', '"pays": "20"', reply(effect).text))

    repairs = extract(CHUNKED, perform=quoted).repairs
    assert {(repair.rule, repair.path) for repair in repairs} == {("number", "/guests/20/pays")}


def test_usage_attempts_and_cost_are_those_of_all_chunks() -> None:
    result = extract(CHUNKED, card=replace(CARD, context_window=None))
    count = len(result.chunks)
    assert result.usage == Usage(10 * count, 10 * count, None, None, count)
    assert len(result.attempts) == count
    assert result.cost == pytest.approx(count * 30 / 1e6)
    assert result.model == "a-model"


def failing(error: Exception, when: str = "") -> Any:
    def perform(effect: Send) -> Completion:
        if when in str(effect.request.document):
            raise error
        return reply(effect)

    return perform


def test_a_fault_of_the_wire_fails_its_chunk_alone() -> None:
    result = extract(CHUNKED, perform=failing(ConnectionFailed("no answer"), "G30 "))
    failed = [chunk for chunk in result.chunks if chunk.status == "failed"]
    assert [chunk.error for chunk in failed] == ["no answer"] * len(failed)
    assert failed
    assert "G30 " in TEXT[failed[0].start : failed[0].end]


def test_what_is_missing_because_its_chunk_failed_is_refused_with_the_chunks_named() -> None:
    error = failure(CHUNKED, failing(ConnectionFailed("no answer"), "Place"))
    assert "/place" in str(error)
    assert error.chunks[0].status == "failed"
    assert {chunk.status for chunk in error.chunks[1:]} == {"ok"}
    assert isinstance(error.partial, dict)


@pytest.mark.parametrize("error", [TaskError("wrong task"), ConfigurationError("wrong option")])
def test_a_mistake_in_the_call_is_raised_whatever_other_chunks_gave(error: Exception) -> None:
    with pytest.raises(type(error), match="wrong"):
        extract(CHUNKED, perform=failing(error, "G30 "))


def test_a_fault_that_every_chunk_met_before_anything_was_paid_is_raised_itself() -> None:
    with pytest.raises(ConnectionFailed):
        extract(CHUNKED, perform=failing(ConnectionFailed("no answer")))


def test_time_that_ran_out_for_every_chunk_is_a_spent_budget() -> None:
    error = failure(CHUNKED, failing(DeadlinePassed("too late")))
    assert "All" in str(error)
    assert error.attempts == ()


def test_a_validator_that_breaks_is_a_mistake_of_the_task() -> None:
    with pytest.raises(TaskError, match="KeyError"):
        extract(CHUNKED, TEXT.replace("Ulm", "nowhere"))


def test_chunks_that_are_too_large_are_halved_down_to_the_shortest() -> None:
    sizes: list[int] = []

    def small(effect: Send) -> Completion:
        sizes.append(len(str(effect.request.document)))
        if sizes[-1] > 600:
            raise RequestTooLarge("too large")
        return reply(effect)

    result = extract(Options(), perform=small)
    assert len(result.value.guests) == 60
    assert {chunk.status for chunk in result.chunks} == {"ok"}
    assert [chunk.start for chunk in result.chunks] == sorted(chunk.start for chunk in result.chunks)

    def never(effect: Send) -> Completion:
        sizes.append(len(str(effect.request.document)))
        raise RequestTooLarge("too large")

    sizes.clear()
    with pytest.raises(RequestTooLarge):
        extract(Options(), perform=never)
    assert SHORTEST_CHUNK / 4 < min(sizes) <= SHORTEST_CHUNK


def test_what_was_paid_for_a_chunk_before_it_was_too_large_counts() -> None:
    def second_is_too_large(effect: Send) -> Completion:
        if len(str(effect.request.document)) <= 600:
            return reply(effect)
        if effect.attempt == 2:
            raise RequestTooLarge("too large")
        return Completion("not JSON", usage=Usage(7, 3, None, None, 1))

    result = extract(CHUNKED, perform=second_is_too_large)
    refused = [attempt for attempt in result.attempts if attempt.issues]
    assert len(refused) > 2
    assert result.usage.input_tokens == 7 * len(refused) + 10 * len(result.chunks)
    assert result.usage.calls == len(result.attempts) == len(refused) + len(result.chunks)
    assert {chunk.status for chunk in result.chunks} == {"ok"}


def test_chunks_share_what_the_ones_before_them_left() -> None:
    spent = extract(CHUNKED).attempts[:2]
    budget = share(Budget(max_tokens=1_000, max_cost=1.0), spent, CARD, 4)
    assert budget.max_tokens == (1_000 - 40) // 4
    assert budget.max_cost == pytest.approx((1.0 - 60 / 1e6) / 4)
    assert share(Budget(max_tokens=30), spent, CARD, 4).max_tokens == 0
    assert share(Budget(), spent, CARD, 4) == Budget()


def test_awaited_it_is_the_same() -> None:
    async def perform(effect: Send) -> Completion:
        if len(str(effect.request.document)) > 1_500:
            raise RequestTooLarge("too large")
        return reply(effect)

    async def awaited(options: Options) -> Any:
        line, again = lines(plan(options), TEXT)
        try:
            return await adrive(line, perform)
        except RequestTooLarge:
            return await adrive(again(), perform)

    cut, halved = asyncio.run(awaited(CHUNKED)), asyncio.run(awaited(Options()))
    assert cut == extract(CHUNKED)
    assert halved.value == cut.value


def test_without_interpretive_repairs_likeness_unites_nothing() -> None:
    class Named(BaseModel):
        name: str

    class Party(BaseModel):
        guests: list[Named]

    def perform(effect: Send) -> Completion:
        value = {"guests": [{"name": one["name"]} for one in json.loads(reply(effect).text)["guests"]]}
        return Completion(json.dumps(value), usage=Usage(1, 1, None, None, 1))

    text = "Place: Ulm\n\nGuest Ann pays 5. " + "It was a long evening for all of them. " * 40 + "Guest Ann pays 5."
    assert len(extract(CHUNKED, text, perform, kind=Party).value.guests) == 1
    strict = extract(replace(CHUNKED, max_risk=Risk.LOSSLESS), text, perform, kind=Party)
    assert [guest.name for guest in strict.value.guests] == ["Ann", "Ann"]
    assert len(extract(CHUNKED, text).value.guests) == 2  # each payment counts


def test_a_list_that_is_too_long_as_a_whole_is_refused_with_all_its_items() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "array", "items": {"type": "integer"}, "maxItems": 2}}}

    def perform(effect: Send) -> Completion:
        found = [int(number) for number in re.findall(r"N(\d+)", str(effect.request.document))]
        return Completion(json.dumps({"n": found[:2]}), usage=Usage(1, 1, None, None, 1))

    text = ". ".join(f"N{number} " + "is a number among the others" * 8 for number in range(100, 112))
    error = failure(CHUNKED, perform, kind=schema, text=text)
    assert [issue.path for issue in error.issues] == ["/n"]
    partial: Any = error.partial
    assert partial["n"] == sorted(partial["n"])
    assert len(partial["n"]) > 2


def test_a_field_missing_inside_an_object_is_filled_with_null_too() -> None:
    class Party(BaseModel):
        name: str
        city: str | None

    class Deal(BaseModel):
        seller: Party
        words: str | None

    def perform(effect: Send) -> Completion:
        found = re.search(r"Guest (\w+)", str(effect.request.document))
        return Completion(json.dumps({"seller": {"name": found[1]}} if found else {}), usage=Usage(1, 1, None, None, 1))

    value = extract(CHUNKED, "Guest Ann. " + "Nothing else is said. " * 200, perform, kind=Deal).value
    assert value == Deal(seller=Party(name="Ann", city=None), words=None)


def test_two_branches_of_a_union_are_a_conflict_and_never_one_value() -> None:
    class Cash(BaseModel):
        kind: Literal["cash"]
        amount: int

    class Card(BaseModel):
        kind: Literal["card"]
        amount: int
        digits: str | None = None

    class Bill(BaseModel):
        paid: Cash | Card

    def perform(effect: Send) -> Completion:
        found = re.search(r"(cash|card) (\d+)", str(effect.request.document))
        paid = {"kind": found[1], "amount": int(found[2])} if found else None
        return Completion(json.dumps({"paid": paid}), usage=Usage(1, 1, None, None, 1))

    text = "By cash 30. " + "Nothing else is said. " * 60 + "By card 55." + " Nothing else is said." * 60
    result = extract(CHUNKED, text, perform, kind=Bill)
    assert result.value.paid == Cash(kind="cash", amount=30)
    assert [(one.path, len(one.claims)) for one in result.conflicts] == [("/paid", 2)]


def test_a_refused_value_keeps_the_conflicts_and_repairs_of_its_merge() -> None:
    class Party(BaseModel):
        starts: str
        ends: str
        hosts: list[dict[str, str | None]]

    def perform(effect: Send) -> Completion:
        starts, *names = re.findall(r"Starts (\d pm)|Host (\w+ \w+)", str(effect.request.document)) or [("", "")]
        hosts = [{"name": name, "from": "Ulm" if name.isupper() else None} for _, name in names]
        return Completion(json.dumps({"starts": starts[0] or None, "hosts": hosts}), usage=Usage(1, 1, None, None, 1))

    filler = "Nothing else is said. " * 60
    text = f"Starts 8 pm. Host Ida Holm. {filler} Starts 9 pm. Host IDA HOLM. {filler}"
    with pytest.raises(ExtractionFailed) as caught:
        extract(CHUNKED, text, perform, kind=Party)
    assert [issue.path for issue in caught.value.issues] == ["/ends"]
    assert [(one.path, [claim.value for claim in one.claims]) for one in caught.value.conflicts] == [
        ("/starts", ["8 pm", "9 pm"])
    ]
    assert [repair.rule for repair in caught.value.repairs] == ["same_item"]
    shown = caught.value._repr_html_() or ""
    assert "1 conflict" in shown
    assert "1 repair" in shown


def test_results_and_failures_show_themselves_with_the_whole_text() -> None:
    assert "G59" in (extract(CHUNKED)._repr_html_() or "")
    assert "All" in (failure(CHUNKED, failing(DeadlinePassed("too late")))._repr_html_() or "")


class Fair(BaseModel):
    kind: Literal["fair"] = "fair"
    place: str
    currency: str = "EUR"
    guests: list[Guest]


class Told(Fair):
    @model_validator(mode="after")
    def _say_where(self) -> Self:
        self.currency = "USD"
        return self


@pytest.mark.parametrize("mode", [EvidenceMode.LOCATE, EvidenceMode.NONE])
def test_where_evidence_is_required_the_whole_is_held_to_it_too(mode: EvidenceMode) -> None:
    strict = replace(CHUNKED, require_evidence=True, evidence=mode)
    assert extract(CHUNKED, kind=Told).value.currency == "USD"
    error = failure(strict, kind=Told)
    assert [(issue.path, issue.code) for issue in error.issues] == [("/currency", "unsupported")]
    assert error.partial["currency"] == "USD"
    assert "kind" not in error.partial
    assert "is not all found in the text: /currency" in str(error)
    assert len(error.chunks) > 3
    assert extract(strict, kind=Told, text=TEXT + "All in USD.\n").value.currency == "USD"


@pytest.mark.parametrize("mode", [EvidenceMode.LOCATE, EvidenceMode.NONE])
@pytest.mark.parametrize("schema", [Fair, {**Fair.model_json_schema(), "required": ["kind", "place", "guests"]}])
def test_constants_and_defaults_need_no_evidence_in_chunks(mode: EvidenceMode, schema: Any) -> None:
    def tagging(effect: Send) -> Completion:
        answer = reply(effect)
        return replace(answer, text=json.dumps({"kind": "fair", **json.loads(answer.text)}))

    result = extract(replace(CHUNKED, require_evidence=True, evidence=mode), kind=schema, perform=tagging)
    assert result.unsupported == ()
    assert not {"/kind", "/currency"} & {piece.path for piece in result.evidence}
    assert len(result.attempts) == len(result.chunks) > 3


def test_where_evidence_is_required_what_one_chunk_invents_is_not_in_the_whole() -> None:
    def inventing(effect: Send) -> Completion:
        answer = reply(effect)
        invented = {"guests": [{"name": "Nobody", "pays": 1}]}
        return replace(answer, text=json.dumps(invented)) if '"G30"' in answer.text else answer

    result = extract(replace(CHUNKED, require_evidence=True), perform=inventing)
    assert any(chunk.status == "failed" for chunk in result.chunks)
    assert "Nobody" not in {guest.name for guest in result.value.guests}
    assert result.unsupported == ()


def test_a_way_to_merge_that_does_not_exist_is_refused_before_anything_is_paid() -> None:
    class Wrong(BaseModel):
        guests: list[str] = Field(json_schema_extra={"merge": "union"})

    with pytest.raises(SchemaError, match="\"merge\" of guests is 'union'"):
        extract(CHUNKED, kind=Wrong, perform=None)


@pytest.mark.parametrize("way", ["records", "set"])
def test_a_declared_way_to_merge_is_kept_and_no_model_hears_of_it(way: str) -> None:
    class Party(BaseModel):
        guests: list[str] = Field(json_schema_extra={"merge": way})

    def perform(effect: Send) -> Completion:
        assert "merge" not in effect.request.messages[0].text
        names = [one["name"] for one in json.loads(reply(effect).text)["guests"]]
        return Completion(json.dumps({"guests": names}), usage=Usage(1, 1, None, None, 1))

    text = "Guest Ann pays 5. " + "It was a long evening for all of them. " * 40 + "Guest Ann pays 5."
    result = extract(CHUNKED, text, perform, kind=Party)
    assert result.value.guests == ["Ann"] * (2 if way == "records" else 1)
    assert [repair.rule for repair in result.repairs] == ([] if way == "records" else ["repeated_item"])


def test_a_document_that_fits_is_asked_for_whole_in_each_pass() -> None:
    seen: list[str] = []

    def noting(effect: Send) -> Completion:
        seen.append(str(effect.request.document))
        return replace(reply(effect), text=reply(effect).text.replace("{", '{"host": "Eva", ', 1))

    result = extract(Options(passes=3), perform=noting)
    assert seen == [TEXT] * 3
    assert len(result.value.guests) == 60
    assert result.repairs == result.conflicts == ()
