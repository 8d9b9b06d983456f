"""Strings as models write them: any quotes, raw line breaks, quotes inside that nobody escaped, odd escapes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from structgen.parse.lenient.escapes import Source, Unescaped, unescape

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


# Quotes inside a string that are not escaped: a part of its text, or the sign that it ends elsewhere.

_MOST_DIGITS = 12
_OPENS_BEHIND = "(<¿¡$€£#@…*&+-"
_CLOSES_BEHIND = " \t\n.,;!?)—–-…’'/"
_OPENER = re.compile(r"(?:\A|[\s(/—–-])\Z")
_AFTER_SIGN = re.compile(r"[,:]\s{0,20}\Z")
_INCHES = re.compile(r"(?:\A|[\s(/×'’-])\d{1,5}(?:[.,/]\d{1,4})?\Z")
_OF_INCHES = re.compile(r" [^\W\d]|-[^\W\d]|\)| ?[x×] ?\d")
_WORD = re.compile(r"[ \t\n]+[^\W\d]|[.!?;]")
_LINE = re.compile(r"[\r\n]")


def are_text(raw: str, places: Sequence[int]) -> bool:
    """Whether the quotes at these places of a string can only be its text: quotations, and inches behind a number.

    A quotation begins before a word and ends behind one, in one line. Whatever else quotes stand beside (a bracket, a
    comma, another quote) may as well be the structure around a string whose own quote is missing, doubled or replaced.
    """
    if '\\"' in raw:  # a model that escapes some of its quotes and not others
        return False
    opened = -1
    for at in places:
        if opened < 0 and _is_inches(raw, at):
            continue
        if opened < 0 and not _opens(raw, at):
            return False
        if opened >= 0 and not _closes(raw, opened, at):
            return False
        opened = at if opened < 0 else -1
    return opened < 0


def _is_inches(raw: str, at: int) -> bool:
    return bool(_INCHES.search(raw[max(at - _MOST_DIGITS, 0) : at]) and _OF_INCHES.match(raw, at + 1))


def _opens(raw: str, at: int) -> bool:
    behind = raw[at + 1 : at + 2]
    return (
        bool(_OPENER.search(raw[max(at - 1, 0) : at]))
        and (behind.isalnum() or behind in _OPENS_BEHIND)
        and behind != ""
    )


def _closes(raw: str, opened: int, at: int) -> bool:
    """Whether a quotation ends here; one that began where a string may begin goes on as prose."""
    behind = raw[at + 1 : at + 2]
    if not raw[at - 1].isalnum() and raw[at - 1] not in ".,!?;)…%’'>*":
        return False
    if behind not in _CLOSES_BEHIND or _LINE.search(raw, opened, at):
        return False
    like_string = opened == 0 or _AFTER_SIGN.search(raw[max(opened - 20, 0) : opened]) is not None
    if behind == ",":
        return not like_string and _WORD.match(raw, at + 2) is not None
    return not like_string or _WORD.match(raw, at + 1) is not None
