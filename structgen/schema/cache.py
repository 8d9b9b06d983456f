"""Compile each type once: a class keeps its schema, and the last composed types are cached."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast, get_args, get_origin

V = TypeVar("V")

_ATTRIBUTE = "__structgen_schema__"
"""The attribute of a class that holds its schema. So the schema is freed with the class; a weak dictionary would keep
both alive, because the schema refers to the class.
"""

_HEAP = 1 << 9
"""Py_TPFLAGS_HEAPTYPE: the flag of classes defined in Python. Others accept no attributes."""

_MOST = 128
_recent: OrderedDict[Hashable, Any] = OrderedDict()
_lock = Lock()


def remembered(kind: object, make: Callable[[object], V]) -> V:
    """Return `make(kind)`, cached for each class and for the last composed types."""
    if not isinstance(kind, type) or not kind.__flags__ & _HEAP:
        return _of_recent(kind, make)
    own = vars(kind).get(_ATTRIBUTE)
    if own is None:
        own = make(kind)
        setattr(kind, _ATTRIBUTE, own)
    return cast(V, own)


def _of_recent(kind: object, make: Callable[[object], V]) -> V:
    key = _key(kind)
    try:
        with _lock:
            if key in _recent:
                _recent.move_to_end(key)
                return cast(V, _recent[key])
    except TypeError:  # an argument of the type cannot be hashed
        return make(kind)
    # Compiling is slow, so it runs without the lock. At worst, two threads compile the same type.
    made = make(kind)
    with _lock:
        _recent[key] = made
        if len(_recent) > _MOST:
            _recent.popitem(last=False)
    return made


def _key(kind: object) -> Hashable:
    """Return a key of a type with its parts in order: equal unions may differ in order, and 1 equals True."""
    args = get_args(kind)
    return (get_origin(kind), *map(_key, args)) if args else (type(kind), kind)
