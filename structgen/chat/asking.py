"""One question of a chat and its answer, in one piece or streamed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterator
from contextlib import aclosing, closing
from dataclasses import asdict, replace
from typing import cast

from structgen.chat.state import ChatState
from structgen.chat.turns import Turn, turns_too_many
from structgen.core.argument_checks import argument, string
from structgen.core.chat_message import Message
from structgen.core.closing import AsyncClosing, Closing
from structgen.core.errors import BudgetExceeded, DocumentError, RequestTooLarge
from structgen.core.json import JsonObject
from structgen.core.records import Completion


class Asking:
    """A question on its way: the part of the history that goes with it, and what becomes of the answer."""

    def __init__(self, kept: ChatState, text: str) -> None:
        self._kept = kept
        text = argument("text", text, string)
        if not text.strip():
            raise DocumentError("The message is empty. Write something.")
        self._asked: Turn = (Message("user", text),)
        card, limit = kept.extractor.card, kept.extractor.options.max_completion_tokens
        self._skipped = turns_too_many(kept.head(), kept.turns, self._asked, card, limit)
        self.extractor = kept.affordable()

    @property
    def messages(self) -> list[Message]:
        """What is sent: the system prompt, the turns that fit, the question."""
        turns = self._kept.turns[self._skipped :]
        return [*self._kept.head(), *(message for turn in turns for message in turn), *self._asked]

    def shorten(self, error: RequestTooLarge) -> None:
        """Leave out half of the turns, the oldest, because the server found the request too large."""
        left = len(self._kept.turns) - self._skipped
        if not left:
            raise error
        self._skipped += (left + 1) // 2

    def exceeded(self, error: BudgetExceeded) -> BudgetExceeded:
        """Return the error that the budget of the whole conversation is exceeded."""
        return self._kept.spending.exceeded(error)

    def answered(self, completion: Completion) -> Completion:
        """Keep the turn; return the completion with notes on what was left out."""
        kept = self._kept
        kept.spending.add(completion.usage, completion.cost)
        notes: tuple[str, ...] = ()
        if self._skipped > kept.left_out:
            notes = (_left_out(self._skipped, kept.extractor.model),)
        kept.left_out = self._skipped
        # an empty answer cannot be sent again as a part of the history
        if completion.text.strip():
            facts: JsonObject = {
                "model": kept.extractor.model,
                "finish_reason": completion.finish_reason,
                "usage": asdict(completion.usage),
                "cost": completion.cost,
            }
            notes += kept.keep((*self._asked, Message("assistant", completion.text)), facts)
        return replace(completion, notes=(*completion.notes, *notes)) if notes else completion

    def stopped(self, text: str) -> None:
        """Keep what had arrived of an answer that was stopped, and estimate what it took."""
        kept = self._kept
        kept.spending.add_stopped(self.messages, text, kept.extractor.card)
        if text.strip():
            facts: JsonObject = {"model": kept.extractor.model, "stopped": True}
            kept.notes += kept.keep((*self._asked, Message("assistant", text)), facts)


def _left_out(count: int, model: str) -> str:
    turns = "turn no longer fits in the context" if count == 1 else f"{count} turns no longer fit in the context"
    return f"The oldest {turns} of {model}, so the model does not see {'it' if count == 1 else 'them'} any more."


class ChatStream(Iterator[str], Closing):
    """An iterator over the pieces of an answer. After the last one, `completion` has its usage, cost and notes.

    Closing it early, or leaving its ``with`` block, stops the answer and keeps what had arrived.
    """

    completion: Completion | None = None

    def __init__(self, asking: Asking) -> None:
        self._pieces = self._all(asking)

    def _all(self, asking: Asking) -> Generator[str, None, None]:
        said: list[str] = []
        try:
            while self.completion is None:
                try:
                    with closing(asking.extractor.stream_text(asking.messages)) as pieces:
                        for piece in pieces:
                            said.append(piece)
                            yield piece
                        self.completion = asking.answered(cast(Completion, pieces.completion))
                except RequestTooLarge as error:
                    asking.shorten(error)
                except BudgetExceeded as error:
                    raise asking.exceeded(error) from error
        except BaseException:  # Ctrl-C, too
            if said and self.completion is None:
                asking.stopped("".join(said))
            raise

    def __next__(self) -> str:
        return next(self._pieces)

    def close(self) -> None:
        """Stop the answer."""
        self._pieces.close()


class AsyncChatStream(AsyncIterator[str], AsyncClosing):
    """Async version of `ChatStream`."""

    completion: Completion | None = None

    def __init__(self, asking: Asking) -> None:
        self._pieces = self._all(asking)

    async def _all(self, asking: Asking) -> AsyncGenerator[str, None]:
        said: list[str] = []
        try:
            while self.completion is None:
                try:
                    async with aclosing(asking.extractor.astream_text(asking.messages)) as pieces:
                        async for piece in pieces:
                            said.append(piece)
                            yield piece
                        self.completion = asking.answered(cast(Completion, pieces.completion))
                except RequestTooLarge as error:
                    asking.shorten(error)
                except BudgetExceeded as error:
                    raise asking.exceeded(error) from error
        except BaseException:  # a cancelled task, too
            if said and self.completion is None:
                asking.stopped("".join(said))
            raise

    async def __anext__(self) -> str:
        return await anext(self._pieces)

    async def aclose(self) -> None:
        """Stop the answer."""
        await self._pieces.aclose()
