"""The elements of an outline: expressions, literals, keys, comments, and the notes on limits.

Titles and descriptions may be hostile. Characters that would break a line, hide or reorder text, or close a code fence
are written as JSON escapes, so that no description can add a line to an outline.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias, cast

from structgen.core.json import Json, JsonObject


class Level(IntEnum):
    """The precedence of an expression: ``A | B`` binds less tightly than ``A & B``, and that less than ``A``."""

    UNION = 0
    BOTH = 1
    ATOM = 2


@dataclass(frozen=True, slots=True)
class Text:
    """An expression on one or more lines."""

    words: str
    level: Level = Level.ATOM

    def at(self, level: Level) -> str:
        """Return the words, in parentheses if they bind less tightly than `level`."""
        return self.words if self.level >= level else f"({self.words})"


ANY = Text("any")


def either(texts: Sequence[Text]) -> Text:
    """Join alternatives: ``A | B``."""
    return texts[0] if len(texts) == 1 else Text(" | ".join(text.words for text in texts), Level.UNION)


def both(texts: Sequence[Text]) -> Text:
    """Join conditions: ``A & B``; no condition is ``any``."""
    if len(texts) < 2:
        return texts[0] if texts else ANY
    return Text(" & ".join(text.at(Level.BOTH) for text in texts), Level.BOTH)


def noted(text: Text, notes: Sequence[str]) -> Text:
    """Return an expression followed by its notes in parentheses."""
    return Text(f"{text.at(Level.ATOM)} ({', '.join(notes)})") if notes else text


_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$.-]*")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_HIDDEN = re.compile("[\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")
_TAKE: TypeAlias = Callable[[str], Json]


def literal(value: Json) -> str:
    """Return a value as minified JSON on one line, with invisible characters escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    text = _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text.replace("```", r"\u0060\u0060\u0060")


def key(name: str) -> str:
    """Return the name of a property, in quotes unless it is a plain word."""
    return name if _KEY.fullmatch(name) else literal(name)


def comment(text: str) -> str:
    """Return a description as the comment at the end of a line."""
    return " // " + re.sub(r"\\(.)", lambda found: '"' if found[1] == '"' else found[0], literal(text)[1:-1])


def regex(pattern: str) -> str:
    """Return a pattern between slashes, or as a JSON string if it has invisible characters."""
    if not pattern or _HIDDEN.search(pattern) or not pattern.isprintable() or "```" in pattern:
        return f"pattern {literal(pattern)}"
    return "/" + re.sub(r"\\.|/", lambda found: r"\/" if found[0] == "/" else found[0], pattern) + "/"


def regex_key(pattern: str) -> str:
    """Return a pattern of keys between slashes, or as a JSON string."""
    return regex(pattern).removeprefix("pattern ")


def _number(value: Json) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _range(low: Json, high: Json, unit: str) -> Iterator[str]:
    """Write ``1..5``, ``5``, ``>= 1`` or ``<= 5`` with the unit."""
    tail = f" {unit}" if unit else ""
    if low is not None and high is not None:
        yield literal(low) + tail if low == high and unit else f"{literal(low)}..{literal(high)}{tail}"
    elif low is not None:
        yield f">= {literal(low)}{tail}"
    elif high is not None:
        yield f"<= {literal(high)}{tail}"


def limits(left: JsonObject) -> Iterator[str]:
    """Write the notes of all limits and remove them from `left`."""

    def take(name: str) -> Json:
        return left.pop(name) if _number(left.get(name)) else None

    yield from _bounds(left, take)
    for low, high, unit in (
        ("minLength", "maxLength", "chars"),
        ("minItems", "maxItems", "items"),
        ("minProperties", "maxProperties", "keys"),
    ):
        yield from _range(take(low), take(high), unit)
    if (unit := take("multipleOf")) is not None:
        yield f"multiple of {literal(unit)}"
    if isinstance(left.get("uniqueItems"), bool):
        yield from ("unique",) if left.pop("uniqueItems") else ()
    if isinstance(left.get("pattern"), str):
        yield regex(cast(str, left.pop("pattern")))
    if isinstance(left.get("format"), str):
        name = cast(str, left.pop("format"))
        yield f"format {name if _WORD.fullmatch(name) else literal(name)}"


def _bounds(left: JsonObject, take: _TAKE) -> Iterator[str]:
    """Write minimum and maximum. In draft 4 the exclusive ones are flags beside them."""
    for flag, bound, sign in (("exclusiveMinimum", "minimum", ">"), ("exclusiveMaximum", "maximum", "<")):
        exclusive = left.get(flag)
        if isinstance(exclusive, bool):
            del left[flag]
            value = take(bound) if exclusive else None
        else:
            value = take(flag)
        if value is not None:
            yield f"{sign} {literal(value)}"
    yield from _range(take("minimum"), take("maximum"), "")


def remarks(left: JsonObject) -> Iterator[str]:
    """Write the notes of title, default and description and remove them from `left`."""
    if isinstance(left.get("title"), str):
        yield f"title {literal(left.pop('title'))}"
    if "default" in left:
        yield f"default {literal(left.pop('default'))}"
    if isinstance(left.get("description"), str):
        yield literal(left.pop("description"))
