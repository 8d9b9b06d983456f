from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fpdf import FPDF
from fpdf.enums import AccessPermission, EncryptionMethod

import structgen
from structgen.core.errors import DocumentError
from structgen.core.records import Document
from structgen.documents.pdf import pdf_text, read_pdf


def new_page(pdf: FPDF) -> None:
    pdf.add_page()
    pdf.set_font("helvetica", size=10)


def made(*pages: Callable[[FPDF], object]) -> bytes:
    pdf = FPDF()
    for draw in pages:
        new_page(pdf)
        draw(pdf)
    return bytes(pdf.output())


def invoice(pdf: FPDF) -> None:
    """Draw an invoice column by column, which is not the order in which it is read."""
    for row, text in enumerate(["Harbour Supplies", "9 Quay Street", "", "Item", "Rope, 10 m", "Hook", "Total due"]):
        pdf.text(15, 20 + 6 * row, text)
    for row, text in enumerate(["Invoice no.:", "Invoice date:"]):
        pdf.text(120, 20 + 6 * row, text)
    for row, text in enumerate(["HS-118", "3 June 2024", "", "Price", "24.00", "6.50", "30.50"]):
        pdf.text(175, 20 + 6 * row, text)


def blank(pdf: FPDF) -> None:
    """Draw nothing."""


def picture(pdf: FPDF) -> None:
    pdf.rect(20, 20, 50, 50, style="F")


def test_an_invoice_is_read_in_lines_with_its_columns() -> None:
    lines = read_pdf(made(invoice)).text.splitlines()
    assert [re.split(" {3,}", line.strip()) for line in lines if line] == [
        ["Harbour Supplies", "Invoice no.:", "HS-118"],
        ["9 Quay Street", "Invoice date:", "3 June 2024"],
        ["Item", "Price"],
        ["Rope, 10 m", "24.00"],
        ["Hook", "6.50"],
        ["Total due", "30.50"],
    ]


def test_pages_are_apart_and_their_places_are_known() -> None:
    data = made(lambda pdf: pdf.text(15, 20, "First"), lambda pdf: pdf.text(15, 20, "Second"))
    found = read_pdf(data)
    assert found.text == "First\n\nSecond"
    document = Document(found.text, pages=found.pages)
    assert [document.page_at(found.text.index(word)) for word in ("First", "Second")] == [1, 2]
    assert Document(found.text).page_at(0) is None


def test_evidence_names_the_page(tmp_path: Path) -> None:
    path = tmp_path / "bill.pdf"
    path.write_bytes(made(invoice, lambda pdf: pdf.text(15, 20, "Delivery code: QX-99")))
    document = Document.from_file(path)
    result = structgen.extract(structgen.fields("delivery_code"), document, model="rules")
    (piece,) = result.evidence
    assert piece.page == 2
    assert document.text[piece.start : piece.end] == piece.text == "QX-99"


def test_text_that_is_turned_is_read_in_its_direction() -> None:
    def draw(pdf: FPDF) -> None:
        for angle, word in ((90, "upwards 7.50"), (270, "downwards 8.50"), (180, "over head 9.50")):
            with pdf.rotation(angle, 100, 100):
                pdf.text(100, 100, word)

    for angle in (90, 180, 270):

        def one(pdf: FPDF, angle: int = angle) -> None:
            with pdf.rotation(angle, 100, 100):
                pdf.text(60, 100, "Label")
                pdf.text(120, 100, "Value")
                pdf.text(60, 106, "Second line")

        assert read_pdf(made(one)).text == "Label   Value\nSecond line"
    assert {"upwards 7.50", "downwards 8.50", "over head 9.50"} <= set(read_pdf(made(draw)).text.splitlines())


def test_a_stamp_across_the_page_does_not_get_into_its_lines() -> None:
    def draw(pdf: FPDF) -> None:
        with pdf.rotation(40, 60, 60):
            pdf.text(40, 60, "PAID IN FULL")
        pdf.text(15, 50, "Total: 5.00")
        pdf.text(15, 60, "Date: 2024-05-01")

    assert read_pdf(made(draw)).text.split("\n\n")[-1] == "PAID IN FULL"


def test_words_drawn_apart_letter_by_letter_are_one_word() -> None:
    def draw(pdf: FPDF) -> None:
        pdf.set_char_spacing(2)
        pdf.text(15, 20, "INVOICE 42")

    assert read_pdf(made(draw)).text == "INVOICE 42"


def test_a_scan_says_what_to_do() -> None:
    with pytest.raises(DocumentError, match=r"page 1 of 1 has no text; it is probably a scan; .*ocrmypdf"):
        read_pdf(made(picture))


def test_a_page_without_text_among_others_is_noted(tmp_path: Path) -> None:
    found = read_pdf(made(invoice, picture, blank))
    assert [note.partition(";")[0] for note in found.notes] == ["page 2 of 3 has no text"]
    (tmp_path / "a.pdf").write_bytes(made(invoice, picture))
    told: list[str] = []
    (document,) = structgen.read(tmp_path / "a.pdf", notice=told.append)
    assert isinstance(document, Document)
    assert document.notes == ("page 2 of 2 has no text; " + found.notes[0].partition("; ")[2],)
    assert document.notes[0] in told[0]


def test_an_empty_pdf_says_that_it_has_no_text() -> None:
    with pytest.raises(DocumentError, match="none of its pages has text"):
        read_pdf(made(blank))


def locked(password: str) -> bytes:
    pdf = FPDF()
    new_page(pdf)
    pdf.text(15, 20, "Total: 5.00")
    method = EncryptionMethod.RC4
    pdf.set_encryption("owner", password or None, method, permissions=AccessPermission.none())
    return bytes(pdf.output())


def test_a_pdf_that_opens_without_a_password_is_read_and_another_one_says_so() -> None:
    assert read_pdf(locked("")).text == "Total: 5.00"
    with pytest.raises(DocumentError, match="encrypted with a password"):
        read_pdf(locked("secret"))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.4\n" + b"\0" * 500, made(invoice)[:700]])
def test_a_broken_pdf_says_so(data: bytes) -> None:
    with pytest.raises(DocumentError, match="not a readable PDF"):
        read_pdf(data)


def by_hand(content: bytes, dictionary: bytes = b"/Filter/FlateDecode", font: bytes = b"") -> bytes:
    """Return a PDF of one page with this content stream."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d%s>>stream\n%s\nendstream" % (len(content), dictionary, content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica%s>>" % font,
    ]
    whole, places = b"%PDF-1.4\n", list[int]()
    for number, one in enumerate(objects, start=1):
        places.append(len(whole))
        whole += b"%d 0 obj%sendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return b"%sxref\n0 6\n0000000000 65535 f \n%strailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        whole,
        table,
        len(whole),
    )


HELLO = b"BT /F 12 Tf 50 700 Td (Total 5.00) Tj ET "


def test_a_small_pdf_with_a_huge_page_is_refused_before_it_is_unpacked() -> None:
    packed = zlib.compressobj(9)
    piece = b" " * 2**20
    bomb = packed.compress(HELLO) + b"".join(packed.compress(piece) for _ in range(80)) + packed.flush()
    assert len(bomb) < 200_000
    with pytest.raises(DocumentError, match="unpack to more than 64 MB"):
        read_pdf(by_hand(bomb))
    assert read_pdf(by_hand(zlib.compress(HELLO))).text == "Total 5.00"
    assert read_pdf(by_hand(HELLO, b"")).text == "Total 5.00"


def test_a_pdf_with_too_many_characters_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "MOST_CHARS", 200)
    with pytest.raises(DocumentError, match="more than 200 characters; split it"):
        read_pdf(made(invoice, invoice, invoice))


def test_a_font_that_does_not_say_its_characters_is_refused() -> None:
    font = b"/Encoding<</Type/Encoding/Differences[48/g1/g2/g3/g4/g5/g6/g7/g8/g9/g10]>>"
    content = b"BT /F 12 Tf 50 700 Td (0123456789) Tj ET"
    with pytest.raises(DocumentError, match="do not say which characters"):
        read_pdf(by_hand(content, b"", font))


def test_a_single_character_without_a_meaning_is_no_other_one() -> None:
    font = b"/Encoding<</Type/Encoding/Differences[48/g1]>>"
    text = read_pdf(by_hand(b"BT /F 12 Tf 50 700 Td (Total 150.20) Tj ET", b"", font)).text
    assert text == "Total 15\ufffd.2\ufffd"


def test_ligatures_become_letters() -> None:
    font = b"/Encoding<</Type/Encoding/Differences[48/fi/fl]>>"
    text = read_pdf(by_hand(b"BT /F 12 Tf 50 700 Td (0nal 1ow) Tj ET", b"", font)).text
    assert text == "final flow"


def test_pdfs_are_read_one_after_another_even_from_several_threads() -> None:
    data = made(invoice)
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(lambda _: read_pdf(data), range(16)))) == 1


def test_without_the_library_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(DocumentError, match=r"pip install 'structgen\[documents\]'"):
        read_pdf(made(invoice))
