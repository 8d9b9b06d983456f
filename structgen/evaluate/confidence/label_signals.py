"""Signals from labels: whether the label of a value belongs to its field, by the vocabulary of the rules.

Two readings: the pairs of label and value that the rules find for the fields of the schema, and the plain words before
or above a value, which may be a label that no field has ("Booked on" before an arrival).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from structgen.core.json import pointer
from structgen.evaluate.confidence.place_signals import Span
from structgen.rules.document.key_values import Pair
from structgen.rules.document.vocabulary import tokens
from structgen.rules.fields import Field, Kind, read_fields
from structgen.rules.label_owners import share_labels
from structgen.rules.search import STRONG, start_search
from structgen.schema import Schema

_NEAR = 24
"""Values of labels before a place that may reach it: a value is the rest of a line at most."""
_WORDS = 5
"""The most words of a label."""
_LEFT = 80
"""Characters before a value in which its label is looked for."""
_EDGE = re.compile(r"[.;!?]\s|\||\t|\n|\s{3,}|[,(]\s")
"""What ends the text before a label on its line."""
_CELL = re.compile(r"\S+(?:\s{1,2}\S+)*")


@dataclass(frozen=True, slots=True)
class LabelReader:
    """The labels of a text. `pairs` are those of the fields outside of lists by path, in order of their values.

    `words` are the words that may name each of these fields, and `owners` the values of all pairs with their fields.
    """

    text: str
    pairs: Mapping[str, tuple[Pair, ...]]
    words: Mapping[str, frozenset[str]]
    owners: tuple[tuple[Span, str], ...]

    @classmethod
    def of(cls, text: str, schema: Schema[object]) -> LabelReader:
        """Read the labels of a text. Those of an HTML page are left out: its source has other places than its text."""
        root = share_labels(read_fields(schema.json_schema, schema.names))
        search = start_search(text, root)
        if search.page.text is not text:
            return cls("", {}, {}, ())
        fields = dict(_single(root))
        pairs = {
            path: tuple(sorted(search.pairs_for(field), key=lambda one: one.value)) for path, field in fields.items()
        }
        words = {path: _names(field) | _described(path, schema) for path, field in fields.items()}
        return cls(text, pairs, words, tuple(sorted((pair.value, path) for path in pairs for pair in pairs[path])))

    def signals(self, places: Mapping[str, Span], empty: frozenset[str]) -> dict[str, set[str]]:
        """Return what the labels say about each field: those with a place, those `empty`, and those without a place."""
        found = {path: set(self._of_pairs(path, places.get(path), path in empty)) for path in self.pairs}
        for path, span in places.items():
            if path in self.words:
                found[path].add(self._of_words(path, span))
        for path in self._of_another_record(places):
            found[path].add("label:other_record")
        return found

    def _of_pairs(self, path: str, span: Span | None, empty: bool) -> Iterator[str]:
        """Yield whether the place of a field is the value of its own label, or of another field's."""
        pairs = self.pairs[path]
        sure = any(pair.score >= STRONG and pair.value[0] < pair.value[1] for pair in pairs)
        own = [pair for pair in pairs if span is not None and _overlaps(pair.value, span)]
        if own:
            yield "label:own" if any(pair.score >= STRONG for pair in own) else "label:weak"
        elif empty:
            yield from ["label:unread"] if sure else []
        else:
            if span is not None and self._is_of_another(span, path):
                yield "label:other"
            if sure:
                yield "label:elsewhere"

    def _is_of_another(self, span: Span, path: str) -> bool:
        """Whether the place is the value of another field's label. Only labels near the place are looked at."""
        at = bisect_right(self.owners, span[1], key=lambda one: one[0][0])
        return any(_overlaps(value, span) and owner != path for value, owner in self.owners[max(0, at - _NEAR) : at])

    def _of_another_record(self, places: Mapping[str, Span]) -> Iterator[str]:
        """Yield the fields at another repetition of their label than most: a text may have several records.

        The first "Date" of a text and the second "Total" are hardly of one record.
        """
        turn: dict[str, int] = {}
        for path, pairs in self.pairs.items():
            values = sorted({pair.value[0]: pair.value for pair in pairs if pair.score >= STRONG}.values())
            if path in places and len(values) > 1:
                own = [number for number, value in enumerate(values) if _overlaps(value, places[path])]
                turn |= {path: own[0]} if own else {}
        (usual, count), *_ = Counter(turn.values()).most_common(1) or [(0, 0)]
        if count * 2 > len(turn):
            yield from (path for path, number in turn.items() if number != usual)

    def _of_words(self, path: str, span: Span) -> str:
        """Return whether the words before or above a place may name the field, name another one, or say nothing."""
        own, said = self.words[path], [self._before(span[0]), self._above(span[0])]
        if any(own & words for words in said):
            return "words:own"
        around = next((words for words in said if words), frozenset[str]())
        if any(around & words for other, words in self.words.items() if other != path):
            return "words:other"
        return "words:foreign" if around else "words:none"

    def _before(self, start: int) -> frozenset[str]:
        """Return the last words before a place on its line."""
        left = self.text[max(0, start - _LEFT) : start].rstrip(" \t|*_:.=-–—>#€$£")
        edges = list(_EDGE.finditer(left))
        return _folded(left[edges[-1].end() :] if edges else left)

    def _above(self, start: int) -> frozenset[str]:
        """Return the words of the cell above a place, in the line before it."""
        line = self.text.rfind("\n", 0, start) + 1
        above = self.text.rfind("\n", 0, max(0, line - 1)) + 1
        if not line or start - line > 4 * _LEFT or line - above > 8 * _LEFT:
            return frozenset()
        column = start - line
        cells = [cell for cell in _CELL.finditer(self.text, above, line - 1) if abs(cell.start() - above - column) <= 2]
        return _folded(cells[0].group()) if cells else frozenset()


def _folded(label: str) -> frozenset[str]:
    """Return the last words of a label, without case and plurals."""
    return frozenset([one.word for one in tokens(label) if one.word.isalpha()][-_WORDS:]) - _EVERYWHERE


_EVERYWHERE = frozenset(
    {"the", "a", "an", "of", "is", "are", "was", "in", "on", "at", "to", "our", "your", "for", "and", "no"}
    | {"der", "die", "das", "von", "ist", "le", "la", "de"}
)
"""Words that any label may have."""


def _names(field: Field) -> frozenset[str]:
    return frozenset(one.word for label in (field.name, *field.labels) for one in tokens(label)) - _EVERYWHERE


def _described(path: str, schema: Schema[object]) -> frozenset[str]:
    """Return the words of the description of a field."""
    said = " ".join(f"{node.title} {node.description}" for node in schema.node.along(path))
    return frozenset(one.word for one in tokens(said[:200])) - _EVERYWHERE


def _single(root: Field, path: str = "") -> Iterator[tuple[str, Field]]:
    """Yield the leaves outside of lists, with their paths in the value."""
    for child in root.children:
        inner = f"{path}{pointer([child.name])}"
        if child.kind is Kind.OBJECT:
            yield from _single(child, inner)
        elif child.kind is not Kind.ARRAY:
            yield inner, child


def _overlaps(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
