"""Text from outside, made safe to look at: nothing in it can move a cursor, turn lines around or break an encoding."""

from __future__ import annotations

_PICTURES = {code: 0x2400 + code for code in range(0x20)} | {0x7F: 0x2421}
"""Control characters as the symbols that Unicode has for them."""

_MEANINGLESS = (*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000))
"""C1 controls, embeddings and overrides of the writing direction, and halves of surrogate pairs."""

_SHOWN = _PICTURES | dict.fromkeys(_MEANINGLESS, 0xFFFD) | {ord(char): ord(char) for char in "\t\n"}


def visible(text: str) -> str:
    """The text with every character that would act instead of being seen replaced by one that is seen."""
    return text.replace("\r\n", "\n").translate(_SHOWN)


def cut(text: str, most: int) -> str:
    """The visible text, at most so many characters of it; what is left out is counted."""
    if len(text) <= most:
        return visible(text)
    return f"{visible(text[:most])}… ({len(text) - most:,} more characters)"


def line_of(text: str, most: int) -> str:
    """The visible text on one line."""
    return " ".join(cut(text, most).split())
