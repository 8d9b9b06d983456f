"""Ingredients as the objects that a schema asks for: a list in a recipe, or one line as the whole text."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

from structgen.core.json import Json
from structgen.notation.readings import Value
from structgen.rules.document.page import Line, Span
from structgen.rules.document.vocabulary import phrase, tokens
from structgen.rules.fields import Field, Kind
from structgen.rules.finders.ingredient_lines import Ingredient, read_ingredient
from structgen.rules.finders.string_lists import best_section, lines_of_ingredients
from structgen.rules.findings import Finding, build, collect, leaf
from structgen.rules.search import Search
from structgen.rules.values import fits, read_value

_LONGEST = 300
_LABEL = 30


class Part(Enum):
    """What a field of an ingredient object holds."""

    NAME = auto()
    QUANTITY = auto()
    LEAST = auto()
    MOST = auto()
    UNIT = auto()
    SIZE = auto()
    PREPARATION = auto()
    NOTES = auto()
    OPTIONAL = auto()
    LINE = auto()


_FIELDS: Mapping[Part, str] = {
    Part.NAME: "name, ingredient, ingredient name, item, item name, food, food name, product, product name, title",
    Part.QUANTITY: "quantity, qty, amount, count, number, quantity value, amount value",
    Part.LEAST: "quantity min, min quantity, quantity from, amount min, min amount, quantity low, range start",
    Part.MOST: "quantity max, max quantity, quantity to, amount max, max amount, quantity high, range end",
    Part.UNIT: "unit, units, unit of measure, unit of measurement, measure, measurement, uom, measurement unit",
    Part.SIZE: "size, package size, pack size, container size",
    Part.PREPARATION: "preparation, prep, preparation method, prep method, preparation notes, prep notes, processing",
    Part.NOTES: "note, notes, comment, comments, remark, remarks, extra, additional, modifier, other, details",
    Part.OPTIONAL: "optional, is optional",
    Part.LINE: "original, original text, raw, raw text, line, text, input, source text, display",
}
_PARTS = {phrase(name): part for part, names in _FIELDS.items() for name in names.split(", ")}


def ingredient_parts(item: Field) -> Mapping[Part, Field]:
    """Return the fields of an object by what they hold of an ingredient. Empty if it is not an ingredient.

    An ingredient has a name and one of quantity, unit, size and preparation.
    """
    found: dict[Part, Field] = {}
    for child in item.children:
        named = (_PARTS.get(phrase(label)) for label in child.labels)
        part = next((one for one in named if one and one not in found), None)
        if part is not None and child.kind not in (Kind.ARRAY, Kind.OBJECT):
            found[part] = child
    measured = found.keys() & {Part.QUANTITY, Part.LEAST, Part.UNIT, Part.SIZE, Part.PREPARATION}
    return found if Part.NAME in found and measured else {}


def find_ingredients(search: Search, field: Field, item: Field) -> Finding | None:
    """Return the ingredients of a recipe as objects. None if any of them lacks a required part."""
    section, parts = best_section(search, field), ingredient_parts(item)
    items = section[1] if section else lines_of_ingredients(search)
    if not items or not parts:
        return None
    found = [_ingredient(search, item, parts, one.span) for one in items]
    kept = [one for one in found if one]
    return collect(kept) if len(kept) == len(found) else None


def lists_ingredients(field: Field, item: Field) -> bool:
    """Whether a field is a list of ingredients: by its name, or by its items if it is the whole answer."""
    parts = {Part.NAME, Part.QUANTITY, Part.UNIT}
    return bool(field.concepts & {"ingredients"}) or (not field.key and parts <= ingredient_parts(item).keys())


def find_ingredient(search: Search, root: Field) -> Finding | None:
    """Return the ingredient that a text of one line is, if the schema describes one ingredient. Else None."""
    parts, lines = ingredient_parts(root), search.page.lines
    measured = {Part.QUANTITY, Part.UNIT} <= parts.keys() or {Part.QUANTITY, Part.PREPARATION} <= parts.keys()
    known = {child.name for child in parts.values()}
    others = any(child.name not in known and child.required and not child.nullable for child in root.children)
    if len(lines) != 1 or len(lines[0].text) > _LONGEST or not measured or others:
        return None
    return _ingredient(search, root, parts, (_after_label(search, lines[0]), lines[0].end))


def _after_label(search: Search, line: Line) -> int:
    """Return where a line begins behind a label such as "Ingredient:"."""
    mentions = search.vocabulary.mentions(tokens(line.text[:_LABEL], line.start))
    first = mentions[0] if mentions else None
    labelled = first and first.start == line.start and first.keys & {"ingredients"}
    return first.end + 1 if first and labelled and search.page.text.startswith(":", first.end) else line.start


def read_line(search: Search, item: Field) -> Finding | None:
    """Return the text of a page that is one ingredient as an object, or None if a required part is missing."""
    return _ingredient(search, item, ingredient_parts(item), (0, len(search.page.text)))


def _ingredient(search: Search, item: Field, parts: Mapping[Part, Field], line: Span) -> Finding | None:
    read = read_ingredient(search.page.text, *line, search.style)
    found: dict[str, Finding] = {}
    for part, span in _spans(read, parts, line).items():
        value = _read(search, parts[part], part, read, span) if span else None
        if value:
            found[parts[part].name] = value
    return build(item, found)


def _spans(read: Ingredient, parts: Mapping[Part, Field], line: Span) -> dict[Part, Span | None]:
    """Return the span of every part that the schema asks for. What has no field is a note if there is no other."""
    spans: dict[Part, Span | None] = dict.fromkeys(parts)
    sizes, prepared = Part.SIZE in parts, Part.PREPARATION in parts
    # Without any other field for it, the size is part of the name: "large eggs".
    whole = not (sizes or prepared or Part.NOTES in parts) and read.size and read.size[1] <= read.name[0]
    joined = whole and read.size and (read.unit is None or read.unit[1] <= read.size[0])
    remark = read.remark if prepared and read.preparation else read.tail or read.preparation
    wanted = {
        Part.NAME: (read.size[0], read.name[1]) if joined and read.size else read.name,
        Part.QUANTITY: read.quantity if Part.UNIT in parts else read.amount,
        Part.LEAST: read.quantity,
        Part.MOST: read.quantity,
        Part.UNIT: read.unit,
        Part.SIZE: read.size,
        Part.PREPARATION: read.preparation,
        Part.NOTES: remark or (None if sizes else read.size),
        Part.OPTIONAL: read.tail or read.remark,
        Part.LINE: line,
    }
    spans.update((part, span) for part, span in wanted.items() if part in parts)
    return spans


def _read(search: Search, field: Field, part: Part, read: Ingredient, span: Span) -> Finding | None:
    """Return the value of a part. A quantity as a number is null for a range, and for an amount in words."""
    if part is Part.OPTIONAL and field.kind is Kind.BOOLEAN:
        return leaf(search.page, True, *span) if read.optional else None
    if field.kind in (Kind.NUMBER, Kind.INTEGER):
        value = _number(part, read)
        span = read.quantity or span
        return leaf(search.page, value, *span) if value is not None and _allowed(field, value) else None
    if part is Part.QUANTITY and field.kind is Kind.CHOICE:
        return read_value(search, field, *span)
    if field.kind not in (Kind.STRING, Kind.ANY):
        return read_value(search, field, *span)
    text = " ".join(search.page.text[slice(*span)].split())
    return leaf(search.page, text, *span) if fits(field.limits, text) else None


def _number(part: Part, read: Ingredient) -> int | float | None:
    """Return the number that a part asks for as JSON, or None."""
    value: Value | None = read.value
    if part is not Part.QUANTITY:
        value = read.ends[part is Part.MOST] if read.ends else read.value
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def _allowed(field: Field, value: Json) -> bool:
    """Whether the schema allows a number."""
    if not isinstance(value, int | float) or (field.kind is Kind.INTEGER and not isinstance(value, int)):
        return False
    least, most = field.minimum, field.maximum
    return not ((least is not None and value < least) or (most is not None and value > most)) and fits(
        field.limits, value
    )
