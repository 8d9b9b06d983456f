"""The line items of a bill from a table: a header that names its columns, and a row for each item.

Text out of PDFs separates columns with gaps or with single spaces only, so rows are read by the order of the columns:
words and numbers of an item, then its amounts at the end of the row. A row is trusted if its quantity times its unit
price is its amount, or if all amounts add up to a stated sum.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from structgen.rules.document.bill_rows import CENTS
from structgen.rules.document.page import Line, Span
from structgen.rules.document.vocabulary import Mention, lexicon, tokens
from structgen.rules.fields import Field
from structgen.rules.findings import Finding, apart, build, child_of, collect
from structgen.rules.search import Search
from structgen.rules.unambiguous import Amount, find_amounts
from structgen.rules.values import amount_leaf, read_part

_LONGEST = 240
_ROLES = ("description", "quantity", "unit_price", "unit", "sku", "discount", "date", "line_total", "tax")
_NUMERIC = ("quantity", "unit_price", "discount", "line_total", "tax", "other")
_ENDS = frozenset({"total", "subtotal", "tax", "paid", "change", "rounding"})
_SUMS = frozenset({"total", "subtotal"})
_BETWEEN = re.compile(r"[\s|€$£¥%()x×*@-]*(?:(?:EUR|USD|GBP|CHF|RM|[^\W\d_]{1,6})\.?)?[\s|€$£¥%()]*")
_PERCENT = re.compile(r"\d{1,2}(?:[.,]\d{1,2})?\s?%")
_LEADING = re.compile(r"\s*(\S+)\s+")
_WORD = re.compile(r"\S+")
_GROUP = re.compile(r"\d{3}(?:[.,]\d{1,2})?")
_GROUP_BEFORE = re.compile(r"[€$£-]?\d{1,3}")
_MOST_WORDS = 8
_MOST_WAYS = 16
_MOST_ROWS = 500
_TOLERANCE = 0.006


@dataclass(frozen=True, slots=True)
class _Row:
    """An item: the spans of its words by the role of their column, and its amounts."""

    words: dict[str, Span] = field(default_factory=dict[str, Span])
    amounts: dict[str, Amount] = field(default_factory=dict[str, Amount])

    @property
    def multiplies(self) -> bool:
        """Whether quantity times unit price is the amount, to the cent."""
        count, each, total = (self.amounts.get(name) for name in ("quantity", "unit_price", "line_total"))
        if not (count and each and total) or count.value is None or each.value is None or total.value is None:
            return False
        return abs(count.value * each.value - total.value) < _TOLERANCE


def has_line_table(search: Search) -> bool:
    """Whether a line is the header of a table of items."""
    return any(_header(search, line) for line in search.page.lines)


def find_line_table(search: Search, item: Field) -> Finding | None:
    """Return the items of the first table of a bill as a list of objects, or None if a row of it is in doubt."""
    for number, line in enumerate(search.page.lines):
        if columns := _header(search, line):
            rows = _rows(search, columns, number + 1)
            proven = all(row.multiplies for row in rows) or _add_up(search, rows)
            return _build(search, item, rows) if rows and proven else None
    return None


def _header(search: Search, line: Line) -> tuple[str, ...]:
    """Return the roles of the columns that a line names, or an empty tuple if it does not head a table of items."""
    if len(line.text) > _LONGEST or any(map(str.isdigit, line.text)):
        return ()
    words = tokens(line.text, line.start)
    mentions = search.vocabulary.mentions(words)
    roles = [role for mention in _all_mentions(mentions, line) if (role := _role(search, mention))]
    # "VAT amount" at the end are two columns if nothing else is the amount.
    if roles[-1:] == ["tax"] and "line_total" not in roles and "line_total" in lexicon().columns.of(words[-1].word):
        roles.append("line_total")
    named = sum(mention.end - mention.start for mention in mentions)
    letters = sum(char.isalpha() for char in line.text)
    is_bill = "line_total" in roles or "unit_price" in roles
    if len(set(roles)) < 3 or not is_bill or named < 0.6 * letters or "description" not in roles:
        return ()
    seen: list[str] = []
    for role in roles:
        seen.append("other" if role in seen else role)
    return tuple(seen)


def _all_mentions(mentions: list[Mention], line: Line) -> list[Mention]:
    """Return the labels of a header, with those that are labels of columns only."""
    own = lexicon().columns.mentions(tokens(line.text, line.start))
    free = [one for one in own if not any(one.start < other.end and other.start < one.end for other in mentions)]
    return sorted([*mentions, *free], key=lambda one: one.start)


def _role(search: Search, mention: Mention) -> str:
    """Return what a column holds, by its header."""
    written = search.page.text[mention.start : mention.end]
    named = lexicon().columns.of(written)
    # "Units" are counted, but a "unit" is what they are counted in.
    if "unit" in mention.keys and not written.casefold().endswith("s"):
        return "unit"
    for role in ("line_total", "tax", "position"):
        if role in named and not (role == "position" and mention.keys & {"sku", "quantity"}):
            return role
    return next((role for role in _ROLES if role in mention.keys), "unit_price" if "price" in mention.keys else "")


def _rows(search: Search, columns: tuple[str, ...], start: int) -> list[_Row]:
    """Return the rows below a header. Empty if a line with an amount is neither a row nor a sum."""
    rows: list[_Row] = []
    for line in search.page.lines[start : start + _MOST_ROWS]:
        mentions = search.vocabulary.of_line(line.text, line.start)
        if mentions and mentions[0].start == line.start and mentions[0].keys & _ENDS:
            return rows
        row = _row(search, columns, line)
        if row:
            rows.append(row)
        elif CENTS.search(line.text):
            # The sums of a table may be below it without a label.
            return rows if rows and not any(map(str.isalpha, line.text)) else []
    return rows


def _row(search: Search, columns: tuple[str, ...], line: Line) -> _Row | None:
    """Return a line as a row of the columns, or None if its numbers do not fill them, or do so in two ways."""
    if len(line.text) > _LONGEST:
        return None
    begin = _leading(line, columns[: columns.index("description")])[1]
    if begin is None:
        return None
    ways = [_trailing(search, line, pieces) for pieces in _ways_to_cut(search, line, begin)]
    rows: list[_Row] = []
    for amounts in ways:
        row = _filled(search, columns, line, amounts)
        if row and row not in rows:
            rows.append(row)
    proven = [row for row in rows if row.multiplies]
    if len(proven) > 1:
        # A name that ends with a number more likely contains a part of the next one: "Table 2 1" in place of 1 349,00.
        proven = [row for row in proven if not _ends_with_number(search, row)]
    if proven or len(rows) != 1:
        return proven[0] if len(proven) == 1 else None
    complete = {"quantity", "unit_price", "line_total"} <= rows[0].amounts.keys()
    return None if complete and "discount" not in columns else rows[0]


def _ends_with_number(search: Search, row: _Row) -> bool:
    return search.page.text[row.words["description"][1] - 1].isdigit()


def _ways_to_cut(search: Search, line: Line, begin: int) -> list[list[Span]]:
    """Return the ways to cut the end of a line into words: "2 349,00" is two numbers, or one with a space in it."""
    text = search.page.text
    percents = [match.span() for match in _PERCENT.finditer(text, begin, line.end)]
    words = [one.span() for one in _WORD.finditer(text, begin, line.end)]
    words = [one for one in words if not any(start <= one[0] < end for start, end in percents)]
    ways = [words]
    for at in range(len(words) - 1, max(0, len(words) - _MOST_WORDS), -1):
        left, right = words[at - 1], words[at]
        adjacent = right[0] - left[1] == 1
        if adjacent and _GROUP.fullmatch(text, *right) and _GROUP_BEFORE.fullmatch(text, *left):
            ways += [joined for way in ways[:_MOST_WAYS] if (joined := _joined(way, left, right))]
    return ways


def _joined(words: list[Span], left: Span, right: Span) -> list[Span] | None:
    """Return words with two of them as one. None if one is already a part of another."""
    if left not in words:
        return None
    at = words.index(left)
    following = words[at + 1] if at + 1 < len(words) else right
    if following[0] != right[0]:
        return None
    return [*words[:at], (left[0], following[1]), *words[at + 2 :]]


def _filled(search: Search, columns: tuple[str, ...], line: Line, amounts: list[Amount]) -> _Row | None:
    """Return the row that has these amounts at its end, or None if they do not fill the columns."""
    at = columns.index("description")
    words, begin = _leading(line, columns[:at])
    before = tuple(role for role in columns[:at] if role in _NUMERIC)
    taxed = _PERCENT.search(line.text) is not None
    wanted = [role for role in columns[at + 1 :] if role in _NUMERIC and not (role == "tax" and taxed)]
    if begin is None or not wanted or len(amounts) < len(wanted):
        return None
    used = amounts[-len(wanted) :]
    found = dict(zip(wanted, used, strict=True))
    for role in before:
        start, end = words.pop(role)
        read = next(find_amounts(search.page.text[start:end], search.style, start), None)
        if read is None:
            return None
        found[role] = read
    name = search.page.text[begin : used[0].signed].rstrip(" \t|€$£¥")
    if sum(map(str.isalpha, name)) < 2:
        return None
    words["description"] = (begin, begin + len(name))
    return _Row(words | _units(search, columns, used), found)


def _leading(line: Line, roles: tuple[str, ...]) -> tuple[dict[str, Span], int | None]:
    """Return the words of the columns before the description, and where that begins. None if one is missing."""
    words: dict[str, Span] = {}
    at = 0
    for role in roles:
        match = _LEADING.match(line.text, at)
        if match is None or not any(map(str.isdigit, match.group(1))):
            return {}, None
        words[role] = (line.start + match.start(1), line.start + match.end(1))
        at = match.end()
    return words, line.start + at


def _trailing(search: Search, line: Line, pieces: list[Span]) -> list[Amount]:
    """Return the amounts that a line ends with, with nothing but currencies and units between them."""
    text = search.page.text
    amounts = [one for start, end in pieces for one in find_amounts(text[start:end], search.style, start)]
    kept: list[Amount] = []
    end = line.end
    for one in reversed(amounts):
        between = _PERCENT.sub("", text[max(one.end, one.signed_end) : end])
        if not _BETWEEN.fullmatch(between):
            break
        kept.append(one)
        end = one.signed
    return kept[::-1]


def _units(search: Search, columns: tuple[str, ...], used: list[Amount]) -> dict[str, Span]:
    """Return the unit behind the first number, if a column has units."""
    if "unit" not in columns or len(used) < 2:
        return {}
    match = re.compile(r"\s*([^\W\d_]{1,8}\.?)\s").match(search.page.text, used[0].end, used[1].signed)
    return {"unit": match.span(1)} if match else {}


def _add_up(search: Search, rows: list[_Row]) -> bool:
    """Whether the amounts of all rows add up to a sum that the bill states."""
    totals = [row.amounts.get("line_total") for row in rows]
    if any(one is None or one.value is None for one in totals):
        return False
    worth = round(100 * sum(one.value or 0 for one in totals if one))
    return worth in {round(100 * (row.amount.value or 0)) for row in search.rows if row.keys & _SUMS}


def _build(search: Search, item: Field, rows: list[_Row]) -> Finding | None:
    """Return the rows as the objects that the schema asks for. None if one lacks a part that has to be there."""
    built = [one for row in rows if (one := build(item, _parts(search, item, row)))]
    return collect(built) if len(built) == len(rows) else None


def _parts(search: Search, item: Field, row: _Row) -> dict[str, Finding]:
    has_total = child_of(item, frozenset({"line_total"})) is not None
    wanted = (
        ("description", {"title", "description", "items"}),
        ("sku", {"sku"}),
        ("unit", {"unit"}),
        ("date", {"date", "other_date"}),
        ("quantity", {"quantity"}),
        ("unit_price", {"unit_price", *(("price",) if has_total else ())}),
        ("line_total", {"line_total", "total", *(() if has_total else ("price",))}),
    )
    parts: dict[str, Finding] = {}
    for role, concepts in wanted:
        child = child_of(item, frozenset(concepts))
        if child is None or child.name in parts:
            continue
        read = None
        if role in row.words:
            read = read_part(search, child, row.words[role])
        elif role in row.amounts:
            read = amount_leaf(search, replace(child, siblings=frozenset()), row.amounts[role])
        if read:
            parts[child.name] = apart(read)
    return parts
