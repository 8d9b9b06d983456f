"""The last resort: json_repair, on small texts, and never trusted where it drops or invents a letter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

from structgen.core.json import Json

MOST_CHARS = 20_000
"""json_repair has no bound on its time; on a text of this length it needs a fraction of a second."""

_STRUCTURE = re.compile(r"[\s\"'“”‘’`,:{}\[\]\\]+")
_UNTRUSTED = re.compile(r"[:\[,{]\s*(?:,|<|undefined\b|\.\.|TODO\b|TBD\b)|:\s*[}\]]|[:\[]\s*[bBrRuUfF]{1,2}[\"']")
"""Places that wait for a value, which json_repair would take for one."""
_BROKEN_ESCAPE = re.compile(r"\\[^\"/]")


def last_resort(text: str) -> Json:
    """What json_repair makes of a text whose brackets are closed; ValueError where it cannot be trusted.

    It guesses: it closes what was cut off, drops what it does not understand, fills in what is missing, and keeps one
    of two keys. So its result must hold every character of the text but those that make up JSON, in the same order.
    """
    if len(text) > MOST_CHARS or _BROKEN_ESCAPE.search(text) or _UNTRUSTED.search(text):
        raise ValueError("too long, or with something that would be guessed at")
    import json_repair

    try:
        tree = cast(Json, json_repair.loads(text, skip_json_loads=True))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    said = "".join(_words_of(tree))
    if not isinstance(tree, dict | list) or _STRUCTURE.sub("", said) != _STRUCTURE.sub("", text):
        raise ValueError("json_repair would lose or invent something")
    return tree


def _words_of(tree: Json) -> Iterator[str]:
    """All keys and values as text, in order; a mark for an empty one and for a key that caught a quote."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield "\0" if set(key) & set("\"'") else key
            yield from _words_of(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _words_of(value)
    elif isinstance(tree, str):
        yield tree or "\0"
    else:
        yield _WORDS[tree] if tree is None or isinstance(tree, bool) else str(tree)


_WORDS = {None: "null", True: "true", False: "false"}
