"""An earlier run in front of the wire: each text begins with what that run got for it, read again by the schema of now.

Nothing that was paid for is paid for again. What the old answers cannot say is asked as if they had just come in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

from structgen.compile import Input, Plan
from structgen.core.errors import ConfigurationError, StructgenError
from structgen.core.json import Json
from structgen.core.records import Document, Example, Request
from structgen.documents.chunks_schema import ChunkSchema
from structgen.engine.changes import AskedParts, Change
from structgen.engine.flow import Line, extraction
from structgen.engine.reread import Kept, kept_question
from structgen.schema import Schema
from structgen.schema.strict import StrictSchema
from structgen.store import Asked, Entry, Run, Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run in a store whose answers are read again before anything is asked.

    A text that the run did not see, or was asked about in other words (instructions, examples, what the schema says of
    itself), is asked about whole; with `keep` such answers, and those to fields with other descriptions, count on.
    """

    store: Store
    run: Run
    keep: bool = False
    endpoint: str = ""
    """The server that is asked now, as `Request.endpoint` names it."""
    _then: dict[tuple[int, bool], Schema[Any] | None] = field(default_factory=dict[Any, Any], repr=False)

    def at(self, endpoint: str) -> Earlier:
        """The same, where this server is asked now."""
        return replace(self, endpoint=endpoint)

    def line(self, plan: Plan[T], text: Input) -> Line[T]:
        """The line for a text. Raises ConfigurationError where the run asked another server."""
        document = text.text if isinstance(text, Document) else text
        entries = self.store.answers(self.run.id, document) if isinstance(document, str) else ()
        self._check_server(entries)
        kept = self._kept(plan, text, entries)
        if kept is None:
            return extraction(plan, text)
        for entry in (kept.whole, *kept.parts):
            self.store.note(entry)
        return extraction(plan, text, partial(kept_question, kept))

    def _check_server(self, entries: Sequence[Entry]) -> None:
        others = {entry.request.endpoint for entry in entries} - {self.endpoint}
        if others:
            there, here = (name or "the provider's own server" for name in (others.pop(), self.endpoint))
            raise ConfigurationError(
                f"Run {self.run.id} asked {there}, and now it would be {here}. Set the base URL as it was then, or "
                "read what is kept alone with the model replay."
            )

    def _kept(self, plan: Plan[Any], text: Input, entries: Sequence[Entry]) -> Kept | None:
        """What is kept for a text, None where it is no answer to what is asked now."""
        if not entries or self._is_answered(plan, text, entries):
            return None
        for number in reversed(range(len(entries))):
            entry = entries[number]
            for asked in self.run.asked:
                then = self._schema_of(asked, chunk=isinstance(plan.brief.schema, ChunkSchema))
                if then is not None and _asks(entry.request, then):
                    if not self.keep and other_words(asked, _asked_now(plan)):
                        return None
                    later, strict = tuple(entries[number + 1 :]), _strict_of(then) if entry.request.strict else None
                    return Kept(entry, later, then.json_schema, strict, words=not self.keep, run=self.run.id)
        return None

    def _is_answered(self, plan: Plan[Any], text: Input, entries: Sequence[Entry]) -> bool:
        """Whether the very question of now has an answer in the store that is none of those."""
        request = replace(plan.request_for(text), endpoint=self.endpoint)
        return request not in [entry.request for entry in entries] and self.store.get(request) is not None

    def _schema_of(self, asked: Asked, *, chunk: bool) -> Schema[Any] | None:
        """The schema that was asked for, of a whole text or of a chunk; None where it cannot be used any more."""
        key = (id(asked), chunk)
        if key not in self._then:
            then = Schema[Json]("then", asked.json_schema, None, {})
            try:
                self._then[key] = ChunkSchema(then) if chunk else then
            except StructgenError:
                self._then[key] = None
        return self._then[key]


def asked_of(schema: Schema[Any], instructions: str, examples: Sequence[Example]) -> Asked:
    """What a run notes of what it asks for."""
    return Asked(schema.json_schema, instructions, _pairs(examples))


def _pairs(examples: Sequence[Example]) -> Json:
    """Worked examples as plain JSON."""
    return json.loads(json.dumps([[example.text, example.value] for example in examples]))


def _asks(request: Request, schema: Schema[Any]) -> bool:
    """Whether a request asked for a whole value of the schema."""
    if not request.strict:
        return request.json_schema == schema.json_schema
    strict = _strict_of(schema)
    return strict is not None and request.json_schema == strict.json_schema


def _strict_of(schema: Schema[Any]) -> StrictSchema | None:
    return schema.strict if isinstance(schema.strict, StrictSchema) else None


def _asked_now(plan: Plan[Any]) -> Asked:
    return asked_of(plan.brief.schema, plan.brief.instructions, plan.brief.examples)


def other_words(then: Asked, now: Asked) -> tuple[str, ...]:
    """What is told in other words now, of that which is said of the task as a whole."""
    schema = Change(AskedParts(then.json_schema, {}).at, now.json_schema)
    differs = {
        "instructions": then.instructions != now.instructions,
        "examples": (then.examples or []) != now.examples,
        "description": schema.is_other(""),
    }
    return tuple(what for what, other in differs.items() if other)
