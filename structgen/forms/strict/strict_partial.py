"""Show the values of a response in the strict form as plain values while it streams in.

The reader shares finished parts between its values, so each is converted once and cached. An open part is
converted again whenever the reader copies it. So the conversion takes at most a constant multiple of the reader's time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.core.results import Partial
from structgen.forms.strict.shape_reader import ROOT
from structgen.forms.strict.strict_schema import WRAPPER, SentSchema
from structgen.forms.strict.strict_shapes import Back, Entries, Items, Named, Record, Shape

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StrictPartial:
    """Partial strict values -> partial plain values: unwrapped, and without the nulls of absent properties.

    An entry of an object with free keys is shown once its key is known and its value has begun. A value stays as it is
    written until the branch of its union is known.
    """

    sent: SentSchema
    _finished: dict[int, tuple[Json, Json]] = field(default_factory=dict[int, tuple[Json, Json]])
    """id() of a finished part -> the part itself, which keeps the id from being reused, and its plain form."""

    def __call__(self, value: Json, opened: Sequence[str]) -> Partial | None:
        """Return the plain form of a value with these open paths, or None while only the wrapper has arrived."""
        deepest = steps(opened[-1]) if opened else None
        if self.sent.wrapped:
            if not isinstance(value, dict) or WRAPPER not in value:
                return None
            value = value[WRAPPER]
            deepest = deepest[1:] if deepest else None
        if deepest is None:
            return Partial(self._closed(Named(ROOT), value))
        plain, path = self._open(Named(ROOT), value, deepest)
        return Partial(plain, tuple(pointer(path[:depth]) for depth in range(len(path) + 1)))

    def _closed(self, shape: Shape | None, value: Json) -> Json:
        """Return the plain form of a finished part."""
        if shape is None or not isinstance(value, (dict, list)):
            return value
        known = self._finished.get(id(value))
        if known is None:
            known = self._finished[id(value)] = (value, Back(self.sent.shapes)(shape, value))
        return known[1]

    def _open(self, shape: Shape | None, value: Json, deepest: Path) -> tuple[Json, Path]:
        """Return the plain form of an open part, and the path to its open member in that form."""
        form = None if shape is None else self.sent.shapes.pick(shape, value)
        if isinstance(form, Record) and isinstance(value, dict):
            return self._record(form, value, deepest)
        if isinstance(form, Items) and isinstance(value, list):
            return self._items(form, value, deepest)
        if isinstance(form, Entries) and isinstance(value, list):
            return self._entries(form, value, deepest)
        return value, deepest

    def _record(self, record: Record, value: JsonObject, deepest: Path) -> tuple[Json, Path]:
        made, path = dict[str, Json](), deepest
        for name, item in value.items():
            known = record.fields.get(name)
            shape = known.shape if known else None
            if deepest[:1] == (name,):
                made[name], below = self._open(shape, item, deepest[1:])
                path = (name, *below)
            elif item is not None or not known or not known.optional or self.sent.shapes.accepts_null(known.shape):
                made[name] = self._closed(shape, item)
        return made, path

    def _items(self, items: Items, value: list[Json], deepest: Path) -> tuple[Json, Path]:
        growing = bool(deepest) and int(deepest[0]) == len(value) - 1
        made = [self._closed(items.item, item) for item in (value[:-1] if growing else value)]
        if not growing:
            return made, deepest
        last, below = self._open(items.item, value[-1], deepest[1:])
        return [*made, last], (deepest[0], *below)

    def _entries(self, entries: Entries, value: list[Json], deepest: Path) -> tuple[Json, Path]:
        """Return the entries as an object: the last one if its value has begun, and none with a repeated key."""
        growing = bool(deepest) and int(deepest[0]) == len(value) - 1
        made = dict[str, Json]()
        for entry in value[:-1] if growing else value:
            if isinstance(entry, dict) and isinstance(key := entry.get("key"), str) and key not in made:
                made[key] = self._closed(entries.value, entry.get("value"))
        last = value[-1] if growing else None
        key = last.get("key") if isinstance(last, dict) else None
        if not isinstance(last, dict) or "value" not in last or not isinstance(key, str) or key in made:
            return made, ()
        if deepest[1:2] == ("value",):
            made[key], below = self._open(entries.value, last["value"], deepest[2:])
            return made, (key, *below)
        made[key] = self._closed(entries.value, last["value"])
        return made, (key,)
