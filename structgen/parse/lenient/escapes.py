r"""Tell escapes from backslashes that belong to the text: LaTeX, Windows paths, regular expressions.

A model that forgets to double a backslash writes ``\frac`` or ``C:\new``, which a JSON decoder reads as a form feed and
a newline. If both readings are possible, the document decides (`Source`); if it cannot, the string is ambiguous.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

_SEARCH_BUDGET = 50_000_000
"""Maximum number of document characters searched for one response, so that many backslashes cost no more than a few."""


class Source:
    """The document that a response was made from, searched to decide what a backslash is.

    `has_backslashes`: any backslash of the response may then be quoted from the document.
    """

    def __init__(self, document: str) -> None:
        self.has_backslashes = "\\" in document
        self._document = document
        self._budget = _SEARCH_BUDGET
        self._cache: dict[tuple[str, bool], bool] = {}

    def prefers(self, one: str, other: str, *, whole_words: bool = False) -> bool | None:
        """Return True if the document contains only the first text, False if only the second, else None."""
        first, second = self._contains(one, whole_words), self._contains(other, whole_words)
        return None if first == second else first

    def _contains(self, piece: str, whole_words: bool) -> bool:
        key = (piece, whole_words)
        if key not in self._cache:
            if self._budget < 0 or not piece:
                return False
            self._budget -= len(self._document)
            self._cache[key] = self._search(piece, whole_words)
        return self._cache[key]

    def _search(self, piece: str, whole_words: bool) -> bool:
        document, end = self._document, len(self._document)
        at = document.find(piece)
        while at >= 0:
            before, behind = document[max(at - 1, 0) : at], at + len(piece)
            # In `\\server` the piece `\server` is the tail of a doubled backslash, which is another text.
            doubled = before == piece[0] == "\\"
            open_left = whole_words and _same_word(before, piece[0])
            open_right = whole_words and behind < end and _same_word(piece[-1], document[behind])
            if not doubled and not open_left and not open_right:
                return True
            at = document.find(piece, at + 1)
        return False


def _same_word(one: str, other: str) -> bool:
    """Whether two adjacent characters belong to one word."""
    return (one.isalnum() or one == "_") and (other.isalnum() or other == "_")


_ESCAPE = re.compile(
    r"\\(u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|x[0-9a-fA-F]{2}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|.)", re.DOTALL
)
_PLAIN = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_FOLDER = "x86"
r"""``\x86`` is a folder of Windows programs (``bin\x86``) and, as an escape, a control character nobody means."""
_CONTROLS = frozenset("\b\f\n\r\t")
_SPACES = frozenset("nrt")
_AMBIGUOUS_ESCAPES = frozenset("bfnrt")
_WINDOW = 16
"""Number of characters on each side of a backslash that are searched for in the document together with it."""
_SHORTEST = 4
"""Shorter texts may occur anywhere in a document, so finding one proves nothing."""

_STRONG = (
    r"t(?:imes|heta|ext(?:bf|it|rm|sf|tt)?(?=\{)|frac(?=\{)|riangle|herefore)|n(?:abla|otin)"
    r"|r(?:ight(?:left)?arrow|ightharpoonup|ight(?=[)\]}|.\\]))"
)
r"""LaTeX commands that cannot be an escape before a word: no prose goes on with ``imes`` behind ``\t``."""
_WEAK = (
    r"t(?:au|anh?|o|op|ilde|ext|frac|ag|iny|itle|t)|n(?:eq?|eg|u|ot?|i|leq|geq|mid|exists|atural|earrow|warrow|um"
    r"|parallel|subseteq|onumber|olimits|oindent|ewline|ewcommand)"
    r"|r(?:ho|ight|angle|floor|ceil|m|ef|ule|eal|vert|Vert|brace|brack|oot|enewcommand)"
)
r"""LaTeX commands that may also be a newline or tab before a word (``\not``): they need another sign of LaTeX."""
_COMMANDS = (
    rf"(?:{_STRONG}|{_WEAK}|b(?:eta|ar|egin|inom|oldsymbol|ot|m|ig\w?|ullet|oxed|ackslash)|f(?:rac|orall|lat|ootnote))"
    r"(?![A-Za-z])"
)
_STRONG_COMMAND = re.compile(rf"\\(?:{_STRONG})(?![A-Za-z])")
_WEAK_COMMAND = re.compile(rf"\\(?:{_WEAK})(?![A-Za-z])")
_SIGN_OF_LATEX = re.compile(rf"\\\\(?:(?![bfnrtux])[A-Za-z]{{2}}|{_COMMANDS})")
"""A LaTeX command with a doubled backslash."""

_NAME = r"[\w.~$@%+()-]"
_IN_PATH = re.compile(
    rf"(?:(?<![^\W_])[A-Za-z]:(?:\\\\?{_NAME}{{1,60}})+|[^\W\d_]{_NAME}{{1,60}}(?:\\\\{_NAME}{{1,60}})+)\Z"
)
"""A path that may continue: a drive and a folder, or two names with a doubled backslash between them."""
_DRIVE = re.compile(r"(?<![^\W_])(?:[C-Z]:\\[nrt]\w|[A-Za-z]:\\[nrt]\w[\w-]*(?:\\\w|\.\w{1,4}\b))")
_NAME_CHAR = re.compile(_NAME)
_LAST_NAME = re.compile(rf"\\{_NAME}{{1,60}}")
_LONGEST_NAME, _LONGEST_PATH = 61, 260
_FIRST_WORD, _LAST_WORD = re.compile(r"\A\w*"), re.compile(r"\w*\Z")

_NOT_ASCII = r"[^\x00-\x7f]"
_HINT = re.compile(
    rf"\\(?:[bf]|[nrt](?<=[A-Za-z]:\\[nrt])(?:[a-z0-9]|{_NOT_ASCII})"
    rf"|\\(?:{_NAME}|{_NOT_ASCII}){{1,60}}\\[nrt](?:[a-z0-9]|{_NOT_ASCII})|(?:{_STRONG}|{_WEAK})(?![A-Za-z]))"
)
"""A cheap test for JSON text in which some escape may belong to the text. If it fails, no escape is ambiguous."""
HINT = re.compile(_HINT.pattern.encode())
"""The same test for UTF-8 bytes."""

_STRING = re.compile(r"\"([^\"\\]*(?:\\.[^\"\\]*)*)\"", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unescaped:
    """A string with its escapes decoded.

    `interpreted`: some backslash was read in a way that JSON does not prescribe, which goes on record.
    `other`: the string with its ambiguous backslashes read as text, or None if nothing is ambiguous.
    `python`: some escapes are Python's, which JSON does not have.
    """

    value: str
    interpreted: bool = False
    other: str | None = None
    python: bool = False


class _Likely(Enum):
    """What a backslash most likely is."""

    JSON = "an escape of JSON"
    PYTHON = "an escape as Python writes it"
    ESCAPE = "an escape that JSON does not have"
    TEXT = "a part of the text"
    UNSURE = "an escape or a part of the text"


_CERTAIN = frozenset({_Likely.JSON, _Likely.PYTHON})
"""Escapes that only the document can overrule."""


@dataclass(frozen=True, slots=True)
class _Backslash:
    """A backslash that may belong to the text, and the character that it encodes if it is an escape."""

    start: int
    end: int
    escape: str
    likely: _Likely


def unescape(raw: str, closers: str = '"', source: Source | None = None) -> Unescaped:
    """Decode the escapes of a string's raw text; `closers` are the quotes that could have ended it."""
    suspects: list[re.Match[str]] = []
    nonstandard = False

    def read(match: re.Match[str]) -> str:
        nonlocal nonstandard
        body = match[1]
        plain = _PLAIN.get(body)
        if plain is None:
            standard = body in closers or (body[0] == "u" and len(body) == 5)
            nonstandard = nonstandard or not standard
            if not standard:
                suspects.append(match)
            return _decode_escape(body, closers)
        if body in _AMBIGUOUS_ESCAPES:
            suspects.append(match)
        return plain

    value = _ESCAPE.sub(read, raw)
    if source is None and not nonstandard and not (suspects and _HINT.search(raw)):
        return Unescaped(value)
    quoting = source is not None and source.has_backslashes
    backslashes = _classify_all(raw, suspects, closers, quoting=quoting) if suspects else []
    # Only the document can tell that a model escaped twice: `\\n` is clean JSON for a backslash and an n.
    undecided = quoting or (source is not None and "\\\\" in raw)
    return _decide(raw, closers, backslashes, source) if backslashes or undecided else Unescaped(value)


def has_uncertain_escapes(text: str, source: Source | None) -> bool:
    """Whether a string of a clean JSON text has a backslash that may be anything but the escape that JSON sees."""
    return any(unescape(match[1], source=source).interpreted for match in _STRING.finditer(text) if "\\" in match[1])


def _decode_escape(body: str, closers: str) -> str:
    """Return the character that an escape encodes; the escape itself, backslash included, if JSON has no such one."""
    if body[0] == "u" and len(body) == 5:
        return chr(int(body[1:], 16))
    return body if body in closers else _PLAIN.get(body, "\\" + body)


# Which backslashes may belong to the text


def _classify_all(
    raw: str, suspects: Sequence[re.Match[str]], closers: str, *, quoting: bool = False
) -> list[_Backslash]:
    """Return the backslashes that may belong to the text, in order; none if all are certainly JSON escapes.

    `quoting`: the document has backslashes, so each newline or tab before a word may be one of them.
    """
    others = [match for match in suspects if match[1] not in _SPACES]
    spaces = [match for match in suspects if match[1] in _SPACES]
    # A backslash that can only be text (`\d`) shows that the model doubles none: then every other one is suspect too.
    literal = any(len(match[1]) == 1 and match[1].isalnum() and match[1] not in _PLAIN for match in others)
    found = [one for match in others if (one := _classify(raw, match, closers, literal)) is not None]
    letters = literal or any(one.likely is _Likely.UNSURE and raw[one.start + 1].isalpha() for one in found)
    latex = letters or (bool(spaces) and _SIGN_OF_LATEX.search(raw) is not None)
    for match in spaces:
        if literal or _may_begin_command_or_folder(raw, match, latex, letters):
            found.append(_Backslash(*match.span(), _PLAIN[match[1]], _Likely.UNSURE))
        elif quoting and _is_word(raw[match.end() : match.end() + 1]):
            found.append(_Backslash(*match.span(), _PLAIN[match[1]], _Likely.JSON))
    return sorted(found, key=lambda one: one.start)


def _classify(raw: str, match: re.Match[str], closers: str, literal: bool) -> _Backslash | None:
    """Classify a backslash before anything but n, r and t; None if it is certainly an escape.

    `literal`: another backslash of the string can only be text.
    """
    body, (at, end) = match[1], match.span()
    if body in "bf":
        # A form feed ends a page, so no word follows it directly, as one follows in `\frac`.
        certain = body == "f" and not literal and not _is_word(raw[end : end + 1])
        return None if certain else _Backslash(at, end, _PLAIN[body], _Likely.UNSURE)
    if len(body) > 1:
        char = chr(min(int(body[1:].strip("{}"), 16), sys.maxunicode))
        if (
            not literal
            and repr(char) == f"'\\{body[0]}{body[1:].lower()}'"  # Python escapes only what it cannot print
            and body != _FOLDER
            and _is_python(raw, closers)
        ):
            return _Backslash(at, end, char, _Likely.PYTHON)
        # No text holds a capital U and eight digits by chance, but `bin\x64` is a folder.
        return _Backslash(at, end, char, _Likely.ESCAPE if body[0] == "U" else _Likely.UNSURE)
    if body in "'`":
        return _Backslash(at, end, body, _Likely.ESCAPE)
    if body.isalnum():
        return _Backslash(at, end, body, _Likely.TEXT)
    return _Backslash(at, end, "" if body == "\n" else body, _Likely.TEXT if literal else _Likely.UNSURE)


def _may_begin_command_or_folder(raw: str, match: re.Match[str], latex: bool, letters: bool) -> bool:
    """Whether a newline or tab escape may instead begin a LaTeX command or the name of a folder.

    `latex`: the string has other LaTeX commands; `letters`: it has other backslashes before letters that may be text.
    """
    at, end = match.span()
    if _STRONG_COMMAND.match(raw, at):
        return True
    if command := _WEAK_COMMAND.match(raw, at):
        beside = raw[at - 1 : at] + raw[command.end() : command.end() + 1]
        if latex or "$" in beside:
            return True
    behind = raw[end : end + 1]
    # In `Vitamin C:\nOranges` the capital begins a line; no folder is called nOranges.
    if not behind.islower() and not behind.isdigit():
        return False
    if raw[at - 1 : at] == ":":
        return _DRIVE.match(raw, at - 2) is not None
    if letters and _NAME_CHAR.match(raw[at - 1 : at]):
        return True
    # The rest of a path: `C:\\Users\\bob\notes`, where the model doubled all backslashes but one.
    last = raw.rfind("\\", max(at - _LONGEST_NAME, 0), at)
    named = last >= 0 and _LAST_NAME.fullmatch(raw, last, at) is not None
    return named and _IN_PATH.search(raw[max(at - _LONGEST_PATH, 0) : at]) is not None


def _is_python(raw: str, closers: str) -> bool:
    """Whether a string has the quotes that Python would have chosen for it."""
    return closers == "'" or ("'" in raw and '"' not in raw)


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


# Which reading the document has


def _decide(raw: str, closers: str, backslashes: Sequence[_Backslash], source: Source | None) -> Unescaped:
    """Return the string as the document has it; else each backslash as what it most likely is, or both readings."""
    escaped = _render(raw, closers, {one.start: one.escape for one in backslashes})
    python = any(one.likely is _Likely.PYTHON for one in backslashes)
    if source is not None and len(escaped) >= _SHORTEST:
        literal = _render(raw, closers, {one.start: raw[one.start : one.end] for one in backslashes})
        twice = _ESCAPE.sub(lambda match: _decode_escape(match[1], closers), escaped)
        for text in (literal, raw.replace('\\"', '"'), twice):
            if text != escaped and source.prefers(text, escaped):
                return Unescaped(text, interpreted=True)
        if source.prefers(escaped, literal):
            interpreted = any(one.likely not in _CERTAIN for one in backslashes)
            return Unescaped(escaped, interpreted=interpreted, python=python)
    # The document does not have the string as a whole, but it may have the words around each backslash.
    value, other = dict[int, str](), dict[int, str]()
    interpreted = ambiguous = False
    for one in backslashes:
        text, is_escape = raw[one.start : one.end], _document_has_escape(raw, one, source)
        is_text = is_escape is False or (is_escape is None and one.likely is _Likely.TEXT)
        is_open = is_escape is None and one.likely is _Likely.UNSURE
        value[one.start] = text if is_text else one.escape
        other[one.start] = text if is_open else value[one.start]
        interpreted = interpreted or one.likely not in _CERTAIN or value[one.start] == text
        ambiguous = ambiguous or is_open
    second = _render(raw, closers, other) if ambiguous else None
    return Unescaped(_render(raw, closers, value), interpreted, second, python)


def _render(raw: str, closers: str, chosen: Mapping[int, str]) -> str:
    """Return the string with the text chosen for each backslash, by its offset, and all other escapes decoded."""

    def read(match: re.Match[str]) -> str:
        found = chosen.get(match.start())
        return _decode_escape(match[1], closers) if found is None else found

    return _ESCAPE.sub(read, raw)


def _document_has_escape(raw: str, backslash: _Backslash, source: Source | None) -> bool | None:
    """Return True if the document has the escaped character here, False if the backslash, None if neither or both.

    The document is searched for the backslash with the text on both sides of it, then with the adjacent word alone.
    """
    if source is None:
        return None
    behind = raw.find("\\", backslash.end)
    left = raw[raw.rfind("\\", 0, backslash.start) + 1 : backslash.start]
    right = raw[backslash.end : behind if behind >= 0 else len(raw)]
    text = raw[backslash.start : backslash.end]
    before, after = left[-_WINDOW:], right[:_WINDOW]
    if len(before + after) >= _SHORTEST:
        found = source.prefers(before + backslash.escape + after, before + text + after)
        if found is not None:
            return found
    # What is likely clear without the document is not overruled by a single word of it.
    if backslash.likely is _Likely.TEXT or backslash.likely in _CERTAIN:
        return None
    before, after = _LAST_WORD.findall(left[-_WINDOW:])[0], _FIRST_WORD.findall(right[:_LONGEST_NAME])[0]
    if backslash.escape in _CONTROLS and after:
        before = ""
    if text[1] == "x" and len(before + after) < _SHORTEST - 1:  # `\x64` is a d, and every document has one
        return None
    return source.prefers(before + backslash.escape + after, before + text + after, whole_words=True)
