"""A number stands in a text where the text gives it, not wherever its digits are."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Find = Callable[[object, str], tuple[str | None, str]]


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
