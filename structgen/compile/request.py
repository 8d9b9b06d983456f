"""Compile a brief (the schema, the model, the options) into the Request for a text."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from structgen.compile.messages import Input, chat_messages, conversation_of, document_text, with_images
from structgen.compile.parameters import answer_limit, answer_tokens, frame_tokens, parameters_for
from structgen.compile.prompt_text import ASK, conventions_text, delimited, example_answer, system_prompt
from structgen.core.errors import ConfigurationError
from structgen.core.options import EvidenceMode, Mode, Options
from structgen.core.records import Card, Conventions, Document, Example, Message, Request
from structgen.forms import AnswerForm, PlainForm, QuotedForm, object_form, strict_form
from structgen.forms.quotes import QuotesRefusal, with_quotes
from structgen.forms.strict import StrictRefusal
from structgen.schema import Context, Schema

T = TypeVar("T")

OWN_EVIDENCE = frozenset({"rules"})
"""Providers that report evidence themselves and are never asked for quotes."""


@dataclass(frozen=True, slots=True)
class Brief(Generic[T]):
    """What all requests for one schema depend on. `extracting`: the input is a document; otherwise it is the prompt."""

    schema: Schema[T]
    provider: str
    model: str
    options: Options
    instructions: str = ""
    examples: tuple[Example, ...] = ()
    extracting: bool = True
    card: Card | None = None


@dataclass(frozen=True, slots=True)
class Plan(Generic[T]):
    """A brief compiled as far as possible without a text: the part that every request shares.

    `template` holds the system prompt and the worked examples. `why` explains the choice of its mode. `form` is the
    form of the answers.
    """

    brief: Brief[T]
    template: Request
    why: str
    form: AnswerForm
    frame: int
    """Estimated tokens of the answer's keys and punctuation."""

    def within(self, context: Context) -> Plan[T]:
        """Return this plan with a validation context. The context is never sent to a model."""
        return (
            self
            if context is None
            else replace(self, brief=replace(self.brief, schema=self.brief.schema.within(context)))
        )

    def request_for(self, text: Input) -> Request:
        """Return the request for a text: the constant part, then the conversation.

        Raises DocumentError if the text cannot be sent, RequestTooLarge if it leaves no room for an answer.
        """
        brief, template = self.brief, self.template
        conversation = with_images(conversation_of(text, extracting=brief.extracting), template.model, brief.card)
        # A chat may contain system messages. Servers expect a single one, at the start, so all are joined there.
        system = [message.text for message in conversation if message.role == "system"]
        instructions = "\n\n".join([brief.instructions, *system])
        head = _head(brief, self.form, instructions) if system else template.messages
        messages = (*head, *(message for message in conversation if message.role != "system"))
        document = document_text(text, conversation) if brief.extracting else None
        estimate = answer_tokens(self.frame, document, brief.card, quoted=self.form.quoted)
        limit = answer_limit(template.parameters, messages, estimate, brief.card)
        parameters = replace(template.parameters, max_completion_tokens=limit)
        above = text.above if isinstance(text, Document) else ()
        return replace(template, messages=messages, parameters=parameters, document=document, above=above)


def compile_brief(brief: Brief[T]) -> Plan[T]:
    """Return the plan for a brief. Raises ConfigurationError if the model does not support the options."""
    prompt_form, noted = _prompt_form(brief)
    chosen = choose_mode(brief.options.mode, prompt_form, brief.card)
    form = chosen.form
    template = Request(
        provider=brief.provider,
        model=brief.model,
        messages=_head(brief, form, brief.instructions),
        mode=chosen.mode,
        json_schema=form.schema,
        schema_name=_function_name(brief.schema.name),
        strict=form.strict,
        parameters=parameters_for(brief.options, chosen.mode, brief.card),
        names=form.shown.names,
        conventions=_conventions(brief.options),
    )
    why = f"{chosen.why}; {noted}" if noted else chosen.why
    return Plan(brief, template, why, form, frame_tokens(form.shown.json_schema))


def _prompt_form(brief: Brief[T]) -> tuple[AnswerForm, str]:
    """Return the form that the prompt describes, and a note about quotes for the plan's `why`."""
    # Quotes need a document to quote from, and a model that has to be asked for evidence.
    if brief.options.evidence is not EvidenceMode.QUOTES or not brief.extracting or brief.provider in OWN_EVIDENCE:
        return PlainForm(brief.schema), ""
    made = with_quotes(brief.schema)
    if isinstance(made, QuotesRefusal):
        return PlainForm(brief.schema), f"without quotes: {made.reason}"
    return QuotedForm(brief.schema, made), "with quotes"


def _head(brief: Brief[T], form: AnswerForm, instructions: str) -> tuple[Message, ...]:
    """Return the system prompt and the worked examples."""
    style, extracting = brief.options.style, brief.extracting
    known = conventions_text(_conventions(brief.options)) if extracting else ""
    prompt = system_prompt(form.shown, style, instructions, extracting=extracting, quoted=form.quoted, known=known)
    return (Message("system", prompt), *_worked(brief, form))


def _conventions(options: Options) -> Conventions:
    return Conventions(options.date_order, options.currency, options.language)


def compile_chat(text: Input, provider: str, model: str, options: Options, card: Card | None = None) -> Request:
    """Return the request for plain text, without a schema: the messages as they are.

    Raises DocumentError if the messages cannot be sent, ConfigurationError for options that the API would reject.
    """
    return Request(
        provider=provider,
        model=model,
        messages=with_images(chat_messages(text), model, card),
        mode=Mode.TEXT,
        json_schema=True,
        parameters=parameters_for(options, Mode.TEXT, card),
    )


def _worked(brief: Brief[T], form: AnswerForm) -> tuple[Message, ...]:
    """Return the worked examples, each as a question and its answer, in the form that the model must use."""
    return tuple(
        message
        for example in brief.examples
        for message in (
            Message("user", f"{ASK}\n\n{delimited(example.text)}" if brief.extracting else example.text),
            Message("assistant", example_answer(example, form)),
        )
    )


def _function_name(name: str) -> str:
    """Return a name that Groq accepts for schemas and functions: letters, digits, ``_`` and ``-``, at most 64."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:64] or "answer"


_WITH_SCHEMA = frozenset({Mode.TOOLS, Mode.JSON_SCHEMA})


@dataclass(frozen=True, slots=True)
class Chosen:
    """A mode (never AUTO), the reason for it, and the form of the answer in that mode."""

    mode: Mode
    why: str
    form: AnswerForm


def choose_mode(requested: Mode, form: AnswerForm, card: Card | None) -> Chosen:
    """Return the mode to use.

    AUTO is JSON_SCHEMA if the server can or may enforce the schema, else JSON, else the first mode on the card. Raises
    ConfigurationError if the model does not support the mode that the options name.
    """
    if card and card.modes and requested is not Mode.AUTO and requested not in card.modes:
        has = ", ".join(mode.value for mode in card.modes)
        raise ConfigurationError(f"{card.id} does not support mode {requested.value!r}. Use one of its modes: {has}.")
    if requested in {Mode.AUTO, Mode.JSON_SCHEMA}:
        return _with_schema(requested, form, card)
    return _not_strict(requested, form)


def _with_schema(requested: Mode, form: AnswerForm, card: Card | None) -> Chosen:
    """Choose strict mode if card and schema allow it; else best effort if JSON_SCHEMA was named, or JSON for AUTO."""
    fallback = _plainest(card) if requested is Mode.AUTO else Mode.JSON_SCHEMA
    if card is not None and card.schema_first and not card.strict:
        # Not strict, because the form of the answer must fit every mode that the sender may go on to.
        return _not_strict(Mode.JSON_SCHEMA, form)
    if card is None or not card.strict:
        return _not_strict(fallback, form, ": the model is not known to support strict schemas")
    strict = strict_form(form)
    if isinstance(strict, StrictRefusal):
        where = f" at {strict.path}" if strict.path else ""
        return _not_strict(fallback, form, f": the schema has no strict form: {strict.reason}{where}")
    return Chosen(Mode.JSON_SCHEMA, "mode json_schema, strict", strict)


def _not_strict(mode: Mode, form: AnswerForm, why: str = "") -> Chosen:
    """Choose a mode without enforcement. Servers require an object at the root of a schema that they are sent."""
    return Chosen(mode, f"mode {mode.value}{why}", object_form(form) if mode in _WITH_SCHEMA else form)


def _plainest(card: Card | None) -> Mode:
    """Return JSON, or the first mode on the card if the model is known not to support JSON."""
    return Mode.JSON if card is None or not card.modes or Mode.JSON in card.modes else card.modes[0]
