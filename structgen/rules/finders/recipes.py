"""Quantities of a recipe: how much it makes, and how long it takes in all."""

from __future__ import annotations

import re

from structgen.notation.durations import UNITS
from structgen.rules.document.key_values import Pair
from structgen.rules.document.page import Line
from structgen.rules.document.vocabulary import fold, tokens
from structgen.rules.fields import Field
from structgen.rules.findings import Finding, leaf
from structgen.rules.labelled import find_labelled
from structgen.rules.search import Search
from structgen.rules.unambiguous import Figure, leading_duration, leading_number
from structgen.rules.values import read_value

_ABOUT = re.compile(r"(?:about |approx\.? |ca\.? )?")
_SCALE = re.compile(r"\s+[½\d.]{1,3}x(?:\s+[½\d.]{1,3}x)*$")
_NOUNS = re.compile(
    r"^(?:servings?|serves|portions?|portionen|porties|portioner|porsjoner|raciones|porciones|porzioni|personen|personnes|personas|persone|personer|people|persons)$",
    re.IGNORECASE,
)


def find_yields(search: Search, field: Field) -> Finding | None:
    """Return how much a recipe makes, in servings if it counts people and the schema does not ask for the words."""
    found = (one for pair in search.pairs_for(field) if (one := _yield(search, field, pair)))
    first = next(found, None)
    if first is not None and str(first.value).isdigit():
        # "Yield: 12" says less than "12 servings" elsewhere on the page.
        first = next((one for one in found if str(one.value).startswith(f"{first.value} ")), first)
    return first if first is None or field.verbatim else _in_servings(first)


def _in_servings(found: Finding) -> Finding:
    """Return a count of people as servings: "4 personas" -> "4 servings". Others are unchanged."""
    match = _PEOPLE.match(str(found.value)) or _SERVES.fullmatch(str(found.value))
    if match is None:
        return found
    return Finding(f"{match.group(1)} {'serving' if match.group(1) == '1' else 'servings'}", found.places)


_SERVES = re.compile(r"(?:serves|feeds)\s(\d{1,3})", re.IGNORECASE)
_REMARK = re.compile(r"(\d{1,3})\s\([^()]{1,40}\)\s([^\W\d_]{3,15})")
"""A count with a remark before what it counts: "8 (1 cup each) servings"."""
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
    if serves := _SERVES.match(search.page.text, start, end):
        return leaf(search.page, serves.group(), *serves.span())
    if inside := _REMARK.fullmatch(search.page.text, start, end):
        return leaf(search.page, f"{inside[1]} {inside[2]}", start, end)
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
