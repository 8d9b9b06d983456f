"""The tokens of a page between its tags and its text, and how they become Markdown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto


class Kind(Enum):
    """What a token says."""

    TEXT = auto()
    SPACE = auto()
    LINE = auto()
    """The next text starts a line."""
    BLOCK = auto()
    """The next text starts a line, after an empty one."""
    OPEN = auto()
    """Text that what follows is attached to, such as the bracket before a link."""
    CLOSE = auto()
    """Text that is attached to what came before."""
    TERM = auto()
    """The next text is a term."""
    MEANS = auto()
    """The next text says what the term before it means, on the same line after a colon."""
    ITEM = auto()
    """The mark of a list item, shown before the next text. An empty one takes back a mark that no text followed."""
    HEADING = auto()
    """Likewise the mark of a heading."""
    ROW = auto()
    CELL = auto()
    ROW_END = auto()
    HEADER_END = auto()
    """The end of a row that names the columns."""


@dataclass(slots=True)
class Table:
    """What tells data from layout: only a table of data is shown as rows of cells."""

    columns: int = 0
    longest: int = 0
    """Characters of the longest cell."""
    layout: bool = False
    """Whether it contains tables, headings or lists, or says itself that it is for presentation."""

    @property
    def shows_data(self) -> bool:
        """Whether it is shown as rows of cells."""
        return self.columns > 1 and not self.layout and self.longest <= _LONGEST_CELL


_LONGEST_CELL = 400


@dataclass(slots=True)
class Token:
    """A piece of the page: what it says, and the span of the source that says it.

    `whole`: the text differs from its source, so only all of it has a place there. `table` is the innermost
    table around it.
    """

    kind: Kind
    text: str = ""
    start: int = 0
    end: int = 0
    whole: bool = False
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text, its offset and length, and its span in the source. See `Token.whole`."""

    at: int
    length: int
    start: int
    end: int
    whole: bool


def rendered(tokens: Iterable[Token]) -> tuple[str, tuple[Piece, ...]]:
    """Return the tokens as Markdown, and its pieces."""
    writer = _Writer()
    for token in tokens:
        writer.take(token)
    return "".join(writer.text), tuple(writer.pieces)


_GAPS = ("", " ", "; ", "\n", "\n\n")
"""What may lie between two texts. Of several the last in this order counts."""


@dataclass(slots=True)
class _Writer:
    text: list[str] = field(default_factory=list[str])
    pieces: list[Piece] = field(default_factory=list[Piece])
    length: int = 0
    gap: str = ""
    marks: dict[Kind, Token] = field(default_factory=dict[Kind, Token])
    attached: bool = False
    """Whether the last text was an OPEN: then no space follows."""
    termed: bool = False
    """Whether the last text was a term: then what it means follows on the same line."""

    def take(self, token: Token) -> None:
        kind, data = token.kind, token.table is not None and token.table.shows_data
        if kind in _WORDS:
            if token.text:
                self._show(token)
        elif kind is Kind.CLOSE:
            self._write(token)
        elif kind is Kind.ITEM or kind is Kind.HEADING:
            self.marks.pop(kind, None)
            if token.text:
                self.marks[kind] = token
        elif kind is Kind.TERM or kind is Kind.MEANS:
            self._term(begins=kind is Kind.TERM)
        elif kind in _TABLE:
            self._cell(token) if data else self._part("\n\n" if kind is Kind.CELL else "\n")
        elif data and kind in _BREAKS:
            # A line break in a cell must not join two numbers, as a space would.
            self._part("; ")
        else:
            self._part(_GAP_OF[kind])

    def _part(self, gap: str) -> None:
        """Note what must lie before the next text."""
        # A mark that waits for its text begins a line already.
        if self.text and not (self.attached or self.marks or self.termed):
            self.gap = max(self.gap, gap, key=_GAPS.index)

    def _term(self, *, begins: bool) -> None:
        self.termed = not begins
        if not self.text:
            return
        if begins:
            self.gap = "\n\n" if self.gap == "\n\n" else "\n"
        else:
            self.gap = " " if self.text[-1].endswith(":") else ": "

    def _show(self, token: Token) -> None:
        self._place(token)
        self._write(token)
        self.attached = token.kind is Kind.OPEN

    def _place(self, token: Token) -> None:
        """Write what lies between the last text and this one: a gap, and marks."""
        gap, self.gap, self.termed = self.gap, "", False
        if self.marks and self.text:
            gap = gap if gap.startswith("\n") else "\n"
        self._write(Token(Kind.TEXT, gap, token.start, token.start))
        for kind in (Kind.ITEM, Kind.HEADING):
            if mark := self.marks.pop(kind, None):
                self._write(mark)

    def _cell(self, token: Token) -> None:
        """Write the border of a cell. An empty cell has its place too."""
        if token.kind is Kind.ROW:
            self.marks.clear()
            self._part("\n")
            self._place(token)
        self.gap = ""
        borders = {Kind.ROW: "| ", Kind.CELL: " | ", Kind.ROW_END: " |", Kind.HEADER_END: " |"}
        border = borders[token.kind]
        if token.kind is Kind.HEADER_END and token.table is not None:
            border += "\n|" + " --- |" * token.table.columns
        self._write(Token(Kind.TEXT, border, token.start, token.start))
        self.attached = token.kind in (Kind.ROW, Kind.CELL)
        if not self.attached:
            self.gap = "\n"

    def _write(self, token: Token) -> None:
        if token.text:
            self.pieces.append(Piece(self.length, len(token.text), token.start, token.end, token.whole))
            self.text.append(token.text)
            self.length += len(token.text)


_WORDS = frozenset({Kind.TEXT, Kind.OPEN})
_TABLE = frozenset({Kind.ROW, Kind.CELL, Kind.ROW_END, Kind.HEADER_END})
_BREAKS = frozenset({Kind.LINE, Kind.BLOCK})
_GAP_OF = {Kind.SPACE: " ", Kind.LINE: "\n", Kind.BLOCK: "\n\n"}
