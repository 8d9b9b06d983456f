"""Model strings of speech models -> who answers: the store alone, or a server with the store in front of it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from structgen.core.errors import ConfigurationError
from structgen.engine.answers import REPLAY, Answers, ReplaySender
from structgen.send import endpoint_name, find_card
from structgen.send.factory import find_endpoint
from structgen.send.http.providers import CHAT_APIS, GROQ
from structgen.send.http.speech_sender import SpeechSender
from structgen.send.speech_cards import SPEECH_CARDS, SpeechCard
from structgen.store import Store

if TYPE_CHECKING:
    import httpx

TRANSCRIBES = "whisper-large-v3-turbo"
"""The default model."""

TRANSLATES = "whisper-large-v3"
"""The default model if the text should be in English."""


@dataclass(frozen=True, slots=True)
class SpeechModel:
    """A speech model, and where its answers come from. `sender` is None if the store alone answers."""

    provider: str
    name: str
    card: SpeechCard | None
    answers: Answers
    sender: SpeechSender | None = None


@dataclass(frozen=True, slots=True)
class Wire:
    """How a speech model is reached. The fields are the arguments of an Extractor."""

    api_key: str | None = None
    base_url: str | None = None
    timeout: float = 300.0
    http_client: httpx.Client | httpx.AsyncClient | None = None


def open_speech_model(model: str | None, *, translate: bool, store: Store | None, wire: Wire) -> SpeechModel:
    """Return the model that a model string means. Raises ConfigurationError if no such model can do this."""
    provider, name = split_speech_model(model or (TRANSLATES if translate else TRANSCRIBES))
    if provider == REPLAY:
        return _recorded(name, store)
    card = SPEECH_CARDS.get((provider, name))
    check_speech_model(provider, name, translate=translate)
    api = CHAT_APIS[provider]
    # the usual advice for a missing key, the rules, does not help here: they cannot listen
    if api.needs_key and wire.api_key is None and not os.environ.get(api.key_variable, "").strip():
        raise ConfigurationError(
            f"No API key for {provider}, whose models transcribe audio: set {api.key_variable} in the environment or "
            "in a file .env, or pass api_key."
        )
    sender = SpeechSender(
        api,
        find_endpoint(api, wire.api_key, wire.base_url, wire.http_client),
        timeout=wire.timeout,
        card=card.card if card else None,
    )
    return SpeechModel(provider, name, card, Answers(sender, store, endpoint_name(provider, wire.base_url)), sender)


def split_speech_model(model: str) -> tuple[str, str]:
    """Return provider and id. Without a provider the model is Groq's; ``replay`` has the id of the recorded model."""
    provider, _, name = model.strip().partition("/")
    if provider == REPLAY:
        return REPLAY, name
    return (provider, name) if provider in CHAT_APIS and name else (GROQ.provider, model.strip())


def check_speech_model(provider: str, name: str, *, translate: bool) -> None:
    """Raise ConfigurationError if the model is known not to be a speech model, or not to translate."""
    card = SPEECH_CARDS.get((provider, name))
    others = ", ".join(one for _, one in SPEECH_CARDS)
    if card is None and (not name or find_card(provider, name) is not None or provider == GROQ.provider):
        raise ConfigurationError(f"{provider}/{name} is not a speech model: use one of {others}.")
    if card is not None and translate and not card.translates:
        able = ", ".join(one.id for one in SPEECH_CARDS.values() if one.translates)
        raise ConfigurationError(f"{name} cannot translate, it only transcribes: use {able}.")


def _recorded(name: str, store: Store | None) -> SpeechModel:
    """Return the recorded model of this name (the only one, if it is empty), which the store alone answers for."""
    if store is None:
        raise ConfigurationError("The model replay answers from a store alone. Pass the recorded one: store=...")
    held = store.recorded(speech=True)
    wanted = None if not name else split_speech_model(name)
    fitting = [one for one in held if wanted in {None, (one.provider, one.model)}]
    listed = ", ".join(sorted({f"replay/{one.provider}/{one.model}" for one in held})) or "no transcript"
    if len(fitting) != 1:
        what = "holds several speech models: name one of" if fitting else "has no transcript of that model; it holds"
        raise ConfigurationError(f"{store.path} {what} {listed}.")
    found = fitting[0]
    sender = ReplaySender(f"{found.provider}/{found.model}", store, None)
    card = SPEECH_CARDS.get((found.provider, found.model))
    return SpeechModel(found.provider, found.model, card, Answers(sender, store, found.endpoint, pays=False))
