from __future__ import annotations

import codecs
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import DocumentError
from structgen.documents.decode import decode

FRENCH = "Crème fraîche : 200 g. Mélanger les œufs et le sucre jusqu'à blanchiment."
POLISH = "Żółta łódź płynie po jeziorze. Przepis: 3 jajka, mąka, śmietana, źródło."
RUSSIAN = "Привет, как дела? Рецепт пирога с яблоками и корицей."


@settings(deadline=None, max_examples=200)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cn", "Co"]), max_size=300))
def test_every_utf8_text_comes_back_as_it_was(text: str) -> None:
    assert decode(f"Text: {text * 2} and so on".encode()).text == f"Text: {text * 2} and so on"


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_a_document_error(data: bytes) -> None:
    with suppress(DocumentError):
        assert isinstance(decode(data).text, str)


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_a_byte_order_mark_tells_the_encoding_and_is_no_text(mark: bytes, encoding: str) -> None:
    text, _, guessed = decode(mark + FRENCH.encode(encoding))
    assert (text, guessed) == (FRENCH, False)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_recognised_by_its_zero_bytes(encoding: str) -> None:
    assert decode(FRENCH.encode(encoding)) == (FRENCH, encoding, True)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(FRENCH, "cp1252"), ("Total: £12.50, naïve café", "latin-1"), (POLISH, "cp1250"), (RUSSIAN, "cp1251")],
)
def test_older_encodings_are_guessed_and_said_to_be(text: str, encoding: str) -> None:
    found = decode(text.encode(encoding))
    assert (found.text, found.guessed) == (text, True)


def test_line_ends_stay_as_they_are() -> None:
    assert decode(b"a\r\nb\rc\n").text == "a\r\nb\rc\n"


@pytest.mark.parametrize(
    ("data", "advice"),
    [
        (b"%PDF-1.7\n...", "PDF"),
        (b"PK\x03\x04rest", ".docx"),
        (b"\x89PNG\r\n", "image"),
        (b"\x00\x01\x02\x03" * 50, "binary"),
        (bytes(range(1, 9)) * 20, "binary"),
        (bytes(n * n * 37 % 255 + 1 for n in range(4000)), "UTF-8"),
        (bytes(n % 256 for n in range(0, 9000, 7)), "binary"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(data: bytes, advice: str) -> None:
    with pytest.raises(DocumentError, match=advice):
        decode(data)


def test_a_text_that_breaks_its_own_mark_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"not valid utf-8-sig \(byte 1\)"):
        decode(codecs.BOM_UTF8 + b"a\xff")


def test_a_character_cut_at_the_end_is_refused_not_guessed_away() -> None:
    with pytest.raises(DocumentError, match="not valid utf-8"):
        decode("Käse und Brötchen: Grüße aus München; 5 €".encode()[:-1])
