"""Which parts of a value are claims about the document: not what its schema fixes, computes or supplies itself.

A constant (the tag of a union, a `const`, a `Literal` or an enum of one) is the same whatever the document says; a
computed field follows from the others; a default stands where the response gave nothing. Where it is not certain that
a part is one of these, it counts as a claim. So does a constant that may be null, or that is an item of a list: whether
it is there is said by the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Any, NamedTuple, TypeVar, cast

from pydantic import BaseModel

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.engine.claimed_fields import hidden, supplied, typed_of
from structgen.parse.align.shape import Place, Shape, shape_of
from structgen.parse.json_values import same
from structgen.reask.value_paths import put, without
from structgen.schema import Schema
from structgen.schema.node import Node

T = TypeVar("T")

_SEVERAL = object()
"""Stands for: more than one value may stand here."""


def unclaimed(schema: Schema[T], value: T, given: Json) -> frozenset[str]:
    """The paths in an accepted value that claim nothing; `given` is the answer that it was made of, as plain JSON.

    Of what nobody gave it is the topmost path.
    """
    try:
        tree = schema.dump(value)
    except ValueError:  # it has no JSON form, or is nested deeper than the serializer goes
        return frozenset()
    typed = schema.adapter is not None
    return constants(schema, tree, whole=typed) | supplied(typed_of(schema), value, tree, given)


def unclaimed_in(value: object) -> frozenset[str]:
    """The paths that claim nothing, of a value by itself: what its models and dataclasses say of themselves."""
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
    except SchemaError:  # a class that no schema can be made of
        return frozenset()


def said(schema: Schema[T], value: T, given: Json) -> Json:
    """An accepted value as plain JSON, without what nobody gave: the answer that it stands for.

    With what was given and does not show in the value: it would be missed when the answer is read again.
    """
    tree, typed = schema.dump(value), typed_of(schema)
    whole = without(tree, supplied(typed, value, tree, given))
    for path, part in hidden(typed, value, tree, given).items():
        whole = put(whole, steps(path), part)
    return whole


def as_dumped(schema: Schema[T], value: T) -> object:
    """The value under the names of its JSON, but with the dates, numbers and enums of its type."""
    if schema.adapter is None:
        return value
    try:
        return schema.adapter.dump_python(value, by_alias=True, warnings="none", context=schema.context)
    except ValueError:  # as above
        return value


class _Container(NamedTuple):
    """A container in plain JSON, with every place of the schema that may speak of it, and its path."""

    nodes: tuple[Node, ...]
    tree: Json
    path: str
    whole: bool


def constants(schema: Schema[Any], tree: Json, *, whole: bool = False) -> frozenset[str]:
    """The paths of the constants in a value that is plain JSON; `whole`: its objects have all their keys."""
    shape = shape_of(schema.whole)  # in that of a chunk everything may be null
    if not isinstance(tree, dict | list):
        return frozenset({""} if _is_fixed(shape, [shape.root], tree) else ())
    found: set[str] = set()
    todo = [_Container((shape.root,), tree, "", whole)]
    while todo:
        place = todo.pop()
        for step, nodes, item, named in _parts(shape, place):
            path = place.path + pointer([step])
            if isinstance(item, dict | list):
                todo.append(_Container(nodes, item, path, whole))
            elif named and _is_fixed(shape, nodes, item):
                found.add(path)
    return frozenset(found)


def _parts(shape: Shape, place: _Container) -> Iterator[tuple[str | int, tuple[Node, ...], Json, bool]]:
    """The parts of a container that all its forms speak of: what they say, and whether of this part alone."""
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
    """The nodes; none if the schema says nothing of one of them."""
    known = tuple(node for node in nodes if node is not None and node.parts)
    return known if len(known) == len(nodes) else ()


def _name(form: Place, key: str) -> str | None:
    """The property that a key stands for; None where the form knows none."""
    return key if key in form.fields else form.spellings.get(key)


def _forms(shape: Shape, place: _Container) -> list[Place]:
    """What a container may be: the forms that no tag rules out, and of these those that have the very same keys."""
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
    """The forms that some places of the schema stand for, through all their unions; each once."""
    return [shape.place(leaf) for leaf in dict.fromkeys(leaf for node in nodes for leaf in node.leaves())]


def _is_ruled_out(form: Place, tree: JsonObject) -> bool:
    """Whether an object has another value where this form has a constant or a choice."""
    for key, item in tree.items():
        name = _name(form, key)
        choices = None if name is None else form.fields[name].choices
        if choices is not None and not any(same(item, choice) for choice in choices):
            return True
    return False


def _is_fixed(shape: Shape, nodes: Sequence[Node], value: Json) -> bool:
    """Whether nothing but this one value may stand in a place."""
    return all(same(value, _only(shape, node)) for node in nodes)


def _only(shape: Shape, node: Node) -> Any:
    """The one value that a part of a schema allows."""
    forms = _forms_of(shape, [node])
    choices = forms[0].choices if len(forms) == 1 else None
    return choices[0] if choices is not None and len(choices) == 1 else _SEVERAL
