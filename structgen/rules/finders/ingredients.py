"""An ingredient taken apart: "2 tbsp olive oil, plus more" is a quantity, a unit, a name and a note."""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.rules.document.lexicon import lexicon
from structgen.rules.document.visible_text import Span
from structgen.rules.document.vocabulary import fold

_ONE = r"(?:\d{1,4}\s?[½¼¾⅐-⅞]|\d{1,3}\s\d{1,2}[/⁄]\d{1,2}|\d{1,3}[/⁄]\d{1,3}|\d{1,5}(?:[.,]\d{1,3})?|[½¼¾⅐-⅞])"
_QUANTITY = re.compile(rf"{_ONE}(?:\s?(?:[-–—]|to|or|bis|à)\s?{_ONE})?(?![\w/])|{_ONE}(?=[a-zA-Z])")
_ARTICLE = re.compile(r"(?:an?|une?|eine?|un|una|half a|a few|ein paar|some)(?=\s)", re.IGNORECASE)
_UNIT = re.compile(r"\s{0,3}(fl\.? oz|[^\W\d_]{1,14})(\.?)(?=[\s\d(]|$)")
_OF = re.compile(r"\s+(?:(?:of|de|di|von|av)\s|d['’])?", re.IGNORECASE)
_NOTE = re.compile(r"\s*(?:,\s*|\()")


@dataclass(frozen=True, slots=True)
class Portion:
    """The parts of an ingredient, as spans of the visible text; None where a part is not there."""

    name: Span
    quantity: Span | None = None
    unit: Span | None = None
    note: Span | None = None


def take_apart(text: str, start: int, end: int) -> Portion:
    """The parts of the ingredient that stands at a place; all of it is the name where it has no quantity."""
    quantity, unit, at = None, None, start
    counted = _QUANTITY.match(text, start, end)
    match = counted or _ARTICLE.match(text, start, end)
    if match:
        named = _unit(text, match.end(), end)
        if counted or named:
            quantity, at = match.span(), match.end()
        if named:
            unit, at = named, named[1] + text.startswith(".", named[1])
        at = gap.end() if (gap := _OF.match(text, at, end)) and (counted or named) else at
    at += len(text[at:end]) - len(text[at:end].lstrip())
    if at >= end:
        return Portion((start, end))
    name_end, note = _note(text, at, end)
    return Portion((at, name_end), quantity, unit, note)


def _unit(text: str, at: int, end: int) -> Span | None:
    """The unit that follows a quantity, where something is measured in it."""
    match = _UNIT.match(text, at, end)
    if match is None or fold(match.group(1)) not in lexicon().measures or match.end() >= end:
        return None
    return match.span(1)


def _note(text: str, at: int, end: int) -> tuple[int, Span | None]:
    """Where the name ends, and the remark after it: behind a comma, or in brackets that close the line."""
    cut = _NOTE.search(text, at, end)
    if cut is None or cut.start() == at:
        return end, None
    close = end - 1 if text[cut.end() - 1] == "(" and text[end - 1] == ")" else end
    if text[cut.end() - 1] == "(" and close == end:
        return end, None
    return cut.start(), (cut.end(), close) if cut.end() < close else None
