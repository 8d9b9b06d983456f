"""The coercions of the table, and no others."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from structgen.core.options import Risk
from structgen.core.results import Parsed
from structgen.parse import parse_text
from structgen.parse.align.moments import date_in
from structgen.parse.align.scalars import choice_in, float_in, integer_in, number_in, truth_in
from structgen.schema import Schema


def read(schema: Any, text: str, **options: Any) -> Parsed[Any]:
    return parse_text(Schema.of(schema), text, **options)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("10", "10"),
        (" 10 ", "10"),
        ("+5", "5"),
        ("-2.50", "-2.50"),
        ("007", "7"),
        (".5", "0.5"),
        ("1e3", "1e3"),
        ("0.125", "0.125"),
        ("1299.500", "1299.500"),
        ("$1,299.00", "1299.00"),
        ("-$5", "-5"),
        ("$-5", "-5"),
        ("5 €", "5"),
        ("$1,299", "1299"),
        ("1,299.00", "1299.00"),
        ("1.299,00", "1299.00"),
        ("1 299,00", "1299.00"),
        ("1'299.50", "1299.50"),
        ("1,234,567", "1234567"),
        ("1,234,567.8", "1234567.8"),
        ("3,14", "3.14"),
        ("1'299", "1299"),
        ("1\u202f299,50", "1299.50"),
        ("１２", "12"),
        ("1.2 million", "1200000"),
        ("$5bn", "5000000000"),
        ("1.5k", "1500"),
        ("½", "0.5"),
        ("1 1/2", "1.5"),
        ("twenty-five", "25"),
        ("三十五", "35"),
        ("minus 5", "-5"),
        ("5 dollars", "5"),
        ("EUR 5", "5"),
        ("5 000 €", "5000"),
    ],
)
def test_a_number_with_one_reading_is_read(text: str, number: str) -> None:
    assert number_in(text) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "abc",
        "1,299",
        "1,2,3",
        "12,34.5",
        "€1.299",
        "12.500",
        "$1.299",
        "50%",
        "10 or 12",
        "about 5",
        "5 kg",
        "1.2.3",
        "--5",
        "5-10",
        "12 000",
        "1/2",
        "1⅓",
        "(20.00)",
        "(20)",
        "300K",
        "3B",
        "3rd",
        "third",
        "$5 €",
        "10 %",
        "1.299 million",
        "ten or twelve",
    ],
)
def test_a_number_with_another_reading_or_none_is_refused(text: str) -> None:
    assert number_in(text) is None


def test_integers_are_whole() -> None:
    assert integer_in("10.00") == 10
    assert integer_in("10.5") is None
    assert integer_in("1e3") == 1000
    assert integer_in("1e-3") is None
    assert integer_in("1e999") is None
    assert integer_in("1.2 million") == 1_200_000
    assert integer_in("(20)") is None
    assert integer_in("3B") is None
    assert integer_in(10.0) == 10
    assert integer_in(10.5) is None
    assert integer_in(1e300) is None
    assert float_in("2") == 2
    assert float_in("9" * 399) == int("9" * 399)
    assert float_in("9" * 390 + ".5") is None
    assert truth_in(" Yes. ") is True
    assert truth_in("on") is None


@pytest.mark.parametrize(
    ("text", "choices", "found"),
    [
        ("In Progress", ["in_progress", "done"], ["in_progress"]),
        ("in-progress!", ["in progress"], ["in progress"]),
        ("c#", ["C", "Java"], []),
        ("C++", ["c++", "C"], ["c++"]),
        ("disapproved", ["approved"], []),
        ("not approved", ["approved"], []),
        ("a or b", ["a", "b"], []),
        ("-1", ["1", "2"], []),
        ("1.5", ["15"], []),
        ("15", ["1.5"], []),
        ("A-B", ["ab", "a b"], ["ab", "a b"]),
        ("...", ["-"], []),
        ("x" * 5000, ["x"], []),
    ],
)
def test_a_choice_may_differ_in_case_and_punctuation_only(text: str, choices: list[Any], found: list[str]) -> None:
    assert list(choice_in(text, choices)) == found


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2024/3/5", "2024-03-05"),
        ("2024.03.05", "2024-03-05"),
        ("20240305", "2024-03-05"),
        ("March 5, 2024", "2024-03-05"),
        ("Mar. 5th 2024", "2024-03-05"),
        ("5 March 2024", "2024-03-05"),
        ("Tuesday, 5th of March, 2024", "2024-03-05"),
        ("05-Mar-2024", "2024-03-05"),
        ("2024 Sept 5", "2024-09-05"),
        ("25/12/2018", "2018-12-25"),
        ("12/25/2018", "2018-12-25"),
        ("04/04/2020", "2020-04-04"),
        ("2024-03-05T00:00:00Z", "2024-03-05"),
        ("12. März 2024", "2024-03-12"),
        ("the 3rd of May 2024", "2024-05-03"),
        ("le 1er janvier 2024", "2024-01-01"),
        ("2024年3月5日", "2024-03-05"),
        ("Fri, 03/04/2020", "2020-04-03"),
        ("Monday, 5 March 2024", None),
        ("3.4.2020", None),
        ("5 March 24", None),
        ("25122018", None),
        ("3-5 March 2024", None),
        ("on 5 May 2024 or so", None),
        ("03/04/2020", None),
        ("31/31/2020", None),
        ("2024-13-01", None),
        ("May", None),
        ("10", None),
        ("5 Brumaire 2024", None),
        ("2024-03-05T14:30:00", None),
        ("5 May 2024" + " " * 80, None),
    ],
)
def test_a_date_is_read_where_it_means_one_day(text: str, iso: str | None) -> None:
    assert date_in(text) == iso


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (datetime, "12. März 2024, 14:30 Uhr", datetime.fromisoformat("2024-03-12T14:30")),
        (datetime, "Tuesday, 12 March 2024", datetime.fromisoformat("2024-03-12")),
        (datetime, "March 5, 2024 2:30 PM", datetime.fromisoformat("2024-03-05T14:30")),
        (time, "2:30 pm", time(14, 30)),
        (time, "14h30", time(14, 30)),
        (time, "14.30 Uhr", time(14, 30)),
        (time, "noon", time(12)),
        (timedelta, "90 min", timedelta(minutes=90)),
        (timedelta, "90 m", timedelta(minutes=90)),
        (timedelta, "1h30", timedelta(minutes=90)),
        (timedelta, "1 hour and 30 minutes", timedelta(minutes=90)),
        (timedelta, "1:30 h", timedelta(minutes=90)),
        (timedelta, "half a second", timedelta(milliseconds=500)),
        (timedelta, "-5 min", timedelta(minutes=-5)),
        (timedelta, "2 weeks", timedelta(weeks=2)),
    ],
)
def test_a_moment_with_one_reading_is_read_on_the_record(kind: Any, text: str, value: object) -> None:
    parsed = read(kind, f'"{text}"')
    assert parsed.value == value
    assert [repair.risk for repair in parsed.repairs] == [Risk.INTERPRETIVE]
    assert not read(kind, f'"{text}"', max_risk=Risk.LOSSLESS).ok


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (datetime, "03/04/2020 14:30"),
        (datetime, "14:30"),
        (datetime, "12 March 2024, 25:00"),
        (time, "2:30"),
        (time, "14.30"),
        (time, "9:00-17:00"),
        (time, "09:00-17:00"),
        (time, "09:00-05:00"),
        (time, "about 2 pm"),
        (timedelta, "1 hour 30"),
        (timedelta, "1,500 hours"),
        (timedelta, "1-2 hours"),
        (timedelta, "3 months"),
        (timedelta, "1/3 s"),
        (timedelta, "90"),
        (timedelta, "1:30"),
        (timedelta, "bake for 90 min"),
        (timedelta, "9" * 40 + " days"),
    ],
)
def test_a_moment_with_another_reading_or_none_is_refused(kind: Any, text: str) -> None:
    assert not read(kind, f'"{text}"').ok


class Level(Enum):
    LOW = "low"
    HIGH = "high"


class Point(BaseModel):
    x_axis: int
    y_axis: int = 0


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: float


class Square(BaseModel):
    kind: Literal["square"]
    side: float


class Plan(BaseModel):
    start_date: date
    at: datetime | None = None
    level: Level = Level.LOW
    sure: bool = False
    budget: Decimal = Decimal(0)
    points: list[Point] = []
    shape: Annotated[Circle | Square, Field(discriminator="kind")] | None = None
    other: Circle | Square | None = None
    pair: tuple[int, str] | None = None
    scores: dict[str, int] = {}
    which: Literal[1, 2, True] | None = None


@pytest.mark.parametrize(
    ("written", "path", "rule"),
    [
        ('"startDate": "2024-03-05"', "/start_date", "key"),
        ('"Start Date": "2024-03-05"', "/start_date", "key"),
        ('"start_date": "March 5, 2024"', "/start_date", "date"),
        ('"start_date": "2024-03-05", "at": "2024-03-05"', "/at", "date"),
        ('"start_date": "2024-03-05", "level": "HIGH"', "/level", "choice"),
        ('"start_date": "2024-03-05", "sure": "yes"', "/sure", "boolean"),
        ('"start_date": "2024-03-05", "budget": "$1,299.00"', "/budget", "number"),
        ('"start_date": "2024-03-05", "points": {"x_axis": 1}', "/points", "one_for_list"),
        ('"start_date": "2024-03-05", "points": [{"xAxis": 1}]', "/points/0/x_axis", "key"),
        ('"start_date": "2024-03-05", "points": [{"x_axis": "1"}]', "/points/0/x_axis", "number"),
        ('"start_date": "2024-03-05", "points": [{"x_axis": 1.0}]', "/points/0/x_axis", "number"),
        ('"start_date": "2024-03-05", "points": [{"point": {"x_axis": 1}}]', "/points/0", "unwrapped"),
        ('"start_date": "2024-03-05", "points": {"list": [{"x_axis": 1}]}', "/points", "unwrapped"),
        ('"start_date": "2024-03-05", "points": "[{\\"x_axis\\": 1}]"', "/points", "double_encoded"),
        ('"start_date": "2024-03-05", "shape": {"kind": "circle", "Radius": 1}', "/shape/radius", "key"),
        ('"start_date": "2024-03-05", "shape": [{"kind": "circle", "radius": 1}]', "/shape", "only_item"),
        ('"start_date": "2024-03-05", "other": {"kind": "square", "side": "2"}', "/other/side", "number"),
        ('"start_date": "2024-03-05", "pair": ["1", "a"]', "/pair/0", "number"),
        ('"start_date": "2024-03-05", "scores": {"a": "1"}', "/scores/a", "number"),
        ('"start_date": "2024-03-05", "which": "2"', "/which", "choice"),
    ],
)
def test_a_coercion_of_the_table_is_made_and_recorded(written: str, path: str, rule: str) -> None:
    parsed = read(Plan, f"{{{written}}}")
    assert parsed.ok, parsed.issues
    assert (path, rule) in {(repair.path, repair.rule) for repair in parsed.repairs}
    if rule != "double_encoded":
        assert not read(Plan, f"{{{written}}}", max_risk=Risk.LOSSLESS).ok


@pytest.mark.parametrize(
    "written",
    [
        '"level": "higher"',
        '"level": ["high"]',
        '"sure": 1',
        '"sure": "on"',
        '"budget": "1,299"',
        '"pair": [null, "a"]',
        '"points": ["x"]',
        '"points": [[1]]',
        '"points": "a list"',
        '"points": "[1"',
        '"points": [{"x_axis": true}]',
        '"points": [{"x_axis": 1.5}]',
        '"points": [{"x_axis": "1.5"}]',
        '"points": [{"x_axis": null}]',
        '"points": {"a": {"b": {"x_axis": 1}}}',
        '"shape": {"kind": "triangle", "side": 1}',
        '"shape": [{"kind": "circle", "radius": 1}, {"kind": "circle", "radius": 2}]',
        '"pair": [1]',
        '"pair": {"a": 1}',
        '"scores": {"a": "few"}',
        '"at": 1700000000',
        '"at": "1700000000"',
        '"which": "three"',
    ],
)
def test_any_other_value_is_refused(written: str) -> None:
    parsed = read(Plan, f'{{"start_date": "2024-03-05", {written}}}')
    assert not parsed.ok


def test_a_key_is_never_lost_in_silence() -> None:
    class Loose(BaseModel):
        prep_time: int | None = None

    assert read(Loose, '{"prepTime": 5}').value.prep_time == 5
    assert read(Loose, '{"recipe": {"prep_time": 5}}').value.prep_time == 5
    assert read(Loose, '{"prep_time": 1, "prepTime": 1}').value.prep_time == 1
    assert not read(Loose, '{"prepTime": 5, "prep-time": 6}').ok
    assert read(Loose, '{"prepTime": 5, "prep-time": 5}').value.prep_time == 5


def test_a_key_that_the_schema_welcomes_keeps_its_name() -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        name: str
        age: int | None = None

    assert read(Open, '{"name": "a", "Age": 5}').value.model_extra == {"Age": 5}
    assert read(Open, '{"Name": "a"}').value.name == "a"


def test_aliases_are_other_spellings() -> None:
    class Named(BaseModel):
        total: int = Field(alias="grandTotal")

    assert read(Named, '{"grandTotal": 1}').repairs == ()
    assert read(Named, '{"total": 1}').value.total == 1
    assert read(Named, '{"Grand_Total": 1}').value.total == 1


def test_a_call_of_a_tool_is_opened_although_its_name_fits() -> None:
    class Search(BaseModel):
        name: str

    for text in (
        '{"name": "search", "arguments": {"name": "x"}}',
        '{"name": "search", "arguments": "{\\"name\\": \\"x\\"}"}',
    ):
        assert read(Search, text).value.name == "x"
    assert not read(Search, '{"name": "search", "arguments": {"foo": 1}}').ok
    tagged = read(
        Search, '<tool_call>{"name": "search", "arguments": {"name": "x"}}</tool_call>', max_risk=Risk.LOSSLESS
    )
    assert tagged.value.name == "x"


def test_a_union_that_could_be_two_things_is_left_alone() -> None:
    assert read(dict[str, int | str], '{"a": "10"}').value == {"a": "10"}
    assert not read(dict[str, int | bool], '{"a": "tenfold"}').ok


def test_recursive_types_are_walked_all_the_way_down() -> None:
    schema = {
        "$ref": "#/$defs/node",
        "$defs": {
            "node": {
                "properties": {
                    "n": {"type": "integer"},
                    "next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
                },
                "required": ["n"],
            }
        },
    }
    text: Any = "null"
    for _ in range(40):
        text = f'{{"n": "1", "next": {text}}}'
    parsed = read(schema, text)
    assert parsed.ok
    assert len(parsed.repairs) == 40


def test_all_of_and_neighbours_of_a_reference_are_one_schema() -> None:
    schema = {
        "allOf": [{"$ref": "#/$defs/a"}, {"properties": {"y": {"type": "integer"}}, "required": ["y"]}],
        "$defs": {"a": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}},
    }
    assert read(schema, '{"x": "1", "Y": "2"}').value == {"x": 1, "y": 2}
    beside = {
        "type": "object",
        "properties": {"x": {"type": "integer"}},
        "oneOf": [{"required": ["x"]}, {"required": ["z"]}],
    }
    assert read(beside, '{"X": "1"}').value == {"x": 1}


class Held(BaseModel):
    name: str
    size: int | None = None


@pytest.mark.parametrize(
    "text",
    [
        '[TOOL_CALLS][{"name": "extract", "arguments": {"name": "Tea"}}]',
        '[{"name": "extract", "arguments": {"name": "Tea"}}]',
        '{"function_call": {"name": "extract", "arguments": {"name": "Tea"}}}',
    ],
)
def test_a_call_of_a_tool_inside_a_list_or_an_object_is_opened(text: str) -> None:
    parsed = read(Held, text)
    assert parsed.value == Held(name="Tea")
    assert "tool_call" in {repair.rule for repair in parsed.repairs}


def test_calls_of_a_tool_in_a_list_are_opened_for_a_json_schema() -> None:
    items = {"type": "object", "properties": {"name": {"type": "string"}}}
    parsed = read({"type": "array", "items": items}, '[{"name": "extract", "arguments": {"name": "Tea"}}]')
    assert parsed.value == [{"name": "Tea"}]


def test_the_name_of_a_tool_that_is_called_with_a_list_is_no_answer() -> None:
    parsed = read(Held, '{"name": "extract", "arguments": [{"name": "Tea"}]}')
    assert [issue.code for issue in parsed.issues] == ["tool_call"]


@pytest.mark.parametrize("kind", [float, int])
def test_a_point_before_three_digits_in_a_text_may_group_thousands(kind: Any) -> None:
    assert not read(kind, '"12.000"').ok


@pytest.mark.parametrize("kind", [date, datetime])
def test_a_bare_number_as_a_key_is_no_date(kind: Any) -> None:
    assert read(dict[kind, int], '{"2024-03-05": 1}').ok
    parsed = read(dict[kind, int], '{"2024-03-05": 1, "2020": 1}')
    assert [(issue.path, issue.code) for issue in parsed.issues] == [("/2020", "format")]


def test_a_bare_number_is_no_time_in_a_union_with_something_else() -> None:
    class Loose(BaseModel):
        at: datetime | Decimal | list[str] | str

    assert [issue.path for issue in read(Loose, '{"at": "2020"}').issues if issue.code == "format"] == ["/at"]
    assert read(Loose, '{"at": ["2020"]}').value == Loose(at=["2020"])
    assert read(Loose, '{"at": "2024-03-05T10:00:00"}').ok


def test_minutes_and_seconds_are_not_taken_for_hours_and_minutes() -> None:
    assert not read(timedelta, '"03:45"').ok
    assert read(timedelta, '"00:03:45"').value == read(timedelta, '"PT3M45S"').value
    assert read(time, '"03:45"').value == time(3, 45)


class Level(IntEnum):
    LOW = 1
    HIGH = 2


@pytest.mark.parametrize("schema", [Literal[1, 2], Level, Literal[1, 2] | None, Literal[1] | Literal[2]])
def test_true_is_not_the_choice_1_and_a_float_is_it_on_the_record(schema: Any) -> None:
    assert [issue.code for issue in read(schema, "true").issues] == ["enum"]
    assert not read(list[schema], "[1, true]").ok
    parsed = read(schema, "1.0")
    assert parsed.value == 1
    assert [(one.before, one.after, one.risk) for one in parsed.repairs] == [(1.0, 1, Risk.INTERPRETIVE)]
    assert not read(schema, "1").repairs


def test_a_choice_is_never_another_that_python_finds_equal() -> None:
    mixed = Literal[1, 2, "x", True]
    assert [repr(read(mixed, text).value) for text in ("1.0", "true", "1")] == ["1", "True", "1"]
    assert not read(Literal[1], "1.5").ok


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "extract", "arguments": null}',
        '{"name": "extract", "arguments": ""}',
        '{"function": {"name": "extract", "arguments": null}}',
        '<tool_call>{"name": "extract", "arguments": null}</tool_call>',
    ],
)
def test_the_name_of_a_tool_called_without_arguments_is_no_answer(text: str) -> None:
    class Person(BaseModel):
        name: str
        age: int | None = None

    assert not read(Person, text).ok
    assert not read(Person.model_json_schema(), text).ok
    assert read(Person, '{"name": "extract", "type": null}').value == Person(name="extract")


@pytest.mark.parametrize(
    ("text", "whole"),
    [("1,200", 1200), ("-1,200", -1200), ("1.299", 1299), ("12 000", 12000), ("1'200", 1200), ("1\u202f200", 1200)],
)
def test_one_group_of_digits_has_one_reading_as_an_integer(text: str, whole: int) -> None:
    assert integer_in(text) == whole
    parsed = read(int, f'"{text}"')
    assert (parsed.value, [repair.rule for repair in parsed.repairs]) == (whole, ["number"])


@pytest.mark.parametrize(
    "schema",
    [
        int | float,
        float | int | None,
        {"type": ["integer", "number"]},
        {"anyOf": [{"type": "integer"}, {"type": "number"}]},
    ],
)
def test_one_group_of_digits_has_two_readings_where_a_fraction_may_stand_as_well(schema: Any) -> None:
    assert not read(schema, '"1,299"').ok
    assert read(schema, '"1,299,000"').value == 1_299_000


@pytest.mark.parametrize("text", ["12,000", "12.000", "0,200", "1,2000", "1,20", "1,200 kg", "a 1,200"])
def test_digits_with_another_reading_as_an_integer_are_refused(text: str) -> None:
    assert integer_in(text) is None
