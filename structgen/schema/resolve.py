"""Rewrite references to one canonical form: ``#/$defs/NAME``, or ``#`` for the root.

JSON Schema has many spellings for a reference: percent-encoded pointers, anchors, `$id`s that change the base URI,
`definitions` and `$defs`, pointers into the middle of another subschema, `$dynamicRef`. They are resolved here, once,
when a schema is compiled. All other modules follow references through the nodes of `schema.node`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import cast
from urllib.parse import unquote, urldefrag, urljoin

from structgen.core.json import Json, JsonObject, as_object, pointer, steps
from structgen.core.json import at as value_at
from structgen.schema.keywords import BY_NAME, MANY, ONE, Steps, walk

DEFINITIONS = ("$defs", "definitions")
_ANNOTATIONS = frozenset(
    {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment"}
)
_ODD = re.compile(r"[^A-Za-z0-9_.-]")
_CANONICAL = re.compile(r"#(?:/\$defs/[A-Za-z0-9_.-]+)?\Z")


def target(root: JsonObject | bool, reference: object) -> JsonObject | bool | None:
    """Return the schema that a canonical reference names, or None for anything else."""
    found = find(root, reference)
    return None if found is None else found[1]


def referred(root: JsonObject | bool, schema: Json) -> tuple[str, JsonObject | bool] | None:
    """Return the pointer to the schema that a schema refers to, and that schema; None if it refers to nothing."""
    return find(root, schema.get("$ref")) if isinstance(schema, dict) else None


def find(root: JsonObject | bool, reference: object) -> tuple[str, JsonObject | bool] | None:
    """Return the pointer to the schema that a canonical reference names, and that schema; None for anything else."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    return part_at(root, reference[1:])


def part_at(root: JsonObject | bool, place: str) -> tuple[str, JsonObject | bool] | None:
    """Return a pointer and the schema there, or None if there is no schema."""
    here: Json = root
    for step in steps(place):
        here = here.get(step) if isinstance(here, dict) else None
    return (place, here) if isinstance(here, (dict, bool)) else None


def standalone(root: JsonObject | bool, part: JsonObject | bool) -> JsonObject | bool:
    """Return a subschema of a canonical schema with the definitions that it needs, so that it can be used alone."""
    if not isinstance(part, dict) or not isinstance(root, dict) or part is root:
        return part
    whole = rooted(root)  # `#` in the part would name the part itself
    if whole is not root:
        part = _pointing(part, cast(str, whole["$ref"]))
    return {**part, **{key: whole[key] for key in ("$defs", "$schema") if key in whole and key not in part}}


def rooted(root: JsonObject) -> JsonObject:
    """Return the canonical schema without ``#``: if parts refer to the root, the root becomes a definition.

    Then its subschemas can be moved into another schema, where ``#`` would name that schema's root.
    """
    if not any(isinstance(part, dict) and part.get("$ref") == "#" for _, part in walk(root)):
        return root
    definitions = as_object(root.get("$defs"))
    name = next(name for number in count(1) if (name := f"whole_{number}") not in definitions)
    addresses = {key: value for key, value in root.items() if key in {"$schema", "$id"}}
    whole = {key: value for key, value in root.items() if key not in {"$defs", *addresses}}
    reference = f"#/$defs/{name}"
    return {**addresses, "$ref": reference, **_pointing({"$defs": {**definitions, name: whole}}, reference)}


def _pointing(schema: JsonObject, reference: str) -> JsonObject:
    """Return a copy with another reference in place of ``#``."""
    made = cast(JsonObject, json.loads(json.dumps(schema)))
    for _, part in walk(made):
        if isinstance(part, dict) and part.get("$ref") == "#":
            part["$ref"] = reference
    return made


def canonical(schema: JsonObject | bool) -> JsonObject | bool:
    """Return the schema with canonical references, or the schema itself if they are canonical already.

    References to the metaschemas of JSON Schema stay as they are.
    """
    if not isinstance(schema, dict) or _is_canonical(schema):
        return schema
    return _Rewriting(schema).whole()


def _is_canonical(schema: JsonObject) -> bool:
    if "definitions" in schema:
        return False
    for at, part in walk(schema):
        if not isinstance(part, dict):
            continue
        if (at and NAMES & part.keys()) or "$dynamicRef" in part or "$recursiveRef" in part:
            return False
        reference = part.get("$ref")
        if isinstance(reference, str) and not (_CANONICAL.match(reference) and target(schema, reference) is not None):
            return False
    return True


class _Rewriting:
    """Rewrites the references of one schema."""

    def __init__(self, schema: JsonObject) -> None:
        self._schema = schema
        self._refs = Refs.of(schema)
        self._names: dict[str, str] = {}
        """The pointer of each subschema that becomes a definition -> its name."""
        for key in DEFINITIONS:
            for name in as_object(schema.get(key)):
                self._name(pointer((key, name)))
        for at, part in walk(schema):
            for place in self._targets(part, at):
                self._name(place)

    def whole(self) -> JsonObject:
        made = self._rewritten(self._schema, ())
        definitions: JsonObject = {}
        for place, name in self._names.items():
            found = self._refs.at(place)
            definitions[name] = True if found is None else self._copy(found[1], tuple(steps(place)))
        return {**made, "$defs": definitions} if definitions else made

    def _targets(self, part: JsonObject | bool, at: Steps) -> Iterator[str]:
        for key in REF if isinstance(part, dict) else ():
            reference = cast(JsonObject, part).get(key)
            place = self._place(key, reference, at) if isinstance(reference, str) else None
            if place is not None:
                yield place

    def _place(self, key: str, reference: str, at: Steps) -> str | None:
        """Return the pointer to the schema that a reference names, or None if it is not in this schema.

        A dynamic reference to a dynamic anchor names the outermost such anchor on the evaluation path. The path begins
        at the root, so an anchor of the root is the one. If only several inner schemas have the anchor, the target
        depends on the value, and the reference stays as it is.
        """
        found = self._refs.find(reference, at)
        anchor = reference.partition("#")[2]
        if found is None or key != "$dynamicRef" or not _is_anchor(found[1], anchor):
            return None if found is None else found[0]
        outermost = self._refs.find(f"#{anchor}", ())
        if outermost and _is_anchor(outermost[1], anchor):
            return outermost[0]
        return found[0] if sum(_is_anchor(part, anchor) for _, part in walk(self._schema)) == 1 else None

    def _name(self, place: str) -> None:
        """Give a subschema a free name. The root needs none: it is ``#``."""
        if place in self._names or not place:
            return
        last = _ODD.sub("_", steps(place)[-1]) or "part"
        stem = f"part_{last}" if last.isdecimal() else last  # a bare number says nothing to a model
        taken = set(self._names.values())
        self._names[place] = next(
            name for number in count(1) if (name := stem if number == 1 else f"{stem}_{number}") not in taken
        )

    def _rewritten(self, part: Json, at: Steps) -> JsonObject:
        """Return a copy of an object schema, with references in place of its named subschemas."""
        made: JsonObject = {}
        for key, value in cast(JsonObject, part).items():
            if key in NAMES and isinstance(value, str) and (at or key != "$id"):
                continue  # canonical references need no identifiers; the root keeps its own
            if key in DEFINITIONS and isinstance(value, dict):
                continue
            if key in REF and isinstance(value, str):
                self._refer(made, key, value, at)
            elif key in BY_NAME and isinstance(value, dict):
                made[key] = {name: self._part(one, (*at, key, name)) for name, one in value.items()}
            elif key in MANY and isinstance(value, list):
                made[key] = [self._part(one, (*at, key, number)) for number, one in enumerate(value)]
            else:
                made[key] = self._part(value, (*at, key)) if key in ONE else value
        return made

    def _part(self, part: Json, at: Steps) -> Json:
        name = self._names.get(pointer(at)) if isinstance(part, (dict, bool)) else None
        return self._copy(part, at) if name is None else {"$ref": f"#/$defs/{name}"}

    def _copy(self, part: Json, at: Steps) -> Json:
        if not isinstance(part, dict):
            return part
        if self._refs.closed and isinstance(part.get("$ref"), str):  # these drafts ignore everything beside a `$ref`
            part = {key: value for key, value in part.items() if key in _ANNOTATIONS or key in REF}
        return self._rewritten(part, at)

    def _refer(self, made: JsonObject, key: str, reference: str, at: Steps) -> None:
        """Write a reference; a second one (`$ref` beside `$dynamicRef`) becomes a member of `allOf`."""
        place = self._place(key, reference, at)
        if place is None:
            made[key] = reference
            return
        written = f"#/$defs/{self._names[place]}" if place else "#"
        if "$ref" not in made:
            made["$ref"] = written
        else:
            more = made.get("allOf")
            made["allOf"] = [*(more if isinstance(more, list) else []), {"$ref": written}]


def _is_anchor(part: Json, anchor: str) -> bool:
    return isinstance(part, dict) and part.get("$dynamicAnchor") == anchor


REF = ("$ref", "$dynamicRef", "$recursiveRef")
NAMES = frozenset({"$id", "id", "$anchor", "$dynamicAnchor"})


@dataclass(slots=True)
class Bases:
    """Base URIs by path, as a tree of steps: a lookup walks its path once, however deep."""

    uri: str | None = None
    inside: dict[str, Bases] = field(default_factory=dict[str, "Bases"])

    def put(self, at: Steps, uri: str) -> None:
        """Set the base URI from a path downwards."""
        here = self
        for step in at:
            here = here.inside.setdefault(str(step), Bases())
        here.uri = uri

    def over(self, at: Steps) -> str:
        """Return the base URI at a path: its own, or that of the nearest ancestor."""
        here, uri = self, self.uri or ""
        for step in at:
            inner = here.inside.get(str(step))
            if inner is None:
                break
            here, uri = inner, uri if inner.uri is None else inner.uri
        return uri


@dataclass(frozen=True, slots=True)
class Refs:
    """The subschemas of one schema that references can name."""

    root: JsonObject | bool
    places: dict[str, str] = field(default_factory=dict[str, str])
    """URI (for an anchor with its fragment) -> pointer."""
    bases: Bases = field(default_factory=Bases)

    def is_draft(self, *numbers: int) -> bool:
        """Whether `$schema` names one of these drafts, all older than 2019-09."""
        named = self.root.get("$schema") if isinstance(self.root, dict) else None
        return isinstance(named, str) and any(f"draft-0{number}/" in named for number in numbers)

    @property
    def closed(self) -> bool:
        """Whether a `$ref` overrides everything beside it (drafts up to 7)."""
        return self.is_draft(3, 4, 6, 7)

    @classmethod
    def of(cls, root: JsonObject | bool) -> Refs:
        """Collect the identifiers and anchors of a schema."""
        refs = cls(root, {"": ""})
        for at, schema in walk(root):
            if isinstance(schema, dict):
                refs._add(at, schema)
        return refs

    def _add(self, at: Steps, schema: JsonObject) -> None:
        if not NAMES & schema.keys():
            return  # making the pointer of a deep place is expensive
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
        """Return the pointer to the schema that a reference at a path names, and that schema, or None."""
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
        """Return a pointer and the schema there, or None."""
        here = value_at(self.root, steps(place))
        return (place, cast("JsonObject | bool", here)) if isinstance(here, (dict, bool)) else None
