"""What Groq refuses before a model sees the request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import permutations
from types import MappingProxyType
from typing import cast

from structgen.core.json import Json, JsonObject, pointer
from structgen.core.options import Mode
from structgen.schema.resolve import target
from structgen.testing.emulator.bodies import Asked, as_object, content_of, prompt_tokens
from structgen.testing.emulator.replies import Refusal, filled, invalid

_PROPERTIES = frozenset({"role", "content", "tool_calls", "tool_call_id", "reasoning", "refusal"})
_FORMATS = frozenset({"text", "json_object", "json_schema"})
_CHOICES = frozenset({"none", "auto", "required"})


def refuse(asked: Asked) -> Refusal | None:
    """The first reason to refuse, None where the model may answer."""
    return next((found for check in CHECKS if (found := check(asked)) is not None), None)


def _check_messages(asked: Asked) -> Refusal | None:
    if not asked.messages:
        return invalid("'messages' : minimum number of items is 1")
    for index, message in enumerate(asked.messages):
        role = str(message.get("role"))
        unknown = next((name for name in message if name not in _PROPERTIES), None)
        if unknown is not None:
            return filled("unsupported_property", index=str(index), role=role, name=unknown)
        if not _readable(asked, message):
            return filled("content_not_string", index=str(index), role=role)
    return None


def _readable(asked: Asked, message: JsonObject) -> bool:
    """A system message must be a text; images are for models that see."""
    content = message.get("content")
    if message.get("role") == "system":
        return isinstance(content, str)
    sees = asked.card is None or asked.card.vision
    return sees or not isinstance(content, list) or not any(as_object(part).get("image_url") for part in content)


def _check_shape(asked: Asked) -> Refusal | None:
    given = asked.body.get("response_format")
    if given is None:
        return None
    complete = asked.kind != "json_schema" or (asked.described.get("name") and "schema" in asked.described)
    return None if asked.kind in _FORMATS and complete else filled("response_format_shape")


def _check_n(asked: Asked) -> Refusal | None:
    return None if asked.body.get("n") in {None, 1} else filled("n_not_one")


def _check_logprobs(asked: Asked) -> Refusal | None:
    banned = any(asked.body.get(name) for name in ("logprobs", "top_logprobs", "logit_bias"))
    return filled("logprobs") if banned else None


def _check_tools_with_json(asked: Asked) -> Refusal | None:
    return filled("json_and_tools") if asked.tools and asked.kind != "text" else None


def _check_tool_choice(asked: Asked) -> Refusal | None:
    choice = asked.body.get("tool_choice")
    return filled("tool_choice_value") if isinstance(choice, str) and choice not in _CHOICES else None


def _check_json_word(asked: Asked) -> Refusal | None:
    if asked.kind != "json_object" or any("json" in content_of(message).lower() for message in asked.messages):
        return None
    return filled("json_word_missing")


def _check_modes(asked: Asked) -> Refusal | None:
    if asked.card is None:
        return None
    if asked.kind == "json_schema" and Mode.JSON_SCHEMA not in asked.card.modes:
        return filled("response_format_model_unsupported")
    if asked.tools and Mode.TOOLS not in asked.card.modes:
        return filled("feature_unsupported", feature="tool calling")
    return None


def _check_reasoning(asked: Asked) -> Refusal | None:
    effort = asked.body.get("reasoning_effort")
    if asked.body.get("reasoning_format") == "raw" and (asked.kind != "text" or asked.tools):
        return invalid("`reasoning_format` must be `parsed` or `hidden` with JSON mode and tool calling")
    if effort is None or asked.card is None or effort in asked.card.reasoning:
        return None
    return filled("reasoning_effort_value" if asked.card.reasoning else "reasoning_effort_unsupported")


def _check_length(asked: Asked) -> Refusal | None:
    card = asked.card
    if card is None or card.context_window is None:
        return None
    if asked.limit is not None and card.max_completion_tokens and asked.limit > card.max_completion_tokens:
        return filled("max_completion_tokens", limit=str(card.max_completion_tokens))
    return filled("context_length") if prompt_tokens(asked.body) > card.context_window else None


def _check_numbers(asked: Asked) -> Refusal | None:
    return next((invalid(words) for words in _bad_numbers(asked.body)), None)


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


def _check_schema(asked: Asked) -> Refusal | None:
    if asked.kind != "json_schema":
        return None
    schema, name = asked.described.get("schema"), str(asked.described.get("name"))
    broken = find_fault(schema)
    if broken:
        return invalid(f"invalid JSON schema for response_format: '{name}': {broken}")
    wrong = check_strict(schema) if asked.described.get("strict") else None
    if wrong is None:
        return None
    return filled(wrong.error, path=wrong.path, schema=name, **wrong.words)


CHECKS: tuple[Callable[[Asked], Refusal | None], ...] = (
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
    """A fault of a schema: the name of the error, where, and the words that go into its message."""

    error: str
    path: str
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def find_fault(schema: Json) -> str:
    """What keeps this from being a JSON Schema at all; empty where it is one."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(cast("JsonObject | bool", schema))
    except SchemaError as error:
        return f"{pointer(error.absolute_path)}: {error.message[:300]}"
    return ""


def check_strict(schema: Json) -> Wrong | None:
    """The first fault of a schema for strict mode, None where it is accepted."""
    for path, node in _nodes(schema):
        found = _checkas_object(path, node) or _check_keywords(path, node) or _check_union(path, node, schema)
        if found is not None:
            return found
    return None


def _nodes(schema: Json) -> Iterator[tuple[str, JsonObject]]:
    """Every subschema with its place, without recursion: schemas come from anybody."""
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


def _checkas_object(path: str, node: JsonObject) -> Wrong | None:
    kinds = node.get("type")
    if kinds != "object" and not (isinstance(kinds, list) and "object" in kinds):
        return None
    if node.get("additionalProperties") is not False:
        return Wrong("schema_additional_properties", path)
    properties, required = node.get("properties"), node.get("required")
    names = list(properties) if isinstance(properties, dict) else []
    if not isinstance(required, list):
        return Wrong("schema_required_missing", path) if names else None
    missing = [name for name in names if name not in required]
    return Wrong("schema_required_all", path, {"names": ", ".join(missing)}) if missing else None


def _check_keywords(path: str, node: JsonObject) -> Wrong | None:
    keyword = next((name for name in _UNSUPPORTED if name in node), None)
    return Wrong("schema_unsupported_keyword", path, {"keyword": keyword}) if keyword else None


def _check_union(path: str, node: JsonObject, root: Json) -> Wrong | None:
    """Object variants must be told apart by one constant property, or by required keys that the others lack."""
    union = node.get("anyOf")
    variants = [_resolve(variant, root) for variant in union] if isinstance(union, list) else []
    objects = [variant for variant in variants if isinstance(variant.get("properties"), dict)]
    if len(objects) < 2:
        return None
    discriminators = _discriminators(objects)
    if len(discriminators) == 1:
        return None
    if discriminators:
        return Wrong("schema_anyof_discriminator", f"{path}/anyOf", {"names": ", ".join(discriminators)})
    for one, other in permutations(objects, 2):
        shared = [name for name in _strings(one.get("required")) if name in _keys(other)]
        if shared:
            return Wrong("schema_anyof_keyset", f"{path}/anyOf", {"name": shared[0]})
    return None


def _resolve(schema: Json, root: Json) -> JsonObject:
    """The schema that a local reference names, one step far; remote ones name nothing."""
    if not isinstance(schema, dict):
        return {}
    if "$ref" not in schema:
        return schema
    named = target(root, schema["$ref"]) if isinstance(root, dict) else None
    return named if isinstance(named, dict) else {}


def _discriminators(objects: list[JsonObject]) -> list[str]:
    """Properties that every variant has with a single value of its own."""
    names = [name for name in _keys(objects[0]) if all(name in _keys(variant) for variant in objects[1:])]
    return [name for name in names if _tells_apart([_constant(variant, name) for variant in objects])]


def _tells_apart(values: list[str | None]) -> bool:
    return None not in values and len(set(values)) == len(values)


def _constant(variant: JsonObject, name: str) -> str | None:
    held = _keys(variant)[name]
    if not isinstance(held, dict):
        return None
    options = held.get("enum", [held["const"]] if "const" in held else None)
    return repr(options[0]) if isinstance(options, list) and len(options) == 1 else None


def _keys(variant: JsonObject) -> JsonObject:
    properties = variant.get("properties")
    return properties if isinstance(properties, dict) else {}


def _strings(value: Json) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
