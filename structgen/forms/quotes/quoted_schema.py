"""A JSON Schema whose values come with quotes, and converting values to that form and back.

Every value that is read from a text becomes a pair, with the quote first: a model that has just copied the words is
more often right about the value. Nothing else changes, so a value keeps its path:

    {"total": 11.85, "tags": ["a"]}
    {"total": {"quote": "TOTAL RM 11.85", "value": 11.85}, "tags": [{"quote": "an a", "value": "a"}]}

Null needs no quote, and neither do constants and the tags of unions. A part of any type (without a type, or under
``not`` or ``if``) stays as it is. The keys of a pair are names that no property has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject, pointer
from structgen.forms.quotes.quote_writer import write
from structgen.forms.quotes.quoted_shapes import Items, Keys, Leaf, Record, Shape, Shapes
from structgen.schema.json_schema import compile_json_schema
from structgen.schema.keywords import walk
from structgen.schema.schema import Schema

DEEPEST = 200
"""Deeper parts stay as they are and are left to validation, so that recursion is bounded."""

Resolved = tuple[Leaf | Record | Items, ...]


@dataclass(frozen=True, slots=True)
class Forward:
    """Converts a plain value to the form with quotes."""

    shapes: Shapes
    keys: Keys
    quotes: Mapping[str, str | None]

    def __call__(self, shapes: tuple[Shape, ...], value: Json, path: str = "", depth: int = 0) -> Json:
        """Return the value with quotes. What does not fit stays as it is."""
        known = self.shapes.resolve(shapes)
        if depth > DEEPEST or value is None or (Leaf.PLAIN in known and isinstance(value, (dict, list))):
            return value
        if isinstance(value, dict):
            known = fitting(known, value)
            return {key: self(under(known, key), item, path + pointer([key]), depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self(at(known, i), item, f"{path}/{i}", depth + 1) for i, item in enumerate(value)]
        if Leaf.QUOTED in known:
            return {self.keys.quote: self.quotes.get(path), self.keys.value: value}
        return value


@dataclass(frozen=True, slots=True)
class Split:
    """An answer without its quotes. `quotes` has the path of each value; `moved` translates paths in the answer."""

    value: Json
    quotes: Mapping[str, str | None]
    moves: Mapping[str, str] = field(repr=False)
    """Path of a quote, or of the value beside it, in the answer -> path of the value."""
    in_quotes: frozenset[str] = field(repr=False)
    """The paths of quotes among the keys of `moves`."""

    def moved(self, path: str) -> str:
        """Return the path in the value of a path in the answer; for a quote, the path of its value."""
        start = _known_above(path, self.moves)
        return path if start is None else self.moves[start] + path[len(start) :] * (start not in self.in_quotes)

    def is_quote(self, path: str) -> bool:
        """Whether a path in the answer is that of a quote, or leads into one."""
        return _known_above(path, self.moves) in self.in_quotes


def _known_above(path: str, known: Mapping[str, str]) -> str | None:
    """Return the path if it is known, else the nearest known path above it."""
    while path and path not in known:
        path = path.rpartition("/")[0]
    return path if path in known else None


class Nothing:
    """Marks a pair without a value."""


NOTHING = Nothing()


@dataclass(slots=True)
class Splitter:
    """Converts one answer with quotes to a plain value and its quotes."""

    shapes: Shapes
    keys: Keys
    quotes: dict[str, str | None] = field(default_factory=dict[str, "str | None"])
    moves: dict[str, str] = field(default_factory=dict[str, str])
    in_quotes: set[str] = field(default_factory=set[str])
    open: str = ""
    """The deepest path of the answer that was never closed."""
    around: str | None = None
    """The quote that was given for the enclosing list or object."""

    @classmethod
    def anywhere(cls, keys: Keys, value: Json) -> Json:
        """Return a value, of an unknown part of an answer, without anything that looks like a quote."""
        return cls(Shapes(), keys).split(value).value

    def split(self, answer: Json) -> Split:
        """Split a whole answer."""
        value = self.part(self.shapes.root, answer, "", "")
        return Split(None if isinstance(value, Nothing) else value, self.quotes, self.moves, frozenset(self.in_quotes))

    def part(self, shapes: tuple[Shape, ...], value: Json, path: str, raw: str, depth: int = 0) -> Json | Nothing:
        """Split one part of the answer. It is at `raw` in the answer and at `path` in the value."""
        known = self.shapes.resolve(shapes)
        if depth > DEEPEST or (Leaf.PLAIN in known and Leaf.QUOTED not in known):
            return value
        if isinstance(value, dict):
            pair = pair_of(value, known, self.keys) or self._begun(value, known, raw)
            return self._object(known, value, path, raw, depth) if pair is None else self._pair(pair, path, raw, depth)
        if isinstance(value, list):
            return value if Leaf.PLAIN in known else self._list(known, value, path, raw, depth)
        # The model gave the value without a pair. A quote for the object around it may still cover it.
        if Leaf.QUOTED in known and value is not None:
            self.quotes.setdefault(path, self.around)
        return value

    def _begun(self, value: JsonObject, known: Resolved, raw: str) -> Pair | None:
        """Return the pair that an object would have become if it had not been cut off."""
        keys, step = self.keys, self.open.removeprefix(f"{raw}/")
        if step not in {keys.quote, keys.value} or step == self.open or not value.keys() <= {keys.quote, keys.value}:
            return None
        # The words of an unfinished quote are not used: half a quote would be found in the wrong place.
        held = keys.value if keys.value in value else ""
        return Pair(keys.quote, held, None, value.get(keys.value), known)

    def _pair(self, pair: Pair, path: str, raw: str, depth: int) -> Json | Nothing:
        """Return the value of a pair. A quote for a whole list or object counts for each of its values."""
        if pair.quote_key:
            self.moves[raw + pointer([pair.quote_key])] = path
            self.in_quotes.add(raw + pointer([pair.quote_key]))
        # Issues and repairs of the response name paths in the answer, so both members of the pair lead to the value.
        inside = raw + pointer([pair.value_key or self.keys.value])
        self.moves[inside] = path
        if not pair.value_key:
            return NOTHING
        if not isinstance(pair.value, (dict, list)):
            if pair.value is not None and Leaf.FIXED not in pair.shapes:
                self.quotes[path] = self.around if pair.quote is None else pair.quote
            return pair.value
        before, self.around = self.around, pair.quote
        value = self.part(pair.shapes, pair.value, path, inside, depth + 1)
        self.around = before
        return value

    def _object(self, known: Resolved, value: JsonObject, path: str, raw: str, depth: int) -> JsonObject:
        if Leaf.PLAIN in known:
            return value
        made: JsonObject = {}
        known = fitting(known, value)
        for key, item in value.items():
            step = pointer([key])
            part = self.part(under(known, key), item, path + step, raw + step, depth + 1)
            if not isinstance(part, Nothing):
                made[key] = part
        return made

    def _list(self, known: Resolved, value: list[Json], path: str, raw: str, depth: int) -> list[Json]:
        """Return a list. Its last item may be a pair that was cut off before its value."""
        parts = [self.part(at(known, i), item, f"{path}/{i}", f"{raw}/{i}", depth + 1) for i, item in enumerate(value)]
        # Only the last item can be unfinished. Dropping another one would move all items after it.
        if parts and isinstance(parts[-1], Nothing):
            parts.pop()
        return [None if isinstance(part, Nothing) else part for part in parts]


@dataclass(frozen=True, slots=True)
class Pair:
    """An object with a quote and a value, perhaps incomplete; its keys as they are written, "" if absent."""

    quote_key: str
    value_key: str
    quote: str | None
    value: Json
    shapes: Resolved


def pair_of(value: JsonObject, known: Resolved, keys: Keys) -> Pair | None:
    """Return the pair that an object of these shapes is, or None if it is or may be something else.

    If only a single value is allowed, other keys of a complete pair (a confidence, for example) are dropped.
    """
    names = {key.casefold(): key for key in value}
    quote_key, value_key = names.get(keys.quote, ""), names.get(keys.value, "")
    quote, held = value.get(quote_key), value.get(value_key)
    words = quote if isinstance(quote, str) else None
    whole = bool(quote_key and value_key) and (quote is None or words is not None)
    more = bool(names.keys() - {keys.quote, keys.value})
    single = Leaf.QUOTED in known and all(shape in (Leaf.QUOTED, Leaf.FIXED) for shape in known)
    # Two keys that differ only in case are ambiguous, so such an object is not a pair.
    if not value or len(names) < len(value) or (more and not (whole and single)):
        return None
    return Pair(quote_key, value_key, words, held, known) if _may_be_pair(known, whole=whole, held=held) else None


def _may_be_pair(known: Resolved, *, whole: bool, held: Json) -> bool:
    """Whether an object with these keys is a pair here. `whole`: it has both keys, and the quote is a string or null.

    If a quote was asked for, it always is one: no property has these names. Elsewhere, only a complete pair counts.
    """
    if Leaf.QUOTED in known:
        return whole or Leaf.PLAIN not in known
    # An object with free keys may have members named like the keys of a pair.
    if any(isinstance(shape, Record) and shape.others for shape in known):
        return False
    inside = any(isinstance(shape, (Record, Items)) for shape in known)
    return whole and (held is None or isinstance(held, (dict, list)) == inside)


def fitting(known: Resolved, value: JsonObject) -> Resolved:
    """Return the shapes without the objects that the tags rule out; all shapes if none would be left."""
    fits = tuple(shape for shape in known if not isinstance(shape, Record) or shape.fits(value))
    return fits if any(isinstance(shape, Record) for shape in fits) else known


def under(known: Resolved, key: str) -> tuple[Shape, ...]:
    """Return the shapes of the value under a key."""
    return tuple(shape for record in known if isinstance(record, Record) for shape in record.under(key))


def at(known: Resolved, index: int) -> tuple[Shape, ...]:
    """Return the shapes of an item of a list."""
    return tuple(shape for items in known if isinstance(items, Items) for shape in items.at(index))


T = TypeVar("T")

_QUOTE = ("quote", "words", "source_quote")
_VALUE = ("value", "is", "quoted_value")
"""Names for the keys of a pair, in order of preference. The last one is numbered if all of them are taken."""


@dataclass(frozen=True, slots=True)
class Quoted:
    """A schema with quotes. `schema` describes the answers; `forward` and `split` convert values."""

    schema: Schema[Json]
    keys: Keys
    shapes: Shapes = field(repr=False)

    def forward(self, value: Json, quotes: Mapping[str, str | None]) -> Json:
        """Return a value with its quotes, given by path. What does not fit the schema stays as it is."""
        return Forward(self.shapes, self.keys, quotes)(self.shapes.root, value)

    def split(self, answer: Json, opened: str = "") -> Split:
        """Return the value of an answer, its quotes by path, and where its parts have moved. Never refuses anything.

        `opened` is the deepest open path of an answer that was cut off: a pair without its value is dropped there. A
        value without a quote has the quote None. What does not fit the schema is split wherever it looks like a pair,
        so that it can be repaired like any other value.
        """
        return Splitter(self.shapes, self.keys, open=opened).split(answer)

    def asked(self, value: Json) -> dict[str, None]:
        """Return the paths in a value that should have a quote."""
        return dict.fromkeys(self.split(value).quotes)


@dataclass(frozen=True, slots=True)
class QuotesRefusal:
    """Why a schema cannot have quotes, in plain words."""

    reason: str


def with_quotes(schema: Schema[T], keys: Keys | None = None) -> Quoted | QuotesRefusal:
    """Return the schema with quotes. `keys` are the keys of a pair, if the rest of the schema has them already.

    Never raises for the contents of a schema.
    """
    plain = schema.json_schema
    keys = keys or free_keys(plain)
    try:
        written, shapes = write(plain, keys)
        if not shapes.quotes_anything:
            return QuotesRefusal("it contains no value of a known type that could have a quote")
        checked, validator = compile_json_schema(written, assert_formats=False)
    except (SchemaError, RecursionError):
        return QuotesRefusal("quotes cannot be added to the way it is nested or refers to itself")
    return Quoted(Schema(schema.name, checked, None, {}, validator), keys, shapes)


def free_keys(schema: JsonObject | bool) -> Keys:
    """Return names for the two keys of a pair that no property of the schema has."""
    taken = {name.casefold() for name in _properties(schema)}

    def free(names: tuple[str, ...]) -> str:
        longer = (f"{names[-1]}_{number}" for number in range(2, len(taken) + 3))
        return next(name for name in (*names, *longer) if name not in taken)

    return Keys(free(_QUOTE), free(_VALUE))


def pair_keys(schema: JsonObject) -> Keys | None:
    """Return the keys of the pair that a schema describes, plain or strict, or None if it describes anything else."""
    held = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(held, dict) or len(held) != 2:
        return None
    quote, value = held
    named = _is_one_of(_QUOTE, quote) and _is_one_of(_VALUE, value)
    return Keys(quote, value) if named and held[quote] in (Keys().schema, _STRICT_QUOTE) else None


_STRICT_QUOTE: JsonObject = {"anyOf": [{"type": "string"}, {"type": "null"}]}
"""The schema of a quote as the strict form writes it."""


def _is_one_of(names: tuple[str, ...], name: str) -> bool:
    before, underscore, number = name.rpartition("_")
    return name in names or (bool(underscore) and before == names[-1] and number.isdecimal())


def _properties(schema: JsonObject | bool) -> set[str]:
    """Return every property name in the schema, and every key of a constant."""
    found: set[str] = set()
    for _, part in walk(schema):
        if isinstance(part, dict):
            for key in ("properties", "dependentSchemas", "dependencies"):
                found |= cast(JsonObject, part[key]).keys() if isinstance(part.get(key), dict) else set()
            required = part.get("required")
            found |= {name for name in required if isinstance(name, str)} if isinstance(required, list) else set()
    return found
