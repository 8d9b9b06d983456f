"""Ground a value: find the place in the text that each of its leaves comes from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from structgen.core.records import Evidence, Status
from structgen.ground.choose import Choice, Spot, choose
from structgen.ground.distinct_items import Form, spread, surplus
from structgen.ground.fuzzy import find_near, long_enough
from structgen.ground.identifiers import find_codes
from structgen.ground.match import Phrase, Phrases, Work
from structgen.ground.numerals import Figures
from structgen.ground.places import Grade, Place, best
from structgen.ground.queries import Leaf, Query, joined, leaves, query
from structgen.ground.rows import in_order, lay_out
from structgen.ground.siblings import apart as keep_apart
from structgen.ground.siblings import settle
from structgen.ground.temporal import find_dates, find_durations, find_moments, find_times
from structgen.ground.words import Vocabulary, Words, cuts_character, learn, read

Places = tuple[Place, ...]

MOST_OTHERS = 100
_BLANK, _ROUNDS = "\ue000", 2
"""What replaces a place that is taken, and how often other places are searched for."""
NOTHING: Mapping[str, Evidence] = MappingProxyType({})


def locate(
    value: object, text: str, known: Mapping[str, Evidence] = NOTHING, apart: Container[str] = ()
) -> tuple[Evidence, ...]:
    """Return the evidence for each leaf of a value, in document order.

    The value is plain JSON, a model, a dataclass, an enum, a date, a number, or containers of these. Paths are those
    of its JSON (of a model: by alias). None, blank strings and everything at the paths `apart` give no evidence.
    `known` evidence, by path, is returned as it is, and the other leaves are searched for beside it. If everything is
    known, the text is not read. Time and memory are linear in the text and in the value. Raises ValueError for a
    container that contains itself.
    """
    return locate_leaves(list(leaves(value, apart)), text, known)


def locate_leaves(
    found: Sequence[Leaf],
    text: str,
    known: Mapping[str, Evidence] = NOTHING,
    figures: Figures | None = None,
    *,
    sharing: bool = False,
    rounds: int = _ROUNDS,
) -> tuple[Evidence, ...]:
    """Return the evidence for leaves of one value, in their order. `figures`: those of the text, if known.

    `sharing`: items of a list that the text mentions less often than they are listed share a place. Otherwise the
    surplus is searched for `rounds` more times, and is unsupported in the end.
    """
    queries = [None if leaf.path in known else query(leaf) for leaf in found]
    different = list(dict.fromkeys(asked for asked in queries if asked is not None))
    if not different:
        return tuple(known[leaf.path] for leaf in found)
    looked_up = dict(zip(different, _find(different, figures or Figures(text)), strict=True))
    pairs = list(zip(found, queries, strict=True))
    everywhere = [looked_up[asked] if asked else _known_place(known[leaf.path]) for leaf, asked in pairs]
    places = lay_out(found, everywhere, text)
    settled = settle(found, places, text)
    placed = [number for number, several in enumerate(places) if several]
    spots = [
        Spot((settled[number].place,) if number in settled else places[number], found[number].relation)
        for number in placed
    ]
    choices = dict(zip(placed, choose(spots, text), strict=True))
    choices = spread(found, in_order(found, keep_apart(choices, settled, places)), everywhere)
    gone = set[int]() if sharing else _surplus(found, queries, choices)
    pieces = [
        _evidence(leaf, asked, None if number in gone else choices.get(number), text) if asked else known[leaf.path]
        for number, (leaf, asked) in enumerate(pairs)
    ]
    if gone and rounds:
        taken = _taken(found, queries, choices, gone)
        _place_elsewhere(found, pieces, gone, _blanked(text, taken), rounds - 1)
        _put_in_order(found, queries, pieces, gone)
    return tuple(pieces)


def _surplus(found: Sequence[Leaf], queries: Sequence[Query | None], choices: Mapping[int, Choice]) -> set[int]:
    """Return the leaves of items that have no place for themselves, without those whose evidence is known."""
    gone = surplus(
        found,
        {number: choice.place[:2] for number, choice in choices.items()},
        lambda number: queries[number] or query(found[number]),
        lambda number: Form.OWN if choices[number].place.grade is Grade.OWN else Form.OTHER,
    )
    return {number for number in gone if queries[number] is not None}


def _taken(
    found: Sequence[Leaf], queries: Sequence[Query | None], choices: Mapping[int, Choice], gone: Set[int]
) -> set[tuple[int, int]]:
    """Return the places of the values that are equal to surplus ones, or beside them in a list."""
    equal = {queries[number] for number in gone}
    lists = {found[number].path.rpartition("/")[0] for number in gone}
    return {
        choice.place[:2]
        for number, choice in choices.items()
        if queries[number] in equal or found[number].path.rpartition("/")[0] in lists
    }


def _place_elsewhere(
    found: Sequence[Leaf], pieces: list[Evidence], numbers: Set[int], blanked: str, rounds: int
) -> None:
    """Replace the evidence of surplus items by other mentions, if the text has some in another form.

    Only the best form of a value is searched for: "Red" before "red". So these are found when the places that are
    taken are blanked out.
    """
    left = sorted(numbers)
    for number, piece in zip(left, locate_leaves([found[n] for n in left], blanked, rounds=rounds), strict=True):
        if piece.text is not None and _BLANK not in piece.text:
            pieces[number] = piece


def _put_in_order(
    found: Sequence[Leaf], queries: Sequence[Query | None], pieces: list[Evidence], moved: Set[int]
) -> None:
    """Sort the evidence of equal items of a list by their places; those without a place come last."""
    equal: dict[tuple[str, Query], list[int]] = {}
    for number, (leaf, asked) in enumerate(zip(found, queries, strict=True)):
        above, _, step = leaf.path.rpartition("/")
        if asked is not None and step.isdecimal():
            equal.setdefault((above, asked), []).append(number)
    for several in equal.values():
        if not moved.isdisjoint(several):
            ordered = sorted((pieces[n] for n in several), key=lambda one: (one.start is None, one.start or 0))
            for number, piece in zip(several, ordered, strict=True):
                pieces[number] = replace(piece, path=found[number].path)


def _blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return the text with these spans blanked out; offsets stay the same."""
    pieces: list[str] = []
    end = 0
    for start, stop in sorted(spans):
        pieces += (text[end:start], _BLANK * (stop - max(start, end)))
        end = max(end, stop)
    return "".join((*pieces, text[end:]))


class Others(NamedTuple):
    """The first other places of a value, and how many more there are."""

    places: tuple[tuple[int, int], ...]
    more: int


def other_places(value: object, evidence: Iterable[Evidence], text: str, most: int = MOST_OTHERS) -> dict[str, Others]:
    """Return the other places of the values with ambiguous evidence in a text, by path; at most `most` of each.

    Evidence in another text has no other places here. Linear like `locate`.
    """
    unsure = {
        one.path: one for one in evidence if one.status is Status.AMBIGUOUS and text[one.start : one.end] == one.text
    }
    if not unsure:
        return {}
    own = [leaf for leaf in leaves(value) if leaf.path in unsure]
    # the place of a quote has the words of the quote, not those of the value
    asked = [query(leaf) for leaf in [*own, *(replace(leaf, value=unsure[leaf.path].text) for leaf in own)]]
    different = list(dict.fromkeys(asked))
    spans = {
        one: [(place.start, place.end) for place in places]
        for one, places in zip(different, _find(different, Figures(text)), strict=True)
    }
    others: dict[str, Others] = {}
    for leaf, value_query, words_query in zip(own, asked, asked[len(own) :], strict=False):
        one = unsure[leaf.path]
        here = (one.start or 0, one.end or 0)
        for found in (spans[value_query], spans[words_query]):
            at = bisect_left(found, here)
            if found[at : at + 1] == [here]:
                # equal values share their places, so only those that are returned are copied
                first = found[: most + 1]
                places = tuple(span for span in first if span != here)[:most]
                others[leaf.path] = Others(places, len(found) - 1 - len(places))
                break
    return {path: one for path, one in others.items() if one.places}


def _known_place(evidence: Evidence) -> Places:
    """Return the place of a leaf whose evidence is known; empty if it has none."""
    start, end = evidence.start, evidence.end
    return () if start is None or end is None else (Place(start, end, Grade.OWN),)


def _evidence(leaf: Leaf, asked: Query, choice: Choice | None, text: str) -> Evidence:
    if choice is None:
        return Evidence(leaf.path, None, None, None, Status.UNSUPPORTED)
    start, end, grade, score = choice.place
    found = text[start:end]
    if not choice.certain or grade is Grade.EITHER:
        status = Status.AMBIGUOUS
    elif grade is Grade.NEAR:
        status = Status.FUZZY
    else:
        status = Status.EXACT if found == asked.own else Status.NORMALIZED
    return Evidence(leaf.path, start, end, found, status, score if status is Status.FUZZY else None)


def _find(queries: Sequence[Query], figures: Figures) -> list[Places]:
    """Return all places of each query with its best grade. The text is read once for each kind of value."""
    text, found = figures.text, _by_words(queries, figures)
    # Other readings are searched only for values without a place in their own words, which are few.
    wanted = [q for q, places in zip(queries, found, strict=True) if not places]
    numbers = figures.find({q.number for q in wanted if q.number is not None})
    days = find_dates(text, {q.day for q in wanted if q.day is not None})
    clocks = find_times(text, {q.moment for q in wanted if q.moment is not None})
    durations = find_durations(figures, {q.duration for q in wanted if q.duration is not None})
    codes = find_codes(text, {q.code for q in wanted if q.code is not None})

    def otherwise(q: Query) -> Places:
        numerals = [*(numbers.get(q.number, ()) if q.number is not None else ()), *codes.get(q.code or "", ())]
        lengths = durations.get(q.duration, ()) if q.duration else ()
        timed = [
            place
            for place in find_moments(q.day, q.moment, q.zone, days, clocks)
            if figures.bounds(*place[:2]) is not None
        ]
        return best([place for place in (*numerals, *lengths, *timed) if not cuts_character(text, *place[:2])])

    return [places or otherwise(q) for q, places in zip(queries, found, strict=True)]


def _by_words(queries: Sequence[Query], figures: Figures) -> list[Places]:
    """Return the places of values that the text contains in their own words, or in nearly the same words."""
    vocabulary: Vocabulary = {}
    spelled = dict.fromkeys(phrase for q in queries for phrase in (*q.phrases, *q.pieces))
    learned = {phrase: words for phrase in spelled if (words := learn(phrase, vocabulary)).ids}
    if not learned:
        return [()] * len(queries)
    words = read(figures.text, vocabulary)
    places = _stand(learned, words, figures)
    found = [_first(q, places) for q in queries]
    missing = [
        number
        for number, q in enumerate(queries)
        if q.text and not found[number] and q.own in learned and long_enough(learned[q.own])
    ]
    near = find_near([learned[queries[number].own] for number in missing], words, figures) if missing else []
    for number, nearest in zip(missing, near, strict=True):
        found[number] = nearest
    return found


def _stand(learned: dict[str, Words], words: Words, figures: Figures) -> dict[str, Places]:
    """Return the places of phrases that the text contains word for word."""
    there = set(words.ids)
    possible = {phrase: known for phrase, known in learned.items() if there.issuperset(known.ids)}
    lasts = Phrases(known.ids for known in possible.values()).find(words.ids)
    work = Work.on(len(words.ids) + sum(len(known.ids) for known in possible.values()))
    return {
        phrase: Phrase.of(known).places(words, found, figures, work)
        for (phrase, known), found in zip(possible.items(), lasts, strict=True)
        if found
    }


def _first(asked: Query, places: dict[str, Places]) -> Places:
    """Return the places of the first spelling of a value that the text contains."""
    if asked.answer:
        return best([_answer(place, phrase) for phrase in asked.phrases for place in places.get(phrase, ())])
    whole = next((places[phrase] for phrase in asked.phrases if places.get(phrase)), ())
    return whole or best(joined([places.get(piece, ()) for piece in asked.pieces]))


def _answer(place: Place, phrase: str) -> Place:
    """Return the part of the place of "vegan: yes" that is the answer."""
    answer = phrase.rpartition(" ")[2]
    return place._replace(start=place.end - len(answer), grade=Grade.WRITTEN)
