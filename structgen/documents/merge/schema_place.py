"""A place of the schema as merging sees it: what is below it, and what kind of list a list there is. Pure.

A list holds records (each mention counts: the lines of a bill, votes, scores) or it is a set (things and facts, which
are the same however often they are mentioned), or it is one value of a fixed length (a point, a range). Fields may say
which with ``json_schema_extra={"merge": "records"}`` or ``"set"``; otherwise names and the type of the items decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property

from structgen.core.errors import SchemaError
from structgen.core.json import Json
from structgen.documents.merge.chunk_values import is_key, is_sure, name_words
from structgen.schema.node import Node

_LONGEST_AMOUNT = 24

KEYWORD = "merge"
"""The keyword of a schema that says how the lists of several chunks become one."""


class ListKind(Enum):
    """How the lists of several chunks become one list; of several that fit the last one loses nothing."""

    SET = auto()
    """Equal items are one, wherever they are mentioned."""
    MENTIONS = auto()
    """Equal items are one unless they certainly are at different places."""
    RECORDS = auto()
    """Each mention counts."""


_DECLARED = {"records": ListKind.RECORDS, "set": ListKind.SET}

_DESCRIBING = frozenset({
    "age", "aged", "birth", "born", "chapter", "code", "death", "died", "elevation", "established", "floor", "founded",
    "height", "id", "isbn", "issue", "lat", "latitude", "level", "lng", "lon", "longitude", "no", "number", "page",
    "phone", "population", "postcode", "rank", "section", "since", "version", "volume", "year", "zip",
})  # fmt: skip
"""Last words of the names of numbers that describe or name one thing, and count nothing."""

_THINGS = frozenset({
    "author", "city", "claim", "company", "contact", "country", "entity", "fact", "keyword", "language",
    "organisation", "organization", "party", "people", "person", "place", "relation", "relationship", "skill",
    "speaker", "tag", "topic", "triple",
})  # fmt: skip
_MENTIONS = frozenset({
    "answer", "booking", "entry", "line", "log", "measurement", "order", "payment", "rating", "reading", "record",
    "row", "score", "trade", "transaction", "utterance", "vote",
})  # fmt: skip
"""Last words of the names of lists, or of the types of their items, that say what kind of list it is."""

_AMOUNT = re.compile(
    r"(?:[^\w\s]|[A-Z]{3})?\s?\d{1,3}(?:[.,' \u00a0]?\d{3})*(?:[.,]\d{1,3})?\s?(?:[^\w\s]|\w{1,3}\.?)?"
)
"""How amounts are written where they are texts."""


@dataclass(frozen=True)
class SchemaPlace:
    """Everything that the schema says about a place; nothing if `nodes` is empty. `name` is its key."""

    nodes: tuple[Node, ...] = ()
    name: str = ""
    _known: dict[str, SchemaPlace] = field(default_factory=dict[str, "SchemaPlace"], repr=False, compare=False)

    @classmethod
    def of(cls, node: Node | None) -> SchemaPlace:
        """The root of a schema."""
        return cls(() if node is None else (node,))

    def child(self, key: str) -> SchemaPlace:
        """The place of a key."""
        if key not in self._known:
            below = (leaf.child(key) for leaf in self._leaves)
            self._known[key] = SchemaPlace(tuple({id(one): one for one in below if one is not None}.values()), key)
        return self._known[key]

    @cached_property
    def item(self) -> SchemaPlace:
        """The place of the items of a list."""
        below = [one for leaf in self._lists for one in (*leaf.prefix, leaf.items) if one is not None]
        return SchemaPlace(tuple({id(one): one for one in below}.values()), self.name)

    @cached_property
    def _leaves(self) -> tuple[Node, ...]:
        return tuple({id(leaf): leaf for node in self.nodes for leaf in node.leaves()}.values())

    @cached_property
    def _lists(self) -> tuple[Node, ...]:
        return tuple(leaf for leaf in self._leaves if not leaf.types or "array" in leaf.types)

    @cached_property
    def topics(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The words of its name, and those of its description."""
        described = " ".join(node.description for node in (*self.nodes, *self._leaves))
        return name_words(self.name), tuple(word.lower() for word in re.findall(r"\w{4,}", described))

    @cached_property
    def default(self) -> Json:
        """Its default, or None."""
        return next((node.default[0] for node in (*self.nodes, *self._leaves) if node.default), None)

    @cached_property
    def declared(self) -> ListKind | None:
        """The kind of list that the schema declares, or None. Raises SchemaError for any other word."""
        said = [word for node in (*self.nodes, *self._lists, *self.item.nodes) for word in node.all_said(KEYWORD)]
        for word in said:
            if not isinstance(word, str) or word not in _DECLARED:
                raise SchemaError(f'"{KEYWORD}" of {self.name or "the list"} is {word!r}; write "records" or "set".')
        return _DECLARED[str(said[0])] if said else None

    @cached_property
    def length(self) -> int | None:
        """The length of a list that always has one and the same, or None."""
        lengths = {_length(leaf) for leaf in self._lists}
        return lengths.pop() if len(lengths) == 1 else None

    def kind(self, items: Iterable[Json]) -> ListKind:
        """The kind of a list of these items that is not a single value: what is declared, else what their type says."""
        if self.declared is not None:
            return self.declared
        leaves = [leaf for leaf in self.item.leaves() if leaf.types != frozenset({"null"})]
        names = [self.name, *(leaf.title for leaf in leaves)]
        if any(is_sure(key) for leaf in leaves for key in leaf.properties):
            return ListKind.SET
        if any(_is_called(name, _MENTIONS) for name in names):
            return ListKind.RECORDS
        if any(_is_called(name, _THINGS) for name in names):
            return ListKind.SET
        shapes = {_Shape.of_schema(leaf, self.name) for leaf in leaves if _is_telling(leaf)}
        kinds = {shape.kind for shape in shapes | {_Shape.of_value(item, self.name) for item in items}}
        return max(kinds, key=lambda kind: kind.value, default=ListKind.SET)

    def leaves(self) -> Sequence[Node]:
        """The nodes at the ends of its unions."""
        return self._leaves

    def check(self) -> None:
        """Raise SchemaError if a list below declares a kind that does not exist."""
        todo, seen = [self], set[tuple[int, ...]]()
        while todo:
            place = todo.pop()
            mark = tuple(map(id, place.nodes))
            if mark and mark not in seen:
                seen.add(mark)
                _ = place.declared
                todo += [place.item, *(place.child(key) for leaf in place.leaves() for key in leaf.properties)]


def _length(leaf: Node) -> int | None:
    """The fixed length of a list, or None. A list of objects is read item by item, however many it must have."""
    least, most = leaf.said("minItems"), leaf.said("maxItems")
    if leaf.prefix and (leaf.items is None or leaf.items.never or most == len(leaf.prefix)):
        return len(leaf.prefix)
    scalars = leaf.items is not None and not {"object", "array"} & leaf.items.types and bool(leaf.items.types)
    return least if scalars and isinstance(least, int) and least == most and least > 1 else None


def _is_telling(leaf: Node) -> bool:
    return bool(leaf.properties) or leaf.choices is not None or bool(leaf.types.difference({"object", "null"}))


@dataclass(frozen=True, slots=True)
class _Shape:
    """What an item is: an object with fields of these names, or a scalar of some kind.

    `numbers` are the names of fields that are numbers. `choice`: it is, or has, a yes or no or one of a few words.
    """

    fields: tuple[str, ...] | None = None
    numbers: tuple[str, ...] = ()
    choice: bool = False
    listed: bool = False

    @classmethod
    def of_schema(cls, leaf: Node, name: str) -> _Shape:
        if leaf.properties:
            numbers = tuple(name for name, one in leaf.properties.items() if _is_number(one))
            return cls(tuple(leaf.properties), numbers, any(map(_is_choice, leaf.properties.values())))
        return cls(None, (name,) if _is_number(leaf) else (), _is_choice(leaf), "array" in leaf.types)

    @classmethod
    def of_value(cls, item: Json, name: str) -> _Shape:
        if isinstance(item, dict):
            return cls(tuple(item), tuple(name for name, one in item.items() if _is_figure(one)))
        number = not isinstance(item, str) and _is_figure(item)
        return cls(None, (name,) if number else (), isinstance(item, bool), isinstance(item, list))

    @property
    def kind(self) -> ListKind:
        """What a list of such items is if nobody says so."""
        counts = any(not is_key(name) and not _describes(name) for name in self.numbers)
        if self.fields is None:
            return ListKind.RECORDS if counts or self.choice or self.listed else ListKind.SET
        if any(map(is_sure, self.fields)):
            return ListKind.SET
        if counts:
            return ListKind.RECORDS
        if any(map(is_key, self.fields)):
            return ListKind.SET
        return ListKind.RECORDS if self.choice else ListKind.MENTIONS


def _is_choice(node: Node) -> bool:
    return any(
        "boolean" in leaf.types or (leaf.choices is not None and len(leaf.choices) > 1) for leaf in node.leaves()
    )


def _is_number(node: Node) -> bool:
    return any(leaf.choices is None and bool({"integer", "number"} & leaf.types) for leaf in node.leaves())


def _is_figure(value: Json) -> bool:
    if isinstance(value, str):
        return len(value) < _LONGEST_AMOUNT and _AMOUNT.fullmatch(value.strip()) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _describes(name: str) -> bool:
    return _is_called(name, _DESCRIBING)


def _is_called(name: str, words: frozenset[str]) -> bool:
    """Whether the last word of a name, in the singular, is one of these."""
    last = next(reversed(name_words(name)), "")
    forms = [last, last.removesuffix("s"), last.removesuffix("es"), f"{last.removesuffix('ies')}y"]
    return not words.isdisjoint(forms)
