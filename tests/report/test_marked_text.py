"""The values and the marked text of a view, linked in both directions, in a real browser."""

from __future__ import annotations

import pytest

from structgen.core.records import Evidence, Status
from structgen.report import View, view_html
from structgen.report.html import marked
from structgen.report.view import Limits

TEXT = "Soup of the day: hot pumpkin soup for four.\n" + "Nothing here.\n" * 200 + "Price: 4.50\n"
VALUE = {"dish": "hot pumpkin soup", "kind": "pumpkin", "serves": 4, "price": "4.50", "chef": "nobody"}


@pytest.fixture
def view(at) -> View:
    evidence = (
        at("/dish", "hot pumpkin soup", TEXT),
        at("/kind", "pumpkin", TEXT),
        at("/serves", "four", TEXT, Status.NORMALIZED),
        at("/price", "4.50", TEXT),
        Evidence("/chef", None, None, None, Status.UNSUPPORTED),
    )
    return View(VALUE, evidence=evidence)


def test_a_view_comes_in_two_parts_whose_links_lead_to_each_other(view, read) -> None:
    parts = marked(view, TEXT, Limits(), "one")
    values, text = read(str(parts.values)), read(str(parts.text))
    (row,) = [row for row in values.all("tr") if row.one("th").text == "serves"]
    (mark,) = [mark for mark in text.all("mark") if mark.text == "four"]
    assert row.one("a").attributes["href"] == f"#{mark.attributes['id']}"
    assert mark.one("a").attributes["href"] == f"#{row.attributes['id']}"


def test_without_a_document_there_is_no_text(view) -> None:
    assert marked(view, None, Limits(), "one").text is None


@pytest.fixture
def page(view, open_page):
    return open_page(f"<!doctype html><meta charset=utf-8><body>{view_html(view, TEXT)}")


def pinned(page) -> list[str]:
    return page.locator(".pinned").all_inner_texts()


def test_a_click_on_a_value_shows_and_pins_its_place(page) -> None:
    place = page.locator("mark", has_text="4.50")
    page.get_by_role("rowheader", name="price").click()
    assert "4.50" in pinned(page)
    inside = page.locator(".document").bounding_box()
    box = place.bounding_box()
    assert inside["y"] <= box["y"] < inside["y"] + inside["height"]


def test_a_click_on_a_place_pins_its_value(page) -> None:
    page.locator("mark", has_text="four").click()
    assert page.locator("tr.pinned th").all_inner_texts() == ["serves"]


def test_a_place_that_several_values_share_leads_to_each_in_turn(page) -> None:
    place = page.locator("mark", has_text="pumpkin").nth(0)
    chosen = []
    for _ in range(3):
        place.click()
        chosen += page.locator("tr.pinned th").all_inner_texts()
    assert chosen == ["kind", "dish", "kind"]


def test_enter_moves_the_focus_between_a_value_and_its_place(page) -> None:
    page.get_by_role("link", name="serves").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('mark')?.textContent") == "four"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.closest('tr')?.querySelector('th').textContent.trim()") == "serves"


def test_pointing_at_a_value_lights_its_place_until_the_pointer_leaves(page) -> None:
    page.get_by_role("rowheader", name="dish").hover()
    lit = page.locator("mark.lit").all_inner_texts()
    assert "".join(lit) == "hot pumpkin soup"
    page.mouse.move(1, 899)
    assert page.locator(".lit").count() == 0
