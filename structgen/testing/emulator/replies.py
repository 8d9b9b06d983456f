"""What a test tells the emulator to answer: frozen records, and short functions that make them."""

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


def filled(kind: str, /, *, path: str | None = None, **words: str) -> Refusal:
    """One of the errors with its words put in."""
    entry = find_error(kind)
    return Refusal(entry.status, entry.fill(path=path, **words), entry.headers)


def invalid(message: str) -> Refusal:
    """A plain 400 with these words."""
    return Refusal(400, {"message": message, "type": "invalid_request_error"})


_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model says. It goes through the server's own checks, as a real answer does, unless it is `as_is`.

    Where a function is called, `text` are its arguments, `calls` the further calls (name and arguments; no name: the
    same function), `tool` the name that the model calls instead of the function's own, `content` what it says beside.
    `delay` is the time before its first byte, `seconds` how long its body takes to arrive.
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
    """A whole HTTP response. `seconds` is how long the body takes to arrive."""

    content: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    delay: float = 0.0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error of Groq's: the status, the body's ``error`` object and the headers."""

    status: int
    error: JsonObject
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    delay: float = 0.0

    def named(self, model: str) -> JsonObject:
        """The error object with the name of the model that was asked."""
        return {
            name: value.replace("$model", model) if isinstance(value, str) else value
            for name, value in self.error.items()
        }


@dataclass(frozen=True, slots=True)
class Fault:
    """The connection goes: before the first byte, or after some share (0 to 1) of the body of `answer`."""

    answer: Answer | None = None
    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Streamed:
    """A model's answer and how its stream goes; `streamed` says what each field means."""

    answer: Answer
    share: float = 1.0
    pause: float = 0.0
    stall: float = 0.0
    error: Refusal | None = None
    done: bool = True
    at_once: int | None = None

    @property
    def delay(self) -> float:
        """Seconds before the first byte."""
        return self.answer.delay


Step = Answer | Raw | Refusal | Fault | Streamed


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
    """A model's answer; where the request forces a function, `text` becomes its arguments.

    Then `calls` are further calls in the same answer: their arguments, or the name of another function and these.
    `tool` is the name of the function that is called in place of the one that the request forces, `content` what the
    model says beside its calls.
    Like Groq, the emulator ends an answer before a stop sequence of the request, and turns one that does not fit the
    response format into an error. `as_is` leaves it as it is.
    The first byte comes after a `delay`, the body, streamed or not, over so many `seconds`.
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
    """A model's answer in plain content although the request offers functions."""
    return Answer(text, plain=True, delay=delay)


def refusal(text: str) -> Answer:
    """A model that declines: its words stand in ``message.refusal``."""
    return Answer(None, refusal=text, plain=True, as_is=True)


def error(
    name: str,
    *,
    retry_after: float | None = None,
    failed_generation: str | None = None,
    message: str | None = None,
    delay: float = 0.0,
) -> Refusal | Raw:
    """One of Groq's errors by its name in errors.json; ``rate_limit`` is ``rate_limit_tpm``.

    `retry_after` (seconds) becomes the header, `failed_generation` what the model wrote, `message` other words.
    """
    entry = find_error(name)
    headers = dict(entry.headers)
    if retry_after is not None:
        headers["retry-after"] = f"{retry_after:g}"
    if entry.page is not None:
        made = page(entry.page, status=entry.status)
        return replace(made, headers={**made.headers, **headers}, delay=delay)
    body = entry.fill(generation=failed_generation or "")
    if message is not None:
        body["message"] = message
    if failed_generation is not None:
        body["failed_generation"] = failed_generation
    return Refusal(entry.status, body, headers, delay)


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
    error: Refusal | Raw | None = None,
) -> Streamed:
    """An answer to a request with ``"stream": true``, sent as scripted: no check, no stop sequence.

    A slow one: `pause` seconds between its events. A badly cut one: `at_once` bytes at a time, wherever that cuts
    its lines. One without an end: no ``[DONE]``, `done` being false. One that breaks: after a `share` (0 to 1) of its
    events an `error` event comes, or else nothing for `stall` seconds, and then the connection goes.
    """
    if isinstance(error, Raw):
        raise ValueError("an error page cannot stand in a stream: name one of the errors with a body")
    answer = Answer(text, finish_reason, reasoning, as_is=True)
    return Streamed(answer, share, pause, stall, error, done, at_once)


def dropped() -> Fault:
    """The connection is reset before the first byte of a reply."""
    return Fault()


def cut(text: str, *, share: float = 0.5) -> Fault:
    """The connection goes after a share of the body, streamed or not."""
    return Fault(Answer(text, as_is=True), share)


def slow(content: bytes, *, seconds: float) -> Raw:
    """A body that arrives in ten pieces over so many seconds."""
    return Raw(content, headers={"content-type": "application/json"}, seconds=seconds)


def page(title: str, *, status: int = 200) -> Raw:
    """An HTML page where JSON belongs, as a proxy in between sends it."""
    html = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Raw(html.encode(), status, {"content-type": "text/html; charset=utf-8"})


def raw(content: bytes | str, *, status: int = 200, headers: Mapping[str, str] = _NO_HEADERS) -> Raw:
    """Any HTTP response at all."""
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
    "path": "",
    "role": "user",
    "schema": "answer",
    "tool": "answer",
}
_ALIASES = {"rate_limit": "rate_limit_tpm", "json_validate_failed": "json_validate_failed_syntax"}


@dataclass(frozen=True, slots=True)
class ErrorEntry:
    """One error: `error` is the body's object, its texts templates (``$model``); `page` the title of an HTML page.

    `samples` are words for its texts, where those that all errors share will not do.
    """

    status: int
    error: Mapping[str, Json] = field(default_factory=lambda: MappingProxyType({}))
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    page: str | None = None
    samples: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def fill(self, *, path: str | None = None, **words: str) -> JsonObject:
        """The error object with the words put in, samples where none are given; ``$model`` waits for the request.

        `path` is where in a schema the error is, as a JSON Pointer.
        """
        at = {} if path is None else {"path": path}
        known = {**_SAMPLES, **self.samples, **words, **at}
        filled: JsonObject = {
            name: Template(value).safe_substitute(known) if isinstance(value, str) else value
            for name, value in self.error.items()
        }
        if path is not None and "schema_kind" in filled:
            filled["schema_path"] = path
            filled["schema_path_segments"] = ["$", *steps(path)]
        return filled


def find_error(name: str) -> ErrorEntry:
    """The error of that name; a KeyError that lists the names where there is none."""
    name = _ALIASES.get(name, name)
    table = _table()
    if name not in table:
        raise KeyError(f"no error is called {name!r}; there are {', '.join(table)}")
    return table[name]


def error_names() -> tuple[str, ...]:
    """Every name that `find_error` knows, without the short ones."""
    return tuple(_table())


@cache
def _table() -> Mapping[str, ErrorEntry]:
    text = (files("structgen.testing.emulator") / "errors.json").read_text("utf-8")
    entries = cast("dict[str, dict[str, Any]]", json.loads(text))
    return MappingProxyType({name: ErrorEntry(**entry) for name, entry in entries.items()})
