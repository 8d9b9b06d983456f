"""Extractor: a model and options, ready to extract values from one text or many."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from typing_extensions import TypeForm, Unpack

from structgen.compile import Input, Plan, compile_brief, compile_chat
from structgen.core.argument_checks import argument, filled, instance, mapping, name_in, number, optional, string, whole
from structgen.core.closing import AsyncClosing, Closing
from structgen.core.errors import ConfigurationError, RequestTooLarge
from structgen.core.events import Observer
from structgen.core.json import Json
from structgen.core.options import Mode, Options, Style, TextParameters, with_parameters
from structgen.core.records import Card, Completion, Document, Example
from structgen.core.results import Extraction
from structgen.engine.answers import open_store
from structgen.engine.budget import Prices
from structgen.engine.cascade.cascade_answers import check_keys, check_models, open_models, refuse_cascade, refuse_rules
from structgen.engine.cascade.cascade_document import CascadeDocument
from structgen.engine.cascade.model_order import Cascade, model_in, models_in
from structgen.engine.document_input import readable_input
from structgen.engine.document_line import ModelDocument
from structgen.engine.drive import adrive, drive
from structgen.engine.estimate.estimate_api import Estimates
from structgen.engine.flow import DocumentLine, Line, Send, SideBySide, extraction
from structgen.engine.observers import Observers, observed, observers_in
from structgen.engine.provider_batches.batch_api import Batches
from structgen.engine.reparse.previous_run import PreviousRun, only_extract
from structgen.engine.stream.stream_api import Streams, TextLine, refuse_chunks, text_line
from structgen.engine.stream.stream_views import Finished
from structgen.schema import Context, SchemaOf, U
from structgen.send import (
    MAX_BYTES,
    TIMEOUT,
    Allowance,
    DocumentClock,
    client_given,
    default_model,
    open_sender,
    retry_policy,
    split_model,
)
from structgen.stages import Resolved, brief_for, resolve, resolve_items
from structgen.store import Store

if TYPE_CHECKING:
    import httpx
    from tenacity import BaseRetrying

    from structgen.send.factory import SdkClient
    from structgen.send.http.user_client import UserClient

R = TypeVar("R")
T = TypeVar("T")

_A_STRING = optional(string)
_A_PREVIOUS_RUN = instance(PreviousRun, "PreviousRun(store, store.runs()[0])")
_AN_OPTIONS = instance(Options, "Options(mode=Mode.JSON)")

MAX_PLANS = 64
"""Maximum compiled schemas that one Extractor remembers."""


class Extractor(Batches, Streams, Estimates, Closing, AsyncClosing):
    """A model and options, ready to extract typed values from texts.

    Args:
        model: ``groq/<id>``, ``rules`` (no LLM), ``compatible/<id>``, ``<provider>/<id>``, or ``replay``, which answers
            from the store alone (``replay/<provider>/<id>`` if the store holds several models). ``groq/auto:simple``,
            ``medium`` and ``complex`` choose by price. A `Cascade`, or several names with commas between them, asks
            the models in turn. If None, ``STRUCTGEN_MODEL`` decides, else Groq is used if ``GROQ_API_KEY`` is set.
        options: how to ask and what to accept.
        api_key: the key. If None, the provider's environment variable is read.
        base_url: another server that speaks the same protocol.
        timeout: maximum seconds for one request. If it is not set, a `client` keeps its own timeout.
        http_client: an ``httpx.Client`` (sync calls) or ``httpx.AsyncClient`` (async calls) to use.
        client: a client of the groq or openai SDK to use, sync or async, in place of api_key, base_url and http_client:
            ``Extractor(client=Groq())``. One of openai's serves the models ``compatible/<id>``.
        max_response_bytes: maximum size of a response body, also after decompression, and of the text of a stream.
        retrying: a tenacity policy whose ``stop`` and ``wait`` decide about transport retries.
        limit_group: any name. Extractors with the same one share their rate limits, although their keys differ: limits
            belong to the organization, and all keys of an organization count together.
        limits: where processes share their rate limits: the path of a file for those of one host, or the address of a
            Redis server (``redis://host:6379/0``) for many hosts. If None, ``STRUCTGEN_LIMITS`` names it; without
            either, each process keeps the limits alone.
        store: a file or an open `Store` for every paid completion. An equal request is answered from it at no cost. If
            None, nothing is stored. A store that is opened from a file is closed with the Extractor.
        previous_run: a run in that store (engine/reparse/previous_run.py). Its responses are read again first, and the
            model is asked only for what is new in the schema or does not fit it. For `extract` and `map`.
        observers: callables that receive an event for every request, completion, repair, retry and result
            (core/events.py).

    Raises:
        ConfigurationError: no model is named or can be chosen, the model string is unknown, or the key is missing.
        StoreError: the store cannot be opened.

    It is a context manager, sync and async; closing it is never required for a script to end cleanly.
    """

    _open_sender = staticmethod(open_sender)

    def __init__(
        self,
        model: str | Cascade | None = None,
        options: Options | None = None,
        *,
        api_key: str | None = None,
        base_url: str | None = None,
        timeout: float = TIMEOUT,
        http_client: httpx.Client | httpx.AsyncClient | None = None,
        client: SdkClient | None = None,
        max_response_bytes: int = MAX_BYTES,
        limit_group: str | None = None,
        limits: Path | str | None = None,
        store: Store | Path | str | None = None,
        previous_run: PreviousRun | None = None,
        observers: Sequence[Observer] = (),
        retrying: BaseRetrying | None = None,
    ) -> None:
        given = client_given(client, api_key=api_key, base_url=base_url, http_client=http_client)
        chosen = _chosen_model(model, given)
        self.options = Options() if options is None else argument("options", options, _AN_OPTIONS)
        self._plans: dict[tuple[int, str, bool, int, Style | None], tuple[tuple[Example, ...], Plan[Any]]] = {}
        self._observers = Observers(argument("observers", observers, observers_in))
        self._patience = Allowance(
            self.options.budget.max_transport_retries,
            on_retry=self._observers.retried,
            on_wait=self._observers.waiting,
            retrying=argument("retrying", retrying, retry_policy),
        )
        timeout = argument("timeout", timeout, number(above=0))
        base_url, api_key = argument("base_url", base_url, _A_STRING), argument("api_key", api_key, _A_STRING)
        previous_run = argument("previous_run", previous_run, optional(_A_PREVIOUS_RUN))
        models = models_in(chosen)
        check_keys(models, api_key=api_key, base_url=base_url, client=client, previous_run=previous_run)
        open_wire = partial(
            self._open_sender,
            api_key=api_key,
            base_url=base_url,
            timeout=given.timeout if given and timeout == TIMEOUT else timeout,
            http_client=http_client,
            client=given,
            max_response_bytes=argument("max_response_bytes", max_response_bytes, whole(1)),
            limit_group=argument("limit_group", limit_group, optional(filled)) or "",
            limits=argument("limits", limits, optional(name_in)),
            # Modes after JSON_SCHEMA need the schema in the prompt; and a mode that was named is not replaced.
            fall_back=self.options.mode is Mode.AUTO and self.options.style is not Style.NONE,
        )
        opened = open_store(store, models[-1])
        base = given.base_url if given else base_url
        run = previous_run.run.id if previous_run else None
        self.models, self._answers, self._senders = open_models(models, opened, base, open_wire, run)
        self.model = ",".join(self.models)
        check_models(self.models, self.options, self._senders)
        self._own_store = opened if opened is not store else None
        self._previous = previous_run.at(self._answers.endpoint) if previous_run else None

    def __repr__(self) -> str:
        return f"Extractor({self.model!r})"

    @property
    def card(self) -> Card | None:
        """The card of the model, of a cascade that of the first; None if the model is unknown."""
        return self._senders[0].card

    @overload
    def extract(
        self, schema: SchemaOf[U], text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[U]: ...
    @overload
    def extract(
        self, schema: Mapping[str, Any] | bool, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[Json]: ...
    @overload
    def extract(
        self, schema: TypeForm[T], text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[T]: ...
    def extract(
        self, schema: object, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[Any]:
        """Extract a typed value from a text, a document or a chat.

        `instructions` replace those of the task. `context` is passed to the validators of the schema
        (``info.context``) and never sent. A text that is too long for one request is read in chunks, which `.chunks`
        of the result lists.

        Raises ExtractionFailed with every attempt and the partial value, TransportError if no completion arrived,
        TaskError for a wrong schema, and DocumentError for a text that cannot be sent.
        """
        return self._extract(schema, text, instructions, context)

    @overload
    async def aextract(
        self, schema: SchemaOf[U], text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[U]: ...
    @overload
    async def aextract(
        self, schema: Mapping[str, Any] | bool, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[Json]: ...
    @overload
    async def aextract(
        self, schema: TypeForm[T], text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[T]: ...
    async def aextract(
        self, schema: object, text: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[Any]:
        """Async version of `extract`."""
        return await self._aextract(schema, text, instructions, context)

    @overload
    def generate(
        self, schema: SchemaOf[U], prompt: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[U]: ...
    @overload
    def generate(
        self,
        schema: Mapping[str, Any] | bool,
        prompt: Input,
        instructions: str | None = None,
        *,
        context: Context = None,
    ) -> Extraction[Json]: ...
    @overload
    def generate(
        self, schema: TypeForm[T], prompt: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[T]: ...
    def generate(
        self, schema: object, prompt: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[Any]:
        """Generate a typed value from a prompt ("A recipe for apple pie") instead of a document.

        `.evidence` is empty, because there is no document to find it in. Raises the same errors as `extract`.
        """
        return self._run(self._prompted(schema, prompt, instructions, context))

    @overload
    async def agenerate(
        self, schema: SchemaOf[U], prompt: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[U]: ...
    @overload
    async def agenerate(
        self,
        schema: Mapping[str, Any] | bool,
        prompt: Input,
        instructions: str | None = None,
        *,
        context: Context = None,
    ) -> Extraction[Json]: ...
    @overload
    async def agenerate(
        self, schema: TypeForm[T], prompt: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[T]: ...
    async def agenerate(
        self, schema: object, prompt: Input, instructions: str | None = None, *, context: Context = None
    ) -> Extraction[Any]:
        """Async version of `generate`."""
        return await self._arun(self._prompted(schema, prompt, instructions, context))

    def complete(self, messages: Input, **parameters: Unpack[TextParameters]) -> Completion:
        """Return plain text for a prompt or a chat, without a schema: `.text` of the completion, its `.usage`, `.cost`.

        `parameters`, such as ``temperature=0.7``, replace those of the options for this call. A chat may contain tool
        calls and their results, as the SDKs write them. Options, budget, transport retries and observers apply as in
        `extract`. Raises TransportError, DocumentError, ConfigurationError, and BudgetExceeded if the answer could
        exceed the budget.
        """
        return self._run(self._chat(messages, parameters))

    async def acomplete(self, messages: Input, **parameters: Unpack[TextParameters]) -> Completion:
        """Async version of `complete`."""
        return await self._arun(self._chat(messages, parameters))

    def with_options(self, options: Options) -> Self:
        """Return a copy with other options. It shares the connections, the store and the observers."""
        other = copy(self)
        other.options = argument("options", options, _AN_OPTIONS)
        other._plans = {}
        other._patience = replace(self._patience, transport_retries=options.budget.max_transport_retries)
        return other

    def with_cancellation(self, stopped: Callable[[], bool]) -> Self:
        """Return a copy whose waits for a rate limit or a retry end with NotSent as soon as `stopped()` is true."""
        other, before = copy(self), self._patience.stopped
        either = stopped if before is None else lambda: stopped() or before()
        other._patience = replace(self._patience, stopped=either)
        return other

    def with_observer(self, observer: Observer) -> Self:
        """Return a copy with one more observer. It shares the connections and the store."""
        other = copy(self)
        other._observers = told = Observers((*self._observers.all, observer))
        other._patience = replace(self._patience, on_retry=told.retried, on_wait=told.waiting)
        return other

    def _storing(self, store: Store | Path | str | None) -> tuple[Self, Callable[[], None]]:
        if store is None:
            return self, lambda: None
        other = copy(self)
        other._answers = self._answers.with_store(store)
        opened = other._answers.store
        return other, lambda: None if opened is None or opened is store else opened.close()

    def _chat(self, messages: Input, parameters: TextParameters) -> TextLine:
        refuse_cascade(self.models, "plain text")
        provider, name = split_model(self.model)
        card, options = self._senders[0].card, with_parameters(self.options, parameters)
        request = compile_chat(messages, provider, name, options, card)
        return text_line(request, options.budget, card, self._observers)

    def _resolved(self, schema: object) -> Resolved[Any]:
        return resolve(schema)

    def _extract(self, schema: object, text: Input, instructions: str | None, context: Context) -> Extraction[Any]:
        document, allowance = self._document(schema, text, instructions, context), self._allowance()
        try:
            return self._run(document.line(self._observers), allowance)
        except RequestTooLarge as error:
            line = document.line_in_chunks(self._observers)
            if line is None:
                raise error
        return self._run(line, allowance)

    async def _aextract(
        self, schema: object, text: Input, instructions: str | None, context: Context
    ) -> Extraction[Any]:
        document, allowance = self._document(schema, text, instructions, context), self._allowance()
        try:
            return await self._arun(document.line(self._observers), allowance)
        except RequestTooLarge as error:
            line = document.line_in_chunks(self._observers)
            if line is None:
                raise error
        return await self._arun(line, allowance)

    def _document(
        self, schema: object, text: Input, instructions: str | None, context: Context, *, extracting: bool = True
    ) -> ModelDocument[Any] | CascadeDocument[Any]:
        """Return a text with the plan of each model that may be asked about it."""
        resolved = resolve(schema)
        plans = [
            self._plan(resolved, instructions, context, extracting=extracting, number=number)
            for number in range(len(self.models))
        ]
        if len(plans) == 1:
            return ModelDocument(plans[0], text, self._previous)
        return CascadeDocument(tuple(plans), text, Prices.of(self.models))

    def _prompted(self, schema: object, prompt: Input, instructions: str | None, context: Context) -> DocumentLine[Any]:
        """Return the line for a prompt."""
        if self._previous is not None:
            raise only_extract("a prompt or a stream", "Call extract")
        refuse_rules(self.models)
        return self._document(schema, prompt, instructions, context, extracting=False).line(self._observers)

    def _planned(
        self, schema: object, text: Input, instructions: str | None, context: Context, *, extracting: bool = True
    ) -> tuple[Plan[Any], Line[Any]]:
        refuse_cascade(self.models, "a stream")
        if self._previous is not None:
            raise only_extract("a prompt or a stream", "Call extract")
        plan = self._plan(resolve(schema), instructions, context, extracting=extracting)
        readable = readable_input(plan.brief, text)
        if extracting:
            refuse_chunks(self.options, readable.input)
        return plan, observed(readable.placed(extraction(plan, readable.input)), self._observers)

    def _listed(
        self, item: object, text: Input, instructions: str | None, context: Context
    ) -> tuple[Finished[Any], Line[Any]]:
        listed, one = resolve_items(item)
        plan, line = self._planned(listed, text, instructions, context)
        text = readable_input(plan.brief, text).input
        document = text.text if isinstance(text, Document) else text if isinstance(text, str) else None
        return Finished(one.within(context), plan.form, self.options, document), line

    def _plan(
        self,
        resolved: Resolved[Any],
        instructions: str | None,
        context: Context = None,
        *,
        extracting: bool = True,
        number: int = 0,
    ) -> Plan[Any]:
        """Return what all requests for a schema share, remembered because most schemas are used for many texts.

        `number` is the index of the model, if there are several.
        """
        context = argument("context", context, optional(mapping))
        instructions = argument("instructions", instructions, optional(string))
        resolved = resolved.for_use(extracting=extracting)
        # Schemas are compared by identity: one that is equal may have validators that differ.
        words = resolved.instructions if instructions is None else instructions
        key = (id(resolved.schema), words, extracting, number, resolved.style)
        examples, plan = self._plans.get(key, ((), None))
        if plan is None or plan.brief.schema is not resolved.schema or examples != resolved.examples:
            if len(self._plans) >= MAX_PLANS:
                self._plans.clear()
            model, card = self.models[number], self._senders[number].card
            brief = brief_for(resolved, model, self.options, instructions, card=card, extracting=extracting)
            plan = compile_brief(brief)
            self._plans[key] = resolved.examples, plan
        return plan.within(context)

    def _run(self, line: Generator[Send | SideBySide, Any, R], allowance: Allowance | None = None) -> R:
        return drive(line, partial(self._answers.answer, allowance=allowance or self._allowance()))

    async def _arun(self, line: Generator[Send | SideBySide, Any, R], allowance: Allowance | None = None) -> R:
        return await adrive(line, partial(self._answers.aanswer, allowance=allowance or self._allowance()))

    def _allowance(self) -> Allowance:
        """Return what one extraction may take from now on, in time and transport retries."""
        seconds, clock = self.options.budget.max_seconds, DocumentClock()
        return self._patience if seconds is None else replace(self._patience, deadline=clock() + seconds, clock=clock)

    def close(self) -> None:
        """Close the connections of sync calls, and the store if it was opened from a file."""
        for sender in self._senders:
            sender.close()
        if self._own_store is not None:
            self._own_store.close()

    async def aclose(self) -> None:
        """Close all connections, this event loop's included, and the store if it was opened from a file."""
        for sender in self._senders:
            await sender.aclose()
        if self._own_store is not None:
            self._own_store.close()


def _chosen_model(model: str | Cascade | None, client: UserClient | None) -> str | Cascade:
    """Return the named model, else the default. Raises ConfigurationError if there is none."""
    chosen = default_model(client=client) if model is None else argument("model", model, model_in)
    if chosen is not None:
        return chosen
    raise ConfigurationError(
        'client serves models whose names are not known here: name one, as in Extractor("compatible/<id>", client=...).'
        if client
        else "No model is named and no key is set. Set GROQ_API_KEY or STRUCTGEN_MODEL, or pass "
        'model="groq/<id>"; without a key, model="rules" extracts without an LLM.'
    )
