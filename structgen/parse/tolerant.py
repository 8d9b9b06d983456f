"""A linear reader for JSON as models write it: comments, stray commas, any quotes or none, Python literals, tuples.

Each character is looked at a bounded number of times, whatever the text. The reader records every rule that it used
and goes on where it can, so that what is refused still shows what could be read.
"""

from __future__ import annotations

import math
import re
from typing import NoReturn, cast

from structgen.core.json import Json, JsonObject, pointer
from structgen.core.options import Risk
from structgen.core.records import Issue, Repair
from structgen.parse.reading import Reading
from structgen.parse.strict import MAX_DEPTH
from structgen.parse.strings import AFTER_KEY, IN_LIST, IN_OBJECT, PAIRS, read_quoted

_NUMBER = r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?"
_ENDS = r"(?=\s*[,}\])])"
_SCALAR = re.compile(
    rf"\s*(?:\"([^\"\\\x00-\x1f\ud800-\udfff]*)\"|({_NUMBER})|(true|false|null|True|False|None)){_ENDS}"
)
"""The values that most texts consist of, with what has to follow them: a string, a number, a word."""

_KEY = re.compile(r"\s*\"([^\"\\\x00-\x1f\ud800-\udfff]*)\"\s*:")
_BARE_KEY = re.compile(r"([\w$][\w$-]{0,100}(?: [\w$-]{1,100}){0,5})\s*:")
_BARE = re.compile(r"[\w$€£¥+.-](?:(?!\s(?://|#)|/\*)[\w \t$€£¥+.%/@&'°*-])*")
_PLAIN = re.compile(rf"({_NUMBER}|true|false|null|True|False|None)(?=\s*\n|\s+[\"'“‘]|\s*/[/*])")
"""A number or word that is followed by the next member without a comma, or by a comment."""
_LOOSE_NUMBER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]+|\d+(?:_\d+)*|(?:0|[1-9]\d*)?\.\d+|(?:0|[1-9]\d*)\.)\Z")
_SPACE = re.compile(r"\s*")
_COMMA = re.compile(r"\s*,")
_COMMENT = re.compile(r"//[^\n]*|\#(?=[\s#])[^\n]*|/\*")
_DOTS = re.compile(r"\.{3,}|…")
_NEXT_ITEM = re.compile(r"[\"'“‘`{\[(\w$+.-]")
_SET = re.compile(r"\{\s*(?:\"[^\"\\\n]{0,200}\"|'[^'\\\n]{0,200}'|-?\d[\d.]{0,40})\s*[,}]")

_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}
_PYTHON = frozenset({"True", "False", "None"})
_NOT_FINITE = {"NaN": math.nan, "nan": math.nan, "Infinity": math.inf, "inf": math.inf, "+Infinity": math.inf}
_NOT_FINITE |= {"-Infinity": -math.inf, "-inf": -math.inf}
_NO_VALUE = frozenset({"undefined", "TODO", "TBD", "etc", "etc."})
_CLOSER = {"[": "]", "(": ")", "{": "}"}
_MOST_DIGITS = 4300
"""Python itself converts no longer integers (the conversion takes quadratic time)."""

Open = JsonObject | list[Json]


class _Cut(Exception):  # noqa: N818  (not an error: the text ends here)
    """The text ended inside a container, at `at`."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


class _Broken(Exception):  # noqa: N818  (turned into an Issue; never leaves this module)
    """What stands at `at` fits nowhere."""

    def __init__(self, at: int, message: str, code: str = "syntax") -> None:
        super().__init__(message)
        self.at, self.message, self.code = at, message, code


def read_tolerant(text: str, start: int) -> Reading:
    """Read the value that begins with the bracket at `start`; what follows it is not looked at."""
    return _Reader(text).read(start)


class _Reader:
    """The state of one reading: the open containers and their keys, the rules used, what is wrong."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.open: list[Open] = []
        self.path: list[str | int | None] = []
        """The key or index being read in each open container, None between two members."""
        self.repairs: dict[str, Repair] = {}
        self.issues: list[Issue] = []
        self.members = 0

    def read(self, start: int) -> Reading:
        value: Json = None
        paths: tuple[str, ...] = ()
        try:
            value, end = self._container(start)
        except _Cut as cut:
            self._issue("cut_off", "the response ends before this is complete", None)
            paths, value, end = self._open_paths(), self._so_far(), cut.at
        except _Broken as broken:
            shown = self.text[broken.at : broken.at + 40]
            self._issue(broken.code, broken.message, shown)
            paths, value, end = self._open_paths(), self._so_far(), broken.at
        like = self.members > 0 or not paths
        return Reading(value, start, end, tuple(self.repairs.values()), tuple(self.issues), paths, like)

    # Containers

    def _container(self, at: int) -> tuple[Json, int]:
        """The container whose bracket stands at `at`, and the offset behind its closing bracket."""
        if len(self.open) >= MAX_DEPTH:
            self.members += 1
            raise _Broken(at, f"is nested deeper than {MAX_DEPTH} levels", "depth")
        opener = self.text[at]
        if opener == "{" and not _SET.match(self.text, at):
            return self._object(at + 1)
        if opener != "[":
            self._note("python_literal", self.text[at : at + 40], None)
        return self._list(at + 1, _CLOSER[opener])

    def _object(self, at: int) -> tuple[Json, int]:
        found: JsonObject = {}
        self._enter(found)
        comma = False
        while True:
            if match := _KEY.match(self.text, at):
                key, at = match[1], match.end()
            else:
                at = self._skip_commas(at) if comma else self._skip(at)
                if self._closes(at, "}", comma):
                    break
                if dots := self._left_out(at):
                    at, comma = self._after_member(dots, "}")
                    continue
                key, at = self._key(at)
            self.members += 1
            self.path[-1] = key
            value, at = self._value(at, IN_OBJECT)
            if key in found:
                self._repeated(key, found[key], value)
            else:
                found[key] = value
            at, comma = self._after_member(at, "}")
        self._leave()
        return found, at + 1

    def _list(self, at: int, closer: str) -> tuple[Json, int]:
        found: list[Json] = []
        self._enter(found)
        comma = False
        while True:
            at = self._skip(at)
            if self._closes(at, closer, comma):
                break
            if dots := self._left_out(at):
                at, comma = self._after_member(dots, closer)
                continue
            self.path[-1] = len(found)
            value, at = self._value(at, IN_LIST)
            self.members += 1
            found.append(value)
            at, comma = self._after_member(at, closer)
        self._leave()
        if closer == ")" and len(found) == 1 and not comma:
            return found[0], at + 1
        return found, at + 1

    def _enter(self, container: Open) -> None:
        self.open.append(container)
        self.path.append(None)

    def _leave(self) -> None:
        self.open.pop()
        self.path.pop()

    def _closes(self, at: int, closer: str, comma: bool) -> bool:
        """Whether the container is closed here; `comma` says that a comma stands before."""
        char = self._char(at)
        if char == closer:
            if comma and closer != ")":
                self._note("trailing_comma", self.text[max(at - 20, 0) : at + 1], None)
            return True
        if char in ",}])":
            raise _Broken(at, f"has {char!r} where a value or {closer!r} belongs")
        return False

    def _skip_commas(self, at: int) -> int:
        """Behind a comma of an object, further commas mean nothing; in a list they may stand for something left out."""
        at = self._skip(at)
        while self._char(at) == ",":
            self._note("extra_comma", self.text[at : at + 20], None)
            at = self._skip(at + 1)
        return at

    def _after_member(self, at: int, closer: str) -> tuple[int, bool]:
        """Skip the comma behind a member, True where it stands there; it may be missing where the next one begins."""
        self.path[-1] = None
        if match := _COMMA.match(self.text, at):
            return match.end(), True
        at = self._skip(at)
        char = self._char(at)
        if char == ",":
            return at + 1, True
        if char == closer:
            return at, False
        if closer == ")" or not _NEXT_ITEM.match(char):
            raise _Broken(at, f"has {char!r} where a comma or {closer!r} belongs")
        self._note("missing_comma", self.text[max(at - 20, 0) : at + 20], None)
        return at, False

    def _left_out(self, at: int) -> int | None:
        """The offset behind dots that stand for members which the model did not write; None where there are none."""
        dots = _DOTS.match(self.text, at)
        if dots is None:
            return None
        self._issue("left_out", "has dots in place of what was left out", dots[0])
        return dots.end()

    # Keys and values

    def _key(self, at: int) -> tuple[str, int]:
        char = self.text[at]
        if char in PAIRS:
            key, at = self._quoted(at, AFTER_KEY)
            match = AFTER_KEY.match(self.text, at)
            return key, match.end() if match else at
        if match := _BARE_KEY.match(self.text, at):
            self._note("unquoted", match[1], match[1])
            return match[1], match.end()
        if len(self.text) - at < 200 and re.fullmatch(r"[\w$-]+\s*", self.text[at:]):
            raise _Cut(len(self.text))
        raise _Broken(at, "has something where a key and a colon belong")

    def _value(self, at: int, follow: re.Pattern[str]) -> tuple[Json, int]:
        match = _SCALAR.match(self.text, at)
        if match is None:
            return self._other(self._skip(at), follow)
        if match.lastindex == 1:
            return match[1], match.end()
        if match.lastindex == 2:
            return self._number(match[2]), match.end()
        return self._bare(match[3], match.start(3)), match.end()

    def _other(self, at: int, follow: re.Pattern[str]) -> tuple[Json, int]:
        char = self._char(at)
        if char in _CLOSER:
            return self._container(at)
        if char in PAIRS:
            return self._quoted(at, follow)
        if plain := _PLAIN.match(self.text, at):
            return self._bare(plain[1], at), plain.end()
        word = _BARE.match(self.text, at)
        if word is None:
            raise _Broken(at, f"has {char!r} where a value belongs")
        end = at + len(word[0].rstrip())
        behind = self.text[word.end() : word.end() + 1]
        if not behind:
            raise _Cut(len(self.text))
        if behind not in ",}])\r\n" and not _COMMENT.match(self.text, _SPACE.match(self.text, end).end()):  # pyright: ignore
            raise _Broken(at, "has a text without quotes whose end is not clear")
        return self._bare(self.text[at:end], at), end

    def _bare(self, word: str, at: int) -> Json:
        """A value without quotes: a word, a number in a form that JSON lacks, or a text."""
        if word in _WORDS:
            if word in _PYTHON:
                self._note("python_literal", word, _WORDS[word])
            return _WORDS[word]
        if word in _NOT_FINITE:
            self._issue("not_finite", f"{word} is no finite number", word)
            return _NOT_FINITE[word]
        if word.startswith("..") or word in _NO_VALUE:
            raise _Broken(at, f"has {word!r} where a value belongs")
        if re.fullmatch(_NUMBER, word):
            return self._number(word)
        if _LOOSE_NUMBER.match(word) and not re.match(r"[+-]?0\d", word):
            self._note("number_form", word, None)
            return self._number(str(int(word, 16)) if "x" in word.lower() else word.replace("_", ""))
        self._note("unquoted", word, word)
        return word

    def _number(self, digits: str) -> Json:
        if len(digits) > _MOST_DIGITS:
            self._issue("number", "a number of more digits than can be read", digits[:40])
            return digits
        if digits.lstrip("+-").isdigit():
            return int(digits)
        value = float(digits)
        if math.isinf(value):
            self._issue("not_finite", f"{digits} is larger than any finite number", digits)
        return value

    def _quoted(self, at: int, follow: re.Pattern[str]) -> tuple[str, int]:
        string = read_quoted(self.text, at, follow)
        if string is None:
            self.members += 1
            raise _Cut(len(self.text))
        for rule in string.rules:
            self._note(rule, self.text[at : min(string.end, at + 80)], string.value[:80])
        if string.problem:
            self._issue("string", string.problem, string.value)
        return string.value, string.end

    def _repeated(self, key: str, first: Json, second: Json) -> None:
        if same(first, second):
            self._note("duplicate_key", {key: second}, {key: first})
        else:
            self._issue("duplicate_key", f"the key {key!r} stands here twice with different values", [first, second])

    # Places

    def _char(self, at: int) -> str:
        """The character at `at`; the text also ends at the closing line of a Markdown fence."""
        char = self.text[at : at + 1]
        if not char or (char == "`" and self.text.startswith("```", at)):
            raise _Cut(at)
        return char

    def _skip(self, at: int) -> int:
        """The offset behind white space and comments."""
        while True:
            at = cast("re.Match[str]", _SPACE.match(self.text, at)).end()
            comment = _COMMENT.match(self.text, at)
            if comment is None:
                return at
            end = comment.end()
            if comment[0] == "/*":
                end = self.text.find("*/", end) + 2
                if end < 2:
                    raise _Cut(len(self.text))
            said = self.text[at : min(end, at + 80)]
            if not self._left_out(at + len(said) - len(said.lstrip("/#* "))):
                self._note("comment", said, None)
            at = end

    def _note(self, rule: str, before: Json, after: Json) -> None:
        """Record the first use of a rule; thousands of single quotes are one change of style."""
        if rule not in self.repairs:
            self.repairs[rule] = Repair(rule, self._here(), before, after, Risk.LOSSLESS)

    def _issue(self, code: str, message: str, found: Json) -> None:
        self.issues.append(Issue(self._here(), message, code, found))

    def _here(self) -> str:
        return pointer(step for step in self.path if step is not None)

    def _so_far(self) -> Json:
        """The root with what was complete when the reading stopped."""
        for parent, key, child in reversed(list(zip(self.open, self.path, self.open[1:], strict=False))):
            if isinstance(parent, list):
                parent.append(cast(Json, child))
            else:
                parent.setdefault(str(key), cast(Json, child))
        return cast(Json, self.open[0]) if self.open else None

    def _open_paths(self) -> tuple[str, ...]:
        steps = [step for step in self.path if step is not None]
        return tuple(pointer(steps[:depth]) for depth in range(len(steps) + 1))


def same(first: Json, second: Json) -> bool:
    """Whether two JSON values are equal as JSON: 1 is 1.0, but true is not 1."""
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(value, second[key]) for key, value in first.items())
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    return first == second
