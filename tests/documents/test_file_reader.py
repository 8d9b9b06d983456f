from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import structgen
from structgen import ConfigurationError, DocumentError, ExtractionFailed, Extractor
from structgen.core.records import Document
from structgen.documents import DocumentProblem, Outputs, ReadingOptions, read_documents
from structgen.documents.file_reader import UniqueIds


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(*inputs: str, **fields: str) -> list[Document | DocumentProblem]:
    return list(read_documents(inputs, ReadingOptions(**fields)))


def ids(*inputs: str) -> list[str]:
    return [found.id for found in read(*inputs)]


def problem(*inputs: str, **fields: str) -> DocumentProblem:
    (found,) = read(*inputs, **fields)
    assert isinstance(found, DocumentProblem), found
    return found


def test_a_text_file_is_one_document_named_after_it(folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a" / "soup.txt").write_text("Soup")
    assert read("a/soup.txt") == [Document("Soup", "soup.txt", "a/soup.txt")]


def test_html_stays_as_it_is_written(folder: Path) -> None:
    page = "<html><script type='application/ld+json'>{}</script><p>Soup</p>"
    (folder / "soup.html").write_text(page)
    assert read("soup.html") == [Document(page, "soup.html", "soup.html")]


def test_a_named_file_is_read_whatever_its_suffix(folder: Path) -> None:
    (folder / "letter.log").write_text("Dear all")
    assert read("letter.log") == [Document("Dear all", "letter.log", "letter.log")]


def test_a_folder_is_read_sorted_with_the_folders_in_it(folder: Path) -> None:
    for name in ("b.txt", "a.md", "in/c.TXT", "in/deeper/d.htm"):
        path = folder / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert ids("docs") == ["a.md", "b.txt", "in/c.TXT", "in/deeper/d.htm"]


def test_hidden_files_and_folders_are_not_read(folder: Path) -> None:
    (folder / ".git").mkdir()
    for name in (".git/x.txt", ".hidden.txt", "seen.txt"):
        (folder / name).write_text("x")
    assert ids(".") == ["seen.txt"]


def test_files_passed_over_in_a_folder_are_told(folder: Path) -> None:
    (folder / "a.txt").write_text("x")
    (folder / "b.xlsx").write_text("x")
    told: list[str] = []
    list(read_documents(["."], notice=told.append))
    assert len(told) == 1
    assert "1 file skipped" in told[0]


def test_a_folder_without_documents_is_a_problem(folder: Path) -> None:
    (folder / "empty").mkdir()
    assert "contains no document" in problem("empty").reason


def test_a_loop_of_links_ends_when_it_comes_round(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: opened.append(str(path)) or scan(path))
    (folder / "docs" / "in").mkdir(parents=True)
    (folder / "docs" / "a.txt").write_text("x")
    (folder / "docs" / "in" / "back").symlink_to(folder / "docs", target_is_directory=True)
    assert ids("docs") == ["a.txt"]
    assert len(opened) == 3


def test_a_broken_link_is_a_problem_and_the_others_are_read(folder: Path) -> None:
    (folder / "a.txt").symlink_to("nowhere.txt")
    (folder / "b.txt").write_text("x")
    broken, fine = read(".")
    assert isinstance(broken, DocumentProblem)
    assert "cannot be read" in broken.reason
    assert fine.id == "b.txt"


def test_a_glob_is_sorted_and_two_stars_go_deep(folder: Path) -> None:
    (folder / "in").mkdir()
    for name in ("b.txt", "a.txt", "in/c.txt"):
        (folder / name).write_text("x")
    assert ids("*.txt") == ["a.txt", "b.txt"]
    assert ids("**/*.txt") == ["a.txt", "b.txt", "c.txt"]
    assert ids(f"{folder}/*.txt") == ["a.txt", "b.txt"]


def test_two_stars_alone_give_each_file_once(folder: Path) -> None:
    (folder / "in").mkdir()
    (folder / "in" / "c.txt").write_text("x")
    assert ids("**") == ["c.txt"]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(folder: Path) -> None:
    (folder / "a[1].txt").write_text("x")
    assert ids("a[1].txt") == ["a[1].txt"]


def test_a_glob_without_a_match_is_a_problem(folder: Path) -> None:
    assert "no file matches" in problem("*.txt").reason


def test_the_standard_input_is_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO("Käse".encode())))
    assert read("-") == [Document("Käse", "-", "-")]


def test_a_missing_file_is_a_problem_and_the_others_are_read(folder: Path) -> None:
    (folder / "a.txt").write_text("x")
    missing, fine = read("gone.txt", "a.txt")
    assert str(missing) == "gone.txt: there is no such file or folder."
    assert fine.id == "a.txt"


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", "\ufeff".encode()])
def test_an_empty_file_is_a_problem(folder: Path, content: bytes) -> None:
    (folder / "a.txt").write_bytes(content)
    assert "empty" in problem("a.txt").reason


def test_a_binary_is_a_problem(folder: Path) -> None:
    (folder / "a.txt").write_bytes(bytes(range(256)) * 4)
    assert "binary" in problem("a.txt").reason


def test_a_guessed_encoding_is_told(folder: Path) -> None:
    (folder / "a.txt").write_bytes("Crème brûlée et café".encode("cp1252"))
    told: list[str] = []
    (found,) = read_documents(["a.txt"], notice=told.append)
    assert isinstance(found, Document)
    assert found.text == "Crème brûlée et café"
    assert "it was read as cp1252, which is a guess" in told[0]


def test_a_folder_without_permission_is_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "docs" / "shut").mkdir(parents=True)
    (folder / "docs" / "a.txt").write_text("x")
    scan = os.scandir

    def refuse(path: str) -> object:  # root, who runs tests in containers, is refused nothing by the system
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied", path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    fine, shut = read("docs")
    assert fine.id == "a.txt"
    assert shut == DocumentProblem("docs/shut", "it cannot be read: Permission denied.", "docs/shut")


def test_a_file_that_the_system_does_not_give_is_a_problem(folder: Path) -> None:
    (folder / "loop.txt").symlink_to("loop.txt")
    assert "cannot be read" in problem("loop.txt").reason


def test_a_name_of_a_file_that_is_no_text_still_makes_an_id(folder: Path) -> None:
    Path(os.fsdecode(b"a\xff.txt")).write_text("x")
    assert ids(".") == ["a�.txt"]


def test_a_table_is_read_lazily(folder: Path) -> None:
    (folder / "t.jsonl").write_text('{"text": "A"}\n' * 1000)
    documents = read_documents(["t.jsonl", "gone.txt"])
    assert next(documents) == Document("A", "t.jsonl:1", "t.jsonl")
    (folder / "gone.txt").write_text("it came later")
    assert list(documents)[-1] == Document("it came later", "gone.txt", "gone.txt")


def test_an_id_that_comes_again_is_made_unique_and_told(folder: Path) -> None:
    (folder / "t.jsonl").write_text("".join(json.dumps({"id": i, "text": "x"}) + "\n" for i in ("a", "a#2", "a", "a")))
    told: list[str] = []
    assert [found.id for found in read_documents(["t.jsonl"], notice=told.append)] == ["a", "a#2", "a#3", "a#4"]
    assert "the id 'a' is not unique; it became 'a#3' here" in told[0]


def test_many_repeated_ids_are_not_all_named(folder: Path) -> None:
    (folder / "t.jsonl").write_text('{"id": "a", "text": "x"}\n' * 1015)
    told: list[str] = []
    assert len(list(read_documents(["t.jsonl"], notice=told.append))) == 1015
    assert len(told) == 11
    assert told[-1] == "1,004 more ids are not unique; each got a number at its end, like 'a#1015'."


def test_equal_ids_without_number_take_one_step_each() -> None:
    unique = UniqueIds()
    last = [unique.of("a") for _ in range(200_000)][-1]
    assert last == "a#200000"


def test_what_is_written_to_is_left_out(folder: Path) -> None:
    (folder / "a.txt").write_text("x")
    (folder / "out.jsonl").write_text('{"id": "a"}\n')
    told: list[str] = []
    for inputs in (["."], ["*.*"]):
        assert [one.id for one in read_documents(inputs, outputs=Outputs(Path("out.jsonl")), notice=told.append)] == [
            "a.txt"
        ]
    assert told == ["out.jsonl: skipped, because rows are written to it."] * 2


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=60), max_size=6), st.sampled_from(["t.jsonl", "t.csv", "t.txt", "t.parquet"]))
def test_no_file_ends_the_reading_or_shares_an_id(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], name: str
) -> None:
    path = tmp_path_factory.mktemp("any") / name
    path.write_bytes(b"\n".join(lines))
    found = read(str(path), str(path))
    assert found
    assert len({one.id for one in found}) == len(found)


@pytest.fixture
def kitchen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.txt").write_text("Leek soup.")
    (tmp_path / "in" / "b.md").write_bytes(b"%PDF-1.4 and more")
    (tmp_path / "in" / "c.html").write_text("<p>Stew.</p>")
    (tmp_path / "in" / "deep" / "d.txt").write_text("  ")
    (tmp_path / "rows.csv").write_text("nr,body\n1,Pie.\n2,\n3,Tart.\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_file_is_a_document_named_after_it(kitchen: Path) -> None:
    for path in ("in/a.txt", Path("in/a.txt")):
        assert Document.from_file(path) == Document("Leek soup.", "a.txt", "in/a.txt")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("in/none.txt", "in/none.txt: it cannot be read: No such file"),
        ("in/b.md", "in/b.md: it is a PDF"),
        ("in/deep/d.txt", "in/deep/d.txt: it is empty"),
        ("in", r"in is a folder: use structgen.read\('in'\)"),
        ("rows.csv", r"rows.csv is a table: use structgen.read\('rows.csv'\)"),
    ],
)
def test_a_file_that_is_no_document_says_why(kitchen: Path, path: str, says: str) -> None:
    with pytest.raises(DocumentError, match=says) as raised:
        Document.from_file(path)
    assert raised.value.source == path


@pytest.mark.parametrize("wrong", [None, b"in/a.txt", 5, ""])
def test_a_path_is_a_str_or_a_path(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="A path must be a str or a Path, not"):
        Document.from_file(wrong)
    with pytest.raises(ConfigurationError):
        structgen.read([wrong])


@pytest.mark.parametrize("wrong", [None, b"in", 5, {"in": 1}])
def test_paths_of_another_kind_are_refused_before_anything_is_read(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match="must be a path, a folder or a glob"):
        structgen.read(wrong)


def told(found: Document | DocumentError) -> str:
    return f"{found.id}: {found}" if isinstance(found, DocumentError) else f"{found.id}={found.text}"


def test_one_bad_file_hides_no_other(kitchen: Path) -> None:
    assert [told(found)[:24] for found in structgen.read("in")] == [
        "a.txt=Leek soup.",
        "b.md: in/b.md: it is a P",
        "c.html=<p>Stew.</p>",
        "deep/d.txt: in/deep/d.tx",
    ]


def test_several_paths_globs_and_tables_are_read_in_order(kitchen: Path) -> None:
    found = list(structgen.read([Path("rows.csv"), "in/*.txt", "none.txt"], text_field="body", id_field="nr"))
    assert [one.id for one in found] == ["1", "2", "3", "a.txt", "none.txt"]
    assert [isinstance(one, DocumentError) for one in found] == [False, True, False, False, True]


def test_nothing_is_read_before_it_is_asked_for(kitchen: Path) -> None:
    found = structgen.read("in/*.txt")
    (kitchen / "in" / "a.txt").write_text("Other soup.")
    assert told(next(found)) == "a.txt=Other soup."


def test_a_guess_is_told(kitchen: Path) -> None:
    text = "Crème brûlée, façon de la maison, très bien cuite à l'étouffée. " * 5
    Path("in/e.txt").write_bytes(text.encode("cp1252"))
    said: list[str] = []
    assert [told(one) for one in structgen.read("in/e.txt", notice=said.append)] == [f"e.txt={text}"]
    assert len(said) == 1
    with pytest.warns(UserWarning, match="which is a guess"):
        list(structgen.read("in/e.txt"))
    with pytest.warns(UserWarning, match="which is a guess"):
        assert Document.from_file("in/e.txt").text == text


def test_a_map_goes_on_after_a_file_that_cannot_be_read(kitchen: Path) -> None:
    outcomes = list(
        Extractor("rules").map(structgen.fields("title?"), structgen.read(["in/a.txt", "in/b.md", "in/c.html"]))
    )
    assert [isinstance(outcome, ExtractionFailed) for outcome in outcomes] == [False, True, False]
    assert "in/b.md: it is a PDF" in str(outcomes[1])
    assert isinstance(outcomes[1].__cause__, DocumentError)
    (bad,) = structgen.read("in/b.md")
    with pytest.raises(DocumentError, match="it is a PDF"):
        structgen.extract(structgen.fields("title"), bad, model="rules")
