"""The streamed calls of an Extractor: values while they grow, the items of a list one by one, plain text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator, Mapping
from contextlib import aclosing
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar, cast, overload

from typing_extensions import TypeForm

from structgen.compile import Input, Plan
from structgen.compile.parameters import message_tokens
from structgen.core.errors import ConnectionFailed, StructgenError
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.json import Json
from structgen.core.options import Budget
from structgen.core.records import Card, Completion, Request, Usage
from structgen.core.results import Extraction, Partial
from structgen.engine.answers import Answers
from structgen.engine.budget import beyond
from structgen.engine.drive import Show, adrive_shown, drive_shown
from structgen.engine.flow import Line, Send
from structgen.engine.observers import Observers, effects_observed
from structgen.engine.stream.stream_views import Finished, Growing
from structgen.schema import Context, SchemaOf, U
from structgen.send import Allowance, Streamed

TextLine: TypeAlias = Generator[Send, Completion, Completion]


def text_line(request: Request, budget: Budget, card: Card | None, observers: Observers) -> TextLine:
    """One question, and nothing to check in its answer; observers are told of both, and of a failure.

    Without `max_completion_tokens` the answer may take as much as the model ever writes, and the budget must allow it.
    """
    room = request.parameters.max_completion_tokens or (card.max_completion_tokens if card else None) or 0
    at_most = Usage(message_tokens(request.messages), room, calls=1)
    reason = beyond(budget, (), at_most, card)
    reason = f"{reason}. Set max_completion_tokens, or allow more." if reason else None
    try:
        return (yield from effects_observed(_asked(Send(request, 1, "plain text", at_most, reason)), observers))
    except StructgenError as error:
        observers.failed(error)
        raise


def _asked(effect: Send) -> TextLine:
    return (yield effect)


def whole(piece: str) -> tuple[str, ...]:
    """A piece of the text as it is; a stored answer may be empty, and is no piece then."""
    return (piece,) if piece else ()


class TextStream(Iterator[str]):
    """The pieces of a text. After the last one, `completion` says what they took and why the text ends there.

    Closing it, or leaving its ``with`` block, closes the connection. Raises ConnectionFailed at the end of what came
    where the stream broke off: half a text never looks like a whole one.
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
        """Take no more of it."""
        self._pieces.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncTextStream(AsyncIterator[str]):
    """`TextStream`, awaited."""

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
        """Take no more of it."""
        await self._pieces.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()


def _check(completion: Completion) -> None:
    if completion.finish_reason == INTERRUPTED:
        raise ConnectionFailed(
            f"The stream broke off after {len(completion.text)} characters, which were all handed on. Ask again.",
            body=completion.text,
        )


P = TypeVar("P")
R = TypeVar("R")
T = TypeVar("T")


class Streams(ABC):
    """What an Extractor does with answers that arrive bit by bit."""

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
        """`extract`, with the value shown while it arrives: Partial, Partial, ..., and at last the Extraction.

        A Partial is plain JSON that nobody has checked yet: keys and values as the model writes them, before repairs.
        Only the first answer is shown; what has to be asked again comes in one piece, with the Extraction. Closing
        the iterator closes the connection. The text is read in one piece, however long it is. Raises what `extract`
        raises, a TaskError at once.
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
        """`stream` as an async iterator."""
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
        """Every `item` that the text holds, each once, checked, as soon as the model has written it.

        The answer is a list of them, and is checked as a whole at its end. An item that did not fit is repaired or
        asked for again like any other value, and comes last. Raises what `extract` raises, after the items that came;
        also ExtractionFailed where a second answer no longer holds the items already given.
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
        """`stream_items` as an async iterator."""
        finished, line = self._listed(item, text, instructions, context)
        return self._adrive_items(line, finished)

    def stream_text(self, messages: Input) -> TextStream:
        """The pieces of a plain text as they arrive, for a prompt or a chat: `complete`, streamed.

        Its `.completion` holds the whole and what it took, once the pieces are through.
        """
        return TextStream(self._drive(self._chat(messages), whole))

    def astream_text(self, messages: Input) -> AsyncTextStream:
        """`stream_text` as an async iterator."""
        return AsyncTextStream(self._adrive(self._chat(messages), whole))

    # What an Extractor brings

    _answers: Answers

    @abstractmethod
    def _allowance(self) -> Allowance:
        """What the wire may take for one extraction, from now on."""

    @abstractmethod
    def _chat(self, messages: Input) -> TextLine:
        """The line for plain text, told to the observers."""

    @abstractmethod
    def _planned(
        self, schema: object, text: Input, instructions: str | None, context: Context
    ) -> tuple[Plan[Any], Line[Any]]:
        """What is constant for a schema, and the line for one text, told to the observers."""

    @abstractmethod
    def _listed(
        self, item: object, text: Input, instructions: str | None, context: Context
    ) -> tuple[Finished[Any], Line[Any]]:
        """How the items of a list are shown, and the line for the list."""

    # The drivers, their time running from the first step on

    def _drive(self, line: Generator[Send, Completion, R], show: Show[P]) -> Generator[P | R, None, None]:
        allowance = self._allowance()
        yield from drive_shown(
            line,
            partial(self._answers.stream, allowance=allowance),
            partial(self._answers.answer, allowance=allowance),
            show,
        )

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
                yield shown

    def _drive_items(self, line: Line[Any], finished: Finished[Any]) -> Generator[Any, None, None]:
        for shown in self._drive(line, finished.show):
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
