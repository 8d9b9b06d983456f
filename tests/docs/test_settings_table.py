"""docs/settings.md has every setting and variable. To write its table: python tests/docs/test_settings_table.py"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from typer.main import get_command

from structgen.cli.app import app
from structgen.cli.configuration import PREFIX, default_of, setting_kinds

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "settings.md"
BEGIN, END = "<!-- table of settings: written by tests/docs/test_settings_table.py -->\n", "<!-- end of the table -->\n"
WORDS: dict[type[object], str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    Path: "path",
}


def table() -> str:
    """The rows: the setting, its variable, its option, what kind of value it has, and its default."""
    group: Any = get_command(app)
    extract: Any = group.commands["extract"]
    options = {one.name: one.opts[0] for one in extract.params}
    rows = ["| in a file | variable | option | value | default |", "| --- | --- | --- | --- | --- |"]
    for name, kind in setting_kinds().items():
        default = default_of(name)
        shown = f"`{default}`" if default not in {None, False, ""} else ""
        rows.append(f"| `{name}` | `{PREFIX}{name.upper()}` | `{options[name]}` | {WORDS[kind]} | {shown} |")
    return "\n".join(rows) + "\n"


def test_the_table_of_settings_is_that_of_these_options() -> None:
    _, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    written, _, _ = rest.partition(END)
    assert written == table(), f"write it again: python {Path(__file__).relative_to(ROOT)}"


def test_every_variable_that_the_code_reads_is_on_the_page() -> None:
    page = PAGE.read_text("utf-8")
    code = "\n".join(path.read_text("utf-8") for path in (ROOT / "structgen").rglob("*.py"))
    read = set(re.findall(r"[\"\x27]((?:STRUCTGEN|GROQ|OPENAI)_[A-Z_]*[A-Z])[\"\x27]", code))
    assert read
    assert {name for name in read if f"`{name}`" not in page} == set()


if __name__ == "__main__":
    top, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(top + BEGIN + table() + END + rest.partition(END)[2], "utf-8")
