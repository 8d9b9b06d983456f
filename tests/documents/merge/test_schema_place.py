"""Two mentions are one thing or two, and nothing but the text and the schema decides which."""

from __future__ import annotations

from typing import Any, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from structgen.core.errors import SchemaError
from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.records import Evidence, Status
from structgen.core.results import Repair
from structgen.documents.merge.chunk_values import Part
from structgen.documents.merge.merger import Merged, merge
from structgen.documents.merge.schema_place import ListKind, SchemaPlace
from structgen.schema import Schema

Places = dict[str, tuple[int, int]]


def part(number: int, value: Json, places: Places | None = None, start: int = 0, end: int = 0, text: str = "") -> Part:
    found = {path: Evidence(path, a, b, "x" * (b - a), Status.EXACT) for path, (a, b) in (places or {}).items()}
    return Part(number, start or number * 90, end or (start or number * 90) + 100, value, found, text)


def merged(kind: Any, *parts: Part, **changes: Any) -> Merged:
    return merge(parts, Schema.of(kind).node, **changes)


class Line(BaseModel):
    name: str
    price: float


class Labelled(BaseModel):
    label: str
    price: str


class Person(BaseModel):
    name: str
    age: int | None = None


class Ballot(BaseModel):
    who: str
    vote: Literal["yes", "no"]


class Remark(BaseModel):
    about: str
    words: str


class Order(BaseModel):
    id: int
    total: float


class Declared(BaseModel):
    model_config = ConfigDict(json_schema_extra={"merge": "set"})
    name: str
    price: float


class Everything(BaseModel):
    items: list[Line]
    amounts: list[Labelled]
    people: list[Person] | None
    ballots: list[Ballot]
    remarks: list[Remark]
    orders: list[Order]
    scores: list[int]
    years: list[int]
    tags: list[str]
    answers: list[str]
    paid: list[bool]
    moods: list[Literal["good", "bad"]]
    pairs: list[tuple[str, int]]
    dates: list[str]
    products: list[Declared]
    shifts: list[str] = Field(json_schema_extra={"merge": "records"})


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("items", ListKind.RECORDS),
        ("amounts", ListKind.RECORDS),
        ("people", ListKind.SET),
        ("ballots", ListKind.RECORDS),
        ("remarks", ListKind.MENTIONS),
        ("orders", ListKind.SET),
        ("scores", ListKind.RECORDS),
        ("years", ListKind.SET),
        ("tags", ListKind.SET),
        ("answers", ListKind.RECORDS),
        ("paid", ListKind.RECORDS),
        ("moods", ListKind.RECORDS),
        ("pairs", ListKind.RECORDS),
        ("dates", ListKind.SET),
        ("products", ListKind.SET),
        ("shifts", ListKind.RECORDS),
    ],
)
def test_the_kind_of_a_list_follows_from_its_name_and_the_type_of_its_items(name: str, kind: ListKind) -> None:
    place = SchemaPlace.of(Schema.of(Everything).node).child(name)
    assert place.kind([{"label": "Tea", "price": "2.10"}] if name == "amounts" else []) is kind


def test_a_kind_that_does_not_exist_is_refused() -> None:
    class Wrong(BaseModel):
        inner: dict[str, list[str]] = Field(json_schema_extra={"merge": "sets"})
        tags: list[str] = Field(json_schema_extra={"merge": "sets"})

    with pytest.raises(SchemaError, match='"merge" of tags is \'sets\'; write "records" or "set"'):
        SchemaPlace.of(Schema.of(Wrong).node).check()


@pytest.mark.parametrize("field", ["name", "what", "title", "id_of_product"])
@pytest.mark.parametrize("chunks", [1, 2, 3, 4, 6, 12])
def test_equal_lines_at_different_places_are_all_there_however_a_field_is_called(field: str, chunks: int) -> None:
    schema = {
        "type": "array",
        "items": {"type": "object", "properties": {field: {"type": "string"}, "price": {"type": "number"}}},
    }
    size = 12 // chunks
    parts = [
        part(
            number,
            [{field: "Tea", "price": 2.1}] * size,
            {
                f"/{n}/{key}": (at, at + 3)
                for n in range(size)
                for key, at in ((field, 20 * (number * size + n)), ("price", 20 * (number * size + n) + 5))
            },
            start=20 * number * size,
            end=20 * (number + 1) * size,
        )
        for number in range(chunks)
    ]
    assert merged(schema, *parts).value == [{field: "Tea", "price": 2.1}] * 12


@pytest.mark.parametrize("kind", [list[int], list[bool], list[Literal["yes", "no"]]])
def test_equal_scalars_at_different_places_are_all_there(kind: Any) -> None:
    value: Json = 5 if kind == list[int] else True if kind == list[bool] else "yes"
    parts = [part(number, [value], {"/0": (number * 90 + 50, number * 90 + 53)}) for number in range(4)]
    assert merged(kind, *parts).value == [value] * 4


def test_records_in_the_text_that_two_chunks_share_are_counted_once() -> None:
    one = part(0, ["yes", "no", "yes", "yes"], {"/3": (92, 95)})
    two = part(1, ["yes", "yes"], {"/0": (92, 95)})
    assert merged(list[Literal["yes", "no"]], one, two).value == ["yes", "no", "yes", "yes", "yes"]


def test_records_without_a_place_are_matched_in_their_order_where_they_may_be_shared() -> None:
    votes = ["yes", "no", "yes", "yes", "no", "no", "yes", "no", "yes", "no"]
    one, two = part(0, [*votes]), part(1, ["no", "yes", "yes", "no", "yes", "yes", "yes", "yes", "yes", "no"])
    found = merged(list[Literal["yes", "no"]], one, two)
    assert found.value == [*votes, "yes", "yes", "no", "yes", "yes", "yes", "yes", "yes", "no"]
    assert [repair.rule for repair in found.repairs] == ["repeated_item"]


def test_two_readings_of_one_text_are_one_list() -> None:
    moods: Json = ["good", "bad", "bad", "good"]
    whole = [part(number, moods, start=1, end=400) for number in range(3)]
    assert merged(list[Literal["good", "bad"]], *whole).value == moods


def test_a_fact_that_each_page_repeats_is_one_and_its_mentions_are_on_record() -> None:
    places = [{"/0": (number * 90 + 20, number * 90 + 24)} for number in range(2)]

    class Report(BaseModel):
        years: list[int]

    parts = [
        part(number, {"years": [2019]}, {f"/years{path}": span for path, span in place.items()})
        for number, place in enumerate(places)
    ]
    found = merged(Report, *parts)
    assert found.value == {"years": [2019]}
    again: Json = [{"value": 2019, "places": [[110, 114]]}]
    assert found.repairs == (
        Repair("repeated_item", "/years/0", again, 2019, Risk.INTERPRETIVE, ((20, 24), (110, 114))),
    )


@pytest.mark.parametrize("other", ["Rates: 7, 19", "Rates were 7 and 19"])
def test_a_list_of_numbers_that_each_page_repeats_word_for_word_is_one(other: str) -> None:
    parts = [
        part(number, [7, 19], {"/0": (start + 7, start + 8), "/1": (start + 10, start + 12)}, start=start, text=text)
        for number, (start, text) in enumerate([(1, "Rates: 7, 19\n"), (200, f"{other}\n"), (400, "Rates: 7, 19\n")])
    ]
    same = other == "Rates: 7, 19"
    assert merged(list[float], *parts).value == [7, 19] * (1 if same else 3)


def test_what_is_declared_a_set_is_one_even_in_one_answer_and_without_interpretive_repairs() -> None:
    tea: Json = {"name": "Tea", "price": 2.1}
    parts = [part(0, [tea, tea], {"/0/name": (1, 4), "/1/name": (20, 23)}), part(2, [tea], {"/0/name": (200, 203)})]
    assert merged(list[Declared], *parts, by_likeness=False).value == [tea]
    assert merged(list[Line], *parts).value == [tea] * 3


def test_equal_remarks_are_two_only_if_they_certainly_are_at_two_places() -> None:
    remark: Json = {"about": "tea", "words": "too hot"}
    placed = [part(n, [remark], {"/0/words": (n * 90 + 40, n * 90 + 47)}) for n in (0, 2)]
    assert merged(list[Remark], *placed).value == [remark, remark]
    assert merged(list[Remark], part(0, [remark]), part(2, [remark])).value == [remark]


def test_a_list_of_a_fixed_length_is_one_value() -> None:
    class Spot(BaseModel):
        at: tuple[float, float]
        bounds: list[int] = Field(min_length=2, max_length=2)

    said: Json = {"at": [1.5, 2.5], "bounds": [1, 9]}
    other: Json = {"at": [1.5, 2.6], "bounds": [1, 9]}
    found = merged(Spot, part(0, said, {"/at/0": (3, 6), "/at/1": (8, 11)}), part(2, other), part(4, said))
    assert found.value == said
    assert found.evidence["/at/1"].start == 8
    assert [conflict.path for conflict in found.conflicts] == ["/at"]


def test_lines_that_a_list_must_have_a_number_of_are_still_collected() -> None:
    class Bill(BaseModel):
        lines: list[Line] = Field(min_length=2, max_length=2)

    tea: Json = {"name": "Tea", "price": 2.1}
    assert merged(Bill, part(0, {"lines": [tea]}), part(2, {"lines": [tea]})).value == {"lines": [tea, tea]}


def test_a_place_within_a_fuller_one_is_a_part_of_its_value() -> None:
    cut = part(1, ["Lee"], {"/0": (94, 97)})
    whole = part(0, ["Ann Lee"], {"/0": (90, 97)})
    assert merged(list[str], whole, cut).value == ["Ann Lee"]
    assert merged(list[str], whole, cut, part(2, [])).value == ["Ann Lee"]


def test_the_best_fit_is_taken_first() -> None:
    longer: Places = {"/0": (92, 106)}
    both: Places = {"/0": (92, 100), "/1": (92, 106)}
    found = merged(
        list[str], part(0, ["New York Times"], longer, end=120), part(1, ["New York", "New York Times"], both)
    )
    assert sorted(found.value or []) == ["New York", "New York Times"]  # type: ignore[type-var,arg-type]


def test_an_item_with_one_value_found_in_the_wrong_row_is_still_the_same() -> None:
    tea: Json = {"name": "Tea", "price": 2.1, "pieces": 3}
    one = part(0, [tea], {"/0/name": (92, 95), "/0/price": (96, 99), "/0/pieces": (40, 41)})
    two = part(1, [tea], {"/0/name": (92, 95), "/0/price": (96, 99), "/0/pieces": (100, 101)}, end=200)
    assert merged(list[dict[str, Any]], one, two).value == [tea]
