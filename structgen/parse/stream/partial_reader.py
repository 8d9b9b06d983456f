"""Read a growing text as the JSON value so far, in time linear in the whole text.

This module is the state machine that reads the text; `partial_value.py` builds the value.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from structgen.core.json import Json
from structgen.parse.align import Shape
from structgen.parse.candidates import CLOSE_THINKING, OPEN_THINKING, lists_allowed_by
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

_BEGUN_THINKING = frozenset("[think]"[:end] for end in range(1, 7))  # the last of them is _LONGEST_BEGUN long
_LONGEST_BEGUN = 6
_LONGEST_TAG = 120
_LONGEST_TOKEN = 400
_LONGEST_ESCAPE = 12


class PartialReader:
    """Reads one JSON object or list from a response that arrives in pieces.

    It skips prose, fences and thinking before the value. Anything but JSON stops it: the value stays as it is, and the
    complete response is parsed at its end in any case. A repeated key, infinity and half a surrogate pair stop it too,
    because no answer with one of these is accepted as written. `opens` are the brackets that may begin the value.
    """

    def __init__(self, opens: str = LIST_OR_OBJECT) -> None:
        self._opens = re.compile(f"[{re.escape(opens)}]")
        self._tree = PartialTree()
        self._held = ""
        self._root = -1
        """Offset of the next bracket that may begin the value, in the text of this call; -1 before the search."""
        self._restart()

    def _restart(self) -> None:
        self._tree.restart()
        self._in_key = False
        self._in_token = False
        self._state: Callable[[str, int], int] = self._before

    def feed(self, piece: str) -> None:
        """Read the next piece of the text, of any length."""
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
        """The value so far, or None before it begins. It contains unfinished strings, but no other unfinished token."""
        return self._tree.value

    @property
    def open(self) -> tuple[str, ...]:
        """The paths of the unfinished values, from the root down to the member being read."""
        return self._tree.open(in_token=self._in_token)

    @property
    def first_key(self) -> str | None:
        """The first key of the value, or None if it is not an object or has no key yet."""
        return self._tree.first_key

    def take_items(self) -> tuple[tuple[str, Json], ...]:
        """Return the items of the outermost lists that were finished since the last call, with their paths."""
        return self._tree.take_items()

    # States: each reads the text from an offset on and returns where it stopped; at the end it needs more text

    def _before(self, text: str, at: int) -> int:
        """Before the value: prose, fences, thinking."""
        if self._root < at:
            found = self._opens.search(text, at)
            self._root = found.start() if found else len(text)
        root = self._root
        # The tag `[think]` begins with a bracket itself, so the search for tags goes beyond the root.
        tag = OPEN_THINKING.search(text, at, root + _LONGEST_TAG)
        if tag is not None and tag.start() <= root:
            self._state = self._in_thinking
            return tag.end()
        if root == len(text):
            return self._wait(text, _begun_tag(text, at))
        if text[root : root + 7].casefold() in _BEGUN_THINKING:
            return self._wait(text, root)
        return self._enter(text[root], root + 1)

    def _in_thinking(self, text: str, at: int) -> int:
        if end := CLOSE_THINKING.search(text, at):
            self._state = self._before
            return end.end()
        return self._wait(text, max(at, len(text) - _LONGEST_TAG))

    def _after_root(self, text: str, at: int) -> int:
        """Behind the value, or behind an error: a closing tag shows that everything before it was thinking."""
        if end := CLOSE_THINKING.search(text, at):
            self._restart()
            return end.end()
        return self._wait(text, max(at, len(text) - _LONGEST_TAG))

    def _wait(self, text: str, at: int) -> int:
        """Hold back the text from `at` on, an incomplete tag, escape or token, until more arrives; nothing if -1."""
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
        """Behind a key. A repeated key stops the reading, because the parser refuses it if its values differ."""
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
        """Before a member's value."""
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
        """A number or keyword, which is complete once another character follows it."""
        word, end = token[0], token.end()
        self._in_token = end == len(text)
        # Holding back more than a bounded length would make every new piece cost the whole token again.
        if self._in_token and len(word) < _LONGEST_TOKEN:
            self._state = self._member
            return self._wait(text, token.start())
        if self._in_token or (word not in _WORDS and not _NUMBER.match(word)):
            return self._stop(token.start())
        value = _WORDS[word] if word in _WORDS else _number(word)
        if isinstance(value, float) and math.isinf(value):  # 1e999, which no answer is accepted with
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
        # A high surrogate is half a character, so its low surrogate must arrive first.
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
        """Not JSON: brackets in prose are skipped, anything else stops the reading."""
        if len(self._tree.frames) == 1 and self._tree.frames[0].untouched:
            self._restart()
            return at
        return self._end(at)

    def _end(self, at: int) -> int:
        """Stop reading for good, unless a closing tag follows that makes all of it thinking."""
        self._in_key = self._in_token = False
        self._state = self._after_root
        return at


def opens_for(shape: Shape) -> str:
    """Return the brackets that may begin an answer; a list is prose (a footnote) if the schema allows none."""
    return LIST_OR_OBJECT if lists_allowed_by(shape) else OBJECT


def _begun_tag(text: str, at: int) -> int:
    """Return the offset of an incomplete tag at the end of a text, not before `at`; -1 if there is none."""
    end = text.rfind("[", max(at, len(text) - _LONGEST_BEGUN))
    pointed = text.rfind("<", max(at, len(text) - _LONGEST_TAG))
    return end if pointed < 0 and text[end:].casefold() in _BEGUN_THINKING else pointed


def _number(token: str) -> Json:
    return int(token) if token.lstrip("-").isdigit() else number_of(token)


def _unescaped(escape: str) -> str | None:
    """Return the character that a JSON escape encodes, or None for half a surrogate pair."""
    if escape[1] != "u":
        return _ESCAPES[escape[1]]
    codes = [int(code, 16) for code in escape[2:].split("\\u")]
    data = b"".join(code.to_bytes(2, "little") for code in codes)
    try:
        return data.decode("utf-16-le")
    except UnicodeDecodeError:
        return None
