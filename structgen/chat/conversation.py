"""Chat: a conversation with a model, whose history stays within the context window.

    chat = Chat(system="You reply with very short answers.", temperature=1.2, max_completion_tokens=100)
    while True:
        print("Assistant:", chat.send(input("You: ")).text)

What is sent and kept is in state.py, one question on its way in asking.py, the file of a conversation in
transcript_file.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from typing_extensions import Unpack

from structgen.chat.asking import Asking, AsyncChatStream, ChatStream
from structgen.chat.state import ChatState
from structgen.chat.transcript_file import Recorded, Transcript, as_text, path_in, read_transcript
from structgen.chat.turns import history_of
from structgen.core.argument_checks import argument, optional, string
from structgen.core.chat_message import Message
from structgen.core.closing import AsyncClosing, Closing
from structgen.core.errors import (
    BudgetExceeded,
    ConfigurationError,
    DocumentError,
    ExtractionFailed,
    RequestTooLarge,
)
from structgen.core.options import Options, TextParameters, with_parameters
from structgen.core.records import Card, Completion, Document, Usage
from structgen.core.results import Extraction
from structgen.extractor import Extractor
from structgen.store import Store


class Chat(Closing, AsyncClosing):
    """A conversation with a model. One conversation, one answer at a time.

    Args:
        model: as in `Extractor`, or an Extractor, whose connections and store are then used.
        options: as in `Extractor`. Its budget is that of the whole conversation, apart from `max_seconds`.
        system: the system prompt. It stays however long the conversation becomes.
        history: messages to begin with, as Messages or as the dicts of the SDKs.
        transcript: a file (JSON Lines) to which each turn is added. If it exists, its conversation is continued.
        store: as in `Extractor`.
        base_url: as in `Extractor`.
        parameters: `temperature`, `stop`, `max_completion_tokens` and others, in place of those of the options.

    The oldest turns are not sent if they no longer fit in the model's context window; `left_out` counts them,
    and a note of the completion says so. They stay in `messages` and in the transcript.

    Raises ConfigurationError for `rules`, which cannot chat, and DocumentError for a history or a transcript that is
    something else.
    """

    def __init__(
        self,
        model: str | Extractor | None = None,
        options: Options | None = None,
        *,
        system: str | None = None,
        history: Sequence[Message | Mapping[str, object]] = (),
        transcript: Path | str | None = None,
        store: Store | Path | str | None = None,
        base_url: str | None = None,
        **parameters: Unpack[TextParameters],
    ) -> None:
        path = path_in(transcript)
        recorded = read_transcript(path) if path else Recorded()
        before, turns = history_of(history)
        given = argument("system", system, optional(string))
        self._store, self._base_url = store, base_url
        self._own = not isinstance(model, Extractor)
        opened = model if isinstance(model, Extractor) else self._open(model or recorded.model or None)
        self._kept = ChatState(
            _chatting(opened.with_options(with_parameters(options or opened.options, parameters))),
            next((one for one in (given, before, recorded.system) if one and one.strip()), ""),
            [*recorded.turns, *turns],
            (recorded.note,) if recorded.note else (),
            transcript=Transcript(path, recorded.size) if path else None,
            saved=len(recorded.turns),
            settings=(recorded.model, recorded.system) if recorded.size else ("", ""),
        )

    def _open(self, model: str | None) -> Extractor:
        return Extractor(model, base_url=self._base_url, store=self._store)

    def __repr__(self) -> str:
        return f"Chat({self.model!r}, {len(self._kept.turns)} turns)"

    @property
    def model(self) -> str:
        """The model that answers."""
        return self._kept.extractor.model

    @property
    def card(self) -> Card | None:
        """The card of that model, or None if the model is unknown."""
        return self._kept.extractor.card

    @property
    def options(self) -> Options:
        """The options of the next request."""
        return self._kept.extractor.options

    @property
    def messages(self) -> tuple[Message, ...]:
        """The system prompt and the whole conversation."""
        return (*self._kept.head(), *(message for turn in self._kept.turns for message in turn))

    @property
    def usage(self) -> Usage:
        """The tokens of all answers so far; those of a stopped answer are estimated."""
        return self._kept.spending.usage

    @property
    def cost(self) -> float | None:
        """What they cost in USD, or None if a price is not known."""
        return self._kept.spending.cost

    @property
    def system(self) -> str:
        """The system prompt, or ""."""
        return self._kept.system

    @property
    def left_out(self) -> int:
        """How many of the oldest turns the last request left out."""
        return self._kept.left_out

    @property
    def notes(self) -> tuple[str, ...]:
        """What went wrong beside the answers, such as a transcript that a crash left half written."""
        return self._kept.notes

    def use_model(self, model: str) -> None:
        """Let another model answer from now on. Raises ConfigurationError and leaves the chat as it is."""
        self._kept.extractor = _chatting(self._open(model).with_options(self.options))
        self._kept.left_out = 0

    def send(self, text: str) -> Completion:
        """Say something and return the answer: its `.text`, `.usage` and `.cost`.

        After an error the conversation is as it was. Raises TransportError, BudgetExceeded, and DocumentError for an
        empty text.
        """
        asking = Asking(self._kept, text)
        while True:
            try:
                return asking.answered(asking.extractor.complete(asking.messages))
            except RequestTooLarge as error:
                asking.shorten(error)
            except BudgetExceeded as error:
                raise self._kept.spending.exceeded(error) from error

    async def asend(self, text: str) -> Completion:
        """Async version of `send`."""
        asking = Asking(self._kept, text)
        while True:
            try:
                return asking.answered(await asking.extractor.acomplete(asking.messages))
            except RequestTooLarge as error:
                asking.shorten(error)
            except BudgetExceeded as error:
                raise self._kept.spending.exceeded(error) from error

    def stream(self, text: str) -> ChatStream:
        """Say something and iterate over the answer as it arrives; `.completion` is there after the last piece.

        If the stream is closed early, what had arrived by then stays in the conversation.
        """
        return ChatStream(Asking(self._kept, text))

    def astream(self, text: str) -> AsyncChatStream:
        """Async version of `stream`."""
        return AsyncChatStream(Asking(self._kept, text))

    def document(self) -> Document:
        """Return the conversation as a text, each speaker named. Raises DocumentError if nothing was said."""
        if not self._kept.turns:
            raise DocumentError("Nothing has been said yet, so there is nothing to extract from.")
        return Document(as_text(self._kept.turns), id="chat")

    def extract(self, schema: Any, instructions: str | None = None) -> Extraction[Any]:
        """Extract a typed value from the conversation so far. Raises the errors of `Extractor.extract`."""
        extractor = self._kept.affordable()
        try:
            return self._count(extractor.extract(schema, self.document(), instructions))
        except ExtractionFailed as error:
            self._kept.spending.add(error.usage or Usage(), None if error.usage and error.usage.calls else 0.0)
            raise

    async def aextract(self, schema: Any, instructions: str | None = None) -> Extraction[Any]:
        """Async version of `extract`."""
        extractor = self._kept.affordable()
        try:
            return self._count(await extractor.aextract(schema, self.document(), instructions))
        except ExtractionFailed as error:
            self._kept.spending.add(error.usage or Usage(), None if error.usage and error.usage.calls else 0.0)
            raise

    def _count(self, result: Extraction[Any]) -> Extraction[Any]:
        self._kept.spending.add(result.usage, result.cost)
        return result

    def save(self, path: Path | str) -> None:
        """Write the whole conversation to a new file, and add what follows to it.

        Raises OutputError if the file exists already or cannot be written.
        """
        self._kept.move_to(cast(Path, path_in(path)))

    def close(self) -> None:
        """Close the connections, unless an Extractor was passed in."""
        if self._own:
            self._kept.extractor.close()

    async def aclose(self) -> None:
        """Async version of `close`."""
        if self._own:
            await self._kept.extractor.aclose()


def _chatting(extractor: Extractor) -> Extractor:
    """Return the Extractor. Raises ConfigurationError for the rules."""
    if extractor.model == "rules":
        raise ConfigurationError(
            "The rules read documents without a model and cannot chat. Set GROQ_API_KEY, or name a model: "
            'Chat("groq/<id>").'
        )
    return extractor
