"""A schema as the aligner walks it: its nodes, each with the keys of its objects in every spelling."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, cast

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.parse.json_values import MISSING, at
from structgen.schema import Schema
from structgen.schema.core_schema import Core, has_part
from structgen.schema.node import Node, Raw
from structgen.schema.spelling import letters, near_form

TEMPORAL = frozenset({"date", "date-time", "time", "duration"})
ENCODED = frozenset({"base64", "base64url"})
_WORDS = frozenset({"number", "integer", "boolean", "null"})
_MOST_UNFOLDED = 100
"""A type whose definitions, each written out where it is used, are more than so many may be a lot of work to check."""


@dataclass(frozen=True, slots=True)
class Place:
    """What one place of a value must look like: a node of the schema, and how its keys may be spelled."""

    node: Node
    types: frozenset[str] = frozenset()
    """The types that are named or that the keywords speak of. Empty: any."""
    choices: tuple[Json, ...] | None = None
    branches: tuple[Node, ...] = ()
    fields: Mapping[str, Node] = field(default_factory=dict[str, Node])
    spellings: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    """Every other name, and every name in plain letters -> the field; None if two fields share it."""
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    """The other names that the type itself takes -> the field."""
    near: Mapping[tuple[str, ...], str | None] = field(default_factory=dict[tuple[str, ...], "str | None"])
    """The words of each name, in the singular and in full -> the field; None if two fields share them."""
    named: bool = False
    """Whether it is an object with named fields, if there are any: a type drops other keys."""
    required: frozenset[str] = frozenset()
    extra: Node | None = None
    """What other keys hold; a node that is `never` forbids them, None says nothing."""
    first: tuple[Node, ...] = ()
    least: int = 0
    """The minimum number of items of a list."""
    items: Node | None = None
    format: str = ""
    key_format: str = ""

    def takes(self, kind: str) -> bool:
        """Whether a value of this kind may stand here as it is."""
        return not self.types or kind in self.types or (kind == "integer" and "number" in self.types)

    @property
    def forbids_others(self) -> bool:
        """Whether no key may be here that is not a field."""
        return self.extra is not None and self.extra.never

    @property
    def welcomes_others(self) -> bool:
        """Whether the schema speaks of other keys, and does not forbid them."""
        return self.extra is not None and not self.extra.never

    @property
    def describes_others(self) -> bool:
        """Whether the schema says what other keys hold."""
        return self.welcomes_others and bool(self.extra and self.extra.parts)


class Shape:
    """The places of one Schema, each worked out once, when it is first needed."""

    def __init__(self, schema: Schema[object]) -> None:
        self.root = schema.node
        self.raw = self.root.raw
        self.typed = schema.adapter is not None
        self.encoded = self.typed and any(part.get("format") in ENCODED for part in _objects(self.raw))
        self.temporal = self.typed and any(part.get("format") in TEMPORAL for part in _objects(self.raw))
        self.numbered = self.typed and any(_has_numbers(part) for part in _objects(self.raw))
        self.costly = self.typed and _unfolds(self.raw)
        self.decimal = self.typed and _has_part(schema, _is_decimal)
        self.keyed = self.typed and _has_part(schema, _has_keys)
        self.transforms = self.typed and _has_part(schema, _is_transformed)
        """Whether a validator of the user's sees whole objects first: it may read keys that no field has."""
        self._names = {id(_at(self.raw, path)): names for path, names in schema.names.items()}
        self.aliased = self.typed and bool(schema.names)
        self._spelled = [
            [json.dumps(name, ensure_ascii=False).encode() for name in (steps(path)[-1], *names)]
            for path, names in schema.names.items()
        ]
        self._places: dict[Node, Place] = {}

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every key of every object that the schema speaks of, in plain letters."""
        given = (key for part in _objects(self.raw) for key in _dict(part.get("properties")))
        return frozenset(map(letters, chain(given, *self._names.values())))

    @cached_property
    def root_keys(self) -> frozenset[str]:
        """The keys that the value itself may have, in plain letters."""
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
        """The place that a node of the schema describes."""
        known = self._places.get(node)
        if known is None:
            known = self._places[node] = self._place(node)
        return known

    def is_spelled_twice(self, data: bytes) -> bool:
        """Whether a field may be given under two of its names in this JSON: the type would drop one in silence."""
        return any(sum(name in data for name in names) > 1 for names in self._spelled)

    def ignores(self, path: str, tree: Json) -> bool:
        """Whether a path leads into something that the schema does not speak of: a key beside those it knows."""
        node = self.root
        for step in steps(path):
            place = self.place(node)
            if isinstance(tree, dict) and place.fields:
                if step not in place.fields:
                    other = step in place.spellings or letters(step) in place.spellings
                    return not other and place.extra is None and bool(tree.keys() & place.fields.keys())
                node = place.fields[step]
            elif isinstance(tree, list) and place.items is not None and not place.first:
                node = place.items
            else:
                return False
            tree = _at(tree, pointer([step]))
        return False

    @property
    def looked_into(self) -> bool:
        """Whether a validator may take a text for something else than it says, deep in what it takes as it is."""
        return self.temporal or self.decimal or self.encoded

    @cached_property
    def takes_words(self) -> bool:
        """Whether the whole value is a word of an enum, a number, yes or no, or null: no text of any kind."""
        leaves = [self.place(leaf) for leaf in self.root.leaves()]
        return all(one.choices is not None or (one.types and one.types <= _WORDS) for one in leaves)

    def is_name(self, path: str, key: str, tree: Json) -> bool:
        """Whether a key of the object at a path is a field in some spelling, or one that the schema leaves alone."""
        place = self.place(self.root)
        for step in steps(path):
            place = self._below(place, place.spellings.get(step) or place.spellings.get(letters(step)) or step)
        known = key in place.fields or key in place.spellings or letters(key) in place.spellings
        return known or self.ignores(path + pointer([key]), tree)

    def _below(self, place: Place, step: str) -> Place:
        """The place that a key or an index leads to; anything, if the schema does not speak of it."""
        node = place.fields.get(step, place.extra if place.items is None else place.items)
        return Place(self.root.at(True)) if node is None else self.place(node)

    def knows(self, tree: Json, *, free: bool = True) -> bool:
        """Whether every key of a tree, in any spelling, is one that the schema speaks of; `free`: or may be any key."""
        return self._knows(tree, self.root, free, {})

    def _knows(self, tree: Json, node: Node, free: bool, known: dict[tuple[int, Node], bool]) -> bool:
        place = self.place(node)
        if not place.branches:
            return self._knows_as(tree, place, free, known)
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

    def takes_text_alone(self, path: str, tree: Json) -> bool:
        """Whether nothing but a text may stand at a path, or what stands there does not count."""
        place = self.place(self.root)
        for step in steps(path):
            place = self._below(place, step)
        return place.types == frozenset({"string"}) or self.ignores(path, tree)

    def ignores_all(self, tree: Json) -> bool:
        """Whether an object holds something, and a type with other keys would silently drop all of it."""
        place = self.place(self.root)
        silent = self.typed and bool(place.fields) and place.extra is None
        known = {*place.fields, *place.aliases}
        return silent and isinstance(tree, dict) and bool(tree) and not tree.keys() & known

    def asked_of(self, tree: Json) -> Json:
        """The keys of a root object that the schema speaks of; any other tree as it is."""
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
            first=node.prefix,
            least=least if isinstance(least, int) else 0,
            items=node.items,
            format=node.format if self.typed else "",
            key_format=str(_dict(keys).get("format", "")) if self.typed else "",
        )

    def _others(self, node: Node) -> tuple[str, ...]:
        """The other names of a property."""
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
    """The shape of a schema, kept for the schemas used last."""
    return _shape_of(schema.free)


_shape_of = lru_cache(maxsize=256)(Shape)


def _near(fields: Mapping[str, Node]) -> dict[tuple[str, ...], str | None]:
    found: dict[tuple[str, ...], str | None] = {(): None}
    for name in fields:
        words = near_form(name)
        found[words] = None if words in found else name
    return found


def _types(node: Node) -> frozenset[str]:
    if node.types:
        return node.types
    if "properties" in node.words:
        return frozenset({"object"})
    return frozenset({"array"}) if node.words & {"items", "prefixItems"} else frozenset()


def _at(root: Json, path: str) -> Json:
    found = at(root, steps(path))
    return None if found is MISSING else cast(Json, found)


def _unfolds(root: Raw) -> bool:
    """Whether a definition leads back to itself, or all of them together are long when written out where they are used.

    So may be what a reference names that is no definition.
    """
    defined = _dict(root.get("$defs")) if isinstance(root, dict) else {}
    leads = {f"#/$defs/{name}": _references(part) for name, part in defined.items()}
    used = _references({key: part for key, part in root.items() if key != "$defs"} if isinstance(root, dict) else root)
    if not {*used, *chain.from_iterable(leads.values())} <= leads.keys():
        return True
    sizes: dict[str, int] = {}
    while free := [name for name, others in leads.items() if not others.keys() & leads.keys()]:
        for name in free:
            sizes[name] = 1 + sum(times * sizes[other] for other, times in leads.pop(name).items())
    return bool(leads) or sum(times * sizes[name] for name, times in used.items()) > _MOST_UNFOLDED


def _references(part: Json) -> Counter[str]:
    return Counter(found for one in _objects(part) if isinstance(found := one.get("$ref"), str))


def _has_numbers(part: JsonObject) -> bool:
    """Whether a number is one of the choices here: to Pydantic, as to Python, true and 1.0 equal 1."""
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
    kinds = [str(kind) for kind in (part.get("type"), held)]  # a field may be called type
    return kinds[0] in {"function-before", "function-wrap"} and kinds[1] in _OBJECTS


_OBJECTS = frozenset({"model", "model-fields", "dataclass", "dataclass-args", "typed-dict"})


def _has_keys(part: Core) -> bool:
    """Whether a part is a dict whose keys are made of texts: 1 of "1" and of "01"."""
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


def _dict(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
