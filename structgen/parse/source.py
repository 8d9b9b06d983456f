"""The document that a response was made from, asked which of two ways of reading a backslash it knows."""

from __future__ import annotations

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
