"""Plain JSON values as types, and the JSON Pointers (RFC 6901) that every public record uses for its paths."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, Union

Json: TypeAlias = Union[None, bool, int, float, str, "list[Json]", "dict[str, Json]"]
"""What a JSON decoder returns."""

JsonLike: TypeAlias = Union[None, bool, int, float, str, "Sequence[JsonLike]", "Mapping[str, JsonLike]"]
"""What a JSON encoder accepts; read-only, so that a `dict[str, str]` fits too."""

JsonObject: TypeAlias = dict[str, Json]


def pointer(steps: Iterable[str | int]) -> str:
    """The JSON Pointer of a path: ``("items", 3, "name")`` gives ``/items/3/name``; the root is the empty string."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def steps(path: str) -> tuple[str, ...]:
    """The keys and indexes (as text) of a JSON Pointer, the inverse of `pointer`."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:])
