"""The figures of an evaluation as a page and as tables: everything in them is text."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from structgen.evaluate import Setting, evaluate
from structgen.report.evaluation_page import evaluation_html, evaluation_part
from structgen.report.evaluation_table import print_evaluation

HOSTILE = "<script>alert(1)</script>\x1b[2J\u202e"


def figures(**options: Any) -> dict[str, Any]:
    gold = [{"id": HOSTILE, "gold": {HOSTILE: "right", "b": ["x"]}}, {"id": "2", "gold": {HOSTILE: None, "b": []}}]
    rows = [{"id": HOSTILE, "value": {HOSTILE: HOSTILE, "b": ["y"]}}, {"id": "2", "value": {HOSTILE: None, "b": []}}]
    other = [{"id": HOSTILE, "value": {HOSTILE: "right", "b": ["x"]}}, {"id": "2", "value": {HOSTILE: "x", "b": []}}]
    against = Setting(rows=other, name=HOSTILE) if options.get("against") else None
    return evaluate({"type": "object"}, [*gold, {"id": HOSTILE}], rows=rows, against=against).to_json()


def test_the_page_escapes_everything_and_requests_nothing() -> None:
    page = evaluation_html(figures(against=True))
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert not {"\x1b", "\u202e"} & set(page)
    assert "default-src &#39;none&#39;" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "1 row of gold not scored" in page


def test_the_page_has_fields_mistakes_and_what_changed() -> None:
    page = evaluation_html(figures(against=True))
    for words in ("macro F1", "difference (95 %)", "2 documents changed: 1 better, 1 worse, 0 mixed", "3 mistakes"):
        assert words in page, words


def test_a_notebook_shows_a_part_without_a_page_around_it() -> None:
    part = evaluation_part(figures())
    assert part.lstrip().startswith("<section")
    assert "<html" not in part


def test_the_table_is_readable_in_narrow_terminals_and_no_character_acts() -> None:
    for width in (60, 80, 140):
        out = io.StringIO()
        print_evaluation(figures(against=True), Console(file=out, width=width))
        text = out.getvalue()
        assert max(map(len, text.splitlines())) <= width
        assert not {"\x1b", "\u202e"} & set(text)
        assert "/b" in text
        assert ("compared" in text) == (width == 140)
