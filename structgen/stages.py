"""The stages as plain functions, for users who send requests themselves: compile, parse, ground. No call is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast, overload

from typing_extensions import TypeForm

from structgen.compile import Brief, Input, compile_brief
from structgen.core.argument_checks import argument, flag, instance, mapping, one_of, optional, pointers, string
from structgen.core.errors import ConfigurationError, SchemaError
from structgen.core.json import Json, JsonObject
from structgen.core.options import EvidenceMode, Form, Mode, Options, Risk, Style
from structgen.core.records import Card, Document, Evidence, Example, Request, Task, text_in
from structgen.core.results import Parsed
from structgen.engine.claims import unclaimed_in
from structgen.engine.document_input import readable_input
from structgen.forms import AnswerForm, PlainForm, prompt_forms, sent_by, strict_form
from structgen.forms.strict import StrictRefusal
from structgen.ground import locate, locate_quoted, quote_example
from structgen.parse import parse_text
from structgen.schema import Context, Schema, SchemaOf, U
from structgen.send import find_card, split_model
from structgen.send.factory import DEFAULT_GROQ_MODEL
from structgen.tasks import find_task

T = TypeVar("T")

DEFAULT_STYLE = Options().style
"""The style for which that of a task is used instead."""


@dataclass(frozen=True, slots=True)
class Resolved(Generic[T]):
    """A compiled schema with the instructions and examples of its task."""

    schema: Schema[T]
    instructions: str = ""
    examples: tuple[Example, ...] = ()
    generate_instructions: str = ""
    style: Style | None = None

    def for_use(self, *, extracting: bool) -> Resolved[T]:
        """Return it with the instructions for extracting from documents, or for generating from prompts."""
        if extracting or not self.generate_instructions.strip():
            return self
        return replace(self, instructions=self.generate_instructions)


def resolve(schema: object) -> Resolved[Any]:
    """Compile a type, a task, or the task of this name. Raises TaskError (SchemaError, TaskNotFound)."""
    if isinstance(schema, Resolved):
        return cast("Resolved[Any]", schema)
    if isinstance(schema, str):
        schema = find_task(schema)
    if isinstance(schema, Task):
        task = cast("Task[Any]", schema)
        return Resolved(Schema.of(task), task.instructions, task.examples, task.generate_instructions, task.style)
    return Resolved(Schema.of(schema))


def resolve_items(item: object) -> tuple[Resolved[Any], Schema[Any]]:
    """Compile a list of what is described, and one item. The worked examples of a task become lists of one item."""
    item = find_task(item) if isinstance(item, str) else item
    one = resolve(item)
    examples = tuple(_listed(example) for example in one.examples)
    return Resolved(_list_of(item, one.schema), one.instructions, examples, style=one.style), one.schema


def _listed(example: Example) -> Example:
    quotes = {f"/0{path}": quote for path, quote in example.quotes.items()}
    return Example(example.text, [example.value], quotes)


def _list_of(item: object, one: Schema[Any]) -> Schema[Any]:
    kind: Any = cast("Task[Any]", item).schema if isinstance(item, Task) else item
    if one.adapter is not None:
        if isinstance(kind, Schema):
            raise SchemaError("A Schema does not know its type, so no list of it can be made. Pass the type itself.")
        return Schema.of(list[kind])
    inner = one.json_schema
    if isinstance(inner, dict):  # the $id keeps the references of the item within the item
        inner = {"$id": "urn:structgen:item", **inner}
    listed: JsonObject = {"type": "array", "items": {"$ref": "#/$defs/item"}, "$defs": {"item": inner}}
    if isinstance(inner, dict) and isinstance(dialect := inner.get("$schema"), str):
        listed["$schema"] = dialect
    return Schema.of(listed, assert_formats=not isinstance(kind, (dict, bool)))


def brief_for(
    schema: object,
    model: str,
    options: Options,
    instructions: str | None = None,
    *,
    card: Card | None,
    extracting: bool = True,
) -> Brief[Any]:
    """Return the brief for a schema. `instructions` replace those of the task."""
    resolved = resolve(schema).for_use(extracting=extracting)
    provider, name = split_model(model)
    quoting = extracting and options.evidence is EvidenceMode.QUOTES
    if resolved.style is not None and options.style is DEFAULT_STYLE:
        options = replace(options, style=resolved.style)
    return Brief(
        schema=resolved.schema,
        provider=provider,
        model=name,
        options=options,
        instructions=resolved.instructions if instructions is None else instructions,
        examples=tuple(map(quote_example, resolved.examples)) if quoting else resolved.examples,
        extracting=extracting,
        card=card,
    )


def compile_request(
    schema: object,
    text: Input,
    *,
    model: str = DEFAULT_GROQ_MODEL,
    mode: Mode | None = None,
    style: Style | None = None,
    instructions: str | None = None,
    options: Options | None = None,
    extracting: bool = True,
) -> Request:
    """Return the request that ``extract`` (or ``generate``, with ``extracting=False``) would send. Nothing is sent.

    `mode` and `style` replace those of `options`. ``Request.to_groq()`` returns the arguments for the groq SDK.
    Raises TaskError, ConfigurationError, DocumentError.
    """
    chosen = (
        Options() if options is None else argument("options", options, instance(Options, "Options(mode=Mode.JSON)"))
    )
    given: dict[str, Any] = {"mode": mode, "style": style}
    chosen = replace(chosen, **{name: value for name, value in given.items() if value is not None})
    instructions = argument("instructions", instructions, optional(string))
    extracting = argument("extracting", extracting, flag)
    card = find_card(*split_model(argument("model", model, string)))
    brief = brief_for(schema, model, chosen, instructions, card=card, extracting=extracting)
    return compile_brief(brief).request_for(readable_input(brief, text).input)


@overload
def parse_response(
    schema: SchemaOf[U],
    response_text: str,
    *,
    finish_reason: str | None = ...,
    max_risk: Risk = ...,
    form: Form | str | Request = ...,
    evidence: EvidenceMode = ...,
    context: Context = None,
    document: str | Document | None = ...,
) -> Parsed[U]: ...
@overload
def parse_response(
    schema: Mapping[str, Any] | bool,
    response_text: str,
    *,
    finish_reason: str | None = ...,
    max_risk: Risk = ...,
    form: Form | str | Request = ...,
    evidence: EvidenceMode = ...,
    context: Context = None,
    document: str | Document | None = ...,
) -> Parsed[Json]: ...
@overload
def parse_response(
    schema: TypeForm[T],
    response_text: str,
    *,
    finish_reason: str | None = ...,
    max_risk: Risk = ...,
    form: Form | str | Request = ...,
    evidence: EvidenceMode = ...,
    context: Context = None,
    document: str | Document | None = ...,
) -> Parsed[T]: ...
def parse_response(
    schema: object,
    response_text: str,
    *,
    finish_reason: str | None = "stop",
    max_risk: Risk = Risk.INTERPRETIVE,
    form: Form | str | Request = Form.PLAIN,
    evidence: EvidenceMode = EvidenceMode.LOCATE,
    context: Context = None,
    document: str | Document | None = None,
) -> Parsed[Any]:
    """Parse the text of a response: accept its value, repair it on the record, or refuse it with the reason.

    If it is refused, `.value` is None, `.issues` gives the reasons, and `.partial` holds what could be read. `max_risk`
    is the highest risk of a repair that is accepted. `form` is the form in which the answer was asked for, or the
    request that asked for it. QUOTES for `evidence` adds quotes to it, as in the options of the request. Quotes end up
    in `.quotes`, for `ground_value`. `document` is the text that the response was made from: it decides whether a
    backslash is an escape, and without it a response in doubt is refused. Validators get the `context`
    (``info.context``).

    Never raises for the contents of a response. Raises TaskError for a wrong schema, and ConfigurationError for a
    schema that has no strict form or a request that asks for something else.
    """
    compiled = resolve(schema).schema.within(argument("context", context, optional(mapping)))
    response_text = argument("response_text", response_text, string)
    finish_reason = argument("finish_reason", finish_reason, optional(string))
    max_risk = argument("max_risk", max_risk, one_of(Risk))
    finish_reason = argument("finish_reason", finish_reason, string)
    document = argument("document", document, optional(text_in))
    quotes = argument("evidence", evidence, one_of(EvidenceMode)) is EvidenceMode.QUOTES
    read_in = _form_of(compiled, form if isinstance(form, Request) else argument("form", form, one_of(Form)), quotes)
    return parse_text(
        compiled,
        response_text,
        finish_reason=finish_reason,
        max_risk=max_risk,
        form=read_in,
        document=document,
        date_order=form.conventions.date_order if isinstance(form, Request) else None,
    )


def _form_of(schema: Schema[T], form: Form | Request, quotes: bool) -> AnswerForm:
    """Return the form to read. It is without quotes if the schema contains nothing that can be quoted."""
    if isinstance(form, Request):
        sent = next(filter(None, (sent_by(form, one) for one in prompt_forms(schema))), None)
        if sent is None:
            raise ConfigurationError(f"form is a request for {form.schema_name!r}, which asks for something else.")
        return sent
    quotes = quotes or form in {Form.QUOTES, Form.STRICT_QUOTES}
    described = prompt_forms(schema)[-1] if quotes else PlainForm(schema)  # that with quotes takes long to compile
    if form not in {Form.STRICT, Form.STRICT_QUOTES}:
        return described
    strict = strict_form(described)
    if isinstance(strict, StrictRefusal):
        where = f" at {strict.path}" if strict.path else ""
        raise ConfigurationError(f"form is {form.value!r}, and the schema has no strict form: {strict.reason}{where}.")
    return strict


def ground_value(
    value: object, text: str | Document, quotes: Mapping[str, str | None] | None = None
) -> tuple[Evidence, ...]:
    """Find each leaf of a value in the text: one Evidence for each, in the order of the value.

    If `quotes` (path -> words of the text) are given, evidence is where the quotes are found, and a leaf without such a
    quote is unsupported. Constants, computed fields and model defaults have no evidence.
    """
    text, apart = argument("text", text, text_in), unclaimed_in(value)
    quotes = argument("quotes", quotes, optional(pointers))
    return locate(value, text, apart=apart) if quotes is None else locate_quoted(value, text, quotes, apart)
