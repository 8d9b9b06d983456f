"""Values of many rows -> their common shape: which kinds occur at each place, how often, and with which texts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from structgen.core.json import Json, JsonObject

DEEPEST = 12
"""Levels of nesting that get fields; what is deeper is any JSON."""

MAP_KEYS = 24
"""More different keys than this, most of them rare, are data and not fields."""

_RARE = 0.34


@dataclass(slots=True)
class Shape:
    """What occurs at one place. `seen` counts its values, null included.

    `kinds` counts them by kind: null, bool, int, float, str, object, list.
    """

    seen: int = 0
    kinds: Counter[str] = field(default_factory=Counter[str])
    texts: Counter[str] = field(default_factory=Counter[str])
    numbers: list[float] = field(default_factory=list[float])
    """The first few numbers, as samples."""
    keys: dict[str, Shape] = field(default_factory=dict[str, "Shape"])
    items: Shape | None = None
    too_deep: bool = False

    def add(self, value: Json, depth: int = 0) -> None:
        """Add one value."""
        self.seen += 1
        kind = kind_of(value)
        self.kinds[kind] += 1
        if depth >= DEEPEST and kind in {"object", "list"}:
            self.too_deep = True
        elif isinstance(value, str):
            self.texts[value] += 1
        elif isinstance(value, dict):
            for name, part in value.items():
                self.keys.setdefault(name, Shape()).add(part, depth + 1)
        elif isinstance(value, list):
            self.items = self.items or Shape()
            for item in value:
                self.items.add(item, depth + 1)
        elif isinstance(value, int | float) and not isinstance(value, bool) and len(self.numbers) < 3:
            self.numbers.append(value)

    @property
    def objects(self) -> int:
        """How many of the values are objects."""
        return self.kinds["object"]

    @property
    def is_map(self) -> bool:
        """Whether the keys of the objects are data: many, and most of them in few objects."""
        rare = sum(part.seen <= _RARE * self.objects for part in self.keys.values())
        return len(self.keys) > MAP_KEYS and rare > 0.8 * len(self.keys)

    def merged_values(self) -> Shape:
        """Return the common shape of the values of a map."""
        together = Shape()
        for part in self.keys.values():
            together.absorb(part)
        return together

    def absorb(self, other: Shape) -> None:
        """Add all values of another shape."""
        self.seen += other.seen
        self.kinds += other.kinds
        self.texts += other.texts
        self.numbers = [*self.numbers, *other.numbers][:3]
        self.too_deep |= other.too_deep
        for name, part in other.keys.items():
            self.keys.setdefault(name, Shape()).absorb(part)
        if other.items is not None:
            self.items = self.items or Shape()
            self.items.absorb(other.items)


def kind_of(value: Json) -> str:
    """Return the kind of a JSON value. A bool is no int."""
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "object"
    return type(value).__name__


def shape_of(values: Iterable[JsonObject]) -> Shape:
    """Return the common shape of objects."""
    shape = Shape()
    for value in values:
        shape.add(value)
    return shape
