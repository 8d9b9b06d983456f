"""Values by the quotes that a model gave for them."""

from datetime import date
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.records import Evidence, Example, Status
from structgen.ground import locate, locate_quoted, quote_example

TEXT = (
    "GREEN GROCER\n"
    "KAYA TOAST 2 4.50 9.00\n"
    "KOPI 1 4.50 4.50\n"
    "TOTAL RM 13.50\n"
    "Paid on 3 May 2024. I loved it, really! Preheat the oven to 180 degrees and wait.\n"
)


def ground(value: Any, quotes: dict[str, str | None], text: str = TEXT) -> dict[str, tuple[str | None, str]]:
    return {piece.path: (piece.text, str(piece.status)) for piece in locate_quoted(value, text, quotes)}


class Mood(Enum):
    GOOD = "good"


@pytest.mark.parametrize(
    ("value", "quote", "expected"),
    [
        (13.5, "TOTAL RM 13.50", ("13.50", "normalized")),
        ("RM", "TOTAL RM 13.50", ("RM", "exact")),
        ("Green Grocer", "GREEN GROCER", ("GREEN GROCER", "normalized")),
        (date(2024, 5, 3), "Paid on 3 May 2024", ("3 May 2024", "normalized")),
        ("positive", "I loved it", ("I loved it", "quoted")),
        (Mood.GOOD, "I loved it", ("I loved it", "quoted")),
        (True, "i LOVED it", ("I loved it", "quoted")),
        (5, "I loved it, really", (None, "unsupported")),
        (99, "TOTAL RM 13.50", (None, "unsupported")),
        (date(2024, 5, 4), "Paid on 3 May 2024", (None, "unsupported")),
        (4.5, "KOPI 1 4.50 4.50", ("4.50", "ambiguous")),
        (
            "Preheat the oven to 180 degrees and wait",
            "Preheat the oven",
            ("Preheat the oven to 180 degrees and wait", "exact"),
        ),
        (13.5, "the total was thirteen fifty", (None, "unsupported")),
        ("RM", None, (None, "unsupported")),
        ("RM", "  ", (None, "unsupported")),
        ("RM", "...", (None, "unsupported")),
    ],
)
def test_a_value_is_where_its_quote_is_and_best_within_it(value: Any, quote: str | None, expected: Any) -> None:
    assert ground({"x": value}, {"/x": quote}) == {"/x": expected}


def test_a_root_value_has_a_quote_too() -> None:
    assert ground(13.5, {"": "TOTAL RM 13.50"}) == {"": ("13.50", "normalized")}


def test_the_quote_decides_between_places() -> None:
    value = {"a": 4.5, "b": "KOPI"}
    assert locate_quoted(value, TEXT, {"/a": "KAYA TOAST 2 4.50", "/b": "KOPI 1"})[0].start == TEXT.index("4.50")


def test_a_quote_that_is_nearly_right_is_fuzzy() -> None:
    (piece,) = locate_quoted({"x": "good"}, TEXT, {"/x": "Preheat an oven to 180 degrees and wait"})
    assert piece.status is Status.FUZZY
    assert piece.score is not None


def test_a_quote_in_several_places_is_ambiguous() -> None:
    assert ground({"x": "good"}, {"/x": "a b"}, "a b; a b")["/x"] == ("a b", "ambiguous")
    assert ground({"x": "b"}, {"/x": "a b"}, "a b; a b")["/x"] == ("b", "ambiguous")


def test_fields_with_one_quote_are_at_one_place() -> None:
    value = {"mood": "good", "style": "warm", "length": "short"}
    quotes: dict[str, str | None] = dict.fromkeys(("/mood", "/style", "/length"), "loved it")
    places = {piece.start for piece in locate_quoted(value, "We loved it, yes, loved it, loved it.", quotes)}
    assert len(places) == 1


def test_what_was_not_to_be_quoted_is_looked_for_by_its_value() -> None:
    assert ground({"a": "KOPI", "b": "KOPI"}, {"/b": None}) == {"/a": ("KOPI", "exact"), "/b": (None, "unsupported")}


def test_without_quotes_it_is_what_locate_finds() -> None:
    value = {"total": 13.5, "shop": "GREEN GROCER", "no": "NOWHERE", "nothing": None}
    assert locate_quoted(value, TEXT, {}) == locate(value, TEXT)


@pytest.mark.parametrize(
    ("text", "value", "quote"),
    [
        ("The code 1234 stands here.", "code 12", "code"),
        ("one two code 1234567890999", "code 1234567890", "one two code"),
        ("11122233 code ends it", "22233 code ends", "code ends it"),
    ],
)
def test_a_part_of_a_number_is_never_taken_for_the_number(text: str, value: str, quote: str) -> None:
    assert ground({"x": value}, {"/x": quote}, text) == {"/x": (quote, "quoted")}


def test_a_value_that_stands_beside_its_quote_is_not_in_it() -> None:
    assert ground({"x": "Leek soup"}, {"/x": "Nice"}, "Leek soup. Nice.") == {"/x": ("Nice", "quoted")}


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_evidence_is_a_stretch_of_the_text_or_none(data: st.DataObject) -> None:
    leaf = st.none() | st.booleans() | st.integers(0, 20) | st.sampled_from(TEXT.split()) | st.text(max_size=4)
    value = data.draw(st.dictionaries(st.sampled_from("abc"), leaf | st.lists(leaf, max_size=2), max_size=3))
    paths = [piece.path for piece in locate(value, TEXT)]
    cut = st.tuples(st.integers(0, len(TEXT)), st.integers(0, 30)).map(lambda at: TEXT[at[0] : at[0] + at[1]])
    quotes = {path: data.draw(st.none() | cut | st.text(max_size=8)) for path in paths if data.draw(st.booleans())}
    found = locate_quoted(value, TEXT, quotes)
    assert [piece.path for piece in found] == paths
    for piece in found:
        assert piece.start is None or TEXT[piece.start : piece.end] == piece.text
        assert (piece.start is None) == (piece.status is Status.UNSUPPORTED)
        if not (quotes.get(piece.path, "x") or "").strip():
            assert piece == Evidence(piece.path, None, None, None, Status.UNSUPPORTED)


# Equal items


@pytest.mark.parametrize(
    ("value", "text", "starts"),
    [
        (["yes", "no", "yes"], "Q1: yes. Q2: no. Q3: yes.", [4, 13, 21]),
        (["是", "否", "是"], "第一是。第二否。第三是。", [2, 6, 10]),
        ([["x7", "x7"], ["x7"]], "x7 x7 x7", [0, 3, 6]),
        ({"Ann": "ja", "Bo": "ja"}, "Ann: ja, Bo: ja", [5, 13]),
        ([date(2024, 5, 3), date(2024, 5, 3)], "3 May 2024, then 3 May 2024", [0, 17]),
        ([7, 7, 7], "7 of 7, or 7", [0, 5, 11]),
        (["yes", "yes"], "Well, yes!", [6, None]),
    ],
)
def test_equal_items_are_at_successive_mentions_of_their_quote(value: Any, text: str, starts: list[int | None]) -> None:
    quotes: dict[str, str | None] = {
        piece.path: piece.text or text[max(filter(None, starts)) :][:3] for piece in locate(value, text)
    }
    assert [piece.start for piece in locate_quoted(value, text, quotes)] == starts


def test_equal_items_share_out_the_mentions_within_one_quote() -> None:
    quotes: dict[str, str | None] = dict.fromkeys(("/0", "/1", "/2"), "yes, no, yes")
    found = locate_quoted(["yes", "no", "yes"], "Votes: yes, no, yes today", quotes)
    assert [(piece.start, str(piece.status)) for piece in found] == [(7, "exact"), (12, "exact"), (16, "exact")]


def test_equal_judgements_are_shown_by_successive_quotes() -> None:
    quotes: dict[str, str | None] = {"/0": "passed", "/1": "passed", "/2": "failed"}
    found = locate_quoted([True, True, False], "passed, passed, failed", quotes)
    assert [(piece.start, str(piece.status)) for piece in found] == [(0, "quoted"), (8, "quoted"), (16, "quoted")]


def test_records_with_different_values_may_share_a_quote() -> None:
    value = [{"aspect": "food", "mood": "good"}, {"aspect": "staff", "mood": "good"}]
    text = "We loved the food and the staff."
    paths = [piece.path for piece in locate(value, text)]
    found = locate_quoted(value, text, dict.fromkeys(paths, "loved the food and the staff"))
    assert [piece.text for piece in found if piece.path.endswith("aspect")] == ["food", "staff"]
    assert {str(piece.status) for piece in found if piece.path.endswith("mood")} == {"quoted"}


# What a quote may show


@pytest.mark.parametrize("quote", ["the", "of the", "and it was", "von der", "de la", "的", "their own"])
def test_a_quote_of_words_without_a_meaning_shows_nothing(quote: str) -> None:
    text = "It is the one of the day, and it was so. Teil von der Stadt de la ville 的 their own."
    assert ground({"x": "warm"}, {"/x": quote}, text)["/x"] == (None, "unsupported")


@pytest.mark.parametrize(("value", "quote"), [(True, "yes"), (False, "not"), ("female", "her"), ("of the", "of the")])
def test_a_short_word_may_be_the_answer(value: Any, quote: str) -> None:
    assert ground({"x": value}, {"/x": quote}, "So yes, we do not see her there, of the")["/x"][1] != "unsupported"


@pytest.mark.parametrize(
    "value",
    ["AB-1234", "Peter Müller", "Maria", "x7y9", "ann@shop.example", "42", 42, 4.5, date(2024, 5, 3), "Bank of Oslo"],
)
def test_a_number_code_or_name_is_not_read_out_of_other_words(value: Any) -> None:
    assert ground({"x": value}, {"/x": "order was shipped"}, "The order was shipped.")["/x"] == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "quote"),
    [
        ("AB-1234", "order no. 1234"),
        ("Robert Smith", "Rob Smithson"),
        ("International Business Machines", "by IBM"),
        ("München", "in 慕尼黑"),
        ("late delivery", "came on Friday"),
        ("Late delivery", "came on Friday"),
        ("very_positive", "came on Friday"),
    ],
)
def test_a_value_that_shares_something_with_its_quote_may_be_shown_by_it(value: Any, quote: str) -> None:
    assert ground({"x": value}, {"/x": quote}, f"It {quote}.")["/x"] == (quote, "quoted")


def test_a_choice_of_the_schema_is_a_judgement() -> None:
    quotes: dict[str, str | None] = {"/stars": "loved it", "/label": "loved it", "/price": "TOTAL RM 13.50"}
    value = {"stars": 5, "label": "Very Good", "price": 14}
    found = locate_quoted(value, TEXT, quotes, choices=quotes)
    assert [str(piece.status) for piece in found] == ["quoted", "quoted", "unsupported"]


# Worked examples


def quotes_of(text: str, value: Any, quotes: dict[str, str] | None = None) -> dict[str, str]:
    return dict(quote_example(Example(text, value, quotes or {})).quotes)


def test_an_example_is_quoted_where_its_values_stand() -> None:
    value = {"shop": "GREEN GROCER", "items": [{"name": "KOPI", "price": 4.5}], "total": 13.5}
    assert quotes_of(TEXT, value) == {
        "/shop": "GREEN GROCER",
        "/items/0/name": "KOPI 1 4.50 4.50",
        "/items/0/price": "KOPI 1 4.50 4.50",
        "/total": "TOTAL RM 13.50",
    }


def test_long_lines_are_not_quoted_whole() -> None:
    assert quotes_of("All of this is one long line about a KOPI and many other things", "KOPI") == {"": "KOPI"}


def test_a_value_that_does_not_stand_there_is_quoted_from_around_its_neighbours() -> None:
    text = "The screen is bright and I like it.\nThe battery dies by noon."
    value = {"aspects": [{"aspect": "battery", "mood": "negative"}]}
    assert quotes_of(text, value)["/aspects/0/mood"] == "The battery dies by noon."


def test_one_at_the_root_is_quoted_from_a_short_text_only() -> None:
    assert quotes_of("Lovely place.", {"mood": "positive"}) == {"/mood": "Lovely place."}
    assert quotes_of("Lovely place. " * 30, {"mood": "positive"}) == {}


def test_the_quotes_of_an_example_come_before_those_that_are_found() -> None:
    assert quotes_of(TEXT, {"total": 13.5}, {"/total": "RM 13.50"}) == {"/total": "RM 13.50"}


@pytest.mark.parametrize(("minutes", "supported"), [(760, True), (12, False), (40, False), (100, False)])
def test_a_duration_shows_the_number_of_its_minutes(minutes: int, supported: bool) -> None:
    text = 'Overnight. "totalTime": "PT12H40M", serves 8.'
    (found,) = locate_quoted({"total_minutes": minutes}, text, {"/total_minutes": "PT12H40M"})
    assert (found.status is not Status.UNSUPPORTED) == supported
