"""The last resort: json_repair, on small texts, trusted only if its result is close to the text.

json_repair guesses: it closes what was cut off, drops what it does not understand, fills in what is missing, and keeps
one of two equal keys. So its result must contain every character of the text except JSON punctuation, in the same
order, and between two words at most one punctuation sign may be missing or superfluous, with no other reading as close.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from structgen.core.json import Json
from structgen.parse.lenient.scanner import WORDS, near_word

MAX_REPAIR_CHARS = 20_000
"""The time that json_repair takes has no bound; a text of this length takes it a fraction of a second."""

_STRUCTURE = re.compile(r"[\s\"'“”‘’`,:{}\[\]\\]+")
_UNTRUSTED = re.compile(r"[:\[,{]\s*(?:,|<|undefined\b|\.\.|TODO\b|TBD\b)|:\s*[}\]]|[:\[]\s*[bBrRuUfF]{1,2}[\"']")
"""Missing values and placeholders, for which json_repair would invent a value."""
_STRAY_QUOTE = re.compile(r"(?:\A|\W)[\"'“”‘’`]|[\"'“”‘’`](?:\W|\Z)")
"""A quote in a string that is not an apostrophe: json_repair took the quote of another string into this one."""
_ESCAPE = re.compile(r"\\[^\"/]")

_QUOTES = str.maketrans("'“”‘’`", '"' * 6)
_BARE = re.compile(r"[:\[,]\s*([A-Za-z\d][A-Za-z\d ]{1,10})\s*[,\]}]")
_WORDS = {None: "null", True: "true", False: "false"}
_DISTRUSTED = "\0"
"""Takes the place of a string that json_repair may have changed. No text contains it, so the comparison fails."""


def last_resort(text: str) -> Json:
    """Repair a text whose brackets are closed with json_repair. Raises ValueError if the result cannot be trusted."""
    if len(text) > MAX_REPAIR_CHARS or _ESCAPE.search(text) or _UNTRUSTED.search(text):
        raise ValueError("too long, or with something that would be guessed at")
    if any(near_word(word.strip()) and word.strip() not in WORDS for word in _BARE.findall(text)):
        raise ValueError("with a word that may be a misspelt true, false or null")
    import json_repair  # here, because few responses need it

    try:
        tree = cast(Json, json_repair.loads(text, skip_json_loads=True))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    # Escaped slashes are the only escapes beside those of quotes that get this far.
    if not isinstance(tree, dict | list) or not _is_close("".join(_serialized(tree)), text.replace("\\/", "/")):
        raise ValueError("json_repair would lose, move or invent something")
    return tree


def lacks_colon(text: str, tree: Json) -> bool:
    """Whether json_repair supplied a colon: it may have made a key and its value of two items of a set."""
    return text.count(":") < "".join(_serialized(tree)).count(":")


def _serialized(tree: Json) -> Iterator[str]:
    """Yield the tree as JSON that escapes only quotes, with a mark for each string that is not to be trusted."""
    if isinstance(tree, dict):
        for index, (key, value) in enumerate(tree.items()):
            yield "," if index else "{"
            yield _DISTRUSTED if set(key) & set("\"'") else f'"{key}"'
            yield ":"
            yield from _serialized(value)
        yield "}" if tree else "{}"
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield "," if index else "["
            yield from _serialized(value)
        yield "]" if tree else "[]"
    elif isinstance(tree, str):
        # An empty string may replace a value that json_repair did not find.
        yield _DISTRUSTED if not tree or _STRAY_QUOTE.search(tree) else '"' + tree.replace('"', '\\"') + '"'
    else:
        yield _WORDS[tree] if tree is None or isinstance(tree, bool) else str(tree)


def _is_close(repaired: str, text: str) -> bool:
    """Whether a text has the words of its repair and differs from it by single punctuation signs, each beyond doubt."""
    words = _STRUCTURE.sub("", repaired)
    if words != _STRUCTURE.sub("", text):
        return False
    ours, theirs = _gaps(repaired), _gaps(text)
    places = ours.keys() | theirs.keys()
    return all(_is_beyond_doubt(ours.get(n, ""), theirs.get(n, ""), words[n - 1 : n], words[n : n + 1]) for n in places)


def _gaps(text: str) -> dict[int, str]:
    """Return the runs of punctuation, keyed by how many other characters come before each."""
    found: dict[int, str] = {}
    count = end = 0
    for gap in _STRUCTURE.finditer(text):
        count += gap.start() - end
        end = gap.end()
        found[count] = gap[0]
    return found


def _is_beyond_doubt(ours: str, theirs: str, before: str, behind: str) -> bool:
    """Whether two runs of punctuation are the same except for one sign that only this repair explains.

    A digit beside the sign may have been typed in its place (``"note5:`` for ``"note":``), and a sign of the same kind
    in the run may have changed places with a quote.
    """
    if ours == theirs:
        return True
    spaces = theirs[:1].isspace(), theirs[-1:].isspace()
    ours, theirs = "".join(ours.split()), "".join(theirs.split())
    theirs = theirs if '"' in theirs else theirs.translate(_QUOTES)  # the repair is serialized with double quotes
    if ours == theirs or abs(len(ours) - len(theirs)) != 1:
        return ours == theirs
    at = next((n for n, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    longer, shorter = (ours, theirs) if len(ours) > len(theirs) else (theirs, ours)
    if longer[at + 1 :] != shorter[at:]:
        return False
    sign, extra = longer[at], longer is theirs
    digits = (before + longer[0], behind + longer[-1])
    touches = any(
        pair[0].isdigit() and pair[1] == sign and not (extra and space)
        for pair, space in zip(digits, spaces, strict=True)
    )
    return sign != "\\" and not touches and (sign == '"' or extra or sign not in theirs)
