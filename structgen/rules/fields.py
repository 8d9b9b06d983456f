"""A JSON Schema as fields to look for: kind, labels, whether null will do.

Only what guides the search is read; judging the value stays with the validator. References are followed inside the
schema alone, and recursion ends at a fixed depth.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import cast

from structgen.core.json import Json, JsonObject, pointer
from structgen.rules.document.vocabulary import Phrase, lexicon, phrase
from structgen.schema.resolve import target

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
class _Source:
    """The schema being read, and the names that its properties have elsewhere."""

    root: JsonObject
    names: Mapping[str, tuple[str, ...]]


def read_fields(json_schema: JsonObject | bool, names: Mapping[str, tuple[str, ...]]) -> Field:
    """The tree of fields of a schema."""
    root = json_schema if isinstance(json_schema, dict) else {}
    return _read(_Source(root, names), root, "", str(root.get("title", "")), True, 0)


def leaves(root: Field) -> tuple[Field, ...]:
    """Every field of the tree, the root included."""
    below = [*root.children, *([root.item] if root.item else [])]
    return (root, *(leaf for child in below for leaf in leaves(child)))


def _read(source: _Source, schema: Json, key: str, name: str, required: bool, depth: int) -> Field:
    used, place, nullable = _resolve(source, schema, key)
    kind = _kind(used)
    labels = _labels(source, used, schema, key, name)
    named = frozenset(concept for label in labels for concept in concepts_of(label))
    concepts = _settled(named, kind, str(used.get("format", "")), _seconds(phrase(name.replace("_", " "))), depth > 1)
    children, item = (), None
    if depth < _DEEPEST:
        children = _children(source, used, place, depth) if kind is Kind.OBJECT else ()
        if kind is Kind.OBJECT and key and name and not key.endswith("/items"):
            children = tuple(_owned(child, labels, named) for child in children)
        item = (
            _read(source, used.get("items", {}), f"{place}/items", name, True, depth + 1)
            if kind is Kind.ARRAY
            else None
        )
    return Field(
        name=name,
        key=key,
        kind=kind,
        nullable=nullable,
        required=required,
        format=str(used.get("format", "")),
        choices=_choices(used),
        labels=labels,
        concepts=concepts,
        keys=concepts - _MIXED | {key},
        seconds=_seconds(phrase(name.replace("_", " "))),
        verbatim=bool(_VERBATIM.search(str(used.get("description", "")))),
        minimum=_bound(used.get("minimum")),
        maximum=_bound(used.get("maximum")),
        limits={word: used[word] for word in _LIMITS if word in used},
        children=children,
        item=item,
    )


def _children(source: _Source, schema: JsonObject, key: str, depth: int) -> tuple[Field, ...]:
    properties = _object(schema.get("properties"))
    required = schema.get("required")
    needed = set(map(str, required)) if isinstance(required, list) else set[str]()
    found = [
        _read(source, sub, f"{key}{pointer(('properties', name))}", name, name in needed, depth + 1)
        for name, sub in properties.items()
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


def _resolve(source: _Source, schema: Json, key: str) -> tuple[JsonObject, str, bool]:
    """The schema behind references and a union with null: (schema, its pointer, whether null is allowed)."""
    used, nullable = _object(schema), False
    for _ in range(_DEEPEST):
        if (reference := used.get("$ref")) is not None:
            named = target(source.root, reference)
            if named is None:
                break
            used, key = {**_object(named), **_without(used, "$ref")}, str(reference)[1:]
            continue
        branches = next((used[word] for word in ("anyOf", "oneOf", "allOf") if isinstance(used.get(word), list)), None)
        if not isinstance(branches, list):
            break
        word = next(word for word in ("anyOf", "oneOf", "allOf") if isinstance(used.get(word), list))
        place, branch = _branch(branches)
        nullable = nullable or any(_object(one).get("type") == "null" for one in branches)
        used, key = {**_without(used, word), **branch}, f"{key}/{word}/{place}"
    types = used.get("type")
    nullable = nullable or types == "null" or (isinstance(types, list) and "null" in types)
    return used, key, nullable or None in _choices(used)


def _branch(branches: list[Json]) -> tuple[int, JsonObject]:
    """The branch of a union to look for: the one that says most. Numbers before text, text before null."""
    order = {"object": 0, "array": 1, "boolean": 2, "integer": 3, "number": 3, "string": 5, "null": 9}
    ranked = sorted(
        (4 if "enum" in one or "$ref" in one else order.get(str(one.get("type")), 6), place)
        for place, one in enumerate(map(_object, branches))
    )
    return (ranked[0][1], _object(branches[ranked[0][1]])) if ranked else (0, {})


def _kind(schema: JsonObject) -> Kind:
    types = schema.get("type")
    named = next((str(one) for one in types if one != "null"), "null") if isinstance(types, list) else str(types)
    if "enum" in schema or "const" in schema:
        return Kind.CHOICE
    known = {
        "string": Kind.STRING,
        "integer": Kind.INTEGER,
        "number": Kind.NUMBER,
        "boolean": Kind.BOOLEAN,
        "object": Kind.OBJECT,
        "array": Kind.ARRAY,
    }
    if named in known:
        return known[named]
    return Kind.OBJECT if "properties" in schema else Kind.ARRAY if "items" in schema else Kind.ANY


def _labels(source: _Source, used: JsonObject, schema: Json, key: str, name: str) -> tuple[str, ...]:
    """What the field may be called: its name, its other names, its title, the opening words of its description."""
    others = (*source.names.get(key, ()), str(used.get("title", "")), str(_object(schema).get("title", "")))
    described = re.split(r"[.:;(]", str(used.get("description", "")), maxsplit=1)[0]
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


def _choices(schema: JsonObject) -> tuple[Json, ...]:
    listed = schema.get("enum")
    return tuple(listed) if isinstance(listed, list) else (schema["const"],) if "const" in schema else ()


def _bound(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _object(value: Json) -> JsonObject:
    return cast(JsonObject, value) if isinstance(value, dict) else {}


def _without(schema: JsonObject, word: str) -> JsonObject:
    return {key: value for key, value in schema.items() if key != word}
