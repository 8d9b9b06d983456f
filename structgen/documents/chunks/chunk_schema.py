"""The schema for the answer to one chunk: like that of the document, but everything outside lists may be missing.

A chunk contains some of the items of a list, and a few of the fields outside lists. So those fields become optional,
and lists may be short; items keep their schema. The merged value is validated with the schema of the document.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from structgen.core.json import Json, JsonObject, steps
from structgen.core.results import Issue
from structgen.schema import Schema
from structgen.schema.check import check_json
from structgen.schema.json_schema import compile_json_schema
from structgen.schema.keywords import walk
from structgen.schema.node import Node, Raw
from structgen.schema.resolve import rooted

_OF_AN_OBJECT = ("required", "minProperties", "dependentRequired", "dependentSchemas", "dependencies")
_OF_THE_WHOLE = frozenset((*_OF_AN_OBJECT, "if", "then", "else", "minItems", "contains", "minContains"))
"""Keywords about an object or list as a whole, which part of it need not satisfy."""
_NULL: JsonObject = {"type": "null"}


class ChunkSchema(Schema[Json]):
    """The schema for the answer to a chunk. Its values are plain JSON.

    It also reports the issues that the document's schema finds in what the answer does contain: in a scalar, or inside
    an item. So a user's validator that refuses an item does so while the model can still be asked again, but one that
    compares fields of the root waits until all chunks are merged.
    """

    def __init__(self, whole: Schema[Any]) -> None:
        # formats are not asserted here: the merged value is validated with the whole schema
        relaxed = _Relaxed(whole.node)
        schema, validator = compile_json_schema(relaxed.root(), assert_formats=False)
        super().__init__(whole.name, schema, None, relaxed.names(whole.names), validator)
        self._whole = whole

    @property
    def whole(self) -> Schema[Any]:
        """The schema of the document."""
        return self._whole

    def check(self, value: object) -> tuple[Issue, ...]:
        """Return what is wrong with the answer to a chunk."""
        own = check_json(self._validator, value)
        # one issue per path is enough, and that of the relaxed schema is what the model was shown
        known = {issue.path for issue in own}
        given = _given(cast(Json, value))
        return (*own, *(one for one in self._of_the_whole(given) if one.path not in known and _speaks_of(one, given)))

    def _of_the_whole(self, given: Json) -> tuple[Issue, ...]:
        try:
            return self._whole.check(given)
        except Exception:  # a user's validator that needs the missing fields; it runs again on the merged value
            return ()


def branch_names(root: Node) -> frozenset[str]:
    """Return the names of the properties with one constant value, which distinguish the branches of a union."""
    objects = (root.at(part) for _, part in walk(root.raw))
    return frozenset(
        name
        for node in objects
        for name, child in node.properties.items()
        if child.choices is not None and len(child.choices) == 1
    )


def _given(value: Json) -> Json:
    """Remove the nulls of fields that the chunk does not mention. Items of lists stay as they are."""
    if not isinstance(value, dict):
        return value
    return {key: _given(inner) for key, inner in value.items() if inner is not None}


def _speaks_of(issue: Issue, value: Json) -> bool:
    """Whether an issue concerns a list item, something inside one, or a scalar that the answer contains."""
    for step in steps(issue.path):
        if isinstance(value, list):
            return True
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return value is not None and not isinstance(value, dict | list)


class _Relaxed:
    """Relaxes a JSON Schema. Definitions needed in relaxed form are copied under new names: items use the originals."""

    def __init__(self, root: Node) -> None:
        self._root = Node.of(rooted(root.raw)) if isinstance(root.raw, dict) else root
        self._defs: dict[str, str] = {}
        self._made: dict[str, Raw] = {}

    def root(self) -> Raw:
        """Return the relaxed schema of the document, with the relaxed definitions that it refers to."""
        if not isinstance(self._root.raw, dict):
            return self._root.raw
        relaxed = self._relax(self._root.raw)
        if not _is_container(self._root):
            relaxed = _nullable(relaxed)
        root = cast(JsonObject, relaxed)
        for name, made in self._made.items():
            root["$defs"] = {**cast(JsonObject, root["$defs"]), self._defs[name]: made}
        return root

    def names(self, names: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """Return the aliases of the properties, by their pointers in the original and in the relaxed definitions."""
        found = dict(names)
        for name, new in self._defs.items():
            old = f"/$defs/{name}/"
            found |= {f"/$defs/{new}/{path[len(old) :]}": also for path, also in names.items() if path.startswith(old)}
        return found

    def _relax(self, raw: Json) -> Raw:
        if not isinstance(raw, dict):
            return raw if isinstance(raw, bool) else True
        # the positions of a tuple have meaning, so its parts cannot be split between chunks
        if "prefixItems" in raw:
            return raw
        part: JsonObject = {key: value for key, value in raw.items() if key not in _OF_THE_WHOLE}
        named = self._root.named(raw.get("$ref"))
        if named is not None and named.place is not None:
            part["$ref"] = self._reference(named.place, named.raw)
        if isinstance(properties := raw.get("properties"), dict):
            part["properties"] = {name: _nullable(self._relax(child)) for name, child in properties.items()}
        if isinstance(parts := raw.get("allOf"), list):
            part["allOf"] = [self._relax(child) for child in parts]
        for key in ("anyOf", "oneOf"):
            # only an optional has one real branch; relaxing a true union would make its branches indistinguishable
            if isinstance(branches := raw.get(key), list) and sum(branch != _NULL for branch in branches) == 1:
                part[key] = [branch if branch == _NULL else self._relax(branch) for branch in branches]
        return part

    def _reference(self, place: str, raw: Raw) -> str:
        """Return a reference to the relaxed copy of a definition."""
        name = steps(place)[-1]
        # registered before it is relaxed, so that a recursive definition refers to its own copy and relaxing ends
        if name not in self._defs:
            self._defs[name] = _free(f"{name}_part", cast(JsonObject, self._root.said("$defs")))
            self._made[name] = self._relax(raw)
        return f"#/$defs/{self._defs[name]}"


def _free(name: str, taken: JsonObject) -> str:
    while name in taken:
        name += "_"
    return name


def _is_container(node: Node) -> bool:
    """Whether a schema is that of an object or list, which is empty instead of null if nothing was found."""
    return (len(node.types) == 1 and node.types <= {"object", "array"}) or "$ref" in node.words


def _nullable(raw: Raw) -> Raw:
    """Allow null as well."""
    if not isinstance(raw, dict):
        return raw
    kinds = raw.get("type")
    if "const" in raw or "$ref" in raw or not ({"type", "enum", "anyOf"} & raw.keys()):
        # a schema without constraints allows null already
        return {"anyOf": [raw, _NULL]} if raw.keys() - {"title", "description", "default"} else raw
    part = dict(raw)
    if isinstance(kinds, str | list):
        several = [kinds] if isinstance(kinds, str) else kinds
        part["type"] = [*several, *(["null"] if "null" not in several else [])]
    if isinstance(choices := raw.get("enum"), list) and None not in choices:
        part["enum"] = [*choices, None]
    if isinstance(branches := raw.get("anyOf"), list) and _NULL not in branches:
        part["anyOf"] = [*branches, _NULL]
    return part
