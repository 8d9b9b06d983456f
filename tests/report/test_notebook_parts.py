"""Objects show themselves: as HTML in notebooks, as short text elsewhere, however large or hostile their texts are."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, Field

from structgen import Example, Extraction, ExtractionFailed, Schema, Task, extract
from structgen.batch import Summary
from structgen.core.records import Document, Usage
from structgen.evaluate import Evaluation, Setting, evaluate
from structgen.store import Run

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[2J\u202e"
KEY = "gsk_" + "a1b2" * 8


class Note(BaseModel):
    """A note."""

    title: str = Field(description=HOSTILE)
    pages: int | None = None


TASK = Task("note", Note, instructions=f"Read {HOSTILE}", examples=(Example(HOSTILE, {"title": HOSTILE}),))


def evaluation(against: bool = True) -> Evaluation:
    gold = [{"id": HOSTILE, "gold": {"a": "right", "b": ["x"]}}, {"id": "2", "gold": {"a": None, "b": []}}]
    rows = [{"id": HOSTILE, "value": {"a": HOSTILE, "b": ["y"]}}, {"id": "2", "value": {"a": None, "b": []}}]
    better = [{"id": HOSTILE, "value": {"a": "right", "b": ["x"]}}, {"id": "2", "value": {"a": None, "b": []}}]
    return evaluate(
        {"type": "object"}, gold, rows=rows, against=Setting(rows=better, name=HOSTILE) if against else None
    )


def run(**changes: Any) -> Run:
    about = {"id": 3, "command": f"structgen extract note in --api-key {KEY} {HOSTILE}", "task": HOSTILE}
    about |= {"model": "groq/a-model", "started": 1e9, "finished": 1e9 + 5, "rows": 12}
    return Run(**{**about, **changes})


SUMMARY = Summary(ok=3, incomplete=1, failed=1, unsupported=2, unsupported_at={f"/{HOSTILE}": 2}, seconds=3.2)

SHOWN: dict[str, Callable[[], Any]] = {
    "extraction": lambda: extract(Note, f"Title: {HOSTILE}\nPages: 3\n", model="rules"),
    "schema": lambda: Schema.of(Note),
    "task": lambda: TASK,
    "evaluation": evaluation,
    "run": run,
    "totals": lambda: SUMMARY,
}
every_object = pytest.mark.parametrize("name", SHOWN)


@every_object
def test_everything_in_a_part_is_escaped_and_nothing_acts_in_its_text(name: str) -> None:
    shown = SHOWN[name]()
    html = shown._repr_html_()
    assert "<script>alert" not in html
    assert "<img" not in html
    assert "alert(1)" in html
    for text in (html, str(shown), repr(shown)):
        assert not {"\x1b", "\u202e"} & set(text)


@every_object
def test_a_part_requests_nothing_and_shows_no_key(name: str) -> None:
    html = SHOWN[name]()._repr_html_()
    assert not re.search(r"https?:|url\(|@import|<link|fetch\(|import\(", html)
    assert not re.search(r"<[^>]* (src|on\w+)=", re.sub('"[^"]*"', "", html))
    assert KEY not in html + repr(SHOWN[name]()) + str(SHOWN[name]())


@every_object
def test_a_part_is_one_section_that_is_complete_without_scripts(name: str, read) -> None:
    html = SHOWN[name]()._repr_html_()
    page = read(html)
    assert [part.tag for part in page.parts if not isinstance(part, str)] == ["section"]
    assert page.one("section").attributes["aria-label"]
    if name != "extraction":
        assert "<script" not in html


@every_object
def test_a_part_takes_the_colours_of_jupyter_and_of_vs_code(name: str) -> None:
    style = SHOWN[name]()._repr_html_().partition("<style>")[2].partition("</style>")[0]
    assert "--ground: var(--vscode-editor-background, var(--jp-layout-color0, light-dark(" in style
    assert '[data-jp-theme-light="false"] .structgen-view' in style
    assert ".vscode-dark .structgen-view" in style
    assert ".vscode-high-contrast:not(.vscode-high-contrast-light) .structgen-view" in style


def test_a_schema_shows_its_outline_and_its_json_schema(read) -> None:
    page = read(Schema.of(Note)._repr_html_())
    outline, written = (part.text for part in page.all("pre"))
    assert "pages?: integer | null" in outline
    assert '"description": "A note."' in written
    assert repr(Schema.of(Note)) == "Schema(Note)"
    assert "pages?: integer | null" in str(Schema.of(Note))


def test_a_task_with_a_schema_that_cannot_be_used_shows_why() -> None:
    broken = Task("broken", {"type": "strnig"})
    for shown in (broken._repr_html_(), str(broken)):
        assert "/type should be" in shown.replace("&#34;", '"')


def test_a_run_shows_whether_it_has_ended() -> None:
    assert "finished" in run()._repr_html_()
    assert "took 5.0 s" in str(run())
    going = run(finished=None)
    assert "still going, or interrupted" in going._repr_html_()
    assert "took" not in str(going)


def test_totals_show_their_rows_and_the_paths_without_evidence(read) -> None:
    page = read(SUMMARY._repr_html_())
    assert [(bar.one(of="name").text, bar.one(of="number").text.split()[0]) for bar in page.all("li")][:3] == [
        ("ok", "3"),
        ("incomplete", "1"),
        ("failed", "1"),
    ]
    assert Summary()._repr_html_().count("<li") == 0


def test_an_evaluation_plots_each_field_with_its_figure_beside_it(read) -> None:
    page = read(evaluation(against=False)._repr_html_())
    bars = [(bar.one(of="name").text, bar.one(of="number").text) for bar in page.all("li")]
    assert bars == [("macro F1", "0.000"), ("/a", "0.000"), ("/b", "0.000")]
    both = read(evaluation()._repr_html_())
    assert [bar.one(of="number").text for bar in both.all("li")] == ["0.000", "1.000"] * 3
    assert repr(evaluation()).startswith("Evaluation(setting='rows', documents=2, macro_f1=0.0, against=")
    assert "macro F1" in str(evaluation())


def test_an_extraction_prints_as_a_table_of_its_values() -> None:
    found = extract(Note, "Title: Tide tables\nPages: 3\n", model="rules")
    lines = [line.split() for line in str(found).splitlines()]
    assert ["title", "Tide", "tables", "exact", "7"] in lines
    assert repr(found).startswith("Extraction(value=Note(title='Tide tables', pages=3)")


class Long(BaseModel):
    title: str
    number: int


def test_a_document_of_megabytes_makes_no_repr_of_megabytes() -> None:
    text = "Title: Tide tables\nNumber: 3\n" + "lorem ipsum dolor sit amet\n" * 40_000
    found = extract(Long, text, model="rules")
    assert isinstance(found, Extraction)
    with pytest.raises(ExtractionFailed) as failed:
        extract(Long, text.replace("Number: 3", ""), model="rules")
    for shown in (found, failed.value):
        assert len(shown._repr_html_() or "") < 100_000
    for shown in (found, found.attempts, found.attempts[0].request, Document(text), str(found), failed.value.attempts):
        assert len(repr(shown)) < 10_000


def test_a_short_repr_leaves_out_defaults_and_keeps_values_of_another_type() -> None:
    assert repr(Document("x", id="a")) == "Document(text='x', id='a')"
    assert repr(Extraction(0, cost=0.0)) == "Extraction(value=0, cost=0.0)"
    assert repr(Extraction("v", usage=Usage(1, 2, calls=1))).startswith(
        "Extraction(value='v', usage=Usage(input_tokens=1"
    )
