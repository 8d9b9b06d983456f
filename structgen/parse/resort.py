"""The last resort: json_repair, on small texts, and never trusted where it drops or invents a letter."""

from __future__ import annotations

import re
from typing import cast

from structgen.core.json import Json

MOST_CHARS = 20_000
"""json_repair has no bound on its time; on a text of this length it needs a fraction of a second."""

_LETTERS = re.compile(r"[^\W_]+")
_UNTRUSTED = re.compile(r"[:\[,{]\s*(?:<|undefined\b|\.\.|TODO\b|TBD\b)")
"""Places that wait for a value, which json_repair would take for one."""
_BROKEN_ESCAPE = re.compile(r"\\[^\"/]")


def last_resort(text: str) -> Json:
    """What json_repair makes of a text whose brackets are closed; ValueError where it cannot be trusted.

    It guesses: it closes what was cut off, drops what it does not understand, and keeps one of two keys. So the letters
    and digits of its result must be those of the text, all of them and in the same order.
    """
    if len(text) > MOST_CHARS or _BROKEN_ESCAPE.search(text) or _UNTRUSTED.search(text):
        raise ValueError("too long, or with something that would be guessed at")
    import json_repair

    try:
        tree = cast(Json, json_repair.loads(text, skip_json_loads=True))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(tree, dict | list) or _words_of(tree) != "".join(_LETTERS.findall(text)):
        raise ValueError("json_repair would lose or invent something")
    return tree


def _words_of(tree: Json) -> str:
    """The letters and digits of all keys and values, in order."""
    if isinstance(tree, dict):
        return "".join(_words_of(key) + _words_of(value) for key, value in tree.items())
    if isinstance(tree, list):
        return "".join(map(_words_of, tree))
    words = {None: "null", True: "true", False: "false"}
    said = words[tree] if tree is None or isinstance(tree, bool) else str(tree)
    return "".join(_LETTERS.findall(said))
