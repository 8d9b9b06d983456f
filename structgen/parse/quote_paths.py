"""Take the quotes out of every reading, and keep each at the path of its value.

Aligning and validating never see a quote. A repair that moves a value (a renamed key, an unwrapped object) moves its
quote too.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from structgen.core.json import Json, pointer, steps
from structgen.core.results import Issue, Repair
from structgen.forms import AnswerForm
from structgen.forms.quotes.quoted_schema import Split
from structgen.parse.reading import BREAKS_OFF, Reading


def without_quotes(reading: Reading, form: AnswerForm) -> Reading:
    """Return the reading without its quotes, with its repairs, issues and open paths mapped to the remaining value."""
    split = form.split(reading.value, max(reading.open, key=len, default=""))
    return replace(
        reading,
        value=split.value,
        quotes=split.quotes,
        repairs=tuple(replace(one, path=split.moved(one.path)) for one in reading.repairs),
        issues=tuple(replace(one, path=split.moved(one.path)) for one in reading.issues if _counts(one, split)),
        open=tuple(dict.fromkeys(map(split.moved, reading.open))),
    )


def _counts(issue: Issue, split: Split) -> bool:
    """Whether an issue may refuse the value. One within a quote may not: the quote is only evidence."""
    # such an issue concerns the response as a whole, even if it is found within a quote
    return issue.code in BREAKS_OFF or not split.is_quote(issue.path)


def quotes_of_value(
    form: AnswerForm, quotes: Mapping[str, str | None], before: Json, after: Json
) -> dict[str, str | None]:
    """Return each quotable path of a validated value with its quote or None; `before` is its tree before validation."""
    found = follow_items(quotes, before, after)
    return {path: found.get(path) for path in form.quotable(after)}


def follow_items(quotes: Mapping[str, str | None], before: Json, after: Json) -> Mapping[str, str | None]:
    """Move the quotes to the new paths of list items, which sets and user validators drop or reorder."""
    if before == after:
        return quotes
    found: dict[str, str | None] = {}
    todo: list[tuple[Json, str, Json, str]] = [(before, "", after, "")]
    while todo:
        was, old, here, new = todo.pop()
        if isinstance(here, dict) and isinstance(was, dict):
            common = [(pointer([key]), was[key], item) for key, item in here.items() if key in was]
            todo += [(one, old + step, item, new + step) for step, one, item in common]
        elif isinstance(here, list) and isinstance(was, list):
            pairs = enumerate(zip(_sources(was, here), here, strict=True))
            todo += [(was[i], f"{old}/{i}", item, f"{new}/{n}") for n, (i, item) in pairs if i is not None]
        elif old in quotes:
            found[new] = quotes[old]
    return found


def _sources(was: list[Json], here: list[Json]) -> list[int | None]:
    """Return the old index of each item: that of an equal item, else the same index if no item was dropped, or None."""
    places: defaultdict[str, deque[int]] = defaultdict(deque)
    for index, item in enumerate(was):
        places[_key(item)].append(index)
    found: list[int | None] = []
    for index, item in enumerate(here):
        equal = places.get(_key(item))
        found.append(equal.popleft() if equal else index if len(was) == len(here) else None)
    return found


def _key(item: Json) -> str:
    return json.dumps(item, sort_keys=True)


@dataclass(slots=True)
class _Node:
    """A tree of quotes shaped like the value, so that moving a part takes one step however many quotes it has."""

    inside: dict[str, _Node] = field(default_factory=dict[str, "_Node"])
    quote: tuple[str | None, ...] = ()

    @classmethod
    def of(cls, quotes: Mapping[str, str | None]) -> _Node:
        root = cls()
        for path, quote in quotes.items():
            here = root
            for step in steps(path):
                here = here.inside.setdefault(step, cls())
            here.quote = (quote,)
        return root

    def at(self, path: tuple[str, ...]) -> _Node | None:
        here: _Node | None = self
        for step in path:
            here = here.inside.get(step) if here else None
        return here

    def become(self, other: _Node | None) -> None:
        """Take over the quotes of another part."""
        self.inside, self.quote = (other.inside, other.quote) if other else ({}, ())

    def paths(self) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        todo = [("", self)]
        while todo:
            path, here = todo.pop()
            if here.quote:
                found[path] = here.quote[0]
            todo += [(path + pointer([step]), child) for step, child in here.inside.items()]
        return found


def follow_repairs(quotes: Mapping[str, str | None], repairs: Sequence[Repair]) -> Mapping[str, str | None]:
    """Move the quotes to the paths to which an alignment moved their values; its outer repairs come first."""
    if not any(repair.rule in _MOVING for repair in repairs):
        return quotes
    root = _Node.of(quotes)
    for repair in repairs:
        path = steps(repair.path)
        # A renamed key is at its new path in the repair, but its quotes are still under the old name.
        here = root.at(path[:-1] if repair.rule == "key" else path)
        if here is not None:
            _move(here, repair)
    return root.paths()


_MOVING = frozenset({"key", "unwrapped", "tool_call", "one_for_list", "only_item"})
_ARGUMENTS = ("function", "arguments", "parameters", "args", "input")


def _move(here: _Node, repair: Repair) -> None:
    if repair.rule == "key" and (part := here.inside.pop(str(repair.before), None)) is not None:
        here.inside[str(repair.after)] = part
    elif repair.rule == "one_for_list":
        here.become(_Node({"0": _Node(here.inside, here.quote)}))
    elif repair.rule == "only_item":
        here.become(here.inside.get("0"))
    elif repair.rule == "unwrapped":
        here.become(next(iter(here.inside.values()), None))
    elif repair.rule == "tool_call":  # in the longer form, the arguments are within a function
        while (word := next((word for word in _ARGUMENTS if word in here.inside), None)) is not None:
            here.become(here.inside[word])
