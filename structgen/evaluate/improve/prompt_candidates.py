"""What is tried: other styles, instructions and worked examples, one at a time, and what was best of each together."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain, zip_longest
from typing import Any

from structgen.compile.parameters import tokens_of
from structgen.core.json import Json, JsonObject
from structgen.core.options import Style
from structgen.core.records import Example, Task
from structgen.evaluate.review.lessons import EXAMPLE_TOKENS

MOST_DEMONSTRATIONS = 4
"""How many rows of gold a prompt gets as worked examples, as in DSPy's BootstrapFewShot."""


class Kind(StrEnum):
    """A part of a task that can be changed. The values are the names of its fields."""

    STYLE = "style"
    INSTRUCTIONS = "instructions"
    EXAMPLES = "examples"


@dataclass(frozen=True, slots=True)
class Change:
    """One part of a task, changed. `name` says how in reports."""

    kind: Kind
    name: str
    value: Style | str | tuple[Example, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task with some changes. Without any it is the task as it is."""

    changes: tuple[Change, ...] = ()

    @property
    def name(self) -> str:
        """What reports call it."""
        return " + ".join(change.name for change in self.changes) or "as it is"

    def task(self, base: Task[Any]) -> Task[Any]:
        """Return the task with the changes."""
        given: dict[str, Any] = {str(change.kind): change.value for change in self.changes}
        return replace(base, **given)

    def to_json(self, base: Task[Any]) -> JsonObject:
        """Return what a prompt is made of."""
        made = self.task(base)
        return {
            "name": self.name,
            "style": str(made.style or Style.OUTLINE),
            "instructions": made.instructions,
            "examples": len(made.examples),
        }


AS_IT_IS = Candidate()


@dataclass(frozen=True, slots=True)
class Demonstrations:
    """Rows of gold that may become worked examples.

    `right` have the model's own answer, which was right; `labelled` have that of gold, because the model was wrong.
    """

    right: tuple[Example, ...] = ()
    labelled: tuple[Example, ...] = ()


def candidates(base: Task[Any], variants: Sequence[str], found: Demonstrations, rng: random.Random) -> list[Candidate]:
    """Return the changes to try, one part each, in turn of their kinds: if not all can be tried, the first ones are."""
    lists = [[*_instructions(base, variants)], [*_examples(base, found, rng)], [*_styles(base)]]
    changes = [change for change in chain.from_iterable(zip_longest(*lists)) if change is not None]
    return [Candidate((change,)) for change in changes]


def combined(best: Sequence[Change]) -> Candidate | None:
    """Return the best change of each kind together, or None if there are not several kinds."""
    first: dict[Kind, Change] = {}
    for change in best:
        first.setdefault(change.kind, change)
    return Candidate(tuple(first[kind] for kind in Kind if kind in first)) if len(first) > 1 else None


def _styles(base: Task[Any]) -> Iterator[Change]:
    """NONE is not tried: only servers that get the schema in another way would learn it."""
    own = base.style or Style.OUTLINE
    return (Change(Kind.STYLE, f"style {style}", style) for style in (Style.OUTLINE, Style.JSON_SCHEMA) if style != own)


def _instructions(base: Task[Any], variants: Sequence[str]) -> Iterator[Change]:
    seen = {base.instructions.strip()}
    for number, text in enumerate(variants, 1):
        if text.strip() not in seen:
            seen.add(text.strip())
            yield Change(Kind.INSTRUCTIONS, f"instructions {number}", text)


def _examples(base: Task[Any], found: Demonstrations, rng: random.Random) -> Iterator[Change]:
    """Yield sets of worked examples: bootstrapped ones in different numbers, and parts of the task's own."""
    right, labelled, own = _within(found.right), _within(found.labelled), base.examples
    sets: list[tuple[str, tuple[Example, ...]]] = []
    for count in (2, MOST_DEMONSTRATIONS, 1):
        taken = right[:count]
        sets.append((f"{_counted(len(taken))} bootstrapped", taken))
        # as BootstrapFewShot does, labelled rows take the places that bootstrapped ones leave
        if count > 1 and labelled:
            rest = labelled[: max(1, count - len(taken))]
            both = _within((*taken[: count - len(rest)], *rest))
            sets.append((f"{_counted(len(both))} bootstrapped and labelled", both))
    if labelled:
        sets.append((f"{_counted(len(labelled[:2]))} labelled", labelled[:2]))
    if own:
        sets.insert(1, ("no examples", ()))
        added = (*labelled, *right)[:2]
        sets.append((f"its own examples and {len(added)} of gold", (*own, *added)))
        sets += [(f"its own example {number}", (own[number - 1],)) for number in _some(len(own), rng)]
    seen = [own]
    for name, examples in sets:
        if examples not in seen and (examples or own):
            seen.append(examples)
            yield Change(Kind.EXAMPLES, name, examples)


def _some(count: int, rng: random.Random) -> list[int]:
    """Return up to three of the numbers from 1, if there are several."""
    return sorted(rng.sample(range(1, count + 1), min(3, count))) if count > 1 else []


def _within(examples: Sequence[Example]) -> tuple[Example, ...]:
    """Return the first examples that fit into the tokens for examples: every request pays for them."""
    left, kept = EXAMPLE_TOKENS, list[Example]()
    for example in examples[: 2 * MOST_DEMONSTRATIONS]:
        size = tokens_of(len(example.text) + len(json.dumps(example.value, ensure_ascii=False)))
        if size <= left and len(kept) < MOST_DEMONSTRATIONS:
            kept.append(example)
            left -= size
    return tuple(kept)


def _counted(count: int) -> str:
    return f"{count} example" if count == 1 else f"{count} examples"


def example_json(example: Example) -> JsonObject:
    """Return a worked example as task files write it."""
    row: JsonObject = {"text": example.text, "value": json.loads(json.dumps(example.value))}
    quotes: dict[str, Json] = dict(example.quotes)
    return {**row, "quotes": quotes} if quotes else row
