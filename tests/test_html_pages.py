"""HTML pages over the wire: the model reads their text, and every place in the result is one of the page."""

import json
from typing import Any

import pytest
from pydantic import BaseModel

import structgen
from structgen import Document, EvidenceMode, ExtractionFailed, Extractor, HtmlMode, Options, Partial
from structgen.testing import Emulator, reply


class Lamp(BaseModel):
    name: str
    price: str
    lumens: int | None = None


PAGE = """<!DOCTYPE html>
<html><head><title>Lamps</title><style>.x { color: red }</style><script>var price = "99.00";</script></head>
<body><nav><a href="/">Home</a></nav><h1>Desk   lamp
<b>Nova</b></h1><p>Price: 24,90&nbsp;&euro;</p><!-- price: 7 --><table><tr><th>Light</th><td>800 lm</td></tr></table>
</body></html>"""

FOUND = {"name": "Desk lamp Nova", "price": "24,90 €", "lumens": 800}


def prompt_of(emulator: Emulator) -> str:
    return "\n".join(str(message["content"]) for message in emulator.requests[-1].body["messages"])


def test_a_model_reads_the_text_of_a_page_and_the_evidence_names_its_source(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(FOUND)))
    result = structgen.extract(Lamp, PAGE)
    asked = prompt_of(groq_emulator)
    assert "# Desk lamp Nova" in asked
    assert not any(word in asked for word in ("<h1>", "color: red", "99.00", "price: 7"))
    assert {piece.path: piece.text for piece in result.evidence} == {
        "/name": "Desk   lamp\n<b>Nova",
        "/price": "24,90&nbsp;&euro;",
        "/lumens": "800",
    }
    assert all(PAGE[piece.start : piece.end] == piece.text for piece in result.evidence)


def test_the_view_of_a_page_shows_its_text_instead_of_its_source(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(FOUND)))
    shown = structgen.extract(Lamp, PAGE)._repr_html_() or ""
    assert "Desk lamp Nova" in shown
    assert "color: red" not in shown


def test_a_page_can_be_sent_as_it_is(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(FOUND)))
    Extractor(options=Options(html=HtmlMode.RAW)).extract(Lamp, PAGE)
    assert "<!-- price: 7 -->" in prompt_of(groq_emulator)


def test_a_part_of_a_page_is_a_page_if_its_file_says_so(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(FOUND)), reply(json.dumps(FOUND)))
    part = "<h1>Desk lamp Nova</h1><p>24,90 &euro;, 800 lm"
    structgen.extract(Lamp, part)
    assert "<h1>" in prompt_of(groq_emulator)
    result = structgen.extract(Lamp, Document(part, source="lamps/nova.HTM"))
    assert "<h1>" not in prompt_of(groq_emulator)
    assert [piece.text for piece in result.evidence] == ["Desk lamp Nova", "24,90 &euro;", "800"]


def test_a_page_that_shows_nothing_is_sent_as_it_is(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(FOUND)))
    page = f"<html><body><script>render({json.dumps(FOUND)})</script></body></html>"
    structgen.extract(Lamp, page)
    assert "Desk lamp Nova" in prompt_of(groq_emulator)


def test_a_prompt_to_generate_from_and_the_rules_see_the_page_itself(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(FOUND)))
    structgen.generate(Lamp, PAGE)
    assert "<h1>" in prompt_of(groq_emulator)
    request = structgen.compile_request(Lamp, PAGE, model="rules")
    assert request.document == PAGE
    assert "<h1>" not in (structgen.compile_request(Lamp, PAGE).document or "<h1>")


def test_a_refused_page_has_places_in_its_source_too(groq_emulator: Emulator) -> None:
    groq_emulator.script(*[reply(json.dumps({**FOUND, "lumens": "many"}))] * 3)
    with pytest.raises(ExtractionFailed) as caught:
        structgen.extract(Lamp, PAGE)
    assert caught.value.locate is not None
    assert {piece.path: piece.text for piece in caught.value.locate()}["/name"] == "Desk   lamp\n<b>Nova"
    assert "color: red" not in (caught.value._repr_html_() or "color: red")


ROWS = "".join(f"<tr><td>Lamp {number}</td><td>{number}0 &euro;</td></tr>\n" for number in range(1, 40))
CATALOG = f"<html><body><h1>Lamps</h1><table><tr><th>Name</th><th>Price</th></tr>{ROWS}</table></body></html>"


def test_a_long_page_is_cut_by_its_text_and_its_chunks_are_parts_of_its_source(groq_emulator: Emulator) -> None:
    def read(request: dict[str, Any]) -> str:
        text = str(request["messages"][-1]["content"])
        rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| Lamp")]
        return json.dumps([{"name": name, "price": price} for name, price in rows])

    groq_emulator.answer_with(read)
    result = Extractor(options=Options(chunk_chars=400)).extract(list[Lamp], CATALOG)
    assert [lamp.name for lamp in result.value] == [f"Lamp {number}" for number in range(1, 40)]
    assert len(result.chunks) > 1
    assert all("Lamp" in CATALOG[chunk.start : chunk.end] for chunk in result.chunks)
    prices = [piece.text for piece in result.evidence if piece.path.endswith("/price")]
    assert prices == [f"{number}0 &euro;" for number in range(1, 40)]


def test_quotes_are_found_in_the_source(groq_emulator: Emulator) -> None:
    quoted = {key: {"quote": str(value), "value": value} for key, value in FOUND.items()}
    groq_emulator.script(reply(json.dumps(quoted)))
    result = Extractor(options=Options(evidence=EvidenceMode.QUOTES)).extract(Lamp, PAGE)
    assert result.evidence[0].text == "Desk   lamp\n<b>Nova"


def test_a_stream_reads_the_text_of_a_page_too(groq_emulator: Emulator) -> None:
    groq_emulator.script(reply(json.dumps(FOUND)), reply(json.dumps([FOUND])))
    *_, last = Extractor().stream(Lamp, PAGE)
    assert not isinstance(last, Partial)
    assert last.evidence[1].text == "24,90&nbsp;&euro;"
    required = Extractor(options=Options(require_evidence=True))
    assert [lamp.name for lamp in required.stream_items(Lamp, PAGE)] == ["Desk lamp Nova"]
    assert "<h1>" not in prompt_of(groq_emulator)
