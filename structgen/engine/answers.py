"""Where the answer to a request comes from: the store where it holds one, else the wire, and then into the store.

Whatever was paid for is durable before anybody reads it, and nothing is paid for twice.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType

from structgen.core.argument_checks import Unfit, argument, shown
from structgen.core.errors import BudgetExceeded, DeadlinePassed, TransportError
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.records import Completion, Request, Usage
from structgen.engine.flow import Send
from structgen.send import Allowance, Sender, Streamed
from structgen.store import Answer, Store


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
    raise Unfit(f"is {shown(given)}, but must be a file or an open Store: write Path('answers.sqlite')")


def _whole(completion: Completion) -> bool:
    """Whether a streamed completion is worth keeping: paid for, and there to its end."""
    return not completion.final and completion.finish_reason != INTERRUPTED


def _told(answer: Answer) -> Completion:
    return answer.completion if answer.paid or answer.completion.final else as_stored(answer.completion)
