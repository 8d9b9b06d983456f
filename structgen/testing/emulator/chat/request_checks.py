"""Groq's checks of a chat request, which happen before a model sees it, as far as its error messages show them."""

from __future__ import annotations

from collections.abc import Callable

from structgen.core.json import Json, JsonObject, as_object
from structgen.core.options import Mode
from structgen.testing.emulator.bodies import ChatRequest, content_of, prompt_tokens
from structgen.testing.emulator.chat.message_checks import message_errors
from structgen.testing.emulator.chat.parameter_checks import parameter_errors
from structgen.testing.emulator.chat.schema_checks import Wrong, check_strict, schema_error
from structgen.testing.emulator.replies import ErrorReply, groq_error, invalid_request

_FORMATS = frozenset({"text", "json_object", "json_schema"})
_CHOICES = frozenset({"none", "auto", "required"})
_FUNCTION = frozenset({"name", "description", "parameters", "strict"})


def refuse(chat: ChatRequest) -> ErrorReply | None:
    """Return the first error, or None if the model may answer."""
    return next((found for check in CHECKS if (found := check(chat)) is not None), None)


def _check_parameters(chat: ChatRequest) -> ErrorReply | None:
    return next((invalid_request(words) for words in parameter_errors(chat.body)), None)


def _check_messages(chat: ChatRequest) -> ErrorReply | None:
    # nothing is known about a model without a card, so it gets the benefit of the doubt
    sees = chat.card is None or chat.card.vision
    return next(message_errors(chat.body, sees=sees), None)


def _check_shape(chat: ChatRequest) -> ErrorReply | None:
    given = chat.body.get("response_format")
    if given is None:
        return None
    complete = chat.format_type != "json_schema" or (chat.json_schema.get("name") and "schema" in chat.json_schema)
    known = isinstance(given, dict) and given.keys() <= {"type", "json_schema"} and chat.format_type in _FORMATS
    return None if known and complete else groq_error("response_format_shape")


def _check_logprobs(chat: ChatRequest) -> ErrorReply | None:
    banned = any(chat.body.get(name) for name in ("logprobs", "top_logprobs", "logit_bias"))
    return groq_error("logprobs") if banned else None


def _check_tools(chat: ChatRequest) -> ErrorReply | None:
    """Check the shape of each tool, and the schema of its arguments."""
    tools = chat.body.get("tools")
    for index, tool in enumerate(tools if isinstance(tools, list) else ()):
        words = _tool_error(f"tools.{index}", as_object(tool))
        if words is not None:
            return invalid_request(words)
        function = as_object(as_object(tool).get("function"))
        name, parameters = str(function["name"]), function.get("parameters")
        wrong = _parameters_error(parameters, strict=function.get("strict") is True)
        if wrong:
            return groq_error("schema_tool_invalid", tool=name, index=str(index), detail=wrong)
    return None


def _tool_error(place: str, tool: JsonObject) -> str | None:
    """Return the words for a tool that is not a function, or None."""
    if tool.get("type") != "function":
        return f"'{place}.type' : value is not one of the allowed values ['function']"
    function = as_object(tool.get("function"))
    name = function.get("name")
    if not isinstance(name, str) or not name:
        return f"'{place}.function.name' : property 'name' is missing"
    # the pattern that Groq and OpenAI document; the words are ours
    if len(name) > 64 or not all(letter.isascii() and (letter.isalnum() or letter in "_-") for letter in name):
        return f"'{place}.function.name' : value must match the pattern '^[a-zA-Z0-9_-]{{1,64}}$'"
    unknown = next((key for key in function if key not in _FUNCTION), None)
    return f"'{place}.function' : property '{unknown}' is unsupported" if unknown else None


def _parameters_error(parameters: Json, *, strict: bool) -> str:
    """Return why the schema of a tool's arguments is refused, or ""."""
    if parameters is None:
        return ""
    broken = schema_error(parameters)
    wrong = None if broken or not strict else check_strict(parameters)
    return _strict_words(wrong) if wrong else broken


def _strict_words(wrong: Wrong) -> str:
    """Return the end of the message about a tool: the place, and what is wrong there."""
    # as it was recorded for a tool: without the backticks that the message about a response format has
    if wrong.error == "schema_additional_properties":
        return f"{wrong.path}: additionalProperties:false must be set on every object"
    message = str(groq_error(wrong.error, path=wrong.path, schema="", **wrong.words).error["message"])
    return message.partition("'': ")[2] or f"{wrong.path}: {wrong.words.get('keyword')} is not supported"


def _check_tools_with_json(chat: ChatRequest) -> ErrorReply | None:
    return groq_error("json_and_tools") if chat.tools and chat.format_type != "text" else None


def _check_tool_choice(chat: ChatRequest) -> ErrorReply | None:
    choice = chat.body.get("tool_choice")
    if choice is None:
        return None
    if isinstance(choice, str):
        wrong = choice not in _CHOICES
        # without tools there is nothing to require
        return groq_error("tool_choice_value") if wrong else _missing_tools(chat) if choice == "required" else None
    name = as_object(as_object(choice).get("function")).get("name")
    if as_object(choice).get("type") != "function" or not isinstance(name, str):
        return groq_error("tool_choice_shape")
    return None if any(tool.get("name") == name for tool in chat.tools) else groq_error("tool_choice_unknown")


def _missing_tools(chat: ChatRequest) -> ErrorReply | None:
    return None if chat.tools else groq_error("tool_choice_unknown")


def _check_json_word(chat: ChatRequest) -> ErrorReply | None:
    if chat.format_type != "json_object" or any("json" in content_of(message).lower() for message in chat.messages):
        return None
    return groq_error("json_word_missing")


def _check_modes(chat: ChatRequest) -> ErrorReply | None:
    if chat.card is None:
        return None
    if chat.format_type == "json_schema" and Mode.JSON_SCHEMA not in chat.card.modes:
        return groq_error("response_format_model_unsupported")
    if chat.tools and Mode.TOOLS not in chat.card.modes:
        return groq_error("feature_unsupported", feature="tool calling")
    return None


def _check_reasoning(chat: ChatRequest) -> ErrorReply | None:
    body, effort = chat.body, chat.body.get("reasoning_effort")
    if body.get("include_reasoning") is not None and body.get("reasoning_format") is not None:
        return groq_error("reasoning_twice")
    if body.get("reasoning_format") == "raw" and (chat.format_type != "text" or chat.tools):
        return invalid_request("`reasoning_format` must be `parsed` or `hidden` with JSON mode and tool calling")
    if effort is None or chat.card is None or effort in chat.card.reasoning:
        return None
    return groq_error("reasoning_effort_value" if chat.card.reasoning else "reasoning_effort_unsupported")


def _check_length(chat: ChatRequest) -> ErrorReply | None:
    card = chat.card
    if card is None or card.context_window is None:
        return None
    if chat.max_tokens is not None and card.max_completion_tokens and chat.max_tokens > card.max_completion_tokens:
        return groq_error("max_completion_tokens", limit=str(card.max_completion_tokens))
    return groq_error("context_length") if prompt_tokens(chat.body) > card.context_window else None


def _check_schema(chat: ChatRequest) -> ErrorReply | None:
    if chat.format_type != "json_schema":
        return None
    schema, name = chat.json_schema.get("schema"), str(chat.json_schema.get("name"))
    broken = schema_error(schema)
    if broken:
        return invalid_request(f"invalid JSON schema for response_format: '{name}': {broken}")
    wrong = check_strict(schema) if chat.json_schema.get("strict") else None
    if wrong is None:
        return None
    return groq_error(wrong.error, path=wrong.path, schema=name, **wrong.words)


CHECKS: tuple[Callable[[ChatRequest], ErrorReply | None], ...] = (
    _check_parameters,
    _check_logprobs,
    _check_messages,
    _check_shape,
    _check_tools,
    _check_tool_choice,
    _check_tools_with_json,
    _check_json_word,
    _check_modes,
    _check_reasoning,
    _check_length,
    _check_schema,
)
