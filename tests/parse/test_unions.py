"""A union of objects is the member that the given keys speak of; two that fit alike are refused, never chosen from."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, field_validator
from typing_extensions import TypedDict

from structgen.core.json import Json
from structgen.core.results import Parsed
from structgen.parse import parse_text
from structgen.schema import Schema


class Singer(BaseModel):
    name: str
    born: date | None = None


class Band(BaseModel):
    name: str
    seats: int | None = None


@dataclass
class SingerData:
    name: str
    born: date | None = None


@dataclass
class BandData:
    name: str
    seats: int | None = None


class SingerDict(TypedDict, total=False):
    name: str
    born: date | None


class BandDict(TypedDict, total=False):
    name: str
    seats: int | None


class Place(BaseModel):
    name: str


class Hall(BaseModel):
    name: str
    rows: int | None = None


class Bus(BaseModel):
    kind: Literal["bus"] = "bus"
    line: str


class Tram(BaseModel):
    kind: Literal["tram"] = "tram"
    line: str


class Stage(BaseModel):
    acts: list[list[Singer | Band]]


def read(schema: Any, value: Json, **options: Any) -> Parsed[Any]:
    from json import dumps

    return parse_text(Schema.of(schema), dumps(value), **options)


def noted(parsed: Parsed[Any]) -> list[tuple[str, str]]:
    return [(repair.rule, repair.path) for repair in parsed.repairs]


@pytest.mark.parametrize(
    ("given_value", "expected", "repairs"),
    [
        ({"name": "Ox", "seats": "12"}, Band(name="Ox", seats=12), [("number", "/0/seats")]),
        ({"name": "Ox", "seats": 12.0}, Band(name="Ox", seats=12), [("number", "/0/seats")]),
        ({"name": "Ox", "Seats": 12}, Band(name="Ox", seats=12), [("key", "/0/seats")]),
        ({"name": "Ox", "seats": None}, Band(name="Ox"), []),
        ({"name": "Ox", "born": None}, Singer(name="Ox"), []),
        ({"name": "Ox", "born": "3 March 1980"}, Singer(name="Ox", born=date(1980, 3, 3)), [("date", "/0/born")]),
        ({"name": "Ox", "born": None, "seats": 5}, Band(name="Ox", seats=5), [("ignored_key", "/0/born")]),
        ({"name": "Ox", "seats": 5, "hits": 2}, Band(name="Ox", seats=5), [("ignored_key", "/0/hits")]),
    ],
)
@pytest.mark.parametrize("order", [Singer | Band, Band | Singer])
def test_the_member_that_uses_the_given_keys_is_taken(
    order: Any, given_value: Json, expected: BaseModel, repairs: list[tuple[str, str]]
) -> None:
    parsed = read(list[order], [given_value])
    assert parsed.value == [expected]
    assert noted(parsed) == repairs


@pytest.mark.parametrize(
    ("union", "kind"),
    [(SingerData | BandData, BandData), (Annotated[Singer | Band, Field(description="who plays")], Band)],
)
def test_dataclasses_and_described_unions_are_no_exception(union: Any, kind: Any) -> None:
    assert read(union, {"name": "Ox", "seats": "12"}).value == kind(name="Ox", seats=12)


def test_typed_dicts_keep_the_key_that_only_one_of_them_has() -> None:
    assert read(SingerDict | BandDict, {"name": "Ox", "seats": "12"}).value == {"name": "Ox", "seats": 12}
    assert read(SingerDict | BandDict, {"name": "Ox"}).value == {"name": "Ox"}


def test_a_json_schema_reads_the_member_whose_keys_are_given() -> None:
    branches = [
        {"type": "object", "properties": {"name": {"type": "string"}, "born": {"type": "string"}}},
        {"type": "object", "properties": {"name": {"type": "string"}, "seats": {"type": "integer"}}},
    ]
    parsed = read({"anyOf": branches}, {"name": "Ox", "seats": "12"})
    assert parsed.value == {"name": "Ox", "seats": 12}
    assert noted(parsed) == [("number", "/seats")]


def test_lists_in_lists_and_roots_are_read_alike() -> None:
    assert read(Stage, {"acts": [[{"name": "Ox", "seats": "12"}]]}).value == Stage(acts=[[Band(name="Ox", seats=12)]])
    assert read(Singer | Band, {"name": "Ox", "seats": "12"}).value == Band(name="Ox", seats=12)
    assert read(list[Singer] | list[Band], [{"name": "Ox", "seats": "12"}]).value == [Band(name="Ox", seats=12)]
    assert read(Singer | Band | None, None).value is None
    assert read(dict[str, Singer | Band], {"a": {"name": "Ox", "seats": 3}}).value == {"a": Band(name="Ox", seats=3)}


def test_a_value_that_fits_only_a_poorer_member_is_refused_at_its_own_place() -> None:
    parsed = read(list[Singer | Band], [{"name": "Ox", "seats": "many"}])
    assert [issue.path for issue in parsed.issues] == ["/0/seats"]


@pytest.mark.parametrize("union", [Singer | Band, Band | Singer, SingerData | BandData])
def test_what_may_be_either_member_is_refused_with_the_keys_that_would_tell(union: Any) -> None:
    parsed = read(list[union], [{"name": "Ox", "seats": 1}, {"name": "Ox"}])
    assert not parsed.ok
    assert {(issue.path, issue.code) for issue in parsed.issues} == {
        ("/1/born", "ambiguous"),
        ("/1/seats", "ambiguous"),
    }


def test_nulls_for_all_that_tells_members_apart_tell_nothing() -> None:
    parsed = read(Singer | Band, {"name": "Ox", "born": None, "seats": None})
    assert [issue.code for issue in parsed.issues] == ["ambiguous"]


@pytest.mark.parametrize("union", [Bus | Tram, Tram | Bus])
def test_a_tag_with_a_default_is_asked_for(union: Any) -> None:
    parsed = read(union, {"line": "7"})
    assert [(issue.path, issue.code) for issue in parsed.issues] == [("/kind", "ambiguous")]
    assert read(union, {"kind": "Tram", "line": "7"}).value == Tram(line="7")


def test_a_wrong_tag_counts_more_than_a_key_too_many() -> None:
    class Coach(BaseModel):
        kind: Literal["coach"]
        line: str
        berths: int | None = None

    class Ferry(BaseModel):
        kind: Literal["ferry"]
        line: str

    assert read(Coach | Ferry, {"kind": "ferry", "line": "7", "berths": 3}).value == Ferry(kind="ferry", line="7")


@pytest.mark.parametrize("union", [Place | Hall, Hall | Place])
def test_of_a_member_and_a_larger_one_the_smaller_is_meant_if_all_of_it_is_given(union: Any) -> None:
    assert read(union, {"name": "Ox"}).value == Place(name="Ox")
    assert read(union, {"name": "Ox", "rows": None}).value == Hall(name="Ox")
    assert read(union, {"name": "Ox", "rows": "12"}).value == Hall(name="Ox", rows=12)


def test_members_with_the_same_keys_are_told_apart_by_their_types_alone() -> None:
    class Count(BaseModel):
        size: int

    class Label(BaseModel):
        size: str

    class Even(BaseModel):
        size: int

        @field_validator("size")
        @classmethod
        def even(cls, value: int) -> int:
            assert value % 2 == 0
            return value

    class Copy(BaseModel):
        size: int

    assert read(Label | Count, {"size": 3}).value == Count(size=3)
    assert read(Count | Label, {"size": "3"}).value == Label(size="3")
    assert read(Even | Copy, {"size": 3}).value == Copy(size=3)
    assert not read(Copy | Count, {"size": 3}).ok


def test_an_open_member_is_taken_if_no_other_has_all_keys() -> None:
    class Loose(BaseModel):
        model_config = ConfigDict(extra="allow")
        title: str = ""

    assert read(Place | dict[str, Any], {"name": "Ox", "rows": 3}).value == {"name": "Ox", "rows": 3}
    assert read(dict[str, Any] | Place, {"name": "Ox"}).value == Place(name="Ox")
    assert read(Place | Loose, {"name": "Ox", "rows": 3}).value == Loose.model_validate({"name": "Ox", "rows": 3})


def kind_of(value: Any) -> str:
    return str(value.get("k", "s")) if isinstance(value, dict) else "s"


Called = Annotated[Annotated[Singer, Tag("s")] | Annotated[Band, Tag("b")], Discriminator(kind_of)]


def test_a_discriminator_of_the_users_decides_and_what_it_drops_is_on_record() -> None:
    parsed = read(list[Called], [{"k": "b", "name": "Ox", "seats": "12"}])
    assert parsed.value == [Band(name="Ox", seats=12)]
    assert ("ignored_key", "/0/k") in noted(parsed)
    parsed = read(list[Called], [{"name": "Ox", "seats": 12}])
    assert parsed.value == [Singer(name="Ox")]
    assert noted(parsed) == [("ignored_key", "/0/seats")]


def test_a_union_that_is_tried_from_left_to_right_stays_so() -> None:
    union = Annotated[Singer | Band, Field(union_mode="left_to_right")]
    parsed = read(list[union], [{"name": "Ox", "seats": 12}])
    assert isinstance(parsed.value[0], Band) or noted(parsed) == [("ignored_key", "/0/seats")]


def test_fields_may_have_the_names_of_pydantics_own_words() -> None:
    class Odd(BaseModel):
        ref: str
        config: Singer | Band
        function: list[Singer | Band]
        schema_: dict[str, Singer | Band] = Field(alias="schema")
        default: int = 0

    act: Json = {"name": "Ox", "seats": "12"}
    parsed = read(Odd, {"ref": "r", "config": act, "function": [act], "schema": {"a": act}})
    band = Band(name="Ox", seats=12)
    assert (parsed.value.config, parsed.value.function, parsed.value.schema_) == (band, [band], {"a": band})


KEYS = st.dictionaries(st.sampled_from(["name", "born", "seats", "rows", "hits"]), st.sampled_from([None, "1999", 7]))


@given(KEYS, st.permutations([Singer, Band, Hall, Place]))
def test_the_order_of_the_members_never_matters(value: dict[str, Json], order: list[type[BaseModel]]) -> None:
    first, second = (read(order[at] | order[at + 1 - 2 * at] | order[2] | order[3], value) for at in (0, 1))
    assert (first.ok, first.value) == (second.ok, second.value)


@given(KEYS)
def test_no_value_is_lost_without_a_record(value: dict[str, Json]) -> None:
    parsed = read(Singer | Band | Hall, value)
    if parsed.ok:
        reached = parsed.value.model_dump(mode="json", exclude_unset=True)
        told = {repair.path[1:]: repair.before for repair in parsed.repairs if repair.rule == "ignored_key"}
        assert reached.keys() | told.keys() == value.keys()
        assert all(told[key] == value[key] for key in told)
