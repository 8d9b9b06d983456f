"""Growing text -> the plain JSON value so far, in time linear in the whole text.

Values that were handed out never change. What is finished is shared between them; what is open is copied when a value
is asked for, and no more often than the growth of the text pays for: of a list of thousands of items, the item being
written is refreshed every few pieces instead of at each one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from structgen.core.json import Json, JsonObject, pointer
from structgen.parse.exact import number_of
from structgen.parse.find import CLOSE_THOUGHT, OPEN_THOUGHT
from structgen.parse.strict import MAX_DEPTH

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

_BEGUN_THOUGHTS = frozenset("[think]"[:end] for end in range(1, 7))
_LONGEST_TAG = 120
_LONGEST_TOKEN = 400
_LONGEST_ESCAPE = 12
_CREDIT = 4096
"""References that may be copied before any text came: small values are always fresh."""
_CREDIT_PER_CHAR = 8
_CHARS_PER_REFERENCE = 8
"""A string is copied at about the price of one reference for so many characters."""


class _Frame:
    """An open container: its finished members, its path, and the key of the member being read."""

    __slots__ = ("in_list", "is_list", "key", "members", "path")

    def __init__(self, members: JsonObject | list[Json], path: str, *, in_list: bool) -> None:
        self.members = members
        self.path = path
        self.is_list = isinstance(members, list)
        self.in_list = in_list
        self.key = ""

    def child(self) -> str:
        """The path of the member being read."""
        if self.is_list:
            return f"{self.path}/{len(self.members)}"
        key = self.key
        return self.path + pointer([key]) if "/" in key or "~" in key else f"{self.path}/{key}"

    def add(self, value: Json) -> None:
        """Take the member that was being read."""
        if isinstance(self.members, list):
            self.members.append(value)
        else:
            self.members[self.key] = value

    def copied_with(self, value: Json) -> Json:
        """A copy with the member being read as far as it came."""
        if isinstance(self.members, list):
            return [*self.members, value]
        return {**self.members, self.key: value}


class PartialReader:
    """Reads one JSON object or list out of a response that arrives in pieces.

    Prose, fences and thoughts before it are skipped. What is no JSON stops the reading: the value stays as it was, and
    the whole response is parsed at its end in any case. So do a key that comes again, infinity, and half a surrogate
    pair, because an answer with one of these is not accepted as it stands. `opens` are the brackets that the value may
    begin with.
    """

    def __init__(self, opens: str = "{[") -> None:
        self._root = re.compile(f"[{re.escape(opens)}]")
        self._held = ""
        self._restart()
        self._credit = _CREDIT

    def _restart(self) -> None:
        self._frames: list[_Frame] = []
        self._parts: list[str] = []
        self._size = 0
        self._in_text = False
        self._in_key = False
        self._in_token = False
        self._whole: Json = None
        self._items: list[tuple[str, Json]] = []
        self._shown: Json = None
        self._changed = False
        self._state: Callable[[str, int], int] = self._before

    def feed(self, piece: str) -> None:
        """Take the next piece of the text, of any length."""
        self._credit += _CREDIT_PER_CHAR * len(piece)
        text, at = self._held + piece, 0
        self._held = ""
        while at < len(text):
            at = self._state(text, at)

    @property
    def done(self) -> bool:
        """Whether the value was closed."""
        return self._state == self._after_root and not self._frames

    @property
    def value(self) -> Json:
        """The value so far; None before it begins. It never holds an unfinished number, keyword or key.

        An open string is there as far as it came.
        """
        if self._changed:
            cost = self._size // _CHARS_PER_REFERENCE
            for frame in self._frames:
                cost += len(frame.members)
            if cost <= self._credit:
                self._credit -= cost
                self._shown = self._snapshot()
                self._changed = False
        return self._shown

    @property
    def open(self) -> tuple[str, ...]:
        """The paths that are not finished, from the root down to the member being read."""
        paths = [frame.path for frame in self._frames]
        if self._in_text or self._in_token:
            paths.append(self._frames[-1].child())
        return tuple(paths)

    def take_items(self) -> tuple[tuple[str, Json], ...]:
        """The items of the outermost lists finished since the last call, with their paths; each comes once."""
        items = tuple(self._items)
        self._items.clear()
        return items

    # Snapshots

    def _snapshot(self) -> Json:
        if not self._frames:
            return self._whole
        frames = reversed(self._frames)
        child: Json = self._joined() if self._in_text else next(frames).members.copy()
        for frame in frames:
            child = frame.copied_with(child)
        return child

    def _joined(self) -> str:
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0] if self._parts else ""

    # States: each takes the text from an offset on and returns where it stopped; the end where it needs more

    def _before(self, text: str, at: int) -> int:
        """Before the value: prose, fences, thoughts."""
        root = self._root.search(text, at)
        thought = OPEN_THOUGHT.search(text, at, root.start() + _LONGEST_TAG if root else len(text))
        if thought is not None and (root is None or thought.start() <= root.start()):
            self._state = self._in_thoughts
            return thought.end()
        if root is None:
            return self._wait(text, text.rfind("<", max(at, len(text) - _LONGEST_TAG)))
        if text[root.start() : root.start() + 7].casefold() in _BEGUN_THOUGHTS:
            return self._wait(text, root.start())
        return self._enter(root[0], root.end())

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
        frame = self._frames[-1]
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
        frame = self._frames[-1]
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
            self._in_text = self._changed = True
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
            self._add(run[0])
            at = run.end()
            if at == len(text):
                return at
        if text[at] == "\\":
            return self._escape(text, at)
        string = self._joined()
        self._parts, self._size = [], 0
        if self._in_key:
            self._in_key = False
            return self._keyed(string, at + 1, self._colon)
        self._in_text = False
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
        self._add(char)
        return match.end() if match else at + 1

    def _add(self, part: str) -> None:
        self._parts.append(part)
        self._size += len(part)
        self._changed = self._changed or self._in_text

    def _after_member(self, text: str, at: int) -> int:
        if comma := _COMMA.match(text, at):
            self._state = self._first_member
            return comma.end()
        if space := _SPACE.match(text, at):
            return space.end()
        return self._leave(text[at], at + 1)

    # Members

    def _enter(self, bracket: str, at: int) -> int:
        if len(self._frames) >= MAX_DEPTH:
            return self._stop(at)
        above = self._frames[-1] if self._frames else None
        path = above.child() if above else ""
        in_list = above is not None and (above.in_list or above.is_list)
        self._frames.append(_Frame({} if bracket == "{" else [], path, in_list=in_list))
        self._state = self._first_member
        self._changed = True
        return at

    def _leave(self, bracket: str, at: int) -> int:
        frame = self._frames[-1]
        if bracket != ("]" if frame.is_list else "}"):
            return self._stop(at)
        self._frames.pop()
        if self._frames:
            self._finished(frame.members)
        else:
            self._whole, self._changed, self._state = frame.members, True, self._after_root
        return at

    def _finished(self, value: Json) -> None:
        frame = self._frames[-1]
        if frame.is_list and not frame.in_list:
            self._items.append((frame.child(), value))
        frame.add(value)
        self._changed = True
        self._state = self._after_member

    def _stop(self, at: int) -> int:
        """No JSON: brackets in prose are skipped, anything else ends the reading."""
        if len(self._frames) == 1 and not self._frames[0].members and not self._frames[0].key:
            self._restart()
            return at
        return self._end(at)

    def _end(self, at: int) -> int:
        """Read no further: what follows is no JSON, or no answer that holds it is accepted as it is."""
        self._in_key = self._in_token = False
        self._state = self._after_root
        return at


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
