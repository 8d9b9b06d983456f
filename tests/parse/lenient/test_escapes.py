r"""Whether a backslash is an escape or a part of the text: the document decides, or the response is refused.

Models write LaTeX, Windows paths and patterns without doubling their backslashes, and ``\frac`` is valid JSON.
"""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from structgen import parse_response
from structgen.core.options import Risk
from structgen.core.results import Parsed, Repair
from structgen.forms import prompt_forms
from structgen.parse import parse_text
from structgen.parse.json_values import write_json
from structgen.parse.lenient.escapes import Source, unescape
from structgen.parse.strict_json import strict_json
from structgen.schema import Schema


class Note(BaseModel):
    text: str
    page: int = 1


class Table(BaseModel):
    cells: dict[str, int]
    prep_time: str = ""


NOTE = Schema.of(Note)


def read(written: str, document: str | None = None, max_risk: Risk = Risk.INTERPRETIVE) -> Parsed[Note]:
    return parse_text(NOTE, f'{{"text": "{written}"}}', document=document, max_risk=max_risk)


IN_DOUBT = [
    r"\frac{a}{b} \times \beta",
    r"3 \times 4",
    r"the sum \nabla f",
    r"\text{if } x > 0",
    r"a \rightarrow b",
    r"the angle $\theta$",
    r"density $\rho$ of air",
    r"$\nu$ and \\alpha",
    r"\begin{cases} x \\ y \end{cases}",
    r"K_\beta lines",
    r"\forall x",
    r"C:\new\table\bin",
    r"C:\temp",
    r"D:\reports\2024",
    r"C:\Users\new",
    r"C:\\Users\\bob\notes.txt",
    r"src\\main\resources",
    r"C:\nürnberg",
    r"C:\\Büro\übrig\neu",
    r"C:\\Büro\neu",
    r"bin\x64\Release",
    r"bin\x86\app",
    r"\bword\b",
    r"\b(a|b)\b",
    r"\d+\n",
    r"\w+\t\w+",
    r"page one\fPage two",
    r"snake\_case",
    r"costs \$5",
    r"50\% off",
    r"\(x\)",
    r"smile \u{1F600}",
    "broken \\\n line",
]


@pytest.mark.parametrize("written", IN_DOUBT)
def test_a_backslash_that_may_be_an_escape_or_text_is_refused(written: str) -> None:
    parsed = read(written)
    assert not parsed.ok
    (issue,) = parsed.issues
    assert (issue.path, issue.code) == ("/text", "escape")
    assert "write each backslash of the text as two" in issue.message
    escape, text = issue.found  # type: ignore[misc]
    assert escape != text
    assert isinstance(text, str)
    assert "\\" in text


@pytest.mark.parametrize(
    "written",
    [
        r"first line\nsecond line",
        r"a\tb\tc\n1\t2\t3",
        r"def f(x):\n\tif x:\n\t\treturn x\n\treturn None",
        r"print(\"a\\nb\")\nu = 3\nprint(u)",
        r"name,age\nnora,31\ntom,27\r\nrita,40",
        r"Vitamin C:\nOranges\nApples",
        r"使用\\alpha\n然后",
        r"Q:\nWhat?\nA:\nyes",
        r"to be\nnot to be",
        r"\u0041\u00e9\ud83d\ude00",
        r"a\/b \"quoted\" \\ done",
        r"C:\\new\\table\\bin",
        r"$\\frac{a}{b} \\times \\beta$\nThen it follows.",
        r"In C:\\Users\\bob\nNext to it",
        r"the end of the page\f",
        r"page 1\f\n\npage 2",
        r"$5\nnew\t$6\ntotal $11",
        r"\nu\nto\ntau",
    ],
)
def test_unambiguous_escapes_are_accepted_without_a_record(written: str) -> None:
    parsed = read(written, max_risk=Risk.LOSSLESS)
    assert parsed.ok, parsed.issues
    assert parsed.value == Note(text=json.loads(f'"{written}"'))
    assert parsed.repairs == ()


def test_unambiguous_escapes_stay_on_the_fast_path() -> None:
    """The strict decoder accepts them without a document."""
    for written in (r"a\nb\tc", r"$\\frac{1}{2}$\nThen", r"\\nu\nof", r"print(\"\\n\")\nreturn"):
        assert strict_json(f'["{written}"]'.encode()).value == json.loads(f'["{written}"]')


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (r"\d+\s*\w", r"\d+\s*\w"),
        (r"C:\Dev\Python", r"C:\Dev\Python"),
        (r"\(K_\alpha\)", r"\(K_\alpha\)"),
        (r"\sqrt{2} \cdot \pi", r"\sqrt{2} \cdot \pi"),
        (r"back\1 reference", r"back\1 reference"),
        (r"\underline{x}", r"\underline{x}"),
        (r"it\'s", "it's"),
        (r"a \`b\`", "a `b`"),
        (r"smile \U0001F600", "smile 😀"),
    ],
)
def test_a_backslash_with_one_likely_meaning_is_accepted_on_record(written: str, text: str) -> None:
    parsed = read(written)
    assert parsed.value == Note(text=text)
    assert parsed.repairs == (Repair("escape", "/text", f'"{written}"', text, Risk.INTERPRETIVE),)
    assert not read(written, max_risk=Risk.LOSSLESS).ok


@pytest.mark.parametrize(
    ("written", "document", "text"),
    [
        (r"bin\x64\Release", r"It is in bin\x64\Release now.", r"bin\x64\Release"),
        (r"bin\x64\Release", r"The bind\Release is wrong.", r"bind\Release"),
        (r"\frac{a}{b} \times \beta", r"We get $\frac{a}{b} \times \beta$.", r"\frac{a}{b} \times \beta"),
        (r"Hence \frac{1}{2}\nThen \nabla", r"so $\frac ab$ and $\nabla f$", "Hence \\frac{1}{2}\nThen \\nabla"),
        (r"C:\new\table\bin", r"dir C:\new\table\bin", r"C:\new\table\bin"),
        (r"Open C:\temp\new please", r"in C:\temp\new or so", r"Open C:\temp\new please"),
        (r"build\new\table", r"see build\new\table", r"build\new\table"),
        (r"\\server\share\new", r"on \\server\share\new.", r"\\server\share\new"),
        (r"\\server", r"on \\server.", r"\\server"),
        (r"a \\ b", r"rows: a \\ b", r"a \\ b"),
        (r"one\fTwo", "one\fTwo", "one\fTwo"),
        (r"one\fTwo", "as in one\\fTwo", "one\\fTwo"),
        (r"snake\_case", "call snake_case()", "snake_case"),
        (r"snake\_case", r"call snake\_case()", r"snake\_case"),
        (r"costs \$5", "it costs $5", "costs $5"),
        (r"caf\'e", r"in TeX: caf\'e", r"caf\'e"),
        (r"\bword\b", r"match \bword\b", r"\bword\b"),
        (r"C:\\Users\\bob\notes.txt", r"C:\Users\bob\notes.txt", r"C:\Users\bob\notes.txt"),
        (r"C:\\Users\\bob\notes", "C:\\Users\\bob\nnotes", None),
        (r"C:\\Users\\bob\notes", "C:\\Users\\bob\notes", "C:\\Users\\bob\notes"),
        (r"one\\ntwo", "one\ntwo", "one\ntwo"),
        (r"so \\\\frac{1}{2}", r"so \frac{1}{2}", r"so \frac{1}{2}"),
        (r"a \\\"quoted\\\" word", 'a "quoted" word', 'a "quoted" word'),
        (r"\frac12", "no such thing", None),
        (r"\frac12", "either \\frac12 or \frac12", None),
        (r"\x64", "d is there", None),
    ],
)
def test_the_document_decides_on_record(written: str, document: str, text: str | None) -> None:
    parsed = read(written, document)
    if text is None:
        assert [issue.code for issue in parsed.issues] == ["escape"]
        return
    assert parsed.ok, parsed.issues
    assert parsed.value == Note(text=text)
    assert parsed.repairs == (Repair("escape", "/text", f'"{written}"', text, Risk.INTERPRETIVE),)
    assert not read(written, document, max_risk=Risk.LOSSLESS).ok


@pytest.mark.parametrize(
    ("written", "document"),
    [
        (r"hello\nworld", "hello\nworld, in C:\\new"),
        (r"a\tb", "some \\text with a\tb"),
        (r"\\alpha beta", r"$\alpha beta$"),
        (r"C:\\new", r"C:\new"),
        (r"C:\\new", "no path"),
        (r"one\\ntwo", "one\ntwo and one\\ntwo"),
        (r"said \"so\"", r"said \"so\" or \x"),
    ],
)
def test_a_document_with_backslashes_changes_no_unambiguous_escape(written: str, document: str) -> None:
    parsed = read(written, document, max_risk=Risk.LOSSLESS)
    assert parsed.value == Note(text=json.loads(f'"{written}"'))
    assert parsed.repairs == ()


def test_two_ambiguous_strings_are_two_issues_and_the_others_are_kept() -> None:
    parsed = parse_response(list[Note], r'[{"text": "\frac"}, {"text": "ok"}, {"text": "C:\new"}]')
    assert [(issue.path, issue.code) for issue in parsed.issues] == [("/0/text", "escape"), ("/2/text", "escape")]
    assert parse_response(list[Note], r'[{"text": "\frac"}]', document=r"\frac").ok


@pytest.mark.parametrize(
    "dress",
    ["{}", "Here it is: {}", "```json\n{}\n```", "{},", "<think>hm</think>{}", "{}\n{}"],
)
def test_no_surroundings_hide_an_ambiguous_backslash(dress: str) -> None:
    text = dress.replace("{}", r'{"text": "\beta"}')
    assert not parse_response(Note, text).ok
    parsed = parse_response(Note, text, document=r"$\beta$")
    assert parsed.value == Note(text=r"\beta")
    assert ("escape", "/text") in [(repair.rule, repair.path) for repair in parsed.repairs]


@pytest.mark.parametrize("quotes", ["''", "“”", "``"])
def test_other_quotes_and_python_hide_no_ambiguous_backslash(quotes: str) -> None:
    written = f'{{"text": {quotes[0]}C:\\new{quotes[1]}}}'
    assert [issue.code for issue in parse_response(Note, written).issues] == ["escape"]
    assert parse_response(Note, written, document="C:\\new").value == Note(text="C:\\new")


def test_python_escapes_are_read_as_python_means_them() -> None:
    parsed = parse_response(Note, repr({"text": "a\x1b[0m\xa0'b' \U000e0001"}))
    assert parsed.value == Note(text="a\x1b[0m\xa0'b' \U000e0001")
    assert {repair.risk for repair in parsed.repairs} == {Risk.LOSSLESS}


def test_a_string_that_is_the_whole_answer_may_be_ambiguous_too() -> None:
    assert [issue.code for issue in parse_response(str, r'"C:\new\{a}"').issues] == ["escape"]
    assert parse_response(str, r'"C:\new\{a}"', document=r"C:\new\{a}").value == r"C:\new\{a}"
    assert parse_response(str, r'"plain {text}"').repairs == ()


def test_json_within_a_string_is_ambiguous_if_its_backslashes_were_doubled_once() -> None:
    text = json.dumps('{"text": "C:\\new"}')
    assert not parse_response(Note, text).ok
    parsed = parse_response(Note, text, document=r"C:\new")
    assert parsed.value == Note(text=r"C:\new")
    assert {repair.rule: repair.risk for repair in parsed.repairs} == {"double_encoded": Risk.INTERPRETIVE}


def test_an_ambiguous_key_is_refused_if_keys_are_data() -> None:
    parsed = parse_response(Table, r'{"cells": {"\beta": 1}}')
    assert [(issue.path, issue.code) for issue in parsed.issues] == [("/cells", "escaped_key")]
    found = parse_response(Table, r'{"cells": {"\beta": 1}}', document=r"$\beta$ is 1")
    assert found.value == Table(cells={r"\beta": 1})
    assert [repair.rule for repair in found.repairs] == ["escape"]


def test_an_ambiguous_key_that_can_only_be_one_field_is_accepted() -> None:
    parsed = parse_response(Table, r'{"cells": {}, "prep\_time": "5 min"}')
    assert parsed.value == Table(cells={}, prep_time="5 min")
    assert [repair.rule for repair in parsed.repairs] == ["escape"]


def test_an_ignored_key_may_be_ambiguous_on_record() -> None:
    parsed = parse_response(Note, r'{"text": "a", "thought": "\frac", "odd\_key": 1}')
    assert parsed.value == Note(text="a")
    assert {repair.rule for repair in parsed.repairs} == {"escape", "ignored_key"}


def test_the_quote_of_a_value_is_decided_like_the_value_and_never_refuses_it() -> None:
    _, quoted = prompt_forms(NOTE)
    text = r'{"text": {"quote": "so \beta", "value": "\beta"}, "page": {"quote": "\frac", "value": 1}}'
    parsed = parse_text(NOTE, text, form=quoted, document=r"so \beta it is")
    assert parsed.value == Note(text=r"\beta")
    assert parsed.quotes["/text"] == r"so \beta"


def test_a_backslash_that_was_settled_is_not_ambiguous_again() -> None:
    """A value assembled from several answers is serialized by us and parsed once more."""
    tree: Any = {"text": 'C:\new\x08 \\ \f " é \u2028', "page": 1}
    assert json.loads(write_json(tree)) == tree
    assert parse_text(NOTE, write_json(tree), max_risk=Risk.LOSSLESS).value == Note(**tree)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_json_written_by_us_is_read_as_it_is(text: str) -> None:
    parsed = parse_text(NOTE, write_json({"text": text.encode(errors="replace").decode()}), max_risk=Risk.LOSSLESS)
    assert parsed.ok
    assert parsed.repairs == ()


@given(st.text(alphabet="\\abfnrtux64{}$_ :.C\"'", max_size=40), st.text(alphabet="\\abfnrtux64{}$_ :.C", max_size=60))
@settings(deadline=None, max_examples=200)
def test_of_two_readings_one_is_chosen_or_both_are_reported(raw: str, document: str) -> None:
    for source in (None, Source(document)):
        found = unescape(raw, '"', source)
        assert found.other is None or (found.interpreted and found.other != found.value)
        if not found.interpreted:
            assert found.value == json.loads(f'"{raw}"'.replace("'", "\\u0027")) if _is_json(raw) else True


def _is_json(raw: str) -> bool:
    try:
        json.loads(f'"{raw}"')
    except ValueError:
        return False
    return True


def test_the_work_is_bounded_whatever_the_document() -> None:
    """The number of document characters searched does not grow with the number of backslashes."""
    searched: list[int] = []

    class Counted(str):
        __slots__ = ()

        def find(self, *arguments: Any) -> int:
            searched.append(len(self))
            return super().find(*arguments)

    document = Counted("\\begin " * 100_000)
    text = json.dumps({"text": "".join(f" a{n} \x08{n}" for n in range(5_000))})
    assert not parse_text(NOTE, text, document=document).ok
    assert sum(searched) < 100_000_000
