from __future__ import annotations

from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import structgen
from structgen.core.errors import DocumentError
from structgen.core.records import Document
from structgen.documents.email_text import read_email


def message(text: str = "", **headers: str) -> EmailMessage:
    made = EmailMessage()
    for name, value in headers.items():
        made[name] = value
    if text:
        made.set_content(text)
    return made


def read(made: EmailMessage) -> str:
    return read_email(bytes(made)).text


def test_headers_and_body_are_decoded() -> None:
    made = message(
        "Grüße aus Köln,\nsumme: 12,00 €\n",
        From="Käthe Test <kt@example.com>",
        To="a@example.com, b@example.com",
        Subject="Rechnung für März – 12 €",
        Date="Mon, 04 Mar 2024 10:00:00 +0100",
    )
    for cte in ("quoted-printable", "base64", "8bit"):
        made.set_content("Grüße aus Köln,\nsumme: 12,00 €\n", cte=cte)
        assert read(made) == (
            "From: Käthe Test <kt@example.com>\nTo: a@example.com, b@example.com\nSubject: Rechnung für März – 12 €\n"
            "Date: Mon, 04 Mar 2024 10:00:00 +0100\n\nGrüße aus Köln,\nsumme: 12,00 €"
        )


def test_plain_text_is_preferred_to_html() -> None:
    made = message("Total: 5.00")
    made.add_alternative("<p>Total: <b>5.00</b></p>", subtype="html")
    assert read(made) == "Total: 5.00"


def test_html_becomes_text_if_the_plain_text_is_missing_or_blank() -> None:
    made = message()
    made.set_content("<style>p {}</style><p>Total: &euro;5.00</p>", subtype="html")
    assert read(made) == "Total: €5.00"
    both = message(" \n")
    both.add_alternative("<p>Total: 6.00</p>", subtype="html")
    assert read(both) == "Total: 6.00"


def test_attachments_are_named_and_not_read() -> None:
    made = message("See the attachment.")
    made.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="Rechnung März.pdf")
    made.add_attachment("a,b\n", subtype="csv", filename="rows.csv")
    assert read(made) == (
        "See the attachment.\n\nAttachment: Rechnung März.pdf (application/pdf)\nAttachment: rows.csv (text/csv)"
    )


def test_an_email_in_an_email_is_read_with_its_headers() -> None:
    inner = message("The offer is 80 EUR.", From="seller@example.com", Subject="Offer")
    inner.add_attachment(b"x", maintype="image", subtype="png", filename="photo.png")
    outer = message("Please check.", Subject="Fwd: Offer")
    outer.add_attachment(inner)
    assert read(outer) == (
        "Subject: Fwd: Offer\n\nPlease check.\n\nFrom: seller@example.com\nSubject: Offer\n\nThe offer is 80 EUR.\n\n"
        "Attachment: photo.png (image/png)"
    )


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Dear all", "Dear all"),
        (b"Subject: =?utf-8?q?caf=C3=A9?= =?iso-8859-1?b?4OE=?=\n\nx", "Subject: caféàá\n\nx"),
        (b"Subject: =?nonsense?q?a=E9?=\n\nx", "Subject: =?nonsense?q?a=E9?=\n\nx"),
        (b"From: <<<>>>\nTo: ;;;\nDate: soon\n\nx", "From: <<<>>>\nTo: ;;;\nDate: soon\n\nx"),
        (b"Subject: a\n b\n\nx\r\ny", "Subject: a b\n\nx\ny"),
        (b"Content-Type: multipart/mixed; boundary=q\n\n--q\n\nnot closed", "not closed"),
        (b"Content-Type: text/plain; charset=us-ascii\n\n" + "Käse".encode(), "Käse"),
        (b"Content-Type: text/plain; charset=cp1252\n\nle march\xe9", "le marché"),
    ],
)
def test_broken_and_unusual_emails_are_read(data: bytes, text: str) -> None:
    assert read_email(data).text == text


def test_a_body_that_is_not_in_its_encoding_is_noted(tmp_path: Path) -> None:
    data = b"Content-Type: text/plain; charset=utf-8\n\nLe march\xe9 du coin"
    found = read_email(data)
    assert found.text == "Le marché du coin"
    assert found.notes[0] == "a part of it is not in its encoding 'utf-8'."
    assert "read as cp1252, which is a guess" in found.notes[1]
    (tmp_path / "a.eml").write_bytes(data)
    told: list[str] = []
    (document,) = structgen.read(tmp_path / "a.eml", notice=told.append)
    assert isinstance(document, Document)
    assert document.notes == found.notes
    assert len(told) == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Content-Type: multipart/mixed; boundary=x\n\n" + b"--x\n\na\n" * 1500, "more than 1000 parts"),
        (b"Content-Type: message/rfc822\n\n" * 200 + b"x", "nested"),
        (b"Content-Type: text/plain; " + b"a=b; " * 20_000 + b"\n\nx", "its header Content-Type has more than"),
    ],
)
def test_an_email_that_is_made_to_take_forever_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(DocumentError, match=reason):
        read_email(data)


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.sampled_from(
            [
                b"Subject: =?utf-8?b?w6k=?=",
                b"\n",
                b"Content-Type: multipart/alternative; boundary=b",
                b"--b",
                b"--b--",
                b"Content-Type: message/rfc822",
                b"Content-Transfer-Encoding: base64",
                b"\xe9\xff",
                b"To: <a",
                b"aGk=",
                b"Content-Disposition: attachment; filename*=utf-8''%e9",
                b"Content-Type: text/html; charset=x",
                b"<p>",
            ]
        ),
        max_size=14,
    )
)
def test_any_email_is_text_or_a_document_error(lines: list[bytes]) -> None:
    try:
        text = read_email(b"\n".join(lines)).text
    except DocumentError:
        return
    text.encode()
