"""One line of an ingredient list, taken apart: how much, of what size, of what, how prepared.

"1 (14.5 oz) can tomatoes, drained" is a quantity, a size, a unit, a name, and a preparation. A number is the quantity
only if nothing makes it a part of something else: "7-Up" has no quantity, and neither has "16-ounce can".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from structgen.notation.digits import digit_runs
from structgen.notation.number_words import word_numbers
from structgen.notation.numbers import fraction_numbers, number_of
from structgen.notation.readings import Number, Value, plus
from structgen.notation.style import Style
from structgen.rules.document.page import Span
from structgen.rules.document.vocabulary import Mention, lexicon, tokens
from structgen.rules.finders.ingredient_names import Named, is_optional, name_parts, opening_remark

_BULLET = re.compile(r"[\s\-*•·‣◦▪▢☐□○●–—]*(?:\[[ xX]?\]\s*)?")
_AND = re.compile(r"\s{1,2}(?:and|&|\+|und|et|y|e)\s{1,2}(?=\d[/⁄]\d|[¼-¾⅐-⅞])", re.IGNORECASE)
_TO = re.compile(r"\s?[-‐–—]\s?|\s(?:to|or|bis|oder|à|ou|a|o|tot|of|till|til|eller|ou)\s", re.IGNORECASE)
_TIMES = re.compile(r"\s?[x×*]\s?(?=[\d(])|\s?[x×]\s(?=\S)", re.IGNORECASE)
_MORE = re.compile(r"\s?(?:plus|\+|and|&|und|et|or|to|[-–])\s?", re.IGNORECASE)
_SLASH = re.compile(r"\s?[/|]\s?(?=[\d¼-¾⅐-⅞])|\s?[=~≈]\s?")
_ARTICLE = re.compile(r"(?:an?|une?|eine[rn]?|un|una|uno|een|en|ett)(?=\s)", re.IGNORECASE)
_OF_A = re.compile(r"\s(?:of\s)?(?:an?|the)(?=\s)")
_OF = re.compile(r"(?:(?:of|de|di|von|vom|av|af|van|do|da|del|della)\s+(?:the\s+)?|(?:d|dell)['’])", re.IGNORECASE)
_GOES_ON = re.compile(r"[%°\"″”/⁄:'’]|[.)]\s|[.,]?\d|[-–](?=\w)|\.?$")
"""What makes a number a part of something else, or a number of a list."""
_NUMBER = re.compile(r"[\d¼-¾⅐-⅞]")
_TAIL = re.compile(r"(?P<mark>\s?[:=–—-]\s|\s-\s?|\s?:\s?|\t|,\s|\s[x×]\s?)?\s*$")
_NO_TAIL = frozenset({"plus", "or", "and", "of", "about", "with", "per", "to", "a", "by", "at", "into", "in", "x"})
_LONGEST = 400
_LARGEST_PART = 16
"""Kitchens measure in halves to sixteenths. "80/20" is not a fraction."""


@dataclass(frozen=True, slots=True)
class Ingredient:
    """The parts of an ingredient, as spans of the text. None if a part is missing.

    `value` is that of the quantity if it is exactly one number, `ends` are those of a range. `amount` is the quantity
    with its unit as written.
    """

    name: Span
    quantity: Span | None = None
    unit: Span | None = None
    size: Span | None = None
    preparation: Span | None = None
    remark: Span | None = None
    tail: Span | None = None
    amount: Span | None = None
    value: Value | None = None
    ends: tuple[Value, Value] | None = None
    optional: bool = False


def read_ingredient(text: str, start: int, end: int, style: Style) -> Ingredient:
    """Return the parts of the line from `start` to `end`. What is not an amount and before a comma is the name."""
    bullet = _BULLET.match(text, start, end)
    start = bullet.end() if bullet else start
    if end - start > _LONGEST or start >= end:
        return Ingredient((start, end))
    line = _Line(text, start, end, style)
    line.start, opening = opening_remark(text, start, end)
    found = _leading(line) or _trailing(line) or _Amounts(start, end)
    named = name_parts(text, found.at, found.end, line.mentions, contained=found.contained)
    if named is None:
        return Ingredient((start, end))
    return _ingredient(text, found if opening is None else replace(found, remark=opening), named)


def _ingredient(text: str, found: _Amounts, named: Named) -> Ingredient:
    amount = (found.quantity[0], found.unit[1]) if found.quantity and found.unit else found.quantity
    if found.quantity and found.unit and found.unit[0] < found.quantity[0]:
        amount = None
    return Ingredient(
        name=named.name,
        quantity=found.quantity,
        unit=found.unit,
        size=found.size,
        preparation=named.preparation,
        remark=named.remark or found.remark,
        tail=named.tail or found.remark,
        amount=amount,
        value=found.value,
        ends=found.ends,
        optional=named.optional or (found.remark is not None and is_optional(text, *found.remark)),
    )


class _Line:
    """A line with the known words in it."""

    def __init__(self, text: str, start: int, end: int, style: Style) -> None:
        self.text, self.start, self.end, self.style = text, start, end, style
        words = tokens(text[start:end], start)
        self.mentions = {one.start: one for one in lexicon().ingredients.mentions(words)}

    def is_a(self, at: int, *kinds: str) -> Mention | None:
        """Return the known word at an offset if it is of one of these kinds, else None."""
        found = self.mentions.get(at)
        return found if found and any(kind in found.keys for kind in kinds) else None

    def after_space(self, at: int) -> int:
        """Return the offset of what follows white space."""
        while at < self.end and self.text[at].isspace():
            at += 1
        return at


@dataclass(frozen=True, slots=True)
class _Amounts:
    """What was read before (or behind) the name, which is from `at` to `end`."""

    at: int
    end: int
    quantity: Span | None = None
    value: Value | None = None
    ends: tuple[Value, Value] | None = None
    unit: Span | None = None
    size: Span | None = None
    remark: Span | None = None
    contained: bool = False
    """Whether the unit is a container: "chopped tomatoes" in a can are not chopped by the cook."""


@dataclass(frozen=True, slots=True)
class _Count:
    """A number or a range: its span, its value, and where its last number begins."""

    span: Span
    value: Value | None = None
    ends: tuple[Value, Value] | None = None
    last: int | None = None


def _leading(line: _Line) -> _Amounts | None:
    """Return the amounts that a line begins with, or None."""
    start = line.start
    while about := line.is_a(start, "about"):
        behind = line.after_space(about.end + line.text.startswith(".", about.end))
        if "many" in about.keys and _count(line, behind) is None:  # "etwas", which is folded like "etwa"
            break
        start = behind
    start += line.text[start : start + 1] in "~≈" and start < line.end
    bound = line.is_a(start, "bound")
    count = _count(line, line.after_space(bound.end)) if bound else _count(line, start)
    if count and bound:  # "up to 3 tbsp" is not a number
        count = _Count((start, count.span[1]))
    if two := _two_numbers(line, start):
        return two
    if count is None:
        return _size_alone(line, start) or _in_words(line, start)
    found = _Amounts(count.span[1], line.end, count.span, count.value, count.ends)
    if found.value == 0:  # "00 flour" is a kind of flour
        return None
    if (sized := _split_size(line, count)) is not None:
        return sized
    times = _TIMES.match(line.text, found.at, line.end)
    at = times.end() if times else line.after_space(found.at)
    if not times and _GOES_ON.match(line.text, found.at, line.end):
        return _size_alone(line, start)
    if size := _size_at(line, at, sure=times is not None):
        found, at = replace(found, size=size[0]), size[1]
    elif _NUMBER.match(line.text, at, line.end):  # "1 1 /2 cups": nobody knows what the first number is
        return None
    glued = not times and at == found.at
    found = _with_unit(line, replace(found, at=at))
    if glued and found.unit is None:  # "7up", "00er"
        return None
    return _counted(line, found)


def _counted(line: _Line, found: _Amounts) -> _Amounts:
    """Return amounts without the article in "1/2 a lemon"."""
    article = _OF_A.match(line.text, found.at - 1, line.end) if found.unit is None else None
    return replace(found, at=line.after_space(article.end())) if article else found


def _count(line: _Line, at: int) -> _Count | None:
    """Return the number or the range at an offset, or None."""
    first = _number(line, at)
    if first is None:
        return None
    end, value = _end_of(first), _value_of(first, line.style)
    if part := _AND.match(line.text, end, line.end):
        half = _number(line, part.end())
        if half and (more := _value_of(half, line.style)) is not None and more < 1 and value is not None:
            end, value = _end_of(half), plus(value, more)
    to = _TO.match(line.text, end, line.end)
    last = _number(line, to.end()) if to else None
    if last is None:
        return _Count((at, end), value)
    top = _value_of(last, line.style)
    ends = (value, top) if value is not None and top is not None and value < top else None
    return _Count((at, _end_of(last)), None, ends, last.digits)


def _number(line: _Line, at: int) -> Number | None:
    """Return the number that begins at an offset. None if it may be two, or is money, a share, or no measure."""
    text, first = line.text, line.text[at : at + 1]
    if first.isdecimal():
        run = next(digit_runs(text, at, at + 1), None)
        number = number_of(run) if run else None
    else:
        found = word_numbers if first.isalpha() else fraction_numbers
        number = next(found(text, at, at + 1), None) if first else None
    if number is None or number.digits != at or number.end > line.end or not number.readings:
        return None
    share = any(one.percent for one in number.readings)
    if number.currency or number.ordinal or share or number.start != at:
        return None
    written = text[number.digits : number.digits_end]
    if number.parts and " " in written and "/" not in written:
        return None
    return None if _is_no_part(written) else number


def _is_no_part(written: str) -> bool:
    """Whether the slash in a number is not that of a part of a measure: "80/20", "21⁄2"."""
    if not any(mark in written for mark in "/⁄") or " " in written:
        return False
    top, bottom = re.split(r"[/⁄]", written, maxsplit=1)
    whole = "-" in top or any(char in "¼½¾" for char in written)
    digits = top.isdecimal() and bottom.isdecimal()
    return not whole and (not digits or int(bottom) > _LARGEST_PART or int(top) >= int(bottom))


def _end_of(number: Number) -> int:
    return max(one.end for one in number.readings if not one.unlikely or len(number.readings) == 1)


def _value_of(number: Number, style: Style) -> Value | None:
    values = {one.value for one in style.settle(number.readings) if not one.unlikely}
    return values.pop() if len(values) == 1 else None


def _measured(line: _Line, at: int) -> int | None:
    """Return the end of a number with a unit of weight, volume or length at an offset: "14.5-oz", "400 g", ``2"``."""
    count = _count(line, at)
    if count is None:
        return None
    end = count.span[1]
    if line.text[end : end + 1] in ('"', "″", "”"):
        return end + 1
    unit_at = end + 1 if line.text[end : end + 1] in "-‐–" else line.after_space(end)
    unit = line.is_a(unit_at, "measure")
    if unit is None:
        return None
    return unit.end + line.text.startswith(".", unit.end)


def _size_at(line: _Line, at: int, *, sure: bool) -> tuple[Span, int] | None:
    """Return the size at an offset and where it ends: "(14.5 oz) can", "14-ounce can". `sure`: "x" is before it."""
    if line.text.startswith("(", at):
        close = line.text.find(")", at, line.end)
        inner = line.after_space(at + 1)
        while about := line.is_a(inner, "about"):
            inner = line.after_space(about.end)
        if close < 0 or _measured(line, inner) is None:
            return None
        return (at + 1, close), line.after_space(close + 1)
    end = _measured(line, at)
    if end is None:
        return None
    behind = line.after_space(end + line.text.startswith("-", end))
    hyphened = "-" in line.text[at:end]
    return ((at, end), behind) if sure or hyphened or line.is_a(behind, "container") else None


def _split_size(line: _Line, count: _Count) -> _Amounts | None:
    """Return "1-15 oz can", which looks like a range, as a can of a size. None if it is no such thing."""
    if count.last is None:
        return None
    end = _measured(line, count.last)
    if end is None or not line.is_a(line.after_space(end), "container"):
        return None
    first = _number(line, count.span[0])
    if first is None:
        return None
    quantity = (count.span[0], _end_of(first))
    value = _value_of(first, line.style)
    at = line.after_space(end)
    return _with_unit(line, _Amounts(at, line.end, quantity, value, None, None, (count.last, end)))


def _two_numbers(line: _Line, at: int) -> _Amounts | None:
    """Return "2 400 g tins" as two tins of a size. Without a container, it may be 2,400 g."""
    run = next(digit_runs(line.text, at, at + 1), None)
    number = number_of(run) if run else None
    if number is None or len(number.parts) != 2 or " " not in line.text[number.digits : number.digits_end]:
        return None
    first, last = number.parts
    unit = line.is_a(line.after_space(last.digits_end), "measure")
    behind = line.after_space(unit.end) if unit else line.end
    if unit is None or not line.is_a(behind, "container"):
        return None
    value = _value_of(first, line.style)
    size = (last.digits, unit.end)
    return _with_unit(line, _Amounts(behind, line.end, (first.digits, first.digits_end), value, size=size))


def _size_alone(line: _Line, at: int) -> _Amounts | None:
    """Return "16-ounce can" as a unit with a size, and without a quantity."""
    count = _count(line, at)
    end = _measured(line, at)
    if count is None or end is None or line.text[count.span[1] : count.span[1] + 1] not in '-‐–"″”':
        return None
    return _with_unit(line, _Amounts(line.after_space(end), line.end, size=(at, end)))


def _in_words(line: _Line, at: int) -> _Amounts | None:
    """Return an amount without a number: "a pinch of", "a few", "small bunch"."""
    many, article = line.is_a(at, "many"), _ARTICLE.match(line.text, at, line.end)
    end = max(many.end if many else 0, article.end() if article else 0)
    if end:
        found = _with_unit(line, _Amounts(line.after_space(end), line.end, (at, end), None if many else Decimal(1)))
        # "a cup of rice" has a quantity, "a fresh chicken" has none.
        return found if found.unit or (many and found.at < line.end) else None
    found = _with_unit(line, _Amounts(at, line.end), kinds=("vague",))
    return found if found.unit else None


def _with_unit(line: _Line, found: _Amounts, kinds: tuple[str, ...] = ("unit", "container")) -> _Amounts:
    """Return amounts with the unit that follows, the size before it, and what belongs to the unit."""
    at, size, first = found.at, found.size, None
    while word := line.is_a(at, "size", "modifier"):
        if "size" in word.keys:
            size = size or (word.start, word.end)
        else:
            first = word.start if first is None else first
        at = line.after_space(word.end + line.text.startswith(("-", ","), word.end))
    unit = line.is_a(at, *kinds)
    behind = unit.end + line.text.startswith(".", unit.end) if unit else at
    # A word before the end or a comma is what there is two of: "2 cloves", "2 cloves, whole".
    alone = unit is None or not line.text[behind : line.end].strip(" .,") or line.text[behind : behind + 1] in "-’'"
    if unit is None or alone or (line.text[behind] == "," and "measure" not in unit.keys):
        sized = size if size != found.size else None
        return replace(found, at=at, size=size) if sized and first is None and at < line.end else found
    span = (unit.start if first is None else first, unit.end)
    contained = "container" in unit.keys
    return _behind_unit(line, replace(found, at=behind, unit=span, size=size, contained=contained))


def _behind_unit(line: _Line, found: _Amounts) -> _Amounts:
    """Return amounts with what follows the unit: a size, the same amount in other units, or a further amount."""
    at = line.after_space(found.at)
    if size := _size_at(line, at, sure=found.contained):
        # "1 cup (240 ml) milk" says the amount again, "1 can (14 oz) tomatoes" says how large the can is.
        kept = {"size": size[0]} if found.contained and found.size is None else {"remark": size[0]}
        found, at = replace(found, at=size[1], **kept), size[1]
    elif (slash := _SLASH.match(line.text, found.at, line.end)) and (end := _measured(line, slash.end())):
        at = line.after_space(end)
    elif found.quantity and found.unit and (end := _further(line, found.at)):
        # "1 cup plus 2 tbsp" is one amount of two units, so neither number alone is the quantity.
        found, at = replace(found, quantity=(found.quantity[0], end), value=None, ends=None, unit=None), end
    elif (container := _container(line, found, at)) is not None:
        at, found = container, replace(found, contained=True)
    at = line.after_space(at)
    while at < line.end and line.text[at] in ",;:-–/ ":
        at += 1
    of = _OF.match(line.text, at, line.end)
    at = of.end() if of and of.end() < line.end else at
    return replace(found, at=at)


def _container(line: _Line, found: _Amounts, at: int) -> int | None:
    """Return the end of the container in "400 g can tomatoes", which repeats the amount, or None."""
    container = line.is_a(at, "container")
    weighed = found.unit and not found.size and line.is_a(found.unit[0], "measure")
    return container.end if container and weighed and line.text[container.end : line.end].strip() else None


def _further(line: _Line, at: int) -> int | None:
    """Return the end of a second amount that is added: "plus 2 tbsp", the "2 oz" of "1 lb 2 oz". None if none is."""
    more = _MORE.match(line.text, at, line.end)
    count = _count(line, more.end() if more else line.after_space(at))
    if count is None:
        return None
    unit = line.is_a(line.after_space(count.span[1]), "unit", "container")
    return unit.end if unit and line.text[unit.end : line.end].strip() else None


def _trailing(line: _Line) -> _Amounts | None:
    """Return the amount at the end of a line: "Flour: 200 g", "Mehl 200 g", "Eggs - 2"."""
    runs = [run.start() for run in digit_runs(line.text[line.start : line.end])][-3:]
    for place in runs:
        at = line.start + place
        count = _count(line, at)
        mark = _TAIL.search(line.text, max(line.start, at - 4), at)
        if count is None or mark is None or at == line.start or mark.start() <= line.start:
            continue
        unit = line.is_a(line.after_space(count.span[1]), "unit", "container")
        end = unit.end if unit else count.span[1]
        if line.text[end : line.end].strip(" .)") or not (unit or mark["mark"]):
            continue
        before = line.text[line.start : mark.start()].split()
        if not before or before[-1].casefold() in _NO_TAIL or "(" in line.text[line.start : at]:
            continue
        span = (unit.start, unit.end) if unit else None
        return _Amounts(line.start, mark.start(), count.span, count.value, count.ends, span)
    return None
