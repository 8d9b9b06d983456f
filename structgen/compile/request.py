"""A brief (the schema, the model, the options) -> the Request for a text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import Generic, TypeAlias, TypeVar, cast

from structgen.compile.images import parts_of, with_images
from structgen.compile.modes import choose_mode
from structgen.compile.parameters import answer_limit, answer_tokens, frame_tokens, parameters_for
from structgen.compile.prompt_text import ABOVE, ASK, CONTEXT, delimited, example_answer, system_prompt
from structgen.core.errors import DocumentError
from structgen.core.options import EvidenceMode, Mode, Options
from structgen.core.records import Card, Document, Example, Image, Message, Request
from structgen.forms import AnswerForm, PlainForm, QuotedForm
from structgen.forms.quotes import QuotesRefusal, with_quotes
from structgen.schema import Context, Schema

T = TypeVar("T")

Input: TypeAlias = str | Document | DocumentError | Sequence[Message | Mapping[str, object]]
"""What can be read: a text, a document, or chat messages, which may contain images if the model has vision.

A document that could not be read is represented by its error, so that one bad file does not stop a batch. The error is
raised when that document's turn comes.
"""

OWN_EVIDENCE = frozenset({"rules"})
"""Providers that report evidence themselves and are never asked for quotes."""

ROLES = ("system", "user", "assistant")


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
        conversation = with_images(_conversation(text, extracting=brief.extracting), template.model, brief.card)
        # A chat may bring system messages. Servers expect one at the start, so they join the instructions there.
        system = [message.text for message in conversation if message.role == "system"]
        instructions = "\n\n".join([brief.instructions, *system])
        head = _head(brief, self.form, instructions) if system else template.messages
        messages = (*head, *(message for message in conversation if message.role != "system"))
        document = _document(text, conversation) if brief.extracting else None
        estimate = answer_tokens(self.frame, document, brief.card, quoted=self.form.quoted)
        room = answer_limit(template.parameters, messages, estimate, brief.card)
        parameters = replace(template.parameters, max_completion_tokens=room)
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
    prompt = system_prompt(form.shown, style, instructions, extracting=extracting, quoted=form.quoted)
    return (Message("system", prompt), *_worked(brief, form))


def compile_chat(text: Input, provider: str, model: str, options: Options, card: Card | None = None) -> Request:
    """Return the request for plain text, without a schema: the messages as they are.

    Raises DocumentError if the messages cannot be sent, ConfigurationError for options that the API would reject.
    """
    return Request(
        provider=provider,
        model=model,
        messages=with_images(_messages(text), model, card),
        mode=Mode.TEXT,
        json_schema=True,
        parameters=parameters_for(options, Mode.TEXT, card),
    )


def _conversation(text: Input, *, extracting: bool) -> tuple[Message, ...]:
    """Return the input as messages: a document between tags, a prompt or a chat unchanged."""
    if extracting and isinstance(text, str | Document):
        document = text if isinstance(text, Document) else Document(text)
        around = _around(document)
        words = delimited(_sendable(document.text), around)
        return (Message("user", "\n\n".join(filter(None, [ASK, around, words]))),)
    return _messages(text)


def _around(document: Document) -> str:
    """Return the context of a document in the words of the prompt, or "" if it has none."""
    if not document.context:
        return ""
    if document.above:
        return with_context(_sendable(document.context), document.text)
    return f"{CONTEXT}\n{json.dumps(_sendable(document.context), ensure_ascii=False)}"


def with_context(lines: str, document: str) -> str:
    """Return the lines above a part of a text as the prompt shows them: as context, not as the document."""
    return f"{ABOVE}\n{delimited(lines, document, 'context')}"


def _messages(text: Input) -> tuple[Message, ...]:
    """Return a prompt or a chat as messages."""
    if isinstance(text, str | Document):
        return (Message("user", _sendable(text.text if isinstance(text, Document) else text)),)
    if isinstance(text, DocumentError):
        raise text
    given = cast("object", text)
    if not isinstance(given, list | tuple):
        raise DocumentError(f"The text must be a str, a Document or a list of chat messages, not {_kind_of(given)}.")
    messages = tuple(_message(entry) for entry in text)
    if not any(message.role == "user" for message in messages):
        raise DocumentError("The chat has no message of role 'user', so there is nothing to answer. Add one.")
    return messages


_PARTS = "Put the parts of a message (texts and images) into one Message: [Message('user', (part, part))]"


def _kind_of(given: object) -> str:
    """Describe what was passed instead of a text, and what to write."""
    name = type(given).__name__
    match given:
        case None:
            return "None. Check where it comes from"
        case bytes() | bytearray() | memoryview():
            return f"{name}. Decode it first, or read its file with Document.from_file(path)"
        case PathLike():
            return f"{name}. Read the file first: Document.from_file(path), or structgen.read(path) for many"
        case Message() | Mapping():
            return f"a single {name}. Pass a list of messages: [message]"
        case Image():
            return "an Image. Pass a message that contains it: [Message('user', ('What to read in it', image))]"
        case _:
            return name


def _message(entry: Message | Mapping[str, object]) -> Message:
    """Return one message of a chat, given as a Message or as the dict that SDKs use."""
    given: object = entry
    if isinstance(given, str | Image) or (isinstance(given, Mapping) and "type" in given and "role" not in given):
        raise DocumentError(f"{_PARTS}; got a single part ({type(entry).__name__}).")
    if isinstance(entry, Message):
        role, content = entry.role, parts_of(entry.content)
    elif not isinstance(given, Mapping):
        raise DocumentError(f"A chat message must be a Message or a dict with role and content, not {_kind_of(given)}.")
    else:
        role, content = entry.get("role"), parts_of(entry.get("content"))
    if role not in ROLES or content is None or content == () or (isinstance(entry, Mapping) and len(entry) > 2):
        shown = ", ".join(sorted(map(str, entry))) if isinstance(entry, Mapping) else f"role {role!r}"
        raise DocumentError(
            f"A chat message must be {{'role': one of {', '.join(ROLES)}, 'content': text}}; got: {shown}."
        )
    if isinstance(content, str):
        return Message(role, _sendable(content))
    return Message(role, tuple(_sendable(part) if isinstance(part, str) else part for part in content))


def _sendable(text: str) -> str:
    """Return the text. Raises DocumentError if it is empty or cannot be encoded as UTF-8."""
    if not text.strip():
        raise DocumentError("The text is empty. Check the input.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DocumentError(
            f"The text contains a lone surrogate (half a character) at offset {error.start}. "
            "Decode the file again with its real encoding, or with errors='replace'."
        ) from error
    return text


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


def _document(text: Input, conversation: tuple[Message, ...]) -> str | None:
    """Return the text that evidence refers to: of a chat, the user's messages. None if it contains images."""
    if isinstance(text, str):
        return text
    if isinstance(text, Document):
        return text.text
    if any(message.images for message in conversation):
        return None
    return "\n\n".join(message.text for message in conversation if message.role == "user")


def _function_name(name: str) -> str:
    """Return a name that Groq accepts for schemas and functions: letters, digits, ``_`` and ``-``, at most 64."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_")[:64] or "answer"
