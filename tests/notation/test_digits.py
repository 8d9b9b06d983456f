"""What digits with marks between them may mean, before anything around them is looked at."""

from __future__ import annotations

import pytest

from structgen.notation.digits import Digits, ways_to_read


@pytest.mark.parametrize(
    ("written", "ways"),
    [
        ("1299", [Digits("1299")]),
        ("1.299", [Digits("1299", group="."), Digits("1.299", ".")]),
        ("1'299,5", [Digits("1299.5", ",", "'")]),
        ("12,34,567", [Digits("1234567", group=",")]),
        ("1٬299", [Digits("1299", group=",")]),
        ("1٫299", [Digits("1.299", ".")]),
        ("1,299,5", []),
        ("1,", []),
        ("1\u20e3", []),
        ("", []),
    ],
)
def test_marks_are_groups_or_a_point(written: str, ways: list[Digits]) -> None:
    assert list(ways_to_read(written)) == ways
