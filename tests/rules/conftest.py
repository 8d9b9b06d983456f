"""Short ways to ask the rules for something."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from structgen.core.json import Json
from structgen.rules import Found, extract_by_rules

Ask = Callable[..., Any]


def schema_of(fields: Mapping[str, object]) -> dict[str, Any]:
    """An object schema: a name with a type, or with a schema of its own; every field may be null."""
    return {
        "type": "object",
        "properties": {name: _one(what) for name, what in fields.items()},
        "required": list(fields),
    }


def _one(what: object) -> object:
    return {"type": [what, "null"]} if isinstance(what, str) else what


def checked(found: Found, text: str) -> Json:
    """The value, once every piece of evidence is seen to stand where it says."""
    for piece in found.evidence:
        assert piece.start is not None
        assert text[piece.start : piece.end] == piece.text
    return found.value


@pytest.fixture
def ask() -> Ask:
    """`ask(text, title="string", ...)`: the values of these fields."""

    def extract(text: str, **fields: object) -> Any:
        return checked(extract_by_rules(schema_of(fields), text), text)

    return extract


@pytest.fixture
def ask_one() -> Ask:
    """`ask_one(text, "name", {schema})`: the value of one field."""

    def extract(text: str, name: str, what: object = "string") -> Any:
        value = checked(extract_by_rules(schema_of({name: what}), text), text)
        assert isinstance(value, dict)
        return value[name]

    return extract
