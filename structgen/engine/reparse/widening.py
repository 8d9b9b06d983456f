"""Whether a schema asks more at one place than another schema did: it shows other words, or it admits more values.

An answer to a schema with the same words that admitted at least as much is an answer to the narrower one too, if it
fits. That is for validation to say. Every other answer could have been different.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TypeAlias

from structgen.core.json import Json, JsonObject, pointer
from structgen.schema import Schema
from structgen.schema.keywords import BY_NAME, MANY, ONE, hashable
from structgen.schema.node import Node
from structgen.schema.resolve import standalone

Nodes: TypeAlias = tuple[Node, ...]
"""What a schema says about one path into a value: a node for each way through the unions."""
Words: TypeAlias = frozenset[tuple[str, str]]

_BOUNDS = {
    "number": [("minimum", "exclusiveMinimum", 1), ("maximum", "exclusiveMaximum", -1)],
    "string": [("minLength", "", 1), ("maxLength", "", -1)],
    "array": [("minItems", "", 1), ("maxItems", "", -1)],
    "object": [("minProperties", "", 1), ("maxProperties", "", -1)],
}
"""The bounds of each type: the keyword, its exclusive variant, and 1 for the least value or -1 for the greatest."""
_OF_BOUNDS = frozenset(name for bounds in _BOUNDS.values() for low, strict, _ in bounds for name in (low, strict))
_SHAPE = frozenset({
    "$ref", "$defs", "definitions", "extends", "type", "enum", "const", "anyOf", "oneOf", "allOf", "properties",
    "required", "items", "prefixItems", "additionalItems", "additionalProperties",
})  # fmt: skip
_LIMITS = (ONE | BY_NAME | {"format", "pattern", "uniqueItems", "dependentRequired", "minContains", "maxContains"}) - (
    _SHAPE
)
"""Keywords that limit a value and are compared as written."""
_ADDRESSES = frozenset({"$anchor", "$comment", "$id", "$schema", "$vocabulary", "id", "discriminator"})
_NO_WORDS = _ADDRESSES | _SHAPE | _LIMITS | _OF_BOUNDS | MANY | {"multipleOf"}
_KINDS: dict[type, str] = {
    str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object", type(None): "null",
}  # fmt: skip
_ANY = ""
_MOST_PAIRS = 10_000
_LIKE = 0.5
"""Branches of a union with a greater share of common keys are one branch that has changed."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to answer: a type (or any), the branch of the schema that admits it, and the words about it."""

    kind: str
    node: Node
    words: Words


@lru_cache(maxsize=4096)
def asks_more(new: Nodes, old: Nodes, words: bool) -> bool:
    """Whether new nodes ask for something that the old ones did not. `words`: whether other words count.

    Null and the contents of objects and lists are not looked at: see `takes_nothing` and `asks_more_below`.
    """
    now, then = _ways(new, words), _ways(old, words)
    textual = not any(way.kind == "string" for way in now)
    objects = [way for way in now if way.kind == "object" and way.node.choices is None]
    others = [way for way in now if way not in objects]
    return not all(_is_covered(way, then, textual=textual) for way in others) or not _are_paired(objects, then)


def asks_more_below(new: Nodes, old: Nodes, words: bool, roots: tuple[Node, Node]) -> bool:
    """Whether new nodes ask more than the old ones anywhere inside, so that even an empty value could differ.

    `roots` are the roots of both schemas, which are compared once for all their places.
    """
    inside = _inside((roots[0],), (roots[1],), words)
    if (new, old) not in inside:
        inside = _inside(new, old, words)
    return inside[new, old]


@lru_cache(maxsize=64)
def _inside(new: Nodes, old: Nodes, words: bool) -> Mapping[tuple[Nodes, Nodes], bool]:
    """Map each pair of places that can be reached from two places to whether the new one asks more anywhere inside."""
    around: dict[tuple[Nodes, Nodes], list[tuple[Nodes, Nodes]]] = {(new, old): []}
    todo, other = [(new, old)], list[tuple[Nodes, Nodes]]()
    while todo:
        pair = todo.pop()
        for now, then, lacking in _contents(*pair):
            if not then or lacking or asks_more(now, then, words):
                other.append(pair)
            if (now, then) not in around:  # recursive schemas come here again
                around[now, then] = []
                if then:
                    todo.append((now, then))
            around[now, then].append(pair)
    found = dict.fromkeys(around, False)
    while other:  # from the places that differ to all places around them
        pair = other.pop()
        if not found[pair]:
            found[pair] = True
            other += around[pair]
    return found


def _contents(new: Nodes, old: Nodes) -> Iterator[tuple[Nodes, Nodes, bool]]:
    """Yield what is inside: the new nodes, the old ones, and whether only the new ones may be null or missing."""
    leaves = [leaf for node in new for leaf in node.leaves()]
    names = dict.fromkeys(name for leaf in leaves for name in leaf.properties)
    # The last two stand for all other items and for all other keys.
    others = [str(max((len(leaf.prefix) for leaf in leaves), default=0)), "\0"]
    for name in [*names, *others]:
        now, then = below(new, name), below(old, name)
        if now:
            lacking = may_lack(new, name) and not (may_lack(old, name) or takes_nothing(then))
            yield now, then, lacking or (takes_nothing(now) and not (may_lack(old, name) or takes_nothing(then)))


def below(nodes: Nodes, name: str) -> Nodes:
    """Return the nodes of a key or an index."""
    return tuple(dict.fromkeys(found for node in nodes for found in node.along(pointer([name]))))


def takes_nothing(nodes: Nodes) -> bool:
    """Whether null is admitted."""
    leaves = [leaf for node in nodes for leaf in node.leaves() if not leaf.never]
    return any("null" in _kinds_of(leaf) or not (leaf.types or leaf.choices) for leaf in leaves)


def may_lack(nodes: Nodes, name: str) -> bool:
    """Whether a declared key may be missing. An empty default says no more than an empty list or object would."""
    leaves = [leaf for node in nodes for leaf in node.leaves() if name in leaf.properties]
    return any(name not in leaf.required and leaf.properties[name].default not in (([],), ({},)) for leaf in leaves)


def _ways(nodes: Nodes, words: bool) -> tuple[Way, ...]:
    found: dict[Way, None] = {}
    for node in nodes:
        spread = node.spread()
        # a branch of a union no longer holds the words beside the union
        outer = [part for form in spread if form.branches for part in form.parts]
        for leaf in spread:
            if not leaf.branches and not leaf.never:
                said = frozenset(_words([*outer, *leaf.parts])) if words else frozenset[tuple[str, str]]()
                found |= dict.fromkeys(Way(kind, leaf, said) for kind in _kinds_of(leaf) if kind != "null")
    return tuple(found)


def _kinds_of(leaf: Node) -> frozenset[str]:
    if leaf.choices is not None:
        return frozenset(_KINDS[type(choice)] for choice in leaf.choices)
    return leaf.types or frozenset({_ANY})


def _words(parts: Sequence[JsonObject]) -> Iterator[tuple[str, str]]:
    """Yield what the prompt shows beside the type: title, description, default, examples, and unknown keywords."""
    for part in parts:
        for name, said in part.items():
            # an empty default is how Pydantic says that a field is optional
            if name not in _NO_WORDS and said != "" and not (name == "default" and said in (None, [], {})):
                yield name, json.dumps(said, sort_keys=True)


def _is_covered(way: Way, then: Sequence[Way], *, textual: bool) -> bool:
    """Whether everything that is admitted in one way was admitted then, with the same words.

    `textual`: no text is admitted now. Then a number is what the text that was asked for says, or it does not fit.
    """
    same = [old for old in then if old.words == way.words]
    if way.node.choices is not None:
        choices = [choice for choice in way.node.choices if _KINDS[type(choice)] == way.kind]
        return all(any(_admits(old, choice, textual=textual) for old in same) for choice in choices)
    free = [old for old in same if old.node.choices is None]
    if textual and way.kind in {"integer", "number", "boolean"} and any(old.kind == "string" for old in free):
        return True
    return any(_holds(old.kind, way.kind) and _is_narrower(way.node, old.node, way.kind) for old in free)


def _holds(outer: str, inner: str) -> bool:
    return outer in {_ANY, inner} or (outer, inner) == ("number", "integer")


def _admits(old: Way, choice: Json, *, textual: bool) -> bool:
    if old.node.choices is not None:
        return hashable(choice) in set(map(hashable, old.node.choices))
    kind = _KINDS[type(choice)]
    if textual and old.kind == "string" and kind != "string":
        return True
    if not _holds(old.kind, kind) or not old.node.conditions:
        return _holds(old.kind, kind)
    return not Schema.of(standalone(old.node.root.raw, old.node.raw)).check(choice)


def _is_narrower(new: Node, old: Node, kind: str) -> bool:
    """Whether the limits of the new node, its contents aside, admit nothing that those of the old one refused."""
    name = "number" if kind == "integer" else kind
    bounds = [bound for of, each in _BOUNDS.items() if name in (of, _ANY) for bound in each]
    if not all(_is_tighter(_bound(new, *bound), _bound(old, *bound)) for bound in bounds):
        return False
    steps = _numbers(new, "multipleOf")
    if not all(any(step % whole == 0 for step in steps) for whole in _numbers(old, "multipleOf") if whole):
        return False
    more, less = _limits(new), _limits(old)
    opened = new.extras is not None and not new.extras.never and (old.extras is None or old.extras.never)
    patterns = {limit for limit in more - less if limit[0] == "patternProperties"}
    return less <= more and not patterns and not opened


def _bound(node: Node, inclusive: str, exclusive: str, sign: int) -> tuple[float, bool] | None:
    """Return the tightest bound, so that a greater one is tighter, and whether it is exclusive."""
    flagged = True in list(node.all_said(exclusive))  # as draft 4 says that a bound is exclusive
    found = [(sign * said, flagged) for said in _numbers(node, inclusive)]
    found += [(sign * said, True) for said in _numbers(node, exclusive)]
    empty = sign == 1 and not exclusive  # no list is shorter than 0
    return max((bound for bound in found if not (empty and bound[0] <= 0)), default=None)


def _numbers(node: Node, word: str) -> list[float]:
    return [said for said in node.all_said(word) if isinstance(said, int | float) and not isinstance(said, bool)]


def _is_tighter(new: tuple[float, bool] | None, old: tuple[float, bool] | None) -> bool:
    return old is None or (new is not None and new >= old)


def _limits(node: Node) -> Words:
    said = ((name, part[name]) for part in node.parts for name in part if name in _LIMITS)
    return frozenset((name, json.dumps(limit, sort_keys=True)) for name, limit in said if limit is not False)


def _are_paired(new: Sequence[Way], then: Sequence[Way]) -> bool:
    """Whether each new branch for objects is an old one, perhaps with other keys, and none is added."""
    old = [way for way in then if way.kind == "object" and way.node.choices is None]
    free = {way.words for way in then if way.kind == _ANY and way.node.choices is None}
    left = [way for way in new if way.words not in free]
    if len(left) > len(old) or len(left) * len(old) > _MOST_PAIRS:
        return False
    if len(new) == len(old) == 1:
        return not left or _is_same(left[0], old[0])
    pairs = _pairs(left, old)
    return len(pairs) == len(left) and all(_is_same(one, other) for one, other in pairs.items())


def _pairs(new: Sequence[Way], old: Sequence[Way]) -> Mapping[Way, Way]:
    """Return the old branch of each new one: those with the same words first, then those that are most alike."""
    found: dict[Way, Way] = {}
    for one, other in sorted(product(new, old), key=_alike, reverse=True):
        if one not in found and other not in found.values() and _alike((one, other))[0] > _LIKE:
            found[one] = other
    return found


def lost_keys(new: Nodes, old: Nodes) -> frozenset[str]:
    """Return the keys that only those branches of a union had that are gone.

    An object with such a key meant something else, although the rest of it may fit a branch that is left.
    """
    now, then = ([way for way in _ways(nodes, False) if way.kind == "object"] for nodes in (new, old))
    if not now or len(then) < 2 or len(now) * len(then) > _MOST_PAIRS:
        return frozenset()
    kept = [*_pairs(now, then).values()]
    gone = (name for way in then if way not in kept for name in way.node.properties)
    return frozenset(gone).difference(*(way.node.properties for way in kept))


def _is_same(one: Way, other: Way) -> bool:
    return one.words == other.words and _is_narrower(one.node, other.node, "object")


def _alike(pair: tuple[Way, Way]) -> tuple[float, bool]:
    one, other = pair
    return _likeness(one.node, other.node), one.words == other.words


def _likeness(one: Node, other: Node) -> float:
    """Return how much two branches are alike: 0 if their constants differ, else the share of common keys."""
    tags, others = _tags(one), _tags(other)
    shared = tags.keys() & others.keys()
    if shared:
        return float(all(tags[name] == others[name] for name in shared))
    names, fewer = one.properties.keys() & other.properties.keys(), min(len(one.properties), len(other.properties))
    return len(names) / fewer if fewer else float(not one.properties and not other.properties)


def _tags(node: Node) -> dict[str, object]:
    """Return the properties with one constant value."""
    children = node.properties.items()
    return {name: hashable(child.choices[0]) for name, child in children if child.choices and len(child.choices) == 1}
