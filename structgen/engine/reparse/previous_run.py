"""An earlier run in front of the wire: each text begins with what that run got for it, read again by the schema of now.

Nothing that was paid for is paid for again. What the old answers cannot say is asked as if they had just come in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from structgen.compile import Input, Plan
from structgen.core.errors import ConfigurationError, StructgenError
from structgen.core.json import Json
from structgen.core.records import Document, Example
from structgen.documents.chunks import ChunkSchema
from structgen.engine.reparse.schema_diff import AskedParts, Change
from structgen.engine.reparse.stored_answers import Kept, kept_question
from structgen.forms import AnswerForm, prompt_forms, sent_by
from structgen.reask import Asking, Question
from structgen.schema import Schema
from structgen.schema.node import Node
from structgen.store import Asked, Entry, Run, Store

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PreviousRun:
    """A run in a store whose answers are read again before anything is asked.

    A text that the run did not see, or was asked about in other words (instructions, examples, what the schema says of
    itself), is asked about whole; with `keep` such answers, and those to fields with other descriptions, count on.
    """

    store: Store
    run: Run
    keep: bool = False
    endpoint: str = ""
    """The server that is asked now, as `Request.endpoint` names it."""
    _known: dict[tuple[int, bool], tuple[AnswerForm, ...]] = field(default_factory=dict[Any, Any], repr=False)

    def at(self, endpoint: str) -> PreviousRun:
        """The same, where this server is asked now."""
        return replace(self, endpoint=endpoint)

    def question(self, plan: Plan[T], text: Input) -> Question[T] | None:
        """The question whose stored answer replaces the first question, or None if the run has none for this text.

        Raises ConfigurationError if the run asked another server.
        """
        document = text.text if isinstance(text, Document) else text
        entries = self.store.answers(self.run.id, document) if isinstance(document, str) else ()
        self._check_server(entries)
        kept = self._kept(plan, text, entries)
        if kept is None:
            return None
        for entry in (kept.whole, *kept.parts):
            self.store.note(entry)
        return kept_question(kept, Asking(plan, plan.request_for(text)))

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
        chunk = isinstance(plan.brief.schema, ChunkSchema)
        for number in reversed(range(len(entries))):
            entry = entries[number]
            for asked in self.run.asked:
                sent = (sent_by(entry.request, one) for one in self._forms(asked, chunk=chunk))
                form = next(filter(None, sent), None)
                if form is not None:
                    if not self.keep and (
                        other_words(asked, _asked_now(plan)) or (plan.form.quoted and not form.quoted)
                    ):
                        return None
                    forms = tuple(one for each in self.run.asked for one in self._forms(each, chunk=chunk))
                    return Kept(entry, tuple(entries[number + 1 :]), form, forms, not self.keep, self.run.id)
        return None

    def _is_answered(self, plan: Plan[Any], text: Input, entries: Sequence[Entry]) -> bool:
        """Whether the very question of now has an answer in the store that is none of those."""
        request = replace(plan.request_for(text), endpoint=self.endpoint)
        return request not in [entry.request for entry in entries] and self.store.get(request) is not None

    def _forms(self, asked: Asked, *, chunk: bool) -> tuple[AnswerForm, ...]:
        """How was asked for a whole text or a chunk; nothing where that schema cannot be used any more."""
        key = (id(asked), chunk)
        if key not in self._known:
            then = Schema[Json]("then", asked.json_schema, None, {})
            try:
                self._known[key] = prompt_forms(ChunkSchema(then) if chunk else then)
            except StructgenError:
                self._known[key] = ()
        return self._known[key]


def stored_question(previous: PreviousRun | None, plan: Plan[T], text: Input) -> Question[T] | None:
    """The question of a previous run that replaces the first question for a text, if there is one."""
    return previous.question(plan, text) if previous else None


def asked_of(schema: Schema[Any], instructions: str, examples: Sequence[Example]) -> Asked:
    """What a run notes of what it asks for."""
    return Asked(schema.json_schema, instructions, _pairs(examples))


def _pairs(examples: Sequence[Example]) -> Json:
    """Worked examples as plain JSON."""
    return json.loads(json.dumps([[example.text, example.value] for example in examples]))


def _asked_now(plan: Plan[Any]) -> Asked:
    return asked_of(plan.brief.schema, plan.brief.instructions, plan.brief.examples)


def other_words(then: Asked, now: Asked) -> tuple[str, ...]:
    """What is told in other words now, of that which is said of the task as a whole."""
    schema = Change(AskedParts(Node.of(then.json_schema), {}).at, Node.of(now.json_schema))
    differs = {
        "instructions": then.instructions != now.instructions,
        "examples": (then.examples or []) != now.examples,
        "description": schema.is_other(""),
    }
    return tuple(what for what, other in differs.items() if other)
