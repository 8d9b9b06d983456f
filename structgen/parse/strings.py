"""Strings as models write them: any quotes, raw line breaks, quotes inside that nobody escaped, odd escapes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from structgen.parse.escapes import Unescaped, unescape
from structgen.parse.inner import are_text
from structgen.parse.source import Source

PAIRS = {'"': '"', "'": "'", "“": '”“"', "”": '”"', "„": '“”"', "‘": "’‘'", "’": "’'", "`": "`´'", "«": "»"}
"""Opening quote -> the characters that may close it."""

_SCAN = {quote: re.compile(rf"[\\{re.escape(closers)}]") for quote, closers in PAIRS.items()}

_COMMENT = r"//|/\*|\#"
_QUOTED_KEY = r"(?:\"[^\"\n]{0,200}\"|'[^'\n]{0,200}'|`[^`\n]{0,200}`|[“‘][^”’\n]{0,200}[”’])\s*:"
_BARE_KEY = r"[^\W\d][\w$-]{0,200}\s*:"

ANYTHING = re.compile("")
AFTER_KEY = re.compile(r"\s*:")
IN_OBJECT = re.compile(
    rf"\s*(?:[}}\])]|{_COMMENT}|```|$|,\s*(?:[}}\]),]|{_COMMENT}|$|{_QUOTED_KEY}|{_BARE_KEY})"
    rf"|{_QUOTED_KEY})"
)
"""What stands behind the closing quote of a value in an object: a bracket, or a comma (or none) and the next key."""

IN_LIST = re.compile(
    rf"\s*(?:[}}\])]|{_COMMENT}|```|$|,\s*(?:[}}\]),]|{_COMMENT}|$|[\"'“‘`{{\[(\d+-]|(?:true|false|null|True|False|None)\b)"
    r"|\n\s*[\"'“‘{\[(]|(?<=\s)[\"'“‘{\[(])"
)
"""The same for an item of a list."""

_STRUCTURE = re.compile(r"[\"'“”‘’]\s*(?::|[+,]\s*[\"'“”‘’])|[\"“”]\s*[\"“”]")
"""A quote inside a string that is followed by another, or by what separates strings: rather two strings than one."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A string of the text: its value, the offset behind its closing quote, and the rules that it needed."""

    value: str
    end: int
    rules: tuple[str, ...]
    problem: str = ""
    """Why it cannot be trusted, in plain words."""
    unsure_end: bool = False
    """Whether what cannot be trusted is where it ends."""
    odd: bool = False
    """Whether not all of its backslashes are escapes of JSON beyond doubt."""
    other: str | None = None
    """How it reads with its backslashes as a part of it, where nobody knows which is meant."""


def read_quoted(text: str, at: int, follow: re.Pattern[str], source: Source | None = None) -> Quoted | None:
    """Read the string whose opening quote stands at `at`; None where its closing quote is missing.

    A quote closes the string where what comes behind it (`follow`) can come behind a string. All others belong to it,
    as a quotation or as inches; where they cannot be that, some quote is missing or too many, and nobody knows which.
    `source` is the document, which knows what a backslash is.
    """
    quote = text[at]
    scan = _SCAN[quote]
    inside: list[int] = []
    place = at + 1
    while found := scan.search(text, place):
        place = found.end()
        if found[0] == "\\":
            place += 1
        elif follow.match(text, place):
            return _quoted(text[at + 1 : place - 1], quote, place, inside, source)
        elif not _is_apostrophe(text, place - 1):
            inside.append(place - at - 2)
    return None


def _is_apostrophe(text: str, at: int) -> bool:
    return text[at] in "'’‘" and text[at - 1].isalnum() and text[at + 1 : at + 2].isalnum()


def _quoted(raw: str, quote: str, end: int, inside: Sequence[int], source: Source | None) -> Quoted:
    rules = [] if quote == '"' else ["quotes"]
    problem = ""
    unsure = bool(inside) and (_STRUCTURE.search(raw) is not None or not are_text(raw, inside))
    if inside:
        rules.append("inner_quotes")
        problem = "a quote is missing or not escaped, and it is not clear which" if unsure else ""
    if any(char < " " for char in raw):
        rules.append("raw_newline")
    read = unescape(raw, PAIRS[quote], source) if "\\" in raw else Unescaped(raw)
    value = read.value
    rules.extend(["escape"] if read.python and not read.odd else [])
    if "\\" in raw and _SURROGATE.search(value):
        value, whole = _joined(value)
        problem = problem if whole or unsure else "a lone surrogate, which is no character"
    return Quoted(value, end, tuple(rules), problem, unsure, read.odd, read.other)


def _joined(value: str) -> tuple[str, bool]:
    """Surrogate pairs as the characters they mean; whether no lone one is left (those become U+FFFD)."""
    data = value.encode("utf-16-le", "surrogatepass")
    try:
        return data.decode("utf-16-le"), True
    except UnicodeDecodeError:
        return data.decode("utf-16-le", "replace"), False
