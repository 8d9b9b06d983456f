"""A number is its whole self: with sign, groups, fraction and scale word; and what may be two numbers is ambiguous."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from structgen.ground import locate, locate_quoted

Find = Callable[[object, str], tuple[str | None, str]]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (234, "1 234 kr"),
        (1, "$1 234"),
        (234, "1\u00a0234 people"),
        (1, "1\u202f234,50"),
        (1.2, "$1.2 million"),
        (1.2, "1,2 Mio. Euro"),
        (1_000_000, "$1.2 million"),
        (15, "15万円"),
        (2000, "1億2000万円"),
        (1.5, "1.5k users"),
        (3, "€3M"),
        (5, "5 dozen eggs"),
        (12, "5 dozen eggs"),
        (1.5, "1.5×10^3 cells"),
        (2, "2 1/2 cups"),
        (0.5, "2 1/2 cups"),
        (2, "2½ cups"),
        (0.5, "2 ½ cups"),
        (2, "2 and a half cups"),
        (1, "1-1/2 cups"),
        (0.5, "-½"),
        (20.0, "20.00-"),
        (20, "-$20"),
        (20, "$-20"),
        (20, "USD -20"),
        (20, "minus 20"),
        (-10, "5%-10%"),
        (-10, "$5-$10"),
        (2, "two hundred men"),
        (1, "one and a half"),
        (0.5, "one and a half"),
        (2, "two thirds of it"),
        (12, "two dozen eggs"),
        (5, "minus five"),
        (1_000_000, "half a million"),
        (100, "a few hundred men"),
        (-20, "at (see p. 20)"),
        # A text is cut in the same way.
        ("2", "2 1/2 cups"),
        ("1/2", "2 1/2 cups"),
        ("½", "2½ cups"),
        ("½", "½ million"),
        ("1.2", "$1.2 million"),
        ("$1.2", "$1.2 million"),
        ("costs $1.2", "it costs $1.2 million"),
        ("234", "1 234 kr"),
        ("234 kr", "1 234 kr"),
        ("1", "$1 234"),
        ("$20", "-$20"),
        ("20", "at -20 degrees"),
        ("20 degrees", "at -20 degrees"),
        ("20.00", "20.00-"),
        ("at 5", "it is at -5 degrees"),
        ("at -5", "it is at 5 degrees"),
        ("the temperature on that day was 5 degrees", "the temperature on that day was -5 degrees"),
        ("the revenue of the company was $1.2", "the revenue of this company was $1.2 million"),
    ],
)
def test_a_part_of_a_number_is_no_evidence(find: Find, value: object, text: str) -> None:
    assert find(value, text) == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "text", "evidence", "status"),
    [
        (1234, "1 234 kr", "1 234", "normalized"),
        (1234, "$1 234", "1 234", "normalized"),
        (1_200_000, "$1.2 million", "1.2 million", "normalized"),
        (1_200_000, "1,2 Mio. Euro", "1,2 Mio.", "normalized"),
        (1_200_000_000, "$1.2bn", "1.2bn", "normalized"),
        (3_000_000, "3M users", "3M", "normalized"),
        (120_000_000, "1億2000万円", "1億2000万", "normalized"),
        (60, "5 dozen eggs", "5 dozen", "normalized"),
        (24, "two dozen eggs", "two dozen", "normalized"),
        (2.5, "2 1/2 cups", "2 1/2", "normalized"),
        ("2 1/2", "2 1/2 cups", "2 1/2", "exact"),
        ("2.5", "2 1/2 cups", "2 1/2", "normalized"),
        (2.5, "2-1/2 cups", "2-1/2", "normalized"),
        (-0.5, "-½", "-½", "normalized"),
        (-20, "-$20", "-$20", "normalized"),
        ("-$20", "a -$20 fee", "-$20", "exact"),
        (-20, "$-20", "-20", "exact"),
        (-20.0, "20.00-", "20.00-", "normalized"),
        (10, "5%-10%", "10", "exact"),
        (10, "$5-$10", "10", "exact"),
        (5, "+5 degrees", "5", "exact"),
        (5, "5 %", "5", "exact"),
        (12, "the 12th day", "12", "exact"),
        (500_000, "half a million", "half a million", "normalized"),
        (-5, "minus five", "minus five", "normalized"),
        (20, "as shown (20)", "20", "exact"),
        (-20, "a loss ($20)", "($20)", "normalized"),
        ("3.5 kg", "es sind 3,5 kg", "3,5 kg", "normalized"),
        ("1299.50 EUR", "für 1.299,50 EUR", "1.299,50 EUR", "normalized"),
        ("million", "$1.2 million", "million", "exact"),
        ("$1.2 million", "for $1.2 million", "$1.2 million", "exact"),
        ("one", "one of them", "one", "exact"),
        ("in 2020", "in 2020 1/2 of it", "in 2020", "exact"),
        (9007199254740993, "id 9007199254740993", "9007199254740993", "exact"),
    ],
)
def test_the_whole_number_is_evidence(find: Find, value: object, text: str, evidence: str, status: str) -> None:
    assert find(value, text) == (evidence, status)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12, "12,000 people"),
        (12_000, "12,000 people"),
        (1.299, "1.299 kg"),
        (1299, "1.299 kg"),
        (1299, "€1.299"),
        (1_299_000, "1,299 thousand"),
        (1_299_000_000, "1,299 million"),
        ("12000 people", "12,000 people"),
        ("12000", "12,000 people"),
        (20.0, "(20.00)"),
        (-20.0, "(20.00)"),
        ("20.00", "(20.00)"),
        (20, "a ticket ($20)"),
        (-20, "as shown (20)"),
        (20, "20.00 CR"),
        (-20, "20.00 CR"),
        (20, "10 -20 men"),
        (-20, "10 -20 men"),
        (10, "10 200 people"),
        (12, "12·5 mg"),
        (3, "3B"),
        (3_000_000_000, "3B"),
        (300, "300K"),
        (300_000, "300 K"),
        (1.2, "1.2\nmillion"),
        (5000, "5 mil"),
        ("two", "two hundred men"),
        ("two hundred", "two hundred thousand men"),
        ("twenty", "twenty-five men"),
        ("lived five", "he lived five hundred years"),
        ("two men", "twenty-two men"),
    ],
)
def test_one_of_two_readings_is_ambiguous(find: Find, value: object, text: str) -> None:
    assert find(value, text)[1] == "ambiguous"


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        (12_000, "12,000 people, at 3.5 each", "12,000"),
        (12, "12,000 people, at 3.5 each", None),
        (12, "rund 12,000 Liter für 1.299,50 Euro", "12,000"),
        (12_000, "rund 12,000 Liter für 1.299,50 Euro", None),
        (1299, "1.299 kg für 12.500,00 Euro", "1.299"),
        (1.299, "1.299 kg für 12.500,00 Euro", None),
        (1299, "1.299 kg for $1,250.00", None),
        ("12000 people", "12,000 people, at 3.5 each", "12,000 people"),
        ("12 people", "12,000 people, at 3.5 each", None),
        (-20.0, "Sales  100.00\nReturns  (20.00)\n", "(20.00)"),
        (20.0, "Sales  100.00\nReturns  (20.00)\n", None),
    ],
)
def test_other_numbers_of_the_text_settle_which_reading_is_meant(
    find: Find, value: object, text: str, evidence: str | None
) -> None:
    assert find(value, text) == (evidence, "normalized" if evidence else "unsupported")


def test_words_that_a_value_quotes_may_end_within_a_number(find: Find) -> None:
    assert find(5, "he lived five hundred years") == (None, "unsupported")
    assert find("he lived five", "he lived five hundred years") == ("he lived five", "ambiguous")


def test_a_number_that_is_sure_elsewhere_is_not_ambiguous(find: Find) -> None:
    assert find(12_000, "12,000 people, which is 12000") == ("12000", "exact")


@pytest.mark.parametrize(
    ("value", "text", "quote", "expected"),
    [
        (1.2, "for $1.2 million", "$1.2 million", (None, "unsupported")),
        (1.2, "for $1.2 million", "for $1.2", (None, "unsupported")),
        (1_200_000, "for $1.2 million", "$1.2 million", ("1.2 million", "normalized")),
        (234, "for 1 234 kr", "1 234 kr", (None, "unsupported")),
        (234, "for 1 234 kr", "234 kr", (None, "unsupported")),
        (2, "add 2 1/2 cups", "2 1/2 cups", (None, "unsupported")),
        (2, "add 2 1/2 cups", "add 2", (None, "unsupported")),
        (3, "add ½ cup", "½ cup", (None, "unsupported")),
        (20, "a fee of -$20", "$20", (None, "unsupported")),
        (12, "for 12,000 people", "12,000 people", ("12,000", "ambiguous")),
        (12, "for 12,000 people, 3.5 each", "12,000 people", (None, "unsupported")),
        (12_000, "for 12,000 people, 3.5 each", "12,000 people", ("12,000", "normalized")),
        ("234 kr", "for 1 234 kr", "1 234 kr", (None, "unsupported")),
        ("123 kr", "for 1 000 000 000 123 kr", "kr", ("kr", "quoted")),
        ("12", "13 apples", "13 apples", (None, "unsupported")),
        ("02139", "Cambridge 02138", "Cambridge 02138", (None, "unsupported")),
        ("5", "five apples", "five apples", ("five", "normalized")),
        ("a dozen", "13 apples", "13 apples", ("13 apples", "quoted")),
    ],
)
def test_a_quote_holds_whole_numbers_read_in_the_style_of_the_text(
    value: object, text: str, quote: str, expected: tuple[str | None, str]
) -> None:
    (piece,) = locate_quoted({"x": value}, text, {"/x": quote})
    assert (piece.text, piece.status.value) == expected


def test_the_style_is_looked_for_only_where_two_readings_are_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("structgen.ground.numerals.style_of", None)
    assert locate(5, "5 people of 12,000")[0].text == "5"
    with pytest.raises(TypeError):
        locate(12, "5 people of 12,000")


@pytest.mark.parametrize(
    ("value", "text", "evidence", "status"),
    [
        (50_000, "paid $50-70k", "50-70k", "ambiguous"),
        (50, "paid $50-70k", "50", "ambiguous"),
        ("$50", "paid $50-70k", "$50", "ambiguous"),
        (70_000, "paid $50-70k", "70k", "normalized"),
        (5_000_000, "5 to 10 million people", "5 to 10 million", "ambiguous"),
        (1_500_000_000, "$1.5–2 billion", "1.5–2 billion", "ambiguous"),
        (12, "1-2 dozen eggs", "1-2 dozen", "ambiguous"),
        (0.05, "5-10% of it", "5-10%", "normalized"),
        (0.05, "5 to 10 percent", "5 to 10 percent", "normalized"),
        (5, "5-10% of it", "5", "exact"),
        (2019, "in 2019 - 5 million came", "2019", "exact"),
        (5, "5-10 people", "5", "exact"),
    ],
)
def test_the_scale_of_a_range_may_hold_for_both_ends(
    find: Find, value: object, text: str, evidence: str, status: str
) -> None:
    assert find(value, text) == (evidence, status)


@pytest.mark.parametrize(
    ("value", "evidence"),
    [(0.05, "five percent"), (0.25, "Twenty-five per cent"), (5, "five"), (0.005, "five per mille")],
)
def test_a_percentage_in_words_is_a_share_too(find: Find, value: float, evidence: str) -> None:
    text = "five percent" if value == 5 else f"{evidence} of it"
    assert find(value, text) == (evidence, "normalized")


@pytest.mark.parametrize("text", ["item_5", "a _5", "_5"])
def test_a_number_behind_an_underscore_at_the_end_of_a_text_is_a_part_of_a_name(text: str, find: Find) -> None:
    assert find(5, text) == (None, "unsupported")
