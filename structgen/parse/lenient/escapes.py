r"""Backslashes as models write them: an escape, or a part of the text (LaTeX, a path of Windows, a pattern).

A model that forgets to double a backslash writes ``\frac`` or ``C:\new``, which JSON reads as a form feed and a
newline. Where both may be meant, the document decides (`Source`); where it does not, nobody can.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

_MOST_SEARCHED = 50_000_000
"""Characters of the document that are looked at for one response; then nothing more is decided."""


class Source:
    """A document. `wary`: it holds backslashes, so that any backslash of the response may be one of its text."""

    def __init__(self, document: str) -> None:
        self.wary = "\\" in document
        self._document = document
        self._left = _MOST_SEARCHED
        self._known: dict[tuple[str, bool], bool] = {}

    def prefers(self, one: str, other: str, *, words: bool = False) -> bool | None:
        """True where one text stands in the document and the other does not, False the other way round, else None.

        `words`: only as whole words.
        """
        first, second = self._stands(one, words), self._stands(other, words)
        return None if first == second else first

    def _stands(self, piece: str, words: bool) -> bool:
        key = (piece, words)
        if key not in self._known:
            if self._left < 0 or not piece:
                return False
            self._left -= len(self._document)
            self._known[key] = self._found(piece, words)
        return self._known[key]

    def _found(self, piece: str, words: bool) -> bool:
        """Whether a text stands somewhere; one that begins with a backslash not behind another one."""
        document, end = self._document, len(self._document)
        at = document.find(piece)
        while at >= 0:
            before, behind = document[max(at - 1, 0) : at], at + len(piece)
            doubled = before == piece[0] == "\\"
            open_left = words and _joins(before, piece[0])
            open_right = words and behind < end and _joins(piece[-1], document[behind])
            if not doubled and not open_left and not open_right:
                return True
            at = document.find(piece, at + 1)
        return False


def _joins(one: str, other: str) -> bool:
    """Whether two characters beside each other belong to one word."""
    return (one.isalnum() or one == "_") and (other.isalnum() or other == "_")


_ESCAPE = re.compile(
    r"\\(u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]{1,6}\}|x[0-9a-fA-F]{2}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4}|.)", re.DOTALL
)
_PLAIN = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_FOLDER = "x86"
"""What programs of Windows are in, and no character that anybody means."""
_CONTROLS = frozenset("\b\f\n\r\t")
_SPACES = frozenset("nrt")
_UNSURE = frozenset("bfnrt")
_WINDOW = 16
"""How much of what stands beside a backslash is looked for in the document, on each side."""
_SHORTEST = 4
"""What has fewer characters may stand anywhere."""

_STRONG = (
    r"t(?:imes|heta|ext(?:bf|it|rm|sf|tt)?(?=\{)|frac(?=\{)|riangle|herefore)|n(?:abla|otin)"
    r"|r(?:ight(?:left)?arrow|ightharpoonup|ight(?=[)\]}|.\\]))"
)
"""Commands of LaTeX behind whose first letter no word of prose begins."""
_WEAK = (
    r"t(?:au|anh?|o|op|ilde|ext|frac|ag|iny|itle|t)|n(?:eq?|eg|u|ot?|i|leq|geq|mid|exists|atural|earrow|warrow|um"
    r"|parallel|subseteq|onumber|olimits|oindent|ewline|ewcommand)"
    r"|r(?:ho|ight|angle|floor|ceil|m|ef|ule|eal|vert|Vert|brace|brack|oot|enewcommand)"
)
"""Others, which a line may as well begin with: they count only beside a sign of LaTeX."""
_COMMANDS = (
    rf"(?:{_STRONG}|{_WEAK}|b(?:eta|ar|egin|inom|oldsymbol|ot|m|ig\w?|ullet|oxed|ackslash)|f(?:rac|orall|lat|ootnote))"
    r"(?![A-Za-z])"
)
_STRONG_COMMAND = re.compile(rf"\\(?:{_STRONG})(?![A-Za-z])")
_WEAK_COMMAND = re.compile(rf"\\(?:{_WEAK})(?![A-Za-z])")
_SIGN_OF_LATEX = re.compile(rf"\\\\(?:(?![bfnrtux])[A-Za-z]{{2}}|{_COMMANDS})")
"""A command of LaTeX whose backslash was doubled."""

_NAME = r"[\w.~$@%+()-]"
_IN_PATH = re.compile(
    rf"(?:(?<![^\W_])[A-Za-z]:(?:\\\\?{_NAME}{{1,60}})+|[^\W\d_]{_NAME}{{1,60}}(?:\\\\{_NAME}{{1,60}})+)\Z"
)
"""A drive and a folder, or two names with a doubled backslash between them: a path that may go on."""
_DRIVE = re.compile(r"(?<![^\W_])(?:[C-Z]:\\[nrt]\w|[A-Za-z]:\\[nrt]\w[\w-]*(?:\\\w|\.\w{1,4}\b))")
_OF_NAME = re.compile(_NAME)
_LAST_NAME = re.compile(rf"\\{_NAME}{{1,60}}")
_LONGEST_NAME, _LONGEST_PATH = 61, 260
_FIRST_WORD, _LAST_WORD = re.compile(r"\A\w*"), re.compile(r"\w*\Z")

_OTHER = r"[^\x00-\x7f]"
_HINT = re.compile(
    rf"\\(?:[bf]|[nrt](?<=[A-Za-z]:\\[nrt])(?:[a-z0-9]|{_OTHER})"
    rf"|\\(?:{_NAME}|{_OTHER}){{1,60}}\\[nrt](?:[a-z0-9]|{_OTHER})|(?:{_STRONG}|{_WEAK})(?![A-Za-z]))"
)
"""What a text of JSON holds where one of its escapes may be a part of the text."""
HINT = re.compile(_HINT.pattern.encode())
"""The same in UTF-8."""

_STRING = re.compile(r"\"([^\"\\]*(?:\\.[^\"\\]*)*)\"", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Unescaped:
    """A text without its escapes. `odd`: not all of them were beyond doubt, `python`: some are Python's and not JSON's.

    `other` is how it reads with the backslashes as a part of it, where nobody knows which of the two is meant.
    """

    value: str
    odd: bool = False
    other: str | None = None
    python: bool = False


class _Likely(Enum):
    """What a backslash most likely is."""

    JSON = "an escape of JSON"
    PYTHON = "an escape as Python writes it"
    ESCAPE = "an escape that JSON does not have"
    TEXT = "a part of the text"
    UNSURE = "an escape or a part of the text"


_BEYOND_DOUBT = frozenset({_Likely.JSON, _Likely.PYTHON})
"""What only the document may say otherwise of."""


@dataclass(frozen=True, slots=True)
class _Place:
    """A backslash that may be a part of the text, and what it stands for if it is an escape."""

    start: int
    end: int
    escape: str
    likely: _Likely


def unescape(raw: str, closers: str = '"', source: Source | None = None) -> Unescaped:
    """The text that stands in quotes without its escapes; `closers` are the quotes that could have ended it."""
    found: list[re.Match[str]] = []
    odd = False

    def read(match: re.Match[str]) -> str:
        nonlocal odd
        body = match[1]
        plain = _PLAIN.get(body)
        if plain is None:
            sure = body in closers or (body[0] == "u" and len(body) == 5)
            odd = odd or not sure
            if not sure:
                found.append(match)
            return _read(body, closers)
        if body in _UNSURE:
            found.append(match)
        return plain

    value = _ESCAPE.sub(read, raw)
    if source is None and not odd and not (found and _HINT.search(raw)):
        return Unescaped(value)
    wary = source is not None and source.wary
    places = _places(raw, found, closers, wary=wary) if found else []
    asked = wary or (source is not None and "\\\\" in raw)  # what was doubled may have been doubled twice
    return _decided(raw, closers, places, source) if places or asked else Unescaped(value)


def holds_doubt(text: str, source: Source | None) -> bool:
    """Whether a string of a clean JSON text holds more than escapes beyond doubt."""
    return any(unescape(match[1], source=source).odd for match in _STRING.finditer(text) if "\\" in match[1])


def _read(body: str, closers: str) -> str:
    """What an escape stands for; itself where it is none of JSON's."""
    if body[0] == "u" and len(body) == 5:
        return chr(int(body[1:], 16))
    return body if body in closers else _PLAIN.get(body, "\\" + body)


# What may be a part of the text


def _places(raw: str, found: Sequence[re.Match[str]], closers: str, *, wary: bool = False) -> list[_Place]:
    """The backslashes that may be a part of the text; none where all are escapes of JSON beyond doubt.

    `wary`: with every newline and tab before a word, for the document may have a backslash there.
    """
    odd = [match for match in found if match[1] not in _SPACES]
    spaces = [match for match in found if match[1] in _SPACES]
    literal = any(len(match[1]) == 1 and match[1].isalnum() and match[1] not in _PLAIN for match in odd)
    places = [place for match in odd if (place := _place(raw, match, closers, literal)) is not None]
    letters = literal or any(place.likely is _Likely.UNSURE and raw[place.start + 1].isalpha() for place in places)
    latex = letters or (bool(spaces) and _SIGN_OF_LATEX.search(raw) is not None)
    for match in spaces:
        if literal or _may_be_text(raw, match, latex, letters):
            places.append(_Place(*match.span(), _PLAIN[match[1]], _Likely.UNSURE))
        elif wary and _is_word(raw[match.end() : match.end() + 1]):
            places.append(_Place(*match.span(), _PLAIN[match[1]], _Likely.JSON))
    return sorted(places, key=lambda place: place.start)


def _place(raw: str, match: re.Match[str], closers: str, literal: bool) -> _Place | None:
    """What a backslash before anything but n, r and t may be; None for an escape beyond doubt.

    `literal`: others in the text can only be parts of it.
    """
    body, (at, end) = match[1], match.span()
    if body in "bf":
        sure = body == "f" and not literal and not _is_word(raw[end : end + 1])
        return None if sure else _Place(at, end, _PLAIN[body], _Likely.UNSURE)
    if len(body) > 1:
        char = chr(min(int(body[1:].strip("{}"), 16), sys.maxunicode))
        if (
            not literal
            and repr(char) == f"'\\{body[0]}{body[1:].lower()}'"
            and body != _FOLDER
            and _is_python(raw, closers)
        ):
            return _Place(at, end, char, _Likely.PYTHON)
        return _Place(at, end, char, _Likely.ESCAPE if body[0] == "U" else _Likely.UNSURE)
    if body in "'`":
        return _Place(at, end, body, _Likely.ESCAPE)
    if body.isalnum():
        return _Place(at, end, body, _Likely.TEXT)
    return _Place(at, end, "" if body == "\n" else body, _Likely.TEXT if literal else _Likely.UNSURE)


def _may_be_text(raw: str, match: re.Match[str], latex: bool, letters: bool) -> bool:
    """Whether what reads as a newline or a tab may begin a command of LaTeX or the name of a folder.

    `latex`: the text has other commands, `letters`: other backslashes before letters that may be a part of it.
    """
    at, end = match.span()
    if _STRONG_COMMAND.match(raw, at):
        return True
    if command := _WEAK_COMMAND.match(raw, at):
        beside = raw[at - 1 : at] + raw[command.end() : command.end() + 1]
        if latex or "$" in beside:
            return True
    behind = raw[end : end + 1]
    if not behind.islower() and not behind.isdigit():  # no folder is called nOranges: a line begins there
        return False
    if raw[at - 1 : at] == ":":
        return _DRIVE.match(raw, at - 2) is not None
    if letters and _OF_NAME.match(raw[at - 1 : at]):
        return True
    last = raw.rfind("\\", max(at - _LONGEST_NAME, 0), at)
    named = last >= 0 and _LAST_NAME.fullmatch(raw, last, at) is not None
    return named and _IN_PATH.search(raw[max(at - _LONGEST_PATH, 0) : at]) is not None


def _is_python(raw: str, closers: str) -> bool:
    """Whether a string stands in the quotes that Python would have put around it."""
    return closers == "'" or ("'" in raw and '"' not in raw)


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


# What the document says


def _decided(raw: str, closers: str, places: Sequence[_Place], source: Source | None) -> Unescaped:
    """The text as the document has it; else as it is most likely meant, or in both ways."""
    escaped = _written(raw, closers, {place.start: place.escape for place in places})
    as_is = _written(raw, closers, {place.start: raw[place.start : place.end] for place in places})
    python = any(place.likely is _Likely.PYTHON for place in places)
    if source is not None and len(escaped) >= _SHORTEST:
        twice = _ESCAPE.sub(lambda match: _read(match[1], closers), escaped)
        for text in (as_is, raw.replace('\\"', '"'), twice):
            if text != escaped and source.prefers(text, escaped):
                return Unescaped(text, odd=True)
        if source.prefers(escaped, as_is):
            return Unescaped(escaped, odd=any(place.likely not in _BEYOND_DOUBT for place in places), python=python)
    value, other = dict[int, str](), dict[int, str]()
    odd = unsure = False
    for place in places:
        text, said = raw[place.start : place.end], _says(raw, place, source)
        value[place.start] = text if said is False or (said is None and place.likely is _Likely.TEXT) else place.escape
        other[place.start] = text if said is None and place.likely is _Likely.UNSURE else value[place.start]
        odd = odd or place.likely not in _BEYOND_DOUBT or value[place.start] == text
        unsure = unsure or (said is None and place.likely is _Likely.UNSURE)
    second = _written(raw, closers, other) if unsure else None
    return Unescaped(_written(raw, closers, value), odd, second, python)


def _written(raw: str, closers: str, chosen: Mapping[int, str]) -> str:
    """The text with what was chosen for each place, by its offset, and all other escapes read."""

    def read(match: re.Match[str]) -> str:
        found = chosen.get(match.start())
        return _read(match[1], closers) if found is None else found

    return _ESCAPE.sub(read, raw)


def _says(raw: str, place: _Place, source: Source | None) -> bool | None:
    """Whether the document has the escape here (True) or the backslash (False); None where it has neither or both.

    It is asked with what stands around, and then for the word alone.
    """
    if source is None:
        return None
    behind = raw.find("\\", place.end)
    left = raw[raw.rfind("\\", 0, place.start) + 1 : place.start]
    right = raw[place.end : behind if behind >= 0 else len(raw)]
    text = raw[place.start : place.end]
    before, after = left[-_WINDOW:], right[:_WINDOW]
    if len(before + after) >= _SHORTEST:
        said = source.prefers(before + place.escape + after, before + text + after)
        if said is not None:
            return said
    if place.likely is _Likely.TEXT or place.likely in _BEYOND_DOUBT:
        return None
    before, after = _LAST_WORD.findall(left[-_WINDOW:])[0], _FIRST_WORD.findall(right[:_LONGEST_NAME])[0]
    if place.escape in _CONTROLS and after:
        before = ""
    if text[1] == "x" and len(before + after) < _SHORTEST - 1:  # a letter stands everywhere
        return None
    return source.prefers(before + place.escape + after, before + text + after, words=True)
