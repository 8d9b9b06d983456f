from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from structgen.core.short_repr import short_repr


@dataclass(frozen=True)
class Holder:
    value: Any

    __repr__ = short_repr


@pytest.mark.parametrize(
    "value",
    [{}, {"b": 1, "a": 2}, {"b": {"d": [1], "c": {}}, 1: None}],
)
def test_the_keys_of_an_object_stay_in_the_order_of_its_schema(value: Any) -> None:
    assert repr(Holder(value)) == f"Holder(value={value!r})"


def test_a_large_object_and_a_deep_one_are_cut() -> None:
    deep: dict[str, Any] = {"a": {"a": {"a": {"a": {"a": {"a": 1}}}}}}
    assert "{...}" in repr(Holder(deep))
    assert repr(Holder(dict.fromkeys(range(1000), 0))).endswith("19: 0, ...})")
