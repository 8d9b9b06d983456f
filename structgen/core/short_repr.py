"""A short repr for records that may hold whole documents: long texts and long lists are cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from itertools import islice
from reprlib import Repr
from typing import Any


class _InOrder(Repr):
    """Leaves the keys of a dict in their order, which is that of the schema. The base class sorts them."""

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        if level <= 0:
            return "{...}" if x else "{}"
        shown = [f"{self.repr1(key, level - 1)}: {self.repr1(x[key], level - 1)}" for key in islice(x, self.maxdict)]
        return f"{{{', '.join([*shown, '...'] if len(x) > self.maxdict else shown)}}}"


_SHORT = _InOrder()
# Python 3.11 takes them as attributes only
_SHORT.maxlevel, _SHORT.maxtuple, _SHORT.maxlist, _SHORT.maxdict = 5, 6, 20, 20
_SHORT.maxstring, _SHORT.maxother = 300, 2_000


def short_repr(self: Any) -> str:
    """Return the repr of a dataclass instance with at most a few thousand characters, however long its texts are.

    It is assigned to ``__repr__`` of a dataclass. A field that has its default is left out.
    """
    return f"{type(self).__qualname__}({', '.join(_shown(self))})"


def _shown(record: Any) -> Iterator[str]:
    for field in fields(record):
        value = getattr(record, field.name)
        if field.repr and not _is_default(field, value):
            yield f"{field.name}={_SHORT.repr(value)}"


def _is_default(field: Field[Any], value: object) -> bool:
    default: object = field.default_factory() if field.default_factory is not MISSING else field.default
    # True == 1 and 0.0 == False, so a value of another type than the default is not the default
    return type(value) is type(default) and bool(value == default)
