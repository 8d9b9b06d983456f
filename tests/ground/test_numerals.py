"""Numbers of values in a text: each is its whole self, stands where the text gives it, and may be ambiguous."""

from __future__ import annotations

import pytest

from structgen.ground import locate, locate_quoted
from tests.ground.conftest import Find


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12, "costs 12.5"),
        (12, "1,200 people"),
        (12, "in 2012"),
        (12, "at 12:30"),
        (7, "7:00 pm"),
        (12, "v12 is out"),
        (12, "room A12"),
        (2, "a CO2 meter"),
        (2, "water is H2O"),
        (19, "the COVID-19 wave"),
        (16, "an F-16 flies"),
        (555, "call 555-1234"),
        ("555", "call 555-1234"),
        ("1234", "call 555-1234"),
        (415, "call 415-555-1234"),
        ("555-1234", "call 415-555-1234"),
        ("12-34", "code 12-34-56"),
        (3, "1/3 cup"),
        (1, "1/3 cup"),
        (1, "1 1/4 cups"),
        (3, "3½ cups"),
        (3, "3e5 in all"),
        (5, "a dose of .5 mg"),
        (5, "-5 °C"),
        (-10, "5-10 people"),
        (-7, "a-7"),
        ("5 mg", "15 mg"),
        ("5 mg", "0.5 mg"),
        ("5 mg", "1,5 mg"),
        ("$5", "$5.20"),
        ("5%", "0.5%"),
        ("section 3.1", "section 3.10"),
        ("3.2", "v. 3.2.1"),
        ("4/5", "4/50"),
        ("T790", "the T790M kind"),
        ("A1", "an A1B code"),
        ("type 2", "of type 2b"),
        ("3", "the x3y gene"),
        ("C", "in C++ and C#"),
        (6, "_6_"),
        (44, "call +44 20 7946 0958"),
        (20, "call +44 20 7946 0958"),
        (7946, "call +44 20 7946 0958"),
        (958, "call +44 20 7946 0958"),
        (415, "call +1 (415) 555-1234"),
        (555, "+1 415 555 1234"),
        (171, "Tel.: 0171 123 4567"),
        (123, "Tel.: 0171 123 4567"),
        pytest.param(5, "5-" + "9" * 5_000, id="a chain longer than any name"),
    ],
)
def test_digits_that_are_part_of_something_else_are_no_evidence(find: Find, value: object, text: str) -> None:
    assert find(value, text) == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        (5, "5-10 people", "5"),
        (10, "5-10 people", "10"),
        (1000, "500-1000 users", "1000"),
        (1234, "555–1234 of them", "1234"),
        (120, "120/80 mmHg", "120"),
        (80, "120/80 mmHg", "80"),
        (4, "rated 4/5", "4"),
        (100, "scale 1:100", "100"),
        (6, "on 2020-03-06", "06"),
        (2020, "on 6/3/2020", "2020"),
        (10, "a top-10 list", "10"),
        (500, "Rs500 only", "500"),
        (500, "USD500 only", "500"),
        (2, "x2 eggs", "2"),
        (2, "2x eggs", "2"),
        (1920, "1920x1080", "1920"),
        (1080, "1920x1080", "1080"),
        (40, "Total time40 min", "40"),
        (12, "No.12", "12"),
        (12, "the 12th floor", "12"),
        (12, "約12人", "12"),
        (7, "agent 007", "007"),
        (-5, "−5 °C", "−5"),
        (-3.5, "it was minus 3.5 then", "minus 3.5"),
        (0.5, "a dose of .5 mg", ".5"),
        (75333, ".75,333", "75,333"),
        (1e5, "1e5 of them", "1e5"),
        (0.5, "50 percent", "50 percent"),
        (150_000, "15万円", "15万"),
        (20_000_000, "2 crore", "2 crore"),
        ("5 mg", "2-5 mg", "5 mg"),
        ("2019", "2019/20", "2019"),
        ("C++", "in C++ here", "C++"),
        ("HIV-1", "on HIV-1/2", "HIV-1"),
        ("May 5", "on May 5th", "May 5"),
        (10.5, "10,5 km", "10,5"),
        (1.25, "1¼ cups", "1¼"),
        (1.25, "1 1/4 cups", "1 1/4"),
    ],
)
def test_ends_of_ranges_parts_of_dates_and_amounts_are_evidence(
    find: Find, value: object, text: str, evidence: str
) -> None:
    assert find(value, text)[0] == evidence


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        (4.5, "Rating: 4.5/5", "4.5"),
        (5, "Rating: 4.5/5", "5"),
        (8.5, "8.5/10", "8.5"),
        (3.9, "a GPA of 3.9/4.0", "3.9"),
        (4.0, "a GPA of 3.9/4.0", "4.0"),
        (36.6, "36.6/37.1", "36.6"),
        (37.1, "36.6/37.1", "37.1"),
        (36.6, "36,6/37,1 °C", "36,6"),
        (3.5, "It lasts 3.5-4.5 hours", "3.5"),
        (4.5, "It lasts 3.5-4.5 hours", "4.5"),
        (6.5, "pH 6.5–7.5", "6.5"),
        (7.5, "pH 6.5–7.5", "7.5"),
        (5.5, "5.5-7 days", "5.5"),
        (9.99, "9.99-12.99 EUR", "9.99"),
        (12.99, "9.99-12.99 EUR", "12.99"),
        (12.5, "12.5/100g", "12.5"),
        (100, "12.5/100g", "100"),
        (1.5, "mixed 1.5:1", "1.5"),
        (4.5, "$4.5/5", "4.5"),
        ("$4.5", "$4.5/5", "$4.5"),
        ("4.5", "rated 4.5/5", "4.5"),
        (2.5, "tablets of 2.5/5/10 mg", "2.5"),
        ("10.0.0.1", "on 10.0.0.1:80", "10.0.0.1"),
        ("192.168.1.0", "in 192.168.1.0/24", "192.168.1.0"),
        (80, "on 10.0.0.1:80", "80"),
    ],
)
def test_decimals_in_scores_and_ranges_stand_there_as_they_are(
    find: Find, value: object, text: str, evidence: str
) -> None:
    assert find(value, text) == (evidence, "exact" if "," not in evidence else "normalized")


@pytest.mark.parametrize(
    ("value", "text", "status"),
    [
        (19, "a Boeing 737-19", "ambiguous"),
        (737, "a Boeing 737-19", "exact"),
        (200, "Pages 100-200", "exact"),
        (19, "they won 21-19", "exact"),
        (20, "Season 2019-20", "exact"),
        (5, "from +5 to 12 at 10 am", "exact"),
        (12_345_678, "it is +12 345 678", "normalized"),
        ("44", "call +44 20 7946 0958", "exact"),
    ],
)
def test_the_number_of_a_model_is_ambiguous_and_ranges_and_scores_are_not(
    find: Find, value: object, text: str, status: str
) -> None:
    assert find(value, text)[1] == status


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        ("1.2.3", "We run v1.2.3 now", "1.2.3"),
        ("2.0", "v2.0", "2.0"),
        ("2", "with V2", "2"),
        ("3.11", "on version3.11 here", "3.11"),
        ("1.2", "v1.2.3", None),
        ("1.5", "see A1.5", None),
        (2.0, "v2.0", None),
    ],
)
def test_a_version_is_a_text_behind_its_v_and_no_number(
    find: Find, value: object, text: str, evidence: str | None
) -> None:
    assert find(value, text) == (evidence, "exact" if evidence else "unsupported")


@pytest.mark.parametrize(("value", "evidence"), [(5_000, "5,000"), (10_000, "10,000")])
def test_both_ends_of_a_range_of_grouped_numbers_are_found(find: Find, value: int, evidence: str) -> None:
    assert find(value, "5,000-10,000 or 1,234,567") == (evidence, "normalized")


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        ("$1299", "for $1,299.00", "$1,299.00"),
        ("1299 USD", "for 1,299.00 USD", "1,299.00 USD"),
        ("€1.299,50", "1299.5 EUR", None),
        ("€1.299,00", "1299 EUR", "1299 EUR"),
        ("€5", "5 €", "5 €"),
        ("5 €", "€5", "€5"),
        ("£5", "GBP 5", "GBP 5"),
        ("1200 kg", "1,200 kg of 3.5 kinds", "1,200 kg"),
        ("50 percent", "50%", "50%"),
        ("paid 1200 in cash", "paid 1,200.00 in cash", "paid 1,200.00 in cash"),
        ("paid 1200 in cash", "paid 1٬200 in cash", "paid 1٬200 in cash"),
    ],
)
def test_a_number_within_a_text_may_be_written_otherwise(find: Find, value: str, text: str, evidence: str) -> None:
    assert find(value, text) == (evidence, "normalized" if evidence else "unsupported")


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


@pytest.mark.parametrize("value", [205, 250])
@pytest.mark.parametrize("text", ["二百五", "2百5"])
def test_one_of_two_readings_of_han_characters_is_ambiguous(find: Find, value: int, text: str) -> None:
    assert find(value, f"共{text}人")[1] == "ambiguous"
