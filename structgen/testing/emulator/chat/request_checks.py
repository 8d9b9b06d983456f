"""Groq's checks of a chat request, which happen before a model sees it, as far as its error messages show them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from types import MappingProxyType
from typing import cast

from structgen.core.json import Json, JsonObject, as_object, pointer
from structgen.core.options import Mode
from structgen.schema.node import Node
from structgen.testing.emulator.bodies import ChatRequest, content_of, prompt_tokens
from structgen.testing.emulator.replies import ErrorReply, groq_error, invalid_request

_PROPERTIES = frozenset({"role", "content", "tool_calls", "tool_call_id", "reasoning", "refusal"})
_FORMATS = frozenset({"text", "json_object", "json_schema"})
_CHOICES = frozenset({"none", "auto", "required"})


def refuse(chat: ChatRequest) -> ErrorReply | None:
    """Return the first error, or None if the model may answer."""
    return next((found for check in CHECKS if (found := check(chat)) is not None), None)


def _check_messages(chat: ChatRequest) -> ErrorReply | None:
    if not chat.messages:
        return invalid_request("'messages' : minimum number of items is 1")
    for index, message in enumerate(chat.messages):
        role = str(message.get("role"))
        unknown = next((name for name in message if name not in _PROPERTIES), None)
        if unknown is not None:
            return groq_error("unsupported_property", index=str(index), role=role, name=unknown)
        if not _readable(chat, message):
            return groq_error("content_not_string", index=str(index), role=role)
    return None


def _readable(chat: ChatRequest, message: JsonObject) -> bool:
    """A system message must be a string; images need a model with vision."""
    content = message.get("content")
    if message.get("role") == "system":
        return isinstance(content, str)
    # nothing is known about a model without a card, so it gets the benefit of the doubt
    sees = chat.card is None or chat.card.vision
    return sees or not isinstance(content, list) or not any(as_object(part).get("image_url") for part in content)


def _check_shape(chat: ChatRequest) -> ErrorReply | None:
    given = chat.body.get("response_format")
    if given is None:
        return None
    complete = chat.format_type != "json_schema" or (chat.json_schema.get("name") and "schema" in chat.json_schema)
    return None if chat.format_type in _FORMATS and complete else groq_error("response_format_shape")


def _check_n(chat: ChatRequest) -> ErrorReply | None:
    return None if chat.body.get("n") in {None, 1} else groq_error("n_not_one")


def _check_logprobs(chat: ChatRequest) -> ErrorReply | None:
    banned = any(chat.body.get(name) for name in ("logprobs", "top_logprobs", "logit_bias"))
    return groq_error("logprobs") if banned else None


def _check_tools_with_json(chat: ChatRequest) -> ErrorReply | None:
    return groq_error("json_and_tools") if chat.tools and chat.format_type != "text" else None


def _check_tool_choice(chat: ChatRequest) -> ErrorReply | None:
    choice = chat.body.get("tool_choice")
    return groq_error("tool_choice_value") if isinstance(choice, str) and choice not in _CHOICES else None


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
    effort = chat.body.get("reasoning_effort")
    if chat.body.get("reasoning_format") == "raw" and (chat.format_type != "text" or chat.tools):
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


def _check_numbers(chat: ChatRequest) -> ErrorReply | None:
    return next((invalid_request(words) for words in _bad_numbers(chat.body)), None)


def _bad_numbers(body: JsonObject) -> Iterator[str]:
    for name, low, high in (("temperature", 0, 2), ("top_p", 0, 1)):
        value = body.get(name)
        if isinstance(value, (int, float)) and not low <= value <= high:
            yield f"'{name}' : number must be between {low} and {high}"
    stop = body.get("stop")
    if isinstance(stop, list) and len(stop) > 4:
        yield "'stop' : maximum number of items is 4"
    tools = body.get("tools")
    if isinstance(tools, list) and len(tools) > 128:
        yield "'tools' : maximum number of items is 128"


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
    _check_messages,
    _check_shape,
    _check_n,
    _check_logprobs,
    _check_numbers,
    _check_tool_choice,
    _check_tools_with_json,
    _check_json_word,
    _check_modes,
    _check_reasoning,
    _check_length,
    _check_schema,
)


_UNSUPPORTED = ("minItems", "maxItems")


@dataclass(frozen=True, slots=True)
class Wrong:
    """A fault of a schema: the name of the error, the path, and the words for its message."""

    error: str
    path: str
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def schema_error(schema: Json) -> str:
    """Return why this is no valid JSON Schema, or "" if it is one."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(cast("JsonObject | bool", schema))
    except SchemaError as error:
        return f"{pointer(error.absolute_path)}: {error.message[:300]}"
    return ""


def check_strict(schema: Json) -> Wrong | None:
    """Return the first fault of a schema for strict mode, or None if Groq accepts it."""
    root = Node.of(schema if isinstance(schema, (dict, bool)) else True)
    for path, part in _parts(root.raw):
        found = _check_object(path, part) or _check_keywords(path, part) or _check_union(path, part, root)
        if found is not None:
            return found
    return None


def _parts(schema: Json) -> Iterator[tuple[str, JsonObject]]:
    """Yield every subschema with its path. Not recursive, because a hostile schema may be nested deeply."""
    waiting: list[tuple[tuple[str, ...], Json]] = [((), schema)]
    while waiting:
        path, node = waiting.pop()
        if not isinstance(node, dict):
            continue
        yield pointer(path), node
        for name in ("properties", "$defs", "definitions"):
            held = node.get(name)
            if isinstance(held, dict):
                waiting.extend(((*path, name, key), child) for key, child in held.items())
        for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
            held = node.get(name)
            if isinstance(held, list):
                waiting.extend(((*path, name, str(index)), child) for index, child in enumerate(held))
        waiting.append(((*path, "items"), node.get("items")))


def _check_object(path: str, node: JsonObject) -> Wrong | None:
    kinds = node.get("type")
    if kinds != "object" and not (isinstance(kinds, list) and "object" in kinds):
        return None
    if node.get("additionalProperties") is not False:
        return Wrong("schema_additional_properties", path)
    properties, required = node.get("properties"), node.get("required")
    names = list(properties) if isinstance(properties, dict) else []
    if not isinstance(required, list):
        return Wrong("schema_required_missing", path) if names else None
    # strict mode has no optional properties; an optional value must allow null instead
    missing = [name for name in names if name not in required]
    return Wrong("schema_required_all", path, {"names": ", ".join(missing)}) if missing else None


def _check_keywords(path: str, node: JsonObject) -> Wrong | None:
    keyword = next((name for name in _UNSUPPORTED if name in node), None)
    return Wrong("schema_unsupported_keyword", path, {"keyword": keyword}) if keyword else None


def _check_union(path: str, part: JsonObject, root: Node) -> Wrong | None:
    """Object variants must be distinguished by one constant property, or by required keys that the others lack."""
    union = part.get("anyOf")
    variants = [root.at(one) for one in union if isinstance(one, dict)] if isinstance(union, list) else []
    objects = [variant for variant in variants if variant.properties]
    # scalars and one object are told apart by their type
    if len(objects) < 2:
        return None
    discriminators = _discriminators(objects)
    # several are refused too, as in the recorded error
    if len(discriminators) == 1:
        return None
    if discriminators:
        return Wrong("schema_anyof_discriminator", f"{path}/anyOf", {"names": ", ".join(discriminators)})
    for one, other in permutations(objects, 2):
        shared = [name for name in one.properties if name in one.required and name in other.properties]
        if shared:
            return Wrong("schema_anyof_keyset", f"{path}/anyOf", {"name": shared[0]})
    return None


def _discriminators(objects: list[Node]) -> list[str]:
    """Return the properties that have a different constant in every variant."""
    names = [name for name in objects[0].properties if all(name in variant.properties for variant in objects[1:])]
    return [name for name in names if _tells_apart([_constant(variant.properties[name]) for variant in objects])]


def _tells_apart(values: list[str | None]) -> bool:
    return None not in values and len(set(values)) == len(values)


def _constant(node: Node) -> str | None:
    return repr(node.choices[0]) if node.choices is not None and len(node.choices) == 1 else None
