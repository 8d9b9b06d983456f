"""The bodies of chat requests, completions and model lists, in Groq's shape."""

from __future__ import annotations

import hashlib
import secrets
import time
import uuid
from dataclasses import dataclass

from structgen.compile.parameters import tokens_of
from structgen.core.json import Json, JsonObject, as_object
from structgen.core.records import Card


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat request as the checks read it. `card` is None for an unknown model."""

    body: JsonObject
    card: Card | None

    @property
    def response_format(self) -> JsonObject:
        """The response_format object, or an empty one."""
        return as_object(self.body.get("response_format"))

    @property
    def format_type(self) -> str:
        """The type of the response_format, by default ``text``."""
        kind = self.response_format.get("type", "text")
        return kind if isinstance(kind, str) else ""

    @property
    def json_schema(self) -> JsonObject:
        """The object ``response_format.json_schema``, with name, schema and strict."""
        return as_object(self.response_format.get("json_schema"))

    @property
    def tools(self) -> tuple[JsonObject, ...]:
        """The functions that the request offers."""
        tools = self.body.get("tools")
        return tuple(as_object(as_object(tool).get("function")) for tool in tools) if isinstance(tools, list) else ()

    @property
    def tool_choice(self) -> str:
        """Which functions the model may call: ``none``, ``auto``, ``required``, or ``named`` for a certain one."""
        choice = self.body.get("tool_choice") or "auto"
        return "none" if not self.tools else choice if isinstance(choice, str) else "named"

    @property
    def tool(self) -> JsonObject | None:
        """The function that the model will call: the forced one, else the first; None if it may call none."""
        if self.tool_choice == "none":
            return None
        name = as_object(as_object(self.body.get("tool_choice")).get("function")).get("name")
        return next((tool for tool in self.tools if tool.get("name") == name), self.tools[0])

    @property
    def turn(self) -> tuple[JsonObject, ...]:
        """The messages since the user's last one: the calls of the model, and their results."""
        asked = [index for index, message in enumerate(self.messages) if message.get("role") == "user"]
        return self.messages[asked[-1] + 1 :] if asked else self.messages

    @property
    def called(self) -> frozenset[str]:
        """The names of the functions that the model has called in this turn."""
        lists = [message.get("tool_calls") for message in self.turn]
        calls = [as_object(call) for listed in lists if isinstance(listed, list) for call in listed]
        return frozenset(str(as_object(call.get("function")).get("name")) for call in calls)

    @property
    def tool_results(self) -> tuple[str, ...]:
        """The results of the functions that the model has called in this turn."""
        return tuple(content_of(message) for message in self.turn if message.get("role") == "tool")

    @property
    def answers_tools(self) -> bool:
        """Whether the last message is the result of a function."""
        return bool(self.messages) and self.messages[-1].get("role") == "tool"

    @property
    def reasoning_format(self) -> str:
        """How the reasoning is sent: ``parsed`` (apart from the content), ``raw`` (within it) or ``hidden``."""
        if self.body.get("include_reasoning") is False:
            return "hidden"
        return str(self.body.get("reasoning_format") or "parsed")

    @property
    def messages(self) -> tuple[JsonObject, ...]:
        """The messages of the request."""
        messages = self.body.get("messages")
        return tuple(as_object(message) for message in messages) if isinstance(messages, list) else ()

    @property
    def stops(self) -> tuple[str, ...]:
        """The stop sequences, without empty ones, which stop nothing."""
        given = self.body.get("stop")
        listed = given if isinstance(given, list) else [given]
        return tuple(stop for stop in listed if isinstance(stop, str) and stop)

    @property
    def max_tokens(self) -> int | None:
        """The maximum number of tokens in the answer, or None."""
        values = (self.body.get(name) for name in ("max_completion_tokens", "max_tokens"))
        return next((value for value in values if isinstance(value, int)), None)


_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"
_STARTED = 1_700_000_000  # Unix seconds, for every model in the list
_MESSAGE_TOKENS = 4  # for the role and the delimiters of each message
_TOKENS_PER_SECOND = 1000.0


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """A model's answer as it goes into a body: content, function calls (name and arguments), finish reason."""

    content: str | None
    finish_reason: str
    calls: tuple[tuple[str, str], ...] = ()
    reasoning: str | None = None
    refusal: str | None = None

    @property
    def text(self) -> str:
        """The answer without its reasoning."""
        return "".join([self.content or self.refusal or "", *(arguments for _, arguments in self.calls)])


def completion(body: JsonObject, answer: ModelAnswer) -> JsonObject:
    """Return a chat completion: the answer with ids, token counts and times."""
    choice: JsonObject = {
        "index": 0,
        "message": _message(answer, ChatRequest(body, None).reasoning_format),
        "logprobs": None,
        "finish_reason": answer.finish_reason,
    }
    seed = body.get("seed")
    return {
        "id": f"chatcmpl-{uuid.uuid4()}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body.get("model"),
        "choices": [choice],
        "usage": usage(body, answer),
        "usage_breakdown": None,
        "system_fingerprint": fingerprint(str(body.get("model"))),
        "x_groq": {"id": request_id(), "seed": seed if isinstance(seed, int) else secrets.randbelow(2**31)},
        "service_tier": body.get("service_tier") or "on_demand",
    }


def _message(answer: ModelAnswer, reasoning_format: str) -> JsonObject:
    message: JsonObject = {"role": "assistant"}
    raw = answer.reasoning is not None and reasoning_format == "raw"
    if raw:
        message["content"] = f"<think>\n{answer.reasoning}\n</think>\n\n{answer.content or ''}"
    elif answer.content is not None or not answer.calls:
        message["content"] = answer.content
    if answer.reasoning is not None and reasoning_format == "parsed":
        message["reasoning"] = answer.reasoning
    if answer.refusal is not None:
        message["refusal"] = answer.refusal
    if answer.calls:
        message["tool_calls"] = [
            {"id": f"fc_{uuid.uuid4()}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for name, arguments in answer.calls
        ]
    return message


def usage(body: JsonObject, answer: ModelAnswer) -> JsonObject:
    """Return token counts, estimated at four characters per token, and times in seconds."""
    reasoning = tokens_of(len(answer.reasoning or ""))
    prompt, generated = prompt_tokens(body), tokens_of(len(answer.text)) + reasoning
    prompt_time, generated_time = round(prompt / 1e5, 9), round(generated / _TOKENS_PER_SECOND, 9)
    counts: JsonObject = {
        "queue_time": 0.005,
        "prompt_tokens": prompt,
        "prompt_time": prompt_time,
        "completion_tokens": generated,
        "completion_time": generated_time,
        "total_tokens": prompt + generated,
        "total_time": prompt_time + generated_time,
    }
    if reasoning:
        counts["completion_tokens_details"] = {"reasoning_tokens": reasoning}
    return counts


def prompt_tokens(body: JsonObject) -> int:
    """Count the tokens of all messages, with Groq's overhead for each."""
    found = body.get("messages")
    messages = found if isinstance(found, list) else []
    return sum(_MESSAGE_TOKENS + tokens_of(len(content_of(message))) for message in messages)


def content_of(message: Json) -> str:
    """Return the text of a message whose content is a string or a list of parts."""
    content = message.get("content") if isinstance(message, dict) else None
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = (part.get("text") for part in parts if isinstance(part, dict))
    return "\n".join(text for text in texts if isinstance(text, str))


def request_id() -> str:
    """Return a new request id."""
    return new_id("req")


def new_id(kind: str) -> str:
    """Return the kind and a ULID: 48 bits of time in milliseconds and 80 random bits, in lower-case base 32."""
    number = (int(time.time() * 1000) << 80) | secrets.randbits(80)
    return f"{kind}_" + "".join(_CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))


def fingerprint(model: str) -> str:
    """Return a fingerprint that only depends on the model, as on one release of the server."""
    return f"fp_{hashlib.sha256(model.encode()).hexdigest()[:10]}"


def model_entry(card: Card) -> JsonObject:
    """Return a model as the models endpoint lists it."""
    return {
        "id": card.id,
        "object": "model",
        "created": _STARTED,
        "owned_by": card.id.partition("/")[0],
        "active": True,
        "context_window": card.context_window,
        "public_apps": None,
        "max_completion_tokens": card.max_completion_tokens,
    }
