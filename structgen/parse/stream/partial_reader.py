"""Growing text -> the plain JSON value so far, in time linear in the whole text.

This module reads the text, one state after the other; `partial_value.py` builds the value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from structgen.core.json import Json
from structgen.parse.align import Shape
from structgen.parse.candidates import CLOSE_THOUGHT, OPEN_THOUGHT, lists_in
from structgen.parse.json_values import number_of
from structgen.parse.stream.partial_value import PartialTree
from structgen.parse.strict_json import MAX_DEPTH

OBJECT, LIST_OR_OBJECT = "{", "{["

_SPACE = re.compile(r"[ \t\r\n]+")
_RUN = re.compile(r"[^\"\\]+")
_KEY = re.compile(r"[ \t\r\n]*\"([^\"\\]*)\"[ \t\r\n]*:[ \t\r\n]*")
_STRING = re.compile(r"\"([^\"\\]*)\"")
_COMMA = re.compile(r",[ \t\r\n]*")
_TOKEN = re.compile(r"[-+.\w]+")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?\Z", re.ASCII)
_ESCAPE = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|[\"\\/bfnrt])")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_HIGH_SURROGATES = frozenset({"d8", "d9", "da", "db"})
_WORDS: dict[str, Json] = {"true": True, "false": False, "null": None}

_BEGUN_THOUGHTS = frozenset("[think]"[:end] for end in range(1, 7))  # the last of them is _LONGEST_BEGUN long
_LONGEST_BEGUN = 6
_LONGEST_TAG = 120
_LONGEST_TOKEN = 400
_LONGEST_ESCAPE = 12


class PartialReader:
    """Reads one JSON object or list out of a response that arrives in pieces.

    Prose, fences and thoughts before it are skipped. What is no JSON stops the reading: the value stays as it was, and
    the whole response is parsed at its end in any case. So do a key that comes again, infinity, and half a surrogate
    pair, because an answer with one of these is not accepted as it stands. `opens` are the brackets that the value may
    begin with.
    """

    def __init__(self, opens: str = LIST_OR_OBJECT) -> None:
        self._opens = re.compile(f"[{re.escape(opens)}]")
        self._tree = PartialTree()
        self._held = ""
        self._root = -1
        """Where in the text at hand the next bracket is that may begin the value; -1 until it was looked for."""
        self._restart()

    def _restart(self) -> None:
        self._tree.restart()
        self._in_key = False
        self._in_token = False
        self._state: Callable[[str, int], int] = self._before

    def feed(self, piece: str) -> None:
        """Take the next piece of the text, of any length."""
        self._tree.earn(len(piece))
        text, at = self._held + piece, 0
        self._held, self._root = "", -1
        while at < len(text):
            at = self._state(text, at)

    @property
    def done(self) -> bool:
        """Whether the value was closed."""
        return self._state == self._after_root and not self._tree.frames

    @property
    def value(self) -> Json:
        """The value so far; None before it begins. It never holds an unfinished number, keyword or key.

        An open string is there as far as it came.
        """
        return self._tree.value

    @property
    def open(self) -> tuple[str, ...]:
        """The paths that are not finished, from the root down to the member being read."""
        return self._tree.open(in_token=self._in_token)

    @property
    def first_key(self) -> str | None:
        """The first key of the value, None where it is no object or has none yet."""
        return self._tree.first_key

    def take_items(self) -> tuple[tuple[str, Json], ...]:
        """The items of the outermost lists finished since the last call, with their paths; each comes once."""
        return self._tree.take_items()

    # States: each takes the text from an offset on and returns where it stopped; the end where it needs more

    def _before(self, text: str, at: int) -> int:
        """Before the value: prose, fences, thoughts."""
        if self._root < at:
            found = self._opens.search(text, at)
            self._root = found.start() if found else len(text)
        root = self._root
        thought = OPEN_THOUGHT.search(text, at, root + _LONGEST_TAG)
        if thought is not None and thought.start() <= root:
            self._state = self._in_thoughts
            return thought.end()
        if root == len(text):
            return self._wait(text, _begun_tag(text, at))
        if text[root : root + 7].casefold() in _BEGUN_THOUGHTS:
            return self._wait(text, root)
        return self._enter(text[root], root + 1)

    def _in_thoughts(self, text: str, at: int) -> int:
        if end := CLOSE_THOUGHT.search(text, at):
            self._state = self._before
            return end.end()
        return self._wait(text, max(at, len(text) - _LONGEST_TAG))

    def _after_root(self, text: str, at: int) -> int:
        """Behind the value, or behind what is none: a closing tag says that all this was but a thought."""
        if end := CLOSE_THOUGHT.search(text, at):
            self._restart()
            return end.end()
        return self._wait(text, max(at, len(text) - _LONGEST_TAG))

    def _wait(self, text: str, at: int) -> int:
        """Hold back what may be the beginning of a tag, an escape or a token; nothing where `at` is -1."""
        self._held = text[at:] if at >= 0 else ""
        return len(text)

    def _first_member(self, text: str, at: int) -> int:
        """Behind an opening bracket or a comma: a member, or the closing bracket."""
        frame = self._tree.frames[-1]
        if not frame.is_list and (key := _KEY.match(text, at)):
            return self._keyed(key[1], key.end(), self._member)
        if space := _SPACE.match(text, at):
            return space.end()
        if text[at] in "}]":
            return self._leave(text[at], at + 1)
        if frame.is_list:
            return self._member(text, at)
        if text[at] != '"':
            return self._stop(at)
        self._in_key, self._state = True, self._in_string
        return at + 1

    def _keyed(self, key: str, at: int, state: Callable[[str, int], int]) -> int:
        """Behind a key. One that comes again ends the reading: which of its values counts, nobody can say yet."""
        frame = self._tree.frames[-1]
        if key in frame.members:
            return self._end(at)
        frame.key, self._state = key, state
        return at

    def _colon(self, text: str, at: int) -> int:
        if space := _SPACE.match(text, at):
            return space.end()
        if text[at] != ":":
            return self._stop(at)
        self._state = self._member
        return at + 1

    def _member(self, text: str, at: int) -> int:
        """Where a value begins."""
        if string := _STRING.match(text, at):
            self._finished(string[1])
            return string.end()
        char = text[at]
        if char == '"':
            self._tree.begin_text()
            self._state = self._in_string
            return at + 1
        if char in "{[":
            return self._enter(char, at + 1)
        if token := _TOKEN.match(text, at):
            return self._token(text, token)
        if space := _SPACE.match(text, at):
            self._state = self._member
            return space.end()
        return self._stop(at)

    def _token(self, text: str, token: re.Match[str]) -> int:
        """A number or keyword; what follows it says that it is complete."""
        word, end = token[0], token.end()
        self._in_token = end == len(text)
        if self._in_token and len(word) < _LONGEST_TOKEN:
            self._state = self._member
            return self._wait(text, token.start())
        if self._in_token or (word not in _WORDS and not _NUMBER.match(word)):
            return self._stop(token.start())
        value = _WORDS[word] if word in _WORDS else _number(word)
        if isinstance(value, float) and math.isinf(value):
            return self._end(token.start())
        self._finished(value)
        return end

    def _in_string(self, text: str, at: int) -> int:
        if run := _RUN.match(text, at):
            self._tree.write(run[0])
            at = run.end()
            if at == len(text):
                return at
        if text[at] == "\\":
            return self._escape(text, at)
        string = self._tree.end_text()
        if self._in_key:
            self._in_key = False
            return self._keyed(string, at + 1, self._colon)
        self._finished(string)
        return at + 1

    def _escape(self, text: str, at: int) -> int:
        match = _ESCAPE.match(text, at)
        needed = 2 if text[at + 1 : at + 2] != "u" else 6
        if needed == 6 and text[at + 2 : at + 4].lower() in _HIGH_SURROGATES:
            needed = _LONGEST_ESCAPE
        if len(text) - at < needed:
            return self._wait(text, at)
        char = _unescaped(match[0]) if match else text[at]
        if char is None:
            return self._end(at)
        self._tree.write(char)
        return match.end() if match else at + 1

    def _after_member(self, text: str, at: int) -> int:
        if comma := _COMMA.match(text, at):
            self._state = self._first_member
            return comma.end()
        if space := _SPACE.match(text, at):
            return space.end()
        return self._leave(text[at], at + 1)

    # Members

    def _enter(self, bracket: str, at: int) -> int:
        if len(self._tree.frames) >= MAX_DEPTH:
            return self._stop(at)
        self._tree.enter(bracket)
        self._state = self._first_member
        return at

    def _leave(self, bracket: str, at: int) -> int:
        tree = self._tree
        if bracket != ("]" if tree.frames[-1].is_list else "}"):
            return self._stop(at)
        tree.leave()
        self._state = self._after_member if tree.frames else self._after_root
        return at

    def _finished(self, value: Json) -> None:
        self._tree.finish(value)
        self._state = self._after_member

    def _stop(self, at: int) -> int:
        """No JSON: brackets in prose are skipped, anything else ends the reading."""
        if len(self._tree.frames) == 1 and self._tree.frames[0].untouched:
            self._restart()
            return at
        return self._end(at)

    def _end(self, at: int) -> int:
        """Read no further: what follows is no JSON, or no answer that holds it is accepted as it is."""
        self._in_key = self._in_token = False
        self._state = self._after_root
        return at


def opens_for(shape: Shape) -> str:
    """The brackets that an answer may begin with: a list is prose (a footnote) where no list is asked for."""
    return LIST_OR_OBJECT if lists_in(shape) else OBJECT


def _begun_tag(text: str, at: int) -> int:
    """Where at the end of a text, from an offset on, a tag may have begun; -1 where none has."""
    end = text.rfind("[", max(at, len(text) - _LONGEST_BEGUN))
    pointed = text.rfind("<", max(at, len(text) - _LONGEST_TAG))
    return end if pointed < 0 and text[end:].casefold() in _BEGUN_THOUGHTS else pointed


def _number(token: str) -> Json:
    return int(token) if token.lstrip("-").isdigit() else number_of(token)


def _unescaped(escape: str) -> str | None:
    """The character of an escape of JSON; None for half a surrogate pair, which is none."""
    if escape[1] != "u":
        return _ESCAPES[escape[1]]
    codes = [int(code, 16) for code in escape[2:].split("\\u")]
    data = b"".join(code.to_bytes(2, "little") for code in codes)
    try:
        return data.decode("utf-16-le")
    except UnicodeDecodeError:
        return None
