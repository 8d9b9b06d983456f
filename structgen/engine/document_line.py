"""A document of any length for one model: read whole, or in chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from structgen.compile import Input, Plan
from structgen.core.records import Completion, Request, Usage
from structgen.engine.chunked.long_document import (
    chunked_extraction,
    first_unanswered,
    most_of_document,
    plan_chunks,
)
from structgen.engine.document_input import readable_input
from structgen.engine.flow import DocumentLine, Send, extraction
from structgen.engine.observers import Observers, end_observed, observed
from structgen.engine.reparse.previous_run import PreviousRun, stored_question

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ModelDocument(Generic[T]):
    """A text, the plan of the model that is asked about it, and the run whose answers are read first, if any."""

    plan: Plan[T]
    text: Input
    previous: PreviousRun | None = None

    def line(self, observers: Observers) -> DocumentLine[T]:
        """Return the line for the text: straight, or chunked if a document is too long for one request."""
        readable = readable_input(self.plan.brief, self.text)
        long = plan_chunks(self.plan, readable.input)
        if long is None:
            first = stored_question(self.previous, self.plan, readable.input)
            return observed(readable.placed(extraction(self.plan, readable.input, first)), observers)
        line = chunked_extraction(long, observers, self.previous)
        return end_observed(readable.placed(line), observers)

    def line_in_chunks(self, observers: Observers) -> DocumentLine[T] | None:
        """Return the chunked line for a document that the server found too large, or None if it cannot be cut."""
        readable = readable_input(self.plan.brief, self.text)
        # If the chunks were already too large, the server's error is final.
        was_whole = plan_chunks(self.plan, readable.input) is None
        long = plan_chunks(self.plan, readable.input, refused=True) if was_whole else None
        if long is None:
            return None
        line = chunked_extraction(long, observers, self.previous)
        return end_observed(readable.placed(line), observers)

    def open_questions(self, stored: Callable[[Request], Completion | None]) -> Iterator[Send | None]:
        """Yield for the document, or for each of its chunks, the first request that `stored` has no answer to, or None.

        Raises the errors that extracting raises before it sends a request.
        """
        text = readable_input(self.plan.brief, self.text).input
        long = plan_chunks(self.plan, text)
        parts: list[tuple[Plan[Any], Input]] = [(self.plan, text)]
        if long is not None:
            parts = [(long.chunk_plan, long.document(chunk)) for chunk in long.chunks]
        for plan, part in parts:
            yield first_unanswered(extraction(plan, part, stored_question(self.previous, plan, part)), stored)

    def most(self, stored: Callable[[Request], Completion | None]) -> Usage:
        """Return the maximum usage of extracting. `stored` returns stored answers, which cost nothing."""
        text = readable_input(self.plan.brief, self.text).input
        return most_of_document(self.plan, text, stored, self.previous)
