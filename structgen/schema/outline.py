"""A JSON Schema in the words that a model reads best for the fewest tokens, with nothing lost.

    {
      name: string (1..80 chars) // The name of the dish
      servings?: integer (>= 1) | null = null
      level: "easy" | "hard"
      steps: Step[] (>= 1 items)
    }
    type Step = {text: string, minutes?: number}

`?` marks what may be absent, `=` a default, `|` any of, `&` all of, `one of (...)` exactly one of. Notes stand in
parentheses behind what they limit. A keyword that has no words of its own is a note in minified JSON at its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.schema.keywords import ONE, Steps
from structgen.schema.outline_words import comment, key, limits, literal, remarks
from structgen.schema.resolve import canonical, find, part_at
from structgen.schema.shapes import value_of
from structgen.schema.text import Level, Text, both, either, noted
from structgen.schema.titles import is_implied, names_of

_ADDRESSES = frozenset({"$schema", "$id", "$anchor", "$comment", "$vocabulary", "$defs", "definitions"})
"""Keywords that say where a schema is found, not what a value must be."""


def outline(schema: JsonObject | bool, name: str) -> str:
    """The outline of a schema; `name` is what it calls itself where it holds itself."""
    root = canonical(schema)
    return _Writer(root, names_of(root, name)).document()


@dataclass(slots=True)
class _Writer:
    """One outline in the making: the names of the schemas that references point at, in order of their use."""

    root: JsonObject | bool
    names: dict[str, str]
    used: list[str] = field(default_factory=list[str])

    def document(self) -> str:
        """The root, then every type that it or another type names."""
        named = self._name("")
        written = [named.words if named else self._whole("", self.root, ())]
        for place in self.used:
            found = part_at(self.root, place)
            if found is not None:
                written.append(self._whole(f"type {self.names[place]} = ", found[1], steps(place)))
        return "\n".join(written)

    def _name(self, place: str) -> Text | None:
        if place not in self.names:
            return None
        if place not in self.used:
            self.used.append(place)
        return Text(self.names[place])

    def line(self, head: str, schema: JsonObject | bool, at: Steps) -> str:
        """A property: its name where references point at it, else all of it."""
        named = self._name(pointer(at))
        return head + named.words if named else self._whole(head, schema, at)

    def _whole(self, head: str, schema: JsonObject | bool, at: Steps) -> str:
        """A type or property, its default at its end, its description at the end of its first line."""
        said = tail = ""
        if isinstance(schema, dict):
            schema = dict(schema)
            if isinstance(schema.get("description"), str):
                said = comment(cast(str, schema.pop("description")))
            if "default" in schema:
                tail = f" = {literal(schema.pop('default'))}"
        first, *rest = (head + self._write(schema, at).words + tail).split("\n")
        return "\n".join([first + said, *rest])

    def schema(self, schema: JsonObject | bool, at: Steps, known: Json = None) -> Text:
        """A schema inside another one, by its name where references point at it.

        `known` is the type that the schemas around it already ask of the same value.
        """
        return self._name(pointer(at)) or self._write(schema, at, known)

    def _write(self, schema: JsonObject | bool, at: Steps, known: Json = None) -> Text:
        if isinstance(schema, bool):
            return Text("any" if schema else "never")
        left = {key: value for key, value in schema.items() if key not in _ADDRESSES}
        parts = [*self._reference(left)]
        if is_implied(left.get("title"), at, self.names):
            del left["title"]
        value = value_of(left, at, known, self)
        parts += self._applied(left, at, schema.get("type", known))
        notes = [*self._tag(left), *limits(left), *self._asides(left, at), *remarks(left)]
        notes += [f"{key(name)}: {literal(rest)}" for name, rest in left.items()]
        if value is not None:
            return both([noted(value, notes), *parts])
        return noted(both(parts), notes)

    def _reference(self, left: JsonObject) -> Iterator[Text]:
        found = find(self.root, left.get("$ref"))
        name = self._name(found[0]) if found else None
        if name:
            del left["$ref"]
            yield name

    def _applied(self, left: JsonObject, at: Steps, known: Json) -> Iterator[Text]:
        """The schemas that apply to the same value."""
        for keyword in ("anyOf", "oneOf", "allOf"):
            members = left.get(keyword)
            if not isinstance(members, list) or not members:
                continue
            del left[keyword]
            texts = [
                self.schema(cast(JsonObject, member), (*at, keyword, i), known) for i, member in enumerate(members)
            ]
            if keyword == "oneOf":
                yield Text(f"one of ({' | '.join(text.at(Level.BOTH) for text in texts)})")
            else:
                yield from texts if keyword == "allOf" else [either(texts)]
        if isinstance(left.get("not"), (dict, bool)):
            yield Text(f"not ({self._part(left, 'not', at, known)})")
        if isinstance(left.get("if"), (dict, bool)):
            cases = [word for word in ("if", "then", "else") if isinstance(left.get(word), (dict, bool))]
            yield Text(" ".join(f"{word} ({self._part(left, word, at, known)})" for word in cases))

    def _part(self, left: JsonObject, keyword: str, at: Steps, known: Json = None) -> str:
        return self.schema(cast("JsonObject | bool", left.pop(keyword)), (*at, keyword), known).words

    def _tag(self, left: JsonObject) -> Iterator[str]:
        """Pydantic's `discriminator`, in short where every branch says its own tag."""
        found = left.get("discriminator")
        tag = found.get("propertyName") if isinstance(found, dict) else None
        if isinstance(found, dict) and isinstance(tag, str) and self._says_tags(found.get("mapping", {}), tag):
            del left["discriminator"]
            yield f"by {key(tag)}"

    def _says_tags(self, mapping: Json, tag: str) -> bool:
        for value, ref in mapping.items() if isinstance(mapping, dict) else ():
            branch = find(self.root, ref)
            properties = branch[1].get("properties") if branch and isinstance(branch[1], dict) else None
            said = properties.get(tag) if isinstance(properties, dict) else None
            if not isinstance(said, dict) or value not in [
                said.get("const"),
                *cast("list[Json]", said.get("enum", [])),
            ]:
                return False
        return True

    def _asides(self, left: JsonObject, at: Steps) -> Iterator[str]:
        """Notes that hold schemas: what a list contains, how keys are called, what depends on a key."""
        if isinstance(needed := left.get("required"), list) and needed:
            yield f"requires {literal(left.pop('required'))}"
        for keyword in [name for name in left if name in ONE]:
            if isinstance(left[keyword], dict):
                yield f"{keyword} ({self._part(left, keyword, at)})"
        for keyword in ("dependentSchemas", "dependencies"):
            for name, schema in cast(JsonObject, left.pop(keyword, {})).items():
                here = (*at, keyword, name)
                if isinstance(schema, list):
                    yield f"if {key(name)} requires {literal(schema)}"
                else:
                    yield f"if {key(name)} then ({self.schema(cast(JsonObject, schema), here).words})"
