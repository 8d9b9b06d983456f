"""Documents -> what they say about themselves: labels with values, tables, and linked data of web pages. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count, islice, takewhile
from typing import TypeVar

from structgen.core.json import Json, JsonObject
from structgen.evaluate.draft.python_names import field_names
from structgen.rules.document.key_values import Table, find_tables
from structgen.rules.document.markup import LinkedItem
from structgen.rules.document.page import Page
from structgen.rules.search import read_page

K = TypeVar("K")

MOST_FIELDS = 60
_LONGEST_VALUE, _LABEL_WORDS = 200, 6
_LABEL = re.compile(
    r"[\s#>*_\-•·]{0,6}(?:\d{1,3}[.)]\s{1,3})?"  # marks of a list
    r"([^\W\d_][\w '’/&().#-]{0,47}?)[ *_]{0,4}[:：](?!//)[ *_\t]{0,8}(\S.*)"
)
_VALUE = re.compile(r"\d")


@dataclass(slots=True)
class DocumentShape:
    """What one document says: values by label, and tables by their header."""

    values: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    tables: dict[tuple[str, ...], list[JsonObject]] = field(default_factory=dict[tuple[str, ...], list[JsonObject]])
    linked: JsonObject = field(default_factory=dict[str, Json])


def read_document_shape(text: str) -> DocumentShape:
    """Return the labels, tables and linked data of a document. Linear."""
    page, items = read_page(text)
    shape = DocumentShape(linked=_linked(items))
    in_tables = _tables(page, shape)
    for number, line in enumerate(page.lines):
        if number not in in_tables and (match := _LABEL.fullmatch(line.text[: 2 * _LONGEST_VALUE])):
            _add(shape, match[1], match[2])
    return shape


def _add(shape: DocumentShape, label: str, value: str) -> None:
    label, value = " ".join(label.split()).rstrip(" ."), value.strip(" *_|\t")
    if value and len(value) <= _LONGEST_VALUE and len(label.split()) <= _LABEL_WORDS:
        shape.values.setdefault(label, []).append(value)


def _tables(page: Page, shape: DocumentShape) -> set[int]:
    """Add the tables; return the numbers of their lines. A table of two columns may be labels with their values."""
    lines: set[int] = set()
    for table in find_tables(page):
        header = [" ".join(page.text[slice(*cell)].split()) for cell in table.header]
        rows = [[" ".join(page.text[slice(*cell)].split()) for cell in row] for row in table.rows]
        if _is_labelled(header, rows):
            for label, value in [header, *rows]:
                _add(shape, label.rstrip(" :："), value)
        elif _is_header(header):
            named = [
                dict(zip(map(str.lower, header), map(_or_null, row), strict=False))
                for row in rows
                if len(row) == len(header)
            ]
            shape.tables.setdefault(tuple(header), []).extend({**row} for row in named)
        else:
            continue
        lines |= _lines_of(page, table)
    return lines


def _lines_of(page: Page, table: Table) -> set[int]:
    end = table.rows[-1][-1][1]
    numbers = range(table.line, len(page.lines))
    return set(takewhile(lambda number: page.lines[number].start <= end, numbers))


def _or_null(cell: str) -> str | None:
    return cell or None


def _is_labelled(header: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether two columns are labels and values: the first "row" has a value too, or the labels end with a colon."""
    if len(header) != 2:
        return False
    labels = [header[0], *(row[0] for row in rows)]
    if len(set(labels)) < len(labels) or not all(_is_name(label.rstrip(" :：")) for label in labels):
        return False
    return all(label.endswith((":", "：")) for label in labels) or bool(_VALUE.search(header[1]))


def _is_header(header: Sequence[str]) -> bool:
    return len(set(header)) == len(header) and all(_is_name(cell) for cell in header)


def _is_name(cell: str) -> bool:
    return bool(cell) and len(cell) <= 48 and len(cell.split()) <= _LABEL_WORDS and any(map(str.isalpha, cell))


def _linked(items: Sequence[LinkedItem]) -> JsonObject:
    """Return the item of linked data that says the most."""
    main = max(items, key=lambda item: len(item.props), default=None)
    return {} if main is None else _item(main, 0)


def _item(item: LinkedItem, depth: int) -> JsonObject:
    found: JsonObject = {}
    for name, values in list(item.props.items())[:MOST_FIELDS]:
        several = [_item(one, depth + 1) if isinstance(one, LinkedItem) else one.text for one in values if depth < 4]
        if several and not name.startswith("@"):
            found[name] = several[0] if len(several) == 1 else list[Json](several)
    return found


@dataclass(frozen=True, slots=True)
class DocumentValues:
    """What documents say as one object each, and the label for each key."""

    values: list[JsonObject]
    labels: dict[str, str]


def values_of_documents(shapes: Sequence[DocumentShape]) -> DocumentValues:
    """Return one object for each document, with the labels and tables that several of them have."""
    labels = _frequent(Counter(label for shape in shapes for label in _known(shape)), len(shapes))
    headers = _frequent(Counter(header for shape in shapes for header in shape.tables), len(shapes))
    linked = _frequent(Counter(name for shape in shapes for name in shape.linked), len(shapes))
    names = field_names([label.lower() for label in labels])
    tables = dict(zip(headers, _table_names(len(headers), {*names.values(), *linked}), strict=True))
    repeated = _frequent_lists(shapes, labels)
    values: list[JsonObject] = []
    for shape in shapes:
        value: JsonObject = {name: shape.linked[name] for name in linked if name in shape.linked}
        folded = _known(shape)
        for label in labels:
            if label in folded:
                name, several = names[label], folded[label]
                value.setdefault(name, list[Json](several) if label in repeated else several[0])
        for header, name in tables.items():
            if header in shape.tables:
                value[name] = list[Json](shape.tables[header])
        values.append(value)
    shown = {label.lower(): label for shape in reversed(shapes) for label in shape.values}
    return DocumentValues(values, {names[label]: shown[label] for label in labels})


def _known(shape: DocumentShape) -> dict[str, list[str]]:
    """Return the values by label, whatever its case."""
    found: dict[str, list[str]] = {}
    for label, several in shape.values.items():
        found.setdefault(label.lower(), []).extend(several)
    return found


def _frequent(counts: Counter[K], documents: int) -> list[K]:
    """Return what is not only in one of several documents, in the order in which it was seen."""
    least = 1 if documents < 3 else max(2, documents // 5)
    return [one for one, count in counts.items() if count >= least][:MOST_FIELDS]


def _frequent_lists(shapes: Sequence[DocumentShape], labels: Sequence[str]) -> frozenset[str]:
    """Return the labels that occur several times in most documents that have them."""
    found: set[str] = set()
    for label in labels:
        counts = [len(known[label]) for shape in shapes if label in (known := _known(shape))]
        if sum(count > 1 for count in counts) * 2 > len(counts):
            found.add(label)
    return frozenset(found)


def _table_names(many: int, taken: set[str]) -> list[str]:
    wanted = ("items" if number == 1 else f"items_{number}" for number in count(1))
    return [*islice((name for name in wanted if name not in taken), many)]
