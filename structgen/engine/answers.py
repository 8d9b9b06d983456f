"""Where the answer to a request comes from: the store where it holds one, else the wire, and then into the store.

Whatever was paid for is durable before anybody reads it, and nothing is paid for twice.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from structgen.core.errors import BudgetExceeded, DeadlinePassed, TransportError
from structgen.core.records import INTERRUPTED, Completion, Request, Usage
from structgen.send import Allowance, Sender, Streamed
from structgen.store import Answer, Store


@dataclass(frozen=True, slots=True)
class Answers:
    """A sender and, where there is one, the store in front of it.

    `endpoint` names the server where it is not the provider's own: answers of two servers are never mixed up. Every
    way raises a TransportError where no completion arrived, and a StoreError, which carries the completion that came,
    where it could not be kept. `beyond` is the reason why nothing may be paid: then what is not in the store raises
    BudgetExceeded.
    """

    sender: Sender
    store: Store | None = None
    endpoint: str = ""

    def answer(self, request: Request, allowance: Allowance, beyond: str | None = None) -> Completion:
        """The completion of the request, blocking."""

        def ask() -> Completion:
            check(beyond)
            with within(allowance):
                return self.sender.send(request, allowance)

        return ask() if self.store is None else _told(self.store.once(self._named(request), ask))

    async def aanswer(self, request: Request, allowance: Allowance, beyond: str | None = None) -> Completion:
        """The same on the running event loop."""

        async def ask() -> Completion:
            check(beyond)
            with within(allowance):
                return await self.sender.asend(request, allowance)

        return await ask() if self.store is None else _told(await self.store.aonce(self._named(request), ask))

    def kept(self, request: Request) -> Completion | None:
        """The answer that is there already, None where there is none."""
        found = None if self.store is None else self.store.get(self._named(request))
        return found if found is None else as_stored(found)

    def stream(
        self, request: Request, allowance: Allowance, beyond: str | None = None
    ) -> Generator[Streamed, None, None]:
        """The pieces of the answer as they arrive, and its completion, kept by then; a stored one in one piece.

        A stream that broke off is not kept: asked again, the same request is to be answered in full.
        """
        named = self._named(request)
        if (found := self.kept(request)) is not None:
            yield from (found.text, found)
            return
        check(beyond)
        with within(allowance), closing(self.sender.stream(request, allowance)) as pieces:
            for piece in pieces:
                if self.store is not None and isinstance(piece, Completion) and _whole(piece):
                    self.store.put(named, piece)
                yield piece

    async def astream(
        self, request: Request, allowance: Allowance, beyond: str | None = None
    ) -> AsyncGenerator[Streamed, None]:
        """The same on the running event loop."""
        named = self._named(request)
        if (found := self.kept(request)) is not None:
            for piece in (found.text, found):
                yield piece
            return
        check(beyond)
        with within(allowance):
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


@contextmanager
def within(allowance: Allowance) -> Generator[None, None, None]:
    """Turn a fault of the wire after the deadline into the word that time ran out, and begin nothing after it."""
    if not allowance.affords(0.0):
        raise DeadlinePassed("The time budget ran out before the request was sent.")
    try:
        yield
    except TransportError as error:
        if allowance.affords(0.0):
            raise
        raise DeadlinePassed(f"The time budget ran out: {error}") from error


def as_stored(completion: Completion) -> Completion:
    """A completion as it comes out of the store: it was paid for before, so now it takes nothing."""
    return replace(completion, usage=Usage(calls=0), transport_retries=0, stored=True)


def open_store(store: Store | Path | str | None) -> Store | None:
    """The store that was given, or the one in this file. Raises StoreError."""
    return Store(store) if isinstance(store, Path | str) else store


def _whole(completion: Completion) -> bool:
    """Whether a streamed completion is worth keeping: paid for, and there to its end."""
    return not completion.final and completion.finish_reason != INTERRUPTED


def _told(answer: Answer) -> Completion:
    return answer.completion if answer.paid or answer.completion.final else as_stored(answer.completion)
