"""The functions that turn an SDK's client into an instructor client whose calls structgen makes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, overload

import groq
import openai
from instructor import Mode as InstructorMode
from instructor.v2.core.hooks import Hooks

from structgen.core.argument_checks import argument, instance, shown, string
from structgen.core.errors import ConfigurationError
from structgen.core.options import Mode, Options
from structgen.engine.answers import open_store
from structgen.instructor.call_arguments import mode_of
from structgen.instructor.call_runner import CallRunner
from structgen.instructor.clients import (
    AsyncStructgenInstructor,
    StructgenInstructor,
    acreate_with,
    create_with,
)
from structgen.send.http.user_client import UserClient, user_client
from structgen.store import Store

_OPTIONS = instance(Options, "Options(budget=Budget(max_tokens=20_000))")


@overload
def from_groq(
    client: groq.Groq,
    mode: InstructorMode | Mode | None = None,
    *,
    options: Options | None = None,
    store: Store | Path | str | None = None,
    hooks: Hooks | None = None,
    **defaults: Any,
) -> StructgenInstructor: ...
@overload
def from_groq(
    client: groq.AsyncGroq,
    mode: InstructorMode | Mode | None = None,
    *,
    options: Options | None = None,
    store: Store | Path | str | None = None,
    hooks: Hooks | None = None,
    **defaults: Any,
) -> AsyncStructgenInstructor: ...
def from_groq(
    client: Any,
    mode: InstructorMode | Mode | None = None,
    *,
    options: Options | None = None,
    store: Store | Path | str | None = None,
    hooks: Hooks | None = None,
    **defaults: Any,
) -> Any:
    """Return an instructor client whose calls structgen makes, for a groq client, sync or async.

    Args:
        client: a ``groq.Groq`` or ``groq.AsyncGroq``. Its key, base URL, headers, timeout and HTTP client are used.
        mode: a mode of instructor or structgen. If None, the best one of the model.
        options: what structgen accepts and spends (budget, repairs). Arguments of a call take precedence.
        store: a file or an open Store for every paid response.
        hooks: instructor's hooks.
        defaults: arguments for every call, such as ``model=``, ``temperature=``.

    Raises ConfigurationError for a client of another kind, and for an unknown mode.
    """
    return _client_of("groq", client, mode, options, store, hooks, defaults)


@overload
def from_openai(
    client: openai.OpenAI,
    mode: InstructorMode | Mode | None = None,
    *,
    options: Options | None = None,
    store: Store | Path | str | None = None,
    hooks: Hooks | None = None,
    **defaults: Any,
) -> StructgenInstructor: ...
@overload
def from_openai(
    client: openai.AsyncOpenAI,
    mode: InstructorMode | Mode | None = None,
    *,
    options: Options | None = None,
    store: Store | Path | str | None = None,
    hooks: Hooks | None = None,
    **defaults: Any,
) -> AsyncStructgenInstructor: ...
def from_openai(
    client: Any,
    mode: InstructorMode | Mode | None = None,
    *,
    options: Options | None = None,
    store: Store | Path | str | None = None,
    hooks: Hooks | None = None,
    **defaults: Any,
) -> Any:
    """Return a client as `from_groq` does, for an openai client: any server with OpenAI's chat completions."""
    return _client_of("openai", client, mode, options, store, hooks, defaults)


def from_provider(
    model: str,
    async_client: bool = False,
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    mode: InstructorMode | Mode | None = None,
    options: Options | None = None,
    store: Store | Path | str | None = None,
    **defaults: Any,
) -> StructgenInstructor | AsyncStructgenInstructor:
    """Open a client for ``groq/<id>`` or ``openai/<id>``, with that model as the default of all calls."""
    provider, _, name = argument("model", model, string).partition("/")
    opens: dict[str, tuple[Any, Any]] = {
        "groq": (groq.Groq, groq.AsyncGroq),
        "openai": (openai.OpenAI, openai.AsyncOpenAI),
    }
    if provider not in opens or not name:
        raise ConfigurationError(
            f"structgen.instructor.from_provider opens groq/<id> and openai/<id>, not {shown(model)}. For others use "
            "structgen.Extractor('<provider>/<id>'), or instructor itself."
        )
    try:
        client = opens[provider][async_client](api_key=api_key, base_url=base_url)
    except (groq.GroqError, openai.OpenAIError) as error:
        raise ConfigurationError(f"No client of {provider} can be opened: {error}") from error
    return _client_of(provider, client, mode, options, store, None, {"model": name, **defaults})


def patch(
    client: Any = None,
    create: Any = None,
    mode: InstructorMode | Mode | None = None,
    *,
    options: Options | None = None,
    store: Store | Path | str | None = None,
    **defaults: Any,
) -> Any:
    """Change ``client.chat.completions.create`` of this client to take a `response_model`, and return the client.

    With ``create=client.chat.completions.create`` a function is returned and the client is left as it is.
    """
    # A method of the SDK knows the client to which it belongs.
    given = client if create is None else getattr(getattr(create, "__self__", None), "_client", create)
    known = user_client(given)
    runner = _runner(given, known, mode, options, store)
    defaults = {"max_retries": 1, **defaults}
    made = (acreate_with if known.is_async else create_with)(runner, defaults, Hooks())
    if create is not None:
        return made
    given.chat.completions.create = made
    return given


def apatch(client: Any, mode: InstructorMode | Mode | None = None) -> Any:
    """Patch an async client: the older name of `patch`."""
    return patch(client, mode=mode)


def _client_of(
    sdk: str,
    client: object,
    mode: InstructorMode | Mode | None,
    options: Options | None,
    store: Store | Path | str | None,
    hooks: Hooks | None,
    defaults: dict[str, Any],
) -> StructgenInstructor | AsyncStructgenInstructor:
    known = user_client(client)
    if known.sdk != sdk:
        raise ConfigurationError(
            f"from_{sdk} needs a client of the {sdk} SDK, not of {known.sdk}: call from_{known.sdk}(client)."
        )
    runner = _runner(client, known, mode, options, store)
    shown_mode = mode if isinstance(mode, InstructorMode) else InstructorMode.TOOLS
    kind = AsyncStructgenInstructor if known.is_async else StructgenInstructor
    return kind(runner, shown_mode, hooks, defaults)


def _runner(
    client: object,
    known: UserClient,
    mode: InstructorMode | Mode | None,
    options: Options | None,
    store: Store | Path | str | None,
) -> CallRunner:
    chosen = Options() if options is None else argument("options", options, _OPTIONS)
    provider = known.api.provider
    # The store is opened here, once: the runner opens an Extractor for each combination of arguments.
    return CallRunner(client, known.sdk, provider, mode_of(mode), chosen, open_store(store, f"{provider}/any"))
