"""What corrections teach: gold, worked examples, regression cases."""

from __future__ import annotations

from typing import Any

import pytest

from structgen import Schema, fields
from structgen.evaluate.review import Correction, Lessons, learn
from structgen.evaluate.review.corrections import Decision
from structgen.evaluate.review.lessons import Lesson

SCHEMA = fields("name, serves int?, tags list[str]")
VALUE = {"name": "Soup", "serves": 5, "tags": ["hot", "red", "new"]}
TEXT = "Soup for 4. Hot. Costs 5."


def correction(path: str, before: Any, value: Any, **parts: Any) -> Correction:
    decision = Decision.ACCEPT if value == before else Decision.REJECT if value is None else Decision.CORRECT
    said = {"id": "a", "source": "a.txt", "flagged": (path,), "row_value": VALUE, "text": TEXT, "decision": decision}
    said |= parts
    return Correction(
        1, said["id"], said["source"], path, said["decision"], before, value, said["flagged"], said["row_value"],
        said["text"],
    )  # fmt: skip


def learnt(*corrections: Correction, schema: Schema[Any] = SCHEMA, budget: int = 1_500) -> Lessons:
    return learn(corrections, schema, budget)


def test_a_correction_makes_a_gold_row_with_the_whole_value_and_the_digest_of_its_text() -> None:
    (row,) = learnt(correction("/serves", 5, 4)).gold
    assert row.gold() == {
        "id": "a",
        "source": "a.txt",
        "text": TEXT,
        "value": {**VALUE, "serves": 4},
        "digest": row.gold()["digest"],
    }
    assert VALUE["serves"] == 5


def test_fields_that_nobody_decided_on_are_not_judged() -> None:
    (row,) = learnt(correction("/serves", 5, 4, flagged=("/serves", "/name", "/tags/1"))).gold
    assert row.gold()["unjudged"] == ["/name", "/tags/1"]


def test_a_regression_case_judges_only_what_was_decided() -> None:
    (row,) = learnt(correction("/serves", 5, 4)).regressions
    assert row.regression()["unjudged"] == ["/name", "/tags/0", "/tags/1", "/tags/2"]


def test_what_was_right_is_gold_but_no_regression_case() -> None:
    lessons = learnt(correction("/serves", 5, 5))
    assert len(lessons.gold) == 1
    assert lessons.regressions == lessons.examples == ()


@pytest.mark.parametrize(
    ("path", "before", "expected"),
    [
        ("/serves", 5, {**VALUE, "serves": None}),
        ("/tags/1", "red", {**VALUE, "tags": ["hot", "new"]}),
    ],
)
def test_a_rejected_value_becomes_null_or_goes(path: str, before: Any, expected: Any) -> None:
    (row,) = learnt(correction(path, before, None)).gold
    assert row.value == expected


def test_several_rejected_items_of_a_list_go_whatever_their_order() -> None:
    lessons = learnt(*(correction(f"/tags/{at}", VALUE["tags"][at], None) for at in (0, 2, 1)))
    assert lessons.gold[0].value == {**VALUE, "tags": []}


@pytest.mark.parametrize(
    ("path", "before", "value", "reason"),
    [
        ("/serves", 5, "four", "does not fit the schema (/serves:"),
        ("/name", "Soup", None, "does not fit the schema (/name:"),
        ("/nothing/here", None, 5, "the row no longer has a value at /nothing/here."),
    ],
)
def test_a_value_that_the_schema_refuses_is_refused_with_the_row(
    path: str, before: Any, value: Any, reason: str
) -> None:
    lessons = learnt(correction(path, before, value), correction("/serves", 5, 4, id="b"))
    assert [row.id for row in lessons.gold] == ["b"]
    (refusal,) = lessons.refused
    assert reason in str(refusal)


def test_a_row_whose_undecided_field_is_missing_is_no_gold() -> None:
    lacking = {"serves": 5, "tags": []}
    lessons = learnt(correction("/serves", 5, 4, row_value=lacking, flagged=("/serves", "/name")))
    assert lessons.gold == ()
    assert [row.open for row in lessons.rows] == [("/name",)]


@pytest.mark.parametrize(
    ("before", "value", "lesson"),
    [
        (5, 4, Lesson.ELSEWHERE),
        (9, 4, Lesson.INVENTED),
        (9, None, Lesson.FALSE_ANSWER),
        (None, 4, Lesson.OVERLOOKED),
    ],
)
def test_the_kind_of_error_is_known(before: Any, value: Any, lesson: Lesson) -> None:
    decision = Decision.REJECT if value is None else Decision.CORRECT
    row = {**VALUE, "serves": before}
    lessons = learnt(correction("/serves", before, value, row_value=row, decision=decision))
    assert lessons.rows[0].lessons == {(("serves",), lesson)}


def test_a_value_that_is_only_written_otherwise_is_another_lesson() -> None:
    lessons = learnt(correction("/name", "Soup", "soup."))
    assert lessons.rows[0].lessons == {(("name",), Lesson.WRITTEN_OTHERWISE)}


def test_examples_teach_each_lesson_once_and_stay_within_the_budget() -> None:
    same = [correction("/serves", 5, 4, id=f"row {number}") for number in range(5)]
    other = correction("/name", "Soup", "Red soup", id="other")
    examples = learnt(*same, other).examples
    assert sorted(row.id for row in examples) == ["other", "row 0"]
    (chosen,) = learnt(*same, other, budget=examples[0].tokens).examples
    assert chosen.tokens <= examples[0].tokens
    assert learnt(*same, other, budget=3).examples == ()


def test_a_row_that_teaches_more_for_its_tokens_comes_first() -> None:
    long = correction("/serves", 5, 4, id="long", text=TEXT + " And more." * 50)
    short = correction("/serves", 5, 4, id="short")
    assert [row.id for row in learnt(long, short).examples] == ["short"]


def test_a_row_with_open_fields_is_no_example() -> None:
    assert learnt(correction("/serves", 5, 4, flagged=("/serves", "/name"))).examples == ()
