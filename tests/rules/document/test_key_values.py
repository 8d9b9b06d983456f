"""Tables, whose cells are labels and values."""

from structgen.rules.document.key_values import find_tables
from structgen.rules.document.page import Page, lines_of


def test_tables_are_runs_of_lines_with_as_many_cells() -> None:
    text = "| A | B |\n|---|---|\n| 1 | 2 |\n| 3 | 4 |\nprose\nx\ty\n1\t2\n"
    tables = find_tables(Page(text, text, lines_of(text)))
    cells = [[[text[slice(*cell)] for cell in row] for row in (table.header, *table.rows)] for table in tables]
    assert cells == [[["A", "B"], ["1", "2"], ["3", "4"]], [["x", "y"], ["1", "2"]]]
