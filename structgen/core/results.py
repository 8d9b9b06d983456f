"""What comes out of it all: values with what was changed, what is wrong with them, and where they came from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.records import Completion, Evidence, Request, Status, Usage

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Repair:
    """One change between what the response said and what was accepted. `before` and `after` are plain JSON."""

    rule: str
    path: str
    before: Json
    after: Json
    risk: Risk


@dataclass(frozen=True, slots=True)
class Issue:
    """One reason why a value was refused, in plain words.

    `code` is a short stable name (``missing``, ``type``, ``duplicate_key``, ``cut_off``, ...), `found` the value in
    question as plain JSON, `expected` what belongs there. `repair` is the repair that `max_risk` did not allow.
    """

    path: str
    message: str
    code: str
    found: Json = None
    expected: str = ""
    repair: Repair | None = None


@dataclass(frozen=True)
class Parsed(Generic[T_co]):
    """A response that was read. `value` is None where it was refused; then `issues` says why.

    `partial` is what could be read of a refused response as plain JSON, `open` the paths in it that were cut off,
    `readings` the candidates (plain JSON) where several readings are equally good and differ. `quotes` holds, where
    quotes were asked for, those of the value (or of `partial`) by path: None for a value that has none. `given` is what
    an accepted value was made of, as plain JSON: the response after all repairs, without defaults and computed fields.
    """

    ok: bool
    value: T_co | None
    issues: tuple[Issue, ...] = ()
    repairs: tuple[Repair, ...] = ()
    partial: Json = None
    open: tuple[str, ...] = ()
    readings: tuple[Json, ...] = ()
    quotes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    given: Json = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Partial:
    """A value while its response streams in, before anything is checked.

    `value` is plain JSON as far as it came: open strings as far as they go, but no unfinished number, keyword or key.
    `open` are the paths that are not finished, from the root down to the member being written, which need not be
    there yet. Of a long value the part being written is refreshed every few pieces. A later Partial never changes an
    earlier one. Where the server is held to a strict schema, the value is shown in the plain form: without the object
    around a root that is none, without the nulls of what was left out, and objects with free keys as such.
    """

    value: Json
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and what became of it. `why` says why it was made, `issues` why it was not enough (empty: it was).

    `at_most` is the estimate made beforehand: the most tokens it could take. What it took stands in the completion.
    """

    request: Request
    completion: Completion
    issues: tuple[Issue, ...]
    why: str
    at_most: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class ChunkReport:
    """What became of one chunk of a long document, ``document[start:end]``. `error` is one sentence where it failed."""

    start: int
    end: int
    status: Literal["ok", "failed"]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A value (plain JSON) that chunks gave: their numbers in `Extraction.chunks`, and where they found it."""

    value: Json
    chunks: tuple[int, ...]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Chunks that say different things about one part of the value. The first claim is the one that was taken."""

    path: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Extraction(Generic[T_co]):
    """A typed value with its evidence, the repairs that led to it, every attempt and what they took.

    `cost` is in USD, None where a price or a token count is unknown. `chunks` is empty where the document was read as a
    whole; else it names every chunk, those that failed too, and `conflicts` what chunks do not agree about.
    """

    value: T_co
    repairs: tuple[Repair, ...] = ()
    attempts: tuple[Attempt, ...] = field(default=(), repr=False)
    """Every request and its response, whole prompts too: more than anybody wants to see printed."""
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    chunks: tuple[ChunkReport, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    locate: Callable[[], tuple[Evidence, ...]] = field(default=tuple, repr=False, compare=False)
    """Looks up the evidence; called once, when somebody asks for it, because most callers never do."""
    view: Callable[[Extraction[Any]], str] | None = field(default=None, repr=False, compare=False)
    """Draws the extraction as HTML; it comes from outside, because the records know nothing of how they look."""

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where each leaf of the value stands in the text, in the order of the value; empty for generated values."""
        return self.locate()

    @property
    def model(self) -> str:
        """The model that gave the accepted completion, as the server names it."""
        return self.attempts[-1].completion.model if self.attempts else ""

    @property
    def unsupported(self) -> tuple[str, ...]:
        """The paths of the values that were not found in the text."""
        return tuple(piece.path for piece in self.evidence if piece.status is Status.UNSUPPORTED)

    def _repr_html_(self) -> str | None:
        """What a notebook shows."""
        return self.view(self) if self.view else None
