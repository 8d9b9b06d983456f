"""A sender for servers that may not support every mode: it tries the next mode if the server refuses one.

The request keeps its own mode, so that a stored answer is found whatever is learned later. The completion says in its
notes if it was answered in another mode, and why.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from contextlib import aclosing, closing
from dataclasses import replace
from typing import TypeVar

from structgen.core.errors import TransportError
from structgen.core.mode_support import Learned, Support
from structgen.core.options import Mode
from structgen.core.records import Card, Completion, Request
from structgen.send.http.providers import Endpoint
from structgen.send.sender import Allowance, Sender, Streamed
from structgen.send.server_modes import ServerModes, blames_mode, support_shown, words_of

E = TypeVar("E", bound=TransportError)


class ModeFallback:
    """A sender whose requests fall back from mode to mode.

    `sender` is the one that sends, `modes` is what is known about its server.
    """

    def __init__(self, sender: Sender, endpoint: Endpoint, modes: ServerModes) -> None:
        self.modes = modes
        self.sender = sender
        self._endpoint = endpoint

    def __repr__(self) -> str:
        return repr(self.sender)

    @property
    def card(self) -> Card | None:
        """The model card, or None if the model is unknown."""
        return self.sender.card

    def send(self, request: Request, allowance: Allowance) -> Completion:
        """Return the completion of the request in the first mode that the server takes."""
        descent = _Descent(self.modes, self._endpoint, request)
        while True:
            try:
                return descent.answered(self.sender.send(descent.request, allowance))
            except TransportError as error:
                descent.go_on(error, allowance)

    async def asend(self, request: Request, allowance: Allowance) -> Completion:
        """Async version of `send`."""
        descent = _Descent(self.modes, self._endpoint, request)
        while True:
            try:
                return descent.answered(await self.sender.asend(descent.request, allowance))
            except TransportError as error:
                descent.go_on(error, allowance)

    def stream(self, request: Request, allowance: Allowance) -> Generator[Streamed, None, None]:
        """Yield the response as it arrives, in the first mode that the server takes."""
        descent = _Descent(self.modes, self._endpoint, request)
        while True:
            try:
                with closing(self.sender.stream(descent.request, allowance)) as pieces:
                    for piece in pieces:
                        yield descent.streamed(piece)
                return
            except TransportError as error:
                descent.go_on(error, allowance)

    async def astream(self, request: Request, allowance: Allowance) -> AsyncGenerator[Streamed, None]:
        """Async version of `stream`."""
        descent = _Descent(self.modes, self._endpoint, request)
        while True:
            try:
                async with aclosing(self.sender.astream(descent.request, allowance)) as pieces:
                    async for piece in pieces:
                        yield descent.streamed(piece)
                return
            except TransportError as error:
                descent.go_on(error, allowance)

    def ask_in_mode(self, request: Request, allowance: Allowance) -> Completion:
        """Return the completion of a request in its own mode alone."""
        try:
            return self.sender.send(request, allowance)
        except TransportError as error:
            raise _with_advice(error, self._endpoint) from error.__cause__

    def try_mode(self, request: Request, allowance: Allowance) -> Learned | None:
        """Send a request in its own mode alone; return what it shows about the mode, or None if it shows nothing.

        The server must have answered the same request in another mode: then a refusal is about the mode.
        """
        try:
            shown = support_shown(request, self.ask_in_mode(request, allowance))
        except TransportError as error:
            if not blames_mode(error):
                raise
            learned = Learned(request.mode, Support.REFUSED, words_of(error))
        else:
            learned = None if shown is None else Learned(request.mode, shown)
        if learned is not None:
            self.modes.learn(learned)
        return learned

    def close(self) -> None:
        """Close the connections of sync calls."""
        self.sender.close()

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and those of sync calls."""
        await self.sender.aclose()


class _Descent:
    """One request on its way down the modes. It performs nothing. `request` is what to send next."""

    def __init__(self, modes: ServerModes, endpoint: Endpoint, request: Request) -> None:
        self._modes, self._endpoint, self._asked = modes, endpoint, request
        self._first: TransportError | None = None
        self._refused: list[Learned] = []
        self._left = iter(modes.usable(request))
        self._begun = False
        self.request = self._in_mode(next(self._left))

    def go_on(self, error: TransportError, allowance: Allowance) -> None:
        """Choose the next mode. Raise the first error if this one is not about the mode, or if no mode is left."""
        self._first = self._first or error
        mode = next(self._left, None) if blames_mode(error) and not self._begun else None
        if mode is None or not allowance.has_time_for(0.0):
            raise _with_advice(self._first, self._endpoint) from error.__cause__
        self._refused.append(Learned(self.request.mode, Support.REFUSED, words_of(error)))
        self.request = self._in_mode(mode)

    def streamed(self, piece: Streamed) -> Streamed:
        """Return a piece of a stream: its completion with notes."""
        self._begun = True
        return self.answered(piece) if isinstance(piece, Completion) else piece

    def answered(self, completion: Completion) -> Completion:
        """Learn from an answer, and return it with notes about the modes that the server did not take."""
        for refusal in self._refused:
            self._modes.learn(refusal, self._asked)
        shown = support_shown(self.request, completion)
        if shown is not None:
            self._modes.learn(Learned(self.request.mode, shown))
        notes = [*completion.notes, *self._notes(shown)]
        return replace(completion, notes=tuple(notes)) if len(notes) > len(completion.notes) else completion

    def _notes(self, shown: Support | None) -> Generator[str]:
        used, asked = self.request.mode.value, self._asked.mode
        if self.request.mode is not asked:
            said = next((one.said for one in self._refused if one.mode is asked), "")
            why = self._modes.known().get(asked)
            because = f"refused mode {asked.value}: {said}" if said else _known_words(asked.value, why)
            yield f"asked in mode {used}, because the server {because}"
        if shown is Support.IGNORED:
            yield f"the server ignored mode {used}: its answer has another form"

    def _in_mode(self, mode: Mode) -> Request:
        return self._asked if mode is self._asked.mode else replace(self._asked, mode=mode)


def _known_words(mode: str, known: Learned | None) -> str:
    if known is None:  # it refused this schema before
        return f"refused the schema in mode {mode} before"
    return f"is known to have {known.support.value} mode {mode}" + (f": {known.said}" if known.said else "")


_NO_SUCH_PATH = (200, 404, 405)


def _with_advice(error: E, endpoint: Endpoint) -> E:
    """Add to an error, if the base URL lacks the version that most servers need, how to write it."""
    better = endpoint.with_version
    # A server that speaks of the model has understood the request.
    if better is not None and error.status in _NO_SUCH_PATH and "model" not in error.body.lower():
        error.args = (f"{error} Most servers need /v1 at the end of the base URL: try {better}",)
    return error
