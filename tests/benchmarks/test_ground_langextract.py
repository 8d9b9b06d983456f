"""Grounding beside the aligner of LangExtract, on a text that is generated here: faster, and never on wrong words."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from structgen.ground import locate

langextract_data = pytest.importorskip("langextract.core.data", exc_type=ImportError)
resolver = pytest.importorskip("langextract.resolver", exc_type=ImportError)

Span = tuple[int, int] | None
Quote = tuple[str, Span]


def text_and_quotes(sentences: int = 60, changed: float = 0.2, invented: float = 0.1) -> tuple[str, list[Quote]]:
    """A text of few words, so that phrases come again, and quotes of ten words with the places they come from."""
    rng = random.Random(11)
    words = [rng.choice(["the", "and", "of", "a"]) if n % 3 else rng.choice(NOUNS) for n in range(sentences * 12)]
    text = " ".join(words)
    starts = [sum(len(word) + 1 for word in words[:n]) for n in range(len(words))]
    quotes: list[Quote] = []
    for first in range(0, len(words) - 10, 12):
        said, draw = words[first : first + 10], rng.random()
        span: Span = (starts[first], starts[first + 9] + len(words[first + 9]))
        if draw < changed:
            said[rng.randrange(1, 9)] = "thing"
        elif draw < changed + invented:
            said, span = [said[0], "zebra", "quantum", *["fabricated"] * 7], None
        quotes.append((" ".join(said), span))
    return text, quotes


NOUNS = [
    left + right
    for left in ("stone", "river", "cloud", "wood", "iron", "salt", "moon", "field", "glass", "wind")
    for right in ("mill", "house", "bridge", "path", "gate", "smith", "ward", "song", "fall", "keeper")
]


def aligned(text: str, quotes: list[Quote]) -> list[Span]:
    extractions = [langextract_data.Extraction(extraction_class="q", extraction_text=said) for said, _ in quotes]
    (group,) = resolver.WordAligner().align_extractions([extractions], text)
    places = [extraction.char_interval for extraction in group]
    return [(place.start_pos, place.end_pos) if place and place.start_pos is not None else None for place in places]


def grounded(text: str, quotes: list[Quote]) -> list[Span]:
    pieces = locate([said for said, _ in quotes], text)
    return [None if piece.start is None or piece.end is None else (piece.start, piece.end) for piece in pieces]


def seconds(way: Callable[[str, list[Quote]], list[Span]], text: str, quotes: list[Quote]) -> float:
    """CPU seconds, the best of three."""
    taken: list[float] = []
    for _ in range(3):
        before = time.process_time()
        way(text, quotes)
        taken.append(time.process_time() - before)
    return min(taken)


def wrong(spans: list[Span], quotes: list[Quote]) -> int:
    """Spans that share no character with the place of their quote, or were given for an invented one."""
    return sum(
        span is not None and (true is None or span[1] <= true[0] or true[1] <= span[0])
        for span, (_, true) in zip(spans, quotes, strict=True)
    )


def test_grounding_takes_less_time_than_the_aligner_and_points_at_fewer_wrong_words() -> None:
    text, quotes = text_and_quotes()
    assert wrong(grounded(text, quotes), quotes) == 0
    assert wrong(aligned(text, quotes), quotes) > 0
    assert seconds(grounded, text, quotes) < seconds(aligned, text, quotes)


def test_four_times_the_text_takes_not_much_more_than_four_times_as_long() -> None:
    small, large = text_and_quotes(150), text_and_quotes(600)
    assert seconds(grounded, *large) < 8 * seconds(grounded, *small)
