"""``typing.TypedDict`` before Python 3.12: Pydantic refuses it there and wants that of ``typing_extensions``."""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

import typing_extensions

from structgen.core.errors import SchemaError


def modern(kind: object) -> object:
    """The same type with every old TypedDict in it replaced; the type itself where there is none."""
    return kind if sys.version_info >= (3, 12) else _modern(kind, ())


def _modern(kind: object, outer: tuple[object, ...]) -> object:
    if typing.is_typeddict(kind):
        return _typed_dict(cast("type[Any]", kind), outer)
    origin, args = get_origin(kind), get_args(kind)
    if not args or origin is Literal:
        return kind
    first = args[:1] if origin is Annotated else args
    renewed = tuple(_modern(arg, outer) for arg in first)
    if all(new is old for new, old in zip(renewed, first, strict=True)):
        return kind
    if origin is Annotated:
        return Annotated[(renewed[0], *args[1:])]
    return Union[renewed] if origin is types.UnionType else cast("Any", origin)[renewed]


def _typed_dict(kind: type[Any], outer: tuple[object, ...]) -> object:
    """The same keys, as they are required or not."""
    if kind in outer:
        raise SchemaError(
            f"{kind.__name__} holds itself: take TypedDict from typing_extensions for it (Pydantic needs that before "
            "Python 3.12)."
        )
    hints = typing.get_type_hints(kind)
    described = typing.get_type_hints(kind, include_extras=True)
    required = cast("frozenset[str]", kind.__required_keys__)
    fields: dict[str, Any] = {}
    for name in hints:
        inner = _modern(_bare(described[name]), (*outer, kind))
        mark: Any = typing_extensions.Required if name in required else typing_extensions.NotRequired
        fields[name] = mark[inner]
    make = cast("Callable[[str, dict[str, Any]], type[Any]]", typing_extensions.TypedDict)
    renewed = make(kind.__name__, fields)
    renewed.__doc__, renewed.__module__ = kind.__doc__, kind.__module__
    return renewed


def _bare(kind: object) -> object:
    """A type without the marks Required and NotRequired."""
    while get_origin(kind) in {typing.Required, typing.NotRequired}:
        kind = get_args(kind)[0]
    return kind
