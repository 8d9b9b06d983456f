"""Of several places the one that is meant, or the word that nobody can tell."""

from __future__ import annotations

from structgen.core.records import Evidence
from structgen.ground import locate


def starts(value: object, text: str) -> dict[str, tuple[int | None, str]]:
    return {piece.path: (piece.start, piece.status.value) for piece in locate(value, text)}


def by_path(pieces: tuple[Evidence, ...]) -> dict[str, Evidence]:
    return {piece.path: piece for piece in pieces}


def test_a_value_that_stands_twice_is_ambiguous_and_shows_one_of_its_places() -> None:
    (piece,) = locate("red", "a red car, a red door")
    assert (piece.text, piece.status.value, piece.score) == ("red", "ambiguous", None)


def test_the_spelling_of_the_value_is_preferred_to_others() -> None:
    assert starts("Red", "red, a Red car, RED") == {"": (7, "exact")}


def test_items_in_the_order_of_the_text_take_its_places_in_order() -> None:
    text = "one x two x three x four x five"
    assert starts(["one", "x", "three", "x", "five"], text) == {
        "/0": (0, "exact"),
        "/1": (4, "ambiguous"),
        "/2": (12, "exact"),
        "/3": (18, "ambiguous"),
        "/4": (27, "exact"),
    }


def test_the_order_of_a_list_decides_where_it_can() -> None:
    text = "x; alpha, x, beta, gamma and much further down, at the very end of it all, x"
    assert starts(["alpha", "x", "beta", "gamma"], text)["/1"] == (10, "exact")


def test_without_an_order_a_repeated_item_is_ambiguous() -> None:
    text = "alpha x beta gamma x delta epsilon zeta"
    found = starts(["zeta", "beta", "epsilon", "x", "alpha", "delta", "gamma"], text)
    assert found["/3"][1] == "ambiguous"


def test_equal_items_take_different_places() -> None:
    assert starts(["x", "x", "x"], "x and x and x") == {"/0": (0, "exact"), "/1": (6, "exact"), "/2": (12, "exact")}


def test_an_item_does_not_stand_within_another_one() -> None:
    text = "the old man and the sea. Far away was the sea. A boat came."
    found = starts(["Far away", "A boat came", "the old man and the sea", "the sea"], text)
    assert found["/3"] == (38, "exact")


def test_the_fields_of_an_object_are_placed_near_each_other() -> None:
    text = "2 x nails at 4.00 EUR\n1 x glue at 2.50 EUR\n2 x saws at 4.00 EUR\n"
    rows = [
        {"name": "nails", "count": 2, "price": 4.0, "currency": "EUR"},
        {"name": "glue", "count": 1, "price": 2.5, "currency": "EUR"},
        {"name": "saws", "count": 2, "price": 4.0, "currency": "EUR"},
    ]
    for number, line in enumerate((0, 22, 43)):
        for field in ("name", "count", "price", "currency"):
            start, status = starts(rows, text)[f"/{number}/{field}"]
            assert start is not None
            assert line <= start < line + 22
            assert status != "ambiguous"


def test_objects_in_another_order_than_the_text_find_their_lines_too() -> None:
    text = "nails 2 EUR\nglue 2 EUR\nsaws 2 EUR\nbolts 2 EUR\nscrews 2 EUR\n"
    names = ["bolts", "nails", "screws", "glue", "saws"]
    found = by_path(locate([{"name": name, "count": 2, "currency": "EUR"} for name in names], text))
    for number, name in enumerate(names):
        line = text.index(name)
        for field in ("count", "currency"):
            start = found[f"/{number}/{field}"].start
            assert start is not None
            assert line < start < line + 14


def test_fields_before_the_one_that_tells_are_placed_by_it() -> None:
    text = "7 apples. " + "Nothing here. " * 20 + "7 pears. " + "Nothing there. " * 20 + "7 plums."
    found = starts({"count": 7, "fruit": "pears"}, text)
    assert found["/count"] == (text.index("7 pears"), "exact")


def test_two_equal_fields_that_could_change_places_are_ambiguous() -> None:
    found = starts({"name": "nails", "count": 4, "price": 4}, "nails 4 4")
    assert {found["/count"][1], found["/price"][1]} == {"ambiguous"}


def test_of_many_places_the_one_beside_its_neighbours_is_found() -> None:
    text = "x " * 500 + "alpha x beta " + "x " * 500
    assert starts(["alpha", "x", "beta"], text)["/1"] == (text.index("alpha x") + 6, "exact")


def test_a_list_in_another_order_than_the_text_does_not_decide_by_order() -> None:
    text = "alpha x beta gamma delta epsilon zeta, and then, a good deal further down, x"
    found = starts(["zeta", "delta", "epsilon", "gamma", "alpha", "x", "beta"], text)
    assert found["/5"][1] == "ambiguous"


def test_a_field_on_the_same_line_is_preferred_to_a_nearer_one_on_the_next() -> None:
    text = "EUR nails 2\nEUR glue 5\nEUR saws 7\n"
    rows = [
        {"name": "nails", "count": 2, "currency": "EUR"},
        {"name": "glue", "count": 5, "currency": "EUR"},
        {"name": "saws", "count": 7, "currency": "EUR"},
    ]
    found = starts(rows, text)
    assert [found[f"/{number}/currency"] for number in range(3)] == [(0, "exact"), (12, "exact"), (23, "exact")]


def test_equal_fields_of_two_items_take_the_places_in_their_own_sentences() -> None:
    found = starts({"a": [{"n": 5, "x": "A"}, {"n": 5, "x": "B"}]}, "A has 5. B has 5.")
    assert (found["/a/0/n"], found["/a/1/n"]) == ((6, "exact"), (15, "exact"))


def test_equal_fields_of_two_items_in_another_order_take_the_places_in_their_own_sentences_too() -> None:
    found = starts({"a": [{"n": 5, "x": "A"}, {"n": 5, "x": "B"}]}, "B has 5. A has 5.")
    assert (found["/a/0/n"], found["/a/1/n"]) == ((15, "exact"), (6, "exact"))


def test_two_equal_fields_never_share_a_place_while_another_is_free() -> None:
    found = starts({"a": 5, "b": 5, "c": "x"}, "x 5 and then, a good deal further down, 5")
    assert {found["/a"][0], found["/b"][0]} == {2, 40}
    assert {found["/a"][1], found["/b"][1]} == {"ambiguous"}
