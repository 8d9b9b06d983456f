"""What lint reports about a task, and what it does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from structgen.core.records import Example, FieldsText, Task
from structgen.evaluate.lint import LARGE_PROMPT, Finding, Severity, impossible, lint_task, prompt_size
from structgen.tasks import find_task, list_tasks, starter

BUILT_IN = list_tasks(root=Path(__file__).parent)


class Ticket(BaseModel):
    """A support ticket."""

    title: str = Field(description="What it is about")


def task(schema: Any = Ticket, **changes: Any) -> Task[Any]:
    """Return a task without findings, apart from the changes."""
    example = Example("Broken lamp", {"title": "Broken lamp"})
    return Task("ticket", schema, **{"instructions": "Read it.", "examples": (example,), "description": "T", **changes})


def codes(found: tuple[Finding, ...]) -> list[tuple[Severity, str, str]]:
    return [(each.severity, each.code, each.path) for each in found]


def test_a_good_task_gives_nothing_to_say() -> None:
    assert lint_task(task()) == ()


@pytest.mark.parametrize("name", list(BUILT_IN))
def test_the_templates_that_come_with_structgen_pass(name: str) -> None:
    assert lint_task(BUILT_IN[name]) == ()


@pytest.mark.parametrize("name", ["ticket", "person", "support_ticket"])
def test_a_starter_passes(name: str, tmp_path: Path) -> None:
    (tmp_path / f"{name}.py").write_text(starter(name), encoding="utf-8")

    assert lint_task(find_task(f"{name}.py", root=tmp_path)) == ()


def test_a_schema_that_does_not_compile_is_the_only_finding() -> None:
    found = lint_task(task({"type": "objekt"}))

    assert [each.code for each in found] == ["schema"]
    assert found[0].severity is Severity.ERROR
    assert found[0].path == "/type"


def test_fields_without_a_description_are_named_wherever_they_stand() -> None:
    class Part(BaseModel):
        """A part."""

        size: int

    class Whole(BaseModel):
        """A whole."""

        title: str
        parts: list[Part] = Field(description="Its parts")
        main: Part

    found = lint_task(task(Whole, examples=(Example("x", {"title": "x", "parts": [], "main": {"size": 1}}),)))

    assert codes(found) == [
        (Severity.WARNING, "description", "/properties/title"),
        (Severity.WARNING, "description", "/$defs/Part/properties/size"),
    ]
    assert "'size' has no description" in found[1].message


def test_an_example_that_the_schema_refuses_is_an_error_at_its_place() -> None:
    examples = (Example("a", {"title": "a"}), Example("b", {"title": 3}), Example(" ", {"title": "c"}))

    found = lint_task(task(examples=examples))

    assert codes(found) == [
        (Severity.ERROR, "example", "/examples/1/value/title"),
        (Severity.ERROR, "example", "/examples/2/text"),
    ]


def test_a_quote_that_stands_nowhere_in_its_example_is_an_error() -> None:
    examples = (
        Example("a b", {"title": "a"}, {"/title": "a b", "/tilte": "a"}),
        Example("c", {"title": "c"}, {"/title": "d"}),
    )

    found = lint_task(task(examples=examples))

    assert [(finding.severity, finding.path) for finding in found if finding.code == "example"] == [
        (Severity.ERROR, "/examples/0/quotes/~1tilte"),
        (Severity.ERROR, "/examples/1/quotes/~1title"),
    ]


def test_what_a_task_leaves_unsaid_is_noted() -> None:
    found = lint_task(task(instructions=" ", examples=(), description=""))

    assert codes(found) == [
        (Severity.WARNING, "instructions", ""),
        (Severity.WARNING, "examples", ""),
        (Severity.NOTE, "summary", ""),
    ]


@pytest.mark.parametrize("given", [" \n", "Read  it.", "Read it.\n"])
def test_instructions_for_generating_that_change_nothing_are_a_warning(given: str) -> None:
    found = lint_task(task(generate_instructions=given))

    assert codes(found) == [(Severity.WARNING, "generate_instructions", "")]


def test_an_obstacle_to_strict_mode_is_noted_with_its_reason() -> None:
    schema = {
        "type": "object",
        "properties": {"title": {"description": "T", "anyOf": [{"type": "object"}, {"type": "object"}]}},
    }

    found = lint_task(task(schema, examples=(Example("a", {}),)))

    assert codes(found)[0][:2] == (Severity.NOTE, "strict")
    assert found[0].message.startswith("strict mode cannot express this")


def test_a_large_prompt_is_counted_out() -> None:
    words = "word " * (4 * LARGE_PROMPT // 5 + 100)

    found = lint_task(task(instructions=words))

    assert codes(found) == [(Severity.WARNING, "size", "")]
    assert "instructions 4,1" in found[0].message


def test_the_size_of_a_prompt_is_its_characters_by_four() -> None:
    size = prompt_size(task(instructions="x" * 400, examples=(Example("y" * 382, {"title": "z"}),)))

    assert size.instructions == 100
    assert size.examples == 99
    assert size.total >= size.instructions + size.schema + size.examples


def test_limits_are_found_at_their_place() -> None:
    schema = {
        "type": "object",
        "properties": {"age": {"description": "Age", "anyOf": [{"minimum": 5, "maximum": 3}, {"type": "null"}]}},
    }

    found = lint_task(task(schema, examples=(Example("a", {}),)))

    assert (Severity.ERROR, "constraint", "/properties/age/anyOf/0") in codes(found)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"minimum": 5, "maximum": 3}, "minimum 5 is more than maximum 3: no value fits"),
        ({"minLength": 2, "maxLength": 1}, "minLength 2 is more than maxLength 1: no value fits"),
        ({"minItems": 2, "maxItems": 1}, "minItems 2 is more than maxItems 1: no value fits"),
        ({"minProperties": 2, "maxProperties": 1}, "minProperties 2 is more than maxProperties 1: no value fits"),
        ({"exclusiveMinimum": 3, "exclusiveMaximum": 3}, "more than 3 and less than 3: no value fits"),
        ({"exclusiveMinimum": 3, "maximum": 3}, "more than 3 and less than 3: no value fits"),
        ({"minimum": 3, "exclusiveMaximum": 3}, "more than 3 and less than 3: no value fits"),
        ({"minimum": 3, "exclusiveMinimum": True, "maximum": 3}, "more than 3 and less than 3: no value fits"),
        ({"maxLength": 0}, "maxLength 0 allows nothing but the empty text"),
        ({"maxItems": 0}, "maxItems 0 allows nothing but the empty list"),
        ({"enum": []}, "the enum is empty: no value fits"),
        (
            {"required": ["a"], "properties": {"b": {}}, "additionalProperties": False},
            "'a' is required, but the object has no such property and allows no others: no value fits",
        ),
    ],
)
def test_a_limit_that_cannot_be_met_is_said_plainly(schema: dict[str, Any], said: str) -> None:
    assert list(impossible(schema)) == [said]


@pytest.mark.parametrize(
    "schema",
    [
        {"minimum": 3, "maximum": 3},
        {"minimum": 3, "exclusiveMinimum": False, "maximum": 3},
        {"minLength": True, "maxLength": False},
        {"required": ["a"], "additionalProperties": False, "patternProperties": {"a": {}}},
        {"required": ["a"]},
        {"enum": [None]},
    ],
)
def test_a_limit_that_can_be_met_is_left_alone(schema: dict[str, Any]) -> None:
    assert list(impossible(schema)) == []


@given(
    schema=st.fixed_dictionaries(
        {},
        optional={key: st.integers(-3, 3) for key in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")},
    )
)
@settings(deadline=None, max_examples=200)
def test_numbers_that_are_called_impossible_are_refused_by_a_validator(schema: Mapping[str, int]) -> None:
    validator = Draft202012Validator(schema)
    fitting = any(validator.is_valid(number / 4) for number in range(-20, 21))

    assert fitting == (not list(impossible(dict(schema))))


def test_a_shorthand_that_is_wrong_is_an_error_of_its_schema() -> None:
    assert [each.code for each in lint_task(task(FieldsText("name, age innt")))] == ["schema"]


class Singer(BaseModel):
    """A singer."""

    name: str = Field(description="The name")
    born: str | None = Field(None, description="When they were born")


class Band(BaseModel):
    """A band."""

    name: str = Field(description="The name")
    seats: int | None = Field(None, description="How many they are")


class Place(BaseModel):
    """A place."""

    name: str = Field(description="The name")


class Bus(BaseModel):
    """A bus."""

    kind: Literal["bus"] = "bus"
    line: str = Field(description="Its number")


class Tram(BaseModel):
    """A tram."""

    kind: Literal["tram"] = "tram"
    line: str = Field(description="Its number")


class Coach(BaseModel):
    """A coach."""

    kind: Literal["coach"]
    line: str = Field(description="Its number")


class Ferry(BaseModel):
    """A ferry."""

    kind: Literal["ferry"]
    line: str = Field(description="Its number")


@pytest.mark.parametrize(
    ("schema", "place", "advice"),
    [
        (list[Singer | Band], "/items/anyOf", "kind: Literal['singer'] in Singer"),
        (Singer | Band | None, "/anyOf", "an answer with only 'name' may be Singer or Band"),
        (dict[str, Bus | Tram], "/additionalProperties/anyOf", "Field(discriminator='kind')"),
    ],
)
def test_a_union_whose_members_keys_cannot_tell_apart_is_named_with_its_remedy(
    schema: Any, place: str, advice: str
) -> None:
    found = [one for one in lint_task(task(schema, examples=())) if one.code == "union"]
    assert [(one.severity, one.path) for one in found] == [(Severity.WARNING, place)]
    assert advice in found[0].message


@pytest.mark.parametrize(
    "schema",
    [
        Coach | Ferry,
        Annotated[Bus | Tram, Field(discriminator="kind")],
        Singer | Place,
        Singer | str | None,
        {"anyOf": [{"type": "object", "properties": {"a": {}}}, {"type": "object", "properties": {"b": {}}}]},
    ],
)
def test_a_union_that_is_never_in_doubt_is_left_alone(schema: Any) -> None:
    assert not [one for one in lint_task(task(schema, examples=())) if one.code == "union"]
