"""Numbers and choices: read if they have one reading, on record, and never guessed."""

from enum import IntEnum
from typing import Any, Literal

import pytest

from structgen.core.options import Risk
from structgen.parse.align.scalars import choice_in, float_in, integer_in, number_in, truth_in
from tests.parse.samples import read


class Level(IntEnum):
    LOW = 1
    HIGH = 2


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


@pytest.mark.parametrize("kind", [float, int])
def test_a_point_before_three_digits_in_a_string_may_group_thousands(kind: Any) -> None:
    assert not read(kind, '"12.000"').ok


@pytest.mark.parametrize("schema", [Literal[1, 2], Level, Literal[1, 2] | None, Literal[1] | Literal[2]])
def test_true_is_not_the_choice_1_and_a_float_is_it_on_record(schema: Any) -> None:
    assert [issue.code for issue in read(schema, "true").issues] == ["enum"]
    assert not read(list[schema], "[1, true]").ok
    parsed = read(schema, "1.0")
    assert parsed.value == 1
    assert [(one.before, one.after, one.risk) for one in parsed.repairs] == [(1.0, 1, Risk.INTERPRETIVE)]
    assert not read(schema, "1").repairs


def test_a_choice_never_becomes_another_one_that_python_finds_equal() -> None:
    mixed = Literal[1, 2, "x", True]
    assert [repr(read(mixed, text).value) for text in ("1.0", "true", "1")] == ["1", "True", "1"]
    assert not read(Literal[1], "1.5").ok


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
def test_one_group_of_digits_has_two_readings_if_a_fraction_is_allowed_too(schema: Any) -> None:
    assert not read(schema, '"1,299"').ok
    assert read(schema, '"1,299,000"').value == 1_299_000


@pytest.mark.parametrize("text", ["12,000", "12.000", "0,200", "1,2000", "1,20", "1,200 kg", "a 1,200"])
def test_digits_with_another_reading_as_an_integer_are_refused(text: str) -> None:
    assert integer_in(text) is None
