"""Words as labels: how the name of a field is recognized in a document.

Names in a schema and words in a text become the same folded, lightly stemmed tokens, and a label is a run of them.
Looking up runs of tokens in a dictionary takes linear time for any text.

``lexicon.json`` holds the words that documents use: labels of common fields in several languages, headings, units. It
is general: it knows recipes, receipts, product pages, forms and letters, and no particular document. A *concept*
(``total``, ``prep_time``) gathers the labels that mean the same.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import Any, NamedTuple

Phrase = tuple[str, ...]

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]{1,2}\b)?|\d+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LONGEST = 6


class Token(NamedTuple):
    """A word or number: folded, and its span."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A known label in a text: the keys that it may name, and its span."""

    keys: frozenset[str]
    start: int
    end: int
    words: int


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """Return a word without case, accents, and the plural s: ``Ingrédients`` and ``ingredient`` are equal."""
    plain = word.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain)
        plain = "".join(char for char in plain if not unicodedata.combining(char)).replace("’", "'")
    # "gas" and "glass" are not plurals. A wrong stem does no harm as long as both sides get the same one.
    return plain[:-1] if len(plain) > 3 and plain.endswith("s") and not plain.endswith("ss") else plain


def tokens(text: str, at: int = 0) -> list[Token]:
    """Return the words and numbers of a text. Letters are separated from digits, and camelCase into words."""
    found = _tokens(text)
    return [Token(token.word, token.start + at, token.end + at) for token in found] if at else list(found)


@lru_cache(maxsize=1 << 14)
def _tokens(text: str) -> tuple[Token, ...]:
    found: list[Token] = []
    for match in _WORD.finditer(text):
        word, start = match.group(), match.start()
        # Most words have no hump, and looking for one takes most of the time.
        if word.islower() or word.isupper() or word.istitle():
            found.append(Token(fold(word), start, match.end()))
            continue
        cuts = [0, *(hump.start() for hump in _HUMP.finditer(word)), len(word)]
        found.extend(Token(fold(word[a:b]), start + a, start + b) for a, b in pairwise(cuts))
    return tuple(found)


@lru_cache(maxsize=1 << 14)
def phrase(text: str) -> Phrase:
    """Return a label as folded tokens: ``prepTime``, ``prep_time``, and ``Prep Time`` are equal."""
    return tuple(token.word for token in _tokens(text.replace("_", " ")))


class Vocabulary:
    """Labels and the keys that they name: concepts of the lexicon, and pointers to fields of the schema."""

    def __init__(self, known: Mapping[Phrase, frozenset[str]], entries: Iterable[tuple[str, str]] = ()) -> None:
        self.keys: dict[Phrase, frozenset[str]] = {}
        self._sizes: dict[str, int] = {}
        self._lines: dict[tuple[int, str], list[Mention]] = {}
        for words, keys in known.items():
            self._add(words, keys)
        for label, key in entries:
            self._add(phrase(label), frozenset({key}))

    def _add(self, words: Phrase, keys: frozenset[str]) -> None:
        if words:
            self.keys[words] = self.keys.get(words, frozenset()) | keys
            # The longest label that begins with a word bounds the lookups at each place.
            self._sizes[words[0]] = max(self._sizes.get(words[0], 0), min(len(words), _LONGEST))

    def extended(self, entries: Iterable[tuple[str, str]]) -> Vocabulary:
        """Return a copy with the labels of a schema. Adding all labels anew takes longer than reading a short text."""
        extended = Vocabulary({})
        extended.keys, extended._sizes = dict(self.keys), dict(self._sizes)
        for label, key in entries:
            extended._add(phrase(label), frozenset({key}))
        return extended

    def of(self, label: str) -> frozenset[str]:
        """Return the keys that a whole text names as a label."""
        return self.keys.get(phrase(label), frozenset())

    def of_line(self, text: str, at: int = 0) -> list[Mention]:
        """Return the labels in a line that begins at an offset. Several readers ask for the same lines."""
        found = self._lines.get((at, text))
        if found is None:
            several = self.of_line(text) if at else self.mentions(_tokens(text))
            found = [Mention(one.keys, one.start + at, one.end + at, one.words) for one in several] if at else several
            self._lines[at, text] = found
        return found

    def first(self, words: Sequence[Token]) -> Mention | None:
        """Return the label that a run of tokens begins with, or None."""
        return self._at(words, tuple(token.word for token in words[:_LONGEST]), 0)

    def mentions(self, words: Sequence[Token]) -> list[Mention]:
        """Return the labels in a run of tokens, the longest at each place, none inside another."""
        found: list[Mention] = []
        names = tuple(token.word for token in words)
        end = 0
        for at, name in enumerate(names):
            # Most words begin no label.
            if at >= end and name in self._sizes and (mention := self._at(words, names, at)):
                found.append(mention)
                end = at + mention.words
        return found

    def _at(self, words: Sequence[Token], names: Phrase, at: int) -> Mention | None:
        """Return the longest label that begins at a token, or None."""
        size = min(self._sizes.get(names[at], 0), len(names) - at) if names else 0
        while size and names[at : at + size] not in self.keys:
            size -= 1
        if not size:
            return None
        return Mention(self.keys[names[at : at + size]], words[at].start, words[at + size - 1].end, size)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The word lists, folded for comparison."""

    labels: Mapping[str, tuple[str, ...]]
    concepts: Mapping[tuple[str, ...], frozenset[str]]
    """Phrase -> the concepts that it may name."""
    asked: Mapping[tuple[str, ...], tuple[str, ...]]
    """The name of a field -> labels that are too common for documents that nobody asks for it: "From", "To"."""
    stops: frozenset[tuple[str, ...]]
    noise: frozenset[tuple[str, ...]]
    documents: frozenset[tuple[str, ...]]
    business: frozenset[str]
    places: frozenset[str]
    regions: frozenset[tuple[str, ...]]
    measures: frozenset[str]
    yes: frozenset[str]
    no: frozenset[str]
    negations: frozenset[str]
    components: frozenset[tuple[str, ...]]
    """What the ingredients under a sub-heading make: "dressing", "dough"."""
    ingredients: Vocabulary
    """The words of an ingredient line. Their keys are the kinds of words: ``unit``, ``size``, ``remark``."""
    vocabulary: Vocabulary
    columns: Vocabulary
    """Headers of columns of a bill that are other labels elsewhere: ``position``, ``line_total``, ``tax``."""
    deliveries: frozenset[str]
    """Words in the label of whoever receives the goods, and not necessarily the bill."""
    buy_buttons: frozenset[Phrase]
    """The words on the buttons that put a product into the cart."""
    stock_states: Vocabulary
    """Words about stock -> a term of schema.org: ``InStock``."""
    price_words: Vocabulary
    """Words beside an amount -> what it is instead of the price: ``old``, ``net``, or ``part`` (rates, shipping)."""


@cache
def lexicon() -> Lexicon:
    """Return the lexicon. It is read once."""
    raw: dict[str, Any] = json.loads(
        files("structgen.rules.document").joinpath("lexicon.json").read_text(encoding="utf-8")
    )
    concepts: dict[tuple[str, ...], frozenset[str]] = {}
    for concept, labels in raw["labels"].items():
        for label in labels:
            words = phrase(label)
            concepts[words] = concepts.get(words, frozenset()) | {concept}
    return Lexicon(
        labels={concept: tuple(labels) for concept, labels in raw["labels"].items()},
        concepts=concepts,
        asked=_asked(raw["asked"]),
        stops=_phrases(raw["stops"]),
        noise=_phrases(raw["noise"]),
        documents=_phrases(raw["documents"]),
        business=_words(raw["business"]),
        places=_words(raw["places"]),
        regions=_phrases(raw["regions"]),
        measures=_words(raw["measures"]),
        yes=_words(raw["yes"]),
        no=_words(raw["no"]),
        negations=_words(raw["negations"]),
        components=_phrases(raw["components"]),
        ingredients=_vocabulary({**raw["ingredients"], "unit": [*raw["ingredients"]["unit"], *raw["measures"]]}),
        vocabulary=Vocabulary(concepts),
        columns=_vocabulary(raw["columns"]),
        deliveries=_words(raw["deliveries"]),
        buy_buttons=_phrases(raw["buy_buttons"]),
        stock_states=_vocabulary(raw["stock_states"]),
        price_words=_vocabulary(raw["price_words"]),
    )


def _asked(groups: Mapping[str, list[str]]) -> dict[Phrase, tuple[str, ...]]:
    """Return the labels of each name. Names that share labels are in one key: "birth date; dob"."""
    found: dict[Phrase, tuple[str, ...]] = {}
    for names, labels in groups.items():
        for name in map(phrase, names.split(";")):
            found[name] = (*found.get(name, ()), *labels)
    return found


def _vocabulary(words: Mapping[str, list[str]]) -> Vocabulary:
    return Vocabulary({}, [(label, key) for key, labels in words.items() for label in labels])


def _phrases(labels: list[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(phrase(label) for label in labels)


def _words(words: list[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)
