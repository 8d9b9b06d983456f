"""A PDF -> its text, page by page, with PDFium, the reader in Chrome. It must not be used in two threads at once."""

from __future__ import annotations

import ctypes
import math
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

from structgen.core.errors import DocumentError
from structgen.documents.pdf.page_layout import page_text
from structgen.documents.pdf.segments import Glyph
from structgen.documents.pdf.stream_sizes import check_stream_sizes

_LOCK = threading.Lock()
_BETWEEN_PAGES = "\n\n"
MOST_CHARS = 10_000_000
"""Characters that one PDF may have: about 4,000 full pages. Many pages may share one stream of text."""
_PASSWORD = 4  # PDFium's FPDF_ERR_PASSWORD
_UNREADABLE = 0.3
"""The share of characters without a meaning from which on a page counts as unreadable."""
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_SCAN = "it is probably a scan; recognise its text first, for example with ocrmypdf"


class PdfText(NamedTuple):
    """The text of a PDF, the offset at which each page begins, and sentences about what could not be read."""

    text: str
    pages: tuple[int, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Char:
    """A character as PDFium gives it. `turn` is its direction, counter-clockwise, in quarter turns (0 to 4)."""

    char: str
    box: tuple[float, float, float, float]
    """Left, bottom, right, top."""
    origin: tuple[float, float]
    turn: float
    known: bool
    drawn: bool


def read_pdf(data: bytes) -> PdfText:
    """Return the text of a PDF. What is side by side on a page is side by side in its text; see `page_layout`.

    Raises DocumentError if it is broken, encrypted, has no text (a scan), or if its fonts do not say which characters
    they show; and if pypdfium2 is not installed.
    """
    check_stream_sizes(data)
    pdfium = _pdfium()
    with _LOCK:
        try:
            texts, notes = _read(pdfium, data)
        except pdfium.PdfiumError as error:
            raise DocumentError(_reason(error)) from error
    if not any(texts):
        raise DocumentError(notes[0] if notes else f"none of its pages has text; {_SCAN}.")
    starts: list[int] = []
    at = 0
    for text in texts:
        starts.append(at)
        at += len(text) + len(_BETWEEN_PAGES)
    return PdfText(_BETWEEN_PAGES.join(texts), tuple(starts), notes)


def _pdfium() -> Any:
    """Import pypdfium2, which has no types."""
    try:
        return import_module("pypdfium2")
    except ImportError as error:
        raise DocumentError("reading a PDF needs pypdfium2: pip install 'structgen[documents]'.") from error


def _reason(error: Exception) -> str:
    """Return why PDFium cannot read a file."""
    if getattr(error, "err_code", None) == _PASSWORD:
        return "it is encrypted with a password; save it without one and try again."
    return f"it is not a readable PDF ({str(error).rstrip('.')}); save it again, or print it to a new PDF."


def _read(pdfium: Any, data: bytes) -> tuple[list[str], tuple[str, ...]]:
    """Return the text of each page, and a sentence about each page that has pictures but no text."""
    texts: list[str] = []
    without: list[int] = []
    with closing(pdfium.PdfDocument(data)) as pdf:
        # the fields of a filled-in form are text too, but PDFium only reads them as part of the page
        form = pdf.get_formtype() != 0
        if form:
            pdf.init_forms()
        left = MOST_CHARS
        for number in range(len(pdf)):
            text, pictured, count = _page(pdfium, pdf, number, form)
            if (left := left - count - 1) < 0:
                raise DocumentError(f"it has more than {MOST_CHARS:,} characters; split it and try again.")
            texts.append(text)
            without += [number + 1] if pictured and not text else []
    if not without:
        return texts, ()
    pages = f"page{'s' * (len(without) > 1)} {', '.join(map(str, without))}"
    return texts, (f"{pages} of {len(texts)} {'have' if len(without) > 1 else 'has'} no text; {_SCAN}.",)


def _page(pdfium: Any, pdf: Any, number: int, form: bool) -> tuple[str, bool, int]:
    """Return the text of a page, whether it shows anything, and how many characters it has."""
    if form:
        with closing(pdf[number]) as page:
            page.flatten()
    with closing(pdf[number]) as page, closing(page.get_textpage()) as text_page:
        chars = list(_chars(pdfium.raw, text_page))
        pictured = next(iter(page.get_objects(max_depth=2)), None) is not None
    shown = [char for char in chars if not char.char.isspace()]
    unknown = sum(not char.known for char in shown)
    if unknown > _UNREADABLE * len(shown):
        raise DocumentError(
            f"the fonts of page {number + 1} do not say which characters they show; print it to a new PDF, or "
            "recognise its text, for example with ocrmypdf --force-ocr."
        )
    return _text(chars), pictured, len(chars)


def _chars(raw: Any, text_page: Any) -> Iterator[_Char]:
    """Yield the characters of a page in the order of the file, and white space where PDFium sees some."""
    box, x, y = raw.FS_RECTF(), ctypes.c_double(), ctypes.c_double()
    handle = text_page.raw
    for at in range(text_page.count_chars()):
        code = raw.FPDFText_GetUnicode(handle, at)
        # some fonts map a glyph to no character at all
        known = code not in (0, 0xFFFD) and raw.FPDFText_HasUnicodeMapError(handle, at) != 1
        # without a meaning, the number of a glyph must not be taken for a character
        char = ("-" if raw.FPDFText_IsHyphen(handle, at) == 1 else chr(code)) if known else "\ufffd"
        drawn = not char.isspace() or raw.FPDFText_IsGenerated(handle, at) != 1
        raw.FPDFText_GetLooseCharBox(handle, at, box)
        raw.FPDFText_GetCharOrigin(handle, at, x, y)
        turn = -raw.FPDFText_GetCharAngle(handle, at) / (math.pi / 2) % 4
        yield _Char(char, (box.left, box.bottom, box.right, box.top), (x.value, y.value), turn, known, drawn)


def _text(chars: list[_Char]) -> str:
    """Return the text of a page: what is written in its main direction, then in others, at last what is aslant."""
    turns = Counter(_quarter(char) for char in chars if not char.char.isspace())
    straight = [turn for turn, _ in turns.most_common() if turn is not None]
    parts = [page_text(_glyph(char, turn) for char in _written(chars, turn)) for turn in straight]
    aslant = "".join(char.char for char in _written(chars, None)) if None in turns else ""
    lines = [" ".join(line.split()) for line in aslant.splitlines()]
    whole = "\n\n".join(filter(None, [*parts, "\n".join(filter(None, lines))]))
    # characters beyond U+FFFF come as two surrogates
    return whole.translate(_LIGATURES).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _quarter(char: _Char) -> int | None:
    """Return by how many quarter turns a character is turned, or None if it is aslant."""
    turn = round(char.turn)
    return turn % 4 if abs(char.turn - turn) < 0.1 else None


def _written(chars: list[_Char], turn: int | None) -> Iterator[_Char]:
    """Yield the characters of one direction, and all white space, which has no direction."""
    return (char for char in chars if char.char.isspace() or _quarter(char) == turn)


def _glyph(char: _Char, turn: int) -> Glyph:
    """Return a character of a page that is read after so many quarter turns."""
    left, bottom, right, top = char.box
    x, y = char.origin
    if turn == 0:
        return Glyph(char.char, left, right, y, top - bottom, char.drawn)
    if turn == 1:
        return Glyph(char.char, bottom, top, -x, right - left, char.drawn)
    if turn == 2:
        return Glyph(char.char, -right, -left, -y, top - bottom, char.drawn)
    return Glyph(char.char, -top, -bottom, x, right - left, char.drawn)
