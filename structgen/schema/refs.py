"""References inside a JSON Schema, resolved without leaving it: pointers, anchors and `$id`s of its own parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urldefrag, urljoin

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.schema.keywords import Steps, walk

REF = ("$ref", "$dynamicRef", "$recursiveRef")
NAMES = frozenset({"$id", "id", "$anchor", "$dynamicAnchor"})


@dataclass(slots=True)
class Bases:
    """Base URIs by place, as a tree of steps: looking one up walks once along its path, however deep."""

    uri: str | None = None
    inside: dict[str, Bases] = field(default_factory=dict[str, "Bases"])

    def put(self, at: Steps, uri: str) -> None:
        """Set the base URI that holds from a place on."""
        here = self
        for step in at:
            here = here.inside.setdefault(str(step), Bases())
        here.uri = uri

    def over(self, at: Steps) -> str:
        """The base URI that holds at a place: its own, or that of the nearest place above."""
        here, uri = self, self.uri or ""
        for step in at:
            inner = here.inside.get(str(step))
            if inner is None:
                break
            here, uri = inner, uri if inner.uri is None else inner.uri
        return uri


@dataclass(frozen=True, slots=True)
class Refs:
    """The parts of one schema that references can name."""

    root: JsonObject | bool
    places: dict[str, str] = field(default_factory=dict[str, str])
    """URI (with its fragment, if an anchor) -> pointer."""
    bases: Bases = field(default_factory=Bases)

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
        refs = cls(root, {"": ""})
        for at, schema in walk(root):
            if isinstance(schema, dict):
                refs._add(at, schema)
        return refs

    def _add(self, at: Steps, schema: JsonObject) -> None:
        if not NAMES & schema.keys():
            return  # the pointer of a deep place is long
        here, base = pointer(at), self.bases.over(at)
        for key in ("$id", "id"):
            name = schema.get(key)
            if not isinstance(name, str) or (key == "id" and "$id" in schema):
                continue
            if name.startswith("#"):
                self.places.setdefault(base + name, here)
                continue
            base = urldefrag(urljoin(base, name)).url
            self.places.setdefault(base, here)
            self.bases.put(at, base)
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(anchor := schema.get(key), str):
                self.places.setdefault(f"{base}#{anchor}", here)

    def find(self, ref: str, at: Steps = ()) -> tuple[str, JsonObject | bool] | None:
        """The pointer and the schema that a reference at a place names; None where it is not in this schema."""
        base = self.bases.over(at)
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
