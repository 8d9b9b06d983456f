"""Turn corrections into gold rows, worked examples that are worth their tokens, and regression cases."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from structgen.compile.parameters import tokens_of
from structgen.core.json import Json, JsonObject, at, is_within, steps
from structgen.engine.cascade.open_fields import fields_of
from structgen.evaluate.gold.gold_rows import text_digest
from structgen.evaluate.review.corrections import Correction, Decision, Refusal
from structgen.reask.value_paths import can_put, put
from structgen.schema import Schema

EXAMPLE_TOKENS = 1_500
"""Tokens that all worked examples together may take, because every request pays for them again."""


class Lesson(StrEnum):
    """What kind of error a correction shows."""

    INVENTED = "invented"
    """The text does not contain the wrong value."""
    ELSEWHERE = "elsewhere"
    """The wrong value is in the text, but is another field's or another record's."""
    FALSE_ANSWER = "false answer"
    """There was a value where the text has none."""
    OVERLOOKED = "overlooked"
    """There was no value where the text has one."""
    WRITTEN_OTHERWISE = "written otherwise"
    """The same, but for case, spaces and punctuation."""


@dataclass(frozen=True, slots=True)
class ReviewedRow:
    """A row with its right value. `open` are the paths of flagged fields that nobody has decided on.

    `lessons` are the kinds of errors by path.
    """

    id: str
    source: str
    text: str
    value: Json
    decided: tuple[str, ...]
    open: tuple[str, ...]
    lessons: frozenset[tuple[tuple[str, ...], Lesson]]
    valid: bool = True
    """Whether the schema accepts the value; not if an undecided field is missing or wrong."""

    def gold(self) -> JsonObject:
        """Return a row for `structgen eval`. Fields that nobody has decided on are named, and not compared."""
        row: JsonObject = {"id": self.id, "source": self.source, "text": self.text, "value": self.value}
        row["digest"] = text_digest(self.text)
        if self.open:
            row["unjudged"] = list[Json](self.open)
        return row

    def regression(self) -> JsonObject:
        """Return a row for `structgen eval` in which only the fields that were decided on are compared."""
        decided = [path for path, _ in fields_of(self.value) if is_within(path, self.decided)]
        others = [path for path, _ in fields_of(self.value) if path not in decided]
        return {**self.gold(), "unjudged": list[Json](others)}

    def example(self) -> JsonObject:
        """Return a worked example."""
        return {"text": self.text, "value": self.value}

    @property
    def tokens(self) -> int:
        """About how many tokens it takes as a worked example."""
        return tokens_of(len(self.text) + len(json.dumps(self.value, ensure_ascii=False)))


@dataclass(frozen=True, slots=True)
class Lessons:
    """What was learnt: all rows, those chosen as worked examples, and the corrections that do not fit the schema."""

    rows: tuple[ReviewedRow, ...]
    examples: tuple[ReviewedRow, ...]
    refused: tuple[Refusal, ...]

    @property
    def gold(self) -> tuple[ReviewedRow, ...]:
        """The rows that can be gold: those whose value the schema accepts."""
        return tuple(row for row in self.rows if row.valid)

    @property
    def regressions(self) -> tuple[ReviewedRow, ...]:
        """The rows in which something was wrong."""
        return tuple(row for row in self.gold if row.lessons)


def learn(corrections: Iterable[Correction], schema: Schema[object], budget: int = EXAMPLE_TOKENS) -> Lessons:
    """Return what corrections teach. A row whose corrected value the schema refuses is refused with all its lines."""
    documents: defaultdict[tuple[str, str], list[Correction]] = defaultdict(list)
    for one in corrections:
        documents[one.document].append(one)
    rows: list[ReviewedRow] = []
    refused: list[Refusal] = []
    for several in documents.values():
        found = _reviewed(several, schema)
        if isinstance(found, str):
            refused += [Refusal(one.line, one.id, one.path, found) for one in several]
        else:
            rows.append(found)
    return Lessons(tuple(rows), _chosen(rows, budget), tuple(sorted(refused, key=lambda one: one.line)))


def _reviewed(several: Sequence[Correction], schema: Schema[object]) -> ReviewedRow | str:
    """Return the row of a document with all its corrections, or why it cannot be used."""
    first, value = several[0], several[0].row_value
    # a correction of a whole comes before those of its parts, and a later item of a list before an earlier one
    for one in sorted(several, key=lambda one: (len(steps(one.path)), [_descending(step) for step in steps(one.path)])):
        changed = _applied(value, one, schema)
        if isinstance(changed, _NoPlace):
            return f"the row no longer has a value at {one.path}."
        value = changed
    decided = tuple(one.path for one in several)
    undecided = tuple(path for path in first.flagged if not is_within(path, decided))
    every = schema.check(value)
    issues = [issue for issue in every if not is_within(issue.path, undecided)]
    if issues:
        said = f"{issues[0].path or 'the whole'}: {issues[0].message}"
        return f"the corrected value does not fit the schema ({said}): correct it, or check whether the schema changed."
    lessons = frozenset((_pattern(one.path), lesson) for one in several if (lesson := _lesson(one)) is not None)
    return ReviewedRow(first.id, first.source, first.text, value, decided, undecided, lessons, not every)


def _descending(step: str) -> tuple[int, str]:
    return (-int(step), "") if step.isdecimal() else (0, step)


class _NoPlace:
    """A path that leads nowhere in a value."""


def _applied(value: Json, one: Correction, schema: Schema[object]) -> Json | _NoPlace:
    """Return the value with a correction. A rejected value becomes null if that fits, else it goes."""
    if one.decision is Decision.ACCEPT:
        return value
    way = steps(one.path)
    if way and not can_put(value, way):
        return _NoPlace()
    if one.decision is Decision.CORRECT:
        return put(value, way, one.value)
    emptied = put(value, way, None)
    if not way or not any(is_within(issue.path, [one.path]) for issue in schema.check(emptied)):
        return emptied
    return _removed(value, way)


def _removed(value: Json, way: Sequence[str]) -> Json:
    """Return a value without the key or the item at a path."""
    parent = cast(Json, at(value, way[:-1]))
    if isinstance(parent, list):
        items = [item for number, item in enumerate(parent) if str(number) != way[-1]]
        return put(value, way[:-1], items)
    if isinstance(parent, dict):
        return put(value, way[:-1], {name: part for name, part in parent.items() if name != way[-1]})
    return value


def _pattern(path: str) -> tuple[str, ...]:
    """Return the path of a field, equal for every item of a list."""
    return tuple("*" if step.isdecimal() else step for step in steps(path))


def _lesson(one: Correction) -> Lesson | None:
    """Return what kind of error a correction shows, or None if the value was right."""
    if one.decision is Decision.ACCEPT or one.value == one.before:
        return None
    if one.value is None:
        return Lesson.FALSE_ANSWER
    if one.before is None:
        return Lesson.OVERLOOKED
    before, after = _words(one.before), _words(one.value)
    if before == after:
        return Lesson.WRITTEN_OTHERWISE
    return Lesson.ELSEWHERE if before and before in _words(one.text) else Lesson.INVENTED


def _words(value: Json) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return " ".join("".join(char if char.isalnum() else " " for char in text.casefold()).split())


def _chosen(rows: Sequence[ReviewedRow], budget: int) -> tuple[ReviewedRow, ...]:
    """Choose worked examples: again and again the row with the most new lessons for its tokens, within the budget.

    A row with open fields is not an example, because it may teach an error.
    """
    left, chosen, known = budget, list[ReviewedRow](), set[tuple[tuple[str, ...], Lesson]]()
    waiting = [row for row in rows if row.lessons and not row.open]
    while True:
        worth = [(len(row.lessons - known) / max(1, row.tokens), row) for row in waiting if row.tokens <= left]
        best = max(worth, key=lambda one: one[0], default=(0.0, None))
        if best[1] is None or best[0] <= 0:
            return tuple(chosen)
        chosen.append(best[1])
        waiting.remove(best[1])
        known |= best[1].lessons
        left -= best[1].tokens
