"""What Pydantic converts is on record or refused, and the error for a broken validator names it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    field_validator,
    model_validator,
)

from structgen.core.errors import TaskError
from tests.parse.samples import read


def same(value: Any) -> Any:
    return value


def without_unit(value: Any) -> Any:
    return value.removesuffix(" kg") if isinstance(value, str) else value


class Colour(Enum):
    RED = "red"


Python = BeforeValidator(same)
"""A validator that changes nothing, but turns its input into Python objects, for which strict mode means less."""


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (date, '"2024-03-05"', date(2024, 3, 5)),
        (datetime, '"2024-03-05T10:00:00"', datetime.fromisoformat("2024-03-05T10:00:00")),
        (Decimal, '"1.10"', Decimal("1.10")),
        (Decimal, "1.5", Decimal("1.5")),
        (Colour, '"red"', Colour.RED),
        (set[int], "[1, 2]", {1, 2}),
        (tuple[int, str], '[1, "a"]', (1, "a")),
        (bytes, '"abc"', b"abc"),
        (float, "1", 1.0),
    ],
)
def test_python_mode_changes_nothing_for_correct_json(kind: Any, written: str, value: Any) -> None:
    class Held(BaseModel):
        held: Annotated[kind, Python]

    parsed = read(Held, f'{{"held": {written}}}')
    assert parsed.ok, parsed.issues
    assert parsed.value.held == value
    assert parsed.repairs == ()


@pytest.mark.parametrize(
    ("kind", "written"),
    [(int, "true"), (bool, "1"), (bool, '"on"'), (datetime, "1700000000"), (float, "true"), (date, "0")],
)
def test_python_mode_accepts_nothing_that_json_mode_refuses(kind: Any, written: str) -> None:
    class Held(BaseModel):
        held: Annotated[kind, Python]

    assert not read(Held, f'{{"held": {written}}}').ok


def test_a_conversion_of_lax_mode_is_recorded_with_its_path() -> None:
    class Weighed(BaseModel):
        weights: list[Annotated[int, BeforeValidator(without_unit)]]

    parsed = read(Weighed, '{"weights": [1, "5 kg"]}')
    assert parsed.value.weights == [1, 5]
    assert [(one.rule, one.path, one.before, one.after) for one in parsed.repairs] == [
        ("converted", "/weights/1", "5 kg", 5)
    ]


def test_a_conversion_that_leaves_no_trace_in_the_dump_is_recorded_too() -> None:
    class Hidden(BaseModel):
        secret: Annotated[int, BeforeValidator(without_unit)] = Field(exclude=True)

    parsed = read(Hidden, '{"secret": "5 kg"}')
    assert parsed.value.secret == 5
    assert [one.path for one in parsed.repairs] == ["/secret"]


def test_a_number_for_a_string_is_accepted_if_the_model_says_so() -> None:
    class Coerced(BaseModel):
        model_config = ConfigDict(coerce_numbers_to_str=True)
        code: str

    assert [repair.rule for repair in read(Coerced, '{"code": 5}').repairs] == ["converted"]

    class Plain(BaseModel):
        code: str

    assert not read(Plain, '{"code": 5}').ok


def test_a_before_validator_gets_the_value_of_the_response() -> None:
    class Split(BaseModel):
        tags: Annotated[list[str], BeforeValidator(lambda value: value.split(","))]
        size: Annotated[int, BeforeValidator(lambda value: int(value.replace(",", "")))]
        other: int

    parsed = read(Split, '{"tags": "a,b", "size": "1,299", "other": "3"}')
    assert parsed.ok, parsed.issues
    assert (parsed.value.tags, parsed.value.size, parsed.value.other) == (["a", "b"], 1299, 3)


def test_refusals_of_after_validators_and_model_validators_are_issues() -> None:
    class Span(BaseModel):
        start: int
        end: Annotated[int, AfterValidator(lambda value: value)]

        @model_validator(mode="after")
        def ordered(self) -> "Span":
            if self.end < self.start:
                raise ValueError("end is before start")
            return self

    parsed = read(Span, '{"start": 2, "end": 1}')
    assert [(issue.path, issue.message) for issue in parsed.issues] == [("", "end is before start")]
    assert parsed.partial == {"start": 2, "end": 1}


def test_a_field_validator_that_breaks_is_named() -> None:
    class Broken(BaseModel):
        inner: list[int] = []
        code: str

        @field_validator("code")
        @classmethod
        def known(cls, value: str) -> str:
            return {}[value]

    with pytest.raises(TaskError, match=r"known.*Broken\.code.*KeyError"):
        read(Broken, '{"code": "x"}')


def test_a_function_as_validator_that_breaks_is_named() -> None:
    def careless(value: int) -> int:
        return value // 0

    class Careless(BaseModel):
        n: Annotated[int, AfterValidator(careless)]

    with pytest.raises(TaskError, match=r"careless.*Careless\.n.*ZeroDivisionError"):
        read(Careless, '{"n": 1}')
    with pytest.raises(TaskError):
        read(Careless, '{"n": "1"}')


def test_an_error_outside_any_validator_names_the_type() -> None:
    class Strange(BaseModel):
        n: int

        def __init__(self, **data: Any) -> None:
            raise TypeError

    with pytest.raises(TaskError, match=r"Strange.*TypeError"):
        read(Strange, '{"n": 1}')


def test_a_validator_that_recurses_without_end_is_a_refusal() -> None:
    def forever(value: int) -> int:
        return forever(value)

    assert read(Annotated[int, AfterValidator(forever)], "1").issues[0].code == "depth"


def test_a_serializer_that_breaks_does_no_harm() -> None:
    from pydantic import field_serializer

    class Odd(BaseModel):
        n: Annotated[int, BeforeValidator(without_unit)]

        @field_serializer("n")
        def broken(self, value: int) -> int:
            raise OSError

    assert [repair.path for repair in read(Odd, '{"n": "5 kg"}').repairs] == ["/n"]


def test_values_whose_equality_breaks_count_as_different() -> None:
    class Odd(BaseModel):
        n: int

        def __eq__(self, other: object) -> bool:
            raise OSError

        __hash__ = None

    assert read(Odd, '{"n": 1} {"n": 2}').issues[0].code == "ambiguous"


def test_dataclasses_are_validated_like_models() -> None:
    @dataclass
    class Point:
        x: int

    assert read(Point, "{'x': '1'}").value == Point(1)


def test_a_deep_value_is_read_and_one_too_deep_refused() -> None:
    class Chain(BaseModel):
        next: "Chain | None" = None

    for depth, ok in ((150, True), (500, False)):
        text = '{"next": ' * depth + "null" + "}" * depth
        assert read(Chain, text).ok is ok
        assert read(Chain, text.replace("null", "null, ")).ok is ok


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (int, '{"1": "a", "01": "b"}'),
        (float, '{"1": "a", "1.0": "b"}'),
        (bool, '{"true": "a", "yes": "b"}'),
    ],
)
def test_keys_that_become_one_are_refused(key: type, text: str) -> None:
    assert [(one.path, one.code) for one in read(dict[key, str], text).issues] == [("", "duplicate_key")]
    assert [one.path for one in read(list[dict[key, str] | None], f"[null, {text}]").issues] == ["/1"]
    assert not read(dict[key, str], f"Here: {text}").ok


def test_keys_that_stay_apart_are_read_without_a_repair() -> None:
    parsed = read(dict[int, dict[str, int]], '{"1": {"a": 1}, "2": {"a": 1, "b": 2}}')
    assert parsed.value == {1: {"a": 1}, 2: {"a": 1, "b": 2}}
    assert not parsed.repairs


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)
    a: int


@dataclass
class Counted:
    counts: dict[int, int]
    parts: set[Frozen]


class Around(BaseModel):
    inner: Counted = Field(alias="theInner")


@pytest.mark.parametrize("kind", [Counted, list[Counted], Around, RootModel[list[Around]]])
def test_keys_that_mean_the_same_are_refused_beside_a_set_of_models_too(kind: Any) -> None:
    text = '{"counts": {"1": 1, "01": 2}, "parts": [{"a": 1}]}'
    text = f'{{"theInner": {text}}}' if kind in (Around, RootModel[list[Around]]) else text
    text = f"[{text}]" if kind not in (Counted, Around) else text
    assert [issue.code for issue in read(kind, text).issues] == ["duplicate_key"]
    assert read(kind, text.replace("01", "2")).ok
