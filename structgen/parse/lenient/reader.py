"""Read JSON as models write it, in linear time: comments, stray commas, any quotes or none, Python literals, tuples.

It reads each character a bounded number of times in any text. It records every repair and goes on if it can, so that a
refused response still shows what could be read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import cast

from structgen.core.json import Json, JsonObject, pointer
from structgen.parse.json_values import number_of
from structgen.parse.lenient.escapes import Source
from structgen.parse.lenient.scanner import (
    BACKSLASHES,
    CLOSER,
    COMMENT,
    CONTAINER,
    ITEM,
    LONG,
    MEMBER,
    NUMBER,
    SET,
    WORDS,
    Broken,
    Cut,
    Open,
    Scanner,
)
from structgen.parse.lenient.strings import AFTER_KEY, ANYTHING, IN_LIST, IN_OBJECT, PAIRS, read_quoted
from structgen.parse.reading import ESCAPED_KEY, Reading
from structgen.parse.strict_json import MAX_DEPTH

_BARE_KEY = re.compile(r"([\w$][\w$-]{0,100}(?: [\w$-]{1,100}){0,5})\s*:")
_BARE = re.compile(r"[\w$€£¥+.-](?:(?!\s(?://|#)|/\*)[\w \t$€£¥+.%/@&'°*-])*")
_PLAIN = re.compile(rf"({NUMBER}|true|false|null|True|False|None)(?=\s*\n|\s+[\"'“‘]|\s*/[/*])")
"""A number or literal followed by a comment, or by the next member without a comma."""
_COMMA = re.compile(r"\s*,")
_NEXT_ITEM = re.compile(r"[\"'“‘`{\[(\w$+.-]")

_COMMENT_AHEAD = re.compile(rf"\s*(?:{COMMENT.pattern})")
_NOTHING_BEHIND = re.compile(r"\s*\Z")
_BEGUN = re.compile(r"\s*(?:[,:\"'}]|\w+[\"'])")
"""The beginning of JSON behind a bracket, which prose in brackets never has."""
_FINITE_LENGTH = 300
"""Numbers of fewer digits, without an exponent, are finite."""
_PREFIXED = re.compile(r"[bBrRuUfF]{1,2}['\"]")
"""A Python bytes, raw or formatted string."""
_CLOSERS = {"[": "]", "(": ")", "{": "}"}


def read_lenient(text: str, start: int, source: Source | None = None) -> Reading:
    """Read the value that begins with the bracket at `start`, and nothing behind it.

    `source` is the document, which decides what the backslashes in strings are.
    """
    return _Reader(text, source).read(start)


def read_string(text: str, source: Source | None = None) -> Reading:
    """Read the string at the beginning of a text."""
    reader = _Reader(text, source)
    value, end = reader.quoted(0, ANYTHING)
    return Reading(value, 0, end, tuple(reader.repairs.values()), tuple(reader.issues))


class _Reader(Scanner):
    """Reads containers: their brackets, members and commas."""

    def read(self, start: int) -> Reading:
        value: Json = None
        paths: tuple[str, ...] = ()
        try:
            value, end = self._container(start)
        except Cut as cut:
            self.issue("cut_off", "ends before it is complete", None)
            paths, value, end = self._open_paths(), self._so_far(), cut.at
        except Broken as broken:
            excerpt = self.text[broken.at : broken.at + 40]
            self.issue(broken.code, broken.message, excerpt)
            self._drop_last_member()
            paths, value, end = self._open_paths(), self._so_far(), broken.at
        # Brackets are JSON and not prose if a member has begun, the container was closed, or the text ends in it.
        ended = _NOTHING_BEHIND.match(self.text, start + 1) is not None
        begun = self.members > 0 or any(self.open) or _BEGUN.match(self.text, start + 1) is not None
        json_like = begun or not paths or ended
        # Unlike a change of style, every comment goes on record: it says something that does not reach the value.
        if len(self.comments) > 1:
            self.repairs["comment"] = replace(self.repairs["comment"], before="\n".join(self.comments))
        repairs, issues = tuple(self.repairs.values()), tuple(self.issues)
        return Reading(value, start, end, repairs, issues, paths, json_like, long=self.long)

    # Containers

    def _container(self, at: int) -> tuple[Json, int]:
        """Return the container whose bracket is at `at`, and the offset behind its closing bracket."""
        if len(self.open) >= MAX_DEPTH:
            self.members += 1
            raise Broken(at, f"is nested deeper than {MAX_DEPTH} levels", "depth")
        opener = self.text[at]
        if opener == "{":
            return self._object(at + 1)
        if opener == "(":
            self.note("python_literal", self.text[at : at + 40], None)
        return self._list(at + 1, _CLOSERS[opener])

    def _object(self, at: int) -> tuple[Json, int]:
        start, comma = at, False
        found: JsonObject = {}
        self._enter(found)
        while True:
            at, comma = self._simple_members(found, at, comma)
            if (end := CLOSER.match(self.text, at)) and end[1] == "}":
                at = end.end()
                break
            at = self._skip_commas(at) if comma else self.skip(at)
            if self._closes(at, "}"):
                at += 1
                break
            if not found and SET.match(self.text, start):  # a Python set: {"a", "b"}
                self._leave()
                self.note("python_literal", self.text[start - 1 : start + 40], None)
                return self._list(start, "}")
            dots = self.ellipsis(at)
            at, comma = self._after_member(dots, "}") if dots else self._member(found, at)
        self._leave()
        if comma:
            self._trailing_comma(at)
        return found, at

    def _simple_members(self, found: JsonObject, at: int, comma: bool) -> tuple[int, bool]:
        """Read the members from here on that `MEMBER` matches; return whether a comma follows the last one."""
        text = self.text
        # Only repairs and issues need the path, so this fast loop sets it only for them.
        while match := MEMBER.match(text, at):
            key, value = match[1], match[5]
            if key is None or match[13] is not None:
                key = self._odd_key(match)
            if value is None:
                value = self._odd_value(match, 4, key)
            if match[13] is not None:
                self.path[-1] = key
                self.missing_comma(match.end(), "")
                self.path[-1] = None
            if key in found:
                self.path[-1] = key
                self.repeated_key(key, found[key], value)
                self.path[-1] = None
            else:
                found[key] = value
            at, comma = match.end(), match[12] is not None
        return at, comma

    def _member(self, found: JsonObject, at: int) -> tuple[int, bool]:
        """Read one member of an object step by step."""
        key, at = self._key(at)
        self.members += 1
        self.path[-1] = key
        value, at = self._value(at, IN_OBJECT)
        if key in found:
            self.repeated_key(key, found[key], value)
        else:
            found[key] = value
        return self._after_member(at, "}")

    def _list(self, at: int, closer: str) -> tuple[Json, int]:
        comma = False
        found: list[Json] = []
        self._enter(found)
        while True:
            while match := ITEM.match(self.text, at):
                value = match[1]
                found.append(self._odd_value(match, 0, len(found)) if value is None else value)
                at, comma = match.end(), match[8] is not None
            if not CONTAINER.match(self.text, at):
                at = self.skip(at)
                if self._closes(at, closer):
                    break
                if dots := self.ellipsis(at):
                    at, comma = self._after_member(dots, closer)
                    continue
            self.path[-1] = len(found)
            value, at = self._value(at, IN_LIST)
            found.append(value)
            at, comma = self._after_member(at, closer)
        self._leave()
        if comma and closer != ")":
            self._trailing_comma(at + 1)
        # In Python (1) is the number 1, and only (1,) is a tuple.
        return (found if closer != ")" or len(found) != 1 or comma else found[0]), at + 1

    def _odd_key(self, match: re.Match[str]) -> str:
        """Return the key of a simple member that lacks double quotes, or the comma behind it."""
        double, single, smart, bare = match.group(1, 2, 3, 4)
        if bare is not None:
            self.note("unquoted", bare, bare)
        elif double is None:
            self.note("quotes", match[0][:80], single or smart or "")
        return next(key for key in (double, single, smart, bare) if key is not None)

    def _odd_value(self, match: re.Match[str], before: int, key: str | int) -> Json:
        """Return the value of a simple member that is not a double-quoted string; its groups begin behind `before`."""
        digits, word = match[before + 5], match[before + 6]
        if digits is not None and len(digits) < _FINITE_LENGTH and "e" not in digits and "E" not in digits:
            self.long = self.long or len(digits) >= LONG
            return number_of(digits) if "." in digits else int(digits)
        if word is not None:
            return WORDS[word]
        self.path[-1] = key
        raw, single, smart, python = match.group(before + 2, before + 3, before + 4, before + 7)
        if digits is not None:
            value: Json = self.number(digits)
        elif python is not None:
            value = WORDS[python]
            self.note("python_literal", python, value)
        else:
            value = next(text for text in (raw, single, smart) if text is not None)
            self.note("quotes" if raw is None else "raw_newline", match[0][:80], value)
        self.path[-1] = None
        return value

    def _trailing_comma(self, end: int) -> None:
        self.note("trailing_comma", self.text[max(end - 20, 0) : end], None)

    def _enter(self, container: Open) -> None:
        self.open.append(container)
        self.path.append(None)

    def _leave(self) -> None:
        self.open.pop()
        self.path.pop()

    def _closes(self, at: int, closer: str) -> bool:
        """Whether the container is closed here."""
        char = self.char(at)
        if char == closer:
            return True
        if char in ",}])":
            raise Broken(at, f"has {char!r} in place of a value or {closer!r}")
        return False

    def _skip_commas(self, at: int) -> int:
        """Skip further commas of an object. In a list they are not skipped, because they may mean an omitted item."""
        at = self.skip(at)
        while self.char(at) == ",":
            self.note("extra_comma", self.text[at : at + 20], None)
            at = self.skip(at + 1)
        return at

    def _after_member(self, at: int, closer: str) -> tuple[int, bool]:
        """Skip the comma behind a member; return whether it is there. It may be missing before the next member."""
        step, self.path[-1] = self.path[-1], None
        if match := _COMMA.match(self.text, at):
            return match.end(), True
        end, at = at, self.skip(at)
        char = self.char(at)
        if char == ",":
            return at + 1, True
        if char == closer:
            return at, False
        if closer == ")" or not _NEXT_ITEM.match(char):
            raise Broken(at, f"has {char!r} in place of a comma or {closer!r}")
        self.path[-1] = step
        self.missing_comma(end, char)
        self.path[-1] = None
        return at, False

    # Keys and values

    def _key(self, at: int) -> tuple[str, int]:
        char = self.text[at]
        if char in PAIRS:
            return self._quoted_key(at)
        if match := _BARE_KEY.match(self.text, at):
            self.note("unquoted", match[1], match[1])
            return match[1], match.end()
        if len(self.text) - at < 200 and re.fullmatch(r"[\w$-]+\s*", self.text[at:]):  # the text ends within a key
            raise Cut(len(self.text))
        raise Broken(at, "has something else in place of a key and a colon")

    def _quoted_key(self, at: int) -> tuple[str, int]:
        """Read a key in any quotes: its first closing quote closes it, and a colon follows."""
        found = read_quoted(self.text, at, ANYTHING, self.source)
        if found is None:
            self.members += 1
            raise Cut(len(self.text))
        end = found.end
        if not (colon := AFTER_KEY.match(self.text, end)):
            self.char(self.skip(end))
            raise Broken(end, "has something else in place of a colon")
        if found.other is not None:  # at the path of the object, because the key itself is in doubt
            self.issue(ESCAPED_KEY, BACKSLASHES, [found.value, found.other])
            return found.value, colon.end()
        self.path[-1] = found.value
        self.quoted(at, ANYTHING)
        self.path[-1] = None
        return found.value, colon.end()

    def _value(self, at: int, follow: re.Pattern[str]) -> tuple[Json, int]:
        if match := CONTAINER.match(self.text, at):
            return self._container(match.start(1))
        at = self.skip(at)
        char = self.char(at)
        if char in _CLOSERS:
            return self._container(at)
        if char in PAIRS:
            return self.quoted(at, follow)
        # Unquoted text may contain spaces, so it would take in the next member if the comma is missing.
        if plain := _PLAIN.match(self.text, at):
            return self.unquoted(plain[1], at), plain.end()
        word = _BARE.match(self.text, at)
        if word is None or _PREFIXED.match(self.text, at):
            raise Broken(at, f"has {char!r} in place of a value")
        end = at + len(word[0].rstrip())
        behind = self.text[word.end() : word.end() + 1]
        if not behind:
            raise Cut(len(self.text))
        if behind not in ",}])\r\n" and not _COMMENT_AHEAD.match(self.text, end):
            raise Broken(at, "has an unquoted text whose end is not clear")
        return self.unquoted(self.text[at:end], at), end

    def _drop_last_member(self) -> None:
        """Drop the member before the break: the unreadable text may belong to its value (``"price": 1,299``)."""
        if self.open and self.open[-1] and self.path[-1] is None:
            container = self.open[-1]
            self.members += 1  # counts as read: it tells broken JSON from brackets in prose
            if isinstance(container, list):
                container.pop()
            else:
                container.popitem()

    def _so_far(self) -> Json:
        """Return the root with every member that was complete when the reading stopped."""
        for parent, key, child in reversed(list(zip(self.open, self.path, self.open[1:], strict=False))):
            if isinstance(parent, list):
                parent.append(cast(Json, child))
            else:
                parent.setdefault(str(key), cast(Json, child))
        return cast(Json, self.open[0]) if self.open else None

    def _open_paths(self) -> tuple[str, ...]:
        steps = [step for step in self.path if step is not None]
        return tuple(pointer(steps[:depth]) for depth in range(len(steps) + 1))
