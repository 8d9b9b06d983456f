from __future__ import annotations

import codecs
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from structgen.core.errors import ConfigurationError, DocumentError
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
    text, _, doubt = decode(mark + FRENCH.encode(encoding))
    assert (text, doubt) == (FRENCH, "")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_recognised_by_its_zero_bytes(encoding: str) -> None:
    found = decode(FRENCH.encode(encoding))
    assert (found.text, found.encoding, "is a guess" in found.doubt) == (FRENCH, encoding, True)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "cp1252"),
        ("id;name\n1;Le Marché\n", "cp1252"),
        ("très", "cp1252"),
        ("Total: £12.50, naïve café", "latin-1"),
        ("Zoë’s “café” – 5 €", "cp1252"),
        ("½ cup, 1¼ tsp, 50 °C ± 2", "cp1252"),
        ("Café Ñandú, Zürich, Malmö, Århus", "cp1252"),
        ("Rødgrød med fløde på", "cp1252"),
        ("São Paulo não é", "cp1252"),
        (POLISH, "cp1250"),
        ("Příliš žluťoučký kůň úpěl", "cp1250"),
        ("Köszönöm, gyümölcsízű főzelék", "cp1250"),
        ("İstanbul'da güneşli bir gün, çok şeker", "cp1254"),
        (RUSSIAN, "cp1251"),
        ("id,text\n1,Привет\n", "cp1251"),
        (RUSSIAN, "koi8_r"),
        (RUSSIAN, "cp866"),
        ("Καλημέρα, τι κάνετε; Ο λογαριασμός είναι", "cp1253"),
        ("Mélanger la crème", "mac_roman"),
        ("Straße für Müller", "cp850"),
        ("こんにちは、元気ですか。今日はいい天気ですね。", "shift_jis"),
    ],
)
def test_older_encodings_are_guessed_and_said_to_be(text: str, encoding: str) -> None:
    found = decode(text.encode(encoding))
    assert (found.text, "is a guess" in found.doubt) == (text, True)


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
        (bytes(n * n * 37 % 255 + 1 for n in range(4000)), "binary"),
        (bytes(n % 256 for n in range(0, 9000, 7)), "binary"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(data: bytes, advice: str) -> None:
    with pytest.raises(DocumentError, match=advice):
        decode(data)


def test_a_text_that_breaks_its_own_mark_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"not valid utf-8 \(byte 1\)"):
        decode(codecs.BOM_UTF8 + b"a\xff")


def test_a_zero_byte_does_not_make_utf8_another_encoding() -> None:
    assert decode("Käse\0 und Brötchen, 5 €".encode()) == ("Käse\0 und Brötchen, 5 €", "utf-8", "")


@pytest.mark.parametrize("name", ["utf-8", "UTF8", "latin-1", "cp1252", "utf-16", "koi8-r"])
def test_a_named_encoding_decides(name: str) -> None:
    assert decode("Privet 5".encode(name), name).text == "Privet 5"


def test_a_named_encoding_is_no_guess() -> None:
    assert decode(POLISH.encode("cp1250"), "windows-1250") == (POLISH, "cp1250", "")


@pytest.mark.parametrize("name", ["", "cp9999", "hex", "rot13", "latin one", "a\0b"])
def test_a_name_of_no_encoding_is_refused_with_examples(name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"There is no encoding .*: name one such as utf-8"):
        decode(b"x", name)


def test_bytes_that_are_not_in_the_named_encoding_say_what_to_do() -> None:
    with pytest.raises(DocumentError, match=r"not valid utf-8 \(byte 2\); name its real encoding"):
        decode("Crème".encode("cp1252"), "utf-8")


def test_utf8_that_is_named_something_else_is_told() -> None:
    assert "it is valid UTF-8, but was read as cp1252" in decode("Crème".encode(), "cp1252").doubt
    assert decode(b"plain", "cp1252").doubt == ""


def test_a_character_cut_at_the_end_is_refused_not_guessed_away() -> None:
    with pytest.raises(DocumentError, match="not valid utf-8"):
        decode("Käse und Brötchen: Grüße aus München; 5 €".encode()[:-1])


@pytest.mark.parametrize(
    ("declared", "text", "encoding"),
    [
        ('<meta charset="windows-1251">', "\u0414\u0430", "cp1251"),
        ("<META http-equiv=Content-Type content='text/html; charset=ISO-8859-1'>", "5 \u20ac \u2013 Caf\xe9", "cp1252"),
        ('<?xml version="1.0" encoding="iso-8859-2"?>', "m\u0105ka", "iso8859-2"),
        ("<meta charset=shift_jis>", "\u3053\u3093", "shift_jis"),
    ],
)
def test_a_page_that_declares_its_encoding_is_not_guessed_at(declared: str, text: str, encoding: str) -> None:
    page = f"{declared}<p>{text}</p>"
    assert decode(page.encode(encoding)) == (page, encoding, "")


def test_a_declared_encoding_counts_only_if_the_page_is_in_it() -> None:
    assert decode("<meta charset=latin-1><p>\u0414\u0430 \u20ac</p>".encode()).encoding == "utf-8"
    wrong = "<meta charset=shift_jis><p>Le March\xe9, 5 \x80 \xa0</p>".encode("latin-1")
    assert decode(wrong).doubt
    assert decode("<meta charset=no-such><p>Le Marché</p>".encode("cp1252")).doubt
