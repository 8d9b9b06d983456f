"""Of an email address or a URL only whole parts are evidence."""

from __future__ import annotations

import pytest

from tests.ground.conftest import Find


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "write to ann@x.org now"),
        ("org", "see https://x.org/a"),
        ("ann", "joann@x.org"),
        ("b@x.org", "a.b@x.org"),
        ("x.org", "ann@x.org.uk"),
        ("docs", "see https://x.org/docs.html"),
        ("structgen", "www.structgen.org"),
        ("https://x.org/a", "see https://x.org/a/b"),
        ("https://x.org/a?b=1", "https://x.org/a?b=1&c=2"),
    ],
)
def test_a_piece_of_an_address_is_no_evidence(find: Find, value: str, text: str) -> None:
    assert find(value, text) == (None, "unsupported")


@pytest.mark.parametrize(
    ("value", "text", "evidence", "status"),
    [
        ("ann@x.org", "mail ann@x.org.", "ann@x.org", "exact"),
        ("Ann@X.org", "mail <ann@x.org>", "ann@x.org", "normalized"),
        ("ann@x.org", "mailto:ann@x.org", "ann@x.org", "exact"),
        ("Ann", "Ann <ann@x.org>", "Ann", "exact"),
        ("x.org", "write to ann@x.org now", "x.org", "exact"),
        ("example.com", "at http://www.example.com/p?q=1", "example.com", "exact"),
        ("torvalds", "github.com/torvalds has it", "torvalds", "exact"),
        ("x.org/docs", "https://x.org/docs.", "x.org/docs", "exact"),
        ("https://x.org/", "see https://x.org", "https://x.org", "normalized"),
        ("https://www.x.org", "see x.org now", "x.org", "normalized"),
    ],
)
def test_whole_addresses_and_their_parts_are_evidence(
    find: Find, value: str, text: str, evidence: str, status: str
) -> None:
    assert find(value, text) == (evidence, status)
