"""What was compiled once is not compiled again: a class keeps its schema, a composed type is remembered for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar, cast, get_args, get_origin

V = TypeVar("V")

_ATTRIBUTE = "__structgen_schema__"
"""Where a class keeps it: so that it goes when the class goes, which no dictionary beside it could do."""

_HEAP = 1 << 9
"""The flag of classes made in Python; those made in C take no attribute (Py_TPFLAGS_HEAPTYPE)."""

_MOST = 128
_recent: OrderedDict[Hashable, Any] = OrderedDict()
_lock = Lock()


def remembered(kind: object, make: Callable[[object], V]) -> V:
    """What `make` gives for a type, made once for each class and for each of the last composed types."""
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
    except TypeError:
        return make(kind)
    made = make(kind)
    with _lock:
        _recent[key] = made
        if len(_recent) > _MOST:
            _recent.popitem(last=False)
    return made


def _key(kind: object) -> Hashable:
    """A type by its parts in their order: equal unions may differ in it, and 1 equals True."""
    args = get_args(kind)
    return (get_origin(kind), *map(_key, args)) if args else (type(kind), kind)
