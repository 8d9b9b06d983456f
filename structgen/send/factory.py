"""Model strings -> senders. Only this module knows which kinds of sender there are."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import AsyncGenerator, Generator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from structgen.core.argument_checks import kind_of
from structgen.core.errors import ConfigurationError, ModelUnavailable
from structgen.core.records import Card, Completion, Request, Usage
from structgen.send.auto_models import AUTO, auto_model
from structgen.send.http.providers import CHAT_APIS, GROQ, MAX_BYTES, ChatApi, Endpoint, clean_key
from structgen.send.model_cards import find_card
from structgen.send.sender import Allowance, Sender, Streamed

if TYPE_CHECKING:
    from typing import TypeAlias

    import groq
    import httpx
    import openai

    from structgen.send.http.user_client import UserClient
    from structgen.send.limits.ledgers import Ledger

    SdkClient: TypeAlias = groq.Groq | groq.AsyncGroq | openai.OpenAI | openai.AsyncOpenAI


TIMEOUT = 60.0
"""Default seconds for one request."""

DEFAULT_GROQ_MODEL = "groq/openai/gpt-oss-20b"
_NO_KEY_NEEDED = "none"


def default_model(environ: Mapping[str, str] = os.environ, client: UserClient | None = None) -> str | None:
    """Return the default model: STRUCTGEN_MODEL, else a small Groq model if GROQ_API_KEY is set, else None.

    With a client, it is a model of that client's provider, or None for a server whose models are not known.
    """
    named = environ.get("STRUCTGEN_MODEL", "").strip()
    if client is not None:
        fits = named.partition("/")[0] == client.api.provider
        return named if fits else DEFAULT_GROQ_MODEL if client.api is GROQ else None
    if named:
        return named
    return DEFAULT_GROQ_MODEL if environ.get(GROQ.key_variable, "").strip() else None


def client_given(
    client: SdkClient | None, *, api_key: object, base_url: object, http_client: object
) -> UserClient | None:
    """Return what is known about the user's client, or None. Raises ConfigurationError if it cannot be used."""
    if client is None:
        return None
    from structgen.send.http.user_client import user_client

    given = {"api_key": api_key, "base_url": base_url, "http_client": http_client}
    if twice := [name for name, value in given.items() if value is not None]:
        raise ConfigurationError(
            f"client has its own key, base URL and HTTP client: omit {', '.join(twice)}, or set it on the client."
        )
    return user_client(client)


def split_model(model: str) -> tuple[str, str]:
    """Return provider and model id: ``groq/openai/gpt-oss-20b`` gives ``("groq", "openai/gpt-oss-20b")``."""
    provider, _, name = model.strip().partition("/")
    if provider in {"rules", "replay"} and not name:
        return provider, provider
    if not provider or not name:
        raise ConfigurationError(
            f"{model!r} is not a model. Write provider/id, for example {DEFAULT_GROQ_MODEL}, compatible/<id> for your "
            "own server, or rules, which needs no key."
        )
    if "," in model:
        raise ConfigurationError(
            f"{model!r} names several models. Only extract, map and generate ask several in turn: name one here."
        )
    return provider, auto_model(provider, name) if name.startswith(AUTO) else name


def open_sender(
    model: str,
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    timeout: float = TIMEOUT,
    http_client: httpx.Client | httpx.AsyncClient | None = None,
    max_response_bytes: int = MAX_BYTES,
    limit_group: str = "",
    limits: str | None = None,
    client: UserClient | None = None,
    fall_back: bool = True,
) -> Sender:
    """Return the sender for a model string. No connection is opened yet. `client` takes the place of key and URLs.

    `limits` is the address of the rate limits that processes share, STRUCTGEN_LIMITS unless given.
    `fall_back` says whether a request may be answered in another mode if a compatible server refuses its own.

    Raises ConfigurationError if the string, the key or the base URL is invalid, and ModelUnavailable if the model is
    known to be retired. A model is never replaced by another silently.
    """
    provider, name = split_model(model)
    _check_serves(client, provider, model)
    if provider == "rules":
        return RulesSender()
    if provider == "replay":
        raise ConfigurationError(
            "The model 'replay' answers from a store and never sends: pass one, as in Extractor('replay', store=...)."
        )
    card = check_card(provider, name) if client is None else _card_for_client(provider, name)
    api = CHAT_APIS.get(provider)
    if api is None:
        from structgen.send.instructor_sender import open_instructor_sender

        return open_instructor_sender(provider, name, api_key=api_key, base_url=base_url, timeout=timeout)
    endpoint = client.endpoint() if client else find_endpoint(api, api_key, base_url, http_client)
    endpoint = replace(endpoint, max_bytes=max_response_bytes, limit_group=limit_group, ledger=_ledger_at(limits))
    return _open_chat(api, endpoint, card, timeout, fall_back=fall_back)


def _check_serves(client: UserClient | None, provider: str, model: str) -> None:
    """Raise ConfigurationError if the user's client is for another provider than that of the model."""
    if client is not None and provider != client.api.provider:
        raise ConfigurationError(
            f"client is of the {client.sdk} SDK, which does not serve {model!r}: name a model "
            f"{client.api.provider}/<id>."
        )


def _ledger_at(address: str | None) -> Ledger | None:
    """Return the ledger of shared rate limits, or None. Its module is imported only if there is one."""
    if address is None and not os.environ.get("STRUCTGEN_LIMITS"):
        return None
    from structgen.send.limits.ledgers import open_ledger

    return open_ledger(address)


def _open_chat(api: ChatApi, endpoint: Endpoint, card: Card | None, timeout: float, *, fall_back: bool) -> Sender:
    """Return the sender for a chat completions server, with the modes that it may fall back to if it is unsure."""
    from structgen.send.http.chat_sender import ChatSender

    sender = ChatSender(api, endpoint, timeout=timeout, card=card)
    if not api.schema_first:
        return sender
    from structgen.send.mode_fallback import ModeFallback
    from structgen.send.server_modes import ORDER, ServerModes

    given = card.modes if card is not None else ()
    modes = tuple(mode for mode in ORDER if not given or mode in given) if fall_back else ()
    return ModeFallback(sender, endpoint, ServerModes(modes))


def endpoint_name(provider: str, base_url: str | None = None) -> str:
    """Return the server's name for requests: empty for the provider's own server, else its base URL.

    A base URL that may contain a secret is replaced by its hash, because requests are stored.
    """
    api = CHAT_APIS.get(provider)
    base = base_url or os.environ.get(api.base_variable if api else f"{provider.upper()}_BASE_URL", "")
    base = api.check_base_url(base) if api else base.strip().rstrip("/")
    if api is not None and base == api.base_url:
        return ""
    return hashlib.sha256(base.encode()).hexdigest() if "@" in base or "?" in base else base


def find_endpoint(
    api: ChatApi,
    api_key: str | None = None,
    base_url: str | None = None,
    http_client: httpx.Client | httpx.AsyncClient | None = None,
) -> Endpoint:
    """Return the endpoint from the arguments, else from environment variables. Raises ConfigurationError."""
    _check_client(http_client)
    base = api.check_base_url(base_url or os.environ.get(api.base_variable))
    return Endpoint(base, _find_key(api, api_key), http_client)


def _check_client(given: object) -> None:
    """Raise ConfigurationError if the HTTP client is not an httpx client."""
    if given is None:
        return
    import httpx

    if not isinstance(given, (httpx.Client, httpx.AsyncClient)):
        kind = kind_of(given)
        raise ConfigurationError(f"http_client must be an httpx.Client or an httpx.AsyncClient, not {kind}.")


def _card_for_client(provider: str, name: str) -> Card | None:
    """Return the card of a model for the user's own client, or None if it is retired, of which little is known.

    The server decides whether it has the model: it may be another one than the provider's, or a proxy.
    """
    card = find_card(provider, name)
    return None if card is not None and card.status == "retired" else card


def check_card(provider: str, name: str) -> Card | None:
    """Return the card of a model, or None if it has none. Raises ModelUnavailable if the model is retired."""
    card = find_card(provider, name)
    if card is not None and card.status == "retired":
        instead = f"Use {provider}/{card.replacement} instead" if card.replacement else "Its card names no replacement"
        raise ModelUnavailable(
            f"{provider} has retired the model {name}. {instead}; `structgen models` lists other models."
        )
    return card


def _find_key(api: ChatApi, given: str | None) -> str:
    if given is not None:
        return clean_key(given, "api_key")
    found = os.environ.get(api.key_variable, "")
    if found.strip():
        return clean_key(found, api.key_variable)
    if api.needs_key:
        raise ConfigurationError(
            f"No API key for {api.provider}: set {api.key_variable} in the environment or in a file .env, or pass "
            'api_key; or use model="rules" (--model rules), which needs no key.'
        )
    return _NO_KEY_NEEDED


class RulesSender:
    """The sender that calls no model: the rules read the document. Free, offline and deterministic."""

    card: Card | None = Card("rules", provider="rules", price_in=0.0, price_cached_in=0.0, price_out=0.0)

    def send(self, request: Request, allowance: Allowance) -> Completion:  # noqa: ARG002 - the Sender protocol's
        """Return what the rules find in the request's document. Fields that they do not find are null."""
        from structgen.rules import extract_below, extract_by_rules

        if request.document is None:
            raise ConfigurationError(
                "The rules only read a given text and cannot generate one. Use a model, for example "
                'model="groq/openai/gpt-oss-20b" with GROQ_API_KEY set.'
            )
        started = time.monotonic()
        found = extract_below(
            request.above,
            request.document,
            lambda text: extract_by_rules(request.json_schema, text, request.names, request.conventions),
        )
        return Completion(
            json.dumps(found.value, ensure_ascii=False),
            usage=Usage(calls=0),
            model="+".join(["rules", *found.libraries]),
            evidence=found.evidence,
            final=True,
            seconds=time.monotonic() - started,
        )

    async def asend(self, request: Request, allowance: Allowance) -> Completion:
        """Async version of `send`, in a thread, so that the event loop is not blocked."""
        import asyncio

        return await asyncio.to_thread(self.send, request, allowance)

    def stream(self, request: Request, allowance: Allowance) -> Generator[Streamed, None, None]:
        """Yield the whole response as one piece, then the completion: the rules find everything at once."""
        completion = self.send(request, allowance)
        yield completion.text
        yield completion

    async def astream(self, request: Request, allowance: Allowance) -> AsyncGenerator[Streamed, None]:
        """Async version of `stream`."""
        completion = await self.asend(request, allowance)
        yield completion.text
        yield completion

    def close(self) -> None:
        """Do nothing: no connection is open."""

    async def aclose(self) -> None:
        """Do nothing: no connection is open."""
