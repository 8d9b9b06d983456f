"""The tables of a page while it is read: rows, cells, and cells that span several rows or columns."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from structgen.documents.html_text.source_parser import Attributes
from structgen.documents.html_text.tokens import Kind, Table, Token

_WIDEST = 50
"""Columns that one cell may span."""
_MOST_SPANNED = 8
"""Columns whose cells may reach down into later rows."""
_LONGEST_SPANNED = 20
"""Tokens of such a cell. Longer ones are not repeated: a hostile page would grow without bound."""


@dataclass(slots=True)
class _Cell:
    """The cell being read: its column, how many rows and columns it spans, and its first token."""

    column: int
    rows: int
    columns: int
    first: int


@dataclass(slots=True)
class _Grid:
    """An open table. `column` is that of the next cell, or None between rows.

    `spanned`: column -> the number of rows that a cell still reaches into, and its tokens.
    """

    table: Table
    column: int | None = None
    headers: bool = True
    is_first: bool = True
    cell: _Cell | None = None
    spanned: dict[int, tuple[int, list[Token]]] = field(default_factory=dict[int, "tuple[int, list[Token]]"])


class Grids:
    """The open tables, and the tokens that their borders are written to."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._open: list[_Grid] = []

    @property
    def inner(self) -> Table | None:
        """The innermost open table."""
        return self._open[-1].table if self._open else None

    def start_table(self, given: Attributes) -> None:
        """Open a table. A table that contains another one is layout."""
        if self._open:
            self._open[-1].table.layout = True
        self._open.append(_Grid(Table(layout=given.get("role") in ("presentation", "none"))))

    def end_table(self, at: int) -> None:
        """Close the innermost table."""
        if self._open:
            self.end_row(at)
            self._open.pop()

    def mark_layout(self) -> None:
        """Note that the innermost table contains what tables of data do not, such as a heading."""
        if self._open:
            self._open[-1].table.layout = True

    def start_row(self, at: int) -> None:
        """Open a row of the innermost table."""
        if not self._open:
            return
        self.end_row(at)
        grid = self._open[-1]
        grid.column, grid.headers = 0, True
        self._mark(Kind.ROW, at)
        self._repeat(grid, at)

    def end_row(self, at: int) -> None:
        """Close the open row, if there is one."""
        grid = self._open[-1] if self._open else None
        if grid is None or grid.column is None:
            return
        self.end_cell()
        grid.table.columns = max(grid.table.columns, grid.column)
        self._mark(Kind.HEADER_END if grid.is_first and grid.headers and grid.column else Kind.ROW_END, at)
        grid.column, grid.is_first = None, False

    def start_cell(self, tag: str, given: Attributes, at: int) -> None:
        """Open a cell of the open row. A row may lack its start tag."""
        grid = self._open[-1] if self._open else None
        if grid is None:
            return
        if grid.column is None:
            self.start_row(at)
        column = grid.column or 0
        if column:
            self._mark(Kind.CELL, at)
        grid.headers = grid.headers and tag == "th"
        rows, columns = number_in(given, "rowspan", 1), min(_WIDEST, max(1, number_in(given, "colspan", 1)))
        grid.cell = _Cell(column, rows, columns, len(self._tokens))

    def end_cell(self) -> None:
        """Close the open cell, if there is one."""
        grid = self._open[-1] if self._open else None
        if grid is None or grid.cell is None:
            return
        cell, grid.cell = grid.cell, None
        read = self._tokens[cell.first :]
        at = self._tokens[-1].end if self._tokens else 0
        length = sum(len(token.text) for token in read)
        grid.table.longest = max(grid.table.longest, length)
        grid.column = cell.column + cell.columns
        for _ in range(cell.columns - 1):
            self._mark(Kind.CELL, at)
        if cell.rows > 1 and len(grid.spanned) < _MOST_SPANNED and len(read) <= _LONGEST_SPANNED:
            grid.spanned[cell.column] = cell.rows - 1, read
        self._repeat(grid, at)

    def _repeat(self, grid: _Grid, at: int) -> None:
        """Write the cells of rows above that reach down to the next columns."""
        while grid.column is not None and grid.column in grid.spanned:
            column = grid.column
            left, read = grid.spanned.pop(column)
            if left > 1:
                grid.spanned[column] = left - 1, read
            # This cell was added to `spanned` in this very row: it reaches down, but it is written already.
            if column:
                self._mark(Kind.CELL, at)
            self._tokens.extend(replace(token) for token in read)
            grid.column = column + 1

    def _mark(self, kind: Kind, at: int) -> None:
        self._tokens.append(Token(kind, "", at, at, table=self.inner))


def number_in(given: Attributes, name: str, default: int) -> int:
    """Return a number in an attribute, or the default if it has none or an absurd one."""
    written = given.get(name, "").strip()
    return int(written) if written.isascii() and written.isdigit() and len(written) < 6 else default
