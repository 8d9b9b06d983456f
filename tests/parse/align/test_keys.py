"""Every key of a response reaches the value, is on record, or is a reason to refuse."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field, RootModel, create_model, model_validator
from typing_extensions import TypedDict

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Parsed
from structgen.parse import parse_text
from structgen.schema import Schema
from tests.parse.samples import noted


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


@pytest.mark.parametrize("schema", [Order, OrderData, OrderDict, list[Order]])
def test_a_key_that_the_type_ignores_is_on_record_with_its_value(schema: Any) -> None:
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
def test_the_only_key_similar_to_an_absent_field_is_read_as_it(names: str, key: str) -> None:
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
        ("altitude", "latitude"),
        ("count", "country"),
        ("form", "format"),
        ("day", "days"),
        ("net", "network"),
        ("price ($)", "price (€)"),
        ("c#", "c++"),
        ("v15", "v1.5"),
        ("id", "idea"),
    ],
)
def test_another_name_is_another_field(names: str, key: str) -> None:
    parsed = read(with_field(names), {"total": 3, key: "x"} if key != "total" else {"total": 3})
    assert getattr(parsed.value, names) is None


def with_field(name: str) -> type[BaseModel]:
    from pydantic import create_model

    return create_model("Made", total=(int, ...), **{name: (str | None, None)})  # pyright: ignore


def test_similar_keys_that_contradict_each_other_are_refused() -> None:
    parsed = read(Order, {"total": 3, "notes": "x", "NOTES_": "y"})
    assert [(issue.path, issue.code) for issue in parsed.issues] == [("/note", "duplicate_key")]


def test_a_similar_key_whose_value_does_not_fit_the_field_is_another_key() -> None:
    parsed = read(Order, {"total": 3, "notes": ["x", "y"]})
    assert parsed.value == Order(total=3)
    assert noted(parsed) == [("ignored_key", "/notes")]


def test_a_similar_key_is_no_field_if_other_keys_are_allowed() -> None:
    class Open(BaseModel):
        model_config = ConfigDict(extra="allow")
        note: str | None = None

    assert read(Open, {"notes": "x"}).value.model_extra == {"notes": "x"}


def test_a_json_schema_reads_a_similar_key_as_its_field() -> None:
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


def test_a_user_validator_may_read_keys_that_no_field_has() -> None:
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
def test_an_object_without_any_known_key_is_refused_wherever_it_is(schema: Any, value: Json, path: str) -> None:
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
def test_if_keys_are_data_none_is_unwrapped(schema: Any, value: Json) -> None:
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


class Named(BaseModel):
    name: str
    size: int = 0


class Holding(BaseModel):
    at: Named | None = None


@pytest.mark.parametrize(
    ("schema", "value", "path"),
    [
        (Named, {"named": {"name": "x", "zz": 1}}, "/zz"),
        (Named, [{"name": "x", "zz": 1}], "/zz"),
        (list[Named], {"name": "x", "zz": 1}, "/0/zz"),
        (Holding, {"At": {"name": "x", "zz": 1}}, "/at/zz"),
        (Named, json.dumps({"name": "x", "zz": 1}), "/zz"),
        (dict[str, Named], [{"key": "a", "value": {"name": "x", "zz": 1}}], "/a/zz"),
    ],
)
def test_a_key_that_is_ignored_within_an_unwrapped_object_is_on_record(schema: Any, value: Json, path: str) -> None:
    parsed = read(schema, value)
    assert parsed.ok
    assert noted(parsed)[-1] == ("ignored_key", path)


def test_fields_may_be_called_like_keywords() -> None:
    class Typed(BaseModel):
        type: str
        schema_: int = Field(0, alias="schema")

    assert read(Typed, {"type": "x", "schema": 3}).value == Typed(type="x", schema=3)


def test_a_custom_constructor_hides_neither_conversions_nor_keys() -> None:
    class Built(BaseModel):
        size: int = 0

        def __init__(self, **given: Any) -> None:
            super().__init__(**given)

    parsed = read(Built, {"size": "3", "zz": 2})
    assert parsed.value == Built(size=3)
    assert noted(parsed) == [("number", "/size"), ("ignored_key", "/zz")]


def test_an_alias_beside_the_name_is_a_contradiction_even_if_other_keys_are_kept() -> None:
    class Kept(BaseModel):
        model_config = ConfigDict(extra="allow", populate_by_name=True)
        prep_time: int = Field(0, alias="prepTime")

    assert [issue.code for issue in read(Kept, {"prepTime": 4, "prep_time": 5}).issues] == ["duplicate_key"]


@pytest.mark.parametrize("value", [{"prepTime": None, "prep_time": 5}, {"prep_time": 5, "prepTime": None}])
def test_a_null_under_one_name_leaves_the_value_under_the_other(value: Json) -> None:
    assert read(Timed, value).value == Timed(prepTime=5)


def test_paths_as_aliases_are_no_names() -> None:
    class Point(BaseModel):
        x: float = Field(validation_alias=AliasPath("at", 0))
        y: float = Field(validation_alias=AliasPath("at", 1))

    assert read(Point, {"at": [1, 2]}).value.y == 2


def test_similar_keys_cost_no_more_than_the_number_of_keys() -> None:
    wide = create_model("Wide", **{f"field_{number}": (str | None, None) for number in range(300)})  # pyright: ignore
    schema = Schema.of(wide)
    parsed = parse_text(schema, json.dumps({"field_1": "x"} | {f"key{n}": "y" for n in range(2000)}))
    assert len(parsed.repairs) == 2000
