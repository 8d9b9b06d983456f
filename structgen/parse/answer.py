"""Which value of a response is the answer: the only one, or one that all others repeat; no other is ever dropped.

What stands beside the answer is equal to it or to a part of it, a pattern of it, or prose that is on record. Anything
else is a reason to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.results import Issue, Parsed, Repair
from structgen.parse.align import Shape, is_call
from structgen.parse.candidates import Found
from structgen.parse.collect import collected, is_item, judged
from structgen.parse.json_values import as_written, same
from structgen.parse.judge import CUT, Job, Outcome, is_echo, judge
from structgen.parse.quotes import settled, without_quotes
from structgen.parse.reading import Reading
from structgen.parse.strict_json import as_json
from structgen.schema.spelling import letters

T = TypeVar("T")

DIFFERENT = "holds {} answers that differ, and nothing says which one is meant"
BESIDE = "holds another value beside the answer, which is neither a part of it nor said to be none"
NONE_FITS = "holds {} values that differ, and none of them fits"


def choose(job: Job[T], found: Found, cut: bool) -> Parsed[T]:
    """The answer among the values of one response; `cut` where the response was stopped at its length."""
    readings, beside = _readings(job, found), _readings(job, found.beside)
    if (unfinished := next((one for one in (*readings, *beside) if one.open and _is_cut(one)), None)) is not None:
        return _refused(job, judge(job, unfinished))
    echoes = [one for one in (*readings, *beside) if is_echo(job.shape, one.value)]
    answers = [one for one in readings if not is_echo(job.shape, one.value)]
    outcomes = collected(job, answers, cut) or judged(job, answers or echoes)
    others = [judge(job, one) for one in beside if not is_echo(job.shape, one.value)]
    if cut:
        outcomes = [_unfinished(outcome) for outcome in outcomes]
    whole = [*outcomes, *others]
    accepted = [outcome for outcome in whole if not outcome.issues]
    best = min(accepted or whole, key=lambda outcome: outcome.cost if accepted else outcome.misfits)
    notes = [_beside(job, best, one, found.words) for one in outcomes if one is not best]
    notes += [
        _beside(job, best, one, found.beside is not None and found.beside.words) for one in others if one is not best
    ]
    agreed = all(note is not None and note.risk <= job.max_risk for note in notes)
    if not accepted:
        return _refused(job, best) if agreed else _none_fits(whole, best)
    if not agreed:
        return _ambiguous(whole)
    echoed = (Repair("schema_echo", "", one.value, None, Risk.LOSSLESS) for one in echoes)
    repairs = (*found.around, *echoed, *cast("list[Repair]", notes), *best.repairs)
    value, quotes = cast(T, best.value), _quotes(job, best)
    return Parsed(ok=True, value=value, repairs=repairs, quotes=quotes, given=best.tree)


def _readings(job: Job[T], found: Found | None) -> Sequence[Reading]:
    """The values that were found, without the quotes for which the answer was asked."""
    readings = found.readings if found else ()
    return [without_quotes(reading, job.form) for reading in readings] if job.form.quoted else readings


def _none_fits(outcomes: Sequence[Outcome], best: Outcome) -> Parsed[Any]:
    """The refusal of a response whose values differ, and none of them is an answer."""
    refused = _ambiguous(outcomes)
    return replace(refused, issues=(*refused.issues, *best.issues))


def _beside(job: Job[T], best: Outcome, other: Outcome, words: bool) -> Repair | None:
    """What is on record of a value beside the answer; None where it must be refused.

    `words`: somebody says something around the values. Then one without any of the keys that are asked for is a part
    of that; but not a list where the items have no keys, nor a call of another tool.
    """
    tree, raw = other.tree, as_written(as_json(other.raw))
    if other.unreadable:
        return Repair("pattern", "", raw, None, Risk.LOSSLESS) if is_pattern(other) else None
    if not other.issues:
        if not _agree(job.shape, best, other):
            return None
        return Repair("repeated", "", None if same(other.raw, best.raw) else raw, None, other.cost)
    if isinstance(tree, dict | list) and _holds(best.tree, tree):
        return Repair("repeated", "", raw, None, other.cost)
    if is_pattern(other):
        return Repair("pattern", "", raw, None, Risk.LOSSLESS)
    if words and _is_unrelated(job.shape, other.raw):
        return Repair("unrelated", "", raw, None, Risk.INTERPRETIVE)
    return None


def _holds(answer: Json, tree: Json) -> bool:
    """Whether an object or list says nothing that does not stand in the answer, at one place of it."""
    todo: list[Json] = [answer]
    while todo:
        here = todo.pop()
        if _covers(here, tree):
            return True
        if isinstance(here, dict):
            todo.extend(here.values())
        elif isinstance(here, list):
            todo.extend(here)
    return False


def _covers(whole: Json, part: Json) -> bool:
    if isinstance(part, dict) and isinstance(whole, dict):
        return part.keys() <= whole.keys() and all(_covers(whole[key], part[key]) for key in part)
    return same(whole, part)


def _is_unrelated(shape: Shape, tree: Json) -> bool:
    """Whether an object or list has none of the keys that the schema knows, where it knows any."""
    if not isinstance(tree, dict | list) or (isinstance(tree, dict) and is_call(tree)):
        return False
    known = shape.keys
    return bool(known) and not any(letters(key) in known for key in _keys(tree))


def _keys(tree: Json) -> Iterator[str]:
    """Every key of a tree."""
    todo = [tree]
    while todo:
        here = todo.pop()
        if isinstance(here, dict):
            yield from here
            todo.extend(here.values())
        elif isinstance(here, list):
            todo.extend(here)


def _agree(shape: Shape, one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are the same value; what the schema does not speak of does not count."""
    if same(shape.asked_of(one.tree), shape.asked_of(other.tree)):
        return True
    value: object = one.value
    if isinstance(value, dict | list) or type(value) is not type(other.value):
        return False
    try:
        return bool(value == other.value)
    except Exception:
        return False


def _quotes(job: Job[T], outcome: Outcome) -> dict[str, str | None]:
    """The quotes of an accepted value, by its own paths."""
    if not job.form.quoted:
        return {}
    adapter, tree = job.schema.adapter, as_json(outcome.tree)
    if adapter is None:
        return settled(job.form, outcome.quotes, tree, tree)
    try:
        made = adapter.dump_python(
            outcome.value, mode="json", by_alias=True, warnings="none", context=job.schema.context
        )
        dumped = cast(Json, made)
    except ValueError:  # a value that has no JSON form keeps the paths that it had in the response
        dumped = tree
    return settled(job.form, outcome.quotes, tree, dumped)


def _is_cut(reading: Reading) -> bool:
    return any(issue.code == "cut_off" for issue in reading.issues)


def _unfinished(outcome: Outcome) -> Outcome:
    """One object for a list, of a response that was stopped at its length: the next ones may be missing."""
    if not is_item(outcome):
        return outcome
    return replace(outcome, issues=(*outcome.issues, CUT), open=("",))


def _ambiguous(outcomes: Sequence[Outcome]) -> Parsed[Any]:
    """The refusal that shows all values which may be meant."""
    readings: list[Json] = []
    for outcome in outcomes:
        if not any(same(outcome.tree, other) for other in readings):
            readings.append(as_json(outcome.tree))
    fitting = sum(not outcome.issues for outcome in outcomes)
    words = DIFFERENT if fitting > 1 else BESIDE if fitting else NONE_FITS
    issue = Issue("", words.format(len(readings)), "ambiguous", readings)
    return Parsed(ok=False, value=None, issues=(issue,), readings=tuple(readings))


def _refused(job: Job[T], outcome: Outcome) -> Parsed[T]:
    kept = tuple(repair for repair in outcome.repairs if not any(issue.repair == repair for issue in outcome.issues))
    partial = as_json(outcome.tree)
    quotes = {**dict.fromkeys(job.form.quotable(partial)), **outcome.quotes}
    return Parsed(False, None, outcome.issues, kept, partial, outcome.open, quotes=quotes)


# Patterns of an answer: models like to repeat its form with words such as "string" in place of the values

_TAG = r"<[^\W\d][^<>\n]{0,80}>"
_BEGINS = re.compile(_TAG)
_PLACEHOLDER = re.compile(
    rf"{_TAG}|\.\.\.|…|str(?:ing)?|text|num(?:ber)?|int(?:eger)?|float|bool(?:ean)?|array|list|object|date|null",
    re.IGNORECASE,
)


def is_pattern(outcome: Outcome) -> bool:
    """Whether a value that does not fit holds nothing but placeholders: ``<name>``, dots, a kind, or its own key."""
    words = list(_words(outcome.tree))
    plain = all(isinstance(word, str) and (word == key or _PLACEHOLDER.fullmatch(word)) for key, word in words)
    if outcome.unreadable:
        return plain and all(
            issue.code == "syntax" and isinstance(issue.found, str) and _BEGINS.match(issue.found) is not None
            for issue in outcome.issues
        )
    return plain and bool(words) and isinstance(outcome.tree, dict | list)


def _words(tree: Json) -> list[tuple[str, Json]]:
    """Every scalar of a tree with the key that it stands under."""
    found: list[tuple[str, Json]] = []
    todo: list[tuple[str, Json]] = [("", tree)]
    while todo:
        key, here = todo.pop()
        if isinstance(here, dict):
            todo.extend(here.items())
        elif isinstance(here, list):
            todo.extend((key, item) for item in here)
        else:
            found.append((key, here))
    return found
