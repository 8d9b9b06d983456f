"""Docstrings as they are written here, for Sphinx: `names` in backticks, and indented code without a mark before it.

reStructuredText would read a single backtick as a role, a star as emphasis, and an indented line as a mistake. A name
in backticks becomes a link if the reference has it, and code otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_SPAN = re.compile(r"``(.+?)``|`([^`\n]+)`")
_NAME = re.compile(r"[A-Za-z_][\w.]*(?:\(\))?")
_MARKUP = re.compile(r"([\\*|]|_(?=\W|$))")
_SECTION = re.compile(r"(?:Args|Raises|Returns|Yields|Attributes):$")
_LIST = re.compile(r"(?:[-*]|\d+\.) ")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension. Napoleon comes after it, so that it reads sections such as ``Args:``."""
    app.connect("autodoc-process-docstring", _process, priority=100)
    return {"parallel_read_safe": True}


def _process(app: object, what: str, name: str, found: object, options: object, lines: list[str]) -> None:
    lines[:] = written_out(lines)


def written_out(lines: list[str]) -> list[str]:
    """Return the lines of a docstring as reStructuredText."""
    result: list[str] = []
    block = _Blocks()
    for line in lines:
        if block.begins_code(line):
            result += ["::", ""]
        result.append(line if block.in_code else _line(line))
        block.pass_line(line)
    return [line.removesuffix(" ::") + "::" if line.endswith(" ::") else line for line in result]


class _Blocks:
    """Where in a docstring a line is: in prose, in a section of arguments, or in indented code."""

    def __init__(self) -> None:
        self.in_code = False
        self._after_blank = True
        self._marked = False
        self._section = False

    def begins_code(self, line: str) -> bool:
        """Say whether an indented block begins with this line, and enter it; leave it at the margin."""
        if not line.strip():
            return False
        indented = line[0] == " "
        if not indented:
            self.in_code = self._section = False
            return False
        begins = not self.in_code and not self._section and self._after_blank
        self.in_code = self.in_code or begins
        return begins and not self._marked

    def pass_line(self, line: str) -> None:
        """Remember what the line says about the next one."""
        text = line.strip()
        if text:
            self._marked = line.endswith("::")
        if not self.in_code and text and line[0] != " ":
            self._section = bool(_SECTION.match(text) or _LIST.match(text))
        self._after_blank = not text


def _line(line: str) -> str:
    """Return a line of prose with its names as links, its code as literals, and everything else as plain text."""
    margin = re.match(r"\s*(?:[-*] )?", line)
    start = margin.end() if margin else 0
    parts: list[str] = [line[:start]]
    mark = "::" if line.rstrip().endswith("::") else ""
    body = line[start:].rstrip()
    body = body[: len(body) - len(mark)]
    at = 0
    for span in _SPAN.finditer(body):
        parts += [_MARKUP.sub(r"\\\1", body[at : span.start()]), _code(span)]
        # Markup ends only before a space or a sign.
        parts += ["\\"] if body[span.end() : span.end() + 1].isalnum() else []
        at = span.end()
    parts.append(_MARKUP.sub(r"\\\1", body[at:]))
    return "".join(parts) + mark


def _code(span: re.Match[str]) -> str:
    text = span[1] or span[2]
    if span[2] and _NAME.fullmatch(text):
        return f":py:obj:`{text}`"
    return f"``{text}``"
