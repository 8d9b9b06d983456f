"""Make characters harmless that act on a screen instead of being shown. Only this module has a table of them.

Names of files, documents and responses are written by others. On a terminal a control character in them could move the
cursor, hide text or change what is typed next, and an override of the writing direction could make a line read as
another one. So none of these texts is printed, and no JSON is written, without a function of this module.
"""

from __future__ import annotations

import json
import math
import re
from datetime import datetime

from structgen.core.json import Json, JsonLike

_ACTING = re.compile(
    "["
    "\x00-\x1f\x7f"  # control characters
    "\x80-\x9f"  # C1: a terminal may obey U+009B like ESC [
    "\u2028\u2029"  # line and paragraph separators
    "\u202a-\u202e\u2066-\u2069"  # embeddings, overrides and isolates of the writing direction
    "\ud800-\udfff"  # lone surrogates, which no encoding can write
    "]"
)

_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
"""Control characters -> the Unicode symbols that depict them. All others are shown as U+FFFD."""


def visible(text: str) -> str:
    """Replace every character that acts by a visible one. Tabs and line ends stay."""
    return _ACTING.sub(_shown, text.replace("\r\n", "\n"))


def _shown(found: re.Match[str]) -> str:
    char = found[0]
    return char if char in "\t\n" else chr(_PICTURES.get(ord(char), 0xFFFD))


def visible_line(text: str) -> str:
    """Return the visible text on one line, with single spaces."""
    return " ".join(visible(text).split())


def escaped(text: str) -> str:
    r"""Write every character that acts as ``\uXXXX``."""
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def moment(seconds: float) -> str:
    """Format Unix seconds in the local time zone."""
    return datetime.fromtimestamp(seconds).astimezone().isoformat(" ", "seconds")


def usd(cost: float) -> str:
    """Return a cost in USD with four decimals, or as many as show that a smaller one is not zero."""
    if round(cost, 4) or not cost:
        return f"{cost:.4f} USD"
    return f"{cost:.6f} USD" if round(cost, 6) else "less than 0.000001 USD"


def json_text(value: JsonLike, *, indent: int | None = None, finite: bool = False) -> str:
    """Return a value as JSON in which no character acts; it reads back equal, and UTF-8 can always encode it.

    With `finite`, raises ValueError for NaN and the infinities, which JSON does not have.
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=not finite, indent=indent)
    # JSON itself escapes what is below U+0020, so each acting character is inside a string, where an escape may be;
    # the line ends of an indented text are not
    return escaped(text) if indent is None else "\n".join(map(escaped, text.split("\n")))


def cell_text(value: Json) -> str:
    """Return any value as JSON on one line, its infinities and NaN as strings."""
    try:
        return json_text(value, finite=True)
    except ValueError:  # JSON has no infinity
        return json_text(_finite(value))


def _finite(value: Json) -> Json:
    """Replace NaN and the infinities by strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list) else value
