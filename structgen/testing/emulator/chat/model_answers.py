"""An answer of the model -> what Groq makes of it: a completion, or the error that its checks of the output give."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TypeAlias, cast

from structgen.core.json import Json, JsonObject, pointer
from structgen.forms.quotes import Keys
from structgen.forms.quotes.quotable import Work, branches
from structgen.forms.strict import WRAPPER
from structgen.schema.keywords import Steps
from structgen.schema.resolve import canonical
from structgen.testing.emulator.bodies import Asked, Said, completion, content_of, tokens
from structgen.testing.emulator.replies import Answer, Refusal, filled

_DOCUMENT = re.compile(r"<(document(?:-\d{1,9})?)>\n(.*)\n</\1>", re.DOTALL)


def deliver(asked: Asked, answer: Answer) -> JsonObject | Refusal:
    """The body of a completion, or the refusal of an answer that does not fit the request.

    What the model says ends before the first stop sequence in it, unless it goes out `as_is`.
    """
    answer = answer if answer.as_is else cut_at_stop(answer, asked.stops)
    tool = None if answer.plain else asked.tool
    wrong = None if answer.as_is else _check(asked, answer, tool)
    if wrong is not None:
        return wrong
    text, reason = _shorten(answer, None if answer.as_is else asked.limit)
    reason = answer.finish_reason or ("tool_calls" if tool and reason == "stop" else reason)
    calls = _called(answer, text, tool) if tool else ()
    content = answer.content if tool else text
    return completion(asked.body, Said(content, reason, calls, answer.reasoning, answer.refusal))


def _called(answer: Answer, text: str | None, tool: JsonObject) -> tuple[tuple[str, str], ...]:
    """Every call of a function, its name and its arguments."""
    name = str(tool.get("name"))
    return ((answer.tool or name, text or ""), *((other or name, arguments) for other, arguments in answer.calls))


def cut_at_stop(answer: Answer, stops: Sequence[str]) -> Answer:
    """The answer up to the first of these sequences, which is no part of it; the reason is then ``stop``."""
    text = answer.text or ""
    end = min((at for stop in stops if (at := text.find(stop)) >= 0), default=None)
    return answer if end is None else replace(answer, text=text[:end], finish_reason=None)


def _check(asked: Asked, answer: Answer, tool: JsonObject | None) -> Refusal | None:
    text = answer.text or ""
    if tool is not None:
        calls = _called(answer, text, tool)
        return next((wrong for call in calls if (wrong := _check_call(asked, *call, calls)) is not None), None)
    if answer.plain and asked.tools and asked.body.get("tool_choice") not in {None, "auto", "none"}:
        return _salvaged("tool_use_failed_required", text)
    if asked.kind == "text":
        return None
    if asked.limit is not None and tokens(text) > asked.limit:
        return filled("json_validate_failed_max_tokens")
    value, broken = _decode(text)
    if broken or (asked.kind == "json_object" and not isinstance(value, dict)):
        return _salvaged("json_validate_failed_syntax", text)
    if asked.kind == "json_schema":
        found = _mismatch(value, asked.described.get("schema"))
        return _salvaged("json_validate_failed_schema", text, detail=found) if found else None
    return None


def _check_call(asked: Asked, name: str, arguments: str, calls: Sequence[tuple[str, str]]) -> Refusal | None:
    """Why Groq refuses a call, with all the calls that the model made."""
    tool = next((one for one in asked.tools if one.get("name") == name), None)
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


def _salvaged(name: str, generation: str, **words: str) -> Refusal:
    return filled(name, generation=generation, **words)


def _decode(text: str) -> tuple[Json, bool]:
    """The JSON value of a text, and whether it is none."""
    try:
        return cast("Json", json.loads(text)), False
    except (ValueError, RecursionError):
        return None, True


def _mismatch(value: Json, schema: Json) -> str:
    """Where a value leaves its schema, in one line; empty where it fits. References to elsewhere are not followed."""
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
    """The text within the limit of tokens, and why it ends."""
    if answer.text is None or limit is None or tokens(answer.text) <= limit:
        return answer.text, "stop"
    return answer.text[: 4 * limit], "length"


def answer_by_rules(body: JsonObject) -> str:
    """What structgen's rules find in the request's document, where the request carries its schema; else ``{}``.

    The schema is that of the response format or of the function, or a JSON Schema in the messages. The document is
    the text between ``<document>`` tags in the last message that has them, or else the whole of the last message.
    Where the schema asks for quotes, each value comes with the words that say it.
    """
    asked = Asked(body, None)
    texts = [content_of(message) for message in asked.messages]
    schema = asked.tool.get("parameters") if asked.tool else asked.described.get("schema")
    schema = schema if isinstance(schema, dict) else next(filter(None, map(_find_schema, texts)), None)
    if schema is None:
        return "{}"
    documents = [found[2] for text in texts if (found := _DOCUMENT.search(text))]
    return json.dumps(answer_in_form(schema, [texts[-1], *documents][-1]), ensure_ascii=False)


def _find_schema(text: str) -> JsonObject | None:
    """The first JSON Schema of an object that stands in a text, among its first few braces."""
    decoder = json.JSONDecoder()
    for brace in islice(re.finditer(r"\{", text), 20):
        try:
            value = cast("Json", decoder.raw_decode(text, brace.start())[0])
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and isinstance(value.get("properties"), dict):
            return value
    return None


_QUOTE = re.compile(r"quote|words|source_quote(?:_\d+)?")
_VALUE = re.compile(r"value|is|quoted_value(?:_\d+)?")
_STRICT_QUOTE: JsonObject = {"anyOf": [{"type": "string"}, {"type": "null"}]}
_OF_THE_OBJECT = frozenset({"type", "properties", "required", "additionalProperties"})
_ROOTS = frozenset({"", pointer([WRAPPER])})
"""The path of the whole answer: its root, or where strict mode puts a root that is no object."""
_DEEPEST = 200
"""Deeper parts of a schema stay as they are: the rules do not look that far, and no recursion runs away."""

Variants: TypeAlias = list[tuple[Steps, JsonObject]]
"""The schemas that one place may follow, behind references and unions, each with its own place."""


def answer_in_form(schema: JsonObject, text: str) -> Json:
    """What the rules find of a schema in a text; with quotes where the schema has pairs.

    What was not found is null, whether or not it may be; a whole answer that has to be a list is an empty one then.
    """
    from structgen.rules import extract_by_rules

    plain = without_pairs(schema)
    found = extract_by_rules(plain if isinstance(plain, dict) else schema, text)
    quotes = {piece.path: piece.text for piece in found.evidence}
    root = canonical(schema)
    return _Form(root, quotes).fill(root, (), found.value)


def keys_of(schema: JsonObject) -> Keys | None:
    """The keys of the pair that a schema describes; None where it describes anything else."""
    held = schema.get("properties")
    if schema.get("type") != "object" or not isinstance(held, dict) or len(held) != 2:
        return None
    quote, value = held
    named = _QUOTE.fullmatch(quote) and _VALUE.fullmatch(value)
    return Keys(quote, value) if named and held[quote] in (Keys().schema, _STRICT_QUOTE) else None


def without_pairs(schema: Json, depth: int = 0) -> Json:
    """The schema with the bare value in place of each pair, and with the words about the pair."""
    if depth > _DEEPEST:
        return schema
    if isinstance(schema, list):
        return [without_pairs(part, depth + 1) for part in schema]
    if not isinstance(schema, dict):
        return schema
    keys, held = keys_of(schema), schema.get("properties")
    value = held[keys.value] if keys and isinstance(held, dict) else None
    if isinstance(value, dict):
        return {**{word: said for word, said in schema.items() if word not in _OF_THE_OBJECT}, **value}
    return {word: without_pairs(said, depth + 1) for word, said in schema.items()}


@dataclass(frozen=True, slots=True)
class _Form:
    """Puts values into the form of a schema. `quotes`: path -> the words of the text that say the value."""

    root: JsonObject | bool
    quotes: Mapping[str, str | None]

    def fill(self, schema: Json, at: Steps, value: Json, path: str = "") -> Json:
        """A value in the form of the schema at a place; what does not fit it stays as it is."""
        options: Variants = list(branches(self.root, schema, at, Work()))[::-1]  # the first of a union first
        if value is None:
            return _nothing(options, whole=path in _ROOTS)
        if isinstance(value, dict):
            return self._object(options, value, path)
        if isinstance(value, list):
            return self._list(options, value, path)
        keys = _pair(options)
        return {keys.quote: self.quotes.get(path), keys.value: value} if keys else value

    def _object(self, options: Variants, value: JsonObject, path: str) -> Json:
        for at, option in options:
            held = option.get("properties")
            if isinstance(held, dict) and value.keys() <= held.keys():
                return {
                    key: self.fill(held[key], (*at, "properties", key), item, path + pointer([key]))
                    for key, item in value.items()
                }
        return value

    def _list(self, options: Variants, value: list[Json], path: str) -> Json:
        for at, option in options:
            if "items" in option:
                items = option["items"]
                return [self.fill(items, (*at, "items"), item, f"{path}/{place}") for place, item in enumerate(value)]
        return value


def _pair(options: Variants) -> Keys | None:
    return next((keys for _, option in options if (keys := keys_of(option))), None)


def _nothing(options: Variants, *, whole: bool) -> Json:
    """What stands for a value that was not found. `whole`: it is all that was asked for."""
    kinds = [option.get("type") for _, option in options]
    if "null" in kinds:
        return None
    if keys := _pair(options):
        return {keys.quote: None, keys.value: None}
    return [] if whole and kinds and all(kind == "array" for kind in kinds) else None
