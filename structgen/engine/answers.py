"""Where the answer to a request comes from: the store where it holds one, else the wire, and then into the store.

Whatever was paid for is durable before anybody reads it, and nothing is paid for twice.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType

from structgen.core.argument_checks import InvalidArgument, argument, shown
from structgen.core.errors import BudgetExceeded, ConfigurationError, DeadlinePassed, TransportError
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.records import Card, Completion, Request, Usage
from structgen.engine.flow import Send
from structgen.send import Allowance, Sender, Streamed, endpoint_name, find_card, split_model
from structgen.store import Answer, Recorded, Store


@dataclass(frozen=True, slots=True)
class Answers:
    """A sender and, where there is one, the store in front of it.

    `endpoint` names the server where it is not the provider's own: answers of two servers are never mixed up. Every
    way raises a TransportError where no completion arrived, and a StoreError, which carries the completion that came,
    where it could not be kept. Where an effect is beyond the budget, what is not in the store raises BudgetExceeded.
    """

    sender: Sender
    store: Store | None = None
    endpoint: str = ""

    def answer(self, effect: Send, allowance: Allowance) -> Completion:
        """The completion of the request, blocking."""
        if self.store is None:
            return self._pay(effect, allowance)
        return _told(self.store.once(self._named(effect.request), partial(self._pay, effect, allowance)))

    async def aanswer(self, effect: Send, allowance: Allowance) -> Completion:
        """The same on the running event loop."""
        if self.store is None:
            return await self._apay(effect, allowance)
        return _told(await self.store.aonce(self._named(effect.request), partial(self._apay, effect, allowance)))

    def _pay(self, effect: Send, allowance: Allowance) -> Completion:
        check(effect.beyond)
        with InTime(allowance):
            return self.sender.send(effect.request, allowance)

    async def _apay(self, effect: Send, allowance: Allowance) -> Completion:
        check(effect.beyond)
        with InTime(allowance):
            return await self.sender.asend(effect.request, allowance)

    def kept(self, request: Request) -> Completion | None:
        """The answer that is there already, None where there is none."""
        found = None if self.store is None else self.store.get(self._named(request))
        return found if found is None else as_stored(found)

    def stream(self, effect: Send, allowance: Allowance) -> Generator[Streamed, None, None]:
        """The pieces of the answer as they arrive, and its completion, kept by then; a stored one in one piece.

        A stream that broke off is not kept: asked again, the same request is to be answered in full.
        """
        request, named = effect.request, self._named(effect.request)
        if (found := self.kept(request)) is not None:
            yield from (found.text, found)
            return
        check(effect.beyond)
        with InTime(allowance), closing(self.sender.stream(request, allowance)) as pieces:
            for piece in pieces:
                if self.store is not None and isinstance(piece, Completion) and _whole(piece):
                    self.store.put(named, piece)
                yield piece

    async def astream(self, effect: Send, allowance: Allowance) -> AsyncGenerator[Streamed, None]:
        """The same on the running event loop."""
        request, named = effect.request, self._named(effect.request)
        if (found := self.kept(request)) is not None:
            for piece in (found.text, found):
                yield piece
            return
        check(effect.beyond)
        with InTime(allowance):
            async with aclosing(self.sender.astream(request, allowance)) as pieces:
                async for piece in pieces:
                    if self.store is not None and isinstance(piece, Completion) and _whole(piece):
                        await self.store.aput(named, piece)
                    yield piece

    def _named(self, request: Request) -> Request:
        return replace(request, endpoint=self.endpoint) if self.endpoint else request


def check(beyond: str | None) -> None:
    """Raise where nothing may be paid."""
    if beyond is not None:
        raise BudgetExceeded(beyond)


class InTime:
    """Begins nothing after the deadline, and turns a fault of the wire after it into the word that time ran out."""

    __slots__ = ("_allowance",)

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance

    def __enter__(self) -> None:
        if not self._allowance.affords(0.0):
            raise DeadlinePassed("The time budget ran out before the request was sent.")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, TransportError) and not self._allowance.affords(0.0):
            raise DeadlinePassed(f"The time budget ran out: {error}") from error


def as_stored(completion: Completion) -> Completion:
    """A completion as it comes out of the store: it was paid for before, so now it takes nothing."""
    return replace(completion, usage=Usage(calls=0), transport_retries=0, stored=True)


def open_store(store: Store | Path | str | None) -> Store | None:
    """The store that was given, or the one in this file. Raises StoreError, and ConfigurationError for neither."""
    given = argument("store", store, _store_in)
    return Store(given) if isinstance(given, Path | str) else given


def _store_in(given: object) -> Store | Path | str | None:
    """A store, or its file."""
    if given is None or (isinstance(given, Store | Path | str) and given != ""):
        return given
    raise InvalidArgument(f"is {shown(given)}, but must be a file or an open Store: write Path('answers.sqlite')")


def _whole(completion: Completion) -> bool:
    """Whether a streamed completion is worth keeping: paid for, and there to its end."""
    return not completion.final and completion.finish_reason != INTERRUPTED


def _told(answer: Answer) -> Completion:
    return answer.completion if answer.paid or answer.completion.final else as_stored(answer.completion)


REPLAY = "replay"


class ReplaySender:
    """What stands behind the store where there is no wire: the word that an answer is missing."""

    def __init__(self, model: str, store: Store, card: Card | None) -> None:
        self.card = card
        self._model = model
        self._store = store

    def send(self, request: Request, allowance: Allowance) -> Completion:  # noqa: ARG002 - the Sender protocol's
        """Raise TransportError: the store had no answer, and nobody else is asked."""
        raise self._missing()

    async def asend(self, request: Request, allowance: Allowance) -> Completion:  # noqa: ARG002 - the Sender protocol's
        """The same."""
        raise self._missing()

    def stream(self, request: Request, allowance: Allowance) -> Generator[Streamed, None, None]:  # noqa: ARG002 - protocol
        """The same."""
        raise self._missing()

    def astream(self, request: Request, allowance: Allowance) -> AsyncGenerator[Streamed, None]:  # noqa: ARG002 - protocol
        """The same."""
        raise self._missing()

    def _missing(self) -> TransportError:
        return TransportError(
            f"{self._store.path} holds no answer to this request: the text, the schema, the instructions or the "
            f"options are not those of the recording. Run the same once with model={self._model!r} and this store; "
            "then it can be replayed."
        )

    def close(self) -> None:
        """Nothing is open."""

    async def aclose(self) -> None:
        """Nothing is open."""


def open_answers(
    model: str, store: Store | None, base_url: str | None, open_wire: Callable[[], Sender]
) -> tuple[str, Answers]:
    """The model to compile for, and where its answers come from; `open_wire` is not called for replay.

    Raises ConfigurationError where there is no store to replay, or where it is not clear what is to be replayed.
    """
    provider, name = split_model(model)
    if provider != REPLAY:
        return model, Answers(open_wire(), store, endpoint_name(provider, base_url))
    if store is None:
        raise ConfigurationError("replay answers from a store alone: name the one that was recorded (store=...).")
    found = _chosen(store, None if name == REPLAY else split_model(name), base_url)
    recorded = f"{found.provider}/{found.model}"
    sender = ReplaySender(recorded, store, find_card(found.provider, found.model))
    return recorded, Answers(sender, store, found.endpoint)


def find_recorded(model: str, store: Store) -> str:
    """The model that a replay model string stands for. Raises ConfigurationError, as `open_answers` does."""
    name = split_model(model)[1]
    found = _chosen(store, None if name == REPLAY else split_model(name), None)
    return f"{found.provider}/{found.model}"


def _chosen(store: Store, named: tuple[str, str] | None, base_url: str | None) -> Recorded:
    """The one model that was recorded, or the one of that name; on that server, where one is named."""
    held = store.recorded()
    fitting = [one for one in held if named in {None, (one.provider, one.model)}]
    if len(fitting) > 1 and base_url is not None:
        fitting = [one for one in fitting if one.endpoint == endpoint_name(one.provider, base_url)]
    if len(fitting) == 1:
        return fitting[0]
    listed = ", ".join(sorted({f"replay/{one.provider}/{one.model}" for one in held})) or "nothing"
    if not fitting:
        raise ConfigurationError(f"Nothing of that model is in {store.path}; it holds {listed}. Record it first.")
    several = "answers of several servers: pass base_url" if named else f"several models: name one of {listed}"
    raise ConfigurationError(f"{store.path} holds {several}.")
