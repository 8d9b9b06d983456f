"""Replay: the store alone, for tests and notebooks. Recorded once with a model, played anywhere, with no wire."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator

from structgen.core.errors import ConfigurationError, TransportError
from structgen.core.records import Card, Completion, Request
from structgen.engine.answers import Answers
from structgen.send import Allowance, Sender, Streamed, endpoint_name, find_card, split_model
from structgen.store import Recorded, Store

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
