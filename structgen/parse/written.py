"""Plain JSON written down again, so that it is read as what it is."""

from __future__ import annotations

import re

from structgen.core.json import Json
from structgen.parse.exact import exact_text

_SHORT = re.compile(r"\\.")
_LONG = {"\\b": "\\u0008", "\\f": "\\u000c", "\\n": "\\u000a", "\\r": "\\u000d", "\\t": "\\u0009"}


def write_json(tree: Json) -> str:
    """The tree as JSON whose backslashes nobody can take for a part of the text: what they are is settled."""
    text = exact_text(tree)
    return _SHORT.sub(lambda escape: _LONG.get(escape[0], escape[0]), text) if "\\" in text else text
