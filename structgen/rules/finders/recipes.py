"""Quantities of a recipe: the parts of its ingredients, how much it makes, and how long it takes in all.

"2 tbsp olive oil, plus more" is a quantity, a unit, a name, and a note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.notation.durations import UNITS
from structgen.rules.document.key_values import Pair
from structgen.rules.document.page import Line, Span
from structgen.rules.document.vocabulary import fold, lexicon, tokens
from structgen.rules.fields import Field
from structgen.rules.finders.string_lists import Item, best_section
from structgen.rules.findings import Finding, build, child_of, collect, leaf
from structgen.rules.search import Search
from structgen.rules.unambiguous import Figure, leading_duration, leading_number
from structgen.rules.values import find_labelled, read_part, read_value

_ARTICLE = re.compile(r"(?:an?|une?|eine?|un|una|half a|a few|ein paar|some)(?=\s)", re.IGNORECASE)
_UNIT = re.compile(r"\s{0,3}(fl\.? oz|[^\W\d_]{1,14})(\.?)(?=[\s\d(]|$)")
_OF = re.compile(r"\s+(?:(?:of|de|di|von|av)\s|d['’])?", re.IGNORECASE)
_ABOUT = re.compile(r"(?:about |approx\.? |ca\.? )?")
_SCALE = re.compile(r"\s+[½\d.]{1,3}x(?:\s+[½\d.]{1,3}x)*$")
_NOUNS = re.compile(
    r"^(?:servings?|serves|portions?|portionen|porties|portioner|porsjoner|raciones|porciones|porzioni|personen|personnes|personas|persone|personer|people|persons)$",
    re.IGNORECASE,
)
_NAMES = frozenset({"title", "description"})
_NOTE = re.compile(r"\s*(?:,\s*|\()")


@dataclass(frozen=True, slots=True)
class Ingredient:
    """The parts of an ingredient, as spans of the visible text. None if a part is missing."""

    name: Span
    quantity: Span | None = None
    unit: Span | None = None
    note: Span | None = None


def find_ingredients(search: Search, field: Field, item: Field) -> Finding | None:
    """Return the ingredients of a recipe as objects. None if any of them lacks a required part."""
    section = best_section(search, field)
    name = child_of(item, _NAMES | {"items", "ingredients"})
    if section is None or name is None:
        return None
    found = [_ingredient(search, item, name, one) for one in section[1]]
    kept = [one for one in found if one]
    return collect(kept) if len(kept) == len(found) else None


def _ingredient(search: Search, item: Field, name: Field, one: Item) -> Finding | None:
    return build_ingredient(search, item, name, split_ingredient(search.page.text, *one.span))


def build_ingredient(search: Search, item: Field, name: Field, ingredient: Ingredient) -> Finding | None:
    """Return an ingredient as the object that the schema asks for."""
    parts: dict[str, Finding] = {}
    for child, span in (
        (name, ingredient.name),
        (child_of(item, frozenset({"quantity"})), ingredient.quantity),
        (child_of(item, frozenset({"unit"})), ingredient.unit),
        (child_of(item, frozenset({"notes", "comment"})), ingredient.note),
    ):
        if child and span and (read := read_part(search, child, span)):
            parts[child.name] = read
    return build(item, parts)


def split_ingredient(text: str, start: int, end: int) -> Ingredient:
    """Return the parts of an ingredient. Without a quantity, all of it is the name."""
    quantity, unit, at = None, None, start
    counted = leading_number(text[start:end])
    article = _ARTICLE.match(text, start, end) if counted is None else None
    if counted is not None or article:
        last = article.end() if article else start + (counted or 0)
        named = _unit(text, last, end)
        # "a cup of rice" has a quantity, "a fresh chicken" has none.
        if counted or named:
            quantity, at = (start, last), last
        if named:
            unit, at = named, named[1] + text.startswith(".", named[1])
        at = gap.end() if (gap := _OF.match(text, at, end)) and (counted or named) else at
    at += len(text[at:end]) - len(text[at:end].lstrip())
    if at >= end:
        return Ingredient((start, end))
    name_end, note = _note(text, at, end)
    return Ingredient((at, name_end), quantity, unit, note)


def _unit(text: str, at: int, end: int) -> Span | None:
    """Return the unit that follows a quantity, or None."""
    match = _UNIT.match(text, at, end)
    if match is None or fold(match.group(1)) not in lexicon().measures or match.end() >= end:
        return None
    return match.span(1)


def _note(text: str, at: int, end: int) -> tuple[int, Span | None]:
    """Return where the name ends, and the note after it: behind a comma, or in brackets at the end of the line."""
    cut = _NOTE.search(text, at, end)
    if cut is None or cut.start() == at:
        return end, None
    close = end - 1 if text[cut.end() - 1] == "(" and text[end - 1] == ")" else end
    if text[cut.end() - 1] == "(" and close == end:
        return end, None
    return cut.start(), (cut.end(), close) if cut.end() < close else None


def find_yields(search: Search, field: Field) -> Finding | None:
    """Return how much a recipe makes, in servings if it counts people and the schema does not ask for the words."""
    for pair in search.pairs_of(field.keys):
        if found := _yield(search, field, pair):
            return found if field.verbatim else _in_servings(found)
    return None


def _in_servings(found: Finding) -> Finding:
    """Return a count of people as servings: "4 personas" -> "4 servings". Others are unchanged."""
    match = _PEOPLE.match(str(found.value))
    if match is None:
        return found
    return Finding(f"{match.group(1)} {'serving' if match.group(1) == '1' else 'servings'}", found.places)


_PEOPLE = re.compile(
    r"(?:serves\s|for\s|für\s|voor\s|pour\s|para\s)?(\d{1,3})\s?(?:(?:servings?|serves|portions?|portion\(s\)|persons?|people|pers\.?|personen|personer|"
    r"personnes?|personas?|persone|raciones|porciones|porções|porzioni|portionen|porties|portioner|porsjoner|adag|annosta))$",
    re.IGNORECASE,
)


def _yield(search: Search, field: Field, pair: Pair) -> Finding | None:
    """Return the number of a pair with what it counts, which is the label itself in "Servings: 4"."""
    start, end = pair.value
    # The number is before its label: "4 servings".
    if pair.label[0] >= end:
        plural = 3 * search.page.text.startswith("(s)", pair.label[1])
        return _counted_noun(search, start, pair.label[1] + plural)
    text = _SCALE.sub("", search.page.text[start:end].split(" (")[0].rstrip())
    text = text if "(" in text else text.rstrip(")")
    count = _count_end(text)
    if count is None or len(text) > 40 or text[count : count + 1] in _NO_COUNT:
        return None
    if text[count:].strip()[:1].isalpha():
        return _counted_noun(search, start, start + len(text))
    label = search.page.text[slice(*pair.label)].strip(" \t:#*")
    text = text[:count]
    if not _names_people(label):
        return leaf(search.page, text, start, start + len(text))
    # "Serves 4" is the text itself. "Servings: 4" becomes "4 servings".
    if label.lower() == "serves" and field.verbatim:
        return leaf(search.page, f"{label} {text}", pair.label[0], start + len(text))
    noun = label if _NOUNS.match(label) and field.verbatim and not label.lower().startswith("serv") else "servings"
    return leaf(search.page, f"{text} {noun}", min(pair.label[0], start), max(pair.label[1], start + len(text)))


def _count_end(text: str) -> int | None:
    """Return the end of the count that a text begins with ("about 12", "4-6"), or None."""
    about = _ABOUT.match(text)
    start = about.end() if about else 0
    end = leading_number(text[start:])
    return None if end is None else start + end


def _names_people(label: str) -> bool:
    """Whether a label counts people: "Servings" and "Nombre de personnes" do, "Yield" and "Makes" do not."""
    words = re.findall(r"[^\W\d_]+", label)
    return any(_NOUNS.match(word) for word in words) and "size" not in label.lower()


_NO_COUNT = ("/", "⁄", ".", "-", ",")


def _counted_noun(search: Search, start: int, end: int) -> Finding | None:
    """Return a number with its noun as printed, unless the noun is a unit of time or weight ("30 min", "40 g")."""
    text = " ".join(search.page.text[start:end].split())
    nouns = [token.word for token in tokens(text) if not token.word.isdigit()]
    count = re.match(r"\d*", text)
    if (
        not nouns
        or (count and len(count.group()) > 3)
        or nouns[0] in _TIME_UNITS
        or nouns[0] in _WEIGHTS
        or _count_end(text) is None
    ):
        return None
    return leaf(search.page, text, start, end)


_TIME_UNITS = frozenset(map(fold, UNITS))
_WEIGHTS = frozenset(
    fold(word) for word in ("g", "gr", "gram", "grams", "kg", "mg", "ml", "cl", "dl", "kcal", "kj", "of")
)


def find_total_time(search: Search, field: Field) -> Finding | None:
    """Return the labelled time, else the only duration above the lists, or the one that is the sum of the others."""
    if found := find_labelled(search, field):
        return found
    line = _line_of_total_time(search)
    return read_value(search, field, line.start, line.end) if line else None


def _line_of_total_time(search: Search) -> Line | None:
    body = search.body
    if body is None:
        return None
    alone = [(line, found.value) for line in search.page.lines[:body] if (found := _lone_duration(search, line))]
    seconds = sorted({length for _, length in alone})
    # Of several durations the longest is the total only if the others add up to it.
    if not seconds or (len(seconds) > 1 and seconds[-1] != sum(seconds[:-1])):
        return None
    return next(line for line, length in alone if length == seconds[-1])


def _lone_duration(search: Search, line: Line) -> Figure | None:
    """Return the duration if a line is nothing else."""
    if len(line.text) > 30 or not line.text[0].isdigit():
        return None
    found = leading_duration(line.text, search.style)
    return found if found and found.end >= len(line.text.rstrip(".")) else None
