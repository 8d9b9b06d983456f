"""References inside a JSON Schema, resolved without leaving it: pointers, anchors and `$id`s of its own parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urldefrag, urljoin

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.schema.keywords import Steps, walk

REF = ("$ref", "$dynamicRef", "$recursiveRef")


@dataclass(frozen=True, slots=True)
class Refs:
    """The parts of one schema that references can name. `bases` holds the base URI at each pointer that changes it."""

    root: JsonObject | bool
    places: dict[str, str] = field(default_factory=dict[str, str])
    """URI (with its fragment, if an anchor) -> pointer."""
    bases: dict[str, str] = field(default_factory=dict[str, str])

    def is_draft(self, *numbers: int) -> bool:
        """Whether the schema names one of these drafts of the years before 2019."""
        named = self.root.get("$schema") if isinstance(self.root, dict) else None
        return isinstance(named, str) and any(f"draft-0{number}/" in named for number in numbers)

    @property
    def closed(self) -> bool:
        """Whether a `$ref` rules out everything beside it (drafts up to 7)."""
        return self.is_draft(3, 4, 6, 7)

    @classmethod
    def of(cls, root: JsonObject | bool) -> Refs:
        """Read the identifiers and anchors of a schema."""
        refs = cls(root, {"": ""}, {"": ""})
        for at, schema in walk(root):
            if isinstance(schema, dict):
                refs._add(at, schema)
        return refs

    def _add(self, at: Steps, schema: JsonObject) -> None:
        here = pointer(at)
        base = self.base(at)
        for key in ("$id", "id"):
            name = schema.get(key)
            if not isinstance(name, str) or (key == "id" and "$id" in schema):
                continue
            if name.startswith("#"):
                self.places.setdefault(base + name, here)
                continue
            base = urldefrag(urljoin(base, name)).url
            self.places.setdefault(base, here)
            self.bases[here] = base
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(anchor := schema.get(key), str):
                self.places.setdefault(f"{base}#{anchor}", here)

    def base(self, at: Steps) -> str:
        """The base URI that holds at a place."""
        for end in range(len(at), -1, -1):
            found = self.bases.get(pointer(at[:end]))
            if found is not None:
                return found
        return ""

    def find(self, ref: str, at: Steps = ()) -> tuple[str, JsonObject | bool] | None:
        """The pointer and the schema that a reference at a place names; None where it is not in this schema."""
        base = self.base(at)
        target = base + ref if ref.startswith("#") else urljoin(base, ref)
        document, fragment = urldefrag(target)
        if fragment and not fragment.startswith("/"):
            place = self.places.get(f"{document}#{unquote(fragment)}")
        else:
            start = self.places.get(document)
            place = None if start is None else start + unquote(fragment)
        return None if place is None else self.at(place)

    def at(self, place: str) -> tuple[str, JsonObject | bool] | None:
        """The schema at a pointer."""
        here: Json = self.root
        for step in steps(place):
            if isinstance(here, dict) and step in here:
                here = here[step]
            elif isinstance(here, list) and step.isdecimal() and int(step) < len(here):
                here = here[int(step)]
            else:
                return None
        return (place, here) if isinstance(here, (dict, bool)) else None
