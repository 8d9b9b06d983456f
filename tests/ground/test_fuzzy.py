"""Changed phrases: aligned word by word, never stretched over what is not theirs."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.records import Status
from structgen.ground import locate
from structgen.ground.fuzzy import align, distances

TEXT = (
    "The committee met on Monday in the old library. Its members discussed a plan for the river bridge, "
    "which the engineers had drawn the year before. After a long debate they agreed to wait for 12 more reports."
)


@pytest.mark.parametrize(
    ("value", "evidence"),
    [
        ("Its members discussed the plan for the river bridge", "Its members discussed a plan for the river bridge"),
        ("Its members discussed a plan for river bridge", "Its members discussed a plan for the river bridge"),
        ("Its members discussed this a plan for the river bridge", "Its members discussed a plan for the river bridge"),
        ("After long debate they agreed to wait", "After a long debate they agreed to wait"),
        ("The commitee met on Mondays in the old library", "The committee met on Monday in the old library"),
        ("they agreed to wait for 12 reports", "they agreed to wait for 12 more reports"),
    ],
)
def test_a_few_changed_words_still_find_the_passage(value: str, evidence: str) -> None:
    (piece,) = locate(value, TEXT)
    assert (piece.text, piece.status) == (evidence, Status.FUZZY)


@pytest.mark.parametrize(
    "value",
    [
        "Its members discussed a new plan for the river bridge",
        "Its members rejected every plan about the bridge",
        "the old bridge",
        "they agreed to wait for 14 more reports",
        "The committee invented zebra quantum fabricated fabricated",
        "the year of the long river library debate",
        "on in the for which had",
    ],
)
def test_other_sentences_of_the_same_words_are_unsupported(value: str) -> None:
    assert locate(value, TEXT)[0].status is Status.UNSUPPORTED


def test_a_smaller_change_scores_higher() -> None:
    one, two = locate(
        {
            "one": "After a long debate they agree to wait for 12 more reports",
            "two": "After debate they agree to wait for 12 more reports",
        },
        TEXT,
    )
    assert one.score is not None
    assert two.score is not None
    assert 1 > one.score > two.score >= 0.75


def test_two_equally_near_passages_are_ambiguous() -> None:
    text = "we like the small red house here. And far away we like the small blue house here."
    assert locate("we like the small house here", text)[0].status is Status.AMBIGUOUS


def test_letters_without_spaces_count_for_less_than_words() -> None:
    text = "昨日は友達と一緒に大きな図書館で勉強しました"
    assert locate("昨日は友達と一緒に図書館で勉強しました", text)[0].status is Status.FUZZY
    assert locate("大学図書", text)[0].status is Status.UNSUPPORTED


def test_a_phrase_of_thousands_of_words_is_aligned() -> None:
    rng = random.Random(5)
    words = [rng.choice(["alpha", "beta", "gamma", "delta", "eps"]) + rng.choice("abcdefgh") for _ in range(3_000)]
    said = [*words[500:1_500], "other", *words[1_501:2_500]]
    (piece,) = locate(" ".join(said), " ".join(words))
    assert piece.text == " ".join(words[500:2_500])


def test_a_phrase_too_long_to_align_is_unsupported_unless_it_stands_there() -> None:
    words = [f"w{n}x" for n in range(2_000)]
    text = " ".join(words)
    assert locate(text, text)[0].status is Status.EXACT
    assert locate(text.replace("w7x", "other"), text)[0].status is Status.UNSUPPORTED


def slow_distances(ours: list[int], theirs: list[int]) -> list[int]:
    row, found = list(range(len(ours) + 1)), list[int]()
    for word in theirs:
        diagonal, row[0] = row[0], 0
        for place, mine in enumerate(ours, 1):
            best = min(diagonal + (mine != word), row[place] + 1, row[place - 1] + 1)
            diagonal, row[place] = row[place], best
        found.append(row[-1])
    return found


@settings(deadline=None, max_examples=150)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=70), st.lists(st.integers(0, 4), max_size=90))
def test_bit_vectors_count_the_same_edits_as_the_table(ours: list[int], theirs: list[int]) -> None:
    assert distances(ours, theirs) == slow_distances(ours, theirs)


@pytest.mark.parametrize(
    ("ours", "theirs", "stretches"),
    [
        ([1, 2, 3, 4], [9, 1, 2, 3, 4, 9], [(1, 4)]),
        ([1, 2, 3, 4], [9, 1, 2, 4, 9], [(1, 3)]),
        ([1, 2, 3, 4], [1, 7, 7, 2, 3, 4], [(3, 5), (0, 5)]),
        ([1, 2, 3, 4], [9, 9, 9, 9], []),
        ([1, 2, 3, 4], [], []),
    ],
)
def test_a_stretch_begins_and_ends_with_words_of_the_phrase(
    ours: list[int], theirs: list[int], stretches: list[tuple[int, int]]
) -> None:
    assert align(ours, theirs) == stretches
