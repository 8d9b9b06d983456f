"""Pages with several recipes, such as a dish and its sauce: no value is taken from one and another from the next."""

from __future__ import annotations

from dataclasses import replace

from structgen.rules.document.sections import Section
from structgen.rules.document.vocabulary import lexicon, tokens
from structgen.rules.fields import Field, leaves
from structgen.rules.finders.list_items import Item
from structgen.rules.finders.string_lists import items_of, share_of_quantities
from structgen.rules.search import Search

_FEWEST = 2
_ALIKE = 0.35
_SHORTEST = 3


def first_recipe(search: Search, root: Field) -> Search:
    """Return the search on the first recipe alone if a page has several, one after another. Else the same search."""
    wanted = frozenset(concept for field in leaves(root) for concept in field.concepts)
    if not {"ingredients", "instructions"} <= wanted:
        return search
    lists = [
        (one, items) for one in _exact(search, "ingredients") if _is_list(items := items_of(search, one, steps=False))
    ]
    if len(lists) < 2:
        return search
    first, ingredients = lists[0]
    for other, others in lists[1:]:
        steps = [one for one in _exact(search, "instructions") if first.heading < one.heading < other.heading]
        if steps and not _alike(ingredients, others):
            return _until(search, steps[0])
    return search


def _exact(search: Search, concept: str) -> list[Section]:
    return [one for one in search.sections if concept in one.keys and one.score == 1.0]


def _is_list(items: list[Item]) -> bool:
    """Whether items have quantities, as ingredients do, and not those that a text talks about."""
    return share_of_quantities(items) * len(items) >= _FEWEST


def _alike(ones: list[Item], others: list[Item]) -> bool:
    """Whether two lists of ingredients are of the same recipe: blogs name them in the text and on the card."""
    words, more = _words(ones), _words(others)
    return len(words & more) >= _ALIKE * min(len(words), len(more))


def _words(items: list[Item]) -> set[str]:
    measures = lexicon().measures
    found = {token.word for item in items for token in tokens(item.text)}
    return {word for word in found if len(word) > _SHORTEST and word not in measures}


def _until(search: Search, steps: Section) -> Search:
    """Return the search on the lines up to the last step of the first recipe."""
    items = items_of(search, steps, steps=True)
    last = items[-1].span[1] if items else search.page.lines[steps.heading].end
    page = search.page
    cut = next((at for at, line in enumerate(page.lines) if line.start >= last), len(page.lines))
    return replace(
        search,
        page=replace(page, lines=page.lines[:cut], text=page.text[:last]),
        pairs=tuple(pair for pair in search.pairs if pair.line < cut),
        sections=tuple(replace(one, end=min(one.end, cut)) for one in search.sections if one.heading < cut - 1),
    )
