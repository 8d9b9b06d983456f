"""Transcribe the recordings among the inputs of `structgen extract`, in their turn, within the run's budget."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from structgen.cli.arguments import ExtractArguments
from structgen.cli.commands.transcribe import spent_on
from structgen.cli.console import say
from structgen.cli.run_store import open_run_store
from structgen.core.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    DocumentError,
    ModelUnavailable,
    TransportError,
)
from structgen.core.records import Document

if TYPE_CHECKING:
    from structgen.batch import Batch
    from structgen.speech import Transcriber, Transcript
    from structgen.store import Store


class Listener:
    """Transcribes audio for a run. The model and the store are opened for the first recording: most runs have none.

    `store` is that of the run; without one (the rules cost nothing), transcripts go to the file at `path` all the
    same, unless `off`. `max_cost` is that of the whole run in USD.
    """

    def __init__(
        self,
        model: str | None,
        language: str | None,
        *,
        store: Store | None,
        path: Path | None,
        off: bool,
        base_url: str | None = None,
        max_cost: float | None = None,
    ) -> None:
        self._model, self._store, self._path, self._off = model, store, path, off
        self._language, self._base_url = language, base_url
        self._max_cost = max_cost
        self._batch: Batch | None = None
        self._stack = ExitStack()
        self._transcriber: Transcriber | None = None
        self._done: list[Transcript] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def cost(self) -> float:
        """What the transcripts cost, in USD, as far as prices are known."""
        return sum(one.cost or 0.0 for one in self._done)

    def follow(self, batch: Batch) -> None:
        """Count what this run spends, and transcribe nothing more once it is stopped."""
        self._batch = batch

    def report(self, *, quiet: bool) -> None:
        """Report how many recordings were transcribed and what that cost, if there were any."""
        if self._done and not quiet:
            number = len(self._done)
            say(f"{number} recording{'' if number == 1 else 's'} transcribed{spent_on(self._done)}")

    def __call__(self, data: bytes, name: str, source: str) -> Document:
        """Return the document that was said.

        Raises DocumentError if the recording has none or no answer arrived, and what would fail all other recordings
        too: BudgetExceeded, AuthenticationFailed, ModelUnavailable.
        """
        # what is left over is only counted then
        if self._batch is not None and self._batch.stopped:
            raise DocumentError("the run was stopped before it was transcribed.")
        transcriber = self._opened()
        self._check_budget(transcriber, data, source)
        try:
            transcript = transcriber.transcribe_bytes(data, name, source)
        except DocumentError as error:
            raise DocumentError(str(error).removeprefix(f"{source}: ")) from error
        except (AuthenticationFailed, ModelUnavailable):
            raise
        except TransportError as error:
            raise DocumentError(f"it could not be transcribed: {error}") from error
        self._done.append(transcript)
        return transcript.document

    def _opened(self) -> Transcriber:
        if self._transcriber is None:
            from structgen.speech import Transcriber
            from structgen.speech.speech_options import SpeechOptions

            store = self._store
            if store is None:
                store = self._stack.enter_context(open_run_store(self._model or "groq", self._path, off=self._off))
            try:
                opened = Transcriber(
                    self._model, SpeechOptions(language=self._language), store=store, base_url=self._base_url
                )
            except ConfigurationError as error:
                raise DocumentError(f"it is audio, and no speech model can be used: {error}") from error
            self._transcriber = self._stack.enter_context(opened)
        return self._transcriber

    def _check_budget(self, transcriber: Transcriber, data: bytes, source: str) -> None:
        """Raise BudgetExceeded if the recording could cost more than is left."""
        if self._max_cost is None:
            return
        others = 0.0 if self._batch is None else self._batch.most_spent
        most, spent = transcriber.most_cost(data), self.cost + others
        if most is None:
            raise BudgetExceeded(f"{source}: the price of {transcriber.model} is unknown, but the cost is limited.")
        if spent + most > self._max_cost:
            raise BudgetExceeded(
                f"{source}: transcribing it may cost {most:.6f} USD, and {spent:.6f} of {self._max_cost} USD are spent."
            )


def listener_of(arguments: ExtractArguments, model: str, store: Store | None) -> Listener:
    """Return the listener of a run of `extract` with this model: a replay replays transcripts too."""
    provider = model.partition("/")[0]
    chosen = arguments.audio_model or ("replay" if provider == "replay" else None)
    # the server of the chat model is that of the speech model only if both are of one provider
    same = provider == (chosen.partition("/")[0] if chosen and "/" in chosen else "groq")
    language = (arguments.language or "").partition("-")[0]
    return Listener(
        chosen,
        language or None,
        store=store,
        path=arguments.store,
        off=arguments.no_store,
        base_url=arguments.base_url if same else None,
        max_cost=arguments.max_cost,
    )
