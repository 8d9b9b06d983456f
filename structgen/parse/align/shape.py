"""The schema as the aligner walks it: its nodes, each with the spellings of its keys."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, cast

from structgen.core.json import MISSING, Json, JsonObject, as_object, at, pointer, steps
from structgen.schema import Schema
from structgen.schema.core_schema import Core, has_part
from structgen.schema.keywords import walk
from structgen.schema.node import Node, Raw
from structgen.schema.resolve import referred
from structgen.schema.spelling import letters, near_form

TEMPORAL = frozenset({"date", "date-time", "time", "duration"})
ENCODED = frozenset({"base64", "base64url"})
_WORDS = frozenset({"number", "integer", "boolean", "null"})
_MAX_EXPANDED = 100
"""A type may be costly to validate if its definitions, copied to each reference, are more than this number."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the schema says about one place of a value: a node, and how its keys may be spelled."""

    node: Node
    types: frozenset[str] = frozenset()
    """The allowed types, as named or implied by the keywords. Empty: any."""
    choices: tuple[Json, ...] | None = None
    branches: tuple[Node, ...] = ()
    fields: Mapping[str, Node] = field(default_factory=dict[str, Node])
    spellings: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    """Each alias, and each name in plain letters -> the field, or None if two fields share it."""
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    """Each alias that the type itself accepts -> the field."""
    near: Mapping[tuple[str, ...], str | None] = field(default_factory=dict[tuple[str, ...], "str | None"])
    """The words of each name, in the singular and unabbreviated -> the field, or None if two fields share them."""
    named: bool = False
    """Whether the schema lists the object's fields; a type then drops other keys."""
    required: frozenset[str] = frozenset()
    extra: Node | None = None
    """The values of other keys. A node that is `never` forbids such keys; None leaves them open."""
    prefix: tuple[Node, ...] = ()
    min_items: int = 0
    """The minimum number of items of a list."""
    items: Node | None = None
    format: str = ""
    key_format: str = ""

    def takes(self, kind: str) -> bool:
        """Whether a value of this kind is allowed here as it is."""
        return not self.types or kind in self.types or (kind == "integer" and "number" in self.types)

    @property
    def forbids_others(self) -> bool:
        """Whether the schema forbids keys that are not fields."""
        return self.extra is not None and self.extra.never

    @property
    def allows_others(self) -> bool:
        """Whether the schema explicitly allows other keys."""
        return self.extra is not None and not self.extra.never

    @property
    def describes_others(self) -> bool:
        """Whether the schema describes the values of other keys."""
        return self.allows_others and bool(self.extra and self.extra.parts)


class Shape:
    """The places of one Schema, each computed when it is first needed."""

    def __init__(self, schema: Schema[object]) -> None:
        self.root = schema.node
        self.raw = self.root.raw
        self.typed = schema.adapter is not None
        self.encoded = self.typed and any(part.get("format") in ENCODED for part in _objects(self.raw))
        self.temporal = self.typed and any(part.get("format") in TEMPORAL for part in _objects(self.raw))
        self.numbered = self.typed and any(_has_numbers(part) for part in _objects(self.raw))
        self.lists_values = any("const" in part or "enum" in part for part in _objects(self.raw))
        """Whether a place may have `choices`."""
        self.costly = self.typed and _may_be_costly(self.raw)
        self.decimal = self.typed and _has_part(schema, _is_decimal)
        self.keyed = self.typed and _has_part(schema, _has_keys)
        self.transforms = self.typed and _has_part(schema, _is_transformed)
        """Whether a user validator sees whole objects before Pydantic does: it may read keys that no field has."""
        # Several nodes may lead to one property, so its raw schema identifies it.
        self._names = {id(_at(self.raw, path)): names for path, names in schema.names.items()}
        self.aliased = self.typed and bool(schema.names)
        # As JSON writes a key, because they are searched for in the text of a response.
        self._spelled = [
            [json.dumps(name, ensure_ascii=False).encode() for name in (steps(path)[-1], *names)]
            for path, names in schema.names.items()
        ]
        self._places: dict[Node, Place] = {}

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every key of every object in the schema, in plain letters."""
        given = (key for part in _objects(self.raw) for key in as_object(part.get("properties")))
        return frozenset(map(letters, chain(given, *self._names.values())))

    @cached_property
    def root_keys(self) -> frozenset[str]:
        """The keys that the root object may have, in plain letters."""
        keys: set[str] = set()
        todo, seen = [self.root], set[Node]()
        while todo:
            node = todo.pop()
            if node not in seen:
                seen.add(node)
                place = self.place(node)
                todo.extend(place.branches)
                keys |= {letters(key) for key in (*place.fields, *place.spellings)}
        return frozenset(keys)

    def place(self, node: Node) -> Place:
        """Return the place that a node of the schema describes."""
        known = self._places.get(node)
        if known is None:
            known = self._places[node] = self._place(node)
        return known

    def is_spelled_twice(self, data: bytes) -> bool:
        """Whether this JSON may give a field under two of its names, of which the type would drop one silently."""
        return any(sum(name in data for name in names) > 1 for names in self._spelled)

    def ignores(self, path: str, tree: Json) -> bool:
        """Whether a path leads through a key that the schema does not know, beside one that it knows."""
        node = self.root
        for step in steps(path):
            place = self.place(node)
            if isinstance(tree, dict) and place.fields:
                if step not in place.fields:
                    # Without any known key beside it, an unknown one may wrap the answer.
                    other = step in place.spellings or letters(step) in place.spellings
                    return not other and place.extra is None and bool(tree.keys() & place.fields.keys())
                node = place.fields[step]
            elif isinstance(tree, list) and place.items is not None and not place.prefix:
                node = place.items
            else:
                return False
            tree = _at(tree, pointer([step]))
        return False

    @property
    def needs_inspection(self) -> bool:
        """Whether Pydantic may misread strings in values that it accepts, so that all of them must be inspected."""
        return self.temporal or self.decimal or self.encoded

    @cached_property
    def takes_only_words(self) -> bool:
        """Whether the whole value can only be a word of an enum, a number, a boolean or null, and no free text."""
        leaves = [self.place(leaf) for leaf in self.root.leaves()]
        return all(one.choices is not None or (one.types and one.types <= _WORDS) for one in leaves)

    def is_field_name(self, path: str, key: str, tree: Json) -> bool:
        """Whether a key of the object at a path is a field in some spelling, or one that the schema ignores."""
        place = self.place(self.root)
        for step in steps(path):
            place = self._below(place, place.spellings.get(step) or place.spellings.get(letters(step)) or step)
        known = key in place.fields or key in place.spellings or letters(key) in place.spellings
        return known or self.ignores(path + pointer([key]), tree)

    def _below(self, place: Place, step: str) -> Place:
        """Return the place that a key or index leads to, or one that allows anything if the schema has none."""
        node = place.fields.get(step, place.extra if place.items is None else place.items)
        return Place(self.root.at(True)) if node is None else self.place(node)

    def knows_keys(self, tree: Json, *, free: bool = True) -> bool:
        """Whether the schema knows every key of a tree in some spelling; `free`: free keys count as known."""
        return self._knows(tree, self.root, free, {})

    def _knows(self, tree: Json, node: Node, free: bool, known: dict[tuple[int, Node], bool]) -> bool:
        place = self.place(node)
        if not place.branches:
            return self._knows_as(tree, place, free, known)
        # Nested unions lead to the same part in exponentially many ways.
        key = (id(tree), node)
        if key not in known:
            known[key] = any(self._knows(tree, branch, free, known) for branch in place.branches)
        return known[key]

    def _knows_as(self, tree: Json, place: Place, free: bool, known: dict[tuple[int, Node], bool]) -> bool:
        if isinstance(tree, list):
            items = place.items or self.root.at(True)
            return (place.items is None and free) or all(self._knows(item, items, free, known) for item in tree)
        if not isinstance(tree, dict):
            return True
        if not place.fields or place.describes_others:
            return free
        names = ((key, place.spellings.get(key) or place.spellings.get(letters(key)) or key) for key in tree)
        return all(
            name in place.fields and self._knows(tree[key], place.fields[name], free, known) for key, name in names
        )

    def takes_only_strings(self, path: str, tree: Json) -> bool:
        """Whether the schema allows only strings at a path, or ignores what is there."""
        place = self.place(self.root)
        for step in steps(path):
            place = self._below(place, step)
        return place.types == frozenset({"string"}) or self.ignores(path, tree)

    def drops_all(self, tree: Json) -> bool:
        """Whether the type would silently drop every key of an object that has some."""
        place = self.place(self.root)
        silent = self.typed and bool(place.fields) and place.extra is None
        known = {*place.fields, *place.aliases}
        return silent and isinstance(tree, dict) and bool(tree) and not tree.keys() & known

    def known_keys_of(self, tree: Json) -> Json:
        """Return a root object with only the keys that the schema knows; any other tree as it is."""
        place = self.place(self.root)
        if not isinstance(tree, dict) or not place.fields or place.extra is not None:
            return tree
        return {key: value for key, value in tree.items() if key in place.fields}

    def _place(self, node: Node) -> Place:
        if node.branches:
            return Place(node, branches=node.branches, types=_types(node))
        fields, least, keys = node.properties, node.said("minItems"), node.said("propertyNames")
        return Place(
            node,
            types=_types(node),
            choices=node.choices,
            fields=fields,
            spellings=self._spellings(fields),
            aliases={other: name for name, inner in fields.items() for other in self._others(inner)},
            near=_near(fields),
            named="properties" in node.words,
            required=node.required,
            extra=node.extras,
            prefix=node.prefix,
            min_items=least if isinstance(least, int) else 0,
            items=node.items,
            format=node.format if self.typed else "",
            key_format=str(as_object(keys).get("format", "")) if self.typed else "",
        )

    def _others(self, node: Node) -> tuple[str, ...]:
        """Return the aliases of a property."""
        return tuple(name for raw in node.given for name in self._names.get(id(raw), ()))

    def _spellings(self, fields: Mapping[str, Node]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for name, node in fields.items():
            others = self._others(node)
            for spelling in {*others, *(letters(one) for one in (name, *others))} - {"", name}:
                found[spelling] = name if found.get(spelling, name) == name else None
            found.setdefault(letters(name), name)
        return found


def shape_of(schema: Schema[Any]) -> Shape:
    """Return the shape of a schema, cached for the schemas used last."""
    return _shape_of(schema.free)


_shape_of = lru_cache(maxsize=256)(Shape)


def _near(fields: Mapping[str, Node]) -> dict[tuple[str, ...], str | None]:
    found: dict[tuple[str, ...], str | None] = {(): None}  # a name without words is similar to none
    for name in fields:
        words = near_form(name)
        found[words] = None if words in found else name
    return found


def _types(node: Node) -> frozenset[str]:
    if node.types:
        return node.types
    # JSON Schemas often omit the type that their keywords imply.
    if "properties" in node.words:
        return frozenset({"object"})
    return frozenset({"array"}) if node.words & {"items", "prefixItems"} else frozenset()


def _at(root: Json, path: str) -> Json:
    found = at(root, steps(path))
    return None if found is MISSING else cast(Json, found)


def _may_be_costly(root: Raw) -> bool:
    """Whether a definition is recursive, or the definitions are many when copied to each reference.

    A reference to anything but a definition counts as costly too.
    """
    parts = as_object(root.get("$defs")) if isinstance(root, dict) else {}
    leads = {pointer(("$defs", name)): _references(root, part) for name, part in parts.items()}
    own: JsonObject = {key: part for key, part in root.items() if key != "$defs"} if isinstance(root, dict) else {}
    used = _references(root, own)
    if not {*used, *chain.from_iterable(leads.values())} <= leads.keys():
        return True
    sizes: dict[str, int] = {}
    # Definitions whose references are all counted come first; a cycle leaves some that never are.
    while free := [name for name, others in leads.items() if not others.keys() & leads.keys()]:
        for name in free:
            sizes[name] = 1 + sum(times * sizes[other] for other, times in leads.pop(name).items())
    return bool(leads) or sum(times * sizes[name] for name, times in used.items()) > _MAX_EXPANDED


def _references(root: Raw, part: Json) -> Counter[str]:
    """Count how often a part refers to each place."""
    return Counter(found[0] for _, one in walk(part) if (found := referred(root, one)) is not None)


def _has_numbers(part: JsonObject) -> bool:
    """Whether a choice is a number, which Pydantic compares as Python does: true and 1.0 equal 1."""
    choices = [part.get("const"), *_list(part.get("enum"))]
    return any(isinstance(choice, int | float) for choice in choices)


def _has_part(schema: Schema[object], wanted: Callable[[Core], bool]) -> bool:
    return schema.adapter is not None and has_part(cast(Core, schema.adapter.core_schema), wanted)


def _is_decimal(part: Core) -> bool:
    return part.get("type") == "decimal"


def _is_transformed(part: Core) -> bool:
    """Whether a part is a before- or wrap-validator of an object."""
    inner = part.get("schema")
    held = cast("dict[str, object]", inner).get("type") if isinstance(inner, dict) else None
    kinds = [str(kind) for kind in (part.get("type"), held)]  # in a dict of fields, "type" may be a field
    return kinds[0] in {"function-before", "function-wrap"} and kinds[1] in _OBJECTS


_OBJECTS = frozenset({"model", "model-fields", "dataclass", "dataclass-args", "typed-dict"})


def _has_keys(part: Core) -> bool:
    """Whether a part is a dict with converted keys: "1" and "01" become the same integer."""
    keys = part.get("keys_schema")
    return isinstance(keys, dict) and cast("dict[str, object]", keys).get("type") not in {"str", "any"}


def _objects(part: Json) -> Iterator[JsonObject]:
    todo = [part]
    while todo:
        here = todo.pop()
        if isinstance(here, dict):
            yield here
            todo.extend(here.values())
        elif isinstance(here, list):
            todo.extend(here)


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
