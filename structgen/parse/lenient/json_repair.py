"""The last resort: json_repair, on small texts, and trusted only where its result is near to what is written.

It guesses: it closes what was cut off, drops what it does not understand, fills in what is missing, and keeps one of
two keys. So its result must hold every character of the text but those that make up JSON, in the same order; and
between two words at most one of the signs of JSON may be missing or too many, where no other reading is as near.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from structgen.core.json import Json
from structgen.parse.lenient.scanner import WORDS, near_word

MOST_CHARS = 20_000
"""json_repair has no bound on its time; on a text of this length it needs a fraction of a second."""

_STRUCTURE = re.compile(r"[\s\"'“”‘’`,:{}\[\]\\]+")
_UNTRUSTED = re.compile(r"[:\[,{]\s*(?:,|<|undefined\b|\.\.|TODO\b|TBD\b)|:\s*[}\]]|[:\[]\s*[bBrRuUfF]{1,2}[\"']")
"""Places that wait for a value, which json_repair would take for one."""
_CAUGHT = re.compile(r"(?:\A|\W)[\"'“”‘’`]|[\"'“”‘’`](?:\W|\Z)")
"""A quote that is no apostrophe: that of a neighbour, which json_repair took for a part of the text."""
_BROKEN_ESCAPE = re.compile(r"\\[^\"/]")


_QUOTES = str.maketrans("'“”‘’`", '"' * 6)
_BARE = re.compile(r"[:\[,]\s*([A-Za-z\d][A-Za-z\d ]{1,10})\s*[,\]}]")
_WORDS = {None: "null", True: "true", False: "false"}


def last_resort(text: str) -> Json:
    """What json_repair makes of a text whose brackets are closed; ValueError where it cannot be trusted."""
    if len(text) > MOST_CHARS or _BROKEN_ESCAPE.search(text) or _UNTRUSTED.search(text):
        raise ValueError("too long, or with something that would be guessed at")
    if any(near_word(word.strip()) and word.strip() not in WORDS for word in _BARE.findall(text)):
        raise ValueError("with a word that may be true, false or null")
    import json_repair

    try:
        tree = cast(Json, json_repair.loads(text, skip_json_loads=True))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(tree, dict | list) or not _is_near("".join(_written(tree)), text.replace("\\/", "/")):
        raise ValueError("json_repair would lose, move or invent something")
    return tree


def lacks_colon(text: str, tree: Json) -> bool:
    """Whether two texts stand side by side in `text`, which may be a key and its value or two items of a set."""
    return text.count(":") < "".join(_written(tree)).count(":")


def _written(tree: Json) -> Iterator[str]:
    """The tree as JSON, without escapes but those of quotes; a mark for an empty text and one that caught a quote."""
    if isinstance(tree, dict):
        for index, (key, value) in enumerate(tree.items()):
            yield "," if index else "{"
            yield "\0" if set(key) & set("\"'") else f'"{key}"'
            yield ":"
            yield from _written(value)
        yield "}" if tree else "{}"
    elif isinstance(tree, list):
        for index, value in enumerate(tree):
            yield "," if index else "["
            yield from _written(value)
        yield "]" if tree else "[]"
    elif isinstance(tree, str):
        yield "\0" if not tree or _CAUGHT.search(tree) else '"' + tree.replace('"', '\\"') + '"'
    else:
        yield _WORDS[tree] if tree is None or isinstance(tree, bool) else str(tree)


def _is_near(written: str, text: str) -> bool:
    """Whether a text differs from what is written by single signs at most, each beyond doubt."""
    words = _STRUCTURE.sub("", written)
    if words != _STRUCTURE.sub("", text):
        return False
    ours, theirs = _gaps(written), _gaps(text)
    places = ours.keys() | theirs.keys()
    return all(_is_beyond_doubt(ours.get(n, ""), theirs.get(n, ""), words[n - 1 : n], words[n : n + 1]) for n in places)


def _gaps(text: str) -> dict[int, str]:
    """How many characters of words come before each run of signs -> the run."""
    found: dict[int, str] = {}
    count = end = 0
    for gap in _STRUCTURE.finditer(text):
        count += gap.start() - end
        end = gap.end()
        found[count] = gap[0]
    return found


def _is_beyond_doubt(ours: str, theirs: str, before: str, behind: str) -> bool:
    """Whether two runs of signs are the same but for one, which cannot have become a character beside it.

    A digit beside it may stand in its place, and a sign of its kind may have changed places with a quote.
    """
    if ours == theirs:
        return True
    spaces = theirs[:1].isspace(), theirs[-1:].isspace()
    ours, theirs = "".join(ours.split()), "".join(theirs.split())
    theirs = theirs if '"' in theirs else theirs.translate(_QUOTES)
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
