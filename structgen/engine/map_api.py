"""The calls of an Extractor for many texts: concurrent, in order and lazy. One failure does not stop the others."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator, Iterable, Mapping
from copy import copy
from os import PathLike
from pathlib import Path
from typing import Any, Self, TypeVar, cast, overload

from typing_extensions import TypeForm

from structgen.compile import Input
from structgen.core.argument_checks import argument, kind_of, mapping, optional, string
from structgen.core.chat_message import Image, Message
from structgen.core.errors import (
    AuthenticationFailed,
    ConfigurationError,
    DocumentError,
    ExtractionFailed,
    ModelUnavailable,
    NotSent,
)
from structgen.core.events import Observer
from structgen.core.json import Json
from structgen.core.records import Document
from structgen.core.results import Extraction
from structgen.engine.budget import is_paid
from structgen.engine.drive import Outcome, aattempted, amap_ordered, attempted, map_ordered
from structgen.engine.progress.map_progress import MapProgress, ShowProgress, map_progress
from structgen.schema import Context, SchemaOf, U
from structgen.store import Store

M = TypeVar("M", bound="Maps")
T = TypeVar("T")

CONCURRENCY = 8
"""Default of the maximum concurrent texts in `map`."""


class Gate:
    """Shut once the server has refused the key or the model: then no other text of the same call can succeed."""

    def __init__(self) -> None:
        self._refused: AuthenticationFailed | ModelUnavailable | None = None

    def is_shut(self) -> bool:
        """Whether the server has refused the key or the model."""
        return self._refused is not None

    def checked(self, run: Callable[[], Extraction[T]]) -> Outcome[T]:
        """Return the outcome of a text, which fails without a request if the gate is shut."""

        def opened() -> Extraction[T]:
            self._check()
            return run()

        return self._passed(attempted(opened))

    async def achecked(self, run: Callable[[], Awaitable[Extraction[T]]]) -> Outcome[T]:
        """Async version of `checked`."""

        async def opened() -> Extraction[T]:
            self._check()
            return await run()

        return self._passed(await aattempted(opened()))

    def _check(self) -> None:
        if self._refused is not None:
            # A copy, because threads that raise the same exception would mix up its traceback.
            again = copy(self._refused)
            again.args = (f"{self._refused} Not sent, because the server has refused an earlier text.",)
            raise again

    def _passed(self, outcome: Outcome[T]) -> Outcome[T]:
        cause = outcome.__cause__ if isinstance(outcome, ExtractionFailed) else None
        if isinstance(cause, AuthenticationFailed | ModelUnavailable):
            self._refused = self._refused or cause
        elif isinstance(cause, NotSent) and self._refused is not None and not is_paid(outcome.attempts):
            return self.checked(_given_up)
        return outcome


def _given_up() -> Extraction[Any]:
    raise NotSent("The run was stopped.")  # never reached, because the gate is shut


class Maps(ABC):
    """The methods of an Extractor for many texts."""

    @overload
    def map(
        self,
        schema: SchemaOf[U],
        texts: Iterable[Input],
        instructions: str | None = None,
        *,
        concurrency: int = ...,
        context: Context = None,
        store: Store | Path | str | None = None,
        progress: ShowProgress = False,
    ) -> Generator[Outcome[U], None, None]: ...
    @overload
    def map(
        self,
        schema: Mapping[str, Any] | bool,
        texts: Iterable[Input],
        instructions: str | None = None,
        *,
        concurrency: int = ...,
        context: Context = None,
        store: Store | Path | str | None = None,
        progress: ShowProgress = False,
    ) -> Generator[Outcome[Json], None, None]: ...
    @overload
    def map(
        self,
        schema: TypeForm[T],
        texts: Iterable[Input],
        instructions: str | None = None,
        *,
        concurrency: int = ...,
        context: Context = None,
        store: Store | Path | str | None = None,
        progress: ShowProgress = False,
    ) -> Generator[Outcome[T], None, None]: ...
    def map(
        self,
        schema: object,
        texts: Iterable[Input],
        instructions: str | None = None,
        *,
        concurrency: int = CONCURRENCY,
        context: Context = None,
        store: Store | Path | str | None = None,
        progress: ShowProgress = False,
    ) -> Generator[Outcome[Any], None, None]:
        """Yield for each text its Extraction, or the ExtractionFailed if it failed; in order and lazily.

        At most `concurrency` texts are processed at the same time, and no more are taken from `texts`. One failure does
        not stop the others; but once the server has refused the key or the model, all other texts fail with that error,
        without a request. A wrong schema raises TaskError before the first text is taken.

        `store` replaces the Extractor's own for this call: a file, which is closed at the end, or an open `Store`.

        `progress=True` shows a tqdm bar, in notebooks too. A callable is called with a `Progress` after each text.
        """
        resolved, instructions, context = self._given(schema, instructions, context)
        check_texts(texts)
        gate, (storing, close) = Gate(), self._storing(store)
        shown = map_progress(progress, texts, self.models)
        gated = _observed(storing, shown).with_cancellation(gate.is_shut)
        outcomes = map_ordered(
            lambda text: gate.checked(lambda: gated._extract(resolved, text, instructions, context)),
            texts,
            concurrency,
            at_end=close,
        )
        return outcomes if shown is None else shown.follow(outcomes)

    @overload
    def amap(
        self,
        schema: SchemaOf[U],
        texts: Iterable[Input] | AsyncIterable[Input],
        instructions: str | None = None,
        *,
        concurrency: int = ...,
        context: Context = None,
        store: Store | Path | str | None = None,
        progress: ShowProgress = False,
    ) -> AsyncGenerator[Outcome[U], None]: ...
    @overload
    def amap(
        self,
        schema: Mapping[str, Any] | bool,
        texts: Iterable[Input] | AsyncIterable[Input],
        instructions: str | None = None,
        *,
        concurrency: int = ...,
        context: Context = None,
        store: Store | Path | str | None = None,
        progress: ShowProgress = False,
    ) -> AsyncGenerator[Outcome[Json], None]: ...
    @overload
    def amap(
        self,
        schema: TypeForm[T],
        texts: Iterable[Input] | AsyncIterable[Input],
        instructions: str | None = None,
        *,
        concurrency: int = ...,
        context: Context = None,
        store: Store | Path | str | None = None,
        progress: ShowProgress = False,
    ) -> AsyncGenerator[Outcome[T], None]: ...
    def amap(
        self,
        schema: object,
        texts: Iterable[Input] | AsyncIterable[Input],
        instructions: str | None = None,
        *,
        concurrency: int = CONCURRENCY,
        context: Context = None,
        store: Store | Path | str | None = None,
        progress: ShowProgress = False,
    ) -> AsyncGenerator[Outcome[Any], None]:
        """Async version of `map`. `texts` may be an async iterable."""
        resolved, instructions, context = self._given(schema, instructions, context)
        check_texts(texts, is_async=True)

        gate, (storing, close) = Gate(), self._storing(store)
        shown = map_progress(progress, texts, self.models)
        gated = _observed(storing, shown).with_cancellation(gate.is_shut)

        async def one(text: Input) -> Outcome[Any]:
            return await gate.achecked(lambda: gated._aextract(resolved, text, instructions, context))

        outcomes = amap_ordered(one, texts, concurrency, at_end=close)
        return outcomes if shown is None else shown.afollow(outcomes)

    def _given(self, schema: object, instructions: object, context: object) -> tuple[object, str | None, Context]:
        """Check the arguments that are the same for all texts, before the first text is taken."""
        checked = argument("instructions", instructions, optional(string))
        return self._resolved(schema), checked, argument("context", context, optional(mapping))

    # Implemented by Extractor

    models: tuple[str, ...]

    @abstractmethod
    def with_observer(self, observer: Observer) -> Self:
        """Return a copy with one more observer."""

    @abstractmethod
    def with_cancellation(self, stopped: Callable[[], bool]) -> Self:
        """Return a copy whose waits end with NotSent as soon as `stopped()` is true."""

    @abstractmethod
    def _storing(self, store: Store | Path | str | None) -> tuple[Self, Callable[[], None]]:
        """Return a copy that keeps its completions in this store, and what closes the store if it was opened here.

        Without a store, return the Extractor itself. Raises StoreError and ConfigurationError.
        """

    @abstractmethod
    def _resolved(self, schema: object) -> object:
        """Compile the schema. Raises TaskError."""

    @abstractmethod
    def _extract(self, schema: object, text: Input, instructions: str | None, context: Context) -> Extraction[Any]:
        """Extract one value."""

    @abstractmethod
    async def _aextract(
        self, schema: object, text: Input, instructions: str | None, context: Context
    ) -> Extraction[Any]:
        """Async version of `_extract`."""


def _observed(extractor: M, shown: MapProgress | None) -> M:
    return extractor if shown is None else extractor.with_observer(shown.observe)


def check_texts(texts: object, *, is_async: bool = False) -> None:
    """Raise ConfigurationError if this is not an iterable of texts.

    A single string is the usual mistake: its letters would be taken for texts. `is_async` allows async iterables.
    """
    match texts:
        case str() | Document() | Message() | Image() | DocumentError():
            advice = "write [text], or call extract"
        case bytes() | bytearray() | memoryview():
            advice = "decode them, and write [text]"
        case PathLike():
            advice = "structgen.read(path) gives the texts of a file or folder"
        case Mapping():
            advice = "a chat is a list of messages, and several chats a list of those"
        case AsyncIterable() if not is_async:
            advice = "amap takes async iterables"
        case Iterable() | AsyncIterable():
            return
        case _:
            advice = "write a list of them"
    raise ConfigurationError(f"texts is {kind_of(cast(object, texts))}, but must be an iterable of texts: {advice}.")
