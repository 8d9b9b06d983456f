"""The values of two records in one text are not mixed."""

from typing import Any


def test_values_of_two_records_are_not_mixed(ask: Any) -> None:
    text = "Name: Ann\nAge: 30\n\nName: Bob\nCity: Ely\n"
    assert ask(text, name="string", age="integer", city="string") == {"name": None, "age": None, "city": None}


def test_values_of_one_record_are_kept(ask: Any) -> None:
    text = "Name: Ann\nAge: 30\nCity: Ely\n\nName: Bob\n"
    assert ask(text, name="string", age="integer", city="string") == {"name": None, "age": 30, "city": "Ely"}


def test_a_label_that_comes_again_with_the_same_value_begins_no_record(ask: Any) -> None:
    text = "Name: Ann\nAge: 30\nPage 2\nName: Ann\nCity: Ely\n"
    assert ask(text, name="string", age="integer", city="string") == {"name": "Ann", "age": 30, "city": "Ely"}
