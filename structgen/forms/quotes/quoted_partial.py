"""Show the values of a response with quotes while it streams in, without the quotes.

A finished part is split once and cached. An open part is split again whenever it is copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.core.results import Partial
from structgen.forms.quotes.quoted_schema import (
    NOTHING,
    Nothing,
    Quoted,
    Resolved,
    Splitter,
    at,
    fitting,
    pair_of,
    under,
)
from structgen.forms.quotes.quoted_shapes import Leaf, Record, Shape

Path = tuple[str, ...]
Place = tuple[Shape, ...]


@dataclass(slots=True)
class QuotedPartial:
    """Partial values with quotes -> partial plain values. A value is shown once its quote is complete."""

    quoted: Quoted
    _quote: str = ""
    """The path in the answer of the quote that grew last, or empty."""
    _waiting: bool = False
    """Whether a quote is complete and its value has not begun."""
    _finished: dict[int, tuple[Json, Json | Nothing]] = field(default_factory=dict[int, "tuple[Json, Json | Nothing]"])
    """id() of a finished part -> the part itself, which keeps the id from being reused, and its plain form."""

    def __call__(self, value: Json, opened: Sequence[str]) -> Partial | None:
        """Return the plain form of a value with these open paths, or None if only a quote has grown."""
        deepest = opened[-1] if opened else ""
        root, last, self._waiting = self.quoted.shapes.root, self._quote, False
        if not opened:
            plain, path = self._closed(root, value), None
        else:
            plain, path = self._open(root, value, steps(deepest))
        self._quote = deepest if self._waiting else ""
        if isinstance(plain, Nothing) or (last and last == self._quote):
            return None
        return Partial(plain, () if path is None else tuple(pointer(path[:depth]) for depth in range(len(path) + 1)))

    def _closed(self, place: Place, value: Json) -> Json | Nothing:
        """Return the plain form of a finished part."""
        if not isinstance(value, (dict, list)):
            return value
        known = self._finished.get(id(value))
        if known is None:
            split = Splitter(self.quoted.shapes, self.quoted.keys).part(place, value, "", "")
            known = self._finished[id(value)] = (value, split)
        return known[1]

    def _open(self, place: Place, value: Json, deepest: Path) -> tuple[Json | Nothing, Path]:
        """Return the plain form of an open part, and the path to its open member in that form."""
        known = self.quoted.shapes.resolve(place)
        if Leaf.PLAIN in known and Leaf.QUOTED not in known:
            return value, deepest
        if isinstance(value, dict):
            pair = self._is_pair(value, known, deepest)
            return self._pair(place, value, deepest) if pair else self._object(known, value, deepest)
        return self._list(known, value, deepest) if isinstance(value, list) else (value, deepest)

    def _is_pair(self, value: JsonObject, known: Resolved, deepest: Path) -> bool:
        """Whether an open object is a pair, or begins like one and no other object has such keys."""
        own = {self.quoted.keys.quote, self.quoted.keys.value}
        begun = bool(own & {*value, *deepest[:1]})
        if Leaf.QUOTED in known:
            # Without a key yet, the object most likely becomes the pair that the schema asks for.
            return begun or not (value or deepest)
        free = any(isinstance(shape, Record) and shape.others for shape in known)
        return (begun and bool(known) and not free) or pair_of(value, known, self.quoted.keys) is not None

    def _pair(self, place: Place, pair: JsonObject, deepest: Path) -> tuple[Json | Nothing, Path]:
        key = self.quoted.keys.value
        if key not in pair:
            self._waiting = True
            return NOTHING, ()
        if deepest[:1] == (key,):
            return self._open(place, pair[key], deepest[1:])
        return self._closed(place, pair[key]), ()

    def _object(self, known: Resolved, value: JsonObject, deepest: Path) -> tuple[Json, Path]:
        made, path, known = dict[str, Json](), deepest, fitting(known, value)
        for key, item in value.items():
            if deepest[:1] == (key,):
                part, below = self._open(under(known, key), item, deepest[1:])
                path = (key, *below)
            else:
                part = self._closed(under(known, key), item)
            if not isinstance(part, Nothing):
                made[key] = part
        return made, path

    def _list(self, known: Resolved, value: list[Json], deepest: Path) -> tuple[Json, Path]:
        growing = bool(deepest) and int(deepest[0]) == len(value) - 1
        whole = value[:-1] if growing else value
        parts = [self._closed(at(known, i), item) for i, item in enumerate(whole)]
        made = [None if isinstance(part, Nothing) else part for part in parts]
        if not growing:
            return made, deepest
        last, below = self._open(at(known, len(whole)), value[-1], deepest[1:])
        return [*made, *([] if isinstance(last, Nothing) else [last])], (deepest[0], *below)
