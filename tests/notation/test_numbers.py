"""Written forms and all that they may mean: a table to read, one form a line."""

from __future__ import annotations

from decimal import Decimal

import pytest

from structgen.notation.numbers import read_numbers, whole_number
from structgen.notation.readings import Value


def plain(value: Value) -> str:
    return format(value, "f") if isinstance(value, Decimal) and value.adjusted() < 30 else str(value)


def readings_of(text: str) -> str:
    """The readings of all numbers of a text with their places; %: as a percentage, ?: unlikely."""
    shown: list[str] = []
    for number in sorted(read_numbers(text), key=lambda number: number.start):
        shown += [
            f"{plain(one.value)} [{text[one.start : one.end]}]{'%' * one.percent}{'?' * one.unlikely}"
            for one in number.readings
        ]
        if number.parts:
            shown.append("parts " + " ".join(text[part.digits : part.digits_end] for part in number.parts))
    return "; ".join(shown)


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("7", "7 [7]"),
        ("007", "7 [007]"),
        ("1234567", "1234567 [1234567]"),
        ("٣٥ يوم", "35 [٣٥]"),
        ("１２人", "12 [１２]"),
        ("१२३", "123 [१२३]"),
        ("agent 007", "7 [007]"),
        ("9007199254740993", "9007199254740993 [9007199254740993]"),
    ],
)
def test_digits_of_any_script_are_a_number(text: str, readings: str) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("12,000 people", "12000 [12,000]; 12.000 [12,000]"),
        ("1.299 kg", "1299 [1.299]; 1.299 [1.299]"),
        ("1,299", "1299 [1,299]; 1.299 [1,299]"),
        ("1,299.00", "1299.00 [1,299.00]"),
        ("1.299,00", "1299.00 [1.299,00]"),
        ("1,299.5", "1299.5 [1,299.5]"),
        ("1234,567", "1234.567 [1234,567]"),
        ("1234.567", "1234.567 [1234.567]"),
        ("0,500", "0.500 [0,500]"),
        ("0.500", "0.500 [0.500]"),
        ("1,234,567", "1234567 [1,234,567]"),
        ("1.234.567", "1234567 [1.234.567]"),
        ("1.234.567,89", "1234567.89 [1.234.567,89]"),
        ("1,234,567.89", "1234567.89 [1,234,567.89]"),
        ("12,34,567", "1234567 [12,34,567]"),
        ("12,34,567.50", "1234567.50 [12,34,567.50]"),
        ("1,23,45,678", "12345678 [1,23,45,678]"),
        ("1'299", "1299 [1'299]"),
        ("1’299.50", "1299.50 [1’299.50]"),
        ("1'299'000", "1299000 [1'299'000]"),
        ("1 299", "1299 [1 299]; parts 1 299"),
        ("1 299,50", "1299.50 [1 299,50]"),
        ("1 299.50", "1299.50 [1 299.50]"),
        ("1 234 567", "1234567 [1 234 567]; parts 1 234 567"),
        ("1\xa0299", "1299 [1\xa0299]"),
        ("1\u202f299,50", "1299.50 [1\u202f299,50]"),
        ("1\u2009299", "1299 [1\u2009299]"),
        ("1\u2007299 500", "1299 [1\u2007299]; 500 [500]"),
        ("1٬299٫50", "1299.50 [1٬299٫50]"),
        ("１，２９９", "1299 [１，２９９]; 1.299 [１，２９９]"),
        ("１，２９９．５", "1299.5 [１，２９９．５]"),
        ("3·5", "3.5 [3·5]; parts 3 5"),
        ("1,2,3", "parts 1 2 3"),
        ("1, 2, 3", "1 [1]; 2 [2]; 3 [3]"),
        ("1.2.3", ""),
        ("1,234,56", "parts 1 234 56"),
        ("12.05.2024", ""),
        ("192.168.1.10", ""),
        ("10 200 people", "10200 [10 200]; parts 10 200"),
        ("070 123 456", "parts 070 123 456"),
        ("2020 300 people", "2020 [2020]; 300 [300]"),
        ("4.50 900", "4.50 [4.50]; 900 [900]"),
        ("1 234 567 kr", "1234567 [1 234 567]"),
        ("10 120/80", "10 [10]; parts 120 80"),
    ],
)
def test_marks_between_digits_are_groups_or_a_decimal_point_and_both_where_nobody_can_tell(
    text: str, readings: str
) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("3.5", "3.5 [3.5]"),
        ("3,5", "3.5 [3,5]"),
        ("0.05", "0.05 [0.05]"),
        (".5 mg", "0.5 [.5]"),
        ("a dose of .5 mg", "0.5 [.5]"),
        ("stop.5", "5 [5]"),
        ("$.99", "0.99 [.99]"),
        ("12.50", "12.50 [12.50]"),
        ("1.50000", "1.50000 [1.50000]"),
        ("3.14159", "3.14159 [3.14159]"),
    ],
)
def test_decimals_may_begin_with_their_point(text: str, readings: str) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("-5", "-5 [-5]"),
        ("−5 °C", "-5 [−5]"),
        ("–5", "-5 [–5]"),
        ("at -5 °C", "-5 [-5]"),
        ("+5", "5 [5]"),
        ("+5 °C", "5 [5]"),
        ("-1,299.50", "-1299.50 [-1,299.50]"),
        ("--5", "5 [5]"),
        ("a-7", "7 [7]"),
        ("3-4", "3 [3]; 4 [4]"),
        ("10-15", "10 [10]; 15 [15]"),
        ("10 -20", "10 [10]; -20 [-20]; 20 [20]"),
        ("10 –20", "10 [10]; -20 [–20]; 20 [20]"),
        ("10 −20", "10 [10]; -20 [−20]"),
        ("5%-10%", "5 [5]; 0.05 [5%]%; 10 [10]; 0.10 [10%]%"),
        ("$5-$10", "5 [5]; 10 [10]"),
        ("A-12", "12 [12]"),
        ("16-ounce", "16 [16]"),
        ("COVID-19", "19 [19]"),
        ("minus 3.5", "-3.5 [minus 3.5]"),
        ("negative 5", "-5 [negative 5]"),
        ("Minus 5", "-5 [Minus 5]"),
        ("(-5)", "-5 [-5]"),
        ("=-5", "-5 [-5]"),
        ("-.5", "-0.5 [-.5]"),
        ("-½", "-0.5 [-½]"),
        ("−1/2", "-0.5 [−1/2]; parts 1 2"),
        ("_-5", "5 [5]"),
    ],
)
def test_a_dash_is_a_minus_only_where_nothing_stands_before_it(text: str, readings: str) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("(20.00)", "20.00 [20.00]; -20.00 [(20.00)]"),
        ("($20.00)", "20.00 [20.00]; -20.00 [($20.00)]"),
        ("$(20.00)", "20.00 [20.00]; -20.00 [$(20.00)]"),
        ("(20.00) USD", "20.00 [20.00]; -20.00 [(20.00)]"),
        ("(1,234)", "1234 [1,234]; 1.234 [1,234]; -1234 [(1,234)]; -1.234 [(1,234)]"),
        ("(20)", "20 [20]; -20 [(20)]?"),
        ("(see p. 20)", "20 [20]"),
        ("(2020)", "2020 [2020]; -2020 [(2020)]?"),
        ("(5%)", "5 [5]; 0.05 [5%]%; -5 [(5%)]?; -0.05 [(5%)]%?"),
        ("f(20.00)", "20.00 [20.00]"),
        ("20.00-", "-20.00 [20.00-]"),
        ("20.00−", "-20.00 [20.00−]"),
        ("$20-", "20 [20]; -20 [20-]"),
        ("20-", "20 [20]"),
        ("20.00-30.00", "20.00 [20.00]; 30.00 [30.00]"),
        ("20.00- 30.00", "20.00 [20.00]; 30.00 [30.00]"),
        ("20.00 CR", "20.00 [20.00]; -20.00 [20.00 CR]"),
        ("20.00 DR", "20.00 [20.00]; -20.00 [20.00 DR]"),
        ("$20 Cr", "20 [20]; -20 [20 Cr]"),
        ("20 Dr Smith", "20 [20]"),
    ],
)
def test_brackets_and_marks_of_bookkeepers_are_a_second_reading(text: str, readings: str) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("$20", "20 [20]"),
        ("-$20", "-20 [-$20]"),
        ("$-20", "-20 [-20]"),
        ("$ -20", "-20 [-20]"),
        ("-USD 20", "-20 [-USD 20]"),
        ("USD -20", "-20 [-20]"),
        ("USD 20", "20 [20]"),
        ("20 USD", "20 [20]"),
        ("20 kr", "20 [20]"),
        ("20 kr.", "20 [20]"),
        ("1 234 kr", "1234 [1 234]"),
        ("$1 234", "1234 [1 234]"),
        ("1 234 €", "1234 [1 234]"),
        ("€20", "20 [20]"),
        ("20 €", "20 [20]"),
        ("£1,299", "1299 [1,299]"),
        ("$1,299", "1299 [1,299]"),
        ("€1,299", "1299 [1,299]; 1.299 [1,299]"),
        ("$1.299", "1299 [1.299]; 1.299 [1.299]"),
        ("1,299 USD", "1299 [1,299]"),
        ("US$1,299", "1299 [1,299]"),
        ("R$ 1.299,00", "1299.00 [1.299,00]"),
        ("Rs 12,34,567", "1234567 [12,34,567]"),
        ("₹1,299", "1299 [1,299]"),
        ("20,-", "20 [20]"),
        ("20.-", "20 [20]"),
        ("5:-", "5 [5]"),
        ("20 dollars", "20 [20]"),
        ("CHF 1'299.50", "1299.50 [1'299.50]"),
        ("EUR-20", "20 [20]"),
        ("1299円", "1299 [1299]"),
        ("¥1,299", "1299 [1,299]"),
    ],
)
def test_a_sign_may_stand_on_either_side_of_a_currency(text: str, readings: str) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("1.2 million", "1200000 [1.2 million]"),
        ("$1.2 million", "1200000 [1.2 million]"),
        ("1,299 million", "1299000000 [1,299 million]; 1299000 [1,299 million]"),
        ("3 Mio.", "3000000 [3 Mio.]"),
        ("3 Mio. €", "3000000 [3 Mio.]"),
        ("1,2 Mrd. EUR", "1200000000 [1,2 Mrd.]"),
        ("5 Tsd.", "5000 [5 Tsd.]"),
        ("3 Millionen", "3000000 [3 Millionen]"),
        ("2 millones", "2000000 [2 millones]"),
        ("5 milliards", "5000000000 [5 milliards]"),
        ("тыс. 5", "5 [5]"),
        ("5 тыс.", "5000 [5 тыс.]"),
        ("1,5 млн", "1500000 [1,5 млн]"),
        ("2 lakh", "200000 [2 lakh]"),
        ("2 crore", "20000000 [2 crore]"),
        ("5 thousand", "5000 [5 thousand]"),
        ("2 hundred thousand", "200000 [2 hundred thousand]"),
        ("1.2-million", "1200000 [1.2-million]"),
        ("1.2\nmillion", "1200000 [1.2\nmillion]; 1.2 [1.2]?"),
        ("1.5k", "1500 [1.5k]"),
        ("1.5K", "1500 [1.5K]; 1.5 [1.5]?"),
        ("10k", "10000 [10k]"),
        ("3M", "3000000 [3M]; 3 [3]?"),
        ("3B", "3000000000 [3B]; 3 [3]"),
        ("300 K", "300000 [300 K]?; 300 [300]"),
        ("12 B", "12000000000 [12 B]?; 12 [12]"),
        ("5 k", "5000 [5 k]?; 5 [5]"),
        ("$3M", "3000000 [3M]"),
        ("$3 M", "3000000 [3 M]"),
        ("$5m", "5000000 [5m]"),
        ("£5 m", "5000000 [5 m]"),
        ("5m", "5 [5]"),
        ("$1.2bn", "1200000000 [1.2bn]"),
        ("1.2bn", "1200000000 [1.2bn]"),
        ("$1.5T", "1500000000000 [1.5T]"),
        ("€5k", "5000 [5k]"),
        ("5 k€", "5000 [5 k]"),
        ("5 T€", "5000 [5 T]"),
        ("5 M€", "5000000 [5 M]"),
        ("5 MEUR", "5000000 [5 M]"),
        ("$5MM", "5000000 [5MM]"),
        ("5 mm", "5 [5]"),
        ("5 mn", "5000000 [5 mn]; 5 [5]?"),
        ("5 mil", "5000 [5 mil]?; 5 [5]"),
        ("₹2 cr", "20000000 [2 cr]"),
        ("5 dozen", "60 [5 dozen]"),
        ("2 dozen eggs", "24 [2 dozen]"),
        ("5kg", "5 [5]"),
        ("12K run", "12000 [12K]; 12 [12]?"),
    ],
)
def test_a_scale_word_is_a_part_of_the_number(text: str, readings: str) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("15万円", "150000 [15万]"),
        ("1億2000万円", "120000000 [1億2000万]"),
        ("1.2億", "120000000 [1.2億]"),
        ("1,200万", "12000000 [1,200万]"),
        ("5千", "5000 [5千]"),
        ("3百万", "3000000 [3百万]"),
        ("3万5千", "35000 [3万5千]"),
        ("15만원", "150000 [15만]"),
        ("1억 2000만원", "120000000 [1억 2000만]"),
        ("三十五人", "35 [三十五]"),
        ("二〇二〇年", "2020 [二〇二〇]"),
        ("一億二千万", "120000000 [一億二千万]"),
        ("三人", "3 [三]"),
        ("一緒に", ""),
        ("三百円", "300 [三百]"),
        ("10千葉", "10 [10]"),
    ],
)
def test_han_and_korean_scales_multiply_digits_and_words(text: str, readings: str) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("1e5", "100000 [1e5]"),
        ("2E-3", "0.002 [2E-3]"),
        ("1.5e+3", "1500 [1.5e+3]"),
        ("1e5x", "1 [1]; 5 [5]"),
        ("1.5×10^3", "1500 [1.5×10^3]"),
        ("1.5 x 10^-3", "0.0015 [1.5 x 10^-3]"),
        ("2·10³", "2000 [2·10³]"),
        ("10⁶", "1000000 [10⁶]"),
        ("10^6", "1000000 [10^6]"),
        ("10⁻³", "0.001 [10⁻³]"),
        ("3e400", "3E+400 [3e400]"),
    ],
)
def test_powers_of_ten_are_a_part_of_the_number(text: str, readings: str) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("½", "0.5 [½]"),
        ("1/2", "0.5 [1/2]; parts 1 2"),
        ("2 1/2 cups", "2.5 [2 1/2]"),
        ("2½", "2.5 [2½]"),
        ("2 ½", "2.5 [2 ½]"),
        ("2-1/2", "2.5 [2-1/2]"),
        ("1-1/2 cups", "1.5 [1-1/2]"),
        ("4/5", "0.8 [4/5]; parts 4 5"),
        ("120/80", "parts 120 80"),
        ("24/7", "parts 24 7"),
        ("1/3", "1/3 [1/3]; parts 1 3"),
        ("2 2/3", "8/3 [2 2/3]"),
        ("⅔", "2/3 [⅔]"),
        ("1⁄2", "0.5 [1⁄2]"),
        ("2 1⁄2", "2.5 [2 1⁄2]"),
        ("1/2-3/4 cup", "0.5 [1/2]; parts 1 2; 0.75 [3/4]; parts 3 4"),
        ("6/3/2020", "6 [6]; 3 [3]; 2020 [2020]"),
        ("2019/20", "parts 2019 20"),
        ("1/0", "parts 1 0"),
        ("2 and a half", "2.5 [2 and a half]"),
        ("3 and three quarters", "3.75 [3 and three quarters]"),
        ("2 1/2 million", "2500000 [2 1/2 million]"),
        ("½ million", "500000 [½ million]"),
        ("2020 1/2", "2020 [2020]; 0.5 [1/2]; parts 1 2"),
    ],
)
def test_a_fraction_is_a_part_of_the_number(text: str, readings: str) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("5%", "5 [5]; 0.05 [5%]%"),
        ("5 %", "5 [5]; 0.05 [5 %]%"),
        ("5 percent", "5 [5]; 0.05 [5 percent]%"),
        ("5 per cent", "5 [5]; 0.05 [5 per cent]%"),
        ("5 Prozent", "5 [5]; 0.05 [5 Prozent]%"),
        ("3,5 %", "3.5 [3,5]; 0.035 [3,5 %]%"),
        ("٥٪", "5 [٥]; 0.05 [٥٪]%"),
        ("2‰", "2 [2]; 0.002 [2‰]%"),
        ("50 percentage", "50 [50]"),
    ],
)
def test_a_percentage_is_read_as_itself_and_as_its_hundredth(text: str, readings: str) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("12th", "12 [12]"),
        ("1st", "1 [1]"),
        ("2nd", "2 [2]"),
        ("3rd", "3 [3]"),
        ("2e", "2 [2]"),
        ("1er", "1 [1]"),
        ("21º", "21 [21]"),
        ("12that", "12 [12]"),
    ],
)
def test_the_ending_of_an_ordinal_is_no_part_of_its_reading(text: str, readings: str) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("five", "5 [five]"),
        ("twenty-five", "25 [twenty-five]"),
        ("three hundred and five", "305 [three hundred and five]"),
        ("two thousand", "2000 [two thousand]"),
        ("five hundred thousand", "500000 [five hundred thousand]"),
        ("one and a half", "1.5 [one and a half]"),
        ("two and three quarters", "2.75 [two and three quarters]"),
        ("half", "0.5 [half]"),
        ("half a million", "500000.0 [half a million]"),
        ("a quarter", "0.25 [a quarter]"),
        ("a quarter of a million", "250000.00 [a quarter of a million]"),
        ("three quarters", "0.75 [three quarters]"),
        ("two thirds", "2/3 [two thirds]"),
        ("one third", "1/3 [one third]"),
        ("a hundred", "100 [a hundred]"),
        ("a dozen", "12 [dozen]"),
        ("two dozen", "24 [two dozen]"),
        ("half a dozen", "6.0 [half a dozen]"),
        ("once", "1 [once]"),
        ("twice", "2 [twice]"),
        ("the third", "3 [third]"),
        ("twenty-first", "21 [twenty-first]"),
        ("nineteen eighty-four", "1984 [nineteen eighty-four]"),
        ("twenty twenty", "2020 [twenty twenty]"),
        ("minus five", "-5 [minus five]"),
        ("negative two", "-2 [negative two]"),
        ("one two", ""),
        ("no one", ""),
        ("one of them", ""),
        ("hundreds", ""),
        ("a few hundred", ""),
        ("several million", ""),
        ("wait a second", ""),
        ("the stone", ""),
        ("zero", "0 [zero]"),
        ("Five Million", "5000000 [Five Million]"),
        ("one billion two", "1000000002 [one billion two]"),
    ],
)
def test_number_words_are_read_whole(text: str, readings: str) -> None:
    assert readings_of(text) == readings


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("2020-03-05", "2020 [2020]; 3 [03]; 5 [05]"),
        ("12:30", "12 [12]; 30 [30]"),
        ("555-1234", "555 [555]; 1234 [1234]"),
        ("415-555-1234", "415 [415]; 555 [555]; 1234 [1234]"),
        ("v1.2", "1.2 [1.2]"),
        ("H2O", "2 [2]"),
        ("1920x1080", "1920 [1920]; 1080 [1080]"),
        ("A1", "1 [1]"),
        ("5'10", ""),
        ("1 1 1", "1 [1]; 1 [1]; 1 [1]"),
        ("x2", "2 [2]"),
        ("#5", "5 [5]"),
        ("No.12", "12 [12]"),
        ("12.", "12 [12]"),
        ("12,", "12 [12]"),
        ("1..2", "1 [1]; 2 [2]"),
        ("12,,5", "12 [12]; 5 [5]"),
    ],
)
def test_digits_in_other_things_are_read_one_by_one(text: str, readings: str) -> None:
    assert readings_of(text) == readings


def test_a_run_of_digits_longer_than_any_number_has_no_reading() -> None:
    assert readings_of("9" * 401) == ""


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("$1,299.00", ["1299.00"]),
        (" 12 ", ["12"]),
        ("1,299", ["1299", "1.299"]),
        ("20 kr", ["20"]),
        ("(20.00)", ["20.00", "-20.00"]),
        ("12th", ["12"]),
        ("twenty-five", ["25"]),
        ("三十五", ["35"]),
        ("2 1/2", ["2.5"]),
    ],
)
def test_a_text_that_is_a_number_has_its_readings(text: str, values: list[str]) -> None:
    number = whole_number(text)
    assert number is not None
    assert [one.value for one in number.readings] == [Decimal(value) for value in values]


@pytest.mark.parametrize("text", ["", "12 people", "about 12", "1.2.3", "1,2,3", "3-4", "a", "9" * 401, "12 13"])
def test_a_text_with_more_than_a_number_is_none(text: str) -> None:
    assert whole_number(text) is None
