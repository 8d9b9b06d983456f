"""Numbers in words, English and Han: whole, never a part of another word or number."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Find = Callable[[object, str], tuple[str | None, str]]


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        (1, "one apple", "one"),
        (100, "a hundred men", "a hundred"),
        (1.5, "one and a half cups", "one and a half"),
        (2.25, "two and a quarter hours", "two and a quarter"),
        (0.25, "a quarter cup", "a quarter"),
        (0.75, "three quarters of it", "three quarters"),
        (3, "the third floor", "third"),
        (2, "the second floor", "second"),
        (21, "the twenty-first day", "twenty-first"),
        (1984, "in nineteen eighty-four", "nineteen eighty-four"),
        (2020, "in Twenty Twenty", "Twenty Twenty"),
        (300, "三百円", "三百"),
        (35, "三十五人", "三十五"),
        (2020, "二〇二〇年", "二〇二〇"),
        (120_000_000, "一億二千万円", "一億二千万"),
        (3, "三人", "三"),
    ],
)
def test_numbers_in_words_are_found(find: Find, value: float, text: str, evidence: str) -> None:
    assert find(value, text) == (evidence, "normalized")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "one of the best"),
        (1, "no one came"),
        (1, "the stone"),
        (100, "hundreds of men"),
        (3, "one third of it"),
        (2, "wait a second"),
        (1, "twenty-first"),
        (1, "一緒に"),
        (30, "三百"),
    ],
)
def test_words_that_only_look_like_numbers_count_nothing(find: Find, value: int, text: str) -> None:
    assert find(value, text)[0] is None
