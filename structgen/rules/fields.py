"""A JSON Schema as fields to look for: kind, labels, whether null will do.

Only what guides the search is read; judging the value stays with the validator. Recursion ends at a fixed depth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from structgen.core.json import Json, JsonObject, pointer
from structgen.rules.document.vocabulary import Phrase, lexicon, phrase
from structgen.schema.node import Node

_VERBATIM = re.compile(r"\b(?:as (?:written|printed|shown|stated|given)|verbatim|word for word)\b", re.IGNORECASE)
_DEEPEST = 8
TIMES = frozenset({"prep_time", "cook_time", "total_time", "other_time"})
MONEY = frozenset({"total", "subtotal", "tax", "price", "old_price", "unit_price", "line_total", "discount", "rounding",
                   "service_charge", "paid", "change"})  # fmt: skip
_FIGURES = MONEY | TIMES | {"rating", "review_count", "quantity", "quantity_total", "age", "calories", "size"}
_DATES = {"date", "due_date", "other_date"}
_FORMATS = {"date": _DATES, "date-time": _DATES, "time": {"time"}, "email": {"email"}}
_UNITS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600, "day": 86400}
_FILLERS = {"in", "text", "value", "the", "of", "a", "str", "string", "raw"}


_MIXED = frozenset({"other_time", "other_date", "other_kind", "service_charge"})
"""Concepts that gather different things of one sort: a field of these is found by labels of its own alone."""
_LIMITS = ("format", "pattern", "minLength", "maxLength", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


class Kind(Enum):
    """What sort of value a field takes."""

    STRING = auto()
    INTEGER = auto()
    NUMBER = auto()
    BOOLEAN = auto()
    CHOICE = auto()
    OBJECT = auto()
    ARRAY = auto()
    ANY = auto()


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the schema. `key` is its pointer in the schema, `labels` what it may be called in a document."""

    name: str
    key: str
    kind: Kind
    nullable: bool = False
    required: bool = False
    format: str = ""
    choices: tuple[Json, ...] = ()
    labels: tuple[str, ...] = ()
    concepts: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    """Its own pointer and its concepts: what a label has to name to be a label of this field."""
    seconds: int = 0
    """The unit of a duration that the name asks for (``_minutes``: 60); 0 where it asks for none."""
    verbatim: bool = False
    """Whether its description asks for the words of the text."""
    minimum: float | None = None
    maximum: float | None = None
    limits: JsonObject = field(default_factory=dict[str, Json])
    """What else its value has to keep to: see fits."""
    children: tuple[Field, ...] = ()
    item: Field | None = None
    placed: bool = True
    """Whether its place in the document may tell: not within a part of the whole, such as an invoice's customer."""
    siblings: frozenset[str] = field(default=frozenset())
    """The concepts of the fields beside it."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """A place of the schema: its node, and in unions the branch to look for, with all that led to it.

    `key` is where it is written, `inner` where its parts are.
    """

    node: Node
    chosen: tuple[Node, ...]
    """The branches on the way, the innermost first; the node itself is the last."""
    key: str

    @property
    def used(self) -> Node:
        """The branch to look for."""
        return self.chosen[0]

    @property
    def inner(self) -> str:
        """The pointer of the schema that names its parts."""
        named = self.used.reference or self.used
        return named.place or self.used.place or self.key

    @property
    def nullable(self) -> bool:
        """Whether null is a value of it."""
        return any(
            "null" in node.types or None in (node.choices or ()) for one in self.chosen for node in (one, *one.branches)
        )

    def said(self, word: str) -> Json:
        """The value of a keyword, of the innermost branch that has it."""
        return next((found for node in self.chosen if (found := node.said(word)) is not None), None)

    def text(self, word: str) -> str:
        """The same where it is to be a text."""
        found = self.said(word)
        return found if isinstance(found, str) else ""


def read_fields(json_schema: JsonObject | bool, names: Mapping[str, tuple[str, ...]]) -> Field:
    """The tree of fields of a schema; `names` are what its properties are called elsewhere, by their pointers."""
    root = Node.of(json_schema)
    return _read(names, root, "", root.title, True, 0)


def leaves(root: Field) -> tuple[Field, ...]:
    """Every field of the tree, the root included."""
    below = [*root.children, *([root.item] if root.item else [])]
    return (root, *(leaf for child in below for leaf in leaves(child)))


def _read(names: Mapping[str, tuple[str, ...]], node: Node, key: str, name: str, required: bool, depth: int) -> Field:
    spot = _spot(node, key)
    used, kind = spot.used, _kind(spot.used)
    labels = _labels(names, spot, name)
    named = frozenset(concept for label in labels for concept in concepts_of(label))
    seconds = _seconds(phrase(name.replace("_", " ")))
    concepts = _settled(named, kind, spot.text("format"), seconds, depth > 1)
    children, item = (), None
    if depth < _DEEPEST:
        children = _children(names, spot, depth) if kind is Kind.OBJECT else ()
        if kind is Kind.OBJECT and key and name and not key.endswith("/items"):
            children = tuple(_owned(child, labels, named) for child in children)
        if kind is Kind.ARRAY:
            items = used.items or node.at(True)
            item = _read(names, items, items.place or f"{spot.inner}/items", name, True, depth + 1)
    return Field(
        name=name,
        key=key,
        kind=kind,
        nullable=spot.nullable,
        required=required,
        format=spot.text("format"),
        choices=used.choices or (),
        labels=labels,
        concepts=concepts,
        keys=concepts - _MIXED | {key},
        seconds=seconds,
        verbatim=bool(_VERBATIM.search(spot.text("description"))),
        minimum=_bound(spot.said("minimum")),
        maximum=_bound(spot.said("maximum")),
        limits={word: limit for word in _LIMITS if (limit := spot.said(word)) is not None},
        children=children,
        item=item,
    )


def _children(names: Mapping[str, tuple[str, ...]], spot: _Spot, depth: int) -> tuple[Field, ...]:
    found = [
        _read(
            names,
            node,
            node.place or f"{spot.inner}{pointer(('properties', name))}",
            name,
            name in spot.used.required,
            depth + 1,
        )
        for name, node in spot.used.properties.items()
    ]
    totals = [child for child in found if "total" in child.concepts]
    chosen = next((child for child in totals if "total" in phrase(child.name.replace("_", " "))), *totals[:1] or [None])
    found = [_plain(child) if child in totals and child is not chosen else child for child in found]
    concepts = frozenset(concept for child in found for concept in child.concepts)
    return tuple(_beside(child, concepts) for child in found)


def _plain(child: Field) -> Field:
    """A second total beside the total, such as the amount still due: only a label of its own can tell."""
    return replace(child, concepts=_NONE, keys=frozenset({child.key}))


def _owned(child: Field, labels: tuple[str, ...], concepts: frozenset[str]) -> Field:
    """A field of a part of the whole: "vendor phone" for the phone of the vendor, and the vendor for its name.

    The issuer is what a document's head speaks of; of any other part, only its labels can tell.
    """
    longer = tuple(f"{owner} {label}" for owner in labels[:2] for label in child.labels[:2])
    issuing = bool(concepts & {"company", "organization"})
    if "title" in child.concepts:
        keys = concepts | {child.key}
        return replace(child, labels=(*longer, *labels[:2]), concepts=concepts, keys=keys, placed=issuing)
    keys = child.keys if issuing or not concepts & {"customer"} else frozenset({child.key})
    kept = child.labels if keys is child.keys else ()
    return replace(child, labels=(*kept, *longer), keys=keys, placed=issuing)


def _beside(child: Field, concepts: frozenset[str]) -> Field:
    return replace(child, siblings=concepts - child.concepts)


def _spot(node: Node, key: str) -> _Spot:
    """The place with the branches of its unions to look for."""
    chosen = [node]
    while chosen[-1].branches and len(chosen) < _DEEPEST:
        chosen.append(min(chosen[-1].branches, key=_rank))
    return _Spot(node, tuple(reversed(chosen)), key)


_RANKS = {"object": 0, "array": 1, "boolean": 2, "integer": 3, "number": 3, "string": 5, "null": 9}
_CHOICE, _ANYTHING = 4, 6


def _rank(node: Node) -> int:
    """How much a branch of a union says, the most first. Numbers before text, text before null."""
    return min(
        _CHOICE if leaf.choices is not None else _RANKS[kind] if (kind := _type(leaf)) in _RANKS else _ANYTHING
        for leaf in node.leaves()
    )


def _type(node: Node) -> str:
    """The type that says most, null only if there is no other; what the keywords speak of if none is named."""
    types = sorted(node.types, key=lambda kind: _RANKS.get(kind, _ANYTHING))
    implied = "object" if "properties" in node.words else "array" if "items" in node.words else ""
    return types[0] if types else implied


def _kind(node: Node) -> Kind:
    if node.choices is not None:
        return Kind.CHOICE
    return {
        "string": Kind.STRING,
        "integer": Kind.INTEGER,
        "number": Kind.NUMBER,
        "boolean": Kind.BOOLEAN,
        "object": Kind.OBJECT,
        "array": Kind.ARRAY,
    }.get(_type(node), Kind.ANY)


def _labels(names: Mapping[str, tuple[str, ...]], spot: _Spot, name: str) -> tuple[str, ...]:
    """What the field may be called: its name, its other names, its title, the opening words of its description."""
    others = (*names.get(spot.key, ()), spot.text("title"), spot.node.title)
    described = re.split(r"[.:;(]", spot.text("description"), maxsplit=1)[0]
    opening = described if len(described.split()) <= 4 and "," not in described else ""
    words = phrase(name)
    bare = " ".join(words[:-1]) if _without_unit(words) != words else ""
    return tuple(dict.fromkeys(label for label in (name, bare, *others, opening) if label.strip()))


def concepts_of(label: str) -> frozenset[str]:
    """The concepts that a name stands for, without the words that only say its unit, its type, or whose it is."""
    words = phrase(label)
    core = tuple(word for word in words if word not in _FILLERS) or words
    owned = core[1:] if len(core) > 1 and core[0] in _GENERIC else core
    known = lexicon().concepts
    return next(
        (known[one] for one in (words, core, _without_unit(core), owned, _without_unit(owned)) if one in known),
        _NONE,
    )


_NONE: frozenset[str] = frozenset()


def _settled(concepts: frozenset[str], kind: Kind, form: str, seconds: int, nested: bool) -> frozenset[str]:
    """The concepts that fit the kind of value: "total" is no time where it is not counted in minutes, and so on."""
    if form in _FORMATS:
        return concepts & _FORMATS[form] or (frozenset(_FORMATS[form]) if form in ("time", "email") else frozenset())
    if seconds:
        return concepts & TIMES
    if kind in (Kind.INTEGER, Kind.NUMBER):
        concepts = concepts & _FIGURES or concepts
    elif concepts & {"notes", "comment"}:
        concepts = concepts - _FIGURES
    dropped = frozenset({"total"} if nested and "line_total" in concepts else {"line_total"})
    concepts = concepts - dropped or concepts
    return concepts - TIMES or concepts


_GENERIC = {"recipe", "product", "receipt", "invoice", "document", "article", "order", "item", "page",
            "book", "event", "review"}  # fmt: skip


def _without_unit(words: Phrase) -> Phrase:
    return words[:-1] if len(words) > 1 and words[-1] in _UNITS else words


def _seconds(words: Phrase) -> int:
    return _UNITS.get(words[-1], 0) if words else 0


def _bound(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
