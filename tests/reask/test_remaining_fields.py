"""The question for what other models left open, and what becomes of its answer."""

from typing import Any

from pydantic import BaseModel

from structgen.compile import compile_brief
from structgen.core.options import Mode, Options
from structgen.core.records import Completion
from structgen.core.results import Issue, Parsed
from structgen.engine.flow import compile_text, parse_answer
from structgen.reask import Question
from structgen.reask.remaining_fields import merged_paths, remaining_question
from structgen.stages import brief_for


class Item(BaseModel):
    name: str
    origin: str | None
    grams: int


class Bill(BaseModel):
    shop: str
    items: list[Item]


TEXT = "Shop: Corner\n\n" + "Nothing to see here.\n" * 80 + "Leek from Malta, 300 g\nSalt, 20 g\n"
TREE: Any = {
    "shop": "Corner",
    "items": [{"name": "Leek", "origin": None, "grams": 300}, {"name": "Salt", "origin": None, "grams": None}],
}


def question(*paths: str, instructions: str = "", by: str = "rules") -> Question[Bill]:
    brief = brief_for(Bill, "groq/openai/gpt-oss-20b", Options(mode=Mode.TEXT), instructions, card=None)
    scope = compile_text(compile_brief(brief), TEXT)
    issues = tuple(Issue(path, "was not found", "missing") for path in paths)
    asked = remaining_question(scope, Parsed(False, None, issues, partial=TREE), by=by)
    assert asked is not None
    return asked


def words(asked: Question[Any]) -> str:
    return "\n".join(message.text for message in asked.request.messages)


def test_a_model_that_has_not_seen_the_task_gets_its_instructions() -> None:
    assert "Weights are in grams." in words(question("/items/1/grams", instructions="Weights are in grams."))


def test_the_item_of_an_open_field_is_shown_and_other_items_are_not() -> None:
    said = words(question("/items/1/grams"))
    assert '- /items/1: {"name": "Salt"' in said
    assert "/items/0" not in said


def test_a_field_that_may_be_null_comes_with_the_whole_text_and_another_with_its_passage() -> None:
    assert TEXT in words(question("/items/1/origin"))
    assert TEXT not in words(question("/items/1/grams"))


def test_a_model_that_failed_once_gets_the_whole_text() -> None:
    assert TEXT in words(question("/items/1/grams", by=""))


def test_too_many_fields_of_a_list_are_asked_for_as_the_list() -> None:
    paths = [f"/items/{number}/origin" for number in range(30)]
    assert merged_paths(["/shop", *paths]) == ("/shop", "/items")
    assert merged_paths(paths[:20]) == tuple(paths[:20])


def test_right_answers_are_put_in_place_and_the_issues_cover_all_others() -> None:
    asked = question("/items/0/origin", "/items/1/origin", "/items/1/grams")
    answer = '{"/items/0/origin": "Malta", "/items/1/origin": null, "/items/1/grams": "much"}'
    parsed = parse_answer(asked, Completion(answer))
    assert not parsed.ok
    assert [issue.path for issue in parsed.issues] == ["/items/1/grams"]
    tree: Any = parsed.partial
    assert tree["items"][0]["origin"] == "Malta"
    assert tree["items"][1]["grams"] is None


def test_an_answer_that_cannot_be_read_leaves_all_fields_open() -> None:
    asked = question("/items/0/origin", "/items/1/grams")
    parsed = parse_answer(asked, Completion("I cannot say."))
    assert {issue.path for issue in parsed.issues} == {"/items/0/origin", "/items/1/grams"}
    assert parsed.partial == TREE


def test_a_contradiction_leaves_the_open_fields_open_too() -> None:
    asked = question("/items/1/grams")
    parsed = parse_answer(asked, Completion('{"/items/1/grams": 20, "/shop": "Market"}'))
    assert {issue.path for issue in parsed.issues} == {"/shop", "/items/1/grams"}
