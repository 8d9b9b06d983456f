"""What a report reads, and how it says what it leaves out of its table."""

from __future__ import annotations

import gzip
import json
import re
from base64 import b64decode
from typing import Any

import pytest

from structgen.core.records import Evidence, Status
from structgen.report.evaluation_figures import evaluation_view
from structgen.report.reported import Reported, ReportFacts
from structgen.report.run_report import report_html, summary_of, values_to_check
from structgen.report.view import View


def document(number: int, value: Any = None) -> Reported:
    return Reported(f"text {number}", "", "ok", View(value), {"value": value}, value, f"The text {number}.")


def blocks(html: str) -> list[list[str]]:
    found = re.findall(r'id="block\d+">([^<]*)<', html)
    return [one for block in found for one in json.loads(gzip.decompress(b64decode(block)))]


def test_each_document_is_read_once() -> None:
    read: list[int] = []

    def documents():
        for number in range(60):
            read.append(number)
            yield document(number, {"number": number})

    html = report_html(ReportFacts("x"), documents())
    assert read == list(range(60))
    assert [json.loads(row)["value"]["number"] for _, row in blocks(html)] == read


def test_a_deeply_nested_value_is_kept_like_others() -> None:
    value: Any = 1
    for _ in range(900):
        value = [value]
    ((_, deep), (_, flat)) = blocks(report_html(ReportFacts("x"), [document(0, value), document(1, 2)]))
    assert deep.count("[") == 900
    assert json.loads(flat) == {"value": 2}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": [1, 2, 3]}, "a: [1, 2, 3]"),
        ({"a": list(range(12))}, "a: [0, 1, 2, 3, 4, 5, 6, 7, and 4 more]"),
        (list(range(9)), "[0, 1, 2, 3, 4, 5, 6, 7, and 1 more]"),
        ({"a": None, "b": "x"}, "b: x"),
        ({"a": "x" * 50, "b": "y" * 50, "c": "z" * 60, "d": None}, f"a: {'x' * 50} · b: {'y' * 50} · c: {'z' * 60}"),
        (
            {"a": "x" * 50, "b": "y" * 50, "c": "z" * 60, "d": 1, "e": 2},
            f"a: {'x' * 50} · b: {'y' * 50} · c: {'z' * 60} · …",
        ),
    ],
)
def test_the_table_says_that_it_shows_only_the_beginning_of_a_value(value, shown) -> None:
    assert summary_of(View(value)) == shown


def test_a_value_to_check_that_is_a_long_list_says_how_many_items_it_does_not_show() -> None:
    view = View({"a": list(range(20))}, evidence=(Evidence("/a", None, None, None, Status.UNSUPPORTED),))
    assert [value for _, _, value in values_to_check(view)] == ["[0, 1, 2, 3, 4, 5, 6, 7, and 12 more]"]


def test_a_mistake_says_how_much_of_a_long_answer_is_not_shown() -> None:
    figures = {"mistakes": [{"id": "1", "path": "/a", "verdict": "wrong", "gold": "x" * 1_000, "value": ["y"]}]}
    (line,) = evaluation_view(figures, changes=1, mistakes=1).mistakes
    assert (line.gold, line.value) == (f"{'x' * 300}… (700 more characters)", '["y"]')
