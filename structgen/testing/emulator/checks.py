"""What Groq refuses before a model sees the request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from structgen.core.json import Json, JsonObject
from structgen.core.options import Mode
from structgen.core.records import Card
from structgen.testing.emulator.bodies import content_of, prompt_tokens
from structgen.testing.emulator.errors import find_error
from structgen.testing.emulator.replies import Refusal
from structgen.testing.emulator.strict import check_strict, find_fault

_PROPERTIES = frozenset({"role", "content", "tool_calls", "tool_call_id", "reasoning", "refusal"})
_FORMATS = frozenset({"text", "json_object", "json_schema"})
_CHOICES = frozenset({"none", "auto", "required"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A chat request as the checks read it. `card` is None for a model that nothing is known about."""

    body: JsonObject
    card: Card | None

    @property
    def format(self) -> JsonObject:
        """The response_format object, empty where there is none."""
        return _object(self.body.get("response_format"))

    @property
    def kind(self) -> str:
        """The type of the response_format; ``text`` where there is none."""
        kind = self.format.get("type", "text")
        return kind if isinstance(kind, str) else ""

    @property
    def described(self) -> JsonObject:
        """What stands under ``response_format.json_schema``: name, schema, strict."""
        return _object(self.format.get("json_schema"))

    @property
    def tools(self) -> tuple[JsonObject, ...]:
        """The functions offered."""
        tools = self.body.get("tools")
        return tuple(_object(_object(tool).get("function")) for tool in tools) if isinstance(tools, list) else ()

    @property
    def tool(self) -> JsonObject | None:
        """The function that will be called: the forced one, else the first; None where none may be."""
        choice = self.body.get("tool_choice")
        if not self.tools or choice == "none":
            return None
        name = _object(_object(choice).get("function")).get("name")
        return next((tool for tool in self.tools if tool.get("name") == name), self.tools[0])

    @property
    def messages(self) -> tuple[JsonObject, ...]:
        """The messages."""
        messages = self.body.get("messages")
        return tuple(_object(message) for message in messages) if isinstance(messages, list) else ()

    @property
    def stops(self) -> tuple[str, ...]:
        """The sequences at which the model stops; empty ones end nothing."""
        given = self.body.get("stop")
        listed = given if isinstance(given, list) else [given]
        return tuple(stop for stop in listed if isinstance(stop, str) and stop)

    @property
    def limit(self) -> int | None:
        """The most tokens that the answer may have."""
        value = self.body.get("max_completion_tokens", self.body.get("max_tokens"))
        return value if isinstance(value, int) else None


def refuse(asked: Asked) -> Refusal | None:
    """The first reason to refuse, None where the model may answer."""
    return next((found for check in CHECKS if (found := check(asked)) is not None), None)


def filled(kind: str, /, *, path: str | None = None, **words: str) -> Refusal:
    """One of the errors with its words put in."""
    entry = find_error(kind)
    return Refusal(entry.status, entry.fill(path=path, **words), entry.headers)


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
    return sees or not isinstance(content, list) or not any(_object(part).get("image_url") for part in content)


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


def invalid(message: str) -> Refusal:
    """A plain 400 with these words."""
    return Refusal(400, {"message": message, "type": "invalid_request_error"})


def _object(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
