"""Labels with their values: `Key: value`, a key above its value, cells of a table, several on a line, glued ones.

A pair is found by its label. The label has to be known, from the schema or the lexicon, and to be where labels are: at
the start of a line or cell, after a separator, or right after another value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from structgen.notation.affixes import LETTERS, MINUSES, SIGNS
from structgen.notation.dates import MONTHS
from structgen.notation.digits import digit_runs
from structgen.notation.durations import UNITS
from structgen.notation.numbers import number_of
from structgen.rules.document.page import Line, Page, Span
from structgen.rules.document.vocabulary import Mention, Vocabulary, fold, tokens

_LONGEST_LINE = 240
_OPENING = re.compile(
    rf"(?:^|[|•·;,\t(/*>]|(?<![^\W\d_])[-–—]|\d(?:\s?[{SIGNS}])?)[\s*_#▢☐•·\-–—]*$" + r"|[^\S\n]{2,}$|_{2,}\s*$"
)
_BEHIND_COLON = re.compile(r"[:：=]\s*$")
_COLON = re.compile(r"[^\S\n]*[:：=]")
_LEADS_ON = re.compile(r"[^\S\n]*(?:[:：=]|\d)|[^\S\n]+[A-Z]")
_LEADS_TO_PRICE = re.compile(rf"[^\S\n]*[{SIGNS}]\s?\d")
_PRICES = frozenset({"price", "old_price"})
_LABELS_TOO = frozenset({"time"})
"""Names of units that are labels in another language: "time" is Norwegian for an hour."""
_BLANK = re.compile(r"(?:[^\S\n]|[*|:：#\u00a0]|_(?!__)|\.(?!\.))*")
"""What may follow a label whose value is on the line below. A dash, or a line to write on, is an empty value."""
_OTHER_LABEL = re.compile(r"[\W_]{0,4}[^\W\d_][\w '’/&()-]{0,28}[:：](?!//)(?=\s|$|\*)")
"""A line below a label that begins with another label, whose value it has."""
_REST = """
in of the a an and amount value number no nr num is are was approx about date time only rate at to be
incl inkl inc including inclusive with plus ttc
en de del la le des du der die das von und et y e i
"""
_REST_WORDS = frozenset(map(fold, (*_REST.split(), *UNITS, *LETTERS)))
"""Words between a label and its colon that do not make it another label: "Cook time in minutes:"."""
_WITH = frozenset(map(fold, ("incl", "inkl", "inc", "including", "inclusive", "with", "plus", "ttc")))
_TAXES = frozenset(map(fold, ("tax", "vat", "gst", "sst", "mwst", "ust", "tva", "iva", "btw", "moms")))
_LABEL_REST = re.compile(r"[^:：=\n\t|]{0,36}?[:：=](?!//)")
_MARKS = " \t\u00a0*_#.:：=-–—>|"
_NUMBER_START = re.compile(rf"(?<![{MINUSES}\w])[{MINUSES}](?=[\d.{SIGNS}])|(?<![\w.])\.(?=\d)")
"""A minus or a decimal point before digits. Unlike other marks before a value, these are part of it."""
_BELOW = {(True, True): 0.9, (True, False): 0.5, (False, True): 0.55, (False, False): 0.4}
"""(the label is exact, it ends with a colon) -> the score of a pair whose value is on the line below."""
_CELLED = 0.9
"""The score of a label that fills a cell of a table, with its value in the next cell."""
IN_CODE = re.compile(r"[-/_]\d{1,20}(?![.,]?\d)")
"""What follows the letters of a code, which are not a label: "INV-20417"."""
_EMPTY = 0.9
"""The score of a label that certainly has no value: "Name:" above another label, "Name: -"."""
_CELL_END = re.compile(r"\t|[^\S\n]{3,}|\s\|\s")


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and its value, as spans of the visible text. `score` (0 to 1): how surely they belong together.

    The value is empty if a form leaves it open.
    """

    keys: frozenset[str]
    label: Span
    value: Span
    line: int
    score: float


def find_pairs(page: Page, vocabulary: Vocabulary) -> list[Pair]:
    """Return every pair of a page. The value is the rest of the line or cell, the line below, or a number before it."""
    pairs: list[Pair] = []
    for number, line in enumerate(page.lines):
        if len(line.text) <= _LONGEST_LINE:
            mentions = vocabulary.of_line(line.text, line.start)
            pairs.extend(_line_pairs(page, number, line, mentions))
            pairs.extend(_value_first(page, number, line, mentions))
    return [*pairs, *_table_pairs(page, vocabulary)]


def _line_pairs(page: Page, number: int, line: Line, mentions: list[Mention]) -> list[Pair]:
    """Return the pairs of the labels on a line."""
    opened = _opened(page, line, mentions)
    found: list[Pair] = []
    done = line.start
    for place, mention in enumerate(opened):
        if mention.start < done:
            continue
        # A value ends where the next label of the line begins, unless that one is inside this label.
        limit = next((later.start for later in opened[place + 1 :] if later.start > mention.end), line.end)
        end, exact, colon = _label_end(page.text, mention, line.end)
        limit = line.end if limit < end else limit
        # In "Bank: North, Sort code 11-22-33, Account 4711" each value ends with its part of the list.
        if not colon and _LISTED.search(page.text[max(line.start, mention.start - 3) : mention.start]):
            limit = _part_end(page.text, end, limit)
        value = _trim(page.text, end, limit)
        if value[0] < value[1]:
            first = _first_cell(page.text, *value)
            celled = exact and not colon and page.text[end] == "\t"
            score = _CELLED if celled else _score(exact, colon, page.text[value[0]])
            found.extend([Pair(mention.keys, (mention.start, end), first, number, score)] if score else [])
            # In "Author Ann Lee, updated: 4 May" the colon belongs to another label.
            if not exact and page.text[mention.end] == " ":
                glued = _trim(page.text, mention.end, line.end)
                found.append(Pair(mention.keys, (mention.start, mention.end), glued, number, 0.4))
        elif (
            _BLANK.fullmatch(page.text, end, line.end)
            and not _counted(page.text, mention)
            and (below := _below(page, number, colon))
        ):
            found.append(Pair(mention.keys, (mention.start, end), below, number, _BELOW[exact, colon]))
        elif colon:
            found.append(Pair(mention.keys, (mention.start, end), (end, end), number, _EMPTY))
        done = end
    return found


_LISTED = re.compile(r",\s+$")
_NEXT_PART = re.compile(r",\s+(?=[^\W\d_])")


def _part_end(text: str, start: int, end: int) -> int:
    part = _NEXT_PART.search(text, start, end)
    return part.start() if part else end


def _opened(page: Page, line: Line, mentions: list[Mention]) -> list[Mention]:
    """Return the mentions that are where labels are. After a number ("4 servings") another value has to follow."""
    return [
        mention
        for mention in mentions
        if (
            not IN_CODE.match(page.text, mention.end)
            and (
                mention.start == line.start
                or _humped(page.text, mention.start)
                or (
                    _OPENING.search(page.text[max(line.start, mention.start - 12) : mention.start])
                    and (not _counted(page.text, mention) or _leads_on(page.text, mention))
                )
            )
        )
        # "Name: Age: 30" has no name.
        or (
            _BEHIND_COLON.search(page.text[max(line.start, mention.start - 12) : mention.start])
            and _COLON.match(page.text, mention.end, line.end)
        )
    ]


def _humped(text: str, at: int) -> bool:
    """Whether a capital inside a word begins a label, because it was glued to the value before: "Ann LeeServings"."""
    return text[at].isupper() and text[at - 1 : at].islower()


def _counted(text: str, mention: Mention) -> bool:
    """Whether a number is right before a label on the same line, as in "4 servings"."""
    return text[max(0, mention.start - 3) : mention.start].rstrip(" \t\u00a0")[-1:].isdigit()


def _leads_on(text: str, mention: Mention) -> bool:
    """Whether a value follows a label, so that the number before it belongs to something else.

    The label must be neither a unit of time ("1 heure 30 minutes") nor a month ("5 marca 2024").
    """
    unit = text[mention.start : mention.end].casefold()
    if unit in MONTHS:
        return False
    # "Was $120 Now $60", but not "2 pcs $10".
    if mention.keys & _PRICES and _LEADS_TO_PRICE.match(text, mention.end):
        return True
    return _LEADS_ON.match(text, mention.end) is not None and (unit not in UNITS or unit in _LABELS_TOO)


def _label_end(text: str, mention: Mention, end: int) -> tuple[int, bool, bool]:
    """Return the end of a label, whether it is exact, and whether it ends with a colon.

    "Total (EUR):" is exact, "Total with tax:" is not. "Weight limit:" is another label.
    """
    if colon := _COLON.match(text, mention.end, end):
        return colon.end(), True, True
    rest = _LABEL_REST.match(text, mention.end, end)
    # Two digits before the colon are a value: "Prep time 10 min Cook time: ...".
    if rest and not re.search(r"\d{2}", rest.group()):
        inside = rest.group()[:-1].strip()
        exact = inside.startswith("(") and inside.endswith(")")
        if exact or _keeps_meaning({one.word for one in tokens(inside)}):
            return rest.end(), exact, True
    return mention.end, True, False


def _keeps_meaning(rest: set[str]) -> bool:
    """Whether these words behind a label leave its meaning: "incl. VAT" does, and "tax" alone does not."""
    return rest <= _REST_WORDS or (not rest.isdisjoint(_WITH) and rest <= _REST_WORDS | _TAXES)


def _score(exact: bool, colon: bool, first: str) -> float:
    """Return the score of a pair on one line. Without a colon, the value has to begin like one."""
    if colon:
        return 1.0 if exact else 0.6
    return 0.8 if first.isdigit() or first in f"{SIGNS}{MINUSES}¼½¾+(<~." else 0.45 if first.isupper() else 0.0


def _trim(text: str, start: int, end: int) -> Span:
    """Return a span without white space, punctuation, and separators at its ends."""
    while start < end and text[start] in _MARKS and not _NUMBER_START.match(text, start):
        start += 1
    while end > start and text[end - 1] in " \t\u00a0|,;·•":
        end -= 1
    return start, end


def _first_cell(text: str, start: int, end: int) -> Span:
    cut = _CELL_END.search(text, start, end)
    return _trim(text, start, cut.start() if cut else end)


def _below(page: Page, number: int, colon: bool) -> Span | None:
    """Return the line below a label as its value, or None."""
    if number + 1 >= len(page.lines):
        return None
    line = page.lines[number + 1]
    # After a blank line, only a colon says that the value is still to come.
    blank = page.text.count("\n", page.lines[number].end, line.start) > 1
    if len(line.text) > _LONGEST_LINE or (blank and not colon) or _OTHER_LABEL.match(line.text):
        return None
    start, end = _trim(page.text, line.start, line.end)
    return (start, end) if start < end else None


def _value_first(page: Page, number: int, line: Line, mentions: list[Mention]) -> list[Pair]:
    """Return pairs such as "4 servings": a number, and its label behind it, or alone on the line below."""
    pairs: list[Pair] = []
    for mention in mentions if len(line.text) <= 80 else ():
        start = _number_before(page.text, line.start, mention.start)
        # Pages print counts in two lines: "112" / "reviews".
        if mention.start == line.start and mention.end == line.end and number and page.lines[number - 1].text.isdigit():
            start = page.lines[number - 1].start
        if start is not None:
            pairs.append(Pair(mention.keys, (mention.start, mention.end), (start, mention.start), number, 0.5))
    return pairs


def _number_before(text: str, start: int, end: int) -> int | None:
    """Return the start of the number, or of the range of numbers, that ends at an offset. None if none does."""
    numbers = [number_of(run) for run in digit_runs(text[start:end])]
    if not numbers or not _UNIT.fullmatch(text, start + numbers[-1].end, end):
        return None
    # "5 112 reviews" may be five stars and 112 reviews.
    if numbers[-1].parts and " " in text[start + numbers[-1].start : start + numbers[-1].end]:
        return None
    ranged = len(numbers) > 1 and _TO.fullmatch(text, start + numbers[-2].end, start + numbers[-1].start)
    at = start + numbers[-2 if ranged else -1].start
    return at if at == start or not (text[at - 1].isalnum() or text[at - 1] in "_.,-") else None


_UNIT = re.compile(r"\s?(?:min\.?|h|minutes?|hours?|uur)?\s{0,2}")
_TO = re.compile(r"\s?(?:[-–]|to)\s?")


def _table_pairs(page: Page, vocabulary: Vocabulary) -> list[Pair]:
    """Return the cells of a table that has one row and a header of known labels."""
    pairs: list[Pair] = []
    for table in find_tables(page):
        keys = [vocabulary.of(page.text[slice(*span)]) for span in table.header]
        # Several rows are a list of objects; see `object_lists`.
        if len(table.rows) == 1 and all(keys):
            cells = zip(keys, table.header, table.rows[0], strict=True)
            pairs.extend(Pair(names, header, value, table.line, 0.95) for names, header, value in cells)
    return pairs


_BARS = re.compile(r"\|")
_GAPS = re.compile(r"\t|\s{2,}")
_RULE = re.compile(r"^[\s|:+=_-]+$")
_WIDEST = 30


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows. Each cell is a span of the visible text, `line` the number of the header's line."""

    line: int
    header: tuple[Span, ...]
    rows: tuple[tuple[Span, ...], ...]


def find_tables(page: Page) -> list[Table]:
    """Return every run of lines with the same number of cells. The first line of a run is the header."""
    split = [_cells_of(line) for line in page.lines]
    tables: list[Table] = []
    number = 0
    while number < len(split):
        end = _run_end(page, split, number)
        if end > number + 1:
            rows = [cells for at, cells in enumerate(split[number + 1 : end], number + 1) if not _ruled(page.lines[at])]
            tables.append(Table(number, split[number], tuple(rows)))
        number = max(end, number + 1)
    return [table for table in tables if table.rows]


def _run_end(page: Page, split: list[tuple[Span, ...]], number: int) -> int:
    width = len(split[number])
    if width < 2:
        return number
    end = number + 1
    while end < len(split) and (len(split[end]) == width or _ruled(page.lines[end])):
        end += 1
    return end


def _ruled(line: Line) -> bool:
    """Whether a line is a rule between rows."""
    return bool(_RULE.match(line.text))


def _cells_of(line: Line) -> tuple[Span, ...]:
    """Return the cells of a line: between bars if it has several, else between tabs and wide gaps."""
    bars = line.text.count("|") > 1
    if not bars and not _GAPS.search(line.text):  # as most lines are
        return (_stripped(line, 0, len(line.text)),)
    cuts = [match.span() for match in (_BARS if bars else _GAPS).finditer(line.text)][: _WIDEST + 1]
    starts = [0, *(end for _, end in cuts)]
    ends = [*(start for start, _ in cuts), len(line.text)]
    cells = [_stripped(line, start, end) for start, end in zip(starts, ends, strict=True)]
    if bars:
        cells = cells[line.text.startswith("|") : len(cells) - line.text.endswith("|")]
    return tuple(cells)


def _stripped(line: Line, start: int, end: int) -> Span:
    text = line.text[start:end]
    left, right = len(text) - len(text.lstrip(" *_")), len(text.rstrip(" *_"))
    return line.start + start + left, line.start + start + max(left, right)
