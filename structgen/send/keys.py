"""API keys: where they are found, and how they are kept out of everything that people read."""

from __future__ import annotations

import re

from structgen.core.errors import ConfigurationError

_SHORTEST = 8
"""A key of at least so many characters is struck out; a shorter one is a placeholder, and may be a part of any word."""

_LOOKS_LIKE_A_KEY = re.compile(r"\b(?:gsk_|sk-|xai-)[\w-]{6,}|(?<=Bearer )[^\s\"',}]+")


def clean_key(key: str, origin: str) -> str:
    """The key without the white space around it (a line break at the end of a file).

    A key that no HTTP header can carry is refused here: the HTTP library would quote it in its own error.
    """
    if not isinstance(key, str):  # pyright: ignore[reportUnnecessaryIsInstance]  callers are not all typed
        raise ConfigurationError(f"{origin} is {type(key).__name__}, and must be a str: give the text that it holds.")
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ConfigurationError(
            f"{origin} is not an API key: it is empty, or holds a space, a line break or a letter outside ASCII. "
            "Copy the key again."
        )
    return key


def mask(text: str, key: str = "") -> str:
    """The text with this key, and whatever else looks like one, struck out. Servers quote keys in their errors."""
    if len(key) >= _SHORTEST:
        text = text.replace(key, "***")
    return _LOOKS_LIKE_A_KEY.sub("***", text)
