"""The scanner of the lenient reader: white space, comments, strings, numbers and unquoted words.

It holds the text, the path being read, the repairs so far and the issues. `reader.py` reads the containers.
"""

from __future__ import annotations

import math
import re
from typing import cast

from structgen.core.json import Json, JsonObject, pointer
from structgen.core.options import Risk
from structgen.core.results import Issue, Repair
from structgen.parse.json_values import number_of, same
from structgen.parse.lenient.escapes import Source
from structgen.parse.lenient.strings import PAIRS, read_quoted
from structgen.parse.reading import ESCAPE, UNSURE_END, UNSURE_WORD

# One regular expression per kind of common member: its key, its value and what ends it. They only make reading fast:
# the reader reads all other members step by step.

NUMBER = r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?"

_DOUBLE = r"\"([^\"\\\x00-\x1f]*)\""
_SINGLE = r"'([^'\\\x00-\x1f]*)'"
_SMART = r"[“”]([^“”\"\\\x00-\x1f]*)[“”]"
_STRINGS = rf"{_DOUBLE}|{_SINGLE}|{_SMART}"
_RAW = r"\"([^\"\\]*)\""
_VALUE = rf"(?:{_DOUBLE}|{_RAW}|{_SINGLE}|{_SMART}|({NUMBER})|(true|false|null)|(True|False|None))"
_BARE_KEY = r"([^\W\d][\w$-]*)"
_NEXT_KEY = r"(?:\"[^\"\\\n]{0,80}\"|[^\W\d]\w{0,80})\s*:"

MEMBER = re.compile(rf"\s*(?:{_STRINGS}|{_BARE_KEY})\s*:\s*{_VALUE}\s*(?:(,)|(?=[}}\])])|(?={_NEXT_KEY})())", re.ASCII)
"""Groups: 1 to 4 the key (double, single, smart quotes, unquoted); 5 to 11 the value (double quotes, double quotes with
raw line breaks, single, smart, number, JSON word, Python word); 12 the comma; 13 the place of a missing comma."""

ITEM = re.compile(rf"\s*{_VALUE}\s*(?:(,)|(?=[}}\])]))", re.ASCII)
"""Groups: 1 to 7 the value, as in `MEMBER`; 8 the comma."""

CLOSER = re.compile(r"\s*([}\])])")
CONTAINER = re.compile(r"\s*([{\[(])")
SET = re.compile(r"\s*(?:\"[^\"\\\n]{0,200}\"|'[^'\\\n]{0,200}'|-?\d[\d.]{0,40})\s*[,}]")
"""The first item of a Python set, behind its brace."""

_LOOSE_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:_\d+)*|(?:0|[1-9]\d*)?\.\d+)\Z")
SPACE = re.compile(r"\s*")
COMMENT = re.compile(r"//[^\n]*|\#(?=[\s#])[^\n]*|/\*")
_NEAR_NUMBER = re.compile(r"[+-]?\d[\d\s_,.]*\Z")
"""Digits that are not a JSON number (a leading zero, a space inside): some may be extra, or they are two numbers."""
_DOTS = re.compile(r"\.{3,}|…")
WORDS: dict[str, Json] = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_PYTHON = frozenset({"True", "False", "None"})
_NOT_FINITE = {
    "NaN": math.nan,
    "nan": math.nan,
    "Infinity": math.inf,
    "inf": math.inf,
    "+Infinity": math.inf,
    "-Infinity": -math.inf,
    "-inf": -math.inf,
}
_NO_VALUE = frozenset({"undefined", "TODO", "TBD", "etc", "etc."})
_JSON_WORDS = ("true", "false", "null", "none")
_MAX_MISSPELT = 20
BACKSLASHES = (
    "has backslashes that may be escapes or a part of the text, and nothing tells which; "
    "write each backslash of the text as two"
)
LONG = 16
"""From this many characters on, a number may have more digits than a float holds."""
_MAX_DIGITS = 4300
"""Python refuses to convert longer integers, because the conversion takes quadratic time."""

Open = JsonObject | list[Json]


def near_word(text: str) -> bool:
    """Whether a text may be a misspelt true, false or null, or Python's None."""
    text = text.lower() if len(text) < _MAX_MISSPELT else ""
    return any(_is_misspelt(text, word) or word in text.split() for word in _JSON_WORDS)


def _is_misspelt(text: str, word: str) -> bool:
    """Whether at most one character is missing, extra or different, or two neighbours have changed places."""
    begin = next((n for n, (a, b) in enumerate(zip(text, word, strict=False)) if a != b), min(len(text), len(word)))
    one, other = text[begin:], word[begin:]
    return other in {one[1:], one[1::-1] + one[2:]} or one == other[1:] or (len(one) > 0 and one[1:] == other[1:])


class Cut(Exception):
    """The text ended inside a container, at `at`."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


class Broken(Exception):
    """The text at `at` cannot be continued as JSON."""

    def __init__(self, at: int, message: str, code: str = "syntax") -> None:
        super().__init__(message)
        self.at, self.message, self.code = at, message, code


class Scanner:
    """The state of one reading: the open containers and their keys, the repairs, the issues."""

    def __init__(self, text: str, source: Source | None = None) -> None:
        self.text = text
        self.source = source
        self.open: list[Open] = []
        self.path: list[str | int | None] = []
        """The key or index being read in each open container; None between two members."""
        self.repairs: dict[str, Repair] = {}
        self.comments: list[str] = []
        self.issues: list[Issue] = []
        self.members = 0
        self.long = False
        """Whether some number may have more digits than a float holds."""

    def char(self, at: int) -> str:
        """Return the character at `at`. Raises Cut at the end of the text or of its Markdown fence."""
        char = self.text[at : at + 1]
        if not char or (char == "`" and self.text.startswith("```", at)):
            raise Cut(at)
        return char

    def skip(self, at: int) -> int:
        """Return the offset behind white space and comments."""
        while True:
            at = cast("re.Match[str]", SPACE.match(self.text, at)).end()
            comment = COMMENT.match(self.text, at)
            if comment is None:
                return at
            end = comment.end()
            if comment[0] == "/*":
                end = self.text.find("*/", end) + 2
                if end < 2:
                    raise Cut(len(self.text))
            written = self.text[at:end]
            # `// ... more items` replaces items that the model omitted, so it is an issue and not just a comment.
            if not self.ellipsis(at + len(written) - len(written.lstrip("/#* "))):
                self.note("comment", written, None)
                self.comments.append(written)
            at = end

    def note(self, rule: str, before: Json, after: Json) -> None:
        """Record the first use of a lossless rule: thousands of single quotes are one change of style."""
        if rule not in self.repairs:
            self.repairs[rule] = Repair(rule, self.here(), before, after, Risk.LOSSLESS)

    def interpreted(self, rule: str, before: Json, after: Json) -> None:
        """Record how this place was read; unlike a style, each place is decided on its own."""
        path = self.here()
        self.repairs[rule + path] = Repair(rule, path, before, after, Risk.INTERPRETIVE)

    def issue(self, code: str, message: str, found: Json) -> None:
        """Record an issue at this place and go on reading."""
        self.issues.append(Issue(self.here(), message, code, found))

    def here(self) -> str:
        """Return the path of the place being read."""
        return pointer(step for step in self.path if step is not None)

    def ellipsis(self, at: int) -> int | None:
        """Return the offset behind dots in place of members that the model omitted, or None; dots are an issue."""
        dots = _DOTS.match(self.text, at)
        if dots is None:
            return None
        self.issue("left_out", "has dots in place of what was left out", dots[0])
        return dots.end()

    def unquoted(self, word: str, at: int) -> Json:
        """Return the value of an unquoted word: a literal, a number in a form that JSON lacks, or a string."""
        if word in WORDS:
            if word in _PYTHON:
                self.note("python_literal", word, WORDS[word])
            return WORDS[word]
        if word in _NOT_FINITE:
            self.issue("not_finite", f"{word} is not a finite number", word)
            return _NOT_FINITE[word]
        if word.startswith("..") or word in _NO_VALUE:
            raise Broken(at, f"has {word!r} in place of a value")
        if re.fullmatch(NUMBER, word):
            return self.number(word)
        # Digits behind a leading zero may be a code, such as a ZIP code, so they stay text.
        if _LOOSE_NUMBER.match(word) and not re.match(r"[+-]?0\d", word):
            self.note("number_form", word, None)
            # A hexadecimal digit becomes up to 1.3 decimal digits, and str() refuses more than _MAX_DIGITS of them.
            if "x" in word.lower() and len(word) <= _MAX_DIGITS // 2:
                word = str(int(word, 16))
            return self.number(word.replace("_", ""))
        self.note("unquoted", word, word)
        if _NEAR_NUMBER.match(word) or near_word(word):
            self.issue(UNSURE_WORD, "has no quotes and may be a misspelt number, boolean or null", word)
        return word

    def number(self, digits: str) -> Json:
        """Return the number for these digits; a number too long or too large is an issue."""
        self.long = self.long or len(digits) >= LONG or "e" in digits or "E" in digits
        if len(digits) > _MAX_DIGITS:
            self.issue("number", "has more digits than can be read", digits[:40])
            return digits
        if digits.lstrip("+-").isdigit():
            return int(digits)
        value = number_of(digits)
        if math.isinf(value):
            self.issue("not_finite", f"{digits} is larger than any finite number", digits)
        return value

    def missing_comma(self, end: int, following: str) -> None:
        """Record a missing comma behind the value that ends here; an issue if it may be within the value."""
        before = self.text[max(end - 20, 0) : end].rstrip()
        if before[-1:] in PAIRS and before[:-1].rstrip()[-1:] == ",":  # "tea," "born": 5
            self.issue("comma", "ends with a comma that may belong behind it", before)
        elif before[-1:].isdigit() and following.isdigit():  # [1 69]
            self.issue(UNSURE_END, "is followed by digits that may belong to it", before[-1:])
        elif self.text[end - 1 : end].isdigit() and self.text[end : end + 1] in PAIRS:  # 55"says": "x"
            self.issue("comma", "ends with a digit that may have replaced a comma", before)
        self.note("missing_comma", self.text[max(end - 20, 0) : end + 20], None)

    def quoted(self, at: int, follow: re.Pattern[str]) -> tuple[str, int]:
        """Return the string whose opening quote is at `at`, and the offset behind it."""
        string = read_quoted(self.text, at, follow, self.source)
        if string is None:
            self.members += 1  # a string has begun, so this is JSON and not brackets in prose
            raise Cut(len(self.text))
        for rule in string.rules:
            self.note(rule, self.text[at : min(string.end, at + 80)], string.value[:80])
        if string.problem:
            self.issue(UNSURE_END if string.unsure_end else "string", string.problem, string.value)
        elif string.other is not None:
            self.issue(ESCAPE, BACKSLASHES, [string.value, string.other])
        elif string.interpreted:
            self.interpreted(ESCAPE, self.text[at : string.end], string.value)
        return string.value, string.end

    def repeated_key(self, key: str, first: Json, second: Json) -> None:
        """Record a key that was given again: a repair if the values are equal, an issue if they differ."""
        if same(first, second):
            self.note("duplicate_key", {key: second}, {key: first})
        else:
            self.issue("duplicate_key", f"has the key {key!r} twice with different values", [first, second])
