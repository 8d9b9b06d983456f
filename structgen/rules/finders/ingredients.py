"""An ingredient taken apart: "2 tbsp olive oil, plus more" is a quantity, a unit, a name and a note."""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.rules.document.visible_text import Span
from structgen.rules.document.vocabulary import fold, lexicon
from structgen.rules.fields import Field, Kind
from structgen.rules.finders.string_lists import Item, best_section
from structgen.rules.findings import Finding, build, child_of, collect, leaf
from structgen.rules.search import Search
from structgen.rules.unambiguous import leading_number
from structgen.rules.values import read_value

_ARTICLE = re.compile(r"(?:an?|une?|eine?|un|una|half a|a few|ein paar|some)(?=\s)", re.IGNORECASE)
_UNIT = re.compile(r"\s{0,3}(fl\.? oz|[^\W\d_]{1,14})(\.?)(?=[\s\d(]|$)")
_OF = re.compile(r"\s+(?:(?:of|de|di|von|av)\s|d['’])?", re.IGNORECASE)
_NAMES = frozenset({"title", "description"})
_NOTE = re.compile(r"\s*(?:,\s*|\()")


@dataclass(frozen=True, slots=True)
class Portion:
    """The parts of an ingredient, as spans of the visible text; None where a part is not there."""

    name: Span
    quantity: Span | None = None
    unit: Span | None = None
    note: Span | None = None


def find_ingredients(search: Search, field: Field, item: Field) -> Finding | None:
    """Ingredients taken apart: quantity, unit, name, note."""
    section = best_section(search, field)
    name = child_of(item, _NAMES | {"items", "ingredients"})
    if section is None or name is None:
        return None
    found = [_portion(search, item, name, one) for one in section[1]]
    kept = [one for one in found if one]
    return collect(kept) if len(kept) == len(found) else None


def _portion(search: Search, item: Field, name: Field, one: Item) -> Finding | None:
    return build_portion(search, item, name, take_apart(search.page.text, *one.span))


def build_portion(search: Search, item: Field, name: Field, portion: Portion) -> Finding | None:
    """One ingredient as the object that a schema wants."""
    parts: dict[str, Finding] = {}
    for child, span in (
        (name, portion.name),
        (child_of(item, frozenset({"quantity"})), portion.quantity),
        (child_of(item, frozenset({"unit"})), portion.unit),
        (child_of(item, frozenset({"notes", "comment"})), portion.note),
    ):
        if child and span and (read := _part(search, child, span)):
            parts[child.name] = read
    return build(item, parts)


def _part(search: Search, child: Field, span: Span) -> Finding | None:
    if child.kind is Kind.STRING:
        return leaf(search.page, " ".join(search.page.text[slice(*span)].split()), *span)
    return read_value(search, child, *span)


def take_apart(text: str, start: int, end: int) -> Portion:
    """The parts of the ingredient that stands at a place; all of it is the name where it has no quantity."""
    quantity, unit, at = None, None, start
    counted = leading_number(text[start:end])
    article = _ARTICLE.match(text, start, end) if counted is None else None
    if counted is not None or article:
        last = article.end() if article else start + (counted or 0)
        named = _unit(text, last, end)
        if counted or named:
            quantity, at = (start, last), last
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
