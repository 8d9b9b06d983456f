"""Values in an outline: literals, objects with their keys, lists and tuples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, cast

from structgen.core.json import Json, JsonObject
from structgen.schema.keywords import Steps
from structgen.schema.outline_words import key, literal, regex_key
from structgen.schema.text import Level, Text, both, either, noted

_WIDTH = 60
"""An object that fits in so many characters stands on one line."""

_OBJECT = ("properties", "patternProperties", "additionalProperties")
_ARRAY = ("prefixItems", "items", "additionalItems")
_KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str, "boolean": bool, "null": type(None), "object": dict, "array": list, "number": (int, float),
}  # fmt: skip


class Writer(Protocol):
    """Who writes the schemas inside."""

    def schema(self, schema: JsonObject | bool, at: Steps, known: Json = None) -> Text:
        """A schema inside another one."""
        ...

    def line(self, head: str, schema: JsonObject | bool, at: Steps) -> str:
        """A property."""
        ...


def value_of(left: JsonObject, at: Steps, known: Json, writer: Writer) -> Text | None:
    """What kind of value a schema asks for; takes the keywords it has written out of `left`."""
    kinds = _kinds(left)
    shapes = {"object": object_of(left, at, writer), "array": array_of(left, at, writer)}
    parts: list[Text] = []
    found = _literals(left)
    if found is not None:
        if kinds and not all(any(_is_a(value, kind) for kind in kinds) for value in found):
            parts.append(either([Text(kind) for kind in kinds]))
        parts.append(either([_exactly(value) for value in found]))
    elif kinds:
        parts.append(either([shapes.pop(kind, None) or Text(kind) for kind in kinds]))
    for kind, shape in shapes.items():
        if shape is not None:
            parts.append(shape if kind == known else noted(shape, [f"if {kind}"]))
    return both(parts) if parts else None


def _kinds(left: JsonObject) -> list[str]:
    found = left.get("type")
    kinds = [found] if isinstance(found, str) else found
    if not isinstance(kinds, list) or not kinds or not all(isinstance(kind, str) for kind in kinds):
        return []
    del left["type"]
    return cast("list[str]", kinds)


def _literals(left: JsonObject) -> list[Json] | None:
    """The values of `const` or `enum`; an empty enum stays a note."""
    if "const" in left:
        return [left.pop("const")]
    values = left.get("enum")
    return cast("list[Json]", left.pop("enum")) if isinstance(values, list) and values else None


def _exactly(value: Json) -> Text:
    """A literal; a list or an object says so, for it could be read as the shape of one."""
    return Text(f"exactly {literal(value)}" if isinstance(value, (dict, list)) else literal(value))


def _is_a(value: Json, kind: str) -> bool:
    if kind == "integer":
        return not isinstance(value, bool) and isinstance(value, (int, float)) and value == int(value)
    return isinstance(value, _KINDS.get(kind, ())) and not (kind == "number" and isinstance(value, bool))


def object_of(left: JsonObject, at: Steps, writer: Writer) -> Text | None:
    """``{name: string, age?: integer}``, or None where nothing is said about keys."""
    properties = left.get("properties")
    named = properties if isinstance(properties, dict) else {}
    required = left.get("required")
    needed = set(cast("list[str]", left.pop("required"))) if isinstance(required, list) else set[str]()
    if others := [name for name in required if name not in named] if isinstance(required, list) else []:
        left["required"] = others
    if not any(isinstance(left.get(keyword), (dict, bool)) for keyword in _OBJECT):
        return None
    lines: list[str] = []
    for name, schema in cast(JsonObject, left.pop("properties", {})).items():
        head = f"{key(name)}{'' if name in needed else '?'}: "
        lines.append(writer.line(head, cast(JsonObject, schema), (*at, "properties", name)))
    for pattern, schema in cast(JsonObject, left.pop("patternProperties", {})).items():
        there = (*at, "patternProperties", pattern)
        lines.append(writer.line(f"[{regex_key(pattern)}]: ", cast(JsonObject, schema), there))
    rest = left.pop("additionalProperties", None)
    if isinstance(rest, (dict, bool)) and rest is not False:
        lines.append(writer.line("[key]: ", rest, (*at, "additionalProperties")))
    return noted(_braced(lines), ["no other keys"] if rest is False else [])


def _braced(lines: Sequence[str]) -> Text:
    """Lines in braces, on one line where they are few and say nothing besides."""
    if sum(len(line) + 2 for line in lines) <= _WIDTH and not any("\n" in line or " // " in line for line in lines):
        return Text(f"{{{', '.join(lines)}}}")
    return Text("\n".join(("{", *("  " + line.replace("\n", "\n  ") for line in lines), "}")))


def array_of(left: JsonObject, at: Steps, writer: Writer) -> Text | None:
    """``string[]`` or ``[string, integer]``, or None where nothing is said about items."""
    tuple_key, rest_key = ("prefixItems", "items") if "prefixItems" in left else ("items", "additionalItems")
    first = left.get(tuple_key)
    if isinstance(first, (dict, bool)):
        del left[tuple_key]
        return Text(f"{writer.schema(first, (*at, tuple_key)).at(Level.ATOM)}[]")
    if not isinstance(first, list):
        return None
    del left[tuple_key]
    items = [writer.schema(cast(JsonObject, item), (*at, tuple_key, i)) for i, item in enumerate(first)]
    rest = left.pop(rest_key, None)
    least, closed = _lengths(left, len(items), rest)
    written = [item.at(Level.ATOM) + ("" if i < least else "?") for i, item in enumerate(items)]
    if not closed:
        known = isinstance(rest, (dict, bool))
        end = f"{writer.schema(cast(JsonObject, rest), (*at, rest_key)).at(Level.ATOM)}[]" if known else ""
        written.append(f"...{end}")
    return Text(f"[{', '.join(written)}]")


def _lengths(left: JsonObject, count: int, rest: Json) -> tuple[int, bool]:
    """How many items of a tuple must be there, and whether it ends with them; takes what that says out of `left`."""
    least, most = left.get("minItems"), left.get("maxItems")
    closed = rest is False or (rest is None and most == count)
    if closed and most == count:
        del left["maxItems"]
    if isinstance(least, int) and 0 <= least <= count:
        del left["minItems"]
        return least, closed
    return 0, closed
