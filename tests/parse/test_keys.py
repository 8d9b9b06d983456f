"""Every key of a response reaches the value, is on record, or is the reason to ask."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, RootModel, model_validator
from typing_extensions import TypedDict

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Parsed
from structgen.parse import parse_text
from structgen.schema import Schema


class Order(BaseModel):
    total: int
    note: str | None = None


@dataclass
class OrderData:
    total: int
    note: str | None = None


class OrderDict(TypedDict, total=False):
    total: int
    note: str | None


class Street(BaseModel):
    street: str | None = None
    town: str | None = None


class Shop(BaseModel):
    name: str
    at: Street


def read(schema: Any, value: Json, **options: Any) -> Parsed[Any]:
    return parse_text(Schema.of(schema), json.dumps(value), **options)


def noted(parsed: Parsed[Any]) -> list[tuple[str, str]]:
    return [(repair.rule, repair.path) for repair in parsed.repairs]


@pytest.mark.parametrize("schema", [Order, OrderData, OrderDict, list[Order]])
def test_a_key_that_the_type_ignores_is_on_record_with_what_it_held(schema: Any) -> None:
    value: Json = {"total": 3, "note": "x", "paid": [1]}
    listed = schema == list[Order]
    parsed = read(schema, [value] if listed else value)
    path = "/0/paid" if listed else "/paid"
    assert [(one.rule, one.path, one.before, one.risk) for one in parsed.repairs] == [
        ("ignored_key", path, [1], Risk.LOSSLESS)
    ]


@pytest.mark.parametrize(
    ("names", "key"),
    [
        ("note", "notes"),
        ("items", "item"),
        ("category", "categories"),
        ("address", "adress"),
        ("length", "lenght"),
        ("min_weight", "minimumWeights"),
        ("mid", "middle"),
        ("tel", "telephone"),
    ],
)
def test_the_only_key_that_is_near_to_an_absent_field_is_read_as_it(names: str, key: str) -> None:
    kind = with_field(names)
    parsed = read(kind, {"total": 3, key: "x"})
    assert getattr(parsed.value, names) == "x"
    assert noted(parsed) == [("key", f"/{names}")]


@pytest.mark.parametrize(
    ("names", "key"),
    [
        ("height", "weight"),
        ("total_net", "total"),
        ("name", "company_name"),
        ("contact", "contract"),
        ("id", "idea"),
    ],
)
def test_another_name_is_another_field(names: str, key: str) -> None:
    parsed = read(with_field(names), {"total": 3, key: "x"} if key != "total" else {"total": 3})
    assert getattr(parsed.value, names) is None


def with_field(name: str) -> type[BaseModel]:
    from pydantic import create_model

    return create_model("Made", total=(int, ...), **{name: (str | None, None)})  # pyright: ignore


def test_two_keys_that_may_mean_one_field_are_asked_for() -> None:
    parsed = read(Order, {"total": 3, "notes": "x", "NOTES_": "y", "noote": "z"})
    assert [(issue.path, issue.code) for issue in parsed.issues][:1] == [("/note", "missing")]


def test_a_long_beginning_is_asked_for_if_its_value_fits() -> None:
    parsed = read(with_field("descr"), {"total": 3, "description": "x"})
    assert [(issue.path, issue.code) for issue in parsed.issues] == [("/descr", "missing")]

    class Counted(BaseModel):
        count: int | None = None
        name: str

    assert read(Counted, {"name": "x", "country": "Chile"}).value == Counted(name="x")


def test_a_near_key_is_no_field_where_other_keys_are_welcome() -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        note: str | None = None

    assert read(Open, {"notes": "x"}).value.model_extra == {"notes": "x"}


def test_a_json_schema_reads_a_near_key_as_its_field() -> None:
    schema = {"type": "object", "properties": {"note": {"type": "string"}, "total": {"type": "integer"}}}
    parsed = read(schema, {"total": 3, "notes": "x", "paid": 1})
    assert parsed.value == {"total": 3, "note": "x", "paid": 1}


class Timed(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    prep_time: int = Field(0, alias="prepTime")


class Chosen(BaseModel):
    prep: int = Field(0, validation_alias=AliasChoices("prep", "preparation", AliasPath("times", "prep")))


@pytest.mark.parametrize(
    ("schema", "value", "path"),
    [
        (Timed, {"prepTime": 4, "prep_time": 5}, "/prepTime"),
        (list[Timed], [{"prepTime": 4, "prep_time": 5}], "/0/prepTime"),
        (Chosen, {"prep": 4, "preparation": 5}, "/prep"),
        (Order, {"total": 3, "Total": 4}, "/total"),
    ],
)
def test_a_field_given_twice_with_different_values_is_refused(schema: Any, value: Json, path: str) -> None:
    parsed = read(schema, value)
    assert [(issue.path, issue.code) for issue in parsed.issues] == [(path, "duplicate_key")]


def test_a_field_given_twice_with_equal_values_is_taken_on_record() -> None:
    parsed = read(Timed, {"prepTime": 4, "prep_time": 4})
    assert parsed.value == Timed(prepTime=4)
    assert noted(parsed) == [("ignored_key", "/prep_time")]
    assert read(Order, {"total": 3, "Total": None}).ok


def test_a_validator_of_the_users_may_read_keys_that_no_field_has() -> None:
    class Split(BaseModel):
        first: str
        last: str

        @model_validator(mode="before")
        @classmethod
        def split(cls, value: Any) -> Any:
            if isinstance(value, dict) and "full" in value:
                value = {**value}
                value["first"], value["last"] = value.pop("full").split()
            return value

    class Holder(BaseModel):
        who: Split

    parsed = read(Holder, {"who": {"full": "Ann Smith"}})
    assert parsed.value == Holder(who=Split(first="Ann", last="Smith"))


@pytest.mark.parametrize(
    ("schema", "value", "path"),
    [
        (Shop, {"name": "x", "at": {"strasse": "x"}}, "/at"),
        (list[Shop], [{"name": "x", "at": {"strasse": "x", "ort": "y"}}], "/0/at"),
        (dict[str, Street], {"a": {"strasse": "x"}}, "/a"),
    ],
)
def test_an_object_of_strangers_is_refused_wherever_it_stands(schema: Any, value: Json, path: str) -> None:
    parsed = read(schema, value)
    assert [(issue.path, issue.code) for issue in parsed.issues] == [(path, "unknown_keys")]


class Lists(RootModel[dict[str, list[str]]]):
    pass


class Held(BaseModel):
    held: dict[str, list[str]]


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (dict[str, list[str]], {"values": {"a": ["x"]}}),
        (Lists, {"values": {"a": ["x"]}}),
        (Held, {"held": {"values": {"a": ["x"]}}}),
        (dict[str, Street], {"people": {"a": {"street": "x"}}}),
        (dict[str, int], {"a": {"b": 1}}),
        ({"type": "object", "additionalProperties": {"type": "array"}}, {"values": {"a": ["x"]}}),
    ],
)
def test_where_keys_are_data_none_is_unwrapped_away(schema: Any, value: Json) -> None:
    assert not read(schema, value).ok


@pytest.mark.parametrize("schema", [dict[str, str], RootModel[dict[str, str]], dict[str, str] | None])
def test_pairs_of_key_and_value_are_read_as_an_object(schema: Any) -> None:
    parsed = read(schema, [{"key": "a", "value": "x"}, {"key": "b", "value": "y"}])
    assert getattr(parsed.value, "root", parsed.value) == {"a": "x", "b": "y"}
    assert noted(parsed) == [("entries", "")]
    assert getattr(read(schema, [{"key": "a", "value": "x"}]).value, "root", {"a": "x"}) == {"a": "x"}


def test_pairs_that_give_a_key_two_values_are_refused() -> None:
    parsed = read(dict[str, str], [{"key": "a", "value": "x"}, {"key": "a", "value": "y"}])
    assert [issue.code for issue in parsed.issues] == ["duplicate_key"]
    assert read(dict[str, str], [{"key": "a", "value": "x"}] * 2).value == {"a": "x"}
