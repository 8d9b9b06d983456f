"""What texts are: dates, times, amounts, numbers, email addresses, addresses of pages, choices, or just texts. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from pydantic import TypeAdapter, ValidationError

from structgen.evaluate.draft.python_names import quoted
from structgen.notation.dates import read_dates
from structgen.notation.numbers import read_money, whole_number
from structgen.notation.readings import covering, only
from structgen.notation.times import read_datetimes, read_times

ENOUGH = 8
"""Values that must be there before few distinct ones are taken for choices."""

MOST_CHOICES, LONGEST_CHOICE = 12, 40

_EMAIL = re.compile(r"[^\s@<>\"',;]{1,64}@[^\s@<>\"',;.]{1,63}(?:\.[^\s@<>\"',;.]{1,63}){1,8}")
_URL = re.compile(r"https?://[^\s<>\"]{3,2000}", re.IGNORECASE)
_LOOKED_AT = 1_000
"""Distinct texts that are read, so that a column of a million stays fast."""
_YES = frozenset({"yes", "no", "true", "false"})


@dataclass(frozen=True, slots=True)
class TextType:
    """A type for texts. `code` is Python, `says` completes a description, `note` is for the person who edits.

    `format` is that of JSON Schema, which extractors take as a hint.
    """

    code: str = "str"
    says: str = ""
    note: str = ""
    format: str = ""


def text_type(texts: Counter[str], *, from_documents: bool) -> TextType:
    """Return the type of texts. Those of rows must be accepted as they are; those of documents are read by meaning."""
    count, distinct = texts.total(), [*texts][:_LOOKED_AT]
    if not distinct or not any(text.strip() for text in distinct):
        return TextType()
    for found in _strict_types(texts):
        return found
    for found in _read_types(distinct, from_documents=from_documents):
        return found
    if len(distinct) == 1 and count >= ENOUGH:
        return TextType(note=f"always {distinct[0][:LONGEST_CHOICE]!r}")
    if is_choice(texts):
        return TextType(f"Literal[{', '.join(map(quoted, sorted(texts)))}]", note="are these all the choices?")
    return TextType()


def is_choice(texts: Counter[str]) -> bool:
    """Whether a few distinct texts occur again and again."""
    count = texts.total()
    short = all(len(text.strip()) > 0 and len(text) <= LONGEST_CHOICE for text in texts)
    return count >= ENOUGH and 1 < len(texts) <= MOST_CHOICES and len(texts) * 4 <= count and short


_ADAPTERS = (
    ("dt.datetime", "date and time", TypeAdapter[object](datetime), re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.{0,30}")),
    ("dt.date", "date", TypeAdapter[object](date), re.compile(r"\d{4}-\d\d-\d\d")),
    ("dt.time", "time", TypeAdapter[object](time), re.compile(r"\d\d:\d\d.{0,20}")),
)


def _strict_types(texts: Counter[str]) -> Iterator[TextType]:
    """Yield a type whose JSON the texts are. All of them are looked at, because the type must accept them."""
    for code, says, adapter, pattern in _ADAPTERS:
        if all(pattern.fullmatch(text) and _accepts(adapter, text) for text in texts):
            yield TextType(code, says)
    if all(_EMAIL.fullmatch(text) for text in texts):
        yield TextType(says="email address", format="email")
    if all(_URL.fullmatch(text) for text in texts):
        yield TextType(says="address of a page", format="uri")


def _accepts(adapter: TypeAdapter[object], text: str) -> bool:
    try:
        adapter.validate_json(json.dumps(text), strict=True)
    except ValidationError:
        return False
    return True


def _read_types(distinct: list[str], *, from_documents: bool) -> Iterator[TextType]:
    """Yield what the texts are as people write it."""
    for code, says, is_one in _WRITTEN:
        if all(len(text) <= 100 and is_one(text.strip()) for text in distinct):
            if from_documents:
                yield TextType(code, says, f"written as {distinct[0][:LONGEST_CHOICE]!r}")
            elif code != "int":  # texts of digits in rows are codes rather than numbers
                yield TextType(says=f"{says} as written", note=f"use {code} for a value to calculate with")
            else:
                yield TextType()


_WRITTEN: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("int", "", lambda text: text.isascii() and text.isdecimal() and (len(text) == 1 or text[0] != "0")),
    ("bool", "yes or no", lambda text: text.casefold() in _YES),
    ("dt.datetime", "date and time", lambda text: bool(covering(text, read_datetimes(text)))),
    ("dt.date", "date", lambda text: bool(covering(text, read_dates(text)))),
    ("float", "amount", lambda text: bool(covering(text, read_money(text)))),
    ("dt.time", "time", lambda text: only(covering(text, read_times(text))) is not None and ":" in text),
    (
        "float",
        "number",
        lambda text: bool(re.fullmatch(r"[+-]?\d{1,15}(?:[.,]\d{1,15}){1,5}", text)) and whole_number(text) is not None,
    ),
)
