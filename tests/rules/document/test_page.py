"""A text as lines."""

from structgen.rules.document.page import lines_of


def test_lines_know_where_they_stand() -> None:
    text = "  a \r\n\n\tb\u2028c"
    assert [(line.text, text[line.start : line.end]) for line in lines_of(text)] == [("a", "a"), ("b", "b"), ("c", "c")]
