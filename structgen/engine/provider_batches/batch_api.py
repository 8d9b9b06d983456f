"""The methods of an Extractor for provider batches."""

from __future__ import annotations

import asyncio
import secrets
from abc import abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from structgen.compile import Input
from structgen.core.argument_checks import argument, flag, instance, number, one_of, optional, whole
from structgen.core.batch_handle import DONE, BatchHandle, BatchPending
from structgen.core.batch_states import BatchRetry
from structgen.core.errors import ConfigurationError
from structgen.core.options import Options
from structgen.engine.answers import Answers
from structgen.engine.cascade.cascade_document import CascadeDocument
from structgen.engine.document_line import ModelDocument
from structgen.engine.drive import Outcome
from structgen.engine.map_api import CONCURRENCY, Maps, check_texts
from structgen.engine.provider_batches.batch_terms import BatchTerms, batch_share
from structgen.engine.provider_batches.kept_texts import keep_texts, kept_texts
from structgen.schema import Context
from structgen.send import Allowance, Sender, split_model
from structgen.store import Store
from structgen.store.batch_ledger import BatchLedger, BatchRecord

if TYPE_CHECKING:
    from structgen.engine.provider_batches.request_collector import OpenRequests
    from structgen.engine.provider_batches.submission import Documents, Submission

_A_RETRY = optional(one_of(BatchRetry))
_A_COST = optional(number(0))
_A_HANDLE = instance(BatchHandle, "what submit_batch returned, or BatchHandle.from_json(...)")


class Batches(Maps):
    """The methods of an Extractor for texts that may wait for a batch, at a reduced price."""

    models: tuple[str, ...]
    options: Options
    _answers: Answers
    _senders: tuple[Sender, ...]
    _patience: Allowance

    def submit_batch(
        self,
        schema: object,
        texts: Iterable[Input],
        instructions: str | None = None,
        *,
        context: Context = None,
        store: Store | Path | str | None = None,
        max_cost: float | None = None,
    ) -> BatchHandle:
        """Send texts to the provider's batch API, which answers within 24 hours at half the price; return a handle now.

        The texts, the ids and later the answers are kept in the `store` (the Extractor's own, unless one is given), so
        that nothing is sent or paid for twice, however this or a later process ends: calling it again with the same
        texts goes on from there. What the store can answer already is not sent. `max_cost` limits what the batch may
        cost in USD, by upper bounds.

        Raises ConfigurationError if the model takes no batches or there is no store, TaskError for a wrong schema,
        BudgetExceeded before anything is uploaded, and TransportError or StoreError if the upload failed; then call it
        again.
        """
        resolved, instructions, context = self._given(schema, instructions, context)
        check_texts(texts)
        terms = BatchTerms(max_cost=argument("max_cost", max_cost, _A_COST))
        storing, close = self._storing(store)
        try:
            submission = storing.submission(terms)
            ledger, name = submission.ledger, secrets.token_hex(8)
            count = keep_texts(ledger, name, texts)
            pending = submission.send(storing.kept_documents(resolved, name, instructions, context, ledger))
            handle = BatchHandle(name, _path(storing), self._model, count, instructions, schema=schema)
            return _with_state(handle, submission, pending)
        finally:
            close()

    async def asubmit_batch(
        self,
        schema: object,
        texts: Iterable[Input],
        instructions: str | None = None,
        *,
        context: Context = None,
        store: Store | Path | str | None = None,
        max_cost: float | None = None,
    ) -> BatchHandle:
        """Async version of `submit_batch`, in a thread."""
        call = partial(self.submit_batch, context=context, store=store, max_cost=max_cost)
        return await asyncio.to_thread(call, schema, texts, instructions)

    def collect_batch(
        self,
        handle: BatchHandle,
        schema: object = None,
        *,
        retry: BatchRetry | str | None = None,
        wait: bool = False,
        concurrency: int = CONCURRENCY,
        context: Context = None,
        store: Store | Path | str | None = None,
    ) -> Generator[Outcome[Any], None, None]:
        """Yield for each text of `submit_batch` its Extraction, or the ExtractionFailed if it failed; in order.

        `schema` is needed if the handle was read from JSON. If a batch has not ended, raise BatchPending at once, or
        with `wait` look again and again until it has. Answers go through the same checks as those of single calls.
        `retry` says how to ask again for what has no accepted answer: ``live``, by single calls at the full price;
        ``batch``, by another batch, for which BatchPending is raised; or ``none``. By default it is live, except for
        what a cancelled or refused batch left: that fails with the reason, because it could be many texts.

        Raises ConfigurationError if the handle is of another model, or if no schema is known.
        """
        argument("concurrency", concurrency, whole(1))
        collected = self._collected(handle, schema, retry, context, store, wait=argument("wait", wait, flag))
        return collected.outcomes(concurrency)

    async def acollect_batch(
        self,
        handle: BatchHandle,
        schema: object = None,
        *,
        retry: BatchRetry | str | None = None,
        wait: bool = False,
        concurrency: int = CONCURRENCY,
        context: Context = None,
        store: Store | Path | str | None = None,
    ) -> AsyncGenerator[Outcome[Any], None]:
        """Async version of `collect_batch`. It looks at the batches when the first outcome is asked for."""
        prepare = partial(self._collected, wait=wait)
        collected = await asyncio.to_thread(prepare, handle, schema, retry, context, store)
        async for outcome in collected.aoutcomes(concurrency):
            yield outcome

    def poll_batch(self, handle: BatchHandle, *, store: Store | Path | str | None = None) -> BatchHandle:
        """Look at the batches of a handle once, store the answers of those that have ended, and return its new state.

        Nothing is sent.
        """
        storing, close = self._storing(_existing(self, handle, store))
        try:
            submission = storing.submission(BatchTerms())
            submission.touched = {one.id for one in submission.ledger.open() if one.batch_id in handle.ids}
            return _with_state(handle, submission, submission.advance(submission.records()))
        finally:
            close()

    def cancel_batch(self, handle: BatchHandle, *, store: Store | Path | str | None = None) -> BatchHandle:
        """Cancel the batches of a handle. What they have answered is paid for, and can be collected."""
        storing, close = self._storing(_existing(self, handle, store))
        try:
            submission = storing.submission(BatchTerms())
            submission.touched = {one.id for one in submission.ledger.open() if one.batch_id in handle.ids}
            return _with_state(handle, submission, submission.cancel(submission.records()))
        finally:
            close()

    def submission(self, terms: BatchTerms) -> Submission:
        """Return a submission in batches to the model of this Extractor, whose store records it.

        Raises ConfigurationError if the model takes no batches, or if there is no store that can be written.
        """
        sender, store = self._senders[0], self._answers.store
        share = batch_share(self.models, sender.card, store)
        # imported only now: the HTTP libraries take long to load, and rules and replay need none
        from structgen.engine.provider_batches.submission import Submission
        from structgen.send.http.chat_sender import ChatSender

        if not isinstance(sender, ChatSender) or store is None:
            raise ConfigurationError(f"{self._model} takes no batches: use single calls, such as map.")
        return Submission(
            self._answers,
            store.batches,
            sender.batch_client(),
            terms,
            split_model(self._model)[1],
            sender.card,
            share,
            self.options.budget.max_attempts,
            self._patience,
        )

    def answered_by(self, submission: Submission) -> Self:
        """Return a copy that takes its answers from a submission in batches, and asks again as its terms say."""
        other = copy(self)
        other._answers = submission.results()
        return other

    def open_requests(
        self, schema: object, texts: Iterable[Input], instructions: str | None = None, context: Context = None
    ) -> Iterator[OpenRequests]:
        """Yield for each text what returns its requests that have no stored answer."""
        for text in texts:
            yield partial(_open_requests, self, schema, text, instructions, context)

    def kept_documents(
        self, schema: object, number: str, instructions: str | None, context: Context, ledger: BatchLedger
    ) -> Documents:
        """Return the documents of a submission, whose texts are in the store."""
        return lambda: self.open_requests(schema, kept_texts(ledger, number), instructions, context)

    def _collected(
        self,
        handle: BatchHandle,
        schema: object,
        retry: object,
        context: object,
        store: Store | Path | str | None,
        *,
        wait: bool,
    ) -> Collected:
        """Fetch what the batches of a handle have answered. Raises BatchPending if one of them has not ended."""
        terms = BatchTerms(argument("retry", retry, _A_RETRY), new=False)
        argument("handle", handle, _A_HANDLE)
        schema = handle.schema if schema is None else schema
        if schema is None:
            raise ConfigurationError("The handle was read from JSON, which has no schema: pass its schema too.")
        if handle.model != self._model:
            raise ConfigurationError(f"The batch was sent to {handle.model}, but this Extractor has {self._model}.")
        resolved, instructions, context = self._given(schema, handle.instructions, context)
        storing, close = self._storing(_existing(self, handle, store))
        try:
            submission = storing.submission(terms)
            if handle.texts and next(submission.ledger.texts(handle.id), None) is None:
                raise ConfigurationError(f"The store {_path(storing)} has no texts of the submission {handle.id}.")
            documents = storing.kept_documents(resolved, handle.id, instructions, context, submission.ledger)
            pending = submission.send(documents)
            while pending and wait:
                deque(submission.wait(pending), maxlen=0)
                pending = submission.send(documents)
            if pending:
                now = _with_state(handle, submission, pending)
                raise BatchPending(
                    f"The batch has not ended: {now.state}, {now.answered:,} of {now.requests:,} answered. Collect it "
                    "again later, or with wait=True.",
                    now,
                )
        except BaseException:
            close()
            raise
        answering = storing.answered_by(submission)
        return Collected(answering, resolved, handle, instructions, context, submission, close)

    @property
    def _model(self) -> str:
        return ",".join(self.models)

    # Implemented by Extractor

    @abstractmethod
    def _document(
        self, schema: object, text: Input, instructions: str | None, context: Context, *, extracting: bool = True
    ) -> ModelDocument[Any] | CascadeDocument[Any]:
        """Return a text with the plan of each model that may be asked about it."""


class Collected:
    """The answers of a submission, ready to be read. Its batches are closed once every text has its outcome."""

    def __init__(
        self,
        answering: Batches,
        schema: Any,
        handle: BatchHandle,
        instructions: str | None,
        context: Context,
        submission: Submission,
        close: Callable[[], None],
    ) -> None:
        self._answering = answering
        self._schema = schema
        self._handle = handle
        self._instructions = instructions
        self._context: Context = context
        self._submission = submission
        self._close = close

    def _texts(self) -> Iterator[Input]:
        return kept_texts(self._submission.ledger, self._handle.id)

    def outcomes(self, concurrency: int) -> Generator[Outcome[Any], None, None]:
        """Yield the outcome of each text, in order."""
        found = self._answering.map(
            self._schema, self._texts(), self._instructions, concurrency=concurrency, context=self._context
        )
        return self._closing(found)

    def _closing(self, found: Generator[Outcome[Any], None, None]) -> Generator[Outcome[Any], None, None]:
        try:
            yield from found
            self._submission.close()
        finally:
            self._close()

    async def aoutcomes(self, concurrency: int) -> AsyncGenerator[Outcome[Any], None]:
        """Async version of `outcomes`."""
        try:
            async for outcome in self._answering.amap(
                self._schema, self._texts(), self._instructions, concurrency=concurrency, context=self._context
            ):
                yield outcome
            self._submission.close()
        finally:
            self._close()


def _open_requests(
    extractor: Batches, schema: object, text: Input, instructions: str | None, context: Context, stored: Any
) -> Sequence[Any]:
    document = extractor._document(schema, text, instructions, context)  # pyright: ignore[reportPrivateUsage]  its own
    if not isinstance(document, ModelDocument):
        return ()
    return [effect for effect in document.open_questions(stored) if effect is not None]


def _path(extractor: Batches) -> str:
    store = extractor._answers.store  # pyright: ignore[reportPrivateUsage]  of the same class
    return "" if store is None else str(store.path.absolute())


def _existing(extractor: Batches, handle: BatchHandle, store: Store | Path | str | None) -> Store | Path | str:
    """Return the store of a handle. Raises ConfigurationError if there is none: a new one would know nothing."""
    argument("handle", handle, _A_HANDLE)
    own = extractor._answers.store  # pyright: ignore[reportPrivateUsage]  of the same class
    found = handle.store if store is None else store
    if own is not None and store is None and _path(extractor) == found:
        return own
    if not isinstance(found, Store) and not Path(found).exists():
        raise ConfigurationError(f"There is no store at {found}, where the batch was recorded: pass store=...")
    return found


def _with_state(handle: BatchHandle, submission: Submission, pending: Sequence[BatchRecord]) -> BatchHandle:
    """Return the handle with what is known of its batches now."""
    records = submission.records()
    words = dict.fromkeys(one.status or str(one.state) for one in pending)
    return replace(
        handle,
        ids=tuple(one.batch_id for one in records if one.batch_id) or handle.ids,
        requests=sum(one.requests for one in records) or handle.requests,
        answered=sum(one.answered for one in records) or handle.answered,
        refused=sum(one.refused for one in records) or handle.refused,
        state=", ".join(words) or DONE,
    )
