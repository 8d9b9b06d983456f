"""Which parts of a typed value nobody gave: fields that are computed, and defaults in place of what was left out.

Pydantic's models know which of their fields were set. Dataclasses, TypedDicts and named tuples do not; of these a part
counts as a default where the answer has nothing in its place and the value is the default.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import lru_cache
from typing import Any, NamedTuple, cast

from pydantic import BaseModel, RootModel

from structgen.core.json import Json, JsonObject, pointer
from structgen.schema import Schema

_FIELDS = frozenset({"model-fields", "dataclass-args", "typed-dict"})
_CLASSES = frozenset({"model", "dataclass", "typed-dict"})


class Field(NamedTuple):
    """A field of a class: its key in JSON, all its names in an answer, and the part of the type that describes it."""

    key: str
    names: frozenset[str]
    described: Mapping[str, Any]

    def is_default(self, value: object) -> bool:
        """Whether a value is what stands here where nothing is given; a factory that never gives the same is none."""
        wrapper = self.described.get("schema")
        if not isinstance(wrapper, dict) or cast(JsonObject, wrapper).get("type") != "default":
            return False
        held = cast("dict[str, Any]", wrapper)
        try:
            default = held["default"] if "default" in held else held["default_factory"]()
            return type(default) is type(value) and bool(default == value)
        except Exception:  # a factory or a comparison of the user's: then nobody knows
            return False


class Class(NamedTuple):
    """The fields of a class by their names in Python, and the keys of those that are computed."""

    fields: Mapping[str, Field]
    computed: tuple[str, ...]


class Typed(NamedTuple):
    """The models and dataclasses that a schema speaks of, and its TypedDicts, of which a value does not know."""

    classes: Mapping[type, Class]
    dicts: tuple[Class, ...]

    def of(self, value: object) -> Class | None:
        """The class of a value, None where nothing is known of it."""
        if isinstance(value, Mapping):
            keys = cast("Mapping[str, object]", value).keys()
            fitting = [one for one in self.dicts if keys <= one.fields.keys()]
            return fitting[0] if len(fitting) == 1 else None
        return self.classes.get(type(value))


class _Part(NamedTuple):
    """A part of a value with its JSON, what was given in its place (None where nothing was), and its path."""

    value: object
    tree: Json
    given: Json
    path: str


def supplied(typed: Typed, value: object, tree: Json, given: Json) -> frozenset[str]:
    """The paths in a value that nobody gave; `tree` is the value as plain JSON, `given` the answer that it was made of.

    Nothing is known of a part that a serializer or a validator of the user's has brought into another shape.
    """
    found: set[str] = set()
    todo = [_Part(value, tree, given, "")]
    while todo:
        part = todo.pop()
        if isinstance(root := part.value, RootModel):
            root = cast("RootModel[object]", root)
            if root.model_fields_set:
                todo.append(part._replace(value=root.root))
            else:
                found.add(part.path)
            continue
        own = typed.of(part.value)
        absent = set(_absent(part, own))
        found |= {part.path + pointer([key]) for key in absent}
        todo += (below for key, below in _below(part, own) if key not in absent)
    return frozenset(found)


def hidden(typed: Typed, value: object, tree: Json, given: Json) -> Mapping[str, Json]:
    """What was given for fields that a value does not show as plain JSON, by path: excluded ones, and an InitVar."""
    found: dict[str, Json] = {}
    todo = [_Part(value, tree, given, "")]
    while todo:
        part = todo.pop()
        if isinstance(root := part.value, RootModel):
            todo.append(part._replace(value=cast("RootModel[object]", root).root))
            continue
        own = typed.of(part.value)
        if own is not None and isinstance(part.tree, dict) and isinstance(part.given, dict):
            unseen = (field for field in own.fields.values() if field.key not in part.tree)
            names = (name for field in unseen for name in field.names if name in part.given)
            found |= {part.path + pointer([name]): part.given[name] for name in names}
        todo += (below for _, below in _below(part, own))
    return found


def _absent(part: _Part, own: Class | None) -> Iterator[str]:
    """The keys, or numbers, of the parts of a container that nobody gave."""
    names: object = getattr(part.value, "_fields", None)
    if isinstance(part.value, tuple) and isinstance(names, tuple) and isinstance(part.given, list):
        yield from map(str, range(len(part.given), len(cast("tuple[str, ...]", names))))
    if own is None or not isinstance(part.tree, dict):
        return
    yield from (key for key in own.computed if key in part.tree)
    for name, field in own.fields.items():
        if field.key in part.tree and _is_absent(part, name, field):
            yield field.key


def _is_absent(part: _Part, name: str, field: Field) -> bool:
    if isinstance(part.value, BaseModel):
        return name not in part.value.model_fields_set
    if field.described.get("init") is False:
        return True
    if not isinstance(part.given, dict) or field.names & part.given.keys():
        return False
    held = cast("Mapping[str, object]", part.value)
    return field.is_default(held[name] if isinstance(part.value, Mapping) else getattr(part.value, name))


def _below(part: _Part, own: Class | None) -> Iterator[tuple[str, _Part]]:
    """The parts of a container, each under its key in JSON."""
    value, tree, given = part.value, part.tree, part.given
    if isinstance(tree, dict) and own is not None and not isinstance(value, Mapping):
        for name, field in own.fields.items():
            if field.key in tree:
                held = _under(given, field.names)
                yield field.key, _Part(getattr(value, name), tree[field.key], held, part.path + pointer([field.key]))
    elif isinstance(tree, dict) and isinstance(value, Mapping):
        items = cast("Mapping[str, object]", value).items()
        for (name, item), key in zip(items, tree, strict=False) if len(items) == len(tree) else ():
            field = own.fields.get(name) if own else None
            held = _under(given, field.names if field else frozenset({key}))
            yield key, _Part(item, tree[key], held, part.path + pointer([key]))
    elif isinstance(tree, list) and isinstance(value, (list, tuple, Set, deque)):
        several = list(cast("Sequence[object]", value))
        ordered = isinstance(given, list) and len(given) <= len(several) and not isinstance(value, Set)
        held = cast("list[Json]", given) if ordered else []
        for index, (item, one) in enumerate(zip(several, tree, strict=False)):
            below = held[index] if index < len(held) else None
            yield str(index), _Part(item, one, below, f"{part.path}/{index}")


def _under(given: Json, names: frozenset[str]) -> Json:
    """What was given under one of several names."""
    held = given if isinstance(given, dict) else {}
    return next((held[name] for name in names if name in held), None)


def typed_of(schema: Schema[Any]) -> Typed:
    """The classes that a schema speaks of, kept for the schemas used last."""
    return _typed_of(schema.free)


@lru_cache(maxsize=256)
def _typed_of(schema: Schema[object]) -> Typed:
    classes: dict[type, Class] = {}
    dicts: list[Class] = []
    todo: list[object] = [cast(object, schema.adapter.core_schema if schema.adapter else None)]
    seen: set[int] = set()
    while todo:
        here = todo.pop()
        if id(here) in seen:  # a class that stands in several places is one object in all of them
            continue
        seen.add(id(here))
        if isinstance(here, dict):
            part = cast("dict[str, Any]", here)
            if part.get("type") == "typed-dict":
                dicts.append(_class(part))
            elif part.get("type") in _CLASSES and (fields := _fields_of(part)) is not None:
                classes[part["cls"]] = _class(fields)
            todo.extend(value for key, value in part.items() if key != "metadata")
        elif isinstance(here, (list, tuple)):
            todo.extend(cast("list[object]", here))
    return Typed(classes, tuple(dicts))


def _fields_of(part: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The fields of a class, within the validators that are wrapped around them."""
    while part.get("type") not in _FIELDS:
        inner = part.get("schema")
        if not isinstance(inner, dict):
            return None
        part = cast("dict[str, Any]", inner)
    return part


def _class(part: Mapping[str, Any]) -> Class:
    """A class by the part of a type that lists its fields."""
    listed = cast("dict[str, Any] | list[dict[str, Any]]", part["fields"])
    fields = {str(one["name"]): one for one in listed} if isinstance(listed, list) else listed
    computed = tuple(str(one.get("alias") or one["property_name"]) for one in part.get("computed_fields") or ())
    return Class({name: _field(name, one) for name, one in fields.items()}, computed)


def _field(name: str, described: Mapping[str, Any]) -> Field:
    alias: Any = described.get("validation_alias")
    paths: list[Any] = [[alias]] if isinstance(alias, str) else alias or []
    others: set[str] = {str(path[0]) for path in paths}
    key = described.get("serialization_alias") or name
    return Field(str(key), frozenset({name, *others}), described)
