"""Speed of the rules in one run with a peer: a page read for eight fields against its words tagged by usaddress.

Both go over the whole text. Each side gets other documents in every round, so that nothing is remembered. What is
asserted is above what was measured, because a busy machine slows the sides unevenly; the figures are printed.
"""

import math
import sys
import time
from typing import Any

import pytest
import usaddress

from structgen.rules import extract_by_rules

TEXT, COUNT = {"type": ["string", "null"]}, {"type": ["integer", "null"]}
LIST = {"type": "array", "items": {"type": "string"}}
FIELDS = {
    "title": TEXT, "ingredients": LIST, "instructions": LIST, "yields": TEXT, "total_time_minutes": COUNT,
    "prep_time_minutes": COUNT, "cook_time_minutes": COUNT, "author": TEXT,
}  # fmt: skip
SCHEMA: Any = {"type": "object", "properties": FIELDS, "required": list(FIELDS)}
AT_MOST = 1.2


def page(number: int) -> str:
    """A page of about 6,000 characters: a menu, a recipe, remarks."""
    menu = "\n".join(f"Section {number}-{place} of the menu" for place in range(40))
    listed = "\n".join(f"- {place + number} g of thing {place} – crème no. {number}" for place in range(15))
    steps = "\n".join(f"{place}. Stir part {place} of dish {number} until it is done." for place in range(1, 12))
    remarks = "\n".join(f"Reader {place} of {number}: we made it on a Sunday and liked it." for place in range(50))
    head = f"# Dish {number}\n\nServes 4\nPrep time: 10 min"
    return f"{menu}\n\n{head}\n\n## Ingredients\n\n{listed}\n\n## Method\n\n{steps}\n\n{remarks}\n"


def test_a_page_takes_the_rules_at_most_a_few_times_as_long_as_tagging_its_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rules = peer = math.inf
    for number in range(1, 16):
        text = page(number)
        start = time.process_time()
        found = extract_by_rules(SCHEMA, text).value
        middle = time.process_time()
        usaddress.parse(text)
        rules, peer = min(rules, middle - start), min(peer, time.process_time() - middle)
        assert isinstance(found, dict)
        assert found["title"] == f"Dish {number}"
    with capsys.disabled():
        sys.stdout.write(
            f"\nrules: {1 / rules:.0f} pages of {len(page(1)):,} characters a second, {rules / peer:.2f} x the peer\n"
        )
    assert rules < AT_MOST * peer
