"""An item of a list, and the marks before it: bullets, numbers, "Step 3"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.rules.document.page import Line, Page, Span
from structgen.rules.document.vocabulary import lexicon, phrase

_STEP = r"(?:step|schritt|étape|etape|paso|stap|steg|trin|passo)"
_MARKS = "-*•·‣◦▪▢☐□○●✓✔»–—|"
BULLET = re.compile(rf"^(?!\*\*)[{_MARKS}]{{1,3}}(?:\s+|(?=[^\W\d_]))")
LONE_BULLET = re.compile(rf"^[{_MARKS}]{{1,2}}$")
NUMBERED = re.compile(rf"^(?:{_STEP}\s*\d{{1,2}}\s?[.):–-]?\s*|\d{{1,2}}\s?[.)]\s*(?=\D))(?=\S)", re.IGNORECASE)
STEP_ALONE = re.compile(rf"^(?:{_STEP}\s*(?P<step>\d{{0,2}})\s?[.):]?|(?P<number>\d{{1,2}})[.)]?)$", re.IGNORECASE)
"""A line that is only the number of the step below it."""
NAMED_STEP = re.compile(rf"^{_STEP}\s*\d", re.IGNORECASE)
FIRST_STEP = re.compile(rf"^{_STEP}\s*1\b", re.IGNORECASE)
ENDS = (".", "!", "?", ";", "…", "”", '"')
END_OF_LIST = re.compile(
    r"\?$|©|(?<![\w.])[@#]\w{3}|newsletter|e-?mail|instagram|facebook|pinterest|affiliate|subscribe|www\.|https?:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list: its span in the visible text, and its text with single spaces."""

    span: Span
    text: str


def item_at(page: Page, start: int, end: int) -> Item:
    """Return a span as an item, without its bullet and number."""
    bare = without_mark(page.text[start:end])
    return Item((end - len(bare), end), " ".join(bare.split()))


def without_mark(text: str) -> str:
    """Return an item without its bullet and number."""
    return NUMBERED.sub("", BULLET.sub("", text))


def is_noise(line: Line) -> bool:
    """Whether a line is a control of a page, or has no letters and digits."""
    words = phrase(line.text)
    return not words or words in lexicon().noise
