"""Whose word counts where chunks differ: a place has one vote, and who says nothing has none."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

from structgen.core.json import Json
from structgen.core.records import Evidence, Status
from structgen.documents.merge.chunk_values import Part
from structgen.documents.merge.merger import Merged, merge
from structgen.schema import Schema

Places = dict[str, tuple[int, int]]


def part(number: int, value: Json, places: Places | None = None, start: int = 0, end: int = 0, text: str = "") -> Part:
    found = {path: Evidence(path, a, b, "x" * (b - a), Status.EXACT) for path, (a, b) in (places or {}).items()}
    return Part(number, start or number * 90, end or (start or number * 90) + 100, value, found, text)


def merged(kind: Any, *parts: Part) -> Merged:
    return merge(parts, Schema.of(kind).node)


def test_one_mention_in_two_chunks_has_one_vote() -> None:
    seven = {"/total": (92, 94)}
    parts = [part(0, {"total": 7}, seven), part(1, {"total": 7}, seven)]
    nine = [part(n, {"total": 9}, {"/total": (n * 90 + 30, n * 90 + 32)}) for n in (3, 5)]
    assert merge([*parts, *nine]).value == {"total": 9}
    assert merge([*parts, nine[0]]).value == {"total": 7}


class Bill(BaseModel):
    paid: bool = Field(description="Whether it was settled")
    vegan: bool = True


def test_chunks_that_do_not_speak_of_a_yes_or_no_do_not_outvote_the_one_that_does() -> None:
    silent = [part(n, {"paid": False}, text="Tea, milk and bread.") for n in (0, 2, 4)]
    for text in ("It was paid in full.", "We settled it.", "Done with it."):
        found = merged(Bill, *silent, part(6, {"paid": True}, text=text))
        assert found.value == {"paid": True}
        assert [claim.value for claim in found.conflicts[0].claims] == [True, False]


def test_among_chunks_that_speak_of_it_the_most_decide() -> None:
    parts = [part(n, {"paid": n == 0}, text="Paid or not, that is the question.") for n in (0, 2, 4)]
    silent = part(6, {"paid": True}, text="Tea, milk and bread.")
    assert merged(Bill, *parts, silent).value == {"paid": False}


def test_the_default_of_a_yes_or_no_does_not_outvote_what_differs() -> None:
    parts = [part(n, {"vegan": n != 2}, text="Tea, milk and bread.") for n in (0, 2, 4)]
    assert merged(Bill, *parts).value == {"vegan": False}


def test_the_reading_of_a_larger_chunk_wins_over_one_within_it() -> None:
    small = [part(n, {"by": "Lee"}, start=100 + n, end=300 - n) for n in (1, 2)]
    large = part(3, {"by": "Ray"}, start=50, end=600)
    assert merge([*small, large]).value == {"by": "Ray"}
    apart = part(3, {"by": "Ray"}, start=900, end=1_400)
    assert merge([*small, apart]).value == {"by": "Lee"}
