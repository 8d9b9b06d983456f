"""The positions of a receipt: what was bought, line by line, checked against what it came to.

A receipt seldom has a clean table. A line counts as a position where it is words followed by an amount; and all of
them together count only where they add up to a sum that the receipt states.
"""

from __future__ import annotations

import re

from structgen.notation.style import Style
from structgen.rules.document.visible_text import Line, Span
from structgen.rules.document.vocabulary import tokens
from structgen.rules.fields import Field, Kind
from structgen.rules.findings import Finding, build, child_of, collect, leaf
from structgen.rules.search import Search
from structgen.rules.unambiguous import Amount, Figure, find_amounts, find_number
from structgen.rules.values import read_value

_POSITION = re.compile(
    r"^(?:(?P<count>\d{1,3})\s*(?:[xX×]\s?|\s))?(?P<name>[^\W\d_][^\t@]{1,60}?)"
    r"(?:\s+(?:[xX×]\s?(?P<times>\d{1,3})|@\s?(?P<each>[^\s]{1,12})))?\s*$"
)
_CELL = re.compile(r"\S+(?:[^\S\n\t]\S+)*")
_COUNTED = re.compile(r"(\d{1,4}(?:[.,]\d{1,3})?)(?:\s?([^\W\d_]{1,8}))?")
_LEFT_OVER = re.compile(r"(?:\s{2}|\t)[\d.,]{1,12}$")
"""A column of numbers that nobody can name: no part of what was bought."""
_TAIL = re.compile(r"^\s*[A-Z*]{0,3}$")
_BILL = frozenset(
    {"total", "subtotal", "tax", "paid", "change", "discount", "rounding", "service_charge", "quantity_total"}
)


def find_positions(search: Search, item: Field) -> Finding | None:
    """The positions of a bill as objects; None where they do not add up to a sum that it states."""
    rows = search.rows
    end = min((row.line for row in rows), default=0)
    found = [one for line in search.page.lines[:end] if (one := _position(search, line))]
    worth = sum(round((amount.value or 0) * 100) for _, amount in found)
    stated = {round((row.amount.value or 0) * 100) for row in rows if row.keys & {"total", "subtotal"}}
    if not found or worth not in stated:
        return None
    built = [one for parts, amount in found if (one := _build(search, item, parts, amount))]
    return collect(built) if len(built) == len(found) else None


def _position(search: Search, line: Line) -> tuple[dict[str, Span], Amount] | None:
    """The parts of a line that is a position, and its amount."""
    amounts = list(find_amounts(line.text, search.style, line.start))
    last = amounts[-1] if amounts else None
    if last is None or not last.cents or not _TAIL.match(line.text[last.signed_end - line.start :]):
        return None
    said = line.text[: last.signed - line.start].rstrip()
    columns = _columns(said, last, search.style)
    if columns is None and _LEFT_OVER.search(said):
        return None
    match = _POSITION.match(said[: columns["name"][1]] if columns else said)
    if match is None or _labelled(search, line):
        return None
    if any(one.currency for one in find_amounts(match["name"], search.style)):
        return None
    spans = {
        name: (line.start + match.start(name), line.start + match.end(name))
        for name in match.groupdict()
        if match[name]
    }
    for name, (start, end) in (columns or {}).items():
        spans.setdefault(name, (line.start + start, line.start + end))
    if "times" in spans:
        spans["count"] = spans.pop("times")
    return spans, last


def _columns(said: str, amount: Amount, style: Style) -> dict[str, Span] | None:
    """The columns before an amount as name, count, unit and price of one, where count and price give the amount."""
    cells = [(match.start(), match.end()) for match in _CELL.finditer(said)]
    counted = _COUNTED.fullmatch(said, *cells[1]) if len(cells) in (2, 3) else None
    if counted is None:
        return None
    found = {"name": cells[0], "count": counted.span(1)}
    if counted.group(2):
        found["unit"] = counted.span(2)
    if len(cells) == 3:
        each = next(iter(find_amounts(said[slice(*cells[2])], style)), None)
        if each is None or not _gives(find_number(counted.group(1), style), each.value, amount.value):
            return None
        found["each"] = (cells[2][0] + each.start, cells[2][0] + each.end)
    return found


def _gives(count: Figure | None, each: float | None, amount: float | None) -> bool:
    """Whether a count times a price is an amount, to the cent."""
    if count is None or each is None or amount is None:
        return False
    return abs(count.value * each - amount) < 0.006


def _labelled(search: Search, line: Line) -> bool:
    """Whether a line says something about the document, and nothing about goods."""
    mentions = search.vocabulary.mentions(tokens(line.text, line.start))
    return bool(mentions) and mentions[0].start == line.start and (":" in line.text or bool(mentions[0].keys & _BILL))


def _build(search: Search, item: Field, spans: dict[str, Span], amount: Amount) -> Finding | None:
    """A position as the object that a schema wants."""
    parts: dict[str, Finding] = {}
    wanted = (
        ({"title", "description", "items"}, spans.get("name")),
        ({"quantity"}, spans.get("count")),
        ({"unit"}, spans.get("unit")),
        ({"unit_price"}, spans.get("each")),
        ({"line_total", "total", "price"}, (amount.start, amount.end)),
    )
    for concepts, span in wanted:
        child = child_of(
            item, frozenset(concepts) - ({"price"} if child_of(item, frozenset({"line_total"})) else set())
        )
        if child and span and child.name not in parts and (read := _read(search, child, span)):
            parts[child.name] = read
    return build(item, parts)


def _read(search: Search, child: Field, span: Span) -> Finding | None:
    if child.kind is Kind.STRING:
        return leaf(search.page, " ".join(search.page.text[slice(*span)].split()), *span)
    return read_value(search, child, *span)
