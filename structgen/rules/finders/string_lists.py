"""Lists of strings: the items of a section, or of a list on one line such as `Tags: a, b, c`.

Items lose their bullets and numbers. What is not an item (buttons, sub-headings, servings, the prose after a list) is
left out, and items that were broken over several lines are joined.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from structgen.rules.document.key_values import Pair
from structgen.rules.document.page import Line, Page, Span
from structgen.rules.document.sections import Section, heading_level
from structgen.rules.document.vocabulary import lexicon, phrase, tokens
from structgen.rules.fields import Field, Kind, leaves
from structgen.rules.finders.list_items import (
    BULLET,
    END_OF_LIST,
    LONE_BULLET,
    NAMED_STEP,
    NUMBERED,
    Item,
    is_noise,
    item_at,
)
from structgen.rules.finders.steps import marked_steps, step_items, steps_after
from structgen.rules.findings import Finding, collect, leaf
from structgen.rules.search import Search, rank_of, remembered
from structgen.rules.values import is_nothing, read_value

_MOST = 60
"""Maximum sections of one name that are compared."""
_FEWEST = 0.2
"""Minimum share of the items of an ingredient list that begin with a quantity."""
_MAINLY = 0.5
"""Minimum share if no heading says that the lines of a text are ingredients."""
_Rank = tuple[bool, float, int]


def find_strings(search: Search, field: Field) -> Finding | None:
    """Return the items below the heading that fits the field best."""
    best = best_section(search, field)
    return collect(leaf(search.page, item.text, *item.span) for item in best[1]) if best else None


def best_section(search: Search, field: Field) -> tuple[Section, list[Item]] | None:
    """Return the section whose heading fits best, with its items.

    A heading that is just the label comes before a label among other words, and more items before fewer.
    """
    steps = "instructions" in field.concepts
    ranked: list[tuple[_Rank, Section, list[Item]]] = []
    fitting = [section for section in search.sections if section.keys & field.keys]
    for section in sorted(fitting, key=lambda one: -one.score)[:_MOST]:
        if items := items_of(search, section, steps=steps):
            shape = share_of_quantities(items) if "ingredients" in field.concepts else 1.0
            if shape < _FEWEST:
                continue
            # Below an exact heading three items are as good as twelve. Below others, a longer list is likelier.
            exact = section.score == 1.0 and len(items) > 1
            size = min(len(items), 3) if exact else min(len(items), 12)
            rank = (exact, round(section.score * shape * size, 1), section.start)
            ranked.append((rank, section, items))
    if steps and not ranked:
        return _unannounced(search)
    best = max(ranked, key=lambda one: one[0], default=None)
    return (best[1], best[2]) if best else None


def _unannounced(search: Search) -> tuple[Section, list[Item]] | None:
    """Return steps without a heading: those from "Step 1" on, or the sentences after the ingredients."""
    if marked := marked_steps(search):
        return marked, items_of(search, marked, steps=True)
    lists = [one for one in search.sections if "ingredients" in one.keys][:_MOST]
    found = [(one, items_of(search, one, steps=False)) for one in lists]
    best = max(found, key=lambda one: (one[0].score, len(one[1])), default=None)
    return steps_after(search, best[1]) if best and share_of_quantities(best[1]) >= _MAINLY else None


def lines_of_ingredients(search: Search) -> list[Item]:
    """Return the lines of a text that is nothing but a list of ingredients, else an empty list."""
    lines = search.page.lines
    if not 1 <= len(lines) <= _MOST or any(len(line.text) > _PROSE for line in lines):
        return []
    items = _join_lines(search.page, list(lines))
    return items if share_of_quantities(items) >= _MAINLY else []


def body_start(search: Search, root: Field) -> int | None:
    """Return the line at which the first list of the schema begins, or None."""
    fields = [
        field for field in leaves(root) if field.kind is Kind.ARRAY and field.item and field.item.kind is Kind.STRING
    ]
    starts = [best[0].heading for field in fields if (best := best_section(search, field)) and len(best[1]) > 1]
    return min(starts) if starts else None


_QUANTITY = re.compile(r"^(?:\d|[¼½¾⅐-⅞]|an?\s|une?\s|eine?\s|un\s|half\s|pinch|dash|handful)", re.IGNORECASE)
_ALONE = re.compile(
    r"^(?:\d{1,4}(?:[.,/⁄]\d{1,3})?|(?:\d{1,2}\s?)?[¼½¾⅐-⅞]|\d{1,2}\s\d[/⁄]\d)(?:\s?[-–]\s?\d{1,3})?\s?[x×]?$"
)
_GROUP = re.compile(
    r"^(?:for|voor|für|pour|para|per|til|till|för)\s+(?:the|de|het|den|die|das|la|le|les|el|il|lo|l')\b", re.IGNORECASE
)
_LONGEST_TAIL = 6
"""Maximum ingredients without a quantity at the end of a short list."""
_TIMES = re.compile(r"[\d½]{1,3}\s?[x×]", re.IGNORECASE)
_BRACKETED = re.compile(r"\([^()]{1,80}\)")
_MEASURES = frozenset({"unit", "container", "size", "modifier"})
_LONGEST_MEASURE = 30
_OF = re.compile(r"^(?:de\s|d['’]|of\s|di\s|av\s)")
_PROSE = 200
_FIRST = 12
"""The lines of a list that tell whether its entries have quantities."""


@remembered
def items_of(search: Search, section: Section, *, steps: bool) -> list[Item]:
    """Return the items of a section. `steps`: they are instructions, and so sentences."""
    lines = list(search.page.lines[section.start : section.end])
    return step_items(search.page, lines) if steps else _entry_items(search, section, lines)


def share_of_quantities(items: list[Item]) -> float:
    """Return the share of items that begin with a quantity."""
    return sum(bool(_QUANTITY.match(item.text)) for item in items) / len(items) if items else 0.0


def _entry_items(search: Search, section: Section, lines: list[Line]) -> list[Item]:
    """Return the entries of a plain list. Entries that were broken over several lines are joined."""
    bulleted = _bulleted(lines)
    part = _bulleted_part(search.page, lines, bulleted)
    kept = [line for at, line in enumerate(part) if not is_noise(line) or _counts_below(part, at)]
    # In a list that has bullets, a line without one is a sub-heading or a continuation.
    marked = sum(line.start in bulleted for line in kept)
    if marked >= 2 and marked >= 0.6 * len(kept):
        kept = [line for line in kept if line.start in bulleted]
    # What follows a list may be longer than the list, so its first lines tell what it is.
    first = kept[:_FIRST]
    counted = sum(bool(_QUANTITY.match(_without_bullet(line))) for line in first) > 0.4 * len(first)
    entries: list[Line] = []
    for line, after in zip(kept, [*kept, None][1:], strict=True):
        if END_OF_LIST.search(line.text) or NAMED_STEP.match(line.text):
            break
        if _is_prose(line, after, counted) and line.start not in bulleted:
            if entries:
                break
            continue  # a remark above the list
        if not _is_no_entry(search, section, line, counted and line.start not in bulleted):
            entries.append(line)
    items = _join_lines(search.page, entries)
    return _without_tail(items) if counted and not bulleted else items


def _without_tail(items: list[Item]) -> list[Item]:
    """Return items without a long run of those that have no quantity, behind others that have one: another list."""
    last = max((at for at, item in enumerate(items) if _QUANTITY.match(item.text)), default=-1)
    tail = len(items) - last - 1
    return items[: last + 1] if tail > max(_LONGEST_TAIL, last // 2) else items


def _counts_below(lines: list[Line], at: int) -> bool:
    """Whether "2x" is the quantity of the line below. Between others of its kind it is a button that scales a list."""
    around = lines[max(0, at - 1) : at] + lines[at + 1 : at + 2]
    return bool(_TIMES.fullmatch(lines[at].text)) and not any(_TIMES.fullmatch(line.text) for line in around)


def _bulleted_part(page: Page, lines: list[Line], bulleted: set[int]) -> list[Line]:
    """Return the lines of a list that begins with two bullets, up to the blank line after its last bullet."""
    if len(lines) < 2 or any(line.start not in bulleted for line in lines[:2]):
        return lines
    last = max(at for at, line in enumerate(lines) if line.start in bulleted)
    gap = (at for at in range(last + 1, len(lines)) if page.text.count("\n", lines[at - 1].end, lines[at].start) > 1)
    return lines[: next(gap, len(lines))]


def _bulleted(lines: list[Line]) -> set[int]:
    """Return the starts of the lines with a bullet, which may be alone on the line above."""
    found: set[int] = set()
    for before, line in zip([None, *lines], lines, strict=False):
        if BULLET.match(line.text) or (before and LONE_BULLET.match(before.text)):
            found.add(line.start)
    return found


def _without_bullet(line: Line) -> str:
    return BULLET.sub("", line.text)


def _is_prose(line: Line, after: Line | None, counted: bool) -> bool:
    """Whether a line is a sentence rather than an entry, which ends a list. `after` is the line below it."""
    if len(line.text) > _PROSE:
        return True
    # "Salt and pepper to taste." is an ingredient, two such lines are a text.
    told = _sentence_words(line)
    return counted and (told >= 7 or (told >= 4 and after is not None and _sentence_words(after) >= 4))


def _sentence_words(line: Line) -> int:
    """Return the number of words of a line that ends like a sentence and has no quantity, else 0."""
    return len(line.text.split()) if line.text.endswith((".", "!", "?")) and not _QUANTITY.match(line.text) else 0


def _is_no_entry(search: Search, section: Section, line: Line, counted: bool) -> bool:
    """Whether a line of a list is not an entry: a sub-heading, the servings, the heading again."""
    text = _without_bullet(line)
    if text.endswith((":", "：")) or heading_level(line) or LONE_BULLET.match(line.text):
        return True
    words = tokens(text)
    mentions = search.vocabulary.mentions(words)
    if mentions and len(words) <= 4 and mentions[-1].keys & {"yields"} and mentions[-1].end >= len(text) - 3:
        return True
    if mentions and mentions[0].keys & section.keys and not _QUANTITY.match(text):
        return True
    grouped = bool(_GROUP.match(text)) and len(text.split()) <= 6
    named = (len(words) > 1 and phrase(text) in lexicon().components) or (counted and _names_component(text))
    return (grouped or named) and not any(word.word.isdigit() for word in words)


def _names_component(text: str) -> bool:
    """Whether a line without a quantity names what the lines below it make: "Lemon Dressing", "Teig".

    Other lines without a quantity are ingredients: "sea salt", "Olive Oil".
    """
    words = phrase(text)
    if words in lexicon().components:
        return True
    known = words[-1:] in lexicon().components or words[:1] in lexicon().components
    titled = all(word[0].isupper() or len(word) <= 3 for word in text.split())
    return known and titled and len(words) <= 5 and "," not in text and not _QUANTITY.match(text)


def _join_lines(page: Page, lines: list[Line]) -> list[Item]:
    """Join lines to entries. A number, or a quantity with its unit, belongs to the line below."""
    items: list[Item] = []
    start: int | None = None
    for place, line in enumerate(lines):
        text = NUMBERED.sub("", _without_bullet(line)) or line.text
        start = line.end - len(text) if start is None else start
        said = _single_spaced(page, start, line.end)
        if items and start == line.start and _BRACKETED.fullmatch(text):
            items[-1] = item_at(page, items[-1].span[0], line.end)
            start = None
            continue
        # "2 cups" / "of flour"
        if items and start == line.start and _OF.match(text) and _QUANTITY.match(items[-1].text):
            items[-1] = item_at(page, items[-1].span[0], line.end)
            start = None
            continue
        if place + 1 < len(lines) and (_ALONE.match(said) or _is_measure(said)):
            continue
        items.append(item_at(page, start, line.end))
        start = None
    return items


def _single_spaced(page: Page, start: int, end: int) -> str:
    return " ".join(page.text[start:end].split())


def _is_measure(text: str) -> bool:
    """Whether a text is only a quantity with its unit: "300 g", "1 1/2 tsp."."""
    if not _QUANTITY.match(text) or len(text) > _LONGEST_MEASURE:
        return False
    words = tokens(text)
    known = {
        at
        for word in lexicon().ingredients.mentions(words)
        if word.keys & _MEASURES
        for at in range(word.start, word.end)
    }
    others = [word for word in words if not word.word.isdigit()]
    return bool(others) and all(word.start in known for word in others)


_CRUMBS = re.compile(r"\s[>›»/]\s")
_SEMICOLONS = re.compile(r";")
_COMMAS = re.compile(r",(?!\d)")
_SPACED = re.compile(r",\s")
_BARS = re.compile(r"\s[|·•]\s")
_AND = re.compile(r"^(?:and|und|et|y|e|en|og|och|or|oder)\s+", re.IGNORECASE)
_JOINED = re.compile(
    r"(\S{1,30})\s(?:and|und|et|y|e|en|og|och|or|oder|&)\s(\S{1,30})",
    re.IGNORECASE,
)
"""Two words at the end of a list: "English, French and German"."""
_TOLD = re.compile(r"[^\W\d_]{3}[.!?](?:\s|$)")
_CELL_END = re.compile(r"\t|[^\S\n]{3,}")
_NEXT_LABEL = re.compile(r"[;|·]\s?[^\W\d_][^,;:|·\n]{0,30}:\s")
_LONGEST = 60
"""Maximum characters of an item of a list on one line. Anything longer is part of a sentence."""
_LISTED = frozenset({"instructions", "ingredients"})
"""Lists whose items contain commas."""
_EDGES = " \t*_\"'“”[]"


def find_inline(search: Search, field: Field) -> Finding | None:
    """Return the list behind a label of the field on the same line, or None.

    A label that comes several times, each time with one item, lists them. With several items each time, it is that of
    several lists, and none of them is the field's for certain.
    """
    if field.item is None or field.concepts & _LISTED:
        return None
    text = search.page.text
    # Without a colon, or below its label, a line with commas is more likely a sentence.
    pairs = [
        pair
        for pair in search.pairs_for(field)
        if pair.score == 1.0 and "\n" not in text[pair.label[0] : pair.value[1]]
    ]
    alike = [pair for pair in pairs if rank_of(field, pair) is rank_of(field, pairs[0])]
    spans = sorted(_value(search, pair) for pair in alike)
    # A page may repeat a line, in its header for example.
    spans = list({text[slice(*span)]: span for span in reversed(spans)}.values())[::-1]
    if not spans or any(is_nothing(text[slice(*span)]) for span in spans):
        return None
    lists = [_parts_found(search, field.item, span) for span in spans]
    if not all(lists) or (len(lists) > 1 and any(len(one) > 1 for one in lists)):
        return None
    return collect([item for one in lists for item in one])


def read_parts(search: Search, item: Field, span: Span) -> Finding | None:
    """Return the items of a list on one line. None if any of them cannot be one: no list is returned in part."""
    found = _parts_found(search, item, span)
    return collect(found) if found else None


def _parts_found(search: Search, item: Field, span: Span) -> list[Finding]:
    if _TOLD.search(search.page.text[slice(*span)]) and item.kind is Kind.STRING:
        return []
    parts = list(parts_of(search.page.text, span))
    joined = _JOINED.fullmatch(search.page.text, *parts[-1]) if parts else None
    if joined and len(parts) == 1:
        return []  # "Ann and Bob" are two, and "research and development" is one
    if joined:
        parts[-1:] = [joined.span(1), joined.span(2)]
    found = [_inline_item(search, item, part) for part in parts]
    kept = [one for one in found if one]
    return kept if len(kept) == len(found) else []


def _inline_item(search: Search, item: Field, span: Span) -> Finding | None:
    if span[1] - span[0] > _LONGEST and not item.concepts & {"url", "email"}:
        return None
    return read_value(search, item, *span)


def parts_of(text: str, span: Span) -> Iterator[Span]:
    """Yield the spans between the separators of a list: those of breadcrumbs, else semicolons, bars, or commas."""
    # Addresses contain commas without a space, numbers contain them between digits.
    commas = _SPACED if "://" in text[slice(*span)] else _COMMAS
    pattern = next((one for one in (_CRUMBS, _SEMICOLONS, _BARS) if one.search(text, *span)), commas)
    start = span[0]
    cuts = [match.span() for match in pattern.finditer(text, *span)]
    for a, b in (*(cut for cut in cuts if not _is_bracketed(text, span[0], cut[0])), (span[1], span[1])):
        part = _trimmed(text, start, a)
        if part[0] < part[1]:
            yield part
        start = b


def _is_bracketed(text: str, start: int, at: int) -> bool:
    """Whether the offset `at` is inside brackets."""
    before = text[start:at]
    return before.count("(") > before.count(")")


def _trimmed(text: str, start: int, end: int) -> Span:
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    listed = _AND.match(text[start:end])
    return (start + listed.end() if listed else start), end


def _follows(search: Search, pair: Pair, other: Pair) -> bool:
    """Whether `other` follows a pair on the same line, and its label ends with a colon."""
    after = other.line == pair.line and other.score == 1.0 and other.label[0] > pair.value[0]
    return after and ":" in search.page.text[slice(*other.label)]


def _value(search: Search, pair: Pair) -> Span:
    """Return everything behind a label on its line, up to the next label with a colon."""
    line = search.page.lines[pair.line]
    start = pair.value[0]
    later = [other.label[0] for other in search.pairs if _follows(search, pair, other)]
    end = min(later, default=line.end)
    if closed := _NEXT_LABEL.search(search.page.text, start, end):
        end = closed.start()
    cut = _CELL_END.search(search.page.text, start, end)
    end = cut.start() if cut else end
    return start, end - (len(search.page.text[start:end]) - len(search.page.text[start:end].rstrip(" \t;,|·•")))
