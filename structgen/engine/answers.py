"""The source of the answer to a request: the store if it has one, else the provider.

A completion from the wire is stored before anything reads it, so that nothing that was paid for is lost or paid twice.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AsyncExitStack, aclosing, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType

from structgen.core.argument_checks import InvalidArgument, argument, shown
from structgen.core.errors import BudgetExceeded, ConfigurationError, DeadlinePassed, StoreError, TransportError
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.records import Card, Completion, Request, Usage
from structgen.engine.flow import Send
from structgen.send import Allowance, Sender, Streamed, endpoint_name, find_card, split_model
from structgen.send.mode_fallback import ModeFallback
from structgen.store import PATIENCE, Answer, Recorded, Store

_log = logging.getLogger("structgen")


@dataclass(frozen=True, slots=True)
class Answers:
    """A sender and, if there is one, the store in front of it.

    `endpoint` names the server if it is not the provider's own, so that the answers of two servers are never mixed up.
    All methods raise TransportError if no completion arrived, StoreError if the store could not be asked, and
    BudgetExceeded if an effect exceeds the budget and the store has no answer to it. A completion that could not be
    stored is returned all the same, because it was paid for: its `unstored` says why.
    """

    sender: Sender
    store: Store | None = None
    endpoint: str = ""
    pays: bool = True
    """Whether the sender costs something, so that its answers must be stored."""

    def with_store(self, store: Store | Path | str) -> Answers:
        """Return the same source with another store in front, which is opened if it is a file.

        What is learned about the server's modes goes to the first store. Raises StoreError, and ConfigurationError for
        a replay.
        """
        if isinstance(self.sender, ReplaySender):
            raise ConfigurationError(
                "replay answers from the store that it was opened with: omit store= in this call, or open another "
                "Extractor with that store."
            )
        return replace(self, store=open_store(store))

    def answer(self, effect: Send, allowance: Allowance) -> Completion:
        """Return the completion of the request."""
        if self.store is None:
            return self._pay(effect, allowance)
        try:
            ask = partial(self._pay, effect, allowance)
            patience = allowance.until_deadline(PATIENCE)
            named = self.named(effect.request)
            return self._given(named, self.store.once(named, ask, patience, allowance.check_stopped))
        except StoreError as error:
            return _unstored(error)

    async def aanswer(self, effect: Send, allowance: Allowance) -> Completion:
        """Async version of `answer`."""
        if self.store is None:
            return await self._apay(effect, allowance)
        try:
            ask = partial(self._apay, effect, allowance)
            patience = allowance.until_deadline(PATIENCE)
            named = self.named(effect.request)
            return self._given(named, await self.store.aonce(named, ask, patience, allowance.check_stopped))
        except StoreError as error:
            return _unstored(error)

    def _check(self, effect: Send) -> None:
        """Raise the reason why nothing may be paid for now: BudgetExceeded, StoreError or TransportError."""
        check(effect.beyond)
        if not self.pays or self.store is None:
            return
        if self.store.read_only:
            raise StoreError(
                f"The store {self.store.path} is read-only and has no response to this request, and a new one could "
                "not be stored. Copy it to a folder that is writable, or use another store."
            )
        batch = self.store.batches.awaited(self.named(effect.request))
        if batch is not None:
            cancel = f"`structgen runs cancel {batch.run}`" if batch.run else "cancel_batch"
            raise TransportError(
                f"This request is in the batch {batch.batch_id or batch.file_name}, which is under way, so it was not "
                "sent: it would be paid for twice. Fetch the answer with the command or the collect_batch that sent "
                f"the batch, after {cancel} if you cannot wait."
            )

    def _pay(self, effect: Send, allowance: Allowance) -> Completion:
        self._check(effect)
        with InTime(allowance):
            return self.sender.send(effect.request, allowance)

    async def _apay(self, effect: Send, allowance: Allowance) -> Completion:
        self._check(effect)
        with InTime(allowance):
            return await self.sender.asend(effect.request, allowance)

    def stored(self, request: Request) -> Completion | None:
        """Return the stored answer to a request, or None."""
        found = None if self.store is None else self.store.get(self.named(request))
        return found if found is None else as_stored(found)

    def stream(self, effect: Send, allowance: Allowance) -> Generator[Streamed, None, None]:
        """Yield the pieces of the answer as they arrive, then its completion. A stored answer comes in one piece.

        An interrupted stream is not stored: the same request must be answered in full the next time. With a store, an
        equal request that is streamed by another thread or task is waited for, so that it is paid for once.
        """
        if self.store is None:
            yield from self._pay_stream(effect, allowance)
            return
        patience = allowance.until_deadline(PATIENCE)
        with self.store.streaming(self.named(effect.request), patience, allowance.check_stopped):
            if (found := self.stored(effect.request)) is not None:
                yield from (found.text, found)
                return
            yield from self._pay_stream(effect, allowance)

    def _pay_stream(self, effect: Send, allowance: Allowance) -> Generator[Streamed, None, None]:
        self._check(effect)
        with InTime(allowance), closing(self.sender.stream(effect.request, allowance)) as pieces:
            for piece in pieces:
                if self.store is not None and isinstance(piece, Completion) and _whole(piece):
                    try:
                        self.store.put(self.named(effect.request), piece)
                    except StoreError as error:
                        piece = _unstored(error)  # noqa: PLW2901
                yield piece

    async def astream(self, effect: Send, allowance: Allowance) -> AsyncGenerator[Streamed, None]:
        """Async version of `stream`."""
        async with AsyncExitStack() as stack:
            if self.store is not None:
                patience = allowance.until_deadline(PATIENCE)
                await stack.enter_async_context(
                    self.store.astreaming(self.named(effect.request), patience, allowance.check_stopped)
                )
                if (found := self.stored(effect.request)) is not None:
                    for piece in (found.text, found):
                        yield piece
                    return
            self._check(effect)
            stack.enter_context(InTime(allowance))
            pieces = await stack.enter_async_context(aclosing(self.sender.astream(effect.request, allowance)))
            async for piece in pieces:
                if self.store is not None and isinstance(piece, Completion) and _whole(piece):
                    try:
                        await self.store.aput(self.named(effect.request), piece)
                    except StoreError as error:
                        piece = _unstored(error)  # noqa: PLW2901
                yield piece

    def _given(self, request: Request, answer: Answer) -> Completion:  # noqa: ARG002 - answers of a batch need it
        """Return the completion of an answer, without usage if it costs nothing now."""
        return answer.completion if answer.paid or answer.completion.final else as_stored(answer.completion)

    def named(self, request: Request) -> Request:
        """Return the request with the name of its server, as the store knows it."""
        return replace(request, endpoint=self.endpoint) if self.endpoint else request


def check(beyond: str | None) -> None:
    """Raise BudgetExceeded if there is a reason why nothing may be spent."""
    if beyond is not None:
        raise BudgetExceeded(beyond)


class InTime:
    """Starts nothing after the deadline, and turns a transport error after it into DeadlinePassed."""

    __slots__ = ("_allowance",)

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance

    def __enter__(self) -> None:
        if not self._allowance.has_time_for(0.0):
            raise DeadlinePassed("The time budget ran out before the request was sent.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, TransportError) and not self._allowance.has_time_for(0.0):
            raise DeadlinePassed(f"The time budget ran out: {error}") from error


def as_stored(completion: Completion) -> Completion:
    """Return a stored completion without usage: it was paid for before."""
    return replace(completion, usage=Usage(calls=0), transport_retries=0, stored=True, took=completion.usage)


def open_store(store: Store | Path | str | None, model: str = "") -> Store | None:
    """Return the given store, or open the one in this file. Raises StoreError and ConfigurationError."""
    given = argument("store", store, _store_in)
    # Only replay needs existing answers. It must not create an empty store if the path is misspelt.
    if isinstance(given, Path | str) and model and split_model(model)[0] == REPLAY and not Path(given).exists():
        raise ConfigurationError(f"There is no store at {given}. Pass the store of a recorded run: store=...")
    return Store(given) if isinstance(given, Path | str) else given


def _store_in(given: object) -> Store | Path | str | None:
    """Return a store or its file; anything else is an InvalidArgument."""
    if given is None or (isinstance(given, Store | Path | str) and given != ""):
        return given
    raise InvalidArgument(f"is {shown(given)}, but must be a file or an open Store: write Path('answers.sqlite')")


def _whole(completion: Completion) -> bool:
    """Whether a streamed completion is complete and was paid for, and so is worth storing."""
    return not completion.final and completion.finish_reason != INTERRUPTED


def _unstored(error: StoreError) -> Completion:
    """Return the completion that could not be stored, with the reason. Raise the error if it carries none."""
    if error.completion is None:
        raise error
    _log.warning("%s The answer is used, but not kept.", error)
    return replace(error.completion, unstored=str(error))


REPLAY = "replay"


class ReplaySender:
    """The sender behind the store for the model ``replay``: it sends nothing and says which answer is missing."""

    def __init__(self, model: str, store: Store, card: Card | None) -> None:
        self.card = card
        self._model = model
        self._store = store

    def send(self, request: Request, allowance: Allowance) -> Completion:  # noqa: ARG002 - the Sender protocol's
        """Raise TransportError: the store has no answer, and there is no other source."""
        raise self._missing()

    async def asend(self, request: Request, allowance: Allowance) -> Completion:  # noqa: ARG002 - the Sender protocol's
        """Raise the same error."""
        raise self._missing()

    def stream(self, request: Request, allowance: Allowance) -> Generator[Streamed, None, None]:  # noqa: ARG002 - protocol
        """Raise the same error."""
        raise self._missing()

    def astream(self, request: Request, allowance: Allowance) -> AsyncGenerator[Streamed, None]:  # noqa: ARG002 - protocol
        """Raise the same error."""
        raise self._missing()

    def _missing(self) -> TransportError:
        return TransportError(
            f"{self._store.path} has no response to this request: the text, the schema, the instructions or the "
            f"options differ from the recording. Run it once with model={self._model!r} and this store to record it."
        )

    def close(self) -> None:
        """Do nothing: no connection is open."""

    async def aclose(self) -> None:
        """Do nothing: no connection is open."""


def open_answers(
    model: str, store: Store | None, base_url: str | None, open_wire: Callable[[], Sender], run: int | None = None
) -> tuple[str, Answers]:
    """Return the model to compile for and the source of its answers. `open_wire` is not called for replay.

    If a model was recorded on several servers, replay reads that of `base_url`, else that of the run with that number.
    Raises ConfigurationError if there is no store to replay, or if it is not clear which recording is meant.
    """
    provider, name = split_model(model)
    if provider != REPLAY:
        endpoint, sender = endpoint_name(provider, base_url), open_wire()
        if store is not None and isinstance(sender, ModeFallback):
            sender.modes.attach(store.modes_of(endpoint, name))
        return model, Answers(sender, store, endpoint, pays=provider != "rules")
    if store is None:
        raise ConfigurationError("The model replay answers from a store alone. Pass the recorded one: store=...")
    found = _chosen(store, None if name == REPLAY else split_model(name), base_url, run)
    recorded = f"{found.provider}/{found.model}"
    sender = ReplaySender(recorded, store, find_card(found.provider, found.model))
    return recorded, Answers(sender, store, found.endpoint, pays=False)


def find_recorded(model: str, store: Store) -> str:
    """Return the model that a replay model string means. Raises ConfigurationError as `open_answers` does."""
    name = split_model(model)[1]
    found = _chosen(store, None if name == REPLAY else split_model(name), None)
    return f"{found.provider}/{found.model}"


def _chosen(store: Store, named: tuple[str, str] | None, base_url: str | None, run: int | None = None) -> Recorded:
    """Return the only recorded model, or the one of that name; recorded on that server, if a base URL is given."""
    held = store.recorded()
    fitting = [one for one in held if named in {None, (one.provider, one.model)}]
    if len(fitting) > 1 and base_url is not None:
        fitting = [one for one in fitting if one.endpoint == endpoint_name(one.provider, base_url)]
    elif len(fitting) > 1 and run is not None:
        servers = store.servers_of(run)
        fitting = [one for one in fitting if one.endpoint in servers] or fitting
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(sorted({f"replay/{one.provider}/{one.model}" for one in held})) or "nothing"
    if not fitting:
        raise ConfigurationError(
            f"{store.path} has no responses of that model: it holds {listed}. Record that model first."
        )
    several = (
        "responses of several servers: pass base_url (--base-url)" if named else f"several models: name one of {listed}"
    )
    raise ConfigurationError(f"{store.path} holds {several}.")
