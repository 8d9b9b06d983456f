"""An answer of the model -> what Groq makes of it: a completion, or the error that its checks of the output give."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import cast

from structgen.core.json import Json, JsonObject, pointer
from structgen.testing.emulator.bodies import Said, completion, content_of, tokens
from structgen.testing.emulator.checks import Asked, filled
from structgen.testing.emulator.pairs import answer_in_form
from structgen.testing.emulator.replies import Answer, Refusal

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
