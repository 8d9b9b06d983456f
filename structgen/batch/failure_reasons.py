"""Group failures by reason: errors that differ only in numbers, ids or quoted values are one group."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import PurePath

from structgen.batch.row import Row, RowStatus
from structgen.core.screen import visible_line

LONGEST = 2_000
"""How many characters of an error are compared."""

_QUOTED = re.compile(r"""(?<!\w)'[^'\n]*'(?!\w)|"[^"\n]*"|`[^`\n]*`|“[^”\n]*”""")
_WITH_DIGIT = re.compile(r"[^\W_]*\d[\w-]*(?:[.,:]\d[\w-]*)*")
"""A number, a time, an address, or an id such as ``req_01hx`` and ``A-17``."""
_ID_BEFORE = re.compile(r"[\w-]+(?=#)#|#(?:[-_]#)+")
_SEVERAL = re.compile(r"(?P<one>[…#])(?:(?:, | and | or |, and |, or )[…#])+")
_PLURAL = re.compile(r"(?<=# )([a-z]{2,}[a-rt-z])s\b")
"""``3 attempts`` is the same reason as ``1 attempt``."""
_MORE = re.compile(r" \(and # more\)")
_BLANKS = re.compile(r"\s+")


def reason_of(row: Row) -> str | None:
    """Return why a row is not ok, without the parts that differ between documents; None for a row that is ok.

    Numbers and ids become ``#``; quoted values, the found values, and the document's own id and source become ``…``.
    """
    if row.status is RowStatus.OK:
        return None
    text = visible_line((row.error or "no reason was given")[:LONGEST])
    found = (issue.found for issue in row.issues[:10])
    texts = {value for value in found if isinstance(value, str)}
    for own in sorted({row.source, row.id, PurePath(row.source).name, *texts}, key=len, reverse=True):
        text = _without(text, visible_line(own[:LONGEST]))
    # two models of a cascade are two reasons, although only a number may tell them apart
    model, between, rest = text.partition(": ")
    if row.model and model.endswith(row.model) and " " not in model:
        return model + between + general(rest)
    return general(text)


def _without(text: str, own: str) -> str:
    """Replace values of a document by ``…`` where they are whole words. Under 3 letters they may be the message's."""
    if len(own) < 3 or own not in text:
        return text
    begin, end = (r"\b" if char.isalnum() else "" for char in (own[0], own[-1]))
    return re.sub(f"{begin}{re.escape(own)}{end}", "…", text)


def general(text: str) -> str:
    """Return an error without its quoted values, numbers and ids."""
    text = _QUOTED.sub("…", text)
    text = _WITH_DIGIT.sub("#", text)
    text = _PLURAL.sub(r"\1", _MORE.sub("", _ID_BEFORE.sub("#", text)))
    return _BLANKS.sub(" ", _SEVERAL.sub(r"\g<one>", text)).strip()


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """The failures with one reason: their status, their number, and the first of them."""

    reason: str
    status: str
    count: int
    id: str
    source: str
    error: str

    @property
    def example(self) -> str:
        """The first document: its source, and its id if the source does not end with it."""
        return named(self.source, self.id)


def named(source: str, own: str) -> str:
    """Name a document by its source, and by its id if the source does not end with it."""
    return source if source.endswith(own) else f"{source} ({own})"


class FailureGroups:
    """Counts failures by status and reason, as rows arrive. Failures beyond `most` groups are counted together."""

    def __init__(self, most: int = 1_000) -> None:
        self._most = most
        self._groups: dict[tuple[str, str], FailureGroup] = {}

    def add(self, status: str, reason: str, *, id: str, source: str, error: str) -> None:  # noqa: A002 - as in Row
        """Count a failure."""
        key = (status, reason)
        if key not in self._groups and len(self._groups) >= self._most:
            key = (status, OTHER)
        known = self._groups.get(key)
        self._groups[key] = (
            FailureGroup(key[1], status, 1, id, source, error)
            if known is None
            else replace(known, count=known.count + 1)
        )

    @property
    def ranked(self) -> tuple[FailureGroup, ...]:
        """All groups: failed before incomplete, the largest first."""
        groups: Iterable[FailureGroup] = self._groups.values()
        return tuple(sorted(groups, key=lambda one: (one.status != RowStatus.FAILED, -one.count)))


OTHER = "other reasons"
