"""The rows of a bill."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    "text",
    ["Suggested tip: 1.91\nTotal 12.00", "Tip: between 2.00 and 3.00\nTotal 12.00", "Tip 2.00 - 3.00\nTotal 12.00"],
)
def test_a_proposal_or_a_range_is_no_row(ask: Any, text: str) -> None:
    assert ask(text, tip="number", total="number") == {"tip": None, "total": 12.0}
