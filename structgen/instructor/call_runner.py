"""One call of instructor's interface, from its arguments to its value: sync, async and streamed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncGenerator, Generator, Hashable, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, cast

from instructor.v2.core.hooks import Hooks

from structgen.core.errors import ConfigurationError, ExtractionFailed, TransportError
from structgen.core.options import Mode, Options
from structgen.core.results import Extraction, Partial
from structgen.instructor.call_arguments import CallArguments, Settings, settings_of
from structgen.instructor.call_extractor import CallExtractor
from structgen.instructor.call_watch import CallWatch, check_token_budget
from structgen.instructor.partial_models import PartialModels
from structgen.instructor.response_models import ResponseModel, response_model_of, with_completion
from structgen.instructor.sdk_completions import SdkRecords, records_of, sdk_completion, sdk_usage
from structgen.store import Store

MAX_EXTRACTORS = 64
FAILURES = (ExtractionFailed, TransportError)


@dataclass(frozen=True, slots=True)
class CallRunner:
    """What all calls of one client share. `client` is the SDK's; `sdk` its name; `provider` is structgen's for it."""

    client: Any
    sdk: str
    provider: str
    mode: Mode
    options: Options
    store: Store | None
    extractors: OrderedDict[Hashable, CallExtractor] = field(default_factory=OrderedDict[Hashable, CallExtractor])
    lock: Lock = field(default_factory=Lock)

    def ask(self, call: CallArguments) -> tuple[Any, Any]:
        """Return the value of a call, and the completion of the SDK. Raises instructor's exceptions."""
        if call.response_model is None:
            completion = self._plain(call)
            return completion, completion
        job = self.job(call)
        try:
            return job.finished(job.extractor.ask(job.model.schema, job.messages, call.context, job.watch_if_needed))
        except FAILURES as error:
            failed = job.watch.failure(error)
            raise failed from failed.__cause__

    async def aask(self, call: CallArguments) -> tuple[Any, Any]:
        """Async version of `ask`."""
        if call.response_model is None:
            completion = await self._plain(call)
            return completion, completion
        job = self.job(call)
        try:
            asked = job.extractor.aask(job.model.schema, job.messages, call.context, job.watch_if_needed)
            return job.finished(await asked)
        except FAILURES as error:
            failed = job.watch.failure(error)
            raise failed from failed.__cause__

    def grow(self, call: CallArguments) -> Generator[Any, None, None]:
        """Yield a partial instance of the model for each change, then the validated value."""
        job, models = self._growing(call)
        with closing(job.extractor.grow(models[0], job.messages, call.context, job.watch_if_needed)) as shown:
            try:
                for one in shown:
                    yield models[1].build(one.value) if isinstance(one, Partial) else job.finished(one)[0]
            except FAILURES as error:
                failed = job.watch.failure(error)
                raise failed from failed.__cause__

    async def agrow(self, call: CallArguments) -> AsyncGenerator[Any, None]:
        """Async version of `grow`."""
        job, models = self._growing(call)
        async with aclosing(job.extractor.agrow(models[0], job.messages, call.context, job.watch_if_needed)) as shown:
            try:
                async for one in shown:
                    yield models[1].build(one.value) if isinstance(one, Partial) else job.finished(one)[0]
            except FAILURES as error:
                failed = job.watch.failure(error)
                raise failed from failed.__cause__

    def items(self, call: CallArguments) -> Generator[Any, None, None]:
        """Yield each item of a list as soon as it is finished and valid."""
        job = self.job(call, streamed=True)
        item = job.model.item or call.response_model
        with closing(job.extractor.items(item, job.messages, call.context, job.watch_if_needed)) as shown:
            try:
                yield from shown
            except FAILURES as error:
                failed = job.watch.failure(error)
                raise failed from failed.__cause__

    async def aitems(self, call: CallArguments) -> AsyncGenerator[Any, None]:
        """Async version of `items`."""
        job = self.job(call, streamed=True)
        item = job.model.item or call.response_model
        async with aclosing(job.extractor.aitems(item, job.messages, call.context, job.watch_if_needed)) as shown:
            try:
                async for one in shown:
                    yield one
            except FAILURES as error:
                failed = job.watch.failure(error)
                raise failed from failed.__cause__

    def job(self, call: CallArguments, *, streamed: bool = False) -> CallJob:
        """Return all that a call needs. Raises ConfigurationError for arguments that cannot be used."""
        check_token_budget(call.token_budget, call.response_model, streamed=streamed)
        model, records = response_model_of(call.response_model), records_of(self.sdk)
        extractor = self._extractor(settings_of(call))
        title = getattr(model.item or call.response_model, "__name__", "response")
        most = extractor.options.budget.max_attempts
        watch = CallWatch(call.hooks, records, title, most, call.token_budget)
        return CallJob(extractor, call.readable_messages(), model, watch, records)

    def _growing(self, call: CallArguments) -> tuple[CallJob, tuple[Any, PartialModels]]:
        job = self.job(call, streamed=True)
        original = job.model.partial
        if original is None:
            raise ConfigurationError(
                "create_partial needs a Pydantic model as response_model. For a list: create_iterable."
            )
        return job, (original, PartialModels(original))

    def _extractor(self, settings: Settings) -> CallExtractor:
        """Return the Extractor for these settings. The ones that were opened last are kept."""
        try:
            key = settings.key
            with self.lock:
                if (known := self.extractors.get(key)) is not None:
                    return known
        except TypeError:  # an argument has no hash or no order, so it cannot be part of a key
            return self._open(settings)
        opened = self._open(settings)
        with self.lock:
            self.extractors[key] = opened
            if len(self.extractors) > MAX_EXTRACTORS:
                self.extractors.popitem(last=False)
        return opened

    def _open(self, settings: Settings) -> CallExtractor:
        base = replace(self.options, mode=self.mode) if self.mode is not Mode.AUTO else self.options
        client = self.client.with_options(**settings.for_client) if settings.for_client else self.client
        policy = None if settings.retries is None or isinstance(settings.retries, int) else settings.retries
        return CallExtractor(
            f"{self.provider}/{settings.model}",
            settings.options(base),
            client=client,
            store=self.store,
            retrying=policy,
        )

    def _plain(self, call: CallArguments) -> Any:
        """Return what the SDK itself returns, a completion or an awaitable of one: no schema, nothing to repair."""
        check_token_budget(call.token_budget, None, streamed=False)
        completions = self.client.chat.completions
        # The method of the class, because `patch` may have replaced that of the object.
        kind = cast("Any", type(completions))
        return kind.create(completions, messages=call.readable_messages(), **call.parameters)


@dataclass(frozen=True, slots=True)
class CallJob:
    """One call, ready to run."""

    extractor: CallExtractor
    messages: Sequence[Any]
    model: ResponseModel
    watch: CallWatch
    records: SdkRecords

    @property
    def watch_if_needed(self) -> CallWatch | None:
        """The watch, or None without hooks and budget: watching would take as long as the rest of the call."""
        return self.watch if self.watch.token_budget is not None or has_handlers(self.watch.hooks) else None

    def finished(self, result: Extraction[Any]) -> tuple[Any, Any]:
        """Return the value as instructor hands it over, and its completion with the usage of all attempts."""
        completion = sdk_completion(result.attempts[-1].completion, result.usage, self.records)
        return with_completion(result.value, completion, sdk_usage(result.usage, self.records)), completion


def has_handlers(hooks: Hooks) -> bool:
    """Return whether anything is registered."""
    return any(cast("Any", hooks)._handlers.values())  # it has no public way to ask
