"""The last step of the rules: keep only what the text supports at the place where a finder read it.

Even if a finder is wrong, no value leaves the rules unless it is written, as a whole, where its evidence points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from structgen.core.json import Json
from structgen.ground.known_place import supports
from structgen.rules.fields import Field
from structgen.rules.findings import Finding, Path, Place


class _Gone:
    """A value that is not supported."""


_GONE = _Gone()


def keep_supported(found: Finding, root: Field) -> Finding:
    """Return a finding without the leaves that its text does not support at their known places.

    Such a leaf is null if its field is required or may be null, and is left out otherwise. An object in a list is not
    kept without a part that may not be null, and a list not without one of its items, because the rest would look
    complete.
    """
    kept = _Kept(dict(found.places), {})
    value = kept.value(found.value, root, ())
    return Finding(None) if isinstance(value, _Gone) else Finding(value, tuple(kept.places.items()))


@dataclass(frozen=True, slots=True)
class _Kept:
    """Walks a value with its fields, and collects the places of what is kept."""

    given: Mapping[Path, Place]
    places: dict[Path, Place]

    def value(self, value: Json, field: Field | None, path: Path) -> Json | _Gone:
        if isinstance(value, dict):
            return self._object(value, field, path)
        if isinstance(value, list):
            return self._list(value, field, path)
        place = self.given.get(path)
        if value is None:
            return None
        if place is None:
            return _GONE
        # A translation has other words than the text, which has to have whole words at least.
        said = place.page.text[slice(*place.visible)] if place.translated else value
        if not supports(place.page.text, *place.visible, said):
            return _GONE
        self.places[path] = place
        return value

    def _object(self, value: dict[str, Json], field: Field | None, path: Path) -> Json | _Gone:
        children = {child.name: child for child in field.children} if field else {}
        kept: dict[str, Json] = {}
        for name, part in value.items():
            child, place = children.get(name), (*path, name)
            one = self.value(part, child, place)
            if not isinstance(one, _Gone):
                kept[name] = one
            elif child and (child.nullable or child.required):
                if not child.nullable and path and isinstance(path[-1], int):
                    return self._dropped(path)
                kept[name] = None
        if path and not _has_value(kept):
            return self._dropped(path) if _has_value(value) else kept
        return kept

    def _list(self, value: list[Json], field: Field | None, path: Path) -> Json | _Gone:
        kept: list[Json] = []
        for at, item in enumerate(value):
            one = self.value(item, field.item if field else None, (*path, at))
            if isinstance(one, _Gone):
                return self._dropped(path)
            kept.append(one)
        return kept

    def _dropped(self, path: Path) -> _Gone:
        for place in [one for one in self.places if one[: len(path)] == path]:
            del self.places[place]
        return _GONE


def _has_value(value: Json) -> bool:
    """Whether a container has a leaf that is not null."""
    if isinstance(value, dict):
        return any(map(_has_value, value.values()))
    return any(map(_has_value, value)) if isinstance(value, list) else value is not None
