import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    RootModel,
    TypeAdapter,
    ValidationError,
    WrapValidator,
    field_validator,
)

from structgen.schema import Schema, issues_from_pydantic


def said(schema, value):
    return [(issue.path, issue.code, issue.message) for issue in Schema.of(schema).check(value)]


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


class Owner(BaseModel):
    model_config = {"extra": "forbid"}

    name: str = Field(min_length=2, alias="fullName")
    born: dt.date | None = None
    pets: list[Annotated[Cat | Dog, Field(discriminator="kind")]] = []
    favourite: Cat | Dog | None = None
    amount: Decimal | None = None
    score: float | None = Field(None, ge=0, lt=1)
    tags: set[str] = set()
    mix: int | list[str] | None = None


GOOD = {
    "fullName": "Ada",
    "born": "1815-12-10",
    "pets": [{"kind": "cat", "lives": 9}],
    "favourite": {"kind": "dog", "name": "Rex"},
    "amount": "1.50",
    "score": 0.5,
    "tags": ["a"],
    "mix": ["x"],
}


def test_a_good_value_has_no_issues():
    assert Schema.of(Owner).check(GOOD) == ()


@pytest.mark.parametrize(
    ("change", "issue"),
    [
        ({"fullName": "A"}, ("/fullName", "length", "should be at least 2 characters long")),
        ({"fullName": 5}, ("/fullName", "type", "should be a string, but is an integer")),
        ({"born": "12/10/1815"}, ("/born", "format", "should be a date (YYYY-MM-DD)")),
        ({"born": True}, ("/born", "type", "should be a date (YYYY-MM-DD), but is true")),
        ({"pets": [{"kind": "cat", "lives": "9"}]}, ("/pets/0/lives", "type", "should be an integer, but is a string")),
        ({"pets": [{"kind": "cow"}]}, ("/pets/0/kind", "enum", "should be one of 'cat', 'dog'")),
        ({"pets": [{}]}, ("/pets/0/kind", "missing", "is required but missing")),
        ({"pets": {}}, ("/pets", "type", "should be a list, but is an object")),
        ({"favourite": {"kind": "dog"}}, ("/favourite/name", "missing", "is required but missing")),
        ({"favourite": 1}, ("/favourite", "type", "should be an object, but is an integer")),
        ({"score": 1}, ("/score", "range", "should be less than 1.0")),
        ({"score": -1}, ("/score", "range", "should be at least 0.0")),
        ({"mix": "x"}, ("/mix", "type", "should be an integer or a list, but is a string")),
        ({"mix": ["x", 1]}, ("/mix/1", "type", "should be a string, but is an integer")),
        ({"more": 1}, ("/more", "unknown_key", "is not one of the keys that are allowed here")),
    ],
)
def test_an_issue_names_the_place_and_what_belongs_there(change, issue):
    assert said(Owner, {**GOOD, **change}) == [issue]


def test_no_message_holds_what_stood_in_the_value():
    for issue in Schema.of(Owner).check({"fullName": ["secret"], "born": "secret", "mix": "secret", "secret": 1}):
        assert "secret" not in issue.message
        assert "http" not in issue.message


def strip(value):
    return value.strip() if isinstance(value, str) else value


class Validated(BaseModel):
    day: Annotated[dt.date, BeforeValidator(strip)]
    count: Annotated[int, BeforeValidator(strip)]
    parts: Annotated[set[int], BeforeValidator(lambda value: value)]
    kind: Annotated[Literal["a"], WrapValidator(lambda value, handler: handler(value))] = "a"

    @field_validator("count")
    @classmethod
    def small(cls, value):
        if value > 99:
            raise ValueError("Too many")
        return value


VALIDATED = {"day": "2020-01-31", "count": 5, "parts": [1, 2]}


def test_a_validator_in_python_mode_refuses_no_good_value():
    assert said(Validated, VALIDATED) == []


@pytest.mark.parametrize(
    ("change", "issues"),
    [
        ({"count": "5"}, [("/count", "type")]),
        ({"count": "5", "kind": "b"}, [("/kind", "enum"), ("/count", "type")]),
        ({"day": "x"}, [("/day", "format")]),
        ({"count": 100}, [("/count", "custom")]),
    ],
)
def test_what_only_lax_reading_takes_is_an_issue(change, issues):
    assert [issue[:2] for issue in said(Validated, {**VALIDATED, **change})] == issues


def test_a_validator_of_the_user_speaks_in_its_own_words():
    assert said(Validated, {**VALIDATED, "count": 100}) == [("/count", "custom", "too many")]


@dataclasses.dataclass
class Point:
    x: int


class Pair(NamedTuple):
    left: int
    right: str = ""


def test_instances_are_checked_inside():
    owner = Owner(fullName="Ada", pets=[Cat(kind="cat", lives=9)])
    assert said(Owner, owner) == []
    owner.pets[0].lives = "nine"
    assert said(Owner, owner) == [("/pets/0/lives", "type", "should be an integer, but is a string")]


@pytest.mark.parametrize(
    ("kind", "good", "bad", "path"),
    [
        (Point, Point(1), Point("1"), "/x"),
        (list[Point], [Point(1)], [Point(1), Point("1")], "/1/x"),
        (dict[str, Point], {"a": Point(1)}, {"a": Point(None)}, "/a/x"),
        (dict[int, str], {1: "a"}, {1: 2}, "/1"),
        (Pair, Pair(1, "a"), Pair("a", 1), ""),
        (tuple[int, dt.date], (1, dt.date(2020, 1, 1)), (1, 2), "/1"),
        (dt.date, dt.date(2020, 1, 1), dt.time(1), ""),
        (RootModel[list[int]], RootModel[list[int]]([1]), RootModel[list[int]].model_construct(["a"]), "/0"),
    ],
)
def test_an_instance_of_any_type_is_checked(kind, good, bad, path):
    assert said(kind, good) == []
    assert said(kind, bad)[0][0] == path


def deep(levels=100_000):
    value = []
    for _ in range(levels):
        value = [value]
    return value


def test_a_value_too_deep_is_an_issue():
    recursive = {"type": "array", "items": {"$ref": "#"}}
    for kind in (list, recursive, {}):
        assert [code for _, code, _ in said(kind, deep())] == ["depth"]


@pytest.mark.parametrize(
    ("value", "path"), [(float("nan"), ""), ({"a": [dt.date(2020, 1, 1)]}, "/a/0"), ({"a": {1: 2}}, "/a"), ((1,), "")]
)
def test_under_a_json_schema_only_plain_json_is_taken(value, path):
    assert [issue[:2] for issue in said({}, value)] == [(path, "json")]


def test_errors_without_the_value_still_have_paths():
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(list[int | dict[str, int]]).validate_python([1, {"a": "x"}], strict=True)
    assert [issue.path for issue in issues_from_pydantic(caught.value)] == ["/1/a"]
    assert [issue.path for issue in issues_from_pydantic(caught.value, [1, {"a": "x"}])] == ["/1/a"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@settings(deadline=None, max_examples=100)
@given(
    json_values, st.sampled_from([Owner, Validated, Point, Pair, dict[str, list[int]], int | list[str], Owner | Point])
)
def test_any_value_is_checked_without_an_exception(value, kind):
    for issue in Schema.of(kind).check(value):
        assert issue.path == "" or issue.path.startswith("/")
        assert issue.message
        assert issue.code


class Left(BaseModel):
    k: "Left | Right | int"


class Right(BaseModel):
    k: "Left | Right | int"


class Leaf(BaseModel):
    kind: Literal["leaf"]


class Fork(BaseModel):
    kind: Literal["fork"]
    k: "Annotated[Fork | Twig | Leaf, Field(discriminator='kind')]"


class Twig(BaseModel):
    kind: Literal["twig"]
    k: "Annotated[Fork | Twig | Leaf, Field(discriminator='kind')]"


def in_each_other(levels, value, **more):
    for _ in range(levels):
        value = {"k": value, **more}
    return value


def test_a_type_whose_unions_hold_themselves_is_not_checked_for_ever():
    assert [code for _, code, _ in said(Left, in_each_other(60, "no"))] == ["too_costly"]
    assert [code for _, code, _ in said(list[Left], [in_each_other(60, 1)])] == ["too_costly"]
    assert [code for _, code, _ in said(Left, in_each_other(13, "no"))] == ["too_costly"]
    assert [path for path, _, _ in said(Left, in_each_other(8, "no"))] == ["/k" * 8]
    assert said(Left, in_each_other(10, 1)) == []


def test_a_union_with_tags_is_checked_however_deep_it_is():
    deep_union = in_each_other(60, {"kind": "leaf"}, kind="fork")
    assert said(Fork, deep_union) == []
    deep_union["k"]["k"]["kind"] = "bush"
    assert [path for path, _, _ in said(Fork, deep_union)] == ["/k/k/kind"]


@pytest.mark.parametrize("word", ["anyOf", "oneOf"])
def test_a_json_schema_whose_unions_hold_themselves_is_checked_once_a_place(word):
    def form(key):
        return {"type": "object", "properties": {"k": {"$ref": "#/$defs/u"}}, "required": [key]}

    union = {word: [form("k"), form("j"), {"type": "integer"}]}
    schema = {"$defs": {"u": union}, "$ref": "#/$defs/u"}
    assert said(schema, in_each_other(60, 1)) == []
    assert said(schema, in_each_other(6, "no"))[0][0] == "/k" * 6
    assert said(schema, in_each_other(60, "no")) != []
    assert said({word: [{"type": "integer"}, {"const": "a"}, True, True]}, "b") == (
        [] if word == "anyOf" else [("", "union", said({"oneOf": [True, True]}, 1)[0][2])]
    )


def test_nested_unions_that_nothing_fits_still_explain_themselves_in_part():
    form = {"type": "object", "properties": {"k": {"$ref": "#/$defs/u"}, "j": {"$ref": "#/$defs/u"}}}
    schema = {"$defs": {"u": {"anyOf": [form, {**form, "title": "b"}, {"type": "integer"}]}}, "$ref": "#/$defs/u"}
    wide = "no"
    for _ in range(12):
        wide = {"k": wide, "j": 1}
    found = Schema.of(schema).check([wide, 1])
    assert found
    assert Schema.of(schema).check({"j": wide, "k": "x"})
