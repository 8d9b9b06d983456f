"""The answers to chunks become one value: nothing twice, nothing lost, nothing decided silently."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.records import Evidence, Status
from structgen.core.results import Repair
from structgen.documents.merge import same_items
from structgen.documents.merge.chunk_values import Part
from structgen.documents.merge.merger import Merged, merge

Places = dict[str, tuple[int, int]]


def part(number: int, value: Json, places: Places | None = None, *, start: int | None = None, end: int = 0) -> Part:
    """Return chunk `number`, by default 100 characters that overlap the next chunk by 10."""
    begin = number * 90 if start is None else start
    found = {path: Evidence(path, a, b, "x" * (b - a), Status.EXACT) for path, (a, b) in (places or {}).items()}
    return Part(number, begin, end or begin + 100, value, found)


def merged(*values: Json) -> Merged:
    return merge(part(number * 2, value) for number, value in enumerate(values))


NAMES = st.sampled_from(["", "a", "B", "c c", "id", "name"])
SCALARS = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["x", "X.", "y", ""])
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)


def without_nulls(value: Any) -> Any:
    """Remove the nulls that merging omits: those in objects outside lists."""
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, Any]", value)
    return {key: without_nulls(inner) for key, inner in fields.items() if inner is not None}


@settings(deadline=None, max_examples=120)
@given(VALUES)
def test_one_part_alone_stays_what_it_is(value: Json) -> None:
    found = merged(value)
    assert found.value == without_nulls(value)
    assert found.conflicts == found.repairs == ()


@settings(deadline=None, max_examples=120)
@given(VALUES)
def test_the_same_answer_given_twice_changes_nothing(value: Json) -> None:
    once = merge([part(0, value)])
    twice = merge([part(0, value), part(1, value, start=0)])
    assert twice.value == once.value
    assert twice.conflicts == ()


@settings(deadline=None, max_examples=120)
@given(st.lists(VALUES, min_size=2, max_size=4), st.randoms(use_true_random=False))
def test_the_order_in_which_chunks_are_answered_does_not_count(values: list[Json], random: Any) -> None:
    parts = [part(number, value) for number, value in enumerate(values)]
    mixed = list(parts)
    random.shuffle(mixed)
    assert merge(mixed) == merge(parts)


@settings(deadline=None, max_examples=120)
@given(st.lists(st.lists(VALUES, max_size=4), min_size=1, max_size=4))
def test_every_item_is_somewhere_in_the_united_list(lists: Any) -> None:
    found = merge(part(number * 2, whole) for number, whole in enumerate(lists))
    for number, whole in enumerate(lists):
        places = {found.moved(number * 2, f"/{index}") for index in range(len(whole))}
        assert len(places) == len(whole)
        assert places <= {f"/{index}" for index in range(len(found.value or []))}  # type: ignore[arg-type]  a list


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 1000), unique=True, max_size=40), st.integers(1, 5))
def test_items_of_overlapping_chunks_are_united_by_their_places(starts: list[int], most: int) -> None:
    starts = sorted(starts)
    spans = [(low, low + 120) for low in range(0, 1100, 100)]
    parts: list[Part] = []
    for number, (low, high) in enumerate(spans):
        inside = [at for at in starts if low <= at and at + most <= high]
        places = {f"/{index}/amount": (at, at + 1) for index, at in enumerate(inside)}
        items: Json = [{"amount": at % most} for at in inside]
        parts.append(part(number, items, places, start=low, end=high))
    found = merge(parts)
    assert found.value == [{"amount": at % most} for at in starts]
    assert [piece.start for piece in found.evidence.values()] == starts
    assert found.repairs == ()


def test_texts_that_come_again_are_one() -> None:
    assert merged(["Oil", "Salt"], ["salt.", "Pepper"], ["“Oil”"]).value == ["Oil", "Salt", "Pepper"]


def test_what_is_said_again_elsewhere_is_one_and_on_the_record() -> None:
    found = merged(["Oil", "Salt"], ["Oil"], ["Oil", "Pepper"])
    assert found.value == ["Oil", "Salt", "Pepper"]
    assert found.repairs == (Repair("repeated_item", "/0", ["Oil", "Oil"], "Oil", Risk.INTERPRETIVE),)


def test_what_two_chunks_read_in_the_text_that_they_share_is_no_repair() -> None:
    found = merge([part(0, ["Oil", "Salt"]), part(1, ["Salt", "Pepper"])])
    assert (found.value, found.repairs) == (["Oil", "Salt", "Pepper"], ())


@pytest.mark.parametrize("item", ["yes", {"level": "warn", "said": "disk full"}])
def test_repeats_count_in_a_list_in_which_one_answer_repeats_itself(item: Json) -> None:
    found = merged([item, item], [item], ["no", item])
    assert found.value == [item, item, item, "no", item]
    assert found.repairs == ()


def test_a_repeat_that_may_stand_in_shared_text_is_one_and_on_the_record() -> None:
    found = merge([part(0, ["yes", "yes"]), part(1, ["yes"])])
    assert found.value == ["yes", "yes"]
    assert [repair.rule for repair in found.repairs] == ["repeated_item"]
    apart = merge([part(0, ["yes", "yes"], {"/0": (1, 4), "/1": (5, 8)}), part(1, ["yes"], {"/0": (95, 98)})])
    assert (apart.value, apart.repairs) == (["yes", "yes", "yes"], ())


def test_texts_that_differ_by_a_digit_or_a_sign_are_two() -> None:
    values: list[Json] = ["Article 112", "Article 113", "C", "C++", "-5", "5"]
    assert merged(*([value] for value in values)).value == values


def test_figures_that_come_again_elsewhere_are_two() -> None:
    assert merged([5, True], [5, True]).value == [5, True, 5, True]
    assert merged([{"what": "Oil", "price": 5}], [{"what": "Oil", "price": 5}]).value == [
        {"what": "Oil", "price": 5},
        {"what": "Oil", "price": 5},
    ]


def test_figures_without_a_place_are_one_in_the_text_that_two_chunks_share() -> None:
    assert merge([part(0, [5]), part(1, [5])]).value == [5]
    assert merge([part(0, [5], {"/0": (1, 2)}), part(1, [5], {"/0": (95, 96)})]).value == [5, 5]


def test_an_object_is_known_by_its_key_field_and_gains_what_the_others_say() -> None:
    found = merged(
        [{"name": "Ann Lee", "age": None}], [{"name": "ANN LEE", "age": 34}], [{"name": "Ann Ray", "age": 34}]
    )
    assert found.value == [{"name": "Ann Lee", "age": 34}, {"name": "Ann Ray", "age": 34}]
    assert found.repairs == (
        Repair("same_item", "/0", {"name": "ANN LEE", "age": 34}, {"name": "Ann Lee", "age": 34}, Risk.INTERPRETIVE),
    )


def test_the_same_name_with_other_figures_is_another_thing() -> None:
    people: list[Json] = [{"name": "Ann Lee", "age": 34}, {"name": "Ann Lee", "age": 35}]
    found = merged(*([person] for person in people))
    assert found.value == people
    assert found.conflicts == ()


def test_the_same_id_is_the_same_thing_and_what_differs_a_conflict() -> None:
    found = merged([{"id": 7, "age": 34}], [{"id": 7, "age": 35}])
    assert found.value == [{"id": 7, "age": 34}]
    assert [(one.path, [claim.value for claim in one.claims]) for one in found.conflicts] == [("/0/age", [34, 35])]


def test_the_id_of_something_else_is_no_key() -> None:
    orders: list[Json] = [{"customer_id": 7, "sum": 3}, {"customer_id": 7, "sum": 3}]
    assert merged(*([order] for order in orders)).value == orders


def test_without_likeness_only_the_place_unites() -> None:
    parts = [part(0, ["a", "b"], {"/1": (95, 96)}), part(1, ["b", "a"], {"/0": (95, 96)})]
    assert merge(parts, by_likeness=False).value == ["a", "b", "a"]


def test_an_item_read_in_part_by_one_chunk_is_completed_by_the_next() -> None:
    half = part(0, [{"what": "Oil", "price": None}], {"/0/what": (95, 98)})
    whole = part(1, [{"what": "Oil", "price": 5}], {"/0/what": (95, 98), "/0/price": (101, 102)})
    found = merge([half, whole])
    assert found.value == [{"what": "Oil", "price": 5}]
    assert found.evidence["/0/price"].start == 101
    assert found.repairs == ()


def test_a_place_that_many_items_share_does_not_make_them_one() -> None:
    day = {"/0/day": (92, 94)}
    one = part(0, [{"day": "1 May", "paid": 3, "to": "Ann"}], {**day, "/0/paid": (96, 97)})
    two = part(1, [{"day": "1 May", "paid": 3, "to": "Ann"}], {**day, "/0/paid": (150, 151)})
    other = part(1, [{"day": "1 May", "paid": 3, "to": "Ben"}], day)
    assert len(merge([one, two]).value or []) == 2  # type: ignore[arg-type]  a list
    assert len(merge([one, other]).value or []) == 2  # type: ignore[arg-type]  a list


def test_an_item_that_only_the_later_chunk_saw_stands_where_the_text_has_it() -> None:
    first = part(0, ["a", "c"], {"/0": (5, 6), "/1": (97, 98)})
    second = part(1, ["b", "c", "d"], {"/0": (93, 94), "/1": (97, 98), "/2": (140, 141)})
    assert merge([first, second]).value == ["a", "b", "c", "d"]


def test_lists_within_items_are_united_too() -> None:
    found = merged([{"name": "Ann", "tags": ["a", "b"]}], [{"name": "Ann", "tags": ["B", "c"]}])
    assert found.value == [{"name": "Ann", "tags": ["a", "b", "c"]}]


def test_a_value_found_in_the_text_outweighs_many_that_were_not() -> None:
    found = merge([part(0, {"total": 9}), part(2, {"total": 9}), part(4, {"total": 7}, {"/total": (380, 381)})])
    assert found.value == {"total": 7}
    (conflict,) = found.conflicts
    assert [(claim.value, claim.chunks) for claim in conflict.claims] == [(7, (4,)), (9, (0, 2))]
    assert conflict.claims[0].evidence[0].start == 380


def test_of_values_found_alike_the_one_that_most_chunks_give_is_taken_else_the_first() -> None:
    assert merged({"a": "x"}, {"a": "y"}, {"a": "y"}).value == {"a": "y"}
    assert merged({"a": "x"}, {"a": "y"}).value == {"a": "x"}


def test_an_object_is_never_put_together_from_two_branches_of_a_union() -> None:
    cat: Json = {"kind": "cat", "age": 3}
    dog: Json = {"kind": "dog", "age": 4, "breed": "collie"}
    values: list[Json] = [{"pet": cat}, {"pet": dog}, {"pet": {"colour": "black"}}, {"pet": {**cat, "age": None}}]
    parts = [part(number * 2, value) for number, value in enumerate(values)]
    found = merge(parts, branches=frozenset({"kind"}))
    assert found.value == {"pet": {**cat, "colour": "black"}}
    assert [(one.path, [claim.value for claim in one.claims]) for one in found.conflicts] == [("/pet", [cat, dog])]


def test_another_spelling_is_no_conflict() -> None:
    found = merged({"by": "Acme Inc"}, {"by": "ACME Inc."}, {"by": "ACME Inc."}, {"n": 10}, {"n": 10.0})
    assert found.value == {"by": "ACME Inc.", "n": 10}
    assert found.conflicts == ()


def test_nothing_outweighs_no_value() -> None:
    assert merged({"a": "", "b": [], "c": {}, "d": None}, {"a": "x", "b": [1], "c": {"y": 1}, "d": 0}).value == {
        "a": "x",
        "b": [1],
        "c": {"y": 1},
        "d": 0,
    }


def test_values_of_different_kinds_are_a_conflict() -> None:
    found = merged({"a": ["x"]}, {"a": "x"}, {"a": ["y"]})
    assert found.value == {"a": ["x", "y"]}
    assert [claim.value for claim in found.conflicts[0].claims] == [["x"], "x"]


def test_paths_of_an_answer_lead_into_the_whole() -> None:
    found = merge([part(0, {"items": ["a", "b"]}), part(2, {"items": ["c", "b"], "n": 1})])
    assert [found.moved(2, path) for path in ("/items/0", "/items/1", "/n", "", "/items")] == [
        "/items/2",
        "/items/1",
        "/n",
        "",
        "/items",
    ]


def test_a_value_nested_without_end_is_merged_as_it_is() -> None:
    deep: Json = "x"
    for _ in range(300):
        deep = [{"a": deep}]
    assert merged(deep, deep).value == deep


@pytest.mark.parametrize("name", ["name", "what"])
def test_the_work_grows_with_the_items_and_no_faster(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    same = same_items.is_same

    def count(*arguments: Any) -> bool:
        nonlocal compared
        compared += 1
        return same(*arguments)

    monkeypatch.setattr(same_items, "is_same", count)
    for number in (200, 800):
        compared = 0
        values: list[Json] = [
            [{name: "x", "about": f"a{chunk * number + index}"} for index in range(number)] for chunk in range(2)
        ]
        assert len(merged(*values).value or []) == 2 * number  # type: ignore[arg-type]  a list
        assert compared <= 2 * number * 16


def test_what_is_taken_for_the_same_names_the_places_of_both() -> None:
    first = part(0, [{"name": "Ida Holm", "age": 51}], {"/0/name": (10, 18), "/0/age": (25, 27)})
    again = part(3, [{"name": "IDA HOLM", "age": None}], {"/0/name": (340, 348)})
    (repair,) = merge([first, again]).repairs
    assert (repair.rule, repair.places) == ("same_item", ((10, 27), (340, 348)))


def test_a_place_above_the_chunk_is_not_the_place_of_an_item() -> None:
    first = part(0, [{"name": "Ida Holm", "unit": "EUR"}], {"/0/name": (40, 48), "/0/unit": (2, 5)})
    again = part(3, [{"name": "IDA HOLM", "unit": "EUR", "age": 51}], {"/0/name": (340, 348), "/0/unit": (2, 5)})
    (repair,) = merge([first, again]).repairs
    assert repair.places[1] == (340, 348)


def test_a_repeated_item_names_the_places_of_all_its_mentions() -> None:
    lists: list[Json] = [["Oil", "Salt"], ["oil"], ["Oil"]]
    found = merge([part(2 * at, items, {"/0": (200 * at, 200 * at + 3)}) for at, items in enumerate(lists)])
    assert [(one.rule, one.places) for one in found.repairs] == [("repeated_item", ((0, 3), (200, 203), (400, 403)))]


def test_a_conflict_about_a_container_names_the_places_of_its_leaves() -> None:
    listed = part(0, {"hosts": ["Ida"]}, {"/hosts/0": (5, 8)})
    single = part(2, {"hosts": "Bo"}, {"/hosts": (210, 212)})
    (conflict,) = merge([listed, single]).conflicts
    places = [[(one.path, one.start) for one in claim.evidence] for claim in conflict.claims]
    assert places == [[("/hosts/0", 5)], [("/hosts", 210)]]
