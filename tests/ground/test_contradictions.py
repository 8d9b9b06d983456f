"""Likeness is no support where the words that differ are numbers, names, or what denies."""

from __future__ import annotations

import pytest

from structgen.ground.contradictions import contradicts
from tests.ground.conftest import Find


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("the request was approved by the board", "the request was not approved by the board"),
        ("the request was not approved by the board", "the request was approved by the board"),
        ("it is unlikely that the plan will pass soon", "it is likely that the plan will pass soon"),
        ("they never went to the old market", "they went to the old market"),
        ("he can't go to the old market today", "he can go to the old market today"),
        ("the patient took aspirin without any food", "the patient took aspirin with any food"),
        ("der Vertrag ist nicht gültig nach dem Ende", "der Vertrag ist gültig nach dem Ende"),
        ("他昨天没有去图书馆学习中文和英文", "他昨天有去图书馆学习中文和英文"),
        ("Anna went to the market with eggs", "Then Maria went to the market with eggs"),
        ("the letter from Smyth came in the morning", "the letter from Smith came in the morning"),
        ("Department of Health and Human Services", "the Department of Health and Social Services"),
        ("the services end on the last of May 2021", "the services end on the last of June 2021"),
        ("the drug increased survival in older men", "the drug decreased survival in older men"),
        ("they pay more than the price of it", "they pay less than the price of it"),
        ("three men went to the old market", "four men went to the old market"),
        ("the first day after the notice ends it", "the second day after the notice ends it"),
        ("the price rose by 3.5 percent last year", "the price rose by 4.5 percent last year"),
        ("他昨天买了三本书和中文报纸", "他昨天买了五本书和中文报纸"),
    ],
)
def test_a_text_that_says_another_thing_is_no_support(find: Find, value: str, text: str) -> None:
    assert find(value, text) == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("they agreed to wait for reports again", "they agreed to wait for 12 reports again"),
        ("the old king spoke to the people of the valley", "the old king spoke to the people of Egypt valley"),
        ("The committee met on Mondays in the old hall", "The committee met on Monday in the old hall"),
        ("Also the men went to the old market", "Then the men went to the old market"),
        ("THE MEN WENT TO ANY OLD MARKET", "the men went to the old market"),
        ("she said that the meeting would begin", "she said the meeting would begin"),
    ],
)
def test_saying_less_or_nearly_the_same_is_near(find: Find, value: str, text: str) -> None:
    assert find(value, text)[1] == "fuzzy"


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (["legal"], ["illegal"], True),
        (["part"], ["depart"], False),
        (["5"], ["6"], True),
        (["5"], ["6", "5"], False),
        ([], ["6"], False),
        ([], ["not"], True),
        (["not"], ["never"], False),
        (["Anna"], [], True),
        ([], ["Anna"], False),
        (["However"], [], False),
    ],
)
def test_a_change_contradicts_by_what_the_value_adds_or_either_denies(
    ours: list[str], theirs: list[str], expected: bool
) -> None:
    assert contradicts(ours, theirs) is expected


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Lee Ann", "by Lee (ann is away)"),
        ("Lee Ann", "by Lee. Ann went"),
        ("Lee Ann", "by Lee “Ann went"),
        ("Lee [Ann", 'Lee "Ann'),
        ("a-b:c;d", "a/b,c!d"),
        ("US", "tell us all"),
        ("IT", "it is so"),
        ("May", "it may rain"),
        ("No", "there is no way"),
    ],
)
def test_words_across_a_bracket_a_quote_or_a_sentence_are_no_phrase(find: Find, value: str, text: str) -> None:
    assert find(value, text)[0] is None


@pytest.mark.parametrize(
    ("value", "text", "status"),
    [
        ("US", "in the US", "exact"),
        ("May", "in May 2020", "exact"),
        ("No", "Vegan: no", "normalized"),
        ("Yes", "Vegan: yes.", "normalized"),
        ("Paris France", "in Paris, France", "fuzzy"),
        ("the men went home then", "the men went home. Then", "fuzzy"),
    ],
)
def test_a_common_word_counts_where_it_is_meant(find: Find, value: str, text: str, status: str) -> None:
    assert find(value, text)[1] == status
