from __future__ import annotations

import pickle
import re
import subprocess
import sys
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import ExtractionFailed
from structgen.core.json import pointer
from structgen.core.options import Mode, Risk
from structgen.core.records import Completion, Evidence, Message, Request, Status, Usage
from structgen.core.results import Attempt, ChunkReport, Claim, Conflict, Extraction, Issue, Repair
from structgen.core.screen import visible
from structgen.extractor import Extractor
from structgen.ground import locate
from structgen.report import View, extraction_html, failure_html, view_html, view_of
from structgen.report.view import Limits, cut, line_of

TEXT = "Name: Soup\nServes: four people\nTags: hot, red\n"
VALUE = {"name": "Soup", "serves": 4, "tags": ["hot", "green"], "note": None}
REQUEST = Request("groq", "a-model", (Message("user", "x"),), Mode.JSON, {}, document=TEXT)
ISSUE = Issue("/serves", "should be a number, but is 'many'", "type")
REFUSED = Attempt(
    REQUEST, Completion("{}", "length", Usage(10, 5, None, None, 1), "a-model", seconds=1.5), (ISSUE,), "first question"
)
ACCEPTED = Attempt(
    REQUEST, Completion("{}", "stop", Usage(20, 8, None, None, 1), "a-model", transport_retries=2), (), "asked again"
)


@pytest.fixture
def soup(at) -> Extraction[object]:
    evidence = (
        at("/name", "Soup", TEXT),
        at("/serves", "four", TEXT, Status.NORMALIZED),
        replace(at("/tags/0", "hot", TEXT, Status.FUZZY), score=0.9),
        Evidence("/tags/1", None, None, None, Status.UNSUPPORTED),
    )
    repairs = (Repair("key_name", "/serves", "Serves", "serves", Risk.INTERPRETIVE),)
    spent = Usage(30, 13, None, None, 2)
    return Extraction(VALUE, repairs, (REFUSED, ACCEPTED), spent, 0.00012, locate=lambda: evidence)


@pytest.fixture
def page(soup, read):
    return read(extraction_html(soup, TEXT))


def rows(page) -> dict[str, object]:
    return {row.one("th").attributes["title"]: row for row in page.all("tr")}


def test_each_part_of_the_value_has_a_row_with_its_name_its_value_and_its_status(page) -> None:
    shown = [
        (row.one("th").text, row.one(of="own").text, [badge.text for badge in row.all(of="badge")])
        for row in page.all("tr")
    ]
    assert shown == [
        ("name", "Soup", ["exact"]),
        ("serves", "4", ["normalized"]),
        ("tags", "2 items", []),
        ("0", "hot", ["fuzzy 0.90"]),
        ("1", "green", ["unsupported"]),
        ("note", "null", []),
    ]


def test_the_text_is_there_whole_with_its_places_marked_by_their_status(page) -> None:
    assert page.one("pre").text == TEXT
    marks = [(mark.text, mark.attributes["class"]) for mark in page.all("mark")]
    assert marks == [("Soup", "exact"), ("four", "normalized"), ("hot", "fuzzy")]


def test_a_value_and_its_place_lead_to_each_other_without_a_script(page) -> None:
    row, mark = rows(page)["/serves"], page.all("mark")[1]
    assert row.one("a").attributes["href"] == f"#{mark.attributes['id']}"
    assert mark.one("a").attributes["href"] == f"#{row.attributes['id']}"


def test_the_script_is_told_which_marks_are_the_place_of_a_value(page) -> None:
    row = rows(page)["/tags/0"]
    assert (row.attributes["data-from"], row.attributes["data-to"]) == ("2", "2")
    assert "data-from" not in rows(page)["/tags/1"].attributes


def test_what_the_text_says_in_other_words_stands_below_the_value(page) -> None:
    assert rows(page)["/serves"].one(of="found").text == "“four”"
    assert not rows(page)["/name"].all(of="found")


def test_a_repair_stands_at_the_value_and_in_the_list_of_repairs(page) -> None:
    assert rows(page)["/serves"].one(of="repaired").text == "key name: 'Serves' → 'serves'"
    assert "1 repair" in [summary.text for summary in page.all("summary")]


def test_the_head_says_what_it_took_and_how_well_the_text_bears_it_out(page) -> None:
    head = page.one("header")
    assert [fact.text for fact in head.all(of="fact")] == ["a-model", "2 calls", "30 tokens in, 13 out", "0.00012 USD"]
    assert [badge.text for badge in head.all(of="badge")] == ["1 exact", "1 normalized", "1 fuzzy", "1 unsupported"]


def test_what_is_not_known_is_not_made_up(read) -> None:
    page = read(extraction_html(Extraction(1, usage=Usage(None, None, calls=1))))
    assert [fact.text for fact in page.all(of="fact")] == ["1 call", "tokens unknown", "cost unknown"]


def test_attempts_are_folded_and_say_why_and_what_became_of_them(page) -> None:
    (folded,) = [part for part in page.all("details") if "2 attempts" in part.one("summary").text]
    assert "open" not in folded.attributes
    first, second = (item.text for item in folded.all("li"))
    assert first == (
        "first question: a-model ended with “length”, 10 tokens in, 5 out, 1.50 s; "
        "refused: should be a number, but is 'many'."
    )
    assert second.endswith("2 × sent again; accepted.")


def test_a_generated_value_is_shown_without_a_text(read) -> None:
    page = read(extraction_html(Extraction({"name": "Pie"})))
    assert not page.all("pre")
    assert "both" not in page.one(of="panes").classes
    assert page.one("tr").one(of="own").text == "Pie"


def test_evidence_of_another_text_is_not_marked_and_that_is_said(soup, read) -> None:
    page = read(extraction_html(soup, TEXT.replace("Soup", "Stew")))
    assert [mark.text for mark in page.all("mark")] == ["four", "hot"]
    assert "1 place not marked" in page.one(of="document").text
    assert rows(page)["/name"].one(of="badge").text == "exact"


def test_of_places_within_each_other_the_innermost_is_marked_and_all_are_reached(at, read) -> None:
    text = "the red hot soup"
    value = {"all": "the red hot soup", "hot": "hot", "two": "red hot"}
    evidence = (at("/all", text, text), at("/hot", "hot", text, Status.FUZZY), at("/two", "red hot", text))
    page = read(extraction_html(Extraction(value, locate=lambda: evidence), text))
    assert [mark.text for mark in page.all("mark")] == ["the ", "red ", "hot", " soup"]
    reach = {row.one("th").text: (row.attributes["data-from"], row.attributes["data-to"]) for row in page.all("tr")}
    assert reach == {"all": ("0", "3"), "hot": ("2", "2"), "two": ("1", "2")}
    assert page.all("mark")[2].attributes["class"] == "fuzzy"


def test_all_places_of_an_ambiguous_value_are_marked_and_lead_to_it(read) -> None:
    text = "Bus 12 is late.\nTram 12 is not.\nOf twelve lines the ferry is best.\n"
    value = {"line": 12}
    evidence = locate(value, text)
    page = read(extraction_html(Extraction(value, locate=lambda: evidence), text))
    assert [(mark.text, mark.attributes["class"]) for mark in page.all("mark")] == [
        ("12", "ambiguous"),
        ("12", "ambiguous"),
        ("twelve", "ambiguous"),
    ]
    line = page.one("tr")
    assert {mark.one("a").attributes["href"] for mark in page.all("mark")} == {f"#{line.attributes['id']}"}
    assert (line.attributes["data-from"], line.attributes["data-also"]) == ("0", "1-1 2-2")
    assert line.one(of="also").text == "2:6, 3:4"
    links = [link.attributes["href"] for link in line.all("a")]
    assert links == [f"#{mark.attributes['id']}" for mark in page.all("mark")]


def test_a_value_of_its_own_keeps_a_mark_that_is_also_another_place_of_one(at, read) -> None:
    text = "Bus 12, tram 12"
    evidence = (at("/line", "12", text, Status.AMBIGUOUS), Evidence("/tram", 13, 15, "12", Status.EXACT))
    page = read(extraction_html(Extraction({"line": 12, "tram": 12}, locate=lambda: evidence), text))
    assert [mark.attributes["class"] for mark in page.all("mark")] == ["ambiguous", "exact"]
    assert page.all("tr")[0].attributes["data-also"] == "1-1"


def test_a_failure_shows_why_what_there_is_and_each_issue(read) -> None:
    failure = ExtractionFailed("It does not match.", attempts=(REFUSED,), partial={"name": "Soup"})
    page = read(failure_html(failure, TEXT))
    assert page.one(of="title").text == "Refused"
    assert page.one(of="error").text == "It does not match."
    assert page.all("tr")[0].one(of="own").text == "Soup"
    (issues,) = [part for part in page.all("details") if "open" in part.attributes]
    assert issues.one("li").text == "/serves should be a number, but is 'many'"


def test_the_evidence_that_a_sender_gave_for_a_refused_value_is_shown(at, read) -> None:
    completion = Completion("{}", evidence=(at("/name", "Soup", TEXT),))
    attempt = Attempt(REQUEST, completion, (ISSUE,), "first question")
    page = read(failure_html(ExtractionFailed("No.", attempts=(attempt,), partial={"name": "Soup"}), TEXT))
    assert page.one("mark").text == "Soup"


def test_the_places_in_a_chunk_are_not_taken_for_places_in_the_whole(at, read) -> None:
    completion = Completion("{}", evidence=(at("/name", "Soup", TEXT),))
    attempt = Attempt(REQUEST, completion, (ISSUE,), "first question")
    chunks = (ChunkReport(0, 10, "ok"), ChunkReport(10, 20, "failed", "No."))
    failure = ExtractionFailed("No.", attempts=(attempt,), partial={"name": "Soup"}, chunks=chunks)
    page = read(failure_html(failure, TEXT))
    assert not page.all("mark")
    assert page.all("summary")[0].text == "1 of 2 chunks failed"


def test_an_issue_stands_at_its_value(read) -> None:
    failure = ExtractionFailed("No.", attempts=(REFUSED,), partial={"serves": "many"})
    assert read(failure_html(failure)).one("tr").one(of="wrong").text == "should be a number, but is 'many'"


def test_what_could_be_read_of_a_refused_response_is_looked_up(at, read) -> None:
    where = (at("/name", "Soup", TEXT),)
    page = read(failure_html(ExtractionFailed("No.", partial={"name": "Soup"}, locate=lambda: where), TEXT))
    assert page.one("mark").text == "Soup"


def test_a_failure_with_nothing_at_all_has_no_rows(read) -> None:
    page = read(failure_html(ExtractionFailed("No answer came.")))
    assert not page.all("tr")
    assert page.one(of="error").text == "No answer came."


def test_chunks_that_failed_and_conflicts_are_named(read) -> None:
    chunks = (ChunkReport(0, 1000, "ok"), ChunkReport(900, 2000, "failed", "The server failed."))
    conflict = Conflict("/total", (Claim(5.5, (0,)), Claim("six", (1, 2))))
    page = read(extraction_html(Extraction({"total": 5.5}, chunks=chunks, conflicts=(conflict,)), "x"))
    assert [badge.text for badge in page.one(of="counts").all(of="badge")] == ["1 of 2 chunks failed", "1 conflict"]
    assert page.one("tr").one(of="disputed").text == "six (chunk 1, 2, characters 900 to 2,000)"
    failed, conflicts = page.all("details")
    assert "open" in conflicts.attributes
    assert failed.one("summary").text == "1 of 2 chunks failed"
    assert failed.one("li").text == "characters 900 to 2,000: The server failed."
    assert " ".join(conflicts.one("li").text.split()) == (
        "/total 5.5 (chunk 0, characters 0 to 1,000), not six (chunk 1, 2, characters 900 to 2,000)"
    )


def test_conflicts_and_merged_items_name_their_lines_in_the_text(read) -> None:
    text = "Opens: 8 pm\nSings: Ida Holm\nOpens: 9 pm\nBar: IDA HOLM\n"
    claims = [
        Claim(words, (at,), (Evidence("/opens", start, start + 4, words, Status.EXACT),))
        for at, (words, start) in enumerate([("8 pm", 7), ("9 pm", 35)])
    ]
    same = Repair("same_item", "/guests/0", "IDA HOLM", "Ida Holm", Risk.INTERPRETIVE, ((19, 27), (45, 53)))
    value = {"opens": "8 pm", "guests": ["Ida Holm"]}
    page = read(view_html(View(value, repairs=(same,), conflicts=(Conflict("/opens", tuple(claims)),)), text))
    assert page.one(of="disputed").text == "9 pm (chunk 1, line 3:8)"
    assert page.one(of="repaired").text == "same item: 'IDA HOLM' → 'Ida Holm' (lines 2:8, 4:6)"
    listed = [" ".join(item.text.split()) for item in page.all("li")]
    assert listed == [
        "/opens 8 pm (chunk 0, line 1:8), not 9 pm (chunk 1, line 3:8)",
        "/guests/0 same item: 'IDA HOLM' → 'Ida Holm' (lines 2:8, 4:6) interpretive",
    ]


def test_chunks_that_all_worked_are_counted(read) -> None:
    page = read(extraction_html(Extraction(1, chunks=(ChunkReport(0, 10, "ok"),)), "x"))
    assert page.one(of="note").text == "Read in 1 chunk."


def test_two_views_on_one_page_do_not_share_ids(soup) -> None:
    ids = [set(re.findall(r'id="([^"]+)"', extraction_html(soup, TEXT))) for _ in range(2)]
    assert ids[0].isdisjoint(ids[1])


def test_nothing_is_fetched_from_anywhere(soup) -> None:
    html = extraction_html(soup, TEXT)
    assert not re.search(r"https?:|//[a-z]|url\(|@import|\bsrc=|<link|fetch\(|import\(", html)


def test_light_and_dark_follow_the_notebook_and_else_the_system(soup) -> None:
    style = extraction_html(soup, TEXT).partition("<style>")[2].partition("</style>")[0]
    assert "color-scheme: light dark" in style
    assert '[data-jp-theme-light="false"] .structgen-view' in style
    assert ".vscode-dark .structgen-view" in style


LONG = "".join(f"{number}: lorem ipsum dolor sit amet consectetur\n" for number in range(25_000))


def test_a_long_text_is_shown_around_the_places_and_says_how_much_is_left_out(at, read) -> None:
    evidence = (at("/0", "12345: lorem ipsum", LONG), at("/1", "24999: lorem", LONG))
    found = Extraction(["a", "b"], locate=lambda: evidence)
    text = read(extraction_html(found, LONG)).one("pre")
    assert [mark.text for mark in text.all("mark")] == ["12345: lorem ipsum", "24999: lorem"]
    assert "\n12344: lorem ipsum dolor" in text.text
    gaps = [int(re.sub(r"\D", "", gap.text)) for gap in text.all(of="gap")]
    assert len(gaps) == 2
    shown = "".join(
        part if isinstance(part, str) else part.text for part in text.parts if part not in text.all(of="gap")
    )
    assert sum(gaps) + len(shown) == len(LONG)


def test_a_large_value_is_cut_and_says_what_of_it_is_left_out(read) -> None:
    value = [f"v{number}" for number in range(5_000)]
    evidence = tuple(Evidence(f"/{number}", 0, 1, "0", Status.NORMALIZED) for number in range(5_000))
    html = extraction_html(Extraction(value, locate=lambda: evidence), LONG)
    page = read(html)
    assert len(page.all("tr")) == 300
    left_out = " ".join(page.one(of="fields").one("p").text.split())
    assert left_out == "4,700 more lines of the value not shown, of them 4,700 normalized."
    assert len(html) < 250_000


def test_unsupported_values_are_never_left_out(read) -> None:
    value = [f"v{number}" for number in range(5_000)]
    evidence = tuple(Evidence(f"/{number}", None, None, None, Status.UNSUPPORTED) for number in (1_000, 1_001, 4_000))
    page = read(extraction_html(Extraction(value, locate=lambda: evidence), LONG))
    last = page.all("tr")[300:]
    assert [" ".join(row.text.split()) for row in last] == [
        "700 lines not shown",
        "1000 v1000 unsupported",
        "1001 v1001 unsupported",
        "2,998 lines not shown",
        "4000 v4000 unsupported",
    ]
    left_out = " ".join(page.one(of="fields").one("p").text.split())
    assert left_out == "4,697 more lines of the value not shown."


def test_of_very_many_places_of_ambiguous_values_the_number_is_said(read) -> None:
    text = "Bus 12. " * 3_000
    value = [12] * 20
    evidence = tuple(Evidence(f"/{at}", 4, 6, "12", Status.AMBIGUOUS) for at in range(20))
    html = extraction_html(Extraction(value, locate=lambda: evidence), text)
    rows = read(html).all("tr")
    assert rows[0].one(of="also").text.endswith("; 2,899 more places not marked")
    assert len(html) < 250_000


def test_long_values_names_and_lists_are_cut(read) -> None:
    repairs = tuple(Repair("rule", "/x", "a" * 5_000, None, Risk.LOSSLESS) for _ in range(1_000))
    issues = tuple(Issue("/x", "m" * 5_000, "type") for _ in range(1_000))
    view = View({"k" * 9_000: "v" * 1_000_000}, repairs=repairs, issues=issues, error="e" * 100_000)
    html = view_html(view)
    page = read(html)
    assert page.one("tr").one(of="own").text == "v" * 500 + "… (999,500 more characters)"
    assert [gap.text for gap in page.all("p", of="gap")] == ["900 more not shown."] * 2
    assert len(html) < 250_000


def test_a_place_of_a_whole_long_text_is_marked_at_its_beginning(read) -> None:
    whole = Evidence("", 0, len(LONG), LONG, Status.EXACT)
    html = extraction_html(Extraction(LONG, locate=lambda: (whole,)), LONG)
    assert read(html).one("mark").text == LONG[: Limits().place]
    assert len(html) < 50_000


def calls(function) -> int:
    """How many functions are called, Python's own included."""
    count = 0

    def tick(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(tick)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def nested(number: int) -> Extraction[object]:
    """Values that stand one inside the other, and all begin at the same place."""
    text = "x" * number
    evidence = tuple(Evidence(f"/{at}", 0, at + 1, text[: at + 1], Status.EXACT) for at in range(number))
    return Extraction(["x"] * number, locate=lambda: evidence)


def test_the_work_grows_with_the_value_and_not_with_its_square() -> None:
    def work(number: int) -> int:
        found, text = nested(number), "x" * number
        found.evidence  # noqa: B018  looked up beforehand
        limits = Limits(rows=number, text=number)
        view = view_of(found)
        view_html(view, text, limits)
        return calls(lambda: view_html(view, text, limits))

    assert work(1_600) < 2.3 * work(800)


HOSTILE = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "</script>",
        "</style>",
        "</pre></td></table>",
        '"><img src=x onerror=alert(1)>',
        "' onmouseover='x",
        "<!--",
        "-->",
        "]]>",
        "&lt;b&gt;",
        "&amp;",
        "&#x3c;",
        "{{ 7 * 7 }}",
        "{% raw %}",
        "\x00",
        "\x1b[31m",
        "\r\n",
        "\r",
        "\n",
        "\ud800",
        "\u202e",
        "\u2028",
        "javascript:alert(1)",
    ]
)
WORDS = st.lists(HOSTILE | st.text(st.characters(), max_size=8), max_size=6).map("".join)
TAGS = {"section", "style", "script", "header", "span", "div", "p", "pre", "mark", "a", "code"}
TAGS |= {"table", "tbody", "tr", "th", "td", "details", "summary", "ul", "ol", "li"}
ATTRIBUTES = {"id", "class", "aria-label", "role", "tabindex", "title", "dir", "href", "scope", "open"}
ATTRIBUTES |= {"data-from", "data-to", "data-also"}


@st.composite
def cases(draw) -> tuple[dict[str, str], str, tuple[Evidence, ...]]:
    value = draw(st.dictionaries(WORDS, WORDS, min_size=1, max_size=4))
    text = draw(WORDS)
    evidence: list[Evidence] = []
    for key in value:
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, len(text)))
        status = draw(st.sampled_from([Status.EXACT, Status.NORMALIZED, Status.AMBIGUOUS]))
        evidence.append(Evidence(pointer([key]), start, end, text[start:end], status))
    return value, text, tuple(evidence)


def unbroken(text: str) -> str:
    """The text without line ends, which a place may begin or end within."""
    return re.sub("[\n␍]", "", visible(text))


def constant(page) -> list[str]:
    """What stands in scripts and styles, but for the id."""
    return [re.sub(r"structgen-[0-9a-f]{8}", "", part.text) for tag in ("script", "style") for part in page.all(tag)]


@settings(deadline=None, max_examples=150)
@given(case=cases(), words=WORDS)
def test_nothing_of_a_document_a_name_or_a_value_becomes_a_tag_an_attribute_or_a_script(case, words, read) -> None:
    value, text, evidence = case
    issue = Issue(words, words, words, words)
    completion = Completion(words, words or "stop", Usage(1, 1, 1, 1, 1), words)
    view = View(
        value,
        name=words,
        evidence=evidence,
        repairs=(Repair(words, pointer(list(value)[:1]), words, words, Risk.LOSSLESS),),
        issues=(issue,),
        attempts=(Attempt(REQUEST, completion, (issue, issue), words),),
        chunks=(ChunkReport(0, 1, "failed", words),),
        conflicts=(Conflict(words, (Claim(words, (0,)), Claim({words: words}, (1,)))),),
        model=words,
        error=words,
    )
    html = view_html(view, text)
    html.encode()
    page = read(html)

    elements = page.all()
    assert {element.tag for element in elements} <= TAGS
    assert {name for element in elements for name in element.attributes} <= ATTRIBUTES
    assert all(element.attributes.get("href", "#").startswith("#structgen-") for element in page.all("a"))
    assert constant(page) == constant(read(view_html(View())))

    assert unbroken(page.one("pre").text) == unbroken(text)
    marks = [mark.text for mark in page.all("mark")]
    for (key, said), row, piece in zip(value.items(), page.all("tr"), evidence, strict=True):
        assert row.one("th").text == (line_of(key, 500) or "(no name)")
        assert row.one(of="own").text == cut(said, 500)
        if piece.text:
            first, last = int(row.attributes["data-from"]), int(row.attributes["data-to"])
            assert unbroken("".join(marks[first : last + 1])) == unbroken(piece.text)


def test_an_extraction_shows_itself_with_the_text_it_came_from(read) -> None:
    found = Extractor("rules").extract({"type": "object", "properties": {"name": {"type": "string"}}}, "Name: Soup\n")
    page = read(found._repr_html_())
    assert page.one("mark").text == "Soup"
    assert page.one("pre").text == "Name: Soup\n"


def test_a_failure_shows_itself_with_the_text_it_came_from(read) -> None:
    schema = {"type": "object", "properties": {"serves": {"type": "integer"}}, "required": ["serves"]}
    (failure,) = Extractor("rules").map(schema, ["Name: Soup\n"])
    assert read(failure._repr_html_()).one("pre").text == "Name: Soup\n"


def test_an_extraction_that_was_pickled_still_shows_itself(read) -> None:
    found = Extraction({"name": "Pie"}, view=partial(extraction_html, document="A Pie."))
    assert read(pickle.loads(pickle.dumps(found))._repr_html_()).one("pre").text == "A Pie."


def test_jinja_and_rich_are_imported_only_when_something_is_shown() -> None:
    code = (
        "import sys, structgen\n"
        "found = structgen.Extractor('rules').extract({'type': 'object'}, 'x')\n"
        "assert not {'jinja2', 'rich'} & set(sys.modules)\n"
        "found._repr_html_()\n"
        "assert 'jinja2' in sys.modules and 'rich' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
