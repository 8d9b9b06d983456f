"""No value leaves the rules that the text does not support where it was read, whatever a finder did."""

from typing import Any

from structgen.core.json import Json
from structgen.rules.document.page import Page, lines_of
from structgen.rules.fields import Field, read_fields
from structgen.rules.findings import Finding, Path, Place
from structgen.rules.guard import keep_supported

TEXT = "Name: Ann Lee\nAge: 34\nScores: 3, 12\n"
TEXT_OR_NULL, INTEGER_OR_NULL = {"type": ["string", "null"]}, {"type": ["integer", "null"]}


def found(value: Json, **places: tuple[Path, str]) -> Finding:
    page = Page(TEXT, TEXT, lines_of(TEXT))
    spans = ((path, (TEXT.index(words), TEXT.index(words) + len(words))) for path, words in places.values())
    return Finding(value, tuple((path, Place(page, span, span)) for path, span in spans))


def fields(**properties: Any) -> Field:
    return read_fields({"type": "object", "properties": properties, "required": list(properties)}, {})


def test_what_the_text_supports_is_kept_with_its_places() -> None:
    finding = found({"name": "Ann Lee", "age": 34}, a=(("name",), "Ann Lee"), b=(("age",), "34"))
    assert keep_supported(finding, fields(name=TEXT_OR_NULL, age=INTEGER_OR_NULL)) == finding


def test_an_unsupported_leaf_is_null_and_loses_its_place() -> None:
    finding = found({"name": "Ann", "age": 4}, a=(("name",), "Ann"), b=(("age",), "4"))
    kept = keep_supported(finding, fields(name=TEXT_OR_NULL, age=INTEGER_OR_NULL))
    assert kept.value == {"name": "Ann", "age": None}
    assert [path for path, _ in kept.places] == [("name",)]


def test_a_leaf_without_a_place_is_not_supported() -> None:
    assert keep_supported(found({"name": "Ann Lee"}), fields(name=TEXT_OR_NULL)).value == {"name": None}


def test_an_unsupported_leaf_is_left_out_if_its_field_is_optional() -> None:
    root = read_fields({"type": "object", "properties": {"age": {"type": "integer"}}}, {})
    assert keep_supported(found({"age": 4}, a=(("age",), "4")), root).value == {}


def test_a_list_is_not_kept_without_one_of_its_items() -> None:
    scores = {"type": ["array", "null"], "items": {"type": "integer"}}
    places = {"a": (("scores", 0), "3,"), "b": (("scores", 1), "2\n")}
    kept = keep_supported(found({"scores": [3, 2]}, **places), fields(scores=scores))
    assert (kept.value, kept.places) == ({"scores": None}, ())


def test_an_object_in_a_list_keeps_a_part_that_may_be_null() -> None:
    person = {
        "type": "object",
        "properties": {"name": TEXT_OR_NULL, "age": INTEGER_OR_NULL},
        "required": ["name", "age"],
    }
    finding = found(
        {"people": [{"name": "Ann Lee", "age": 4}]},
        a=(("people", 0, "name"), "Ann Lee"),
        b=(("people", 0, "age"), "4"),
    )
    kept = keep_supported(finding, fields(people={"type": "array", "items": person}))
    assert kept.value == {"people": [{"name": "Ann Lee", "age": None}]}


def test_an_object_of_which_nothing_is_left_is_null() -> None:
    person = {"type": ["object", "null"], "properties": {"age": INTEGER_OR_NULL}, "required": ["age"]}
    finding = found({"person": {"age": 4}}, a=(("person", "age"), "4"))
    assert keep_supported(finding, fields(person=person)).value == {"person": None}


def test_an_object_in_a_list_without_a_part_that_it_needs_takes_the_list_with_it() -> None:
    person = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
    finding = found({"people": [{"age": 4}]}, a=(("people", 0, "age"), "4"))
    people = {"type": ["array", "null"], "items": person}
    assert keep_supported(finding, fields(people=people)).value == {"people": None}
