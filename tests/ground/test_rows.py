"""Rows of an answer are found in their own lines, however often their values come again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from structgen.core.records import Status
from structgen.ground import locate, locate_quoted
from structgen.ground import rows as module
from structgen.ground.places import Grade, Place
from structgen.ground.queries import Leaf, Relation

ROWS = [("Tea", 3, 2.1), ("Salt", 3, 13.75), ("Tea", 12, 2.1), ("Tea", 3, 2.1), ("Bread", 12, 13.75), ("Tea", 3, 2.1)]
VALUE = [{"name": name, "pieces": pieces, "price": price} for name, pieces, price in ROWS]


def starts(value: Any, text: str) -> dict[str, int | None]:
    found = locate(value, text)
    assert {piece.status for piece in found} <= {Status.EXACT, Status.NORMALIZED}
    return {piece.path: piece.start for piece in found}


@pytest.mark.parametrize(
    "row",
    [
        "{price:.2f},{name},{pieces}\n",
        "{name},{pieces},{price:.2f}\n",
        "{price:.2f},{pieces},{name}\n",
        "| {name} | {price:.2f} | {pieces} |\n",
        "<tr><td>{pieces}</td><td>{name}</td><td>{price:.2f}</td></tr>",
        "{pieces} of {name} at {price:.2f}. ",
        "Name: {name}\nPieces: {pieces}\nPrice: {price:.2f}\n\n",
    ],
)
def test_each_value_is_found_in_its_own_row(row: str) -> None:
    written = [row.format(name=name, pieces=pieces, price=price) for name, pieces, price in ROWS]
    text = "The stock at 3 May.\n\n" + "".join(written)
    found = starts(VALUE, text)
    begin = text.index(written[0])
    for index, line in enumerate(written):
        for name in ("name", "pieces", "price"):
            at = found[f"/{index}/{name}"]
            assert at is not None
            assert begin <= at < begin + len(line)
        begin += len(line)


def test_equal_values_in_one_row_are_told_apart_by_their_columns() -> None:
    value = [{"a": 1, "b": 2}, {"a": 7, "b": 7}, {"a": 3, "b": 4}]
    found = starts(value, "2 - 1\n7 - 7\n4 - 3\n")
    assert (found["/1/b"], found["/1/a"]) == (6, 10)


def test_the_items_of_a_plain_list_follow_each_other() -> None:
    text = "Round 1: 70 points. Round 2: 70 points. Round 3: 80 points. Round 4: 70 points."
    found = starts([70, 70, 80, 70], text)
    assert list(found.values()) == [9, 29, 49, 69]


def test_a_date_is_found_in_the_nearest_line_above_its_rows() -> None:
    text = "3 May\n\nTea 1\nSalt 2\n\n4 May\n\nTea 5\n\n3 May\n\nSalt 6\nTea 7\n"
    days = ["3 May", "3 May", "4 May", "3 May", "3 May"]
    value = [
        {"day": day, "name": name, "price": price}
        for day, name, price in zip(days, ["Tea", "Salt", "Tea", "Salt", "Tea"], [1, 2, 5, 6, 7], strict=True)
    ]
    found = starts(value, text)
    assert [found[f"/{index}/day"] for index in range(5)] == [0, 0, 21, 35, 35]


def test_equal_items_each_have_a_quote_of_their_own() -> None:
    text = "Ann: aye\nBen: nay\nCleo: aye\nDan: aye\n"
    quotes = {"/0": "aye", "/1": "nay", "/2": "aye", "/3": "aye"}
    found = locate_quoted(["aye", "nay", "aye", "aye"], text, quotes)
    assert [piece.start for piece in found] == [5, 14, 24, 33]


def test_equal_rows_of_which_the_text_has_more_keep_their_order() -> None:
    found = locate([{"a": "Tea", "b": 2}] * 2, "Tea 2\nTea 2\nTea 2\n")
    places = [piece.start for piece in found if piece.path.endswith("/a")]
    assert places == sorted(places)
    assert len(set(places)) == 2


def test_the_work_grows_with_the_rows_and_no_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = 0
    walk = module._from

    def count(cells: Any, begin: int) -> Any:
        nonlocal looked
        for cell in walk(cells, begin):
            looked += 1
            yield cell

    monkeypatch.setattr(module, "_from", count)
    for number in (200, 800):
        looked = 0
        locate([{"a": "Tea", "b": 3}] * number, "Tea 3\n" * number)
        assert number <= looked <= 4 * number


class CountedPlaces(tuple[Place, ...]):
    """Places that count how often one of them is looked at by going through all."""

    looks = 0

    def __iter__(self) -> Iterator[Place]:
        CountedPlaces.looks += len(self)
        return super().__iter__()


@pytest.mark.parametrize("path", ["/{}/{}", "/{}/{}/name"])
def test_many_small_lists_of_one_value_go_through_its_places_a_few_times(path: str) -> None:
    size = 500
    text = "tea\n" * size
    several = CountedPlaces(Place(4 * n, 4 * n + 3, Grade.OWN) for n in range(size))
    leaves = [Leaf(path.format(n, item), "tea", "", Relation.SIBLING) for n in range(size) for item in (0, 1)]
    CountedPlaces.looks = 0
    module.lay_out(leaves, [several] * len(leaves), text)
    assert CountedPlaces.looks < 20 * size
