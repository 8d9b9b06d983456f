"""Items of linked data: which of them a page is about, and the texts that a value of theirs holds."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from structgen.rules.document.markup import LinkedItem, LinkedValue, read_html
from structgen.rules.document.sections import heading_level
from structgen.rules.document.vocabulary import Phrase, phrase
from structgen.rules.search import Search

_VALUE_PROPERTIES = ("text", "name", "ratingValue", "value", "@value", "itemListElement", "contentUrl", "url", "item")
_NAMES = ("name", "headline")
_CONTAINERS = frozenset({"HowToSection", "ItemList", "BreadcrumbList"})
_ASIDE = "HowToTip"
_DEEPEST = 6
_AHEAD = 2
"""How many more fields than any other item the one has that a page is about, if its name does not tell."""
_TAG = re.compile(r"</?[A-Za-z][A-Za-z0-9]{0,12}(?:\s[^<>]{0,500})?/?>")
_DURATION = re.compile(r"\s*P(?=[\s\dT])[\dTHMSDWY.,\s]{1,40}$", re.IGNORECASE)


def choose_item(search: Search, counted: list[tuple[int, LinkedItem]]) -> LinkedItem | None:
    """Return the item with the most fields, or None if several of its kind are as likely.

    `counted` are the items that may be meant, each with the number of the schema's fields that it has.
    """
    if not counted:
        return None
    most, best = max(counted, key=lambda one: one[0])
    kinds = types_of(best)
    rivals = [(count, item) for count, item in counted if types_of(item) & kinds or item is best]
    if len({name_of(item) for _, item in rivals}) == 1:
        return best
    # Several recipes on one page: the one that the page is named after, and no mixture of two.
    titled = [item for _, item in sorted(rivals, key=lambda one: -one[0]) if _is_title(search, name_of(item))]
    if titled:
        return titled[0] if len({name_of(item) for item in titled}) == 1 else None
    return best if all(most >= count + _AHEAD for count, item in rivals if item is not best) else None


def types_of(item: LinkedItem) -> frozenset[str]:
    """Return the types of an item, which may have several, without the address of their vocabulary."""
    listed = [one.text for one in item.props.get("@type", []) if isinstance(one, LinkedValue)]
    return frozenset(kind.rstrip("/").rpartition("/")[2] for kind in (*listed, item.kind) if kind)


def name_of(item: LinkedItem) -> Phrase:
    """Return the name of an item in folded words. Empty if it has none."""
    first = next((item.props[name][0] for name in _NAMES if item.props.get(name)), None)
    return phrase(shown(first.text)) if isinstance(first, LinkedValue) else ()


def _is_title(search: Search, name: Phrase) -> bool:
    """Whether a heading of the highest level, or the title of the page, contains a name."""
    heads = [line for at, line in enumerate(search.page.lines[:400]) if at == 0 or heading_level(line) == 1]
    return bool(name) and any(_contains(phrase(line.text), name) for line in heads)


def _contains(words: Phrase, name: Phrase) -> bool:
    return any(words[at : at + len(name)] == name for at in range(len(words) - len(name) + 1))


def steps_of(values: list[LinkedValue | LinkedItem]) -> Iterator[LinkedValue | LinkedItem]:
    """Yield the values with the elements of each section or list in its place."""
    for value in values:
        inside = value.props.get("itemListElement") if isinstance(value, LinkedItem) else None
        if inside and isinstance(value, LinkedItem) and types_of(value) & _CONTAINERS:
            yield from inside
        else:
            yield value


def texts_of(search: Search, values: list[LinkedValue | LinkedItem], depth: int = 0) -> Iterator[LinkedValue]:
    """Yield values as single texts, as a reader would see them. Of an item this is its text or value, else its name.

    A section gives the texts of its steps, a step without a text those of its directions. Tips are not steps.
    """
    for value in values:
        if isinstance(value, LinkedValue):
            yield LinkedValue(shown(value.text), value.start, value.end)
        elif depth < _DEEPEST:
            yield from texts_of(search, _inside(search, value), depth + 1)


def _inside(search: Search, item: LinkedItem) -> list[LinkedValue | LinkedItem]:
    """Return the values of an item that say what it is, or those of the item that it refers to."""
    if _ASIDE in types_of(item):
        return []
    elements = item.props.get("itemListElement")
    if elements and not item.props.get("text"):
        return elements
    named = next((item.props[name] for name in _VALUE_PROPERTIES if item.props.get(name)), None)
    if named is None and (other := referred(search, item)) is not item:
        named = next((other.props[name] for name in _VALUE_PROPERTIES if other.props.get(name)), None)
    return named or []


def referred(search: Search, item: LinkedItem) -> LinkedItem:
    """Return the item of the page with the same `@id` if an item is only a reference, else the item itself."""
    own = _identifier(item)
    if own is None or not item.props.keys() <= {"@id", "@type"}:
        return item
    others = (one for one in search.linked_items if _identifier(one) == own and len(one.props) > len(item.props))
    return next(others, item)


def _identifier(item: LinkedItem) -> str | None:
    first = item.props["@id"][0] if item.props.get("@id") else None
    return first.text if isinstance(first, LinkedValue) else None


def shown(text: str) -> str:
    """Return a text of linked data as a reader would see it: many pages put tags and entities into it."""
    if _DURATION.match(text):
        return "".join(text.split()).upper()
    if "&" not in text and "<" not in text:
        return text
    text = html.unescape(text)
    if _TAG.search(text):
        return read_html(text).page.text.strip()
    return html.unescape(text) if "&" in text else text
