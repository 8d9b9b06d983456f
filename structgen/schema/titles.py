"""The names by which an outline calls the parts of a schema that references point at."""

from __future__ import annotations

import re
from collections import deque

from structgen.core.json import Json, JsonObject, pointer, steps
from structgen.schema.keywords import Steps, children
from structgen.schema.resolve import find

_TAKEN = frozenset({
    "any", "array", "boolean", "else", "if", "integer", "never", "not", "null", "number", "object", "of", "one",
    "string", "then", "true", "false", "type",
})  # fmt: skip


def names_of(root: JsonObject | bool, root_name: str) -> dict[str, str]:
    """Pointer -> name, for every schema that a reference which can be reached from the root points at."""
    names: dict[str, str] = {}
    seen: set[str] = set()
    pending: deque[tuple[Steps, JsonObject | bool]] = deque([((), root)])
    while pending:
        at, schema = pending.popleft()
        if pointer(at) in seen or not isinstance(schema, dict):
            continue
        seen.add(pointer(at))
        found = find(root, schema.get("$ref"))
        if found:
            names.setdefault(found[0], "")
            pending.append((steps(found[0]), found[1]))
        pending += [((*at, *below), child) for below, child in children(schema) if below[0] != "$defs"]
    taken = set(_TAKEN)
    for place in names:
        names[place] = _free(steps(place)[-1] if place else root_name, taken)
    return names


def _free(wanted: str, taken: set[str]) -> str:
    """A name of letters, digits and ``_`` that nothing else bears."""
    stem = re.sub(r"[^A-Za-z0-9_]+", "_", wanted).strip("_") or "type"
    stem = stem if not stem[0].isdigit() else f"_{stem}"
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    taken.add(name)
    return name


def is_implied(title: Json, at: Steps, names: dict[str, str]) -> bool:
    """Whether a title only repeats the name that stands there anyway: ``Prep Time`` for ``prep_time``."""
    if not isinstance(title, str):
        return False
    names_here = [names.get(pointer(at))]
    if at[-2:-1] in {("properties",), ("$defs",)}:
        names_here.append(str(at[-1]))
    return any(name is not None and _bare(name) == _bare(title) for name in names_here)


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum()) or text
