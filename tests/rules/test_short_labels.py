"""Labels without the noun that ends the name of a field."""

from typing import Any

import pytest

TIME = {"type": ["string", "null"], "format": "time"}


@pytest.mark.parametrize(
    ("name", "kind", "line", "value"),
    [
        ("flight_number", "string", "Flight: LX 318", "LX 318"),
        ("room_number", "string", "Room: 12b", "12b"),
        ("room_number", "string", "Room: double, lake view", None),
        ("cab_number", "string", "Cab No. 4412", "4412"),
        ("claim_id", "string", "Claim: C-88", "C-88"),
        ("passenger_name", "string", "Passenger: Lena Voss", "Lena Voss"),
        ("passenger_name", "string", "Passenger: 2", None),
        ("plot_address", "string", "Plot: 5 Canal Street, Leeds", "5 Canal Street, Leeds"),
        ("vat_rate", "number", "VAT: 20%", 20),
        ("vat_rate", "number", "VAT: 20.00", None),
        ("boarding_time", TIME, "Boarding: 14:05", "14:05:00"),
        ("first_name", "string", "First: lunch", None),
        ("order_date", {"type": ["string", "null"], "format": "date"}, "Order: 4711", None),
    ],
)
def test_a_label_without_its_noun_needs_a_value_that_looks_like_it(
    ask_one: Any, name: str, kind: Any, line: str, value: object
) -> None:
    assert ask_one(f"{line}\nRemark: none\n", name, kind) == value


def test_a_short_label_is_not_taken_from_the_field_that_has_its_name(ask: Any) -> None:
    assert ask("Room: 12\n", room="string", room_number="string") == {"room": "12", "room_number": None}
    assert ask("Room: 12\nRoom number: 14\n", room_number="string") == {"room_number": "14"}


@pytest.mark.parametrize(
    ("name", "line", "value"),
    [
        ("sender", "From: Ann Lee", "Ann Lee"),
        ("recipient", "To: Bob Ray", "Bob Ray"),
        ("origin", "From: Hamburg", None),
        ("destination", "Arrival airport: Munich", "Munich"),
        ("sender", "From: 9:00", None),
        ("nationality", "Staatsangehörigkeit: dänisch", "dänisch"),
    ],
)
def test_common_words_are_labels_of_those_fields_alone_that_ask_for_them(
    ask_one: Any, name: str, line: str, value: str | None
) -> None:
    assert ask_one(f"{line}\nRemark: none\n", name) == value
    assert ask_one(f"{line}\nRemark: none\n", "author") is None
