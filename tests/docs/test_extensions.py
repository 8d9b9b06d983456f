"""The site's own extensions: docstrings as reStructuredText, and the check of links."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs._extensions.check_links import dead_links, main, read_site
from docs._extensions.plain_docstrings import written_out


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("`value` is None.", ":py:obj:`value` is None."),
        ("Use `Extractor.map`.", "Use :py:obj:`Extractor.map`."),
        ('Write ``fields("a")`` or `a | b`.', 'Write ``fields("a")`` or ``a | b``.'),
        ("No *args, no a|b, no name_ here.", r"No \*args, no a\|b, no name\_ here."),
        ("- `a`: one", "- :py:obj:`a`: one"),
        ("two `items`s", r"two :py:obj:`items`\s"),
    ],
)
def test_a_line_keeps_its_words_and_links_its_names(line: str, written: str) -> None:
    assert written_out([line]) == [written]


def test_indented_code_becomes_a_literal_block() -> None:
    lines = ["Like this:", "", "    a = `b` * 2", "", "    c", "Then `d`."]
    assert written_out(lines) == ["Like this:", "", "::", "", "    a = `b` * 2", "", "    c", "Then :py:obj:`d`."]


def test_a_block_that_is_marked_already_is_marked_once() -> None:
    assert written_out(["Like this ::", "", "    a"]) == ["Like this::", "", "    a"]


def test_the_arguments_of_a_section_are_no_code() -> None:
    lines = ["Args:", "    a: the `first`.", "        It goes on.", "", "    b: second."]
    assert written_out(lines)[1] == "    a: the :py:obj:`first`."
    assert "::" not in written_out(lines)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two pages; the first one leads to the second and to itself."""
    (tmp_path / "a.html").write_text(
        '<h1 id="top"></h1><a href="#top"></a><a href="b.html#x"></a><a href="https://h"></a>'
    )
    (tmp_path / "b.html").write_text('<p id="x"></p><img src="no%20picture.png"><a href="a.html#gone"></a>')
    return tmp_path


def test_links_to_missing_files_and_anchors_are_named(site: Path) -> None:
    assert sorted(dead_links(read_site(site))) == [
        "b.html: a.html#gone: that page has no such anchor.",
        "b.html: no%20picture.png leads nowhere.",
    ]


def test_a_folder_without_pages_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(str(tmp_path)) == 1
    assert "no pages" in capsys.readouterr().err
