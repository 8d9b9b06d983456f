"""What the tests of grounding share: the evidence for one value, as its text and its status."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from structgen.ground import locate

Find = Callable[[object, str], tuple[str | None, str]]


@pytest.fixture
def find() -> Find:
    """The text and the status of the evidence for a value with one leaf."""

    def one(value: object, text: str) -> tuple[str | None, str]:
        (piece,) = locate(value, text)
        return piece.text, piece.status.value

    return one
