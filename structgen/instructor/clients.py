"""The clients that users hold: subclasses of instructor's own, sync and async."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterable
from dataclasses import dataclass, replace
from typing import Any

from instructor import AsyncInstructor, Instructor
from instructor import Mode as InstructorMode
from instructor.v2.core.hooks import Hooks
from instructor.v2.core.providers import Provider
from tenacity import AsyncRetrying, Retrying

from structgen.core.argument_checks import argument, flag, instance, mapping, optional
from structgen.core.errors import ConfigurationError
from structgen.instructor.call_arguments import CallArguments
from structgen.instructor.call_runner import CallRunner
from structgen.instructor.response_models import response_model_of

PROVIDERS = {"groq": Provider.GROQ, "openai": Provider.OPENAI}


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments that instructor names in its signatures. None means that one was not given."""

    response_model: Any = None
    messages: Any = None
    max_retries: Any = None
    context: Any = None
    strict: Any = None
    hooks: Hooks | None = None
    token_budget: Any = None


_HOOKS = instance(Hooks, "Hooks()")
_NAMES = tuple(name for name in Given.__dataclass_fields__ if name != "hooks")


def call_of(hooks: Hooks, parameters: dict[str, Any], given: Given) -> CallArguments:
    """Return the call. `parameters` are those for the model, and the defaults of the client for what is not given.

    `validation_context` is the older name of `context`. Raises ConfigurationError if there are no messages.
    """
    rest = dict(parameters)
    older = rest.pop("validation_context", None)
    default = {name: rest.pop(name, None) for name in _NAMES}
    chosen: dict[str, Any] = {
        name: default[name] if getattr(given, name) is None else getattr(given, name) for name in _NAMES
    }
    chosen["context"] = older if chosen["context"] is None else chosen["context"]
    if chosen["messages"] is None:
        raise ConfigurationError('messages is missing: pass messages=[{"role": "user", "content": "..."}].')
    argument("context", chosen["context"], optional(mapping))
    argument("strict", chosen["strict"], optional(flag))
    default_hooks = rest.pop("hooks", None)
    own = argument("hooks", default_hooks if given.hooks is None else given.hooks, optional(_HOOKS))
    return CallArguments(hooks=hooks if own is None else hooks + own, parameters=rest, **chosen)


def is_streamed(call: CallArguments) -> bool:
    """Return whether a typed stream was asked for. A plain completion streams as the SDK does."""
    return call.response_model is not None and bool(call.parameters.get("stream"))


def unstreamed(call: CallArguments) -> CallArguments:
    """Return a typed call without `stream`, for methods that say themselves whether they stream."""
    if call.response_model is None or "stream" not in call.parameters:
        return call
    rest = {name: value for name, value in call.parameters.items() if name not in {"stream", "stream_options"}}
    return replace(call, parameters=rest)


def answer(runner: CallRunner, call: CallArguments) -> Any:
    """Return what ``create`` returns: a value, or a generator for ``stream=True``."""
    if is_streamed(call):
        is_list = response_model_of(call.response_model).item is not None
        return runner.items(unstreamed(call)) if is_list else runner.grow(unstreamed(call))
    return runner.ask(unstreamed(call))[0]


async def aanswer(runner: CallRunner, call: CallArguments) -> Any:
    """Async version of `answer`. An Iterable is an async generator, as instructor has it for async clients."""
    if call.response_model is not None:
        model = response_model_of(call.response_model)
        if model.lazy or (is_streamed(call) and model.item is not None):
            return runner.aitems(unstreamed(call))
        if is_streamed(call):
            return runner.agrow(unstreamed(call))
    return (await runner.aask(unstreamed(call)))[0]


def create_with(runner: CallRunner, defaults: dict[str, Any], hooks: Hooks) -> Callable[..., Any]:
    """Return the function ``create`` for a sync client."""

    def create(response_model: Any = None, **parameters: Any) -> Any:
        return answer(runner, call_of(hooks, {**defaults, **parameters}, Given(response_model)))

    return create


def acreate_with(runner: CallRunner, defaults: dict[str, Any], hooks: Hooks) -> Callable[..., Any]:
    """Async version of `create_with`."""

    async def create(response_model: Any = None, **parameters: Any) -> Any:
        return await aanswer(runner, call_of(hooks, {**defaults, **parameters}, Given(response_model)))

    return create


class StructgenInstructor(Instructor):
    """An `Instructor` whose calls are structgen's."""

    def __init__(self, runner: CallRunner, mode: InstructorMode, hooks: Hooks | None, defaults: dict[str, Any]) -> None:
        hooks = Hooks() if hooks is None else hooks
        create = create_with(runner, defaults, hooks)
        super().__init__(runner.client, create, mode, PROVIDERS[runner.sdk], hooks, **defaults)
        self._runner = runner

    def create(
        self,
        response_model: Any = None,
        messages: Any = None,
        max_retries: int | Retrying | AsyncRetrying | None = None,
        context: dict[str, Any] | None = None,
        strict: bool | None = None,
        hooks: Hooks | None = None,
        token_budget: int | None = None,
        **parameters: Any,
    ) -> Any:
        """Return a value of the response model. Raises InstructorRetryException if no response was accepted."""
        given = Given(response_model, messages, max_retries, context, strict, hooks, token_budget)
        call = call_of(self.hooks, {**self.kwargs, **parameters}, given)
        return answer(self._runner, call)

    def create_with_completion(
        self,
        messages: Any = None,
        response_model: Any = None,
        max_retries: int | Retrying | AsyncRetrying | None = None,
        context: dict[str, Any] | None = None,
        strict: bool | None = None,
        hooks: Hooks | None = None,
        token_budget: int | None = None,
        **parameters: Any,
    ) -> tuple[Any, Any]:
        """Return the value and the SDK's completion, whose usage is that of all attempts."""
        given = Given(response_model, messages, max_retries, context, strict, hooks, token_budget)
        call = call_of(self.hooks, {**self.kwargs, **parameters}, given)
        return self._runner.ask(unstreamed(call))

    def create_partial(
        self,
        response_model: Any = None,
        messages: Any = None,
        max_retries: int | Retrying | AsyncRetrying | None = None,
        context: dict[str, Any] | None = None,
        strict: bool | None = None,
        hooks: Hooks | None = None,
        **parameters: Any,
    ) -> Generator[Any, None, None]:
        """Yield partial instances of the model while the response arrives, at last the validated one."""
        given = Given(response_model, messages, max_retries, context, strict, hooks)
        call = call_of(self.hooks, {**self.kwargs, **parameters}, given)
        return self._runner.grow(unstreamed(call))

    def create_iterable(
        self,
        messages: Any = None,
        response_model: Any = None,
        max_retries: int | Retrying | AsyncRetrying | None = None,
        context: dict[str, Any] | None = None,
        strict: bool | None = None,
        hooks: Hooks | None = None,
        **parameters: Any,
    ) -> Generator[Any, None, None]:
        """Yield each finished item of a list of the response model."""
        given = Given(response_model, messages, max_retries, context, strict, hooks)
        call = call_of(self.hooks, {**self.kwargs, **parameters}, given)
        return self._runner.items(unstreamed(replace(call, response_model=_item_list(response_model))))


class AsyncStructgenInstructor(AsyncInstructor):
    """An `AsyncInstructor` whose calls are structgen's."""

    def __init__(self, runner: CallRunner, mode: InstructorMode, hooks: Hooks | None, defaults: dict[str, Any]) -> None:
        hooks = Hooks() if hooks is None else hooks
        create = acreate_with(runner, defaults, hooks)
        super().__init__(runner.client, create, mode, PROVIDERS[runner.sdk], hooks, **defaults)
        self._runner = runner

    async def create(
        self,
        response_model: Any = None,
        messages: Any = None,
        max_retries: int | Retrying | AsyncRetrying | None = None,
        context: dict[str, Any] | None = None,
        strict: bool | None = None,
        hooks: Hooks | None = None,
        token_budget: int | None = None,
        **parameters: Any,
    ) -> Any:
        """Async version of `StructgenInstructor.create`."""
        given = Given(response_model, messages, max_retries, context, strict, hooks, token_budget)
        call = call_of(self.hooks, {**self.kwargs, **parameters}, given)
        return await aanswer(self._runner, call)

    async def create_with_completion(
        self,
        messages: Any = None,
        response_model: Any = None,
        max_retries: int | Retrying | AsyncRetrying | None = None,
        context: dict[str, Any] | None = None,
        strict: bool | None = None,
        hooks: Hooks | None = None,
        token_budget: int | None = None,
        **parameters: Any,
    ) -> tuple[Any, Any]:
        """Async version of `StructgenInstructor.create_with_completion`."""
        given = Given(response_model, messages, max_retries, context, strict, hooks, token_budget)
        call = call_of(self.hooks, {**self.kwargs, **parameters}, given)
        return await self._runner.aask(unstreamed(call))

    def create_partial(
        self,
        response_model: Any = None,
        messages: Any = None,
        max_retries: int | Retrying | AsyncRetrying | None = None,
        context: dict[str, Any] | None = None,
        strict: bool | None = None,
        hooks: Hooks | None = None,
        **parameters: Any,
    ) -> AsyncGenerator[Any, None]:
        """Async version of `StructgenInstructor.create_partial`."""
        given = Given(response_model, messages, max_retries, context, strict, hooks)
        call = call_of(self.hooks, {**self.kwargs, **parameters}, given)
        return self._runner.agrow(unstreamed(call))

    def create_iterable(
        self,
        messages: Any = None,
        response_model: Any = None,
        max_retries: int | Retrying | AsyncRetrying | None = None,
        context: dict[str, Any] | None = None,
        strict: bool | None = None,
        hooks: Hooks | None = None,
        **parameters: Any,
    ) -> AsyncGenerator[Any, None]:
        """Async version of `StructgenInstructor.create_iterable`."""
        given = Given(response_model, messages, max_retries, context, strict, hooks)
        call = call_of(self.hooks, {**self.kwargs, **parameters}, given)
        return self._runner.aitems(unstreamed(replace(call, response_model=_item_list(response_model))))


def _item_list(item: Any) -> Any:
    """Return the list of an item. A list or Iterable is one already."""
    if item is None:
        raise ConfigurationError("create_iterable needs the model of one item as response_model.")
    return item if response_model_of(item).item else Iterable[item]
