"""Fill what labels did not identify with the only value of its sort that a text has.

A text with one date answers the only field of a schema that takes a date. The value is derived: no label connects it
with the field, and the evidence says so. Two different values, or one that can be read in two ways, answer nothing. A
list takes all values of its sort.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import cast

from structgen.core.json import Json
from structgen.rules.document.page import Span
from structgen.rules.document.vocabulary import tokens
from structgen.rules.fields import MONEY, Field, Kind, leaves
from structgen.rules.findings import Path
from structgen.rules.libraries.installed import ADDRESSES
from structgen.rules.libraries.us_addresses import address_parts, us_addresses
from structgen.rules.named_choices import choices, stem, yes
from structgen.rules.search import Search
from structgen.rules.sorts import Sort, Sought, alone, is_qualified
from structgen.rules.value_candidates import FINDERS, Candidate
from structgen.rules.values import fits

_FINDERS = {**FINDERS, Sort.CHOICE: choices, Sort.YES: yes}
_MOST = 1_000
"""Maximum values of a list."""
_SHORT = 300
"""Maximum characters of a text that is about one thing, so that its only date is the due date if that is asked for."""
_SENTENCE_ENDS = re.compile(r"[.!?](?=\s)|\n")
_LABEL = re.compile(r"(?:^|\n)[ \t*#-]*([^\n:]{2,40}):[ \t*]*[^\n:]{0,20}$")
_LONGEST_LINE = 400


Derived = tuple[Path, int, int]
"""A derived value or list item: its path, and its start and end in the visible text."""


def derive(search: Search, value: Json) -> tuple[Json, tuple[Derived, ...]]:
    """Return the value with derived ones in place of nulls, and where they are. Linear."""
    sought = alone(search.root)
    found: list[Derived] = []
    return _filled(search, search.root, sought, value, (), found), tuple(found)


def _filled(
    search: Search, field: Field, sought: dict[str, Sought], value: Json, path: Path, found: list[Derived]
) -> Json:
    if field.kind is Kind.OBJECT and isinstance(value, dict):
        filled = {**value, **_address(search, field, value, path, found)}
        for child in field.children:
            part = _filled(search, child, sought, value.get(child.name), (*path, child.name), found)
            if part is not None:
                filled[child.name] = part
        # The order of a value is that of its schema.
        return {child.name: filled[child.name] for child in field.children if child.name in filled}
    if field.kind is Kind.OBJECT and value is None:
        return _whole_address(search, field, path, found)
    one = sought.get(field.key)
    if value is not None or one is None or one.sort not in _FINDERS or _is_labelled(search, field):
        return value
    several = _several(search, field, one) if field.kind is Kind.ARRAY else _only(search, field, one)
    if not several:
        return None
    if field.kind is Kind.ARRAY:
        found.extend(((*path, at), item.start, item.end) for at, item in enumerate(several))
        return [item.value for item in several]
    found.append((path, several[0].start, several[0].end))
    return several[0].value


def _address(search: Search, field: Field, value: dict[str, Json], path: Path, found: list[Derived]) -> dict[str, Json]:
    """Return the parts of the only address of the text, if the object is the only one with these fields."""
    parts = address_parts(field) if ADDRESSES in search.libraries else {}
    if not parts or any(value.get(child.name) is not None for child in parts.values()):
        return {}
    if sum(bool(address_parts(other)) for other in leaves(search.root)) > 1:
        return {}
    text, addresses = search.page.text, list(us_addresses(search.page.text))
    if len({" ".join(text[one.start : one.end].split()).casefold() for one in addresses}) != 1:
        return {}
    spans = [(child, addresses[0].parts[part]) for part, child in parts.items()]
    read: dict[str, Json] = {child.name: " ".join(text[slice(*span)].split()) for child, span in spans}
    if not all(fits(child.limits, read[child.name]) for child, _ in spans):
        return {}
    found.extend(((*path, child.name), *span) for child, span in spans)
    return read


def _whole_address(search: Search, field: Field, path: Path, found: list[Derived]) -> Json:
    """Return an object that was not found, if it is the only address of the text; None if it needs anything more."""
    needed = {child.name for child in field.children if child.required and not child.nullable}
    if not needed <= {child.name for child in address_parts(field).values()}:
        return None
    read = _address(search, field, {}, path, found)
    kept = (child for child in field.children if child.name in read or child.required)
    return {child.name: read.get(child.name) for child in kept} if read else None


def _is_labelled(search: Search, field: Field) -> bool:
    """Whether the text has a label for the field. Then its value there was refused, and no other one is meant."""
    return any(pair.score >= _LABELLED for pair in search.pairs_of(field.keys))


_LABELLED = 0.9
"""Minimum score of a pair whose label certainly is one."""


def _only(search: Search, field: Field, sought: Sought) -> list[Candidate]:
    """Return the only candidate, or nothing."""
    first: Candidate | None = None
    for one in _FINDERS[sought.sort](search, field, sought):
        if one is None or (first is not None and one.same != first.same):
            return []
        first = first or one
    if first is None or not fits(field.limits, first.value):
        return []
    return [first] if _is_about(search, field, first, sought) else []


def _several(search: Search, field: Field, sought: Sought) -> list[Candidate]:
    """Return all candidates in order, each once; nothing if one of them is uncertain."""
    item = cast(Field, field.item)
    kept: dict[object, Candidate] = {}
    for one in islice(_FINDERS[sought.sort](search, item, sought), _MOST):
        if one is None or not fits(item.limits, one.value) or not _is_about(search, item, one, sought):
            return []
        kept.setdefault(one.same, one)
    return list(kept.values())


def _is_about(search: Search, field: Field, one: Candidate, sought: Sought) -> bool:
    """Whether a value may be the one that a field asks for: a birth date in a long text is near the word "birth"."""
    text, begin = search.page.text, max(0, one.start - _LONGEST_LINE)
    label = _LABEL.search(text[begin : one.start])
    if not sought.qualifiers:
        # "Date of last visit: ..." is not a date of the text itself.
        return label is None or not is_qualified(label[1], sought.sort)
    if _is_of_another(search, field, sought.sort, (begin, one.start)):
        return False
    if label and sought.sort is not Sort.CHOICE and not _names(label[1], sought):
        return False
    # A bill is about its own date and amounts, however short it is.
    if len(text.strip()) <= _SHORT and not (search.rows and sought.sort in _OF_BILLS):
        return True
    for end in _SENTENCE_ENDS.finditer(text, begin, one.start):
        begin = end.end()
    behind = _SENTENCE_ENDS.search(text, one.end, one.end + _LONGEST_LINE)
    return _names(text[begin : behind.start() if behind else one.end + _LONGEST_LINE], sought)


_OF_BILLS = frozenset({Sort.DATE, Sort.TIME, Sort.MONEY})


def _is_of_another(search: Search, field: Field, sort: Sort, before: Span) -> bool:
    """Whether the line of a value, or the line above, names another date or amount than the one that is sought."""
    apart = _NAMED_APART.get(sort, frozenset())
    lines = search.page.text[slice(*before)].split("\n")[-2:]
    mentions = search.vocabulary.mentions(tokens("\n".join(lines)))
    return any(mention.keys & apart and not mention.keys & field.concepts for mention in mentions)


_NAMED_APART = {Sort.DATE: frozenset({"date", "due_date", "other_date"}), Sort.MONEY: MONEY}
"""The concepts that tell values of one sort apart."""


def _names(passage: str, sought: Sought) -> bool:
    wanted = {stem(word) for word in sought.qualifiers}
    wanted |= {stem(other) for word in sought.qualifiers for other in _SAID_AS.get(word, "").split()}
    return any(stem(token.word) in wanted for token in tokens(passage))


_SAID_AS = {
    "birth": "born geboren",
    "due": "pay payable deadline",
    "start": "begin beginning from since",
    "end": "until finish through",
    "expiry": "expire expired valid",
    "expiration": "expire expired valid",
    "purchase": "bought",
    "founded": "established founding",
    "death": "died",
    "hire": "hired joined",
    "old": "was rrp regular",
}
"""What sentences say in place of a word in the name of a field."""
