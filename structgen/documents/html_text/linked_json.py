"""JSON-LD as short text: without indentation and needless escapes, with the source of every string."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\s+|[^\s"]+|"', re.DOTALL)


def shortened(source: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Yield the pieces of the JSON between two offsets as (text, start, end). It may be broken: nothing is dropped."""
    for match in _TOKEN.finditer(source, start, end):
        piece = match.group()
        if not piece.isspace():
            yield _unescaped(piece), match.start(), match.end()


def _unescaped(piece: str) -> str:
    """Return a string with its characters written as they are: escapes cost tokens and hide words."""
    if piece[0] != '"' or "\\" not in piece:
        return piece
    try:
        text = json.dumps(json.loads(piece, strict=False), ensure_ascii=False)
        text.encode()
    except (ValueError, UnicodeEncodeError):  # no JSON, or half a character
        return piece
    return text
