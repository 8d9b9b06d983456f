"""A number that is written in any style that is supported has itself among its readings, and is read whole."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import example, given, settings
from hypothesis import strategies as st

from structgen.notation.numbers import read_numbers

SEPARATORS = [("", "."), ("", ","), (",", "."), (".", ","), ("'", "."), ("’", "."), (" ", ","), ("\u00a0", ",")]
SEPARATORS += [("\u202f", ","), ("\u2009", "."), ("\u066c", "\u066b")]
SCRIPTS = ["0123456789", "٠١٢٣٤٥٦٧٨٩", "०१२३४५६७८९", "０１２３４５６７８９"]
SCALES = [
    ("", 0),
    (" million", 6),
    (" Mio.", 6),
    ("bn", 9),
    (" thousand", 3),
    ("k", 3),
    (" lakh", 5),
    ("万", 4),
    ("e3", 3),
]
CURRENCIES = [("", ""), ("$", ""), ("", " €"), ("EUR ", ""), ("", " kr"), ("US$", ""), ("", " USD")]
SIGNS = ["", "-", "−", "+", "minus "]


def grouped(digits: str, separator: str, *, lakhs: bool) -> str:
    """The digits of an integer in groups of three, or in the Indian way."""
    size, groups, rest = 3, list[str](), digits
    while rest:
        groups.insert(0, rest[-size:])
        rest, size = rest[:-size], 2 if lakhs else 3
    return separator.join(groups)


@settings(deadline=None, max_examples=400)
@given(
    st.decimals(0, 10**12, places=2) | st.integers(0, 10**12).map(Decimal) | st.decimals(0, 1, places=4),
    st.sampled_from(SEPARATORS),
    st.sampled_from(SCRIPTS),
    st.sampled_from(SCALES),
    st.sampled_from(CURRENCIES),
    st.sampled_from(SIGNS),
    st.booleans(),
    st.sampled_from(["", "about ", "Total: ", "[", "\n"]),
    st.sampled_from(["", ".", " in all", ", then", "\n", "]"]),
)
@example(Decimal(1299), (",", "."), SCRIPTS[0], ("", 0), ("", ""), "-", False, "", "")
def test_a_written_number_has_itself_among_its_readings_and_is_read_whole(
    value: Decimal,
    marks: tuple[str, str],
    script: str,
    scale: tuple[str, int],
    currency: tuple[str, str],
    sign: str,
    lakhs: bool,
    before: str,
    after: str,
) -> None:
    whole, _, decimals = format(value, "f").partition(".")
    digits = grouped(whole, marks[0], lakhs=lakhs and marks[0] == ",") + (marks[1] + decimals if decimals else "")
    if scale[0] == "万" and marks[1] == ",":
        scale = ("", 0)  # nobody who writes this scale writes decimals so
    if scale[0] and scale[0][0].isalpha() and currency[1]:
        currency = ("", "")
    written = f"{sign}{currency[0]}{digits.translate(str.maketrans(SCRIPTS[0], script))}{scale[0]}{currency[1]}"
    expected = (-1 if sign in ("-", "−", "minus ") else 1) * value * Decimal(10) ** scale[1]
    text = before + written + after
    found = [
        (number, one)
        for number in read_numbers(text)
        for one in number.readings
        if one.value == expected and not one.percent
    ]
    assert found, text
    number, one = found[0]
    assert one.end == len(before + written) - len(currency[1])
    assert one.start == len(before) if one.value < 0 else one.start <= len(before + sign + currency[0])
    assert number.start <= len(before)
    assert number.end >= len(before + written)
