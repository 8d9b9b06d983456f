"""Reassembles a streamed chat completion: bytes in, pieces of its text out, and the outcome at the end.

The reassembled response is read by the same code as one that was not streamed (http_response.py), so that both are
judged alike. No I/O happens here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias, cast

from structgen.core.errors import ServerFailed
from structgen.core.finish_reasons import INTERRUPTED
from structgen.core.json import Json, JsonObject, as_object
from structgen.core.masking import Secrets
from structgen.core.records import Completion
from structgen.send.http.failures import Failure
from structgen.send.http.http_response import CALL_FAILED, Reply, decode, read_reply, written_text
from structgen.send.http.providers import MAX_BYTES, ChatApi
from structgen.send.http.sse import Event, SseReader

Outcome: TypeAlias = Completion | Failure

_REASONING = ("reasoning", "reasoning_content")  # Groq's name, and the name that several compatible servers use
_DONE = b"[DONE]"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a response comes from: the provider, the model, the credentials to mask, and how long a text may be."""

    api: ChatApi
    model: str
    secrets: Secrets
    max_bytes: int = MAX_BYTES


class StreamAssembler:
    """One streamed response. After `over`, anything that follows is ignored."""

    def __init__(self, origin: Origin, status: int = 200) -> None:
        self._origin = origin
        self._status = status
        self._events = SseReader()
        self._content: list[str] = []
        self._calls = _Calls()
        self._reasoning: list[str] = []
        self._refusal: list[str] = []
        self._about: JsonObject = {}
        self._reason: str | None = None
        self._outcome: Outcome | None = None
        self._size = 0
        self.events = 0
        """How many events have arrived."""

    @property
    def over(self) -> bool:
        """Whether the outcome is known."""
        return self._outcome is not None

    def feed(self, data: bytes) -> Iterator[str]:
        """Yield the pieces of text in these bytes; nothing once the outcome is known."""
        if self.over:
            return
        try:
            events = self._events.feed(data)
        except ValueError as error:
            self._outcome = self._interrupted(self._failed(str(error)))
            return
        for event in events:
            if not self.over:
                yield from self._take(event)

    def finish(self, lost: Failure | None = None) -> Iterator[str]:
        """End the stream, with a failure if the connection was lost. Yield the text of an unfinished last event."""
        # The last event may lack its empty line, or be cut off. Only what is complete JSON counts.
        for event in () if self.over else self._events.finish():
            if event.data.strip() == _DONE or _decode(event.data) is not None:
                yield from self._take(event)
        if not self.over:
            self._outcome = self._ended(lost)

    @property
    def outcome(self) -> Outcome:
        """The outcome; call `finish` first.

        A stream that broke off becomes an interrupted completion with the text that arrived, or a failure if none did.
        """
        return cast(Outcome, self._outcome)

    def _ended(self, lost: Failure | None = None) -> Outcome:
        if lost is None and self._reason is not None:
            return self._whole(self._reason)
        return self._interrupted(lost or self._failed("a stream that ended before the answer did", True))

    def _take(self, event: Event) -> Iterator[str]:
        self.events += 1
        if event.data.strip() == _DONE:
            self._outcome = self._ended()
            return
        chunk = _decode(event.data)
        if chunk is None:
            self._outcome = self._interrupted(self._failed("an event that is not a JSON object", True))
        elif self._size > self._origin.max_bytes:
            most = f"more than {self._origin.max_bytes:,} bytes of text"
            self._outcome = self._interrupted(self._failed(f"{most}, the maximum of max_response_bytes"))
        elif event.name == "error" or chunk.get("error"):
            self._outcome = self._broken(event.data, as_object(chunk.get("error")))
        else:
            yield from self._chunk(chunk)

    def _chunk(self, chunk: JsonObject) -> Iterator[str]:
        usage = as_object(chunk.get("x_groq")).get("usage")
        for name, value in (("id", chunk.get("id")), ("model", chunk.get("model")), ("usage", usage)):
            if value is not None:
                self._about[name] = value
        if chunk.get("usage") is not None:
            self._about["usage"] = chunk["usage"]
        choice = _first_choice(chunk.get("choices"))
        reason, delta = choice.get("finish_reason"), as_object(choice.get("delta"))
        self._reason = reason if isinstance(reason, str) else self._reason
        self._size += _written(delta)
        for name in _REASONING:
            _add(self._reasoning, delta.get(name))
        _add(self._refusal, delta.get("refusal"))
        content = delta.get("content")
        yield from _add(self._content, written_text(content) if isinstance(content, list) else content)
        yield from self._calls.take(delta)

    def _whole(self, reason: str) -> Outcome:
        """Read the response as if it had not been streamed."""
        message: JsonObject = {"role": "assistant", "content": "".join(self._content)}
        if calls := self._calls.whole():
            message["tool_calls"] = calls
        for name, parts in (("reasoning", self._reasoning), ("refusal", self._refusal)):
            if parts:
                message[name] = "".join(parts)
        body: JsonObject = {**self._about, "choices": [{"message": message, "finish_reason": reason}]}
        return self._read(self._status, json.dumps(body).encode())

    def _interrupted(self, failure: Failure, reason: str = INTERRUPTED) -> Outcome:
        """Return the text so far as a completion that was cut off, or the failure if there is none."""
        # "length" lets an empty or half-finished message pass as one that was cut off.
        whole = self._whole("length") if self._content or self._calls.begun else failure
        if isinstance(whole, Failure):
            return replace(failure, paid=True) if self._about else failure
        return replace(whole, finish_reason=reason, failure=failure.error.code)

    def _broken(self, data: bytes, error: JsonObject) -> Outcome:
        """Handle an error within the stream: return the text that the error carries, else the text so far."""
        status = error.get("status_code", error.get("code"))
        read = self._read(status if isinstance(status, int) and 400 <= status < 600 else 500, data)
        if isinstance(read, Failure):
            return self._interrupted(read)
        if read.text or not (self._content or self._calls.begun):
            said = (
                "".join(self._content) if read.failure == CALL_FAILED else ""
            )  # any other error repeats the text itself
            return replace(read, beside=said) if said else read
        reason = "length" if read.finish_reason == "length" else INTERRUPTED
        said = ServerFailed("the error carries no text", code=read.failure)
        return self._interrupted(Failure(said), reason)

    def _read(self, status: int, content: bytes) -> Outcome:
        return read_reply(Reply(status, {}, content), self._origin.api, self._origin.model, self._origin.secrets)

    def _failed(self, what: str, transient: bool = False) -> Failure:
        message = f"{self._origin.api.provider} sent {what}. Send the request again."
        return Failure(ServerFailed(message, status=self._status), transient, paid=bool(self._about))


def _decode(data: bytes) -> JsonObject | None:
    """Return the JSON object of an event, or None if it is something else."""
    chunk = decode(data)
    return chunk if isinstance(chunk, dict) else None


def _written(delta: JsonObject) -> int:
    """Return the length of everything that the model wrote in this delta."""
    return sum(len(value if isinstance(value, str) else json.dumps(value)) for value in delta.values() if value)


def _first_choice(choices: Json) -> JsonObject:
    """Return the first choice. Some servers send others too, which must not be mixed into it."""
    listed = map(as_object, choices if isinstance(choices, list) else ())
    return next((choice for choice in listed if not choice.get("index")), as_object(None))


def _add(parts: list[str], text: Json) -> tuple[str, ...]:
    """Store a piece and return it for output. Half a surrogate pair is held back until its other half arrives."""
    if not isinstance(text, str) or not text:
        return ()
    if parts and _ends_in_half(parts[-1]):
        text = f"{parts[-1][-1]}{text}".encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        parts[-1] = parts[-1][:-1]
    parts.append(text)
    shown = text[:-1] if _ends_in_half(text) else text
    return (shown,) if shown else ()


def _ends_in_half(text: str) -> bool:
    """Return whether a text ends in a high surrogate: JSON may escape one character as two halves."""
    return "\ud800" <= text[-1:] <= "\udbff"


class _Calls:
    """The tool calls of a stream, each reassembled from its pieces."""

    def __init__(self) -> None:
        self._parts: dict[object, tuple[list[str], list[str]]] = {}
        """The pieces of each call's name and arguments, by the call's key, in the order in which the calls began."""
        self._last: object = 0

    @property
    def begun(self) -> bool:
        """Whether any arguments have arrived."""
        return any(arguments for _, arguments in self._parts.values())

    def take(self, delta: JsonObject) -> Iterator[str]:
        """Store the pieces in a delta; yield those of the first call's arguments, which are the answer."""
        listed = delta.get("tool_calls")
        for call in map(as_object, listed if isinstance(listed, list) else ()):
            yield from self._add(self._key(call), as_object(call.get("function")))
        if isinstance(older := delta.get("function_call"), dict):
            yield from self._add("function_call", older)

    def _key(self, call: JsonObject) -> object:
        """Return the call's key: its index, or the id that servers without indexes send at the start of each call."""
        index, name = call.get("index"), call.get("id")
        if isinstance(index, int):
            self._last = index
        elif isinstance(name, str) and name:
            self._last = name
        return self._last

    def _add(self, key: object, function: JsonObject) -> Iterator[str]:
        first = not self._parts or key == next(iter(self._parts))
        name, arguments = self._parts.setdefault(key, ([], []))
        _add(name, function.get("name"))
        given = function.get("arguments")
        given = json.dumps(given, ensure_ascii=False) if isinstance(given, dict | list) else given
        pieces = _add(arguments, given)
        yield from pieces if first else ()

    def whole(self) -> list[Json]:
        """Return the calls in the form of a message's `tool_calls`."""
        return [
            {"function": {"name": "".join(name), "arguments": "".join(arguments)}}
            for name, arguments in self._parts.values()
            if name or arguments
        ]
