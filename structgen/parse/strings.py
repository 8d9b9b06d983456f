"""Strings as models write them: any quotes, raw line breaks, quotes inside that nobody escaped, escapes of Python."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from structgen.parse.inner import are_text

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

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN = {'"': '"', "'": "'", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "`": "`"}
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


def read_quoted(text: str, at: int, follow: re.Pattern[str]) -> Quoted | None:
    """Read the string whose opening quote stands at `at`; None where its closing quote is missing.

    A quote closes the string where what comes behind it (`follow`) can come behind a string. All others belong to it,
    as a quotation or as inches; where they cannot be that, some quote is missing or too many, and nobody knows which.
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
            return _quoted(text[at + 1 : place - 1], quote, place, inside)
        elif not _is_apostrophe(text, place - 1):
            inside.append(place - at - 2)
    return None


def _is_apostrophe(text: str, at: int) -> bool:
    return text[at] in "'’‘" and text[at - 1].isalnum() and text[at + 1 : at + 2].isalnum()


def _quoted(raw: str, quote: str, end: int, inside: Sequence[int]) -> Quoted:
    rules = [] if quote == '"' else ["quotes"]
    problem = ""
    unsure = bool(inside) and (_STRUCTURE.search(raw) is not None or not are_text(raw, inside))
    if inside:
        rules.append("inner_quotes")
        problem = "a quote is missing or not escaped, and it is not clear which" if unsure else ""
    if any(char < " " for char in raw):
        rules.append("raw_newline")
    value = raw
    if "\\" in raw:
        value, odd = unescape(raw)
        rules.extend(["escape"] if odd else [])
        if odd > 1 and not unsure:
            problem = "backslashes that may or may not be escapes"
    if "\\" in raw and _SURROGATE.search(value):
        value, whole = _joined(value)
        problem = problem if whole or unsure else "a lone surrogate, which is no character"
    return Quoted(value, end, tuple(rules), problem, unsure)


def unescape(raw: str) -> tuple[str, int]:
    """The text without its escapes; 0 where all were JSON's, 1 where others were kept as they stand, 2 where some
    backslashes before letters are escapes and others are not (a path of Windows, say), so that none can be trusted.
    """
    known = unknown = odd = 0

    def replace(match: re.Match[str]) -> str:
        nonlocal known, unknown, odd
        body = match[1]
        if body[0] in "uxU" and len(body) > 1:
            odd += body[0] != "u"
            return chr(int(body[1:], 16))
        plain = _PLAIN.get(body)
        known += plain is not None and body.isalpha()
        unknown += plain is None and body.isalpha()
        odd += plain is None or body in "'`"
        return match[0] if plain is None else plain

    value = _ESCAPE.sub(replace, raw)
    return value, 2 if known and unknown else min(odd, 1)


def _joined(value: str) -> tuple[str, bool]:
    """Surrogate pairs as the characters they mean; whether no lone one is left (those become U+FFFD)."""
    data = value.encode("utf-16-le", "surrogatepass")
    try:
        return data.decode("utf-16-le"), True
    except UnicodeDecodeError:
        return data.decode("utf-16-le", "replace"), False
