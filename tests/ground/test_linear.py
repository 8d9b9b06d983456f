"""Work grows with the text and with the number of values, not with their product; counted in calls, not in seconds."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from itertools import cycle, islice

import pytest

from structgen.ground import locate, locate_quoted, match
from tests.ground.conftest import Find

Case = Callable[[int], tuple[object, str]]


def steps(value: object, text: str) -> int:
    """The calls, of Python and of C functions, that grounding takes."""
    return steps_of(lambda: locate(value, text))


def steps_of(run: Callable[[], object]) -> int:
    count = 0

    def tick(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(tick)
    try:
        run()
    finally:
        sys.setprofile(before)
    return count


def prose(words: int, seed: int = 1) -> list[str]:
    rng = random.Random(seed)
    known = ["".join(rng.choices("abcdefghij", k=rng.randint(2, 6))) for _ in range(400)]
    return rng.choices(known, k=words)


def quotes(size: int) -> tuple[object, str]:
    words = prose(20 * size)
    return [" ".join(words[n : n + 6]) for n in range(0, 20 * size - 6, 20)], " ".join(words)


def changed(size: int) -> tuple[object, str]:
    words = prose(20 * size)
    return [
        " ".join([*words[n : n + 4], "other", *words[n + 5 : n + 9]]) for n in range(0, 20 * size - 9, 20)
    ], " ".join(words)


def shuffled_words(size: int) -> tuple[object, str]:
    words, others = prose(20 * size), prose(20 * size, seed=2)
    return [" ".join(others[n : n + 8]) for n in range(0, 20 * size, 20)], " ".join(words)


def a_longer_text(size: int) -> tuple[object, str]:
    words = prose(40 * size)
    return [" ".join(prose(5)), 17, "2014-09-04", {"done": True}], " ".join(words)


def one_value_again_and_again(size: int) -> tuple[object, str]:
    return ["x"] * size, "x " * size


def rows(size: int) -> tuple[object, str]:
    kinds = list(islice(cycle(["nut", "bolt", "nail"]), size))
    table = [{"kind": kind, "count": n % 7, "currency": "EUR"} for n, kind in enumerate(kinds)]
    return table, "\n".join(f"{row['kind']} {row['count']} {row['currency']}" for row in table)


def numbers(size: int) -> tuple[object, str]:
    return list(range(size)), " ".join(f"1,{n:03},5/4/{n % 3000:04}" for n in range(size))


def numbers_as_texts(size: int) -> tuple[object, str]:
    values = [100 + n % 900 for n in range(size)]
    return [f"{n} kg" for n in values], " ".join(f"1 {n} kg, ({n}.00), {n} million" for n in values)


def number_words(size: int) -> tuple[object, str]:
    return ["five", "two men", "the hundred"] * 5, "five hundred men, twenty-two men and the hundred. " * size


def phrases_within_phrases(size: int) -> tuple[object, str]:
    return ["a " * n for n in range(1, 12)], "a " * size * 4


def fields_with_one_value(size: int) -> tuple[object, str]:
    return {str(n): "x" for n in range(size)}, "x " * size


@pytest.mark.parametrize(
    "case",
    [
        quotes,
        changed,
        shuffled_words,
        a_longer_text,
        one_value_again_and_again,
        rows,
        numbers,
        numbers_as_texts,
        number_words,
        phrases_within_phrases,
        fields_with_one_value,
    ],
)
def test_four_times_the_work_takes_about_four_times_the_steps(case: Case) -> None:
    locate(*case(20))  # what is computed once and kept
    small, large = steps(*case(150)), steps(*case(600))
    assert large < 5.2 * small


@pytest.mark.parametrize(
    "text",
    [
        "a" + " " * 20_000 + "b",
        "a-" + " " * 20_000 + "b",
        "a-\n" * 5_000,
        "a" + "\u0301" * 20_000,
        "a" + "\u200b" * 20_000,
        "1.1" * 5_000,
        "1,111," * 5_000,
        "1/" * 5_000,
        "two hundred and " * 2_000,
        "may 4 " * 3_000,
        "." * 20_000,
        "東" * 10_000,
        "\ud800" * 5_000,
        "1-" * 5_000,
        "a@" * 5_000,
        "x.org/" * 2_000,
        "<b " * 4_000,
        "&" + "a" * 10_000,
        "one and a " * 2_000,
        "1 hour " * 2_000,
        "555 1234 " * 2_000,
        "三" * 10_000,
        "of 5 of March " * 1_000,
        "9" * 20_000,
        "1 234 " * 3_000,
        "2 1/2 " * 3_000,
        "(20.00) " * 2_000,
        "5 million " * 2_000,
        "-1 " * 5_000,
        "1億2" * 5_000,
    ],
    ids=lambda text: repr(text[:16]),
)
def test_a_hostile_text_is_read_once(text: str) -> None:
    value = ["a b", "2014-05-02", 3, 2.5, {"done": True}, "14:30", "one of the four words here", "a", "x"]
    value += ["PT1H", "415-555-1234", "5551234", "one and a ... four words", "a@x.org", "三", 1_000_000]
    assert steps(value, text) < 60 * len(text) + 20_000


def test_phrases_within_phrases_are_given_up_after_enough_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match, "ENOUGH", 10)
    words = [1] * 500
    found = match.Phrases([[1] * n for n in range(1, 40)]).find(words)
    assert sum(map(len, found)) <= match.OCCURRENCES * len(words) + 10 * 39
    assert all(len(places) >= 10 for places in found)


def test_every_phrase_is_found_at_its_last_word_in_every_place() -> None:
    words = [1, 2, 3, 1, 2, 0, 2, 3, 1, 2, 3]
    found = match.Phrases([(1, 2), (2, 3), (1, 2, 3), (2,), (3, 1), (2,), (4,)]).find(words)
    assert [list(places) for places in found] == [
        [1, 4, 9],
        [2, 7, 10],
        [2, 10],
        [1, 4, 6, 9],
        [3, 8],
        [1, 4, 6, 9],
        [],
    ]


def test_a_value_with_a_hundred_thousand_leaves_is_grounded() -> None:
    value = {"rows": [{"id": n, "tag": "x"} for n in range(50_000)]}
    pieces = locate(value, "row 17 is x")
    assert len(pieces) == 100_000
    assert [piece.path for piece in pieces if piece.text == "17"] == ["/rows/17/id"]


def in_texts_that_repeat(unit: str, other: str) -> Case:
    return lambda size: (unit * size * 4, other * size * 8)


@pytest.mark.parametrize(
    ("unit", "other"),
    [
        ("x-", "x "),
        ("x ", "x "),
        ("x ", "x x-"),
        ("two ,", "two ,"),
        ("&'", "&'"),
        (")/x", ")/x"),
        ('"東', '"東'),
        ("may x ", "may x "),
        ("\U0001f469...", "\U0001f469..."),
        ("@", "@ "),
        ("+", "+)"),
        ("1-", "1 "),
        ("2) a ", "2) a* "),
        ("a ... b ", "a ... b "),
    ],
)
def test_a_value_that_repeats_itself_in_a_text_that_does_so_takes_steps_for_both_together(
    unit: str, other: str
) -> None:
    case = in_texts_that_repeat(unit, other)
    locate(*case(20))
    small, large = steps(*case(150)), steps(*case(600))
    assert large < 5.2 * small


def test_where_a_value_repeats_itself_too_often_to_look_at_all_places_it_is_unsure(find: Find) -> None:
    assert find("x-" * 4_000, "x " * 8_000)[1] == "ambiguous"
    assert find("x-x-x", "x-x-x " + "y " * 100) == ("x-x-x", "exact")
    assert find("x, " * 3_000 + "y", "x, " * 3_000 + "y") == ("x, " * 3_000 + "y", "exact")


def quoted_together(size: int) -> tuple[object, str]:
    return list(range(size)), " ".join(f"n{n} costs {n}," for n in range(size))


def test_one_quote_for_many_values_is_read_once() -> None:
    def calls(size: int) -> int:
        value, text = quoted_together(size)
        quotes = {f"/{n}": text for n in range(size)}
        return steps_of(lambda: locate_quoted(value, text, quotes))

    calls(20)
    assert calls(600) < 5.2 * calls(150)
