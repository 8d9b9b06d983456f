"""Tell the parts of a value that are claims about the document from those that its schema fixes or supplies.

A constant (the tag of a union, a `const`, a `Literal` or an enum with one value) is the same for every document. A
computed field follows from other fields. A default replaces what the response left out. If it is not certain that a
part is one of these, it counts as a claim. So does a constant that may be null or that is an item of a list: the
document decides whether it is there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import is_dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from pydantic import BaseModel, RootModel

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.parse.align.shape import Place, Shape, shape_of
from structgen.parse.json_values import same
from structgen.reask.value_paths import put, without
from structgen.schema import Schema
from structgen.schema.node import Node
from structgen.schema.typed_dump import typed_dump

T = TypeVar("T")

_SEVERAL = object()
"""Marks a place where more than one value is allowed."""


def unclaimed(schema: Schema[T], value: T, given: Json) -> frozenset[str]:
    """Return the paths in an accepted value that claim nothing; `given` is its answer as plain JSON.

    For a part that the answer does not contain, it is the topmost path.
    """
    try:
        tree = schema.dump(value)
    except ValueError:  # it has no JSON form, or is nested too deep for the serializer
        return frozenset()
    typed = schema.adapter is not None
    return constants(schema, tree, whole=typed) | supplied(typed_of(schema), value, tree, given)


def unclaimed_in(value: object) -> frozenset[str]:
    """Return the paths of a value that claim nothing, by its own models and dataclasses alone."""
    found: set[str] = set()
    todo, seen = [("", value)], set[int]()
    while todo:
        path, here = todo.pop()
        if id(here) in seen:
            continue
        seen.add(id(here))
        if isinstance(here, BaseModel) or (is_dataclass(here) and not isinstance(here, type)):
            found |= {path + below for below in _unclaimed_of(here)}
        elif isinstance(here, Mapping):
            items = cast("Mapping[object, object]", here).items()
            todo += [(path + pointer([str(key)]), item) for key, item in items]
        elif isinstance(here, list | tuple):
            todo += [(f"{path}/{index}", item) for index, item in enumerate(cast("Sequence[object]", here))]
    return frozenset(found)


def _unclaimed_of(value: object) -> frozenset[str]:
    try:
        return unclaimed(Schema.of(type(value)), value, None)
    except SchemaError:  # no schema can be compiled for this class
        return frozenset()


def said(schema: Schema[T], value: T, given: Json) -> Json:
    """Return an accepted value as plain JSON without what the answer did not contain.

    With what was given and does not show in the value: it would be missed when the answer is read again. If the value
    has no JSON form, it is the answer itself.
    """
    typed = typed_of(schema)
    try:
        tree = schema.dump(value)
    except ValueError:  # as above
        return given
    whole = without(tree, supplied(typed, value, tree, given))
    for path, part in hidden(typed, value, tree, given).items():
        whole = put(whole, steps(path), part)
    return whole


def as_dumped(schema: Schema[T], value: T) -> object:
    """Return the value under its JSON keys, but with the dates, numbers and enums of its type."""
    if schema.adapter is None:
        return value
    try:
        return typed_dump(schema.adapter.serializer, value, schema.context)
    except ValueError:  # as above
        return value


class _Container(NamedTuple):
    """A container in plain JSON, with every part of the schema that may describe it, and its path."""

    nodes: tuple[Node, ...]
    tree: Json
    path: str
    whole: bool


def constants(schema: Schema[Any], tree: Json, *, whole: bool = False) -> frozenset[str]:
    """Return the paths of the constants in plain JSON. `whole`: its objects have all their keys."""
    return _paths_of(_is_fixed, schema, tree, whole=whole)


def chosen(schema: Schema[Any], tree: Json) -> frozenset[str]:
    """Return the paths in plain JSON of the values that the schema lists: those of enums and literals."""
    return _paths_of(_is_listed, schema, tree, whole=False)


def restated(schema: Schema[Any], tree: Json, quotes: Mapping[str, str | None]) -> frozenset[str]:
    """Return the paths in plain JSON of the defaults that a response repeats without any quote from the document."""
    unquoted = frozenset(path for path, quote in quotes.items() if quote is None or not quote.strip())
    return unquoted & _paths_of(_is_default, schema, tree, whole=False) if unquoted else unquoted


_Test: TypeAlias = "Callable[[Shape, Sequence[Node], Json], bool]"


def _paths_of(test: _Test, schema: Schema[Any], tree: Json, *, whole: bool) -> frozenset[str]:
    """Return the paths of the scalars in plain JSON that pass a test by the schema."""
    shape = shape_of(schema.whole)  # the schema of a chunk allows null everywhere
    if test is not _is_default and not shape.lists_values:
        return frozenset()
    if not isinstance(tree, dict | list):
        return frozenset({""} if test(shape, [shape.root], tree) else ())
    found: set[str] = set()
    todo = [_Container((shape.root,), tree, "", whole)]
    while todo:
        place = todo.pop()
        for step, nodes, item, named in _parts(shape, place):
            path = place.path + pointer([step])
            if isinstance(item, dict | list):
                todo.append(_Container(nodes, item, path, whole))
            elif (named or test is _is_listed) and test(shape, nodes, item):
                found.add(path)
    return frozenset(found)


def _parts(shape: Shape, place: _Container) -> Iterator[tuple[str | int, tuple[Node, ...], Json, bool]]:
    """Yield the parts of a container that all its branches describe, and whether they describe this part alone."""
    forms = _forms(shape, place)
    if isinstance(place.tree, dict):
        for key, item in place.tree.items():
            names = [_name(form, key) for form in forms]
            several = [
                form.extra if name is None else form.fields[name] for form, name in zip(forms, names, strict=True)
            ]
            if several and (nodes := _described(several)):
                yield key, nodes, item, None not in names
        return
    for index, item in enumerate(cast("list[Json]", place.tree)):
        first = [index < len(form.prefix) for form in forms]
        several = [form.prefix[index] if ahead else form.items for form, ahead in zip(forms, first, strict=True)]
        if several and (nodes := _described(several)):
            yield index, nodes, item, all(first)


def _described(nodes: Sequence[Node | None]) -> tuple[Node, ...]:
    """Return the nodes; none if the schema does not describe one of them."""
    known = tuple(node for node in nodes if node is not None and node.parts)
    return known if len(known) == len(nodes) else ()


def _name(form: Place, key: str) -> str | None:
    """Return the name of the property that a key means, or None."""
    return key if key in form.fields else form.spellings.get(key)


def _forms(shape: Shape, place: _Container) -> list[Place]:
    """Return the branches that no tag rules out; of these, those with exactly the same keys, if there are any."""
    kind = "object" if isinstance(place.tree, dict) else "array"
    forms = [form for form in _forms_of(shape, place.nodes) if form.takes(kind)]
    if not isinstance(place.tree, dict):
        return forms
    tree = place.tree
    fitting = [form for form in forms if not _is_ruled_out(form, tree)] or forms
    knowing = [form for form in fitting if all(_name(form, key) is not None for key in tree)]
    equal = [form for form in knowing if len(form.fields) == len(tree)] if place.whole else []
    return equal or knowing or fitting


def _forms_of(shape: Shape, nodes: Sequence[Node]) -> list[Place]:
    """Return the branches of some parts of the schema, through all their unions, each once."""
    return [shape.place(leaf) for leaf in dict.fromkeys(leaf for node in nodes for leaf in node.leaves())]


def _is_ruled_out(form: Place, tree: JsonObject) -> bool:
    """Whether an object differs from a constant or a choice of this branch."""
    for key, item in tree.items():
        name = _name(form, key)
        choices = None if name is None else form.fields[name].choices
        if choices is not None and not any(same(item, choice) for choice in choices):
            return True
    return False


def _is_fixed(shape: Shape, nodes: Sequence[Node], value: Json) -> bool:
    """Whether only this one value is allowed."""
    return all(same(value, _only(shape, node)) for node in nodes)


def _is_listed(shape: Shape, nodes: Sequence[Node], value: Json) -> bool:
    """Whether the schema lists this value."""
    listed = (form.choices or () for form in _forms_of(shape, nodes))
    return any(same(value, choice) for choices in listed for choice in choices)


def _is_default(_: Shape, nodes: Sequence[Node], value: Json) -> bool:
    """Whether this value is the default."""
    return all(node.default and same(value, node.default[0]) for node in nodes)


def _only(shape: Shape, node: Node) -> Any:
    """Return the only value that a part of a schema allows, if there is just one."""
    forms = _forms_of(shape, [node])
    choices = forms[0].choices if len(forms) == 1 else None
    return choices[0] if choices is not None and len(choices) == 1 else _SEVERAL


_FIELDS = frozenset({"model-fields", "dataclass-args", "typed-dict"})
_CLASSES = frozenset({"model", "dataclass", "typed-dict"})


# Which parts the answer did not contain. Pydantic models know which of their fields were set. Dataclasses, TypedDicts
# and named tuples do not: there, a part counts as a default if the answer lacks it and the value equals the default.


class Field(NamedTuple):
    """A field of a class: its key in JSON, all its names in an answer, and its core schema."""

    key: str
    names: frozenset[str]
    described: Mapping[str, Any]

    def is_default(self, value: object) -> bool:
        """Whether a value equals the default. A factory whose values differ from call to call has none."""
        wrapper = self.described.get("schema")
        if not isinstance(wrapper, dict) or cast(JsonObject, wrapper).get("type") != "default":
            return False
        held = cast("dict[str, Any]", wrapper)
        try:
            default = held["default"] if "default" in held else held["default_factory"]()
            return type(default) is type(value) and bool(default == value)
        except Exception:  # a factory or comparison of the user failed: it counts as a claim
            return False


class Class(NamedTuple):
    """The fields of a class by their Python names, and the keys of its computed fields."""

    fields: Mapping[str, Field]
    computed: tuple[str, ...]


class Typed(NamedTuple):
    """The models and dataclasses in a schema, and its TypedDicts, which a value does not name."""

    classes: Mapping[type, Class]
    dicts: tuple[Class, ...]

    def of(self, value: object) -> Class | None:
        """Return the class of a value, or None if it is not known."""
        if isinstance(value, Mapping):
            keys = cast("Mapping[str, object]", value).keys()
            fitting = [one for one in self.dicts if keys <= one.fields.keys()]
            return fitting[0] if len(fitting) == 1 else None
        return self.classes.get(type(value))


class _Part(NamedTuple):
    """A part of a value with its JSON, the part of the answer behind it (or None), and its path."""

    value: object
    tree: Json
    given: Json
    path: str


def supplied(typed: Typed, value: object, tree: Json, given: Json) -> frozenset[str]:
    """Return the paths that the answer did not contain; `tree` is the value as plain JSON, `given` the answer.

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
    """Return by path what the answer gave for fields that the JSON does not show: excluded ones, and an InitVar."""
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
    """Yield the keys or indices of the parts of a container that the answer did not contain."""
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
    """Yield the parts of a container, each with its key in JSON."""
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
    """Return what the answer gives under one of several names."""
    held = given if isinstance(given, dict) else {}
    return next((held[name] for name in names if name in held), None)


def typed_of(schema: Schema[Any]) -> Typed:
    """Return the classes in a schema; remembered for recently used schemas."""
    return _typed_of(schema.free)


@lru_cache(maxsize=256)
def _typed_of(schema: Schema[object]) -> Typed:
    classes: dict[type, Class] = {}
    dicts: list[Class] = []
    todo: list[object] = [cast(object, schema.adapter.core_schema if schema.adapter else None)]
    seen: set[int] = set()
    while todo:
        here = todo.pop()
        if id(here) in seen:  # a class that is used several times is one object
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
    """Return the fields of a class, inside the validators that wrap them."""
    while part.get("type") not in _FIELDS:
        inner = part.get("schema")
        if not isinstance(inner, dict):
            return None
        part = cast("dict[str, Any]", inner)
    return part


def _class(part: Mapping[str, Any]) -> Class:
    """Return a class by the core schema of its fields."""
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
