"""Read strings as models write them: with any quotes, raw line breaks, unescaped inner quotes, unusual escapes."""

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
"""What follows the closing quote of a value in an object: a bracket, or an optional comma and the next key."""

IN_LIST = re.compile(
    rf"\s*(?:[}}\])]|{_COMMENT}|```|$|,\s*(?:[}}\]),]|{_COMMENT}|$|[\"'“‘`{{\[(\d+-]|(?:true|false|null|True|False|None)\b)"
    r"|\n\s*[\"'“‘{\[(]|(?<=\s)[\"'“‘{\[(])"
)
"""What follows the closing quote of an item in a list: a bracket, or a comma or line break and the next item."""

_STRUCTURE = re.compile(r"[\"'“”‘’]\s*(?::|[+,]\s*[\"'“”‘’])|[\"“”]\s*[\"“”]")
"""A quote inside a string followed by another one or by a separator: this looks like two strings rather than one."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Quoted:
    """A string of the text: its value, the offset behind its closing quote, and the repair rules that it needed."""

    value: str
    end: int
    rules: tuple[str, ...]
    problem: str = ""
    """Why the value cannot be trusted."""
    unsure_end: bool = False
    """Whether the problem is that the string may end elsewhere."""
    interpreted: bool = False
    """Whether some backslash was read in a way that JSON does not prescribe."""
    other: str | None = None
    """The value with its ambiguous backslashes read as text, or None if nothing is ambiguous."""


def read_quoted(text: str, at: int, follow: re.Pattern[str], source: Source | None = None) -> Quoted | None:
    """Read the string whose opening quote is at `at`; return None if its closing quote is missing.

    A quote closes the string if the text behind it matches `follow`. Every other quote belongs to the string, as a
    quotation or as inches; if it can be neither, a quote is missing or superfluous and the string has a problem.
    `source` is the document, which decides what a backslash is.
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
    unsure = bool(inside) and (_STRUCTURE.search(raw) is not None or not are_quotations(raw, inside))
    if inside:
        rules.append("inner_quotes")
        problem = "a quote is missing or not escaped, and it is not clear which" if unsure else ""
    if any(char < " " for char in raw):
        rules.append("raw_newline")
    read = unescape(raw, PAIRS[quote], source) if "\\" in raw else Unescaped(raw)
    value = read.value
    # An interpreted escape gets a repair with its own path and risk; this rule is only for Python's notation.
    rules.extend(["escape"] if read.python and not read.interpreted else [])
    if "\\" in raw and _SURROGATE.search(value):
        value, complete = _join_surrogates(value)
        problem = problem if complete or unsure else "contains a lone surrogate, which is not a character"
    return Quoted(value, end, tuple(rules), problem, unsure, read.interpreted, read.other)


def _join_surrogates(value: str) -> tuple[str, bool]:
    """Join surrogate pairs into characters; return False too if a lone one was left, which becomes U+FFFD."""
    data = value.encode("utf-16-le", "surrogatepass")
    try:
        return data.decode("utf-16-le"), True
    except UnicodeDecodeError:
        return data.decode("utf-16-le", "replace"), False


# Unescaped quotes inside a string: they belong to its text, or show that it ends elsewhere

_MAX_INCHES = 12
"""Maximum characters of a number before an inch sign."""
_OPENS_BEHIND = "(<¿¡$€£#@…*&+-"
_CLOSES_BEHIND = " \t\n.,;!?)—–-…’'/"
_OPENER = re.compile(r"(?:\A|[\s(/—–-])\Z")
_AFTER_SIGN = re.compile(r"[,:]\s{0,20}\Z")
_INCHES = re.compile(r"(?:\A|[\s(/×'’-])\d{1,5}(?:[.,/]\d{1,4})?\Z")
_BEHIND_INCHES = re.compile(r" [^\W\d]|-[^\W\d]|\)| ?[x×] ?\d")
_WORD = re.compile(r"[ \t\n]+[^\W\d]|[.!?;]")
_LINE = re.compile(r"[\r\n]")


def are_quotations(raw: str, places: Sequence[int]) -> bool:
    """Whether the quotes at these offsets can only be text: pairs around a quotation, or inches behind a number.

    A quotation begins before a word, ends behind one and stays on one line. A quote beside anything else (a bracket, a
    comma, another quote) may be JSON structure around a string whose own quote is missing, doubled or replaced.
    """
    if '\\"' in raw:  # a model that escapes some of its quotes may have forgotten to escape any of the others
        return False
    opened = -1
    for at in places:
        if opened < 0 and _is_inch_sign(raw, at):
            continue
        if opened < 0 and not _opens_quotation(raw, at):
            return False
        if opened >= 0 and not _closes_quotation(raw, opened, at):
            return False
        opened = at if opened < 0 else -1
    return opened < 0


def _is_inch_sign(raw: str, at: int) -> bool:
    return bool(_INCHES.search(raw[max(at - _MAX_INCHES, 0) : at]) and _BEHIND_INCHES.match(raw, at + 1))


def _opens_quotation(raw: str, at: int) -> bool:
    behind = raw[at + 1 : at + 2]
    return (
        bool(_OPENER.search(raw[max(at - 1, 0) : at]))
        and (behind.isalnum() or behind in _OPENS_BEHIND)
        and behind != ""
    )


def _closes_quotation(raw: str, opened: int, at: int) -> bool:
    behind = raw[at + 1 : at + 2]
    if not raw[at - 1].isalnum() and raw[at - 1] not in ".,!?;)…%’'>*":
        return False
    if behind not in _CLOSES_BEHIND or _LINE.search(raw, opened, at):
        return False
    # A quote at the start, or behind a comma or colon, may open a JSON string: then prose must follow its partner.
    like_string = opened == 0 or _AFTER_SIGN.search(raw[max(opened - 20, 0) : opened]) is not None
    if behind == ",":
        return not like_string and _WORD.match(raw, at + 2) is not None
    return not like_string or _WORD.match(raw, at + 1) is not None
