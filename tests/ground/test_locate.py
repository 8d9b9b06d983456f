"""Each leaf of a value is found where it stands, and nowhere else."""

from __future__ import annotations

import enum
import sys
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import PurePosixPath
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, RootModel
from pydantic.dataclasses import dataclass as pydantic_dataclass

from structgen.core.records import Evidence, Status
from structgen.ground import Others, locate, locate_quoted, other_places


def only(value: object, text: str) -> Evidence:
    (piece,) = locate(value, text)
    return piece


def found(value: object, text: str) -> tuple[str | None, str]:
    piece = only(value, text)
    return piece.text, piece.status.value


class Colour(enum.Enum):
    DARK_RED = "dark_red"
    BLUE = "blue"
    CODE = 7


class Address(BaseModel):
    zip_code: str = Field(alias="zipCode")


@dataclass
class Person:
    name: str
    address: Address


class Pair(NamedTuple):
    left: str
    right: str


class Names(RootModel[list[str]]):
    pass


@pydantic_dataclass
class Sized:
    size: int = Field(alias="theSize")


def test_a_word_that_stands_once_is_exact() -> None:
    assert only("apple", "an apple a day") == Evidence("", 3, 8, "apple", Status.EXACT)


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        ("Apple Pie", "an apple pie.", "apple pie"),
        ("apple pie", "an apple \n  pie", "apple \n  pie"),
        ("apple pie", "an apple\u00a0pie", "apple\u00a0pie"),
        ("the “best” pie", 'the "best" pie', 'the "best" pie'),
        ("it's fine", "so it’s fine", "it’s fine"),
        ("2019-2020", "in 2019–2020.", "2019–2020"),
        ("well-known", "a well - known man", "well - known"),
        ("café", "the cafe\u0301 here", "cafe\u0301"),
        ("ﬁnance", "in finance", "finance"),
        ("STRASSE", "die Straße", "Straße"),
        ("example", "an exam-\nple of it", "exam-\nple"),
        ("cooperate", "co\u00adoperate", "co\u00adoperate"),
        ("50 g", "add 50g salt", "50g"),
        ("dark_red", "a dark red wall", "dark red"),
        ("NotMentioned", "it is not mentioned", "not mentioned"),
        ("２０１９", "in 2019", "2019"),
        ("end.", "the end, then", "end"),
    ],
)
def test_other_spellings_of_the_same_words_are_normalized(value: str, text: str, evidence: str) -> None:
    assert found(value, text) == (evidence, "normalized")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("approved", "it was disapproved"),
        ("cancer", "cancers"),
        ("BRCA", "the gene BRCA1"),
        ("the zebra quantum", "the horse"),
        ("5", "5.20 for it"),
        ("20", "5.20 for it"),
        ("12/5", "costs 12.5"),
        ("-5", "it is 5"),
        ("50%", "50 people"),
        ("C++", "written in C"),
        ("blue", ""),
        ("...", "a ... b"),
    ],
)
def test_what_is_only_part_of_a_word_or_number_is_unsupported(value: str, text: str) -> None:
    assert only(value, text) == Evidence("", None, None, None, Status.UNSUPPORTED)


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        ("東京", "私は東京都に住む。", "東京"),
        ("서울", "나는 서울에서 산다", "서울"),
        ("ภาษา", "นี่คือภาษาไทย", "ภาษา"),
        ("مرحبا", "قال: مرحبا!", "مرحبا"),
        ("हिन्दी", "यह हिन्दी है", "हिन्दी"),
        ("שלום", "אמר שלום לך", "שלום"),
        ("€", "costs 5 €", "€"),
        ("👍", "fine 👍 then", "👍"),
        ("(VNTR)", "repeat (VNTR) locus", "(VNTR)"),
        (" pie.", "a pie. Yes", " pie."),
    ],
)
def test_any_script_and_sign_is_found_as_it_stands(value: str, text: str, evidence: str) -> None:
    assert found(value, text) == (evidence, "exact")


def test_vowel_signs_that_arabic_and_hebrew_leave_out_do_not_count() -> None:
    assert found("محمد", "قال مُحَمَّد هنا") == ("مُحَمَّد", "normalized")


def test_other_punctuation_inside_is_near_and_has_a_score() -> None:
    piece = only("Smith, John", "by Smith; John there")
    assert (piece.text, piece.status) == ("Smith; John", Status.FUZZY)
    assert piece.score == pytest.approx(0.75)


def test_a_phrase_in_which_a_word_has_another_ending_is_fuzzy() -> None:
    text = "First of all, the quick brown fox jumps over the lazy dog, they say."
    piece = only("the quick brown fox jumped over the lazy dog", text)
    assert (piece.text, piece.status) == ("the quick brown fox jumps over the lazy dog", Status.FUZZY)
    assert piece.score is not None
    assert 0.75 <= piece.score < 1


def test_a_phrase_whose_number_is_another_is_unsupported() -> None:
    text = "The tenant pays within 30 days of each month and no later"
    assert only("The tenant pays within 60 days of each month", text).status is Status.UNSUPPORTED


def test_a_bare_beginning_of_a_phrase_is_not_evidence_for_it() -> None:
    assert only("the fox zebra quantum fabricated fabricated", "see the fox run").status is Status.UNSUPPORTED


@pytest.mark.parametrize(
    ("value", "text", "evidence", "status"),
    [
        (5, "about 5 people", "5", "exact"),
        (1299.0, "for $1,299.00 only", "1,299.00", "normalized"),
        (1299.0, "for 1.299,00 €", "1.299,00", "normalized"),
        (1299, "for $1,299", "1,299", "normalized"),
        (1299, "for 1 299 kr", "1 299", "normalized"),
        (1234567, "Rs 12,34,567", "12,34,567", "normalized"),
        (Decimal("80.90"), "total 80.90", "80.90", "exact"),
        (-5, "it is -5 today", "-5", "exact"),
        (-5, "it is −5 today", "−5", "normalized"),
        (-5, "loss (5)", "(5)", "normalized"),
        (0.05, "at 5 %", "5 %", "normalized"),
        (2_000_000, "2 million people", "2 million", "normalized"),
        (1500, "1.5k users", "1.5k", "normalized"),
        (1.5, "1 1/2 cups", "1 1/2", "normalized"),
        (0.5, "½ cup", "½", "normalized"),
        (1.5, "1½ cups", "1½", "normalized"),
        (25, "twenty-five men", "twenty-five", "normalized"),
        (305, "three hundred and five men", "three hundred and five", "normalized"),
        (12, "a dozen eggs", "dozen", "normalized"),
        (35, "٣٥ يوم", "٣٥", "normalized"),
        (400, "add 400g", "400", "exact"),
        (2014, "on 2014-09-04", "2014", "exact"),
        (3e5, "1e5 and 3e5", "3e5", "normalized"),
        (0, "no 0 here", "0", "exact"),
        ("1299.00", "for 1,299.00", "1,299.00", "normalized"),
    ],
)
def test_numbers_are_found_in_the_forms_people_write(value: object, text: str, evidence: str, status: str) -> None:
    assert found(value, text) == (evidence, status)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5.20"),
        (5, "15 and 51"),
        (1.3, "1.299"),
        (12, "one two"),
        (520, "five twenty"),
        (0.333, "1/3 cup"),
        (5, "1.5.2"),
        (float("nan"), "nan"),
        (float("inf"), "inf"),
        pytest.param(10**5000, "1", id="an int of more digits than Python turns into text"),
        (Decimal("1e999999"), "1"),
        (7, "seventeen"),
    ],
)
def test_numbers_are_never_rounded_or_taken_out_of_others(value: object, text: str) -> None:
    assert only(value, text).status is Status.UNSUPPORTED


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        (date(2014, 9, 4), "2014-09-04", "2014-09-04"),
        (date(2014, 9, 4), "on 4 September 2014.", "4 September 2014"),
        (date(2014, 9, 4), "Sept. 4th, 2014", "Sept. 4th, 2014"),
        (date(2014, 9, 4), "the 4th of September, 2014", "4th of September, 2014"),
        (date(2014, 9, 4), "04/09/2014", "04/09/2014"),
        (date(2014, 9, 4), "09/04/14", "09/04/14"),
        (date(2014, 9, 4), "4.9.2014", "4.9.2014"),
        (date(2014, 9, 4), "20140904", "20140904"),
        (date(2014, 9, 4), "2014年9月4日", "2014年9月4日"),
        (date(2014, 9, 4), "4 de septiembre de 2014", "4 de septiembre de 2014"),
        (date(2014, 9, 4), "4 сентября 2014", "4 сентября 2014"),
        (date(2014, 9, 4), "2014 September 4", "2014 September 4"),
        (date(2015, 8, 5), "Wed Aug 05 12:00:00 2015", "Aug 05 12:00:00 2015"),
        ("2014-09-04", "on 4 September 2014.", "4 September 2014"),
        (datetime.combine(date(2014, 9, 4), time(14, 30)), "4 Sep 2014 at 2:30 pm", "4 Sep 2014 at 2:30 pm"),
        (datetime.combine(date(2014, 9, 4), time()), "4 Sep 2014", "4 Sep 2014"),
        ("2014-09-04T14:30:00Z", "14:30, 4 Sep 2014", "14:30, 4 Sep 2014"),
        (time(14, 30), "at 2.30 pm", "2.30 pm"),
        ("14:30:00", "at 14:30.", "14:30"),
        (time(0, 15), "at 12:15 am", "12:15 am"),
    ],
)
def test_dates_and_times_are_found_in_the_forms_people_write(value: object, text: str, evidence: str) -> None:
    assert only(value, text).text == evidence


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (date(2014, 9, 4), "September 2014"),
        (date(2014, 9, 4), "4 September"),
        (date(2014, 9, 4), "5 September 2014"),
        (date(2014, 9, 4), "14 September 2014"),
        (datetime.combine(date(2014, 9, 4), time(14, 30)), "4 Sep 2014"),
        ("2014-13-45", "2014"),
        (time(14, 30), "2.30 am"),
        (time(14, 30), "14.300"),
    ],
)
def test_a_date_is_never_completed(value: object, text: str) -> None:
    assert only(value, text).status is Status.UNSUPPORTED


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        ({"is_vegan": True}, "Vegan: yes", "yes"),
        ({"inStock": False}, "In stock? No.", "No"),
        ({"vegan": True}, '{"vegan": true}', "true"),
        ({"is_active": True}, "is active: TRUE", "TRUE"),
        ({"is_vegan": True}, "Vegan: no", None),
        ({"is_vegan": True}, "a vegan dish, yes", None),
        ({"vegan": [True]}, "yes", None),
        (True, "yes", None),
    ],
)
def test_a_truth_value_needs_a_written_answer_behind_its_name(value: object, text: str, evidence: str | None) -> None:
    assert only(value, text).text == evidence


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        (Colour.DARK_RED, "a Dark Red wall", "Dark Red"),
        (Colour.BLUE, "the bluebird", None),
        (Colour.CODE, "the CODE is here", "CODE"),
        (Colour.CODE, "7 days", None),
    ],
)
def test_an_enum_is_found_by_its_whole_words(value: Colour, text: str, evidence: str | None) -> None:
    assert only(value, text).text == evidence


def test_paths_are_those_of_the_json_by_alias_in_document_order() -> None:
    value = {
        "who": Person("Ann", Address(zipCode="12345")),
        "a/b~c": ["x", None, "", ("y", deque(["z"]))],
        Colour.BLUE: Names(["Bob"]),
        date(2020, 1, 2): Sized(theSize=3),
        True: Pair("l", "r"),
        None: {"deep": frozenset({"q"})},
        7: b"bytes",
    }
    assert [piece.path for piece in locate(value, "")] == [
        "/who/name",
        "/who/address/zipCode",
        "/a~1b~0c/0",
        "/a~1b~0c/3/0",
        "/a~1b~0c/3/1/0",
        "/blue/0",
        "/2020-01-02/theSize",
        "/true/0",
        "/true/1",
        "/null/deep/0",
        "/7",
    ]


@pytest.mark.parametrize(
    "value", [UUID(int=5), PurePosixPath("a/b"), b"a b", bytearray(b"a"), Colour.CODE, object(), 1 + 2j, "x\ud800y"]
)
def test_any_scalar_has_a_place_or_none_but_never_an_error(value: object) -> None:
    assert only(value, "nothing").status is Status.UNSUPPORTED


def test_a_uuid_and_bytes_are_found_by_their_text() -> None:
    number = UUID("12345678-abcd-5678-1234-567812345678")
    assert only(number, f"id {str(number).upper()}.").status is Status.NORMALIZED
    assert only(b"caf\xc3\xa9", "a café").status is Status.EXACT


@pytest.mark.parametrize("value", [None, "", "  ", [], {}, [None, {"a": ""}]])
def test_what_is_empty_has_no_evidence(value: object) -> None:
    assert locate(value, "a text") == ()


def test_a_value_that_contains_itself_is_refused_with_its_path() -> None:
    value: dict[str, object] = {}
    value["self"] = [value]
    with pytest.raises(ValueError, match="/self/0 contains itself"):
        locate(value, "")


def test_one_object_in_two_places_is_no_cycle() -> None:
    shared = ["a"]
    assert [piece.path for piece in locate([shared, shared], "")] == ["/0/0", "/1/0"]


def test_a_value_may_be_nested_deeper_than_the_stack() -> None:
    value: object = "deep"
    for _ in range(2_000):
        value = [value]
    assert only(value, "deep").path == "/0" * 2_000


WORDS = st.sampled_from(
    [
        "the",
        "The",
        "fox",
        "1,299.50",
        "9/4/2014",
        "Sept",
        "4",
        "2014",
        "“x”",
        "東京",
        "e\u0301",
        "-",
        ".",
        "\n",
        "ß",
        "%",
    ]
)
VALUES = st.recursive(
    st.one_of(st.text(max_size=12), WORDS, st.lists(WORDS, max_size=8).map(" ".join), st.integers(), st.floats())
    | st.one_of(
        st.booleans(), st.none(), st.dates(), st.times(), st.datetimes(), st.decimals(), st.sampled_from(Colour)
    ),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(VALUES, st.lists(WORDS | st.text(max_size=8), max_size=40).map(" ".join))
def test_the_text_of_evidence_is_always_the_stretch_it_names(value: object, text: str) -> None:
    for piece in locate(value, text):
        if piece.status is Status.UNSUPPORTED:
            assert (piece.start, piece.end, piece.text, piece.score) == (None, None, None, None)
            continue
        assert piece.start is not None
        assert piece.end is not None
        assert 0 <= piece.start < piece.end <= len(text)
        assert piece.text == text[piece.start : piece.end]
        assert (piece.score is not None) == (piece.status is Status.FUZZY)


@settings(deadline=None, max_examples=150)
@given(st.lists(WORDS, min_size=1, max_size=30), st.data())
def test_what_was_cut_out_between_spaces_is_found_and_exact_means_the_same_characters(
    words: list[str], data: st.DataObject
) -> None:
    text = " ".join(words)
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    value = " ".join(words[first : last + 1])
    for piece in locate([value], text):
        assert (piece.text == value) or piece.status is not Status.EXACT
        if any(character.isalnum() for character in value):
            assert piece.status is not Status.UNSUPPORTED


@settings(deadline=None, max_examples=100)
@given(st.lists(st.text(alphabet="abcdefgh ", min_size=1), max_size=6), st.text(alphabet="ijklmnop \n.", max_size=200))
def test_a_value_of_another_document_is_unsupported(values: list[str], text: str) -> None:
    assert {piece.status for piece in locate(values, text)} <= {Status.UNSUPPORTED}


def test_what_is_known_is_taken_as_it_is_and_the_rest_is_found_beside_it() -> None:
    text = "Ann, 5 items. Bob, 5 items. Cid, 7 items."
    value = [{"name": "Ann", "count": 5}, {"name": "Bob", "count": 5}, {"name": "Cid", "count": 7}]
    whole = {piece.path: piece for piece in locate(value, text)}
    for path in whole:
        others = {other: piece for other, piece in whole.items() if other != path}
        assert {piece.path: piece for piece in locate(value, text, others)} == whole
    assert locate(value, text, {}) == tuple(whole.values())
    claimed = Evidence("/1/count", 0, 3, "Ann", Status.FUZZY, 0.5)
    assert locate(value, text, {"/1/count": claimed})[3] is claimed


def test_what_is_known_to_stand_nowhere_points_nowhere() -> None:
    nowhere = Evidence("/0/name", None, None, None, Status.UNSUPPORTED)
    assert locate([{"name": "Ann", "count": 5}], "Ann, 5", {"/0/name": nowhere})[0] is nowhere


def test_a_text_is_not_read_where_all_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    value, text = [{"name": "Ann", "count": 5}], "Ann, 5"
    whole = locate(value, text)
    monkeypatch.setattr(sys.modules["structgen.ground.locate"], "read", None)
    assert locate(value, text, {piece.path: piece for piece in whole}) == whole
    with pytest.raises(TypeError):
        locate(value, text, {whole[1].path: whole[1]})


def spelled(found: Mapping[str, Others], text: str) -> dict[str, list[str]]:
    return {path: [text[start - 4 : end] for start, end in others.places] for path, others in found.items()}


def test_the_other_places_of_an_ambiguous_value_are_found_however_they_are_written() -> None:
    text = "Bus 12 is late. Tram 12 is not. Of twelve lines the ferry is best."
    value = {"line": 12}
    assert spelled(other_places(value, locate(value, text), text), text) == {"/line": ["ram 12", " Of twelve"]}


def test_the_other_places_of_a_quote_are_those_of_its_words() -> None:
    text = "Ann: It was fun. Bob: It was fun. Cy: It was cold."
    value = {"mood": "glad"}
    quoted = locate_quoted(value, text, {"/mood": "It was fun"})
    assert spelled(other_places(value, quoted, text), text) == {"/mood": ["ob: It was fun"]}


def test_certain_values_and_places_in_another_text_have_no_other_places() -> None:
    text = "Bus 12 is late. Tram 12 is not."
    assert other_places({"by": "Tram"}, locate({"by": "Tram"}, text), text) == {}
    text = "Ida met Bo. Ida left."
    assert other_places({"who": "Ida"}, locate({"who": "Ida"}, text), text.upper()) == {}


def test_of_many_other_places_the_first_are_returned_and_the_rest_is_counted() -> None:
    text = "Bus 12. " * 40
    (others,) = other_places({"line": 12}, locate({"line": 12}, text), text, most=3).values()
    assert others == Others(((12, 14), (20, 22), (28, 30)), 36)
