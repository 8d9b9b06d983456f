"""Values between their plain form and their strict form."""

from __future__ import annotations

from dataclasses import dataclass

from structgen.core.json import Json, JsonObject
from structgen.forms.strict.strict_shapes import Entries, Items, Record, Shape, Shapes

DEEPEST = 200
"""Deeper parts of a value stay as they are, and validation judges them; no recursion runs away."""


@dataclass(frozen=True, slots=True)
class Forward:
    """Plain -> strict. Left-out properties become their default where null would be mistaken for a value, else null."""

    shapes: Shapes

    def __call__(self, shape: Shape, value: Json, depth: int = 0) -> Json:
        """The strict form; what does not fit the shape stays as it is."""
        form = self.shapes.pick(shape, value)
        if depth > DEEPEST:
            return value
        if isinstance(form, Record) and isinstance(value, dict):
            return self._record(form, value, depth + 1)
        if isinstance(form, Items) and isinstance(value, list):
            return [self(form.item, item, depth + 1) for item in value]
        if isinstance(form, Entries) and isinstance(value, dict):
            return [{"key": key, "value": self(form.value, item, depth + 1)} for key, item in value.items()]
        return value

    def _record(self, record: Record, value: JsonObject, depth: int) -> JsonObject:
        made: JsonObject = {}
        for name, field in record.fields.items():
            if name in value:
                made[name] = self(field.shape, value[name], depth)
            elif field.default and (not field.optional or self.shapes.accepts_null(field.shape)):
                made[name] = self(field.shape, field.default[0], depth)
            elif field.optional:
                made[name] = None
        return made


@dataclass(frozen=True, slots=True)
class Back:
    """Strict -> plain. A null goes where it only stands for a left-out property; validation puts defaults back."""

    shapes: Shapes

    def __call__(self, shape: Shape, value: Json, depth: int = 0) -> Json:
        """The plain form; what does not fit the shape stays as it is, so that validation refuses it."""
        form = self.shapes.pick(shape, value)
        if depth > DEEPEST:
            return value
        if isinstance(form, Record) and isinstance(value, dict):
            return self._record(form, value, depth + 1)
        if isinstance(form, Items) and isinstance(value, list):
            return [self(form.item, item, depth + 1) for item in value]
        if isinstance(form, Entries) and isinstance(value, list):
            return self._entries(form, value, depth + 1)
        return value

    def _record(self, record: Record, value: JsonObject, depth: int) -> JsonObject:
        made: JsonObject = {}
        for name, item in value.items():
            field = record.fields.get(name)
            if field is None:
                made[name] = item
            elif item is not None or not field.optional or self.shapes.accepts_null(field.shape):
                made[name] = self(field.shape, item, depth)
        return made

    def _entries(self, entries: Entries, value: list[Json], depth: int) -> Json:
        """The object; the list itself where it holds anything but entries, or a key twice: neither may be guessed."""
        made: JsonObject = {}
        for entry in value:
            if not isinstance(entry, dict) or entry.keys() != {"key", "value"}:
                return value
            key = entry["key"]
            if not isinstance(key, str) or key in made:
                return value
            made[key] = self(entries.value, entry["value"], depth)
        return made
