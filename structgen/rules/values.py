"""From a span of text to a value of the kind that a field asks for, or None.

A value is read only if the text can mean nothing else; see `unambiguous`. `labelled` looks for the span.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from itertools import islice, pairwise

from structgen.core.errors import SchemaError
from structgen.core.json import Json, JsonObject, as_number
from structgen.notation.affixes import HYPHENS, hundredth_at
from structgen.notation.dates import WrittenDate
from structgen.notation.durations import Duration, iso_of
from structgen.rules.document.page import Span
from structgen.rules.document.vocabulary import fold, phrase, tokens
from structgen.rules.fields import MONEY, TIMES, Field, Kind
from structgen.rules.findings import Finding, leaf
from structgen.rules.number_context import is_another_number, is_doubtful_amount, is_no_price, is_other_currency
from structgen.rules.plain_answers import read_boolean, read_choice
from structgen.rules.search import Search
from structgen.rules.unambiguous import (
    Amount,
    find_amounts,
    find_date,
    find_number,
    find_time,
    is_bound,
    is_currency,
    iso,
    leading_duration,
    only_day,
    only_moment,
)
from structgen.schema.formats import has_format
from structgen.schema.patterns import PatternTooCostly, matcher

EMAIL = re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w@])")
URL = re.compile(r"(?:https?://|(?<![\w@.])www\.)[^\s<>\"'|\\^`{}]{3,2000}", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.])(?:\+|\(\+?\d{1,4}\)\s?)?\d(?:[\s\-./()]{0,2}\d){5,14}(?![\w])")
_SINGLE = frozenset({"price", "old_price"})
"""Amounts that a product has one of. If there are several, none of them is certain."""
_CODE = re.compile(r"(?=[^\s]{0,40}\d)[A-Za-z0-9][\w./-]{1,39}")
_DIGITS = re.compile(r"(?<!\d)\d[\d -]{6,16}\d(?!\d)")
_VOCABULARIES = ("https://schema.org/", "http://schema.org/")
_REACH = 24
_TO = re.compile(r"\s*(?:[-–—]|to|and|or|bis|und|oder|à|a|et|ou|y|e)\s*")
_CODES = frozenset({"sku", "mpn", "gtin", "invoice_number", "order_number", "tax_id"})


Reader = Callable[[Search, Field, int, int], Finding | None]


_NOTHING_WORDS = """
n a;na;none;nil;null;nothing;blank;empty;unknown;unspecified;undefined;tbd;tba;tbc;not applicable;not available
not provided;not specified;not stated;not given;not known;not set;not yet known;no data;no information;no value
to be determined;to be announced;to be confirmed;to be defined;keine;keine angabe;keine angaben;k a;entfällt;unbekannt
nicht angegeben;néant;aucun;aucune;non précisé;non applicable;s o;inconnu;ninguno;ninguna;no aplica;desconocido
nessuno;nessuna;geen;onbekend;n v t;ingen;brak;não aplicável
"""
_NOTHING = frozenset(phrase(words) for line in _NOTHING_WORDS.split("\n") for words in line.split(";") if words)
"""What a form says in place of a value."""


def is_nothing(text: str) -> bool:
    """Whether a value only says that there is none: "N/A", "(none)", "to be determined"."""
    if len(text) >= 40:
        return False
    words = phrase(text)
    # "None known", "no known allergies" and "keine bekannt".
    return words in _NOTHING or (words[:1] in _NOBODY and len(words) < 4 and not _SAID.isdisjoint(words[1:]))


_NOBODY = frozenset(map(phrase, ("no", "none", "nil", "not", "keine", "aucun", "aucune", "ninguna", "nessuna", "geen")))
_SAID_WORDS = "known reported recorded found given specified stated listed bekannt connue conocida nota bekend"
_SAID = frozenset(map(fold, _SAID_WORDS.split()))


def read_part(search: Search, field: Field, span: Span) -> Finding | None:
    """Return the value of a field whose span is known exactly: a string is all of its words, unread."""
    if field.kind is Kind.STRING:
        return leaf(search.page, " ".join(search.page.text[slice(*span)].split()), *span)
    return read_value(search, field, *span)


def read_value(search: Search, field: Field, start: int, end: int) -> Finding | None:
    """Return the value of a field that a span of the visible text says, or None."""
    if start >= end:
        return None
    reader = _READERS.get(field.kind, _read_string)
    found = reader(search, field, start, end)
    return found if found and fits(field.limits, found.value) else None


def _read_number(search: Search, field: Field, start: int, end: int) -> Finding | None:
    """Read a number by what the field means: a duration, an amount, or the number that the text begins with."""
    text = search.page.text[start:end]
    if field.seconds or field.concepts & TIMES:
        return _read_duration(search, field, start, end)
    if field.concepts & MONEY:
        return _read_amount(search, field, start, end)
    whole = field.kind is Kind.INTEGER
    number = find_number(text, search.style, rating="rating" in field.concepts, whole=whole)
    # A number further behind is part of a sentence about something else.
    if number is None or number.start > 12 or _may_be_a_dash(search.page.text, start + number.start):
        return None
    if is_another_number(field, text, number.start, number.end) or _is_in_other_currency(search, field, text):
        return None
    value = _share(field, number.value) if hundredth_at(text, number.end) else number.value
    return None if value is None else number_leaf(search, field, value, start + number.start, start + number.end)


def _is_in_other_currency(search: Search, field: Field, text: str) -> bool:
    if not field.currency:
        return False
    signs = (text[slice(*one.currency)] for one in find_amounts(text, search.style) if one.currency)
    return any(is_other_currency(field, sign) for sign in signs)


_SHARE_WORDS = """
percent percentage pct rate ratio growth margin abv alcohol humidity battery progress completion probability
confidence discount vat tax interest apr yield proportion fraction
"""
_SHARES = frozenset(map(fold, _SHARE_WORDS.split()))
"""Words of a field's name that make it a share of something, which a percentage may state."""


_SUMS_WORDS = "fee charge cost price amount sum salary wage rent deposit penalty fine toll fare"
_SUMS = frozenset(map(fold, _SUMS_WORDS.split()))
"""Words of a field's name that make it an amount, of which a percentage is only the way to work it out."""


def _share(field: Field, value: float) -> float | None:
    """Return a percentage as the field counts it: 0.15 if its maximum is 1. None if a whole number counts things."""
    most = field.maximum if field.maximum is not None else as_number(field.limits.get("exclusiveMaximum"))
    if most == 1:
        return float(Decimal(str(value)).scaleb(-2))
    named = set(phrase(field.name))
    if named & _SUMS and not named & _SHARES:
        return None
    counts = field.kind is Kind.INTEGER and not _SHARES & named
    return None if counts else value


def _may_be_a_dash(text: str, at: int) -> bool:
    """Whether the dash of a number may be one between it and its label: "Servings -4", "Weight: - 5"."""
    if is_doubtful_amount(text, at, at):
        return True
    return text[at : at + 1] in HYPHENS and text[max(0, at - _REACH) : at].rstrip()[-1:].isalnum()


def _read_duration(search: Search, field: Field, start: int, end: int) -> Finding | None:
    found = leading_duration(search.page.text[start:end], search.style)
    # Without a unit in its name, nobody knows whether the field counts minutes or hours.
    if found is None or not field.seconds:
        return None
    return number_leaf(search, field, found.value / field.seconds, start + found.start, start + found.end)


def read_count_of(search: Search, field: Field, size: float, span: Span) -> Finding | None:
    """Return a number without a unit, times the size of what its label counts."""
    text = search.page.text[slice(*span)]
    number = find_number(text, search.style)
    if number is None or text[number.start : number.end] != text or text.isalpha():
        return None
    return number_leaf(search, field, number.value * size, *span)


def _last_amount(search: Search, field: Field, start: int, end: int) -> Amount | None:
    """Return the last amount of a text: rows end with it ("2 x 3.50 7.00").

    None if it is one end of a range, a bound ("over $20"), or one of several prices.
    """
    page = search.page.text
    numbers = list(find_amounts(page[start:end], search.style, start))
    amounts = [one for one in numbers if one.cents or one.currency or page[start:end].strip(" *:") == one.written]
    if not amounts or (field.concepts & _SINGLE and len({one.written for one in amounts}) > 1):
        return None
    at = numbers.index(amounts[-1])
    around = numbers[max(0, at - 1) : at + 2]
    ranged = any(_TO.fullmatch(page, one.signed_end, other.signed) for one, other in pairwise(around))
    first = amounts[-1].signed
    if field.concepts & _SINGLE and is_no_price(page[start:end], first - start, amounts[-1].signed_end - start):
        return None
    in_doubt = is_bound(page[start:end], first - start) or is_doubtful_amount(page, first, amounts[-1].signed_end)
    return None if ranged or in_doubt else amounts[-1]


def _read_amount(search: Search, field: Field, start: int, end: int) -> Finding | None:
    last = _last_amount(search, field, start, end)
    return amount_leaf(search, field, last) if last else None


def amount_leaf(search: Search, field: Field, amount: Amount) -> Finding | None:
    """Return an amount of the visible text as a number, or as printed if the field is a string.

    As printed, an attached currency belongs to it, unless the schema has a field for the currency.
    """
    if amount.doubt or (amount.currency and is_other_currency(field, search.page.text[slice(*amount.currency)])):
        return None
    if field.kind is not Kind.STRING:
        value = amount.value
        return None if value is None else number_leaf(search, field, value, amount.start, amount.end)
    bare = "currency" in field.siblings
    start, end = (amount.start, amount.end) if bare else (amount.signed, amount.signed_end)
    return leaf(search.page, search.page.text[start:end], start, end)


def number_leaf(search: Search, field: Field, value: float, start: int, end: int) -> Finding | None:
    """Return a number if it is within the bounds of the field, and whole for an integer. Nothing is rounded."""
    if field.kind is Kind.INTEGER and value != int(value):
        return None
    if (field.minimum is not None and value < field.minimum) or (field.maximum is not None and value > field.maximum):
        return None
    # "12.00" stays a float, as it is printed, but a duration in minutes is a whole number if it can be.
    whole = value == int(value) and (field.kind is Kind.INTEGER or isinstance(value, int) or field.seconds)
    return leaf(search.page, int(value) if whole else value, start, end)


def _read_string(search: Search, field: Field, start: int, end: int) -> Finding | None:
    """Read a string by the concept or the format of the field, else as text."""
    for wanted, reader in _STRINGS:
        if field.concepts & wanted or field.format in wanted:
            return reader(search, field, start, end)
    if "name" in phrase(field.name) and (mail := EMAIL.search(search.page.text, start, end)):
        end = mail.start() - len(_before_mail(search.page.text[start : mail.start()]))
    return _read_text(search, start, end)


def _before_mail(text: str) -> str:
    """Return the punctuation between a name and its mail address: "Ann Lee <ann@...", "Ann Lee, ann@..."."""
    return text[len(text.rstrip(" \t,;:<([|-–")) :]


def _read_text(search: Search, start: int, end: int) -> Finding | None:
    """Return a text with single spaces, or None if it has no letter or digit."""
    text = search.page.text
    while end > start and text[end - 1] in " \t,;|":
        end -= 1
    # Linked data gives conditions and availability as addresses of schema.org terms.
    if text.startswith(_VOCABULARIES, start):
        start = text.rfind("/", start, end) + 1
        return leaf(search.page, _term(text[start:end]), start, end) if start < end else None
    value = " ".join(text[start:end].split())
    return leaf(search.page, value, start, end) if re.search(r"\w", value) else None


def _term(name: str) -> str:
    """Return a term of schema.org in plain words: ``NewCondition`` -> "new", ``InStock`` -> "in stock"."""
    words = [token.word for token in tokens(name)]
    return " ".join(words[:-1] if words[-1:] == ["condition"] and len(words) > 1 else words) or name


def _read_date(search: Search, field: Field, start: int, end: int) -> Finding | None:
    found = find_date(search.page.text[start:end])
    return date_leaf(search, field, found.moved(start)) if found else None


def date_leaf(search: Search, field: Field, found: WrittenDate) -> Finding | None:
    """Return a date in ISO 8601 if the field has a format, else as printed."""
    # People are born in both centuries that two digits may mean.
    if field.format and _BIRTHS & set(phrase(field.name)) and any(one.short_year for one in found.readings):
        return None
    if field.format == "date-time":
        moment = only_moment(search.page.text, found, search.date_order)
        return leaf(search.page, iso(moment.value), moment.start, moment.end) if moment else None
    day, (start, end) = only_day(found, search.date_order), (found.readings[0].start, found.readings[0].end)
    if field.format == "date":
        return leaf(search.page, day.isoformat(), start, end) if day else None
    return None if found.of_range else leaf(search.page, " ".join(search.page.text[start:end].split()), start, end)


_BIRTHS = frozenset({"birth", "born", "birthday", "birthdate", "dob"})
_LENGTHS = frozenset({"duration", "length", "elapsed", "runtime", "running", "prep", "cook", "total", "lap"})


def _read_time(search: Search, field: Field, start: int, end: int) -> Finding | None:
    """Return a time of day in ISO 8601 if the field has a format, else as printed."""
    found = find_time(search.page.text[start:end])
    # "2:30" is a length of time if the field asks for one.
    if found is None or (field.format == "time" and _LENGTHS & set(phrase(field.name))):
        return None
    value = iso(found.value) if field.format == "time" else search.page.text[start + found.start : start + found.end]
    return leaf(search.page, value, start + found.start, start + found.end)


def _read_iso_duration(search: Search, _field: Field, start: int, end: int) -> Finding | None:
    """Return a duration in ISO 8601, as its format asks for."""
    found = leading_duration(search.page.text[start:end], search.style)
    if found is None or (written := iso_of(Duration(Decimal(0), Decimal(str(found.value))))) is None:
        return None
    return leaf(search.page, written, start + found.start, start + found.end)


def _read_code(search: Search, field: Field, start: int, end: int) -> Finding | None:
    """Return the number of an article or document: the first word, if it has a digit."""
    pattern = _DIGITS if "gtin" in field.concepts else _CODE
    return _matched(search, pattern.match(search.page.text, start, end), "./-")


def _read_currency(search: Search, _field: Field, start: int, end: int) -> Finding | None:
    """Return the sign, code, or name of a currency, which may be beside an amount."""
    text = search.page.text[start:end].strip()
    amount = next((one for one in find_amounts(search.page.text[start:end], search.style) if one.currency), None)
    if amount and amount.currency:
        a, b = amount.currency
        return leaf(search.page, search.page.text[start + a : start + b], start + a, start + b)
    return leaf(search.page, text, start, start + len(text)) if is_currency(text) else None


def _pattern(pattern: re.Pattern[str]) -> Reader:
    """Return a reader of the only match of a pattern."""

    def read(search: Search, _field: Field, start: int, end: int) -> Finding | None:
        found = list(islice(pattern.finditer(search.page.text, start, end), _COMPARED))
        # The first of several is no answer to a question for one.
        several = len({match.group().rstrip(".,;)").casefold() for match in found}) > 1
        return None if several or not found else _matched(search, found[0], ".,;)")

    return read


_COMPARED = 8


def _matched(search: Search, match: re.Match[str] | None, trailing: str) -> Finding | None:
    """Return what a pattern matches, without the punctuation behind it."""
    value = match.group().rstrip(trailing) if match else ""
    return leaf(search.page, value, match.start(), match.start() + len(value)) if match and value else None


def _read_count(search: Search, _field: Field, start: int, end: int) -> Finding | None:
    """Return how much a recipe makes: a short text with a number."""
    text = search.page.text[start:end]
    return _read_text(search, start, end) if re.search(r"\d", text) and len(text) < 60 else None


_STRINGS: tuple[tuple[frozenset[str], Reader], ...] = (
    (frozenset({"email"}), _pattern(EMAIL)),
    (frozenset({"url", "uri"}), _pattern(URL)),
    (frozenset({"phone", "fax"}), _pattern(_PHONE)),
    (frozenset({"date", "due_date", "other_date", "date-time"}), _read_date),
    (frozenset({"time"}), _read_time),
    (frozenset({"duration"}), _read_iso_duration),
    (frozenset({"currency"}), _read_currency),
    (_CODES, _read_code),
    (MONEY, _read_amount),
    (frozenset({"yields"}), _read_count),
)
_READERS = {
    Kind.NUMBER: _read_number,
    Kind.INTEGER: _read_number,
    Kind.BOOLEAN: read_boolean,
    Kind.CHOICE: read_choice,
}


def fits(limits: JsonObject, value: Json) -> bool:
    """Whether a value satisfies the format, pattern, length, bounds, and multiples of its schema.

    A value that the schema refuses is not found, rather than found wrong.
    """
    if isinstance(value, str):
        return _fits_text(limits, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    least, most, unit = (as_number(limits.get(word)) for word in ("exclusiveMinimum", "exclusiveMaximum", "multipleOf"))
    outside = (least is not None and value <= least) or (most is not None and value >= most)
    # Multiples of 0.1 are not exact in binary.
    return not outside and not (unit and abs(value / unit - round(value / unit)) > 1e-9)


def _fits_text(limits: JsonObject, value: str) -> bool:
    least, most = limits.get("minLength"), limits.get("maxLength")
    if (isinstance(least, int) and len(value) < least) or (isinstance(most, int) and len(value) > most):
        return False
    form, pattern = limits.get("format"), limits.get("pattern")
    if isinstance(form, str) and not has_format(value, form):
        return False
    return not isinstance(pattern, str) or _matches(pattern, value)


def _matches(pattern: str, value: str) -> bool:
    """Whether a value matches a pattern. Nothing matches one that is invalid or too costly to try."""
    try:
        return matcher(pattern)(value)
    except (PatternTooCostly, SchemaError):
        return False
