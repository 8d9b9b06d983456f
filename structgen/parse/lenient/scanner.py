"""The scanner below the lenient reader: white space, comments, strings, numbers and words without quotes.

It holds the text, the path that is being read, the repairs made so far and what is wrong. Containers are read by
`reader.py`.
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

# One regular expression for each kind of member that most texts consist of: its key, its value and what ends it.
# These only make reading fast: whatever they do not match is read step by step.

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
"""Groups: 1 to 4 the key (double, single, smart quotes, none); 5 to 11 the value (double quotes, the same with raw line
breaks, single, smart, number, word of JSON, word of Python); 12 the comma; 13 the place of a missing one."""

ITEM = re.compile(rf"\s*{_VALUE}\s*(?:(,)|(?=[}}\])]))", re.ASCII)
"""Groups: 1 to 7 the value, as above; 8 the comma."""

CLOSER = re.compile(r"\s*([}\])])")
CONTAINER = re.compile(r"\s*([{\[(])")
SET = re.compile(r"\s*(?:\"[^\"\\\n]{0,200}\"|'[^'\\\n]{0,200}'|-?\d[\d.]{0,40})\s*[,}]")
"""The first item of a set of Python, behind its brace."""


_LOOSE_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:_\d+)*|(?:0|[1-9]\d*)?\.\d+)\Z")
SPACE = re.compile(r"\s*")
COMMENT = re.compile(r"//[^\n]*|\#(?=[\s#])[^\n]*|/\*")
_NEAR_NUMBER = re.compile(r"[+-]?\d[\d\s_,.]*\Z")
"""What JSON does not take for a number (a zero ahead, a space inside): its digits may be too many, or those of two."""
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
_MISSPELT = ("true", "false", "null", "none")
_LONGEST = 20
BACKSLASHES = (
    "has backslashes that may be escapes or a part of the text, and nothing says which; "
    "write each backslash of the text as two"
)
LONG = 16
"""So many digits may say more than a float."""
_MOST_DIGITS = 4300
"""Python itself converts no longer integers (the conversion takes quadratic time)."""


Open = JsonObject | list[Json]


def near_word(text: str) -> bool:
    """Whether a text is true, false or null but for one character; None too, for so Python writes null."""
    text = text.lower() if len(text) < _LONGEST else ""
    return any(_is_near(text, word) or word in text.split() for word in _MISSPELT)


def _is_near(text: str, word: str) -> bool:
    """Whether at most one character is missing, too many or another, or two have changed places."""
    begin = next((n for n, (a, b) in enumerate(zip(text, word, strict=False)) if a != b), min(len(text), len(word)))
    one, other = text[begin:], word[begin:]
    return other in {one[1:], one[1::-1] + one[2:]} or one == other[1:] or (len(one) > 0 and one[1:] == other[1:])


class Cut(Exception):
    """The text ended inside a container, at `at`."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


class Broken(Exception):
    """What stands at `at` fits nowhere."""

    def __init__(self, at: int, message: str, code: str = "syntax") -> None:
        super().__init__(message)
        self.at, self.message, self.code = at, message, code


class Scanner:
    """The state of one reading: the open containers and their keys, the rules used, what is wrong."""

    def __init__(self, text: str, source: Source | None = None) -> None:
        self.text = text
        self.source = source
        self.open: list[Open] = []
        self.path: list[str | int | None] = []
        """The key or index being read in each open container, None between two members."""
        self.repairs: dict[str, Repair] = {}
        self.comments: list[str] = []
        self.issues: list[Issue] = []
        self.members = 0
        self.long = False
        """Whether a number has more digits than a float may hold."""

    def char(self, at: int) -> str:
        """The character at `at`; the text also ends at the closing line of a Markdown fence."""
        char = self.text[at : at + 1]
        if not char or (char == "`" and self.text.startswith("```", at)):
            raise Cut(at)
        return char

    def skip(self, at: int) -> int:
        """The offset behind white space and comments."""
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
            said = self.text[at:end]
            if not self.left_out(at + len(said) - len(said.lstrip("/#* "))):
                self.note("comment", said, None)
                self.comments.append(said)
            at = end

    def note(self, rule: str, before: Json, after: Json) -> None:
        """Record the first use of a rule; thousands of single quotes are one change of style.

        Of comments every one is on record in the end: they say something that does not reach the value.
        """
        if rule not in self.repairs:
            self.repairs[rule] = Repair(rule, self.here(), before, after, Risk.LOSSLESS)

    def changed(self, rule: str, before: Json, after: Json) -> None:
        """Record what was decided here, which may be decided otherwise at other places."""
        path = self.here()
        self.repairs[rule + path] = Repair(rule, path, before, after, Risk.INTERPRETIVE)

    def issue(self, code: str, message: str, found: Json) -> None:
        """Record what is wrong here; the reading goes on."""
        self.issues.append(Issue(self.here(), message, code, found))

    def here(self) -> str:
        """The path of what is being read."""
        return pointer(step for step in self.path if step is not None)

    def left_out(self, at: int) -> int | None:
        """The offset behind dots that stand for members which the model did not write; None where there are none."""
        dots = _DOTS.match(self.text, at)
        if dots is None:
            return None
        self.issue("left_out", "has dots in place of what was left out", dots[0])
        return dots.end()

    def bare(self, word: str, at: int) -> Json:
        """A value without quotes: a word, a number in a form that JSON lacks, or a text."""
        if word in WORDS:
            if word in _PYTHON:
                self.note("python_literal", word, WORDS[word])
            return WORDS[word]
        if word in _NOT_FINITE:
            self.issue("not_finite", f"{word} is no finite number", word)
            return _NOT_FINITE[word]
        if word.startswith("..") or word in _NO_VALUE:
            raise Broken(at, f"has {word!r} where a value belongs")
        if re.fullmatch(NUMBER, word):
            return self.number(word)
        if _LOOSE_NUMBER.match(word) and not re.match(r"[+-]?0\d", word):
            self.note("number_form", word, None)
            if (
                "x" in word.lower() and len(word) <= _MOST_DIGITS // 2
            ):  # a hexadecimal digit makes up to 1.3 decimal ones
                word = str(int(word, 16))
            return self.number(word.replace("_", ""))
        self.note("unquoted", word, word)
        if _NEAR_NUMBER.match(word) or near_word(word):
            self.issue(UNSURE_WORD, "has no quotes, and may be a misspelt value that is no text", word)
        return word

    def number(self, digits: str) -> Json:
        """The number that is written so; an Issue where it is none that can be used."""
        self.long = self.long or len(digits) >= LONG or "e" in digits or "E" in digits
        if len(digits) > _MOST_DIGITS:
            self.issue("number", "a number of more digits than can be read", digits[:40])
            return digits
        if digits.lstrip("+-").isdigit():
            return int(digits)
        value = number_of(digits)
        if math.isinf(value):
            self.issue("not_finite", f"{digits} is larger than any finite number", digits)
        return value

    def without_comma(self, end: int, following: str) -> None:
        """Record a comma that is missing behind the value that ends here, unless it may have gone elsewhere."""
        before = self.text[max(end - 20, 0) : end].rstrip()
        if before[-1:] in PAIRS and before[:-1].rstrip()[-1:] == ",":
            self.issue("comma", "ends with the comma that is missing behind it, or with one of its own", before)
        elif before[-1:].isdigit() and following.isdigit():
            self.issue(UNSURE_END, "is followed by digits that may belong to it", before[-1:])
        elif self.text[end - 1 : end].isdigit() and self.text[end : end + 1] in PAIRS:
            self.issue("comma", "ends with a digit that may be the comma that is missing behind it", before)
        self.note("missing_comma", self.text[max(end - 20, 0) : end + 20], None)

    def quoted(self, at: int, follow: re.Pattern[str]) -> tuple[str, int]:
        """The string whose opening quote stands at `at`, and the offset behind it."""
        string = read_quoted(self.text, at, follow, self.source)
        if string is None:
            self.members += 1
            raise Cut(len(self.text))
        for rule in string.rules:
            self.note(rule, self.text[at : min(string.end, at + 80)], string.value[:80])
        if string.problem:
            self.issue(UNSURE_END if string.unsure_end else "string", string.problem, string.value)
        elif string.other is not None:
            self.issue(ESCAPE, BACKSLASHES, [string.value, string.other])
        elif string.odd:
            self.changed(ESCAPE, self.text[at : string.end], string.value)
        return string.value, string.end

    def repeated(self, key: str, first: Json, second: Json) -> None:
        """A key came again: no matter where the values are equal, an Issue where they differ."""
        if same(first, second):
            self.note("duplicate_key", {key: second}, {key: first})
        else:
            self.issue("duplicate_key", f"the key {key!r} stands here twice with different values", [first, second])
