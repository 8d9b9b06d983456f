"""A JSON Schema as the aligner walks it: references followed, `allOf` merged, keys by every spelling."""

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
from structgen.schema.resolve import target
from structgen.schema.spelling import letters, near_form

Raw = JsonObject | bool

TEMPORAL = frozenset({"date", "date-time", "time", "duration"})
ENCODED = frozenset({"base64", "base64url"})
_WORDS = frozenset({"number", "integer", "boolean", "null"})
_PARTS = ("anyOf", "oneOf")
_MOST_REFERENCES = 50
_MOST_NODES, _NODES_PER_PART = 1_000, 20
"""So many forms, at the least and for each part of a schema, are told apart; in the others anything may stand."""
_MOST_UNFOLDED = 100
"""A type whose definitions, each written out where it is used, are more than so many may be a lot of work to check."""
_REMARKS = frozenset({"title", "description", "default", "examples", "deprecated", "$defs"})


@dataclass(frozen=True, slots=True)
class Node:
    """What one place of a value must look like. Children stay raw: schemas are recursive."""

    types: frozenset[str] = frozenset()
    """Empty: any."""
    choices: tuple[Json, ...] | None = None
    branches: tuple[Raw, ...] = ()
    fields: Mapping[str, Raw] = field(default_factory=dict[str, Raw])
    spellings: Mapping[str, str | None] = field(default_factory=dict[str, str | None])
    """Every other name, and every name in plain letters -> the field; None where two fields share it."""
    aliases: Mapping[str, str] = field(default_factory=dict[str, str])
    """The other names that the type itself takes -> the field."""
    near: Mapping[tuple[str, ...], str | None] = field(default_factory=dict[tuple[str, ...], "str | None"])
    """The words of each name, in the singular and in full -> the field; None where two fields share them."""
    named: bool = False
    """Whether it is an object with named fields, if there are any: a type drops other keys."""
    required: frozenset[str] = frozenset()
    extra: Raw | None = None
    """The schema of other keys; False forbids them, None says nothing."""
    first: tuple[Raw, ...] = ()
    least: int = 0
    """So many items a list must have."""
    items: Raw | None = None
    format: str = ""
    key_format: str = ""

    def takes(self, kind: str) -> bool:
        """Whether a value of this kind may stand here as it is."""
        return not self.types or kind in self.types or (kind == "integer" and "number" in self.types)


class Shape:
    """The nodes of one Schema, each worked out once, when it is first needed."""

    def __init__(self, schema: Schema[object]) -> None:
        self.root: Raw = schema.json_schema
        self.typed = schema.adapter is not None
        self.encoded = self.typed and any(part.get("format") in ENCODED for part in _objects(self.root))
        self.temporal = self.typed and any(part.get("format") in TEMPORAL for part in _objects(self.root))
        self.numbered = self.typed and any(_has_numbers(part) for part in _objects(self.root))
        self.costly = self.typed and _unfolds(self.root)
        self.decimal = self.typed and _has_part(schema, _is_decimal)
        self.keyed = self.typed and _has_part(schema, _has_keys)
        self.transforms = self.typed and _has_part(schema, _is_transformed)
        """Whether a validator of the user's sees whole objects first: it may read keys that no field has."""
        self._names = {id(_at(self.root, path)): names for path, names in schema.names.items()}
        self.aliased = self.typed and bool(schema.names)
        self._spelled = [
            [json.dumps(name, ensure_ascii=False).encode() for name in (steps(path)[-1], *names)]
            for path, names in schema.names.items()
        ]
        self._nodes: dict[int, tuple[Raw, Node]] = {}
        self._whole: dict[int, tuple[Raw, JsonObject]] = {}
        self._joined: dict[object, JsonObject] = {}
        self._most_nodes = _MOST_NODES + _NODES_PER_PART * sum(1 for _ in _objects(self.root))

    @cached_property
    def keys(self) -> frozenset[str]:
        """Every key of every object that the schema speaks of, in plain letters."""
        given = (key for part in _objects(self.root) for key in _dict(part.get("properties")))
        return frozenset(map(letters, chain(given, *self._names.values())))

    @cached_property
    def root_keys(self) -> frozenset[str]:
        """The keys that the value itself may have, in plain letters."""
        keys: set[str] = set()
        todo, seen = [self.root], set[int]()
        while todo:
            raw = todo.pop()
            if id(raw) not in seen:
                seen.add(id(raw))
                node = self.node(raw)
                todo.extend(node.branches)
                keys |= {letters(key) for key in (*node.fields, *node.spellings)}
        return frozenset(keys)

    def node(self, raw: Raw) -> Node:
        """The node of a part of the schema.

        The parts are those of the schema and, in unions, these with what stands beside the union. Unions in unions may
        join in ever new ways; beyond a bound anything may stand in such a place, and the validator alone decides.
        """
        known = self._nodes.get(id(raw))
        if known is None:
            if len(self._nodes) >= self._most_nodes:
                return Node()
            known = self._nodes[id(raw)] = (raw, self._node(raw))
        return known[1]

    def is_spelled_twice(self, data: bytes) -> bool:
        """Whether a field may be given under two of its names in this JSON: the type would drop one in silence."""
        return any(sum(name in data for name in names) > 1 for names in self._spelled)

    def ignores(self, path: str, tree: Json) -> bool:
        """Whether a path leads into something that the schema does not speak of: a key beside those it knows."""
        raw: Raw = self.root
        for step in steps(path):
            node = self.node(raw)
            if isinstance(tree, dict) and node.fields:
                if step not in node.fields:
                    other = step in node.spellings or letters(step) in node.spellings
                    return not other and node.extra is None and bool(tree.keys() & node.fields.keys())
                raw = node.fields[step]
            elif isinstance(tree, list) and isinstance(node.items, dict) and not node.first:
                raw = node.items
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
        todo, found = [self.node(self.root)], list[Node]()
        while todo and len(found) < _MOST_REFERENCES:
            found.append(todo.pop())
            todo += [self.node(branch) for branch in found[-1].branches]
        leaves = [node for node in found if not node.branches]
        return not todo and all(node.choices is not None or (node.types and node.types <= _WORDS) for node in leaves)

    def is_name(self, path: str, key: str, tree: Json) -> bool:
        """Whether a key of the object at a path is a field in some spelling, or one that the schema leaves alone."""
        raw: Raw | None = self.root
        for step in steps(path):
            node = self.node(raw) if isinstance(raw, dict) else Node()
            name = node.spellings.get(step) or node.spellings.get(letters(step)) or step
            raw = node.fields.get(name, node.extra if node.items is None else node.items)
        node = self.node(raw) if isinstance(raw, dict) else Node()
        known = key in node.fields or key in node.spellings or letters(key) in node.spellings
        return known or self.ignores(path + pointer([key]), tree)

    def knows(self, tree: Json, raw: Raw | None = None, *, free: bool = True) -> bool:
        """Whether every key of a tree, in any spelling, is one that the schema speaks of; `free`: or may be any key."""
        return self._knows(tree, self.root if raw is None else raw, free, {})

    def _knows(self, tree: Json, raw: Raw, free: bool, known: dict[tuple[int, int], bool]) -> bool:
        if not self.node(raw).branches:
            return self._knows_as(tree, self.node(raw), free, known)
        key = (id(tree), id(raw))
        if key not in known:
            known[key] = any(self._knows(tree, branch, free, known) for branch in self.node(raw).branches)
        return known[key]

    def _knows_as(self, tree: Json, node: Node, free: bool, known: dict[tuple[int, int], bool]) -> bool:
        if isinstance(tree, list):
            items = node.items or {}
            return (node.items is None and free) or all(self._knows(item, items, free, known) for item in tree)
        if not isinstance(tree, dict):
            return True
        if not node.fields or isinstance(node.extra, dict):
            return free
        names = ((key, node.spellings.get(key) or node.spellings.get(letters(key)) or key) for key in tree)
        return all(
            name in node.fields and self._knows(tree[key], node.fields[name], free, known) for key, name in names
        )

    def takes_text_alone(self, path: str, tree: Json) -> bool:
        """Whether nothing but a text may stand at a path, or what stands there does not count."""
        raw: Raw | None = self.root
        for step in steps(path):
            node = self.node(raw) if isinstance(raw, dict) else Node()
            raw = node.fields.get(step, node.extra if node.items is None else node.items)
        alone = isinstance(raw, dict) and self.node(raw).types == frozenset({"string"})
        return alone or self.ignores(path, tree)

    def ignores_all(self, tree: Json) -> bool:
        """Whether an object holds something, and a type with other keys would silently drop all of it."""
        node = self.node(self.root)
        silent = self.typed and bool(node.fields) and node.extra is None
        return silent and isinstance(tree, dict) and bool(tree) and not tree.keys() & self._accepted(node)

    def _accepted(self, node: Node) -> set[str]:
        return {*node.fields, *(name for raw in node.fields.values() for name in self._names.get(id(raw), ()))}

    def asked_of(self, tree: Json) -> Json:
        """The keys of a root object that the schema speaks of; any other tree as it is."""
        node = self.node(self.root)
        if not isinstance(tree, dict) or not node.fields or node.extra is not None:
            return tree
        return {key: value for key, value in tree.items() if key in node.fields}

    def _node(self, raw: Raw) -> Node:
        part = self._resolved(raw, _MOST_REFERENCES)
        branches = self._branches(part)
        if branches:
            return Node(branches=branches, types=_types(part))
        fields = cast("dict[str, Raw]", _dict(part.get("properties")))
        choices = [part["const"]] if "const" in part else part.get("enum")
        items = part.get("items")
        first = part.get("prefixItems")
        if isinstance(items, list):  # tuples before draft 2020-12
            first, items = items, part.get("additionalItems")
        return Node(
            types=_types(part),
            choices=tuple(choices) if isinstance(choices, list) else None,
            fields=fields,
            spellings=self._spellings(fields),
            aliases={other: name for name, raw in fields.items() for other in self._names.get(id(raw), ())},
            near=_near(fields),
            named="properties" in part,
            required=frozenset(cast("list[str]", _list(part.get("required")))),
            extra=cast("Raw | None", True if "patternProperties" in part else part.get("additionalProperties")),
            first=tuple(cast("list[Raw]", _list(first))),
            least=least if isinstance(least := part.get("minItems"), int) else 0,
            items=items if isinstance(items, dict | bool) else None,
            format=str(part.get("format", "")) if self.typed else "",
            key_format=str(_dict(part.get("propertyNames")).get("format", "")) if self.typed else "",
        )

    def _resolved(self, raw: Json, left: int) -> JsonObject:
        """One object schema out of a reference, its neighbours and the parts of `allOf`."""
        if not isinstance(raw, dict) or left == 0:
            return {}
        known = self._whole.get(id(raw))
        if known is None:
            known = self._whole[id(raw)] = (raw, self._gathered(raw, left))
        return known[1]

    def _gathered(self, raw: JsonObject, left: int) -> JsonObject:
        own = {key: value for key, value in raw.items() if key not in {"$ref", "allOf"}}
        if (named := target(self.root, raw.get("$ref"))) is not None:
            own = _merged(self._resolved(named, left - 1), own)
        for part in _list(raw.get("allOf")):
            own = _merged(own, self._resolved(part, left - 1))
        return own

    def _branches(self, part: JsonObject) -> tuple[Raw, ...]:
        """The branches of a union, each with what stands beside them."""
        for word in _PARTS:
            if isinstance(branches := part.get(word), list):
                beside = {key: value for key, value in part.items() if key != word}
                if not beside.keys() & {"properties", "required", "type", "anyOf", "oneOf", "additionalProperties"}:
                    return tuple(branch for branch in branches if isinstance(branch, dict | bool))
                joined = (_merged(beside, self._resolved(branch, _MOST_REFERENCES)) for branch in branches)
                return tuple(self._joined.setdefault(_identity(one), one) for one in joined)
        return ()

    def _spellings(self, fields: Mapping[str, Raw]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for name, raw in fields.items():
            others = self._names.get(id(raw), ())
            for spelling in {*others, *(letters(one) for one in (name, *others))} - {"", name}:
                found[spelling] = name if found.get(spelling, name) == name else None
            found.setdefault(letters(name), name)
        return found


def shape_of(schema: Schema[Any]) -> Shape:
    """The shape of a schema, kept for the schemas used last."""
    return _shape_of(schema.free)


_shape_of = lru_cache(maxsize=256)(Shape)


def _merged(base: JsonObject, more: JsonObject) -> JsonObject:
    both = {**base, **more}
    for word in ("properties", "$defs"):
        if isinstance(base.get(word), dict) and isinstance(more.get(word), dict):
            both[word] = {**_dict(base[word]), **_dict(more[word])}
    if base.get("required") and more.get("required"):
        several = dict.fromkeys(map(str, [*_list(base["required"]), *_list(more["required"])]))
        both["required"] = list[Json](several)
    return both


def _near(fields: Mapping[str, Raw]) -> dict[tuple[str, ...], str | None]:
    found: dict[tuple[str, ...], str | None] = {(): None}
    for name in fields:
        words = near_form(name)
        found[words] = None if words in found else name
    return found


def _identity(part: JsonObject) -> tuple[object, ...]:
    """Equal for parts that say the same: they are joined out of the same parts of a schema."""
    return tuple(sorted((word, _same_part(word, said)) for word, said in part.items() if word not in _REMARKS))


def _same_part(word: str, said: Json) -> str:
    if word == "properties" and isinstance(said, dict):
        return repr([(name, id(raw)) for name, raw in said.items()])
    if isinstance(said, dict | list) and word != "required":
        return f"part {id(said)}"
    return repr(said)


def _types(part: JsonObject) -> frozenset[str]:
    given = part.get("type")
    if isinstance(given, str):
        return frozenset({given})
    if isinstance(given, list):
        return frozenset(str(one) for one in given)
    if "properties" in part:
        return frozenset({"object"})
    return frozenset({"array"}) if "items" in part or "prefixItems" in part else frozenset()


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
