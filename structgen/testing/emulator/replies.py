"""The replies that a test can script: frozen records, functions that make them, and Groq's errors (errors.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from string import Template
from types import MappingProxyType
from typing import Any, cast

from structgen.core.json import Json, JsonObject, steps


def groq_error(kind: str, /, *, path: str | None = None, **words: str) -> ErrorReply:
    """Return one of Groq's errors, with the words filled in."""
    entry = find_error(kind)
    return ErrorReply(entry.status, entry.fill(path=path, **words), entry.headers)


def invalid_request(message: str) -> ErrorReply:
    """Return a plain 400 with this message."""
    return ErrorReply(400, {"message": message, "type": "invalid_request_error"})


_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer. Like a real one it passes the server's checks, unless it is sent `as_is`.

    If a function is called, `text` is its arguments, `calls` are further calls (name and arguments; an empty name means
    the same function), `tool` replaces the name of the function, and `content` accompanies the calls. `delay` is the
    time before the first byte, and `seconds` how long the body takes to arrive.
    """

    text: str | None
    finish_reason: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    plain: bool = False
    as_is: bool = False
    delay: float = 0.0
    seconds: float = 0.0
    calls: tuple[tuple[str, str], ...] = ()
    tool: str = ""
    content: str | None = None


@dataclass(frozen=True, slots=True)
class Raw:
    """A complete HTTP response. `seconds` is how long the body takes to arrive."""

    content: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    delay: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class ErrorReply:
    """One of Groq's errors: the status, the ``error`` object of the body, and the headers."""

    status: int
    error: JsonObject
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    delay: float = 0.0

    def for_model(self, model: str) -> JsonObject:
        """Return the error object with the name of the requested model."""
        return {
            name: value.replace("$model", model) if isinstance(value, str) else value
            for name, value in self.error.items()
        }


@dataclass(frozen=True, slots=True)
class Fault:
    """The connection is reset: before the first byte, or after a share (0 to 1) of the body of `answer`."""

    answer: Answer | None = None
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Streamed:
    """A model's answer and how to stream it; see `streamed` for the fields."""

    answer: Answer
    share: float = 1.0
    pause: float = 0.0
    stall: float = 0.0
    error: ErrorReply | None = None
    done: bool = True
    at_once: int | None = None

    @property
    def delay(self) -> float:
        """Seconds before the first byte."""
        return self.answer.delay


Step = Answer | Raw | ErrorReply | Fault | Streamed


def reply(
    text: str | None,
    *,
    finish_reason: str | None = None,
    reasoning: str | None = None,
    as_is: bool = False,
    delay: float = 0.0,
    seconds: float = 0.0,
    calls: Sequence[str | tuple[str, str]] = (),
    tool: str = "",
    content: str | None = None,
) -> Answer:
    """Return a model's answer. If the request forces a function, `text` becomes its arguments.

    In that case `calls` are further calls in the same answer, each its arguments, or the name of another function and
    its arguments. `tool` names the function to call instead of the forced one, and `content` accompanies the calls.
    Like Groq, the emulator ends an answer before a stop sequence of the request, and turns one that does not fit the
    response format into an error. `as_is` prevents both.
    The first byte arrives after `delay` seconds, and the body, streamed or not, within `seconds`.
    """
    return Answer(
        text,
        finish_reason,
        reasoning,
        as_is=as_is,
        delay=delay,
        seconds=seconds,
        calls=tuple(("", call) if isinstance(call, str) else call for call in calls),
        tool=tool,
        content=content,
    )


def plain(text: str, *, delay: float = 0.0) -> Answer:
    """Return a model's answer as plain content, although the request offers functions."""
    return Answer(text, plain=True, delay=delay)


def refusal(text: str) -> Answer:
    """Return the answer of a model that declines: the text is in ``message.refusal``."""
    return Answer(None, refusal=text, plain=True, as_is=True)


def error(
    name: str,
    *,
    retry_after: float | None = None,
    failed_generation: str | None = None,
    message: str | None = None,
    delay: float = 0.0,
) -> ErrorReply | Raw:
    """Return one of Groq's errors by its name in errors.json; ``rate_limit`` means ``rate_limit_tpm``.

    `retry_after` (seconds) sets the header, `failed_generation` what the model wrote, and `message` the message.
    """
    entry = find_error(name)
    headers = dict(entry.headers)
    if retry_after is not None:
        headers["retry-after"] = f"{retry_after:g}"
    # 502 comes from the proxy in front of Groq, which sends HTML
    if entry.page is not None:
        made = page(entry.page, status=entry.status)
        return replace(made, headers={**made.headers, **headers}, delay=delay)
    body = entry.fill(generation=failed_generation or "")
    if message is not None:
        body["message"] = message
    if failed_generation is not None:
        body["failed_generation"] = failed_generation
    return ErrorReply(entry.status, body, headers, delay)


def streamed(
    text: str,
    *,
    reasoning: str | None = None,
    finish_reason: str | None = None,
    pause: float = 0.0,
    at_once: int | None = None,
    done: bool = True,
    share: float = 1.0,
    stall: float = 0.0,
    error: ErrorReply | Raw | None = None,
) -> Streamed:
    """Return an answer to a request with ``"stream": true``, sent as scripted, without checks and stop sequences.

    `pause` is the time between events, in seconds. `at_once` sends this many bytes at a time, even if that splits
    lines. ``done=False`` omits the final ``[DONE]``. A `share` (0 to 1) below 1 breaks the stream after that share of
    its events: with an `error` event, or after `stall` seconds of silence by resetting the connection.
    """
    if isinstance(error, Raw):
        raise ValueError("an error page cannot be sent within a stream: use an error with a JSON body")
    answer = Answer(text, finish_reason, reasoning, as_is=True)
    return Streamed(answer, share, pause, stall, error, done, at_once)


def dropped() -> Fault:
    """Return a fault: the connection is reset before the first byte of the response."""
    return Fault()


def cut(text: str, *, share: float = 0.5) -> Fault:
    """Return a fault: the connection is reset after a share of the body, streamed or not."""
    return Fault(Answer(text, as_is=True), share)


def slow(content: bytes, *, seconds: float) -> Raw:
    """Return a response whose body arrives in ten pieces within this many seconds."""
    return Raw(content, headers={"content-type": "application/json"}, seconds=seconds)


def page(title: str, *, status: int = 200) -> Raw:
    """Return an HTML page instead of JSON, as a proxy sends it."""
    html = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Raw(html.encode(), status, {"content-type": "text/html; charset=utf-8"})


def raw(content: bytes | str, *, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS) -> Raw:
    """Return any HTTP response."""
    data = content.encode() if isinstance(content, str) else content
    return Raw(data, status, {"content-type": "application/json", **headers})


_SAMPLES = {
    "detail": "/name: a string is expected",
    "feature": "tool calling",
    "generation": "",
    "index": "0",
    "keyword": "minItems",
    "limit": "65536",
    "method": "POST",
    "name": "name",
    "names": "name",
    "organization": "org_emulator",
    "path": "",
    "role": "user",
    "schema": "answer",
    "tool": "answer",
}
_ALIASES = {"rate_limit": "rate_limit_tpm", "json_validate_failed": "json_validate_failed_syntax"}


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One error in the table. `error` is the object of the body, whose strings are templates (``$model``).

    `page` is the title of an HTML page to send instead. `samples` override the words that all errors share.
    """

    status: int
    error: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    page: str | None = None
    samples: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def fill(self, *, path: str | None = None, **words: str) -> JsonObject:
        """Return the error object with the words filled in, or samples for missing ones. ``$model`` is filled later.

        `path` is the place of the error in a schema, as a JSON Pointer.
        """
        at = {} if path is None else {"path": path}
        # later ones win: the caller's words over those of the error, and those over the ones that all errors share
        known = {**_SAMPLES, **self.samples, **words, **at}
        filled: JsonObject = {
            name: Template(value).safe_substitute(known) if isinstance(value, str) else value
            for name, value in self.error.items()
        }
        # errors about schemas repeat the path in two more forms
        if path is not None and "schema_kind" in filled:
            filled["schema_path"] = path
            filled["schema_path_segments"] = ["$", *steps(path)]
        return filled


def find_error(name: str) -> ErrorEntry:
    """Return the error with this name, or raise a KeyError that lists the names."""
    name = _ALIASES.get(name, name)
    table = _table()
    if name not in table:
        raise KeyError(f"no error is called {name!r}: choose from {', '.join(table)}")
    return table[name]


def error_names() -> tuple[str, ...]:
    """Return every name that `find_error` knows, except for the aliases."""
    return tuple(_table())


@cache
def _table() -> Mapping[str, ErrorEntry]:
    text = (files("structgen.testing.emulator") / "errors.json").read_text("utf-8")
    entries = cast("dict[str, dict[str, Any]]", json.loads(text))
    return MappingProxyType({name: ErrorEntry(**entry) for name, entry in entries.items()})
