"""Types for plain JSON values, and the JSON Pointers (RFC 6901) that public records use as paths."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, Union, cast

Json: TypeAlias = Union[None, bool, int, float, str, "list[Json]", "dict[str, Json]"]
"""What a JSON decoder returns."""

JsonLike: TypeAlias = Union[None, bool, int, float, str, "Sequence[JsonLike]", "Mapping[str, JsonLike]"]
"""What a JSON encoder accepts. Its containers are read-only, so that a `dict[str, str]` is one too."""

JsonObject: TypeAlias = dict[str, Json]


def as_object(value: Json) -> JsonObject:
    """Return the value if it is an object, else an empty object."""
    return value if isinstance(value, dict) else {}


def as_number(value: Json) -> float | None:
    """Return the value if it is a number, else None. A bool is not a number here, although it is an int in Python."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def refuse_constant(name: str) -> Json:
    """Raise ValueError for NaN and Infinity, which Python's JSON decoder accepts: pass it as `parse_constant`."""
    raise ValueError(f"{name} is not a JSON number")


def pointer(steps: Iterable[str | int]) -> str:
    """Return the JSON Pointer of a path: ``/items/3/name`` for ``("items", 3, "name")``, and "" for the root."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def steps(path: str) -> tuple[str, ...]:
    """Return the keys and indexes of a JSON Pointer, all as str: the inverse of `pointer`."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:])


def is_within(path: str, roots: Iterable[str]) -> bool:
    """Return whether a JSON Pointer is one of `roots` or leads to a place below one."""
    return any(path == root or path.startswith(f"{root}/") for root in roots)


MISSING = object()
"""The result of a lookup at a path that does not exist."""


def at(tree: object, path: Iterable[str | int]) -> object:
    """Return the value at a path of keys and indexes, or MISSING. An index may be a string, as in a JSON Pointer."""
    for step in path:
        if isinstance(tree, dict) and step in tree:
            tree = cast("dict[object, object]", tree)[step]
        elif isinstance(tree, list) and str(step).isdecimal() and int(step) < len(cast("list[object]", tree)):
            tree = cast("list[object]", tree)[int(step)]
        else:
            return MISSING
    return tree
