"""Objects of one kind beside each other, such as a landlord and a tenant: which label is whose.

"Address" alone may be that of either. It belongs to the object that a line above names, up to the next blank line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from structgen.core.json import pointer
from structgen.rules.document.page import Page
from structgen.rules.document.sections import heading_level
from structgen.rules.document.vocabulary import Vocabulary, phrase, tokens
from structgen.rules.fields import Field, Kind, single

NOBODY, SEVERAL = "", "?"
_LONGEST = 200


def share_labels(root: Field) -> Field:
    """Return the fields of a schema so that none takes a label for itself that several objects may mean."""
    # Objects of one definition have equal pointers in the schema.
    root = replace(root, children=tuple(_placed(child, pointer([child.name])) for child in root.children))
    told = Counter(token for leaf in _leaves(root) for token in _tokens(leaf))
    return replace(root, children=tuple(_shared(child, told, root.key) for child in root.children))


def _placed(field: Field, key: str) -> Field:
    """Return the fields of a nested object with their places in the value as keys."""
    if field.kind is not Kind.OBJECT:
        return field
    children = tuple(
        _placed(_keyed(child, key + pointer([child.name])), key + pointer([child.name])) for child in field.children
    )
    return replace(_keyed(field, key), children=children)


def _keyed(field: Field, key: str) -> Field:
    return replace(field, key=key, keys=(field.keys - {field.key}) | ({key} if field.key in field.keys else set()))


def _leaves(root: Field) -> Iterator[Field]:
    """Yield the leaves of all nested objects. Items of lists have places for themselves."""
    return (child for child in single(root) if child.kind is not Kind.ARRAY)


def _tokens(leaf: Field) -> frozenset[str]:
    """Return what two leaves have in common if one label may mean both."""
    return (leaf.keys - {leaf.key}) | {" ".join(phrase(leaf.name))}


def _shared(field: Field, told: Counter[str], owner: str) -> Field:
    if field.kind is Kind.OBJECT:
        return replace(field, children=tuple(_shared(child, told, field.key) for child in field.children))
    if field.kind is Kind.ARRAY or all(told[token] == 1 for token in _tokens(field)):
        return field
    if not owner:
        return replace(field, owners=frozenset({NOBODY}))
    alone = frozenset({field.key})
    shared = (field.keys - alone) | {field.shared_key}
    # The first lines of a document name its issuer.
    owners = frozenset({owner, NOBODY}) if field.placed else frozenset({owner})
    qualified = tuple(label for label in field.labels if label not in field.bare)
    return replace(field, keys=alone, labels=qualified, shared=shared, owners=owners)


def owners_of_lines(page: Page, vocabulary: Vocabulary, root: Field) -> tuple[str, ...]:
    """Return the key of the object that each line of a page belongs to; empty if the schema has no nested object."""
    naming = dict(_naming(root))
    if not naming:
        return ()
    owners: list[str] = []
    owner, heading = NOBODY, False
    for number, line in enumerate(page.lines):
        blank = number and page.text.count("\n", page.lines[number - 1].end, line.start) > 1
        named, end = _named(page, number, vocabulary, naming)
        if named:
            owner = named
        elif (blank and not heading) or heading_level(line):
            owner = NOBODY
        heading = bool(named) and not page.text[end : line.end].strip(" :：*#_-")
        owners.append(owner)
    return tuple(owners)


def _naming(root: Field) -> Iterator[tuple[str, str]]:
    """Yield the keys of labels that name a nested object or, in full, one of its parts, with that object's key."""
    objects = [child for child in root.children if child.kind is Kind.OBJECT]
    # "Brand: X" names the brand of a product, although "brand" may also mean its manufacturer.
    own = {concept for child in root.children if child.kind is not Kind.OBJECT for concept in child.concepts}
    counted = Counter([*(concept for one in objects for concept in one.concepts), *own])
    for one in objects:
        yield one.key, one.key
        yield from ((concept, one.key) for concept in one.concepts if counted[concept] == 1)
        yield from ((leaf.key, one.key) for leaf in _leaves(one) if leaf.shared)


def _named(page: Page, number: int, vocabulary: Vocabulary, naming: Mapping[str, str]) -> tuple[str, int]:
    """Return the object that a line names first, SEVERAL if it names another one too, and where its label ends."""
    line = page.lines[number]
    if len(line.text) > _LONGEST:
        return NOBODY, line.start
    words = tokens(line.text, line.start)
    mentions = vocabulary.mentions(words)
    named = [(naming[key], one) for one in mentions for key in sorted(one.keys) if key in naming]
    if not named or not words or named[0][1].start != words[0].start:
        return NOBODY, line.start
    several = len({owner for owner, _ in named}) > 1
    return SEVERAL if several else named[0][0], named[0][1].end
