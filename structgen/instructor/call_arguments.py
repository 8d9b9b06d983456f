"""The arguments of a call to instructor -> structgen's options. An argument that cannot be sent is an error."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, cast

from instructor import Mode as InstructorMode
from instructor.v2.core.hooks import Hooks
from instructor.v2.core.multimodal import convert_messages
from instructor.v2.core.providers import Provider
from instructor.v2.core.templating import handle_templating
from tenacity import AsyncRetrying, RetryCallState, Retrying
from tenacity.stop import stop_after_delay

from structgen.core.argument_checks import argument, mapping, shown
from structgen.core.errors import ConfigurationError
from structgen.core.options import Mode, Options, Risk
from structgen.core.records import Parameters

MODES: Mapping[InstructorMode, Mode] = MappingProxyType(
    {
        InstructorMode.TOOLS: Mode.TOOLS,
        InstructorMode.FUNCTIONS: Mode.TOOLS,
        InstructorMode.PARALLEL_TOOLS: Mode.AUTO,  # list[A | B] holds what parallel calls would
        InstructorMode.TOOLS_STRICT: Mode.JSON_SCHEMA,
        InstructorMode.JSON: Mode.JSON,
        InstructorMode.MD_JSON: Mode.TEXT,
        InstructorMode.JSON_SCHEMA: Mode.JSON_SCHEMA,
    }
)
RENAMED = MappingProxyType({"max_tokens": "max_completion_tokens"})
FOR_CLIENT = MappingProxyType({"extra_headers": "default_headers", "extra_query": "default_query"})
WITHOUT_EFFECT: Mapping[str, object] = MappingProxyType({"n": 1, "logprobs": False, "autodetect_images": False})
"""Arguments that change nothing if they have this value."""

DEFAULT_RETRIES = 3
MOST_ATTEMPTS = 64
"""How many attempts of a tenacity policy are tried out to find when it stops."""


@dataclass(frozen=True, slots=True)
class CallArguments:
    """One call. `parameters` are those for the model; `max_retries` and `strict` are None if they were not given."""

    response_model: Any
    messages: Any
    max_retries: int | Retrying | AsyncRetrying | None
    context: Mapping[str, Any] | None
    strict: bool | None
    hooks: Hooks
    token_budget: int | None
    parameters: Mapping[str, Any]

    def readable_messages(self) -> Sequence[Any]:
        """Return the messages with templates filled in from the context, and instructor's images converted."""
        messages: Any = self.messages
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        if not isinstance(messages, list | tuple):
            raise ConfigurationError(f"messages is {shown(messages)}, but must be a list of chat messages.")
        given = [_with_parts(one) for one in cast("Sequence[Any]", messages)]
        roles = [cast("Any", one).get("role") if isinstance(one, dict) else None for one in given]
        if self.response_model is not None and roles and set(roles) == {"system"}:
            # A chat of instructions alone would leave the model no request, so the last one becomes it.
            given[-1] = {**given[-1], "role": "user"}
        if not self.context:
            return given
        return [_filled(one, dict(self.context)) for one in given]


def _with_parts(message: Any) -> Any:
    """Return a message with instructor's images converted. A text message, or an object of the SDK, stays as it is."""
    if not isinstance(message, dict) or "role" not in message:
        return cast("Any", message)
    content: object = cast("Any", message).get("content")
    if content is None or isinstance(content, str | int | float):
        return cast("Any", message)
    return convert_messages([message], InstructorMode.TOOLS)[0]


def _filled(message: Any, context: dict[str, Any]) -> Any:
    """Return a message with its templates filled in. An object of the SDK is a response, without templates."""
    if not isinstance(message, dict):
        return message
    return handle_templating({"messages": [message]}, InstructorMode.TOOLS, Provider.OPENAI, context)["messages"][0]


@dataclass(frozen=True, slots=True)
class Settings:
    """The arguments of a call that its Extractor depends on. `key` is equal for equal settings."""

    model: str
    parameters: Mapping[str, Any]
    for_client: Mapping[str, Any]
    retries: int | Retrying | AsyncRetrying | None
    strict: bool | None

    @property
    def key(self) -> Hashable:
        """A key for caching. Raises TypeError, here or from its hash, if an argument cannot be part of a key."""
        return (self.model, _pairs(self.parameters), _pairs(self.for_client), self.retries, self.strict)

    def options(self, base: Options) -> Options:
        """Return the options of the call. Raises ConfigurationError for an invalid value."""
        most, seconds = attempts_of(self.retries, base)
        budget = replace(base.budget, max_attempts=most)
        if seconds is not None:
            budget = replace(budget, max_seconds=seconds)
        risk = Risk.LOSSLESS if self.strict else base.max_risk
        return replace(base, budget=budget, max_risk=risk, **self.parameters)


def settings_of(call: CallArguments) -> Settings:
    """Return the settings of a call. Raises ConfigurationError naming what structgen does not send."""
    parameters: dict[str, Any] = {}
    for_client: dict[str, Any] = {}
    unknown: list[str] = []
    model = ""
    for name, value in call.parameters.items():
        if value is None or type(value).__name__ in {"NotGiven", "Omit"} or _without_effect(name, value):
            continue
        own = RENAMED.get(name, name)
        if name == "model":
            model = value
        elif name in FOR_CLIENT:
            argument(name, value, mapping)
            for_client[FOR_CLIENT[name]] = value
        elif name == "timeout":
            seconds = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
            if not seconds and not hasattr(value, "read"):  # the Timeout of an HTTP library has it
                raise ConfigurationError(
                    f"timeout is {shown(value)}, but must be seconds above 0, or an httpx.Timeout."
                )
            for_client[name] = value
        elif own in Parameters.__dataclass_fields__:
            parameters[own] = tuple(cast("list[Any]", value)) if isinstance(value, list) else value
        else:
            unknown.append(name)
    if unknown:
        raise ConfigurationError(
            f"structgen.instructor does not send {', '.join(sorted(unknown))}: omit them. The response model and "
            "the mode decide about tools and formats; `store=` of from_groq keeps responses."
        )
    if not isinstance(model, str) or not model:  # pyright: ignore[reportUnnecessaryIsInstance]  callers are not typed
        raise ConfigurationError('model is missing: pass model="openai/gpt-oss-20b" to the call or to from_groq.')
    return Settings(model, parameters, for_client, call.max_retries, call.strict)


def _without_effect(name: str, value: object) -> bool:
    return name in WITHOUT_EFFECT and value == WITHOUT_EFFECT[name]


def _pairs(given: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple((name, _hashable(given[name])) for name in sorted(given))


def _hashable(value: Any) -> object:
    return tuple(cast("dict[str, Any]", value).items()) if isinstance(value, dict) else value


def attempts_of(retries: object, base: Options) -> tuple[int | None, float | None]:
    """Return how often to ask, and for how many seconds (None: as in `base`).

    Raises ConfigurationError for anything but a number of retries or a tenacity policy.
    """
    if retries is None:
        budget = base.budget
        # Without retries and without a budget of the user's, instructor's default applies.
        return (DEFAULT_RETRIES + 1 if budget == Options().budget else budget.max_attempts), None
    if isinstance(retries, int) and not isinstance(retries, bool):
        return max(retries, 0) + 1, None
    if not isinstance(retries, Retrying | AsyncRetrying) or not callable(retries.stop):
        raise ConfigurationError(
            f"max_retries is {shown(retries)}, but must be a whole number, or a tenacity policy with a stop such as "
            "stop_after_attempt(3): write max_retries=2."
        )
    return _until_stopped(retries)


def _until_stopped(policy: Retrying | AsyncRetrying) -> tuple[int | None, float | None]:
    """Return after how many attempts and seconds a tenacity policy stops; None if the number does not matter to it."""
    stop: Any = policy.stop
    seconds: float | None = stop.max_delay if isinstance(stop, stop_after_delay) else None
    state = RetryCallState(cast("Any", policy), None, (), {})
    state.outcome_timestamp = state.start_time
    for number in range(1, MOST_ATTEMPTS + 1):
        state.attempt_number = number
        if stop(state):
            return number, seconds
    return None, seconds


def mode_of(given: InstructorMode | Mode | str | None) -> Mode:
    """Return structgen's mode for one of instructor's. Raises ConfigurationError for one of another provider."""
    if given is None:
        return Mode.AUTO
    if isinstance(given, Mode):
        return given
    if isinstance(given, InstructorMode) and given in MODES:
        return MODES[given]
    names = ", ".join(f"Mode.{mode.name}" for mode in MODES)
    raise ConfigurationError(f"mode is {shown(given)}, but must be one of {names} of instructor, or left out.")
