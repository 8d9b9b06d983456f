"""The given keys decide the member of a union of objects; if two fit alike, the value is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal, Union, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    TypeAdapter,
    create_model,
    field_validator,
)
from typing_extensions import TypedDict

from structgen.core.json import Json
from structgen.core.results import Parsed
from structgen.parse import parse_text
from structgen.parse.union_choice import decide_unions_by_keys
from structgen.parse.validators import _strict_about_floats  # pyright: ignore[reportPrivateUsage]
from structgen.schema import Schema
from structgen.schema.core_schema import Core, closed, without_functions
from tests.parse.samples import noted


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


@pytest.mark.parametrize(
    ("given_value", "expected", "repairs"),
    [
        ({"name": "Ox", "seats": "12"}, Band(name="Ox", seats=12), [("number", "/0/seats")]),
        ({"name": "Ox", "seats": "1,200"}, Band(name="Ox", seats=1200), [("number", "/0/seats")]),
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
def test_the_member_that_uses_the_given_keys_is_chosen(
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


def test_a_value_that_fits_only_a_poorer_member_is_refused_at_its_own_path() -> None:
    parsed = read(list[Singer | Band], [{"name": "Ox", "seats": "many"}])
    assert [issue.path for issue in parsed.issues] == ["/0/seats"]


@pytest.mark.parametrize("union", [Singer | Band, Band | Singer, SingerData | BandData])
def test_a_value_that_may_be_either_member_is_refused_with_the_keys_that_would_tell(union: Any) -> None:
    parsed = read(list[union], [{"name": "Ox", "seats": 1}, {"name": "Ox"}])
    assert not parsed.ok
    assert {(issue.path, issue.code) for issue in parsed.issues} == {
        ("/1/born", "ambiguous"),
        ("/1/seats", "ambiguous"),
    }


def test_nulls_do_not_tell_members_apart() -> None:
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
def test_the_smaller_of_two_members_is_meant_if_all_of_its_keys_are_given(union: Any) -> None:
    assert read(union, {"name": "Ox"}).value == Place(name="Ox")
    assert read(union, {"name": "Ox", "rows": None}).value == Hall(name="Ox")
    assert read(union, {"name": "Ox", "rows": "12"}).value == Hall(name="Ox", rows=12)


def test_members_with_the_same_keys_are_distinguished_by_their_types_alone() -> None:
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


def test_an_open_member_is_chosen_if_no_other_has_all_keys() -> None:
    class Loose(BaseModel):
        model_config = ConfigDict(extra="allow")
        title: str = ""

    assert read(Place | dict[str, Any], {"name": "Ox", "rows": 3}).value == {"name": "Ox", "rows": 3}
    assert read(dict[str, Any] | Place, {"name": "Ox"}).value == Place(name="Ox")
    assert read(Place | Loose, {"name": "Ox", "rows": 3}).value == Loose.model_validate({"name": "Ox", "rows": 3})


def kind_of(value: Any) -> str:
    return str(value.get("k", "s")) if isinstance(value, dict) else "s"


Called = Annotated[Annotated[Singer, Tag("s")] | Annotated[Band, Tag("b")], Discriminator(kind_of)]


def test_the_users_discriminator_decides_and_dropped_keys_are_on_record() -> None:
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


def test_fields_may_have_the_names_of_pydantic_keywords() -> None:
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


class Ticket(BaseModel):
    name: str
    status: Literal["open", "closed"]
    rank: int = 0


def test_a_constant_that_only_one_member_has_does_not_send_the_value_to_a_poorer_one() -> None:
    parsed = read(Ticket | Place, {"name": "Ox", "status": "pending", "rank": 3})
    assert [issue.path for issue in parsed.issues] == ["/status"]


def test_a_null_that_gives_way_to_a_default_still_tells_which_member_it_is() -> None:
    class Solo(BaseModel):
        name: str
        born: str = ""

    class Choir(BaseModel):
        name: str
        seats: int = 0

    assert read(Solo | Choir, {"name": "Ox", "seats": None}).value == Choir(name="Ox")
    assert not read(list[Solo | Choir], [{"name": "Ox", "seats": None}, {"name": "Ox"}]).ok


def test_a_member_that_keeps_other_keys_is_validated_by_its_own_rules() -> None:
    class Loose(BaseModel):
        model_config = ConfigDict(extra="allow")
        name: str = ""

    class Tight(BaseModel):
        item: Singer

    class Wide(BaseModel):
        item: Loose

    value: Json = {"item": {"name": "Ox", "rows": 1}}
    assert noted(read(Loose, value["item"])) == []
    assert read(Tight | Wide, value).value == Wide(item=Loose.model_validate({"name": "Ox", "rows": 1}))
    assert read(list[Singer] | list[Loose], [value["item"]]).value == [Loose.model_validate(value["item"])]
    assert read(Singer | Loose, {"name": "Ox", "born": "3 March 1980"}).value == Singer(
        name="Ox", born=date(1980, 3, 3)
    )


def test_a_member_without_fields_takes_no_misspelt_key() -> None:
    class Move(BaseModel):
        steps: int

    class Stop(BaseModel):
        pass

    assert read(Move | Stop, {"Steps": 3}).value == Move(steps=3)
    assert read(Move | Stop, {}).value == Stop()
    assert not read(list[Stop], [{"a": 1}]).ok


def test_a_list_from_a_validator_is_tried_without_loss_first() -> None:
    class Opened(BaseModel):
        name: str
        opened: Annotated[date | None, BeforeValidator(lambda value: value)] = None

    parsed = read(list[Singer] | list[Opened], [{"name": "Ox", "opened": "2020-01-01"}])
    assert parsed.value == [Opened(name="Ox", opened=date(2020, 1, 1))]


def test_a_tag_named_like_a_field_hides_no_key() -> None:
    class Inner(BaseModel):
        sound: str

    class Cat(BaseModel):
        kind: Literal["cat"]
        cat: Inner | None = None
        lives: int = 9

    class Dog(BaseModel):
        kind: Literal["dog"]

    union = Annotated[Cat | Dog, Field(discriminator="kind")]
    parsed = read(union, {"kind": "cat", "cat": {"sound": "x"}, "lives": "3", "age": 1})
    assert parsed.value == Cat(kind="cat", cat=Inner(sound="x"), lives=3)
    assert noted(parsed) == [("number", "/lives"), ("ignored_key", "/age")]


def test_members_of_many_levels_take_at_most_twice_the_memory_of_pydantics_own() -> None:
    def nested(depth: int) -> Any:
        union: Any = int
        for level in range(depth):
            left = create_model(f"Left{level}", **{f"left{level}": (union, ...)})  # pyright: ignore
            right = create_model(f"Right{level}", **{f"right{level}": (union, ...)})  # pyright: ignore
            union = left | right
        return union

    def size(part: Any) -> int:
        parts = part.values() if isinstance(part, dict) else part if isinstance(part, (list, tuple)) else ()
        return 1 + sum(map(size, parts))

    for depth in (3, 6):
        core = cast("Any", TypeAdapter(nested(depth)).core_schema)
        assert size(decide_unions_by_keys(core)) < 2 * size(core)


def test_records_in_an_optional_object_are_repaired_beside_a_key_too_many() -> None:
    class Held(BaseModel):
        at: Hall | None = None

    parsed = read(Held, {"at": {"name": "Ox", "rows": "12", "hits": 1}})
    assert parsed.value == Held(at=Hall(name="Ox", rows=12))
    assert noted(parsed) == [("number", "/at/rows"), ("ignored_key", "/at/hits")]
    assert not read(Held, {"at": {"name": "x", "Name": "y"}}).ok
    assert not read(Held, {"at": {"title": "x"}}).ok


def nested_unions(depth: int) -> Any:
    """A union of two models of unions of two models, and so on: as a tree it doubles with each level."""
    union: Any = Union[create_model("A", x=(int, ...)), create_model("B", y=(int, ...))]
    for level in range(depth):
        lists = create_model(f"Lists{level}", l=(list[union], ...))
        union = Union[lists, create_model(f"Dicts{level}", d=(dict[str, union], ...))]
    return union


@pytest.mark.parametrize("work", [decide_unions_by_keys, closed, without_functions, _strict_about_floats])
def test_unions_in_models_in_unions_are_rewritten_once(
    work: Callable[[Core], object], calls: Callable[[Callable[[], object]], int]
) -> None:
    def steps(depth: int) -> int:
        core = cast(Core, TypeAdapter(nested_unions(depth)).core_schema)
        return calls(lambda: work(core))

    assert steps(12) < 3 * steps(6)
