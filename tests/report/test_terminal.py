from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from structgen.core.errors import ExtractionFailed
from structgen.core.options import Risk
from structgen.core.records import Evidence, Status, Usage
from structgen.core.results import ChunkReport, Claim, Conflict, Extraction, Issue, Repair
from structgen.ground import locate
from structgen.report import View, print_extraction, print_view, view_of_failure

TEXT = "Name: Soup\nServes: four people\n"


def printed(
    view: View | Extraction[object], text: str | None = None, *, colours: bool = False, width: int = 120
) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=colours, color_system="standard" if colours else None)
    if isinstance(view, View):
        print_view(view, text, console)
    else:
        print_extraction(view, text, console)
    return file.getvalue()


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


@pytest.fixture
def soup(at) -> Extraction[object]:
    evidence = (
        at("/name", "Soup", TEXT),
        at("/serves", "four", TEXT, Status.FUZZY),
        Evidence("/note", None, None, None, Status.UNSUPPORTED),
    )
    repairs = (Repair("number_words", "/serves", "four", 4, Risk.INTERPRETIVE),)
    value = {"name": "Soup", "serves": 4, "note": "hot"}
    return Extraction(value, repairs, usage=Usage(1, 2, 0, 0, 1), locate=lambda: evidence)


def test_each_value_has_a_line_with_its_status_and_its_place(soup) -> None:
    shown = lines(printed(soup, TEXT))
    assert shown[0].startswith("Extraction ─")
    assert shown[1:] == [
        "1 call 1 tokens in, 2 out cost unknown 1 exact 1 fuzzy 1 unsupported",
        "name Soup exact 1:7",
        "serves 4 “four” fuzzy 2:9",
        "repaired: number words: 'four' → 4",
        "note hot unsupported",
        "1 repair",
        "",
        "1 Name: Soup",
        "2 Serves: four people",
        "",
    ]


def test_places_are_highlighted_in_the_colour_of_their_status(soup) -> None:
    shown = printed(soup, TEXT, colours=True)
    assert "Name: \x1b[1;4;32mSoup\x1b[0m" in shown
    assert "Serves: \x1b[1;4;33mfour\x1b[0m people" in shown
    assert "\x1b[31munsupported\x1b[0m" in shown


def test_all_places_of_an_ambiguous_value_are_marked_and_named() -> None:
    text = "Bus 12 is late.\nTram 12 is not.\nOf twelve lines the ferry is best.\n"
    view = View({"line": 12}, evidence=locate({"line": 12}, text))
    shown = lines(printed(view, text))
    assert shown[2:4] == ["line 12 ambiguous 1:5", "also at lines 2:6, 3:4"]
    coloured = printed(view, text, colours=True)
    assert coloured.count("\x1b[1;4;35m12\x1b[0m") == 2
    assert "\x1b[1;4;35mtwelve\x1b[0m" in coloured


def test_places_of_an_ambiguous_value_that_are_not_marked_are_counted() -> None:
    text = "Bus 12.\n" * 40
    shown = lines(printed(View({"line": 12}, evidence=locate({"line": 12}, text)), text))
    assert "also at lines 2:5, 3:5, 4:5, 5:5, 6:5, and 15 more; 19 more places not marked" in shown


def test_nothing_in_a_text_acts_on_the_terminal() -> None:
    hostile = "\x1b[2J\x1b]0;owned\x07[bold red]x[/] \x9b1m\u202e"
    evidence = (Evidence("/x", 0, len(hostile), hostile, Status.EXACT),)
    issue = Issue(hostile, hostile, hostile)
    view = View({"x": hostile, hostile: hostile}, hostile, evidence, (), (issue,), error=hostile, model=hostile)
    shown = printed(view, hostile, colours=True)
    assert not re.search("\x1b(?!\\[[0-9;]*m)|[\x00-\x09\x0b-\x1a\x1c-\x1f\x7f-\x9f\u202e]", shown)
    assert "[bold red]x[/]" in shown


def test_a_failure_says_why_and_names_each_issue() -> None:
    failure = ExtractionFailed("No.", partial={"name": "Soup"}, issues=(Issue("", "is missing", "missing"),))
    shown = lines(printed(view_of_failure(failure)))
    assert shown[0].startswith("Refused ─")
    assert shown[1:] == ["No.", "name Soup", "issue at the whole: is missing", ""]


def test_failed_chunks_and_conflicts_are_named() -> None:
    chunks = (ChunkReport(0, 9, "ok"), *(ChunkReport(n, 1000 + n, "failed", "It broke.") for n in range(25)))
    conflicts = (Conflict("/0", (Claim(1, (0,)), Claim(2, (1,)))),) * 2
    shown = lines(printed(Extraction([1], chunks=chunks, conflicts=conflicts)))
    assert shown[1] == "chunk of characters 0 to 1,000 failed: It broke."
    assert "5 more of 26 chunks failed" in shown
    said = "conflict at /0: 1 (chunk 0, characters 0 to 9), not 2 (chunk 1, characters 0 to 1,000)"
    assert shown.count(said) == 2
    assert shown.count("other chunks say: 2 (chunk 1, characters 0 to 1,000)") == 1


PROGRAMME = "Opens: 8 pm\nSings: Ida Holm\n\nOpens: 9 pm\nBar: IDA HOLM, 9 pm\n"


@pytest.fixture
def disputed() -> View:
    early = (Evidence("/opens", 7, 11, "8 pm", Status.EXACT),)
    late = tuple(Evidence("/opens", at, at + 4, "9 pm", Status.EXACT) for at in (36, 56))
    conflict = Conflict("/opens", (Claim("8 pm", (0,), early), Claim("9 pm", (1, 2), late)))
    same = Repair("same_item", "/guests/0", "IDA HOLM", "Ida Holm", Risk.INTERPRETIVE, ((19, 27), (46, 54)))
    chunks = (ChunkReport(0, 30, "ok"), ChunkReport(29, 45, "ok"), ChunkReport(40, 61, "ok"))
    return View({"opens": "8 pm", "guests": ["Ida Holm"]}, repairs=(same,), chunks=chunks, conflicts=(conflict,))


def test_conflicts_and_merged_items_name_their_lines_in_the_text(disputed) -> None:
    assert [(PROGRAMME[a:b]) for a, b in [(36, 40), (56, 60), (19, 27), (46, 54)]] == [
        "9 pm",
        "9 pm",
        "Ida Holm",
        "IDA HOLM",
    ]
    shown = lines(printed(disputed, PROGRAMME))
    assert "conflict at /opens: 8 pm (chunk 0, line 1:8), not 9 pm (chunk 1, 2, lines 4:8, 5:16)" in shown
    assert "other chunks say: 9 pm (chunk 1, 2, lines 4:8, 5:16)" in shown
    assert "repaired: same item: 'IDA HOLM' → 'Ida Holm' (lines 2:8, 5:6)" in shown


def test_without_the_text_places_are_named_in_characters(disputed) -> None:
    shown = lines(printed(disputed))
    assert "other chunks say: 9 pm (chunk 1, 2, characters 36 to 40, 56 to 60)" in shown
    assert "repaired: same item: 'IDA HOLM' → 'Ida Holm' (characters 19 to 27, 46 to 54)" in shown


def test_places_that_another_text_does_not_have_are_named_in_characters(disputed) -> None:
    shown = lines(printed(disputed, "Another text."))
    assert "other chunks say: 9 pm (chunk 1, 2, characters 36 to 40, 56 to 60)" in shown


def test_of_many_places_the_first_are_named() -> None:
    places = tuple((at, at + 1) for at in range(0, 20, 2))
    same = Repair("repeated_item", "/0", ["a"], "a", Risk.INTERPRETIVE, places)
    shown = lines(printed(View(["a"], repairs=(same,)), "a\n" * 10))
    assert "repaired: repeated item: ['a'] → 'a' (lines 1:1, 2:1, 3:1, 4:1, 5:1, and 5 more)" in shown


def test_many_conflicts_are_counted() -> None:
    conflicts = tuple(Conflict(f"/{n}", (Claim("a b\nc", tuple(range(9))), Claim(None, (1,)))) for n in range(25))
    shown = lines(printed(Extraction({"x": 1}, chunks=(ChunkReport(0, 9, "ok"),), conflicts=conflicts)))
    assert "conflict at /0: a b c (chunk 0, 1, 2, 3, 4, …, characters 0 to 9), not null (chunk 1)" in shown
    assert "5 more conflicts between chunks" in shown


def test_what_it_took_and_what_was_found_share_a_line_where_both_fit(soup) -> None:
    wide, narrow = lines(printed(soup, width=100)), lines(printed(soup, width=60))
    assert wide[1].endswith("1 exact 1 fuzzy 1 unsupported")
    assert narrow[2] == "1 exact 1 fuzzy 1 unsupported"


def test_an_issue_stands_at_its_value() -> None:
    view = View({"serves": "many"}, issues=(Issue("/serves", "should be a number", "type"),), error="No.")
    shown = lines(printed(view))
    assert shown[shown.index("serves many") + 1] == "should be a number"


def test_long_texts_large_values_and_many_issues_are_cut(at) -> None:
    text = "".join(f"line {number}\n" for number in range(50_000))
    evidence = (at("/0", "line 40000", text),)
    issues = tuple(Issue("/x", "wrong", "type") for _ in range(30))
    view = View(["v" * 9_999, *range(5_000)], evidence=evidence, issues=issues)
    shown = lines(printed(view, text))
    assert len(shown) < 400
    assert "40001 line 40000" in shown
    assert "4,801 more lines of the value not shown" in shown
    assert "10 more issues" in shown
    assert sum("characters not shown" in line for line in shown) == 2


def test_unsupported_values_are_never_left_out() -> None:
    evidence = tuple(Evidence(f"/{number}", None, None, None, Status.UNSUPPORTED) for number in (900, 901))
    shown = lines(printed(View(list(range(1_000)), evidence=evidence)))
    assert shown[shown.index("199 199") + 1 :] == [
        "⋯ 700 lines not shown",
        "900 900 unsupported",
        "901 901 unsupported",
        "798 more lines of the value not shown",
        "",
    ]


def test_a_text_that_is_another_one_is_not_marked_and_that_is_said(soup) -> None:
    shown = printed(soup, TEXT.replace("Soup", "Stew"))
    assert "1 place not marked: the text there is different" in shown


def test_it_prints_to_the_standard_output_unless_told_otherwise(capsys) -> None:
    print_extraction(Extraction({"name": "Pie"}))
    assert "Pie" in capsys.readouterr().out
