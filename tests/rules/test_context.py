"""A part of a longer text is read with the lines above it."""

from typing import Any

import pytest

from structgen.core.records import Passage
from structgen.rules import extract_below, extract_by_rules

DATE = {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"date": DATE, "colour": {"type": ["string", "null"]}},
    "required": ["date", "colour"],
}
WHOLE = "Report\nDate: 3 May 2024\nsomething else\nColour: red\n"
AT = WHOLE.index("Colour")


def test_a_value_above_a_part_has_a_negative_place() -> None:
    line = WHOLE.index("Date")
    above = (Passage(-AT, "Report"), Passage(line - AT, "Date: 3 May 2024"))
    found = extract_below(above, WHOLE[AT:], lambda text: extract_by_rules(SCHEMA, text))
    assert found.value == {"date": "2024-05-03", "colour": "red"}
    places = {piece.path: (piece.start, piece.end) for piece in found.evidence}
    for path, words in (("/date", "3 May 2024"), ("/colour", "red")):
        start, end = places[path]
        assert start is not None
        assert end is not None
        assert WHOLE[AT + start : AT + end] == words


def test_a_value_below_a_label_that_is_above_the_part_is_in_the_part() -> None:
    found = extract_below((Passage(-9, "Colour:"),), "red\n", lambda text: extract_by_rules(SCHEMA, text))
    assert found.value == {"date": None, "colour": "red"}
    assert [(piece.start, piece.end, piece.text) for piece in found.evidence] == [(0, 3, "red")]


@pytest.mark.parametrize("text", ["Colour: red", ""])
def test_a_text_with_nothing_above_it_is_read_alone(text: str) -> None:
    assert extract_below((), text, lambda one: extract_by_rules(SCHEMA, one)) == extract_by_rules(SCHEMA, text)
