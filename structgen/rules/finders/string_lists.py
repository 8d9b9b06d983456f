"""Lists of strings: the section of a document that a field names, as items."""

from __future__ import annotations

import re

from structgen.rules.document.sections import Section
from structgen.rules.fields import Field, Kind, leaves
from structgen.rules.finders.items import Item, find_items, quantities
from structgen.rules.findings import Finding, collect, leaf
from structgen.rules.search import Search

_FIRST_STEP = re.compile(r"^(?:step|schritt|étape|etape|paso|stap|steg|trin|passo)\s*1\b", re.IGNORECASE)
_MOST = 60
"""So many sections of one name are looked into."""
_FEWEST = 0.2
"""Of the items of an ingredient list, so many at least begin with a quantity."""
_Rank = tuple[bool, float, int]


def find_strings(search: Search, field: Field) -> Finding | None:
    """The items under the heading that fits a field best."""
    best = best_section(search, field)
    return collect(leaf(search.page, item.text, *item.span) for item in best[1]) if best else None


def best_section(search: Search, field: Field) -> tuple[Section, list[Item]] | None:
    """The section whose heading fits best: the label alone before the label among words, more items before fewer."""
    steps = "instructions" in field.concepts
    ranked: list[tuple[_Rank, Section, list[Item]]] = []
    fitting = [section for section in search.sections if section.keys & field.keys]
    for section in sorted(fitting, key=lambda one: -one.score)[:_MOST]:
        if items := find_items(search, section, steps=steps):
            shape = quantities(items) if "ingredients" in field.concepts else 1.0
            if shape < _FEWEST:
                continue
            exact = section.score == 1.0 and len(items) > 1
            size = min(len(items), 3) if exact else min(len(items), 12)
            rank = (exact, round(section.score * shape * size, 1), section.start)
            ranked.append((rank, section, items))
    if steps and not ranked and (marked := _marked_steps(search)):
        ranked = [((False, 1.0, marked.start), marked, find_items(search, marked, steps=True))]
    best = max(ranked, key=lambda one: one[0], default=None)
    return (best[1], best[2]) if best else None


def _marked_steps(search: Search) -> Section | None:
    """The lines from "Step 1" on, where a document numbers its steps in words and bears no heading for them."""
    for number, line in enumerate(search.page.lines):
        if _FIRST_STEP.match(line.text):
            return Section(frozenset(), number, 0.5, number, min(number + 200, len(search.page.lines)))
    return None


def body_start(search: Search, root: Field) -> int | None:
    """The number of the line where the first list of the schema begins, where the document holds one."""
    fields = [
        field for field in leaves(root) if field.kind is Kind.ARRAY and field.item and field.item.kind is Kind.STRING
    ]
    starts = [best[0].heading for field in fields if (best := best_section(search, field)) and len(best[1]) > 1]
    return min(starts) if starts else None
