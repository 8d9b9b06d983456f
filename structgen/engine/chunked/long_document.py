"""Documents that are too long for one request: read in chunks side by side, and merged into one value.

Cutting and merging are in documents/chunks/ and documents/merge/; this is the line in between. A chunk is asked for
whatever it contains. Only the merged value has to match the whole schema, with the checks across its fields.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

from structgen.compile import Brief, Input, Plan, compile_brief
from structgen.compile.parameters import CHARS_PER_TOKEN, message_tokens
from structgen.core.errors import ConfigurationError, ExtractionFailed, RequestTooLarge
from structgen.core.json import Json
from structgen.core.options import SHORTEST_CHUNK, Budget
from structgen.core.records import Card, Completion, Document, Passage, Request, Usage
from structgen.core.results import Attempt
from structgen.documents.chunks import Chunk, ChunkSchema, cut_again, cut_text
from structgen.documents.merge import SchemaPlace
from structgen.engine import budget as spending
from structgen.engine.budget import cost_of
from structgen.engine.chunked.whole_result import ReadChunk, whole_of
from structgen.engine.drive import Outcome
from structgen.engine.flow import DocumentLine, Line, Send, SideBySide, extraction
from structgen.engine.observers import Observers, effects_observed
from structgen.engine.reparse.previous_run import PreviousRun, stored_question
from structgen.reask import most_of_all

T = TypeVar("T")

NO_MOST = "budget.max_attempts is None, so nothing limits what a document may take. Set a number of attempts."


@dataclass(frozen=True, slots=True)
class Long(Generic[T]):
    """A document that is read in chunks, with the plan of the whole and the plan of a chunk."""

    plan: Plan[T]
    chunk_plan: Plan[Json]
    text: str
    chunks: tuple[Chunk, ...]
    read: Callable[[Document, Budget], Line[Json]] | None = None
    """Returns the line for a chunk with its budget, if several models are asked about it. None: one model is."""

    def lines(
        self, todo: Sequence[Chunk], done: Sequence[ReadChunk], observers: Observers, previous: PreviousRun | None
    ) -> tuple[Line[Json], ...]:
        """Return the lines of some chunks, each with an equal share of the budget that earlier chunks left."""
        attempts = [attempt for one in done for attempt in one.outcome.attempts]
        brief = self.chunk_plan.brief
        budget = share(brief.options.budget, attempts, brief.card, len(todo))
        plan = replace(self.chunk_plan, brief=replace(brief, options=replace(brief.options, budget=budget)))
        texts = map(self.document, todo)
        if self.read is not None:
            lines = (self.read(text, budget) for text in texts)
        else:
            lines = (extraction(plan, text, stored_question(previous, plan, text)) for text in texts)
        return tuple(effects_observed(line, observers) for line in lines)

    def document(self, chunk: Chunk) -> Document:
        """Return a chunk as a document."""
        above = tuple(Passage(start - chunk.start, self.text[start:end]) for start, end in chunk.above)
        return Document(self.text[chunk.start : chunk.end], context=chunk.context, above=above)

    def sort(self, read: Sequence[ReadChunk]) -> tuple[list[ReadChunk], list[Chunk]]:
        """Return the chunks that were read, and the halves to read in place of those that were too large."""
        large = [one.chunk for one in read if isinstance(one.cause, RequestTooLarge)]
        halves = cut_again(self.text, [chunk for chunk in large if chunk.end - chunk.start > SHORTEST_CHUNK])
        todo = [half for one in read for half in halves.get(one.chunk, ())]
        return [replace(one, halved=one.chunk in halves) for one in read], todo


def plan_chunks(plan: Plan[T], text: Input, *, refused: bool = False) -> Long[T] | None:
    """Return how to read a text in chunks, or None if it fits one request or is a chat.

    `refused`: the server refused the whole text as too large, although our own estimate said that it fits.
    Raises SchemaError if a list of the schema declares a way to be merged that does not exist.
    """
    options = plan.brief.options
    if not isinstance(text, str | Document) or not plan.brief.extracting:
        return None
    words = text.text if isinstance(text, Document) else text
    size = _most_chars(plan, text, len(words))
    if refused:
        size = min(size, max(SHORTEST_CHUNK, -(-len(words) // 2)))
    if len(words) <= size and options.passes == 1:
        return None
    SchemaPlace.of(plan.brief.schema.node).check()
    chunks = cut_text(words, size, options.passes)
    brief = replace(cast("Brief[Json]", plan.brief), schema=ChunkSchema(plan.brief.schema))
    return Long(plan, compile_brief(brief), words, chunks) if chunks else None


def _most_chars(plan: Plan[T], text: Input, length: int) -> int:
    """Return how many characters one request may contain: `chunk_chars`, or what fits the context window."""
    given = plan.brief.options.chunk_chars
    size = length if given is None else min(given, length)
    window = plan.brief.card.context_window if plan.brief.card else None
    if window is None or size < window:
        return size
    try:
        if size == length:
            plan.request_for(text)
            return size
    except RequestTooLarge:
        pass  # then it is read in chunks
    head = message_tokens(plan.template.messages)
    asked = plan.template.parameters.max_completion_tokens
    # The answer may repeat the text, so if it has no limit, it gets twice the tokens of the text.
    limit = (window - head) // 3 if asked is None else (window - head - asked) * 9 // 10
    return max(SHORTEST_CHUNK, min(size, limit * CHARS_PER_TOKEN))


def share(budget: Budget, attempts: Sequence[Attempt], card: Card | None, parts: int) -> Budget:
    """Return what each part may spend so that all together stay within the budget. Attempts are limited per chunk."""
    spent = [spending.spent_at_most(attempt) for attempt in attempts]
    tokens, cost = budget.max_tokens, budget.max_cost
    if tokens is not None:
        tokens = max(0, tokens - sum(map(spending.tokens_of, spent))) // parts
    if cost is not None:
        cost = max(0.0, cost - sum(cost_of(usage, card) or 0.0 for usage in spent)) / parts
    return replace(budget, max_tokens=tokens, max_cost=cost)


def chunked_extraction(long: Long[T], observers: Observers, previous: PreviousRun | None = None) -> DocumentLine[T]:
    """Read the chunks side by side and merge their values.

    Raises the errors of `extraction`. ExtractionFailed carries every attempt and every chunk; it is raised if no chunk
    has a value, or if the merged value does not match the schema.
    """
    todo, done = list(long.chunks), list[ReadChunk]()
    while todo:
        outcomes: list[Outcome[Json]] = yield SideBySide(long.lines(todo, done, observers, previous))
        # The server may know better how much fits: a chunk that is too large for it is read again in halves.
        ended, todo = long.sort([ReadChunk(*pair) for pair in zip(todo, outcomes, strict=True)])
        done += ended
    return whole_of(long.plan, long.text, done)


def most_of_document(
    plan: Plan[T], text: Input, stored: Callable[[Request], Completion | None], previous: PreviousRun | None = None
) -> Usage:
    """Return the maximum usage of extracting from a text. `stored` returns stored answers, which cost nothing.

    Raises ConfigurationError if the number of attempts has no limit.
    """
    long = plan_chunks(plan, text)
    if long is None:
        return _most_of_line(plan, text, stored, previous)
    chunks = (_most_of_line(long.chunk_plan, long.document(chunk), stored, previous) for chunk in long.chunks)
    return sum(chunks, Usage())


def _most_of_line(
    plan: Plan[Any], text: Input, stored: Callable[[Request], Completion | None], previous: PreviousRun | None
) -> Usage:
    """Run the line as far as stored answers carry it. From there on, every attempt counts with its maximum."""
    attempts = plan.brief.options.budget.max_attempts
    if attempts is None:
        raise ConfigurationError(NO_MOST)
    effect = first_unanswered(extraction(plan, text, stored_question(previous, plan, text)), stored)
    if effect is None:
        return Usage()
    return most_of_all(plan.request_for(text), attempts - effect.attempt + 1, effect.at_most)


def first_unanswered(line: Line[Any], stored: Callable[[Request], Completion | None]) -> Send | None:
    """Run a line as far as stored answers carry it. Return its next request, or None if it needs no other."""
    try:
        effect = next(line)
        while (found := stored(effect.request)) is not None:
            effect = line.send(found)
    except (StopIteration, ExtractionFailed):
        return None
    line.close()
    return effect
