"""The report of a run in a real browser: what is clicked, typed, printed and shown."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from structgen.core.options import Mode, Risk
from structgen.core.records import Completion, Evidence, Message, Request, Status, Usage
from structgen.core.results import ChunkReport, Claim, Conflict, Issue, Repair
from structgen.report.changes import changes
from structgen.report.reported import Reported, ReportFacts, exchange
from structgen.report.run_report import report_html
from structgen.report.view import View

KEY = "gsk_" + "a1B2" * 13


def dish(number: int) -> Reported:
    """A document of a report; every fifth one was refused."""
    name = f"Pumpkin soup {number}"
    text = f"Today: {name}, hot.\nServes {number % 7 + 1}.\n" + "Nothing else is here.\n" * 80 + "Price: 4.50\n"
    value = {"name": name, "kind": "soup", "price": "4.50", "chef": "nobody"} | ({"tag": "x"} if number % 2 else {})
    places = [("/name", name), ("/kind", "soup"), ("/price", "4.50")]
    evidence = tuple(
        Evidence(path, text.index(words), text.index(words) + len(words), words, Status.EXACT) for path, words in places
    )
    failed = number % 5 == 4
    usage = Usage(100 + number, 20, None, None, 1 + (number % 3 == 0))
    view = View(
        None if failed else value,
        evidence=() if failed else (*evidence, Evidence("/chef", None, None, None, Status.UNSUPPORTED)),
        repairs=(Repair("key_name", "/name", "Name", "name", Risk.INTERPRETIVE),) if number % 4 == 0 else (),
        issues=(Issue("/price", "should be a number", "type"),) if failed else (),
        chunks=(ChunkReport(0, 20, "ok"), ChunkReport(20, 90, "ok")) if number == 3 else (),
        conflicts=(Conflict("/price", (Claim("4.50", (0,)), Claim("5.40", (1,)))),) if number == 3 else (),
        usage=usage,
        cost=0.0001 * number,
        error="The answer does not match the schema." if failed else None,
    )
    request = Request(
        "groq", "a-model", (Message("system", f"Use {KEY}."), Message("user", text)), Mode.JSON, {}, document=text
    )
    response = Completion('{"name": "the answer"}', "stop", usage, "a-model", seconds=1.5 + number)
    row = {"id": f"dish {number}", "value": value}
    return Reported(
        f"dish {number}",
        f"menus/{number}.txt",
        "failed" if failed else "ok",
        view,
        row,
        None if failed else value,
        text,
        exchanges=(exchange(request, response),),
        seconds=response.seconds,
    )


def made(*documents: Reported, **facts) -> str:
    return report_html(ReportFacts("Dishes", **facts), documents)


@pytest.fixture(scope="session")
def html() -> str:
    return made(*map(dish, range(250)))


@pytest.fixture
def page(html, open_page):
    return ready(open_page(html))


def ready(page):
    page.wait_for_selector("html[data-ready]")
    return page


def ids(page) -> list[str]:
    return page.locator("#table tbody th a").all_inner_texts()


def shows(page, title: str) -> None:
    """Wait until a document is shown: it is unpacked after the click."""
    page.locator(f"#document-title:text-is('{title}')").wait_for()


def opened(page, number: int):
    page.evaluate(f"location.hash = 'doc-{number}'")
    shows(page, f"dish {number}")
    return page


def test_the_page_allows_its_own_script_only_and_requests_nothing(html) -> None:
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    assert policy
    assert "default-src &#39;none&#39;" in policy[1]
    assert "unsafe" not in policy[1]
    assert not re.search(r"https?://|\bsrc=|<link|@import|url\(|\son\w+=|\sstyle=", html)


def test_a_key_in_a_request_is_masked(html, page) -> None:
    assert KEY not in html
    opened(page, 1).locator(".exchanges > summary").click()
    page.get_by_text("Request: system").click()
    assert page.locator(".exchanges pre").first.inner_text() == "Use ***."


def test_the_overview_counts_and_plots_with_its_numbers_in_words(page) -> None:
    figures = {figure.locator("figcaption").inner_text(): figure for figure in page.locator("figure").all()}
    assert list(figures) == [
        "Status",
        "Fields filled",
        "Values by evidence",
        "Repairs by rule",
        "Attempts",
        "Tokens per document",
        "Cost per document",
        "Latency per document",
    ]
    assert figures["Status"].locator("li").all_inner_texts() == ["ok\n200 80\xa0%", "failed\n50 20\xa0%"]
    assert figures["Fields filled"].locator("li").last.inner_text() == "tag\n100 40\xa0%"
    plot = figures["Latency per document"].get_by_role("img")
    assert plot.get_attribute("aria-label").startswith("Latency per document. 250 documents: ")


@pytest.mark.parametrize(
    ("clicked", "count"),
    [
        ("failed", 50),
        ("tag", 150),  # those that lack it
        ("key name", 63),
        ("2 calls", 84),
        ("unsupported", 200),
    ],
)
def test_a_click_on_a_bar_shows_its_documents_and_the_chip_removes_that(clicked, count, page) -> None:
    page.locator("#overview").get_by_role("button", name=clicked, exact=True).click()
    assert page.locator("#count").inner_text() == f"{count} of 250 documents"
    page.locator("#chip").click()
    assert page.locator("#count").inner_text() == "250 of 250 documents"


def test_the_table_is_searched_and_filtered_together(page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("SOUP 11")
    found = [11, *range(110, 120), 211]
    assert ids(page) == [f"dish {number}" for number in found if number % 5 != 4]
    page.locator("#show").select_option("with repairs")
    assert ids(page) == ["dish 112", "dish 116"]
    page.get_by_label("Search").fill("no such thing")
    assert ids(page) == []


def test_a_column_sorts_in_both_directions_and_numbers_by_value(page) -> None:
    page.get_by_role("button", name="Tokens").click()
    assert ids(page)[:2] == ["dish 249", "dish 248"]
    header = page.get_by_role("columnheader", name="Tokens")
    assert header.get_attribute("aria-sort") == "descending"
    header.get_by_role("button").click()
    assert ids(page)[:2] == ["dish 0", "dish 1"]
    page.get_by_role("button", name="Document", exact=True).click()
    assert ids(page)[8:12] == ["dish 8", "dish 9", "dish 10", "dish 11"]


def test_the_table_is_in_pages(page) -> None:
    assert len(ids(page)) == 100
    page.keyboard.press("]")
    page.keyboard.press("]")
    assert ids(page)[-1] == "dish 249"
    assert page.locator("#after").is_disabled()
    page.keyboard.press("[")
    assert ids(page)[0] == "dish 100"


def test_a_row_leads_to_its_document_and_the_browser_goes_back(page) -> None:
    page.get_by_role("link", name="dish 7", exact=True).click()
    shows(page, "dish 7")
    assert page.evaluate("location.hash") == "#doc-7"
    assert page.locator("#position").inner_text() == "8 of 250"
    page.go_back()
    assert page.locator("#list").is_visible()
    assert page.evaluate("document.activeElement.textContent") == "dish 7"


def test_an_address_leads_to_a_document_and_to_its_field(html, open_page) -> None:
    page = ready(open_page(html, "#doc-3/price"))
    shows(page, "dish 3")
    assert page.locator("tr.pinned th").all_inner_texts() == ["price"]
    assert page.locator("mark.pinned").all_inner_texts() == ["4.50"]


@pytest.mark.parametrize("fragment", ["#doc-999999", "#nothing", "#doc-", "#%"])
def test_an_address_of_nothing_shows_the_list(fragment, html, open_page) -> None:
    assert ready(open_page(html, fragment)).locator("#list").is_visible()


def test_values_and_places_lead_to_each_other_in_the_document(page) -> None:
    opened(page, 2)
    page.get_by_role("rowheader", name="price").click()
    assert page.locator("mark.pinned").all_inner_texts() == ["4.50"]
    page.locator("mark", has_text="soup").click()
    assert page.locator("tr.pinned th").all_inner_texts() == ["kind"]
    page.locator("mark", has_text="soup").click()
    assert page.locator("tr.pinned th").all_inner_texts() == ["name"]


def test_the_keyboard_alone_reads_a_report(page) -> None:
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("#document:not([hidden])")
    shows(page, "dish 1")
    page.keyboard.press("n")
    page.keyboard.press("n")
    assert page.locator("tr.pinned th").all_inner_texts() == ["kind"]
    page.keyboard.press("j")
    shows(page, "dish 2")
    page.keyboard.press("k")
    shows(page, "dish 1")
    page.keyboard.press("Escape")
    page.wait_for_selector("#list:not([hidden])")
    assert page.evaluate("document.activeElement.textContent") == "dish 1"


def test_the_next_document_is_the_next_of_the_filtered_ones(page) -> None:
    page.locator("#show").select_option("failed")
    page.get_by_role("link", name="dish 4", exact=True).click()
    page.get_by_role("button", name="Next ›").click()
    shows(page, "dish 9")
    assert page.locator("#position").inner_text() == "2 of 50"


def test_the_keys_are_told_and_do_not_act_while_somebody_types(page) -> None:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    assert "copy the row as JSON" in dialog.inner_text()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    page.get_by_label("Search").fill("")
    page.keyboard.type("t?]")
    assert page.get_by_label("Search").input_value() == "t?]"
    assert page.evaluate("document.documentElement.dataset.theme") is None


def test_a_row_is_copied_as_json(html, open_page) -> None:
    page = ready(open_page(html, "#doc-6", permissions=["clipboard-read", "clipboard-write"]))
    page.keyboard.press("c")
    page.locator("#said", has_text="Row copied").wait_for()
    assert json.loads(page.evaluate("navigator.clipboard.readText()")) == dish(6).row


def test_what_needs_a_look_is_listed_with_links(page) -> None:
    page.locator("#check > summary").click()
    page.locator("#kind").select_option("conflict")
    assert page.locator("#checks tbody tr").all_inner_texts() == [
        "conflict\tdish 3\t/price\t4.50 (chunk 0), not 5.40 (chunk 1)"
    ]
    page.locator("#checks").get_by_role("link", name="/price").click()
    page.wait_for_selector("tr.pinned")
    shows(page, "dish 3")


def test_repairs_issues_and_attempts_are_with_the_document(page) -> None:
    opened(page, 4)
    shown = page.locator("#shown")
    assert "The answer does not match the schema." in shown.inner_text()
    assert "should be a number" in shown.inner_text()
    shown.get_by_text("1 repair").click()
    assert "key name: 'Name' → 'name'" in shown.inner_text()
    shown.locator(".exchanges > summary").click()
    assert '{"name": "the answer"}' in shown.inner_text()
    page.get_by_text("Request: user").click()
    assert f"[the text: {dish(4).size:,} characters]" in shown.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system_and_the_reader(scheme, html, open_page) -> None:
    page = ready(open_page(html, "#doc-1", color_scheme=scheme))
    look = "['html', '.structgen-view'].map(name => getComputedStyle(document.querySelector(name)).backgroundColor)"
    ground = {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 28)"}
    other = "light" if scheme == "dark" else "dark"
    assert page.evaluate(look) == [ground[scheme]] * 2
    page.keyboard.press("t")
    assert page.evaluate(look) == [ground[other]] * 2
    page.get_by_role("button", name="Change between light and dark").click()
    assert page.evaluate(look) == [ground[scheme]] * 2


def test_a_document_is_printed_whole_without_the_controls(page) -> None:
    opened(page, 0)
    page.emulate_media(media="print")
    assert not page.locator("#back").is_visible()
    pane = page.locator(".document").evaluate("pane => pane.scrollHeight - pane.clientHeight")
    assert pane <= 0
    assert page.pdf().startswith(b"%PDF-")


@pytest.mark.parametrize("width", [400, 800, 1400])
@pytest.mark.parametrize("fragment", ["", "#doc-4"])
def test_nothing_is_wider_than_the_window(width, fragment, html, open_page) -> None:
    page = ready(open_page(html, fragment, viewport={"width": width, "height": 900}))
    assert page.evaluate("document.documentElement.scrollWidth") <= width


NAMELESS = """() => [...document.querySelectorAll("button, a[href], input, select, summary, [role=img], [role=region]")]
    .filter(part => part.checkVisibility())
    .filter(part => !(part.ariaLabel || part.title || part.textContent.trim() || part.labels?.length))
    .map(part => part.outerHTML)"""

FAINT = """() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgb = (colour, under) => {
        canvas.fillStyle = under ? `rgb(${under})` : "white";
        canvas.fillRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const ground = part => part ? rgb(getComputedStyle(part).backgroundColor, ground(part.parentElement)) : null;
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
        .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
        .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
    const faint = new Set();
    for (const part of document.querySelectorAll("body *")) {
        if (part.closest("svg, script, :disabled") || !part.checkVisibility()) continue;
        if (![...part.childNodes].some(node => node.nodeType === 3 && node.data.trim())) continue;
        const under = ground(part), [a, b] = [light(rgb(getComputedStyle(part).color, under)), light(under)];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        if (contrast < 4.5) faint.add(`${part.tagName}.${part.className} ${contrast.toFixed(2)}`);
    }
    return [...faint];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("fragment", ["", "#doc-3/price", "#doc-4"])
def test_everything_has_a_name_and_enough_contrast(scheme, fragment, html, open_page) -> None:
    page = ready(open_page(html, fragment, color_scheme=scheme))
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate(FAINT) == []
    assert page.locator("h1").count() == 1
    assert page.locator("main").count() == 1
    repeated = (
        "[...document.querySelectorAll('[id]')].map(part => part.id).filter((id, at, all) => all.indexOf(id) < at)"
    )
    assert page.evaluate(repeated) == []


HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(2)</script>",
    "<!--<script>",
    "-->",
    "<img src=x onerror=alert(3)>",
    '"><svg onload=alert(4)>',
    "' onmouseover='alert(5)",
    "javascript:alert(6)",
    "\u2028\u2029",
    "\u202egnp.exe",
    "\ud800 half",
    "\x00\x1b[31m",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt;&amp;",
    "</pre></table></section></style></title>",
    "__proto__",
]


def test_a_hostile_document_is_text_and_nothing_else(open_page) -> None:
    documents = []
    for number, words in enumerate(HOSTILE):
        text = f"before {words} after"
        evidence = (
            Evidence(f"/{words.replace('~', '~0').replace('/', '~1')}", 7, 7 + len(words), words, Status.AMBIGUOUS),
        )
        view = View(
            {words: words},
            evidence=evidence,
            repairs=(Repair(words, f"/{words}", words, words, Risk.LOSSLESS),),
            issues=(Issue(words, words, words),),
            conflicts=(Conflict(words, (Claim(words, (0,)), Claim(words, (1,)))),),
            model=words,
            error=words,
        )
        request = Request("groq", words, (Message("user", words),), Mode.JSON, {}, document=text)
        sent = exchange(request, Completion(words, words, reasoning=words, failure=words))
        row = {"id": words, "value": {words: words}}
        other = Reported(words, words, "ok", view, row, {words: words}, None, words)
        one = Reported(words, words, "ok", view, row, {words: words}, text, words, (sent,), None, other, notes=(words,))
        documents.append(replace(one, changes=changes({words: words}, {words: number})))
    facts = ReportFacts(HOSTILE[1], ((HOSTILE[0], HOSTILE[1]),), (HOSTILE[1],), HOSTILE[0])
    page = ready(open_page(report_html(facts, documents)))
    assert page.locator("#table tbody tr").count() == len(HOSTILE)
    page.locator("#check > summary").click()
    for number, words in enumerate(HOSTILE):
        page.evaluate(f"location.hash = 'doc-{number}'")
        page.wait_for_selector(f"#d{number}")
        shown = page.locator(f"#d{number} .document pre").text_content()
        assert shown.startswith("before ")
        assert shown.endswith(" after")
        if words.isprintable():
            assert shown == f"before {words} after"
        assert page.locator("#shown :is(script, img, svg, style)").count() == 0
    assert page.evaluate("Object.keys(Object.prototype)") == []


def test_a_report_of_failed_rows_only_says_so(open_page) -> None:
    page = ready(open_page(made(dish(4), dish(9))))
    assert page.locator(".is-failed .number").inner_text() == "2 100\xa0%"
    assert ids(page) == ["dish 4", "dish 9"]


def test_a_report_without_documents_opens(open_page) -> None:
    assert ready(open_page(made())).locator("#count").inner_text() == "0 of 0 documents"


def test_texts_that_do_not_fit_are_shown_around_their_places_and_that_is_said(open_page) -> None:
    long = replace(dish(1), text=dish(1).text + "".join(f"{number:x} {number * 7919:x}\n" for number in range(200_000)))
    html = made(dish(0), long)
    assert len(html) < 200_000
    page = ready(open_page(html, "#doc-1"))
    assert "The texts of 1 of 2 documents are shown around the places" in page.locator(".notice").first.inner_text()
    assert "characters not shown" in page.locator(".document").inner_text()
    assert "".join(page.locator("mark").all_inner_texts()).startswith("Pumpkin soup 1")


def test_many_long_texts_stay_within_the_size_that_was_asked_for() -> None:
    texts = ["".join(f"{(number + 1) * at * 7919:x} " for at in range(3_000)) for number in range(60)]
    documents = [replace(dish(number), text=text, view=View({"a": 1})) for number, text in enumerate(texts)]
    whole = report_html(ReportFacts("x"), documents, 100_000_000)
    small = report_html(ReportFacts("x"), documents, 500_000)
    assert len(whole) > 800_000
    assert len(small) < 550_000


def test_two_runs_are_side_by_side_with_the_fields_that_changed(open_page) -> None:
    documents = []
    for number in range(3):
        here = dish(number)
        value = {**here.view.value, "price": "5.40"} if number == 1 else here.view.value
        there = replace(here, view=replace(here.view, value=value, name="run 2"), accepted=value)
        documents.append(replace(here, other=there, changes=changes(here.accepted, value)))
    page = ready(open_page(made(*documents, against="run 2")))
    assert "Fields that changed" in page.locator("#overview").inner_text()
    page.locator("#show").select_option("that changed")
    assert ids(page) == ["dish 1"]
    page.get_by_role("link", name="dish 1", exact=True).click()
    page.wait_for_selector(".changes")
    assert page.locator(".changes tbody tr").all_inner_texts() == ["/price\t4.50\t5.40"]
    assert page.locator("#shown .structgen-view").count() == 2
    page.locator("#d1b").get_by_role("rowheader", name="name").click()
    assert "Pumpkin soup 1" in "".join(page.locator("#d1b mark.pinned").all_inner_texts())
