"""A JSON Schema as fields to look for: their kinds, labels, and concepts.

Only what guides the search is read; the validator judges the value. Recursion ends at a fixed depth.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import lru_cache

from structgen.core.json import Json, JsonObject, pointer
from structgen.notation.affixes import LETTERS
from structgen.notation.durations import UNITS
from structgen.notation.measures import MEASURES
from structgen.rules.document.vocabulary import Phrase, fold, lexicon, phrase
from structgen.schema.node import Node

_VERBATIM = re.compile(r"\b(?:as (?:written|printed|shown|stated|given)|verbatim|word for word)\b", re.IGNORECASE)
_DEEPEST = 8
TIMES = frozenset({"prep_time", "cook_time", "total_time", "other_time"})
MONEY = frozenset({"total", "subtotal", "tax", "price", "old_price", "unit_price", "line_total", "discount", "rounding",
                   "service_charge", "paid", "change"})  # fmt: skip
_FIGURES = MONEY | TIMES | {"rating", "review_count", "quantity", "quantity_total", "age", "calories", "size"}
_DATES = {"date", "due_date", "other_date"}
_FORMATS = {"date": _DATES, "date-time": _DATES, "time": {"time"}, "email": {"email"}}
_UNITS = {fold(name): int(UNITS[name].seconds) for name in ("second", "sec", "minute", "min", "hour", "hr", "day")}
"""The units that the name of a field may end with (``cook_time_minutes``), in seconds."""
_TEMPERATURES = frozenset({"temperature", "temp"})
_DEGREES = frozenset({"c", "f", "k"})
_CURRENCIES = frozenset(code.lower() for code in LETTERS if len(code) == 3 and code.isupper()) | {"cent"}
_LONE = frozenset({"m", "g", "l"})
_PERCENTS = frozenset({"percent", "percentage", "pct"})
_SUFFIXES = (
    {fold(name) for name in MEASURES if name.isalpha() and (len(name) > 1 or name in _LONE)} | _CURRENCIES | _PERCENTS
) - {"in", "st", "stone", "mi"}
"""Units of other sorts that the name of a field may end with: ``weight_kg``, ``price_usd``, ``growth_percent``."""
_FILLERS = {"in", "text", "value", "the", "of", "a", "str", "string", "raw"}


MIXED = frozenset({"other_time", "other_date", "other_kind", "service_charge"})
"""Concepts of several similar things. A field of one is found only by its own labels."""
_LIMITS = ("format", "pattern", "minLength", "maxLength", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")


class Kind(Enum):
    """The kind of value that a field takes."""

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
    """A field of the schema. `key` is its pointer in the schema, `labels` what documents may call it."""

    name: str
    key: str
    kind: Kind
    nullable: bool = False
    required: bool = False
    format: str = ""
    choices: tuple[Json, ...] = ()
    labels: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    """Its own name as labels, also without its unit. They are in `labels` too."""
    bare: tuple[str, ...] = ()
    """The labels of a part of an object without the object's name: "address" for a landlord's."""
    concepts: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    """Its pointer and its concepts. A label of the field names one of them."""
    shared: frozenset[str] = frozenset()
    """Keys of labels that parts of several objects have. They count only on the lines of its `owners`."""
    owners: frozenset[str] = frozenset()
    """The objects (by pointer) on whose lines its labels count; empty for all lines. See `label_owners`."""
    seconds: int = 0
    """The unit of a duration that the name asks for (``_minutes``: 60), or 0."""
    currency: str = ""
    """The currency that the name asks for, in lower case (``price_usd``), or an empty text."""
    verbatim: bool = False
    """Whether the description asks for the words of the text."""
    minimum: float | None = None
    maximum: float | None = None
    limits: JsonObject = field(default_factory=dict[str, Json])
    """Further constraints on the value; see `values.fits`."""
    children: tuple[Field, ...] = ()
    item: Field | None = None
    placed: bool = True
    """Whether its place in the document may identify it. Not so for parts such as an invoice's customer."""
    siblings: frozenset[str] = field(default=frozenset())
    """The concepts of the other fields of the same object."""

    @property
    def own_key(self) -> str:
        """Return the key of labels that are its own name."""
        return f"{self.key}{_NAME}"

    @property
    def short_key(self) -> str:
        """Return the key of its name without the noun at its end; see `short_labels`."""
        return f"{self.key} (short)"

    @property
    def shared_key(self) -> str:
        """Return the key of its labels without the name of its object."""
        return f"{self.key} (part)"


@dataclass(frozen=True, slots=True)
class _Spot:
    """A node of the schema, and in a union the branch to look for.

    `key` is its own pointer, `inner` the one that the pointers of its properties and items begin with.
    """

    node: Node
    chosen: tuple[Node, ...]
    """The branches that lead to the one to look for, the innermost first. The node itself is the last."""
    key: str

    @property
    def used(self) -> Node:
        """Return the branch to look for."""
        return self.chosen[0]

    @property
    def inner(self) -> str:
        """Return the pointer that those of its parts begin with."""
        places = (node.place for node in (self.used.reference, self.used) if node is not None)
        return next((place for place in places if place is not None), self.key)

    @property
    def nullable(self) -> bool:
        """Whether null is allowed."""
        return any(
            "null" in node.types or None in (node.choices or ()) for one in self.chosen for node in (one, *one.branches)
        )

    def said(self, word: str) -> Json:
        """Return the value of a keyword in the innermost branch that has it, or None."""
        return next((found for node in self.chosen if (found := node.said(word)) is not None), None)

    def text(self, word: str) -> str:
        """Return the value of a keyword if it is a text, else an empty one."""
        found = self.said(word)
        return found if isinstance(found, str) else ""


def read_fields(json_schema: JsonObject | bool, names: Mapping[str, tuple[str, ...]]) -> Field:
    """Return the fields of a schema as a tree. `names` maps pointers of properties to their other names."""
    # Most documents of a run have the same schema. The text is the key, because a schema can be changed in place.
    return _fields_of(json.dumps(json_schema), tuple(names.items()))


@lru_cache(maxsize=32)
def _fields_of(schema: str, names: tuple[tuple[str, tuple[str, ...]], ...]) -> Field:
    root = Node.of(json.loads(schema))
    return _read(dict(names), root, "", root.title, True, 0)


_NAME = " (name)"


def is_name(key: str) -> bool:
    """Whether the key of a label says that it is the own name of a field."""
    return key.endswith(_NAME)


def single(root: Field) -> Iterator[Field]:
    """Yield the fields that are not items of lists, without objects, whose names are headings."""
    for child in root.children:
        if child.kind is Kind.OBJECT:
            yield from single(child)
        else:
            yield child


def leaves(root: Field) -> tuple[Field, ...]:
    """Return every field of the tree, including the root."""
    below = [*root.children, *([root.item] if root.item else [])]
    return (root, *(leaf for child in below for leaf in leaves(child)))


def _read(names: Mapping[str, tuple[str, ...]], node: Node, key: str, name: str, required: bool, depth: int) -> Field:
    spot = _spot(node, key)
    used, kind = spot.used, _kind(spot.used)
    labels = _labels(names, spot, name)
    asked = tuple(label for label in lexicon().asked.get(phrase(name), ()) if label not in labels)
    named = frozenset(concept for label in labels for concept in concepts_of(label))
    seconds = _seconds(phrase(name.replace("_", " ")))
    percent = bool(_PERCENTS & set(phrase(name)[1:]))
    concepts = _settled(named, kind, spot.text("format"), seconds, percent, depth > 1)
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
        labels=(*labels, *asked),
        own=_own(name),
        bare=(*labels, *asked),
        concepts=concepts,
        keys=concepts - MIXED | {key},
        seconds=seconds,
        currency=_currency(phrase(name)),
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
    # Only one field can be the total. "balance_due" beside "total" has to have its own label in the document.
    totals = [child for child in found if "total" in child.concepts]
    chosen = next((child for child in totals if "total" in phrase(child.name.replace("_", " "))), *totals[:1] or [None])
    found = [_plain(child) if child in totals and not _is_same(child, chosen) else child for child in found]
    concepts = frozenset(concept for child in found for concept in child.concepts)
    return tuple(_with_siblings(child, concepts) for child in found)


def _is_same(child: Field, other: Field | None) -> bool:
    """Whether two fields are one value in two forms, such as "amount" and "amount_text"."""
    return other is not None and _core(phrase(child.name)) == _core(phrase(other.name))


def _plain(child: Field) -> Field:
    """Return a field without concepts, which only its own labels can identify."""
    return replace(child, concepts=_NONE, keys=frozenset({child.key}))


def _owned(child: Field, labels: tuple[str, ...], concepts: frozenset[str]) -> Field:
    """Return a field of an inner object with longer labels: "vendor phone", and "vendor" for the name of the vendor.

    The first lines of a document name its issuer. Other parties are identified only by their labels.
    """
    longer = tuple(f"{owner} {label}" for owner in labels[:2] for label in child.labels[:2])
    issuing = bool(concepts & {"company", "organization"})
    if "title" in child.concepts:
        keys = concepts | {child.key}
        return replace(child, labels=(*longer, *labels[:2]), concepts=concepts, keys=keys, placed=issuing)
    keys = child.keys if issuing or not concepts & {"customer"} else frozenset({child.key})
    kept = child.labels if keys is child.keys else ()
    return replace(child, labels=(*kept, *longer), keys=keys, placed=issuing)


def _with_siblings(child: Field, concepts: frozenset[str]) -> Field:
    return replace(child, siblings=concepts - child.concepts)


def _spot(node: Node, key: str) -> _Spot:
    """Return a node with the most specific branch of its unions."""
    chosen = [node]
    while chosen[-1].branches and len(chosen) < _DEEPEST:
        chosen.append(min(chosen[-1].branches, key=_rank))
    return _Spot(node, tuple(reversed(chosen)), key)


_RANKS = {"object": 0, "array": 1, "boolean": 2, "integer": 3, "number": 3, "string": 5, "null": 9}
_CHOICE, _ANYTHING = 4, 6


def _rank(node: Node) -> int:
    """Rank a branch of a union by how specific it is: objects first, numbers before text, text before null."""
    return min(
        _CHOICE if leaf.choices is not None else _RANKS[kind] if (kind := _type(leaf)) in _RANKS else _ANYTHING
        for leaf in node.leaves()
    )


def _type(node: Node) -> str:
    """Return the most specific type. Without a type, the keywords imply one."""
    types = sorted(node.types, key=lambda kind: (_RANKS.get(kind, _ANYTHING), kind))
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
    """Return what documents may call a field: its name, other names, its title, a short description."""
    # The title of a definition names all objects of its kind, and not the one that a property holds.
    defined = spot.used.reference is not None and "properties" in spot.used.words
    others = (*names.get(spot.key, ()), *(() if defined else (spot.text("title"), spot.node.title)))
    described = _DESCRIBED_END.split(spot.text("description"), maxsplit=1)[0]
    opening = described if len(described.split()) <= 4 and "," not in described else ""
    dated = _dated(phrase(name)) if spot.text("format") in ("date", "date-time") else ()
    words = phrase(name)
    numbered = [" ".join((*words[:-1], noun)) for noun in _NUMBERS if words[-1] in _NUMBERS] if len(words) > 1 else []
    labels = (*_own(name), *others, opening, *dated, *numbered)
    return tuple(dict.fromkeys(label for label in labels if label.strip()))


_NUMBERS = ("number", "no", "nr")


_DESCRIBED_END = re.compile(r"[.:;(]|,\s*(?=YYYY|ISO\b|as\b|in\b|if\b)")
"""Where a description ends that begins with a label: "Posted on, YYYY-MM-DD"."""
_FOR_DATES = frozenset({"date", "day", "datetime", "on", "at"})
_DONE = re.compile(r"\w{2}(?:ed|en|t|rn)$")


def _dated(words: Phrase) -> tuple[str, ...]:
    """Return other labels of a date: "posted on", "posted" and "date of posted" for ``date_posted``."""
    core = " ".join(word for word in words if word not in _FOR_DATES)
    if not core or len(words) > 3:
        return ()
    # "Order: 4711" is not a date, but "Posted: 5 May" is one.
    bare = (core,) if _DONE.search(core) else ()
    return (f"{core} on", f"{core} date", f"date {core}", f"date of {core}", *bare)


def _own(name: str) -> tuple[str, ...]:
    """Return the name of a field as labels, with and without its unit."""
    words = phrase(name)
    bare = " ".join(words[:-1]) if _without_unit(words) != words else ""
    return tuple(label for label in (name, bare) if label.strip())


def concepts_of(label: str) -> frozenset[str]:
    """Return the concepts of a name, apart from words for its unit, its type, or its owner."""
    words = phrase(label)
    core = _core(words)
    owned = core[1:] if len(core) > 1 and core[0] in _GENERIC else core
    known = lexicon().concepts
    return next(
        (known[one] for one in (words, core, _without_unit(core), owned, _without_unit(owned)) if one in known),
        _NONE,
    )


_NONE: frozenset[str] = frozenset()


def _core(words: Phrase) -> Phrase:
    """Return the words of a name without those for its type: "amount_text" is an amount."""
    return tuple(word for word in words if word not in _FILLERS) or words


def _settled(
    concepts: frozenset[str], kind: Kind, form: str, seconds: int, percent: bool, nested: bool
) -> frozenset[str]:
    """Return the concepts that fit the kind of value: "total" is a time only if it is counted in minutes."""
    if form in _FORMATS:
        return concepts & _FORMATS[form] or (frozenset(_FORMATS[form]) if form in ("time", "email") else frozenset())
    if seconds:
        return concepts & TIMES
    if percent:
        return concepts - MONEY
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
    unit = words[-1] if len(words) > 1 else ""
    known = unit in _UNITS or unit in _SUFFIXES or (unit in _DEGREES and not _TEMPERATURES.isdisjoint(words))
    return words[:-1] if known else words


def _currency(words: Phrase) -> str:
    return words[-1] if len(words) > 1 and words[-1] in _CURRENCIES else ""


def _seconds(words: Phrase) -> int:
    return _UNITS.get(words[-1], 0) if words else 0


def _bound(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
