"""The words that documents use, as data: labels of common fields in several languages, headings, units, months.

``lexicon.json`` is general: it names what is printed on recipes, receipts, product pages, forms and letters, and knows
no document. A *concept* (``total``, ``prep_time``) gathers the labels that mean the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from structgen.rules.document.vocabulary import fold, phrase


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The word lists, folded for comparison."""

    labels: Mapping[str, tuple[str, ...]]
    concepts: Mapping[tuple[str, ...], frozenset[str]]
    """Phrase -> the concepts that it may name."""
    stops: frozenset[tuple[str, ...]]
    noise: frozenset[tuple[str, ...]]
    documents: frozenset[tuple[str, ...]]
    business: frozenset[str]
    places: frozenset[str]
    regions: frozenset[tuple[str, ...]]
    months: Mapping[str, int]
    measures: frozenset[str]
    units: Mapping[str, int]
    """Word for a unit of time -> seconds."""
    yes: frozenset[str]
    no: frozenset[str]
    negations: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """The lexicon, read once."""
    raw: dict[str, Any] = json.loads(
        files("structgen.rules.document").joinpath("lexicon.json").read_text(encoding="utf-8")
    )
    concepts: dict[tuple[str, ...], frozenset[str]] = {}
    for concept, labels in raw["labels"].items():
        for label in labels:
            words = phrase(label)
            concepts[words] = concepts.get(words, frozenset()) | {concept}
    seconds = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}
    return Lexicon(
        labels={concept: tuple(labels) for concept, labels in raw["labels"].items()},
        concepts=concepts,
        stops=_phrases(raw["stops"]),
        noise=_phrases(raw["noise"]),
        documents=_phrases(raw["documents"]),
        business=_words(raw["business"]),
        places=_words(raw["places"]),
        regions=_phrases(raw["regions"]),
        months={fold(word): number for word, number in raw["months"].items()},
        measures=_words(raw["measures"]),
        units={fold(word): size for name, size in seconds.items() for word in raw[name]},
        yes=_words(raw["yes"]),
        no=_words(raw["no"]),
        negations=_words(raw["negations"]),
    )


def _phrases(labels: list[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(phrase(label) for label in labels)


def _words(words: list[str]) -> frozenset[str]:
    return frozenset(fold(word) for word in words)
