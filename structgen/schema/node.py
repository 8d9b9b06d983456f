"""One place of a schema as a value meets it: all that applies there, read as one.

`$ref`, `allOf` and the keywords beside them all say "and this applies too". So a place is a set of schemas that apply
together, its `parts`, and everything else is read off these by one rule: types and choices are those that all parts
allow, a property is a place where whatever any part says of it applies, and a branch of a union is a place where the
branch applies along with the rest. Nothing is merged before somebody looks, and a place that is reached in many ways
is one object, so recursive schemas are no problem: `node.properties["child"] is node`.

What a node says is never stricter than the schema. Where it says less, `conditions` names the keywords that it leaves
to the validator.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias, cast

from structgen.core.json import Json, JsonObject, as_object, pointer, steps
from structgen.schema.keywords import walk
from structgen.schema.resolve import canonical, referred, standalone, target

Raw: TypeAlias = JsonObject | bool

UNIONS = ("anyOf", "oneOf")
REMARKS = frozenset({
    "$anchor", "$comment", "$defs", "$id", "$schema", "$vocabulary", "default", "deprecated", "description",
    "discriminator", "examples", "id", "readOnly", "title", "writeOnly",
})  # fmt: skip
"""Keywords that no value can break."""

_READ = REMARKS | {
    "$ref", "additionalItems", "additionalProperties", "allOf", "anyOf", "const", "enum", "items", "prefixItems",
    "properties", "required", "type",
}  # fmt: skip
_MOST_NODES, _NODES_PER_PART = 1_000, 20
"""A schema may have this many nodes, and this many more for each of its parts: see `_Table`."""

Unions: TypeAlias = frozenset[tuple[int, str]]


@dataclass(frozen=True, eq=False)
class Node:
    """One place of a schema. Two nodes of one schema are equal only if they are the same object."""

    table: _Table = field(repr=False)
    given: tuple[Raw, ...]
    """The schemas that apply here, as they are written."""
    taken: Unions = frozenset()
    """The unions among the parts of which a branch is already given."""

    @classmethod
    def of(cls, schema: Raw) -> Node:
        """The node of a whole schema, its references in whatever spelling."""
        table = _Table(_unshared(canonical(schema)))
        return table.node((table.root,))

    def at(self, raw: Raw) -> Node:
        """The node of a schema that is written somewhere in the same whole."""
        return self.table.node((raw,))

    def named(self, reference: object) -> Node | None:
        """The node that a canonical reference names, or None."""
        found = target(self.table.root, reference)
        return None if found is None else self.at(found)

    @property
    def root(self) -> Node:
        """The node of the whole schema."""
        return self.at(self.table.root)

    @property
    def raw(self) -> Raw:
        """A JSON Schema of this place; its references are those of the whole schema."""
        return self.given[0] if len(self.given) == 1 else {"allOf": list(self.given)} if self.given else True

    @property
    def alone(self) -> Raw:
        """A JSON Schema of this place that stands alone: with the definitions that it needs."""
        return standalone(self.table.root, self.raw)

    @property
    def place(self) -> str | None:
        """The pointer to where this place is written in the canonical schema; None if it is joint, true or false."""
        return self.table.places.get(id(self.given[0])) if len(self.given) == 1 else None

    @cached_property
    def reference(self) -> Node | None:
        """What this place merely refers to, perhaps with remarks beside the reference; None for any other place."""
        own = self.given[0] if len(self.given) == 1 else True
        members = own.get("allOf") if isinstance(own, dict) else None
        if not isinstance(own, dict) or own.keys() - REMARKS - {"$ref", "allOf"}:
            return None
        if isinstance(members, list):  # how older Pydantic writes remarks beside a reference
            lone = members[0] if len(members) == 1 and "$ref" not in own else None
            return self.named(lone["$ref"]) if isinstance(lone, dict) and lone.keys() == {"$ref"} else None
        return self.named(own.get("$ref"))

    def reference_beside(self, idle: Callable[[JsonObject], bool]) -> Node | None:
        """The one schema that this place refers to, if all else that is written here is idle; None otherwise."""
        found: set[Node] = set()
        todo = [*self.given]
        while todo:
            part = todo.pop()
            if not isinstance(part, dict) or not idle(part):
                return None
            todo += [one for one in _list(part.get("allOf")) if isinstance(one, (dict, bool))]
            named = self.named(part.get("$ref"))
            found |= set() if named is None else {named}
        return found.pop() if len(found) == 1 else None

    def together(self, *schemas: Raw) -> Node:
        """The place where all of these schemas apply, each written in the same whole or without references."""
        return self.table.together(schemas)

    # Everything that applies

    @cached_property
    def parts(self) -> tuple[JsonObject, ...]:
        """Every schema that applies here: those given, what they refer to, and the members of `allOf`, each once."""
        return tuple(part for part in self._closure if isinstance(part, dict))

    @cached_property
    def _closure(self) -> tuple[Raw, ...]:
        return self.table.closure(self.given)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every keyword that some part has."""
        return frozenset[str]().union(*self.parts)

    @cached_property
    def conditions(self) -> frozenset[str]:
        """The keywords that apply here but that a node does not express: bounds, patterns, `not`, `if` and so on.

        Without any, a value fits the schema if and only if it fits what the node says.
        """
        found = set(self.words - _READ)
        if self.unresolved:
            found.add("$ref")
        if self.table.is_full:
            found.add("allOf")  # some nodes may say less than they should
        return frozenset(found | ({"oneOf"} if self.is_exclusive else set()))

    @cached_property
    def unresolved(self) -> tuple[Json, ...]:
        """The references here that name nothing in the schema, such as those to metaschemas."""
        return tuple(reference for reference in self.all_said("$ref") if self.named(reference) is None)

    def said(self, word: str) -> Json:
        """The value of a keyword; the outermost if several parts have it, None if none does."""
        return next((part[word] for part in self.parts if word in part), None) if word in self.words else None

    def all_said(self, word: str) -> Iterator[Json]:
        """Every value that a part has for a keyword."""
        return (part[word] for part in self.parts if word in part)

    # The value itself

    @cached_property
    def never(self) -> bool:
        """Whether no value fits, as far as types and choices tell."""
        return False in self._closure or self._types == frozenset() or self.choices == ()

    @property
    def types(self) -> frozenset[str]:
        """The types that a value may have; empty for any."""
        return self._types or frozenset()

    @cached_property
    def _types(self) -> frozenset[str] | None:
        found: frozenset[str] | None = None
        for written in self.all_said("type"):
            kinds = frozenset(types_of(written))
            if kinds:
                found = kinds if found is None else _common(found, kinds)
        return found

    @cached_property
    def choices(self) -> tuple[Json, ...] | None:
        """The only values that are allowed, by `enum` or `const`; None for any."""
        found: tuple[Json, ...] | None = None
        if not self.words & {"const", "enum"}:
            return found
        for part in self.parts:
            for listed in ([part["const"]] if "const" in part else None, part.get("enum")):
                if isinstance(listed, list):
                    allowed = set(map(hashable, listed))
                    found = tuple(one for one in (listed if found is None else found) if hashable(one) in allowed)
        return found

    @cached_property
    def _union(self) -> tuple[JsonObject, str] | None:
        """The first union among the parts of which no branch is given yet."""
        if not self.words & {*UNIONS}:
            return None
        for part in self.parts:
            for word in UNIONS:
                if isinstance(part.get(word), list) and part[word] and (id(part), word) not in self.taken:
                    return part, word
        return None

    @property
    def is_exclusive(self) -> bool:
        """Whether the union here is `oneOf`: a value fits exactly one branch."""
        return self._union is not None and self._union[1] == "oneOf"

    @cached_property
    def branches(self) -> tuple[Node, ...]:
        """The branches of the union here, each with all that applies beside it; empty if there is no union.

        Several unions that apply together come one inside the other.
        """
        if self._union is None:
            return ()
        part, word = self._union
        taken = self.taken | {(id(part), word)}
        members = [one for one in _list(part[word]) if isinstance(one, (dict, bool))]
        return tuple(self.table.joined((member, *self.parts), taken) for member in members)

    @cached_property
    def beside(self) -> Node:
        """The same place without its first union: what stands beside it."""
        if self._union is None:
            return self
        part, word = self._union
        return self.table.joined(self.parts, self.taken | {(id(part), word)})

    def spread(self) -> tuple[Node, ...]:
        """The node itself and the branches of all unions here, each once, in order."""
        found: dict[Node, None] = {}
        todo: list[Node] = [self]
        while todo:
            node = todo.pop()
            if node not in found:
                found[node] = None
                todo += node.branches[::-1]
        return tuple(found)

    def leaves(self) -> tuple[Node, ...]:
        """The ends of all unions here, each once, in order; the node itself if there is no union."""
        return tuple(node for node in self.spread() if not node.branches)

    # What is in the value

    @cached_property
    def properties(self) -> Mapping[str, Node]:
        """The named properties of an object."""
        if "properties" not in self.words:
            return {}
        held = [(part, as_object(part.get("properties"))) for part in self.parts]
        names = dict.fromkeys(name for _, named in held for name in named)
        return {name: self.table.together(_of_key(part, named, name) for part, named in held) for name in names}

    @cached_property
    def required(self) -> frozenset[str]:
        """The keys that must be there."""
        return frozenset(name for named in self.all_said("required") for name in _list(named) if isinstance(name, str))

    @cached_property
    def extras(self) -> Node | None:
        """What keys without a name of their own hold; `never` if there may be none, None if nothing is said of them.

        Keys that a pattern speaks of may hold anything here: `conditions` has `patternProperties` then.
        """
        spoken = [part for part in self.parts if part.keys() & {"additionalProperties", "patternProperties"}]
        return self.table.together(map(_other, spoken)) if spoken else None

    @cached_property
    def prefix(self) -> tuple[Node, ...]:
        """The items of a list that have a schema each, by their place."""
        if not self.words & {"prefixItems", "items"}:
            return ()
        lists = [_items(part) for part in self.parts]
        longest = max((len(first) for first, _ in lists), default=0)
        return tuple(
            self.table.together(first[index] if index < len(first) else rest for first, rest in lists)
            for index in range(longest)
        )

    @cached_property
    def items(self) -> Node | None:
        """What the other items of a list are; None if nothing is said of them."""
        rests = [rest for part in self.parts if "items" in part and (rest := _items(part)[1]) is not None]
        return self.table.together(rests) if rests else None

    def child(self, step: str) -> Node | None:
        """What a key or an index leads to; None if nothing is said of it. Unions are not looked into: see `leaves`."""
        if step in self.properties:
            return self.properties[step]
        if step.isdecimal() and (self.prefix or self.items is not None):
            return self.prefix[int(step)] if int(step) < len(self.prefix) else self.items
        return self.extras

    def along(self, path: str) -> tuple[Node, ...]:
        """What the schema says of a place in a value, by its pointer: one node for each way through the unions."""
        found: tuple[Node, ...] = (self,)
        for step in steps(path):
            leaves = dict.fromkeys(leaf for node in found for leaf in node.leaves())
            found = tuple(dict.fromkeys(way for leaf in leaves if (way := leaf._way(step)) is not None))
        return found

    def _way(self, step: str) -> Node | None:
        """What a key or an index leads to. Of other keys that may hold anything the schema says nothing."""
        child = self.child(step)
        says_nothing = child is not None and not child.parts and child is self.extras and step not in self.properties
        return None if says_nothing else child

    # Remarks

    @property
    def title(self) -> str:
        """Its title, or ""."""
        return found if isinstance(found := self.said("title"), str) else ""

    @property
    def description(self) -> str:
        """Its description, or ""."""
        return found if isinstance(found := self.said("description"), str) else ""

    @property
    def format(self) -> str:
        """Its format, or ""."""
        return found if isinstance(found := self.said("format"), str) else ""

    @property
    def default(self) -> tuple[Json, ...]:
        """Its default; empty if it has none, because null is a value."""
        return next(((part["default"],) for part in self.parts if "default" in part), ())


class _Table:
    """The nodes of one schema, each made once.

    A node is one set of parts. Unions within unions may join the parts in exponentially many ways. Beyond a limit that
    grows with the schema a new node is one where anything may stand, so that no schema can make the work explode.
    """

    def __init__(self, root: Raw) -> None:
        self.root = root
        self.is_full = False
        self._known: dict[Hashable, Node] = {}

    @cached_property
    def places(self) -> Mapping[int, str]:
        """The identity of each written schema -> its pointer."""
        return {id(part): pointer(at) for at, part in walk(self.root) if isinstance(part, dict)}

    @cached_property
    def _most(self) -> int:
        return _MOST_NODES + _NODES_PER_PART * sum(1 for _ in walk(self.root))

    def node(self, given: tuple[Raw, ...], taken: Unions = frozenset(), key: Hashable = None) -> Node:
        """The node of these schemas. `key` is equal for nodes that say the same."""
        key = tuple(map(id, given)) if key is None else key
        found = self._known.get(key)
        if found is None:
            if len(self._known) > _MOST_NODES and len(self._known) > self._most:
                self.is_full = True
                return self._known.setdefault((), Node(self, ()))
            found = self._known[key] = Node(self, given, taken)
        return found

    def together(self, schemas: Iterable[Raw | None]) -> Node:
        """The node where all of these apply."""
        given = tuple({id(one): one for one in schemas if one is not None and one is not True and one != {}}.values())
        return self.node(given or (True,)) if len(given) < 2 else self.joined(given, frozenset())

    def joined(self, given: tuple[Raw, ...], taken: Unions) -> Node:
        """The node of schemas of which some may have nothing left to say, because their unions are `taken`."""
        first, contents = given[0], dict[Hashable, Raw]()
        for part in self.closure(given):
            if said := _content(part, taken):
                contents.setdefault(said, part)
        kept = (first, *(part for part in contents.values() if part is not first))
        alone = {id(part) for part in self.closure((first,))}
        if all(id(part) in alone for part in contents.values()):
            kept = (first,)  # what stands beside it has no say, so it is the node that others reach too
        reached = {id(part) for part in self.closure(kept)}
        left = frozenset(union for union in taken if union[0] in reached)
        return self.node(kept, left, (frozenset(contents), left) if len(kept) > 1 or left else None)

    def closure(self, given: Iterable[Raw]) -> tuple[Raw, ...]:
        """The schemas, what they refer to, and the members of `allOf`, from the outside in, each once."""
        found: dict[int, Raw] = {}
        pending: list[Raw] = [*given]
        while pending:
            todo, pending = pending[::-1], []
            while todo:
                part = todo.pop()
                if part is True or id(part) in found:
                    continue
                found[id(part)] = part
                if isinstance(part, dict) and "allOf" in part:
                    todo.extend(one for one in reversed(_list(part["allOf"])) if isinstance(one, (dict, bool)))
                if (named := referred(self.root, part)) is not None:
                    pending.append(named[1])
        return tuple(found.values())


def _unshared(root: Raw) -> Raw:
    """The schema, in which no two places are the same Python object: places are told apart by their identity."""
    seen = [id(part) for _, part in walk(root) if isinstance(part, dict)]
    return root if len(set(seen)) == len(seen) else cast(Raw, json.loads(json.dumps(root)))


def types_of(written: Json) -> list[str]:
    """The value of `type` as a list."""
    return [kind for kind in (written if isinstance(written, list) else [written]) if isinstance(kind, str)]


def _common(first: frozenset[str], second: frozenset[str]) -> frozenset[str]:
    """The types in both; an integer is a number."""
    whole = {"integer"} if {"integer", "number"} & first and {"integer", "number"} & second else set[str]()
    both = first & second
    return both | whole if "number" not in both else both


def hashable(value: Json) -> Hashable:
    """A JSON value as something hashable that is equal if the values are: 1 is 1.0 and is not true."""
    if isinstance(value, dict):
        return (dict, frozenset((key, hashable(item)) for key, item in value.items()))
    if isinstance(value, list):
        return (list, tuple(hashable(item) for item in value))
    return (bool, value) if isinstance(value, bool) else value


def _content(part: Raw, taken: Unions) -> Hashable:
    """What a part itself still asks for, equal for parts that ask for the same; empty if nothing is left."""
    if not isinstance(part, dict):
        return () if part else ("never",)
    return frozenset(
        (
            word,
            hashable(said)
            if word in {"type", "required"}
            else id(said)
            if isinstance(said, (dict, list))
            else repr(said),
        )
        for word, said in part.items()
        if word not in REMARKS and word not in {"$ref", "allOf"} and (id(part), word) not in taken
    )


def _of_key(part: JsonObject, named: JsonObject, name: str) -> Raw | None:
    """What a part says of a key, be it by its name or as one of the others."""
    said = named.get(name)
    return said if isinstance(said, (dict, bool)) else _other(part)


def _other(part: JsonObject) -> Raw | None:
    """What a part says of keys that it does not name; anything, if some of them follow a pattern."""
    said = part.get("additionalProperties")
    return said if isinstance(said, (dict, bool)) and "patternProperties" not in part else None


def _items(part: JsonObject) -> tuple[list[Raw], Raw | None]:
    """The schemas of the first items, and that of all others; before draft 2020-12 the first ones are in `items`."""
    first, rest = part.get("prefixItems"), part.get("items")
    if isinstance(rest, list):
        first, rest = rest, part.get("additionalItems")
    return cast("list[Raw]", _list(first)), rest if isinstance(rest, (dict, bool)) else None


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
