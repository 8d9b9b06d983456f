from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, field_serializer

from structgen.batch.row import Row, RowStatus, is_incomplete, plain, row_of, row_of_failure, row_of_problem, to_line
from structgen.core.errors import ExtractionFailed
from structgen.core.json import Json
from structgen.core.options import Mode, Risk
from structgen.core.records import Completion, Document, Evidence, Message, Request, Status, Usage
from structgen.core.results import Attempt, ChunkReport, Claim, Conflict, Extraction, Issue, Repair
from structgen.documents import DocumentProblem
from structgen.schema import Schema

KEYS = [
    "id",
    "source",
    "status",
    "value",
    "evidence",
    "unsupported",
    "repairs",
    "issues",
    "usage",
    "model",
    "error",
]

DOCUMENT = Document("Soup for 4", "soup", "soup.txt")
REPAIR = Repair("number", "/serves", "4", 4, Risk.INTERPRETIVE)


class Dish(BaseModel):
    name: str
    served: date = Field(alias="servedOn")


def failure(partial: Json, *issues: Issue, evidence: tuple[Evidence, ...] | None = None) -> ExtractionFailed:
    request = Request("groq", "m", (Message("user", "?"),), Mode.JSON, {})
    completion = Completion("{}", model="served-model", evidence=evidence)
    attempt = Attempt(request, completion, issues, "first question")
    return ExtractionFailed("Nothing\n was accepted", attempts=(attempt,), partial=partial, usage=Usage(1, 2, calls=1))


def missing(path: str) -> Issue:
    return Issue(path, "is missing", "missing")


def test_the_notes_of_a_row_are_those_of_its_document_and_of_its_responses_each_once() -> None:
    document = Document("Soup", "soup", "soup.txt", notes=("the encoding is a guess",))
    failed = failure(None, Issue("", "is no object", "type"))
    odd = replace(failed.attempts[0].completion, notes=("-3 input tokens were not believed",))
    attempts = tuple(replace(failed.attempts[0], completion=one) for one in (odd, odd, Completion("{}")))
    expected = ["the encoding is a guess", "-3 input tokens were not believed"]
    found = row_of(document, Extraction({}, attempts=attempts), Schema.of({"type": "object"}))
    refused = row_of_failure(document, ExtractionFailed("No.", attempts=attempts), None, "m")
    assert [row.to_json()["notes"] for row in (found, refused)] == [expected, expected]


def test_a_row_has_exactly_these_keys_in_this_order() -> None:
    assert list(Row("a", "a.txt", RowStatus.OK).to_json()) == KEYS


CHUNKS = (ChunkReport(0, 6, "ok"), ChunkReport(4, 10, "failed", "no answer"))


def test_a_row_says_how_many_chunks_it_took_and_which_failed() -> None:
    claims = (Claim(4, (0,), (Evidence("/serves", 9, 10, "4", Status.EXACT),)), Claim(5, (1,)))
    found = Extraction({}, chunks=CHUNKS, conflicts=(Conflict("/serves", claims),))
    whole = row_of(DOCUMENT, found, Schema.of({"type": "object"}))
    row = whole.to_json()
    assert row["status"] == "incomplete"
    assert row["error"] == "1 of 2 chunks failed, so parts may be missing; the first, characters 4 to 10: no answer"
    assert list(row) == [*KEYS, "chunks"]
    told: Any = row["chunks"]
    assert told["count"] == 2
    assert told["failed"] == [{"start": 4, "end": 10, "error": "no answer"}]
    assert [(one["path"], [claim["value"] for claim in one["claims"]]) for one in told["conflicts"]] == [
        ("/serves", [4, 5])
    ]
    assert [[claim["spans"] for claim in one["claims"]] for one in told["conflicts"]] == [[[[0, 6]], [[4, 10]]]]
    assert json.loads(to_line(whole)) == json.loads(json.dumps(row))


def test_a_repair_has_places_in_a_row_only_if_items_were_merged() -> None:
    same = Repair("same_item", "/0", "IDA", "Ida", Risk.INTERPRETIVE, ((0, 3), (40, 43)))
    row: Any = Row("a", "a", RowStatus.OK, repairs=(same, Repair("key", "/0", "A", "a", Risk.LOSSLESS))).to_json()
    assert row["repairs"][0]["places"] == ((0, 3), (40, 43))
    assert list(row["repairs"][1]) == ["rule", "path", "before", "after", "risk"]


def test_a_row_whose_chunks_all_worked_is_ok() -> None:
    row = row_of(DOCUMENT, Extraction({}, chunks=CHUNKS[:1] * 2), Schema.of({"type": "object"}))
    assert (row.status, row.error) == (RowStatus.OK, None)


def test_evidence_of_an_incomplete_value_from_chunks_is_looked_up_in_the_whole() -> None:
    own = (Evidence("/name", 99, 103, "Soup", Status.EXACT),)
    failed = failure({"name": "Soup"}, missing("/serves"), evidence=own)
    failed.chunks = CHUNKS
    failed.conflicts = (Conflict("/name", (Claim("Soup", (0,)), Claim("Stew", (1,)))),)
    failed.repairs = (Repair("same_item", "/0", "SOUP", "Soup", Risk.INTERPRETIVE),)
    row = row_of_failure(DOCUMENT, failed, None, "m")
    assert row.status is RowStatus.INCOMPLETE
    assert [(piece.start, piece.end) for piece in row.evidence] == [(0, 4)]
    assert row.chunks == CHUNKS
    assert (row.conflicts, row.repairs) == (failed.conflicts, failed.repairs)


def test_an_accepted_value_stands_in_the_row_with_all_that_belongs_to_it() -> None:
    evidence = (
        Evidence("/name", 0, 4, "Soup", Status.EXACT),
        Evidence("/serves", None, None, None, Status.UNSUPPORTED),
    )
    found = Extraction({"name": "Soup"}, (REPAIR,), (), Usage(10, 5, calls=1), 0.25, locate=lambda: evidence)
    whole = row_of(DOCUMENT, found, Schema.of({"type": "object"}))
    row = whole.to_json()
    assert row == {
        "id": "soup",
        "source": "soup.txt",
        "status": "ok",
        "value": {"name": "Soup"},
        "evidence": [
            {"path": "/name", "start": 0, "end": 4, "text": "Soup", "status": "exact", "score": None},
            {"path": "/serves", "start": None, "end": None, "text": None, "status": "unsupported", "score": None},
        ],
        "unsupported": ["/serves"],
        "repairs": [{"rule": "number", "path": "/serves", "before": "4", "after": 4, "risk": "interpretive"}],
        "issues": [],
        "usage": {
            "input_tokens": 10,
            "output_tokens": 5,
            "cached_tokens": None,
            "reasoning_tokens": None,
            "calls": 1,
            "cost": 0.25,
        },
        "model": "",
        "error": None,
    }


def test_an_instance_becomes_plain_json_under_the_names_of_its_schema() -> None:
    dish = Dish(name="Soup", servedOn=date(2026, 1, 2))
    assert plain(dish, Schema.of(Dish)) == {"name": "Soup", "servedOn": "2026-01-02"}


def test_what_is_only_missing_or_null_makes_a_row_incomplete_and_shows_what_there_is() -> None:
    value: dict[str, Any] = {"name": "Soup", "steps": [{"text": None}]}
    evidence = (Evidence("/name", 0, 4, "Soup", Status.EXACT),)
    refused = failure(value, missing("/serves"), Issue("/steps/0/text", "is no text", "type", None), evidence=evidence)
    row = row_of_failure(DOCUMENT, refused, 0.5, "groq/m")
    assert row.status is RowStatus.INCOMPLETE
    assert row.value == value
    assert row.evidence == evidence
    assert row.error == "Nothing was accepted"
    assert (row.cost, row.usage, row.model) == (0.5, Usage(1, 2, calls=1), "served-model")


def test_a_failed_row_keeps_what_could_be_read() -> None:
    wrong = Issue("/serves", "should be a number", "type", "many")
    row = row_of_failure(DOCUMENT, failure({"name": "Soup", "serves": "many"}, wrong), None, "m").to_json()
    assert (row["status"], row["value"], row["partial"]) == ("failed", None, {"name": "Soup", "serves": "many"})
    assert list(row) == [*KEYS, "partial"]
    assert "partial" not in row_of_failure(DOCUMENT, failure(None, wrong), None, "m").to_json()
    assert "partial" not in row_of_failure(DOCUMENT, failure({"name": "Soup"}, missing("/serves")), None, "m").to_json()


def test_evidence_of_an_incomplete_value_is_looked_up_where_the_sender_gave_none() -> None:
    row = row_of_failure(DOCUMENT, failure({"name": "Soup"}, missing("/serves")), None, "m")
    assert [(piece.path, piece.text) for piece in row.evidence] == [("/name", "Soup")]


@pytest.mark.parametrize(
    ("partial", "issue"),
    [
        ({"serves": "many"}, Issue("/serves", "is no number", "type", "many")),
        ({"serves": 4}, Issue("/serves", "is too large", "maximum", 4)),
        ({"serves": None}, Issue("/serves", "was cut off", "cut_off")),
        ({"serves": None}, Issue("/serves", "is nested too deeply", "depth", "[[[[")),
        ([[]], Issue("/0/0", "is no JSON", "syntax", "@")),
        ({"serves": None}, Issue("/serves", "may be 4", "type", None, repair=REPAIR)),
        ({"name": "Soup"}, Issue("/extra", "is unknown", "extra")),
        ({"name": "Soup"}, Issue("", "is too long", "size")),
        ({"": "Soup"}, Issue("", "two readings", "ambiguous")),
        ({"steps": []}, Issue("/steps", "is too short", "minItems", [])),
        ("Soup", Issue("", "is no object", "type", "Soup")),
        (None, Issue("", "is no JSON", "no_json")),
    ],
)
def test_whatever_else_is_wrong_makes_a_row_failed(partial: Json, issue: Issue) -> None:
    refused = failure(partial, missing("/other"), issue)
    row = row_of_failure(DOCUMENT, refused, None, "groq/m")
    assert row.status is RowStatus.FAILED
    assert row.value is None
    assert row.issues == refused.issues


def test_a_missing_part_of_a_part_that_is_not_there_counts_as_missing() -> None:
    assert is_incomplete(failure({"shop": None}, missing("/shop/name")))
    assert is_incomplete(failure({"items": [{}]}, missing("/items/0/name")))


def test_a_failure_before_any_completion_is_a_failed_row() -> None:
    row = row_of_failure(DOCUMENT, ExtractionFailed("No connection"), 0.0, "groq/m")
    assert (row.status, row.model, row.usage, row.error) == (RowStatus.FAILED, "groq/m", Usage(), "No connection")


def test_a_problem_has_its_row() -> None:
    row = row_of_problem(DocumentProblem("a.txt", "it is empty.", "a"))
    assert (row.id, row.source, row.status, row.error) == ("a", "a.txt", RowStatus.FAILED, "it is empty.")


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(categories=["L", "Cs", "Zs", "Cc"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(deadline=None, max_examples=200)
@given(JSON)
def test_every_row_is_one_line_of_valid_json_in_utf8(value: Json) -> None:
    line = to_line(Row("a", "a.txt", RowStatus.OK, value=value))
    line.encode("utf-8")
    assert line.count("\n") == 1
    assert line.endswith("\n")

    def refuse(word: str) -> None:
        raise AssertionError(word)

    assert list(json.loads(line, parse_constant=refuse)) == KEYS


def test_infinities_become_words_because_json_has_none() -> None:
    value: Json = {"a": [math.inf, -math.inf, 1.5], "b": math.nan}
    assert json.loads(to_line(Row("a", "a", RowStatus.OK, value=value)))["value"] == {
        "a": ["inf", "-inf", 1.5],
        "b": "nan",
    }


def test_letters_beyond_ascii_stay_readable() -> None:
    assert "Käse" in to_line(Row("a", "a", RowStatus.OK, value="Käse"))


def test_half_a_surrogate_pair_is_written_as_its_escape() -> None:
    line = to_line(Row("a", "a", RowStatus.OK, value="half \ud800"))
    assert json.loads(line)["value"] == "half \ud800"


def test_an_issue_shows_the_repair_that_was_not_allowed() -> None:
    refused = failure({"serves": "4"}, Issue("/serves", "is text", "type", "4", "a number", REPAIR))
    (issue,) = row_of_failure(DOCUMENT, refused, None, "m").to_json()["issues"]
    assert issue == {
        "path": "/serves",
        "message": "is text",
        "code": "type",
        "found": "4",
        "expected": "a number",
        "repair": {"rule": "number", "path": "/serves", "before": "4", "after": 4, "risk": "interpretive"},
    }


class Unwritable(BaseModel):
    name: str

    @field_serializer("name")
    def _write(self, name: str) -> str:
        raise LookupError(f"no page\nof {name}")


def test_a_value_whose_serializer_raises_is_a_failed_row_that_keeps_the_response() -> None:
    attempts = failure(None).attempts
    row = row_of(
        DOCUMENT, Extraction(Unwritable(name="Tea"), attempts=attempts, usage=Usage(1, 2)), Schema.of(Unwritable)
    )
    assert (row.status, row.value, row.partial, row.usage) == (RowStatus.FAILED, None, "{}", Usage(1, 2))
    assert row.error is not None
    assert "cannot be written as JSON" in row.error
    assert "no page of Tea" in row.error
