"""Read the shapes of a JSON Schema. What strict mode cannot express is refused, with the reason and the place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import count, groupby

from structgen.core.json import Json, JsonObject, as_object, steps
from structgen.forms.strict.strict_shapes import (
    AnyOf,
    Bare,
    Choice,
    Entries,
    Field,
    Items,
    Named,
    Record,
    Scalar,
    Shape,
    Shapes,
    bare,
    described,
    joined_words,
    words_of,
)
from structgen.schema.keywords import Steps, types_of
from structgen.schema.node import UNIONS, Node, Raw

ROOT = "root"
"""The name of the definition for the whole schema."""

MOST_STEPS = 20_000
MOST_DEPTH = 100
_ANYTHING = "any value is allowed here, and strict mode needs a type"
_HINTS = {
    "object": frozenset({
        "properties", "required", "additionalProperties", "unevaluatedProperties", "patternProperties",
        "propertyNames", "minProperties", "maxProperties",
    }),
    "array": frozenset({"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"}),
    "string": frozenset({"pattern", "minLength", "maxLength", "format"}),
    "number": frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}),
}  # fmt: skip
"""Type -> the keywords that imply it; a schema without ``type`` has the types that its keywords imply."""
_SHAPING = frozenset({
    "additionalProperties", "anyOf", "const", "enum", "items", "oneOf", "patternProperties", "prefixItems",
    "properties", "propertyNames", "required", "type", "unevaluatedProperties",
})  # fmt: skip
_STRING: JsonObject = {"type": "string"}


class Refused(Exception):
    """Strict mode cannot express this. It never leaves the package: `to_strict` turns it into a value."""

    def __init__(self, reason: str, at: Steps) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


@dataclass(slots=True)
class Reader:
    """Reads one schema. Definitions are read one after another as they are referred to, so that recursion ends.

    `steps_left` limits the whole work, so that a hostile schema cannot take forever.
    """

    root: Node
    steps_left: int = MOST_STEPS
    definitions: dict[str, Shape] = field(default_factory=dict[str, Shape])
    unions: dict[int, tuple[AnyOf, Steps]] = field(default_factory=dict[int, "tuple[AnyOf, Steps]"])
    names: dict[str, str] = field(default_factory=dict[str, str])
    """Pointer -> name."""
    taken: set[str] = field(default_factory=set[str])
    todo: list[tuple[str, Node]] = field(default_factory=list[tuple[str, Node]])
    """The pointers in the order in which they were found, and their nodes."""

    @classmethod
    def read(cls, schema: JsonObject | bool) -> Reader:
        """Return the shapes of all definitions, with the schema itself under the name `ROOT`. Raises Refused."""
        reader = cls(Node.of(schema))
        reader._named("", reader.root)
        for place, node in reader.todo:  # grows while definitions are read
            reader.definitions[reader.names[place]] = reader.shape(node, tuple(steps(place)), 0)
        return reader

    def step(self, at: Steps, depth: int = 0) -> None:
        """Count one step. Raise Refused after too many."""
        self.steps_left -= 1
        if self.steps_left < 0 or depth > MOST_DEPTH:
            raise Refused("the schema is too large, nested too deep, or expands without end", at)

    def _named(self, place: str, node: Node) -> Named:
        """Return a reference to the definition at a pointer, under an unused name."""
        if place not in self.names:
            stem = re.sub(r"[^A-Za-z0-9_-]", "_", place.rpartition("/")[2]) or ROOT
            free = (f"{stem}_{number}" for number in count(len(self.taken) + 1))
            name = stem if stem not in self.taken else next(one for one in free if one not in self.taken)
            self.names[place] = name
            self.taken.add(name)
            self.todo.append((place, node))
        return Named(self.names[place])

    def shape(self, node: Node, at: Steps, depth: int) -> Shape:
        """Return the shape of one part of the schema."""
        self.step(at, depth)
        named = node.reference_beside(_is_idle)
        if named is not None and named.place is not None:
            return described(self._named(named.place, named), _words(node))
        _refuse_unsaid(node, at)
        shape = self._of_all(node, at, depth)
        return shape if isinstance(shape, Record) else described(shape, node.description)

    def _of_all(self, node: Node, at: Steps, depth: int) -> Shape:
        """Return the shape of a part that is not just a reference."""
        while node.branches and not any(_shapes(branch.given[0]) for branch in node.branches):
            node = node.beside  # a union that only restricts which keys occur together
        if node.branches:
            found = [
                self.shape(branch, (*at, "anyOf", number), depth + 1)
                for number, branch in enumerate(node.branches)
                if branch.given[0] is not False
            ]
            return self._union(found, at)
        written = dict.fromkeys(kind for said in node.all_said("type") for kind in types_of(said))
        types = [kind for kind in written if kind in node.types]
        if node.choices is not None:
            return self._union(_choices(node.choices, types, at), at)
        types = types or [kind for kind, words in _HINTS.items() if node.words & words]
        if not types:
            raise Refused(_ANYTHING, at)
        return self._union([self._of_type(kind, node, at, depth) for kind in types], at)

    def _of_type(self, kind: str, node: Node, at: Steps, depth: int) -> Shape:
        if kind == "object":
            return self._object(node, at, depth)
        if kind == "array":
            return self._array(node, at, depth)
        if kind not in {"string", "number", "integer", "boolean", "null"}:
            raise Refused(f"{kind!r} is not a type of JSON Schema", (*at, "type"))
        return Scalar({"type": kind})

    def _array(self, node: Node, at: Steps, depth: int) -> Shape:
        # Strict mode has no tuples. Their order is left to local validation.
        places: list[tuple[Steps, Node]] = [
            ((*at, "prefixItems", number), item) for number, item in enumerate(node.prefix)
        ]
        rest = self.root.at(True) if node.items is None else node.items
        if not places or (node.items is not None and not node.items.never):
            places.append(((*at, "items"), rest))
        return Items(self._union([self.shape(item, here, depth + 1) for here, item in places], at))

    def _object(self, node: Node, at: Steps, depth: int) -> Shape:
        """Return a record, or entries if the keys are free. Without ``additionalProperties`` only named keys count."""
        patterns = [named for said in node.all_said("patternProperties") for named in as_object(said).items()]
        others = _others(node)
        if node.properties and (patterns or others is not None):
            place = "patternProperties" if patterns else "additionalProperties"
            raise Refused("strict mode has no objects with both named and free keys", (*at, place))
        if patterns or others is not None:
            return self._entries(node, patterns, at, depth)
        if unknown := sorted(node.required - node.properties.keys()):
            raise Refused(f"{unknown[0]!r} is required, but the schema does not describe it", (*at, "required"))
        fields = {
            name: self._field(part, name not in node.required, (*at, "properties", name), depth + 1)
            for name, part in node.properties.items()
            if not part.never or name in node.required
        }
        if not fields:
            raise Refused("the object has no known property; strict mode needs at least one", at)
        return Record(fields, node.description)

    def _field(self, node: Node, optional: bool, at: Steps, depth: int) -> Field:
        """Return a property. One that can only be its default (a tag) is never null: its default is filled in."""
        found = self.shape(node, at, depth)
        shape, written = bare(found), as_object(node.given[0])
        default = (written["default"],) if "default" in written else ()
        constant = isinstance(shape, Scalar) and default and shape.wire.get("enum") == list(default)
        return Field(shape, optional and not constant, default, _words(node) or words_of(found))

    def _entries(self, node: Node, patterns: list[tuple[str, Json]], at: Steps, depth: int) -> Shape:
        """Return entries. Patterns of keys are validated locally; choices of keys are kept."""
        values: list[tuple[Steps, Node]] = [
            ((*at, "patternProperties", key), self.root.at(part))
            for key, part in patterns
            if isinstance(part, (dict, bool))
        ]
        if (others := _others(node)) is not None:
            values.append(((*at, "additionalProperties"), others))
        shapes = [self.shape(part, here, depth + 1) for here, part in values if not part.never]
        names = (said for said in node.all_said("propertyNames") if isinstance(said, (dict, bool)))
        keys = node.together(_STRING, *names)
        return Entries(self.shape(keys, (*at, "propertyNames"), depth + 1), self._union(shapes, at))

    def _union(self, shapes: Iterable[Shape], at: Steps) -> Shape:
        """Return the shapes as one: unions flattened, lists joined into one list, each option once."""
        flat = [one for shape in shapes for one in _opened(shape)]
        # A list says nothing about its items until they arrive, so two options that are lists cannot be told apart.
        lists = [(held, words_of(shape)) for shape in flat if isinstance(held := bare(shape), Items)]
        if len(lists) > 1:
            joined = Items(self._union([held.item for held, _ in lists], at))
            rest = [shape for shape in flat if not isinstance(bare(shape), Items)]
            flat = [*rest, described(joined, joined_words(*(words for _, words in lists)))]
        found: dict[str, Shape] = {}
        for shape in flat:
            held = bare(shape)
            known = words_of(found.get(repr(held), held))
            found[repr(held)] = described(held, joined_words(known, words_of(shape)))
        options = tuple(found.values())
        if not options:
            raise Refused("no value is allowed here", at)
        if len(options) == 1:
            return options[0]
        union = AnyOf(options, len(self.unions))
        self.unions[union.number] = (union, at)
        return union


def _is_idle(part: JsonObject) -> bool:
    """Whether a schema describes no shape apart from its references."""
    return not part.keys() & (_SHAPING | {"$dynamicRef", "$recursiveRef"})


def _shapes(member: Raw) -> bool:
    """Whether a member of a union says more than which keys are required."""
    return not isinstance(member, dict) or bool(member.keys() & (_SHAPING | {"$ref", "allOf"}) - {"required"})


def _others(node: Node) -> Node | None:
    """Return the schema of keys that are not named, or None if there are no such keys."""
    said = [one for one in node.all_said("additionalProperties") if isinstance(one, (dict, bool))]
    if not said and isinstance(unevaluated := node.said("unevaluatedProperties"), (dict, bool)):
        said = [unevaluated]
    others = node.together(*said)
    return others if said and not others.never else None


def _refuse_unsaid(node: Node, at: Steps) -> None:
    """Refuse a schema without values, references out of the schema, and keys that the object does not name."""
    for reference in node.unresolved:
        raise Refused(f"{reference!r} points outside this schema, or to nothing", (*at, "$ref"))
    if dynamic := node.words & {"$dynamicRef", "$recursiveRef"}:
        raise Refused("the meaning of this reference depends on where it is used", (*at, min(dynamic)))
    for part in node.parts:
        if set(UNIONS) <= part.keys():
            raise Refused("anyOf and oneOf are used together; strict mode allows one union", at)
        _refuse_hidden_keys(part, at)
    if node.never:
        both = ("enum", "in both") if node.choices == () else ("type", "of both") if "type" in node.words else None
        why = f"allOf asks for two {both[0]} at once, and no value is {both[1]}" if both else "no value is allowed here"
        raise Refused(why, at)


def _refuse_hidden_keys(part: JsonObject, at: Steps) -> None:
    """Refuse keywords that may add properties that the object does not name."""
    known = as_object(part.get("properties")).keys()
    conditions: list[tuple[Steps, Json]] = [((*at, key), part.get(key)) for key in ("then", "else")]
    for key in ("dependentSchemas", "dependencies"):
        conditions.extend(((*at, key, name), one) for name, one in as_object(part.get(key)).items())
    for here, condition in conditions:
        more = as_object(as_object(condition).get("properties")).keys() - known
        if more:
            raise Refused(
                f"the key {min(more)!r} is allowed only under a condition, which strict mode cannot express", here
            )


def _opened(shape: Shape) -> tuple[Shape, ...]:
    """Return the options of a union with their descriptions; any other shape is its own only option."""
    held = bare(shape)
    return tuple(described(one, words_of(shape)) for one in held.options) if isinstance(held, AnyOf) else (shape,)


def _choices(values: tuple[Json, ...], types: list[str], at: Steps) -> list[Shape]:
    """Return constants as one scalar for each of their types."""
    typed = [(_type_of(value, at), value) for value in values]
    allowed = [(kind, value) for kind, value in typed if not types or kind in types or _is_number(kind, types)]
    return [
        Scalar({"type": kind} if kind == "null" else {"type": kind, "enum": [value for _, value in group]})
        for kind, group in groupby(sorted(allowed, key=lambda pair: pair[0]), key=lambda pair: pair[0])
    ]


def _is_number(kind: str, types: list[str]) -> bool:
    return kind in {"integer", "number"} and "number" in types


def _type_of(value: Json, at: Steps) -> str:
    for kinds, name in ((bool, "boolean"), (str, "string"), (int, "integer"), (float, "number")):
        if isinstance(value, kinds):
            return name
    if value is not None:
        raise Refused("a constant is a list or an object, which strict mode cannot enforce", (*at, "enum"))
    return "null"


def _words(node: Node) -> str:
    """Return the description of this part, not that of a schema it refers to."""
    words = as_object(node.given[0]).get("description") if node.given else None
    return words if isinstance(words, str) else ""


MOST_OPTIONS = 200
Plain = Scalar | Items | Entries | Record


def link(reader: Reader) -> Shapes:
    """Return all shapes of a schema, with references resolved and unions decided. Raises Refused."""
    flat: dict[str, tuple[Plain, ...]] = {}
    definitions: dict[str, Shape] = {}
    for name in _in_order(reader):
        shape = reader.definitions[name]
        flat[name] = _flatten(shape, flat)
        held = bare(shape)
        definitions[name] = _behind(definitions[held.name], words_of(shape)) if isinstance(held, Named) else shape
    choices: dict[int, Choice] = {}
    for number, (union, at) in reader.unions.items():
        options = _flatten(union, flat)
        if len(options) > MOST_OPTIONS:
            raise Refused(f"a union of {len(options)} options is too large for strict mode", at)
        choices[number] = choose(options, definitions, at)
    return Shapes(definitions, choices)


def _behind(found: Shape, words: str) -> Shape:
    """Return the shape behind a definition that is just a reference. In a chain, the first description counts."""
    return described(bare(found), words) if words else found


def _in_order(reader: Reader) -> Sequence[str]:
    """Return the names of the definitions, referenced ones first. Refuses a definition that is itself."""
    direct = {
        name: {one.name for one in _parts(shape) if isinstance(one, Named)}
        for name, shape in reader.definitions.items()
    }
    try:
        return tuple(TopologicalSorter(direct).static_order())
    except CycleError as error:
        name: str = error.args[1][0]
        place = next(place for place, known in reader.names.items() if known == name)
        raise Refused("this schema refers directly to itself", tuple(steps(place))) from None


def _parts(shape: Shape) -> tuple[Bare, ...]:
    held = bare(shape)
    return tuple(map(bare, held.options)) if isinstance(held, AnyOf) else (held,)


def _flatten(shape: Shape, known: Mapping[str, tuple[Plain, ...]]) -> tuple[Plain, ...]:
    """Return the options of a union with references resolved, each once."""
    found: dict[str | int, Plain] = {}
    for part in _parts(shape):
        for one in known[part.name] if isinstance(part, Named) else (part,):
            if not isinstance(one, AnyOf):
                found[repr(one.wire) if isinstance(one, Scalar) else id(one)] = one
    return tuple(found.values())


def choose(options: Sequence[Plain], definitions: Mapping[str, Shape], at: Steps) -> Choice:
    """Return how to tell the options apart. Raises Refused if that is not certain.

    Reported for Groq: object variants must differ by one property of constants (a discriminator; several candidates
    are refused), or have no key in common. Anything less certain is refused here instead of by the server.
    """
    records = [one for one in options if isinstance(one, Record)]
    sequences = [one for one in options if isinstance(one, (Items, Entries))]
    free = any(isinstance(one, Entries) for one in sequences)
    if len(sequences) > 1 or (free and records):
        raise Refused(
            "an object with free keys is sent as a list of entries, which looks like another option of the union", at
        )
    null = any(isinstance(one, Scalar) and one.wire["type"] == "null" for one in options)
    tag, by = _separate(records, definitions, at)
    empty = next(
        (one for one in records if all(field.optional or field.default for field in one.fields.values())), None
    )
    return Choice(null, sequences[0] if sequences else None, empty, tag, by)


def _separate(
    records: Sequence[Record], definitions: Mapping[str, Shape], at: Steps
) -> tuple[str, Mapping[str, Record]]:
    """Return the discriminator ("" if the keys decide) and the record for each of its values or keys."""
    keys = [(key, record) for record in records for key in record.fields]
    if len(by_key := dict(keys)) == len(keys):
        return "", by_key
    tags = [key for key in records[0].fields if all(_fixed(record, key, definitions) for record in records)]
    if len(tags) == 1 and all(_tags(record, tags[0], definitions) for record in records):
        values = [(value, record) for record in records for value in _tags(record, tags[0], definitions)]
        if len(by_value := dict(values)) == len(values):
            return tags[0], by_value
        raise Refused(f"two objects of this union can have the same {tags[0]!r}, so it does not tell them apart", at)
    if len(tags) > 1:
        raise Refused(
            f"several properties could tell these objects apart ({', '.join(tags)}); strict mode needs exactly one", at
        )
    seen: set[str] = set()
    common = next(key for key, _ in keys if key in seen or seen.add(key))
    raise Refused(f"objects of this union share the key {common!r}, and no constant property tells them apart", at)


def _tags(record: Record, key: str, definitions: Mapping[str, Shape]) -> list[str]:
    """Return the constant strings of a property that is always present; empty for any other property."""
    return [value for value in _fixed(record, key, definitions) if isinstance(value, str)]


def _fixed(record: Record, key: str, definitions: Mapping[str, Shape]) -> list[Json]:
    """Return the constants, of any type, of a property that is always present: a possible discriminator."""
    field = record.fields.get(key)
    if field is None or field.optional:
        return []
    held = bare(field.shape)
    shape = bare(definitions[held.name]) if isinstance(held, Named) else held
    if not isinstance(shape, Scalar):
        return []
    values = shape.wire.get("enum")
    return values if isinstance(values, list) else []
