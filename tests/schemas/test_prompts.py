"""One template, many prompts: with and without instructions and examples, for a text or without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from structgen import Style, compile_request
from structgen.tasks import list_tasks

TASKS = list_tasks(root=Path(__file__).parent)
GROQ = "groq/openai/gpt-oss-20b"


def test_a_bare_prompt_says_hardly_more_than_json() -> None:
    bare = compile_request(
        {"type": "object"}, "Tell me about a film.", model=GROQ, style=Style.NONE, instructions="", extracting=False
    )

    system, question = bare.messages
    assert "title" not in system.content
    assert "JSON" in system.content
    assert len(system.content) < 120
    assert question.content == "Tell me about a film."


def test_a_full_prompt_names_every_field_with_its_type_and_shows_examples() -> None:
    movie = TASKS["movie"]

    full = compile_request(
        movie, "Tell me about a film.", model=GROQ, instructions="You know every film.", extracting=False
    )

    system, *worked, question = full.messages
    assert "You know every film." in system.content
    assert "runtime_minutes?: integer (>= 1)" in system.content
    assert "type Role = {" in system.content
    assert [message.role for message in worked] == ["user", "assistant"] * 2
    assert json.loads(worked[1].content) == movie.examples[0].value
    assert question.content == "Tell me about a film."


@pytest.mark.parametrize("name", list(TASKS))
@pytest.mark.parametrize("style", [Style.OUTLINE, Style.JSON_SCHEMA])
def test_every_field_of_a_template_is_in_its_prompt(name: str, style: Style) -> None:
    request = compile_request(TASKS[name], "A text.", model=GROQ, style=style)

    assert isinstance(request.json_schema, dict)
    properties = request.json_schema["properties"]
    assert isinstance(properties, dict)
    assert [field for field in properties if field not in request.messages[0].content] == []
    assert request.strict


@pytest.mark.parametrize("name", [name for name, task in TASKS.items() if task.generate_instructions])
def test_a_prompt_to_generate_asks_for_a_new_value_and_not_for_what_a_text_says(name: str) -> None:
    generating = compile_request(TASKS[name], "A short one.", model=GROQ, extracting=False).messages[0].content

    assert TASKS[name].generate_instructions in generating
    assert TASKS[name].instructions not in generating
    assert TASKS[name].generate_instructions not in compile_request(TASKS[name], "A text.", model=GROQ).messages[0].text


def test_the_templates_that_judge_a_text_generate_by_the_same_instructions() -> None:
    judging = {name for name, task in TASKS.items() if not task.generate_instructions}

    assert judging == {"aspect_sentiment", "classification", "entities", "sentiment"}
    for name in judging:
        generating = compile_request(TASKS[name], "I am so happy!", model=GROQ, extracting=False)
        assert TASKS[name].instructions in generating.messages[0].content


def test_instructions_of_a_call_replace_those_for_generating_too() -> None:
    request = compile_request(TASKS["recipe"], "Pie", model=GROQ, instructions="Be brief.", extracting=False)

    assert "Be brief." in request.messages[0].content
    assert TASKS["recipe"].generate_instructions not in request.messages[0].content
