"""A document of any length for a cascade: read whole, or in chunks that each go through all its models."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

from structgen.compile import Input, Plan, compile_brief
from structgen.core.errors import ConfigurationError
from structgen.core.json import Json
from structgen.core.options import Budget
from structgen.core.records import Completion, Document, Request, Usage
from structgen.core.results import Extraction
from structgen.engine.budget import FREE, Prices
from structgen.engine.cascade.cascade_line import Turn, cascade_extraction
from structgen.engine.chunked.long_document import (
    NO_MOST,
    Long,
    chunked_extraction,
    first_unanswered,
    plan_chunks,
)
from structgen.engine.document_input import ReadableInput, readable_input
from structgen.engine.flow import DocumentLine, Line, Send
from structgen.engine.observers import Observers, end_observed, observed
from structgen.reask import most_of_all
from structgen.reask.failing_fields import MOST_FIELDS
from structgen.reask.question import MAX_SHOWN_CHARS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CascadeDocument(Generic[T]):
    """A text and the plans of all models that may be asked about it."""

    plans: tuple[Plan[T], ...]
    text: Input
    prices: Prices

    @property
    def budget(self) -> Budget:
        """The budget of all models together."""
        return self.plans[0].brief.options.budget

    def line(self, observers: Observers) -> DocumentLine[T]:
        """Return the line: straight, or chunked if the document is too long for one request of any model."""
        long = self._long(refused=False)
        if long is not None:
            return self._chunked(long, observers)
        return observed(self._straight(), observers)

    def line_in_chunks(self, observers: Observers) -> DocumentLine[T] | None:
        """Return the chunked line for a document that a server found too large, or None if it cannot be cut."""
        # If the chunks were already too large, the error of the server is final.
        long = None if self._long(refused=False) else self._long(refused=True)
        return None if long is None else self._chunked(long, observers)

    def open_questions(self, stored: Callable[[Request], Completion | None]) -> Iterator[Send | None]:
        """Yield for the document, or for each of its chunks, the first request that `stored` has no answer to, or None.

        Raises the errors that extracting raises before it sends a request.
        """
        long = self._long(refused=False)
        if long is None or long.read is None:
            yield first_unanswered(self._straight(), stored)
            return
        for chunk in long.chunks:
            yield first_unanswered(long.read(long.document(chunk), self.budget), stored)

    def most(self, stored: Callable[[Request], Completion | None]) -> Usage:
        """Return the maximum usage. `stored` returns the answers that cost nothing: stored ones and those of the rules.

        Raises ConfigurationError if the number of attempts has no limit.
        """
        if self.budget.max_attempts is None:
            raise ConfigurationError(NO_MOST)
        long = self._long(refused=False)
        if long is None or long.read is None:
            return self._most_of(self._straight(), self.plans, self.text, stored)
        plans, chunks = _chunk_plans(self.plans), map(long.document, long.chunks)
        return sum((self._most_of(long.read(one, self.budget), plans, one, stored) for one in chunks), Usage())

    def _straight(self) -> Line[T]:
        turns = [Turn(plan, readable_input(plan.brief, self.text)) for plan in self.plans]
        return cascade_extraction(turns, self.prices, self.budget, lambda: self._long(refused=True) is not None)

    def _readable(self) -> ReadableInput:
        """Return what all models read of a document in chunks: the rules too, or their chunks would be others."""
        return readable_input(self.plans[-1].brief, self.text)

    def _long(self, *, refused: bool) -> Long[T] | None:
        """Return how the model that takes the least reads the text, or None if every model can read it whole."""
        text = self._readable().input
        asked = [plan for plan in self.plans if plan.brief.provider != FREE]
        longs = [long for plan in asked if (long := plan_chunks(plan, text, refused=refused)) is not None]
        if not longs:
            return None
        long, turns = max(longs, key=lambda one: len(one.chunks)), _chunk_plans(self.plans)
        # The budget of a chunk is what the others leave at the highest price.
        brief = replace(long.chunk_plan.brief, card=self.prices.dearest)

        def read(chunk: Document, budget: Budget) -> Line[Json]:
            chunk_turns = [Turn(plan, ReadableInput(chunk)) for plan in turns]
            return cascade_extraction(chunk_turns, self.prices, budget, lambda: True)

        return replace(long, chunk_plan=replace(long.chunk_plan, brief=brief), read=read)

    def _chunked(self, long: Long[T], observers: Observers) -> DocumentLine[T]:
        line = self._priced(chunked_extraction(long, observers))
        return end_observed(self._readable().placed(line), observers)

    def _priced(self, line: DocumentLine[T]) -> DocumentLine[T]:
        """Run a line. Its cost becomes the sum of what each model costs."""
        result: Extraction[T] = yield from line
        return replace(result, cost=self.prices.cost(result.attempts))

    def _most_of(
        self,
        line: Line[Any],
        plans: Sequence[Plan[Any]],
        text: Input,
        stored: Callable[[Request], Completion | None],
    ) -> Usage:
        """Run the line as far as free answers carry it. From there on, every attempt counts with its maximum."""
        effect = first_unanswered(line, stored)
        if effect is None:
            return Usage()
        asked = [plan for plan in plans if plan.brief.provider != FREE]
        free = len(plans) - len(asked)
        left = (self.budget.max_attempts or 0) - effect.attempt + 1 + free
        each = max((_most_of_attempt(plan, text) for plan in asked), key=lambda one: one.output_tokens or 0)
        return sum([each] * left, Usage())


def _most_of_attempt(plan: Plan[Any], text: Input) -> Usage:
    """Return the maximum usage of any question to a model: the whole again, or as many fields as fit a question."""
    first = plan.request_for(text)
    again = most_of_all(first, 2, Usage())
    described = MOST_FIELDS * MAX_SHOWN_CHARS
    return Usage((again.input_tokens or 0) + described, again.output_tokens, calls=1)


def _chunk_plans(plans: Sequence[Plan[Any]]) -> tuple[Plan[Json], ...]:
    """Return the plans for a chunk, which may lack any field."""
    from structgen.documents.chunks import ChunkSchema

    briefs = (replace(cast("Any", plan.brief), schema=ChunkSchema(plan.brief.schema)) for plan in plans)
    return tuple(map(compile_brief, briefs))
