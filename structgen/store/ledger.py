"""The records that the store returns: answers, entries, and the ledger of runs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from structgen.core.json import Json, JsonObject
from structgen.core.masking import mask_command
from structgen.core.records import Completion, Request
from structgen.core.screen import moment, visible_line
from structgen.core.short_repr import short_repr
from structgen.store.database import document_name

if TYPE_CHECKING:
    from structgen.report.notebook_parts import RunFacts


@dataclass(frozen=True, slots=True)
class Answer:
    """A completion, and whether it was requested and paid for just now."""

    completion: Completion
    paid: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored completion and its request. `at` is when it arrived, in seconds since 1970."""

    request: Request
    completion: Completion
    at: float


@dataclass(frozen=True, slots=True)
class Recorded:
    """A model with stored completions, and its server as requests name it."""

    provider: str
    model: str
    endpoint: str


@dataclass(frozen=True, slots=True)
class StoredUsage:
    """A number of completions, and their tokens as far as servers reported them."""

    completions: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What a run was asked to extract, as far as its requests do not show it: the user's schema and instructions.

    `examples` are the worked examples as ``[text, value]`` pairs, to see whether they have changed since.
    """

    json_schema: JsonObject | bool
    instructions: str = ""
    examples: Json = None


@dataclass(frozen=True, slots=True, repr=False)
class Run:
    """A run in the ledger. `finished` is None if the run was interrupted or is still going. Times are as in `Entry`.

    `asked` is what it was asked to extract, followed by that of the earlier run if it reparsed one. It is empty for a
    run of an older structgen, which did not record it.
    """

    id: int
    command: str
    task: str
    model: str
    started: float
    finished: float | None
    rows: int
    asked: tuple[RunSpec, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        return short_repr(replace(self, command=masked(self.command)))

    def __str__(self) -> str:
        """Return one line for people."""
        shown = self._facts()
        told = ", ".join(f"{label} {text}" for label, text in shown.facts)
        return visible_line(f"{shown.title} ({shown.state}): {told}")

    def _repr_html_(self) -> str:
        """Return HTML for notebooks."""
        from structgen.report.notebook_parts import run_html

        return run_html(self._facts())

    def _facts(self) -> RunFacts:
        # imported late, like the templates: commands that only list runs need neither
        from structgen.report.notebook_parts import RunFacts

        facts = [("model", self.model), ("started", moment(self.started)), ("rows", f"{self.rows:,}")]
        if self.finished is not None:
            facts.append(("took", f"{self.finished - self.started:,.1f} s"))
        state = "finished" if self.finished is not None else "still going, or interrupted"
        return RunFacts(f"Run {self.id}: {self.task}", state, self.finished is not None, tuple(facts), self.command)


@dataclass(frozen=True, slots=True)
class Sizes:
    """The contents of a store: counts, bytes on disk, and tokens as far as servers reported them."""

    completions: int
    runs: int
    bytes: int
    input_tokens: int
    output_tokens: int


def masked(text: str) -> str:
    """Return a command line for the ledger, with everything that looks like a key masked, and encodable as UTF-8."""
    return mask_command(text).encode("utf-8", "replace").decode()


def run_name(run: int) -> bytes:
    """Return the name of the lease of a run: random like those of requests, so that none has the same."""
    return document_name(f"run {run}")
