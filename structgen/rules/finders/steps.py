"""Instructions: sentences below a heading, after "Step 1", between the numbers of steps, or after the ingredients."""

from __future__ import annotations

from structgen.notation.durations import UNITS
from structgen.rules.document.page import Line, Page
from structgen.rules.document.sections import Section
from structgen.rules.document.vocabulary import fold, lexicon, phrase, tokens
from structgen.rules.finders.list_items import (
    END_OF_LIST,
    ENDS,
    FIRST_STEP,
    NUMBERED,
    STEP_ALONE,
    Item,
    is_noise,
    item_at,
)
from structgen.rules.search import Search

_CHECKLISTS = {("instruction", "checklist"), ("ingredient", "checklist")}
_TIME_UNITS = frozenset(map(fold, UNITS))
_REACH = 60
"""Maximum lines of steps that no heading announces."""
_FEWEST_MARKS = 3
_MOSTLY = 0.7
_Line = tuple[int, int, str]


def step_items(page: Page, lines: list[Line]) -> list[Item]:
    """Return sentences, and sub-headings between them, up to the first lines that are neither."""
    if numbered := _between_numbers(page, lines):
        return numbered
    lines = [line for line in lines if not _is_left_out(line.text)]
    kept = _unwrapped([line for line in lines if not is_noise(line) and not STEP_ALONE.match(line.text)])
    items: list[Item] = []
    for place, (start, end, text) in enumerate(kept):
        if END_OF_LIST.search(text) or text.startswith("> "):
            break
        if not _is_sentence(text) and not any(_is_sentence(later) for _, _, later in kept[place + 1 : place + 3]):
            # The last one or two steps may be short ("Serve hot"). With more to follow, the list is over.
            rest = len(kept) - place
            if rest > 2 or len(text.split()) < 4:
                break
        items.append(item_at(page, start, end))
    if any(_is_sentence(item.text) for item in items):
        return items
    # Steps without a full stop count only if all lines look like steps. Otherwise they are a menu or a list of links.
    alike = [line for line in kept if len(line[2].split()) >= 3]
    return [item_at(page, start, end) for start, end, _ in alike] if 1 < len(alike) == len(kept) <= 20 else []


def marked_steps(search: Search) -> Section | None:
    """Return the lines from "Step 1" on, for documents that have no heading above their steps."""
    for number, line in enumerate(search.page.lines):
        if FIRST_STEP.match(line.text):
            return Section(frozenset(), number, 0.5, number, min(number + 200, len(search.page.lines)))
    return None


def steps_after(search: Search, items: list[Item]) -> tuple[Section, list[Item]] | None:
    """Return the sentences that follow the items of a list, for documents that have no heading above their steps."""
    end = items[-1].span[1] if items else 0
    start = next((at for at, line in enumerate(search.page.lines) if line.start >= end > 0), None)
    if start is None:
        return None
    lines = list(search.page.lines[start : start + _REACH])
    found = step_items(search.page, lines)
    sentences = sum(item.text.endswith(ENDS) for item in found)
    section = Section(frozenset(), start, 0.5, start, start + len(lines))
    return (section, found) if sentences >= 2 and sentences >= _MOSTLY * len(found) else None


def _between_numbers(page: Page, lines: list[Line]) -> list[Item]:
    """Return the lines below "Step 1", "Step 2" and so on, if there is one below each. Else an empty list."""
    marks: list[int] = []
    for at, line in enumerate(lines):
        match = STEP_ALONE.match(line.text)
        number = int(match["step"] or match["number"] or 0) if match else 0
        # Some pages repeat the first step in a preview, so a later "Step 1" begins anew.
        marks = [at] if number == 1 else [*marks, at] if number and number == len(marks) + 1 else marks
    if len(marks) < _FEWEST_MARKS:
        return []
    ends = [*marks[1:], marks[-1] + 2]
    single = sum(end == at + 2 for at, end in zip(marks, ends, strict=True))
    below = [lines[at + 1] for at, end in zip(marks, ends, strict=True) if at + 1 < min(end, len(lines))]
    if single < len(marks) or len(below) < len(marks):
        return []
    return [item_at(page, line.start, line.end) for line in below]


def _is_left_out(text: str) -> bool:
    return phrase(text) in _CHECKLISTS or _is_duration(text) or _is_tip(text)


def _is_tip(text: str) -> bool:
    """Whether a line is a remark and no step: "Tip: serve with jam."."""
    label, colon, rest = text[:_LONGEST_LABEL].partition(":")
    return bool(colon and rest.strip()) and "notes" in lexicon().concepts.get(phrase(label), ())


_LONGEST_LABEL = 30


def _is_duration(text: str) -> bool:
    words = tokens(text) if len(text) <= 20 else []
    return (
        len(words) > 1
        and words[0].word.isdigit()
        and all(word.word.isdigit() or word.word in _TIME_UNITS for word in words)
    )


def _unwrapped(lines: list[Line]) -> list[_Line]:
    """Return lines as (start, end, text). A line that was broken in mid-sentence is joined with the next."""
    joined: list[_Line] = []
    for line in lines:
        before = joined[-1] if joined else None
        if (
            before
            and len(before[2]) > 20
            and not before[2][0].islower()
            and line.text[0].islower()
            and not before[2].endswith((*ENDS, ":"))
        ):
            joined[-1] = (before[0], line.end, f"{before[2]} {line.text}")
        else:
            joined.append((line.start, line.end, line.text))
    return joined


def _is_sentence(text: str) -> bool:
    """Whether a line reads like an instruction: it ends like a sentence, is long, or has a number."""
    words = len(text.split())
    return (
        (text.endswith((*ENDS, ")")) and (words > 2 or text.endswith(("!", "."))))
        or len(text) > 60
        or bool(NUMBERED.match(text))
    )
