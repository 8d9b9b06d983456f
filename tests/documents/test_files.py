"""What users call to read files: one file, or many with an error in the place of what cannot be read."""

from pathlib import Path
from typing import Any

import pytest

import structgen
from structgen import ConfigurationError, Document, DocumentError, ExtractionFailed, Extractor, read


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text("Leek soup.")
    (tmp_path / "in" / "b.md").write_bytes(b"%PDF-1.4 and more")
    (tmp_path / "in" / "c.html").write_text("<p>Stew.</p>")
    (tmp_path / "in" / "deep" / "d.txt").write_text("  ")
    (tmp_path / "rows.csv").write_text("nr,body\n1,Pie.\n2,\n3,Tart.\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_is_a_document_named_after_it(folder: Path) -> None:
    for path in ("in/a.txt", Path("in/a.txt")):
        assert Document.from_file(path) == Document("Leek soup.", "a.txt", "in/a.txt")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("in/none.txt", "in/none.txt: it cannot be read: No such file"),
        ("in/b.md", "in/b.md: it is a PDF"),
        ("in/deep/d.txt", "in/deep/d.txt: it is empty"),
        ("in", r"in is a folder: structgen.read\('in'\)"),
        ("rows.csv", r"rows.csv is a table: structgen.read\('rows.csv'\)"),
    ],
)
def test_a_file_that_is_no_document_says_why(folder: Path, path: str, says: str) -> None:
    with pytest.raises(DocumentError, match=says) as raised:
        Document.from_file(path)
    assert raised.value.source == path


@pytest.mark.parametrize("wrong", [None, b"in/a.txt", 5, ""])
def test_a_path_is_a_str_or_a_path(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="A path is a str or a Path, not"):
        Document.from_file(wrong)
    with pytest.raises(ConfigurationError):
        read([wrong])


@pytest.mark.parametrize("wrong", [None, b"in", 5, {"in": 1}])
def test_paths_of_another_kind_are_refused_before_anything_is_read(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="must be a path, a folder or a glob"):
        read(wrong)


def told(found: Document | DocumentError) -> str:
    return f"{found.id}: {found}" if isinstance(found, DocumentError) else f"{found.id}={found.text}"


def test_one_bad_file_hides_no_other(folder: Path) -> None:
    assert [told(found)[:24] for found in read("in")] == [
        "a.txt=Leek soup.",
        "b.md: in/b.md: it is a P",
        "c.html=<p>Stew.</p>",
        "deep/d.txt: in/deep/d.tx",
    ]


def test_several_paths_globs_and_tables_are_read_in_order(folder: Path) -> None:
    found = list(read([Path("rows.csv"), "in/*.txt", "none.txt"], text_field="body", id_field="nr"))
    assert [one.id for one in found] == ["1", "2", "3", "a.txt", "none.txt"]
    assert [isinstance(one, DocumentError) for one in found] == [False, True, False, False, True]


def test_nothing_is_read_before_it_is_asked_for(folder: Path) -> None:
    found = read("in/*.txt")
    (folder / "in" / "a.txt").write_text("Other soup.")
    assert told(next(found)) == "a.txt=Other soup."


def test_a_guess_is_told(folder: Path) -> None:
    text = "Crème brûlée, façon de la maison, très bien cuite à l'étouffée. " * 5
    Path("in/e.txt").write_bytes(text.encode("cp1252"))
    said: list[str] = []
    assert [told(one) for one in read("in/e.txt", notice=said.append)] == [f"e.txt={text}"]
    assert len(said) == 1
    with pytest.warns(UserWarning, match="which is a guess"):
        list(read("in/e.txt"))
    with pytest.warns(UserWarning, match="which is a guess"):
        assert Document.from_file("in/e.txt").text == text


def test_a_map_goes_on_after_a_file_that_cannot_be_read(folder: Path) -> None:
    outcomes = list(Extractor("rules").map(structgen.fields("title?"), read(["in/a.txt", "in/b.md", "in/c.html"])))
    assert [isinstance(outcome, ExtractionFailed) for outcome in outcomes] == [False, True, False]
    assert "in/b.md: it is a PDF" in str(outcomes[1])
    assert isinstance(outcomes[1].__cause__, DocumentError)
    (bad,) = read("in/b.md")
    with pytest.raises(DocumentError, match="it is a PDF"):
        structgen.extract(structgen.fields("title"), bad, model="rules")
