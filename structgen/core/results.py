"""The results: values with their repairs, their issues and their evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar

from structgen.core.json import Json
from structgen.core.options import Risk
from structgen.core.records import Completion, Evidence, Request, Status, Usage
from structgen.core.short_repr import short_repr
from structgen.core.showing import extraction_text

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Repair:
    """One difference between the response and the accepted value. `before` and `after` are plain JSON.

    `places` are the offsets in the document of the mentions that were merged, and empty for other repairs.
    """

    rule: str
    path: str
    before: Json
    after: Json
    risk: Risk
    places: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """One reason why a value was refused.

    `message` says it in plain words, `code` is a short stable name (``missing``, ``type``, ``duplicate_key``,
    ``cut_off``, ...). `found` is the value in question as plain JSON, `expected` what the schema wants. `repair` is the
    repair that would have helped but that `max_risk` forbids, or None.
    """

    path: str
    message: str
    code: str
    found: Json = None
    expected: str = ""
    repair: Repair | None = None


@dataclass(frozen=True)
class Parsed(Generic[T_co]):
    """A parsed response. `value` is None if it was refused; then `issues` says why.

    `partial` is what could be read of a refused response, as plain JSON; `open` are the paths in it that were cut off.
    `readings` are the candidates (plain JSON) if several readings are equally good but differ. `quotes` maps the paths
    of the value (or of `partial`) to the model's quotes, or to None for a value without one, if quotes were requested.
    `given` is what an accepted value was made from, as plain JSON: the response after all repairs, without defaults and
    computed fields.
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
    """A value while its response is streaming in. Nothing is validated yet.

    `value` is the plain JSON so far. It includes unfinished strings, but no unfinished number, keyword or key. `open`
    are the unfinished paths, from the root to the member being written, which may not be in `value` yet. In a long
    value, the part being written is refreshed every few pieces only. A later Partial never changes an earlier one. The
    value has the user's own schema even if a strict form of it was sent: without the object around a root that is not
    an object, without the nulls of omitted fields, and with free keys as an object.
    """

    value: Json
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request and its completion. `why` says why it was sent; `issues` says why it was not enough, if it was not.

    `at_most` is the estimate made before sending: the most tokens it could take. The completion has the actual one.
    """

    request: Request
    completion: Completion
    issues: tuple[Issue, ...]
    why: str
    at_most: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True)
class ChunkReport:
    """The outcome of one chunk of a long document, ``document[start:end]``. `error` is a sentence if it failed."""

    start: int
    end: int
    status: Literal["ok", "failed"]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A value (plain JSON) that chunks returned: their indexes in `Extraction.chunks`, and its evidence."""

    value: Json
    chunks: tuple[int, ...]
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Chunks that disagree about one part of the value. The first claim was accepted."""

    path: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Alone:
    """An estimate of what the last model of a `Cascade` would have taken alone, at 4 characters a token.

    `cost` is in USD, or None if the price is unknown.
    """

    model: str
    usage: Usage
    cost: float | None


@dataclass(frozen=True, repr=False)
class Extraction(Generic[T_co]):
    """A typed value with its evidence, its repairs, every attempt, and the usage of all attempts.

    `cost` is in USD, or None if a price or a token count is unknown. `chunks` is empty if the document was read as a
    whole; otherwise it reports on every chunk, including those that failed, and `conflicts` lists what chunks disagree
    about. `models` maps the path of each field to the model of a `Cascade` that answered it, and is
    empty if one model was asked.
    """

    value: T_co
    repairs: tuple[Repair, ...] = ()
    attempts: tuple[Attempt, ...] = field(default=(), repr=False)
    """Every request with its completion. Left out of the repr, because it contains whole prompts."""
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None
    chunks: tuple[ChunkReport, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    locate: Callable[[], tuple[Evidence, ...]] = field(default=tuple, repr=False, compare=False)
    """Finds the evidence. Called on the first access to `evidence` only, because many callers never need it."""
    view: Callable[[Extraction[Any]], str] | None = field(default=None, repr=False, compare=False)
    """Renders the extraction as HTML. Passed in, because core must not import report."""
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    alone: Alone | None = field(default=None, repr=False)
    """What the last model of a Cascade would have taken alone; None if one model was asked."""

    @cached_property
    def evidence(self) -> tuple[Evidence, ...]:
        """Where the text supports each leaf of the value, in the order of the value. Empty for generated values."""
        return self.locate()

    @property
    def model(self) -> str:
        """The model of the last completion, as the server names it."""
        return self.attempts[-1].completion.model if self.attempts else ""

    @property
    def unsupported(self) -> tuple[str, ...]:
        """The paths of the values that were not found in the text."""
        return tuple(piece.path for piece in self.evidence if piece.status is Status.UNSUPPORTED)

    __repr__ = short_repr

    def __str__(self) -> str:
        """Return a table in plain text: each value with the status and the place of its evidence."""
        return extraction_text(self)

    def _repr_html_(self) -> str | None:
        """Return HTML for notebooks."""
        return self.view(self) if self.view else None
