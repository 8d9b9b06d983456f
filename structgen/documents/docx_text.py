"""A Word document (.docx) -> its text: headings, paragraphs, lists, tables, notes, headers and footers.

A .docx is a zip archive of XML. It is read with defusedxml, which refuses entities, and within limits, because both can
be small and still fill the memory.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from importlib import import_module
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from structgen.core.errors import DocumentError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST = 64 * 2**20
"""Bytes that the parts of one document may have when unpacked."""
_OLE = b"\xd0\xcf\x11\xe0"
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_W_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HEADING = re.compile(r"heading (\d)")
_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": "", "sym": "\ufffd"}
_NOTES = {"footnoteReference": "footnote", "endnoteReference": "endnote"}


def read_docx(data: bytes) -> str:
    """Return the text of a document. Headings and lists are written as in Markdown, cells are separated by tabs.

    Cells with several lines are side by side, line by line. Headers come first, notes and footers last; deleted text is
    left out. Raises DocumentError if the file is broken, encrypted or too large, and if defusedxml is not installed.
    """
    if data.startswith(_OLE):
        raise DocumentError(
            "it is encrypted with a password, or an old Word file (.doc); save it as .docx without a password."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _Document(_Parts(archive)).text()
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        # RuntimeError: an encrypted entry, or parts nested too deep
        raise DocumentError(f"it is not a readable Word document ({error}); save it again as .docx.") from error


class _Parts:
    """The XML parts of an archive, within the limit for all of them together."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        try:
            self._xml: Any = import_module("defusedxml.ElementTree")
            self._refused: tuple[type[Exception], ...] = (import_module("defusedxml").DefusedXmlException,)
        except ImportError as error:
            raise DocumentError("reading a .docx needs defusedxml: pip install 'structgen[documents]'.") from error
        self._archive = archive
        self._left = MOST

    def read(self, name: str) -> Element | None:
        """Return a part, or None if there is none of that name."""
        try:
            with self._archive.open(name) as file:
                data = file.read(self._left + 1)
        except KeyError:
            return None
        self._left -= len(data)
        if self._left < 0:
            raise DocumentError(f"its contents unpack to more than {MOST // 2**20} MB; split it and try again.")
        try:
            root: Element = self._xml.fromstring(data, forbid_dtd=True)
        except self._refused as error:
            raise DocumentError("it declares entities, which no Word document does; save it again as .docx.") from error
        except self._xml.ParseError as error:
            raise DocumentError(f"its part {name} is broken ({error}); save it again as .docx.") from error
        # the strict variant of the format has other names of the same elements
        for one in root.iter():
            if one.tag.startswith(_W_STRICT):
                one.tag = _W + one.tag[len(_W_STRICT) :]
        return root

    def related(self, name: str) -> list[tuple[str, str]]:
        """Return (kind, name) of the parts that a part refers to, for example ("header", "word/header1.xml")."""
        folder, file = posixpath.split(name)
        root = self.read(posixpath.join(folder, "_rels", f"{file}.rels"))
        found: list[tuple[str, str]] = []
        for one in root if root is not None else ():
            target = posixpath.normpath(posixpath.join("/", folder, one.get("Target", "")))
            # what is outside the file is never read
            if one.get("TargetMode") != "External":
                found.append((one.get("Type", "").rpartition("/")[2], target.lstrip("/")))
        return found


class _Document:
    """Writes the text of a document. It counts the items of numbered lists on the way."""

    def __init__(self, parts: _Parts) -> None:
        main = next((name for kind, name in parts.related("") if kind == "officeDocument"), "word/document.xml")
        root = parts.read(main)
        if root is None or (body := root.find(f"{_W}body")) is None:
            raise DocumentError("it has no text part, so it is not a Word document (perhaps .xlsx or .epub).")
        self._body = body
        self._related: dict[str, list[Element]] = {}
        for kind, name in dict.fromkeys(parts.related(main)):
            if kind in {"styles", "numbering", "header", "footer", "footnotes", "endnotes"}:
                part = parts.read(name)
                self._related.setdefault(kind, []).extend([] if part is None else [part])
        self._headings, self._style_lists = self._styles()
        self._bullets = self._list_formats()
        self._counts: dict[tuple[str, int], int] = {}

    def text(self) -> str:
        """Return the whole text, with at most one blank line in a row."""
        lines = [line for part in self._related.get("header", ()) for line in (*self._lines(part), "")]
        lines += self._lines(self._body)
        for kind in ("footnote", "endnote"):
            lines += [line for part in self._related.get(f"{kind}s", ()) for line in ("", *self._notes(part, kind))]
        lines += [line for part in self._related.get("footer", ()) for line in ("", *self._lines(part))]
        shown = [line for before, line in zip(["", *lines], lines, strict=False) if before or line]
        return "\n".join(shown).rstrip("\n")

    def _styles(self) -> tuple[dict[str, int], dict[str, tuple[str, int]]]:
        """Return the level of each style that is a heading, and the list of each style that is in one."""
        headings: dict[str, int] = {}
        lists: dict[str, tuple[str, int]] = {}
        for root in self._related.get("styles", ()):
            for style in root.iter(f"{_W}style"):
                own = style.get(f"{_W}styleId", "")
                name = _value(style.find(f"{_W}name")).lower()
                if match := _HEADING.fullmatch(name):
                    headings[own] = int(match[1])
                elif name == "title":
                    headings[own] = 1
                if (place := _list_of(style.find(f"{_W}pPr"))) is not None:
                    lists[own] = place
        return headings, lists

    def _list_formats(self) -> dict[tuple[str, int], bool]:
        """Return, by list and level, whether its items have bullets instead of numbers."""
        found: dict[tuple[str, int], bool] = {}
        for root in self._related.get("numbering", ()):
            levels = {
                abstract.get(f"{_W}abstractNumId", ""): {
                    int(level.get(f"{_W}ilvl", "0")): _value(level.find(f"{_W}numFmt")) in {"bullet", "none", ""}
                    for level in abstract.iter(f"{_W}lvl")
                }
                for abstract in root.iter(f"{_W}abstractNum")
            }
            for number in root.iter(f"{_W}num"):
                for level, bullet in levels.get(_value(number.find(f"{_W}abstractNumId")), {}).items():
                    found[number.get(f"{_W}numId", ""), level] = bullet
        return found

    def _notes(self, root: Element, kind: str) -> Iterator[str]:
        """Yield the footnotes or endnotes, each behind its number."""
        for note in root.iter(f"{_W}{kind}"):
            # those with a type are the lines above the notes
            if note.get(f"{_W}type") is None:
                words = " ".join(" ".join(self._lines(note)).split())
                yield f"[{kind} {note.get(f'{_W}id', '')}] {words}"

    def _lines(self, parent: Element) -> Iterator[str]:
        """Yield the lines of the paragraphs and tables in an element. Headings and tables are between blank ones."""
        for one in parent:
            if one.tag == f"{_W}p":
                boxes: list[Element] = []
                yield from self._paragraph(one, boxes)
                for box in boxes:
                    yield from self._lines(box)
            elif one.tag == f"{_W}tbl":
                yield from ("", *self._table(one), "")
            # a wrapper, such as a field to fill in or an insertion that is tracked
            elif one.tag not in (f"{_W}sectPr", f"{_W}del", f"{_W}moveFrom", _FALLBACK):
                yield from self._lines(one)

    def _paragraph(self, paragraph: Element, boxes: list[Element]) -> list[str]:
        """Return the lines of a paragraph with its marks, and add its text boxes to `boxes`."""
        text = "".join(_words(paragraph, boxes)).strip(" \n")
        properties = paragraph.find(f"{_W}pPr")
        style = _value(properties.find(f"{_W}pStyle")) if properties is not None else ""
        if text and style in self._headings:
            return ["", f"{'#' * self._headings[style]} {' '.join(text.split())}", ""]
        place = _list_of(properties) or self._style_lists.get(style)
        # list 0 takes a paragraph out of the list of its style
        if text and place is not None and place[0] != "0":
            text = f"{'  ' * place[1]}{self._mark(place)} {text}"
        return text.split("\n")

    def _mark(self, place: tuple[str, int]) -> str:
        """Return the bullet or the number of the next item at a place in a list."""
        if self._bullets.get(place, True):
            return "-"
        self._counts[place] = self._counts.get(place, 0) + 1
        for deeper in [one for one in self._counts if one[0] == place[0] and one[1] > place[1]]:
            del self._counts[deeper]
        return f"{self._counts[place]}."

    def _table(self, table: Element) -> Iterator[str]:
        """Yield the lines of a table: cells are separated by tabs, and those with several lines are side by side."""
        for row in _inside(table, "tr"):
            cells = [self._cell(cell) for cell in _inside(row, "tc")]
            for lines in zip_longest(*cells, fillvalue=""):
                yield "\t".join(lines).rstrip("\t")

    def _cell(self, cell: Element) -> list[str]:
        """Return the lines of a cell that are not blank, at least one."""
        return [line.strip() for line in self._lines(cell) if line.strip()] or [""]


def _words(element: Element, boxes: list[Element]) -> Iterator[str]:
    """Yield the pieces of a paragraph's text. Text boxes have paragraphs of their own and are added to `boxes`."""
    for one in element:
        name = one.tag.removeprefix(_W)
        if name == "t":
            yield one.text or ""
        elif name in _SIGNS:
            yield _SIGNS[name]
        elif name in _NOTES:
            yield f"[{_NOTES[name]} {one.get(f'{_W}id', '')}]"
        elif name == "txbxContent":
            boxes.append(one)
        # a Fallback repeats for older programs what the Choice beside it contains
        elif name not in {"pPr", "rPr", "del", "moveFrom", _FALLBACK}:
            yield from _words(one, boxes)


def _inside(parent: Element, name: str) -> Iterator[Element]:
    """Yield the rows of a table or the cells of a row, also those in wrappers."""
    for one in parent:
        if one.tag == f"{_W}{name}":
            yield one
        elif one.tag in (f"{_W}sdt", f"{_W}sdtContent", f"{_W}ins", f"{_W}customXml"):
            yield from _inside(one, name)


def _list_of(properties: Element | None) -> tuple[str, int] | None:
    """Return the list that a paragraph or style is in, and its level, or None."""
    number = properties.find(f"{_W}numPr") if properties is not None else None
    if number is None or (own := number.find(f"{_W}numId")) is None:
        return None
    level = _value(number.find(f"{_W}ilvl"))
    return _value(own), min(int(level), 8) if level.isdecimal() else 0


def _value(element: Element | None) -> str:
    """Return the attribute `val` of an element, or ""."""
    return element.get(f"{_W}val", "") if element is not None else ""
