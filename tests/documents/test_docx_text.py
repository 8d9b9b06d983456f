from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest

from structgen.core.errors import DocumentError
from structgen.core.records import Document
from structgen.documents.docx_text import read_docx

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def saved(made: Any) -> bytes:
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def by_hand(body: str, word: str = WORD, **parts: str) -> bytes:
    """Return a document with this body, and with parts such as footnotes."""
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        names = f'xmlns:w="{word}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
        archive.writestr("word/document.xml", f"<w:document {names}><w:body>{body}</w:body></w:document>")
        related = "".join(f'<Relationship Id="{name}" Type="{kinds}/{name}" Target="{name}.xml"/>' for name in parts)
        archive.writestr("word/_rels/document.xml.rels", f"<Relationships>{related}</Relationships>")
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", f"<w:{name} {names}>{content}</w:{name}>")
    return file.getvalue()


def p(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_headings_lists_and_paragraphs_are_as_in_markdown() -> None:
    made = docx.Document()
    made.add_heading("Contract", 0)
    made.add_heading("Parties", 2)
    made.add_paragraph("Between us\nand them.")
    for text in ("tea", "milk"):
        made.add_paragraph(text, style="List Bullet")
    for text in ("boil", "pour"):
        made.add_paragraph(text, style="List Number")
    made.add_paragraph("Total:\t7.00")
    assert read_docx(saved(made)) == (
        "# Contract\n\n## Parties\n\nBetween us\nand them.\n- tea\n- milk\n1. boil\n2. pour\nTotal:\t7.00"
    )


def test_cells_are_separated_by_tabs_and_their_lines_are_side_by_side() -> None:
    made = docx.Document()
    table = made.add_table(2, 3)
    for row, texts in enumerate([["Harbour Ltd\n9 Quay Street", "", "Invoice: 5\nDate: 3 May"], ["Tea", "2", "3.50"]]):
        for column, text in enumerate(texts):
            table.cell(row, column).text = text
    assert read_docx(saved(made)) == "\nHarbour Ltd\t\tInvoice: 5\n9 Quay Street\t\tDate: 3 May\nTea\t2\t3.50".strip()


def test_headers_come_first_and_footers_last(tmp_path: Path) -> None:
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = "Harbour Ltd"
    made.sections[0].footer.paragraphs[0].text = "IBAN: none"
    made.add_paragraph("Dear all")
    (tmp_path / "letter.docx").write_bytes(saved(made))
    document = Document.from_file(tmp_path / "letter.docx")
    assert (document.text, document.id) == ("Harbour Ltd\n\nDear all\n\nIBAN: none", "letter.docx")


def test_notes_are_numbered_behind_the_text() -> None:
    note = f'<w:footnote w:id="2">{p("As agreed.")}</w:footnote><w:footnote w:type="separator" w:id="0"/>'
    body = '<w:p><w:r><w:t>Price</w:t><w:footnoteReference w:id="2"/></w:r></w:p>'
    assert read_docx(by_hand(body, footnotes=note)) == "Price[footnote 2]\n\n[footnote 2] As agreed."


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "<w:p><w:ins><w:r><w:t>new</w:t></w:r></w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del></w:p>",
            "new",
        ),
        (f"<w:sdt><w:sdtContent>{p('field')}</w:sdtContent></w:sdt>", "field"),
        ("<w:p><w:hyperlink><w:r><w:t>link</w:t></w:r></w:hyperlink></w:p>", "link"),
        (
            "<w:p><w:r><w:t>a </w:t><w:t>b</w:t><w:tab/><w:t>c</w:t><w:br/><w:t>d</w:t></w:r></w:p>",
            "a b\tc\nd",
        ),
        (
            "<w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent>"
            + p("box")
            + "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>"
            + p("box")
            + "</w:txbxContent></mc:Fallback></mc:AlternateContent><w:t>text</w:t></w:r></w:p>",
            "text\nbox",
        ),
        (
            f"<w:tbl><w:tr><w:tc>{p('a')}<w:tbl><w:tr><w:tc>{p('b')}</w:tc><w:tc>{p('c')}</w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>",
            "a\nb\tc",
        ),
        (p("one") + "<w:p/><w:p/><w:p/>" + p("two"), "one\n\ntwo"),
    ],
)
def test_what_people_see_is_read_once(body: str, text: str) -> None:
    assert read_docx(by_hand(body)) == text
    assert read_docx(by_hand(body, "http://purl.oclc.org/ooxml/wordprocessingml/main")) == text


def zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "/"), data)
    return file.getvalue()


ENTITIES = b'<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/hostname">]><d>&a;&b;</d>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a readable Word document"),
        (b"no zip", "not a readable Word document"),
        (by_hand(p("text"))[:-30], "not a readable Word document"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "encrypted with a password, or an old Word file"),
        (zipped(xl__workbook=b"<x/>"), "it is not a Word document"),
        (zipped(**{"word__document.xml": b"<w:broken"}), "its part word/document.xml is broken"),
        (zipped(**{"word__document.xml": ENTITIES}), "declares entities"),
        (zipped(**{"word__document.xml": b" " * (65 * 2**20)}), "unpack to more than 64 MB"),
    ],
)
def test_what_is_no_document_or_means_harm_says_so(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        read_docx(data)


def test_parts_nested_very_deep_are_a_document_error() -> None:
    deep = "<w:sdt>" * 20_000 + "</w:sdt>" * 20_000
    with pytest.raises(DocumentError, match="not a readable Word document"):
        read_docx(by_hand(deep))


def test_without_the_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "defusedxml.ElementTree", None)
    with pytest.raises(DocumentError, match=r"pip install 'structgen\[documents\]'"):
        read_docx(by_hand(p("text")))
