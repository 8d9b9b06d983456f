"""The review page in a real browser: decisions by keyboard, kept by the browser, saved as corrections."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from structgen import fields
from structgen.batch import Row, RowStatus
from structgen.core.records import Evidence, Status
from structgen.evaluate.review import ReviewDocument, learn, read_corrections, review_html, review_queue
from structgen.evaluate.review.review_page import ReviewTask

HOSTILE = "<script>alert(1)</script> </script><img src=x onerror=alert(2)>"
TEXT = f"Soup for 4.\nPaid 3.50 and 3.50.\n{HOSTILE}\n" + "More words.\n" * 300 + "Chef: Ann\n"
SCHEMA = fields("dish, serves int?, price float?, kind: hot|cold?, chef?, code int?")
LONG = 12345678901234567890


def piece(path: str, words: str, status: Status = Status.EXACT) -> Evidence:
    start = TEXT.index(words)
    return Evidence(path, start, start + len(words), words, status)


ROW = Row(
    "soup",
    "soup.txt",
    RowStatus.OK,
    value={"dish": HOSTILE, "serves": 5, "price": 3.5, "kind": "hot", "chef": "Ann", "code": LONG},
    evidence=(
        Evidence("/dish", None, None, None, Status.UNSUPPORTED),
        Evidence("/serves", None, None, None, Status.UNSUPPORTED),
        piece("/price", "3.50", Status.AMBIGUOUS),
        Evidence("/kind", None, None, None, Status.UNSUPPORTED),
        piece("/chef", "Ann", Status.AMBIGUOUS),
    ),
)
FAILED = Row("stew", "stew.txt", RowStatus.FAILED, error="The server is down.")


@pytest.fixture
def html() -> str:
    documents = [ReviewDocument(ROW, TEXT), ReviewDocument(FAILED, "Stew for 6")]
    return review_html(review_queue(documents), documents, ReviewTask("dish", SCHEMA))


@pytest.fixture
def page(html: str, open_page: Any) -> Any:
    opened = open_page(html)
    opened.evaluate("localStorage.clear()")  # the tests share a window
    opened.reload()
    opened.locator("#queue button").first.wait_for()
    return opened


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def field(page: Any) -> str:
    return page.locator("#field").inner_text()


def downloaded(page: Any, path: Path, how: str = "s") -> list[dict[str, Any]]:
    with page.expect_download() as download:
        press(page, how)
    assert download.value.suggested_filename == "corrections.jsonl"
    download.value.save_as(path)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_everything_is_decided_by_keyboard_and_saved(page: Any, tmp_path: Path) -> None:
    assert field(page) == "(the whole value)"
    press(page, "j")
    assert field(page) == "/dish"
    press(page, "r")  # and on to the next one without a decision
    assert field(page) == "/serves"
    press(page, "c")
    press(page, "Control+a")
    page.keyboard.type("4")
    press(page, "Enter")
    assert field(page) == "/kind"
    press(page, "a")
    assert page.locator("#progress").inner_text() == "3 of 6 decided"
    lines = downloaded(page, tmp_path / "corrections.jsonl")
    assert [(line["path"], line["decision"], line["value"]) for line in lines] == [
        ("/dish", "reject", None),
        ("/serves", "correct", 4),
        ("/kind", "accept", "hot"),
    ]


def test_what_is_saved_can_be_learnt_from(page: Any, tmp_path: Path) -> None:
    press(page, "j", "j", "c", "Control+a")
    page.keyboard.type("4")
    press(page, "Enter")
    path = tmp_path / "corrections.jsonl"
    downloaded(page, path)
    good, refused = read_corrections(path, "dish")
    lessons = learn(good, SCHEMA)
    assert not refused
    (row,) = lessons.gold
    assert row.value == {**ROW.value, "serves": 4}  # the long number too: JavaScript would round it
    assert row.text == TEXT
    assert row.open == ("/dish", "/kind", "/price", "/chef")


def test_a_closed_page_loses_nothing(page: Any) -> None:
    press(page, "j", "a", "r")
    page.reload()
    page.locator("#queue button").first.wait_for()
    assert page.locator("#progress").inner_text() == "2 of 6 decided"
    press(page, "j")
    assert page.locator("#decided").inner_text() == "Accepted"


def test_undo_takes_a_decision_back(page: Any) -> None:
    press(page, "j", "a", "k", "u")
    assert page.locator("#progress").inner_text() == "0 of 6 decided"


@pytest.mark.parametrize(
    ("downs", "typed", "said"),
    [(2, "four", "This is no integer"), (2, "4.5", "This is no integer"), (3, "warm", "Give one of: hot, cold")],
)
def test_a_correction_of_the_wrong_type_is_refused_where_it_is_typed(
    page: Any, downs: int, typed: str, said: str
) -> None:
    press(page, *["j"] * downs, "c", "Control+a")
    page.keyboard.type(typed)
    press(page, "Enter")
    assert said in page.locator("#wrong").inner_text()
    press(page, "Escape")
    assert not page.locator("#editor").is_visible()
    assert page.locator("#progress").inner_text() == "0 of 6 decided"


def test_keys_that_are_typed_into_a_correction_decide_nothing(page: Any) -> None:
    press(page, "j", "c", "Control+a")
    page.keyboard.type("arcusn?")
    assert page.locator("#right").input_value() == "arcusn?"
    press(page, "Enter")
    assert page.locator("#progress").inner_text() == "1 of 6 decided"


def test_the_field_is_highlighted_in_the_text_and_scrolled_to(page: Any) -> None:
    while field(page) != "/chef":
        press(page, "j")
    mark = page.locator("mark.pinned")
    assert mark.inner_text() == "Ann"
    pane, box = page.locator(".document").bounding_box(), mark.bounding_box()
    assert pane["y"] <= box["y"] < pane["y"] + pane["height"]


def test_a_document_full_of_markup_is_text(page: Any) -> None:
    press(page, "j")
    assert page.locator("#value").inner_text() == HOSTILE
    assert HOSTILE in page.locator(".document pre").inner_text()
    assert page.locator("img").count() == 0


def test_the_keys_are_explained_and_every_action_has_a_button(page: Any) -> None:
    press(page, "?")
    assert page.locator("#help").is_visible()
    press(page, "a")
    assert page.locator("#progress").inner_text() == "0 of 6 decided"
    press(page, "Escape", "j")
    for name in ("Accept", "Correct", "Reject"):
        assert page.get_by_role("button", name=f"{name} {name[0].lower()}").is_enabled()
    page.get_by_role("button", name="Accept a").click()
    assert page.locator("#progress").inner_text() == "1 of 6 decided"


def test_the_tab_key_reaches_the_queue_the_decisions_and_the_text_in_this_order(page: Any) -> None:
    press(page, "j")
    seen: list[str] = []
    for _ in range(40):
        press(page, "Tab")
        seen.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    wanted = ["download", "copy", "accept", "correct", "reject", "pane fields", "pane document"]
    assert [name for name in seen if name in wanted][: len(wanted)] == wanted


def test_nothing_is_saved_before_a_decision(page: Any) -> None:
    press(page, "s")
    assert page.locator("#said").inner_text() == "Nothing is decided yet"


def test_a_document_without_a_value_cannot_be_accepted_but_corrected(page: Any, tmp_path: Path) -> None:
    press(page, "a")
    assert page.locator("#progress").inner_text() == "0 of 6 decided"
    press(page, "c", "Control+a")
    page.keyboard.type('{"dish": "Stew"}')
    press(page, "Enter")
    (line,) = downloaded(page, tmp_path / "corrections.jsonl")
    assert (line["path"], line["value"], line["text"]) == ("", {"dish": "Stew"}, "Stew for 6")


def test_the_correction_of_a_document_without_a_value_begins_with_its_fields(page: Any, tmp_path: Path) -> None:
    press(page, "c")
    draft = page.locator("#right").input_value()
    assert json.loads(draft) == dict.fromkeys(("dish", "serves", "price", "kind", "chef", "code"))
    page.keyboard.type('"Stew"')  # the first null is selected
    press(page, "Enter")
    (line,) = downloaded(page, tmp_path / "corrections.jsonl")  # one line, though it was typed in several
    assert line["value"] == {**dict.fromkeys(json.loads(draft)), "dish": "Stew"}


def test_a_document_without_a_value_has_no_empty_pane(page: Any) -> None:
    assert page.locator("#shown .pane").count() == 1
    press(page, "j")
    assert page.locator("#shown .pane").count() == 2


def test_the_corrections_can_be_copied(html: str, open_page: Any) -> None:
    page = open_page(html, permissions=["clipboard-read", "clipboard-write"])
    page.locator("#queue button").first.wait_for()
    press(page, "j", "a", "y")
    page.get_by_text("1 correction copied").wait_for()
    assert json.loads(page.evaluate("navigator.clipboard.readText()"))["path"] == "/dish"


def test_a_queue_without_items_says_so(open_page: Any) -> None:
    assert open_page(review_html([], [], ReviewTask())).get_by_text("No field needs a look.").is_visible()
