"""What the emulator's model answers by the rules: which function it calls, with which arguments, or which text.

The rules know nothing about quotes. So they extract with the schema without its pairs of value and quote, and their
values are put back into pairs, with the words that the rules took each value from as its quote:

    {"total": {"quote": "11.85", "value": 11.85}, "tax": null}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import cast

from structgen.core.json import Json, JsonObject, as_object, pointer
from structgen.forms.quotes import Keys, pair_keys
from structgen.forms.strict import WRAPPER
from structgen.schema.node import Node
from structgen.testing.emulator.bodies import ChatRequest, content_of
from structgen.testing.emulator.replies import Answer, plain

_DOCUMENT = re.compile(r"<(document(?:-\d{1,9})?)>\n(.*)\n</\1>", re.DOTALL)
_OF_THE_OBJECT = frozenset({"type", "properties", "required", "additionalProperties"})
_ROOTS = frozenset({"", pointer([WRAPPER])})
"""The path of the whole answer: the root, or the key under which strict mode wraps a root that is not an object."""
_MAX_DEPTH = 200
"""Deeper parts of a schema stay as they are: the rules do not look so deep, and recursion stays bounded."""


def respond_by_rules(body: JsonObject) -> Answer:
    """Answer with what structgen's rules extract, as the call of a function if the conversation needs one.

    The function is the one that the request forces. If several are possible, it is the one whose arguments the text
    supports best, and none that was called since the user's last message. If the model is free to call none, it answers
    with a text once the results of its calls are there, and if the text supports no function.
    """
    chat = ChatRequest(body, None)
    if chat.tool is None:
        return Answer(answer_by_rules(body))
    if chat.tool_choice == "auto" and chat.answers_tools:
        return plain("\n".join(chat.tool_results))
    if chat.tool_choice == "named" or len(chat.tools) == 1:
        return Answer(answer_by_rules(body))
    tool, arguments = _best_call(chat)
    if chat.tool_choice == "auto" and _share_of(tool, arguments) <= 0:
        return plain(_text_of(chat))
    return Answer(json.dumps(arguments, ensure_ascii=False), tool=str(tool.get("name")))


def _best_call(chat: ChatRequest) -> tuple[JsonObject, Json]:
    """Return the function whose arguments the text supports best, and the arguments; the first one of equal ones."""
    waiting = [tool for tool in chat.tools if tool.get("name") not in chat.called] or [*chat.tools]
    calls = [(tool, _arguments(chat, tool)) for tool in waiting]
    return max(calls, key=lambda call: _share_of(*call))


def _share_of(tool: JsonObject, arguments: Json) -> float:
    """Return the share of the required arguments (else of all) that are there, 0 to 1; 1 if there are none to find."""
    schema = Node.of(as_object(tool.get("parameters")))
    needed = schema.required or frozenset(schema.properties)
    found = as_object(arguments)
    return sum(found.get(name) is not None for name in needed) / len(needed) if needed else 1.0


def _arguments(chat: ChatRequest, tool: JsonObject) -> Json:
    """Extract the arguments from the text, and those that it lacks from the results of the functions called for it."""
    schema = as_object(tool.get("parameters"))
    found = answer_in_form(schema, _text_of(chat))
    if not isinstance(found, dict) or not chat.tool_results or None not in found.values():
        return found
    more = as_object(answer_in_form(schema, "\n".join(chat.tool_results)))
    return {name: more.get(name) if value is None else value for name, value in found.items()}


def _text_of(chat: ChatRequest) -> str:
    """Return the text to extract from: the last document, else the last message that is not the result of a tool."""
    # a worked example has a document too; the last one is the one to answer for
    texts = [content_of(message) for message in chat.messages]
    documents = [found[2] for text in texts if (found := _DOCUMENT.search(text))]
    asked = [content_of(message) for message in chat.messages if message.get("role") in ("user", "system")]
    return [*texts[-1:], *asked, *documents][-1]


def answer_by_rules(body: JsonObject) -> str:
    """Answer with what structgen's rules extract from the request's document, or ``{}`` if the request has no schema.

    The schema is that of the response format or of the function, or a JSON Schema in the messages. The document is
    the text between ``<document>`` tags in the last message with such tags, or else the user's whole last message.
    If the schema asks for quotes, each value comes with the words that support it.
    """
    chat = ChatRequest(body, None)
    if chat.tool and isinstance(chat.tool.get("parameters"), dict):
        return json.dumps(_arguments(chat, chat.tool), ensure_ascii=False)
    schema = chat.json_schema.get("schema")
    # in JSON mode the schema is only in the prompt
    schema = schema if isinstance(schema, dict) else next(_schemas_in(chat), None)
    return "{}" if schema is None else json.dumps(answer_in_form(schema, _text_of(chat)), ensure_ascii=False)


def _schemas_in(chat: ChatRequest) -> Iterator[JsonObject]:
    return filter(None, map(_find_schema, map(content_of, chat.messages)))


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
