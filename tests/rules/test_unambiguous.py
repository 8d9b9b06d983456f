"""Numbers, amounts, durations and dates: a value if there is exactly one reading."""

from datetime import date
from typing import Any

import pytest

from structgen.core.options import DateOrder
from structgen.notation.style import Style
from structgen.rules.unambiguous import (
    find_amounts,
    find_date,
    find_number,
    is_currency,
    iso,
    leading_duration,
    leading_number,
    only_day,
    only_moment,
)


@pytest.mark.parametrize(
    ("written", "mark", "value"),
    [
        ("12", "", 12),
        ("3,14", "", 3.14),
        ("1.299,50", "", 1299.5),
        ("1,299.50", "", 1299.5),
        ("1,299,000", "", 1299000),
        ("1'299.50", "", 1299.5),
        ("0.125", "", 0.125),
        (".5", "", 0.5),
        ("-3", "", -3),
        ("1,299", "", None),
        ("1,299", ".", 1299),
        ("1,299", ",", 1.299),
        ("1.2.34", "", None),
        ("1,2,3.4.5", "", None),
    ],
)
def test_a_number_is_read_only_where_one_reading_is_possible(written: str, mark: str, value: float | None) -> None:
    found = find_number(written, Style(mark))
    assert (found and found.value) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("1 ½ cups", 1.5), ("½", 0.5), ("3/4 cup", 0.75), ("1 1/2 tsp", 1.5), ("1/0", None), ("none", None)],
)
def test_fractions_are_numbers(text: str, value: float | None) -> None:
    found = find_number(text, Style())
    assert (found and found.value) == value


@pytest.mark.parametrize(
    ("text", "written", "currency", "value"),
    [
        ("RM 14.10", "14.10", "RM", 14.1),
        ("$8.20", "8.20", "$", 8.2),
        ("1,299.00 €", "1,299.00", "€", 1299),
        ("12,50 EUR", "12,50", "EUR", 12.5),
        ("12.50USD", "12.50", "USD", 12.5),
        ("1 299,00 kr", "1 299,00", "kr", 1299),
        ("CAB 12", "12", None, 12),
        (".50", ".50", None, 0.5),
        ("99,-", "99,-", None, 99),
    ],
)
def test_an_amount_knows_its_currency(text: str, written: str, currency: str | None, value: float) -> None:
    (amount,) = find_amounts(text, Style())
    assert amount.written == written
    assert (text[slice(*amount.currency)] if amount.currency else None) == currency
    assert amount.value == value


def test_words_are_no_currency() -> None:
    assert is_currency("EUR")
    assert not is_currency("THE")
    assert not is_currency("payable")


NUMBER = {"type": ["number", "null"]}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("Price: 1 299 500 kr", 1299500),
        ("Price: 1 299 500", 1299500),
        ("Price: 1 299 kr", 1299),
        ("Price: 1 299,50 kr", 1299.5),
        ("Price: 1\u00a0299\u00a0500 kr", 1299500),
        ("Price: 1\u202f299,50 €", 1299.5),
        ("Price: 1.299.500 kr", 1299500),
        ("Price: 1'299.50 CHF", 1299.5),
        ("Price: ₹1,00,000", 100000),
        ("Price: １２３４", 1234),
        ("Price: １，２９９，５００", 1299500),
        ("Price: 3 million kr", 3000000),
        ("Price: $1.2 million", 1200000),
        ("Price: 3 Mio. EUR", 3000000),
        ("Price: 1.5k", 1500),
        ("Price: 2e3", 2000),
        ("Price: (45.00)", -45),
        ("Price: ($45.00)", -45),
        ("Price: -5.5", -5.5),
        ("Price: \u22125.5", -5.5),
        ("Price: -$20", -20),
        ("Price: $-20", -20),
        ("Price: 20.00-", -20),
        ("Price: .50", 0.5),
        ("Price: 12,- kr", 12),
        ("Price: 1,299", None),
        ("Price: 35€ 99", None),
        ("Price: $5-$10", None),
        ("Price: $5 to $10", None),
        ("Price: $5-10", None),
        ("Price: 5-10 €", None),
        ("Total: $5-10", None),
        ("Price: 1.2.3", None),
        ("Weight: 1 299 500 g", 1299500),
        ("Weight: 2 1/2 cups", 2.5),
        ("Weight: 2½ cups", 2.5),
        ("Weight: 0.3333 cup", 0.3333),
        ("Weight: 3 million", 3000000),
        ("Weight: 1.5k", 1500),
        ("Weight: 2e3 g", 2000),
        ("Weight: 6.02 × 10^23", 602000000000000000000000),
        ("Weight: -5.5", -5.5),
        ("Weight: \u22125.5", -5.5),
        ("Weight: .5 kg", 0.5),
        ("Weight: (45.00)", -45),
        ("Weight: (45)", 45),
        ("Weight: twelve", 12),
        ("Weight: 45 %", 45),
        ("Weight: 4-6", None),
        ("Weight: 4–6 kg", None),
        ("Weight: 4 to 6 kg", None),
        ("Weight: 3-4 million", None),
        ("Weight: 300 K", None),
        ("Weight: <5", None),
        ("Weight: 2 x 400 g", None),
        ("Weight: 2 3/7 cups", None),
        ("Weight: 12 34 567", None),
        ("Weight: 10:30", None),
        ("Weight: 12/2020", None),
        ("Weight: 192.168.1.1", None),
        ("Weight -4", None),
        ("Weight: - 5", None),
        ("Price: - $20", None),
        ("Weight: 7/10", None),
        ("Weight 4", 4),
        ("4 Weight", 4),
    ],
)
def test_a_labelled_number_is_never_cut_short(ask_one: Any, line: str, value: float | None) -> None:
    assert ask_one(line, line.strip("4 ").split(":")[0].split()[0].lower(), NUMBER) == value


@pytest.mark.parametrize(
    ("line", "value"), [("Rating: 8/10", 8), ("Rating: 4.3 of 5", 4.3), ("Rating: 4.3/5", 4.3), ("Rating: 3-4", None)]
)
def test_a_rating_is_what_stands_before_the_best_there_is(ask_one: Any, line: str, value: float | None) -> None:
    assert ask_one(line, "rating", NUMBER) == value


@pytest.mark.parametrize(
    ("line", "value"), [("1,120 reviews\n4.5 stars", 1120), ("112 reviews", 112), ("5 112 reviews", None)]
)
def test_a_number_before_its_label_is_whole(ask_one: Any, line: str, value: int | None) -> None:
    assert ask_one(line, "review_count", {"type": ["integer", "null"]}) == value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("2 1/2 cups", "2 1/2"),
        ("1½ cups", "1½"),
        ("½ cup", "½"),
        ("2-3 eggs", "2-3"),
        ("250g flour", "250"),
        ("2 14-oz tins", "2"),
        ("2 dozen eggs", "2 dozen"),
        ("1.5 kg", "1.5"),
        ("2 400 g tins", None),
        ("2 x 400 g", None),
        ("50% cream", None),
        ("salt", None),
        ("1/2/3", None),
    ],
)
def test_the_number_that_a_text_begins_with_ends_where_its_digits_do(text: str, number: str | None) -> None:
    end = leading_number(text)
    assert (None if end is None else text[:end]) == number


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("1 hr 20 min", 80),
        ("2 hours hrs 30 minutes mins", 150),
        ("PT1H20M", 80),
        ("P1DT2H", 1560),
        ("1h30", 90),
        ("1:30 h", 90),
        ("1 ½ hours", 90),
        ("1.5 hours", 90),
        ("90 Min.", 90),
        ("2 uur en 5 min", 125),
        ("1 Std. 10 Min.", 70),
        ("30-40 min", None),
        ("30 min - 40 min", None),
        ("30 min to 40 min", None),
        ("soon", None),
        ("20", None),
        ("20 g", None),
        ("P", None),
        ("10 min 5 min", 10),
        ("10 min hours", 10),
    ],
)
def test_a_duration_needs_its_unit_and_is_no_range(text: str, minutes: float | None) -> None:
    found = leading_duration(text, Style())
    assert (found and found.value / 60) == minutes


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("25/12/2018", "2018-12-25"),
        ("2018-12-25", "2018-12-25"),
        ("12/25/18", "2018-12-25"),
        ("05 MAR 2018", "2018-03-05"),
        ("3. Mai 2021", "2021-05-03"),
        ("13 de abril de 2020", "2020-04-13"),
        ("March 3rd, 2020", "2020-03-03"),
        ("05/05/2019", "2019-05-05"),
        ("03/04/2020", None),
    ],
)
def test_a_date_becomes_iso_only_where_day_and_month_are_certain(text: str, iso: str | None) -> None:
    found = find_date(f"on {text} there")
    assert found
    assert (day := only_day(found, None)) == (day and date.fromisoformat(iso or ""))
    assert (day is None) == (iso is None)


def test_day_and_month_are_settled_by_the_habit_of_the_document() -> None:
    found = find_date("03/04/2020")
    assert found
    assert only_day(found, DateOrder.DMY) == date(2020, 4, 3)
    assert only_day(found, DateOrder.MDY) == date(2020, 3, 4)


@pytest.mark.parametrize("text", ["May", "10", "1.2.3", "32/01/2020", "30/02/2020", "10 maybe 2020", "192.168.10.2020"])
def test_what_only_looks_like_a_date_is_none(text: str) -> None:
    assert find_date(text) is None


def test_eight_digits_are_a_date_where_they_read_as_one_alone() -> None:
    for text in ("25122018", "20181225"):
        found = find_date(f"no {text} here")
        assert found
        assert only_day(found, None) == date(2018, 12, 25)
    assert find_date("99999999 12345678") is None
    assert find_date("25122018 then 3 May 2019") == find_date("         then 3 May 2019")


@pytest.mark.parametrize(
    ("text", "timed"),
    [
        ("2020-01-02T10:11:12Z", "2020-01-02T10:11:12Z"),
        ("05 MAR 2018 18:24", "2018-03-05T18:24:00"),
        ("05 MAR 2018 7:41 PM", "2018-03-05T19:41:00"),
        ("05 MAR 2018", None),
        ("05 MAR 2018 99:00", None),
    ],
)
def test_a_time_of_day_is_taken_only_where_it_is_printed(text: str, timed: str | None) -> None:
    found = find_date(text)
    assert found
    read = only_moment(text, found, None)
    assert (read and iso(read.value)) == timed


DAY = {"type": ["string", "null"], "format": "date"}
MOMENT = {"type": ["string", "null"], "format": "date-time"}
CLOCK = {"type": ["string", "null"], "format": "time"}
MINUTES = {"type": ["integer", "null"]}


@pytest.mark.parametrize(
    ("line", "schema", "value"),
    [
        ("Start: 12. März 2024", DAY, "2024-03-12"),
        ("Start: the 3rd of May 2024", DAY, "2024-05-03"),
        ("Start: 12.05.2018", DAY, "2018-05-12"),
        ("Start: 2024年9月4日", DAY, "2024-09-04"),
        ("Start: Fri 3 May 2019", DAY, "2019-05-03"),
        ("Start: Mon 3 May 2019", DAY, None),
        ("Start: 03/04/2020", DAY, None),
        ("Start: 25/04/2020", DAY, "2020-04-25"),
        ("Start: 3-5 March 2024", DAY, None),
        ("Start: 1/3/2020 - 5/3/2020", DAY, None),
        ("Start: May 3 - June 4, 2024", DAY, None),
        ("Start: 3 May 2024 - 4 June 2024", DAY, None),
        ("Start: 2024-05-03/2024-06-04", DAY, None),
        ("Start: 3 May 2024 or 4 May 2024", DAY, None),
        ("Start: 24-05-13", DAY, None),
        ("Start: May 2024", DAY, None),
        ("Start: 30 days after 3 May 2024", DAY, None),
        ("Start: 3 May 2024 + 30 days", DAY, None),
        ("Start: not 3 May 2024", DAY, None),
        ("Start: by 3 May 2024", DAY, "2024-05-03"),
        ("Start: 3 May 2024, 14:30", MOMENT, "2024-05-03T14:30:00"),
        ("Start: 3 May 2024 2.30 pm", MOMENT, "2024-05-03T14:30:00"),
        ("Start: 2024-05-03T14:30:00+02:00", MOMENT, "2024-05-03T14:30:00+02:00"),
        ("Start: 3 May 2024", MOMENT, None),
        ("Start: 2.30 pm", CLOCK, "14:30:00"),
        ("Start: 14 Uhr 30", CLOCK, "14:30:00"),
        ("Start: 9:00-17:00", CLOCK, None),
        ("Start: 14:30, 15:30", CLOCK, None),
        ("Start: 2.30", CLOCK, None),
    ],
)
def test_a_date_or_time_is_taken_if_it_can_be_one_only(ask_one: Any, line: str, schema: Any, value: str | None) -> None:
    assert ask_one(line, "start", schema) == value


@pytest.mark.parametrize(
    ("line", "minutes"),
    [
        ("Wait: 90 min", 90),
        ("Wait: 1 hour and 5 minutes", 65),
        ("Wait: 1½ hours", 90),
        ("Wait: an hour and a half", 90),
        ("Wait: 1 500 min", None),
        ("Wait: 1 heure 30 minutes", 90),
        ("Wait: 30 min (20 min baking)", 30),
        ("Wait: 30 min, 4 servings", 30),
        ("Wait: 2-3 hours", None),
        ("Wait: 30 min + 1 hour", None),
        ("Wait: 30 min / 1 hour", None),
        ("Wait: 2 hours+", None),
        ("Wait: 2 or 3 hours", None),
        ("Wait: 1 h 10", None),
        ("Wait: 3 months", None),
        ("Wait: 20", None),
    ],
)
def test_a_duration_is_taken_if_it_can_be_one_only(ask_one: Any, line: str, minutes: int | None) -> None:
    assert ask_one(line, "wait_minutes", MINUTES) == minutes


@pytest.mark.parametrize(
    "written",
    [
        "( 45.00 )",
        "12 .50",
        "1. 299,50",
        "12 € 50",
        "$5.00 T",
        "20.00 CR",
        "12, 14",
        "12 and 14",
        "5' 10",
        "12+",
        ",5",
        "up to 12",
        "at least 12",
        "mindestens 12",
        "bis 12",
        "not 12",
        "±5",
        "12/14",
        "10/2",
        "1..5",
        "1_000",
        "12€50",
        "20-",
    ],
)
@pytest.mark.parametrize("name", ["Weight", "Price", "Total"])
def test_what_may_be_another_number_is_none(ask_one: Any, name: str, written: str) -> None:
    assert ask_one(f"{name}: {written}", name.lower(), NUMBER) is None


@pytest.mark.parametrize("written", ["40s", "40's", "40ish", "40-ish"])
def test_a_decade_or_about_a_number_is_none(ask_one: Any, written: str) -> None:
    assert ask_one(f"Age: {written}", "age", NUMBER) is None


@pytest.mark.parametrize(
    ("line", "count"),
    [("Weight: 1,299", 1299), ("Weight: 1.299", 1299), ("Weight: 12,000", None), ("Weight: 12.5", None)],
)
def test_for_an_integer_only_whole_readings_count(ask_one: Any, line: str, count: int | None) -> None:
    assert ask_one(line, "weight", {"type": ["integer", "null"]}) == count
