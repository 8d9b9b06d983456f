"""One place of a schema with everything that applies there. All readers of schemas walk these nodes.

`$ref`, `allOf` and the keywords beside them all mean "and this applies too". So a node is a set of schemas that apply
together, its `parts`. Everything else follows from them by one rule: a value must satisfy every part. Types and choices
are those that all parts allow, a property combines what the parts say about it, and a branch of a union combines the
branch with everything beside it.

Nothing is resolved before a reader asks for it. A place that can be reached in several ways is one object, so
recursive schemas need no special care: `node.properties["child"] is node`.

A node is never stricter than the schema. If it is less strict, `conditions` names the keywords that are left to the
validator.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias, cast

from structgen.core.json import Json, JsonObject, as_object, pointer, steps
from structgen.schema.keywords import hashable, types_of, walk
from structgen.schema.resolve import canonical, referred, target

Raw: TypeAlias = JsonObject | bool

UNIONS = ("anyOf", "oneOf")
REMARKS = frozenset({
    "$anchor", "$comment", "$defs", "$id", "$schema", "$vocabulary", "default", "deprecated", "description",
    "discriminator", "examples", "id", "readOnly", "title", "writeOnly",
})  # fmt: skip
"""Keywords that restrict no value."""

_READ = REMARKS | {
    "$ref", "additionalItems", "additionalProperties", "allOf", "anyOf", "const", "enum", "items", "prefixItems",
    "properties", "required", "type",
}  # fmt: skip
_MOST_NODES, _NODES_PER_PART = 1_000, 20
"""The maximum number of nodes of a schema, and how many each of its parts adds to it: see `_Table`."""

Unions: TypeAlias = frozenset[tuple[int, str]]


@dataclass(frozen=True, eq=False)
class Node:
    """One place of a schema. Nodes are compared by identity: one schema has one node for each place."""

    table: _Table = field(repr=False)
    given: tuple[Raw, ...]
    """The schemas that apply here, as written, the outermost first."""
    taken: Unions = frozenset()
    """The unions of the parts from which a branch is given already: `branches` does not open them again."""

    @classmethod
    def of(cls, schema: Raw) -> Node:
        """Return the root node of a schema. Its references may have any spelling."""
        table = _Table(_unshared(canonical(schema)))
        return table.node((table.root,))

    def at(self, raw: Raw) -> Node:
        """Return the node of a subschema of the same schema."""
        return self.table.node((raw,))

    def named(self, reference: object) -> Node | None:
        """Return the node that a canonical reference names, or None."""
        found = target(self.table.root, reference)
        return None if found is None else self.at(found)

    @property
    def root(self) -> Node:
        """The root of the schema."""
        return self.at(self.table.root)

    @property
    def raw(self) -> Raw:
        """The JSON Schema of this place. Its references need the definitions of the whole schema: see `standalone`."""
        return self.given[0] if len(self.given) == 1 else {"allOf": list(self.given)} if self.given else True

    @property
    def place(self) -> str | None:
        """The pointer to this place in the canonical schema; None for combined schemas and for true and false."""
        return self.table.places.get(id(self.given[0])) if len(self.given) == 1 else None

    @cached_property
    def reference(self) -> Node | None:
        """The node that this place refers to, if nothing but annotations is beside the reference; otherwise None."""
        own = self.given[0] if len(self.given) == 1 else True
        members = own.get("allOf") if isinstance(own, dict) else None
        if not isinstance(own, dict) or own.keys() - REMARKS - {"$ref", "allOf"}:
            return None
        if isinstance(members, list):  # how older Pydantic writes remarks beside a reference
            lone = members[0] if len(members) == 1 and "$ref" not in own else None
            return self.named(lone["$ref"]) if isinstance(lone, dict) and lone.keys() == {"$ref"} else None
        return self.named(own.get("$ref"))

    def reference_beside(self, idle: Callable[[JsonObject], bool]) -> Node | None:
        """Return the only node that this place refers to, if all schemas written here are `idle`; otherwise None."""
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
        """Return the node where all of these schemas apply. They belong to the same schema or have no references."""
        return self.table.together(schemas)

    # Everything that applies

    @cached_property
    def parts(self) -> tuple[JsonObject, ...]:
        """All schemas that apply here: those given, those they refer to, and the members of `allOf`; each once."""
        return tuple(part for part in self._closure if isinstance(part, dict))

    @cached_property
    def _closure(self) -> tuple[Raw, ...]:
        return self.table.closure(self.given)

    @cached_property
    def words(self) -> frozenset[str]:
        """The keywords of all parts."""
        return frozenset[str]().union(*self.parts)

    @cached_property
    def conditions(self) -> frozenset[str]:
        """The keywords that apply here but that a node does not express, such as bounds, patterns, `not` and `if`.

        If there are none, a value fits the schema exactly if it fits the node.
        """
        found = set(self.words - _READ)
        if self.unresolved:
            found.add("$ref")
        if self.table.is_full:
            found.add("allOf")  # beyond the limit, nodes do not combine their parts
        if self._union is not None and self._union[1] == "oneOf":
            found.add("oneOf")  # a node does not say that no other branch may fit
        return frozenset(found)

    @cached_property
    def unresolved(self) -> tuple[Json, ...]:
        """The references to nothing in this schema, such as those to metaschemas."""
        return tuple(reference for reference in self.all_said("$ref") if self.named(reference) is None)

    def said(self, word: str) -> Json:
        """Return the value of a keyword, or None. If several parts have it, the outermost counts."""
        return next((part[word] for part in self.parts if word in part), None) if word in self.words else None

    def all_said(self, word: str) -> Iterator[Json]:
        """Return the values of a keyword in all parts."""
        return (part[word] for part in self.parts if word in part)

    @cached_property
    def never(self) -> bool:
        """Whether no value can fit, as far as types and choices tell."""
        return False in self._closure or self._types == frozenset() or self.choices == ()

    @property
    def types(self) -> frozenset[str]:
        """The allowed types; empty if all are allowed, or none (see `never`)."""
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
        """The allowed values, if `enum` or `const` lists them; otherwise None."""
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
        """The first union of the parts from which no branch has been taken."""
        if not self.words & {*UNIONS}:
            return None
        for part in self.parts:
            for word in UNIONS:
                if isinstance(part.get(word), list) and part[word] and (id(part), word) not in self.taken:
                    return part, word
        return None

    @cached_property
    def branches(self) -> tuple[Node, ...]:
        """The branches of the union here, each combined with everything beside it; empty if there is no union.

        If several unions apply together, the branches of the first are unions themselves.
        """
        if self._union is None:
            return ()
        part, word = self._union
        taken = self.taken | {(id(part), word)}
        members = [one for one in _list(part[word]) if isinstance(one, (dict, bool))]
        return tuple(self.table.joined((member, *self.parts), taken) for member in members)

    @cached_property
    def beside(self) -> Node:
        """The same place without its first union."""
        if self._union is None:
            return self
        part, word = self._union
        return self.table.joined(self.parts, self.taken | {(id(part), word)})

    def spread(self) -> tuple[Node, ...]:
        """Return the node itself and the branches of all nested unions, each once, in order."""
        found: dict[Node, None] = {}
        todo: list[Node] = [self]
        while todo:
            node = todo.pop()
            if node not in found:
                found[node] = None
                todo += node.branches[::-1]
        return tuple(found)

    def leaves(self) -> tuple[Node, ...]:
        """Return the branches that are not unions themselves, each once, in order; or the node itself."""
        return tuple(node for node in self.spread() if not node.branches)

    # What is in the value

    @cached_property
    def properties(self) -> Mapping[str, Node]:
        """The named properties of an object."""
        if "properties" not in self.words:
            return {}
        found: dict[str, list[Raw]] = {}
        for part in self.parts:
            for name, said in as_object(part.get("properties")).items():
                found.setdefault(name, []).append(said if isinstance(said, (dict, bool)) else True)
        for part in self.parts:
            rest = _other(part)  # to a part that does not name a key, it is an additional one
            if rest is not None and rest is not True:
                for name in found.keys() - as_object(part.get("properties")).keys():
                    found[name].append(rest)
        return {name: self.table.together(said) for name, said in found.items()}

    @cached_property
    def required(self) -> frozenset[str]:
        """The required keys."""
        return frozenset(name for named in self.all_said("required") for name in _list(named) if isinstance(name, str))

    @cached_property
    def extras(self) -> Node | None:
        """The values of additional keys: a node that is `never` if they are forbidden, None if nothing is said.

        A key that may match a pattern may hold anything here; `conditions` then includes `patternProperties`.
        """
        said = bool(self.words & {"additionalProperties", "patternProperties"})
        return self.table.together(map(_other, self.parts)) if said else None

    @cached_property
    def prefix(self) -> tuple[Node, ...]:
        """The first items of a list, if each has its own schema."""
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
        """The other items of a list, or None if nothing is said about them."""
        rests = [rest for part in self.parts if "items" in part and (rest := _items(part)[1]) is not None]
        return self.table.together(rests) if rests else None

    def child(self, step: str) -> Node | None:
        """Return the node of a key or an index, or None if nothing is said about it. Branches of unions are ignored."""
        if step in self.properties:
            return self.properties[step]
        if step.isdecimal() and (self.prefix or self.items is not None):
            return self.prefix[int(step)] if int(step) < len(self.prefix) else self.items
        return self.extras

    def along(self, path: str) -> tuple[Node, ...]:
        """Return the nodes for a JSON Pointer into a value: one for each way through the unions."""
        found: tuple[Node, ...] = (self,)
        for step in steps(path):
            leaves = dict.fromkeys(leaf for node in found for leaf in node.leaves())
            found = tuple(dict.fromkeys(way for leaf in leaves if (way := leaf._way(step)) is not None))
        return found

    def _way(self, step: str) -> Node | None:
        """Return the node of a key or an index; None for an additional key that may hold anything."""
        child = self.child(step)
        says_nothing = child is not None and not child.parts and child is self.extras and step not in self.properties
        return None if says_nothing else child

    # Remarks

    @property
    def title(self) -> str:
        """The title, or ""."""
        return found if isinstance(found := self.said("title"), str) else ""

    @property
    def description(self) -> str:
        """The description, or ""."""
        return found if isinstance(found := self.said("description"), str) else ""

    @property
    def format(self) -> str:
        """The format, or ""."""
        return found if isinstance(found := self.said("format"), str) else ""

    @property
    def default(self) -> tuple[Json, ...]:
        """The default as a tuple of one value; empty if there is none (null may be a default)."""
        return next(((part["default"],) for part in self.parts if "default" in part), ())


class _Table:
    """The nodes of one schema, each created once.

    Nested unions may combine the parts of a schema in exponentially many ways. Beyond a limit that grows with the
    schema, every new node accepts anything, so that a hostile schema cannot exhaust time or memory.
    """

    def __init__(self, root: Raw) -> None:
        self.root = root
        self.is_full = False
        self._known: dict[Hashable, Node] = {}

    @cached_property
    def places(self) -> Mapping[int, str]:
        """Map the identity of each subschema to its pointer."""
        return {id(part): pointer(at) for at, part in walk(self.root) if isinstance(part, dict)}

    @cached_property
    def _most(self) -> int:
        return _MOST_NODES + _NODES_PER_PART * sum(1 for _ in walk(self.root))

    def node(self, given: tuple[Raw, ...], taken: Unions = frozenset(), key: Hashable = None) -> Node:
        """Return the node of these schemas. Equal keys give the same node."""
        key = tuple(map(id, given)) if key is None else key
        found = self._known.get(key)
        if found is None:
            if len(self._known) > _MOST_NODES and len(self._known) > self._most:
                self.is_full = True
                return self._known.setdefault((), Node(self, ()))
            found = self._known[key] = Node(self, given, taken)
        return found

    def together(self, schemas: Iterable[Raw | None]) -> Node:
        """Return the node where all of these apply."""
        given = tuple({id(one): one for one in schemas if one is not None and one is not True and one != {}}.values())
        return self.node(given or (True,)) if len(given) < 2 else self.joined(given, frozenset())

    def joined(self, given: tuple[Raw, ...], taken: Unions) -> Node:
        """Return the node of these schemas without those that add nothing once their unions are `taken`."""
        # Two ways through unions often lead to the same conditions. Nodes that share them keep the work linear.
        first, contents = given[0], dict[Hashable, Raw]()
        for part in self.closure(given):
            if said := _content(part, taken):
                contents.setdefault(said, part)
        kept = (first, *(part for part in contents.values() if part is not first))
        alone = {id(part) for part in self.closure((first,))}
        if all(id(part) in alone for part in contents.values()):
            kept = (first,)  # nothing beside it matters, so share the node with those who reach it in another way
        # A union that is no longer reached need not be remembered, or equal nodes would have different keys.
        reached = {id(part) for part in self.closure(kept)}
        left = frozenset(union for union in taken if union[0] in reached)
        return self.node(kept, left, (frozenset(contents), left) if len(kept) > 1 or left else None)

    def closure(self, given: Iterable[Raw]) -> tuple[Raw, ...]:
        """Return the schemas, those they refer to, and the members of `allOf`, from the outside in, each once."""
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
                    pending.append(named[1])  # later than what is written beside it, whose words then count first
        return tuple(found.values())


def _unshared(root: Raw) -> Raw:
    """Return the schema, copied if one Python object is in two places, because identity tells places apart."""
    seen = [id(part) for _, part in walk(root) if isinstance(part, dict)]
    return root if len(set(seen)) == len(seen) else cast(Raw, json.loads(json.dumps(root)))


def _common(first: frozenset[str], second: frozenset[str]) -> frozenset[str]:
    """Return the types in both sets; an integer is a number too."""
    whole = {"integer"} if {"integer", "number"} & first and {"integer", "number"} & second else set[str]()
    both = first & second
    return both | whole if "number" not in both else both


def _content(part: Raw, taken: Unions) -> Hashable:
    """Return what a part itself still asks for, equal for parts that ask for the same; empty if it asks for nothing."""
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


def _other(part: JsonObject) -> Raw | None:
    """Return the schema that a part has for additional keys; None if it has none, or if a pattern may match them."""
    said = part.get("additionalProperties")
    return said if isinstance(said, (dict, bool)) and "patternProperties" not in part else None


def _items(part: JsonObject) -> tuple[list[Raw], Raw | None]:
    """Return the schemas of the first items and that of all others; old drafts list the first ones in `items`."""
    first, rest = part.get("prefixItems"), part.get("items")
    if isinstance(rest, list):
        first, rest = rest, part.get("additionalItems")
    return cast("list[Raw]", _list(first)), rest if isinstance(rest, (dict, bool)) else None


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
