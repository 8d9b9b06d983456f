"""The records that a report of a run is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from structgen.core.json import Json, JsonObject
from structgen.core.masking import mask
from structgen.core.records import Completion, Request
from structgen.report.changes import Change
from structgen.report.view import View, tokens


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What a report says about its run. `facts` are labels with their texts; `notices` what a reader must know.

    `against` names the run that it is compared with; empty without one.
    """

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    notices: tuple[str, ...] = ()
    against: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a request: who says it, and what."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and its response, as they are shown: without keys, and without the document, which is shown anyway."""

    model: str
    facts: tuple[str, ...]
    messages: tuple[Said, ...]
    response: str
    reasoning: str = ""


@dataclass(frozen=True)
class Reported:
    """A document of a report.

    `row` is its row as JSON, which can be copied. `accepted` is its value, or None if it was refused. `text` is its
    text, or None; `text_note` says why it is not available. `other` is the same document in the run that is compared.
    """

    id: str
    source: str
    status: str
    view: View
    row: JsonObject
    accepted: Json = None
    text: str | None = None
    text_note: str = ""
    exchanges: tuple[Exchange, ...] = ()
    seconds: float | None = None
    other: Reported | None = None
    changes: tuple[Change, ...] = field(default=())
    notes: tuple[str, ...] = ()

    @cached_property
    def size(self) -> int:
        """The length of its text in characters."""
        return len(self.text or "")


def exchange(request: Request, completion: Completion) -> Exchange:
    """Return a request and its response as they are shown."""
    facts = [f"ended with “{completion.finish_reason}”"] if completion.finish_reason else []
    facts += [tokens(completion.usage)] if completion.usage.calls or completion.usage.input_tokens else []
    facts += [f"{completion.seconds:.2f} s"] if completion.seconds is not None else []
    facts += [f"{completion.transport_retries} × sent again"] if completion.transport_retries else []
    facts += [f"refused by the server: {completion.failure}"] if completion.failure else []
    return Exchange(
        completion.model or request.model,
        tuple(facts),
        tuple(Said(message.role, mask(_without(message.text, request.document))) for message in request.messages),
        mask(completion.said),
        mask(completion.reasoning or ""),
    )


def _without(message: str, document: str | None) -> str:
    """Return a message with a note in place of the document."""
    if not document or len(document) < 40:
        return message
    return message.replace(document, f"[the text: {len(document):,} characters]")


def seconds_of(completions: Sequence[Completion]) -> float | None:
    """Return how long the responses took together, or None if nothing says it."""
    known = [one.seconds for one in completions if one.seconds is not None]
    return sum(known) if known else None
