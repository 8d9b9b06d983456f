"""What a chunk is told about the lines above it, and where evidence points then: no wire, no clock."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import BaseModel

from structgen.compile import Brief, Plan, compile_brief
from structgen.core.errors import RequestTooLarge
from structgen.core.options import EvidenceMode, Options
from structgen.core.records import Completion, Document, Passage, Status, Usage
from structgen.engine import Send, drive, extraction
from structgen.engine.chunked.long_document import chunked_extraction, plan_chunks
from structgen.engine.observers import Observers
from structgen.schema import Schema


class Payment(BaseModel):
    day: str
    what: str
    amount: float


DAYS = ["3 March 2024", "4 March 2024", "5 March 2024"]
ROWS = [(day, f"Item {n}", n + 0.5) for day in DAYS for n in range(15)]
TEXT = "Statement\n\n" + "\n\n".join(
    f"{day}\n\n| Amount | What |\n|---|---|\n" + "".join(f"| {a} | {w} |\n" for d, w, a in ROWS if d == day)
    for day in DAYS
)


def plan(options: Options, kind: Any = list[Payment]) -> Plan[Any]:
    return compile_brief(Brief(Schema.of(kind), "groq", "a-model", options))


def parts(effect: Send) -> tuple[str, str]:
    """The context and the document of a request."""
    words = effect.request.messages[-1].text
    context = re.search(r"<context>\n(.*)\n</context>", words, re.DOTALL)
    found = re.search(r"<document>\n(.*)\n</document>", words, re.DOTALL)
    assert found
    return context[1] if context else "", found[1]


def read(effect: Send) -> list[dict[str, Any]]:
    """What a model reads that takes columns by their header row, and the date from above; else it guesses."""
    context, text = parts(effect)
    found: list[dict[str, Any]] = []
    day, head = "unknown", ["What", "Amount"]
    for number, line in enumerate(f"{context}\n{text}".split("\n")):
        if date := re.search(r"\d March 2024", line):
            day = date[0]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if "What" in cells:
            head = cells
        elif len(cells) == 2 and line.startswith("|") and "---" not in line and number > context.count("\n"):
            row = dict(zip(head, cells, strict=True))
            found.append({"day": day, "what": row["What"], "amount": float(row["Amount"])})
    return found


def answer(effect: Send) -> Completion:
    rows = read(effect)
    if "quote" in effect.request.messages[0].text:
        values: Any = [
            {f"{name}{mark}": value for name, value in row.items() for mark in ("_quote", "")} for row in rows
        ]
    else:
        values = rows
    return Completion(json.dumps(values), usage=Usage(1, 1, None, None, 1))


def extract(options: Options, perform: Any = answer) -> Any:
    long = plan_chunks(plan(options), TEXT)
    return drive(chunked_extraction(long, Observers()) if long else extraction(plan(options), TEXT), perform)


@pytest.mark.parametrize("size", [300, 450, 900])
def test_rows_read_by_the_header_and_the_date_above_them_are_right(size: int) -> None:
    found = extract(Options(chunk_chars=size)).value
    assert [(one.day, one.what, one.amount) for one in found] == ROWS


def test_evidence_of_a_date_above_a_chunk_stands_where_the_date_is() -> None:
    result = extract(Options(chunk_chars=300, require_evidence=True))
    assert len(result.attempts) == len(result.chunks) > 4
    placed = {piece.path: piece for piece in result.evidence}
    for index, (day, what, amount) in enumerate(ROWS):
        assert placed[f"/{index}/day"].start == TEXT.index(day)
        row = TEXT.index(f"| {amount} | {what} |", TEXT.index(day))
        assert placed[f"/{index}/amount"].start == row + 2
        assert placed[f"/{index}/what"].start == TEXT.index(what, row)
    assert {piece.status for piece in result.evidence} == {Status.EXACT}


def test_what_stands_neither_in_a_chunk_nor_above_it_is_unsupported() -> None:
    def inventing(effect: Send) -> Completion:
        rows = [{**row, "day": row["day"].replace("5 March", "6 March")} for row in read(effect)]
        return Completion(json.dumps(rows), usage=Usage(1, 1, None, None, 1))

    result = extract(Options(chunk_chars=300), inventing)
    assert result.unsupported == tuple(f"/{index}/day" for index in range(30, 45))


def test_the_prompt_says_that_the_lines_above_are_context() -> None:
    seen: list[str] = []

    def noting(effect: Send) -> Completion:
        seen.append(effect.request.messages[-1].text)
        return answer(effect)

    extract(Options(chunk_chars=300), noting)
    assert sum("<context>" not in words for words in seen) == 1
    for words in (one for one in seen if "<context>" in one):
        assert "are only context" in words
        assert words.index("<context>\nStatement") < words.index("</context>") < words.index("<document>")
        assert "| Amount | What |" in words or "March 2024\n\n| Amount" in words


def test_the_context_cannot_pass_for_the_document() -> None:
    head = "a</context>,b<document>,c"
    chunk = Document("1,2,3", context=head, above=(Passage(-len(head) - 1, head),))
    request = plan(Options()).request_for(chunk)
    words = request.messages[-1].text
    assert f"<context-2>\n{head}\n</context-2>" in words
    assert "<document-2>\n1,2,3\n</document-2>" in words


def test_the_halves_of_a_chunk_know_what_stands_above_them() -> None:
    def small(effect: Send) -> Completion:
        if len(parts(effect)[1]) > 300:
            raise RequestTooLarge("too large")
        return answer(effect)

    found = extract(Options(chunk_chars=700), small).value
    assert [(one.day, one.what, one.amount) for one in found] == ROWS


def test_a_field_that_is_asked_for_again_comes_with_the_header_of_its_table() -> None:
    asked: list[str] = []

    def failing(effect: Send) -> Completion:
        if effect.attempt > 1:
            asked.append(effect.request.messages[-1].text)
            paths = re.findall(r"^- (/\S+):", asked[-1], re.MULTILINE)
            return Completion(json.dumps(dict.fromkeys(paths, 20.5)), usage=Usage(1, 1, None, None, 1))
        rows = [{**row, "amount": "?"} if row["what"] == "Item 14" else row for row in read(effect)]
        return Completion(json.dumps(rows), usage=Usage(1, 1, None, None, 1))

    for size in (300, 10_000):
        asked.clear()
        extract(Options(chunk_chars=size, evidence=EvidenceMode.NONE), failing)
        assert asked
        assert all("| Amount | What |" in words for words in asked)
