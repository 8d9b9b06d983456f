"""Evidence that is required, over the wire: what the schema fixes, computes or supplies is paid for once."""

import json
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, RootModel, computed_field, create_model, field_validator
from typing_extensions import TypedDict

import structgen
from structgen import Budget, EvidenceMode, Extraction, ExtractionFailed, Extractor, Mode, Options
from structgen.testing import Emulator, reply, streamed

TEXT = "Tea from Assam costs 4 in our shop."
MODEL = "groq/openai/gpt-oss-safeguard-20b"


class Tea(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["hot-drink"]
    name: str = Field(validation_alias="drink", serialization_alias="label")
    price: int
    vegan: bool = True

    @computed_field
    @property
    def gross(self) -> float:
        return self.price * 1.19


class Cake(BaseModel):
    kind: Literal["bakery"]
    drink: str
    price: int


@dataclass
class Plain:
    kind: Literal["hot-drink"]
    drink: str
    price: int
    vegan: bool = True


class Typed(TypedDict):
    kind: Literal["hot-drink"]
    drink: str
    price: int


Either = Annotated[Tea | Cake, Field(discriminator="kind")]
JSON_SCHEMA: Any = {
    "type": "object",
    "properties": {"kind": {"const": "hot-drink"}, "drink": {"type": "string"}, "price": {"type": "integer"}},
    "required": ["kind", "drink", "price"],
}
KINDS = [Tea, RootModel[Either], Tea | Cake, Plain, Typed, JSON_SCHEMA, {**JSON_SCHEMA, "title": "again"}]


def answer(price: int = 4, *, quotes: bool = False) -> dict[str, Any]:
    values = {"drink": "Tea", "price": price}
    quoted = {key: {"quote": str(value), "value": value} for key, value in values.items()}
    return {"kind": "hot-drink", **(quoted if quotes else values)}


def extractor(evidence: EvidenceMode) -> Extractor:
    return Extractor(MODEL, Options(evidence=evidence, require_evidence=True, mode=Mode.JSON))


@pytest.mark.parametrize("evidence", [EvidenceMode.LOCATE, EvidenceMode.QUOTES])
@pytest.mark.parametrize("kind", KINDS)
def test_what_claims_nothing_is_paid_for_once(groq_emulator: Emulator, kind: Any, evidence: EvidenceMode) -> None:
    groq_emulator.script(reply(json.dumps(answer(quotes=evidence is EvidenceMode.QUOTES))))
    result: Extraction[Any] = extractor(evidence).extract(kind, TEXT)
    assert len(groq_emulator.requests) == 1
    assert [piece.text for piece in result.evidence] == ["Tea", "4"]
    assert result.unsupported == ()


@pytest.mark.parametrize("evidence", [EvidenceMode.LOCATE, EvidenceMode.QUOTES])
@pytest.mark.parametrize("kind", KINDS)
def test_a_default_is_still_none_after_asking_again(groq_emulator: Emulator, kind: Any, evidence: EvidenceMode) -> None:
    quotes = evidence is EvidenceMode.QUOTES
    fixed = {"quote": "costs 4", "value": 4} if quotes else 4
    groq_emulator.script(reply(json.dumps(answer(5, quotes=quotes))), reply(json.dumps({"/price": fixed})))
    result: Extraction[Any] = extractor(evidence).extract(kind, TEXT)
    assert len(groq_emulator.requests) == 2
    assert [issue.path for issue in result.attempts[0].issues] == ["/price"]
    assert [piece.text for piece in result.evidence] == ["Tea", "4"]


def test_a_default_that_was_given_is_a_claim(groq_emulator: Emulator) -> None:
    for kind in (Tea, Plain):
        groq_emulator.script(reply(json.dumps({**answer(), "vegan": True})))
        with pytest.raises(ExtractionFailed) as caught:
            extractor(EvidenceMode.LOCATE).extract(kind, TEXT)
        assert [issue.path for issue in caught.value.attempts[0].issues] == ["/vegan"]


@pytest.mark.parametrize(
    "kind",
    [
        Tea,
        Plain,
        {**JSON_SCHEMA, "properties": {**JSON_SCHEMA["properties"], "vegan": {"type": "boolean", "default": True}}},
    ],
)
def test_a_default_that_is_repeated_without_a_quote_is_no_claim(groq_emulator: Emulator, kind: Any) -> None:
    said = {**answer(quotes=True), "vegan": {"quote": None, "value": True}}
    groq_emulator.script(reply(json.dumps(said)))
    result: Extraction[Any] = extractor(EvidenceMode.QUOTES).extract(kind, TEXT)
    assert (len(groq_emulator.requests), [piece.text for piece in result.evidence]) == (1, ["Tea", "4"])
    for quote, value in ((None, False), ("it is vegan indeed", True)):
        groq_emulator.script(reply(json.dumps({**said, "vegan": {"quote": quote, "value": value}})))
        with pytest.raises(ExtractionFailed) as caught:
            extractor(EvidenceMode.QUOTES).extract(kind, TEXT)
        assert [issue.path for issue in caught.value.attempts[0].issues] == ["/vegan"]


def test_a_refused_value_without_a_json_form_keeps_what_was_read(groq_emulator: Emulator) -> None:
    class Odd(BaseModel):
        drink: str
        thing: Any = None

        @field_validator("thing")
        @classmethod
        def opened(cls, _: object) -> object:
            return object()

    groq_emulator.script(reply(json.dumps({"drink": "Cocoa", "thing": 3})))
    once = Options(require_evidence=True, mode=Mode.JSON, budget=Budget(max_attempts=1))
    with pytest.raises(ExtractionFailed) as caught:
        Extractor(MODEL, once).extract(Odd, TEXT)
    assert caught.value.partial == {"drink": "Cocoa", "thing": 3}


@pytest.mark.parametrize(("stars", "missing"), [(Literal[1, 2, 3, 4, 5], ()), (int, ("/stars",))])
def test_a_number_is_a_judgement_only_where_the_schema_lists_it(
    groq_emulator: Emulator, stars: Any, missing: tuple[str, ...]
) -> None:
    kind = create_model("Review", stars=(stars, ...))
    groq_emulator.script(reply(json.dumps({"stars": {"quote": "Tea", "value": 5}})))
    options = Options(evidence=EvidenceMode.QUOTES, mode=Mode.JSON)
    assert Extractor(MODEL, options).extract(kind, TEXT).unsupported == missing


def test_of_a_refused_answer_constants_are_not_unsupported(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(answer(5))))
    once = Options(require_evidence=True, mode=Mode.JSON, budget=Budget(max_attempts=1))
    with pytest.raises(ExtractionFailed) as caught:
        Extractor(MODEL, once).extract(Tea, TEXT)
    located = caught.value.locate
    assert located is not None
    assert {piece.path: str(piece.status) for piece in located()} == {"/label": "exact", "/price": "unsupported"}


def test_streams_need_no_evidence_for_what_claims_nothing(groq_emulator: Emulator) -> None:
    groq_emulator.script(streamed(json.dumps([answer(), answer()])))
    *_, last = extractor(EvidenceMode.LOCATE).stream(list[Tea], f"{TEXT} {TEXT}")
    assert isinstance(last, Extraction)
    assert last.unsupported == ()
    groq_emulator.script(streamed(json.dumps([answer()])))
    assert len(list(extractor(EvidenceMode.LOCATE).stream_items(Plain, TEXT))) == 1


def test_the_stage_by_itself_knows_the_type_of_a_value() -> None:
    tea = Tea.model_validate(answer())
    for value in (tea, [tea]):
        assert [piece.text for piece in structgen.ground_value(value, TEXT)] == ["Tea", "4"]
    plain = structgen.ground_value(Plain("hot-drink", "Tea", 4), TEXT)
    assert [piece.path for piece in plain] == ["/drink", "/price", "/vegan"]
