r"""Backslashes over the wire: the document that was sent decides what ``\frac`` and ``C:\new`` are."""

import pytest
from pydantic import BaseModel

from structgen import Budget, BudgetExceeded, Extractor, Mode, Options, Schema
from structgen.core.options import EvidenceMode
from structgen.core.records import Status
from structgen.testing import Emulator, reply


class Formula(BaseModel):
    name: str
    tex: str


TEXT = r"The product: $\frac{a}{b} \times \beta$, as in C:\new\tex\product.tex."
RAW = r'{"name": "product", "tex": "\frac{a}{b} \times \beta"}'
GOOD = Formula(name="product", tex=r"\frac{a}{b} \times \beta")


@pytest.mark.parametrize("mode", [Mode.JSON, Mode.JSON_SCHEMA, Mode.TOOLS, Mode.TEXT])
def test_in_every_mode_the_document_decides_and_nothing_is_asked_again(mode: Mode, groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(RAW, as_is=True))
    found = Extractor(options=Options(mode=mode)).extract(Formula, TEXT)
    assert found.value == GOOD
    assert [(repair.rule, repair.path) for repair in found.repairs] == [("escape", "/tex")]
    assert (found.evidence[1].text, found.evidence[1].status) == (GOOD.tex, Status.EXACT)
    assert len(groq_emulator.requests) == 1


def test_a_field_in_doubt_is_asked_for_alone(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(RAW, as_is=True), reply(r'{"/tex": "\\frac{a}{b} \\times \\beta"}'))
    found = Extractor(options=Options(mode=Mode.JSON)).generate(Formula, "A formula for a product")
    assert found.value == GOOD
    (message,) = groq_emulator.requests[1].body["messages"]  # type: ignore[misc]
    asked = str(message["content"])  # type: ignore[index, call-overload]
    assert "/tex" in asked
    assert "write each backslash of the text as two" in asked
    assert "/name" not in asked


def test_the_second_answer_is_in_doubt_as_well(groq_emulator: Emulator) -> None:
    """Also if it is the whole value in place of the one field that was asked for."""
    groq_emulator.script(reply(RAW, as_is=True), reply(RAW, as_is=True), repeat_last=True)
    with pytest.raises(BudgetExceeded, match="/tex: has backslashes") as caught:
        Extractor(options=Options(mode=Mode.JSON, budget=Budget(max_attempts=2))).generate(Formula, "A formula")
    assert len(caught.value.attempts) == 2


def test_what_is_asked_again_is_read_by_the_document_too(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(r'{"name": "product"}', as_is=True), reply(r'{"/tex": "\frac{a}{b} \times \beta"}'))
    found = Extractor(options=Options(mode=Mode.JSON)).extract(Formula, TEXT)
    assert found.value == GOOD
    assert [repair.rule for repair in found.repairs] == ["escape"]


def test_the_rest_of_a_response_that_was_cut_off_is_read_by_the_document_too(groq_emulator: Emulator) -> None:
    class Book(BaseModel):
        formulas: list[Formula]

    first = r'{"formulas": [{"name": "a", "tex": "\beta"}, {"name": "b", "te'
    rest = r'{"formulas": [{"name": "a", "tex": "\\beta"}, {"name": "b", "tex": "\frac{a}{b}"}]}'
    groq_emulator.script(reply(first, as_is=True, finish_reason="length"), reply(rest, as_is=True))
    found = Extractor(options=Options(mode=Mode.JSON)).extract(Book, TEXT)
    assert [one.tex for one in found.value.formulas] == [r"\beta", r"\frac{a}{b}"]
    assert found.attempts[1].why.startswith("asked for the rest")
    assert [(repair.rule, repair.path) for repair in found.repairs if repair.rule == "escape"] == [
        ("escape", "/formulas/0/tex"),
        ("escape", "/formulas/1/tex"),
    ]


def test_items_are_given_as_the_document_has_them(groq_emulator: Emulator) -> None:
    class Place(BaseModel):
        path: str

    items = r'{"value": [{"path": "in build\new\table"}, {"path": "in C:\\temp"}]}'
    groq_emulator.script(reply(items, as_is=True))
    found = list(Extractor().stream_items(Place, r"It is in build\new\table and in C:\temp."))
    assert found == [Place(path=r"in build\new\table"), Place(path=r"in C:\temp")]
    assert len(groq_emulator.requests) == 1


def test_quotes_are_read_as_the_document_has_them(groq_emulator: Emulator) -> None:
    text = (
        r'{"name": {"quote": "product", "value": "product"}, "tex": {"quote": "$\frac{a}{b}", "value": "\frac{a}{b}"}}'
    )
    groq_emulator.script(reply(text, as_is=True))
    found = Extractor(options=Options(mode=Mode.JSON, evidence=EvidenceMode.QUOTES)).extract(Formula, TEXT)
    assert found.value.tex == r"\frac{a}{b}"
    assert [piece.status for piece in found.evidence] == [Status.EXACT, Status.EXACT]


def test_a_json_schema_is_held_to_the_same(groq_emulator: Emulator) -> None:
    schema = Schema.of(Formula).json_schema
    groq_emulator.script(reply(RAW, as_is=True))
    assert Extractor(options=Options(mode=Mode.JSON)).extract(schema, TEXT).value == GOOD.model_dump()  # type: ignore[arg-type]
