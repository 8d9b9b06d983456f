"""The code blocks of a page, and what comments before them say about how they are run.

Comments are in the lines before the fence: ``<!-- file NAME -->`` writes the block to a file, ``<!-- output -->``
compares it with what the block before printed, ``<!-- reply TEXT -->`` is what the emulated model answers,
``<!-- exit N -->`` the exit status of the last command; ``<!-- not run: REASON -->`` checks names and options alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_COMMENTS = re.compile(r"(?:^<!-- [^\n]* -->\n)+\Z", re.MULTILINE)
_KINDS = ("file", "output", "reply", "exit", "not run", "test command")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of code, with the number of its first line, and its comments as (word, rest)."""

    language: str
    text: str
    line: int
    comments: tuple[tuple[str, str], ...]

    def said(self, word: str) -> str | None:
        """Return what a comment says after this word, or None if no comment has it."""
        return next((rest for kind, rest in self.comments if kind == word), None)

    @property
    def replies(self) -> list[str]:
        """What the model answers, in order."""
        return [rest for kind, rest in self.comments if kind == "reply"]


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page, in order. Raises AssertionError for a comment that means nothing."""
    text = page.read_text("utf-8")
    for found in _FENCE.finditer(text):
        before = _COMMENTS.search(text, 0, found.start())
        comments = tuple(_comment(line, page) for line in (before[0] if before else "").splitlines())
        yield Block(found[1], found[2], text.count("\n", 0, found.start()) + 2, comments)


def _comment(line: str, page: Path) -> tuple[str, str]:
    for kind in _KINDS:
        if line == f"<!-- {kind} -->":
            return kind, ""
        for separator in (": ", " "):
            if line.startswith(f"<!-- {kind}{separator}"):
                return kind, line.removeprefix(f"<!-- {kind}{separator}").removesuffix(" -->")
    raise AssertionError(f"{page.name}: {line} is no comment that tests know")


def indented_code(page: Path) -> list[str]:
    """Return the first lines of code that is indented instead of fenced, which no test would run."""
    return re.findall(r"\n\n    (.*)", _FENCE.sub("", page.read_text("utf-8")))
