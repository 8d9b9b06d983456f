"""A null can mean an absent value, be a value itself, or be a mistake."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

import pytest
from pydantic import AliasChoices, BaseModel, Field, field_validator

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Parsed, Repair
from structgen.schema import fields
from tests.parse.samples import read


class Dish(BaseModel):
    name: str
    serves: int = 4
    tags: list[str] = []
    spices: list[str] = Field(default_factory=lambda: ["salt"])
    price: Decimal = Decimal("9.50")
    kind: Literal["soup", "stew"] = "soup"
    note: str | None = "none"
    extra: Any = 7
    minutes: int = Field(30, alias="prepTime")
    oven: int = Field(180, validation_alias=AliasChoices("heat", "oven"))


@dataclass
class Pan:
    name: str
    size: int = 20
    lids: list[int] = field(default_factory=list[int])


class Note(TypedDict):
    name: str
    page: NotRequired[int]


class Pair(NamedTuple):
    name: str
    amount: int = 1
    unit: str = "g"


class Menu(BaseModel):
    dishes: list[Dish] = []
    main: Dish | None = None
    by_day: dict[str, Pan] = {}


PLAIN = {
    "type": "object",
    "properties": {"a": {"type": "string"}, "b": {"type": "integer", "default": 3}, "c": {"enum": ["x", "y"]}},
    "required": ["a"],
}


@pytest.mark.parametrize(
    ("schema", "text", "path", "after"),
    [
        (Dish, '{"name": "a", "serves": null}', "/serves", 4),
        (Dish, '{"name": "a", "Serves": null}', "/serves", 4),
        (Dish, '{"name": "a", "tags": null}', "/tags", []),
        (Dish, '{"name": "a", "spices": null}', "/spices", ["salt"]),
        (Dish, '{"name": "a", "price": null}', "/price", "9.50"),
        (Dish, '{"name": "a", "kind": null}', "/kind", "soup"),
        (Dish, '{"name": "a", "prepTime": null}', "/prepTime", 30),
        (Dish, '{"name": "a", "minutes": null}', "/prepTime", 30),
        (Dish, '{"name": "a", "heat": null}', "/heat", 180),
        (list[Dish], '[{"name": "a"}, {"name": "b", "serves": null}]', "/1/serves", 4),
        (Menu, '{"dishes": null}', "/dishes", []),
        (Menu, '{"dishes": [{"name": "a", "tags": null}]}', "/dishes/0/tags", []),
        (Menu, '{"main": {"name": "a", "spices": null}}', "/main/spices", ["salt"]),
        (Menu, '{"by_day": {"Monday": {"name": "a", "size": null}}}', "/by_day/Monday/size", 20),
        (Pan, '{"name": "a", "size": null}', "/size", 20),
        (Pan, '{"name": "a", "lids": null}', "/lids", []),
        (Note, '{"name": "a", "page": null}', "/page", None),
        (Pair, '["a", null]', "/1", 1),
        (Pair, '["a", 2, null]', "/2", "g"),
        (PLAIN, '{"a": "x", "b": null}', "/b", None),
        (PLAIN, '{"a": "x", "c": null}', "/c", None),
        (fields("name, age int?"), '{"name": "a", "age": null, "Name": "a"}', None, None),
    ],
)
def test_a_null_that_can_only_mean_an_absent_value_is_read_as_such(
    schema: Any, text: str, path: str | None, after: Json
) -> None:
    parsed = read(schema, text)
    made = [repair for repair in parsed.repairs if repair.rule == "null_absent"]
    if path is None:  # an optional field of the shorthand takes null itself
        assert made == []
        return
    assert parsed.ok, parsed.issues
    assert made == [Repair("null_absent", path, None, after, Risk.INTERPRETIVE)]


def test_the_default_replaces_null() -> None:
    parsed = read(Dish, '{"name": "a", "serves": null, "tags": null, "spices": null, "kind": null}')
    assert parsed.value == Dish.model_validate({"name": "a"})


def test_an_optional_key_of_plain_json_is_dropped() -> None:
    assert read(PLAIN, '{"a": "x", "b": null, "c": null}').value == {"a": "x"}


def test_all_nulls_at_the_end_of_a_tuple_are_dropped() -> None:
    assert read(Pair, '["a", null, null]').value == Pair("a")
    assert not read(Pair, '["a", null, "kg"]').ok


@pytest.mark.parametrize(
    ("text", "note", "extra"),
    [('{"name": "a", "note": null}', None, 7), ('{"name": "a", "extra": null}', "none", None)],
)
def test_a_null_that_is_a_value_stays(text: str, note: str | None, extra: Any) -> None:
    parsed: Parsed[Dish] = read(Dish, text)
    assert parsed.value is not None
    assert (parsed.value.note, parsed.value.extra, parsed.repairs) == (note, extra, ())


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (Dish, '{"name": null}'),
        (Note, '{"name": null}'),
        (Pair, "[null]"),
        (PLAIN, '{"a": null}'),
        (list[int], "[1, null]"),
        (dict[str, int], '{"a": null}'),
    ],
)
def test_a_null_for_a_required_value_is_refused(schema: Any, text: str) -> None:
    assert not read(schema, text).ok


def test_under_lossless_no_null_is_interpreted() -> None:
    assert not read(Dish, '{"name": "a", "serves": null}', max_risk=Risk.LOSSLESS).ok


class Counted(BaseModel):
    name: str
    serves: int = 4
    guests: int = 2

    @field_validator("serves", mode="before")
    @classmethod
    def none_is_zero(cls, given: object) -> object:
        return 0 if given is None else given


@pytest.mark.parametrize("text", ['{"name": "a", "serves": null}', '{"name": "a", "serves": null, "guests": null}'])
def test_a_null_that_a_validator_accepts_is_left_to_it(text: str) -> None:
    assert read(Counted, text).value == Counted(name="a", serves=0, guests=2)


class Circle(BaseModel):
    kind: Literal["circle"]
    radius: int = 1


class Square(BaseModel):
    kind: Literal["square"]
    side: int | None = 1


def test_a_member_of_a_union_reads_null_by_its_own_rules() -> None:
    shape = Circle | Square
    assert read(shape, '{"kind": "circle", "radius": null}').value == Circle(kind="circle", radius=1)
    assert read(shape, '{"kind": "square", "side": null}').value == Square(kind="square", side=None)
