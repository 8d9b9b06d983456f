"""Fields that may be left out but may not be null."""

from typing import Any

import pytest
from pydantic import BaseModel

from structgen.reask.failing_fields import answer_part, is_optional, says_absent
from structgen.reask.value_paths import without
from structgen.schema import Schema
from structgen.schema.node import Node

PART: dict[str, Any] = {"type": "integer", "description": "how many"}
NEEDING: dict[str, Any] = {"type": "object", "properties": {"n": PART}, "required": ["n"]}
FREE: dict[str, Any] = {"type": "object", "properties": {"n": PART}}


class Inner(BaseModel):
    count: int = 0
    note: str | None = None


class Outer(BaseModel):
    inner: Inner
    inners: list[Inner] = []
    stars: dict[str, int] = {}


SCHEMA = Schema.of(Outer).node


@pytest.mark.parametrize(
    ("path", "optional"),
    [
        ("/inner", False),
        ("/inner/count", True),
        ("/inner/note", True),
        ("/inners", True),
        ("/inners/0", False),
        ("/inners/0/count", True),
        ("/stars/soup", False),
        ("/nowhere", False),
        ("/nowhere/at/all", False),
        ("", False),
    ],
)
def test_what_is_declared_and_not_required_may_be_left_out(path: str, optional: bool) -> None:
    assert is_optional(SCHEMA, path) is optional


@pytest.mark.parametrize(("branch", "optional"), [(FREE, True), (NEEDING, False)])
def test_what_one_branch_requires_may_not_be_left_out(branch: dict[str, Any], optional: bool) -> None:
    assert is_optional(Node.of({"anyOf": [FREE, branch]}), "/n") is optional


def test_null_may_be_answered_for_what_may_be_left_out() -> None:
    assert answer_part(Node.of(FREE), "/n") == {
        "description": "how many",
        "anyOf": [{"type": "integer"}, {"type": "null"}],
    }
    assert answer_part(Node.of({"properties": {"n": False}}), "/n") == {"type": "null"}


def test_what_has_its_own_null_or_is_required_is_left_as_it_is() -> None:
    assert answer_part(Node.of(NEEDING), "/n") == PART
    assert answer_part(SCHEMA, "/inner/note")["default"] is None  # type: ignore[index]
    assert answer_part(Node.of(FREE), "/m") is None


@pytest.mark.parametrize(
    ("path", "answer", "absent"),
    [
        ("/inner/count", None, True),
        ("/inner/count", 0, False),
        ("/inner/note", None, False),
        ("/inner", None, False),
        ("/nowhere", None, False),
    ],
)
def test_null_says_absent_only_where_it_is_no_value(path: str, answer: Any, absent: bool) -> None:
    assert says_absent(SCHEMA, path, answer) is absent


def test_keys_are_taken_out_wherever_they_stand() -> None:
    tree = {"a": {"b": 1, "c": 2}, "l": [{"d": 3}]}
    assert without(tree, ["/a/b", "/l/0/d", "/l/0/e", "/x/y"]) == {"a": {"c": 2}, "l": [{}]}
    assert tree["a"] == {"b": 1, "c": 2}
