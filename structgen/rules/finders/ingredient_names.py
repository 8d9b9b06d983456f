"""The part of an ingredient line behind its amount: the name, how it is prepared, and remarks.

"boneless, skinless chicken thighs, cut up (optional)" is a name with a comma, a preparation, and a remark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from structgen.rules.document.page import Span
from structgen.rules.document.vocabulary import Mention

_CUT = re.compile(r"\s*,\s*|\s*;\s*|\s*\(|\s+[-–—]\s+")
_PIECES = re.compile(r"\s*[,;]\s*|\s*[()]\s*|\s+[-–—]\s+|\s+(?=plus\s|or\s)")
_WORD = re.compile(r"[^\W\d_]+")
_AND = re.compile(r"\s(?:and|or|&|und|et|y|e|en|og|och)\s")
_PARTICIPLE = re.compile(r"[^\W\d_]{3,}ed$")
_PURPOSE = re.compile(r"(?:for|to|zum|zur|pour|para|per|voor|om|till|til)\s", re.IGNORECASE)
_OPTIONAL = re.compile(
    r"\b(?:optional|if desired|nach belieben|facultatif|opcional|facoltativo|optioneel)\b", re.IGNORECASE
)
_OPTIONAL_LABEL = re.compile(r"(optional|opcional|facultatif)\s?[:–-]\s?", re.IGNORECASE)
_SINGLE = frozenset({"optional", "preferably", "ideally", "opcional", "facultatif", "facoltativo", "eventueel"})
"""Single words that begin a remark without a comma before them. "or" and "about" do not."""
_JOINING = frozenset({"or", "about", "plus", "not", "of", "o", "ou", "to"})
_EDGES = " \t,;:.-–—*"


@dataclass(frozen=True, slots=True)
class Named:
    """The name and what follows it. `tail` is all of it, `preparation` and `remark` its parts by what they say."""

    name: Span
    preparation: Span | None = None
    remark: Span | None = None
    tail: Span | None = None
    optional: bool = False


def name_parts(
    text: str, start: int, end: int, mentions: Mapping[int, Mention], *, contained: bool = False
) -> Named | None:
    """Return the name and what follows it, or None if no name is left. `mentions`: the known words by their offset.

    `contained`: the ingredient comes in a can or a packet, so words before its name belong to the name.
    """
    start, opening = opening_remark(text, start, end)
    cut = _cut(text, start, end, mentions)
    name, tail = _trim(text, start, cut), _unbracketed(text, _trim(text, cut, end, " \t,;-–—"))
    if name is None:
        return None
    pieces = list(_classified(text, tail, mentions)) if tail else []
    preparation, remark = (_closed(text, _run(pieces, prepared=wanted)) for wanted in (True, False))
    if preparation is None and not contained and (before := _prepared_before(text, name, mentions)):
        preparation, name = before
    return Named(
        name,
        preparation,
        remark or opening,
        tail or opening,
        is_optional(text, cut, end) or (opening is not None and is_optional(text, *opening)),
    )


def is_optional(text: str, start: int, end: int) -> bool:
    """Whether a part of a line says that the ingredient may be left out."""
    return _OPTIONAL.search(text, start, end) is not None


def opening_remark(text: str, start: int, end: int) -> tuple[int, Span | None]:
    """Return what follows a remark in brackets or "Optional:" at an offset, and the remark."""
    if text.startswith("(", start) and 0 < (close := text.find(")", start, end)) < end - 1:
        return close + 1 + text.startswith(" ", close + 1), (start + 1, close)
    label = _OPTIONAL_LABEL.match(text, start, end)
    return (label.end(), label.span(1)) if label else (start, None)


def _cut(text: str, start: int, end: int, mentions: Mapping[int, Mention]) -> int:
    """Return where the name ends: at a comma, a bracket, a dash, or a remark such as "to taste"."""
    cut = end
    for found in _CUT.finditer(text, start, end):
        comma = found.group().strip() == ","
        if found.start() == start or (comma and _only_qualities(text, start, found.start(), mentions)):
            continue
        if comma and text[found.start() - 1].isdigit() and text[found.end() : found.end() + 1].isdigit():
            continue
        cut = found.start()
        break
    for at, word in mentions.items():
        if start < at < cut and "remark" in word.keys and _begins_remark(text, word):
            return at
    return cut


def _begins_remark(text: str, word: Mention) -> bool:
    written = text[word.start : word.end].casefold()
    return written in _SINGLE or (word.words > 1 and written.split()[0] not in _JOINING - {"plus", "to"})


def _only_qualities(text: str, start: int, end: int, mentions: Mapping[int, Mention]) -> bool:
    """Whether the words before a comma only describe what follows: "boneless, skinless chicken thighs"."""
    at = start
    for word in _WORD.finditer(text, start, end):
        if word.start() < at:
            continue
        known = mentions.get(word.start())
        if known is None or not known.keys & {"quality", "size"}:
            return False
        at = known.end
    return at > start


def _trim(text: str, start: int, end: int, edges: str = _EDGES) -> Span | None:
    """Return a span without white space and punctuation at its ends, or None if nothing is left."""
    while start < end and text[start] in edges:
        start += 1
    while end > start and text[end - 1] in edges:
        end -= 1
    return (start, end) if start < end else None


def _unbracketed(text: str, span: Span | None) -> Span | None:
    """Return what is inside the brackets if a span is nothing but one pair of them."""
    if span and text[span[0]] == "(" and text.find(")", *span) == span[1] - 1:
        return _trim(text, span[0] + 1, span[1] - 1)
    return span


def _classified(text: str, tail: Span, mentions: Mapping[int, Mention]) -> Iterator[tuple[Span, bool | None]]:
    """Yield the pieces of a tail, and whether each is a preparation (True), a remark (False), or unknown (None)."""
    start = tail[0]
    cuts = [found.span() for found in _PIECES.finditer(text, *tail)]
    for a, b in (*cuts, (tail[1], tail[1])):
        piece = _trim(text, start, a, " \t,;()")
        start = b
        if piece:
            yield piece, _is_preparation(text, piece, mentions)


def _is_preparation(text: str, piece: Span, mentions: Mapping[int, Mention]) -> bool | None:
    known = [word for at, word in mentions.items() if piece[0] <= at < piece[1]]
    first = mentions.get(piece[0])
    if (first and "remark" in first.keys) or _PURPOSE.match(text, *piece):
        return first is not None and "preparation" in first.keys
    if any("preparation" in word.keys for word in known):
        return True
    return True if any(_PARTICIPLE.match(word) for word in _WORD.findall(text, *piece)) else None


def _run(pieces: list[tuple[Span, bool | None]], *, prepared: bool) -> Span | None:
    """Return the first run of pieces that are a preparation, or that are none."""
    first: Span | None = None
    last = 0
    for span, kind in pieces:
        fits = (kind is True or (kind is None and first is not None)) if prepared else kind is not True
        if fits:
            first, last = first or span, span[1]
        elif first:
            break
    return (first[0], last) if first else None


def _closed(text: str, span: Span | None) -> Span | None:
    """Return a span with the bracket that closes what it opened."""
    opened = span and text.count("(", *span) > text.count(")", *span) and text.startswith(")", span[1])
    return (span[0], span[1] + 1) if span and opened else span


def _prepared_before(text: str, name: Span, mentions: Mapping[int, Mention]) -> tuple[Span, Span] | None:
    """Return the preparation before a name, and the name behind it: "finely chopped" and "parsley". Else None."""
    at, adverb, done = name[0], False, None
    while (word := mentions.get(at)) and word.end < name[1]:
        if "adverb" in word.keys and not adverb:
            adverb = True
        elif "before" in word.keys or (adverb and "preparation" in word.keys):
            adverb, done = False, word.end
        else:
            break
        joined = _AND.match(text, word.end, name[1])
        at = joined.end() if joined else word.end + 1
    if done is None or done + 1 >= name[1] or text[done] not in " ,":
        return None
    rest = _trim(text, done, name[1])
    return ((name[0], done), rest) if rest else None
