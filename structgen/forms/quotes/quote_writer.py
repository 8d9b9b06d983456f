"""Rewrite a JSON Schema with a quote beside every value, and record the shapes that values are converted by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import count
from typing import cast

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.forms.quotes.quoted_shapes import Items, Keys, Leaf, Named, Record, Shape, Shapes
from structgen.schema.keywords import Steps, children, walk
from structgen.schema.node import REMARKS, Node, Raw
from structgen.schema.spelling import letters

DEFINITIONS = ("$defs", "definitions")
_SCALARS = frozenset({"string", "number", "integer", "boolean", "null"})
_OBJECT = frozenset({"properties", "additionalProperties", "patternProperties"})
_ARRAY = frozenset({"items", "prefixItems"})
_ENTANGLED = frozenset({
    "$dynamicRef", "$recursiveRef", "allOf", "contains", "dependencies", "dependentSchemas", "else", "extends", "if",
    "not", "then", "unevaluatedItems", "unevaluatedProperties",
})  # fmt: skip
"""Keywords that describe the same value a second time, or parts of it that no other keyword describes."""
ADDRESSES = frozenset({"$id", "id", "$anchor", "$comment", *DEFINITIONS})
"""Keywords that address a schema. They are dropped, because references are rewritten as pointers."""


class Kind(Enum):
    """What a schema describes."""

    LEAF = "leaf"
    """A single value, which can have a quote."""
    INNER = "inner"
    """An object or a list that contains such values, or a union with one."""
    FIXED = "fixed"
    """A constant, null, or the tag of a union: no document states it."""
    PLAIN = "plain"
    """A value of any type, or a description that quotes cannot be added to."""


@dataclass(slots=True)
class Work:
    """Limits the steps spent on one schema, so that a hostile one cannot take forever."""

    left: int = 100_000

    def step(self) -> None:
        """Count one step. Raise SchemaError after too many."""
        self.left -= 1
        if self.left < 0:
            raise SchemaError("The schema is too large or expands without end.")


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds of the parts of one schema. `tags` are the properties that distinguish the objects of unions."""

    tags: frozenset[Node]
    work: Work
    _known: dict[Node, Kind] = field(default_factory=dict[Node, Kind])

    def of(self, node: Node) -> Kind:
        """Return the kind of one part."""
        self.work.step()
        if node not in self._known:
            self._known[node] = Kind.PLAIN  # in case a reference leads straight back to itself
            self._known[node] = Kind.FIXED if node in self.tags else self._of(node)
        return self._known[node]

    def _of(self, node: Node) -> Kind:
        if node.reference is not None:
            return self.of(node.reference)
        schema = node.raw
        if len(node.parts) > 1 or not isinstance(schema, dict):
            return Kind.PLAIN  # a value that several schemas describe cannot be quoted
        if node.choices is not None:
            return _of_choices(node.choices)
        return self._of_union(node, schema) if options_of(schema)[1] else _of_types(schema)

    def _of_union(self, node: Node, schema: JsonObject) -> Kind:
        """Single values are one leaf. Beside an object with free keys, a pair could not be told from such an object."""
        word, members = options_of(schema)
        if schema.keys() - {word} - REMARKS:
            return Kind.PLAIN
        kinds = {self.of(branch) for branch in node.branches}
        if Kind.PLAIN in kinds or ({Kind.LEAF, Kind.INNER} <= kinds and self._has_free_keys(node)):
            return Kind.PLAIN
        if Kind.INNER in kinds:
            return Kind.INNER
        some = [member for member in members if member != {"type": "null"}]
        return Kind.LEAF if Kind.LEAF in kinds or len(some) > 1 else Kind.FIXED

    def _has_free_keys(self, node: Node) -> bool:
        return any(
            (leaf.extras is not None and bool(leaf.extras.parts)) or "patternProperties" in leaf.words
            for leaf in node.leaves()
        )


def _of_choices(values: tuple[Json, ...]) -> Kind:
    if any(isinstance(value, (dict, list)) for value in values):
        return Kind.PLAIN
    return Kind.LEAF if len([value for value in values if value is not None]) > 1 else Kind.FIXED


def _of_types(schema: JsonObject) -> Kind:
    """Return the kind by the type, or by the keywords that imply one."""
    written = schema.get("type")
    types = {str(kind) for kind in (written if isinstance(written, list) else [written]) if kind is not None}
    if types and types <= _SCALARS:
        return Kind.LEAF if types - {"null"} else Kind.FIXED
    if schema.keys() & _ENTANGLED or types - {"null", "object", "array"} or {"object", "array"} <= types:
        return Kind.PLAIN
    held = _OBJECT if "object" in types else _ARRAY if "array" in types else _OBJECT | _ARRAY
    return Kind.INNER if any(schema.get(key) and schema[key] is not True for key in held) else Kind.PLAIN


def options_of(schema: JsonObject) -> tuple[str, list[Json]]:
    """Return the keyword of a union and its members; ("", []) if the schema is not a union."""
    words = [word for word in ("anyOf", "oneOf") if isinstance(schema.get(word), list)]
    return (words[0], cast("list[Json]", schema[words[0]])) if len(words) == 1 else ("", [])


def tags(root: Node, work: Work) -> frozenset[Node]:
    """Return the properties that distinguish the objects of a union: constants that differ in each of them."""
    found: set[Node] = set()
    for _, schema in walk(root.raw):
        if not isinstance(schema, dict) or schema.keys() - REMARKS != {options_of(schema)[0]}:
            continue  # no union, or one with conditions beside it, which no quotes fit into
        records = [leaf.properties for leaf in root.at(schema).leaves() if leaf.properties]
        for _ in records:
            work.step()
        if len(records) > 1:
            shared = set[str].intersection(*map(set, records))
            fixed = [name for name in shared if _tells_apart([held[name] for held in records])]
            found |= {held[name] for held in records for name in fixed}
    return frozenset(found)


def _tells_apart(nodes: Sequence[Node]) -> bool:
    """Whether no two of these accept the same value."""
    several = [node.choices or () for node in nodes]
    written = [json.dumps(choice, sort_keys=True) for choices in several for choice in choices]
    return all(several) and len(set(written)) == len(written)


_OUTSIDE = ("title", "description")
_NULL: JsonObject = {"type": "null"}

Written = tuple[Json, tuple[Shape, ...]]


def write(schema: JsonObject | bool, keys: Keys) -> tuple[JsonObject | bool, Shapes]:
    """Return the schema with quotes and its shapes. A schema without quotable values is returned unchanged."""
    root = Node.of(schema)
    work = Work()
    return _Writer(root, keys, Kinds(tags(root, work), work)).whole()


@dataclass(slots=True)
class _Writer:
    """Rewrites one schema. A definition may be needed with and without quotes; both get a name under ``$defs``."""

    root: Node
    keys: Keys
    kinds: Kinds
    shapes: Shapes = field(default_factory=Shapes)
    names: dict[tuple[Node, bool], str] = field(default_factory=dict[tuple[Node, bool], str])
    """The node of a definition, and whether with quotes -> name."""
    todo: list[tuple[Node, bool]] = field(default_factory=list[tuple[Node, bool]])

    def whole(self) -> tuple[JsonObject | bool, Shapes]:
        """Write the root, then each definition that is referred to."""
        root, self.shapes.root = self.part(self.root)
        self.shapes.definitions[""] = self.shapes.root
        if not isinstance(root, dict):
            return self.root.raw, self.shapes
        definitions: JsonObject = {}
        for node, quoted in self.todo:  # grows while definitions are written
            if quoted and node.place is not None:
                written, self.shapes.definitions[node.place] = self.part(node)
            else:
                written = self.plain(node.raw)
            definitions[self.names[node, quoted]] = written
        return {**root, "$defs": definitions} if definitions else root, self.shapes

    def part(self, node: Node) -> Written:
        """Write one part: its schema with quotes, and its shapes."""
        self.kinds.work.step()
        schema = node.raw
        if schema is False:
            return False, ()
        kind = self.kinds.of(node)
        if not isinstance(schema, dict) or kind in {Kind.PLAIN, Kind.FIXED}:
            return self.plain(schema), (Leaf.PLAIN if kind is Kind.PLAIN else Leaf.FIXED,)
        if kind is Kind.LEAF:
            self.shapes.quotes_anything = True
            return self._pair(schema), (Leaf.QUOTED,)
        if node.reference is not None and node.reference.place is not None:
            beside = {key: value for key, value in schema.items() if key not in {"$ref", "allOf", *ADDRESSES}}
            return {"$ref": self._reference(node.reference, quoted=True), **beside}, (Named(node.reference.place),)
        if options_of(schema)[1]:
            return self._union(schema)
        return self._inside(schema)

    def _inside(self, schema: JsonObject) -> Written:
        """Write an object or a list whose contents have quotes."""
        made, inner = _bare(schema), dict[Steps, tuple[Shape, ...]]()
        for below, child in children(schema):
            if below[0] in {"properties", "patternProperties", "additionalProperties", "prefixItems", "items"}:
                written, inner[below] = self.part(self.root.at(child))
            elif below[0] in DEFINITIONS:
                continue
            else:
                written = self.plain(child)
            _put(made, below, written)
        return made, _shapes(inner, schema)

    def _union(self, schema: JsonObject) -> Written:
        """Write a union: objects and lists with quotes, all single values as one pair, and null unchanged."""
        word, members = options_of(schema)
        nodes = [self.root.at(cast(Raw, member)) for member in members]
        kinds = [self.kinds.of(node) for node in nodes]
        single = [number for number, kind in enumerate(kinds) if kind is Kind.LEAF or members[number] != _NULL]
        single = [number for number in single if kinds[number] is not Kind.INNER] if Kind.LEAF in kinds else []
        options: list[Json] = []
        shapes: list[Shape] = []
        if len(single) > 1:
            options.append(self._with_quote({"anyOf": [self.plain(members[i]) for i in single]}))
            shapes.append(Leaf.QUOTED)
            self.shapes.quotes_anything = True
        for number, node in enumerate(nodes):
            if number not in single or len(single) == 1:
                written, found = self.part(node)
                options.append(written)
                shapes.extend(found)
        made: JsonObject = {**_bare(schema), word: options}
        if isinstance(remark := schema.get("discriminator"), dict):
            made["discriminator"] = self._discriminator(remark)
        return made, tuple(shapes)

    def _discriminator(self, found: JsonObject) -> JsonObject:
        """Write the discriminator that Pydantic adds to a tagged union, with its references rewritten."""
        mapping = found.get("mapping")
        targets = mapping.items() if isinstance(mapping, dict) else ()
        nodes = {value: node for value, reference in targets if (node := self.root.named(reference))}
        there = {value: self._reference(node, quoted=True) for value, node in nodes.items() if node.place}
        return {**found, "mapping": cast(Json, there)} if there else dict(found)

    # Single values

    def _pair(self, schema: JsonObject) -> JsonObject:
        """Write the pair of a single value. Null and the description stay outside of the pair."""
        inner = cast(JsonObject, self.plain(schema))
        outside: JsonObject = {key: inner.pop(key) for key in _OUTSIDE if key in inner}
        bare = _without_null(inner)
        if "default" in inner and inner["default"] is None:
            outside["default"] = None
            bare.pop("default", None)
        pair = self._with_quote(bare)
        return {**outside, **(pair if bare is inner else {"anyOf": [pair, dict(_NULL)]})}

    def _with_quote(self, value: JsonObject) -> JsonObject:
        keys = self.keys
        return {
            "type": "object",
            "properties": {keys.quote: keys.schema, keys.value: value},
            "required": [keys.quote, keys.value],
        }

    # Parts without quotes

    def plain(self, schema: Json) -> Json:
        """Write a copy without quotes, with its references rewritten."""
        if not isinstance(schema, dict):
            return schema
        made = _bare(schema)
        for below, child in children(schema):
            if below[0] not in DEFINITIONS:
                _put(made, below, self.plain(child))
        named = self.root.named(schema.get("$ref"))
        return {**made, "$ref": self._reference(named, quoted=False)} if named else made

    def _reference(self, node: Node, *, quoted: bool) -> str:
        """Write a reference to a definition, and schedule the definition."""
        if node is self.root and quoted:
            return "#"
        known = (node, quoted)
        if known not in self.names:
            stem = steps(node.place)[-1] if node.place else "root"
            taken = set(self.names.values())
            names = (stem if number == 1 else f"{stem}_{number}" for number in count(1))
            self.names[known] = next(name for name in names if name not in taken)
            self.todo.append(known)
        return "#" + pointer(["$defs", self.names[known]])


def _bare(schema: JsonObject) -> JsonObject:
    """Return a copy, without addresses, whose children can be replaced."""
    return {
        key: list(value) if isinstance(value, list) else dict(value) if isinstance(value, dict) else value
        for key, value in schema.items()
        if key not in ADDRESSES
    }


def _put(made: JsonObject, below: Sequence[str | int], written: Json) -> None:
    """Put a child back into its place."""
    if len(below) == 1:
        made[str(below[0])] = written
    elif isinstance(held := made[str(below[0])], list):
        held[int(below[1])] = written
    else:
        cast(JsonObject, held)[str(below[1])] = written


def _shapes(inner: dict[Steps, tuple[Shape, ...]], schema: JsonObject) -> tuple[Shape, ...]:
    """Return the shapes of an object or a list, or of both, from the shapes of their parts."""
    fields = {str(below[1]): shapes for below, shapes in inner.items() if below[0] == "properties"}
    others = (*_all(inner, "patternProperties"), *_all(inner, "additionalProperties"))
    first = [
        shapes
        for below, shapes in inner.items()
        if below[0] == "prefixItems" or (len(below) == 2 and below[0] == "items")
    ]
    rest = tuple(shape for below, shapes in inner.items() if below == ("items",) for shape in shapes)
    parts = cast(JsonObject, schema.get("properties", {}))
    fixed = {name: _fixed(parts[name]) for name, shapes in fields.items() if shapes == (Leaf.FIXED,)}
    record = Record(fields, others, fixed, {letters(name): name for name in fields})
    found: list[Shape] = [record] if fields or others else []
    return (*found, Items(tuple(first), rest)) if first or rest else tuple(found)


def _fixed(schema: Json) -> tuple[Json, ...]:
    """Return the values that a tag can have."""
    held = schema if isinstance(schema, dict) else {}
    choices = [held["const"]] if "const" in held else held.get("enum", [None])
    return tuple(choices) if isinstance(choices, list) else ()


def _all(inner: dict[Steps, tuple[Shape, ...]], word: str) -> tuple[Shape, ...]:
    return tuple(shape for below, shapes in inner.items() if below[0] == word for shape in shapes)


def _without_null(schema: JsonObject) -> JsonObject:
    """Return the schema without null; the same schema if it does not allow null."""
    made: JsonObject = dict(schema)
    kinds, choices = schema.get("type"), schema.get("enum")
    if isinstance(kinds, list) and "null" in kinds:
        left: list[Json] = [kind for kind in kinds if kind != "null"]
        made["type"] = left[0] if len(left) == 1 else left
    if isinstance(choices, list) and None in choices:
        made["enum"] = [choice for choice in choices if choice is not None]
    word, members = options_of(schema)
    some = [member for member in members if member != _NULL]
    if len(some) < len(members):
        del made[word]
        made.update(some[0] if len(some) == 1 and isinstance(some[0], dict) else {word: some})
    return schema if made == schema else made
