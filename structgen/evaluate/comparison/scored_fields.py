"""The fields of a task as they are compared: paths with every list index as ``*``, each with its rule.

A rule is declared in the task (``Field(json_schema_extra={"compare": "fuzzy"})``), given for a path, or found from the
type: numbers, dates, times and durations by value, everything else as normalised text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from structgen.core.errors import TaskError
from structgen.core.json import Json, as_number, pointer, steps
from structgen.evaluate.comparison.leaf_rules import Compare, LeafRule
from structgen.schema import Schema
from structgen.schema.node import Node

RULE, THRESHOLD = "compare", "compare_threshold"
"""The keywords of a field that declare its rule."""
_ALSO = {"normalized": Compare.NORMALISED, "text": Compare.NORMALISED, "datetime": Compare.DATE}
_BY_FORMAT = {
    "date": Compare.DATE,
    "date-time": Compare.DATE,
    "time": Compare.TIME,
    "duration": Compare.DURATION,
}
_OFFSETS = frozenset({"start", "end"})
_BESIDE_OFFSETS = frozenset({"start", "end", "norm"})
ANY = "*"
"""Replaces every list index in the path of a field."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What a place declares about its comparison. `rule` is None if it only says something about the order."""

    rule: LeafRule | None = None
    ordered: bool = False


@dataclass(frozen=True, slots=True)
class ScoredField:
    """One place of the values. `nodes` are the nodes of the schema there, and empty if it says nothing about it."""

    path: str
    rule: LeafRule
    ordered: bool
    nodes: tuple[Node, ...]
    declared: Declared = Declared()

    @property
    def ignored(self) -> bool:
        """Whether nothing here is compared."""
        return self.rule.compare is Compare.IGNORE

    @property
    def is_span(self) -> bool:
        """Whether this is a passage with its offsets: an object with a `text`, and `start` and `end` as integers."""
        return any(_is_span(node) for node in self.nodes)


def _is_span(node: Node) -> bool:
    named = node.properties
    return "text" in named and all(name in named and "integer" in named[name].types for name in _OFFSETS)


@dataclass(slots=True)
class ScoredFields:
    """All fields of a task. `given` maps paths to rules that replace those of the task.

    Fields are found while values are walked, because a schema may be recursive.
    """

    root: ScoredField
    given: Mapping[str, Declared]
    _known: dict[tuple[str, str], ScoredField] = field(default_factory=dict[tuple[str, str], ScoredField])

    @classmethod
    def of(cls, schema: Schema[Any], compare: Mapping[str, str] | None = None) -> ScoredFields:
        """Return the fields of a schema. `compare` maps paths (``/items/*/name``) to rules: "fuzzy", "ordered,fuzzy".

        Raises TaskError for a rule that does not exist.
        """
        given = {path: _declared([*name.split(",")], path, None) for path, name in (compare or {}).items()}
        top = cls(ScoredField("", LeafRule(), False, ()), given)
        top.root = top.at("", tuple(Node.of(schema.annotated).leaves()), Declared())
        for path in given:
            top.check(path)
        return top

    def check(self, path: str) -> None:
        """Raise TaskError if no value can have this path, because the fields there have other names."""
        above = self.root
        for step in steps(path):
            named = {name for node in above.nodes for name in node.properties}
            found = self.child(above, step)
            if named and not found.nodes:
                raise TaskError(
                    f"{path}: there is no such field. {above.path or 'The value'} has {', '.join(sorted(named))}."
                )
            above = found

    def child(self, above: ScoredField, step: str) -> ScoredField:
        """Return the field of a key, or that of all items for ``*``."""
        known = self._known.get((above.path, step))
        if known is None:
            known = self._known[above.path, step] = self._child(above, step)
        return known

    def rule_at(self, path: str) -> str:
        """Return the name of the rule of a field that was compared: "ordered" and "items" say how a list is."""
        at = self.root
        for step in steps(path):
            at = self.child(at, step)
        item = self._known.get((at.path, ANY))
        if item is None:
            return str(at.rule.compare)
        inner = "items" if any(node.properties for node in item.nodes) else str(item.rule.compare)
        return f"ordered {inner}" if at.ordered else inner

    def _child(self, above: ScoredField, step: str) -> ScoredField:
        path = f"{above.path}{pointer([step])}"
        inherited = Declared()
        if step == ANY:
            found = [node.items for node in above.nodes if node.items is not None]
            found += [first for node in above.nodes for first in node.prefix]
            inherited = Declared(above.declared.rule)
        else:
            found = [child for node in above.nodes if (child := node.child(step)) is not None]
        made = self.at(path, tuple(dict.fromkeys(leaf for node in found for leaf in node.spread())), inherited)
        offsets = above.is_span and step in _BESIDE_OFFSETS and made.declared.rule is None
        # where a passage is says nothing about what it is: offsets are compared as evidence
        return replace(made, rule=LeafRule(Compare.IGNORE)) if offsets else made

    def at(self, path: str, nodes: tuple[Node, ...], inherited: Declared) -> ScoredField:
        """Return the field of these nodes. What a list declares about its items applies if they declare nothing."""
        said = self.given.get(path) or _said(path, nodes)
        rule = said.rule or inherited.rule
        return ScoredField(path, rule or _by_type(nodes), said.ordered, nodes, Declared(rule, said.ordered))


def _said(path: str, nodes: tuple[Node, ...]) -> Declared:
    """Return what the schema declares here."""
    for node in nodes:
        names = node.said(RULE)
        if names is not None:
            return _declared(names, path, as_number(node.said(THRESHOLD)))
    return Declared()


def _declared(names: Json, path: str, threshold: float | None) -> Declared:
    """Read the name of a rule, or a list with ``ordered`` and another one. Raises TaskError."""
    rule, ordered = None, False
    for name in names if isinstance(names, list) else [names]:
        compare = _named(name, path)
        if compare is Compare.ORDERED:
            ordered = True
        else:
            rule = LeafRule(compare, 0.9 if threshold is None else threshold)
    if threshold is not None and not 0 <= threshold <= 1:
        raise TaskError(f"{path}: {THRESHOLD} is a likeness from 0 to 1, not {threshold}.")
    return Declared(rule, ordered)


def _named(name: Json, path: str) -> Compare:
    if isinstance(name, str):
        plain = name.strip().lower().replace("_", "-")
        if plain in _ALSO:
            return _ALSO[plain]
        if plain in {*Compare}:
            return Compare(plain)
        close = get_close_matches(plain, [*Compare], n=1)
        hint = f" Did you mean {str(close[0])!r}?" if close else ""
    else:
        hint = ""
    raise TaskError(
        f"{path or 'The root'}: {name!r} is not a rule of comparison.{hint} The rules are: {', '.join(Compare)}."
    )


def _by_type(nodes: tuple[Node, ...]) -> LeafRule:
    """Return the rule for the type of a field."""
    types = frozenset[str]().union(*(node.types for node in nodes))
    if types & {"number", "integer"}:
        return LeafRule(Compare.NUMBER)
    forms = {node.format for node in nodes if "string" in node.types}
    by_format = {_BY_FORMAT[form] for form in forms if form in _BY_FORMAT}
    if len(forms) == 1 and by_format:
        return LeafRule(by_format.pop())
    choices = [choice for node in nodes for choice in node.choices or () if isinstance(choice, str)]
    # choices that only differ in case must not be taken for the same
    return LeafRule(Compare.EXACT if len({*map(str.casefold, choices)}) < len({*choices}) else Compare.NORMALISED)
