"""Every occurrence of many phrases in one pass over a text (Aho and Corasick, 1975), over words in place of letters.

Time is linear in the words of the text and of the phrases, plus the occurrences. Where phrases within phrases make more
than OCCURRENCES of these for each word of the text, one that was seen ENOUGH times is taken out of the search.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from typing import TypeAlias

OCCURRENCES, ENOUGH = 2, 1_000

Found: TypeAlias = "dict[int, array[int]]"
"""Node that ends a phrase -> where its last word stands."""


class Phrases:
    """A trie of phrases (none of them empty) with the links to fall back on. Node 0 is the root."""

    def __init__(self, phrases: Iterable[Sequence[int]]) -> None:
        self._next: list[dict[int, int]] = [{}]
        self._nodes = [self._add(phrase) for phrase in phrases]
        self._fail = [0] * len(self._next)
        self._ends = [0] * len(self._next)
        self._link()

    def _add(self, phrase: Sequence[int]) -> int:
        """The node at which this phrase ends."""
        node = 0
        for word in phrase:
            following = self._next[node].get(word)
            if following is None:
                following = self._next[node][word] = len(self._next)
                self._next.append({})
            node = following
        return node

    def _link(self) -> None:
        """Set, breadth first, where to fall back, and the nearest node from there that ends a phrase."""
        for node in self._nodes:
            self._ends[node] = node
        queue = deque(self._next[0].values())
        while queue:
            node = queue.popleft()
            self._ends[node] = self._ends[node] or self._ends[self._fail[node]]
            for word, child in self._next[node].items():
                back = self._fail[node]
                while back and word not in self._next[back]:
                    back = self._fail[back]
                self._fail[child] = self._next[back].get(word, 0)
                queue.append(child)

    def find(self, words: Sequence[int]) -> list[array[int]]:
        """For each phrase the places of its last word, in order. Equal phrases share one array."""
        found: Found = {node: array("l") for node in self._nodes}
        steps, fail, ends = self._next, self._fail, list(self._ends)
        node, left = 0, OCCURRENCES * len(words)
        for place, word in enumerate(words):
            if not word:
                node = 0
                continue
            while node and word not in steps[node]:
                node = fail[node]
            node = steps[node].get(word, 0)
            ending = ends[node]
            while ending:
                if left < 0:
                    ending = self._open(ending, ends, found)
                if ending:
                    found[ending].append(place)
                    left -= 1
                ending = ends[fail[ending]]
        return [found[node] for node in self._nodes]

    def _open(self, node: int, ends: list[int], found: Found) -> int:
        """The nearest phrase from this node back that was not seen often; others are cut out of `ends`."""
        first = node
        while node and len(found[node]) >= ENOUGH:
            node = ends[self._fail[node]] if ends[node] == node else ends[node]
        ends[first] = node
        return node
