"""Other ways to write one and the same text: accents, markup, codes, quotes with an ellipsis."""

from __future__ import annotations

import enum
from uuid import UUID

import pytest

from tests.ground.conftest import Find


class Stock(enum.Enum):
    IN_STOCK = "in_stock"
    NO = "no"


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        ("José Müller", "by Jose Muller", "Jose Muller"),
        ("Jose Muller", "by José Müller", "José Müller"),
        ("Łódź", "in Lodz", "Lodz"),
        ("ΑΘΗΝΑ", "στην Αθήνα", "Αθήνα"),
        ("Jean Pierre", "Jean-Pierre said", "Jean-Pierre"),
        ("well-known", "a well known man", "well known"),
        ("Dr Smith", "by Dr. Smith", "Dr. Smith"),
        ("J. R. Smith", "by J R Smith", "J R Smith"),
        ("AT&T", "from AT&amp;T Inc", "AT&amp;T"),
        ("Smith & Co", "Smith and Co", "Smith and Co"),
        ("a € b", "a &#8364; b", "a &#8364; b"),
        ("the “best” pie", "the &quot;best&quot; pie", "the &quot;best&quot; pie"),
        ("the quick fox", "the **quick** fox", "the **quick** fox"),
        ("the quick fox", "the <b>quick</b> fox", "the <b>quick</b> fox"),
        ("the quick fox", "thé <B class='x'>quick</B> fox", "thé <B class='x'>quick</B> fox"),
        (Stock.IN_STOCK, "In-Stock now", "In-Stock"),
        (UUID(int=0x12345678ABCD56781234567812345678), "12345678abcd56781234567812345678", None),
        (
            "12345678-abcd-5678-1234-567812345678",
            "id 12345678abcd56781234567812345678",
            "12345678abcd56781234567812345678",
        ),
    ],
)
def test_the_same_text_written_otherwise_is_normalized(find: Find, value: object, text: str, evidence: str) -> None:
    assert find(value, text) == (evidence or text, "normalized")


@pytest.mark.parametrize(
    ("value", "text"),
    [("мой", "мои"), ("がく", "かく"), (Stock.NO, "no way"), ("foobar", "foo bar")],
)
def test_other_words_stay_other_words(find: Find, value: object, text: str) -> None:
    assert find(value, text) == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        ("415-555-1234", "call (415) 555-1234", "(415) 555-1234"),
        ("+1 415 555 1234", "at +1 (415) 555-1234 x", "+1 (415) 555-1234"),
        ("978-3-16-148410-0", "ISBN 9783161484100", "9783161484100"),
        ("9783161484100", "ISBN 978-3-16-148410-0", "978-3-16-148410-0"),
        ("4111 1111 1111 1111", "4111-1111-1111-1111", "4111-1111-1111-1111"),
        ("415-555-1234", "call 415-555-12345", None),
        ("415-555-1234", "call 1-415-555-1234", None),
        ("415-555-1234", "call A4155551234", None),
        ("192.168.1", "192.168.1.10", None),
        ("168.1.1022", "192.168.1.1022", None),
        ("415-555-1234", "415 555 " + "9" * 50, None),
    ],
)
def test_a_code_of_digits_may_have_other_marks_between(find: Find, value: str, text: str, evidence: str | None) -> None:
    assert find(value, text) == (evidence, "normalized" if evidence else "unsupported")


LONG = "Now the first words and many more in the middle, then the last words end."


@pytest.mark.parametrize("mark", ["...", " ... ", "…", " [...] ", " (…) "])
def test_a_quote_with_an_ellipsis_is_found_from_its_first_to_its_last_word(find: Find, mark: str) -> None:
    found = find(f"the first words{mark}the last words", LONG)
    assert found == ("the first words and many more in the middle, then the last words", "normalized")


def test_the_shortest_stretch_that_holds_all_pieces_is_taken(find: Find) -> None:
    text = "one two, and one two and then three four, three four"
    assert find("one two ... three four", text)[0] in ("one two and then three four", None)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("the last words ... the first words", LONG),
        ("the first words ... other words", LONG),
        ("first ... last", LONG),
        ("the first words ... the last words", "the first words" + " x" * 2_000 + " the last words"),
    ],
)
def test_pieces_out_of_order_too_short_or_far_apart_are_no_quote(find: Find, value: str, text: str) -> None:
    assert find(value, text)[0] is None


@pytest.mark.parametrize(
    ("value", "text", "evidence"),
    [
        ("DE89370400440532013000", "IBAN DE89 3704 0044 0532 0130 00.", "DE89 3704 0044 0532 0130 00"),
        ("GB82WEST12345698765432", "IBAN GB82 WEST 1234 5698 7654 32.", "GB82 WEST 1234 5698 7654 32"),
        ("DE89 3704 0044 0532 0130 00", "IBAN DE89370400440532013000.", "DE89370400440532013000"),
        ("DE89370400440532013000", "IBAN DE89 3704 0044 0532 0130 01.", None),
        ("DE89370400440532013000", "IBAN DE89 3704 0044 0532 0130 0012.", None),
    ],
)
def test_the_number_of_an_account_stands_there_in_groups_of_four(
    find: Find, value: str, text: str, evidence: str | None
) -> None:
    assert find(value, text) == (evidence, "normalized" if evidence else "unsupported")
