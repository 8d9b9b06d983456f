"""A value that stands in several places is the one beside the rest of its item."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from structgen.core.records import Evidence, Status
from structgen.ground import locate, locate_quoted

_MARK = re.compile(r"\[\[([^|\]]+)\|([^\]]*)\]\]")


def read(marked: str) -> tuple[str, dict[str, tuple[int, int]]]:
    """A text in which places are marked as ``[[path|text]]``, without the marks, and the places by their paths."""
    text, places, end = "", dict[str, tuple[int, int]](), 0
    for mark in _MARK.finditer(marked):
        text += marked[end : mark.start()]
        places[mark[1]] = (len(text), len(text) + len(mark[2]))
        text += mark[2]
        end = mark.end()
    return text + marked[end:], places


def people(*rows: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"name": name, "age": age} for name, age in rows]


def goods(*rows: tuple[str, int]) -> list[dict[str, Any]]:
    return [{"name": name, "price": price} for name, price in rows]


CASES: dict[str, tuple[object, str]] = {
    "beside its name": (
        goods(("Tea", 2), ("Milk", 2)),
        "[[/0/name|Tea]] [[/0/price|2]] [[/1/name|Milk]] [[/1/price|2]]",
    ),
    "in another order": (
        goods(("Milk", 2), ("Tea", 2)),
        "[[/1/name|Tea]] [[/1/price|2]] [[/0/name|Milk]] [[/0/price|2]]",
    ),
    "before its name": (
        goods(("Tea", 2), ("Milk", 2)),
        "[[/0/price|2]] [[/0/name|Tea]], [[/1/price|2]] [[/1/name|Milk]]",
    ),
    "a table in another order": (
        goods(("Milk", 2), ("Ham", 2), ("Tea", 2)),
        ("| [[/2/name|Tea]] | [[/2/price|2]] |\n| [[/0/name|Milk]] | [[/0/price|2]] |\n"
        "| [[/1/name|Ham]] | [[/1/price|2]] |"),
    ),
    "a name that repeats": (
        [{"name": "Tea", "price": 3}, {"name": "Tea", "price": 2}],
        "[[/1/name|Tea]] [[/1/price|2]], [[/0/name|Tea]] [[/0/price|3]]",
    ),
    "in its own sentence": (
        people(("Ann", 30), ("Bob", 30)),
        "At [[/0/age|30]], [[/0/name|Ann]] is a doctor. At [[/1/age|30]], [[/1/name|Bob]] is one too.",
    ),
    "not in the sentence before": (
        goods(("Tea", 2)),
        "We sold 2 things. [[/0/name|Tea]] cost [[/0/price|2]] euros.",
    ),
    "not where the names are listed": (
        people(("Ann", 30), ("Bob", 31)),
        "Ann and Bob came. [[/0/name|Ann]] is [[/0/age|30]] and [[/1/name|Bob]] is [[/1/age|31]].",
    ),
    "objects in an object": (
        {"seller": {"name": "Bob", "city": "Ulm"}, "buyer": {"name": "Ann", "city": "Ulm"}},
        "Buyer: [[/buyer/name|Ann]], [[/buyer/city|Ulm]]. Seller: [[/seller/name|Bob]], [[/seller/city|Ulm]].",
    ),
    "objects in items": (
        [{"who": {"name": "Bob"}, "at": {"city": "Ulm"}}, {"who": {"name": "Ann"}, "at": {"city": "Ulm"}}],
        "[[/1/who/name|Ann]] lives in [[/1/at/city|Ulm]]. [[/0/who/name|Bob]] lives in [[/0/at/city|Ulm]].",
    ),
    "lists in items": (
        [{"name": "Bob", "tags": ["blue", "red"]}, {"name": "Ann", "tags": ["red", "blue"]}],
        ("[[/1/name|Ann]]: [[/1/tags/0|red]], [[/1/tags/1|blue]]\n"
        "[[/0/name|Bob]]: [[/0/tags/0|blue]], [[/0/tags/1|red]]"),
    ),
    "items in items": (
        {"teams": [{"name": "Red", "players": people(("Al", 27), ("Bo", 29))},
                   {"name": "Blue", "players": people(("Cy", 29), ("Di", 27))}]},
        ("[[/teams/0/name|Red]]: [[/teams/0/players/0/name|Al]] [[/teams/0/players/0/age|27]], "
        "[[/teams/0/players/1/name|Bo]] [[/teams/0/players/1/age|29]]\n"
        "[[/teams/1/name|Blue]]: [[/teams/1/players/0/name|Cy]] [[/teams/1/players/0/age|29]], "
        "[[/teams/1/players/1/name|Di]] [[/teams/1/players/1/age|27]]"),
    ),
    "blocks of lines": (
        [{"city": "Ulm", "name": "Ann", "age": 31}, {"city": "Ulm", "name": "Bob", "age": 30}],
        ("Name: [[/1/name|Bob]]\nAge: [[/1/age|30]]\nCity: [[/1/city|Ulm]]\n\n"
        "Name: [[/0/name|Ann]]\nAge: [[/0/age|31]]\nCity: [[/0/city|Ulm]]\n"),
    ),
    "behind the name of its field": (
        {"items": [{"name": "Rope", "city": "Ulm"}, {"name": "Ham", "city": "Kiel"}]},
        ("Ulm is nice. Item: [[/items/0/name|Rope]]\nQty: 3\nPrice: 3\nCity: [[/items/0/city|Ulm]]\n\n"
        "Item: [[/items/1/name|Ham]]\nCity: [[/items/1/city|Kiel]]\n"),
    ),
    "without spaces": (
        [{"name": "奶", "price": 2}, {"name": "茶", "price": 2}],
        "[[/1/name|茶]]:[[/1/price|2]]元。[[/0/name|奶]]:[[/0/price|2]]元。",
    ),
    "from right to left": (
        [{"name": "חלב", "price": 2}, {"name": "תה", "price": 2}],
        "[[/1/name|תה]] [[/1/price|2]], [[/0/name|חלב]] [[/0/price|2]]",
    ),
    "a total that one price equals": (
        {"items": goods(("Tea", 5), ("Milk", 3)), "total": 8, "best": 5},
        "[[/items/0/name|Tea]] [[/items/0/price|5]]\n[[/items/1/name|Milk]] [[/items/1/price|3]]\nTotal [[/total|8]]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_value_stands_beside_its_siblings(name: str) -> None:
    value, marked = CASES[name]
    text, places = read(marked)
    found = {piece.path: piece for piece in locate(value, text)}
    assert {path: (found[path].start, found[path].end) for path in places} == places
    assert "ambiguous" not in {found[path].status.value for path in places}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (goods(("Tea", 2), ("Milk", 2)), "2 Tea 2 Milk 2"),
        ([{"name": "Tea", "qty": 2, "price": 2}], "Tea 2 x 2"),
        ([{"a": 2}, {"a": 2}], "2 and 2 and 2"),
    ],
)
def test_where_siblings_do_not_decide_places_are_unsure_and_all_different(value: Any, text: str) -> None:
    found = [piece for piece in locate(value, text) if text[piece.start : piece.end].isdecimal()]
    assert {piece.status.value for piece in found} == {"ambiguous"}
    assert len({piece.start for piece in found}) == len(found)


def test_the_items_of_a_quote_share_out_its_places_too() -> None:
    value = [{"name": "Milk", "price": 2}, {"name": "Tea", "price": 2}]
    quotes = {f"/{n}/{key}": "Tea 2 Milk 2" for n in range(2) for key in ("name", "price")}
    found = {
        piece.path: (piece.start, piece.status.value) for piece in locate_quoted(value, "Menu: Tea 2 Milk 2", quotes)
    }
    assert found == {
        "/0/name": (12, "exact"),
        "/0/price": (17, "exact"),
        "/1/name": (6, "exact"),
        "/1/price": (10, "exact"),
    }


def test_what_is_known_of_an_item_is_an_anchor_for_the_rest() -> None:
    known = Evidence("/0/name", 7, 10, "Tea", Status.EXACT)
    _, price = locate([{"name": "Tea", "price": 2}], "Tea 2, Tea 2", {"/0/name": known})
    assert (price.start, price.status) == (11, Status.EXACT)


@pytest.mark.parametrize("form", ["{name} {price}\n", "{price} {name}, ", "{name} "])
def test_the_steps_grow_with_the_items(form: str, calls: Callable[[Callable[[], object]], int]) -> None:
    def steps(count: int) -> int:
        rows = [{"name": f"n{number}", "price": number % 3} for number in range(count)]
        text = "".join(form.format(**row) for row in rows) + "1 " * count
        return calls(lambda: locate(rows[::-1], text))

    steps(20)
    assert steps(600) < 5.2 * steps(150)


@pytest.mark.parametrize(
    ("value", "text", "found"),
    [
        ({"total": 2.0}, "Bought two apples at 1.20.\nTotal: 2.00\nThank you.", "2.00"),
        ({"total": 2}, "Subtotal: 2\nTotal: 2", "2"),
        ({"dueDate": "2024-05-03"}, "2024-05-03\nDue date: 2024-05-03", "2024-05-03"),
    ],
)
def test_a_field_of_the_root_is_where_its_name_precedes_it(value: dict[str, object], text: str, found: str) -> None:
    (piece,) = locate(value, text)
    assert (piece.text, piece.start) == (found, text.rindex(found))
    assert piece.status in (Status.EXACT, Status.NORMALIZED)


def test_two_places_behind_the_name_stay_ambiguous() -> None:
    (piece,) = locate({"total": 2}, "Total: 2\nTotal: 2")
    assert piece.status is Status.AMBIGUOUS
