"""The model's side of a chat: its answer by the rules, and Groq's checks that turn an answer into a completion.

The rules know nothing about quotes. So they extract with the schema without its pairs of value and quote, and their
values are put back into pairs, with the words that the rules took each value from as its quote:

    {"total": {"quote": "11.85", "value": 11.85}, "tax": null}
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import cast

from structgen.compile.parameters import CHARS_PER_TOKEN, tokens_of
from structgen.core.json import Json, JsonObject, pointer
from structgen.forms.quotes import Keys, pair_keys
from structgen.forms.strict import WRAPPER
from structgen.schema.node import Node
from structgen.testing.emulator.bodies import ChatRequest, ModelAnswer, completion, content_of
from structgen.testing.emulator.replies import Answer, ErrorReply, groq_error

_DOCUMENT = re.compile(r"<(document(?:-\d{1,9})?)>\n(.*)\n</\1>", re.DOTALL)
_OF_THE_OBJECT = frozenset({"type", "properties", "required", "additionalProperties"})
_ROOTS = frozenset({"", pointer([WRAPPER])})
"""The path of the whole answer: the root, or the key under which strict mode wraps a root that is no object."""
_MAX_DEPTH = 200
"""Deeper parts of a schema stay as they are: the rules do not look so deep, and recursion stays bounded."""


def make_completion(chat: ChatRequest, answer: Answer) -> JsonObject | ErrorReply:
    """Return the body of a completion, or the error for an answer that does not fit the request.

    The answer ends before its first stop sequence, unless it is sent `as_is`.
    """
    answer = answer if answer.as_is else cut_at_stop(answer, chat.stops)
    # a model may answer in plain content although functions are offered
    tool = None if answer.plain else chat.tool
    wrong = None if answer.as_is else _check(chat, answer, tool)
    if wrong is not None:
        return wrong
    text, reason = _shorten(answer, None if answer.as_is else chat.max_tokens)
    reason = answer.finish_reason or ("tool_calls" if tool and reason == "stop" else reason)
    calls = _called(answer, text, tool) if tool else ()
    content = answer.content if tool else text
    return completion(chat.body, ModelAnswer(content, reason, calls, answer.reasoning, answer.refusal))


def _called(answer: Answer, text: str | None, tool: JsonObject) -> tuple[tuple[str, str], ...]:
    """Return every function call, as its name and its arguments."""
    name = str(tool.get("name"))
    return ((answer.tool or name, text or ""), *((other or name, arguments) for other, arguments in answer.calls))


def cut_at_stop(answer: Answer, stops: Sequence[str]) -> Answer:
    """Cut the answer before the first of these sequences; its finish reason is then ``stop``."""
    text = answer.text or ""
    end = min((at for stop in stops if (at := text.find(stop)) >= 0), default=None)
    return answer if end is None else replace(answer, text=text[:end], finish_reason=None)


def _check(chat: ChatRequest, answer: Answer, tool: JsonObject | None) -> ErrorReply | None:
    text = answer.text or ""
    if tool is not None:
        calls = _called(answer, text, tool)
        return next((wrong for call in calls if (wrong := _check_call(chat, *call, calls)) is not None), None)
    if answer.plain and chat.tools and chat.body.get("tool_choice") not in {None, "auto", "none"}:
        return _salvaged("tool_use_failed_required", text)
    if chat.format_type == "text":
        return None
    # JSON that is cut off is an error at Groq, plain text a response with the finish reason ``length``
    if chat.max_tokens is not None and tokens_of(len(text)) > chat.max_tokens:
        return groq_error("json_validate_failed_max_tokens")
    value, broken = _decode(text)
    if broken or (chat.format_type == "json_object" and not isinstance(value, dict)):
        return _salvaged("json_validate_failed_syntax", text)
    if chat.format_type == "json_schema":
        found = _mismatch(value, chat.json_schema.get("schema"))
        return _salvaged("json_validate_failed_schema", text, detail=found) if found else None
    return None


def _check_call(chat: ChatRequest, name: str, arguments: str, calls: Sequence[tuple[str, str]]) -> ErrorReply | None:
    """Return Groq's error for a call, which quotes all calls of the model; or None."""
    tool = next((one for one in chat.tools if one.get("name") == name), None)
    value, broken = _decode(arguments)
    if broken:
        return _salvaged("tool_use_failed_parse", "\n".join(text for _, text in calls))
    made = "\n".join(
        json.dumps({"name": one, "arguments": _decode(text)[0]}, ensure_ascii=False) for one, text in calls
    )
    if tool is None:
        return _salvaged("tool_use_failed_unknown_tool", made, tool=name)
    found = _mismatch(value, tool.get("parameters", True))
    return _salvaged("tool_use_failed_args", made, tool=name, detail=found) if found else None


def _salvaged(name: str, generation: str, **words: str) -> ErrorReply:
    return groq_error(name, generation=generation, **words)


def _decode(text: str) -> tuple[Json, bool]:
    """Return the JSON value of a text, and whether the text is invalid JSON."""
    try:
        return cast("Json", json.loads(text)), False
    except (ValueError, RecursionError):
        return None, True


def _mismatch(value: Json, schema: Json) -> str:
    """Return in one line how a value violates its schema, or "" if it fits. Remote references are not followed."""
    from jsonschema import Draft202012Validator, SchemaError, ValidationError, validate
    from jsonschema_specifications import REGISTRY
    from referencing.exceptions import Unresolvable

    try:
        validate(value, cast("JsonObject", schema), Draft202012Validator, registry=REGISTRY)
    except ValidationError as error:
        return f"'{pointer(error.absolute_path)}' does not validate with {error.validator}: {error.message[:300]}"
    except (SchemaError, Unresolvable, RecursionError) as error:
        return f"the schema cannot be followed: {str(error)[:300]}"
    return ""


def _shorten(answer: Answer, limit: int | None) -> tuple[str | None, str]:
    """Return the text within the token limit, and its finish reason."""
    if answer.text is None or limit is None or tokens_of(len(answer.text)) <= limit:
        return answer.text, "stop"
    return answer.text[: CHARS_PER_TOKEN * limit], "length"


def answer_by_rules(body: JsonObject) -> str:
    """Answer with what structgen's rules extract from the request's document, or ``{}`` if the request has no schema.

    The schema is that of the response format or of the function, or a JSON Schema in the messages. The document is
    the text between ``<document>`` tags in the last message with such tags, or else the whole last message.
    If the schema asks for quotes, each value comes with the words that support it.
    """
    chat = ChatRequest(body, None)
    texts = [content_of(message) for message in chat.messages]
    schema = chat.tool.get("parameters") if chat.tool else chat.json_schema.get("schema")
    # in JSON mode the schema is only in the prompt
    schema = schema if isinstance(schema, dict) else next(filter(None, map(_find_schema, texts)), None)
    if schema is None:
        return "{}"
    # a worked example has a document too; the last one is the one to answer for
    documents = [found[2] for text in texts if (found := _DOCUMENT.search(text))]
    return json.dumps(answer_in_form(schema, [texts[-1], *documents][-1]), ensure_ascii=False)


def _find_schema(text: str) -> JsonObject | None:
    """Return the first JSON Schema of an object in a text. Only the first braces are tried, to stay linear."""
    decoder = json.JSONDecoder()
    for brace in islice(re.finditer(r"\{", text), 20):
        try:
            value = cast("Json", decoder.raw_decode(text, brace.start())[0])
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and isinstance(value.get("properties"), dict):
            return value
    return None


def answer_in_form(schema: JsonObject, text: str) -> Json:
    """Extract by the rules, and put the values into the form of the schema: with quotes if it has pairs.

    A value that was not found is null, even if the schema forbids null; a whole answer that must be a list is empty.
    """
    from structgen.rules import extract_by_rules

    plain = without_pairs(schema)
    found = extract_by_rules(plain if isinstance(plain, dict) else schema, text)
    quotes = {piece.path: piece.text for piece in found.evidence}
    return _Form(quotes).fill(Node.of(schema), found.value)


def without_pairs(schema: Json, depth: int = 0) -> Json:
    """Replace each pair in a schema by its value, which keeps the description of the pair."""
    if depth > _MAX_DEPTH:
        return schema
    if isinstance(schema, list):
        return [without_pairs(part, depth + 1) for part in schema]
    if not isinstance(schema, dict):
        return schema
    keys, held = pair_keys(schema), schema.get("properties")
    value = held[keys.value] if keys and isinstance(held, dict) else None
    if isinstance(value, dict):
        return {**{word: part for word, part in schema.items() if word not in _OF_THE_OBJECT}, **value}
    return {word: without_pairs(part, depth + 1) for word, part in schema.items()}


@dataclass(frozen=True, slots=True)
class _Form:
    """Puts values into the form of a schema. `quotes` maps a path to the words of the text for its value."""

    quotes: Mapping[str, str | None]

    def fill(self, node: Node, value: Json, path: str = "") -> Json:
        """Return a value in the form of a schema; a value that does not fit stays as it is."""
        if value is None:
            return _nothing(node.leaves(), whole=path in _ROOTS)
        if isinstance(value, dict):
            return self._object(node.leaves(), value, path)
        if isinstance(value, list):
            return self._list(node.leaves(), value, path)
        keys = _pair(node.leaves())
        return {keys.quote: self.quotes.get(path), keys.value: value} if keys else value

    def _object(self, options: Sequence[Node], value: JsonObject, path: str) -> Json:
        for option in options:
            held = option.properties
            if held and value.keys() <= held.keys():
                return {key: self.fill(held[key], item, path + pointer([key])) for key, item in value.items()}
        return value

    def _list(self, options: Sequence[Node], value: list[Json], path: str) -> Json:
        items = next((option.items for option in options if option.items is not None), None)
        if items is None:
            return value
        return [self.fill(items, item, f"{path}/{number}") for number, item in enumerate(value)]


def _pair(options: Sequence[Node]) -> Keys | None:
    return next((keys for option in options for part in option.parts if (keys := pair_keys(part))), None)


def _nothing(options: Sequence[Node], *, whole: bool) -> Json:
    """Return the placeholder for a value that was not found. `whole`: the value is the whole answer."""
    if any("null" in option.types for option in options):
        return None
    if keys := _pair(options):
        return {keys.quote: None, keys.value: None}
    return [] if whole and all(option.types == frozenset({"array"}) for option in options) else None
