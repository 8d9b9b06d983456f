"""The streaming methods of an Extractor: growing values, the items of a list one by one, plain text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import aclosing, closing
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias, TypeVar, cast, overload

from typing_extensions import TypeForm, Unpack

from structgen.compile import Input, Plan
from structgen.compile.parameters import message_tokens
from structgen.core.closing import AsyncClosing, Closing
from structgen.core.errors import ConfigurationError, ConnectionFailed, StructgenError
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.json import Json
from structgen.core.options import Budget, Options, TextParameters
from structgen.core.records import Card, Completion, Document, Request, Usage
from structgen.core.results import Extraction, Partial
from structgen.engine.answers import Answers
from structgen.engine.budget import beyond, cost_of
from structgen.engine.drive import Show, adrive_shown, drive_shown
from structgen.engine.flow import Line, Send
from structgen.engine.observers import ABANDONED, Observers, effects_observed
from structgen.engine.stream.stream_views import Finished, Growing
from structgen.schema import Context, SchemaOf, U
from structgen.send import Allowance, Streamed

TextLine: TypeAlias = Generator[Send, Completion, Completion]


def refuse_chunks(options: Options, text: Input) -> None:
    """Raise ConfigurationError if the options ask for what a stream does not do: it reads a text once, in one piece."""
    if options.passes > 1:
        raise ConfigurationError(
            f"A stream reads the text once, so passes={options.passes} has no effect. Use extract, or passes=1."
        )
    words = text.text if isinstance(text, Document) else text
    if isinstance(words, str) and options.chunk_chars is not None and len(words) > options.chunk_chars:
        raise ConfigurationError(
            f"A stream reads the text in one piece, and this one has {len(words):,} characters, more than "
            f"chunk_chars={options.chunk_chars:,}. Use extract, or omit chunk_chars."
        )


def text_line(request: Request, budget: Budget, card: Card | None, observers: Observers) -> TextLine:
    """The line for plain text: one request, whose answer is not checked. It is reported to the observers.

    Without `max_completion_tokens`, the budget must allow for the longest answer that the model can write.
    """
    limit = request.parameters.max_completion_tokens or (card.max_completion_tokens if card else None) or 0
    at_most = Usage(message_tokens(request.messages), limit, calls=1)
    reason = beyond(budget, (), at_most, card)
    reason = f"{reason}. Set max_completion_tokens, or allow more." if reason else None
    try:
        effect = Send(request, 1, "plain text", at_most, reason)
        completion = yield from effects_observed(_asked(effect), observers)
        return replace(completion, cost=cost_of(completion.usage, card))
    except GeneratorExit:
        observers.failed(ABANDONED)
        raise
    except StructgenError as error:
        observers.failed(error)
        raise


def _asked(effect: Send) -> TextLine:
    return (yield effect)


def whole(piece: str) -> tuple[str, ...]:
    """Show a piece of the text as it is. A stored answer may be empty; then there is nothing to show."""
    return (piece,) if piece else ()


class TextStream(Iterator[str], Closing):
    """An iterator over the pieces of a text. After the last one, `completion` has the usage and the finish reason.

    Closing it, or leaving its ``with`` block, closes the connection. If the stream is interrupted, ConnectionFailed is
    raised after the last piece, so that half a text never looks like a whole one.
    """

    completion: Completion | None = None

    def __init__(self, pieces: Generator[Streamed, None, None]) -> None:
        self._pieces = pieces

    def __next__(self) -> str:
        for piece in self._pieces:
            if isinstance(piece, str):
                return piece
            self.completion = piece
            _check(piece)
        raise StopIteration

    def close(self) -> None:
        """Close the connection."""
        self._pieces.close()


class AsyncTextStream(AsyncIterator[str], AsyncClosing):
    """Async version of `TextStream`."""

    completion: Completion | None = None

    def __init__(self, pieces: AsyncGenerator[Streamed, None]) -> None:
        self._pieces = pieces

    async def __anext__(self) -> str:
        async for piece in self._pieces:
            if isinstance(piece, str):
                return piece
            self.completion = piece
            _check(piece)
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Close the connection."""
        await self._pieces.aclose()


def _check(completion: Completion) -> None:
    if completion.finish_reason == INTERRUPTED:
        raise ConnectionFailed(
            f"The stream was interrupted after {len(completion.text)} characters, which were all passed on. Try again.",
            body=completion.text,
        )


P = TypeVar("P")
R = TypeVar("R")
T = TypeVar("T")


class Streams(ABC):
    """The streaming methods of an Extractor."""

    @overload
    def stream(
        self, schema: SchemaOf[U], text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Generator[Partial | Extraction[U], None, None]: ...
    @overload
    def stream(
        self, schema: Mapping[str, Any] | bool, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Generator[Partial | Extraction[Json], None, None]: ...
    @overload
    def stream(
        self, schema: TypeForm[T], text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Generator[Partial | Extraction[T], None, None]: ...
    def stream(
        self, schema: object, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Generator[Partial | Extraction[Any], None, None]:
        """Extract a value and show it while it arrives: Partial, Partial, ..., and at the end the Extraction.

        A Partial is unchecked plain JSON: keys and values as the model writes them, before any repair. Only the first
        answer is streamed. If it is refused, the next one arrives in one piece, with the Extraction. Closing the
        iterator closes the connection. A text is never cut into chunks here. Raises the same errors as `extract`;
        TaskError is raised by the call itself.
        """
        plan, line = self._planned(schema, text, instructions, context)
        return self._drive(line, Growing(plan.form).show)

    @overload
    def astream(
        self, schema: SchemaOf[U], text: Input, instructions: str | None = None, *, context: Context = None
    ) -> AsyncGenerator[Partial | Extraction[U], None]: ...
    @overload
    def astream(
        self, schema: Mapping[str, Any] | bool, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> AsyncGenerator[Partial | Extraction[Json], None]: ...
    @overload
    def astream(
        self, schema: TypeForm[T], text: Input, instructions: str | None = None, *, context: Context = None
    ) -> AsyncGenerator[Partial | Extraction[T], None]: ...
    def astream(
        self, schema: object, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> AsyncGenerator[Partial | Extraction[Any], None]:
        """Async version of `stream`."""
        plan, line = self._planned(schema, text, instructions, context)
        return self._adrive(line, Growing(plan.form).show)

    @overload
    def stream_items(
        self, item: SchemaOf[U], text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Generator[U, None, None]: ...
    @overload
    def stream_items(
        self, item: Mapping[str, Any] | bool, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Generator[Json, None, None]: ...
    @overload
    def stream_items(
        self, item: TypeForm[T], text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Generator[T, None, None]: ...
    def stream_items(
        self, item: object, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Generator[Any, None, None]:
        """Yield every `item` in the text, validated, once, as soon as the model has written it.

        The answer is a list, which is validated as a whole at its end. An item that does not fit is repaired or asked
        for again like any other value, and comes last. Raises the same errors as `extract`, after the items that were
        yielded; and ExtractionFailed if a second answer lacks items that were already yielded.
        """
        finished, line = self._listed(item, text, instructions, context)
        return self._drive_items(line, finished)

    @overload
    def astream_items(
        self, item: SchemaOf[U], text: Input, instructions: str | None = None, *, context: Context = None
    ) -> AsyncGenerator[U, None]: ...
    @overload
    def astream_items(
        self, item: Mapping[str, Any] | bool, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> AsyncGenerator[Json, None]: ...
    @overload
    def astream_items(
        self, item: TypeForm[T], text: Input, instructions: str | None = None, *, context: Context = None
    ) -> AsyncGenerator[T, None]: ...
    def astream_items(
        self, item: object, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> AsyncGenerator[Any, None]:
        """Async version of `stream_items`."""
        finished, line = self._listed(item, text, instructions, context)
        return self._adrive_items(line, finished)

    def stream_text(self, messages: Input, **parameters: Unpack[TextParameters]) -> TextStream:
        """Stream plain text for a prompt or a chat, as `complete` returns it in one piece.

        After the last piece, `.completion` of the stream has the whole text, its usage and its cost.
        """
        return TextStream(self._drive(self._chat(messages, parameters), whole))

    def astream_text(self, messages: Input, **parameters: Unpack[TextParameters]) -> AsyncTextStream:
        """Async version of `stream_text`."""
        return AsyncTextStream(self._adrive(self._chat(messages, parameters), whole))

    # Implemented by Extractor

    _answers: Answers

    @abstractmethod
    def _allowance(self) -> Allowance:
        """Return what one extraction may take from now on, in time and transport retries."""

    @abstractmethod
    def _chat(self, messages: Input, parameters: TextParameters) -> TextLine:
        """Return the line for plain text with these parameters, reported to the observers."""

    @abstractmethod
    def _planned(
        self, schema: object, text: Input, instructions: str | None, context: Context
    ) -> tuple[Plan[Any], Line[Any]]:
        """Return the plan for a schema, and the line for one text, reported to the observers."""

    @abstractmethod
    def _listed(
        self, item: object, text: Input, instructions: str | None, context: Context
    ) -> tuple[Finished[Any], Line[Any]]:
        """Return what shows the items of a list, and the line for the list."""

    # The time budget starts with the first step of the iterator, not with the call. It does not run while the consumer
    # holds a piece: a slow consumer must not make the answer fail that the server is sending in time.

    def _drive(self, line: Generator[Send, Completion, R], show: Show[P]) -> Generator[P | R, None, None]:
        allowance = self._allowance()
        driven = drive_shown(
            line,
            partial(self._answers.stream, allowance=allowance),
            partial(self._answers.answer, allowance=allowance),
            show,
        )
        with closing(driven):
            for shown in driven:
                with allowance.paused():
                    yield shown

    async def _adrive(self, line: Generator[Send, Completion, R], show: Show[P]) -> AsyncGenerator[P | R, None]:
        allowance = self._allowance()
        driven = adrive_shown(
            line,
            partial(self._answers.astream, allowance=allowance),
            partial(self._answers.aanswer, allowance=allowance),
            show,
        )
        async with aclosing(driven):
            async for shown in driven:
                with allowance.paused():
                    yield shown

    def _drive_items(self, line: Line[Any], finished: Finished[Any]) -> Generator[Any, None, None]:
        with closing(self._drive(line, finished.show)) as driven:
            for shown in driven:
                if isinstance(shown, Extraction):
                    yield from finished.show_rest(cast("Extraction[list[Any]]", shown))
                else:
                    yield shown

    async def _adrive_items(self, line: Line[Any], finished: Finished[Any]) -> AsyncGenerator[Any, None]:
        async with aclosing(self._adrive(line, finished.show)) as driven:
            async for shown in driven:
                if isinstance(shown, Extraction):
                    for item in finished.show_rest(cast("Extraction[list[Any]]", shown)):
                        yield item
                else:
                    yield shown
