from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

import pytest
from pydantic import BaseModel, Field

from structgen.core.json import Json
from structgen.core.records import Evidence, Status, Usage
from structgen.ground import locate
from structgen.report.overview import histogram
from structgen.report.value_rows import Entry, entries_of
from structgen.report.view import Limits, View, cut, facts, line_of, plain


class Colour(Enum):
    RED = "red"


class Dish(BaseModel):
    name: str = Field(alias="dishName")
    made: date
    price: Decimal


@dataclass
class Menu:
    dishes: list[Dish]
    colour: Colour
    rating: float


MENU = Menu([Dish(dishName="Soup", made=date(2024, 3, 14), price=Decimal("4.50"))], Colour.RED, 4.5)


def entries(value: Json, limits: Limits | None = None) -> list[tuple[str, int, str, str]]:
    shown = entries_of(View(value), limits or Limits()).shown
    return [(entry.path, entry.depth, entry.name, entry.text) for entry in shown]


def test_a_value_of_any_type_is_shown_as_the_json_of_its_schema() -> None:
    assert plain(MENU) == {
        "dishes": [{"dishName": "Soup", "made": "2024-03-14", "price": "4.50"}],
        "colour": "red",
        "rating": 4.5,
    }


def test_the_paths_of_a_value_are_those_of_its_evidence() -> None:
    shown = {path for path, *_ in entries(plain(MENU))}
    assert {piece.path for piece in locate(MENU, "Soup")} <= shown


def deep(levels: int) -> object:
    value: object = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("value", [deep(2_000), object(), b"\xff", {1, 2}, {("a", 1): 2}])
def test_what_has_no_json_form_is_shown_all_the_same(value: object) -> None:
    assert entries(plain(value))


def test_containers_come_before_their_parts_and_the_root_is_no_line() -> None:
    assert entries({"a": {"b/c": [1, True]}, "d": []}) == [
        ("/a", 0, "a", "1 field"),
        ("/a/b~1c", 1, "b/c", "2 items"),
        ("/a/b~1c/0", 2, "0", "1"),
        ("/a/b~1c/1", 2, "1", "true"),
        ("/d", 0, "d", "empty list"),
    ]


@pytest.mark.parametrize(
    ("value", "text"), [("x", "x"), (1.5, "1.5"), (float("nan"), "nan"), (None, "null"), ({}, "empty object")]
)
def test_a_value_that_is_no_container_is_one_line(value: Json, text: str) -> None:
    assert entries(value) == [("", 0, "value", text)]


def test_a_name_that_cannot_be_seen_says_so() -> None:
    assert entries({" ": 1})[0][2] == "(no name)"


def test_words_that_are_the_value_but_for_line_ends_are_not_said_twice() -> None:
    def entry(text: str) -> Entry:
        evidence = Evidence("", 0, 1, text, Status.NORMALIZED)
        return entries_of(View("two words", evidence=(evidence,)), Limits()).shown[0]

    assert entry("two\n  words").found == ""
    assert entry("Two words").found == "Two words"


def test_what_is_left_out_is_counted_by_status() -> None:
    evidence = tuple(Evidence(f"/{at}", at, at + 1, "x", Status.NORMALIZED) for at in range(5))
    found = entries_of(View([1, 2, 3, 4, 5], evidence=evidence), Limits(rows=2))
    assert [entry.path for entry in found.shown] == ["/0", "/1"]
    assert found.left_out == 3
    assert found.left_out_by == {Status.NORMALIZED: 3}


def test_an_unsupported_value_is_shown_below_its_containers_however_few_rows_are() -> None:
    guests: Json = [{"name": f"Guest {at}", "room": at} for at in range(6)]
    evidence = tuple(Evidence(f"/guests/{at}/room", None, None, None, Status.UNSUPPORTED) for at in (3, 5))
    found = entries_of(View({"hotel": "Ibis", "guests": guests, "note": None}, evidence=evidence), Limits(rows=4))
    assert [(entry.path, entry.skipped) for entry in found.shown] == [
        ("/hotel", 0),
        ("/guests", 0),
        ("/guests/0", 0),
        ("/guests/0/name", 0),
        ("/guests/3", 7),
        ("/guests/3/room", 1),
        ("/guests/5", 3),
        ("/guests/5/room", 1),
    ]
    assert (found.left_out, found.left_out_by) == (13, {})


def test_a_cut_says_how_much_it_took() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("x" * 1_003, 3) == "xxx… (1,000 more characters)"


def test_a_line_is_one_line() -> None:
    assert line_of(" a\n\tb\r\n", 10) == "a b"


@pytest.mark.parametrize(
    ("view", "words"),
    [
        (View(cost=0.25, usage=Usage(1, 2, calls=1)), ["0.25 USD"]),
        (View(usage=Usage(1, 2, calls=1)), ["cost unknown"]),
        (View(usage=Usage(calls=3), cost_at_least=0.5, untold_calls=2), ["at least 0.5 USD", "2 calls told no tokens"]),
        (View(usage=Usage(calls=1), untold_calls=1), ["cost unknown", "1 call told no tokens"]),
    ],
)
def test_a_cost_of_which_some_calls_told_nothing_is_a_lower_bound(view: View, words: list[str]) -> None:
    assert facts(view)[2:] == words


def test_a_sum_without_the_documents_of_unknown_cost_is_a_lower_bound() -> None:
    known, bound = (
        histogram("Cost", [1.0, 2.0], "{:.1f}", "USD", least, unknown) for least, unknown in ((0.0, 0), (0.5, 2))
    )
    assert known is not None
    assert bound is not None
    assert "2 documents: 3.0 USD in all" in known.summary
    assert "2 documents: at least 3.5 USD in all" in bound.summary
    assert bound.summary.endswith("; of 2 documents it is unknown")
