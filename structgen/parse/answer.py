"""Choose the answer among the values of a response, and never drop another one silently.

Every other value must repeat the answer or a part of it, be a pattern of it, or belong to prose, and goes on record.
Otherwise the response is refused.
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
from structgen.parse.candidates import Candidates
from structgen.parse.collect import collect_list, is_item, judge_each
from structgen.parse.json_values import as_written, same
from structgen.parse.judge import CUT, Outcome, Target, is_echo, judge
from structgen.parse.quote_paths import quotes_of_value, without_quotes
from structgen.parse.reading import Reading
from structgen.parse.strict_json import as_json
from structgen.schema.spelling import letters

T = TypeVar("T")

DIFFERENT = "contains {} answers that differ, and nothing tells which one is meant"
BESIDE = "contains another value beside the answer, which repeats no part of it"
NONE_FITS = "contains {} values that differ, and none of them fits"


def choose_answer(target: Target[T], found: Candidates, cut: bool) -> Parsed[T]:
    """Return the answer among the candidates, or a refusal; `cut`: the response may be cut off."""
    readings, beside = _readings(target, found), _readings(target, found.beside)
    # Nobody knows what an unclosed value would have become, so no other value beats it.
    if (unfinished := next((one for one in (*readings, *beside) if one.open and _is_cut(one)), None)) is not None:
        return _refused(target, judge(target, unfinished))
    # Models like to repeat the schema of the prompt before the answer.
    echoes = [one for one in (*readings, *beside) if is_echo(target.shape, one.value)]
    answers = [one for one in readings if not is_echo(target.shape, one.value)]
    outcomes = collect_list(target, answers, cut) or judge_each(target, answers or echoes)
    others = [judge(target, one) for one in beside if not is_echo(target.shape, one.value)]
    if cut:
        outcomes = [_incomplete_if_item(outcome) for outcome in outcomes]
    every = [*outcomes, *others]
    accepted = [outcome for outcome in every if not outcome.issues]
    best = min(accepted or every, key=lambda outcome: outcome.cost if accepted else outcome.misfits)
    prose_beside = found.beside is not None and found.beside.has_prose
    notes = [_explain_other(target, best, one, found.has_prose) for one in outcomes if one is not best]
    notes += [_explain_other(target, best, one, prose_beside) for one in others if one is not best]
    explained = all(note is not None and note.risk <= target.max_risk for note in notes)
    if not accepted:
        return _refused(target, best) if explained else _none_fits(every, best)
    if not explained:
        return _ambiguous(every)
    echoed = (Repair("schema_echo", "", one.value, None, Risk.LOSSLESS) for one in echoes)
    repairs = (*found.around, *echoed, *cast("list[Repair]", notes), *best.repairs)
    value, quotes = cast(T, best.value), _quotes(target, best)
    return Parsed(ok=True, value=value, repairs=repairs, quotes=quotes, given=best.tree)


def _readings(target: Target[T], found: Candidates | None) -> Sequence[Reading]:
    """Return the readings without the quotes that the form asked for."""
    readings = found.readings if found else ()
    return [without_quotes(reading, target.form) for reading in readings] if target.form.quoted else readings


def _none_fits(outcomes: Sequence[Outcome], best: Outcome) -> Parsed[Any]:
    refused = _ambiguous(outcomes)
    return replace(refused, issues=(*refused.issues, *best.issues))


def _explain_other(target: Target[T], best: Outcome, other: Outcome, amid_prose: bool) -> Repair | None:
    """Return the repair that explains a value beside the answer, or None if the response must be refused.

    `amid_prose`: there are words around the values, so one without any key of the schema may belong to the prose.
    """
    tree, raw = other.tree, as_written(as_json(other.raw))
    if other.unreadable:
        return Repair("pattern", "", raw, None, Risk.LOSSLESS) if is_pattern(other) else None
    if not other.issues:
        if not _agree(target.shape, best, other):
            return None
        # The risk of the other counts: only the conversions that it needed make it the same.
        return Repair("repeated", "", None if same(other.raw, best.raw) else raw, None, other.cost)
    if isinstance(tree, dict | list) and _contains(best.tree, tree):
        return Repair("repeated", "", raw, None, other.cost)
    if is_pattern(other):
        return Repair("pattern", "", raw, None, Risk.LOSSLESS)
    if amid_prose and _is_unrelated(target.shape, other.raw):
        return Repair("unrelated", "", raw, None, Risk.INTERPRETIVE)
    return None


def _contains(answer: Json, tree: Json) -> bool:
    """Whether some part of the answer has everything that an object or list has."""
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
    """Whether an object or list has none of the schema's keys, provided that there are any to tell by."""
    # A call of another tool is something the model did, not something it wrote about.
    if not isinstance(tree, dict | list) or (isinstance(tree, dict) and is_call(tree)):
        return False
    known = shape.keys
    return bool(known) and not any(letters(key) in known for key in _keys(tree))


def _keys(tree: Json) -> Iterator[str]:
    """Yield every key of a tree."""
    todo = [tree]
    while todo:
        here = todo.pop()
        if isinstance(here, dict):
            yield from here
            todo.extend(here.values())
        elif isinstance(here, list):
            todo.extend(here)


def _agree(shape: Shape, one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are the same value, apart from keys that the schema does not know."""
    if same(shape.known_keys_of(one.tree), shape.known_keys_of(other.tree)):
        return True
    value: object = one.value
    # Plain JSON was compared above. Only instances of a type may be equal although their trees differ.
    if isinstance(value, dict | list) or type(value) is not type(other.value):
        return False
    try:
        return bool(value == other.value)
    except Exception:  # an __eq__ of the user's type that raises
        return False


def _quotes(target: Target[T], outcome: Outcome) -> dict[str, str | None]:
    """Return the quotes of an accepted value, by its paths."""
    if not target.form.quoted:
        return {}
    adapter, tree = target.schema.adapter, as_json(outcome.tree)
    if adapter is None:
        return quotes_of_value(target.form, outcome.quotes, tree, tree)
    try:
        made = adapter.dump_python(
            outcome.value, mode="json", by_alias=True, warnings="none", context=target.schema.context
        )
        dumped = cast(Json, made)
    except ValueError:  # a value without a JSON form keeps the paths that it had in the response
        dumped = tree
    return quotes_of_value(target.form, outcome.quotes, tree, dumped)


def _is_cut(reading: Reading) -> bool:
    return any(issue.code == "cut_off" for issue in reading.issues)


def _incomplete_if_item(outcome: Outcome) -> Outcome:
    """Refuse one object for a list in a response that may be cut off, because the next ones may be missing."""
    if not is_item(outcome):
        return outcome
    return replace(outcome, issues=(*outcome.issues, CUT), open=("",))


def _ambiguous(outcomes: Sequence[Outcome]) -> Parsed[Any]:
    """Return the refusal that shows all values that may be meant."""
    readings: list[Json] = []
    for outcome in outcomes:
        if not any(same(outcome.tree, other) for other in readings):
            readings.append(as_json(outcome.tree))
    fitting = sum(not outcome.issues for outcome in outcomes)
    message = DIFFERENT if fitting > 1 else BESIDE if fitting else NONE_FITS
    issue = Issue("", message.format(len(readings)), "ambiguous", readings)
    return Parsed(ok=False, value=None, issues=(issue,), readings=tuple(readings))


def _refused(target: Target[T], outcome: Outcome) -> Parsed[T]:
    kept = tuple(repair for repair in outcome.repairs if not any(issue.repair == repair for issue in outcome.issues))
    partial = as_json(outcome.tree)
    quotes = {**dict.fromkeys(target.form.quotable(partial)), **outcome.quotes}
    return Parsed(False, None, outcome.issues, kept, partial, outcome.open, quotes=quotes)


# Patterns: models like to write the form of the answer with words such as "string" in place of the values

_TAG = r"<[^\W\d][^<>\n]{0,80}>"
_TAG_AHEAD = re.compile(_TAG)
_PLACEHOLDER = re.compile(
    rf"{_TAG}|\.\.\.|…|str(?:ing)?|text|num(?:ber)?|int(?:eger)?|float|bool(?:ean)?|array|list|object|date|null",
    re.IGNORECASE,
)


def is_pattern(outcome: Outcome) -> bool:
    """Whether a value that does not fit contains only placeholders: ``<name>``, dots, a type, or its own key."""
    scalars = list(_scalars(outcome.tree))
    only = all(isinstance(scalar, str) and (scalar == key or _PLACEHOLDER.fullmatch(scalar)) for key, scalar in scalars)
    if outcome.unreadable:  # an unquoted tag is what the reader breaks off at
        return only and all(
            issue.code == "syntax" and isinstance(issue.found, str) and _TAG_AHEAD.match(issue.found) is not None
            for issue in outcome.issues
        )
    return only and bool(scalars) and isinstance(outcome.tree, dict | list)


def _scalars(tree: Json) -> list[tuple[str, Json]]:
    """Return every scalar of a tree, with the key that it is under."""
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
