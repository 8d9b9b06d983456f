"""Numbers beyond a float and times finer than microseconds: exact, on record, or refused."""

import json
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, Base64Bytes, BaseModel, ConfigDict, Field, WithJsonSchema

from structgen import parse_response
from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Parsed
from structgen.parse.json_values import exact_json, exact_text, number_of, same, whole_of
from structgen.reask.question import brief_json

BIG = 2**53 + 1
"""The first integer that a float does not hold."""
LONG = "0.12345678901234567890"
NUMBER = {"type": "number"}
INTEGER = {"type": "integer"}


class Measured(BaseModel):
    number: float


class Counted(TypedDict):
    number: int


@dataclass
class Exactly:
    number: Decimal


def told(parsed: Parsed[Any]) -> list[tuple[str, str, Json, Json]]:
    return [(repair.rule, repair.path, repair.before, repair.after) for repair in parsed.repairs]


@pytest.mark.parametrize(
    ("schema", "written", "value", "rule"),
    [
        (int, f"{BIG}.0", BIG, "number"),
        (int, f'"{BIG}.0"', BIG, "number"),
        (int, f'"{BIG}"', BIG, "number"),
        (int, str(BIG), BIG, None),
        (int, "1e3", 1000, "number"),
        (int, "1e22", 10**22, "number"),
        (int, "-0.0", 0, "number"),
        (int, "-0", 0, None),
        (int, "1" * 400, int("1" * 400), None),
        (int, "1" * 380 + ".0", int("1" * 380), "number"),
        (INTEGER, f"{BIG}.0", BIG, "number"),
        (INTEGER, f'"{BIG}.0"', BIG, "number"),
        ({"type": ["integer", "string"]}, f"{BIG}.0", BIG, "number"),
        (Decimal, f"{BIG}.0", Decimal(f"{BIG}.0"), None),
        (Decimal, LONG, Decimal(LONG), None),
        (Decimal, f'"{LONG}"', Decimal(LONG), None),
        (Decimal, "1e-30", Decimal("1e-30"), None),
        (Decimal, "1e-350", Decimal("1e-350"), None),
        (Fraction, str(BIG), Fraction(BIG), None),
        (Fraction, '"1/3"', Fraction(1, 3), None),
        (float, f"{BIG}.0", float(BIG), "float"),
        (float, str(BIG), float(BIG), "float"),
        (float, LONG, float(LONG), "float"),
        (float, "0.30000000000000004", 0.1 + 0.2, None),
        (float, "1e-300", 1e-300, None),
        (float, "0.1000000000000000000000", 0.1, None),
        (float, "0e-400", 0.0, None),
        (NUMBER, f"{BIG}.0", float(BIG), "float"),
        (NUMBER, LONG, float(LONG), "float"),
        (NUMBER, str(BIG), BIG, None),
        ({}, LONG, float(LONG), "float"),
        (Any, LONG, float(LONG), "float"),
        (int | float, f"{BIG}.0", BIG, "number"),
        (int | float, LONG, float(LONG), "float"),
        (int | float, str(BIG), BIG, None),
        (float | int, f"{BIG}.0", BIG, "number"),
        (int | Decimal, f"{BIG}.5", Decimal(f"{BIG}.5"), None),
        (Literal[9007199254740993, 5], f"{BIG}.0", BIG, "choice"),
        (Literal[9007199254740993, 5], f'"{BIG}.0"', BIG, "choice"),
        ({"enum": [BIG, 5]}, f"{BIG}.0", BIG, "choice"),
        ({"const": BIG}, f'"{BIG}"', BIG, "choice"),
    ],
)
def test_a_number_is_exact_or_its_change_is_on_record(schema: Any, written: str, value: Any, rule: str | None) -> None:
    for text, path in ((f'{{"number": {written}}}', "/number"), (f'Sure: {{"number": {written},}}', "/number")):
        parsed = parse_response(dict[str, schema] if not isinstance(schema, dict) else _inside(schema), text)
        assert parsed.ok, parsed.issues
        found = parsed.value["number"]
        assert (found, type(found)) == (value, type(value))
        changes = [one for one in told(parsed) if one[0] in {"number", "float", "choice"}]
        assert changes == ([] if rule is None else [(rule, path, _shown(written), value)])


def _inside(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": {"number": schema}, "required": ["number"]}


def _shown(written: str) -> Json:
    """Return what the record shows: the number, or its text if a Python number would differ."""
    plain = json.loads(written)
    return written if isinstance(plain, float) and Decimal(repr(plain)) != Decimal(written) else plain


@pytest.mark.parametrize(
    ("schema", "written"),
    [
        (int, f"{BIG - 1}.5"),
        (int, "1e-400"),
        (int, "1e400"),
        (int, "1e1000000"),
        (int, "1e300"),
        (int, '"1e1000000"'),
        (int, LONG),
        (int, "1" * 5000),
        (int, "0x" + "f" * 5000),
        (INTEGER, f"{BIG - 1}.5"),
        (INTEGER, "1e-400"),
        (float, "1e-400"),
        (float, "1e400"),
        (float, "1" * 400),
        (float, '"1e-400"'),
        (float, '"1e400"'),
        (float, "0." + "0" * 400 + "1"),
        (NUMBER, "1e-400"),
        (NUMBER, '"1e-400"'),
        (Any, "1e-400"),
        (Decimal, "1e1000000"),
        (Decimal, "1e-1000000"),
        (Decimal, '"1e1000000"'),
        (Decimal, '"1e-999999999"'),
        (Decimal, '"1e999999999999999999999"'),
        (int | float, "1e-400"),
        (bool, "1e-400"),
        (Fraction, f"{BIG}.5"),
        (Fraction, '"1e1000000"'),
        (Annotated[Decimal, WithJsonSchema(NUMBER)], LONG),
        (Literal[9007199254740992, 5], f"{BIG}.0"),
        (Literal[9007199254740992, 5], f'"{BIG}.0"'),
        ({"enum": [BIG - 1, 5]}, f"{BIG}.0"),
        ({"const": BIG - 1}, f"{BIG}.0"),
        ({"type": "number", "multipleOf": 0.01}, LONG),
    ],
)
def test_a_number_that_no_type_can_hold_is_refused_quickly(schema: Any, written: str) -> None:
    begun = time.process_time()
    parsed = parse_response(
        dict[str, schema] if not isinstance(schema, dict) else _inside(schema), f'{{"number": {written}}}'
    )
    assert not parsed.ok
    assert {issue.path for issue in parsed.issues} == {"/number"}
    assert time.process_time() - begun < 2


def test_models_typed_dicts_and_dataclasses_are_alike() -> None:
    text = f'{{"number": {BIG}.0}}'
    assert told(parse_response(Measured, text)) == [("float", "/number", f"{BIG}.0", float(BIG))]
    assert told(parse_response(Counted, text)) == [("number", "/number", f"{BIG}.0", BIG)]
    assert parse_response(Exactly, text).value == Exactly(Decimal(f"{BIG}.0"))
    assert not parse_response(Measured, text, max_risk=Risk.LOSSLESS).ok


def test_no_number_is_changed_because_of_its_neighbour() -> None:
    parsed = parse_response(tuple[int, float, float], f"[{BIG}.0, {BIG}.0, 0.5]")
    assert parsed.value == (BIG, float(BIG), 0.5)
    assert told(parsed) == [("number", "/0", f"{BIG}.0", BIG), ("float", "/1", f"{BIG}.0", float(BIG))]


@pytest.mark.parametrize(("kind", "rules"), [(set[float], ["float"]), (set[int], []), (set[Decimal], [])])
def test_a_set_has_an_order_of_its_own(kind: Any, rules: list[str]) -> None:
    items = f"[{BIG}, 5, 7, {BIG + 3}, 1]"
    parsed = parse_response(kind, items)
    assert parsed.ok
    assert [repair.rule for repair in parsed.repairs] == rules


def test_a_key_that_becomes_a_number_of_fewer_digits_is_on_record() -> None:
    assert told(parse_response(dict[float, int], f'{{"{LONG}": 1}}')) == [("float", f"/{LONG}", LONG, str(float(LONG)))]
    for kind, key in ((dict[int, int], str(BIG)), (dict[Decimal, int], LONG), (dict[str, int], LONG)):
        assert parse_response(kind, f'{{"{key}": 1}}').repairs == ()


def test_an_excluded_or_ignored_number_is_recorded_once() -> None:
    class Hidden(BaseModel):
        seen: int = 0
        number: float = Field(default=0.0, exclude=True)

    parsed = parse_response(Hidden, f'{{"number": {LONG}, "other": {LONG}}}')
    assert told(parsed) == [("ignored_key", "/other", LONG, None), ("float", "/number", LONG, None)]


def test_a_user_validator_may_round() -> None:
    class Price(BaseModel):
        price: Annotated[Decimal, AfterValidator(lambda price: round(price, 2))]

    parsed = parse_response(Price, f'{{"price": 1{LONG[1:]}}}')
    assert parsed.value == Price.model_construct(price=Decimal("1.12"))
    assert parsed.repairs == ()


def test_numbers_become_strings_only_unchanged() -> None:
    class Code(BaseModel):
        model_config = ConfigDict(coerce_numbers_to_str=True)

        code: str

    assert parse_response(Code, '{"code": 15}').value == Code(code="15")
    for written in (f"{BIG}.0", "1e400", "1e-400", LONG):
        assert not parse_response(Code, f'{{"code": {written}}}').ok


def test_duplicate_keys_and_repeated_values_are_compared_to_the_last_digit() -> None:
    assert not parse_response(Exactly, f'{{"number": {LONG}, "number": {float(LONG)}}}').ok
    assert parse_response(Exactly, f'{{"number": {LONG}, "number": {LONG}}}').ok
    assert not parse_response(Counted, f'{{"number": {BIG}.0}} {{"number": {BIG - 1}.0}}').ok


@pytest.mark.parametrize("second", ['{"number": "1"}', '{"number": 1.0}'])
def test_values_that_agree_only_after_a_conversion_are_on_record(second: str) -> None:
    parsed = parse_response(Counted, f'{{"number": 1}}{second}')
    assert parsed.value == {"number": 1}
    assert [repair.rule for repair in parsed.repairs] == ["repeated"]


@pytest.mark.parametrize(
    ("kind", "written", "after"),
    [
        (datetime, "2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05.123456Z"),
        (datetime, "2024-01-02T03:04:05,1234567Z", "2024-01-02T03:04:05.123456Z"),
        (datetime | str, "2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05.123456Z"),
        (datetime | None, "2024-01-02T03:04:05.123456789", "2024-01-02T03:04:05.123456"),
        (clock, "03:04:05.9999999", "03:04:05.999999"),
        (timedelta, "PT0.123456789S", "PT0.123457S"),
        (timedelta, "01:00:01.123456789", "PT1H1.123456S"),
        (timedelta, "PT0.333333333H", "PT19M59.999999S"),
    ],
)
def test_fractions_finer_than_microseconds_are_cut_on_record(kind: Any, written: str, after: str) -> None:
    for schema, text, path in ((kind, f'"{written}"', ""), (list[kind], f'["{written}"]', "/0")):
        parsed = parse_response(schema, text)
        assert parsed.ok
        assert told(parsed) == [("cut_fraction", path, written, after)]
        assert not parse_response(schema, text, max_risk=Risk.LOSSLESS).ok


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        (datetime, "2024-01-02T03:04:05.123456000Z"),
        (clock, "03:04:05.1234560"),
        (timedelta, "PT0.1230000000S"),
        (str, "2024-01-02T03:04:05.123456789Z"),
        (datetime | str, "version 1.123456789"),
    ],
)
def test_zeros_behind_the_microseconds_and_strings_lose_nothing(kind: Any, written: str) -> None:
    assert parse_response(list[kind], f'["{written}"]', max_risk=Risk.LOSSLESS).repairs == ()


def test_times_finer_than_microseconds_are_recorded_wherever_they_are() -> None:
    class Event(BaseModel):
        when: datetime = Field(alias="at")
        hidden: datetime | None = Field(default=None, exclude=True)
        loud: Annotated[str, AfterValidator(str.upper)] = ""

    written = "2024-01-02T03:04:05.123456789Z"
    assert [one[:3] for one in told(parse_response(Event, f'{{"at": "{written}"}}'))] == [
        ("cut_fraction", "/at", written)
    ]
    both = f'{{"at": "2024-01-02T03:04:05Z", "hidden": "{written}", "loud": "as of 03:04:05.123456789z"}}'
    assert told(parse_response(Event, both)) == [("cut_fraction", "/hidden", written, None)]
    several = parse_response(set[datetime], f'["{written}", "2023-01-02T03:04:05Z", "2022-01-02T03:04:05Z"]')
    assert told(several) == [("cut_fraction", "/0", written, "2024-01-02T03:04:05.123456Z")]
    keyed = parse_response(dict[datetime, int], f'{{"{written}": 1}}')
    assert told(keyed) == [("cut_fraction", f"/{written}", written, None)]
    day = parse_response(list[date], '["2024-01-02T00:00:00.0000001"]')
    assert "converted" in [repair.rule for repair in day.repairs]


def test_base64_with_other_characters_is_refused_because_they_would_be_dropped() -> None:
    assert parse_response(list[Base64Bytes], '["YW\\nJj", "YWI="]').value == [b"abc", b"ab"]
    parsed = parse_response(list[Base64Bytes], '["YWJj", "YW*Jj!"]')
    assert [(issue.path, issue.code) for issue in parsed.issues] == [("/1", "format")]


DIGITS = st.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)


@given(DIGITS)
@settings(deadline=None, max_examples=200)
def test_every_number_is_exact_recorded_or_refused(written: str) -> None:
    exact = Decimal(written)
    text = f"[{written}]"
    as_decimal, as_int, as_float = (parse_response(list[kind], text) for kind in (Decimal, int, float))
    if as_decimal.value is not None:
        assert as_decimal.value == [exact]
    if as_int.value is not None:
        assert as_int.value == [exact]
    if as_float.value is not None:
        (number,) = as_float.value
        assert number == float(written)
        assert (Decimal(repr(number)) == exact) == (as_float.repairs == ())
        assert (number == 0) == (exact == 0)


@given(DIGITS)
@settings(deadline=None)
def test_a_number_is_serialized_as_it_was_written(written: str) -> None:
    tree = exact_json(f'{{"a": [{written}]}}')
    again = json.loads(exact_text(tree), parse_float=Decimal, parse_int=Decimal)["a"][0]
    float_of_it = float(written)
    assert again == Decimal(written) or abs(float_of_it) == float("inf")


def test_numbers_are_compared_and_shown_as_they_are_written() -> None:
    assert not same(number_of(LONG), float(LONG))
    assert same(number_of(LONG), number_of(LONG + "0"))
    assert not same(number_of(f"{BIG}.0"), BIG - 1)
    assert same(number_of(f"{BIG}.0"), BIG)
    assert not same(number_of(LONG), LONG)
    assert whole_of(number_of("1" * 600 + ".0")) is None
    assert brief_json({"a": number_of(LONG)}) == f'{{"a": {LONG}}}'
